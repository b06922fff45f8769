"""Counts single test cases in what meson has logged, and shows what the failed ones printed.
usage: count.py [--table FILE | --show] NAME=LOG..., each LOG a testlog.json
A test tells what it has reached in lines "# reached: PROPERTY | HOW IT WAS CHECKED | NUMBER"; they
are printed as a table, and with --table put between its marks in FILE as well, if no test has
failed. With --show, the whole output of every test is printed instead. The last line printed is the
sum."""

import json
import re
import sys
from collections import Counter

SHOWN = 60  # lines of a failed test's output
BEGIN, END = "<!-- reached -->\n", "<!-- end of reached -->\n"


def count_check(text):
    """libcheck's summary; a line that begins with "skipped:" is one round that was left out."""
    summary = re.search(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", text, re.M)
    if summary is None:
        return Counter()
    checks, failures, errors = map(int, summary.groups())
    skipped = len(re.findall(r"^skipped: ", text, re.MULTILINE))
    return Counter(passed=checks - failures - errors - skipped, failed=failures + errors,
                   skipped=skipped)


def count_tap(text):
    counts = Counter()
    for result, rest in re.findall(r"^(ok|not ok)\b(.*)$", text, re.MULTILINE):
        if "# SKIP" in rest:
            counts["skipped"] += 1
        else:
            counts["passed" if result == "ok" else "failed"] += 1
    return counts


def count_one(test):
    """The test cases of one program; one that tells of none is a case itself."""
    text = test.get("stdout", "")
    counts = count_check(text) or count_tap(text)
    if test["result"] == "SKIP" and not counts:
        counts["skipped"] = 1
    elif test["result"] not in ("OK", "SKIP") and not counts["failed"]:
        counts["failed"] = 1
    elif not counts:
        counts["passed"] = 1
    return counts


def words(counts):
    return ", ".join("%d %s" % (counts[name], name) for name in ("passed", "failed", "skipped"))


def what_failed(text, errors):
    """TAP: the failed cases, each with the lines of its own after it; otherwise the last lines."""
    cases = re.findall(r"^not ok .*\n(?:# .*\n)*", text, re.MULTILINE)
    if cases:
        return "".join(cases).splitlines()[:SHOWN]
    said = [line for line in (text + errors).splitlines() if not re.match(r"ok |skipped: ", line)]
    return said[-SHOWN:]


def show_reasons(test, counts):
    text = test.get("stdout", "")
    for line in re.findall(r"^(?:skipped: .*|for another .*|ok .*# SKIP.*)$", text, re.MULTILINE):
        print("      " + line)
    if counts["failed"]:
        print("      %s, status %s" % (test["result"], test["returncode"]))
        print("\n".join("      " + line for line in what_failed(text, test.get("stderr", ""))))


def read_log(path):
    with open(path, encoding="utf-8") as log:
        return sorted((json.loads(line) for line in log), key=lambda test: plain(test["name"]))


def plain(test):
    """The name of a test without its suites, which meson writes before it."""
    return test.rpartition(" / ")[2]


def count_log(name, tests, show):
    """The sum of these tests, each of which is told of in a line and, as `show` does it, more."""
    total = Counter()
    for test in tests:
        counts = count_one(test)
        total += counts
        print("  %-6s %-40s %s" % (name, plain(test["name"]), words(counts)))
        show(test, counts)
    return total


def show_output(test, _counts):
    print(test.get("stdout", "") + test.get("stderr", ""), end="")


def reached(tests):
    """The rows of each property that these tests tell of."""
    rows = {}
    for test in tests:
        for line in re.findall(r"^# reached: (.*)$", test.get("stdout", ""), re.MULTILINE):
            row = tuple(cell.strip() for cell in line.split(" | "))
            same = rows.setdefault(row[0], [])
            if row not in same:
                same.append(row)
    return rows


def in_order(row):
    """Numbered properties in their order, then the others."""
    number = re.match(r"\d+", row[0])
    return (int(number.group()) if number else 1000, row)


def make_table(logs):
    """As Markdown. A later log's rows of a property stand for an earlier one's: it goes further."""
    rows = {}
    for group in dict(logs):  # a group may have many logs
        rows.update(reached(test for name, tests in logs if name == group for test in tests))
    lines = ["| " + " | ".join(row) + " |"
             for row in sorted(sum(rows.values(), []), key=in_order)]
    return "\n".join(["| property | how it was checked | reached |", "| --- | --- | --- |"] + lines)


def write_table(path, table):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + BEGIN + table + "\n" + END + tail)


def main():
    arguments = sys.argv[1:]
    file, show = None, show_reasons
    if arguments[:1] == ["--table"]:
        file, arguments = arguments[1], arguments[2:]
    elif arguments[:1] == ["--show"]:
        show, arguments = show_output, arguments[1:]
    logs = [(name, read_log(path)) for name, path in
            (argument.split("=", 1) for argument in arguments)]
    total = sum((count_log(name, tests, show) for name, tests in logs), Counter())
    good = total["passed"] and not total["failed"]
    table = make_table(logs)
    if show is show_reasons:
        print("\n" + table + "\n")
    if file and good:
        write_table(file, table)
    print(words(total))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
