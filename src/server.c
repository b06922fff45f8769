/* A server by its address: when to connect, when to try again, and when to leave it alone. */
#include "server.h"

#include <string.h>

enum {
    IDLE_MS = 1000, /* a connection unused for longer is looked at even for a get */
    WORDS_MS = 100  /* what a closed connection still holds is read within this */
};

int mc_server_init(struct mc_server *server, const char *address, void *buf, size_t cap)
{
    *server = (struct mc_server){.timeout_ms = MC_SERVER_TIMEOUT_MS, .buf = buf, .cap = cap};
    server->problem = mc_address_parse(&server->address, address);
    return server->problem == NULL ? 0 : MC_E_ADDRESS;
}

/* ---- the connection -------------------------------------------------------------------------- */

/* The dialer that was given, or the usual one. The server may have been moved since the last call. */
static struct mc_dialer dialer_of(struct mc_server *server)
{
    return server->dialer.dial != NULL ? server->dialer : mc_socket_dialer(&server->socket);
}

/* The time on the clock of the deadlines. */
static int64_t time_now(struct mc_server *server)
{
    struct mc_dialer d = dialer_of(server);
    return d.now(d.ctx);
}

/* So much later, or never when that is too far away. */
static mc_deadline later(int64_t now, int64_t ms)
{
    return ms < MC_NEVER - now ? now + ms : MC_NEVER;
}

/* Looks at the connection, on which no reply is pending. */
static int check_connection(struct mc_server *server)
{
    struct mc_dialer d = dialer_of(server);
    return d.check(d.ctx);
}

void mc_server_close(struct mc_server *server)
{
    struct mc_dialer d = dialer_of(server);
    if (server->open)
        d.close(d.ctx);
    server->open = server->doubted = false;
}

/* A number by chance, from 0 to limit. */
static uint32_t random_to(struct mc_server *server, uint32_t limit)
{
    uint32_t s = server->seed;
    if (s == 0)
        s = (uint32_t)time_now(server) ^ (uint32_t)((uintptr_t)server >> 4) ^ 0x9e3779b9u;
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    server->seed = s;
    return s % (limit + 1);
}

/* Leaves the server alone for a while, each time in a row for twice as long. */
static void start_pause(struct mc_server *server)
{
    int64_t pause = server->pause_ms;
    pause = pause > 0 ? pause * 2 : MC_SERVER_PAUSE_MIN_MS;
    server->pause_ms = pause < MC_SERVER_PAUSE_MAX_MS ? pause : MC_SERVER_PAUSE_MAX_MS;
    int64_t quarter = server->pause_ms / 4;
    int64_t jitter = (int64_t)random_to(server, (uint32_t)(2 * quarter)) - quarter;
    server->down_until_ms = time_now(server) + server->pause_ms + jitter;
}

/* What is wrong with the user and password, so that they cannot be sent, or NULL. The buffer is free
 * for the attempt. */
static const char *login_problem(const struct mc_server *server)
{
    struct mc_out out = {server->buf, server->cap, 0};
    if (server->user.len == 0 && server->password.len == 0)
        return NULL;
    int r = mc_put_auth(&out, server->user, server->password);
    if (r == MC_E_FULL)
        return "the buffer is too small for the user and password";
    if (r < 0)
        return "the user has 1 to 250 bytes without spaces, the password 1 to 250, and neither any "
               "control byte";
    return NULL;
}

/* The error line that the server may have said before it closed a connection that had no good reply;
 * 0: it said none. */
static int read_last_words(struct mc_server *server)
{
    struct mc_client *c = &server->client;
    const struct mc_transport *t = &c->transport;
    struct mc_reader reader = {0};
    struct mc_reply reply;
    ptrdiff_t n = t->recv(t->ctx, server->buf, server->cap, time_now(server) + WORDS_MS);
    struct mc_bytes in = {server->buf, n > 0 ? (size_t)n : 0};
    int event = mc_reader_next(&reader, &in, &reply);
    if (event < MC_ERROR)
        return 0;
    c->text = reply.text;
    return event;
}

/* Logs in. A server that takes no more connections says an error line, which can come before or after
 * the login is sent: the result is the same. */
static int log_in(struct mc_server *server, mc_deadline deadline)
{
    int r = mc_client_auth(&server->client, server->user, server->password, deadline);
    server->good = r >= 0;
    if (r == MC_E_CLOSED && server->client.engine.received == 0 && read_last_words(server) > 0)
        return MC_E_AUTH;
    return r < 0 ? r : 0;
}

