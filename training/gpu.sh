#!/usr/bin/env bash
# Trains the encoder on a bare GPU machine: many cores, PyTorch, no network, had for half an hour.
#
# Here:
#   training/gpu.sh pack runs/vision/vision.pt   # .cache/gpu/pack.tar.xz, at most 62 MiB
# There, in a copy of the repository with .cache/gpu; what is written to $OUT comes back:
#   training/gpu.sh train 8                      # minutes; every call goes on where the last ended
#   training/gpu.sh train 8 8                    # the last call: minutes in which the rate falls
#   training/gpu.sh measure                      # equal.py against the weights it began with
# Here again, with the folder that the files came back to:
#   training/gpu.sh take FOLDER models/new       # the bundle, with the decoder of models/nano
# And all of it on the processor, before a machine is had:
#   training/gpu.sh rehearse runs/vision/vision.pt
#
#   PYTHON     with training/requirements.txt installed; there torch and numpy are enough
#   GENERATOR  the binary foveate-datasets  (default: built here, without libraries)
#   FONTS      folders of fonts to pack     (default: .cache/fonts /usr/share/fonts)
#   PHOTOS     photographs to pack          (default: .cache/photos)
#   SHARE      of the pack's room for both  (default: 1)
#   ARGS       further options of train_gpu.py, as --sizes large, which begins afresh
#   COUNT      pictures of a kind that are measured  (default: 96)
#   PACK, WORK, OUT   folders of the pack, of the run there, and of what comes back
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
pack=${PACK:-$here/.cache/gpu}
work=$(realpath -m "${WORK:-$here/runs/gpu}")
out=$(realpath -m "${OUT:-$here/runs/gpu-out}")
python=${PYTHON:-$here/.venv/bin/python}
[ -x "$(command -v "$python")" ] || python=python3

# A generator that asks for no library of the other machine: glibc is linked in, which leaves out
# only name look-ups.
generator() {
    local target=x86_64-unknown-linux-gnu
    RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --target $target \
        --manifest-path "$here/Cargo.toml" -p foveate-datasets --no-default-features
    echo "${CARGO_TARGET_DIR:-$here/target}/$target/release/foveate-datasets"
}

pack() {
    local built fonts
    built=${GENERATOR:-$(generator | tail -n 1)}
    read -ra fonts <<<"${FONTS:-$here/.cache/fonts /usr/share/fonts}"
    "$python" "$here/training/pack_gpu.py" --generator "$built" --vision "$1" --out "$pack" \
        --fonts "${fonts[@]}" --photos "${PHOTOS:-$here/.cache/photos}" --share "${SHARE:-1}"
}

unpacked() {
    mkdir -p "$work" "$out"
    [ -e "$work/start.pt" ] || tar -C "$work" -xf "$pack/pack.tar.xz"
    export FOVEATE_FONTS=$work/fonts PYTHONUNBUFFERED=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
}

train() {
    unpacked
    local options=(--start "$work/start.pt")
    read -ra more <<<"${ARGS:-}"
    [[ " ${more[*]} " == *" --sizes "* ]] && options=() # start.pt is of other sizes
    "$python" "$here/training/train_gpu.py" --generator "$work/generator" --photos "$work/photos" \
        "${options[@]}" --run "$work/run" --out "$out" --minutes "$1" --fall "${2:-0}" \
        "${more[@]}" 2>&1 | tee -a "$out/train.log"
}

measure() {
    unpacked
    "$python" "$here/training/equal.py" "$work/start.pt" "$work/run/vision.pt" \
        --generator "$work/generator" --photos "$work/photos" --count "${COUNT:-96}" |
        tee "$out/measure.txt"
}

take() {
    local parts bundle
    parts=$(mktemp -d)
    bundle=$(realpath -m "$2")
    cat "$1"/encoder.pt.* >"$parts/vision.pt"
    cd "$here/training"
    "$python" restore.py "$here/models/nano" --vision "$parts/shipped.pt" \
        --decoder "$parts/decoder.pt"
    "$python" export.py --vision "$parts/vision.pt" --decoder "$parts/decoder.pt" --out "$bundle"
    rm -r "$parts"
}

# Twice some steps, of which the second go on; the figures mean nothing.
rehearse() {
    local all
    all=$(mktemp -d)
    pack=$all/pack work=$all/work out=$all/out
    SHARE=${SHARE:-0.01} pack "$1"
    ARGS="--batch 2 --workers 1 --log-every 1 ${ARGS:-}"
    COUNT=4
    train "${MINUTES:-0.2}"
    train "${MINUTES:-0.2}" "${MINUTES:-0.2}"
    measure
    ls -l "$out"
    take "$out" "$all/bundle"
    ls -l "$all/bundle"
    rm -r "$all"
}

case ${1:-} in
pack | train | measure | take | rehearse) "$@" ;;
*) sed -n '2,24p' "$0" && exit 2 ;;
esac
