"""Holds the order of the house: who includes and calls whom, how files begin, how long functions
are, and how names are given. What breaks a rule today stands in EXCEPTIONS, with the reason; an
exception that nothing needs any more is a failure, and so is a rule that misses a planted fault.
usage: check_house.py [FOLDER], the top folder of the source; prints TAP."""

import os
import re
import sys
from collections import defaultdict
from functools import lru_cache

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "support"))

from c_source import Source

# What breaks a rule today: the finding as it is printed, and why it may stand.
PARAMETERS = "%s: %s() has %d parameters, more than 5"
EXCEPTIONS = {}

# Who may use whom: each row may use the rows before it. Within a row nobody uses another, but the
# tool, which uses learn.
ORDER = [
    ["proto"],
    ["src/address", "src/spread", "src/annotate", "src/ports", "src/port"],
    ["src/engine"],
    ["src/retrieval", "src/meta"],
    ["src/command"],
    ["src/catalog", "src/op"],
    ["src/trace", "src/socket", "src/client"],
    ["src/server"],
    ["src/pool"],
    ["src/tool", "src/learn", "src/examples"],
    ["bench"],
    ["tests"],
]
UNITS = {"src/reply": "src/engine", "src/keys": "src/engine", "src/contracts": "src/engine"}
RANK = {unit: rank for rank, row in enumerate(ORDER) for unit in row}
ALSO = {("src/tool", "src/learn")}
# What stands on proto alone; and what may include the header that has the transport's type, which
# may be anywhere.
ALONE = {"src/address", "src/spread", "src/annotate", "src/ports", "src/port", "src/trace"}
TYPE, TYPE_USERS = "mc_transport", {"src/ports", "src/trace", "src/socket"}
# Of the standard library, proto/ includes these, and the rest of the library these as well; only
# socket.c includes what an operating system has.
WIRE_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "string.h"}
LIBRARY_HEADERS = WIRE_HEADERS | {"limits.h"}
SEES_SYSTEM = {"src/socket"}
# What programs of bench/ share: common/, and the workload of squares, which the firmware has, too.
SHARED = ("bench/common/", "bench/squares/workload.h")

GUIDE = "tests/README.md"
LINES_MAX, PARAMETERS_MAX = 40, 5
# Of all languages in bench/, apart from bench/clients, which has what each client under test is
# measured and examined by. Nothing raises it.
BENCH_LINES = 10500
# Its conventions list the names that belong to all files; one that ends in _ is a prefix.
CONVENTIONS = "proto/proto.h"


@lru_cache(maxsize=None)
def parsed(path, text):
    return Source(path, text)


class House:
    """All files below a folder, as {path: text}, and what they declare."""

    def __init__(self, texts):
        self.texts = texts
        self.sources = {path: parsed(path, text) for path, text in sorted(texts.items())
                        if path.endswith((".c", ".h"))}
        self.headers = defaultdict(list)
        for path in self.sources:
            if path.endswith(".h"):
                self.headers[os.path.basename(path)].append(path)
        self.type_header = next((path for path, s in self.sources.items()
                                 if path.endswith(".h") and TYPE in s.tags), None)
        self.declared = {path: {name for name, _ in s.prototypes} |
                         {f.name for f in s.functions} | {d.name for d in s.data if d.extern}
                         for path, s in self.sources.items() if path.endswith(".h")}
        self.defined = defaultdict(list)
        for path, source in self.sources.items():
            for name in public_names(source):
                self.defined[name].append(path)
        self.closures = {}
        self.counts = defaultdict(int)

    def resolve(self, path, name):
        """The header that `path` includes as `name`: the one next to it, or the only one of that
        name that is not private to another program; None when it is not ours, or not clear."""
        name = name.removeprefix("mcwire/")
        near = os.path.normpath(os.path.join(os.path.dirname(path), name))
        if near in self.sources:
            return near
        found = [h for h in self.headers[os.path.basename(name)] if ("/" + h).endswith("/" + name)]
        own = [h for h in found if not is_private(h, path)]
        return own[0] if len(own) == 1 else found[0] if len(found) == 1 else None

    def included(self, path):
        """The headers of ours that a file includes itself."""
        return [h for h in (self.resolve(path, name) for kind, name in self.sources[path].includes
                            if kind == '"' or name.startswith("mcwire/")) if h]

    def closure(self, path):
        """The headers of ours that a file includes, however indirectly."""
        if path not in self.closures:
            reached, todo = set(), [path]
            while todo:
                todo += [h for h in self.included(todo.pop()) if h not in reached]
                reached.update(todo)
            self.closures[path] = reached
        return self.closures[path]

    def owner(self, path, name):
        """The file that defines what `path` calls `name`; None for its own or an open one."""
        where = self.defined.get(name, [])
        headers = [h for h in self.closure(path) if name in self.declared[h]]
        if path in where or not where or not headers:
            return None
        near = [w for w in where if any(os.path.dirname(w) == os.path.dirname(h) for h in headers)]
        where = near or where
        return where[0] if len(where) == 1 else None

    def calls(self):
        """(caller, callee, name) of each file that uses what another defines."""
        for path, source in self.sources.items():
            own = {f.name for f in source.functions} | {d.name for d in source.data}
            names = set().union(*(f.calls for f in source.functions),
                                *(d.uses for d in source.data))
            for name in sorted(names - own):
                owner = self.owner(path, name)
                if owner:
                    yield path, owner, name


