/* Tests of the trace: what passes is shown as it was cut, and no login is, wherever it was cut. */
#include "trace.h"

#include "address.h"
#include "script.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { PIECE_MAX = 64 }; /* of what is hidden */

static struct mc_bytes bytes_of(const char *text)
{
    return (struct mc_bytes){text, strlen(text)};
}

/* ---- what was shown -------------------------------------------------------------------------- */

/* All pieces: > or < when the way changes, with or without a | between two of one way. */
struct shown {
    struct text text;
    size_t pieces, longest_hidden;
    bool separate;
    char last;
};

static void note_piece(void *ctx, enum mc_trace_way way, struct mc_bytes piece)
{
    struct shown *shown = ctx;
    char sign = way == MC_TRACE_SENT ? '>' : '<';
    ck_assert(way == MC_TRACE_SENT || way == MC_TRACE_RECEIVED);
    ck_assert_uint_gt(piece.len, 0);
    if (sign != shown->last)
        text_add(&shown->text, &sign, 1);
    else if (shown->separate)
        text_add_string(&shown->text, "|");
    if (piece.data[0] == '*' && piece.len > shown->longest_hidden)
        shown->longest_hidden = piece.len;
    text_escape(&shown->text, piece.data, piece.len);
    shown->last = sign;
    shown->pieces++;
}

static void expect_shown(struct shown *shown, const char *expected)
{
    ck_assert_str_eq(text_string(&shown->text), expected);
    text_free(&shown->text);
    *shown = (struct shown){.separate = shown->separate};
}

static void pass_piece(struct mc_trace *trace, enum mc_trace_way way, struct mc_bytes piece)
{
    if (way == MC_TRACE_SENT)
        mc_trace_sent(trace, &piece, 1, piece.len);
    else
        mc_trace_received(trace, piece);
}

/* ---- a transport that does what it is told to ------------------------------------------------ */

struct fake {
    ptrdiff_t result;
    const struct mc_bytes *parts;
    size_t count, cap;
    const void *buf;
    mc_deadline deadline;
};

static ptrdiff_t fake_send(void *ctx, const struct mc_bytes *parts, size_t count,
                           mc_deadline deadline)
{
    struct fake *f = ctx;
    f->parts = parts;
    f->count = count;
    f->deadline = deadline;
    return f->result;
}

static ptrdiff_t fake_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct fake *f = ctx;
    f->buf = buf;
    f->cap = cap;
    f->deadline = deadline;
    return f->result;
}

/* ---- what passes ----------------------------------------------------------------------------- */

/* Of gathered parts, as many bytes are shown as have gone, cut where the parts are; an empty part is
 * no piece. */
START_TEST(shows_what_was_sent)
{
    const struct mc_bytes parts[] = {MC_BYTES("get "), MC_BYTES(""), MC_BYTES("key"),
                                     MC_BYTES("\r\n")};
    static const char *const expected[] = {
        "",        ">g",       ">ge",       ">get",          ">get ",
        ">get |k", ">get |ke", ">get |key", ">get |key|\\r", ">get |key|\\r\\n"};
    struct fake fake = {0};
    struct shown shown = {.separate = true};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown};
    struct mc_transport t =
        mc_trace_transport(&trace, (struct mc_transport){fake_send, fake_recv, &fake});
    for (size_t n = 0; n < COUNT(expected); n++) {
        fake.result = (ptrdiff_t)n;
        ck_assert_int_eq(t.send(t.ctx, parts, COUNT(parts), 77), (ptrdiff_t)n);
        ck_assert_ptr_eq(fake.parts, parts);
        ck_assert_uint_eq(fake.count, COUNT(parts));
        ck_assert_int_eq(fake.deadline, 77);
        expect_shown(&shown, expected[n]);
        mc_trace_begin(&trace);
    }
}
END_TEST

