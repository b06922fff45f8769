"""The machine: its processors, processes that are told what to do a line at a time, and private
memcacheds."""

import datetime
import hashlib
import os
import platform
import pwd
import random
import re
import select
import shutil
import socket
import string
import subprocess
import sys
import tempfile
import time

from figures import from_bytes
from results import WORKS
from workers import Failed

ANSWER_S = 60  # a client that takes longer has stopped working
END_S = 3
START_S = 10  # for a memcached to answer
LAYOUT_MAX = 4096  # bytes of an environment variable, which move a new process's stack


class Absent(Exception):
    """There is no such client, or it has no such command."""


class Progress:
    """A line on stderr about what is being done: again and again on a terminal that can erase it,
    elsewhere every five seconds."""

    def __init__(self):
        self.erases = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.shown = None

    def show(self, text):
        now = time.monotonic()
        if self.shown is None or now - self.shown >= (0.1 if self.erases else 5):
            self.shown = now
            line = "\r\x1b[K%s" if self.erases else "overhead: %s\n"
            print(line % text, end="", file=sys.stderr, flush=True)

    def end(self):
        if self.shown is not None and self.erases:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self.shown = None


PROGRESS = Progress()


class Worker:
    """A process that obeys lines: see timed.h. It ends when its input does, so also with us."""
    alive = set()

    def __init__(self, command, processor=None, env=None, stderr=subprocess.DEVNULL):
        self.buffer = b""
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=stderr,
                                            stdout=subprocess.PIPE, env=env)
        except OSError as problem:
            raise Failed("%s cannot be run: %s" % (command[0], problem.strerror)) from None
        Worker.alive.add(self)
        if processor is not None:
            os.sched_setaffinity(self.process.pid, {processor})

    def hear(self, patience):
        """The next line of output."""
        end = time.monotonic() + patience
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise Failed("it does not answer")
            piece = os.read(self.process.stdout.fileno(), 1 << 20)
            if not piece:
                raise Failed("it has ended")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def ask(self, line, patience=ANSWER_S):
        """What follows `ok`."""
        try:
            self.process.stdin.write(line.encode("latin-1") + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Failed("it has ended") from None
        word, _, rest = from_bytes(self.hear(patience)).partition(" ")
        if word == "no":
            raise Absent(rest)
        if word != "ok":
            raise Failed(rest)
        return rest

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self, patience=END_S):
        """Its exit status, once it has ended by itself or was killed."""
        Worker.alive.discard(self)
        try:
            self.process.stdin.close()
        except OSError:  # it had ended, with something still unsaid
            pass
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        return self.process.returncode


def end_workers():
    for worker in list(Worker.alive):
        worker.end()


def random_layout(seed):
    """An environment of a random size: see LAYOUT_MAX."""
    return dict(os.environ, OVERHEAD_LAYOUT="x" * seed.randrange(LAYOUT_MAX))


def is_abandoned(path):
    """True for a folder of ours whose process does not exist."""
    found = re.fullmatch(r"mcwire-([0-9]{1,9})-[A-Za-z0-9]{6}", os.path.basename(path))
    try:
        is_ours = os.lstat(path).st_uid == os.geteuid()  # it may be gone: others sweep, too
        os.kill(int(found.group(1)), 0)
    except ProcessLookupError:
        return is_ours
    except (AttributeError, OSError):
        pass
    return False


def make_scratch():
    """A folder whose name says whose it is. What killed programs left is removed."""
    below = tempfile.gettempdir()
    for path in (os.path.join(below, name) for name in os.listdir(below)):
        if is_abandoned(path):
            shutil.rmtree(path, ignore_errors=True)
    while True:
        letters = "".join(random.choices(string.ascii_letters, k=6))
        path = os.path.join(below, "mcwire-%d-%s" % (os.getpid(), letters))
        try:
            os.mkdir(path, 0o700)
            return path
        except FileExistsError:
            pass


def find_line(path, name):
    """The value in the first line of a file that begins with a name, "name : value"."""
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(name):
                    return line[len(name):].strip(" \t\n:=").strip('"')
    except OSError:
        pass
    return ""


def stolen_time():
    """Of all processors since their start: what other virtual machines took, and all."""
    numbers = [int(number) for number in find_line("/proc/stat", "cpu ").split()]
    return (numbers[7], sum(numbers[:8])) if len(numbers) >= 8 else (0, 0)


def stolen_since(before):
    """The part of the time since then that was stolen; None when it is not known."""
    stolen, everything = (now - then for now, then in zip(stolen_time(), before))
    return stolen / everything if everything else None


