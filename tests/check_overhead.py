"""Tests of overhead: its statistics on known samples, what it makes of results, read back by
parsers of JSON and HTML, its options, and whole runs with workers whose times are known.
Prints TAP.
usage: check_overhead.py OVERHEAD WORKER, the programs of bench/overhead"""

import contextlib
import html.parser
import io
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
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(HERE, "support"), os.path.join(HERE, "..", "bench", "overhead"),
                os.path.join(HERE, "..", "bench", "clients")]

import clients
import counting
import figures
import limits
import machine
import measure
import options
import overhead
import loads
import page
import results
import tables
import waits
import workers
from schedule import Server
from tap import run_cases

OVERHEAD, WORKER = [os.path.abspath(path) for path in sys.argv[1:3]]
PATIENCE_S = 300
NS, US, MS = 1, 1000, 1000000
UNIQUES = ("gets", "mixed")  # of which a reply has no known length, so the baseline does none


def run(*words, program=OVERHEAD, stdout=subprocess.PIPE, **more):
    done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False, **more)
    return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()


class Folder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mcwire-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def store(self, data, name="stored"):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(results.to_json(data))
        return self.path(name)


# ---- statistics ----------------------------------------------------------------------------------


class Statistics(unittest.TestCase):
    def test_quantiles_are_nearest_ranks(self):
        numbers = list(range(1, 101))[::-1]
        for part in (0.01, 0.25, 0.5, 0.9, 0.99, 1):
            self.assertEqual(figures.quantile(numbers, part), round(100 * part))
        self.assertEqual(figures.quantile([7], 0.5), 7)
        self.assertEqual(figures.quantile([1, 2], 0.5), 1)
        self.assertEqual(figures.quantile([3, 1, 2], 0.5), 2)
        self.assertEqual(figures.quantile([1, 2, 3], 0), 1)
        self.assertIsNone(figures.quantile([], 0.5))
        self.assertEqual(figures.median(list(range(1, 11))), 5)

    def test_quantiles_hold_as_defined(self):
        """So many are not above it, and none smaller has as many."""
        for n in range(1, 60):
            numbers = [i * i % 37 for i in range(n)]
            for percent in range(1, 101):
                found = figures.quantile(numbers, percent / 100)
                self.assertGreaterEqual(100 * sum(x <= found for x in numbers), percent * n)
                self.assertLess(100 * sum(x < found for x in numbers), percent * n)

    def test_percentile_needs_ten_above(self):
        self.assertEqual(figures.percentile(list(range(1000)), 0.99), 989)
        self.assertIsNone(figures.percentile(list(range(999)), 0.99))
        self.assertEqual(figures.percentile(list(range(20)), 0.5), 9)
        self.assertIsNone(figures.percentile(list(range(19)), 0.5))
        self.assertIsNone(figures.percentile([], 0.5))

    def test_ratio_is_that_of_the_same_round(self):
        """The other's times triple from round to round; the ratio does not."""
        other = [(i, 0, 100 * 3 ** i, 50 * 3 ** i) for i in range(5)]
        mine = [(i, 0, 120 * 3 ** i, 100 * 3 ** i) for i in (4, 0, 2)]
        self.assertEqual(figures.ratio_of(mine, other, 2), (1.2, 1.2, 1.2))
        self.assertEqual(figures.ratio_of(mine, other, 3), (2, 2, 2))
        self.assertIsNone(figures.ratio_of(mine, [(9, 0, 1, 1)], 2))
        self.assertIsNone(figures.ratio_of([], other, 2))

    def test_interval_is_of_processes(self):
        """A process counts once, however many rounds it did."""
        other = [(i, 0, 100, 100) for i in range(20)]
        of_process = [10] * 10 + [1, 2, 3, 4]
        mine = [(i, process, 100 * process, 100) for i, process in enumerate(of_process)]
        self.assertEqual(figures.ratio_of(mine, other, 2), (10, 2, 4))

    def test_band(self):
        band = figures.band_of([figures.Ratio(1, 0.98, 1.01), None, figures.Ratio(1, 0.99, 1.005)])
        self.assertAlmostEqual(band, 1 / 0.98 - 1)
        self.assertAlmostEqual(figures.band_of([figures.Ratio(1.1, 1, 1.25)]), 0.25)
        self.assertIsNone(figures.band_of([None]))

    def test_noise_lies_within_the_band(self):
        for ratio, noise in [(1, True), (1.05, True), (1 / 1.05, True), (1.06, False),
                             (0.94, False)]:
            self.assertEqual(figures.is_noise(ratio, 0.0501), noise, ratio)
        self.assertFalse(figures.is_noise(1, None))


class Texts(unittest.TestCase):
    def test_numbers(self):
        for function, number, wanted in [
                (figures.time_text, 0.5, "0.50 ns"), (figures.time_text, 999.4, "999 ns"),
                (figures.time_text, 999.6, "1.00 us"), (figures.time_text, 20300, "20.3 us"),
                (figures.time_text, 2.5 * MS, "2.50 ms"), (figures.time_text, 3e12, "3000 s"),
                (figures.time_text, None, "-"),
                (figures.ratio_text, 1.024, "1.02"), (figures.ratio_text, 10.83, "10.8"),
                (figures.ratio_text, 170.2, "170"), (figures.ratio_text, None, "-"),
                (figures.count_text, 2.0, "2"), (figures.count_text, 2.5, "2.5"),
                (figures.count_text, 0.333, "0.33"), (figures.count_text, 99.9, "99.9"),
                (figures.count_text, 99.96, "100"), (figures.count_text, 2334295, "2,334,295"),
                (figures.count_text, 0, "0"), (figures.count_text, None, "-"),
                (figures.rate_text, 1000, "1.00 GB/s"), (figures.rate_text, 100, "100 MB/s"),
                (figures.rate_text, None, "-"), (figures.percent_text, 0.0123, "1.2 %")]:
            arguments = (number, 1000) if function is figures.rate_text else (number,)
            self.assertEqual(function(*arguments), wanted)

    def test_texts_from_outside(self):
        for data, wanted in [(b"plain \\ text", "plain \\ text"), ("\u20ac".encode(), "\u20ac"),
                             (b"\x1b[31m\n\x7f", "\\x1b[31m\\x0a\\x7f"), (b"\xff", "\\xff"),
                             ("\u009b".encode(), "\\xc2\\x9b"), (b"\xed\xa0", "\\xed\\xa0")]:
            self.assertEqual(figures.shown(figures.from_bytes(data)), wanted)
        self.assertEqual(figures.shown("\u20ac\x07"), "\u20ac\\x07")
        self.assertEqual(figures.shown("\ud800"), "\\xed\\xa0\\x80")


# ---- results -------------------------------------------------------------------------------------

GET, MANY = results.find_work("get"), results.find_work("get-100")
TCP, UNIX = results.SETTINGS[:2]


def cell_of(client, times, work=GET, setting=TCP, **more):
    """Each time is the p50 of a round, in a process of its own."""
    cell = {"cores": setting.cores, "transport": setting.transport, "work": work.name,
            "client": client, "rounds": [[i, i, time, 2 * time] for i, time in enumerate(times)],
            "samples": 1000, "p50": figures.median(times), "p99": 90000,
            "p999": None, "cpu": 7000, "problem": "",
            "points": [1000 * (i + 1) for i in range(measure.POINTS)]}
    return {**cell, **more}


def sample_data(again=(1.01, 1.0), mcwire=1.2):
    """The baseline takes 10 us; `again`: how far the baseline and mcwire differ from themselves."""
    data = results.new_data()
    data["facts"] = {"date": "2026-01-02 03:04 UTC", "memcached": "1.6.18 <&>"}
    for name in ("baseline", "mcwire", "baseline again", "mcwire again", "pylibmc"):
        data["clients"].append({"name": name, "title": name + " 1.0", "settings": "as it is",
                                "absent": ""})
    data["clients"].append({"name": "libmemcached", "title": "libmemcached", "settings": "",
                            "absent": "not <built>"})
    for name, factor in [("baseline", 1), ("mcwire", mcwire), ("baseline again", again[0]),
                         ("mcwire again", mcwire * again[1]), ("pylibmc", 3)]:
        data["cells"].append(cell_of(name, [10000 * factor] * 4))
    data["counts"] = [
        {"work": "get", "client": "baseline", "instructions": 89, "syscalls": 2, "names": "send 1"},
        {"work": "get", "client": "mcwire", "instructions": 486, "syscalls": 2.0, "names": ""}]
    data["wire"] = [{"name": "put-get", "title": "put get, 1 key", "bytes": 15, "ns": 7.5,
                     "instructions": 117},
                    {"name": "read-hit", "title": "read a hit", "bytes": 61, "ns": 50,
                     "instructions": 1046}]
    data["builds"] = [{"build": build, "client": "mcwire", "work": work, "instructions": figure}
                      for build, work, figure in [("gcc -Os", "get", 958), ("gcc -O2", "get", 513),
                                                  ("gcc -O2", "set", 750)]]
    return data


SIDE = results.SIDE_BY_SIDE


def language_data():
    """All languages side by side: libmemcached is absent, and pylibmc failed with many keys."""
    data = sample_data()
    data["clients"].append({"name": "npm-memjs", "title": "npm memjs 1.3.2", "absent": "",
                            "settings": "binary protocol; no more"})
    for work, times in [(GET, {"baseline": 10000, "mcwire": 12000, "npm-memjs": 40000,
                               "baseline again": 10200, "mcwire again": 12000}),
                        (MANY, {"baseline": 20000, "mcwire": 50000, "baseline again": 21000})]:
        data["cells"] += [cell_of(name, [ns] * 4, work, SIDE) for name, ns in times.items()]
    for cell in data["cells"]:
        if cell["client"] == "mcwire" and cell["cores"] == SIDE.cores:
            cell["cpu"] = 6500
    data["counts"].append({"work": "get", "client": "npm-memjs", "instructions": None,
                           "syscalls": 3.25, "names": ""})
    data["beside"] = [dict(dict.fromkeys(results.BESIDE), client=name, allocations=allocations)
                      for name, allocations in [("mcwire", 4.5), ("npm-memjs", None)]]
    data["waits"] = [{"client": "mcwire", "server": server, "deadline": ms, "late": late}
                     for server, ms, late in [("silent", 10, [9, 9]), ("silent", 100, [0.25]),
                                              ("dripping", 100, [0.5, 0.125, 300])]]
    data["lies"] = [{"client": "mcwire", "believed": 3, "cases": 40}]
    return data


def spread_data():
    """Of mcwire five rounds in four processes, no two alike."""
    data = sample_data()
    data["cells"][0] = cell_of("baseline", [10000] * 5)
    data["cells"][1] = cell_of("mcwire", [], p50=14000, p999=5 * MS, rounds=[
        [0, 0, 10000, 40000], [1, 1, 12000, 60000], [2, 2, 14000, 80000], [3, 3, 16000, 100000],
        [4, 3, 17000, 120000]])
    return data


