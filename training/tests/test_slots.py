"""The choice, the pooling and the order of glyph slots."""

import numpy as np

from slots import Slots, choose, line_order, pool, probabilities


def test_a_glyph_that_a_border_cuts_belongs_to_the_other_tile():
    seam = [
        [1, 668, 100, 20, 30, 0.9],
        [2, 148, 100, 20, 30, 0.8],
        [2, 6, 200, 20, 30, 0.9],
        [1, 526, 200, 20, 30, 0.8],
        [1, 668, 400, 20, 30, 0.9],
    ]
    whole, *_ = choose(slots(seam[:4]), (520, 672))
    assert sorted(whole.tolist()) == [1, 3]
    only, *_ = choose(slots(seam[4:]), (672, 672))
    assert only.tolist() == [0], "no other tile shows it"


def slots(rows):
    rows = np.array(rows, np.float32)
    letter = rows[:, 6] if rows.shape[1] > 6 else np.arange(len(rows))
    return Slots(rows[:, 0].astype(int), rows[:, 1:5], rows[:, 5], letter)


def test_two_slots_of_one_glyph_become_one_token():
    kept, place, members = choose(
        slots(
            [
                [1, 100, 100, 20, 40, 0.9],
                [1, 103, 101, 20, 40, 0.95],
                [1, 130, 100, 20, 40, 0.9],
                [1, 160, 100, 20, 40, 0.45],
            ]
        ),
        (672, 672),
    )
    assert kept.tolist() == [1, 2] and members == [[1, 0], [2]]


def test_two_looks_at_a_narrow_letter_become_one_token():
    looks = [[0, 100, 100, 4, 18, 0.9, 7], [0, 103, 100, 4, 18, 0.8, 7]]
    assert choose(slots(looks), None)[0].tolist() == [0]
    looks[1][-1] = 8
    assert choose(slots(looks), None)[0].tolist() == [0, 1], "two letters stand closer"


def test_slots_of_one_glyph_are_averaged():
    letters = np.log(np.array([[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]], np.float32))
    pooled = pool(letters, [[1, 0], [2]], np.array([0.5, 1.0, 0.7], np.float32))
    wanted = np.array([0.6**0.5 * 0.1, 0.4**0.5 * 0.9]) ** (1 / 1.5)
    np.testing.assert_allclose(
        probabilities(pooled), [wanted / wanted.sum(), [0.5, 0.5]], rtol=1e-5
    )


def test_the_overview_gives_big_glyphs_and_the_tiles_small_ones():
    big = [[0, 100, 100, 16, 32, 0.9], [1, 200, 200, 32, 64, 0.99]]
    small = [[0, 300, 300, 14, 28.5, 0.9], [4, 0, 0, 24, 50, 0.9]]
    kept, place, _ = choose(slots(big + small + [[0, 10, 10, 5, 10, 0.9]]), (672, 672))
    assert sorted(kept.tolist()) == [0, 2, 3]
    assert [200.0, 200.0] in place[:, :2].tolist() and [672.0, 672.0] in place[:, :2].tolist()


def test_presences_at_one_glyph_add_up():
    kept, *_ = choose(
        slots([[0, 20, 20, 10, 12, 0.25], [0, 21, 20, 10, 12, 0.3], [0, 60, 20, 10, 12, 0.45]]),
        None,
    )
    assert kept.tolist() == [1]


def test_a_tilted_line_stays_together():
    line = [[[10.0 * i, y - 1.5 * i, 9, 14] for i in range(40)] for y in (118, 100, 136)]
    order = line_order(np.array(sum(line, []), np.float32))
    assert order.tolist() == [*range(40, 80), *range(40), *range(80, 120)]
