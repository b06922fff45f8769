/* Bytes to events: every event, every fault with its place, the limits, and values and streams of
 * any length through small windows. The transcripts show the same on whole conversations. */
#include "events.h"
#include "proto.h"
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROW(bytes, events)               \
    {                                    \
        bytes, sizeof(bytes) - 1, events \
    }

/* Bytes, and the events as lines of text. */
struct row {
    const char *bytes;
    size_t len;
    const char *events;
};

static struct mc_bytes bytes_of(const struct row *row)
{
    return (struct mc_bytes){row->bytes, row->len};
}

/* Reads the bytes with this reader, cut in two places. */
static void check_cut(struct mc_reader reader, const struct row *row, size_t first, size_t second)
{
    struct events events = {.reader = reader};
    events_of_cut(&events, bytes_of(row), first, second);
    if (strcmp(text_string(&events.lines), row->events) != 0)
        ck_abort_msg("%s cut at %zu and %zu\nexpected:\n%s\ngot:\n%s", row->bytes, first, second,
                     row->events, text_string(&events.lines));
    events_free(&events);
}

static void check_row(struct mc_reader reader, const struct row *row)
{
    for (size_t first = 0; first <= row->len; first++) {
        for (size_t second = first; second <= row->len; second++)
            check_cut(reader, row, first, second);
    }
}

/* ---- events -------------------------------------------------------------------------------- */

