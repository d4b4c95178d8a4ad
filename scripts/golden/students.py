#!/usr/bin/env python3
"""Writes students with wsel and loads them into timm, as a user would.

    scripts/golden/students.py --wsel build/release/wsel
                               --tests build/release/tests/wsel-tests

Every teacher is a timm model with random weights. Each student must load into
timm with strict loading, from a safetensors file and from a .pth with equal
tensors, and the test Parity.LogitsAreTimms compares wsel's logits with timm's.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import timm
import torch
from safetensors import safe_open
from safetensors.numpy import save_file
from safetensors.torch import load_file

from parity import draw_parameter

# teacher, student, options of wsel init
CASES = [
    ("vit_small_patch16_224", "vit_tiny_patch16_224", []),
    ("vit_small_patch16_224", "vit_tiny_patch16_224",
     ["--method", "random-inconsistent", "--head", "reuse"]),
    ("vit_small_patch16_224", "vit_tiny_patch16_224",
     ["--method", "magnitude", "--skip", "attn,norm", "--layers", "last"]),
    ("vit_base_patch16_224", "vit_small_patch16_224",
     ["--method", "l2-shared", "--heads", "whole"]),
    ("vit_small_patch14_dinov2", "vit_tiny_patch16_224", []),
    ("deit_small_distilled_patch16_224", "deit_tiny_distilled_patch16_224",
     ["--head", "reuse"]),
    ("vit_base_patch16_clip_224", "vit_xsmall_patch16_clip_224",
     ["--method", "consecutive"]),
    ("convnext_tiny", "convnext_femto", []),
    ("convnext_nano", "convnext_atto", ["--method", "l1"]),
    ("convnext_small", "convnext_tiny",
     ["--layers", "uniform", "--method", "random"]),
]


def write_teacher(name, file, generator):
    tensors = {key: draw_parameter(key, tuple(value.shape), generator)
               .astype(np.float32) for key, value in
               timm.create_model(name).state_dict().items()}
    save_file(tensors, file)


def config_of(file):
    with safe_open(file, "pt") as student:
        return json.loads(student.metadata()["wsel.model"])


def make_student(wsel, teacher, student, options, folder, stem):
    """Loads the two files with the usual loaders."""
    loaded = []
    for file in (f"{stem}.weights.safetensors", f"{stem}.pth"):
        subprocess.run([wsel, "-q", "init", "--teacher", teacher, "--student",
                        student, "--output", file, *options],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        config = config_of(folder / f"{stem}.weights.safetensors")
        loaded.append(timm.create_model(
            student, num_classes=config["num_classes"],
            checkpoint_path=str(folder / file)).eval())
    weights = load_file(folder / f"{stem}.weights.safetensors")
    pickled = torch.load(folder / f"{stem}.pth", weights_only=True)
    assert list(weights) and all(torch.equal(weights[key], pickled[key])
                                 for key in weights), "the two files differ"
    loaded[0].load_state_dict(weights, strict=True)
    return loaded[0]


def write_case(model, folder, stem, generator):
    config = config_of(folder / f"{stem}.weights.safetensors")
    size = config["img_size"]
    x = generator.normal(0, 1, (2, 3, size, size)).astype(np.float32)
    with torch.no_grad():
        logits = model.double()(torch.from_numpy(x).double()).float().numpy()
    save_file({"input": x, "logits": np.ascontiguousarray(logits)},
              folder / f"{stem}.case.safetensors", {"config": json.dumps(config)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wsel", required=True, type=pathlib.Path)
    parser.add_argument("--tests", required=True, type=pathlib.Path)
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="wsel-students-") as name:
        folder = pathlib.Path(name)
        for number, (teacher, student, more) in enumerate(CASES):
            file = folder / f"{teacher}.safetensors"
            if not file.exists():
                write_teacher(teacher, file, generator)
            stem = f"{number:02}"
            model = make_student(options.wsel.resolve(), file, student, more,
                                 folder, stem)
            write_case(model, folder, stem, generator)
        print(f"students: {len(CASES)} loaded strictly into timm", flush=True)
        return subprocess.run(
            [options.tests, "--gtest_filter=Parity.*", "--gtest_brief=1"],
            env={**os.environ, "WSEL_PARITY_DIR": name}).returncode


if __name__ == "__main__":
    sys.exit(main())
