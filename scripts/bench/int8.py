#!/usr/bin/env python3
"""Compares int8 with float32 in onnxruntime: top-1, size and latency.

  scripts/bench/int8.py build/release/wsel --data-root DIR CHECKPOINT...
  scripts/bench/int8.py build/release/wsel --dataset fashion_mnist \\
      --data-root /usr/share/datasets/fashion-mnist \\
      configs/fashion_mnist/*_teacher.safetensors

Exports each checkpoint in both, runs the files on all test images, prepared by timm
as the file's metadata state, and prints the Markdown table of docs/export.md. int8 is
calibrated on 256 training images; where DIR has folders of classes but no train, on
the test images. Classes of ImageNet may be any part of the 1,000, named by WordNet ids.
Needs onnx, onnxruntime and timm, as in .venv-parity.
"""

import argparse
import gzip
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
import timm.data
from PIL import Image
from torchvision import transforms

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm"}
TIMED_PASSES = 50


def fashion_mnist(root):
    """Images, the class of each, and the names of the classes if known."""
    def read(name, header):
        with gzip.open(root / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)
    pixels = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = read("t10k-labels-idx1-ubyte.gz", 8)
    return [Image.fromarray(p) for p in pixels], labels.tolist(), None


def folder(root):
    test = next((root / n for n in ("test", "val") if (root / n).is_dir()), root)
    classes = sorted(d.name for d in test.iterdir() if d.is_dir())
    found = [(f, i) for i, name in enumerate(classes)
             for f in sorted((test / name).rglob("*"))
             if f.suffix.lower() in ENDINGS]
    if not found:
        sys.exit(f"int8.py: {test} has no folders with images")
    return [f for f, _ in found], [i for _, i in found], classes


READERS = {"fashion_mnist": fashion_mnist, "folder": folder}


def outputs_of(classes, named, count):
    """The output that stands for each class."""
    if classes is None or (not named and len(classes) == count):
        return list(range(count))
    named = named or timm.data.ImageNetInfo().label_names()
    missing = [c for c in classes if c not in named]
    if missing:
        sys.exit(f"int8.py: the model has no class {missing[0]}")
    return [named.index(c) for c in classes]


def transform_of(props):
    size = json.loads(props["img_size"])
    size = (size, size) if isinstance(size, int) else tuple(size)
    mean, std = json.loads(props["mean"]), json.loads(props["std"])
    if props["crop_mode"] == "none":
        return transforms.Compose([
            transforms.CenterCrop(size), transforms.ToTensor(),
            transforms.Normalize(mean, std)])
    return timm.data.create_transform(
        (len(mean), *size), interpolation=props["interpolation"],
        crop_pct=float(props["crop_pct"]), crop_mode=props["crop_mode"],
        mean=mean, std=std)


def prepare(transform, image, mode):
    if isinstance(image, pathlib.Path):
        with Image.open(image) as opened:
            return transform(opened.convert(mode)).numpy()
    return transform(image.convert(mode)).numpy()


def logits_of(session, images, transform, mode):
    rows = []
    for begin in range(0, len(images), 16):
        batch = [prepare(transform, i, mode) for i in images[begin:begin + 16]]
        rows.append(session.run(None, {"images": np.stack(batch)})[0])
    return np.concatenate(rows)


def latency(session, image):
    """Milliseconds of one image; the median."""
    times = []
    for _ in range(TIMED_PASSES):
        begin = time.perf_counter()
        session.run(None, {"images": image})
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times[5:])


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options,
                                        providers=["CPUExecutionProvider"])


def export(wsel, checkpoint, path, options):
    done = subprocess.run(
        [wsel, "export", checkpoint, path, "--json", *options],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"int8.py: wsel export {checkpoint}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def calibration_root(root, dataset, scratch):
    """Where wsel finds a training split: the test images if there is none."""
    if dataset != "folder" or (root / "train").is_dir():
        return root
    for split in ("train", "val"):
        (scratch / split).symlink_to(root.resolve())
    return scratch


def compare(args, checkpoint, images, labels, classes, scratch):
    """Prints two rows of the table."""
    int8 = ["--quantize", "int8", "--dataset", args.dataset, "--data-root",
            calibration_root(args.data_root, args.dataset, scratch)]
    exact = best = None
    for kind, options in (("float32", []), ("int8", int8)):
        path = scratch / f"{kind}.onnx"
        made = export(args.wsel, checkpoint, path, options)
        props = {p.key: p.value for p in onnx.load(path).metadata_props}
        session, transform = session_of(path), transform_of(props)
        logits = logits_of(session, images, transform, props["color"])
        named = json.loads(props["classes"]) if "classes" in props else None
        outputs = outputs_of(classes, named, logits.shape[1])
        right = logits.argmax(1) == [outputs[i] for i in labels]
        if exact is None:
            exact, best = logits, logits.argmax(1)
        error = np.abs(logits - exact).max() / np.abs(exact).max()
        one = prepare(transform, images[0], props["color"])[None]
        name = checkpoint.stem if kind == "float32" else ""
        print(f"| {name} | {kind} | {path.stat().st_size / 1e6:.2f} MB "
              f"| {error:.1e} | {100 * np.mean(logits.argmax(1) == best):.2f} % "
              f"| {100 * right.mean():.2f} ({right.sum()}) "
              f"| {latency(session, one):.2f} ms |", flush=True)
    kept = made["calibration"]["float_layers"]
    return f"{checkpoint.stem}: float32 layers: {', '.join(kept) or 'none'}"


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    names = [x.split(":")[1].strip() for x in lines if x.startswith("model name")]
    return names[0] if names else "unknown processor"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("wsel", type=pathlib.Path)
    parser.add_argument("checkpoints", type=pathlib.Path, nargs="+",
                        metavar="CHECKPOINT")
    parser.add_argument("--dataset", default="folder", choices=sorted(READERS))
    parser.add_argument("--data-root", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.wsel = args.wsel.resolve()
    images, labels, classes = READERS[args.dataset](args.data_root)
    print(f"{len(images)} images, onnxruntime {onnxruntime.__version__}, 1 thread, "
          f"{processor()}\n")
    print("| model | file | size | largest logit difference | same top-1 | top-1 "
          "(images) | latency |\n|---|---|---|---|---|---|---|")
    notes = []
    for checkpoint in args.checkpoints:
        with tempfile.TemporaryDirectory() as scratch:
            notes.append(compare(args, checkpoint, images, labels, classes,
                                 pathlib.Path(scratch)))
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
