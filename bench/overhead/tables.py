"""Results as tables of texts: each is a list of rows, and its first row is the header."""

from figures import (count_text, is_noise, median, percent_text, rate_text, ratio_text, shown,
                     time_text)
from limits import LIMITS, is_kept
from results import (BESIDE, CLIENTS, LANGUAGES, PARTS, PLAIN, SETTINGS, SIDE_BY_SIDE, TWINS, WORKS,
                     find_work)
from waits import IDLE_S


def label(client):
    """A client's name without its version."""
    return client["title"].rsplit(" ", 1)[0]


def time_cell(results, setting, work, name):
    """The p50, and its ratio to the baseline's: in parentheses if that is noise."""
    cell, ratio = results.cell(setting, work, name), results.ratio(setting, work, name)
    if cell is None or cell["p50"] is None:
        return "-"
    if name == "baseline" or ratio is None:
        return time_text(cell["p50"])
    noise = results.is_noise(setting, work, name)
    return time_text(cell["p50"]) + ("  (%s)" if noise else "  %s") % ratio_text(ratio.middle)


def plain_clients(results):
    return [client for client in results.clients() if client["name"] in PLAIN]


def ratio_cell(ratio):
    return "-" if ratio is None else "%.3f" % ratio.middle


def time_table(results, setting, works=None):
    """Time of an operation, with the A/A columns and the band."""
    clients = plain_clients(results)
    again = [client["name"] for client in results.clients(True) if client["name"] in TWINS]
    rows = [[setting.title] + [label(client) for client in clients] +
            ["A/A " + TWINS[name] for name in again] + ["band"] * bool(again)]
    for work in results.works(setting):
        if works is not None and work not in works:
            continue
        row = [work.title] + [time_cell(results, setting, work, client["name"])
                              for client in clients]
        row += [ratio_cell(results.ratio(setting, work, name)) for name in again]
        rows.append(row + [percent_text(results.band(setting, work))] * bool(again))
    return rows


