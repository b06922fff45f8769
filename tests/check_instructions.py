"""Holds the instructions of warm operations to the limits of bench/overhead/limits.py; prints TAP.
usage: check_instructions.py OVERHEAD [--builds], with gcc and clang at -Os, -O2 and -O3"""

import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench",
                                "overhead"))

from limits import BUILDS, LIMITS

SKIPPED = 77
LEAST = 20  # with fewer it was no operation


def count_limits(program, option):
    """The rows that overhead prints, and what it says of them; None without valgrind."""
    done = subprocess.run([program, option], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode == SKIPPED:
        return None
    said = done.stderr.decode(errors="replace")
    try:
        return json.loads(done.stdout)["limits"], done.returncode, said
    except ValueError:
        return [], done.returncode, said


def main():
    option = sys.argv[2] if len(sys.argv) > 2 else "--instructions"
    counted = count_limits(sys.argv[1], option)
    if counted is None:
        print("1..0 # SKIP valgrind is absent")
        return SKIPPED
    rows, status, said = counted
    wanted = [limit for limit in LIMITS if limit.what == "instructions"]
    wanted = len(wanted) * (len(BUILDS) if option == "--builds" else 1)
    results = [("%(build)s, %(text)s: %(instructions).0f, at most %(most)d" % row,
                LEAST <= row["instructions"] <= row["most"]) for row in rows]
    results.append(("every limit was counted", len(rows) == wanted))
    results.append(("overhead says the same", (status == 0) == all(good for _, good in results)))
    for i, (name, good) in enumerate(results, 1):
        print("%s %d - %s" % ("ok" if good else "not ok", i, name))
    if not all(good for _, good in results):
        print("".join("# %s\n" % line for line in said.splitlines()), end="")
    print("1..%d" % len(results))
    return 0 if all(good for _, good in results) else 1


if __name__ == "__main__":
    sys.exit(main())
