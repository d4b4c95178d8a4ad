"""Makes tests/golden/train/probe.safetensors: scikit-learn's logistic
regression of hashed features, and its pipeline of StandardScaler and that.

    python scripts/golden/probe.py

The features of class c are hashed noise around a hashed mean, not linearly
separable; tests/probe/linear_probe_test.cpp uses the same.
"""

import json
import pathlib

import numpy as np
import safetensors.numpy
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import hashed

PATH = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "train" /
        "probe.safetensors")
CLASSES, WIDTH = 5, 24
TRAIN, TEST = 400, 1000
PENALTIES = (0.1, 1.0, 10.0)


def features(name, count):
    labels = np.arange(count) % CLASSES
    means = hashed.normal("probe.means", (CLASSES, WIDTH), 0.4)
    return means[labels] + hashed.normal(f"probe.{name}", (count, WIDTH), 1.0), labels


def uneven(values):
    """The same features, each at another scale (a power of two, so that C++
    rounds alike) and offset. The first is constant."""
    column = np.arange(WIDTH)
    scale = np.ldexp(np.float32(1), 3 * (column % 12) - 24)
    values = (values + column.astype(np.float32)) * scale
    values[:, 0] = np.float32(0.1)
    return values


def pipelines(train, test, out):
    """Of five classes and of two, which have another loss in scikit-learn."""
    for classes in (CLASSES, 2):
        def part(data):
            chosen = data[1] < classes
            return uneven(data[0])[chosen], data[1][chosen]
        pipeline = make_pipeline(
            StandardScaler(),
            LogisticRegression(C=0.1, tol=1e-10, max_iter=10000))
        pipeline.fit(*part(train))
        found = pipeline.predict_proba(part(test)[0][:100])
        out[f"pipeline.probabilities.{classes}"] = np.ascontiguousarray(
            found, np.float32)
        out[f"pipeline.scale.{classes}"] = pipeline[0].scale_.astype(np.float32)
        print("pipeline", classes, pipeline.score(*part(test)))


def main():
    train, test = features("train", TRAIN), features("test", TEST)
    out = {}
    for l2 in PENALTIES:
        model = LogisticRegression(C=1 / l2, tol=1e-10, max_iter=10000)
        model.fit(*train)
        # scikit-learn's is in Fortran order, which safetensors would ignore.
        out[f"weight.{l2:g}"] = np.ascontiguousarray(model.coef_, np.float32)
        out[f"bias.{l2:g}"] = model.intercept_.astype(np.float32)
        out[f"top1.{l2:g}"] = np.float32([100 * model.score(*test)])
        print(l2, model.score(*train), model.score(*test))
    pipelines(train, test, out)
    versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__}
    safetensors.numpy.save_file(out, PATH, {"versions": json.dumps(versions)})
    print(PATH.name, PATH.stat().st_size)


if __name__ == "__main__":
    main()
