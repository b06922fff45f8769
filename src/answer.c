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

static void set_results(struct mc_value *values, size_t from, size_t count, int result)
{
    for (size_t k = from; k < count; k++)
        values[k].result = result;
}

/* The slot that a VALUE of this key is for: usually *next or one soon after it, and the slots that
 * are passed over are misses so far; otherwise an earlier slot that was passed over. count: none. */
static size_t find_slot(const struct mc_answer_keys *asked, struct mc_bytes key, size_t *next)
{
    size_t k = *next;
    while (k < asked->count && !same(asked->keys[k], key))
        k++;
    if (k < asked->count) {
        set_results(asked->values, *next, k, MC_MISS);
        *next = k + 1;
        return k;
    }
    for (k = 0; k < *next; k++) {
        if (asked->values[k].result == MC_MISS && same(asked->keys[k], key))
            return k;
    }
    return asked->count;
}

/* One VALUE of a reply. */
static int take_value(struct mc_client *client, const struct mc_reply *reply,
                      const struct mc_answer_keys *asked, size_t *next, mc_deadline deadline)
{
    size_t k = find_slot(asked, reply->key, next);
    if (k >= asked->count)
        return mc_answer_unasked(client, MC_FAULT_WRONG_KEY);
    if (asked->gets && !reply->has_cas)
        return mc_answer_unasked(client, MC_FAULT_UNASKED);
    client->ends_with_error = true;
    int r = mc_client_value(client, reply, &asked->values[k], deadline);
    asked->values[k].result = r == 0 ? MC_HIT : r;
    return r == MC_E_FULL ? 0 : r;
}

/* ---- keys that were asked for twice ---------------------------------------------------------- */

/* A set of keys that may say yes for a key that is not in it: one bit for each value of a hash. */
struct key_set {
    uint32_t bits[8];
};

static uint32_t hash_key(struct mc_bytes key)
{
    uint32_t hash = (uint32_t)key.len;
    for (size_t i = key.len > 8 ? key.len - 8 : 0; i < key.len; i++)
        hash = hash * 31 + (unsigned char)key.data[i];
    return (hash ^ hash >> 8) & 255;
}

static bool may_hold(const struct key_set *set, struct mc_bytes key)
{
    uint32_t hash = hash_key(key);
    return (set->bits[hash >> 5] >> (hash & 31) & 1) != 0;
}

/* Gives the slot the answer of another one with its key. */
static void copy_answer(struct mc_value *to, const struct mc_value *from)
{
    to->len = from->len;
    to->cas = from->cas;
    to->flags = from->flags;
    to->result = from->result == MC_HIT && from->len > to->cap ? MC_E_FULL : from->result;
    if (to->result == MC_HIT && from->len > 0)
        memcpy(to->buf, from->buf, from->len);
}

static void answer_from_another(const struct mc_answer_keys *asked, size_t slot)
{
    for (size_t k = 0; k < asked->count; k++) {
        if (asked->values[k].result != MC_MISS && same(asked->keys[k], asked->keys[slot])) {
            copy_answer(&asked->values[slot], &asked->values[k]);
            return;
        }
    }
}

static size_t count_misses(const struct mc_answer_keys *asked)
{
    size_t misses = 0;
    for (size_t k = 0; k < asked->count; k++)
        misses += asked->values[k].result == MC_MISS ? 1 : 0;
    return misses;
}

/* A server may answer a key once that was asked for twice: each of its slots has that answer. Each
 * slot that is a miss so far is looked for among the others only if its key may be there. */
static void answer_doubled(const struct mc_answer_keys *asked)
{
    struct key_set found = {{0}};
    if (count_misses(asked) == 0)
        return;
    for (size_t k = 0; k < asked->count; k++) {
        uint32_t hash = hash_key(asked->keys[k]);
        if (asked->values[k].result != MC_MISS)
            found.bits[hash >> 5] |= UINT32_C(1) << (hash & 31);
    }
    for (size_t k = 0; k < asked->count; k++) {
        if (asked->values[k].result == MC_MISS && may_hold(&found, asked->keys[k]))
            answer_from_another(asked, k);
    }
}

/* ---- a whole reply --------------------------------------------------------------------------- */

/* Takes the items that are whole in the buffer and for the next keys: all of them, usually. Returns
 * the slot after them. */
