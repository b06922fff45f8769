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
    Limit("mcwire", "get", "instructions", 785, 1140, "instructions of a get"),
    Limit("mcwire", "miss", "instructions", 625, 840, "instructions of a get that misses"),
    Limit("mcwire", "set", "instructions", 905, 1250, "instructions of a set"),
    Limit("mcwire", "delete", "instructions", 585, 945, "instructions of a delete"),
    Limit("mcwire", "touch", "instructions", 620, 960, "instructions of a touch"),
    Limit("mcwire", "incr", "instructions", 745, 1035, "instructions of an incr"),
    Limit("mcwire", "gets", "instructions", 865, 1215, "instructions of a gets"),
    Limit("mcwire", "ms", "instructions", 900, 1255, "instructions of an ms"),
    Limit("mcwire", "get-100", "instructions", 40900, 60100, "instructions of a get of 100 keys"),
    Limit("mcwire", "mg", "instructions", 945, 1335, "instructions of an mg with v"),
    Limit("mcwire", "mg-100", "instructions", 80500, 119500, "instructions of 100 mg"),
    Limit("mcwire", "mixed-100", "instructions", 67250, 100550,
          "instructions of 100 mixed operations"),
    Limit("server", "get", "instructions", 1060, 1455, "instructions of mc_server_get(), a hit"),
    Limit("wire", "put-get", "instructions", 200, 365, "proto/: put a get"),
    Limit("wire", "put-get-100", "instructions", 12050, 18900, "proto/: put a get of 100 keys"),
    Limit("wire", "put-set", "instructions", 480, 730, "proto/: put a set"),
    Limit("wire", "item-hit", "instructions", 230, 385, "proto/item.c: read a hit"),
    Limit("wire", "item-hit-100", "instructions", 19100, 28650, "proto/item.c: read 100 hits"),
    Limit("wire", "read-hit", "instructions", 1260, 1340, "proto/reader.c: read a hit"),
    Limit("wire", "read-stored", "instructions", 425, 430, "proto/reader.c: read STORED"),
]


def most_of(limit, build):
    """The limit in a build such as "gcc -Os"."""
    return limit.small if build.endswith("-Os") else limit.most


def is_kept(limit, figure, build=""):
    """A system call more may come once in a run."""
    return figure <= most_of(limit, build) + (0.02 if limit.what == "syscalls" else 0)
