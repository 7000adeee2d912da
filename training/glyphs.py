"""Views of a picture and the choice of image tokens from the adapter's glyph slots (models/FORMAT.md), as training sees them.

The Rust side does the same; golden tensors hold the two together.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

CANVAS = {"rapid": 224, "balanced": 672, "high": 1344}
PAD = (127, 127, 127)
MAX_UPSCALE = 2.0
BLANK_LIMIT = 0.1  # a slot is kept when its probability of being blank is under this; our measurement, training/LOG.md
OVERVIEW_MIN_EM = 28.0  # overview pixels
DETAIL_MAX_EM = 72.0  # tile pixels
MAX_GLYPHS = 1200
SAME_GLYPH = 0.4  # two slots closer than this times the larger advance (across) and 0.3 em (down) are one glyph


def letterbox(image, side):
    """PIL picture -> RGB u8 [side, side, 3] with the picture at the top left, and the scale canvas/picture."""
    scale = min(side / max(image.size), MAX_UPSCALE)
    size = tuple(max(1, min(side, round(s * scale))) for s in image.size)
    canvas = Image.new("RGB", (side, side), PAD)
    canvas.paste(image.convert("RGB").resize(size, Image.Resampling.BICUBIC), (0, 0))
    return np.asarray(canvas), scale


def choose_mode(image):
    return "balanced" if max(image.size) <= 672 else "high"


def views(image, mode):
    """-> u8 [views, side, side, 3] in FORMAT.md's order."""
    if mode != "high":
        return letterbox(image, CANVAS[mode])[0][None]
    overview, _ = letterbox(image, 672)
    canvas, _ = letterbox(image, 1344)
    tiles = [canvas[r : r + 672, c : c + 672] for r in (0, 672) for c in (0, 672)]
    return np.stack([overview, *tiles])


@dataclass
class Slots:
    """Kept glyph slots: view [n], place [n, 4] (cx, cy, w, h in view pixels), presence [n], and anything else by row."""

    view: np.ndarray
    place: np.ndarray
    presence: np.ndarray


def to_canvas(slots, high):
    """Places in canvas pixels: tiles shifted to their corner, the overview doubled."""
    place = slots.place.copy()
    if high:
        tile = slots.view - 1
        place[slots.view == 0] *= 2
        place[:, 0] += np.where(tile >= 0, tile % 2 * 672, 0)
        place[:, 1] += np.where(tile >= 0, tile // 2 * 672, 0)
    return place


def rank(slots, place, high):
    """Which of two claims to one glyph wins (higher first): inside the better view for its size, then the surer."""
    if not high:
        return slots.presence
    big = place[:, 3] > 0.75 * DETAIL_MAX_EM
    suits = np.where(slots.view == 0, big, ~big)
    return slots.presence + suits


def choose(slots, high):
    """FORMAT.md's choice: -> (indices of the slots kept, in order; their places in canvas pixels)."""
    place = to_canvas(slots, high)
    keep = np.ones(len(place), bool)
    if high:
        keep = np.where(slots.view == 0, slots.place[:, 3] >= OVERVIEW_MIN_EM, slots.place[:, 3] <= DETAIL_MAX_EM)
    index = np.nonzero(keep)[0]
    order = index[np.argsort(-rank(slots, place, high)[index], kind="stable")]
    kept = np.zeros(len(order), np.int64)
    n = 0
    for i in order:
        near = place[kept[:n]]
        wide, tall = np.maximum(near[:, 2], place[i, 2]), np.maximum(near[:, 3], place[i, 3])
        if n and np.any((np.abs(near[:, 0] - place[i, 0]) < SAME_GLYPH * wide) & (np.abs(near[:, 1] - place[i, 1]) < 0.3 * tall)):
            continue
        kept[n] = i
        n += 1
    kept = np.sort(kept[:n])
    p = place[kept]
    kept = kept[np.lexsort((p[:, 0], np.floor(p[:, 1] / 16)))][:MAX_GLYPHS]
    return kept, place[kept]
