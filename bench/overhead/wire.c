/* Commands put into a buffer, and replies read out of one. */
#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "proto.h"
#include "timing.h"
#include "work.h"

enum {
    MANY = 100,
    OUT_SIZE = 8192,
    LEAST_NS = 2000000, /* of a timed run */
    RUNS = 15
};

/* Bytes that a reader is given again and again. */
struct reply {
    char data[OUT_SIZE];
    size_t len;
};

static struct {
    char names[MANY][WORK_KEY_LEN + 1];
    struct mc_bytes keys[MANY];
    char data[OUT_SIZE];
    struct mc_out out;
    struct reply hit, many, meta;
    size_t bytes; /* of the last operation */
} own;

/* ---- put ------------------------------------------------------------------------------------- */

static struct mc_out *fresh(void)
{
    own.out = (struct mc_out){own.data, sizeof own.data, 0};
    return &own.out;
}

static bool put(int result)
{
    own.bytes = own.out.len;
    return result == 0;
}

static bool put_get(void)
{
    return put(mc_put_get(fresh(), own.keys, 1));
}

static bool put_get_many(void)
{
    return put(mc_put_get(fresh(), own.keys, MANY));
}

static bool put_set(void)
{
    const struct mc_item item = {.key = own.keys[0], .value = {own.hit.data, 32}};

    return put(mc_put_store(fresh(), MC_SET, &item, false));
}

static bool put_mg(void)
{
    static const struct mc_flag v = {.letter = 'v'};

    return put(mc_put_mg(fresh(), own.keys[0], &v, 1));
}

/* ---- read ------------------------------------------------------------------------------------ */

/* Reads one reply to its end, with the bytes of its values. True when there were so many values and
 * its last event is the one that is right. */
static bool read_reply(const char *data, size_t len, unsigned values, int last)
{
    struct mc_reader reader = {0};
    struct mc_bytes in = {data, len};
    struct mc_reply reply;
    unsigned seen = 0;
    int event;

    do {
        event = mc_reader_next(&reader, &in, &reply);
        seen += event == MC_VALUE;
    } while (event > 0 && !mc_is_final(event));
    own.bytes = len - in.len;
    return event == last && seen == values && in.len == 0;
}

static bool read_hit(void)
{
    return read_reply(own.hit.data, own.hit.len, 1, MC_END);
}

static bool read_many(void)
{
    return read_reply(own.many.data, own.many.len, MANY, MC_END);
}

/* Reads items as the client does that knows which keys it asked for. */
static bool take_items(const struct reply *from, const struct mc_bytes *keys, size_t count)
{
    const struct mc_reader reader = {0};
    struct mc_bytes in = {from->data, from->len};
    struct mc_reply reply;
    size_t k = 0;

    while (k < count && mc_item_next(&reader, &in, keys[k], &reply) == MC_VALUE)
        k++;
    own.bytes = from->len;
    return k == count && mc_item_is_end(&reader, in);
}

static bool take_hit(void)
{
    return take_items(&own.hit, own.keys + MANY - 1, 1);
}

static bool take_many(void)
{
    return take_items(&own.many, own.keys, MANY);
}

static bool read_meta(void)
{
    return read_reply(own.meta.data, own.meta.len, 1, MC_END);
}

static bool read_miss(void)
{
    return read_reply("END\r\n", 5, 0, MC_END);
}

static bool read_stored(void)
{
    return read_reply("STORED\r\n", 8, 0, MC_STORED);
}

/* ---- all of them ----------------------------------------------------------------------------- */

const struct wire_work wire_table[] = {
    {"put-get", "put get, 1 key", put_get},      {"put-get-100", "put get, 100 keys", put_get_many},
    {"put-set", "put set, the line", put_set},   {"put-mg", "put mg", put_mg},
    {"read-hit", "read a hit, 32 B", read_hit},  {"read-hit-100", "read 100 hits, 32 B", read_many},
    {"item-hit", "item.c: a hit", take_hit},     {"item-hit-100", "item.c: 100 hits", take_many},
    {"read-va", "read a VA, 32 B", read_meta},   {"read-miss", "read a miss", read_miss},
    {"read-stored", "read STORED", read_stored},
};

const size_t wire_count = sizeof wire_table / sizeof *wire_table;

const struct wire_work *wire_find(const char *name)
{
    for (size_t i = 0; i < wire_count; i++)
        if (strcmp(wire_table[i].name, name) == 0)
            return &wire_table[i];
    return NULL;
}

static void append(struct reply *reply, const char *format, const char *key, const char *value)
{
    reply->len += (size_t)snprintf(reply->data + reply->len, sizeof reply->data - reply->len,
                                   format, key, value);
}

void wire_begin(void)
{
    const struct work *work = work_find("get");
    char value[WORK_KEY_LEN + 64] = {0};

    for (uint32_t k = 0; k < MANY; k++) {
        work_key(work, k, own.names[k]);
        work_value(work, k, value);
        own.keys[k] = (struct mc_bytes){own.names[k], WORK_KEY_LEN};
        append(&own.many, "VALUE %s 0 32\r\n%s\r\n", own.names[k], value);
    }
    append(&own.many, "%s%s", "END", "\r\n");
    append(&own.hit, "VALUE %s 0 32\r\n%s\r\nEND\r\n", own.names[MANY - 1], value);
    append(&own.meta, "VA 32%s%s\r\n", "\r\n", value);
}

size_t wire_check(const struct wire_work *work)
{
    return work->run() ? own.bytes : 0;
}

bool wire_run(const struct wire_work *work, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!work->run())
            return false;
    return true;
}

static void run_once(void *ctx)
{
    const struct wire_work *work = ctx;

    work->run();
}

double wire_time(const struct wire_work *work)
{
    struct wire_work copy = *work;

    return timing_best(run_once, &copy, LEAST_NS, RUNS);
}
