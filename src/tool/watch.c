/* The command watch: memcached's log as lines for people, or as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "decimal.h"
#include "escape.h"
#include "glob.h"
#include "log.h"
#include "plural.h"
#include "print.h"
#include "run.h"
#include "terminal.h"

enum { INDENT = 16, TYPE_COLUMNS = 10, STATUS_COLUMNS = 9, JSON_NAME = 32 };

struct watch {
    struct session session;
    struct log log;
    struct terminal terminal;
    struct terminal_line line;
    struct buffer kinds;
    uint64_t shown, found, gets, stores, evictions; /* lines, of those that are shown */
    int64_t start_ms;
};

/* ---- a line for people ----------------------------------------------------------------------- */

static void add_time(struct watch *watch, const struct log_line *line)
{
    time_t seconds = (time_t)line->seconds;
    struct tm parts;
    char text[16] = "--:--:--";

    if (line->timed && localtime_r(&seconds, &parts) != NULL)
        strftime(text, sizeof text, "%H:%M:%S", &parts);
    fprintf(terminal_field(&watch->line), "%s.%06" PRIu64, text, line->microseconds);
    terminal_set_color(&watch->terminal, TERMINAL_DIM);
    terminal_add(&watch->line);
    terminal_set_color(&watch->terminal, TERMINAL_PLAIN);
}

/* A word with spaces after it, so that the next ones of all lines are below each other. */
static void add_column(struct watch *watch, struct mc_bytes word, int columns)
{
    FILE *field = terminal_field(&watch->line);

    terminal_escape(field, word);
    for (size_t width = terminal_width(word); width < (size_t)columns; width++)
        fputc(' ', field);
    terminal_add(&watch->line);
}

static void add_status(struct watch *watch, const struct log_line *line)
{
    bool good = buffer_same(line->status, MC_BYTES("found")) ||
                buffer_same(line->status, MC_BYTES("stored"));

    if (line->status.len > 0)
        terminal_set_color(&watch->terminal, good ? TERMINAL_GOOD : TERMINAL_BAD);
    add_column(watch, line->status, STATUS_COLUMNS);
    if (line->status.len > 0)
        terminal_set_color(&watch->terminal, TERMINAL_PLAIN);
}

/* Is it at another place of the line, or left out? */
static bool has_a_place(const struct log_field *field, bool has_key)
{
    return buffer_same(field->name, MC_BYTES("type")) ||
           buffer_same(field->name, MC_BYTES("gid")) ||
           (has_key && (buffer_same(field->name, MC_BYTES("key")) ||
                        buffer_same(field->name, MC_BYTES("status"))));
}

static void add_fields(struct watch *watch, const struct log_line *line)
{
    for (size_t i = 0; i < line->count; i++) {
        const struct log_field *field = &line->fields[i];
        if (has_a_place(field, line->has_key))
            continue;
        FILE *out = terminal_field(&watch->line);
        terminal_escape(out, field->name);
        fputc('=', out);
        escape_field(out, field->value.data, field->value.len);
        terminal_add(&watch->line);
    }
    if (line->text.len > 0) {
        escape_field(terminal_field(&watch->line), line->text.data, line->text.len);
        terminal_add(&watch->line);
    }
}

static void print_line(struct watch *watch, const struct log_line *line)
{
    terminal_begin(&watch->line, &watch->terminal, INDENT);
    add_time(watch, line);
    add_column(watch, line->type, TYPE_COLUMNS);
    if (line->has_key) {
        add_status(watch, line);
        terminal_escape(terminal_field(&watch->line), line->key);
        terminal_add(&watch->line);
    }
    add_fields(watch, line);
    putchar('\n');
}

