"""Makes tests/golden/data/ with torchvision 0.26 (and scipy, which reads .mat).

    python scripts/golden/datasets.py

A tiny data set in the layout of each supported one, its formats written by hand
or by Pillow and scipy; datasets.json: what torchvision's classes read from
them. Digests are the first 16 hexadecimal digits of SHA-256 over the RGB bytes.
"""

import hashlib
import json
import pathlib
import pickle
import shutil
import struct

import numpy as np
import PIL
import scipy
import torchvision
from PIL import Image
from scipy.io import savemat
from torchvision import datasets
from torchvision.datasets import cifar, flowers102, mnist, stl10, svhn

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "data"


def noise(name, *shape):
    """Random bytes, the same on every run."""
    return np.random.Generator(
        np.random.PCG64(list(name.encode()))
    ).integers(0, 256, shape, np.uint8)


class Python2Pickler(pickle._Pickler):
    """Writes str and bytes as Python 2's str, as in CIFAR's files."""

    def save_str(self, obj):
        data = obj if isinstance(obj, bytes) else obj.encode("latin1")
        if len(data) < 256:
            self.write(b"U" + struct.pack("<B", len(data)) + data)
        else:
            self.write(b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(obj)

    dispatch = dict(pickle._Pickler.dispatch)
    dispatch[str] = save_str
    dispatch[bytes] = save_str


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_pickle(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        Python2Pickler(file, 2).dump(value)


def write_mat(path, variables):
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, variables, do_compression=True)
    with open(path, "r+b") as file:  # instead of the current time
        file.write(b"MATLAB 5.0 MAT-file".ljust(116))


def write_jpeg(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(noise(path.name, 3, 4, 3))
    picture = picture.resize((12, 9), Image.Resampling.BICUBIC)
    picture.save(path, "JPEG", optimize=True)


def make_cifar(root):
    ten = root / "cifar-10-batches-py"
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    for i, name in enumerate(names):
        data = noise(name, 1, 3072)
        write_pickle(ten / name, {"labels": [(3 * i) % 10], "data": data})
    write_pickle(ten / "batches.meta",
                 {"label_names": [f"class {i}" for i in range(10)]})
    hundred = root / "cifar-100-python"
    for name, labels in (("train", [99, 5]), ("test", [42])):
        write_pickle(hundred / name, {
            "coarse_labels": [1] * len(labels), "fine_labels": labels,
            "data": noise(name, len(labels), 3072)})
    write_pickle(hundred / "meta",
                 {"fine_label_names": [f"fine {i}" for i in range(100)],
                  "coarse_label_names": ["coarse"]})


def make_arrays(root):
    stl = root / "stl10_binary"
    write(stl / "train_X.bin", noise("stl", 1, 3, 96, 96).tobytes())
    write(stl / "train_y.bin", bytes([7]))
    for split, digits in (("train", [10, 1]), ("test", [3, 10])):
        write_mat(root / f"{split}_32x32.mat", {
            "X": noise(split, 32, 32, 3, len(digits)),
            "y": np.array(digits, np.uint8)[:, None]})
    raw = root / "FashionMNIST" / "raw"
    for split, labels in (("train", [9, 0, 4]), ("t10k", [2])):
        pixels = noise(split, len(labels), 28, 28).tobytes()
        write(raw / f"{split}-images-idx3-ubyte",
              struct.pack(">4i", 0x803, len(labels), 28, 28) + pixels)
        write(raw / f"{split}-labels-idx1-ubyte",
              struct.pack(">2i", 0x801, len(labels)) + bytes(labels))


def make_flowers(root):
    folder = root / "flowers-102"
    for i in range(1, 7):
        write_jpeg(folder / "jpg" / f"image_{i:05}.jpg")
    write_mat(folder / "imagelabels.mat",
            {"labels": np.array([[102, 1, 51, 2, 60, 3]], np.uint8)})
    splits = {"trnid": [5, 2], "valid": [4, 1], "tstid": [3, 6]}
    write_mat(folder / "setid.mat",
            {k: np.array([v], np.uint16) for k, v in splits.items()})


def make_lists(root):
    pets = root / "oxford-iiit-pet"
    lists = {"trainval": ["Abyssinian_1 1 1 1", "american_pit_bull_terrier_2 "
                          "2 2 1", "Abyssinian_10 1 1 1"],
             "test": ["american_pit_bull_terrier_9 2 2 1",
                      "Abyssinian_3 1 1 1"]}
    for split, lines in lists.items():
        write(pets / "annotations" / f"{split}.txt",
              "".join(line + "\n" for line in lines).encode())
        for line in lines:
            write_jpeg(pets / "images" / f"{line.split()[0]}.jpg")
    food = root / "food-101"
    for split, listed in (("train", {"pizza": ["pizza/7", "pizza/5"],
                                     "baklava": ["baklava/1"]}),
                          ("test", {"pizza": ["pizza/2"],
                                    "baklava": ["baklava/3"]})):
        write(food / "meta" / f"{split}.json", json.dumps(listed).encode())
        for name in sum(listed.values(), []):
            write_jpeg(food / "images" / f"{name}.jpg")
    dtd = root / "dtd" / "dtd"
    for split, i in (("train", 1), ("val", 2), ("test", 3)):
        lines = [f"woven/woven_{i}.jpg", f"banded/banded_{i}.jpg"]
        write(dtd / "labels" / f"{split}1.txt", "\n".join(lines).encode())
        for line in lines:
            write_jpeg(dtd / "images" / line)


def make_folders(root):
    for name in ("train/b/2.jpg", "train/b/10.JPEG", "train/b/x/1.jpg",
                 "train/B/1.jpg", "val/b/3.jpg", "val/B/2.jpg"):
        write_jpeg(root / "folders" / name)


def digest(picture):
    data = picture.convert("RGB").tobytes()
    return hashlib.sha256(data).hexdigest()[:16]


def row(name, split, root, parts, classes):
    samples = [sample for part in parts for sample in part]
    return {"name": name, "split": split, "root": root, "classes": classes,
            "labels": [int(label) for _, label in samples],
            "pixels": [digest(picture) for picture, _ in samples]}


def read_all(root):
    # The tiny files do not have the official checksums.
    for module in (cifar, flowers102, mnist, stl10, svhn):
        module.check_integrity = lambda path, md5=None: True
    rows = []
    for split in ("train", "test"):
        train = split == "train"

        def add(name, *parts, classes=None, at=""):
            rows.append(row(name, split, at, parts,
                            classes or list(parts[0].classes)))

        add("cifar10", datasets.CIFAR10(root, train))
        add("cifar100", datasets.CIFAR100(root, train))
        add("fashion_mnist", datasets.FashionMNIST(root, train))
        add("svhn", datasets.SVHN(root, split),
            classes=[str(i) for i in range(10)])
        official = ["train", "val"] if train else ["test"]
        add("flowers102", *(datasets.Flowers102(root, s) for s in official))
        add("dtd", *(datasets.DTD(root, s) for s in official))
        add("pets", datasets.OxfordIIITPet(
            root, "trainval" if train else split))
        add("food101", datasets.Food101(root, split))
        add("folder", datasets.ImageFolder(
            root / "folders" / ("train" if train else "val")), at="folders")
    # Without class_names.txt torchvision has no names.
    names = "airplane bird car cat deer dog horse monkey ship truck".split()
    rows.append(row("stl10", "train", "", [datasets.STL10(root, "train")],
                    names))
    return rows


def main():
    if FOLDER.exists():
        shutil.rmtree(FOLDER)
    for make in (make_cifar, make_arrays, make_flowers, make_lists,
                 make_folders):
        make(FOLDER)
    golden = {"versions": {m.__name__: m.__version__
                           for m in (np, PIL, scipy, torchvision)},
              "rows": read_all(FOLDER)}
    (FOLDER / "datasets.json").write_text(
        json.dumps(golden).replace('{"name', '\n{"name') + "\n")


if __name__ == "__main__":
    main()
