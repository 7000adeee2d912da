"""Fetches the open fonts that the training pictures are set in: the @fontsource packages of
`fonts-npm*.txt`, into ../.cache/fonts.

    python fetch_fonts.py            # needs npm, fonttools and brotli
    apt-get install $(cat fonts-debian.txt)   # the others, as root

The generator uses whatever is there, and every font that the system has; the shipped model was
trained with all three lists. `fonts-npm-more.txt` names only designs of the training side
(`families.rs`) that are not related to held-out ones, so that the test split draws from the same
fonts with and without it. What is there already is not fetched again.
"""

import argparse
import glob
import os
import re
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 40  # packages at a time: some hundred MB of temporary files


def wanted(files):
    """Regular and bold, upright and italic; else the first two."""
    usual = re.compile(r"-latin-(400|700)-(normal|italic)\.woff2$")
    return [f for f in files if usual.search(f)] or sorted(files)[:2]


def install(names, work):
    """Puts the packages into `work`. -> the names of those that the registry no longer has.

    npm installs all or none, and names the first one missing.
    """
    missing, quiet = [], ["--loglevel", "error", "--no-audit", "--no-fund"]
    while names:
        command = ["npm", "install", *quiet, "--prefix", work, *(f"@fontsource/{n}" for n in names)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            break
        gone = re.search(r"404 .*@fontsource/([\w-]+)@", done.stderr)
        if not gone or gone[1] not in names:
            raise SystemExit(f"npm could not install the fonts:\n{done.stderr}")
        missing.append(gone[1])
        names = [n for n in names if n != gone[1]]
    return missing


def fetch(names, out):
    """Writes the fonts of the packages to `out`; returns the names that could not be had."""
    from fontTools.ttLib import TTFont

    with tempfile.TemporaryDirectory() as work:
        missing = install(names, work)
        for name in names:
            files = f"{work}/node_modules/@fontsource/{name}/files/*-latin-*.woff2"
            for path in wanted(glob.glob(files)):
                font = TTFont(path)
                font.flavor = None
                font.save(os.path.join(out, os.path.basename(path)[: -len(".woff2")] + ".ttf"))
    return missing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--list", action="append", help="file of package names (default: fonts-npm*.txt)"
    )
    parser.add_argument("--out", default=os.path.join(HERE, "..", ".cache", "fonts"))
    args = parser.parse_args()
    lists = args.list or sorted(glob.glob(os.path.join(HERE, "fonts-npm*.txt")))
    names = [n for path in lists for n in open(path).read().split()]
    os.makedirs(args.out, exist_ok=True)
    there = {f.split("-latin-")[0] for f in os.listdir(args.out)}
    names = [n for n in names if n not in there]
    missing = []
    for i in range(0, len(names), BATCH):
        missing += fetch(names[i : i + BATCH], args.out)
        print(f"{min(i + BATCH, len(names))} of {len(names)} families", flush=True)
    print(len(os.listdir(args.out)), "fonts in", os.path.normpath(args.out))
    if missing:
        print("could not be had, and training goes without:", *missing)


if __name__ == "__main__":
    main()
