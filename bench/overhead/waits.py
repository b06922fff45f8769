"""Deadlines kept: how long after its deadline a client's get returns, at a server that is silent and
at one that drips; and what a client costs beside its operations."""

import re
import socket
import threading
import time

from machine import Absent, Failed, PROGRESS, Worker
from results import find_work

DEADLINES_MS = (1, 10, 100)
KINDS = ("silent", "dripping")
DRIPS = 16  # bytes of a value, four of them in the time of a deadline; then it is silent
ONE_KEY = "work get 1 32 0 1"
RUN_FIRST = 1000  # operations before the memory of a process is looked at


class Server:
    """Takes requests and never completes an answer."""

    def __init__(self, drip_s=None):
        self.drip_s, self.connections, self.threads = drip_s, [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.begin(self.accept)

    def begin(self, function, *arguments):
        self.threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self.threads[-1].start()

    def accept(self):
        try:
            while True:
                connection = self.listener.accept()[0]
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections.append(connection)
                self.begin(self.talk, connection)
        except OSError:
            pass

    def talk(self, connection):
        try:
            if connection.recv(65536) and self.drip_s is not None:
                connection.sendall(b"VALUE key:00000 0 32\r\n")
                for _ in range(DRIPS):
                    time.sleep(self.drip_s)
                    connection.sendall(b"x")
            while connection.recv(65536):
                pass
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.threads[0].join()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # the client has closed it
                pass
            connection.close()
        self.listener.close()


def find_lateness(worker, address, ms, tries):
    """Of each get, how many ms after its deadline it returned; negative before it."""
    late = []
    worker.ask("deadline %d" % ms)
    for _ in range(tries):
        worker.ask("open " + address)
        worker.ask(ONE_KEY)
        late.append(round(int(worker.ask("try")) / 1e6 - ms, 4))
    return late


def measure_client(name, command, processor, tries):
    """A record for each kind of server and each deadline; none of a client without deadlines."""
    records, worker = [], Worker(command, processor)
    try:
        for kind in KINDS:
            for ms in DEADLINES_MS:
                PROGRESS.show("deadlines of %d ms, %s server, %s" % (ms, kind, name))
                with Server(ms / 4000 if kind == "dripping" else None) as server:
                    late = find_lateness(worker, server.address, ms, tries)
                records.append({"client": name, "server": kind, "deadline": ms, "late": late})
    except (Absent, Failed):
        pass
    worker.end()
    return records


def resident_kb(worker):
    """The most memory that a process has had, or None."""
    try:
        with open("/proc/%d/status" % worker.process.pid, encoding="utf-8") as file:
            return int(re.search(r"^VmHWM:\s*(\d+) kB", file.read(), re.MULTILINE).group(1))
    except (OSError, AttributeError):
        return None


def measure_memory(command, address):
    """kB of a process that has done some gets; None if it cannot."""
    worker = Worker(command)
    try:
        for line in ("open " + address, find_work("get").line(), "run %d" % RUN_FIRST):
            worker.ask(line)
        return resident_kb(worker)
    except (Absent, Failed):
        return None
    finally:
        worker.end()


def measure_beside(name, command, address, counter):
    """Memory, allocations of a get, and system calls of a connection with its first get."""
    PROGRESS.show("what %s costs beside its operations" % name)
    record = {"client": name, "memory": measure_memory(command, address), "allocations": None,
              "first": None}
    lines = ["open " + address, find_work("get").line()]
    try:
        if counter.has("valgrind"):
            record["allocations"] = counter.allocations(command, lines)
        if counter.has("strace"):
            record["first"] = counter.first_get(command, lines)
    except (Absent, Failed, OSError):
        pass
    return record
