#!/usr/bin/env python3
"""A training step of PyTorch eager with timm: the yardstick of step_bench.cpp.

    scripts/bench/step.py MODEL SIZE PATCH BATCH STEPS

Prints the best and the median images a second over the steps, after 3 steps of
warm-up: forward, soft-target cross entropy, backward, fused AdamW.
"""

import statistics
import sys
import time

import timm
import torch


def build(name, size, patch):
    if name.startswith("vit"):
        return timm.create_model(name, img_size=size, patch_size=patch)
    return timm.create_model(name, patch_size=patch)


def main():
    name = sys.argv[1]
    size, patch, batch, steps = map(int, sys.argv[2:6])
    torch.manual_seed(0)
    model = build(name, size, patch).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3,
                                  weight_decay=0.05, fused=True)
    images = torch.randn(batch, 3, size, size)
    targets = torch.rand(batch, 1000).softmax(-1)
    seconds = []
    for _ in range(steps + 3):
        start = time.perf_counter()
        log_p = model(images).log_softmax(-1)
        loss = -(targets * log_p).sum(-1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    seconds = seconds[3:]
    print(f"{batch / min(seconds):.2f} {batch / statistics.median(seconds):.2f}")


if __name__ == "__main__":
    main()
