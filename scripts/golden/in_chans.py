#!/usr/bin/env python3
"""Goldens of images with another number of channels than 3.

    scripts/golden/in_chans.py

- tests/golden/model/in_chans.safetensors: timm's adapt_input_conv of kernels
  [3, 3, 4, 5] that hashed.py makes of the tensors' names.
- tests/golden/data/arrays/*.npy: arrays of NumPy with counted values, images
  and others.
- tests/golden/data/grey.json: mean and std of the training images of
  tests/golden/data/folders, in Pillow's mode L.
- tests/golden/augment/grey.json: transforms of torchvision and operations of
  timm on Pillow's images of mode L. Digests are those of the L bytes.
"""

import json
import pathlib

import numpy
import torch
from PIL import Image
from safetensors.numpy import save_file
from timm.models._manipulate import adapt_input_conv
from torchvision.transforms import functional as F

import augment
import timm_build
from hashed import hashed
from images import digest, picture

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden"
FILL = 116


def write_kernels():
    tensors = {}
    for in_chans in (1, 2, 4, 5, 6, 7, 13):
        name = f"kernels.{in_chans}"
        weight = torch.from_numpy(hashed(name, (3, 3, 4, 5)))
        tensors[name] = numpy.ascontiguousarray(
            adapt_input_conv(in_chans, weight).numpy())
    save_file(tensors, FOLDER / "model" / "in_chans.safetensors",
              {"versions": json.dumps(timm_build.versions())})


def write_arrays():
    folder = FOLDER / "data" / "arrays"
    folder.mkdir(exist_ok=True)
    grey = numpy.arange(6, dtype=numpy.uint8).reshape(2, 3)
    rgb = numpy.arange(18, dtype=numpy.uint8).reshape(2, 3, 3)
    for name, array in {
            "grey": grey, "one": grey[:, :, None], "rgb": rgb,
            "fortran": numpy.asfortranarray(rgb),
            "four": numpy.zeros((2, 3, 4), numpy.uint8),
            "planes": numpy.zeros((3, 2, 4), numpy.uint8),
            "float": grey.astype(numpy.float32),
            "empty": numpy.zeros((0, 3), numpy.uint8)}.items():
        numpy.save(folder / f"{name}.npy", array)


def write_grey_statistics():
    train = FOLDER / "data" / "folders" / "train"
    files = sorted(file for file in train.rglob("*.*"))
    pixels = numpy.concatenate([
        numpy.asarray(Image.open(file).convert("RGB").convert("L")).ravel()
        for file in files]) / 255
    content = {"versions": augment.VERSIONS, "images": len(files),
               "mean": pixels.mean(), "std": pixels.std()}
    (FOLDER / "data" / "grey.json").write_text(json.dumps(content) + "\n")


def grey(kind, width, height):
    return picture(kind, width, height).convert("L")


def train_rows():
    """[width, height, img_size, [left, top, width, height], flip, [op,
    magnitude, negative], filter, digest]"""
    ops = [None] + [(name, magnitude, negative) for name in augment.NAMES
                    for magnitude, negative in [(9.2, True), (3.7, False)]]
    for filter in ["bicubic", "bilinear"]:
        for op in ops:
            image = F.resized_crop(grey("plain", 61, 47), 2, 10, 45, 41,
                                   [40, 40], F.InterpolationMode(filter))
            image = F.hflip(image)
            if op:
                name, magnitude, negative = op
                image = augment.auto_augment.NAME_TO_OP[name](
                    image, *augment.argument(*op), fillcolor=FILL,
                    resample=augment.FILTERS[filter])
            assert image.mode == "L"
            yield [61, 47, 40, [10, 2, 41, 45], True, op and list(op), filter,
                   digest(image)]


def eval_rows():
    """[width, height, img_size, crop_pct, filter, digest]"""
    for width, height in [(32, 32), (61, 47), (13, 5), (150, 113)]:
        for size, crop_pct in [(32, 0.875), (96, 0.9), (384, 0.875)]:
            for filter in ["bicubic", "bilinear"]:
                image = augment.eval_transform(size, crop_pct, filter)(
                    grey("plain", width, height))
                yield [width, height, size, crop_pct, filter, digest(image)]


def main():
    write_kernels()
    write_arrays()
    write_grey_statistics()
    content = {"versions": augment.VERSIONS, "fill": FILL}
    parts = [json.dumps(content)[:-1]]
    for name, rows in [("train", train_rows()), ("eval", eval_rows())]:
        lines = ",\n".join(json.dumps(row) for row in rows)
        parts.append(f',\n"{name}": [\n{lines}\n]')
    (FOLDER / "augment" / "grey.json").write_text("".join(parts) + "}\n")


if __name__ == "__main__":
    main()
