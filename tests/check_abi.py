"""Compares what programs compiled with the library's headers rely on with the list in abi.txt: the
members of each public struct, with their offsets, the values of each enum, the functions. When
something differs, an installed program may need to be compiled again: then the soversion is raised.
usage: check_abi.py, which prints TAP; check_abi.py --write, which writes the list. CC is the compiler.
The offsets are those of x86-64; on other processors only names, types and order are compared."""

import difflib
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "support"))

from c_source import CPLUSPLUS, DIRECTIVE

ROOT = HERE.parent
LIST = HERE / "abi.txt"
SOVERSION = re.compile(r"soversion: '([^']+)'")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Both compilers leave out types that no variable has, unless they are asked not to.
DEBUG = ["-std=c11", "-g", "-gdwarf-4", "-fno-eliminate-unused-debug-types", "-fno-lto", "-c"]
EXPLANATION = """\
The ABI differs from tests/abi.txt. If a release has this soversion, raise it, in src/meson.build and
tests/check_install.sh, and the version, in meson.build and proto/proto.h. Then, in either case, run
python3 tests/check_abi.py --write, and tell users what changed."""


# ---- the headers ------------------------------------------------------------


def public_headers(root):
    """The headers that are installed, as the meson.build files name them."""
    for folder, name in (("proto", "proto_headers"), ("src", "client_headers")):
        text = (root / folder / "meson.build").read_text()
        files = re.search(name + r" = files\(([^)]*)\)", text).group(1)
        yield from (root / folder / file for file in re.findall(r"'([^']+)'", files))


def declarations(text):
    """The functions that a header declares, and its constants; inline functions are no part of the
    library."""
    text = COMMENT.sub(" ", CPLUSPLUS.sub(" ", text))
    text = DIRECTIVE.sub(" ", text)
    braces = 1
    while braces > 0:
        text, braces = re.subn(r"\{[^{}]*\}", ";", text)
    for statement in text.split(";"):
        statement = " ".join(statement.split())
        constants = re.match(r"extern (const struct \w+) (.*)", statement)
        if constants:
            yield from ("%s %s" % (constants[1], name) for name in constants[2].split(", "))
        elif re.search(r"\bmc_\w+\(", statement) and not re.match(r"static|typedef", statement):
            yield statement


# ---- debug information ------------------------------------------------------


class Entry:
    """A piece of debug information: its tag, its attributes, and the pieces in it."""

    def __init__(self, tag):
        self.tag, self.attributes, self.children = tag, {}, []

    def name(self):
        return self.attributes.get("name", "").rpartition(": ")[2]

    def number(self, *attributes):
        for attribute in attributes:
            if attribute in self.attributes:
                return int(self.attributes[attribute].split()[0], 0)
        return None


def read_entries(text):
    """From what readelf prints, all entries by their offsets."""
    entries, parents, entry = {}, {}, None
    for line in text.splitlines():
        head = re.match(r" *<(\w+)><(\w+)>: Abbrev Number: \d+ \(DW_TAG_(\w+)\)", line)
        if head:
            level, offset, tag = int(head[1], 16), int(head[2], 16), head[3]
            entry = entries[offset] = parents[level] = Entry(tag)
            if level > 0:
                parents[level - 1].children.append(entry)
            continue
        attribute = re.match(r" *<\w+> +DW_AT_(\w+) *: (.*)", line)
        if attribute and entry is not None:
            entry.attributes[attribute[1]] = attribute[2].strip()
    return entries


KINDS = {"structure_type": "struct ", "union_type": "union ", "enumeration_type": "enum "}


def type_of(entries, entry):
    """The type of a member in one line, such as "const char *"."""
    if "type" not in entry.attributes:
        return "void"
    target = entries[int(entry.attributes["type"].strip("<>"), 16)]
    inner = {"pointer_type", "const_type", "volatile_type", "array_type"}
    of = type_of(entries, target) if target.tag in inner else target.name()
    if target.tag == "pointer_type":
        return of + ("*" if of.endswith("*") else " *")
    if target.tag in ("const_type", "volatile_type"):
        word = target.tag.partition("_")[0]
        return of + " " + word if of.endswith("*") else word + " " + of
    if target.tag == "array_type":
        bounds = [child for child in target.children if child.tag == "subrange_type"]
        for bound in bounds:
            last = bound.number("upper_bound")
            of += "[%d]" % (bound.number("count") if last is None else last + 1)
        return of
    if target.tag == "subroutine_type":
        parameters = (type_of(entries, child) for child in target.children)
        return "%s (%s)" % (type_of(entries, target), ", ".join(parameters))
    return KINDS.get(target.tag, "") + of


