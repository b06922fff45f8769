/* Runs the command watch on a connection of its own, and takes lines apart. */
#include "log.h"

#include <string.h>

#include "buffer.h"
#include "decimal.h"
#include "interrupt.h"
#include "percent.h"

enum { NAME_MAX_LEN = 31, PARTS = 4, KEEPALIVE_S = 60 };

/* ---- lines ----------------------------------------------------------------------------------- */

/* The length of the name of "NAME=VALUE"; 0: this is not a field. */
static size_t name_length(struct mc_bytes text)
{
    size_t len = 0;

    while (len < text.len && len <= NAME_MAX_LEN &&
           ((text.data[len] >= 'a' && text.data[len] <= 'z') || text.data[len] == '_'))
        len++;
    return len <= NAME_MAX_LEN && len < text.len && text.data[len] == '=' ? len : 0;
}

static void skip(struct mc_bytes *text, size_t len)
{
    text->data += len;
    text->len -= len;
}

static size_t word_length(struct mc_bytes text)
{
    const char *space = text.len > 0 ? memchr(text.data, ' ', text.len) : NULL;
    return space != NULL ? (size_t)(space - text.data) : text.len;
}

/* Free text goes on to the end of the line, and other values to the next field; a time and a number
 * are one word. */
static size_t value_length(struct mc_bytes name, struct mc_bytes text)
{
    size_t len = word_length(text);

    if (buffer_same(name, MC_BYTES("ts")) || buffer_same(name, MC_BYTES("gid")))
        return len;
    if (buffer_same(name, MC_BYTES("msg")) || buffer_same(name, MC_BYTES("req")))
        return text.len;
    while (len < text.len) {
        const struct mc_bytes rest = {text.data + len + 1, text.len - len - 1};
        if (name_length(rest) > 0)
            break;
        len += 1 + word_length(rest);
    }
    return len;
}

/* memcached does not fill up the microseconds with zeros: 1.5 is 5 of them. */
static void read_time(struct log_line *line, struct mc_bytes text)
{
    const char *dot = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
    size_t end = dot != NULL ? (size_t)(dot - text.data) : text.len, at = end + 1;

    while (at + 1 < text.len && text.data[at] == '0')
        at++;
    line->timed = end < text.len &&
                  mc_decimal_read(text.data, 0, end, UINT32_MAX, &line->seconds) &&
                  mc_decimal_read(text.data, at, text.len, 999999, &line->microseconds);
}

/* A key that is not encoded as it should be is taken as it is. */
static void read_key(struct log_line *line, struct mc_bytes text, struct buffer *key)
{
    key->len = 0;
    line->has_key = true;
    line->key = text;
    if (percent_read(key, text))
        line->key = (struct mc_bytes){key->data, key->len};
}

static void read_field(struct log_line *line, const struct log_field *field, struct buffer *key)
{
    if (buffer_same(field->name, MC_BYTES("ts")) && !line->timed) {
        read_time(line, field->value);
        if (line->timed)
            return;
    }
    if (buffer_same(field->name, MC_BYTES("type")))
        line->type = field->value;
    if (buffer_same(field->name, MC_BYTES("status")))
        line->status = field->value;
    if (buffer_same(field->name, MC_BYTES("key")))
        read_key(line, field->value, key);
    if (buffer_same(field->name, MC_BYTES("skipped")) && line->count == 0)
        mc_decimal_read(field->value.data, 0, field->value.len, UINT64_MAX, &line->skipped);
    line->fields[line->count++] = *field;
}

void log_parse(struct mc_bytes text, struct buffer *key, struct log_line *line)
{
    *line = (struct log_line){0};
    while (text.len > 0) {
        size_t len = name_length(text);
        if (len == 0 || line->count == LOG_FIELDS)
            break;
        struct log_field field = {{text.data, len}, {0}};
        skip(&text, len + 1);
        field.value = (struct mc_bytes){text.data, value_length(field.name, text)};
        skip(&text, field.value.len);
        if (text.len > 0)
            skip(&text, 1);
        read_field(line, &field, key);
    }
    line->text = text;
}

bool log_number(const struct log_line *line, struct mc_bytes name, uint64_t *number)
{
    for (size_t i = 0; i < line->count; i++) {
        const struct mc_bytes value = line->fields[i].value;
        if (buffer_same(line->fields[i].name, name))
            return mc_decimal_read(value.data, 0, value.len, UINT64_MAX, number);
    }
    return false;
}

/* ---- the stream ------------------------------------------------------------------------------ */