def public_names(source):
    """What other files can use: what is not static, and a header's inline functions."""
    header = source.path.endswith(".h")
    return [f.name for f in source.functions if header or not f.static] + \
        [d.name for d in source.data if not d.static and not d.extern]


def unit_of(path):
    """proto, src/client, src/tool, bench, tests."""
    parts = path.split("/")
    if parts[0] != "src":
        return parts[0]
    unit = "src/" + (parts[1] if len(parts) > 2 else os.path.splitext(parts[1])[0])
    return UNITS.get(unit, unit)


def is_library(path):
    """proto/ and src/, without the folders in them: contracts, programs, and what people copy."""
    return re.fullmatch(r"(proto|src)/[^/]+", path) is not None


def program_of(path):
    """The folder of bench/, of src/ or of tests/ that a file is in; "" at the top of one."""
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else ""


def is_private(header, path):
    """Whether a header is one of a program's own, and `path` no file of that program."""
    return header.startswith("bench/") and program_of(header) not in ("", program_of(path)) and \
        not header.startswith(SHARED)


def stem(path):
    return os.path.splitext(path)[0]


# ---- the rules: each yields findings -------------------------------------------------------------

def may_use(house, user, used):
    """Whether the unit of the file `user` may include or call what is in the file `used`."""
    mine, other = unit_of(user), unit_of(used)
    if mine == other or (used == house.type_header and mine in TYPE_USERS):
        return True
    if mine in ALONE:
        return other == "proto"
    return RANK[other] < RANK[mine] or (mine, other) in ALSO


def rule_order(house):
    """Includes and calls run one way."""
    uses = [(path, header, "includes") for path in house.sources for header in house.included(path)]
    house.counts["includes"] = len(uses)
    house.counts["calls"] = 0
    for caller, callee, name in house.calls():
        house.counts["calls"] += 1
        uses.append((caller, callee, "calls " + name + "() of"))
    for user, used, how in uses:
        if unit_of(user) in RANK and unit_of(used) in RANK and not may_use(house, user, used):
            yield "%s %s %s" % (user, how, used)


def rule_places(house):
    """Each file of the library has a place in the order."""
    for path in house.sources:
        if unit_of(path) not in RANK:
            yield "%s has no place in the order: add it to ORDER" % path


def rule_programs(house):
    """A program of bench/ includes nothing of another program's own."""
    for path in house.sources:
        for header in house.included(path) if program_of(path).startswith("bench/") else []:
            if is_private(header, path):
                yield "%s includes %s" % (path, header)


def rule_system(house):
    """Which headers of the system the library includes."""
    for path, source in house.sources.items():
        if not is_library(path) or unit_of(path) in SEES_SYSTEM:
            continue
        allowed = WIRE_HEADERS if path.startswith("proto/") else LIBRARY_HEADERS
        for kind, name in source.includes:
            house.counts["system includes"] += kind == "<"
            if kind == "<" and name not in allowed:
                yield "%s includes <%s>" % (path, name)


def rule_pairs(house):
    """No two files call each other."""
    between = defaultdict(set)
    for caller, callee, name in house.calls():
        if not caller.startswith("tests/") and stem(caller) != stem(callee):
            between[stem(caller), stem(callee)].add(name)
    house.counts["pairs of files"] = len(between)
    for one, other in sorted(between):
        if one < other and (other, one) in between:
            yield "%s.c and %s.c call each other" % (one, other)


