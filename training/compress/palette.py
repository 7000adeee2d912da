"""Palettes: the few values that many weights share, by k-means in one dimension."""

from statistics import NormalDist

import numpy as np

# Lloyd's rounds. From the start below, 1,000 rounds lower the squared error of a normal
# distribution's 16 values by less than 1% more (test_compress.py).
ROUNDS = 30
# Standard deviations from which on a value is far out: of 9,216 normal ones none is.
FAR = 5


def start(k):
    """Where k values of a unit normal distribution begin: dense as the cube root of the density,
    which is the best for many of them (Panter & Dite 1951)."""
    normal = NormalDist(0, 3**0.5)
    return np.array([normal.inv_cdf((i + 0.5) / k) for i in range(k)])


def starts(values, k):
    """Where k centres of sorted values may begin: as of a normal distribution; where a value is far
    out (a single one may carry a layer: Yu et al. 2024, arXiv:2411.07191), also with centres for
    the ends."""
    mean, size = float(values.mean()), max(float(values.std()), 1e-12)
    yield start(k) * size + mean
    low, high = int(values[0] < mean - FAR * size), int(values[-1] > mean + FAR * size)
    if low or high:
        inner = start(k - low - high) * size + mean
        yield np.concatenate([values[:1][:low], inner, values[-1:][:high]])


def k_means(values, k, rounds=ROUNDS):
    """The `k` centres of `values`, ascending: of the starts, the one of the least error."""
    values = np.sort(values, axis=None).astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    found = [lloyd(values, sums, centres, rounds) for centres in starts(values, k)]
    return max(found, key=lambda f: f[1])[0]


def lloyd(values, sums, centres, rounds):
    """Centres, and how much of the squares they explain. A cluster is a range of neighbours."""
    for _ in range(rounds):
        borders = np.searchsorted(values, (centres[1:] + centres[:-1]) / 2)
        borders = np.concatenate([[0], borders, [len(values)]])
        count = np.diff(borders)
        means = np.diff(sums[borders]) / np.maximum(count, 1)
        moved = np.where(count > 0, means, centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres, float((count * means**2).sum())


def nearest(values, centres):
    """Codes of the nearest centres."""
    return np.searchsorted((centres[1:] + centres[:-1]) / 2, values)


def palettes(w, bits, rows, raw):
    """Values of `w [m, n]` where each `rows` rows share `2 ** bits` entries.

    `raw`: entries in float16. Otherwise each row has a scale, and entries are int8.
    """
    out = np.empty_like(w)
    for at in range(0, len(w), rows):
        part = w[at : at + rows]
        if raw:
            centres = k_means(part, 2**bits).astype(np.float16).astype(np.float32)
            out[at : at + rows] = centres[nearest(part, centres)]
        else:
            table, scale, codes = shared(part, bits)
            out[at : at + rows] = table[codes] * scale[:, None]
    return out


def shared(part, bits):
    """Entries [2^bits] as integers -127..127 (float32), scales [rows], codes [rows, n]."""
    size = np.sqrt(np.mean(part**2, 1, keepdims=True)).clip(1e-12)
    unit = part / size
    centres = k_means(unit, 2**bits)
    top = max(np.abs(centres).max(), 1e-12)
    table = np.rint(centres * 127 / top).astype(np.float32)
    scale = (size[:, 0] * top / 127).astype(np.float16).astype(np.float32)
    # With the scales as they are kept.
    return table, scale, nearest(part / np.maximum(scale, 2.0**-24)[:, None], table)
