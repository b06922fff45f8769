"""The measurement by time: in each round every client does a slice of every work, one after the
other, so that what disturbs the machine meets them alike."""

import array
import random
import time
from typing import NamedTuple

from figures import median, percentile
from machine import Absent, Failed, PROGRESS, Worker, holds_first, random_layout
from results import PLAIN, SIDE_BY_SIDE, TWINS

EACH_MAX = 20000  # as in timed.h
PILOT_NS = 500000
PILOTS = 3
PROCESSES = 20  # in which each client is measured, one after the other
ROUNDS_LEAST = 9  # that are done though the time is over
POINTS = 41  # of a distribution: the part of all samples above point i is 10^(-i/10)


class Plan(NamedTuple):
    """How long is measured."""
    rounds: int
    slice_us: int
    limit_s: float  # for each client in a setting, on a machine that has other work


class Track:
    """One client with one work."""

    def __init__(self, client, work):
        self.client, self.work = client, work
        self.count = 0  # operations in a slice
        self.rounds, self.samples = [], array.array("d")
        self.cpu_ns = self.operations = 0
        self.problem, self.absent = "", False

    def prepare(self, worker, address):
        """Connects again, because a TCP connection keeps for life what it happened to learn at
        first, and does one operation whose every byte is compared."""
        worker.ask("open " + address)
        worker.ask(self.work.line())
        worker.ask("check")
        if self.work.verb in ("set", "ms") and not holds_first(address, self.work):
            raise Failed("the server does not hold what was set")

    def time_together(self, worker):
        """ns of an operation, with the clock around all of a slice."""
        ns, cpu_ns = map(float, worker.ask("round %d" % self.count).split())
        self.cpu_ns += cpu_ns
        self.operations += self.count
        return ns / self.count

    def time_each(self, worker):
        """The p50 of a slice with the clock around each operation."""
        samples = [float(ns) for ns in worker.ask("each %d" % self.count).split()]
        self.samples.extend(samples)
        return median(samples)

    def find_count(self, worker, slice_us):
        """How many operations make up a slice: from pilot runs, doubled until they are long enough,
        of which the quickest counts."""
        self.count = 2
        while (ns := self.time_together(worker)) * self.count < PILOT_NS:
            self.count *= 2
        least = min([ns] + [self.time_together(worker) for _ in range(PILOTS)])
        self.count = int(min(max(slice_us * 1e3 / least, 3), EACH_MAX))
        self.cpu_ns = self.operations = 0

    def attempt(self, worker, address, function, *arguments):
        """Prepares and runs it unless an earlier attempt has failed; remembers why one fails."""
        if self.problem or self.absent:
            return
        try:
            self.prepare(worker, address)
            function(worker, *arguments)
        except Absent:
            self.absent = True
        except (Failed, ValueError, OSError) as problem:
            self.problem = str(problem)

    def slice(self, worker, number, process):
        ns = self.time_together(worker)
        self.rounds.append([number, process, self.time_each(worker), ns])

    def cell(self, setting):
        """What is stored of it."""
        ordered = sorted(self.samples)
        return {"cores": setting.cores, "transport": setting.transport, "work": self.work.name,
                "client": self.client, "rounds": [] if self.problem else self.rounds,
                "samples": len(ordered),
                "p50": percentile(ordered, 0.5), "p99": percentile(ordered, 0.99),
                "p999": percentile(ordered, 0.999),
                "cpu": self.cpu_ns / self.operations if self.operations else None,
                "points": [percentile(ordered, 1 - 10 ** (-i / 10)) for i in range(POINTS)],
                "problem": self.problem}


class Team:
    """The clients under test, each in a process that is started again and again, as one process has
    one layout in memory."""

    def __init__(self, programs, names, processor, seed):
        self.programs, self.processor = programs, processor
        self.seed = random.Random(seed)
        self.workers = {}
        self.clients = [self.meet(name) for name in names]
        self.names = [client["name"] for client in self.clients if not client["absent"]]

    def start(self, name):
        return Worker(self.programs.client(TWINS.get(name, name)), self.processor,
                      random_layout(self.seed))

    def meet(self, name):
        """Who it is, or why it is absent."""
        PROGRESS.show("building and starting " + name)
        client = {"name": name, "title": name, "settings": "", "absent": ""}
        try:
            with self.start(name) as worker:
                title, _, client["settings"] = worker.ask("hello").partition("\t")
            if name not in TWINS:
                client["title"] = self.programs.title(name) or title
        except Absent as problem:
            client["absent"] = str(problem)
        except Failed as problem:
            client["absent"] = self.programs.hint(name) or str(problem)
        return client

    def members(self, setting):
        """The names of those that take part in a setting."""
        return [name for name in self.names
                if setting is SIDE_BY_SIDE or TWINS.get(name, name) in PLAIN]

    def restart(self, names):
        self.end()
        self.workers = {name: self.start(name) for name in names}

    def end(self):
        for worker in self.workers.values():
            worker.end()
        self.workers = {}


def run_rounds(team, tracks, address, plan, what):
    """All rounds, or those that fit into the time; every client begins one in its turn."""
    start, each = time.monotonic(), max(1, plan.rounds // PROCESSES)
    by_work = {}
    for track in tracks:
        by_work.setdefault(track.work, []).append(track)
    for number in range(plan.rounds):
        took = time.monotonic() - start
        if number >= ROUNDS_LEAST and took > plan.limit_s:
            return
        if number % each == 0 and number > 0:
            team.restart(list(team.workers))
        for group in by_work.values():
            for i in range(len(group)):
                track = group[(i + number) % len(group)]
                PROGRESS.show("%s, round %d of %d, %s by %s" % (
                    what, number + 1, plan.rounds, track.work.name, track.client))
                track.attempt(team.workers[track.client], address, track.slice, number,
                              number // each)


def measure_setting(team, setting, works, address, plan):
    """The cells of a setting."""
    names = team.members(setting)
    tracks = [Track(name, work) for work in works for name in names]
    what = "%s, %s" % (setting.transport, setting.cores)
    team.restart(names)
    plan = plan._replace(limit_s=plan.limit_s * len(names))
    for track in tracks:
        PROGRESS.show("%s, how many operations make a slice of %s" % (what, track.work.name))
        track.attempt(team.workers[track.client], address, track.find_count, plan.slice_us)
    run_rounds(team, [track for track in tracks if not track.absent], address, plan, what)
    team.end()
    return [track.cell(setting) for track in tracks if not track.absent]
