"""What a server says, or a user types, reaches a terminal as printable text only; prints TAP.
usage: check_terminal.py SQUARES MCLOAD OVERHEAD"""

import json
import os
import pty
import re
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import traceback
import xml.etree.ElementTree

SQUARES, MCLOAD, OVERHEAD = [os.path.abspath(path) for path in sys.argv[1:4]]
PATIENCE_S = 300  # for what ends soon, on a machine that is busy

# The bytes of HOSTILE, and how each of its words is shown: a colour, control bytes, DEL, the 8-bit
# CSI bare and as UTF-8, and what is not UTF-8: a byte that never is, a character cut off, one of
# too many bytes, a surrogate, one after the last.
WORDS = [(b"\x1b[31mred", b"\\x1b[31mred"), (b"\x01\x07\x08", b"\\x01\\x07\\x08"),
         (b"\x7f", b"\\x7f"), (b"\x9b31m", b"\\x9b31m"), (b"\xc2\x9b31m", b"\\xc2\\x9b31m"),
         (b"\xff", b"\\xff"), (b"\xe2\x82", b"\\xe2\\x82"), (b"\xc0\x9b", b"\\xc0\\x9b"),
         (b"\xed\xa0\x80", b"\\xed\\xa0\\x80"), (b"\xf4\x90\x80\x80", b"\\xf4\\x90\\x80\\x80"),
         ("caf\u00e9-\u20ac-\U0001f600".encode(), "caf\u00e9-\u20ac-\U0001f600".encode())]
HOSTILE = b" ".join(word for word, _ in WORDS)
SHOWN = b" ".join(shown for _, shown in WORDS)
# What passes on a connection is explained byte by byte, so nothing of it is taken for UTF-8.
EXPLAINED = b"".join(b"%c" % c if 0x20 <= c < 0x7f else b"\\x%02x" % c for c in HOSTILE)
SHORT = b"\x1b[1m\xc2\x9b"  # a version's first 31 bytes are kept
SHORT_SHOWN = b"\\x1b[1m\\xc2\\x9b"


