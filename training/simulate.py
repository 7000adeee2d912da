"""Image tokens as an encoder of random quality would give them, from the generator's glyph lists.

No picture is drawn, so thousands of pages a second are possible.
"""

from dataclasses import dataclass

import numpy as np

from charset import GLYPHS
from slots import line_order

INDEX = {c: i for i, c in enumerate(GLYPHS)}
N_ASCII = 94  # the first so many GLYPHS are ASCII
LOOKALIKES = [
    "O0oQDC", "l1I|!ií", "S5s$", "B8R", "Z2z", "G6C", "g9q", "T7", "uvU", "nhm", "ceoa", "rtf",
    ".,·'`’", "-–—_", ":;i", "VvYy", "Ww", "Xx", "Kk", "Pp", "MN", "EF", "“\"”", "éèêe", "àáâäa",
    "üúùu", "öóòo", "({[", ")}]",
]  # fmt: skip
CONFUSED = {}
for _group in LOOKALIKES:
    for _c in _group:
        CONFUSED.setdefault(_c, []).extend(x for x in _group if x != _c)


@dataclass
class ImageTokens:
    """What the picture gives the decoder.

    weights [n, len(GLYPHS)]: probabilities of the characters; place [n, 4] canvas pixels; truth
    [n]: the record's glyph index or -1; feature [n, d] or None: the adapter's slot features.
    """

    weights: np.ndarray
    place: np.ndarray
    truth: np.ndarray
    feature: np.ndarray | None = None


def another(c, rng):
    """A character that `c` is taken for: mostly a lookalike, sometimes the other case, else any."""
    others = CONFUSED.get(c)
    if others and rng.random() < 0.6:
        return others[rng.integers(len(others))]
    if c.isalpha() and len(c.swapcase()) == 1 and rng.random() < 0.2:
        return c.swapcase()
    return GLYPHS[rng.integers(N_ASCII)]


def simulated_weights(chars, error, rng):
    """Probabilities [n, len(GLYPHS)] of an encoder that misreads a share `error` of `chars`."""
    n = len(chars)
    weights = np.zeros((n, len(GLYPHS)), np.float32)
    wrong, sure = rng.random(n) < error, rng.uniform(0.75, 1.0, n)
    unsure, rest = rng.uniform(0.4, 0.95, n), rng.random(n)
    for i, c in enumerate(chars):
        other = another(c, rng)
        first, second = (other, c) if wrong[i] else (c, other)
        p = unsure[i] if wrong[i] else sure[i]
        weights[i, INDEX.get(second, 0)] += (1 - p) * rest[i]
        weights[i, INDEX.get(first, 0)] += p
    return weights


def simulated_place(g, record, rng):
    """Canvas places [n, 4] of the glyphs with the jitter of an encoder, and canvas/record.

    The picture has a scale and a position of its own.
    """
    zoom = min(1.0, 1344 / max(record.width, record.height))
    zoom *= 1.0 if rng.random() < 0.7 else rng.uniform(0.4, 1.0)
    place = np.stack([g["cx"], g["cy"], g["w"], g["h"]], 1).astype(np.float32) * zoom
    if rng.random() < 0.3:
        place[:, 0] += rng.uniform(0, max(1e-6, 1344 - zoom * record.width))
        place[:, 1] += rng.uniform(0, max(1e-6, 1344 - zoom * record.height))
    jitter = rng.normal(0, 1, place.shape) * np.array([0.04, 0.03, 0.05, 0.04])
    jitter *= rng.uniform(0.2, 1.5)
    place[:, :2] += jitter[:, :2] * place[:, 3:4]
    place[:, 2:] *= np.exp(jitter[:, 2:])
    return place.astype(np.float32), zoom


def ghosts(record, zoom, rng):
    """Weights and places of glyphs that are not there."""
    n = rng.poisson(rng.choice([0.0, 0.0, 1.0, 6.0]))
    x, y = rng.uniform(0, zoom * record.width, n), rng.uniform(0, zoom * record.height, n)
    place = np.stack([x, y, *rng.uniform(8, 60, (2, n))], 1)
    chars = [GLYPHS[i] for i in rng.integers(0, N_ASCII, n)]
    return simulated_weights(chars, 0.3, rng), place


def doubled(place, rng):
    """Indices of glyphs that two patches claim, and the places of the second claims."""
    again = np.nonzero(rng.random(len(place)) < rng.choice([0.0, 0.01, 0.05, 0.15]))[0]
    side, far = rng.choice([-1, 1], len(again)), rng.uniform(0.4, 0.7, len(again))
    aside = (side * far * place[again, 2])[:, None]
    return again, place[again] + np.array([1, 0, 0, 0]) * aside


def simulate(record, rng):
    """Image tokens with mistaken, lost, invented and doubled glyphs, in reading order."""
    g = record.glyphs
    keep = np.nonzero(rng.random(len(g)) >= rng.choice([0.0, 0.005, 0.02, 0.05]))[0]
    error = rng.choice([0.0, 0.01, 0.03, 0.08, 0.15])
    weights = simulated_weights([chr(c) for c in g["char"][keep]], error, rng)
    place, zoom = simulated_place(g[keep], record, rng)
    odd_weights, odd = ghosts(record, zoom, rng)
    weights = np.concatenate([weights, odd_weights])
    place = np.concatenate([place, odd]).astype(np.float32)
    truth = np.concatenate([keep, np.full(len(odd), -1)]).astype(np.int64)
    again, double = doubled(place, rng)
    weights = np.concatenate([weights, weights[again]])
    truth = np.concatenate([truth, np.full(len(again), -1)])
    place = np.concatenate([place, double]).astype(np.float32)
    order = line_order(place)
    return ImageTokens(weights[order], place[order], truth[order])
