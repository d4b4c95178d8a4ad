#!/usr/bin/env python3
"""Times Pillow's decoder and timm's training and evaluation transforms on one
thread, as wsel-bench times wsel's: the same images, options and work.

  augment.py [--bench build/release/scripts/bench/wsel-bench] [--rounds 5]

Rates are by CPU time, so other load on the machine matters little. With --bench
the two alternate, and the best round of each counts. Needs torch, torchvision,
timm 1.x and Pillow, as in .venv-parity.
"""

import argparse
import io
import json
import subprocess
import time

import numpy
import torch
from PIL import Image
from timm.data import create_transform

SECONDS = 1.5  # a round of one row


def scene(width, height):
    """Noise, enlarged eightfold: about as smooth as a photograph."""
    noise = numpy.random.default_rng(1).integers(
        0, 256, (height // 8, width // 8, 3), dtype=numpy.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def jpeg(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def train_transform():
    """Up to bytes, with the noise for random erasing, but without the
    normalisation, which wsel does on the device."""
    return create_transform(
        224, is_training=True, auto_augment="rand-m9-mstd0.5-inc1",
        interpolation="bicubic", re_prob=0.0, use_prefetcher=True)


def whole_train_transform():
    """With timm's conversion to floats, normalisation and random erasing."""
    return create_transform(
        224, is_training=True, auto_augment="rand-m9-mstd0.5-inc1",
        interpolation="bicubic", re_prob=0.25, re_mode="pixel", re_count=1)


def eval_transform():
    return create_transform(224, interpolation="bicubic", crop_pct=0.875,
                            use_prefetcher=True)


def rows():
    small, large = scene(32, 32), scene(500, 375)
    encoded = jpeg(large)
    bytes_only, whole, evaluation = (
        train_transform(), whole_train_transform(), eval_transform())

    def decode():
        return Image.open(io.BytesIO(encoded)).convert("RGB")

    return {
        "DecodeJpeg500": (decode, None),
        "TrainFrom32": (lambda: bytes_only(small), lambda: whole(small)),
        "TrainFromJpeg500": (lambda: bytes_only(decode()), lambda: whole(decode())),
        "EvalFromJpeg500": (lambda: evaluation(decode()), None),
    }  # fmt: skip


def rate(call):
    """Calls per second."""
    count = 0
    start = time.process_time()
    while (spent := time.process_time() - start) < SECONDS:
        call()
        count += 1
    return count / spent


def bench_rates(bench, names):
    """wsel-bench's images per second."""
    text = subprocess.run(
        [bench, f"--benchmark_filter=^({'|'.join(names)})$",
         f"--benchmark_min_time={SECONDS}", "--benchmark_format=json"],
        check=True, capture_output=True, text=True).stdout  # fmt: skip
    return {row["name"]: 1e6 / row["cpu_time"]
            for row in json.loads(text)["benchmarks"]}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    calls = rows()
    best = {}
    for _ in range(args.rounds):
        found = {}
        for name, (plain, whole) in calls.items():
            found[name, "timm, to bytes"] = rate(plain)
            if whole:
                found[name, "timm, whole"] = rate(whole)
        if args.bench:
            for name, value in bench_rates(args.bench, calls).items():
                found[name, "wsel"] = value
        for key, value in found.items():
            best[key] = max(best.get(key, 0), value)
    for (name, which), value in sorted(best.items()):
        times = best[name, "wsel"] / value if args.bench else 0
        print(f"{name:18} {which:16} {value:8.0f} img/s"
              + (f"  wsel is {times:.2f} x" if times and which != "wsel" else ""))


if __name__ == "__main__":
    main()
