/* Commands put into a buffer, and replies read out of one. The lines (see timed.h) are:
 *
 *     list           ok NAME <tab> TITLE <tab> NAME ...
 *     compiler       ok COMPILER
 *     work NAME      ok BYTES      that one operation writes or reads
 *     run COUNT      ok
 *     time           ok NS         of one operation */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto.h"
#include "timing.h"
#include "timed.h"

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

struct wire_work {
    const char *name, *title;
    bool (*run)(const struct wire_work *work); /* one operation; false when its outcome is wrong */
    size_t count;                              /* of its keys or values */
    const struct reply *from;                  /* what is read */
    int last;                                  /* its last event */
};

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

static bool put_get(const struct wire_work *work)
{
    return put(mc_put_get(fresh(), own.keys, work->count));
}

static bool put_set(const struct wire_work *work)
{
    const struct mc_item item = {.key = own.keys[0], .value = {own.hit.data, 32}};

    (void)work;
    return put(mc_put_store(fresh(), MC_SET, &item, false));
}

static bool put_mg(const struct wire_work *work)
{
    static const struct mc_flag v = {.letter = 'v'};

    return put(mc_put_mg(fresh(), own.keys[0], &v, work->count));
}

/* ---- read ------------------------------------------------------------------------------------ */

/* Reads one reply to its end, with the bytes of its values. */
static bool read_reply(const struct wire_work *work)
{
    struct mc_reader reader = {0};
    struct mc_bytes in = {work->from->data, work->from->len};
    struct mc_reply reply;
    size_t seen = 0;
    int event;

    do {
        event = mc_reader_next(&reader, &in, &reply);
        seen += event == MC_VALUE;
    } while (event > 0 && !mc_is_final(event));
    own.bytes = work->from->len - in.len;
    return event == work->last && seen == work->count && in.len == 0;
}

/* Reads items as the client does that knows which keys it asked for. */
static bool read_items(const struct reply *from, const struct mc_bytes *keys, size_t count)
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

/* Not by the members of their work: those would be a tenth of what is counted. */
static bool item_hit(const struct wire_work *work)
{
    (void)work;
    return read_items(&own.hit, own.keys + MANY - 1, 1);
}

static bool item_many(const struct wire_work *work)
{
    (void)work;
    return read_items(&own.many, own.keys, MANY);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static const struct reply miss = {"END\r\n", 5}, stored = {"STORED\r\n", 8};

static const struct wire_work works[] = {
    {"put-get", "put get, 1 key", put_get, 1, NULL, 0},
    {"put-get-100", "put get, 100 keys", put_get, MANY, NULL, 0},
    {"put-set", "put set, the line", put_set, 1, NULL, 0},
    {"put-mg", "put mg", put_mg, 1, NULL, 0},
    {"read-hit", "read a hit, 32 B", read_reply, 1, &own.hit, MC_END},
    {"read-hit-100", "read 100 hits, 32 B", read_reply, MANY, &own.many, MC_END},
    {"item-hit", "item.c: a hit", item_hit, 1, NULL, 0},
    {"item-hit-100", "item.c: 100 hits", item_many, MANY, NULL, 0},
    {"read-va", "read a VA, 32 B", read_reply, 1, &own.meta, MC_END},
    {"read-miss", "read a miss", read_reply, 0, &miss, MC_END},
    {"read-stored", "read STORED", read_reply, 0, &stored, MC_STORED},
};

enum { WORKS = sizeof works / sizeof *works };

static void append(struct reply *reply, const char *format, const char *key, const char *value)
{
    reply->len += (size_t)snprintf(reply->data + reply->len, sizeof reply->data - reply->len,
                                   format, key, value);
}

static void make_replies(void)
{
    static const struct work work = {.verb = WORK_GET, .batch = 1, .size = 32, .keys = MANY};
    char value[WORK_KEY_LEN + 64] = {0};

    for (uint32_t k = 0; k < MANY; k++) {
        work_key(&work, k, own.names[k]);
        work_value(&work, k, value);
        own.keys[k] = (struct mc_bytes){own.names[k], WORK_KEY_LEN};
        append(&own.many, "VALUE %s 0 32\r\n%s\r\n", own.names[k], value);
    }
    append(&own.many, "%s%s", "END", "\r\n");
    append(&own.hit, "VALUE %s 0 32\r\n%s\r\nEND\r\n", own.names[MANY - 1], value);
    append(&own.meta, "VA 32%s%s\r\n", "\r\n", value);
}

/* ---- the lines ------------------------------------------------------------------------------- */

static const char *list_works(void *ctx, const char *argument)
{
    (void)ctx;
    (void)argument;
    fputs("ok ", stdout);
    for (size_t i = 0; i < WORKS; i++)
        printf("%s%s\t%s", i == 0 ? "" : "\t", works[i].name, works[i].title);
    putchar('\n');
    return NULL;
}

static const char *print_compiler(void *ctx, const char *argument)
{
    char libc[64] = "";

    (void)ctx;
    (void)argument;
#ifdef _CS_GNU_LIBC_VERSION
    confstr(_CS_GNU_LIBC_VERSION, libc, sizeof libc);
#endif
    printf("ok %s%s, %s%s%s\n",
#ifdef __clang__
           "", __VERSION__,
#else
           "gcc ", __VERSION__,
#endif
#ifdef __OPTIMIZE__
           "optimised",
#else
           "NOT optimised",
#endif
           libc[0] != '\0' ? "; " : "", libc);
    return NULL;
}

static const char *set_work(void *ctx, const char *argument)
{
    const struct wire_work **work = ctx;

    for (size_t i = 0; i < WORKS; i++) {
        if (strcmp(works[i].name, argument) != 0)
            continue;
        *work = &works[i];
        if (!works[i].run(&works[i]))
            return "bad wrong result";
        printf("ok %zu\n", own.bytes);
        return NULL;
    }
    return "bad no such work";
}

static const char *run_work(void *ctx, const char *argument)
{
    const struct wire_work *const *work = ctx;
    uint32_t count = (uint32_t)strtoul(argument, NULL, 10);

    for (uint32_t i = 0; i < count; i++)
        if (!(*work)->run(*work))
            return "bad wrong result";
    return "ok";
}

static void run_once(void *ctx)
{
    const struct wire_work *const *work = ctx;

    (*work)->run(*work);
}

/* ns of one operation: the least of some runs, as other work can only add to it. */
static const char *time_work(void *ctx, const char *argument)
{
    (void)argument;
    printf("ok %.3f\n", timing_best(run_once, ctx, LEAST_NS, RUNS));
    return NULL;
}

int wire_main(void)
{
    static const struct timed_command commands[] = {{"list", list_works},
                                                    {"compiler", print_compiler},
                                                    {"work", set_work},
                                                    {"run", run_work},
                                                    {"time", time_work}};
    const struct wire_work *work = &works[0];

    make_replies();
    return timed_obey(commands, sizeof commands / sizeof *commands, &work);
}
