#!/usr/bin/env python3
"""The model of docs/performance.md: what ranks cost on GPUs that nobody measured.

Prints the page's table. Every number that it assumes is an option, so that the
model can be asked about other machines and models.
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


def row(name, gpus, bandwidth, latency, options):
    """One row of the table: times in ms, efficiency in percent."""
    def wire(size):
        return 2 * (gpus - 1) / gpus * size / bandwidth

    images = options.batch // gpus
    compute = images / options.rate
    all_reduce = options.buckets * latency + wire(options.gradients)
    last = latency + wire(options.last)
    exposed = latency + max(last, all_reduce - BACKWARD * compute)
    efficiency = 100 * compute / (compute + exposed)
    return (f"| {name} | {images} | {compute * 1e3:.1f} ms "
            f"| {all_reduce * 1e3:.2f} ms | {exposed * 1e3:.2f} ms "
            f"| {efficiency:.1f} % |")


def main():
    options = read_options()
    print("| GPUs | b | t | A | X | efficiency |\n|---|---|---|---|---|---|")
    print(row("8, one machine", 8, options.nvlink, options.near, options))
    # Eight ports side by side carry a ring as fast as NVLink does.
    print(row("64, a port per GPU", 64, min(options.nvlink, 8 * options.port),
              options.far, options))
    print(row("64, a port per machine", 64, options.port, options.far, options))


if __name__ == "__main__":
    main()
