"""Conversations: mcwire --bytes, talk and proxy, against a memcached of their own and servers that lie
and die; prints TAP. usage: check_talk.py MCWIRE"""

import contextlib
import fcntl
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

from mcwire import (MCWIRE, PATIENCE_S, SLOW, Case, Fake, Memcached, dies, environment, main, run,
                    says, silent)


class Bytes(Case):
    """--bytes: the conversation on stderr."""

    def shown(self, *command, server=None, given=b"", status=0):
        result = run("-s", server or self.memcached.address, SLOW, "--bytes", *command, given=given)
        self.assertEqual(result.status, status, result.said)
        return result

    def test_a_get(self):
        self.ok("set", self.key("k"), "a value")
        result = self.shown("get", self.key("k"))
        self.assertEqual(result.out, b"a value")
        address = self.memcached.address.encode()
        self.assertEqual(result.said, b"""\
          * %s
         0 > get test_a_get-k\\r\\n                        get: the values of keys
             ^-- ^-----------
             |   key
             command
         0 < VALUE test_a_get-k 0 7\\r\\n                                  an item
             ^---- ^----------- ^ ^
             reply key          | bytes: a value of exactly 7 follows
                                flags: kept for the client
        24 < a value                                                   the value
        31 < \\r\\nEND\\r\\n                         the end: nothing else was found
                 ^--
                 reply
""" % address)

    def test_a_set_is_no_login(self):
        self.assertIn(b"> the value", self.shown("set", self.key("k"), "the value").said)

    def test_other_commands(self):
        for command in (["ping"], ["version"], ["stats"], ["keys"], ["meta", "mn"],
                        ["delete", self.key("none")]):
            result = run("-s", self.memcached.address, SLOW, "--bytes", *command)
            self.assertRegex(result.said, rb"(?m)^ +0 > ", command)
            self.assertRegex(result.said, rb"(?m)^ +0 < ", command)
            self.assertNotRegex(result.said, rb"(?m)^ +! ", command)

    def test_all_that_a_crawl_tries(self):
        def talk(fake, connection, number):
            says(b"ERROR\r\n" if number == 0 else b"key=a exp=-1 la=5 size=60\r\nEND\r\n")(
                fake, connection, number)
        fake = Fake(self, talk)
        said = self.shown("keys", server=fake.address).said
        self.assertIn(b"> lru_crawler mgdump", said)
        self.assertIn(b"> lru_crawler metadump", said)
        self.assertIn(b"< key=a exp=-1", said)
        self.assertNotRegex(said, rb"(?m)^ +! ")

    def test_both_connections_of_a_dump(self):
        self.ok("set", self.key("k"), "a value")
        result = self.shown("dump")
        self.assertIn(b"a value", result.out)
        self.assertGreater(result.said.count(b" * "), 1, result.said)
        self.assertNotRegex(result.said, rb"(?m)^ +! ")
        self.assertIn(b"> mg " + self.key("k").encode(), result.said)

    def test_a_restore(self):
        result = self.shown("restore", given=b"ms %s 2 F0 T0\r\nhi\r\n" % self.key("k").encode())
        self.assertIn(b"> ms " + self.key("k").encode(), result.said)
        self.ok("get", self.key("k"), out=b"hi")

    def test_a_broken_reply(self):
        fake = Fake(self, says(b"VALUE k 0 1\x1b\r\n"))
        said = self.shown("get", "k", server=fake.address, status=76).said
        self.assertIn(b"\\x1b", said)
        self.assertNotIn(b"\x1b", said)
        self.assertRegex(said, rb"(?m)^ +! byte 11: ")

    def test_the_end_in_mid_reply(self):
        fake = Fake(self, dies(b"VALUE k 0 9\r\nabc"))
        self.assertIn(b"! the bytes end here, in the middle of a message",
                      self.shown("get", "k", server=fake.address, status=69).said)

    def test_logins_are_hidden(self):
        fake = Fake(self, says(b"STORED\r\n", b"STORED\r\n"))
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"s3cret")
            file.flush()
            said = self.shown("--user", "boss", "--password-file", file.name, "set", "k", "open",
                              server=fake.address).said
        self.assertIn(b"boss s3cret", fake.received)
        self.assertNotIn(b"boss", said)
        self.assertNotIn(b"s3cret", said)
        self.assertIn(b"bytes that are not shown", said)
        self.assertIn(b"> open", said)


class Explain(unittest.TestCase):
    """What is the same in all conversations is check_annotate.c's, and check_explain.sh's."""

    LOGIN = b"set a 0 0 11\r\nboss s3cret\r\n"

    def explained(self, given, *options):
        result = run("explain", *options, given=given)
        self.assertEqual((result.status, result.said), (0, b""))
        return result.out

    def test_login(self):
        shown = self.explained(self.LOGIN + b"set b 5 0 4\r\nopen\r\nget b\r\n", "--login")
        self.assertEqual(shown.count(b"bytes that are not shown"), 2)
        self.assertEqual(shown.count(b"login of memcached -Y"), 1)
        self.assertIn(b"> set b 5 0 4", shown)
        self.assertIn(b"> get b", shown)
        shown = self.explained(b"set a 0 0 3\r\nboss s3cret\r\n" + self.LOGIN, "--login")
        self.assertNotIn(b"s3cret", shown)
        for tried in (b"set a 0 0 10\r\nboss gu3ss\r\n" + self.LOGIN,
                      self.LOGIN + b"set a b c 11\r\nboss s3cret\r\n",
                      b"set a 0 0 x\r\nboss s3cret\r\n" + self.LOGIN + b"set a 0 0 3\r\nboss s3cret\r\n",
                      self.LOGIN + b"add a 0 0 11\r\nboss s3cret\r\nms a 11\r\nboss s3cret\r\n",
                      self.LOGIN + b"set a 0 0 600\r\n" + b"boss s3cret" * 40,
                      self.LOGIN + b"boss s3cret" * 200):
            for options in ([], ["--json"]):
                shown = self.explained(tried, "--login", *options)
                self.assertNotRegex(shown, b"s3cret|gu3ss")
        shown = self.explained(b"version\r\nget a\r\n" + self.LOGIN, "--login", "--json")
        self.assertNotIn(b"s3cret", shown)
        self.assertIn(b"> boss s3cret", self.explained(self.LOGIN))
        self.assertIn(b"< open", self.explained(b"STORED\r\nVALUE a 0 4\r\nopen\r\n", "--login"))

    def test_a_long_value(self):
        """Of one that comes in pieces 256 bytes are enough; the others are counted."""
        reader, writer = os.pipe()
        process = subprocess.Popen([MCWIRE, "explain", "--json"], stdin=reader,
                                   stdout=subprocess.PIPE, env=environment())
        os.close(reader)
        value = bytes(range(250)) * 100
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(b"VALUE k 0 25000\r\n" + value + b"\r\nEND\r\nVALUE k 0 25000\r\n" + value)
        lines = [json.loads(line) for line in process.communicate(timeout=PATIENCE_S)[0].splitlines()]
        self.assertEqual(lines.pop()["note"], "the bytes end here, in the middle of a message")
        ends = [0]
        for line in lines:
            self.assertEqual(line["at"], ends[-1])
            ends.append(line["at"] + line["size"])
        self.assertEqual(ends[-1], 2 * 25017 + 7)
        self.assertEqual([line["event"] for line in lines],
                         ["an item", "the value", "the rest of the value", "the end",
                          "an item", "the value", "the rest of the value"])
        self.assertNotIn("bytes", lines[2])
        self.assertEqual(lines[2]["fields"], [{"name": "value", "at": 0, "len": lines[2]["size"]}])

    def test_json(self):
        given = b'get "\\\xff b\r\nget a  b\r\nset k 0 0 100\r\n' + b"x" * 100 + b"\r\nmnx\r\nmn"
        lines = [json.loads(line) for line in self.explained(given, "--json").splitlines()]
        self.assertEqual(lines[0], {
            "dir": ">", "at": 0, "size": 11, "bytes": 'get "\\\xff b\r\n', "event": "get",
            "fields": [{"name": "command", "at": 0, "len": 3}, {"name": "key", "at": 4, "len": 3},
                       {"name": "key", "at": 8, "len": 1}, {"name": "line end", "at": 9, "len": 2}]})
        self.assertEqual(lines[1]["notes"], ["a space too many: tolerated by memcached (1.6.45: not in front)"])
        self.assertEqual([lines[3][k] for k in ("at", "size", "bytes")], [36, 102, "x" * 64])
        self.assertEqual([lines[4][k] for k in ("fault_at", "fault")],
                         [0, "memcached has no such command"])
        self.assertEqual(lines[5], {"dir": "!", "note":
                                    "the bytes end here, in the middle of a message"})
        self.assertEqual(len(lines), 6)
        lines = [json.loads(line) for line in self.explained(b"VA 1 f0\r\n\x1b\r\n",
                                                             "--json").splitlines()]
        self.assertEqual([(line["dir"], line["bytes"]) for line in lines],
                         [("<", "VA 1 f0\r\n"), ("<", "\x1b"), ("<", "\r\n")])


