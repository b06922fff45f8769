/* One connection: sends commands, receives replies, and knows when it is out of step. */
#include "client.h"

#include "answer.h"
#include "item.h"

#include <string.h>

void mc_client_init(struct mc_client *client, struct mc_transport transport, void *buf, size_t cap)
{
    *client = (struct mc_client){.transport = transport, .buf = buf, .cap = cap};
}

int mc_client_break(struct mc_client *client, int error)
{
    if (client->error == 0)
        client->error = error;
    return client->error;
}

static inline int begin(struct mc_client *client, struct mc_out *out)
{
    *out = (struct mc_out){client->buf, client->cap, 0};
    if (client->error != 0)
        return client->error;
    if (client->awaited > 0)
        return MC_E_BUSY;
    client->at = client->end = 0;
    client->said = (struct mc_bytes){0};
    return 0;
}

int mc_client_begin(struct mc_client *client, struct mc_out *out)
{
    return begin(client, out);
}

/* Sends what comes behind the bytes already sent. */
static ptrdiff_t send_behind(struct mc_client *client, const struct mc_bytes *parts, size_t count,
                             mc_deadline deadline)
{
    const struct mc_transport *t = &client->transport;
    size_t skip = client->sent, k = 0;
    while (skip >= parts[k].len) {
        skip -= parts[k].len;
        k++;
    }
    if (skip == 0)
        return t->send(t->ctx, parts + k, count - k, deadline);
    struct mc_bytes rest = {parts[k].data + skip, parts[k].len - skip};
    return t->send(t->ctx, &rest, 1, deadline);
}

/* Goes on after a send of n bytes, or a failed one, until all is sent. */
static int send_rest(struct mc_client *client, const struct mc_bytes *parts, size_t count,
                     ptrdiff_t n, mc_deadline deadline)
{
    for (;;) {
        if (n <= 0)
            return mc_client_break(client, n < 0 ? (int)n : MC_E_SYSTEM);
        client->sent += (size_t)n;
        if (client->sent >= client->to_send)
            return 0;
        n = send_behind(client, parts, count, deadline);
    }
}

static inline int send_parts(struct mc_client *client, const struct mc_bytes *parts, size_t count,
                             size_t replies, mc_deadline deadline)
{
    const struct mc_transport *t = &client->transport;
    size_t whole = 0;
    if (client->error != 0)
        return client->error;
    for (size_t k = 0; k < count; k++)
        whole += parts[k].len;
    client->awaited += replies;
    client->to_send = whole;
    client->sent = client->received = 0;
    ptrdiff_t n = t->send(t->ctx, parts, count, deadline);
    if (n != (ptrdiff_t)whole)
        return send_rest(client, parts, count, n, deadline);
    client->sent = whole;
    return 0;
}

int mc_client_send(struct mc_client *client, const struct mc_bytes *parts, size_t count,
                   size_t replies, mc_deadline deadline)
{
    return send_parts(client, parts, count, replies, deadline);
}

/* Receives once. More than 0: so many bytes; otherwise why the connection is dead. */
static inline ptrdiff_t receive_to(struct mc_client *client, void *buf, size_t cap,
                                   mc_deadline deadline)
{
    const struct mc_transport *t = &client->transport;
    ptrdiff_t n = t->recv(t->ctx, buf, cap, deadline);
    if (n <= 0)
        return mc_client_break(client, n < 0 ? (int)n : MC_E_SYSTEM);
    client->received += (size_t)n;
    return n;
}

int mc_client_receive(struct mc_client *client, mc_deadline deadline)
{
    size_t kept = client->end - client->at;
    if (client->error != 0)
        return client->error;
    if (kept > 0 && client->at > 0)
        memmove(client->buf, client->buf + client->at, kept);
    client->at = 0;
    client->end = kept;
    client->said = (struct mc_bytes){0}; /* it lay where the next bytes go */
    if (kept == client->cap)
        return mc_client_break(client, MC_E_LINE);
    ptrdiff_t n = receive_to(client, client->buf + kept, client->cap - kept, deadline);
    if (n < 0)
        return (int)n;
    client->end = kept + (size_t)n;
    return 0;
}

static int read_buffer(struct mc_client *client, struct mc_reply *reply)
{
    struct mc_bytes in = {client->buf + client->at, client->end - client->at};
    int event = mc_reader_next(&client->reader, &in, reply);
    client->at = client->end - in.len;
    return event;
}

