/* Tests of the commands one by one: which lines each of them takes for its reply, and what its meta
 * flags make of it. */
#include "catalog.h"
#include "op.h"
#include "suite.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- replies --------------------------------------------------------------------------------- */

/* Every kind of line but errors, by its first word. */
static const struct {
    const char *word, *rest;
    int event;
} lines[] = {
    {"VALUE", " k 0 0 9\r\n\r\nEND\r\n", MC_HIT},
    {"VA", " 1\r\n5\r\n", MC_HIT},
    {"STAT", " a 1\r\n", MC_STAT},
    {"ITEM", " a 1\r\n", MC_ITEM},
    {"END", "\r\n", MC_END},
    {"EN", "\r\n", MC_END},
    {"STORED", "\r\n", MC_STORED},
    {"NOT_STORED", "\r\n", MC_NOT_STORED},
    {"NS", "\r\n", MC_NOT_STORED},
    {"EXISTS", "\r\n", MC_EXISTS},
    {"EX", "\r\n", MC_EXISTS},
    {"NOT_FOUND", "\r\n", MC_NOT_FOUND},
    {"NF", "\r\n", MC_NOT_FOUND},
    {"DELETED", "\r\n", MC_DELETED},
    {"TOUCHED", "\r\n", MC_TOUCHED},
    {"12", "\r\n", MC_NUMBER},
    {"HD", "\r\n", MC_HD},
    {"MN", "\r\n", MC_MN},
    {"ME", " k exp=1\r\n", MC_ME},
    {"OK", "\r\n", MC_OK},
    {"RESET", "\r\n", MC_RESET},
    {"VERSION", " 1\r\n", MC_VERSION},
    {"BUSY", " x\r\n", MC_BUSY},
    {"SAME", " x\r\n", MC_REFUSED},
};

static const struct mc_flag v[] = {{.letter = 'v'}};
static const struct mc_flag v_cas[] = {{.letter = 'v'}, {.letter = 'C', .number = 9}};
static const struct mc_flag cas[] = {{.letter = 'C', .number = 9}};

#define OP(name, ...)                                             \
    {                                                             \
        .command = &mc_command_##name, .key = B("k"), __VA_ARGS__ \
    }
#define FLAGS(flags) .meta_flags = (flags), .meta_count = COUNT(flags)
#define NONE .flags = 0
#define DATA .data = B("hi")

/* Of each command, the lines that end its reply, and those after which it goes on ("all": the others).
 * All others break the connection. */
