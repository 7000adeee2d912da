#!/bin/bash
# Trains the encoder on a bare GPU machine: 16 cores, PyTorch, no network, had for some 25 minutes, 10 minutes a command. Here:
#   training/gpu.sh pack runs/vision/vision.pt   # .cache/gpu/pack.tar.xz, at most 62 MiB: generator, fonts, photographs, checkpoint
# There, in the repository's root, with .cache/gpu carried along by the first call and $OUT a folder whose files come back:
#   training/gpu.sh train 9                      # minutes; every call goes on where the last one ended
#   training/gpu.sh train 8 8                    # the last call: minutes in which the rate falls
#   training/gpu.sh measure                      # right letters at equal made-up ones, against the weights it began with
# Here again, with the folder that the files came back to:
#   training/gpu.sh take FOLDER models/new       # the bundle, with the decoder of models/nano
# And before a machine is had, all of it within two minutes on the processor:
#   training/gpu.sh rehearse runs/vision/vision.pt
# Environment: PYTHON, ARGS (further options of train_gpu.py, as --large), SHARE (of the pack's room), OUT, WORK (folder there).
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(realpath -m "${WORK:-$here/runs/gpu}")
out=$(realpath -m "${OUT:-$here/runs/gpu-out}")
pack=${PACK:-$here/.cache/gpu}
python=${PYTHON:-$([ -x "$here/.venv/bin/python" ] && echo "$here/.venv/bin/python" || echo python3)}

# A generator that asks for no library of the other machine: glibc is linked in, which leaves out only name look-ups.
generator() {
    local target=x86_64-unknown-linux-gnu
    RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --target $target --manifest-path "$here/Cargo.toml" \
        -p foveate-datasets --no-default-features
    echo "${CARGO_TARGET_DIR:-$here/target}/$target/release/foveate-datasets"
}

pack() {
    local built
    built=${GENERATOR:-$(generator | tail -1)}
    "$python" "$here/training/pack_gpu.py" --generator "$built" --vision "$1" --out "$pack" --share "${SHARE:-1}"
}

unpacked() {
    mkdir -p "$work" "$out"
    [ -e "$work/start.pt" ] || tar -C "$work" -xf "$pack/pack.tar.xz"
    export FOVEATE_FONTS=$work/fonts PYTHONUNBUFFERED=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
    cd "$work"
}

train() {
    unpacked
    local start="--start start.pt"
    [[ " ${ARGS:-} " == *" --large "* ]] && start=
    # shellcheck disable=SC2086 — options are words
    "$python" train_gpu.py --generator ./generator --photos photos $start --run run --out "$out" \
        --minutes "$1" --fall "${2:-0}" ${ARGS:-} 2>&1 | tee -a "$out/train.log"
}

measure() {
    unpacked
    "$python" equal.py start.pt run/vision.pt --generator ./generator --photos photos --count "${COUNT:-96}" | tee "$out/measure.txt"
}

take() {
    local joined decoder
    joined=$(mktemp --suffix .pt)
    decoder=$(mktemp --suffix .pt)
    cat "$1"/encoder.pt.* >"$joined"
    (cd "$here/training" && "$python" restore.py "$here/models/nano" --vision "$decoder.vision" --decoder "$decoder")
    (cd "$here/training" && "$python" export.py --vision "$joined" --decoder "$decoder" --out "$(realpath -m "$2")")
    rm -f "$joined" "$decoder" "$decoder.vision"
}

rehearse() {
    pack=$(mktemp -d) work=$(mktemp -d) out=$(mktemp -d)
    SHARE=0.01 pack "$1"
    export ARGS="--batch 2 --workers 2 --most 3 --show 1 ${ARGS:-}" COUNT=4
    train 1
    train 1 1 # goes on at step 4
    measure
    ls -l "$out"
    take "$out" "$work/bundle"
    ls -l "$work/bundle"
    rm -rf "$pack" "$work" "$out"
}

case ${1:-} in
pack | train | measure | take | rehearse) "$@" ;;
*) sed -n '2,14p' "$0" && exit 2 ;;
esac
