"""The choice and the order of image tokens among the adapter's glyph slots.

The Rust side does the same (models/FORMAT.md, "Choosing and ordering image tokens"); golden
tensors hold the two together. Places are (cx, cy, w, h): cy is the middle between baseline and
x-height, w the advance, h the em size.
"""

from dataclasses import dataclass

import numpy as np

from rules import RULES
from tiling import VIEW

RULE, BOX, LINES = RULES.slots, RULES.box, RULES.lines


@dataclass
class Slots:
    """Slots that are not blank: view [n], place [n, 4] in view pixels, presence [n] in 0..1, and
    the likeliest letter of each, [n]."""

    view: np.ndarray
    place: np.ndarray
    presence: np.ndarray
    letter: np.ndarray


def to_canvas(slots, far):
    """Places in canvas pixels: tiles moved to their corner (`far_tiles`), the overview doubled."""
    place = slots.place.copy()
    if far:
        tile = slots.view - 1
        place[slots.view == 0] *= 2
        place[:, 0] += np.where(tile >= 0, tile % 2 * far[0], 0)
        place[:, 1] += np.where(tile >= 0, tile // 2 * far[1], 0)
    return place


def cut_off(slots, far):
    """Whether a tile's border cuts a glyph that the tile beside it shows whole: [n] bool."""
    cx, cy, w, h = slots.place.T
    tile = slots.view - 1
    across = (cx - w / 2, cx + w / 2, tile % 2, far[0])
    down = (cy - BOX.above * h, cy + BOX.below * h, tile // 2, far[1])
    cut = np.zeros(len(cx), bool)
    for begins, ends, second, at in (across, down):
        of_second = (begins < 0) & (ends + at <= VIEW)
        cut |= np.where(second == 1, of_second, (ends > VIEW) & (begins >= at))
    return cut & (slots.view > 0)


def rank(slots, place, far):
    """Which of two slots of one glyph is kept (the higher): that of the view that suits its size,
    then the one of higher presence."""
    if not far:
        return slots.presence
    big = place[:, 3] > RULE.overview_share * RULE.detail_max_em
    return slots.presence + np.where(slots.view == 0, big, ~big)


def suppress(order, place, slots):
    """NMS over slots in falling rank. -> the slots kept, the presence that adds up at each, and for
    each the slots of its glyph, itself first."""
    kept, total, members = np.zeros(len(order), np.int64), np.zeros(len(order), np.float32), []
    n = 0
    for i in order:
        alike = slots.letter[kept[:n]] == slots.letter[i]
        same = same_glyph(place[kept[:n]], place[i], alike)
        if same.any():
            total[same.argmax()] += slots.presence[i]
            members[same.argmax()].append(i)
            continue
        kept[n], total[n] = i, slots.presence[i]
        members.append([i])
        n += 1
    return kept[:n], total[:n], members


def same_glyph(places, place, alike):
    """Which of places [n, 4] are of the same glyph as place [4], and of the same letter where
    `alike` [n] says so: [n] bool."""
    wide, tall = np.maximum(places[:, 2], place[2]), np.maximum(places[:, 3], place[3])
    # Two looks at a narrow letter differ by more than a share of its width.
    least = np.where(alike, np.float32(RULE.same_letter), np.float32(RULE.other_letter))
    least = least * np.minimum(np.minimum(places[:, 3], place[3]), np.float32(RULE.small_em))
    across = np.abs(places[:, 0] - place[0]) < np.maximum(RULE.same_across * wide, least)
    return across & (np.abs(places[:, 1] - place[1]) < RULE.same_down * tall)


def choose(slots, far):
    """The image tokens of slots whose second tiles begin at `far`.

    -> indices of the slots kept, in reading order; their places in canvas pixels; for each the
    slots of its glyph, itself first.
    """
    place = to_canvas(slots, far)
    keep = np.ones(len(place), bool)
    if far:
        em = slots.place[:, 3]
        sizes = np.where(slots.view == 0, em >= RULE.overview_min_em, em <= RULE.detail_max_em)
        keep = sizes & ~cut_off(slots, far)
    index = np.nonzero(keep)[0]
    order = index[np.argsort(-rank(slots, place, far)[index], kind="stable")]
    kept, total, members = suppress(order, place, slots)
    there = total >= RULE.min_presence
    glyphs = {int(i): of for i, of, is_there in zip(kept, members, there) if is_there}
    kept = np.sort(np.array(list(glyphs), np.int64))
    kept = kept[line_order(place[kept])][: RULE.max_glyphs]
    return kept, place[kept], [glyphs[int(i)] for i in kept]


def pool(values, members, presence):
    """Means over the slots of each glyph, weighted by presence: [slots, d] -> [glyphs, d]."""
    out = np.zeros((len(members), values.shape[1]), np.float32)
    for row, slots in zip(out, members):
        weight = presence[slots] / presence[slots].sum()
        row[:] = weight @ values[slots].astype(np.float32)
    return out


def probabilities(letters):
    """Pooled log-probabilities [n, k] -> probabilities [n, k]."""
    e = np.exp(letters - letters.max(-1, keepdims=True)) if len(letters) else letters
    return e / e.sum(-1, keepdims=True)


def links(place):
    """For each glyph the one after it on its line, or -1: each is the other's nearest."""
    cx, cy, w, h = place.astype(np.float32).T
    dx, dy = cx[None] - cx[:, None], np.abs(cy[None] - cy[:, None])
    small, big = np.minimum(h[None], h[:, None]), np.maximum(h[None], h[:, None])
    gap = (cx - w / 2)[None] - (cx + w / 2)[:, None]
    near = (dx > 0) & (dy < LINES.drift * small) & (big < LINES.growth * small)
    cost = np.where(near & (gap < LINES.gap * small), dx + 2 * dy, np.float32(np.inf))
    after, before = cost.argmin(1), cost.argmin(0)
    mutual = np.isfinite(cost.min(1)) & (before[after] == np.arange(len(place)))
    return np.where(mutual, after, -1)


def line_order(place):
    """Indices of glyphs [n, 4] in reading order: chains of neighbours, sorted by the row and the
    column in which each begins."""
    if not len(place):
        return np.zeros(0, np.int64)
    after = links(place)
    first = np.ones(len(place), bool)
    first[after[after >= 0]] = False
    heads = np.nonzero(first)[0]
    out = []
    for i in heads[np.lexsort((place[heads, 0], np.floor(place[heads, 1] / LINES.row)))]:
        while i >= 0:
            out.append(i)
            i = after[i]
    return np.array(out, np.int64)
