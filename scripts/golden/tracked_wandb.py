"""An offline run of W&B, read by the thread of `wandb sync` (wandb 0.18.7)."""

import contextlib
import json
import os
import queue
import unittest.mock

os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_ERROR_REPORTING"] = "false"

from wandb.proto import wandb_internal_pb2 as pb
from wandb.sync import sync

EXIT_CODES = {"FINISHED": 0, "FAILED": 1}


class Sender:
    """In place of the one that uploads: keeps what it would get."""

    def __init__(self):
        self.records = []
        self._record_q = queue.Queue()
        self._result_q = queue.Queue()

    def send(self, record):
        self.records.append(record)
        if record.control.req_resp:
            self._result_q.put(pb.Result())

    def finish(self):
        pass


def synced(folder):
    """The records that `wandb sync FOLDER` uploads."""
    sender = Sender()
    thread = sync.SyncThread([str(folder)], mark_synced=False,
                             sync_tensorboard=True)
    setup = unittest.mock.patch.object(sync.sender.SendManager, "setup",
                                       lambda *_, **__: sender)
    # It prints what it does.
    with setup, contextlib.redirect_stdout(None):
        thread.run()
    return sender.records


def values(items):
    return {item.key: json.loads(item.value_json) for item in items}


def of(records, kind):
    """The records of a kind, as messages of their own."""
    return [getattr(record, kind) for record in records
            if record.WhichOneof("record_type") == kind]


def number(value):
    return float(value) if isinstance(value, int) else value


def check_run(records, run, differences):
    (begin,) = of(records, "run")
    differences.expect(begin.run_id, run.id[:16], "id")
    differences.expect(begin.display_name, run.name, "name")
    differences.expect(begin.project, "wsel", "project")
    differences.expect(begin.start_time.ToMilliseconds(), run.begun, "start")
    config = values(begin.config.update)
    config.pop("_wandb")
    recipe = run.recipe
    if run.name == "resumed":  # the record is that of its first process
        config["train"].pop("epochs")
        recipe = recipe | {"train": dict(recipe["train"])}
        recipe["train"].pop("epochs")
    differences.expect(config, recipe, "configuration")
    ends = [(end.exit_code, end.runtime >= 0) for end in of(records, "exit")]
    differences.expect(ends, [(EXIT_CODES[run.status], True)], "exit codes")


def own(items):
    """Without what W&B adds: time and step."""
    return {key: number(value) for key, value in values(items).items()
            if not key.startswith("_")}


def check(run, differences):
    """Returns how many numbers were compared."""
    (folder,) = (run.folder / "wandb").iterdir()
    records = synced(folder)
    check_run(records, run, differences)
    history = of(records, "history")
    steps = [row.step.num for row in history]
    differences.expect(steps, list(run.rows), "steps")
    for row in history:
        differences.expect(own(row.item), run.rows.get(row.step.num),
                           f"step {row.step.num}")
        differences.expect(values(row.item)["_step"], row.step.num, "_step")
    last = {}
    for summary in of(records, "summary"):
        last |= own(summary.update)
    differences.expect(last, {key: run.history(key)[-1][1]
                              for key in run.keys()}, "last values")
    return sum(map(len, run.rows.values()))
