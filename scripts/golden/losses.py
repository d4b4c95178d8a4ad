"""Makes tests/golden/train/losses.safetensors: losses of timm and torchvision
and their gradients by the logits, with label smoothing and mixup as timm makes
them.

    python scripts/golden/losses.py
"""

import json
import pathlib

import numpy
import safetensors.numpy
import timm
import torch
import torchvision
from timm.data.mixup import mixup_target
from timm.loss import BinaryCrossEntropy
from torchvision.ops import sigmoid_focal_loss

from hashed import hashed

FILE = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "train" /
        "losses.safetensors")
IMAGES, CLASSES = 6, 10


def targets():
    labels = torch.tensor([3, 0, 9, 3, 7, 1])
    return {"hard": mixup_target(labels, CLASSES, 1.0, 0.0),
            "mixed": mixup_target(labels, CLASSES, 0.7, 0.1)}


def focal(reduce, **options):
    return lambda x, y: reduce(sigmoid_focal_loss(x, y, **options))


def sum_classes(loss):
    return loss.sum(-1).mean()


LOSSES = {
    "bce": BinaryCrossEntropy(),
    "bce_threshold": BinaryCrossEntropy(target_threshold=0.2),
    "bce_sum": BinaryCrossEntropy(sum_classes=True),
    "focal": focal(torch.mean),
    "focal_sum": focal(sum_classes),
    "focal_equal": focal(torch.mean, alpha=-1, gamma=1.5),
}


def main():
    values = hashed("losses.logits", (IMAGES, CLASSES)) * 4
    result = {"logits": torch.from_numpy(values)}
    for kind, target in targets().items():
        result[f"targets.{kind}"] = target
        for name, loss in LOSSES.items():
            logits = torch.from_numpy(values).requires_grad_()
            value = loss(logits, target)
            value.backward()
            result[f"{name}.{kind}"] = value.detach()
            result[f"{name}.{kind}.gradient"] = logits.grad
    versions = {"torch": torch.__version__, "timm": timm.__version__,
                "torchvision": torchvision.__version__}
    safetensors.numpy.save_file(
        {k: numpy.ascontiguousarray(v.numpy()) for k, v in result.items()},
        FILE, {"versions": json.dumps(versions)})
    FILE.chmod(0o644)


if __name__ == "__main__":
    main()