def hash_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]


def machine_facts(words, wire):
    """What a reader has to know of a run, and how to repeat it."""
    with Worker(wire) as worker:
        compiler = worker.ask("compiler")
    system = os.uname()
    release = find_line("/etc/os-release", "PRETTY_NAME")
    load = os.getloadavg()[0]
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "command": " ".join(["bench/run overhead"] + words),
        "processor": "%s, %d online" % (find_line("/proc/cpuinfo", "model name") or "unknown",
                                        os.cpu_count()),
        "system": " ".join(system[i] for i in (0, 2, 4)) + (release and ", " + release),
        "compiler": compiler,
        "worker": "sha256 " + hash_of(wire[0]),
        "python": platform.python_version(),
        "load": "%.2f before the run" % load,
    }


class Connection:
    """A plain connection to a memcached, for what is not measured."""

    def __init__(self, address):
        if address.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(address[5:])
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host.strip("[]"), int(port)), ANSWER_S)
        self.socket.settimeout(ANSWER_S)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def line(self, request):
        self.socket.sendall(request)
        return self.file.readline().rstrip(b"\r\n")

    def set(self, key, value):
        return self.line(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value)) == b"STORED"

    def get(self, key):
        words = self.line(b"get %s\r\n" % key).split()
        if words[:1] != [b"VALUE"]:
            return None
        value = self.file.read(int(words[3]) + 2)[:-2]
        self.file.readline()
        return value


def fill(address):
    with Connection(address) as connection:
        for work in WORKS:
            for k in range(work.keys if work.verb in ("get", "incr") else 0):
                if not connection.set(work.key(k), work.value(k)):
                    raise Failed("memcached cannot be filled")


def holds_first(address, work):
    """True when a server holds the first value of a work; it is deleted, so that the next set is
    seen to work."""
    with Connection(address) as connection:
        return connection.get(work.key(0)) == work.value(0) and \
            connection.line(b"delete %s\r\n" % work.key(0)) == b"DELETED"


def version_of(address):
    with Connection(address) as connection:
        return from_bytes(connection.line(b"version\r\n")).partition(" ")[2]


# What a memcached is started by. It begins when it is told to, for by then it stays on its processor,
# and ends memcached when its input ends, so also when we are killed.
KEEPER = """\
read -r _ && echo ok && exec 3<&0 >&2
memcached "$@" </dev/null 3<&- & server=$!
exec 2>/dev/null
{ read -r _ <&3; kill -9 $server; } &
wait $server
kill $!
"""


class Servers:
    """The private memcacheds: for each processor one on a Unix socket and one on a TCP port, as a
    memcached does not listen on both."""

    def __init__(self, folder):
        self.folder, self.addresses, self.user = os.path.join(folder, "servers"), {}, []
        os.mkdir(self.folder)
        if os.geteuid() == 0:  # which memcached refuses to be
            self.user = ["-u", "nobody"]
            os.chown(self.folder, pwd.getpwnam("nobody").pw_uid, -1)
            os.chmod(folder, 0o711)

    def start(self, transport, processor):
        """Of one on TCP, any free port, which it writes into a file. Raises Failed."""
        if shutil.which("memcached") is None:
            raise Failed("no memcached: start one, or install it "
                         "(apt, dnf, apk, pacman or brew install memcached)")
        path = os.path.join(self.folder, "memcached-%d" % len(self.addresses))
        options = ["-l", "127.0.0.1", "-p", "-1"] if transport == "tcp" else ["-s", path]
        keeper = Worker(["sh", "-c", KEEPER, "sh", "-m", "256", "-t", "1", "-U", "0"] + options +
                        self.user, processor, dict(os.environ, MEMCACHED_PORT_FILENAME=path), None)
        keeper.ask("")
        end = time.monotonic() + START_S
        while time.monotonic() < end and keeper.process.poll() is None:
            address = "unix:" + path
            if transport == "tcp":
                address = "127.0.0.1:" + find_line(path, "TCP INET")
            try:
                version_of(address)
                return address
            except (OSError, ValueError):
                time.sleep(0.001)
        raise Failed("memcached was started and does not answer, or has ended")

    def address(self, transport, processor):
        """Of one that is started and filled when it is first asked for."""
        key = (transport, processor)
        if key not in self.addresses:
            answer = self.start(transport, processor)
            fill(answer)
            self.addresses[key] = answer
        return self.addresses[key]
