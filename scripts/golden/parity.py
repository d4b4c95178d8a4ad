#!/usr/bin/env python3
"""Compares wsel's models with timm's on random architectures.

    scripts/golden/parity.py --tests build/tests/wsel-tests [--cases 20] [--seed 0]

Writes each case (config, weights, input, timm's logits) into a folder and runs
the test Parity.LogitsAreTimms on it; returns that test's exit code.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np
import torch
from safetensors.numpy import save_file

import timm_build


def draw_vit(rng):
    heads = rng.randint(1, 6)
    patch = rng.choice([4, 7, 8, 14, 16])
    config = dict(
        family="vit", patch_size=patch, img_size=patch * rng.randint(1, 5),
        embed_dim=heads * rng.choice([8, 12, 16, 32, 64]), num_heads=heads,
        depth=rng.randint(1, 4), mlp_ratio=rng.choice([1, 2, 2.5, 4]),
        num_classes=rng.choice([0, 1, 10, 100]),
        pooling=rng.choice(["token", "avg", "normed-avg"]),
        activation=rng.choice(["gelu", "quick_gelu"]),
        qkv_bias=rng.random() < 0.8, class_token=rng.random() < 0.7,
        dist_token=rng.random() < 0.2, reg_tokens=rng.choice([0, 0, 1, 4]),
        no_embed_class=rng.random() < 0.3, pre_norm=rng.random() < 0.3,
        layer_scale=rng.choice([0, 1e-5]), norm_eps=rng.choice([1e-6, 1e-5]))
    if config["dist_token"]:
        config.update(class_token=True, pooling="token", reg_tokens=0,
                      no_embed_class=False)
    if not config["class_token"] and config["pooling"] == "token":
        config["pooling"] = "avg"
    return config


def draw_convnext(rng):
    # A norm over very few channels is nearly a sign: float32 in timm is then
    # off by more than the tolerance.
    patch = rng.randint(1, 4)
    return dict(
        family="convnext", patch_size=patch, img_size=rng.randint(32, 80),
        dims=[rng.randint(8, 48) for _ in range(4)],
        depths=[rng.randint(1, 3) for _ in range(4)],
        num_classes=rng.choice([0, 1, 10, 100]),
        conv_mlp=rng.random() < 0.5, head_norm_first=rng.random() < 0.3,
        layer_scale=rng.choice([0, 1e-6]), norm_eps=rng.choice([1e-6, 1e-5]))


def draw_parameter(name, shape, generator):
    """No tensor is constant, so swapped norms or a lost bias are noticed."""
    if name.endswith("gamma") or (len(shape) == 1 and name.endswith("weight")):
        return generator.uniform(0.5, 1.5, shape)
    if name.endswith("bias"):
        return generator.normal(0, 0.1, shape)
    if name.endswith("token") or name == "pos_embed":
        return generator.normal(0, 0.2, shape)
    return generator.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape)


def write_case(folder, number, config, generator):
    model = timm_build.build(config).eval()
    weights = {}
    for name, tensor in model.state_dict().items():
        weights[name] = draw_parameter(
            name, tuple(tensor.shape), generator).astype(np.float32)
    model.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
    size = config["img_size"]
    x = generator.normal(0, 1, (2, 3, size, size)).astype(np.float32)
    with torch.no_grad():
        logits = model.double()(torch.from_numpy(x).double()).float().numpy()
    stem = folder / f"{number:04}"
    save_file(weights, f"{stem}.weights.safetensors")
    save_file({"input": x, "logits": np.ascontiguousarray(logits)},
              f"{stem}.case.safetensors", {"config": json.dumps(config)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tests", required=True, type=pathlib.Path,
                        help="the test program wsel-tests")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    generator = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory(prefix="wsel-parity-") as name:
        folder = pathlib.Path(name)
        for number in range(options.cases):
            draw = draw_vit if number % 2 == 0 else draw_convnext
            write_case(folder, number, draw(rng), generator)
        print(f"parity: {options.cases} models of timm, "
              f"seed {options.seed}", flush=True)
        return subprocess.run(
            [options.tests, "--gtest_filter=Parity.*", "--gtest_brief=1"],
            env={**os.environ, "WSEL_PARITY_DIR": name}).returncode


if __name__ == "__main__":
    sys.exit(main())
