"""Clients for mcwire lie to examine, good and bad, each by its name; tests/check_lie.py says which
verdict each of them deserves. usage: adapter.py NAME [FILE]"""

import os
import re
import signal
import socket
import sys
import time

HOST, PORT = os.environ["MCWIRE_SERVERS"].rsplit(":", 1)
DEADLINE_S = int(os.environ["MCWIRE_TIMEOUT_MS"]) / 1000
PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"


def encode(value):
    return "".join(chr(b) if b in PLAIN else "%%%02X" % b for b in value)


def requests(words):
    """What a question is on the wire."""
    name, key = words[:2]
    if name in ("get", "many"):
        return "get " + " ".join(words[1:])
    if name in ("set", "cas"):
        unique = " " + words[3] if name == "cas" else ""
        return "%s %s 0 0 %d%s\r\n%s" % (name, key, len(words[2]), unique, words[2])
    return " ".join(words)


class Wrong(Exception):
    """There is no reply, or it is a bad one."""


# ---- a client that believes everything -----------------------------------------------------------


class Believer:
    """One connection for all; a value is the line after a VALUE, whoever's it is."""

    def __init__(self):
        self.file = None

    def line(self):
        try:
            line = self.file.readline()
        except OSError:
            line = b""
        return line.rstrip(b"\r\n").decode("latin-1")

    def ask(self, words):
        if self.file is None:
            connection = socket.create_connection((HOST, int(PORT)))
            connection.settimeout(DEADLINE_S)
            self.file = connection.makefile("rwb")
        name = words[0]
        if name == "cas":
            return "SKIP"
        try:
            self.file.write(requests(words).encode() + b"\r\n")
            self.file.flush()
        except OSError:
            return "MISS"
        line = self.line()
        if name == "set":
            return "OK"
        if name == "delete":
            return "OK" if line == "DELETED" else "NO"
        if name == "incr":
            return "HIT " + line
        values = {}
        while line.startswith("VALUE "):
            values[line.split()[1]] = self.line()
            line = self.line()
        if name == "many":
            return "HIT " + " ".join(encode(values[key].encode("latin-1")) if key in values else "-"
                                     for key in words[1:])
        return "HIT " + encode([*values.values()][0].encode("latin-1")) if values else "MISS"


# ---- a client that believes nothing --------------------------------------------------------------


class Careful:
    """A connection for each request, and one deadline for all of it."""

    def exchange(self, request, is_whole):
        """Sends a request, and reads until it has a whole reply."""
        end = time.monotonic() + DEADLINE_S
        reply = b""
        with socket.create_connection((HOST, int(PORT)), timeout=DEADLINE_S) as connection:
            connection.sendall(request.encode() + b"\r\n")
            while not is_whole(reply):
                connection.settimeout(max(end - time.monotonic(), 0.001))
                piece = connection.recv(65536)
                if not piece or time.monotonic() > end:
                    raise Wrong("closed or late")
                reply += piece
        return reply

    @staticmethod
    def items(reply):
        """The items of a reply, and whether it is whole; raises Wrong when it is no such reply."""
        items, at = {}, 0
        while True:
            line = re.compile(rb"VALUE (\S+) (\d{1,10}) (0|[1-9]\d{0,9})( \d+)?\r\n").match(reply, at)
            if not line:
                break
            start = line.end()
            end = start + int(line.group(3))
            if end > start + (1 << 30) or line.group(1) in items:
                raise Wrong("size or key")
            if reply[end:end + 2] != b"\r\n"[:max(len(reply) - end, 0)]:
                raise Wrong("no CRLF after the value")
            if end + 2 > len(reply):
                return items, False
            items[line.group(1)] = (reply[start:end], (line.group(4) or b"").strip())
            at = end + 2
        rest = reply[at:]
        if rest == b"END\r\n":
            return items, True
        if b"\n" in rest or not re.match(rb"V|E|$", rest):
            raise Wrong("no item")
        return items, False

    def get(self, command, keys):
        reply = self.exchange(command + " " + " ".join(keys), lambda r: self.items(r)[1])
        items, _ = self.items(reply)
        if any(key.decode() not in keys for key in items):
            raise Wrong("a key that was not asked for")
        return {key.decode(): item for key, item in items.items()}

    def write(self, request, words):
        reply = self.exchange(request, lambda r: b"\n" in r)
        if not re.fullmatch(words + rb"\r\n", reply):
            raise Wrong("no answer to that")
        return reply[:-2].decode()

    def answer(self, words):
        name, key = words[:2]
        if name in ("get", "many"):
            items = self.get("get", words[1:])
            found = [encode(items[k][0]) if k in items else "-" for k in words[1:]]
            return "HIT " + " ".join(found) if items else "MISS"
        if name == "cas":
            items = self.get("gets", [key])
            if not items:
                return "NO"
            words = words + [items[key][1].decode()]
        if name == "incr":
            number = self.write(requests(words), rb"(0|[1-9]\d*|NOT_FOUND)")
            if number == "NOT_FOUND":
                return "MISS"
            if int(number) >= 1 << 64:
                raise Wrong("number")
            return "HIT " + number
        good = {"set": "STORED", "cas": "STORED", "delete": "DELETED"}[name]
        word = self.write(requests(words), rb"(%s|NOT_STORED|NOT_FOUND|EXISTS)" % good.encode())
        return "OK" if word == good else "NO"

    def ask(self, words):
        try:
            return self.answer(words)
        except (OSError, Wrong) as wrong:
            return "ERROR %s" % wrong


