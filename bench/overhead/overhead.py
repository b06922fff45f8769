"""What a client costs: measures the baseline, this project's client and others on private
memcacheds, and reports. help.txt lists the options."""

import json
import os
import random
import shutil
import signal
import sys

import loads
import page
import tables
import waits
from counting import Counter, or_none, run_lengths, strip_worker
from figures import median, shown
from limits import BUILDS, LIMITS, is_kept, most_of
from machine import (Absent, Failed, PROGRESS, Servers, Worker, end_workers, machine_facts,
                     make_scratch, stolen_since, stolen_time, version_of)
from measure import Plan, Team, measure_setting
from options import FROM, ONLY, Usage, read_arguments
from results import (BESIDE, CLIENTS, LANGUAGES, LANGUAGE_WORKS, PARTS, PLAIN, Results, SETTINGS,
                     SIDE_BY_SIDE, TWINS, WORKS, find_work, new_data, read_json, to_json)
from clients import believed_lies, can_count
from workers import Programs, compile_mcmc, compile_worker

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FAILED, NO_SERVER, NOISY, SKIPPED, INTERRUPTED = 1, 69, 75, 77, 130
QUICK_COUNTS = ("get", "get-100")
PARTS_WORKS, PARTS_COUNT = ("get", "set", "get-100", "get-100k", "get-1m"), 200
TRIES = 3  # a machine that stands still for seconds makes an operation meet its deadline


class Stop(Exception):
    """The end, with a status and what to say."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def choose_processors(wanted):
    """The client's, and the server's when they are apart: the last two that are allowed, as the
    first takes most interrupts. None where nothing can be pinned."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    allowed = sorted(os.sched_getaffinity(0))
    if wanted is None:
        return allowed[-1], allowed[-2] if len(allowed) > 1 else allowed[-1]
    if not set(wanted) <= set(allowed):
        raise Usage("--processors: not allowed to this process")
    return tuple(wanted)


def choose_works(arguments, setting):
    """Those of a setting; None: those that are counted may be among all."""
    brief = arguments["--quick"] or (setting and setting.cores == "apart")
    if arguments["--works"]:
        works = [work for work in WORKS if work.name in arguments["--works"]]
    else:
        works = [work for work in WORKS
                 if setting is None or (work.timed and (work.brief or not brief))]
    return [work for work in works if setting is not SIDE_BY_SIDE or work.name in LANGUAGE_WORKS]


def choose_clients(arguments):
    """The baseline and mcwire always, and both again."""
    wanted = arguments["--clients"] or (PLAIN if arguments["--quick"] else CLIENTS)
    return CLIENTS[:2] + list(TWINS) + [name for name in CLIENTS[2:] if name in wanted]


