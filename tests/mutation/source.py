"""Mutants of C source: small changes that a test should notice, made on its tokens. Comments (with
the contracts in them), #include lines and texts for people are left alone. The source is taken to
be formatted as .clang-format says: a binary operator has a space on both sides, a unary one not."""

import re

TOKEN = re.compile(r'''(?P<skip>/\*.*?\*/|//[^\n]*|^[ \t]*\#[ \t]*(?!define)\w+(?:[^\n]*\\\n)*[^\n]*)
                     |(?P<space>\s+)
                     |(?P<define>^[ \t]*\#[ \t]*define[ \t]+\w+(?:\([^)]*\))?)
                     |(?P<string>"(?:\\.|[^"\\])*")
                     |(?P<char>'(?:\\.|[^'\\])+')
                     |(?P<number>\b(?:0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*\b)
                     |(?P<word>[A-Za-z_]\w*)
                     |(?P<sign>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)''', re.X | re.S | re.M)

TYPES = set('''const static inline extern struct enum union unsigned signed char short int long void
bool size_t ptrdiff_t float double typedef socklen_t'''.split())
KEYWORDS = set('''if else for while do switch case default return break continue goto
sizeof'''.split()) | TYPES

# Replacements of binary operators. Those of a comparison are enough to stand for all its mutants,
# together with the branch that is always or never taken.
BINARY = {'<': ['<=', '!='], '<=': ['<', '=='], '>': ['>=', '!='], '>=': ['>', '=='],
          '==': ['<=', '>='], '!=': ['<', '>'], '&&': ['||'], '||': ['&&'], '+': ['-'], '-': ['+'],
          '*': ['/'], '/': ['*'], '%': ['*'], '<<': ['>>'], '>>': ['<<'], '&': ['|'], '|': ['&'],
          '^': ['&']}
ANY = {'+=': ['-=', '='], '-=': ['+=', '='], '|=': ['=', '&='], '&=': ['=', '|='], '++': ['--'],
       '--': ['++'], '!': [''], '~': ['']}


CONSTANT = re.compile(r'[A-Z][A-Z0-9_]*')
LIMIT = re.compile('MAX|MIN|SHORT|COUNT|END$|NEVER')
SYSTEM = ('NULL', 'AF_', 'O_', 'F_', 'FD_', 'MSG_', 'SO_', 'SOL_', 'SOCK_', 'TCP_', 'IPPROTO_',
          'POLL', 'CLOCK_', 'EA', 'EI', 'EC', 'EP', 'EW', 'AI_')


class Token:
    def __init__(self, kind, text, start):
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)


class Mutant:
    """Changes: for each edit, source[start:end] becomes `text`."""

    def __init__(self, file, function, line, what, edits):
        self.file, self.function, self.line, self.what = file, function, line, what
        self.edits = edits

    def name(self):
        return ' | '.join((self.file, self.function, self.line, self.what))

    def apply(self, source, start=0, end=None):
        """The source, or this part of it, with the changes."""
        part = source[start:end]
        for at, until, text in sorted(self.edits, reverse=True):
            part = part[:at - start] + text + part[until - start:]
        return part


class Function:
    """Where a function is, and how it is called. Token `brace` opens its body."""

    def __init__(self, source, brace):
        opening = self.matching(source, brace - 1)
        start = opening - 1
        while start > 0 and source.at(start - 1).text not in (';', '}'):
            start -= 1
        words = [source.at(k).text for k in range(start, opening - 1)]
        self.kind = [w for w in words if w not in ('static', 'inline', 'const', 'extern')]
        self.name = source.at(opening - 1).text
        self.start, self.name_start = source.at(start).start, source.at(opening - 1).start
        self.body, self.end = source.at(brace).start, None
        self.arguments = self.parameters(source, opening, brace - 1)

    @staticmethod
    def matching(source, k):
        depth = 0
        while True:
            depth += (source.at(k).text == ')') - (source.at(k).text == '(')
            if depth == 0:
                return k
            k -= 1

    @staticmethod
    def parameters(source, opening, closing):
        """The names of the parameters."""
        names, depth, last = [], 0, None
        for k in range(opening + 1, closing + 1):
            t = source.at(k)
            if depth == 0 and t.text == ',' or k == closing:
                if last not in (None, 'void'):
                    names.append(last)
                last = None
                continue
            if t.kind == 'word' and (depth == 0 or source.at(k - 1).text == '*' and
                                     source.at(k - 2).text == '(' and depth == 1):
                last = t.text
            depth += (t.text == '(') - (t.text == ')')
        return names

    def is_bool(self):
        return self.kind == ['bool']

    def is_number(self):
        return self.kind != ['void'] and not ('struct' in self.kind and '*' not in self.kind)


