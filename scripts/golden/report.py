"""Makes tests/golden/report/ with scipy and timm (without torch).

    python scripts/golden/report.py
"""

import importlib.metadata
import importlib.util
import json
import pathlib

import numpy
import scipy
import scipy.stats

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "report"
VERSIONS = {"scipy": scipy.__version__, "numpy": numpy.__version__,
            "timm": importlib.metadata.version("timm")}

# Accuracies of two methods, one per seed.
PAIRS = [
    ([86.63, 86.54, 86.72], [82.54, 82.16, 82.92]),
    ([71.2, 70.9], [71.3, 70.6]),
    ([55.0, 55.5, 54.75, 55.25, 55.125], [55.5, 55.0, 55.25, 54.0, 55.75]),
    ([10.0, 20.0, 30.0, 40.0], [10.5, 20.5, 30.5, 40.5]),
    ([80.1, 80.2, 79.9, 80.4, 80.0, 80.3, 79.8, 80.5, 80.6, 79.7],
     [79.9, 80.1, 80.0, 80.1, 79.8, 80.0, 79.9, 80.2, 80.3, 79.6]),
]


def quantiles():
    for degrees in (1, 2, 3, 4, 5, 9, 29, 30.5, 1000):
        for p in (0.001, 0.025, 0.25, 0.5, 0.9, 0.975, 0.995):
            yield {"p": p, "degrees": degrees,
                   "t": float(scipy.stats.t.ppf(p, degrees))}


def pairs():
    for values, baseline in PAIRS:
        test = scipy.stats.ttest_rel(values, baseline)
        interval = test.confidence_interval(0.95)
        yield {"values": values, "baseline": baseline,
               "mean": float(numpy.mean(values)),
               "deviation": float(numpy.std(values, ddof=1)),
               "difference": float(numpy.mean(numpy.subtract(values,
                                                             baseline))),
               "low": float(interval.low), "high": float(interval.high)}


def timm_summary():
    """What timm's own function writes: four epochs, the last three of them
    trained again after a resume, which starts with a second header."""
    root = pathlib.Path(importlib.util.find_spec("timm").origin).parent
    spec = importlib.util.spec_from_file_location(
        "summary", root / "utils" / "summary.py")
    summary = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(summary)
    file = FOLDER / "timm_summary.csv"
    file.unlink(missing_ok=True)
    for run, first in enumerate((0, 1)):
        for epoch in range(first, 4):
            summary.update_summary(
                epoch, {"loss": 4.0 / (epoch + 1)},
                {"loss": 3.5 / (epoch + 1), "top1": 20.5 + 10 * epoch + run,
                 "top5": 50.25 + 10 * epoch},
                file, lr=0.001, write_header=epoch == first)


FOLDER.mkdir(parents=True, exist_ok=True)
(FOLDER / "statistics.json").write_text(
    json.dumps({"versions": VERSIONS, "quantiles": list(quantiles()),
                "pairs": list(pairs())}, indent=1) + "\n")
timm_summary()
