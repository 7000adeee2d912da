"""Makes the pictures in golden/ and what Pillow makes of them: `python golden.py`.

For each picture and mode, `golden.json` gives the size on the canvas, and golden/NAME-MODE.png
every `step`-th pixel (from `step // 2`, in both directions) of every view, the views one below
another. The pictures are drawn without antialiasing, so that they compress to a few kilobytes and
have every frequency. This is also a second, independent writing of the *Views* part of
models/FORMAT.md.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

OUT = Path(__file__).parent / "golden"
PAD, MAX_UPSCALE, MEAN, STD = (127, 127, 127), 2.0, 0.5, 0.5
CANVAS = {"rapid": 224, "balanced": 672, "high": 1344}
PICTURES = {  # name: (width, height)
    "small": (97, 61),  # enlarged, and bounded by max_upscale in every mode
    "wide": (640, 97),
    "tall": (531, 1180),
    "large": (1999, 1501),
    "line": (3, 2003),
}


def draw(width, height, seed):
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (width, height), tuple(map(int, rng.integers(180, 256, 3))))
    pen = ImageDraw.Draw(picture)
    side = max(2, min(width, height))
    for _ in range(14):
        x, y = (int(rng.integers(0, n)) for n in (width, height))
        a, b = (int(rng.integers(1, max(2, side // 2))) for _ in "ab")
        colour = tuple(map(int, rng.integers(0, 256, 3)))
        [pen.rectangle, pen.ellipse][int(rng.integers(2))]([x, y, x + a, y + b], fill=colour)
        pen.line([y % width, x % height, x, y], fill=colour[::-1], width=1 + side // 60)
    for k in range(1, 6):  # gratings, from one pixel up
        for i in range(0, width // 3, 2 * k):
            pen.rectangle(
                [i, height * k // 6, i + k - 1, height * k // 6 + height // 12], fill=(0, 0, 0)
            )
    return picture


def letterbox(picture, edge, scale):
    size = [min(max(round(side * scale), 1), edge) for side in picture.size]
    canvas = Image.new("RGB", (edge, edge), PAD)
    canvas.paste(picture.resize(size, Image.Resampling.BICUBIC), (0, 0))
    return canvas, size


def second(side):
    """Where the second tile along a side begins: 8, 24, 40 ... px before the middle, as far as its
    windows have room.
    """
    part = side - 672
    room = min(672, -(-(part + 16) // 224) * 224) - part - 16
    return 672 - max(range(8, room + 1, 16), default=0) if part > 0 else 672


def views(picture, mode):
    edge = CANVAS[mode]
    scale = min(edge / max(picture.size), MAX_UPSCALE)
    canvas, size = letterbox(picture, edge, scale)
    if mode != "high":
        return np.asarray(canvas)[None], size
    overview, _ = letterbox(picture, 672, scale / 2)
    canvas = np.asarray(canvas)
    across, down = ((0, second(side)) for side in size)
    tiles = [canvas[y : y + 672, x : x + 672] for y in down for x in across]
    return np.stack([np.asarray(overview), *tiles]), size


def main():
    OUT.mkdir(exist_ok=True)
    cases = []
    for seed, (name, (width, height)) in enumerate(PICTURES.items()):
        picture = draw(width, height, seed)
        picture.save(OUT / f"{name}.png", optimize=True)
        for mode, step in (
            ("rapid", 1 if max(width, height) < 1200 else 2),
            ("balanced", 7),
            ("high", 12),
        ):
            rgb, size = views(picture, mode)
            sample = rgb[:, step // 2 :: step, step // 2 :: step]
            Image.fromarray(np.ascontiguousarray(sample.reshape(-1, sample.shape[2], 3))).save(
                OUT / f"{name}-{mode}.png", optimize=True
            )
            pixel = [len(rgb) - 1, 1, 2]  # view, row, column: its normalised channels
            normal = ((rgb[tuple(pixel)].astype(np.float64) / 255 - MEAN) / STD).tolist()
            cases.append(
                {
                    "name": name,
                    "mode": mode,
                    "step": step,
                    "views": len(rgb),
                    "size": size,
                    "pixel": pixel,
                    "normal": normal,
                }
            )
    (OUT / "golden.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")


if __name__ == "__main__":
    main()
