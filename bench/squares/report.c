/* Prints runs: a line as each ends, then a table with bars; or JSON, or CSV. */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "model.h"

enum { BAR_WIDTH = 22 };

const char *report_number_word(char text[16], uint32_t number)
{
    static const char *const words[] = {
        "No",       "One",     "Two",     "Three",     "Four",     "Five",     "Six",
        "Seven",    "Eight",   "Nine",    "Ten",       "Eleven",   "Twelve",   "Thirteen",
        "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen", "Twenty"};

    if (number < sizeof words / sizeof *words)
        snprintf(text, 16, "%s", words[number]);
    else
        snprintf(text, 16, "%lu", (unsigned long)number);
    return text;
}

double report_speed_up(const struct report *report, uint32_t run)
{
    return timing_per_call(report->runs[0].ns, report->runs[run].ns);
}

double report_hit_rate(const struct report_run *run)
{
    return timing_per_call(run->counts.hits, (uint64_t)run->counts.hits + run->counts.misses);
}

static double seconds(double ns)
{
    return ns / 1e9;
}

/* ---- text ------------------------------------------------------------------------------------ */

static bool wants_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return (no == NULL || no[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0) &&
           isatty(fileno(out));
}

static void begin_text(const struct report *report, FILE *out)
{
    char word[16];

    fprintf(out, "%s successive %s:\n", report_number_word(word, report->options->runs),
            report->options->runs == 1 ? "run" : "runs");
}

static void run_text(const struct report *report, FILE *out)
{
    fprintf(out, " %.2fs", seconds((double)report->runs[report->count - 1].ns));
}

static int bar_columns(const struct report *report, double ns)
{
    return (int)(ns / report->longest_ns * (BAR_WIDTH - 1) + 0.5);
}

/* '#' for the run's time, '|' where the model's prediction ends. */
static void print_bar(const struct report *report, const struct report_run *run, FILE *out,
                      bool colour)
{
    static const char bar[BAR_WIDTH + 1] = "######################";
    int length = bar_columns(report, (double)run->ns), mark = bar_columns(report, run->model_ns);
    int before = length < mark ? length : mark, after = length - mark - 1;

    fprintf(out, "  %s%.*s%*s", colour ? "\033[36m" : "", before, bar, mark - before, "");
    fprintf(out, "%s|%s", colour ? "\033[1;33m" : "", colour ? "\033[0;36m" : "");
    fprintf(out, "%.*s%s\n", after > 0 ? after : 0, bar, colour ? "\033[0m" : "");
}

static void print_table(const struct report *report, FILE *out)
{
    bool colour = wants_colour(out);

    fputs("\n run  seconds   model   hits  misses  hit rate  speed-up\n", out);
    for (uint32_t i = 0; i < report->count; i++) {
        const struct report_run *run = &report->runs[i];
        fprintf(out, "%4lu  %7.3f %7.3f %6lu  %6lu   %5.1f %% %8.1fx", (unsigned long)i + 1,
                seconds((double)run->ns), seconds(run->model_ns), (unsigned long)run->counts.hits,
                (unsigned long)run->counts.misses, 100 * report_hit_rate(run),
                report_speed_up(report, i));
        print_bar(report, run, out, colour);
    }
}

static void print_model(const struct report *report, FILE *out)
{
    char expense[HISTOGRAM_TEXT_MAX], set[HISTOGRAM_TEXT_MAX], get[HISTOGRAM_TEXT_MAX];

    histogram_text(expense, (double)report->expense_ns);
    histogram_text(set, (double)report->set_ns);
    histogram_text(get, (double)report->get_ns);
    fprintf(out, "\nModel (|): expected misses x (%s + %s, a set) + %lu requests x %s, a get.\n",
            expense, set, (unsigned long)report->options->requests, get);
    fprintf(out, "Measured and predicted differ by %.1f %% in all.\n",
            100 * fabs(report->difference));
    if (report->lacking < 1)
        fprintf(out, "The cache was not empty: it is taken to have held %.0f %% of the squares.\n",
                100 * (1 - report->lacking));
}

