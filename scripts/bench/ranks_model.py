#!/usr/bin/env python3
"""The model of docs/performance.md: what ranks cost on GPUs that nobody measured.

Prints the page's tables: of steps, and of an all-reduce by its bytes. Every number
that it assumes is an option, so that the model can be asked about other machines and
models.
"""

import argparse

# Of the backward pass in a step, in which gradients are sent.
BACKWARD = 2 / 3


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--rate", type=float, default=8691, help="images/s of one GPU")
    add("--batch", type=int, default=4096, help="images per step, of all GPUs")
    add("--gradients", type=float, default=22.87e6, help="bytes")
    add("--buckets", type=int, default=6)
    add("--last", type=float, default=2.52e6, help="bytes of the last bucket")
    add("--nvlink", type=float, default=370e9, help="bus bandwidth, bytes/s")
    add("--port", type=float, default=47e9, help="of one 400 Gb/s port, bytes/s")
    add("--near", type=float, default=30e-6,
        help="seconds of an all-reduce of nothing on one machine")
    add("--far", type=float, default=100e-6, help="the same on eight")
    return parser.parse_args()


def machines(options):
    """(name, GPUs, bus bandwidth, seconds of an all-reduce of nothing)."""
    # Eight ports side by side carry a ring as fast as NVLink does.
    side_by_side = min(options.nvlink, 8 * options.port)
    return [("8, one machine", 8, options.nvlink, options.near),
            ("64, a port per GPU", 64, side_by_side, options.far),
            ("64, a port per machine", 64, options.port, options.far)]


def all_reduce(size, gpus, bandwidth, latency):
    """Seconds of one, of `size` bytes."""
    return latency + 2 * (gpus - 1) / gpus * size / bandwidth


def step_row(name, gpus, bandwidth, latency, options):
    """One row of the table of steps: times in ms, efficiency in percent."""
    images = options.batch // gpus
    compute = images / options.rate
    buckets = ((options.buckets - 1) * latency
               + all_reduce(options.gradients, gpus, bandwidth, latency))
    last = all_reduce(options.last, gpus, bandwidth, latency)
    exposed = latency + max(last, buckets - BACKWARD * compute)
    efficiency = 100 * compute / (compute + exposed)
    return (f"| {name} | {images} | {compute * 1e3:.1f} ms "
            f"| {buckets * 1e3:.2f} ms | {exposed * 1e3:.2f} ms "
            f"| {efficiency:.1f} % |")


def bytes_row(kib, rows):
    """One row of the table of all-reduces: times in ms."""
    times = (all_reduce(kib * 1024, *machine) * 1e3 for _, *machine in rows)
    return f"| {kib} | " + " | ".join(f"{time:.3f}" for time in times) + " |"


def main():
    options = read_options()
    rows = machines(options)
    print("| GPUs | b | t | A | X | efficiency |\n|---|---|---|---|---|---|")
    for row in rows:
        print(step_row(*row, options))
    names = " | ".join(f"{name}, ms" for name, *_ in rows)
    print(f"\n| KiB | {names} |\n|---|---|---|---|")
    for exponent in range(0, 19, 3):
        print(bytes_row(2 ** exponent, rows))


if __name__ == "__main__":
    main()
