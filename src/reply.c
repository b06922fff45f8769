/* What the answers of all commands need: the events of a reply, and the places of values. */
#include "reply.h"

#include "item.h"

int mc_reply_event(struct mc_engine *engine, struct mc_bytes *in, struct mc_reply *reply)
{
    for (;;) {
        int event = mc_reader_next(&engine->reader, in, reply);
        if (event != MC_BODY)
            return event;
        const struct mc_slot to = engine->match;
        if (engine->place != NULL) {
            memcpy(engine->place, reply->text.data, reply->text.len);
            engine->place += reply->text.len;
        } else if (to.op != NULL && to.op->sink != NULL) {
            to.op->sink->receive(to.op->sink, to.op, to.slot, event, reply);
        }
    }
}

void mc_reply_clear(struct mc_value *values, size_t count, int result)
{
    for (size_t k = 0; k < count; k++) {
        values[k].len = 0;
        values[k].cas = 0;
        values[k].flags = 0;
        values[k].result = result;
    }
}

/* What a reply says of a value besides its bytes. */
static void describe_value(struct mc_value *value, const struct mc_reply *reply)
{
    if (value == NULL)
        return;
    value->len = reply->size;
    value->flags = reply->flags;
    value->cas = reply->cas;
}

int mc_reply_place(struct mc_engine *engine, struct mc_slot slot, struct mc_value *value,
                   const struct mc_reply *reply)
{
    struct mc_sink *sink = slot.op->sink;
    engine->match = slot;
    engine->place = NULL;
    describe_value(value, reply);
    if (sink != NULL)
        sink->receive(sink, slot.op, slot.slot, MC_VALUE, reply);
    if (sink != NULL || value == NULL)
        return MC_HIT;
    if (reply->size > value->cap)
        return MC_E_FULL;
    engine->place = value->buf;
    return MC_HIT;
}

void mc_reply_sink(struct mc_slot slot, struct mc_bytes key, struct mc_value *value,
                   const struct mc_reply *item)
{
    struct mc_sink *sink = slot.op->sink;
    struct mc_reply reply = {.key = key,
                             .cas = item->cas,
                             .flags = item->flags,
                             .size = item->size,
                             .has_cas = item->has_cas};
    describe_value(value, &reply);
    sink->receive(sink, slot.op, slot.slot, MC_VALUE, &reply);
    reply.text = item->text;
    if (item->size > 0)
        sink->receive(sink, slot.op, slot.slot, MC_BODY, &reply);
}

size_t mc_reply_number(const char *b, size_t i, size_t e, uint64_t *number)
{
    uint32_t small;
    size_t j = mc_item_number(b, i, e, &small);
    if (j > 0) {
        *number = small;
        return j;
    }
    j = i;
    /*@ loop invariant i <= j <= e;
        loop assigns j;
        loop variant e - j; */
    while (j < e && j - i <= MC_DECIMAL_MAX && b[j] >= '0' && b[j] <= '9')
        j++;
    return mc_decimal_read(b, i, j, UINT64_MAX, number) ? j : 0;
}

size_t mc_reply_whole(struct mc_bytes in, struct mc_bytes key, struct mc_reply *item)
{
    return mc_reply_item(in, key, item);
}
