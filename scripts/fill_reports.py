#!/usr/bin/env python3
"""Writes reports of sweeps into pages: fill_reports.py [PAGE]...

The pages, docs/results.md and docs/evidence.md by default, have blocks such as

    <!-- wsel report out/evidence/short-cifar10 -->
    No run is finished.
    <!-- end of report -->

The text of each becomes what that command reports: how many runs are finished,
the table of test accuracies of the weights that validation images chose or, without
them, the first table, and the differences from the baseline. Where the folder is
missing, the block stays as it is. WSEL is another program than
build/release/wsel.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- wsel (report [^\n]*) -->\n)(.*?)(<!-- end of report -->)",
                   re.DOTALL)


def report_of(command):
    """The report as Markdown; None if there is nothing to read yet."""
    words = shlex.split(command)
    folders = [word for word in words[1:] if word.startswith("out/")]
    if not all((ROOT / folder).is_dir() for folder in folders):
        return None
    wsel = os.environ.get("WSEL", "build/release/wsel")
    run = subprocess.run([wsel, "--quiet", *words], cwd=ROOT, text=True,
                         stdout=subprocess.PIPE, check=True)
    return run.stdout


def excerpt(report):
    """The runs that are finished, a table of accuracies and the differences."""
    # Without its last line, the version and the command.
    parts = report.rsplit("\nwsel ", 1)[0].split("\n## ")
    status = [line for line in parts[0].splitlines() if line.endswith(".")][-1]
    tested = [part for part in parts[1:] if part.startswith("Test ")]
    kept = (tested or parts[1:])[:1] + [part for part in parts[1:]
                                        if part.startswith("Differences")]
    text = status + "\n\n"
    for part in kept:
        title, _, body = part.partition("\n")
        text += f"{title}:\n\n{body.strip()}\n\n"
    return text.rstrip() + "\n"


def fill(block):
    begin, command, before, end = block.groups()
    report = report_of(command)
    print(f"{command}: {'no runs yet' if report is None else 'written'}")
    return begin + (before if report is None else excerpt(report)) + end


def fill_page(page):
    text = BLOCK.sub(fill, page.read_text(encoding="utf-8"))
    whole = page.with_suffix(".new")
    whole.write_text(text, encoding="utf-8")
    whole.replace(page)


def main(*pages):
    for page in pages or (ROOT / "docs/results.md", ROOT / "docs/evidence.md"):
        fill_page(pathlib.Path(page))


if __name__ == "__main__":
    if "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    main(*sys.argv[1:])
