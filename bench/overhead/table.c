/* Prints the results as text. */
#include "table.h"

#include <string.h>

#include "escape.h"
#include "figure.h"
#include "limit.h"
#include "work.h"

enum { TITLE_WIDTH = 22, BASELINE_WIDTH = 9, COLUMN_WIDTH = 17 };

static bool is_baseline(const struct results_client *client)
{
    return strcmp(client->name, "baseline") == 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

enum { CELL_SIZE = 2 * FIGURE_SIZE };

/* What a row is about; setting and work are NULL where they do not matter. */
struct subject {
    const struct results *results;
    const struct results_setting *setting;
    const struct work *work;
};

/* What stands in a row for one client. */
typedef void cell_function(char cell[CELL_SIZE], const struct subject *subject,
                           const struct results_client *client);

static void cell_label(char cell[CELL_SIZE], const struct subject *subject,
                       const struct results_client *client)
{
    (void)subject;
    figure_label(cell, client);
}

/* The time, and its ratio to the baseline's. */
static void cell_time(char cell[CELL_SIZE], const struct subject *subject,
                      const struct results_client *client)
{
    const struct results_cell *measured =
        results_cell(subject->results, subject->setting->cores, subject->setting->transport,
                     subject->work->name, client->name);
    char time[FIGURE_SIZE], ratio[FIGURE_SIZE];

    if (measured == NULL || measured->p50 < 0)
        snprintf(cell, CELL_SIZE, "-");
    else if (is_baseline(client))
        figure_time(cell, measured->p50);
    else
        snprintf(cell, CELL_SIZE, "%s %5s", figure_time(time, measured->p50),
                 figure_ratio(ratio, measured->p50_ratio));
}

static void cell_instructions(char cell[CELL_SIZE], const struct subject *subject,
                              const struct results_client *client)
{
    const struct results_count *count =
        results_count(subject->results, subject->work->name, client->name);

    figure_count(cell, count != NULL ? count->instructions : RESULTS_UNKNOWN);
}

static void cell_syscalls(char cell[CELL_SIZE], const struct subject *subject,
                          const struct results_client *client)
{
    const struct results_count *count =
        results_count(subject->results, subject->work->name, client->name);

    figure_count(cell, count != NULL ? count->syscalls : RESULTS_UNKNOWN);
}

static void print_row(const char *title, const struct subject *subject, cell_function *function,
                      FILE *out)
{
    char cell[CELL_SIZE];

    fprintf(out, "%-*s", TITLE_WIDTH, title);
    for (size_t i = 0; i < subject->results->client_count; i++) {
        const struct results_client *client = &subject->results->clients[i];
        if (client->absent[0] != '\0')
            continue;
        function(cell, subject, client);
        fprintf(out, "%*s", is_baseline(client) ? BASELINE_WIDTH : COLUMN_WIDTH, cell);
    }
    fputc('\n', out);
}

/* ---- times ----------------------------------------------------------------------------------- */

static void print_setting(const struct results *results, const struct results_setting *setting,
                          FILE *out)
{
    bool any = false;

    for (size_t w = 0; w < work_count; w++) {
        const struct subject subject = {results, setting, &work_table[w]};
        if (!results_has(results, setting, work_table[w].name))
            continue;
        if (!any) {
            fprintf(out, "\n%s: time of an operation (p50), and its ratio to the baseline's\n",
                    setting->title);
            print_row("", &subject, cell_label, out);
        }
        any = true;
        print_row(work_table[w].title, &subject, cell_time, out);
    }
}

/* ---- details --------------------------------------------------------------------------------- */

static void print_detail(const struct subject *subject, const struct results_client *client,
                         FILE *out)
{
    const struct results_cell *cell =
        results_cell(subject->results, subject->setting->cores, subject->setting->transport,
                     subject->work->name, client->name);
    char text[FIGURE_SIZE];

    if (client->absent[0] != '\0' || cell == NULL || cell->ns < 0)
        return;
    const double times[] = {cell->p99, cell->p999, cell->user_ns, cell->system_ns, cell->ns};
    fprintf(out, "  %-*s", TITLE_WIDTH - 2, figure_label(text, client));
    fprintf(out, "%10s", figure_count(text, cell->samples));
    fprintf(out, "%9s", figure_ratio(text, cell->p50_low));
    fprintf(out, " - %-5s", figure_ratio(text, cell->p50_high));
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        fprintf(out, "%*s", BASELINE_WIDTH + 1, figure_time(text, times[i]));
    fprintf(out, "%7s\n", figure_ratio(text, cell->ratio));
}

static void print_details(const struct results *results, const struct results_setting *setting,
                          FILE *out)
{
    fprintf(out,
            "\n%s: the middle half of the ratios, the tail,\n"
            "CPU time, and time and ratio with the clock around all operations of a round\n"
            "%-*s%10s%17s%10s%10s%10s%10s%10s%7s\n",
            setting->title, TITLE_WIDTH, "", "samples", "mid half  ", "p99", "p99.9", "user",
            "system", "all", "ratio");
    for (size_t w = 0; w < work_count; w++) {
        const struct subject subject = {results, setting, &work_table[w]};
        if (!results_has(results, setting, work_table[w].name))
            continue;
        fprintf(out, "%s\n", work_table[w].title);
        for (size_t i = 0; i < results->client_count; i++)
            print_detail(&subject, &results->clients[i], out);
    }
}

/* ---- counts ---------------------------------------------------------------------------------- */

static void print_counts(const struct results *results, const char *title, cell_function *function,
                         FILE *out)
{
    const struct subject all = {results, NULL, NULL};

    fprintf(out, "\n%s\n", title);
    print_row("", &all, cell_label, out);
    for (size_t w = 0; w < work_count; w++) {
        const struct subject subject = {results, NULL, &work_table[w]};
        if (results_count(results, work_table[w].name, "client") != NULL)
            print_row(work_table[w].title, &subject, function, out);
    }
}

static void print_wires(const struct results *results, FILE *out)
{
    char time[FIGURE_SIZE], rate[FIGURE_SIZE], count[FIGURE_SIZE], bytes[FIGURE_SIZE];

    fputs("\nproto/ alone, in memory\n", out);
    fprintf(out, "%-*s%9s%17s%17s%17s\n", TITLE_WIDTH, "", "time", "bytes", "rate", "instructions");
    for (size_t i = 0; i < results->wire_count; i++) {
        const struct results_wire *wire = &results->wires[i];
        fprintf(out, "%-*s%9s%17s%17s%17s\n", TITLE_WIDTH, wire->title, figure_time(time, wire->ns),
                figure_count(bytes, wire->bytes), figure_rate(rate, wire->bytes, wire->ns),
                figure_count(count, wire->instructions));
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void print_limits(const struct results *results, FILE *out)
{
    char figure[FIGURE_SIZE], most[FIGURE_SIZE];

    fputs("\nWhat mcwire promises\n", out);
    for (size_t i = 0; i < limit_count; i++) {
        const struct limit *limit = &limit_table[i];
        double value = limit_figure(limit, results);
        bool ratio = limit->kind == LIMIT_TIME;
        fprintf(out, "%-46s%9s, at most %-6s%s\n", limit->text,
                ratio ? figure_ratio(figure, value) : figure_count(figure, value),
                ratio ? figure_ratio(most, limit->most) : figure_count(most, limit->most),
                value < 0              ? "not measured"
                : value <= limit->most ? "kept"
                                       : "NOT kept");
    }
}

static void print_clients(const struct results *results, FILE *out)
{
    fputc('\n', out);
    for (size_t i = 0; i < results->client_count; i++) {
        const struct results_client *client = &results->clients[i];
        if (client->absent[0] != '\0')
            fprintf(out, "%s is absent: %s.\n", client->title, client->absent);
        else
            fprintf(out, "%s: %s.\n", client->title, client->settings);
    }
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        if (cell->problem[0] != '\0')
            fprintf(out, "No figure for %s by %s, %s, %s: %s.\n", cell->work, cell->client,
                    cell->transport, cell->cores, cell->problem);
    }
}

void table_text(const struct results *results, FILE *out)
{
    for (size_t i = 0; i < results->fact_count; i++)
        fprintf(out, "%-12s%s\n", results->facts[i].name, results->facts[i].value);
    for (size_t i = 0; i < RESULTS_SETTINGS; i++)
        print_setting(results, &results_settings[i], out);
    print_details(results, results_first(results), out);
    if (results->count_count > 0) {
        print_counts(results, "Instructions of an operation in user space (callgrind)",
                     cell_instructions, out);
        print_counts(results, "System calls of an operation (strace)", cell_syscalls, out);
    }
    if (results->wire_count > 0)
        print_wires(results, out);
    print_limits(results, out);
    print_clients(results, out);
}

/* ---- Markdown -------------------------------------------------------------------------------- */

static void markdown_row(const char *title, const struct subject *subject, cell_function *function,
                         FILE *out)
{
    char cell[CELL_SIZE];

    fprintf(out, "| %s |", title);
    for (size_t i = 0; i < subject->results->client_count; i++) {
        const struct results_client *client = &subject->results->clients[i];
        if (client->absent[0] != '\0')
            continue;
        function(cell, subject, client);
        fprintf(out, " %s |", cell);
    }
    fputc('\n', out);
}

static void cell_rule(char cell[CELL_SIZE], const struct subject *subject,
                      const struct results_client *client)
{
    (void)subject;
    (void)client;
    snprintf(cell, CELL_SIZE, "---:");
}

static void markdown_times(const struct results *results, const struct results_setting *setting,
                           FILE *out)
{
    for (size_t w = 0; w < work_count; w++) {
        const struct subject subject = {results, setting, &work_table[w]};
        if (results_has(results, setting, work_table[w].name))
            markdown_row(work_table[w].title, &subject, cell_time, out);
    }
}

static void markdown_counts(const struct results *results, FILE *out)
{
    static const struct {
        const char *title;
        cell_function *function;
        const char *work;
    } rows[] = {{"instructions of a get", cell_instructions, "get"},
                {"instructions of a get of 100 keys", cell_instructions, "get-100"},
                {"system calls of a get", cell_syscalls, "get"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct subject subject = {results, NULL, work_find(rows[i].work)};
        if (results_count(results, rows[i].work, "client") != NULL)
            markdown_row(rows[i].title, &subject, rows[i].function, out);
    }
}

void table_markdown(const struct results *results, FILE *out)
{
    const struct results_setting *setting = results_first(results);
    const struct subject subject = {results, setting, NULL};

    markdown_row(setting->title, &subject, cell_label, out);
    markdown_row("---", &subject, cell_rule, out);
    markdown_times(results, setting, out);
    markdown_counts(results, out);
    fputs("\nTime of an operation (p50), and its ratio to the baseline's in the same round.", out);
    for (size_t i = 0; i < results->client_count; i++)
        if (results->clients[i].absent[0] == '\0' && !is_baseline(&results->clients[i]))
            fprintf(out, " %s.", results->clients[i].title);
    fprintf(out, "\n%s; %s; %s; memcached %s; %s.\n", results_fact(results, "processor"),
            results_fact(results, "system"), results_fact(results, "compiler"),
            results_fact(results, "memcached"), results_fact(results, "date"));
}

/* ---- instructions ---------------------------------------------------------------------------- */

void table_instructions(const struct results *results, FILE *out)
{
    const char *before = "{\"limits\":[\n";

    for (size_t i = 0; i < limit_count; i++) {
        const struct limit *limit = &limit_table[i];
        if (limit->kind != LIMIT_INSTRUCTIONS)
            continue;
        fputs(before, out);
        fputs("{\"limit\":", out);
        escape_json(out, limit->text);
        fprintf(out, ",\"work\":\"%s\",\"instructions\":%.1f,\"most\":%g}", limit->work,
                limit_figure(limit, results), limit->most);
        before = ",\n";
    }
    fputs("\n]}\n", out);
}