static const struct {
    struct mc_op op;
    const char *ends, *go_on;
} commands[] = {
    {OP(get, NONE), "VALUE END", ""},
    {OP(gets, NONE), "VALUE END", ""},
    {OP(gat, NONE), "VALUE END", ""},
    {OP(gats, NONE), "VALUE END", ""},
    {OP(set, DATA), "STORED NOT_STORED", ""},
    {OP(add, DATA), "STORED NOT_STORED", ""},
    {OP(replace, DATA), "STORED NOT_STORED", ""},
    {OP(append, DATA), "STORED NOT_STORED", ""},
    {OP(prepend, DATA), "STORED NOT_STORED", ""},
    {OP(cas, DATA), "STORED NOT_STORED EXISTS NOT_FOUND", ""},
    {OP(delete, NONE), "DELETED NOT_FOUND", ""},
    {OP(incr, NONE), "12 NOT_FOUND", ""},
    {OP(decr, NONE), "12 NOT_FOUND", ""},
    {OP(touch, NONE), "TOUCHED NOT_FOUND", ""},
    {OP(mg, NONE), "HD EN", ""},
    {OP(mg, FLAGS(v)), "VA EN", ""},
    {OP(mg, FLAGS(v_cas)), "VA HD EN", ""},
    {OP(mg, FLAGS(cas)), "HD EN", ""},
    {OP(ms, DATA), "HD NS EX NF", ""},
    {OP(md, NONE), "HD EX NF", ""},
    {OP(ma, NONE), "HD NS EX NF", ""},
    {OP(ma, FLAGS(v)), "VA NS EX NF", ""},
    {OP(ma, FLAGS(v_cas)), "VA NS EX NF", ""},
    {OP(me, NONE), "ME EN", ""},
    {OP(version, NONE), "VERSION", ""},
    {OP(flush_all, NONE), "OK", ""},
    {OP(verbosity, NONE), "OK", ""},
    {OP(cache_memlimit, NONE), "OK SAME", ""},
    {OP(auth, DATA), "STORED", ""},
    {OP(stats, NONE), "END RESET OK", "STAT ITEM"},
    {OP(stats_text, NONE), "END EN BUSY SAME", "all"},
    {OP(metadump, NONE), "END EN BUSY SAME", "all"},
    {OP(mgdump, NONE), "END EN BUSY SAME", "all"},
    {OP(watch, NONE), "BUSY SAME", "all but END EN"},
};

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += len) {
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* Is its reply one of free-text lines? */
static bool is_stream(size_t command)
{
    return (commands[command].op.command->traits & MC_COMMAND_TEXT) != 0;
}

/* Sends the operation, and receives these bytes, so many at once. */
static void ask(struct mc_engine *e, struct mc_op *op, struct mc_bytes reply, size_t piece)
{
    struct mc_bytes parts[4];
    size_t count, cap;
    mc_engine_submit(e, op);
    while ((count = mc_engine_output(e, parts, COUNT(parts))) > 0) {
        for (size_t k = 0; k < count; k++)
            mc_engine_sent(e, parts[k].len);
    }
    for (size_t at = 0, n; at < reply.len && e->error == 0; at += n) {
        n = reply.len - at < piece ? reply.len - at : piece;
        char *to = mc_engine_input(e, &cap);
        ck_assert(to != NULL && cap >= n);
        memcpy(to, reply.data + at, n);
        mc_engine_received(e, n);
    }
}

/* The result of an operation that has this event as its reply. */
static int result_of(const struct mc_op *op, int event)
{
    if (op->command == &mc_command_auth)
        return MC_OK;
    return event == MC_HIT && op->command == &mc_command_ma ? MC_NUMBER : event;
}

static void check_line(size_t command, size_t line, size_t piece)
{
    const char *word = lines[line].word, *go_on = commands[command].go_on;
    struct mc_engine e;
    char in[128], out[128], reply[64], place[8];
    struct mc_value value = {.buf = place, .cap = sizeof place};
    struct mc_op op = commands[command].op;
    op.value = &value;
    bool ends = has_word(commands[command].ends, word);
    bool goes_on = has_word(go_on, word) != is_stream(command) && !ends;
    snprintf(reply, sizeof reply, "%s%s", word, lines[line].rest);
    size_t len = is_stream(command) ? strcspn(reply, "\n") + 1 : strlen(reply); /* one line */
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ask(&e, &op, (struct mc_bytes){reply, len}, piece);
    int wanted = ends ? result_of(&op, lines[line].event) : MC_E_PROTOCOL;
    if (!ends && mc_engine_writes(&op))
        wanted = MC_E_UNKNOWN;
    ck_assert_msg(e.error == (ends || goes_on ? 0 : MC_E_PROTOCOL), "%s to command %zu: error %d",
                  word, command, e.error);
    ck_assert(ends || goes_on || e.reader.fault == MC_FAULT_UNASKED);
    ck_assert_ptr_eq(mc_engine_done(&e), goes_on ? NULL : &op);
    ck_assert_msg(goes_on || op.result == wanted, "%s to command %zu: %d", word, command,
                  op.result);
}

/* Whole, and byte by byte. */
START_TEST(replies)
{
    for (size_t line = 0; line < COUNT(lines); line++) {
        check_line((size_t)_i, line, SIZE_MAX);
        check_line((size_t)_i, line, 1);
    }
}
END_TEST

/* Bytes that are no reply break the connection at once; a stream takes them for a line. */
START_TEST(no_reply)
{
    struct mc_engine e;
    char in[128], out[128];
    struct mc_op op = commands[_i].op;
    bool stream = is_stream((size_t)_i);
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ask(&e, &op, mc_string("STORE\r\n"), SIZE_MAX);
    ck_assert_int_eq(e.error, stream ? 0 : MC_E_PROTOCOL);
    ck_assert_int_eq(e.reader.fault, stream ? 0 : MC_FAULT_WORD);
    ck_assert_ptr_eq(mc_engine_done(&e), stream ? NULL : &op);
}
END_TEST

/* Old servers put spaces after a number. */
START_TEST(padded_number)
{
    struct mc_engine e;
    char in[128], out[128];
    struct mc_op op = OP(incr, NONE);
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ask(&e, &op, mc_string("12  \r\n"), SIZE_MAX);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_NUMBER);
    ck_assert_uint_eq(op.answer, 12);
    ck_assert_int_eq(e.error, 0);
}
END_TEST