START_TEST(shows_what_was_received)
{
    char buf[] = "END\r\nmore";
    struct fake fake = {.result = 5};
    struct shown shown = {.separate = true};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown};
    struct mc_transport t =
        mc_trace_transport(&trace, (struct mc_transport){fake_send, fake_recv, &fake});
    ck_assert_int_eq(t.recv(t.ctx, buf, sizeof buf, 78), 5);
    ck_assert_ptr_eq(fake.buf, buf);
    ck_assert_uint_eq(fake.cap, sizeof buf);
    ck_assert_int_eq(fake.deadline, 78);
    expect_shown(&shown, "<END\\r\\n");
}
END_TEST

/* An error is handed on; there is nothing to show. */
START_TEST(shows_no_errors)
{
    static const int errors[] = {MC_E_TIMEOUT, MC_E_CLOSED, MC_E_SYSTEM, MC_E_RESOURCES};
    const struct mc_bytes part = MC_BYTES("get a\r\n");
    char buf[8] = "";
    struct fake fake = {.result = errors[_i]};
    struct shown shown = {0};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown};
    struct mc_transport t =
        mc_trace_transport(&trace, (struct mc_transport){fake_send, fake_recv, &fake});
    ck_assert_int_eq(t.send(t.ctx, &part, 1, 1), errors[_i]);
    ck_assert_int_eq(t.recv(t.ctx, buf, sizeof buf, 1), errors[_i]);
    expect_shown(&shown, "");
}
END_TEST

/* ---- logins ---------------------------------------------------------------------------------- */

/* What is sent, how that is shown (NULL: as it is), and what is received then. */
struct exchange {
    const char *sent, *shown, *received;
};

