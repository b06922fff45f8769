#!/usr/bin/python3
"""Servers that speak this protocol, each asked what it knows and then put under load: memcached,
plain and with TLS (-Z) through stunnel, twemproxy, yrmcds, and memcached's proxy mode.

The proxy mode has two backends, one of which is killed and started again all the time: no value may
be wrong, no miss false, and the keys of the other backend have to be answered all the same. It
needs a memcached that was built with --enable-proxy: the one of check_servers.py --proxy FILE, or
the one on PATH (tests/run --memcached FILE servers).."""
# needs: memcached /usr/sbin/nutcracker /usr/sbin/yrmcdsd stunnel openssl python3

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("MCWIRE_BUILD", os.path.join(ROOT, "build-gcc"))
PATIENCE_S = 60
REQUESTS, PROXY_SECONDS, THREADS = 60000, 20, 4

ROUTES = """
function mcp_config_pools()
    mcp.backend_connect_timeout(1)
    mcp.backend_retry_timeout(0.1)
    mcp.backend_read_timeout(1)
    return {one = mcp.pool({mcp.backend('one', '127.0.0.1', %s)}),
            two = mcp.pool({mcp.backend('two', '127.0.0.1', %s)})}
end

function mcp_config_routes(pools)
    local map = {}
    for name, pool in pairs(pools) do
        local generator = mcp.funcgen_new()
        local backend = generator:new_handle(pool)
        generator:ready({n = name, f = function(context)
            return function(request) return context:enqueue_and_wait(request, backend) end
        end})
        map[name] = generator
    end
    mcp.attach(mcp.CMD_ANY_STORAGE, mcp.router_new({map = map, mode = 'prefix', stop = ':'}))
end
"""


def free_port():
    """One that nobody listens at. These servers cannot choose one themselves."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def listens(port):
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


class Servers:
    """Those that run, in a folder of their own; at the end all of them are killed."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mcwire-")
        os.chmod(self.folder, 0o777)
        self.processes = []
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder)

    def file(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def start(self, line, port, env=None):
        """Returns when it listens at the port, or at the one that it writes to a file."""
        self.count += 1
        log = self.file("log-%d" % self.count)
        with open(log, "w", encoding="utf-8") as out:
            process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       cwd=self.folder, env=env)
        self.processes.append(process)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and process.poll() is None:
            found = port if isinstance(port, int) else read_port(port)
            if found and listens(found):
                process.port = found
                return process
            time.sleep(0.02)
        with open(log, encoding="utf-8", errors="replace") as said:
            raise RuntimeError("%s does not come up: %s" % (line[0], said.read()[-2000:]))

    def memcached(self, *options, program="memcached", port=None):
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        path = self.file("port-%d" % (self.count + 1))
        line = [program, *user, "-U", "0", "-l", "127.0.0.1", "-p", str(port or -1), *options]
        return self.start(line, port or path, dict(os.environ, MEMCACHED_PORT_FILENAME=path))


def read_port(path):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(r"^TCP INET: (\d+)$", file.read(), re.MULTILINE)
        return int(found.group(1)) if found else None
    except OSError:
        return None


# ---- the servers: each a function that starts it and returns its port ----------------------------

def start_plain(servers):
    return servers.memcached().port


def start_tls(servers):
    """Through stunnel, which a client needs no code for."""
    certificate, key = servers.file("certificate.pem"), servers.file("key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True,
                   stderr=subprocess.DEVNULL)
    os.chmod(key, 0o644)  # memcached reads it as another user
    port = free_port()
    server = servers.memcached("-Z", "-o", "ssl_chain_cert=%s,ssl_key=%s" % (certificate, key))
    settings = servers.file("stunnel.conf", "foreground = yes\npid =\n[memcached]\nclient = yes\n"
                            "accept = 127.0.0.1:%d\nconnect = 127.0.0.1:%d\nverifyPeer = yes\n"
                            "CAfile = %s\n" % (port, server.port, certificate))
    return servers.start(["stunnel", settings], port).port


