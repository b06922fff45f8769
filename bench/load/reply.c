/* Checks values, and counts and times what is done. */
#include "reply.h"

#include <stdio.h>

#include "command.h"
#include "data.h"

/* False; see struct reply_check. */
static bool fail(struct reply_check *check, enum stats_trouble trouble, const char *problem)
{
    check->trouble = trouble;
    snprintf(check->problem, sizeof check->problem, "%s", problem);
    return false;
}

/* The same for an error line. */
static bool fail_words(struct reply_check *check, int event, struct mc_bytes text)
{
    static const char *const words[] = {"ERROR", "CLIENT_ERROR", "SERVER_ERROR"};
    char problem[sizeof check->problem];

    snprintf(problem, sizeof problem, "%s %.*s", words[event - MC_ERROR], (int)text.len,
             text.len > 0 ? text.data : "");
    return fail(check, STATS_ERROR_REPLY, problem);
}

/* The same for an engine that has failed. A server that takes no more connections says so in an
 * error line that nothing asked for. */
static bool fail_engine(struct reply_check *check, const struct mc_engine *engine)
{
    struct mc_bytes in = check->received;
    struct mc_reader reader = {0};
    struct mc_reply reply;

    if (engine->error != MC_E_PROTOCOL)
        return fail(check, engine->error == MC_E_AMBIGUOUS ? STATS_ERROR_REPLY : STATS_BROKEN,
                    mc_text(engine->error));
    int event = engine->received == in.len ? mc_reader_next(&reader, &in, &reply) : 0;
    return event >= MC_ERROR ? fail_words(check, event, reply.text)
                             : fail(check, STATS_BROKEN, mc_text_fault(engine->reader.fault));
}

/* ---- values ---------------------------------------------------------------------------------- */

static void count_wrong(struct reply_check *check, struct conn *conn)
{
    check->stats->kinds[conn->value_kind].wrong++;
    if (check->servers != NULL)
        check->servers[conn->server].all.wrong++;
    conn->value_wrong = true;
}

/* mcload stores all values with the flags 0; the text of a meta reply has another number if it has
 * others. */
static bool has_flags(const struct mc_reply *reply)
{
    struct mc_bytes text = reply->text;
    struct mc_flag flag;

    if (!reply->meta)
        return reply->flags != 0;
    while (mc_reader_flag(&text, &flag) > 0)
        if (flag.letter == 'f')
            return flag.number != 0;
    return true;
}

static void begin_value(struct reply_check *check, const struct mc_op *op, size_t slot,
                        const struct mc_reply *reply)
{
    const struct options *options = check->options;
    struct conn *conn = check->conn;
    size_t at = (size_t)(op - conn->ops), size = reply->size;
    bool one_for_all = conn->shape->request_ops != conn->shape->request_keys;
    uint32_t key = conn->numbers[one_for_all ? at * conn->shape->request_keys + slot : at];

    conn->value_at = 0;
    conn->value_wrong = !options->verify; /* then it is not looked at */
    conn->value_kind = conn->requests[at / conn->shape->request_ops].kind;
    conn->unique = reply->cas;
    if (!options->verify)
        return;
    if (!sizes_have(&options->sizes, size) || has_flags(reply))
        count_wrong(check, conn);
    else
        conn->value_due = data_value(key, size);
}

/* Holds a piece of a value against what it should be. */
static void check_piece(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                        const struct mc_reply *reply)
{
    struct reply_check *check = (struct reply_check *)sink;
    struct conn *conn = check->conn;

    if (event == MC_VALUE) {
        begin_value(check, op, slot, reply);
        return;
    }
    if (!conn->value_wrong && !data_matches(conn->value_due, conn->value_at, reply->text))
        count_wrong(check, conn);
    conn->value_at += reply->text.len;
}

void reply_init(struct reply_check *check, const struct options *options, struct stats *stats)
{
    *check = (struct reply_check){.sink.receive = check_piece, .options = options, .stats = stats};
}

/* ---- requests -------------------------------------------------------------------------------- */

/* keys: of the request. */
static void count_request(struct stats_of_kind *stats, const struct conn_request *request,
                          uint32_t keys, uint64_t took_ns)
{
    stats->hits += request->hits;
    if (request->failed) {
        stats->errors++;
        return;
    }
    stats->requests++;
    stats->keys += keys;
    histogram_record(&stats->latency, took_ns);
    if (request->kind != STATS_SET)
        stats->misses += keys - request->hits;
}

