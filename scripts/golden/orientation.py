#!/usr/bin/env python3
"""Makes tests/golden/image/orientation/ with Pillow.

    scripts/golden/orientation.py

Files of 5 x 3 pixels with an EXIF orientation: N.png of each, and one JPEG and
one WebP. orientation.json: the pixels, row by row, of what
ImageOps.exif_transpose makes of the PNG and WebP files, and the size of the
JPEG's.
"""

import json
import pathlib

import numpy as np
import PIL
from PIL import Image, ImageOps

FOLDER = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "image" /
          "orientation")


def main():
    FOLDER.mkdir(exist_ok=True)
    pixels = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3) * 5
    image = Image.fromarray(pixels)
    golden = {"made_by": f"Pillow {PIL.__version__}", "files": []}
    files = [(f"{i}.png", i, {}) for i in range(1, 9)]
    files += [("6.webp", 6, {"lossless": True}), ("8.jpg", 8, {})]
    for name, orientation, options in files:
        exif = Image.Exif()
        exif[0x0112] = orientation
        image.save(FOLDER / name, exif=exif, **options)
        upright = ImageOps.exif_transpose(Image.open(FOLDER / name))
        entry = {"file": name, "orientation": orientation,
                 "width": upright.width, "height": upright.height}
        if not name.endswith(".jpg"):
            entry["pixels"] = np.asarray(upright.convert("RGB")).flatten(
            ).tolist()
        golden["files"].append(entry)
    text = json.dumps(golden, separators=(",", ":")).replace('{"file', '\n{"file')
    (FOLDER / "orientation.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