class Display:
    """The last line of a terminal: its text, with {} around what is grey, and where the cursor is."""

    PART = re.compile(rb"\x1b(?:[78]|\[[0-9]*[a-zA-Z])|[^\x1b]", re.DOTALL)

    def __init__(self):
        self.rest, self.cells, self.column, self.kept, self.grey = b"", [], 0, 0, False

    def feed(self, data):
        self.rest += data
        while part := self.PART.match(self.rest):
            self.rest = self.rest[part.end():]
            self.use(part[0])

    def use(self, part):
        if part in (b"\r", b"\n"):
            self.column = 0
            self.cells = self.cells if part == b"\r" else []
        elif part == b"\x1b7":
            self.kept = self.column
        elif part == b"\x1b8":
            self.column = self.kept
        elif part == b"\x1b[K":
            del self.cells[self.column:]
        elif part in (b"\x1b[90m", b"\x1b[0m"):
            self.grey = part == b"\x1b[90m"
        else:
            assert len(part) == 1, part
            self.cells[self.column:self.column + 1] = [(part, self.grey)]
            self.column += 1

    def line(self):
        text = b"".join(b"{" + cell + b"}" if grey else cell for cell, grey in self.cells)
        return text.replace(b"}{", b"")


def take_terminal():
    """In a session of its own: now Ctrl-C of this terminal is for it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Typing:
    """Somebody who types at `mcwire talk` on a terminal; a dumb one shows itself what is typed."""

    def __init__(self, test, *command, term="dumb", size=None, controls=False, job=False,
                 **variables):
        self.test = test
        self.here, there = pty.openpty()
        if size:
            termios.tcsetwinsize(there, (24, size))
        self.before = termios.tcgetattr(there)
        self.display = Display()
        self.process = subprocess.Popen([MCWIRE, *command], stdin=there, stdout=there, stderr=there,
                                        env=environment(TERM=term, **variables),
                                        start_new_session=controls,
                                        preexec_fn=take_terminal if controls else
                                        os.setpgrp if job else None)
        os.close(there)
        self.shown = b""
        test.addCleanup(os.close, self.here)
        test.addCleanup(self.process.kill)

    def read(self):
        ready = select.select([self.here], [], [], PATIENCE_S)[0]
        self.test.assertTrue(ready, (self.display.line(), self.shown))
        try:
            piece = os.read(self.here, 65536)
        except OSError:  # the other end is closed
            piece = b""
        self.shown += piece
        self.display.feed(piece)
        return piece

    def shows(self, line, column=None):
        """Reads until the last line is this one, with the cursor in this column, or at its end."""
        column = len(line) if column is None else column
        while (self.display.line(), self.display.column) != (line, column):
            self.test.assertTrue(self.read(), (line, column, self.display.line(), self.shown))

    def expect(self, words):
        """Reads until the words are shown; what follows them is for the next call."""
        while words not in self.shown:
            self.test.assertTrue(self.read(), (words, self.shown))
        before, _, self.shown = self.shown.partition(words)
        return before

    def type(self, text):
        os.write(self.here, text)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def ends(self, status):
        while self.read():
            pass
        self.test.assertEqual(self.process.wait(timeout=PATIENCE_S), status, self.shown)


class Talk(Case):
    """A conversation that is typed by hand."""

    def lines(self, given, *options, status=0, server=None):
        """What is shown, without the time that replies took."""
        shown = self.ok("talk", *options, given=given, status=status, server=server)
        self.assertNotIn(b"\x1b", shown)
        return re.sub(rb" +[0-9.]+ ms\n", b" TIME\n", shown)

    def waits(self, given, words, fake):
        """The first of longer and longer time limits that is not too short for what comes before
        these words."""
        for milliseconds in (20, 200, 2000, 20000, 200000):
            result = run("-s", fake.address, "talk", "--timeout=%d" % milliseconds, given=given)
            if words in result.out:
                break
        self.assertIn(words, result.out)
        self.assertEqual(result.said, b"")
        return result

    def test_a_conversation(self):
        shown = self.lines(b"set test_talk 5 0 12\nhello, world\nget test_talk")
        first, _, rest = shown.partition(b"\n")
        self.assertRegex(first, rb"^\* %s, memcached 1\.[0-9.]+$" % self.memcached.address.encode())
        self.assertEqual(rest, b"""\
         0 > set test_talk 5 0 12\\r\\n                         set: store a value
             ^-- ^-------- ^ ^ ^-
             |   key       | | bytes: a value of exactly 12 follows
             command       | exptime: never expires
                           flags: kept for the client
        22 > hello, world\\r\\n                                          the value
             pending: 1 reply
         0 < STORED\\r\\n                                                   stored
             ^-----
             reply
             pending: 0 TIME
        36 > get test_talk\\r\\n                           get: the values of keys
             ^-- ^--------
             |   key
             command
             pending: 1 reply
         8 < VALUE test_talk 5 12\\r\\n                                    an item
             ^---- ^-------- ^ ^-
             reply key       | bytes: a value of exactly 12 follows
                             flags: kept for the client
        30 < hello, world                                              the value
        42 < \\r\\nEND\\r\\n                         the end: nothing else was found
                 ^--
                 reply
             pending: 0 TIME