static const struct row replies[] = {
    ROW("VALUE a 5 2\r\nxy\r\nEND\r\n", "VALUE key=a flags=5 size=2\nBODY xy\nEND\n"),
    ROW("VALUE a 5 2 7\r\nxy\r\nEND\r\n", "VALUE key=a flags=5 size=2 cas=7\nBODY xy\nEND\n"),
    ROW("VALUE a 5 2 0\r\nxy\r\nEND\r\n", "VALUE key=a flags=5 size=2 cas=0\nBODY xy\nEND\n"),
    ROW("VALUE a 0 0\r\n\r\nEND\r\n", "VALUE key=a flags=0 size=0\nEND\n"),
    ROW("VALUE ! 0 0\r\n\r\nEND\r\n", "VALUE key=! flags=0 size=0\nEND\n"),
    ROW("VALUE a 0 1\r\nx\r\nVALUE b 0 1\r\ny\r\nEND\r\n",
        "VALUE key=a flags=0 size=1\nBODY x\nVALUE key=b flags=0 size=1\nBODY y\nEND\n"),
    ROW("VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory\r\n",
        "VALUE key=a flags=0 size=1\nBODY x\nSERVER_ERROR text=out of memory\n"),
    ROW("VA 2 s2 W\r\nxy\r\n", "VALUE meta size=2\nFLAG s number=2\nFLAG W\nBODY xy\nEND meta\n"),
    ROW("VA 0\r\n\r\n", "VALUE meta size=0\nEND meta\n"),
    ROW("VA 0\r\n\r\nVA 1\r\nx\r\nMN\r\n",
        "VALUE meta size=0\nEND meta\nVALUE meta size=1\nBODY x\nEND meta\nMN meta\n"),
    ROW("END\r\n", "END\n"),
    ROW("EN\r\n", "END meta\n"),
    ROW("EN Oa kb\r\n", "END meta\nFLAG O token=a\nFLAG k token=b\n"),
    ROW("STORED\r\n", "STORED\n"),
    ROW("NOT_STORED\r\n", "NOT_STORED\n"),
    ROW("NS\r\n", "NOT_STORED meta\n"),
    ROW("EXISTS\r\n", "EXISTS\n"),
    ROW("EX\r\n", "EXISTS meta\n"),
    ROW("NOT_FOUND\r\n", "NOT_FOUND\n"),
    ROW("NF k\r\n", "NOT_FOUND meta\nFLAG k\n"),
    ROW("DELETED\r\n", "DELETED\n"),
    ROW("TOUCHED\r\n", "TOUCHED\n"),
    ROW("0\r\n", "NUMBER number=0\n"),
    ROW("18446744073709551615\r\n", "NUMBER number=18446744073709551615\n"),
    ROW("7  \r\n", "NUMBER number=7\n"),
    ROW("HD\r\n", "HD meta\n"),
    ROW("HD c1 t-1\r\n", "HD meta\nFLAG c number=1\nFLAG t ttl=-1\n"),
    ROW("MN\r\n", "MN meta\n"),
    ROW("ME a exp=-1 la=2\r\n", "ME meta key=a text=exp=-1 la=2\n"),
    ROW("ME a\r\n", "ME meta key=a\n"),
    ROW("STAT pid 1\r\nSTAT b c d\r\nEND\r\n", "STAT key=pid text=1\nSTAT key=b text=c d\nEND\n"),
    ROW("STAT a \r\nEND\r\n", "STAT key=a\nEND\n"),
    ROW("STAT a\r\nEND\r\n", "STAT key=a\nEND\n"),
    ROW("ITEM a [1 b; 0 s]\r\nEND\r\n", "ITEM key=a text=[1 b; 0 s]\nEND\n"),
    ROW("OK\r\n", "OK\n"),
    ROW("RESET\r\n", "RESET\n"),
    ROW("VERSION 1.6.18\r\n", "VERSION text=1.6.18\n"),
    ROW("VERSION 1.4.14 (Ubuntu)\r\n", "VERSION text=1.4.14 (Ubuntu)\n"),
    ROW("VERSION\r\n", "VERSION\n"),
    ROW("BUSY later\r\n", "BUSY text=later\n"),
    ROW("BADCLASS no\r\n", "REFUSED key=BADCLASS text=no\n"),
    ROW("NOSPARE no\r\n", "REFUSED key=NOSPARE text=no\n"),
    ROW("NOTFULL no\r\n", "REFUSED key=NOTFULL text=no\n"),
    ROW("UNSAFE no\r\n", "REFUSED key=UNSAFE text=no\n"),
    ROW("SAME\r\n", "REFUSED key=SAME\n"),
    ROW("NOTSTARTED no\r\n", "REFUSED key=NOTSTARTED text=no\n"),
    ROW("MEMLIMIT_TOO_SMALL no\r\n", "REFUSED key=MEMLIMIT_TOO_SMALL text=no\n"),
    ROW("MEMLIMIT_ADJUST_FAILED no\r\n", "REFUSED key=MEMLIMIT_ADJUST_FAILED text=no\n"),
    ROW("WATCHER_TOO_MANY no\r\n", "REFUSED key=WATCHER_TOO_MANY text=no\n"),
    ROW("WATCHER_FAILED no\r\n", "REFUSED key=WATCHER_FAILED text=no\n"),
    ROW("ERROR\r\n", "ERROR\n"),
    ROW("ERROR why\r\n", "ERROR text=why\n"),
    ROW("ERROR: why\r\n", "ERROR text=why\n"),
    ROW("Error why\r\n", "ERROR text=why\n"),
    ROW("CLIENT_ERROR why not\r\n", "CLIENT_ERROR text=why not\n"),
    ROW("SERVER_ERROR why not\r\n", "SERVER_ERROR text=why not\n"),
    ROW("SERVER_ERROR: why\r\n", "SERVER_ERROR text=why\n"),
    ROW("", "MORE\n"),
    ROW("E", "MORE\n"),
    ROW("END\r", "MORE\n"),
    ROW("12", "MORE\n"),
    ROW("VALUE a 0 3\r\nab", "VALUE key=a flags=0 size=3\nBODY ab\nMORE\n"),
    ROW("VALUE a 0 2\r\nab", "VALUE key=a flags=0 size=2\nBODY ab\nMORE\n"),
    ROW("VALUE a 0 2\r\nab\r", "VALUE key=a flags=0 size=2\nBODY ab\nMORE\n"),
    ROW("VALUE a 0 2\r\nab\r\n", "VALUE key=a flags=0 size=2\nBODY ab\nMORE\n"),
    ROW("VALUE a 0 2\r\nab\r\nEND", "VALUE key=a flags=0 size=2\nBODY ab\nMORE\n"),
};

START_TEST(every_reply)
{
    check_row((struct mc_reader){0}, &replies[_i]);
}
END_TEST

/* ---- faults -------------------------------------------------------------------------------- */

