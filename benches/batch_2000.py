#!/usr/bin/env python3
"""A folder of many pictures with broken ones among them, through the command: every sound one is
answered in order, every broken one named, and memory stays flat.

    cargo build --release && python3 benches/batch_2000.py target/release/foveate \
        [--pictures 2000] [--broken 200]

The tiny bundle of the tests (tests/data/tiny) answers, so that the time goes into the way around
the model. Prints counts, the exit code, seconds and peak memory, for the whole folder and for a
tenth of it; exits with 1 where a count is off, or where the whole takes over 1.2 times the memory
of its tenth.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Broken in different ways (tests/bad/make.py makes them).
BROKEN = [
    "empty.png",
    "text.png",
    "magic-only.jpg",
    "cut.png",
    "header-cut.jpg",
    "0x0.bmp",
    "50000x50000.png",
    "cut.webp",
    "loop.tif",
    "frame-outside.gif",
]
# Most that the memory for the whole folder may be of that for its tenth.
FLAT = 1.2


def fill(folder, pictures, broken):
    """Sound pictures, and broken ones spread evenly among them; the names of both, in order."""
    sound, bad, step = [], [], pictures // broken
    for i in range(pictures):
        if i % step == step // 2 and len(bad) < broken:
            source = ROOT / "tests/bad" / BROKEN[len(bad) % len(BROKEN)]
            bad.append(f"{i:05}{source.suffix}")
        else:
            source = ROOT / "tests/data/tiny/picture.png"
            sound.append(f"{i:05}.png")
        shutil.copyfile(source, folder / f"{i:05}{source.suffix}")
    return sound, bad


def run(binary, folder):
    """The files answered, the lines of standard error, the exit code, seconds, and peak memory in
    MB.
    """
    command = [
        binary,
        "--model",
        ROOT / "tests/data/tiny",
        "--mode",
        "rapid",
        "--rules",
        "off",
        "--json",
        "read",
        "--schema",
        ROOT / "tests/data/title.schema.json",
        "--max-tokens",
        "40",
        folder,
    ]
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        # ONNX Runtime of this checkout, unless another is named.
        env = {"FOVEATE_CHECKOUT": str(Path(__file__).resolve().parent.parent), **os.environ}
        child = subprocess.Popen(command, stdout=out, stderr=errors, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
        out.seek(0), errors.seek(0)
        answered = [Path(json.loads(line)["file"]).name for line in out]
        said = errors.read().decode().splitlines()
    # Linux counts kilobytes, macOS bytes.
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return answered, said, os.waitstatus_to_exitcode(status), seconds, peak


def check(binary, pictures, broken):
    """Prints one run; whether it was as it should be, and its peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        sound, bad = fill(Path(folder), pictures, broken)
        answered, said, code, seconds, peak = run(binary, folder)
    named = [Path(line.split(": ", 1)[0]).name for line in said]
    print(
        f"{pictures} pictures, {broken} broken: {len(answered)} answered, "
        f"in order: {answered == sound}; "
        f"{len(said)} errors, each of a broken one, in order: {named == bad}; exit code {code}; "
        f"{seconds:.1f} s, peak {peak:.1f} MB"
    )
    return answered == sound and named == bad and code == (1 if broken else 0), peak


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("binary", type=Path)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--broken", type=int, default=200)
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    few, small = check(binary, arguments.pictures // 10, arguments.broken // 10)
    all_of_them, large = check(binary, arguments.pictures, arguments.broken)
    print(f"memory: {large / small:.2f} times that for a tenth of the pictures")
    sys.exit(0 if few and all_of_them and large <= FLAT * small else 1)


if __name__ == "__main__":
    main()
