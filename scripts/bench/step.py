#!/usr/bin/env python3
"""A training step of PyTorch eager with timm, to compare with step_bench.cpp.

    scripts/bench/step.py MODEL SIZE PATCH BATCH STEPS [cpu|cuda fp32|bf16]

Prints the best and the median images per second over the steps, after 3 steps
of warm-up (10 on a GPU): forward, soft-target cross entropy, backward, fused
AdamW.
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
    device, precision = (sys.argv[6:8] + ["cpu", "fp32"])[:2]
    warm_up = 3 if device == "cpu" else 10
    torch.manual_seed(0)
    model = build(name, size, patch).train().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3,
                                  weight_decay=0.05, fused=True)
    images = torch.randn(batch, 3, size, size, device=device)
    targets = torch.rand(batch, 1000, device=device).softmax(-1)
    seconds = []
    for _ in range(steps + warm_up):
        start = time.perf_counter()
        with torch.autocast(device, torch.bfloat16, precision == "bf16"):
            logits = model(images)
        log_p = logits.float().log_softmax(-1)
        loss = -(targets * log_p).sum(-1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    seconds = seconds[warm_up:]
    print(f"{batch / min(seconds):.2f} {batch / statistics.median(seconds):.2f}")


if __name__ == "__main__":
    main()
