"""Labels, views and the choice of slots."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

import glyphs
from collect import match
from records import GLYPH, IGNORE, bins, read_record, slot_labels


def test_a_slot_is_a_part_of_its_patch():
    g = np.array([(ord("b"), 12, 5, 4, 9, 0, 0), (ord("a"), 3, 6, 4, 9, 0, 0), (ord("c"), 20, 20, 8, 16, 0, 1)], GLYPH)
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


def test_small_pictures_are_enlarged_twice_at_most():
    canvas, scale = glyphs.letterbox(Image.new("RGB", (100, 50), (255, 0, 0)), 672)
    assert scale == 2 and canvas[99, 199].tolist() == [255, 0, 0] and canvas[100, 0].tolist() == list(glyphs.PAD)


def test_views_of_the_high_mode_tile_the_canvas():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (1344, 1344, 3), np.uint8))
    v = glyphs.views(image, "high")
    assert v.shape == (5, 672, 672, 3)
    np.testing.assert_array_equal(v[2], np.asarray(image)[:672, 672:])


def test_second_tiles_begin_earlier_by_what_is_free_of_their_windows():
    assert glyphs.far_tiles((950, 1344), "high") == (672 - 152, 672)  # 448 looked at, 278 needed, a patch of padding
    assert glyphs.far_tiles((1344, 1200), "high") == (672, 672 - 120)
    assert glyphs.far_tiles((660, 1344), "high") == (672, 672) and glyphs.far_tiles((600, 600), "balanced") is None
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (1344, 950, 3), np.uint8))
    v, looked = glyphs.views(image, "high"), glyphs.covered(image.size, "high")
    np.testing.assert_array_equal(v[2][:, : 950 - 520], np.asarray(image)[:672, 520:])
    assert all(shift % 16 == 8 or not shift for side in range(673, 1345) for shift in [672 - glyphs.far_tiles((side, 1344), "high")[0]])
    assert looked == [(672, 672), (672, 672), (672, 448), (672, 672), (672, 448)]


def test_a_glyph_that_a_border_cuts_is_the_other_tiles():
    seam = [[1, 668, 100, 20, 30, 0.9], [2, 148, 100, 20, 30, 0.8], [2, 6, 200, 20, 30, 0.9], [1, 526, 200, 20, 30, 0.8], [1, 668, 400, 20, 30, 0.9]]
    whole, *_ = glyphs.choose(slots(seam[:4]), (520, 672))
    assert sorted(whole.tolist()) == [1, 3]
    only, *_ = glyphs.choose(slots(seam[4:]), (672, 672))
    assert only.tolist() == [0], "no other tile shows it"


def slots(rows):
    rows = np.array(rows, np.float32)
    return glyphs.Slots(rows[:, 0].astype(int), rows[:, 1:5], rows[:, 5])


def test_views_are_looked_at_as_far_as_they_show_the_picture():
    assert glyphs.covered((950, 1344), "high") == [(672, 672), (672, 672), (672, 448), (672, 672), (672, 448)]
    assert glyphs.covered((1344, 660), "high") == [(448, 672), (672, 672), (672, 672), (0, 0), (0, 0)]
    assert glyphs.covered((300, 200), "balanced") == [(448, 672)]  # enlarged to 600x400


def test_one_glyph_seen_twice_is_kept_once():
    kept, place, claimed = glyphs.choose(slots([[1, 100, 100, 20, 40, 0.9], [1, 103, 101, 20, 40, 0.95], [1, 130, 100, 20, 40, 0.9], [1, 160, 100, 20, 40, 0.45]]), (672, 672))
    assert kept.tolist() == [1, 2] and claimed == [[1, 0], [2]]


def test_looks_at_one_glyph_are_averaged():
    letters = np.log(np.array([[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]], np.float32))
    pooled = glyphs.pool(letters, [[1, 0], [2]], np.array([0.5, 1.0, 0.7], np.float32))
    wanted = np.array([0.6**0.5 * 0.1, 0.4**0.5 * 0.9]) ** (1 / 1.5)
    np.testing.assert_allclose(glyphs.probabilities(pooled), [wanted / wanted.sum(), [0.5, 0.5]], rtol=1e-5)


def test_a_big_glyph_is_the_overviews_and_a_small_one_the_tiles():
    big = [[0, 100, 100, 16, 32, 0.9], [1, 200, 200, 32, 64, 0.99]]
    small = [[0, 300, 300, 14, 28.5, 0.9], [4, 0, 0, 24, 50, 0.9]]
    kept, place, _ = glyphs.choose(slots(big + small + [[0, 10, 10, 5, 10, 0.9]]), (672, 672))
    assert sorted(kept.tolist()) == [0, 2, 3]
    assert [200.0, 200.0] in place[:, :2].tolist() and [672.0, 672.0] in place[:, :2].tolist()


def test_tokens_find_their_glyph():
    truth = np.array([[10, 10, 8, 16], [18, 10, 8, 16]], np.float32)
    assert match(np.array([[17, 11, 8, 16], [11, 10, 8, 16], [60, 60, 8, 16]], np.float32), truth).tolist() == [1, 0, -1]


def test_unsure_claims_to_one_glyph_add_up():
    kept, *_ = glyphs.choose(slots([[0, 20, 20, 10, 12, 0.25], [0, 21, 20, 10, 12, 0.3], [0, 60, 20, 10, 12, 0.45]]), None)
    assert kept.tolist() == [1]


def test_a_tilted_line_stays_together():
    line = [[[10.0 * i, y - 1.5 * i, 9, 14] for i in range(40)] for y in (118, 100, 136)]
    order = glyphs.line_order(np.array(sum(line, []), np.float32))
    assert order.tolist() == [*range(40, 80), *range(40), *range(80, 120)]
