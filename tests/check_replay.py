"""The command mcwire replay, against a memcached and against servers that answer otherwise; prints
TAP. usage: check_replay.py MCWIRE FOLDER, where FOLDER has the transcripts"""

import glob
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

from mcwire import SLOW, Case, Fake, Memcached, dies, main, on_terminal, run, says

TRANSCRIPTS = sys.argv.pop(2)

MISS = """# A miss. See protocol.txt, Retrieval command.
server: memcached 1.4.5..9.9.9
> get nothing\\r\\n
< END\\r\\n
= END
"""
VERSION, FLUSHED = b"VERSION 1.6.18\r\n", b"OK\r\n"
# A server that is no memcached is asked to keep an item: the answers to set, get and delete.
KEPT = b"STORED\r\n", b"VALUE mcwire-replay 0 0\r\n\r\nEND\r\n", b"DELETED\r\n"
LOST = b"STORED\r\n", b"END\r\n", b"NOT_FOUND\r\n"


def plays(*replies, first=(VERSION, FLUSHED)):
    """A server with one connection for version and flush_all, and one for the transcript, which is
    given these replies and then nothing."""
    def talk(fake, connection, number):
        says(*(first if number == 0 else replies))(fake, connection, number)
    return talk


class Replay(Case):
    def write(self, text):
        folder = tempfile.TemporaryDirectory(prefix="mcwire-")
        self.addCleanup(folder.cleanup)
        path = folder.name + "/one.txt"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def replay(self, text, talk, *options):
        return run("-s", Fake(self, talk).address, SLOW, "replay", "--yes", self.write(text),
                   *options)

    def test_all_are_the_same_at_memcached(self):
        fresh = Memcached()
        self.addCleanup(fresh.end)
        out = self.ok("replay", "--all", "--yes", server=fresh.address).decode()
        names = sorted(os.path.basename(name)[:-4] for name in glob.glob(TRANSCRIPTS + "/*.txt"))
        lines = out.splitlines()
        self.assertEqual([re.match(r"(?:same|not played) +([^ :]+)", line)[1] for line in lines[:-1]],
                         names)
        same = sum(line.startswith("same ") for line in lines)
        self.assertGreater(same, len(names) / 2)
        self.assertEqual(lines[-1], "%d the same, 0 different, %d not played"
                         % (same, len(names) - same))

    def test_what_is_not_played_has_a_reason(self):
        out = self.ok("replay", "--yes", "auth-right", "admin-shutdown", "broken-flags",
                      "meta-errors-value-new", "error-tls").decode()
        self.assertEqual(out.splitlines(), [
            "not played  auth-right: for a memcached that runs with -Y",
            "not played  admin-shutdown: for a memcached that runs with -A",
            "not played  broken-flags: its bytes are invented, or no server can be made to send them",
            "not played  meta-errors-value-new: for another version",
            "not played  error-tls: for a memcached that runs with -Z",
            "0 the same, 0 different, 5 not played"])

    def test_a_file_and_a_name(self):
        path = self.write(MISS)
        self.ok("replay", "--yes", path, "classic-set-get", out=b"same        %s\n"
                b"same        classic-set-get\n2 the same, 0 different, 0 not played\n"
                % path.encode())

    def test_list_names_all_without_a_server(self):
        out = run("-s", "127.0.0.1:1", "replay", "--list").out.decode()
        names = [line.split()[0] for line in out.splitlines()]
        self.assertEqual(names, sorted(os.path.basename(name)[:-4]
                                       for name in glob.glob(TRANSCRIPTS + "/*.txt")))
        self.assertIn("classic-get-miss             ", out)
        self.assertTrue(all(len(line.split(None, 1)[1]) > 5 for line in out.splitlines()))

    def test_files_that_are_none(self):
        path = self.write(MISS + "> {99999999999*x}\\r\\n\n")
        for name, words in ((path, b"a byte is repeated 2097152 times at most"),
                            ("x" * 5000, b"")):
            result = run("-s", self.memcached.address, SLOW, "replay", "--yes", name)
            self.assertEqual(result.status, 2, result.said)
            self.assertIn(words, result.said)

    def test_a_difference_is_explained(self):
        result = self.replay(MISS, plays(b"ERROR\r\n"))
        self.assertEqual(result.status, 1, result.said)
        out = result.out.decode()
        self.assertIn("one.txt: line 4, the server said something else\n", out)
        for words in ("> get nothing\\r\\n", "< END\\r\\n", "< ERROR\\r\\n", "The transcript has:",
                      "The server said:"):
            self.assertIn(words, out)
        self.assertTrue(out.endswith("0 the same, 1 different, 0 not played\n"), out)
        self.assertLess(max(map(len, out.splitlines())), 160)

    def test_a_difference_as_json(self):
        result = self.replay(MISS, plays(b"END \xff\r\n"), "--json")
        self.assertEqual((result.status, result.said), (1, b""))
        found = json.loads(result.out)
        self.assertTrue(found.pop("transcript").endswith("/one.txt"))
        self.assertEqual(found, {"result": "differs", "line": 4,
                                 "why": "the server said something else",
                                 "asked": "get nothing\r\n", "expected": "END\r\n",
                                 "said_base64": "RU5EIP8NCg=="})

    def test_more_than_the_transcript_has(self):
        result = self.replay(MISS, plays(b"END\r\nEND\r\n"))
        self.assertEqual(result.status, 1)
        self.assertIn(b"at the end of the connection, the server said more", result.out)

    def test_a_server_that_closes(self):
        def talk(fake, connection, number):
            if number == 0:
                says(VERSION, FLUSHED)(fake, connection, number)
            else:
                fake.receive(connection)
        result = self.replay(MISS, talk)
        self.assertEqual(result.status, 1)
        self.assertIn(b"line 4, the server closed the connection", result.out)
        self.assertIn(b"The server said nothing.", result.out)

    def test_a_server_that_says_nothing(self):
        fake = Fake(self, plays())
        result = run("-s", fake.address, "--timeout=50", "replay", "--yes", self.write(MISS))
        self.assertIn(result.status, (1, 75))  # a busy machine may be late for the version, too
        if result.status == 1:
            self.assertIn(b"line 4, the server said no more", result.out)

    def test_a_server_that_should_close(self):
        result = self.replay(MISS.replace("= END", "! closed"), plays(b"END\r\nand more\r\n"))
        self.assertEqual(result.status, 1)
        self.assertIn(b"line 5, the server did not close the connection", result.out)

    def test_a_command_and_its_value_are_shown_together(self):
        text = MISS.replace("> get nothing\\r\\n", "> set a 0 0 1\\r\\n\n> x\\r\\n")
        result = self.replay(text, plays(b"STORED\r\n"))
        self.assertIn(b"> set a 0 0 1\\r\\n", result.out)
        self.assertIn(b"> x\\r\\n", result.out)
        self.assertNotIn(b"not a command", result.out)

    def test_two_transcripts_do_not_see_each_other(self):
        stores = MISS.replace("> get nothing\\r\\n\n< END\\r\\n\n= END",
                              "> set nothing 0 0 1\\r\\nx\\r\\n\n< STORED\\r\\n\n= STORED")
        self.ok("replay", "--yes", self.write(stores), self.write(MISS))

    def test_a_server_without_flush_all(self):
        result = self.replay(MISS, plays(b"END\r\n", first=(VERSION, b"ERROR\r\n", b"ERROR\r\n")))
        self.assertEqual(result.status, 0, result.out)
        self.assertIn(b"refuses flush_all", result.said)

    def test_a_server_without_a_version(self):
        """Then transcripts of 1.6.18 are played."""
        for version in (b"ERROR\r\n", b"VERSION proxy of somebody, which has no number at all\r\n"):
            path = self.write(MISS)
            last = self.write(MISS.replace("1.4.5..9.9.9", "1.6.19..1.6.45"))
            fake = Fake(self, lambda fake, connection, number, version=version: says(
                *([version, FLUSHED, *KEPT] if number == 0 else [b"END\r\n"]))(
                    fake, connection, number))
            result = run("-s", fake.address, SLOW, "replay", "--yes", last, path)
            self.assertEqual(result.status, 0, result.out + result.said)
            self.assertIn(b"1 the same, 0 different, 1 not played", result.out)

    def test_a_flush_that_takes_its_time(self):
        first = b"VERSION other\r\n", FLUSHED, *LOST, *LOST, *KEPT
        result = self.replay(MISS, plays(b"END\r\n", first=first))
        self.assertEqual(result.status, 0, result.out)
        self.assertEqual(result.said.count(b"hides what is stored right after it"), 1, result.said)

    def test_a_flush_that_ends_the_connection(self):
        def talk(fake, connection, number):
            if number == 0:
                dies(VERSION, b"")(fake, connection, number)
            else:
                says(VERSION if number == 1 else b"END\r\n")(fake, connection, number)
        result = self.replay(MISS, talk)
        self.assertEqual(result.status, 0, result.out + result.said)
        self.assertIn(b"refuses flush_all", result.said)

    def test_options_and_another_version(self):
        server = Memcached("-A")
        self.addCleanup(server.end)
        out = self.ok("replay", "--yes", "--with=-A", "classic-get-miss", "admin-shutdown",
                      server=server.address).decode()
        self.assertEqual(out.splitlines(), [
            "not played  classic-get-miss: for a memcached that runs without options",
            "same        admin-shutdown", "1 the same, 0 different, 1 not played"])
        path = self.write(MISS.replace("1.4.5..9.9.9", "1.6.19..1.6.45"))
        out = self.ok("replay", "--yes", "--as", "1.6.45", path)
        self.assertTrue(out.endswith(b"1 the same, 0 different, 0 not played\n"), out)
        self.fails(2, b"--as wants a version", "replay", "--yes", "--as", "1.6.45x", path)

    def test_nothing_raw_reaches_a_terminal(self):
        fake = Fake(self, plays(b"\x1b[31mEND\r\n"))
        out = on_terminal("-s", fake.address, SLOW, "replay", "--yes", self.write(MISS)).out
        self.assertIn(b"differs", out)
        self.assertNotIn(b"\x1b[31m", out)

    def test_it_asks_before_it_invalidates(self):
        self.ok("set", self.key("a"), "kept", out=b"STORED\n")
        self.fails(2, b"--yes", "replay", "--all")
        self.fails(2, b"--all", "replay", "--yes")
        self.fails(2, b"no-such-thing: no transcript", "replay", "classic-set-get", "no-such-thing")
        self.fails(2, b"no-such-thing: no transcript", "replay", "--yes", "classic-set-get",
                   "no-such-thing")
        self.ok("get", self.key("a"), out=b"kept")

    def test_what_is_no_transcript(self):
        self.fails(2, b"no-such-thing: no transcript has this name (replay --list), and no file",
                   "replay", "--yes", "--json", "no-such-thing")
        self.fails(2, b"No such file", "replay", "--yes", "--json", "./no-such-thing")
        self.fails(2, b"one.txt:3: ", "replay", "--yes", "--json",
                   self.write("# See protocol.txt.\nserver: none\n? what\n"))
        self.fails(2, b"/dev/zero: a transcript has at most 1 MiB", "replay", "--yes", "--json",
                   "/dev/zero")
        # What an earlier line had after the end of this one does not count.
        self.fails(2, b"one.txt:3: a } is missing", "replay", "--yes", "--json",
                   self.write("# See protocol.txt.\n> aaaaa}x\n> x{5*\n"))
        self.fails(2, b"too long", "replay", "--yes", "--json",
                   self.write("# See protocol.txt.\n> " + 5000 * "x" + "\n"))
        self.fails(2, b"protocol.txt is missing", "replay", "--yes", "--json",
                   self.write("> get a\\r\\n\n"))

    def test_no_server(self):
        self.fails(69, b"127.0.0.1:1", "replay", "--yes", "--all", server="127.0.0.1:1")

    def test_a_server_that_goes_away(self):
        fake = Fake(self, lambda fake, connection, number: number > 0 or dies(VERSION)(
            fake, connection, number))
        result = run("-s", fake.address, SLOW, "replay", "--yes", "--all")
        self.assertIn(result.status, (69, 74), result.said)  # flush_all may have been sent
        self.assertEqual(result.said.count(b"\n"), 1, result.said)


if __name__ == "__main__":
    sys.exit(main())