static const struct row broken[] = {
    ROW("\r\n", "PROTOCOL fault=word at=0\n"),
    ROW("HELLO\r\n", "PROTOCOL fault=word at=0\n"),
    ROW("STORE\r\n", "PROTOCOL fault=word at=0\n"),
    ROW("STOREDD\r\n", "PROTOCOL fault=word at=0\n"),
    ROW("stored\r\n", "PROTOCOL fault=word at=0\n"),
    ROW(" END\r\n", "PROTOCOL fault=word at=0\n"),
    ROW("END:\r\n", "PROTOCOL fault=word at=0\n"),
    ROW("ERRORX\r\n", "PROTOCOL fault=word at=0\n"),
    ROW("END x\r\n", "PROTOCOL fault=end at=3\n"),
    ROW("STORED x\r\n", "PROTOCOL fault=end at=6\n"),
    ROW("NOT_STORED x\r\n", "PROTOCOL fault=end at=10\n"),
    ROW("EXISTS x\r\n", "PROTOCOL fault=end at=6\n"),
    ROW("NOT_FOUND x\r\n", "PROTOCOL fault=end at=9\n"),
    ROW("DELETED x\r\n", "PROTOCOL fault=end at=7\n"),
    ROW("TOUCHED x\r\n", "PROTOCOL fault=end at=7\n"),
    ROW("OK x\r\n", "PROTOCOL fault=end at=2\n"),
    ROW("RESET x\r\n", "PROTOCOL fault=end at=5\n"),
    ROW("END\rx", "PROTOCOL fault=end at=4\n"),
    ROW("VERSION a\nb\r\n", "PROTOCOL fault=end at=9\n"),
    ROW("VERSION a\0b\r\n", "PROTOCOL fault=end at=9\n"),
    ROW("VERSION a\rb\r\n", "PROTOCOL fault=end at=10\n"),
    ROW("VALUE\r\n", "PROTOCOL fault=space at=5\n"),
    ROW("VALUE a\r\n", "PROTOCOL fault=space at=7\n"),
    ROW("VALUE a 1\r\n", "PROTOCOL fault=space at=9\n"),
    ROW("VALUE a 1 2 \r\n", "PROTOCOL fault=number at=12\n"),
    ROW("VALUE a 1 2 3 4\r\n", "PROTOCOL fault=end at=13\n"),
    ROW("VALUE  1 2\r\n", "PROTOCOL fault=key at=6\n"),
    ROW("VALUE a\tb 1 2\r\n", "PROTOCOL fault=key at=7\n"),
    ROW("VA\r\n", "PROTOCOL fault=space at=2\n"),
    ROW("VA \r\n", "PROTOCOL fault=number at=3\n"),
    ROW("VA 1  s1\r\n", "PROTOCOL fault=flag at=5\n"),
    ROW("VA 1 \r\n", "PROTOCOL fault=flag at=5\n"),
    ROW("HD 1\r\n", "PROTOCOL fault=flag at=3\n"),
    ROW("HD k\x01\r\n", "PROTOCOL fault=flag at=4\n"),
    ROW("STAT\r\n", "PROTOCOL fault=space at=4\n"),
    ROW("STAT \r\n", "PROTOCOL fault=key at=5\n"),
    ROW("ITEM\r\n", "PROTOCOL fault=space at=4\n"),
    ROW("ME\r\n", "PROTOCOL fault=space at=2\n"),
    ROW("1a\r\n", "PROTOCOL fault=number at=1\n"),
    ROW("1\rx", "PROTOCOL fault=end at=2\n"),
    ROW(":\r\n", "PROTOCOL fault=word at=0\n"),
    ROW("1 a\r\n", "PROTOCOL fault=end at=2\n"),
    ROW("VALUE a 0 1\r\nxyz", "VALUE key=a flags=0 size=1\nBODY x\nPROTOCOL fault=value at=0\n"),
    ROW("VALUE a 0 1\r\nxy", "VALUE key=a flags=0 size=1\nBODY x\nPROTOCOL fault=value at=0\n"),
    ROW("VALUE a 0 1\r\nx\rz", "VALUE key=a flags=0 size=1\nBODY x\nPROTOCOL fault=value at=1\n"),
    ROW("VALUE a 0 1\r\nx\r\n\r\n",
        "VALUE key=a flags=0 size=1\nBODY x\nPROTOCOL fault=word at=0\n"),
    ROW("VALUE a 0 0\r\nEND\r\n", "VALUE key=a flags=0 size=0\nPROTOCOL fault=value at=0\n"),
    ROW("VA 1\r\nxEN\r\n", "VALUE meta size=1\nBODY x\nPROTOCOL fault=value at=0\n"),
    ROW("END\r\nfoo\r\n", "END\nPROTOCOL fault=word at=0\n"),
};

START_TEST(every_fault)
{
    check_row((struct mc_reader){0}, &broken[_i]);
}
END_TEST

/* What comes after a fault is not believed, however well-formed. */
START_TEST(broken_is_final)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = MC_BYTES("oops\r\n");
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_E_PROTOCOL);
    in = MC_BYTES("END\r\n");
    mc_reader_stream(&reader);
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_E_PROTOCOL);
    ck_assert_uint_eq(in.len, strlen("END\r\n"));
    ck_assert_int_eq(reader.fault, MC_FAULT_WORD);
}
END_TEST

/* ---- numbers ------------------------------------------------------------------------------- */

/* Every place of a number in a reply, by what stands before and after it, and its maximum. */
static const struct {
    const char *before, *after;
    uint64_t max;
} places[] = {
    {"VALUE a ", " 1\r\n", UINT64_MAX},
    {"VALUE a 1 ", "\r\n", MC_VALUE_MAX},
    {"VALUE a 1 ", " 5\r\n", MC_VALUE_MAX},
    {"VALUE a 1 1 ", "\r\n", UINT64_MAX},
    {"VA ", "\r\n", MC_VALUE_MAX},
    {"VA ", " s1\r\n", MC_VALUE_MAX},
    {"", "\r\n", UINT64_MAX},
};

