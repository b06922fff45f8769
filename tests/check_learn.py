#!/usr/bin/python3
"""The exercises of mcwire learn: each accepts good answers, and refuses plausible wrong ones with a
hint that is about them. Prints TAP. usage: check_learn.py MCWIRE"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

import tap

MCWIRE = sys.argv.pop(1)
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
CC = os.environ.get("CC", "cc").split()

# Of each exercise: answers that are right, and wrong ones with words of the hint.
ANSWERS = {
    1: ([r"set mood 0 0 5\r\nm\xc3\xbcde\r\n", r"set mood 0 0 5\r\nm\xC3\xBCde\r\n", "set mood 0 0 5\\r\\nmüde\\r\\n"],
        {r"set mood 0 0 4\r\nm\xc3\xbcde\r\n": "counts bytes", r"set mood 0 0 7\r\nm\xc3\xbcde\r\n": "not a part",
         r"set mood 0 0 5\r\nm\xc3\xbcde": "CRLF after it", r"set mood 1 0 5\r\nm\xc3\xbcde\r\n": "compare"}),
    2: ([r"VALUE a 0 1\r\n1\r\nEND\r\n"],
        {r"END\r\nVALUE a 0 1\r\n1\r\nEND\r\n": "one END", r"NOT_FOUND\r\nVALUE a 0 1\r\n1\r\n": "left out",
         r"VALUE b 0 0\r\n\r\nVALUE a 0 1\r\n1\r\nEND\r\n": "no line is about it", r"VALUE a 0 1\r\n1\r\n": "one line that ends"}),
    3: ([r"END\r\nSTORED\r\n"], {"END": "only where a line may begin", r"END\r\nSTORED": "CR and LF", "": "count"}),
    4: (["10", "byte 10", "It is 10."], {"11": "zero", "6": "one letter", "3": "count V", "10 or 11": "count V", "the 0": "count V"}),
    5: (["12", "line 12", "Line 12.", "#12", r"12: STORED\r\n", " 12 "],
        {"16": "asked for twice", "14": "bytes can be put", "10": "nothing to delete", "6": "five bytes", "8": "what is not there yet",
         "11": "go through the log", "11 12": "go through", "the append": "go through", "0": "go through", "99": "go through"}),
    6: (["hell"], {"hello": "18 bytes", r"VALUE k 0 5\r\nhell": "no part", "hel": "13 bytes"}),
    7: (["VALUE "], {r"\r\nVALUE ": "nobody needs it again", "VALUE l": "How much", r"hello\r\nVALUE ": "as it comes"}),
    8: ([r"END\r\n10\r\nVALUE b 0 1\r\n2\r\nEND\r\nNOT_FOUND\r\n"],
        {r"10\r\nVALUE b 0 1\r\n2\r\nEND\r\nNOT_FOUND\r\n": "has a reply: END",
         r"END\r\n10\r\nVALUE b 0 1\r\n2\r\nNOT_FOUND\r\n": "over after its END",
         r"END\r\n10\r\nVALUE b 0 1\r\n2\r\nEND\r\nDELETED\r\n": "nothing to delete"}),
    9: ([r"md a q\r\nmd b q\r\nmd c q\r\nmn\r\n", r"md c q\r\nmd b q\r\nmd a q\r\nmn\r\n",
         r"delete a noreply\r\ndelete b noreply\r\ndelete c noreply\r\nmn\r\n"],
        {r"md a q\r\nmd b q\r\nmd c q\r\n": "mn ends", r"delete a\r\ndelete b\r\ndelete c\r\n": "meta command",
         r"delete a noreply\r\ndelete b noreply\r\ndelete c noreply\r\n": "an mn"}),
    10: (["on close on close close", "On, close, ON, close, close"],
        {"on on on on on": "read the value", "on close on close on": "late reply", "close close close close close": "one line",
         "ON,on,on,on,on": "read the value", "o/c/o/c/o": "late reply", "on close": "more than a line", "on close on close close on": "late reply"}),
    11: ([r"oops\r\nset b 0 0 1\r\n!", r"\r\nset b 0 0 1\r\n!"],
         {r"18\r\nset b 0 0 1\r\n!": "well-formed", r"set b 0 0 1\r\n!": "continues the line", "!": "size that the server"}),
    12: ([r"mg k v t u\r\n", r"mg k u t v\r\n"],
         {r"mg k v t\r\n": "counted", r"get k\r\n": "no flags", r"mg k v T100 u\r\n": "sets a time", r"mg k v u\r\n": "three"}),
    13: ([r"cas n 0 0 1 1\r\n6\r\n"],
         {r"set n 0 0 1\r\n6\r\n": "asks nobody", r"incr n 1\r\n": "10", r"cas n 1 0 0 1\r\n6\r\n": "last", r"add n 0 0 1\r\n6\r\n": "UNIQUE"}),
    14: ([r"set k 0 1702678400 1\r\nx\r\n"],
         {r"set k 0 2678400 1\r\nx\r\n": "1970", r"set k 0 0 1\r\nx\r\n": "longer", r"set k 0 2592000 1\r\nx\r\n": "add them"}),
    15: (["miss timeout hit miss timeout timeout miss timeout hit", "Miss, timeout, hit; miss, timeout, timeout; miss, timeout, hit",
          "m t h m t t m t h", "miss\ntimeout\nhit\nmiss\ntimeout\ntimeout\nmiss\ntimeout\nhit"],
         {"miss miss hit miss timeout timeout miss timeout hit": "as long as the time limit",
          "miss timeout hit miss miss timeout miss timeout hit": "not even a word",
          "miss timeout hit miss timeout hit miss timeout hit": "is no value",
          "miss timeout hit miss timeout timeout miss miss hit": "to the parenthesis",
          "miss timeout hit miss timeout timeout miss timeout miss": "empty value",
          "m, m, h, m, t, t, m, t, h": "as long as the time limit", "Miss;Timeout;Hit;Miss;MISS;t;m;t;h": "not even a word",
          "miss timeout hit": "stands alone", "hit hit hit hit hit hit hit hit hit": "stands alone",
          "miss timeout hit miss timeout timeout miss timeout hit hit": "stands alone"}),
}
FIRST_PYTHON = """
import sys