""")

    def test_many_descriptors_are_open(self):
        """Its own have numbers that no fd_set has."""
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
        others = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
        try:
            done = subprocess.run([MCWIRE, "-s", self.memcached.address, SLOW, "talk"],
                                  input=b"mn\n", capture_output=True, pass_fds=others,
                                  timeout=PATIENCE_S, env=environment())
        finally:
            for file in others:
                os.close(file)
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b" < MN", done.stdout)

    def test_a_script(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"set test_script 0 0 2\r\nhi\r\n\n?\nget test_script\r\n")
            file.flush()
            shown = self.lines(b"version\n", "--script", file.name)
        self.assertIn(b"  >  sent ", shown)
        self.assertIn(b"< hi ", shown)
        self.assertNotIn(b"> version", shown)
        self.fails(2, b"No such file", "talk", "--script", "/no/such/file")
        result = run("-s", self.memcached.address, SLOW, "talk", "--script", "/")
        self.assertEqual((result.status, result.said), (2, b"mcwire: /: Is a directory\n"))
        result = run("-s", self.memcached.address, SLOW, "talk", "--script", "/dev/zero")
        self.assertEqual((result.status, result.said),
                         (2, b"mcwire: /dev/zero: a line has at most 16 MiB\n"))

    def test_a_wrong_size(self):
        shown = self.lines(b"set test_size 0 0 3\nabcd\nversion\n")
        self.assertIn(b"! You said 3 bytes and typed 4.", shown)
        self.assertIn(b"CLIENT_ERROR bad data chunk", shown)
        self.assertEqual(shown.count(b"! Whether the server reads what follows"), 1)
        self.assertLess(shown.index(b"! Whether the server"), shown.index(b"< ERROR"))
        self.assertIn(b"< VERSION", shown)

    def test_an_empty_value(self):
        shown = self.lines(b"set test_empty 0 0 0\nget test_empty\n")
        self.assertIn(b"< STORED", shown)
        self.assertIn(b"< VALUE test_empty 0 0", shown)

    def test_no_value(self):
        shown = self.lines(b"set test_none 0 0 3\n")
        self.assertIn(b"! there is no value: nothing is sent", shown)
        self.assertNotIn(b" > ", shown)

    def test_quiet_commands(self):
        shown = self.lines(b"mg none q\nset test_q 0 0 1 noreply\nx\nmg test_q v q\nmn\n")
        self.assertEqual(re.findall(rb"pending: \d", shown),
                         [b"pending: 0", b"pending: 0", b"pending: 0", b"pending: 1", b"pending: 0"])
        self.assertLess(shown.index(b"< VA 1"), shown.index(b"< MN"))
        self.assertNotRegex(shown, rb"(?m)^ +! ")

    def test_streams(self):
        self.ok("set", self.key("k"), "x")
        shown = self.lines(b"lru_crawler metadump all\nversion\n")
        self.assertIn(b"< key=test_streams-k", shown)
        self.assertNotRegex(shown, rb"(?m)^ +! ")
        fake = Fake(self, says(b"VERSION 1.6.18\r\n", b"OK\r\nts=1.0 gid=1 type=x\r\n"))
        result = self.waits(b"watch\n", b"* nothing came for ", fake)
        self.assertEqual(result.status, 0)
        self.assertIn(b"< ts=1.0", result.out)
        self.assertNotRegex(result.out, rb"(?m)^ +! ")

    def test_cut(self):
        shown = self.lines(b"set test_cut 0 0 2\nhi\n", "--cut=8")
        self.assertIn(b"~ 8 bytes\n          | set test\n          ~ 8 bytes\n", shown)
        self.assertIn(b"          | set test_cut 0 0\n", shown)
        self.assertIn(b"         0 < STORED", shown)
        self.assertIn(b"          ~ 1 byte\n",
                      self.lines(b"mn\n", "--cut=1"))

    def test_cut_before_a_key(self):
        """However it is cut, the fields are those of the whole line."""
        whole = self.lines(b"get test_spaces  b\n").split(b"\n", 1)[1]
        for cut in (1, 4, 5, 14):
            shown = self.lines(b"get test_spaces  b\n", "--cut=%d" % cut).split(b"\n", 1)[1]
            self.assertEqual(re.sub(rb"(?m)^ {10}[~|] .*\n", b"", shown), whole, cut)

    def test_a_long_value_in_pieces(self):
        shown = self.lines(b"set long 0 0 600\n" + b"x" * 600 + b"\n", "--cut=100")
        self.assertEqual(re.findall(rb"(?m)^ +(\d+) > x", shown), [b"18", b"100", b"200"])
        self.assertIn(b"       300 > (318 bytes that are not shown)  ", shown)
        self.assertNotIn(b"\n          |", shown)  # the reader of requests keeps nothing of a value

    def test_login(self):
        def talk(fake, connection, number):
            refused = b"CLIENT_ERROR unauthenticated\r\n"
            says(*([refused, b"STORED\r\n", b"STORED\r\n"] if number else [refused]))(
                fake, connection, number)
        fake = Fake(self, talk)
        shown = self.lines(b"set k 0 0 10\nboss gu3ss\nset k 0 0 11\nboss s3cret\n"
                           b"set k 0 0 4\nopen\n", server=fake.address)
        self.assertIn(b", which asks for a login", shown)
        self.assertIn(b"boss s3cret", fake.received)
        self.assertNotIn(b"gu3ss", shown)
        self.assertNotIn(b"s3cret", shown)
        self.assertIn(b"> open", shown)

    def test_an_echo_of_a_login(self):
        """A server that is no memcached may send it back."""
        def talk(fake, connection, number):
            while piece := fake.receive(connection):
                connection.sendall(piece)
        def asks(fake, connection, number):
            fake.receive(connection)
            connection.sendall(b"CLIENT_ERROR unauthenticated\r\n")
            talk(fake, connection, number)
        login = b"set k 0 0 11\nboss s3cret\n"
        for options in ([], ["--json"], ["--cut=5"]):
            done = run("-s", Fake(self, asks).address, SLOW, "talk", *options, given=login)
            self.assertIn(b"bytes that are not shown", done.out)
            self.assertNotRegex(done.out, b"boss|s3cr|cret")
        done = run("-s", Fake(self, talk).address, SLOW, "--bytes", "--user", "boss", "version",
                   env=environment(MCWIRE_PASSWORD="s3cret"))
        self.assertIn(b"bytes that are not shown", done.said)
        self.assertNotRegex(done.said, b"boss|s3cret")

    def test_a_login_that_is_none(self):
        """A password is hidden also where it is typed for no login, or in a value of its own."""
        with tempfile.NamedTemporaryFile("w") as users:
            users.write("boss:s3cret\n")
            users.flush()
            os.chmod(users.name, 0o644)
            memcached = Memcached("-Y", users.name)
            self.addCleanup(memcached.end)
            for given in (b"SET k 0 0 11\nboss s3cret\n", b"add k 0 0 11\nboss s3cret\n",
                          b"ms k 11\nboss s3cret\n", b"mg\nms k 30\nset k 0 0 11\nboss s3cret\n",
                          b"append k 0 0 3 noreply\nset k 0 0 11\nboss s3cret\n"):
                for options in ([], ["--cut=4"]):
                    shown = run("-s", memcached.address, SLOW, "talk", *options, given=given).out
                    self.assertIn(b", which asks for a login", shown)
                    self.assertNotIn(b"s3cr", shown)

    def test_the_server_closes(self):
        shown = self.lines(b"quit\nget a\n")
        self.assertIn(b"pending: 0\n", shown)
        self.assertIn(b"* the server has closed the connection", shown)
        fake = Fake(self, dies(b"VERSION 1.6.18\r\n", b"VALUE k"))
        shown = self.lines(b"get k\nget l\n", server=fake.address, status=69)
        self.assertIn(b"! the bytes end here, in the middle of a message", shown)
        self.assertIn(b"* the server has closed the connection", shown)
        self.assertNotIn(b"> get l", shown)

    def test_the_server_is_silent(self):
        fake = Fake(self, says(b"VERSION 1.6.18\r\n"))
        self.assertEqual(self.waits(b"get k\n", b"! nothing came for ", fake).status, 75)

    def test_what_is_no_reply(self):
        fake = Fake(self, says(b"VERSION 1.\x1b[2J\r\n", b"HTTP/1.1 400\x1b[2J\r\n"))
        shown = self.lines(b"get k\n", server=fake.address, status=76)
        self.assertIn(b"* this is not memcached's protocol", shown)
        fake = Fake(self, says(b"VERSION 1.6.18\r\n", b"END\r\nEND\r\n"))
        self.assertIn(b"! no request is left that this could be the reply to",
                      self.lines(b"get k\n", server=fake.address))

    def test_no_server(self):
        self.fails(69, b"", "talk", server="unix:/no/such/socket", given=b"get a\n")

    def test_interrupted_before_there_is_a_connection(self):
        """The terminal is left as it was."""
        asked = threading.Event()

        def hears(fake, connection, number):
            fake.receive(connection)
            asked.set()
            silent(fake, connection, number)
        fake = Fake(self, hears)
        someone = Typing(self, "-s", fake.address, SLOW, "talk", term="xterm", size=80)
        self.assertTrue(asked.wait(PATIENCE_S))
        self.assertEqual(termios.tcgetattr(someone.here), someone.before)
        someone.interrupt()
        self.assertEqual(someone.process.wait(timeout=PATIENCE_S), -signal.SIGINT)
        self.assertEqual(termios.tcgetattr(someone.here), someone.before)

    def test_on_a_terminal(self):
        someone = Typing(self, "-s", self.memcached.address, SLOW, "talk")
        someone.expect(b".     help: ?   leave: Ctrl-D\r\n> ")
        someone.type(b"set test_typed 0 0 3\n")
        someone.expect(b"  value: ")
        someone.type(b"abcd\n")
        someone.expect(b"! You said 3 bytes and typed 4. Send it as typed? [y/N/fix] ")
        someone.type(b"\n")
        self.assertNotIn(b"0 > ", someone.expect(b"\r\n> "))
        someone.type(b"set test_typed 0 0 3\nab\n")
        someone.expect(b"! You said 3 bytes and typed 2. Send it as typed? [y/N/fix] ")
        someone.type(b"n\n")
        someone.expect(b"* nothing is sent: y sends it as typed, fix with the size")
        self.assertNotIn(b"0 > ", someone.expect(b"\r\n> "))
        someone.type(b"set  test_typed 0 0 3 noreply\nabcd\nfix\n")
        someone.expect(b"0 > set  test_typed 0 0 4 noreply\\r\\n")
        someone.expect(b"pending: 0\r\n> ")
        someone.type(b"ms test_typed 3 c\nabcd\nfix\n")
        someone.expect(b"> ms test_typed 4 c\\r\\n")
        someone.expect(b" ms\r\n> ")
        someone.type(b"set test_typed 0 0 5\nab\ny\n")
        someone.expect(b"pending: 0\r\n")
        someone.expect(b"! the value is not whole: what is typed next is a part of it")
        someone.expect(b"\r\n> ")
        someone.type(b"c\n")
        someone.expect(b"< STORED")
        someone.expect(b" ms\r\n> ")
        someone.type(b"ms test_typed 3\nabcd\ny\n")
        someone.expect(b"< CLIENT_ERROR")
        someone.expect(b"\r\n> ")
        someone.type(b"\x04")
        someone.ends(0)

    def test_interrupts_at_a_terminal(self):
        someone = Typing(self, "-s", self.memcached.address, SLOW, "talk")
        someone.expect(b"> ")
        someone.interrupt()
        someone.expect(b"\r\n> ")
        someone.type(b"set test_abandoned 0 0 3\n")
        someone.expect(b"value: ")
        someone.interrupt()
        someone.expect(b"\r\n> ")
        someone.type(b"mn\n")
        self.assertIn(b"0 > mn", someone.expect(b" ms\r\n> "))
        someone.interrupt()
        someone.expect(b"\r\n> ")
        someone.interrupt()
        someone.ends(130)

    def edits(self, *options, **more):
        someone = Typing(self, "-s", self.memcached.address, SLOW, "talk", *options, term="xterm",
                         **more)
        someone.expect(b"Ctrl-D\r\n")
        someone.shows(b"> ")
        return someone

    def test_keys(self):
        """What is typed, what is shown then, and where the cursor is."""
        someone = self.edits()
        left, right, home, end, delete = b"\x1b[D", b"\x1b[C", b"\x1b[H", b"\x1b[F", b"\x1b[3~"
        for keys, line, column in (
                (b"abc de", b"abc de", 6), (left, b"abc de", 5), (b"X", b"abc dXe", 6),
                (home, b"abc dXe", 0), (right, b"abc dXe", 1), (delete, b"ac dXe", 1),
                (left + left, b"ac dXe", 0), (b"\x7f", b"ac dXe", 0), (end, b"ac dXe", 6),
                (right + delete, b"ac dXe", 6), (b"\x7f", b"ac dX", 5), (b"\x08", b"ac d", 4),
                (b"\x01", b"ac d", 0), (b"\x06", b"ac d", 1), (b"\x0b", b"a", 1),
                (b" two  three  ", b"a two  three  ", 14), (b"\x17", b"a two  ", 7),
                (b"\x02\x02\x02\x17", b"a o  ", 2), (b"\x15", b"o  ", 0), (b"\x05", b"o  ", 3),
                (b"\x15", b"", 0), (b"\x17\x0b\x15\x7f" + delete, b"", 0), (b"abc\x02\x04", b"ab", 2),
                (b"\x1b[1~\x1b[3~", b"b", 0), (b"\x1b[4~c", b"bc", 2), (b"\x1bOHd", b"dbc", 1),
                (b"\x1bOFe", b"dbce", 4), (b"\x1b[7~\x1b[C", b"dbce", 1), (b"\x1b[8~", b"dbce", 4),
                (b"\x1b[1;5D", b"dbce", 3), (b"\x1b[15~\x1bx\x1b[Z\x00\x1f", b"dbce", 3),
                (b"\x15\x0b\xc3\xa9\xe2\x82\xac", b"\xc3\xa9\xe2\x82\xac", 5),
                (b"\x02\x02\x06x", b"\xc3\xa9x\xe2\x82\xac", 3), (delete, b"\xc3\xa9x", 3),
                (b"\x7f\x7f", b"", 0), (b"\xff\xe2\x82\xc2\x9b\t", b"\\xff\\xe2\\x82\\xc2\\x9b\\x09", 24),
                (b"\x7f\x7f\x7f\x7f", b"\\xff", 4)):
            someone.type(keys)
            someone.shows(b"> " + line, 2 + column)
        someone.type(b"\x15\x04")
        someone.ends(0)

    def test_an_edited_line_is_sent(self):
        someone = self.edits()
        someone.type(b"get\x01\x1b[3~m\x05 edited\x1b[D\x1b[Dx\x1b[H\r")
        self.assertNotIn(b"key...", someone.expect(b"\r\n"))
        someone.expect(b"         0 > met editxed\\r\\n")
        someone.shows(b"> ")
        someone.type(b"get a\tb\xff\x1b[D\nmn\nmn")
        someone.expect(b"> get a\\x09b\\xff\\r\\n")
        someone.expect(b"> mn\\r\\n")
        someone.shows(b"> mn")
        someone.type(b"\x15\x04")
        someone.ends(0)

    def test_history(self):
        someone = self.edits()
        up, down = b"\x1b[A", b"\x1bOB"
        for line in (b"mn", b"set test_history 0 0 5\nvalue", b"mn", b"mn"):
            someone.type(line + b"\n")
            someone.expect(b"pending: 0")
            someone.shows(b"> ")
        for keys, line in ((down, b""), (b"half", b"half"), (up, b"mn"),
                           (up, b"set test_history 0 0 5{ [noreply]}"), (up, b"mn"), (up, b"mn"),
                           (b"X", b"mnX"), (down, b"set test_history 0 0 5{ [noreply]}"),
                           (up, b"mn"), (b"\x0e\x0e\x0e\x0e", b"half"), (b"\x10\x10", b"set test_history 0 0 5{ [noreply]}")):
            someone.type(keys)
            someone.shows(b"> " + line, len(b"> " + line.split(b"{")[0]))
        someone.type(b"\r")
        someone.shows(b"  value: { 5 more}", 9)
        someone.type(up)
        someone.type(b"four")
        someone.shows(b"  value: four{ 1 more}", 13)
        someone.type(b"s+")
        someone.shows(b"  value: fours+{ 1 too many}", 15)
        someone.type(b"\x7f")
        someone.shows(b"  value: fours")
        someone.type(b"\r")
        someone.expect(b"< STORED")
        someone.shows(b"> ")
        someone.type(up)
        someone.shows(b"> set test_history 0 0 5{ [noreply]}", 24)
        someone.type(b"\x15\x04")
        someone.ends(0)

    def test_a_long_history(self):
        someone = self.edits()
        someone.type(b"".join(b"?%d\n" % k for k in range(103)) + b"mn\n")
        someone.expect(b"< MN")
        someone.shows(b"> ")
        someone.type(b"\x10" * 300)
        someone.shows(b"> ?4")
        someone.type(b"\x0e" * 99)
        someone.shows(b"> mn")
        someone.type(b"\x15\x04")
        someone.ends(0)

    def test_hints(self):
        someone = self.edits()
        for keys, line, hint in (
                (b"se", b"se", b""), (b"t", b"set", b" key flags exptime bytes [noreply]"),
                (b" ", b"set ", b"key flags exptime bytes [noreply]"),
                (b"a", b"set a", b" flags exptime bytes [noreply]"),
                (b" 0 0", b"set a 0 0", b" bytes [noreply]"), (b" 5 ", b"set a 0 0 5 ", b"[noreply]"),
                (b"x", b"set a 0 0 5 x", b""), (b" y", b"set a 0 0 5 x y", b""),
                (b"\x15 get  ", b" get  ", b"key..."), (b"a b", b" get  a b", b" key..."),
                (b"\x15gat 5 a ", b"gat 5 a ", b"key..."), (b"\x15gets", b"gets", b" key..."),
                (b"\x15version ", b"version ", b""), (b"\x15nothing ", b"nothing ", b""),
                (b"\x15ma a q ", b"ma a q ", b"[b|c|k|q|t|v|C|D|E|J|M|N|O|T]...")):
            someone.type(keys)
            someone.shows(b"> " + line + (b"{%s}" % hint if hint else b""), 2 + len(line))
        someone.interrupt()
        someone.expect(b"\r> \x1b7\x1b[K\x1b8")
        someone.type(b"\x04")
        someone.ends(0)

    def test_hints_without_grey(self):
        someone = self.edits(NO_COLOR="1")
        someone.type(b"touch")
        someone.shows(b"> touch ( key exptime [noreply])", 7)
        someone = self.edits("--color=never", size=12)
        someone.type(b"get")
        someone.shows(b"> get ( ke)", 5)
        someone.type(b" k\x02\x02")
        someone.shows(b"> get k ( )", 5)
        someone.type(b"ss")
        someone.shows(b"> getss k", 7)

    def test_a_long_line(self):
        """It is shifted, and nothing is painted in the last column."""
        someone = self.edits(size=20)
        for keys, line, column in (
                (b"set a", b"> set a{ flags expti}", 7),
                (b"\x15get 3456789012", b"> get 3456789012{ ke}", 16),
                (b"34", b"> get 345678901234{ }", 18), (b"56", b"> et 34567890123456", 19),
                (b"\x02", b"> get 3456789012345", 19), (b"\x02\x02", b"> get 3456789012345", 17),
                (b"\x01", b"> get 3456789012345", 2), (b"\x06", b"> get 3456789012345", 3),
                (b"\x05\xff", b"> 4567890123456\\xff", 19)):
            someone.type(keys)
            someone.shows(line, column)

    def test_the_terminal_is_as_it_was(self):
        someone = self.edits()
        self.assertNotEqual(termios.tcgetattr(someone.here), someone.before)
        someone.type(b"\x04")
        someone.ends(0)
        self.assertEqual(termios.tcgetattr(someone.here), someone.before)
        someone = Typing(self, "-s", self.memcached.address, SLOW, "talk")
        someone.expect(b"Ctrl-D\r\n> ")
        self.assertEqual(termios.tcgetattr(someone.here), someone.before)

    def test_the_terminal_after_signals_that_end_it(self):
        """In the middle of a line, and while a reply is awaited."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            # A shell lets what it starts in the background ignore SIGQUIT; talk would keep to that.
            self.addCleanup(signal.signal, number, signal.signal(number, signal.SIG_DFL))
            someone = self.edits()
            self.assertNotEqual(termios.tcgetattr(someone.here), someone.before)
            someone.type(b"get a")
            someone.shows(b"> get a{ key...}", 7)
            someone.process.send_signal(number)
            self.assertEqual(someone.process.wait(timeout=PATIENCE_S), -number)
            self.assertEqual(termios.tcgetattr(someone.here), someone.before)
        fake = Fake(self, says(b"VERSION 1.6.18\r\n"))
        someone = Typing(self, "-s", fake.address, SLOW, "talk", term="xterm", size=80)
        someone.expect(b"> ")
        someone.type(b"mn\n")
        someone.expect(b"pending: 1 reply")
        someone.process.terminate()
        self.assertEqual(someone.process.wait(timeout=PATIENCE_S), -signal.SIGTERM)
        self.assertEqual(termios.tcgetattr(someone.here), someone.before)

    def test_a_stop_in_the_middle_of_a_line(self):
        """Meanwhile the terminal is as it was; then the line is edited further."""
        someone = self.edits(job=True)
        someone.type(b"get a")
        someone.shows(b"> get a{ key...}", 7)
        for number, line in ((signal.SIGTSTP, b"> get ab"), (signal.SIGTSTP, b"> get abb"),
                             (signal.SIGSTOP, b"> get abbb")):
            someone.process.send_signal(number)
            self.assertTrue(os.WIFSTOPPED(os.waitpid(someone.process.pid, os.WUNTRACED)[1]))
            if number == signal.SIGTSTP:
                self.assertEqual(termios.tcgetattr(someone.here), someone.before)
            termios.tcsetattr(someone.here, termios.TCSANOW, someone.before)
            someone.process.send_signal(signal.SIGCONT)
            someone.type(b"b")
            someone.shows(line + b"{ key...}", len(line))
            self.assertNotEqual(termios.tcgetattr(someone.here), someone.before)
        someone.process.terminate()
        self.assertEqual(someone.process.wait(timeout=PATIENCE_S), -signal.SIGTERM)
        self.assertEqual(termios.tcgetattr(someone.here), someone.before)

    def test_interrupts_while_a_line_is_edited(self):
        someone = self.edits(controls=True)
        someone.type(b"get abandoned\x01")
        someone.shows(b"> get abandoned{ key...}", 2)
        someone.type(b"\x03")
        someone.expect(b"\r\n")
        someone.shows(b"> ")
        someone.type(b"set test_abandoned 0 0 3\r")
        someone.shows(b"  value: { 3 more}", 9)
        someone.type(b"ab\x03")
        someone.expect(b"\r\n\r> ")
        someone.type(b"\x03")
        someone.expect(b"\r\n\r> ")
        someone.type(b"\x03")
        someone.ends(130)
        self.assertEqual(termios.tcgetattr(someone.here), someone.before)

    def test_what_comes_while_a_line_is_edited(self):
        gate = threading.Event()

        def talk(fake, connection, number):
            dies(b"VERSION 1.6.18\r\n")(fake, connection, number)
            gate.wait(PATIENCE_S)
            connection.sendall(b"MN\r\n")
            silent(fake, connection, number)

        fake = Fake(self, talk)
        someone = Typing(self, "-s", fake.address, SLOW, "talk", term="xterm")
        someone.expect(b"Ctrl-D\r\n")
        someone.type(b"get half\x01")
        someone.shows(b"> get half{ key...}", 2)
        gate.set()
        someone.expect(b"\r\x1b[K         0 < MN\\r\\n ")
        someone.shows(b"> get half{ key...}", 2)
        someone.type(b"\x15\x0b\x04")
        someone.ends(0)

    def test_what_comes_by_itself(self):
        gate = threading.Event()

        def talk(fake, connection, number):
            dies(b"VERSION 1.6.18\r\n")(fake, connection, number)
            gate.wait(PATIENCE_S)
            connection.sendall(b"ERROR Too many\x1b connections\r\n")

        fake = Fake(self, talk)
        someone = Typing(self, "-s", fake.address, SLOW, "talk")
        someone.expect(b"Ctrl-D\r\n> ")
        gate.set()
        someone.expect(b"\r\n         0 < ERROR Too many\\x1b")
        someone.expect(b"* the server has closed the connection")
        someone.ends(69)


