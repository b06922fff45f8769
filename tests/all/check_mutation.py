#!/usr/bin/python3
"""Runs the tests against mutants of proto/, of src/ and of what makes the numbers of bench/: operators
changed in the source (tests/mutation/source.py) and conditional jumps in the assembly
(branches.py), each with the tests of its file. A mutant of proto/ that survives has to be in tests/mutation/accepted.txt,
with the reason; one of src/ or bench/ may be.

All mutants of a file's functions are built into one program (schema.py); a number in the
environment chooses one. A first run of the original notes which statements each round of each test
reaches: a mutant is run only against those that reach its statement. The tests run at -O0; a mutant
that survives is run again with the sanitizers; and one that then survives, but has the object code of
the original at -O2, is not counted.

usage: tests/all/check_mutation.py [--full] [FILE[:FUNCTION]]...
Without --full, those in the list are not run, and only a part of those in src/ is,
chosen by a hash of their names."""
# needs: gcc stdio.h check.pc pkg-config

import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'mutation'))

import branches
import schema
from source import Source

FILES = ['proto/argument.c', 'proto/decimal.c', 'proto/item.c', 'proto/item.h',
         'proto/put_admin.c', 'proto/put_classic.c', 'proto/put_meta.c', 'proto/reader.c',
         'proto/request.c', 'proto/text.c', 'proto/writer.c', 'proto/writer.h', 'src/address.c',
         'src/client.c', 'src/command.c', 'src/engine.c', 'src/keys.c', 'src/meta.c', 'src/reply.c',
         'src/reply.h', 'src/retrieval.c', 'src/server.c', 'src/socket.c', 'src/trace.c',
         'src/annotate.c', 'src/tool/histogram.c', 'bench/common/timing.c', 'bench/load/dist.c',
         'bench/load/stats.c']

# The engine: counted by itself.
ENGINE = ['src/command.c', 'src/engine.c', 'src/keys.c', 'src/meta.c', 'src/reply.c', 'src/reply.h',
          'src/retrieval.c']

# Linked with the test programs, and not mutated.
LINKED = ['bench/load/data.c', 'bench/load/hgrm.c', 'bench/load/live.c', 'bench/load/runs.c',
          'bench/load/sizes.c', 'src/catalog.c']

# The test programs that bench/ is linked with; the others have names of their own for the same.
BENCH_TESTS = ['numbers']

# What is compiled for a header.
UNITS = {'proto/item.h': 'proto/item.c', 'proto/writer.h': 'proto/writer.c',
         'src/reply.h': 'src/retrieval.c'}

# Texts for people: that they are changed matters to nobody.
WORDING = {'proto/text.c': '.', 'bench/load/stats.c': '.', 'src/address.c': ' ',
           'src/annotate.c': ' ', 'src/server.c': ' '}

# What every test program is linked with.
ALWAYS = ['tests/mutation/stop.c']

# What stop.c, and for one of them suite.c, have instead of libcheck's and of suite.c's own.
WRAPPED = ['_ck_assert_failed', '_mark_point', 'suite_run']

# Parts of src/learn that tests share.
LEARN = ['lies', 'replay', 'text', 'transcript']

# And of src/tool.
TOOL = ['screen', 'side']

# A test program's other sources, what the linker wraps, and its arguments.
CALLS = ['socket', 'fcntl', 'fcntl64', 'setsockopt', 'getsockopt', 'getpeername', 'connect',
         'getaddrinfo', 'send', 'sendmsg', 'recv', 'poll', 'close']