/* The first event and reply of before, number and after. */
static int read_number(int place, const char *number, struct mc_reader *reader,
                       struct mc_reply *reply)
{
    char line[128];
    int len =
        snprintf(line, sizeof line, "%s%s%s", places[place].before, number, places[place].after);
    struct mc_bytes in = {line, (size_t)len};
    *reader = (struct mc_reader){0};
    return mc_reader_next(reader, &in, reply);
}

static void check_no_number(int place, const char *number, size_t at)
{
    struct mc_reader reader;
    struct mc_reply reply;
    int event = read_number(place, number, &reader, &reply);
    size_t expected = strlen(places[place].before) + at;
    if (event != MC_E_PROTOCOL || reader.fault != MC_FAULT_NUMBER || reader.at != expected)
        ck_abort_msg("%s for a number in place %d: event %d, fault %d at %d instead of %zu", number,
                     place, event, reader.fault, reader.at, expected);
}

static void check_number(int place, uint64_t number)
{
    struct mc_reader reader;
    struct mc_reply reply;
    char digits[32];
    snprintf(digits, sizeof digits, "%" PRIu64, number);
    if (number > places[place].max) {
        check_no_number(place, digits, 0);
        return;
    }
    int event = read_number(place, digits, &reader, &reply);
    const uint64_t got[] = {reply.flags, reply.size, reply.size,  reply.cas,
                            reply.size,  reply.size, reply.number};
    ck_assert_int_eq(event, place == 6 ? MC_NUMBER : MC_VALUE);
    ck_assert_uint_eq(got[place], number);
}

/* Each power of ten and of two, and its neighbours. */
START_TEST(every_length_of_a_number)
{
    for (uint64_t ten = 1;; ten *= 10) {
        for (uint64_t k = 0; k < 3; k++)
            check_number(_i, ten + k - 1);
        if (ten == 10000000000000000000u)
            break;
    }
    for (int bit = 0; bit < 64; bit++) {
        for (uint64_t k = 0; k < 3; k++)
            check_number(_i, (UINT64_C(1) << bit) + k - 1);
    }
    check_number(_i, UINT64_MAX);
    check_number(_i, places[_i].max);
}
END_TEST

static const struct {
    const char *number;
    size_t at;
} no_numbers[] = {
    {"00", 0},
    {"01", 0},
    {"0000000000000000000000", 0},
    {"007", 0},
    {"18446744073709551616", 0},
    {"18446744073709551620", 0},
    {"99999999999999999999", 0},
    {"100000000000000000000", 0},
    {"111111111111111111111", 0},
    {"1844674407370955161x", 19},
    {"18446744073709551615x", 20},
    {"1x", 1},
    {"12.5", 2},
    {"1,000", 1},
    {"1e3", 1},
    {"1-", 1},
    {"1\t", 1},
    {"1\n", 1},
};

START_TEST(every_malformed_number)
{
    for (size_t i = 0; i < COUNT(no_numbers); i++)
        check_no_number(_i, no_numbers[i].number, no_numbers[i].at);
}
END_TEST

/* The same where no line begins with them; a bare -1 is an unknown word. */
START_TEST(no_digit_at_all)
{
    static const char *const words[] = {"", "-1", "+1", "x", "-", " 1", "\t1"};
    for (size_t i = 0; i < COUNT(words); i++)
        check_no_number(_i, words[i], 0);
}
END_TEST

/* ---- lines --------------------------------------------------------------------------------- */

/* A line of `len` bytes with its CRLF, from `head` on. */
static void make_line(char *line, size_t len, const char *head)
{
    memset(line, 'x', len);
    memcpy(line, head, strlen(head));
    memcpy(line + len - 2, "\r\n", 2);
}

static const char *const heads[] = {"VERSION ", "SERVER_ERROR ", "STAT name ", "STAT ",
                                    "ME ",      "HD k",          "ERROR "};

/* The longest line is read; one byte more is a fault as soon as the limit is passed. */
START_TEST(longest_line)
{
    char line[MC_LINE_MAX + 1];
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = {line, MC_LINE_MAX};
    make_line(line, MC_LINE_MAX, heads[_i]);
    ck_assert_int_gt(mc_reader_next(&reader, &in, &reply), MC_MORE);
    ck_assert_uint_eq(in.len, 0);

    make_line(line, MC_LINE_MAX + 1, heads[_i]);
    in = (struct mc_bytes){line, MC_LINE_MAX - 1};
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_MORE);
    in = (struct mc_bytes){line, sizeof line};
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_E_PROTOCOL);
    ck_assert_int_eq(reader.fault, MC_FAULT_LONG);
    ck_assert_int_eq(reader.at, MC_LINE_MAX);
}
END_TEST

