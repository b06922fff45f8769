"""The command mcwire lie, examined itself: clients of which it is known what is wrong with them get
the verdict that they deserve, and this project's client and another good one are right in all cases;
prints TAP. usage: check_lie.py MCWIRE ADAPTER [few]; few: not the clients in Python."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/support")

from tap import run_cases

MCWIRE, OWN = [os.path.abspath(path) for path in sys.argv[1:3]]


def few(test):
    """Leaves it to another build where few are asked for."""
    return None if sys.argv[3:] == ["few"] else test


PYTHON = [sys.executable, "-I", "-S", HERE + "/support/adapter.py"]
PATIENCE_S = 300  # for what ends soon, on a machine that is busy
# In these a right client waits for its deadline; in all others a busy machine has all the time.
WAITING = ["silence", "silent-value", "crawl", "late", "endless", "no-end"]
PATIENT = ["--timeout=100000", "--grace=100000"]
SHORT = ["--timeout=100", "--grace=100000"]
LONGER = ["--timeout=5000", "--grace=100000"]
HASTY = ["--timeout=20", "--grace=0"]


def lie(*arguments, status=0):
    """Runs it: what it has printed, and its messages."""
    done = subprocess.run([MCWIRE, "lie", *arguments], capture_output=True, check=False,
                          timeout=PATIENCE_S, stdin=subprocess.DEVNULL)
    assert done.returncode == status, (arguments, done)
    return done.stdout.decode(), done.stderr.decode()


def cases(kind=None):
    return [c["case"] for c in map(json.loads, lie("--list", "--json")[0].splitlines())
            if kind in (None, c["kind"])]


def examine(command, names, options, status):
    """The verdicts: {case: (verdict, answer)}."""
    printed, _ = lie("--all", "--json", *names, *options, "--", *command, status=status)
    rows = [json.loads(line) for line in printed.splitlines()]
    return {row["case"]: (row["verdict"], row.get("answer", "")) for row in rows}


def verdicts(client, names, options=PATIENT, status=1):
    found = examine([*PYTHON, client], names, options, status)
    assert list(found) == names, found
    return [verdict for verdict, _ in found.values()]


def lives(pid):
    """Whether there is such a process, and it is not waiting to be forgotten."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Good(unittest.TestCase):
    """Clients that are right."""

    def right_in_all(self, command):
        quick = [name for name in cases() if name not in WAITING]
        self.right_in(quick, examine(command, quick, PATIENT, 0))
        found = examine(command, WAITING, SHORT, 0)
        # On a busy machine the deadline can pass before the client has sent anything.
        late = [name for name in WAITING if found[name][0] == "skipped"]
        if late:
            found.update(examine(command, late, LONGER, 0))
        self.right_in(WAITING, found)

    def right_in(self, names, found):
        self.assertEqual({name: ("right", "") for name in names}, found)

    def test_own_client(self):
        self.right_in_all([OWN])

    @few
    def test_another_client(self):
        self.right_in_all([*PYTHON, "careful"])

    @few
    def test_answers_within_the_grace(self):
        self.assertEqual(verdicts("tardy", ["closed"], ["--timeout=20", "--grace=100000",
                                                        "--start=0"]),
                         ["wrong value"])

    @few
    def test_answers_within_the_deadline(self):
        self.assertEqual(verdicts("tardy", ["closed"], ["--timeout=100000", "--grace=0",
                                                        "--start=0"]), ["wrong value"])

    @few
    def test_starts_slowly(self):
        self.assertEqual(verdicts("tardy", ["closed"], [*HASTY, "--start=100000"]),
                         ["wrong value"])