/* A value for a key of n bytes, of which that at `place` is another if there is such a byte; asked for
 * by itself, or as one of many. */
static void check_key(size_t n, size_t place, bool many)
{
    static const char letters[] = "abcdefghijklmnopqrst";
    const struct mc_bytes key = {letters, n};
    struct mc_engine e;
    char in[128], out[128], reply[64], buf[8];
    struct mc_value value = {.buf = buf, .cap = sizeof buf};
    struct mc_op op = many ? mc_op_many(&mc_command_get, &key, &value, 1) : mc_op_get(key, &value);
    snprintf(reply, sizeof reply, "VALUE %.*s 0 1\r\nx\r\nEND\r\n", (int)n, letters);
    if (place < n)
        reply[6 + place] = '!';
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ask(&e, &op, mc_string(reply), SIZE_MAX);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_msg(e.error == (place < n ? MC_E_PROTOCOL : 0), "byte %zu of %zu: error %d", place, n,
                  e.error);
    ck_assert_int_eq(value.result, place < n ? MC_E_PROTOCOL : MC_HIT);
    ck_assert(place == n || e.reader.fault == MC_FAULT_WRONG_KEY);
}

/* Each byte of a key counts, however long it is. */
START_TEST(every_byte_of_a_key)
{
    for (size_t n = 1; n <= 20; n++) {
        for (size_t place = 0; place <= n; place++) {
            check_key(n, place, false);
            check_key(n, place, true);
        }
    }
}
END_TEST

/* ---- sinks ----------------------------------------------------------------------------------- */

struct noted {
    struct mc_sink sink;
    struct text text;
};

static void note_line(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                      const struct mc_reply *reply)
{
    struct noted *n = (struct noted *)sink;
    ck_assert_ptr_eq(op->sink, sink);
    ck_assert_uint_eq(slot, 0);
    text_print(&n->text, "%d:%.*s=%.*s ", event, (int)reply->key.len, reply->key.data,
               (int)reply->text.len, reply->text.data);
}

/* Lines go to the sink of their operation, whose only slot is the first. */
START_TEST(lines_to_a_sink)
{
    struct mc_engine e;
    char in[128], out[128];
    struct noted n = {.sink.receive = note_line};
    struct mc_op op = OP(stats, .sink = &n.sink);
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ask(&e, &op, mc_string("STAT a 1\r\nITEM b [2 b; 0 s]\r\nSTAT c \r\nEND\r\n"), SIZE_MAX);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_END);
    ck_assert_str_eq(text_string(&n.text), "3:a=1 4:b=[2 b; 0 s] 3:c= ");
    text_free(&n.text);
}
END_TEST

/* ---- what a flag makes of a command ---------------------------------------------------------- */

START_TEST(flags)
{
    static const struct mc_command *const meta[] = {&mc_command_mg, &mc_command_ms, &mc_command_md,
                                                    &mc_command_ma, &mc_command_me};
    for (int letter = '!'; letter <= '~'; letter++) {
        const struct mc_flag flag = {.letter = (char)letter};
        struct mc_op op = {.meta_flags = &flag, .meta_count = 1};
        op.command = meta[_i];
        bool mg = _i == 0, me = _i == 4;
        ck_assert_int_eq(mc_engine_writes(&op), !me && !(mg && strchr("NRTE", letter) == NULL));
        ck_assert_int_eq(mc_engine_repeatable(&op), me || (mg && strchr("NRE", letter) == NULL));
    }
}
END_TEST

/* Of more flags than a line can have none is looked at. */
START_TEST(too_many_flags)
{
    struct mc_flag list[MC_TOKENS_MAX + 1] = {{.letter = 'v'}};
    struct mc_op op = {.command = &mc_command_mg, .meta_flags = list, .meta_count = MC_TOKENS_MAX};
    list[1].letter = 'N';
    ck_assert(mc_engine_writes(&op) && !mc_engine_repeatable(&op));
    op.meta_count++;
    ck_assert(!mc_engine_writes(&op) && mc_engine_repeatable(&op));
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {replies, COUNT(commands)}, {no_reply, COUNT(commands)}, {padded_number, 1},
        {every_byte_of_a_key, 1},   {lines_to_a_sink, 1},        {flags, 5},
        {too_many_flags, 1},
    };
    return suite_run("command", tests, COUNT(tests));
}
