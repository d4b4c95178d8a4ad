"""Makes tests/golden/image/resize-MAJOR.json with the real Pillow.

    python scripts/golden/resize.py

Run it under 12.2.0 and under 13.0.0: Pillow 12 resizes vertically first only if
an image is more than 100 times as tall as wide, Pillow 13 wherever that saves
work, and the pixels are rounded in between. Rows are as in operations.json.
"""

import itertools

import PIL

from images import FILTERS, digest, picture, resize, write

SIZES = [(1, 7), (2, 301), (3, 300), (13, 5), (20, 45), (47, 61), (61, 47),
         (24, 130)]
OUTPUTS = [(1, 1), (7, 11), (20, 9), (32, 32), (50, 3), (19, 44)]


def rows():
    for (width, height), name in itertools.product(SIZES, FILTERS):
        image = picture("plain", width, height)
        boxes = [[], [width * 0.13, height * 0.21, width * 0.87, height * 0.71],
                 [0, height // 4, width, height // 4 + height // 2]]
        for size, box in itertools.product(OUTPUTS, boxes):
            made = resize(image, name, *size, *box)
            yield ["plain", width, height, "resize", [name, *size, *box],
                   *made.size, digest(made)]


if __name__ == "__main__":
    assert PIL.__version__ in ("12.2.0", "13.0.0"), PIL.__version__
    write(f"resize-{PIL.__version__.split('.')[0]}.json", rows())