static void print_sums(const struct report *report, FILE *out)
{
    unsigned long long errors = 0, wrong = 0;

    for (uint32_t i = 0; i < report->count; i++) {
        errors += report->runs[i].counts.errors;
        wrong += report->runs[i].counts.wrong;
    }
    timing_print_histogram(out, "Gets", &report->cache->answers);
    fprintf(out, "Errors: %llu. Wrong: %llu. Server: ", errors, wrong);
    escape_text(out, report->own_server ? "a private memcached" : report->server);
    fprintf(out, ". Seed: %lu.\n", (unsigned long)report->options->seed);
}

static void end_text(const struct report *report, FILE *out)
{
    fputc('\n', out);
    if (report->count > 0) {
        print_table(report, out);
        if (report->cache->answers.count > 0)
            print_model(report, out);
        else
            fputs("\nNo get was answered.\n", out);
    }
    print_sums(report, out);
}

/* ---- JSON and CSV ---------------------------------------------------------------------------- */

/* The members and columns of a run that the two have in common. */
static const char *const names[] = {"seconds", "hits",   "misses", "errors",
                                    "wrong",   "p50_us", "p99_us"};

enum { NAMES = sizeof names / sizeof *names, NUMBER_SIZE = 32 };

static void format_run(const struct report_run *run, char numbers[NAMES][NUMBER_SIZE])
{
    const uint32_t counts[] = {run->counts.hits, run->counts.misses, run->counts.errors,
                               run->counts.wrong};

    snprintf(numbers[0], NUMBER_SIZE, "%.6f", seconds((double)run->ns));
    for (int i = 0; i < 4; i++)
        snprintf(numbers[1 + i], NUMBER_SIZE, "%lu", (unsigned long)counts[i]);
    snprintf(numbers[5], NUMBER_SIZE, "%.3f", (double)run->p50_ns / 1000);
    snprintf(numbers[6], NUMBER_SIZE, "%.3f", (double)run->p99_ns / 1000);
}

static void begin_json(const struct report *report, FILE *out)
{
    fputs("{\"server\":", out);
    escape_json(out, report->server);
    fprintf(out, ",\"seed\":%lu,\"runs\":[", (unsigned long)report->options->seed);
}

static void run_json(const struct report *report, FILE *out)
{
    char numbers[NAMES][NUMBER_SIZE];

    format_run(&report->runs[report->count - 1], numbers);
    fputs(report->count > 1 ? ",\n" : "\n", out);
    for (int i = 0; i < NAMES; i++)
        fprintf(out, "%c\"%s\":%s", i == 0 ? '{' : ',', names[i], numbers[i]);
    fputc('}', out);
}

static void end_json(const struct report *report, FILE *out)
{
    (void)report;
    fputs("\n]}\n", out);
}

static void begin_csv(const struct report *report, FILE *out)
{
    (void)report;
    fputs("run", out);
    for (int i = 0; i < NAMES; i++)
        fprintf(out, ",%s", names[i]);
    fputc('\n', out);
}

static void run_csv(const struct report *report, FILE *out)
{
    char numbers[NAMES][NUMBER_SIZE];

    format_run(&report->runs[report->count - 1], numbers);
    fprintf(out, "%lu", (unsigned long)report->count);
    for (int i = 0; i < NAMES; i++)
        fprintf(out, ",%s", numbers[i]);
    fputc('\n', out);
}

/* ---- all of them ----------------------------------------------------------------------------- */

typedef void print_function(const struct report *report, FILE *out);

static const struct {
    print_function *begin, *run, *end;
} formats[] = {
    [OPTIONS_TEXT] = {begin_text, run_text, end_text},
    [OPTIONS_JSON] = {begin_json, run_json, end_json},
    [OPTIONS_CSV] = {begin_csv, run_csv, NULL},
};

void report_begin(const struct report *report, FILE *out)
{
    formats[report->options->format].begin(report, out);
    fflush(out);
}

void report_run(struct report *report, FILE *out, const struct report_run *run)
{
    report->runs[report->count++] = *run;
    formats[report->options->format].run(report, out);
    fflush(out);
}

void report_end(struct report *report, FILE *out)
{
    model_predict(report);
    if (formats[report->options->format].end != NULL)
        formats[report->options->format].end(report, out);
    fflush(out);
}
