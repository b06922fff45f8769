#!/usr/bin/python3
"""Holds the page, src/learn/wire.html, to what it is made of: it has a hash of its sources, and is
made again when one of them changes. A copy with a planted change has to be found old."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TESTS)
sys.path.insert(0, os.path.join(TESTS, "support"))

import tap

MAKE = os.path.join("src", "learn", "page", "make")
# One source of each kind.
CHANGED = ["proto/reader.c", "proto/proto.h", "src/annotate.c", "src/ports/memory.c",
           "src/learn/lies.c", "src/learn/page/asking.c", "src/learn/page/lies.js",
           "src/learn/page/style.css", "src/learn/page/stations.json", "src/learn/page/make",
           "src/learn/exercises/01-count.txt", "proto/transcripts/README.md",
           "proto/transcripts/classic-get.txt"]


def is_new(root):
    """Whether the page below this folder is as new as its sources; and what was said."""
    run = subprocess.run([sys.executable, os.path.join(root, MAKE), "--check"],
                         capture_output=True, text=True)
    return run.returncode == 0, run.stderr


class Page(unittest.TestCase):
    def test_is_as_new_as_its_sources(self):
        new, problem = is_new(ROOT)
        self.assertTrue(new, problem)

    def test_a_changed_source_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("proto", "src"):
                shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name))
            self.assertTrue(is_new(folder)[0])
            for path in CHANGED:
                file = os.path.join(folder, path)
                before = open(file, "rb").read() if os.path.exists(file) else None
                with open(file, "ab") as to:
                    to.write(b"\n")
                new, problem = is_new(folder)
                self.assertFalse(new, path)
                self.assertIn("run src/learn/page/make", problem)
                if before is None:
                    os.remove(file)
                else:
                    with open(file, "wb") as to:
                        to.write(before)
            self.assertTrue(is_new(folder)[0])


if __name__ == "__main__":
    tap.run_cases()