class Stored(Folder):
    def test_results_come_back(self):
        data = sample_data()
        data["facts"]["odd"] = "\"\\\n\x1b\xff"
        back = results.read_json(self.store(data))
        self.assertEqual(back.data, data)
        self.assertEqual(results.to_json(back.data), results.to_json(data))

    def test_each_text_that_is_cut_is_refused(self):
        with open(self.store(sample_data()), encoding="utf-8") as file:
            text = file.read().rstrip()
        for length in range(0, len(text), 37):
            with open(self.path("cut"), "w", encoding="utf-8") as file:
                file.write(text[:length])
            self.assertRaisesRegex(ValueError, "^line [0-9]+ is not JSON$", results.read_json,
                                   self.path("cut"))

    def test_what_is_not_of_the_form_is_refused(self):
        def put(data, places, value):
            for place in places[:-1]:
                data = data[place]
            data[places[-1]] = value
        for places, value, said in [
                (["cells", 1, "p50"], "fast", "it.cells[1].p50"),
                (["cells", 0, "rounds", 2], [0, 0, 1], "it.cells[0].rounds[2]"),
                (["cells", 0, "rounds", 2, 0], None, "it.cells[0].rounds[2][0]"),
                (["cells", 0, "rounds", 2, 2], True, "it.cells[0].rounds[2][2]"),
                (["cells"], {}, "it.cells"), (["facts"], [], "it.facts"),
                (["facts", "date"], 7, "it.facts"), (["counts", 0], 3, "it.counts[0]"),
                (["stolen"], "much", "it.stolen"), (["wire", 0, "bytes"], 1.5, "it.wire[0].bytes")]:
            data = sample_data()
            put(data, places, value)
            with self.assertRaises(ValueError) as caught:
                results.read_json(self.store(data))
            self.assertIn(said + " ", str(caught.exception))
        for text in ("[]", "{}", '{"program": "overhead"}', '{"program": "squares"}', "7"):
            with open(self.path("other"), "w", encoding="utf-8") as file:
                file.write(text)
            self.assertRaises(ValueError, results.read_json, self.path("other"))
        with open(self.path("other"), "wb") as file:
            file.write(b"\xff" + b"[" * 100000)
        self.assertRaises(ValueError, results.read_json, self.path("other"))


class Meaning(unittest.TestCase):
    def test_ratios(self):
        r = results.Results(sample_data())
        self.assertAlmostEqual(r.ratio(TCP, GET, "mcwire").middle, 1.2)
        self.assertAlmostEqual(r.ratio(TCP, GET, "pylibmc").middle, 3)
        self.assertAlmostEqual(r.ratio(TCP, GET, "baseline again").middle, 1.01)
        self.assertAlmostEqual(r.ratio(TCP, GET, "mcwire again").middle, 1)
        self.assertIsNone(r.ratio(UNIX, GET, "mcwire"))
        self.assertIsNone(r.ratio(TCP, MANY, "mcwire"))
        self.assertAlmostEqual(r.band(TCP, GET), 0.01)
        r = results.Results(spread_data())
        self.assertEqual(r.ratio(TCP, GET, "mcwire"), (1.4, 1, 1.4))
        self.assertEqual(r.ratio(TCP, GET, "mcwire", 3), (4, 2, 4))

    def test_noise(self):
        for mcwire, noise in [(1.2, False), (1.009, True), (0.995, True), (0.98, False)]:
            r = results.Results(sample_data(mcwire=mcwire))
            self.assertEqual(r.is_noise(TCP, GET, "mcwire"), noise, mcwire)

    def test_gate(self):
        for again, stolen, word in [((1.01, 1), 0.01, None), ((1.06, 1), 0, "itself by 6.0 %"),
                                    ((1, 1.08), None, "itself by 8.0 %"),
                                    ((1, 1 / 1.08), None, "itself by 8.0 %"),
                                    ((1, 1), 0.03, "3.0 % of the processor")]:
            r = results.Results({**sample_data(again), "stolen": stolen})
            why = r.too_noisy()
            self.assertEqual(why is None, word is None, why)
            self.assertIn(word or "", why or "")

    def test_gate_is_of_the_middle_work(self):
        data = sample_data()
        for work, again in [(MANY, 1.5), (results.find_work("miss"), 1.02)]:
            data["cells"] += [cell_of("baseline", [100] * 4, work),
                              cell_of("baseline again", [100 * again] * 4, work)]
        self.assertAlmostEqual(results.Results(data).noise(), 0.02)
        data = language_data()
        data["cells"] = [cell for cell in data["cells"] if cell["cores"] == "languages"]
        self.assertAlmostEqual(results.Results(data).noise(), 0.02)

    def test_band_of_each_work(self):
        table = tables.time_table(results.Results(language_data()), results.SIDE_BY_SIDE)
        self.assertEqual([row[-1] for row in table], ["band", "2.0 %", "5.0 %"])

    def test_failed_ones_have_no_figure(self):
        data = sample_data()
        data["cells"][1].update(rounds=[], problem="wrong result")
        r = results.Results(data)
        self.assertIsNone(r.ratio(TCP, GET, "mcwire"))
        self.assertEqual(tables.time_table(r, TCP)[1][2], "-")
        self.assertIn("No figure for get by mcwire, tcp, same: wrong result.", tables.notes(r))
        with self.assertRaisesRegex(overhead.Stop, "mcwire, get: wrong result"):
            overhead.judge(r)

    def test_limits_are_held_against_the_figures(self):
        data = sample_data()
        most = {limit.text: limit.most for limit in limits.LIMITS}
        rows = {row[0]: row for row in tables.promise_table(results.Results(data))}
        for text, figure in (("instructions of a get", "486"), ("proto/: put a get", "117"),
                             ("proto/reader.c: read a hit", "1,046"), ("system calls of a get", "2")):
            self.assertEqual(rows[text][1:], [figure, f"{most[text]:,}", "kept"])
        data["counts"][1].update(instructions=most["instructions of a get"] + 1, syscalls=2.5)
        rows = {row[0]: row for row in tables.promise_table(results.Results(data))}
        self.assertEqual(rows["instructions of a get"][3], "NOT kept")
        self.assertEqual(rows["system calls of a get"][3], "NOT kept")

    def test_limits_of_builds(self):
        limit = limits.LIMITS[1]
        self.assertEqual(limits.most_of(limit, "gcc -Os"), limit.small)
        for build in ("gcc -O2", "clang -O3", "this build"):
            self.assertEqual(limits.most_of(limit, build), limit.most)

    def test_comparison(self):
        other = sample_data(again=(1.02, 1), mcwire=1.5)
        other["counts"][1]["instructions"] = 243
        times, counts = tables.comparison(results.Results(sample_data()), results.Results(other))
        self.assertEqual(times[1], ["get, 32 B, mcwire", "1.200", "1.500", "1.250", "2.0 %"])
        self.assertEqual(times[2], ["get, 32 B, pylibmc", "3.000", "3.000", "(1.000)", "2.0 %"])
        self.assertEqual(counts[2], ["get, mcwire", "486", "243", "-50.0 %"])
        self.assertEqual(counts[3], ["put-get, wire", "117", "117", "+0.0 %"])


# ---- tables and pages ----------------------------------------------------------------------------


class Reports(unittest.TestCase):
    def test_times(self):
        table = tables.time_table(results.Results(sample_data()), TCP)
        self.assertEqual(table[0][1:], ["baseline", "mcwire", "pylibmc", "A/A baseline",
                                        "A/A mcwire", "band"])
        self.assertEqual(table[1], ["get, 32 B", "10.0 us", "12.0 us  1.20", "30.0 us  3.00",
                                    "1.010", "1.000", "1.0 %"])

    def test_spread(self):
        r = results.Results(spread_data())
        self.assertEqual(tables.time_table(r, TCP)[1][2], "14.0 us  1.40")
        self.assertEqual(tables.detail_table(r, TCP)[2],
                         ["get, 32 B, mcwire", "4", "1,000", "1.40", "1.00 - 1.40", "90.0 us",
                          "5.00 ms", "7.00 us", "80.0 us", "4.00"])

    def test_builds(self):
        table = tables.build_table(results.Results(sample_data()))
        self.assertEqual(table[0][1:], ["gcc -Os", "gcc -O2"])
        self.assertIn(["instructions of a get", "958", "513"], table)
        self.assertIn(["instructions of a set", "-", "750"], table)

    def test_notes_on_noise(self):
        note = tables.noise_note(results.Results(sample_data(again=(1.2, 1))))
        self.assertIn("TOO NOISY: a client differs", note)
        self.assertNotIn("TOO NOISY", tables.noise_note(results.Results(sample_data())))
        self.assertIn("nobody knows", tables.noise_note(results.Results(results.new_data())))

    def test_noise_is_in_parentheses(self):
        table = tables.time_table(results.Results(sample_data(mcwire=1.008)), TCP)
        self.assertEqual(table[1][2], "10.1 us  (1.01)")

    def test_text(self):
        r = results.Results(sample_data())
        text = tables.text_report(r, True)
        for part in ["itself by 1.0 % (A/A", "12.0 us  1.20", "gcc -Os", "958", "1.6.18 <&>",
                     "libmemcached is absent: not <built>."]:
            self.assertIn(part, text)
        self.assertNotIn("12.0 us", tables.text_report(r, False))
        self.assertIn("486", tables.text_report(r, False))

    def test_legends_are_those_of_the_tables(self):
        """In the text and on the page: of all clients where they are, and none without times."""
        for data, languages in [(sample_data(), False), (language_data(), True)]:
            r = results.Results(data)
            for report in (tables.text_report, page.overhead_page):
                said = " ".join(report(r, True).split())
                self.assertIn("in parentheses if a client can differ as much from itself.", said)
                self.assertEqual(" Lies believed: in so many cases" in said, languages)
                self.assertNotIn("in parentheses", report(r, False))

    def test_columns_stand_below_each_other(self):
        self.assertEqual(tables.text_of([["", "a", "bc"], ["row", "10", "2"]]),
                         "      a  bc\nrow  10   2\n")

    def test_markdown(self):
        lines = tables.markdown_report(results.Results(sample_data())).splitlines()
        self.assertEqual(lines[1], "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        self.assertEqual(lines[2], "| get, 32 B | 10.0 us | 12.0 us  1.20 | 30.0 us  3.00 | 1.010 "
                         "| 1.000 | 1.0 % |")
        self.assertEqual(lines[3], "| instructions of a get | 89 | 486 | - |  |  |  |")

    def test_rows_of_readme_are_results(self):
        r = results.Results(language_data())
        rows = tables.markdown_report(r).splitlines()
        wanted = tables.readme_table(r).splitlines()
        self.assertEqual([row.split("|")[1].strip() for row in wanted],
                         ["client", "---", "baseline", "mcwire, C", "npm memjs, JavaScript, binary",
                          "A/A band"])
        for row in wanted:
            self.assertIn(row, rows)
        self.assertIn("| instructions of a get | 958 | 513 |", rows)
        self.assertIn("Absent: libmemcached.", " ".join(rows))
        self.assertNotIn("lies believed", tables.markdown_report(results.Results(sample_data())))

    def test_readme_has_the_fastest_of_each_language(self):
        data = language_data()
        for name, ns in [("pymemcache", 30000), ("python-memcached", 50000), ("apr_memcache", 20000),
                         ("libmemcached", 21000), ("npm-memcached", 39000)]:
            data["cells"].append(cell_of(name, [ns] * 4, GET, SIDE))
            data["clients"].append({"name": name, "title": name + " 1", "settings": "", "absent": ""})
        self.assertEqual(sorted(tables.fastest(results.Results(data))),
                         ["apr_memcache", "baseline", "mcwire", "npm-memcached", "pymemcache"])

    def test_readme_needs_all_languages(self):
        with self.assertRaisesRegex(overhead.Stop, "side by side"):
            overhead.write_readme(results.Results(sample_data()))

    def test_languages(self):
        """Each figure stands in its column."""
        table = tables.language_table(results.Results(language_data()))
        self.assertEqual(table[0], ["client", "get, 32 B", "get of 100 keys",
                                    "processor time of a get", "allocations", "system calls",
                                    "deadline", "lies believed"])
        self.assertEqual(table[2], ["mcwire, C", "12.0 us  1.20", "50.0 us  2.50", "6.50 us", "4.5",
                                    "2", "+0.50 ms", "3 of 40"])
        self.assertEqual(table[4], ["npm memjs, JavaScript, binary", "40.0 us  4.00", "-", "7.00 us", "-",
                                    "3.25", "none", "-"])
        self.assertEqual(table[5], ["A/A band", "2.0 %", "5.0 %", "", "", "", "", ""])
        self.assertEqual({len(row) for row in table}, {8})
        self.assertEqual(len(tables.language_table(results.Results(sample_data()))), 1)

    def test_languages_have_no_column_elsewhere(self):
        r = results.Results(language_data())
        for table in (tables.time_table(r, TCP), tables.count_table(r, "x", "syscalls")):
            self.assertNotIn("npm memjs", table[0])
            self.assertIn("mcwire", table[0])

    def test_deadlines_in_short(self):
        data = language_data()
        data["waits"][2]["late"].append(None)
        self.assertEqual(tables.deadline_text(results.Results(data), "mcwire"), "did not return")
        data["waits"] = []
        self.assertEqual(tables.deadline_text(results.Results(data), "mcwire"), "-")

    def test_put_between(self):
        with tempfile.NamedTemporaryFile("w+", suffix=".md") as file:
            file.write("head\n<!-- a -->\nold\n<!-- b -->\ntail\n")
            file.flush()
            overhead.put_between(file.name, "<!-- a -->", "<!-- b -->", "new\n")
            with open(file.name, encoding="utf-8") as again:
                self.assertEqual(again.read(), "head\n<!-- a -->\nnew\n<!-- b -->\ntail\n")


