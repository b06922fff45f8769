/* The reply to a line of several keys: each value is given to the key that it names, in whatever order. */
#include "keys.h"

#include "item.h"
#include "reply.h"

#include <string.h>

static const struct mc_slot no_slot = {NULL, 0};

static struct mc_bytes slot_key(struct mc_slot s)
{
    return s.op->keys != NULL ? s.op->keys[s.slot] : s.op->key;
}

static struct mc_value *slot_value(struct mc_slot s)
{
    return s.op->keys != NULL ? &s.op->values[s.slot] : s.op->value;
}

/* 0 until it is answered. */
static int *slot_result(struct mc_slot s)
{
    return s.op->keys != NULL ? &s.op->values[s.slot].result : &s.op->result;
}

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
    return *slot_result(s) == 0 && is_same_key(slot_key(s), key);
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
    while (s.op != NULL && (slot_value(s) == NULL || !is_open_slot(s, key)))
        s = slot_after(e, s);
    return s.op != NULL ? s : found;
}

/* Copies the items that are whole in *in and for the next keys: all of them, usually. */
static void copy_items(struct mc_engine *e, struct mc_bytes *in)
{
    struct mc_slot s = expected_slot(e);
    struct mc_reply item;
    while (s.op != NULL && *slot_result(s) == 0 && slot_value(s) != NULL &&
           mc_item_next(&e->reader, in, slot_key(s), &item) == MC_VALUE) {
        item.cas = 0;
        item.has_cas = false;
        *slot_result(s) = mc_reply_item(s, slot_value(s), slot_key(s), &item);
        e->match = s;
        e->answered++;
        s = slot_after(e, s);
    }
}

/* The same for an operation of many keys. */
static void copy_many_items(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in)
{
    const struct mc_bytes *keys = op->keys;
    const char *b = in->data;
    size_t s = e->match.op != NULL ? e->match.slot + 1 : e->asked.slot;
    size_t first = s, end = e->line_end, left = in->len;
    struct mc_reply item;
    for (; s < end; s++) {
        struct mc_value *value = &op->values[s];
        size_t n = value->result == 0 ? mc_item_end(b, left, keys[s], &item) : 0;
        if (n == 0)
            break;
        item.cas = 0;
        item.has_cas = false;
        value->result = mc_reply_item((struct mc_slot){op, s}, value, keys[s], &item);
        b += n;
        left -= n;
    }
    if (s > first)
        e->match = (struct mc_slot){op, s - 1};
    e->answered += s - first;
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
    const struct mc_value *a = slot_value(from);
    struct mc_value *b = slot_value(to);
    if (b == NULL && to.op->sink == NULL)
        return MC_HIT;
    if (a == NULL || b == NULL)
        return MC_E_FULL;
    b->len = a->len;
    b->flags = a->flags;
    b->cas = a->cas;
    if (to.op->sink != NULL)
        return from.op == to.op ? MC_HIT : MC_E_FULL;
    if (from.op->sink != NULL || *slot_result(from) != MC_HIT || a->len > b->cap)
        return MC_E_FULL;
    if (a->len > 0)
        memcpy(b->buf, a->buf, a->len);
    return MC_HIT;
}

static void answer_doubles(const struct mc_engine *e, struct mc_slot from)
{
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s)) {
        if (is_open_slot(s, slot_key(from)))
            *slot_result(s) = copy_doubled(from, s);
    }
}

/* Finds keys that were answered once and asked for twice, by a filter of those without an answer, so
 * that this costs no more than the keys are many. */
static void answer_all_doubles(const struct mc_engine *e)
{
    uint32_t open[FILTER_BITS / 32] = {0};
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s)) {
        uint32_t hash = hash_key_end(slot_key(s));
        if (*slot_result(s) == 0)
            open[hash / 32] |= UINT32_C(1) << hash % 32;
    }
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s)) {
        uint32_t hash = hash_key_end(slot_key(s));
        if (*slot_result(s) != 0 && (open[hash / 32] >> hash % 32 & 1) != 0)
            answer_doubles(e, s);
    }
}

/* ---- the end of a line's reply --------------------------------------------------------------- */

/* Keys without a value are misses. */
static int end_keys(const struct mc_engine *e)
{
    bool single = slot_after(e, e->asked).op == NULL;
    if (e->asked.op->keys != NULL && e->answered == e->line_end - e->asked.slot)
        return MC_ANSWER_DONE;
    if (e->answered > 0 && !single)
        answer_all_doubles(e);
    for (struct mc_slot s = e->asked; s.op != NULL; s = slot_after(e, s)) {
        if (*slot_result(s) == 0)
            *slot_result(s) = MC_MISS;
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
        struct mc_value *value = slot_value(s);
        if (!single && *slot_result(s) != 0)
            continue;
        if (value != NULL)
            mc_reply_clear(value, error);
        *slot_result(s) = error;
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
    if (slot_value(s) == NULL)
        s = find_wanting_slot(e, s, reply->key);
    e->match = s;
    e->answered++;
    *slot_result(s) = mc_reply_place(e, s, slot_value(s), reply);
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
        if (!cas && op->keys == NULL)
            copy_items(e, in);
        else if (!cas && e->reader.state == 0)
            copy_many_items(e, op, in);
        int event = mc_reply_event(e, in, &reply);
        if (event <= 0)
            return event;
        r = answer_event(e, event, &reply, cas);
    }
    return r;
}
