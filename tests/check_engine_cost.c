/* What the engine spends: usual replies that are whole are read without the reader, and how often keys
 * are compared is bounded. */
#include "command.h"
#include "script.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static size_t events, compared; /* of the reader, and by memcmp() */

/* The linker makes these of every call. */
int __wrap_mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply);
int __real_mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply);
int __wrap_memcmp(const void *a, const void *b, size_t n);
int __real_memcmp(const void *a, const void *b, size_t n);

int __wrap_mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    events++;
    return __real_mc_reader_next(reader, in, reply);
}

int __wrap_memcmp(const void *a, const void *b, size_t n)
{
    compared++;
    return __real_memcmp(a, b, n);
}

/* ---- one operation --------------------------------------------------------------------------- */

#define LARGEST "18446744073709551615"

static const struct mc_flag v[] = {{.letter = 'v'}};
static const struct mc_flag k_v[] = {{.letter = 'k'}, {.letter = 'v'}};
static const struct mc_flag k_only[] = {{.letter = 'k'}};

#define FLAGS(flags) .meta_flags = (flags), .meta_count = COUNT(flags)
#define OP(name, ...)                                               \
    {                                                               \
        .command = &mc_command_##name, .key = B("key"), __VA_ARGS__ \
    }
#define DATA .data = B("hi")
#define NONE .flags = 0

/* The usual replies: what comes of them. */
static const struct usual {
    struct mc_op op;
    const char *reply;
    int result;
    const char *value;
    uint64_t flags, number; /* of the item; its cas, or the answer */
} usual[] = {
    {OP(get, NONE), "END\r\n", MC_MISS, "", 0, 0},
    {OP(get, NONE), "VALUE key 0 2\r\nhi\r\nEND\r\n", MC_HIT, "hi", 0, 0},
    {OP(get, NONE), "VALUE key 90 0\r\n\r\nEND\r\n", MC_HIT, "", 90, 0},
    {OP(gat, NONE), "VALUE key 7 12\r\n0123456789ab\r\nEND\r\n", MC_HIT, "0123456789ab", 7, 0},
    {OP(gets, NONE), "END\r\n", MC_MISS, "", 0, 0},
    {OP(gets, NONE), "VALUE key 7 2 0\r\nhi\r\nEND\r\n", MC_HIT, "hi", 7, 0},
    {OP(gets, NONE), "VALUE key 7 2 1908\r\nhi\r\nEND\r\n", MC_HIT, "hi", 7, 1908},
    {OP(gats, NONE), "VALUE key 7 2 " LARGEST "\r\nhi\r\nEND\r\n", MC_HIT, "hi", 7, UINT64_MAX},
    {OP(set, DATA), "STORED\r\n", MC_STORED, "", 0, 0},
    {OP(cas, DATA), "STORED\r\n", MC_STORED, "", 0, 0},
    {OP(append, DATA), "STORED\r\n", MC_STORED, "", 0, 0},
    {OP(delete, NONE), "DELETED\r\n", MC_DELETED, "", 0, 0},
    {OP(delete, NONE), "NOT_FOUND\r\n", MC_NOT_FOUND, "", 0, 0},
    {OP(touch, NONE), "TOUCHED\r\n", MC_TOUCHED, "", 0, 0},
    {OP(touch, NONE), "NOT_FOUND\r\n", MC_NOT_FOUND, "", 0, 0},
    {OP(incr, NONE), "0\r\n", MC_NUMBER, "", 0, 0},
    {OP(incr, NONE), "1908\r\n", MC_NUMBER, "", 0, 1908},
    {OP(decr, NONE), LARGEST "\r\n", MC_NUMBER, "", 0, UINT64_MAX},
    {OP(decr, NONE), "NOT_FOUND\r\n", MC_NOT_FOUND, "", 0, 0},
    {OP(mg, FLAGS(v)), "VA 2\r\nhi\r\n", MC_HIT, "hi", 0, 0},
    {OP(mg, FLAGS(v)), "VA 0\r\n\r\n", MC_HIT, "", 0, 0},
    {OP(mg, FLAGS(k_v)), "VA 2 kkey\r\nhi\r\n", MC_HIT, "hi", 0, 0},
    {OP(mg, FLAGS(v)), "EN\r\n", MC_MISS, "", 0, 0},
    {OP(mg, NONE), "HD\r\n", MC_HD, "", 0, 0},
    {OP(mg, FLAGS(k_only)), "HD kkey\r\n", MC_HD, "", 0, 0},
    {OP(ms, DATA), "HD\r\n", MC_HD, "", 0, 0},
    {OP(ms, DATA, FLAGS(k_only)), "HD kkey\r\n", MC_HD, "", 0, 0},
    {OP(md, NONE), "HD\r\n", MC_HD, "", 0, 0},
    {OP(ma, NONE), "HD\r\n", MC_HD, "", 0, 0},
};

/* An engine, an operation and its place. */
struct room {
    struct mc_engine engine;
    char in[256], out[256], place[16];
    struct mc_value value;
    struct mc_op op;
};

