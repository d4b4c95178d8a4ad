#!/usr/bin/env python3
"""What the program understands of published checkpoints, without downloading
them.

    scripts/golden/coverage.py build/release/wsel > docs/coverage.md
    scripts/golden/coverage.py build/release/wsel --write   # the blocks, too
    scripts/golden/coverage.py WSEL --part open_clip --only CLIPA
    scripts/golden/coverage.py --blocks

Each model is built by its library without weights; a file of its shapes, named
as it is published or beside the library's JSON, goes through `inspect --json`
and `init --dry-run`, and every property that follows is compared with the
library's. `logits`: for a reduced copy with random weights of every kind of
block `eval` computes the library's outputs.

`--write` writes docs/coverage.md, and copies its blocks into README.md and
docs/teachers.md; `--blocks` only copies. Progress and rows that are wrong go to
stderr; exit code 1 if one is. Needs timm, transformers and open_clip_torch.
"""

import argparse
import collections
import concurrent.futures
import importlib
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile

import coverage_page as page

# Parts, and into how many pieces each is cut for the processes: one process
# imports a library once.
PARTS = {"timm": 8, "open_clip": 4, "hf": 1, "logits": 8}


def names_of(part, only):
    module = importlib.import_module(f"coverage_{part}")
    return module, [name for name in module.names() if only in str(name)]


def rows_of(wsel, part, only, piece, pieces):
    """The rows of one piece; neighbours, which share what is built, together."""
    module, names = names_of(part, only)
    at = [len(names) * i // pieces for i in (piece, piece + 1)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names[slice(*at)]:
            rows.append(module.row(wsel, pathlib.Path(folder), name))
    return rows


def run(wsel, parts, only, jobs):
    """The rows of each part, in the order of the names."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    tasks = [(part, piece) for part in parts for piece in range(PARTS[part])]
    found = collections.defaultdict(list)
    with concurrent.futures.ProcessPoolExecutor(
            jobs, multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(rows_of, wsel, part, only, piece, PARTS[part])
                   for part, piece in tasks]
        for (part, piece), future in zip(tasks, futures):
            found[part] += future.result()
            print(f"{part}: piece {piece + 1} of {PARTS[part]}, "
                  f"{len(found[part])} rows", file=sys.stderr)
    return dict(found)


def version_of(wsel):
    done = subprocess.run([str(wsel), "--version"], text=True, check=True,
                          capture_output=True)
    return done.stdout.split("(")[0].strip()


def report_wrong(found):
    """Prints the rows that are wrong; whether there are any."""
    wrong = [row for rows in found.values() for row in rows
             if any(verdict in page.WRONG for verdict, _ in
                    row["verdicts"].values())]
    for row in wrong:
        print(row, file=sys.stderr)
    return bool(wrong)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("wsel", type=pathlib.Path, nargs="?")
    parser.add_argument("--part", choices=PARTS, action="append",
                        help="only this part; can be given several times")
    parser.add_argument("--only", default="",
                        help="only names with this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--write", action="store_true",
                        help="write docs/coverage.md and the blocks")
    parser.add_argument("--blocks", action="store_true",
                        help="write the blocks, from docs/coverage.md")
    args = parser.parse_args()
    if args.write and (args.part or args.only):
        parser.error("--write needs every part")
    if not args.blocks and args.wsel is None:
        parser.error("which program? build/release/wsel")
    return args


def main():
    args = arguments()
    if args.blocks:
        page.copy_blocks()
        return
    wsel = args.wsel.resolve()
    found = run(wsel, args.part or list(PARTS), args.only, args.jobs)
    text = page.text(found, version_of(wsel))
    if args.write:
        page.PAGE.write_text(text)
        page.copy_blocks()
    else:
        print(text, end="")
    sys.exit(report_wrong(found))


if __name__ == "__main__":
    main()