class Measurement:
    """One run, from its processes to its data."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.programs = Programs(arguments["--workers"], arguments["--python"], folder)
        if arguments["--mcmc"]:
            compile_mcmc(os.path.abspath(arguments["--mcmc"].encode("latin-1").decode()),
                         self.programs.mcmc)
        self.client_at, self.server_at = choose_processors(arguments["--processors"])
        self.servers = Servers(folder)
        self.data = new_data()

    def address(self, transport, processor):
        try:
            return self.servers.address(transport, processor)
        except (Failed, OSError) as problem:
            raise Stop(NO_SERVER, str(problem)) from None

    def settings(self, team):
        a = self.arguments
        if a["--cores"] == "apart" and self.client_at == self.server_at:
            raise Usage("--cores: there is only one processor")
        many = [SIDE_BY_SIDE] if set(team.names) - set(PLAIN) - set(TWINS) else []
        return [s for s in SETTINGS + many
                if a["--cores"] in (None, s.cores.replace("languages", "same")) and
                a["--transport"] in (None, s.transport) and
                (s.cores != "apart" or self.client_at != self.server_at)]

    def measure_times(self):
        a, quick = self.arguments, self.arguments["--quick"]
        plan = Plan(a["--rounds"] or (21 if quick else 60), a["--slice-us"] or 2000,
                    1 if quick else 6)
        seed = random.randrange(1 << 32) if a["--seed"] is None else a["--seed"]
        self.data["facts"]["seed"] = str(seed)
        team = Team(self.programs, choose_clients(a), self.client_at, seed)
        self.data["clients"] = team.clients
        for client in team.clients[:2]:
            if client["absent"]:
                raise Stop(FAILED, "%s: %s" % (client["name"], client["absent"]))
        before = stolen_time()
        for setting in self.settings(team):
            processor = self.server_at if setting.cores == "apart" else self.client_at
            address = self.address(setting.transport, processor)
            self.data["facts"]["memcached"] = version_of(address)
            self.data["cells"] += measure_setting(team, setting, choose_works(a, setting), address,
                                                  plan)
        self.data["stolen"] = stolen_since(before)

    def count_client(self, counter, name, work):
        """Adds a record, unless it has no such command; scripts take seconds under callgrind to begin
        at all."""
        command = self.programs.client(name)
        lines = ["open " + self.address("tcp", self.server_at), work.line()]
        PROGRESS.show("counting %s by %s" % (work.name, name))
        with Worker(command) as worker:
            if or_none(lambda: list(map(worker.ask, lines))) is None:
                return
        slow = name in LANGUAGES and (self.arguments["--quick"] or work.name not in QUICK_COUNTS)
        instructions = None if slow or not can_count(name) else \
            or_none(counter.instructions, command, lines, work)
        calls = or_none(counter.syscalls, command, lines, work) or (None, "")
        if instructions is not None or calls[0] is not None:
            self.data["counts"].append({"work": work.name, "client": name, "syscalls": calls[0],
                                        "instructions": instructions, "names": calls[1]})

    def count_works(self, counter):
        works = choose_works(self.arguments, None)
        if not self.arguments["--works"]:
            works = [work for work in works if work.counted and
                     (work.name in QUICK_COUNTS or not self.arguments["--quick"])]
        for work in works:
            for client in self.data["clients"]:
                if client["name"] not in TWINS and not client["absent"] and \
                        (client["name"] in PLAIN or work.name in QUICK_COUNTS):
                    self.count_client(counter, client["name"], work)

    def measure_waits(self, counter):
        """Deadlines, and what there is beside the operations. The life of mcwire's connection is that
        of mc_server_, which connects again by itself."""
        quick, lives = self.arguments["--quick"], {}
        commands = {client["name"]: self.programs.client(client["name"])
                    for client in self.data["clients"]
                    if client["name"] not in TWINS and not client["absent"]}
        for name, command in commands.items():
            self.data["waits"] += waits.measure_client(name, command, self.client_at,
                                                       3 if quick else 20)
            if name not in ("baseline", "mcmc"):  # which do not connect again
                lives[name] = self.programs.worker("server") if name == "mcwire" else command
        address = self.address("tcp", self.client_at)
        lives = waits.measure_lives(lives, address, self.client_at, 1 if quick else 5)
        lines = ["open " + address, find_work("get").line()]
        for name, command in commands.items():
            PROGRESS.show("what %s costs beside its operations" % name)
            counts = can_count(name)
            self.data["beside"].append({
                **dict.fromkeys(BESIDE), **lives.get(name, {}), "client": name,
                "memory": or_none(waits.measure_memory, command, address),
                "allocations": or_none(counter.allocations, command, lines) if counts else None})

    def measure_parts(self):
        """The median of each part of an operation of mcwire."""
        with Worker(self.programs.worker("mcwire"), self.client_at) as worker:
            worker.ask("open " + self.address("tcp", self.client_at))
            for work in map(find_work, PARTS_WORKS):
                PROGRESS.show("the parts of " + work.name)
                worker.ask(work.line())
                worker.ask("parts %d" % PARTS_COUNT)
                times = list(map(int, worker.ask("parts %d" % PARTS_COUNT).split()))
                self.data["parts"].append(dict(
                    {part: median(times[i::len(PARTS)]) for i, part in enumerate(PARTS)},
                    work=work.name))

    def measure_wire(self, counter):
        wire = self.programs.worker("wire")
        with Worker(wire, self.client_at) as worker:
            words = worker.ask("list").split("\t")
            for name, title in zip(words[::2], words[1::2]):
                PROGRESS.show("in memory: " + title)
                size, ns = int(worker.ask("work " + name)), float(worker.ask("time"))
                counts = or_none(counter.instructions, wire, ["work " + name]) if counter else None
                self.data["wire"].append({"name": name, "title": title, "bytes": size, "ns": ns,
                                          "instructions": counts})

    def count_limits(self, counter, path, build):
        """The instructions that have a limit, of a worker; raises Failed."""
        for client in dict.fromkeys(limit.client for limit in LIMITS):
            PROGRESS.show("counting %s, %s" % (client, build))
            limits = [limit for limit in LIMITS
                      if limit.client == client and limit.what == "instructions"]
            self.data["builds"] += [
                {"build": build, "client": client, "work": limit.work, "instructions": least}
                for limit, least in zip(limits, self.count_least(counter, path, build, limits))]

    def count_least(self, counter, path, build, limits):
        """Of each the least of some tries, as long as one is above its limit."""
        client, lines = limits[0].client, []
        works = [("work " + limit.work, run_lengths(None)) for limit in limits]
        if client != "wire":
            lines = ["open " + self.address("unix", self.server_at)]
            works = [(work.line(), run_lengths(work))
                     for work in (find_work(limit.work) for limit in limits)]
        least = [float("inf")] * len(works)
        for _ in range(TRIES):
            least = list(map(min, least, counter.all_instructions([path, client], lines, works)))
            if all(map(is_kept, limits, least, [build] * len(limits))):
                break
        return least

    def count_builds(self, counter):
        """What has a limit, in each build that a compiler is there for."""
        for compiler, option in BUILDS:
            if shutil.which(compiler) is not None:
                build = "%s %s" % (compiler, option)
                PROGRESS.show("building with " + build)
                path = os.path.join(self.folder, "worker")
                compile_worker(compiler, option, path)
                self.count_limits(counter, path, build)

    def run(self):
        self.data["facts"] = machine_facts(self.arguments.words, self.programs.worker("wire"))
        self.data["facts"]["pinned"] = "no: this system cannot" if self.client_at is None else \
            "client to processor %d; server to %d or, apart, to %d" % (
                self.client_at, self.client_at, self.server_at)
        self.measure_times()
        self.data["lies"] = believed_lies()
        counter = None
        if not self.arguments["--no-counts"]:
            counter = Counter(self.folder)
            self.data["facts"]["counted by"] = "; ".join(
                counter.versions[tool] or tool + " is absent" for tool in counter.versions)
            self.count_works(counter)
            self.measure_waits(counter)
            self.measure_parts()
            if counter.has("valgrind") and not self.arguments["--quick"]:
                or_none(self.count_builds, counter)
        self.measure_wire(counter)
        return Results(self.data)


def print_out(text):
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except OSError as problem:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still unwritten goes nowhere
        raise Stop(FAILED, "standard output: " + problem.strerror) from None


def open_file(name, option):
    """To write to, before anything is measured."""
    try:
        return open(name.encode("latin-1"), "w", encoding="utf-8")
    except OSError as problem:
        raise Usage("%s: %s: %s" % (option, name, problem.strerror)) from None


def write_file(file, text, option):
    try:
        file.write(text)
        file.close()
    except OSError as problem:
        raise Stop(FAILED, "%s: %s: %s" % (option, os.fsdecode(file.name), problem.strerror)) \
            from None


def put_between(path, begin, end, text):
    """Replaces what stands between two lines of a file."""
    with open(path, encoding="utf-8") as file:
        head, rest = file.read().split(begin + "\n")
    tail = rest.split(end + "\n")[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + begin + "\n" + text + end + "\n" + tail)


def write_readme(results):
    if not results.has(SIDE_BY_SIDE):
        raise Stop(FAILED, "--readme: the languages were not measured side by side")
    put_between(os.path.join(HERE, "RESULTS.md"), "<!-- overhead: begin -->",
                "<!-- overhead: end -->", tables.markdown_report(results))
    put_between(os.path.join(ROOT, "README.md"), "<!-- overhead -->", "<!-- end of overhead -->",
                tables.readme_table(results))


def report(arguments, results, html):
    """Prints. Tables of times of a machine that was too noisy only --anyway."""
    why = results.too_noisy()
    with_times = why is None or bool(arguments["--anyway"])
    kind = arguments["--format"] or "text"
    if html:
        write_file(html, page.overhead_page(results, with_times), "--html")
    if kind == "json":
        print_out(to_json(results.data))
    elif kind == "text":
        print_out(tables.text_report(results, with_times))
    elif with_times:
        print_out(tables.markdown_report(results))
    if arguments["--readme"] and with_times:
        write_readme(results)
    if not with_times and (kind != "json" or html or arguments["--readme"]):
        raise Stop(NOISY, "no tables of times: %s; --anyway prints them" % why)


def judge(results):
    """The baseline and this project's client must not have failed at anything."""
    for cell in results.data["cells"]:
        if cell["problem"] and TWINS.get(cell["client"], cell["client"]) in CLIENTS[:2]:
            raise Stop(FAILED, "%s, %s: %s" % (cell["client"], cell["work"], cell["problem"]))