class Proxied:
    """A proxy before a server; what it prints is read all the time, if `reads`."""

    def __init__(self, test, server, *options, listen="0", reads=True, terminal=False, **variables):
        self.test = test
        self.shown, output = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen([MCWIRE, "-s", server, SLOW, "proxy", "--listen", listen,
                                         *options], stdout=output, stderr=subprocess.PIPE,
                                        env=environment(**variables))
        os.close(output)
        self.out = b""
        self.reading = threading.Thread(target=self.read, daemon=True)
        self.said = self.process.stderr.readline()
        test.assertIn(b"listening at ", self.said)
        self.address = self.said.split(b"listening at ")[1].split(b",")[0].decode()
        if reads:
            self.reading.start()
        test.addCleanup(self.end)

    def end(self):
        self.process.kill()
        self.process.wait()
        if self.reading.is_alive():
            self.reading.join()
        self.close()
        self.process.stderr.close()

    def close(self):
        """Nobody reads what it prints any more."""
        if self.shown >= 0:
            os.close(self.shown)
        self.shown = -1

    def read(self):
        try:
            while piece := os.read(self.shown, 65536):
                self.out += piece
        except OSError:  # a terminal at its end
            pass

    def connect(self):
        host, port = self.address.split(":")
        connection = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        self.test.addCleanup(connection.close)
        return connection

    def stop(self):
        """Ctrl-C; returns what was printed, and the summary."""
        self.process.send_signal(signal.SIGINT)
        if self.reading.ident is None:
            self.reading.start()
        self.reading.join()
        said = self.process.stderr.read()
        self.test.assertEqual(self.process.wait(timeout=PATIENCE_S), 0, said)
        return self.out, said


