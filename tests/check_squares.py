"""Acceptance tests of squares, with python-memcached as a neighbour on the same cache; prints TAP.
usage: check_squares.py SQUARES"""

import csv
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
import threading
import time
import unittest
import xml.etree.ElementTree

try:
    import memcache
except ImportError:
    memcache = None

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

from memcached import PATIENCE_S, Memcached, statistics_of
from schedule import Server
from tap import run_cases

SQUARES = os.path.abspath(sys.argv[1])
NO_TIMEOUT = "--timeout-ms=3600000"  # where a slow machine must not look like a failing server


# ---- servers ----------------------------------------------------------------


def wait_until(condition, what):
    """Returns when the condition holds; there is no point in going on when it never does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(what + " did not come about")
        time.sleep(0.002)


def start_memcached(test):
    server = Memcached()
    test.addCleanup(server.end)
    return server


class Babbler:
    """A server that answers everything with the same bytes."""

    def __init__(self, test, reply):
        self.reply = reply
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        test.addCleanup(self.listener.close)

    def accept(self):
        try:
            while True:
                connection = self.listener.accept()[0]
                threading.Thread(target=self.babble, args=[connection], daemon=True).start()
        except OSError:
            pass

    def babble(self, connection):
        try:
            while connection.recv(65536):
                connection.sendall(self.reply)
        except OSError:
            pass
        connection.close()


def exists(pid):
    """True for a process that has not ended; nobody may have looked at how it did."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# ---- squares ----------------------------------------------------------------


def environment(**changes):
    """This one without what squares looks at, and with the changes."""
    variables = {k: v for k, v in os.environ.items() if k != "MEMCACHED_SERVERS"}
    variables.update(changes)
    return variables


def squares(*options, env=None):
    return subprocess.run([SQUARES, *options], capture_output=True, text=True, timeout=PATIENCE_S,
                          stdin=subprocess.DEVNULL, env=env or environment())


def report_of(result):
    """The parsed JSON of a run that ended well."""
    if result.returncode != 0:
        raise AssertionError("exit status %d: %s" % (result.returncode, result.stderr))
    return json.loads(result.stdout)


def runs_of(*options):
    return report_of(squares(*options, "--format=json"))["runs"]


def total(runs, name):
    return sum(run[name] for run in runs)


def warnings(text):
    return [line for line in text.splitlines() if "warning" in line]


