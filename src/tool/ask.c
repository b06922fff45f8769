/* The commands ping, stats and version. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "escape.h"
#include "interrupt.h"
#include "print.h"
#include "run.h"

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

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* True when the time has passed, false when Ctrl-C came first. */
static bool sleep_ns(uint64_t ns)
{
    const struct timespec time = {.tv_sec = (time_t)(ns / 1000000000),
                                  .tv_nsec = (long)(ns % 1000000000)};
    return nanosleep(&time, NULL) == 0;
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
    uint64_t begin = now_ns();

    mc_server_resume(&session->server);
    mc_server_do(&session->server, &op);
    uint64_t ns = now_ns() - begin;
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

/* Statistics as they came: NAME, a tab, VALUE and a newline each. */
struct listing {
    struct mc_sink sink;
    struct buffer text;
};

static void receive_statistic(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                              const struct mc_reply *reply)
{
    struct listing *listing = (struct listing *)(void *)sink;

    (void)op, (void)slot;
    buffer_add(&listing->text, reply->key);
    buffer_add(&listing->text, event == MC_LINE ? MC_BYTES("") : MC_BYTES("\t"));
    buffer_add(&listing->text, reply->text);
    buffer_add(&listing->text, MC_BYTES("\n"));
}

/* The next line of a listing: its name and value. */
static bool next_statistic(struct mc_bytes *text, struct mc_bytes *name, struct mc_bytes *value)
{
    const char *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;

    if (end == NULL)
        return false;
    size_t len = (size_t)(end - text->data);
    const char *tab = memchr(text->data, '\t', len);
    size_t name_len = tab != NULL ? (size_t)(tab - text->data) : len;
    *name = (struct mc_bytes){text->data, name_len};
    *value = (struct mc_bytes){text->data + name_len + 1, tab != NULL ? len - name_len - 1 : 0};
    text->data += len + 1;
    text->len -= len + 1;
    return true;
}

/* Had the statistic this value before? */
static bool is_unchanged(struct mc_bytes before, struct mc_bytes name, struct mc_bytes value)
{
    struct mc_bytes old_name, old_value;

    while (next_statistic(&before, &old_name, &old_value)) {
        if (old_name.len == name.len && memcmp(old_name.data, name.data, name.len) == 0)
            return old_value.len == value.len && memcmp(old_value.data, value.data, value.len) == 0;
    }
    return false;
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

    while (next_statistic(&text, &name, &value)) {
        if (is_unchanged(old, name, value))
            continue;
        if (session->settings->json)
            print_json_statistic(name, value);
        else
            print_statistic(name, value);
    }
}

/* Asks once. */
static bool list_statistics(struct session *session, struct listing *listing)
{
    const struct option_words *words = session->words;
    struct mc_bytes group = mc_string(words->count > 0 ? words->list[0] : NULL);
    struct mc_op op = mc_op_stats(group, &listing->sink);

    listing->text.len = 0;
    if (words->count > 0 && strcmp(words->list[0], "detail dump") == 0)
        op.command = &mc_command_stats_text;
    mc_server_do(&session->server, &op);
    if (op.result == MC_END || op.result == MC_RESET || op.result == MC_OK)
        return true;
    session_judge(session, group.len > 0 ? group.data : "stats", op.result, op.text);
    return false;
}

int run_stats(void *options, const struct option_words *words)
{
    struct session session;
    struct listing now = {.sink = {receive_statistic}}, before = {.sink = {receive_statistic}};
    int status = session_start(&session, options, words);
    uint64_t pause = status == 0 ? session.settings->watch_ns : 0;

    if (status != 0)
        return status;
    if (pause > 0)
        interrupt_catch();
    while (list_statistics(&session, &now)) {
        print_listing(&session, &now.text, &before.text);
        if (pause == 0 || !session_flush(&session) || !sleep_ns(pause) || interrupt_came())
            break;
        const struct buffer old = before.text;
        before.text = now.text;
        now.text = old;
        if (!session.settings->json)
            putchar('\n');
    }
    buffer_free(&now.text);
    buffer_free(&before.text);
    return session_end(&session);
}
