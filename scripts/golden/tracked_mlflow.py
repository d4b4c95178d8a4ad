"""A run in MLflow's file store, read by MLflow's client."""

import json
import os

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # MLflow 3.17 requires it

import mlflow


def flat(section, prefix=""):
    """The recipe's values by their paths, such as optimizer.lr."""
    values = {}
    for key, value in section.items():
        if isinstance(value, dict) and value:
            values |= flat(value, f"{prefix}{key}.")
        else:
            values[prefix + key] = value
    return values


def parsed(text, like):
    return text if isinstance(like, str) else json.loads(text)


def check_run(found, run, differences):
    info = found.info
    differences.expect(info.run_id, run.id, "id")
    differences.expect(info.run_name, run.name, "name")
    differences.expect(info.status, run.status, "status")
    differences.expect(info.start_time, run.begun, "start")
    differences.expect(info.end_time >= run.begun, True, "ends later")
    recipe = flat(run.recipe)
    params = found.data.params
    differences.expect(set(params), set(recipe), "parameters")
    for key in recipe.keys() & params.keys():
        differences.expect(parsed(params[key], recipe[key]), recipe[key], key)


def check(run, differences):
    """Returns how many numbers were compared."""
    client = mlflow.MlflowClient(f"file:{run.folder / 'mlruns'}")
    runs = client.search_runs(["0"], "metrics.train_loss > 0")
    differences.expect(len(runs), 1, "runs with a training loss")
    found = client.get_run(run.id)
    check_run(found, run, differences)
    differences.expect(set(found.data.metrics), run.keys(), "metrics")
    count = 0
    for key in run.keys() & found.data.metrics.keys():
        expected = run.history(key)
        history = client.get_metric_history(run.id, key)
        differences.expect([(m.step, m.value) for m in history], expected, key)
        differences.expect(found.data.metrics[key], expected[-1][1],
                           f"last {key}")
        count += len(expected)
    return count
