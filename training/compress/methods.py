"""Ways to hold a matrix in fewer bits. Each gives the values that it stands for, and its bytes.

- round B, group G: levels -(2^B - 1)/2 .. (2^B - 1)/2 times a scale (f16) for each G columns of a
  row, or for the whole row; the scale by `clipping_search`.
- palette B, rows R: 2^B entries (int8) shared by R rows, found by k-means, times a scale (f16) for
  each row: what runtime/kernels can multiply in integers.
- float palette B, rows R: 2^B entries (f16) shared by R rows and no scale, as published (Apple
  2024, arXiv:2407.21075: tables shared by 16 rows).
- astc, rank R: texture blocks of 6x6 weights beside an update of rank R (astc.py).
"""

import re
from dataclasses import dataclass

import numpy as np
import torch

from quantize import clipping_search, levels

from . import astc
from .palette import palettes

# Factors that the clipping search tries: 0.2 to 1.2 by 0.05. By 0.01 the squared error of
# `blk.7.attn_output` was less by 0.4% (2 bits) to 2.7% (4 bits, groups of 32).
# Weights at once, so that they stay in the second-level cache.
STEPS, AT_ONCE = 21, 65_536
FORM = re.compile(r"(round|palette|float palette) (\d) (row|\d+)|(astc) (\d+)")


@dataclass(frozen=True)
class Method:
    """`span`: columns that share a scale (0: the row), rows that share a palette, or the rank
    beside texture blocks."""

    kind: str
    bits: int
    span: int

    @staticmethod
    def named(text):
        """Of `round 4 32`, `round 2 row`, `palette 4 16`, `float palette 4 16`, `astc 0`."""
        found = FORM.fullmatch(text)
        if found and found[4]:
            return Method("astc", 0, int(found[5]))
        if not found or not 2 <= int(found[2]) <= 8:
            expected = "'round 4 32', 'round 2 row', 'palette 4 16', 'float palette 4 16', 'astc 0'"
            raise ValueError(f"method {text!r}: expected one like {expected}")
        return Method(found[1], int(found[2]), 0 if found[3] == "row" else int(found[3]))

    def __str__(self):
        if self.kind == "astc":
            return f"astc {self.span}"
        return f"{self.kind} {self.bits} {self.span or 'row'}"


def bytes_of(method, rows, cols):
    """Bytes of a matrix: codes, scales, palettes."""
    if method.kind == "astc":
        return astc.bytes_of(rows, cols, method.span)
    codes = rows * cols * method.bits / 8
    if method.kind == "round":
        return int(codes + 2 * rows * cols / span_of(method, cols))
    tables = -(-rows // (method.span or rows)) * 2**method.bits
    return int(codes + (2 * tables if method.kind == "float palette" else 2 * rows + tables))


def span_of(method, cols):
    """Columns of a scale; the whole row where groups do not fit."""
    return method.span if method.span and cols % method.span == 0 else cols


def half(x):
    """Rounded to float16."""
    return x.half().float()


def rounded(w, method):
    rows, cols = w.shape
    groups = torch.from_numpy(w).reshape(-1, span_of(method, cols))
    parts = groups.split(max(1, AT_ONCE // groups.shape[1]))
    return torch.cat([of_groups(part, method.bits) for part in parts]).reshape(rows, cols).numpy()


def of_groups(groups, bits):
    """Each row of `groups` with a scale of its own."""
    top = groups.abs().amax(1, keepdim=True).clamp_min(1e-8)
    scale = clipping_search(groups, bits, STEPS) * top / ((2**bits - 1) / 2)
    scale = half(scale).clamp_min(2.0**-24)
    return levels(groups, scale, bits) * scale


def compressed(w, method):
    """The values `[rows, cols]`, float32, that a matrix has after `method`."""
    w = np.ascontiguousarray(w, np.float32)
    if method.kind == "round":
        return rounded(w, method)
    if method.kind == "astc":
        return astc.restored(astc.stored(w, method.span), w.shape)
    return palettes(w, method.bits, method.span or len(w), method.kind == "float palette")
