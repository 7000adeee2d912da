"""Reads the generator's record stream (datasets/FORMAT.md) and makes the encoder's labels of it."""

import json
import queue
import random
import struct
import subprocess
import threading
from dataclasses import dataclass

import numpy as np

from charset import CLASS_OF

GLYPH = np.dtype(
    [("char", "<u4"), *((name, "<f4") for name in ("cx", "cy", "w", "h", "angle")), ("line", "<u4")]
)
HEADER = struct.Struct("<4s4I")
IGNORE = -100
EVAL_SPLIT = "dev"  # everything is chosen on it; `test` is only reported, on the card
CLASS_TABLE = np.full(0x10000, IGNORE, np.int64)
for _c, _i in CLASS_OF.items():
    CLASS_TABLE[ord(_c)] = _i


@dataclass
class Record:
    """One picture of the stream. `pixels` is [height, width, 3] u8 or None."""

    meta: dict
    glyphs: np.ndarray
    width: int
    height: int
    pixels: np.ndarray | None


def read_exactly(stream, n):
    """n bytes, or None at the end of the stream."""
    data = stream.read(n)
    return data if len(data) == n else None


def read_record(stream, with_pixels=True):
    """The next record, or None at the end."""
    head = read_exactly(stream, HEADER.size)
    if head is None:
        return None
    magic, json_len, n_glyphs, width, height = HEADER.unpack(head)
    if magic != b"FVR1":
        raise ValueError(f"the stream's record begins with {magic!r}, expected b'FVR1'")
    meta = json.loads(read_exactly(stream, json_len))
    glyphs = np.frombuffer(read_exactly(stream, n_glyphs * GLYPH.itemsize) or b"", GLYPH)
    pixels = None
    if with_pixels:
        rgb = np.frombuffer(read_exactly(stream, width * height * 3), np.uint8)
        pixels = rgb.reshape(height, width, 3)
    return Record(meta, glyphs, width, height, pixels)


def bins(at, across, slots):
    """Slots of glyphs sorted by (patch `at`, place `across` the patch in 0..1).

    Each takes the part of the patch where its centre lies, or the nearest free one; -1 in patches
    that hold more glyphs than slots. Slots filled from the left would depend on every glyph before:
    one whose centre is near the patch's border, in or out, moves all that follow it, and the
    encoder cannot know which.
    """
    first = np.searchsorted(at, at)
    rank = np.arange(len(at)) - first
    count = np.searchsorted(at, at, side="right") - first
    slot = np.minimum((across * slots).astype(np.int64), slots - 1)
    for r in range(1, slots):
        i = np.nonzero(rank == r)[0]
        slot[i] = np.maximum(slot[i], slot[i - 1] + 1)
    for r in range(slots - 1, -1, -1):
        i = np.nonzero((rank == r) & (count <= slots))[0]
        last = rank[i] == count[i] - 1
        after = np.where(last, slots, slot[np.minimum(i + 1, len(slot) - 1)])
        slot[i] = np.minimum(slot[i], after - 1)
    return np.where(count > slots, -1, slot)


def slot_labels(glyphs, rows, cols, slots=4, patch=16):
    """Labels of one picture.

    -> classes [rows, cols, slots] (0 blank, -100 ignored), geometry [rows, cols, slots, 4], index
    [rows, cols, slots] of the glyph or -1. Each slot is a part of its patch from left to right and
    holds the glyph whose centre lies there (`bins`). A patch with more glyphs than slots is
    ignored, and so is the slot of a character outside the charset.
    """
    classes = np.zeros((rows * cols, slots), np.int64)
    geometry = np.zeros((rows * cols, slots, 4), np.float32)
    index = np.full((rows * cols, slots), -1, np.int64)
    which, at = in_patches(glyphs, rows, cols, patch)
    if len(which):
        g = glyphs[which]
        slot = bins(at, g["cx"] / patch - at % cols, slots)
        classes[at[slot < 0]] = IGNORE
        fits = slot >= 0
        which, g, at, slot = which[fits], g[fits], at[fits], slot[fits]
        classes[at, slot] = CLASS_TABLE[np.minimum(g["char"], 0xFFFF)]
        index[at, slot] = which
        geometry[at, slot] = shapes(g, at, cols, patch)
    shape = (rows, cols, slots)
    return classes.reshape(shape), geometry.reshape(*shape, 4), index.reshape(shape)


def in_patches(glyphs, rows, cols, patch):
    """Indices of the glyphs on the picture, and the patch of each, sorted by (patch, cx)."""
    px, py = (np.floor(glyphs[c] / patch).astype(np.int64) for c in ("cx", "cy"))
    which = np.nonzero((px >= 0) & (px < cols) & (py >= 0) & (py < rows))[0]
    at = py[which] * cols + px[which]
    order = np.lexsort((glyphs["cx"][which], at))
    return which[order], at[order]


def shapes(g, at, cols, patch):
    """Geometry [n, 4] of glyphs in their patches, as `GlyphAdapter` gives it."""
    across, down = g["cx"] / patch - at % cols, g["cy"] / patch - at // cols
    sizes = [np.log(np.maximum(g[side], 0.5) / patch) for side in ("w", "h")]
    return np.stack([across, down, *sizes], -1)


def add_generator(parser):
    """Adds the options that say where records come from."""
    parser.add_argument("--generator", required=True, help="the binary foveate-datasets")
    parser.add_argument(
        "--eval-split", default=EVAL_SPLIT, help="the generator's split of the HELD-OUT figures"
    )


class Stream:
    """Records of the generator, read ahead by a thread; `with` ends it.

    Should the generator end, it begins again with the next seed. `transform` is applied to every
    record in the thread.
    """

    def __init__(self, binary, args, seed, with_pixels=True, ahead=64, transform=lambda r: r):
        self.command = [binary, "stream", *args, *([] if with_pixels else ["--no-pixels"])]
        self.seed, self.with_pixels, self.transform = seed, with_pixels, transform
        self.queue = queue.Queue(ahead)
        self.pool, self.rng = [], random.Random(seed)
        self.stop, self.error = False, None
        threading.Thread(target=self._fill, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop = True
        while not self.queue.empty():  # the thread may wait for room
            self.queue.get()

    def _fill(self):
        try:
            while not self.stop:
                if not self._run():
                    raise RuntimeError(f"the generator gave no record: {' '.join(self.command)}")
        except Exception as e:
            self.error = e
            self.queue.put(None)

    def _run(self):
        """Reads one run of the generator. -> records read"""
        command, n = [*self.command, "--seed", str(self.seed)], 0
        self.seed += 1
        process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=1 << 22)
        try:
            while not self.stop:
                record = read_record(process.stdout, self.with_pixels)
                if record is None:
                    return n
                self.queue.put((self.transform(record),))
                n += 1
            return n + 1
        finally:
            process.kill()

    def next(self):
        """The next transformed record; an error of the generator is raised here."""
        item = self.queue.get()
        if item is None:
            raise self.error
        return item[0]

    def take(self, n):
        """The next n transformed records."""
        return [self.next() for _ in range(n)]

    def shuffled(self, n, pool=200):
        """n transformed records drawn from a pool, so that neighbours of the stream (crops of one
        page) meet in few batches."""
        while len(self.pool) < pool + n:
            self.pool.append(self.next())
        return [self.pool.pop(self.rng.randrange(len(self.pool))) for _ in range(n)]