lines = sys.stdin.buffer.read().split(b"\\r\\n")
for key in (b"a", b"b"):
    words = lines.pop(0).split()
    if words[0] == b"VALUE":
        print("HIT", len(lines.pop(0)))
        lines.pop(0)
    else:
        print("MISS")
"""
MENDED_PYTHON = """
import re, sys

left = sys.stdin.buffer.read()
for key in (b"a", b"b"):
    value = re.match(rb"VALUE %s 0 (\\d+)\\r\\n" % key, left)
    if value:
        end = value.end() + int(value.group(1))
        if left[end:end + 7] == b"\\r\\nEND\\r\\n":
            print("HIT", value.group(1).decode())
            left = left[end + 7:]
            continue
    elif left.startswith(b"END\\r\\n"):
        print("MISS")
        left = left[5:]
        continue
    error = re.match(rb"SERVER_ERROR [^\\n]*\\r\\n", left)
    print("ERROR")
    left = left[error.end():] if error else b""
"""
MENDED_C = """
#include <stdio.h>
#include <string.h>

static char all[65536], *at = all;

static int ask(const char *key, char *end)
{
    unsigned size;
    int line = 0;
    char name[2] = "";
    if (sscanf(at, "VALUE %1s 0 %u\\r\\n%n", name, &size, &line) == 2 && line > 0 && name[0] == key[0]) {
        line = (int)(strstr(at, "\\r\\n") - at) + 2;
        if (size > (unsigned)(end - at) || strncmp(at + line + size, "\\r\\nEND\\r\\n", 7) != 0)
            return puts("ERROR"), 0;
        printf("HIT %u\\n", size);
        at += line + (int)size + 7;
        return 1;
    }
    if (strncmp(at, "END\\r\\n", 5) == 0)
        return puts("MISS"), at += 5, 1;
    puts("ERROR");
    return strncmp(at, "SERVER_ERROR ", 13) == 0 ? at = strchr(at, '\\n') + 1, 1 : 0;
}

