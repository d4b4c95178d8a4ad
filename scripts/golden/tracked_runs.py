"""A run's metrics, recipe and end, as its trackers should show them."""

import dataclasses
import json
import math
import pathlib


@dataclasses.dataclass
class Run:
    folder: pathlib.Path
    status: str  # in MLflow's words
    id: str
    begun: int  # milliseconds since 1970
    recipe: dict  # of the last process, without paths
    lines: list  # of metrics.jsonl
    rows: dict  # their numbers, by step

    @property
    def name(self):
        return self.folder.name

    def history(self, key):
        """The steps and values of a metric."""
        return [(step, row[key]) for step, row in self.rows.items()
                if key in row]

    def keys(self):
        return {key for row in self.rows.values() for key in row}


class Differences:
    """Prints and counts what is not as expected."""

    def __init__(self, place):
        self.place = place
        self.count = 0

    def expect(self, found, expected, what):
        if not same(found, expected):
            self.count += 1
            print(f"  FAILED: {self.place}: {what}: {found}, not {expected}")


def same(a, b):
    """Equal, where NaN equals NaN."""
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b


def metadata(file):
    with open(file, "rb") as data:
        length = int.from_bytes(data.read(8), "little")
        return json.loads(data.read(length))["__metadata__"]


def numbers(line):
    """Of a line; NaN and infinity are texts there."""
    return {key: float(value) for key, value in line.items()
            if key not in ("kind", "step")}


def read(folder, status):
    lines = [json.loads(line) for line in
             (folder / "metrics.jsonl").read_text().splitlines()]
    rows = {}
    for line in lines:  # the last line of a step wins
        rows.setdefault(line["step"], {}).update(numbers(line))
    tracked = json.loads((folder / "tracking.json").read_text())
    recipe = metadata(folder / "last.safetensors")["wsel.recipe"]
    return Run(folder, status, tracked["id"], tracked["begun"],
               json.loads(recipe), lines, rows)
