"""Makes tests/golden/train/event_file.json with tensorboard's messages and
record writer, and checks that tensorboard reads them as intended.

    python scripts/golden/event_file.py
"""

import importlib.metadata
import io
import json
import pathlib
import tempfile

from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator)
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

FILE = pathlib.Path(__file__).parents[2] / "tests/golden/train/event_file.json"
VERSION = "brain.Event:2"
NAN = float("nan")


def scalars(time, step, values):
    return Event(wall_time=time, step=step, summary=Summary(value=[
        Summary.Value(tag=tag, simple_value=value) for tag, value in values]))


# tests/train/event_file_test.cpp writes the same.
BEGUN = [
    Event(wall_time=1700000000.25, file_version=VERSION),
    scalars(1700000001.5, 0, [("train/loss", 4.625), ("train/lr", 0.0)]),
    scalars(1700000002.5, 300, [("train/loss", -1e-3), ("train/lr", 4e-3)]),
    scalars(1700000003.5, 1 << 40, [("eval/top1 \u00e9", NAN)]),
]
# A run resumed at step 300, as by torch.utils.tensorboard with purge_step.
RESUMED = [
    Event(wall_time=1700000100.0, step=300, file_version=VERSION),
    Event(wall_time=1700000100.0, step=300,
          session_log=SessionLog(status=SessionLog.START)),
    scalars(1700000101.0, 300, [("train/loss", 3.5)]),
]


def framed(events):
    file = io.BytesIO()
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString())
    return file.getvalue()


def check(begun, resumed):
    """Checks that the resumed file hides the first one's steps from 300 on."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "events.out.tfevents.1700000000.wsel").write_bytes(begun)
        (path / "events.out.tfevents.1700000100.wsel").write_bytes(resumed)
        read = EventAccumulator(folder).Reload()
        seen = {tag: [(e.step, e.value) for e in read.Scalars(tag)]
                for tag in read.Tags()["scalars"]}
    assert seen == {"train/loss": [(0, 4.625), (300, 3.5)],
                    "train/lr": [(0, 0.0)], "eval/top1 \u00e9": []}, seen


def main():
    begun, resumed = framed(BEGUN), framed(RESUMED)
    check(begun, resumed)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({
        "versions": {name: importlib.metadata.version(name)
                     for name in ("tensorboard", "protobuf")},
        "begun": begun.hex(),
        "resumed": resumed.hex(),
    }, indent=0) + "\n")


if __name__ == "__main__":
    main()
