"""Draws the example flyers with Pillow. They are nobody's training data: the generator in datasets/
draws its own.

python make.py FONT_DIR      # a folder with the Liberation and DejaVu families
"""

import os
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = os.path.dirname(os.path.abspath(__file__))


def find(name):
    for folder, _, files in os.walk(sys.argv[1]):
        if name in files:
            return os.path.join(folder, name)
    raise SystemExit(f"{name} is not under {sys.argv[1]}: install the Liberation and DejaVu fonts")


def font(name, size):
    return ImageFont.truetype(find(name), size)


def centred(draw, y, text, face, fill, width):
    draw.text((width / 2, y), text, font=face, fill=fill, anchor="ma")


def jazz():
    image = Image.new("RGB", (1000, 1400), (24, 28, 52))
    d = ImageDraw.Draw(image)
    d.rectangle([40, 40, 960, 1360], outline=(222, 184, 92), width=6)
    gold, white = (236, 200, 110), (245, 245, 240)
    centred(d, 120, "THE BLUE DOOR PRESENTS", font("LiberationSans-Regular.ttf", 34), white, 1000)
    centred(d, 220, "Summer Jazz Night", font("LiberationSerif-Bold.ttf", 104), gold, 1000)
    centred(
        d, 390, "with the Clara Moss Quartet", font("LiberationSerif-Italic.ttf", 46), white, 1000
    )
    d.line([250, 500, 750, 500], fill=gold, width=3)
    centred(d, 560, "Saturday, 12 June 2027", font("LiberationSans-Bold.ttf", 58), white, 1000)
    centred(d, 660, "8:00 PM - 11:30 PM", font("LiberationSans-Bold.ttf", 58), white, 1000)
    centred(d, 820, "Riverside Hall", font("LiberationSans-Bold.ttf", 54), gold, 1000)
    centred(d, 900, "27 Mill Street, Oakford", font("LiberationSans-Regular.ttf", 36), white, 1000)
    centred(d, 1050, "Tickets $15 at the door", font("LiberationSans-Regular.ttf", 36), white, 1000)
    centred(d, 1120, "Doors open at 7:15 PM", font("LiberationSans-Regular.ttf", 30), white, 1000)
    centred(d, 1260, "www.bluedoorjazz.org", font("LiberationMono-Regular.ttf", 30), gold, 1000)
    return image


def market():
    image = Image.new("RGB", (1100, 1400), (252, 250, 240))
    d = ImageDraw.Draw(image)
    green, dark = (30, 96, 58), (40, 40, 40)
    d.rectangle([0, 0, 1100, 330], fill=green)
    d.text((70, 70), "Spring Plant", font=font("DejaVuSans-Bold.ttf", 92), fill="white")
    d.text((70, 185), "& Seed Swap", font=font("DejaVuSans-Bold.ttf", 92), fill="white")
    rows = [
        ("When:", "Sunday April 18"),
        ("Time:", "10 am - 2 pm"),
        ("Where:", "Holt Community Garden"),
        ("Address:", "5 Station Road"),
        ("Cost:", "Free entry"),
    ]
    for i, (label, value) in enumerate(rows):
        d.text((70, 430 + 105 * i), label, font=font("DejaVuSans-Bold.ttf", 42), fill=green)
        d.text((340, 430 + 105 * i), value, font=font("DejaVuSans.ttf", 42), fill=dark)
    body = [
        "Bring your spare seedlings, seeds and pots,",
        "and take home something new.",
        "Tea and cake from 11 am. Children welcome.",
        "Rain date: Sunday April 25",
    ]
    for i, line in enumerate(body):
        d.text((70, 1010 + 52 * i), line, font=font("DejaVuSans.ttf", 32), fill=dark)
    d.text((70, 1300), "Questions? Call 555 0142", font=font("DejaVuSans.ttf", 32), fill=green)
    return image


def lecture():
    image = Image.new("RGB", (1400, 1000), "white")
    d = ImageDraw.Draw(image)
    red, dark = (160, 30, 40), (30, 30, 30)
    d.rectangle([0, 0, 420, 1000], fill=red)
    for y, text, size in ((180, "THU", 90), (300, "04", 190), (520, "NOV", 90), (640, "2027", 70)):
        d.text(
            (210, y), text, font=font("LiberationSans-Bold.ttf", size), fill="white", anchor="ma"
        )
    d.text((210, 800), "18:30", font=font("LiberationSans-Bold.ttf", 80), fill="white", anchor="ma")
    d.text((480, 110), "PUBLIC LECTURE", font=font("LiberationSans-Regular.ttf", 36), fill=red)
    d.text((480, 190), "How Rivers", font=font("LiberationSerif-Bold.ttf", 108), fill=dark)
    d.text((480, 310), "Remember", font=font("LiberationSerif-Bold.ttf", 108), fill=dark)
    d.text((480, 480), "Prof. Ana Lindqvist", font=font("LiberationSans-Bold.ttf", 44), fill=dark)
    lines = [
        "What sand and silt can tell us about ten thousand",
        "years of floods, and about the next one.",
    ]
    for i, line in enumerate(lines):
        d.text((480, 570 + 46 * i), line, font=font("LiberationSans-Regular.ttf", 34), fill=dark)
    d.text((480, 730), "Old Library Theatre", font=font("LiberationSans-Bold.ttf", 44), fill=red)
    d.text(
        (480, 795), "University Square 2", font=font("LiberationSans-Regular.ttf", 34), fill=dark
    )
    d.text(
        (480, 890),
        "Admission free. No booking needed.",
        font=font("LiberationSans-Regular.ttf", 34),
        fill=dark,
    )
    return image


def photographed(image):
    """A print lying on a table, seen from a little aside under uneven light."""
    w, h = image.size
    out = (1600, 1200) if w > h else (1200, 1600)
    quad = np.array([(0.11, 0.09), (0.9, 0.06), (0.93, 0.94), (0.07, 0.92)]) * out
    rows, target = [], []
    for (x, y), (u, v) in zip(quad, [(0, 0), (w, 0), (w, h), (0, h)]):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        target += [u, v]
    coefficients = np.linalg.solve(np.array(rows), np.array(target))
    warped = image.transform(
        out,
        Image.Transform.PERSPECTIVE,
        tuple(coefficients),
        Image.Resampling.BICUBIC,
        fillcolor=(0, 0, 0),
    )
    mask = Image.new("L", image.size, 255).transform(
        out, Image.Transform.PERSPECTIVE, tuple(coefficients), Image.Resampling.BICUBIC
    )
    rng = np.random.default_rng(5)
    table = (
        np.array([120, 92, 66])
        + rng.normal(0, 6, (out[1], 1, 1))
        + rng.normal(0, 3, (out[1], out[0], 1))
    )
    photo = np.where(np.asarray(mask)[..., None] > 127, np.asarray(warped, float), table)
    x, y = np.meshgrid(np.linspace(0, 1, out[0]), np.linspace(0, 1, out[1]))
    photo = photo * (1.02 - 0.3 * x * y)[..., None] + rng.normal(0, 4, photo.shape)
    return Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(0.7)
    )


def main():
    jazz().save(os.path.join(HERE, "jazz.png"), optimize=True)
    market().save(os.path.join(HERE, "market.png"), optimize=True)
    lecture().save(os.path.join(HERE, "lecture.png"), optimize=True)
    photographed(market()).save(os.path.join(HERE, "market-photo.jpg"), quality=88)


if __name__ == "__main__":
    main()
