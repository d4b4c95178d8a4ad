"""Makes tests/golden/train/tracking.json: the files of an offline run of W&B by
wandb's own messages and log writer, and of a run in MLflow's file store as
MLflow reads it. What wsel itself writes is checked by trackers.py.

    python scripts/golden/tracking.py

Needs .venv-trackers (scripts/setup --parity): mlflow-skinny, pandas and wandb 0.18.7,
as the log writer of later ones is not in Python; wandb 0.31.0 writes the same format.
"""

import hashlib
import importlib.metadata
import json
import math
import os
import pathlib
import tempfile

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # MLflow 3.17 requires it

import mlflow
import wandb
from wandb.proto import wandb_internal_pb2 as pb

wandb._assert_is_internal_process = True
from wandb.sdk.internal.datastore import DataStore

FILE = pathlib.Path(__file__).parents[2] / "tests/golden/train/tracking.json"
# tests/run/{wandb_file,mlflow_run}_test.cpp write the same.
ID = "0123456789abcdef0123456789abcdef"
BEGUN = 1700000000250
ROWS = 3000


def item(items, key, text):
    items.add(key=key, value_json=text)


def row(step, seconds, values):
    """Two records: the last values, and the values of the step."""
    summary, history = pb.Record(), pb.Record()
    values = values + [("_timestamp", f"{seconds + BEGUN / 1000:.2f}"),
                       ("_runtime", f"{seconds}"), ("_step", f"{step}")]
    for key, text in values:
        item(summary.summary.update, key, text)
        item(history.history.item, key, text)
    history.history.step.num = step
    return [summary, history]


def begin():
    header, run = pb.Record(), pb.Record()
    header.header.version_info.producer = "wsel"
    run.run.run_id = ID[:16]
    run.run.project = "wsel"
    run.run.display_name = "selected"
    for key, text in [("_wandb", "{}"), ("about", '"\u00e9"'),
                      ("optimizer", '{"lr":0.004}')]:
        item(run.run.config.update, key, text)
    run.run.start_time.seconds = BEGUN // 1000
    run.run.start_time.nanos = BEGUN % 1000 * 1000000
    return [header, run]


def end(code, runtime):
    exit, final = pb.Record(), pb.Record()
    exit.exit.exit_code = code
    exit.exit.runtime = runtime
    final.final.SetInParent()  # a message without fields
    return [exit, final]


def log_of(records):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run.wandb")
        store = DataStore()
        store.open_for_write(path)
        for record in records:
            store.write(record)
        store.close()
        return pathlib.Path(path).read_bytes()


def short_log():
    return (begin()
            + row(10, 1.5, [("loss", "4.625"), ("lr", "0.001")])
            + row(20, 2.5, [("loss", "NaN"), ("train_skipped", "3"),
                            ("eval_loss", "Infinity")])
            + end(0, 3))


def long_log():
    """Over many blocks; one record fills several of them."""
    records = begin()
    for step in range(1, ROWS + 1):
        records += row(step, 0.5, [("loss", "4.625"),
                                   ("text", '"' + "x" * (step % 13) + '"')])
    records += row(ROWS + 1, 0.5, [("text", '"' + "y" * 100000 + '"')])
    return records + end(130, 0)


EXPERIMENT = """artifact_location: "file://{folder}/mlruns/0"
creation_time: 1700000000250
experiment_id: '0'
last_update_time: 1700000000250
lifecycle_stage: active
name: Default
"""
META = """artifact_uri: "file://{folder}/mlruns/0/{id}/artifacts"
end_time: 1700000003500
entry_point_name: ''
experiment_id: '0'
lifecycle_stage: active
run_id: '{id}'
run_name: "selected"
source_name: ''
source_type: 4
source_version: ''
start_time: 1700000000250
status: 3
tags: []
user_id: "me"
"""
STORE = {
    "0/meta.yaml": EXPERIMENT,
    f"0/{ID}/meta.yaml": META,
    f"0/{ID}/params/about": "a \u00e9",
    f"0/{ID}/params/optimizer.lr": "0.004",
    f"0/{ID}/params/optimizer.name": "",
    f"0/{ID}/params/data.mean": "[0.5,0.25]",
    f"0/{ID}/tags/mlflow.runName": "selected",
    f"0/{ID}/tags/mlflow.source.name": "wsel",
    f"0/{ID}/tags/mlflow.source.type": "LOCAL",
    f"0/{ID}/metrics/loss":
        "1700000001500 4.625 10\n1700000002500 nan 20\n",
    f"0/{ID}/metrics/eval_loss": "1700000002500 inf 20\n",
    f"0/{ID}/metrics/train_skipped": "1700000002500 3 20\n",
}


def check_store():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "mlruns"
        for name, text in STORE.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{folder}", folder)
                            .replace("{id}", ID))
        (root / f"0/{ID}/artifacts").mkdir()
        mlflow.set_tracking_uri(f"file:{root}")
        found = mlflow.search_runs()
        assert len(found) == 1, found
        run = mlflow.MlflowClient().get_run(ID)
        assert run.info.run_name == "selected" and run.info.status == "FINISHED"
        assert run.info.end_time - run.info.start_time == 3250
        assert run.data.params == {
            "about": "a \u00e9", "optimizer.lr": "0.004", "optimizer.name": "",
            "data.mean": "[0.5,0.25]"}, run.data.params
        history = mlflow.MlflowClient().get_metric_history(ID, "loss")
        assert [(m.step, m.timestamp) for m in history] == [
            (10, 1700000001500), (20, 1700000002500)]
        assert history[0].value == 4.625 and math.isnan(history[1].value)
        assert math.isinf(run.data.metrics["eval_loss"])


def main():
    check_store()
    short, long = log_of(short_log()), log_of(long_log())
    FILE.write_text(json.dumps({
        "versions": {name: importlib.metadata.version(name)
                     for name in ("mlflow-skinny", "wandb", "protobuf")},
        "wandb": short.hex(),
        "wandb_long": {"bytes": len(long),
                       "sha256": hashlib.sha256(long).hexdigest()},
        "mlruns": STORE,
    }, indent=0) + "\n")


if __name__ == "__main__":
    main()