class Source:
    """A file's tokens, and in which function each of them is."""

    def __init__(self, file, text, wording=None):
        self.file, self.text, self.wording = file, text, wording
        self.macros = set(re.findall(r'^#define (\w+)\(', text, re.M)) | {'W'}
        self.tokens = [Token(m.lastgroup, m.group(), m.start()) for m in TOKEN.finditer(text)
                       if m.lastgroup not in ('space', 'skip', 'define')]
        self.find_functions()

    def find_functions(self):
        """self.functions[k]: the name of the function that token k is in, '-' outside."""
        self.functions, self.bodies, depth, current = [], {}, 0, None
        for k, t in enumerate(self.tokens):
            if t.text == '{':
                if depth == 0 and self.at(k - 1).text == ')':
                    current = Function(self, k)
                    self.bodies[current.name] = current
                depth += 1
            self.functions.append(current.name if current else '-')
            if t.text == '}':
                depth -= 1
                if depth == 0 and current:
                    current.end, current = t.end, None

    def at(self, k):
        return self.tokens[k] if 0 <= k < len(self.tokens) else Token('none', '', 0)

    def line_of(self, place):
        start = self.text.rfind('\n', 0, place) + 1
        end = self.text.find('\n', place)
        return ' '.join(self.text[start:end].rstrip('\\').split())

    def line_span(self, number):
        """From the first token of a line to the end of its last one."""
        start = 0
        for _ in range(number - 1):
            start = self.text.index('\n', start) + 1
        end = self.text.index('\n', start)
        inside = [t for t in self.tokens if start <= t.start < end]
        return (inside[0].start, inside[-1].end) if inside else (start, end)

    def which(self, k):
        """Which of its like on the line token k is: "" when it is the only one."""
        start = self.text.rfind('\n', 0, self.tokens[k].start) + 1
        end = self.text.find('\n', start)
        same = [t for t in self.tokens if start <= t.start < end and t.text == self.tokens[k].text]
        return '' if len(same) == 1 else ' (%d of %d)' % (same.index(self.tokens[k]) + 1, len(same))

    def spaced(self, k):
        t = self.tokens[k]
        return self.text[t.start - 1] in ' \n' and self.text[t.end] in ' \n'

    def closing(self, k):
        """The token that closes what token k opens."""
        depth = 0
        for j in range(k, len(self.tokens)):
            depth += self.tokens[j].text in ('(', '{', '[')
            depth -= self.tokens[j].text in (')', '}', ']')
            if depth == 0:
                return j
        return k

    def statement_end(self, k):
        depth = 0
        for j in range(k, len(self.tokens)):
            depth += self.tokens[j].text in ('(', '{', '[')
            depth -= self.tokens[j].text in (')', '}', ']')
            if depth == 0 and self.tokens[j].text == ';':
                return j
            if depth < 0:
                return None
        return None

    def starts_statement(self, k):
        before = self.at(k - 1)
        if self.functions[k] == '-' or self.tokens[k].text in (';', '{', '}'):
            return False
        if before.text in (';', '{', '}', 'else', 'do'):
            return not self.in_parentheses(k)
        if before.text == ':':
            return self.at(k - 3).text == 'case' or self.at(k - 2).text == 'default'
        return before.text == ')' and self.opens_with(k - 1) in ('if', 'for', 'while')

    def in_parentheses(self, k):
        depth = 0
        for j in range(k - 1, -1, -1):
            depth += self.tokens[j].text == ')'
            depth -= self.tokens[j].text == '('
            if depth < 0:
                return True
            if self.tokens[j].text in ('{', '}'):
                return False
        return False

    def opens_with(self, k):
        """The word before the parenthesis that token k closes."""
        depth = 0
        for j in range(k, -1, -1):
            depth += self.tokens[j].text == ')'
            depth -= self.tokens[j].text == '('
            if depth == 0:
                return self.at(j - 1).text
        return ''

    def statement_at(self, k, spans, alone=False):
        """Adds the statement that begins at token k, and those in it, to the spans: (first token, last
        token, whether it is the branch of another and has no braces). Returns its last token."""
        text = self.tokens[k].text
        if text == '{':
            k += 1
            while self.tokens[k].text != '}':
                k = self.statement_at(k, spans) + 1
            return k
        if text in ('case', 'default'):
            while self.tokens[k].text != ':':
                k += 1
            return k
        if text in ('if', 'while', 'for', 'switch'):
            end = self.statement_at(self.closing(k + 1) + 1, spans, True)
            if text == 'if' and self.at(end + 1).text == 'else':
                end = self.statement_at(end + 2, spans, True)
            if alone:
                return end # is reached with the one that it belongs to
        else:
            end = self.statement_end(self.statement_at(k + 1, spans, True) + 1 if text == 'do' else k)
        spans.append((k, end, alone))
        return end

    def statements(self):
        """The places of all statements in functions: (start, end, alone), as in statement_at()."""
        spans = []
        for function in self.bodies.values():
            first = next(k for k, t in enumerate(self.tokens) if t.start == function.body)
            self.statement_at(first, spans)
        return [(self.tokens[k].start, self.tokens[end].end, alone) for k, end, alone in spans]

    # ---- mutants ----

    def mutant(self, k, what, *edits):
        return Mutant(self.file, self.functions[k], self.line_of(self.tokens[k].start),
                      what + self.which(k), list(edits))

    def replace(self, k, *texts):
        t = self.tokens[k]
        for text in texts:
            yield self.mutant(k, '%s -> %s' % (t.text, text or 'nothing'), (t.start, t.end, text))

    def mutants(self):
        for k, t in enumerate(self.tokens):
            if t.kind == 'sign':
                if t.text in ANY:
                    yield from self.replace(k, *ANY[t.text])
                elif t.text in BINARY and self.spaced(k):
                    yield from self.binary(k)
            elif t.kind == 'number':
                yield from self.number(k)
            elif t.kind == 'char':
                yield from self.character(k)
            elif t.kind == 'string':
                yield from self.string(k)
            elif t.kind == 'word':
                yield from self.word(k)
            if self.starts_statement(k):
                yield from self.statement(k)

    def binary(self, k):
        """Where equal and not equal are all that matters, that is what is changed: at constants of no
        order, and at the end of a loop, which i != e meets as well as i < e."""
        text, right = self.tokens[k].text, self.at(k + 1)
        named = right.kind == 'char' or right.text == '0' or CONSTANT.fullmatch(right.text)
        if text in ('==', '!=') and named:
            yield from self.replace(k, '!=' if text == '==' else '==')
        elif text == '<' and self.in_loop(k):
            yield from self.replace(k, '<=')
        else:
            yield from self.replace(k, *BINARY[text])

    def in_loop(self, k):
        """In the head of a for or while."""
        depth = 0
        for j in range(k - 1, -1, -1):
            depth += self.tokens[j].text == ')'
            depth -= self.tokens[j].text == '('
            if depth < 0:
                return self.at(j - 1).text in ('for', 'while')
            if self.tokens[j].text in ('{', '}'):
                return False
        return False

    def number(self, k):
        if self.at(k - 1).text == '[' and self.functions[k] == '-':
            return # the size of a table
        digits = re.match(r'0[xX][0-9a-fA-F]+|[0-9]+', self.tokens[k].text).group()
        suffix, value = self.tokens[k].text[len(digits):], int(digits, 0)
        for near in [value + 1] + ([value - 1] if value > 0 else []):
            yield from self.replace(k, str(near) + suffix)

    def character(self, k):
        yield from self.replace(k, '(%s + 1)' % self.tokens[k].text)

    def string(self, k):
        text = self.tokens[k].text
        if len(text) < 3 or (self.wording is not None and re.search(self.wording, text)):
            return
        last = re.search(r'(\\.|[^"\\])"$', text).group(1)
        changed = {'\\n': '\\r', '\\r': '\\n', '\\0': '0'}.get(last, chr(ord(last[-1]) + 1))
        yield from self.replace(k, text[:-1 - len(last)] + changed + '"')

    def word(self, k):
        text = self.tokens[k].text
        if text in ('true', 'false'):
            yield from self.replace(k, 'false' if text == 'true' else 'true')
        elif text in ('break', 'continue'):
            if self.at(k + 1).text == ';':
                yield from self.replace(k, '' if text == 'break' else 'break')
        elif text in ('if', 'while') and self.at(k + 1).text == '(':
            end = self.tokens[self.closing(k + 1)]
            opening = self.tokens[k + 1]
            yield self.mutant(k, '%s (c) -> %s (!(c))' % (text, text),
                              (opening.end, opening.end, '!('), (end.start, end.start, ')'))
        elif text == 'return':
            yield from self.returned(k)
        elif CONSTANT.fullmatch(text) and self.at(k + 1).text not in ('(', '='):
            yield from self.constant(k, text)

    def constant(self, k, text):
        """A name of ours, where its value is used."""
        in_enum = self.functions[k] == '-' and self.at(k + 1).text in (',', '}')
        if text in self.macros or text.startswith(SYSTEM + ('MC_ANSWER_',)) or in_enum and not self.in_table(k):
            return
        if self.at(k - 1).text == '[' and self.functions[k] == '-':
            return # the size or a place of a table
        yield from self.replace(k, '(%s + 1)' % text)
        if LIMIT.search(text) and not text.startswith(('MC_E_', 'MC_END')):
            yield from self.replace(k, '(%s - 1)' % text)

    def in_table(self, k):
        """In a definition with an initializer, not among an enum's names."""
        while k >= 0 and self.at(k).text != ';':
            if self.at(k).text == 'enum' and self.at(k + 1).text == '{' or \
                    self.at(k).text == 'enum' and self.at(k + 2).text == '{':
                return False
            k -= 1
        return True

    def returned(self, k):
        end = self.statement_end(k)
        if end is None or end == k + 1:
            return
        value = self.text[self.tokens[k + 1].start:self.tokens[end].start]
        span = (self.tokens[k + 1].start, self.tokens[end].start)
        if self.functions[k] == '-':
            return # in a macro
        function = self.bodies[self.functions[k]]
        if function.is_bool() and value not in ('true', 'false'):
            yield self.mutant(k, 'return e -> return !e', (*span, '!(%s)' % value))
        elif not function.is_bool() and function.is_number() and value not in ('0', 'NULL'):
            yield self.mutant(k, 'return e -> return 0', (*span, '0'))

    def statement(self, k):
        first, second = self.tokens[k], self.at(k + 1)
        end = self.statement_end(k)
        if end is None or first.text in KEYWORDS or first.text == '(':
            return
        if first.kind == 'word' and (second.kind == 'word' or self.is_declaration(k)):
            return
        yield self.mutant(k, 'statement deleted', (first.start, self.tokens[end].start, ''))

    def is_declaration(self, k):
        """TYPE *NAME"""
        star = self.at(k + 1)
        return star.text == '*' and not self.spaced(k + 1)
