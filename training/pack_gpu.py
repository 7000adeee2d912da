"""Packs what `gpu.sh` takes to a GPU machine beside the sources into one archive: generator, fonts
subset to the charset, smaller photographs, the average of a checkpoint.

    python pack_gpu.py --generator ../target/release/foveate-datasets \\
        --vision ../runs/vision/vision.pt          (needs fonttools and pillow)

What there is too much of is chosen by the hash of its name, so that the same folders give the same
pack.
"""

import argparse
import glob
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import zlib

import checkpoint
from charset import GLYPHS

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, "..", ".cache")
# Bytes: with generator and checkpoint less than the 64 MiB that may be carried, of which the
# sources take less than 2.
FONTS, PHOTOS, LIMIT = 34 << 20, 18 << 20, 62 << 20
# Pixels and JPEG quality of the photographs: 1.4 times a crop's side, 40 kB on average.
LONGEST, QUALITY = 640, 80


def by_hash(paths):
    """By the hash of their names."""
    return sorted(paths, key=lambda p: hashlib.sha256(os.path.basename(p).encode()).digest())


def subset(path):
    """The bytes of a font with the charset's glyphs only, without hints and layout; None for what
    cannot be read or has several faces."""
    from fontTools import subset, ttLib

    options = subset.Options(
        hinting=False,
        layout_features=[],
        name_IDs=["*"],
        notdef_outline=True,
        legacy_kern=False,
        ignore_missing_glyphs=True,
    )
    try:
        font = ttLib.TTFont(path, lazy=True)
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(GLYPHS) + " ")
        cutter.subset(font)
        out = io.BytesIO()
        font.save(out)
        return out.getvalue()
    except Exception as e:  # of some thousand fonts a few are odd
        print(f"left out: {path}: {e}")
        return None


def smaller(path):
    """The bytes of a photograph as JPEG, at most LONGEST px."""
    from PIL import Image

    image, out = Image.open(path).convert("RGB"), io.BytesIO()
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def fill(paths, out, room, packed, size):
    """Writes `packed(path)` of one path after the other, until they would take more than `room`
    bytes by `size`. -> how many"""
    count = 0
    for path in by_hash(paths):
        data = packed(path)
        if data is None:
            continue
        room -= size(data)
        if room < 0:
            break
        with open(os.path.join(out, os.path.basename(path)), "wb") as f:
            f.write(data)
        count += 1
    return count


def found(folders, *endings):
    """Files below the folders with these endings."""
    patterns = [f"{folder}/**/*.{ending}" for folder in folders for ending in endings]
    return {path for pattern in patterns for path in glob.glob(pattern, recursive=True)}


def gathered(args, tree):
    """Fills the folder `tree` with all that is packed."""
    fonts, photos = (os.path.join(tree, part) for part in ("fonts", "photos"))
    for part in (fonts, photos):
        os.makedirs(part)
    room = int(FONTS * args.share)
    n = fill(found(args.fonts, "ttf", "otf"), fonts, room, subset, lambda x: len(zlib.compress(x)))
    print(n, "fonts")
    n = fill(found([args.photos], "jpg"), photos, int(PHOTOS * args.share), smaller, len)
    print(n, "photographs")
    shutil.copy(args.generator, os.path.join(tree, "generator"))
    checkpoint.save_half(os.path.join(tree, "start.pt"), checkpoint.read(args.vision))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--generator", required=True, help="best without any library: see gpu.sh")
    parser.add_argument("--vision", required=True, help="checkpoint that training goes on from")
    parser.add_argument(
        "--fonts", nargs="+", default=[os.path.join(CACHE, "fonts"), "/usr/share/fonts"]
    )
    parser.add_argument("--photos", default=os.path.join(CACHE, "photos"))
    parser.add_argument("--out", default=os.path.join(CACHE, "gpu"))
    parser.add_argument(
        "--share", type=float, default=1, help="of the room for fonts and photographs (rehearsals)"
    )
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    tree, pack = (os.path.join(args.out, name) for name in ("tree", "pack.tar"))
    gathered(args, tree)
    with tarfile.open(pack, "w") as tar:
        tar.add(tree, ".")
    shutil.rmtree(tree)
    subprocess.run(["xz", "-T0", "-6", pack], check=True)
    size = os.path.getsize(f"{pack}.xz")
    print(f"{os.path.normpath(pack)}.xz: {size / 2**20:.1f} MiB")
    if size > LIMIT:
        raise SystemExit(f"the pack is larger than {LIMIT >> 20} MiB: take less with --share")


if __name__ == "__main__":
    main()
