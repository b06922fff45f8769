/* Tests against real memcacheds of all kinds. What is stored under a key is made from the key, so
 * that a value which comes back for another question is seen. */
#include "live.h"
#include "server.h"
#include "suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONG_MS = 60000, KEY_SIZE = 16 };

static struct live live;
static struct mc_server server;
static char buf[65536];

static const struct mc_bytes k = {"k", 1}, none = {"none", 4};

/* ---- values ---------------------------------------------------------------------------------- */

static uint32_t hash(struct mc_bytes key)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.data[i]) * 16777619u;
    return h;
}

/* The key's value of that size: all byte values appear in it. */
static void fill(char *data, size_t len, struct mc_bytes key)
{
    uint32_t x = hash(key);
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        data[i] = (char)(x >> 24);
    }
}

static bool is_filled(const char *data, size_t len, struct mc_bytes key)
{
    uint32_t x = hash(key);
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        if (data[i] != (char)(x >> 24))
            return false;
    }
    return true;
}

static struct mc_bytes key_of(char text[KEY_SIZE], size_t n)
{
    int len = snprintf(text, KEY_SIZE, "key:%zu", n);
    return (struct mc_bytes){text, (size_t)len};
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static void expect_text(const struct mc_client *client, const char *text)
{
    ck_assert_uint_eq(client->text.len, strlen(text));
    ck_assert_mem_eq(client->text.data, text, strlen(text));
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void begin(enum live_kind kind, const char *options, const char *users)
{
    live_start(&live, kind, options, users);
    ck_assert_int_eq(mc_server_init(&server, live.address, buf, sizeof buf), 0);
    server.timeout_ms = LONG_MS;
}

static void end(void)
{
    mc_server_close(&server);
    live_end(&live);
}

static mc_deadline later(void)
{
    return mc_socket_deadline(LONG_MS);
}

/* The server's connection, as a client of its own. */
static struct mc_client *connected(void)
{
    ck_assert_int_eq(mc_server_open(&server), 0);
    return &server.client;
}

static void expect_in_sync(void)
{
    ck_assert(mc_engine_is_idle(&server.client.engine));
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_uint_eq(server.connects, 1);
    ck_assert_uint_eq(server.failures, 0);
}

/* ---- the functions of a client --------------------------------------------------------------- */

static const struct {
    const struct mc_command *command;
    const char *value;
    uint64_t cas_off; /* from the cas unique that gets returned */
    int result;
    const char *then; /* what is stored after it */
} stores[] = {
    {&mc_command_replace, "0", 0, MC_NOT_STORED, NULL},
    {&mc_command_append, "0", 0, MC_NOT_STORED, NULL},
    {&mc_command_prepend, "0", 0, MC_NOT_STORED, NULL},
    {&mc_command_cas, "0", 0, MC_NOT_FOUND, NULL},
    {&mc_command_add, "b", 0, MC_STORED, "b"},
    {&mc_command_add, "0", 0, MC_NOT_STORED, "b"},
    {&mc_command_append, "c", 0, MC_STORED, "bc"},
    {&mc_command_prepend, "a", 0, MC_STORED, "abc"},
    {&mc_command_replace, "", 0, MC_STORED, ""},
    {&mc_command_cas, "1\r\n", 0, MC_STORED, "1\r\n"},
    {&mc_command_cas, "0", 1, MC_EXISTS, "1\r\n"},
    {&mc_command_set, "END\r\n", 0, MC_STORED, "END\r\n"},
};

/* That k has this value; NULL: that there is none. Its cas unique is in *value then. */
static void expect_value(struct mc_client *client, struct mc_value *value, const char *text)
{
    int r = mc_client_gets(client, k, value, later());
    ck_assert_int_eq(r, text != NULL ? MC_HIT : MC_MISS);
    if (text == NULL)
        return;
    ck_assert_uint_eq(value->len, strlen(text));
    ck_assert_mem_eq(value->buf, text, value->len);
}

START_TEST(client_store)
{
    char text[16];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        const struct mc_item item = {.key = k,
                                     .value = {stores[i].value, strlen(stores[i].value)},
                                     .flags = 0xfffffffe,
                                     .cas = value.cas + stores[i].cas_off};
        int r = mc_client_store(client, stores[i].command, &item, later());
        ck_assert_int_eq(r, stores[i].result);
        expect_value(client, &value, stores[i].then);
    }
    ck_assert_uint_eq(value.flags, 0xfffffffe);
    expect_in_sync();
    end();
}
END_TEST

static void set(struct mc_bytes key, const char *text)
{
    ck_assert_int_eq(mc_server_set(&server, key, (struct mc_bytes){text, strlen(text)}, 0),
                     MC_STORED);
}

/* The seconds that k has to live; -1: it never expires. */
static int32_t ttl(void)
{
    const struct mc_flag flag = mc_op_flag('t');
    struct mc_meta meta;
    ck_assert_int_eq(mc_server_mg(&server, k, (struct mc_flags){&flag, 1}, NULL, &meta), MC_HD);
    return meta.ttl;
}

static void expect_ttl(int32_t seconds)
{
    int32_t left = ttl();
    ck_assert_int_le(left, seconds);
    ck_assert_int_gt(left, seconds - 100);
}

START_TEST(client_retrieval)
{
    char text[4];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    ck_assert_int_eq(mc_client_get(client, k, &value, later()), MC_MISS);
    ck_assert_int_eq(mc_client_gat(client, 10, k, &value, later()), MC_MISS);
    ck_assert_int_eq(mc_client_gats(client, 10, k, &value, later()), MC_MISS);
    set(k, "four");
    ck_assert_int_eq(mc_client_get(client, k, &value, later()), MC_HIT);
    ck_assert_mem_eq(text, "four", 4);
    ck_assert_int_eq(ttl(), -1);
    ck_assert_int_eq(mc_client_gat(client, 1000, k, &value, later()), MC_HIT);
    expect_ttl(1000);
    ck_assert_uint_eq(value.cas, 0);
    ck_assert_int_eq(mc_client_gats(client, 5000, k, &value, later()), MC_HIT);
    expect_ttl(5000);
    ck_assert_uint_ne(value.cas, 0);
    ck_assert_int_eq(mc_client_gat(client, -1, k, &value, later()), MC_HIT);
    ck_assert_int_eq(mc_client_get(client, k, &value, later()), MC_MISS);
    expect_in_sync();
    end();
}
END_TEST

START_TEST(client_other_writes)
{
    uint64_t number;
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    ck_assert_int_eq(mc_client_incr(client, k, 1, &number, later()), MC_NOT_FOUND);
    ck_assert_int_eq(mc_client_decr(client, k, 1, &number, later()), MC_NOT_FOUND);
    ck_assert_int_eq(mc_client_touch(client, k, 1, later()), MC_NOT_FOUND);
    ck_assert_int_eq(mc_client_delete(client, k, later()), MC_NOT_FOUND);
    set(k, "18446744073709551614");
    ck_assert_int_eq(mc_client_incr(client, k, 1, &number, later()), MC_NUMBER);
    ck_assert_uint_eq(number, UINT64_MAX);
    ck_assert_int_eq(mc_client_incr(client, k, 10, &number, later()), MC_NUMBER);
    ck_assert_uint_eq(number, 9);
    ck_assert_int_eq(mc_client_decr(client, k, UINT64_MAX, &number, later()), MC_NUMBER);
    ck_assert_uint_eq(number, 0);
    ck_assert_int_eq(mc_client_touch(client, k, 1000, later()), MC_TOUCHED);
    expect_ttl(1000);
    ck_assert_int_eq(mc_client_delete(client, k, later()), MC_DELETED);
    set(k, "text");
    ck_assert_int_eq(mc_client_incr(client, k, 1, &number, later()), MC_CLIENT_ERROR);
    expect_text(client, "cannot increment or decrement non-numeric value");
    ck_assert_int_eq(mc_client_flush_all(client, 1000, later()), MC_OK);
    ck_assert_int_eq(mc_client_touch(client, k, 0, later()), MC_TOUCHED);
    ck_assert_int_eq(mc_client_flush_all(client, 0, later()), MC_OK);
    ck_assert_int_eq(mc_client_touch(client, k, 0, later()), MC_NOT_FOUND);
    expect_in_sync();
    end();
}
END_TEST

/* Counts the lines of a reply, and looks for one. */
struct lines {
    struct mc_sink sink;
    struct mc_bytes wanted; /* the name of a statistic, or how each line of a stream begins */
    int count, found;
};

static bool starts_with(struct mc_bytes text, struct mc_bytes start)
{
    return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

static void receive_line(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                         const struct mc_reply *reply)
{
    struct lines *lines = (struct lines *)sink; /* its first member */
    (void)op;
    ck_assert_uint_eq(slot, 0);
    if (event == MC_OPENED)
        return;
    ck_assert(event == MC_STAT || event == MC_LINE);
    const struct mc_bytes text = event == MC_STAT ? reply->key : reply->text;
    lines->count++;
    lines->found += starts_with(text, lines->wanted) ? 1 : 0;
}

/* One question about statistics, by the server and by a client alone: the result, and how many there
 * are. One of them has the name, unless that is empty. */
static void expect_stats(const char *words, const char *name, int result, int least)
{
    const struct mc_bytes asked = {words, strlen(words)}, wanted = {name, strlen(name)};
    for (int alone = 0; alone < 2; alone++) {
        struct lines lines = {.sink = {receive_line}, .wanted = wanted};
        struct mc_op op = mc_op_stats(asked, &lines.sink);
        int r = alone ? mc_client_do(connected(), &op, later())
                      : mc_server_stats(&server, asked, &lines.sink);
        ck_assert_int_eq(r, result);
        if (least == 0)
            ck_assert_int_eq(lines.count, 0);
        ck_assert_int_ge(lines.count, least);
        ck_assert(wanted.len == 0 || lines.found > 0);
    }
}

START_TEST(client_questions)
{
    begin((enum live_kind)_i, "", NULL);
    ck_assert_int_eq(mc_client_version(connected(), later()), MC_VERSION);
    ck_assert(server.client.text.len >= 3 && server.client.text.data[0] == '1');
    expect_stats("", "pid", MC_END, 20);
    expect_stats("settings", "maxbytes", MC_END, 20);
    expect_stats("items", "", MC_END, 0);
    expect_stats("reset", "", MC_RESET, 0);
    expect_stats("detail on", "", MC_OK, 0);
    expect_in_sync();
    end();
}
END_TEST

/* A stream of the keys. From the hash table, whose items do not move while they are listed. The
 * result is MC_BUSY when the server's own crawler is at work. */
static int dump_keys(struct mc_client *client, struct lines *lines)
{
    *lines = (struct lines){.sink = {receive_line}, .wanted = MC_BYTES("key=key%3A")};
    struct mc_op op = mc_op_make(&mc_command_metadump, MC_BYTES("hash"));
    op.sink = &lines->sink;
    return mc_client_do(client, &op, later());
}

START_TEST(client_metadump)
{
    enum { KEYS = 300 };
    char text[KEY_SIZE];
    struct lines lines;
    int event;
    begin((enum live_kind)_i, "", NULL);
    for (size_t i = 0; i < KEYS; i++)
        set(key_of(text, i), "v");
    struct mc_client *client = connected();
    do
        event = dump_keys(client, &lines);
    while (event == MC_BUSY);
    ck_assert_int_eq(event, MC_END);
    ck_assert_int_eq(lines.count, KEYS);
    ck_assert_int_eq(lines.found, KEYS);
    expect_in_sync();
    end();
}
END_TEST

/* ---- meta commands --------------------------------------------------------------------------- */

static int mg(struct mc_client *client, struct mc_bytes key, struct mc_flags flags,
              struct mc_value *value, struct mc_meta *meta)
{
    struct mc_op op = mc_op_mg(key, flags, value, meta);
    return mc_client_do(client, &op, later());
}

static int ms(struct mc_client *client, struct mc_bytes key, struct mc_bytes data,
              struct mc_flags flags, struct mc_meta *meta)
{
    struct mc_op op = mc_op_ms(key, data, flags, meta);
    return mc_client_do(client, &op, later());
}

static int md(struct mc_client *client, struct mc_bytes key, struct mc_flags flags,
              struct mc_meta *meta)
{
    struct mc_op op = mc_op_md(key, flags, meta);
    return mc_client_do(client, &op, later());
}

static int ma(struct mc_client *client, struct mc_bytes key, struct mc_flags flags,
              struct mc_meta *meta)
{
    struct mc_op op = mc_op_ma(key, flags, meta);
    return mc_client_do(client, &op, later());
}

static const struct mc_flags no_flags = {NULL, 0};

START_TEST(client_mg)
{
    static const struct mc_flag flags[] = {
        {.letter = 'v'}, {.letter = 's'}, {.letter = 'f'},
        {.letter = 'c'}, {.letter = 't'}, {.letter = 'h'},
        {.letter = 'l'}, {.letter = 'k'}, {.letter = 'O', .token = {"op#7", 4}}};
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    const struct mc_item item = {.key = k, .value = {"value", 5}, .flags = 77, .exptime = 1000};
    ck_assert_int_eq(mg(client, k, (struct mc_flags){flags, 9}, &value, &meta), MC_MISS);
    ck_assert_int_eq(mc_client_store(client, &mc_command_set, &item, later()), MC_STORED);
    ck_assert_int_eq(mg(client, k, (struct mc_flags){flags, 9}, &value, &meta), MC_HIT);
    ck_assert_uint_eq(value.len, 5);
    ck_assert_mem_eq(text, "value", 5);
    ck_assert_uint_eq(value.flags, 77);
    ck_assert_uint_eq(meta.flags, 77);
    ck_assert_uint_eq(meta.size, 5);
    ck_assert_uint_ne(meta.cas, 0);
    ck_assert_uint_eq(value.cas, meta.cas);
    ck_assert_int_gt(meta.ttl, 900);
    ck_assert(!meta.hit_before && !meta.won && !meta.stale && !meta.already_won);
    ck_assert_int_eq(mg(client, k, (struct mc_flags){flags, 9}, &value, &meta), MC_HIT);
    ck_assert(meta.hit_before);
    ck_assert_int_eq(mg(client, k, no_flags, NULL, &meta), MC_HD);
    expect_in_sync();
    end();
}
END_TEST

/* An item is made stale: one client is told to fill it again, and the others that one has been told. */
START_TEST(client_stale_items)
{
    static const struct mc_flag invalidate[] = {{.letter = 'I'}, {.letter = 'T', .ttl = 500}};
    static const struct mc_flag fetch[] = {{.letter = 'v'}, {.letter = 'c'}};
    static const struct mc_flag vivify[] = {{.letter = 'v'}, {.letter = 'N', .ttl = 500}};
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    set(k, "old");
    ck_assert_int_eq(md(client, k, (struct mc_flags){invalidate, 2}, &meta), MC_HD);
    ck_assert_int_eq(mg(client, k, (struct mc_flags){fetch, 2}, &value, &meta), MC_HIT);
    ck_assert(meta.stale && meta.won && !meta.already_won);
    ck_assert_int_eq(mg(client, k, (struct mc_flags){fetch, 2}, &value, &meta), MC_HIT);
    ck_assert(meta.stale && !meta.won && meta.already_won);
    const struct mc_flag cas = {.letter = 'C', .number = meta.cas};
    ck_assert_int_eq(ms(client, k, MC_BYTES("new"), (struct mc_flags){&cas, 1}, &meta), MC_HD);
    ck_assert_int_eq(mg(client, k, (struct mc_flags){fetch, 2}, &value, &meta), MC_HIT);
    ck_assert(!meta.stale && !meta.won && !meta.already_won);
    ck_assert_mem_eq(text, "new", 3);
    ck_assert_int_eq(mg(client, none, (struct mc_flags){vivify, 2}, &value, &meta), MC_HIT);
    ck_assert(meta.won && value.len == 0);
    ck_assert_int_eq(mg(client, none, (struct mc_flags){vivify, 2}, &value, &meta), MC_HIT);
    ck_assert(!meta.won && meta.already_won);
    expect_in_sync();
    end();
}
END_TEST

static const struct {
    char mode;
    const char *value;
    int result;
    const char *then;
} meta_stores[] = {
    {'R', "0", MC_NOT_STORED, NULL},  {'A', "0", MC_NOT_STORED, NULL},
    {'P', "0", MC_NOT_STORED, NULL},  {'E', "b", MC_HD, "b"},
    {'E', "0", MC_NOT_STORED, "b"},   {'A', "c", MC_HD, "bc"},
    {'P', "a", MC_HD, "abc"},         {'R', "", MC_HD, ""},
    {'S', "1\r\n2", MC_HD, "1\r\n2"},
};

START_TEST(client_ms_modes)
{
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    for (size_t i = 0; i < sizeof meta_stores / sizeof *meta_stores; i++) {
        const struct mc_flag mode = {.letter = 'M', .number = (unsigned char)meta_stores[i].mode};
        const struct mc_bytes data = {meta_stores[i].value, strlen(meta_stores[i].value)};
        int r = ms(client, k, data, (struct mc_flags){&mode, 1}, &meta);
        ck_assert_int_eq(r, meta_stores[i].result);
        expect_value(client, &value, meta_stores[i].then);
    }
    expect_in_sync();
    end();
}
END_TEST

START_TEST(client_meta_cas)
{
    static const struct mc_flag wrong = {.letter = 'C', .number = 999999};
    static const struct mc_bytes data = {"x", 1};
    struct mc_meta meta;
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    set(k, "v");
    ck_assert_int_eq(ms(client, k, data, (struct mc_flags){&wrong, 1}, &meta), MC_EXISTS);
    ck_assert_int_eq(ms(client, none, data, (struct mc_flags){&wrong, 1}, &meta), MC_NOT_FOUND);
    ck_assert_int_eq(md(client, k, (struct mc_flags){&wrong, 1}, &meta), MC_EXISTS);
    ck_assert_int_eq(md(client, k, no_flags, &meta), MC_HD);
    ck_assert_int_eq(md(client, k, no_flags, &meta), MC_NOT_FOUND);
    expect_in_sync();
    end();
}
END_TEST

START_TEST(client_ma)
{
    static const struct mc_flag start[] = {
        {.letter = 'v'}, {.letter = 'N', .ttl = 0}, {.letter = 'J', .number = 13}};
    static const struct mc_flag up[] = {{.letter = 'v'}, {.letter = 'D', .number = 7}};
    static const struct mc_flag down[] = {
        {.letter = 'v'}, {.letter = 'M', .number = 'D'}, {.letter = 'D', .number = 100}};
    struct mc_meta meta;
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    ck_assert_int_eq(ma(client, k, no_flags, &meta), MC_NOT_FOUND);
    ck_assert_int_eq(ma(client, k, (struct mc_flags){start, 3}, &meta), MC_NUMBER);
    ck_assert_uint_eq(meta.number, 13);
    ck_assert_int_eq(ma(client, k, no_flags, &meta), MC_HD);
    ck_assert_int_eq(ma(client, k, (struct mc_flags){up, 2}, &meta), MC_NUMBER);
    ck_assert_uint_eq(meta.number, 21);
    ck_assert_int_eq(ma(client, k, (struct mc_flags){down, 3}, &meta), MC_NUMBER);
    ck_assert_uint_eq(meta.number, 0);
    expect_in_sync();
    end();
}
END_TEST

/* Every call takes quiet commands, which are done like others: the server's silence, up to the MN of
 * an mn that is sent after each, is their result. */
START_TEST(client_quiet)
{
    const struct mc_flag flags[] = {mc_op_flag('q'), mc_op_flag('v')};
    const struct mc_flags quiet = {flags, 1}, quiet_value = {flags, 2};
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    ck_assert_int_eq(mg(client, k, quiet_value, &value, &meta), MC_MISS);
    ck_assert_int_eq(ma(client, k, quiet, &meta), MC_NOT_FOUND);
    ck_assert_int_eq(ms(client, k, MC_BYTES("41"), quiet, &meta), MC_HD);
    ck_assert_int_eq(ma(client, k, quiet, &meta), MC_HD);
    ck_assert_int_eq(mg(client, k, quiet_value, &value, &meta), MC_HIT);
    ck_assert(value.len == 2 && memcmp(text, "42", 2) == 0);
    ck_assert_int_eq(md(client, k, quiet, &meta), MC_HD);
    ck_assert_int_eq(mc_server_mg(&server, k, quiet, NULL, &meta), MC_MISS);
    ck_assert_int_eq(mc_server_ms(&server, k, MC_BYTES("1"), quiet, &meta), MC_HD);
    ck_assert_int_eq(mc_server_ma(&server, k, quiet, &meta), MC_HD);
    expect_value(client, &value, "2");
    ck_assert_int_eq(mc_server_md(&server, k, quiet, &meta), MC_HD);
    expect_value(client, &value, NULL);
    expect_in_sync();
    end();
}
END_TEST

/* Keys of any bytes, from the shortest to the longest. */
START_TEST(client_binary_keys)
{
    static const size_t lengths[] = {1, 2, 3, 57, MC_KEY_BINARY_MAX};
    static const struct mc_flag flags[] = {
        {.letter = 'b'}, {.letter = 'k'}, {.letter = 'v'}, {.letter = 'O', .token = {"1", 1}}};
    char bytes[MC_KEY_BINARY_MAX], text[100];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 83);
    begin((enum live_kind)_i, "", NULL);
    struct mc_client *client = connected();
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const struct mc_bytes key = {bytes, lengths[i]};
        fill(text, sizeof text, key);
        const struct mc_bytes data = {text, sizeof text};
        ck_assert_int_eq(ms(client, key, data, (struct mc_flags){flags, 2}, &meta), MC_HD);
        memset(text, 0, sizeof text);
        ck_assert_int_eq(mg(client, key, (struct mc_flags){flags, 4}, &value, &meta), MC_HIT);
        ck_assert(value.len == sizeof text && is_filled(text, sizeof text, key));
        ck_assert_int_eq(md(client, key, (struct mc_flags){flags, 2}, &meta), MC_HD);
        ck_assert_int_eq(mg(client, key, (struct mc_flags){flags, 4}, &value, &meta), MC_MISS);
    }
    expect_in_sync();
    end();
}
END_TEST

