/* Tests of the replies to meta commands: keys in base64, numbers, and replies to quiet commands of which
 * not all have gone. */
#include "command.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { ROOM = 1024 };

/* An engine, and what it wants to send. */
struct talk {
    struct mc_engine engine;
    char in[ROOM], out[ROOM], sent[ROOM];
    size_t len;
};

static void start(struct talk *t)
{
    mc_engine_init(&t->engine, t->in, sizeof t->in, t->out, sizeof t->out);
    t->len = 0;
}

/* Sends so many bytes of what there is. */
static void send_some(struct talk *t, size_t most)
{
    struct mc_bytes part;
    while (most > 0 && mc_engine_output(&t->engine, &part, 1) > 0) {
        size_t n = part.len < most ? part.len : most;
        memcpy(t->sent + t->len, part.data, n);
        t->len += n;
        most -= n;
        mc_engine_sent(&t->engine, n);
    }
}

static void receive(struct talk *t, const char *text)
{
    size_t cap;
    char *to = mc_engine_input(&t->engine, &cap);
    ck_assert(to != NULL && cap >= strlen(text));
    memcpy(to, text, strlen(text));
    mc_engine_received(&t->engine, strlen(text));
}

/* ---- keys in base64 -------------------------------------------------------------------------- */

static const struct mc_flag b_k[] = {{.letter = 'b'}, {.letter = 'k'}};

/* Asks for a key, and answers with what was sent of it: but with one byte changed to this, and cut to
 * this length, or with more after it. True when that is the operation's reply. */
static bool is_own(struct mc_bytes key, size_t at, char byte, size_t cut, const char *more)
{
    struct talk t;
    char reply[ROOM] = "HD k";
    struct mc_op op = {.command = &mc_command_mg, .key = key, .meta_flags = b_k};
    op.meta_count = COUNT(b_k);
    start(&t);
    mc_engine_submit(&t.engine, &op);
    send_some(&t, ROOM);
    size_t len = t.len - strlen("mg  b k\r\n");
    memcpy(reply + 4, t.sent + 3, len);
    if (byte != '\0')
        reply[4 + at] = byte;
    len = 4 + (cut < len ? cut : len);
    snprintf(reply + len, sizeof reply - len, "%s b\r\n", more);
    receive(&t, reply);
    ck_assert_ptr_eq(mc_engine_done(&t.engine), &op);
    bool own = op.result == MC_HD;
    ck_assert(own || op.result == MC_E_PROTOCOL);
    ck_assert(own || t.engine.reader.fault == MC_FAULT_WRONG_KEY);
    return own;
}

/* Every length, and in keys of three bytes each letter in each place. */
START_TEST(own_keys)
{
    char bytes[MC_KEY_BINARY_MAX];
    for (size_t len = 1; len <= sizeof bytes; len++) {
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (char)(k * 37 + len);
        ck_assert(is_own((struct mc_bytes){bytes, len}, 0, '\0', SIZE_MAX, ""));
    }
    for (size_t letter = 0; letter < 64; letter++) {
        size_t bits = letter << 18 | letter << 12 | letter << 6 | letter;
        bytes[0] = (char)(bits >> 16);
        bytes[1] = (char)(bits >> 8);
        bytes[2] = (char)bits;
        ck_assert(is_own((struct mc_bytes){bytes, 3}, 0, '\0', SIZE_MAX, ""));
    }
}
END_TEST

/* One letter is another; some are missing, or too many. */
START_TEST(keys_of_others)
{
    static const char bytes[] = "\x00\x10\x83\x10Q\x87 \x92\x8b";
    const struct mc_bytes key = {bytes, (size_t)_i + 1};
    size_t letters = (key.len + 2) / 3 * 4;
    for (size_t at = 0; at < letters; at++) {
        ck_assert(!is_own(key, at, '*', SIZE_MAX, ""));
        ck_assert(!is_own(key, at, '~', SIZE_MAX, ""));
        ck_assert(!is_own(key, 0, '\0', at, ""));
    }
    ck_assert(!is_own(key, 0, '\0', SIZE_MAX, "===="));
    ck_assert(!is_own(key, 0, '\0', SIZE_MAX, "AAAA"));
    ck_assert(!is_own(key, 0, '\0', SIZE_MAX, "="));
}
END_TEST

