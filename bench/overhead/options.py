"""The command line of overhead: its options, what each may be given with, and what is refused."""

import os
import re
from typing import NamedTuple

from figures import from_bytes
from results import CLIENTS, WORKS

# What the program does: measures, prints stored results, does one client's operations and nothing
# besides, or counts what has a limit.
MEASURE, FROM, ONLY, LIMITS = "measuring", "--from", "--only", "--instructions and --builds"


class Usage(Exception):
    """A command line that is refused, and why."""
    status = 2


class Option(NamedTuple):
    name: str
    read: object  # makes its value of a text, or raises ValueError; None: it takes none
    modes: tuple


def number(low, high):
    def read(text):
        if not re.fullmatch(r"[0-9]{1,10}", text) or not low <= int(text) <= high:
            raise ValueError("is not a number from %d to %d" % (low, high))
        return int(text)
    return read


def choice(*words):
    def read(text):
        if text not in words:
            raise ValueError("is not one of " + "|".join(words))
        return text
    return read


def names(known):
    def read(text):
        words = text.split(",")
        for word in words:
            if word not in known:
                raise ValueError("names '%s', which there is not; --help lists them" % word[:20])
        return words
    return read


def file_name(text):
    if not text:
        raise ValueError("names no file")
    return text


def processors(text):
    if not re.fullmatch(r"[0-9]{1,4},[0-9]{1,4}", text):
        raise ValueError("is not two numbers, as in 0,1")
    return [int(word) for word in text.split(",")]


WORK_NAMES = [work.name for work in WORKS]
PRINTED = (MEASURE, FROM)
OPTIONS = {option.name: option for option in [
    Option("--quick", None, (MEASURE,)),
    Option("--html", file_name, PRINTED),
    Option("--json", file_name, (MEASURE,)),
    Option("--format", choice("text", "json", "markdown"), PRINTED),
    Option("--from", file_name, (FROM,)),
    Option("--readme", None, PRINTED),
    Option("--anyway", None, PRINTED),
    Option("--works", names(WORK_NAMES), (MEASURE,)),
    Option("--clients", names(CLIENTS), (MEASURE,)),
    Option("--transport", choice("tcp", "unix"), (MEASURE, ONLY)),
    Option("--cores", choice("same", "apart"), (MEASURE,)),
    Option("--processors", processors, (MEASURE, ONLY, LIMITS)),
    Option("--rounds", number(1, 501), (MEASURE,)),
    Option("--slice-us", number(1, 1000000), (MEASURE,)),
    Option("--seed", number(0, 4294967295), (MEASURE,)),
    Option("--no-counts", None, (MEASURE,)),
    Option("--instructions", None, (LIMITS,)),
    Option("--builds", None, (LIMITS,)),
    Option("--python", file_name, (MEASURE, ONLY)),
    Option("--mcmc", file_name, (MEASURE, ONLY)),
    Option("--only", choice(*CLIENTS), (ONLY,)),
    Option("--work", choice(*WORK_NAMES), (ONLY,)),
    Option("--count", number(1, 1000000000), (ONLY,)),
    Option("--server", file_name, (ONLY,)),
    Option("--install-clients", None, ("bench/run overhead",)),  # which does not pass it on
    Option("--workers", file_name, (MEASURE, FROM, ONLY, LIMITS)),  # how bench/run starts it
    Option("--help", None, (MEASURE, FROM, ONLY, LIMITS)),
    Option("--version", None, (MEASURE, FROM, ONLY, LIMITS)),
]}


class Arguments(dict):
    """Options by their names, None for one that was not given; and the words that they were."""
    words = ()

    def __missing__(self, name):
        return None

    def mode(self):
        if self["--from"]:
            return FROM
        if self["--only"]:
            return ONLY
        return LIMITS if self["--instructions"] or self["--builds"] else MEASURE


def read_value(option, name, text):
    try:
        return option.read(text)
    except ValueError as problem:
        raise Usage("%s: '%s' %s" % (name, text[:20], problem)) from None


def read_words(words):
    """Arguments, option by option; --from takes one file or two."""
    arguments, i = Arguments(), 0
    while i < len(words):
        name, equals, value = words[i].partition("=")
        option = OPTIONS.get(name)
        i += 1
        if option is None:
            raise Usage("%s: no such option; --help lists them" % name)
        if option.read is None:
            if equals:
                raise Usage("%s: takes no value" % name)
            arguments[name] = True
            continue
        if not equals:
            if i == len(words):
                raise Usage("%s: a value is missing" % name)
            value, i = words[i], i + 1
        arguments[name] = read_value(option, name, value)
        if name == "--from":
            arguments[name] = [arguments[name]]
            if i < len(words) and not words[i].startswith("--"):
                arguments[name].append(words[i])
                i += 1
    return arguments


def check_together(arguments):
    """What no single option can see."""
    mode = arguments.mode()
    for name in arguments:
        modes = OPTIONS[name].modes
        if mode not in modes:
            raise Usage("%s: is for %s, not for %s" % (name, " and ".join(modes), mode))
    if len(arguments["--from"] or []) == 2:
        for name in ("--html", "--readme", "--anyway"):
            if arguments[name]:
                raise Usage("%s: does not work with two files" % name)
        if arguments["--format"] == "json":
            raise Usage("--format: two files are compared as text or markdown")
    if arguments["--instructions"] and arguments["--builds"]:
        raise Usage("--builds: is another thing than --instructions")
    if arguments["--server"] and arguments["--transport"]:
        raise Usage("--transport: is that of the --server")


def read_arguments(argv):
    """Of words as the system gives them; texts are bytes, as in figures.from_bytes."""
    words = [from_bytes(os.fsencode(word)) for word in argv]
    arguments = read_words(words)
    arguments.words = [word for word in words if word not in ("--workers", arguments["--workers"])]
    if not arguments["--help"] and not arguments["--version"]:
        check_together(arguments)
    return arguments