@few
class Bad(unittest.TestCase):
    """Each gets the verdict that it deserves."""

    def test_errs(self):
        names = ["plain", "cuts", "many", "writes", "idle"]
        self.assertEqual(verdicts("errs", names), ["rejects valid replies"] * 5)
        self.assertEqual(verdicts("errs", ["closed"], status=0), ["skipped"])

    def test_misses(self):
        names = ["plain", "empty", "many", "writes", "early-end", "closed", "many-cut"]
        self.assertEqual(verdicts("misses", names), ["false miss"] * 7)

    def test_believes(self):
        wrong = ["binary", "like-replies", "other-key", "doubled", "old-value", "early-end",
                 "size-wraps", "cut-value", "many-error", "set-closed", "incr-wraps"]
        missed = ["stored", "error", "server-error", "full", "closed", "idle", "many-cut"]
        good = ["plain", "cuts", "order", "writes"]
        self.assertEqual(verdicts("believes", wrong), ["wrong value"] * len(wrong))
        self.assertEqual(verdicts("believes", missed), ["false miss"] * len(missed))
        self.assertEqual(verdicts("believes", good, status=0), ["right"] * len(good))
        self.assertEqual(verdicts("believes", ["silence", "late", "value-end"], SHORT),
                         ["false miss", "false miss", "wrong value"])

    def test_is_lucky(self):
        """What nobody could know is not right because it is true."""
        names = ["closed", "many-cut", "doubled"]
        self.assertEqual(verdicts("lucky", names), ["wrong value", "wrong value", "skipped"])

    def test_hangs(self):
        self.assertEqual(verdicts("hangs", ["plain", "closed"], [*HASTY, "--start=300000"]),
                         ["hang"] * 2)
        self.assertEqual(verdicts("idle", ["plain"], [*HASTY, "--start=0"]), ["hang"])
        self.assertEqual(verdicts("tardy", ["closed"], [*HASTY, "--start=0"]), ["hang"])

    def test_goes_on_at_the_end(self):
        self.assertEqual(verdicts("stays", ["empty"], ["--timeout=500"]), ["hang"])

    def test_crashes(self):
        for client in ("quits", "dies", "fails", "babbles", "endless", "skips-all"):
            self.assertEqual(verdicts(client, ["plain"]), ["crash"], client)

    def test_tires(self):
        """After 25 of 30 questions it ends."""
        self.assertEqual(verdicts("tires", ["cuts"]), ["crash"])
        self.assertEqual(verdicts("tires", ["plain"], status=0), ["right"])

    def test_skips(self):
        names = ["plain", "many", "writes", "cas", "set-closed"]
        self.assertEqual(verdicts("skips", names, status=0), ["right"] + ["skipped"] * 4)

    def test_arguments(self):
        """It gets its own arguments and no others, whatever they look like."""
        found = examine([*PYTHON, "argues", "--json", "two", "--"], ["plain"], PATIENT, 1)
        self.assertEqual(found["plain"], ("rejects valid replies", "ERROR --json two --"))

    def test_it_has_no_descriptors_of_others(self):
        with tempfile.TemporaryDirectory() as folder:
            script = "for f in /proc/self/fd/*; do readlink $f; done >'%s/list' 2>/dev/null" % folder
            lie("--all", "plain", "--html", folder + "/page", "--", "sh", "-c", script, status=1)
            with open(folder + "/list", encoding="utf-8") as file:
                found = file.read().splitlines()
        self.assertEqual(sum(name.startswith("pipe:") for name in found), 1, found)
        self.assertNotIn(folder + "/page", found)

    def test_cannot_be_started(self):
        for command in ([HERE + "/nothing"], [HERE], [__file__]):
            printed, said = lie("--all", "--", *command, status=2)
            self.assertEqual(printed, "")
            self.assertIn(command[0], said)


class Processes(unittest.TestCase):
    """What it starts ends with it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mcwire-")
        self.addCleanup(folder.cleanup)
        self.file = folder.name + "/pids"

    def pids(self):
        with open(self.file, encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def check_ended(self):
        """A process that was killed needs its time to go."""
        end = time.monotonic() + PATIENCE_S
        while any(lives(pid) for pid in self.pids()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.002)

    def test_a_child_that_lives_on(self):
        found = examine([*PYTHON, "parent", self.file], ["plain"], PATIENT, 0)
        self.assertEqual(found, {"plain": ("right", "")})
        self.check_ended()

    def test_interrupt(self):
        """Its group is one of its own: what the terminal sends does not reach it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with subprocess.Popen([MCWIRE, "lie", "--all", *PATIENT, "--", *PYTHON,
                                   "hanging-parent", self.file], stdout=subprocess.PIPE) as process:
                while not os.path.exists(self.file):
                    self.assertIsNone(process.poll())
                self.assertEqual([lives(pid) for pid in self.pids()], [True] * 2)
                process.send_signal(number)
                printed, _ = process.communicate(timeout=PATIENCE_S)
            self.assertEqual((process.returncode, printed), (130, b""))
            self.check_ended()
            os.remove(self.file)