/* ---- values of every size -------------------------------------------------------------------- */

enum { LARGEST = 1048516 }; /* for a key of one byte, by default */

static const size_t sizes[] = {0,      1,      2,       500,         1000,   2020,  2047,
                               2048,   2049,   4096,    10000,       65535,  65536, 65537,
                               100000, 524288, 1000000, LARGEST - 1, LARGEST};

/* With a client's buffer that is small, usual, or larger than most of the values. */
START_TEST(values_of_every_size)
{
    static const size_t caps[] = {64, 317, 2048, sizeof buf};
    char *text = allocate(LARGEST), *small = text;
    begin((enum live_kind)(_i % LIVE_KINDS), "", NULL);
    server.cap = caps[_i / LIVE_KINDS];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct mc_value value = {.buf = text, .cap = sizes[i]};
        struct mc_value cut = {.buf = small, .cap = sizes[i] / 2};
        fill(text, sizes[i], k);
        ck_assert_int_eq(mc_server_set(&server, k, (struct mc_bytes){text, sizes[i]}, 0),
                         MC_STORED);
        memset(text, 0, sizes[i]);
        ck_assert_int_eq(mc_server_get(&server, k, &cut), sizes[i] > 0 ? MC_E_FULL : MC_HIT);
        ck_assert_uint_eq(cut.len, sizes[i]);
        ck_assert_int_eq(mc_server_get(&server, k, &value), MC_HIT);
        ck_assert_uint_eq(value.len, sizes[i]);
        ck_assert(is_filled(text, sizes[i], k));
    }
    expect_in_sync();
    end();
    free(text);
}
END_TEST

