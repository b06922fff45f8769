/* The command top: which keys are used most, from memcached's log. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "counters.h"
#include "log.h"
#include "plural.h"
#include "print.h"
#include "run.h"
#include "terminal.h"

enum {
    LINES = 20,      /* of a table that is not on a terminal */
    OTHER_LINES = 5, /* of one that is: what is not a key */
    KEY_COLUMN = 23,
    PERIOD_MS = 1000
};

enum by { BY_KEY, BY_PREFIX, BY_SIZE, BY_MISSES };

/* A fetch that is not counted yet: if a store of its key follows, it was memcached's own look at it. */
struct fetch {
    bool held, found;
    struct buffer key;
    uint64_t connection, size;
};

struct top {
    struct session session;
    struct log log;
    struct terminal_line text;
    struct fetch fetch;
    struct counters counters;
    int64_t start_ms;
};

/* ---- counting -------------------------------------------------------------------------------- */

/* Up to the first separator, and with it; or the whole key. */
static struct mc_bytes prefix_of(struct mc_bytes key)
{
    for (size_t i = 0; i < key.len; i++)
        if (memchr(":/.|", key.data[i], 4) != NULL)
            return (struct mc_bytes){key.data, i + 1};
    return key;
}

static void count_key(struct top *top, struct mc_bytes key, uint64_t weight)
{
    enum by by = (enum by)top->session.settings->by;

    if (weight > 0)
        counters_add(&top->counters, by == BY_PREFIX ? prefix_of(key) : key, weight);
}

/* The fetch was one: no store came after it. */
static void count_fetch(struct top *top)
{
    struct fetch *fetch = &top->fetch;
    const struct mc_bytes key = {fetch->key.data, fetch->key.len};

    if (!fetch->held)
        return;
    fetch->held = false;
    switch (top->session.settings->by) {
    case BY_SIZE: count_key(top, key, fetch->found ? fetch->size : 0); break;
    case BY_MISSES: count_key(top, key, fetch->found ? 0 : 1); break;
    default: count_key(top, key, 1);
    }
}

static void hold_fetch(struct top *top, const struct log_line *line)
{
    struct fetch *fetch = &top->fetch;

    fetch->held = true;
    fetch->found = buffer_same(line->status, MC_BYTES("found"));
    fetch->connection = fetch->size = 0;
    fetch->key.len = 0;
    buffer_add(&fetch->key, line->key);
    log_number(line, MC_BYTES("cfd"), &fetch->connection);
    log_number(line, MC_BYTES("size"), &fetch->size);
}

static void count_store(struct top *top, const struct log_line *line)
{
    struct fetch *fetch = &top->fetch;
    const struct mc_bytes key = {fetch->key.data, fetch->key.len};
    uint64_t connection = 0, size = 0;

    log_number(line, MC_BYTES("cfd"), &connection);
    log_number(line, MC_BYTES("size"), &size);
    if (fetch->held && fetch->connection == connection && buffer_same(key, line->key))
        fetch->held = false;
    count_fetch(top);
    switch (top->session.settings->by) {
    case BY_SIZE: count_key(top, line->key, size); break;
    case BY_MISSES: break;
    default: count_key(top, line->key, 1);
    }
}

