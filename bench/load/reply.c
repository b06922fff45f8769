/* Checks, counts and times the replies. */
#include "reply.h"

#include <stdio.h>
#include <string.h>

#include "data.h"

enum { END_LEN = 5 }; /* "END\r\n" */

static bool equals(struct mc_bytes a, struct mc_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* True when the connection can go on; see struct reply_check otherwise. */
static bool fail_reply(struct reply_check *check, enum stats_trouble trouble, const char *problem)
{
    check->trouble = trouble;
    snprintf(check->problem, sizeof check->problem, "%s", problem);
    return false;
}

static bool fail_unexpected(struct reply_check *check)
{
    return fail_reply(check, STATS_BROKEN, mc_text_fault(MC_FAULT_UNASKED));
}

static struct conn_request *oldest(struct conn *conn)
{
    return &conn->requests[conn->first];
}

/* True when the oldest request is of this kind. */
static bool expects(struct conn *conn, enum stats_kind kind)
{
    return conn->pending > 0 && oldest(conn)->kind == kind;
}

/* ---- the end of a request -------------------------------------------------------------------- */

void reply_expect(const struct reply_check *check, struct conn *conn)
{
    conn->at = 0;
    conn->hits = 0;
    conn->line_end = check->line_keys < conn->request_keys ? check->line_keys : conn->request_keys;
}

static bool finish_request(struct reply_check *check, struct conn *conn)
{
    const struct conn_request *request = oldest(conn);
    struct stats_of_kind *stats = &check->stats->kinds[request->kind];

    if (request->failed) {
        stats->errors++;
    } else {
        stats->requests++;
        timing_record(&stats->latency, check->now_ns - request->start_ns);
        if (request->kind == STATS_GET)
            stats->misses += conn->request_keys - conn->hits;
    }
    stats->hits += conn->hits;
    conn->first = conn_slot(conn, 1);
    conn->pending--;
    check->done++;
    reply_expect(check, conn);
    return true;
}

/* The end of a reply: of the whole request, unless its keys took more than one line. */
static bool end_line(struct reply_check *check, struct conn *conn)
{
    uint32_t left = conn->request_keys - conn->line_end;

    if (left == 0 || oldest(conn)->kind == STATS_SET)
        return finish_request(check, conn);
    conn->at = conn->line_end;
    conn->line_end += check->line_keys < left ? check->line_keys : left;
    return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void count_wrong(struct reply_check *check, struct conn *conn)
{
    if (!conn->wrong_value)
        check->stats->kinds[STATS_GET].wrong++;
    conn->wrong_value = true;
}

/* The key that the value being read is for. */
static struct mc_bytes value_key(const struct conn *conn)
{
    return conn_keys(conn, conn->first)[conn->at - 1];
}

static void begin_value(struct reply_check *check, struct conn *conn, uint32_t size)
{
    conn->hits++;
    conn->value_size = size;
    conn->wrong_value = false;
    if (check->options->verify &&
        (size < check->options->size_min || size > check->options->size_max))
        count_wrong(check, conn);
}

static void check_piece(struct reply_check *check, struct conn *conn, size_t offset,
                        struct mc_bytes piece)
{
    if (check->options->verify && !conn->wrong_value &&
        !data_matches(value_key(conn), conn->value_size, offset, piece))
        count_wrong(check, conn);
}

/* Most items are whole, and for the very next key. */
static void read_items(struct reply_check *check, struct conn *conn, struct mc_bytes *in)
{
    const struct mc_bytes *keys = conn_keys(conn, conn->first);
    struct mc_reply reply;

    while (conn->at < conn->line_end &&
           mc_item_next(&conn->reader, in, keys[conn->at], &reply) == MC_VALUE) {
        conn->at++;
        begin_value(check, conn, reply.size);
        check_piece(check, conn, 0, reply.text);
    }
}

/* The flag k of a meta reply. False when there is none. */
static bool returned_key(const struct mc_reply *reply, struct mc_bytes *key)
{
    struct mc_bytes flags = reply->text;
    struct mc_flag flag;

    while (mc_reader_flag(&flags, &flag) == 1) {
        *key = flag.token;
        if (flag.letter == 'k')
            return true;
    }
    return false;
}

/* A value is for one of the request's keys; those before it are misses. */
static bool handle_value(struct reply_check *check, struct conn *conn, const struct mc_reply *reply)
{
    struct mc_bytes key = reply->key;

    if (!expects(conn, STATS_GET) || reply->meta != check->options->meta)
        return fail_unexpected(check);
    if (reply->meta && !returned_key(reply, &key))
        return fail_reply(check, STATS_BROKEN, "the key was asked for and not returned");
    const struct mc_bytes *keys = conn_keys(conn, conn->first);
    while (conn->at < conn->line_end && !equals(keys[conn->at], key))
        conn->at++;
    if (conn->at == conn->line_end)
        return fail_reply(check, STATS_BROKEN, mc_text_fault(MC_FAULT_WRONG_KEY));
    conn->at++;
    conn->in_value = true;
    begin_value(check, conn, reply->size);
    return true;
}

static bool handle_body(struct reply_check *check, struct conn *conn, const struct mc_reply *reply)
{
    size_t offset = conn->value_size - conn->reader.body_left - reply->text.len;

    check_piece(check, conn, offset, reply->text);
    return true;
}

/* ---- the other answers ----------------------------------------------------------------------- */

/* Meta gets of several keys are quiet about misses, and their end is an MN. */
static bool is_quiet(const struct reply_check *check, const struct conn *conn)
{
    return check->options->meta && conn->request_keys > 1;
}

static bool handle_end(struct reply_check *check, struct conn *conn, const struct mc_reply *reply)
{
    bool of_value = conn->in_value;
    struct mc_bytes key;

    conn->in_value = false;
    if (!expects(conn, STATS_GET) || reply->meta != check->options->meta)
        return fail_unexpected(check);
    if (is_quiet(check, conn))
        return of_value ? true : fail_unexpected(check);
    if (returned_key(reply, &key) && !equals(key, *conn_keys(conn, conn->first)))
        return fail_reply(check, STATS_BROKEN, mc_text_fault(MC_FAULT_WRONG_KEY));
    return end_line(check, conn);
}

static bool handle_mn(struct reply_check *check, struct conn *conn)
{
    if (!expects(conn, STATS_GET) || !is_quiet(check, conn))
        return fail_unexpected(check);
    return finish_request(check, conn);
}

static bool handle_stored(struct reply_check *check, struct conn *conn,
                          const struct mc_reply *reply)
{
    struct mc_bytes key;

    if (!expects(conn, STATS_SET) || reply->meta != check->options->meta)
        return fail_unexpected(check);
    if (reply->meta && (!returned_key(reply, &key) || !equals(key, *conn_keys(conn, conn->first))))
        return fail_reply(check, STATS_BROKEN, mc_text_fault(MC_FAULT_WRONG_KEY));
    return finish_request(check, conn);
}

/* After a SERVER_ERROR the connection is in sync, unless more of a reply to several keys may follow
 * it; after the others nobody knows. */
static bool handle_error(struct reply_check *check, struct conn *conn, int event,
                         const struct mc_reply *reply)
{
    static const char *const words[] = {"ERROR", "CLIENT_ERROR", "SERVER_ERROR"};
    char problem[sizeof check->problem];

    snprintf(problem, sizeof problem, "%s %.*s", words[event - MC_ERROR], (int)reply->text.len,
             reply->text.len > 0 ? reply->text.data : "");
    fail_reply(check, STATS_ERROR_REPLY, problem);
    if (event != MC_SERVER_ERROR || conn->pending == 0)
        return false;
    bool several = expects(conn, STATS_GET) && conn->request_keys > 1;
    if (several && !check->options->meta)
        return false;
    check->error_replies++;
    oldest(conn)->failed = true;
    return several ? true : end_line(check, conn);
}

static bool handle_event(struct reply_check *check, struct conn *conn, int event,
                         const struct mc_reply *reply)
{
    switch (event) {
    case MC_VALUE: return handle_value(check, conn, reply);
    case MC_BODY: return handle_body(check, conn, reply);
    case MC_END: return handle_end(check, conn, reply);
    case MC_MN: return handle_mn(check, conn);
    case MC_STORED:
    case MC_HD: return handle_stored(check, conn, reply);
    case MC_ERROR:
    case MC_CLIENT_ERROR:
    case MC_SERVER_ERROR: return handle_error(check, conn, event, reply);
    case MC_E_PROTOCOL: return fail_reply(check, STATS_BROKEN, mc_text_fault(conn->reader.fault));
    default: return fail_unexpected(check);
    }
}

/* The answer to a classic get, as far as it is what it usually is. False when it is not, or not
 * whole; whatever was read is counted. */
static bool read_usual(struct reply_check *check, struct conn *conn, struct mc_bytes *in)
{
    if (check->options->meta || !expects(conn, STATS_GET))
        return false;
    read_items(check, conn, in);
    const struct mc_bytes line = {in->data, END_LEN};
    if (in->len < END_LEN || !mc_item_is_end(&conn->reader, line))
        return false;
    in->data += END_LEN;
    in->len -= END_LEN;
    return end_line(check, conn);
}

bool reply_read(struct reply_check *check, struct conn *conn, struct mc_bytes *in)
{
    struct mc_reply reply;

    for (;;) {
        if (read_usual(check, conn, in))
            continue;
        int event = mc_reader_next(&conn->reader, in, &reply);
        if (event == MC_MORE)
            return conn->pending > 0 || in->len == 0 ? true : fail_unexpected(check);
        if (!handle_event(check, conn, event, &reply))
            return false;
    }
}
