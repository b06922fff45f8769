/* Holds replies against the questions they should answer; what does not fit ends the connection. */
#include "answer.h"

#include "decimal.h"

#include <string.h>

static bool same(struct mc_bytes a, struct mc_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

int mc_answer_unasked(struct mc_client *client, enum mc_fault fault)
{
    client->reader.fault = (uint8_t)fault;
    return mc_client_break(client, MC_E_PROTOCOL);
}

/* An error reply, a negative result and an accepted event pass. */
static int check(struct mc_client *client, int event, const struct mc_reply *reply,
                 uint32_t accepted, bool meta)
{
    if (event < 0 || event >= MC_ERROR)
        return event;
    if (reply->meta != meta || (accepted >> event & 1u) == 0)
        return mc_answer_unasked(client, MC_FAULT_UNASKED);
    return event;
}

int mc_answer_line(struct mc_client *client, uint32_t accepted, struct mc_reply *reply,
                   mc_deadline deadline)
{
    int event = mc_client_next(client, reply, deadline);
    return check(client, event, reply, accepted, false);
}

/* After these the server may read the value as commands, or may not: nobody knows. */
static int check_step(struct mc_client *client, int event)
{
    if (event == MC_ERROR || event == MC_CLIENT_ERROR)
        mc_client_break(client, MC_E_STEP);
    return event;
}

/* Takes the usual answer, when it is the last awaited and nothing else has come. */
static bool take_stored(struct mc_client *client)
{
    struct mc_bytes in = {client->buf + client->at, client->end - client->at};
    if (client->awaited != 1 || !same(in, MC_BYTES("STORED\r\n")))
        return false;
    client->at = client->end;
    client->awaited = 0;
    return true;
}

int mc_answer_store(struct mc_client *client, uint32_t accepted, mc_deadline deadline)
{
    struct mc_reply reply;
    if (client->at == client->end)
        mc_client_receive(client, deadline); /* if it fails, mc_client_next() says so */
    if (client->error == 0 && take_stored(client))
        return MC_STORED;
    int event = mc_answer_line(client, accepted, &reply, deadline);
    return mc_answer_lost(check_step(client, event));
}

/* ---- retrieval ------------------------------------------------------------------------------- */

/* One VALUE of a reply: for keys[*k], after passing over those that were missed. */
static int take_value(struct mc_client *client, const struct mc_reply *reply,
                      const struct mc_bytes *keys, struct mc_value *values, size_t count, size_t *k,
                      mc_deadline deadline)
{
    while (*k < count && !same(keys[*k], reply->key)) {
        values[*k].result = MC_MISS;
        (*k)++;
    }
    if (*k >= count)
        return mc_answer_unasked(client, MC_FAULT_WRONG_KEY);
    int r = mc_client_value(client, reply, &values[*k], deadline);
    values[*k].result = r == 0 ? MC_HIT : r;
    (*k)++;
    return r == MC_E_FULL ? 0 : r;
}

static void set_results(struct mc_value *values, size_t from, size_t count, int result)
{
    for (size_t k = from; k < count; k++)
        values[k].result = result;
}

/* Takes the items that are whole in the buffer and for the next keys: all of them, usually. Returns
 * how many. */
static size_t take_items(struct mc_client *client, const struct mc_bytes *keys,
                         struct mc_value *values, size_t count)
{
    struct mc_bytes in = {client->buf + client->at, client->end - client->at};
    struct mc_reply reply;
    size_t k = 0;
    for (; k < count && mc_item_next(&client->reader, &in, keys[k], &reply) == MC_VALUE; k++)
        values[k].result = mc_answer_item(&reply, &values[k]);
    client->at = client->end - in.len;
    return k;
}

/* What comes next, when it is not an item that take_items() has taken. */
static int take_other(struct mc_client *client, struct mc_reply *reply, mc_deadline deadline)
{
    struct mc_bytes in = {client->buf + client->at, client->end - client->at};
    if (client->awaited != 1 || !mc_item_is_end(&client->reader, in))
        return mc_client_next(client, reply, deadline);
    client->at = client->end;
    client->awaited = 0;
    reply->meta = false;
    return MC_END;
}

/* All the items. The event that comes after them, or negative; *k of the keys are dealt with. */
static int take_all(struct mc_client *client, const struct mc_bytes *keys, struct mc_value *values,
                    size_t count, size_t *k, struct mc_reply *reply, mc_deadline deadline)
{
    int r = client->at == client->end ? mc_client_receive(client, deadline) : 0;
    while (r >= 0) {
        *k += take_items(client, keys + *k, values + *k, count - *k);
        r = take_other(client, reply, deadline);
        if (r != MC_VALUE || reply->meta)
            return r;
        r = take_value(client, reply, keys, values, count, k, deadline);
    }
    return r;
}

int mc_answer_get(struct mc_client *client, const struct mc_bytes *keys, struct mc_value *values,
                  size_t count, mc_deadline deadline)
{
    struct mc_reply reply;
    size_t k = 0;
    int r = take_all(client, keys, values, count, &k, &reply, deadline);
    r = check(client, r, &reply, MC_ANSWER(MC_END), false);
    if (r == MC_END) {
        set_results(values, k, count, MC_MISS);
        return 0;
    }
    set_results(values, 0, count, r); /* a reply counts only when it is whole */
    return r;
}

/* ---- meta commands --------------------------------------------------------------------------- */

const struct mc_flag *mc_answer_flag(const struct mc_flag *flags, size_t count, char letter)
{
    for (size_t k = 0; k < count; k++) {
        if (flags[k].letter == letter)
            return &flags[k];
    }
    return NULL;
}

static bool has_flag(struct mc_bytes flags, char letter)
{
    struct mc_flag flag;
    while (mc_reader_flag(&flags, &flag) > 0) {
        if (flag.letter == letter)
            return true;
    }
    return false;
}

/* Has the flag been asked for, and not come back? */
static bool is_missing(const struct mc_answer_meta *asked, struct mc_bytes flags, char letter)
{
    return mc_answer_flag(asked->flags, asked->count, letter) != NULL && !has_flag(flags, letter);
}

/* True when the returned key is the one that was asked for. */
static bool same_key(const struct mc_answer_meta *asked, struct mc_bytes key, bool binary)
{
    char base64[MC_KEY_MAX];
    struct mc_out out = {base64, sizeof base64, 0};
    if (!binary)
        return same(asked->key, key);
    if (mc_put_base64(&out, asked->key) != 0)
        return false;
    struct mc_bytes encoded = {base64, out.len};
    return same(encoded, key);
}

static bool same_opaque(const struct mc_answer_meta *asked, struct mc_bytes opaque)
{
    const struct mc_flag *flag = mc_answer_flag(asked->flags, asked->count, 'O');
    return flag != NULL && same(flag->token, opaque);
}

/* One flag of a reply, into *meta; false when it belongs to another question. The k is compared by
 * take_flags(). */
static bool take_flag(const struct mc_answer_meta *asked, const struct mc_flag *flag,
                      struct mc_meta *meta)
{
    switch (flag->letter) {
    case 'O': return same_opaque(asked, flag->token);
    case 'c': meta->cas = flag->number; break;
    case 'f': meta->flags = flag->number; break;
    case 's': meta->size = (uint32_t)flag->number; break;
    case 'l': meta->last_access = (uint32_t)flag->number; break;
    case 't': meta->ttl = flag->ttl; break;
    case 'h': meta->hit_before = flag->number != 0; break;
    case 'W': meta->won = true; break;
    case 'X': meta->stale = true; break;
    case 'Z': meta->already_won = true; break;
    default: break; /* newer servers have more */
    }
    return true;
}

static int take_flags(struct mc_client *client, const struct mc_answer_meta *asked,
                      struct mc_bytes flags, struct mc_meta *meta)
{
    /* of an item that was stored so, even to those who ask for its key without */
    const bool binary = has_flag(flags, 'b');
    struct mc_flag flag;
    int r;
    while ((r = mc_reader_flag(&flags, &flag)) > 0) {
        bool mine = flag.letter == 'k' ? same_key(asked, flag.token, binary)
                                       : take_flag(asked, &flag, meta);
        if (!mine)
            return mc_answer_unasked(client, MC_FAULT_WRONG_KEY);
    }
    return r < 0 ? mc_answer_unasked(client, MC_FAULT_FLAG) : 0;
}

/* The value of a VA and the end of its reply. */
static int take_meta_value(struct mc_client *client, struct mc_reply *reply,
                           const struct mc_meta *meta, struct mc_value *value, mc_deadline deadline)
{
    reply->flags = meta->flags;
    reply->cas = meta->cas;
    int r = mc_client_value(client, reply, value, deadline);
    if (r < 0 && r != MC_E_FULL)
        return r;
    int end = mc_client_next(client, reply, deadline);
    if (end < 0)
        return end;
    return r == 0 ? MC_HIT : r;
}

/* The reply to a meta command; an accepted MC_VALUE goes to *value. */
static int take_meta(struct mc_client *client, int event, struct mc_reply *reply,
                     const struct mc_answer_meta *asked, uint32_t accepted, struct mc_value *value,
                     struct mc_meta *meta, mc_deadline deadline)
{
    *meta = (struct mc_meta){0};
    event = check(client, event, reply, accepted, true);
    if (event < 0 || event >= MC_ERROR)
        return event;
    int r = take_flags(client, asked, reply->text, meta);
    if (r < 0)
        return r;
    /* A key or opaque that was asked back may only be missing where nothing was found or done. */
    bool done = event == MC_VALUE || event == MC_HD;
    if (done && (is_missing(asked, reply->text, 'k') || is_missing(asked, reply->text, 'O')))
        return mc_answer_unasked(client, MC_FAULT_WRONG_KEY);
    return event == MC_VALUE ? take_meta_value(client, reply, meta, value, deadline) : event;
}

/* A hit is a VA when the value was asked for, and an HD otherwise. */
static uint32_t hit(const struct mc_answer_meta *asked)
{
    bool shows = mc_answer_flag(asked->flags, asked->count, 'v') != NULL;
    return shows ? MC_ANSWER(MC_VALUE) : MC_ANSWER(MC_HD);
}

int mc_answer_mg(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_value *value, struct mc_meta *meta,
                 mc_deadline deadline)
{
    uint32_t accepted = hit(asked) | MC_ANSWER(MC_END);
    return take_meta(client, event, reply, asked, accepted, value, meta, deadline);
}

int mc_answer_ms(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_meta *meta, mc_deadline deadline)
{
    uint32_t accepted = MC_ANSWER(MC_HD) | MC_ANSWER(MC_NOT_STORED) | MC_ANSWER(MC_EXISTS) |
                        MC_ANSWER(MC_NOT_FOUND);
    int r = take_meta(client, event, reply, asked, accepted, NULL, meta, deadline);
    return check_step(client, r);
}

int mc_answer_md(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_meta *meta, mc_deadline deadline)
{
    uint32_t accepted = MC_ANSWER(MC_HD) | MC_ANSWER(MC_NOT_FOUND) | MC_ANSWER(MC_EXISTS);
    return take_meta(client, event, reply, asked, accepted, NULL, meta, deadline);
}

int mc_answer_ma(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_meta *meta, mc_deadline deadline)
{
    char digits[MC_DECIMAL_MAX];
    struct mc_value value = {.buf = digits, .cap = sizeof digits};
    uint32_t accepted =
        hit(asked) | MC_ANSWER(MC_NOT_FOUND) | MC_ANSWER(MC_NOT_STORED) | MC_ANSWER(MC_EXISTS);
    int r = take_meta(client, event, reply, asked, accepted, &value, meta, deadline);
    if (r != MC_HIT && r != MC_E_FULL)
        return r;
    if (r == MC_E_FULL || !mc_decimal_read(digits, 0, value.len, UINT64_MAX, &meta->number))
        return mc_answer_unasked(client, MC_FAULT_NUMBER);
    return MC_NUMBER;
}
