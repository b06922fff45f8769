"""Holds together what the tables of options of mcwire, squares and mcload make, and what is written
beside it: --help, the manual pages, the completions of three shells; prints TAP.
usage: check_manual.py MCWIRE SQUARES MCLOAD TOP-FOLDER"""

import os
import re
import shutil
import subprocess
import sys
import traceback

MCWIRE, SQUARES, MCLOAD, TOP = [os.path.abspath(path) for path in sys.argv[1:5]]
PAGES = ["src/man/%s.1" % name for name in ("mcwire", "squares", "mcload")]
BENCH_COLUMN = 26  # where squares and mcload begin to explain an option
SHELLS = ["bash", "zsh", "fish"]


class Skip(Exception):
    """A tool is missing."""


def run(*command, given=""):
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def output(*command):
    status, out, said = run(MCWIRE, *command)
    assert (status, said) == (0, ""), (command, status, said)
    return out


def source(path):
    with open(TOP + "/" + path, encoding="utf-8") as file:
        return file.read()


# ---- what there is: {"get KEY...": ["-0", ...]}, and "" for the options of all -------------------


def options_in(text):
    """-s, --server ADDRESS"""
    return [" ".join(match.group(1).split()) for match in
            re.finditer(r"^  (-\S+(?:, -\S+)?(?: \S+)?)(?:  |$)", text, re.MULTILINE)]


def table_in_help():
    top = output("--help")
    table = {"": options_in(top)}
    for name in re.findall(r"^  ([a-z]+) ", top.split("\nOptions:")[0], re.MULTILINE):
        own = output(name, "-h")
        usage = own.split("\n")[0].removeprefix("Usage: mcwire ").replace(" [OPTION]...", "")
        table[re.sub(r" ?\| ?", "|", usage)] = options_in(own)
    return table


def plain(words):
    """The text of a line of macros."""
    text, before, ends = "", "", ""
    for word in words:
        if word == "Op":
            before, ends = before + " [", ends + "]"
        elif word == "Oo":
            before = " ["
        elif word == "Oc":
            text += "]"
        elif word == "Fl":
            before = (before or " ") + "-"
        elif word not in ("Ar", "Cm"):
            text += (before or " ") + word
            before = ""
    return re.sub(r" ?\| ?", "|", text + ends).strip().replace(" , ", ", ")


def table_in_page(path="src/man/mcwire.1"):
    table, command = {}, ""
    for line in source(path).split("\n"):
        words = line.split()
        if words[:1] == [".Sh"]:
            command = "" if words[1] == "OPTIONS" else None
        elif words[:2] == [".It", "Cm"]:
            command = plain(words[1:])
            table[command] = []
        elif words[:2] == [".It", "Fl"]:
            table.setdefault(command, []).append(plain(words[1:]))
    return table


# ---- what squares and mcload have: {"--runs N": "number of runs (10)", ...} ----------------------


def explained_in_help(program):
    table, option = {}, None
    for line in run(program, "--help")[1].split("\n\n")[1].split("\n"):
        if line.startswith("  -"):
            option = line[:BENCH_COLUMN].strip()
            table[option] = ""
        table[option] += " " + line[BENCH_COLUMN:].strip()
    return table


def explained_in_page(path):
    table, option = {}, None
    for line in source(path).split(".Sh OPTIONS")[1].split("\n.El")[0].split("\n"):
        if line.startswith(".It Fl"):
            option = plain(line.split()[1:])
            table[option] = ""
        elif option:
            table[option] += " " + re.sub(r"^\.[A-Z][a-z] ", "", line)
    return table


def page_of(program):
    return "src/man/%s.1" % os.path.basename(program)


def section(path, name):
    return source(path).split(".Sh " + name)[1].split(".Sh")[0]


# ---- the checks ----------------------------------------------------------------------------------


def check_programs():
    """The pages of squares and mcload have the options of --help, in its order."""
    for program in (SQUARES, MCLOAD):
        shown = explained_in_help(program)
        assert len(shown) > 10, shown
        assert list(shown) == list(explained_in_page(page_of(program))), list(shown)


def check_defaults():
    """The page has the default, which --help has in parentheses."""
    count = 0
    for program in (SQUARES, MCLOAD):
        page = explained_in_page(page_of(program))
        for option, text in explained_in_help(program).items():
            for default in re.findall(r"\((\S+?)(?:, [^)]*)?\)", text):
                count += 1
                pattern = r"default is %s(?!\w)" % re.escape(default)
                assert re.search(pattern, page[option]), (option, default, page[option])
    assert count > 20, count


def check_program_statuses():
    """The pages of squares and mcload have the statuses of --help, and the variables of the source."""
    for program, folder in ((SQUARES, "squares"), (MCLOAD, "load")):
        shown = run(program, "--help")[1].split("Exit status:")[1]
        written = re.findall(r"^\.It (\d+)", section(page_of(program), "EXIT STATUS"), re.MULTILINE)
        assert re.findall(r"\b\d+\b", shown) == written, (shown, written)
        read = set()
        files = ["bench/%s/%s" % (folder, name) for name in os.listdir(TOP + "/bench/" + folder)]
        shared = ["screen"] + ["login"] * (program == MCLOAD)  # screen.c shows --trace
        for name in files + ["src/tool/%s.c" % name for name in shared]:
            read |= set(re.findall(r'getenv\("(\w+)"\)', source(name)))
        named = set(re.findall(r"^\.It Ev (\w+)", source(page_of(program)), re.MULTILINE))
        assert read == named, (read, named)