class Reader(html.parser.HTMLParser):
    """A page: that its elements are closed in order, its tables, its texts, and where dots lie."""
    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tables, self.elements, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data

    def found(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


LOAD_KIND = {"requests": 0, "per_second": 0, "keys": 0, "hits": 0, "misses": 0, "errors": 0,
             "wrong_values": None, "min_us": 0, "mean_us": 0, "p50_us": 0, "p90_us": 0, "p99_us": 0,
             "p99_9_us": 0, "p99_99_us": 0, "max_us": 0, "tail": []}


def sample_load():
    """As mcload prints it."""
    get = {**LOAD_KIND, "requests": 4000, "per_second": 2000.5, "hits": 3000, "misses": 1000,
           "mean_us": 21.5, "p50_us": 20.0, "p99_us": 900.0, "max_us": 5000.0,
           "tail": [[0.9, 10], [0.5, 20], [0.1, 100], [0.01, 900]]}
    return {"program": "mcload", "version": "1.0", "command": "mcload <x>", "date": "today",
            "machine": "a machine", "clean": True, "interrupted": False, "seconds": 2,
            "options": {"loop": "closed", "latency_from": "sending", "verify": False, "mix": {"get": 1},
                        "scan_step": 0},
            "servers": [{"address": "a:1", "version": "<b>\x1b", "connects": 5, "refused": 1,
                         "closed": 2, "timed_out": 3, "broken": 4, "error_replies": 6,
                         "first_trouble": "\"why\""}],
            "get": get, "set": LOAD_KIND, "incr": {**LOAD_KIND, "requests": 7, "misses": 2}, "filled": 0, "earlier_errors": 0, "unsent": 0,
            "samples": [{"requests": n, "errors": 0, "p50_us": 20, "p99_us": 800}
                        for n in (1000, 3000)],
            "runs": [sample_run(0, 2000.5, 20, 900)]}


def sample_run(rate, per_second, p50, p99):
    return {"rate": rate, "seconds": 2, "requests": 4000, "per_second": per_second, "errors": 0,
            "unsent": 0, "mean_us": 25, "p50_us": p50, "p99_us": p99, "p99_9_us": p99, "max_us": p99}


def load_of_runs(*rates, **options):
    """Of runs with these requests a second."""
    load = sample_load()
    load["options"].update(options)
    load["runs"] = [sample_run(0, rate, 20, 900) for rate in rates]
    return load


class Pages(unittest.TestCase):
    def test_tables_hold_the_figures(self):
        read = Reader(page.overhead_page(results.Results(sample_data()), True))
        r = results.Results(sample_data())
        for table in tables.time_tables(r) + tables.count_tables(r):
            self.assertIn(table, read.tables)
        self.assertIn(["memcached", "1.6.18 <&>"], read.tables[-1])
        self.assertIn("libmemcached is absent: not <built>.", read.texts)

    def test_no_times_of_a_noisy_machine(self):
        r = results.Results(sample_data(again=(1.5, 1)))
        read = Reader(page.overhead_page(r, False))
        self.assertEqual(read.found("svg"), [])
        self.assertNotIn(tables.time_table(r, TCP), read.tables)
        self.assertIn(tables.promise_table(r), read.tables)

    def test_picture_comes_first(self):
        read = Reader(page.overhead_page(results.Results(sample_data()), True))
        names = [name for name, _ in read.elements]
        self.assertLess(names.index("svg"), names.index("table"))
        self.assertEqual(read.found("script") + read.found("link") + read.found("img"), [])
        self.assertEqual({svg["viewbox"].split()[2] for svg in read.found("svg")}, {"360"})
        self.assertEqual(read.found("details"), [])  # nothing is folded on paper

    def test_dots_lie_where_their_ratios_are(self):
        """On a logarithmic scale, from the marks: 1 at one place, 2 at another."""
        data = sample_data(mcwire=2)
        read = Reader(page.overhead_page(results.Results(data), True))
        dots = [float(dot["cx"]) for dot in read.found("circle")]
        self.assertEqual(len(dots), 3)
        marks = dict(re.findall(r'x="([\d.]+)" y="\d+" text-anchor="middle">([\d.]+)<',
                                page.overhead_page(results.Results(data), True)))
        at = {label: float(x) for x, label in marks.items()}
        self.assertAlmostEqual(dots[0], at["1"], delta=0.2)
        self.assertAlmostEqual(dots[1], at["2"], delta=0.2)
        self.assertGreater(dots[2], dots[1])
        self.assertEqual([dot["style"] for dot in read.found("circle")],
                         [each["style"].replace("background", "fill") for each in read.found("i")][:3])

    def test_band_is_shaded(self):
        chart = page.ratio_charts(results.Results(sample_data(again=(1.5, 1))),
                                  [("baseline", 0), ("pylibmc", 1)])[0]
        left, width = map(float, re.search(r'x="([\d.]+)" y="\d+" width="([\d.]+)"',
                                           chart).groups())
        axis = page.Axis([0.9, 3], (page.LEFT + 4, page.RIGHT - 6), True)
        self.assertAlmostEqual(left, axis.at(0.9), delta=0.1)  # the axis ends before 1 / 1.5
        self.assertAlmostEqual(left + width, axis.at(1.5), delta=0.2)
        chart = page.ratio_charts(results.Results(sample_data(again=(1.05, 1))),
                                  [("baseline", 0), ("pylibmc", 1)])[0]
        self.assertAlmostEqual(float(re.search(r'class="band" x="([\d.]+)"', chart).group(1)),
                               axis.at(1 / 1.05), delta=0.1)

    def test_latency_has_all_percentiles(self):
        chart = page.latency_charts(results.Results(sample_data()), [("mcwire", 1)])[0]
        self.assertIn(">p99.99<", chart)
        self.assertEqual(chart.count("L"), measure.POINTS - 2)  # all but the first

    def test_settings_share_a_scale(self):
        data = sample_data()
        data["cells"] += [cell_of("baseline", [100] * 4, GET, UNIX),
                          cell_of("mcwire", [5000] * 4, GET, UNIX)]
        r = results.Results(data)
        charts = page.ratio_charts(r, [("baseline", 0), ("mcwire", 1)])
        marks = [re.findall(r'x="([\d.]+)" y="\d+" text-anchor="middle">1<', chart)
                 for chart in charts]
        self.assertEqual(len(marks), 2)
        self.assertEqual(marks[0], marks[1])

    def test_axis(self):
        axis = page.Axis([1, 1000], (0, 300), True)
        self.assertEqual([round(axis.at(n)) for n in (1, 10, 100, 1000)], [0, 100, 200, 300])
        self.assertEqual(axis.ticks(), [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])
        axis = page.Axis([20, 80], (200, 0), False)
        self.assertEqual([axis.at(n) for n in (0, 40, 80)], [200, 100, 0])
        self.assertEqual(axis.ticks(), [0, 20, 40, 60, 80])
        self.assertEqual(page.Axis([5], (0, 10), False).at(5), 10)
        self.assertTrue(page.Axis([0, 0], (0, 10), False).ticks())

    def test_percentiles(self):
        self.assertEqual([page.tail_label(above) for above in (0.5, 0.1, 0.01, 0.001, 0.0001)],
                         ["p50", "p90", "p99", "p99.9", "p99.99"])
        chart = page.tail_chart("x", [(1, [(0.5, 100), (0.1, 200), (0.01, 400)])])
        points = re.search(r'class="line".* d="M([^"]*)"/>', chart).group(1).split("L")
        xs, ys = zip(*(map(float, point.split()) for point in points))
        self.assertAlmostEqual((xs[2] - xs[1]) / (xs[1] - xs[0]), 1 / 0.69897, places=1)
        self.assertAlmostEqual(ys[0] - ys[1], ys[1] - ys[2], delta=0.2)
        self.assertGreater(ys[0], ys[1])
        self.assertEqual(page.tail_chart("x", [(1, [(0.5, None)])]), "")

    def test_seconds_begin_with_the_first(self):
        chart = page.second_chart("x", [(1, [5, 6, 7])], str)
        points = re.search(r'class="line".* d="M([^"]*)"/>', chart).group(1).split("L")
        marks = dict(re.findall(r'text x="([\d.]+)" y="210" text-anchor="middle">(\d s)<', chart))
        at = {name: float(x) for x, name in marks.items()}
        self.assertAlmostEqual(float(points[0].split()[0]), at["1 s"], delta=0.2)
        self.assertAlmostEqual(float(points[1].split()[0]), at["2 s"], delta=0.2)

    def test_no_label_is_cut(self):
        """Half of the last one, a digit of which is 6 wide, lies before the edge."""
        chart = page.lines_chart("x", [(1, [(0, 1), (20000, 2)])], (figures.count_text, str))
        x, name = re.findall(r'x="([\d.]+)" y="210" text-anchor="middle">([^<]*)<', chart)[-1]
        self.assertEqual(name, "20,000")
        self.assertLessEqual(float(x) + 6 * len(name) / 2, page.WIDTH)

    def test_load(self):
        read = Reader(page.load_page(sample_load()))
        self.assertIn([["", "requests", "per second", "hits", "misses", "errors", "wrong values"],
                       ["get", "4,000", "2,000", "3,000", "1,000", "0", "not verified"],
                       ["incr", "7", "0", "0", "2", "0", "not verified"]],
                      read.tables)
        self.assertIn(["get", "21.5 us", "20.0 us", "0.00 ns", "900 us", "0.00 ns", "0.00 ns",
                       "5.00 ms"], read.tables[1])
        self.assertEqual(read.tables[2][1], ["a:1", "<b>\\x1b", "5", "1", "2", "3", "4", "6",
                                             "\"why\""])
        self.assertEqual(len(read.found("svg")), 3)
        self.assertIn("10.0 us", read.texts)  # the first of the percentiles
        lines = {re.search(r"--c(\d)", line["style"]).group(1):
                 [float(point.split()[1]) for point in line["d"][1:].split("L")]
                 for line in read.found("path") if line["class"] == "line"}
        self.assertGreater(lines["7"][0], lines["7"][1])  # 1,000 requests, then 3,000
        self.assertGreater(lines["4"][0], lines["3"][0])  # p50 and p99, upwards
        self.assertNotIn("All gets missed: --fill sets every key before the run.", read.texts)
        self.assertNotIn("Ended early.", read.texts)

    def test_load_of_several_servers(self):
        """Each has its figures, and all together."""
        load = sample_load()
        figures = [{**load["servers"][0], **LOAD_KIND, "address": "b:2", "requests": 10 * n,
                    "misses": n, "errors": 2 * n, "p50_us": 3 * n, "p99_us": 4 * n} for n in (1, 2, 3)]
        load.update(servers=figures[:2], all=figures[2])
        read = Reader(page.load_page(load))
        self.assertEqual([row[:2] + row[3:] for row in read.tables[2]], [
            ["server", "requests", "misses", "wrong values", "errors", "p50", "p99"],
            ["b:2", "10", "1", "not verified", "2", "3.00 us", "4.00 us"],
            ["b:2", "20", "2", "not verified", "4", "6.00 us", "8.00 us"],
            ["all", "30", "3", "not verified", "6", "9.00 us", "12.0 us"]])

    def test_load_notes(self):
        load = sample_load()
        load.update(interrupted=True, unsent=7, earlier_errors=5)
        load["get"] = {**load["get"], "hits": 0}
        load["options"]["verify"], load["get"]["wrong_values"] = True, 9
        read = Reader(page.load_page(load))
        for text in ("Ended early.", "5 requests failed before the run.",
                     "7 requests were never sent; the latencies are of the others only.",
                     "All gets missed: --fill sets every key before the run."):
            self.assertIn(text, read.texts)
        self.assertEqual(read.tables[0][1][-1], "9")

    def test_sets_have_no_hits(self):
        load = sample_load()
        load["set"] = {**LOAD_KIND, "requests": 5}
        self.assertEqual(Reader(page.load_page(load)).tables[0][2][:5], ["set", "5", "0", "-", "-"])


class Loads(unittest.TestCase):
    """Two results of mcload."""

    def verdicts(self, one, other):
        return [row[-1] for row in loads.comparison(load_of_runs(*one), load_of_runs(*other))[0][1:4]]

    def test_interval_covers_the_median(self):
        """Of the numbers 1 to n, each drawn as often: at least 95 %, and less were one more left out."""
        for count, ends in [(5, None), (6, (1, 6)), (8, (1, 8)), (9, (2, 8)), (10, (2, 9)),
                            (20, (6, 15)), (100, (40, 61))]:
            self.assertEqual(loads.interval(list(range(count, 0, -1))), ends)

    def test_verdicts(self):
        same, more = range(1000, 1010), range(1007, 1017)  # their intervals have 1008 in common
        self.assertEqual(self.verdicts(same, same), ["the same within noise"] * 3)
        self.assertEqual(self.verdicts(same, more)[0], "the same within noise")
        self.assertEqual(self.verdicts(same, range(1008, 1018)), ["differs"] + [
            "the same within noise"] * 2)
        self.assertEqual(self.verdicts(range(1009, 1019), same)[0], "differs")
        self.assertIn("too few", self.verdicts(same, range(5))[0])

    def test_table(self):
        table, = loads.comparison(load_of_runs(*range(100, 110)), load_of_runs(*range(200, 210)))
        self.assertEqual(table[1], ["requests a second", "104 (101 to 108)", "204 (201 to 208)",
                                    "+96.2 %", "differs"])
        self.assertEqual(table[2][1:4], ["20.0 us (20.0 us to 20.0 us)"] * 2 + ["+0.0 %"])
        self.assertEqual(table[4], ["clean", "yes", "yes", "", ""])
        other = load_of_runs(5, 6, connections=9)
        self.assertEqual(loads.comparison(other, load_of_runs(5, 6))[1][1], ["connections", "9", "None"])

    def test_seconds_of_one_run(self):
        one = sample_load()
        one["samples"] = [{"requests": n, "p50_us": n, "p99_us": 2 * n} for n in range(1, 11)]
        self.assertEqual(loads.comparison(one, one)[0][3][1:3], ["10.0 us (4.00 us to 18.0 us)"] * 2)

    def test_runs_before_seconds(self):
        self.assertEqual(loads.numbers_of(load_of_runs(3, 4), "per_second", "requests"), [3, 4])
        self.assertEqual(loads.numbers_of(load_of_runs(3), "per_second", "requests"), [1000, 3000])

    def test_scan_is_not_compared(self):
        with self.assertRaises(options.Usage):
            loads.comparison(load_of_runs(1, 2, scan_step=5), sample_load())

    def test_short_run_is_not_compared(self):
        one = sample_load()
        one["samples"] = []
        with self.assertRaises(options.Usage):
            loads.comparison(sample_load(), one)

    def test_page_of_a_scan(self):
        load = load_of_runs(scan_step=100)
        load["runs"] = [sample_run(100, 99, 10, 100), sample_run(200, 199, 20, 800),
                        sample_run(300, 240, 40, 6400)]
        read = Reader(page.load_page(load))
        self.assertIn(["2", "200", "199", "0", "0", "25.0 us", "20.0 us", "800 us", "800 us", "800 us"],
                      read.tables[1])  # without latencies of all rates together
        self.assertEqual(len(read.found("svg")), 3)
        p50, p99 = [[tuple(map(float, point.split())) for point in line["d"][1:].split("L")]
                    for line in read.found("path") if line["class"] == "line"][:2]
        self.assertEqual([x for x, _ in p50], [x for x, _ in p99])
        (x0, y0), (x1, y1), (x2, y2) = p99
        self.assertAlmostEqual((x1 - x0) / (x2 - x0), 100 / 141, delta=0.01)
        self.assertAlmostEqual(y0 - y1, y1 - y2, delta=0.2)
        self.assertAlmostEqual(3 * (p50[0][1] - p50[1][1]), y0 - y1, delta=0.3)
        self.assertEqual(page.runs_chart(sample_load()), "")


# ---- options -------------------------------------------------------------------------------------


class Options(unittest.TestCase):
    def test_what_is_refused(self):
        for line, word in [
                ("--unheard", "--unheard: no such"), ("--quick=1", "--quick: takes no value"),
                ("--rounds", "--rounds: a value is missing"), ("--rounds 0", "from 1 to 501"),
                ("--rounds 502", "from 1 to 501"), ("--rounds 5x", "from 1 to 501"),
                ("--rounds=", "from 1 to 501"), ("--works=", "--works: ''"),
                ("--works get,", "--works: 'get,'"), ("--works get,put", "'put'"),
                ("--clients client", "'client'"), ("--html=", "names no file"),
                ("--processors 1", "--processors: '1' is not two"), ("--format xml", "text|json"),
                ("--server 127.0.0.1:1", "--server: is for --only"),
                ("--work get", "--work: is for --only"), ("--count 7", "--count: is for --only"),
                ("--only mcwire --quick", "--quick: is for measuring"),
                ("--only mcwire --works get", "--works: is for measuring"),
                ("--only nobody", "--only: 'nobody'"), ("--only mcwire --work put-get", "--work:"),
                ("--only wire", "--only: 'wire'"),
                ("--only mcwire --server a:1 --transport tcp", "--transport: is that of"),
                ("--from f --works get", "--works: is for measuring"),
                ("--from f --no-counts", "--no-counts: is for measuring"),
                ("--from f g --html h", "--html: does not work with two"),
                ("--from f g --readme", "--readme: does not work with two"),
                ("--from f g --format json", "--format: two files"),
                ("--instructions --quick", "--quick: is for measuring"),
                ("--instructions --builds", "--builds:"),
                ("--instructions --html f", "--html: is for"),
                ("--install-clients", "--install-clients: is for bench/run overhead")]:
            with self.assertRaises(options.Usage, msg=line) as caught:
                options.read_arguments(line.split())
            self.assertIn(word, str(caught.exception))

    def test_what_is_read(self):
        a = options.read_arguments(["--rounds=3", "--works", "get,set", "--processors", "1,0"])
        self.assertEqual((a["--rounds"], a["--works"], a["--processors"], a["--quick"]),
                         (3, ["get", "set"], [1, 0], None))
        a = options.read_arguments(["--from", "a", "b", "--format=markdown"])
        self.assertEqual((a["--from"], a["--format"]), (["a", "b"], "markdown"))
        self.assertEqual(options.read_arguments(["--from", "a", "--readme"])["--from"], ["a"])
        self.assertEqual(options.read_arguments([b"--html=\xff"])["--html"], "\xff")

    def test_who_takes_part_where(self):
        def read(*words):
            return options.read_arguments(list(words))
        self.assertEqual(overhead.choose_clients(read()),
                         ["baseline", "mcwire", "baseline again", "mcwire again"] +
                         results.CLIENTS[2:])
        self.assertNotIn("gomemcache", overhead.choose_clients(read("--quick")))
        self.assertIn("pylibmc", overhead.choose_clients(read("--quick")))
        self.assertEqual(overhead.choose_clients(read("--clients", "dalli"))[4:], ["dalli"])
        names = [[work.name for work in overhead.choose_works(read(*words), setting)]
                 for words, setting in [([], TCP), ([], SIDE), (["--works", "set,get"], SIDE),
                                        (["--quick"], None), (["--quick"], TCP)]]
        self.assertEqual(names[0], [work.name for work in results.WORKS if work.timed])
        self.assertNotIn("mixed-100", names[0])
        self.assertEqual(names[1:3], [["get", "get-100", "get-1m"], ["get"]])
        self.assertEqual(names[3], options.WORK_NAMES)
        self.assertEqual(names[4], [work.name for work in results.WORKS if work.brief])
        team = measure.Team.__new__(measure.Team)
        team.names = ["baseline", "baseline again", "pylibmc", "dalli"]
        self.assertEqual(team.members(TCP), team.names[:3])
        self.assertEqual(team.members(SIDE), team.names)

    def test_lies_are_the_examiners(self):
        """The rows of its results, read another way."""
        with open(os.path.join(HERE, "..", "bench", "clients", "RESULTS.md"), encoding="utf-8") as file:
            rows = [line.split("|")[1:-1] for line in file if re.match(r"\| .* \| [A-Z]\w*( \| \d+)+ \|$", line)]
        self.assertEqual(clients.believed_lies(), [
            {"client": row[0].strip().rsplit(" ", 1)[0], "believed": int(row[3]) + int(row[4]),
             "cases": sum(map(int, row[2:]))} for row in rows])
        self.assertGreater(len(rows), 10)

    def test_adapters(self):
        """One that is not there is absent, and one has a better title than its own."""
        programs = overhead.Programs("/build/bench/overhead", "/nowhere", "/scratch")
        with self.assertRaises(machine.Failed):
            programs.client("pymemcache")
        self.assertIsNone(programs.title("pymemcache"))
        programs.timed.made["dalli"] = ["ruby", "x.rb"], "dalli 3"
        self.assertEqual(programs.client("dalli"), ["ruby", "x.rb"])
        self.assertEqual(programs.title("dalli"), "dalli 3")
        self.assertEqual(programs.client("apr_memcache"), ["/build/bench/overhead/overhead-apr_memcache"])
        self.assertIn("--install-clients", programs.hint("dalli"))
        self.assertIsNone(programs.hint("mcwire"))
        self.assertEqual([clients.can_count(name) for name in
                          ("mcwire", "pymemcache", "php-memcache", "gomemcache", "dalli")],
                         [True, True, True, False, False])

    def test_help_lists_them_all(self):
        with open(os.path.join(overhead.HERE, "help.txt"), encoding="utf-8") as file:
            text = file.read()
        listed = re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(set(options.OPTIONS) - {"--workers"}))
        for line in text.splitlines():
            words = line.split()
            if words and words[0] in options.OPTIONS:
                takes = bool(re.match(r"[A-Z]|text|tcp|same", words[1])) and words[1] != "the"
                self.assertEqual(takes, options.OPTIONS[words[0]].read is not None, line)
        for name in options.WORK_NAMES + results.CLIENTS:
            self.assertRegex(text, r"[ \n]%s[ \n]" % name)


