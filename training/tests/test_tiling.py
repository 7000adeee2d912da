"""Views of a picture."""

import numpy as np
from PIL import Image

import tiling


def test_small_pictures_are_enlarged_twice_at_most():
    canvas, scale = tiling.letterbox(Image.new("RGB", (100, 50), (255, 0, 0)), 672)
    assert (
        scale == 2
        and canvas[99, 199].tolist() == [255, 0, 0]
        and canvas[100, 0].tolist() == list(tiling.TILING.pad)
    )


def test_views_of_the_high_mode_tile_the_canvas():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (1344, 1344, 3), np.uint8))
    v = tiling.views(image, "high")
    assert v.shape == (5, 672, 672, 3)
    np.testing.assert_array_equal(v[2], np.asarray(image)[:672, 672:])


def test_second_tiles_begin_earlier_by_what_is_free_of_their_windows():
    assert tiling.far_tiles((950, 1344), "high") == (
        672 - 152,
        672,
    )  # 448 encoded, 278 needed, a patch of padding
    assert tiling.far_tiles((1344, 1200), "high") == (672, 672 - 120)
    assert (
        tiling.far_tiles((660, 1344), "high") == (672, 672)
        and tiling.far_tiles((600, 600), "balanced") is None
    )
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (1344, 950, 3), np.uint8))
    v, encoded = tiling.views(image, "high"), tiling.covered(image.size, "high")
    np.testing.assert_array_equal(v[2][:, : 950 - 520], np.asarray(image)[:672, 520:])
    assert all(
        shift % 16 == 8 or not shift
        for side in range(673, 1345)
        for shift in [672 - tiling.far_tiles((side, 1344), "high")[0]]
    )
    assert encoded == [(672, 672), (672, 672), (672, 448), (672, 672), (672, 448)]


def test_views_are_encoded_as_far_as_they_show_the_picture():
    assert tiling.covered((950, 1344), "high") == [
        (672, 672),
        (672, 672),
        (672, 448),
        (672, 672),
        (672, 448),
    ]
    assert tiling.covered((1344, 660), "high") == [
        (448, 672),
        (672, 672),
        (672, 672),
        (0, 0),
        (0, 0),
    ]
    assert tiling.covered((300, 200), "balanced") == [(448, 672)]  # enlarged to 600x400
