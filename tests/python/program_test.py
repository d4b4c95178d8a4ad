"""The Python side of the wheel, with a program and a torch that are files.

    python3 tests/python/program_test.py
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PACKAGE = pathlib.Path(__file__).parents[2] / "python" / "wsel"

# What the program was called with.
PROGRAM = """#!/bin/sh
echo "name $0"
echo "arguments $*"
echo "fault $WSEL_TORCH_FAULT"
echo "libraries $LD_LIBRARY_PATH"
"""


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.site = self.folder / "site"
        shutil.copytree(PACKAGE, self.site / "wsel")
        (self.site / "wsel/_torch_series.py").write_text('TORCH_SERIES = "2.11"\n')
        program = self.site / "wsel/bin/wsel"
        program.parent.mkdir()
        program.write_text(PROGRAM)
        program.chmod(0o755)

    def add_torch(self, site, version, library=True):
        torch = site / "torch"
        (torch / "lib").mkdir(parents=True)
        # To import it is a mistake.
        (torch / "__init__.py").write_text("raise SystemExit('torch was imported')\n")
        (torch / "version.py").write_text(
            f"__all__ = ['__version__']\n__version__ = '{version}'\n"
        )
        if library:
            (torch / "lib/libtorch_cpu.so").touch()

    def run_wsel(self, *arguments, sites=()):
        paths = os.pathsep.join(str(p) for p in (self.site, *sites))
        code = "import sys; sys.argv[0] = 'wsel'; import wsel._program as p; p.main()"
        # -S: without the torch that may be installed.
        done = subprocess.run(
            [sys.executable, "-S", "-c", code, *arguments],
            env={"PYTHONPATH": paths, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = (line.partition(" ") for line in done.stdout.splitlines())
        return {key: value for key, _, value in lines}

    def test_runs_the_program_with_the_arguments(self):
        self.add_torch(self.site, "2.11.0+cu130")
        said = self.run_wsel("train", "--set", "a=b")
        self.assertEqual(said["arguments"], "train --set a=b")
        self.assertEqual(said["fault"], "")
        self.assertEqual(said["libraries"], "")

    def test_without_torch_the_program_knows_what_to_install(self):
        said = self.run_wsel("models")
        self.assertIn("is not installed", said["fault"])
        self.assertIn("pip install 'torch==2.11.*'", said["fault"])

    def test_another_version_is_an_error(self):
        self.add_torch(self.site, "2.12.1")
        said = self.run_wsel("train")
        self.assertIn("2.12.1", said["fault"])
        self.assertIn("built for 2.11", said["fault"])

    def test_a_torch_without_a_version_is_an_error(self):
        self.add_torch(self.site, "2.11.0")
        (self.site / "torch/version.py").unlink()
        fault = self.run_wsel("train")["fault"]
        self.assertIn("is version unknown", fault)
        self.assertIn("pip install 'torch==2.11.*'", fault)

    def test_2_1_is_not_2_11(self):
        self.add_torch(self.site, "2.1.1")
        self.assertIn("2.1.1", self.run_wsel("train")["fault"])

    def test_a_torch_without_libraries_is_an_error(self):
        self.add_torch(self.site, "2.11.0", library=False)
        self.assertIn("libtorch_cpu.so", self.run_wsel("train")["fault"])

    def test_a_torch_of_another_site_is_found_by_its_folder(self):
        other = self.folder / "other"
        self.add_torch(other, "2.11.0")
        said = self.run_wsel("train", sites=[other])
        self.assertEqual(said["fault"], "")
        self.assertEqual(said["libraries"], str(other / "torch/lib"))

    def test_the_package_has_a_path_and_nothing_more(self):
        code = (
            "import wsel; print(wsel.path()); "
            "print([n for n in dir(wsel) if not n.startswith('_')])"
        )
        said = subprocess.run(
            [sys.executable, "-S", "-c", code],
            env={"PYTHONPATH": str(self.site)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        self.assertEqual(said, [str(self.site / "wsel/bin/wsel"), "['path']"])


if __name__ == "__main__":
    unittest.main()
