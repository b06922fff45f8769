/* The reply to a line of several keys: each value is given to the key that it names, in whatever order. */
#include "keys.h"

#include "reply.h"

#include <string.h>

/* Moves on to the next slot of the line; s->op NULL: there is none. */
static void move_ahead(const struct mc_engine *e, struct mc_slot *s)
{
    if (s->op->keys == NULL)
        s->op = (s->op->marks & MC_MARK_LAST) != 0 ? NULL : s->op->next;
    else if (++s->slot >= e->line_end)
        s->op = NULL;
}

/* Moves to the slot before in the line; s->op NULL: there is none. */
static void move_back(const struct mc_engine *e, struct mc_slot *s)
{
    if (s->op == e->asked.op && s->slot == e->asked.slot)
        s->op = NULL;
    else if (s->op->keys == NULL)
        s->op = s->op->prev;
    else
        s->slot--;
}

/* The slot whose value usually comes next. */
static struct mc_slot expected_slot(const struct mc_engine *e)
{
    struct mc_slot s = e->match;
    if (s.op == NULL)
        return e->asked;
    move_ahead(e, &s);
    return s;
}

static bool is_open_slot(struct mc_slot s, struct mc_bytes key)
{
    struct mc_bytes own = mc_reply_key(s);
    return *mc_reply_result(s) == 0 && own.len == key.len &&
           memcmp(own.data, key.data, key.len) == 0;
}

/* Finds a slot that waits for this key: looks to both sides of the last match. */
static bool find_open_slot(const struct mc_engine *e, struct mc_bytes key, struct mc_slot *found)
{
    struct mc_slot ahead = expected_slot(e), before = e->match;
    while (ahead.op != NULL || before.op != NULL) {
        *found = ahead;
        if (ahead.op != NULL) {
            if (is_open_slot(ahead, key))
                return true;
            move_ahead(e, &ahead);
        }
        *found = before;
        if (before.op != NULL) {
            if (is_open_slot(before, key))
                return true;
            move_back(e, &before);
        }
    }
    return false;
}

/* Moves from a slot that waits for this key, and has no place for a value, to one that has a place, if
 * there is any: it is the one from which the others are answered. */
static void find_place(const struct mc_engine *e, struct mc_bytes key, struct mc_slot *found)
{
    struct mc_slot s = e->asked;
    while (s.op != NULL && (mc_reply_value(s) == NULL || !is_open_slot(s, key)))
        move_ahead(e, &s);
    if (s.op != NULL)
        *found = s;
}

/* Keys of one operation, and the places of their values. */
struct run {
    const struct mc_bytes *keys;
    struct mc_value *values;
    size_t count;
};

/* Those from this slot on. A single key that has no place, or has its answer, is none. */
static struct run run_from(const struct mc_engine *e, struct mc_slot s)
{
    struct mc_op *op = s.op;
    if (op->keys == NULL)
        return (struct run){&op->key, op->value, op->value != NULL && op->result == 0};
    return (struct run){op->keys + s.slot, op->values + s.slot, e->line_end - s.slot};
}

/* Gives the items that are whole in *in to the keys of the run in turn. Returns to how many. */
static size_t give_run(struct mc_slot s, struct run run, struct mc_bytes *in, bool cas)
{
    struct mc_bytes rest = *in;
    struct mc_reply item;
    size_t k = 0;
    item.has_cas = cas;
    for (; k < run.count && run.values[k].result == 0; k++) {
        size_t n = mc_reply_item(rest, run.keys[k], &item);
        if (n == 0)
            break;
        const struct mc_slot to = {s.op, s.slot + k};
        run.values[k].result = mc_reply_give(to, run.keys[k], &run.values[k], &item);
        rest.data += n;
        rest.len -= n;
    }
    *in = rest;
    return k;
}

/* The same for the next keys of the line: to all of them, usually. */
static void give_items(struct mc_engine *e, struct mc_bytes *in, bool cas)
{
    struct mc_slot s = expected_slot(e);
    while (s.op != NULL) {
        size_t n = give_run(s, run_from(e, s), in, cas);
        if (n == 0)
            break;
        if (s.op->keys == NULL)
            s.op->result = s.op->value->result;
        s.slot += n - 1;
        e->answered += n;
        e->match = s;
        move_ahead(e, &s);
    }
}

/* ---- doubled keys ---------------------------------------------------------------------------- */

enum { FILTER_BITS = 512, HASHED = 4 };

#ifdef __FRAMAC__
#include "contracts/keys.h"
#endif

