"""What a file of C declares, defines and uses, found by plain parsing: no preprocessor is run, and
all branches of an #if are read as if they were there."""

import re
from collections import namedtuple

# lines: those between the braces; calls: the names that are followed by a parenthesis; uses: all
# names of an initializer.
Function = namedtuple("Function", "name static params lines calls")
Data = namedtuple("Data", "name static extern uses")

SKIPPED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
CPLUSPLUS = re.compile(r"^[ \t]*#[ \t]*ifdef[ \t]+__cplusplus\b.*?^[ \t]*#[ \t]*endif\b[^\n]*",
                       re.DOTALL | re.MULTILINE)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
DEFINE = re.compile(r"[ \t]*#[ \t]*define[ \t]+(\w+)")
CALL = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(")
WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
TAG = re.compile(r"\b(?:struct|union|enum)\s+(\w+)\s*\{")
KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "do", "else", "case", "_Alignof"}


def blank(match):
    """As many spaces as the text had characters, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match.group())


def closing(text, start, pair):
    """Where the bracket at `start` is closed; the end of the text when it is not."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] == pair[0]:
            depth += 1
        elif text[place] == pair[1]:
            depth -= 1
            if depth == 0:
                return place
    return len(text)


def opening(text, end):
    """Where the parenthesis that `end` closes is opened; -1 when it is not."""
    depth = 0
    for place in range(end, -1, -1):
        if text[place] == ")":
            depth += 1
        elif text[place] == "(":
            depth -= 1
            if depth == 0:
                return place
    return -1


def without_attributes(text):
    while True:
        match = re.search(r"\b(?:__attribute__|__asm__|__asm|_Alignas|_Static_assert)\s*\(", text)
        if match is None:
            return text
        end = closing(text, match.end() - 1, "()")
        text = text[:match.start()] + " " + text[end + 1:]


def split(text):
    """At the commas that are in no brackets."""
    parts, depth, start = [], 0, 0
    for place, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in parts + [text[start:]] if part.strip()]


def function_head(head):
    """(name, parameters) of what ends like a function, also one that returns a function; None."""
    head = head.rstrip()
    if not head.endswith(")"):
        return None
    start = opening(head, len(head) - 1)
    before = head[:max(start, 0)].rstrip()
    name = re.search(r"([A-Za-z_]\w*)$", before)
    if name:
        params = split(head[start + 1:-1])
        return name.group(1), 0 if params == ["void"] else len(params)
    if before.endswith(")"):
        return function_head(before[opening(before, len(before) - 1) + 1:-1])
    return None


class Source:
    """One file: its includes, macros, functions, prototypes, data, constants and tags."""

    def __init__(self, path, text):
        self.path = path
        self.functions, self.prototypes, self.data = [], [], []
        self.constants, self.tags, self.typedefs, self.macros = [], [], [], []
        code = SKIPPED.sub(blank, text)
        # The names of quoted headers are blank in the code; that they are no comment is not.
        self.includes = [(kind, name) for kind, name, at in
                         ((m.group(1), m.group(2), m.start(1)) for m in INCLUDE.finditer(text))
                         if code[text.rfind("#", 0, at)] == "#"]
        self.macros = DEFINE.findall(code)
        code = CPLUSPLUS.sub(blank, code)
        self.read(DIRECTIVE.sub(blank, code))

    def read(self, code):
        start = place = 0
        while place < len(code):
            if code[place] == ";":
                self.declaration(code[start:place])
                start = place + 1
            elif code[place] == "{":
                end = closing(code, place, "{}")
                head = without_attributes(code[start:place])
                if "=" not in head and function_head(head):
                    self.function(head, code[place + 1:end])
                    start = end + 1
                place = end
            place += 1

    def function(self, head, body):
        name, params = function_head(head)
        calls = set(CALL.findall(body)) - KEYWORDS
        self.functions.append(Function(name, bool(re.search(r"\bstatic\b", head)), params,
                                       max(body.count("\n") - 1, 0), calls))

    def declaration(self, text):
        text = without_attributes(text).strip()
        self.tags += TAG.findall(text)
        for match in re.finditer(r"\benum\b[^{};]*\{", text):
            inside = text[match.end():closing(text, match.end() - 1, "{}")]
            self.constants += [re.match(r"\w+", part).group() for part in split(inside)]
        if text.startswith("typedef"):
            self.typedefs += self.declared(text)
            return
        static = bool(re.search(r"^(\w+\s+)*static\b", text))
        extern = bool(re.search(r"^(\w+\s+)*extern\b", text))
        parts = split(self.without_body(text))
        head = function_head(parts[-1] if parts else "")
        if head and "=" not in text:
            self.prototypes.append((function_head(self.without_body(text))[0], static))
            return
        uses = set(WORD.findall(text[text.find("="):])) if "=" in text else set()
        self.data += [Data(name, static, extern, uses) for name in self.declared(text)]

    @staticmethod
    def without_body(text):
        """With "int" for a struct, a union or an enum that is spelled out."""
        match = re.search(r"\b(?:struct|union|enum)\b[\s\w]*\{", text)
        if match is None or "=" in text[:match.start()]:
            return text
        end = closing(text, match.end() - 1, "{}")
        return text[:match.start()] + "int" + text[end + 1:]

    def declared(self, text):
        """The names that a declaration gives: int a, *b[2] = {0}, (*c)(int); of a typedef also the
        name of a function's type."""
        names = []
        for part in split(self.without_body(text)):
            part = part.split("=")[0].rstrip()
            head = function_head(part)
            part = part.split("[")[0].rstrip()
            pointer = re.search(r"\(\s*\*\s*(?:const\s+)?(\w+)", part)
            word = pointer or re.search(r"(\w+)$", part)
            # "struct name" alone and what was a type spelled out give no name.
            if head and not pointer:
                names.append(head[0])
            elif word and (pointer or names or not re.fullmatch(
                    r"(\w+\s+)*((struct|union|enum)\s+\w+|int)", part)):
                names.append(word.group(1))
        return names

    def local_names(self):
        """What is known in this file alone, if it is no header."""
        return [f.name for f in self.functions if f.static] + \
            [d.name for d in self.data if d.static] + self.constants + self.macros + self.tags + \
            self.typedefs
