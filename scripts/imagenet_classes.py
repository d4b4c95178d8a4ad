#!/usr/bin/env python3
"""The classes of ImageNet-1k, as a table of the room `pretrained`.

    scripts/imagenet_classes.py      # writes src/pretrained/imagenet_classes.inc

In the order of the outputs of classifiers that timm, torchvision and others
publish: the synset, which names the folder of its images, and its words in
WordNet, from timm's lists.

Needs timm.
"""

import json
import pathlib

import timm
from timm.data.imagenet_info import ImageNetInfo

FILE = (pathlib.Path(__file__).parents[1] / "src" / "pretrained" /
        "imagenet_classes.inc")


def main():
    info = ImageNetInfo("imagenet-1k")
    synsets = info.label_names()
    assert len(synsets) == 1000 and synsets == sorted(synsets)
    rows = [f"{{{json.dumps(s)}, "
            f"{json.dumps(info.label_name_to_description(s))}}},"
            for s in synsets]
    lines = [f"// Made by scripts/imagenet_classes.py from timm "
             f"{timm.__version__}; not to be edited.",
             "// clang-format off", *rows]
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