static const struct scene {
    struct exchange exchanges[6];
    bool no_login;
} scenes[] = {
    /* Once it is accepted, a set is a set. */
    {{{"set auth 0 0 10\r\nann secret\r\n", "set auth 0 0 10\r\n**********\r\n", "STORED\r\n"},
      {"set auth 0 0 5\r\nvalue\r\n", NULL, "STORED\r\n"}},
     false},
    /* Refused, and tried again, whatever else was refused; an error of the server opens nothing. */
    {{{"version\r\n", NULL, "CLIENT_ERROR unauthenticated\r\n"},
      {"set k 1 2 5\r\na b c\r\n", "set k 1 2 5\r\n*****\r\n", "CLIENT_ERROR authentication\r\n"},
      {"set k 1 2 3\r\na b\r\n", "set k 1 2 3\r\n***\r\n", "SERVER_ERROR out of memory\r\n"},
      {"set k 1 2 3\r\na b\r\n", "set k 1 2 3\r\n***\r\n", "ERROR\r\n\r\n"},
      {"set k 1 2 3\r\na b\r\n", "set k 1 2 3\r\n***\r\n", "STORED\r\n"},
      {"set k 0 0 1\r\nx\r\n", NULL, NULL}},
     false},
    /* No login is asked for. */
    {{{"get a\r\n", NULL, "END\r\n"}, {"set k 0 0 5\r\nvalue\r\n", NULL, "STORED\r\n"}}, false},
    {{{"set k 0 0 5\r\nvalue\r\n", NULL, "STORED\r\n"}}, true},
    {{{"set k 0 0 x\r\nvalue\r\n", NULL, "CLIENT_ERROR bad\r\n"}}, true},
    /* Replies that begin as an error does. */
    {{{"get a\r\n", NULL, "CLIENT_ERRO"},
      {"set k 0 0 1\r\nx\r\n", "set k 0 0 1\r\n*\r\n", "S"},
      {"set k 0 0 1\r\nx\r\n", NULL, NULL}},
     false},
    {{{"a\r\n", NULL, "SERVER_ERRORS"},
      {"set k 0 0 1\r\nx\r\n", "set k 0 0 1\r\n*\r\n", "\r\nE"},
      {"set k 0 0 1\r\nx\r\n", "set k 0 0 1\r\n*\r\n", "N"},
      {"set k 0 0 1\r\nx\r\n", NULL, NULL}},
     false},
    /* What follows another command with a value is hidden: the value may be a login and its line. */
    {{{"add k 0 0 18\r\nset k 0 0 3\r\na b\r\nget a\r\n",
       "add k 0 0 18\r\n*************************", "CLIENT_ERROR unauthenticated\r\n"},
      {"set k 0 0 3\r\na b\r\n", "******************", "STORED\r\n"},
      {"set k 0 0 1\r\nx\r\n", NULL, NULL}},
     false},
    /* A value that holds a command is a value. */
    {{{"set k 0 0 15\r\na b\r\nget a\r\nc d\r\nget a\r\n",
       "set k 0 0 15\r\n***************\r\nget a\r\n", NULL}},
     false},
    {{{"set k 0 0 0\r\n\r\nget a\r\n", NULL, NULL}}, false},
    {{{"ms k 0\r\n\r\nget a\r\n", "ms k 0\r\n*********", NULL}}, false},
    /* Spaces more, lines that end in \n, and a word more. */
    {{{" set  k 0  0   3 noreply\na b\nset k 0 0 3 \r\na b\r\n",
       " set  k 0  0   3 noreply\n***\nset k 0 0 3 \r\n***\r\n", NULL}},
     false},
    /* Commands without a value, whose lines are no values. */
    {{{"settle k 0 0 9\r\nse k 0 0 9\r\nprependix k 0 0 9\r\n\r\nmg 3 3 3 3 3\r\nset k 0 0 1\r\nx\r\n",
       "settle k 0 0 9\r\nse k 0 0 9\r\nprependix k 0 0 9\r\n\r\nmg 3 3 3 3 3\r\nset k 0 0 1\r\n*\r\n",
       NULL}},
     false},
    /* A wrong size: too small, the rest of the line is hidden; too large, more than the value is. */
    {{{"set k 0 0 3\r\nann secret\r\nget a\r\n", "set k 0 0 3\r\n**********\r\nget a\r\n", NULL}},
     false},
    {{{"add k 0 0 3\r\nann secret\r\nset k 0 0 1\r\nx\r\n",
       "add k 0 0 3\r\n****************************", NULL}},
     false},
    {{{"set k 0 0 12\r\na b\r\nget aa\r\n", "set k 0 0 12\r\n************\n", NULL}}, false},
    /* A size that cannot be read: all is hidden, up to a good reply. */
    {{{"set k 0 0 3x3\r\na b\r\n", "set k 0 0 3x3\r\n*****", "CLIENT_ERROR bad data chunk\r\n"},
      {"get a\r\n", "*******", "END\r\n"},
      {"get a\r\n", NULL, NULL}},
     false},
    {{{"set k 0 0 -3\r\na b\r\n", "set k 0 0 -3\r\n*****", NULL}}, false},
    {{{"set k 0 0 /\r\na b\r\n", "set k 0 0 /\r\n*****", NULL}}, false},
    {{{"set k 0 0 :\r\na b\r\n", "set k 0 0 :\r\n*****", NULL}}, false},
    {{{"set k 0 0\r\na b\r\n", "set k 0 0\r\n*****", NULL}}, false},
    {{{"set\r\na b\r\n", "set\r\n*****", NULL}}, false},
    {{{"ms k T0\r\na\r\n", "ms k T0\r\n***", NULL}}, false},
    {{{"set k 0 0 1073741830\r\na b\r\n", "set k 0 0 1073741830\r\n*****", NULL}}, false},
    {{{"set k 0 0 42949672970000000000000000000003\r\na b\r\n",
       "set k 0 0 42949672970000000000000000000003\r\n*****", NULL}},
     false},
};

/* In pieces that end at these places, and at the end. */
static void pass(struct mc_trace *trace, enum mc_trace_way way, const char *text, size_t cuts[2])
{
    size_t len = strlen(text), first = cuts[0] < len ? cuts[0] : len;
    size_t second = cuts[1] < len ? cuts[1] : len;
    pass_piece(trace, way, (struct mc_bytes){text, first});
    pass_piece(trace, way, (struct mc_bytes){text + first, second - first});
    pass_piece(trace, way, (struct mc_bytes){text + second, len - second});
}