/* A connection, and a login on it if there is a user. */
static int connect_server(struct mc_server *server)
{
    server->fresh = true;
    server->good = false;
    if (server->address.kind == MC_ADDRESS_NONE)
        return MC_E_ADDRESS;
    server->problem = login_problem(server);
    if (server->problem != NULL)
        return MC_E_AUTH;
    struct mc_dialer d = dialer_of(server);
    struct mc_transport transport;
    mc_deadline deadline = server->deadline;
    if (server->connect_timeout_ms > 0 &&
        later(d.now(d.ctx), server->connect_timeout_ms) < deadline)
        deadline = later(d.now(d.ctx), server->connect_timeout_ms);
    int r = d.dial(d.ctx, &server->address, &transport, deadline);
    if (r == MC_E_ADDRESS)
        server->problem = "the path of the Unix socket is longer than the system takes";
    if (r < 0)
        return r;
    server->open = true;
    mc_client_init(&server->client, transport, server->buf, server->cap);
    server->connects++;
    return server->user.len > 0 ? log_in(server, deadline) : 0;
}

/* Looks at a connection that had no good reply. 0; MC_E_CLOSED when the server has closed it, or has
 * said something that nothing asked for; or the error line that it said. */
static int check_unproved(struct mc_server *server)
{
    bool doubted = server->doubted;
    int r = check_connection(server);
    server->doubted = false;
    if (r == MC_E_PROTOCOL && doubted) { /* more of that reply, or nobody knows what */
        mc_server_close(server);
        return 0;
    }
    if (r == 0)
        return 0;
    int words = r == MC_E_PROTOCOL ? read_last_words(server) : 0;
    mc_engine_fail(&server->client.engine, MC_E_CLOSED);
    return words > 0 ? words : MC_E_CLOSED;
}

/* Closes a kept connection that the server has closed, or said something on, in the meantime. For
 * what may be repeated and knows its answer by the key, that is worth a system call only now and
 * then. 0; or, when it never was a good one, as check_unproved(). */
static int check_kept(struct mc_server *server, int64_t now, bool repeatable)
{
    bool due = !repeatable || now - server->used_ms > IDLE_MS;
    if (server->idle_max_ms > 0 && now - server->used_ms > server->idle_max_ms)
        mc_server_close(server);
    if (!server->open || !(due || server->doubted))
        return 0;
    if (!server->good)
        return check_unproved(server);
    if (check_connection(server) < 0)
        mc_server_close(server);
    return 0;
}

/* The deadline of an operation that begins now. */
static mc_deadline take_deadline(struct mc_server *server, int64_t now)
{
    mc_deadline deadline = server->next_deadline;
    server->next_deadline = 0;
    return deadline != 0 ? deadline : later(now, server->timeout_ms);
}

void mc_server_set_deadline(struct mc_server *server, mc_deadline deadline)
{
    server->next_deadline = deadline != 0 ? deadline : 1; /* 0 has passed as well */
}

/* Makes sure that there is a connection for an operation; the deadline begins here. 0, or the result of
 * the operation. */
static int open_for(struct mc_server *server, bool repeatable)
{
    int64_t now = time_now(server);
    server->client.text = (struct mc_bytes){0};
    server->received = server->client.engine.received;
    if (!server->retried)
        server->deadline = take_deadline(server, now);
    int r = check_kept(server, now, repeatable);
    if (r != 0)
        return r;
    server->used_ms = now;
    if (server->open && server->client.engine.error == 0) {
        if (server->dialer.dial == NULL) /* the socket may have been moved with the server */
            server->client.transport.ctx = &server->socket;
        return 0;
    }
    mc_server_close(server);
    if (server->pause_ms > 0 && now < server->down_until_ms)
        return MC_E_DOWN;
    int r_connect = connect_server(server);
    server->received = server->client.engine.received;
    return r_connect;
}

/* Has this operation received anything? */
static bool has_received(const struct mc_server *server)
{
    return server->client.engine.received > server->received;
}

/* Was the kept connection closed before the command can have been done, or its reply begun? */
static bool was_closed(const struct mc_server *server, int result, bool repeatable)
{
    if (server->fresh || server->client.engine.error != MC_E_CLOSED || has_received(server))
        return false;
    return repeatable || result == MC_E_CLOSED;
}

/* The connection has proved good, and the server well. */
static void note_good(struct mc_server *server)
{
    if (!has_received(server))
        return;
    server->fresh = false;
    server->good = true;
    server->pause_ms = 0;
    server->failed_before = false;
}

/* Why the operation failed, when its result is that nobody knows what became of it. */
static int cause_of(const struct mc_server *server, int result)
{
    return result == MC_E_UNKNOWN ? server->client.engine.error : result;
}