static void finish_request(struct reply_check *check, struct conn *conn,
                           const struct conn_request *request)
{
    uint32_t keys = request->kind == STATS_GET ? conn->shape->request_keys : 1;
    uint64_t took_ns = check->now_ns - request->start_ns;

    count_request(&check->stats->kinds[request->kind], request, keys, took_ns);
    if (check->servers != NULL)
        count_request(&check->servers[conn->server].all, request, keys, took_ns);
    conn->first = conn_slot(conn, 1);
    conn->pending--;
    check->done++;
}

/* After a SERVER_ERROR the connection is in sync, unless more of a reply to several keys may follow
 * it; after the others nobody knows. */
static bool note_error(struct reply_check *check, struct conn_request *request,
                       const struct mc_op *op)
{
    fail_words(check, op->result, op->text);
    if (op->result != MC_SERVER_ERROR || op->keys != NULL)
        return false;
    check->error_replies += !request->failed;
    request->failed = true;
    return true;
}

/* Of an operation of many keys: those with a value, for which there was no place. */
static uint32_t count_hits(const struct mc_op *op)
{
    uint32_t hits = 0;

    for (size_t k = 0; k < op->count; k++)
        hits += op->values[k].result != MC_MISS;
    return hits;
}

/* Counts what an operation that was answered brought. False when that makes no sense. */
static bool count_result(struct conn_request *request, const struct mc_op *op)
{
    static const uint32_t hits = MC_COMMAND_BIT(MC_HIT) | MC_COMMAND_BIT(MC_HD) |
                                 MC_COMMAND_BIT(MC_STORED) | MC_COMMAND_BIT(MC_DELETED) |
                                 MC_COMMAND_BIT(MC_TOUCHED) | MC_COMMAND_BIT(MC_NUMBER);

    if (op->keys == NULL && (hits & MC_COMMAND_BIT(op->result)) == 0)
        return request->kind != STATS_SET;
    if (request->kind != STATS_SET)
        request->hits += op->keys != NULL ? count_hits(op) : 1;
    return true;
}

/* The gets of a cas is followed by the cas, if there is a value. */
static bool go_on_with_cas(struct conn *conn, struct mc_op *op)
{
    if (op->command == &mc_command_cas || op->result != MC_HIT)
        return false;
    op->command = &mc_command_cas;
    op->number = conn->unique;
    mc_engine_submit(&conn->engine, op);
    return true;
}

static bool finish_op(struct reply_check *check, struct conn *conn, struct mc_op *op)
{
    struct conn_request *request = &conn->requests[conn->first];

    if (op->result < 0)
        return fail_engine(check, &conn->engine);
    if (request->kind == STATS_CAS && go_on_with_cas(conn, op))
        return true;
    if (op->result >= MC_ERROR) {
        if (!note_error(check, request, op))
            return false;
    } else if (!count_result(request, op)) {
        return fail(check, STATS_BROKEN, mc_text_fault(MC_FAULT_UNASKED));
    }
    request->left--;
    if (request->left == 0)
        finish_request(check, conn, request);
    return true;
}

/* A server that takes no more connections says so in the place of an answer. */
static bool finish_login(struct reply_check *check, struct conn *conn)
{
    const struct mc_op *op = &conn->login;
    char problem[sizeof check->problem];

    conn->logs_in = false;
    if (op->result == MC_OK)
        return true;
    if (op->result != MC_E_AUTH)
        return fail_engine(check, &conn->engine);
    snprintf(problem, sizeof problem, "the login was refused%s%.*s", op->text.len > 0 ? ": " : "",
             (int)op->text.len, op->text.len > 0 ? op->text.data : "");
    return fail(check, STATS_ERROR_REPLY, problem);
}

bool reply_collect(struct reply_check *check, struct conn *conn)
{
    struct mc_op *op;

    while ((op = mc_engine_done(&conn->engine)) != NULL) {
        if (!(op == &conn->login ? finish_login(check, conn) : finish_op(check, conn, op)))
            return false;
    }
    return conn->engine.error == 0 || fail_engine(check, &conn->engine);
}
