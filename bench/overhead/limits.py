"""What this project's client promises: the one table that the report, README.md and the tests read.

A limit of instructions is the highest count of gcc 12 and clang 14 on x86-64 and 15 % more; an
operation is a get, a get of 100 keys, or another work of results.py. The client `wire` is proto/
alone, in memory; `server` is mcwire through server.h."""

from typing import NamedTuple

BUILDS = [(compiler, option) for compiler in ("gcc", "clang") for option in ("-Os", "-O2", "-O3")]


class Limit(NamedTuple):
    """Of one operation."""
    client: str
    work: str
    what: str  # instructions or syscalls
    most: float  # at -O2 and -O3
    small: float  # at -Os
    text: str


LIMITS = [
    Limit("mcwire", "get", "syscalls", 2, 2, "system calls of a get"),
    Limit("mcwire", "get", "instructions", 680, 1095, "instructions of a get"),
    Limit("mcwire", "miss", "instructions", 565, 795, "instructions of a get that misses"),
    Limit("mcwire", "set", "instructions", 850, 1190, "instructions of a set"),
    Limit("mcwire", "delete", "instructions", 535, 885, "instructions of a delete"),
    Limit("mcwire", "touch", "instructions", 570, 900, "instructions of a touch"),
    Limit("mcwire", "incr", "instructions", 695, 990, "instructions of an incr"),
    Limit("mcwire", "gets", "instructions", 780, 1215, "instructions of a gets"),
    Limit("mcwire", "ms", "instructions", 845, 1195, "instructions of an ms"),
    Limit("mcwire", "get-100", "instructions", 29900, 56850, "instructions of a get of 100 keys"),
    Limit("mcwire", "mg", "instructions", 890, 1300, "instructions of an mg with v"),
    Limit("mcwire", "mg-100", "instructions", 78500, 119500, "instructions of 100 mg"),
    Limit("mcwire", "mixed-100", "instructions", 64100, 100550,
          "instructions of 100 mixed operations"),
    Limit("server", "get", "instructions", 955, 1410, "instructions of mc_server_get(), a hit"),
    Limit("wire", "put-get", "instructions", 175, 340, "proto/: put a get"),
    Limit("wire", "put-get-100", "instructions", 9900, 16400, "proto/: put a get of 100 keys"),
    Limit("wire", "put-set", "instructions", 450, 705, "proto/: put a set"),
    Limit("wire", "item-hit", "instructions", 220, 385, "proto/item.c: read a hit"),
    Limit("wire", "item-hit-100", "instructions", 18450, 27750, "proto/item.c: read 100 hits"),
    Limit("wire", "read-hit", "instructions", 1260, 1340, "proto/reader.c: read a hit"),
    Limit("wire", "read-stored", "instructions", 425, 430, "proto/reader.c: read STORED"),
]


def most_of(limit, build):
    """The limit in a build such as "gcc -Os"."""
    return limit.small if build.endswith("-Os") else limit.most


def is_kept(limit, figure, build=""):
    """A system call more may come once in a run."""
    return figure <= most_of(limit, build) + (0.02 if limit.what == "syscalls" else 0)