/* Has the operation failed for a reason that lies with the server? */
static bool is_servers_fault(const struct mc_server *server, int cause)
{
    switch (cause) {
    case MC_E_PROTOCOL:
    case MC_E_TIMEOUT:
    case MC_E_CLOSED:
    case MC_E_SYSTEM:
    case MC_E_RESOLVE:
    case MC_E_CONNECT: return true;
    case MC_E_AUTH: return server->problem == NULL;
    default: return false;
    }
}

/* Ends the connection after a failure of the server, and begins a pause: at once when it takes no
 * operations, otherwise from the second failure in a row. */
static void note_failure(struct mc_server *server, int cause)
{
    bool takes_operations =
        server->good || cause == MC_E_PROTOCOL || (cause == MC_E_TIMEOUT && server->open);
    if (!takes_operations || server->failed_before)
        start_pause(server);
    server->failed_before = true;
    mc_server_close(server);
}

/* Has the server closed a connection after an error reply that was the first on it? Otherwise it may
 * still do so, which the next operation finds. */
static bool doubt_connection(struct mc_server *server)
{
    if (check_connection(server) == MC_E_CLOSED)
        return true;
    server->doubted = true;
    return false;
}

/* Has a connection that had no good reply ended? An error line that the server said before is then
 * *result, whether it came before the operation was sent or after. */
static bool has_ended(struct mc_server *server, int *result)
{
    int error = server->client.engine.error;
    if (server->good || !server->open)
        return false;
    if (error == MC_E_CLOSED && !has_received(server)) {
        int words = *result == MC_E_CLOSED ? read_last_words(server) : 0;
        *result = words > 0 ? words : *result;
        return true;
    }
    return (*result >= MC_ERROR || error == MC_E_AMBIGUOUS) && doubt_connection(server);
}

/* Ends an operation: true when it is to be tried once more. *result becomes the error line that the
 * server said when it closed a fresh connection. */
static bool end_operation(struct mc_server *server, int *result, bool repeatable)
{
    bool ended = has_ended(server, result);
    int cause = ended ? MC_E_CLOSED : cause_of(server, *result);
    bool failed = is_servers_fault(server, cause);
    bool again = failed && !server->retried && was_closed(server, *result, repeatable);
    bool counts = ended || (*result <= MC_E_PROTOCOL && *result != MC_E_AMBIGUOUS);
    server->retried = again;
    server->failures += counts && !again ? 1 : 0;
    server->timeouts += cause == MC_E_TIMEOUT ? 1 : 0;
    if (failed && !again)
        note_failure(server, cause);
    else if (server->client.engine.error != 0 && !server->doubted)
        mc_server_close(server); /* also after an error reply that ends the connection */
    else if ((*result >= 0 && *result < MC_ERROR) || *result == MC_E_FULL)
        note_good(server);
    return again;
}

int mc_server_open(struct mc_server *server)
{
    int r = open_for(server, true);
    if (r != 0)
        end_operation(server, &r, true);
    return r > 0 ? MC_E_CLOSED : r;
}

int64_t mc_server_pause_left(struct mc_server *server)
{
    int64_t left = server->pause_ms > 0 ? server->down_until_ms - time_now(server) : 0;
    return left > 0 ? left : 0;
}

void mc_server_resume(struct mc_server *server)
{
    server->down_until_ms = time_now(server);
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Appends a byte, if there is room for it and a NUL; the length counts it anyhow. */
static void add_byte(struct mc_out *out, char byte)
{
    if (out->len + 1 < out->cap)
        out->data[out->len] = byte;
    out->len++;
}

/* Appends a text, with unprintable bytes as \xHH. */
static void add_text(struct mc_out *out, struct mc_bytes text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t k = 0; k < text.len; k++) {
        unsigned char byte = (unsigned char)text.data[k];
        if (byte >= 0x20 && byte < 0x7f) {
            add_byte(out, (char)byte);
            continue;
        }
        add_byte(out, '\\');
        add_byte(out, 'x');
        add_byte(out, digits[byte >> 4]);
        add_byte(out, digits[byte & 15]);
    }
}

/* What is known of a failure besides its name; empty when that says all. */
static struct mc_bytes detail_of(const struct mc_server *server, int result)
{
    switch (result) {
    case MC_E_ADDRESS: return mc_string(server->problem);
    case MC_E_PROTOCOL: return mc_string(mc_text_fault(server->client.engine.reader.fault));
    case MC_E_RESOLVE:
    case MC_E_CONNECT:
    case MC_E_SYSTEM:
    case MC_E_RESOURCES: return mc_string(mc_socket_reason(&server->socket));
    case MC_E_AUTH:
        return server->problem != NULL ? mc_string(server->problem) : server->client.text;
    default: return server->client.text;
    }
}

