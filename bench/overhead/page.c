/* The page: a sentence and the limits, charts, then all figures in tables, and the method. */
#include "page.h"

#include <string.h>

#include "figure.h"
#include "html.h"
#include "limit.h"
#include "work.h"

enum { CLIENTS_MAX = RESULTS_CLIENTS_MAX, ROWS_MAX = 24 };

/* The clients that are there, with their colours. */
struct series {
    const struct results_client *clients[CLIENTS_MAX];
    unsigned colours[CLIENTS_MAX];
    char labels[CLIENTS_MAX][FIGURE_SIZE];
    size_t count;
};

static struct series choose_series(const struct results *results)
{
    struct series series = {.count = 0};

    for (size_t i = 0; i < results->client_count; i++) {
        if (results->clients[i].absent[0] != '\0')
            continue;
        series.clients[series.count] = &results->clients[i];
        series.colours[series.count] = (unsigned)i;
        figure_label(series.labels[series.count], &results->clients[i]);
        series.count++;
    }
    return series;
}

static void print_legend(const struct series *series, FILE *out)
{
    const char *names[CLIENTS_MAX];

    for (size_t i = 0; i < series->count; i++)
        names[i] = series->labels[i];
    html_legend(out, names, series->colours, series->count);
}

static const struct results_cell *cell_of(const struct results *results,
                                          const struct results_setting *setting, const char *work,
                                          const struct results_client *client)
{
    const struct results_cell *cell =
        results_cell(results, setting->cores, setting->transport, work, client->name);

    return cell != NULL && cell->ns >= 0 ? cell : NULL;
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void print_paragraph(FILE *out, const char *class, const char *text)
{
    fprintf(out, "<p class=\"%s\">", class);
    html_text(out, text);
    fputs("</p>\n", out);
}

static void print_head(const struct results *results, FILE *out)
{
    char line[512];

    html_begin(out, "What a memcached client costs");
    snprintf(line, sizeof line, "%s. %s, %s. memcached %s, %s.", results_fact(results, "date"),
             results_fact(results, "processor"), results_fact(results, "system"),
             results_fact(results, "memcached"), results_fact(results, "compiler"));
    print_paragraph(out, "dim", line);
    if (strstr(results_fact(results, "load"), "other work") != NULL)
        print_paragraph(out, "bad",
                        "The machine had other work during this run. Times are unsteady; "
                        "ratios of p50s and counts hardly are.");
    print_paragraph(
        out, "",
        "The baseline is the same requests and replies over a bare socket: send() of bytes that "
        "are ready, recv() of a length that is known, and nothing else. Every client has to "
        "do as much; what it takes on top of that is what it costs.");
}

static void print_limit(const struct results *results, const struct limit *limit, FILE *out)
{
    char figure[FIGURE_SIZE], most[FIGURE_SIZE];
    double value = limit_figure(limit, results);
    bool ratio = limit->kind == LIMIT_TIME;
    bool kept = value <= limit->most;

    if (value < 0)
        return;
    fprintf(out,
            "<div class=\"card\"><b>%s</b><span>%s</span>"
            "<span class=\"%s\">%s: at most %s</span></div>\n",
            ratio ? figure_ratio(figure, value) : figure_count(figure, value), limit->text,
            kept ? "good" : "bad", kept ? "kept" : "not kept",
            ratio ? figure_ratio(most, limit->most) : figure_count(most, limit->most));
}

static void print_limits(const struct results *results, FILE *out)
{
    html_section(out, "What mcwire promises", NULL);
    fputs("<div class=\"cards\">\n", out);
    for (size_t i = 0; i < limit_count; i++)
        print_limit(results, &limit_table[i], out);
    fputs("</div>\n", out);
}

/* ---- cost against the baseline --------------------------------------------------------------- */

static void draw_ratios(const struct results *results, const struct series *series,
                        const struct results_setting *setting, FILE *out)
{
    const struct html_chart chart = {
        .title = setting->title,
        .x = {"time of an operation, to the baseline's in the same round", HTML_RATIO, HTML_LOG, 1,
              2}};
    struct html_row rows[ROWS_MAX];
    size_t count = 0;

    for (size_t w = 0; w < work_count && count < ROWS_MAX; w++) {
        if (!results_has(results, setting, work_table[w].name))
            continue;
        rows[count].label = work_table[w].title;
        for (size_t i = 0; i < series->count; i++) {
            const struct results_cell *cell =
                cell_of(results, setting, work_table[w].name, series->clients[i]);
            rows[count].values[i] = cell != NULL ? cell->p50_ratio : RESULTS_UNKNOWN;
        }
        count++;
    }
    html_dots(out, &chart, rows, count, series->colours, series->count);
}

static void print_ratios(const struct results *results, const struct series *series, FILE *out)
{
    html_section(out, "Cost of an operation against the baseline",
                 "A client's p50 divided by the baseline's p50 of the same round; each dot is the "
                 "median of the rounds, and the figure is mcwire's.");
    print_legend(series, out);
    for (size_t s = 0; s < RESULTS_SETTINGS; s++)
        if (results_has(results, &results_settings[s], NULL))
            draw_ratios(results, series, &results_settings[s], out);
}

/* ---- where the time goes --------------------------------------------------------------------- */

static void draw_parts(const struct results *results, const struct series *series,
                       const struct results_setting *setting, const struct work *work, FILE *out)
{
    char title[128];
    struct html_row rows[CLIENTS_MAX];
    size_t count = 0;

    snprintf(title, sizeof title, "%s: %s", work->title, setting->title);
    for (size_t i = 0; i < series->count; i++) {
        const struct results_cell *cell = cell_of(results, setting, work->name, series->clients[i]);
        if (cell == NULL)
            continue;
        double rest = cell->p50 - cell->user_ns - cell->system_ns;
        rows[count++] = (struct html_row){series->labels[i],
                                          {cell->user_ns + cell->system_ns, rest > 0 ? rest : 0}};
    }
    if (count == 0)
        return;
    html_bars(out,
              &(struct html_chart){title,
                                   {"time of an operation", HTML_NS, HTML_LINEAR, 0, 0},
                                   {NULL, HTML_NS, HTML_LINEAR, 0, 0}},
              rows, count, 2);
}

static void print_parts(const struct results *results, const struct series *series, FILE *out)
{
    static const char *const parts[] = {
        "CPU time of the client's process, in user space and system",
        "the rest: the server, and changing over to it and back"};
    static const char *const works[] = {"get", "get-100"};

    html_section(out, "Where the time goes", NULL);
    html_legend(out, parts, NULL, sizeof parts / sizeof *parts);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        draw_parts(results, series, results_first(results), work_find(works[i]), out);
}

/* ---- latency --------------------------------------------------------------------------------- */

static void draw_latency(const struct results *results, const struct series *series,
                         const struct results_setting *setting, const struct work *work, FILE *out)
{
    double above[RESULTS_POINTS];
    struct html_line lines[CLIENTS_MAX];
    char title[128];
    size_t count = 0;
    const struct html_chart chart = {.title = title,
                                     .x = {"percentile", HTML_COUNT, HTML_TAIL, 1, 0.1},
                                     .y = {"latency", HTML_NS, HTML_LOG, 0, 0}};

    snprintf(title, sizeof title, "%s, %s", work->title, setting->transport);
    for (size_t i = 0; i < RESULTS_POINTS; i++)
        above[i] = results_above(i);
    for (size_t i = 0; i < series->count; i++) {
        const struct results_cell *cell = cell_of(results, setting, work->name, series->clients[i]);
        if (cell != NULL)
            lines[count++] = (struct html_line){series->labels[i], series->colours[i], above,
                                                cell->points, RESULTS_POINTS};
    }
    if (count > 0)
        html_lines(out, &chart, lines, count);
}

static void print_latencies(const struct results *results, const struct series *series, FILE *out)
{
    static const char *const works[] = {"get", "set", "get-100", "get-1m"};

    html_section(
        out, "Latency",
        "Each operation is timed by itself. Both axes are logarithmic, and a line ends where "
        "fewer than ten operations lie above.");
    print_legend(series, out);
    html_charts_begin(out);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        draw_latency(results, series, results_first(results), work_find(works[i]), out);
    html_charts_end(out);
}

/* ---- throughput ------------------------------------------------------------------------------ */

/* Keys a second by keys in an operation, for the works of one verb. */
struct curve {
    double batch[ROWS_MAX], rate[ROWS_MAX];
    size_t count;
};

static struct curve curve_of(const struct results *results, const struct results_setting *setting,
                             const struct results_client *client, enum work_verb verb)
{
    struct curve curve = {.count = 0};

    for (size_t w = 0; w < work_count && curve.count < ROWS_MAX; w++) {
        const struct work *work = &work_table[w];
        const struct results_cell *cell = cell_of(results, setting, work->name, client);
        if (cell == NULL || work->verb != verb || work->size != 32)
            continue;
        curve.batch[curve.count] = work->batch;
        curve.rate[curve.count++] = work->batch / cell->ns * 1e9;
    }
    return curve;
}

static void draw_throughput(const struct results *results, const struct series *series,
                            const struct results_setting *setting, enum work_verb verb,
                            const char *title, FILE *out)
{
    struct curve curves[CLIENTS_MAX];
    struct html_line lines[CLIENTS_MAX];
    size_t count = 0;
    const struct html_chart chart = {.title = title,
                                     .x = {"keys in one operation", HTML_COUNT, HTML_LOG, 1, 100},
                                     .y = {"keys a second", HTML_PER_SECOND, HTML_LOG, 0, 0}};

    for (size_t i = 0; i < series->count; i++) {
        curves[i] = curve_of(results, setting, series->clients[i], verb);
        if (curves[i].count > 0)
            lines[count++] = (struct html_line){series->labels[i], series->colours[i],
                                                curves[i].batch, curves[i].rate, curves[i].count};
    }
    if (count > 0)
        html_lines(out, &chart, lines, count);
}

static void print_throughput(const struct results *results, const struct series *series, FILE *out)
{
    html_section(out, "Throughput by batch size",
                 "One connection, values of 32 bytes, client and server on one processor. A get "
                 "asks for many keys at once; of mg, many are sent before a reply is read. mcwire "
                 "alone has mg.");
    print_legend(series, out);
    html_charts_begin(out);
    draw_throughput(results, series, &results_settings[0], WORK_GET, "get, TCP", out);
    draw_throughput(results, series, &results_settings[0], WORK_META, "mg in a pipeline, TCP", out);
    draw_throughput(results, series, &results_settings[1], WORK_GET, "get, Unix socket", out);
    draw_throughput(results, series, &results_settings[1], WORK_META,
                    "mg in a pipeline, Unix socket", out);
    html_charts_end(out);
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* Prints what stands in a cell of a table. */
typedef void cell_function(const struct results *results, const struct results_setting *setting,
                           const struct work *work, const struct results_client *client, FILE *out);

static const char *class_of(const struct results_client *client)
{
    return strcmp(client->name, "client") == 0 ? " class=\"own\"" : "";
}

static void print_heads(const struct series *series, FILE *out)
{
    fputs("<table>\n<tr><th></th>", out);
    for (size_t i = 0; i < series->count; i++) {
        fprintf(out, "<th%s>", class_of(series->clients[i]));
        html_text(out, series->labels[i]);
        fputs("</th>", out);
    }
    fputs("</tr>\n", out);
}

static void print_row(const struct results *results, const struct series *series,
                      const struct results_setting *setting, const struct work *work,
                      cell_function *function, FILE *out)
{
    fputs("<tr><td>", out);
    html_text(out, work->title);
    fputs("</td>", out);
    for (size_t i = 0; i < series->count; i++) {
        fprintf(out, "<td%s>", class_of(series->clients[i]));
        function(results, setting, work, series->clients[i], out);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static void time_cell(const struct results *results, const struct results_setting *setting,
                      const struct work *work, const struct results_client *client, FILE *out)
{
    const struct results_cell *cell = cell_of(results, setting, work->name, client);
    char time[FIGURE_SIZE], ratio[FIGURE_SIZE];

    if (cell != NULL && strcmp(client->name, "baseline") != 0)
        fprintf(out, "%s <small>%s</small>", figure_time(time, cell->p50),
                figure_ratio(ratio, cell->p50_ratio));
    else if (cell != NULL)
        fputs(figure_time(time, cell->p50), out);
}

static void together_cell(const struct results *results, const struct results_setting *setting,
                          const struct work *work, const struct results_client *client, FILE *out)
{
    const struct results_cell *cell = cell_of(results, setting, work->name, client);
    char time[FIGURE_SIZE], ratio[FIGURE_SIZE];

    if (cell != NULL)
        fprintf(out, "%s <small>%s</small>", figure_time(time, cell->ns),
                figure_ratio(ratio, cell->ratio));
}

static void latency_cell(const struct results *results, const struct results_setting *setting,
                         const struct work *work, const struct results_client *client, FILE *out)
{
    const struct results_cell *cell = cell_of(results, setting, work->name, client);
    char p99[FIGURE_SIZE], p999[FIGURE_SIZE];

    if (cell != NULL)
        fprintf(out, "%s <small>%s</small>", figure_time(p99, cell->p99),
                figure_time(p999, cell->p999));
}

static void cpu_cell(const struct results *results, const struct results_setting *setting,
                     const struct work *work, const struct results_client *client, FILE *out)
{
    const struct results_cell *cell = cell_of(results, setting, work->name, client);
    char user[FIGURE_SIZE], system[FIGURE_SIZE];

    if (cell != NULL)
        fprintf(out, "%s <small>%s</small>", figure_time(user, cell->user_ns),
                figure_time(system, cell->system_ns));
}

static void instructions_cell(const struct results *results, const struct results_setting *setting,
                              const struct work *work, const struct results_client *client,
                              FILE *out)
{
    const struct results_count *count = results_count(results, work->name, client->name);
    char text[FIGURE_SIZE];

    (void)setting;
    if (count != NULL)
        fputs(figure_count(text, count->instructions), out);
}

static void syscalls_cell(const struct results *results, const struct results_setting *setting,
                          const struct work *work, const struct results_client *client, FILE *out)
{
    const struct results_count *count = results_count(results, work->name, client->name);
    char text[FIGURE_SIZE];

    (void)setting;
    if (count == NULL)
        return;
    fputs("<span title=\"", out);
    html_text(out, count->names);
    fprintf(out, "\">%s</span>", figure_count(text, count->syscalls));
}

static void print_setting_table(const struct results *results, const struct series *series,
                                const struct results_setting *setting, const char *title,
                                cell_function *function, FILE *out)
{
    fprintf(out, "<h3>%s</h3>\n", title);
    print_heads(series, out);
    for (size_t w = 0; w < work_count; w++)
        if (results_has(results, setting, work_table[w].name))
            print_row(results, series, setting, &work_table[w], function, out);
    fputs("</table>\n", out);
}

static void print_setting(const struct results *results, const struct series *series,
                          const struct results_setting *setting, bool open, FILE *out)
{
    if (!results_has(results, setting, NULL))
        return;
    fprintf(out, "<details%s><summary>%s</summary>\n", open ? " open" : "", setting->title);
    print_setting_table(results, series, setting,
                        "Time of an operation (p50), and its ratio to the baseline's", time_cell,
                        out);
    print_setting_table(results, series, setting, "p99 and p99.9", latency_cell, out);
    print_setting_table(results, series, setting,
                        "Time of an operation, with the clock around all of a round (median), and "
                        "its ratio to the baseline's",
                        together_cell, out);
    print_setting_table(results, series, setting,
                        "CPU time of the client's process: user and system, which the kernel tells "
                        "apart by samples",
                        cpu_cell, out);
    fputs("</details>\n", out);
}

static void print_count_table(const struct results *results, const struct series *series,
                              const char *title, cell_function *function, FILE *out)
{
    fprintf(out, "<h3>%s</h3>\n", title);
    print_heads(series, out);
    for (size_t w = 0; w < work_count; w++)
        if (results_count(results, work_table[w].name, "client") != NULL)
            print_row(results, series, NULL, &work_table[w], function, out);
    fputs("</table>\n", out);
}

static void print_counts(const struct results *results, const struct series *series, FILE *out)
{
    if (results->count_count == 0)
        return;
    html_section(out, "Counted",
                 "Each count is the difference of two runs of different lengths, divided by the "
                 "difference of their lengths: what happens but once is not in it.");
    print_count_table(results, series, "Instructions of an operation in user space (callgrind)",
                      instructions_cell, out);
    print_count_table(results, series, "System calls of an operation (strace)", syscalls_cell, out);
}

static void print_wires(const struct results *results, FILE *out)
{
    char time[FIGURE_SIZE], rate[FIGURE_SIZE], bytes[FIGURE_SIZE], count[FIGURE_SIZE];

    if (results->wire_count == 0)
        return;
    html_section(out, "The wire alone",
                 "proto/ without a client: commands put into memory, and replies read out of it.");
    fputs("<table>\n<tr><th></th><th>time</th><th>bytes</th><th>rate</th><th>instructions</th>"
          "</tr>\n",
          out);
    for (size_t i = 0; i < results->wire_count; i++) {
        const struct results_wire *wire = &results->wires[i];
        fputs("<tr><td>", out);
        html_text(out, wire->title);
        fprintf(out, "</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
                figure_time(time, wire->ns), figure_count(bytes, wire->bytes),
                figure_rate(rate, wire->bytes, wire->ns), figure_count(count, wire->instructions));
    }
    fputs("</table>\n", out);
}

/* ---- how it was done ------------------------------------------------------------------------- */

static void print_clients(const struct results *results, FILE *out)
{
    char absent[160];

    html_section(out, "Who took part", NULL);
    fputs("<table>\n", out);
    for (size_t i = 0; i < results->client_count; i++) {
        const struct results_client *client = &results->clients[i];
        snprintf(absent, sizeof absent, "absent: %s", client->absent);
        html_pair(out, client->title, client->absent[0] != '\0' ? absent : client->settings);
    }
    fputs("</table>\n", out);
}

static void explain(FILE *out)
{
    html_section(out, "Method", NULL);
    print_paragraph(
        out, "",
        "Every client is a process of its own and uses the same keys (9 bytes, in "
        "turn) and values on the same private memcached. In each round each client "
        "does each work for a short slice: first with the clock around the whole "
        "slice, which gives the throughput and the CPU time, then with the clock "
        "around each operation, which gives the percentiles. A ratio is that of a "
        "client's p50 in a round to the baseline's p50 in the same round, and the median "
        "of all rounds is shown: so what else the machine does hardly shows in it. "
        "Before each slice the client connects again, every byte of one operation is "
        "compared with what is right, and some operations are done untimed; within it "
        "the result of each is looked at.");
    print_paragraph(out, "",
                    "Client and server are pinned, because loopback has two speeds: on one "
                    "processor a request costs a change of context; on two it costs waking the "
                    "other one up, which on a virtual machine takes many times as long and hides "
                    "what a client costs.");
    print_paragraph(out, "",
                    "On a Unix socket the kernel wakes a client that waits in recv() once more "
                    "than it has to, when the server takes the request. A client that waits in "
                    "poll() is spared that, and can be below the baseline where both share a "
                    "processor.");
    print_paragraph(out, "",
                    "callgrind runs clock_gettime() as a system call; the few dozen instructions "
                    "that it otherwise takes in user space are not counted, for any client.");
}

static void print_facts(const struct results *results, FILE *out)
{
    fputs("<table>\n", out);
    for (size_t i = 0; i < results->fact_count; i++)
        html_pair(out, results->facts[i].name, results->facts[i].value);
    fputs("</table>\n", out);
}

void page_write(const struct results *results, FILE *out)
{
    struct series series = choose_series(results);

    print_head(results, out);
    print_limits(results, out);
    print_ratios(results, &series, out);
    print_parts(results, &series, out);
    print_latencies(results, &series, out);
    print_throughput(results, &series, out);
    html_section(out, "All figures", NULL);
    for (size_t s = 0; s < RESULTS_SETTINGS; s++)
        print_setting(results, &series, &results_settings[s], s == 0, out);
    print_counts(results, &series, out);
    print_wires(results, out);
    print_clients(results, out);
    explain(out);
    print_facts(results, out);
    html_end(out);
}
