"""scripts/run_tests.py and scripts/tally.py, with a test program that is a script.

    python3 tests/python/run_tests_test.py
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"

# Lists and runs tests as GoogleTest does; what each does is in its name.
PROGRAM = """#!{python}
import os, subprocess, sys, time
TESTS = {tests!r}
if "--gtest_list_tests" in sys.argv:
    for suite, names in TESTS.items():
        print(suite + ".")
        for name in names:
            print("  " + name + ("  # GetParam() = 3" if "/" in name else ""))
    sys.exit()
flags = [a.split("=", 1)[1] for a in sys.argv if a.startswith("--gtest_flagfile=")]
chosen = open(flags[0]).read().strip().split("=", 1)[1].split(":")
open("starts", "a").write(str(os.getpid()) + "\\n")
if "Loader" in TESTS:
    sys.exit(127)
code = 0
for test in chosen:
    print("[ RUN      ] " + test, flush=True)
    status = "      OK"
    if "Crashes" in test:
        print("about to crash", flush=True)
        os.kill(os.getpid(), 11)
    if "Hangs" in test:
        child = subprocess.Popen(["sleep", "1000"])
        open("child", "w").write(str(child.pid))
        time.sleep(1000)
    if "Exits" in test:
        os._exit(0)
    if "Closes" in test:
        os.close(1)
        os.close(2)
        time.sleep(1000)
    if "LeavesAChild" in test:
        child = subprocess.Popen(["sleep", "30"])
    if "Fails" in test:
        print("a.cpp:1: Failure\\nExpected: \\x01 true")
        status, code = "  FAILED  ", 1
    if "Skips" in test:
        print("a.cpp:1: Skipped\\nno such data\\n")
        status = "  SKIPPED "
    if "Quotes" in test:
        print("[       OK ] Another.Test (3 ms)")
        print("text without an end", end="")
    where = ", where GetParam() = 3" if "Fails" in test and "/" in test else ""
    print("[" + status + "] " + test + where + " (0 ms)", flush=True)
if "Leaks" in str(chosen):
    print("ERROR: LeakSanitizer")
    code = 23
sys.exit(code)
"""


class RunTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def run_tests(self, tests, *options):
        """Of {suite: names}. The exit code, the output, and what tally.py prints."""
        program = self.folder / "program"
        program.write_text(PROGRAM.format(python=sys.executable, tests=tests))
        program.chmod(0o755)
        done = subprocess.run(
            [sys.executable, SCRIPTS / "run_tests.py", program, self.folder / "all.xml",
             *options], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        tally = subprocess.run([sys.executable, SCRIPTS / "tally.py", self.folder, "all"],
                               text=True, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, tally.returncode)
        return done.returncode, done.stdout, tally.stdout

    def processes(self):
        return len((self.folder / "starts").read_text().splitlines())

    def test_passing_tests_share_processes(self):
        tests = {f"S{i}": ["A", "B", "Quotes", "DISABLED_Fails"] for i in range(20)}
        code, _, tally = self.run_tests(tests, "--jobs", "2")
        self.assertEqual(code, 0)
        self.assertIn("60 passed, 0 failed, 0 skipped", tally)
        self.assertEqual(self.processes(), 4)

    def test_failures_and_skips_are_listed(self):
        code, output, tally = self.run_tests(
            {"S": ["A", "Fails", "Skips"], "All/P": ["Fails/0", "B/1"]})
        self.assertEqual(code, 1)
        self.assertIn("Expected: ? true", output)
        self.assertIn("FAILED  all: S.Fails\n", tally)
        self.assertIn("FAILED  all: All/P.Fails/0\n", tally)
        self.assertIn("skipped all: S.Skips: no such data\n", tally)
        self.assertIn("2 passed, 2 failed, 1 skipped", tally)
        self.assertEqual(self.processes(), 1)

    def test_a_crash_fails_one_test_and_the_others_run(self):
        code, output, tally = self.run_tests({"S": ["A", "Crashes", "B", "C"]})
        self.assertEqual(code, 1)
        self.assertIn("about to crash", output)
        self.assertIn("signal 11\nFAILED  S.Crashes", output)
        self.assertIn("FAILED  all: S.Crashes\n", tally)
        self.assertIn("3 passed, 1 failed, 0 skipped", tally)

    def test_a_test_that_ends_the_process_fails(self):
        _, output, tally = self.run_tests({"S": ["A", "Exits", "B"]})
        self.assertIn("exit code 0\nFAILED  S.Exits", output)
        self.assertIn("2 passed, 1 failed, 0 skipped", tally)

    def test_a_hung_test_is_killed_with_what_it_started(self):
        code, output, tally = self.run_tests({"S": ["A", "Hangs", "Closes", "B"]}, "--timeout", "5")
        self.assertEqual(code, 1)
        self.assertIn("longer than 5 s\nFAILED  S.Hangs", output)
        self.assertIn("2 passed, 2 failed, 0 skipped", tally)
        self.assertIn("FAILED  all: S.Closes\n", tally)
        child = pathlib.Path("/proc") / (self.folder / "child").read_text()
        for _ in range(50):  # until it is reaped
            if not child.exists() or ") Z " in (child / "stat").read_text():
                break
            time.sleep(0.1)
        else:
            self.fail("what the test started still runs")

    def test_an_error_after_the_last_test_counts(self):
        _, output, tally = self.run_tests({"S": ["A", "Leaks"]})
        self.assertIn("LeakSanitizer", output)
        self.assertIn("exit code 23\nFAILED  S.Leaks", output)
        self.assertIn("1 passed, 1 failed, 0 skipped", tally)

    def test_a_process_that_a_test_leaves_is_not_waited_for(self):
        code, _, _ = self.run_tests({"S": ["LeavesAChild", "B"]}, "--timeout", "10")
        self.assertEqual(code, 0)

    def test_a_program_that_does_not_start_fails(self):
        code, _, tally = self.run_tests({"S": ["A", "B"], "Loader": ["C"]})
        self.assertEqual(code, 1)
        self.assertIn("0 passed, 3 failed, 0 skipped", tally)


if __name__ == "__main__":
    unittest.main()