/* What the scene is to be shown as, without the places of the cuts. */
static void expect_scene(struct text *expected, const struct scene *scene)
{
    for (const struct exchange *e = scene->exchanges; e->sent != NULL; e++) {
        const char *shown = e->shown != NULL ? e->shown : e->sent;
        text_add_string(expected, e == scene->exchanges || e[-1].received != NULL ? ">" : "");
        text_escape(expected, shown, strlen(shown));
        if (e->received != NULL) {
            text_add_string(expected, "<");
            text_escape(expected, e->received, strlen(e->received));
        }
        if (e - scene->exchanges == COUNT(scene->exchanges) - 1)
            break;
    }
}

static void play_scene(const struct scene *scene, size_t cuts[2], const struct text *expected)
{
    struct shown shown = {0};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown, .no_login = scene->no_login};
    mc_trace_begin(&trace);
    for (size_t k = 0; k < COUNT(scene->exchanges) && scene->exchanges[k].sent != NULL; k++) {
        pass(&trace, MC_TRACE_SENT, scene->exchanges[k].sent, cuts);
        if (scene->exchanges[k].received != NULL)
            pass(&trace, MC_TRACE_RECEIVED, scene->exchanges[k].received, cuts);
    }
    expect_shown(&shown, text_string(expected));
}

/* Each scene, with each pair of places where its pieces are cut. */
START_TEST(hides_logins)
{
    const struct scene *scene = &scenes[_i];
    struct text expected = {0};
    size_t len = 0;
    expect_scene(&expected, scene);
    for (size_t k = 0; k < COUNT(scene->exchanges) && scene->exchanges[k].sent != NULL; k++)
        len = strlen(scene->exchanges[k].sent) > len ? strlen(scene->exchanges[k].sent) : len;
    for (size_t first = 0; first <= len; first++) {
        for (size_t second = first; second <= len; second++)
            play_scene(scene, (size_t[]){first, second}, &expected);
    }
    text_free(&expected);
}
END_TEST

/* What follows the line is hidden, whichever other command with a value it has. */
START_TEST(hides_other_values)
{
    static const char *const lines[] = {"add k 1 0 13",     "replace k 1 0 13", "append k 1 0 13",
                                        "prepend k 1 0 13", "cas k 1 0 13 5",   "ms k 13 T0"};
    static const char more[] = "x\nset k 0 0 9\r\nget abcdef\r\n";
    char sent[100], shown[100];
    struct scene scene = {{{sent, shown, NULL}}, false};
    struct text expected = {0};
    int len = snprintf(sent, sizeof sent, "%s\r\n%s", lines[_i], more);
    strcpy(shown, sent);
    memset(shown + len - strlen(more), '*', strlen(more));
    expect_scene(&expected, &scene);
    play_scene(&scene, (size_t[]){9, 30}, &expected);
    text_free(&expected);
}
END_TEST

/* More bytes in a word, and more words in a line, than are counted. */
START_TEST(long_lines)
{
    char sent[1000] = "set k 0 0 3", shown[1000];
    struct scene scene = {{{sent, shown, NULL}}, false};
    struct text expected = {0};
    if (_i == 0) {
        memset(sent, 'x', 600);
        strcpy(sent + 600, "\r\nset k 0 0 3");
    } else {
        for (int k = 0; k < 300; k++)
            strcat(sent, " 9");
    }
    strcat(sent, "\r\na b\r\n");
    strcpy(shown, sent);
    memset(shown + strlen(shown) - 5, '*', 3);
    expect_scene(&expected, &scene);
    play_scene(&scene, (size_t[]){0, 0}, &expected);
    text_free(&expected);
}
END_TEST