/* ---- many keys ------------------------------------------------------------------------------- */

enum { KEYS = 10000, SHORT = 40 };

/* Room for many values, and their keys. */
struct many {
    size_t count, size;
    char (*names)[KEY_SIZE];
    struct mc_bytes *keys;
    struct mc_value *values;
    char *space;
};

static void make_many(struct many *many, size_t count, size_t size)
{
    *many = (struct many){count,
                          size,
                          allocate(count * KEY_SIZE),
                          allocate(count * sizeof *many->keys),
                          allocate(count * sizeof *many->values),
                          allocate(count * size)};
    for (size_t i = 0; i < count; i++) {
        many->keys[i] = key_of(many->names[i], i);
        many->values[i] = (struct mc_value){.buf = many->space + i * size, .cap = size};
    }
}

static void free_many(struct many *many)
{
    free(many->names);
    free(many->keys);
    free(many->values);
    free(many->space);
}

/* Stores every other key, in one pipeline. */
static void store_half(const struct many *many)
{
    size_t count = many->count / 2;
    struct mc_op *ops = allocate(count * sizeof *ops);
    for (size_t i = 0; i < count; i++) {
        fill(many->values[2 * i].buf, many->size, many->keys[2 * i]);
        ops[i] =
            mc_op_set(many->keys[2 * i], (struct mc_bytes){many->values[2 * i].buf, many->size}, 0);
    }
    ck_assert_int_eq(mc_server_run(&server, ops, count), 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(ops[i].result, MC_STORED);
    free(ops);
}

static void expect_half(const struct many *many)
{
    for (size_t i = 0; i < many->count; i++) {
        const struct mc_value *value = &many->values[i];
        ck_assert_int_eq(value->result, i % 2 == 0 ? MC_HIT : MC_MISS);
        if (i % 2 == 0)
            ck_assert(value->len == many->size && is_filled(value->buf, value->len, many->keys[i]));
    }
}

/* The ways to retrieve many keys. */
enum { WAYS = 6 };

static int retrieve_many(const struct many *many, int way)
{
    struct mc_client *client = connected();
    struct mc_op op = mc_op_many(way == 2 ? &mc_command_gat : &mc_command_gats, many->keys,
                                 many->values, many->count);
    op.exptime = 1000;
    switch (way) {
    case 0: return mc_client_get_many(client, many->keys, many->values, many->count, later());
    case 1: return mc_client_gets_many(client, many->keys, many->values, many->count, later());
    case 2:
    case 3: return mc_client_do(client, &op, later());
    case 4: return mc_server_get_many(&server, many->keys, many->values, many->count);
    default: return mc_server_gets_many(&server, many->keys, many->values, many->count);
    }
}

START_TEST(ten_thousand_keys)
{
    static const size_t caps[] = {317, 2048, sizeof buf};
    struct many many;
    begin(LIVE_UNIX, "", NULL);
    make_many(&many, KEYS, SHORT);
    store_half(&many);
    mc_server_close(&server);
    server.cap = caps[_i % 3];
    memset(many.space, 0, (size_t)KEYS * SHORT);
    ck_assert_int_eq(retrieve_many(&many, _i / 3), 0);
    expect_half(&many);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_uint_eq(server.failures, 0);
    free_many(&many);
    end();
}
END_TEST

/* The same key many times, and keys in a row that are alike at their ends. */
START_TEST(keys_asked_for_twice)
{
    static const struct mc_bytes keys[] = {{"a", 1}, {"a", 1}, {"aa", 2}, {"b", 1}, {"a", 1}};
    char text[5][2];
    struct mc_value values[5];
    begin((enum live_kind)_i, "", NULL);
    for (size_t i = 0; i < 5; i++)
        values[i] = (struct mc_value){.buf = text[i], .cap = 2};
    set(keys[0], "1");
    set(keys[3], "2");
    ck_assert_int_eq(mc_server_get_many(&server, keys, values, 5), 0);
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(values[i].result, i == 2 ? MC_MISS : MC_HIT);
    ck_assert(text[0][0] == '1' && text[1][0] == '1' && text[3][0] == '2' && text[4][0] == '1');
    expect_in_sync();
    end();
}
END_TEST

/* ---- pipelines ------------------------------------------------------------------------------- */

static const struct mc_flag show = {.letter = 'v'};

/* Most commands once, each seeing what those before it have done. */
static const struct {
    struct mc_op op;
    int result;
    const char *value;
} every_command[] = {
    {{.command = &mc_command_get, .key = {"k", 1}}, MC_MISS, NULL},
    {{.command = &mc_command_add, .key = {"k", 1}, .data = {"b", 1}, .flags = 3}, MC_STORED, NULL},
    {{.command = &mc_command_append, .key = {"k", 1}, .data = {"c", 1}}, MC_STORED, NULL},
    {{.command = &mc_command_prepend, .key = {"k", 1}, .data = {"a", 1}}, MC_STORED, NULL},
    {{.command = &mc_command_gets, .key = {"k", 1}}, MC_HIT, "abc"},
    {{.command = &mc_command_replace, .key = {"k", 1}, .data = {"", 0}}, MC_STORED, NULL},
    {{.command = &mc_command_gat, .key = {"k", 1}, .exptime = 100}, MC_HIT, ""},
    {{.command = &mc_command_cas, .key = {"k", 1}, .data = {"x", 1}, .number = 1}, MC_EXISTS, NULL},
    {{.command = &mc_command_set, .key = {"n", 1}, .data = {"41", 2}}, MC_STORED, NULL},
    {{.command = &mc_command_incr, .key = {"n", 1}, .number = 1}, MC_NUMBER, NULL},
    {{.command = &mc_command_decr, .key = {"n", 1}, .number = 2}, MC_NUMBER, NULL},
    {{.command = &mc_command_touch, .key = {"n", 1}, .exptime = 100}, MC_TOUCHED, NULL},
    {{.command = &mc_command_gats, .key = {"n", 1}, .exptime = 100}, MC_HIT, "40"},
    {{.command = &mc_command_ma, .key = {"n", 1}, .meta_flags = &show, .meta_count = 1},
     MC_NUMBER,
     NULL},
    {{.command = &mc_command_ms, .key = {"k", 1}, .data = {"meta", 4}}, MC_HD, NULL},
    {{.command = &mc_command_mg, .key = {"k", 1}, .meta_flags = &show, .meta_count = 1},
     MC_HIT,
     "meta"},
    {{.command = &mc_command_md, .key = {"k", 1}}, MC_HD, NULL},
    {{.command = &mc_command_delete, .key = {"k", 1}}, MC_NOT_FOUND, NULL},
    {{.command = &mc_command_version}, MC_VERSION, NULL},
    {{.command = &mc_command_flush_all}, MC_OK, NULL},
};

START_TEST(run_of_every_command)
{
    enum { COUNT = sizeof every_command / sizeof *every_command };
    char space[COUNT][8];
    struct mc_op ops[COUNT];
    struct mc_value values[COUNT];
    struct mc_meta metas[COUNT];
    begin((enum live_kind)_i, "", NULL);
    for (size_t i = 0; i < COUNT; i++) {
        ops[i] = every_command[i].op;
        values[i] = (struct mc_value){.buf = space[i], .cap = 8};
        ops[i].value = &values[i];
        ops[i].meta = &metas[i];
    }
    ck_assert_int_eq(mc_server_run(&server, ops, COUNT), 0);
    for (size_t i = 0; i < COUNT; i++) {
        const char *value = every_command[i].value;
        ck_assert_int_eq(ops[i].result, every_command[i].result);
        if (value == NULL)
            continue;
        ck_assert_uint_eq(values[i].len, strlen(value));
        ck_assert_mem_eq(space[i], value, values[i].len);
    }
    ck_assert(ops[9].answer == 42 && ops[10].answer == 40);
    ck_assert(ops[13].answer == 41 && metas[13].number == 41);
    expect_in_sync();
    end();
}
END_TEST

/* Sets and gets of many large values at once, both ways: nobody waits for the other for ever. */
static void pipeline_both_ways(enum live_kind kind, size_t count, size_t size, size_t cap)
{
    struct many many;
    struct mc_op *ops = allocate(count * 2 * sizeof *ops);
    char *stored = allocate(count * size);
    begin(kind, "-m 512", NULL);
    server.cap = cap;
    make_many(&many, count, size);
    for (size_t i = 0; i < count; i++) {
        fill(stored + i * size, size, many.keys[i]);
        ops[2 * i] = mc_op_set(many.keys[i], (struct mc_bytes){stored + i * size, size}, 0);
        ops[2 * i + 1] = mc_op_get(many.keys[i / 2], &many.values[i]);
    }
    ck_assert_int_eq(mc_server_run(&server, ops, count * 2), 0);
    for (size_t i = 0; i < count; i++) {
        const struct mc_value *value = &many.values[i];
        ck_assert_int_eq(ops[2 * i].result, MC_STORED);
        ck_assert_int_eq(ops[2 * i + 1].result, MC_HIT);
        ck_assert(value->len == size && is_filled(value->buf, size, many.keys[i / 2]));
    }
    expect_in_sync();
    free_many(&many);
    free(stored);
    free(ops);
    end();
}

START_TEST(pipeline_of_5000)
{
    static const size_t caps[] = {317, 2048, sizeof buf};
    pipeline_both_ways((enum live_kind)(_i % LIVE_KINDS), 2500, 10000, caps[_i / LIVE_KINDS]);
}
END_TEST

START_TEST(pipeline_of_short_values)
{
    pipeline_both_ways((enum live_kind)_i, 20000, 10, sizeof buf);
}
END_TEST

/* Requests of a few kB that are answered with 200 MB. */
START_TEST(pipeline_of_large_gets)
{
    enum { DISTINCT = 20, GETS = 200, SIZE = 1000000 };
    struct many many;
    struct mc_op *ops = allocate(GETS * sizeof *ops);
    begin((enum live_kind)_i, "-m 128", NULL);
    make_many(&many, GETS, SIZE);
    for (size_t i = 0; i < DISTINCT; i++) {
        fill(many.space, SIZE, many.keys[i]);
        ck_assert_int_eq(
            mc_server_set(&server, many.keys[i], (struct mc_bytes){many.space, SIZE}, 0),
            MC_STORED);
    }
    memset(many.space, 0, SIZE);
    for (size_t i = 0; i < GETS; i++)
        ops[i] = mc_op_get(many.keys[i % DISTINCT], &many.values[i]);
    ck_assert_int_eq(mc_server_run(&server, ops, GETS), 0);
    for (size_t i = 0; i < GETS; i++) {
        ck_assert_int_eq(ops[i].result, MC_HIT);
        ck_assert(many.values[i].len == SIZE &&
                  is_filled(many.values[i].buf, SIZE, many.keys[i % DISTINCT]));
    }
    expect_in_sync();
    free_many(&many);
    free(ops);
    end();
}
END_TEST

/* Quiet commands get no reply when all went as usual; what that means depends on the command. */
START_TEST(pipeline_of_quiet_commands)
{
    enum { COUNT = 5000, SIZE = 100 };
    const struct mc_flag flags[] = {mc_op_flag('q'), mc_op_flag('v'), mc_op_flag('q'),
                                    mc_op_flag_ttl('N', 0)};
    const struct mc_flags q = {flags, 1}, q_value = {flags, 2}, q_number = {flags + 2, 2};
    static const int results[] = {MC_HD, MC_HIT, MC_MISS, MC_HD, MC_NOT_FOUND, MC_HD};
    struct many many;
    struct mc_op *ops = allocate(COUNT * sizeof *ops);
    begin((enum live_kind)_i, "", NULL);
    make_many(&many, COUNT, SIZE);
    for (size_t i = 0; i < COUNT; i++) {
        struct mc_bytes key = many.keys[i - i % 6 + (i % 6 == 5)];
        const struct mc_bytes data = {many.values[i].buf, SIZE};
        const struct mc_op turns[] = {mc_op_ms(key, data, q, NULL),
                                      mc_op_mg(key, q_value, &many.values[i], NULL),
                                      mc_op_mg(none, q_value, NULL, NULL),
                                      mc_op_md(key, q, NULL),
                                      mc_op_md(key, q, NULL),
                                      mc_op_ma(key, q_number, NULL)};
        ops[i] = turns[i % 6];
        if (i % 6 == 0)
            fill(many.values[i].buf, SIZE, key);
    }
    ck_assert_int_eq(mc_server_run(&server, ops, COUNT), 0);
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_int_eq(ops[i].result, results[i % 6]);
        if (i % 6 == 1)
            ck_assert(many.values[i].len == SIZE &&
                      is_filled(many.values[i].buf, SIZE, many.keys[i - 1]));
    }
    expect_in_sync();
    free_many(&many);
    free(ops);
    end();
}
END_TEST