class Server:
    """Answers every command with an error, in hostile words, and tells a hostile version."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection = self.listener.accept()[0]
            threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    @staticmethod
    def talk(connection):
        try:
            for line in connection.makefile("rb"):
                if line == b"version\r\n":
                    connection.sendall(b"VERSION " + SHORT + b"\r\n")
                elif line.startswith((b"get ", b"set ")):
                    connection.sendall(b"SERVER_ERROR " + HOSTILE + b"\r\n")
        except OSError:
            pass


def read_all(terminal, pieces):
    try:
        while piece := os.read(terminal, 65536):
            pieces.append(piece)
    except OSError:  # its other end is closed
        pass


def run(*command):
    """What a program writes to standard output, and to a terminal that is its standard error."""
    here, there = pty.openpty()
    attributes = termios.tcgetattr(there)
    attributes[1] = 0  # as it was written, without a \r before each \n
    termios.tcsetattr(there, termios.TCSANOW, attributes)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=there, env=dict(os.environ, NO_COLOR="1", COLUMNS="1000"))
    os.close(there)
    pieces = []
    reader = threading.Thread(target=read_all, args=[here, pieces])
    reader.start()
    out = process.communicate(timeout=PATIENCE_S)[0]
    reader.join()
    os.close(here)
    return out, b"".join(pieces)


def expect(text, *shown):
    """Text that a terminal can be given, in which all of these are shown."""
    decoded = text.decode()  # fails on what is no UTF-8
    # A \r alone starts the line of progress again.
    wrong = re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", decoded)
    assert wrong is None, decoded.encode("unicode_escape")
    for part in shown:
        assert part in text, (part, text)


def check_squares(server, folder):
    out, said = run(SQUARES, "--server", server.address, "--runs=1", "--requests=20", "--cost-us=0",
                    "--trace")
    expect(out, b"Errors: 40")
    expect(said, b"server failed: " + EXPLAINED + b"; going on", b" < SERVER_ERROR " + EXPLAINED + b"\\r\\n ")


def check_squares_address(server, folder):
    address = b"unix:/nowhere/" + HOSTILE
    picture = folder + "/picture"
    out, said = run(SQUARES, b"--server", address, "--runs=1", "--requests=20", "--cost-us=0",
                    "--plot", picture)
    expect(out, b"Server: unix:/nowhere/" + SHOWN)
    expect(said, b"squares: warning: unix:/nowhere/" + SHOWN)
    text = "".join(xml.etree.ElementTree.parse(picture).getroot().itertext())
    assert "unix:/nowhere/" + SHOWN.decode() in text, text
    out, said = run(SQUARES, b"--server", address, "--runs=1", "--requests=20", "--cost-us=0",
                    "--format=json")
    expect(out)
    assert json.loads(out)["server"].encode("latin-1") == address


def check_mcload(server, folder):
    stored, page = folder + "/stored", folder + "/page"
    command = [MCLOAD, "--server", server.address, "--time=1.2", "--rate=1000", "--ratio=1:1",
               "--key-prefix", "\u009b-\u00e9-".encode(), "--json", stored, "--trace=6"]
    version, error = b"memcached " + SHORT_SHOWN, b"SERVER_ERROR " + SHOWN[:50]
    out, said = run(*command)
    expect(out, version, b"\\xc2\\x9b-\xc3\xa9-0 to", error)
    expect(said, b"/s  p50", b"< SERVER_ERROR " + EXPLAINED,
           b"> get \\xc2\\x9b-\\xc3\\xa9-")
    run(OVERHEAD, "--from", stored, "--html", page)
    with open(page, "rb") as file:
        expect(file.read(), SHORT_SHOWN, error)
    out, _ = run(*command, "--format=json")
    expect(out)
    assert json.loads(out)["servers"][0]["version"].encode("latin-1") == SHORT


def check_messages(server, folder):
    for program in [SQUARES, MCLOAD, OVERHEAD]:
        out, said = run(program, b"--" + HOSTILE)
        expect(said, b": --" + SHOWN + b": no such option")
        assert out == b"", out
    for command in [[SQUARES, "--runs"], [MCLOAD, "--keys"], [MCLOAD, "--size"],
                    [OVERHEAD, "--rounds"], [OVERHEAD, "--works"]]:
        _, said = run(*command, HOSTILE)
        expect(said, b"'\\x1b[31mred")
    _, said = run(MCLOAD, b"--server", b"unix:/nowhere/" + HOSTILE)
    expect(said, b"mcload: unix:/nowhere/" + SHOWN)


def check_overhead(server, folder):
    text = json.dumps(HOSTILE.decode("latin-1"))
    stored = folder + "/stored"
    with open(stored, "w") as file:
        file.write('{"program": "overhead", "facts": {%s: %s, "memcached": %s}, "stolen": null,'
                   ' "clients": [{"name": "x", "title": %s, "settings": %s, "absent": ""}],'
                   ' "cells": [], "counts": [], "wire": [], "builds": []}'
                   % (json.dumps(SHORT.decode("latin-1")), text, text,
                      json.dumps(SHORT.decode("latin-1")), text))
    page = folder + "/page"
    out, _ = run(OVERHEAD, "--from", stored, "--html", page)
    expect(out, SHORT_SHOWN, SHOWN)
    with open(page, "rb") as file:
        expect(file.read(), SHORT_SHOWN, SHOWN)
    out, _ = run(OVERHEAD, "--from", stored, "--format=markdown")
    expect(out, b"memcached " + SHOWN)
    out, _ = run(OVERHEAD, "--from", stored, "--format=json")
    assert json.loads(out)["facts"]["memcached"].encode("latin-1") == HOSTILE
    _, said = run(OVERHEAD, b"--from", HOSTILE)
    expect(said)


def main():
    checks = [check_squares, check_squares_address, check_mcload, check_messages, check_overhead]
    server = Server()
    failed = False
    print("1..%d" % len(checks))
    for number, check in enumerate(checks, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(server, folder)
                print("ok %d - %s" % (number, check.__name__), flush=True)
            except Exception:
                failed = True
                print("not ok %d - %s" % (number, check.__name__))
                print(re.sub("^", "# ", traceback.format_exc(), flags=re.MULTILINE), flush=True)
    return failed


sys.exit(main())
