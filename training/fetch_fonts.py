"""Fetches the open fonts that the training pictures are set in: the @fontsource packages of `fonts-npm.txt` into ../.cache/fonts.

    python fetch_fonts.py            # needs npm, fonttools and brotli
    apt-get install $(cat fonts-debian.txt)   # the others, as root

The generator uses whatever is there, and every font that the system has; the shipped model was trained with both lists.
"""

import glob
import os
import re
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def wanted(files):
    """Regular and bold, upright and italic; else the first two."""
    return [f for f in files if re.search(r"-latin-(400|700)-(normal|italic)\.woff2$", f)] or sorted(files)[:2]


def main():
    from fontTools.ttLib import TTFont

    names = open(os.path.join(HERE, "fonts-npm.txt")).read().split()
    out = os.path.join(HERE, "..", ".cache", "fonts")
    os.makedirs(out, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", work, *(f"@fontsource/{n}" for n in names)], check=True)
        for name in names:
            for path in wanted(glob.glob(f"{work}/node_modules/@fontsource/{name}/files/*-latin-*.woff2")):
                font = TTFont(path)
                font.flavor = None
                font.save(os.path.join(out, os.path.basename(path)[: -len(".woff2")] + ".ttf"))
    print(len(os.listdir(out)), "fonts in", os.path.normpath(out))


if __name__ == "__main__":
    main()
