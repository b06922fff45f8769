"""Runs mcload against a server whose schedule is known (it stalls, drips, dies and lies), and holds
every figure of its JSON against what that server saw; prints TAP.
usage: check_schedule.py MCLOAD

Nothing here depends on how fast the machine is: of times, only the least that they can be is known."""

import contextlib
import csv
import fcntl
import io
import json
import math
import os
import pty
import random
import re
import resource
import select
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

from memcached import Memcached
from schedule import PATIENCE_S, Gone, Server
from tap import run_cases

MCLOAD = os.path.abspath(sys.argv[1])
PATIENT = "--timeout-ms=60000"  # where a slow machine must not look like a failing server


def run(*words):
    return subprocess.run([MCLOAD, *words], capture_output=True, text=True, timeout=PATIENCE_S,
                          stdin=subprocess.DEVNULL)


def load(server, *words, status=0):
    """The JSON of a run on the server."""
    done = run("--server", server.address, "--format=json", *words)
    if done.returncode != status:
        raise AssertionError("exit status %d: %s%s" % (done.returncode, done.stderr, done.stdout))
    return json.loads(done.stdout)


def times_us(text):
    """The durations in a text."""
    units = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6}
    return [float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) ([nmu]?s)\b", text)]


# ---- counts --------------------------------------------------------------------------------------


