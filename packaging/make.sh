#!/bin/sh
# Builds the ways in which people get foveate, and tries each in a clean folder:
#   make.sh [crate] [deb] [image]      all of them where none is named
# What a machine lacks is skipped and named. A crate is built anew, which takes minutes.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
out=$target/packages
mkdir -p "$out"
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
has() { command -v "$1" > /dev/null 2>&1; }
told() { printf '%s\n' "make packages: $*" >&2; }
# The flyer as somebody would have it, in a folder of its own, and what must come of it.
flyer() { mkdir -p "$1" && cp examples/flyers/jazz.png "$1/flyer.png"; }
is_event() { grep -q 'SUMMARY:Summer Jazz Night' "$1" && grep -q 'DTSTART:20270612T200000' "$1"; }

# `cargo install` of the packaged crates. They are on no index yet, so they stand in for it.
crate() {
    rm -f "$target"/package/foveate*.crate
    cargo package --workspace --exclude foveate-bindings --exclude foveate-capi \
        --exclude foveate-datasets --no-verify --allow-dirty --quiet
    mkdir -p "$clean/crates/.cargo"
    echo '[patch.crates-io]' > "$clean/crates/.cargo/config.toml"
    for file in "$target"/package/foveate*.crate; do
        name=$(basename "$file" .crate)
        tar xzf "$file" -C "$clean/crates"
        echo "${name%-*} = { path = \"$clean/crates/$name\" }" \
            >> "$clean/crates/.cargo/config.toml"
    done
    cp Cargo.lock "$clean"/crates/foveate-cli-*/
    # The versions that were tested. Without the variables that lend this checkout's model and
    # library.
    (cd "$clean/crates"/foveate-cli-* && cargo update --quiet --workspace --offline)
    (cd "$clean/crates" && env -u FOVEATE_CHECKOUT cargo install --quiet --locked \
        --target-dir "$target" --root "$clean/installed" --path foveate-cli-*)
    flyer "$clean/work"
    mkdir "$clean/installed/bin/models"
    cp -r models/nano "$clean/installed/bin/models"
    cp .cache/onnxruntime/libonnxruntime.so.1.* "$clean/installed/bin"
    (cd "$clean/work" && env -i HOME="$clean" PATH="$clean/installed/bin:/usr/bin:/bin" \
        foveate event --today 2027-01-01 flyer.png > event.ics)
    is_event "$clean/work/event.ics"
    told "crate: installed by cargo, and read the flyer"
}

# A small Debian to install things in; made once.
debian() {
    [ -e "$out/debian.tar" ] || mmdebstrap --quiet --variant=minbase \
        "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$out/debian.tar"
}

# The Debian package, installed and used by somebody who is not root.
deb() {
    has cargo-deb || { told "deb: skipped, no cargo-deb (cargo install cargo-deb)"; return; }
    cargo build --release --package foveate-cli
    sh packaging/stage.sh "$target/release/foveate"
    # DEB_OPTIONS=--fast compresses less.
    cargo deb --quiet --package foveate-cli --no-build --no-strip ${DEB_OPTIONS:-} --output "$out/foveate.deb"
    if ! has mmdebstrap || [ "$(id -u)" != 0 ]; then
        dpkg -x "$out/foveate.deb" "$clean/deb"
        flyer "$clean/home"
        (cd "$clean/home" && env -i HOME="$clean/home" XDG_DATA_DIRS="$clean/deb/usr/share" \
            PATH="$clean/deb/usr/bin" foveate event --today 2027-01-01 flyer.png > event.ics)
        is_event "$clean/home/event.ics"
        told "deb: unpacked (no mmdebstrap, or not root), and read the flyer"
        return
    fi
    debian
    mkdir "$clean/debian" && tar xf "$out/debian.tar" -C "$clean/debian" --exclude='./dev/*'
    cp "$out/foveate.deb" "$clean/debian/tmp/"
    chroot "$clean/debian" dpkg --install /tmp/foveate.deb > /dev/null
    chroot "$clean/debian" useradd --create-home somebody
    flyer "$clean/debian/home/somebody"
    # What a user types, in an environment that names nothing. A program finds itself by /proc.
    unshare --mount sh -c "mount --bind /proc '$clean/debian/proc' && chroot '$clean/debian' \
        su - somebody -c 'foveate event --today 2027-01-01 flyer.png'" > "$clean/event.ics"
    is_event "$clean/event.ics"
    for file in share/man/man1/foveate-event.1.gz share/bash-completion/completions/foveate; do
        [ -s "$clean/debian/usr/$file" ]
    done
    told "deb: installed in a clean Debian, and read the flyer"
}

# The image of the server, without a registry: its base is the same small Debian.
image() {
    has buildah && has mmdebstrap || { told "image: skipped, no buildah or mmdebstrap"; return; }
    [ -e "$out/foveate.deb" ] || { told "image: skipped, no Debian package"; return; }
    debian
    export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
    base=$(buildah from scratch)
    buildah add --quiet "$base" "$out/debian.tar" / > /dev/null
    buildah commit --quiet --rm "$base" localhost/foveate-base > /dev/null
    buildah bud --quiet --build-arg BASE=localhost/foveate-base --tag localhost/foveate \
        --file packaging/Containerfile "$out" > /dev/null
    container=$(buildah from localhost/foveate)
    port=18080
    buildah run --env FOVEATE_TOKEN=secret "$container" -- \
        foveate serve --deadline 600 --listen "0.0.0.0:$port" 2> "$clean/served" &
    server=$!
    for _ in $(seq 600); do grep -q 'is served' "$clean/served" && break; sleep 1; done
    curl --fail --silent --show-error -H 'Authorization: Bearer secret' \
        -H 'Accept: text/calendar' -F image=@examples/flyers/jazz.png \
        "http://127.0.0.1:$port/v1/events?today=2027-01-01" > "$clean/served.ics" \
        || { cat "$clean/served" >&2; false; }
    kill "$server" && wait "$server" || true
    buildah rm "$container" > /dev/null
    is_event "$clean/served.ics"
    told "image: built by buildah, and its server read the flyer"
}

[ $# -gt 0 ] || set -- crate deb image
for way; do "$way"; done