/* ---- the functions of a server --------------------------------------------------------------- */

START_TEST(server_functions)
{
    const struct mc_flag flag = mc_op_flag('v');
    const struct mc_flags v = {&flag, 1};
    char text[8];
    uint64_t number;
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    begin((enum live_kind)_i, "", NULL);
    ck_assert_int_eq(mc_server_get(&server, k, &value), MC_MISS);
    ck_assert_int_eq(mc_server_set(&server, k, MC_BYTES("7"), 100), MC_STORED);
    ck_assert_int_eq(mc_server_get(&server, k, &value), MC_HIT);
    ck_assert_int_eq(mc_server_gets(&server, k, &value), MC_HIT);
    const struct mc_item item = {.key = k, .value = {"8", 1}, .flags = 5, .cas = value.cas};
    ck_assert_int_eq(mc_server_store(&server, &mc_command_cas, &item), MC_STORED);
    ck_assert_int_eq(mc_server_store(&server, &mc_command_cas, &item), MC_EXISTS);
    ck_assert_int_eq(mc_server_gat(&server, 1000, k, &value), MC_HIT);
    ck_assert(value.len == 1 && text[0] == '8' && value.flags == 5);
    expect_ttl(1000);
    ck_assert_int_eq(mc_server_incr(&server, k, 5, &number), MC_NUMBER);
    ck_assert_uint_eq(number, 13);
    ck_assert_int_eq(mc_server_decr(&server, k, 1, &number), MC_NUMBER);
    ck_assert_uint_eq(number, 12);
    ck_assert_int_eq(mc_server_touch(&server, k, 0), MC_TOUCHED);
    ck_assert_int_eq(ttl(), -1);
    ck_assert_int_eq(mc_server_mg(&server, k, v, &value, &meta), MC_HIT);
    ck_assert(value.len == 2 && memcmp(text, "12", 2) == 0);
    ck_assert_int_eq(mc_server_ma(&server, k, v, &meta), MC_NUMBER);
    ck_assert_uint_eq(meta.number, 13);
    ck_assert_int_eq(mc_server_ms(&server, none, MC_BYTES("x"), no_flags, &meta), MC_HD);
    ck_assert_int_eq(mc_server_md(&server, none, no_flags, &meta), MC_HD);
    ck_assert_int_eq(mc_server_delete(&server, k), MC_DELETED);
    ck_assert_int_eq(mc_server_delete(&server, k), MC_NOT_FOUND);
    ck_assert_int_eq(mc_server_flush_all(&server, 0), MC_OK);
    expect_in_sync();
    end();
}
END_TEST

