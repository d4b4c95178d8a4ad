#!/usr/bin/env python3
"""Checks the files of wsel train --track with the trackers' own packages.

    scripts/golden/trackers.py --wsel build/release/wsel

Trains small models: one run to its end, one that is resumed after steps that
were not saved, one with a teacher, and one that fails with a loss of NaN. Reads each
as a user's programs do (TensorBoard's event accumulator, MLflow's client, the thread
of `wandb sync` with a sender that keeps what would be uploaded), and compares
every number with metrics.jsonl. Sends nothing. Needs .venv-trackers (scripts/setup
--parity); a tracker is left out, with a message, where its package is missing.
"""

import argparse
import importlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import tracked_runs

DATA = pathlib.Path(__file__).parents[2] / "tests/golden/data/folders"
RECIPE = {
    "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
              "embed_dim": 16, "depth": 2, "num_heads": 2},
    "data": {"name": "folder"},
    # Two steps an epoch, each of them saved.
    "train": {"epochs": 12, "warmup_epochs": 2, "batch_size": 2,
              "mixup_batch": 2, "ema_decay": 0.9, "save_minutes": 0,
              "precision": "fp32"},
}
TRACKERS = {  # the package to install, the module with the check
    "tensorboard": ("tensorboard", "tracked_tensorboard"),
    "mlflow": ("mlflow-skinny", "tracked_mlflow"),
    "wandb": ("wandb==0.18.7", "tracked_wandb"),
}


def train(wsel, folder, output, *more, fails=False):
    (folder / "r.json").write_text(json.dumps(RECIPE))
    done = subprocess.run(
        [wsel, "train", "--config", "r.json", "--data-root", DATA, "--output",
         output, "--device", "cpu", "--threads", "1", "--workers", "1",
         "--track", ",".join(TRACKERS), *more],
        cwd=folder, capture_output=True, text=True, check=False)
    if (done.returncode != 0) != fails:
        raise RuntimeError(f"wsel train {more}: {done.stderr}")


def resumed(wsel, folder):
    """As if a process had been killed after epoch 20, having saved epoch 12."""
    state = folder / "resumed/state.safetensors"
    more = ["--resume", "--epochs", "20", "--set", "train.warmup_epochs=2"]
    train(wsel, folder, "resumed")
    shutil.copy(state, folder / "state")
    train(wsel, folder, "resumed", *more)
    shutil.copy(folder / "state", state)
    train(wsel, folder, "resumed", *more)


def train_all(wsel, folder):
    """The runs, with how each of them ended."""
    train(wsel, folder, "finished")
    resumed(wsel, folder)
    train(wsel, folder, "distilled", "--distill", "logit", "--teacher",
          "finished/last.safetensors")
    train(wsel, folder, "failed", "--set", "optimizer.lr=1e30", fails=True)
    return [("finished", "FINISHED"), ("resumed", "FINISHED"),
            ("distilled", "FINISHED"), ("failed", "FAILED")]


def checks():
    """The check of each tracker that is installed."""
    found = {}
    for name, (package, module) in TRACKERS.items():
        try:
            found[name] = importlib.import_module(module).check
        except ImportError as fault:
            print(f"{name} is left out ({fault}): "
                  f"{sys.executable} -m pip install {package}")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wsel", required=True)
    wsel = str(pathlib.Path(parser.parse_args().wsel).resolve())
    installed = checks()
    if not installed:
        return
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        for run, status in train_all(wsel, folder):
            read = tracked_runs.read(folder / run, status)
            for tracker, check in installed.items():
                differences = tracked_runs.Differences(f"{run}, {tracker}")
                numbers = check(read, differences)
                failures += differences.count
                print(f"{run:10} {tracker:12} {numbers} numbers")
    print(f"{failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
