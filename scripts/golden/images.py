"""Makes tests/golden/image/ with the real Pillow 12.2.0.

    python scripts/golden/images.py [ODD_IMAGES_FOLDER]

operations.json: results of Pillow on images that tests/image/test_image.h
generates, too. encoded/: small files of every kind; encoded.json: what Pillow
decodes from them. odd.json, if the folder is given: what it decodes from real
odd files, which may not be copied here. Digests are the first 16 hexadecimal
digits of SHA-256 over the RGB bytes.
"""

import hashlib
import json
import pathlib
import shutil
import sys
import warnings

import PIL
from PIL import Image, ImageEnhance, ImageFile, ImageOps

import encoded_images
import hashed

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "image"
SIZES = [(1, 1), (1, 7), (13, 5), (32, 32), (61, 47)]
FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
GREY = (128, 127, 126)


def picture(kind, width, height):
    """Gradients with 6-bit noise; "dim" has a narrow range, "flat" none."""
    count = width * height * 3
    noise = (hashed.bits(f"{kind} {width}x{height}", count) >> 58).tolist()
    data = bytearray()
    for i in range(count):
        x, y, channel = i // 3 % width, i // 3 // width, i % 3
        slope = (x * 5 + y * 3 + channel * 40) % 256
        value = min(255, slope * 3 // 4 + noise[i])
        if kind == "dim":
            value = 60 + value // 4
        elif kind == "flat":
            value = 77 * channel
        data.append(value)
    return Image.frombytes("RGB", (width, height), bytes(data))


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()[:16]


def solarize_add(image, add, threshold=128):
    """timm's operation, which Pillow does not have."""
    table = [min(255, i + add) if i < threshold else i for i in range(256)]
    return image.point(table * 3)


def crop(image, left, top, width, height, *fill):
    out = Image.new("RGB", (width, height), fill)
    inside = image.crop((
        max(left, 0), max(top, 0), min(left + width, image.width),
        min(top + height, image.height)))
    out.paste(inside, (max(-left, 0), max(-top, 0)))
    return out


def resize(image, name, width, height, *box):
    return image.resize((width, height), FILTERS[name], box or None)


def transform(image, name, width, height, *matrix):
    return image.transform((width, height), Image.Transform.AFFINE, matrix,
                           FILTERS[name], fillcolor=GREY)


OPERATIONS = {
    "resize": resize,
    "transform": transform,
    "rotate": lambda image, name, degrees: image.rotate(
        degrees, FILTERS[name], fillcolor=GREY),
    "crop": crop,
    "flip": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "autocontrast": ImageOps.autocontrast,
    "equalize": ImageOps.equalize,
    "invert": ImageOps.invert,
    "posterize": ImageOps.posterize,
    "solarize": ImageOps.solarize,
    "solarize_add": solarize_add,
    "color": lambda image, f: ImageEnhance.Color(image).enhance(f),
    "contrast": lambda image, f: ImageEnhance.Contrast(image).enhance(f),
    "brightness": lambda image, f: ImageEnhance.Brightness(image).enhance(f),
    "sharpness": lambda image, f: ImageEnhance.Sharpness(image).enhance(f),
    "grey": lambda image: image.convert("L").convert("RGB"),
}


def geometry(width, height):
    """(operation, arguments) for an image of this size."""
    yield "flip", []
    yield "crop", [-3, -2, width + 4, height + 5, *GREY]
    yield "crop", [width // 3, height // 3, width, height, 0, 0, 0]
    box = [width * 0.13, height * 0.21, width * 0.87, height * 0.71]
    for name in FILTERS:
        for size in [(1, 1), (7, 11), (32, 32), (50, 3), (width, 9),
                     (9, height)]:
            yield "resize", [name, *size]
            yield "resize", [name, *size, *box]
        yield "resize", [name, 224, 224, *box]
        inside = [width // 4, height // 4, width // 4 + width // 2,
                  height // 4 + height // 2]
        if width > 1 and height > 1:
            yield "resize", [name, 24, 24, *inside]
            yield "resize", [name, width // 2, height // 2, *inside]
        for degrees in [0, 90, 180, 270, -90, 30, -29.7, 3.25, 361, 120]:
            yield "rotate", [name, degrees]
        for matrix in [
                [1, 0.3, 0, 0, 1, 0], [1, 0, 0, -0.27, 1, 0],
                [1, 0, 4.5, 0, 1, 0], [1, 0, 0, 0, 1, -2.25],
                [0.7, 0.1, 1.3, -0.2, 1.4, 0.6], [-1, 0, width, 0, -1, height],
                [0, 0, 0.5, 0, 0, 0.5], [3000.5, 1, 0, 2, 4000.25, 0]]:
            yield "transform", [name, width, height, *matrix]
            yield "transform", [name, 17, 23, *matrix]


def colours():
    for name in ["autocontrast", "equalize", "invert", "grey"]:
        yield name, []
    for bits in [0, 1, 2, 4, 7, 8]:
        yield "posterize", [bits]
    for threshold in [0, 1, 100.5, 128, 255, 256]:
        yield "solarize", [threshold]
    for add in [0, 11, 110, 255]:
        yield "solarize_add", [add]
    for name in ["color", "contrast", "brightness", "sharpness"]:
        for factor in [0, 0.1, 0.37, 0.9, 1, 1.1, 1.45, 1.9, 4, -0.5]:
            yield name, [factor]


def operations():
    for width, height in SIZES:
        for kind in ["plain", "dim", "flat"]:
            image = picture(kind, width, height)
            cases = list(colours())
            if kind == "plain":
                cases += geometry(width, height)
            for name, arguments in cases:
                made = OPERATIONS[name](image, *arguments)
                yield [kind, width, height, name, arguments, *made.size,
                       digest(made)]
    # Tall enough that Pillow resizes vertically first.
    for name in FILTERS:
        image = picture("plain", 2, 301)
        made = resize(image, name, 5, 40, 0.25, 3.5, 1.75, 290)
        yield ["plain", 2, 301, "resize", [name, 5, 40, 0.25, 3.5, 1.75, 290],
               5, 40, digest(made)]


def write(name, rows):
    lines = ",\n".join(json.dumps(row) for row in rows)
    (FOLDER / name).write_text(
        f'{{"pillow": "{PIL.__version__}", "rows": [\n{lines}\n]}}\n')


def read(path, lenient=False):
    """[width, height, digest], or a list of one word for an error."""
    ImageFile.LOAD_TRUNCATED_IMAGES = lenient
    try:
        image = Image.open(path)
        # wsel does not read others.
        if image.format not in ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP",
                                "PPM", "TIFF"):
            return ["refused"]
        image = image.convert("RGB")
        return [*image.size, digest(image)]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return ["refused"]


def reads(folder):
    """[file, Pillow's result, its result with LOAD_TRUNCATED_IMAGES]."""
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield [path.name, read(path), read(path, lenient=True)]


def main():
    assert PIL.__version__ == "12.2.0", PIL.__version__
    warnings.simplefilter("ignore")
    shutil.rmtree(FOLDER / "encoded", ignore_errors=True)
    (FOLDER / "encoded").mkdir(parents=True)
    write("operations.json", operations())
    encoded_images.write_all(FOLDER / "encoded", picture)
    write("encoded.json", reads(FOLDER / "encoded"))
    if len(sys.argv) > 1:
        write("odd.json", reads(pathlib.Path(sys.argv[1])))


if __name__ == "__main__":
    main()
