"""The clients that are Python modules: python_clients.py MODULE measures one of them.

It obeys the lines of worker.h. The operations are the module's own calls, found once and called in
a plain loop; the result of each is looked at.
"""
import gc
import resource
import sys
from importlib.metadata import version
from time import perf_counter_ns

WARM_MAX = 200  # operations before the clock runs, as in worker.c


class Bad(Exception):
    """A result is not the one that is right."""


class Missing(Exception):
    """The module has no such command."""


# ---- the modules: each has get, get_many (a dict) and store (true when stored) -------------------

# `seconds` is how long a wait may be, None: any time. None of them has a setting for an operation.


class PythonMemcached:
    SETTINGS = "no socket timeout, keys not checked; it has no TCP_NODELAY"

    def __init__(self):
        import memcache

        self.module = memcache

    def open(self, address, seconds):
        client = self.module.Client([address], socket_timeout=seconds, check_keys=False)
        self.close = client.disconnect_all
        self.get, self.get_many, self.store = client.get, client.get_multi, client.set


class PyMemcache:
    SETTINGS = "no_delay=True, no timeout, noreply never"

    def __init__(self):
        import pymemcache

        self.module = pymemcache

    def open(self, address, seconds):
        client = self.module.Client(address, no_delay=True, default_noreply=False,
                                    timeout=seconds, connect_timeout=seconds)
        self.close = client.close
        self.get, self.get_many, self.store = client.get, client.get_many, client.set


class PyLibmc:
    SETTINGS = "text protocol, tcp_nodelay"

    def __init__(self):
        import pylibmc

        self.module = pylibmc

    def open(self, address, seconds):
        address = address[5:] if address.startswith("unix:") else address
        behaviors = {"tcp_nodelay": True}
        if seconds is not None:
            ms = int(1000 * seconds)
            behaviors.update(connect_timeout=ms, _poll_timeout=ms, send_timeout=1000 * ms,
                             receive_timeout=1000 * ms)
        client = self.module.Client([address], binary=False, behaviors=behaviors)
        self.close = client.disconnect_all
        self.get, self.get_many, self.store = client.get, client.get_multi, client.set


MODULES = {"python-memcached": PythonMemcached, "pymemcache": PyMemcache, "pylibmc": PyLibmc}


# ---- the works -----------------------------------------------------------------------------------


class Work:
    """Keys and values as work.c makes them, and one operation: self.run(i)."""

    def __init__(self, module, verb, batch, size, first, keys):
        letters = bytes(ord("a") + i % 26 for i in range(26)) * (size // 26 + 1)
        self.module, self.verb, self.batch = module, verb, batch
        self.starts = keys - batch + 1
        self.keys = [b"key:%05d" % (first + k) for k in range(keys)]
        self.values = [(key + letters[len(key):])[:size] for key in self.keys]
        runs = {"get": self.get_many if batch > 1 else self.get, "miss": self.miss, "set": self.set}
        if verb not in runs:
            raise Missing()
        self.run = runs[verb]

    def get(self, i):
        if self.module.get(self.keys[i % self.starts]) is None:
            raise Bad()

    def get_many(self, i):
        at = i % self.starts
        if len(self.module.get_many(self.keys[at:at + self.batch])) != self.batch:
            raise Bad()

    def miss(self, i):
        if self.module.get(self.keys[i % self.starts]) is not None:
            raise Bad()

    def set(self, i):
        at = i % self.starts
        if not self.module.store(self.keys[at], self.values[at]):
            raise Bad()

    def check(self, i):
        """One operation, all of it compared."""
        at = i % self.starts
        if self.verb != "get":
            return self.run(i)
        keys, values = (list[at:at + self.batch] for list in (self.keys, self.values))
        if self.batch == 1:
            got = {keys[0]: self.module.get(keys[0])}
        else:
            got = self.module.get_many(keys)
        if got != dict(zip(keys, values)):
            raise Bad()


# ---- the lines of worker.h -----------------------------------------------------------------------


class Worker:
    def __init__(self, name):
        self.name, self.module, self.work, self.done = name, MODULES[name](), None, 0
        self.seconds = None

    def hello(self):
        return "%s %s\t%s; Python %d.%d.%d, garbage collection off" % (
            self.name, version(self.name), self.module.SETTINGS, *sys.version_info[:3])

    def open(self, address):
        if hasattr(self.module, "close"):
            self.module.close()
        self.module.open(address, self.seconds)

    def set_deadline(self, ms):
        self.seconds = int(ms) / 1000

    def attempt(self):
        start = perf_counter_ns()
        try:
            self.work.run(0)
        except Exception:  # how long it took is what is asked for
            pass
        return str(perf_counter_ns() - start)

    def take_work(self, verb, *numbers):
        self.work, self.done = Work(self.module, verb, *map(int, numbers)), 0

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
        commands = {"hello": self.hello, "open": self.open, "work": self.take_work,
                    "check": self.check, "run": self.run, "round": self.round, "each": self.each,
                    "deadline": self.set_deadline, "try": self.attempt}
        try:
            answer = commands[words[0]](*words[1:])
        except Missing:
            return "no it has no such command"
        except Bad:
            return "bad wrong result"
        except Exception as problem:  # whatever a module raises is its failure, not the benchmark's
            return "bad %s: %s" % (type(problem).__name__, str(problem).replace("\n", " "))
        return "ok " + answer if answer else "ok"


def main():
    try:
        worker = Worker(sys.argv[1])
    except ImportError as problem:
        print("no", problem)
        return
    gc.disable()
    for line in sys.stdin:
        print(worker.obey(line), flush=True)


main()
