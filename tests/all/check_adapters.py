#!/usr/bin/env python3
"""Holds the programs by which bench/overhead measures other people's clients to the lines of timed.h:
right results of a real memcached, wrong ones of a server that lies, and times that are the server's.
Those that are not installed take no part. Prints TAP.
usage: check_adapters.py [CLIENT...]"""
# needs: memcached python3 libmemcached.pc memcache.py pymemcache.py pylibmc.py ruby php
# needs: /var/lib/dpkg/info/ruby-dalli.list /var/lib/dpkg/info/php-memcached.list
# needs: /usr/share/doc/libcache-memcached-fast-perl

import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(TOP, "bench", "overhead")]

import machine
import overhead
import results
import waits
from tap import run_cases

WORKERS = os.path.join(os.path.dirname(os.path.dirname(os.environ.get(
    "SQUARES", os.path.join(TOP, "build-gcc", "bench", "squares", "squares")))), "overhead")
MS = 1000000
NAMES = sys.argv[1:] or results.CLIENTS[3:]
LEAST = 1 if sys.argv[1:] else 6  # that the packages above give


def find_work(name):
    return results.find_work(name)


class Adapters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mcwire-")
        cls.address = machine.Servers(cls.folder.name).address("tcp", None)
        programs = overhead.Programs(WORKERS, None, cls.folder.name)
        cls.commands = {}
        for name in NAMES:
            try:
                command = programs.client(name)
                if os.path.exists(command[0]) or os.sep not in command[0]:
                    cls.commands[name] = command
            except machine.Failed:
                pass

    @classmethod
    def tearDownClass(cls):
        machine.end_workers()
        cls.folder.cleanup()

    def each(self, function):
        """A subtest for each client: function(name, worker)."""
        for name, command in self.commands.items():
            worker = machine.Worker(command)
            with self.subTest(client=name):
                function(name, worker)
            worker.end()

    def begin(self, worker, address, work):
        self.assertGreater(int(worker.ask("open " + address)), 0)
        worker.ask(work.line())

    def test_enough_are_there(self):
        self.assertGreaterEqual(len(self.commands), LEAST, self.commands)

    def test_right_results(self):
        def examine(name, worker):
            title, _, settings = worker.ask("hello").partition("\t")
            self.assertTrue(title and settings)
            for work in map(find_work, ("get", "miss", "set", "get-3", "get-1k", "set-1k")):
                if name == "npm-memjs" and work.batch > 1:
                    continue
                self.begin(worker, self.address, work)
                worker.ask("check")
                if work.verb == "set":
                    self.assertTrue(machine.holds_first(self.address, work))
                worker.ask("run 3")
                self.assertRegex(worker.ask("round 3"), r"^[1-9]\d* \d+$")
                self.assertEqual(len(worker.ask("each 5").split()), 5)
                self.assertRegex(worker.ask("try"), r"^[1-9]\d* right$")
            with self.assertRaises(machine.Absent):
                worker.ask(find_work("mg").line())
        self.each(examine)

    def test_wrong_results(self):
        """A key that is not there and one that is, the wrong way round; values of other keys."""
        def examine(name, worker):
            absent = find_work("get")._replace(first=9000)
            there = find_work("miss")._replace(first=0)
            others = find_work("get-3")._replace(first=1000)  # they hold 1 kB
            for work in (absent, there, absent._replace(batch=3), others):
                if name == "npm-memjs" and work.batch > 1:
                    continue
                self.begin(worker, self.address, work)
                with self.assertRaisesRegex(machine.Failed, "wrong result"):
                    worker.ask("check")
                if work is not others:
                    self.assertRegex(worker.ask("try"), " wrong$")
                    for line in ("run 3", "round 3", "each 3"):
                        with self.assertRaisesRegex(machine.Failed, "wrong result"):
                            worker.ask(line)
        self.each(examine)

    def test_times_are_those_of_the_server(self):
        """Each reply takes 20 ms, in which the processor has nothing to do."""
        def examine(_, worker):
            with waits.Relay(self.address, 0.02) as relay:
                self.begin(worker, relay.address, find_work("get"))
                ns, cpu_ns = map(int, worker.ask("round 8").split())
                self.assertGreaterEqual(ns, 160 * MS)
                self.assertLess(cpu_ns, ns)
                self.assertGreaterEqual(min(map(int, worker.ask("each 4").split())), 20 * MS)
                self.assertGreaterEqual(int(worker.ask("try").split()[0]), 20 * MS)
        self.each(examine)

    def test_deadlines(self):
        """A server is silent: clients that have deadlines give up."""
        def examine(name, worker):
            try:
                worker.ask("deadline 100")
            except machine.Absent:
                self.assertEqual(name, "apr_memcache")
                return
            if name == "npm-memcached":  # it has one for its connections only
                return
            with waits.Server() as server:
                self.begin(worker, server.address, find_work("get"))
                ns, outcome = worker.ask("try").split()
                self.assertGreaterEqual(int(ns), 90 * MS)
                self.assertEqual(outcome, "wrong")
        self.each(examine)


if __name__ == "__main__":
    sys.argv[1:] = []
    run_cases()