# ---- and others ----------------------------------------------------------------------------------


class Same:
    """The same answer to everything."""

    def __init__(self, answer):
        self.answer = answer

    def ask(self, words):
        return self.answer


class Lucky:
    """Knows what is true, and says so whatever comes."""

    def ask(self, words):
        truth = {"key": "hello", "n1": "v1", "n2": "v2"}
        return "HIT " + " ".join(truth[key] for key in words[1:])


class Skipping(Careful):
    """Has no call but get."""

    def ask(self, words):
        return super().ask(words) if words[0] == "get" else "SKIP"


class Hanging(Careful):
    """Gets its answer, and keeps it."""

    def ask(self, words):
        super().ask(words)
        signal.pause()


class Tardy:
    """Is right, in its own time, and asks nobody."""

    def ask(self, words):
        time.sleep(0.3)
        return "HIT hello"


class Idle:
    """Does not even ask."""

    def ask(self, words):
        signal.pause()


class Quitting:
    """Ends instead of an answer."""

    def ask(self, words):
        sys.exit(0)


class Endless:
    """Begins a line that has no end."""

    def ask(self, words):
        while True:
            sys.stdout.write("HIT " * 10000)


class Tiring(Careful):
    """Ends after 25 answers."""

    left = 25

    def ask(self, words):
        self.left -= 1
        if self.left < 0:
            sys.exit(0)
        return super().ask(words)


class Parent(Careful):
    """Leaves a process that lives on, and its number in a file."""

    def __init__(self):
        child = os.fork()
        if child == 0:
            signal.pause()
        with open(sys.argv[2] + "~", "w", encoding="ascii") as file:
            file.write("%d %d" % (os.getpid(), child))
        os.rename(sys.argv[2] + "~", sys.argv[2])


class HangingParent(Parent, Hanging):
    """The same, and hangs."""


CLIENTS = {
    "believes": Believer, "careful": Careful, "errs": lambda: Same("ERROR as always"),
    "misses": lambda: Same("MISS"), "skips": Skipping, "skips-all": lambda: Same("SKIP"),
    "lucky": Lucky, "tardy": Tardy, "hangs": Hanging, "idle": Idle,
    "quits": Quitting, "tires": Tiring, "babbles": lambda: Same("hello"), "parent": Parent,
    "hanging-parent": HangingParent, "endless": Endless,
    "argues": lambda: Same("ERROR " + " ".join(sys.argv[2:])),
    "marks": lambda: Same("ERROR <b>&\x1b[31m\"\xff"), "stays": Careful, "fails": Careful,
    "dies": Careful,
}


def main():
    name = sys.argv[1]
    sys.stdout.reconfigure(encoding="latin-1")
    client = CLIENTS[name]()
    for line in sys.stdin:
        print(client.ask(line.split()), flush=True)
    if name == "stays":
        signal.pause()
    if name == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    return 3 if name == "fails" else 0


sys.exit(main())
