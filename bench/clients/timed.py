"""The lines of timed.h, for adapters in Python. A client is a module's own calls,
fetch, fetch_many (a dictionary) and store, called in a plain loop; each result is looked at."""

import gc
import resource
import sys
from time import perf_counter_ns

WARM_MAX = 200  # operations before the clock runs, as in timed.c


class Bad(Exception):
    """A result is not the one that is right."""


class Missing(Exception):
    """The client has no such command."""


class Work:
    """Keys and values as work.c makes them, and one operation: self.run(i)."""

    def __init__(self, client, verb, batch, size, first, keys):
        letters = bytes(ord("a") + i % 26 for i in range(26)) * (size // 26 + 1)
        self.client, self.verb, self.batch = client, verb, batch
        self.starts = keys - batch + 1
        self.keys = [b"key:%05d" % (first + k) for k in range(keys)]
        self.values = [(key + letters[len(key):])[:size] for key in self.keys]
        runs = {"get": self.get_many if batch > 1 else self.get, "miss": self.miss, "set": self.set}
        if verb not in runs:
            raise Missing("it has no such command")
        self.run = runs[verb]

    def get(self, i):
        if self.client.fetch(self.keys[i % self.starts]) is None:
            raise Bad("wrong result")

    def get_many(self, i):
        at = i % self.starts
        if len(self.client.fetch_many(self.keys[at:at + self.batch])) != self.batch:
            raise Bad("wrong result")

    def miss(self, i):
        if self.client.fetch(self.keys[i % self.starts]) is not None:
            raise Bad("wrong result")

    def set(self, i):
        at = i % self.starts
        if not self.client.store(self.keys[at], self.values[at]):
            raise Bad("wrong result")

    def check(self, i):
        """One operation, all of it compared."""
        at = i % self.starts
        if self.verb != "get":
            return self.run(i)
        keys, values = (list[at:at + self.batch] for list in (self.keys, self.values))
        if self.batch == 1:
            got = {keys[0]: self.client.fetch(keys[0])}
        else:
            got = self.client.fetch_many(keys)
        if got != dict(zip(keys, values)):
            raise Bad("wrong result")


class Worker:
    def __init__(self, version, make):
        self.version, self.make = version, make
        self.client = self.seconds = self.words = self.work = None
        self.done = 0

    def hello(self):
        return "%s\t%s; Python %d.%d.%d, garbage collection off" % (
            self.version, self.make.SETTINGS, *sys.version_info[:3])

    def open(self, address):
        if self.client is not None:
            self.client.close()
        start = perf_counter_ns()
        self.client = self.make(address, self.seconds, timed=True)
        return str(perf_counter_ns() - start)

    def set_deadline(self, ms):
        self.seconds = int(ms) / 1000

    def set_work(self, verb, *numbers):
        self.work, self.done = Work(self.client, verb, *map(int, numbers)), 0

    def try_one(self):
        start = perf_counter_ns()
        try:
            self.work.run(0)
            outcome = "right"
        except Exception:  # however it fails
            outcome = "wrong"
        return "%d %s" % (perf_counter_ns() - start, outcome)

    def check(self):
        self.work.check(self.done)

    def run(self, count):
        run, end = self.work.run, self.done + int(count)
        for i in range(self.done, end):
            run(i)
        self.done = end

    def warm_up(self, count):
        self.run(min(int(count) // 8 + 1, WARM_MAX))

    def round(self, count):
        self.warm_up(count)
        before = resource.getrusage(resource.RUSAGE_SELF)
        start = perf_counter_ns()
        self.run(count)
        end = perf_counter_ns()
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return "%d %.0f" % (end - start, 1e9 * cpu)

    def each(self, count):
        self.warm_up(count)
        run, end = self.work.run, self.done + int(count)
        at = [perf_counter_ns()]
        for i in range(self.done, end):
            run(i)
            at.append(perf_counter_ns())
        self.done = end
        return " ".join(str(b - a) for a, b in zip(at, at[1:]))

    def obey(self, line):
        words = line.split()
        commands = {"hello": self.hello, "open": self.open, "work": self.set_work,
                    "check": self.check, "run": self.run, "round": self.round, "each": self.each,
                    "deadline": self.set_deadline, "try": self.try_one}
        try:
            answer = commands[words[0]](*words[1:])
        except Missing as problem:
            return "no %s" % problem
        except Bad as problem:
            return "bad %s" % problem
        except Exception as problem:  # whatever a client raises is its failure
            return "bad %s: %s" % (type(problem).__name__, str(problem).replace("\n", " "))
        return "ok " + answer if answer else "ok"


def run(version, make):
    worker = Worker(version, make)
    gc.disable()
    for line in sys.stdin:
        print(worker.obey(line), flush=True)