/* A key that is too long to be sent so is not answered so. */
START_TEST(too_long_for_base64)
{
    enum { LONGER = MC_KEY_BINARY_MAX + 1, LETTERS = LONGER / 3 * 4 };
    static const struct mc_flag k[] = {{.letter = 'k'}};
    struct talk t;
    char name[LONGER], reply[ROOM] = "HD k";
    struct mc_op op = {.command = &mc_command_mg, .key = {name, sizeof name}, .meta_flags = k};
    op.meta_count = 1;
    memset(name, 'U', sizeof name); /* three of these are VVVV */
    memset(reply + 4, 'V', LETTERS);
    memcpy(reply + 4 + LETTERS, "VQ== b\r\n", 9);
    start(&t);
    mc_engine_submit(&t.engine, &op);
    send_some(&t, ROOM);
    receive(&t, reply);
    ck_assert_ptr_eq(mc_engine_done(&t.engine), &op);
    ck_assert_int_eq(op.result, MC_E_PROTOCOL);
}
END_TEST

/* ---- numbers --------------------------------------------------------------------------------- */

/* The first line says already that the number of an ma is too long. */
START_TEST(long_number)
{
    static const struct mc_flag v[] = {{.letter = 'v'}};
    struct talk t;
    struct mc_op op = {.command = &mc_command_ma, .key = B("k"), .meta_flags = v, .meta_count = 1};
    start(&t);
    mc_engine_submit(&t.engine, &op);
    send_some(&t, ROOM);
    receive(&t, _i == 0 ? "VA 20\r\n" : "VA 21\r\n");
    ck_assert_int_eq(t.engine.error, _i == 0 ? 0 : MC_E_PROTOCOL);
    if (_i == 0)
        receive(&t, "18446744073709551615\r\n");
    ck_assert_ptr_eq(mc_engine_done(&t.engine), &op);
    ck_assert_int_eq(op.result, _i == 0 ? MC_NUMBER : MC_E_UNKNOWN);
    ck_assert(_i > 0 || op.answer == UINT64_MAX);
}
END_TEST

/* ---- flags ----------------------------------------------------------------------------------- */

/* What each flag of an mg makes the reply show: it may not be missing after a hit. */
START_TEST(shown_flags)
{
    static const char *const shown[] = {"c5", "f6", "t7", "s8", "h1", "l9"};
    const struct mc_flag flag = {.letter = shown[_i / 2][0]};
    struct talk t;
    struct mc_meta meta;
    struct mc_op op = {.command = &mc_command_mg, .key = B("k"), .meta_flags = &flag};
    char reply[16];
    op.meta_count = 1;
    op.meta = &meta;
    snprintf(reply, sizeof reply, "HD%s%s\r\n", _i % 2 == 0 ? "" : " ",
             _i % 2 == 0 ? "" : shown[_i / 2]);
    start(&t);
    mc_engine_submit(&t.engine, &op);
    send_some(&t, ROOM);
    receive(&t, reply);
    ck_assert_ptr_eq(mc_engine_done(&t.engine), &op);
    ck_assert_int_eq(op.result, _i % 2 == 0 ? MC_E_PROTOCOL : MC_HD);
    ck_assert_int_eq(t.engine.reader.fault, _i % 2 == 0 ? MC_FAULT_UNASKED : MC_FAULT_NONE);
    uint64_t sum = meta.cas + meta.flags + (uint64_t)meta.ttl + meta.size + meta.hit_before;
    ck_assert_uint_eq(sum + meta.last_access, _i % 2 == 0 ? 0 : (uint64_t)(shown[_i / 2][1] - '0'));
}
END_TEST

/* ---- quiet commands -------------------------------------------------------------------------- */

/* Two quiet commands, the second of which may have a value; of them and their mn all but so many bytes
 * have gone: what may come then, in one piece. */
