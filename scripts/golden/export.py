#!/usr/bin/env python3
"""Checks what wsel export writes, with other people's programs.

    scripts/golden/export.py --check build/release/wsel

    scripts/golden/export.py --check build/release/wsel --only eva_

Exports small models of every architecture and every form of ViT (those of
models.py, with hashed.py's parameters) in each dtype, and checks: onnx.checker
with full_check; strict shape
inference; logits of onnxruntime, OpenVINO and, for float32, ncnn against
timm's; that names, metadata and the dynamic batch are there; the same bytes each
time; predictions of wsel predict against timm's. Writes nothing into the
project. Needs what scripts/setup --parity installs; OpenVINO and ncnn are left out,
with a message, where they are missing.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import timm.data
import torch
from PIL import Image
from safetensors.numpy import save_file
from torchvision import transforms

import hashed
import models
import ncnn_engine
import timm_build

try:
    import openvino
except ImportError:
    openvino = None

DATA = pathlib.Path(__file__).parents[2] / "tests/golden/data/folders"
CLASSES = ["a", "b", "c", "d", "e"]
TOLERANCE = 1e-4  # of the largest logit
HALF_TOLERANCE = 2e-2
INT8_TOLERANCE = 0.15  # the small models have 0.03 to 0.08


def write_checkpoint(path, name, config):
    model = timm_build.build(config).eval()
    models.fill(model)
    tensors = {k: v.detach().numpy() for k, v in model.named_parameters()}
    save_file(tensors, path, {
        "wsel.model": json.dumps(dict(config, name=name)),
        "wsel.mean": "[0.5,0.5,0.5]", "wsel.std": "[0.5,0.5,0.5]",
        "wsel.classes": json.dumps(CLASSES)})
    return model


def channels_of(config):
    return config.get("in_chans", 3)


def mode_of(config):
    """Pillow's of the images that a model takes; None if no file has them."""
    return {1: "L", 3: "RGB"}.get(channels_of(config))


def error(found, expected):
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def run_onnxruntime(path, x):
    session = onnxruntime.InferenceSession(
        path, providers=["CPUExecutionProvider"])
    return session.run(None, {"images": x})[0]


