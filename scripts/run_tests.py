#!/usr/bin/env python3
"""Runs a GoogleTest program by several processes: run_tests.py PROGRAM RESULTS.xml

Starting a program takes longer than most of its tests, so that each process runs
many. One that crashes, or in which a test takes longer than --timeout seconds, fails
that test; the others of its share are run by another process. Writes the results in
the form that scripts/tally.py reads, and prints the output of tests that fail and
those that take long.
"""

import argparse
import os
import pathlib
import queue
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as xml

# Suites are kept together, as their fixtures may be shared, up to so many tests.
SHARE = 16
LONG_SECONDS = 10

# Several processes share the processors: OpenMP's threads are not to spin while they
# wait for each other.
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}

STARTED = re.compile(r"\[ RUN      \] (\S+)\s*$")
ENDED = re.compile(r"\[ *(OK|FAILED|SKIPPED) *\] (\S+?)(?:, where .*)? \((\d+) ms\)\s*$")
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Result:
    """Of one test: OK, FAILED or SKIPPED, and what it printed."""

    def __init__(self, name, status, seconds, lines):
        self.name = name
        self.status = status
        self.seconds = seconds
        self.text = NOT_IN_XML.sub("?", "".join(lines))


def list_tests(program):
    """Its tests by suite, without those that are disabled."""
    listed = subprocess.run([program, "--gtest_list_tests"], check=True, text=True,
                            stdout=subprocess.PIPE, cwd=pathlib.Path(program).parent)
    suites = {}
    for line in listed.stdout.splitlines():
        name = line.split("#")[0].strip()
        if not line.startswith(" "):
            suite = name
        elif "DISABLED_" not in suite + name:
            suites.setdefault(suite, []).append(suite + name)
    return list(suites.values())


def shares_of(suites):
    """Lists of about SHARE tests. The last suites come first: they run the program,
    which takes longest."""
    shares = [[]]
    for suite in reversed(suites):
        if shares[-1] and len(shares[-1]) + len(suite) > SHARE:
            shares.append([])
        shares[-1] += suite
    return [share for share in shares if share]


class Process:
    """A process that runs some tests, and what it has printed of them."""

    def __init__(self, program, tests, timeout):
        self.timeout = timeout
        self.results = []
        self.current = None
        self.began = time.monotonic()
        self.lines = []
        self.partial = b""
        self.hung = False
        with tempfile.NamedTemporaryFile("w", suffix=".flags") as flags:
            flags.write("--gtest_filter=" + ":".join(tests) + "\n")
            flags.flush()
            # A group of its own, so that what a hung test has started ends with it.
            self.process = subprocess.Popen(
                [program, "--gtest_flagfile=" + flags.name, "--gtest_color=no"],
                cwd=pathlib.Path(program).parent, env=ENVIRONMENT,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True)
            self.read_all()
        self.end()

    def read_all(self):
        """Until the process has ended, whoever may still hold its output."""
        pipes = [self.process.stdout.fileno()]  # none once it is closed
        while True:
            ended = self.process.poll() is not None
            ready = select.select(pipes, [], [], 0 if ended else 0.2)[0]
            read = os.read(ready[0], 1 << 16) if ready else b""
            self.take(read)
            if ended and not read:
                break
            if ready and not read:
                pipes = []
            if not self.hung and time.monotonic() - self.began > self.timeout:
                self.hung = True
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.stdout.close()

    def take(self, read):
        *lines, self.partial = (self.partial + read).split(b"\n")
        for line in lines:
            self.take_line(line.decode(errors="replace") + "\n")

    def take_line(self, line):
        started = STARTED.search(line)
        ended = ENDED.search(line)
        if started and self.current is None:
            self.current = started[1]
            self.began = time.monotonic()
            self.lines = []
        elif ended and ended[2] == self.current:
            self.add(ended[1], int(ended[3]) / 1000)
        else:
            self.lines.append(line)

    def add(self, status, seconds):
        self.results.append(Result(self.current, status, seconds, self.lines))
        self.current = None
        self.lines = []
        self.began = time.monotonic()

    def end(self):
        """The test that was running when the process ended has failed, or the last
        one if it ended with an error that no test explains."""
        code = self.process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        if self.hung:
            how = f"killed, as it took longer than {self.timeout:g} s"
        if self.partial:
            self.lines.append(self.partial.decode(errors="replace"))
        failed = any(result.status == "FAILED" for result in self.results)
        if self.current is None and self.results and code != 0 and not (failed and code == 1):
            last = self.results.pop()
            self.current = last.name
            self.lines.insert(0, last.text)
        if self.current is not None:
            self.lines.append(f"the process ended during or after this test: {how}\n")
            self.add("FAILED", time.monotonic() - self.began)


def run_share(program, tests, timeout):
    """The results of all tests, of as many processes as it takes."""
    results = []
    left = list(tests)
    while left:
        found = Process(program, left, timeout).results
        results += found
        done = {result.name for result in found}
        if not done.intersection(left):
            return results + [Result(test, "FAILED", 0, ["was not run\n"]) for test in left]
        left = [test for test in left if test not in done]
    return results


def run_all(program, shares, timeout, jobs):
    left = queue.SimpleQueue()
    for share in shares:
        left.put(share)
    results = []
    printing = threading.Lock()

    def work():
        while True:
            try:
                share = left.get_nowait()
            except queue.Empty:
                return
            found = run_share(program, share, timeout)
            with printing:
                results.extend(found)
                for result in found:
                    if result.status == "FAILED":
                        print(f"{result.text}FAILED  {result.name}", flush=True)

    workers = [threading.Thread(target=work) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


def write_xml(path, results):
    root = xml.Element("testsuites")
    for result in results:
        case = xml.SubElement(root, "testcase", name=result.name, status="run",
                              time=f"{result.seconds:.3f}")
        if result.status == "FAILED":
            xml.SubElement(case, "failure", message="see the output")
        elif result.status == "SKIPPED":
            xml.SubElement(case, "skipped")
        xml.SubElement(case, "system-out").text = result.text
    xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("results")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for a test")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at once")
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    results = run_all(program, shares_of(list_tests(program)), args.timeout, args.jobs)
    results.sort(key=lambda result: -result.seconds)
    for result in results:
        if result.seconds >= LONG_SECONDS:
            print(f"{result.seconds:6.0f} s  {result.name}")
    write_xml(args.results, results)
    failed = sum(result.status == "FAILED" for result in results)
    print(f"{len(results)} tests, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