def receive_all(connection):
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def echoes(fake, connection, number):
    """Answers a version at once, and anything else with the same bytes when it has ended."""
    received = connection.recv(65536)
    if received == b"version\r\n":
        connection.sendall(b"VERSION 1.6.18\r\n")
        return
    connection.sendall(received + receive_all(connection))


def parts_of(shown, number):
    """What a proxy shows of one connection, between what it shows of others."""
    parts = re.split(rb"^\* connection (\d+)\n", shown, flags=re.MULTILINE)
    return b"".join(text for name, text in zip(parts[1::2], parts[2::2]) if int(name) == number)


class Proxy(Case):
    """A proxy between clients and a server."""

    def test_conversations(self):
        proxy = Proxied(self, self.memcached.address)
        self.ok("set", "test_proxy", "hello", server=proxy.address)
        self.ok("get", "test_proxy", out=b"hello", server=proxy.address)
        shown, said = proxy.stop()
        self.assertRegex(said, rb"^mcwire: proxy: 2 connections, \d+ bytes from clients, "
                               rb"\d+ from the server\n$")
        one, two = parts_of(shown, 1), parts_of(shown, 2)
        self.assertTrue(one.startswith(b"          * opened\n"), one)
        self.assertIn(b"         0 > set test_proxy 0 0 5\\r\\n", one)
        self.assertIn(b"         0 < STORED\\r\\n", one)
        self.assertTrue(one.endswith(b"          * closed\n"), one)
        self.assertIn(b"> get test_proxy", two)
        self.assertIn(b"< hello", two)
        proxy = Proxied(self, self.memcached.address)
        self.ok("version", server=proxy.address)
        self.assertRegex(proxy.stop()[1], rb"proxy: 1 connection, \d+ bytes from clients, ")

    def test_nobody_reads_any_more(self):
        """Then it ends, and leaves no socket."""
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/socket"
            proxy = Proxied(self, self.memcached.address, listen="unix:" + path, reads=False)
            proxy.close()
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                # It may have ended already: it says that a connection was opened, too.
                with contextlib.suppress(ConnectionError):
                    client.sendall(b"version\r\n")
                self.assertEqual(proxy.process.wait(timeout=PATIENCE_S), 74)
            self.assertEqual(os.listdir(folder), [])

    def test_json(self):
        proxy = Proxied(self, self.memcached.address, "--json")
        with proxy.connect() as client:
            client.sendall(b"get a\xff b\r\nnonsense\r\n")
            received = b""
            while not received.endswith(b"ERROR\r\n"):
                received += client.recv(100)
        lines = [json.loads(line) for line in proxy.stop()[0].splitlines()]
        self.assertTrue(all(line.pop("t") >= 0 and line.pop("conn") == 1 for line in lines))
        self.assertEqual(lines[1], {
            "dir": ">", "at": 0, "size": 10, "bytes": "get a\xff b\r\n", "event": "get", "pending": 1,
            "fields": [{"name": "command", "at": 0, "len": 3}, {"name": "key", "at": 4, "len": 2},
                       {"name": "key", "at": 7, "len": 1}, {"name": "line end", "at": 8, "len": 2}]})
        self.assertEqual((lines[2]["at"], lines[2]["pending"]), (10, 2))
        self.assertEqual(lines[2]["fault"], "memcached has no such command")
        self.assertEqual([line["bytes"] for line in lines[3:5]], ["END\r\n", "ERROR\r\n"])
        self.assertEqual([lines[0]["note"], lines[-1]["note"]], ["opened", "closed"])

    # What memcached tolerates: the words that are noted, as it is sent, as it should be sent, and
    # whether 1.6.45 refuses it.
    TOLERATED = ((b"a space too many", b"get  t \r\n", b"get t\r\n", False),
                 (b"a space too many", b" get t\r\n", b"get t\r\n", True),
                 (b"ends in \\n without \\r", b"get t\n", b"get t\r\n", False),
                 (b"ends in \\n without \\r", b"set t 0 0 1\n2\r\n", b"set t 0 0 1\r\n2\r\n", False),
                 (b"ends in \\n without \\r", b"mn\n", b"mn\r\n", True),
                 (b"zeros or blanks", b"incr t 005\r\n", b"incr t 5\r\n", False),
                 (b"zeros or blanks", b"incr t +5\r\n", b"incr t 5\r\n", True),
                 (b"zeros or blanks", b"incr t 5\tx\r\n", b"incr t 5\r\n", True),
                 (b"more than 32 bits", b"set t 4294967303 0 1\r\n1\r\n", b"set t 7 0 1\r\n1\r\n", False),
                 (b"more than 32 bits", b"touch t 4294967396\r\n", b"touch t 100\r\n", True),
                 (b"a control byte", b"delete t\x01\r\n", b"delete u\r\n", False),
                 (b"words that the server", b"incr t 5 foo\r\n", b"incr t 5\r\n", False),
                 (b"words that the server", b"delete t 0\r\n", b"delete t\r\n", False),
                 (b"no key: tolerated", b"gat 10\r\n", b"gat 10 u\r\n", True))

    def test_what_memcached_tolerates(self):
        version = tuple(map(int, self.ok("version").decode().strip().split(".")))
        for words, sent, right, refused in self.TOLERATED:
            proxy = Proxied(self, self.memcached.address)
            answers = []
            with proxy.connect() as client:
                for request in (sent, right):
                    client.sendall(b"set t 0 0 1 noreply\r\n1\r\n" + request + b"mn\r\nversion\r\n")
                    received = b""
                    while not re.search(rb"MN\r\nVERSION .*\r\n$", received):
                        received += client.recv(1000)
                    answers.append(received)
            shown = proxy.stop()[0]
            self.assertEqual(shown.count(words), 1, (sent, shown))
            self.assertRegex(shown, rb"(?m)^ +! .*%s" % re.escape(words))
            self.assertIn(b"tolerated by memcached", b" ".join(shown.split()))
            if refused and version > (1, 6, 38):
                self.assertIn(b"ERROR", answers[0], sent)
                self.assertIn(b"(1.6.45: ", shown)
            else:
                self.assertEqual(answers[0], answers[1], sent)

    # Sent with noreply, and wrong. memcached hides the error when it has read that word.
    HIDDEN = [b"incr t x noreply", b"incr t noreply", b"incr t 1 noreply", b"decr t -1 noreply",
              b"incr none 1 noreply", b"touch t x noreply", b"touch none 1 noreply",
              b"delete none noreply", b"delete %s noreply" % (b"k" * 251), b"delete t 5 noreply",
              b"flush_all x noreply", b"verbosity x noreply", b"cache_memlimit x noreply",
              b"slabs automove x noreply", b"lru mode x noreply", b"lru tune 90 25 0.1 2.0 noreply",
              b"extstore x 1 2 noreply", b"set t 0 0 1100000 noreply\r\n" + b"x" * 1100000,
              b"cas none 0 0 1 1 noreply\r\nx"]
    # Of these, what was meant as the value, or its end, is executed, and that error is answered.
    EXECUTED = [b"%s t 0 0 2 noreply\r\nabcd" % name
                for name in (b"set", b"add", b"replace", b"append", b"prepend")] + \
        [b"cas t 0 0 2 1 noreply\r\nabcd", b"set t 0 0 x noreply\r\noops", b"set t 0 0 -1 noreply\r\noops"]
    # Before 1.6.45: with too few words or too many, or another number, its noreply is not looked for.
    OLDER = [b"set t x 0 4 noreply\r\noops", b"set t 0 noreply\r\noops", b"set t 0 0 4 x noreply\r\noops",
             b"set %s 0 0 4 noreply\r\noops" % (b"k" * 251), b"cas t 0 0 4 x noreply\r\noops",
             b"cas t 0 0 4 noreply\r\noops", b"incr t 1 2 noreply", b"touch t 1 2 noreply",
             b"delete t 0 0 noreply", b"flush_all 1 2 noreply", b"verbosity 1 2 3 noreply", b"incr noreply",
             b"nonsense noreply", b"slabs reassign 1 2 noreply", b"lru_crawler sleep x noreply"]
    QUIET = [b"mg t q !", b"ms t x q\r\noops", b"ms t 2 q\r\nabcd", b"ma t q", b"md %s q" % (b"k" * 251),
             b"mg none q", b"ms t 2 q\r\nab", b"md t q", b"md t q"]

    def test_errors_of_silent_commands(self):
        """What a server says to each, and that no reply is taken for that to another."""
        version = tuple(map(int, self.ok("version").decode().strip().split(".")))
        rows = self.HIDDEN + self.EXECUTED + self.QUIET + (self.OLDER if version < (1, 6, 39) else [])
        proxy = Proxied(self, self.memcached.address, "--json")
        answers = []
        with proxy.connect() as client:
            for row in rows:
                client.sendall(b"set t 0 0 3 noreply\r\nabc\r\n" + row + b"\r\nmn\r\n")
                received = b""
                while not received.endswith(b"MN\r\n"):
                    received += client.recv(1000)
                answers.append(received)
        self.assertEqual(answers[:len(self.HIDDEN)], [b"MN\r\n"] * len(self.HIDDEN))
        for row, answer in zip(self.EXECUTED, answers[len(self.HIDDEN):]):
            self.assertIn(b"ERROR", answer, row)
        lines = [json.loads(line) for line in proxy.stop()[0].splitlines()]
        replies = [line for line in lines if line.get("dir") == "<"]
        self.assertEqual([line["pending"] for line in lines if line.get("bytes") == "mg t q !\r\n"], [1])
        for line, after in zip(replies, replies[1:]):
            if after["bytes"] == "MN\r\n":
                self.assertEqual((line["pending"], after["pending"]),
                                 (0 if line["bytes"] == "MN\r\n" else 1, 0), (line, after))
        self.assertEqual([line for line in lines if "no request is left" in line.get("note", "")], [])

    def test_bytes_and_ends_are_passed_on(self):
        fake = Fake(self, echoes)
        for first, words in ((b"\x80", b"* the binary protocol, which"), (b"\x16", b"* TLS, which"),
                             (b"set k 0 0 2097152\r\n", b"0 > set k 0 0 2097152")):
            proxy = Proxied(self, fake.address)
            data = first + bytes(range(256)) * 8192
            client = proxy.connect()
            sending = threading.Thread(target=self.send_all, args=[client, data])
            sending.start()
            self.assertTrue(receive_all(client) == data)
            sending.join()
            client.close()
            shown = proxy.stop()[0]
            self.assertEqual(shown.count(words), 1, shown[:1000])
            self.assertTrue(shown.isascii())
            self.assertTrue(shown.endswith(b"* closed\n"), shown[-1000:])

    @staticmethod
    def send_all(client, data):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)

    def test_calls_of_the_system(self):
        """A piece is received once and sent once."""
        if not shutil.which("strace"):
            self.skipTest("no strace")
        proxy = Proxied(self, self.memcached.address, ASAN_OPTIONS="detect_leaks=0")
        client = proxy.connect()
        with tempfile.NamedTemporaryFile() as file:
            tracer = subprocess.Popen(["strace", "-qq", "-e", "trace=network,read,readv", "-o",
                                       file.name, "-p", str(proxy.process.pid)],
                                      stderr=subprocess.PIPE)
            self.addCleanup(tracer.stderr.close)
            if not self.traces(client, file):
                tracer.kill()
                self.skipTest("strace cannot attach: %s" % tracer.communicate()[1])
            before = self.calls(file)
            for _ in range(50):
                client.sendall(b"mn\r\n")
                self.assertEqual(client.recv(100), b"MN\r\n")
            proxy.stop()
            tracer.wait(timeout=PATIENCE_S)
            after = self.calls(file)
        self.assertEqual([after[k] - before[k] for k in range(2)], [100, 100], after)

    def traces(self, client, file):
        """Sends something until strace sees it."""
        end = time.monotonic() + 20
        while sum(self.calls(file)) == 0 and time.monotonic() < end:
            client.sendall(b"mn\r\n")
            self.assertEqual(client.recv(100), b"MN\r\n")
        client.sendall(b"mn\r\n")
        self.assertEqual(client.recv(100), b"MN\r\n")
        return sum(self.calls(file)) > 0

    @staticmethod
    def calls(file):
        file.seek(0)
        text = file.read()
        return [len(re.findall(rb"(?m)^(?:recv|read)\w*\(.*= [1-9]", text)),
                len(re.findall(rb"(?m)^send\w*\(", text))]

    def test_nobody_reads_the_output(self):
        """A terminal that is stopped has no room for all that it is said to be ready for."""
        for terminal in (False, True):
            fake = Fake(self, echoes)
            proxy = Proxied(self, fake.address, reads=False, terminal=terminal)
            data = b"mn\r\n" * 20000
            client = proxy.connect()
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(receive_all(client), data)
            said = proxy.stop()[1]
            self.assertRegex(said, rb"; [1-9]\d* record(s were| was) dropped\n$")

    def test_nobody_reads_the_end_of_the_output(self):
        proxy = Proxied(self, self.memcached.address, reads=False)
        self.ask(proxy.connect(), b"mn\r\n" * 2000, b"MN\r\n" * 2000)
        proxy.process.send_signal(signal.SIGINT)
        self.assertRegex(proxy.process.stderr.read(),
                         rb"; the last ([1-9]\d* bytes of records were|byte of records was) not read\n$")

    def test_dropped_records_are_counted(self):
        """Once somebody reads again, it is said how many are missing, and what follows is whole."""
        for options, words in (([], rb"! (\d+) record(?:s were| was) dropped: stdout was not read\n"),
                               (["--json"], rb'(?m)^{"dropped":(\d+)}$')):
            proxy = Proxied(self, self.memcached.address, *options, reads=False)
            client = proxy.connect()
            for _ in range(12):
                self.ask(client, b"mn\r\n" * 1000, b"MN\r\n" * 1000)
            proxy.reading.start()
            while not re.search(words, proxy.out):
                self.ask(client, b"mn\r\n", b"MN\r\n")
            self.ask(client, b"get last\r\n", b"END\r\n")
            client.close()
            out, said = proxy.stop()
            missing = sum(map(int, re.findall(words, out)))
            self.assertRegex(said, rb"; %d record(s were| was) dropped\n" % missing)
            self.assertIn(b"get last", out)
            if options:
                [json.loads(line) for line in out.splitlines()]

    def ask(self, client, request, reply):
        """Sends it, and reads as many bytes as the reply has."""
        client.sendall(request)
        received = b""
        while len(received) < len(reply):
            piece = client.recv(1 << 20)
            self.assertTrue(piece, received[-100:])
            received += piece
        self.assertTrue(received == reply, received[-100:])

    def test_a_thousand_connections(self):
        """What passes needs no memory: a value on each of them is many times what is allowed."""
        memcached = Memcached("-c", "2048")
        self.addCleanup(memcached.end)
        proxy = Proxied(self, memcached.address)
        clients = [proxy.connect() for _ in range(1000)]
        self.ask_all(clients, b"mn\r\n", b"MN\r\n")
        before = self.memory(proxy)
        self.ask_all(clients, b"set k 0 0 30000\r\n%s\r\n" % (b"x" * 30000), b"STORED\r\n")
        self.assertLess(self.memory(proxy) - before, 8000)
        self.assertIn(b"proxy: 1000 connections, 30023000 bytes from clients, 12000 from the server",
                      proxy.stop()[1])

    def ask_all(self, clients, request, reply):
        for client in clients:
            client.sendall(request)
        for client in clients:
            self.ask(client, b"", reply)

    @staticmethod
    def memory(proxy):
        """In kB, all that is mapped."""
        with open("/proc/%d/status" % proxy.process.pid, encoding="ascii") as file:
            return int(re.search(r"(?m)^VmSize:\s+(\d+) kB$", file.read())[1])

    def test_one_of_several_ends(self):
        proxy = Proxied(self, self.memcached.address)
        clients = [proxy.connect() for _ in range(3)]
        for client in clients:
            self.ask(client, b"mn\r\n", b"MN\r\n")
        clients[0].close()
        while b"* closed\n" not in proxy.out:
            time.sleep(0.002)
        for client in clients[1:]:
            self.ask(client, b"mn\r\n", b"MN\r\n")

    def last_pending(self, request, reply):
        """How many replies are pending after this."""
        proxy = Proxied(self, self.memcached.address, "--json")
        client = proxy.connect()
        self.ask(client, request, reply)
        lines = [json.loads(line) for line in proxy.stop()[0].splitlines()]
        self.assertEqual([line for line in lines if line["dir"] == "!"], [])
        return [line["pending"] for line in lines if "pending" in line]

    def test_which_reply_is_whose(self):
        self.ok("set", "test_whose", "5")
        self.assertEqual(self.last_pending(
            b"ma test_whose q\r\nms test_whom 1 q\r\n5\r\nmd test_whom q\r\nma test_whose\r\n",
            b"HD\r\n")[-1], 0)
        self.assertEqual(self.last_pending(b"set a 0 0 1 noreply\r\nx\r\nmg b q\r\nmn\r\n",
                                           b"MN\r\n"), [0, 0, 0, 1, 0])
        self.assertEqual(max(self.last_pending(b"mn\r\n" * 100, b"MN\r\n" * 100)), 100)

    def test_more_requests_than_are_counted(self):
        gate = threading.Event()

        def talk(fake, connection, number):
            if number == 0:
                return dies(b"VERSION 1.6.18\r\n")(fake, connection, number)
            count = 0
            while count < 20000:
                count += len(fake.receive(connection))
            gate.wait(PATIENCE_S)
            connection.sendall(b"MN\r\n" * 5000)

        proxy = Proxied(self, Fake(self, talk).address)
        client = proxy.connect()
        client.sendall(b"mn\r\n" * 5000)
        while proxy.out.count(b"> mn") < 5000:
            time.sleep(0.002)
        gate.set()
        self.assertEqual(receive_all(client), b"MN\r\n" * 5000)
        out, said = proxy.stop()
        self.assertNotIn(b"no request is left", out)
        self.assertNotIn(b"dropped", said)

    def test_a_stream_in_a_pipeline(self):
        """What is asked before it has its own reply, and so has what is asked after it."""
        def talk(fake, connection, number):
            dies(b"END\r\nkey=a exp=-1\r\nkey=b exp=-1\r\nEND\r\nMN\r\n" if number else
                 b"VERSION 1.6.18\r\n")(fake, connection, number)

        proxy = Proxied(self, Fake(self, talk).address)
        client = proxy.connect()
        client.sendall(b"get none\r\nlru_crawler metadump all\r\nmn\r\n")
        self.assertIn(b"MN\r\n", receive_all(client))
        client.close()
        shown = proxy.stop()[0]
        self.assertNotRegex(shown, rb"(?m)^ +! ")
        self.assertIn(b"< key=b exp=-1", shown)

    def test_bytes_like_those_of_other_protocols(self):
        """Only a client's first byte tells."""
        proxy = Proxied(self, self.memcached.address)
        client, other = proxy.connect(), proxy.connect()
        for piece in (b"set k 0 0 2\r\n", b"\x16\x80", b"\r\n"):
            client.sendall(piece)
            self.ask(other, b"mn\r\n", b"MN\r\n")  # the proxy has read the piece
        self.ask(client, b"", b"STORED\r\n")
        self.assertIn(b"> \\x16\\x80\\r\\n ", proxy.stop()[0])

    def test_a_client_that_does_not_read(self):
        """It waits alone, and loses nothing."""
        proxy = Proxied(self, self.memcached.address)
        value = bytes(range(256)) * 4000
        lazy, other = proxy.connect(), proxy.connect()
        self.ask(lazy, b"set lazy 0 0 %d\r\n%s\r\n" % (len(value), value), b"STORED\r\n")
        lazy.sendall(b"get lazy\r\n" * 20)
        for _ in range(100):
            self.ask(other, b"mn\r\n", b"MN\r\n")
        self.ask(lazy, b"", (b"VALUE lazy 0 %d\r\n%s\r\nEND\r\n" % (len(value), value)) * 20)
        self.assertNotRegex(proxy.stop()[0], rb"(?m)^ +! ")

    def test_ends_that_stop_in_mid_value(self):
        """What has come is passed on at once; others go on meanwhile."""
        gate = threading.Event()

        def talk(fake, connection, number):
            if number == 0:
                return dies(b"VERSION 1.6.18\r\n")(fake, connection, number)
            fake.receive(connection)
            connection.sendall(b"VALUE k 0 10\r\n12345")
            gate.wait(PATIENCE_S)
            if number == 1:
                connection.sendall(b"67890\r\nEND\r\n")
                silent(fake, connection, number)

        proxy = Proxied(self, Fake(self, talk).address)
        clients = [proxy.connect() for _ in range(3)]
        for client, request in zip(clients, (b"get k\r\n", b"get k\r\n", b"set k 0 0 9\r\n1234")):
            self.ask(client, request, b"VALUE k 0 10\r\n12345")
        gate.set()
        self.ask(clients[0], b"", b"67890\r\nEND\r\n")
        for client in clients[1:]:
            self.assertEqual(receive_all(client), b"")
            client.close()
        clients[0].sendall(b"set k 0 0 9\r\n12")
        clients[0].close()
        while proxy.out.count(b"* closed\n") < 3:
            time.sleep(0.002)
        shown = proxy.stop()[0]
        self.assertIn(b"        19 < 67890 ", parts_of(shown, 1))
        self.assertEqual(shown.count(b"! the bytes end here, in the middle of a message\n"), 4, shown)

    def test_logins_are_hidden(self):
        def talk(fake, connection, number):
            refused = b"CLIENT_ERROR unauthenticated\r\n"
            says(*([refused, b"STORED\r\n"] if number else [refused]))(fake, connection, number)
        fake = Fake(self, talk)
        for options in ([], ["--json"]):
            proxy = Proxied(self, fake.address, *options)
            client = proxy.connect()
            self.ask(client, b"set k 0 0 10\r\nboss gu3ss\r\n", b"CLIENT_ERROR unauthenticated\r\n")
            self.ask(client, b"set k 0 0 11\r\nboss s3cret\r\n", b"STORED\r\n")
            shown = proxy.stop()[0]
            self.assertIn(b"boss s3cret", fake.received)
            self.assertNotIn(b"gu3ss", shown)
            self.assertNotIn(b"s3cret", shown)
            self.assertIn(b"STORED", shown)
            fake = Fake(self, talk)

    def asks_for_logins(self, fake, connection, asked):
        replies = [b"CLIENT_ERROR authentication failure\r\n", b"STORED\r\n", b"STORED\r\n"]
        for reply in ([b"CLIENT_ERROR unauthenticated\r\n"] if asked else []) + replies:
            piece = b" "
            while piece and not piece.endswith(b"\r\n"):
                piece = fake.receive(connection)
            connection.sendall(reply)
        silent(fake, connection, 0)

    def test_logins_that_are_needed_later(self):
        """The server does not ask for one when the proxy starts."""
        def talk(fake, connection, number):
            if number == 0:
                says(b"VERSION 1.6.18\r\n")(fake, connection, number)
            self.asks_for_logins(fake, connection, number < 3)
        for options in ([], ["--json"]):
            proxy = Proxied(self, Fake(self, talk).address, *options)
            for given in (b"mn\r\n", b"ms k 3\r\nabc\r\n", b""):
                client = proxy.connect()
                self.ask(client, given, b"CLIENT_ERROR unauthenticated\r\n" if given else b"")
                self.ask(client, b"set k 0 0 10\r\nboss gu3ss\r\n",
                         b"CLIENT_ERROR authentication failure\r\n")
                self.ask(client, b"set k 0 0 11\r\nboss ", b"")
                self.ask(client, b"s3cret\r\n", b"STORED\r\n")
                self.ask(client, b"set k 0 0 4\r\nopen\r\n", b"STORED\r\n")
                client.close()
            shown = proxy.stop()[0]
            self.assertNotRegex(shown, b"boss|gu3ss|s3cret")
            self.assertEqual(shown.count(b"open\\r\\n"), 3, shown)

    def test_a_server_that_is_started_again(self):
        """It asks for logins then, and later no more."""
        replies = [b"VERSION 1.6.18\r\n"]
        def talk(fake, connection, number):
            fake.receive(connection)
            connection.sendall(replies[-1])
        proxy = Proxied(self, Fake(self, talk).address)
        def converse(request, reply):
            replies.append(reply)
            client = proxy.connect()
            client.sendall(request)
            self.assertEqual(receive_all(client), reply)
            client.close()
        converse(b"set k 0 0 5\r\nfirst\r\n", b"STORED\r\n")
        converse(b"set k 0 0 11\r\nboss s3cret\r\n", b"STORED\r\n")
        converse(b"get k\r\nquit\r\n", b"END\r\n")
        converse(b"set k 0 0 4\r\nlast\r\n", b"STORED\r\n")
        shown = proxy.stop()[0]
        self.assertIn(b"first", shown)
        self.assertIn(b"last", shown)
        self.assertNotIn(b"s3cret", shown)

    def test_the_server_goes_away(self):
        memcached = Memcached()
        proxy = Proxied(self, memcached.address)
        client = proxy.connect()
        client.sendall(b"mn\r\n")
        self.assertEqual(client.recv(100), b"MN\r\n")
        memcached.end()
        self.assertEqual(receive_all(client), b"")
        client.close()
        self.assertEqual(receive_all(proxy.connect()), b"")
        shown = proxy.stop()[0]
        self.assertIn(b"* No such file or directory", shown)
        self.assertEqual(shown.count(b"* closed"), 2)

    def test_the_server_does_not_come_back(self):
        """A connection by TCP is refused later than that of a Unix socket."""
        listener = socket.create_server(("127.0.0.1", 0))

        def answer_once():
            with listener, listener.accept()[0] as connection:
                connection.recv(100)
                connection.sendall(b"VERSION 1.6.18\r\n")

        answering = threading.Thread(target=answer_once)
        answering.start()
        proxy = Proxied(self, "127.0.0.1:%d" % listener.getsockname()[1])
        answering.join()
        self.assertEqual(receive_all(proxy.connect()), b"")
        self.assertIn(b"* Connection refused\n          * closed\n", proxy.stop()[0])

    def test_where_it_listens(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/proxy"
            proxy = Proxied(self, self.memcached.address, listen="unix:" + path)
            self.ok("ping", server="unix:" + path)
            self.fails(2, b"Address already in use; choose another path", "proxy", "--listen", path)
            proxy.stop()
            self.assertFalse(os.path.exists(path))
        port = int(Proxied(self, self.memcached.address).address.removeprefix("127.0.0.1:"))
        with socket.socket() as other, self.assertRaises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))
        with socket.socket() as holder:  # of a port, which others may listen at
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("0.0.0.0", 0))
            port = holder.getsockname()[1]
            Proxied(self, self.memcached.address, listen="0.0.0.0:%d" % port)
            with socket.create_connection(("127.0.0.2", port)) as other:
                self.ask(other, b"mn\r\n", b"MN\r\n")
        self.fails(2, b"an address is missing", "proxy")
        self.fails(2, b"--listen : ", "proxy", "--listen", "")
        self.fails(2, b"--listen unix:@x: give a path", "proxy", "--listen", "unix:@x")
        self.fails(69, b"", "proxy", "--listen", "0", server="unix:/no/such/socket")


if __name__ == "__main__":
    sys.exit(main())
