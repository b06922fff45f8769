"""Holds the manual pages of the headers to the headers: each page has the functions of its header, as
they are declared, and names nothing else; its example is a program that prints what the page says.
Prints TAP. usage: check_pages.py TOP-FOLDER HEADERS-FOLDER LIBRARY [COMPILER-OPTION...]"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

from memcached import PATIENCE_S, Memcached
from tap import run_cases

TOP, HEADERS, LIBRARY = [os.path.abspath(path) for path in sys.argv[1:4]]
COMPILER = [os.environ.get("CC", "cc"), "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra",
            "-Wpedantic", "-Werror", *sys.argv[4:]]


def source(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


# ---- headers -------------------------------------------------------------------------------------


def code_of(header):
    """Without comments and directives."""
    text = re.sub(r"/\*.*?\*/", " ", header, flags=re.DOTALL)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.MULTILINE)


def one_line(text):
    return " ".join(text.split())


def functions_of(header):
    """[(type, name, [parameter, ...]), ...], inline ones, too."""
    found = re.findall(r"(?:^|[;{}])\s*(?:static inline )?((?:\w+\s+)*\w+[\s*]+)(mc_\w+)\(([^()]*)\)"
                       r"\s*(?=[;{])", code_of(header).replace('extern "C" {', ";"))
    return [(one_line(kind), name, [one_line(part) for part in parameters.split(",")])
            for kind, name, parameters in found if kind.strip() != "return"]


def installed_headers():
    """What meson.build lists: {"proto": text, ...}"""
    headers = {}
    for folder in ("proto", "src"):
        listed = re.findall(r"_headers = files\((.*?)\)", source(folder + "/meson.build"), re.DOTALL)
        for name in re.findall(r"'(\w+)\.h'", "".join(listed)):
            headers[name] = source("%s/%s.h" % (folder, name))
    return headers


# ---- pages ---------------------------------------------------------------------------------------


def pages():
    """{"proto": the text of mc_proto.3, ...}"""
    names = sorted(os.listdir(TOP + "/src/man"))
    return {name[3:-2]: source("src/man/" + name) for name in names if name.endswith(".3")}


def section(page, name):
    return page.split("\n.Sh %s\n" % name)[1].split("\n.Sh ")[0]


def synopsis_of(page):
    """The same as functions_of()."""
    functions = []
    for line in section(page, "SYNOPSIS").split("\n"):
        macro, *words = shlex.split(line)
        if macro == ".Ft":
            functions.append((words[0], "", []))
        elif macro in (".Fn", ".Fo"):
            functions[-1] = (functions[-1][0], words[0], words[1:])
        elif macro == ".Fa":
            functions[-1][2].extend(words)
    return functions


def names_of(page):
    return re.findall(r"^\.Nm (\S+)", section(page, "NAME"), re.MULTILINE)


def blocks_of(page):
    """The program of the page, and what it prints."""
    blocks = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", section(page, "EXAMPLES"),
                        re.MULTILINE | re.DOTALL)
    return [re.sub(r"^\\&", "", block, flags=re.MULTILINE).replace("\\e", "\\") for block in blocks]


class Pages(unittest.TestCase):
    """Page by page and header by header."""

    @classmethod
    def setUpClass(cls):
        cls.headers, cls.pages = installed_headers(), pages()

    def test_each_header_has_a_page(self):
        self.assertGreater(len(self.headers), 10)
        self.assertEqual(set(self.headers), set(self.pages))
        installed = re.findall(r"'man/mc_(\w+)\.3'", source("src/meson.build"))
        self.assertEqual(sorted(installed), sorted(self.pages))

    def test_declarations(self):
        """The synopsis has the functions of the header, with their types, in its order."""
        count = 0
        for name, header in self.headers.items():
            self.assertIn("\n.In mcwire/%s.h\n" % name, self.pages[name])
            self.assertEqual(synopsis_of(self.pages[name]), functions_of(header))
            count += len(functions_of(header))
        self.assertGreater(count, 150)

    def test_names(self):
        """Each function is a name of one page, and nothing but the page itself is another."""
        names = [name for page in self.pages.values() for name in names_of(page)]
        functions = [f[1] for header in self.headers.values() for f in functions_of(header)]
        self.assertEqual(sorted(names), sorted(functions + ["mc_" + name for name in self.pages]))

    def test_each_function_is_described(self):
        for name, page in self.pages.items():
            text = page.split("\n.Sh DESCRIPTION\n")[1].split("\n.Sh EXAMPLES\n")[0]
            for _, function, _ in functions_of(self.headers[name]):
                self.assertRegex(text, r"\bFn %s\b" % function)

    def test_each_command_is_described(self):
        commands = re.findall(r"\bmc_command_\w+", code_of(self.headers["command"]))
        self.assertGreater(len(commands), 20)
        listed = " ".join(re.findall(r"^\.It Va (.*)", self.pages["command"], re.MULTILINE))
        self.assertEqual(re.findall(r"mc_command_\w+", listed), commands)

    def test_the_greatest_relative_expiry_is_named(self):
        """Where a caller gives an exptime, the header and its page say from when on it is a date."""
        for kind, texts, ending in (("header", self.headers, ".h"), ("page", self.pages, ".3")):
            with_one = {name for name, text in texts.items() if "exptime" in text}
            with_one -= {"request", "annotate"}  # they read what somebody else has given
            self.assertGreaterEqual(len(with_one), 5, kind)
            for name in with_one:
                self.assertTrue("MC_EXPTIME_RELATIVE_MAX" in texts[name], name + ending)

    def test_nothing_else_is_named(self):
        """Each mc_ and MC_ in a page is in a header, or is another page."""
        known = set(re.findall(r"\bmc_\w+|\bMC\w*_\w+", " ".join(self.headers.values())))
        known |= {"mc_" + name for name in self.pages}
        for name, page in self.pages.items():
            named = set(re.findall(r"\bmc_\w+|\bMC\w*_\w+", re.sub(r"^\.Dt.*", "", page, 1, re.M)))
            self.assertEqual(named - known, set(), name)

    def test_lint(self):
        if not shutil.which("mandoc"):
            self.skipTest("no mandoc")
        files = ["%s/src/man/mc_%s.3" % (TOP, name) for name in self.pages]
        done = subprocess.run(["mandoc", "-Tlint", *files], capture_output=True, text=True, check=False)
        # Whether the pages that they name are installed here is no fault of theirs.
        found = [line for line in (done.stdout + done.stderr).splitlines()
                 if "mandoc.db" not in line and "referenced manual not found" not in line]
        self.assertEqual(found, [])


# ---- examples ------------------------------------------------------------------------------------


class Examples(unittest.TestCase):
    """Each is compiled and run, with the address of a memcached."""

    @classmethod
    def setUpClass(cls):
        cls.memcached = Memcached()

    @classmethod
    def tearDownClass(cls):
        cls.memcached.end()

    def run_example(self, text):
        """What it prints."""
        path = self.memcached.folder + "/example"
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([*COMPILER, "-I", HEADERS, path + ".c", LIBRARY, "-o", path],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run([path, self.memcached.address], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_examples(self):
        for name, page in pages().items():
            text, printed = blocks_of(page)
            self.assertEqual((name, self.run_example(text)), (name, printed))


if __name__ == "__main__":
    run_cases()