def first_comment(path, text):
    """The text that a file opens with, in one line."""
    text = re.sub(r"\A#!.*\n", "", text)
    if path.endswith((".c", ".h")):
        match = re.match(r"\s*/\*(.*?)\*/", text, re.DOTALL)
        return " ".join(re.sub(r"^\s*\*", " ", match.group(1), flags=re.M).split()) if match else ""
    match = re.match(r'\s*(?:[rR]?"""(.*?)""")', text, re.DOTALL)
    if match:
        return " ".join(match.group(1).split())
    match = re.match(r"(?:#.*\n)+", text)
    return " ".join(re.sub(r"^#", " ", match.group(), flags=re.M).split()) if match else ""


def rule_opening(house):
    """Every file begins with a sentence."""
    for path, text in sorted(house.texts.items()):
        if path == GUIDE:
            continue
        if not re.match(r"[A-Za-z`]\S*(\s+\S+){2,}?\.(\s|$)", first_comment(path, text)):
            yield "%s does not begin with a sentence" % path
        house.counts["files"] += 1


def rule_sizes(house):
    """No function of the library or src/learn over 40 lines, no file-local one over 5 parameters."""
    for path, source in house.sources.items():
        counts = is_library(path) or path.startswith("src/learn/")
        for function in source.functions if counts else []:
            house.counts["functions"] += 1
            if function.lines > LINES_MAX:
                yield "%s: %s() is longer than %d lines" % (path, function.name, LINES_MAX)
            if function.static and path.endswith(".c") and function.params > PARAMETERS_MAX:
                yield "%s: %s() has %d parameters, more than %d" % (
                    path, function.name, function.params, PARAMETERS_MAX)


def rule_bench(house):
    """No more lines in bench/ than BENCH_LINES, apart from bench/clients."""
    lines = sum(text.count("\n") for path, text in house.texts.items()
                if path.startswith("bench/") and not path.startswith("bench/clients/"))
    house.counts["lines of bench/"] = lines
    if lines > BENCH_LINES:
        yield "bench/ has more than %d lines" % BENCH_LINES


def rule_names(house):
    """File-local names of the library are unique: its sources can be joined into one file."""
    where = defaultdict(set)
    local = set()
    for path, source in house.sources.items():
        if not is_library(path):
            continue
        names = [n for n in source.local_names() if not n.startswith("_")]
        if path.endswith(".c"):
            local.update(names)
            house.counts["file-local names"] += len(names)
        for name in names + public_names(source):
            where[name].add(path)
    for name in sorted(local):
        if len(where[name]) > 1:
            yield "%s is a name in %s" % (name, " and ".join(sorted(where[name])))


def rule_words(house):
    """The second word of a public name is the file that it lives in, or proto.h lists the name."""
    conventions = first_comment(CONVENTIONS, house.texts.get(CONVENTIONS, ""))
    common = set(re.findall(r"mc_\w+(?![\w(])", conventions))
    prefixes = tuple(name for name in common if name.endswith("_"))
    for path, source in house.sources.items():
        if not is_library(path):
            continue
        file = os.path.basename(stem(path)).split("_")[0]
        for name in public_names(source):
            house.counts["public names"] += 1
            if name not in common and not name.startswith(prefixes) and \
                    not re.match(r"mc_%s(_|$)" % re.escape(file), name):
                yield "%s is defined in %s" % (name, path)


def rule_headers(house):
    """A header of the library declares what its file defines; proto.h, what proto/ does."""
    for path, source in house.sources.items():
        if not is_library(path) or not path.endswith(".h"):
            continue
        for name in [n for n, _ in source.prototypes] + [d.name for d in source.data if d.extern]:
            house.counts["declarations"] += 1
            if not any(stem(w) == stem(path) or
                       (path == CONVENTIONS and w.startswith("proto/"))
                       for w in house.defined.get(name, [])):
                yield "%s declares %s, which its file does not define" % (path, name)


def rule_guide(house):
    """tests/README.md quotes a test that exists, and names files that exist."""
    guide = house.texts.get(GUIDE, "")
    tests = "".join(text for path, text in house.texts.items() if path.startswith("tests/check_"))
    for block in re.findall(r"^    START_TEST.*?^    END_TEST$", guide, re.DOTALL | re.MULTILINE):
        house.counts["quoted tests"] += 1
        if re.sub(r"^    ", "", block, flags=re.MULTILINE) not in tests:
            yield "%s quotes a test that is not there: %s" % (GUIDE, block.split("\n")[0].strip())
    ends = tuple("/" + path for path in house.texts)
    for name in re.findall(r"`([a-z0-9_/]+\.(?:[ch]|sh|py))`", guide):
        house.counts["named files"] += 1
        if not any(end.endswith("/" + name) for end in ends):
            yield "%s names %s, which is not there" % (GUIDE, name)