# ---- counting ------------------------------------------------------------------------------------


class Counting(Folder):
    def test_tools_are_read(self):
        self.assertEqual(counting.read_callgrind("fn=x\n7 8\n\ntotals: 12345\n"),
                         {"instructions": 12345})
        self.assertEqual(counting.read_callgrind("nothing"), {})
        self.assertEqual(counting.read_strace(
            "% time     seconds  usecs/call     calls    errors syscall\n"
            "------ ----------- ----------- --------- --------- ----------------\n"
            " 60.00    0.000100          10       500           sendto\n"
            " 40.00    0.000100          10       501         1 recvfrom\n"
            "------ ----------- ----------- --------- --------- ----------------\n"
            "100.00    0.000200          10      1001         1 total\n"),
            {"sendto": 500, "recvfrom": 501})

    def test_difference(self):
        counter = counting.Counter.__new__(counting.Counter)
        counter.run = lambda tool, command, lines, length: {
            "send": length + 7, "read": 30, **({"open": 5} if length == 500 else {})}
        each = counter.difference("strace", [], [], (100, 500))
        self.assertEqual(each, {"send": 1, "read": 0, "open": 5 / 400})
        self.assertEqual(counter.syscalls([], [], GET), (1.0125, "send 1, open 0.0125"))

    def test_allocations(self):
        self.assertEqual(counting.read_memcheck(
            "==7== HEAP SUMMARY:\n==7==   total heap usage: 1,234 allocs, 1,200 frees, 9 bytes\n"),
            {"allocations": 1234})
        self.assertEqual(counting.read_memcheck("nothing"), {})
        counter = counting.Counter.__new__(counting.Counter)
        counter.run = lambda tool, command, lines, length: {"allocations": 1000 + 3 * length}
        self.assertEqual(counter.allocations([], []), 3)

    def test_allocations_are_asked_of_malloc(self):
        """By PHP and Python, too, and under no other tool."""
        counter = counting.Counter.__new__(counting.Counter)
        counter.folder = self.folder
        for tool, wanted in [("memcheck", ("0", "malloc")), ("strace", (None, None))]:
            with mock.patch.object(counting, "Worker") as worker, self.assertRaises(machine.Failed):
                worker.return_value.end.return_value = 0
                counter.run(tool, [], [], 1)
            more = worker.call_args.kwargs["env"]
            self.assertEqual((more.get("USE_ZEND_ALLOC"), more.get("PYTHONMALLOC")), wanted)

    def test_many_works_in_one_run(self):
        """What is counted from one work to the next; the first operations of each are left out."""
        asked, counter = [], counting.Counter.__new__(counting.Counter)

        def obey(tool, more, command, lines):
            asked.extend([tool, *more, *command, *lines])
            parts = [9000, 5000, 1100, 1500, 7000, 220, 340, 1]  # up to the first work, and so on
            return {"counts.%d" % (i + 1) if i < 7 else "counts": {"instructions": part}
                    for i, part in enumerate(parts)}
        counter.obey = obey
        self.assertEqual(counter.all_instructions(
            ["w"], ["open a:1"], [("work a", (100, 500)), ("work b", (20, 60))]), [1, 3])
        self.assertEqual(asked, [
            "valgrind", "--dump-before=set_work", "w", "open a:1", "work a", "run 10", "work a",
            "run 100", "work a", "run 500", "work b", "run 10", "work b", "run 20", "work b",
            "run 60", "work a"])

    def test_least_of_some_tries(self):
        """Another program can add to a count; when all are within their limits, that is enough."""
        set_, put = [next(limit for limit in limits.LIMITS if limit.work == work)
                     for work in ("set", "put-get")]
        both = [set_, put._replace(client="mcwire", work="get")]
        measurement = overhead.Measurement.__new__(overhead.Measurement)
        measurement.address, measurement.server_at = lambda transport, processor: "a:1", None
        for tries, wanted in [([[500, 150]], [500, 150]),
                              ([[500, 9000], [5000, 120], [1, 1]], [500, 120]),
                              ([[5000, 120], [4000, 130], [6000, 110], [1, 1]], [4000, 110])]:
            counter = mock.Mock()
            counter.all_instructions.side_effect = tries
            self.assertEqual(measurement.count_least(counter, "w", "gcc -O2", both), wanted)
            counter.all_instructions.assert_called_with(["w", "mcwire"], ["open a:1"], [
                (results.find_work(name).line(), (100, 500)) for name in ("set", "get")])

    def test_what_a_client_lacks_is_not_counted(self):
        server, counter = Server(self), mock.Mock()
        measurement = overhead.Measurement.__new__(overhead.Measurement)
        measurement.arguments, measurement.data = options.Arguments(), {"counts": []}
        measurement.address, measurement.server_at = lambda transport, processor: server.address, None
        measurement.programs = mock.Mock(client=lambda name: [WORKER, name])
        counter.instructions.return_value, counter.syscalls.return_value = 7, (2, "send 2")
        for work in ("gets", "touch"):
            measurement.count_client(counter, "baseline", results.find_work(work))
        counter.instructions.assert_called_once()
        self.assertEqual(measurement.data["counts"], [
            {"work": "touch", "client": "baseline", "instructions": 7, "syscalls": 2, "names": "send 2"}])

    def test_longer_works_have_shorter_runs(self):
        for name, lengths in [("get", (100, 500)), ("get-100", (20, 60)), ("get-1m", (20, 60))]:
            self.assertEqual(counting.run_lengths(results.find_work(name)), lengths)

    def test_its_sources_compile(self):
        """Those of --builds: without optimization, and only that it says which works there are."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "worker")
            workers.compile_worker("cc", "-O0", path)
            worker = machine.Worker([path, "wire"])
            self.assertIn("put-get\t", worker.ask("list"))
            worker.end()

    def test_source_of_mcmc_that_is_not_there(self):
        with self.assertRaisesRegex(machine.Failed, "mcmc.h"):
            workers.compile_mcmc("/nowhere", "/dev/null")

    def test_works_have_right_values(self):
        work = results.find_work("get-1k")
        self.assertEqual(work.key(7), b"key:01007")
        self.assertEqual(work.value(7)[:14], b"key:01007jklmn")
        self.assertEqual(len(work.value(0)), 1000)


# ---- how it is measured --------------------------------------------------------------------------


class Measuring(Folder):
    """With workers that answer what they are told to, and note what they are asked."""

    def worker(self, answer):
        self.asked = []
        return mock.Mock(ask=lambda line, patience=0: self.asked.append(line) or answer(line))

    def test_cells(self):
        """Of the samples 10,000 to 1."""
        track = measure.Track("a", GET)
        track.samples.extend(range(10000, 0, -1))
        track.cpu_ns, track.operations = 6000, 4
        cell = track.cell(TCP)
        self.assertEqual([cell[name] for name in ("samples", "p50", "p99", "p999", "cpu")],
                         [10000, 5000, 9900, 9990, 1500])
        self.assertEqual(cell["points"][:4] + cell["points"][10:40:10],
                         [1, 2057, 3691, 4989, 9000, 9900, 9990])
        self.assertIsNone(cell["points"][40])

    def test_pilots_do_not_count(self):
        """They are long enough after the fifth; processor time is that of slices."""
        track = measure.Track("a", GET)
        worker = self.worker(lambda line: "%d 7000" % (20000 * int(line.split()[1])))
        track.find_count(worker, 1000)
        self.assertEqual(self.asked, ["round %d" % n for n in (2, 4, 8, 16, 32, 32, 32, 32)])
        self.assertEqual(track.count, 50)
        self.assertEqual(track.time_together(worker), 20000)
        self.assertEqual((track.cpu_ns, track.operations), (7000, 50))

    def test_each_slice_begins_with_a_check(self):
        """On another connection; a set must be seen by the server."""
        worker, work = self.worker(lambda line: ""), results.find_work("set")
        with mock.patch.object(measure, "holds_first", return_value=True) as holds:
            for name in (GET, work):
                track = measure.Track("a", name)
                for _ in range(2):
                    track.attempt(worker, "a:1", lambda worker: track.rounds.append(1))
        self.assertEqual(self.asked, 2 * ["open a:1", GET.line(), "check"] +
                         2 * ["open a:1", work.line(), "check"])
        self.assertEqual(holds.mock_calls, 2 * [mock.call("a:1", work)])
        with mock.patch.object(measure, "holds_first", return_value=False):
            track.attempt(worker, "a:1", lambda worker: self.fail())
        self.assertIn("does not hold", track.problem)

    def test_sets_are_looked_for(self):
        self.addCleanup(machine.end_workers)
        address, work = machine.Servers(self.folder).start("tcp", None), results.find_work("set")
        with machine.Connection(address) as connection:
            for value, held in [(work.value(1), False), (work.value(0), True)]:
                self.assertTrue(connection.set(work.key(0), value))
                self.assertEqual(machine.holds_first(address, work), held)
            self.assertIsNone(connection.get(work.key(0)))

    def test_clients_take_turns(self):
        order = []

        def track(client, work):
            return mock.Mock(client=client, work=work,
                             attempt=lambda *_: order.append((work.name, client)))
        tracks = [track(client, work) for work in (GET, MANY) for client in "abc"]
        team = mock.Mock(workers=dict.fromkeys("abc"))
        with mock.patch.object(measure, "PROGRESS"):
            measure.run_rounds(team, tracks, "a:1", measure.Plan(3, 1, 100), "")
        self.assertEqual(order, [(work.name, client) for turn in ("abc", "bca", "cab")
                                 for work in (GET, MANY) for client in turn])

    def test_stolen_time(self):
        lines = ["1 2 3 4 5 6 7 8 9 10", "2 3 4 5 6 7 8 18 10 11"]
        with mock.patch.object(machine, "find_line", lambda path, name: lines.pop(0)):
            before = machine.stolen_time()
            self.assertEqual(before, (8, 36))
            self.assertEqual(machine.stolen_since(before), 10 / 17)

    def measurement(self, **more):
        found = overhead.Measurement.__new__(overhead.Measurement)
        found.data, found.client_at, found.server_at = results.new_data(), None, None
        found.programs, found.address = mock.Mock(), lambda transport, processor: "a:1"
        vars(found).update(more)
        return found

    def test_parts_are_medians(self):
        """Of the second run of operations: in the first one caches are cold."""
        runs = []

        def answer(line):
            if not line.startswith("parts"):
                return ""
            runs.append(line)
            return " ".join(str(len(runs) % 2 * 1000 + 10 * part + i) for i in range(3)
                            for part in range(len(results.PARTS)))
        measurement = self.measurement()
        with mock.patch.object(overhead, "Worker") as worker, \
                mock.patch.object(overhead, "PROGRESS"):
            worker.return_value.__enter__.return_value = self.worker(answer)
            measurement.measure_parts()
        self.assertEqual(measurement.data["parts"], [
            dict({part: 10 * i + 1 for i, part in enumerate(results.PARTS)}, work=work)
            for work in overhead.PARTS_WORKS])

    def test_limits_are_tried_again(self):
        """As long as they are not kept, three times at most; the least counts."""
        limit = next(limit for limit in limits.LIMITS if limit.client == "wire")
        for counts, wanted, left in [((1e6, 30, 20), 30, 1), ((3e6, 1e6, 2e6), 1e6, 0)]:
            figures_of = list(counts)
            counter = mock.Mock(all_instructions=lambda *_: [figures_of.pop(0)])
            self.assertEqual(self.measurement().count_least(counter, "", "gcc -O2", [limit]), [wanted])
            self.assertEqual(len(figures_of), left)

    def test_limits_are_those_of_the_build(self):
        """What is above its own is named, and the status is 1."""
        limit, printed = limits.LIMITS[1], []
        measurement = self.measurement(count_builds=lambda counter: None)
        measurement.data["builds"] = [
            {"build": build, "client": limit.client, "work": limit.work, "instructions": limit.most + 1}
            for build in ("gcc -Os", "gcc -O2")]
        with mock.patch.object(overhead, "Counter"), \
                mock.patch.object(overhead, "Measurement", lambda *_: measurement), \
                mock.patch.object(overhead, "print_out", printed.append), \
                self.assertRaises(overhead.Stop) as stopped:
            overhead.print_limits(options.read_arguments(["--builds"]), "")
        self.assertEqual((stopped.exception.status, str(stopped.exception)),
                         (1, "more than the limit: gcc -O2, " + limit.text))
        self.assertEqual([each["most"] for each in json.loads(printed[0])["limits"]],
                         [limit.small, limit.most])


# ---- the workers ---------------------------------------------------------------------------------


class WithServer(unittest.TestCase):
    def begin(self, role, work, script=lambda call: None):
        server = self.server = Server(self, script)
        server.store = {work.key(k): work.value(k) for k in range(work.keys)}
        worker = machine.Worker([WORKER, role])
        self.addCleanup(worker.end)
        worker.ask("open " + server.address)
        worker.ask(work.line())
        return worker


class Workers(WithServer):
    def test_lies_are_seen(self):
        """A value with another letter is a wrong result; one that is right is not."""
        def lie(call):
            call.reply = call.reply.replace(b"xyz", b"xyy")
        for role in ("baseline", "mcwire"):
            for name in ("get", "get-3", "mg", "get-1k") + ("gets",) * (role == "mcwire"):
                work = results.find_work(name)
                self.assertEqual(self.begin(role, work).ask("check"), "")
                with self.assertRaisesRegex(machine.Failed, "wrong result"):
                    self.begin(role, work, lie).ask("check")

    def test_times_are_those_of_the_server(self):
        """Each reply takes 4 ms."""
        for role in ("baseline", "mcwire"):
            worker = self.begin(role, GET, lambda call: time.sleep(0.004))
            self.assertGreaterEqual(int(worker.ask("round 10").split()[0]), 40 * MS)
            each = [int(ns) for ns in worker.ask("each 8").split()]
            self.assertEqual(len(each), 8)
            self.assertGreaterEqual(min(each), 4 * MS)
            ns, outcome = worker.ask("try").split()
            self.assertGreaterEqual(int(ns), 4 * MS)
            self.assertEqual(outcome, "right")

    def test_the_first_time_is_that_of_one(self):
        """The one before it only warms up; a busy machine does not add 20 ms four times."""
        for role in ("baseline", "mcwire"):
            worker = self.begin(role, GET, lambda call: time.sleep(0.02))
            self.assertLess(min(int(worker.ask("each 1")) for _ in range(4)), 40 * MS)

    def test_a_miss_is_no_hit(self):
        """One of three keys is not there."""
        worker = self.begin("mcwire", results.find_work("get-3"))
        del self.server.store[GET.key(2)]
        with self.assertRaisesRegex(machine.Failed, "wrong result"):
            worker.ask("run 1")

    def test_bytes_in_memory(self):
        worker = machine.Worker([WORKER, "wire"])
        self.addCleanup(worker.end)
        hit = b"VALUE %s 0 32\r\n%s\r\n" % (GET.key(99), GET.value(99))
        for name, size in [("put-get", len(b"get %s\r\n" % GET.key(0))), ("read-stored", 8),
                           ("read-hit", len(hit) + 5), ("item-hit-100", 100 * len(hit) + 5),
                           ("read-miss", 5), ("read-va", 41)]:
            self.assertEqual(worker.ask("work " + name), str(size), name)
            worker.ask("run 3")

    def test_other_keys(self):
        """The next operations are of the next keys, which have other values."""
        for role in ("baseline", "mcwire"):
            for name in ("get", "get-3", "miss"):
                work = results.find_work(name)
                worker = self.begin(role, work)
                server = self.server
                if work.verb == "miss":
                    server.store = {}
                worker.ask("run 2")
                worker.ask("check")
                self.assertEqual([call.keys for call in server.calls],
                                 [[work.key(i + k) for k in range(work.batch)] for i in range(3)])

    def test_wrong_answers_are_seen(self):
        """One other answer than the right one, of each command alone and of those mixed."""
        right = {"incr": b"1000\r\n", "ms": b"HD\r\n"}  # where a good server's is another
        alone = {"delete": b"NOT_FOUND\r\n", **right}
        wrong = {"delete": b"DELETED\r\n", "touch": b"NOT_FOUND\r\n", "incr": b"1001\r\n",
                 "gets": b"END\r\n", "ms": b"NS\r\n"}
        mixed = {**wrong, "get": b"END\r\n", "set": b"NOT_STORED\r\n", "mg": b"EN\r\n",
                 "delete": b"NOT_FOUND\r\n"}
        for role, work, verb, reply, answers in [
                *(("mcwire", verb, verb, reply, alone) for verb, reply in wrong.items()),
                *(("baseline", verb, verb, b"-" * 11, alone) for verb in wrong if verb != "gets"),
                *(("mcwire", "mixed-100", verb, reply, right) for verb, reply in mixed.items())]:
            lies = {}

            def answer(call, lies=lies, answers=answers):
                call.reply = lies.pop(call.verb, answers.get(call.verb, call.reply))
            with self.subTest(role=role, work=work, verb=verb):
                worker = self.begin(role, results.find_work(work), answer)
                self.assertEqual(worker.ask("check"), "")
                lies[verb] = reply
                with self.assertRaisesRegex(machine.Failed, "wrong result"):
                    worker.ask("check")

    def test_a_try_tells_its_outcome(self):
        def close(call):
            call.reply = b"ERROR\r\n"
        for role in ("baseline", "mcwire"):
            worker = self.begin(role, results.find_work("miss"), close)
            self.assertEqual(worker.ask("try").split()[1], "right" if role == "baseline" else "wrong")


class Parts(WithServer):
    """Where the time of an operation goes. An operation's parts stand in a row."""

    def parts(self, work, script, count=3):
        told = list(map(int, self.begin("mcwire", work, script).ask("parts %d" % count).split()))
        self.assertEqual(len(told), count * len(results.PARTS))
        return [dict(zip(results.PARTS, told[i:])) for i in range(0, len(told), len(results.PARTS))]

    def assert_waited(self, told):
        """Each for 20 ms, of which those count as sending that pass before the client reads its clock:
        only when another program has the processor just then, and not five times in a row."""
        for each in told:
            self.assertGreaterEqual(each["send"] + each["clock"] + each["wait"], 20 * MS)
        self.assertGreaterEqual(max(each["wait"] for each in told), 15 * MS)

    def test_a_late_answer_is_waited_for(self):
        for name in ("get", "get-3", "set"):
            told = self.parts(results.find_work(name), lambda call: time.sleep(0.02), 5)
            self.assert_waited(told)
            for each in told:
                self.assertGreater(min(each[part] for part in ("put", "send", "receive", "clock")), 0)

    def test_a_late_end_is_waited_for(self):
        """What was read of the value before is received, and the rest waited for."""
        def halve(call):
            call.connection.sendall(call.reply[:-5])
            time.sleep(0.02)
            call.reply = call.reply[-5:]
        self.assert_waited(self.parts(GET, halve, 5))

    def test_wrong_results(self):
        def lose(call):
            call.reply = b"END\r\n"
        with self.assertRaisesRegex(machine.Failed, "wrong result"):
            self.begin("mcwire", GET, lose).ask("parts 1")
        with self.assertRaisesRegex(machine.Failed, "too many"):
            self.begin("mcwire", GET).ask("parts 2858")
        with self.assertRaisesRegex(machine.Failed, "look inside"):
            self.begin("baseline", GET).ask("parts 1")

    def test_table(self):
        data = sample_data()
        data["parts"] = [dict({part: 10 * (i + 1) for i, part in enumerate(results.PARTS)}, work="get")]
        r = results.Results(data)
        self.assertEqual(tables.parts_table(r), [
            ["mcwire, TCP, one processor", "put", "send", "wait", "receive", "parse", "copy", "clock"],
            ["get, 32 B"] + ["%d.0 ns" % (10 * i) for i in range(1, 8)]])
        self.assertIn(tables.parts_table(r), tables.count_tables(r))
        results.check_form(data, results.FORM, "it")


