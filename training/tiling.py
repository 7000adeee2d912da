"""Views of a picture: the letterboxed canvas, and in mode `high` an overview and 2x2 tiles.

The Rust side (`foveate-vision`) does the same (models/FORMAT.md, "Views"); golden tensors hold the
two together. Sizes are (width, height) in pixels.
"""

import numpy as np
from PIL import Image

from rules import RULES

TILING = RULES.tiling
CANVAS = {"rapid": TILING.rapid, "balanced": TILING.balanced, "high": TILING.high}  # sides
VIEW = TILING.view  # side of the overview and of each tile
PATCH, WINDOW = 16, 224  # the encoder's patch and attention window (vision.py), in pixels


def fitted(size, side):
    """A picture's size -> its size on a canvas of `side`, and the scale canvas/picture."""
    scale = min(side / max(size), TILING.max_upscale)
    return tuple(max(1, min(side, round(s * scale))) for s in size), scale


def letterbox(image, side):
    """PIL picture -> RGB u8 [side, side, 3], the picture at the top left, and canvas/picture."""
    size, scale = fitted(image.size, side)
    canvas = Image.new("RGB", (side, side), TILING.pad)
    canvas.paste(image.convert("RGB").resize(size, Image.Resampling.BICUBIC), (0, 0))
    return np.asarray(canvas), scale


def choose_mode(image):
    """The mode that `auto` begins with."""
    return "balanced" if max(image.size) <= TILING.balanced else "high"


def encoded(part):
    """Pixels of a view's side that show the picture -> the pixels that are encoded.

    These are whole windows, with a patch of padding where there is room.
    """
    return min(VIEW, -(-(part + PATCH) // WINDOW) * WINDOW)


def far_tiles(size, mode):
    """A picture's size -> canvas (x, y) where the second tiles begin; None but in mode `high`.

    Whole windows are encoded, so there is room beside what the picture fills of them. The second
    tiles begin that much earlier, and glyphs at the seam are whole in one of the two tiles. The
    shift is 8 px more than whole patches, so that the two see such a glyph differently.
    """
    if mode != "high":
        return None
    sides, _ = fitted(size, CANVAS[mode])
    return tuple(VIEW - shift(side - VIEW) for side in sides)


def shift(part):
    """Pixels by which a second tile that shows `part` pixels of the picture begins earlier."""
    if part <= 0:
        return 0
    free = encoded(part) - PATCH - part
    return max(0, (free + PATCH // 2) // PATCH * PATCH - PATCH // 2)


def views(image, mode):
    """-> u8 [views, side, side, 3]; in mode `high` the overview, then the tiles row by row."""
    if mode != "high":
        return letterbox(image, CANVAS[mode])[0][None]
    overview, _ = letterbox(image, VIEW)
    canvas, _ = letterbox(image, CANVAS[mode])
    x, y = far_tiles(image.size, mode)
    tiles = [canvas[r : r + VIEW, c : c + VIEW] for r in (0, y) for c in (0, x)]
    return np.stack([overview, *tiles])


def covered(size, mode):
    """A picture's size -> (height, width) of each view's encoded part; (0, 0) of an empty tile."""
    (width, height), _ = fitted(size, CANVAS[mode])
    if mode != "high":
        return [tuple(min(CANVAS[mode], encoded(part)) for part in (height, width))]
    x, y = far_tiles(size, mode)
    parts = [(-(-height // 2), -(-width // 2))]
    parts += [(height - r, width - c) for r in (0, y) for c in (0, x)]
    return [tuple(map(encoded, p)) if min(p) > 0 else (0, 0) for p in parts]
