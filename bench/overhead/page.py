"""Pages of results in HTML, of overhead and of mcload, which need no script and no other file. They
can be read on a telephone, on a light and a dark screen, and on paper."""

import html
import json
import math

import tables
from figures import count_text, ratio_text, shown, time_text
from results import WORKS

# Of a picture, in pixels: as wide as a telephone, so that its text keeps its size there.
WIDTH, LEFT, RIGHT, ROW = 360, 126, 350, 20

STYLE = """
:root{--page:#fff;--ink:#1f2328;--dim:#59636e;--grid:#d8dee4;--band:#e6eaef;
--bad:#b3261e;--c0:#6e7781;--c1:#c2410c;--c2:#1f6fc4;--c3:#8250df;--c4:#1a7f5a;--c5:#9a6700;
--c6:#bf3989;--c7:#3f7cc4}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#e6edf3;--dim:#9198a1;--grid:#30363d;
--band:#21262d;--bad:#ff7b72;--c0:#9198a1;--c1:#f5a524;--c2:#6cb0f5;--c3:#b392f0;
--c4:#4fc07f;--c5:#d4a72c;--c6:#f778ba;--c7:#79c0ff}}
body{margin:0 auto;max-width:70rem;padding:0 10px 2rem;background:var(--page);color:var(--ink);
font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;
font-variant-numeric:tabular-nums}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}.dim{color:var(--dim)}
.bad{color:var(--bad)}
.charts{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(340px,100%),1fr))}
figure{margin:0;max-width:560px}p.legend{margin:.2em 0}
svg{width:100%;height:auto;display:block;font-size:11px}svg text{fill:var(--ink)}
.grid{stroke:var(--grid)}.band{fill:var(--band)}.line{fill:none;stroke-width:1.8}
.legend span{margin-right:1em;white-space:nowrap}.legend i{display:inline-block;width:.7em;
height:.7em;border-radius:50%;margin-right:.35em}
.scroll{overflow-x:auto;margin-bottom:1rem}table{border-collapse:collapse;font-size:13px}
td,th{padding:2px 10px 2px 0;text-align:right;white-space:nowrap;
border-bottom:1px solid var(--grid)}td:first-child,th:first-child{text-align:left}
th:first-child{white-space:normal}.wrap td{white-space:normal;text-align:left;vertical-align:top;
overflow-wrap:anywhere}.wrap td:first-child{white-space:nowrap}
@media print{:root{--page:#fff;--ink:#000;--dim:#444}body{max-width:none;font-size:10px}
.scroll{overflow:visible}table{font-size:7px;width:100%}td,th{padding:1px 3px;white-space:normal}
figure,tr{break-inside:avoid}}
"""


def text(value):
    return html.escape(shown(value))


def paragraph(value, kind=""):
    return '<p class="%s">%s</p>\n' % (kind, text(value.replace("\n", " ")))


def table_html(table, kind=""):
    rows = ["<tr>%s</tr>\n" % "".join("<th>%s</th>" % text(cell) for cell in table[0])]
    rows += ["<tr>%s</tr>\n" % "".join("<td>%s</td>" % text(cell) for cell in row)
             for row in table[1:]]
    return '<div class="scroll"><table class="%s">\n%s</table></div>\n' % (kind, "".join(rows))


def pairs_html(pairs):
    rows = "".join("<tr><td>%s</td><td>%s</td></tr>\n" % (text(name), text(value))
                   for name, value in pairs)
    return '<table class="wrap">\n%s</table>\n' % rows


def legend(series):
    """Names with their colours."""
    return '<p class="legend">%s</p>\n' % "".join(
        '<span><i style="background:var(--c%d)"></i>%s</span>' % (colour, text(name))
        for name, colour in series)


def whole_page(title, parts):
    return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
            "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n<h1>%s</h1>\n%s</body>\n"
            "</html>\n" % (text(title), STYLE, text(title), "".join(parts)))


def figure(title, height, parts, note="", series=()):
    return ('<figure><figcaption><b>%s</b> <span class="dim">%s</span>%s</figcaption>\n'
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img">'
            "<title>%s</title>\n%s</svg></figure>\n"
            % (text(title), text(note), legend(series) if series else "", WIDTH, height,
               text(title), "\n".join(parts)))