static void print_skipped(struct watch *watch, uint64_t count)
{
    if (watch->session.settings->json)
        printf("{\"skipped\":%" PRIu64 "}\n", count);
    else
        printf("* the server left out %" PRIu64 " line%s, as they were not read fast enough\n",
               count, count == 1 ? "" : "s");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Is it a number as JSON has it? */
static bool is_number(struct mc_bytes text)
{
    size_t start = text.len > 0 && text.data[0] == '-' ? 1 : 0;
    bool padded = text.len > start + 1 && text.data[start] == '0';
    uint64_t number;

    return !padded && mc_decimal_read(text.data, start, text.len, UINT64_MAX, &number);
}

static void print_member(const struct log_field *field)
{
    char name[JSON_NAME], coded[JSON_NAME + sizeof "_base64"];

    snprintf(name, sizeof name, "%.*s", (int)field->name.len, field->name.data);
    snprintf(coded, sizeof coded, "%s_base64", name);
    if (is_number(field->value))
        printf("\"%s\":%.*s", name, (int)field->value.len, field->value.data);
    else
        print_json_bytes(name, coded, field->value);
}

static void print_json(const struct log_line *line)
{
    const char *comma = "";

    putchar('{');
    if (line->timed) {
        printf("\"ts\":%" PRIu64 ".%06" PRIu64, line->seconds, line->microseconds);
        comma = ",";
    }
    for (size_t i = 0; i < line->count; i++) {
        fputs(comma, stdout);
        comma = ",";
        if (buffer_same(line->fields[i].name, MC_BYTES("key")))
            print_json_bytes("key", "key_base64", line->key);
        else
            print_member(&line->fields[i]);
    }
    if (line->text.len > 0) {
        fputs(comma, stdout);
        print_json_bytes("text", "text_base64", line->text);
    }
    puts("}");
}

/* ---- the command ----------------------------------------------------------------------------- */

static void count_line(struct watch *watch, const struct log_line *line)
{
    bool get = buffer_same(line->type, MC_BYTES("item_get"));

    watch->shown++;
    watch->gets += get ? 1 : 0;
    watch->found += get && buffer_same(line->status, MC_BYTES("found")) ? 1 : 0;
    watch->stores += buffer_same(line->type, MC_BYTES("item_store")) ? 1 : 0;
    watch->evictions += buffer_same(line->type, MC_BYTES("eviction")) ? 1 : 0;
}

static void show_line(void *ctx, const struct log_line *line)
{
    struct watch *watch = ctx;
    const struct settings *settings = watch->session.settings;

    if (line->skipped > 0) {
        print_skipped(watch, line->skipped);
        return;
    }
    if (settings->match != NULL && !(line->has_key && glob_matches(settings->match, line->key)))
        return;
    count_line(watch, line);
    if (settings->json)
        print_json(line);
    else
        print_line(watch, line);
}

static bool is_kind(const char *word)
{
    for (size_t i = 0; log_kinds[i] != NULL; i++)
        if (strcmp(log_kinds[i], word) == 0)
            return true;
    return false;
}

static void fail_kind(struct session *session, const char *word)
{
    struct buffer text = {0};

    for (size_t i = 0; log_kinds[i] != NULL; i++) {
        buffer_add(&text, MC_BYTES(" "));
        buffer_add(&text, mc_string(log_kinds[i]));
    }
    escape_message("mcwire", "watch: '%.20s' is not one of%.*s", word, (int)text.len, text.data);
    session_note(session, STATUS_USAGE);
    buffer_free(&text);
}

/* Joins the kinds that are wanted. False after a message. */
static bool choose_kinds(struct watch *watch)
{
    const struct option_words *words = watch->session.words;

    for (int i = 0; i < words->count; i++) {
        if (!is_kind(words->list[i])) {
            fail_kind(&watch->session, words->list[i]);
            return false;
        }
        if (i > 0)
            buffer_add(&watch->kinds, MC_BYTES(" "));
        buffer_add(&watch->kinds, mc_string(words->list[i]));
    }
    if (words->count == 0)
        buffer_add(&watch->kinds, MC_BYTES("fetchers mutations evictions"));
    return true;
}

static void report(const struct watch *watch)
{
    fprintf(stderr,
            "mcwire: watch: %" PRIu64 " line%s in %.1f s: %" PRIu64 " item_get (%" PRIu64
            " found), %" PRIu64 " item_store, %" PRIu64 " eviction",
            watch->shown, plural_s(watch->shown),
            (double)(mc_socket_now() - watch->start_ms) / 1000, watch->gets, watch->found,
            watch->stores, watch->evictions);
    if (watch->log.skipped > 0)
        fprintf(stderr, "; the server left out %" PRIu64, watch->log.skipped);
    fputc('\n', stderr);
}

/* Until Ctrl-C, or until one of both ends is gone. */
static void follow(struct watch *watch)
{
    enum log_result result = LOG_LINES;

    watch->start_ms = mc_socket_now();
    while (session_flush(&watch->session) && result == LOG_LINES) {
        watch->terminal = terminal_look(&watch->session);
        result = log_wait(&watch->log, -1);
    }
    if (!watch->session.output_failed)
        report(watch);
}

int run_watch(void *options, const struct option_words *words)
{
    static struct watch watch;
    int status = session_start(&watch.session, options, words);

    if (status != 0)
        return status;
    if (terminal_open_line(&watch.line) != 0) {
        session_fail(&watch.session, STATUS_AGAIN, strerror(errno));
        return session_end(&watch.session);
    }
    watch.log.receive = show_line;
    watch.log.ctx = &watch;
    watch.terminal = terminal_look(&watch.session);
    if (choose_kinds(&watch) &&
        log_open(&watch.log, &watch.session, (struct mc_bytes){watch.kinds.data, watch.kinds.len}))
        follow(&watch);
    log_close(&watch.log);
    terminal_close_line(&watch.line);
    buffer_free(&watch.kinds);
    return session_end(&watch.session);
}
