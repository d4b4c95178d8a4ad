"""Makes tests/golden/checkpoint/ with the real torch and safetensors.

    python scripts/golden/checkpoints.py              # writes the goldens
    python scripts/golden/checkpoints.py --check FILE [LIKE]
    python scripts/golden/checkpoints.py --sums FILE...

--check loads FILE as a user would: a .pth with torch.load(weights_only=True)
(with and without mmap), anything else with safetensors.torch. It prints the
tensors, and with LIKE compares names, shapes, dtypes and bytes with that file.
--sums prints the number of tensors in each FILE and the sum of their CRC-32,
for the table in tests/checkpoint/foreign_test.cpp. FILEs are unpickled, so they
must be trusted.
"""

import argparse
import io
import json
import pathlib
import pickle
import sys
import zipfile
import zlib

import ml_dtypes
import numpy
import safetensors
import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "checkpoint"
CORPUS = pathlib.Path(__file__).parents[2] / "tests" / "fuzz" / "corpus"

DTYPES = [
    "bool", "uint8", "int8", "int16", "uint16", "int32", "uint32", "int64",
    "uint64", "float8_e4m3fn", "float8_e5m2", "float16", "bfloat16",
    "float32", "float64",
]
NUMPY_DTYPES = [name for name in DTYPES if not name.startswith(("float8", "bf"))]


def ramp(*shape, dtype=torch.float32):
    """0, 1, 2, ...: values that a test knows without a file."""
    count = int(numpy.prod(shape))
    values = torch.arange(count).to(torch.float64)
    return values.to(dtype).reshape(shape)