START_TEST(server_stores)
{
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    begin((enum live_kind)_i, "", NULL);
    ck_assert_int_eq(mc_server_replace(&server, k, MC_BYTES("0"), 100), MC_NOT_STORED);
    ck_assert_int_eq(mc_server_append(&server, k, MC_BYTES("0")), MC_NOT_STORED);
    ck_assert_int_eq(mc_server_prepend(&server, k, MC_BYTES("0")), MC_NOT_STORED);
    ck_assert_int_eq(mc_server_cas(&server, k, MC_BYTES("0"), 100, 1), MC_NOT_FOUND);
    ck_assert_int_eq(mc_server_add(&server, k, MC_BYTES("b"), 1000), MC_STORED);
    expect_ttl(1000);
    ck_assert_int_eq(mc_server_add(&server, k, MC_BYTES("0"), 0), MC_NOT_STORED);
    ck_assert_int_eq(mc_server_append(&server, k, MC_BYTES("c")), MC_STORED);
    ck_assert_int_eq(mc_server_prepend(&server, k, MC_BYTES("a")), MC_STORED);
    ck_assert_int_eq(mc_server_gats(&server, 0, k, &value), MC_HIT);
    ck_assert(value.len == 3 && memcmp(text, "abc", 3) == 0 && value.flags == 0);
    ck_assert_int_eq(ttl(), -1);
    ck_assert_int_eq(mc_server_cas(&server, k, MC_BYTES("0"), 0, value.cas + 1), MC_EXISTS);
    ck_assert_int_eq(mc_server_cas(&server, k, MC_BYTES("d"), 2000, value.cas), MC_STORED);
    expect_ttl(2000);
    ck_assert_int_eq(mc_server_replace(&server, k, MC_BYTES("e"), 5000), MC_STORED);
    expect_ttl(5000);
    ck_assert_int_eq(mc_server_get(&server, k, &value), MC_HIT);
    ck_assert(value.len == 1 && text[0] == 'e');
    expect_in_sync();
    end();
}
END_TEST

