"""The commands of mcwire that watch and judge a server (watch, top, latency, doctor), with a
memcached of its own and with servers that say what a test wants; prints TAP.
usage: check_watch.py MCWIRE"""

import base64
import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

from mcwire import (MCWIRE, PATIENCE_S, SLOW, Case, Fake, dies, environment, main, run, says,
                    silent)

STREAMS = (["watch"], ["top"])
COMMANDS = STREAMS + (["latency"], ["doctor"])
RAW = re.compile(b"[\0-\x08\x0b-\x1f\x7f]")
EVIL = b"\x1b[31m\x9b\x07\xff"


# ---- the program while it runs ----------------------------------------------


class Running:
    """A command with pipes, or on a terminal that has a size (columns, rows)."""

    def __init__(self, test, *command, size=None, **variables):
        self.test, self.out = test, b""
        if size:
            self.here, there = pty.openpty()
            attributes = termios.tcgetattr(there)
            attributes[1] = 0  # as it was written, without a \r before each \n
            termios.tcsetattr(there, termios.TCSANOW, attributes)
            fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        else:
            self.here, there = os.pipe()
        env = {k: v for k, v in environment(**{"TZ": "UTC", "TERM": "xterm", **variables}).items()
               if k not in ("COLUMNS", "NO_COLOR") or k in variables}
        self.process = subprocess.Popen([MCWIRE, SLOW, *command], stdin=subprocess.DEVNULL,
                                        stdout=there, stderr=subprocess.PIPE, env=env)
        os.close(there)
        test.addCleanup(self.clean)

    def clean(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.here)

    def read(self):
        try:
            piece = os.read(self.here, 65536)
        except OSError:  # the other end of the terminal is closed
            piece = b""
        self.out += piece
        return piece

    def expect(self, words):
        while words not in self.out:
            self.test.assertTrue(self.read(), (words, self.out))

    def end(self, status=0, said=b""):
        """Waits for its end; the rest of what it prints is in self.out. Returns what it said."""
        while self.read():
            pass
        text = self.process.stderr.read()
        self.test.assertEqual(self.process.wait(timeout=PATIENCE_S), status, text)
        self.test.assertIn(said, text)
        return text

    def interrupt(self, **expected):
        self.process.send_signal(signal.SIGINT)
        return self.end(**expected)