class Axis:
    """Where a number lies between two places, on a linear or a logarithmic scale."""

    def __init__(self, numbers, places, log):
        self.log, self.places = log, places
        self.low, self.high = min(numbers), max(numbers)
        if not log:
            self.low = min(self.low, 0)
        if self.high <= self.low:
            self.high = self.low * 2 if self.low > 0 else self.low + 1

    def at(self, number):
        low, high, value = self.low, self.high, number
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(number)
        begin, end = self.places
        return begin + (end - begin) * (value - low) / (high - low)

    def ticks(self):
        """Round numbers within the axis, few enough to be read."""
        if not self.log:
            step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
            step *= next(n for n in (1, 2, 5, 10) if (self.high - self.low) / (n * step) <= 5)
            return [i * step for i in range(math.ceil(self.low / step),
                                            math.floor(self.high / step) + 1)]
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        digits = (1,) if last - first > 3 else (1, 2, 5)
        all_of_them = [n * 10 ** e for e in range(first, last + 1) for n in digits]
        return [tick for tick in all_of_them if self.low <= tick <= self.high]


def vertical_ticks(axis, top, bottom, label):
    parts = []
    for tick in axis.ticks():
        x, name = axis.at(tick), label(tick)
        parts.append('<path class="grid" d="M%.1f %dV%d"/><text x="%.1f" y="%d" '
                     'text-anchor="middle">%s</text>' % (
                         x, top, bottom, min(x, WIDTH - 3.4 * len(name)), bottom + 14, text(name)))
    return parts


def dots_chart(title, rows, axis, series):
    """Rows of (label, band, {name: number}); dots of the series' colours, on a shared axis."""
    bottom = ROW * len(rows) + 6
    parts = vertical_ticks(axis, 2, bottom, lambda tick: "%g" % tick)
    for i, (name, band, numbers) in enumerate(rows):
        y = ROW * i + 16
        if band is not None:
            left, right = (max(axis.at(edge), LEFT) for edge in
                           (max(1 / (1 + band), axis.low), min(1 + band, axis.high)))
            parts.append('<rect class="band" x="%.1f" y="%d" width="%.1f" height="%d"/>'
                         % (left, y - 12, right - left, ROW - 4))
        parts.append('<text x="0" y="%d">%s</text>' % (y, text(name)))
        for name_of, colour in series:
            if name_of in numbers:
                parts.append('<circle cx="%.1f" cy="%d" r="4" style="fill:var(--c%d)"><title>%s, '
                             "%s: %s</title></circle>" % (axis.at(numbers[name_of]), y - 4, colour,
                                                          text(name_of), text(name),
                                                          ratio_text(numbers[name_of])))
    return figure(title, bottom + 20, parts, "times the baseline's time; logarithmic")


def lines_chart(title, lines, labels, series=(), log=True, x_axis=None):
    """Lines of (colour, [(x, y)]), and what makes texts of x and of y; "" without a point."""
    lines = [(colour, [point for point in points if point[1] or not log])
             for colour, points in lines]
    everything = [point for _, points in lines for point in points]
    if not everything:
        return ""
    x_axis = x_axis or Axis([x for x, _ in everything], (60, RIGHT - 6), False)
    y_axis = Axis([y for _, y in everything], (196, 10), log)
    bottom = int(y_axis.places[0])
    parts = vertical_ticks(x_axis, 8, bottom, labels[0])
    for tick in y_axis.ticks():
        y = y_axis.at(tick)
        parts.append('<path class="grid" d="M56 %.1fH%d"/><text x="50" y="%.1f" text-anchor="end">'
                     "%s</text>" % (y, RIGHT, y + 4, text(labels[1](tick))))
    for colour, points in lines:
        path = "L".join("%.1f %.1f" % (x_axis.at(x), y_axis.at(y)) for x, y in points)
        if path:
            parts.append('<path class="line" style="stroke:var(--c%d)" d="M%s"/>' % (colour, path))
    return figure(title, bottom + 20, parts, "logarithmic" if log else "", series)


def tail_label(above):
    """A part of all samples as the percentile below it: 0.1 is p90."""
    return "p%g" % round(100 * (1 - above), 6)


def tail_chart(title, lines, series=()):
    """Latency by percentile: lines of (colour, [(part above, ns)]); each nine takes up the same
    room."""
    lines = [(colour, [(above, ns) for above, ns in points if ns and above < 1])
             for colour, points in lines]
    x_axis = Axis([above for _, points in lines for above, _ in points] + [0.5],
                  (RIGHT - 6, 60), True)
    x_axis.ticks = lambda: [part for part in (0.5, 0.1, 0.01, 0.001, 0.0001, 0.00001)
                            if part >= x_axis.low]
    return lines_chart(title, lines, (tail_label, time_text), series, x_axis=x_axis)


