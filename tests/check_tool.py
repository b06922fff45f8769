"""The command mcwire against a memcached of its own, and against servers that lie and die: what it
prints, where, and with which exit status; prints TAP. usage: check_tool.py MCWIRE"""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

from mcwire import (MCWIRE, PATIENCE_S, SLOW, Case, Fake, Memcached, dies, environment, main,
                    on_terminal, run, says, silent)

# ---- everyday commands ------------------------------------------------------


class Everyday(Case):
    def test_set_and_get(self):
        key = self.key("k")
        self.ok("set", key, "hello, world", "--flags", "5", out=b"STORED\n")
        self.ok("get", key, out=b"hello, world")
        self.ok("get", "--field=flags", key, out=b"5\n")
        self.ok("get", "--field=size", key, out=b"12\n")
        self.ok("get", "--field=value", key, out=b"hello, world")
        self.assertGreater(int(self.ok("get", "--field=cas", key)), 0)
        self.assertEqual(json.loads(self.ok("get", "--json", key)),
                         {"key": key, "result": "HIT", "flags": 5, "size": 12,
                          "text": "hello, world"})

    def test_misses(self):
        self.ok("get", self.key("a"), status=1, out=b"",
                said=b"mcwire: test_misses-a: MISS\n")
        self.ok("get", self.key("a"), "--json", status=1,
                out=b'{"key":"test_misses-a","result":"MISS"}\n')
        self.ok("get", "--field=ttl", self.key("a"), status=1, out=b"",
                said=b"mcwire: test_misses-a: MISS\n")
        self.ok("replace", self.key("a"), "x", status=1, out=b"",
                said=b"mcwire: test_misses-a: NOT_STORED\n")
        self.ok("delete", self.key("a"), status=1, out=b"",
                said=b"mcwire: test_misses-a: NOT_FOUND\n")

    def test_several_keys(self):
        a, b, c = [self.key(k) for k in "abc"]
        self.ok("set", a, given=b"1\t\n\\\xff\x1b")
        self.ok("set", c, "")
        shown = b"%s\t1\\x09\\x0a\\\\\\xff\\x1b\n%s\t\n" % (a.encode(), c.encode())
        miss = b"mcwire: %s: MISS\n" % b.encode()
        self.ok("get", a, b, c, status=1, out=shown, said=miss)
        self.ok("get", "-0", a, b, c, status=1, said=miss,
                out=b"%s\x001\t\n\\\xff\x1b\x00%s\x00\x00" % (a.encode(), c.encode()))
        self.ok("get", "-0", "--field", "size", a, out=b"%s\x006\x00" % a.encode())
        self.ok("get", "--field=size", c, c, a, out=b"%s\t0\n%s\t0\n%s\t6\n" % (
            c.encode(), c.encode(), a.encode()))
        lines = [json.loads(line) for line in self.ok("get", "--json", a, b, c, a,
                                                      status=1).splitlines()]
        self.assertEqual([line["result"] for line in lines], ["HIT", "MISS", "HIT", "HIT"])
        self.assertEqual(base64.b64decode(lines[0]["base64"]), b"1\t\n\\\xff\x1b")
        self.assertEqual(lines[2]["text"], "")
        self.ok("delete", a, b, c, status=1, said=b"mcwire: %s: NOT_FOUND\n" % b.encode(),
                out=b"%s\tDELETED\n%s\tDELETED\n" % (a.encode(), c.encode()))

    def test_a_key_that_is_answered_once(self):
        fake = Fake(self, says(b"VALUE k 3 2\r\nhi\r\nEND\r\n"))
        self.ok("get", "k", "k", out=b"k\thi\nk\thi\n", server=fake.address)

    def test_where_the_value_is(self):
        key = self.key("k")
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"from\0a file\n")
            file.flush()
            self.ok("set", key, "@" + file.name)
            self.ok("get", key, out=b"from\0a file\n")
            self.ok("set", key, "-", given=b"from\r\nEND\r\na pipe")
            self.ok("get", key, out=b"from\r\nEND\r\na pipe")
            self.ok("set", "--", key, "@" + file.name)
            self.ok("get", key, out=b"@" + file.name.encode())
            self.ok("set", key, "--", "-")
            self.ok("get", key, out=b"-")
            self.ok("set", key, "", given=b"not this")
            self.ok("get", key, out=b"")
        big = os.urandom(1000000)
        self.ok("set", key, given=big, out=b"STORED\n")
        self.assertEqual(self.ok("get", key), big)
        self.fails(2, b"No such file", "set", key, "@/nowhere/at/all")

    def test_store_commands(self):
        key = self.key("k")
        self.ok("add", key, "b", "--ttl", "100", out=b"STORED\n")
        self.ok("add", key, "x", status=1, out=b"",
                said=b"mcwire: test_store_commands-k: NOT_STORED\n")
        self.ok("add", key, "x", "--json", status=1,
                out=b'{"key":"test_store_commands-k","result":"NOT_STORED"}\n')
        self.ok("append", key, "c")
        self.ok("prepend", key, "a")
        self.ok("get", key, out=b"abc")
        self.ok("replace", key, "new", "--flags=7")
        self.ok("get", "--field=flags", key, out=b"7\n")

    def test_cas(self):
        key = self.key("k")
        self.ok("set", key, "1")
        cas = self.ok("get", "--field=cas", key).decode().strip()
        self.ok("set", key, "2", "--cas", cas, out=b"STORED\n")
        self.ok("set", key, "3", "--cas", cas, status=1, out=b"",
                said=b"mcwire: test_cas-k: EXISTS\n")
        self.ok("set", self.key("none"), "3", "--cas", "0", status=1, out=b"",
                said=b"mcwire: test_cas-none: NOT_FOUND\n")
        self.ok("get", key, out=b"2")

    def ttl(self, key):
        return int(self.ok("get", "--field=ttl", key))

    def test_times_to_live(self):
        key = self.key("k")
        self.ok("set", key, "1")
        self.assertEqual(self.ttl(key), -1)
        self.ok("touch", key, "1000", out=b"TOUCHED\n")
        self.assertTrue(0 < self.ttl(key) <= 1000)
        days60 = 60 * 86400  # memcached itself takes this for a date in 1970
        for command in (["touch", key, str(days60)], ["set", key, "1", "--ttl", str(days60)],
                        ["touch", key, str(int(time.time()) + days60)]):
            self.ok(*command)
            self.assertTrue(days60 - 1000 < self.ttl(key) <= days60 + 2, command)
        self.ok("get", "--touch", "500", key, out=b"1")
        self.assertTrue(0 < self.ttl(key) <= 500)
        self.assertGreater(int(self.ok("get", "--touch", "600", "--field=cas", key)), 0)
        self.assertTrue(500 < self.ttl(key) <= 600)
        self.ok("get", "--touch", "700", "--field=ttl", key)
        self.assertTrue(600 < self.ttl(key) <= 700)
        self.ok("touch", key, "--", "-1")
        self.ok("get", key, status=1, said=b"mcwire: test_times_to_live-k: MISS\n")
        for wrong in ("x", "", "1s", "2147483648", "999999999", "--"):
            self.fails(2, b"", "set", key, "1", "--ttl=" + wrong)

    def test_numbers(self):
        key = self.key("n")
        self.ok("set", key, "10")
        self.ok("incr", key, out=b"11\n")
        self.ok("incr", key, "18446744073709551615", out=b"10\n")
        self.ok("decr", key, "3", out=b"7\n")
        self.ok("decr", key, out=b"6\n")
        self.ok("decr", key, "100", "--json",
                out=b'{"key":"test_numbers-n","result":"OK","number":0}\n')
        self.ok("incr", self.key("none"), status=1, said=b"mcwire: test_numbers-none: NOT_FOUND\n")
        self.fails(2, b"'x' is not a number", "incr", key, "x")
        self.ok("set", key, "word")
        self.fails(65, b"non-numeric", "incr", key)

    def test_flush(self):
        memcached = Memcached()
        self.addCleanup(memcached.end)
        self.ok("set", "k", "1", server=memcached.address)
        self.fails(2, b"--yes", "flush", server=memcached.address)
        self.ok("flush", "--yes", "--delay", "1000", server=memcached.address, out=b"OK\n")
        self.ok("get", "k", server=memcached.address, out=b"1")
        self.ok("flush", "--yes", server=memcached.address)
        self.ok("get", "k", server=memcached.address, status=1, said=b"mcwire: k: MISS\n")

    def test_meta(self):
        key = self.key("k")
        self.ok("meta", "ms", key, "T0", "F9", given=b"hello", out=b"HD\n")
        self.ok("meta", "mg", key, "s", "v", "f", "t", "k", "Oab",
                out=b"VA 5 s5 f9 t-1 k%s Oab\nhello" % key.encode())
        self.ok("meta", "mg", key, "f", "v", "--json",
                out=b'{"reply":"VA 5 f9","text":"hello"}\n')
        self.ok("meta", "ms", key, "ME", "--value", "x", out=b"NS\n", status=1)
        self.ok("meta", "mg", self.key("none"), "v", out=b"EN\n", status=1)
        self.ok("meta", "mg", self.key("none"), "v", "q", out=b"MN\n", status=1)
        self.ok("meta", "md", key, "q", out=b"MN\n")
        self.ok("meta", "md", key, out=b"NF\n", status=1)
        self.ok("meta", "ma", key, "N0", "J5", "v", out=b"VA 1\n5")
        self.ok("meta", "ma", key, "MD", "D2", "v", out=b"VA 1\n3")
        self.assertTrue(self.ok("meta", "me", key).startswith(b"ME " + key.encode()))
        self.ok("meta", "ms", "Zm9v", "b", given=b"bar", out=b"HD\n")
        self.ok("get", "foo", out=b"bar")
        self.ok("meta", "mn", out=b"MN\n")
        for words in (["xx", "k"], ["mg"], ["mn", "k"], ["mg", "k", "T"], ["mg", "k", "vv"],
                      ["mg", "k", "M"], ["mg", "k", "x"], ["mg", "k", "Cx"], ["mg", "&", "b"],
                      ["mg", "Zm9", "b"], ["mg", "Zm9=", "b"], ["mg", "k", "v", "v"],
                      ["mg", "k", ""]):
            self.fails(2, b"", "meta", *words)
        self.fails(2, b"'v' is not a flag", "meta", "mg", "k", *["v"] * 40)

    def test_ping_and_version(self):
        version = self.ok("version")
        self.assertRegex(version, rb"\A[0-9]+(\.[0-9]+)+\S*\n\Z")
        self.assertEqual(json.loads(self.ok("version", "--json"))["version"].encode() + b"\n",
                         version)
        lines = self.ok("ping", "--count=3", "--interval=0").splitlines()
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assertRegex(line, rb"\Aunix:/.*: memcached %s, [0-9.]+ ms\Z"
                             % re.escape(version.strip()))
        first = json.loads(self.ok("ping", "--json"))
        self.assertEqual(first["server"], self.memcached.address)
        self.assertGreaterEqual(first["ms"], 0)

    def test_stats(self):
        lines = dict(line.split(None, 1) for line in self.ok("stats").decode().splitlines())
        self.assertEqual(int(lines["pid"]), self.memcached.process.pid)
        settings = [json.loads(line) for line in self.ok("stats", "settings",
                                                         "--json").splitlines()]
        self.assertIn({"name": "udpport", "value": "0"}, settings)
        self.ok("stats", "detail on")
        self.ok("get", "detail:x", status=1, said=b"mcwire: detail:x: MISS\n")
        self.assertIn(b"PREFIX detail get 1", self.ok("stats", "detail dump"))
        self.ok("stats", "detail off")
        self.fails(65, b"nothing: the server", "stats", "nothing")

    def test_stats_watch(self):
        """Again and again, but only what has changed; Ctrl-C ends it well."""
        process = subprocess.Popen([MCWIRE, "-s", self.memcached.address, SLOW, "stats", "--watch",
                                    "0.001"], stdout=subprocess.PIPE, env=environment())
        first, second = [], []
        while line := process.stdout.readline().strip():
            first.append(line.split()[0])
        while len(second) < 3:
            line = process.stdout.readline().strip()
            second += [line.split()[0]] if line else []
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"pid", first)
        self.assertNotIn(b"pid", second)


