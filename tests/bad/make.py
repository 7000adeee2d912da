"""Makes the pictures in this folder: `python make.py`. What each must give is in
../../vision/tests/bad_input.rs.

Every sound picture here is 12 x 8: the left half red, the right half blue, and a white row at the
top, so that a wrong turn, a wrong channel order or a lost alpha shows.
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
    parts = (
        chunk(b"IHDR", header),
        extra,
        chunk(b"IDAT", zlib.compress(data, 9)),
        chunk(b"IEND", b""),
    )
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
    """A little-endian TIFF of one directory of (tag, type, count, value), the data at 8 + 2 + 12 *
    n + 4.
    """
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", 0) + data


def tiff_claiming(width, height):
    """Grey, 8 bits, one uncompressed strip."""
    long, short = 4, 3
    size = [(256, long, 1, width), (257, long, 1, height)]
    kind = [(258, short, 1, 8), (259, short, 1, 1), (262, short, 1, 1)]
    strip = [
        (273, long, 1, 8),
        (277, short, 1, 1),
        (278, long, 1, height),
        (279, long, 1, width * height % 2**32),
    ]
    return tiff(size + kind + strip)


def bmp_claiming(width, height):
    """24 bits a pixel, uncompressed, no data."""
    return b"BM" + struct.pack(
        "<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0
    )


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
    write(
        "grey-1-bit.png",
        encode(p.convert("L").point(lambda v: 255 * (v > 128)).convert("1"), "PNG"),
    )
    write("palette.png", encode(p.quantize(8), "PNG"))
    write("palette.bmp", encode(p.quantize(8), "BMP"))
    wide = (rgb.astype(">u2") * 257).reshape(8, -1)
    write("16-bit.png", png(12, 8, 16, 2, b"".join(b"\0" + row.tobytes() for row in wide)))
    grey = rgb[..., 0].astype(">u2") * 257
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
    write(
        "animated.webp",
        encode(p, "WEBP", lossless=True, save_all=True, append_images=[other], duration=100),
    )
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
    write(
        "exif-many.jpg",
        jpeg_with_exif(b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x0f\0\x02\0\0\0\x04\0\0\0\0" * 3),
    )
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


def transparency():
    """Alpha that is not what it seems: the left half shown, white under a white row, or nothing at
    all.
    """
    rgba = np.zeros((8, 12, 4), np.uint8)
    rgba[0] = rgba[:, :6] = 255
    white = Image.fromarray(rgba)
    write("white-on-clear.png", encode(white, "PNG"))
    write("white-on-clear.webp", encode(white, "WEBP", lossless=True))
    rgba[..., :3] = np.asarray(picture())
    rgba[..., 3] = 0
    # Masks for all four channels, as clipboards write them.
    rows = rgba[::-1, :, [2, 1, 0, 3]].tobytes()
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    info = (
        struct.pack("<IiiHHIIiiII", 108, 12, 8, 1, 32, 3, len(rows), 0, 0, 0, 0) + masks + bytes(52)
    )
    write(
        "alpha-0.bmp",
        b"BM"
        + struct.pack("<IHHI", 14 + len(info) + len(rows), 0, 0, 14 + len(info))
        + info
        + rows,
    )


def metadata_elsewhere():
    """EXIF where other writers leave it, a colour profile, and a chunk that claims 4 GB."""
    p = picture()
    webp = encode(p, "WEBP", lossless=True, exif=exif(6))
    block = webp[webp.index(b"EXIF") + 8 :]
    plain = block.removeprefix(b"Exif\0\0").rstrip(b"\0") + b"\0"
    head = webp[: webp.index(b"EXIF")]
    for name, data in (("exif-prefix.webp", b"Exif\0\0" + plain), ("exif-plain.webp", plain)):
        data += b"\0" * (len(data) % 2)
        body = head[8:] + b"EXIF" + struct.pack("<I", len(data)) + data
        write(name, b"RIFF" + struct.pack("<I", len(body)) + body)
    claim = head[8:] + b"EXIF\xff\xff\xff\xff"
    write("exif-claims-4GB.webp", b"RIFF" + struct.pack("<I", len(claim)) + claim)
    data = encode(p, "PNG")
    end = data.index(b"IEND") - 4
    late = exif(6).removeprefix(b"Exif\0\0")
    write("exif-late.png", data[:end] + chunk(b"eXIf", late) + data[end:])
    name = b"Wide Gamut\0"
    text = b"desc" + bytes(4) + struct.pack(">I", len(name)) + name
    profile = bytes(128) + struct.pack(">I4sII", 1, b"desc", 144, len(text)) + text
    write("profile.jpg", encode(p, "JPEG", quality=95, subsampling=0, icc_profile=profile))
    write("profile.png", encode(p, "PNG", icc_profile=profile))


def animations():
    """The first frame is blank, the second is the picture."""
    blank, p = Image.new("RGB", (12, 8)), picture()
    write("fade.gif", encode(blank, "GIF", save_all=True, append_images=[p], duration=100))
    write(
        "fade.webp",
        encode(blank, "WEBP", lossless=True, save_all=True, append_images=[p], duration=100),
    )
    write("fade.png", encode(blank, "PNG", save_all=True, append_images=[p], duration=100))


def segment(data, at, marker):
    """Without the JPEG segment of this marker."""
    start = data.index(marker, at)
    length = struct.unpack(">H", data[start + 2 : start + 4])[0]
    return data[:start] + data[start + 2 + length :]


def jpegs():
    write("cmyk-plain.jpg", segment((HERE / "cmyk.jpg").read_bytes(), 0, b"\xff\xee"))
    rng = np.random.default_rng(1)
    noise = Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8))
    data = encode(noise, "JPEG", quality=30, progressive=True)
    write("cut-progressive.jpg", data[: len(data) // 2])
    data = encode(noise, "JPEG", quality=30, restart_marker_blocks=2)
    at = data.index(b"\xff\xd3")
    write("lost-restart.jpg", data[:at] + data[at + 2 :])
    # A whole picture with another, cut off, behind it.
    write(
        "second-cut.jpg",
        (HERE / "sound.jpg").read_bytes() + (HERE / "sound.jpg").read_bytes()[:300],
    )


def tiff_of(entries, big=False):
    """A TIFF of one directory; each value is a list of numbers or, for tags of data, a list of
    bytes strings.
    """
    head, size = (16, 20) if big else (8, 12)
    room, number = (8, "Q") if big else (4, "I")
    at = head + (8 if big else 2) + size * len(entries) + room
    directory, data = b"", b""
    for tag, kind, values in entries:
        if isinstance(values[0], bytes):
            places = []
            for part in values:
                places.append(at + len(data))
                data += part
            values = places
        packed = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values)
        directory += struct.pack(f"<HH{number}", tag, kind, len(values))
        if len(packed) > room:
            directory += struct.pack(f"<{number}", at + len(data))
            data += packed
        else:
            directory += packed.ljust(room, b"\0")
    if big:
        return b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, len(entries)) + directory + bytes(8) + data
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4) + data


def tiffs():
    p = picture()
    rgb = np.asarray(p)
    write("palette.tif", encode(p.quantize(8), "TIFF", compression="tiff_lzw"))
    write("ycbcr-jpeg.tif", encode(p, "TIFF", compression="jpeg", quality=95))
    write("packbits.tif", encode(p, "TIFF", compression="packbits"))
    write("differences.tif", encode(p, "TIFF", compression="tiff_adobe_deflate", tiffinfo={317: 2}))
    write("grey-16-bit.tif", encode(Image.fromarray(rgb[..., 0].astype("<u2") * 257), "TIFF"))
    ink = p.convert("L").point(lambda v: 255 * (v > 60)).convert("1")
    write("huffman.tif", encode(ink, "TIFF", compression="tiff_ccitt"))
    write("fax-3.tif", encode(ink, "TIFF", compression="group3"))
    write("fax-3-two.tif", encode(ink, "TIFF", compression="group3", tiffinfo={292: 1}))
    write("fax-4.tif", encode(ink, "TIFF", compression="group4"))
    whole = p.copy()
    whole.encoderinfo = {"tiffinfo": {254: 0}}
    thumbnail = Image.new("RGB", (3, 2))
    pages = encode(thumbnail, "TIFF", tiffinfo={254: 1}, save_all=True, append_images=[whole])
    write("thumbnail.tif", pages)
    size = [(256, 3, [12]), (257, 3, [8]), (258, 3, [8, 8, 8]), (259, 3, [8])]
    tile = [(322, 3, [16]), (323, 3, [16])]
    padded = np.pad(rgb, ((0, 8), (0, 4), (0, 0)))
    planes = [zlib.compress(padded[..., channel].tobytes()) for channel in range(3)]
    lengths = [len(plane) for plane in planes]
    planar = [
        (262, 3, [2]),
        (277, 3, [3]),
        (284, 3, [2]),
        *tile,
        (324, 4, planes),
        (325, 4, lengths),
    ]
    write("planar-tiles.tif", tiff_of(size + planar))
    strip = zlib.compress(rgb.tobytes())
    one = [(262, 3, [2]), (273, 4, [strip]), (277, 3, [3]), (278, 3, [8]), (279, 4, [len(strip)])]
    write("big.tif", tiff_of(size + one, big=True))
    # The red half is half transparent and multiplied by it.
    rgba = np.dstack([rgb, np.full((8, 12), 255, np.uint8)])
    rgba[:, :6, :3] = rgba[:, :6, :3] // 2
    rgba[:, :6, 3] = 128
    raw = rgba.tobytes()
    four = [(256, 3, [12]), (257, 3, [8]), (258, 3, [8] * 4), (259, 3, [1]), (262, 3, [2])]
    strip = [(273, 4, [raw]), (277, 3, [4]), (278, 3, [8]), (279, 4, [len(raw)]), (338, 3, [1])]
    write("multiplied.tif", tiff_of(four + strip))
    # Kinds that are refused by their names.
    for name, number in (("zstd.tif", 50000), ("old-jpeg.tif", 6)):
        write(name, tiff_of([*size[:3], (259, 3, [number]), (262, 3, [2]), (273, 4, [b"123"])]))
    write("lab.tif", tiff_of([*size, (262, 3, [8]), (273, 4, [b"123"])]))
    # Tiles that claim far more than the picture.
    tile = [
        (262, 3, [2]),
        (277, 3, [3]),
        (322, 4, [2**31]),
        (323, 4, [2**31]),
        (324, 4, [planes[0]]),
    ]
    write("tile-claims.tif", tiff_of(size + tile))


if __name__ == "__main__":
    for old in HERE.iterdir():
        if old.suffix != ".py" and old.is_file():
            old.unlink()
    sound()
    odd_metadata()
    transparency()
    metadata_elsewhere()
    animations()
    jpegs()
    tiffs()
    bad()
    print(
        len(list(HERE.iterdir())) - 1,
        "files,",
        sum(f.stat().st_size for f in HERE.iterdir() if f.suffix != ".py"),
        "bytes",
    )
