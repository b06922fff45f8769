"""Deadlines kept: how long after its deadline a client's get returns, at a server that is silent and
at one that drips; what a client costs beside its operations; and the life of a connection."""

import re
import socket
import socketserver
import threading
import time
from contextlib import suppress

from figures import median
from machine import Absent, Failed, PROGRESS, Worker
from results import find_work

DEADLINES_MS = (1, 10, 100)
KINDS = ("silent", "dripping")
DRIPS = 16  # bytes of a value, four of them in the time of a deadline; then it is silent
ONE_KEY = "work get 1 32 0 1"
LONG_S = 4  # after which no further get is tried
GIVE_UP_S = 10  # in which one that has no deadline left does not return
RUN_FIRST = 1000  # operations before the memory of a process is looked at
POLL_S = 0.05  # a server that is to end notices it in that time
IDLE_S = 1.2  # a client may look whether its connection is still there
BACK_S = 5  # in which one that was cut off may come back
PAUSE_S = 0.01  # between two gets of it


class Server(socketserver.ThreadingTCPServer):
    """Takes requests and never completes an answer."""

    def __init__(self, drip_s=None):
        self.drip_s, self.connections = drip_s, []
        super().__init__(("127.0.0.1", 0), None)
        self.address = "127.0.0.1:%d" % self.server_address[1]
        self.accepting = threading.Thread(target=self.serve_forever, args=(POLL_S,))
        self.accepting.start()

    def process_request(self, request, client_address):
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.append(request)
        super().process_request(request, client_address)

    def finish_request(self, request, client_address):
        with suppress(OSError):
            self.talk(request)

    def talk(self, connection):
        if connection.recv(65536) and self.drip_s is not None:
            connection.sendall(b"VALUE key:00000 0 32\r\n")
            for _ in range(DRIPS):
                time.sleep(self.drip_s)
                connection.sendall(b"x")
        while connection.recv(65536):
            pass

    def __exit__(self, *_):
        self.shutdown()
        self.cut()
        self.server_close()

    def cut(self):
        """Ends all connections, as the death of a server does."""
        connections, self.connections = self.connections, []
        for connection in connections:
            with suppress(OSError):  # it has ended
                connection.shutdown(socket.SHUT_RDWR)


class Relay(Server):
    """Passes everything on to a memcached and back; each answer may come later."""

    def __init__(self, address, delay_s=0):
        host, _, port = address.rpartition(":")
        self.memcached, self.delay_s = (host, int(port)), delay_s
        super().__init__()

    def talk(self, connection):
        with socket.create_connection(self.memcached) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self.pass_on, args=(server, connection, self.delay_s))
            back.start()
            self.pass_on(connection, server, 0)
            back.join()

    @staticmethod
    def pass_on(one, other, delay_s):
        with suppress(OSError):
            while data := one.recv(1 << 20):
                time.sleep(delay_s)
                other.sendall(data)
        with suppress(OSError):  # it has ended already
            other.shutdown(socket.SHUT_RDWR)


def find_lateness(worker, address, ms, tries):
    """Of each get, how many ms after its deadline it returned; negative before it; None: it did not
    return, which ends the worker. Long waits are few."""
    late, end = [], time.monotonic() + LONG_S
    worker.ask("deadline %d" % ms)
    while len(late) < tries and (not late or time.monotonic() < end):
        worker.ask("open " + address)
        worker.ask(ONE_KEY)
        try:
            late.append(round(int(worker.ask("try", GIVE_UP_S).split()[0]) / 1e6 - ms, 4))
        except Failed:
            return late + [None]
    return late


def measure_client(name, command, processor, tries):
    """A record for each kind of server and each deadline; none of a client without deadlines."""
    records = []
    for kind in KINDS:
        for ms in DEADLINES_MS:
            PROGRESS.show("deadlines of %d ms, %s server, %s" % (ms, kind, name))
            try:
                with Worker(command, processor) as worker, \
                        Server(ms / 4000 if kind == "dripping" else None) as server:
                    late = find_lateness(worker, server.address, ms, tries)
            except (Absent, Failed):
                return records
            records.append({"client": name, "server": kind, "deadline": ms, "late": late})
    return records


def resident_kb(worker):
    """The most memory that a process has had, or None."""
    try:
        with open("/proc/%d/status" % worker.process.pid, encoding="utf-8") as file:
            return int(re.search(r"^VmHWM:\s*(\d+) kB", file.read(), re.MULTILINE).group(1))
    except (OSError, AttributeError):
        return None


def measure_memory(command, address):
    """kB of a process that has done some gets."""
    with Worker(command) as worker:
        for line in ("open " + address, find_work("get").line(), "run %d" % RUN_FIRST):
            worker.ask(line)
        return resident_kb(worker)


def measure_connect(worker, address, tries):
    """ns of connecting and of the first get, which may be what connects."""
    times = []
    for _ in range(tries):
        open_ns = int(worker.ask("open " + address))
        worker.ask(ONE_KEY)
        times.append(open_ns + int(worker.ask("try").split()[0]))
    return median(times)


def measure_return(worker, address):
    """After all connections were cut: how many gets failed, and ns until one was right, or None."""
    with Relay(address) as relay:
        for line in ("open " + relay.address, ONE_KEY, "run 1"):
            worker.ask(line)
        relay.cut()
        start, failed = time.monotonic(), 0
        while time.monotonic() - start < BACK_S:
            try:
                if worker.ask("try", GIVE_UP_S).endswith("right"):
                    return failed, round(1e9 * (time.monotonic() - start))
            except Failed:
                return failed + 1, None
            failed += 1
            time.sleep(PAUSE_S)
        return failed, None


def measure_idle(workers, address, tries):
    """{name: (ns of a get after a pause, ns of the next)}, of all workers that can do it, at
    once."""
    times = {}
    for name, worker in workers.items():
        try:
            for line in ("open " + address, ONE_KEY, "run 10"):
                worker.ask(line)
            times[name] = ([], [])
        except (Absent, Failed):
            pass
    for _ in range(tries):
        time.sleep(IDLE_S)
        for name in list(times):
            try:
                for list_of in times[name]:
                    list_of.append(int(workers[name].ask("try").split()[0]))
            except (Absent, Failed):
                del times[name]
    return {name: tuple(map(median, pair)) for name, pair in times.items()}


def measure_lives(commands, address, processor, tries):
    """{name: what there is to say of the life of a connection}; commands: {name: command}."""
    workers = {name: Worker(command, processor) for name, command in commands.items()}
    PROGRESS.show("connections that are idle")
    idle, lives = measure_idle(workers, address, tries), {}
    for name, worker in workers.items():
        PROGRESS.show("connections that are cut, " + name)
        try:
            connect = measure_connect(worker, address, tries)
            failed, back = measure_return(worker, address)
            lives[name] = {"connect": connect, "idle": idle[name][0], "next": idle[name][1],
                           "failed": failed, "back": back}
        except (Absent, Failed, KeyError):
            pass
        worker.end()
    return lives
