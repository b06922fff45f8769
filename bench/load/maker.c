/* Draws requests, notes them as pending, and submits their operations. */
#include "maker.h"

#include <string.h>

#include "command.h"
#include "data.h"

enum {
    FILL_KEYS = 64,      /* keys in flight on a connection during --fill */
    GET_BYTES = 8,       /* of a get's line besides its keys: "get\r\n" and more */
    MG_BYTES = 32,       /* of an mg besides its key: "mg  k v q O<number>\r\n" and more */
    STORE_BYTES = 64,    /* of a storage command besides its key and value */
    OUT_SIZE_MAX = 65536 /* bytes of lines in one send */
};

/* Of an mg; the last ones if the flags are to be verified, and if there are several. */
static const struct mc_flag flags[] = {{.letter = 'k'}, {.letter = 'v'}, {.letter = 'f'}};
static const struct mc_flag quiet_flags[] = {
    {.letter = 'k'}, {.letter = 'v'}, {.letter = 'q'}, {.letter = 'f'}};

/* ---- the shape of a connection --------------------------------------------------------------- */

/* The most bytes of lines that a request has. */
static size_t line_bytes(const struct options *o, size_t key_max)
{
    size_t value = o->size_max < MC_ENGINE_COPY_MAX ? o->size_max : MC_ENGINE_COPY_MAX;
    size_t set = o->sets > 0 ? key_max + STORE_BYTES + value : 0;
    size_t get = o->multiget * (key_max + (o->meta ? MG_BYTES : 1)) + GET_BYTES;

    return get > set ? get : set;
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

    return (struct conn_shape){.depth = o->pipeline > fill ? o->pipeline : fill,
                               .request_keys = o->multiget,
                               .request_ops = o->meta ? o->multiget : 1,
                               .key_max = key_max,
                               .prefix = {o->prefix, strlen(o->prefix)},
                               .out_size = out_size(o, key_max)};
}

void maker_init(struct maker *maker, const struct options *options, uint32_t thread,
                struct mc_sink *sink)
{
    *maker = (struct maker){.options = options, .shape = make_shape(options)};
    dist_init(&maker->keys, options->seed, 2ull * thread, options->keys, options->zipf);
    dist_init(&maker->sizes, options->seed, 2ull * thread + 1, 1, 0);
    maker->get_command = mc_command_get;
    maker->get_command.traits &= (uint8_t)~MC_COMMAND_KEYS;
    maker->get = (struct mc_op){.command = &maker->get_command, .sink = sink};
    maker->set = (struct mc_op){.command = &mc_command_set};
    if (options->meta) {
        maker->get.command = &mc_command_mg;
        maker->set.meta_flags = flags;
        maker->get.meta_flags = options->multiget > 1 ? quiet_flags : flags;
        maker->get.meta_count = (options->multiget > 1 ? 3u : 2u) + options->verify;
        maker->set.command = &mc_command_ms;
        maker->set.meta_count = 1;
    }
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

/* The key's text is the connection's, after the prefix that is there. */
static void make_key(const struct maker *maker, struct conn *conn, size_t index, uint32_t number)
{
    char *text = conn->text + index * maker->shape.key_max;

    conn->numbers[index] = number;
    conn->keys[index].len = data_key(text, maker->shape.prefix.len, number);
}

/* Makes an operation one of this kind. What it was before it still is. */
static inline void set_kind(struct mc_op *op, const struct mc_op *kind)
{
    if (op->command != kind->command)
        *op = *kind;
}

static void add_set(struct maker *maker, struct conn *conn, uint64_t start_ns, uint32_t number)
{
    const struct options *options = maker->options;
    uint32_t slot = add_pending(conn, STATS_SET, start_ns);
    size_t index = conn_first_key(conn, slot);
    struct mc_op *op = conn_ops(conn, slot);

    make_key(maker, conn, index, number);
    set_kind(op, &maker->set);
    op->key = conn->keys[index];
    op->data =
        data_value(number, dist_between(&maker->sizes, options->size_min, options->size_max));
    mc_engine_submit(&conn->engine, op);
}

static void submit_key(const struct maker *maker, struct conn *conn, struct mc_op *op,
                       struct mc_bytes key)
{
    set_kind(op, &maker->get);
    op->key = key;
    mc_engine_submit(&conn->engine, op);
}

/* One operation for all keys. */
static void submit_keys(const struct maker *maker, struct conn *conn, struct mc_op *op,
                        size_t first)
{
    set_kind(op, &maker->get);
    op->keys = conn->keys + first;
    op->values = conn->values + first;
    op->count = conn->shape->request_keys;
    mc_engine_submit(&conn->engine, op);
}

static void add_get(struct maker *maker, struct conn *conn, uint64_t start_ns)
{
    uint32_t slot = add_pending(conn, STATS_GET, start_ns), count = conn->shape->request_keys;
    size_t first = conn_first_key(conn, slot);
    struct mc_op *ops = conn_ops(conn, slot);
    bool each = conn->shape->request_ops == count;

    conn->requests[slot].left = each ? count : 1;
    for (uint32_t i = 0; i < count; i++) {
        make_key(maker, conn, first + i, dist_draw(&maker->keys));
        if (each)
            submit_key(maker, conn, &ops[i], conn->keys[first + i]);
    }
    if (!each)
        submit_keys(maker, conn, ops, first);
}

/* Spreads the sets evenly among the gets: of SET + GET requests in a row, SET are sets. */
static bool is_set(struct maker *maker)
{
    const struct options *options = maker->options;
    uint64_t all = (uint64_t)options->sets + options->gets;

    maker->mixed += options->sets;
    if (maker->mixed < all)
        return false;
    maker->mixed -= all;
    return true;
}

void maker_add(struct maker *maker, struct conn *conn, uint64_t start_ns)
{
    if (is_set(maker))
        add_set(maker, conn, start_ns, dist_draw(&maker->keys));
    else
        add_get(maker, conn, start_ns);
}

void maker_fill(struct maker *maker, struct conn *conn, uint64_t start_ns)
{
    add_set(maker, conn, start_ns, (uint32_t)conn->next_fill);
    conn->next_fill += conn->fill_step;
}
