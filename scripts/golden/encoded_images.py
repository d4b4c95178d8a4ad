"""Small files of every kind that the decoders support, for images.py."""

import io
import struct
import zlib

from PIL import Image

import hashed

SIZE = (37, 29)
KINDS = [  # of PNG: bits per sample, colour type, channels
    *[(depth, 0, 1) for depth in (1, 2, 4, 8, 16)],
    *[(depth, 3, 1) for depth in (1, 2, 4, 8)],
    *[(depth, color, channels) for depth in (8, 16)
      for color, channels in ((2, 3), (4, 2), (6, 4))],
]
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2)]


def save(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(name, count):
    return (hashed.bits(name, count) >> 56).astype("uint8").tobytes()


def chunk(kind, body):
    return (struct.pack(">I", len(body)) + kind + body +
            struct.pack(">I", zlib.crc32(kind + body)))


def rows(name, width, height, depth, channels, interlaced):
    """Random bytes with each row filter; any content is a valid image."""
    data = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        columns = (width - x + dx - 1) // dx
        length = (columns * depth * channels + 7) // 8
        for row in range(y, height if columns > 0 else y, dy):
            name_of_row = f"{name} {x} {y} {row}"
            data += bytes([(row // dy) % 5]) + noise(name_of_row, length)
    return data


def png(depth, color, channels, interlaced, size=(13, 11), extra=b"",
        colours=256, cut=0):
    width, height = size
    name = f"png {depth} {color} {interlaced}"
    data = rows(name, width, height, depth, channels, interlaced)
    data = zlib.compress(data[:len(data) - cut], 9)
    palette = chunk(b"PLTE", noise(name, 3 * min(colours, 1 << depth)))
    half = len(data) // 2
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color,
                                       0, 0, interlaced)) +
            (palette if color == 3 else b"") + extra +
            chunk(b"IDAT", data[:half]) + chunk(b"IDAT", b"") +
            chunk(b"IDAT", data[half:]) + chunk(b"IEND", b""))


def pngs():
    for depth, color, channels in KINDS:
        for interlaced in (0, 1):
            name = f"{depth}-{color}" + ("-interlaced" if interlaced else "")
            yield name, png(depth, color, channels, interlaced)
    yield "interlaced-1x1", png(8, 2, 3, 1, size=(1, 1))
    yield "interlaced-3x2", png(2, 0, 1, 1, size=(3, 2))
    yield "short-palette", png(8, 3, 1, 0, colours=100)
    yield "trns-rgb", png(8, 2, 3, 0, extra=chunk(b"tRNS", bytes(6)))
    yield "trns-palette", png(8, 3, 1, 0, extra=chunk(b"tRNS", bytes(9)))
    yield "rows-missing", png(8, 2, 3, 0, cut=4 * 40)
    yield "half-a-row", png(8, 2, 3, 0, cut=17)
    whole = png(8, 2, 3, 0)
    yield "trailing", whole + b"garbage"
    yield "no-end", whole[:-12]
    yield "cut", whole[:-60]
    data = whole.index(b"IDAT")
    yield "data-checksum", whole.replace(chunk(b"IDAT", b""),
                                         chunk(b"IDAT", b"")[:-1] + b"?")
    yield "header-checksum", whole[:29] + b"?" + whole[30:]
    yield "no-data", whole[:data - 4] + chunk(b"IEND", b"")
    yield "broken-data", whole[:data + 4] + b"?" + whole[data + 5:]


def jpegs(image):
    for sampling in ("4:4:4", "4:2:2", "4:2:0"):
        yield sampling.replace(":", ""), save(image, "JPEG",
                                              subsampling=sampling)
    plain = save(image, "JPEG", quality=60)
    yield "progressive", save(image, "JPEG", progressive=True)
    yield "restarts", save(image, "JPEG", restart_marker_blocks=3)
    yield "rgb", save(image, "JPEG", keep_rgb=True)
    yield "grey", save(image.convert("L"), "JPEG")
    inks = Image.frombytes("CMYK", (16, 12), noise("cmyk", 16 * 12 * 4))
    cmyk = save(inks, "JPEG", quality=90)
    yield "cmyk", cmyk
    adobe = cmyk.index(b"Adobe") + 11
    yield "ycck", cmyk[:adobe] + b"\2" + cmyk[adobe + 1:]
    yield "trailing", plain + b"garbage"
    yield "no-end", plain[:-2]
    yield "progressive-no-end", save(image, "JPEG", progressive=True)[:-2]
    yield "cut", plain[:-200]
    yield "progressive-cut", save(image, "JPEG", progressive=True)[:-400]
    yield "cut-with-end", plain[:-200] + b"\xff\xd9"
    yield "header-only", plain[:plain.index(b"\xff\xda")]


def gifs(image):
    plain = save(image, "GIF", interlace=0)
    yield "plain", plain
    yield "interlaced", save(image, "GIF", interlace=1)
    yield "grey", save(image.convert("L"), "GIF")
    yield "two-colours", save(image.convert("1"), "GIF")
    yield "transparent", save(image.quantize(16), "GIF", transparency=5)
    many = Image.frombytes("P", (100, 90), noise("gif", 9000))
    many.putpalette(noise("gif palette", 768))
    yield "full-table", save(many, "GIF")
    larger = struct.pack("<HH", 70, 50)
    yield "larger-canvas", plain[:6] + larger + plain[10:]
    seen = save(image.quantize(16), "GIF", transparency=5)
    yield "larger-canvas-transparent", seen[:6] + larger + seen[10:]
    yield "smaller-canvas", plain[:6] + struct.pack("<HH", 9, 9) + plain[10:]
    yield "frames", save(image, "GIF", save_all=True,
                         append_images=[image.rotate(90)])
    yield "no-end", plain[:-2]
    yield "cut", plain[:-40]


def webps(image):
    seen = image.convert("RGBA")
    seen.putalpha(image.convert("L"))
    yield "lossy", save(image, "WEBP", quality=60)
    yield "lossless", save(image, "WEBP", lossless=True)
    yield "alpha-lossy", save(seen, "WEBP", quality=60)
    yield "alpha-lossless", save(seen, "WEBP", lossless=True, exact=True)
    yield "frames", save(image, "WEBP", save_all=True,
                         append_images=[image.rotate(90)], duration=50)
    plain = save(image, "WEBP", quality=30)
    yield "trailing", plain + b"garbage!"
    yield "cut", plain[:-40]


def write_all(folder, picture):
    image = picture("plain", *SIZE)
    for kind, files in (("png", pngs()), ("jpg", jpegs(image)),
                        ("gif", gifs(image)), ("webp", webps(image))):
        for name, content in files:
            (folder / f"{name}.{kind}").write_bytes(content)
