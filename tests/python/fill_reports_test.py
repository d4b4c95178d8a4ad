"""Pages that get the reports of a program that is a file.

    python3 tests/python/fill_reports_test.py
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "fill_reports.py"

# Reports what it was called with.
PROGRAM = r"""#!/bin/sh
cat <<END
# sweep

About it.

3 of 4 runs are finished; 1 running.

## Top-1 after the last epoch (%)

| init | top-1 |
|---|---|
| $* | 1 |

## Best top-1 of all epochs (%)

| best |
|---|

## Differences from uniform

| init | difference |
|---|---|
| random | -1 |

wsel 1, \`wsel report\`
END
"""

FILLED = """3 of 4 runs are finished; 1 running.

Top-1 after the last epoch (%):

| init | top-1 |
|---|---|
| --quiet report out/a --baseline uniform init | 1 |

Differences from uniform:

| init | difference |
|---|---|
| random | -1 |
"""


def block(command, text):
    return f"<!-- wsel {command} -->\n{text}<!-- end of report -->\n"


class FillReports(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "scripts").mkdir()
        shutil.copy(SCRIPT, self.folder / "scripts")
        (self.folder / "out/a").mkdir(parents=True)
        self.page = self.folder / "page.md"

    def fill(self, program=PROGRAM):
        wsel = self.folder / "wsel"
        wsel.write_text(program)
        wsel.chmod(0o755)
        return subprocess.run(
            [sys.executable, str(self.folder / "scripts/fill_reports.py"),
             str(self.page)],
            env={"WSEL": str(wsel), "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def test_fills_a_block_each_time(self):
        command = "report out/a --baseline 'uniform init'"
        self.page.write_text("a\n" + block(command, "No run.\n") + "b\n")
        for _ in range(2):
            self.assertEqual(self.fill().returncode, 0)
            self.assertEqual(self.page.read_text(),
                             "a\n" + block(command, FILLED) + "b\n")

    def test_prefers_the_table_of_test_images(self):
        program = PROGRAM.replace("## Best top-1 of all epochs (%)\n\n| best |",
                                  "## Test top-1 of the best weights (%)\n\n| test |")
        self.page.write_text(block("report out/a", "No run.\n"))
        self.assertEqual(self.fill(program).returncode, 0)
        filled = self.page.read_text()
        self.assertIn("Test top-1 of the best weights (%):\n\n| test |", filled)
        self.assertIn("Differences from uniform:", filled)
        self.assertNotIn("after the last epoch", filled)

    def test_keeps_what_has_no_folder(self):
        page = block("report out/missing", "No run is finished.\n")
        self.page.write_text(page)
        self.assertEqual(self.fill().returncode, 0)
        self.assertEqual(self.page.read_text(), page)

    def test_writes_nothing_if_a_report_fails(self):
        page = block("report out/a", "Old.\n")
        self.page.write_text(page)
        self.assertNotEqual(self.fill("#!/bin/sh\nexit 5\n").returncode, 0)
        self.assertEqual(self.page.read_text(), page)


if __name__ == "__main__":
    unittest.main()
