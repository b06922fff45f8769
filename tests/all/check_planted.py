#!/usr/bin/python3
"""Plants bugs in copies of bench/, one at a time, each of a kind that would print wrong numbers. A
test of the everyday ones has to find each.

usage: tests/all/check_planted.py [WORD]...    only the bugs whose description has one of these"""
# needs: gcc stdio.h check.pc pkg-config memcached memcache.py

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

from planted import BUGS

JOBS = 2 * len(os.sched_getaffinity(0))  # most of the time they wait
PATIENCE_S = 60  # for one test case
FLAGS = ["-std=c11", "-w", "-O1", "-D_POSIX_C_SOURCE=200809L", "-Iproto", "-Isrc", "-Isrc/tool",
         "-Itests/support", "-Ibench", "-Ibench/common"]
# Runs the cases that are named after the program and its arguments.
CASES = """
import sys, unittest
program, count = sys.argv[1], int(sys.argv[2])
sys.path.insert(0, program.rpartition("/")[0])
names, sys.argv = sys.argv[3 + count:], [program] + sys.argv[3:3 + count]
module = __import__(program.rpartition("/")[2][:-3])
result = unittest.TestResult()
result.failfast = True
unittest.defaultTestLoader.loadTestsFromNames(names, module).run(result)
print(*(error for _, error in result.failures + result.errors))
sys.exit(not result.wasSuccessful())
"""


class Program(NamedTuple):
    """What is linked of: folders, single files besides, libraries and options of the linker."""
    folders: tuple
    files: tuple
    libraries: tuple
    options: tuple = ()


LIBRARY = ("proto", "src", "bench/common")
TOOL = tuple("src/tool/%s.c" % name for name in (
    "buffer", "child", "conversation", "escape", "histogram", "login", "option", "screen", "side",
    "standard"))
PROGRAMS = {
    "check_numbers": Program(
        LIBRARY, TOOL + ("tests/check_numbers.c", "tests/support/suite.c", "bench/load/data.c",
                         "bench/load/dist.c", "bench/load/hgrm.c", "bench/load/live.c", "bench/load/runs.c",
                         "bench/load/sizes.c", "bench/load/stats.c"),
        ("check",), tuple("-Wl,--wrap=" + name for name in ("clock_gettime", "nanosleep", "getrusage"))),
    "mcload": Program(LIBRARY + ("bench/load",), TOOL, ()),
    "squares": Program(LIBRARY + ("bench/squares",), TOOL, ()),
    "overhead-worker": Program(LIBRARY, TOOL + tuple("bench/clients/%s.c" % name for name in (
        "c_baseline_timed", "c_mcwire_timed", "c_wire_timed", "overhead_worker", "timed", "work")), ()),
}
# A test's programs, as its arguments.
TESTS = {"numbers": ["check_numbers"], "schedule": ["mcload"], "squares": ["squares"],
         "overhead": ["overhead.sh", "overhead-worker"]}


def run(words, folder, **more):
    return subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, text=True, errors="replace",
                          **more)


