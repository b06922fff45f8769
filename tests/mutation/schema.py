"""All mutants of a file in one program, which is told by a number which of them it is."""

import re

HEAD = 'extern int mutant_is;\nextern unsigned char mutant_reached[];\n'


def of_source(source, mutants):
    """A copy of its function for each mutant in one, and at the start of each function a choice
    between its copies; each statement of the original notes that it was reached. Returns the text,
    and for each mutant the lines where its copy is."""
    text, places, at, notes = [HEAD], {}, 0, notes_of(source)
    by_function = {}
    for number, mutant in mutants:
        by_function.setdefault(mutant.function, []).append((number, mutant))
    for function in sorted(source.bodies.values(), key=lambda f: f.start):
        text.append(source.text[at:function.start])
        for number, mutant in by_function.get(function.name, []):
            first = sum(part.count('\n') for part in text) + 1
            text.append(copy_of(source, function, number, mutant))
            places[number] = (first, first + text[-1].count('\n') - 1)
        text.append(source.text[function.start:function.body])
        text.append(choice(function, by_function.get(function.name, [])))
        text.append(noted(source.text, notes, function.body + 1, function.end))
        at = function.end
    text.append(source.text[at:])
    return ''.join(text), places


def notes_of(source):
    """What makes each statement note that it is reached: {place: what is inserted there}."""
    notes = {}
    for number, (start, end, alone) in enumerate(source.statements()):
        notes[start] = '%smutant_reached[%d] = 1; ' % ('{ ' if alone else '', number)
        if alone:
            notes[end] = ' }'
    return notes


def noted(text, notes, start, end):
    """This part of the text with the notes that belong there."""
    parts = []
    for place in sorted(p for p in notes if start <= p <= end):
        parts += [text[start:place], notes[place]]
        start = place
    return ''.join(parts) + text[start:end]


def copy_of(source, function, number, mutant):
    """The function, changed, under a name of its own."""
    head = source.text[function.start:function.name_start]
    head = re.sub(r'\b(static|inline|extern)\b', '', head)
    rest = mutant.apply(source.text, function.name_start + len(function.name), function.end)
    return '\nstatic %s%s__%d%s\n' % (head, function.name, number, rest)


def choice(function, mutants):
    arguments = ', '.join(function.arguments)
    lines = ['{']
    if mutants:
        lines.append('switch (mutant_is) {')
    for number, _ in mutants:
        call = '%s__%d(%s);' % (function.name, number, arguments)
        lines.append('case %d: ' % number + (call + ' return;' if function.kind == ['void']
                                              else 'return ' + call))
    if mutants:
        lines.append('default: break; }')
    return '\n'.join(lines)


def of_assembly(assembly, branches):
    """Each jump is taken or not as the number says. Needs -mno-red-zone."""
    lines = assembly.split('\n')
    for (number, always), (other, _) in zip(branches[::2], branches[1::2]):
        jump = lines[always.place]
        target = jump.split()[1]
        label = '.Lmutant%d' % number
        lines[always.place] = '\n'.join([
            '\tpushfq', '\tcmpl\t$%d, mutant_is(%%rip)' % number, '\tje\t%s_always' % label,
            '\tcmpl\t$%d, mutant_is(%%rip)' % other, '\tje\t%s_never' % label, '\tpopfq', jump,
            '\tjmp\t%s_end' % label, label + '_always:', '\tpopfq', '\tjmp\t' + target,
            label + '_never:', '\tpopfq', label + '_end:'])
    return '\n'.join(lines)