int main(void)
{
    char *end = all + fread(all, 1, sizeof all - 1, stdin);
    if (!ask("a", end))
        at = end;
    ask("b", end);
    return 0;
}
"""


class Learn(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.progress = os.path.join(self.folder, "progress")

    def learn(self, *words, text=None):
        return subprocess.run([MCWIRE, "learn", *map(str, words)], input=text, capture_output=True,
                              text=True, env={**os.environ, "MCWIRE_PROGRESS": self.progress})

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_answers(self):
        for number, (right, wrong) in ANSWERS.items():
            for answer in right:
                run = self.learn(number, answer)
                self.assertEqual((run.returncode, run.stderr), (0, ""), (number, answer, run.stdout))
                self.assertTrue(run.stdout.startswith("Right.\n"), (number, answer))
            self.assertGreaterEqual(len(wrong), 2)
            for answer, hint in wrong.items():
                run = self.learn(number, answer)
                self.assertEqual((run.returncode, run.stderr), (1, ""), (number, answer, run.stdout))
                self.assertIn(hint, run.stdout.split("Hint: ")[1], (number, answer))

    def test_a_wrong_answer_does_not_give_the_right_one_away(self):
        for number, (right, wrong) in ANSWERS.items():
            for answer in [*wrong, "", r"END\r\n", r"VALUE a 0 1\r\nx\r\nEND\r\n"]:
                run = self.learn(number, answer)
                if run.returncode == 1 and len(right[0]) > 3:
                    self.assertNotIn(right[0], run.stdout, (number, answer))

    def test_how_far_a_reply_is_right(self):
        for answer, words in ((r"ENX", "right up to its byte 2, and"), ("x", "from the first byte"),
                              (r"END\r\n10\r\n", "but the server says more"),
                              (ANSWERS[8][0][0] + "x", "right up to its byte 41, and")):
            self.assertIn(words, self.learn(8, answer).stdout)

    def test_standard_input(self):
        """Its last newline is not of the answer, but a CRLF is."""
        answer = ANSWERS[8][0][0]
        self.assertEqual(self.learn(8, "-", text=answer + "\n").returncode, 0)
        self.assertEqual(self.learn(8, "-", text=answer.replace(r"\r\n", "\r\n")).returncode, 0)
        long = self.learn(8, "-", text=answer + "x" * 65535)
        self.assertEqual((long.returncode, long.stdout, long.stderr), (
            2, "", "mcwire: learn: standard input: an answer has less than 65535 bytes\n"))

    def test_solutions_are_right(self):
        for number in ANSWERS:
            answer = self.learn(number, "--solution").stdout
            self.assertIn(answer[:-1], ANSWERS[number][0], number)
        self.assertIn("a program", self.learn(16, "--solution").stdout)

    def test_what_the_server_says_is_shown(self):
        out = self.learn(1, r"set mood 0 0 4\r\nm\xc3\xbcde\r\n").stdout
        self.assertIn("The server says: CLIENT_ERROR bad data chunk\\r\\nERROR\\r\\n\n"
                      "It should be:    STORED\\r\\n\n", out)

    def test_mend_a_client(self):
        first = self.write("first.py", FIRST_PYTHON)
        mended = self.write("mended.py", MENDED_PYTHON)
        source, program = self.write("mended.c", MENDED_C), os.path.join(self.folder, "mended")
        subprocess.run([*CC, "-o", program, source], check=True, capture_output=True)
        run = self.learn(16, "python3 " + first)
        self.assertEqual(run.returncode, 1)
        self.assertIn("It prints:        HIT 3\\n", run.stdout)
        self.assertEqual(self.learn(16, "python3 " + mended).returncode, 0)
        self.assertEqual(self.learn(16, program).returncode, 0)
        for wrong in ("echo HIT 5; echo MISS", "false", "no-such-program 2>&1", "cat", "yes",
                      ": " + "x" * 5000):
            self.assertEqual(self.learn(16, wrong).returncode, 1, wrong)

    def test_the_client_of_the_text_is_wrong(self):
        text = self.learn(16).stdout.split("And in C:\n")[1]
        source = "".join(line[4:] + "\n" for line in text.split("\n") if line.startswith("    "))
        path, program = self.write("client.c", source), os.path.join(self.folder, "client")
        subprocess.run([*CC, "-o", program, path], check=True, capture_output=True)
        run = self.learn(16, program)
        self.assertEqual(run.returncode, 1)
        self.assertIn("It reads:         VALUE a 0 9", run.stdout)

    def test_progress(self):
        self.assertTrue(self.learn().stdout.startswith("1. Count a value.\n"))
        self.learn(4, "11")
        self.assertFalse(os.path.exists(self.progress))
        self.assertIn("Noted in %s." % self.progress, self.learn(4, "10").stdout)
        self.assertNotIn("Noted", self.learn(4, "10").stdout)
        self.learn(1, r"set mood 0 0 5\r\nm\xc3\xbcde\r\n")
        self.assertTrue(self.learn().stdout.startswith("2. Say what a miss"))
        lines = self.learn("--list").stdout.split("\n")
        self.assertEqual([line[:4] for line in lines[:2] + lines[3:4]], [" 1 *", " 2 -", " 4 *"])
        with open(self.progress, encoding="utf-8") as file:
            self.assertEqual(file.read(), "04-broken\n01-count\n")

    def test_progress_that_cannot_be_written(self):
        self.progress = "/no/such/folder/file"
        run = self.learn(4, "10")
        self.assertEqual(run.returncode, 0)
        self.assertIn("could not be noted", run.stderr)

    def test_an_answer_from_standard_input(self):
        self.assertEqual(self.learn(6, "-", text="hell\n").returncode, 0)
        self.assertEqual(self.learn(6, "-", text="hell\n\n").returncode, 1)
        done = subprocess.run(["sh", "-c", 'exec "$0" learn 6 - </', MCWIRE], capture_output=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"standard input: Is a directory", done.stderr)

    def test_numbers_that_are_none(self):
        for word in ("0", "17", "x", "1x", "-1", ""):
            run = self.learn("--", word)
            self.assertEqual(run.returncode, 2, word)
            self.assertIn("the exercises 1 to 16", run.stderr)

    def test_each_has_a_text(self):
        for number in range(1, 17):
            run = self.learn(number)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertTrue(run.stdout.startswith("%d. " % number))
            self.assertIn("\nAnswer: mcwire learn %d " % number, run.stdout)

    def test_each_is_tried(self):
        """By test_answers(), or by test_mend_a_client(): good answers, and at least two wrong ones."""
        listed = [line for line in self.learn("--list").stdout.split("\n") if "(station" in line]
        self.assertEqual(len(listed), len(ANSWERS) + 1)
        self.assertIn("Mend a client", listed[15])

    def test_stations_are_those_of_the_transcripts(self):
        with open(os.path.join(TOP, "proto/transcripts/README.md"), encoding="utf-8") as file:
            stations = re.findall(r"(?m)^## (\d+)\. (.+)$", file.read())
        names = ["%s, %s" % (number, name[0].lower() + name[1:]) for number, name in stations]
        listed = re.findall(r"\(station (.+)\)", self.learn("--list").stdout)
        self.assertEqual([name for name in names if name in listed], names[:10])
        self.assertLessEqual(set(listed), set(names))
        self.assertEqual([names.index(name) for name in listed], sorted(map(names.index, listed)))
        self.assertIn(", up to station 3, the count.\n", self.learn(3).stdout)

    def test_a_log_is_shown(self):
        shown = self.learn(5).stdout
        self.assertIn("\n  11 > append ghost 0 0 1\\r\\nx\\r\\n\n  12 < STORED\\r\\n\n", shown)
        shown = self.learn(15).stdout
        self.assertIn("\n   6  B: get c: VALUE c 0 5\\r\\nhel\n", shown)
        self.assertNotIn("<", shown)

    def test_why_a_line_is_no_lie(self):
        for answer, words in (("11", "Line 11 is the client's"), ("16", "Line 16 is what memcached answers"),
                              ("17", "the number of one line"), ("", "the number of one line")):
            self.assertIn(words, self.learn(5, answer).stdout)

    def test_how_many_words_are_right(self):
        self.assertIn("Your first word is not right", self.learn(15, "").stdout)
        self.assertIn("right for 1 word, and", self.learn(15, "miss miss").stdout)
        self.assertIn("right for 9 words, and", self.learn(15, ANSWERS[15][0][0] + " miss").stdout)


class Book(unittest.TestCase):
    """The transcripts, in their order for reading."""

    ANSWERS = {"VALUE", "END", "STORED", "NOT_STORED", "EXISTS", "NOT_FOUND", "DELETED", "TOUCHED", "OK", "STAT",
               "VA", "HD", "EN", "NS", "NF", "EX", "MN", "ERROR", "CLIENT_ERROR", "SERVER_ERROR"}
    FOLDER = os.path.join(TOP, "proto", "transcripts")

    def read(self, *path):
        with open(os.path.join(*path), encoding="utf-8") as file:
            return file.read()

    def names(self):
        return re.findall(r"\]\(([a-z0-9-]+)\.txt\)", self.read(self.FOLDER, "README.md"))

    def test_each_is_there_once(self):
        files = [name[:-4] for name in os.listdir(self.FOLDER) if name.endswith(".txt")]
        self.assertEqual(sorted(self.names()), sorted(files))

    def test_words_are_explained_before_they_are_used(self):
        """In the prose of the same transcript, or of one before it."""
        annotations = self.read(TOP, "src", "annotate.c")
        commands = set(re.findall(r'\{MC_REQUEST_\w+, "\w*",\s+"(\w+):', annotations))
        self.assertGreater(len(commands), 30)
        known = set()
        for name in self.names():
            text = self.read(self.FOLDER, name + ".txt")
            known |= set(re.findall(r"\w+", "".join(re.findall(r"(?m)^#(.*\n)", text))))
            sent = "".join(re.findall(r"(?m)^\d?> (.*)$", text)).replace("\\r", "").replace("\\n", "\n")
            said = set(re.findall(r"(?m)^\d?<\*? ([A-Z_]+)(?:\\r| )", text)) & self.ANSWERS
            used = {line.split(" ")[0] for line in sent.split("\n")} & commands | said
            used |= {"noreply"} & set(sent.split())
            self.assertEqual(used - known, set(), name)


if __name__ == "__main__":
    tap.run_cases()
