"""The command mcwire serve: its sockets, its clock, 5,000 clients, and clients that do not read;
prints TAP. usage: check_host.py MCWIRE FOLDER, where FOLDER has the transcripts"""

import glob
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

import mcwire as tool

TRANSCRIPTS = sys.argv.pop(2)
BIG = b"v" * 1000000
CLIENTS = 5000


def receive_all(connection):
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


class Host:
    """A server; its clock, if it has --clock, is moved by pass_time()."""

    def __init__(self, test, *options, listen="0"):
        self.test = test
        self.process = subprocess.Popen(
            [tool.MCWIRE, "serve", "--listen", listen, *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=tool.environment())
        test.addCleanup(self.end)
        said = self.process.stderr.readline()
        found = re.fullmatch(rb"mcwire: serve: listening at (\S+), for learning and tests\n", said)
        test.assertTrue(found, said)
        self.address = found.group(1).decode()

    def end(self):
        self.process.kill()
        self.process.communicate()

    def connect(self):
        if self.address.startswith("unix:"):
            client = socket.socket(socket.AF_UNIX)
            client.connect(self.address.removeprefix("unix:"))
        else:
            host, port = self.address.rsplit(":", 1)
            client = socket.create_connection((host.strip("[]"), int(port)))
        client.settimeout(tool.PATIENCE_S)
        self.test.addCleanup(client.close)
        return client

    def pass_time(self, seconds):
        self.process.stdin.write(b"%d\n" % seconds)
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def stop(self, how=signal.SIGINT):
        """Returns the summary."""
        self.process.send_signal(how)
        said = self.process.communicate(timeout=tool.PATIENCE_S)[1]
        self.test.assertEqual(self.process.returncode, 0, said)
        return said

    def memory(self):
        """Bytes in use, or None where nobody knows."""
        try:
            with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
                return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024
        except OSError:
            return None


class Serve(tool.Case):
    @classmethod
    def setUpClass(cls):
        """Without a memcached."""

    @classmethod
    def tearDownClass(cls):
        pass

    def ask(self, client, sent, wanted):
        client.sendall(sent)
        said = b""
        while len(said) < len(wanted):
            piece = client.recv(65536)
            self.assertTrue(piece, said[-100:])
            said += piece
        self.assertTrue(said == wanted, said[:200])

    def test_commands_of_the_tool(self):
        host = Host(self)
        self.ok("set", "k", "a value", server=host.address)
        self.ok("get", "k", out=b"a value", server=host.address)
        self.ok("get", "none", status=1, out=b"", said=b"mcwire: none: MISS\n", server=host.address)
        self.ok("meta", "mg", "k", "s", "v", out=b"VA 7 s7\na value", server=host.address)
        self.ok("version", out=b"1.6.18-mcwire\n", server=host.address)
        stats = self.ok("stats", server=host.address)
        self.assertRegex(stats, rb"(?m)^pid +%d$" % host.process.pid)
        self.assertRegex(stats, rb"(?m)^about +mcwire-serve,for-learning-and-tests$")
        self.assertRegex(stats, rb"(?m)^curr_connections +1$")
        self.assertRegex(stats, rb"(?m)^limit_maxbytes +67108864$")
        self.assertEqual(host.stop(), b"mcwire: serve: 6 connections, 3 keys asked for, 2 hits, "
                                      b"1 value stored, 1 item at the end, 0 evicted\n")

    def test_where_it_listens(self):
        host = Host(self)
        self.assertRegex(host.address, r"^127\.0\.0\.1:\d+$")
        self.fails_to_serve(b"--listen %s: Address already in use; choose another port"
                            % host.address.encode(), "--listen", host.address)
        self.fails_to_serve(b"--listen 65536: a port is a number from 0 to 65535",
                            "--listen", "65536")
        with tempfile.TemporaryDirectory() as folder:
            for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                host = Host(self, listen="unix:" + folder + "/socket")
                self.ask(host.connect(), b"mn\r\n", b"MN\r\n")
                host.stop(how)
                self.assertEqual(os.listdir(folder), [])
        self.fails_to_serve(b"mcwire: --listen [: ", "--listen", "[")
        self.fails_to_serve(b"serve: it is the server", "-s", "127.0.0.1")
        self.fails_to_serve(b"--memory", "--memory", "0")

    def fails_to_serve(self, words, *options):
        result = tool.run("serve", *options)
        self.assertEqual((result.status, result.out), (2, b""), result.said)
        self.assertEqual(result.said.count(b"\n"), 1, result.said)
        self.assertIn(words, result.said)

    def test_many_lines_for_the_clock_at_once(self):
        host = Host(self, "--clock")
        start = host.pass_time(0)
        host.process.stdin.write(b"12\n" * 20000)
        host.process.stdin.flush()
        for k in range(1, 20001):
            self.assertEqual(host.process.stdout.readline(), b"%d\n" % (start + 12 * k))
        self.assertEqual(host.pass_time(1), start + 240001)

    def test_the_clock(self):
        host = Host(self, "--clock")
        client = host.connect()
        self.ask(client, b"set k 0 10 1\r\nv\r\n", b"STORED\r\n")
        start = host.pass_time(0)
        self.assertRegex(self.ok("stats", server=host.address), rb"(?m)^time +%d$" % start)
        self.assertEqual(host.pass_time(9), start + 9)
        self.ask(client, b"mg k t\r\n", b"HD t1\r\n")
        self.assertEqual(host.pass_time(1), start + 10)
        self.ask(client, b"mg k t\r\n", b"EN\r\n")
        host.process.stdin.write(b"soon\n-1\n99999999999\n3\n4\n")
        host.process.stdin.flush()
        self.assertEqual(host.process.stdout.readline(), b"%d\n" % (start + 13))
        self.assertEqual(host.process.stdout.readline(), b"%d\n" % (start + 17))
        said = host.process.communicate(timeout=tool.PATIENCE_S)[1]
        self.assertEqual(host.process.returncode, 0)
        self.assertEqual(said.count(b"is not a number of seconds\n"), 3, said)
        self.assertIn(b"mcwire: serve: 2 connections, ", said)

    def test_pipelines_and_large_values(self):
        host = Host(self, "--memory", "8")
        client = host.connect()
        self.ask(client, b"set big 0 0 1000000\r\n" + BIG + b"\r\n", b"STORED\r\n")
        self.ask(client, b"get big\r\n" * 20,
                 (b"VALUE big 0 1000000\r\n" + BIG + b"\r\nEND\r\n") * 20)
        self.ask(client, b"mn\r\n" * 20000, b"MN\r\n" * 20000)
        client.sendall(b"get big\r\nversion\r\n")
        client.shutdown(socket.SHUT_WR)
        self.assertTrue(receive_all(client).endswith(b"v\r\nEND\r\nVERSION 1.6.18-mcwire\r\n"))
        client = host.connect()
        client.sendall(b"mn\r\nquit\r\nmn\r\n")
        self.assertEqual(receive_all(client), b"MN\r\n")
        self.assertIn(b"2 connections, 21 keys asked for, 21 hits", host.stop())

    def test_a_client_that_does_not_read(self):
        host = Host(self)
        silent, other = host.connect(), host.connect()
        self.ask(other, b"set big 0 0 1000000\r\n" + BIG + b"\r\n", b"STORED\r\n")
        before = host.memory()
        silent.setblocking(False)
        accepted = 0
        try:
            while accepted < 100000000:
                accepted += silent.send(b"get big\r\n" * 1000)
                self.ask(other, b"mn\r\n", b"MN\r\n")
        except BlockingIOError:
            pass
        self.assertLess(accepted, 100000000)
        for _ in range(200):
            self.ask(other, b"get big\r\n", b"VALUE big 0 1000000\r\n" + BIG + b"\r\nEND\r\n")
        if before is not None:
            self.assertLess(host.memory() - before, 20000000)
        silent.close()
        self.ask(other, b"mn\r\n", b"MN\r\n")
        host.stop()

    def test_clients_leave_nothing(self):
        """Not even the memory for a value that they were storing."""
        host = Host(self, "--memory", "3")
        other = host.connect()
        for _ in range(5):
            client = host.connect()
            client.sendall(b"mn\r\nset k 0 0 1000000\r\nabc")
            self.ask(client, b"", b"MN\r\n")
            client.close()
            for _ in range(2):
                self.ask(other, b"mn\r\n", b"MN\r\n")
        self.ask(other, b"set k 0 0 1000000\r\n" + BIG + b"\r\n", b"STORED\r\n")

    def test_thousands_of_clients(self):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if most != resource.RLIM_INFINITY and most < CLIENTS + 100:
            self.skipTest("no more than %d descriptors" % most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        host = Host(self)
        clients = [host.connect() for _ in range(CLIENTS)]
        for number, client in enumerate(clients):
            client.sendall(b"set k%d 0 0 4\r\n%04d\r\n" % (number, number))
        for client in clients:
            self.ask(client, b"", b"STORED\r\n")
        for number, client in enumerate(clients):
            client.sendall(b"get k%d\r\n" % ((number + 1) % CLIENTS))
        for number, client in enumerate(clients):
            other = (number + 1) % CLIENTS
            self.ask(client, b"", b"VALUE k%d 0 4\r\n%04d\r\nEND\r\n" % (other, other))
        self.assertIn(b"serve: 5000 connections, 5000 keys asked for, 5000 hits", host.stop())

    def test_connections_are_refused(self):
        host = Host(self, "--connections", "2")
        clients = [host.connect() for _ in range(2)]
        for client in clients:
            self.ask(client, b"mn\r\n", b"MN\r\n")
        self.assertEqual(receive_all(host.connect()), b"ERROR Too many open connections\r\n")
        clients[0].sendall(b"quit\r\n")
        self.assertEqual(receive_all(clients[0]), b"")
        self.ask(host.connect(), b"mn\r\n", b"MN\r\n")
        self.assertIn(b"; 1 connection was refused\n", host.stop())

    def test_logins(self):
        with tempfile.NamedTemporaryFile() as file:
            self.fails_to_serve(b"--users %s: it names no users" % file.name.encode(), "--users",
                                file.name)
            file.write(b"ann:secret\nbob:guess\n")
            file.flush()
            file.truncate((1 << 20) + 1)
            self.fails_to_serve(b"--users %s: File too large" % file.name.encode(), "--users",
                                file.name)
            file.truncate(21)
            host = Host(self, "--users", file.name)
        self.fails_to_serve(b"--users /no/file: No such file", "--users", "/no/file")
        client = host.connect()
        self.ask(client, b"get k\r\n", b"CLIENT_ERROR unauthenticated\r\n")
        self.ask(client, b"set k 0 0 9\r\nbob guess\r\nget k\r\n", b"STORED\r\nEND\r\n")
        result = tool.run("-s", host.address, tool.SLOW, "--user", "ann", "set", "k", "v",
                          env=tool.environment(MCWIRE_PASSWORD="secret"))
        self.assertEqual((result.status, result.out), (0, b"STORED\n"), result.said)

    def test_clients_may_end_it(self):
        host = Host(self)
        self.ask(host.connect(), b"shutdown\r\n", b"ERROR: shutdown not enabled\r\n")
        host = Host(self, "-A")
        client = host.connect()
        self.ask(client, b"shutdown soon\r\n", b"CLIENT_ERROR invalid shutdown mode\r\n")
        client.sendall(b"shutdown\r\n")
        self.assertEqual(receive_all(client), b"")
        said = host.process.communicate(timeout=tool.PATIENCE_S)[1]
        self.assertEqual(host.process.returncode, 0, said)
        self.assertIn(b"mcwire: serve: 1 connection, ", said)

    def test_options_of_memcached(self):
        host = Host(self, "-F", "-M", "-W", "-X", "-m", "3", "-c", "9", "-o",
                    "track_sizes,no_lru_crawler,no_lru_maintainer,no_slab_reassign")
        client = host.connect()
        self.ask(client, b"flush_all\r\nwatch\r\nstats cachedump 1 1\r\nstats sizes\r\n",
                 b"CLIENT_ERROR flush_all not allowed\r\nCLIENT_ERROR watch commands not allowed"
                 b"\r\nCLIENT_ERROR stats cachedump not allowed\r\nEND\r\n")
        self.ask(client, b"lru mode flat\r\nlru_crawler crawl all\r\nslabs reassign 1 2\r\n",
                 b"ERROR\r\nCLIENT_ERROR lru crawler disabled\r\n"
                 b"CLIENT_ERROR slab reassignment disabled\r\n")
        for number in range(3):
            client.sendall(b"set k%d 0 0 1000000 noreply\r\n" % number + BIG + b"\r\n")
        self.ask(client, b"get k2\r\n", b"END\r\n")
        stats = self.ok("stats", "settings", server=host.address)
        self.assertRegex(stats, rb"(?m)^maxconns +9$")
        self.assertRegex(stats, rb"(?m)^evictions +off$")
        self.assertIn(b", 0 evicted\n", host.stop())
        self.fails_to_serve(b"serve: -o: 'modern' is not known", "-o", "track_sizes,modern")
        self.fails_to_serve(b"serve: -o: '' is not known", "-o", "")

    def plays_alone(self, path, options, users, needs):
        """A transcript for a server with options; what it needs is what memcached has to know."""
        if users:
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(users + "\n")
                file.flush()
                host = Host(self, "--users", file.name)
        else:
            host = Host(self, *options.split())
        result = tool.run("-s", host.address, tool.SLOW, "replay", "--yes", path,
                          "--with=" + (options or needs or "-Y"))
        self.assertEqual((result.status, result.out.splitlines()[-1]),
                         (0, b"1 the same, 0 different, 0 not played"), result.out)

    def test_transcripts(self):
        """All that hold for memcached 1.6.18: those without options at one server."""
        plain = []
        for path in sorted(glob.glob(TRANSCRIPTS + "/*.txt")):
            with open(path, encoding="utf-8") as file:
                header = dict(re.findall(r"^(server|users|needs): (.*)$", file.read(), re.MULTILINE))
            found = re.match(r"memcached 1\.6\.18\.\.\S+ ?(.*)", header["server"])
            if not found:
                continue
            users, needs = header.get("users"), header.get("needs")
            if found.group(1) or users or needs:
                self.plays_alone(path, found.group(1), users, needs)
            else:
                plain.append(path)
        self.assertGreater(len(plain), 80)
        said = self.ok("replay", "--yes", *plain, server=Host(self).address)
        self.assertTrue(said.endswith(b"\n%d the same, 0 different, 0 not played\n" % len(plain)))

    def await_stat(self, client, words):
        said = b""
        while b"STAT " + words + b"\r\n" not in said:
            client.sendall(b"stats\r\n")
            said = b""
            while not said.endswith(b"END\r\n"):
                said += client.recv(65536)

    def test_its_log(self):
        host = Host(self)
        watcher, client = host.connect(), host.connect()
        self.ask(client, b"mn\r\n", b"MN\r\n")
        self.ask(watcher, b"watch connevents mutations\r\n", b"OK\r\n")
        self.ask(client, b"set k 0 0 1\r\nv\r\n", b"STORED\r\n")
        port = client.getsockname()[1]
        client.close()
        other = host.connect()
        self.ask(other, b"mn\r\n", b"MN\r\n")
        said = b""
        while b"conn_new" not in said:
            said += watcher.recv(65536)
        said = re.sub(rb"(?m)^ts=1\d{9}\.\d{1,6} gid=(\d+) ", rb"\1 ", said)
        at = b"rip=127.0.0.1 rport=%d transport=tcp"
        self.assertEqual(re.sub(rb"cfd=\d+", b"cfd=N", said).splitlines(), [
            b"2 type=item_store key=k status=stored cmd=set ttl=0 clsid=1 cfd=N size=1",
            b"3 type=conn_close " + at % port + b" reason=normal cfd=N",
            b"4 type=conn_new " + at % other.getsockname()[1] + b" cfd=N"])
        watcher.shutdown(socket.SHUT_WR)
        self.assertEqual(receive_all(watcher), b"")
        self.await_stat(other, b"log_watchers 0")

    def start_tool(self, host, *command):
        process = subprocess.Popen([tool.MCWIRE, "-s", host.address, tool.SLOW, *command],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=tool.environment())
        self.addCleanup(process.kill)
        return process

    def test_mcwire_watch(self):
        host = Host(self)
        client = host.connect()
        process = self.start_tool(host, "watch", "--json")
        self.await_stat(client, b"log_watchers 1")
        self.ask(client, b"get some\r\n", b"END\r\n")
        self.assertIn(b'"key":"some","status":"not_found"', process.stdout.readline())
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=tool.PATIENCE_S)[1]
        self.assertEqual(process.returncode, 0, said)
        self.assertIn(b"1 line in ", said)
        self.await_stat(client, b"log_watchers 0")

    def test_mcwire_top(self):
        """It has read all lines when it sees that the server has closed."""
        host = Host(self, "-A")
        client = host.connect()
        process = self.start_tool(host, "top", "--json")
        self.await_stat(client, b"log_watchers 1")
        self.ask(client, b"get some\r\nget some\r\n", b"END\r\nEND\r\n")
        self.await_stat(client, b"log_watcher_sent 2")
        client.sendall(b"shutdown\r\n")
        out, said = process.communicate(timeout=tool.PATIENCE_S)
        self.assertIn(b'{"key":"some","requests":2,', out, said)

    def test_a_watcher_that_does_not_read(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        host = Host(self, listen="unix:" + folder.name + "/socket")
        silent, watcher, client = host.connect(), host.connect(), host.connect()
        for each in (silent, watcher):
            self.ask(each, b"watch\r\n", b"OK\r\n")
        before = host.memory()
        key = b"k" * 250
        for _ in range(5):
            self.ask(client, b"get" + (b" " + key) * 2000 + b"\r\n", b"END\r\n")
        if before is not None:
            self.assertLess(host.memory() - before, 2000000)
        said = b""
        while said.count(b"\n") < 2 or b"skipped=" not in said:
            said = said[-10000:] + silent.recv(65536)
            self.ask(client, b"get k\r\n", b"END\r\n")
        self.ask(client, b"mn\r\n", b"MN\r\n")
        host.stop()

    def test_nobody_reads_the_clock(self):
        host = Host(self, "--clock")
        host.process.stdout.close()
        host.process.stdin.write(b"1\n")
        host.process.stdin.flush()
        self.assertIn(b"0 connections", host.process.stderr.read())
        self.assertEqual(host.process.wait(timeout=tool.PATIENCE_S), 74)

    def test_no_descriptor_is_left(self):
        """It waits until one is free."""
        host = Host(self)
        try:
            resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE, (12, 12))
        except (AttributeError, OSError):
            self.skipTest("no prlimit")
        clients = [host.connect() for _ in range(20)]
        for client in clients:
            client.sendall(b"mn\r\n")
        for client in clients:
            self.ask(client, b"", b"MN\r\n")
            client.close()
        self.assertIn(b"serve: 20 connections", host.stop())


if __name__ == "__main__":
    sys.exit(tool.main())