const char *const log_kinds[] = {"fetchers",  "mutations", "evictions",   "connevents",
                                 "deletions", "proxyreqs", "proxyevents", "proxyuser",
                                 "sysevents", "rawcmds",   NULL};

static void receive_line(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                         const struct mc_reply *reply)
{
    struct log *log = (struct log *)(void *)sink;
    struct log_line line;

    (void)op, (void)slot;
    if (event == MC_OPENED) {
        log->opened = true;
        return;
    }
    log->broken = log->broken || !log->opened;
    if (log->broken)
        return;
    log_parse(reply->text, &log->key, &line);
    if (line.skipped > 0)
        log->skipped += line.skipped;
    log->receive(log->ctx, &line);
}

/* The connection is over. */
static enum log_result end_log(struct log *log, int why)
{
    struct session *session = log->session;
    struct mc_engine *engine = &session->server.client.engine;

    if (log->broken) {
        session_fail(session, STATUS_PROTOCOL, "the server does not answer as memcached does");
        return LOG_ENDED;
    }
    mc_engine_fail(engine, why);
    mc_engine_done(engine);
    session->server.client.text = log->op.text;
    if (log->op.result == MC_ERROR && log->op.text.len == 0) {
        session_fail(session, STATUS_REFUSED,
                     "the server does not know this command, or not all of these kinds of lines");
        return LOG_ENDED;
    }
    session_judge(session, session->words->command->name, log->op.result, log->op.text);
    return LOG_ENDED;
}

/* Receives what is there. */
static enum log_result receive(struct log *log)
{
    struct mc_client *client = &log->session->server.client;
    size_t cap;
    void *place = mc_engine_input(&client->engine, &cap);

    if (place == NULL)
        return end_log(log, MC_E_CLOSED);
    ptrdiff_t n = client->transport.recv(client->transport.ctx, place, cap,
                                         mc_socket_deadline(log->session->server.timeout_ms));
    if (n <= 0)
        return end_log(log, n < 0 ? (int)n : MC_E_CLOSED);
    mc_engine_received(&client->engine, (size_t)n);
    if (log->broken || mc_engine_is_idle(&client->engine))
        return end_log(log, MC_E_CLOSED);
    return LOG_LINES;
}

enum log_result log_wait(struct log *log, int64_t ms)
{
    int ready = interrupt_wait(log->session->server.socket.fd, -1, ms);

    if (ready < 0)
        return end_log(log, MC_E_SYSTEM);
    if ((ready & INTERRUPT_CAME) != 0)
        return LOG_INTERRUPTED;
    return ready == 0 ? LOG_QUIET : receive(log);
}

/* Sends the request. 0, or why it was not sent. */
static int send_request(struct mc_client *client, mc_deadline deadline)
{
    struct mc_bytes parts[PARTS];
    size_t count;

    while ((count = mc_engine_output(&client->engine, parts, PARTS)) > 0) {
        ptrdiff_t n = client->transport.send(client->transport.ctx, parts, count, deadline);
        if (n < 0)
            return (int)n;
        mc_engine_sent(&client->engine, (size_t)n);
    }
    return 0;
}

/* Waits for the OK. */
static bool wait_for_opening(struct log *log, mc_deadline deadline)
{
    enum log_result result = LOG_LINES;

    while (result == LOG_LINES && !log->opened) {
        int64_t left = deadline - mc_socket_now();
        result = log_wait(log, left > 0 ? left : 0);
    }
    if (result == LOG_QUIET)
        end_log(log, MC_E_TIMEOUT);
    if (result == LOG_INTERRUPTED)
        session_note(log->session, STATUS_INTERRUPTED);
    return result == LOG_LINES;
}

bool log_open(struct log *log, struct session *session, struct mc_bytes kinds)
{
    struct mc_server *server = &session->server;
    mc_deadline deadline = mc_socket_deadline(server->timeout_ms);

    log->session = session;
    server->socket.keepalive_s = KEEPALIVE_S;
    int result = mc_server_open(server);
    if (result < 0) {
        session_judge(session, NULL, result, server->client.text);
        return false;
    }
    interrupt_catch();
    log->sink.receive = receive_line;
    log->op = mc_op_make(&mc_command_watch, kinds);
    log->op.sink = &log->sink;
    mc_engine_submit(&server->client.engine, &log->op);
    result = send_request(&server->client, deadline);
    if (result == 0)
        return wait_for_opening(log, deadline);
    end_log(log, result);
    return false;
}

void log_close(struct log *log)
{
    buffer_free(&log->key);
}