def run_openvino(path, x):
    compiled = openvino.Core().compile_model(
        path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled(x)[0]


def left_out():
    """Packages of engines that are not installed."""
    missing = [] if openvino is not None else ["openvino"]
    return missing + [p for p in [ncnn_engine.missing()] if p]


def transform_of(config):
    """timm's; up to 32 px wsel crops without resizing, as CIFAR's recipes do."""
    size = models.both_sides(config["img_size"])
    half = (0.5,) * channels_of(config)
    if max(size) <= 32:
        return transforms.Compose([
            transforms.CenterCrop(size), transforms.ToTensor(),
            transforms.Normalize(half, half)])
    return timm.data.create_transform(
        (channels_of(config), *size), interpolation="bicubic",
        crop_pct=0.875, mean=half, std=half)


class Check:
    def __init__(self, wsel, folder):
        self.wsel = wsel
        self.folder = folder
        self.failures = []

    def expect(self, condition, text):
        if not condition:
            self.failures.append(text)
            print("  FAILED:", text)

    def run(self, *arguments):
        done = subprocess.run([self.wsel, "-q", *map(str, arguments)],
                              capture_output=True, text=True,
                              cwd=self.folder, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"wsel {arguments}: {done.stderr}")
        return done.stdout

    def file(self, name, config, path, x, expected, tolerance):
        """One exported file, in both engines, with batches of 1 and 3."""
        onnx.checker.check_model(path, full_check=True)
        model = onnx.load(path)
        onnx.shape_inference.infer_shapes(model, check_type=True,
                                          strict_mode=True, data_prop=True)
        batch = model.graph.input[0].type.tensor_type.shape.dim[0]
        self.expect(batch.dim_param == "batch", f"{name}: dynamic batch")
        props = {p.key: p.value for p in model.metadata_props}
        self.expect(json.loads(props["classes"]) == CLASSES,
                    f"{name}: classes")
        channels = channels_of(config)
        if mode_of(config):
            self.expect(json.loads(props["mean"]) == [0.5] * channels,
                        f"{name}: mean")
            self.expect(props["color"] == mode_of(config), f"{name}: color")
        longer = max(models.both_sides(json.loads(props["img_size"])))
        mode = "none" if longer <= 32 else "center"
        self.expect(props["crop_mode"] == mode, f"{name}: crop mode")
        engines = {"onnxruntime": run_onnxruntime}
        if openvino is not None:
            engines["openvino"] = run_openvino
        for engine, run in engines.items():
            for count in (1, 3):
                found = error(run(path, x[:count]), expected[:count])
                self.expect(found <= tolerance,
                            f"{name}: {engine}, batch {count}: {found:.1e}")
            print(f"  {name:28} {engine:12} {found:.1e}")

    def ncnn(self, name, path, x, expected):
        """In float32: pnnx does not read other files."""
        if ncnn_engine.missing():
            return
        try:
            found = error(ncnn_engine.run(path, x[:2]), expected[:2])
        except RuntimeError as fault:
            self.expect(False, f"{name}: {fault}")
            return
        self.expect(found <= TOLERANCE, f"{name}: ncnn: {found:.1e}")
        print(f"  {name:28} {'ncnn':12} {found:.1e}")

    def model(self, name, config):
        checkpoint = self.folder / f"{name}.safetensors"
        model = write_checkpoint(checkpoint, name, config)
        size = models.both_sides(config["img_size"])
        shape = (3, *size, channels_of(config))
        pixels = hashed.hashed("pixels", shape) * 255 + 127.5
        pixels = pixels.round().clip(0, 255).astype(np.uint8)
        x = ((pixels / np.float32(255) - 0.5) / 0.5).transpose(0, 3, 1, 2)
        x = np.ascontiguousarray(x, np.float32)
        with torch.no_grad():
            expected = model(torch.from_numpy(x)).numpy()
        for opset in (17, 21):
            path = self.folder / f"{name}.{opset}.onnx"
            self.run("export", checkpoint.name, path.name, "--opset", opset)
            self.file(f"{name} opset {opset}", config, str(path), x, expected,
                      TOLERANCE)
            if opset == 17:
                self.ncnn(name, str(path), x, expected)
            first = path.read_bytes()
            self.run("export", checkpoint.name, path.name, "--opset", opset)
            self.expect(path.read_bytes() == first, f"{name}: same bytes")
        for label, options, images, tolerance in (
                ("pixels", ["--preprocess"], pixels, TOLERANCE),
                ("float16", ["--dtype", "float16"], x, HALF_TOLERANCE)):
            if label == "pixels" and not mode_of(config):
                continue
            path = self.folder / f"{name}.{label}.onnx"
            self.run("export", checkpoint.name, path.name, *options)
            self.file(f"{name} {label}", config, str(path), images, expected,
                      tolerance)
        if not mode_of(config):
            return
        self.int8(name, config, checkpoint, model)
        self.predict(name, config, checkpoint, model)

    def int8(self, name, config, checkpoint, model):
        """On the images that it is calibrated on."""
        transform = transform_of(config)
        files = [f for f in DATA.glob("train/**/*") if f.is_file()]
        x = torch.stack([transform(Image.open(f).convert(mode_of(config)))
                         for f in sorted(files)])
        with torch.no_grad():
            expected = model(x).numpy()
        path = self.folder / f"{name}.int8.onnx"
        self.run("export", checkpoint.name, path.name, "--quantize", "int8",
                 "--dataset", "folder", "--data-root", DATA)
        self.file(f"{name} int8", config, str(path), x.numpy(), expected,
                  INT8_TOLERANCE)

    def predict(self, name, config, checkpoint, model):
        transform = transform_of(config)
        files = sorted(DATA.glob("val/*/*.jpg"))
        lines = self.run("predict", checkpoint.name, *files, "--json",
                         "--resize", "pillow-12").splitlines()
        self.expect(len(lines) == len(files), f"{name}: a line per image")
        for file, line in zip(files, map(json.loads, lines)):
            image = transform(Image.open(file).convert(mode_of(config)))
            with torch.no_grad():
                p = model(image[None]).softmax(1)[0].numpy()
            order = np.argsort(-p, kind="stable")
            self.expect([c["index"] for c in line["classes"]] == list(order),
                        f"{name}: classes of {file.name}")
            found = np.array([c["probability"] for c in line["classes"]])
            self.expect(np.abs(found - p[order]).max() < 1e-4,
                        f"{name}: probabilities of {file.name}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", "--wsel", required=True, metavar="WSEL")
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="models with this in their name")
    args = parser.parse_args()
    wsel = pathlib.Path(args.check).resolve()
    torch.set_num_threads(1)
    for package in left_out():
        print(f"{package} is not installed, so its engine is left out: "
              f"{sys.executable} -m pip install {package}")
    with tempfile.TemporaryDirectory() as folder:
        check = Check(str(wsel), pathlib.Path(folder))
        for name, config in models.SMALL.items():
            if config["num_classes"] > 0 and args.only in name:
                print(name)
                check.model(name, config)
    print(f"{len(check.failures)} failures")
    sys.exit(1 if check.failures else 0)


if __name__ == "__main__":
    main()
