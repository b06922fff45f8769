/* The reply to a line of several keys: each value is given to the key that it names, in whatever order. */
#include "keys.h"

#include "reply.h"

#include <string.h>

static const struct mc_slot no_slot = {NULL, 0};

/* The slot after this one in the line, or none. */
static struct mc_slot slot_after(const struct mc_engine *e, struct mc_slot s)
{
    if (s.op->keys == NULL)
        s.op = (s.op->marks & MC_MARK_LAST) != 0 ? NULL : s.op->next;
    else if (++s.slot >= e->line_end)
        s.op = NULL;
    return s;
}

/* The slot before this one in the line, or none. */
static struct mc_slot slot_before(const struct mc_engine *e, struct mc_slot s)
{
    if (s.op == e->asked.op && s.slot == e->asked.slot)
        return no_slot;
    if (s.op->keys == NULL)
        s.op = s.op->prev;
    else
        s.slot--;
    return s;
}

static struct mc_slot expected_slot(const struct mc_engine *e)
{
    return e->match.op != NULL ? slot_after(e, e->match) : e->asked;
}

static bool is_same_key(struct mc_bytes a, struct mc_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool is_open_slot(struct mc_slot s, struct mc_bytes key)
{
    return *mc_reply_result(s) == 0 && is_same_key(mc_reply_key(s), key);
}

/* A slot that waits for this key, or none: looks to both sides of the last match. */
static struct mc_slot find_open_slot(const struct mc_engine *e, struct mc_bytes key)
{
    struct mc_slot ahead = expected_slot(e), before = e->match;
    while (ahead.op != NULL || before.op != NULL) {
        if (ahead.op != NULL) {
            if (is_open_slot(ahead, key))
                return ahead;
            ahead = slot_after(e, ahead);
        }
        if (before.op != NULL) {
            if (is_open_slot(before, key))
                return before;
            before = slot_before(e, before);
        }
    }
    return no_slot;
}

/* A slot that waits for this key and wants the value, or else the one that was found. Where a value is
 * copied from one place to others, the first must be one. */
static struct mc_slot find_wanting_slot(const struct mc_engine *e, struct mc_slot found,
                                        struct mc_bytes key)
{
    struct mc_slot s = e->asked;
    while (s.op != NULL && (mc_reply_value(s) == NULL || !is_open_slot(s, key)))
        s = slot_after(e, s);
    return s.op != NULL ? s : found;
}

/* Gives the items that are whole in *in and for the next keys: all of them, usually. */
static void give_items(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in, bool cas)
{
    const struct mc_bytes *keys = op->keys;
    struct mc_value *values = op->values;
    struct mc_slot s = expected_slot(e), last = e->match;
    const char *b = in->data;
    size_t left = in->len, count = 0;
    struct mc_reply item;
    item.has_cas = cas;
    while (s.op != NULL) {
        struct mc_value *value = keys != NULL ? &values[s.slot] : s.op->value;
        struct mc_bytes key = keys != NULL ? keys[s.slot] : s.op->key;
        int *result = keys != NULL ? &value->result : &s.op->result;
        size_t n = value != NULL && *result == 0 ? mc_reply_item(b, left, key, &item) : 0;
        if (n == 0)
            break;
        *result = mc_reply_give(s, key, value, &item);
        b += n;
        left -= n;
        count++;
        last = s;
        s = slot_after(e, s);
    }
    e->match = last;
    e->answered += count;
    in->data = b;
    in->len = left;
}

/* ---- doubled keys ---------------------------------------------------------------------------- */

enum { FILTER_BITS = 512 };

/* A number below FILTER_BITS that equal keys share. */
static uint32_t hash_key_end(struct mc_bytes key)
{
    uint32_t tail = 0;
    size_t n = key.len < sizeof tail ? key.len : sizeof tail;
    memcpy(&tail, key.data + (key.len - n), n);
    return (tail + (uint32_t)key.len) * UINT32_C(2654435769) >> 23;
}

/* The answer to one slot of a doubled key is also that to the other; but a sink is given it once. */
static int copy_doubled(struct mc_slot from, struct mc_slot to)
{
    const struct mc_value *a = mc_reply_value(from);
    struct mc_value *b = mc_reply_value(to);
    if (b == NULL && to.op->sink == NULL)
        return MC_HIT;
    if (a == NULL || b == NULL)
        return MC_E_FULL;
    b->len = a->len;
    b->flags = a->flags;
    b->cas = a->cas;
    if (to.op->sink != NULL)
        return from.op == to.op ? MC_HIT : MC_E_FULL;
    if (from.op->sink != NULL || *mc_reply_result(from) != MC_HIT || a->len > b->cap)
        return MC_E_FULL;
    if (a->len > 0)
        memcpy(b->buf, a->buf, a->len);
    return MC_HIT;
}

static void answer_doubles(const struct mc_engine *e, struct mc_slot from)
{
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s)) {
        if (is_open_slot(s, mc_reply_key(from)))
            *mc_reply_result(s) = copy_doubled(from, s);
    }
}

