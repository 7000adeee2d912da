"""Packs what `gpu.sh` takes to a GPU machine into one archive: generator, fonts subset to the
charset, smaller photographs, checkpoint, these scripts.

    python pack_gpu.py --generator ../target/release/foveate-datasets --vision ../runs/vision/vision.pt   # needs torch, fonttools and pillow

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

import torch

from charset import GLYPHS

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, "..", ".cache")
FONTS, PHOTOS = 34 << 20, 18 << 20  # bytes: with generator and checkpoint less than the 64 MiB that may be carried
LONGEST, QUALITY = 640, 80  # px and JPEG quality of the photographs: 1.4 times a crop's side, 40 kB on average
SCRIPTS = ("charset", "equal", "hard", "optim", "records", "train_gpu", "train_vision", "vision")


def shuffled(paths):
    """By the hash of their names."""
    return sorted(paths, key=lambda p: hashlib.sha256(os.path.basename(p).encode()).digest())


def subset(path):
    """The bytes of a font with the charset's glyphs only, without hints and layout; None for what
    cannot be read or has several faces.
    """
    from fontTools import subset, ttLib

    options = subset.Options(hinting=False, layout_features=[], name_IDs=["*"], notdef_outline=True, legacy_kern=False, ignore_missing_glyphs=True)
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


def fonts(folders, out, room):
    """Writes subset fonts until they would take more than `room` bytes compressed; -> how many."""
    paths = {p for folder in folders for kind in ("ttf", "otf") for p in glob.glob(f"{folder}/**/*.{kind}", recursive=True)}
    count = 0
    for path in shuffled(paths):
        data = subset(path)
        if data is None:
            continue
        room -= len(zlib.compress(data))
        if room < 0:
            break
        with open(os.path.join(out, os.path.basename(path)), "wb") as f:
            f.write(data)
        count += 1
    return count


def photos(folder, out, room):
    """Writes smaller photographs until they take more than `room` bytes; -> how many."""
    from PIL import Image

    count = 0
    for path in shuffled(glob.glob(f"{folder}/*.jpg")):
        image, data = Image.open(path).convert("RGB"), io.BytesIO()
        image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        image.save(data, "JPEG", quality=QUALITY)
        room -= len(data.getvalue())
        if room < 0:
            break
        with open(os.path.join(out, os.path.basename(path)), "wb") as f:
            f.write(data.getvalue())
        count += 1
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--generator", required=True, help="best without any library: see gpu.sh")
    parser.add_argument("--vision", required=True, help="checkpoint that training goes on from")
    parser.add_argument("--fonts", nargs="+", default=[os.path.join(CACHE, "fonts"), "/usr/share/fonts"])
    parser.add_argument("--photos", default=os.path.join(CACHE, "photos"))
    parser.add_argument("--out", default=os.path.join(CACHE, "gpu"))
    parser.add_argument("--share", type=float, default=1, help="of the room for fonts and photographs (rehearsals)")
    args = parser.parse_args()
    from train_gpu import save_half

    shutil.rmtree(args.out, ignore_errors=True)
    tree = os.path.join(args.out, "tree")
    for part in ("fonts", "photos"):
        os.makedirs(os.path.join(tree, part))
    print(fonts(args.fonts, os.path.join(tree, "fonts"), int(FONTS * args.share)), "fonts")
    print(photos(args.photos, os.path.join(tree, "photos"), int(PHOTOS * args.share)), "photographs")
    shutil.copy(args.generator, os.path.join(tree, "generator"))
    for name in SCRIPTS:
        shutil.copy(os.path.join(HERE, name + ".py"), tree)
    save_half(torch.load(args.vision, map_location="cpu", weights_only=True), os.path.join(tree, "start.pt"))
    with tarfile.open(os.path.join(args.out, "pack.tar"), "w") as tar:
        tar.add(tree, ".")
    shutil.rmtree(tree)
    subprocess.run(["xz", "-T0", "-6", os.path.join(args.out, "pack.tar")], check=True)
    size = os.path.getsize(os.path.join(args.out, "pack.tar.xz"))
    print(f"{os.path.normpath(args.out)}/pack.tar.xz: {size / 2**20:.1f} MiB")
    if size > 62 << 20:
        raise SystemExit("the pack is larger than the 62 MiB that leave the sources room: take less with --share")


if __name__ == "__main__":
    main()