def wait_until(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def opens(*pieces, ends=False):
    """A server that answers watch with OK and these pieces, and then closes or listens."""
    def talk(fake, connection, number):
        fake.receive(connection)
        connection.sendall(b"OK\r\n")
        for piece in pieces:
            connection.sendall(piece)
        if not ends:
            silent(fake, connection, number)
    return talk


def lines(*texts):
    return b"".join(text.encode() + b"\n" for text in texts)


def get(key, status="found", cfd=25, size=7):
    return ("ts=1700000000.5 gid=1 type=item_get key=%s status=%s clsid=1 cfd=%d size=%d"
            % (key, status, cfd, size))


def store(key, status="stored", cfd=25, size=7):
    return ("ts=1700000000.5 gid=2 type=item_store key=%s status=%s cmd=set ttl=0 clsid=1 cfd=%d "
            "size=%d" % (key, status, cfd, size))


LAST = "ts=1700000000.5 gid=9 type=last"


# ---- what goes wrong with any of them ---------------------------------------


class Statuses(Case):
    def fails_at(self, talk, status, words, *command):
        self.fails(status, words, *command, server=Fake(self, talk).address)

    def test_2_usage(self):
        for command in (["top", "x"], ["latency", "x"], ["doctor", "x"]):
            self.fails(2, b"one argument too many", *command)
        for command in COMMANDS:
            self.fails(2, b"-s: several servers are not supported yet", *command, server="a,b")
            self.fails(2, b"'red' is not one of auto|never", *command, "--color=red")
        self.fails(2, b"'weight' is not one of key|prefix|size|misses", "top", "--by=weight")
        self.fails(2, b"is not a number of seconds from 0 to 31536000", "top", "--for=-1")
        self.fails(2, b"is not a number of seconds from 0 to 86400", "latency", "--interval=x")
        for kind in ("birds", "fetchers,mutations", "", "fetchers\r\nset"):
            self.fails(2, b"is not one of fetchers mutations evictions connevents deletions "
                       b"proxyreqs proxyevents proxyuser sysevents rawcmds\n",
                       "watch", "mutations", kind)

    def test_the_first_of_several(self):
        fake = Fake(self, opens(lines(LAST), ends=True))
        result = run("watch", env=environment(MEMCACHED_SERVERS=fake.address + ",b"))
        self.assertEqual(result.status, 69, result.said)
        self.assertIn(b"only the first server is used: %s\n" % fake.address.encode(), result.said)

    def test_65_refused(self):
        self.fails_at(says(b"ERROR\r\n"), 65,
                      b"watch: the server does not know this command, or not all of these kinds",
                      "watch", "deletions")
        for command in STREAMS:
            for reply in (b"ERROR", b"ERROR cannot pipeline", b"CLIENT_ERROR not allowed",
                          b"WATCHER_TOO_MANY log watcher limit reached"):
                self.fails_at(says(reply + b"\r\n"), 65, reply[reply.find(b" ") + 1:] or b"not know"
                              if b" " in reply else b"does not know this command", *command)
        for command in (["latency"], ["doctor"]):
            for reply in (b"ERROR\r\n", b"CLIENT_ERROR bad\r\n"):
                self.fails_at(says(reply), 65, b"the server ", *command)

    def test_69_no_server(self):
        for command in COMMANDS:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                nobody = "127.0.0.1:%d" % listener.getsockname()[1]
            self.fails(69, b"does not accept connections", *command, server=nobody)
            self.fails_at(dies(b""), 69, b"closed", *command)

    def test_69_in_mid_stream(self):
        fake = Fake(self, opens(lines(get("k"), LAST), ends=True))
        result = run("-s", fake.address, SLOW, "watch")
        self.assertEqual(result.status, 69, result.said)
        self.assertEqual(result.out.count(b"\n"), 2, result.out)
        self.assertRegex(result.said, rb"\Amcwire: .*closed.*\nmcwire: watch: 2 lines in ")
        result = run("-s", fake.address, SLOW, "top")
        self.assertEqual(result.status, 69, result.said)
        self.assertIn(b" k\n", result.out)

    def test_74_no_room(self):
        fake = Fake(self, opens(lines(get("k"))))
        with open("/dev/full", "w") as full:
            for command in (["watch"], ["watch", "--json"]):
                done = subprocess.run([MCWIRE, "-s", fake.address, SLOW, *command], stdout=full,
                                      stderr=subprocess.PIPE, timeout=PATIENCE_S, env=environment())
                self.assertEqual((done.returncode, done.stderr),
                                 (74, b"mcwire: standard output: No space left on device\n"))
            for command in (["top", "--for=0.01"], ["latency", "--for=0.01"], ["doctor"]):
                address = fake.address if command[0] == "top" else self.memcached.address
                done = subprocess.run([MCWIRE, "-s", address, SLOW, *command], stdout=full,
                                      stderr=subprocess.PIPE, timeout=PATIENCE_S, env=environment())
                self.assertEqual((done.returncode, done.stderr),
                                 (74, b"mcwire: standard output: No space left on device\n"))

    def test_75_try_again(self):
        fake = Fake(self, silent)
        for command in (["watch"], ["top"], ["doctor"]):
            result = run("-s", fake.address, "--timeout=30", *command)
            self.assertEqual((result.status, result.out), (75, b""), result.said)
            self.assertIn(b"(--timeout MS allows more)", result.said)
        for command in COMMANDS:
            self.fails_at(says(b"SERVER_ERROR busy\r\n"), 75, b"busy", *command)

    def test_76_no_reply_of_memcached(self):
        for command in COMMANDS:
            self.fails_at(says(b"HTTP/1.1 400 Bad Request\r\n"), 76, b"mcwire: ", *command)
        for command in STREAMS:
            self.fails_at(says(lines(get("k"))), 76, b"does not answer as memcached does", *command)
            result = run("-s", Fake(self, opens(b"END\r\n")).address, SLOW, *command)
            self.assertEqual(result.status, 76, result.said)
            self.assertIn(b"not a memcached reply", result.said)

    def test_77_login(self):
        for command in COMMANDS:
            self.fails_at(says(b"CLIENT_ERROR unauthenticated\r\n"), 77,
                          b"(--user and --password-file log in)", *command)

    def test_130_interrupted_before_the_answer(self):
        for command in STREAMS:
            fake = Fake(self, silent)
            running = Running(self, "-s", fake.address, *command)
            wait_until(lambda: fake.received)
            self.assertEqual(running.interrupt(status=130), b"")
            self.assertEqual(running.out, b"")

    def test_whoever_reads_is_gone(self):
        def floods(fake, connection, number):
            fake.receive(connection)
            connection.sendall(b"OK\r\n")
            while True:
                connection.sendall(lines(get("k")))

        flood = Fake(self, floods).address
        for command in (["watch"], ["watch", "--json"], ["top", "--for=0.01"],
                        ["latency", "--for=0.01"], ["latency", "--for=0.01", "--json"], ["doctor"]):
            for closed in (signal.SIG_DFL, signal.SIG_IGN):
                reading, writing = os.pipe()
                os.close(reading)
                address = flood if command[0] in ("watch", "top") else self.memcached.address
                process = subprocess.Popen(
                    [MCWIRE, "-s", address, SLOW, *command], stdout=writing, stderr=subprocess.PIPE,
                    env=environment(), preexec_fn=lambda: signal.signal(signal.SIGPIPE, closed))
                os.close(writing)
                said = process.communicate(timeout=PATIENCE_S)[1]
                self.assertEqual(said, b"", command)
                self.assertIn(process.returncode, (-signal.SIGPIPE, 74), command)


# ---- watch ------------------------------------------------------------------


class Watch(Case):
    def watched(self, *pieces, options=(), size=None, **variables):
        """What is printed of these pieces, all of which end in the line LAST."""
        fake = Fake(self, opens(*pieces, lines(LAST)))
        running = Running(self, "-s", fake.address, "watch", *options, size=size, **variables)
        running.expect(b"last")
        self.said = running.interrupt()
        self.received = fake.received
        return running.out

    def shown(self, text, **more):
        out = self.watched(lines(text), **more)
        self.assertTrue(out.endswith(b"22:13:20.000005 last      \n"), out)
        return out[:-len(b"22:13:20.000005 last      \n")].decode()

    def test_lines(self):
        for text, shown in (
                (get("tree"), "22:13:20.000005 item_get   found     tree clsid=1 cfd=25 size=7"),
                (get("tree", "not_found"),
                 "22:13:20.000005 item_get   not_found tree clsid=1 cfd=25 size=7"),
                ("ts=1700000000.123456 gid=3 type=item_store key=a status=too_large cmd=set ttl=60 "
                 "clsid=0 cfd=25 size=0",
                 "22:13:20.123456 item_store too_large a cmd=set ttl=60 clsid=0 cfd=25 size=0"),
                ("ts=1700000000.12 gid=3 type=eviction key=a fetch=no ttl=-1 la=5 clsid=1 size=9",
                 "22:13:20.000012 eviction             a fetch=no ttl=-1 la=5 clsid=1 size=9"),
                ("ts=1700000000.0 gid=3 type=conn_close rip= rport=0 transport=local cfd=25",
                 "22:13:20.000000 conn_close rip= rport=0 transport=local cfd=25"),
                ("ts=1.5 gid=3 <25 get a=b", "00:00:01.000005            <25 get a=b"),
                ("ts=1.5 gid=3 type=proxy_user msg=it is a=b",
                 "00:00:01.000005 proxy_user msg=it is a=b"),
                ("ts=1.5 gid=3 type=proxy_req be=a:1 detail=two words res=OK req=set a=b 0",
                 "00:00:01.000005 proxy_req  be=a:1 detail=two words res=OK req=set a=b 0"),
                ("type=odd a=1", "--:--:--.000000 odd        a=1"),
                ("ts=1700000000.1234567 type=odd",
                 "--:--:--.000000 odd        ts=1700000000.1234567"),
                ("ts=1700000000.000120 type=odd", "22:13:20.000120 odd       "),
                ("ts=1700000000. type=odd", "--:--:--.000000 odd        ts=1700000000."),
                ("ts=1700000000 type=odd", "--:--:--.000000 odd        ts=1700000000"),
                ("ts=x.5", "--:--:--.000000            ts=x.5"),
                ("no fields", "--:--:--.000000            no fields"),
                ("", "--:--:--.000000           "),
                ("skipped=12", "* the server left out 12 lines, as they were not read fast enough"),
                ("skipped=1", "* the server left out 1 line, as they were not read fast enough"),
                ("x skipped=12", "--:--:--.000000            x skipped=12"),
                ("type=x skipped=12", "--:--:--.000000 x          skipped=12"),
                ("ts=1.5 ts=2.5 type=x", "00:00:01.000005 x          ts=2.5"),
                ("ts=1.5 type=x status=found", "00:00:01.000005 x          status=found")):
            self.assertEqual(self.shown(text), shown + "\n", text)

    def test_keys(self):
        for coded, shown in (("foo%20b", r"foo\x20b"), ("%1b[31m", r"\x1b[31m"), ("%C3%A9", "\u00e9"),
                             ("%5c", "\\\\"), ("%", "%"), ("a%4", "a%4"), ("%4x", "%4x"), ("", ""),
                             ("%c2%9b", r"\xc2\x9b"), ("n%2cfoo", "n,foo"), ("a=b", "a=b")):
            self.assertEqual(self.shown(get(coded)), "22:13:20.000005 item_get   found     %s "
                             "clsid=1 cfd=25 size=7\n" % shown)

    def test_json(self):
        def of(text):
            return json.loads(self.watched(lines(text), options=["--json"]).splitlines()[0])

        self.assertEqual(of(get("foo%20%22b")),
                         {"ts": 1700000000.000005, "gid": 1, "type": "item_get", "key": 'foo "b',
                          "status": "found", "clsid": 1, "cfd": 25, "size": 7})
        self.assertEqual(base64.b64decode(of(get("%ff%00"))["key_base64"]), b"\xff\0")
        self.assertEqual(of("ts=1.5 gid=2 type=eviction key=a ttl=-1 la=007 n=-0 w= x=- y=1.5"),
                         {"ts": 1.000005, "gid": 2, "type": "eviction", "key": "a", "ttl": -1,
                          "la": "007", "n": 0, "w": "", "x": "-", "y": "1.5"})
        self.assertEqual(of("skipped=12"), {"skipped": 12})
        self.assertEqual(of("only text"), {"text": "only text"})
        self.assertEqual(of("type=x <25 get a"), {"type": "x <25 get a"})
        self.assertEqual(of("gid=7 <25 get a"), {"gid": 7, "text": "<25 get a"})
        self.assertEqual(of("gid=7 msg=it is a=b"), {"gid": 7, "msg": "it is a=b"})
        self.assertEqual(of("detail=a b req=set a=b c=d"), {"detail": "a b", "req": "set a=b c=d"})

    def test_odd_json(self):
        out = self.watched(b"type=\xff msg=\x1b\"\\\n", options=["--json"]).splitlines()[0]
        self.assertIsNone(RAW.search(out))
        line = json.loads(out)
        self.assertEqual((base64.b64decode(line["type_base64"]), line["msg"]), (b"\xff", '\x1b"\\'))
        for text in (b"007", b"-01", b"00"):  # no number of JSON begins so
            out = self.watched(b"type=x size=%s\n" % text, options=["--json"]).splitlines()[0]
            self.assertEqual(json.loads(out)["size"], text.decode())

    def test_many_fields(self):
        text = " ".join("%s=1" % c * 1 for c in ("abcdefghijklmnopqrstuvwxyz"))
        self.assertEqual(self.shown(text).split()[1:], text.split())
        name = "n" * 31
        self.assertIn('"%s":5' % name, self.watched(lines(name + "=5"), options=["--json"]).decode())
        self.assertIn('"text":"n%s=5"' % name,
                      self.watched(lines("n" + name + "=5"), options=["--json"]).decode())

    def test_match(self):
        text = lines(get("user:1"), get("user:22"), get("%75ser:3"), "ts=1.5 gid=1 type=conn_new",
                     "skipped=3", get("x"), get("user:"))
        fake = Fake(self, opens(text, lines(get("user:9"))))
        running = Running(self, "-s", fake.address, "watch", "--match=user:?")
        running.expect(b"user:9")
        said = running.interrupt()
        self.assertEqual(re.findall(rb"user:\S*|\* the server left out 3", running.out),
                         [b"user:1", b"user:3", b"* the server left out 3", b"user:9"])
        self.assertEqual(running.out.count(b"\n"), 4)
        self.assertIn(b"3 lines in ", said)

    def test_what_is_asked(self):
        self.watched()
        self.assertEqual(self.received, b"watch fetchers mutations evictions\r\n")
        kinds = ["connevents", "proxyreqs", "deletions", "rawcmds"]
        self.watched(options=kinds)
        self.assertEqual(self.received, b"watch connevents proxyreqs deletions rawcmds\r\n")

    def test_summary(self):
        self.watched(lines(get("a"), get("b", "not_found"), get("c"), store("c"), "skipped=5",
                           "ts=1.5 gid=1 type=eviction key=a status=found", "skipped=6"))
        self.assertRegex(self.said, rb"\Amcwire: watch: 6 lines in \d+\.\d s: 3 item_get \(2 found\), "
                         rb"1 item_store, 1 eviction; the server left out 11\n\Z")
        self.watched()
        self.assertRegex(self.said, rb"\Amcwire: watch: 1 line in \d+\.\d s: 0 item_get \(0 found\), "
                         rb"0 item_store, 0 eviction\n\Z")

    def test_pieces(self):
        text = lines(get("tree"), "skipped=3", store("tree"), LAST)

        def drips(fake, connection, number):
            fake.receive(connection)
            for byte in b"OK\r\n" + text:
                connection.sendall(bytes([byte]))
            silent(fake, connection, number)

        running = Running(self, "-s", Fake(self, drips).address, "watch")
        running.expect(b"last")
        running.interrupt()
        self.assertEqual(running.out, self.watched(text[:-len(lines(LAST))]))

    def test_a_line_that_is_too_long(self):
        fake = Fake(self, opens(b"x" * 100000))
        result = run("-s", fake.address, SLOW, "watch")
        self.assertEqual((result.status, result.out), (76, b""), result.said)

    def test_a_real_memcached(self):
        running = Running(self, "-s", self.memcached.address, "watch", "fetchers", "mutations",
                          "--match=" + self.key("*"))
        odd = base64.b64encode(self.key("\x1b b").encode()).decode()
        while b"item_get" not in running.out:  # until it is there
            self.ok("get", self.key("a"), status=1, said=b"mcwire: %s: MISS\n"
                    % self.key("a").encode())
            self.read_soon(running)
        self.ok("set", self.key("a"), "12345", "--ttl=100")
        self.ok("meta", "ms", odd, "b", "--value=xy")
        running.expect(b"\\x1b\\x20b cmd=")
        running.interrupt()
        self.assertRegex(running.out, rb"(?m)^\d\d:\d\d:\d\d\.\d{6} item_store stored    %s cmd=set "
                         rb"ttl=100 clsid=\d+ cfd=\d+ size=5$" % self.key("a").encode())
        self.assertIsNone(RAW.search(running.out))

    @staticmethod
    def read_soon(running):
        os.set_blocking(running.here, False)
        try:
            running.out += os.read(running.here, 65536)
        except BlockingIOError:
            pass
        os.set_blocking(running.here, True)

    def test_keepalive(self):
        """A connection on which nothing passes is watched by the system."""
        def talk(fake, connection, number):
            fake.peer = connection.getpeername()
            opens(lines(LAST))(fake, connection, number)

        fake = Fake(self, talk)
        running = Running(self, "-s", fake.address, "watch")
        running.expect(b"last")
        ports = ":%04X \\w{8}:%04X " % (fake.peer[1], fake.listener.getsockname()[1])
        with open("/proc/net/tcp") as file:
            timers = [line.split()[5] for line in file if re.search(ports, line)]
        self.assertEqual([timer[:2] for timer in timers], ["02"])  # it is that of keepalive
        running.interrupt()

    def test_deletions(self):
        """1.6.18 has no log of them."""
        running = Running(self, "-s", self.memcached.address, "watch", "deletions")
        while b"deleted" not in running.out and running.process.poll() is None:
            self.ok("set", self.key("a"), "x")
            self.ok("delete", self.key("a"))
            self.read_soon(running)
        if running.process.poll() is None:
            running.interrupt()
            self.assertRegex(running.out, rb" deleted +%s cmd=delete " % self.key("a").encode())
        else:
            running.end(status=65, said=b"or not all of these kinds of lines")


# ---- on a terminal ----------------------------------------------------------


class Terminals(Case):
    def shown(self, text, *options, size=(80, 24), **variables):
        fake = Fake(self, opens(text, lines(LAST)))
        running = Running(self, "-s", fake.address, "watch", *options, size=size, **variables)
        running.expect(b"last")
        running.interrupt()
        return running.out

    def test_colors(self):
        text = lines(get("a"), get("b", "not_found"))
        out = self.shown(text)
        self.assertIn(b"\x1b[32mfound    \x1b[0m", out.replace(b"\x1b[32m ", b"\x1b[32m"))
        self.assertIn(b"\x1b[32m stored   \x1b[0m", self.shown(lines(store("a"))))
        self.assertIn(b"\x1b[33mnot_found\x1b[0m", out.replace(b"\x1b[33m ", b"\x1b[33m"))
        for options, variables in ((["--color=never"], {}), ([], {"NO_COLOR": "1"}),
                                   ([], {"TERM": "dumb"})):
            self.assertNotIn(b"\x1b", self.shown(text, *options, **variables))
        self.assertIn(b"\x1b", self.shown(text, NO_COLOR=""))
        plain = re.sub(b"\x1b\\[\\d+m", b"", out)
        self.assertEqual(plain, self.shown(text, "--color=never"))

    def test_narrow(self):
        out = self.shown(lines(get("0123456789012345678")), "--color=never", size=(60, 24))
        self.assertEqual(out.decode().split("\n")[:3], [
            "22:13:20.000005 item_get   found     0123456789012345678",
            "                clsid=1 cfd=25 size=7",
            "22:13:20.000005 last      "])
        out = self.shown(lines(get("0123456789012345678")), "--color=never", size=(40, 24))
        self.assertEqual(out.decode().split("\n")[:4], [
            "22:13:20.000005 item_get   found    ",
            "                0123456789012345678",
            "                clsid=1 cfd=25 size=7",
            "22:13:20.000005 last      "])
        exact = self.shown(lines(get("0123456")), "--color=never", size=(66, 24))
        self.assertEqual(exact.split(b"\n")[0][-14:], b" cfd=25 size=7")
        self.assertEqual(len(exact.split(b"\n")[0]), 66)
        wide = self.shown(lines(get("0123456789012345678")), "--color=never", size=(200, 24))
        self.assertEqual(wide.count(b"\n"), 2)
        fixed = self.shown(lines(get("0123456789012345678")), "--color=never", size=(200, 24),
                           COLUMNS="40")
        self.assertEqual(fixed, out)
        field = self.shown(lines(get("\u00e9" * 22)), "--color=never", size=(60, 24))
        self.assertEqual(field.decode().split("\n")[0][-23:], " " + "\u00e9" * 22)

    def test_its_size_changes(self):
        narrow = threading.Event()

        def talk(fake, connection, number):
            opens(lines(get("a")), ends=True)(fake, connection, number)
            narrow.wait(PATIENCE_S)
            connection.sendall(lines(get("b")))
            narrow.clear()
            narrow.wait(PATIENCE_S)
            connection.sendall(lines(get("c"), LAST))
            silent(fake, connection, number)

        running = Running(self, "-s", Fake(self, talk).address, "watch", "--color=never",
                          size=(80, 24))
        running.expect(b"size=7")
        fcntl.ioctl(running.here, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
        narrow.set()
        running.expect(b"found     b ")
        running.expect(b"size=7\n")
        wait_until(lambda: not narrow.is_set())
        narrow.set()
        running.expect(b"last")
        running.interrupt()
        self.assertIn(b"found     a clsid=1 cfd=25 size=7\n", running.out)
        self.assertIn(b"found     c clsid=1\n                cfd=25 size=7\n", running.out)

    def test_no_raw_bytes(self):
        evil = b"ts=1.5 gid=1 type=%s key=%%1b%s status=%s x=%s %s=1\n" % (EVIL, EVIL, EVIL, EVIL, EVIL)
        for options in ([], ["--json"]):
            out = self.shown(evil, "--color=never", *options)
            self.assertIsNone(RAW.search(out), out)
            self.assertIsNone(re.search("[\x80-\x9f]", out.decode()), out)
        for reply in (b"SERVER_ERROR " + EVIL, b"ERROR " + EVIL, EVIL, b"VERSION " + EVIL,
                      b"STAT version " + EVIL + b"\r\nSTAT " + EVIL + b" 1\r\nEND"):
            for command in COMMANDS:
                fake = Fake(self, says(*[reply + b"\r\n"] * 9))
                running = Running(self, "-s", fake.address, *command, "--color=never", "--for=0.01"
                                  if command[0] in ("top", "latency") else "--color=never",
                                  size=(80, 24), TERM="dumb")
                if command[0] == "latency" and reply.startswith(b"VERSION"):
                    self.assertIn(b"31m", running.end() + running.out)
                else:
                    while running.read():
                        pass
                running.process.wait(timeout=PATIENCE_S)
                text = running.out + running.process.stderr.read()
                self.assertIsNone(RAW.search(text), (command, reply, text))
                self.assertIsNone(re.search("[\x80-\x9f]", text.decode()), (command, reply, text))


# ---- top --------------------------------------------------------------------


class Top(Case):
    def table(self, text, *options, size=None, expected=None, **variables):
        """The table that is printed when the server closes after these lines."""
        fake = Fake(self, opens(text, ends=True))
        running = Running(self, "-s", fake.address, "top", *options, size=size, **variables)
        running.end(status=69)
        self.assertEqual(fake.received, b"watch fetchers mutations\r\n")
        return running.out.decode()

    def rows(self, text, *options):
        """[(number, key)]"""
        out = self.table(text, *options).split("\n")
        return [(int(n), key) for n, key in
                (re.fullmatch(r" *(\d+) +[\d.]+ %  (.*)", line).groups() for line in out[2:-2])]

    def test_a_table(self):
        out = self.table(lines(get("a"), get("b"), get("a", "not_found"), "x=1", get("c%20d")))
        self.assertEqual(re.sub(r"\d+\.\d s", "T s", out), """\
4 requests in T s
    requests    share  key
           2   50.0 %  a
           1   25.0 %  b
           1   25.0 %  c\\x20d
These numbers are exact.
""")

    def test_one(self):
        for by, shown in (("key", "1 request "), ("size", "1 byte "), ("misses", "1 miss ")):
            status = "not_found" if by == "misses" else "found"
            out = self.table(lines(get("a", status, size=1)), "--by=" + by)
            self.assertTrue(out.startswith(shown), out)

    def test_nothing(self):
        self.assertEqual(re.sub(r"\d+\.\d s", "T s", self.table(b"")), """\
0 requests in T s
    requests    share  key
These numbers are exact.
""")

    def test_what_is_counted(self):
        text = lines(get("a:1", size=100), get("a:2", "not_found", size=9), get("b/3", size=5),
                     get("a:1", size=100), get("plain", "expired", size=3), store("a:2", size=40),
                     store("b/3", "too_large", size=1))
        self.assertEqual(self.rows(text), [(2, "a:1"), (2, "a:2"), (2, "b/3"), (1, "plain")])
        self.assertEqual(self.rows(text, "--by=key"), self.rows(text))
        self.assertEqual(self.rows(text, "--by=prefix"), [(4, "a:"), (2, "b/"), (1, "plain")])
        self.assertEqual(self.rows(text, "--by=size"), [(200, "a:1"), (40, "a:2"), (6, "b/3")])
        self.assertEqual(self.rows(text, "--by=misses"), [(1, "a:2"), (1, "plain")])
        for by, unit in (("prefix", "requests"), ("size", "bytes"), ("misses", "misses")):
            out = self.table(text, "--by", by).split("\n")
            self.assertRegex(out[0], r"^\d+ %s in " % unit)
            self.assertEqual(out[1].split(), [unit, "share", "prefix" if by == "prefix" else "key"])
        self.assertEqual([row[1] for row in self.rows(
            lines(get("a:b/c"), get("a/b"), get("a.b"), get("a|b"), get(":"), get("")),
            "--by=prefix")], ["", ":", "a.", "a/", "a:", "a|"])

    def test_the_fetch_of_a_store_is_none(self):
        self.assertEqual(self.rows(lines(get("a", "not_found"), store("a"))), [(1, "a")])
        self.assertEqual(self.rows(lines(get("a", "not_found"), store("a")), "--by=misses"), [])
        for others in ((get("a", "not_found"), store("b")),
                       (get("a", "not_found"), store("a", cfd=26)),
                       (get("a", "not_found"), "type=odd", store("a")),
                       (get("a", "not_found"), store("b"), store("a")),
                       (get("a", "not_found"), get("b"), store("a"))):
            self.assertEqual(self.rows(lines(*others), "--by=misses"), [(1, "a")], others)
        twice = lines(get("a", "not_found"), get("a", "not_found"), store("a"))
        self.assertEqual(self.rows(twice, "--by=misses"), [(1, "a")])
        self.assertEqual(self.rows(lines(get("a", "not_found"), store("a"), store("a"))), [(2, "a")])

    def test_the_largest_come_first(self):
        text = lines(*[get("k%d" % k) for k in range(30) for _ in range(k + 1)])
        self.assertEqual(self.rows(text), [(k + 1, "k%d" % k) for k in range(29, 9, -1)])

    def test_more_keys_than_counters(self):
        many = lines(*[get("k%d" % k) for k in range(1025)] + [get("often")] * 9)
        out = self.table(many)
        self.assertIn("          10    1.0 %  often\n", out)
        self.assertIn("\nA number is at most 1 too high, and a key that is not here has at most\n"
                      "that many.\n", out)
        rows = [json.loads(line) for line in self.table(many, "--json").splitlines()]
        self.assertEqual(rows[0], {"key": "often", "requests": 10, "error": 1})
        self.assertEqual((len(rows), rows[-1]["requests"], rows[-1]["error"]), (21, 1034, 1))

    def test_json(self):
        text = lines(get("a"), get("%ff"), get("a"), "skipped=7")
        rows = [json.loads(line) for line in self.table(text, "--json").splitlines()]
        self.assertEqual(rows[:2], [{"key": "a", "requests": 2, "error": 0},
                                    {"key_base64": "/w==", "requests": 1, "error": 0}])
        self.assertGreaterEqual(rows[2].pop("seconds"), 0)
        self.assertEqual(rows[2:], [{"requests": 3, "error": 0, "skipped": 7}])
        self.assertIn('{"prefix":"a:","requests":1,', self.table(lines(get("a:b")), "--json",
                                                                "--by=prefix"))

    def test_skipped(self):
        self.assertIn("\nThe server left out 12 lines, as they were not read fast enough.\n",
                      self.table(lines("skipped=5", get("a"), "skipped=7")))

    def test_it_ends(self):
        fake = Fake(self, opens(lines(get("a"))))
        self.ok("top", "--for=0.0005")
        running = Running(self, "-s", fake.address, "top", "--for=0.05")
        self.assertEqual(running.end(), b"")
        self.assertTrue(running.out.endswith(b"exact.\n"), running.out)
        running = Running(self, "-s", fake.address, "top", "--json", "--for=0.05", size=(80, 24))
        self.assertEqual(running.end(), b"")
        self.assertNotIn(b"\x1b", running.out)
        self.assertRegex(running.out.splitlines()[-1], rb'^\{"requests":')
        self.assertEqual(running.out.count(b"seconds"), 1)
        running = Running(self, "-s", fake.address, "top", size=(80, 24))
        running.expect(b"requests in")
        self.assertEqual(running.interrupt(), b"")

    def test_on_a_terminal(self):
        fake = Fake(self, opens(lines(*[get("key-%03d-%s" % (k, "x" * 60)) for k in range(40)])))
        running = Running(self, "-s", fake.address, "top", size=(60, 12))
        running.expect(b"key-006")  # it is drawn a second time, after a second
        self.assertGreater(running.out.count(b"\x1b[H\x1b[J"), 0)
        running.interrupt()
        last = running.out.split(b"\x1b[H\x1b[J")[-1].decode()
        self.assertLess(last.count("\n"), 12)
        self.assertIn("  key-006-" + "x" * 27 + "..\n", last)
        self.assertNotIn("key-007", last)
        self.assertIn("\x1b[1m", last)
        self.assertTrue(all(len(line) <= 60 for line in re.sub("\x1b\\[\\d*m", "", last).split("\n")))

    def test_on_a_dumb_terminal(self):
        for variables in ({"TERM": "dumb"},):
            out = self.table(lines(get("a")), size=(80, 24), **variables)
            self.assertNotIn("\x1b", out)
            self.assertEqual(len(re.findall("requests? in", out)), 1)
        out = self.table(lines(get("a")), size=(80, 24), NO_COLOR="1")
        self.assertEqual(set(re.findall("\x1b\\[.", out)), {"\x1b[H", "\x1b[J"})

    def test_a_real_memcached(self):
        running = Running(self, "-s", self.memcached.address, "top", "--by=misses", size=(80, 24))
        self.ok("set", self.key("stored"), "x")
        while self.key("a").encode() not in running.out:
            self.ok("get", self.key("a"), self.key("stored"), status=1,
                    said=b"mcwire: %s: MISS\n" % self.key("a").encode())
            self.assertTrue(running.read())
        running.interrupt()
        self.assertNotIn(self.key("stored").encode(), running.out)


# ---- latency ----------------------------------------------------------------


def tells(version, delay=None):
    """Answers each version command, but none after `delay` of them on a connection."""
    def talk(fake, connection, number):
        count = 0
        while fake.receive(connection):
            count += 1
            if delay is None or count <= delay:
                connection.sendall(b"VERSION " + version + b"\r\n")
    return talk


class Latency(Case):
    def test_numbers(self):
        line = json.loads(self.ok("latency", "--for=0.05", "--interval=0", "--json"))
        self.assertEqual(list(line), ["count", "timeouts", "min_us", "mean_us", "p50_us", "p90_us",
                                      "p99_us", "p99.9_us", "max_us", "rows"])
        self.assertGreater(line["count"], 1)
        self.assertEqual(line["timeouts"], 0)
        order = [line[name] for name in ("min_us", "p50_us", "p90_us", "p99_us", "p99.9_us",
                                         "max_us")]
        self.assertEqual(order, sorted(order))
        self.assertTrue(0 < line["min_us"] <= line["mean_us"] <= line["max_us"], line)
        self.assertEqual(sum(row["count"] for row in line["rows"]), line["count"])
        ends = [row["up_to_us"] for row in line["rows"]]
        self.assertEqual(ends, sorted(ends))
        self.assertTrue(all(re.fullmatch("[125]0*", str(end)) for end in ends), ends)
        self.assertGreaterEqual(ends[-1] * 1.02, line["p99_us"])

    def test_a_chart(self):
        fake = Fake(self, tells(b"1.6.18"))
        out = self.ok("latency", "--for=0.05", "--interval=0", server=fake.address).decode()
        shown = out.split("\n")
        self.assertEqual(shown[0], fake.address + ", memcached 1.6.18")
        self.assertRegex(shown[1], r"^\d+ round trips in \d+\.\d s$")
        time = r"[\d.]+ (ns|us|ms|s)"
        self.assertRegex(shown[2], "^" + ", ".join(name + " " + time for name in (
            "min", "mean", "p50", "p90", "p99", r"p99\.9", "max")) + "$")
        rows = [re.fullmatch(r"up to +(\d+) (us|ms|s ) +(\d+) +([\d.]+) %(  #+)?", line).groups()
                for line in shown[3:-1]]
        counts = [int(row[2]) for row in rows]
        self.assertEqual(sum(counts), int(shown[1].split()[0]))
        self.assertGreater(counts[0], 0)
        self.assertGreater(counts[-1], 0)
        bars = [len(row[4] or "  ") - 2 for row in rows]
        self.assertEqual(max(bars), 48)
        self.assertEqual(bars.index(48), counts.index(max(counts)))
        self.assertEqual([bar > 0 for bar in bars], [count > 0 for count in counts])
        self.assertAlmostEqual(sum(float(row[3]) for row in rows), 100, delta=0.1 * len(rows))
        self.assertTrue(all(len(line) <= 80 for line in shown[3:]), out)

    def test_rows(self):
        """From the least to the largest, each is 2 or 2.5 times the one before, in a short unit."""
        def talk(fake, connection, number):
            for seconds in (0, 0.003, 0.03):
                if fake.receive(connection):
                    time.sleep(seconds)
                    connection.sendall(b"VERSION 1\r\n")
            tells(b"1")(fake, connection, number)

        fake = Fake(self, talk)
        running = Running(self, "-s", fake.address, "latency", "--interval=0.01")
        wait_until(lambda: fake.received.count(b"\n") > 3)
        running.interrupt()
        labels = re.findall(rb"(?m)^up to +(\d+) (us|ms|s) ", running.out)
        ends = [int(number) * {b"us": 1, b"ms": 1000, b"s": 1000000}[unit] for number, unit in labels]
        self.assertGreaterEqual(ends[-1], 50000)
        self.assertLessEqual({later / earlier for earlier, later in zip(ends, ends[1:])}, {2, 2.5})
        numbers = labels + re.findall(rb"(\d+)[\d.]* (us|ms|s)[,\n]", running.out)
        self.assertLess(max(int(number) for number, _ in numbers), 1000, running.out)

    def test_how_often(self):
        line = json.loads(self.ok("latency", "--for=0.05", "--interval=0.04", "--json"))
        self.assertLessEqual(line["count"], 3)
        self.assertGreaterEqual(line["count"], 1)

    def test_interrupted(self):
        fake = Fake(self, tells(b"1.6.18"))
        running = Running(self, "-s", fake.address, "latency", "--interval=60", size=(40, 24),
                          TERM="dumb")
        wait_until(lambda: fake.received)
        self.assertEqual(running.interrupt(), b"")
        self.assertRegex(running.out, rb"(?m)^1 round trip in ")
        numbers = running.out.decode().split("\n")[2:]
        self.assertTrue(all(len(line) <= 40 for line in numbers), numbers)
        self.assertTrue(numbers[0].startswith("min "), numbers)
        self.assertTrue(numbers[0].endswith(","), numbers)

    def test_timeouts(self):
        fake = Fake(self, tells(b"1", delay=1))
        result = run("-s", fake.address, "--timeout=20", "latency", "--for=0.2", "--interval=0",
                     "--json")
        line = json.loads(result.out)
        self.assertEqual((result.status, result.said.count(b"\n")), (75, 1), result.said)
        self.assertGreater(line["timeouts"], 1)
        self.assertGreater(line["count"], 1)
        self.assertLess(line["max_us"], 20000)
        result = run("-s", Fake(self, silent).address, "--timeout=10", "latency", "--for=0.1")
        self.assertEqual(result.status, 75)
        self.assertRegex(result.out, rb"memcached \n0 round trips in .* s; \d+ timed out\n$")

    def test_the_server_dies(self):
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            connection = listener.accept()[0]
            connection.recv(65536)
            connection.sendall(b"VERSION 1\r\n")
            connection.recv(65536)
            listener.close()
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        result = run("-s", "127.0.0.1:%d" % listener.getsockname()[1], SLOW, "latency",
                     "--interval=0")
        self.assertEqual((result.status, result.said.count(b"\n")), (69, 1), result.said)
        self.assertRegex(result.out, rb"(?m)^1 round trip in [\d.]+ s$")

    def test_on_a_terminal(self):
        fake = Fake(self, tells(b"1\x1b[31m"))
        other = Running(self, "-s", fake.address, "latency", size=(50, 24), TERM="dumb")
        running = Running(self, "-s", fake.address, "latency", size=(50, 24))
        running.expect(b"\x1b[H\x1b[J")
        running.expect(b"#")
        running.interrupt()
        self.assertGreater(running.out.count(b"\x1b[H\x1b[J"), 1)
        last = running.out.split(b"\x1b[H\x1b[J")[-1].decode()
        self.assertIn("memcached 1\\x1b[31m\n", last)
        self.assertTrue(all(len(line) <= 50 for line in last.split("\n")[2:]), last)
        other.interrupt()
        self.assertEqual(other.out.count(b"round trips in"), 1)
        self.assertNotIn(b"\x1b", other.out)


# ---- doctor -----------------------------------------------------------------

GENERAL = {"version": "1.6.18", "uptime": 90061, "curr_items": 5, "curr_connections": 10,
           "max_connections": 1024, "total_items": 10000, "evictions": 0, "get_hits": 900,
           "get_misses": 100, "cmd_get": 1000, "cmd_set": 1000, "rejected_connections": 0,
           "listen_disabled_num": 0, "store_too_large": 0, "store_no_memory": 0, "malloc_fails": 0,
           "auth_errors": 0, "cmd_flush": 0, "conn_yields": 0, "expired_unfetched": 0,
           "evicted_unfetched": 0}
SETTINGS = {"tcpport": 11211, "udpport": 0, "inter": "127.0.0.1", "domain_socket": "NULL",
            "verbosity": 0, "maxconns": 1024, "auth_enabled_sasl": "no", "auth_enabled_ascii": "no",
            "detail_enabled": "no", "lru_crawler": "yes", "lru_maintainer_thread": "yes"}
ITEMS = {"items:1:evicted": 0, "items:1:evicted_time": 0, "items:1:mem_requested": 90 * 1000000}
SLABS = {"1:chunk_size": 100, "1:used_chunks": 1000000, "1:free_chunks": 10, "active_slabs": 1}


def statistics(numbers):
    return b"".join(b"STAT %s %s\r\n" % (name.encode(), str(value).encode("latin-1"))
                    for name, value in numbers.items()) + b"END\r\n"


class Doctor(Case):
    def patient(self, general=None, settings=None, items=None, slabs=None):
        """A server that has these numbers besides the healthy ones, or gives these bytes."""
        replies = {}
        for name, healthy, changes in ((b"stats", GENERAL, general),
                                       (b"stats settings", SETTINGS, settings),
                                       (b"stats items", ITEMS, items),
                                       (b"stats slabs", SLABS, slabs)):
            replies[name] = changes if isinstance(changes, bytes) else statistics(
                {k: v for k, v in {**healthy, **(changes or {})}.items() if v is not None})

        def talk(fake, connection, number):
            while line := fake.receive(connection):
                connection.sendall(replies[line.strip()])

        return Fake(self, talk).address

    def findings(self, **changes):
        result = run("-s", self.patient(**changes), SLOW, "doctor", "--json")
        self.assertEqual(result.said, b"")
        found = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(result.status, 1 if found else 0)
        self.assertTrue(all(list(one) == ["finding", "text", "advice"] for one in found), found)
        self.assertTrue(all(one["advice"].endswith(".") for one in found), found)
        return [(one["finding"], one["text"]) for one in found]

    def finds(self, name, text, **changes):
        self.assertEqual(self.findings(**changes), [(name, text)])

    def healthy(self, **changes):
        self.assertEqual(self.findings(**changes), [])

    def test_healthy(self):
        address = self.patient()
        self.ok("doctor", server=address, out=b"%s, memcached 1.6.18, up 1 d 1 h, 5 items\n"
                b"Nothing is unusual.\n" % address.encode())
        for seconds, shown in ((59, b"0 min"), (3599, b"59 min"), (3600, b"1 h 0 min"),
                               (86399, b"23 h 59 min"), (86400, b"1 d 0 h")):
            self.assertIn(b", up %s, " % shown,
                          self.ok("doctor", server=self.patient(general={"uptime": seconds})))
        self.assertIn(b", 1 item\n",
                      self.ok("doctor", server=self.patient(general={"curr_items": 1})))
        self.healthy()

    def test_a_real_memcached(self):
        self.assertTrue(self.ok("doctor").endswith(b"Nothing is unusual.\n"))
        self.ok("flush", "--yes")
        self.ok("doctor", status=1)
        self.assertEqual(json.loads(self.ok("doctor", "--json", status=1))["finding"], "flush_all")

    def test_lines(self):
        address = self.patient(general={"version": "1.5.6", "cmd_flush": 3})
        self.ok("doctor", server=address, status=1, out=b"""\
%s, memcached 1.5.6, up 1 d 1 h, 5 items
! version: memcached 1.5.6: meta commands need 1.6.18 or newer
  Upgrade: older servers also have known security holes.
! flush_all: cmd_flush is 3: that often somebody has invalidated all items
  Find out who; -F forbids it.
2 things are unusual.
""" % address.encode())

    def test_one_thing(self):
        out = self.ok("doctor", server=self.patient(general={"cmd_flush": 1}), status=1)
        self.assertTrue(out.endswith(b"\n1 thing is unusual.\n"), out)

    def test_versions(self):
        for version, old in (("1.4.5", True), ("1.6.17", True), ("1.6.18", False), ("1.6.45", False),
                             ("1.7.0", False), ("2.0.0", False), ("0.9.99", True), ("1.6.9-x", True),
                             ("new", False), ("1.6", False), ("", False), ("1.6.1000", False)):
            found = self.findings(general={"version": version})
            self.assertEqual(len(found), 1 if old else 0, (version, found))
        self.healthy(general={"version": None})

    def test_counters(self):
        for name, finding in (("rejected_connections", "refused connections"),
                              ("listen_disabled_num", "full"), ("store_too_large", "too large"),
                              ("store_no_memory", "no memory"), ("malloc_fails", "malloc"),
                              ("auth_errors", "logins"), ("cmd_flush", "flush_all")):
            found = self.findings(general={name: 12345})
            self.assertEqual(len(found), 1, found)
            self.assertEqual(found[0][0], finding)
            self.assertTrue(found[0][1].startswith(name + " is 12345: "), found)
            self.healthy(general={name: None})
            self.healthy(general={name: "many"})

    def test_settings(self):
        for name, value, finding in (("udpport", 11211, "udp"), ("verbosity", 2, "verbosity"),
                                     ("detail_enabled", "yes", "detail"),
                                     ("lru_crawler", "no", "crawler"),
                                     ("lru_maintainer_thread", "no", "maintainer")):
            found = self.findings(settings={name: value})
            self.assertEqual(len(found), 1, found)
            self.assertEqual(found[0][0], finding)
            self.assertTrue(found[0][1].startswith("%s is %s: " % (name, value)), found)
            self.healthy(settings={name: None})

    def test_open(self):
        words = "port 11211 is open on all interfaces, and nobody has to log in"
        for inter in ("NULL", "", "0.0.0.0", "::", "*"):
            self.finds("open", words, settings={"inter": inter})
        self.finds("open", words, settings={"inter": "NULL", "auth_enabled_ascii": None})
        self.finds("open", words, settings={"inter": "NULL", "domain_socket": None})
        for other in ({"inter": "10.0.0.1"}, {"tcpport": 0}, {"domain_socket": "/run/memcached"},
                      {"auth_enabled_sasl": "yes"}, {"auth_enabled_ascii": "/etc/users"},
                      {"tcpport": None}, {"inter": None}):
            self.healthy(settings={"inter": "NULL", **other})

    def test_connections(self):
        self.finds("connections", "900 of 1000 connections are in use (90 %)",
                   general={"curr_connections": 900, "max_connections": 1000})
        self.healthy(general={"curr_connections": 899, "max_connections": 1000})
        self.finds("connections", "1000 of 1024 connections are in use (98 %)",
                   general={"curr_connections": 1000, "max_connections": None})
        self.finds("connections", "1 of 1 connection is in use (100 %)",
                   general={"curr_connections": 1, "max_connections": 1})
        self.healthy(general={"curr_connections": 1000, "max_connections": None},
                     settings={"maxconns": None})

    def test_evictions(self):
        self.finds("evictions", "100 items, 1.0 % of those stored, had to go",
                   general={"evictions": 100})
        self.finds("evictions", "1 item, 50.0 % of those stored, had to go",
                   general={"evictions": 1, "total_items": 2})
        self.healthy(general={"evictions": 99})
        self.finds("evictions", "100 items, 1.0 % of those stored, had to go; the last one of a "
                   "class had been used 7 s before", general={"evictions": 100},
                   items={"items:1:evicted": 0, "items:1:evicted_time": 3, "items:2:evicted": 9,
                          "items:2:evicted_time": 9, "items:3:evicted": 91,
                          "items:3:evicted_time": 7, "items:4:evicted": 1,
                          "items:4:evicted_time": 8})
        self.finds("evictions", "100 items, 1.0 % of those stored, had to go",
                   general={"evictions": 100}, items=b"END\r\n")

    def test_unread(self):
        stored = {"total_items": 1000000, "evictions": 1000}
        self.finds("evicted unread", "500 of 1000 evicted items had never been fetched",
                   general={**stored, "evicted_unfetched": 500})
        self.healthy(general={**stored, "evicted_unfetched": 499})
        self.healthy(general={**stored, "evictions": 999, "evicted_unfetched": 999})
        self.finds("expired unread", "5000 items, 50.0 % of those stored, expired and had never "
                   "been fetched", general={"expired_unfetched": 5000})
        self.healthy(general={"expired_unfetched": 4999})
        self.healthy(general={"expired_unfetched": 999, "total_items": 999})

    def test_hits(self):
        self.finds("hit ratio", "49.9 % of 1000 fetched keys were found",
                   general={"get_hits": 499, "get_misses": 501})
        self.healthy(general={"get_hits": 500, "get_misses": 500})
        self.healthy(general={"get_hits": 0, "get_misses": 999})
        self.healthy(general={"get_hits": None, "get_misses": None})

    def test_yields(self):
        self.finds("yields", "1000 times a connection had to wait, as it had sent many commands at "
                   "once", general={"conn_yields": 1000, "cmd_get": 50000, "cmd_set": 50000})
        self.healthy(general={"conn_yields": 1000, "cmd_get": 50000, "cmd_set": 50001})
        self.healthy(general={"conn_yields": 999})

    def test_free_chunks(self):
        some = {"evictions": 1}
        slabs = {"1:chunk_size": 1048576, "1:used_chunks": 20, "1:free_chunks": 4,
                 "12:chunk_size": 524288, "12:used_chunks": 20, "12:free_chunks": 12}
        requested = {"items:1:mem_requested": 20 << 20, "items:12:mem_requested": 10 << 20}
        self.finds("free chunks", "10.0 of 40.0 MB that size classes have are unused",
                   general=some, slabs=slabs, items=requested)
        self.healthy(slabs=slabs, items=requested)
        self.healthy(general=some, slabs={**slabs, "12:free_chunks": 11}, items=requested)
        self.healthy(general=some, slabs={**slabs, "1:used_chunks": 21}, items={
            **requested, "items:1:mem_requested": 21 << 20})

    def test_padding(self):
        slabs = {"1:chunk_size": 1048576, "1:used_chunks": 50, "1:free_chunks": 0}
        self.finds("padding", "10.0 of 50.0 MB of items are padding: their chunks are larger",
                   slabs=slabs, items={"items:1:mem_requested": 40 << 20})
        self.finds("padding", "10.0 of 50.0 MB of items are padding: their chunks are larger",
                   slabs={**slabs, "1:mem_requested": 40 << 20}, items=b"END\r\n")
        self.healthy(slabs=slabs, items={"items:1:mem_requested": (40 << 20) + 1})
        self.healthy(slabs={**slabs, "1:used_chunks": 51},
                     items={"items:1:mem_requested": (41 << 20)})
        self.healthy(slabs={**slabs, "1:used_chunks": 40},
                     items={"items:1:mem_requested": (31 << 20)})
        self.healthy(slabs=slabs, items=b"END\r\n")
        self.healthy(slabs=slabs, items={"items:1:mem_requested": 60 << 20})

    def test_a_group_is_refused(self):
        address = self.patient(settings=b"STAT verbosity 2\r\nERROR\r\n", slabs=b"SERVER_ERROR no\r\n",
                               general={"cmd_flush": 1})
        result = run("-s", address, SLOW, "doctor")
        self.assertEqual(result.status, 1)
        self.assertEqual(result.said, b"mcwire: doctor: the server does not tell its settings, "
                         b"which are not judged\nmcwire: doctor: the server does not tell its slabs, "
                         b"which are not judged\n")
        self.assertEqual(re.findall(rb"(?m)^! (.*?):", result.out), [b"flush_all"])

    def test_it_dies_in_between(self):
        fake = Fake(self, dies(statistics(GENERAL), statistics(SETTINGS)[:50]))
        result = run("-s", fake.address, SLOW, "doctor")
        self.assertEqual((result.status, result.out), (69, b""), result.said)

    def test_narrow(self):
        address = self.patient(general={"evictions": 5000, "version": "1.5.6\x1b[1m"},
                               settings={"inter": "NULL"})
        running = Running(self, "-s", address, "doctor", size=(44, 24))
        running.end(status=1)
        self.assertIn(b"\x1b[33m! open:\x1b[0m port 11211 is open on all\n  interfaces, and nobody has "
                      b"to log in\n  Listen", running.out)
        plain = re.sub(b"\x1b\\[\\d+m", b"", running.out).decode()
        self.assertNotIn("\x1b", plain)
        self.assertEqual(plain.count("memcached 1.5.6\\x1b[1m"), 2)
        self.assertTrue(all(len(line) <= 44 for line in plain.split("\n")[1:]), plain)
        out = self.ok("doctor", status=1, server=address)
        self.assertTrue(all(len(line) <= 80 for line in out.split(b"\n")), out)
        running = Running(self, "-s", self.patient(), "doctor", size=(80, 24))
        running.end()
        self.assertIn(b"\n\x1b[32mNothing is unusual.\x1b[0m\n", running.out)


# ---- stats and ping ---------------------------------------------------------


class Others(Case):
    def test_stats_watch_is_interrupted(self):
        running = Running(self, "-s", self.memcached.address, "stats", "--watch=60")
        running.expect(b"lru_bumps_dropped")
        self.assertEqual(running.interrupt(), b"")

    def test_stats_watch_goes_on(self):
        running = Running(self, "-s", self.memcached.address, "stats", "--watch=0.001")
        while running.out.count(b"cmd_touch") < 1 or running.out.count(b"bytes_read ") < 3:
            self.assertTrue(running.read())
        running.interrupt()
        self.assertEqual(running.out.count(b"cmd_touch"), 1)
        for block in running.out.split(b"\n\n"):
            names = [line.split()[0] for line in block.splitlines() if line]
            self.assertEqual(len(names), len(set(names)), block)


if __name__ == "__main__":
    sys.exit(main())