/* A new connection begins in a line, in a value, where all is hidden, and in a reply. */
START_TEST(begins_again)
{
    static const char *const sent[] = {"get a", "set k 0 0 9\r\n", "set k\r\n", "get a\r\n"};
    struct shown shown = {0};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown};
    mc_trace_begin(&trace);
    pass_piece(&trace, MC_TRACE_SENT, bytes_of(sent[_i]));
    pass_piece(&trace, MC_TRACE_RECEIVED, MC_BYTES("E"));
    text_free(&shown.text);
    shown = (struct shown){0};
    mc_trace_begin(&trace);
    pass_piece(&trace, MC_TRACE_SENT, MC_BYTES("set k 0 0 3\r\na b\r\n"));
    pass_piece(&trace, MC_TRACE_RECEIVED, MC_BYTES("SERVER_ERROR\r\n"));
    pass_piece(&trace, MC_TRACE_SENT, MC_BYTES("set k 0 0 3\r\na b\r\n"));
    expect_shown(&shown, ">set k 0 0 3\\r\\n***\\r\\n<SERVER_ERROR\\r\\n"
                         ">set k 0 0 3\\r\\n***\\r\\n");
}
END_TEST

/* Pieces are cut where something is hidden, and what is hidden comes in short ones. */
START_TEST(cuts_at_what_is_hidden)
{
    static const char sixty_five[65] = "";
    struct shown shown = {.separate = true};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown};
    mc_trace_begin(&trace);
    pass_piece(&trace, MC_TRACE_SENT, MC_BYTES("set k 0 0 3\r\na b\r\nget a\r\n"));
    expect_shown(&shown, ">set k 0 0 3\\r\\n|***|\\r\\nget a\\r\\n");
    pass_piece(&trace, MC_TRACE_SENT, MC_BYTES("set k 0 0 65\r\n"));
    pass_piece(&trace, MC_TRACE_SENT, (struct mc_bytes){sixty_five, 65});
    expect_shown(&shown, ">set k 0 0 65\\r\\n"
                         "|****************************************************************|*");
}
END_TEST

/* A value of a megabyte, in the first command: as many asterisks, also when nobody knows where it
 * ends. */
START_TEST(large_values)
{
    enum { SIZE = 1 << 20 };
    static const char *const lines[] = {"set k 0 0 1048576\r\n", "add k 0 0 1048576\r\n"};
    struct mc_bytes line = bytes_of(lines[_i]);
    char *value = suite_allocate(SIZE);
    struct shown shown = {0};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown};
    memset(value, 'v', SIZE);
    mc_trace_begin(&trace);
    pass_piece(&trace, MC_TRACE_SENT, line);
    pass_piece(&trace, MC_TRACE_SENT, (struct mc_bytes){value, SIZE});
    ck_assert_uint_eq(shown.pieces, 1 + SIZE / PIECE_MAX);
    ck_assert_uint_eq(shown.longest_hidden, PIECE_MAX);
    memset(value, '*', SIZE);
    /* ">", and the line with its end as \r\n in four bytes */
    ck_assert_uint_eq(shown.text.len, line.len + 3 + SIZE);
    ck_assert_mem_eq(shown.text.data + line.len + 3, value, SIZE);
    free(value);
    text_free(&shown.text);
}
END_TEST

/* ---- with a client, and a dialer ------------------------------------------------------------- */

/* A client logs in: neither user nor password is seen, however its bytes are moved. */
START_TEST(client_logs_in)
{
    struct script script = {.send_max = (size_t)_i, .recv_max = (size_t)_i};
    struct shown shown = {0};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown};
    struct mc_client client;
    char buf[512], place[8];
    struct mc_value value = {.buf = place, .cap = sizeof place};
    script_step(&script, "set auth 0 0 10\r\nann secret\r\n", "STORED\r\n");
    script_step(&script, "get k\r\n", "VALUE k 0 2\r\nok\r\nEND\r\n");
    mc_client_init(&client, mc_trace_transport(&trace, script_transport(&script)), buf, sizeof buf);
    ck_assert_int_eq(mc_client_auth(&client, MC_BYTES("ann"), MC_BYTES("secret"), SCRIPT_DEADLINE),
                     MC_OK);
    ck_assert_int_eq(mc_client_get(&client, MC_BYTES("k"), &value, SCRIPT_DEADLINE), MC_HIT);
    script_check_sent(&script);
    expect_shown(&shown, ">set auth 0 0 10\\r\\n**********\\r\\n<STORED\\r\\n"
                         ">get k\\r\\n<VALUE k 0 2\\r\\nok\\r\\nEND\\r\\n");
    script_free(&script);
}
END_TEST