static void set_up(struct room *r, const struct usual *u)
{
    memset(r, 0x55, sizeof *r);
    mc_engine_init(&r->engine, r->in, sizeof r->in, r->out, sizeof r->out);
    r->value.buf = r->place;
    r->value.cap = sizeof r->place;
    r->op = u->op;
    r->op.value = &r->value;
    events = 0;
}

static void send_all(struct mc_engine *e)
{
    struct mc_bytes part;
    while (mc_engine_output(e, &part, 1) > 0)
        mc_engine_sent(e, part.len);
}

static void receive(struct mc_engine *e, struct mc_bytes bytes)
{
    size_t cap;
    char *to = mc_engine_input(e, &cap);
    ck_assert_uint_ge(cap, bytes.len);
    memcpy(to, bytes.data, bytes.len);
    mc_engine_received(e, bytes.len);
}

static void check_room(const struct room *r, const struct usual *u)
{
    ck_assert_int_eq(r->op.result, u->result);
    ck_assert_int_eq(r->value.result, u->result);
    ck_assert_uint_eq(r->value.len, strlen(u->value));
    ck_assert_mem_eq(r->place, u->value, strlen(u->value));
    ck_assert_uint_eq(r->value.flags, u->flags);
    ck_assert_uint_eq(r->value.cas + r->op.answer, u->number);
    ck_assert_int_eq(r->engine.error, 0);
}

START_TEST(usual_in_an_engine)
{
    const struct usual *u = &usual[_i];
    struct room r;
    set_up(&r, u);
    mc_engine_submit(&r.engine, &r.op);
    send_all(&r.engine);
    receive(&r.engine, (struct mc_bytes){u->reply, strlen(u->reply)});
    ck_assert_ptr_eq(mc_engine_done(&r.engine), &r.op);
    check_room(&r, u);
    ck_assert_uint_eq(events, 0);
}
END_TEST

static ptrdiff_t send_whole(void *ctx, const struct mc_bytes *parts, size_t count,
                            mc_deadline deadline)
{
    size_t all = 0;
    (void)ctx, (void)deadline;
    for (size_t k = 0; k < count; k++)
        all += parts[k].len;
    return (ptrdiff_t)all;
}

static ptrdiff_t receive_whole(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct mc_bytes *reply = ctx;
    size_t n = reply->len;
    (void)deadline;
    ck_assert(n > 0 && n <= cap);
    memcpy(buf, reply->data, n);
    reply->len = 0;
    return (ptrdiff_t)n;
}

START_TEST(usual_alone)
{
    const struct usual *u = &usual[_i];
    struct mc_bytes reply = {u->reply, strlen(u->reply)};
    const struct mc_transport transport = {send_whole, receive_whole, &reply};
    struct room r;
    set_up(&r, u);
    ck_assert_int_eq(mc_engine_do(&r.engine, &transport, &r.op, SCRIPT_DEADLINE), u->result);
    check_room(&r, u);
    ck_assert_uint_eq(events, 0);
}
END_TEST

/* All of them at once. */
START_TEST(usual_together)
{
    static struct mc_op ops[COUNT(usual)];
    struct text reply = {0};
    struct mc_engine e;
    char in[1024], out[1024];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    for (size_t k = 0; k < COUNT(usual); k++) {
        ops[k] = usual[k].op;
        ops[k].exptime = (int32_t)k; /* so that no two share a line */
        if (ops[k].command == &mc_command_get || ops[k].command == &mc_command_gets)
            continue;
        mc_engine_submit(&e, &ops[k]);
        text_add_string(&reply, usual[k].reply);
    }
    send_all(&e);
    events = 0;
    receive(&e, (struct mc_bytes){reply.data, reply.len});
    for (struct mc_op *op; (op = mc_engine_done(&e)) != NULL;)
        ck_assert_int_eq(op->result, usual[op - ops].result);
    ck_assert(mc_engine_is_idle(&e) && e.error == 0);
    ck_assert_uint_eq(events, 0);
    text_free(&reply);
}
END_TEST

/* ---- many keys ------------------------------------------------------------------------------- */

enum { MANY = 300 };

/* A retrieval of many keys. */
struct many {
    struct mc_engine engine;
    char in[2048], out[2048], names[MANY][8], places[MANY][4];
    struct mc_bytes keys[MANY];
    struct mc_value values[MANY];
    struct mc_op op;
    struct text reply;
};

static struct many many;

/* What the keys look like: "k" and three digits; longer; two letters. */
enum { SHORT_NAMES, LONG_NAMES, PAIRS, SHAPES };

static size_t name_key(char name[8], size_t k, int shape)
{
    static const char *const formats[] = {"k%03zu", "ke%03zu"};
    if (shape < PAIRS)
        return (size_t)snprintf(name, 8, formats[shape], k % 1000);
    name[0] = (char)('A' + k % 50);
    name[1] = (char)('A' + k / 50);
    return 2;
}