/* ---- user and password ----------------------------------------------------------------------- */

#define USERS "alice:open sesame\nbob:secret\n"

START_TEST(let_in)
{
    begin((enum live_kind)_i, "", USERS);
    server.user = MC_BYTES("bob");
    server.password = MC_BYTES("secret");
    set(k, "v");
    ck_assert_int_eq(mc_server_get(&server, k, &(struct mc_value){.buf = buf, .cap = 1}), MC_HIT);
    expect_in_sync();
    end();
}
END_TEST

START_TEST(not_let_in)
{
    static const struct {
        struct mc_bytes user, password;
    } cases[] = {
        {{"bob", 3}, {"wrong", 5}}, {{"bob", 3}, {"secre", 5}}, {{"eve", 3}, {"secret", 6}}};
    begin((enum live_kind)(_i % LIVE_KINDS), "", USERS);
    server.user = cases[_i / LIVE_KINDS].user;
    server.password = cases[_i / LIVE_KINDS].password;
    ck_assert_int_eq(mc_server_set(&server, k, MC_BYTES("v"), 0), MC_E_AUTH);
    expect_text(&server.client, "authentication failure");
    ck_assert(!server.socket.open);
    server.down_until_ms = 0;
    server.user = MC_BYTES("bob");
    server.password = MC_BYTES("secret");
    char text[4];
    ck_assert_int_eq(mc_server_get(&server, k, &(struct mc_value){.buf = text, .cap = 4}), MC_MISS);
    end();
}
END_TEST

START_TEST(no_login)
{
    char text[4];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    begin((enum live_kind)_i, "", USERS);
    ck_assert_int_eq(mc_server_get(&server, k, &value), MC_CLIENT_ERROR);
    expect_text(&server.client, "unauthenticated");
    ck_assert_int_eq(mc_server_set(&server, k, MC_BYTES("v"), 0), MC_CLIENT_ERROR);
    /* The server may have taken the value for a command. */
    ck_assert(!server.socket.open || server.client.engine.error == MC_E_AMBIGUOUS);
    end();
}
END_TEST

static char long_word[251];

/* A user and password that cannot be sent: nothing is stored, also where the server would take what
 * is stored first for a login (memcached -Y). */
START_TEST(login_that_cannot_be_sent)
{
    static const struct {
        struct mc_bytes user, password;
        size_t cap;
    } cases[] = {{{"al ice", 6}, {"secret", 6}, sizeof buf},
                 {{"bob", 3}, {"", 0}, sizeof buf},
                 {{"bob", 3}, {long_word, sizeof long_word}, sizeof buf},
                 {{"bob", 3}, {"sec\ret", 6}, sizeof buf},
                 {{"bob", 3}, {"secret", 6}, 24}};
    const bool users = _i % 2 == 0;
    char text[16];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    memset(long_word, 'x', sizeof long_word);
    begin(LIVE_UNIX, "", users ? USERS : NULL);
    server.user = cases[_i / 2].user;
    server.password = cases[_i / 2].password;
    server.cap = cases[_i / 2].cap;
    for (int round = 0; round < 3; round++)
        ck_assert_int_eq(mc_server_set(&server, k, MC_BYTES("bob secret"), 0), MC_E_AUTH);
    ck_assert_ptr_nonnull(server.problem);
    ck_assert_uint_eq(server.connects, 0);
    ck_assert_uint_eq(server.failures, 3);
    server.cap = sizeof buf;
    server.user = users ? MC_BYTES("bob") : MC_BYTES("");
    server.password = users ? MC_BYTES("secret") : MC_BYTES("");
    ck_assert_int_eq(mc_server_get(&server, k, &value), MC_MISS);
    end();
}
END_TEST

/* A client with a socket of its own, which is closed first if it is open. */
static void connect_alone(struct mc_client *client, struct mc_socket *socket)
{
    ck_assert_int_eq(mc_socket_dial(socket, &server.address, later()), 0);
    mc_client_init(client, mc_socket_transport(socket), buf, sizeof buf);
}

