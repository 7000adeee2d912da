"""Fetches the free photographs and textures that training pictures are laid on: the Debian packages
of `photos-debian.txt` into ../.cache/photos.

    python fetch_photos.py           (needs apt-get, dpkg-deb and pillow; and rapidocr and
                                      onnxruntime, to screen the pictures for print)

Packages are downloaded and unpacked, never installed. What is kept is scaled to 1600 px and written
as JPEG; dropped are duplicates, pictures that are nearly one colour, normal maps, pictures with
holes, and those in which RapidOCR reads a line. A picture's name begins with the package that it
comes from, whose copyright file is kept as PACKAGE.copyright. What is there already is not fetched
again.
"""

import argparse
import hashlib
import io
import os
import re
import shutil
import subprocess
import tempfile
import zipfile

import numpy as np
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
# Pixels: the product sees no more of a picture; smaller ones are icons.
LONGEST, LEAST = 1600, 250
EACH = 260  # pictures of one package, so that none rules
FLAT = 5.0  # levels of deviation under which a picture is one colour
NEAR = 5  # bits of 64 in which the hashes of two versions of one picture differ at most
SURE = 0.6  # confidence of a line from which on a picture holds print
KINDS = (".jpg", ".jpeg", ".png", ".webp", ".tga", ".dds", ".bmp", ".tif", ".tiff", ".pcx")
ARCHIVES = (".pk3", ".zip", ".whl")
# Not photographs or textures, by their names: maps of normals and gloss, drawings, parts of user
# interfaces, print.
OTHER = re.compile(
    r"norm|_local|bump|gloss|spec|_nm\b|_n\.|_s\.|height|alpha|mask|icon|screenshot|levelshot"
    r"|flag|font|logo|thumb|minimap|gui|hud|button|cursor|crosshair"
    r"|credits|title|splash|sponsor|banner|sign|advert|plate|lightmap|_lm\.|/menu"
    r"|/doc/|pixmaps|sprite|emoji|avatar|portrait|\bui\b|glow|_luma|_pants|_shirt"
)
Image.MAX_IMAGE_PIXELS = 100_000_000


def packages(path):
    """Names of the list's packages; a line is a name, then its licence."""
    return [line.split()[0] for line in open(path) if line.strip() and not line.startswith("#")]


def unpack(name, work):
    """Downloads a package and unpacks it into `work`; False if the archive no longer has it."""
    done = subprocess.run(
        ["apt-get", "download", "-q", name], cwd=work, capture_output=True, text=True
    )
    found = [f for f in os.listdir(work) if f.endswith(".deb")]
    if done.returncode or not found:
        return False
    subprocess.run(
        ["dpkg-deb", "-x", os.path.join(work, found[0]), os.path.join(work, "tree")], check=True
    )
    os.remove(os.path.join(work, found[0]))
    return True


def files(folder):
    """(path, bytes' reader) of every picture of a folder and of the archives in it."""
    for where, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(where, name)
            if os.path.islink(path):
                continue
            low = path.lower()
            if low.endswith(KINDS):
                yield path, lambda path=path: open(path, "rb").read()
            elif low.endswith(ARCHIVES) and zipfile.is_zipfile(path):
                archive = zipfile.ZipFile(path)
                for member in sorted(archive.namelist()):
                    if member.lower().endswith(KINDS):
                        yield f"{path}/{member}", lambda a=archive, m=member: a.read(m)


def opened(data):
    """Bytes -> an upright RGB picture of at most LONGEST px; None for what is no photograph or
    texture.
    """
    try:
        image = Image.open(io.BytesIO(data))
        if min(image.size) < LEAST or max(image.size) > 8 * min(image.size):
            return None
        image.draft("RGB", (LONGEST, LONGEST))
        image = ImageOps.exif_transpose(image)
        if "A" in image.getbands() or "transparency" in image.info:
            image = image.convert("RGBA")
            if np.mean(np.asarray(image.getchannel("A")) > 250) < 0.99:
                return None
        image = image.convert("RGB")
    except Exception:  # a broken or strange file: there are enough others
        return None
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return image if min(image.size) >= LEAST and suits(image) else None


def suits(image):
    """Whether a picture is neither nearly one colour nor a map of normals (bluish all over)."""
    small = np.asarray(image.resize((64, 64), Image.Resampling.BOX), np.float32)
    red, green, blue = small.mean((0, 1))
    normals = blue > 190 and abs(red - 128) < 25 and abs(green - 128) < 25
    return not normals and small.mean(-1).std() >= FLAT


def looks(image):
    """Difference hash of 64 bits."""
    small = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    return int("".join("01"[int(b)] for b in (small[:, 1:] > small[:, :-1]).ravel()), 2)


def screen():
    """-> a function that says whether a picture holds print."""
    from rapidocr import RapidOCR

    engine = RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": 960,
        }
    )

    def has_print(image):
        scores = engine(np.asarray(image)[..., ::-1].copy(), use_cls=False).scores
        return bool(scores) and max(scores) > SURE

    return has_print


def keep(name, out, known, has_print):
    """Fetches one package's pictures into `out`; -> how many, or None if it could not be had."""
    with tempfile.TemporaryDirectory(dir=out) as work:
        if not unpack(name, work):
            return None
        copyright_file = os.path.join(work, "tree", "usr", "share", "doc", name, "copyright")
        if os.path.exists(copyright_file):
            shutil.copy(copyright_file, os.path.join(out, f"{name}.copyright"))
        found = [
            (path, read)
            for path, read in files(os.path.join(work, "tree"))
            if not OTHER.search(path[len(work) :].lower())
        ]
        found.sort(key=lambda f: hashlib.sha256(f[0][len(work) :].encode()).digest())
        kept = 0
        for path, read in found:
            image = opened(read())
            if image is None:
                continue
            hashed = looks(image)
            if any((hashed ^ k).bit_count() <= NEAR for k in known) or has_print(image):
                continue
            known.append(hashed)
            mark = hashlib.sha256(path[len(work) :].encode()).hexdigest()[:10]
            image.save(os.path.join(out, f"{name}-{mark}.jpg"), quality=90)
            kept += 1
            if kept == EACH:
                break
    return kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", default=os.path.join(HERE, "photos-debian.txt"))
    parser.add_argument("--out", default=os.path.join(HERE, "..", ".cache", "photos"))
    parser.add_argument(
        "--unscreened",
        action="store_true",
        help="do without RapidOCR: print in the pictures will count as background",
    )
    args = parser.parse_args()
    has_print = (lambda image: False) if args.unscreened else screen()
    os.makedirs(args.out, exist_ok=True)
    there = [f for f in sorted(os.listdir(args.out)) if f.endswith(".jpg")]
    known = [looks(Image.open(os.path.join(args.out, f))) for f in there]
    missing = []
    for name in packages(args.list):
        if any(f.rsplit("-", 1)[0] == name for f in there):
            continue
        kept = keep(name, args.out, known, has_print)
        print(name, "could not be had" if kept is None else f"{kept} pictures", flush=True)
        missing += [name] if kept is None else []
    print(len(known), "pictures in", os.path.normpath(args.out))
    if missing:
        print("could not be had, and training goes without:", *missing)


if __name__ == "__main__":
    main()