/* A number below FILTER_BITS that equal keys share. */
static uint32_t hash_key(struct mc_bytes key)
{
    uint32_t hash = (uint32_t)key.len;
    /*@ loop invariant 0 <= k <= key.len;
        loop assigns k, hash;
        loop variant key.len - k; */
    for (size_t k = key.len > HASHED ? key.len - HASHED : 0; k < key.len; k++)
        hash = hash * 31 + (unsigned char)key.data[k];
    return hash % FILTER_BITS;
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
    struct mc_bytes key = mc_reply_key(from);
    for (struct mc_slot s = e->asked; s.op != NULL; move_ahead(e, &s)) {
        if (is_open_slot(s, key))
            *mc_reply_result(s) = copy_doubled(from, s);
    }
}

/* Finds keys that were answered once and asked for twice, by a filter of those without an answer, so
 * that this costs no more than the keys are many. */
static void answer_all_doubles(const struct mc_engine *e)
{
    uint32_t open[FILTER_BITS / 32] = {0};
    bool any = false;
    for (struct mc_slot s = e->asked; s.op != NULL; move_ahead(e, &s)) {
        if (*mc_reply_result(s) != 0)
            continue;
        uint32_t hash = hash_key(mc_reply_key(s));
        open[hash / 32] |= UINT32_C(1) << hash % 32;
        any = true;
    }
    for (struct mc_slot s = e->asked; s.op != NULL && any; move_ahead(e, &s)) {
        uint32_t hash = hash_key(mc_reply_key(s));
        if (*mc_reply_result(s) != 0 && (open[hash / 32] >> hash % 32 & 1) != 0)
            answer_doubles(e, s);
    }
}

/* ---- the end of a line's reply --------------------------------------------------------------- */

/* Keys without a value have this result. */
static void settle_line(const struct mc_engine *e, int result, struct mc_bytes text)
{
    if (e->asked.op->keys != NULL && e->answered == e->line_end - e->asked.slot)
        return;
    if (e->answered > 0)
        answer_all_doubles(e);
    for (struct mc_slot s = e->asked; s.op != NULL; move_ahead(e, &s)) {
        if (*mc_reply_result(s) != 0)
            continue;
        *mc_reply_result(s) = result;
        s.op->text = text;
    }
}

/* The only key of its line, which is one of many of its operation, has this error, even if its value
 * has come. */
static void spoil_key(struct mc_slot s, int error, struct mc_bytes text)
{
    mc_reply_clear(&s.op->values[s.slot], 1, error);
    s.op->text = text;
}

/* An error line in place of the reply is the answer to a single key. Of several keys those without a
 * value have it; then, and after a value, more of the reply may follow. */
static int end_keys_in_error(const struct mc_engine *e, int error, const struct mc_reply *reply)
{
    struct mc_slot second = e->asked;
    move_ahead(e, &second);
    if (second.op == NULL)
        spoil_key(e->asked, error, reply->text);
    else
        settle_line(e, error, reply->text);
    e->asked.op->marks |= MC_MARK_SPOILT;
    return second.op == NULL && e->answered == 0 ? MC_ANSWER_DONE : MC_ANSWER_AMBIGUOUS;
}

/* A value goes to the slot of its key. */
static int answer_key(struct mc_engine *e, const struct mc_reply *reply)
{
    struct mc_slot s;
    if (!find_open_slot(e, reply->key, &s))
        return mc_reply_fault(e, MC_FAULT_WRONG_KEY);
    if (mc_reply_value(s) == NULL)
        find_place(e, reply->key, &s);
    e->answered++;
    *mc_reply_result(s) = mc_reply_place(e, s, mc_reply_value(s), reply);
    return MC_MORE;
}

static int answer_event(struct mc_engine *e, int event, const struct mc_reply *reply, bool cas)
{
    if (event >= MC_ERROR)
        return end_keys_in_error(e, event, reply);
    if (reply->meta || (event != MC_END && event != MC_VALUE) ||
        (event == MC_VALUE && cas && !reply->has_cas))
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    if (event == MC_VALUE)
        return answer_key(e, reply);
    settle_line(e, MC_MISS, (struct mc_bytes){0});
    return MC_ANSWER_DONE;
}

int mc_keys_answer(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in)
{
    bool cas = (op->command->traits & MC_COMMAND_CAS) != 0;
    struct mc_reply reply;
    int r = MC_MORE;
    if (engine->reader.state == 0)
        give_items(engine, in, cas);
    while (r == MC_MORE) {
        int event = mc_reply_event(engine, in, &reply);
        if (event <= 0)
            return event;
        r = answer_event(engine, event, &reply, cas);
    }
    return r;
}
