#!/usr/bin/env python3
"""Makes tests/golden/model/predict.json with timm.

    scripts/golden/predict.py

What a small ConvNeXt with hashed.py's parameters predicts for image files of
tests/golden, prepared by timm's evaluation transform: the classes, the most
probable one first, and their probabilities.
"""

import json
import pathlib

import PIL
import timm
import timm.data
import torch
from PIL import Image

import models
import timm_build

ROOT = pathlib.Path(__file__).parents[2] / "tests" / "golden"
FILES = ["data/folders/val/b/3.jpg", "data/folders/train/b/10.JPEG",
         "image/orientation/6.png"]


def main():
    config = models.small_convnext()
    model = timm_build.build(config).double().eval()
    models.fill(model)
    transform = timm.data.create_transform(
        config["img_size"], interpolation="bicubic", crop_pct=0.875,
        mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    golden = {"made_by": f"timm {timm.__version__}, Pillow {PIL.__version__}, "
                         f"torch {torch.__version__}", "files": []}
    for name in FILES:
        image = transform(Image.open(ROOT / name).convert("RGB"))
        with torch.no_grad():
            p, order = model(image[None].double()).softmax(1)[0].sort(
                descending=True)
        golden["files"].append({"file": name, "classes": order.tolist(),
                                "probabilities": p.tolist()})
    (ROOT / "model" / "predict.json").write_text(
        json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