/* Also by a client alone, whose connection a refusal ends. */
START_TEST(client_auth)
{
    struct mc_socket socket = {0};
    struct mc_client client;
    begin((enum live_kind)_i, "", USERS);
    connect_alone(&client, &socket);
    ck_assert_int_eq(mc_client_auth(&client, MC_BYTES("bob"), MC_BYTES("secret"), later()), MC_OK);
    ck_assert_int_eq(mc_client_version(&client, later()), MC_VERSION);
    connect_alone(&client, &socket);
    ck_assert_int_eq(mc_client_auth(&client, MC_BYTES("bob"), MC_BYTES("no"), later()), MC_E_AUTH);
    expect_text(&client, "authentication failure");
    ck_assert_int_eq(mc_client_version(&client, later()), MC_E_AUTH);
    mc_socket_close(&socket);
    end();
}
END_TEST

/* ---- the server's connection limit ----------------------------------------------------------- */

enum { HOLDERS = 64, ATTEMPTS = 6000 };

/* A memcached with no connection left answers with an error line and closes: it is left alone after
 * that, with its words, and used again when there is room. */
START_TEST(no_more_connections)
{
    static struct mc_server holders[HOLDERS];
    static char bufs[HOLDERS][64];
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    int held = 0, r = MC_VERSION;
    begin((enum live_kind)_i, "-t 1 -c 40 -o maxconns_fast", NULL);
    for (; held < HOLDERS && r == MC_VERSION; held++) {
        ck_assert_int_eq(mc_server_init(&holders[held], live.address, bufs[held], 64), 0);
        r = mc_server_version(&holders[held]);
    }
    ck_assert_int_lt(held, HOLDERS);
    ck_assert_int_ne(r, MC_VERSION); /* MC_ERROR, if the close has not come yet */
    uint64_t failed = 0;
    for (int n = 0; n < ATTEMPTS; n++)
        failed += mc_server_get(&server, k, &value) < 0 ? 1 : 0;
    ck_assert_uint_ge(server.failures, ATTEMPTS - server.connects);
    ck_assert_uint_ge(failed, ATTEMPTS - server.connects);
    ck_assert_uint_lt(server.connects, 50);
    ck_assert_int_gt(server.pause_ms, 0);
    for (int n = 0; n < held; n++)
        mc_server_close(&holders[n]);
    server.down_until_ms = 0;
    while (mc_server_get(&server, k, &value) != MC_MISS) /* the server learns of it in its time */
        server.down_until_ms = 0;
    ck_assert_int_eq(server.pause_ms, 0);
    end();
}
END_TEST

/* ---- limits ---------------------------------------------------------------------------------- */

enum { TOO_LARGE = 600000 }; /* with -I 512k */

/* How a value that is too large is stored: on its own, by ms, among others. */
static int store_large(int how, const struct mc_command *command, struct mc_bytes large)
{
    const struct mc_item item = {.key = k, .value = large};
    const struct mc_flag mode = mc_op_flag_number('M', command == &mc_command_append ? 'A' : 'S');
    struct mc_op ops[] = {{.command = &mc_command_version},
                          mc_op_store(command, &item),
                          {.command = &mc_command_version}};
    struct mc_meta meta;
    if (how == 0)
        return mc_server_store(&server, command, &item);
    if (how == 1)
        return mc_server_ms(&server, k, large, (struct mc_flags){&mode, 1}, &meta);
    ck_assert_int_eq(mc_server_run(&server, ops, 3), 0);
    ck_assert(ops[0].result == MC_VERSION && ops[2].result == MC_VERSION);
    return ops[1].result;
}

/* Refused, and in sync: the server reads the value and throws it away. Whatever was there is removed,
 * lest it be taken for the new value; only the append of the classic dialect leaves it. */
START_TEST(too_large)
{
    char text[4], *large = allocate(TOO_LARGE);
    struct mc_value value = {.buf = text, .cap = sizeof text};
    int how = _i / LIVE_KINDS;
    begin((enum live_kind)(_i % LIVE_KINDS), "-I 512k", NULL);
    set(k, "old");
    fill(large, TOO_LARGE, k);
    const struct mc_bytes data = {large, TOO_LARGE};
    ck_assert_int_eq(store_large(how, &mc_command_append, data), MC_SERVER_ERROR);
    ck_assert_int_eq(mc_server_get(&server, k, &value), how == 1 ? MC_MISS : MC_HIT);
    set(k, "new");
    ck_assert_int_eq(store_large(how, &mc_command_set, data), MC_SERVER_ERROR);
    ck_assert_int_eq(mc_server_get(&server, k, &value), MC_MISS);
    ck_assert_int_eq(mc_server_set(&server, k, data, 0), MC_SERVER_ERROR);
    expect_text(&server.client, "object too large for cache");
    expect_in_sync();
    free(large);
    end();
}
END_TEST

/* When other replies came after an error, its text is there still or not at all: it is never bytes
 * of something else. */
START_TEST(error_in_a_pipeline)
{
    enum { GETS = 20, SIZE = 300 };
    static const char words[] = "cannot increment or decrement non-numeric value";
    char text[SIZE], space[GETS][SIZE];
    struct mc_value values[GETS];
    struct mc_op ops[1 + GETS] = {mc_op_incr(k, 1)};
    begin((enum live_kind)_i, "", NULL);
    server.cap = 2048;
    fill(text, SIZE, k);
    ck_assert_int_eq(mc_server_set(&server, k, (struct mc_bytes){text, SIZE}, 0), MC_STORED);
    for (size_t i = 0; i < GETS; i++) {
        values[i] = (struct mc_value){.buf = space[i], .cap = SIZE};
        ops[1 + i] = mc_op_get(k, &values[i]);
    }
    ck_assert_int_eq(mc_server_run(&server, ops, 1 + GETS), 0);
    ck_assert_int_eq(ops[0].result, MC_CLIENT_ERROR);
    for (size_t i = 0; i < GETS; i++)
        ck_assert(ops[1 + i].result == MC_HIT && is_filled(space[i], SIZE, k));
    if (server.client.text.len > 0)
        expect_text(&server.client, words);
    end();
}
END_TEST

/* A full cache forgets: that makes misses, and never a wrong value. */
START_TEST(evictions)
{
    enum { COUNT = 20000, SIZE = 1000 };
    char name[KEY_SIZE], text[SIZE];
    struct mc_value value = {.buf = text, .cap = SIZE};
    int hits = 0;
    begin((enum live_kind)_i, "-m 2", NULL);
    for (size_t i = 0; i < COUNT; i++) {
        struct mc_bytes key = key_of(name, i);
        fill(text, SIZE, key);
        ck_assert_int_eq(mc_server_set(&server, key, (struct mc_bytes){text, SIZE}, 0), MC_STORED);
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct mc_bytes key = key_of(name, i);
        int r = mc_server_get(&server, key, &value);
        ck_assert(r == MC_MISS || (r == MC_HIT && is_filled(text, SIZE, key)));
        hits += r == MC_HIT ? 1 : 0;
    }
    ck_assert_int_gt(hits, 0);
    ck_assert_int_lt(hits, COUNT);
    expect_in_sync();
    end();
}
END_TEST

/* A flag that this server does not know (E is newer than 1.6.18) must not count as a failure of the
 * server: whatever it answers, the next operation works. */
START_TEST(unknown_flag_in_a_pipeline)
{
    static const struct mc_flag newer = {.letter = 'E', .number = 12345};
    char text[4];
    struct mc_op op = mc_op_ms(k, MC_BYTES("v"), (struct mc_flags){&newer, 1}, NULL);
    begin((enum live_kind)_i, "", NULL);
    mc_server_run(&server, &op, 1);
    ck_assert(op.result == MC_HD || op.result == MC_CLIENT_ERROR);
    int r = mc_server_get(&server, none, &(struct mc_value){.buf = text, .cap = sizeof text});
    ck_assert_int_eq(r, MC_MISS);
    ck_assert_uint_eq(server.failures, 0);
    end();
}
END_TEST

