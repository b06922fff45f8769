/* What the engine and the answers of the commands share: marks, states, verdicts, and what reads the
 * events of a reply. Internal. */
#ifndef MC_REPLY_H
#define MC_REPLY_H

#include "engine.h"
#include "item.h"

#include <string.h>

/* What an answer function says of the reply, besides MC_MORE and negative results (the connection
 * is dead). */
enum {
    MC_ANSWER_DONE = 1,  /* its results are set */
    MC_ANSWER_AMBIGUOUS, /* and the connection is over: MC_E_AMBIGUOUS */
    MC_ANSWER_AUTH       /* and the connection is over: MC_E_AUTH */
};

/* The marks of an operation while the engine has it. */
enum {
    MC_MARK_LAST = 1,   /* the last of a line or a group: a unit that is answered together */
    MC_MARK_QUIET = 2,  /* a meta command with q */
    MC_MARK_MN = 4,     /* an mn follows */
    MC_MARK_ASIDE = 8,  /* its value is not in the buffer */
    MC_MARK_KEPT = 16,  /* an error line came before all of it had gone */
    MC_MARK_KNOWN = 32, /* quiet: its result is known before the MN */
    MC_MARK_SPOILT = 64 /* many keys: some have neither a value nor a miss */
};

/* The states of an operation. */
enum { MC_OP_DONE, MC_OP_WAITING, MC_OP_SENDING, MC_OP_ASKED };

/* The reply is well-formed and answers something else. */
static inline int mc_reply_fault(struct mc_engine *engine, enum mc_fault fault)
{
    engine->reader.fault = (uint8_t)fault;
    return MC_E_PROTOCOL;
}

static inline struct mc_bytes mc_reply_key(struct mc_slot s)
{
    return s.op->keys != NULL ? s.op->keys[s.slot] : s.op->key;
}

/* NULL: not wanted. */
static inline struct mc_value *mc_reply_value(struct mc_slot s)
{
    return s.op->keys != NULL ? &s.op->values[s.slot] : s.op->value;
}

/* 0 until it is answered. */
static inline int *mc_reply_result(struct mc_slot s)
{
    return s.op->keys != NULL ? &s.op->values[s.slot].result : &s.op->result;
}

/* These values are nothing but a result. */
void mc_reply_clear(struct mc_value *values, size_t count, int result);

/* Copies a whole value to its place. MC_HIT, or MC_E_FULL. */
static inline int mc_reply_copy(struct mc_value *value, const struct mc_reply *item)
{
    if (value == NULL)
        return MC_HIT;
    value->len = item->size;
    value->flags = item->flags;
    value->cas = item->cas;
    if (item->size > value->cap)
        return MC_E_FULL;
    if (item->size > 0)
        memcpy(value->buf, item->text.data, item->size);
    return MC_HIT;
}

/* The next event; the pieces of a value go to their place. Also MC_MORE and MC_E_PROTOCOL. */
int mc_reply_event(struct mc_engine *engine, struct mc_bytes *in, struct mc_reply *reply);

/* After MC_VALUE: where its pieces go. Returns MC_HIT, or MC_E_FULL when that is nowhere. */
int mc_reply_place(struct mc_engine *engine, struct mc_slot slot, struct mc_value *value,
                   const struct mc_reply *reply);

#ifdef __FRAMAC__
#include "contracts/reply.h"
#endif

/* Gives a whole item to the sink of its operation. */
void mc_reply_sink(struct mc_slot slot, struct mc_bytes key, struct mc_value *value,
                   const struct mc_reply *item);

/* Reads a number of 64 bits from i on: the index after it, or 0. */
size_t mc_reply_number(const char *b, size_t i, size_t e, uint64_t *number);

/* True when the eight bytes from i on are equal, which compilers find without a call. */
static inline bool mc_reply_same_eight(const char *a, const char *b, size_t i)
{
    return memcmp(a + i, b + i, 8) == 0;
}

/* True when a[0..n) equals b[0..n), of which many keys are two eights that may overlap. */
static inline bool mc_reply_same(const char *a, const char *b, size_t n)
{
    if (n < 8 || n > 16)
        return mc_item_same(a, b, n);
    return mc_reply_same_eight(a, b, 0) && mc_reply_same_eight(a, b, n - 8);
}

/* Reads <flags><space> at i, after the first word and the key of a reply. The index after it, or 0. */
static inline size_t mc_reply_flags(const char *b, size_t i, size_t e, uint32_t *flags)
{
    *flags = 0;
    if (e - i >= 2 && mc_item_same(b + i, "0 ", 2)) /* as most are */
        return i + 2;
    i = mc_item_number(b, i, e, flags);
    return b[i] == ' ' ? i + 1 : 0; /* b[0] is not a space */
}

/* Reads VALUE <key> <flags><space> at the front of `in`. The index after it, or 0. */
static inline size_t mc_reply_start(struct mc_bytes in, struct mc_bytes key, uint32_t *flags)
{
    size_t i = mc_item_word(in.data, in.len, key.len);
    if (i == 0 || !mc_reply_same(in.data + 6, key.data, key.len))
        return 0;
    return mc_reply_flags(in.data, i, in.len, flags);
}

/* Reads VALUE <key> <flags> <bytes>\r\n<data block>\r\n at the front of `in`; the address is kept
 * nowhere, so that *item can be in registers. The length, or 0. */
static inline size_t mc_reply_plain(struct mc_bytes in, struct mc_bytes key, struct mc_reply *item)
{
    uint32_t flags, size = 0;
    size_t i = mc_reply_start(in, key, &flags);
    if (i == 0)
        return 0;
    i = mc_item_number(in.data, i, in.len, &size);
    item->flags = flags;
    item->size = size;
    item->cas = 0;
    return mc_item_value(in.data, i, in.len, item);
}

/* The same, with <cas unique> after <bytes> if item->has_cas. */
static inline size_t mc_reply_item(struct mc_bytes in, struct mc_bytes key, struct mc_reply *item)
{
    const char *b = in.data;
    uint64_t cas = 0;
    uint32_t flags, size = 0;
    size_t i = mc_reply_start(in, key, &flags);
    if (i == 0)
        return 0;
    i = mc_item_number(b, i, in.len, &size);
    if (item->has_cas)
        i = b[i] == ' ' ? mc_reply_number(b, i + 1, in.len, &cas) : 0;
    item->flags = flags;
    item->size = size;
    item->cas = cas;
    return mc_item_value(b, i, in.len, item);
}

/* The same, compiled once. */
size_t mc_reply_whole(struct mc_bytes in, struct mc_bytes key, struct mc_reply *item);

/* Gives a whole item to the sink or copies it to its place. MC_HIT, or MC_E_FULL. */
static inline int mc_reply_give(struct mc_slot slot, struct mc_bytes key, struct mc_value *value,
                                const struct mc_reply *item)
{
    if (slot.op->sink == NULL)
        return mc_reply_copy(value, item);
    const struct mc_reply whole = *item;
    mc_reply_sink(slot, key, value, &whole);
    return MC_HIT;
}

/* Have all bytes of a single operation gone; or its line, when a value follows that? */
static inline bool mc_reply_is_gone(const struct mc_engine *engine, const struct mc_op *op,
                                    bool line)
{
    size_t after = line && (op->command->traits & MC_COMMAND_VALUE) != 0 ? op->data.len + 2 : 0;
    return op->state == MC_OP_ASKED ||
           (op->state == MC_OP_SENDING && op->end - after <= engine->gone);
}

#endif