START_TEST(longest_line_of_a_stream)
{
    char line[MC_LINE_MAX + 1];
    struct mc_reader reader = {0};
    struct mc_reply reply;
    memset(line, 'x', sizeof line);
    line[MC_LINE_MAX - 1] = '\n';
    struct mc_bytes in = {line, sizeof line};
    mc_reader_stream(&reader);
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_LINE);
    ck_assert_uint_eq(reply.text.len, MC_LINE_MAX - 1);
    ck_assert_uint_eq(in.len, 1);

    line[MC_LINE_MAX - 1] = 'x';
    line[MC_LINE_MAX] = '\n';
    in = (struct mc_bytes){line, sizeof line};
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_E_PROTOCOL);
    ck_assert_int_eq(reader.fault, MC_FAULT_LONG);
}
END_TEST

START_TEST(longest_key)
{
    char line[400], key[MC_KEY_MAX + 1];
    struct mc_reply reply;
    memset(key, 'k', sizeof key);
    for (int len = 1; len <= MC_KEY_MAX + 1; len++) {
        struct mc_reader reader = {0};
        int whole = snprintf(line, sizeof line, "VALUE %.*s 0 0\r\n", len, key);
        struct mc_bytes in = {line, (size_t)whole};
        int event = mc_reader_next(&reader, &in, &reply);
        ck_assert_int_eq(event, len <= MC_KEY_MAX ? MC_VALUE : MC_E_PROTOCOL);
        ck_assert_uint_eq(reply.key.len, len <= MC_KEY_MAX ? (size_t)len : 0);
        ck_assert_int_eq(reader.fault, len <= MC_KEY_MAX ? MC_FAULT_NONE : MC_FAULT_KEY);
    }
}
END_TEST

/* ---- values -------------------------------------------------------------------------------- */

enum { MEGABYTE = 1 << 20, WINDOW = 512 };

/* A reply with a value of `size` bytes that look like replies; its length. */
static size_t make_reply(char **reply, uint32_t size)
{
    static const char noise[] = "END\r\nVALUE a 0 9\r\n";
    *reply = malloc((size_t)size + 64);
    int head = snprintf(*reply, 64, "VALUE a 0 %" PRIu32 "\r\n", size);
    for (uint32_t i = 0; i < size; i++)
        (*reply)[(size_t)head + i] = noise[i % (sizeof noise - 1)];
    memcpy(*reply + head + size, "\r\nEND\r\n", 7);
    return (size_t)head + size + 7;
}

/* The window of a small device: what is in it and has not been read. */
struct window {
    char bytes[WINDOW];
    size_t len;
    struct mc_bytes source; /* still to be received */
};

static void receive(struct window *w)
{
    size_t room = WINDOW - w->len, n = w->source.len < room ? w->source.len : room;
    ck_assert_uint_gt(n, 0);
    memcpy(w->bytes + w->len, w->source.data, n);
    w->len += n;
    w->source.data += n;
    w->source.len -= n;
}

static int next_event(struct window *w, struct mc_reader *reader, struct mc_reply *reply)
{
    struct mc_bytes in = {w->bytes, w->len};
    int event = mc_reader_next(reader, &in, reply);
    static char kept[WINDOW]; /* the reply's slices must outlive the move */
    if (event == MC_BODY) {
        memcpy(kept, reply->text.data, reply->text.len);
        reply->text.data = kept;
    }
    memmove(w->bytes, in.data, in.len);
    w->len = in.len;
    return event;
}

static const uint32_t sizes[] = {0, 1, 2, WINDOW - 1, WINDOW, WINDOW + 1, 65536, MEGABYTE};

/* A value passes through a window that is much smaller, byte for byte. */
START_TEST(value_through_a_window)
{
    char *reply_bytes;
    size_t whole = make_reply(&reply_bytes, sizes[_i]);
    const char *value = strchr(reply_bytes, '\n') + 1;
    struct window window = {.source = {reply_bytes, whole}};
    struct mc_reader reader = {0};
    struct mc_reply reply;
    uint32_t got = 0;
    for (int event = MC_MORE; event != MC_END;) {
        event = next_event(&window, &reader, &reply);
        if (event == MC_MORE)
            receive(&window);
        ck_assert_int_ge(event, MC_MORE);
        if (event != MC_BODY)
            continue;
        ck_assert_mem_eq(reply.text.data, value + got, reply.text.len);
        got += (uint32_t)reply.text.len;
        ck_assert_uint_eq(reader.body_left, sizes[_i] - got);
    }
    ck_assert_uint_eq(got, sizes[_i]);
    ck_assert_uint_eq(window.source.len + window.len, 0);
    free(reply_bytes);
}
END_TEST