static size_t take_items(struct mc_client *client, const struct mc_answer_keys *asked, size_t next)
{
    struct mc_bytes in = {client->buf + client->at, client->end - client->at};
    const struct mc_bytes *keys = asked->keys;
    struct mc_value *values = asked->values;
    struct mc_reply reply;
    size_t k = next, count = asked->count;
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

/* All the items. The event that comes after them, or negative; the slots before *next are dealt
 * with. */
static int take_all(struct mc_client *client, const struct mc_answer_keys *asked, size_t *next,
                    struct mc_reply *reply, mc_deadline deadline)
{
    int r = client->at == client->end ? mc_client_receive(client, deadline) : 0;
    while (r >= 0) {
        if (!asked->gets) /* whose items have a number more */
            *next = take_items(client, asked, *next);
        client->ends_with_error |= *next > 0;
        r = take_other(client, reply, deadline);
        if (r != MC_VALUE || reply->meta)
            return r;
        r = take_value(client, reply, asked, next, deadline);
    }
    return r;
}

/* An error line came in place of the rest of a reply, or of all of it: the values before it are
 * good. More may follow it, unless one key alone was asked for. */
static void end_by_error(struct mc_client *client, const struct mc_answer_keys *asked, int error)
{
    for (size_t k = 0; k < asked->count; k++) {
        if (asked->values[k].result == MC_MISS)
            asked->values[k].result = error;
    }
    if (client->ends_with_error)
        mc_client_break(client, MC_E_STEP);
}

int mc_answer_get(struct mc_client *client, const struct mc_answer_keys *asked,
                  mc_deadline deadline)
{
    struct mc_reply reply;
    size_t next = 0;
    client->ends_with_error = asked->count > 1;
    int r = take_all(client, asked, &next, &reply, deadline);
    r = check(client, r, &reply, MC_ANSWER(MC_END), false);
    if (r < 0) {
        set_results(asked->values, 0, asked->count, r);
        return r;
    }
    set_results(asked->values, next, asked->count, MC_MISS);
    if (asked->count > 1)
        answer_doubled(asked);
    if (r >= MC_ERROR)
        end_by_error(client, asked, r);
    client->ends_with_error = false;
    return r == MC_END ? 0 : r;
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

static bool contains_letter(struct mc_bytes letters, char letter)
{
    for (size_t i = 0; i < letters.len; i++) {
        if (letters.data[i] == letter)
            return true;
    }
    return false;
}

/* True when one of the flags that were asked for, and that such replies return, has not come back. */
static bool is_missing(const struct mc_answer_meta *asked, struct mc_bytes flags,
                       struct mc_bytes returned)
{
    for (size_t k = 0; k < asked->count; k++) {
        char letter = asked->flags[k].letter;
        if (contains_letter(returned, letter) && !has_flag(flags, letter))
            return true;
    }
    return false;
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

/* The reply has what was asked for. What is returned may be missing only where nothing was found or
 * done; a size is that of the value. */
static int check_returned(struct mc_client *client, int event, const struct mc_reply *reply,
                          const struct mc_answer_meta *asked, const struct mc_meta *meta)
{
    if (event != MC_VALUE && event != MC_HD)
        return event;
    if (is_missing(asked, reply->text, MC_BYTES("kO")))
        return mc_answer_unasked(client, MC_FAULT_WRONG_KEY);
    if (is_missing(asked, reply->text, asked->returned))
        return mc_answer_unasked(client, MC_FAULT_UNASKED);
    if (event == MC_VALUE && has_flag(reply->text, 's') && meta->size != reply->size)
        return mc_answer_unasked(client, MC_FAULT_UNASKED);
    return event;
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
    if (r == 0)
        r = check_returned(client, event, reply, asked, meta);
    return r == MC_VALUE ? take_meta_value(client, reply, meta, value, deadline) : r;
}

/* A hit is a VA when the value was asked for, and an HD otherwise. */
static uint32_t hit(const struct mc_answer_meta *asked)
{
    bool shows = mc_answer_flag(asked->flags, asked->count, 'v') != NULL;
    return shows ? MC_ANSWER(MC_VALUE) : MC_ANSWER(MC_HD);
}

/* The same, as a command returns these flags where something was found or done. */
static struct mc_answer_meta returning(const struct mc_answer_meta *asked, struct mc_bytes letters)
{
    struct mc_answer_meta a = *asked;
    a.returned = letters;
    return a;
}

int mc_answer_mg(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_value *value, struct mc_meta *meta,
                 mc_deadline deadline)
{
    const struct mc_answer_meta all = returning(asked, MC_BYTES("cfhlst"));
    uint32_t accepted = hit(asked) | MC_ANSWER(MC_END);
    if (mc_answer_flag(asked->flags, asked->count, 'C') !=
        NULL) /* the cas unique matches: no value */
        accepted |= MC_ANSWER(MC_HD);
    return take_meta(client, event, reply, &all, accepted, value, meta, deadline);
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
    const struct mc_answer_meta all = returning(asked, MC_BYTES("ct"));
    int r = take_meta(client, event, reply, &all, accepted, &value, meta, deadline);
    if (r != MC_HIT && r != MC_E_FULL)
        return r;
    if (r == MC_E_FULL || !mc_decimal_read(digits, 0, value.len, UINT64_MAX, &meta->number))
        return mc_answer_unasked(client, MC_FAULT_NUMBER);
    return MC_NUMBER;
}
