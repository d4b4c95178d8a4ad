"""Makes tests/golden/augment/auto_augment.json with the real timm, torchvision
and Pillow.

    python scripts/golden/auto_augment.py

AutoAugment's policies; TrivialAugmentWide's operations at their magnitudes;
operations that RandAugment lacks; colour jitter; whole transforms.
"""

import json
import math
import random

import torch
from PIL import ImageFilter, ImageOps
from timm.data import auto_augment
from timm.data.transforms_factory import create_transform
from torchvision.transforms import autoaugment
from torchvision.transforms import functional as F
from torchvision.transforms import transforms as T

from augment import FILL, FILTERS, FOLDER, VERSIONS
from images import digest, picture

SIZES = [(1, 1), (2, 3), (1, 7), (13, 5), (61, 47)]


def policies():
    """name: sub-policies of [operation, probability, magnitude]"""
    for name in ["original", "originalr", "v0", "v0r", "3a"]:
        policy = auto_augment.auto_augment_policy(name)
        yield name, [[[op.name, op.prob, op.magnitude] for op in sub]
                     for sub in policy]


def trivial():
    """[place, bin, negative, size, digest]"""
    policy = autoaugment.TrivialAugmentWide()
    space = policy._augmentation_space(31)
    for place, (name, (magnitudes, signed)) in enumerate(space.items()):
        bins = range(31) if magnitudes.ndim else [0]
        for bin in bins:
            for negative in [False, True] if signed else [False]:
                for size in [(61, 47), (24, 31)]:
                    value = (float(magnitudes[bin].item())
                             if magnitudes.ndim else 0.0)
                    if negative:
                        value *= -1.0
                    made = autoaugment._apply_op(
                        picture("plain", *size), name, value,
                        interpolation=policy.interpolation, fill=policy.fill)
                    yield [place, bin, negative, size, digest(made)]


def operations():
    """[size, operation, magnitude, argument, digest]"""
    for name in ["PosterizeOriginal", "Desaturate", "GaussianBlur"]:
        for size in SIZES:
            for magnitude in [0, 0.04, 2.5, 5, 8.6171, 9, 10]:
                value, = auto_augment.LEVEL_TO_ARG[name](magnitude, {})
                made = auto_augment.NAME_TO_OP[name](
                    picture("plain", *size), value)
                yield [size, name, magnitude, float(value), digest(made)]


def given():
    """[kind, size, operation, argument, digest]"""
    for kind in ["plain", "dim", "flat"]:
        for size in SIZES:
            image = picture(kind, *size)
            for radius in [0, 0.1, 0.137, 0.77, 1, 1.3333, 2, 3.7, 40.5]:
                made = image.filter(ImageFilter.GaussianBlur(radius))
                yield [kind, size, "GaussianBlur", radius, digest(made)]
            for hue in [-0.5, -0.3, -0.01, 0, 0.1, 0.37, 0.5]:
                yield [kind, size, "Hue", hue, digest(F.adjust_hue(image, hue))]
            for name in ["TranslateX", "TranslateY"]:
                for pixels in [-3, 0, 2.5, 100]:
                    made = auto_augment.NAME_TO_OP[name](
                        image, pixels, fillcolor=FILL,
                        resample=FILTERS["bicubic"])
                    yield [kind, size, name, pixels, digest(made)]


def jitters():
    """[[operation, factor], ...], digest"""
    names = ["Brightness", "Contrast", "Color", "Hue"]
    jitter = T.ColorJitter(0.4, 0.4, 0.4, 0.1)
    torch.manual_seed(3)
    for _ in range(20):
        order, *factors = jitter.get_params(
            jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue)
        jitter.get_params = lambda *_, made=(order, *factors): made
        made = jitter(picture("plain", 61, 47))
        del jitter.get_params
        yield [[[names[i], factors[i]] for i in order.tolist()], digest(made)]


def whole():
    """[which of 3-Augment's operations, digest]: vertical flip, 3-Augment with a
    blur of 1.5 pixels, then colour jitter, composed by timm."""
    for which in range(3):
        transform = create_transform(
            48, is_training=True, hflip=0, vflip=1, scale=(1, 1), ratio=(1, 1),
            auto_augment="3a", color_jitter=0.3, interpolation="bicubic")
        flip, policy, jitter = transform.transforms[1:4]
        policy.policy = [policy.policy[which]]
        jitter.get_params = lambda *_: (torch.tensor([2, 3, 0, 1]), 1.25, 0.75,
                                        1.1, None)
        uniform, random.uniform = random.uniform, lambda *_: 1.5
        made = jitter(policy(flip(picture("plain", 48, 48))))
        random.uniform = uniform
        yield [which, digest(made)]


def greys():
    """Greyscale and solarise are those of DeiT III."""
    image = picture("plain", 61, 47)
    policy = auto_augment.auto_augment_policy("3a")
    assert digest(policy[0][0](image)) == digest(ImageOps.solarize(image))
    assert digest(policy[1][0](image)) == digest(T.Grayscale(3)(image))
    assert math.isclose(auto_augment.LEVEL_TO_ARG["GaussianBlurRand"](10, {})[0],
                        1)


def main():
    greys()
    tables = {"policies": dict(policies()), "trivial": list(trivial()),
              "operations": list(operations()), "given": list(given()),
              "jitters": list(jitters()), "whole": list(whole())}
    parts = [f'"versions": {json.dumps(VERSIONS)}']
    for key, rows in tables.items():
        if isinstance(rows, dict):
            lines = [f"{json.dumps(k)}: {json.dumps(v)}"
                     for k, v in rows.items()]
            parts.append(f'"{key}": {{\n' + ",\n".join(lines) + "\n}")
        else:
            lines = [json.dumps(row) for row in rows]
            parts.append(f'"{key}": [\n' + ",\n".join(lines) + "\n]")
    (FOLDER / "auto_augment.json").write_text("{" + ",\n".join(parts) + "}\n")


if __name__ == "__main__":
    main()
