#!/usr/bin/env python3
"""What the program understands of published checkpoints, without downloading
them: docs/coverage.md.

    scripts/golden/coverage.py WSEL [--part timm|open_clip|hf|logits] [--only TEXT]
    scripts/golden/coverage.py WSEL > docs/coverage.md

Each model is built by its library without weights; a file of its shapes, named
as it is published or beside the library's JSON, goes through `inspect --json`
and `init --dry-run`, and every property that follows is compared with the
library's. `logits`: for a reduced copy with random weights of every kind of
block `eval` computes the library's outputs. Needs timm, transformers and
open_clip_torch; runs for about half an hour. Fails if something is silently
wrong.
"""

import argparse
import collections
import importlib
import pathlib
import sys
import tempfile

TITLES = {
    "timm": "timm: ViT, DeiT, ConvNeXt and EVA",
    "open_clip": "open_clip: image towers",
    "hf": "transformers",
    "logits": "Outputs of reduced copies",
}
WAYS = ["name", "beside"]


def versions():
    names = {"timm": "timm", "open_clip": "open_clip", "hf": "transformers"}
    return ", ".join(f"{name} {importlib.import_module(name).__version__}"
                     for name in dict.fromkeys(names.values()))


def totals(found):
    """A line per way in which a model is named: its counts of verdicts."""
    lines = []
    for way in WAYS:
        counts = collections.Counter(row[way][0] for row in found if way in row)
        if not counts:
            continue
        total = sum(counts.values())
        words = ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
        lines.append(f"By {NAMES[way]}: {words}, of {total} "
                     f"({counts['right'] / total:.1%} right).")
    return lines


NAMES = {"name": "the file's name", "beside": "the JSON beside it"}


def cell(text):
    return str(text).replace("|", "/").replace("\n", " ")[:160]


def table(found):
    """A row per verdict and reason, with the models that it is of."""
    groups = collections.defaultdict(list)
    for row in found:
        verdict, why = row.get("name") or row["beside"]
        groups[verdict, tuple(row.get("forms", ())) or why].append((row, why))
    lines = ["| | models | what it has | found | for example |",
             "|---|---|---|---|---|"]
    for (verdict, key), members in sorted(
            groups.items(), key=lambda g: (g[0][0], -len(g[1]))):
        forms = ", ".join(key) if isinstance(key, tuple) else ""
        row, why = members[0]
        lines.append(f"| {verdict} | {len(members)} | {cell(forms)} | "
                     f"{cell(why)} | `{row['tag']}` |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wsel", type=pathlib.Path)
    parser.add_argument("--part", choices=TITLES, action="append")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    wsel = args.wsel.resolve()
    print("# Published checkpoints\n\nMade by `scripts/golden/coverage.py "
          f"build/release/wsel`, with {versions()}. A model is right if every "
          "property is the\nlibrary's, and rejected if the error names the form "
          "that is not supported.")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for part in args.part or TITLES:
            module = importlib.import_module(f"coverage_{part}")
            found = list(module.rows(wsel, pathlib.Path(folder), args.only))
            print(f"\n## {TITLES[part]}\n", *totals(found), "", *table(found),
                  sep="\n")
            failed = [r for r in found
                      if r.get("name", ("",))[0] == "wrong"
                      or r.get("beside", ("",))[0] == "wrong"
                      or r.get("init", 0) not in ("", 0)]
            wrong += len(failed)
            for row in failed:
                print(row, file=sys.stderr)
            sys.stdout.flush()
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