def start_twemproxy(servers):
    backends = [servers.memcached().port for _ in range(2)]
    port = free_port()
    settings = servers.file("nutcracker.yml", "pool:\n  listen: 127.0.0.1:%d\n  hash: fnv1a_64\n"
                            "  distribution: ketama\n  servers:\n%s" % (port, "".join(
                                "   - 127.0.0.1:%d:1\n" % backend for backend in backends)))
    return servers.start(["/usr/sbin/nutcracker", "-c", settings, "-a", "127.0.0.1",
                          "-s", str(free_port())], port).port


def start_yrmcds(servers):
    port = free_port()
    settings = servers.file("yrmcds.conf", "port = %d\nrepl_port = %d\ntemp_dir = \"%s\"\n"
                            "workers = 2\nlog.threshold = error\n"
                            % (port, free_port(), servers.folder))
    return servers.start(["/usr/sbin/yrmcdsd", "-f", settings], port).port


# Name, how it is started, and what it is asked (the groups of tests/support/speak.c).
KNOWN = (("memcached", start_plain, ("classic", "gat", "flush", "meta")),
         ("memcached -Z", start_tls, ("classic", "gat", "flush", "meta")),
         ("twemproxy", start_twemproxy, ("classic", "no-meta")),
         ("yrmcds", start_yrmcds, ("classic", "no-meta", "flush")))


# ---- results -------------------------------------------------------------------------------------

class Report:
    """TAP, and the lines for RESULTS.md."""

    def __init__(self):
        self.count = self.failed = 0

    def case(self, ok, name, text=""):
        self.count += 1
        self.failed += not ok
        print("%s %d - %s" % ("ok" if ok else "not ok", self.count, name))
        for line in text.splitlines()[-40:] if not ok else ():
            print("#", line)
        sys.stdout.flush()

    def skip(self, name, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, why))

    def reached(self, how, number):
        print("# reached: 13. servers | %s | %s" % (how, number))


def run(line):
    done = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def ask(report, name, port, groups):
    """Every case of the groups is one of ours. Returns how many passed."""
    status, text = run([os.path.join(BUILD, "tests", "speak"), "127.0.0.1:%d" % port, *groups])
    cases = re.findall(r"^(ok|not ok) \d+ - (.*)\n((?:# .*\n)*)", text, re.MULTILINE)
    for word, case, more in cases:
        report.case(word == "ok", "%s: %s" % (name, case), more)
    report.case(bool(cases) and (status == 0) == all(word == "ok" for word, _, _ in cases),
                "%s: all was asked" % name, text)
    return sum(word == "ok" for word, _, _ in cases)


def load(report, name, port, protocol, *options):
    """Gets and sets, many under way, each value checked."""
    status, text = run([os.path.join(BUILD, "bench", "load", "mcload"), "--server",
                        "127.0.0.1:%d" % port, "--verify", "--keys", "500", "--size",
                        "1-3000", "--ratio", "1:4", "--pipeline", "8", "--protocol", protocol,
                        "--connections", "8", "--timeout-ms", "60000", "--requests",
                        str(REQUESTS), *options])
    report.case(status == 0, "%s: load of %s commands" % (name, protocol), text)
    return REQUESTS if status == 0 else 0


def version_of(port):
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"version\r\n")
        return line.makefile("rb").readline().decode(errors="replace").split()[-1]


def most_sets(name, version):
    """How many requests with sets among them may be under way. Up to 1.6.38 memcached -Z leaves the later ones of a pipeline
    in OpenSSL's buffer ("tls: fix potential hang when pipelining sets" in 1.6.39)."""
    numbers = tuple(int(number) for number in version.split(".")[:3])
    return 1 if name == "memcached -Z" and numbers < (1, 6, 39) else 8


