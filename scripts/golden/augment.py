"""Makes tests/golden/augment/ with the real timm, torchvision and Pillow.

    python scripts/golden/augment.py

operations.json: results of timm's RandAugment operations, by operation,
magnitude and sign. transforms.json: whole transforms with given parameters.
crop_modes.json: evaluation by timm's crop_mode. rectangles.json: the same of
images that are not square.
mixes.json: Mixup, CutMix and random erasing. draws.json: histograms of 20,000
draws of every parameter.
"""

import bisect
import json
import pathlib
import random

import numpy
import PIL
import timm
import torch
import torchvision
from PIL import Image
from timm.data import auto_augment, mixup, random_erasing
from timm.data.transforms import RandomResizedCropAndInterpolation
from torchvision.transforms import functional as F
from torchvision.transforms import transforms as T

from hashed import hashed
from images import digest, picture

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "augment"
VERSIONS = {"timm": timm.__version__, "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "pillow": PIL.__version__, "numpy": numpy.__version__}
DRAWS = 20000
BINS = 20
FILL = (124, 116, 104)
FILTERS = {"bilinear": Image.Resampling.BILINEAR,
           "bicubic": Image.Resampling.BICUBIC,
           "nearest": Image.Resampling.NEAREST}
NAMES = list(dict.fromkeys(auto_augment._RAND_TRANSFORMS
                           + auto_augment._RAND_INCREASING_TRANSFORMS))
GEOMETRIC = ("Rotate", "ShearX", "ShearY", "TranslateXRel", "TranslateYRel")


def argument(name, magnitude, negative):
    """timm's argument, with the sign given by `negative`."""
    level = auto_augment.LEVEL_TO_ARG[name]
    toss, random.random = random.random, lambda: 1.0 if negative else 0.0
    try:
        return level(magnitude, {}) if level else ()
    finally:
        random.random = toss


def apply(image, name, magnitude, negative, interpolation="bicubic"):
    return auto_augment.NAME_TO_OP[name](
        image, *argument(name, magnitude, negative), fillcolor=FILL,
        resample=FILTERS[interpolation])


def operations():
    """[kind, width, height, op, magnitude, negative, filter, argument, digest]"""
    def row(kind, size, name, magnitude, negative, filter):
        made = apply(picture(kind, *size), name, magnitude, negative, filter)
        value = argument(name, magnitude, negative)
        return [kind, *size, name, magnitude, negative, filter,
                float(value[0]) if value else 0.0, digest(made)]

    for name in NAMES:
        for size in [(1, 1), (2, 3), (1, 7), (13, 5), (61, 47), (96, 80)]:
            for magnitude in [0, 0.04, 2.5, 5, 8.6171, 9, 9.7031, 10]:
                for negative in [False, True]:
                    yield row("plain", size, name, magnitude, negative,
                              "bicubic")
        for kind in ["dim", "flat"]:
            yield row(kind, (61, 47), name, 9.2, True, "bicubic")
        if name in GEOMETRIC:
            for filter in ["nearest", "bilinear"]:
                for negative in [False, True]:
                    yield row("plain", (61, 47), name, 8.2, negative, filter)
            for magnitude in [3, 9.1, 10]:
                yield row("plain", (224, 224), name, magnitude, True, "bicubic")


def train_rows():
    """[width, height, img_size, [left, top, width, height], flip, ops, filter,
    digest]; an img_size up to 32 crops from an image padded by 4."""
    boxes = [(32, 32, 64, (0, 0, 32, 32)), (32, 32, 224, (3, 9, 17, 22)),
             (61, 47, 48, (40, 2, 21, 45)), (150, 113, 96, (11, 0, 120, 113)),
             (13, 5, 40, (12, 4, 1, 1)), (32, 32, 32, (-4, 3, 32, 32)),
             (28, 28, 32, (-2, -4, 32, 32)), (47, 61, 24, (10, 41, 24, 24))]
    lists = [[], [("Rotate", 9.2, True)],
             [("SolarizeIncreasing", 8.5, False), ("ShearY", 9.4, False)],
             [("Equalize", 0, False), ("ColorIncreasing", 9.9, True),
              ("TranslateXRel", 3.3, True)]]
    for width, height, size, (left, top, w, h) in boxes:
        for filter in ["bicubic", "bilinear"]:
            for ops in lists:
                for flip in [False, True]:
                    image = picture("plain", width, height)
                    if size <= 32:
                        image = F.crop(F.pad(image, 4), top + 4, left + 4, h, w)
                    else:
                        image = F.resized_crop(
                            image, top, left, h, w, [size, size],
                            F.InterpolationMode(filter))
                    if flip:
                        image = F.hflip(image)
                    for op in ops:
                        image = apply(image, *op, filter)
                    yield [width, height, size, [left, top, w, h], flip, ops,
                           filter, digest(image)]


def eval_transform(size, crop_pct, filter):
    """Composed as by the official build_transform."""
    filter = F.InterpolationMode(filter)
    if size <= 32:
        return T.CenterCrop(size)
    if size >= 384:
        return T.Resize((size, size), interpolation=filter)
    return T.Compose([T.Resize(int(size / crop_pct), interpolation=filter),
                      T.CenterCrop(size)])


def eval_rows():
    """[width, height, img_size, crop_pct, filter, digest]"""
    for width, height in [(32, 32), (13, 5), (61, 47), (47, 62), (150, 113),
                          (33, 30), (1, 1), (2, 301), (256, 256)]:
        for size, crop_pct in [(32, 0.875), (28, 0.875), (224, 0.875),
                               (96, 0.9), (97, 1), (64, 0.95), (384, 0.875)]:
            for filter in ["bicubic", "bilinear"]:
                image = eval_transform(size, crop_pct, filter)(
                    picture("plain", width, height))
                yield [width, height, size, crop_pct, filter, digest(image)]


def crop_mode_rows():
    """[width, height, img_size, crop_pct, crop_mode, filter, digest]"""
    for width, height in [(61, 47), (47, 62), (150, 113), (32, 32), (500, 33)]:
        for size, crop_pct in [(32, 0.875), (32, 1), (64, 0.9), (384, 1),
                               (385, 0.95)]:
            for mode in ["center", "squash"]:
                for filter in ["bicubic", "bilinear"]:
                    steps = timm.data.create_transform(
                        size, is_training=False, crop_pct=crop_pct,
                        crop_mode=mode, interpolation=filter).transforms
                    image = T.Compose(steps[:2])(
                        picture("plain", width, height))
                    assert image.size == (size, size), steps
                    yield [width, height, size, crop_pct, mode, filter,
                           digest(image)]


def rectangle_train_rows():
    """[width, height, [H, W], [left, top, width, height], [flip, vflip], ops,
    filter, digest]; an image of up to 32 px is cropped from one padded by 4."""
    boxes = [(32, 32, (64, 96), (0, 0, 32, 32)),
             (61, 47, (96, 40), (40, 2, 21, 45)),
             (150, 113, (48, 128), (11, 0, 120, 113)),
             (40, 30, (24, 32), (-3, 9, 32, 24)),
             (20, 31, (32, 16), (1, -4, 16, 32))]
    lists = [[], [("Rotate", 9.2, True), ("ShearX", 5.5, False)],
             [("Equalize", 0, False), ("TranslateYRel", 3.3, True)]]
    for width, height, size, (left, top, w, h) in boxes:
        for filter in ["bicubic", "bilinear"]:
            for ops in lists:
                for flip, vflip in [(False, False), (True, True)]:
                    image = picture("plain", width, height)
                    if max(size) <= 32:
                        image = F.crop(F.pad(image, 4), top + 4, left + 4, h, w)
                    else:
                        image = F.resized_crop(
                            image, top, left, h, w, list(size),
                            F.InterpolationMode(filter))
                    image = F.hflip(image) if flip else image
                    image = F.vflip(image) if vflip else image
                    for op in ops:
                        image = apply(image, *op, filter)
                    yield [width, height, size, [left, top, w, h],
                           [flip, vflip], ops, filter, digest(image)]


def rectangle_eval_rows():
    """[width, height, [H, W], crop_pct, crop_mode, filter, digest]; "auto" is
    wsel's rule, without resizing up to 32 px and of the whole from 384 px."""
    def transform(size, crop_pct, mode, filter):
        if mode == "auto" and max(size) <= 32:
            return T.CenterCrop(size)
        if mode == "auto" and min(size) >= 384:
            return T.Resize(size, interpolation=F.InterpolationMode(filter))
        steps = timm.data.create_transform(
            (3, *size), is_training=False, crop_pct=crop_pct,
            crop_mode="center" if mode == "auto" else mode,
            interpolation=filter).transforms
        return T.Compose(steps[:2])

    for width, height in [(61, 47), (47, 62), (150, 113), (32, 32), (500, 33),
                          (33, 500), (256, 192)]:
        for size, crop_pct in [((24, 32), 1), ((64, 96), 0.9), ((96, 64), 0.875),
                               ((192, 193), 0.875), ((32, 40), 0.95),
                               ((384, 448), 0.95), ((385, 300), 1)]:
            for mode in ["auto", "center", "squash"]:
                for filter in ["bicubic", "bilinear"]:
                    image = transform(size, crop_pct, mode, filter)(
                        picture("plain", width, height))
                    assert image.size == size[::-1], (size, mode)
                    yield [width, height, size, crop_pct, mode, filter,
                           digest(image)]


def rounded(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def mixes():
    """[lambda, cutmix, [top, bottom, left, right], corrected lambda, smoothing,
    images, targets]"""
    labels = torch.tensor([3, 0, 4, 3])
    for lam, cutmix, box in [(0.3, False, None), (0.81, False, None),
                             (0.6, True, (0, 3, 2, 6)),
                             (0.2, True, (1, 6, 0, 5))]:
        for smoothing in [0.1, 0.0]:
            mix = mixup.Mixup(num_classes=5, label_smoothing=smoothing)
            mix._params_per_batch = lambda: (lam, cutmix)
            kept = mixup.rand_bbox
            mixup.rand_bbox = lambda *_, **__: box
            images = torch.from_numpy(hashed("mix", (4, 3, 6, 6)))
            images, targets = mix(images, labels)
            mixup.rand_bbox = kept
            area = (box[1] - box[0]) * (box[3] - box[2]) if cutmix else 0
            yield [lam, cutmix, box or [0, 0, 0, 0],
                   1 - area / 36 if cutmix else lam, smoothing,
                   rounded(images), rounded(targets)]


def histogram(values, edges=None):
    """Edges at the values' quantiles, so that bins have about equal counts."""
    values = sorted(float(value) for value in values)
    if edges is None:
        edges = sorted({values[i * len(values) // BINS]
                        for i in range(1, BINS)})
    ends = [bisect.bisect_left(values, edge) for edge in edges]
    counts = [b - a for a, b in zip([0, *ends], [*ends, len(values)])]
    return {"edges": edges, "counts": counts}


def crop_draws(name, image, scale, ratio):
    rows = [RandomResizedCropAndInterpolation.get_params(image, scale, ratio)
            for _ in range(DRAWS)]
    width, height = image.size
    yield f"{name}.top", histogram(row[0] for row in rows)
    yield f"{name}.left", histogram(row[1] for row in rows)
    yield f"{name}.area", histogram(row[2] * row[3] / (width * height)
                                    for row in rows)
    yield f"{name}.aspect", histogram(row[3] / row[2] for row in rows)


def padded_draws():
    image = Image.new("RGB", (40, 36))
    rows = [T.RandomCrop.get_params(image, (32, 32)) for _ in range(DRAWS)]
    yield "padded.top", histogram((row[0] for row in rows), range(1, 5))
    yield "padded.left", histogram((row[1] for row in rows), range(1, 9))


def policy_draws(name):
    policy = auto_augment.rand_augment_transform(name, {"img_mean": FILL})
    applied = []
    for index, op in enumerate(policy.ops):
        def level(magnitude, hparams, index=index, original=op.level_fn):
            value = original(magnitude, hparams) if original else (0.0,)
            applied.append((index, magnitude, value[0]))
            return value
        op.level_fn = level
        op.aug_fn = lambda image, *_, **__: image
    counts = []
    while len(counts) < DRAWS:
        before = len(applied)
        policy(None)
        counts.append(len(applied) - before)
    yield f"{name}.applied", histogram(counts, [1, 2, 3])
    yield f"{name}.op", histogram((op for op, _, _ in applied), range(1, 15))
    yield f"{name}.magnitude", histogram(m for _, m, _ in applied)
    for index in range(15):
        values = [value for op, _, value in applied if op == index]
        if len(set(values)) > 1:
            yield (f"{name}.value.{policy.ops[index].name}",
                   histogram(values, None))


class Recorder:
    """Stands in for the image that is erased."""

    def __init__(self):
        self.boxes = []

    def __setitem__(self, key, _):
        self.boxes.append((key[1].start, key[2].start,
                           key[1].stop - key[1].start,
                           key[2].stop - key[2].start))


def erasing_draws(name, height, width):
    erase = random_erasing.RandomErasing(probability=0.25, mode="pixel",
                                         max_count=1, device="cpu")
    random_erasing._get_pixels = lambda *_, **__: None
    boxes = []
    erased = []
    while len(boxes) < DRAWS:
        recorder = Recorder()
        erase._erase(recorder, 3, height, width, torch.float32)
        boxes += recorder.boxes
        erased.append(len(recorder.boxes))
    boxes = boxes[:DRAWS]
    yield f"{name}.applied", histogram(erased[:DRAWS], [1])
    yield f"{name}.top", histogram(box[0] for box in boxes)
    yield f"{name}.left", histogram(box[1] for box in boxes)
    yield f"{name}.area", histogram(box[2] * box[3] / (height * width)
                                    for box in boxes)
    yield f"{name}.aspect", histogram(box[2] / box[3] for box in boxes)


def mix_draws(name, size=(224, 224), **options):
    mix = mixup.Mixup(num_classes=2, **options)
    rows = [mix._params_per_batch() for _ in range(DRAWS)]
    yield f"{name}.cutmix", histogram((c and lam != 1 for lam, c in rows), [1])
    yield f"{name}.mixed", histogram((lam != 1 for lam, _ in rows), [1])
    plain = [lam for lam, cut in rows if not cut and lam != 1]
    if plain:
        yield f"{name}.lambda", histogram(plain)
    boxes = [mixup.cutmix_bbox_and_lam((1, 3, *size), lam)
             for lam, cut in rows if cut]
    if boxes:
        yield f"{name}.corrected", histogram(lam for _, lam in boxes)
        for i, edge in enumerate(["top", "bottom", "left", "right"]):
            yield f"{name}.{edge}", histogram(box[i] for box, _ in boxes)


def draws():
    random.seed(1)
    numpy.random.seed(1)
    torch.manual_seed(1)
    yield from crop_draws("crop", Image.new("RGB", (500, 375)), (0.08, 1.0),
                          (3 / 4, 4 / 3))
    yield from crop_draws("small", Image.new("RGB", (32, 32)), (0.08, 1.0),
                          (3 / 4, 4 / 3))
    yield from crop_draws("long", Image.new("RGB", (600, 100)), (0.5, 1.0),
                          (3 / 4, 4 / 3))
    yield from padded_draws()
    for name in ["rand-m9-mstd0.5-inc1", "rand-m7-n3-mstd101-p0.8", "rand"]:
        yield from policy_draws(name)
    yield from erasing_draws("erasing", 224, 224)
    yield from mix_draws("mix", mixup_alpha=0.8, cutmix_alpha=1.0)
    yield from mix_draws("mixup", mixup_alpha=0.3, cutmix_alpha=0.0, prob=0.7)
    yield from mix_draws("strong", mixup_alpha=2.5, cutmix_alpha=0.0)
    yield from mix_draws("cutmix", mixup_alpha=0.0, cutmix_alpha=0.5)
    yield from mix_draws("seldom", mixup_alpha=1.0, cutmix_alpha=0.3,
                         switch_prob=0.2)
    # After the others, which are not to change.
    yield from erasing_draws("erasing-wide", 64, 160)
    yield from mix_draws("cutmix-wide", size=(64, 160), mixup_alpha=0.0,
                         cutmix_alpha=1.0)


def write(name, **tables):
    parts = [f'"versions": {json.dumps(VERSIONS)}']
    for key, rows in tables.items():
        if isinstance(rows, dict):
            lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()]
            parts.append(f'"{key}": {{\n' + ",\n".join(lines) + "\n}")
        else:
            lines = [json.dumps(row) for row in rows]
            parts.append(f'"{key}": [\n' + ",\n".join(lines) + "\n]")
    (FOLDER / name).write_text("{" + ",\n".join(parts) + "}\n")


def plain(value):
    """Ranges as lists."""
    return {key: list(items) for key, items in value.items()}


def main():
    assert PIL.__version__ == "12.2.0", PIL.__version__
    FOLDER.mkdir(parents=True, exist_ok=True)
    write("operations.json", rows=operations())
    write("transforms.json", train=train_rows(), eval=eval_rows())
    write("crop_modes.json", rows=crop_mode_rows())
    write("rectangles.json", train=rectangle_train_rows(),
          eval=rectangle_eval_rows())
    write("mixes.json", rows=mixes())
    write("draws.json", draws={name: plain(value) for name, value in draws()})


if __name__ == "__main__":
    main()