size_t mc_server_message(const struct mc_server *server, int result, char *text, size_t cap)
{
    struct mc_out out = {text, cap, 0};
    int cause = cause_of(server, result);
    struct mc_bytes detail = detail_of(server, cause);
    bool explained = result == MC_ERROR && detail.len > 0; /* it says more than ERROR does */
    add_text(&out, mc_string(mc_text(explained ? MC_REFUSED : result)));
    if (cause != result) {
        add_text(&out, MC_BYTES(": "));
        add_text(&out, mc_string(mc_text(cause)));
    }
    if (detail.len > 0)
        add_text(&out, MC_BYTES(": "));
    add_text(&out, detail);
    if (cap > 0)
        text[out.len < cap ? out.len : cap - 1] = '\0';
    return out.len;
}

/* ---- operations ------------------------------------------------------------------------------ */

/* Counts what became of one key of a retrieval. */
static void count_key(struct mc_server *server, int result)
{
    server->hits += result == MC_HIT ? 1 : 0;
    server->misses += result == MC_MISS ? 1 : 0;
}

/* The same of an operation, if it is a retrieval or an mg. */
static void count_op(struct mc_server *server, const struct mc_op *op)
{
    if (op->command == NULL || (op->command->traits & (MC_COMMAND_KEYS | MC_COMMAND_SHOWS)) == 0)
        return;
    if (op->keys == NULL)
        count_key(server, op->result == MC_HD ? MC_HIT : op->result);
    for (size_t k = 0; op->keys != NULL && op->values != NULL && k < op->count; k++)
        count_key(server, op->values[k].result);
}

int mc_server_do(struct mc_server *server, struct mc_op *op)
{
    bool again, repeatable = mc_engine_repeatable(op);
    do {
        int r = open_for(server, repeatable);
        if (r != 0)
            mc_engine_refuse(op, r);
        else
            r = mc_client_do(&server->client, op, server->deadline);
        again = end_operation(server, &r, repeatable);
        if (r != op->result) /* the error line; no key has had a reply */
            mc_engine_refuse(op, r);
    } while (again);
    count_op(server, op);
    return op->result;
}

/* What a batch says about its connection: 0 when an operation had a reply that is not an error, which
 * shows that the connection is good; otherwise its last result. */
static int reply_of_batch(struct mc_server *server, const struct mc_op *ops, size_t count)
{
    int result = 0;
    for (size_t k = 0; k < count; k++) {
        result = ops[k].result;
        if (result > 0 && result < MC_ERROR) {
            server->good = true;
            return 0;
        }
    }
    return result;
}

int mc_server_run(struct mc_server *server, struct mc_op *ops, size_t count)
{
    int first, r = open_for(server, false);
    if (r != 0) {
        for (size_t k = 0; k < count; k++)
            mc_engine_refuse(&ops[k], r);
        end_operation(server, &(int){r}, false);
        return r < 0 ? r : 0;
    }
    first = mc_client_run(&server->client, ops, count, server->deadline);
    r = reply_of_batch(server, ops, count);
    for (size_t k = 0; k < count; k++)
        count_op(server, &ops[k]);
    if (server->client.engine.error != 0)
        r = server->client.engine.error;
    server->retried = true; /* some of it may be done: once is enough */
    end_operation(server, &r, false);
    if (r < MC_ERROR || ops[0].result != MC_E_CLOSED)
        return first;
    mc_engine_refuse(&ops[0], r); /* the error line is the first one's */
    return count > 1 ? first : 0;
}

/* ---- retrieval ------------------------------------------------------------------------------- */

int mc_server_get(struct mc_server *server, struct mc_bytes key, struct mc_value *value)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_get, key);
    op.value = value;
    return mc_server_do(server, &op);
}

int mc_server_gets(struct mc_server *server, struct mc_bytes key, struct mc_value *value)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_gets, key);
    op.value = value;
    return mc_server_do(server, &op);
}

int mc_server_gat(struct mc_server *server, int32_t exptime, struct mc_bytes key,
                  struct mc_value *value)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_gat, key);
    op.exptime = exptime;
    op.value = value;
    return mc_server_do(server, &op);
}

int mc_server_gats(struct mc_server *server, int32_t exptime, struct mc_bytes key,
                   struct mc_value *value)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_gats, key);
    op.exptime = exptime;
    op.value = value;
    return mc_server_do(server, &op);
}

