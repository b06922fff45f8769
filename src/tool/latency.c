/* The command latency: how long round trips take. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "clock.h"
#include "escape.h"
#include "histogram.h"
#include "interrupt.h"
#include "plural.h"
#include "print.h"
#include "run.h"
#include "terminal.h"

enum {
    ROWS_MAX = 31,   /* 1, 2, 5, 10, ... us up to 10,000 s */
    BAR_COLUMN = 32, /* what stands before the bars */
    BAR_MAX = 48,
    PERIOD_NS = 1000000000,
    NS_IN_MS = 1000000
};

struct latency {
    struct session session;
    struct terminal_line line;
    struct histogram histogram;
    struct buffer version;
    uint64_t timeouts, start_ns;
};

/* ---- the chart ------------------------------------------------------------------------------- */

/* The upper end of a row in ns: 1, 2, 5, 10, 20, 50, ... us. */
static uint64_t row_end(size_t row)
{
    static const uint64_t steps[] = {1000, 2000, 5000};
    uint64_t end = steps[row % 3];

    for (size_t i = row / 3; i > 0; i--)
        end *= 10;
    return end;
}

/* How many round trips each row has. Returns the number of rows up to the last that has one. */
static size_t count_rows(const struct histogram *histogram, uint64_t rows[ROWS_MAX])
{
    size_t row = 0, last = 0;

    memset(rows, 0, ROWS_MAX * sizeof *rows);
    for (size_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        while (row + 1 < ROWS_MAX && histogram_value(bucket) > row_end(row))
            row++;
        rows[row] += histogram->buckets[bucket];
        if (rows[row] > 0)
            last = row + 1;
    }
    return last;
}

static void print_row(const struct latency *latency, size_t row, uint64_t count, size_t bar)
{
    static const char *const names[] = {"us", "ms", "s"};
    uint64_t end = row_end(row) / 1000;
    size_t unit = 0;

    for (; unit < 2 && end >= 1000; unit++)
        end /= 1000;
    printf("up to %4" PRIu64 " %-2s %8" PRIu64 " %5.1f %%%s", end, names[unit], count,
           (double)count * 100 / (double)latency->histogram.count, bar > 0 ? "  " : "");
    for (; bar > 0; bar--)
        putchar('#');
    putchar('\n');
}

static void print_chart(const struct latency *latency, size_t columns)
{
    uint64_t rows[ROWS_MAX], most = 1;
    size_t count = count_rows(&latency->histogram, rows), room = BAR_MAX;

    if (columns > 0 && columns < BAR_COLUMN + BAR_MAX)
        room = columns - BAR_COLUMN;
    for (size_t row = 0; row < count; row++)
        most = rows[row] > most ? rows[row] : most;
    bool begun = false;
    for (size_t row = 0; row < count; row++) {
        begun = begun || rows[row] > 0;
        double bar = (double)rows[row] * (double)room / (double)most;
        if (begun)
            print_row(latency, row, rows[row], (size_t)(bar + 0.999));
    }
}