def check_known(report):
    for name, start, groups in KNOWN:
        if name == "memcached -Z" and not has_option("memcached", "--enable-ssl"):
            report.skip(name, "this memcached was built without --enable-tls")
            continue
        with Servers() as servers:
            port = start(servers)
            version = version_of(port)
            passed = ask(report, name, port, groups)
            pipeline = ["--pipeline", str(most_sets(name, version))]
            requests = load(report, name, port, "classic", "--fill", "--multiget", "5", *pipeline)
            if "meta" in groups:
                requests += load(report, name, port, "meta", *pipeline)
        if name == "twemproxy":  # it passes the question on
            version = re.search(r"nutcracker-(\S+)", run(["/usr/sbin/nutcracker", "-V"])[1]).group(1)
        report.reached("%s %s: %s" % (name, version, ", ".join(groups)),
                       "{:,} cases, {:,} requests under load, each value checked"
                       .format(passed, requests))


def has_option(program, option):
    return option in run([program, "-h"])[1]


# ---- memcached's proxy mode ----------------------------------------------------------------------

def kill_and_return(servers, worker, backend):
    """Until the worker has ended. Returns how often."""
    times = 0
    while worker.poll() is None:
        time.sleep(0.7)
        backend.kill()
        backend.wait()
        time.sleep(0.7)
        worker.send_signal(signal.SIGUSR1)
        backend = servers.memcached(port=backend.port)
        times += 1
    return times


def read_counts(text):
    """The counts by backend."""
    counts = {}
    for name, rest in re.findall(r"^(one|two) (hits .*)$", text, re.MULTILINE):
        words = rest.split()
        counts[name] = dict(zip(words[::2], map(int, words[1::2])))
    return counts


def check_proxy(report, program):
    with Servers() as servers:
        backends = [servers.memcached() for _ in range(2)]
        routes = servers.file("routes.lua", ROUTES % tuple(each.port for each in backends))
        proxy = servers.memcached("-o", "proxy_config=" + routes, program=program)
        version = version_of(proxy.port)
        log = servers.file("proxied")
        with open(log, "w", encoding="utf-8") as out:
            worker = subprocess.Popen([os.path.join(BUILD, "tests", "proxied"),
                                       "127.0.0.1:%d" % proxy.port, str(PROXY_SECONDS),
                                       str(THREADS)], stdout=out, stderr=out)
        servers.processes.append(worker)
        times = kill_and_return(servers, worker, backends[1])
        with open(log, encoding="utf-8") as said:
            text = said.read()
    counts = read_counts(text)
    one, two = counts.get("one", {}), counts.get("two", {})
    report.case(worker.returncode == 0 and one and two and
                one["wrong"] + two["wrong"] + one["false_misses"] + two["false_misses"] == 0,
                "proxy mode: no wrong value, no false miss", text)
    report.case(one.get("failed") == 0 and one.get("hits", 0) > 0,
                "proxy mode: the other backend's keys are unaffected", text)
    report.case(two.get("failed", 0) > 0 and two.get("hits", 0) > 0 and two.get("misses", 0) > 0,
                "proxy mode: the killed backend's keys fail, and come back", text)
    if one and two:
        report.reached("memcached %s in proxy mode, one of two backends killed %d times in %d s"
                       % (version, times, PROXY_SECONDS),
                       "{:,} hits, 0 wrong, 0 false misses; of the other's keys {:,} hits, "
                       "{} failed alone, {:,} in a reply with an error; of the killed one's {:,} "
                       "hits, {:,} misses, {:,} failed"
                       .format(one["hits"] + two["hits"], one["hits"], one["failed"],
                               one["failed_among_many"], two["hits"], two["misses"],
                               two["failed"] + two["failed_among_many"]))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = sys.argv[1:]
    if words[:1] == ["--proxy"] and len(words) == 2:
        if not has_option(words[1], "proxy_config"):
            sys.exit("check_servers.py: %s was built without --enable-proxy" % words[1])
    elif words:
        sys.exit("usage: check_servers.py [--proxy FILE]")
    program = words[1] if words else "memcached"
    report = Report()
    check_known(report)
    if has_option(program, "proxy_config"):
        check_proxy(report, program)
    else:
        print("# proxy mode: this memcached has none; --proxy FILE tests one that has")
    print("1..%d" % report.count)
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