def second_chart(title, lines, label, series=(), log=False):
    """Something in each second of a run: lines of (colour, [numbers])."""
    return lines_chart(title, [(colour, list(enumerate(numbers, 1))) for colour, numbers in lines],
                       (lambda tick: "%g s" % tick, label), series, log)


def ratio_charts(results, series):
    """A chart for each setting, all on one scale."""
    charts = []
    for setting in results.settings():
        rows = []
        for work in results.works(setting):
            ratios = {name: results.ratio(setting, work, name) for name, _ in series}
            rows.append((work.title, results.band(setting, work),
                         {name: ratio.middle for name, ratio in ratios.items() if ratio}))
        charts.append((setting.title, rows))
    numbers = [ratio for _, rows in charts for row in rows for ratio in row[2].values()]
    if not numbers:
        return []
    axis = Axis(numbers + [0.9, 1.1], (LEFT + 4, RIGHT - 6), True)
    return [dots_chart(title, rows, axis, series) for title, rows in charts]


def latency_charts(results, series):
    """The percentiles of a get and of a get of 100 keys."""
    charts = []
    for setting in results.settings()[:1]:
        for work in WORKS:
            lines = []
            for name, colour in series if work.name in ("get", "get-100") else []:
                cell = results.cell(setting, work, name)
                points = enumerate(cell["points"]) if cell else []
                lines.append((colour, [(10 ** (-i / 10), ns) for i, ns in points]))
            charts.append(tail_chart("%s, %s" % (work.title, setting.transport), lines))
    return charts


METHOD = """\
The baseline is the same requests and replies over a bare socket: send() of bytes that are ready,
recv() of a length that is known, and nothing else. What a client takes on top of it is its cost.

Every client is a process of its own and uses the same keys and values on the same private
memcached, on the same processor, as loopback has two speeds: between two, one has to be woken up.
In each round each client does each work for a short slice, first with the clock around all of it,
then with the clock around each operation. A ratio is that of a client's p50 in a round to the
baseline's in the same round; the median of all rounds is shown. Before each slice the client
connects again, and every byte of one operation is compared with what is right.

Each client is started again and again, with an environment of another size, as one process has one
layout in memory. The baseline and mcwire take part twice: a client held against itself (A/A) shows
what a ratio is worth. The band reaches to the farthest end of the middle half of these ratios; what
lies within it is noise.

Each count is the difference of two runs of different lengths, divided by the difference of their
lengths. callgrind takes clock_gettime() for a system call; the few dozen instructions that it
otherwise takes are not counted, for any client."""


def overhead_page(results, with_times):
    names = [client["name"] for client in tables.plain_clients(results)]
    series = [(name, i % 8) for i, name in enumerate(names)]
    why = results.too_noisy()
    charts = ratio_charts(results, series) if with_times else []
    parts = [legend(series), *charts[:1]]
    parts.append(paragraph(tables.noise_note(results), "bad" if why else ""))
    if with_times:
        parts.append('<div class="charts">%s</div>\n' % "".join(charts[1:]))
        parts.append('<h2>Latency</h2>%s<div class="charts">%s</div>\n'
                     % (legend(series), "".join(latency_charts(results, series))))
        parts.append("<h2>Times</h2>\n" + "".join(map(paragraph, tables.legends(results))))
        parts += [table_html(table) for table in tables.time_tables(results)]
    parts.append("<h2>Counts</h2>\n")
    parts += [table_html(table) for table in tables.count_tables(results)]
    parts.append("<h2>Who took part</h2>\n" + "".join(map(paragraph, tables.notes(results))))
    parts.append("<h2>Method</h2>\n" + "".join(map(paragraph, METHOD.split("\n\n"))))
    parts.append(pairs_html(results.data["facts"].items()))
    return whole_page("What a memcached client costs", parts)


# ---- mcload --------------------------------------------------------------------------------------

KINDS = [("get", 1), ("set", 2), ("add", 3), ("cas", 4), ("gat", 5), ("touch", 6), ("incr", 7),
         ("delete", 0)]
COUNTS = ["requests", "per_second", "hits", "misses", "errors", "wrong_values"]
LATENCIES = ["mean_us", "p50_us", "p90_us", "p99_us", "p99_9_us", "p99_99_us", "max_us"]
OF_SERVER = ["version", "connects", "refused", "closed", "timed_out", "broken", "error_replies",
             "first_trouble"]