class Counts(unittest.TestCase):
    def expect_counts(self, server, result, filled=0):
        """Requests, keys and bytes are those that the server saw."""
        calls = server.of_run(filled)
        gets = [call for call in calls if call.is_get()]
        self.assertEqual(result["get"]["requests"], len(gets))
        self.assertEqual(result["set"]["requests"], len(calls) - len(gets))
        self.assertEqual(result["get"]["keys"], sum(len(call.keys) for call in gets))
        self.assertEqual(result["sent_bytes"], sum(call.size for call in calls))
        self.assertEqual(result["received_bytes"], sum(len(call.reply) for call in calls))
        self.assertEqual(result["get"]["hits"] + result["get"]["misses"], result["get"]["keys"])
        self.assertEqual(result["get"]["hits"],
                         sum(call.reply.count(b"VALUE ") + call.reply.count(b"VA ") for call in gets))
        self.assertEqual(sum(one["connects"] for one in result["servers"]),
                         len(server.accepted) - 1)

    def test_sets_and_gets(self):
        server = Server(self)
        result = load(server, "--ratio=1:3", "--keys=40", "--requests=400", "--size=10-500",
                      "--connections=4", "--threads=2", PATIENT)
        self.expect_counts(server, result)
        self.assertGreater(result["get"]["misses"], 0)
        self.assertTrue(result["clean"])

    def test_fill_is_not_counted(self):
        server = Server(self)
        result = load(server, "--fill", "--keys=70", "--requests=100", "--connections=3",
                      "--verify", PATIENT)
        self.expect_counts(server, result, 70)
        self.assertEqual((result["filled"], len(server.store)), (70, 70))
        self.assertEqual((result["get"]["hits"], result["get"]["wrong_values"]), (100, 0))
        self.assertEqual(result["set"]["requests"], 0)

    def test_fill_is_on_every_server(self):
        servers = [Server(self), Server(self)]
        for connections in ("2", "5"):
            result = json.loads(run("--server", ",".join(server.address for server in servers), "--fill",
                                    "--keys=40", "--requests=0", "--connections=" + connections,
                                    "--format=json", PATIENT).stdout)
            self.assertEqual(result["filled"], 80)
            for server in servers:
                self.assertEqual(set(server.store), {b"key:%d" % k for k in range(40)})
                server.store = {}

    def test_options_are_told(self):
        """In JSON, as they were given; a prefix cannot end a string."""
        server = Server(self)
        given = {"threads": 2, "connections": 3, "pipeline": 4, "multiget": 5, "keys": 60,
                 "exptime": 7, "reconnect": 80, "repeat": 2, "seed": 9, "timeout_ms": 60000,
                 "key_prefix": "a\"b\\", "size": "10-20", "key_size": "30,40", "protocol": "meta"}
        words = ["--%s=%s" % (name.replace("_", "-"), value) for name, value in given.items()]
        told = load(server, *words, "--mix=get=2,set=1", "--key-dist=zipf:0.5", "--verify",
                    "--requests=20")["options"]
        self.assertEqual(told, {**given, "mix": {"get": 2, "set": 1}, "zipf": 0.5, "verify": True,
                                "loop": "closed", "latency_from": "sending", "rate": 0,
                                "rate_end": 0, "scan_to": 0, "scan_step": 0})
        for words, wanted in [(["--rate=900"], (900, 0, 0, 0)), (["--scan=800:900:50"], (800, 0, 900, 50)),
                              (["--rate=500-600", "--time=0.01"], (500, 600, 0, 0))]:
            told = load(server, *words, "--requests=5", PATIENT)["options"]
            self.assertEqual(tuple(told[name] for name in ("rate", "rate_end", "scan_to", "scan_step")),
                             wanted)
            self.assertEqual((told["loop"], told["latency_from"]), ("open", "intended start"))

    def test_words_of_a_server_are_harmless(self):
        """What it says of itself, and of its troubles."""
        class Loud(Server):
            def obey(self, connection, file, line):
                if line.startswith(b"version"):
                    connection.sendall(b"VERSION 1.6\"\x1b[31m\r\n")
                else:
                    super().obey(connection, file, line)
        server = Loud(self, lambda call: setattr(call, "reply", b"SERVER_ERROR \"\x1b[32m\r\n"))
        with tempfile.NamedTemporaryFile("r") as stored:
            done = run("--server", server.address, "--requests=5", "--json", stored.name)
            one = json.load(stored)["servers"][0]
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        for text, color in [(one["version"], "31"), (one["first_trouble"], "32")]:
            self.assertIn(color, text)
            self.assertIn("[%sm" % color, done.stdout)

    def test_warmup_is_not_counted(self):
        server = Server(self)
        result = load(server, "--warmup=0.1", "--requests=50", "--rate=500", PATIENT)
        self.assertEqual(result["get"]["requests"], 50)
        self.assertEqual(len(server.calls), 100)  # 0.1 s of 500 a second

    def test_many_keys(self):
        """Every third key is there."""
        server = Server(self)
        server.store = {b"key:%d" % n: b"x" * 32 for n in range(0, 90, 3)}
        result = load(server, "--multiget=7", "--keys=90", "--requests=60", PATIENT)
        self.expect_counts(server, result)
        self.assertGreater(result["get"]["hits"], 100)
        self.assertGreater(result["get"]["misses"], 100)

    def test_formats_agree(self):
        server = Server(self)
        with tempfile.NamedTemporaryFile("r") as stored:
            done = run("--server", server.address, "--ratio=1:1", "--requests=200", "--keys=5",
                       "--format=csv", "--json", stored.name, PATIENT)
            result = json.load(stored)
        for row in csv.DictReader(io.StringIO(done.stdout)):
            kind = result[row.pop("kind")]
            self.assertEqual({name: float(text) if text else None for name, text in row.items()},
                             {name: kind[name] for name in row})
        for kind in ("get", "set"):
            one = result[kind]
            self.assertAlmostEqual(one["per_second"], one["requests"] / result["seconds"],
                                   delta=one["per_second"] / 1000)
            times = [one[name + "_us"] for name in ("min", "p50", "p90", "p99", "p99_9", "max")]
            self.assertEqual(times, sorted(times))
            self.assertTrue(one["min_us"] <= one["mean_us"] <= one["max_us"])
            self.assertEqual(one["tail"][0][0], 0.9)

    def test_text_says_the_same(self):
        """Requests, hits, misses and errors stand in the columns of the text."""
        failing = lambda call: setattr(call, "reply", b"SERVER_ERROR busy\r\n") \
            if call.number % 10 == 9 else None
        server = Server(self, failing)
        server.store = {b"key:%d" % n: b"x" * 32 for n in range(3)}
        done = run("--server", server.address, "--requests=200", "--keys=9", "--connections=2",
                   PATIENT)
        calls = [call for call in server.calls if call.number % 10 != 9]
        hits = sum(b"VALUE" in call.reply for call in calls)
        row = re.search(r"^get +(\d+) +\d+ +(\d+) +(\d+) +(\d+)$", done.stdout, re.MULTILINE)
        self.assertEqual([int(number) for number in row.groups()],
                         [180, hits, 180 - hits, 20], done.stdout)
        self.assertIn("20 error replies; the first trouble: SERVER_ERROR busy", done.stdout)
        self.assertNotIn("values of", done.stdout)  # it sets none
        self.assertNotIn("wrong", done.stdout)  # nothing was verified

    def test_text_has_all_figures(self):
        """Each latency, rate, second and byte of the text is that of the JSON, to its digits."""
        def script(call):
            if call.verb == "set" and call.number % 4 == 0:
                call.reply = b"SERVER_ERROR full\r\n"
        with tempfile.NamedTemporaryFile("r") as stored:
            text = run("--server", Server(self, script).address, "--ratio=2:1", "--requests=60", PATIENT,
                       "--repeat=2", "--multiget=3", "--size=100000", "--json", stored.name).stdout
            result = json.load(stored)
        one_digit = 0.006  # of three
        for kind in ("get", "set"):
            row = re.search(r"^%s +([\d.]+ [nmu]?s.*)$" % kind, text, re.MULTILINE).group(1)
            wanted = [result[kind][name + "_us"] for name in
                      ("mean", "p50", "p90", "p99", "p99_9", "p99_99", "max")]
            self.expect_close(times_us(row), wanted, one_digit)
        columns = ("per_second", "errors", "unsent", "mean_us", "p50_us", "p99_us", "p99_9_us", "max_us")
        rows = [line.split(None, 2) for line in text.split("\nrun ")[1].splitlines()[1:6]]
        runs, table = result["runs"], {words[0]: words[2] for words in rows}
        wanted = [[run[name] for name in columns] for run in runs] + \
            [list(map(of, zip(*([run[name] for name in columns] for run in runs))))
             for of in (min, min, max)]  # of two, the lower one is the median
        for name, figures in zip(("1", "2", "median", "least", "most"), wanted):
            found = [float(word) for word in table[name].split()[:3]] + times_us(table[name])
            self.expect_close(found, figures, one_digit)
        costs = re.search(r"^([\d.]+) s; (\d+) keys a second; sent ([\d.]+) MB, received ([\d.]+) MB; ",
                          text, re.MULTILINE)
        self.assertAlmostEqual(float(costs[1]), result["seconds"], delta=0.0051)
        self.assertAlmostEqual(float(costs[3]), result["sent_bytes"] / 1e6, delta=0.051)
        self.assertAlmostEqual(float(costs[4]), result["received_bytes"] / 1e6, delta=0.051)
        keys = result["get"]["keys"] + result["set"]["keys"]
        self.expect_close([int(costs[2])], [keys / result["seconds"]], one_digit)

    def expect_close(self, found, wanted, part):
        self.assertEqual(len(found), len(wanted))
        for one, other in zip(found, wanted):
            self.assertAlmostEqual(one, other, delta=part * other + 0.0005)

    def test_text_of_troubles(self):
        """Each of the counts in the sentences around the tables."""
        def script(call):
            if call.number in (5, 9, 14):
                value = server.store[b"key:0"]
                call.reply = call.reply.replace(value, b"~" * len(value))
            if call.number in (20, 21):
                raise Gone
        server = Server(self, script)
        text = run("--server", server.address, "--requests=40", "--keys=1", "--connections=1",
                   "--verify", "--fill", PATIENT).stdout
        for words in ("\nfilled with 1 values\n", "\n3 values were wrong.\n", "\n" + server.address +
                      ": 3 connections made, 2 closed; the first trouble: closed\n"):
            self.assertIn(words, text)

    def test_nothing_was_verified(self):
        server = Server(self)
        for words, wanted in [([], None), (["--verify"], 0)]:
            self.assertEqual(load(server, "--requests=5", *words)["get"]["wrong_values"], wanted)

    def test_all_gets_miss(self):
        done = run("--server", Server(self).address, "--requests=10", PATIENT)
        self.assertIn("All gets missed: --fill sets every key before the run.", done.stdout)

    def run_on_memcached(self, *words):
        """A run's JSON, and how memcached's own statistics grew: a version is asked before the run,
        and nothing else."""
        memcached = Memcached()
        self.addCleanup(memcached.end)
        before = memcached.statistics()
        result = json.loads(run("--server", memcached.address, "--format=json", PATIENT,
                                *words).stdout)
        after = memcached.statistics()
        return result, {name: after[name] - before[name] for name in before}

    def test_memcached_counts_the_same(self):
        result, grown = self.run_on_memcached("--ratio=1:2", "--requests=3000", "--keys=300",
                                              "--multiget=3", "--size=0-2000")
        self.assertEqual(grown["cmd_get"], result["get"]["keys"])
        self.assertEqual(grown["get_hits"], result["get"]["hits"])
        self.assertEqual(grown["get_misses"], result["get"]["misses"])
        self.assertEqual(grown["cmd_set"], result["set"]["requests"])
        self.assertEqual(grown["total_connections"], result["servers"][0]["connects"] + 2)
        self.assertEqual(grown["bytes_read"],
                         result["sent_bytes"] + len("version\r\nstats\r\n"))

    def test_adds(self):
        """Each key is added once; then it is there, which is a miss."""
        for protocol in ("classic", "meta"):
            result, grown = self.run_on_memcached("--mix=add=1", "--requests=100", "--keys=20",
                                                  "--protocol=" + protocol)
            added = grown["curr_items"]
            self.assertLess(added, 21)
            self.assertEqual((result["add"]["hits"], result["add"]["misses"]), (added, 100 - added))

    def test_processor_time(self):
        """No more of each kind than the whole program had, which has little beside its six runs; the
        text says what a request had."""
        memcached = Memcached()
        self.addCleanup(memcached.end)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with tempfile.NamedTemporaryFile("r") as stored:
            text = run("--server", memcached.address, "--requests=4000", "--repeat=6", PATIENT,
                       "--multiget=50", "--json", stored.name).stdout
            result = json.load(stored)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs = re.search("processor time of this client: (.+ user) and (.+ system)", text).groups()
        for name, used, cost in zip(("user", "system"), (after.ru_utime - before.ru_utime,
                                                         after.ru_stime - before.ru_stime), costs):
            seconds = result[name + "_seconds"]
            self.assertTrue(0 <= seconds <= used + 1e-5, name)  # 0 where no tick of the clock met it
            self.assertAlmostEqual(times_us(cost)[0], 1e6 * seconds / 24000, delta=6e3 * seconds / 24000)
        self.assertNotEqual(result["user_seconds"], result["system_seconds"])

    def test_memcached_counts_every_kind(self):
        """A gat is a touch, too, and a cas has a gets before it. At the end most keys are there."""
        for protocol in ("classic", "meta"):
            mix = "get=20,set=20,add=5,gat=10,touch=10,incr=10,delete=25" + ",cas=5" * (
                protocol == "classic")
            result, grown = self.run_on_memcached("--mix=" + mix, "--requests=4000", "--keys=50",
                                                  "--verify", "--protocol=" + protocol, "--exptime=9")
            kinds = {name: result.get(name, {"requests": 0, "hits": 0, "misses": 0})
                     for name in result["options"]["mix"] | {"cas": 0}}
            for name, weight in result["options"]["mix"].items():
                self.assertAlmostEqual(kinds[name]["requests"], 4000 * weight // sum(
                    result["options"]["mix"].values()), delta=1)
            cas = grown["cas_hits"] + grown["cas_misses"] + grown["cas_badval"]
            for what in ("hits", "misses"):
                found = {name: kind[what] for name, kind in kinds.items()}
                if protocol == "classic" or what == "hits":  # an mg's miss is one of get_misses
                    self.assertEqual(grown["touch_" + what], found["touch"] + found["gat"])
                self.assertEqual(grown["incr_" + what], found["incr"])
                asked = protocol == "meta" and what == "misses"  # whether there are such commands
                self.assertEqual(grown["delete_" + what], found["delete"] + asked)
            self.assertEqual(grown["cas_hits"], kinds["cas"]["hits"])
            self.assertEqual(grown["get_hits"], kinds["get"]["hits"] + cas)
            self.assertEqual(kinds["cas"]["hits"] + kinds["cas"]["misses"], kinds["cas"]["requests"])
            self.assertEqual(grown["cmd_set"], kinds["set"]["requests"] + kinds["add"]["requests"] + cas)
            self.assertEqual((result["get"]["wrong_values"], result["gat"]["wrong_values"]), (0, 0))
            self.assertIsNone(result["touch"]["wrong_values"])


