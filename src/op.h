/* Operations and flags of meta commands, made in one expression. Each operation can be changed before
 * it is run: give it flags, a deadline, another exptime.
 *
 *     struct mc_op ops[] = {mc_op_get(MC_BYTES("k"), &value), mc_op_touch(MC_BYTES("t"), 60)};
 *     mc_server_run(&server, ops, 2);
 *
 *     struct mc_flag flags[] = {mc_op_flag('v'), mc_op_flag_ttl('T', 60)};
 *     struct mc_op op = mc_op_mg(MC_BYTES("k"), (struct mc_flags){flags, 2}, &value, &meta);
 *     mc_server_do(&server, &op);
 */
#ifndef MC_OP_H
#define MC_OP_H

#include "command.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- flags ----------------------------------------------------------------------------------- */

/* The flags of a meta command; borrowed. */
struct mc_flags {
    const struct mc_flag *list;
    size_t count;
};

/* A flag without an argument, such as v or q. */
static inline struct mc_flag mc_op_flag(char letter)
{
    struct mc_flag flag;
    memset(&flag, 0, sizeof flag);
    flag.letter = letter;
    return flag;
}

/* C, D, E, F, J with a number; M with a letter, such as 'I'. */
static inline struct mc_flag mc_op_flag_number(char letter, uint64_t number)
{
    struct mc_flag flag = mc_op_flag(letter);
    flag.number = number;
    return flag;
}

/* N, R, T with seconds from now, as an exptime: up to MC_EXPTIME_RELATIVE_MAX. */
static inline struct mc_flag mc_op_flag_ttl(char letter, int32_t ttl_s)
{
    struct mc_flag flag = mc_op_flag(letter);
    flag.ttl = ttl_s;
    return flag;
}

/* O, P, L with a word. */
static inline struct mc_flag mc_op_flag_token(char letter, struct mc_bytes token)
{
    struct mc_flag flag = mc_op_flag(letter);
    flag.token = token;
    return flag;
}

/* ---- operations ------------------------------------------------------------------------------ */

/* Starts an operation in its place: sets each member that is the caller's, which is quicker than
 * zeroing all of it. */
static inline void mc_op_start(struct mc_op *op, const struct mc_command *command,
                               struct mc_bytes key)
{
    const struct mc_bytes none = {NULL, 0};
    op->command = command;
    op->key = key;
    op->data = none;
    op->number = 0;
    op->flags = 0;
    op->large_flags = false;
    op->exptime = 0;
    op->meta_flags = NULL;
    op->meta_count = 0;
    op->deadline = 0;
    op->value = NULL;
    op->meta = NULL;
    op->sink = NULL;
    op->keys = NULL;
    op->values = NULL;
    op->count = 0;
}

/* The same for many keys. */
static inline void mc_op_start_many(struct mc_op *op, const struct mc_command *command,
                                    const struct mc_bytes *keys, struct mc_value *values,
                                    size_t count)
{
    static const struct mc_bytes none = {NULL, 0};
    mc_op_start(op, command, none);
    op->keys = count > 0 ? keys : &none; /* NULL means a single key */
    op->values = values;
    op->count = count;
}

/* Any command, with a key. */
static inline struct mc_op mc_op_make(const struct mc_command *command, struct mc_bytes key)
{
    struct mc_op op;
    mc_op_start(&op, command, key);
    return op;
}

/* value: where the reply goes; NULL: not wanted. */
static inline struct mc_op mc_op_get(struct mc_bytes key, struct mc_value *value)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_get, key);
    op.value = value;
    return op;
}

static inline struct mc_op mc_op_gets(struct mc_bytes key, struct mc_value *value)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_gets, key);
    op.value = value;
    return op;
}

/* gat and gats set the exptime, too. Wherever there is one, a number up to MC_EXPTIME_RELATIVE_MAX is
 * in seconds from now; above it Unix time; 0: never. */
static inline struct mc_op mc_op_gat(int32_t exptime, struct mc_bytes key, struct mc_value *value)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_gat, key);
    op.exptime = exptime;
    op.value = value;
    return op;
}

static inline struct mc_op mc_op_gats(int32_t exptime, struct mc_bytes key, struct mc_value *value)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_gats, key);
    op.exptime = exptime;
    op.value = value;
    return op;
}

/* Many keys: values[i] is for keys[i]. command: get, gets, gat or gats (then set op.exptime). */
static inline struct mc_op mc_op_many(const struct mc_command *command, const struct mc_bytes *keys,
                                      struct mc_value *values, size_t count)
{
    struct mc_op op;
    mc_op_start_many(&op, command, keys, values, count);
    return op;
}

/* command: set, add, replace, append, prepend or cas (then item->cas is sent). */
static inline struct mc_op mc_op_store(const struct mc_command *command, const struct mc_item *item)
{
    struct mc_op op;
    mc_op_start(&op, command, item->key);
    op.data = item->value;
    op.number = item->cas;
    op.flags = item->flags;
    op.large_flags = item->large_flags;
    op.exptime = item->exptime;
    return op;
}

static inline struct mc_op mc_op_set(struct mc_bytes key, struct mc_bytes data, int32_t exptime)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_set, key);
    op.data = data;
    op.exptime = exptime;
    return op;
}

static inline struct mc_op mc_op_delete(struct mc_bytes key)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_delete, key);
    return op;
}

/* The new number is in op.answer. */
static inline struct mc_op mc_op_incr(struct mc_bytes key, uint64_t delta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_incr, key);
    op.number = delta;
    return op;
}

static inline struct mc_op mc_op_decr(struct mc_bytes key, uint64_t delta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_decr, key);
    op.number = delta;
    return op;
}

static inline struct mc_op mc_op_touch(struct mc_bytes key, int32_t exptime)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_touch, key);
    op.exptime = exptime;
    return op;
}

/* words: none, "items", "settings", ...; each statistic goes to the sink. */
static inline struct mc_op mc_op_stats(struct mc_bytes words, struct mc_sink *sink)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_stats, words);
    op.sink = sink;
    return op;
}

/* Any meta command: &mc_command_mg, ... */
static inline struct mc_op mc_op_meta(const struct mc_command *command, struct mc_bytes key,
                                      struct mc_flags flags, struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, command, key);
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.meta = meta;
    return op;
}

static inline struct mc_op mc_op_mg(struct mc_bytes key, struct mc_flags flags,
                                    struct mc_value *value, struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_mg, key);
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.meta = meta;
    op.value = value;
    return op;
}

static inline struct mc_op mc_op_ms(struct mc_bytes key, struct mc_bytes data,
                                    struct mc_flags flags, struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_ms, key);
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.meta = meta;
    op.data = data;
    return op;
}

static inline struct mc_op mc_op_md(struct mc_bytes key, struct mc_flags flags,
                                    struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_md, key);
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.meta = meta;
    return op;
}

static inline struct mc_op mc_op_ma(struct mc_bytes key, struct mc_flags flags,
                                    struct mc_meta *meta)
{
    struct mc_op op;
    mc_op_start(&op, &mc_command_ma, key);
    op.meta_flags = flags.list;
    op.meta_count = flags.count;
    op.meta = meta;
    return op;
}

#ifdef __cplusplus
}
#endif

#endif