class Running:
    """A squares at work, whose runs are read one by one as they end: lines of CSV.

    The pipe is a short one: squares cannot be more than some 200 runs ahead of the test.
    """

    def __init__(self, test, *options, env=None):
        self.process = subprocess.Popen(
            [SQUARES, *options, "--format=csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True, pipesize=4096, env=env or environment())
        self.names = self.process.stdout.readline().strip().split(",")
        test.addCleanup(self.end)

    def run(self):
        """The next run; None when there is no more."""
        line = self.process.stdout.readline().strip()
        if not line:
            return None
        return {name: float(value) for name, value in zip(self.names, line.split(","))}

    def run_until(self, condition, what):
        """Reads up to the first run of which the condition holds."""
        while True:
            run = self.run()
            if run is None:
                raise AssertionError("squares ended before " + what)
            if run["wrong"] != 0:
                raise AssertionError("a wrong answer")
            if condition(run):
                return run

    def finish(self):
        """The rest of the runs, and what was said on stderr; the exit status must be 0."""
        runs = list(iter(self.run, None))
        said = self.process.stderr.read()
        if self.process.wait() != 0:
            raise AssertionError("exit status %d: %s" % (self.process.returncode, said))
        return runs, said

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


# ---- the runs ---------------------------------------------------------------


class Runs(unittest.TestCase):
    def test_tenth_run_is_ten_times_faster(self):
        """By misses, which the seed decides, and not by seconds, which the machine does."""
        runs = runs_of("--private", "--seed=1", NO_TIMEOUT)
        self.assertEqual(len(runs), 10)
        for run in runs:
            self.assertEqual(run["hits"] + run["misses"], 2000)
            self.assertEqual((run["errors"], run["wrong"]), (0, 0))
            self.assertGreaterEqual(run["seconds"], run["misses"] * 0.001)
        self.assertGreater(runs[0]["misses"], 10 * runs[9]["misses"])
        faster = runs[0]["seconds"] / runs[9]["seconds"]
        print("# the tenth run was %.1f times faster than the first" % faster)

    def test_seed_decides_the_requests(self):
        quick = ["--private", "--cost-us=0", "--runs=3", "--requests=500", NO_TIMEOUT]
        counts = []
        for seed in ["7", "7", "8"]:
            counts.append([run["misses"] for run in runs_of(*quick, "--seed=" + seed)])
        self.assertEqual(counts[0], counts[1])
        self.assertNotEqual(counts[0], counts[2])

    def test_draws_are_uniform(self):
        """Chi-square of five degrees of freedom: 20 is exceeded once in 800 times; of a fixed seed."""
        server = Server(self)
        runs_of("--server", server.address, "--domain=5", "--requests=600", "--runs=1", "--seed=1",
                "--cost-us=0", NO_TIMEOUT)
        drawn = [call.keys[0] for call in server.gets()]
        counts = [drawn.count(b"sq:%d" % n) for n in range(6)]
        self.assertEqual(sum(counts), 600)
        self.assertLess(sum((count - 100) ** 2 / 100 for count in counts), 20)

    def test_expense_takes_its_time(self):
        """Never less than 40 ms, and at least once no more: a busy machine only adds to it."""
        runs = runs_of("--private", "--domain=4294967295", "--requests=1", "--runs=5",
                       "--cost-us=40000", NO_TIMEOUT)
        self.assertGreaterEqual(min(run["seconds"] for run in runs), 0.04)
        self.assertLess(min(run["seconds"] for run in runs), 0.045)

    def test_domain_of_one_number(self):
        runs = runs_of("--private", "--domain=0", "--runs=2", "--requests=10", NO_TIMEOUT)
        self.assertEqual([run["misses"] for run in runs], [1, 0])

    def test_largest_numbers(self):
        runs = runs_of("--private", "--domain=4294967295", "--seed=4294967295", "--requests=20",
                       "--runs=2", "--cost-us=0", NO_TIMEOUT)
        self.assertEqual((total(runs, "errors"), total(runs, "wrong")), (0, 0))


# ---- what is printed --------------------------------------------------------


class Printing(unittest.TestCase):
    quick = ["--private", "--cost-us=0", "--requests=100", "--seed=1", NO_TIMEOUT]

    def test_text_begins_as_in_the_book(self):
        lines = squares(*self.quick).stdout.splitlines()
        self.assertEqual(lines[0], "Ten successive runs:")
        self.assertRegex(lines[1], r"^( \d+\.\d\ds){10} ?$")
        self.assertGreater(len(lines), 12)

    def test_other_numbers_of_runs(self):
        for option, words in [("1", "One successive run:"), ("2", "Two successive runs:"),
                              ("21", "21 successive runs:")]:
            self.assertEqual(squares(*self.quick, "--runs", option).stdout.splitlines()[0], words)

    def test_no_colour_without_a_terminal(self):
        self.assertNotIn("\033", squares(*self.quick).stdout)

    def test_json(self):
        report = report_of(squares(*self.quick, "--format=json", "--runs=3"))
        self.assertEqual(report["seed"], 1)
        self.assertTrue(report["server"])
        self.assertEqual(len(report["runs"]), 3)
        for run in report["runs"]:
            for name in ["seconds", "hits", "misses", "errors", "wrong", "p50_us", "p99_us"]:
                self.assertIsInstance(run[name], (int, float))
            self.assertLessEqual(run["p50_us"], run["p99_us"])

    def test_trace(self):
        """Every byte is explained; in which pieces a side sends is its own affair."""
        result = squares("--private", "--cost-us=0", "--runs=1", "--requests=2", "--domain=0",
                         "--trace", NO_TIMEOUT)
        sides = []
        for sign, text in re.findall(r"(?m)^ +\d+ ([<>]) (.*?)  ", result.stderr):
            if not sides or sides[-1][0] != sign:
                sides.append(sign + " ")
            sides[-1] += text
        self.assertEqual(sides, [
            "> get sq:0\\r\\n", "< END\\r\\n",
            "> set sq:0 2 0 1\\r\\n0\\r\\n", "< STORED\\r\\n",
            "> get sq:0\\r\\n", "< VALUE sq:0 2 1\\r\\n0\\r\\nEND\\r\\n"])
        self.assertIn("command  | exptime: never expires\n", result.stderr)

    def test_csv(self):
        text = squares(*self.quick, "--format", "csv", "--runs", "3").stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([row["run"] for row in rows], ["1", "2", "3"])
        self.assertEqual([int(row["hits"]) + int(row["misses"]) for row in rows], [100] * 3)

    def test_plot(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/runs.svg"
            self.assertEqual(squares(*self.quick, "--plot", path).returncode, 0)
            root = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")

    def table_of(self, text):
        """The rows of its table, as numbers."""
        rows = re.findall(r"^ *(\d+) +([\d.]+) +([\d.]+) +(\d+) +(\d+) +([\d.]+) % +([\d.]+)x",
                          text, re.MULTILINE)
        return [[float(number) for number in row] for row in rows]

    def test_table(self):
        """Its figures follow from each other, and the model from what it says of itself."""
        text = squares("--private", "--cost-us=200", "--requests=300", "--domain=400", "--seed=1",
                       "--runs=4", NO_TIMEOUT).stdout
        rows = self.table_of(text)
        self.assertEqual([row[0] for row in rows], [1, 2, 3, 4])
        for each, row in zip(re.findall(r" ([\d.]+)s", text.split("\n")[1]), rows, strict=True):
            self.assertAlmostEqual(float(each), row[1], delta=0.0056)
        for _, seconds, _, hits, misses, rate, faster in rows:
            self.assertEqual(hits + misses, 300)
            self.assertAlmostEqual(rate, 100 * hits / 300, delta=0.051)
            self.assertGreaterEqual(seconds, misses * 0.0002 - 0.001)
            rounded = 0.0006 / seconds + 0.0006 / rows[0][1]
            self.assertAlmostEqual(faster, rows[0][1] / seconds, delta=0.06 + faster * rounded)
        units = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
        means = [float(number) * units[unit] for number, unit in
                 re.findall(r"([\d.]+) (ns|us|ms|s)\b", text.split("Model")[1].split("\n")[0])]
        self.assertGreaterEqual(means[0], 0.0002 * 0.99)
        for run, row in enumerate(rows):
            met = [401 * (1 - (1 - 1 / 401) ** (300 * runs)) for runs in (run, run + 1)]
            model = (met[1] - met[0]) * (means[0] + means[1]) + 300 * means[2]
            self.assertAlmostEqual(row[2], model, delta=0.002 + model * 0.03)
        measured, predicted = (sum(row[i] for row in rows) for i in (1, 2))
        parts = (means[0] + means[1]) * sum(row[4] for row in rows) + 1200 * means[2]
        self.assertLess(parts, measured * 1.01 + 0.002)  # they were measured within it
        differ = float(re.search(r"differ by ([\d.]+) % in all", text).group(1))
        self.assertAlmostEqual(differ, 100 * abs(measured / predicted - 1), delta=1 + 100 *
                               (0.003 / predicted + 0.003 * measured / predicted ** 2))

    def test_percentiles_are_those_of_a_run(self):
        """In the first two of three runs each get takes 40 ms; in the third two of six take 80."""
        def script(call):
            if call.verb == "get":
                gets.append(call)
                time.sleep(0.04 if len(gets) <= 12 else 0.08 if len(gets) > 16 else 0)
        gets = []
        runs = runs_of("--server", Server(self, script).address, "--domain=0", "--requests=6",
                       "--runs=3", "--cost-us=0", NO_TIMEOUT)
        for run, p50, p99, seconds in zip(runs, (40, 40, 0), (40, 40, 80), (0.24, 0.24, 0.16)):
            self.assertGreaterEqual(run["p50_us"], 990 * p50)
            self.assertGreaterEqual(run["p99_us"], 990 * p99)
            self.assertGreaterEqual(run["seconds"], seconds)
        self.assertLess(runs[2]["p50_us"], 40000)

    def test_difference_from_the_model(self):
        """A cache that forgets everything makes two misses more, each of 20 ms, than are expected."""
        server = Server(self, lambda call: setattr(call, "reply", b"END\r\n")
                        if call.verb == "get" else None)
        text = squares("--server", server.address, "--domain=0", "--requests=2", "--runs=2",
                       "--cost-us=20000", NO_TIMEOUT).stdout
        measured, predicted = map(sum, zip(*(row[1:3] for row in self.table_of(text))))
        self.assertGreaterEqual(measured, 0.079)
        differ = float(re.search(r"differ by ([\d.]+) % in all", text).group(1))
        self.assertAlmostEqual(differ / 100 + 1, measured / predicted, delta=0.2)

    def test_bars_and_sums(self):
        """A get of the first run takes 200 ms, and another fails; two of the second run are wrong.
        The model has the same time for each run."""
        def script(call):
            call.reply = call.reply.replace(b" 0 1\r\n0", b" 2 1\r\n%d" % (call.number in (16, 18)))
            if call.number == 4:
                time.sleep(0.2)
            if call.number == 6:
                call.reply = b"SERVER_ERROR busy\r\n"
        result = squares("--server", Server(self, script).address, "--domain=0", "--requests=10",
                         "--runs=2", "--cost-us=0", NO_TIMEOUT)
        self.assertIn("\nErrors: 1. Wrong: 2. Server: 127.", result.stdout)
        self.assertEqual(result.returncode, 1)
        bars = re.findall("x  ([ #|]+)$", result.stdout, re.MULTILINE)
        rows = self.table_of(result.stdout)
        longest = max(max(row[1:3]) for row in rows)
        for bar, row in zip(bars, rows, strict=True):
            length = len(bar) if bar.endswith("#") else bar.count("#")
            self.assertAlmostEqual(length, 21 * row[1] / longest, delta=1.6)
            self.assertAlmostEqual(bar.index("|"), 21 * row[2] / longest, delta=0.6)

    def test_cache_that_was_not_empty(self):
        """Of 100 squares it holds 50; the misses of the first run tell."""
        server = Server(self, lambda call: setattr(call, "reply", re.sub(
            rb"^(VALUE \S+) 0", rb"\1 2", call.reply)))
        server.store = {b"sq:%d" % n: b"%d" % n ** 2 for n in range(50)}
        text = squares("--server", server.address, "--domain=99", "--requests=300", "--runs=1",
                       "--cost-us=0", NO_TIMEOUT).stdout
        expected, misses = 100 * (1 - 0.99 ** 300), self.table_of(text)[0][4]
        held = re.search(r"it is taken to have held (\d+) % of the squares", text).group(1)
        self.assertAlmostEqual(int(held), 100 * (1 - misses / expected), delta=0.51)
        self.assertLess(misses, 51)

    def test_names_of_servers(self):
        """They cannot end a string or an element; there is no such server."""
        name = "unix:/no<where&\"\\"
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/runs.svg"
            report = report_of(squares("--server", name, "--runs=1", "--requests=1", "--cost-us=0",
                                       "--format=json", "--plot", path))
            root = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual(report["server"], name)
        self.assertIn(name + ", seed %d" % report["seed"], [each.text for each in root.iter()])

    def test_picture_is_to_scale(self):
        """Its bars, lines and dots lie where the table's figures belong."""
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/runs.svg"
            text = squares("--private", "--cost-us=500", "--requests=200", "--domain=200",
                           "--seed=1", "--runs=3", "--plot", path, NO_TIMEOUT).stdout
            root = xml.etree.ElementTree.parse(path).getroot()
        rows = self.table_of(text)
        head = next(each.text for each in root.iter() if "as fast" in (each.text or ""))
        self.assertIn("last run %.1f times as fast as the first" % rows[-1][6], head)
        def found(name, kind):
            return [each.attrib for each in root.iter("{http://www.w3.org/2000/svg}" + name)
                    if each.get("class", "").startswith(kind)]
        marks = {each.text: float(each.get("y")) - 4
                 for each in root.iter("{http://www.w3.org/2000/svg}text")
                 if each.get("class") == "dim end"}
        tops = {float(mark): y for mark, y in marks.items() if "%" not in mark}
        zero, highest = tops[0], max(tops)
        scale = (zero - tops[highest]) / highest
        bars = [bar for bar in found("rect", "bar") if bar["height"] != "12"]
        for bar, row in zip(bars, rows, strict=True):
            self.assertAlmostEqual(float(bar["height"]), scale * row[1], delta=0.2 + scale * 0.0006)
            self.assertAlmostEqual(float(bar["y"]) + float(bar["height"]), zero, delta=0.1)
        lines = [float(line["d"].split("h")[0].split()[1]) for line in found("path", "model")[1:]]
        for y, row in zip(lines, rows, strict=True):
            self.assertAlmostEqual(zero - y, scale * row[2], delta=0.2 + scale * 0.0006)
        for dot, row in zip(found("circle", "dot"), rows, strict=True):
            y = marks["0 %"] + (marks["100 %"] - marks["0 %"]) * row[5] / 100
            self.assertAlmostEqual(float(dot["cy"]), y, delta=0.2)

    def test_refusal_leaves_the_picture(self):
        with tempfile.NamedTemporaryFile("w+") as picture:
            picture.write("drawn before")
            picture.flush()
            result = squares("--server", "nowhere:x", "--plot", picture.name)
            self.assertEqual(result.returncode, 2)
            picture.seek(0)
            self.assertEqual(picture.read(), "drawn before")

    def test_nothing_is_printed_into_a_connection(self):
        """A connection does not get the number of a descriptor that is closed."""
        result = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', SQUARES, *self.quick, "--runs=3"],
                                stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S,
                                env=environment())
        self.assertEqual((result.returncode, warnings(result.stderr)), (1, []))

    def test_full_disk_is_no_success(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([SQUARES, *self.quick], stdout=full, stderr=subprocess.PIPE,
                                    env=environment())
        self.assertEqual(result.returncode, 1)

    def test_picture_that_cannot_be_written_is_named(self):
        for path, why in [("/dev/full", "No space left on device"),
                          ("/nowhere/picture", "No such file or directory")]:
            result = squares(*self.quick, "--plot", path)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("squares: --plot: %s: %s\n" % (path, why), result.stderr)

    def test_help_and_version(self):
        for option, words in [("--help", "--timeout-ms"), ("--version", "squares")]:
            result = squares(option)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn(words, result.stdout)


# ---- options ----------------------------------------------------------------


class BadOptions(unittest.TestCase):
    def refuses(self, option, *arguments, env=None):
        """One line on stderr that names the option, and exit status 2."""
        result = squares(*arguments, env=env)
        self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(option, result.stderr)

    def test_unknown(self):
        for argument in ["--wrong", "-x", "squares", "", "--run", "--runss=1", "--format="]:
            self.refuses(argument.split("=")[0], argument)

    def test_without_a_value(self):
        for option in ["--server", "--runs", "--requests", "--domain", "--cost-us", "--seed",
                       "--timeout-ms", "--format", "--plot"]:
            self.refuses(option, option)

    def test_numbers(self):
        for option, values in [("--runs", ["0", "-1", "x", "1x", "", " 1", "1.5", "0x1", "1e3"]),
                               ("--requests", ["0", "-1", "18446744073709551617"]),
                               ("--domain", ["-1", "4294967296", "x"]),
                               ("--cost-us", ["-1", "x", "99999999999"]),
                               ("--seed", ["-1", "4294967296", "x"]),
                               ("--timeout-ms", ["0", "-1", "x", "9223372036854775808"])]:
            for value in values:
                self.refuses(option, option, value)
                self.refuses(option, option + "=" + value)

    def test_other_values(self):
        for option, values in [("--server", ["", "::1", "localhost:0", "unix:relative"]),
                               ("--format", ["", "xml", "JSON"]),
                               ("--plot", ["", "/nowhere/at/all.svg"])]:
            for value in values:
                self.refuses(option, option, value)

    def test_value_where_none_belongs(self):
        for option in ["--help", "--version", "--private"]:
            self.refuses(option, option + "=1")

    def test_bad_address_in_the_environment(self):
        self.refuses("MEMCACHED_SERVERS", env=environment(MEMCACHED_SERVERS="localhost:http"))


# ---- which server -----------------------------------------------------------


class Servers(unittest.TestCase):
    quick = ["--cost-us=0", "--requests=100", "--runs=1", "--format=json", NO_TIMEOUT]

    def test_first_of_the_environment(self):
        server = start_memcached(self)
        for servers in [server.address, " %s,localhost:1" % server.address,
                        "%s localhost:1" % server.path]:
            report = report_of(squares(*self.quick, env=environment(MEMCACHED_SERVERS=servers)))
            self.assertIn(server.path, report["server"])
            self.assertEqual(total(report["runs"], "errors"), 0)

    def test_option_before_the_environment(self):
        server = start_memcached(self)
        report = report_of(squares(*self.quick, "--server", server.address,
                                   env=environment(MEMCACHED_SERVERS="unix:/nowhere")))
        self.assertEqual(report["server"], server.address)
        self.assertEqual(total(report["runs"], "errors"), 0)

    def test_private_one_says_so(self):
        result = squares("--private", *self.quick)
        self.assertRegex(result.stderr, r"private memcached on unix:/\S+")
        self.assertEqual(result.stderr.count("\n"), 1)

    def test_never_flushes(self):
        server = start_memcached(self)
        runs_of("--server", server.address, "--requests=100", "--cost-us=0", NO_TIMEOUT)
        self.assertEqual(server.statistics()["cmd_flush"], 0)
        self.assertGreater(server.statistics()["curr_items"], 0)

    def test_none_to_be_had(self):
        with tempfile.TemporaryDirectory() as empty:
            result = squares("--private", env=environment(PATH=empty))
        self.assertEqual((result.returncode, result.stdout), (69, ""))
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertIn("install", result.stderr)


class PrivateServer(unittest.TestCase):
    """Whatever ends squares ends its server too, and removes its folder."""

    def begin(self, *options):
        running = Running(self, "--private", NO_TIMEOUT, *options)
        said = running.process.stderr.readline()
        path = re.search(r"unix:(/\S+)", said).group(1)
        return running, path, statistics_of(path)["pid"]

    def expect_gone(self, path, pid):
        self.assertFalse(os.path.exists(os.path.dirname(path)))
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_end(self):
        running, path, pid = self.begin("--requests=10", "--runs=2")
        running.finish()
        self.expect_gone(path, pid)

    def test_signals(self):
        for number in [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]:
            running, path, pid = self.begin("--runs=10000")
            running.process.send_signal(number)
            self.assertEqual(running.process.wait(), -number)
            self.expect_gone(path, pid)

    def test_kill(self):
        """Another process does it then, so that it is waited for."""
        running, path, pid = self.begin("--runs=10000")
        running.process.kill()
        wait_until(lambda: not os.path.exists(os.path.dirname(path)), "the end of the folder")
        wait_until(lambda: not exists(pid), "the end of memcached")

    def test_nobody_reads(self):
        running, path, pid = self.begin("--runs=10000", "--requests=10", "--cost-us=0")
        running.process.stdout.close()
        self.assertEqual(running.process.wait(), -signal.SIGPIPE)
        self.expect_gone(path, pid)

    def test_server_that_was_stopped(self):
        running, path, pid = self.begin("--runs=10000")
        os.kill(pid, signal.SIGSTOP)
        running.process.send_signal(signal.SIGINT)
        self.assertEqual(running.process.wait(), 130)
        self.expect_gone(path, pid)

    def test_temporary_folder(self):
        with tempfile.TemporaryDirectory() as below:
            os.chmod(below, 0o755)
            result = squares("--private", "--runs=1", "--requests=1", env=environment(TMPDIR=below))
            self.assertIn("unix:" + below, result.stderr)
            self.assertEqual(os.listdir(below), [])

    def test_what_killed_programs_left(self):
        """Only what is named so, and only when its process is gone."""
        ended = subprocess.Popen(["true"])
        ended.wait()
        with tempfile.TemporaryDirectory() as below:
            os.chmod(below, 0o755)
            left = "mcwire-%d-" % ended.pid
            others = ["mcwire-%d-abcdef" % os.getpid(), left + "long-name", "mcwire-abcdef",
                      "mcwire-x1-abcdef", "mcwire--abcdef", "x" + left + "abcdef"]
            for name in others + [left + "abcdef", left + "AbC123"]:
                os.mkdir("%s/%s" % (below, name))
                open("%s/%s/memcached" % (below, name), "w").close()
            os.symlink(below, "%s/%slink00" % (below, left))
            squares("--private", "--runs=1", "--requests=1", env=environment(TMPDIR=below))
            self.assertEqual(sorted(os.listdir(below)), sorted(others))
            for name in others:
                self.assertEqual(os.listdir("%s/%s" % (below, name)), ["memcached"])


def can_trace():
    return shutil.which("strace") is not None and subprocess.run(
        ["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL).returncode == 0


class Interrupted(unittest.TestCase):
    """Ctrl-C: what is known by then is printed, and the exit status is 130."""

    def begin(self, *options):
        """A squares with text on its output, after the first line of it."""
        process = subprocess.Popen([SQUARES, "--private", NO_TIMEOUT, *options], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdout.readline()
        return process

    def interrupt(self, process):
        process.send_signal(signal.SIGINT)
        printed, said = process.stdout.read(), process.stderr.read()
        self.assertEqual(process.wait(timeout=PATIENCE_S), 130, said)
        process.stdout.close()
        process.stderr.close()
        return printed, said

    def test_after_some_runs(self):
        process = self.begin("--runs=10000", "--requests=1000")
        while process.stdout.read(1) != "s":  # of the first run's seconds
            pass
        printed, said = self.interrupt(process)
        rows = re.findall(r"^ *\d+ +\d+\.\d{3} .* %  +\d+\.\dx", printed, re.MULTILINE)
        self.assertGreaterEqual(len(rows), 1, printed)
        self.assertRegex(printed, r"\nModel \(\|\): expected misses x \([1-9][\d.]* ms \+ \d[^)]*, a set\)"
                                  r" \+ 1000 requests x \d.*, a get\.\nMeasured and predicted differ ")
        self.assertRegex(printed, r"\nGets: \d{4,}, mean ")
        self.assertEqual(said.splitlines()[-1],
                         "squares: interrupted in run %d of 10000" % (len(rows) + 1))

    def test_in_the_first_run(self):
        """No table, and no numbers that nobody has measured; the expense of a minute ends, too."""
        printed, said = self.interrupt(self.begin("--cost-us=60000000"))
        self.assertRegex(printed, r"\A\nGets: [01][^:]*\nErrors: ")
        self.assertNotIn("0.00 ns", printed)
        self.assertEqual(said.splitlines()[-1], "squares: interrupted in run 1 of 10")

    def test_json(self):
        process = self.begin("--runs=10000", "--format=json")
        runs = [process.stdout.readline()]
        printed, _ = self.interrupt(process)
        runs = json.loads('{"runs":[' + runs[0] + printed)["runs"]
        self.assertGreaterEqual(len(runs), 1)
        self.assertEqual(runs[0]["hits"] + runs[0]["misses"], 2000)

    def test_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            picture = folder + "/picture.svg"
            with open(picture, "w") as file:
                file.write("an older one")
            self.interrupt(self.begin("--cost-us=60000000", "--plot=" + picture))
            with open(picture) as file:
                self.assertEqual(file.read(), "an older one")
            process = self.begin("--runs=10000", "--requests=100", "--plot=" + picture)
            while process.stdout.read(1) != "s":
                pass
            self.interrupt(process)
            xml.etree.ElementTree.parse(picture)

    @unittest.skipUnless(can_trace(), "strace may not trace here")
    def test_while_connecting(self):
        """Ctrl-C comes as the socket is made, before there is anything to close; nobody answers."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            result = subprocess.run(
                ["strace", "-qqqo", "/dev/null", "-e", "inject=socket:signal=SIGINT:when=1", SQUARES,
                 "--server=127.0.0.1:%d" % listener.getsockname()[1], NO_TIMEOUT],
                env=environment(ASAN_OPTIONS="detect_leaks=0"), capture_output=True, text=True,
                timeout=PATIENCE_S, stdin=subprocess.DEVNULL)
        self.assertEqual(result.returncode, 130, result.stderr)
        self.assertIn("interrupted in run 1 of 10", result.stderr)

    def test_ignored(self):
        """As in a background job of a shell without job control."""
        process = subprocess.run(["sh", "-c", 'trap "" INT; "$0" "$@" & p=$!; kill -INT $p; wait $p',
                                  SQUARES, "--private", "--runs=2", "--requests=100"],
                                 capture_output=True, text=True, timeout=PATIENCE_S,
                                 stdin=subprocess.DEVNULL, env=environment())
        self.assertEqual(process.returncode, 0, process.stderr)


# ---- servers that fail ------------------------------------------------------


class Failures(unittest.TestCase):
    """The answers stay right, and the program goes on.

    While the server is away a run takes at least 0.1 s, 1 ms for each request, and the longest
    pause before the next try is 2 s. 700 runs, of which 200 may be ahead of the test when it kills
    the server and 200 more when it starts it again, are enough for the server to be found then,
    however fast or slow the machine is.
    """

    long = ["--runs=700", "--requests=100", "--domain=50", "--seed=3"]

    @staticmethod
    def hits(run):
        return run["hits"] > 0

    @staticmethod
    def fails(run):
        return run["errors"] > 0 and run["hits"] == 0

    def test_killed_and_started_again(self):
        server = start_memcached(self)
        running = Running(self, "--server", server.address, NO_TIMEOUT, *self.long)
        running.run_until(self.hits, "the first hits")
        server.kill()
        running.run_until(self.fails, "it noticed the death")
        server.start()
        running.run_until(self.hits, "it hit again")
        runs, said = running.finish()
        self.assertEqual((runs[-1]["errors"], runs[-1]["hits"]), (0, 100))
        self.assertEqual(total(runs, "wrong"), 0)
        self.assertEqual(len(warnings(said)), 1, said)

    def test_stopped_and_gone_on(self):
        server = start_memcached(self)
        running = Running(self, "--server", server.address, "--timeout-ms=200", *self.long)
        running.run_until(self.hits, "the first hits")
        server.stop()
        running.run_until(self.fails, "it noticed the silence")
        server.go_on()
        running.run_until(self.hits, "it hit again")
        runs, said = running.finish()
        self.assertEqual(total(runs, "wrong"), 0)
        self.assertGreaterEqual(len(warnings(said)), 1)

    def test_never_there(self):
        result = squares("--server=/nowhere/at/all", "--format=json", "--runs=3", "--requests=100")
        runs = report_of(result)["runs"]
        counts = [total(runs, name) for name in ["hits", "misses", "errors", "wrong"]]
        self.assertEqual(counts, [0, 300, 600, 0])
        self.assertEqual(len(warnings(result.stderr)), 1, result.stderr)

    def test_name_that_does_not_resolve(self):
        result = squares("--server=a..b", "--format=json", "--runs=1", "--requests=10")
        self.assertEqual(total(report_of(result)["runs"], "errors"), 20)
        self.assertEqual(len(warnings(result.stderr)), 1, result.stderr)

    def test_nothing_measured(self):
        """No get was answered: there is no time of one, nor a mean."""
        result = squares("--server=/nowhere/at/all", "--runs=1", "--requests=10")
        self.assertIn("\nNo get was answered.\nGets: 0\n", result.stdout)
        self.assertNotIn("0.00 ns", result.stdout)

    def test_garbage(self):
        for reply in [b"garbage\r\n", b"\0" * 10000, b"HTTP/1.0 400 Bad Request\r\n\r\n",
                      b"\r\n", b"VALUE sq:x 2 1\r\n9\r\nEND\r\n", b"END\r\nEND\r\n",
                      b"STORED\r\n" * 3, b"VALUE sq:5 2 99999999999\r\n", b"ERROR\r\n",
                      b"SERVER_ERROR out of order\r\n"]:
            server = Babbler(self, reply)
            result = squares("--server", server.address, "--format=json", "--runs=2",
                             "--requests=100", "--cost-us=0")  # an outage of 1 s would be two
            runs = report_of(result)["runs"]
            self.assertEqual((total(runs, "hits"), total(runs, "wrong")), (0, 0), reply)
            self.assertGreater(total(runs, "errors"), 0, reply)
            self.assertEqual(len(warnings(result.stderr)), 1, result.stderr)

    def test_silence(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            result = squares("--server=127.0.0.1:%d" % listener.getsockname()[1],
                             "--timeout-ms=50", "--format=json", "--runs=1", "--requests=200")
        run = report_of(result)["runs"][0]
        self.assertEqual([run[name] for name in ["hits", "misses", "errors", "wrong"]],
                         [0, 200, 400, 0])
        self.assertEqual(len(warnings(result.stderr)), 1, result.stderr)


# ---- with python-memcached on the same cache --------------------------------


@unittest.skipIf(memcache is None, "this Python has no module memcache (Debian: python3-memcache)")
class Neighbour(unittest.TestCase):
    def setUp(self):
        self.server = start_memcached(self)
        self.client = memcache.Client([self.server.address])
        self.addCleanup(self.client.disconnect_all)

    def run_squares(self, *options):
        return runs_of("--server", self.server.address, "--cost-us=0", NO_TIMEOUT, *options)

    def test_reads_ints_that_squares_stored(self):
        self.run_squares("--requests=2000", "--runs=2", "--seed=5")
        found = self.client.get_multi([str(n) for n in range(5001)], key_prefix="sq:")
        self.assertGreater(len(found), 2000)
        for n, value in found.items():
            self.assertIs(type(value), int)
            self.assertEqual(value, int(n) ** 2)

    def test_stores_ints_that_squares_hits_on(self):
        for n in range(5001):
            self.assertTrue(self.client.set("sq:%d" % n, n * n))
        runs = self.run_squares("--requests=2000", "--runs=1")
        self.assertEqual([runs[0][name] for name in ["hits", "misses", "errors", "wrong"]],
                         [2000, 0, 0, 0])

    def test_what_is_no_number_is_replaced(self):
        for junk in ["text", b"49", 1.5, [], "", -1, "0" * 100, None]:
            self.assertTrue(self.client.set("sq:0", junk))
            runs = self.run_squares("--domain=0", "--requests=10", "--runs=1")
            self.assertEqual([runs[0][name] for name in ["hits", "misses", "errors"]], [9, 1, 0])
            self.assertIs(type(self.client.get("sq:0")), int)
            self.assertEqual(self.client.get("sq:0"), 0)

    def test_other_number_is_a_wrong_answer(self):
        """It is taken from the cache without computing it, and found out afterwards."""
        self.assertTrue(self.client.set("sq:0", 1))
        result = squares("--server", self.server.address, "--cost-us=0", NO_TIMEOUT,
                         "--domain=0", "--requests=10", "--runs=1", "--format=json")
        self.assertEqual(result.returncode, 1)
        run = json.loads(result.stdout)["runs"][0]
        self.assertEqual([run[name] for name in ["hits", "misses", "errors", "wrong"]],
                         [10, 0, 0, 10])
        self.assertEqual(self.client.get("sq:0"), 1)


def stop_ignoring_signals():
    """What nohup or a shell's & has set would be passed on to squares, which leaves it so."""
    for number in [signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM]:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    stop_ignoring_signals()
    run_cases()
