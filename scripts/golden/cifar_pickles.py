"""Makes tests/golden/data/pickles/: CIFAR-10's test batch as others pickle it.

    python scripts/golden/cifar_pickles.py

Each file holds what tests/golden/data/cifar-10-batches-py/test_batch holds,
which datasets.py writes, in another form that torchvision reads: every protocol
of Python 3, labels and pixels as lists, tuples and numpy arrays. versions.json
has the versions of Python and numpy.
"""

import json
import pathlib
import pickle
import platform

import numpy as np

DATA = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "data"


def batches():
    path = DATA / "cifar-10-batches-py" / "test_batch"
    batch = pickle.loads(path.read_bytes(), encoding="latin1")
    labels, data = [int(label) for label in batch["labels"]], batch["data"]
    for protocol in range(6):
        yield f"protocol{protocol}", protocol, labels, data
        yield f"array{protocol}", protocol, np.array(labels), data
    yield "tuple", 2, tuple(labels), data
    yield "numpy-ints", 2, [np.int64(label) for label in labels], data
    yield "numpy-bytes", 4, [np.uint8(label) for label in labels], data
    yield "big-endian", 4, np.array(labels, ">i2"), data
    yield "lists", 3, labels, data.tolist()
    yield "rows", 3, labels, list(data)
    yield "fortran", 2, labels, np.asfortranarray(np.vstack([data, data]))
    yield "fortran5", 5, labels, np.asfortranarray(np.vstack([data, data]))
    yield "images", 2, labels, data.reshape(-1, 3, 32, 32)
    yield "float", 2, labels, data.astype(np.float32)


def main():
    folder = DATA / "pickles"
    folder.mkdir(exist_ok=True)
    for name, protocol, labels, data in batches():
        if len(data) > len(labels):
            labels = list(labels) * 2
        value = {"labels": labels, "data": data}
        (folder / name).write_bytes(pickle.dumps(value, protocol))
    as_bytes = {b"labels": [int(label) for label in labels][:1],
                b"data": np.asarray(data[:1], np.uint8)}
    (folder / "bytes-keys").write_bytes(pickle.dumps(as_bytes, 2))
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    (folder / "versions.json").write_text(json.dumps(versions) + "\n")


if __name__ == "__main__":
    main()
