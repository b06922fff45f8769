/* The commands ping, stats and version. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "clock.h"
#include "escape.h"
#include "interrupt.h"
#include "print.h"
#include "run.h"
#include "statistics.h"

int run_version(void *options, const struct option_words *words)
{
    struct session session;
    struct mc_op op = {.command = &mc_command_version};
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    mc_server_do(&session.server, &op);
    session_judge(&session, NULL, op.result, op.text);
    if (op.result == MC_VERSION && session.settings->json) {
        putchar('{');
        print_json_bytes("version", "version_base64", op.text);
        puts("}");
    } else if (op.result == MC_VERSION) {
        escape_field(stdout, op.text.data, op.text.len);
        putchar('\n');
    }
    return session_end(&session);
}

static void sleep_ns(uint64_t ns)
{
    const struct timespec time = {.tv_sec = (time_t)(ns / 1000000000),
                                  .tv_nsec = (long)(ns % 1000000000)};
    nanosleep(&time, NULL);
}

/* ---- ping ------------------------------------------------------------------------------------ */

/* One line, or one object, for a version that came after so many nanoseconds. */
static void print_ping(const struct session *session, struct mc_bytes version, uint64_t ns)
{
    double ms = (double)ns / 1e6;

    if (session->settings->json) {
        putchar('{');
        print_json_bytes("server", "server_base64", mc_string(session->address));
        putchar(',');
        print_json_bytes("version", "version_base64", version);
        printf(",\"ms\":%.3f}\n", ms);
        return;
    }
    escape_text(stdout, session->address);
    fputs(": memcached ", stdout);
    escape_field(stdout, version.data, version.len);
    printf(", %.3f ms\n", ms);
}

static void ping_once(struct session *session)
{
    struct mc_op op = {.command = &mc_command_version};
    uint64_t begin = clock_ns();

    mc_server_resume(&session->server);
    mc_server_do(&session->server, &op);
    uint64_t ns = clock_ns() - begin;
    session->said = false;
    session_judge(session, NULL, op.result, op.text);
    if (op.result == MC_VERSION)
        print_ping(session, op.text, ns);
}

int run_ping(void *options, const struct option_words *words)
{
    struct session session;
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    for (uint32_t i = 0; i < session.settings->count && session_flush(&session); i++) {
        if (i > 0)
            sleep_ns(session.settings->interval_ns);
        ping_once(&session);
    }
    return session_end(&session);
}

/* ---- stats ----------------------------------------------------------------------------------- */

/* Had the statistic this value before? */
static bool is_unchanged(struct mc_bytes before, struct mc_bytes name, struct mc_bytes value)
{
    struct mc_bytes old;

    return statistics_find(before, name, &old) && buffer_same(old, value);
}

static void print_statistic(struct mc_bytes name, struct mc_bytes value)
{
    escape_field(stdout, name.data, name.len);
    printf("%*s ", name.len < 24 ? 24 - (int)name.len : 0, "");
    escape_field(stdout, value.data, value.len);
    putchar('\n');
}

static void print_json_statistic(struct mc_bytes name, struct mc_bytes value)
{
    putchar('{');
    print_json_bytes("name", "name_base64", name);
    putchar(',');
    print_json_bytes("value", "value_base64", value);
    puts("}");
}

/* Prints those that are not as they were before. */
static void print_listing(const struct session *session, const struct buffer *now,
                          const struct buffer *before)
{
    struct mc_bytes text = {now->data, now->len}, name, value;
    const struct mc_bytes old = {before->data, before->len};

    while (statistics_next(&text, &name, &value)) {
        if (is_unchanged(old, name, value))
            continue;
        if (session->settings->json)
            print_json_statistic(name, value);
        else
            print_statistic(name, value);
    }
}

/* Asks once. */
static bool list_statistics(struct session *session, struct buffer *listing)
{
    const struct option_words *words = session->words;
    const char *group = words->count > 0 ? words->list[0] : NULL;
    struct mc_op op = statistics_ask(session, group, listing);

    if (statistics_came(&op))
        return true;
    session_judge(session, group != NULL ? group : "stats", op.result, op.text);
    return false;
}

int run_stats(void *options, const struct option_words *words)
{
    struct session session;
    struct buffer now = {0}, before = {0};
    int status = session_start(&session, options, words);
    uint64_t pause = status == 0 ? session.settings->watch_ns : 0;

    if (status != 0)
        return status;
    if (pause > 0)
        interrupt_catch();
    while (list_statistics(&session, &now)) {
        print_listing(&session, &now, &before);
        if (pause == 0 || !session_flush(&session) ||
            interrupt_wait(-1, -1, (int64_t)(pause / 1000000)) != 0)
            break;
        const struct buffer old = before;
        before = now;
        now = old;
        if (!session.settings->json)
            putchar('\n');
    }
    buffer_free(&now);
    buffer_free(&before);
    return session_end(&session);
}
