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


def bmp(bits, compression, data, palette=b"", size=(13, 11), masks=b""):
    body = struct.pack("<IiiHHIIiiII", 40, *size, 1, bits, compression,
                       len(data), 2835, 2835, len(palette) // 4, 0)
    start = 14 + len(body) + len(masks) + len(palette)
    return (b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) +
            body + masks + palette + data)


def bmps(image):
    for mode in ("RGB", "L", "P", "1", "RGBA"):
        yield mode.lower(), save(image.convert(mode), "BMP")
    for bits in (1, 4, 8, 16, 24, 32):
        stride = (13 * bits + 31) // 32 * 4
        palette = noise(f"bmp {bits}", 4 << bits) if bits <= 8 else b""
        data = noise(f"bmp {bits}", stride * 11)
        yield f"bits-{bits}", bmp(bits, 0, data, palette)
        yield f"top-down-{bits}", bmp(bits, 0, data, palette, (13, -11))
    data = noise("bmp masks", 52 * 11)
    for name, bits, masks in (("565", 16, (0xF800, 0x7E0, 0x1F)),
                              ("555", 16, (0x7C00, 0x3E0, 0x1F)),
                              ("xbgr", 32, (0xFF000000, 0xFF0000, 0xFF00)),
                              ("odd", 32, (0xFFC00000, 0x3FF000, 0xFFC))):
        yield f"masks-{name}", bmp(bits, 3, data[:(13 * bits + 31) // 32 * 44],
                                   masks=struct.pack("<III", *masks))
    palette = noise("bmp runs", 1024)
    runs = (b"\5\7\0\0" b"\0\3\1\2\3\0\x0a\x09" b"\0\0" b"\0\2\4\2"
            b"\x20\x11" b"\0\0" + b"\x0d\x42\0\0" * 8 + b"\0\1")
    yield "rle8", bmp(8, 1, runs, palette)
    yield "rle8-cut", bmp(8, 1, runs[:-20], palette)
    runs = (b"\5\x7a\0\0" b"\0\4\x12\x34" b"\0\0" b"\0\2\4\2"
            b"\x20\x11" b"\0\0" + b"\x0d\x42\0\0" * 8 + b"\0\1")
    yield "rle4", bmp(4, 2, runs, palette[:64])
    plain = save(image, "BMP")
    yield "trailing", plain + b"garbage"
    yield "cut", plain[:-40]
    yield "old-header", (b"BM" + struct.pack("<IHHI", 0, 0, 0, 26) +
                         struct.pack("<IHHHH", 12, 13, 11, 1, 24) +
                         noise("bmp old", 40 * 11))


def pnms(image):
    """PGM and PPM; Pillow reads them by content."""
    yield "raw-rgb", save(image, "PPM")
    yield "raw-grey", save(image.convert("L"), "PPM")
    for most in (1, 100, 255, 1000, 65535):
        size = 1 if most < 256 else 2
        for kind, channels in ((b"5", 1), (b"6", 3)):
            values = [value % (most + 1) for value in
                      hashed.bits(f"pnm {most}", 7 * 5 * channels).tolist()]
            header = b"P%s # a comment\n7\t5 %d\n" % (kind, most)
            name = f"{kind.decode()}-{most}"
            yield name, header + b"".join(
                value.to_bytes(size, "big") for value in values)
            plain = b"P%d" % (int(kind) - 3) + header[2:]
            yield f"plain-{name}", plain + b"# and\n".join(
                b"%d " % value for value in values)
    yield "cut", save(image, "PPM")[:-1]
    yield "plain-too-large", b"P2 2 1 9\n 3 10\n"
    yield "no-values", b"P5 2 2 0\n...."


def ifd(order, width, height, rows, bits, samples, photometric, entries=()):
    """A TIFF of one strip, uncompressed, from its fields."""
    letter = "<" if order == "II" else ">"
    tags = {256: ("L", [width]), 257: ("L", [height]),
            258: ("H", [bits] * samples), 259: ("H", [1]),
            262: ("H", [photometric]), 273: ("L", [8]),
            277: ("H", [samples]), 278: ("L", [height]),
            279: ("L", [len(rows)]), **dict(entries)}
    end = 8 + len(rows) + len(rows) % 2
    behind = end + 2 + 12 * len(tags) + 4
    table = struct.pack(letter + "H", len(tags))
    more = b""
    for tag, (kind, values) in sorted(tags.items()):
        value = struct.pack(f"{letter}{len(values)}{kind}", *values)
        if len(value) > 4:
            offset = struct.pack(letter + "L", behind + len(more))
            more += value + b"\0" * (len(value) % 2)
            value = offset
        table += struct.pack(letter + "HHL", tag, 3 if kind == "H" else 4,
                             len(values)) + value.ljust(4, b"\0")
    return (order.encode() + struct.pack(letter + "HL", 42, end) +
            rows.ljust(end - 8, b"\0") + table + b"\0\0\0\0" + more)


def tiffs(image):
    grey = image.convert("L")
    for name in ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg"):
        yield f"rgb-{name}", save(image, "TIFF", compression=name)
        yield f"grey-{name}", save(grey, "TIFF", compression=name)
    yield "fax", save(image.convert("1"), "TIFF", compression="group4")
    yield "rgba", save(image.convert("RGBA"), "TIFF")
    yield "grey-alpha", save(grey.convert("LA"), "TIFF")
    yield "palette", save(image.quantize(200), "TIFF")
    yield "cmyk", save(image.convert("CMYK"), "TIFF")
    yield "pages", save(image, "TIFF", save_all=True, append_images=[grey])
    for orientation in (3, 6):
        yield f"orientation-{orientation}", save(
            image, "TIFF", tiffinfo={274: orientation})
    for order in ("II", "MM"):
        yield f"grey-16-{order}", ifd(order, 7, 5, noise("tiff 16", 70), 16, 1, 1)
        yield f"rgb-16-{order}", ifd(order, 7, 5, noise("tiff", 210), 16, 3, 2)
    for bits in (1, 2, 4, 8):
        length = (7 * bits + 7) // 8 * 5
        for photometric in (0, 1, 3):
            colours = {320: ("H", [(i * 7919) % 65536
                                   for i in range(3 << bits)])}
            yield f"{bits}-{photometric}", ifd(
                "II", 7, 5, noise(f"tiff {bits}", length), bits, 1, photometric,
                colours if photometric == 3 else ())
    yield "planar", ifd("II", 7, 5, noise("tiff planar", 105), 8, 3, 2, {
        284: ("H", [2]), 278: ("L", [5]), 273: ("L", [8, 43, 78]),
        279: ("L", [35, 35, 35])})
    yield "premultiplied", ifd("II", 7, 5, noise("tiff rgba", 140), 8, 4, 2,
                               {338: ("H", [1])})
    yield "five", ifd("II", 7, 5, noise("tiff five", 175), 8, 5, 1)
    yield "float", ifd("II", 7, 5, noise("tiff float", 140), 32, 1, 2,
                       {339: ("H", [3])})
    yield "huge", ifd("II", 60000, 60000, b"\0" * 8, 8, 1, 1)
    yield "cut", save(image, "TIFF", compression="tiff_lzw")[:-200]


def write_all(folder, picture):
    image = picture("plain", *SIZE)
    for kind, files in (("png", pngs()), ("jpg", jpegs(image)),
                        ("gif", gifs(image)), ("webp", webps(image)),
                        ("bmp", bmps(image)), ("ppm", pnms(image)),
                        ("tif", tiffs(image))):
        for name, content in files:
            (folder / f"{name}.{kind}").write_bytes(content)
