"""A server for tests whose schedule is known: it keeps what is set, notes every call, and does what
a script says before it answers."""

import contextlib
import socket
import threading
import time

PATIENCE_S = 100
UNIQUE = 12345678901234567890  # of each value
CHANGES = {"touch": b"TOUCHED\r\n", "incr": b"1\r\n", "delete": b"DELETED\r\n"}


class Gone(Exception):
    """The connection is to be closed."""


class Call:
    """A request that was received: when, on which connection, and what a good server answers."""

    def __init__(self, connection, number, words, size):
        self.connection, self.number, self.words, self.size = connection, number, words, size
        self.at = time.monotonic()
        self.verb, self.keys = words[0].decode(), words[1:]
        self.data = self.reply = b""

    def is_get(self):
        return self.verb in ("get", "mg")


class Server:
    """Keeps what is set, notes every call, and answers as `script` says: it is given each call and
    may sleep, change call.reply, send something by itself, or raise Gone."""

    def __init__(self, test, script=lambda call: None):
        self.script, self.store, self.lock = script, {}, threading.Lock()
        self.calls, self.accepted, self.closed = [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.over, self.connections, self.threads = threading.Event(), [], []
        self.begin(self.accept)
        test.addCleanup(self.end)

    def begin(self, function, *arguments):
        self.threads.append(threading.Thread(target=function, args=arguments))
        self.threads[-1].start()

    def end(self):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.threads[0].join()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads[1:]:
            thread.join()
        self.listener.close()

    def stay_silent(self, call):
        """A script."""
        self.over.wait(PATIENCE_S)

    def accept(self):
        try:
            while True:
                connection = self.listener.accept()[0]
                self.accepted.append(time.monotonic())
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections.append(connection)
                self.begin(self.talk, connection)
        except OSError:
            pass

    def talk(self, connection):
        file = connection.makefile("rb")
        try:
            for line in file:
                self.obey(connection, file, line)
        except (OSError, Gone):
            pass
        self.closed.append(time.monotonic())
        file.close()  # or the socket stays open
        connection.close()

    def obey(self, connection, file, line):
        words = line.split()
        if words[0] in (b"version", b"md"):
            connection.sendall(b"VERSION 1.6.99\r\n" if words[0] == b"version" else b"NF\r\n")
            return
        with self.lock:
            call = Call(connection, len(self.calls), words, len(line))
            self.calls.append(call)
        self.answer(call, file)
        self.script(call)
        connection.sendall(call.reply)

    def answer(self, call, file):
        """What a good server says."""
        if call.verb in ("set", "ms"):
            length = int(call.words[4 if call.verb == "set" else 2])
            call.keys = call.words[1:2]
            call.data = file.read(length + 2)[:-2]
            call.size += length + 2
            self.store[call.keys[0]] = call.data
            call.reply = b"STORED\r\n" if call.verb == "set" else \
                b"HD k%s\r\n" % call.keys[0]
        elif call.verb in ("add", "cas"):
            call.keys = call.words[1:2]
            call.data = file.read(int(call.words[4]) + 2)[:-2]
            call.size += len(call.data) + 2
            call.reply = self.answer_store(call)
        elif call.verb in ("get", "gets", "gat"):
            call.keys = call.words[2 if call.verb == "gat" else 1:]
            unique = b" %d" % UNIQUE if call.verb == "gets" else b""
            call.reply = b"".join(b"VALUE %s 0 %d%s\r\n%s\r\n" % (
                key, len(self.store[key]), unique, self.store[key])
                for key in call.keys if key in self.store) + b"END\r\n"
        elif call.verb in CHANGES:
            call.keys = call.words[1:2]
            call.reply = CHANGES[call.verb] if call.keys[0] in self.store else b"NOT_FOUND\r\n"
            if call.verb == "delete":
                self.store.pop(call.keys[0], None)
        elif call.verb == "mg":
            call.keys = call.words[1:2]
            call.reply = self.answer_mg(call)
        else:
            call.reply = b"MN\r\n"

    def answer_store(self, call):
        there = call.keys[0] in self.store
        if call.verb == "cas" and (not there or call.words[5] != b"%d" % UNIQUE):
            return b"EXISTS\r\n" if there else b"NOT_FOUND\r\n"
        if call.verb == "add" and there:
            return b"NOT_STORED\r\n"
        self.store[call.keys[0]] = call.data
        return b"STORED\r\n"

    def answer_mg(self, call):
        value = self.store.get(call.keys[0])
        if value is None:
            return b"" if b"q" in call.words else b"EN\r\n"
        flags = {b"k": b" k" + call.keys[0], b"f": b" f0"}
        given = [flags.get(word, b" " + word if word[:1] == b"O" else b"") for word in call.words[2:]]
        return b"VA %d%s\r\n%s\r\n" % (len(value), b"".join(given), value)

    def of_run(self, filled=0):
        """The calls after those of --fill."""
        return self.calls[filled:]

    def gets(self):
        return [call for call in self.calls if call.is_get()]