def detail_table(results, setting):
    """For each client: how sure its ratio is, the tail, and the processor time."""
    rows = [[setting.title, "processes", "samples", "ratio", "middle half", "p99", "p99.9",
             "processor", "all of a round", "ratio"]]
    for work in results.works(setting):
        for client in plain_clients(results):
            cell = results.cell(setting, work, client["name"])
            ratio = results.ratio(setting, work, client["name"])
            whole = results.ratio(setting, work, client["name"], 3)
            if cell is None or ratio is None:
                continue
            times = sorted(row[3] for row in cell["rounds"])
            rows.append([work.title + ", " + label(client),
                         count_text(len({row[1] for row in cell["rounds"]})),
                         count_text(cell["samples"]), ratio_text(ratio.middle),
                         "%s - %s" % (ratio_text(ratio.low), ratio_text(ratio.high)),
                         time_text(cell["p99"]), time_text(cell["p999"]), time_text(cell["cpu"]),
                         time_text(times[(len(times) - 1) // 2]), ratio_text(whole.middle)])
    return rows


def count_table(results, title, member):
    """instructions or syscalls of an operation."""
    clients = plain_clients(results)
    rows = [[title] + [label(client) for client in clients]]
    for work in results.counted():
        counts = [results.counts.get((work.name, client["name"]), {}) for client in clients]
        rows.append([work.title] + [count_text(count.get(member)) for count in counts])
    return rows


def wire_table(results):
    rows = [["proto/ alone, in memory", "time", "bytes", "rate", "instructions"]]
    for wire in results.data["wire"]:
        rows.append([wire["title"], time_text(wire["ns"]), count_text(wire["bytes"]),
                     rate_text(wire["bytes"], wire["ns"]), count_text(wire["instructions"])])
    return rows


def build_table(results):
    """Instructions of an operation in each build."""
    figures = {(each["client"], each["work"], each["build"]): each["instructions"]
               for each in results.data["builds"]}
    builds = list(dict.fromkeys(each["build"] for each in results.data["builds"]))
    rows = [["instructions, by compiler"] + builds]
    for limit in LIMITS:
        row = [figures.get((limit.client, limit.work, build)) for build in builds]
        if limit.what == "instructions" and builds:
            rows.append([limit.text] + [count_text(figure) for figure in row])
    return rows


def promise_table(results):
    rows = [["what mcwire promises", "figure", "at most", ""]]
    for limit in LIMITS:
        figure = results.limited(limit)
        if figure is not None:
            rows.append([limit.text, count_text(figure), count_text(limit.most),
                         "kept" if is_kept(limit, figure) else "NOT kept"])
    return rows


LATE_MS = (0, 0.1, 1, 10, 100)  # the upper ends of the columns below


def wait_table(results, server):
    """How often a get returned so long after its deadline."""
    rows = [["%s server: how late, of how many gets" % server, "early", "< 0.1 ms", "< 1 ms",
             "< 10 ms", "< 100 ms", "later", "worst"]]
    for wait in results.data["waits"]:
        if wait["server"] != server or not wait["late"]:
            continue
        returned = [late for late in wait["late"] if late is not None]
        below = [sum(late < end for late in returned) for end in LATE_MS] + [len(wait["late"])]
        counts = [below[0]] + [below[i] - below[i - 1] for i in range(1, len(below))]
        rows.append(["%s, %d ms" % (wait["client"], wait["deadline"])] +
                    [str(count) if count else "-" for count in counts] +
                    [late_text(wait["late"])])
    return rows


def late_text(late):
    """How long after its deadline the last of some gets returned."""
    return "did not return" if None in late else "%+.2f ms" % max(late)


def deadline_text(results, name):
    """Of the longest deadline the median, at the server that is worse."""
    waits = [wait for wait in results.data["waits"] if wait["client"] == name and wait["late"]]
    longest = max((wait["deadline"] for wait in waits), default=None)
    late = [None if None in wait["late"] else median(wait["late"])
            for wait in waits if wait["deadline"] == longest]
    return late_text(late) if late else "none" if results.data["waits"] else "-"


def lies_text(results, client):
    found = [lie for lie in results.data["lies"] if lie["client"] == label(client)]
    return "%d of %d" % (found[0]["believed"], found[0]["cases"]) if found else "-"


def language_row(results, client):
    name, get = client["name"], find_work("get")
    cell = results.cell(SIDE_BY_SIDE, get, name)
    beside = next((each for each in results.data["beside"] if each["client"] == name), {})
    words = [label(client)] + [LANGUAGES.get(name, "C")] * (name != "baseline") + \
        ["binary"] * client["settings"].startswith("binary")
    return [", ".join(words)] + \
        [time_cell(results, SIDE_BY_SIDE, work, name) for work in results.works(SIDE_BY_SIDE)] + \
        [time_text(cell["cpu"] if cell else None), count_text(beside.get("allocations")),
         count_text(results.counts.get(("get", name), {}).get("syscalls")),
         deadline_text(results, name), lies_text(results, client)]


def language_table(results):
    """All clients side by side, and the A/A band of each work."""
    works = results.works(SIDE_BY_SIDE)
    rows = [["client"] + [work.title for work in works] +
            ["processor time of a get", "allocations", "system calls", "deadline", "lies believed"]]
    if works:
        rows += [language_row(results, client) for client in results.clients()]
        rows.append(["A/A band"] + [percent_text(results.band(SIDE_BY_SIDE, work))
                                    for work in works] + [""] * 5)
    return rows


LANGUAGE_LEGEND = """\
*Allocations*, *system calls*: of a get; "-" where a language compiles or allocates for itself, so that
valgrind cannot tell. *Deadline*: how long after 100 ms a get returned (the median), from a server that is
silent or one that drips, whichever takes longer. *Lies believed*: in so many cases of `mcwire lie` an
answer was not true.
"""

def beside_table(results):
    """What there is beside an operation: first of all the life of a connection."""
    return [["beside an operation", "allocations of a get", "kB of memory", "connect, first get",
             "get after %.1f s" % IDLE_S, "the next get", "failed after a cut", "right again after"]] + \
        [[each["client"]] + [(count_text if member in ("allocations", "memory", "failed") else
                              time_text)(each[member]) for member in BESIDE]
         for each in results.data["beside"]]


def parts_table(results):
    """Where the time of an operation of mcwire goes."""
    rows = [["mcwire, TCP, one processor"] + list(PARTS)]
    return rows + [[find_work(each["work"]).title] + [time_text(each[part]) for part in PARTS]
                   for each in results.data["parts"]]


def compare_times(one, other, setting):
    """The ratios of two results, and that of these, in parentheses if it is noise in either."""
    rows = [[setting.title, "first", "second", "change", "band"]]
    for work in WORKS:
        for name in CLIENTS[1:]:
            ratios = [results.ratio(setting, work, name) for results in (one, other)]
            if None in ratios:
                continue
            bands = [results.band(setting, work) for results in (one, other)]
            band = max((band for band in bands if band is not None), default=None)
            change = ratios[1].middle / ratios[0].middle
            rows.append([work.title + ", " + name] + [ratio_cell(ratio) for ratio in ratios] +
                        [("(%.3f)" if is_noise(change, band) else "%.3f") % change,
                         percent_text(band)])
    return rows


def compare_counts(one, other):
    rows = [["instructions of an operation", "first", "second", "change"]]
    for client in CLIENTS + ["wire"]:
        works = [work.name for work in WORKS]
        if client == "wire":
            works = [wire["name"] for wire in one.data["wire"]]
        for work in works:
            figures = [results.instructions(client, work) for results in (one, other)]
            if None not in figures and figures[0] > 0:
                rows.append(["%s, %s" % (work, client)] + [count_text(each) for each in figures] +
                            ["%+.1f %%" % (100 * (figures[1] / figures[0] - 1))])
    return rows


def comparison(one, other):
    tables = [compare_times(one, other, setting) for setting in SETTINGS + [SIDE_BY_SIDE]]
    return [table for table in tables + [compare_counts(one, other)] if len(table) > 1]


def count_tables(results):
    """What no other work of the machine can change."""
    tables = [count_table(results, "instructions of an operation", "instructions"),
              count_table(results, "system calls of an operation", "syscalls"),
              *(wait_table(results, server) for server in ("silent", "dripping")),
              beside_table(results), parts_table(results), build_table(results), wire_table(results),
              promise_table(results)]
    return [table for table in tables if len(table) > 1]


def time_tables(results):
    settings = results.settings()
    tables = [time_table(results, setting) for setting in settings] + [language_table(results)] + \
        [detail_table(results, setting) for setting in settings[:1]]
    return [table for table in tables if len(table) > 1]


def notes(results):
    """Who took part, and what has no figure."""
    lines = []
    for client in results.data["clients"]:
        if client["absent"]:
            lines.append("%s is absent: %s." % (client["title"], client["absent"]))
        elif client["name"] not in TWINS:
            lines.append("%s: %s." % (client["title"], client["settings"]))
    for cell in results.data["cells"]:
        if cell["problem"]:
            lines.append("No figure for %s by %s, %s, %s: %s." % (
                cell["work"], cell["client"], cell["transport"], cell["cores"], cell["problem"]))
    return lines


def noise_note(results):
    """The band of the run, and whether the times are worth anything."""
    noise, why = results.noise(), results.too_noisy()
    if noise is None:
        return "No client was held against itself (A/A), so nobody knows what a ratio is worth."
    text = "A client differs from itself by %s (A/A; the middle of all works)." % \
        percent_text(noise)
    return text if why is None else text + " TOO NOISY: " + why + "."


LEGEND = """\
A time is the p50 of an operation; the number after it is its ratio to the baseline's in the same
round, in parentheses if a client can differ as much from itself.
"""


def text_of(table):
    widths = [max(len(shown(row[i])) for row in table) for i in range(len(table[0]))]
    return "\n".join("  ".join(
        shown(cell).ljust(width) if i == 0 else shown(cell).rjust(width)
        for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in table) + "\n"


def legends(results):
    """What tables of times mean, without the signs of Markdown."""
    return [LEGEND] + [LANGUAGE_LEGEND.replace("*", "")] * results.has(SIDE_BY_SIDE)


def text_report(results, with_times):
    """Everything, for people to read."""
    facts = "".join("%-12s%s\n" % (shown(name), shown(text))
                    for name, text in results.data["facts"].items())
    tables = (time_tables(results) if with_times else []) + count_tables(results)
    return "\n".join([facts, noise_note(results) + "\n"] + legends(results) * with_times +
                     [text_of(table) for table in tables] +
                     ["".join(shown(line) + "\n" for line in notes(results))])


def markdown_of(table):
    rule = ["---"] + ["---:"] * (len(table[0]) - 1)
    return "".join("| %s |\n" % " | ".join(map(shown, row))
                   for row in [table[0], rule] + table[1:])


def count_row(results, title, work, member, columns):
    counts = [results.counts.get((work, client["name"]), {}).get(member)
              for client in plain_clients(results)]
    return ([title] + [count_text(count) for count in counts] + [""] * columns)[:columns]


def markdown_table(results, works=None):
    """One setting's times, and the counts of a get."""
    setting = results.settings()[0] if results.settings() else SETTINGS[0]
    table = time_table(results, setting, works)
    for title, work, member in [("instructions of a get", "get", "instructions"),
                                ("instructions of a get of 100 keys", "get-100", "instructions"),
                                ("system calls of a get", "get", "syscalls")]:
        if (work, "mcwire") in results.counts:
            table.append(count_row(results, title, work, member, len(table[0])))
    return table


def absent_note(results):
    absent = [client["name"] for client in results.data["clients"] if client["absent"]]
    return " Absent: %s." % ", ".join(absent) if absent else ""


def markdown_report(results):
    """The tables of one setting and of all languages, and what they stand on."""
    titles = [client["title"] for client in results.clients() if client["name"] != "baseline"]
    lines = markdown_of(markdown_table(results)) + "\n"
    if results.has(SIDE_BY_SIDE):
        lines += markdown_of(language_table(results)) + "\n" + LANGUAGE_LEGEND + "\n"
    if results.data["builds"]:
        lines += markdown_of(build_table(results)) + "\n"
    lines += "%s%s\n%s.%s\n" % (LEGEND, shown(noise_note(results)), shown(". ".join(titles)),
                                shown(absent_note(results)))
    facts = [results.fact(name) for name in ("processor", "system", "compiler")]
    facts += ["memcached " + results.fact("memcached"), results.fact("date")]
    return lines + shown("; ".join(facts)) + ".\n"


def fastest(results):
    """The names of the baseline, of mcwire, and of one other client of each language."""
    best, get = {"": "baseline", "mcwire": "mcwire"}, find_work("get")
    ratios = [(results.ratio(SIDE_BY_SIDE, get, client["name"]), client["name"])
              for client in results.clients()]
    for _, name in sorted((ratio.middle, name) for ratio, name in ratios if ratio):
        if name not in best.values():
            best.setdefault(LANGUAGES.get(name, "C"), name)
    return best.values()


def readme_table(results):
    """What README.md shows: rows that stand in RESULTS.md, too."""
    table, shown_ones = language_table(results), fastest(results)
    clients = results.clients()
    return markdown_of(table[:1] + [row for client, row in zip(clients, table[1:])
                                    if client["name"] in shown_ones] + table[len(clients) + 1:])