NAMES = ['getaddrinfo', 'freeaddrinfo']
CLOCKS = ['clock_gettime', 'nanosleep', 'getrusage']
PROGRAMS = {
    'address': ([], [], []),
    'annotate': (['field', 'requests', 'screen', 'side', 'text', 'transcript'], [],
                 ['proto/transcripts', 'tests/screens']),
    'argument': ([], [], []),
    'calls': (['faults', 'folder', 'peer'], CALLS, []),
    'client': (['events', 'field', 'scenes', 'script', 'text'], [], []),
    'command': (['text'], [], []),
    'cuts': (['guard', 'tally', 'text', 'transcript'], [], ['proto/transcripts']),
    'decimal': ([], [], []),
    'engine': (['events', 'field', 'script', 'text'], ['memcmp'], []),
    'engine_cost': (['script', 'text'], ['memcmp', 'mc_reader_next'], []),
    'item': ([], [], []),
    'meta': ([], [], []),
    'numbers': ([], CLOCKS, []),
    'lies': (['commands', 'folder', 'lies', 'peer', 'tally', 'text'], [], []),
    'put': (['guard'], [], []),
    'reader': (['events', 'field', 'text'], [], []),
    'request': (['field', 'requests', 'text'], [], []),
    'server': (['folder', 'names', 'peer', 'script', 'text'], NAMES, []),
    'socket': (['folder', 'names', 'peer'], NAMES, []),
    'text': ([], [], []),
    'trace': (['script', 'text'], [], []),
    'transcripts': (['events', 'field', 'folder', 'live', 'replay', 'text', 'transcript'], [],
                    ['proto/transcripts', 'offline']),
}

# Which of them a file's mutants are run against, the one that decides soonest first.
TESTS = {
    'proto/argument.c': ['argument', 'request'],
    'proto/decimal.c': ['decimal', 'put', 'cuts'],
    'proto/item.c': ['item', 'cuts'],
    'proto/item.h': ['item', 'cuts'],
    'proto/put_admin.c': ['put'],
    'proto/put_classic.c': ['put'],
    'proto/put_meta.c': ['put'],
    'proto/reader.c': ['reader', 'transcripts', 'cuts'],
    'proto/request.c': ['request'],
    'proto/text.c': ['text'],
    'proto/writer.c': ['put'],
    'proto/writer.h': ['put'],
    'src/client.c': ['client'],
    'src/command.c': ['command', 'engine', 'engine_cost'],
    'src/engine.c': ['engine', 'engine_cost', 'command', 'client'],
    'src/keys.c': ['engine', 'engine_cost'],
    'src/meta.c': ['meta', 'command', 'engine', 'engine_cost'],
    'src/reply.c': ['engine', 'engine_cost', 'client'],
    'src/reply.h': ['command', 'engine', 'engine_cost'],
    'src/retrieval.c': ['engine', 'engine_cost', 'client'],
    'src/address.c': ['address', 'server'],
    'src/annotate.c': ['annotate'],
    'src/server.c': ['server'],
    'src/socket.c': ['calls', 'socket', 'server'],
    'src/trace.c': ['trace'],
    'src/tool/histogram.c': ['numbers'],
    'bench/common/timing.c': ['numbers'],
    'bench/load/dist.c': ['numbers'],
    'bench/load/stats.c': ['numbers'],
}

# Percent of the mutants that are run without --full; fewer of files whose tests take longer.
SAMPLE = {'proto': 100, 'bench': 100, 'src': 12, 'src/command.c': 5, 'src/engine.c': 5,
          'src/keys.c': 5, 'src/meta.c': 5, 'src/reply.c': 5, 'src/reply.h': 5,
          'src/retrieval.c': 5}
JOBS = len(os.sched_getaffinity(0))
WAITING = {'src/server.c': 2, 'src/socket.c': 4} # times as many: their tests wait, and take no CPU
FLAGS = ['-std=c11', '-w', '-D_POSIX_C_SOURCE=200809L', '-Iproto', '-Isrc', '-Isrc/learn',
         '-Isrc/tool', '-Itests/support', '-Ibench', '-Ibench/common', '-Ibench/load']
ASAN_OPTIONS = ':'.join(['detect_leaks=0', 'abort_on_error=1', 'malloc_context_size=0',
                         'quarantine_size_mb=16'])
SANITIZE = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
KILLED, TIME, ALIVE, INVALID, SAME = 'killed', 'killed by time', 'alive', 'invalid', 'same'
LISTED = 'alive, says the list'


def run(line, **more):
    return subprocess.run(line, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors='replace', check=False, **more)


def need(line, **more):
    done = run(line, **more)
    if done.returncode != 0:
        raise RuntimeError(' '.join(line) + '\n' + done.stderr)
    return done.stdout


def source_of(name):
    """A test program's own source, or that of a part which programs share."""
    if name in LEARN:
        return 'src/learn/%s.c' % name
    if name in TOOL:
        return 'src/tool/%s.c' % name
    return 'tests/%s%s.c' % ('' if name.startswith('check_') else 'support/', name)


