"""Runs an ONNX file in ncnn, for export.py.

    pip install pnnx ncnn

pnnx, of the same project, converts the file for one size and a batch of 1.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

try:
    import ncnn
except ImportError:
    ncnn = None

PNNX = pathlib.Path(sys.executable).with_name("pnnx")


def missing():
    """The package that is not installed, or None."""
    if ncnn is None:
        return "ncnn"
    return None if PNNX.exists() else "pnnx"


def convert(path, shape, folder):
    """The files of ncnn for images of this shape [C, H, W]."""
    shutil.copy(path, folder / "m.onnx")
    sides = ",".join(map(str, (1, *shape)))
    done = subprocess.run(
        [PNNX, "m.onnx", f"inputshape=[{sides}]", "fp16=0"], cwd=folder,
        capture_output=True, text=True, check=False)
    if done.returncode != 0 or not (folder / "m.ncnn.bin").exists():
        raise RuntimeError(f"pnnx: {done.stderr[-300:]}")
    return folder / "m.ncnn.param", folder / "m.ncnn.bin"


def run(path, x):
    """Logits [N, classes] of images [N, C, H, W] in float32. RuntimeError where
    the conversion or ncnn fails."""
    with tempfile.TemporaryDirectory() as folder:
        param, weights = convert(path, x.shape[1:], pathlib.Path(folder))
        net = ncnn.Net()
        net.opt.use_fp16_packed = False
        net.opt.use_fp16_storage = False
        net.opt.use_fp16_arithmetic = False
        net.opt.use_bf16_storage = False
        net.opt.num_threads = 1
        if net.load_param(str(param)) or net.load_model(str(weights)):
            raise RuntimeError("ncnn cannot load what pnnx wrote")
        logits = []
        for image in x:
            extractor = net.create_extractor()
            extractor.input("in0", ncnn.Mat(np.ascontiguousarray(image)).clone())
            code, out = extractor.extract("out0")
            if code:
                raise RuntimeError(f"ncnn fails with {code}")
            logits.append(np.array(out).copy())
        return np.stack(logits)
