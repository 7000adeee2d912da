"""Matrices stored as textures: what they cost, and how near they are."""

import numpy as np
import pytest

from compress import astc
from compress.methods import Method, bytes_of, compressed

pytest.importorskip("astc_encoder")


def weights(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 0.05, shape).astype(np.float32)


def gone(w, values):
    return np.linalg.norm(values - w) / np.linalg.norm(w)


@pytest.mark.parametrize("shape", [(25, 44), (6, 6), (3, 10, 13)])
@pytest.mark.parametrize("rank", [0, 2])
def test_bytes_are_counted_and_values_are_near(shape, rank):
    w = weights(*shape)
    tensors = astc.stored(w, rank)
    assert all(x.flags.c_contiguous for x in tensors.values())
    held = sum(x.nbytes for x in tensors.values())
    rows, n = int(np.prod(shape[:-1])), int(np.prod(shape[:-2]))
    of_updates = n * 2 * rank * (shape[-2] + shape[-1])
    assert held == astc.bytes_of(rows, shape[-1], 0) + of_updates
    assert gone(w, astc.restored(tensors, w.shape)) < 0.25


def test_the_largest_singular_vectors_go_into_the_update():
    w = weights(60, 48) + np.outer(weights(60, seed=1), weights(48, seed=2)) * 100
    errors = [gone(w, compressed(w, Method.named(name))) for name in ("astc 0", "astc 1")]
    assert errors[1] < 0.7 * errors[0]
    assert bytes_of(Method.named("astc 1"), 60, 48) == 10 * (8 * 16 + 4) + 2 * (60 + 48)


def test_a_band_of_one_value_is_that_value():
    w = np.full((12, 9), 0.25, np.float32)
    assert np.abs(astc.restored(astc.stored(w), w.shape) - w).max() < 1e-4
