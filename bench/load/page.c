/* Prints the page: tables, and charts of the latency and of the run second by second. */
#include "page.h"

#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "html.h"
#include "proto.h"

enum { POINTS = 60 }; /* of a line of percentiles */

/* What the lines of the charts are, and their colours. */
enum { P50_LINE = STATS_KINDS, P99_LINE, LINES };

static const char *const line_names[LINES] = {
    [STATS_GET] = "get", [STATS_SET] = "set", [P50_LINE] = "p50", [P99_LINE] = "p99"};
static const unsigned line_colours[LINES] = {
    [STATS_GET] = 1, [STATS_SET] = 2, [P50_LINE] = 4, [P99_LINE] = 3};

/* ---- tables ---------------------------------------------------------------------------------- */

static void print_command(const struct report *report, FILE *out)
{
    fputs("<tr><td class=\"text\">command</td><td class=\"text\"><code>", out);
    for (int i = 0; i < report->argc; i++) {
        html_text(out, i == 0 ? "mcload" : report->argv[i]);
        fputc(' ', out);
    }
    fputs("</code></td></tr>\n", out);
}

static void print_facts(const struct report *report, FILE *out)
{
    char line[512];
    struct utsname machine;
    time_t now = time(NULL);
    const struct tm *utc = gmtime(&now);

    fputs("<table>\n", out);
    print_command(report, out);
    for (uint32_t i = 0; i < report->targets->count; i++) {
        snprintf(line, sizeof line, "%s, memcached %s", report->targets->list[i].name,
                 report->targets->list[i].version);
        html_pair(out, "server", line);
    }
    if (uname(&machine) == 0) {
        snprintf(line, sizeof line, "%s %s %s, %ld processors", machine.sysname, machine.release,
                 machine.machine, sysconf(_SC_NPROCESSORS_ONLN));
        html_pair(out, "client", line);
    }
    if (utc != NULL && strftime(line, sizeof line, "%Y-%m-%d %H:%M UTC", utc) > 0)
        html_pair(out, "date", line);
    snprintf(line, sizeof line, "%llu", (unsigned long long)report->options->seed);
    html_pair(out, "seed", line);
    fputs("</table>\n", out);
}

static void print_count(FILE *out, uint64_t count)
{
    fprintf(out, "<td>%llu</td>", (unsigned long long)count);
}

