#!/usr/bin/env python3
"""Stands in for the binary foveate-datasets in tests: `generator.py stream --kind K --size N ...`.

Writes records of datasets/FORMAT.md with a few lines of random letters, drawn as filled boxes, and
the fields of a flyer or of a card; nothing for the kind `bare`. The standard library alone, so that
it starts at once.
"""

import argparse
import json
import os
import random
import struct
import sys

FIELDS = {
    "cards": ["name", "job", "phone"],
    "flyers": ["title", "date", "start", "venue"],
}


def record(rng, kind, size):
    """-> (meta, glyphs as FORMAT.md's tuples)."""
    glyphs, lines, fields = [], [], {}
    for line in range(0 if kind == "bare" else 5):
        text = " ".join("".join(rng.choices("abcdeXYZ019", k=4)) for _ in range(2))
        start, y = len(glyphs), 24 + 32 * line
        for i, c in enumerate(text):
            if c != " ":
                glyphs.append((ord(c), 20 + 12 * i, y, 12, 24, 0, line))
        lines.append({"text": text, "glyphs": [start, len(glyphs)], "font": line % 2})
        for name in FIELDS.get(kind, [])[line : line + 1]:
            fields[name] = {"text": text, "glyphs": [lines[-1]["glyphs"]]}
    meta = {"text": "\n".join(line["text"] for line in lines), "lines": lines}
    return meta | {"fields": fields, "fonts": ["One", "Two"]}, glyphs


def drawn(glyphs, size):
    """RGB bytes of a white page with a dark box for every glyph."""
    page = bytearray(b"\xff" * (size * size * 3))
    for _, cx, cy, *_ in glyphs:
        for y in range(int(cy) - 8, int(cy) + 8):
            at = 3 * (y * size + int(cx) - 4)
            page[at : at + 24] = bytes(24)
    return bytes(page)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["stream", "fonts", "eval"])
    parser.add_argument("--kind", default="crops")
    parser.add_argument("--size", type=int, default=448)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", choices=["train", "dev", "test"], default="train")
    parser.add_argument("--no-pixels", action="store_true")
    args, _ = parser.parse_known_args()
    if args.command != "stream":
        return print("a stand-in for tests:", args.command)
    rng, out = random.Random(args.seed), sys.stdout.buffer
    size = 224 if args.kind == "flyers" and not args.no_pixels else args.size
    for _ in range(args.count):
        meta, glyphs = record(rng, args.kind, size)
        text = json.dumps(meta).encode()
        out.write(struct.pack("<4s4I", b"FVR1", len(text), len(glyphs), size, size) + text)
        out.write(b"".join(struct.pack("<I5fI", *g) for g in glyphs))
        if not args.no_pixels:
            out.write(drawn(glyphs, size))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(0)  # whoever reads has enough
