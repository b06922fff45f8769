#!/usr/bin/python3
"""Other people's clients through mcwire proxy: what they send and receive passes unchanged, all of
it is explained, and nothing of it is called wrong. Recorders before and after the proxy keep what
passes. The binary protocol is passed on, with a line that says so."""
# needs: gcc pkg-config libmemcached.pc memcached memcache.py pymemcache.py pylibmc.py ruby
# needs: /var/lib/dpkg/info/ruby-dalli.list php /var/lib/dpkg/info/php-memcached.list python3

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

from memcached import PATIENCE_S, Memcached

ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("MCWIRE_BUILD", os.path.join(ROOT, "build-gcc"))
MCWIRE = os.path.join(BUILD, "src", "tool", "mcwire")
CLIENTS = os.path.join(HERE, "clients")

# What two of them write besides the protocol, and memcached tolerates: "stats \r\n", "set k 0 0 1 \r\n".
SPACE = "a space too many: tolerated by memcached (1.6.45: not in front)"
# Name, command before the port, and what may be noted; None: it speaks the binary protocol.
KNOWN = (("libmemcached", ["libmemcached", "ascii"], ""),
         ("python-memcached", ["/usr/bin/python3", CLIENTS + "/python_memcached.py"], SPACE),
         ("pymemcache", ["/usr/bin/python3", CLIENTS + "/pymemcache_.py"], ""),
         ("pylibmc", ["/usr/bin/python3", CLIENTS + "/pylibmc_.py", "ascii"], SPACE),
         ("php-memcached", ["php", CLIENTS + "/php_memcached.php", "ascii"], ""),
         ("libmemcached, binary", ["libmemcached", "binary"], None),
         ("pylibmc, binary", ["/usr/bin/python3", CLIENTS + "/pylibmc_.py", "binary"], None),
         ("php-memcached, binary", ["php", CLIENTS + "/php_memcached.php", "binary"], None),
         ("dalli, binary", ["ruby", CLIENTS + "/dalli.rb"], None))


class Recorder:
    """Passes bytes on, and keeps those of each connection: [from the client, from the server]."""

    def __init__(self, connect):
        self.connect = connect
        self.passed, self.threads = [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        try:
            while True:
                self.link(self.listener.accept()[0], self.connect())
        except OSError:  # the listener is closed
            pass

    def link(self, client, server):
        passed = [bytearray(), bytearray()]
        self.passed.append(passed)
        for way, (source, target) in enumerate(((client, server), (server, client))):
            thread = threading.Thread(target=self.copy, args=[source, target, passed[way]],
                                      daemon=True)
            self.threads.append(thread)
            thread.start()

    @staticmethod
    def copy(source, target, passed):
        try:
            while piece := source.recv(65536):
                passed += piece
                target.sendall(piece)
        except OSError:
            pass
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def end(self):
        """All that was recorded, when all connections have ended."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        for thread in self.threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "a connection does not end"
        self.listener.close()
        return [[bytes(way) for way in passed] for passed in self.passed]


class Proxy:
    """mcwire proxy, which writes to a file."""

    def __init__(self, folder, server, *options):
        self.path = folder + "/shown"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen([MCWIRE, "-s", server, "proxy", "--listen", "0",
                                             *options], stdout=out, stderr=subprocess.PIPE)
        said = self.process.stderr.readline().decode()
        self.port = int(said.split("listening at 127.0.0.1:")[1].split(",")[0])

    def end(self):
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate(timeout=PATIENCE_S)[1].decode()
        assert self.process.returncode == 0 and "dropped" not in said, said
        with open(self.path, "rb") as file:
            return file.read().decode("ascii")


def pass_through(folder, command, *options):
    """What passed before the proxy and after it, and what the proxy printed."""
    memcached = Memcached("-I", "2m")
    try:
        after = Recorder(memcached.connect)
        proxy = Proxy(folder, "127.0.0.1:%d" % after.port, *options)
        before = Recorder(lambda: socket.create_connection(("127.0.0.1", proxy.port)))
        done = subprocess.run(command + [str(before.port)], capture_output=True, cwd=folder,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        passed = before.end()
        shown = proxy.end()
        return passed, after.end()[1:], shown  # the first asked for the version
    finally:
        memcached.end()


def check_explained(passed, lines):
    """The records of each connection follow each other without a gap, up to the last byte."""
    for number, ways in enumerate(passed, 1):
        for sign, data in zip("><", ways):
            end = 0
            for line in lines:
                if line["conn"] != number or line["dir"] != sign or "note" in line:
                    continue
                assert line["at"] == end, (end, line)
                shown = data[end:end + line["size"]][:64].decode("latin-1")
                assert line.get("bytes", shown) == shown, (line, shown)
                assert "bytes" in line or line["event"] == "the rest of the value", line
                end += line["size"]
            assert end == len(data), (end, len(data))


def check_text(folder, command, noted):
    passed, after, shown = pass_through(folder, command, "--json")
    assert sorted(passed) == sorted(after), "bytes were changed"
    lines = [json.loads(line) for line in shown.splitlines()]
    wrong = [line for line in lines if "fault" in line or line.get("notes", [noted]) != [noted] or
             line.get("note", "opened") not in ("opened", "closed")]
    assert not wrong, wrong
    check_explained(passed, lines)
    assert sum(len(way) for ways in passed for way in ways) > 2000000
    shown = pass_through(folder, command)[2]
    wrong = [line for line in shown.splitlines() if line.startswith("          ! ") and
             line != "          ! " + noted]
    assert not wrong, wrong


def check_binary(folder, command):
    passed, after, shown = pass_through(folder, command)
    assert sorted(passed) == sorted(after), "bytes were changed"
    said = shown.count("* the binary protocol, which is not explained")
    assert said == len(passed) == shown.count("* opened") == shown.count("* closed"), shown
    assert len(shown.splitlines()) <= 4 * said, shown


def build(folder):
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libmemcached"], check=True,
                           capture_output=True, text=True).stdout
    subprocess.run(["gcc", "-std=c11", CLIENTS + "/libmemcached.c", "-o", folder + "/libmemcached",
                    *shlex.split(flags)], check=True)
    os.chmod(folder, 0o711)


def main():
    failed = 0
    programs = tempfile.mkdtemp(prefix="mcwire-")
    try:
        build(programs)
        for number, (name, command, noted) in enumerate(KNOWN, 1):
            command = [programs + "/" + word if word == "libmemcached" else word for word in command]
            with tempfile.TemporaryDirectory(prefix="mcwire-") as folder:
                try:
                    if noted is None:
                        check_binary(folder, command)
                    else:
                        check_text(folder, command, noted)
                    print("ok %d - %s" % (number, name), flush=True)
                except Exception:
                    failed += 1
                    print("not ok %d - %s" % (number, name))
                    print("# " + traceback.format_exc()[-3000:].replace("\n", "\n# "), flush=True)
    finally:
        shutil.rmtree(programs)
    print("1..%d" % len(KNOWN))
    if not failed:
        print("# reached: 13. servers | other clients through mcwire proxy: libmemcached, "
              "python-memcached, pymemcache, pylibmc, php-memcached, dalli | no byte changed, all "
              "explained, no valid command called wrong")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
