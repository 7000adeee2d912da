"""Pictures as Python's people hold them, to what the native half takes."""

import os
from typing import TYPE_CHECKING, Any

from ._errors import ImageError

if TYPE_CHECKING:
    import numpy
    import PIL.Image

    Bytes = bytes | bytearray | memoryview
    Picture = str | os.PathLike[str] | Bytes | PIL.Image.Image | numpy.ndarray

Pixels = tuple[int, int, int, bytes]
"""Width, height, channels, bytes."""

_CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}


def given(picture: "Picture") -> "str | bytes | Pixels":
    """A path, the contents of a file, or pixels. They are copied: the answer is made on another
    thread, and the caller may go on changing its own."""
    if isinstance(picture, (str, os.PathLike)):
        return os.fspath(picture)
    if isinstance(picture, (bytes, bytearray)):
        return bytes(picture)
    if hasattr(picture, "getexif") and hasattr(picture, "convert"):
        return _of_pil(picture)
    if hasattr(picture, "__array_interface__"):
        return _of_array(picture)
    if isinstance(picture, memoryview):
        return bytes(picture)
    raise ImageError(
        f"{type(picture).__name__} is no picture; give a path, the bytes of a file, a PIL image "
        "or a numpy array of uint8",
        "invalid_image",
    )


def _of_pil(picture: Any) -> Pixels:
    """Upright, as its EXIF data has it, with transparency where there is some."""
    from PIL import ImageOps

    try:
        upright = ImageOps.exif_transpose(picture)
        if upright.mode not in _CHANNELS:
            clear = "transparency" in upright.info or upright.mode in ("LA", "PA", "La", "RGBa")
            upright = upright.convert("RGBA" if clear else "RGB")
        return (*upright.size, _CHANNELS[upright.mode], upright.tobytes())
    except (OSError, SyntaxError, ValueError) as e:
        # PIL reads the file when pixels are first asked for.
        raise ImageError(f"PIL cannot read the picture: {e}", "invalid_image") from e


def _of_array(array: Any) -> Pixels:
    """`[height, width]` grey, `[height, width, 1]`, `[height, width, 3]` RGB or
    `[height, width, 4]` RGBA."""
    shape = tuple(array.shape)
    channels = shape[2] if len(shape) == 3 else 1
    if str(array.dtype) != "uint8" or len(shape) not in (2, 3) or channels not in (1, 3, 4):
        raise ImageError(
            f"an array of {array.dtype} {list(shape)}; uint8 was expected, of [height, width], "
            "[height, width, 3] (RGB) or [height, width, 4] (RGBA)",
            "invalid_image",
        )
    return (shape[1], shape[0], channels, array.tobytes())
