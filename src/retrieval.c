/* The reply to a retrieval of a single key. */
#include "retrieval.h"

#include "reply.h"

#include <string.h>

/* An error line, in place of the reply or after a value; then more of the reply may follow. */
static int end_key_in_error(struct mc_op *op, int error, const struct mc_reply *reply)
{
    bool begun = op->result != 0;
    if (op->value != NULL)
        mc_reply_clear(op->value, 1, error);
    op->result = error;
    op->text = reply->text;
    return begun ? MC_ANSWER_AMBIGUOUS : MC_ANSWER_DONE;
}

/* A value, which has to be the first, and that of the key. */
static int begin_key_value(struct mc_engine *e, struct mc_op *op, const struct mc_reply *reply)
{
    if (op->result != 0 || reply->key.len != op->key.len ||
        memcmp(reply->key.data, op->key.data, op->key.len) != 0)
        return mc_reply_fault(e, MC_FAULT_WRONG_KEY);
    op->result = mc_reply_place(e, (struct mc_slot){op, 0}, op->value, reply);
    return MC_MORE;
}

static int answer_key_event(struct mc_engine *e, struct mc_op *op, int event,
                            const struct mc_reply *reply)
{
    bool cas = (op->command->traits & MC_COMMAND_CAS) != 0;
    if (event >= MC_ERROR)
        return end_key_in_error(op, event, reply);
    if (reply->meta || (event != MC_END && event != MC_VALUE) ||
        (event == MC_VALUE && cas && !reply->has_cas))
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    if (event == MC_VALUE)
        return begin_key_value(e, op, reply);
    if (op->result == 0)
        op->result = MC_MISS;
    return MC_ANSWER_DONE;
}

int mc_retrieval_answer(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in)
{
    struct mc_reply reply;
    int r = MC_MORE;
    while (r == MC_MORE) {
        int event = mc_reply_event(engine, in, &reply);
        if (event <= 0)
            return event;
        r = answer_key_event(engine, op, event, &reply);
    }
    return r;
}

/* Is the END of a reply at i? */
static inline bool is_end_at(const char *b, size_t i, size_t e)
{
    return e - i >= 5 && mc_item_same(b + i, "END\r\n", 5);
}

static size_t match_miss(struct mc_op *op, const char *b, size_t e)
{
    if (!is_end_at(b, 0, e))
        return 0;
    op->result = MC_MISS;
    return 5;
}

/* Gives the operation this item, after which its reply goes on at i; 0: there is no item. Returns the
 * length of the reply, or 0. */
static inline size_t end_hit(struct mc_op *op, struct mc_bytes in, size_t i,
                             const struct mc_reply *item)
{
    if (i == 0)
        return match_miss(op, in.data, in.len);
    if (!is_end_at(in.data, i, in.len))
        return 0;
    op->result = op->sink == NULL
                     ? mc_reply_copy(op->value, item)
                     : mc_reply_give((struct mc_slot){op, 0}, op->key, op->value, item);
    return i + 5;
}

size_t mc_retrieval_usual(struct mc_op *op, const char *b, size_t e)
{
    const struct mc_bytes in = {b, e};
    struct mc_reply item;
    item.has_cas = false;
    return end_hit(op, in, mc_reply_plain(in, op->key, &item), &item);
}

size_t mc_retrieval_usual_cas(struct mc_op *op, const char *b, size_t e)
{
    const struct mc_bytes in = {b, e};
    struct mc_reply item;
    item.has_cas = true;
    return end_hit(op, in, mc_reply_whole(in, op->key, &item), &item);
}
