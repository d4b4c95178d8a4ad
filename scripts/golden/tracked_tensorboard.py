"""A run's event files, read by TensorBoard's event accumulator."""

import struct

from tensorboard.backend.event_processing.event_accumulator import (
    SCALARS, EventAccumulator)

from tracked_runs import numbers

STEP_TAGS = {"loss": "train/loss", "lr": "train/lr",
             "kd_loss": "train/kd_loss"}
EVALUATED = ("loss", "top1", "top5", "balanced_accuracy", "macro_f1")
EPOCH_TAGS = {"train_loss": "train/epoch_loss"} | {
    f"{prefix}_{key}": f"{prefix}/{key}"
    for prefix in ("eval", "ema", "average") for key in EVALUATED}


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def curves(lines):
    """The metrics that are curves, by tag."""
    found = {}
    for line in lines:
        tags = STEP_TAGS if line["kind"] == "step" else EPOCH_TAGS
        for key, value in numbers(line).items():
            if key in tags:
                found.setdefault(tags[key], []).append(
                    (line["step"], float32(value)))
    return found


def check(run, differences):
    """Returns how many numbers were compared."""
    # 0: all of them, not a sample.
    events = EventAccumulator(str(run.folder), {SCALARS: 0}).Reload()
    expected = curves(run.lines)
    differences.expect(set(events.Tags()["scalars"]), set(expected), "tags")
    for tag, values in expected.items():
        found = [(e.step, e.value) for e in events.Scalars(tag)]
        differences.expect(found, values, tag)
    return sum(map(len, expected.values()))
