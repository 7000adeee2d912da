"""Makes the pictures in this folder: `python make.py`. What each must give is in ../bad_input.rs.

Every sound picture here is 12 x 8: the left half red, the right half blue, and a white row at the top, so that a wrong turn, a wrong
channel order or a lost alpha shows.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
RED, BLUE, WHITE = (230, 20, 20), (20, 20, 230), (255, 255, 255)
EXIF_ORIENTATION = 0x0112


def picture(size=(12, 8)):
    width, height = size
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[:, : width // 2], rgb[:, width // 2 :], rgb[0] = RED, BLUE, WHITE
    return Image.fromarray(rgb)


def encode(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def write(name, data):
    (HERE / name).write_bytes(data)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, depth, colour, data, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = chunk(b"IHDR", header), extra, chunk(b"IDAT", zlib.compress(data, 9)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def exif(orientation):
    block = Image.Exif()
    block[EXIF_ORIENTATION] = orientation
    return block.tobytes()


def jpeg_with_exif(block):
    """A JPEG whose APP1 segment holds these bytes after `Exif\\0\\0`."""
    data = encode(picture(), "JPEG", quality=95, subsampling=0)
    payload = b"Exif\0\0" + block
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + data[2:]


def jpeg_claiming(width, height):
    data = bytearray(encode(picture(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def tiff(entries, data=b""):
    """A little-endian TIFF of one directory of (tag, type, count, value), the data at 8 + 2 + 12 * n + 4."""
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", 0) + data


def tiff_claiming(width, height):
    """Grey, 8 bits, one uncompressed strip."""
    long, short = 4, 3
    size = [(256, long, 1, width), (257, long, 1, height)]
    kind = [(258, short, 1, 8), (259, short, 1, 1), (262, short, 1, 1)]
    strip = [(273, long, 1, 8), (277, short, 1, 1), (278, long, 1, height), (279, long, 1, width * height % 2**32)]
    return tiff(size + kind + strip)


def bmp_claiming(width, height):
    """24 bits a pixel, uncompressed, no data."""
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def gif_claiming(screen, frame, at=0, palette=b""):
    """One frame of a screen, two colours if any, with next to no data."""
    flags = 0x80 if palette else 0
    head = b"GIF89a" + struct.pack("<HHBBB", screen, screen, flags, 0, 0) + palette
    return head + b"," + struct.pack("<HHHHB", at, at, frame, frame, 0) + b"\x02\x02\x4c\x01\x00;"


def sound():
    p = picture()
    rgb = np.asarray(p)
    write("sound.png", encode(p, "PNG"))
    write("sound.jpg", encode(p, "JPEG", quality=95, subsampling=0))
    write("sound.gif", encode(p, "GIF"))
    write("sound.bmp", encode(p, "BMP"))
    write("sound.tif", encode(p, "TIFF", compression="tiff_lzw"))
    write("sound.webp", encode(p, "WEBP", quality=95))
    write("lossless.webp", encode(p, "WEBP", lossless=True))
    write("progressive.jpg", encode(p, "JPEG", quality=95, subsampling=0, progressive=True))
    write("grey.jpg", encode(p.convert("L"), "JPEG", quality=95))
    write("cmyk.jpg", encode(p.convert("CMYK"), "JPEG", quality=95))
    write("cmyk.tif", encode(p.convert("CMYK"), "TIFF"))
    write("grey.png", encode(p.convert("L"), "PNG"))
    write("grey-1-bit.png", encode(p.convert("L").point(lambda v: 255 * (v > 128)).convert("1"), "PNG"))
    write("palette.png", encode(p.quantize(8), "PNG"))
    write("palette.bmp", encode(p.quantize(8), "BMP"))
    wide = (rgb.astype(">u2") * 257).reshape(8, -1)
    write("16-bit.png", png(12, 8, 16, 2, b"".join(b"\0" + row.tobytes() for row in wide)))
    grey = (rgb[..., 0].astype(">u2") * 257)
    write("grey-16-bit.png", png(12, 8, 16, 0, b"".join(b"\0" + row.tobytes() for row in grey)))
    # The blue half fully transparent, the red half by a half: white at the right, pink at the left.
    alpha = np.zeros((8, 12), np.uint8)
    alpha[:, :6] = 128
    rgba = Image.fromarray(np.dstack([rgb, alpha]))
    write("alpha.png", encode(rgba, "PNG"))
    write("alpha.webp", encode(rgba, "WEBP", lossless=True, exact=True))
    write("alpha.tif", encode(rgba, "TIFF"))
    write("grey-alpha.png", encode(rgba.convert("LA"), "PNG"))
    transparent = p.quantize(4)
    index = transparent.getpixel((11, 7))
    write("palette-alpha.png", encode(transparent, "PNG", transparency=index))
    write("transparent.gif", encode(transparent, "GIF", transparency=index))
    other = Image.new("RGB", (12, 8), (0, 255, 0))
    write("animated.gif", encode(p, "GIF", save_all=True, append_images=[other], duration=100))
    write("animated.webp", encode(p, "WEBP", lossless=True, save_all=True, append_images=[other], duration=100))
    write("animated.png", encode(p, "PNG", save_all=True, append_images=[other], duration=100))
    write("pages.tif", encode(p, "TIFF", save_all=True, append_images=[other]))
    for k in range(1, 9):
        write(f"turned-{k}.jpg", encode(p, "JPEG", quality=95, subsampling=0, exif=exif(k)))
    write("turned-6.png", encode(p, "PNG", exif=exif(6)))
    write("turned-6.webp", encode(p, "WEBP", lossless=True, exif=exif(6)))
    write("turned-6.tif", encode(p, "TIFF", tiffinfo={EXIF_ORIENTATION: 6}))
    write("1x1.png", encode(Image.new("RGB", (1, 1), RED), "PNG"))
    write("1x20000.png", encode(Image.new("RGB", (1, 20000), RED), "PNG", optimize=True))
    write("20000x1.jpg", encode(Image.new("RGB", (20000, 1), RED), "JPEG", quality=90))


def odd_metadata():
    """Sound pictures with metadata that is not: they must work, the EXIF ones with a note."""
    write("exif-empty.jpg", jpeg_with_exif(b""))
    write("exif-text.jpg", jpeg_with_exif(b"this is no TIFF block"))
    write("exif-cut.jpg", jpeg_with_exif(exif(6)[6:22]))
    write("exif-outside.jpg", jpeg_with_exif(b"II*\0\xff\xff\xff\x7f"))
    write("exif-many.jpg", jpeg_with_exif(b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x0f\0\x02\0\0\0\x04\0\0\0\0" * 3))
    write("exif-9.jpg", jpeg_with_exif(tiff([(EXIF_ORIENTATION, 3, 1, 9)])))
    write("exif-float.jpg", jpeg_with_exif(tiff([(EXIF_ORIENTATION, 11, 1, 6)])))
    write("exif-text.png", encode(picture(), "PNG", exif=b"Exif\0\0nothing"))
    write("exif-text.webp", encode(picture(), "WEBP", lossless=True, exif=b"Exif\0\0nothing"))
    # A colour profile that says it is 40 MB of zeros, in 40 kB.
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(picture()).reshape(8, -1))
    profile = b"bomb\0\0" + zlib.compress(bytes(40_000_000), 9)
    write("profile-bomb.png", png(12, 8, 8, 2, rows, chunk(b"iCCP", profile)))


def bad():
    write("empty.png", b"")
    write("text.png", b"This is a text, whatever its name says.\n")
    write("one-byte.jpg", b"\xff")
    write("magic-only.png", b"\x89PNG\r\n\x1a\n")
    write("magic-only.jpg", b"\xff\xd8\xff\xe0")
    write("magic-only.gif", b"GIF89a")
    write("magic-only.webp", b"RIFF\x10\0\0\0WEBP")
    write("magic-only.bmp", b"BM")
    write("magic-only.tif", b"II*\0")
    for kind in ("png", "jpg", "gif", "webp", "bmp", "tif"):
        data = (HERE / f"sound.{kind}").read_bytes()
        write(f"cut.{kind}", data[: len(data) // 2])
        write(f"header-cut.{kind}", data[:20])
    write("wrong-magic.png", b"\x88" + (HERE / "sound.png").read_bytes()[1:])
    data = bytearray((HERE / "sound.png").read_bytes())
    data[-20] ^= 0xFF
    write("checksum.png", bytes(data))
    write("0x0.png", png(0, 0, 8, 2, b""))
    write("0x0.bmp", bmp_claiming(0, 0))
    write("50000x50000.png", png(50000, 50000, 8, 2, b"\0"))
    write("50000x50000-16-bit.png", png(50000, 50000, 16, 6, b"\0"))
    write("50000x50000.jpg", jpeg_claiming(50000, 50000))
    write("50000x50000.gif", gif_claiming(50000, 50000))
    write("50000x50000.bmp", bmp_claiming(50000, 50000))
    write("50000x50000.tif", tiff_claiming(50000, 50000))
    lossless = struct.pack("<IBI", 14, 0x2F, 15999 | 15999 << 14) + bytes(9)
    write("16000x16000.webp", b"RIFF" + struct.pack("<I", 26) + b"WEBPVP8L" + lossless)
    write("max.png", png(2**31 - 1, 2**31 - 1, 8, 2, b"\0"))
    write("max.tif", tiff_claiming(2**32 - 1, 2**32 - 1))
    # Few pixels, but a side whose resampling filter would take 80 MB.
    write("2000000x1.png", png(2_000_000, 1, 8, 0, bytes(2_000_001)))
    # Within the limits by its header, and nothing in it.
    write("9000x9000-empty.png", png(9000, 9000, 8, 2, b""))
    write("9000x9000-empty.jpg", jpeg_claiming(9000, 9000))
    # A frame larger than its screen, and a palette colour that is not there.
    write("frame-outside.gif", gif_claiming(2, 9, 1, bytes([*RED, *BLUE])))
    write("palette-outside.png", png(2, 1, 8, 3, b"\0\0\x07", chunk(b"PLTE", bytes(RED))))
    # A JPEG that stops in its last scan: it is read, with a note.
    rng = np.random.default_rng(0)
    noise = encode(Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)), "JPEG", quality=30)
    write("cut-scan.jpg", noise[: len(noise) * 3 // 4])
    # A TIFF whose directory has itself as the next one, and no picture.
    write("loop.tif", b"II*\0" + struct.pack("<IHHHIII", 8, 1, 256, 4, 1, 12, 8))


if __name__ == "__main__":
    for old in HERE.iterdir():
        if old.suffix != ".py" and old.is_file():
            old.unlink()
    sound()
    odd_metadata()
    bad()
    print(len(list(HERE.iterdir())) - 1, "files,", sum(f.stat().st_size for f in HERE.iterdir() if f.suffix != ".py"), "bytes")
