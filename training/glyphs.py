"""Views of a picture and the choice of image tokens from the adapter's glyph slots (models/FORMAT.md), as training sees them.

The Rust side does the same; golden tensors hold the two together.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

CANVAS = {"rapid": 224, "balanced": 672, "high": 1344}
PAD = (127, 127, 127)
MAX_UPSCALE = 2.0
BLANK_LIMIT = 0.9  # the adapter's graph gives the slots whose probability of being blank is under this
PRESENCE_SUM = 0.5  # what the claims to one glyph must add up to; our measurement, training/LOG.md
OVERVIEW_MIN_EM = 14.0  # overview pixels; what the tiles read better is looked at here too, for two looks at a letter are surer than one
DETAIL_MAX_EM = 72.0  # tile pixels
LETTER_FLOOR = -9.0  # least log-probability of a letter, so that one claim cannot rule out what others are sure of
MAX_GLYPHS = 1200
LINE_DRIFT, LINE_GROWTH, LINE_GAP = 0.4, 1.7, 1.0  # neighbours on a line: steps down, sizes and gaps in em sizes
ABOVE, BELOW = 0.55, 0.45  # what a glyph's box reaches above and below cy, in em sizes (ascenders, descenders)
SAME_GLYPH = 0.4  # two slots closer than this times the larger advance (across) and 0.3 em (down) are one glyph


def fitted(size, side):
    """Picture (width, height) -> (width, height) on a canvas of `side`, and the scale canvas/picture."""
    scale = min(side / max(size), MAX_UPSCALE)
    return tuple(max(1, min(side, round(s * scale))) for s in size), scale


def letterbox(image, side):
    """PIL picture -> RGB u8 [side, side, 3] with the picture at the top left, and the scale canvas/picture."""
    size, scale = fitted(image.size, side)
    canvas = Image.new("RGB", (side, side), PAD)
    canvas.paste(image.convert("RGB").resize(size, Image.Resampling.BICUBIC), (0, 0))
    return np.asarray(canvas), scale


def choose_mode(image):
    return "balanced" if max(image.size) <= 672 else "high"


def far_tiles(size, mode, patch=16, window=224):
    """Picture (width, height) -> the canvas (x, y) where the second tiles across and down begin; None but in mode `high`.

    What is looked at is whole windows, so that there is room beside what the picture fills of them: the second tiles begin that much
    earlier, and glyphs by the seam are seen whole in one of the two. By 8 more than whole patches, so that the looks differ.
    """
    if mode != "high":
        return None
    sides, _ = fitted(size, CANVAS[mode])
    free = [looked_at(side - 672, patch, window) - patch - (side - 672) if side > 672 else 0 for side in sides]
    return tuple(672 - max(0, (f + patch // 2) // patch * patch - patch // 2) for f in free)


def looked_at(part, patch, window):
    """Pixels of a view's side that show the picture -> those that are looked at: whole windows, with a patch of padding where there is room."""
    return min(672, -(-(part + patch) // window) * window)


def views(image, mode):
    """-> u8 [views, side, side, 3] in FORMAT.md's order."""
    if mode != "high":
        return letterbox(image, CANVAS[mode])[0][None]
    overview, _ = letterbox(image, 672)
    canvas, _ = letterbox(image, 1344)
    x, y = far_tiles(image.size, mode)
    tiles = [canvas[r : r + 672, c : c + 672] for r in (0, y) for c in (0, x)]
    return np.stack([overview, *tiles])


def covered(size, mode, patch=16, window=224):
    """Picture (width, height) -> for each view the (height, width) of its part that is looked at; (0, 0) of a tile beside the picture."""
    (width, height), _ = fitted(size, CANVAS[mode])
    whole = lambda part: min(CANVAS[mode], looked_at(part, patch, window))
    if mode != "high":
        return [(whole(height), whole(width))]
    x, y = far_tiles(size, mode, patch, window)
    parts = [(-(-height // 2), -(-width // 2))] + [(height - r, width - c) for r in (0, y) for c in (0, x)]
    return [tuple(map(whole, p)) if min(p) > 0 else (0, 0) for p in parts]


@dataclass
class Slots:
    """Kept glyph slots: view [n], place [n, 4] (cx, cy, w, h in view pixels), presence [n], and anything else by row."""

    view: np.ndarray
    place: np.ndarray
    presence: np.ndarray


def to_canvas(slots, far):
    """Places in canvas pixels: tiles shifted to their corner (`far_tiles`), the overview doubled."""
    place = slots.place.copy()
    if far:
        tile = slots.view - 1
        place[slots.view == 0] *= 2
        place[:, 0] += np.where(tile >= 0, tile % 2 * far[0], 0)
        place[:, 1] += np.where(tile >= 0, tile // 2 * far[1], 0)
    return place


def cut_off(slots, far):
    """Whether a tile's border cuts a glyph that the tile beside it shows whole."""
    cx, cy, w, h = slots.place.T
    cut = np.zeros(len(cx), bool)
    for begins, ends, second, at in ((cx - w / 2, cx + w / 2, (slots.view - 1) % 2, far[0]), (cy - ABOVE * h, cy + BELOW * h, (slots.view - 1) // 2, far[1])):
        cut |= np.where(second == 1, (begins < 0) & (ends + at <= 672), (ends > 672) & (begins >= at))
    return cut & (slots.view > 0)


def rank(slots, place, far):
    """Which of two claims to one glyph wins (higher first): inside the better view for its size, then the surer."""
    if not far:
        return slots.presence
    big = place[:, 3] > 0.75 * DETAIL_MAX_EM
    suits = np.where(slots.view == 0, big, ~big)
    return slots.presence + suits


def claims(order, place, presence):
    """Slots in falling rank -> those that no better one claims, the sum of the presences that claim each, and the slots that do."""
    kept, total, by = np.zeros(len(order), np.int64), np.zeros(len(order), np.float32), []
    n = 0
    for i in order:
        near = place[kept[:n]]
        wide, tall = np.maximum(near[:, 2], place[i, 2]), np.maximum(near[:, 3], place[i, 3])
        same = (np.abs(near[:, 0] - place[i, 0]) < SAME_GLYPH * wide) & (np.abs(near[:, 1] - place[i, 1]) < 0.3 * tall)
        if n and same.any():
            total[same.argmax()] += presence[i]
            by[same.argmax()].append(i)
            continue
        kept[n], total[n] = i, presence[i]
        by.append([i])
        n += 1
    return kept[:n], total[:n], by


def choose(slots, far):
    """FORMAT.md's choice, of tiles that begin at `far`: -> (indices of the slots kept, in order; their places in canvas pixels; the slots that claim each, itself first)."""
    place = to_canvas(slots, far)
    keep = np.ones(len(place), bool)
    if far:
        keep = np.where(slots.view == 0, slots.place[:, 3] >= OVERVIEW_MIN_EM, slots.place[:, 3] <= DETAIL_MAX_EM) & ~cut_off(slots, far)
    index = np.nonzero(keep)[0]
    order = index[np.argsort(-rank(slots, place, far)[index], kind="stable")]
    kept, total, by = claims(order, place, slots.presence)
    claimed = {int(i): slots for i, slots, sure in zip(kept, by, total >= PRESENCE_SUM) if sure}
    kept = np.sort(np.array(list(claimed), np.int64))
    kept = kept[line_order(place[kept])][:MAX_GLYPHS]
    return kept, place[kept], [claimed[int(i)] for i in kept]


def pool(values, claimed, presence):
    """Means over the slots that claim each glyph, weighed by presence: values [slots, d] -> [glyphs, d]."""
    out = np.zeros((len(claimed), values.shape[1]), np.float32)
    for row, slots in zip(out, claimed):
        weight = presence[slots] / presence[slots].sum()
        row[:] = weight @ values[slots].astype(np.float32)
    return out


def probabilities(letters):
    """Pooled log-probabilities [n, k] -> probabilities [n, k]."""
    e = np.exp(letters - letters.max(-1, keepdims=True)) if len(letters) else letters
    return e / e.sum(-1, keepdims=True)


def links(place):
    """For each glyph the one after it on its line, or -1: each the other's nearest (FORMAT.md)."""
    cx, cy, w, h = place.astype(np.float32).T
    dx, dy = cx[None] - cx[:, None], np.abs(cy[None] - cy[:, None])
    small, big = np.minimum(h[None], h[:, None]), np.maximum(h[None], h[:, None])
    gap = (cx - w / 2)[None] - (cx + w / 2)[:, None]
    near = (dx > 0) & (dy < LINE_DRIFT * small) & (big < LINE_GROWTH * small) & (gap < LINE_GAP * small)
    cost = np.where(near, dx + 2 * dy, np.float32(np.inf))
    after, before = cost.argmin(1), cost.argmin(0)
    mutual = np.isfinite(cost.min(1)) & (before[after] == np.arange(len(place)))
    return np.where(mutual, after, -1)


def line_order(place):
    """FORMAT.md's order of image tokens: chains of neighbours, by the row of 16 pixels and the column in which each begins."""
    if not len(place):
        return np.zeros(0, np.int64)
    after = links(place)
    first = np.ones(len(place), bool)
    first[after[after >= 0]] = False
    heads = np.nonzero(first)[0]
    out = []
    for i in heads[np.lexsort((place[heads, 0], np.floor(place[heads, 1] / 16)))]:
        while i >= 0:
            out.append(i)
            i = after[i]
    return np.array(out, np.int64)
