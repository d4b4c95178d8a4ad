"""Makes tests/golden/data/repeats.json with timm's RepeatAugSampler.

    python scripts/golden/repeats.py

For each case the places in the epoch's order that the ranks of a step have
together, step by step, without an incomplete one.
"""

import json
import pathlib

import timm
from timm.data.distributed_sampler import RepeatAugSampler

FILE = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "data"
        / "repeats.json")


def steps(size, repeats, ranks, batch):
    each = [list(RepeatAugSampler(range(size), num_replicas=ranks, rank=rank,
                                  shuffle=False, num_repeats=repeats))
            for rank in range(ranks)]
    for first in range(0, len(each[0]) - batch + 1, batch):
        yield sorted(place for own in each for place in own[first:first + batch])


def main():
    rows = []
    for size, repeats, ranks, batch in [(40, 3, 1, 8), (40, 2, 2, 4),
                                        (300, 3, 1, 64), (300, 3, 4, 16),
                                        (520, 4, 2, 100), (256, 3, 1, 256)]:
        rows.append({"size": size, "repeats": repeats, "ranks": ranks,
                     "batch_size": ranks * batch,
                     "steps": list(steps(size, repeats, ranks, batch))})
    lines = ",\n".join(json.dumps(row) for row in rows)
    FILE.write_text(f'{{"timm": "{timm.__version__}", "rows": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