class Copy:
    """A copy of the tree, and its object files."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("proto", "src", "bench", "tests"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name),
                            ignore=shutil.ignore_patterns("fuzz", "screens", "transcripts", "proof"))
        self.objects = {}
        self.libraries = {name: run(["pkg-config", "--cflags", "--libs", name], folder).stdout.split()
                          for name in {name for each in PROGRAMS.values()
                                       for name in each.libraries}}
        script = self.path("overhead.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexec %s -B %s/bench/overhead/overhead.py --workers %s \"$@\"\n"
                       % (sys.executable, folder, folder))
        os.chmod(script, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sources(self, name):
        program = PROGRAMS[name]
        found = list(program.files)
        for folder in program.folders:
            found += [folder + "/" + file for file in sorted(os.listdir(self.path(folder)))
                      if file.endswith(".c")]
        return found

    def compile(self, source):
        if source in self.objects:
            return
        target = self.path(source.replace("/", "-")[:-2] + ".o")
        done = run(["gcc", *FLAGS, "-c", source, "-o", target], self.folder)
        if done.returncode != 0:
            raise RuntimeError(done.stdout)
        self.objects[source] = target

    def link(self, name):
        objects = [self.objects[source] for source in self.sources(name)]
        libraries = [word for each in PROGRAMS[name].libraries for word in self.libraries[each]]
        done = run(["gcc", *objects, "-o", name, *PROGRAMS[name].options, *libraries, "-lm",
                    "-pthread"], self.folder)
        if done.returncode != 0:
            raise RuntimeError(done.stdout)

    def build(self, pool, names):
        list(pool.map(self.compile, {source for name in names for source in self.sources(name)}))
        list(pool.map(self.link, names))

    def share(self, other, names):
        """What another copy has built."""
        self.objects = dict(other.objects)
        for name in names:
            shutil.copy(other.path(name), self.path(name))

    def plant(self, bug):
        """The text that was there before."""
        with open(self.path(bug.file), encoding="utf-8") as file:
            text = file.read()
        if text.count(bug.old) != 1:
            raise RuntimeError("it is nowhere to be planted: " + bug.file)
        self.write(bug.file, text.replace(bug.old, bug.new))
        return text

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        self.objects.pop(name, None)

    def make(self, bug):
        """Builds again what a bug's test runs."""
        if bug.file.endswith(".c"):
            self.compile(bug.file)
            for name in TESTS[bug.test]:
                if name in PROGRAMS and bug.file in self.sources(name):
                    self.link(name)

    def passes(self, test, cases):
        """Whether the cases of a test pass, and what they print."""
        programs = [self.path(name) for name in TESTS[test]]
        words = programs
        if test != "numbers":
            words = [sys.executable, "-B", "-c", CASES, self.path("tests/check_%s.py" % test),
                     str(len(programs)), *programs, *cases]
        process = subprocess.Popen(words, cwd=self.folder, stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   errors="replace", start_new_session=True,
                                   env=dict(os.environ, CK_FORK="no"))
        try:
            said = process.communicate(timeout=PATIENCE_S)[0]
        except subprocess.TimeoutExpired:
            said = "it does not end"
        try:
            os.killpg(process.pid, signal.SIGKILL)  # and what it has started
        except ProcessLookupError:
            pass
        return process.wait() == 0, said

    def hunt(self, bug):
        """None when the bug is found; else why it is not."""
        before = self.plant(bug)
        try:
            self.make(bug)
            good, _ = self.passes(bug.test, bug.cases)
            return "it lives" if good else None
        finally:
            self.write(bug.file, before)
            self.make(bug)


def try_bug(copies, bug):
    copy = copies.pop()
    try:
        return copy.hunt(bug)
    except RuntimeError as problem:
        return str(problem)
    finally:
        copies.append(copy)


def clean_cases(bugs):
    """All cases of each test that a bug names."""
    cases = {}
    for bug in bugs:
        cases.setdefault(bug.test, {}).update(dict.fromkeys(bug.cases))
    return cases.items()


def main():
    bugs = [bug for bug in BUGS
            if len(sys.argv) == 1 or any(word in bug.what for word in sys.argv[1:])]
    start, folder = time.monotonic(), tempfile.mkdtemp(prefix="mcwire-")
    os.chmod(folder, 0o755)
    os.environ["TMPDIR"] = folder
    found, names = 0, [name for name in PROGRAMS if any(name in TESTS[bug.test] for bug in bugs)]
    try:
        with ThreadPoolExecutor(JOBS) as pool:
            first, *copies = [Copy(os.path.join(folder, str(k))) for k in range(JOBS + 1)]
            first.build(pool, names)
            for copy in copies:  # which link its objects: no bug is planted in it
                copy.share(first, names)
            clean = list(pool.map(lambda each: first.passes(*each), clean_cases(bugs)))
            for good, said in clean:
                print(said if not good else "# the cases pass without a bug")
            results = list(pool.map(lambda bug: try_bug(copies, bug), bugs))
        for number, (bug, why) in enumerate(zip(bugs, results), 1):
            found += why is None
            print("%s %d - %s" % ("ok" if why is None else "not ok", number, bug.what))
            if why is not None:
                print("# %s: %s" % (bug.file, why.replace("\n", "\n# ")))
        print("1..%d" % len(bugs))
        print("# reached: 10. bugs planted in bench/ | %d | %d found by everyday tests, in %d s"
              % (len(bugs), found, time.monotonic() - start))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if found == len(bugs) and all(good for good, _ in clean) else 1


if __name__ == "__main__":
    sys.exit(main())
