/* Tests of a server by its address, against scripted peers: what an address may be, when a
 * connection is made, what is sent a second time, and when the server is left alone. */
#include "names.h"
#include "script.h"
#include "server.h"
#include "suite.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { LONG_MS = 60000, PATH_SIZE = FOLDER_SIZE + 8 };

static char buf[2048];

/* For operations that must not fail for want of time. */
static void init(struct mc_server *server, const char *address)
{
    ck_assert_int_eq(mc_server_init(server, address, buf, sizeof buf), 0);
    server->timeout_ms = LONG_MS;
}

static void expect_counts(const struct mc_server *server, uint64_t connects, uint64_t failures)
{
    ck_assert_uint_eq(server->connects, connects);
    ck_assert_uint_eq(server->failures, failures);
}

/* A folder, which the test removes, and a path in it at which nobody listens yet. */
static void make_path(char folder[FOLDER_SIZE], char path[PATH_SIZE])
{
    folder_make(folder);
    snprintf(path, PATH_SIZE, "%s/socket", folder);
}

static void await_bytes(const struct mc_server *server)
{
    struct pollfd p = {.fd = server->socket.fd, .events = POLLIN};
    ck_assert_int_eq(poll(&p, 1, LONG_MS), 1);
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* What a server says of an invalid address, and of a valid one. */
START_TEST(address_is_parsed)
{
    struct mc_server server;
    ck_assert_int_eq(mc_server_init(&server, "localhost:80", buf, sizeof buf), 0);
    ck_assert_int_eq(server.address.kind, MC_ADDRESS_HOST);
    ck_assert_str_eq(server.address.port, "80");
    ck_assert_ptr_null(server.problem);
    ck_assert_int_eq(server.timeout_ms, MC_SERVER_TIMEOUT_MS);
    expect_counts(&server, 0, 0);
    ck_assert_int_eq(mc_server_init(&server, "localhost:", buf, sizeof buf), MC_E_ADDRESS);
    ck_assert_str_eq(server.problem, "a port is a number from 1 to 65535");
}
END_TEST

/* A path that only the system knows to be too long. */
START_TEST(path_too_long_for_the_system)
{
    char path[200] = "/";
    struct mc_server server;
    memset(path + 1, 'x', sizeof path - 2);
    init(&server, path);
    ck_assert_int_eq(mc_server_version(&server), MC_E_ADDRESS);
    ck_assert_str_eq(server.problem, "the path of the Unix socket is longer than the system takes");
    expect_counts(&server, 0, 1);
    ck_assert_int_eq(server.pause_ms, 0);
}
END_TEST

/* Who does not look at the result of mc_server_init() reaches no server, least of all another. */
START_TEST(bad_address_is_never_connected_to)
{
    struct mc_server server;
    mc_server_init(&server, "localhost:1,localhost:2", buf, sizeof buf);
    ck_assert_int_eq(mc_server_version(&server), MC_E_ADDRESS);
    expect_counts(&server, 0, 1);
}
END_TEST

/* ---- operations ------------------------------------------------------------------------------ */

static const struct mc_bytes key = {"k", 1}, ok = {"ok", 2};

static int take_ok(int r, const struct mc_value *value)
{
    if (r == MC_HIT) {
        ck_assert_uint_eq(value->len, ok.len);
        ck_assert_mem_eq(value->buf, ok.data, ok.len);
    }
    return r;
}

static int run_get(struct mc_server *server)
{
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    return take_ok(mc_server_get(server, key, &value), &value);
}

static int run_gets(struct mc_server *server)
{
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    int r = take_ok(mc_server_gets(server, key, &value), &value);
    if (r == MC_HIT)
        ck_assert_uint_eq(value.cas, 9);
    return r;
}

static int run_gat(struct mc_server *server)
{
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    return take_ok(mc_server_gat(server, 60, key, &value), &value);
}

static int run_get_many(struct mc_server *server)
{
    char text[2][8];
    const struct mc_bytes keys[] = {{"miss", 4}, key};
    struct mc_value values[] = {
        {.buf = text[0], .cap = 8}, {.buf = text[1], .cap = 8}, {.result = 77}};
    int r = mc_server_get_many(server, keys, values, 2);
    ck_assert_int_eq(values[2].result, 77);
    ck_assert_int_eq(values[0].result, r == 0 ? MC_MISS : r);
    ck_assert_int_eq(take_ok(values[1].result, &values[1]), r == 0 ? MC_HIT : r);
    return r;
}

static int run_store(struct mc_server *server)
{
    const struct mc_item item = {.key = key, .value = ok, .flags = 2, .exptime = -1, .cas = 9};
    return mc_server_store(server, &mc_command_cas, &item);
}

static int run_set(struct mc_server *server)
{
    return mc_server_set(server, key, ok, 60);
}

static int run_delete(struct mc_server *server)
{
    return mc_server_delete(server, key);
}

static int run_incr(struct mc_server *server)
{
    uint64_t number = 1;
    int r = mc_server_incr(server, key, 3, &number);
    ck_assert_uint_eq(number, r == MC_NUMBER ? 10 : 0);
    return r;
}

static int run_decr(struct mc_server *server)
{
    uint64_t number = 1;
    int r = mc_server_decr(server, key, 3, &number);
    ck_assert_uint_eq(number, r == MC_NUMBER ? 4 : 0);
    return r;
}

static int run_touch(struct mc_server *server)
{
    return mc_server_touch(server, key, 60);
}

static int run_flush_all(struct mc_server *server)
{
    return mc_server_flush_all(server, 5);
}

static int run_mg(struct mc_server *server)
{
    static const struct mc_flag flags[] = {{.letter = 'v'}, {.letter = 'c'}};
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    int r = take_ok(mc_server_mg(server, key, (struct mc_flags){flags, 2}, &value, &meta), &value);
    ck_assert_uint_eq(meta.cas, r == MC_HIT ? 9 : 0);
    return r;
}

/* Without a place for a value, when none is asked for. */
static int run_mg_bare(struct mc_server *server)
{
    static const struct mc_flag flag = {.letter = 's'};
    struct mc_meta meta;
    int r = mc_server_mg(server, key, (struct mc_flags){&flag, 1}, NULL, &meta);
    ck_assert_uint_eq(meta.size, r == MC_HD ? 2 : 0);
    return r;
}

static int run_ms(struct mc_server *server)
{
    static const struct mc_flag flags[] = {{.letter = 'T', .ttl = 60}, {.letter = 'c'}};
    struct mc_meta meta;
    int r = mc_server_ms(server, key, ok, (struct mc_flags){flags, 2}, &meta);
    ck_assert_uint_eq(meta.cas, r == MC_HD ? 9 : 0);
    return r;
}

/* Nothing of *meta stays what it was. */
static int run_md(struct mc_server *server)
{
    static const struct mc_flag flag = {.letter = 'C', .number = 9};
    struct mc_meta meta = {.cas = 1, .won = true};
    int r = mc_server_md(server, key, (struct mc_flags){&flag, 1}, &meta);
    ck_assert_uint_eq(meta.cas, 0);
    ck_assert(!meta.won);
    return r;
}

static int run_ma(struct mc_server *server)
{
    static const struct mc_flag flags[] = {{.letter = 'v'}, {.letter = 'D', .number = 3}};
    struct mc_meta meta;
    int r = mc_server_ma(server, key, (struct mc_flags){flags, 2}, &meta);
    ck_assert_uint_eq(meta.number, r == MC_NUMBER ? 10 : 0);
    return r;
}

/* Everything that a server can be asked, and whether it may be asked twice. */
static const struct operation {
    int (*run)(struct mc_server *server);
    const char *request, *reply;
    int result;
    bool repeatable;
} operations[] = {
    {mc_server_version, "version\r\n", "VERSION 1\r\n", MC_VERSION, true},
    {run_get, "get k\r\n", "VALUE k 0 2\r\nok\r\nEND\r\n", MC_HIT, true},
    {run_gets, "gets k\r\n", "VALUE k 0 2 9\r\nok\r\nEND\r\n", MC_HIT, true},
    {run_gat, "gat 60 k\r\n", "VALUE k 0 2\r\nok\r\nEND\r\n", MC_HIT, true},
    {run_get_many, "get miss k\r\n", "VALUE k 0 2\r\nok\r\nEND\r\n", 0, true},
    {run_mg, "mg k v c\r\n", "VA 2 c9\r\nok\r\n", MC_HIT, true},
    {run_mg_bare, "mg k s\r\n", "HD s2\r\n", MC_HD, true},
    {run_store, "cas k 2 -1 2 9\r\nok\r\n", "EXISTS\r\n", MC_EXISTS, false},
    {run_set, "set k 0 60 2\r\nok\r\n", "STORED\r\n", MC_STORED, false},
    {run_delete, "delete k\r\n", "DELETED\r\n", MC_DELETED, false},
    {run_incr, "incr k 3\r\n", "10\r\n", MC_NUMBER, false},
    {run_decr, "decr k 3\r\n", "4\r\n", MC_NUMBER, false},
    {run_touch, "touch k 60\r\n", "TOUCHED\r\n", MC_TOUCHED, false},
    {run_flush_all, "flush_all 5\r\n", "OK\r\n", MC_OK, false},
    {run_ms, "ms k 2 T60 c\r\nok\r\n", "HD c9\r\n", MC_HD, false},
    {run_md, "md k C9\r\n", "HD\r\n", MC_HD, false},
    {run_ma, "ma k v D3\r\n", "VA 2\r\n10\r\n", MC_NUMBER, false},
};

enum { OPERATIONS = COUNT(operations) };

/* How an operation ends when the connection is closed after it was sent. */
static int lost(const struct operation *operation)
{
    bool writes = !operation->repeatable || operation->run == run_gat; /* which sets the exptime */
    return writes ? MC_E_UNKNOWN : MC_E_CLOSED;
}

START_TEST(connects_when_first_used)
{
    const struct operation *o = &operations[_i % OPERATIONS];
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, o->reply, 0, 0},
                                       {PEER_HEAR, "version\r\n", 0, 0},
                                       {PEER_SAY, "VERSION 1\r\n", 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    if (!peer_has((enum peer_family)(_i / OPERATIONS), __func__))
        return;
    peer_start(&peer, (enum peer_family)(_i / OPERATIONS), NULL, script);
    init(&server, peer.address);
    expect_counts(&server, 0, 0);
    int64_t before = mc_socket_now();
    ck_assert_int_eq(o->run(&server), o->result);
    ck_assert_int_ge(server.used_ms, before);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, 1, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* An error reply is an answer: it is no failure, and the connection is used on, unless more of the
 * reply may follow: one to several keys. */
START_TEST(error_replies)
{
    const struct operation *o = &operations[_i];
    const bool many = o->run == run_get_many;
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, "SERVER_ERROR out of memory\r\n", 0, 0},
                                       {many ? PEER_SILENT : PEER_PASS, NULL, 0, 0},
                                       {many ? PEER_ACCEPT : PEER_PASS, NULL, 0, 0},
                                       {PEER_HEAR, "version\r\n", 0, 0},
                                       {PEER_SAY, "VERSION 1\r\n", 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(o->run(&server), MC_SERVER_ERROR);
    ck_assert_uint_eq(server.client.text.len, sizeof "out of memory" - 1);
    ck_assert_mem_eq(server.client.text.data, "out of memory", server.client.text.len);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, many ? 2 : 1, 0);
    ck_assert_int_eq(server.pause_ms, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* That an item is not there is an answer, not a failure of the server. */
START_TEST(not_found_is_no_failure)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "delete k\r\n", 0, 0},
                                              {PEER_SAY, "NOT_FOUND\r\n", 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_delete(&server, MC_BYTES("k")), MC_NOT_FOUND);
    expect_counts(&server, 1, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* A key that is refused is not sent, and is no failure of the server. */
START_TEST(refused_before_sent)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "version\r\n", 0, 0},
                                              {PEER_SAY, "VERSION 1\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    struct mc_value value = {0};
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_get(&server, MC_BYTES("a b"), &value), MC_E_KEY);
    ck_assert_int_eq(mc_server_set(&server, MC_BYTES(""), ok, 0), MC_E_KEY);
    ck_assert_int_eq(mc_server_delete(&server, MC_BYTES("a\r\nb")), MC_E_KEY);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, 1, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* ---- a kept connection that is closed -------------------------------------------------------- */

/* How the scripts begin: a connection is made, used and kept. */
/* clang-format off */
#define KEPT_CONNECTION                                                                            \
    {PEER_ACCEPT, NULL, 0, 0}, {PEER_HEAR, "version\r\n", 0, 0}, {PEER_SAY, "VERSION 1\r\n", 0, 0}
/* clang-format on */

/* Closed before it is used again: nothing can have gone out, so everything may be sent again. Unix
 * sockets only, for with TCP the first bytes go out to nobody. */
START_TEST(unsent_is_sent_again)
{
    const struct operation *o = &operations[_i];
    const struct peer_step script[] = {KEPT_CONNECTION,
                                       {PEER_CLOSE, NULL, 0, 0},
                                       {PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, o->reply, 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_await(&peer, 4);
    ck_assert_int_eq(o->run(&server), o->result);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* Closed or reset when all of it has gone out: only what may be repeated is. */
START_TEST(sent_and_lost)
{
    static const enum peer_do ends[] = {PEER_CLOSE, PEER_RESET};
    const struct operation *o = &operations[_i % OPERATIONS];
    enum peer_family family = (enum peer_family)(_i / OPERATIONS % PEER_FAMILIES);
    const struct peer_step script[] = {KEPT_CONNECTION,
                                       {PEER_HEAR, o->request, 0, 0},
                                       {ends[_i / OPERATIONS / PEER_FAMILIES], NULL, 0, 0},
                                       {o->repeatable ? PEER_ACCEPT : PEER_END, NULL, 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, o->reply, 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    if (!peer_has(family, __func__))
        return;
    peer_start(&peer, family, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(o->run(&server), o->repeatable ? o->result : MC_E_UNKNOWN);
    expect_counts(&server, o->repeatable ? 2 : 1, o->repeatable ? 0 : 1);
    ck_assert_int_eq(server.pause_ms, 0); /* it may have been started again */
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* When the reply has begun, nothing is repeated. */
START_TEST(reply_begun)
{
    const struct operation *o = &operations[_i];
    const struct peer_step script[] = {KEPT_CONNECTION,
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, o->reply, 1, 0},
                                       {PEER_CLOSE, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(o->run(&server), lost(o));
    expect_counts(&server, 1, 1);
    peer_end(&peer);
}
END_TEST

/* A fresh connection that is closed at once means that the server does not work. */
START_TEST(fresh_connection_closed)
{
    const struct operation *o = &operations[_i];
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_CLOSE, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(o->run(&server), lost(o));
    expect_counts(&server, 1, 1);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    peer_end(&peer);
}
END_TEST

START_TEST(repeated_only_once)
{
    const struct operation *o = &operations[_i];
    const struct peer_step script[] = {KEPT_CONNECTION,           {PEER_CLOSE, NULL, 0, 0},
                                       {PEER_ACCEPT, NULL, 0, 0}, {PEER_HEAR, o->request, 0, 0},
                                       {PEER_CLOSE, NULL, 0, 0},  {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_await(&peer, 4);
    ck_assert_int_eq(o->run(&server), lost(o));
    expect_counts(&server, 2, 1);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    peer_end(&peer);
}
END_TEST

/* The server is gone at the second try: nothing of a write can have been done. */
START_TEST(gone_at_second_try)
{
    static const struct peer_step script[] = {
        KEPT_CONNECTION, {PEER_CLOSE, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_end(&peer);
    ck_assert_int_eq(operations[_i].run(&server), MC_E_CONNECT);
    expect_counts(&server, 1, 1);
}
END_TEST

enum { BIG = 16 << 20, FIRST = 1000 };

/* A set of which the server takes only the beginning before it dies: sent again, and whole. */
START_TEST(partly_sent_is_sent_again)
{
    enum { HEAD = sizeof "set k 0 0 16777216\r\n" - 1 };
    char *text = malloc(HEAD + BIG + 2);
    ck_assert_ptr_nonnull(text);
    memset(text + HEAD, 'v', BIG);
    memcpy(text, "set k 0 0 16777216\r\n", HEAD);
    memcpy(text + HEAD + BIG, "\r\n", 2);
    const struct peer_step script[] = {KEPT_CONNECTION,
                                       {PEER_HEAR, text, FIRST, 0},
                                       {PEER_RESET, NULL, 0, 0},
                                       {PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, text, HEAD + BIG + 2, 0},
                                       {PEER_SAY, "STORED\r\n", 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    const struct mc_bytes value = {text + HEAD, BIG};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(mc_server_set(&server, key, value, 0), MC_STORED);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
    free(text);
}
END_TEST

/* A batch is never repeated, whatever it is made of. */
START_TEST(batches_are_not_repeated)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_HEAR, "get k\r\nset k 0 0 2\r\nok\r\n", 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct mc_op ops[] = {{.command = &mc_command_get, .key = key},
                          {.command = &mc_command_set, .key = key, .data = ok}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(mc_server_run(&server, ops, 2), MC_E_CLOSED);
    ck_assert_int_eq(ops[0].result, MC_E_CLOSED);
    ck_assert_int_eq(ops[1].result, MC_E_UNKNOWN);
    expect_counts(&server, 1, 1);
    ck_assert_int_eq(server.pause_ms, 0);
    peer_end(&peer);
}
END_TEST

/* Not even when it did not go out whole: that is a failure, which is counted. */
START_TEST(partly_sent_batch)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_HEAR, "set k 0 0 16777216\r\n", 0, 0},
                                              {PEER_RESET, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    const struct mc_bytes value = {calloc(BIG, 1), BIG};
    struct mc_op op = {.command = &mc_command_set, .key = key, .data = value};
    struct peer peer;
    struct mc_server server;
    ck_assert_ptr_nonnull(value.data);
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(mc_server_run(&server, &op, 1), MC_E_CLOSED);
    ck_assert_int_eq(op.result, MC_E_CLOSED);
    expect_counts(&server, 1, 1);
    peer_end(&peer);
    free((void *)(uintptr_t)value.data);
}
END_TEST

/* An operation without a call of its own. */
static void count_statistic(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                            const struct mc_reply *reply)
{
    (void)sink, (void)slot;
    ck_assert_ptr_eq(op->command, &mc_command_stats);
    ck_assert_int_eq(event, MC_STAT);
    ck_assert_mem_eq(reply->key.data, "pid", 3);
}

static int run_stats(struct mc_server *server)
{
    struct mc_sink sink = {count_statistic};
    return mc_server_stats(server, (struct mc_bytes){0}, &sink);
}

START_TEST(operation_of_ones_own)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_HEAR, "stats\r\n", 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              {PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "stats\r\n", 0, 0},
                                              {PEER_SAY, "STAT pid 1\r\nEND\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(run_stats(&server), MC_END);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* One that must not be repeated is not, once all of it has gone. */
START_TEST(operation_that_is_not_repeated)
{
    static const struct mc_flag flag = {.letter = 'N', .ttl = 5};
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_HEAR, "mg k N5\r\n", 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    int r = mc_server_mg(&server, key, (struct mc_flags){&flag, 1}, NULL, NULL);
    ck_assert_int_eq(r, MC_E_UNKNOWN);
    expect_counts(&server, 1, 1);
    ck_assert(!server.socket.open);
    peer_end(&peer);
}
END_TEST

/* ---- a kept connection that has not been used for long --------------------------------------- */

/* Closed, reset or spoken on unasked while nobody used it: the operation goes to a new one. */
static void expect_not_used_again(const struct operation *o, int round, int64_t unused_ms)
{
    static const struct peer_step news[] = {
        {PEER_CLOSE, NULL, 0, 0}, {PEER_RESET, NULL, 0, 0}, {PEER_SAY, "STORED\r\n", 0, 0}};
    enum peer_family family = (enum peer_family)(round % PEER_FAMILIES);
    const struct peer_step script[] = {
        KEPT_CONNECTION,           {PEER_GATE, NULL, 0, 0},       news[round / PEER_FAMILIES],
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_HEAR, o->request, 0, 0}, {PEER_SAY, o->reply, 0, 0},
        {PEER_SILENT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    if (!peer_has(family, __func__))
        return;
    peer_start(&peer, family, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_open_gate(&peer);
    await_bytes(&server);
    server.used_ms = mc_socket_now() - unused_ms; /* as if that much time had gone by */
    ck_assert_int_eq(o->run(&server), o->result);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}

enum { NEWS = 3 };

/* After a second, by whatever operation. */
START_TEST(stale_connection)
{
    expect_not_used_again(&operations[_i % OPERATIONS], _i / OPERATIONS, 1001);
}
END_TEST

/* By one that cannot be repeated, at any time: a late reply must not answer it. */
START_TEST(stale_connection_of_a_write)
{
    const struct operation *o = &operations[_i % OPERATIONS];
    if (!o->repeatable)
        expect_not_used_again(o, _i / OPERATIONS, 0);
}
END_TEST

/* A batch cannot be repeated either. */
static int run_batch(struct mc_server *server)
{
    struct mc_op ops[] = {{.command = &mc_command_get, .key = key},
                          {.command = &mc_command_set, .key = key, .data = ok}};
    int r = mc_server_run(server, ops, 2);
    ck_assert_int_eq(ops[0].result, MC_MISS);
    ck_assert_int_eq(ops[1].result, MC_STORED);
    return r;
}

START_TEST(stale_connection_of_a_batch)
{
    static const struct operation batch = {run_batch, "get k\r\nset k 0 0 2\r\nok\r\n",
                                           "END\r\nSTORED\r\n", 0, false};
    expect_not_used_again(&batch, _i, 0);
}
END_TEST

static int run_own_get(struct mc_server *server)
{
    struct mc_value value = {0};
    struct mc_op op = mc_op_get(key, &value);
    return mc_server_do(server, &op);
}

/* Between gets nobody looks, which is one system call less; and an END that nobody asked for is
 * taken for a miss, as server.h says. */
START_TEST(nobody_looks_between_gets)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_GATE, NULL, 0, 0},
                                              {PEER_SAY, "END\r\n", 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_open_gate(&peer);
    await_bytes(&server);
    server.used_ms = mc_socket_now() + LONG_MS; /* not long ago, however slow this machine is */
    ck_assert_int_eq(_i == 0 ? run_get(&server) : run_own_get(&server), MC_MISS);
    expect_counts(&server, 1, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* ---- connections that are given up ----------------------------------------------------------- */

/* After these replies to a set nobody knows what the server reads next: the connection is made
 * again, at once, for the server is well. */
static const char *const out_of_step[] = {"ERROR\r\n", "CLIENT_ERROR bad data chunk\r\n"};

static int run_set_in_batch(struct mc_server *server)
{
    struct mc_op op = {.command = &mc_command_set, .key = key, .data = ok, .exptime = 60};
    mc_server_run(server, &op, 1);
    return op.result;
}

static void expect_new_connection(const char *said, int (*run)(struct mc_server *server),
                                  int result)
{
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, "set k 0 60 2\r\nok\r\n", 0, 0},
                                       {PEER_SAY, said, 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, "version\r\n", 0, 0},
                                       {PEER_SAY, "VERSION 1\r\n", 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(run(&server), result);
    ck_assert_int_eq(server.pause_ms, 0);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}

START_TEST(new_connection_after_refused_set)
{
    expect_new_connection(out_of_step[_i], run_set, _i == 0 ? MC_ERROR : MC_CLIENT_ERROR);
}
END_TEST

START_TEST(new_connection_after_refused_set_in_batch)
{
    expect_new_connection(out_of_step[_i], run_set_in_batch, _i == 0 ? MC_ERROR : MC_CLIENT_ERROR);
}
END_TEST

/* A reply that comes too late finds the connection closed, and answers no other question. */
START_TEST(late_reply_is_never_read)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_HEAR, "get late\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    struct mc_value value = {0};
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    server.timeout_ms = 50;
    mc_deadline deadline = mc_socket_deadline(50);
    ck_assert_int_eq(mc_server_get(&server, MC_BYTES("late"), &value), MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    expect_counts(&server, 1, 1);
    server.timeout_ms = LONG_MS; /* and the first failure in a row brings no pause */
    ck_assert_int_eq(run_get(&server), MC_HIT);
    expect_counts(&server, 2, 1);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

START_TEST(broken_replies)
{
    static const char *const replies[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n", /* no reply */
        "STORED\r\n",                       /* another kind of reply */
        "VALUE l 0 2\r\nok\r\nEND\r\n",     /* another key */
        "VALUE k 0 2\r\nokEND\r\n",         /* a value without its end */
        "END\r\nEND\r\n",                   /* a reply too many */
        "HD\r\n",
    };
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, "get k\r\n", 0, 0},
                                       {PEER_SAY, replies[_i], 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(run_get(&server), MC_E_PROTOCOL);
    ck_assert(!server.socket.open);
    expect_counts(&server, 1, 1);
    peer_end(&peer);
}
END_TEST

START_TEST(closed_by_the_caller)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_SILENT, NULL, 0, 0},
                                              KEPT_CONNECTION,
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    mc_server_close(&server);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    mc_server_close(&server);
    mc_server_close(&server);
    expect_counts(&server, 2, 0);
    peer_end(&peer);
}
END_TEST

START_TEST(given_up_by_the_caller)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_SILENT, NULL, 0, 0},
                                              KEPT_CONNECTION,
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    mc_engine_fail(&server.client.engine, MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* ---- resolved at every connect --------------------------------------------------------------- */

static const struct peer_step answer_and_close[] = {
    KEPT_CONNECTION, {PEER_CLOSE, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
static const struct peer_step answer_get[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                              {PEER_END, NULL, 0, 0}};

START_TEST(another_server_at_the_path)
{
    struct peer first, second;
    struct mc_server server;
    char folder[FOLDER_SIZE], path[PATH_SIZE];
    make_path(folder, path);
    init(&server, path);
    peer_start(&first, PEER_UNIX, path, answer_and_close);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_end(&first);
    peer_start(&second, PEER_UNIX, path, answer_get);
    ck_assert_int_eq(run_get(&server), MC_HIT);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&second);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(another_address_of_the_name)
{
    struct peer first, second;
    struct mc_server server;
    names_clear();
    init(&server, NAMES_NAME ":1");
    unsigned asked = names_asked();
    peer_start(&first, PEER_TCP4, NULL, answer_and_close);
    names_add(PEER_TCP4, first.port);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_end(&first);
    peer_start(&second, PEER_TCP4, NULL, answer_get);
    names_clear();
    names_add(PEER_TCP4, second.port);
    ck_assert_int_eq(run_get(&server), MC_HIT);
    ck_assert_uint_eq(names_asked(), asked + 2);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&second);
}
END_TEST

START_TEST(name_that_does_not_resolve)
{
    struct mc_server server;
    names_clear();
    init(&server, NAMES_NAME ":1");
    ck_assert_int_eq(operations[_i].run(&server), MC_E_RESOLVE);
    ck_assert_int_ne(server.socket.resolve_code, 0);
    expect_counts(&server, 0, 1);
}
END_TEST

/* ---- a server that is down ------------------------------------------------------------------- */

enum { FAILURES = 9 };

static int64_t pause_after(int failures)
{
    int64_t pause = MC_SERVER_PAUSE_MIN_MS;
    for (int k = 1; k < failures && pause < MC_SERVER_PAUSE_MAX_MS; k++)
        pause *= 2;
    return pause < MC_SERVER_PAUSE_MAX_MS ? pause : MC_SERVER_PAUSE_MAX_MS;
}

/* Fails once more, with the pause that so many failures in a row bring; then the pause is over.
 * Returns how long it was. */
static int64_t fail_again(struct mc_server *server, int failures)
{
    int64_t before = mc_socket_now(), pause = pause_after(failures);
    ck_assert_int_eq(run_get(server), MC_E_CONNECT);
    int64_t after = mc_socket_now(), until = server->down_until_ms;
    ck_assert_int_eq(server->pause_ms, pause);
    ck_assert_int_ge(until, before + pause - pause / 4);
    ck_assert_int_le(until, after + pause + pause / 4);
    server->down_until_ms = 0;
    return until - before;
}

/* The pauses of many servers differ, also the longest ones, by all of a quarter up and down. */
START_TEST(pauses_differ)
{
    enum { SEEDS = 1000 };
    int64_t pause = pause_after(_i == 0 ? 1 : FAILURES), least = INT64_MAX, most = 0;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        struct mc_server server;
        init(&server, "/nowhere/at/all");
        server.seed = seed * UINT32_C(0x9e3779b9);
        server.pause_ms = _i == 0 ? 0 : MC_SERVER_PAUSE_MAX_MS;
        int64_t length = fail_again(&server, _i == 0 ? 1 : FAILURES);
        least = length < least ? length : least;
        most = length > most ? length : most;
    }
    ck_assert_int_lt(least, pause - pause / 5);
    ck_assert_int_gt(most, pause + pause / 5);
}
END_TEST

/* The same seed, the same pauses; without one, two servers have different ones sooner or later. */
START_TEST(seed_of_the_pauses)
{
    struct mc_server servers[2];
    bool same = true;
    for (int k = 0; k < 2; k++) {
        init(&servers[k], "/nowhere/at/all");
        servers[k].seed = _i == 0 ? 7 : 0;
    }
    for (int failures = 1; failures <= FAILURES; failures++) {
        fail_again(&servers[0], failures);
        fail_again(&servers[1], failures);
        same = same && servers[0].seed == servers[1].seed;
    }
    ck_assert_int_eq(same, _i == 0);
}
END_TEST

START_TEST(pause_grows_and_ends)
{
    static const struct peer_step script[] = {
        KEPT_CONNECTION, {PEER_CLOSE, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    char folder[FOLDER_SIZE], path[PATH_SIZE];
    make_path(folder, path);
    init(&server, path);
    for (int k = 1; k <= FAILURES; k++)
        fail_again(&server, k);
    peer_start(&peer, PEER_UNIX, path, script);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_end(&peer);
    fail_again(&server, 1); /* a reply makes all failures before it forgotten */
    expect_counts(&server, 1, FAILURES + 1);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* While the pause lasts, there is no connection and no waiting, and writes are not in doubt. */
START_TEST(left_alone_during_the_pause)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              KEPT_CONNECTION,
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_E_CLOSED);
    server.down_until_ms = INT64_MAX; /* however slow this machine is */
    for (size_t k = 0; k < OPERATIONS; k++)
        ck_assert_int_eq(operations[k].run(&server), MC_E_DOWN);
    expect_counts(&server, 1, 1 + OPERATIONS);
    server.down_until_ms = 0;
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, 2, 1 + OPERATIONS);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

START_TEST(batch_during_the_pause)
{
    struct mc_op ops[] = {{.command = &mc_command_get, .key = key},
                          {.command = &mc_command_set, .key = key, .data = ok}};
    struct mc_server server;
    init(&server, "/nowhere/at/all");
    ck_assert_int_eq(mc_server_run(&server, ops, 2), MC_E_CONNECT);
    ck_assert_int_eq(ops[0].result, MC_E_CONNECT);
    ck_assert_int_eq(ops[1].result, MC_E_CONNECT);
    server.down_until_ms = INT64_MAX;
    ck_assert_int_eq(mc_server_run(&server, ops, 2), MC_E_DOWN);
    ck_assert_int_eq(ops[0].result, MC_E_DOWN);
    ck_assert_int_eq(ops[1].result, MC_E_DOWN);
    expect_counts(&server, 0, 2);
}
END_TEST

/* Without a hand at the clock: the pause is at least as long as it says, and then over. */
START_TEST(pause_in_real_time)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              KEPT_CONNECTION,
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    int r;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    int64_t start = mc_socket_now();
    ck_assert_int_eq(mc_server_version(&server), MC_E_CLOSED);
    while ((r = mc_server_version(&server)) == MC_E_DOWN)
        continue;
    ck_assert_int_eq(r, MC_VERSION);
    ck_assert_int_ge(mc_socket_now(), start + MC_SERVER_PAUSE_MIN_MS - MC_SERVER_PAUSE_MIN_MS / 4);
    ck_assert_uint_eq(server.connects, 2);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* A request that does not fit the buffer says nothing about the server: what failed before is not
 * forgotten for it. */
START_TEST(full_is_no_reply)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_SILENT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    struct mc_value value = {0};
    char folder[FOLDER_SIZE], path[PATH_SIZE];
    make_path(folder, path);
    init(&server, path);
    server.cap = sizeof "get k\r\n" - 1;
    fail_again(&server, 1);
    peer_start(&peer, PEER_UNIX, path, script);
    ck_assert_int_eq(mc_server_get(&server, MC_BYTES("kk"), &value), MC_E_FULL);
    expect_counts(&server, 1, 1);
    mc_server_close(&server);
    peer_end(&peer);
    fail_again(&server, 2);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

static int run_get_without_room(struct mc_server *server)
{
    struct mc_value value = {0};
    return mc_server_get(server, key, &value);
}

/* Any reply that is no error makes the failures before it forgotten, even to nothing found, or with
 * a value for which there is no room. */
START_TEST(any_reply_is_a_reply)
{
    static const struct {
        int (*run)(struct mc_server *server);
        const char *request, *reply;
        int result;
    } cases[] = {
        {run_get_without_room, "get k\r\n", "VALUE k 0 2\r\nok\r\nEND\r\n", MC_E_FULL},
        {run_get_many, "get miss k\r\n", "VALUE k 0 2\r\nok\r\nEND\r\n", 0},
        {run_get, "get k\r\n", "END\r\n", MC_MISS},
    };
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, cases[_i].request, 0, 0},
                                       {PEER_SAY, cases[_i].reply, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    char folder[FOLDER_SIZE], path[PATH_SIZE];
    make_path(folder, path);
    init(&server, path);
    fail_again(&server, 1);
    peer_start(&peer, PEER_UNIX, path, script);
    ck_assert_int_eq(cases[_i].run(&server), cases[_i].result);
    ck_assert_int_eq(server.pause_ms, 0);
    ck_assert(!server.fresh);
    expect_counts(&server, 1, 1);
    mc_server_close(&server);
    peer_end(&peer);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* But an error reply does not: a server at its connection limit has nothing else to say. */
START_TEST(error_reply_proves_nothing)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "SERVER_ERROR out of memory\r\n", 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "END\r\n", 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    char folder[FOLDER_SIZE], path[PATH_SIZE];
    make_path(folder, path);
    init(&server, path);
    fail_again(&server, 1);
    peer_start(&peer, PEER_UNIX, path, script);
    ck_assert_int_eq(run_get(&server), MC_SERVER_ERROR);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    ck_assert_int_eq(run_get(&server), MC_MISS);
    ck_assert_int_eq(server.pause_ms, 0);
    expect_counts(&server, 1, 1);
    mc_server_close(&server);
    peer_end(&peer);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* As much time as there is: the deadline is none, and not in the past. */
START_TEST(all_the_time)
{
    static const int64_t times[] = {INT64_MAX, INT64_MAX - 1, INT64_MAX / 2};
    static const struct peer_step script[] = {
        KEPT_CONNECTION, {PEER_SILENT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_TCP4, NULL, script);
    init(&server, peer.address);
    server.timeout_ms = times[_i];
    int64_t before = mc_socket_now();
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    if (_i < 2)
        ck_assert_int_eq(server.deadline, MC_NEVER);
    else
        ck_assert_int_ge(server.deadline - before, times[_i]);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* ---- another dialer -------------------------------------------------------------------------- */

/* A system made up by the test: its connections play a script, and its clock stands still. */
struct world {
    struct script script;
    int64_t now;
    int result; /* of dial() */
    unsigned dials, checks, closes;
    int64_t dial_ms;  /* that dial() is given; 0: an operation's */
    int64_t close_ms; /* that close() takes */
    int64_t spent_ms; /* of the operation's time */
};

static int world_dial(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                      mc_deadline deadline)
{
    struct world *w = ctx;
    ck_assert_str_eq(address->host, "cache");
    ck_assert_int_eq(deadline, w->now - w->spent_ms + (w->dial_ms != 0 ? w->dial_ms : LONG_MS));
    w->script.deadline = deadline;
    *transport = script_transport(&w->script);
    w->dials++;
    return w->result;
}

static int world_check(void *ctx)
{
    ((struct world *)ctx)->checks++;
    return 0;
}

static void world_close(void *ctx)
{
    struct world *w = ctx;
    w->now += w->close_ms;
    w->spent_ms += w->close_ms;
    w->closes++;
}

static int64_t world_now(void *ctx)
{
    return ((struct world *)ctx)->now;
}

static void init_world(struct world *w, struct mc_server *server)
{
    *w = (struct world){.now = 1000000};
    init(server, "cache:1");
    server->dialer = (struct mc_dialer){world_dial, world_check, world_close, world_now, w};
}

static ptrdiff_t send_in_vain(void *ctx, const struct mc_bytes *parts, size_t count,
                              mc_deadline deadline)
{
    (void)ctx, (void)parts, (void)count, (void)deadline;
    return MC_E_CLOSED;
}

static ptrdiff_t receive_error(void *ctx, void *to, size_t cap, mc_deadline deadline)
{
    static const char words[] = "ERROR "
                                "Too many open connections"
                                "\r\n";
    (void)ctx, (void)deadline;
    ck_assert_uint_ge(cap, sizeof words - 1);
    memcpy(to, words, sizeof words - 1);
    return sizeof words - 1;
}

static int dial_in_vain(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                        mc_deadline deadline)
{
    (void)address, (void)deadline;
    *transport = (struct mc_transport){send_in_vain, receive_error, ctx};
    return 0;
}

/* A fresh connection that has ended with an error line before anything could be sent: the line is the
 * result of an operation, of the first of a batch, and of a login. */
START_TEST(error_before_a_send)
{
    struct world w;
    struct mc_server server;
    struct mc_op ops[] = {{.command = &mc_command_delete, .key = MC_BYTES("k")},
                          {.command = &mc_command_delete, .key = MC_BYTES("k")}};
    const char *words = "Too many open connections";
    init_world(&w, &server);
    server.dialer.dial = dial_in_vain;
    if (_i == 3)
        server.user = server.password = MC_BYTES("u");
    int r =
        _i == 0 || _i == 3 ? mc_server_do(&server, ops) : mc_server_run(&server, ops, (size_t)_i);
    ck_assert_int_eq(ops[0].result, _i == 3 ? MC_E_AUTH : MC_ERROR);
    ck_assert_int_eq(r, _i == 1 ? 0 : _i == 2 ? MC_E_CLOSED : ops[0].result);
    ck_assert_int_eq(ops[1].result, _i == 2 ? MC_E_CLOSED : 0);
    ck_assert_uint_eq(server.client.text.len, strlen(words));
    ck_assert_mem_eq(server.client.text.data, words, strlen(words));
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    expect_counts(&server, 1, 1);
}
END_TEST

/* It is refused like other arguments that cannot be sent. */
START_TEST(operation_without_a_command)
{
    struct world w;
    struct mc_server server;
    struct mc_op op = {.command = NULL};
    init_world(&w, &server);
    ck_assert_int_eq(mc_server_do(&server, &op), MC_E_COMMAND);
    ck_assert_int_eq(mc_server_run(&server, &op, 1), MC_E_COMMAND);
    ck_assert_int_eq(op.result, MC_E_COMMAND);
    ck_assert_int_eq(server.client.engine.error, 0);
    expect_counts(&server, 1, 0);
    script_check_sent(&w.script);
    script_free(&w.script);
}
END_TEST

/* The server connects, looks and closes by the dialer that it was given, each when it should. */
START_TEST(dialer_of_the_callers)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    script_step(&w.script, "delete k\r\n", "DELETED\r\n");
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert(w.dials == 1 && w.checks == 0 && w.closes == 0);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert(w.dials == 1 && w.checks == 0 && w.closes == 0);
    ck_assert_int_eq(mc_server_delete(&server, key), MC_DELETED);
    ck_assert(w.dials == 1 && w.checks == 1 && w.closes == 0);
    mc_server_close(&server);
    mc_server_close(&server);
    ck_assert(w.dials == 1 && w.checks == 1 && w.closes == 1);
    script_check_sent(&w.script);
    script_free(&w.script);
}
END_TEST

/* The second try has what time the first has left. */
START_TEST(one_deadline_for_both_tries)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    script_step(&w.script, "version\r\n", "");
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    w.close_ms = 7;
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(w.spent_ms, 7);
    expect_counts(&server, 2, 0);
    w.script.deadline = w.now + LONG_MS;
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    script_free(&w.script);
}
END_TEST

/* Pauses by the dialer's clock, to the millisecond: nothing is asked of the system before one is
 * over, and it is tried again as soon as it is. */
START_TEST(pauses_by_the_dialers_clock)
{
    static const int results[] = {MC_E_CONNECT, MC_E_SYSTEM, MC_E_RESOLVE, MC_E_TIMEOUT};
    const int result = results[_i % 4];
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    server.seed = (uint32_t)_i + 1;
    w.result = result;
    for (unsigned failures = 1; failures <= FAILURES; failures++) {
        int64_t pause = pause_after((int)failures);
        ck_assert_int_eq(mc_server_version(&server), result);
        ck_assert_uint_eq(w.dials, failures);
        int64_t until = server.down_until_ms;
        ck_assert(until >= w.now + pause - pause / 4 && until <= w.now + pause + pause / 4);
        w.now = until - 1;
        ck_assert_int_eq(mc_server_version(&server), MC_E_DOWN);
        ck_assert_uint_eq(w.dials, failures);
        w.now = until;
    }
    w.result = 0;
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(server.pause_ms, 0);
    script_free(&w.script);
}
END_TEST

/* A deadline for one operation, which need not be the server's; also one that has passed. */
START_TEST(deadline_of_the_next_call)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    mc_server_set_deadline(&server, w.now + 7);
    w.script.deadline = w.now + 7;
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(server.deadline, w.now + 7);
    w.script.deadline = w.now + LONG_MS;
    ck_assert_int_eq(mc_server_delete(&server, MC_BYTES("")), MC_E_KEY);
    ck_assert_int_eq(server.deadline, w.now + LONG_MS);
    mc_server_set_deadline(&server, 0);
    ck_assert_int_eq(mc_server_delete(&server, MC_BYTES("")), MC_E_KEY);
    ck_assert_int_le(server.deadline, 1);
    script_free(&w.script);
}
END_TEST

/* Or for one batch. */
START_TEST(deadline_of_the_next_batch)
{
    struct mc_op version = {.command = &mc_command_version};
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    for (int k = 0; k < 3; k++)
        script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    w.dial_ms = 7;
    for (int k = 0; k < 2; k++) {
        mc_server_set_deadline(&server, w.now + 7);
        ck_assert_int_eq(mc_server_run(&server, &version, 1), 0);
    }
    w.script.deadline = w.now + LONG_MS;
    ck_assert_int_eq(mc_server_run(&server, &version, 1), 0);
    ck_assert_uint_eq(w.dials, 1);
    script_free(&w.script);
}
END_TEST

/* Connecting and the login can have less time than the operation, but not more. */
START_TEST(time_to_connect)
{
    static const int64_t times[] = {5, 2 * (int64_t)LONG_MS};
    const int64_t expected = _i == 0 ? 5 : LONG_MS;
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    server.connect_timeout_ms = times[_i];
    server.user = server.password = MC_BYTES("x");
    w.dial_ms = expected;
    w.result = MC_E_TIMEOUT;
    ck_assert_int_eq(mc_server_version(&server), MC_E_TIMEOUT);
    ck_assert_uint_eq(server.timeouts, 1);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    script_free(&w.script);
}
END_TEST

/* The login, too, has only the time for connecting. */
START_TEST(time_to_log_in)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    server.connect_timeout_ms = w.dial_ms = 5;
    server.user = server.password = MC_BYTES("x");
    w.script.end = MC_E_TIMEOUT;
    script_step(&w.script, "set auth 0 0 3\r\nx x\r\n", "");
    ck_assert_int_eq(mc_server_version(&server), MC_E_TIMEOUT);
    ck_assert(w.dials == 1 && w.closes == 1);
    script_check_sent(&w.script);
    script_free(&w.script);
}
END_TEST

/* A connection that was not used for longer than it may be is closed before the next operation, or
 * batch. */
START_TEST(greatest_idle_age)
{
    struct mc_op version = {.command = &mc_command_version};
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    server.idle_max_ms = 500;
    for (int k = 0; k < 5; k++)
        script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    w.now += 500;
    w.script.deadline += 500;
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert(w.dials == 1 && w.closes == 0);
    w.now += 501;
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert(w.dials == 2 && w.closes == 1);
    w.now += 501;
    ck_assert_int_eq(mc_server_run(&server, &version, 1), 0);
    ck_assert(w.dials == 3 && w.closes == 2);
    server.idle_max_ms = 0;
    w.now += 1000000;
    w.script.deadline += 1000000;
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert(w.dials == 3 && w.closes == 2 && w.checks == 1);
    expect_counts(&server, 3, 0);
    script_free(&w.script);
}
END_TEST

/* Until when a server is left alone, and the end of that. */
START_TEST(pause_left)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    ck_assert_int_eq(mc_server_pause_left(&server), 0);
    w.result = MC_E_CONNECT;
    ck_assert_int_eq(mc_server_version(&server), MC_E_CONNECT);
    int64_t left = server.down_until_ms - w.now;
    ck_assert_int_eq(mc_server_pause_left(&server), left);
    w.now += 10;
    ck_assert_int_eq(mc_server_pause_left(&server), left - 10);
    ck_assert_int_eq(mc_server_version(&server), MC_E_DOWN);
    mc_server_resume(&server);
    ck_assert_int_eq(mc_server_pause_left(&server), 0);
    ck_assert_int_eq(mc_server_version(&server), MC_E_CONNECT);
    ck_assert_int_eq(server.pause_ms, pause_after(2));
    w.now += 10000;
    ck_assert_int_eq(mc_server_pause_left(&server), 0);
    ck_assert_uint_eq(w.dials, 2);
    script_free(&w.script);
}
END_TEST

/* Hits and misses of every kind of retrieval, and of nothing else, without a system call. */
START_TEST(counters)
{
    static const struct mc_flag v = {.letter = 'v'};
    const struct mc_bytes keys[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    char text[3][8];
    struct mc_value values[] = {
        {.buf = text[0], .cap = 8}, {.buf = text[1], .cap = 8}, {.buf = text[2], .cap = 8}};
    struct mc_op ops[] = {{.command = &mc_command_get, .key = key, .value = &values[0]},
                          {.command = &mc_command_delete, .key = key},
                          {.command = &mc_command_mg, .key = key}};
    struct mc_meta meta;
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "get k\r\n", "END\r\n");
    script_step(&w.script, "get a b c\r\n", "VALUE a 0 1\r\nx\r\nVALUE c 0 1\r\ny\r\nEND\r\n");
    script_step(&w.script, "mg k v\r\n", "VA 1\r\nx\r\n");
    script_step(&w.script, "gets k\r\n", "END\r\n");
    script_step(&w.script, "get k\r\ndelete k\r\nmg k\r\n", "END\r\nDELETED\r\nHD\r\n");
    script_step(&w.script, "stats\r\n", "END\r\n");
    ck_assert_int_eq(mc_server_get(&server, key, &values[0]), MC_MISS);
    ck_assert_int_eq(mc_server_get_many(&server, keys, values, 3), 0);
    ck_assert_int_eq(mc_server_mg(&server, key, (struct mc_flags){&v, 1}, &values[0], &meta),
                     MC_HIT);
    ck_assert_int_eq(mc_server_gets(&server, key, &values[0]), MC_MISS);
    ck_assert_int_eq(mc_server_run(&server, ops, 3), 0);
    ck_assert_int_eq(mc_server_stats(&server, (struct mc_bytes){0}, NULL), MC_END);
    ck_assert_uint_eq(server.hits, 2 + 1 + 1);
    ck_assert_uint_eq(server.misses, 1 + 1 + 1 + 1);
    ck_assert_uint_eq(server.timeouts, 0);
    script_free(&w.script);
}
END_TEST

/* Each call that has no row among the operations. */
START_TEST(calls_by_name)
{
    const struct mc_bytes keys[] = {{"a", 1}, {"b", 1}};
    struct mc_value values[] = {{0}, {0}};
    struct mc_op op = mc_op_many(&mc_command_get, keys, NULL, 2);
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "gats 60 k\r\n", "VALUE k 7 0 9\r\n\r\nEND\r\n");
    script_step(&w.script, "gets a b\r\n", "VALUE b 0 0 8\r\n\r\nEND\r\n");
    script_step(&w.script, "add k 0 60 2\r\nok\r\n", "NOT_STORED\r\n");
    script_step(&w.script, "replace k 0 60 2\r\nok\r\n", "STORED\r\n");
    script_step(&w.script, "append k 0 0 2\r\nok\r\n", "STORED\r\n");
    script_step(&w.script, "prepend k 0 0 2\r\nok\r\n", "NOT_STORED\r\n");
    script_step(&w.script, "cas k 0 60 2 9\r\nok\r\n", "EXISTS\r\n");
    script_step(&w.script, "incr k 3\r\n", "10\r\n");
    ck_assert_int_eq(mc_server_gats(&server, 60, key, &values[0]), MC_HIT);
    ck_assert(values[0].flags == 7 && values[0].cas == 9);
    ck_assert_int_eq(mc_server_gets_many(&server, keys, values, 2), 0);
    ck_assert(values[0].result == MC_MISS && values[1].result == MC_HIT && values[1].cas == 8);
    ck_assert_int_eq(mc_server_add(&server, key, ok, 60), MC_NOT_STORED);
    ck_assert_int_eq(mc_server_replace(&server, key, ok, 60), MC_STORED);
    ck_assert_int_eq(mc_server_append(&server, key, ok), MC_STORED);
    ck_assert_int_eq(mc_server_prepend(&server, key, ok), MC_NOT_STORED);
    ck_assert_int_eq(mc_server_cas(&server, key, ok, 60, 9), MC_EXISTS);
    ck_assert_int_eq(mc_server_incr(&server, key, 3, NULL), MC_NUMBER);
    ck_assert_int_eq(mc_server_get_many(&server, NULL, NULL, 0), 0);
    ck_assert_int_eq(mc_server_gets_many(&server, NULL, NULL, 0), 0);
    ck_assert_int_eq(mc_server_do(&server, &op), MC_E_FULL); /* no place for the results */
    script_check_sent(&w.script);
    script_free(&w.script);
}
END_TEST

/* Each timeout is counted, and each connection that an operation ends is closed at once. */
START_TEST(timeouts_and_closes)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    w.script.end = MC_E_TIMEOUT;
    script_step(&w.script, "version\r\n", "");
    script_step(&w.script, "version\r\n", "");
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    script_step(&w.script, "set k 0 0 2\r\nok\r\n", "CLIENT_ERROR bad data chunk\r\n");
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    script_step(&w.script, "version\r\n", "VERSION 1\r\n");
    for (unsigned k = 1; k <= 2; k++) {
        ck_assert_int_eq(mc_server_version(&server), MC_E_TIMEOUT);
        ck_assert(server.timeouts == k && server.failures == k && w.closes == k);
        mc_server_resume(&server);
    }
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(mc_server_set(&server, key, ok, 0), MC_CLIENT_ERROR);
    ck_assert(!server.open && w.closes == 3);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    mc_engine_fail(&server.client.engine, MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert(w.closes == 4 && w.dials == 5 && server.timeouts == 2 && server.failures == 2);
    script_free(&w.script);
}
END_TEST

/* A write whose reply did not come in time counts as a timeout, alone and in a batch. */
START_TEST(timeouts_of_writes)
{
    struct mc_op op = mc_op_delete(key);
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    w.script.end = MC_E_TIMEOUT;
    for (int k = 0; k < 2; k++)
        script_step(&w.script, "delete k\r\n", "");
    ck_assert_int_eq(mc_server_do(&server, &op), MC_E_UNKNOWN);
    ck_assert(server.timeouts == 1 && server.failures == 1);
    mc_server_resume(&server);
    ck_assert_int_eq(mc_server_run(&server, &op, 1), MC_E_UNKNOWN);
    ck_assert(server.timeouts == 2 && server.failures == 2);
    script_free(&w.script);
}
END_TEST

/* A batch whose connection ends after a good reply is a failure. */
START_TEST(batch_that_ends_early)
{
    struct mc_op ops[] = {mc_op_get(key, NULL), mc_op_set(key, ok, 0)};
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "get k\r\nset k 0 0 2\r\nok\r\n", "END\r\n");
    ck_assert_int_eq(mc_server_run(&server, ops, 2), MC_E_UNKNOWN);
    ck_assert(ops[0].result == MC_MISS && ops[1].result == MC_E_UNKNOWN);
    ck_assert(server.failures == 1 && !server.open);
    script_free(&w.script);
}
END_TEST

static void count_one(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                      const struct mc_reply *reply)
{
    (void)sink, (void)slot, (void)reply;
    ck_assert_ptr_eq(op->command, &mc_command_stats);
    ck_assert_int_eq(event, MC_STAT);
}

/* Each function that makes an operation, in one batch. */
START_TEST(operations_made)
{
    const struct mc_flag list[] = {mc_op_flag('v'), mc_op_flag_ttl('T', 60),
                                   mc_op_flag_number('E', 5), mc_op_flag_token('O', ok)};
    const struct mc_flags all = {list, 4}, ttl = {list + 1, 1}, cas = {list + 2, 1},
                          none = {list, 0};
    const struct mc_item item = {.key = key, .value = ok, .flags = 3, .cas = 9};
    struct mc_value values[5] = {{0}};
    struct mc_meta metas[2];
    struct mc_sink sink = {count_one};
    struct mc_op ops[] = {mc_op_get(key, &values[0]),
                          mc_op_gets(key, &values[1]),
                          mc_op_gat(60, key, &values[2]),
                          mc_op_gats(60, key, &values[3]),
                          mc_op_many(&mc_command_get, &key, &values[4], 1),
                          mc_op_many(&mc_command_get, NULL, NULL, 0),
                          mc_op_store(&mc_command_cas, &item),
                          mc_op_set(key, ok, 60),
                          mc_op_delete(key),
                          mc_op_incr(key, 3),
                          mc_op_decr(key, 4),
                          mc_op_touch(key, 60),
                          mc_op_stats(MC_BYTES("items"), &sink),
                          mc_op_mg(key, all, NULL, &metas[0]),
                          mc_op_ms(key, ok, ttl, &metas[1]),
                          mc_op_md(key, cas, NULL),
                          mc_op_ma(key, none, NULL),
                          mc_op_meta(&mc_command_me, key, none, NULL),
                          mc_op_make(&mc_command_version, (struct mc_bytes){0})};
    static const int results[] = {MC_MISS,   MC_MISS,    MC_MISS,   MC_MISS,    0,
                                  0,         MC_EXISTS,  MC_STORED, MC_DELETED, MC_NUMBER,
                                  MC_NUMBER, MC_TOUCHED, MC_END,    MC_HIT,     MC_HD,
                                  MC_HD,     MC_HD,      MC_ME,     MC_VERSION};
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script,
                "get k\r\ngets k\r\ngat 60 k\r\ngats 60 k\r\nget k\r\ncas k 3 0 2 9\r\nok\r\n"
                "set k 0 60 2\r\nok\r\ndelete k\r\nincr k 3\r\ndecr k 4\r\ntouch k 60\r\n"
                "stats items\r\nmg k v T60 E5 Ook\r\nms k 2 T60\r\nok\r\nmd k E5\r\nma k\r\n"
                "me k\r\nversion\r\n",
                "END\r\nEND\r\nEND\r\nEND\r\nEND\r\nEXISTS\r\nSTORED\r\nDELETED\r\n3\r\n4\r\n"
                "TOUCHED\r\nSTAT a 1\r\nEND\r\nVA 1 Ook\r\nx\r\nHD\r\nHD\r\nHD\r\nME k exp=-1\r\n"
                "VERSION 1\r\n");
    ck_assert_int_eq(mc_server_run(&server, ops, COUNT(ops)), 0);
    for (size_t k = 0; k < COUNT(ops); k++)
        ck_assert_int_eq(ops[k].result, results[k]);
    script_check_sent(&w.script);
    script_free(&w.script);
}
END_TEST

/* Whatever was in its place, an operation that is started has its command and key, and nothing else. */
START_TEST(operation_started)
{
    struct mc_op op;
    struct mc_value value;
    memset(&op, 0xa5, sizeof op);
    op.large_flags = true;
    mc_op_start(&op, &mc_command_set, key);
    ck_assert(op.command == &mc_command_set && op.key.data == key.data && op.key.len == key.len);
    ck_assert(op.data.len == 0 && op.number == 0 && op.flags == 0 && !op.large_flags);
    ck_assert(op.exptime == 0 && op.meta_flags == NULL && op.meta_count == 0 && op.deadline == 0);
    ck_assert(op.value == NULL && op.meta == NULL && op.sink == NULL);
    ck_assert(op.keys == NULL && op.values == NULL && op.count == 0);
    memset(&op, 0xa5, sizeof op);
    mc_op_start_many(&op, &mc_command_gat, &key, &value, 1);
    ck_assert(op.command == &mc_command_gat && op.keys == &key && op.values == &value);
    ck_assert(op.count == 1 && op.key.len == 0 && op.exptime == 0 && op.deadline == 0);
}
END_TEST

/* Each place that is given for a result is the operation's. */
START_TEST(places_of_operations)
{
    const struct mc_item item = {.key = key, .value = ok, .flags = 1, .large_flags = true};
    const struct mc_flags none = {NULL, 0};
    struct mc_value value;
    struct mc_meta meta;
    struct mc_op op = mc_op_mg(key, none, &value, &meta);
    ck_assert(op.value == &value && op.meta == &meta);
    ck_assert_ptr_eq(mc_op_ms(key, ok, none, &meta).meta, &meta);
    ck_assert_ptr_eq(mc_op_md(key, none, &meta).meta, &meta);
    ck_assert_ptr_eq(mc_op_ma(key, none, &meta).meta, &meta);
    ck_assert_ptr_eq(mc_op_meta(&mc_command_me, key, none, &meta).meta, &meta);
    ck_assert(mc_op_store(&mc_command_set, &item).large_flags);
}
END_TEST

/* A connection that is opened before it is used; or cannot be, which is a failure and a pause. */
START_TEST(opened_before_use)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    w.result = MC_E_CONNECT;
    ck_assert_int_eq(mc_server_open(&server), MC_E_CONNECT);
    ck_assert_int_eq(mc_server_open(&server), MC_E_DOWN);
    ck_assert_uint_eq(server.failures, 2);
    mc_server_resume(&server);
    w.result = 0;
    ck_assert_int_eq(mc_server_open(&server), 0);
    ck_assert_int_eq(mc_server_open(&server), 0);
    ck_assert(w.dials == 2 && server.connects == 1);
    script_free(&w.script);
}
END_TEST

/* ---- messages -------------------------------------------------------------------------------- */

static void expect_message(const struct mc_server *server, int result, const char *message)
{
    char text[400], cut[8];
    ck_assert_uint_eq(mc_server_message(server, result, text, sizeof text), strlen(message));
    ck_assert_str_eq(text, message);
    ck_assert_uint_eq(mc_server_message(server, result, cut, sizeof cut), strlen(message));
    ck_assert_mem_eq(cut, message, 7);
    ck_assert_int_eq(cut[7], '\0');
    ck_assert_uint_eq(mc_server_message(server, result, NULL, 0), strlen(message));
}

/* What the server said, with nothing in it that a terminal would obey. */
START_TEST(message_with_the_servers_words)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "delete k\r\n", "SERVER_ERROR \x1b[31m out of \xff\r\n");
    ck_assert_int_eq(mc_server_delete(&server, key), MC_SERVER_ERROR);
    expect_message(&server, MC_SERVER_ERROR, "the server failed: \\x1b[31m out of \\xff");
    script_free(&w.script);
}
END_TEST

/* They are those of the last operation only, also when that one has no connection. */
START_TEST(message_without_old_words)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "delete k\r\n", "SERVER_ERROR out\r\n");
    ck_assert_int_eq(mc_server_delete(&server, key), MC_SERVER_ERROR);
    mc_server_close(&server);
    w.result = MC_E_TIMEOUT;
    ck_assert_int_eq(mc_server_delete(&server, key), MC_E_TIMEOUT);
    ck_assert_uint_eq(server.client.text.len, 0);
    expect_message(&server, MC_E_TIMEOUT, mc_text(MC_E_TIMEOUT));
    script_free(&w.script);
}
END_TEST

/* ERROR alone is all that it says of a command that it does not know. */
START_TEST(message_of_an_error)
{
    static const char *const lines[] = {"ERROR\r\n", "ERROR Too many open connections\r\n"};
    static const char *const messages[] = {
        "the server does not know the command",
        "the server refused the command: Too many open connections"};
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "version\r\n", lines[_i]);
    ck_assert_int_eq(mc_server_version(&server), MC_ERROR);
    expect_message(&server, MC_ERROR, messages[_i]);
    script_free(&w.script);
}
END_TEST

/* And what it said of a login. */
START_TEST(message_about_a_login)
{
    struct world w;
    struct mc_server server;
    char expected[200];
    init_world(&w, &server);
    server.user = server.password = MC_BYTES("x");
    script_step(&w.script, "set auth 0 0 3\r\nx x\r\n", "CLIENT_ERROR no\r\n");
    ck_assert_int_eq(mc_server_delete(&server, key), MC_E_AUTH);
    snprintf(expected, sizeof expected, "%s: no", mc_text(MC_E_AUTH));
    expect_message(&server, MC_E_AUTH, expected);
    script_free(&w.script);
}
END_TEST

START_TEST(message_about_a_broken_reply)
{
    struct world w;
    struct mc_server server;
    init_world(&w, &server);
    script_step(&w.script, "delete k\r\n", "NONSENSE\r\n");
    ck_assert_int_eq(mc_server_delete(&server, key), MC_E_UNKNOWN);
    char expected[400];
    snprintf(expected, sizeof expected, "%s: %s: %s", mc_text(MC_E_UNKNOWN), mc_text(MC_E_PROTOCOL),
             mc_text_fault(MC_FAULT_WORD));
    expect_message(&server, MC_E_UNKNOWN, expected);
    script_free(&w.script);
}
END_TEST

START_TEST(message_of_the_system)
{
    struct mc_server server;
    char expected[200];
    init(&server, "/nowhere/at/all");
    ck_assert_int_eq(mc_server_version(&server), MC_E_CONNECT);
    snprintf(expected, sizeof expected, "%s: %s", mc_text(MC_E_CONNECT), strerror(ENOENT));
    expect_message(&server, MC_E_CONNECT, expected);
    names_clear();
    init(&server, NAMES_NAME ":1");
    ck_assert_int_eq(mc_server_version(&server), MC_E_RESOLVE);
    snprintf(expected, sizeof expected, "%s: %s", mc_text(MC_E_RESOLVE),
             gai_strerror(server.socket.resolve_code));
    expect_message(&server, MC_E_RESOLVE, expected);
    ck_assert_int_eq(mc_server_init(&server, "a:b", buf, sizeof buf), MC_E_ADDRESS);
    expect_message(&server, MC_E_ADDRESS,
                   "the server's address is malformed: a port is a number from 1 to 65535");
    init(&server, "/nowhere/at/all");
    expect_message(&server, MC_E_DOWN, mc_text(MC_E_DOWN));
    server.socket.sys_errno = EMFILE;
    snprintf(expected, sizeof expected, "%s: %s", mc_text(MC_E_RESOURCES), strerror(EMFILE));
    expect_message(&server, MC_E_RESOURCES, expected);
    server.socket.sys_errno = EIO;
    snprintf(expected, sizeof expected, "%s: %s", mc_text(MC_E_SYSTEM), strerror(EIO));
    expect_message(&server, MC_E_SYSTEM, expected);
    server.socket.sys_errno = 0;
    expect_message(&server, MC_E_SYSTEM, mc_text(MC_E_SYSTEM));
    server.user = MC_BYTES("a b");
    server.password = MC_BYTES("c");
    ck_assert_int_eq(mc_server_version(&server), MC_E_AUTH);
    snprintf(expected, sizeof expected, "%s: %s", mc_text(MC_E_AUTH), server.problem);
    expect_message(&server, MC_E_AUTH, expected);
}
END_TEST

/* A quiet command alone goes with an mn, so that its silence is a reply, too. */
START_TEST(quiet_alone)
{
    static const struct mc_flag list[] = {{.letter = 'k'}, {.letter = 'q'}};
    const struct mc_flags flags = {list, 2}, too_many = {NULL, 1000};
    struct world w;
    struct mc_server server;
    struct mc_value value = {0};
    init_world(&w, &server);
    script_step(&w.script, "mg k k q O0\r\nmn\r\n", "MN\r\n");
    script_step(&w.script, "ms k 2 k q O1\r\nok\r\nmn\r\n", "NS kk O1\r\nMN\r\n");
    script_step(&w.script, "md k k q O2\r\nmn\r\n", "MN\r\n");
    script_step(&w.script, "ma k k q O3\r\nmn\r\n", "NF kk O3\r\nMN\r\n");
    ck_assert_int_eq(mc_server_mg(&server, key, flags, &value, NULL), MC_MISS);
    ck_assert_int_eq(mc_server_ms(&server, key, ok, flags, NULL), MC_NOT_STORED);
    ck_assert_int_eq(mc_server_md(&server, key, flags, NULL), MC_HD);
    ck_assert_int_eq(mc_server_ma(&server, key, flags, NULL), MC_NOT_FOUND);
    ck_assert_int_eq(mc_server_md(&server, key, too_many, NULL), MC_E_FLAG); /* not one is read */
    expect_counts(&server, 1, 0);
    script_free(&w.script);
}
END_TEST

/* Keepalive is asked for through the server's socket, and stays when it reconnects. */
START_TEST(keepalive)
{
    static const struct peer_step script[] = {
        KEPT_CONNECTION, {PEER_CLOSE, NULL, 0, 0}, KEPT_CONNECTION, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_TCP4, NULL, script);
    init(&server, peer.address);
    server.socket.keepalive_s = _i;
    for (int k = 0; k < 2; k++) {
        int on = -1;
        socklen_t size = sizeof on;
        ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
        ck_assert_int_eq(getsockopt(server.socket.fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
        ck_assert_int_eq(on != 0, _i != 0);
    }
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* A server may be moved between two calls. */
START_TEST(moved)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                              {PEER_HEAR, "delete k\r\n", 0, 0},
                                              {PEER_SAY, "DELETED\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server here, there;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&here, peer.address);
    ck_assert_int_eq(mc_server_version(&here), MC_VERSION);
    there = here;
    memset(&here, 0xa5, sizeof here);
    ck_assert_int_eq(run_get(&there), MC_HIT);
    here = there;
    memset(&there, 0xa5, sizeof there);
    ck_assert_int_eq(mc_server_delete(&here, key), MC_DELETED);
    expect_counts(&here, 1, 0);
    mc_server_close(&here);
    peer_end(&peer);
}
END_TEST

/* ---- a server at its connection limit -------------------------------------------------------- */

#define LIMIT "Too many open connections"

static void expect_words(const struct mc_server *server)
{
    ck_assert_uint_eq(server->client.text.len, sizeof LIMIT - 1);
    ck_assert_mem_eq(server->client.text.data, LIMIT, sizeof LIMIT - 1);
}

static const struct peer_step refusal[] = {{PEER_ACCEPT, NULL, 0, 0},
                                           {PEER_SAY, "ERROR " LIMIT "\r\n", 0, 0},
                                           {PEER_CLOSE, NULL, 0, 0},
                                           {PEER_END, NULL, 0, 0}};

/* Connects, and waits until the server has refused the connection. */
static void open_refused(struct peer *peer, enum peer_family family, struct mc_server *server)
{
    peer_start(peer, family, NULL, refusal);
    init(server, peer->address);
    ck_assert_int_eq(mc_server_open(server), 0);
    peer_await(peer, 3);
}

/* An error line and a close on a fresh connection, before the first request: the line is the result,
 * and there is a pause. */
START_TEST(no_more_connections)
{
    enum peer_family family = (enum peer_family)(_i / OPERATIONS);
    struct peer peer;
    struct mc_server server;
    if (!peer_has(family, __func__))
        return;
    open_refused(&peer, family, &server);
    ck_assert_int_eq(operations[_i % OPERATIONS].run(&server), MC_ERROR);
    expect_words(&server);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    server.down_until_ms = INT64_MAX;
    ck_assert_int_eq(operations[_i % OPERATIONS].run(&server), MC_E_DOWN);
    expect_counts(&server, 1, 2);
    peer_end(&peer);
}
END_TEST

/* Opened a second time, which has no reply that the line could be. */
START_TEST(no_more_connections_when_opened)
{
    struct peer peer;
    struct mc_server server;
    open_refused(&peer, PEER_UNIX, &server);
    server.used_ms = mc_socket_now() - 1001; /* as if that much time had gone by */
    ck_assert_int_eq(mc_server_open(&server), MC_E_CLOSED);
    expect_words(&server);
    expect_counts(&server, 1, 1);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    peer_end(&peer);
}
END_TEST

/* The close comes with the reply or a moment later: the result is the same. */
START_TEST(closed_with_an_error)
{
    const struct operation *o = &operations[_i % OPERATIONS];
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, "ERROR " LIMIT "\r\n", 0, 0},
                                       {PEER_CLOSE, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    enum peer_family family = (enum peer_family)(_i / OPERATIONS);
    struct peer peer;
    struct mc_server server;
    if (!peer_has(family, __func__))
        return;
    peer_start(&peer, family, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(o->run(&server), MC_ERROR);
    expect_words(&server);
    peer_end(&peer);
}
END_TEST

/* The same of a connection on which nothing can be sent any more, and of a batch there. */
START_TEST(closed_before_a_send)
{
    struct mc_op ops[] = {{.command = &mc_command_get, .key = key},
                          {.command = &mc_command_get, .key = key}};
    size_t count = _i == 2 ? 2 : 1;
    struct peer peer;
    struct mc_server server;
    open_refused(&peer, PEER_UNIX, &server);
    server.used_ms = INT64_MAX / 2; /* no check before a get */
    int r = _i == 0 ? mc_server_do(&server, ops) : mc_server_run(&server, ops, count);
    ck_assert_int_eq(r, _i == 0 ? MC_ERROR : 0);
    for (size_t k = 0; k < count; k++)
        ck_assert_int_eq(ops[k].result, MC_ERROR);
    expect_words(&server);
    expect_counts(&server, 1, 1);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    peer_end(&peer);
}
END_TEST

/* The close comes after the reply was returned: the next call finds it. */
START_TEST(closed_after_an_error)
{
    const struct operation *o = &operations[_i % OPERATIONS];
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, "ERROR " LIMIT "\r\n", 0, 0},
                                       {PEER_GATE, NULL, 0, 0},
                                       {PEER_CLOSE, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    enum peer_family family = (enum peer_family)(_i / OPERATIONS);
    struct peer peer;
    struct mc_server server;
    if (!peer_has(family, __func__))
        return;
    peer_start(&peer, family, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(o->run(&server), MC_ERROR);
    expect_words(&server);
    expect_counts(&server, 1, 0);
    ck_assert_int_eq(server.pause_ms, 0);
    peer_open_gate(&peer);
    await_bytes(&server);
    ck_assert_int_eq(run_get(&server), MC_E_CLOSED);
    expect_counts(&server, 1, 1);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    server.down_until_ms = INT64_MAX;
    ck_assert_int_eq(o->run(&server), MC_E_DOWN);
    peer_end(&peer);
}
END_TEST

/* A fresh connection that is closed, or spoken on, without words that say why. */
START_TEST(no_words)
{
    static const struct peer_step news[][2] = {
        {{PEER_PASS, NULL, 0, 0}, {PEER_CLOSE, NULL, 0, 0}},
        {{PEER_SAY, "STORED\r\n", 0, 0}, {PEER_CLOSE, NULL, 0, 0}},
        {{PEER_SAY, "ERR", 0, 0}, {PEER_CLOSE, NULL, 0, 0}},
    };
    const struct peer_step *n = news[_i / OPERATIONS];
    const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, n[0], n[1], {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_open(&server), 0);
    peer_await(&peer, 3);
    ck_assert_int_eq(operations[_i % OPERATIONS].run(&server), MC_E_CLOSED);
    ck_assert_uint_eq(server.client.text.len, 0);
    expect_counts(&server, 1, 1);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    peer_end(&peer);
}
END_TEST

/* What comes on a connection after an error reply that was its first is not taken for another: the
 * next operation has a new connection. */
START_TEST(more_after_an_error)
{
    const struct operation *o = &operations[_i];
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, "ERROR\r\n", 0, 0},
                                       {PEER_GATE, NULL, 0, 0},
                                       {PEER_LATE, "END\r\n", 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, "get k\r\n", 0, 0},
                                       {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(o->run(&server), MC_ERROR);
    peer_open_gate(&peer);
    await_bytes(&server);
    ck_assert_int_eq(run_get(&server), MC_HIT);
    expect_counts(&server, 2, 0);
    ck_assert_int_eq(server.pause_ms, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* The same of a batch: its operations keep what they got. */
START_TEST(closed_after_an_error_to_a_batch)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "ERROR " LIMIT "\r\n", 0, 0},
                                              {PEER_GATE, NULL, 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct mc_op op = {.command = &mc_command_get, .key = key};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_run(&server, &op, 1), 0);
    ck_assert_int_eq(op.result, MC_ERROR);
    expect_counts(&server, 1, 0);
    peer_open_gate(&peer);
    await_bytes(&server);
    ck_assert_int_eq(mc_server_run(&server, &op, 1), MC_E_CLOSED);
    ck_assert_int_eq(op.result, MC_E_CLOSED);
    expect_counts(&server, 1, 1);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    peer_end(&peer);
}
END_TEST

/* One good reply among errors shows that the connection is good. */
START_TEST(good_reply_in_a_batch)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\nset k 0 0 2\r\nok\r\n", 0, 0},
                                              {PEER_SAY, "END\r\nERROR\r\n", 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              KEPT_CONNECTION,
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct mc_op ops[] = {{.command = &mc_command_get, .key = key},
                          {.command = &mc_command_set, .key = key, .data = ok}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_run(&server, ops, 2), 0);
    ck_assert_int_eq(ops[0].result, MC_MISS);
    ck_assert_int_eq(ops[1].result, MC_ERROR);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* ---- failures that are not the server's ------------------------------------------------------ */

/* A reply line that the caller's buffer does not hold ends the connection and nothing else. */
START_TEST(buffer_too_small_for_a_line)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0},
        {PEER_HEAR, "get k\r\n", 0, 0},
        {PEER_SAY, "SERVER_ERROR a text that is longer than the buffer\r\n", 0, 0},
        {PEER_SILENT, NULL, 0, 0},
        {PEER_ACCEPT, NULL, 0, 0},
        {PEER_HEAR, "get k\r\n", 0, 0},
        {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
        {PEER_SILENT, NULL, 0, 0},
        {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    server.cap = 24;
    ck_assert_int_eq(run_get(&server), MC_E_LINE);
    ck_assert_int_eq(server.pause_ms, 0);
    ck_assert_int_eq(run_get(&server), MC_HIT);
    expect_counts(&server, 2, 1);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* This process has no descriptor left: however often, the server is not left alone for that. */
START_TEST(no_descriptors)
{
    static const struct peer_step script[] = {
        KEPT_CONNECTION, {PEER_SILENT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    struct rlimit limit, none;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 1; /* poll() of one descriptor, as the peer does, is still allowed */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int k = 0; k < 3; k++) {
        ck_assert_int_eq(mc_server_version(&server), MC_E_RESOURCES);
        ck_assert_int_eq(server.socket.sys_errno, EMFILE);
        ck_assert_int_eq(server.pause_ms, 0);
    }
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, 1, 3);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* An item with client flags of 64 bits is an item. */
START_TEST(large_client_flags)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0},
        {PEER_HEAR, "get k\r\n", 0, 0},
        {PEER_SAY, "VALUE k 18446744073709551615 2\r\nok\r\nEND\r\n", 0, 0},
        {PEER_SILENT, NULL, 0, 0},
        {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    char text[8];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    const struct mc_item item = {.key = key, .value = ok, .flags = UINT64_C(4294967301)};
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_get(&server, key, &value), MC_HIT);
    ck_assert_uint_eq(value.flags, UINT64_MAX);
    ck_assert_int_eq(mc_server_store(&server, &mc_command_set, &item),
                     MC_E_NUMBER); /* nothing is sent */
    expect_counts(&server, 1, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* ---- the first failure and the second -------------------------------------------------------- */

/* A timeout or a broken reply costs no pause, but a second one in a row does; a good reply between
 * them ends the row. */
static const struct peer_step failing[][2] = {
    {{PEER_PASS, NULL, 0, 0}, {PEER_SILENT, NULL, 0, 0}},
    {{PEER_SAY, "HTTP/1.1 400 Bad Request\r\n", 0, 0}, {PEER_SILENT, NULL, 0, 0}},
    {{PEER_SAY, "VALUE", 0, 0}, {PEER_CLOSE, NULL, 0, 0}}};

static int fail_get(struct mc_server *server, int how)
{
    server->timeout_ms = how == 0 ? 20 : LONG_MS;
    int r = run_get(server);
    server->timeout_ms = LONG_MS;
    return r;
}

START_TEST(second_failure_in_a_row)
{
    static const int results[] = {MC_E_TIMEOUT, MC_E_PROTOCOL, MC_E_CLOSED};
    const struct peer_step ask = {PEER_HEAR, "get k\r\n", 0, 0};
    const struct peer_step accept = {PEER_ACCEPT, NULL, 0, 0}, *f = failing[_i];
    const struct peer_step script[] = {
        KEPT_CONNECTION, ask, f[0], f[1], KEPT_CONNECTION,       ask, f[0], f[1],
        accept,          ask, f[0], f[1], {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    for (int k = 0; k < 2; k++) { /* each the first in its row */
        ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
        ck_assert_int_eq(fail_get(&server, _i), results[_i]);
        ck_assert_int_eq(server.pause_ms, 0);
        ck_assert(server.failed_before);
    }
    ck_assert_int_eq(fail_get(&server, _i), results[_i]);
    ck_assert_int_eq(server.pause_ms, MC_SERVER_PAUSE_MIN_MS);
    expect_counts(&server, 3, 3);
    peer_end(&peer);
}
END_TEST

/* ---- many keys ------------------------------------------------------------------------------- */

/* As memcached's proxy answers when one backend is down, whole or in two pieces: the value counts,
 * the other key has the error, the END answers no other get, and the server is not to blame. */
START_TEST(backend_failure)
{
    static const char whole[] = "VALUE k 0 2\r\nok\r\nSERVER_ERROR backend failure\r\nEND\r\n";
    const size_t cuts[] = {sizeof whole - 1, sizeof whole - 6, sizeof whole - 3};
    const struct peer_step script[] = {KEPT_CONNECTION,
                                       {PEER_HEAR, "get miss k\r\n", 0, 0},
                                       {PEER_SAY, whole, cuts[_i], 0},
                                       {PEER_GATE, NULL, 0, 0},
                                       {PEER_LATE, "END\r\n", 0, 0},
                                       {PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, "get k\r\n", 0, 0},
                                       {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    const struct mc_bytes keys[] = {{"miss", 4}, key};
    char text[2][8];
    struct mc_value values[] = {{.buf = text[0], .cap = 8}, {.buf = text[1], .cap = 8}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_int_eq(mc_server_get_many(&server, keys, values, 2), MC_SERVER_ERROR);
    ck_assert_int_eq(values[0].result, MC_SERVER_ERROR);
    ck_assert_int_eq(take_ok(values[1].result, &values[1]), MC_HIT);
    ck_assert_int_eq(server.pause_ms, 0);
    ck_assert(!server.failed_before);
    peer_open_gate(&peer);
    ck_assert_int_eq(run_get(&server), MC_HIT);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* Many keys have no more time than one. */
START_TEST(deadline_of_many_keys)
{
    static const struct peer_step script[] = {KEPT_CONNECTION,
                                              {PEER_HEAR, "get miss k\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    server.timeout_ms = 20;
    alarm(60); /* for one that has no deadline */
    ck_assert_int_eq(run_get_many(&server), MC_E_TIMEOUT);
    expect_counts(&server, 1, 1);
    peer_end(&peer);
}
END_TEST

/* ---- user and password ----------------------------------------------------------------------- */

/* clang-format off */
#define AUTH {PEER_ACCEPT, NULL, 0, 0}, {PEER_HEAR, "set auth 0 0 11\r\nuser pa ss \r\n", 0, 0}
/* clang-format on */

static void init_auth(struct mc_server *server, const struct peer *peer)
{
    init(server, peer->address);
    server->user = MC_BYTES("user");
    server->password = MC_BYTES("pa ss ");
}

/* On every connection, before anything else. */
START_TEST(says_who_it_is)
{
    const struct operation *o = &operations[_i];
    const struct peer_step script[] = {AUTH,
                                       {PEER_SAY, "STORED\r\n", 0, 0},
                                       {PEER_HEAR, "version\r\n", 0, 0},
                                       {PEER_SAY, "VERSION 1\r\n", 0, 0},
                                       {PEER_CLOSE, NULL, 0, 0},
                                       AUTH,
                                       {PEER_SAY, "STORED\r\n", 0, 0},
                                       {PEER_HEAR, o->request, 0, 0},
                                       {PEER_SAY, o->reply, 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init_auth(&server, &peer);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    peer_await(&peer, 6);
    ck_assert_int_eq(o->run(&server), o->result);
    expect_counts(&server, 2, 0);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* A login that was accepted is a good reply: a close after it begins no pause. */
START_TEST(lost_after_the_login)
{
    static const struct peer_step script[] = {AUTH,
                                              {PEER_SAY, "STORED\r\n", 0, 0},
                                              {PEER_HEAR, "version\r\n", 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init_auth(&server, &peer);
    ck_assert_int_eq(mc_server_version(&server), MC_E_CLOSED);
    expect_counts(&server, 1, 1);
    ck_assert_int_eq(server.pause_ms, 0);
    peer_end(&peer);
}
END_TEST

START_TEST(is_not_let_in)
{
    static const char *const replies[] = {"CLIENT_ERROR authentication failure\r\n", "ERROR\r\n",
                                          "SERVER_ERROR out of memory\r\n"};
    const struct operation *o = &operations[_i % OPERATIONS];
    const struct peer_step script[] = {AUTH,
                                       {PEER_SAY, replies[_i / OPERATIONS], 0, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init_auth(&server, &peer);
    ck_assert_int_eq(o->run(&server), MC_E_AUTH);
    if (_i < OPERATIONS) {
        ck_assert_uint_eq(server.client.text.len, sizeof "authentication failure" - 1);
        ck_assert_mem_eq(server.client.text.data, "authentication failure", server.client.text.len);
    }
    server.down_until_ms = INT64_MAX;
    ck_assert_int_eq(o->run(&server), MC_E_DOWN);
    expect_counts(&server, 1, 2);
    peer_end(&peer);
}
END_TEST

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* A user and password that cannot be sent: nothing is connected, and every call says so. */
static const char too_long[] = X50 X50 X50 X50 X50 "x"; /* for a user or a password */

static const struct {
    struct mc_bytes user, password;
    size_t cap;
} bad_logins[] = {
    {{"us er", 5}, {"secret", 6}, sizeof buf},
    {{"user", 4}, {"", 0}, sizeof buf},
    {{"user", 4}, {too_long, 251}, sizeof buf},
    {{"us\ner", 5}, {"secret", 6}, sizeof buf},
    {{"user", 4}, {"se\x01ret", 6}, sizeof buf},
    {{"user", 4}, {"secret\r\n", 8}, sizeof buf},
    {{too_long, 251}, {"secret", 6}, sizeof buf},
    {{"", 0}, {"secret", 6}, sizeof buf},
    {{"user", 4}, {"secret", 6}, 20},
};

START_TEST(login_that_cannot_be_sent)
{
    static const struct peer_step script[] = {AUTH,
                                              {PEER_SAY, "STORED\r\n", 0, 0},
                                              {PEER_HEAR, "version\r\n", 0, 0},
                                              {PEER_SAY, "VERSION 1\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init(&server, peer.address);
    server.user = bad_logins[_i].user;
    server.password = bad_logins[_i].password;
    server.cap = bad_logins[_i].cap;
    for (int round = 0; round < 2; round++) {
        for (size_t k = 0; k < OPERATIONS; k++) {
            ck_assert_int_eq(operations[k].run(&server), MC_E_AUTH);
            ck_assert_ptr_nonnull(server.problem);
        }
    }
    expect_counts(&server, 0, 2 * (uint64_t)OPERATIONS);
    ck_assert_int_eq(server.pause_ms, 0);
    init_auth(&server, &peer);
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    ck_assert_ptr_null(server.problem);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* Nothing is sent on a connection whose login failed, whatever the failure was. */
START_TEST(nothing_after_a_failed_login)
{
    static const struct peer_step script[] = {AUTH,
                                              {PEER_SILENT, NULL, 0, 0},
                                              AUTH,
                                              {PEER_SAY, "STORED\r\n", 0, 0},
                                              {PEER_HEAR, "version\r\n", 0, 0},
                                              {PEER_SAY, "VERSION 1\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init_auth(&server, &peer);
    server.timeout_ms = 20;
    ck_assert_int_eq(operations[_i].run(&server), MC_E_TIMEOUT);
    ck_assert(!server.socket.open);
    server.timeout_ms = LONG_MS;
    ck_assert_int_eq(mc_server_version(&server), MC_VERSION);
    expect_counts(&server, 2, 1);
    mc_server_close(&server);
    peer_end(&peer);
}
END_TEST

/* What fails before the operation itself was sent leaves no write in doubt. */
START_TEST(lost_while_saying_who_it_is)
{
    static const struct peer_step script[] = {
        AUTH, {PEER_CLOSE, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    init_auth(&server, &peer);
    ck_assert_int_eq(operations[_i].run(&server), MC_E_CLOSED);
    expect_counts(&server, 1, 1);
    peer_end(&peer);
}
END_TEST

/* ---- all of them ----------------------------------------------------------------------------- */

int main(void) // NOLINT(readability-function-size): a table
{
    const struct suite_test tests[] = {
        {address_is_parsed, 1},
        {path_too_long_for_the_system, 1},
        {bad_address_is_never_connected_to, 1},
        {connects_when_first_used, OPERATIONS * PEER_FAMILIES},
        {error_replies, OPERATIONS},
        {not_found_is_no_failure, 1},
        {refused_before_sent, 1},
        {operation_of_ones_own, 1},
        {one_deadline_for_both_tries, 1},
        {operation_that_is_not_repeated, 1},
        {unsent_is_sent_again, OPERATIONS},
        {sent_and_lost, OPERATIONS * PEER_FAMILIES * 2},
        {reply_begun, OPERATIONS},
        {fresh_connection_closed, OPERATIONS},
        {repeated_only_once, OPERATIONS},
        {gone_at_second_try, OPERATIONS},
        {partly_sent_is_sent_again, 2},
        {batches_are_not_repeated, 1},
        {partly_sent_batch, 2},
        {stale_connection, OPERATIONS * PEER_FAMILIES * NEWS},
        {stale_connection_of_a_write, OPERATIONS * PEER_FAMILIES * NEWS},
        {stale_connection_of_a_batch, PEER_FAMILIES * NEWS},
        {nobody_looks_between_gets, 2},
        {new_connection_after_refused_set, 2},
        {new_connection_after_refused_set_in_batch, 2},
        {late_reply_is_never_read, 1},
        {broken_replies, 6},
        {closed_by_the_caller, 1},
        {given_up_by_the_caller, 1},
        {another_server_at_the_path, 1},
        {another_address_of_the_name, 1},
        {name_that_does_not_resolve, OPERATIONS},
        {pause_grows_and_ends, 1},
        {pauses_differ, 2},
        {seed_of_the_pauses, 2},
        {left_alone_during_the_pause, 1},
        {batch_during_the_pause, 1},
        {pause_in_real_time, 1},
        {full_is_no_reply, 1},
        {any_reply_is_a_reply, 3},
        {error_reply_proves_nothing, 1},
        {all_the_time, 3},
        {error_before_a_send, 4},
        {operation_without_a_command, 1},
        {dialer_of_the_callers, 1},
        {pauses_by_the_dialers_clock, 100},
        {deadline_of_the_next_call, 1},
        {deadline_of_the_next_batch, 1},
        {time_to_connect, 2},
        {time_to_log_in, 1},
        {greatest_idle_age, 1},
        {pause_left, 1},
        {counters, 1},
        {message_with_the_servers_words, 1},
        {message_without_old_words, 1},
        {message_of_an_error, 2},
        {message_about_a_login, 1},
        {message_about_a_broken_reply, 1},
        {message_of_the_system, 1},
        {quiet_alone, 1},
        {calls_by_name, 1},
        {operations_made, 1},
        {operation_started, 1},
        {places_of_operations, 1},
        {timeouts_and_closes, 1},
        {timeouts_of_writes, 1},
        {batch_that_ends_early, 1},
        {opened_before_use, 1},
        {keepalive, 2},
        {moved, 1},
        {no_more_connections, OPERATIONS * PEER_FAMILIES},
        {no_more_connections_when_opened, 1},
        {closed_with_an_error, PEER_FAMILIES * OPERATIONS},
        {closed_before_a_send, 3},
        {closed_after_an_error, OPERATIONS * PEER_FAMILIES},
        {no_words, OPERATIONS * 3},
        {more_after_an_error, OPERATIONS},
        {closed_after_an_error_to_a_batch, 1},
        {good_reply_in_a_batch, 1},
        {buffer_too_small_for_a_line, 1},
        {no_descriptors, 1},
        {large_client_flags, 1},
        {second_failure_in_a_row, COUNT(failing)},
        {backend_failure, 3},
        {deadline_of_many_keys, 1},
        {says_who_it_is, OPERATIONS},
        {lost_after_the_login, 1},
        {is_not_let_in, OPERATIONS * 3},
        {login_that_cannot_be_sent, COUNT(bad_logins)},
        {nothing_after_a_failed_login, OPERATIONS},
        {lost_while_saying_who_it_is, OPERATIONS},
    };
    return suite_run("server", tests, sizeof tests / sizeof *tests);
}