class Waits(Folder):
    def test_lateness_is_what_lies_after_the_deadline(self):
        asked = []

        class Fake:
            def ask(self, line, patience=0):
                asked.append(line)
                if len(asked) > 12 and line == "try":
                    raise machine.Failed("it does not answer")
                return "12500000 wrong"
        self.assertEqual(waits.find_lateness(Fake(), "a:1", 10, 2), [2.5, 2.5])
        self.assertEqual(asked, ["deadline 10"] + 2 * ["open a:1", "work get 1 32 0 1", "try"])
        self.assertEqual(waits.find_lateness(Fake(), "a:1", 10, 3), [2.5, None])

    def test_long_waits_are_few(self):
        class Slow:
            def ask(self, line, patience=0):
                now[0] += 3 if line == "try" else 0
                return "3000000000 wrong"
        now, before = [0], time.monotonic
        time.monotonic = lambda: now[0]
        try:
            self.assertEqual(len(waits.find_lateness(Slow(), "a:1", 10, 20)), 2)
        finally:
            time.monotonic = before

    def test_no_get_returns_before_its_deadline(self):
        """But for the part of a millisecond that has begun."""
        found = waits.measure_client("mcwire", [WORKER, "mcwire"], None, 2)
        self.assertEqual([(each["server"], each["deadline"]) for each in found],
                         [(kind, ms) for kind in waits.KINDS for ms in (1, 10, 100)])
        for each in found:
            self.assertEqual(len(each["late"]), 2)
            self.assertGreaterEqual(min(each["late"]), -1)
        self.assertEqual(waits.measure_client("baseline", [WORKER, "baseline"], None, 2), [])

    def test_each_server_and_deadline(self):
        """One that is silent, and one that sends four bytes in the time of the deadline."""
        drips = []

        class Silent(waits.Server):
            def __init__(self, drip_s):
                drips.append(drip_s)
                super().__init__(drip_s)
        with mock.patch.object(waits, "Worker"), mock.patch.object(waits, "Server", Silent), \
                mock.patch.object(waits, "find_lateness", lambda worker, address, ms, tries: [ms]):
            found = waits.measure_client("a", [], None, 1)
        self.assertEqual(found, [{"client": "a", "server": kind, "deadline": ms, "late": [ms]}
                                 for kind in ("silent", "dripping") for ms in (1, 10, 100)])
        self.assertEqual(drips, [None] * 3 + [0.00025, 0.0025, 0.025])

    def test_drips(self):
        """A value that never ends: each byte comes, and not all at once."""
        with waits.Server(0.01) as server, \
                socket.create_connection(server.address.split(":")) as connection:
            connection.sendall(b"get key:00000\r\n")
            start, text = time.monotonic(), b""
            while text.count(b"x") < waits.DRIPS:
                text += connection.recv(100)
            self.assertGreaterEqual(time.monotonic() - start, 0.01 * waits.DRIPS * 0.9)
        self.assertTrue(text.startswith(b"VALUE key:00000 0 32\r\n"))

    def test_connecting_and_the_first_get(self):
        answers = iter(["100", "", "50 right", "1000", "", "500 wrong", "3", "", "4 right"])

        class Fake:
            def ask(self, line, patience=0):
                return next(answers)
        self.assertEqual(waits.measure_connect(Fake(), "a:1", 3), 150)

    def test_gets_after_a_pause(self):
        class Fake:
            def __init__(self, *times):
                self.times = iter(times)

            def ask(self, line, patience=0):
                return "%d right" % next(self.times) if line == "try" else ""
        with mock.patch.object(waits.time, "sleep") as sleep:
            found = waits.measure_idle({"a": Fake(10, 1, 30, 3, 20, 2), "b": Fake(*[7] * 6)}, "", 3)
        self.assertEqual(sleep.mock_calls, [mock.call(waits.IDLE_S)] * 3)
        self.assertGreater(waits.IDLE_S, 1)
        self.assertEqual(found, {"a": (20, 2), "b": (7, 7)})

    def begin_memcached(self):
        self.addCleanup(machine.end_workers)
        return machine.Servers(self.folder).address("tcp", None)

    def test_return_after_a_cut(self):
        """The server's layer connects again by itself; a connection alone does not."""
        address = self.begin_memcached()
        server = machine.Worker([WORKER, "server"])
        failed, back = waits.measure_return(server, address)
        server.end()
        self.assertEqual(failed, 0)
        self.assertGreater(back, 0)
        before, waits.BACK_S = waits.BACK_S, 0.1
        try:
            client = machine.Worker([WORKER, "mcwire"])
            failed, back = waits.measure_return(client, address)
            client.end()
        finally:
            waits.BACK_S = before
        self.assertGreater(failed, 0)
        self.assertIsNone(back)

    def test_return_counts_what_failed(self):
        class Fake:
            def __init__(self, *outcomes):
                self.outcomes = iter(outcomes)

            def ask(self, line, patience=0):
                if line != "try":
                    return ""
                outcome = next(self.outcomes)
                if outcome == "silent":
                    raise machine.Failed("it does not answer")
                return "5 " + outcome
        failed, back = waits.measure_return(Fake("wrong", "wrong", "wrong", "right"), "127.0.0.1:1")
        self.assertEqual(failed, 3)
        self.assertGreaterEqual(back, 3e9 * waits.PAUSE_S * 0.9)
        self.assertEqual(waits.measure_return(Fake("wrong", "silent"), "127.0.0.1:1"), (2, None))

    def test_relay(self):
        """Answers come later, and a cut ends the connection but not the server."""
        address = self.begin_memcached()
        with waits.Relay(address, 0.02) as relay:
            with machine.Connection(relay.address) as connection:
                start = time.monotonic()
                self.assertEqual(connection.get(GET.key(3)), GET.value(3))
                self.assertGreaterEqual(time.monotonic() - start, 0.02)
                relay.cut()
                self.assertEqual(connection.file.readline(), b"")
            with machine.Connection(relay.address) as connection:
                self.assertEqual(connection.get(GET.key(3)), GET.value(3))

    def test_lives_of_connections(self):
        address = self.begin_memcached()
        before, waits.IDLE_S = waits.IDLE_S, 0
        try:
            found = waits.measure_lives({"mcwire": [WORKER, "server"]}, address, None, 1)
            self.assertEqual(waits.measure_lives({"baseline": [WORKER, "baseline"]},
                                                 "unix:/nowhere", None, 1), {})
        finally:
            waits.IDLE_S = before
        self.assertEqual(found["mcwire"]["failed"], 0)
        self.assertGreater(min(found["mcwire"][each] for each in ("connect", "idle", "next", "back")), 0)

    def test_processor_time(self):
        """Of a round, user and system: as the system counts it, but for the warm-up, and a clock whose
        ticks are 10 ms."""
        def used():
            with open("/proc/%d/stat" % worker.process.pid, encoding="latin-1") as file:
                words = file.read().rpartition(")")[2].split()
            return (int(words[11]) + int(words[12])) * 1000 / os.sysconf("SC_CLK_TCK")
        with machine.Worker([WORKER, "baseline"]) as worker:
            worker.ask("open " + self.begin_memcached())
            worker.ask(GET.line())
            before = used()
            told = int(worker.ask("round 20000").split()[1]) / MS
            after = used()
        self.assertLessEqual(told, after - before + 21)
        self.assertGreaterEqual(told, 0.9 * (after - before) - 21)

    def test_memory(self):
        worker = machine.Worker([WORKER, "baseline"])
        worker.ask("hello")  # until then it may be no more than a fork
        self.assertGreater(waits.resident_kb(worker), 100)
        with open("/proc/%d/status" % worker.process.pid, encoding="utf-8") as file:
            self.assertIn("VmHWM:\t%8d kB\n" % waits.resident_kb(worker), file.read())
        worker.end()
        with self.assertRaises(machine.Failed):
            waits.measure_memory([WORKER, "baseline"], "unix:/nowhere")

    def test_memory_is_that_after_many_gets(self):
        asked = []
        with mock.patch.object(waits, "Worker") as worker, \
                mock.patch.object(waits, "resident_kb", lambda worker: (worker, list(asked))):
            begun = worker.return_value.__enter__.return_value
            begun.ask = asked.append
            found = waits.measure_memory(["w"], "a:1")
        self.assertEqual(found, (begun, ["open a:1", GET.line(), "run 1000"]))
        worker.assert_called_once_with(["w"])

    def test_tables(self):
        data = sample_data()
        data["waits"] = [{"client": "a", "server": "silent", "deadline": 10,
                          "late": [-0.5, 0, 0.05, 0.1, 5, 10, 99, 100, 5000]},
                         {"client": "b", "server": "dripping", "deadline": 1, "late": [3.25]}]
        data["beside"] = [{"client": "a", "memory": 2048, "allocations": 2, "connect": 1000,
                           "idle": 20, "next": 3, "failed": 9, "back": 12.5 * MS},
                          dict(dict.fromkeys(results.BESIDE), client="b")]
        r = results.Results(data)
        self.assertEqual(tables.wait_table(r, "silent")[1:],
                         [["a, 10 ms", "1", "2", "1", "1", "2", "2", "+5000.00 ms"]])
        self.assertEqual(tables.wait_table(r, "dripping")[1:],
                         [["b, 1 ms", "-", "-", "-", "1", "-", "-", "+3.25 ms"]])
        data["waits"][1]["late"] += [None, 0.5]
        self.assertEqual(tables.wait_table(r, "dripping")[1][1:],
                         ["-", "-", "1", "1", "-", "1", "did not return"])
        self.assertEqual(tables.beside_table(r)[1:], [
            ["a", "2", "2,048", "1.00 us", "20.0 ns", "3.00 ns", "9", "12.5 ms"], ["b"] + ["-"] * 7])
        results.check_form(data, results.FORM, "it")
        for table in [tables.wait_table(r, "silent"), tables.beside_table(r)]:
            self.assertIn(table, tables.count_tables(r))
        self.assertEqual(tables.wait_table(results.Results(sample_data()), "silent")[1:], [])


