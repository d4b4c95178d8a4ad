#!/usr/bin/env python3
"""Goldens of drop path, computed by timm with given masks.

    scripts/golden/drop_path.py     # writes tests/golden/model/drop_path/

Logits and all gradients of small models in training mode (models.py: eval
mode), and `branch_scales` [branches, B], which replace timm's random masks.
"""

import json

import numpy as np
import torch
from safetensors.numpy import save_file

import models
import timm_build

SMALL = {
    "vit": models.small_vit(layer_scale=1e-5),
    "convnext": models.small_convnext(),
    "convnextv2": models.small_convnextv2(),
}
SCALES = (0.0, 1.25, 1.0, 2.0)


class Masked(torch.nn.Module):
    def __init__(self, scales):
        super().__init__()
        self.scales = scales

    def forward(self, x):
        return x * self.scales.view(-1, *[1] * (x.dim() - 1))


def branches_of(model, family):
    """(module, attribute) of each drop path, in the order of the forward pass."""
    if family == "vit":
        return [(b, a) for b in model.blocks
                for a in ("drop_path1", "drop_path2")]
    return [(b, "drop_path") for s in model.stages for b in s.blocks]


def mask(model, family):
    """Every branch is dropped for one of the two samples, or scaled."""
    branches = branches_of(model, family)
    picks = [[SCALES[(i + 2 * j + i // 4) % 4] for j in range(2)]
             for i in range(len(branches))]
    scales = torch.tensor(picks, dtype=torch.float64)
    for row, (module, attribute) in zip(scales, branches):
        setattr(module, attribute, Masked(row))
    return scales


def main():
    folder = models.OUTPUT / "drop_path"
    folder.mkdir(parents=True, exist_ok=True)
    for name, config in SMALL.items():
        scales = []
        tensors = models.run_small(
            config, lambda m: scales.append(mask(m, config["family"])))
        tensors["branch_scales"] = scales[0].float().numpy()
        path = folder / f"{name}.safetensors"
        save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()},
                  path, {"config": json.dumps(config),
                         "versions": json.dumps(timm_build.versions())})
        print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
