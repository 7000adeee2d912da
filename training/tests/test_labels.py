"""The encoder's labels, and which glyph a token stands on."""

import io
import struct

import numpy as np
import pytest

from collect import match
from records import GLYPH, IGNORE, bins, read_record, slot_labels


def test_a_slot_is_a_part_of_its_patch():
    g = np.array(
        [
            (ord("b"), 12, 5, 4, 9, 0, 0),
            (ord("a"), 3, 6, 4, 9, 0, 0),
            (ord("c"), 20, 20, 8, 16, 0, 1),
        ],
        GLYPH,
    )
    classes, geometry, index = slot_labels(g, 2, 2)
    assert index[0, 0].tolist() == [1, -1, -1, 0]
    assert index[1, 1].tolist() == [-1, 2, -1, -1]
    assert (classes > 0).sum() == 3
    np.testing.assert_allclose(geometry[1, 1, 1], [0.25, 0.25, np.log(0.5), 0], atol=1e-6)


def test_glyphs_that_share_a_part_take_the_nearest_free_one():
    at = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    across = np.array([0.1, 0.15, 0.9, 0.95, 0.99, 0.8, 0.85, 0.9, 0.95])
    assert bins(at, across, 4).tolist() == [0, 1, 3, 2, 3, 0, 1, 2, 3]


def test_a_crowded_patch_is_not_judged():
    g = np.array([(ord("i"), 1 + 3 * i, 5, 3, 6, 0, 0) for i in range(5)], GLYPH)
    classes, _, index = slot_labels(g, 1, 1)
    assert (classes == IGNORE).all() and (index == -1).all()


def test_a_record_that_is_not_one_is_refused():
    with pytest.raises(ValueError, match="FVR1"):
        read_record(io.BytesIO(struct.pack("<4s4I", b"OOPS", 0, 0, 1, 1)))
    assert read_record(io.BytesIO(b"FV")) is None


def test_tokens_find_their_glyph():
    truth = np.array([[10, 10, 8, 16], [18, 10, 8, 16]], np.float32)
    assert match(
        np.array([[17, 11, 8, 16], [11, 10, 8, 16], [60, 60, 8, 16]], np.float32), truth
    ).tolist() == [1, 0, -1]