/* ---- servers that die and stop --------------------------------------------------------------- */

enum { ROUND = 50, VALUE = 200 };

/* Sets or gets one of a few keys. Negative when that failed; a wrong value fails the test. */
static int use(size_t i)
{
    char name[KEY_SIZE], text[VALUE];
    struct mc_value value = {.buf = text, .cap = VALUE};
    struct mc_bytes key = key_of(name, i / 2 % ROUND);
    fill(text, VALUE, key);
    if (i % 2 == 0)
        return mc_server_set(&server, key, (struct mc_bytes){text, VALUE}, 0);
    memset(text, 0, VALUE);
    int r = mc_server_get(&server, key, &value);
    if (r == MC_HIT)
        ck_assert(value.len == VALUE && is_filled(text, VALUE, key));
    return r;
}

/* Uses it until something works: no longer than the longest pause, on a machine that has time. */
static void use_until_well(void)
{
    size_t i = 0;
    while (use(i) < 0)
        i++;
}

static void use_well(void)
{
    for (size_t i = 0; i < (size_t)4 * ROUND; i++)
        ck_assert_int_eq(use(i), i % 2 == 0 ? MC_STORED : MC_HIT);
}

START_TEST(killed_and_started_again)
{
    begin((enum live_kind)_i, "", NULL);
    use_well();
    live_kill(&live);
    for (size_t i = 0; i < 1000; i++)
        ck_assert_int_lt(use(i), 0);
    live_again(&live);
    use_until_well();
    use_well();
    ck_assert_uint_eq(server.connects, 2);
    end();
}
END_TEST

/* A restart between two operations is noticed by neither of them. */
START_TEST(restarted_unnoticed)
{
    char text[VALUE];
    struct mc_value value = {.buf = text, .cap = VALUE};
    begin(LIVE_UNIX, "", NULL);
    use_well();
    live_kill(&live);
    live_again(&live);
    ck_assert_int_eq(_i == 0 ? mc_server_get(&server, k, &value) : use(0),
                     _i == 0 ? MC_MISS : MC_STORED);
    ck_assert_uint_eq(server.connects, 2);
    ck_assert_uint_eq(server.failures, 0);
    end();
}
END_TEST

static void *kill_soon(void *ctx)
{
    const int *ms = ctx;
    nanosleep(&(struct timespec){.tv_nsec = *ms * 1000000L}, NULL);
    live_kill(&live);
    return NULL;
}

/* What may become of a pipeline on a server that dies: every op has a reply or a reason, and no value
 * is wrong. */
static void expect_sound(const struct mc_op *ops, const struct many *many)
{
    for (size_t i = 0; i < 2 * many->count; i++) {
        const struct mc_op *op = &ops[i];
        bool is_set = i % 2 == 0, failed = op->result < 0;
        if (failed)
            ck_assert_int_eq(op->result == MC_E_UNKNOWN && !is_set, false);
        else
            ck_assert_int_eq(op->result, is_set ? MC_STORED : MC_HIT);
        if (!failed && !is_set)
            ck_assert(is_filled(op->value->buf, many->size, op->key));
        if (i > 0 && ops[i - 1].result < 0)
            ck_assert(failed);
    }
}

START_TEST(killed_in_a_pipeline)
{
    enum { COUNT = 3000, SIZE = 4000 };
    int ms = _i;
    struct many many;
    struct mc_op *ops = allocate((size_t)COUNT * 2 * sizeof *ops);
    pthread_t killer;
    char *stored = allocate((size_t)COUNT * SIZE);
    begin(_i % 2 == 0 ? LIVE_UNIX : LIVE_TCP, "", NULL);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    make_many(&many, COUNT, SIZE);
    for (size_t i = 0; i < COUNT; i++) {
        fill(stored + i * SIZE, SIZE, many.keys[i]);
        ops[2 * i] = mc_op_set(many.keys[i], (struct mc_bytes){stored + i * SIZE, SIZE}, 0);
        ops[2 * i + 1] = mc_op_get(many.keys[i], &many.values[i]);
    }
    ck_assert_int_eq(pthread_create(&killer, NULL, kill_soon, &ms), 0);
    mc_server_run(&server, ops, (size_t)COUNT * 2);
    pthread_join(killer, NULL);
    expect_sound(ops, &many);
    live_again(&live);
    use_until_well();
    use_well();
    free_many(&many);
    free(stored);
    free(ops);
    end();
}
END_TEST

/* A server that is stopped keeps its connections: the answer to what it was asked comes later, and
 * must not be taken for the answer to anything else. */
START_TEST(stopped_and_gone_on)
{
    begin((enum live_kind)(_i % LIVE_KINDS), "", NULL);
    use_well();
    live_stop(&live);
    server.timeout_ms = 100;
    mc_deadline deadline = mc_socket_deadline(100);
    int r = use(_i < LIVE_KINDS ? 1 : 0);
    ck_assert_int_eq(r, _i < LIVE_KINDS ? MC_E_TIMEOUT : MC_E_UNKNOWN);
    ck_assert_int_ge(mc_socket_now(), deadline);
    ck_assert_int_eq(server.client.engine.error, MC_E_TIMEOUT);
    ck_assert(!server.socket.open);
    for (size_t i = 0; i < 1000; i++)
        ck_assert_int_lt(use(i), 0);
    live_go_on(&live);
    server.timeout_ms = LONG_MS;
    use_until_well();
    use_well();
    end();
}
END_TEST

/* ---- all of them ----------------------------------------------------------------------------- */

int main(void)
{
    const struct suite_test tests[] = {
        {client_store, LIVE_KINDS},
        {client_retrieval, LIVE_KINDS},
        {client_other_writes, LIVE_KINDS},
        {client_questions, LIVE_KINDS},
        {client_metadump, LIVE_KINDS},
        {client_mg, LIVE_KINDS},
        {client_stale_items, LIVE_KINDS},
        {client_ms_modes, LIVE_KINDS},
        {client_meta_cas, LIVE_KINDS},
        {client_ma, LIVE_KINDS},
        {client_quiet, LIVE_KINDS},
        {client_binary_keys, LIVE_KINDS},
        {values_of_every_size, 4 * LIVE_KINDS},
        {ten_thousand_keys, WAYS * 3},
        {keys_asked_for_twice, LIVE_KINDS},
        {run_of_every_command, LIVE_KINDS},
        {pipeline_of_5000, 3 * LIVE_KINDS},
        {pipeline_of_short_values, LIVE_KINDS},
        {pipeline_of_large_gets, LIVE_KINDS},
        {pipeline_of_quiet_commands, LIVE_KINDS},
        {server_functions, LIVE_KINDS},
        {server_stores, LIVE_KINDS},
        {let_in, LIVE_KINDS},
        {not_let_in, 3 * LIVE_KINDS},
        {no_login, LIVE_KINDS},
        {login_that_cannot_be_sent, 10},
        {no_more_connections, LIVE_KINDS},
        {client_auth, LIVE_KINDS},
        {too_large, 3 * LIVE_KINDS},
        {error_in_a_pipeline, LIVE_KINDS},
        {evictions, LIVE_KINDS},
        {unknown_flag_in_a_pipeline, LIVE_KINDS},
        {killed_and_started_again, LIVE_KINDS},
        {restarted_unnoticed, 2},
        {killed_in_a_pipeline, 12},
        {stopped_and_gone_on, 2 * LIVE_KINDS},
    };
    return suite_run("live", tests, sizeof tests / sizeof *tests);
}
