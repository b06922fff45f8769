/* Draws requests, notes them as pending, and puts them into bytes. */
#include "maker.h"

#include <string.h>

#include "data.h"

enum {
    GET_BYTES = 8,   /* of a get's line besides its keys: "get\r\n" and more */
    MG_BYTES = 16,   /* of an mg besides its key: "mg  k q v\r\n" and more */
    STORE_BYTES = 64 /* of a storage command besides its key and value */
};

static const struct mc_flag quiet_flags[] = {{.letter = 'k'}, {.letter = 'v'}, {.letter = 'q'}};

void maker_init(struct maker *maker, const struct options *options, uint32_t thread)
{
    size_t key_max = data_key_max(options->prefix);
    size_t get = options->multiget * (key_max + MG_BYTES) + MG_BYTES;
    size_t set = key_max + STORE_BYTES + options->size_max;

    *maker = (struct maker){.options = options, .prefix_len = strlen(options->prefix)};
    dist_init(&maker->keys, options->seed, 2ull * thread, options->keys, options->zipf);
    dist_init(&maker->sizes, options->seed, 2ull * thread + 1, 1, 0);
    maker->line_keys = (uint32_t)((MC_REQUEST_MAX - GET_BYTES) / (key_max + 1));
    maker->room = get > set ? get : set;
    if (options->meta || maker->line_keys > options->multiget)
        maker->line_keys = options->multiget;
}

/* Notes the next request as pending. Returns its keys, which are to be made. */
static struct mc_bytes *add_pending(struct conn *conn, enum stats_kind kind, uint64_t start_ns)
{
    uint32_t slot = conn_slot(conn, conn->pending);

    conn->requests[slot] = (struct conn_request){.start_ns = start_ns, .kind = kind};
    conn->pending++;
    return conn_keys(conn, slot);
}

/* The key's text is the connection's, after the prefix that is there. */
static void make_key(const struct maker *maker, const struct conn *conn, struct mc_bytes *key,
                     uint32_t number)
{
    char *text = conn->text + (key->data - conn->text);

    key->len = data_key(text, maker->prefix_len, number);
}

static void put_value(struct mc_out *out, struct mc_bytes key, size_t size)
{
    char *to = out->data + out->len;

    data_put(to, key, size);
    to[size] = '\r';
    to[size + 1] = '\n';
    out->len += size + 2;
}

static void put_set(struct maker *maker, struct conn *conn, struct mc_out *out, uint64_t start_ns,
                    uint32_t number)
{
    const struct options *options = maker->options;
    struct mc_bytes *key = add_pending(conn, STATS_SET, start_ns);
    uint32_t size = dist_between(&maker->sizes, options->size_min, options->size_max);

    make_key(maker, conn, key, number);
    const struct mc_item item = {.key = *key, .value.len = size};
    if (options->meta)
        mc_put_ms(out, *key, size, quiet_flags, 1);
    else
        mc_put_store(out, MC_SET, &item, false);
    put_value(out, *key, size);
}

static void put_mg(struct mc_out *out, const struct mc_bytes *keys, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        mc_put_mg(out, keys[i], quiet_flags, count > 1 ? 3 : 2);
    if (count > 1)
        mc_put_mn(out);
}

static void put_get(struct maker *maker, struct conn *conn, struct mc_out *out, uint64_t start_ns)
{
    struct mc_bytes *keys = add_pending(conn, STATS_GET, start_ns);
    uint32_t count = maker->options->multiget;

    for (uint32_t i = 0; i < count; i++)
        make_key(maker, conn, &keys[i], dist_draw(&maker->keys));
    if (maker->options->meta) {
        put_mg(out, keys, count);
        return;
    }
    for (uint32_t i = 0; i < count; i += maker->line_keys)
        mc_put_get(out, keys + i, count - i < maker->line_keys ? count - i : maker->line_keys);
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

void maker_put(struct maker *maker, struct conn *conn, struct mc_out *out, uint64_t start_ns)
{
    if (is_set(maker))
        put_set(maker, conn, out, start_ns, dist_draw(&maker->keys));
    else
        put_get(maker, conn, out, start_ns);
}

void maker_put_fill(struct maker *maker, struct conn *conn, struct mc_out *out, uint64_t start_ns)
{
    put_set(maker, conn, out, start_ns, (uint32_t)conn->next_fill);
    conn->next_fill += conn->fill_step;
}
