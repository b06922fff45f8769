"""Results of a measurement: what was measured where, the form that they are stored in as JSON, and
the ratios that they hold."""

import json
import os
import sys
from typing import NamedTuple

from figures import band_of, is_noise, median, ratio_of

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                             "clients"))

from clients import LANGUAGES
from workers import CLIENTS, PLAIN

BAND_MAX = 0.05  # the A/A band above which a machine is too noisy for tables of times
STOLEN_MAX = 0.02  # of the processor time, by other virtual machines
COUNTER = 1000  # as WORK_NUMBER in work.h


class Work(NamedTuple):
    """One operation. Keys 0... hold 32 bytes, 1000... 1 kB, 2000... 100 kB, 3000... 1 MB; 5000...
    are only ever set by the clients, 6000... hold COUNTER, and 9000... never exist."""
    name: str
    title: str
    verb: str
    batch: int  # keys in one operation; they all go out before a reply is read
    size: int
    first: int  # the number of its first key
    keys: int  # how many keys it takes in turn
    counted: bool  # its instructions and system calls are counted, too
    brief: bool  # it is part of --quick, and of the runs on two processors
    timed: bool = True  # it is in the tables of times, without being asked for

    def line(self):
        """What timed.h's `work` wants."""
        return "work %s %d %d %d %d" % (self.verb, self.batch, self.size, self.first, self.keys)

    def key(self, k):
        return b"key:%05d" % (self.first + k)

    def value(self, k):
        if self.verb == "incr":
            return b"%d" % COUNTER
        letters = bytes(ord("a") + i % 26 for i in range(26)) * (self.size // 26 + 1)
        key = self.key(k)
        return (key + letters[len(key):])[:self.size]


WORKS = [
    Work("get", "get, 32 B", "get", 1, 32, 0, 128, True, True),
    Work("miss", "get, miss", "miss", 1, 0, 9000, 128, True, False),
    Work("set", "set, 32 B", "set", 1, 32, 5000, 128, True, True),
    Work("get-3", "get of 3 keys", "get", 3, 32, 0, 128, False, False),
    Work("get-10", "get of 10 keys", "get", 10, 32, 0, 128, True, True),
    Work("get-30", "get of 30 keys", "get", 30, 32, 0, 128, False, False),
    Work("get-100", "get of 100 keys", "get", 100, 32, 0, 128, True, True),
    Work("mg", "mg, 32 B", "mg", 1, 32, 0, 128, True, False),
    Work("mg-10", "10 mg in a pipeline", "mg", 10, 32, 0, 128, False, False),
    Work("mg-100", "100 mg in a pipeline", "mg", 100, 32, 0, 128, True, True),
    Work("get-1k", "get, 1 kB", "get", 1, 1000, 1000, 128, False, False),
    Work("get-100k", "get, 100 kB", "get", 1, 100000, 2000, 1, False, False),
    Work("get-1m", "get, 1 MB", "get", 1, 1000000, 3000, 1, True, True),
    Work("set-1k", "set, 1 kB", "set", 1, 1000, 5200, 128, False, False),
    Work("set-100k", "set, 100 kB", "set", 1, 100000, 5400, 1, False, False),
    Work("set-1m", "set, 1 MB", "set", 1, 1000000, 5500, 1, True, False),
    Work("delete", "delete, no such key", "delete", 1, 0, 9000, 128, True, False, False),
    Work("touch", "touch", "touch", 1, 0, 0, 128, True, False, False),
    Work("incr", "incr", "incr", 1, 4, 6000, 128, True, False, False),
    Work("gets", "gets, 32 B", "gets", 1, 32, 0, 128, True, False, False),
    Work("ms", "ms, 32 B", "ms", 1, 32, 5000, 128, True, False, False),
    Work("mixed-100", "100 mixed operations", "mixed", 100, 32, 0, 100, True, False, False),
]

# A client held against itself shows what a ratio is worth (A/A).
TWINS = {"baseline again": "baseline", "mcwire again": "mcwire"}


class Setting(NamedTuple):
    """Where client and server are, and what is between them."""
    cores: str
    transport: str
    title: str


SETTINGS = [
    Setting("same", "tcp", "TCP, client and server on one processor"),
    Setting("same", "unix", "Unix socket, client and server on one processor"),
    Setting("apart", "tcp", "TCP, client and server on two processors"),
    Setting("apart", "unix", "Unix socket, client and server on two processors"),
]
# Another run of all clients, of the works in LANGUAGE_WORKS, as the first setting is.
SIDE_BY_SIDE = Setting("languages", "tcp", "Languages side by side, TCP, on one processor")
LANGUAGE_WORKS = ("get", "get-100", "get-1m")


def find_work(name):
    return next((work for work in WORKS if work.name == name), None)


def new_data():
    return {"program": "overhead", "facts": {}, "stolen": None, "clients": [], "cells": [],
            "counts": [], "wire": [], "builds": [], "waits": [], "beside": [], "lies": [],
            "parts": []}


class Results:
    """What was measured, as it is stored, and what follows from it."""

    def __init__(self, data):
        self.data = data
        self.cells = {(cell["cores"], cell["transport"], cell["work"], cell["client"]): cell
                      for cell in data["cells"]}
        self.counts = {(count["work"], count["client"]): count for count in data["counts"]}

    def clients(self, twins=False):
        """Those that are there."""
        return [client for client in self.data["clients"]
                if not client["absent"] and (twins or client["name"] not in TWINS)]

    def fact(self, name):
        return self.data["facts"].get(name, "")

    def cell(self, setting, work, client):
        """None when it was not measured, or failed."""
        cell = self.cells.get((setting.cores, setting.transport, work.name, client))
        return cell if cell and cell["rounds"] else None

    def settings(self):
        return [setting for setting in SETTINGS if self.has(setting)]

    def has(self, setting):
        return any(key[:2] == setting[:2] for key in self.cells)

    def works(self, setting):
        measured = {key[2] for key in self.cells if key[:2] == setting[:2]}
        return [work for work in WORKS if work.name in measured]

    def counted(self):
        return [work for work in WORKS if (work.name, "mcwire") in self.counts]

    def ratio(self, setting, work, client, column=2):
        """A client's to the baseline's, a twin's to its own; column 2: of the p50 of a round, 3: of
        the time of all its operations. None when either is not known."""
        mine = self.cell(setting, work, client)
        other = self.cell(setting, work, TWINS.get(client, "baseline"))
        return ratio_of(mine["rounds"], other["rounds"], column) if mine and other else None

    def band(self, setting, work):
        """The A/A band of a work; None when no client was held against itself."""
        return band_of([self.ratio(setting, work, twin) for twin in TWINS])

    def is_noise(self, setting, work, client):
        ratio = self.ratio(setting, work, client)
        return ratio is not None and is_noise(ratio.middle, self.band(setting, work))

    def noise(self):
        """The band of the middle one of all works; None when none has one."""
        bands = [self.band(setting, work)
                 for setting in SETTINGS + [SIDE_BY_SIDE] for work in self.works(setting)]
        return median([band for band in bands if band is not None])

    def too_noisy(self):
        """Why its times are worth nothing, or None."""
        band, stolen = self.noise(), self.data["stolen"]
        if band is not None and band > BAND_MAX:
            return "a client differs from itself by %.1f %%, and %.0f %% are the most" % (
                100 * band, 100 * BAND_MAX)
        if stolen is not None and stolen > STOLEN_MAX:
            return "%.1f %% of the processor time were stolen, and %.0f %% are the most" % (
                100 * stolen, 100 * STOLEN_MAX)
        return None

    def instructions(self, client, work):
        """Of an operation of a client, or of proto/ alone; None when not counted."""
        if client == "wire":
            return next((wire["instructions"] for wire in self.data["wire"]
                         if wire["name"] == work), None)
        return self.counts.get((work, client), {}).get("instructions")

    def limited(self, limit):
        """The figure of a limit, or None."""
        if limit.what == "syscalls":
            return self.counts.get((limit.work, limit.client), {}).get("syscalls")
        return self.instructions(limit.client, limit.work)


# What there is beside an operation; times in ns.
BESIDE = ("allocations", "memory", "connect", "idle", "next", "failed", "back")
# What an operation is made of: see timed.h.
PARTS = ("put", "send", "wait", "receive", "parse", "copy", "clock")

# ---- stored results ------------------------------------------------------------------------------

NUMBER = (int, float, type(None))
ROUND = [int, int, NUMBER, NUMBER]
FORM = {
    "facts": {},
    "stolen": NUMBER,
    "clients": [{"name": str, "title": str, "settings": str, "absent": str}],
    "cells": [{"cores": str, "transport": str, "work": str, "client": str, "rounds": [ROUND],
               "samples": int, "p50": NUMBER, "p99": NUMBER, "p999": NUMBER, "cpu": NUMBER,
               "points": [NUMBER], "problem": str}],
    "counts": [{"work": str, "client": str, "instructions": NUMBER, "syscalls": NUMBER,
                "names": str}],
    "wire": [{"name": str, "title": str, "bytes": int, "ns": NUMBER, "instructions": NUMBER}],
    "builds": [{"build": str, "client": str, "work": str, "instructions": NUMBER}],
    "waits": [{"client": str, "server": str, "deadline": int, "late": [NUMBER]}],
    "beside": [dict({member: NUMBER for member in BESIDE}, client=str)],
    "lies": [{"client": str, "believed": int, "cases": int}],
    "parts": [dict({part: NUMBER for part in PARTS}, work=str)],
}


def check_form(data, form, where):
    """Raises ValueError, which says where data is not of the form."""
    kind = type(form) if isinstance(form, (dict, list)) else form
    if not isinstance(data, kind) or isinstance(data, bool) or \
            (form is ROUND and len(data) != len(ROUND)) or \
            (form == {} and not all(isinstance(value, str) for value in data.values())):
        raise ValueError("%s is not as it should be" % where)
    if kind is dict:
        for name, inner in form.items():
            if name not in data:
                raise ValueError("%s has no %s" % (where, name))
            check_form(data[name], inner, where + "." + name)
    elif kind is list:
        for i, item in enumerate(data):
            check_form(item, form[i if form is ROUND else 0], "%s[%d]" % (where, i))


def read_json(path):
    """What a program of bench/ printed with --format json: overhead's Results, or mcload's as they
    are. Raises ValueError."""
    with open(path, encoding="utf-8") as file:
        try:
            data = json.load(file)
        except json.JSONDecodeError as problem:
            raise ValueError("line %d is not JSON" % problem.lineno) from None
        except (UnicodeDecodeError, RecursionError):
            raise ValueError("it is not JSON") from None
    if isinstance(data, dict) and data.get("program") == "mcload":
        return data
    if not isinstance(data, dict) or data.get("program") != "overhead":
        raise ValueError("it is not what overhead or mcload prints with --format json")
    for name in ("waits", "beside", "lies", "parts"):  # which were not measured at first
        data.setdefault(name, [])
    for record in data["beside"]:
        record.update({member: None for member in BESIDE if member not in record})
    check_form(data, FORM, "it")
    return Results(data)


def to_json(data):
    """A line for each record, so that two can be compared by their lines."""
    def member(name):
        if not isinstance(data[name], list):
            return json.dumps(data[name])
        return "[\n" + ",\n".join(map(json.dumps, data[name])) + "]"
    return "{" + ",\n".join("%s: %s" % (json.dumps(name), member(name)) for name in data) + "}\n"
