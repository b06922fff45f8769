"""Counts single test cases in what meson has logged, and shows what the failed ones said.
usage: count.py NAME=LOG..., each LOG a testlog.json; the last line printed is the sum"""

import json
import re
import sys
from collections import Counter

SHOWN = 60  # lines of a failed test's output


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


def show_reasons(test, counts):
    text = test.get("stdout", "")
    for line in re.findall(r"^(?:skipped: .*|ok .*# SKIP.*)$", text, re.MULTILINE):
        print("      " + line)
    if counts["failed"]:
        said = (text + test.get("stderr", "")).splitlines()
        said = [line for line in said if not re.match(r"ok |skipped: ", line)]
        print("      %s, status %s" % (test["result"], test["returncode"]))
        print("\n".join("      " + line for line in said[-SHOWN:]))


def count_log(name, path):
    total = Counter()
    with open(path, encoding="utf-8") as log:
        tests = [json.loads(line) for line in log]
    for test in sorted(tests, key=lambda test: test["name"]):
        counts = count_one(test)
        total += counts
        print("  %-6s %-40s %s" % (name, test["name"], words(counts)))
        show_reasons(test, counts)
    return total


def main():
    total = Counter()
    for argument in sys.argv[1:]:
        name, path = argument.split("=", 1)
        total += count_log(name, path)
    print(words(total))
    return 0 if total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