def linked(program):
    """What of the product a test program is linked with, and of bench/ if it is one of its tests."""
    return [f for f in FILES + LINKED if f.endswith('.c') and
            (program in BENCH_TESTS or not f.startswith('bench/'))]


class Build:
    """The folder with all objects of the tests and of the product."""

    def __init__(self, folder):
        self.folder = folder
        self.libraries = need(['pkg-config', '--cflags', '--libs', 'check']).split() + ['-pthread', '-lm']
        names = {part for name, (parts, _, _) in PROGRAMS.items()
                 for part in parts + ['check_' + name]} | {'suite'}
        sources = [source_of(name) for name in names] + ALWAYS + \
            [f for f in FILES + LINKED if f.endswith('.c')]
        with ProcessPoolExecutor(JOBS) as pool:
            list(pool.map(compile_one, [(s, self.object(s, flags), flags) for s in sources
                                        for flags in ([], SANITIZE)]))

    def object(self, source, flags=()):
        kind = '.o' if not flags else '-sanitized.o'
        return os.path.join(self.folder, source.replace('/', '-')[:-2] + kind)

    def link(self, program, file, mutant, target, flags=()):
        """The test program with this object in the place of the file's own."""
        parts, wraps, _ = PROGRAMS[program]
        objects = [self.object(source_of(p), flags)
                   for p in parts + ['check_' + program, 'suite']]
        objects += [self.object(f, flags) for f in linked(program) if f != file]
        wrap = ['-Wl,--wrap=' + name for name in wraps + WRAPPED]
        need(['gcc', *flags, '-o', target, mutant, *objects, *wrap,
              *(self.object(s) for s in ALWAYS), *self.libraries])
        return target


def compile_one(job):
    source, target, flags = job
    # A header's inline functions are called, not inlined, so that its mutants are reached from all files.
    need(['gcc', *FLAGS, '-O1', '-fno-inline', *flags, '-c', source, '-o', target])


# ---- one mutant -----------------------------------------------------------------------------------

def limits(cpu_s):
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 26, 1 << 26))


def play(program, binary, number, wall_s, cpu_s, more=()):
    """Runs one test program, with more in its environment. KILLED, TIME or ALIVE."""
    env = dict(os.environ, MUTANT=str(number), ASAN_OPTIONS=ASAN_OPTIONS, **dict(more))
    process = subprocess.Popen([binary, *PROGRAMS[program][2]], cwd=ROOT, env=env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True,
                               preexec_fn=lambda: limits(cpu_s))
    try:
        status = process.wait(wall_s)
    except subprocess.TimeoutExpired:
        status = None
    try:
        os.killpg(process.pid, signal.SIGKILL) # and what it has started
    except ProcessLookupError:
        pass
    if status is None:
        process.wait()
    if status in (None, -signal.SIGXCPU):
        return TIME
    return ALIVE if status == 0 else KILLED


def play_all(job):
    """Runs the programs, each with these of its tests, until one fails."""
    number, programs, tests = job
    for (program, binary, wall_s, cpu_s), some in zip(programs, tests):
        fate = play(program, binary, number, wall_s, cpu_s, {'MUTANT_TESTS': some}) if some else ALIVE
        if fate != ALIVE:
            return fate
    return ALIVE


def time_clean(programs, reached=()):
    """The programs with their limits of time, from a run of the original, which has to pass; it can
    write to these files what it reaches."""
    timed = []
    for k, (program, binary) in enumerate(programs):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        note = {'MUTANT_REACHED': reached[k]} if reached else {}
        if play(program, binary, 0, 300, 300, note) != ALIVE:
            raise RuntimeError('check_%s fails without a mutant' % program)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        timed.append((program, binary, 5 + 6 * (time.monotonic() - start), 2 + int(5 * cpu)))
    return timed


def read_reached(path):
    """{statement: [(test, round)]} of one program."""
    reached = {}
    with open(path) as file:
        for line in file:
            place, *statements = line.split()
            for number in statements:
                reached.setdefault(int(number), []).append(tuple(map(int, place.split(':'))))
    return reached


def list_of(rounds):
    """As stop.c reads it: "TEST:FROM-TO ...", from [(test, round)], which is sorted."""
    ranges = []
    for test, number in rounds:
        if ranges and ranges[-1][0] == test and ranges[-1][2] == number - 1:
            ranges[-1][2] = number
        else:
            ranges.append([test, number, number])
    return ' '.join('%d:%d-%d' % tuple(r) for r in ranges)


