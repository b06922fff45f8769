/* Draws requests, notes them as pending, and submits their operations. */
#include "maker.h"

#include <string.h>

#include "command.h"
#include "data.h"

enum {
    FILL_KEYS = 64,   /* keys in flight on a connection during --fill */
    GET_BYTES = 8,    /* of a get's line besides its keys: "get\r\n" and more */
    MG_BYTES = 48,    /* of an mg besides its key: "mg  k v q T<number> O<number>\r\n" and more */
    STORE_BYTES = 80, /* of another command besides its key and value */
    OUT_SIZE_MAX = 65536 /* bytes of lines in one send */
};

/* What each kind is in the two protocols. Of the flags, 'f' is only there for --verify, 'q' in a get
 * of many keys; the argument of M is E. */
static const struct {
    const struct mc_command *classic, *meta;
    const char *flags;
} commands[STATS_KINDS] = {
    [STATS_GET] = {&mc_command_get, &mc_command_mg, "kvfq"},
    [STATS_SET] = {&mc_command_set, &mc_command_ms, "kT"},
    [STATS_ADD] = {&mc_command_add, &mc_command_ms, "kTM"},
    [STATS_CAS] = {&mc_command_gets, &mc_command_mg, ""}, /* it is classic */
    [STATS_GAT] = {&mc_command_gat, &mc_command_mg, "kvfT"},
    [STATS_TOUCH] = {&mc_command_touch, &mc_command_mg, "kT"},
    [STATS_INCR] = {&mc_command_incr, &mc_command_ma, "k"},
    [STATS_DELETE] = {&mc_command_delete, &mc_command_md, "k"},
};

/* ---- the shape of a connection --------------------------------------------------------------- */

/* The most bytes of lines that a request has. */
static size_t line_bytes(const struct options *o, size_t key_max)
{
    size_t value = o->sizes.max < MC_ENGINE_COPY_MAX ? o->sizes.max : MC_ENGINE_COPY_MAX;
    size_t other = key_max + STORE_BYTES + value;
    size_t get = o->multiget * (key_max + (o->meta ? MG_BYTES : 1)) + GET_BYTES;

    return other > get ? other : get;
}

/* Room for the lines of a whole pipeline, within bounds. */
static size_t out_size(const struct options *o, size_t key_max)
{
    size_t request = line_bytes(o, key_max);
    size_t size = request < OUT_SIZE_MAX ? request * o->pipeline : OUT_SIZE_MAX;

    if (size < MC_LINE_MAX)
        return MC_LINE_MAX;
    return size < OUT_SIZE_MAX ? size : OUT_SIZE_MAX;
}

static struct conn_shape make_shape(const struct options *o)
{
    uint32_t fill = o->fill && o->multiget < FILL_KEYS ? FILL_KEYS / o->multiget : 1;
    size_t key_max = data_key_max(o->prefix);

    if (o->key_sizes.count > 0 && o->key_sizes.max > key_max)
        key_max = o->key_sizes.max;

    return (struct conn_shape){.depth = o->pipeline > fill ? o->pipeline : fill,
                               .request_keys = o->multiget,
                               .request_ops = o->meta ? o->multiget : 1,
                               .key_max = key_max,
                               .prefix = {o->prefix, strlen(o->prefix)},
                               .out_size = out_size(o, key_max)};
}

static bool has_flag(const struct options *o, enum stats_kind kind, char letter)
{
    switch (letter) {
    case 'f': return o->verify;
    case 'q': return o->multiget > 1;
    case 'T': return o->exptime != 0 || kind == STATS_GAT || kind == STATS_TOUCH;
    default: return true;
    }
}

static void set_flags(struct maker *maker, enum stats_kind k)
{
    struct maker_kind *kind = &maker->kinds[k];
    const struct options *o = maker->options;
    size_t count = 0;

    for (const char *letter = commands[k].flags; *letter != '\0'; letter++)
        if (has_flag(o, k, *letter))
            kind->flags[count++] = (struct mc_flag){
                .letter = *letter, .ttl = (int32_t)o->exptime, .number = *letter == 'M' ? 'E' : 0};
    kind->op.meta_flags = kind->flags;
    kind->op.meta_count = count;
}

static void init_kind(struct maker *maker, enum stats_kind k, struct mc_sink *sink)
{
    const struct options *o = maker->options;
    struct maker_kind *kind = &maker->kinds[k];

    kind->command = o->meta ? *commands[k].meta : *commands[k].classic;
    kind->command.traits &= (uint16_t)~MC_COMMAND_KEYS;
    kind->op = (struct mc_op){.command = &kind->command, .exptime = (int32_t)o->exptime};
    if (o->meta)
        set_flags(maker, k);
    if (k == STATS_CAS || ((k == STATS_GET || k == STATS_GAT) && o->verify))
        kind->op.sink = sink;
    if (k == STATS_INCR)
        kind->op.number = 1;
    kind->weight = o->mix[k];
    maker->weights += kind->weight;
    if (kind->weight > 0)
        maker->used[maker->used_count++] = k;
}

