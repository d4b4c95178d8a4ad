"""Makes tests/golden/train/multi_label.json with scikit-learn and torch:
metrics of images with several labels, and losses with pos_weight.

    python scripts/golden/multi_label.py
"""

import pathlib

import numpy
import sklearn
import torch
from sklearn.metrics import (accuracy_score, average_precision_score,
                             f1_score)
from torch.nn.functional import binary_cross_entropy_with_logits

import by_key

FILE = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "train" /
        "multi_label.json")


def metrics(logits, labels):
    predictions = (logits > 0).astype(int)
    present = labels.any(0)
    loss = binary_cross_entropy_with_logits(
        torch.from_numpy(logits).double(), torch.from_numpy(labels).double())
    return {
        "logits": logits.tolist(),
        "labels": labels.tolist(),
        # Of a class without images scikit-learn warns, and returns 0.
        "average_precision": [
            float(average_precision_score(labels[:, c], logits[:, c]))
            if present[c] else None for c in range(labels.shape[1])],
        "mean_ap": float(average_precision_score(
            labels[:, present], logits[:, present], average="macro")),
        "macro_f1": float(f1_score(labels, predictions, average="macro",
                                   zero_division=numpy.nan)),
        "subset_accuracy": float(accuracy_score(labels, predictions)),
        "loss": loss.item(),
    }


def drawn(images, shares, seed, digits):
    """Few digits make ties."""
    random = numpy.random.default_rng(seed)
    labels = (random.random((images, len(shares))) < shares).astype(int)
    logits = random.normal(2 * labels - 1.2, 1.5)
    return metrics(logits.round(digits).astype(numpy.float32), labels)


def pos_weights(samples, images):
    """As in the documentation of BCEWithLogitsLoss: 300 negative and 100
    positive examples have a weight of 3."""
    return {"samples": samples, "images": images,
            "weights": [(images - n) / n for n in samples]}


def weighted_loss():
    generator = torch.Generator().manual_seed(5)
    logits = torch.randn(6, 4, generator=generator)
    targets = torch.rand(6, 4, generator=generator).round(decimals=1)
    weight = torch.tensor([0.5, 3.0, 1.25, 7.0])
    logits.requires_grad_(True)
    loss = torch.nn.BCEWithLogitsLoss(pos_weight=weight)(logits, targets)
    loss.backward()
    return {
        "logits": logits.detach().tolist(),
        "targets": targets.tolist(),
        "pos_weight": weight.tolist(),
        "loss": loss.item(),
        "gradient": logits.grad.tolist(),
    }


def main():
    # All right; nothing right, where every logit is equal; a class without
    # images that is predicted, and one that is not.
    right = numpy.array([[1, 0], [1, 1], [0, 0]])
    edges = [
        metrics((4 * right - 2).astype(numpy.float32), right),
        metrics(numpy.zeros((3, 2), numpy.float32), right),
        metrics(numpy.array([[2, 1, -1], [-1, -2, -3], [0.5, -1, -2]],
                            numpy.float32),
                numpy.array([[1, 0, 0], [1, 0, 0], [0, 0, 0]])),
    ]
    golden = {
        "versions": {"scikit-learn": sklearn.__version__,
                     "torch": torch.__version__,
                     "numpy": numpy.__version__},
        "metrics": [drawn(40, [0.5, 0.1, 0.3, 0.05], 0, 3),
                    drawn(60, [0.2, 0.7, 0.4], 1, 0), *edges],
        "pos_weights": [pos_weights([100, 1, 399], 400),
                        pos_weights([5], 10)],
        "weighted_loss": weighted_loss(),
    }
    by_key.write(FILE, golden)


if __name__ == "__main__":
    main()
