"""The matrix of servers and versions is what its program writes: tests/servers/make_results, given
what the tests printed when tests/servers/RESULTS.md was made, writes that page again; prints TAP."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "support"))

from tap import run_cases

COUNT = os.path.join(HERE, "support", "count.py")
FAKE_RUN = """#!/bin/sh
# Prints what the tests printed with this memcached.
cat "$2"
"""
FAKE_SERVERS = """#!/bin/sh
# Prints what the tests of other servers printed.
cat "$(dirname "$0")/said"
"""


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def read_page():
    """The rows of the two tables, each without the line below its header."""
    with open(os.path.join(HERE, "servers", "RESULTS.md"), encoding="utf-8") as file:
        page = file.read()
    tables = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    return page, [[cells(line) for line in table.splitlines() if not re.match(r"\| -", line)]
                  for table in tables]


def log_of(name, cell):
    """A test's log in Meson's format, from which count.py counts what the cell says."""
    passed, others = re.fullmatch(r"(\d+)(?: \((\d+) of other versions\))?", cell).groups()
    said = "100%%: Checks: %s, Failures: 0, Errors: 0\n" % passed
    if others:
        said = "for another memcached than 1.0: %s transcripts\n%s" % (others, said)
    return json.dumps({"name": "mcwire:once / " + name, "result": "OK", "returncode": 0,
                       "stdout": said})


def write_program(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)


class Matrix(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mcwire-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def print_of(self, names, row):
        """A file with what tests/run --memcached printed for a row of the matrix."""
        log, said = self.path("log"), self.path(row[0].replace(" ", "-"))
        with open(log, "w", encoding="utf-8") as file:
            file.write("\n".join(map(log_of, names, row[1:])))
        done = subprocess.run([sys.executable, COUNT, "gcc=" + log], stdout=subprocess.PIPE,
                              check=True)
        with open(said, "wb") as file:
            file.write(b"Testing with %s: /a/memcached\n" % row[0].encode() + done.stdout)
        return said

    def test_page_is_what_the_program_writes(self):
        page, (versions, servers) = read_page()
        os.makedirs(self.path("tests", "servers"))
        shutil.copy(os.path.join(HERE, "servers", "make_results"), self.path("tests", "servers"))
        write_program(self.path("tests", "run"), FAKE_RUN)
        write_program(self.path("bin", "ninja"), "#!/bin/sh\n")
        write_program(self.path("tests", "all", "check_servers.py"), FAKE_SERVERS)
        with open(self.path("tests", "all", "said"), "w", encoding="utf-8") as file:
            for row in servers[1:]:
                file.write("ok 1 - a case\n# reached: 13. servers | %s | %s\n" % tuple(row))
        prints = [self.print_of(versions[0][1:], row) for row in versions[1:]]
        subprocess.run([self.path("tests", "servers", "make_results"), *prints], check=True,
                       stdout=subprocess.DEVNULL,
                       env=dict(os.environ, PATH=self.path("bin") + ":" + os.environ["PATH"]))
        with open(self.path("tests", "servers", "RESULTS.md"), encoding="utf-8") as file:
            self.assertEqual(file.read(), page)


if __name__ == "__main__":
    run_cases()