/* A reply is over. Nothing may come behind the last one that is awaited. */
static int settle(struct mc_client *client, int event, const struct mc_reply *reply)
{
    client->awaited--;
    if (event >= MC_VERSION)
        client->said = reply->text;
    bool last = event >= MC_ERROR && client->ends_with_error; /* more of it may have come */
    if (client->awaited == 0 && client->at < client->end && !last)
        return mc_answer_unasked(client, MC_FAULT_UNASKED);
    return event;
}

int mc_client_next(struct mc_client *client, struct mc_reply *reply, mc_deadline deadline)
{
    if (client->error != 0 || client->awaited == 0) {
        *reply = (struct mc_reply){0};
        return client->error != 0 ? client->error : MC_E_IDLE;
    }
    int event;
    while (client->at == client->end || (event = read_buffer(client, reply)) == MC_MORE) {
        int r = mc_client_receive(client, deadline);
        if (r < 0)
            return r;
    }
    if (event < 0)
        return mc_client_break(client, event);
    return mc_is_final(event) ? settle(client, event, reply) : event;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Takes up to `size` bytes of a value out of the buffer, to `to` if that is not NULL. */
static size_t take_buffered(struct mc_client *client, char *to, size_t size)
{
    size_t there = client->end - client->at;
    size_t n = there < size ? there : size;
    if (to != NULL && n > 0)
        memcpy(to, client->buf + client->at, n);
    client->at += n;
    return n;
}

/* The next piece of a value. A rest that is larger than the buffer goes straight to its place. */
static int take_piece(struct mc_client *client, char *to, size_t *size, mc_deadline deadline)
{
    size_t left = client->reader.body_left;
    *size = take_buffered(client, to, left);
    if (*size == 0 && (to == NULL || left < client->cap))
        return mc_client_receive(client, deadline);
    if (*size == 0) {
        ptrdiff_t n = receive_to(client, to, left, deadline);
        if (n < 0)
            return (int)n;
        *size = (size_t)n;
    }
    mc_reader_took(&client->reader, (uint32_t)*size);
    return 0;
}

int mc_client_value(struct mc_client *client, const struct mc_reply *reply, struct mc_value *value,
                    mc_deadline deadline)
{
    if (client->error != 0)
        return client->error;
    bool fits = reply->size <= value->cap;
    size_t whole = reply->size, got = 0;
    value->len = whole;
    value->flags = reply->flags;
    value->cas = reply->cas;
    while (got < whole) {
        size_t size;
        int r = take_piece(client, fits ? (char *)value->buf + got : NULL, &size, deadline);
        if (r < 0)
            return r;
        got += size;
    }
    return fits ? 0 : MC_E_FULL;
}

/* ---- retrieval ------------------------------------------------------------------------------- */

/* A retrieval command: get and gets have no exptime. */
struct retrieval {
    enum { GET, GETS, GAT, GATS } name;
    int32_t exptime;
};

static int put_retrieval(struct mc_out *out, struct retrieval how, const struct mc_bytes *keys,
                         size_t count)
{
    switch (how.name) {
    case GET: return mc_put_get(out, keys, count);
    case GETS: return mc_put_gets(out, keys, count);
    case GAT: return mc_put_gat(out, how.exptime, keys, count);
    default: return mc_put_gats(out, how.exptime, keys, count);
    }
}

/* Sends what is in *out, to which the server owes one reply. */
static inline int send_line(struct mc_client *client, const struct mc_out *out,
                            mc_deadline deadline)
{
    struct mc_bytes line = {out->data, out->len};
    return send_parts(client, &line, 1, 1, deadline);
}

static void not_asked(struct mc_value *values, size_t count, int result)
{
    for (size_t k = 0; k < count; k++) {
        values[k].len = 0;
        values[k].result = result;
    }
}

/* One request line and its reply. Each result is set. */
static int retrieve_line(struct mc_client *client, struct retrieval how,
                         const struct mc_bytes *keys, struct mc_value *values, size_t count,
                         mc_deadline deadline)
{
    struct mc_out out;
    int r = begin(client, &out);
    if (r == 0)
        r = put_retrieval(&out, how, keys, count);
    if (r == 0)
        r = send_line(client, &out, deadline);
    const bool gets = how.name == GETS || how.name == GATS;
    if (r == 0)
        return mc_answer_get(client, &(struct mc_answer_keys){keys, values, count, gets}, deadline);
    not_asked(values, count, r);
    return r;
}

/* One key, by another command than get. */
static int retrieve(struct mc_client *client, struct retrieval how, struct mc_bytes key,
                    struct mc_value *value, mc_deadline deadline)
{
    value->len = 0;
    retrieve_line(client, how, &key, value, 1, deadline);
    return value->result;
}

/* How many of the keys fit one request line; at least 1, which may turn out not to fit. */
static size_t count_fitting(const struct mc_client *client, const struct mc_bytes *keys,
                            size_t count)
{
    size_t room = client->cap < MC_REQUEST_MAX ? client->cap : MC_REQUEST_MAX - 1;
    size_t used = sizeof "gats -2147483648\r\n" - 1, n = 0;
    while (n < count && keys[n].len <= MC_KEY_MAX && used + 1 + keys[n].len <= room) {
        used += 1 + keys[n].len;
        n++;
    }
    return n > 0 ? n : 1;
}

static int retrieve_many(struct mc_client *client, struct retrieval how,
                         const struct mc_bytes *keys, struct mc_value *values, size_t count,
                         mc_deadline deadline)
{
    int r = 0;
    for (size_t done = 0; done < count;) {
        size_t n = count_fitting(client, keys + done, count - done);
        if (r == 0)
            r = retrieve_line(client, how, keys + done, values + done, n, deadline);
        else
            not_asked(values + done, n, r);
        done += n;
    }
    return r;
}

/* Receives the first bytes of a reply. 0, or why the connection is dead. */
static inline int receive_first(struct mc_client *client, mc_deadline deadline)
{
    ptrdiff_t n = receive_to(client, client->buf, client->cap, deadline);
    client->end = n > 0 ? (size_t)n : 0;
    return n > 0 ? 0 : (int)n;
}

/* The whole reply to a get of one key, when the buffer holds it and nothing else: MC_HIT, MC_MISS or
 * MC_E_FULL. Otherwise MC_MORE with nothing taken. */
static inline int take_one(struct mc_client *client, struct mc_bytes key, struct mc_value *value)
{
    struct mc_reply reply;
    size_t end = mc_item_end(client->buf, client->end, key, &reply);
    if (!mc_item_ends(client->buf, end, client->end))
        return MC_MORE;
    client->at = client->end;
    client->awaited = 0;
    return end > 0 ? mc_answer_item(&reply, value) : MC_MISS;
}

/* The usual command, by the shortest way. */
int mc_client_get(struct mc_client *client, struct mc_bytes key, struct mc_value *value,
                  mc_deadline deadline)
{
    struct mc_out out;
    int r = begin(client, &out);
    value->len = 0;
    if (r == 0)
        r = mc_put_get(&out, &key, 1);
    if (r == 0)
        r = send_line(client, &out, deadline);
    if (r == 0)
        r = receive_first(client, deadline);
    if (r == 0)
        r = take_one(client, key, value);
    if (r == MC_MORE) {
        mc_answer_get(client, &(struct mc_answer_keys){&key, value, 1, false}, deadline);
        r = value->result;
    }
    value->result = r;
    return r;
}

int mc_client_gets(struct mc_client *client, struct mc_bytes key, struct mc_value *value,
                   mc_deadline deadline)
{
    return retrieve(client, (struct retrieval){GETS, 0}, key, value, deadline);
}

int mc_client_gat(struct mc_client *client, int32_t exptime, struct mc_bytes key,
                  struct mc_value *value, mc_deadline deadline)
{
    return retrieve(client, (struct retrieval){GAT, exptime}, key, value, deadline);
}

int mc_client_gats(struct mc_client *client, int32_t exptime, struct mc_bytes key,
                   struct mc_value *value, mc_deadline deadline)
{
    return retrieve(client, (struct retrieval){GATS, exptime}, key, value, deadline);
}

int mc_client_get_many(struct mc_client *client, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count, mc_deadline deadline)
{
    return retrieve_many(client, (struct retrieval){GET, 0}, keys, values, count, deadline);
}

int mc_client_gets_many(struct mc_client *client, const struct mc_bytes *keys,
                        struct mc_value *values, size_t count, mc_deadline deadline)
{
    return retrieve_many(client, (struct retrieval){GETS, 0}, keys, values, count, deadline);
}

int mc_client_gat_many(struct mc_client *client, int32_t exptime, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count, mc_deadline deadline)
{
    return retrieve_many(client, (struct retrieval){GAT, exptime}, keys, values, count, deadline);
}

int mc_client_gats_many(struct mc_client *client, int32_t exptime, const struct mc_bytes *keys,
                        struct mc_value *values, size_t count, mc_deadline deadline)
{
    return retrieve_many(client, (struct retrieval){GATS, exptime}, keys, values, count, deadline);
}

/* ---- storage and other writes ---------------------------------------------------------------- */

/* Sends a line with its value behind it, unless r says that it was refused. */
static int send_value(struct mc_client *client, int r, const struct mc_out *out,
                      struct mc_bytes value, mc_deadline deadline)
{
    const struct mc_bytes parts[] = {{out->data, out->len}, {value.data, value.len}, {"\r\n", 2}};
    return r == 0 ? mc_client_send(client, parts, 3, 1, deadline) : r;
}

int mc_client_store(struct mc_client *client, enum mc_store command, const struct mc_item *item,
                    mc_deadline deadline)
{
    struct mc_out out;
    int r = mc_client_begin(client, &out);
    if (r == 0)
        r = mc_put_store(&out, command, item, false);
    r = send_value(client, r, &out, item->value, deadline);
    if (r < 0)
        return r;
    uint32_t accepted = command == MC_CAS ? MC_ANSWER_CAS : MC_ANSWER_STORE;
    return mc_answer_store(client, accepted, deadline);
}

/* Sends a write of one line, unless r says that it was refused, and reads its answer. */
static int write_line(struct mc_client *client, int r, const struct mc_out *out, uint32_t accepted,
                      struct mc_reply *reply, mc_deadline deadline)
{
    if (r == 0)
        r = send_line(client, out, deadline);
    return r == 0 ? mc_answer_lost(mc_answer_line(client, accepted, reply, deadline)) : r;
}

int mc_client_delete(struct mc_client *client, struct mc_bytes key, mc_deadline deadline)
{
    struct mc_out out;
    struct mc_reply reply;
    int r = mc_client_begin(client, &out);
    if (r == 0)
        r = mc_put_delete(&out, key, false);
    return write_line(client, r, &out, MC_ANSWER_DELETE, &reply, deadline);
}

/* incr or decr, by the function that puts it. */
static int write_delta(struct mc_client *client,
                       int (*put)(struct mc_out *, struct mc_bytes, uint64_t, bool),
                       struct mc_bytes key, uint64_t delta, uint64_t *number, mc_deadline deadline)
{
    struct mc_out out;
    struct mc_reply reply = {0};
    int r = mc_client_begin(client, &out);
    if (r == 0)
        r = put(&out, key, delta, false);
    r = write_line(client, r, &out, MC_ANSWER_DELTA, &reply, deadline);
    *number = reply.number;
    return r;
}

int mc_client_incr(struct mc_client *client, struct mc_bytes key, uint64_t delta, uint64_t *number,
                   mc_deadline deadline)
{
    return write_delta(client, mc_put_incr, key, delta, number, deadline);
}

int mc_client_decr(struct mc_client *client, struct mc_bytes key, uint64_t delta, uint64_t *number,
                   mc_deadline deadline)
{
    return write_delta(client, mc_put_decr, key, delta, number, deadline);
}

int mc_client_touch(struct mc_client *client, struct mc_bytes key, int32_t exptime,
                    mc_deadline deadline)
{
    struct mc_out out;
    struct mc_reply reply;
    int r = mc_client_begin(client, &out);
    if (r == 0)
        r = mc_put_touch(&out, key, exptime, false);
    return write_line(client, r, &out, MC_ANSWER_TOUCH, &reply, deadline);
}

int mc_client_flush_all(struct mc_client *client, int32_t delay_s, mc_deadline deadline)
{
    struct mc_out out;
    struct mc_reply reply;
    int r = mc_client_begin(client, &out);
    if (r == 0)
        r = mc_put_flush_all(&out, delay_s, false);
    return write_line(client, r, &out, MC_ANSWER(MC_OK), &reply, deadline);
}

/* ---- the server ------------------------------------------------------------------------------ */

int mc_client_version(struct mc_client *client, mc_deadline deadline)
{
    struct mc_out out;
    struct mc_reply reply;
    int r = mc_client_begin(client, &out);
    if (r == 0)
        r = mc_put_version(&out);
    if (r == 0)
        r = send_line(client, &out, deadline);
    return r == 0 ? mc_answer_line(client, MC_ANSWER(MC_VERSION), &reply, deadline) : r;
}

int mc_client_stats(struct mc_client *client, struct mc_bytes words, mc_deadline deadline)
{
    struct mc_out out;
    int r = mc_client_begin(client, &out);
    if (r == 0)
        r = mc_put_stats(&out, words);
    return r == 0 ? send_line(client, &out, deadline) : r;
}

int mc_client_auth(struct mc_client *client, struct mc_bytes user, struct mc_bytes password,
                   mc_deadline deadline)
{
    struct mc_out out;
    struct mc_reply reply;
    int r = mc_client_begin(client, &out);
    if (r == 0)
        r = mc_put_auth(&out, user, password);
    if (r < 0 && r != MC_E_BUSY) /* nothing else may run without a login that was asked for */
        mc_client_break(client, MC_E_AUTH);
    if (r == 0)
        r = send_line(client, &out, deadline);
    if (r == 0)
        r = mc_answer_line(client, MC_ANSWER(MC_STORED), &reply, deadline);
    if (r < 0)
        return r;
    return r == MC_STORED ? MC_OK : mc_client_break(client, MC_E_AUTH);
}

/* ---- meta commands --------------------------------------------------------------------------- */

/* Begins a meta command. One with q may stay without an answer: that needs an mn behind it. */
static int begin_meta(struct mc_client *client, const struct mc_answer_meta *asked,
                      struct mc_out *out)
{
    int r = mc_client_begin(client, out);
    if (r == 0 && mc_answer_flag(asked->flags, asked->count, 'q') != NULL)
        return MC_E_FLAG;
    return r;
}

/* Sends mg, md or ma, by the function that puts it. */
static int send_meta(struct mc_client *client,
                     int (*put)(struct mc_out *, struct mc_bytes, const struct mc_flag *, size_t),
                     const struct mc_answer_meta *asked, mc_deadline deadline)
{
    struct mc_out out;
    int r = begin_meta(client, asked, &out);
    if (r == 0)
        r = put(&out, asked->key, asked->flags, asked->count);
    return r == 0 ? send_line(client, &out, deadline) : r;
}

int mc_client_mg(struct mc_client *client, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_value *value, struct mc_meta *meta, mc_deadline deadline)
{
    const struct mc_answer_meta asked = {key, flags, count, {0}};
    struct mc_reply reply;
    int r = send_meta(client, mc_put_mg, &asked, deadline);
    if (r < 0)
        return r;
    int event = mc_client_next(client, &reply, deadline);
    return mc_answer_mg(client, event, &reply, &asked, value, meta, deadline);
}

int mc_client_ms(struct mc_client *client, struct mc_bytes key, struct mc_bytes value,
                 const struct mc_flag *flags, size_t count, struct mc_meta *meta,
                 mc_deadline deadline)
{
    const struct mc_answer_meta asked = {key, flags, count, {0}};
    struct mc_out out;
    struct mc_reply reply;
    int r = begin_meta(client, &asked, &out);
    if (r == 0)
        r = mc_put_ms(&out, key, value.len, flags, count);
    r = send_value(client, r, &out, value, deadline);
    if (r < 0)
        return r;
    int event = mc_client_next(client, &reply, deadline);
    return mc_answer_lost(mc_answer_ms(client, event, &reply, &asked, meta, deadline));
}

int mc_client_md(struct mc_client *client, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_meta *meta, mc_deadline deadline)
{
    const struct mc_answer_meta asked = {key, flags, count, {0}};
    struct mc_reply reply;
    int r = send_meta(client, mc_put_md, &asked, deadline);
    if (r < 0)
        return r;
    int event = mc_client_next(client, &reply, deadline);
    return mc_answer_lost(mc_answer_md(client, event, &reply, &asked, meta, deadline));
}

int mc_client_ma(struct mc_client *client, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_meta *meta, mc_deadline deadline)
{
    const struct mc_answer_meta asked = {key, flags, count, {0}};
    struct mc_reply reply;
    int r = send_meta(client, mc_put_ma, &asked, deadline);
    if (r < 0)
        return r;
    int event = mc_client_next(client, &reply, deadline);
    return mc_answer_lost(mc_answer_ma(client, event, &reply, &asked, meta, deadline));
}