/* Finds keys that were answered once and asked for twice, by a filter of those without an answer, so
 * that this costs no more than the keys are many. */
static void answer_all_doubles(const struct mc_engine *e)
{
    uint32_t open[FILTER_BITS / 32] = {0};
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s)) {
        uint32_t hash = hash_key_end(mc_reply_key(s));
        if (*mc_reply_result(s) == 0)
            open[hash / 32] |= UINT32_C(1) << hash % 32;
    }
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s)) {
        uint32_t hash = hash_key_end(mc_reply_key(s));
        if (*mc_reply_result(s) != 0 && (open[hash / 32] >> hash % 32 & 1) != 0)
            answer_doubles(e, s);
    }
}

/* ---- the end of a line's reply --------------------------------------------------------------- */

/* Keys without a value are misses. */
static int end_keys(const struct mc_engine *e)
{
    size_t open = 0, all = 0;
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s), all++)
        open += *mc_reply_result(s) == 0;
    if (open > 0 && open < all)
        answer_all_doubles(e);
    for (struct mc_slot s = e->asked; s.op != NULL && open > 0; s = slot_after(e, s)) {
        if (*mc_reply_result(s) == 0)
            *mc_reply_result(s) = MC_MISS;
    }
    return MC_ANSWER_DONE;
}

/* An error line. In place of the reply it is the answer to a single key. Of several keys those without
 * a value have it; then, and after a value, more of the reply may follow. */
static int end_keys_in_error(const struct mc_engine *e, int error, const struct mc_reply *reply)
{
    bool single = slot_after(e, e->asked).op == NULL;
    if (e->answered > 0 && !single)
        answer_all_doubles(e);
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s)) {
        struct mc_value *value = mc_reply_value(s);
        if (!single && *mc_reply_result(s) != 0)
            continue;
        if (value != NULL)
            mc_reply_clear(value, error);
        *mc_reply_result(s) = error;
        s.op->marks |= s.op->keys != NULL ? MC_MARK_SPOILT : 0;
        s.op->text = reply->text;
    }
    return single && e->answered == 0 ? MC_ANSWER_DONE : MC_ANSWER_AMBIGUOUS;
}

/* A value goes to the slot of its key. */
static int answer_key(struct mc_engine *e, const struct mc_reply *reply)
{
    struct mc_slot s = find_open_slot(e, reply->key);
    if (s.op == NULL)
        return mc_reply_fault(e, MC_FAULT_WRONG_KEY);
    if (mc_reply_value(s) == NULL)
        s = find_wanting_slot(e, s, reply->key);
    e->match = s;
    e->answered++;
    *mc_reply_result(s) = mc_reply_place(e, s, mc_reply_value(s), reply);
    return MC_MORE;
}

static int answer_event(struct mc_engine *e, int event, const struct mc_reply *reply, bool cas)
{
    if (event >= MC_ERROR)
        return end_keys_in_error(e, event, reply);
    if (event == MC_END && !reply->meta)
        return end_keys(e);
    if (event != MC_VALUE || reply->meta || (cas && !reply->has_cas))
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    return answer_key(e, reply);
}

int mc_keys_answer(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in)
{
    struct mc_engine *e = engine;
    bool cas = (op->command->traits & MC_COMMAND_CAS) != 0;
    struct mc_reply reply;
    int r = MC_MORE;
    while (r == MC_MORE) {
        if (e->reader.state == 0)
            give_items(e, op, in, cas);
        int event = mc_reply_event(e, in, &reply);
        if (event <= 0)
            return event;
        r = answer_event(e, event, &reply, cas);
    }
    return r;
}