/* Pieces of the value go elsewhere, others through the reader, in turn. */
START_TEST(value_taken_elsewhere)
{
    char *reply_bytes;
    size_t whole = make_reply(&reply_bytes, MEGABYTE);
    struct mc_bytes in = {reply_bytes, whole};
    struct mc_reader reader = {0};
    struct mc_reply reply;
    size_t pace = (size_t)1 << _i;
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_VALUE);
    ck_assert_uint_eq(reader.body_left, MEGABYTE);
    while (reader.body_left > 0) {
        size_t piece = reader.body_left < pace ? reader.body_left : pace;
        mc_reader_took(&reader, (uint32_t)piece);
        in = (struct mc_bytes){in.data + piece, in.len - piece};
        struct mc_bytes next = {in.data, reader.body_left < 3 ? reader.body_left : 3};
        if (next.len > 0)
            ck_assert_int_eq(mc_reader_next(&reader, &next, &reply), MC_BODY);
        in = (struct mc_bytes){next.data, in.len - (size_t)(next.data - in.data)};
    }
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_END);
    ck_assert_uint_eq(in.len, 0);
    free(reply_bytes);
}
END_TEST

/* Between values there is nothing to be taken: a reader that is told of no bytes stays where it is,
 * in every state. */
START_TEST(nothing_taken)
{
    static const char *const before[] = {"", "END\r\n", "VALUE a 0 1\r\nx", "VALUE a 0 0\r\n",
                                         "x\r\n"};
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = {before[_i], strlen(before[_i])};
    if (_i == 0)
        mc_reader_stream(&reader);
    while (mc_reader_next(&reader, &in, &reply) > MC_MORE)
        continue;
    const struct mc_reader same = reader;
    ck_assert_uint_eq(reader.body_left, 0);
    mc_reader_took(&reader, 0);
    ck_assert_int_eq(reader.state, same.state);
    ck_assert_uint_eq(reader.body_left, 0);
    ck_assert_int_eq(reader.meta, same.meta);
}
END_TEST

/* Who says that more was taken than there is has taken the value. */
START_TEST(more_taken_than_there_is)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = MC_BYTES("VALUE a 0 5\r\n");
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_VALUE);
    mc_reader_took(&reader, _i == 0 ? 6 : UINT32_MAX);
    ck_assert_uint_eq(reader.body_left, 0);
    in = MC_BYTES("\r\nEND\r\n");
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_END);
}
END_TEST

/* The CRLF after a value that was received elsewhere is wanted all the same. */
START_TEST(taken_value_needs_its_end)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = MC_BYTES("VALUE a 0 5\r\n");
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_VALUE);
    mc_reader_took(&reader, 5);
    in = MC_BYTES("END\r\n");
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_E_PROTOCOL);
    ck_assert_int_eq(reader.fault, MC_FAULT_VALUE);
}
END_TEST

/* ---- streams ------------------------------------------------------------------------------- */

static const struct row streams[] = {
    ROW("key=a\nkey=b\nEND\r\n", "LINE text=key=a\nLINE text=key=b\nEND\n"),
    ROW("OK\r\nkey=a x=1 \nEND\r\n", "OPENED\nLINE text=key=a x=1 \nEND\n"),
    ROW("OK\r\nmg a\r\nmg b b\r\nEN\r\n", "OPENED\nLINE text=mg a\nLINE text=mg b b\nEND meta\n"),
    ROW("PREFIX a get 1\r\nEND\r\n", "LINE text=PREFIX a get 1\nEND\n"),
    ROW("\n\r\n\r\r\nEND\r\n", "LINE\nLINE\nLINE text=\\r\nEND\n"),
    ROW("END\r\n", "END\n"),
    ROW("EN\r\n", "END meta\n"),
    ROW("ENDLESS\nEND of it\nEND\r\n", "LINE text=ENDLESS\nLINE text=END of it\nEND\n"),
    ROW("VALUE a 0 5\r\nSTAT a\r\n12\r\nEND\r\n",
        "LINE text=VALUE a 0 5\nLINE text=STAT a\nLINE text=12\nEND\n"),
    ROW("OK then\nEND\r\n", "LINE text=OK then\nEND\n"),
    ROW("a\x01\xff\nEND\r\n", "LINE text=a\\x01\\xff\nEND\n"),
    ROW("ERROR\r\n", "ERROR\n"),
    ROW("ERROR why\r\n", "ERROR text=why\n"),
    ROW("CLIENT_ERROR why\r\n", "CLIENT_ERROR text=why\n"),
    ROW("SERVER_ERROR why\r\n", "SERVER_ERROR text=why\n"),
    ROW("BUSY why\r\n", "BUSY text=why\n"),
    ROW("BADCLASS why\r\n", "REFUSED key=BADCLASS text=why\n"),
    ROW("END\r\nVALUE a 0 1\r\nx\r\nEND\r\n", "END\nVALUE key=a flags=0 size=1\nBODY x\nEND\n"),
    ROW("key=a\nEND\r\nkey=b\n", "LINE text=key=a\nEND\nPROTOCOL fault=word at=0\n"),
    ROW("key=a", "MORE\n"),
    ROW("key=a\nEND\r", "LINE text=key=a\nMORE\n"),
};

