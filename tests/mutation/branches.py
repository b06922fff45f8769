"""Mutants of assembly, as gcc -O0 -S -g1 writes it for x86-64: each conditional jump is always
taken, or never."""

import re

FILE = re.compile(r'^\t\.file (\d+) (?:"[^"]*" )?"([^"]*)"')
LOC = re.compile(r'^\t\.loc (\d+) (\d+) \d+')
LABEL = re.compile(r'^([A-Za-z_]\w*):')
JUMP = re.compile(r'^\tj(?!mp)[a-z]+\t(\S+)')


class Branch:
    """One jump made unconditional in one way."""

    def __init__(self, file, function, line, what, place, text):
        self.file, self.function, self.what = file, function, what
        self.number, self.line = line # of the source
        self.place, self.text = place, text

    def name(self):
        return ' | '.join((self.file, self.function, self.line, self.what))

    def apply(self, assembly):
        lines = assembly.split('\n')
        lines[self.place] = self.text
        return '\n'.join(lines)


def branches(file, source, assembly):
    """All of a file. Named by the source line and by which of its jumps it is."""
    lines, function, at, found = source.split('\n'), '-', 0, []
    mine = {m.group(1) for m in map(FILE.match, assembly.split('\n'))
            if m and m.group(2).split('/')[-1] == file.split('/')[-1]}
    for place, text in enumerate(assembly.split('\n')):
        if LABEL.match(text):
            function = LABEL.match(text).group(1)
        elif LOC.match(text):
            at = int(LOC.match(text).group(2)) if LOC.match(text).group(1) in mine else 0
        elif JUMP.match(text) and at > 0:
            found.append((function, at, place, JUMP.match(text).group(1)))
    for function, at, place, target in found:
        same = [f[2] for f in found if f[:2] == (function, at)]
        which = 'jump %d of %d' % (same.index(place) + 1, len(same))
        line = (at, ' '.join(lines[at - 1].split()))
        yield Branch(file, function, line, which + ' always', place, '\tjmp\t' + target)
        yield Branch(file, function, line, which + ' never', place, '\tnop')