/* A dialer that counts its calls. */
struct dialer {
    struct fake fake;
    int dial_result, checks, closes;
    const struct mc_address *address;
    mc_deadline deadline;
};

static int count_dial(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                      mc_deadline deadline)
{
    struct dialer *d = ctx;
    d->address = address;
    d->deadline = deadline;
    if (d->dial_result == 0)
        *transport = (struct mc_transport){fake_send, fake_recv, &d->fake};
    return d->dial_result;
}

static int count_check(void *ctx)
{
    ((struct dialer *)ctx)->checks++;
    return MC_E_CLOSED;
}

static void count_close(void *ctx)
{
    ((struct dialer *)ctx)->closes++;
}

static int64_t tell_time(void *ctx)
{
    (void)ctx;
    return 4711;
}

/* Each connection begins as one on which a login may come. */
START_TEST(dials)
{
    const struct mc_bytes login = MC_BYTES("set k 0 0 3\r\na b\r\n");
    const struct mc_address address = {.kind = MC_ADDRESS_NONE};
    char buf[] = "STORED\r\n";
    struct dialer counted = {.fake.result = (ptrdiff_t)login.len};
    struct shown shown = {0};
    struct mc_trace trace = {.show = note_piece, .ctx = &shown};
    struct mc_dialer d = mc_trace_dialer(
        &trace, (struct mc_dialer){count_dial, count_check, count_close, tell_time, &counted});
    for (int k = 0; k < 2; k++) {
        struct mc_transport t = {0};
        counted.fake.result = (ptrdiff_t)login.len;
        ck_assert_int_eq(d.dial(d.ctx, &address, &t, 99), 0);
        ck_assert(counted.address == &address && counted.deadline == 99);
        ck_assert_int_eq(t.send(t.ctx, &login, 1, 1), (ptrdiff_t)login.len);
        counted.fake.result = (ptrdiff_t)sizeof buf - 1;
        ck_assert_int_eq(t.recv(t.ctx, buf, sizeof buf, 1), (ptrdiff_t)sizeof buf - 1);
        expect_shown(&shown, ">set k 0 0 3\\r\\n***\\r\\n<STORED\\r\\n");
    }
    ck_assert_int_eq(d.check(d.ctx), MC_E_CLOSED);
    d.close(d.ctx);
    ck_assert(counted.checks == 1 && counted.closes == 1);
    ck_assert_int_eq(d.now(d.ctx), 4711);
}
END_TEST

START_TEST(dials_in_vain)
{
    const struct mc_address address = {.kind = MC_ADDRESS_NONE};
    struct dialer counted = {.dial_result = MC_E_CONNECT};
    struct mc_trace trace = {.show = note_piece};
    struct mc_transport t = {0};
    struct mc_dialer d = mc_trace_dialer(
        &trace, (struct mc_dialer){count_dial, count_check, count_close, tell_time, &counted});
    ck_assert_int_eq(d.dial(d.ctx, &address, &t, 1), MC_E_CONNECT);
    ck_assert_ptr_null(t.ctx);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {shows_what_was_sent, 1},
        {shows_what_was_received, 1},
        {shows_no_errors, 4},
        {hides_logins, COUNT(scenes)},
        {cuts_at_what_is_hidden, 1},
        {large_values, 2},
        {hides_other_values, 6},
        {long_lines, 2},
        {begins_again, 4},
        {client_logs_in, 40},
        {dials, 1},
        {dials_in_vain, 1},
    };
    return suite_run("trace", tests, COUNT(tests));
}