def check_commands():
    """The page has the commands of the table, with their arguments, in its order."""
    shown, written = table_in_help(), table_in_page()
    assert len(shown) > 15, shown
    assert list(shown) == list(written), set(shown) ^ set(written)


def check_options():
    """The page has the options of each command, with their values, in the table's order."""
    shown, written = table_in_help(), table_in_page()
    assert sum(len(options) for options in shown.values()) > 20, shown
    for command, options in shown.items():
        assert options == written[command], (command, options, written[command])


def check_statuses():
    """Page and --help have the statuses of the source."""
    known = set(re.findall(r"STATUS_\w+ = (\d+)", source("src/tool/status.h")))
    page = section("src/man/mcwire.1", "EXIT STATUS")
    assert len(known) == 10, known
    assert set(re.findall(r"^\.It (\d+)", page, re.MULTILINE)) == known, page
    shown = output("--help").split("Exit status:")[1]
    assert set(re.findall(r"\b\d+\b", shown)) == known, shown


def check_environment():
    """The page has the variables that the source reads."""
    folder = TOP + "/src/tool"
    read = set()
    for name in os.listdir(folder):
        if name.endswith(".c"):
            read |= set(re.findall(r'getenv\("(\w+)"\)', source("src/tool/" + name)))
    page = section("src/man/mcwire.1", "ENVIRONMENT")
    assert read == set(re.findall(r"^\.It Ev (\w+)", page, re.MULTILINE)), (read, page)


def check_lint():
    """mandoc finds nothing wrong with the pages."""
    if not shutil.which("mandoc"):
        raise Skip("no mandoc")
    _, out, said = run("mandoc", "-Tlint", *[TOP + "/" + page for page in PAGES])
    # Whether the pages that they name are installed here is no fault of theirs.
    found = [line for line in (out + said).splitlines()
             if "mandoc.db" not in line and "referenced manual not found" not in line]
    assert not found, found
    assert "STYLE" in run("mandoc", "-Tlint", given=source("src/man/mcwire.1") + "x \n")[1]


def check_completion_usage():
    status, out, said = run(MCWIRE, "completion", "tcsh")
    assert (status, out) == (2, "") and "not one of bash|zsh|fish" in said, (status, said)


def check_syntax():
    """Each shell reads its script."""
    missing = [shell for shell in SHELLS if not shutil.which(shell)]
    for shell in SHELLS:
        script = output("completion", shell)
        assert script.isascii() and len(script) > 1000, script
        if shell not in missing:
            status, _, said = run(shell, "-n", "/dev/stdin", given=script)
            assert (status, said) == (0, ""), (shell, said)
    if missing:
        raise Skip("no " + " and no ".join(missing))


def complete_in_bash(*words):
    """What bash offers for the last word."""
    text = output("completion", "bash") + """
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_mcwire
printf '%s\\n' "${COMPREPLY[@]}"
"""
    status, out, said = run("bash", "-c", text, "bash", "mcwire", *words)
    assert (status, said) == (0, ""), said
    return out.split()


def check_bash():
    """What bash offers: commands, options of the command, and words of an option."""
    names = {usage.split()[0] for usage in table_in_help() if usage}
    assert names <= set(complete_in_bash("")), complete_in_bash("")
    assert complete_in_bash("de") == ["delete", "decr"]
    assert complete_in_bash("-s", "localhost", "de") == ["delete", "decr"]
    assert complete_in_bash("get", "--to") == ["--touch"]
    assert complete_in_bash("--json", "get", "--field", "") == ["value", "flags", "cas", "size",
                                                                 "ttl"]
    assert complete_in_bash("get", "--field", "=", "s") == ["size"]
    assert complete_in_bash("get", "--field", "=") == ["value", "flags", "cas", "size", "ttl"]
    assert complete_in_bash("meta", "m") == ["mg", "ms", "md", "ma", "me", "mn"]
    assert complete_in_bash("set", "--tou") == []
    for usage, options in table_in_help().items():
        for option in options:
            name = option.split()[0].strip(",")
            assert name in complete_in_bash(*usage.split()[:1], name), (usage, name)


def check_fish():
    """The same of fish."""
    if not shutil.which("fish"):
        raise Skip("no fish")

    def offered(line):
        script = output("completion", "fish") + "complete -C 'mcwire %s'" % line
        status, out, said = run("fish", "--no-config", "-c", script)
        assert (status, said) == (0, ""), said
        return [word.split("\t")[0] for word in out.splitlines()]

    assert sorted(offered("de")) == ["decr", "delete"]
    assert sorted(offered("get --field ")) == ["cas", "flags", "size", "ttl", "value"]
    assert offered("get --to") == ["--touch"]
    assert offered("completion z") == ["zsh"]
    assert offered("set --tou") == []


def main():
    checks = [check_commands, check_options, check_statuses, check_environment, check_programs,
              check_defaults, check_program_statuses, check_lint,
              check_completion_usage, check_syntax, check_bash, check_fish]
    failed = False
    print("1..%d" % len(checks))
    for number, check in enumerate(checks, 1):
        try:
            check()
            print("ok %d - %s" % (number, check.__name__), flush=True)
        except Skip as skip:
            print("ok %d - %s # SKIP %s" % (number, check.__name__, skip), flush=True)
        except Exception:
            failed = True
            print("not ok %d - %s" % (number, check.__name__))
            print(re.sub("^", "# ", traceback.format_exc(), flags=re.MULTILINE), flush=True)
    return failed


sys.exit(main())
