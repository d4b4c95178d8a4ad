#!/usr/bin/env python3
"""Adds up test results: tally.py FOLDER RUN...

Each RUN left FOLDER/RUN.xml, as written by GoogleTest, or an empty file
FOLDER/RUN.passed. A run that left neither did not finish, and one with a
FOLDER/RUN.failed exited non-zero; both count as failures, whatever their tests
reported. Lists skipped and failed tests; the last line is
"N passed, N failed, N skipped".
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


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
        name = f"{run}: {case.get('classname')}.{case.get('name')}"
        reason = case.find("skipped")
        if case.find("failure") is not None:
            failed += 1
            print(f"FAILED  {name}")
        elif reason is not None:
            skipped += 1
            # "file:line", then the text of GTEST_SKIP().
            text = reason.get("message", "").strip().splitlines()
            print(f"skipped {name}: {' '.join(text[1:] or text)}")
        elif case.get("status") == "run":
            passed += 1
    if not failed and (folder / f"{run}.failed").exists():
        failed = 1
        print(f"FAILED  {run}: non-zero exit code (sanitizer, early exit)")
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