int mc_server_get_many(struct mc_server *server, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count)
{
    struct mc_op op;
    mc_op_start_many(&op, &mc_command_get, keys, values, count);
    return mc_server_do(server, &op);
}

int mc_server_gets_many(struct mc_server *server, const struct mc_bytes *keys,
                        struct mc_value *values, size_t count)
{
    struct mc_op op;
    mc_op_start_many(&op, &mc_command_gets, keys, values, count);
    return mc_server_do(server, &op);
}

/* ---- writes ---------------------------------------------------------------------------------- */

int mc_server_store(struct mc_server *server, const struct mc_command *command,
                    const struct mc_item *item)
{
    struct mc_op op;
    mc_op_start(&op, command, item->key);
    op.data = item->value;
    op.number = item->cas;
    op.flags = item->flags;
    op.large_flags = item->large_flags;
    op.exptime = item->exptime;
    return mc_server_do(server, &op);
}

int mc_server_set(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                  int32_t exptime)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_set, key);
    op.data = data;
    op.exptime = exptime;
    return mc_server_do(server, &op);
}

int mc_server_add(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                  int32_t exptime)
{
    const struct mc_item item = {.key = key, .value = data, .exptime = exptime};
    return mc_server_store(server, &mc_command_add, &item);
}

int mc_server_replace(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                      int32_t exptime)
{
    const struct mc_item item = {.key = key, .value = data, .exptime = exptime};
    return mc_server_store(server, &mc_command_replace, &item);
}

int mc_server_append(struct mc_server *server, struct mc_bytes key, struct mc_bytes data)
{
    const struct mc_item item = {.key = key, .value = data};
    return mc_server_store(server, &mc_command_append, &item);
}

int mc_server_prepend(struct mc_server *server, struct mc_bytes key, struct mc_bytes data)
{
    const struct mc_item item = {.key = key, .value = data};
    return mc_server_store(server, &mc_command_prepend, &item);
}

int mc_server_cas(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                  int32_t exptime, uint64_t cas)
{
    const struct mc_item item = {.key = key, .value = data, .exptime = exptime, .cas = cas};
    return mc_server_store(server, &mc_command_cas, &item);
}

int mc_server_delete(struct mc_server *server, struct mc_bytes key)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_delete, key);
    return mc_server_do(server, &op);
}

/* incr or decr. */
static int do_number(struct mc_server *server, struct mc_op *op, uint64_t *number)
{
    int r = mc_server_do(server, op);
    if (number != NULL)
        *number = op->answer;
    return r;
}

int mc_server_incr(struct mc_server *server, struct mc_bytes key, uint64_t delta, uint64_t *number)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_incr, key);
    op.number = delta;
    return do_number(server, &op, number);
}

int mc_server_decr(struct mc_server *server, struct mc_bytes key, uint64_t delta, uint64_t *number)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_decr, key);
    op.number = delta;
    return do_number(server, &op, number);
}

int mc_server_touch(struct mc_server *server, struct mc_bytes key, int32_t exptime)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_touch, key);
    op.exptime = exptime;
    return mc_server_do(server, &op);
}

int mc_server_flush_all(struct mc_server *server, int32_t delay_s)
{
    struct mc_op op = {.command = &mc_command_flush_all, .exptime = delay_s};
    return mc_server_do(server, &op);
}

/* ---- questions ------------------------------------------------------------------------------- */

int mc_server_version(struct mc_server *server)
{
    struct mc_op op = {.command = &mc_command_version};
    return mc_server_do(server, &op);
}

int mc_server_stats(struct mc_server *server, struct mc_bytes words, struct mc_sink *sink)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_stats, words);
    op.sink = sink;
    return mc_server_do(server, &op);
}

/* ---- meta commands --------------------------------------------------------------------------- */

int mc_server_mg(struct mc_server *server, struct mc_bytes key, struct mc_flags flags,
                 struct mc_value *value, struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_mg, key);
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.value = value;
    op.meta = meta;
    return mc_server_do(server, &op);
}

int mc_server_ms(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                 struct mc_flags flags, struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_ms, key);
    op.data = data;
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.meta = meta;
    return mc_server_do(server, &op);
}

int mc_server_md(struct mc_server *server, struct mc_bytes key, struct mc_flags flags,
                 struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_md, key);
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.meta = meta;
    return mc_server_do(server, &op);
}

int mc_server_ma(struct mc_server *server, struct mc_bytes key, struct mc_flags flags,
                 struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_ma, key);
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.meta = meta;
    return mc_server_do(server, &op);
}
