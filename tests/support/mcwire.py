"""For tests of the command mcwire, whose path is their first argument: servers, the program with pipes
or on a terminal, and what its tests have in common."""

import os
import pty
import resource
import socket
import subprocess
import sys
import termios
import threading
import unittest

from memcached import PATIENCE_S, Memcached
from tap import run_cases

MCWIRE = os.path.abspath(sys.argv[1])
SLOW = "--timeout=600000"  # where a slow machine must not look like a failing server
VARIABLES = ("MCWIRE_SERVERS", "MEMCACHED_SERVERS", "MCWIRE_PASSWORD")


# ---- servers ----------------------------------------------------------------


class Fake:
    """A server that gives each connection to a function, with its number: 0, 1, ..."""

    def __init__(self, test, talk):
        self.talk = talk
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.received = b""
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()
        test.addCleanup(self.end)

    def end(self):
        """The thread ends before its descriptor can become that of another server."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()

    def accept(self):
        try:
            number = 0
            while True:
                threading.Thread(target=self.serve, args=[self.listener.accept()[0], number],
                                 daemon=True).start()
                number += 1
        except OSError:
            pass

    def serve(self, connection, number):
        with connection:
            try:
                self.talk(self, connection, number)
            except OSError:
                pass

    def receive(self, connection):
        piece = connection.recv(65536)
        self.received += piece
        return piece


def dies(*replies):
    """A server that gives one reply to each thing received, and then closes."""
    def talk(fake, connection, number):
        for reply in replies:
            if fake.receive(connection):
                connection.sendall(reply)
    return talk


def says(*replies):
    """The same, but it goes on to listen."""
    def talk(fake, connection, number):
        dies(*replies)(fake, connection, number)
        silent(fake, connection, number)
    return talk


def silent(fake, connection, number):
    while fake.receive(connection):
        pass


# ---- the program ------------------------------------------------------------


def environment(**changes):
    return {**{k: v for k, v in os.environ.items() if k not in VARIABLES}, **changes}


class Result:
    def __init__(self, status, out, said):
        self.status, self.out, self.said = status, out, said


def run(*command, given=b"", env=None):
    done = subprocess.run([MCWIRE, *command], input=given, capture_output=True, timeout=PATIENCE_S,
                          env=env or environment())
    return Result(done.returncode, done.stdout, done.stderr)


def on_terminal(*command, given=None):
    """The same with all three on a terminal; out has what reached it. given: typed."""
    here, there = pty.openpty()
    attributes = termios.tcgetattr(there)
    attributes[1] = 0  # as it was written, without a \r before each \n
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(there, termios.TCSANOW, attributes)
    process = subprocess.Popen([MCWIRE, *command], stdin=there, stdout=there, stderr=there,
                               env=environment())
    os.close(there)
    if given:
        os.write(here, given)
    pieces = []
    try:
        while piece := os.read(here, 65536):
            pieces.append(piece)
    except OSError:  # the other end is closed
        pass
    os.close(here)
    return Result(process.wait(timeout=PATIENCE_S), b"".join(pieces), b"")


class Case(unittest.TestCase):
    """Tests with a memcached, which all share; each has keys of its own."""

    @classmethod
    def setUpClass(cls):
        cls.memcached = Memcached()

    @classmethod
    def tearDownClass(cls):
        cls.memcached.end()

    def key(self, name):
        return self._testMethodName + "-" + name

    def ok(self, *command, given=b"", out=None, said=b"", status=0, server=None):
        """Runs a command; checks its status, its output if one is given, and its messages."""
        result = run("-s", server or self.memcached.address, SLOW, *command, given=given)
        self.assertEqual((result.status, result.said), (status, said), result.out)
        if out is not None:
            self.assertEqual(result.out, out)
        return result.out

    def fails(self, status, words, *command, server=None, given=b""):
        """Runs a command that ends with this status, one line on stderr, and nothing on stdout."""
        result = run("-s", server or self.memcached.address, SLOW, *command, given=given)
        self.assertEqual((result.status, result.out), (status, b""), result.said)
        self.assertEqual(result.said.count(b"\n"), 1, result.said)
        self.assertTrue(result.said.startswith(b"mcwire: "), result.said)
        self.assertIn(words, result.said)


# ---- results ----------------------------------------------------------------


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    run_cases(sys.argv[2:])