OF_SHARE = ["requests", "per_second", "misses", "wrong_values", "errors", "p50_us", "p99_us"]
OF_RUN = ["rate", "per_second", "errors", "unsent", "mean_us", "p50_us", "p99_us", "p99_9_us",
          "max_us"]
TITLES = {"connects": "connections", "rate": "due a second"}


def member_title(member):
    """Members are words, or percentiles such as p99_9."""
    words = TITLES.get(member, member).removesuffix("_us")
    return words.replace("_", "." if words[1].isdigit() else " ")


def member_text(member, value):
    if value is None:
        return "not verified"
    if isinstance(value, str):
        return value
    return time_text(1000 * value) if member.endswith("_us") else count_text(value)


def member_table(first, records, members):
    """A row for each (name, record)."""
    return [[first, *map(member_title, members)]] + [
        [name] + [member_text(member, record[member]) for member in members]
        for name, record in records]


def load_kinds(load):
    """Those that were used, with their colours."""
    return [(name, colour) for name, colour in KINDS
            if name in load and load[name]["requests"] + load[name]["errors"] > 0]


def load_counts(load):
    """A set neither hits nor misses."""
    return member_table("", [
        (name, dict(load[name], hits="-", misses="-") if name == "set" else load[name])
        for name, _ in load_kinds(load)], COUNTS)


def load_latencies(load):
    return member_table("", [(name, load[name]) for name, _ in load_kinds(load)
                             if load[name]["requests"] > 0], LATENCIES)


def load_notes(load):
    """What a reader has to know before the figures."""
    lines = []
    if load["earlier_errors"]:
        lines.append("%d requests failed before the run." % load["earlier_errors"])
    if load["unsent"]:
        lines.append("%d requests were never sent; the latencies are of the others only."
                     % load["unsent"])
    if load["interrupted"]:
        lines.append("Ended early.")
    if load["get"]["requests"] and not load["get"]["hits"]:
        lines.append("All gets missed: --fill sets every key before the run.")
    return "".join(paragraph(line, "bad") for line in lines)


def runs_chart(load):
    """Throughput against latency, of runs that are not alike."""
    runs = [run for run in load["runs"] if run["requests"]]
    if len(runs) < 2:
        return ""
    lines = [(colour, [(run["per_second"], 1000 * run[name]) for run in runs])
             for name, colour in (("p50_us", 4), ("p99_us", 3))]
    return lines_chart("Latency at so many requests a second", lines, (count_text, time_text),
                       [("p50", 4), ("p99", 3)])


def load_page(load):
    """The page of a run of mcload, from its JSON. Raises KeyError or TypeError on another form."""
    samples = load["samples"]
    tails = [(colour, [(above, 1000 * us) for above, us in load[name]["tail"]])
             for name, colour in load_kinds(load)]
    scans = load["options"]["scan_step"] > 0  # then latencies are of its rates, not of all together
    charts = [runs_chart(load) if scans else
              tail_chart("Latency by percentile", tails, load_kinds(load))]
    if len(samples) > 1:
        charts.append(second_chart("Requests in each second",
                                   [(7, [each["requests"] for each in samples])], count_text))
        charts.append(second_chart("Latency in each second",
                                   [(4, [1000 * each["p50_us"] for each in samples]),
                                    (3, [1000 * each["p99_us"] for each in samples])], time_text,
                                   [("p50", 4), ("p99", 3)], log=True))
    loop = "%s loop; latency counts from the %s" % (load["options"]["loop"],
                                                    load["options"]["latency_from"])
    facts = [(name, load[name]) for name in ("command", "date", "machine", "version")]
    facts += [(name.replace("_", " "), json.dumps(value).strip('"'))
              for name, value in load["options"].items()]
    runs = member_table("run", [(str(i + 1), run) for i, run in enumerate(load["runs"])], OF_RUN)
    servers = [(server["address"], server) for server in load["servers"]]
    parts = ['<div class="charts">%s</div>\n' % "".join(charts), load_notes(load),
             paragraph(loop), "<h2>Throughput</h2>\n", table_html(load_counts(load)),
             "" if scans else "<h2>Latency</h2>\n" + table_html(load_latencies(load)),
             "<h2>Runs</h2>\n" + table_html(runs) if len(runs) > 2 else "", "<h2>Servers</h2>\n",
             table_html(member_table("server", [*servers, ("all", load["all"])], OF_SHARE))
             if len(servers) > 1 else "",
             table_html(member_table("server", servers, OF_SERVER)),
             "<h2>How it was measured</h2>\n", pairs_html(facts)]
    return whole_page("Load on memcached", parts)