# ---- usage ------------------------------------------------------------------


class Usage(Case):
    def test_wrong_usage(self):
        for words, command in ((b"a command is missing", []),
                               (b"gte: no such command", ["gte"]),
                               (b"mcwire get KEY...", ["get"]),
                               (b"'c' is one argument too many", ["set", "a", "b", "c"]),
                               (b"--cas: no such option", ["add", "--cas=1", "a", "b"]),
                               (b"--ttl: no such option", ["--ttl=1", "set", "a", "b"]),
                               (b"-1: no such option", ["touch", "a", "-1"]),
                               (b"--yes: takes no value", ["flush", "--yes=1"]),
                               (b"--field: 'x' is not one of value|", ["get", "--field=x", "a"]),
                               (b"--timeout: a value is missing", ["version", "--timeout"]),
                               (b"--timeout: '0' is not a number", ["version", "--timeout=0"]),
                               (b"--flags: '4294967296' is not", ["set", "--flags=4294967296",
                                                                  "a", "b"]),
                               (b"one address", ["-s", "a,b", "get", "k"]),
                               (b"the address is empty", ["-s", "", "get", "k"])):
            self.fails(2, words, *command)

    def test_keys_that_cannot_be_sent(self):
        self.ok("set", self.key("k"), "1")
        result = run("-s", self.memcached.address, SLOW, "get", self.key("k"), "a b", "x" * 251)
        self.assertEqual(result.status, 2)
        self.assertEqual(result.out, b"test_keys_that_cannot_be_sent-k\t1\n")
        self.assertEqual(result.said.count(b"a key must have 1 to 250 bytes"), 2)
        for command in (["set", "a\nb", "1"], ["delete", ""], ["incr", "a\x7f"]):
            self.fails(2, b"a key must have", *command)

    def test_where_options_stand(self):
        key = self.key("k")
        address = self.memcached.address
        for command in (["set", key, "1", "-s", address], ["set", "-s" + address, key, "1"],
                        ["--server=" + address, "set", key, "1"],
                        ["--server", address, "set", "--", key, "1"]):
            result = run(SLOW, *command)
            self.assertEqual((result.status, result.out), (0, b"STORED\n"), result.said)

    def test_help(self):
        top = run("--help")
        self.assertEqual((top.status, top.said), (0, b""))
        self.assertEqual(run("-h").out, top.out)
        names = re.findall(rb"^  ([a-z]+) ", top.out.split(b"Options:")[0], re.MULTILINE)
        self.assertGreater(len(names), 10)
        for name in names:
            own = run(name.decode(), "-h")
            self.assertEqual((own.status, own.said), (0, b""))
            self.assertTrue(own.out.startswith(b"Usage: mcwire " + name), own.out)
            self.assertEqual(run("-s", "x", name.decode(), "--help").out, own.out)
            for line in (own.out + top.out).splitlines():
                self.assertLessEqual(len(line), 80, line)
        self.assertRegex(run("--version").out, rb"\Amcwire [0-9]+\.[0-9]+\.[0-9]+\n\Z")

    def test_the_server_of_the_environment(self):
        address = self.memcached.address
        run("-s", address, SLOW, "set", self.key("k"), "1")
        nobody = "127.0.0.1:1"
        note = b"mcwire: note: of MEMCACHED_SERVERS only the first server is used: "
        for changes, status, said in (
                ({"MCWIRE_SERVERS": address, "MEMCACHED_SERVERS": nobody}, 0, b""),
                ({"MCWIRE_SERVERS": "", "MEMCACHED_SERVERS": address}, 0, b""),
                ({"MEMCACHED_SERVERS": " %s, b" % address}, 0, note + address.encode() + b"\n"),
                ({"MCWIRE_SERVERS": "a,b"}, 2, b"mcwire: MCWIRE_SERVERS: several servers are not "
                                               b"supported yet; give one address\n")):
            result = run(SLOW, "get", self.key("k"), env=environment(**changes))
            self.assertEqual((result.status, result.said), (status, said), changes)
        result = run("-s", address, SLOW, "get", self.key("k"), env=environment(MCWIRE_SERVERS=nobody))
        self.assertEqual((result.status, result.out), (0, b"1"))