START_TEST(every_stream)
{
    struct mc_reader reader = {0};
    mc_reader_stream(&reader);
    check_row(reader, &streams[_i]);
}
END_TEST

/* What stands before the bytes that are given is never looked at. */
START_TEST(nothing_before_a_line_of_a_stream)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = {&"\r\n"[1], 1};
    mc_reader_stream(&reader);
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_LINE);
    ck_assert_uint_eq(reply.text.len, 0);
    ck_assert_uint_eq(in.len, 0);
}
END_TEST

/* ---- flags --------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    int result;
    char letter;
    int32_t ttl;
    uint64_t number;
    const char *token;
    const char *rest;
} flags[] = {
    {"", 0, 0, 0, 0, "", ""},
    {"c18446744073709551615 t1", 1, 'c', 0, UINT64_MAX, NULL, "t1"},
    {"c18446744073709551616", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"c", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"cx", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"c01", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"f4294967295", 1, 'f', 0, UINT32_MAX, NULL, ""},
    {"f18446744073709551615", 1, 'f', 0, UINT64_MAX, NULL, ""},
    {"f18446744073709551616", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"f", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"h0", 1, 'h', 0, 0, NULL, ""},
    {"h1", 1, 'h', 0, 1, NULL, ""},
    {"h", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"l4294967295", 1, 'l', 0, UINT32_MAX, NULL, ""},
    {"l-1", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"s1073741824", 1, 's', 0, 1 << 30, NULL, ""},
    {"s+1", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"t0", 1, 't', 0, 0, NULL, ""},
    {"t-1 W", 1, 't', -1, 0, NULL, "W"},
    {"t2147483647", 1, 't', INT32_MAX, 0, NULL, ""},
    {"t2147483648", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"t-2147483649", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"t", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"t-", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"t--1", MC_E_PROTOCOL, 0, 0, 0, NULL, NULL},
    {"kname Oab", 1, 'k', 0, 0, "name", "Oab"},
    {"Oab", 1, 'O', 0, 0, "ab", ""},
    {"b", 1, 'b', 0, 0, "", ""},
    {"W Z X", 1, 'W', 0, 0, "", "Z X"},
    {"X", 1, 'X', 0, 0, "", ""},
    {"Z", 1, 'Z', 0, 0, "", ""},
    {"qany-thing v", 1, 'q', 0, 0, "any-thing", "v"},
    {" a b", 1, ' ', 0, 0, "a", "b"}, /* such a text comes from no reader */
};

/* In memory of its own, where the sanitizers see what is read after it. */
static char *exact_copy(struct mc_bytes text)
{
    char *copy = malloc(text.len + (text.len == 0));
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text.data, text.len);
    return copy;
}

static void check_flag(const struct mc_flag *flag, int row)
{
    if (flags[row].letter != 't') /* what the letter does not name is zero */
        ck_assert_int_eq(flag->ttl, 0);
    if (flags[row].token != NULL)
        ck_assert_uint_eq(flag->number, 0);
    ck_assert_int_eq(flag->letter, flags[row].letter);
    if (flag->letter == 't')
        ck_assert_int_eq(flag->ttl, flags[row].ttl);
    else if (flags[row].token == NULL)
        ck_assert_uint_eq(flag->number, flags[row].number);
    else
        ck_assert_uint_eq(flag->token.len, strlen(flags[row].token));
    if (flags[row].token != NULL)
        ck_assert_mem_eq(flag->token.data, flags[row].token, flag->token.len);
}

START_TEST(every_flag)
{
    const size_t len = strlen(flags[_i].text);
    char *copy = exact_copy((struct mc_bytes){flags[_i].text, len});
    struct mc_bytes in = {copy, len};
    struct mc_flag flag = {.letter = '?', .ttl = 5, .number = 5};
    ck_assert_int_eq(mc_reader_flag(&in, &flag), flags[_i].result);
    if (flags[_i].result == 0)
        ck_assert_int_eq(flag.letter, 0);
    if (flags[_i].result == 1) {
        check_flag(&flag, _i);
        ck_assert_uint_eq(in.len, strlen(flags[_i].rest));
        ck_assert_mem_eq(in.data, flags[_i].rest, in.len);
    }
    free(copy);
}
END_TEST