static void print_counts(const struct report *report, FILE *out)
{
    fputs("<table>\n<tr><th></th><th>requests</th><th>per second</th><th>hits</th><th>misses</th>"
          "<th>errors</th><th>wrong values</th></tr>\n",
          out);
    for (int k = 0; k < STATS_KINDS; k++) {
        const struct stats_of_kind *kind = &report->stats->kinds[k];
        fprintf(out, "<tr><td>%s</td>", stats_kind_names[k]);
        print_count(out, kind->requests);
        fprintf(out, "<td>%.0f</td>", report_rate(report, kind->requests));
        print_count(out, kind->hits);
        print_count(out, kind->misses);
        print_count(out, kind->errors);
        print_count(out, kind->wrong);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void print_latency_row(const struct timing_histogram *latency, const char *name, FILE *out)
{
    char text[TIMING_TEXT_MAX];

    fprintf(out, "<tr><td>%s</td><td>%s</td>", name,
            timing_text(text, (double)timing_mean(latency)));
    for (int i = 0; i < REPORT_PERCENTILES; i++) {
        uint64_t ns = timing_percentile(latency, report_percentiles[i].millionths);
        fprintf(out, "<td>%s</td>", timing_text(text, (double)ns));
    }
    fprintf(out, "<td>%s</td></tr>\n", timing_text(text, (double)latency->max));
}

static void print_latencies(const struct report *report, FILE *out)
{
    fputs("<table>\n<tr><th></th><th>mean</th>", out);
    for (int i = 0; i < REPORT_PERCENTILES; i++)
        fprintf(out, "<th>%s</th>", report_percentiles[i].name);
    fputs("<th>max</th></tr>\n", out);
    for (int k = 0; k < STATS_KINDS; k++)
        if (report->stats->kinds[k].latency.count > 0)
            print_latency_row(&report->stats->kinds[k].latency, stats_kind_names[k], out);
    fputs("</table>\n", out);
}

static void print_servers(const struct report *report, FILE *out)
{
    fputs("<table>\n<tr><th class=\"text\">server</th><th>connections</th>", out);
    for (int trouble = 0; trouble < STATS_TROUBLES; trouble++)
        fprintf(out, "<th>%s</th>", stats_trouble_texts[trouble]);
    fputs("<th class=\"text\">first trouble</th></tr>\n", out);
    for (uint32_t i = 0; i < report->targets->count; i++) {
        fputs("<tr><td>", out);
        html_text(out, report->targets->list[i].name);
        fputs("</td>", out);
        print_count(out, report->servers[i].connects);
        for (int trouble = 0; trouble < STATS_TROUBLES; trouble++)
            print_count(out, report->servers[i].troubles[trouble]);
        fputs("<td class=\"text\">", out);
        html_text(out, report->servers[i].first);
        fputs("</td></tr>\n", out);
    }
    fputs("</table>\n", out);
}

/* ---- charts ---------------------------------------------------------------------------------- */

/* The part of all values that lies above point i: from all of them on by tenths of a nine, as far
 * as there are that many values. The number of points. */
static size_t find_points(const struct timing_histogram *latency, double above[POINTS],
                          double ns[POINTS])
{
    size_t count = 0;
    double left = 0.9;

    while (count < POINTS && left >= 1e-6 && left * (double)latency->count >= 1) {
        above[count] = left;
        ns[count] = (double)timing_percentile(latency, (uint32_t)((1 - left) * 1e6));
        count++;
        left *= 0.794328; /* 10 to the power of -0.1 */
    }
    return count;
}

static void draw_latencies(const struct report *report, FILE *out)
{
    static double above[STATS_KINDS][POINTS], ns[STATS_KINDS][POINTS];
    struct html_line lines[STATS_KINDS];
    size_t count = 0;
    const struct html_chart chart = {.title = "Latency by percentile",
                                     .x = {"percentile", HTML_COUNT, HTML_TAIL, 0.9, 0.1},
                                     .y = {"latency", HTML_NS, HTML_LOG, 0, 0}};

    for (int k = 0; k < STATS_KINDS; k++) {
        size_t points = find_points(&report->stats->kinds[k].latency, above[k], ns[k]);
        if (points > 0)
            lines[count++] =
                (struct html_line){line_names[k], line_colours[k], above[k], ns[k], points};
    }
    if (count > 0)
        html_lines(out, &chart, lines, count);
}

/* The numbers of all samples that a chart shows. */
struct history {
    double *second, *rate, *p50, *p99;
};

static bool make_history(struct history *history, const struct live *live)
{
    double *all = calloc(live->count, 4 * sizeof *all);

    if (all == NULL)
        return false;
    *history =
        (struct history){all, all + live->count, all + 2 * live->count, all + 3 * live->count};
    for (size_t i = 0; i < live->count; i++) {
        history->second[i] = (double)i + 1;
        history->rate[i] = (double)live->samples[i].requests;
        history->p50[i] = (double)live->samples[i].p50_ns;
        history->p99[i] = (double)live->samples[i].p99_ns;
    }
    return true;
}

static void draw_history(const struct live *live, FILE *out)
{
    const struct html_chart rates = {.title = "Requests in each second",
                                     .x = {"second of the run", HTML_COUNT, HTML_LINEAR, 0, 0},
                                     .y = {"", HTML_PER_SECOND, HTML_LINEAR, 0, 0}};
    const struct html_chart latencies = {.title = "Latency in each second",
                                         .x = {"second of the run", HTML_COUNT, HTML_LINEAR, 0, 0},
                                         .y = {"p50 and p99", HTML_NS, HTML_LOG, 0, 0}};
    struct history history;

    if (live->count < 2 || !make_history(&history, live))
        return;
    const struct html_line rate = {"requests", 7, history.second, history.rate, live->count};
    const struct html_line lines[] = {
        {"p50", line_colours[P50_LINE], history.second, history.p50, live->count},
        {"p99", line_colours[P99_LINE], history.second, history.p99, live->count}};
    html_lines(out, &rates, &rate, 1);
    html_lines(out, &latencies, lines, 2);
    free(history.second);
}

/* ---- the page -------------------------------------------------------------------------------- */

static void print_notes(const struct report *report, FILE *out)
{
    const struct stats *stats = report->stats;

    if (stats->earlier_errors > 0)
        fprintf(out, "<p class=\"bad\">%llu requests failed before the run.</p>\n",
                (unsigned long long)stats->earlier_errors);
    if (stats->unsent > 0)
        fprintf(out,
                "<p class=\"bad\">%llu requests were never sent; the latencies are of the others "
                "only.</p>\n",
                (unsigned long long)stats->unsent);
    if (report->interrupted)
        fputs("<p class=\"bad\">Ended early.</p>\n", out);
}

void page_print(const struct report *report, FILE *out)
{
    char loop[REPORT_LOOP_SIZE];

    html_begin(out, "Load on memcached");
    fprintf(out, "<p>mcload " MCWIRE_VERSION ", %s.</p>\n", report_loop(report, loop));
    print_notes(report, out);
    html_section(out, "Throughput", NULL);
    print_counts(report, out);
    html_section(out, "Latency", NULL);
    print_latencies(report, out);
    html_legend(out, line_names, line_colours, LINES);
    html_charts_begin(out);
    draw_latencies(report, out);
    draw_history(report->live, out);
    html_charts_end(out);
    html_section(out, "Servers", NULL);
    print_servers(report, out);
    html_section(out, "How it was measured", NULL);
    print_facts(report, out);
    html_end(out);
}