static void count_line(void *ctx, const struct log_line *line)
{
    struct top *top = ctx;

    if (line->has_key && buffer_same(line->type, MC_BYTES("item_store"))) {
        count_store(top, line);
        return;
    }
    count_fetch(top);
    if (line->has_key && buffer_same(line->type, MC_BYTES("item_get")))
        hold_fetch(top, line);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const char *const units[] = {
    [BY_KEY] = "requests", [BY_PREFIX] = "requests", [BY_SIZE] = "bytes", [BY_MISSES] = "misses"};
static const char *const one_unit[] = {
    [BY_KEY] = "request", [BY_PREFIX] = "request", [BY_SIZE] = "byte", [BY_MISSES] = "miss"};

static double seconds_since(const struct top *top)
{
    return (double)(mc_socket_now() - top->start_ms) / 1000;
}

/* Prints a key, cut off after so many columns (0: no limit). */
static void print_key(struct top *top, struct mc_bytes key, size_t columns)
{
    FILE *out = terminal_field(&top->text);
    size_t width = 0, at = 0;

    terminal_escape(out, key);
    long len = ftell(out);
    fflush(out);
    const struct mc_bytes text = {top->text.text, len > 0 ? (size_t)len : 0};
    if (columns == 0 || terminal_width(text) <= columns) {
        print_bytes(text);
        return;
    }
    for (; at < text.len; at++) {
        width += ((unsigned char)text.data[at] & 0xc0) != 0x80 ? 1 : 0;
        if (width > columns - 2)
            break;
    }
    print_bytes((struct mc_bytes){text.data, at});
    fputs("..", stdout);
}

static void print_counter(struct top *top, const struct counter *counter, size_t columns)
{
    const struct mc_bytes key = {counter->key, counter->len};
    double share = (double)counter->count * 100 / (double)top->counters.total;

    printf("%12" PRIu64 " %6.1f %%  ", counter->count, share);
    print_key(top, key, columns > 0 ? columns - KEY_COLUMN : 0);
    putchar('\n');
}

static void print_error(const struct top *top)
{
    uint64_t least = counters_least(&top->counters);

    if (least == 0)
        puts("These numbers are exact.");
    else
        printf("A number is at most %" PRIu64 " too high, and a key that is not here has at most\n"
               "that many.\n",
               least);
    if (top->log.skipped > 0)
        printf("The server left out %" PRIu64 " line%s, as they were not read fast enough.\n",
               top->log.skipped, plural_s(top->log.skipped));
}

static void print_table(struct top *top, const struct terminal *terminal)
{
    static const struct counter *list[COUNTERS];
    const char *unit = units[top->session.settings->by];
    size_t count = counters_sort(&top->counters, list);
    size_t most = terminal->rows > 0 ? terminal->rows - OTHER_LINES : LINES;

    printf("%" PRIu64 " %s in %.1f s\n", top->counters.total,
           top->counters.total == 1 ? one_unit[top->session.settings->by] : unit,
           seconds_since(top));
    terminal_set_color(terminal, TERMINAL_BOLD);
    printf("%12s    share  %s", unit, top->session.settings->by == BY_PREFIX ? "prefix" : "key");
    terminal_set_color(terminal, TERMINAL_PLAIN);
    putchar('\n');
    for (size_t i = 0; i < count && i < most; i++)
        print_counter(top, list[i], terminal->columns);
    print_error(top);
}

static void print_json(const struct top *top)
{
    static const struct counter *list[COUNTERS];
    const char *unit = units[top->session.settings->by];
    size_t count = counters_sort(&top->counters, list);
    bool prefix = top->session.settings->by == BY_PREFIX;

    for (size_t i = 0; i < count && i < LINES; i++) {
        putchar('{');
        print_json_bytes(prefix ? "prefix" : "key", prefix ? "prefix_base64" : "key_base64",
                         (struct mc_bytes){list[i]->key, list[i]->len});
        printf(",\"%s\":%" PRIu64 ",\"error\":%" PRIu64 "}\n", unit, list[i]->count,
               list[i]->error);
    }
    printf("{\"%s\":%" PRIu64 ",\"error\":%" PRIu64 ",\"seconds\":%.3f,\"skipped\":%" PRIu64 "}\n",
           unit, top->counters.total, counters_least(&top->counters), seconds_since(top),
           top->log.skipped);
}

/* Once more at its place, or, when it is the last, at the end of what was printed. */
static void draw(struct top *top, bool last)
{
    const struct terminal terminal = terminal_look(&top->session);

    if (!last && (!terminal.redraws || top->session.settings->json))
        return;
    if (last)
        count_fetch(top);
    if (top->session.settings->json) {
        print_json(top);
        return;
    }
    terminal_clear(&terminal);
    print_table(top, &terminal);
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Until Ctrl-C, the time is over, or one of both ends is gone. */
static void follow(struct top *top)
{
    const int64_t for_ms = (int64_t)((top->session.settings->for_ns + 999999) / 1000000);
    enum log_result result = LOG_LINES;
    int64_t next_ms = 0;

    top->start_ms = mc_socket_now();
    const int64_t end_ms = for_ms > 0 ? top->start_ms + for_ms : INT64_MAX;
    while (session_flush(&top->session) && (result == LOG_LINES || result == LOG_QUIET)) {
        int64_t now = mc_socket_now();
        if (now >= end_ms)
            break;
        if (now >= next_ms) {
            draw(top, false);
            next_ms = now + PERIOD_MS;
        }
        int64_t wait = end_ms < next_ms ? end_ms - now : next_ms - now;
        result = log_wait(&top->log, wait);
    }
    draw(top, true);
}

int run_top(void *options, const struct option_words *words)
{
    static struct top top;
    int status = session_start(&top.session, options, words);

    if (status != 0)
        return status;
    top.log.receive = count_line;
    top.log.ctx = &top;
    if (terminal_open_line(&top.text) != 0) {
        session_fail(&top.session, STATUS_AGAIN, strerror(errno));
        return session_end(&top.session);
    }
    if (log_open(&top.log, &top.session, MC_BYTES("fetchers mutations")))
        follow(&top);
    log_close(&top.log);
    terminal_close_line(&top.text);
    buffer_free(&top.fetch.key);
    return session_end(&top.session);
}