# ---- which requests ------------------------------------------------------------------------------


class Requests(unittest.TestCase):
    def keys_of(self, *words):
        server = Server(self)
        load(server, "--connections=1", "--keys=100", "--requests=1500", "--pipeline=30", PATIENT,
             *words)
        return [int(call.keys[0].split(b":")[1]) for call in server.calls]

    def test_sets_are_spread_evenly(self):
        server = Server(self)
        load(server, "--connections=1", "--ratio=2:5", "--requests=70", PATIENT)
        sets = [call.number for call in server.calls if not call.is_get()]
        self.assertEqual(len(sets), 20)
        self.assertEqual({b - a for a, b in zip(sets, sets[1:])}, {3, 4})

    def test_kinds_are_spread_evenly(self):
        """Of ten in a row as many as their weights; a cas has what its gets brought."""
        server = Server(self)
        server.store = {b"key:%d" % n: b"x" for n in range(0, 60)}
        result = load(server, "--connections=1", "--mix=get=4,set=1,cas=1,touch=2,incr=1,delete=1",
                      "--requests=200", "--keys=40", "--exptime=77", PATIENT)
        calls = [call for call in server.calls if call.verb != "cas"]
        weights = {"get": 4, "set": 1, "gets": 1, "touch": 2, "incr": 1, "delete": 1}
        for first in range(0, 200, 10):
            verbs = [call.verb for call in calls[first:first + 10]]
            self.assertEqual({verb: verbs.count(verb) for verb in weights}, weights)
        for name, verb in [("get", "get"), ("touch", "touch"), ("incr", "incr"), ("delete", "delete")]:
            mine = [call for call in calls if call.verb == verb]
            misses = sum(call.reply in (b"END\r\n", b"NOT_FOUND\r\n") for call in mine)
            self.assertEqual([result[name][part] for part in ("requests", "hits", "misses")],
                             [len(mine), len(mine) - misses, misses])
            self.assertGreater(misses, 0, name)
        stored = [call for call in server.calls if call.verb == "cas"]
        self.assertEqual([call.reply for call in stored], [b"STORED\r\n"] * result["cas"]["hits"])
        self.assertGreater(len(stored), 0)
        self.assertEqual({call.words[2] for call in calls if call.verb == "touch"} |
                         {call.words[3] for call in calls if call.verb == "set"}, {b"77"})

    def test_exptime_of_meta_commands(self):
        server = Server(self, lambda call: setattr(call, "reply", b"EN\r\n") if call.is_get() else None)
        load(server, "--mix=set=1,touch=1,gat=1,get=1", "--protocol=meta", "--exptime=77",
             "--requests=40", "--keys=5", PATIENT)
        with_time = [b"T77" in call.words for call in server.calls]
        self.assertEqual((with_time.count(True), with_time.count(False)), (30, 10))

    def test_cas_that_comes_too_late(self):
        """EXISTS is a miss of a cas."""
        server = Server(self, lambda call: setattr(call, "reply", b"EXISTS\r\n")
                        if call.verb == "cas" and call.number % 3 == 0 else None)
        result = load(server, "--fill", "--keys=20", "--mix=cas=1", "--requests=60", PATIENT)
        late = sum(call.reply == b"EXISTS\r\n" for call in server.calls)
        self.assertGreater(late, 10)
        self.assertEqual((result["cas"]["hits"], result["cas"]["misses"]), (60 - late, late))

    def test_incr_has_keys_of_its_own(self):
        server = Server(self)
        load(server, "--fill", "--mix=incr=1,get=1", "--keys=30", "--requests=100", PATIENT)
        self.assertEqual({key for key, value in server.store.items() if value == b"0"},
                         {b"key:%d" % n for n in range(30, 60)})
        self.assertEqual(len(server.store), 60)
        self.assertTrue(all(30 <= int(call.keys[0][4:]) < 60 for call in server.calls
                            if call.verb == "incr"))

    def test_key_sizes(self):
        """Three of four keys have 20 bytes, and each always the same."""
        names = []
        for seed in ("1", "2"):
            server = Server(self)
            result = load(server, "--fill", "--keys=400", "--key-size=20:3,245-250", "--requests=50",
                          "--seed=" + seed, "--verify", PATIENT)
            self.assertEqual((result["get"]["hits"], result["get"]["wrong_values"]), (50, 0))
            names.append(set(server.store))
        self.assertEqual(*names)
        sizes = [len(key) for key in names[0]]
        self.assertEqual(set(sizes), {20} | set(range(245, 251)))
        self.assertAlmostEqual(sizes.count(20) / 400, 0.75, delta=0.06)
        self.assertEqual({key.rstrip(b"-") for key in names[0]}, {b"key:%d" % n for n in range(400)})

    def test_keys_are_those_of_the_distribution(self):
        """Of zipf:1 over 100 keys the first has 1 / 5.187 of all, the second half of that."""
        keys = self.keys_of("--key-dist=zipf:1", "--seed=1")
        shares = [keys.count(k) / len(keys) for k in range(100)]
        self.assertAlmostEqual(shares[0], 1 / 5.187, delta=0.03)
        self.assertAlmostEqual(shares[1], 1 / 5.187 / 2, delta=0.02)
        keys = self.keys_of("--seed=1")
        self.assertEqual(set(keys), set(range(100)))
        self.assertLess(max(keys.count(k) for k in range(100)), 40)

    def test_seed_repeats_them(self):
        one, again, other = (self.keys_of("--seed=" + seed) for seed in ("5", "5", "6"))
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)

    def test_threads_draw_others(self):
        server = Server(self)
        load(server, "--connections=2", "--threads=2", "--requests=200", "--keys=1000", "--seed=1",
             PATIENT)
        drawn = {}
        for call in server.calls:
            drawn.setdefault(call.connection, []).append(call.keys)
        one, other = drawn.values()
        self.assertEqual(len(one), len(other))
        self.assertNotEqual(one, other)

    def test_sizes(self):
        server = Server(self)
        load(server, "--ratio=1:0", "--size=20-29", "--requests=1000", "--seed=1", "--pipeline=20",
             PATIENT)
        sizes = [len(call.data) for call in server.calls]
        self.assertEqual(set(sizes), set(range(20, 30)))
        self.assertLess(max(sizes.count(size) for size in set(sizes)), 140)

    def test_sizes_do_not_hang_on_keys(self):
        server = Server(self)
        load(server, "--ratio=1:0", "--keys=2", "--size=1-2", "--requests=40", "--seed=1", PATIENT)
        self.assertEqual(len({(call.keys[0], len(call.data)) for call in server.calls}), 4)

    def test_sizes_of_a_file(self):
        server = Server(self)
        with tempfile.NamedTemporaryFile("w") as sizes:
            sizes.write("5 1000:3\n17:0\n")
            sizes.flush()
            load(server, "--ratio=1:0", "--size=@" + sizes.name, "--requests=1000", "--seed=1",
                 PATIENT)
        sizes = [len(call.data) for call in server.calls]
        self.assertEqual(set(sizes), {5, 1000})
        self.assertAlmostEqual(sizes.count(1000) / 1000, 0.75, delta=0.05)

    def test_what_is_refused(self):
        """Before anything is sent, with the option's name."""
        server = Server(self)
        for words, name in [(["--mix=get=1,fly=1"], "--mix"), (["--mix=get"], "--mix"),
                            (["--mix=get=0"], "--mix"), (["--mix="], "--mix"),
                            (["--mix=get=1,"], "--mix"), (["--mix=get=1000001"], "--mix"),
                            (["--mix=cas=1", "--protocol=meta"], "--mix"),
                            (["--mix=cas=1", "--pipeline=2"], "--mix"),
                            (["--mix=incr=1", "--keys=4000000000"], "--keys"),
                            (["--size="], "--size"), (["--size=5-4"], "--size"),
                            (["--size=1:2:3"], "--size"), (["--size=1,x"], "--size"),
                            (["--size=1:0"], "--size"), (["--size=@/nowhere"], "--size"),
                            (["--size=134217729"], "--size"), (["--size=1-"], "--size"),
                            (["--key-size=251"], "--key-size"), (["--key-size=7"], "--key-size"),
                            (["--exptime=2592001"], "--exptime"), (["--rate=5-"], "--rate"),
                            (["--rate=0-5"], "--rate"), (["--rate=1-2"], "--rate"),
                            (["--scan=1:2"], "--scan"), (["--scan=2:1:1"], "--scan"),
                            (["--scan=1:2:0"], "--scan"), (["--scan=1:2:1:1"], "--scan"),
                            (["--scan=1:2:1", "--rate=1"], "--scan"),
                            (["--scan=1:2:1", "--repeat=2"], "--scan"),
                            (["--p99-limit=1"], "--p99-limit"), (["--repeat=0"], "--repeat"),
                            (["--reconnect=0"], "--reconnect"), (["--user=jo"], "--user"),
                            (["--password-file=/nowhere"], "--password-file"),
                            (["--user=jo", "--password-file=/nowhere"], "/nowhere"),
                            (["--hgrm=/nowhere/file"], "--hgrm")]:
            done = run("--server", server.address, "--requests=1", *words)
            self.assertEqual((done.returncode, done.stderr.split(":")[:2], done.stderr.count("\n")),
                             (2, ["mcload", " " + name], 1), done.stderr)
        self.assertEqual(server.accepted, [])

    def test_in_flight(self):
        """As many as --pipeline says, and never more."""
        held, most = [], []

        def script(call):
            held.append(call)
            most.append(len(held))
            call.reply, held[:] = (b"END\r\n" * len(held), []) if len(held) == 8 else (b"", held)
        server = Server(self, script)
        result = load(server, "--connections=1", "--pipeline=8", "--requests=160", PATIENT)
        self.assertEqual((max(most), result["get"]["misses"]), (8, 160))