# ---- the mutants of a file -------------------------------------------------------------------------

class Run:
    """All mutants of a file: self.mutants[number], self.fates[number]."""

    def __init__(self, build, pool, file, chosen, listed):
        self.build, self.pool, self.file = build, pool, file
        self.unit = UNITS.get(file, file)
        self.folder = tempfile.mkdtemp(dir=build.folder)
        with open(os.path.join(ROOT, file)) as text:
            self.source = Source(file, text.read(), WORDING.get(file))
        self.assembly = need(['gcc', *FLAGS, '-O0', '-g1', '-mno-red-zone', '-S', self.unit, '-o', '-'])
        self.statements = self.source.statements()
        self.reached = [] # of each program: {statement: [(test, round)]}
        self.mutants, number = {}, 1
        self.jumps = []
        for mutant in self.source.mutants():
            self.mutants[number] = mutant
            number += 1
        for branch in branches.branches(file, self.source.text, self.assembly):
            self.jumps.append((number, branch))
            self.mutants[number] = branch
            number += 1
        self.all_names = {m.name() for m in self.mutants.values()}
        self.count = len(self.mutants)
        self.fates = {n: LISTED for n, m in self.mutants.items() if chosen(m) and m.name() in listed}
        self.chosen = {n for n, m in self.mutants.items() if chosen(m)} - set(self.fates)

    def path(self, name):
        return os.path.join(self.folder, name)

    def in_functions(self):
        return [(n, m) for n, m in self.mutants.items()
                if n in self.chosen and m.function != '-' and n not in dict(self.jumps) and
                self.fates.get(n) != INVALID]

    def compile_schema(self, flags, target):
        """Leaves out, and marks, the mutants that do not compile."""
        name = os.path.basename(self.file)
        while True:
            text, places = schema.of_source(self.source, self.in_functions())
            path = place_unit(self.folder, self.file, text)
            done = run(['gcc', *FLAGS, *flags, '-c', path, '-o', target])
            if done.returncode == 0:
                return
            lines = [int(n) for n in re.findall(r'%s:(\d+):\d+: error' % re.escape(name),
                                                done.stderr)]
            bad = [n for n, (first, last) in places.items()
                   if any(first <= line <= last for line in lines)]
            if not bad:
                raise RuntimeError(done.stderr)
            self.fates.update((n, INVALID) for n in bad)

    def programs(self, mutant, flags=(), reached=()):
        return time_clean([(p, self.build.link(p, self.unit, mutant, self.path(p + '-' + str(
            len(os.listdir(self.folder)))), flags)) for p in TESTS[self.file]], reached)

    def note_reached(self, mutant):
        """Runs the original in the program of mutants; returns the programs."""
        paths = [self.path('reached-' + p) for p in TESTS[self.file]]
        programs = self.programs(mutant, (), paths)
        self.reached = [read_reached(p) for p in paths]
        return programs

    def statement_of(self, number):
        """The smallest statement that all of the mutant's changes, or the jump's line, are in."""
        mutant = self.mutants[number]
        if isinstance(mutant, branches.Branch):
            start, end = self.source.line_span(mutant.number)
        else:
            start, end = min(e[0] for e in mutant.edits), max(e[1] for e in mutant.edits)
        around = [(last - first, k) for k, (first, last, _) in enumerate(self.statements)
                  if first <= start and end <= last]
        return min(around)[1] if around else None

    def tests_of(self, number):
        """For each program, which of its tests reach the mutant."""
        place = self.statement_of(number)
        if place is None: # a function's head: all
            return [list_of(sorted({r for some in reached.values() for r in some}))
                    for reached in self.reached]
        return [list_of(reached.get(place, [])) for reached in self.reached]

    def play(self, numbers, programs):
        jobs = [(n, programs, self.tests_of(n)) for n in numbers]
        for number, fate in zip(numbers, self.pool.map(play_all, jobs)):
            self.fates[number] = fate

    def run(self):
        source = self.path('source.o')
        self.compile_schema(['-O0'], source)
        self.play([n for n, _ in self.in_functions()], self.note_reached(source))
        self.run_tables()
        self.compare_code()
        self.run_sanitized()
        self.run_assembly()

    def run_assembly(self):
        jumps = [n for n, _ in self.jumps if n in self.chosen]
        path, target = self.path('jumps.s'), self.path('jumps.o')
        with open(path, 'w') as file:
            file.write(schema.of_assembly(self.assembly, self.jumps))
        need(['gcc', '-c', path, '-o', target])
        if jumps:
            self.play(jumps, self.programs(target))

    def run_tables(self):
        """Mutants outside of functions have a program each."""
        tables = [n for n, m in self.mutants.items() if n in self.chosen and m.function == '-']
        if not tables:
            return
        timed = time_clean([(p, self.build.link(p, self.unit, self.build.object(self.unit),
                                                self.path('table-' + p)))
                            for p in TESTS[self.file]])
        jobs = [(self.build, self.file, self.mutants[n].apply(self.source.text),
                 self.path('table%d' % n), timed) for n in tables]
        for number, fate in zip(tables, self.pool.map(play_table, jobs)):
            self.fates[number] = fate

    def alive(self):
        return [n for n in sorted(self.fates) if self.fates[n] == ALIVE and
                n not in dict(self.jumps)]

    def run_sanitized(self):
        numbers = [n for n in self.alive() if self.mutants[n].function != '-']
        if not numbers:
            return
        target = self.path('sanitized.o')
        self.compile_schema(['-O0', *SANITIZE], target)
        self.play(numbers, self.programs(target, SANITIZE))

    def compare_code(self):
        """Those that live and are the same code as the original are no mutants."""
        original = code_of((self.path('same'), self.file, self.source.text))
        numbers = self.alive()
        jobs = [(self.path('same%d' % n), self.file, self.mutants[n].apply(self.source.text))
                for n in numbers]
        for number, code in zip(numbers, self.pool.map(code_of, jobs)):
            if code == original:
                self.fates[number] = SAME


