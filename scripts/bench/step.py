#!/usr/bin/env python3
"""A training step of PyTorch eager with timm, or its forward pass in
evaluation, to compare with step_bench.cpp, which takes the same arguments.

    scripts/bench/step.py MODEL SIZE PATCH BATCH STEPS [cpu|cuda fp32|bf16]
                          [--forward] [--width W] [--seconds S]

Prints the best and the median images per second over the steps, after 3 steps
of warm-up (10 on a GPU): forward, soft-target cross entropy, backward, fused
AdamW; with --forward one pass in inference mode. With --lines as its only
argument it reads lines of these arguments, and prints one line for each.
"""

import argparse
import gc
import statistics
import sys
import time

import timm
import torch


def parse(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    for name in ("size", "patch", "batch", "steps"):
        parser.add_argument(name, type=int)
    parser.add_argument("device", nargs="?", default="cpu")
    parser.add_argument("precision", nargs="?", default="fp32")
    parser.add_argument("--forward", action="store_true")
    parser.add_argument("--width", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    return parser.parse_intermixed_args(words)


def width_arguments(name, width):
    """As SetWidth of timed_step.cpp."""
    if not width:
        return {}
    if name.startswith("vit"):
        heads = width // 64 if width % 64 == 0 else width // 32
        return {"embed_dim": width, "num_heads": heads}
    return {"dims": (width // 8, width // 4, width // 2, width)}


def build(args):
    more = width_arguments(args.model, args.width)
    if args.model.startswith("vit"):
        more["img_size"] = args.size
    return timm.create_model(args.model, patch_size=args.patch, **more)


def training_step(model, images, args):
    """A function that takes one step."""
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=1e-3,
                                  weight_decay=0.05, fused=True)
    targets = torch.rand(args.batch, 1000, device=args.device).softmax(-1)

    def step():
        with torch.autocast(args.device, torch.bfloat16,
                            args.precision == "bf16"):
            logits = model(images)
        log_p = logits.float().log_softmax(-1)
        loss = -(targets * log_p).sum(-1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def forward_pass(model, images, args):
    """A function that evaluates the images."""
    model.eval()

    def step():
        with torch.inference_mode(), torch.autocast(
                args.device, torch.bfloat16, args.precision == "bf16"):
            model(images)

    return step


def seconds_of(step, args):
    """As TimeEach of timed_step.cpp."""
    begin = time.perf_counter()

    def is_late():
        return args.seconds > 0 and time.perf_counter() - begin > args.seconds

    def timed():
        start = time.perf_counter()
        step()
        if args.device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    for i in range(3 if args.device == "cpu" else 10):
        if i < 1 or not is_late():
            timed()
    seconds = []
    for i in range(args.steps):
        if i < 2 or not is_late():
            seconds.append(timed())
    return seconds


def measure(words):
    args = parse(words)
    torch.manual_seed(0)
    model = build(args).to(args.device)
    images = torch.randn(args.batch, 3, args.size, args.size,
                         device=args.device)
    make = forward_pass if args.forward else training_step
    seconds = seconds_of(make(model, images, args), args)
    print(f"{args.batch / min(seconds):.2f} "
          f"{args.batch / statistics.median(seconds):.2f}", flush=True)


def main():
    if sys.argv[1:] != ["--lines"]:
        return measure(sys.argv[1:])
    for line in sys.stdin:
        measure(line.split())
        gc.collect()


if __name__ == "__main__":
    main()