# ---- terminals --------------------------------------------------------------


class Terminals(Case):
    def on_terminal(self, *command, given=None):
        return on_terminal("-s", self.memcached.address, SLOW, *command, given=given)

    def test_values(self):
        key = self.key("k")
        for value, shown in ((b"plain", b"plain\n"), (b"line\n", b"line\n"), (b"", b"\n"),
                             (b"a\nb\x1b[31m\xc2\x9b\r", b"a\nb\\x1b[31m\\xc2\\x9b\\x0d\n"),
                             ("caf\u00e9".encode(), "caf\u00e9\n".encode())):
            self.ok("set", key, given=value)
            self.assertEqual(self.on_terminal("get", key).out, shown)
        self.assertEqual(self.on_terminal("meta", "mg", key, "v").out, "VA 5\ncaf\u00e9\n".encode())

    def test_json(self):
        key = self.key("k")
        self.ok("set", key, given=b"\"\\\x00\n\x1b\x7f\xc2\x80\xc2\x9f\xc2\xa0")
        out = self.on_terminal("get", "--json", key).out
        self.assertIn(b'"text":"\\"\\\\\\u0000\\u000a\\u001b\\u007f\\u0080\\u009f\xc2\xa0"', out)
        self.assertEqual(json.loads(out)["text"], '"\\\0\n\x1b\x7f\x80\x9f\xa0')

    def test_a_value_is_typed(self):
        result = self.on_terminal("set", self.key("k"))
        self.assertEqual(result.status, 2)
        self.assertIn(b"a value is missing", result.out)
        result = self.on_terminal("set", self.key("k"), "-", given=b"typed\n\x04")
        self.assertEqual((result.status, result.out), (0, b"STORED\n"))
        self.ok("get", self.key("k"), out=b"typed\n")

    def test_nothing_reaches_a_terminal_raw(self):
        evil = b"\x1b[31m\x9b\x07\xff"
        replies = [b"VALUE k 0 6\r\n\x1b[31m\x07\r\nEND\r\n", b"SERVER_ERROR " + evil + b"\r\n",
                   b"CLIENT_ERROR " + evil + b"\r\n", b"VERSION " + evil + b"\r\n",
                   b"STAT " + evil + b" " + evil + b"\r\nEND\r\n", evil + b"\r\n",
                   b"VALUE " + evil + b" 0 1\r\nx\r\nEND\r\n", b"HD k" + evil + b"\r\n",
                   b"HD s1 t1 z" + evil + b"\r\n", b"ME k " + evil + b"\r\n", b"EN " + evil + b"\r\n"]
        commands = [["get", "k"], ["get", "k", "k"], ["set", "k", "v"], ["version"], ["ping"],
                    ["stats"], ["meta", "mg", "k"], ["meta", "me", "k"], ["delete", "k"],
                    ["incr", "k"], ["get", "--field=ttl", "k"], ["get", "--json", "k"],
                    ["meta", "mg", "k", "v", "--json"], ["stats", "--json"]]
        for reply in replies:
            fake = Fake(self, says(reply))
            for command in commands:
                out = on_terminal("-s", fake.address, SLOW, *command).out
                self.assertIsNone(re.search(b"[\0-\x08\x0b-\x1f\x7f]", out), (command, reply, out))
                self.assertIsNone(re.search("[\x80-\x9f]", out.decode()), (command, reply, out))


