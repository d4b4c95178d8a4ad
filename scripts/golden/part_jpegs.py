"""Makes tests/golden/image/parts/: JPEGs of 150 x 101 pixels with every
subsampling that libjpeg-turbo writes, of which the tests decode windows.

    python scripts/golden/part_jpegs.py

Needs Pillow and imagecodecs (made with 2026.3.6, libjpeg-turbo 3.1.3).
"""

import pathlib

import imagecodecs
import numpy
from PIL import Image

FOLDER = (pathlib.Path(__file__).parents[2]
          / "tests" / "golden" / "image" / "parts")  # fmt: skip
SIZE = (150, 101)


def scene():
    """Noise, enlarged threefold: every block has colours and edges."""
    noise = numpy.random.default_rng(1).integers(
        0, 256, (SIZE[1] // 3, SIZE[0] // 3, 3), dtype=numpy.uint8)
    return Image.fromarray(noise).resize(SIZE, Image.Resampling.BICUBIC)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    image = scene()
    pixels = numpy.asarray(image)
    for subsampling in ("444", "422", "440", "420", "411"):
        data = imagecodecs.jpeg8_encode(pixels, level=60,
                                        subsampling=subsampling)
        (FOLDER / f"{subsampling}.jpg").write_bytes(data)
    image.save(FOLDER / "restarts.jpg", quality=60, restart_marker_rows=1)
    image.save(FOLDER / "progressive.jpg", quality=60, progressive=True)


if __name__ == "__main__":
    main()