void maker_init(struct maker *maker, const struct options *options, uint32_t thread,
                struct mc_sink *sink)
{
    *maker = (struct maker){.options = options,
                            .shape = make_shape(options),
                            .key_sizes = options->key_sizes.count > 0 ? &options->key_sizes : NULL};
    dist_init(&maker->keys, options->seed, 2ull * thread, options->keys, options->zipf);
    dist_init(&maker->sizes, options->seed, 2ull * thread + 1, 1, 0);
    for (int kind = 0; kind < STATS_KINDS; kind++)
        init_kind(maker, (enum stats_kind)kind, sink);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Notes the next request as pending. Returns its place in the ring. */
static uint32_t add_pending(struct conn *conn, enum stats_kind kind, uint64_t start_ns)
{
    uint32_t slot = conn_slot(conn, conn->pending);

    conn->requests[slot] = (struct conn_request){.start_ns = start_ns, .kind = kind, .left = 1};
    conn->pending++;
    return slot;
}

/* The key of a number: its text is the connection's, after the prefix that is there. */
static inline void make_key(const struct maker *maker, struct conn *conn, size_t index)
{
    char *text = conn->text + index * maker->shape.key_max;
    uint32_t number = conn->numbers[index];
    size_t len = data_key(text, maker->shape.prefix.len, number);

    if (maker->key_sizes != NULL)
        len = data_lengthen(text, len, number, maker->key_sizes);
    conn->keys[index].len = len;
}

/* Makes an operation one of this kind. What it was before it still is. */
static inline void set_kind(struct mc_op *op, const struct maker_kind *kind)
{
    if (op->command != &kind->command)
        *op = kind->op;
}

/* The numbers that incr counts begin at 0. */
static struct mc_bytes draw_value(struct maker *maker, uint32_t number)
{
    const struct options *options = maker->options;

    if (number >= options->keys)
        return MC_BYTES("0");
    return data_value(number, sizes_draw(&options->sizes, &maker->sizes));
}

/* A request of one key. */
static void add_one(struct maker *maker, struct conn *conn, enum stats_kind kind, uint32_t number,
                    uint64_t start_ns)
{
    uint32_t slot = add_pending(conn, kind, start_ns);
    size_t index = conn_first_key(conn, slot);
    struct mc_op *op = conn_ops(conn, slot);

    conn->numbers[index] = number;
    make_key(maker, conn, index);
    set_kind(op, &maker->kinds[kind]);
    op->key = conn->keys[index];
    if (kind == STATS_SET || kind == STATS_ADD || kind == STATS_CAS)
        op->data = draw_value(maker, number);
    mc_engine_submit(&conn->engine, op);
}

static void submit_key(const struct maker *maker, struct conn *conn, struct mc_op *op,
                       struct mc_bytes key)
{
    set_kind(op, &maker->kinds[STATS_GET]);
    op->key = key;
    mc_engine_submit(&conn->engine, op);
}

/* One operation for all keys. */
static void submit_keys(const struct maker *maker, struct conn *conn, struct mc_op *op,
                        size_t first)
{
    set_kind(op, &maker->kinds[STATS_GET]);
    op->keys = conn->keys + first;
    op->values = conn->values + first;
    op->count = conn->shape->request_keys;
    mc_engine_submit(&conn->engine, op);
}

/* Several keys. */
static void add_get(struct maker *maker, struct conn *conn, uint64_t start_ns)
{
    uint32_t slot = add_pending(conn, STATS_GET, start_ns), count = conn->shape->request_keys;
    size_t first = conn_first_key(conn, slot);
    struct mc_op *ops = conn_ops(conn, slot);
    bool each = conn->shape->request_ops == count;

    conn->requests[slot].left = each ? count : 1;
    dist_draw_many(&maker->keys, conn->numbers + first, count);
    for (uint32_t i = 0; i < count; i++) {
        make_key(maker, conn, first + i);
        if (each)
            submit_key(maker, conn, &ops[i], conn->keys[first + i]);
    }
    if (!each)
        submit_keys(maker, conn, ops, first);
}

/* The kinds are evenly mixed: each is given its weight, and the one that has most is next, and gives
 * the sum of all weights for that. */
static enum stats_kind next_kind(struct maker *maker)
{
    enum stats_kind best = maker->used[0];

    if (maker->used_count == 1)
        return best;
    for (uint32_t i = 0; i < maker->used_count; i++) {
        struct maker_kind *kind = &maker->kinds[maker->used[i]];
        kind->credit += kind->weight;
        if (kind->credit > maker->kinds[best].credit)
            best = maker->used[i];
    }
    maker->kinds[best].credit -= maker->weights;
    return best;
}

void maker_add(struct maker *maker, struct conn *conn, uint64_t start_ns)
{
    enum stats_kind kind = next_kind(maker);

    if (kind == STATS_GET && conn->shape->request_keys > 1)
        add_get(maker, conn, start_ns);
    else
        add_one(maker, conn, kind,
                dist_draw(&maker->keys) + (kind == STATS_INCR ? maker->options->keys : 0),
                start_ns);
}

void maker_fill(struct maker *maker, struct conn *conn, uint64_t start_ns)
{
    add_one(maker, conn, STATS_SET, (uint32_t)conn->next_fill, start_ns);
    conn->next_fill += conn->fill_step;
}
