"""Pictures in every form, and what is none."""

import io

import numpy
import PIL.Image
import pytest

import foveate

TITLE = "Summer Jazz Night"


def forms(jazz):
    picture = PIL.Image.open(jazz).convert("RGB")
    rgb = numpy.asarray(picture)
    clear = numpy.dstack([rgb, numpy.full(rgb.shape[:2], 255, numpy.uint8)])
    return {
        "path": jazz,
        "name": str(jazz),
        "bytes": jazz.read_bytes(),
        "bytearray": bytearray(jazz.read_bytes()),
        "memoryview": memoryview(jazz.read_bytes()),
        "pil": picture,
        "pil palette": picture.quantize(),
        "pil lazy": PIL.Image.open(jazz),
        "rgb": rgb,
        "rgba": clear,
        "strided": numpy.ascontiguousarray(rgb[:, ::-1])[:, ::-1],
        "grey": numpy.asarray(picture.convert("L")),
    }


@pytest.mark.parametrize("form", [
    "path", "name", "bytes", "bytearray", "memoryview", "pil", "pil palette", "pil lazy", "rgb",
    "rgba", "strided", "grey",
])
def test_forms(model, jazz, form):
    assert TITLE in model.ocr(forms(jazz)[form]).text


def test_a_pil_image_stands_upright(model, jazz):
    lying = PIL.Image.open(jazz).convert("RGB").rotate(90, expand=True)
    lying.getexif()[0x0112] = 6  # turn it clockwise to see it
    file = io.BytesIO()
    lying.save(file, "PNG", exif=lying.getexif())
    turned = model.ocr(PIL.Image.open(io.BytesIO(file.getvalue())))
    assert TITLE in turned.text and TITLE in model.ocr(file.getvalue()).text
    assert (turned.picture.width, turned.picture.height) == PIL.Image.open(jazz).size


def bad():
    cut = b"\x89PNG\r\n\x1a\n" + bytes(40)
    return {
        "no file": "/nowhere/flyer.png",
        "text": b"not a picture",
        "empty": b"",
        "cut": cut,
        "floats": numpy.zeros((4, 4, 3)),
        "two channels": numpy.zeros((4, 4, 2), numpy.uint8),
        "a row": numpy.zeros(4, numpy.uint8),
        "no rows": numpy.zeros((0, 4, 3), numpy.uint8),
        "a number": 7,
        "nothing": None,
    }


@pytest.mark.parametrize("name", bad())
def test_bad_pictures(model, name):
    with pytest.raises(foveate.ImageError) as told:
        model.ocr(bad()[name])
    assert told.value.kind == "invalid_image" and isinstance(told.value, ValueError)
    assert str(told.value)


def test_a_picture_that_pil_cannot_read(model, jazz):
    cut = PIL.Image.open(io.BytesIO(jazz.read_bytes()[:2000]))
    with pytest.raises(foveate.ImageError, match="PIL cannot read"):
        model.ocr(cut)


def test_large_pictures_are_refused(model, jazz):
    with pytest.raises(foveate.ImageError):
        model.ocr(jazz, max_pixels=100)
