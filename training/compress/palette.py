"""Palettes: the few values that many weights share, by k-means in one dimension."""

from statistics import NormalDist

import numpy as np

# Lloyd's rounds. From the start below, 1,000 rounds lower the squared error of a normal
# distribution's 16 values by less than 1% more (test_compress.py).
ROUNDS = 30


def start(k):
    """Where k values of a unit normal distribution begin: dense as the cube root of the density,
    which is the best for many of them (Panter & Dite 1951)."""
    normal = NormalDist(0, 3**0.5)
    return np.array([normal.inv_cdf((i + 0.5) / k) for i in range(k)])


def k_means(values, k, rounds=ROUNDS):
    """The `k` centres of `values`, ascending. Sorted once: a cluster is a range of neighbours."""
    values = np.sort(values, axis=None)
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    centres = start(k) * max(float(values.std()), 1e-12) + float(values.mean())
    for _ in range(rounds):
        borders = np.searchsorted(values, (centres[1:] + centres[:-1]) / 2)
        borders = np.concatenate([[0], borders, [len(values)]])
        count = np.diff(borders)
        means = np.diff(sums[borders]) / np.maximum(count, 1)
        moved = np.where(count > 0, means, centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


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