# ---- whole runs ----------------------------------------------------------------------------------

# A worker whose times are known: of `each`, every tenth operation takes ten times as long.
FAKE = """#!%s -SE
import os, sys
role = sys.argv[1]
ns = {"baseline": 10000, "mcwire": 15000}.get(role) or int(os.environ.get("FAKE_NS", "0"))
layout = len(os.environ.get("OVERHEAD_LAYOUT", ""))
if os.environ.get("FAKE_NOISE"):
    ns += 2 * layout
with open(os.environ["FAKE_LOG"], "a") as log:
    print(role, layout, file=log)
for line in sys.stdin:
    words = line.split()
    count = int(words[1]) if words[0] in ("round", "each") else 0
    answers = {"hello": role + " 1.0\\tits settings", "compiler": "cc 1", "time": "7.5",
               "list": "put-get\\tput get", "round": "%%d %%d" %% (2 * count * ns, count * 3000),
               "each": " ".join(str(10 * ns if i %% 10 == 9 else ns) for i in range(count))}
    if words[:2] == ["work", "miss"] and role == "mcwire":
        print("bad wrong result", flush=True)
    elif words[:2] == ["work", "mg"]:
        print("no it has no such command", flush=True)
    elif words[:2] == ["work", "put-get"]:
        print("ok 15", flush=True)
    else:
        print("ok", answers.get(words[0], ""), flush=True)
"""


