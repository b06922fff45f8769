"""The clients of this folder: how each is built, run and named. examine and bench/overhead use it."""

import os
import re
import subprocess
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.environ.get("MCWIRE_CLIENTS",
                         os.path.join(os.environ.get("XDG_CACHE_HOME") or
                                      os.path.expanduser("~/.cache"), "mcwire-clients"))
VERDICTS = ["right", "wrong value", "false miss", "hang", "crash", "rejects valid replies", "skipped"]
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"


class Tools(NamedTuple):
    """What clients are made with."""
    folder: str  # to build in
    build: str  # of this project
    python: str = PYTHON  # that has the modules of its clients


class Client(NamedTuple):
    """Its maker takes Tools, and returns a command and a title with a version; it raises OSError or
    CalledProcessError where the client is not there."""
    name: str
    language: str
    make: object
    timed: bool = True  # its command with --timed obeys the lines of timed.h
    examined: bool = True  # mcwire lie can examine it


def output(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, stdin=subprocess.DEVNULL, **more).stdout.strip()


def package(name):
    """The version of a package of Debian, without its revision."""
    version = output("dpkg-query", "-W", "-f", "${Version}", name)
    return version.split(":")[-1].rsplit("-", 1)[0].split("+dfsg")[0]


def script(interpreter, name, of=None):
    """of: the package that knows its version better than it does itself."""
    def make(tools):
        program = tools.python if interpreter == "python" else interpreter
        command = [program, os.path.join(HERE, name)]
        title = output(*command, "--version")
        return command, title.split()[0] + " " + package(of) if of else title
    return make


def own(tools):
    command = [tools.build + "/bench/clients/mcwire-adapter"]
    return command, output(*command, "--version")


def in_c(name, *flags):
    def make(tools):
        program = os.path.join(tools.folder, name)
        words = [word for flag in flags for word in output(*flag).split()]
        output("cc", "-O2", "-std=gnu11", "-o", program, HERE + "/contract.c",
               "%s/%s.c" % (HERE, name), *words)
        return [program], output(program, "--version")
    return make


def in_go(tools):
    program = tools.folder + "/gomemcache"
    environment = {**os.environ, "GOPATH": "/usr/share/gocode", "GO111MODULE": "off"}
    output("go", "build", "-o", program, HERE + "/go_gomemcache.go", HERE + "/timed.go",
           env=environment)
    return [program], "gomemcache " + package("golang-github-bradfitz-gomemcache-dev")


def in_java(tools):
    path = "/usr/share/java/spymemcached.jar:" + tools.folder
    output("javac", "-cp", path, "-d", tools.folder, HERE + "/java_spymemcached.java",
           HERE + "/Timed.java")
    command = ["java", "-XX:+UseSerialGC", "-cp", path, "Adapter"]
    output(*command, "--version")
    return command, "spymemcached " + package("libspymemcached-java")


def read_verdicts(results):
    """Of RESULTS.md: the name of each client, without its version, and the count of each verdict."""
    rows = re.findall(r"^\| ([^|]+?) \S+ \| [^|]+ \|((?: \d+ \|){%d})$" % len(VERDICTS), results,
                      re.MULTILINE)
    return [(name, dict(zip(VERDICTS, map(int, numbers.split("|")[:-1])))) for name, numbers in rows]


def believed_lies():
    """Of each client that was examined: in how many cases an answer was not true."""
    with open(HERE + "/RESULTS.md", encoding="utf-8") as file:
        verdicts = read_verdicts(file.read())
    return [{"client": name, "cases": sum(counts.values()),
             "believed": counts["wrong value"] + counts["false miss"]} for name, counts in verdicts]


def can_count(name):
    """False where valgrind cannot tell: these languages compile, or allocate, for themselves."""
    return LANGUAGES.get(name) not in ("Go", "Java", "JavaScript", "Ruby")


class Timed:
    """The clients that obey the lines of timed.h; each is made when it is first asked for."""

    def __init__(self, tools):
        self.tools, self.made = tools, {}

    def make(self, name):
        """A command and a title; (None, None) where the client is not there."""
        if name not in self.made:
            try:
                command, title = BY_NAME[name].make(self.tools)
                self.made[name] = command + ["--timed"], title
            except (OSError, subprocess.CalledProcessError):
                self.made[name] = None, None
        return self.made[name]


CLIENTS = [
    Client("mcwire", "C", own, timed=False),
    Client("libmemcached", "C",
           in_c("c_libmemcached", ["pkg-config", "--cflags", "--libs", "libmemcached"]), timed=False),
    Client("apr_memcache", "C",
           in_c("c_apr_memcache", ["apr-1-config", "--includes", "--cppflags", "--link-ld"],
                ["apu-1-config", "--includes", "--link-ld"]), timed=False),
    Client("pymemcache", "Python", script("python", "python_pymemcache.py")),
    Client("python-memcached", "Python",
           script("python", "python_memcached.py", "python3-memcache")),
    Client("pylibmc", "Python", script("python", "python_pylibmc.py")),
    Client("php-memcached", "PHP", script("php", "php_memcached.php")),
    Client("php-memcache", "PHP", script("php", "php_memcache.php")),
    Client("Cache::Memcached", "Perl", script("perl", "perl_cache_memcached.pl")),
    Client("Cache::Memcached::Fast", "Perl", script("perl", "perl_cache_memcached_fast.pl")),
    Client("gomemcache", "Go", in_go),
    Client("spymemcached", "Java", in_java),
    Client("npm-memcached", "JavaScript", script("node", "node_memcached.js")),
    Client("npm-memcache-client", "JavaScript", script("node", "node_memcache_client.js")),
    Client("npm-memjs", "JavaScript", script("node", "node_memjs.js"), examined=False),
    Client("dalli", "Ruby", script("ruby", "ruby_dalli.rb"), examined=False),
]
BY_NAME = {client.name: client for client in CLIENTS}
LANGUAGES = {client.name: client.language for client in CLIENTS if client.timed}
os.environ["NODE_PATH"] = MODULES + "/node_modules"