class Reports(unittest.TestCase):
    """Text, JSON and the page."""

    def test_list(self):
        names, honest = cases(), cases("honest")
        self.assertTrue(30 <= len(names) <= 40 and len(set(names)) == len(names), names)
        self.assertGreaterEqual(4 * len(honest), len(names))
        print("# reached: 15. the examiner of clients | this client and another good one in each case "
              "of mcwire lie; clients that err, miss, believe, hang, crash | %d cases, %d of them "
              "honest: right; each bad client found" % (len(names), len(honest)))
        lines = lie("--list")[0].splitlines()
        self.assertEqual([line.split()[0] for line in lines], names)
        self.assertEqual([line.split()[0] for line in lines if line.split()[1] == "honest"], honest)

    def test_text(self):
        printed, _ = lie("--all", "plain", "closed", "--", *PYTHON, "misses", status=1)
        self.assertEqual(printed, """\
plain         false miss            get key: MISS (right: HIT hello)
closed        false miss            get key: MISS (right: ERROR)
2 cases, 2 false miss
What the server does in each: mcwire lie --list. To try one by hand: mcwire lie CASE --listen PORT
""")
        printed, _ = lie("--all", "cuts", "stored", "many", *PATIENT, "--", OWN)
        self.assertEqual(printed, "cuts          right\nstored        right\nmany          right\n"
                                  "3 cases, 3 right\n")
        printed, _ = lie("--all", "late-end", "binary", "--", *PYTHON, "errs", status=1)
        self.assertIn("binary        rejects valid replies get binary: ERROR as always (right: "
                      "HIT %00%01", printed)
        self.assertIn("2 cases, 1 skipped, 1 rejects valid replies\n", printed)

    def test_json(self):
        printed, _ = lie("--all", "--json", "early-end", "--", *PYTHON, "misses", status=1)
        self.assertEqual(json.loads(printed), {
            "case": "early-end", "verdict": "false miss", "asked": "get n1",
            "right": "HIT v1 or ERROR", "answer": "MISS"})

    def test_page(self):
        with tempfile.NamedTemporaryFile(suffix=".html") as file:
            lie("--all", "plain", "closed", "--html", file.name, "--", *PYTHON, "marks", status=1)
            page = file.read().decode()
            lie("--all", "stored", "--html", file.name, "--", OWN)
            file.seek(0)
            good = file.read().decode()
        self.assertIn("<p>0 of 2 cases are right, 1 ", page)
        self.assertIn("<p>1 of 1 case is right.", good)
        self.assertEqual([text.count("<tr><th>") for text in (page, good)], [2, 1])
        self.assertEqual([text.count('<tr class="bad"><td>') for text in (page, good)], [1, 0])
        self.assertIn('<td>right<td title="asked"><td title="answer"><td title="right"></tr>\n', good)
        self.assertIn("ERROR &#60;b>&#38;\\x1b[31m&#34;\\xff", page)
        self.assertIn('<td>rejects valid replies<td title="asked"><code>get key</code>', page)
        self.assertNotIn("\x1b", page)
        self.assertNotIn("<b>", page)

    def test_terminal(self):
        printed, _ = lie("--all", "plain", "--", *PYTHON, "marks", status=1)
        self.assertIn("ERROR <b>&\\x1b[31m\"\\xff", printed)

    def test_output_that_is_not_taken(self):
        for more in (["--list"], ["--all", "plain", "--", *PYTHON, "errs"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([MCWIRE, "lie", *more], stdout=full, check=False,
                                      stderr=subprocess.PIPE, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 74, more)
            self.assertIn(b"standard output", done.stderr)
        reading, writing = os.pipe()
        os.close(reading)
        with tempfile.TemporaryDirectory() as folder:  # the cases that follow are of no use then
            note = "echo >>%s/runs" % folder
            done = subprocess.run([MCWIRE, "lie", "--all", "--", "sh", "-c", note], stdout=writing,
                                  check=False, stderr=subprocess.PIPE, timeout=PATIENCE_S)
            with open(folder + "/runs", "rb") as file:
                self.assertEqual((done.returncode, done.stderr, file.read()), (74, b"", b"\n"))
        os.close(writing)
        lie("--all", "plain", "--html", "/dev/full", "--", *PYTHON, "errs", status=74)
        lie("--all", "plain", "--html", "/nothing/page", "--", *PYTHON, "errs", status=2)


class Listening(unittest.TestCase):
    """The server of one case."""

    @contextlib.contextmanager
    def server(self, name):
        """Runs it, and connects to it."""
        with subprocess.Popen([MCWIRE, "lie", name, "--listen", "0"], text=True,
                              stderr=subprocess.PIPE) as process:
            said = process.stderr.readline()
            host, port = re.search(name + r", at ([\d.]+):(\d+): ", said).groups()
            try:
                with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as client:
                    yield client
            finally:
                process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_a_case_by_hand(self):
        with self.server("doubled") as client:
            client.sendall(b"get key\r\nget n1\r\nquit\r\n")
            reply = b""
            while piece := client.recv(4096):
                reply += piece
        self.assertEqual(reply, b"VALUE key 0 5\r\nhello\r\nEND\r\n" * 2 +
                         b"VALUE n1 0 2\r\nv1\r\nEND\r\n")

    def pieces(self, name, enough):
        """The lengths of the pieces that come first, until they are enough. Two pieces may come as
        one: so there are many tries."""
        lengths = set()
        with self.server(name) as client:
            for _ in range(5000):
                client.sendall(b"get key\r\n")
                reply = client.recv(4096)
                lengths.add(len(reply))
                while not reply.endswith(b"END\r\n"):
                    reply += client.recv(4096)
                self.assertEqual(reply, b"VALUE key 0 5\r\nhello\r\nEND\r\n")
                if enough(lengths):
                    return
        self.fail(lengths)

    def test_cuts(self):
        self.pieces("cuts", lambda lengths: len(lengths - {27}) >= 15)

    def test_drip(self):
        self.pieces("drip", lambda lengths: 1 in lengths)

    def test_late(self):
        """What is late comes before the answer to the next request."""
        with self.server("late") as client:
            client.sendall(b"get key\r\nget n1\r\nget n2\r\nquit\r\n")
            reply = b""
            while piece := client.recv(4096):
                reply += piece
        self.assertEqual(reply, b"VALUE key 0 5\r\nhello\r\nEND\r\nVALUE n1 0 2\r\nv1\r\nEND\r\n"
                                b"VALUE n2 0 2\r\nv2\r\nEND\r\n")

    def test_endless(self):
        with self.server("endless") as client:
            client.sendall(b"get key\r\n")
            reply = b""
            while len(reply) < 1000000:
                reply += client.recv(65536)
        item = b"VALUE key 0 5\r\nhello\r\n"
        self.assertEqual(reply, (item * (len(reply) // len(item) + 1))[:len(reply)])

    def test_what_cannot_be(self):
        for wrong in ([], ["plain"], ["--list", "--all"], ["--all"], ["--all", "plain"],
                      ["--list", "--", "true"], ["--all", "nothing", "--", "true"],
                      ["--listen", "0"], ["plain", "cuts", "--listen", "0"],
                      ["plain", "--listen", "nobody:"], ["--list", "--html", "page"],
                      ["--all", "--grace", "x", "--", "true"]):
            printed, said = lie(*wrong, status=2)
            self.assertEqual(printed, "", wrong)
            self.assertRegex(said, r"\Amcwire: .+\n\Z")


run_cases()