# ---- exit statuses ----------------------------------------------------------


class Statuses(Case):
    def fails_at(self, talk, status, words, *command):
        self.fails(status, words, *command, server=Fake(self, talk).address)

    def test_65_refused(self):
        self.fails(65, b"object too large", "set", "k", given=b"x" * 2000000)
        for reply in (b"ERROR\r\n", b"CLIENT_ERROR bad\r\n"):
            for command in (["get", "k"], ["set", "k", "v"], ["version"], ["stats"], ["delete", "k"],
                            ["meta", "mg", "k"], ["meta", "mn"], ["ping"]):
                self.fails_at(says(reply), 65, b"the server ", *command)

    def test_69_no_server(self):
        listener = socket.create_server(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        listener.close()
        self.fails(69, b"Connection refused (-s ADDRESS chooses the server)", "get", "a", "b",
                   server=address)
        pings = run("-s", address, SLOW, "ping", "--count=3", "--interval=0")
        self.assertEqual((pings.status, pings.out), (69, b""))
        self.assertEqual(pings.said.count(b": Connection refused"), 3, pings.said)
        self.fails(69, b"the host name does not resolve", "get", "a", server="no.such.invalid")
        self.fails(69, b"No such file", "get", "a", server="unix:/nowhere/socket")
        self.fails_at(dies(b"VALUE k 0 10\r\nabc"), 69, b"closed the connection", "get", "k")
        self.fails_at(dies(b"STAT a b\r\n"), 69, b"closed the connection", "stats")

    def test_74_unknown(self):
        for command in (["set", "k", "v"], ["delete", "k"], ["incr", "k"], ["touch", "k", "1"],
                        ["flush", "--yes"], ["meta", "ma", "k"], ["append", "k", "v"]):
            self.fails_at(dies(b""), 74, b"may or may not be done", *command)
        fake = Fake(self, silent)
        result = run("-s", fake.address, "--timeout=50", "set", "k", "v")
        self.assertEqual(result.status, 74 if fake.received.endswith(b"v\r\n") else 75)
        self.assertIn(b"the deadline passed", result.said)
        self.fails_at(says(b"HELLO\r\n"), 74, b"may or may not be done", "set", "k", "v")

    def test_74_output(self):
        self.ok("set", self.key("k"), "1")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([MCWIRE, "-s", self.memcached.address, SLOW, "get",
                                   self.key("k")], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr),
                         (74, b"mcwire: standard output: No space left on device\n"))
        for command in (["completion", "bash"], ["completion", "zsh"], ["completion", "fish"],
                        ["replay", "--list"], ["lie", "--list"], ["learn", "1"], ["--help"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([MCWIRE, *command], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 74)
            self.assertRegex(done.stderr, b"standard output: No space left on device\n$")

    def test_nothing_is_printed_into_a_connection(self):
        """A connection does not get the number of a descriptor that is closed: what is printed
        would be sent, and executed."""
        key, value = self.key("k"), b"flush_all\r\n" * 10000
        self.ok("set", key, given=value)
        for closed, command, statuses in (
                (">&-", ["get", key], [74]), (">&-", ["dump"], [74]), (">&-", ["stats"], [74]),
                ("2>&-", ["--bytes", "get", key], [0]), ("2>&- >&- <&-", ["get", key], [74]),
                ("<&-", ["get", key], [0]), ("<&-", ["set", self.key("none")], [2])):
            done = subprocess.run(["sh", "-c", 'exec "$0" "$@" ' + closed, MCWIRE, "-s",
                                   self.memcached.address, SLOW, *command],
                                  capture_output=True, timeout=PATIENCE_S, env=environment())
            self.assertIn(done.returncode, statuses, (closed, command, done.stderr))
        self.ok("get", key, out=value)

    def test_75_again(self):
        self.fails_at(silent, 75, b"the deadline passed (--timeout MS allows more)",
                      "--timeout=50", "get", "k")
        self.fails_at(says(b"SERVER_ERROR out of memory\r\n"), 75, b"out of memory", "set", "k", "v")

    def test_76_protocol(self):
        for reply in (b"HELLO\r\n", b"VALUE other 0 1\r\nx\r\nEND\r\n", b"STORED\r\n", b"\r\n",
                      b"VALUE k 0 01\r\nx\r\nEND\r\n", b"VALUE k 0 1\r\nxyz\r\nEND\r\n",
                      b"HTTP/1.1 400 Bad Request\r\n", b"\x15\x03\x01\x00\x02\x02\x0a", b"MN\r\n",
                      b"x" * 3000):
            self.fails_at(says(reply), 76, b"", "get", "k")
        self.fails_at(says(b"HD\r\n"), 76, b"", "meta", "mn")
        self.fails_at(says(b"HD k" + b"other\r\n"), 76, b"", "meta", "mg", "k", "k")

    def test_77_login(self):
        self.fails_at(says(b"CLIENT_ERROR unauthenticated\r\n"), 77,
                      b"(--user and --password-file log in)", "get", "k")
        for answer in (b"bad authentication token format", b"authentication failure"):
            self.fails_at(says(b"CLIENT_ERROR " + answer + b"\r\n"), 77,
                          b"(--user and --password-file log in)", "set", "k", "v")

    def test_of_several_keys_the_worst(self):
        result = run("-s", self.memcached.address, SLOW, "get", "none", "a b")
        self.assertEqual(result.status, 2)
        ends = Fake(self, dies(b"DELETED\r\nNOT_FOUND\r\n"))
        result = run("-s", ends.address, SLOW, "delete", "a", "b", "c")
        self.assertEqual((result.status, result.out), (74, b"a\tDELETED\n"), result.said)
        errs = Fake(self, says(b"DELETED\r\nSERVER_ERROR x\r\nCLIENT_ERROR y\r\nNOT_FOUND\r\n"))
        result = run("-s", errs.address, SLOW, "delete", "a", "b", "c", "d")
        self.assertEqual((result.status, result.out), (75, b"a\tDELETED\n"), result.said)

    def test_what_concerns_all_keys_is_said_once(self):
        for keys in (["c d", "x", "y"], ["x", "y", "c d"]):
            fake = Fake(self, says(b"HELLO\r\n"))
            result = run("-s", fake.address, SLOW, "get", "--field=ttl", *keys)
            self.assertEqual((result.status, result.out), (2, b""))
            self.assertEqual(result.said.count(b"a key must have"), 1, result.said)
            self.assertEqual(result.said.count(b"not a memcached reply"), 1, result.said)

    def test_130_interrupted(self):
        fake = Fake(self, silent)
        process = subprocess.Popen(["bash", "-c", '"$0" "$@"; exit $?', MCWIRE, SLOW, "-s",
                                    fake.address, "get", "k"], env=environment(),
                                   start_new_session=True, preexec_fn=lambda: signal.signal(
                                       signal.SIGINT, signal.SIG_DFL))
        while not fake.received:
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGINT)
        self.assertIn(process.wait(timeout=PATIENCE_S), (130, -signal.SIGINT))

    def test_who_reads_the_output_goes_away(self):
        for closed in (signal.SIG_DFL, signal.SIG_IGN):
            reading, writing = os.pipe()
            os.close(reading)
            process = subprocess.Popen([MCWIRE, "-s", self.memcached.address, SLOW, "stats"],
                                       stdout=writing, stderr=subprocess.PIPE, env=environment(),
                                       restore_signals=False,
                                       preexec_fn=lambda: signal.signal(signal.SIGPIPE, closed))
            os.close(writing)
            said = process.communicate(timeout=PATIENCE_S)[1]
            self.assertEqual(said, b"")
            self.assertNotEqual(process.returncode, 0)


class Login(Case):
    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write("jo:secret\n")
        cls.users = file.name
        os.chmod(file.name, 0o644)
        cls.memcached = Memcached("-Y", file.name)

    @classmethod
    def tearDownClass(cls):
        cls.memcached.end()
        os.remove(cls.users)

    def test_login(self):
        address = self.memcached.address
        with tempfile.NamedTemporaryFile() as file:
            for password, status in ((b"secret\n", 0), (b"secret", 0), (b"wrong\n", 77)):
                file.seek(0)
                file.truncate()
                file.write(password)
                file.flush()
                result = run("-s", address, SLOW, "--user=jo", "--password-file", file.name, "version")
                self.assertEqual(result.status, status, result.said)
                self.assertNotIn(b"secret", result.said)
            for password in (b"\n", b"", b"x" * 251, b"x" * 300):
                file.seek(0)
                file.truncate()
                file.write(password)
                file.flush()
                self.fails(2, b"a password has 1 to 250 bytes", "--user=jo", "--password-file",
                           file.name, "version")
            self.fails(2, b"--user NAME", "--password-file", file.name, "version")
        for variable, status in (("secret", 0), ("wrong", 77), ("", 2)):
            result = run("-s", address, SLOW, "--user=jo", "version",
                         env=environment(MCWIRE_PASSWORD=variable))
            self.assertEqual(result.status, status, result.said)
        self.fails(77, b"(--user and --password-file log in)", "get", "k")
        self.fails(2, b"No such file", "--user=jo", "--password-file=/nowhere", "version")


# ---- keys, dump, restore ----------------------------------------------------


def crawls(lines, items=b"", way=b"mgdump hash"):
    """A server whose crawler knows one way, and that gives the items to whatever else it is asked."""
    def talk(fake, connection, number):
        while piece := fake.receive(connection):
            if not piece.startswith(b"lru_crawler"):
                connection.sendall(items)
            elif piece == b"lru_crawler " + way + b"\r\n":
                connection.sendall(lines)
            else:
                connection.sendall(b"ERROR\r\n" if b"mgdump" in piece else b"CLIENT_ERROR no\r\n")
    return talk


def parse_dump(dump):
    """{(key, binary): (value, flags, expiry)}"""
    items, at = {}, 0
    while at < len(dump):
        end = dump.index(b"\r\n", at)
        command, key, size, flags, expiry, *more = dump[at:end].split(b" ")
        assert command == b"ms" and more in ([], [b"b"]), dump[at:end]
        value = dump[end + 2:end + 2 + int(size)]
        at = end + 2 + int(size) + 2
        assert dump[at - 2:at] == b"\r\n" and flags[:1] == b"F" and expiry[:1] == b"T"
        assert (key, more != []) not in items, key
        items[key, more != []] = (value, int(flags[1:]), int(expiry[1:]))
    return items


def count(said, what):
    match = re.search(rb"([0-9]+) " + what, said)
    return int(match.group(1)) if match else 0


class Keep(Case):
    def new_memcached(self, *options):
        memcached = Memcached(*options)
        self.addCleanup(memcached.end)
        return memcached.address

    def keys(self, address, *options):
        return sorted(self.ok("keys", *options, server=address).split(b"\n")[:-1])

    def test_keys(self):
        address = self.new_memcached()
        self.assertEqual(self.keys(address), [])
        for key in ("a:1", "a:22", "b\\:1", "100%25", "caf\u00e9"):
            self.ok("set", key, "x", server=address)
        self.ok("meta", "ms", base64.b64encode(b"\0\n\x1b").decode(), "b", "T100",
                "--value=x", server=address)
        self.assertEqual(self.keys(address), sorted(
            [b"a:1", b"a:22", b"b\\\\:1", b"100%25", "caf\u00e9".encode(), b"\\x00\\x0a\\x1b"]))
        self.assertEqual(self.keys(address, "--match", "a:*"), [b"a:1", b"a:22"])
        self.assertEqual(self.ok("keys", "-0", "--match=*\n*", server=address), b"\0\n\x1b\0")
        objects = [json.loads(line) for line in self.keys(address, "--json", "--long")]
        by_key = {item.get("key"): item for item in objects}
        self.assertEqual(by_key["a:1"]["ttl"], -1)
        self.assertTrue(0 < by_key["\0\n\x1b"]["ttl"] <= 101)
        self.assertTrue(all(0 <= item["idle"] < PATIENCE_S and item["size"] > 50
                            for item in objects), objects)
        line = self.ok("keys", "--long", "--match=a:1", server=address)
        self.assertRegex(line, rb"\A +-1 +[0-9]+ +[0-9]+ a:1\n\Z")
        out = on_terminal("-s", address, SLOW, "keys").out
        self.assertIn(b"\\x00\\x0a\\x1b\n", out)
        self.assertNotIn(b"\x1b", out)

    def test_the_crawlers_of_all_versions(self):
        shown = b"plain\n\\x00\\xff\n"
        mgdump = b"mg plain\r\nmg AP8= b\r\nEN\r\n"
        metadump = (b"key=plain exp=-1 la=5 cas=1 fetch=no cls=1 size=60\n"
                    b"key=%00%FF exp=9 la=5 cas=1 fetch=no cls=1 size=60 flags=0x1\nEND\r\n")
        for lines, way in ((mgdump, b"mgdump hash"), (metadump, b"metadump hash"),
                           (metadump, b"metadump all")):
            fake = Fake(self, crawls(lines, way=way))
            self.assertEqual(self.ok("keys", server=fake.address), shown)
        fake = Fake(self, crawls(metadump, way=b"metadump hash"))
        self.assertIn(b" 60 plain\n", self.ok("keys", "--long", server=fake.address))

    def test_the_server_is_silent(self):
        for command in ("keys", "dump"):
            self.fails(75, b"the deadline passed", "--timeout=50", command,
                       server=Fake(self, silent).address)
        fake = Fake(self, silent)
        result = run("-s", fake.address, "--timeout=50", "restore",
                     given=b"ms a 1 F0 T0\r\nx\r\n")
        self.assertEqual(result.status, 74 if fake.received.endswith(b"x\r\n") else 75)
        self.assertIn(b"the deadline passed", result.said)

    def test_patterns(self):
        keys = [b"", b"a", b"ab", b"abc", b"a*c", b"aXbXc", b"a?"]
        lines = b"".join(b"mg %s\r\n" % key for key in keys[1:]) + b"EN\r\n"
        address = Fake(self, crawls(lines)).address
        for pattern, wanted in (("*", keys[1:]), ("a", [b"a"]), ("?", [b"a"]), ("a?", [b"ab", b"a?"]),
                                ("a\\?", [b"a?"]), ("a*c", [b"abc", b"a*c", b"aXbXc"]),
                                ("a\\*c", [b"a*c"]), ("*b*c", [b"abc", b"aXbXc"]), ("", []),
                                ("*X*X*", [b"aXbXc"]), ("a**", keys[1:]), ("?*b", [b"ab"]),
                                ("\\a", [b"a"]), ("a\\", []), ("abcd", []), ("*d", [])):
            self.assertEqual(self.keys(address, "--match", pattern), sorted(wanted), pattern)

    def test_the_crawler_fails(self):
        for lines, status, words in (
                (b"ERROR lru crawler disabled\r\n", 65, b""),
                (b"mg a\r\nwhat\r\nEN\r\n", 76, b"not one of memcached's crawler"),
                (b"mg *** b\r\nEN\r\n", 76, b""), (b"mg \r\nEN\r\n", 76, b""),
                (b"mg %s\r\nEN\r\n" % (b"x" * 251), 76, b""),
                (b"mg a\r\nSERVER_ERROR x\r\n", 75, b"")):
            for command in ("keys", "dump"):
                self.fails(status, words, command, server=Fake(self, crawls(lines)).address)
        busy = Fake(self, crawls(b"BUSY currently processing crawler request\r\n"))
        self.fails(75, b"try again", SLOW, "keys", server=busy.address)
        self.assertEqual(busy.received, b"lru_crawler mgdump hash\r\n" * 25)
        def gives_up(fake, connection, number):
            if b"mgdump" in fake.receive(connection):
                connection.sendall(b"mg a\r\nmg b\r\nERROR\r\n")
            else:
                connection.sendall(b"key=a exp=-1\nEND\r\n")
            silent(fake, connection, number)

        self.assertEqual(self.ok("keys", server=Fake(self, gives_up).address), b"a\n")
        for lines in (b"key=a%0 exp=-1\nEND\r\n", b"key= exp=-1\nEND\r\n", b"exp=-1\nEND\r\n",
                      b"key=%G0\nEND\r\n"):
            fake = Fake(self, crawls(lines, way=b"metadump hash"))
            self.fails(76, b"", "keys", server=fake.address)
        for number in (b"", b"-", b"x", b"-2", b"1x", b"99999999999999999999"):
            for name in (b"exp", b"la", b"size"):
                line = b"key=a %s=%s\nEND\r\n" % (name, number)
                fake = Fake(self, crawls(line, way=b"metadump hash"))
                self.fails(76, b"not one of memcached's crawler", "keys", "--long",
                           server=fake.address)

    def test_lines_without_end_that_are_none_of_a_crawler(self):
        for line in (b"OK\r\n", b"\r\n", b"key=\n", b"mg\r\n"):
            def talk(fake, connection, number):
                fake.receive(connection)
                while True:
                    connection.sendall(line * 1000)
            for command in ("keys", "dump"):
                result = run("-s", Fake(self, talk).address, SLOW, command)
                self.assertEqual((result.status, result.out), (76, b""))
                self.assertIn(b"a line is not one of memcached's crawler\n", result.said)

    def test_the_crawler_is_busy_for_a_moment(self):
        def talk(fake, connection, number):
            fake.receive(connection)
            connection.sendall(b"mg a\r\nEN\r\n" if number > 2 else b"BUSY x\r\n")
        self.assertEqual(self.ok("keys", server=Fake(self, talk).address), b"a\n")

    def test_the_server_of_a_dump_fails(self):
        lines = b"mg a\r\nmg b\r\nmg c\r\nEN\r\n"
        for items, status in (
                (b"VA 1 ka f0 t-1\r\nx\r\nVA 1 kz f0 t-1\r\nx\r\n", 76),
                (b"VA 1 ka f0 t-1\r\nxx\r\n", 76), (b"HELLO\r\n", 76), (b"VA 1 ka\r\nx\r\n", 76),
                (b"SERVER_ERROR x\r\nSERVER_ERROR x\r\nSERVER_ERROR x\r\n", 75)):
            fake = Fake(self, crawls(lines, items))
            result = run("-s", fake.address, SLOW, "dump")
            self.assertEqual(result.status, status, (items, result.said))
            self.assertLessEqual(len(parse_dump(result.out)), 1)
            self.assertNotIn(b"ms z", result.out)

    def test_what_is_gone_is_counted(self):
        items = b"EN\r\nVA 2 kb f7 t-1\r\nhi\r\nEN\r\n"
        fake = Fake(self, crawls(b"mg a\r\nmg b\r\nmg c\r\nEN\r\n", items))
        self.assertEqual(self.ok("dump", server=fake.address, said=b"mcwire: dump: 1 item; 2 "
                                 b"expired or were deleted meanwhile\n"), b"ms b 2 F7 T0\r\nhi\r\n")
        self.assertIn(b"mg a k f t v\r\nmg b k f t v\r\nmg c k f t v\r\n", fake.received)

    def test_the_last_time_that_memcached_knows(self):
        """It is in 2038. An item that lives as long does not end a restore."""
        fake = Fake(self, crawls(b"mg a\r\nmg b\r\nEN\r\n", b"VA 1 ka f0 t2147483647\r\nx\r\n"
                                 b"VA 1 kb f0 t0\r\ny\r\n"))
        dump = self.ok("dump", server=fake.address, said=b"mcwire: dump: 2 items\n")
        self.assertEqual(parse_dump(dump)[b"a", False][2], 2147483647, dump)
        later = b"".join(b"ms %s 1 F0 T%d\r\nx\r\n" % (self.key(name).encode(), expiry) for
                         name, expiry in (("a", 2147483647), ("b", 2147483648), ("c", 4294967295)))
        self.ok("restore", given=later, said=b"mcwire: restore: 3 written\n")
        self.ok("get", *[self.key(name) for name in "abc"])

    def fill(self, address, number):
        """Items with all that a dump has to keep; the dump of them."""
        now = int(time.time())
        dump = []
        for i in range(number):
            key, more = b"key:%d" % i, b""
            if i % 10 == 3:
                key, more = base64.b64encode(b"\0 bin\n%d" % i), b" b"
            value = [b"", b"\r\nEND\r\n", b"x" * (i % 400), os.urandom(9)][i % 4]
            ttl = [0, now + 3600, now + 60 * 86400][i % 3]
            dump.append(b"ms %s %d F%d T%d%s\r\n%s\r\n" % (key, len(value), i, ttl, more, value))
        big = b"\r\nms k 1\r\n" * 100000
        dump.append(b"ms big %d F0 T0\r\n%s\r\n" % (len(big), big))
        dump = b"".join(dump)
        self.ok("restore", given=dump, server=address,
                said=b"mcwire: restore: %d written\n" % (number + 1))
        return dump

    def test_dump_and_restore(self):
        """100,000 keys and a value of a megabyte."""
        one, two = self.new_memcached("-m", "256"), self.new_memcached("-m", "256")
        wanted = parse_dump(self.fill(one, 100000))
        said = b"mcwire: dump: 100001 items\n"
        begin = time.time()
        first = self.ok("dump", server=one, said=said)
        self.ok("restore", given=first, server=two, said=b"mcwire: restore: 100001 written\n")
        second = parse_dump(self.ok("dump", server=two, said=said))
        late = time.time() - begin
        self.assertEqual(second.keys(), wanted.keys())
        for key, (value, flags, expiry) in wanted.items():
            self.assertEqual(second[key][:2], (value, flags), key)
            if expiry == 0:
                self.assertEqual(second[key][2], 0, key)
            else:  # memcached's own clock ticks once a second
                self.assertTrue(expiry - late - 4 <= second[key][2] <= expiry + 4, key)

    def test_dump_some(self):
        address = self.new_memcached()
        self.fill(address, 100)
        dump = self.ok("dump", "--match", "key:1?", server=address,
                       said=b"mcwire: dump: 9 items\n")
        self.assertTrue(all(key.startswith(b"key:1") for key, _ in parse_dump(dump)))

    def test_not_at_terminals(self):
        result = on_terminal("-s", self.memcached.address, "dump")
        self.assertEqual((result.status, result.out),
                         (2, b"mcwire: dump: not to a terminal: mcwire dump >FILE\n"))
        result = on_terminal("-s", self.memcached.address, "restore")
        self.assertEqual((result.status, result.out),
                         (2, b"mcwire: restore: not from a terminal: mcwire restore <FILE\n"))

    def test_restore_add(self):
        address = self.new_memcached()
        self.ok("set", "a", "old", server=address)
        self.ok("restore", "--add", server=address,
                given=b"ms a 3 F0 T0\r\nnew\r\nms b 3 F0 T0\r\nnew\r\n",
                said=b"mcwire: restore: 1 written, 1 left alone (--add)\n")
        self.ok("get", "a", "b", server=address, out=b"a\told\nb\tnew\n")
        self.ok("restore", server=address, given=b"ms a 3 F0 T0\r\nnew\r\nms b 1 F0 T99\r\nx\r\n",
                said=b"mcwire: restore: 1 written, 1 expired since the dump\n")
        self.ok("get", "a", "b", server=address, out=b"a\tnew\nb\tnew\n")

    def test_broken_dumps(self):
        """What comes before the fault is restored."""
        good = b"ms a 1 F0 T0\r\nx\r\n"
        for bad, words in ((b"what\r\n", b"not a line of a dump"), (b"\r\n", b"not a line"),
                           (b"set a 0 0 1\r\nx\r\n", b"not a line"),
                           (b"ms b x F0 T0\r\n", b"not the size"),
                           (b"ms b 1073741825 F0 T0\r\n", b"not the size"),
                           (b"ms b 1 F0 I\r\nx\r\n", b"a flag"), (b"ms b 1 F0  T0\r\nx\r\n", b"a flag"),
                           (b"ms b 1 F0 T-1\r\nx\r\n", b"a flag"), (b"ms b 1 Fx T0\r\nx\r\n", b"a flag"),
                           (b"ms b 1 F0 T0 b b\r\nx\r\n", b"a flag"),
                           (b"ms b 1 F0 T0 b\r\nx\r\n", b"base64"),
                           (b"ms b 1 F0 T0\r\nxx\r\n", b"does not have its size"),
                           (b"ms b 5 F0 T0\r\nx\r\n", b"in the middle of an item"),
                           (b"ms b 5 F0", b"in the middle of an item"),
                           (b"m" * 3000, b"too long")):
            result = run("-s", self.memcached.address, SLOW, "restore", given=good + bad)
            self.assertEqual((result.status, result.out), (65, b""), (bad, result.said))
            self.assertIn(b"byte %d of the input" % len(good), result.said)
            self.assertIn(words, result.said)
            self.assertTrue(result.said.endswith(b"mcwire: restore: 1 written\n"), result.said)
        result = run("-s", self.memcached.address, SLOW, "restore", given=good * 600 + b"what\r\n")
        self.assertIn(b"byte %d of the input" % len(good * 600), result.said)
        self.ok("restore", given=b"", said=b"mcwire: restore: 0 written\n")

    def test_items_are_refused(self):
        memcached = self.new_memcached()
        dump = (b"ms a 1 F0 T0\r\nx\r\nms b 2000000 F0 T0\r\n" + b"x" * 2000000 +
                b"\r\nms c 1 F0 T0\r\nx\r\n")
        result = run("-s", memcached, SLOW, "restore", given=dump)
        self.assertEqual(result.status, 65)
        self.assertIn(b"mcwire: b: the server failed: object too large", result.said)
        self.assertTrue(result.said.endswith(b"restore: 2 written, 1 refused\n"), result.said)
        result = run("-s", memcached, SLOW, "restore", given=b"ms a\x01 1 F0 T0\r\nx\r\n")
        self.assertEqual(result.status, 2)
        self.assertTrue(result.said.endswith(b"restore: 0 written, 1 refused\n"), result.said)

    def test_the_server_dies_in_mid_restore(self):
        """Each item is counted once, those with an answer as written; a second run completes it."""
        address = self.new_memcached()
        dump = b"".join(b"ms k%d 3 F0 T0\r\nabc\r\n" % i for i in range(2000))
        for answered in (0, 1, 100, 256, 700):
            def talk(fake, connection, number, left=answered):
                got, sent = 0, 0
                left = left if number == 0 else 0
                while sent < left and (piece := fake.receive(connection)):
                    got += piece.count(b"ms k")
                    connection.sendall(b"HD\r\n" * (min(got, left) - sent))
                    sent = min(got, left)
                if left == 0:
                    fake.receive(connection)
            result = run("-s", Fake(self, talk).address, SLOW, "restore", given=dump)
            self.assertIn(result.status, (69, 74), result.said)
            counts = [count(result.said, what) for what in (b"written", b"unknown", b"not written")]
            self.assertEqual(counts[0], answered, result.said)
            self.assertEqual(counts[1], 256 - answered % 256, result.said)  # sent at once
            self.assertEqual(sum(counts), 2000, result.said)
            self.assertLessEqual(result.said.count(b"\n"), 3, result.said)
            self.assertTrue(result.said.endswith(b"; run it again to complete it\n"), result.said)
        self.ok("restore", given=dump, server=address, said=b"mcwire: restore: 2000 written\n")
        self.assertEqual(len(self.keys(address)), 2000)

    def test_restore_is_interrupted(self):
        process = subprocess.Popen([MCWIRE, "-s", self.memcached.address, SLOW, "restore"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        process.stdin.write(b"".join(b"ms %s%d 1 F0 T0\r\nx\r\n" % (self.key("k").encode(), i)
                                     for i in range(256)))
        process.stdin.flush()
        while run("-s", self.memcached.address, SLOW, "get", self.key("k255")).status != 0:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE_S)[1]
        self.assertEqual(process.returncode, 130, said)
        self.assertEqual(said, b"mcwire: restore: 256 written\n")


# ---- system calls -----------------------------------------------------------


def can_trace():
    return shutil.which("strace") is not None and subprocess.run(
        ["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL).returncode == 0


def is_sanitized():
    with open(MCWIRE, "rb") as program:
        return b"__asan_init" in program.read()


def unless_sanitized(test):
    """A sanitizer makes calls of its own: then there is no such test."""
    return None if is_sanitized() else test


@unittest.skipUnless(can_trace(), "strace may not trace here")
class SystemCalls(Case):
    @staticmethod
    def calls(*command):
        """What a command prints, and the names of its system calls."""
        with tempfile.NamedTemporaryFile() as file:
            done = subprocess.run(["strace", "-o", file.name, MCWIRE, *command], capture_output=True,
                                  env=environment(ASAN_OPTIONS="detect_leaks=0"))
            calls = file.read().decode().splitlines()
        assert done.returncode == 0, done.stderr
        return done.stdout, [call.split("(")[0] for call in calls]

    def test_a_dump_makes_one_for_many_items(self):
        """It sends 100 questions at once, and writes 1,000 items."""
        count = 20000
        self.ok("restore", given=b"".join(b"ms %d 9 F0 T0\r\nsome text\r\n" % i for i in range(count)),
                said=b"mcwire: restore: %d written\n" % count)
        out, names = self.calls("-s", self.memcached.address, SLOW, "dump")
        self.assertEqual(out.count(b"ms "), count)
        self.assertLess(len([name for name in names if name in ("sendto", "sendmsg")]), count / 100)
        self.assertLess(len([name for name in names if name.startswith("write")]), count / 1000)

    @unless_sanitized
    def test_a_get_makes_30(self):
        """At most, after those of the loader."""
        fake = Fake(self, says(b"VALUE k 0 5\r\nhello\r\nEND\r\n"))
        out, names = self.calls("-s", fake.address, SLOW, "get", "k")
        self.assertEqual(out, b"hello")
        own = names[names.index("ioctl"):]  # is standard output a terminal? is its first question
        self.assertIn("recvfrom", own)
        self.assertLessEqual(len([name for name in own if name[0] != "+"]), 30, own)


if __name__ == "__main__":
    sys.exit(main())