def read_stored(name):
    try:
        return read_json(name.encode("latin-1"))
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", problem)
        raise Usage("--from: %s: %s" % (name, why)) from None


def print_stored(arguments):
    stored = [read_stored(name) for name in arguments["--from"]]
    of_mcload = [isinstance(each, dict) for each in stored]
    if any(of_mcload) and len(stored) == 1 and (
            not arguments["--html"] or set(arguments) - {"--from", "--html", "--workers"}):
        raise Usage("--from: what mcload printed goes into a page of --html, and nothing else")
    try:
        return print_two(arguments, stored) if len(stored) == 2 else print_one(arguments, stored[0])
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        if not any(of_mcload):
            raise
        raise Usage("--from: %s: it is not what mcload prints (%s)" % (
            " or ".join(arguments["--from"]), problem)) from None


def print_two(arguments, stored):
    show = tables.markdown_of if arguments["--format"] == "markdown" else tables.text_of
    kinds = [isinstance(each, dict) for each in stored]
    if any(kinds) and not all(kinds):
        raise Usage("--from: one is of mcload, and the other of overhead")
    compare = loads.comparison if all(kinds) else tables.comparison
    print_out("\n".join(map(show, compare(*stored))))


def print_one(arguments, stored):
    html = open_file(arguments["--html"], "--html") if arguments["--html"] else None
    if isinstance(stored, dict):
        write_file(html, page.load_page(stored), "--html")
    else:
        report(arguments, stored, html)