/* A flag is a letter, and any other byte in its place a fault. */
START_TEST(every_byte_of_a_flag)
{
    for (int byte = 0; byte < 256; byte++) {
        const char line[] = {'H', 'D', ' ', 'k', 'x', ' ', (char)byte, '\r', '\n'};
        bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        struct mc_reader reader = {0};
        struct mc_reply reply;
        struct mc_bytes in = {line, sizeof line};
        ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), letter ? MC_HD : MC_E_PROTOCOL);
        ck_assert_int_eq(reader.fault, letter ? MC_FAULT_NONE : MC_FAULT_FLAG);
        ck_assert_int_eq(reader.at, letter ? 0 : 6);
    }
}
END_TEST

/* ---- any bytes ----------------------------------------------------------------------------- */

/* However the bytes are cut, the events are the same; and no byte too many is read. */
static void check_cuts_agree(struct mc_bytes in)
{
    struct events whole = {.last = MC_MORE}, single = {.last = MC_MORE};
    events_of_cut(&whole, in, in.len, in.len);
    for (size_t i = 0; i < in.len; i++)
        events_feed(&single, in.data + i, 1);
    events_finish(&single);
    if (!text_same(&whole.lines, &single.lines)) {
        struct text shown = {0};
        text_escape(&shown, in.data, in.len);
        ck_abort_msg("%s\nwhole:\n%s\nbyte by byte:\n%s", text_string(&shown),
                     text_string(&whole.lines), text_string(&single.lines));
    }
    events_free(&whole);
    events_free(&single);
}

static const char *const seeds[] = {
    "VALUE key 5 3 77\r\nabc\r\nVALUE k 0 0\r\n\r\nEND\r\n",
    "VA 2 s2 t-1 c9 kab W\r\nxy\r\nEN Oq\r\nHD\r\nMN\r\n",
    "STAT pid 12\r\nSTAT v\r\nITEM a [1 b; 0 s]\r\nEND\r\nRESET\r\n",
    "CLIENT_ERROR bad\r\nERROR: x\r\n12  \r\nVERSION 1.6\r\nSAME no\r\nME a b=1\r\n",
};

/* Each byte of each seed, changed to every other. */
START_TEST(one_byte_changed)
{
    size_t len = strlen(seeds[_i]);
    char *bytes = malloc(len);
    ck_assert(bytes != NULL);
    for (size_t place = 0; place < len; place++) {
        memcpy(bytes, seeds[_i], len);
        for (int byte = 0; byte < 256; byte++) {
            bytes[place] = (char)byte;
            check_cuts_agree((struct mc_bytes){bytes, len});
        }
    }
    free(bytes);
}
END_TEST

/* One byte of each seed missing, or there twice. */
START_TEST(one_byte_less_or_more)
{
    size_t len = strlen(seeds[_i]);
    char *bytes = malloc(len + 1);
    ck_assert(bytes != NULL);
    for (size_t place = 0; place < len; place++) {
        memcpy(bytes, seeds[_i], place);
        memcpy(bytes + place, seeds[_i] + place + 1, len - place - 1);
        check_cuts_agree((struct mc_bytes){bytes, len - 1});
        memcpy(bytes + place, seeds[_i] + place, 1);
        memcpy(bytes + place + 1, seeds[_i] + place, len - place);
        check_cuts_agree((struct mc_bytes){bytes, len + 1});
    }
    free(bytes);
}
END_TEST

START_TEST(every_two_bytes)
{
    for (int first = 0; first < 256; first++) {
        for (int second = 0; second < 256; second++) {
            const char bytes[] = {(char)first, (char)second};
            check_cuts_agree((struct mc_bytes){bytes, sizeof bytes});
        }
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {every_reply, COUNT(replies)},
        {every_fault, COUNT(broken)},
        {broken_is_final, 1},
        {every_length_of_a_number, COUNT(places)},
        {every_malformed_number, COUNT(places)},
        {no_digit_at_all, COUNT(places) - 1},
        {longest_line, COUNT(heads)},
        {longest_line_of_a_stream, 1},
        {longest_key, 1},
        {value_through_a_window, COUNT(sizes)},
        {value_taken_elsewhere, 21},
        {nothing_taken, 5},
        {more_taken_than_there_is, 2},
        {taken_value_needs_its_end, 1},
        {every_stream, COUNT(streams)},
        {nothing_before_a_line_of_a_stream, 1},
        {every_flag, COUNT(flags)},
        {every_byte_of_a_flag, 1},
        {one_byte_changed, COUNT(seeds)},
        {one_byte_less_or_more, COUNT(seeds)},
        {every_two_bytes, 1},
    };
    return suite_run("reader", tests, COUNT(tests));
}
