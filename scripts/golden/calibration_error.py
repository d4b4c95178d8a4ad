"""Makes tests/golden/train/calibration_error.json with NumPy and SciPy.

    python scripts/golden/calibration_error.py

The expected calibration error of Guo et al. 2017 (15 bins), and the temperature
that minimises the cross-entropy, of logits that tests/hashed_source.h makes too.
"""

import json
import pathlib

import numpy
import scipy
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from hashed import hashed

FILE = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "train"
        / "calibration_error.json")


def case(images, classes, scale, signal):
    """Logits with noise in [-scale / 2, scale / 2), the label's raised."""
    logits = scale * hashed(f"logits {images} {classes}", (images, classes))
    logits = logits.astype(numpy.float64)
    labels = numpy.arange(images) * 7 % classes
    logits[numpy.arange(images), labels] += signal
    return logits.astype(numpy.float32).astype(numpy.float64), labels


def loss(logits, labels, temperature):
    scaled = logits / temperature
    own = scaled[numpy.arange(len(labels)), labels]
    return float(numpy.mean(logsumexp(scaled, axis=1) - own))


def ece(logits, labels, temperature):
    scaled = logits / temperature
    probabilities = numpy.exp(scaled - logsumexp(scaled, axis=1, keepdims=True))
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    total = 0
    edges = numpy.linspace(0, 1, 16)
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean()
                                         - confidence[inside].mean())
    return float(100 * total)


def main():
    rows = []
    for shape in [(200, 2, 8.0, 1.0), (500, 10, 16.0, 4.0),
                  (300, 37, 2.0, 1.0), (64, 5, 1.0, 0.25)]:
        logits, labels = case(*shape)
        fit = minimize_scalar(
            lambda inverse: loss(logits, labels, 1 / inverse),
            bounds=(0.01, 100), method="bounded", options={"xatol": 1e-10})
        temperature = 1 / fit.x
        rows.append([*shape, ece(logits, labels, 1), loss(logits, labels, 1),
                     temperature, ece(logits, labels, temperature),
                     loss(logits, labels, temperature)])
    lines = ",\n".join(json.dumps(row) for row in rows)
    FILE.write_text(f'{{"numpy": "{numpy.__version__}", '
                    f'"scipy": "{scipy.__version__}", "rows": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