# ---- several runs, and connections that end ------------------------------------------------------


class Runs(unittest.TestCase):
    def test_repeated(self):
        """Three runs of 20 requests; the first one of the second takes 300 ms."""
        server = Server(self, lambda call: time.sleep(0.3) if call.number == 20 else None)
        start = time.monotonic()
        with tempfile.NamedTemporaryFile("r") as stored:
            done = run("--server", server.address, "--repeat=3", "--requests=20", PATIENT,
                       "--connections=2", "--threads=2", "--json", stored.name)
            result = json.load(stored)
        self.assertLess(result["seconds"], time.monotonic() - start)
        runs = result["runs"]
        self.assertEqual([one["requests"] for one in runs], [20] * 3)
        self.assertEqual((result["get"]["requests"], len(server.calls)), (60, 60))
        self.assertAlmostEqual(result["seconds"], sum(one["seconds"] for one in runs), places=5)
        self.assertEqual(result["get"]["max_us"], max(one["max_us"] for one in runs))
        self.assertGreaterEqual(runs[1]["max_us"], 300000)
        self.assertGreaterEqual(runs[1]["seconds"], 0.3)
        for one in runs:
            self.assertAlmostEqual(one["per_second"] * one["seconds"], 20, places=4)
            self.assertTrue(one["p50_us"] <= one["p99_us"] <= one["p99_9_us"] <= one["max_us"])
        shown = {words[0]: float(words[2]) for words in
                 (line.split() for line in done.stdout.split("\nrun ")[1].splitlines()[1:7])}
        rates = sorted(one["per_second"] for one in runs)
        for name, rate in zip(("least", "median", "most"), rates):
            self.assertAlmostEqual(shown[name], rate, delta=0.51)

    def test_seconds_of_each_run(self):
        """A second's sample has nothing of an earlier run, and all of its own."""
        def script(call):
            if call.number == 5:
                time.sleep(0.1)
                call.reply = b"SERVER_ERROR busy\r\n"
        result = load(Server(self, script), "--rate=50", "--time=1.02", "--repeat=2", "--connections=1",
                      PATIENT, status=1)
        self.assertEqual(result["get"]["requests"], 101)
        self.assertEqual([sample["errors"] for sample in result["samples"]][:2], [1, 0])
        self.assertGreaterEqual(len(result["samples"]), 2)
        for sample in result["samples"]:
            self.assertLessEqual(sample["requests"], 51)
            self.assertLessEqual(sample["p50_us"], sample["p99_us"])
        self.assertGreater(sum(sample["requests"] for sample in result["samples"]), 55)
        self.assertGreaterEqual(result["samples"][0]["p99_us"], 79000)  # that of the next one
        self.assertLess(result["samples"][0]["p50_us"], result["samples"][0]["p99_us"])

    def test_scan(self):
        """A run at each rate, none of whose requests comes before it is due."""
        server = Server(self)
        result = load(server, "--scan=200:600:200", "--requests=30", "--connections=2", PATIENT)
        self.assertEqual([one["rate"] for one in result["runs"]], [200, 400, 600])
        for i, one in enumerate(result["runs"]):
            calls = server.calls[30 * i:30 * i + 30]
            self.assertEqual((one["requests"], len(calls)), (30, 30))
            self.assertGreaterEqual(one["seconds"], 29 / one["rate"])
            self.assertGreaterEqual(calls[-1].at - calls[0].at, 29 / one["rate"] - one["max_us"] / 1e6)

    def test_scan_ends_above_the_limit(self):
        server = Server(self, lambda call: time.sleep(0.7) if call.number == 15 else None)
        result = load(server, "--scan=1000:9000:1000", "--requests=10", "--connections=1",
                      "--p99-limit=0.6", PATIENT)
        self.assertEqual([one["rate"] for one in result["runs"]], [1000, 2000])
        self.assertGreaterEqual(result["runs"][1]["p99_us"], 0.7e6)

    def test_ramp(self):
        """From 200 to 1,800 requests a second in a quarter of one: 250; n are due when
        200 t + 3,200 t^2 are."""
        for threads in ("1", "2"):
            server, start = Server(self), time.monotonic()
            result = load(server, "--rate=200-1800", "--time=0.25", "--connections=4", PATIENT,
                          "--threads=" + threads)
            self.assertEqual((result["get"]["requests"], result["unsent"]), (250, 0))
            self.assertEqual(result["runs"][0]["rate"], 1000)
            for n, at in enumerate(sorted(call.at for call in server.calls)):
                due = 2 * n / (200 + (200 ** 2 + 2 * 6400 * n) ** 0.5)
                self.assertGreaterEqual(at - start, due)
            self.assertGreaterEqual(result["seconds"], due)
        result = load(Server(self), "--rate=900-100", "--time=0.1", PATIENT)
        self.assertEqual(result["get"]["requests"], 50)

    def test_reconnect(self):
        """No connection has more requests than it may, and no request is lost."""
        for words in ([], ["--pipeline=4"], ["--rate=2000"], ["--multiget=2", "--threads=2"]):
            server = Server(self)
            result = load(server, "--reconnect=7", "--connections=2", "--requests=70", PATIENT,
                          "--fill", "--keys=30", *words)
            taken = {}
            for call in server.calls[30:]:
                taken[call.connection] = taken.get(call.connection, 0) + 1
            self.assertEqual((sum(taken.values()), max(taken.values())), (70, 7), words)
            self.assertEqual(result["servers"][0]["connects"], len(server.accepted) - 1)
            self.assertGreaterEqual(len(taken), 10)
            self.assertEqual((result["get"]["requests"], result["filled"], result["clean"]),
                             (70, 30, True))

    def test_percentiles_for_plotters(self):
        """The file has the latencies of all kinds, in ms."""
        server = Server(self)
        with tempfile.NamedTemporaryFile("r") as stored:
            result = load(server, "--ratio=1:1", "--requests=50", "--repeat=2", "--hgrm", stored.name,
                          PATIENT)
            lines = stored.read().splitlines()
        rows = [list(map(float, line.split())) for line in lines[2:] if line[0] != "#"]
        self.assertEqual(lines[0].split(), ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"])
        self.assertAlmostEqual(rows[-1][0], max(result["get"]["max_us"], result["set"]["max_us"]) / 1000,
                               places=5)
        self.assertEqual(rows[-1][1:], [1, 100])
        self.assertAlmostEqual(rows[0][0], min(result["get"]["min_us"], result["set"]["min_us"]) / 1000,
                               places=5)
        half = next(row for row in rows if row[1] == 0.5)
        self.assertGreaterEqual(half[2], 50)
        self.assertEqual(half[3], 2)

    def test_percentiles_of_one_kind(self):
        """They are the same in the kind's figures, its tail, the run's row, and for plotters; one get
        takes much longer than all others."""
        server = Server(self, lambda call: time.sleep(0.1) if call.number == 700 else None)
        with tempfile.NamedTemporaryFile("r") as stored:
            result = load(server, "--requests=1500", "--hgrm", stored.name, PATIENT)
            rows = [list(map(float, line.split())) for line in stored.read().splitlines()[2:-1]]
        one, row = result["get"], result["runs"][0]
        for name in ("mean_us", "p50_us", "p99_us", "p99_9_us", "max_us"):
            self.assertAlmostEqual(row[name], one[name], places=2)
        self.assertAlmostEqual(one["min_us"], 1000 * rows[0][0], places=2)
        self.assertAlmostEqual(one["max_us"], 1000 * rows[-1][0], places=2)
        self.assertEqual(len(one["tail"]), 1 + math.floor(10 * math.log10(0.9 * 1500)))
        for above, us in one["tail"]:
            below = max(line[0] for line in rows if line[1] <= 1 - above)
            beyond = min(line[0] for line in rows if line[1] >= 1 - above)
            self.assertTrue(below <= us / 1000 + 1e-6 and us / 1000 <= beyond + 1e-6, above)


# ---- several servers -----------------------------------------------------------------------------


class Several(unittest.TestCase):
    """Each server has figures of its own, beside those of all."""
    FILLED, SLOW_S = 10, 0.01

    def start(self):
        """One that is good, and one that is slow, and fails, forgets and lies in turn."""
        def script(call):
            turn = call.number % 5 if call.number >= self.FILLED else 4
            if turn < 4:
                time.sleep(self.SLOW_S)
            if turn == 0:
                call.reply = b"SERVER_ERROR busy\r\n"
            if turn == 1 and call.is_get():
                call.reply = b"END\r\n"
            if turn == 2 and call.is_get():
                call.reply = call.reply.replace(b"\r\nEND", b"~\r\nEND").replace(b" 0 32", b" 0 33")
        return [Server(self), Server(self, script)]

    def both(self, servers, *words):
        """The JSON of a run on them, and what it prints; --fill and a warm-up are in no figure."""
        with tempfile.NamedTemporaryFile("r") as stored:
            done = run("--server", ",".join(server.address for server in servers), "--fill",
                       "--verify", "--keys=%d" % self.FILLED, "--mix=get=3,set=1", PATIENT,
                       "--json", stored.name, *words)
            self.assertEqual(done.stderr, "")
            return json.load(stored), done.stdout

    def expect_figures(self, server, figures):
        calls = server.of_run(self.FILLED)
        failed = [call for call in calls if call.reply.startswith(b"SERVER_ERROR")]
        gets = [call for call in calls if call.is_get() and call not in failed]
        misses = sum(call.reply == b"END\r\n" for call in gets)
        self.assertEqual([figures[name] for name in (
            "requests", "keys", "hits", "misses", "errors", "wrong_values", "error_replies")],
            [len(calls) - len(failed)] * 2 + [
                len(gets) - misses, misses, len(failed), sum(b"~" in call.reply for call in gets),
                len(failed)])

    def expect_sums(self, result):
        """All kinds, and all servers, are all."""
        for records in (result["servers"], [result["get"], result["set"]]):
            for name in ("requests", "keys", "hits", "misses", "errors"):
                self.assertEqual(sum(one[name] for one in records), result["all"][name], name)
            for name, of in (("min_us", min), ("max_us", max)):
                self.assertEqual(of(one[name] for one in records), result["all"][name], name)
        for one in result["servers"] + [result["all"]]:
            self.assertAlmostEqual(one["per_second"], one["requests"] / result["seconds"],
                                   delta=one["per_second"] / 1000 + 0.001)
        self.assertEqual(sum(one["wrong_values"] for one in result["servers"]),
                         result["all"]["wrong_values"])

    def test_figures_of_each(self):
        """With a thread for each, and one for both; and of two runs together."""
        for words in (["--threads=2"], ["--threads=1", "--repeat=2"]):
            good, bad = servers = self.start()
            result, _ = self.both(servers, "--connections=2", "--requests=80", *words)
            for server, figures in zip(servers, result["servers"]):
                self.assertEqual(figures["address"], server.address)
                self.expect_figures(server, figures)
            self.expect_sums(result)
            slow = 1e6 * self.SLOW_S
            self.assertGreaterEqual(result["servers"][1]["p99_us"], slow)
            if len(words) == 1:  # half of the requests are the slow one's
                self.assertEqual(len(bad.of_run(self.FILLED)), 40)
                self.assertEqual(result["servers"][0]["errors"], 0)
                self.assertGreaterEqual(result["servers"][1]["p50_us"], slow)
            self.assertEqual((len(good.store), len(bad.store)), (self.FILLED, self.FILLED))

    def test_formats_agree(self):
        servers = self.start()
        result, text = self.both(servers, "--format=csv", "--connections=3", "--requests=60")
        rows = {row.pop("kind"): row for row in csv.DictReader(io.StringIO(text))}
        records = {one["address"]: one for one in result["servers"]} | {
            name: result[name] for name in ("get", "set", "all")}
        self.assertEqual(list(rows), ["get", "set"] + [s.address for s in servers] + ["all"])
        for name, row in rows.items():
            self.assertEqual({column: float(word) if word else None for column, word in row.items()},
                             {column: records[name][column] for column in row}, name)
        servers = self.start()
        result, text = self.both(servers, "--threads=2", "--connections=2", "--requests=80")
        rows = text.split("  server\n")[1].splitlines()[:3]
        for row, record, name in zip(rows, result["servers"] + [result["all"]],
                                     [server.address for server in servers] + ["all"]):
            self.assertEqual(row.split()[-1], name)
            numbers = [record[column] for column in ("requests", "misses", "wrong_values", "errors")]
            found = [float(word) for word in row.split()[:5]]
            self.assertEqual(found[:1] + found[2:], numbers)
            self.assertAlmostEqual(found[1], record["per_second"], delta=0.51)
            for time_us, column in zip(times_us(row), ("p50_us", "p99_us")):
                self.assertAlmostEqual(time_us, record[column], delta=0.006 * record[column])

    def test_one_server(self):
        """It is all of them."""
        server = self.start()[1]
        result, text = self.both([server], "--requests=20", "--connections=2", "--warmup=0.01")
        for name, value in result["all"].items():
            if name != "tail":
                self.assertEqual(result["servers"][0][name], value, name)
        self.assertNotIn("  server\n", text)
        self.assertEqual(result["all"]["requests"] + result["all"]["errors"], 20)

    def test_lost_connections(self):
        """What was in flight is an error of its server; what was lost before the run is none."""
        deaths = [5, 30, 50]

        def script(call):
            if call.number in deaths:
                raise Gone
        servers = [Server(self), Server(self, script)]
        result, text = self.both(servers, "--connections=2", "--threads=2", "--requests=200",
                                 "--rate=2000")
        self.assertEqual([one["errors"] for one in result["servers"]], [0, 2])
        self.assertEqual([one["closed"] for one in result["servers"]], [0, 3])
        self.assertIn("\n%s: 4 connections made, 3 closed; the first trouble: closed\n"
                      % servers[1].address, text)
        self.expect_sums(result)

    def test_given_again(self):
        """An option for each, or commas, or both."""
        servers = [Server(self) for _ in range(3)]
        one, two, three = (server.address for server in servers)
        for words in (["--server", one, "--server", two, "--server=" + three],
                      ["--server", one + "," + two, "--server", three]):
            result = json.loads(run(*words, "--requests=9", "--connections=3", "--format=json",
                                    PATIENT).stdout)
            self.assertEqual([each["address"] for each in result["servers"]], [one, two, three])
            self.assertEqual([each["connects"] for each in result["servers"]], [1, 1, 1])

    def test_dead_one_is_named(self):
        """Before anything is sent to the other."""
        alive = Server(self)
        done = run("--server", alive.address, "--server=unix:/nowhere", "--fill", "--requests=9")
        self.assertEqual((done.returncode, done.stdout, alive.calls), (69, "", []))
        self.assertTrue(done.stderr.startswith("mcload: unix:/nowhere: "), done.stderr)


# ---- logins --------------------------------------------------------------------------------------


class Logins(unittest.TestCase):
    PASSWORD = "s3cret-of-jo"

    def load(self, server, *words):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.PASSWORD + "\n")
            file.flush()
            return run("--server", server.address, "--user=jo", "--password-file", file.name,
                       "--format=json", PATIENT, *words)

    def test_each_connection_logs_in_first(self):
        """Also those that come later; and nothing shows the password."""
        server = Server(self)
        done = self.load(server, "--connections=3", "--threads=2", "--requests=60", "--trace=20",
                         "--reconnect=5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["get"]["requests"], 60)
        self.assertIn("get key:", done.stderr)
        self.assertNotIn(self.PASSWORD, done.stdout + done.stderr)
        first = {}
        for call in server.calls:
            first.setdefault(call.connection, call)
        self.assertGreaterEqual(len(first), 13)
        for call in first.values():
            self.assertEqual((call.verb, call.data), ("set", b"jo " + self.PASSWORD.encode()))
        self.assertEqual(sum(call.is_get() for call in server.calls), 60)

    def test_password_of_the_environment(self):
        server = Server(self)
        done = subprocess.run([MCLOAD, "--server", server.address, "--user=jo", "--requests=5"],
                              env={**os.environ, "MCWIRE_PASSWORD": "other"}, timeout=PATIENCE_S,
                              capture_output=True)
        self.assertEqual((done.returncode, server.calls[0].data), (0, b"jo other"))

    def test_refused_at_first(self):
        server = Server(self, lambda call: setattr(call, "reply", b"CLIENT_ERROR authentication failure\r\n"))
        done = self.load(server, "--requests=5")
        self.assertEqual((done.returncode, done.stdout), (69, ""))
        self.assertIn("password", done.stderr)

    def test_refused_and_unanswered_later(self):
        """That is trouble, and no request is sent."""
        for change, trouble in [(b"CLIENT_ERROR authentication failure\r\n", "error_replies"),
                                (b"", "timed_out")]:
            def script(call, change=change):
                if call.verb == "set" and call.number > 0:
                    call.reply = change
            server = Server(self, script)
            done = self.load(server, "--time=0.1", "--connections=1", "--timeout-ms=60")
            result = json.loads(done.stdout)
            self.assertEqual(done.returncode, 1)
            self.assertGreaterEqual(result["servers"][0][trouble], 1)
            self.assertEqual((result["get"]["requests"], result["get"]["errors"]), (0, 0))
            self.assertNotIn("get", [call.verb for call in server.calls])
            self.assertNotEqual(result["servers"][0]["first_trouble"], "")

    def test_words_of_a_refusal(self):
        """Also those of a server that takes no more connections, and says so to the login; but a
        reply that nothing asked for is not a refusal."""
        for change, words, trouble in [
                (b"ERROR Too many open connections\r\n",
                 "the login was refused: Too many open connections", "error_replies"),
                (b"ERROR\r\n", "the login was refused", "error_replies"),
                (b"STORED\r\nSTORED\r\n", "a reply that nothing asked for", "broken")]:
            def script(call, change=change):
                if call.verb == "set" and call.number > 0:
                    call.reply = change
            done = self.load(Server(self, script), "--time=0.1", "--connections=1")
            one = json.loads(done.stdout)["servers"][0]
            self.assertEqual(one["first_trouble"], words)
            self.assertGreaterEqual(one[trouble], 1)


# ---- time ----------------------------------------------------------------------------------------


class Times(unittest.TestCase):
    def test_open_loop_is_even(self):
        """No request comes before it is due."""
        for threads in ("1", "3"):
            server, start = Server(self), time.monotonic()
            result = load(server, "--rate=250", "--requests=100", "--connections=6",
                          "--threads=" + threads, PATIENT)
            arrivals = sorted(call.at for call in server.calls)
            self.assertEqual(len(arrivals), 100)
            for k, at in enumerate(arrivals):
                self.assertGreaterEqual(at - start, k / 250)
            self.assertGreaterEqual(result["seconds"], 99 / 250)

    def test_threads_take_turns(self):
        """Four of them, a request each 25 ms."""
        server, start = Server(self), time.monotonic()
        load(server, "--rate=40", "--requests=12", "--connections=4", "--threads=4", PATIENT)
        for k, at in enumerate(sorted(call.at for call in server.calls)):
            self.assertGreaterEqual(at - start, k / 40)

    def test_latency_is_from_when_a_request_was_due(self):
        """Of 600 requests in 600 ms, those due within a stall of 300 ms wait for its end: the 60th
        from the slowest 240 ms, though it was sent long after it was due."""
        stalled = []

        def script(call):
            if not stalled:
                stalled.append(call)
                time.sleep(0.3)
        result = load(Server(self, script), "--rate=1000", "--requests=600", "--connections=1",
                      PATIENT)
        get = result["get"]
        self.assertEqual((get["requests"], result["unsent"]), (600, 0))
        self.assertGreaterEqual(get["max_us"], 299000)
        for name, least in [("p99_us", 294), ("p90_us", 240), ("mean_us", 74)]:
            self.assertGreaterEqual(get[name], 0.99 * 1000 * least, name)
        self.assertGreaterEqual(min(us for above, us in get["tail"] if above < 0.1), 0.99 * 240000)

    def test_closed_loop_latency_is_from_the_sending(self):
        """Each reply of the first connection takes 20 ms."""
        server = Server(self, lambda call: time.sleep(0.02))
        get = load(server, "--requests=15", "--connections=1", PATIENT)["get"]
        self.assertGreaterEqual(get["min_us"], 20000)
        self.assertGreaterEqual(get["mean_us"], 20000)

    def test_kinds_have_latencies_of_their_own(self):
        def script(call):
            if not call.is_get():
                time.sleep(0.03)
        result = load(Server(self, script), "--ratio=1:4", "--requests=50", "--connections=1",
                      PATIENT)
        self.assertGreaterEqual(result["set"]["min_us"], 30000)
        self.assertLess(result["get"]["min_us"], result["set"]["min_us"])

    def test_time_and_rate_make_whole_numbers(self):
        """0.29 * 100 is 28.999999999999996 in binary."""
        for rate, seconds, requests in [(100, "0.29", 29), (100, "0.57", 57), (1000, "0.001", 1),
                                        (10, "0.19", 1)]:
            result = load(Server(self), "--rate=%d" % rate, "--time=" + seconds, PATIENT)
            self.assertEqual(result["get"]["requests"] + result["unsent"], requests)

    def test_what_was_due_and_never_sent(self):
        """A server that answers nothing: every request that was due is an error or unsent."""
        server = Server(self)
        server.script = server.stay_silent
        with tempfile.NamedTemporaryFile("r") as stored:
            text = run("--server", server.address, "--rate=100", "--time=0.4", "--connections=2",
                       "--timeout-ms=150", "--json", stored.name).stdout
            result = json.load(stored)
        self.assertIn("\n%d requests were due and could not be sent in time;" % result["unsent"], text)
        self.assertEqual(result["get"]["errors"] + result["unsent"], 40)
        self.assertGreater(result["unsent"], 0)
        self.assertEqual(result["get"]["requests"], 0)
        self.assertEqual(result["servers"][0]["timed_out"], result["get"]["errors"])

    def test_timeouts(self):
        """Each of two requests waits 300 ms, and a pause lies between them."""
        server = Server(self)
        server.script = server.stay_silent
        result = load(server, "--requests=2", "--connections=1", "--timeout-ms=300", status=1)
        self.assertEqual((result["get"]["errors"], result["servers"][0]["timed_out"]), (2, 2))
        self.assertGreaterEqual(result["seconds"], 2 * 0.3 + 0.05)
        self.assertFalse(result["clean"])

    def test_pauses_double(self):
        def script(call):
            raise Gone
        server = Server(self, script)
        result = load(server, "--requests=4", "--connections=1", status=1)
        self.assertEqual((result["get"]["errors"], result["servers"][0]["closed"]), (4, 4))
        closed, accepted = server.closed[1:], server.accepted[2:]
        for pause, end, begin in zip((0.05, 0.1, 0.2), closed, accepted):
            self.assertGreaterEqual(begin - end, pause)


# ---- what a server does to it --------------------------------------------------------------------


class Failures(unittest.TestCase):
    def test_drips(self):
        """Each byte by itself."""
        def script(call):
            for k in range(len(call.reply)):
                call.connection.sendall(call.reply[k:k + 1])
            call.reply = b""
        server = Server(self, script)
        for protocol in ("classic", "meta"):
            result = load(server, "--fill", "--verify", "--keys=7", "--requests=40", "--size=1-40",
                          "--connections=2", "--multiget=2", "--protocol=" + protocol, PATIENT)
            self.assertEqual((result["get"]["hits"], result["get"]["wrong_values"]), (80, 0))
            self.assertTrue(result["clean"])

    def test_drips_for_longer_than_the_timeout(self):
        """A byte now and then does not keep a reply from being late."""
        def script(call):
            for k in range(len(call.reply) if call.is_get() else 0):
                call.connection.sendall(call.reply[k:k + 1])
                if select.select([call.connection], [], [], 0.1)[0]:
                    raise Gone
        result = load(Server(self, script), "--fill", "--keys=1", "--size=100", "--requests=1",
                      "--connections=1", "--timeout-ms=1000", status=1)
        self.assertEqual(result["get"]["errors"], 1)
        self.assertGreaterEqual(result["servers"][0]["timed_out"], 1)

    def test_death_within_a_reply(self):
        """What was received of it is no part of the next connection's first reply."""
        cuts = list(range(1, 40, 4))

        def script(call):
            if call.is_get() and cuts and call.number % 3 == 0:
                call.connection.sendall(call.reply[:cuts.pop()])
                raise Gone
        server = Server(self, script)
        result = load(server, "--fill", "--verify", "--keys=5", "--requests=60", "--connections=3",
                      "--size=20", PATIENT, status=1)
        one = result["servers"][0]
        self.assertEqual((one["closed"], one["broken"], one["error_replies"]), (10, 0, 0))
        self.assertEqual((result["get"]["errors"], result["get"]["hits"]), (10, 50))
        self.assertEqual(result["get"]["wrong_values"], 0)
        self.assertEqual(one["connects"], len(server.accepted) - 1)

    def test_next_connection(self):
        """It starts from nothing."""
        def script(call):
            if call.number == 0:
                call.connection.sendall(b"VALUE key:0 0 32\r\nabc")
                raise Gone
        server = Server(self, script)
        get = load(server, "--requests=3", "--keys=1", "--connections=1", PATIENT, status=1)["get"]
        self.assertEqual((get["errors"], get["misses"]), (1, 2))

    def test_death_with_many_in_flight(self):
        """All of them are errors."""
        def script(call):
            call.reply = b""
            if call.number == 19:
                raise Gone
        server = Server(self, script)
        result = load(server, "--connections=1", "--pipeline=20", "--requests=20", status=1)
        self.assertEqual((result["get"]["errors"], result["get"]["requests"]), (20, 0))

    def test_error_replies(self):
        def script(call):
            if call.number % 5 == 0:
                call.reply = b"SERVER_ERROR busy\r\n"
        server = Server(self, script)
        result = load(server, "--requests=100", PATIENT, status=1)
        one = result["servers"][0]
        self.assertEqual((result["get"]["errors"], one["error_replies"]), (20, 20))
        self.assertEqual((one["closed"], one["first_trouble"]), (0, "SERVER_ERROR busy"))
        server = Server(self, lambda call: setattr(call, "reply", b"SERVER_ERROR busy\r\n")
                        if call.verb == "mg" else None)
        result = load(server, "--requests=20", "--multiget=3", "--protocol=meta", PATIENT, status=1)
        one = result["servers"][0]
        self.assertEqual((result["get"]["errors"], one["error_replies"]), (20, 20))

    def test_surplus_reply(self):
        def script(call):
            if call.number == 10:
                call.reply += b"END\r\n"
        server = Server(self, script)
        result = load(server, "--requests=40", "--connections=1", PATIENT, status=1)
        self.assertEqual(result["servers"][0]["broken"], 1)
        self.assertEqual(result["get"]["requests"] + result["get"]["errors"], 40)

    def test_words_of_a_full_server(self):
        """A server beyond its limit of connections says so before anything was asked."""
        told = threading.Event()

        class Full(Server):
            def talk(self, connection):
                if connection in self.connections[:2]:  # that of the check, and the first
                    super().talk(connection)
                    return
                with connection, contextlib.suppress(OSError):
                    connection.sendall(b"ERROR Too many open connections\r\n")
                    while connection.recv(4096):
                        pass
                told.set()
        server = Full(self, lambda call: told.wait(PATIENCE_S))
        one = load(server, "--requests=1", "--connections=2", PATIENT, status=1)["servers"][0]
        self.assertEqual(one["first_trouble"], "ERROR Too many open connections")
        self.assertGreaterEqual(one["error_replies"], 1)
        self.assertEqual(one["broken"], 0)

    def test_troubles_are_their_servers(self):
        def script(call):
            raise Gone
        good, bad = Server(self), Server(self, script)
        result = json.loads(run("--server", good.address + "," + bad.address, "--requests=40",
                                "--connections=2", "--format=json").stdout)
        self.assertEqual([one["closed"] for one in result["servers"]], [0, result["get"]["errors"]])
        self.assertGreater(result["get"]["errors"], 0)
        self.assertEqual(result["servers"][0]["first_trouble"], "")

    def test_fill_completes_after_lost_connections(self):
        """Twice a connection dies with what was set and what was not; nothing is left out."""
        deaths = [10, 40]

        def script(call):
            if deaths and call.number == deaths[0]:
                del deaths[0]
                raise Gone
        for connections in ("1", "3"):
            deaths[:] = [10, 40]
            server = Server(self, script)
            result = load(server, "--fill", "--keys=100", "--requests=50", "--verify", PATIENT,
                          "--connections=" + connections, status=1)
            self.assertEqual(set(server.store), {b"key:%d" % k for k in range(100)})
            self.assertEqual(result["filled"], 100)
            self.assertEqual((result["get"]["hits"], result["get"]["misses"]), (50, 0))
            self.assertGreaterEqual(result["earlier_errors"], 2)
            self.assertEqual(result["servers"][0]["closed"], 2)

    def test_fill_that_is_refused(self):
        """An error that closes the connection ends it."""
        def script(call):
            call.reply = b"CLIENT_ERROR no\r\n"
        result = load(Server(self, script), "--fill", "--keys=30", "--requests=0",
                      "--connections=1", PATIENT, status=1)
        self.assertEqual((result["filled"], result["earlier_errors"]), (0, 30))
        self.assertIn("\n30 requests failed before the run, during --fill or --warmup.\n", run(
            "--server", Server(self, script).address, "--fill", "--keys=30", "--requests=0", PATIENT).stdout)


# ---- lies ----------------------------------------------------------------------------------------


class Lies(unittest.TestCase):
    """With --verify every wrong value counts, and none that is right."""

    def expect(self, change, lies=7, size="20-60"):
        """Each seventh of 49 gets is changed."""
        for protocol in ("classic", "meta"):
            server = Server(self)

            def script(call, server=server):
                if call.is_get() and call.number % 7 == 0:
                    call.reply = change(call.reply, server.store, call)
            server.script = script
            result = load(server, "--fill", "--verify", "--keys=49", "--requests=49", "--seed=2",
                          "--connections=2", "--size=" + size, "--protocol=" + protocol, PATIENT,
                          status=1 if lies else 0)
            get = result["get"]
            self.assertEqual((get["hits"], get["wrong_values"], get["errors"]), (49, lies, 0))
            self.assertEqual(result["clean"], lies == 0)

    def with_value(self, call, value, flags=0):
        if call.verb == "get":
            return b"VALUE %s %d %d\r\n%s\r\nEND\r\n" % (call.keys[0], flags, len(value), value)
        line = b"".join(b" f%d" % flags if word == b"f" else b" k" + call.keys[0]
                        for word in call.words[2:] if word in (b"f", b"k"))
        return b"VA %d%s\r\n%s\r\n" % (len(value), line, value)

    def test_none(self):
        self.expect(lambda reply, store, call: self.with_value(call, store[call.keys[0]]), lies=0)

    def test_one_byte(self):
        def change(reply, store, call):
            value = bytearray(store[call.keys[0]])
            value[random.Random(call.number).randrange(len(value))] ^= 1
            return self.with_value(call, bytes(value))
        self.expect(change)

    def test_last_byte_of_a_large_value(self):
        """More bytes than one receive brings."""
        self.expect(lambda reply, store, call: self.with_value(call, store[call.keys[0]][:-1] + b"~"),
                    size="100000")

    def test_value_of_another_key(self):
        """Of the same size."""
        def change(reply, store, call):
            other = b"key:%d" % ((int(call.keys[0][4:]) + 1) % 49)
            return self.with_value(call, store[other])
        self.expect(change, size="30")

    def test_other_sizes(self):
        """None, too short, too long, and cut to a size that is as good."""
        self.expect(lambda reply, store, call: self.with_value(call, b""))
        self.expect(lambda reply, store, call: self.with_value(call, store[call.keys[0]][:19]))
        self.expect(lambda reply, store, call: self.with_value(
            call, store[call.keys[0]] + b"a" * 41))
        self.expect(lambda reply, store, call: self.with_value(
            call, (store[call.keys[0]] + b"z" * 9)[:25]), size="20,30")
        self.expect(lambda reply, store, call: self.with_value(
            call, store[call.keys[0]][:20] if len(store[call.keys[0]]) > 20
            else store[call.keys[0]] + b"z"))

    def test_flags(self):
        self.expect(lambda reply, store, call: self.with_value(call, store[call.keys[0]], 7))

    def test_lies_of_one_kind(self):
        """They are counted as its own."""
        def script(call):
            if call.verb == "gat":
                call.reply = call.reply.replace(b"\r\nEND", b"~\r\nEND").replace(b" 0 32\r", b" 0 33\r")
        result = load(Server(self, script), "--fill", "--verify", "--keys=9", "--mix=get=1,gat=2",
                      "--requests=30", PATIENT, status=1)
        self.assertEqual((result["get"]["wrong_values"], result["gat"]["wrong_values"]), (0, 20))


# ---- the line on a terminal ----------------------------------------------------------------------


class Terminal(unittest.TestCase):
    def begin(self, columns, term):
        """An mcload on a terminal of so many columns."""
        here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        attributes = termios.tcgetattr(there)
        attributes[1] = 0
        termios.tcsetattr(there, termios.TCSANOW, attributes)
        process = subprocess.Popen(
            [MCLOAD, "--server", Server(self).address, "--rate=100", "--time=1.1", PATIENT],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=there,
            env={**os.environ, "TERM": term})
        os.close(there)
        return process, here

    def said(self, process, here):
        """What it writes to it."""
        text = b""
        try:
            while piece := os.read(here, 65536):
                text += piece
        except OSError:
            pass
        os.close(here)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        return text.decode()

    def test_line_fits(self):
        all_columns = (30, 200)
        started = [self.begin(columns, "xterm") for columns in all_columns]
        dumb = self.begin(80, "dumb")
        for columns, (process, here) in zip(all_columns, started):
            lines = re.split("[\r\n]", self.said(process, here))
            self.assertIn("1 s", "".join(lines))
            self.assertLess(max(map(len, lines)), columns)
        self.assertEqual(self.said(*dumb), "")


if __name__ == "__main__":
    run_cases()
