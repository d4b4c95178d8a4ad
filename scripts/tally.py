#!/usr/bin/env python3
"""Adds up test results: tally.py FOLDER RUN...

Each RUN left FOLDER/RUN.xml, written by `ctest --output-junit` or run_tests.py, or
an empty file FOLDER/RUN.passed; one that left neither did not finish and
counts as a failure. Lists skipped and failed tests; the last line is
"N passed, N failed, N skipped".
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def skip_reason(case):
    """The text of GTEST_SKIP(), which follows its "file:line"."""
    lines = (case.findtext("system-out") or "").splitlines()
    for before, line in zip(lines, lines[1:]):
        if before.endswith(": Skipped"):
            return line.strip()
    return "no reason given"


def tally(folder, run):
    """Counts and prints one run: passed, failed, skipped."""
    if (folder / f"{run}.passed").exists():
        return 1, 0, 0
    file = folder / f"{run}.xml"
    if not file.exists():
        print(f"FAILED  {run}: did not finish")
        return 0, 1, 0
    passed = failed = skipped = 0
    for case in xml.parse(file).iter("testcase"):
        name = f"{run}: {case.get('name')}"
        if case.find("skipped") is not None:
            skipped += 1
            print(f"skipped {name}: {skip_reason(case)}")
        elif case.get("status") == "run" and case.find("failure") is None:
            passed += 1
        else:
            failed += 1
            print(f"FAILED  {name}")
    return passed, failed, skipped


def main(folder, *runs):
    counts = [tally(pathlib.Path(folder), run) for run in runs]
    for run, (passed, failed, skipped) in zip(runs, counts):
        print(f"{run:26}{passed:5} passed {failed:3} failed {skipped:3} skipped")
    passed, failed, skipped = map(sum, zip(*counts))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
