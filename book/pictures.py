"""Makes the pictures of the book again: `make book-pictures`.

The command draws them, and Pillow makes them small.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
PLACE = ROOT / "book/src/pictures"
FLYER = ROOT / "examples/flyers/jazz.png"
# Pixels across: the width of a column of text, and some 40 KB.
WIDTH = 480
COMMANDS = {
    "event": ["--json", "event", "--today", "2027-01-01"],
    "lines": ["ocr"],
    "answer": ["--model", "base", "ask", "How much are the tickets?"],
}


def main(binary):
    environment = {"FOVEATE_CHECKOUT": str(ROOT), **os.environ}
    with tempfile.TemporaryDirectory() as folder:
        for name, command in COMMANDS.items():
            drawn = pathlib.Path(folder, f"{name}.png")
            command = [binary, *command, "--overlay", drawn, FLYER]
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
            small(Image.open(drawn), PLACE / f"{name}.jpg")


def small(picture, place):
    height = round(picture.height * WIDTH / picture.width)
    picture.convert("RGB").resize((WIDTH, height), Image.LANCZOS).save(place, quality=80)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