static struct many *set_up_many(const struct mc_command *command, int shape)
{
    struct many *m = &many;
    memset(m, 0, sizeof *m);
    mc_engine_init(&m->engine, m->in, sizeof m->in, m->out, sizeof m->out);
    for (size_t k = 0; k < MANY; k++) {
        size_t len = name_key(m->names[k], k, shape);
        m->keys[k] = (struct mc_bytes){m->names[k], len};
        m->values[k] = (struct mc_value){.buf = m->places[k], .cap = 4};
    }
    m->op = (struct mc_op){.command = command, .keys = m->keys, .values = m->values, .count = MANY};
    mc_engine_submit(&m->engine, &m->op);
    send_all(&m->engine);
    ck_assert_uint_eq(m->engine.unanswered, strlen("get\r\n") +
                                                (m->keys[0].len + 1) * (size_t)MANY +
                                                (command == &mc_command_gets)); /* one line */
    return m;
}

static void answer_key(struct many *m, size_t k, const char *cas)
{
    const char *name = m->keys[k].data;
    int len = (int)m->keys[k].len;
    text_print(&m->reply, "VALUE %.*s %zu 2%s\r\n%.2s\r\n", len, name, k, cas, name);
}

static void check_many(struct many *m)
{
    ck_assert_ptr_eq(mc_engine_done(&m->engine), &m->op);
    ck_assert_int_eq(m->op.result, 0);
    for (size_t k = 0; k < MANY; k++) {
        if (m->values[k].result == MC_HIT)
            ck_assert(m->values[k].flags == k && memcmp(m->places[k], m->names[k], 2) == 0);
    }
    text_free(&m->reply);
}

/* Items in the order of their keys, whole: the reader sees the end of the reply alone. */
START_TEST(items_in_order)
{
    struct many *m = set_up_many(_i == 0 ? &mc_command_get : &mc_command_gets, SHORT_NAMES);
    for (size_t k = 0; k < MANY; k++)
        answer_key(m, k, _i == 0 ? "" : " " LARGEST);
    text_add_string(&m->reply, "END\r\n");
    events = 0;
    mc_engine_feed(&m->engine, (struct mc_bytes){m->reply.data, m->reply.len});
    ck_assert_uint_le(events, 1);
    for (size_t k = 0; k < MANY; k++)
        ck_assert_int_eq(m->values[k].result, MC_HIT);
    check_many(m);
}
END_TEST

/* In pieces, each of which has items and half of one: a key is compared a few times, and the reader
 * sees what is not whole. */
START_TEST(items_in_pieces)
{
    static const size_t pieces[] = {40, 47, 54, 400};
    struct many *m = set_up_many(&mc_command_get, SHORT_NAMES);
    size_t piece = pieces[_i], count = 0;
    for (size_t k = 0; k < MANY; k++)
        answer_key(m, k, "");
    text_add_string(&m->reply, "END\r\n");
    compared = events = 0;
    for (size_t at = 0; at < m->reply.len; at += piece, count++) {
        size_t n = m->reply.len - at < piece ? m->reply.len - at : piece;
        receive(&m->engine, (struct mc_bytes){m->reply.data + at, n});
    }
    ck_assert_uint_le(compared, 6 * (size_t)MANY);
    ck_assert_uint_le(events, 4 * count);
    for (size_t k = 0; k < MANY; k++)
        ck_assert_int_eq(m->values[k].result, MC_HIT);
    check_many(m);
}
END_TEST

/* Some keys have no value, and each that has one may be doubled: they are looked for only where that
 * can be. */
START_TEST(misses_among_many)
{
    struct many *m = set_up_many(&mc_command_get, _i);
    size_t misses = 0;
    for (size_t k = 0; k < MANY; k++) {
        if (k % 11 == 5)
            misses++;
        else
            answer_key(m, k, "");
    }
    text_add_string(&m->reply, "END\r\n");
    compared = 0;
    mc_engine_feed(&m->engine, (struct mc_bytes){m->reply.data, m->reply.len});
    ck_assert_uint_le(compared, 50 * misses);
    for (size_t k = 0; k < MANY; k++)
        ck_assert_int_eq(m->values[k].result, k % 11 == 5 ? MC_MISS : MC_HIT);
    check_many(m);
}
END_TEST

/* A line that comes in two lent pieces is looked at as often as there are pieces, not as bytes. */
START_TEST(line_in_two_pieces)
{
    struct mc_engine e;
    char in[256], out[256];
    struct mc_op op = {.command = &mc_command_version};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    events = 0;
    mc_engine_feed(&e, MC_BYTES("VERS"));
    mc_engine_feed(&e, MC_BYTES("ION 1.6.38-and-so-on\r\n"));
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_VERSION);
    ck_assert_uint_le(events, 2);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {usual_in_an_engine, COUNT(usual)},
        {usual_alone, COUNT(usual)},
        {usual_together, 1},
        {items_in_order, 2},
        {items_in_pieces, 4},
        {misses_among_many, SHAPES},
        {line_in_two_pieces, 1},
    };
    return suite_run("engine_cost", tests, COUNT(tests));
}