def members(entries, entry):
    """The lines of a struct, union or enum; none for what is not ours."""
    members = [child for child in entry.children if child.tag in ("member", "enumerator")]
    if entry.tag == "enumeration_type" and members and members[0].name().startswith("MC_"):
        return ["enum %s" % (entry.name() or "without a name")] + \
               ["    %s = %d" % (value.name(), value.number("const_value")) for value in members]
    if entry.tag in KINDS and members and entry.name().startswith("mc_"):
        return ["%s%s: %d bytes" % (KINDS[entry.tag], entry.name(), entry.number("byte_size"))] + \
               ["    %d %s: %s" % (member.number("data_member_location"), member.name(),
                                   type_of(entries, member)) for member in members]
    return []


def types(entries):
    """The lines of all, in an order that does not depend on the compiler."""
    return sum(sorted(members(entries, entry) for entry in entries.values()), [])


def debug_information(headers):
    """What readelf prints of a file that includes these."""
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "abi.c"), Path(folder, "abi.o")
        source.write_text("".join('#include "%s"\n' % header for header in headers))
        folders = sorted({"-I%s" % header.parent for header in headers})
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, *DEBUG, *folders, source, "-o", output], check=True)
        return subprocess.run(["readelf", "--debug-dump=info", output], check=True,
                              stdout=subprocess.PIPE, universal_newlines=True).stdout


# ---- the list ---------------------------------------------------------------


def make_list(root):
    headers = list(public_headers(root))
    soversion = SOVERSION.search((root / "src" / "meson.build").read_text()).group(1)
    lines = ["soversion %s" % soversion]
    lines += types(read_entries(debug_information(headers)))
    for header in headers:
        lines += declarations(header.read_text())
    return lines


def without_places(lines):
    """Without what depends on the processor."""
    return [re.sub(r"^    \d+ |: \d+ bytes$", "", line) for line in lines]


def differences(wanted, found):
    if platform.machine() != "x86_64":
        wanted, found = without_places(wanted), without_places(found)
    return [line for line in difflib.unified_diff(wanted, found, "the list", "the headers",
                                                  lineterm="")]


# ---- planted changes --------------------------------------------------------

# A file, what stands there, what comes in its place, and what the difference has.
PLANTED = [
    ("src/port.h", "size_t cap;\n    size_t len;", "size_t len;\n    size_t cap;", "len: size_t"),
    ("src/engine.h", "uint16_t traits;", "uint32_t traits;", "traits: uint32_t"),
    ("src/engine.h", "struct mc_op *next, *prev;", "struct mc_op *next;", "prev: struct mc_op *"),
    ("src/server.h", "uint64_t timeouts;", "uint32_t timeouts;", "timeouts: uint32_t"),
    ("src/port.h", "int (*check)(void *ctx);", "int (*check)(const void *ctx);", "const void"),
    ("proto/proto.h", "MC_E_FULL = -7,", "MC_E_FULL = -70,", "MC_E_FULL = -70"),
    ("src/socket.h", "void mc_socket_close(", "int mc_socket_close(", "int mc_socket_close("),
    ("src/catalog.h", "mc_catalog[", "mc_catalogue[", "mc_catalogue["),
    ("src/meson.build", "soversion: '", "soversion: '1", "soversion 1"),
]


def plant(folder, change):
    """A copy of the headers with one change."""
    root = Path(folder)
    for file in [*public_headers(ROOT), ROOT / "proto/meson.build", ROOT / "src/meson.build"]:
        copy = root / file.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        text = file.read_text()
        if str(file.relative_to(ROOT)) == change[0]:
            assert text.count(change[1]) == 1, change[1]
            text = text.replace(change[1], change[2])
        copy.write_text(text)
    return root


def is_noticed(wanted, change):
    with tempfile.TemporaryDirectory() as folder:
        lines = differences(wanted, make_list(plant(folder, change)))
    return any(line[0] in "+-" and change[3] in line for line in lines)


# ---- the test ---------------------------------------------------------------


def check(number, what, good):
    print("%sok %d - %s" % ("" if good else "not ", number, what))
    return good


def main():
    found = make_list(ROOT)
    if sys.argv[1:] == ["--write"]:
        LIST.write_text("\n".join(found) + "\n")
        return 0
    lines = differences(LIST.read_text().splitlines(), found)
    good = check(1, "structs, enums and functions are those of tests/abi.txt", lines == [])
    for line in lines + (EXPLANATION.splitlines() if lines else []):
        print("# " + line)
    for number, change in enumerate(PLANTED, 2):
        good &= check(number, "noticed: %s in %s" % (change[2].split("\n")[0], change[0]),
                      is_noticed(found, change))
    print("1..%d" % (1 + len(PLANTED)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
