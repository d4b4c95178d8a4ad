"""Makes tests/golden/train/class_metrics.json with scikit-learn and torch:
metrics and weights of imbalanced classes.

    python scripts/golden/class_metrics.py
"""

import pathlib

import numpy
import sklearn
import torch
from sklearn.metrics import (balanced_accuracy_score, confusion_matrix,
                             f1_score)
from sklearn.utils.class_weight import compute_class_weight

import by_key

FILE = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "train" /
        "class_metrics.json")


def metrics(classes, labels, predictions):
    return {
        "classes": classes,
        "labels": labels,
        "predictions": predictions,
        "balanced_accuracy": float(balanced_accuracy_score(labels,
                                                           predictions)),
        "macro_f1": float(f1_score(labels, predictions, average="macro",
                                   zero_division=0)),
        "confusion": confusion_matrix(labels, predictions,
                                      labels=range(classes)).tolist(),
    }


def drawn_metrics(classes, shares, count, seed):
    random = numpy.random.default_rng(seed)
    labels = random.choice(classes, count, p=shares)
    right = random.random(count) < 0.6
    guesses = random.choice(classes, count, p=shares)
    return metrics(classes, labels.tolist(),
                   numpy.where(right, labels, guesses).tolist())


def weights(samples):
    labels = numpy.repeat(numpy.arange(len(samples)), samples)
    present = numpy.unique(labels)
    values = compute_class_weight("balanced", classes=present, y=labels)
    # Classes without samples are unknown to it.
    all_values = numpy.zeros(len(samples))
    all_values[present] = values
    return {"samples": samples, "weights": all_values.tolist()}


def weighted_loss():
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(6, 4, generator=generator)
    targets = torch.softmax(2 * torch.randn(6, 4, generator=generator), 1)
    weight = torch.tensor([0.5, 2.0, 1.25, 0.0])
    logits.requires_grad_(True)
    loss = torch.nn.functional.cross_entropy(logits, targets, weight=weight)
    loss.backward()
    return {
        "logits": logits.detach().tolist(),
        "targets": targets.tolist(),
        "weight": weight.tolist(),
        "loss": loss.item(),
        "gradient": logits.grad.tolist(),
    }


def main():
    golden = {
        "versions": {"scikit-learn": sklearn.__version__,
                     "torch": torch.__version__,
                     "numpy": numpy.__version__},
        "metrics": [
            drawn_metrics(3, [0.62, 0.25, 0.13], 60, 0),
            drawn_metrics(5, [0.4, 0.3, 0.2, 0.06, 0.04], 80, 1),
            # A class is never predicted, one is missing and predicted, one is
            # neither.
            metrics(5, [0, 0, 0, 1, 1, 2], [0, 0, 3, 0, 1, 1]),
            metrics(2, [0, 0, 0, 0], [0, 0, 0, 0]),
        ],
        "weights": [weights([62, 25, 13]), weights([5, 5]),
                    weights([100, 1, 0, 9]), weights([7])],
        "weighted_loss": weighted_loss(),
    }
    by_key.write(FILE, golden)


if __name__ == "__main__":
    main()