class Runs(Folder):
    def setUp(self):
        super().setUp()
        with open(self.path("overhead-worker"), "w", encoding="utf-8") as file:
            file.write(FAKE % sys.executable)
        os.chmod(self.path("overhead-worker"), 0o755)
        self.env = {**os.environ, "FAKE_LOG": self.path("log"), "TMPDIR": self.folder}

    def run_fake(self, *words, **env):
        program = os.path.join(overhead.HERE, "overhead.py")
        return run("-B", program, "--workers", self.folder, "--no-counts", "--clients", "mcwire",
                   "--cores", "same", "--transport", "tcp", "--seed", "1", *words,
                   program=sys.executable, env={**self.env, **env})

    def test_known_times(self):
        status, said, errors = self.run_fake("--works", "get,mg", "--rounds", "40", "--format",
                                             "json", "--slice-us", "2000")
        self.assertEqual(status, 0, errors)
        r = results.Results(json.loads(said))
        cell = r.cell(TCP, GET, "mcwire")
        self.assertEqual((cell["p50"], cell["p99"], cell["cpu"]), (15000, 150000, 3000))
        self.assertEqual([len(row) for row in cell["rounds"]], [4] * 40)
        self.assertEqual(len({row[1] for row in cell["rounds"]}), measure.PROCESSES)
        self.assertEqual({tuple(row[2:]) for row in cell["rounds"]}, {(15000, 30000)})
        self.assertEqual(cell["samples"], 40 * 66)
        self.assertEqual(r.ratio(TCP, GET, "mcwire"), (1.5, 1.5, 1.5))
        self.assertEqual(r.band(TCP, GET), 0)
        self.assertIsNone(r.cell(TCP, results.find_work("mg"), "mcwire"))
        self.assertEqual(r.data["wire"], [{"name": "put-get", "title": "put get", "bytes": 15,
                                           "ns": 7.5, "instructions": None}])
        self.assertEqual(r.fact("seed"), "1")
        self.check_layouts()

    def check_layouts(self):
        """Each process had one of its own."""
        with open(self.path("log"), encoding="utf-8") as file:
            layouts = [int(line.split()[1]) for line in file if line.startswith("mcwire")]
        self.assertGreaterEqual(len(set(layouts)), measure.PROCESSES)
        self.assertLess(max(layouts), machine.LAYOUT_MAX)
        self.assertGreater(max(layouts), machine.LAYOUT_MAX / 2)

    def test_noisy_machine(self):
        """Where layouts make a difference of 40 %, tables of times need --anyway."""
        words = ["--works", "get", "--rounds", "8", "--slice-us", "500", "--json",
                 self.path("json"), "--html", self.path("html")]
        status, said, errors = self.run_fake(*words, FAKE_NOISE="1")
        self.assertEqual(status, 75)
        self.assertIn("no tables of times: a client differs from itself by", errors)
        self.assertNotRegex(said, r"get, 32 B +\d")
        with open(self.path("html"), encoding="utf-8") as file:
            self.assertEqual(Reader(file.read()).found("svg"), [])
        for more, wanted in [([], 75), (["--anyway"], 0)]:
            status, said, _ = run("--from", self.path("json"), "--format", "markdown", *more)
            self.assertEqual(status, wanted)
            self.assertEqual("TOO NOISY" in said, wanted == 0)
            self.assertEqual("| get, 32 B |" in said, wanted == 0)

    def test_failure_of_mcwire(self):
        status, said, errors = self.run_fake("--works", "get,miss", "--rounds", "8", "--slice-us",
                                             "100", "--anyway")
        self.assertEqual(status, 1)
        self.assertIn("overhead: mcwire, miss: wrong result", errors)
        self.assertIn("No figure for miss by mcwire, tcp, same: wrong result.", said)
        self.assertRegex(said, r"get, 32 B +10.0 us +15.0 us  1.50")

    def test_failure_on_a_noisy_machine(self):
        """A wrong result says more than the noise."""
        status, said, errors = self.run_fake("--works", "get,miss", "--rounds", "8", "--slice-us",
                                             "100", FAKE_NOISE="1")
        self.assertEqual(status, 1)
        self.assertIn("overhead: mcwire, miss: wrong result", errors)
        self.assertNotRegex(said, r"get, 32 B +\d")

    def test_real_clients(self):
        """Each real worker runs each kind of work, sets included, and leaves no process or file."""
        page_name, folder = self.path("page"), self.path("temporary")
        os.mkdir(folder)
        os.chmod(folder, 0o777)
        status, said, errors = run("--rounds", "1", "--slice-us", "1", "--no-counts", "--clients",
                                   ",".join(results.PLAIN), "--works",
                                   ",".join(options.WORK_NAMES), "--transport",
                                   "tcp", "--cores", "same", "--anyway", "--html", page_name,
                                   "--json", self.path("json"),
                                   env={**os.environ, "TMPDIR": folder})
        self.assertEqual(status, 0, errors)
        self.assertEqual(os.listdir(folder), [])
        r = results.read_json(self.path("json"))
        for work in results.WORKS:
            there = [name for name in ("baseline", "mcwire", "mcwire again") if r.cell(TCP, work, name)]
            self.assertEqual(there, ["baseline", "mcwire", "mcwire again"][work.verb in UNIQUES:])
        with open(page_name, encoding="utf-8") as file:
            self.assertIn(tables.time_table(r, TCP), Reader(file.read()).tables)
        self.assertEqual(said, tables.text_report(r, True))

    def test_only(self):
        for client in ("baseline", "mcwire"):
            status, said, errors = run("--only", client, "--work", "get-10", "--count", "50")
            self.assertEqual((status, said, errors), (0, "", ""))
        status, _, errors = run("--only", "mcwire", "--server", "unix:/nowhere")
        self.assertEqual((status, errors), (1, "overhead: mcwire, get: no connection\n"))

    def test_only_is_by_tcp_unless_told(self):
        """As not every client knows Unix sockets."""
        for words, transport in [([], "tcp"), (["--transport=unix"], "unix")]:
            with mock.patch.object(overhead, "Worker") as worker, \
                    mock.patch.object(overhead, "Measurement") as measurement:
                measurement.return_value.address = mock.Mock(return_value="a:1")
                overhead.run_only(options.read_arguments(["--only=mcmc", "--count=9", *words]), "")
            self.assertEqual(measurement.return_value.address.call_args.args[0], transport)
            asked = [call.args[0] for call in worker.return_value.__enter__.return_value.ask.mock_calls]
            self.assertEqual(asked[-3:], ["open a:1", GET.line(), "run 9"])

    def test_only_on_an_empty_server(self):
        self.addCleanup(machine.end_workers)
        address = machine.Servers(self.folder).start("tcp", None)
        status, _, errors = run("--only", "mcwire", "--work", "get", "--server", address)
        self.assertEqual((status, errors), (1, "overhead: mcwire, get: wrong result\n"))

    def test_no_memcached(self):
        os.mkdir(self.path("bin"))
        for name in ("sh", "python3"):
            os.symlink(shutil.which(name), self.path("bin/" + name))
        status, _, errors = run("--only", "mcwire", env={**os.environ, "PATH": self.path("bin")})
        self.assertEqual(status, 69)
        self.assertIn("no memcached: start one, or install it", errors)

    def test_what_killed_programs_left(self):
        """Only what is named so, and only when its process is gone."""
        ended = subprocess.Popen(["true"])
        ended.wait()
        left = "mcwire-%d-" % ended.pid
        others = ["mcwire-%d-abcdef" % os.getpid(), left + "long-name", "mcwire-abcdef",
                  "x" + left + "abcdef"]
        with tempfile.TemporaryDirectory() as below:
            for name in others + [left + "abcdef", left + "AbC123"]:
                os.mkdir("%s/%s" % (below, name))
                open("%s/%s/file" % (below, name), "w").close()
            self.assertEqual(run("--only", "mcwire", "--server", "unix:/nowhere",
                                 env={**os.environ, "TMPDIR": below})[0], 1)
            self.assertEqual(sorted(os.listdir(below)), sorted(others))
            for name in others:
                self.assertEqual(os.listdir("%s/%s" % (below, name)), ["file"])
            self.assertFalse(machine.is_abandoned("%s/%sabcdef" % (below, left)))  # it is gone

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            # A shell lets what it starts in the background ignore SIGINT.
            self.addCleanup(signal.signal, number, signal.signal(number, signal.SIG_DFL))
            process = subprocess.Popen([OVERHEAD, "--works", "get", "--slice-us", "100000"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                       env={**os.environ, "TMPDIR": self.folder})
            process.stderr.readline()  # of progress
            process.send_signal(number)
            errors = process.communicate(timeout=PATIENCE_S)[1].decode()
            self.assertEqual(process.returncode, 130)
            self.assertEqual(errors.splitlines()[-1], "overhead: interrupted")
            self.assertEqual(sorted(os.listdir(self.folder)), ["overhead-worker"])


class Output(Folder):
    def test_full_disk(self):
        stored = self.store(sample_data())
        for words in [["--help"], ["--version"], ["--from", stored]]:
            with open("/dev/full", "wb") as full:
                status, _, errors = run(*words, stdout=full)
            self.assertEqual((status, errors),
                             (1, "overhead: standard output: No space left on device\n"))

    def test_files_that_cannot_be_written_are_named(self):
        stored = self.store(sample_data())
        for name, status, why in [("/dev/full", 1, "No space left on device"),
                                  ("/nowhere/page", 2, "No such file or directory")]:
            self.assertEqual(run("--from", stored, "--html", name, stdout=subprocess.DEVNULL)[::2],
                             (status, "overhead: --html: %s: %s\n" % (name, why)))

    def test_files_that_cannot_be_read_are_named(self):
        with open(self.path("bad"), "w", encoding="utf-8") as file:
            file.write('{"program":\n"overhead",\n')
        for name, why in [(self.path("bad"), "line 3 is not JSON"),
                          (self.folder, "Is a directory"),
                          ("/nowhere", "No such file or directory")]:
            self.assertEqual(run("--from", name)[::2],
                             (2, "overhead: --from: %s: %s\n" % (name, why)))

    def test_page_of_mcload(self):
        stored = self.path("load")
        with open(stored, "w", encoding="utf-8") as file:
            json.dump(sample_load(), file)
        self.assertEqual(run("--from", stored, "--html", self.path("page")), (0, "", ""))
        with open(self.path("page"), encoding="utf-8") as file:
            self.assertEqual(file.read(), page.load_page(sample_load()))
        status, shown, _ = run("--from", stored, stored)
        self.assertEqual((status, shown), (0, "\n".join(
            map(tables.text_of, loads.comparison(sample_load(), sample_load())))))
        with open(self.path("other"), "w", encoding="utf-8") as file:
            file.write(results.to_json(sample_data()))
        self.assertEqual(run("--from", stored, self.path("other"))[::2], (
            2, "overhead: --from: one is of mcload, and the other of overhead\n"))
        for words in [[], ["--html", self.path("page"), "--format", "json"]]:
            self.assertEqual(run("--from", stored, *words)[0], 2)
        with open(stored, "w", encoding="utf-8") as file:
            json.dump({"program": "mcload", "samples": []}, file)
        status, _, errors = run("--from", stored, "--html", self.path("page"))
        self.assertEqual(status, 2)
        self.assertIn("is not what mcload prints", errors)

    def test_progress(self):
        """Only a terminal that can erase a line is told to."""
        for terminal, term, erases in [(True, "xterm", True), (True, "dumb", False),
                                       (False, "xterm", False)]:
            stream = io.StringIO()
            stream.isatty = lambda is_one=terminal: is_one
            before = os.environ.get("TERM")
            os.environ["TERM"] = term
            try:
                with contextlib.redirect_stderr(stream):
                    progress = machine.Progress()
                    progress.show("work")
                    progress.end()
            finally:
                os.environ["TERM"] = before or ""
            self.assertEqual(stream.getvalue(), "\r\x1b[Kwork\r\x1b[K" if erases else
                             "overhead: work\n")


if __name__ == "__main__":
    run_cases()
