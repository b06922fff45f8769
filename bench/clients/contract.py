"""Reads the questions of mcwire lie and writes the answers of the client under examination, for
adapters in Python. README.md has the contract."""

import os
import sys
import urllib.parse

import timed

MISS, OK, NO, SKIP = "MISS", "OK", "NO", "SKIP"
SERVER = os.environ.get("MCWIRE_SERVERS", "127.0.0.1:11211")
TIMEOUT_S = int(os.environ.get("MCWIRE_TIMEOUT_MS", "1000")) / 1000


def encode(value):
    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    return urllib.parse.quote(data, safe="-._~")


def hit(value):
    return MISS if value is None else "HIT " + encode(value)


def hits(keys, values):
    """The answer to many, from a dictionary."""
    return "HIT " + " ".join(encode(values[key]) if key in values else "-" for key in keys)


def ok(good):
    return OK if good else NO


def answer(client, name, words):
    call = getattr(client, name, None)
    if call is None:
        return SKIP
    if name in ("set", "cas"):
        words[1] = urllib.parse.unquote_to_bytes(words[1])
    try:
        return call(words) if name == "many" else call(*words)
    except Exception as error:  # whatever the client raises is its report of an error
        return "ERROR %s %s" % (type(error).__name__, " ".join(str(error).split()))


def run(version, make):
    """make(server, seconds, timed) makes the client: an object with the methods get(key), many(keys),
    set(key, value), cas(key, value), incr(key, number) and delete(key), as far as it has such calls;
    and with what timed.py wants. seconds: how long a wait may be, None: any time. timed: in its
    fastest correct setting."""
    if sys.argv[1:] == ["--version"]:
        print(version)
        return
    if sys.argv[1:] == ["--timed"]:
        timed.run(version, make)
        return
    client = make(SERVER, TIMEOUT_S, timed=False)
    for line in sys.stdin:
        name, *words = line.split()
        print(answer(client, name, words), flush=True)
    sys.stdout.flush()
    os._exit(0)