/* ---- the numbers ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t millionths;
} percentiles[] = {{"p50", 500000}, {"p90", 900000}, {"p99", 990000}, {"p99.9", 999000}};

enum { PERCENTILES = sizeof percentiles / sizeof *percentiles };

static void add_number(struct latency *latency, const char *name, double ns, const char *comma)
{
    char text[HISTOGRAM_TEXT_MAX];

    fprintf(terminal_field(&latency->line), "%s %s%s", name, histogram_text(text, ns), comma);
    terminal_add(&latency->line);
}

static void print_numbers(struct latency *latency, const struct terminal *terminal)
{
    const struct histogram *histogram = &latency->histogram;

    terminal_begin(&latency->line, terminal, 0);
    add_number(latency, "min", (double)histogram->min, ",");
    add_number(latency, "mean", (double)histogram_mean(histogram), ",");
    for (size_t i = 0; i < PERCENTILES; i++)
        add_number(latency, percentiles[i].name,
                   (double)histogram_percentile(histogram, percentiles[i].millionths), ",");
    add_number(latency, "max", (double)histogram->max, "");
    putchar('\n');
}

static void print_all(struct latency *latency, const struct terminal *terminal)
{
    escape_text(stdout, latency->session.address);
    fputs(", memcached ", stdout);
    escape_field(stdout, latency->version.data, latency->version.len);
    printf("\n%" PRIu64 " round trip%s in %.1f s", latency->histogram.count,
           plural_s(latency->histogram.count), (double)(clock_ns() - latency->start_ns) / 1e9);
    if (latency->timeouts > 0)
        printf("; %" PRIu64 " timed out", latency->timeouts);
    putchar('\n');
    if (latency->histogram.count == 0)
        return;
    print_numbers(latency, terminal);
    print_chart(latency, terminal->columns);
}

static void print_json(const struct latency *latency)
{
    const struct histogram *histogram = &latency->histogram;
    uint64_t rows[ROWS_MAX];
    size_t count = count_rows(histogram, rows);
    const char *comma = "";

    printf("{\"count\":%" PRIu64 ",\"timeouts\":%" PRIu64 ",\"min_us\":%.3f,\"mean_us\":%.3f",
           histogram->count, latency->timeouts, (double)histogram->min / 1000,
           (double)histogram_mean(histogram) / 1000);
    for (size_t i = 0; i < PERCENTILES; i++)
        printf(",\"%s_us\":%.3f", percentiles[i].name,
               (double)histogram_percentile(histogram, percentiles[i].millionths) / 1000);
    printf(",\"max_us\":%.3f,\"rows\":[", (double)histogram->max / 1000);
    for (size_t row = 0; row < count; row++) {
        if (rows[row] == 0)
            continue;
        printf("%s{\"up_to_us\":%" PRIu64 ",\"count\":%" PRIu64 "}", comma, row_end(row) / 1000,
               rows[row]);
        comma = ",";
    }
    puts("]}");
}

static void draw(struct latency *latency, bool last)
{
    const struct terminal terminal = terminal_look(&latency->session);

    if (latency->session.settings->json) {
        if (last)
            print_json(latency);
    } else if (last || terminal.redraws) {
        terminal_clear(&terminal);
        print_all(latency, &terminal);
    }
}

/* ---- the command ----------------------------------------------------------------------------- */

/* One round trip. False: there is no use in going on. */
static bool measure(struct latency *latency)
{
    struct session *session = &latency->session;
    struct mc_op op = {.command = &mc_command_version};
    int result;

    mc_server_resume(&session->server);
    result = mc_server_open(&session->server);
    if (result == 0) {
        uint64_t begin = clock_ns();
        result = mc_server_do(&session->server, &op);
        if (result == MC_VERSION)
            histogram_record(&latency->histogram, clock_ns() - begin);
    }
    if (result == MC_VERSION) {
        latency->version.len = 0;
        buffer_add(&latency->version, op.text);
        return true;
    }
    session_judge(session, NULL, result, session->server.client.text);
    latency->timeouts += result == MC_E_TIMEOUT ? 1 : 0;
    return result == MC_E_TIMEOUT;
}

/* Until Ctrl-C, the time is over, or one of both ends is gone. */
static void follow(struct latency *latency)
{
    const struct settings *settings = latency->session.settings;
    uint64_t now = latency->start_ns, next = now + PERIOD_NS;
    const uint64_t end = settings->for_ns > 0 ? now + settings->for_ns : UINT64_MAX;

    while (measure(latency) && session_flush(&latency->session)) {
        now = clock_ns();
        uint64_t left = end > now ? end - now : 0;
        uint64_t wait = settings->every_ns < left ? settings->every_ns : left;
        if (left == 0 || interrupt_wait(-1, -1, (int64_t)((wait + NS_IN_MS - 1) / NS_IN_MS)) != 0)
            break;
        if (now < next)
            continue;
        draw(latency, false);
        next = now + PERIOD_NS;
    }
}

int run_latency(void *options, const struct option_words *words)
{
    static struct latency latency;
    int status = session_start(&latency.session, options, words);

    if (status != 0)
        return status;
    if (terminal_open_line(&latency.line) != 0) {
        session_fail(&latency.session, STATUS_AGAIN, strerror(errno));
        return session_end(&latency.session);
    }
    interrupt_catch();
    latency.start_ns = clock_ns();
    follow(&latency);
    if (latency.histogram.count + latency.timeouts > 0)
        draw(&latency, true);
    terminal_close_line(&latency.line);
    buffer_free(&latency.version);
    return session_end(&latency.session);
}