static const struct {
    const char *reply;
    bool value;
    size_t unsent;
    int error;
    enum mc_fault fault;
} early[] = {
    {"NF O0\r\n", false, 10, 0, MC_FAULT_NONE},
    {"MN\r\n", false, 10, MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {"NF O0\r\nMN\r\n", false, 10, MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {"NF O1\r\n", false, 10, MC_E_PROTOCOL, MC_FAULT_WRONG_KEY},
    {"NF O1\r\n", false, 5, MC_E_PROTOCOL, MC_FAULT_WRONG_KEY},
    {"NF O1\r\n", false, 4, 0, MC_FAULT_NONE},
    {"NF O0\r\nSERVER_ERROR x\r\n", false, 10, MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {"NF O0\r\nSERVER_ERROR x\r\n", false, 5, MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {"NF O0\r\nSERVER_ERROR x\r\n", false, 4, 0, MC_FAULT_NONE},
    {"SERVER_ERROR x\r\n", false, 10, 0, MC_FAULT_NONE},
    {"SERVER_ERROR x\r\nSERVER_ERROR x\r\n", false, 10, MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {"SERVER_ERROR x\r\nSERVER_ERROR x\r\n", false, 4, 0, MC_FAULT_NONE},
    {"NS O1\r\n", true, 4, 0, MC_FAULT_NONE},
    {"NS O1\r\n", true, 5, MC_E_PROTOCOL, MC_FAULT_WRONG_KEY},
    {"NS O1\r\n", true, 8, MC_E_PROTOCOL, MC_FAULT_WRONG_KEY},
    {"NF O0\r\nSERVER_ERROR x\r\n", true, 8, 0, MC_FAULT_NONE},
    {"NF O0\r\nSERVER_ERROR x\r\n", true, 9, MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {"NF O0\r\nMN\r\n", false, 1, MC_E_PROTOCOL, MC_FAULT_UNASKED},
};

START_TEST(early_replies)
{
    static const struct mc_flag q[] = {{.letter = 'q'}};
    const char *all = early[_i].value ? "md a q O0\r\nms b 2 q O1\r\nhi\r\nmn\r\n"
                                      : "md a q O0\r\nmd b q O1\r\nmn\r\n";
    struct talk t;
    struct mc_op ops[2] = {
        {.command = &mc_command_md, .key = B("a"), .meta_flags = q, .meta_count = 1},
        {.command = &mc_command_md, .key = B("b"), .meta_flags = q, .meta_count = 1}};
    if (early[_i].value) {
        ops[1].command = &mc_command_ms;
        ops[1].data = MC_BYTES("hi");
    }
    start(&t);
    mc_engine_submit(&t.engine, &ops[0]);
    mc_engine_submit(&t.engine, &ops[1]);
    send_some(&t, strlen(all) - early[_i].unsent);
    receive(&t, early[_i].reply);
    ck_assert_int_eq(t.engine.error, early[_i].error);
    ck_assert_int_eq(t.engine.reader.fault, early[_i].fault);
    if (early[_i].error != 0)
        return;
    send_some(&t, ROOM);
    receive(&t, "MN\r\n");
    ck_assert_ptr_eq(mc_engine_done(&t.engine), &ops[0]);
    ck_assert_ptr_eq(mc_engine_done(&t.engine), &ops[1]);
    ck_assert_int_eq(t.engine.error, 0);
}
END_TEST

/* The opaque of the last command that has one of its own. */
START_TEST(last_ticket)
{
    static const struct mc_flag q[] = {{.letter = 'q'}};
    struct talk t;
    struct mc_op op = {.command = &mc_command_md, .key = B("a"), .meta_flags = q, .meta_count = 1};
    start(&t);
    t.engine.ticket = UINT32_MAX; /* after so many commands */
    mc_engine_submit(&t.engine, &op);
    send_some(&t, ROOM);
    receive(&t, "NF O4294967295\r\nMN\r\n");
    ck_assert_ptr_eq(mc_engine_done(&t.engine), &op);
    ck_assert_int_eq(op.result, MC_NOT_FOUND);
}
END_TEST

/* What a sink got. */
struct tally {
    struct mc_sink sink;
    size_t pieces;
};

static void count_piece(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                        const struct mc_reply *reply)
{
    struct tally *tally = (struct tally *)sink;
    (void)op, (void)slot, (void)reply;
    tally->pieces += event == MC_BODY;
}

/* The number of an ma, cut after any byte, after a value went to a sink; it is no sink's. With q the
 * opaques of these and of one that is silent are no results. */
START_TEST(cut_numbers)
{
    static const struct mc_flag v_q[] = {{.letter = 'v'}, {.letter = 'q'}};
    static const char *const replies[] = {"VA 1\r\nx\r\nVA 2\r\n42\r\nHD\r\n",
                                          "VA 1 O7\r\nx\r\nVA 2 O8\r\n42\r\nMN\r\n"};
    const char *reply = replies[_i];
    for (size_t cut = 1; cut < strlen(reply); cut++) {
        struct talk t;
        char first[64];
        char place[] = "....";
        bool sinks = cut % 2 > 0;
        struct tally tally = {{count_piece}, 0};
        struct mc_value value = {.buf = place, .cap = 1};
        struct mc_op ops[] = {{.command = &mc_command_mg, .key = B("a"), .value = &value},
                              {.command = &mc_command_ma, .key = B("n"), .sink = &tally.sink},
                              {.command = &mc_command_md, .key = B("z")}};
        start(&t);
        t.engine.ticket = 7;
        ops[0].sink = sinks ? &tally.sink : NULL;
        for (size_t k = 0; k < COUNT(ops); k++) {
            ops[k].meta_flags = k < 2 ? v_q : v_q + 1;
            ops[k].meta_count = (k < 2 ? 1u : 0u) + (_i > 0 ? 1u : 0u);
            mc_engine_submit(&t.engine, &ops[k]);
        }
        send_some(&t, ROOM);
        snprintf(first, sizeof first, "%.*s", (int)cut, reply);
        receive(&t, first);
        receive(&t, reply + cut);
        ck_assert_int_eq(t.engine.error, 0);
        ck_assert_int_eq(ops[0].result, MC_HIT);
        ck_assert_int_eq(ops[1].result, MC_NUMBER);
        ck_assert_int_eq(ops[2].result, MC_HD);
        ck_assert_uint_eq(ops[0].answer, 0);
        ck_assert_uint_eq(ops[1].answer, 42);
        ck_assert_uint_eq(ops[2].answer, 0);
        ck_assert_uint_eq(tally.pieces, sinks ? 1 : 0);
        ck_assert_str_eq(place, sinks ? "...." : "x...");
    }
}
END_TEST

/* After an error in a quiet group, opaques are no results either. */
START_TEST(tickets_of_errors)
{
    static const struct mc_flag q[] = {{.letter = 'q'}};
    static const char *const replies[] = {"SERVER_ERROR x\r\nMN\r\n",
                                          "SERVER_ERROR x\r\nHD O8\r\nMN\r\n", "CLIENT_ERROR x\r\n",
                                          "HD O7\r\nCLIENT_ERROR x\r\n", "X\r\n"};
    struct talk t;
    struct mc_op ops[] = {{.command = &mc_command_ms,
                           .key = B("a"),
                           .data = B("hi"),
                           .meta_flags = q,
                           .meta_count = 1},
                          {.command = &mc_command_ms,
                           .key = B("b"),
                           .data = B("ho"),
                           .meta_flags = q,
                           .meta_count = 1}};
    start(&t);
    t.engine.ticket = 7;
    mc_engine_submit(&t.engine, &ops[0]);
    mc_engine_submit(&t.engine, &ops[1]);
    send_some(&t, ROOM);
    receive(&t, replies[_i]);
    for (size_t k = 0; k < COUNT(ops); k++) {
        ck_assert_ptr_eq(mc_engine_done(&t.engine), &ops[k]);
        ck_assert_int_ne(ops[k].result, 0);
        ck_assert_uint_eq(ops[k].answer, 0);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {own_keys, 1},
        {keys_of_others, 9},
        {too_long_for_base64, 1},
        {long_number, 2},
        {shown_flags, 12},
        {last_ticket, 1},
        {early_replies, COUNT(early)},
        {cut_numbers, 2},
        {tickets_of_errors, 5},
    };
    return suite_run("meta", tests, COUNT(tests));
}
