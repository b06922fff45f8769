"""Figures: the statistics of samples, and how numbers and texts from outside are shown."""

import math
import re
from typing import NamedTuple

BEYOND_MIN = 10  # samples that a percentile must have above it


def quantile(numbers, part):
    """The smallest of the numbers that this part of them does not exceed (nearest rank)."""
    ordered = sorted(numbers)
    rank = math.ceil(round(part * len(ordered), 6))
    return ordered[max(rank, 1) - 1] if ordered else None


def median(numbers):
    return quantile(numbers, 0.5)


def percentile(ordered, part):
    """Of ordered samples; None if fewer than ten lie above it."""
    rank = math.ceil(round(part * len(ordered), 6))
    return ordered[max(rank, 1) - 1] if len(ordered) - rank >= BEYOND_MIN else None


class Ratio(NamedTuple):
    """A client's times to another's: the median of the rounds; and the middle half of the medians
    of its processes, as each process has its own layout in memory."""
    middle: float
    low: float
    high: float


def ratio_of(mine, other, column):
    """Both are rounds, (number, process, p50, ns); each is divided by the other's of its number.
    None when they have no round in common."""
    others = {row[0]: row for row in other}
    by_process = {}
    for row in mine:
        if row[0] in others:
            by_process.setdefault(row[1], []).append(row[column] / others[row[0]][column])
    if not by_process:
        return None
    medians = [median(ratios) for ratios in by_process.values()]
    everything = [ratio for ratios in by_process.values() for ratio in ratios]
    return Ratio(median(everything), quantile(medians, 0.25), quantile(medians, 0.75))


def band_of(ratios):
    """How far from 1 a client lies that is held against itself: the farthest end of these."""
    ends = [distance(end) for ratio in ratios if ratio for end in ratio]
    return max(ends) if ends else None


def distance(ratio):
    """From 1, upwards or downwards: 0.25 for 1.25 and for 0.8."""
    return max(ratio, 1 / ratio) - 1


def is_noise(ratio, band):
    """True when a client held against itself can differ as much."""
    return band is not None and distance(ratio) <= band


def time_text(ns):
    """Three digits and a unit, "12.3 us"."""
    if ns is None:
        return "-"
    for unit, size in (("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9)):
        value = ns / size
        if value < 999.5 or unit == "s":
            return "%.*f %s" % ((value < 99.95) + (value < 9.995), value, unit)


def ratio_text(ratio):
    if ratio is None:
        return "-"
    return "%.*f" % ((ratio < 99.95) + (ratio < 9.995), ratio)


def count_text(count):
    """2, 2.5 and 0.33, but not 2.00; from 100 on whole, with commas."""
    if count is None:
        return "-"
    return "{:,.0f}".format(count) if count >= 99.95 else "%.4g" % round(count, 2)


def rate_text(count, ns):
    """Bytes a second."""
    if count is None or not ns:
        return "-"
    rate = count / ns
    return "%.0f MB/s" % (rate * 1000) if rate < 0.9995 else "%.2f GB/s" % rate


def percent_text(part):
    return "-" if part is None else "%.1f %%" % (100 * part)


def from_bytes(data):
    """What a program said, byte by byte: no encoding is guessed, and JSON can hold it."""
    return data.decode("latin-1")


def shown(text):
    """Such a text so that no byte of it can control a terminal: what is printable UTF-8 stays."""
    wide = any(ord(character) > 255 for character in text)
    data = text.encode("utf-8" if wide else "latin-1", "surrogatepass")
    return re.sub("[\0-\x1f\x7f-\x9f]", lambda found: "".join(
        "\\x%02x" % byte for byte in found.group().encode()),
        data.decode("utf-8", "backslashreplace"))
