"""Counts: instructions under callgrind and system calls under strace, each as the difference of a
shorter and a longer run, so that what happens but once is not in it; and builds to count with."""

import os
import re
import shutil
import subprocess
import tempfile

from machine import Absent, Failed, Worker

TOOL_S = 300  # for a run under a tool
WARM_UP = 10  # operations after which a program has found all functions that it calls


def tool_version(command):
    """The first line that a tool says of itself, or None."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True, timeout=TOOL_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("latin-1").split("\n")[0]


def read_callgrind(text):
    found = re.search(r"^totals: (\d+)", text, re.MULTILINE)
    return {"instructions": int(found.group(1))} if found else {}


def read_memcheck(text):
    found = re.search(r"total heap usage: ([\d,]+) allocs", text)
    return {"allocations": int(found.group(1).replace(",", ""))} if found else {}


def read_strace(text):
    """% time, seconds, usecs/call, calls, errors if any, name."""
    rows = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?([a-z]\w*)$", text, re.MULTILINE)
    return {name: int(count) for count, name in rows if name != "total"}


TOOLS = {
    "memcheck": (["valgrind", "--tool=memcheck", "--leak-check=no", "--vgdb=no",
                  "--undef-value-errors=no", "--log-file=%s"], read_memcheck),
    "valgrind": (["valgrind", "--tool=callgrind", "--vgdb=no", "--callgrind-out-file=%s"],
                 read_callgrind),
    "strace": (["strace", "-f", "-c", "-o", "%s"], read_strace),
}
# With these PHP and Python ask malloc() for each object.
ENVIRONMENTS = {"memcheck": {"USE_ZEND_ALLOC": "0", "PYTHONMALLOC": "malloc"}}


def run_lengths(work):
    """The longer what is done, the shorter the runs."""
    long = work is not None and work.batch * (work.size + 32) > 4096
    return (20, 60) if long else (100, 500)


class Counter:
    """Counts what commands do that obey lines. Raises Failed where a tool is absent."""

    def __init__(self, folder):
        self.folder = folder
        self.versions = {"valgrind": tool_version(["valgrind", "--version"]),
                         "strace": tool_version(["strace", "-V"])}

    def has(self, tool):
        return self.versions[tool] is not None

    def obey(self, tool, more, command, lines):
        """What a run counts that obeys the lines; of each file that the tool writes."""
        folder = tempfile.mkdtemp(dir=self.folder)
        words, read = TOOLS[tool]
        words = [word % (folder + "/counts") if "%s" in word else word for word in words]
        worker = Worker(words + more + command, env=dict(os.environ, **ENVIRONMENTS.get(tool, {})))
        try:
            for line in lines:
                worker.ask(line, TOOL_S)
        finally:
            status = worker.end(TOOL_S)
        counts = {}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="latin-1") as file:
                counts[name] = read(file.read())
        shutil.rmtree(folder)
        if status != 0 or not counts.get("counts"):
            raise Failed("%s failed with status %d" % (tool, status))
        return counts

    def run(self, tool, command, lines, length):
        """What a run counts that obeys the lines, and then `run LENGTH`."""
        return self.obey(tool, [], command, lines + ["run %d" % length])["counts"]

    def all_instructions(self, command, lines, works):
        """Of an operation of each of the works, pairs of a line and two lengths, in one run:
        callgrind writes a file, counts.1 and so on, whenever a worker is given a work."""
        for line, lengths in works:
            for length in (WARM_UP, *lengths):
                lines = lines + [line, "run %d" % length]
        files = self.obey("valgrind", ["--dump-before=set_work"], command, lines + [works[0][0]])
        if len(files) < 3 * len(works) + 2:
            raise Failed("callgrind does not find set_work() in " + command[0])
        counts = [files["counts.%d" % (i + 2)]["instructions"] for i in range(3 * len(works))]
        return [(counts[3 * i + 2] - counts[3 * i + 1]) / (lengths[1] - lengths[0])
                for i, (_, lengths) in enumerate(works)]

    def difference(self, tool, command, lines, lengths):
        """Of each thing that is counted, how often one operation does it."""
        shorter, longer = (self.run(tool, command, lines, length) for length in lengths)
        return {name: (count - shorter.get(name, 0)) / (lengths[1] - lengths[0])
                for name, count in longer.items()}

    def instructions(self, command, lines, work=None):
        lengths = run_lengths(work)
        return self.difference("valgrind", command, lines, lengths)["instructions"]

    def allocations(self, command, lines):
        return self.difference("memcheck", command, lines, (100, 500))["allocations"]

    def syscalls(self, command, lines, work):
        """All of an operation, and their names."""
        each = self.difference("strace", command, lines, run_lengths(work))
        names = ", ".join("%s %.3g" % item for item in each.items() if item[1] >= 0.01)
        return sum(each.values()), names


def or_none(function, *arguments):
    """None where there is no such command, or no figure."""
    try:
        return function(*arguments)
    except (Absent, Failed, OSError):
        return None


def strip_worker(path, stripped):
    """A copy without what a compiler wrote for debuggers, which valgrind need not, and cannot
    always, read."""
    if shutil.which("strip") is None:
        return path
    subprocess.run(["strip", "--strip-debug", "-o", stripped, path], check=True)
    return stripped