RULES = [rule_order, rule_places, rule_programs, rule_system, rule_pairs, rule_opening, rule_sizes,
         rule_bench, rule_names, rule_words, rule_headers, rule_guide]

# ---- planted faults: each is found by its rule, and would not be there otherwise -----------------

LONG = "static int planted_long(int x)\n{\n" + "    x++;\n" * 41 + "}\n"
MANY = "static int planted_many(int a, int b, int c, int d, int e, int f)\n{\n    return a;\n}\n"
# (rule, {file: what is put at its end, or the whole of a new file}, the finding)
PLANTED = [
    (rule_order, {"proto/reader.c": '#include "client.h"\n'},
     "proto/reader.c includes src/client.h"),
    (rule_order, {"src/client.c": '#include "server.h"\n'}, "src/client.c includes src/server.h"),
    (rule_order, {"src/address.c": '/* A planted file. */\n#include "client.h"\n'},
     "src/address.c includes src/client.h"),
    (rule_order, {"src/socket.c": "#include \"client.h\"\nstatic void planted(void)\n{\n"
                  "    mc_client_do(0, 0, 0);\n}\n"},
     "src/socket.c calls mc_client_do() of src/client.c"),
    (rule_order, {"src/server.c": '#include "planted.h"\n',
                  "bench/planted.h": "/* A planted file. */\n"},
     "src/server.c includes bench/planted.h"),
    (rule_order, {"bench/planted.c": '/* A planted file. */\n#include "suite.h"\n'},
     "bench/planted.c includes tests/support/suite.h"),
    (rule_order, {"src/learn/planted.c": '#include "planted_tool.h"\n',
                  "src/tool/planted_tool.h": ""},
     "src/learn/planted.c includes src/tool/planted_tool.h"),
    (rule_order, {"src/examples/squares.c": '#include "planted_learn.h"\n',
                  "src/learn/planted_learn.h": ""},
     "src/examples/squares.c includes src/learn/planted_learn.h"),
    (rule_order, {"src/server.c": '#include "planted_learn.h"\n',
                  "src/learn/planted_learn.h": ""},
     "src/server.c includes src/learn/planted_learn.h"),
    (rule_places, {"src/planted.c": "/* A planted file. */\n"},
     "src/planted.c has no place in the order: add it to ORDER"),
    (rule_programs, {"bench/load/planted.c": '#include "planted_too.h"\n',
                     "bench/overhead/planted_too.h": ""},
     "bench/load/planted.c includes bench/overhead/planted_too.h"),
    (rule_system, {"proto/text.c": "#include <limits.h>\n"}, "proto/text.c includes <limits.h>"),
    (rule_system, {"src/server.c": "#include <unistd.h>\n"}, "src/server.c includes <unistd.h>"),
    (rule_pairs, {"bench/one.h": "int one(void);\n", "bench/two.h": "int two(void);\n",
                  "bench/one.c": '#include "two.h"\nint one(void)\n{\n    return two();\n}\n',
                  "bench/two.c": '#include "one.h"\nint two(void)\n{\n    return one();\n}\n'},
     "bench/one.c and bench/two.c call each other"),
    (rule_pairs, {"bench/one.h": "int one(void);\n", "bench/two.h": "int two(void);\n",
                  "bench/one.c": '#include "two.h"\nint one(void)\n{\n    return two();\n}\n',
                  "bench/two.c": '#include "one.h"\nint two(void) { return 0; }\n'
                                 "static int (*const table[])(void) = {one};\n"},
     "bench/one.c and bench/two.c call each other"),
    (rule_opening, {"bench/planted.c": "#include <string.h>\n"},
     "bench/planted.c does not begin with a sentence"),
    (rule_opening, {"bench/planted.h": "/* planted */\n"},
     "bench/planted.h does not begin with a sentence"),
    (rule_opening, {"tests/planted.sh": "#!/bin/sh\nset -e\n"},
     "tests/planted.sh does not begin with a sentence"),
    (rule_opening, {"tests/planted.py": "import os\n"},
     "tests/planted.py does not begin with a sentence"),
    (rule_sizes, {"proto/item.c": LONG}, "proto/item.c: planted_long() is longer than 40 lines"),
    (rule_sizes, {"src/learn/cache.c": LONG},
     "src/learn/cache.c: planted_long() is longer than 40 lines"),
    (rule_sizes, {"src/server.c": MANY},
     "src/server.c: planted_many() has 6 parameters, more than 5"),
    (rule_bench, {"bench/planted.py": "\n" * BENCH_LINES},
     "bench/ has more than %d lines" % BENCH_LINES),
    (rule_names, {"proto/text.c": "static int planted;\n", "src/server.c": "enum { planted };\n"},
     "planted is a name in proto/text.c and src/server.c"),
    (rule_names, {"proto/text.c": "#define PLANTED 1\n", "src/server.c": "struct PLANTED {\n};\n"},
     "PLANTED is a name in proto/text.c and src/server.c"),
    (rule_names, {"src/server.c": "static void mc_item_crlf(void)\n{\n}\n"},
     "mc_item_crlf is a name in proto/item.h and src/server.c"),
    (rule_words, {"src/server.c": "int mc_socket_planted(void)\n{\n    return 0;\n}\n"},
     "mc_socket_planted is defined in src/server.c"),
    (rule_words, {"src/server.c": "const int planted_data = 1;\n"},
     "planted_data is defined in src/server.c"),
    (rule_words, {CONVENTIONS: "", "src/server.c": "const int mc_is_planted = 1;\n"},
     "mc_is_planted is defined in src/server.c"),
    (rule_headers, {"src/server.h": "int mc_server_planted(void);\n"},
     "src/server.h declares mc_server_planted, which its file does not define"),
    (rule_headers, {"src/server.h": "extern const int mc_client_planted;\n",
                    "src/client.c": "const int mc_client_planted = 1;\n"},
     "src/server.h declares mc_client_planted, which its file does not define"),
    (rule_guide, {GUIDE: "    START_TEST(planted)\n    END_TEST\n"},
     GUIDE + " quotes a test that is not there: START_TEST(planted)"),
    (rule_guide, {GUIDE: "`planted.c`\n"}, GUIDE + " names planted.c, which is not there"),
]