def run_only(arguments, folder):
    """Does operations and nothing besides, for tools that look at the process."""
    client, work = arguments["--only"], arguments["--work"] or "get"
    measurement = Measurement(arguments, folder)
    try:
        with Worker(measurement.programs.client(client), measurement.client_at) as worker:
            address = arguments["--server"] or measurement.address(
                arguments["--transport"] or "tcp", measurement.client_at)
            worker.ask("open " + address)
            worker.ask(find_work(work).line())
            worker.ask("run %d" % (arguments["--count"] or 1000), 3600)
    except (Absent, Failed) as problem:
        raise Stop(FAILED, "%s, %s: %s" % (client, work, problem)) from None


def print_limits(arguments, folder):
    """The instructions that have a limit, as JSON; fails when one is not kept."""
    counter = Counter(folder)
    if not counter.has("valgrind"):
        raise Stop(SKIPPED, "valgrind is absent, so no instructions are counted")
    measurement = Measurement(arguments, folder)
    try:
        if arguments["--builds"]:
            measurement.count_builds(counter)
        else:
            path = strip_worker(measurement.programs.worker("wire")[0],
                                os.path.join(folder, "stripped"))
            measurement.count_limits(counter, path, "this build")
    except (Absent, OSError) as problem:
        raise Stop(FAILED, str(problem)) from None
    limits = {(limit.client, limit.work): limit for limit in LIMITS
              if limit.what == "instructions"}
    rows, broken = [], []
    for each in measurement.data["builds"]:
        limit = limits[each["client"], each["work"]]
        rows.append(json.dumps(dict(each, most=most_of(limit, each["build"]), text=limit.text)))
        if not is_kept(limit, each["instructions"], each["build"]):
            broken.append("%s, %s" % (each["build"], limit.text))
    print_out('{"limits": [\n%s\n]}\n' % ",\n".join(rows))
    if broken:
        raise Stop(FAILED, "more than the limit: " + "; ".join(broken))


def measure(arguments, folder):
    html = open_file(arguments["--html"], "--html") if arguments["--html"] else None
    stored = open_file(arguments["--json"], "--json") if arguments["--json"] else None
    results = Measurement(arguments, folder).run()
    if stored:
        write_file(stored, to_json(results.data), "--json")
    PROGRESS.end()
    try:
        report(arguments, results, html)
    finally:
        judge(results)  # a wrong result says more than the noise


def print_help():
    with open(os.path.join(HERE, "help.txt"), encoding="utf-8") as file:
        print_out(file.read())


def print_version():
    with open(os.path.join(ROOT, "proto", "proto.h"), encoding="utf-8") as file:
        version = next(line.split('"')[1] for line in file if "define MCWIRE_VERSION" in line)
    print_out("overhead (mcwire) %s\n" % version)


def run_mode(words):
    arguments = read_arguments(words)
    if arguments["--help"]:
        return print_help()
    if arguments["--version"]:
        return print_version()
    mode = arguments.mode()
    if mode == FROM:
        return print_stored(arguments)
    folder = make_scratch()
    try:
        if mode == ONLY:
            return run_only(arguments, folder)
        if arguments["--instructions"] or arguments["--builds"]:
            return print_limits(arguments, folder)
        return measure(arguments, folder)
    finally:
        end_workers()
        shutil.rmtree(folder, ignore_errors=True)


def interrupt(_number, _frame):
    raise KeyboardInterrupt


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, interrupt)
    try:
        run_mode(sys.argv[1:])
        return 0
    except (Usage, Stop, Failed) as problem:
        status, text = problem.status, str(problem)
    except KeyboardInterrupt:
        status, text = INTERRUPTED, "interrupted"
    PROGRESS.end()
    print("overhead: " + shown(text), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