def place_unit(folder, file, text):
    """Writes the file to a folder, and for a header what is compiled for it beside it. Returns what
    is to be compiled."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, os.path.basename(file)), 'w') as out:
        out.write(text)
    unit = UNITS.get(file, file)
    path = os.path.join(folder, os.path.basename(unit))
    if unit != file:
        shutil.copyfile(os.path.join(ROOT, unit), path)
    return path


def play_table(job):
    build, file, text, base, timed = job
    path = place_unit(base, file, text)
    if run(['gcc', *FLAGS, '-O0', '-c', path, '-o', base + '.o']).returncode != 0:
        return INVALID
    for program, _, wall_s, cpu_s in timed:
        binary = build.link(program, UNITS.get(file, file), base + '.o', base + '.test')
        fate = play(program, binary, 0, wall_s, cpu_s)
        os.unlink(binary)
        if fate != ALIVE:
            return fate
    return ALIVE


def code_of(job):
    folder, file, text = job
    path, target = place_unit(folder, file, text), os.path.join(folder, 'code.o')
    if run(['gcc', *FLAGS, '-O2', '-g0', '-c', path, '-o', target]).returncode != 0:
        return None
    with open(target, 'rb') as code:
        return code.read()


# ---- those that are accepted -----------------------------------------------------------------------

def read_accepted():
    """{name: kind}. A paragraph is "kind: reason", on one line or more, and mutants, a line each."""
    accepted, kind = {}, None
    with open(os.path.join(ROOT, 'tests/mutation/accepted.txt')) as file:
        for line in file.read().split('\n'):
            begins = re.match(r'(equivalent|proof|accepted): ', line)
            if begins:
                kind = begins.group(1)
            elif ' | ' in line:
                accepted[line] = kind
    return accepted


def sampled(mutant):
    share = SAMPLE.get(mutant.file, SAMPLE[mutant.file.split('/')[0]])
    return int(hashlib.sha256(mutant.name().encode()).hexdigest(), 16) % 100 < share


def report(r, accepted):
    """Names a file's mutants that live and are not in the list, which those of proto/ have to be, and
    those that are and do not live. True when nothing is wrong."""
    good, fates = True, {}
    for n, fate in r.fates.items():
        fates.setdefault(r.mutants[n].name(), set()).add(fate)
    for name, some in fates.items():
        if ALIVE in some and name not in accepted:
            print('# lives: ' + name)
            good = good and not r.file.startswith('proto')
        if name in accepted and some <= {KILLED, SAME, INVALID}:
            print('# listed, and does not live: ' + name)
            good = False
    return good


def report_unknown(runs, accepted):
    """Names what is listed for these files, or for one that does not exist, and is no mutant."""
    others = set(FILES) - {r.file for r in runs}
    listed = {name for name in accepted if name.split(' | ')[0] not in others}
    unknown = listed.difference(*(r.all_names for r in runs))
    for name in sorted(unknown):
        print('# no such mutant: ' + name)
    return not unknown


def count(runs, folder, accepted):
    """The numbers of a folder: what, how many there are, mutants run, killed, of these by time,
    equivalent by list, left to proofs."""
    fates = [(f, r.mutants[n]) for r in runs if r.file.startswith(folder)
             for n, f in r.fates.items() if f not in (INVALID, SAME)]
    lists = [accepted.get(m.name()) for f, m in fates if f in (ALIVE, LISTED)]
    return {'mutants': len(fates), 'killed': sum(f in (KILLED, TIME) for f, _ in fates),
            'time': sum(f == TIME for f, _ in fates), 'equivalent': lists.count('equivalent'),
            'proof': lists.count('proof'),
            'jumps': sum(isinstance(m, branches.Branch) for _, m in fates),
            'all': sum(r.count for r in runs if r.file.startswith(folder)),
            'chosen': sum(len(r.chosen | set(r.fates)) for r in runs if r.file.startswith(folder)),
            'same': sum(f == SAME for r in runs if r.file.startswith(folder)
                        for f in r.fates.values())}


def count_part(runs, part, accepted):
    """The same of proto, of src without the engine, or of the engine."""
    engine = part == 'the engine'
    return count([r for r in runs if (r.file in ENGINE) == engine], 'src' if engine else part, accepted)


def print_reached(runs, accepted):
    for folder in ('proto', 'src', 'the engine', 'bench'):
        c = count_part(runs, folder, accepted)
        if c['mutants'] == 0:
            continue
        real = c['mutants'] - c['equivalent']
        print('# reached: 10. mutation of %s/ | %s of %s mutants, %s of them branches in the '
              'assembly; %s are the same code and %s equivalent by a list with reasons | %s of %s '
              'killed by tests, %.1f %% (%s by a limit of time), %s by proofs' %
              (folder, f"{c['chosen']:,}", f"{c['all']:,}", f"{c['jumps']:,}", c['same'],
               c['equivalent'], f"{c['killed']:,}", f'{real:,}', 100 * c['killed'] / real,
               c['time'], c['proof']))


def main():
    full = '--full' in sys.argv
    only = [a for a in sys.argv[1:] if a != '--full']
    if any(a.split(':')[0] not in FILES for a in only):
        print(__doc__, file=sys.stderr)
        return 2

    def chosen(mutant):
        if only:
            return mutant.file in only or mutant.file + ':' + mutant.function in only
        return full or sampled(mutant)

    files = [f for f in FILES if not only or any(o.split(':')[0] == f for o in only)]
    folder = tempfile.mkdtemp(prefix='mcwire-')
    os.environ['TMPDIR'] = folder
    os.chmod(folder, 0o711)
    accepted, runs, good = read_accepted(), [], True
    try:
        build = Build(folder)
        for file in files:
            start = time.monotonic()
            with ProcessPoolExecutor(JOBS * WAITING.get(file, 1)) as pool:
                runs.append(Run(build, pool, file, chosen, () if full else accepted))
                runs[-1].run()
            print('# %s: %d s' % (file, time.monotonic() - start))
            good = report(runs[-1], accepted) and good
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    good = report_unknown(runs, accepted) and good
    print('ok 1' if good else 'not ok 1', '- every mutant of proto/ is found out, or in the list')
    for k, (part, least) in enumerate((('proto', 97), ('src', 90), ('the engine', 90), ('bench', 97)), 2):
        c = count_part(runs, part, accepted)
        real = c['mutants'] - c['equivalent']
        enough = c['killed'] * 100 >= least * real
        print('ok' if enough else 'not ok', k, '- tests find out at least %d %% of %s/: %d of %d, '
              'less %d equivalent' % (least, part, c['killed'], c['mutants'], c['equivalent']))
        good = good and enough
    print_reached(runs, accepted)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print('# %d CPU seconds' % (used.ru_utime + used.ru_stime))
    print('1..5')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
