"""Compares two results of mcload: what differs by more than a run differs from the next."""

import math

from figures import count_text, median, time_text
from options import Usage

RUNS_MIN = 6  # the least and the most of fewer are no interval of 95 %
ROWS = [("requests a second", "per_second", "requests", count_text),
        ("p50", "p50_us", "p50_us", lambda us: time_text(1000 * us)),
        ("p99", "p99_us", "p99_us", lambda us: time_text(1000 * us))]


def interval(numbers):
    """Of the median, at 95 %, whatever the distribution: so many of the ordered numbers are left out
    at each end. None when there are too few."""
    count, below, left = len(numbers), 0.0, 0
    while count and below + math.comb(count, left) / 2 ** count <= 0.025:
        below += math.comb(count, left) / 2 ** count
        left += 1
    ordered = sorted(numbers)
    return (ordered[left - 1], ordered[count - left]) if left and count >= RUNS_MIN else None


def numbers_of(load, of_runs, of_seconds):
    """Of its runs; or of the seconds of its only one."""
    if load["options"]["scan_step"]:
        raise Usage("--from: the runs of a scan are not alike: there is nothing to compare")
    if len(load["runs"]) > 1:
        return [run[of_runs] for run in load["runs"]]
    if not load["samples"]:
        raise Usage("--from: a run of less than a second has nothing to compare")
    return [sample[of_seconds] for sample in load["samples"]]


def verdict(one, other):
    if one is None or other is None:
        return "too few runs or seconds to tell, %d are the least" % RUNS_MIN
    if other[0] > one[1] or other[1] < one[0]:
        return "differs"
    return "the same within noise"


def comparison(one, other):
    """A table; and one of the options that differ. Raises KeyError or TypeError on another
    form."""
    rows = [["mcload", "first", "second", "change", ""]]
    for title, of_runs, of_seconds, show in ROWS:
        numbers = [numbers_of(load, of_runs, of_seconds) for load in (one, other)]
        middles, ranges = list(map(median, numbers)), list(map(interval, numbers))
        cells = [show(middle) + (" (%s to %s)" % tuple(map(show, ends)) if ends else "")
                 for middle, ends in zip(middles, ranges)]
        change = "%+.1f %%" % (100 * (middles[1] / middles[0] - 1)) if all(middles) else "-"
        rows.append([title] + cells + [change, verdict(*ranges)])
    rows.append(["clean"] + ["yes" if load["clean"] else "no" for load in (one, other)] + ["", ""])
    differing = [[name, str(one["options"].get(name)), str(other["options"].get(name))]
                 for name in sorted({*one["options"], *other["options"]})
                 if name != "seed" and one["options"].get(name) != other["options"].get(name)]
    return [rows] + ([[["options that differ", "first", "second"]] + differing] if differing else [])