def plant(texts, changes):
    """A copy of the house with these changes."""
    return House({**texts, **{path: texts.get(path, "") + text for path, text in changes.items()}})


# ---- the test ------------------------------------------------------------------------------------

class Results:
    """Test cases, printed as TAP."""

    def __init__(self):
        self.count = 0
        self.good = True

    def check(self, name, findings):
        """A test case, which passes without findings."""
        self.count += 1
        self.good = self.good and not findings
        print("%s %d - %s" % ("not ok" if findings else "ok", self.count, name))
        for finding in findings:
            print("# " + finding)


def is_ours(path, text):
    """C, headers, shell and Python."""
    return path.endswith((".c", ".h", ".sh", ".py")) or re.match(r"#!.*(sh|python3?)\n", text)


def load(root):
    texts = {}
    for top in ("proto", "src", "bench", "tests"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = [f for f in folders if f not in ("corpus", "__pycache__", "transcripts")]
            for name in names:
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8", errors="replace") as file:
                    text = file.read()
                path = os.path.relpath(path, root)
                if path == GUIDE or is_ours(name, text):
                    texts[path] = text
    return texts


def main():
    texts = load(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(HERE))
    house, results, needed, found = House(texts), Results(), set(), 0
    today = {rule: list(rule(house)) for rule in RULES}
    for rule, findings in today.items():
        needed.update(f for f in findings if f in EXCEPTIONS)
        results.check(rule.__doc__.rstrip("."), [f for f in findings if f not in EXCEPTIONS])
    results.check("every exception is needed",
                  ["no longer: " + e for e in EXCEPTIONS if e not in needed])
    for rule, changes, wanted in PLANTED:
        new = wanted in rule(plant(texts, changes)) and wanted not in today[rule]
        results.check("planted and found: " + wanted, [] if new else ["not found, or not new"])
        found += new
    counts = ", ".join("%d %s" % (n, what) for what, n in sorted(house.counts.items()))
    print("# " + counts)
    if results.good:
        print("# reached: 12. the house | %s | 0 findings but %d exceptions in a list with "
              "reasons; %d of %d planted faults found" %
              (counts, len(EXCEPTIONS), found, len(PLANTED)))
    print("1..%d" % results.count)
    return 0 if results.good else 1


if __name__ == "__main__":
    sys.exit(main())