class Module(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = torch.nn.Linear(3, 2)
        self.blocks = torch.nn.ModuleList([torch.nn.LayerNorm(2)])
        self.register_buffer("scale", torch.tensor([0.5], dtype=torch.float16))
        self.grid = 7

    def forward(self, x):
        return self.blocks[0](self.proj(x)) * self.scale


def module():
    made = Module()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(ramp(*parameter.shape))
    return made


def training():
    """What a training script saves, including argparse's Namespace."""
    model = module()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    args = argparse.Namespace(model="vit_tiny", lr=0.001, distributed=False,
                              output=None, layers=[1, 2])
    return {"model": module().state_dict(), "optimizer": optimizer.state_dict(),
            "epoch": 300, "big": 2**40, "huge": 2**100,
            "acc1": numpy.float64(72.5), "args": args,
            "ema": [ramp(2), {"decay": 0.999}]}


def views():
    base = ramp(4, 6)
    return {"transposed": base.t(), "row": base[2], "column": base[:, 1],
            "corner": base[1:3, 2:5], "expanded": ramp(3, 1).expand(3, 5),
            "tied": base, "scalar": torch.tensor(5.0),
            "empty": torch.zeros(0, 4)}


def set_aside():
    """One ordinary tensor among unsupported ones."""
    value = ramp(2, 2)
    return {"weight": value, "complex": torch.complex(value, value),
            "negated": torch.complex(value, value).conj().imag,
            "sparse": value.to_sparse(), "array": value.numpy(),
            "quantised": torch.quantize_per_tensor(value, 1.0, 0, torch.qint8),
            "meta": value.to("meta"), "scalar": numpy.float32(1)}


def save_legacy(value, name, protocol=2):
    """In the format from before torch 1.6."""
    torch.save(value, FOLDER / name, pickle_protocol=protocol,
               _use_new_zipfile_serialization=False)


def make_corpus():
    """Seeds of the fuzz targets: a few hundred bytes each."""
    def file(target, name):
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        return CORPUS / target / name

    small = {"a.w": ramp(2, 3), "b": ramp(2, dtype=torch.float16)}
    safetensors.torch.save_file(small, file("safetensors", "small"),
                                metadata={"format": "pt"})
    arrays = {"a/w": ramp(2, 3).numpy(),
              "b": numpy.asfortranarray(ramp(2, 2).numpy())}
    numpy.savez(file("npz", "small.npz"), **arrays)
    file("npz", "small.npz").rename(file("npz", "small"))
    with open(file("npz", "array"), "wb") as out:
        numpy.save(out, arrays["b"])
    values = {"small": small, "module": module(),
              "mixed": {"w": ramp(4, 4).t(), "n": numpy.float32(1), "t": (1,),
                        "args": argparse.Namespace(lr=0.1, s={1}, b=b"x"),
                        "c": torch.complex(ramp(2), ramp(2)),
                        "p": torch.nn.Parameter(ramp(2)), "big": 2**70}}
    for name, value in values.items():
        torch.save(value, file("torch_zip", name))
        with zipfile.ZipFile(file("torch_zip", name)) as archive:
            pickled = archive.read(f"{name}/data.pkl")
        file("torch_zip", name + "_pickle").write_bytes(pickled)
        if name != "module":  # the source of a module would be saved, too
            torch.save(value, file("legacy_torch", name),
                       _use_new_zipfile_serialization=False)
    torch.save(small, file("legacy_torch", "protocol4"), pickle_protocol=4,
               _use_new_zipfile_serialization=False)
    index = {"metadata": {"total_size": 12, "nested": [{"a": None}]},
             "weight_map": {"a": "a.safetensors", "b": "b.safetensors",
                            "c": "b.safetensors"}}
    file("sharded", "index").write_text(json.dumps(index, indent=1))


def make():
    make_corpus()
    FOLDER.mkdir(parents=True, exist_ok=True)
    every = {name: ramp(2, 3, dtype=getattr(torch, name)) for name in DTYPES}
    torch.save(every, FOLDER / "dtypes.pth")
    torch.save(training(), FOLDER / "training.pth")
    torch.save(views(), FOLDER / "views.pth")
    torch.save(ramp(2, 2), FOLDER / "alone.pth")
    torch.save({"a.b": ramp(1), "a": {"b": ramp(1)}}, FOLDER / "collision.pth")
    torch.save({"weight": ramp(2, 2).to_sparse()}, FOLDER / "sparse.pth")
    torch.save(module().state_dict(), FOLDER / "protocol4.pth",
               pickle_protocol=4)
    # A script's classes are pickled as members of __main__.
    torch.save(module(), FOLDER / "module.pth")
    script = torch.jit.script(module())
    torch.jit.save(script, str(FOLDER / "script.pt"))
    torch.jit.save(torch.jit.freeze(script.eval()), str(FOLDER / "frozen.pt"))
    safetensors.torch.save_file(every, FOLDER / "dtypes.safetensors",
                                metadata={"format": "pt"})
    torch.save(set_aside(), FOLDER / "set_aside.pth")
    save_legacy(every, "legacy.pth")
    save_legacy(set_aside() | training() | views(), "legacy_training.pth")
    save_legacy(module().state_dict(), "legacy_protocol4.pth", protocol=4)
    arrays = {name: ramp(2, 3).numpy().astype(name) for name in NUMPY_DTYPES}
    arrays["bfloat16"] = ramp(2, 3).numpy().astype(ml_dtypes.bfloat16)
    arrays["block_0/fortran"] = numpy.asfortranarray(ramp(2, 3).numpy())
    arrays["block_0/scalar"] = numpy.float32(5)
    arrays["block_0/empty"] = numpy.zeros((0, 4))
    arrays["text"] = numpy.array(["jax"])
    numpy.savez(FOLDER / "arrays.npz", **arrays)
    numpy.savez_compressed(FOLDER / "compressed.npz", kernel=ramp(2).numpy())
    (FOLDER / "versions.json").write_text(json.dumps({
        "python": sys.version.split()[0], "torch": torch.__version__,
        "safetensors": safetensors.__version__,
        "numpy": numpy.__version__, "ml_dtypes": ml_dtypes.__version__}, indent=2) + "\n")


def load(path):
    if path.suffix not in (".pth", ".pt", ".bin"):
        return safetensors.torch.load_file(path)
    loaded = torch.load(path, weights_only=True)
    mapped = torch.load(path, weights_only=True, mmap=True)
    for name, tensor in loaded.items():
        assert raw(tensor) == raw(mapped[name]), f"{name}: differs with mmap"
    assert zipfile.ZipFile(path).testzip() is None, "wrong checksum"
    return loaded


def tensors_in(value):
    """All tensors in the result of torch.load, at any depth."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, numpy.ndarray) and value.dtype != object:
        return [torch.from_numpy(value)]
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, (list, tuple)):
        value = list(getattr(value, "__dict__", {}).values())
    return [tensor for item in value for tensor in tensors_in(item)]


class Attributes:
    """Stands in for a TorchScript class."""


def attributes_of_script(path):
    """All attributes of a scripted module; state_dict() lacks some."""
    archive = torch._C.PyTorchFileReader(str(path))

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            if module.startswith("__torch__"):
                return Attributes
            if module == "torch" and name.endswith("Storage"):
                return getattr(torch, name)
            return super().find_class(module, name)

        def persistent_load(self, saved):
            _, kind, key, _, count = saved[:5]
            tensor = archive.get_storage_from_record(
                f"data/{key}", count, kind.dtype)
            return tensor.storage()

    return Unpickler(io.BytesIO(archive.get_record("data.pkl"))).load()


def load_any(path):
    start = path.read_bytes()[:9]
    if start[8:] == b"{":
        return safetensors.torch.load_file(path)
    if path.suffix == ".npz":
        return dict(numpy.load(path))
    if b"constants.pkl" in path.read_bytes():
        return attributes_of_script(path)
    return torch.load(path, weights_only=False, map_location="cpu")


def print_sums(paths):
    for path in paths:
        try:
            found = tensors_in(load_any(path))
        except Exception as error:  # any error: the file cannot be read
            print(f"{path.name}: {type(error).__name__}: {str(error)[:90]}")
            continue
        total = sum(zlib.crc32(raw(tensor)) for tensor in found) % 2**32
        print(f"{path.name}: {len(found)} 0x{total:08X}")


def raw(tensor):
    return bytes(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy())


def check(path, like):
    loaded = load(path)
    for name, tensor in loaded.items():
        print(name, list(tensor.shape), tensor.dtype)
    if like is None:
        return
    wanted = load(like)
    assert set(loaded) == set(wanted), "other names"
    for name, tensor in wanted.items():
        mine = loaded[name]
        assert mine.shape == tensor.shape, f"{name}: other shape"
        assert mine.dtype == tensor.dtype, f"{name}: other dtype"
        assert raw(mine) == raw(tensor), f"{name}: values differ"
    print(f"equal to {like}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", nargs="+", type=pathlib.Path,
                        metavar=("FILE", "LIKE"))
    parser.add_argument("--sums", nargs="+", type=pathlib.Path,
                        metavar="FILE")
    arguments = parser.parse_args()
    if arguments.sums:
        print_sums(arguments.sums)
    elif arguments.check:
        check(arguments.check[0], (arguments.check[1:] or [None])[0])
    else:
        make()


if __name__ == "__main__":
    main()
