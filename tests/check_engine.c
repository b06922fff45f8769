/* The engine without I/O: every rule as a conversation, whose bytes are sent and received in pieces
 * of every size, cut at every place, and which fails at every moment. */
#include "catalog.h"
#include "events.h"
#include "script.h"
#include "suite.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { ROWS_MAX = 24, KEYS_MAX = 6, VALUE_CAP = 16, IN_CAP = 400, OUT_CAP = 400 };

/* ---- scenes ---------------------------------------------------------------------------------- */

/* An operation (whose key is "k" if it has none and whose value goes to a place of VALUE_CAP bytes),
 * the bytes that are to be sent for it, the reply that is there once they are, and what comes of it.
 * Neighbours that share a line: the first has the bytes. */
struct row {
    struct mc_op op;
    const char *request, *reply, *outcome;
    const char *keys;    /* many keys, a letter each ('!' is no key) */
    size_t value_cap;    /* of its place; 0: VALUE_CAP */
    bool unwanted, sink; /* no outputs; the value goes to a sink */
    bool is_mn;          /* only bytes: the end of a group */
};

struct scene {
    const char *name;
    struct row rows[ROWS_MAX];
    size_t count;
    int error;           /* engine->error afterwards */
    enum mc_fault fault; /* and reader.fault, when that is MC_E_PROTOCOL */
};

static const struct mc_flag q[] = {{.letter = 'q'}};
static const struct mc_flag v[] = {{.letter = 'v'}};
static const struct mc_flag k_v[] = {{.letter = 'k'}, {.letter = 'v'}};
static const struct mc_flag v_q[] = {{.letter = 'v'}, {.letter = 'q'}};
static const struct mc_flag k_q[] = {{.letter = 'k'}, {.letter = 'q'}};
static const struct mc_flag q_mine[] = {{.letter = 'q'}, {.letter = 'O', .token = B("mine")}};
static const struct mc_flag v_v[] = {{.letter = 'v'}, {.letter = 'v'}};
static const struct mc_flag k_opaque_v[] = {
    {.letter = 'k'}, {.letter = 'O', .token = B("mine")}, {.letter = 'v'}};
static const struct mc_flag all_shown[] = {{.letter = 'c'}, {.letter = 'f'}, {.letter = 't'},
                                           {.letter = 's'}, {.letter = 'h'}, {.letter = 'l'},
                                           {.letter = 'v'}};
static const struct mc_flag all_and_opaque[] = {{.letter = 'O', .token = B("mine")},
                                                {.letter = 'c'},
                                                {.letter = 'f'},
                                                {.letter = 't'},
                                                {.letter = 's'},
                                                {.letter = 'h'},
                                                {.letter = 'l'},
                                                {.letter = 'v'}};
static const struct mc_flag t_then_opaque[] = {{.letter = 't'}, {.letter = 'O', .token = B("x")}};
static const struct mc_flag c_only[] = {{.letter = 'c'}};
static const struct mc_flag t_only[] = {{.letter = 't'}};
static const struct mc_flag v_t[] = {{.letter = 'v'}, {.letter = 't'}};
static const struct mc_flag s_v[] = {{.letter = 's'}, {.letter = 'v'}};
static const struct mc_flag v_cas[] = {{.letter = 'v'}, {.letter = 'C', .number = 9}};
static const struct mc_flag b_k[] = {{.letter = 'b'}, {.letter = 'k'}};
static const struct mc_flag v_n[] = {{.letter = 'v'}, {.letter = 'N', .ttl = 30}};
static const struct mc_flag k_only[] = {{.letter = 'k'}};
static const struct mc_flag s_ms[] = {{.letter = 's'}};
/* With a key and an opaque, as many words as a meta command can have, and one more. */
#define MOST_FLAGS                                                                           \
    {.letter = 'b'}, {.letter = 'c'}, {.letter = 'f'}, {.letter = 'h'}, {.letter = 'k'},     \
        {.letter = 'l'}, {.letter = 'q'}, {.letter = 's'}, {.letter = 't'}, {.letter = 'u'}, \
        {.letter = 'v'}, {.letter = 'N'}, {.letter = 'R'}, {.letter = 'T'}, {.letter = 'C'}, \
        {.letter = 'E'},                                                                     \
    {                                                                                        \
        .letter = 'L', .token = B("x")                                                       \
    }
static const struct mc_flag most_quiet[] = {MOST_FLAGS};
static const struct mc_flag too_many_quiet[] = {MOST_FLAGS, {.letter = 'P', .token = B("x")}};

#define OP(name, ...) .op = {.command = &mc_command_##name, __VA_ARGS__}
#define FLAGS(flags) .meta_flags = (flags), .meta_count = COUNT(flags)
#define MN                                                    \
    {                                                         \
        .is_mn = true, .request = "mn\r\n", .reply = "MN\r\n" \
    }
#define DATA .data = B("hi")
#define NONE .flags = 0
#define LONG                                                                                      \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890" \
    "123456789012345678901234567890123456789"

/* clang-format off */
static const struct scene scenes[] = {
    {"every command", .count = 20, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 7 2\r\nhi\r\nEND\r\n", "VALUE hi flags=7"},
        {OP(gets, NONE), "gets k\r\n", "VALUE k 7 2 9\r\nhi\r\nEND\r\n", "VALUE hi flags=7 cas=9"},
        {OP(gat, .exptime = 60), "gat 60 k\r\n", "END\r\n", "END"},
        {OP(gats, .exptime = -1), "gats -1 k\r\n", "VALUE k 0 0 5\r\n\r\nEND\r\n", "VALUE  cas=5"},
        {OP(set, DATA, .flags = 7, .exptime = 60), "set k 7 60 2\r\nhi\r\n", "STORED\r\n", "STORED"},
        {OP(add, DATA), "add k 0 0 2\r\nhi\r\n", "NOT_STORED\r\n", "NOT_STORED"},
        {OP(replace, .data = B("")), "replace k 0 0 0\r\n\r\n", "STORED\r\n", "STORED"},
        {OP(append, DATA), "append k 0 0 2\r\nhi\r\n", "STORED\r\n", "STORED"},
        {OP(prepend, DATA), "prepend k 0 0 2\r\nhi\r\n", "NOT_STORED\r\n", "NOT_STORED"},
        {OP(cas, DATA, .number = 9), "cas k 0 0 2 9\r\nhi\r\n", "EXISTS\r\n", "EXISTS"},
        {OP(delete, NONE), "delete k\r\n", "DELETED\r\n", "DELETED"},
        {OP(incr, .number = 5), "incr k 5\r\n", "12\r\n", "NUMBER answer=12"},
        {OP(decr, .number = 5), "decr k 5\r\n", "NOT_FOUND\r\n", "NOT_FOUND"},
        {OP(touch, .exptime = 60), "touch k 60\r\n", "TOUCHED\r\n", "TOUCHED"},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 2 f7 W\r\nhi\r\n", "VALUE hi flags=7 meta f=7 won"},
        {OP(ms, DATA), "ms k 2\r\nhi\r\n", "HD\r\n", "HD"},
        {OP(md, NONE), "md k\r\n", "NF\r\n", "NOT_FOUND"},
        {OP(ma, FLAGS(v)), "ma k v\r\n", "VA 2\r\n13\r\n", "NUMBER answer=13 meta number=13"},
        {OP(version, NONE), "version\r\n", "VERSION 1\r\n", "VERSION '1'"},
        {OP(flush_all, .exptime = 60), "flush_all 60\r\n", "OK\r\n", "OK"}}},

    {"administration", .count = 5, .rows = {
        {OP(verbosity, .number = 2), "verbosity 2\r\n", "OK\r\n", "OK"},
        {OP(cache_memlimit, .number = 1), "cache_memlimit 1\r\n", "MEMLIMIT_TOO_SMALL no\r\n",
         "REFUSED 'no'"},
        {OP(me, NONE), "me k\r\n", "ME k exp=-1 la=2\r\n", "ME 'exp=-1 la=2'"},
        {OP(me, NONE), "me k\r\n", "EN\r\n", "END"},
        {OP(verbosity, .number = UINT64_C(1) << 32), .outcome = "E_NUMBER"}}},

    {"administration, numbers too large", .count = 2, .rows = {
        {OP(cache_memlimit, .number = UINT64_C(1) << 32), .outcome = "E_NUMBER"},
        {OP(cache_memlimit, .number = UINT32_MAX), "cache_memlimit 4294967295\r\n", "OK\r\n", "OK"}}},

    {"some are refused, and the others run", .count = 9, .rows = {
        {OP(get, .key = B("k y")), .outcome = "E_KEY"},
        {OP(mg, FLAGS(v_v)), .outcome = "E_FLAG"},
        {OP(set, DATA), "set k 0 0 2\r\nhi\r\n", "STORED\r\n", "STORED"},
        {OP(set, .data = {"", (size_t)MC_VALUE_MAX + 1}), .outcome = "E_NUMBER"},
        {OP(md, FLAGS(q_mine)), .outcome = "E_FLAG"},
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"},
        {OP(delete, .key = B("")), .outcome = "E_KEY"},
        {OP(touch, NONE), "touch k 0\r\n", "TOUCHED\r\n", "TOUCHED"},
        {OP(get, .key = B("\x7f")), .outcome = "E_KEY"}}},

    {"error lines that are answers, and a value that does not fit", .count = 7, .rows = {
        {OP(incr, .number = 1), "incr k 1\r\n", "CLIENT_ERROR text\r\n", "CLIENT_ERROR 'text'"},
        {OP(set, DATA), "set k 0 0 2\r\nhi\r\n", "SERVER_ERROR full\r\n", "SERVER_ERROR 'full'"},
        {OP(get, NONE), "get k\r\n", "SERVER_ERROR full\r\n", "SERVER_ERROR 'full'"},
        {OP(touch, .exptime = 1), "touch k 1\r\n", "ERROR\r\n", "ERROR"},
        {OP(get, NONE), "get k\r\n", "VALUE k 3 4\r\nhigh\r\nEND\r\n", "E_FULL len=4 flags=3",
         .value_cap = 3},
        {OP(gats, NONE), "gats 0 k\r\n", "VALUE k 3 4 9\r\nhigh\r\nEND\r\n",
         "VALUE high flags=3 cas=9", .value_cap = 4},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 4 f3\r\nhigh\r\n", "E_FULL len=4 flags=3 meta f=3",
         .value_cap = 3}}},
    {"an error line after a value", .error = MC_E_AMBIGUOUS, .count = 2, .rows = {
        {OP(get, .exptime = 1), "get k\r\n", "VALUE k 3 4\r\nhigh\r\nSERVER_ERROR late\r\nEND\r\n",
         "SERVER_ERROR 'late'"},
        {OP(get, NONE), "get k\r\n", NULL, "E_AMBIGUOUS"}}},
    {"what a command does not use is ignored", .count = 3, .rows = {
        {OP(get, FLAGS(q), DATA, .number = 5), "get k\r\n", "END\r\n", "END"},
        {OP(set, FLAGS(q), DATA), "set k 0 0 2\r\nhi\r\n", "STORED\r\n", "STORED"},
        {OP(delete, DATA, .exptime = 5), "delete k\r\n", "NOT_FOUND\r\n", "NOT_FOUND"}}},

    {"no outputs are wanted", .count = 6, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 7 2\r\nhi\r\nEND\r\n", "VALUE", .unwanted = true},
        {OP(gat, NONE), "gat 0 k\r\n", "SERVER_ERROR x\r\n", "SERVER_ERROR 'x'", .unwanted = true},
        {OP(incr, .number = 5), "incr k 5\r\n", "12\r\n", "NUMBER answer=12", .unwanted = true},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 2 f7 W\r\nhi\r\n", "VALUE", .unwanted = true},
        {OP(ma, FLAGS(v)), "ma k v\r\n", "VA 2\r\n13\r\n", "NUMBER answer=13", .unwanted = true},
        {OP(ms, DATA), "ms k 2\r\nhi\r\n", "HD c5\r\n", "HD", .unwanted = true}}},

    {"large values go aside, small ones along", .count = 4, .rows = {
        {OP(set, .data = B(LONG)), "set k 0 0 130\r\n" LONG "\r\n", "STORED\r\n", "STORED"},
        {OP(set, DATA), "set k 0 0 2\r\nhi\r\n", "STORED\r\n", "STORED"},
        {OP(ms, .data = B(LONG)), "ms k 130\r\n" LONG "\r\n", "HD\r\n", "HD"},
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"}}},

    {"a value to a sink, and one too large for it", .count = 2, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 7 20\r\n01234567890123456789\r\nEND\r\n",
         "VALUE len=20 flags=7 sink(VALUE 01234567890123456789)", .sink = true},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 2\r\nhi\r\n", "VALUE len=2 sink(VALUE hi)",
         .sink = true}}},

    {"neighbours share a line", .count = 6, .rows = {
        {OP(get, .key = B("a")), "get a b c\r\n", "VALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nEND\r\n",
         "VALUE 1"},
        {OP(get, .key = B("b")), "", "", "END"},
        {OP(get, .key = B("c")), "", "", "VALUE 3"},
        {OP(gat, .key = B("a"), .exptime = 1), "gat 1 a b\r\n", "END\r\n", "END"},
        {OP(gat, .key = B("b"), .exptime = 1), "", "", "END"},
        {OP(gat, .key = B("a"), .exptime = 2), "gat 2 a\r\n", "END\r\n", "END"}}},

    {"a bad key between neighbours", .count = 4, .rows = {
        {OP(get, .key = B("a")), "get a b\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n", "VALUE 1"},
        {OP(get, .key = B("b")), "", "", "END"},
        {OP(get, .key = B("c d")), .outcome = "E_KEY"},
        {OP(get, .key = B("d")), "get d\r\n", "END\r\n", "END"}}},

    {"in another order, doubled, empty", .count = 6, .rows = {
        {OP(get, .key = B("a")), "get a b c a c e\r\n",
         "VALUE c 0 1\r\n3\r\nVALUE e 0 0\r\n\r\nVALUE b 0 1\r\n2\r\nVALUE c 0 1\r\n3\r\n"
         "VALUE a 4 1\r\n1\r\nEND\r\n", "VALUE 1 flags=4"},
        {OP(get, .key = B("b")), "", "", "VALUE 2"},
        {OP(get, .key = B("c")), "", "", "VALUE 3"},
        {OP(get, .key = B("a")), "", "", "VALUE 1 flags=4"},
        {OP(get, .key = B("c")), "", "", "VALUE 3"},
        {OP(get, .key = B("e")), "", "", "VALUE "}}},

    {"doubled and answered once: with a sink", .count = 3, .rows = {
        {OP(gets, NONE), "gets a a\r\n", "VALUE a 3 2 9\r\nhi\r\nEND\r\n",
         "MORE a VALUE len=2 flags=3 cas=9 a VALUE len=2 flags=3 cas=9 sink(VALUE hi)", .keys = "aa",
         .sink = true},
        {OP(get, NONE), "get k k\r\n", "VALUE k 3 2\r\nhi\r\nEND\r\n", "VALUE hi flags=3"},
        {OP(get, NONE), "", "", "E_FULL len=2 flags=3", .sink = true}}},

    {"many keys as one operation", .count = 5, .rows = {
        {OP(get, NONE), "get a b c\r\n", "VALUE b 0 1\r\n2\r\nEND\r\n", "MORE a END b VALUE 2 c END",
         .keys = "abc"},
        {OP(gets, NONE), "gets a b\r\n", "VALUE b 0 1 7\r\n2\r\nVALUE a 1 1 6\r\n1\r\nEND\r\n",
         "MORE a VALUE 1 flags=1 cas=6 b VALUE 2 cas=7", .keys = "ab"},
        {OP(gats, .exptime = 5), "gats 5 a a\r\n", "VALUE a 0 1 7\r\n2\r\nEND\r\n",
         "MORE a VALUE 2 cas=7 a VALUE 2 cas=7", .keys = "aa"},
        {OP(get, NONE), "get a\r\n", "SERVER_ERROR one\r\n", "SERVER_ERROR 'one' a SERVER_ERROR",
         .keys = "a"},
        {OP(get, NONE), "get a b\r\n", "VALUE a 0 5\r\n12345\r\nEND\r\n",
         "MORE a VALUE len=5 b END sink(VALUE 12345)", .keys = "ab", .sink = true}}},

    {"bad keys among many", .count = 5, .rows = {
        {OP(get, NONE), .outcome = "E_KEY ! E_KEY", .keys = "!"},
        {OP(get, NONE), .outcome = "MORE", .keys = ""},
        {OP(get, NONE), "get a\r\n", "END\r\n", "E_KEY ! E_KEY a END ! E_KEY", .keys = "!a!"},
        {OP(get, NONE), "get a\r\nget b\r\n", "END\r\nVALUE b 0 1\r\n2\r\nEND\r\n",
         "E_KEY a END ! E_KEY b VALUE 2", .keys = "a!b"},
        {OP(delete, NONE), "delete k\r\n", "DELETED\r\n", "DELETED"}}},

    {"an error line to several keys", .error = MC_E_AMBIGUOUS, .count = 4, .rows = {
        {OP(get, NONE), "get a b c\r\n", "VALUE b 0 1\r\n2\r\nSERVER_ERROR out\r\n",
         "SERVER_ERROR 'out' a SERVER_ERROR b VALUE 2 c SERVER_ERROR", .keys = "abc"},
        {OP(get, NONE), "get k\r\n", NULL, "E_AMBIGUOUS"},
        {OP(set, DATA), "set k 0 0 2\r\nhi\r\n", NULL, "E_UNKNOWN"},
        {OP(set, .key = B("a b"), DATA), .outcome = "E_KEY"}}},

    {"an error line to a doubled key", .error = MC_E_AMBIGUOUS, .count = 1, .rows = {
        {OP(get, NONE), "get a b a\r\n", "VALUE a 0 1\r\n2\r\nSERVER_ERROR out\r\n",
         "SERVER_ERROR 'out' a VALUE 2 b SERVER_ERROR a VALUE 2", .keys = "aba"}}},

    {"an error line after the value of the only key of many", .error = MC_E_AMBIGUOUS, .count = 1, .rows = {
        {OP(get, NONE), "get a\r\n", "VALUE a 0 1\r\n2\r\nSERVER_ERROR out\r\n",
         "SERVER_ERROR 'out' a SERVER_ERROR", .keys = "a"}}},

    {"an error line in place of a reply to neighbours", .error = MC_E_AMBIGUOUS, .count = 3, .rows = {
        {OP(get, .key = B("a")), "get a b\r\n", "CLIENT_ERROR no\r\n", "CLIENT_ERROR 'no'"},
        {OP(get, .key = B("b")), "", "", "CLIENT_ERROR 'no'"},
        {OP(get, .exptime = 1), "get k\r\n", NULL, "E_AMBIGUOUS"}}},

    {"a key that nobody asked for", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 2,
     .rows = {
        {OP(get, NONE), "get a b\r\n", "VALUE b 0 1\r\n2\r\nVALUE c 0 1\r\n3\r\nEND\r\n",
         "PROTOCOL a PROTOCOL b PROTOCOL", .keys = "ab"},
        {OP(delete, NONE), "delete k\r\n", NULL, "E_UNKNOWN"}}},

    {"a key answered more often than asked", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 0 1\r\n2\r\nVALUE k 0 1\r\n2\r\nEND\r\n", "PROTOCOL"}}},

    {"gets without a unique", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1, .rows = {
        {OP(gets, NONE), "gets k\r\n", "VALUE k 0 1\r\n2\r\nEND\r\n", "PROTOCOL"}}},

    {"ERROR to a value", .error = MC_E_AMBIGUOUS, .count = 3, .rows = {
        {OP(set, DATA), "set k 0 0 2\r\nhi\r\n", "ERROR\r\n", "ERROR"},
        {OP(incr, .number = 1), "incr k 1\r\n", NULL, "E_UNKNOWN"},
        {OP(version, NONE), "version\r\n", NULL, "E_AMBIGUOUS"}}},

    {"CLIENT_ERROR to a value", .error = MC_E_AMBIGUOUS, .count = 1, .rows = {
        {OP(set, DATA), "set k 0 0 2\r\nhi\r\n", "CLIENT_ERROR bad\r\n", "CLIENT_ERROR 'bad'"}}},

    {"errors to meta commands that are answers", .count = 3, .rows = {
        {OP(mg, FLAGS(v)), "mg k v\r\n", "CLIENT_ERROR bad\r\n", "CLIENT_ERROR 'bad'"},
        {OP(ms, DATA), "ms k 2\r\nhi\r\n", "SERVER_ERROR full\r\n", "SERVER_ERROR 'full'"},
        {OP(md, NONE), "md k\r\n", "ERROR\r\n", "ERROR"}}},

    {"plain meta values that are too large, empty, unwanted", .count = 4, .rows = {
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 4\r\nhigh\r\n", "E_FULL len=4", .value_cap = 3},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 0\r\n\r\n", "VALUE "},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 2\r\nhi\r\n", "VALUE", .unwanted = true},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 3\r\nhig\r\n", "VALUE hig", .value_cap = 3}}},

    {"sinks: an empty value, and no value besides", .count = 2, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 7 0\r\n\r\nEND\r\n", "VALUE flags=7 sink(VALUE )",
         .sink = true},
        {OP(gets, NONE), "gets k\r\n", "VALUE k 7 2 9\r\nhi\r\nEND\r\n", "VALUE sink(VALUE hi)",
         .sink = true, .unwanted = true}}},

    {"sinks: values of a byte, and of the second key", .count = 3, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 7 1\r\nx\r\nEND\r\n",
         "VALUE len=1 flags=7 sink(VALUE x)", .sink = true},
        {OP(get, NONE), "get a b c\r\n", "VALUE b 0 9\r\n012345678\r\nVALUE c 0 1\r\nx\r\nEND\r\n",
         "MORE a END b VALUE len=9 c VALUE len=1 sink(VALUE 012345678 VALUE x)", .keys = "abc",
         .sink = true},
        {OP(get, NONE), "get k\r\n", "END\r\n", "END", .sink = true}}},

    {"many keys in another order, whole", .count = 2, .rows = {
        {OP(get, NONE), "get a b c\r\n",
         "VALUE b 0 1\r\n2\r\nVALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nEND\r\n",
         "MORE a VALUE 1 b VALUE 2 c VALUE 3", .keys = "abc"},
        {OP(get, NONE), "get a\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n", "E_KEY a VALUE 1 ! E_KEY",
         .keys = "a!"}}},

    {"doubled long keys, answered once", .count = 4, .rows = {
        {OP(get, .key = B("longer")), "get longer other! longer other!\r\n",
         "VALUE longer 3 2\r\nhi\r\nVALUE other! 0 0\r\n\r\nEND\r\n", "VALUE hi flags=3"},
        {OP(get, .key = B("other!")), "", "", "VALUE "},
        {OP(get, .key = B("longer")), "", "", "VALUE hi flags=3"},
        {OP(get, .key = B("other!")), "", "", "VALUE "}}},
    {"doubled and answered once: the first place is too small", .count = 3, .rows = {
        {OP(get, NONE), "get k k x\r\n", "VALUE k 3 2\r\nhi\r\nEND\r\n", "E_FULL len=2 flags=3",
         .value_cap = 1},
        {OP(get, NONE), "", "", "E_FULL len=2 flags=3"},
        {OP(get, .key = B("x")), "", "", "END"}}},
    {"doubled and answered once: the first is a sink", .count = 3, .rows = {
        {OP(get, NONE), "get k k x\r\n", "VALUE k 3 2\r\nhi\r\nEND\r\n",
         "VALUE len=2 flags=3 sink(VALUE hi)", .sink = true},
        {OP(get, NONE), "", "", "E_FULL len=2 flags=3"},
        {OP(get, .key = B("x")), "", "", "END"}}},
    {"doubled and answered once: the second is a sink without a value", .count = 3, .rows = {
        {OP(get, NONE), "get k k x\r\n", "VALUE k 3 2\r\nhi\r\nEND\r\n", "VALUE hi flags=3"},
        {OP(get, NONE), "", "", "E_FULL", .sink = true, .unwanted = true},
        {OP(get, .key = B("x")), "", "", "END"}}},

    {"CLIENT_ERROR to ms", .error = MC_E_AMBIGUOUS, .count = 1, .rows = {
        {OP(ms, DATA), "ms k 2\r\nhi\r\n", "CLIENT_ERROR bad\r\n", "CLIENT_ERROR 'bad'"}}},

    {"another dialect", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1, .rows = {
        {OP(delete, NONE), "delete k\r\n", "NF\r\n", "E_UNKNOWN"}}},

    {"another kind", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1, .rows = {
        {OP(touch, NONE), "touch k 0\r\n", "DELETED\r\n", "E_UNKNOWN"}}},

    {"surplus after the last reply", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 2,
     .rows = {
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"},
        {OP(delete, NONE), "delete k\r\n", "DELETED\r\nEND\r\n", NULL}}},

    {"surplus after the last of many keys", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .count = 1, .rows = {
        {OP(get, NONE), "get a b\r\n", "END\r\nEND\r\n", NULL, .keys = "ab"}}},
    {"malformed", .error = MC_E_PROTOCOL, .fault = MC_FAULT_NUMBER, .count = 1, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 0 01\r\n1\r\nEND\r\n", "PROTOCOL"}}},

    {"meta replies with all that was asked for", .count = 6, .rows = {
        {OP(mg, FLAGS(k_opaque_v)), "mg k k Omine v\r\n", "VA 2 kk Omine\r\nhi\r\n", "VALUE hi"},
        {OP(mg, FLAGS(all_shown)), "mg k c f t s h l v\r\n",
         "VA 2 c5 f6 t-1 s2 h1 l8 x9 Z\r\nhi\r\n",
         "VALUE hi flags=6 cas=5 meta c=5 f=6 s=2 l=8 t=-1 hit already"},
        {OP(mg, FLAGS(v_cas)), "mg k v C9\r\n", "HD\r\n", "HD"},
        {OP(mg, FLAGS(v_n)), "mg k v N30\r\n", "EN\r\n", "END"},
        {OP(mg, FLAGS(b_k)), "mg aw== b k\r\n", "HD kaw== b\r\n", "HD"},
        {OP(ms, DATA, FLAGS(s_ms)), "ms k 2 s\r\nhi\r\n", "HD\r\n", "HD"}}},

    {"plain meta replies with the key", .count = 5, .rows = {
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "VA 2 kk\r\nhi\r\n", "VALUE hi"},
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "VA 2 kk W\r\nhi\r\n", "VALUE hi meta won"},
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "EN\r\n", "END"},
        {OP(mg, FLAGS(k_only)), "mg k k\r\n", "HD kk\r\n", "HD"},
        {OP(ms, DATA, FLAGS(k_only)), "ms k 2 k\r\nhi\r\n", "HD kk\r\n", "HD"}}},
    {"a plain meta value without its key", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "VA 2\r\nhi\r\n", "PROTOCOL"}}},
    {"a plain meta value of another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "VA 2 kx\r\nhi\r\n", "PROTOCOL"}}},
    {"stored, and the key of another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {
        {OP(ms, DATA, FLAGS(k_only)), "ms k 2 k\r\nhi\r\n", "HD kx\r\n", "E_UNKNOWN"}}},
    {"the key of another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1, .rows = {
        {OP(mg, FLAGS(k_opaque_v)), "mg k k Omine v\r\n", "VA 2 kx Omine\r\nhi\r\n", "PROTOCOL"}}},
    {"its key after that of another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1,
     .rows = {
        {OP(mg, FLAGS(k_opaque_v)), "mg k k Omine v\r\n", "VA 2 kx Omine kk\r\nhi\r\n", "PROTOCOL"}}},
    {"its key before that of another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1,
     .rows = {
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "VA 2 kk kx kk\r\nhi\r\n", "PROTOCOL"}}},
    {"its opaque after that of another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {
        {OP(mg, FLAGS(k_opaque_v)), "mg k k Omine v\r\n", "EN kk Oyour Omine\r\n", "PROTOCOL"}}},
    {"its key as an opaque", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1, .rows = {
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "VA 2 Ok\r\nhi\r\n", "PROTOCOL"}}},
    {"done, and its key as an opaque", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1,
     .rows = {
        {OP(mg, FLAGS(k_only)), "mg k k\r\n", "HD Ok\r\n", "PROTOCOL"}}},
    {"flags of a reply in another order, and one more", .count = 3, .rows = {
        {OP(mg, FLAGS(all_and_opaque)), "mg k Omine c f t s h l v\r\n",
         "VA 2 l8 h1 s2 t-1 f6 c5 Omine\r\nhi\r\n",
         "VALUE hi flags=6 cas=5 meta c=5 f=6 s=2 l=8 t=-1 hit"},
        {OP(mg, FLAGS(all_and_opaque)), "mg k Omine c f t s h l v\r\n",
         "VA 2 Omine c5 l8 h1 t-1 f6 s2\r\nhi\r\n",
         "VALUE hi flags=6 cas=5 meta c=5 f=6 s=2 l=8 t=-1 hit"},
        {OP(ma, FLAGS(v)), "ma k v\r\n", "VA 2 s9\r\n13\r\n", "NUMBER answer=13 meta number=13 s=9"}}},
    {"the opaque of a flag that is not the command's", .error = MC_E_PROTOCOL,
     .fault = MC_FAULT_WRONG_KEY, .count = 1, .rows = {
        {OP(mg, .meta_flags = t_then_opaque, .meta_count = 1), "mg k t\r\n", "HD t5 Ox\r\n",
         "PROTOCOL"}}},
    {"a number after a value for a sink", .count = 2, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 0 5\r\n12345\r\nEND\r\n",
         "VALUE len=5 sink(VALUE 12345)", .sink = true},
        {OP(ma, FLAGS(v)), "ma k v\r\n", "VA 2\r\n13\r\n", "NUMBER answer=13 meta number=13"}}},
    {"no space before the key", .error = MC_E_PROTOCOL, .fault = MC_FAULT_NUMBER, .count = 1, .rows = {
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "VA 2:kk\r\nhi\r\n", "PROTOCOL"}}},
    {"done, and no space before the key", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WORD, .count = 1,
     .rows = {
        {OP(mg, FLAGS(k_only)), "mg k k\r\n", "HD:kk\r\n", "PROTOCOL"}}},
    {"a word like HD", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WORD, .count = 1, .rows = {
        {OP(mg, NONE), "mg k\r\n", "HX\r\n", "PROTOCOL"}}},
    {"no line end after HD", .error = MC_E_PROTOCOL, .fault = MC_FAULT_END, .count = 1, .rows = {
        {OP(mg, NONE), "mg k\r\n", "HD\rx\r\n", "PROTOCOL"}}},
    {"a key twice", .count = 1, .rows = {
        {OP(mg, FLAGS(k_v)), "mg k k v\r\n", "VA 2 kk kk\r\nhi\r\n", "VALUE hi"}}},
    {"the opaque of another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1,
     .rows = {
        {OP(mg, FLAGS(k_opaque_v)), "mg k k Omine v\r\n", "EN kk Oyour\r\n", "PROTOCOL"}}},
    {"an opaque is missing", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1, .rows = {
        {OP(mg, FLAGS(k_opaque_v)), "mg k k Omine v\r\n", "VA 2 kk\r\nhi\r\n", "PROTOCOL"}}},
    {"a key is missing", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1, .rows = {
        {OP(md, FLAGS(b_k)), "md aw== b k\r\n", "HD\r\n", "E_UNKNOWN"}}},
    {"a flag is missing", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1, .rows = {
        {OP(mg, FLAGS(t_only)), "mg k t\r\n", "HD\r\n", "PROTOCOL"}}},
    {"the flag c is missing", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1, .rows = {
        {OP(mg, FLAGS(c_only)), "mg k c\r\n", "HD\r\n", "PROTOCOL"}}},
    {"a key that comes before it", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1,
     .rows = {{OP(get, NONE), "get k\r\n", "VALUE a 0 1\r\n2\r\nEND\r\n", "PROTOCOL"}}},
    {"a key that comes after it", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1,
     .rows = {{OP(get, NONE), "get k\r\n", "VALUE z 0 1\r\n2\r\nEND\r\n", "PROTOCOL"}}},
    {"a longer key that begins the same", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {{OP(get, NONE), "get k\r\n", "VALUE ky 0 1\r\n2\r\nEND\r\n", "PROTOCOL"}}},
    {"a shorter key that begins the same", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {
        {OP(get, .key = B("ky")), "get ky\r\n", "VALUE k 0 1\r\n2\r\nEND\r\n", "PROTOCOL"}}},
    {"a byte before the end", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WORD, .count = 1, .rows = {
        {OP(get, NONE), "get k\r\n", "XEND\r\n", "PROTOCOL"}}},
    {"no space after the flags", .error = MC_E_PROTOCOL, .fault = MC_FAULT_NUMBER, .count = 1, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 0:2\r\nhi\r\nEND\r\n", "PROTOCOL"}}},
    {"values of a byte, and of none", .count = 4, .rows = {
        {OP(get, NONE), "get k\r\n", "VALUE k 0 1\r\nx\r\nEND\r\n", "VALUE x"},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 1\r\nx\r\n", "VALUE x"},
        {OP(get, NONE), "get a b\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n", "MORE a VALUE x b END",
         .keys = "ab"},
        {OP(get, NONE), "get k\r\n", "VALUE k 5 0\r\n\r\nEND\r\n", "VALUE  flags=5"}}},
    {"quiet: SERVER_ERROR to a value", .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
        {OP(ms, DATA, FLAGS(q)), "ms k 2 q O1\r\nhi\r\n", "SERVER_ERROR x\r\n", "SERVER_ERROR"},
        MN}},
    {"a flag of ma is missing", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1, .rows = {
        {OP(ma, FLAGS(t_only)), "ma k t\r\n", "HD c5\r\n", "E_UNKNOWN"}}},
    {"a flag of ma with a number is missing", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .count = 1, .rows = {
        {OP(ma, FLAGS(v_t)), "ma k v t\r\n", "VA 2\r\n13\r\n", "E_UNKNOWN"}}},
    {"ma with all its flags, and one that found nothing", .count = 2, .rows = {
        {OP(ma, FLAGS(v_t)), "ma k v t\r\n", "VA 2 t-1\r\n13\r\n",
         "NUMBER answer=13 meta number=13 t=-1"},
        {OP(ma, FLAGS(t_only)), "ma k t\r\n", "NF\r\n", "NOT_FOUND"}}},
    {"another size", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1, .rows = {
        {OP(mg, FLAGS(s_v)), "mg k s v\r\n", "VA 2 s3\r\nhi\r\n", "PROTOCOL"}}},
    {"a value that was not asked for", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1,
     .rows = {
        {OP(mg, FLAGS(t_only)), "mg k t\r\n", "VA 2 t5\r\nhi\r\n", "PROTOCOL"}}},
    {"no value", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1, .rows = {
        {OP(mg, FLAGS(v)), "mg k v\r\n", "HD\r\n", "PROTOCOL"}}},
    {"a vivifying mg is a write", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1,
     .rows = {
        {OP(mg, FLAGS(v_n)), "mg k v N30\r\n", "NF\r\n", "E_UNKNOWN"}}},
    {"a number that is not one", .error = MC_E_PROTOCOL, .fault = MC_FAULT_NUMBER, .count = 1, .rows = {
        {OP(ma, FLAGS(v)), "ma k v\r\n", "VA 2\r\n1x\r\n", "E_UNKNOWN"}}},

    {"a plain meta value, and a stale one", .count = 2, .rows = {
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 2\r\nhi\r\n", "VALUE hi"},
        {OP(mg, FLAGS(v)), "mg k v\r\n", "VA 2 W X\r\nhi\r\n", "VALUE hi meta won stale"}}},
    {"a key that is too long in base64", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {
        {OP(mg, .key = B(LONG "0123456789012345678901234567890123456789012345678901234567890123456789"),
            FLAGS(k_only)),
         "mg " LONG "0123456789012345678901234567890123456789012345678901234567890123456789 k\r\n",
         "HD kaw== b\r\n", "PROTOCOL"}}},
    {"an opaque that nobody gave", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1,
     .rows = {
        {OP(mg, FLAGS(t_only)), "mg k t\r\n", "HD t5 Ox\r\n", "PROTOCOL"}}},
    {"too long a number", .error = MC_E_PROTOCOL, .fault = MC_FAULT_NUMBER, .count = 1, .rows = {
        {OP(ma, FLAGS(v)), "ma k v\r\n", "VA 21\r\n012345678901234567890\r\n", "E_UNKNOWN"}}},
    {"me of another key", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 1, .rows = {
        {OP(me, NONE), "me k\r\n", "ME j exp=-1\r\n", "PROTOCOL"}}},
    {"a malformed flag", .error = MC_E_PROTOCOL, .fault = MC_FAULT_FLAG, .count = 1, .rows = {
        {OP(mg, FLAGS(t_only)), "mg k t\r\n", "HD t1x\r\n", "PROTOCOL"}}},
    {"quiet: a name that is no ticket", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 2, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF Oxx\r\n", "E_UNKNOWN"},
        MN}},
    {"a value among statistics", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1,
     .rows = {
        {OP(stats, .key = B("items")), "stats items\r\n", "VALUE k 0 1\r\n1\r\nEND\r\n",
         "PROTOCOL"}}},
    {"doubled keys, and places of several sizes", .count = 4, .rows = {
        {OP(get, .key = B("a")), "get a a a\r\n", "VALUE a 0 2\r\n12\r\nEND\r\n", "VALUE",
         .unwanted = true},
        {OP(get, .key = B("a")), "", "", "VALUE 12"},
        {OP(get, .key = B("a")), "", "", "VALUE", .unwanted = true},
        {OP(get, NONE), "get b b\r\n", "VALUE b 0 2\r\n12\r\nEND\r\n",
         "MORE b VALUE len=2 b VALUE len=2 sink(VALUE 12)", .keys = "bb", .sink = true}}},
    {"a doubled key without a place, and one that is too small", .count = 4, .rows = {
        {OP(gets, .key = B("a")), "gets a a a b\r\n",
         "VALUE a 7 2 9\r\n12\r\nVALUE b 0 1 8\r\n3\r\nEND\r\n", "VALUE", .unwanted = true},
        {OP(gets, .key = B("a")), "", "", "E_FULL len=2 flags=7 cas=9", .value_cap = 1},
        {OP(gets, .key = B("a")), "", "", "E_FULL len=2 flags=7 cas=9", .value_cap = 1},
        {OP(gets, .key = B("b")), "", "", "VALUE 3 cas=8"}}},
    {"a doubled key, and a place that is too small", .count = 2, .rows = {
        {OP(get, .key = B("a")), "get a a\r\n", "VALUE a 0 2\r\n12\r\nEND\r\n", "VALUE 12"},
        {OP(get, .key = B("a")), "", "", "E_FULL len=2", .value_cap = 1}}},

    {"a doubled key without a place, after one that has another", .count = 4, .rows = {
        {OP(get, .key = B("a")), "get a b b c\r\n", "VALUE b 0 2\r\n12\r\nEND\r\n", "END"},
        {OP(get, .key = B("b")), "", "", "VALUE", .unwanted = true},
        {OP(get, .key = B("b")), "", "", "VALUE 12"},
        {OP(get, .key = B("c")), "", "", "END"}}},
    {"doubled and empty, with places of no bytes", .count = 1, .rows = {
        {OP(get, NONE), "get a b a\r\n", "VALUE a 5 0\r\n\r\nEND\r\n",
         "MORE a VALUE  flags=5 b END a VALUE  flags=5", .keys = "aba"}}},
    {"a key answered again, after another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 1, .rows = {
        {OP(get, NONE), "get a b\r\n",
         "VALUE b 0 1\r\n2\r\nVALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n3\r\nEND\r\n",
         "PROTOCOL a PROTOCOL b PROTOCOL", .keys = "ab"}}},
    {"doubled, and nobody wants it", .count = 2, .rows = {
        {OP(get, NONE), "get k k\r\n", "VALUE k 0 2\r\nhi\r\nEND\r\n", "VALUE", .unwanted = true},
        {OP(get, NONE), "", "", "VALUE", .unwanted = true}}},
    {"a doubled key, and a place of just its size", .count = 2, .rows = {
        {OP(get, NONE), "get k k\r\n", "VALUE k 0 2\r\nhi\r\nEND\r\n", "VALUE hi"},
        {OP(get, NONE), "", "", "VALUE hi", .value_cap = 2}}},
    {"gat of many keys", .count = 1, .rows = {
        {OP(gat, .exptime = 5), "gat 5 a b\r\n", "VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n",
         "MORE a VALUE 1 b VALUE 2", .keys = "ab"}}},
    {"a value that looks like an item", .count = 1, .rows = {
        {OP(get, NONE), "get a b\r\n",
         "VALUE a 0 16\r\nVALUE b 0 1\r\nx\r\n\r\nVALUE b 0 1\r\n2\r\nEND\r\n",
         "MORE a VALUE VALUE b 0 1\r\nx\r\n b VALUE 2", .keys = "ab"}}},
    {"ERROR to several keys", .error = MC_E_AMBIGUOUS, .count = 1, .rows = {
        {OP(get, NONE), "get a b\r\n", "ERROR\r\n", "ERROR a ERROR b ERROR", .keys = "ab"}}},
    {"a meta reply to several keys", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 1,
     .rows = {
        {OP(get, NONE), "get a b\r\n", "EN\r\n", "PROTOCOL a PROTOCOL b PROTOCOL", .keys = "ab"}}},
    {"another kind of reply to several keys", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .count = 1, .rows = {
        {OP(get, NONE), "get a b\r\n", "STORED\r\n", "PROTOCOL a PROTOCOL b PROTOCOL",
         .keys = "ab"}}},
    {"gets of several keys without a unique", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .count = 1, .rows = {
        {OP(gets, NONE), "gets a b\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n",
         "PROTOCOL a PROTOCOL b PROTOCOL", .keys = "ab"}}},
    {"a malformed item among several", .error = MC_E_PROTOCOL, .fault = MC_FAULT_NUMBER, .count = 1,
     .rows = {
        {OP(get, NONE), "get a b\r\n", "VALUE a 0 01\r\n1\r\nEND\r\n",
         "PROTOCOL a PROTOCOL b PROTOCOL", .keys = "ab"}}},

    {"quiet: what they say, and what their silence means", .count = 9, .rows = {
        {OP(mg, FLAGS(v_q)), "mg k v q O0\r\n", "", "END"},
        {OP(mg, FLAGS(v_q)), "mg k v q O1\r\n", "VA 2 O1 f3\r\nhi\r\n", "VALUE hi flags=3 meta f=3"},
        {OP(ms, DATA, FLAGS(q)), "ms k 2 q O2\r\nhi\r\n", "", "HD"},
        {OP(ms, DATA, FLAGS(q)), "ms k 2 q O3\r\nhi\r\n", "NS O3\r\n", "NOT_STORED"},
        {OP(md, FLAGS(k_q)), "md k k q O4\r\n", "NF kk O4\r\n", "NOT_FOUND"},
        {OP(md, FLAGS(q)), "md k q O5\r\n", "", "HD"},
        {OP(ma, FLAGS(q)), "ma k q O6\r\n", "NF O6\r\n", "NOT_FOUND"},
        {OP(ma, FLAGS(q)), "ma k q O7\r\n", "", "HD"},
        MN}},

    {"quiet and others in turn; tickets run on", .count = 8, .rows = {
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"},
        {OP(md, FLAGS(q)), "md k q O0\r\n", "", "HD"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "NF O1\r\n", "NOT_FOUND"},
        MN,
        {OP(get, NONE), "get k\r\n", "VALUE k 0 2\r\nhi\r\nEND\r\n", "VALUE hi"},
        {OP(mg, FLAGS(q)), "mg k q O2\r\n", "", "END"},
        MN,
        {OP(version, NONE), "version\r\n", "VERSION 1\r\n", "VERSION '1'"}}},

    {"quiet: two groups, and names in both", .count = 6, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
        MN,
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "NF O1\r\n", "NOT_FOUND"},
        {OP(md, FLAGS(q)), "md k q O2\r\n", "", "HD"},
        MN}},
    {"quiet: nothing but silence", .count = 3, .rows = {
        {OP(mg, FLAGS(q)), "mg k q O0\r\n", "", "END"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "", "HD"},
        MN}},
    {"quiet: some are refused", .count = 8, .rows = {
        {OP(ms, .key = B(""), DATA, FLAGS(q)), .outcome = "E_KEY"},
        {OP(md, FLAGS(q)), "md k q O0\r\n", "", "HD"},
        {OP(mg, .key = B("k y"), FLAGS(q)), .outcome = "E_KEY"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "", "END"},
        {OP(ms, .key = B("k y"), DATA, FLAGS(q)), .outcome = "E_KEY"},
        {OP(md, FLAGS(q)), "md k q O2\r\n", "NF O2\r\n", "NOT_FOUND"},
        {OP(mg, .key = B(""), FLAGS(q)), .outcome = "E_KEY"},
        MN}},
    {"quiet: an error, and one is refused", .count = 5, .rows = {
        {OP(ma, FLAGS(q)), "ma k q O0\r\n", "CLIENT_ERROR x\r\n", "CLIENT_ERROR"},
        {OP(ms, .key = B("k y"), DATA, FLAGS(q)), .outcome = "E_KEY"},
        {OP(mg, FLAGS(v_q)), "mg k v q O1\r\n", "VA 2 O1\r\nhi\r\n", "VALUE hi"},
        {OP(mg, .key = B("k y"), FLAGS(q)), .outcome = "E_KEY"},
        MN}},
    {"quiet: more errors than commands, and one is refused", .error = MC_E_PROTOCOL,
     .fault = MC_FAULT_UNASKED, .count = 4, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "SERVER_ERROR x\r\nSERVER_ERROR x\r\n", "E_UNKNOWN"},
        {OP(mg, .key = B("k y"), FLAGS(q)), .outcome = "E_KEY"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "SERVER_ERROR x\r\n", "PROTOCOL"},
        MN}},
    {"quiet: as many flags as can be", .count = 3, .rows = {
        {OP(mg, FLAGS(most_quiet)),
         "mg aw== b c f h k l q s t u v N0 R0 T0 C0 E0 Lx O0\r\n", "", "END"},
        {OP(mg, FLAGS(too_many_quiet)), .outcome = "E_FLAG"},
        MN}},
    {"quiet: only an O names a command", .count = 3, .rows = {
        {OP(mg, FLAGS(v_q)), "mg k v q O0\r\n", "", "END"},
        {OP(mg, FLAGS(v_q)), "mg k v q O1\r\n", "VA 2 s2 f0 O1\r\nhi\r\n", "VALUE hi meta s=2"},
        MN}},
    {"quiet: a reply with two tickets", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0 O1\r\n", "E_UNKNOWN"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "", "PROTOCOL"},
        MN}},
    {"quiet: a ticket that nobody has", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O7\r\n", "E_UNKNOWN"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "", "PROTOCOL"},
        MN}},
    {"quiet: a ticket of another group", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 5, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "", "HD"},
        MN,
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "NF O0\r\n", "E_UNKNOWN"},
        MN}},
    {"quiet: the same ticket again", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 3,
     .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\nNF O0\r\n", "NOT_FOUND"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "", "E_UNKNOWN"},
        MN}},
    {"quiet: the last ticket again", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 3,
     .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
        {OP(mg, FLAGS(v_q)), "mg k v q O1\r\n", "VA 1 O1\r\ny\r\nVA 1 O1\r\ny\r\n", "VALUE y"},
        MN}},
    {"quiet: the key of another", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 2,
     .rows = {
        {OP(md, FLAGS(k_q)), "md k k q O0\r\n", "NF kx O0\r\n", "E_UNKNOWN"},
        MN}},
    {"quiet: an error between two that are named", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\nSERVER_ERROR x\r\n", "NOT_FOUND"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "NF O1\r\n", "E_UNKNOWN"},
        MN}},
    {"quiet: an error after all are named", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .count = 3, .rows = {
        {OP(ms, DATA, FLAGS(q)), "ms k 2 q O0\r\nhi\r\n", "NS O0\r\n", "NOT_STORED"},
        {OP(mg, FLAGS(v_q)), "mg k v q O1\r\n", "VA 1 O1\r\ny\r\nSERVER_ERROR x\r\n", "VALUE y"},
        MN}},
    {"quiet: others are refused", .count = 6, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "", "HD"},
        {OP(md, .key = B("k y"), FLAGS(q)), .outcome = "E_KEY"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "NF O1\r\n", "NOT_FOUND"},
        {OP(mg, FLAGS(q_mine)), .outcome = "E_FLAG"},
        {OP(mg, FLAGS(q)), "mg k q O2\r\n", "", "END"},
        MN}},
    {"quiet: errors among some that are refused", .count = 6, .rows = {
        {OP(md, .key = B("k y"), FLAGS(q)), .outcome = "E_KEY"},
        {OP(md, FLAGS(q)), "md k q O0\r\n", "SERVER_ERROR x\r\n", "SERVER_ERROR"},
        {OP(md, .key = B("k y"), FLAGS(q)), .outcome = "E_KEY"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "SERVER_ERROR x\r\n", "SERVER_ERROR"},
        {OP(mg, FLAGS(q_mine)), .outcome = "E_FLAG"},
        MN}},
    {"quiet: an error that is one's", .count = 5, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "CLIENT_ERROR x\r\n", "CLIENT_ERROR"},
        {OP(md, FLAGS(q)), "md k q O2\r\n", "NF O2\r\n", "NOT_FOUND"},
        {OP(mg, FLAGS(q)), "mg k q O3\r\n", "", "END"},
        MN}},
    {"quiet: each has an error", .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "CLIENT_ERROR x\r\n", "CLIENT_ERROR"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "SERVER_ERROR x\r\n", "SERVER_ERROR"},
        MN}},
    {"quiet: an error that is somebody's", .count = 5, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "", "E_UNKNOWN"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "SERVER_ERROR x\r\n", "SERVER_ERROR"},
        {OP(md, FLAGS(q)), "md k q O2\r\n", "NF O2\r\n", "NOT_FOUND"},
        {OP(md, FLAGS(q)), "md k q O3\r\n", "", "HD"},
        MN}},
    {"quiet: more errors than commands", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "SERVER_ERROR x\r\nSERVER_ERROR x\r\n", "PROTOCOL"},
        MN}},
    {"quiet: more errors than commands before a named one", .error = MC_E_PROTOCOL,
     .fault = MC_FAULT_UNASKED, .count = 4, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "SERVER_ERROR x\r\nSERVER_ERROR x\r\n", "E_UNKNOWN"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "NF O1\r\n", "E_UNKNOWN"},
        {OP(mg, FLAGS(q)), "mg k q O2\r\n", "", "PROTOCOL"},
        MN}},
    {"quiet: ERROR where there are values", .error = MC_E_AMBIGUOUS, .count = 4, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "ERROR\r\n", "E_AMBIGUOUS"},
        {OP(ms, DATA, FLAGS(q)), "ms k 2 q O2\r\nhi\r\n", "", "E_UNKNOWN"},
        MN}},
    {"quiet: ERROR to the last, a value", .error = MC_E_AMBIGUOUS, .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
        {OP(ms, DATA, FLAGS(q)), "ms k 2 q O1\r\nhi\r\n", "ERROR\r\n", "ERROR"},
        MN}},
    {"quiet: two errors, the second to a value", .error = MC_E_AMBIGUOUS, .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "SERVER_ERROR x\r\n", "E_UNKNOWN"},
        {OP(ms, DATA, FLAGS(q)), "ms k 2 q O1\r\nhi\r\n", "ERROR\r\n", "E_UNKNOWN"},
        MN}},
    {"quiet: the same ticket twice in a reply", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 2, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0 O0\r\n", "E_UNKNOWN"},
        MN}},
    {"quiet: a malformed flag before the ticket", .error = MC_E_PROTOCOL,
     .fault = MC_FAULT_WRONG_KEY, .count = 2, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF t1x O0\r\n", "E_UNKNOWN"},
        MN}},
    {"quiet: a line that is not meta", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .count = 2, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "VERSION O0\r\n", "E_UNKNOWN"},
        MN}},
    {"quiet: silence, a name, and an error", .count = 5, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "", "HD"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "", "END"},
        {OP(md, FLAGS(q)), "md k q O2\r\n", "NF O2\r\n", "NOT_FOUND"},
        {OP(md, FLAGS(q)), "md k q O3\r\n", "SERVER_ERROR x\r\n", "SERVER_ERROR"},
        MN}},
    {"quiet: out of order", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 3, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "", "E_UNKNOWN"},
        {OP(md, FLAGS(q)), "md k q O1\r\n", "NF O1\r\nNF O0\r\n", "NOT_FOUND"},
        MN}},
    {"quiet: surplus after MN", .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED, .count = 3,
     .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
        {OP(mg, FLAGS(q)), "mg k q O1\r\n", "", NULL},
        {.is_mn = true, .request = "mn\r\n", .reply = "MN\r\nEN O1\r\n"}}},
    {"quiet: nobody's name", .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY, .count = 2, .rows = {
        {OP(md, FLAGS(q)), "md k q O0\r\n", "NF\r\n", "E_UNKNOWN"},
        MN}},

    {"replies of many lines", .count = 3, .rows = {
        {OP(stats, .key = B("items")), "stats items\r\n", "STAT a 1\r\nSTAT b \r\nEND\r\n",
         "END sink(STAT STAT)", .sink = true},
        {OP(stats, .key = B("reset")), "stats reset\r\n", "RESET\r\n", "RESET"},
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"}}},
    {"dumps run alone", .count = 5, .rows = {
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"},
        {OP(metadump, .key = B("all")), "lru_crawler metadump all\r\n",
         "OK\r\nkey=a exp=-1\nkey=b exp=5\nEND\r\n", "END sink(OPENED LINE LINE)", .sink = true},
        {OP(mgdump, .key = B("all")), "lru_crawler mgdump all\r\n", "mg a\r\nmg b\r\nEN\r\n",
         "END sink(LINE LINE)", .sink = true},
        {OP(stats_text, .key = B("detail dump")), "stats detail dump\r\n", "PREFIX a b\r\nEND\r\n",
         "END sink(LINE)", .sink = true},
        {OP(delete, NONE), "delete k\r\n", "DELETED\r\n", "DELETED"}}},
    {"a dump that is refused", .count = 1, .rows = {
        {OP(metadump, .key = B("all")), "lru_crawler metadump all\r\n", "BUSY soon\r\n",
         "BUSY 'soon'"}}},
    {"a stream ends with its connection", .error = MC_E_CLOSED, .count = 2, .rows = {
        {OP(watch, .key = B("fetchers")), "watch fetchers\r\n", "OK\r\nts=1\n",
         "E_CLOSED sink(OPENED LINE)", .sink = true},
        {OP(get, NONE), .outcome = "E_CLOSED"}}},
    {"login", .count = 2, .rows = {
        {OP(auth, .key = B("me"), .data = B("pass")), "set auth 0 0 7\r\nme pass\r\n", "STORED\r\n",
         "OK"},
        {OP(get, NONE), "get k\r\n", "END\r\n", "END"}}},
    {"a login that fails", .error = MC_E_AUTH, .count = 2, .rows = {
        {OP(auth, .key = B("me"), .data = B("pass")), "set auth 0 0 7\r\nme pass\r\n",
         "CLIENT_ERROR authentication failure\r\n", "E_AUTH 'authentication failure'"},
        {OP(get, NONE), .outcome = "E_AUTH"}}},
};
/* clang-format on */

/* ---- a performance --------------------------------------------------------------------------- */

/* How bytes move: at most so many at once (0: no limit), with a cut before the byte `cut`. */
struct pace {
    size_t send_max, recv_max, cut, parts;
    bool feed, shared, late; /* lent buffers; one buffer; receive only when nothing can be sent */
    bool backwards;          /* operations lie in memory the other way round */
    size_t fail_at;          /* after so many steps the connection fails, 0: never, */
    int why;                 /* with this */
};

struct collector {
    struct mc_sink sink;
    struct text text;
    size_t slot; /* of the last value */
};

struct play {
    const struct scene *scene;
    struct mc_engine engine;
    char *in, *out;
    struct mc_op *ops;
    struct mc_value values[ROWS_MAX][KEYS_MAX];
    struct mc_meta metas[ROWS_MAX];
    struct mc_bytes keys[ROWS_MAX][KEYS_MAX];
    char *places[ROWS_MAX][KEYS_MAX];
    struct collector sinks[ROWS_MAX];
    size_t count, done; /* operations */
    bool backwards;
    struct text sent, replies;
    size_t received, steps;
};

/* The i-th operation; and the same from one to its number. */
static struct mc_op *op_at(const struct play *p, size_t i)
{
    return &p->ops[p->backwards ? ROWS_MAX - 1 - i : i];
}

static size_t op_number(const struct play *p, const struct mc_op *op)
{
    size_t i = (size_t)(op - p->ops);
    return p->backwards ? ROWS_MAX - 1 - i : i;
}

static void collect(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                    const struct mc_reply *reply)
{
    struct collector *c = (struct collector *)sink;
    ck_assert_ptr_eq(op->sink, sink);
    ck_assert_uint_lt(slot, op->count > 0 ? op->count : 1);
    if (event == MC_BODY) {
        ck_assert_uint_eq(slot, c->slot);
        ck_assert_uint_gt(reply->text.len, 0);
        text_add(&c->text, reply->text.data, reply->text.len);
        return;
    }
    ck_assert(op->count == 0 || op->keys[slot].data[0] == reply->key.data[0]);
    c->slot = slot;
    text_print(&c->text, "%s%s%s", c->text.len > 0 ? " " : "", events_name(event),
               event == MC_VALUE ? " " : "");
}

/* A place of just this size, so that a sanitizer sees a byte too many; and outputs that must not be
 * left as they are. */
static void set_value(struct mc_value *value, char **place, size_t cap)
{
    *place = suite_allocate(cap);
    *value = (struct mc_value){*place, cap, 77, 77, 77, 77};
}

static void set_keys(struct play *p, size_t i, const char *letters)
{
    struct mc_op *op = op_at(p, i);
    op->count = strlen(letters);
    op->keys = p->keys[i];
    op->values = p->values[i];
    for (size_t k = 0; k < op->count; k++) {
        p->keys[i][k] = (struct mc_bytes){letters[k] == '!' ? " " : letters + k, 1};
        set_value(&p->values[i][k], &p->places[i][k], VALUE_CAP);
    }
}

/* An operation's private members may hold what an earlier run has left there. */
static void set_private(struct mc_op *op)
{
    memset(&op->next, 0x55, sizeof *op - offsetof(struct mc_op, next));
}

static void set_op(struct play *p, const struct row *row)
{
    size_t i = p->count++;
    struct mc_op *op = op_at(p, i);
    *op = row->op;
    set_private(op);
    op->result = 77;
    op->answer = 77;
    op->text = MC_BYTES("unset");
    if (op->key.data == NULL && op->command != &mc_command_version)
        op->key = MC_BYTES("k");
    if (row->keys != NULL)
        set_keys(p, i, row->keys);
    else if (!row->unwanted)
        set_value(&p->values[i][0], &p->places[i][0],
                  row->value_cap > 0 ? row->value_cap : VALUE_CAP);
    memset(&p->metas[i], 0x55, sizeof p->metas[i]);
    if (!row->unwanted && row->keys == NULL)
        op->value = &p->values[i][0];
    if (!row->unwanted)
        op->meta = &p->metas[i];
    p->sinks[i].sink.receive = collect;
    if (row->sink)
        op->sink = &p->sinks[i].sink;
}

static const struct row *op_row(const struct play *p, size_t op)
{
    size_t i = 0;
    for (size_t k = 0; k <= op || p->scene->rows[i].is_mn; i++) {
        if (p->scene->rows[i].is_mn)
            continue;
        if (k == op)
            return &p->scene->rows[i];
        k++;
    }
    ck_abort_msg("no such operation");
}

static void set_up(struct play *p, const struct scene *scene, const struct pace *pace)
{
    *p = (struct play){.scene = scene, .backwards = pace->backwards};
    p->in = malloc(IN_CAP);
    p->out = malloc(OUT_CAP);
    p->ops = calloc(ROWS_MAX, sizeof *p->ops);
    mc_engine_init(&p->engine, p->in, IN_CAP, pace->shared ? NULL : p->out, OUT_CAP);
    for (size_t i = 0; i < scene->count; i++) {
        if (!scene->rows[i].is_mn)
            set_op(p, &scene->rows[i]);
    }
    for (size_t i = 0; i < p->count; i++)
        mc_engine_submit(&p->engine, op_at(p, i));
}

static void tear_down(struct play *p)
{
    for (size_t i = 0; i < ROWS_MAX; i++) {
        text_free(&p->sinks[i].text);
        for (size_t k = 0; k < KEYS_MAX; k++)
            free(p->places[i][k]);
    }
    text_free(&p->sent);
    text_free(&p->replies);
    free(p->ops);
    free(p->in);
    free(p->out);
}

/* The replies to what has been sent. */
static void answer(struct play *p)
{
    size_t asked = 0;
    text_clear(&p->replies);
    for (size_t i = 0; i < p->scene->count; i++) {
        const struct row *row = &p->scene->rows[i];
        asked += row->request != NULL ? strlen(row->request) : 0;
        if (asked > p->sent.len || (row->request != NULL && row->reply == NULL))
            return;
        if (row->request != NULL)
            text_add_string(&p->replies, row->reply);
    }
}

static size_t at_most(size_t n, size_t max)
{
    return max > 0 && n > max ? max : n;
}

static bool step_out(struct play *p, const struct pace *pace)
{
    struct mc_bytes parts[16];
    size_t count = mc_engine_output(&p->engine, parts, pace->parts > 0 ? pace->parts : 16);
    size_t room = pace->send_max > 0 ? pace->send_max : SIZE_MAX, all = 0;
    ck_assert_uint_le(count, pace->parts > 0 ? pace->parts : 16);
    for (size_t k = 0; k < count && room > 0; k++) {
        size_t n = at_most(parts[k].len, room);
        ck_assert_uint_gt(parts[k].len, 0);
        text_add(&p->sent, parts[k].data, n);
        room -= n;
        all += n;
    }
    if (all == 0)
        return false;
    mc_engine_sent(&p->engine, all);
    answer(p);
    return true;
}

static void show_number(struct text *text, const char *label, uint64_t number)
{
    if (number > 0)
        text_print(text, " %s=%" PRIu64, label, number);
}

static void show_value(struct text *text, const struct mc_value *value, bool sink)
{
    if (value->result == MC_HIT && !sink) {
        text_add_string(text, " ");
        text_add(text, value->buf, value->len);
    } else {
        show_number(text, "len", value->len);
    }
    show_number(text, "flags", value->flags);
    show_number(text, "cas", value->cas);
}

static void show_meta(struct text *text, const struct mc_meta *meta)
{
    struct text all = {0};
    show_number(&all, "c", meta->cas);
    show_number(&all, "number", meta->number);
    show_number(&all, "f", meta->flags);
    show_number(&all, "s", meta->size);
    show_number(&all, "l", meta->last_access);
    if (meta->ttl != 0)
        text_print(&all, " t=%d", meta->ttl);
    if (meta->hit_before)
        text_add_string(&all, " hit");
    if (meta->won)
        text_add_string(&all, " won");
    if (meta->stale)
        text_add_string(&all, " stale");
    if (meta->already_won)
        text_add_string(&all, " already");
    if (all.len > 0)
        text_print(text, " meta%s", all.data);
    text_free(&all);
}

/* What came of an operation, as text. */
static void show_op(const struct play *p, const struct mc_op *op, struct text *text)
{
    size_t i = op_number(p, op);
    text_add_string(text, events_name(op->result));
    if (op->text.len > 0)
        text_print(text, " '%.*s'", (int)op->text.len, op->text.data);
    for (size_t k = 0; k < op->count; k++) {
        text_print(text, " %c %s", op_row(p, i)->keys[k], events_name(op->values[k].result));
        show_value(text, &op->values[k], op->sink != NULL);
    }
    if (op->value != NULL) {
        ck_assert_int_eq(op->value->result, op->result);
        show_value(text, op->value, op->sink != NULL);
    }
    show_number(text, "answer", op->answer);
    if (op->meta != NULL)
        show_meta(text, op->meta);
    if (op->sink != NULL && p->sinks[i].text.len > 0)
        text_print(text, " sink(%s)", p->sinks[i].text.data);
}

/* ---- what has to come of it ------------------------------------------------------------------ */

static void check_shown(const struct play *p, size_t op, const char *expected)
{
    struct text got = {0}, sent = {0};
    show_op(p, op_at(p, op), &got);
    if (strcmp(text_string(&got), expected) == 0) {
        text_free(&got);
        return;
    }
    text_escape(&sent, p->sent.data, p->sent.len);
    ck_abort_msg("%s: op %zu: %s instead of %s; sent %s, %zu bytes received", p->scene->name, op,
                 text_string(&got), expected, text_string(&sent), p->received);
}

/* The bytes up to those of this row and, if it has none of its own, its line. */
static size_t bytes_until(const struct scene *scene, const struct row *row)
{
    size_t sum = 0;
    for (const struct row *r = scene->rows; r <= row; r++)
        sum += r->request != NULL ? strlen(r->request) : 0;
    return sum;
}

/* An operation that a failure took away: its fate. */
static bool has_fate(const struct play *p, size_t op, int why)
{
    const struct row *row = op_row(p, op);
    struct mc_op *o = op_at(p, op);
    bool gone = row->request != NULL && bytes_until(p->scene, row) <= p->sent.len;
    int fate = gone && mc_engine_writes(o) ? MC_E_UNKNOWN : why;
    return o->result == fate;
}

/* An outcome that depends on how much had been sent. */
static bool is_loss(const char *outcome)
{
    return strcmp(outcome, "E_UNKNOWN") == 0 || strcmp(outcome, "E_AMBIGUOUS") == 0;
}

static void check_done(struct play *p, struct mc_op *op, const struct pace *pace)
{
    ck_assert_ptr_eq(op, op_at(p, p->done)); /* each once, in order */
    size_t i = p->done++;
    const char *outcome = op_row(p, i)->outcome;
    struct text got = {0};
    show_op(p, op, &got);
    int why = p->engine.error;
    bool lost = why != 0 && (why == pace->why || (outcome != NULL && is_loss(outcome)));
    if (outcome != NULL && !(lost && strcmp(text_string(&got), outcome) != 0))
        check_shown(p, i, outcome);
    else if (lost && op->count == 0)
        ck_assert_msg(has_fate(p, i, why), "%s: op %zu of a failed connection: %s", p->scene->name,
                      i, text_string(&got));
    text_free(&got);
}

static void take_done(struct play *p, const struct pace *pace)
{
    struct mc_op *op;
    while ((op = mc_engine_done(&p->engine)) != NULL)
        check_done(p, op, pace);
}

static bool step_in(struct play *p, const struct pace *pace)
{
    size_t n = at_most(p->replies.len - p->received, pace->recv_max), cap;
    const char *from = p->replies.data + p->received;
    if (n == 0 || p->engine.error != 0)
        return false;
    if (p->received < pace->cut && p->received + n > pace->cut)
        n = pace->cut - p->received;
    if (pace->feed) {
        char *lent = malloc(n);
        memcpy(lent, from, n);
        mc_engine_feed(&p->engine, (struct mc_bytes){lent, n});
        take_done(p, pace);
        memset(lent, '#', n); /* it is ours again */
        free(lent);
    } else {
        char *to = mc_engine_input(&p->engine, &cap);
        n = at_most(n, cap);
        if (to == NULL)
            return false;
        memcpy(to, from, n);
        mc_engine_received(&p->engine, n);
    }
    p->received += n;
    return true;
}

/* All requests as they are to be sent. */
static void check_sent(const struct play *p)
{
    struct text all = {0};
    for (size_t i = 0; i < p->scene->count; i++) {
        if (p->scene->rows[i].request != NULL)
            text_add_string(&all, p->scene->rows[i].request);
    }
    bool whole = p->engine.error == 0;
    if (p->sent.len > all.len || (whole && p->sent.len < all.len) ||
        (p->sent.len > 0 && memcmp(p->sent.data, all.data, p->sent.len) != 0))
        ck_abort_msg("%s: sent %s", p->scene->name, text_string(&p->sent));
    text_free(&all);
}

/* Nothing more can be done with it. */
static void check_end(struct play *p, const struct pace *pace)
{
    const struct scene *scene = p->scene;
    struct mc_op more = {.command = &mc_command_version};
    ck_assert_uint_eq(p->done, p->count);
    ck_assert(mc_engine_done(&p->engine) == NULL);
    check_sent(p);
    if (pace->why != 0)
        return;
    ck_assert_int_eq(p->engine.error, scene->error);
    if (scene->error == MC_E_PROTOCOL)
        ck_assert_int_eq(p->engine.reader.fault, scene->fault);
    if (scene->error == 0 && (p->engine.received != p->received || p->engine.unanswered > 0))
        ck_abort_msg("%s: %zu bytes received, %u unanswered", scene->name, p->engine.received,
                     (unsigned)p->engine.unanswered);
    mc_engine_submit(&p->engine, &more);
    if (scene->error != 0) {
        ck_assert_ptr_eq(mc_engine_done(&p->engine), &more);
        ck_assert_int_eq(more.result, scene->error);
    }
}

/* Plays a scene. Returns how many steps that took. */
static size_t perform(const struct scene *scene, const struct pace *pace)
{
    struct play p;
    set_up(&p, scene, pace);
    for (bool moved = true; moved;) {
        moved = step_out(&p, pace);
        if (!moved || !pace->late)
            moved = step_in(&p, pace) || moved;
        take_done(&p, pace);
        p.steps += moved ? 1 : 0;
        if (p.steps == pace->fail_at && pace->fail_at > 0)
            mc_engine_fail(&p.engine, pace->why);
    }
    bool open = p.engine.asked.op != NULL;
    if (open)
        mc_engine_fail(&p.engine, MC_E_CLOSED);
    ck_assert(!open || scene->error == MC_E_CLOSED || pace->fail_at > 0);
    take_done(&p, pace);
    check_end(&p, pace);
    size_t steps = p.steps;
    tear_down(&p);
    return steps;
}

static size_t reply_bytes(const struct scene *scene)
{
    size_t sum = 0;
    for (size_t i = 0; i < scene->count; i++)
        sum += scene->rows[i].reply != NULL ? strlen(scene->rows[i].reply) : 0;
    return sum;
}

START_TEST(as_written)
{
    for (int k = 0; k < 12; k++) {
        struct pace pace = {.feed = k / 4 == 1, .shared = k / 4 == 2, .late = k % 2};
        pace.backwards = k / 2 % 2 != 0;
        perform(&scenes[_i], &pace);
    }
}
END_TEST

/* At least a byte of each reply is there before the next is asked for. */
START_TEST(at_every_pace)
{
    for (size_t n = 1; n < 60; n++) {
        for (int k = 0; k < 6; k++) {
            struct pace pace = {.send_max = n, .parts = 1, .feed = k / 2 == 1};
            pace.shared = k / 2 == 2;
            pace.late = k % 2;
            pace.backwards = n % 2 != 0;
            perform(&scenes[_i], &pace);
            pace.recv_max = n;
            perform(&scenes[_i], &pace);
            pace.send_max = 0;
            pace.parts = 2;
            perform(&scenes[_i], &pace);
        }
    }
}
END_TEST

START_TEST(cut_everywhere)
{
    for (size_t cut = 1; cut < reply_bytes(&scenes[_i]); cut++) {
        for (int k = 0; k < 6; k++) {
            struct pace pace = {.cut = cut, .feed = k / 2 == 1, .shared = k / 2 == 2};
            pace.late = k % 2;
            pace.backwards = cut % 2 != 0;
            perform(&scenes[_i], &pace);
        }
    }
}
END_TEST

/* Each operation has its outcome by then, or the fate of one that is lost. */
START_TEST(failing_everywhere)
{
    static const size_t paces[] = {0, 1, 7, 30};
    for (size_t i = 0; i < COUNT(paces); i++) {
        struct pace pace = {.send_max = paces[i], .recv_max = paces[i], .late = i % 2 != 0};
        pace.backwards = i > 1;
        size_t steps = perform(&scenes[_i], &pace);
        for (size_t at = 1; at <= steps; at++) {
            pace.fail_at = at;
            pace.why = MC_E_TIMEOUT;
            perform(&scenes[_i], &pace);
        }
    }
}
END_TEST

/* ---- over a transport that waits ------------------------------------------------------------- */

/* The rows as a script: replies are there when their requests are. */
static void write_script(struct script *script, const struct scene *scene)
{
    for (size_t i = 0; i < scene->count; i++) {
        const struct row *row = &scene->rows[i];
        if (row->request != NULL && row->request[0] != '\0')
            script_step(script, row->request, row->reply != NULL ? row->reply : "");
    }
}

static void set_up_ops(struct play *p, const struct scene *scene, bool shared)
{
    *p = (struct play){.scene = scene};
    p->in = malloc(IN_CAP);
    p->out = malloc(OUT_CAP);
    p->ops = calloc(ROWS_MAX, sizeof *p->ops);
    mc_engine_init(&p->engine, p->in, IN_CAP, shared ? NULL : p->out, OUT_CAP);
    for (size_t i = 0; i < scene->count; i++) {
        if (!scene->rows[i].is_mn)
            set_op(p, &scene->rows[i]);
    }
}

/* Texts are in the buffer that later replies overwrite: only the last reply's is looked at. */
static void check_outcome(struct play *p, size_t i, bool last)
{
    const char *outcome = op_row(p, i)->outcome;
    if (!last)
        p->ops[i].text = (struct mc_bytes){0};
    if (outcome != NULL && (last || strchr(outcome, '\'') == NULL) &&
        !(p->engine.error != 0 && is_loss(outcome)))
        check_shown(p, i, outcome);
}

static int first_failure(const struct play *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->ops[i].result < 0 && p->ops[i].result != MC_E_FULL)
            return p->ops[i].result;
    }
    return 0;
}

static void run_all(const struct scene *scene, size_t send_max, size_t recv_max, bool shared)
{
    struct script script = {.send_max = send_max, .recv_max = recv_max};
    const struct mc_transport transport = script_transport(&script);
    struct play p;
    set_up_ops(&p, scene, shared);
    write_script(&script, scene);
    int r = mc_engine_run(&p.engine, &transport, p.ops, p.count, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, first_failure(&p));
    for (size_t i = 0; i < p.count; i++)
        check_outcome(&p, i, false);
    ck_assert_int_eq(p.engine.error, scene->error);
    if (scene->error == 0)
        script_check_sent(&script);
    ck_assert(mc_engine_done(&p.engine) == NULL);
    script_free(&script);
    tear_down(&p);
}

/* Bytes that come later than the last reply are not waited for. */
static bool is_late(const struct scene *scene)
{
    return strstr(scene->name, "surplus") != NULL;
}

START_TEST(run_together)
{
    for (size_t n = 0; n < 40; n++) {
        run_all(&scenes[_i], n, 0, n % 2 != 0);
        if (!is_late(&scenes[_i]))
            run_all(&scenes[_i], 0, n, n % 2 != 0);
    }
}
END_TEST

/* Each operation has bytes and a reply of its own? */
static bool is_separate(const struct scene *scene)
{
    bool separate = true;
    for (size_t i = 0; i < scene->count; i++) {
        const struct row *row = &scene->rows[i];
        separate = separate && !row->is_mn && (row->request == NULL || row->request[0] != '\0');
        separate = separate && (row->request == NULL || row->reply != NULL);
    }
    return separate;
}

static void do_each(const struct scene *scene, size_t send_max, size_t recv_max, bool shared)
{
    struct script script = {.send_max = send_max, .recv_max = recv_max};
    const struct mc_transport transport = script_transport(&script);
    struct play p;
    set_up_ops(&p, scene, shared);
    write_script(&script, scene);
    for (size_t i = 0; i < p.count; i++) {
        int r = mc_engine_do(&p.engine, &transport, &p.ops[i], SCRIPT_DEADLINE);
        ck_assert_int_eq(r, p.ops[i].result);
        check_outcome(&p, i, true);
    }
    ck_assert_int_eq(p.engine.error, scene->error);
    if (scene->error == 0)
        ck_assert_uint_eq(p.engine.received, script.received);
    script_free(&script);
    tear_down(&p);
}

START_TEST(do_one_by_one)
{
    for (size_t n = 0; n < 40 && is_separate(&scenes[_i]); n++) {
        do_each(&scenes[_i], n, 0, n % 2 != 0);
        if (!is_late(&scenes[_i]))
            do_each(&scenes[_i], 0, n, n % 2 != 0);
    }
}
END_TEST

static void do_failing(const struct scene *scene, size_t pace, size_t at, int fault)
{
    struct script script = {.send_max = pace, .recv_max = pace, .fault_at = at, .fault = fault};
    const struct mc_transport transport = script_transport(&script);
    struct play p;
    set_up_ops(&p, scene, at % 2 != 0);
    write_script(&script, scene);
    for (size_t i = 0; i < p.count; i++) {
        int r = mc_engine_do(&p.engine, &transport, &p.ops[i], SCRIPT_DEADLINE);
        const struct row *row = op_row(&p, i);
        bool gone = row->request != NULL && bytes_until(scene, row) <= script.sent.len;
        int fate = gone && mc_engine_writes(&p.ops[i]) ? MC_E_UNKNOWN : fault;
        if (p.engine.error == 0)
            check_outcome(&p, i, true);
        else
            ck_assert_msg(r == fate || (row->request == NULL && r < 0) || p.ops[i].count > 0,
                          "%s: %zu of %d", scene->name, i, r);
        if (p.engine.error != 0 && fate == MC_E_UNKNOWN)
            break; /* those after it were not sent */
    }
    script_free(&script);
    tear_down(&p);
}

/* Every call of the transport fails. */
START_TEST(do_and_fail)
{
    static const int faults[] = {MC_E_TIMEOUT, MC_E_CLOSED, MC_E_SYSTEM};
    const struct scene *scene = &scenes[_i];
    for (size_t at = 1; at <= 60 && is_separate(scene) && scene->error == 0; at++) {
        do_failing(scene, 0, at, faults[at % 3]);
        do_failing(scene, 5, at, faults[at % 3]);
    }
}
END_TEST

/* An operation without a command, or with an empty one, is refused, and the others go on. */
START_TEST(no_command)
{
    static const struct mc_command empty;
    char in[64], out[64];
    struct script script = {.count = 0};
    const struct mc_transport transport = script_transport(&script);
    const struct mc_bytes key = MC_BYTES("a");
    struct mc_engine e;
    struct mc_value value = {.len = 7, .result = 7};
    struct mc_op ops[] = {{.command = &mc_command_version},
                          {.command = NULL, .value = &value},
                          {.command = &empty, .keys = &key, .values = &value, .count = 1},
                          {.command = &mc_command_version}};
    script_step(&script, "version\r\nversion\r\n", "VERSION 1\r\nVERSION 2\r\n");
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    for (size_t i = 1; i < 3; i++) {
        ck_assert(!mc_engine_repeatable(&ops[i]));
        ck_assert_int_eq(mc_engine_do(&e, &transport, &ops[i], SCRIPT_DEADLINE), MC_E_COMMAND);
        ck_assert_int_eq(value.result, MC_E_COMMAND);
        ck_assert_uint_eq(value.len, 0);
        value.result = 0;
    }
    ck_assert_int_eq(mc_engine_run(&e, &transport, ops, 4, SCRIPT_DEADLINE), MC_E_COMMAND);
    ck_assert_int_eq(ops[0].result, MC_VERSION);
    ck_assert_int_eq(ops[1].result, MC_E_COMMAND);
    ck_assert_int_eq(ops[2].result, MC_E_COMMAND);
    ck_assert_int_eq(ops[3].result, MC_VERSION);
    ck_assert_int_eq(e.error, 0);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* Other operations are in the engine: the calls that wait leave them alone. */
START_TEST(busy)
{
    struct script script = {.count = 0};
    const struct mc_transport transport = script_transport(&script);
    struct mc_engine e;
    char buf[64];
    struct mc_value value = {.len = 77, .flags = 77, .cas = 77};
    struct mc_op first = {.command = &mc_command_version}, second = first;
    second.value = &value;
    mc_engine_init(&e, buf, sizeof buf, NULL, 0);
    mc_engine_submit(&e, &first);
    ck_assert(!mc_engine_is_idle(&e));
    ck_assert_int_eq(mc_engine_do(&e, &transport, &second, SCRIPT_DEADLINE), MC_E_BUSY);
    ck_assert_uint_eq(value.len + value.flags + value.cas, 0);
    ck_assert_int_eq(mc_engine_run(&e, &transport, &second, 1, SCRIPT_DEADLINE), MC_E_BUSY);
    ck_assert_int_eq(second.result, MC_E_BUSY);
    ck_assert_int_eq(mc_engine_run(&e, &transport, &second, 0, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(e.error, 0);
    mc_engine_fail(&e, MC_E_CLOSED);
    ck_assert_ptr_eq(mc_engine_done(&e), &first);
    ck_assert(mc_engine_is_idle(&e));
}
END_TEST

/* ---- large values, many operations ----------------------------------------------------------- */

static void receive_text(struct mc_engine *e, const char *text)
{
    size_t len = strlen(text), cap;
    char *to = mc_engine_input(e, &cap);
    ck_assert(to != NULL);
    ck_assert_uint_ge(cap, len);
    memcpy(to, text, len);
    mc_engine_received(e, len);
}

/* Takes what is to be sent. Returns how much. */
static size_t send_all(struct mc_engine *e)
{
    struct mc_bytes parts[8];
    size_t all = 0, n;
    do {
        n = 0;
        for (size_t k = 0, count = mc_engine_output(e, parts, 8); k < count; k++)
            n += parts[k].len;
        all += n;
        if (n > 0)
            mc_engine_sent(e, n);
    } while (n > 0);
    return all;
}

static const struct mc_bytes two_keys[] = {B("a"), B("b")};
static struct mc_value two_values[2];

/* Bytes that come early, or together with the last reply: all but the last `unsent` bytes of the
 * first operation are sent, and another may still wait. */
static const struct {
    struct mc_op op;
    const char *replies[2]; /* each in one piece */
    size_t unsent;
    bool another;       /* a version that is not sent */
    int error;          /* of the connection then */
    int result;         /* of the operation */
    const char *ending; /* without an error: the reply to the rest */
} early[] = {
#define DELETE                                       \
    {                                                \
        .command = &mc_command_delete, .key = B("k") \
    }
#define GET                                       \
    {                                             \
        .command = &mc_command_get, .key = B("k") \
    }
#define LARGE_SET                                                  \
    {                                                              \
        .command = &mc_command_set, .key = B("k"), .data = B(LONG) \
    }
#define QUIET_DELETE                                       \
    {                                                      \
        .command = &mc_command_md, .key = B("k"), FLAGS(q) \
    }
#define LARGE_QUIET_SET                                                     \
    {                                                                       \
        .command = &mc_command_ms, .key = B("k"), .data = B(LONG), FLAGS(q) \
    }
    {DELETE, {"DELETED\r\nEND\r\n"}, 0, false, MC_E_PROTOCOL, MC_E_UNKNOWN, NULL},
    {DELETE, {"DELETED\r\nEND\r\n"}, 0, true, MC_E_PROTOCOL, MC_E_UNKNOWN, NULL},
    {DELETE, {"SERVER_ERROR x\r\nE"}, 0, false, MC_E_PROTOCOL, MC_E_UNKNOWN, NULL},
    {DELETE, {"SERVER_ERROR x\r\nE"}, 0, true, MC_E_PROTOCOL, MC_E_UNKNOWN, NULL},
    {DELETE, {"DELETED\r\n"}, 0, true, 0, MC_DELETED, "VERSION 1\r\n"},
    {DELETE, {"DELETED\r\n"}, 1, false, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {DELETE, {"D"}, SIZE_MAX, false, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {GET, {"END\r\nEND\r\n"}, 0, true, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {GET, {"VALUE k 0 1\r\nx\r\nEND\r\nE"}, 0, false, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {QUIET_DELETE, {"MN\r\n"}, 1, false, MC_E_PROTOCOL, MC_E_UNKNOWN, NULL},
    {QUIET_DELETE, {"MN\r\nNF O0\r\n"}, 0, false, MC_E_PROTOCOL, MC_E_UNKNOWN, NULL},
    {QUIET_DELETE, {"NF O0\r\n"}, 4, false, 0, MC_NOT_FOUND, "MN\r\n"},
    {QUIET_DELETE, {"NF O0\r\n"}, 5, false, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {LARGE_SET, {"SERVER_ERROR x\r\n"}, 10, true, 0, MC_SERVER_ERROR, "VERSION 1\r\n"},
    {LARGE_SET, {"SERVER_ERROR x\r\n"}, 132, true, 0, MC_SERVER_ERROR, "VERSION 1\r\n"},
    {LARGE_SET, {"SERVER_ERROR x\r\n"}, 133, true, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {LARGE_SET, {"SERVER_ERROR x\r\nS"}, 10, true, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {LARGE_SET, {"SERVER_ERROR x\r\n", "S"}, 10, true, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {LARGE_SET, {"SERVER_ERR", "OR x\r\n"}, 10, true, 0, MC_SERVER_ERROR, "VERSION 1\r\n"},
    {{.command = &mc_command_get, .keys = two_keys, .values = two_values, .count = 2},
     {"END\r\n"},
     1,
     false,
     MC_E_PROTOCOL,
     MC_E_PROTOCOL,
     NULL},
    {LARGE_SET, {"SERVER_ERROR\rx\r\n"}, 10, true, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {LARGE_SET, {"CLIENT_ERROR x\r\n"}, 10, true, MC_E_AMBIGUOUS, MC_CLIENT_ERROR, NULL},
    {LARGE_SET, {"ERROR\r\n"}, 10, true, MC_E_AMBIGUOUS, MC_ERROR, NULL},
    {LARGE_SET, {"STORED\r\n"}, 1, true, MC_E_PROTOCOL, MC_E_PROTOCOL, NULL},
    {LARGE_QUIET_SET, {"SERVER_ERROR x\r\n"}, 10, false, 0, MC_SERVER_ERROR, "MN\r\n"},
};

/* Sends all but the last bytes. */
static void send_but(struct mc_engine *e, size_t unsent)
{
    struct mc_bytes parts[8];
    size_t all = 0;
    for (size_t k = 0, count = mc_engine_output(e, parts, 8); k < count; k++)
        all += parts[k].len;
    if (unsent < all)
        mc_engine_sent(e, all - unsent);
}

START_TEST(early_bytes)
{
    struct mc_engine e;
    char in[256], out[256];
    struct mc_op op = early[_i].op, another = {.command = &mc_command_version};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_but(&e, early[_i].unsent);
    if (early[_i].another)
        mc_engine_submit(&e, &another);
    for (size_t k = 0; k < 2 && early[_i].replies[k] != NULL; k++)
        receive_text(&e, early[_i].replies[k]);
    ck_assert_int_eq(e.error, early[_i].error);
    if (early[_i].error == MC_E_PROTOCOL)
        ck_assert(e.reader.fault == MC_FAULT_UNASKED || e.reader.fault == MC_FAULT_END);
    ck_assert_uint_eq(op.text.len, early[_i].result == MC_CLIENT_ERROR ? 1 : op.text.len);
    if (early[_i].error == 0) {
        send_all(&e);
        receive_text(&e, early[_i].ending);
    }
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, early[_i].result);
    if (early[_i].another) {
        ck_assert_ptr_eq(mc_engine_done(&e), &another);
        ck_assert_int_eq(another.result, early[_i].error == 0 ? MC_VERSION : early[_i].error);
    }
    ck_assert_int_eq(e.error, early[_i].error);
}
END_TEST

/* Its text is still there when the rest has gone, also when the buffer that was lent is not. */
START_TEST(early_text)
{
    struct mc_engine e;
    char in[256], out[256], lent[] = "SERVER_ERROR object too large\r\n";
    struct mc_op op = LARGE_SET;
    mc_engine_init(&e, in, sizeof in, _i % 2 == 0 ? out : NULL, sizeof out);
    mc_engine_submit(&e, &op);
    send_but(&e, 9);
    if (_i < 2)
        mc_engine_feed(&e, (struct mc_bytes){lent, strlen(lent)});
    else
        receive_text(&e, lent);
    memset(lent, '!', sizeof lent);
    ck_assert_ptr_null(mc_engine_done(&e));
    mc_engine_sent(&e, 4); /* not all at once */
    ck_assert_ptr_null(mc_engine_done(&e));
    ck_assert_uint_eq(send_all(&e), 5);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_SERVER_ERROR);
    ck_assert_uint_eq(op.text.len, _i == 1 ? 0 : strlen("object too large"));
    if (op.text.len > 0)
        ck_assert_mem_eq(op.text.data, "object too large", op.text.len);
}
END_TEST

/* A line that was kept ends in a lent buffer, with which another begins: the text of the first is
 * still there, unless the engine's buffer has no room for both. */
START_TEST(text_of_a_kept_line)
{
    static const size_t sizes[] = {32, 24, 23, 20};
    const bool has_room = sizes[_i] >= strlen("VERSION 1.6\r\nVERSION 1.7");
    struct mc_engine e;
    char in[32], out[64];
    struct mc_op other = {.command = &mc_command_delete, .key = MC_BYTES("k")};
    struct mc_op ops[2] = {{.command = &mc_command_version}, {.command = &mc_command_version}};
    mc_engine_init(&e, in, sizes[_i], out, sizeof out);
    mc_engine_submit(&e, &other);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    send_all(&e);
    mc_engine_feed(&e, MC_BYTES("DELETED\r\nVERSIO"));
    mc_engine_feed(&e, MC_BYTES("N 1.6\r\nVERSION 1.7"));
    ck_assert_ptr_eq(mc_engine_done(&e), &other);
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[0]);
    ck_assert_uint_eq(ops[0].text.len, has_room ? 3 : 0);
    if (has_room)
        ck_assert_mem_eq(ops[0].text.data, "1.6", 3);
    mc_engine_feed(&e, MC_BYTES("\r\n"));
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[1]);
    ck_assert_uint_eq(ops[1].text.len, 3);
    ck_assert_mem_eq(ops[1].text.data, "1.7", 3);
}
END_TEST

/* The error comes while others are in the same batch. */
START_TEST(early_among_others)
{
    struct mc_engine e;
    char in[256], out[256];
    struct mc_op op = {.command = &mc_command_set, .key = MC_BYTES("k"), .data = MC_BYTES(LONG)};
    struct mc_op another = {.command = &mc_command_delete, .key = MC_BYTES("k")};
    struct mc_bytes parts[8];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    mc_engine_submit(&e, &another);
    ck_assert_uint_eq(mc_engine_output(&e, parts, 8), 3);
    mc_engine_sent(&e, parts[0].len);
    receive_text(&e, "SERVER_ERROR x\r\n");
    ck_assert(mc_engine_done(&e) == NULL);
    mc_engine_sent(&e, parts[1].len + 2);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_SERVER_ERROR);
    send_all(&e);
    receive_text(&e, "DELETED\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &another);
    ck_assert_int_eq(another.result, MC_DELETED);
}
END_TEST

/* Nothing happens on a dead connection. */
START_TEST(after_the_end)
{
    struct mc_engine e;
    char in[64];
    size_t cap = 77;
    struct mc_bytes part;
    mc_engine_init(&e, in, sizeof in, NULL, 0);
    mc_engine_fail(&e, MC_E_TIMEOUT);
    mc_engine_fail(&e, MC_E_CLOSED);
    mc_engine_sent(&e, 5);
    mc_engine_received(&e, 5);
    mc_engine_feed(&e, MC_BYTES("END\r\n"));
    ck_assert(mc_engine_input(&e, &cap) == NULL);
    ck_assert_uint_eq(cap, 0);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 0);
    ck_assert_int_eq(e.error, MC_E_TIMEOUT);
    ck_assert_uint_eq(e.received, 0);
    ck_assert(mc_engine_done(&e) == NULL);
}
END_TEST

/* A request that the buffer does not hold is refused, and nothing of it is sent. */
START_TEST(too_small_a_buffer)
{
    static const struct {
        struct mc_op op;
        size_t line; /* the bytes that have to fit */
    } rows[] = {
        {GET, sizeof "get k\r\n" - 1},
        {DELETE, sizeof "delete k\r\n" - 1},
        {{.command = &mc_command_set, .key = B("k"), .data = B("hi")},
         sizeof "set k 0 0 2\r\n" + 1},
        {LARGE_SET, sizeof "set k 0 0 130\r\n" + 1},
        {QUIET_DELETE, sizeof "md k q O0\r\nmn\r\n" - 1},
        {{.command = &mc_command_get, .keys = two_keys, .values = two_values, .count = 1},
         sizeof "get a\r\n" - 1},
    };
    for (size_t cap = 1; cap < 40; cap++) {
        struct mc_engine e;
        char in[64], *out = malloc(cap);
        struct mc_op op = rows[_i].op;
        mc_engine_init(&e, in, sizeof in, out, cap);
        mc_engine_submit(&e, &op);
        bool sent = send_all(&e) > 0;
        ck_assert_int_eq(sent, cap >= rows[_i].line);
        if (!sent) {
            ck_assert_ptr_eq(mc_engine_done(&e), &op);
            ck_assert_int_eq(op.count > 0 ? two_values[0].result : op.result, MC_E_FULL);
        }
        free(out);
    }
}
END_TEST

/* Many keys without places for their values. */
START_TEST(no_places)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op op = {.command = &mc_command_get, .keys = two_keys, .count = 1 + (size_t)_i};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(send_all(&e), 0);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_E_FULL);
}
END_TEST

/* The last keys are refused when the others have gone, before another operation or at the end. */
START_TEST(last_keys_refused)
{
    static const struct mc_bytes keys[] = {B("a"), B("b c"), B(LONG), B("")};
    struct mc_engine e;
    char in[64], out[20];
    struct mc_value values[4];
    struct mc_op op = {.command = &mc_command_gat, .keys = keys, .values = values, .count = 4};
    struct mc_op next = {.command = &mc_command_version};
    memset(values, 0, sizeof values);
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    if (_i == 1)
        mc_engine_submit(&e, &next);
    ck_assert_uint_eq(send_all(&e), strlen("gat 0 a\r\n") + (_i == 1 ? strlen("version\r\n") : 0));
    receive_text(&e, "END\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_E_KEY);
    ck_assert_int_eq(values[0].result, MC_MISS);
    ck_assert_int_eq(values[1].result, MC_E_KEY);
    ck_assert_int_eq(values[2].result, MC_E_FULL);
    ck_assert_int_eq(values[3].result, MC_E_KEY);
    ck_assert(mc_engine_is_idle(&e) == (_i == 0));
}
END_TEST

/* The last of many keys is refused when the others have been sent, and answered (round 1). */
START_TEST(refused_in_the_end)
{
    static const struct mc_bytes keys[] = {B("0123456789012345678901234567890"), B(" ")};
    struct mc_value values[2] = {{.result = 77}, {.result = 77}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 2};
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[40];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, part.len);
    if (_i > 0)
        receive_text(&e, "END\r\n");
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 0);
    if (_i == 0)
        receive_text(&e, "END\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_E_KEY);
    ck_assert_int_eq(values[0].result, MC_MISS);
    ck_assert_int_eq(values[1].result, MC_E_KEY);
    ck_assert(mc_engine_is_idle(&e));
}
END_TEST

/* Three lines of one key each, of which some were sent, and some received: what the keys have when the
 * connection fails. A write is unknown when its line had gone. */
static const struct {
    const struct mc_command *command;
    size_t sent;       /* bytes of the first batch, which has a line; SIZE_MAX: all of it */
    bool next;         /* and then the second line */
    const char *reply; /* before the failure */
    int results[3];
} lost_lines[] = {
    {&mc_command_get, 0, false, "", {MC_E_TIMEOUT, MC_E_TIMEOUT, MC_E_TIMEOUT}},
    {&mc_command_gat, 0, false, "", {MC_E_TIMEOUT, MC_E_TIMEOUT, MC_E_TIMEOUT}},
    {&mc_command_gat, 5, false, "", {MC_E_TIMEOUT, MC_E_TIMEOUT, MC_E_TIMEOUT}},
    {&mc_command_gat, SIZE_MAX, false, "", {MC_E_UNKNOWN, MC_E_TIMEOUT, MC_E_TIMEOUT}},
    {&mc_command_get, SIZE_MAX, false, "", {MC_E_TIMEOUT, MC_E_TIMEOUT, MC_E_TIMEOUT}},
    {&mc_command_gat, SIZE_MAX, false, "EN", {MC_E_UNKNOWN, MC_E_TIMEOUT, MC_E_TIMEOUT}},
    {&mc_command_gat, SIZE_MAX, false, "END\r\n", {MC_MISS, MC_E_TIMEOUT, MC_E_TIMEOUT}},
    {&mc_command_gat, SIZE_MAX, true, "END\r\n", {MC_MISS, MC_E_UNKNOWN, MC_E_TIMEOUT}},
    {&mc_command_gat, SIZE_MAX, true, "", {MC_E_UNKNOWN, MC_E_UNKNOWN, MC_E_TIMEOUT}},
    {&mc_command_gat, SIZE_MAX, true, "END\r\nVALUE 1", {MC_MISS, MC_E_UNKNOWN, MC_E_TIMEOUT}},
    {&mc_command_get, SIZE_MAX, true, "END\r\nVALUE 1", {MC_MISS, MC_E_TIMEOUT, MC_E_TIMEOUT}},
    {&mc_command_gat, SIZE_MAX, true, "END\r\nEND\r\n", {MC_MISS, MC_MISS, MC_E_TIMEOUT}},
};

START_TEST(losing_lines)
{
    static const struct mc_bytes keys[] = {B("0123456789012345678901234567890"),
                                           B("1123456789012345678901234567890"),
                                           B("2123456789012345678901234567890")};
    struct mc_value values[3];
    struct mc_op op = {.keys = keys, .values = values, .count = 3};
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[48]; /* for one key */
    op.command = lost_lines[_i].command;
    memset(values, 0, sizeof values);
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    for (int k = 0; k < (lost_lines[_i].next ? 2 : 1); k++) {
        ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
        mc_engine_sent(&e, lost_lines[_i].sent < part.len ? lost_lines[_i].sent : part.len);
    }
    if (lost_lines[_i].reply[0] != '\0')
        receive_text(&e, lost_lines[_i].reply);
    mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    int first = 0;
    for (size_t k = 0; k < 3; k++) {
        ck_assert_int_eq(values[k].result, lost_lines[_i].results[k]);
        ck_assert_uint_eq(values[k].len + values[k].flags + values[k].cas, 0);
        first = first == 0 && values[k].result != MC_MISS ? values[k].result : first;
    }
    ck_assert_int_eq(op.result, first);
}
END_TEST

/* The reply to a line has begun, also with the value of a key: all keys of the line are lost, and so
 * are those of another operation that were not sent. */
START_TEST(losing_a_line_that_began)
{
    struct mc_value values[2] = {{0}}, more[2] = {{0}};
    struct mc_op op = {.command = &mc_command_gat, .keys = two_keys, .values = values, .count = 2};
    struct mc_op other = op;
    struct mc_engine e;
    char in[64], out[64];
    other.values = more;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    mc_engine_submit(&e, &other);
    receive_text(&e, _i == 0 ? "VALUE a 0 0\r\n\r\nVAL" : "VALUE b 0 0\r\n\r\n");
    mc_engine_fail(&e, MC_E_CLOSED);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_ptr_eq(mc_engine_done(&e), &other);
    ck_assert(values[0].result == MC_E_UNKNOWN && values[1].result == MC_E_UNKNOWN);
    ck_assert(more[0].result == MC_E_CLOSED && more[1].result == MC_E_CLOSED);
    ck_assert(op.result == MC_E_UNKNOWN && other.result == MC_E_CLOSED);
}
END_TEST

/* A reply comes before its line has gone, after one to another line of keys. */
START_TEST(early_after_others)
{
    struct mc_value values[2] = {{0}}, more[2] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = two_keys, .values = values, .count = 2};
    struct mc_op other = op;
    struct mc_engine e;
    char in[64], out[64];
    other.values = more;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    receive_text(&e, "END\r\n");
    mc_engine_submit(&e, &other);
    send_but(&e, 1);
    receive_text(&e, "END\r\n");
    ck_assert_int_eq(e.error, MC_E_PROTOCOL);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_ptr_eq(mc_engine_done(&e), &other);
    ck_assert(op.result == 0 && other.result == MC_E_PROTOCOL);
}
END_TEST

enum { LONGEST_LINE = 2047 };

/* How many bytes of keys a line has: as many as fit the buffer beside the longest name of a command,
 * and no line is 2,048 bytes long. */
START_TEST(as_many_keys_as_fit)
{
    static char names[10][MC_KEY_MAX], in[64], out[4096];
    const size_t name = strlen("gats -2147483648\r\n"), key = 200, all = name + 5 * (key + 1);
    const size_t last = LONGEST_LINE - name - 10 * (key + 1) + key; /* with it a longest line */
    struct mc_bytes keys[10];
    struct mc_value values[10];
    struct mc_op op = {.command = &mc_command_gats, .exptime = INT32_MIN, .keys = keys};
    struct mc_engine e;
    op.values = values;
    op.count = _i < 2 ? 5 : 10;
    memset(values, 0, sizeof values);
    for (size_t k = 0; k < 10; k++) {
        memset(names[k], 'k', MC_KEY_MAX);
        names[k][0] = (char)('0' + k);
        keys[k] = (struct mc_bytes){names[k], key};
    }
    if (_i >= 2)
        keys[9].len = last + (_i == 3);
    mc_engine_init(&e, in, sizeof in, out, _i < 2 ? all - (_i == 1) : sizeof out);
    mc_engine_submit(&e, &op);
    struct mc_bytes part;
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    const char *end = memchr(part.data, '\n', part.len);
    size_t line = (size_t)(end + 1 - part.data);
    size_t whole = _i < 2 ? all : LONGEST_LINE;
    ck_assert_uint_eq(line, _i % 2 == 0 ? whole : whole - 1 - key - (_i == 3 ? last - key : 0));
    mc_engine_fail(&e, MC_E_CLOSED);
}
END_TEST

/* The longest key before one that is bad. */
START_TEST(longest_before_bad)
{
    static char name[MC_KEY_MAX];
    struct mc_bytes keys[2] = {{name, sizeof name}, B(" ")};
    struct mc_value values[2] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 2};
    struct mc_engine e;
    char in[64], out[512];
    memset(name, 'k', sizeof name);
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(send_all(&e), strlen("get \r\n") + sizeof name);
    receive_text(&e, "END\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert(values[0].result == MC_MISS && values[1].result == MC_E_KEY);
}
END_TEST

/* A small value is in one slice with its line, if there is room; others have a slice of their own. */
START_TEST(slices)
{
    static char value[MC_ENGINE_COPY_MAX + 1];
    static const struct {
        size_t len, cap, slices;
    } rows[] = {{0, 64, 1},
                {2, 64, 1},
                {MC_ENGINE_COPY_MAX, 256, 1},
                {MC_ENGINE_COPY_MAX + 1, 256, 3},
                {2, sizeof "set k 0 0 2\r\nhi\r\n" - 1, 1},
                {2, sizeof "set k 0 0 2\r\nhi\r\n" - 2, 3}};
    struct mc_op op = {.command = &mc_command_set, .key = MC_BYTES("k")};
    struct mc_engine e;
    struct mc_bytes parts[4];
    char in[64], out[256];
    op.data = (struct mc_bytes){value, rows[_i].len};
    mc_engine_init(&e, in, sizeof in, out, rows[_i].cap);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(mc_engine_output(&e, parts, 4), rows[_i].slices);
    ck_assert(rows[_i].slices == 1 || parts[1].data == value);
}
END_TEST

/* A line that just fills the buffer has not ended yet: it may still be kept, but not go on. */
START_TEST(lent_line_of_just_the_size)
{
    struct mc_engine e;
    char in[20], out[64];
    struct mc_op op = {.command = &mc_command_version};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    mc_engine_feed(&e, MC_BYTES("VERSION 012345678901"));
    ck_assert_int_eq(e.error, 0);
    mc_engine_feed(&e, MC_BYTES("\r\n"));
    ck_assert_int_eq(e.error, MC_E_LINE);
}
END_TEST

/* The text of an error of one line is lost when another line of the operation has a reply of its own:
 * it was in a buffer that is not lent any more. */
START_TEST(text_of_a_line_before)
{
    static const struct mc_bytes keys[] = {B("a"), B("a bad one"), B("b")};
    struct mc_value values[3] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 3};
    struct mc_engine e;
    char in[64], out[64], lent[] = "SERVER_ERROR out of memory\r\n";
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    mc_engine_feed(&e, mc_string(lent));
    ck_assert_ptr_null(mc_engine_done(&e));
    mc_engine_feed(&e, MC_BYTES("VALUE b 0 0\r\n\r\nEND\r\n"));
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_SERVER_ERROR);
    ck_assert_int_eq(values[1].result, MC_E_KEY);
    ck_assert_int_eq(values[2].result, MC_HIT);
    ck_assert_uint_eq(op.text.len, 0);
}
END_TEST

/* The value of an operation of many keys is not used, though it be that of the first key. */
START_TEST(value_beside_keys)
{
    static const struct mc_bytes keys[] = {B("0123456789012345678901234567890"), B("a")};
    struct mc_value values[2] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 2};
    struct mc_engine e;
    char in[64], out[40]; /* for one key */
    op.value = &values[0];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    receive_text(&e, "END\r\n");
    mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_E_TIMEOUT);
    ck_assert_int_eq(values[0].result, MC_MISS);
    ck_assert_int_eq(values[1].result, MC_E_TIMEOUT);
}
END_TEST

/* The reply to a line comes in pieces, all of whose keys have their values, while the next line has not
 * been sent. */
START_TEST(last_pieces_of_a_line)
{
    static const struct mc_bytes keys[] = {B("0123456789012345678901234567890"),
                                           B("0123456789012345678901234567891")};
    struct mc_value values[2] = {{0}};
    struct mc_op op = {.command = &mc_command_gets, .keys = keys, .values = values, .count = 2};
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[40];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, part.len);
    receive_text(&e, "VALUE 0123456789012345678901234567890 0 1 7\r\nx");
    receive_text(&e, "\r\n");
    receive_text(&e, "END\r\n");
    ck_assert_int_eq(e.error, 0);
    ck_assert_uint_eq(send_all(&e), part.len);
    receive_text(&e, "END\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert(values[0].result == MC_E_FULL && values[1].result == MC_MISS);
}
END_TEST

/* Bytes when there is no operation at all. */
START_TEST(unexpected_bytes)
{
    struct mc_engine e;
    char in[64];
    mc_engine_init(&e, in, sizeof in, NULL, 0);
    receive_text(&e, "E");
    ck_assert_int_eq(e.error, MC_E_PROTOCOL);
    ck_assert_int_eq(e.reader.fault, MC_FAULT_UNASKED);
}
END_TEST

enum { LARGE = 5000 };

/* The rest of a value that is larger than the buffer is received where it belongs. */
START_TEST(straight_to_its_place)
{
    struct mc_engine e;
    char in[100], out[100], *place = malloc(LARGE), head[] = "VALUE k 0 5000\r\nabc";
    struct mc_value value = {.buf = place, .cap = LARGE};
    struct mc_op op = {.command = &mc_command_get, .key = MC_BYTES("k"), .value = &value};
    size_t cap;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    receive_text(&e, head);
    for (size_t got = 3; got + 100 <= LARGE; got += 100) {
        char *to = mc_engine_input(&e, &cap);
        ck_assert_ptr_eq(to, place + got);
        ck_assert_uint_eq(cap, LARGE - got);
        memset(to, 'x', 100);
        mc_engine_received(&e, 100);
    }
    char *to = mc_engine_input(&e, &cap);
    ck_assert_ptr_eq(to, in); /* what is left fits the buffer */
    memset(to, 'x', 97);
    mc_engine_received(&e, 97);
    receive_text(&e, "\r\nEND\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_HIT);
    ck_assert_uint_eq(value.len, LARGE);
    ck_assert(memcmp(place, "abcxxx", 6) == 0 && place[LARGE - 1] == 'x');
    free(place);
}
END_TEST

enum { LONG_KEYS = 200, LONG_KEY = 200 };

/* The window also holds for lines of keys: of one operation (round 0), and of neighbours. */
START_TEST(window_of_keys)
{
    static char names[LONG_KEYS][LONG_KEY], in[256], out[2048];
    static struct mc_bytes keys[LONG_KEYS];
    static struct mc_value values[LONG_KEYS];
    static struct mc_op ops[LONG_KEYS];
    struct mc_op many = {.command = &mc_command_get, .keys = keys, .values = values};
    struct mc_engine e;
    size_t done = 0, lines = 0, sent, last = _i == 0 ? 1 : LONG_KEYS;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    many.count = LONG_KEYS;
    for (size_t k = 0; k < LONG_KEYS; k++) {
        memset(names[k], 'k', LONG_KEY);
        names[k][0] = (char)('!' + k % 90);
        keys[k] = (struct mc_bytes){names[k], LONG_KEY};
        ops[k] = (struct mc_op){.command = &mc_command_get, .key = keys[k]};
        if (_i > 0)
            mc_engine_submit(&e, &ops[k]);
    }
    if (_i == 0)
        mc_engine_submit(&e, &many);
    sent = send_all(&e);
    ck_assert_uint_gt(sent, MC_ENGINE_WINDOW - 2048);
    for (; done < last; lines++) {
        ck_assert_uint_lt(lines, LONG_KEYS);
        ck_assert_uint_le(e.unanswered, MC_ENGINE_WINDOW);
        receive_text(&e, "END\r\n");
        while (mc_engine_done(&e) != NULL)
            done++;
        sent += send_all(&e);
    }
    ck_assert_int_eq(e.error, 0);
    ck_assert_uint_eq(e.unanswered, 0);
    ck_assert_uint_eq(sent, (size_t)LONG_KEYS * (1 + LONG_KEY) + lines * strlen("get\r\n"));
}
END_TEST

/* A line that the buffer does not hold. */
START_TEST(too_long_a_line)
{
    struct mc_engine e;
    char in[20], out[100];
    size_t cap;
    struct mc_op op = {.command = &mc_command_delete, .key = MC_BYTES("k")};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    if (_i == 0) {
        receive_text(&e, "SERVER_ERROR 0123456");
        ck_assert(mc_engine_input(&e, &cap) == NULL);
        ck_assert_uint_eq(cap, 0);
    } else if (_i == 1) {
        mc_engine_feed(&e, MC_BYTES("SERVER_ERROR 012345678"));
    } else {
        mc_engine_feed(&e, MC_BYTES("SERVER_ERROR"));
        mc_engine_feed(&e, MC_BYTES(" 01234567890"));
    }
    ck_assert_int_eq(e.error, MC_E_LINE);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_E_UNKNOWN);
}
END_TEST

enum { CROWD = 1000, ENTRY = 56 };

/* No more is sent than the window holds, and nothing more until half of it is free. */
START_TEST(window)
{
    struct mc_engine e;
    static struct mc_op ops[CROWD];
    static char in[256], out[2048];
    size_t sent, all = 0, done = 0;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    for (size_t i = 0; i < CROWD; i++) {
        ops[i] = (struct mc_op){.command = &mc_command_set, .key = MC_BYTES("k")};
        ops[i].data = MC_BYTES("0123456789012345678901234567890123456789"); /* ENTRY bytes each */
        mc_engine_submit(&e, &ops[i]);
    }
    all = send_all(&e);
    ck_assert_uint_le(all, MC_ENGINE_WINDOW);
    ck_assert_uint_gt(all, MC_ENGINE_WINDOW - ENTRY);
    while (done < CROWD) {
        receive_text(&e, "STORED\r\n");
        ck_assert_ptr_eq(mc_engine_done(&e), &ops[done]);
        done++;
        sent = send_all(&e);
        all += sent;
        ck_assert_uint_le(all - done * ENTRY, MC_ENGINE_WINDOW);
        ck_assert_msg(sent == 0 || sent > MC_ENGINE_WINDOW / 2 - 100 ||
                          all == (size_t)CROWD * ENTRY,
                      "%zu bytes sent after %zu replies, %zu in all", sent, done, all);
    }
    ck_assert_uint_eq(all, (size_t)CROWD * ENTRY);
}
END_TEST

/* Two operations go out together when they are a window, with the mn of quiet ones, and one after the
 * other when they are more. */
START_TEST(window_of_just_the_size)
{
    static char value[MC_ENGINE_WINDOW];
    struct mc_engine e;
    char in[256], out[256];
    bool is_quiet = _i >= 7;
    struct mc_op first = {.command = &mc_command_md, .key = MC_BYTES("k")};
    struct mc_op second = {.command = &mc_command_ms, .key = MC_BYTES("k")};
    const char *lines = is_quiet ? "md k q O0\r\nms k 16000 q O1\r\n" : "md k\r\nms k 16000\r\n";
    size_t whole = MC_ENGINE_WINDOW - 3 + (size_t)_i % 7, mn = is_quiet ? strlen("mn\r\n") : 0;
    first.meta_flags = second.meta_flags = q;
    first.meta_count = second.meta_count = is_quiet ? 1 : 0;
    second.data = (struct mc_bytes){value, whole - strlen(lines) - strlen("\r\n") - mn};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &first);
    mc_engine_submit(&e, &second);
    size_t alone = (size_t)(strchr(lines, '\n') + 1 - lines) + mn;
    ck_assert_uint_eq(send_all(&e), whole <= MC_ENGINE_WINDOW ? whole : alone);
}
END_TEST

/* As many operations as can be in flight in the first window: keys of one byte. */
START_TEST(most_in_flight)
{
    enum { MANY_KEYS = 10000, MOST = 8192 };
    static struct mc_bytes keys[MANY_KEYS];
    static struct mc_value values[MANY_KEYS];
    static char in[256], out[2048];
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values};
    struct mc_engine e;
    op.count = MANY_KEYS;
    for (size_t k = 0; k < MANY_KEYS; k++)
        keys[k] = MC_BYTES("k");
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_le(send_all(&e), MC_ENGINE_WINDOW);
    ck_assert_uint_le(e.waiting.slot, MOST);
    ck_assert_uint_gt(e.waiting.slot, MOST - 1024);
    ck_assert_uint_le(sizeof e, 240);
    ck_assert_uint_le(sizeof op, 200);
}
END_TEST

/* What is received and not read has never more bytes than the buffer. */
START_TEST(unread_bytes)
{
    struct mc_engine e;
    char in[100], out[64];
    struct mc_op ops[2] = {{.command = &mc_command_version}, {.command = &mc_command_version}};
    size_t cap, kept = 0;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    send_all(&e);
    receive_text(&e, "VERSION 1\r\nVERSION ");
    for (kept = strlen("VERSION "); kept < sizeof in; kept++) {
        ck_assert_ptr_eq(mc_engine_input(&e, &cap), in + kept);
        ck_assert_uint_eq(cap, sizeof in - kept);
        receive_text(&e, "x");
    }
    ck_assert_ptr_null(mc_engine_input(&e, &cap));
    ck_assert_int_eq(e.error, MC_E_LINE);
}
END_TEST

/* 317 bytes hold the longest line of a retrieval's reply, whose bytes come one by one. */
START_TEST(smallest_buffer)
{
    enum { SMALLEST = 317 };
    static const char numbers[] = " 18446744073709551615 0 18446744073709551615\r\n\r\nEND\r\n";
    char in[SMALLEST], out[SMALLEST], name[MC_KEY_MAX];
    struct mc_value value = {.len = 77};
    struct mc_op op = {.command = &mc_command_gets, .value = &value};
    struct mc_engine e;
    struct text reply = {0};
    memset(name, 'k', sizeof name);
    op.key = (struct mc_bytes){name, sizeof name};
    text_print(&reply, "VALUE %.*s%s", MC_KEY_MAX, name, numbers);
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    for (size_t k = 0; k < reply.len; k++) {
        const char byte[] = {reply.data[k], '\0'};
        receive_text(&e, byte);
    }
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert(op.result == MC_HIT && value.len == 0);
    ck_assert(value.flags == UINT64_MAX && value.cas == UINT64_MAX);
    text_free(&reply);
}
END_TEST

/* Whoever receives while a send is not complete may have all in flight. */
START_TEST(wider_window)
{
    struct mc_engine e;
    static struct mc_op ops[CROWD];
    static char in[256], out[2048];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ck_assert_uint_eq(e.window, MC_ENGINE_WINDOW);
    e.window = MC_ENGINE_WINDOW_MAX;
    for (size_t i = 0; i < CROWD; i++) {
        ops[i] = (struct mc_op){.command = &mc_command_set, .key = MC_BYTES("k")};
        ops[i].data = MC_BYTES("0123456789012345678901234567890123456789");
        mc_engine_submit(&e, &ops[i]);
    }
    ck_assert_uint_eq(send_all(&e), (size_t)CROWD * ENTRY);
    for (size_t i = 0; i < CROWD; i++) {
        receive_text(&e, "STORED\r\n");
        ck_assert_ptr_eq(mc_engine_done(&e), &ops[i]);
    }
    ck_assert(mc_engine_is_idle(&e));
}
END_TEST

/* Bytes of an item that was whole when it came are as those that came one by one: the sink is told
 * the key, the size and the slot of each. */
struct noted {
    struct mc_sink sink;
    size_t slots[4], count;
    char text[64];
};

static void note_item(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                      const struct mc_reply *reply)
{
    struct noted *n = (struct noted *)sink;
    size_t len = strlen(n->text);
    (void)op;
    if (event == MC_VALUE)
        n->slots[n->count++] = slot;
    if (event == MC_VALUE)
        snprintf(n->text + len, sizeof n->text - len, "%.*s/%u/%u/%d:", (int)reply->key.len,
                 reply->key.data, (unsigned)reply->flags, (unsigned)reply->size, reply->has_cas);
    else
        snprintf(n->text + len, sizeof n->text - len, "%.*s ", (int)reply->text.len,
                 reply->text.data);
}

START_TEST(whole_items_to_a_sink)
{
    const struct mc_command *commands[] = {&mc_command_get, &mc_command_gets};
    const char *cas[] = {"", " 9"};
    const struct mc_bytes keys[] = {MC_BYTES("a"), MC_BYTES("b"), MC_BYTES("c")};
    for (size_t i = 0; i < 4; i++) {
        struct mc_engine e;
        char in[256], out[256], reply[128], wanted[64];
        struct mc_value values[3] = {{0}};
        struct noted n = {.sink.receive = note_item};
        struct mc_op op = {.command = commands[i % 2], .key = MC_BYTES("a"), .sink = &n.sink};
        bool many = i >= 2;
        if (many) {
            op.keys = keys;
            op.values = values;
            op.count = 3;
        }
        mc_engine_init(&e, in, sizeof in, out, sizeof out);
        mc_engine_submit(&e, &op);
        send_all(&e);
        snprintf(reply, sizeof reply, "VALUE a 5 2%s\r\nhi\r\n%s%s%sEND\r\n", cas[i % 2],
                 many ? "VALUE c 0 0" : "", many ? cas[i % 2] : "", many ? "\r\n\r\n" : "");
        receive_text(&e, reply);
        ck_assert_ptr_eq(mc_engine_done(&e), &op);
        snprintf(wanted, sizeof wanted, many ? "a/5/2/%d:hi c/0/0/%d:" : "a/5/2/%d:hi ", (int)i % 2,
                 (int)i % 2);
        ck_assert_str_eq(n.text, wanted);
        ck_assert_uint_eq(n.slots[0], 0);
        ck_assert_uint_eq(n.slots[1], many ? 2 : 0);
        ck_assert_int_eq(op.result, many ? 0 : MC_HIT);
    }
}
END_TEST

/* A sink has a value once, also when bytes come with it that nobody asked for. */
START_TEST(sunk_once)
{
    static const char *const more[] = {"", "X", "END\r\n"};
    for (size_t i = 0; i < COUNT(more); i++) {
        char in[64], out[64], reply[64];
        struct script script = {.count = 0};
        const struct mc_transport transport = script_transport(&script);
        struct mc_engine e;
        struct noted n = {.sink.receive = note_item};
        struct mc_op op = {.command = &mc_command_get, .key = MC_BYTES("a"), .sink = &n.sink};
        snprintf(reply, sizeof reply, "VALUE a 5 2\r\nhi\r\nEND\r\n%s", more[i]);
        script_step(&script, "get a\r\n", reply);
        mc_engine_init(&e, in, sizeof in, out, sizeof out);
        int wanted = i == 0 ? MC_HIT : MC_E_PROTOCOL;
        ck_assert_int_eq(mc_engine_do(&e, &transport, &op, SCRIPT_DEADLINE), wanted);
        ck_assert_str_eq(n.text, "a/5/2/0:hi ");
        ck_assert_int_eq(e.error, i == 0 ? 0 : MC_E_PROTOCOL);
        ck_assert_int_eq(e.reader.fault, i == 0 ? 0 : MC_FAULT_UNASKED);
        script_free(&script);
    }
}
END_TEST

/* An operation larger than the window waits until it is alone. */
START_TEST(larger_than_the_window)
{
    struct mc_engine e;
    char in[256], out[256], *large = calloc(1, (size_t)2 * MC_ENGINE_WINDOW);
    struct mc_op get = {.command = &mc_command_get, .key = MC_BYTES("k")};
    struct mc_op set = {.command = &mc_command_set, .key = MC_BYTES("k")};
    struct mc_op last = {.command = &mc_command_version};
    set.data = (struct mc_bytes){large, (size_t)2 * MC_ENGINE_WINDOW};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &get);
    mc_engine_submit(&e, &set);
    mc_engine_submit(&e, &last);
    ck_assert_uint_eq(send_all(&e), strlen("get k\r\n"));
    receive_text(&e, "END\r\n");
    ck_assert_uint_eq(send_all(&e), strlen("set k 0 0 32768\r\n") + set.data.len + 2);
    receive_text(&e, "STORED\r\n");
    ck_assert_uint_eq(send_all(&e), strlen("version\r\n"));
    receive_text(&e, "VERSION 1\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &get);
    ck_assert_ptr_eq(mc_engine_done(&e), &set);
    ck_assert_ptr_eq(mc_engine_done(&e), &last);
    free(large);
}
END_TEST

static size_t compared; /* by memcmp() */

/* The linker makes these of every memcmp() that is called. */
int __wrap_memcmp(const void *a, const void *b, size_t n);
int __real_memcmp(const void *a, const void *b, size_t n);

int __wrap_memcmp(const void *a, const void *b, size_t n)
{
    compared++;
    return __real_memcmp(a, b, n);
}

enum { AS_ASKED, REVERSED, SHUFFLED, ORDERS };

static size_t at_turn(size_t k, size_t count, int order)
{
    if (order == REVERSED)
        return count - 1 - k;
    return order == SHUFFLED ? k * 7 % count : k;
}

/* A thousand keys, whatever the order of their values; how often keys are compared is bounded. */
START_TEST(thousand_keys)
{
    static const size_t limits[ORDERS] = {(size_t)6 * CROWD, (size_t)8 * CROWD,
                                          (size_t)CROWD * CROWD / 4};
    static char names[CROWD][8], places[CROWD][8], in[2048], out[2048];
    static struct mc_bytes keys[CROWD];
    static struct mc_value values[CROWD];
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = CROWD};
    struct mc_engine e;
    for (size_t i = 0; i < CROWD; i++) {
        snprintf(names[i], sizeof names[i], "key%zu", i);
        keys[i] = (struct mc_bytes){names[i], strlen(names[i])};
        values[i] = (struct mc_value){.buf = places[i], .cap = sizeof places[i]};
    }
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_gt(send_all(&e), (size_t)CROWD * 4);
    compared = 0;
    for (size_t i = 0; i < CROWD;) {
        size_t count = values[i].len; /* of the line: see engine.c */
        struct text reply = {0};
        ck_assert(count > 0 && count < 1024 && count % 7 != 0);
        for (size_t k = 0; k < count; k++) {
            const char *name = names[i + at_turn(k, count, _i)];
            text_print(&reply, "VALUE %s 0 %zu\r\n%s\r\n", name, strlen(name), name);
        }
        text_add_string(&reply, "END\r\n");
        mc_engine_feed(&e, (struct mc_bytes){reply.data, reply.len});
        text_free(&reply);
        i += count;
    }
    ck_assert_uint_le(compared, limits[_i]);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, 0);
    for (size_t i = 0; i < CROWD; i++)
        ck_assert(values[i].result == MC_HIT && values[i].len == keys[i].len &&
                  memcmp(places[i], names[i], keys[i].len) == 0);
}
END_TEST

/* Keys that are the beginnings of one text, answered in reverse. */
START_TEST(keys_of_one_text)
{
    static const char text[] = "abc";
    const struct mc_bytes keys[] = {{text, 1}, {text, 2}, {text, 3}};
    struct mc_value values[3] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 3};
    struct mc_engine e;
    char in[128], out[128];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(send_all(&e), strlen("get a ab abc\r\n"));
    receive_text(&e, "VALUE abc 3 0\r\n\r\nVALUE ab 2 0\r\n\r\nVALUE a 1 0\r\n\r\nEND\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    for (size_t k = 0; k < 3; k++)
        ck_assert(values[k].result == MC_HIT && values[k].flags == k + 1);
}
END_TEST

/* A key asked for twice, by two operations with sinks, and answered once: the first is the one that has
 * it, wherever the other lies in memory. */
START_TEST(sinks_in_any_order)
{
    struct noted n = {.sink.receive = note_item};
    struct mc_value values[2] = {{0}};
    struct mc_op ops[2] = {{.command = &mc_command_get, .key = MC_BYTES("k"), .sink = &n.sink}};
    struct mc_op *first = &ops[_i], *second = &ops[1 - _i];
    struct mc_engine e;
    char in[128], out[128];
    ops[1] = ops[0];
    first->value = &values[0];
    second->value = &values[1];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, first);
    mc_engine_submit(&e, second);
    send_all(&e);
    receive_text(&e, "VALUE k 5 2\r\nhi\r\nEND\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), first);
    ck_assert_ptr_eq(mc_engine_done(&e), second);
    ck_assert_int_eq(first->result, MC_HIT);
    ck_assert_int_eq(second->result, MC_E_FULL);
    ck_assert_str_eq(n.text, "k/5/2/0:hi ");
}
END_TEST

enum { PAIRS = 250 };

/* Two letters, of which no two are the same. */
static void name_pair(char name[2], size_t k)
{
    name[0] = (char)('!' + k % 89);
    name[1] = (char)('!' + k / 89 * 31 + k % 29);
}

/* Many keys, each asked for twice and answered once: both places have the value. */
START_TEST(many_doubled)
{
    static char names[PAIRS][2], places[2 * PAIRS][2], in[64], out[2048];
    static struct mc_bytes keys[2 * PAIRS];
    static struct mc_value values[2 * PAIRS];
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values};
    struct mc_engine e;
    struct text reply = {0};
    op.count = COUNT(keys);
    for (size_t k = 0; k < 2 * (size_t)PAIRS; k++) {
        name_pair(names[k % PAIRS], k % PAIRS);
        keys[k] = (struct mc_bytes){names[k % PAIRS], 2};
        values[k] = (struct mc_value){.buf = places[k], .cap = 2};
        if (k < PAIRS)
            text_print(&reply, "VALUE %.2s 0 2\r\n%.2s\r\n", names[k], names[k]);
    }
    text_add_string(&reply, "END\r\n");
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(send_all(&e), strlen("get\r\n") + COUNT(keys) * 3); /* one line */
    mc_engine_feed(&e, (struct mc_bytes){reply.data, reply.len});
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, 0);
    for (size_t k = 0; k < COUNT(keys); k++)
        ck_assert(values[k].result == MC_HIT && memcmp(places[k], keys[k].data, 2) == 0);
    text_free(&reply);
}
END_TEST

/* An empty value has room where there is no place at all. */
START_TEST(nothing_in_no_place)
{
    static const char *const replies[] = {"VALUE k 5 0\r\n\r\nEND\r\n", "VA 0\r\n\r\n"};
    struct mc_value value = {.len = 77, .result = 77};
    struct mc_op op = {.command = _i == 0 ? &mc_command_get : &mc_command_mg,
                       .key = MC_BYTES("k"),
                       .meta_flags = v,
                       .meta_count = 1,
                       .value = &value};
    struct mc_engine e;
    char in[64], out[64];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    receive_text(&e, replies[_i]);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_HIT);
    ck_assert(value.result == MC_HIT && value.len == 0);
}
END_TEST

/* A key is asked for twice and answered once, beside another one, whatever its last bytes are. */
START_TEST(each_doubled)
{
    enum { LETTERS = '~' - '!' };
    const size_t len = _i == 0 ? 2 : 5;
    for (size_t k = 0; k < (size_t)LETTERS * LETTERS; k += 5) {
        char in[128], out[128], name[5] = "key", reply[64];
        struct mc_value values[3] = {{0}};
        struct mc_bytes keys[3] = {{name, len}, B("x"), {name, len}};
        struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 3};
        struct mc_engine e;
        name[len - 2] = (char)('!' + k % LETTERS);
        name[len - 1] = (char)('!' + k / LETTERS);
        snprintf(reply, sizeof reply, "VALUE %.*s 5 0\r\n\r\nEND\r\n", (int)len, name);
        mc_engine_init(&e, in, sizeof in, out, sizeof out);
        mc_engine_submit(&e, &op);
        send_all(&e);
        mc_engine_feed(&e, mc_string(reply));
        ck_assert_ptr_eq(mc_engine_done(&e), &op);
        ck_assert(values[0].result == MC_HIT && values[2].result == MC_HIT && values[2].flags == 5);
        ck_assert_int_eq(values[1].result, MC_MISS);
    }
}
END_TEST

/* ---- for event loops ------------------------------------------------------------------------- */

START_TEST(deadlines)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[4] = {{.command = &mc_command_get, .key = MC_BYTES("a"), .deadline = 50},
                           {.command = &mc_command_version, .deadline = 40},
                           {.command = &mc_command_version}};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ck_assert_int_eq(mc_engine_deadline(&e), MC_NEVER);
    mc_engine_submit(&e, &ops[2]);
    ck_assert_int_eq(mc_engine_deadline(&e), MC_NEVER);
    mc_engine_submit(&e, &ops[0]);
    ck_assert_int_eq(mc_engine_deadline(&e), 50);
    mc_engine_submit(&e, &ops[1]);
    ck_assert_int_eq(mc_engine_deadline(&e), 40);
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[1]), 0);
    ck_assert_int_eq(mc_engine_deadline(&e), 50);
    ops[1] = (struct mc_op){.command = &mc_command_get, .key = MC_BYTES(" "), .deadline = 20};
    mc_engine_submit(&e, &ops[1]);
    ck_assert_int_eq(mc_engine_deadline(&e), 20);
    send_all(&e); /* it is refused, and waits for those before it */
    ck_assert_int_eq(mc_engine_deadline(&e), 50);
    ops[3] = (struct mc_op){.command = &mc_command_version, .deadline = 60};
    mc_engine_submit(&e, &ops[3]);
    ck_assert_int_eq(mc_engine_deadline(&e), 50);
    mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert_int_eq(mc_engine_deadline(&e), MC_NEVER);
}
END_TEST

/* What a cancelled operation costs the others. */
START_TEST(cancelling)
{
    static const struct {
        const char *replies; /* before */
        size_t sent;         /* bytes; 0: all */
        size_t which;
        bool fails;
    } rows[] = {
        {"", SIZE_MAX, 0, false},          /* nothing was sent */
        {"", 0, 0, false},                 /* its reply is read and given to nobody */
        {"", 1, 0, true},                  /* a byte of it has gone */
        {"VALUE a 0 1 5\r\n", 0, 0, true}, /* its reply has begun */
        {"", 0, 1, true},                  /* it shares a line */
        {"", 0, 3, true},                  /* it is quiet */
        {"END\r\n", 0, 0, false},          /* it is done */
    };
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[4] = {{.command = &mc_command_gets, .key = MC_BYTES("a")},
                           {.command = &mc_command_get, .key = MC_BYTES("b")},
                           {.command = &mc_command_get, .key = MC_BYTES("c")},
                           {.command = &mc_command_md, .key = MC_BYTES("d")}};
    ops[3].meta_flags = q;
    ops[3].meta_count = 1;
    struct mc_bytes parts[2];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    for (size_t i = 0; i < 4; i++)
        mc_engine_submit(&e, &ops[i]);
    if (rows[_i].sent == 0)
        send_all(&e);
    else if (rows[_i].sent != SIZE_MAX && mc_engine_output(&e, parts, 2) > 0)
        mc_engine_sent(&e, rows[_i].sent);
    if (rows[_i].replies[0] != '\0')
        receive_text(&e, rows[_i].replies);
    int r = mc_engine_cancel(&e, &ops[rows[_i].which]);
    ck_assert_int_eq(r, rows[_i].fails ? MC_E_AMBIGUOUS : 0);
    ck_assert_int_eq(e.error, r);
    memset(&ops[rows[_i].which], 0xee, sizeof ops[0]);
    for (size_t i = 0; i < 4; i++) {
        if (rows[_i].fails && i != rows[_i].which)
            ck_assert_ptr_eq(mc_engine_done(&e), &ops[i]);
    }
    ck_assert(mc_engine_done(&e) == NULL);
}
END_TEST

/* The replies to cancelled operations take no room in the window once they are read. */
START_TEST(cancelled_and_read)
{
    struct mc_engine e;
    char in[64], out[64];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    for (size_t k = 0; k < 2 * MC_ENGINE_WINDOW / 10; k++) {
        struct mc_op op = {.command = &mc_command_delete, .key = MC_BYTES("k")}, other = op;
        mc_engine_submit(&e, &op);
        if (_i > 0)
            mc_engine_submit(&e, &other);
        ck_assert_uint_gt(send_all(&e), 0);
        ck_assert_int_eq(mc_engine_cancel(&e, &op), 0);
        receive_text(&e, "DELETED\r\n");
        if (_i > 0) {
            receive_text(&e, "NOT_FOUND\r\n");
            ck_assert_ptr_eq(mc_engine_done(&e), &other);
            ck_assert_int_eq(other.result, MC_NOT_FOUND);
        }
        ck_assert(mc_engine_is_idle(&e));
        ck_assert_int_eq(e.error, 0);
    }
}
END_TEST

/* A reply to nobody may come in pieces; an error may be one to a value. */
START_TEST(cancelled_and_wrong)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op op = {.command = &mc_command_delete, .key = MC_BYTES("k")};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    ck_assert_int_eq(mc_engine_cancel(&e, &op), 0);
    static const char *const replies[][2] = {{"DEL", "ETED\r\n"},
                                             {"ERR", "OR\r\n"},
                                             {"CLIENT_E", "RROR x\r\n"},
                                             {"SERV", "ER_ERROR x\r\n"}};
    receive_text(&e, replies[_i][0]);
    ck_assert(!mc_engine_is_idle(&e));
    receive_text(&e, replies[_i][1]);
    ck_assert(mc_engine_is_idle(&e));
    ck_assert_int_eq(e.error, _i == 1 || _i == 2 ? MC_E_AMBIGUOUS : 0);
}
END_TEST

/* The reply to a cancelled operation is still to come: the calls that wait must not take it. */
START_TEST(busy_with_a_cancelled_operation)
{
    struct script script = {.count = 0};
    const struct mc_transport transport = script_transport(&script);
    struct mc_engine e;
    char in[64], out[64];
    struct mc_bytes key = MC_BYTES("k");
    struct mc_op op = {.command = &mc_command_delete, .key = key};
    struct mc_op usual = op, queued = {.command = &mc_command_get, .keys = &key, .count = 1};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    ck_assert_int_eq(mc_engine_cancel(&e, &op), 0);
    ck_assert_int_eq(mc_engine_do(&e, &transport, &usual, SCRIPT_DEADLINE), MC_E_BUSY);
    ck_assert_int_eq(mc_engine_do(&e, &transport, &queued, SCRIPT_DEADLINE), MC_E_BUSY);
    ck_assert_int_eq(mc_engine_run(&e, &transport, &usual, 1, SCRIPT_DEADLINE), MC_E_BUSY);
    ck_assert_int_eq(e.error, 0);
    receive_text(&e, "DELETED\r\n");
    ck_assert(mc_engine_is_idle(&e));
}
END_TEST

/* What nobody could run any more, or never could. */
START_TEST(odd_operations)
{
    static const struct mc_flag many_flags[21] = {{.letter = 'v'}};
    static const struct mc_flag eighteen[] = {{.letter = 'b'},
                                              {.letter = 'c'},
                                              {.letter = 'f'},
                                              {.letter = 'h'},
                                              {.letter = 'k'},
                                              {.letter = 'l'},
                                              {.letter = 'q'},
                                              {.letter = 's'},
                                              {.letter = 't'},
                                              {.letter = 'u'},
                                              {.letter = 'v'},
                                              {.letter = 'N'},
                                              {.letter = 'R'},
                                              {.letter = 'T'},
                                              {.letter = 'P', .token = B("a")},
                                              {.letter = 'L', .token = B("a")},
                                              {.letter = 'C'},
                                              {.letter = 'E'}};
    struct mc_engine e;
    char in[256], out[256];
    struct mc_op ops[4] = {
        {.command = &mc_command_mg,
         .key = MC_BYTES("k"),
         .meta_flags = many_flags,
         .meta_count = 21},
        {.command = &mc_command_mg, .key = MC_BYTES("k"), .meta_flags = eighteen, .meta_count = 18},
        {.command = &mc_command_get, .keys = two_keys},
        {.command = &mc_command_get, .keys = two_keys, .count = 2}};
    static const int results[] = {MC_E_FLAG, MC_E_FLAG, 0, MC_E_FULL};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    for (size_t k = 0; k < COUNT(ops); k++)
        mc_engine_submit(&e, &ops[k]);
    if (_i == 0)
        ck_assert_uint_eq(send_all(&e), 0);
    else
        mc_engine_fail(&e, MC_E_TIMEOUT);
    for (size_t k = 0; k < COUNT(ops); k++) {
        ck_assert_ptr_eq(mc_engine_done(&e), &ops[k]);
        ck_assert_int_eq(ops[k].result, _i > 0 ? MC_E_TIMEOUT : results[k]);
    }
    ck_assert(mc_engine_is_idle(&e));
}
END_TEST

/* Keys that end a line: those that no line can have. */
START_TEST(bad_keys_of_many)
{
    static char long_key[MC_KEY_MAX + 1];
    const struct mc_bytes keys[] = {B("!"), B("\x7f"), B("b"), {long_key, sizeof long_key},
                                    B(""),  B("c")};
    const int results[] = {MC_MISS, MC_E_KEY, MC_MISS, MC_E_KEY, MC_E_KEY, MC_MISS};
    struct mc_value values[COUNT(keys)] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values};
    struct mc_engine e;
    char in[512], out[512];
    memset(long_key, 'k', sizeof long_key);
    op.count = COUNT(keys);
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(send_all(&e), 3 * strlen("get a\r\n"));
    receive_text(&e, "END\r\nEND\r\nEND\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_E_KEY);
    for (size_t k = 0; k < COUNT(keys); k++)
        ck_assert_int_eq(values[k].result, results[k]);
}
END_TEST

/* A batch with two lines of an operation, and a third that waits, goes in pieces. */
START_TEST(lines_in_pieces)
{
    static const struct mc_bytes keys[] = {B("a"), B(" "), B("b"),
                                           B("0123456789012345678901234567890123")};
    struct mc_value values[4] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 4};
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[48];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    for (size_t sent = 0, all = 0; sent < 14; sent += all) {
        ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
        all = (size_t)_i + 1 < part.len ? (size_t)_i + 1 : part.len;
        mc_engine_sent(&e, all);
        if (sent < 7 && sent + all >= 7)
            receive_text(&e, "END\r\n");
    }
    receive_text(&e, "END\r\n");
    ck_assert_ptr_null(mc_engine_done(&e));
    ck_assert_uint_eq(send_all(&e), 4 + keys[3].len + 2);
    receive_text(&e, "END\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(e.error, 0);
}
END_TEST

/* One that is refused stands where a cancelled one was: the reply of that is still read before the
 * next. */
START_TEST(refused_after_cancelled)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op first = {.command = &mc_command_delete, .key = MC_BYTES("k")}, gone = first;
    struct mc_op refused = {.command = &mc_command_delete, .key = MC_BYTES(" ")}, last = first;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &first);
    mc_engine_submit(&e, &gone);
    send_all(&e);
    if (_i % 2 == 0)
        mc_engine_submit(&e, &refused);
    ck_assert_int_eq(mc_engine_cancel(&e, &gone), 0);
    if (_i % 2 != 0)
        mc_engine_submit(&e, &refused);
    ck_assert_uint_eq(send_all(&e), 0);
    if (_i < 2)
        receive_text(&e, "DELETED\r\n");
    mc_engine_submit(&e, &last);
    ck_assert_uint_eq(send_all(&e), strlen("delete k\r\n"));
    receive_text(&e, _i < 2 ? "NOT_FOUND\r\n" : "DELETED\r\nNOT_FOUND\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &first);
    ck_assert_ptr_eq(mc_engine_done(&e), &refused);
    ck_assert_int_eq(first.result, MC_DELETED);
    ck_assert_int_eq(refused.result, MC_E_KEY);
    ck_assert_ptr_null(mc_engine_done(&e));
    receive_text(&e, "DELETED\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &last);
    ck_assert(e.error == 0 && mc_engine_is_idle(&e) && e.unanswered == 0);
}
END_TEST

/* Two cancelled retrievals, whose replies come in pieces. */
START_TEST(cancelled_values)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[2] = {{.command = &mc_command_get, .key = MC_BYTES("a")},
                           {.command = &mc_command_gets, .key = MC_BYTES("b")}};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    send_all(&e);
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[0]), 0);
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[1]), 0);
    receive_text(&e, "VALUE a 0 2\r\nh");
    receive_text(&e, "i\r\n");
    receive_text(&e, "END\r\nVAL");
    ck_assert(!mc_engine_is_idle(&e) && e.unanswered > 0);
    receive_text(&e, _i == 0 ? "UE b 0 0 7\r\n\r\nEND\r\n" : "X\r\n");
    ck_assert_int_eq(e.error, _i == 0 ? 0 : MC_E_PROTOCOL);
    ck_assert(mc_engine_is_idle(&e));
    ck_assert(_i > 0 || e.unanswered == 0);
}
END_TEST

/* What cannot be cancelled without the connection. */
START_TEST(cancelling_with_the_connection)
{
    struct mc_value values[2] = {{0}};
    const struct mc_op rows[][3] = {
        {{.command = &mc_command_get, .keys = two_keys, .values = values, .count = 2}},
        {{.command = &mc_command_auth, .key = B("me"), .data = B("pass")}},
        {{.command = &mc_command_get, .key = B("a")},
         {.command = &mc_command_get, .key = B("b")},
         {.command = &mc_command_get, .key = B("c")}},
    };
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[3];
    size_t count = _i == 2 ? 3 : 1;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    for (size_t k = 0; k < count; k++) {
        ops[k] = rows[_i][k];
        mc_engine_submit(&e, &ops[k]);
    }
    send_all(&e);
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[count - 1]), MC_E_AMBIGUOUS);
    ck_assert_int_eq(e.error, MC_E_AMBIGUOUS);
}
END_TEST

/* Submits operations, and sends them. */
static void ask_all(struct mc_engine *e, struct mc_op *ops, size_t count)
{
    for (size_t k = 0; k < count; k++)
        mc_engine_submit(e, &ops[k]);
    send_all(e);
}

/* An operation after others, of which the first is done and still in the list. */
START_TEST(cancelling_after_others)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[3] = {{.command = &mc_command_delete, .key = MC_BYTES("a")},
                           {.command = &mc_command_delete, .key = MC_BYTES("b")},
                           {.command = &mc_command_delete, .key = MC_BYTES("c")}};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ask_all(&e, ops, COUNT(ops));
    receive_text(&e, "DELETED\r\nNOT");
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[2]), 0); /* the reply of the one before has begun */
    receive_text(&e, "_FOUND\r\n");
    ck_assert(!mc_engine_is_idle(&e));
    receive_text(&e, "DELETED\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[0]);
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[1]);
    ck_assert_int_eq(ops[1].result, MC_NOT_FOUND);
    ck_assert(e.error == 0 && mc_engine_is_idle(&e) && mc_engine_done(&e) == NULL);
}
END_TEST

/* The same in the first place: one that is done, and one whose reply comes next. */
START_TEST(cancelling_after_a_done_one)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[2] = {{.command = &mc_command_get, .key = MC_BYTES("a")},
                           {.command = &mc_command_delete, .key = MC_BYTES("b")}};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    send_all(&e);
    receive_text(&e, "END\r\n");
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[1]), 0);
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[0]);
    receive_text(&e, "DELETED\r\n");
    ck_assert(e.error == 0 && mc_engine_is_idle(&e) && mc_engine_done(&e) == NULL);
}
END_TEST

/* The owner took the first away already, and its memory is used for something else. */
START_TEST(cancelling_after_one_that_is_away)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[3] = {{.command = &mc_command_delete, .key = MC_BYTES("a")}};
    ops[2] = ops[1] = ops[0];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    send_all(&e);
    receive_text(&e, "DELETED\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[0]);
    memset(&ops[0], 0xee, sizeof ops[0]);
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[1]), 0);
    memset(&ops[1], 0xee, sizeof ops[1]);
    mc_engine_submit(&e, &ops[2]);
    send_all(&e);
    receive_text(&e, "DELETED\r\nNOT_FOUND\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[2]);
    ck_assert_int_eq(ops[2].result, MC_NOT_FOUND);
    for (size_t k = 0; k < sizeof ops[0]; k++)
        ck_assert_int_eq(((unsigned char *)&ops[0])[k], 0xee);
    ck_assert(mc_engine_is_idle(&e) && e.unanswered == 0);
}
END_TEST

/* One that is done is cancelled, and then the one after it: the window has all their room again. */
START_TEST(cancelling_a_done_one_and_the_next)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[3] = {{.command = &mc_command_delete, .key = MC_BYTES("a")}};
    ops[2] = ops[1] = ops[0];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ask_all(&e, ops, COUNT(ops));
    receive_text(&e, "DELETED\r\n");
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[0]), 0);
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[1]), 0);
    receive_text(&e, "DELETED\r\nNOT_FOUND\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[2]);
    ck_assert_int_eq(ops[2].result, MC_NOT_FOUND);
    ck_assert(e.error == 0 && mc_engine_is_idle(&e) && e.unanswered == 0);
}
END_TEST

/* The connection has failed: an operation that nobody has fetched yet can be taken away. */
START_TEST(cancelling_after_a_failure)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[2] = {{.command = &mc_command_get, .key = MC_BYTES("a")},
                           {.command = &mc_command_delete, .key = MC_BYTES("b")}};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    send_all(&e);
    mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[_i]), 0);
    ck_assert_int_eq(e.error, MC_E_TIMEOUT);
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[1 - _i]);
    ck_assert_ptr_null(mc_engine_done(&e));
    ck_assert(mc_engine_is_idle(&e));
}
END_TEST

/* The value of a cancelled retrieval is given to nobody, neither to a sink nor to a place of the one
 * before. */
START_TEST(cancelled_after_a_value)
{
    struct mc_engine e;
    char in[64], out[64], place[4] = "....";
    struct noted n = {.sink.receive = note_item};
    struct mc_value value = {.buf = place, .cap = sizeof place};
    struct mc_op ops[2] = {{.command = &mc_command_get, .key = MC_BYTES("a"), .value = &value},
                           {.command = &mc_command_gets, .key = MC_BYTES("b")}};
    ops[0].sink = _i == 0 ? &n.sink : NULL;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    send_all(&e);
    receive_text(&e, "VALUE a 5 2\r\nh");
    receive_text(&e, "i\r\n");
    receive_text(&e, "END\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[0]);
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[1]), 0);
    receive_text(&e, "VALUE b 0 2 9\r\nno\r\n");
    receive_text(&e, "END\r\n");
    ck_assert(e.error == 0 && mc_engine_is_idle(&e));
    ck_assert_str_eq(n.text, _i == 0 ? "a/5/2/0:h i " : "");
    ck_assert_mem_eq(place, _i == 0 ? "...." : "hi..", 4);
}
END_TEST

/* An operation is run again, alone, without the flag that made it quiet. */
START_TEST(run_again_not_quiet)
{
    struct script script = {.count = 0};
    const struct mc_transport transport = script_transport(&script);
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op op = {.command = &mc_command_md, .key = MC_BYTES("k"), FLAGS(q)};
    script_step(&script, "md k q O0\r\n", "");
    script_step(&script, "mn\r\n", "MN\r\n");
    script_step(&script, "md k\r\n", "HD W\r\n");
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ck_assert_int_eq(mc_engine_do(&e, &transport, &op, SCRIPT_DEADLINE), MC_HD);
    op.meta_count = 0;
    ck_assert_int_eq(mc_engine_do(&e, &transport, &op, SCRIPT_DEADLINE), MC_HD);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* A text that is larger than the engine's buffer, or empty. */
START_TEST(early_texts_of_all_sizes)
{
    struct mc_engine e;
    char in[16], out[256];
    struct mc_op op = LARGE_SET;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_but(&e, 9);
    mc_engine_feed(&e, _i == 0 ? MC_BYTES("SERVER_ERROR 0123456789012345678\r\n")
                               : MC_BYTES("SERVER_ERROR \r\n"));
    send_all(&e);
    ck_assert_int_eq(e.error, 0);
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_SERVER_ERROR);
    ck_assert_uint_eq(op.text.len, _i == 0 ? sizeof in : 0);
    ck_assert(op.text.len == 0 || memcmp(op.text.data, "0123456789012345", sizeof in) == 0);
}
END_TEST

/* One buffer is both, and half a line comes in a lent one: there is room when nothing is left to
 * send (round 0). */
START_TEST(lent_beside_requests)
{
    struct mc_engine e;
    char in[64];
    struct mc_bytes part;
    struct mc_op ops[2] = {{.command = &mc_command_delete, .key = MC_BYTES("a")},
                           {.command = &mc_command_delete, .key = MC_BYTES("b")}};
    mc_engine_init(&e, in, sizeof in, NULL, 0);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 0), 0);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, _i == 0 ? part.len : part.len - 1);
    mc_engine_feed(&e, MC_BYTES("DELE"));
    ck_assert_int_eq(e.error, _i == 0 ? 0 : MC_E_LINE);
    mc_engine_feed(&e, MC_BYTES("TED\r\nNOT_FOUND\r\n"));
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[0]);
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[1]);
    ck_assert_int_eq(ops[0].result, _i == 0 ? MC_DELETED : MC_E_UNKNOWN);
    ck_assert_int_eq(ops[1].result, _i == 0 ? MC_NOT_FOUND : MC_E_LINE);
}
END_TEST

/* ---- what is lost, and what is left alone ---------------------------------------------------- */

/* Two operations of many keys, in either order in memory: the first asks for two in one line, of which
 * one is answered; of the second a line has gone, and another waits. */
START_TEST(losing_beside_one_that_began)
{
    static const struct mc_bytes others[] = {B("0123456789012345678901234567890"),
                                             B("1123456789012345678901234567890")};
    struct mc_value values[2] = {{0}}, more[2] = {{0}};
    struct mc_op ops[2], *first = &ops[_i], *second = &ops[1 - _i];
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[48]; /* for one long key */
    *first = (struct mc_op){.command = &mc_command_gat, .keys = two_keys, .values = values};
    *second = (struct mc_op){.command = &mc_command_gat, .keys = others, .values = more};
    first->count = second->count = 2;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, first);
    send_all(&e);
    mc_engine_submit(&e, second);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, part.len);
    receive_text(&e, "VALUE a 0 0\r\n\r\nVAL");
    mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert_ptr_eq(mc_engine_done(&e), first);
    ck_assert_ptr_eq(mc_engine_done(&e), second);
    ck_assert(values[0].result == MC_E_UNKNOWN && values[1].result == MC_E_UNKNOWN);
    ck_assert(more[0].result == MC_E_UNKNOWN && more[1].result == MC_E_TIMEOUT);
}
END_TEST

/* Keys that were refused keep that result when the connection fails: before the first reply (round 0),
 * in it, and in one that waits. */
START_TEST(losing_after_refused_keys)
{
    static const struct mc_bytes keys[] = {B(" "), B("a")};
    struct mc_value values[2] = {{0}}, more[2] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 2};
    struct mc_op other = op;
    struct mc_engine e;
    char in[64], out[64];
    other.values = more;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    mc_engine_submit(&e, &other);
    ck_assert_uint_eq(send_all(&e), 2 * strlen("get a\r\n"));
    if (_i > 0)
        receive_text(&e, "VAL");
    mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert_int_eq(values[0].result, MC_E_KEY);
    ck_assert_int_eq(values[1].result, MC_E_TIMEOUT);
    ck_assert_int_eq(more[0].result, MC_E_KEY);
    ck_assert_int_eq(more[1].result, MC_E_TIMEOUT);
    ck_assert(op.result == MC_E_KEY && other.result == MC_E_KEY);
}
END_TEST

/* The first of two lines is answered; another operation waits, all of whose keys are lost. */
START_TEST(losing_after_a_line)
{
    static const struct mc_bytes keys[] = {B("0123456789012345678901234567890"), B("a")};
    struct mc_value values[2] = {{0}}, more[2] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 2};
    struct mc_op other = {.command = &mc_command_get, .keys = two_keys, .values = more, .count = 2};
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[40];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    mc_engine_submit(&e, &other);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, part.len);
    receive_text(&e, "END\r\n");
    mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert(values[0].result == MC_MISS && values[1].result == MC_E_TIMEOUT);
    ck_assert(more[0].result == MC_E_TIMEOUT && more[1].result == MC_E_TIMEOUT);
    ck_assert(op.result == MC_E_TIMEOUT && other.result == MC_E_TIMEOUT);
}
END_TEST

/* Two replies come at once, and the second operation, of many keys, has not gone yet, in either order
 * in memory. */
START_TEST(early_with_the_reply_before)
{
    struct mc_value values[2] = {{0}}, more[2] = {{0}};
    struct mc_op ops[2], *first = &ops[_i], *second = &ops[1 - _i];
    struct mc_engine e;
    char in[64], out[64];
    *first = (struct mc_op){.command = &mc_command_get, .keys = two_keys, .values = values};
    *second = *first;
    second->values = more;
    first->count = second->count = 2;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, first);
    send_all(&e);
    mc_engine_submit(&e, second);
    send_but(&e, 1);
    receive_text(&e, "VALUE a 0 1\r\nx\r\nEND\r\nEND\r\n");
    ck_assert_int_eq(e.error, MC_E_PROTOCOL);
    ck_assert(first->result == MC_E_PROTOCOL && second->result == MC_E_PROTOCOL);
}
END_TEST

/* The last of many keys is refused while another operation is put: all that was asked is answered. */
START_TEST(refused_beside_another)
{
    static const struct mc_bytes keys[] = {B("0123456789012345678901234567890"), B(" ")};
    struct mc_value values[2] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 2};
    struct mc_op next = {.command = &mc_command_version};
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[40];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, part.len);
    receive_text(&e, "END\r\n");
    mc_engine_submit(&e, &next);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    ck_assert_uint_eq(part.len, strlen("version\r\n"));
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, MC_E_KEY);
    ck_assert_ptr_null(mc_engine_done(&e));
}
END_TEST

/* The values of many keys are not those of an operation without: they are left as they are, also when
 * the connection fails (round 1), or more comes than was asked for. */
START_TEST(values_beside_a_key)
{
    const int before = _i < 2 ? 77 : 0, after = _i == 1 ? MC_E_TIMEOUT : MC_E_PROTOCOL;
    struct mc_value values[2] = {{.result = before}, {.result = before}};
    struct mc_op ops[2] = {{.command = &mc_command_version, .values = values, .count = 2}};
    struct mc_engine e;
    char in[64], out[64];
    ops[1] = ops[0];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &ops[0]);
    mc_engine_submit(&e, &ops[1]);
    send_all(&e);
    if (_i != 1)
        receive_text(&e, _i == 0 ? "VERSION 1\r\nVERSION 2\r\n" : "VERSION 1\r\nVERSION 2\r\nV");
    else
        mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[0]);
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[1]);
    ck_assert_int_eq(ops[1].result, _i == 0 ? MC_VERSION : after);
    ck_assert(values[0].result == before && values[1].result == before);
}
END_TEST

/* One that was refused stands before the one that is cancelled. */
START_TEST(cancelling_after_a_refused_one)
{
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op ops[3] = {{.command = &mc_command_delete, .key = MC_BYTES("a")},
                           {.command = &mc_command_delete, .key = MC_BYTES(" ")},
                           {.command = &mc_command_delete, .key = MC_BYTES("c")}};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ask_all(&e, ops, COUNT(ops));
    ck_assert_int_eq(mc_engine_cancel(&e, &ops[2]), 0);
    receive_text(&e, "DELETED\r\nNOT_FOUND\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[0]);
    ck_assert_ptr_eq(mc_engine_done(&e), &ops[1]);
    ck_assert(ops[0].result == MC_DELETED && ops[1].result == MC_E_KEY);
    ck_assert(e.error == 0 && mc_engine_is_idle(&e));
}
END_TEST

/* After a value that did not fit, the next operation is sent alone. */
START_TEST(alone_after_one_that_did_not_fit)
{
    struct script script = {.count = 0};
    const struct mc_transport transport = script_transport(&script);
    struct mc_engine e;
    char in[64], out[sizeof "set k 0 0 2\r\n"];
    struct mc_op set = {.command = &mc_command_set, .key = MC_BYTES("k"), .data = MC_BYTES("hi")};
    struct mc_op version = {.command = &mc_command_version};
    script_step(&script, "version\r\n", "VERSION 1\r\n");
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ck_assert_int_eq(mc_engine_do(&e, &transport, &set, SCRIPT_DEADLINE), MC_E_FULL);
    ck_assert_int_eq(mc_engine_do(&e, &transport, &version, SCRIPT_DEADLINE), MC_VERSION);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* ---- batches and lines ----------------------------------------------------------------------- */

/* Nothing else is in flight with a dump: it waits for what was sent before, and what comes after waits
 * for its end. */
START_TEST(dumps_wait)
{
    struct mc_engine e;
    char in[128], out[128];
    struct mc_op ops[3] = {{.command = &mc_command_delete, .key = MC_BYTES("a")},
                           {.command = &mc_command_metadump, .key = MC_BYTES("all")},
                           {.command = &mc_command_version}};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    for (size_t k = 0; k < 3; k++)
        mc_engine_submit(&e, &ops[k]);
    ck_assert_uint_eq(send_all(&e), strlen("delete a\r\n"));
    receive_text(&e, "DELETED\r\n");
    ck_assert_uint_eq(send_all(&e), strlen("lru_crawler metadump all\r\n"));
    receive_text(&e, "key=a\nEND\r\n");
    ck_assert_uint_eq(send_all(&e), strlen("version\r\n"));
    ck_assert(mc_engine_done(&e) == &ops[0] && mc_engine_done(&e) == &ops[1]);
}
END_TEST

/* The line of another operation is in the batch, and has not gone, when the connection fails; in either
 * order in memory. */
START_TEST(losing_beside_a_line_that_has_gone)
{
    static const struct mc_bytes keys[] = {B("0123456789012345678901234567890"), B("a")};
    struct mc_value values[2] = {{0}}, more[2] = {{0}};
    struct mc_op ops[2], *first = &ops[_i], *second = &ops[1 - _i];
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[44];
    *first = (struct mc_op){.command = &mc_command_gat, .keys = keys, .values = values, .count = 2};
    *second = (struct mc_op){.command = &mc_command_gat, .keys = two_keys, .values = more};
    second->count = 2;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, first);
    mc_engine_submit(&e, second);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, part.len);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    ck_assert_uint_eq(part.len, strlen("gat 0 a\r\ngat 0 a b\r\n"));
    mc_engine_fail(&e, MC_E_TIMEOUT);
    ck_assert(values[0].result == MC_E_UNKNOWN && values[1].result == MC_E_TIMEOUT);
    ck_assert(more[0].result == MC_E_TIMEOUT && more[1].result == MC_E_TIMEOUT);
}
END_TEST

/* The first of a batch has gone and is answered while the rest has not, and another waits; wherever
 * they lie in memory. */
START_TEST(done_before_the_batch)
{
    struct mc_value values[2] = {{0}};
    struct mc_op ops[3] = {{.command = &mc_command_version}};
    struct mc_op *many = &ops[_i == 0 ? 0 : 2], *waiting = &ops[_i == 0 ? 2 : 0], *other = &ops[1];
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[64];
    *other = ops[0];
    *many = (struct mc_op){.command = &mc_command_get, .keys = two_keys, .values = values};
    many->count = 2;
    *waiting = (struct mc_op){.command = &mc_command_mgdump, .key = MC_BYTES("all")};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, many);
    mc_engine_submit(&e, other);
    mc_engine_submit(&e, waiting);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, strlen("get a b\r\n"));
    receive_text(&e, "END\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), many);
    ck_assert_ptr_null(mc_engine_done(&e));
}
END_TEST

/* A quiet command after one that leaves hardly any room, or none. */
START_TEST(quiet_at_the_end_of_the_buffer)
{
    static const char name[] = "0123456789";
    for (size_t len = 1; len <= 10; len++) {
        struct mc_op ops[2] = {{.command = &mc_command_delete, .key = {name, len}}, QUIET_DELETE};
        const size_t quiet = strlen("md k q O0\r\nmn\r\n"), line = strlen("delete \r\n") + len;
        struct mc_engine e;
        char in[64], *out = malloc(19);
        mc_engine_init(&e, in, sizeof in, out, 19);
        mc_engine_submit(&e, &ops[0]);
        mc_engine_submit(&e, &ops[1]);
        ck_assert_uint_eq(send_all(&e), line + quiet);
        receive_text(&e, "DELETED\r\nMN\r\n");
        ck_assert(ops[0].result == MC_DELETED && ops[1].result == MC_HD);
        free(out);
    }
}
END_TEST

/* A buffer for one key and hardly more: each has a line. */
START_TEST(line_of_one_key)
{
    static const struct mc_bytes keys[] = {B("012345"), B("678901")};
    for (size_t cap = 12; cap < 19; cap++) {
        struct mc_value values[2] = {{0}};
        struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 2};
        struct mc_engine e;
        char in[64], out[19];
        mc_engine_init(&e, in, sizeof in, out, cap);
        mc_engine_submit(&e, &op);
        ck_assert_uint_eq(send_all(&e), 2 * strlen("get 012345\r\n"));
        receive_text(&e, "END\r\nEND\r\n");
        ck_assert_ptr_eq(mc_engine_done(&e), &op);
        ck_assert_int_eq(op.result, 0);
    }
}
END_TEST

/* A line has gone, and the next of its operation has not: one reply is due (round 0 and 1: two come),
 * also after that to another operation (round 2). */
START_TEST(replies_at_once)
{
    static const struct mc_bytes keys[] = {B("0123456789012345678901234567890"),
                                           B("1123456789012345678901234567890")};
    static const char *const replies[] = {
        "END\r\nEND\r\n", "VALUE 0123456789012345678901234567890 0 0\r\n\r\nEND\r\nE",
        "DELETED\r\nEND\r\n"};
    struct mc_value values[2] = {{0}};
    struct mc_op op = {.command = &mc_command_get, .keys = keys, .values = values, .count = 2};
    struct mc_op first = DELETE;
    struct mc_engine e;
    struct mc_bytes part;
    char in[64], out[64];
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    if (_i == 2)
        mc_engine_submit(&e, &first);
    mc_engine_submit(&e, &op);
    ck_assert_uint_eq(mc_engine_output(&e, &part, 1), 1);
    mc_engine_sent(&e, part.len);
    receive_text(&e, replies[_i]);
    ck_assert_int_eq(e.error, _i < 2 ? MC_E_PROTOCOL : 0);
    ck_assert_int_eq(values[0].result, _i < 2 ? MC_E_PROTOCOL : MC_MISS);
}
END_TEST

/* A text that is in the buffer, where an error line is kept after it: it is there, or empty. */
START_TEST(text_before_a_kept_error)
{
    struct mc_engine e;
    char in[256], out[256];
    struct mc_op version = {.command = &mc_command_version}, set = LARGE_SET;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &version);
    mc_engine_submit(&e, &set);
    send_but(&e, 9);
    receive_text(&e, "VERSION 1.6.38\r\nSERVER_ERROR object too large\r\n");
    ck_assert_ptr_eq(mc_engine_done(&e), &version);
    ck_assert(version.text.len == 0 || memcmp(version.text.data, "1.6.38", 6) == 0);
    send_all(&e);
    ck_assert_ptr_eq(mc_engine_done(&e), &set);
    ck_assert_uint_eq(set.text.len, strlen("object too large"));
}
END_TEST

/* More than the last reply comes in a lent buffer, with the end of a line that was kept, or to a sink,
 * which has the value once. */
START_TEST(surplus_in_lent_bytes)
{
    struct mc_engine e;
    char in[64], out[64];
    struct noted n = {.sink.receive = note_item};
    struct mc_op op = DELETE;
    if (_i > 0)
        op = (struct mc_op){.command = &mc_command_get, .key = MC_BYTES("a"), .sink = &n.sink};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    mc_engine_submit(&e, &op);
    send_all(&e);
    if (_i == 0)
        mc_engine_feed(&e, MC_BYTES("DELE"));
    mc_engine_feed(&e, _i == 0 ? MC_BYTES("TED\r\nEND\r\n")
                               : MC_BYTES("VALUE a 5 2\r\nhi\r\nEND\r\nE"));
    ck_assert_ptr_eq(mc_engine_done(&e), &op);
    ck_assert_int_eq(op.result, _i == 0 ? MC_E_UNKNOWN : MC_E_PROTOCOL);
    ck_assert_str_eq(n.text, _i == 0 ? "" : "a/5/2/0:hi ");
}
END_TEST

/* One byte says already that it is no reply. */
START_TEST(one_wrong_byte)
{
    struct script script = {.count = 0};
    const struct mc_transport transport = script_transport(&script);
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op op = {.command = &mc_command_version};
    script_step(&script, "version\r\n", "X");
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    ck_assert_int_eq(mc_engine_do(&e, &transport, &op, SCRIPT_DEADLINE), MC_E_PROTOCOL);
    script_free(&script);
}
END_TEST

/* ---- transports that break their word --------------------------------------------------------- */

static ptrdiff_t move_nothing(void *ctx, const struct mc_bytes *parts, size_t count,
                              mc_deadline deadline)
{
    (void)ctx, (void)parts, (void)count, (void)deadline;
    return 0;
}

/* Two bytes, one at a time, and then none. */
static ptrdiff_t receive_two_bytes(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    size_t *left = ctx;
    (void)cap, (void)deadline;
    if (*left == 0)
        return 0;
    memcpy(buf, *left == 2 ? "V" : "E", 1);
    (*left)--;
    return 1;
}

static ptrdiff_t send_everything(void *ctx, const struct mc_bytes *parts, size_t count,
                                 mc_deadline deadline)
{
    (void)ctx, (void)count, (void)deadline;
    return (ptrdiff_t)parts[0].len;
}

/* The first receive moves nothing, or one after others; alone, and in the queue. */
START_TEST(receives_that_move_nothing)
{
    size_t left = (size_t)_i % 3;
    const struct mc_transport transport = {send_everything, receive_two_bytes, &left};
    struct mc_engine e;
    char in[64], out[64];
    struct mc_op op = {.command = &mc_command_version};
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    if (_i < 3)
        mc_engine_do(&e, &transport, &op, SCRIPT_DEADLINE);
    else
        mc_engine_run(&e, &transport, &op, 1, SCRIPT_DEADLINE);
    ck_assert_int_eq(op.result, MC_E_SYSTEM);
    ck_assert_int_eq(e.error, MC_E_SYSTEM);
}
END_TEST

/* A transport that breaks its word, and a line that does not fit. */
START_TEST(transports_that_move_nothing)
{
    struct script script = {.recv_max = 5};
    struct mc_transport transport = script_transport(&script);
    struct mc_engine e;
    char in[16], out[64];
    struct mc_op op = {.command = &mc_command_version};
    script_step(&script, "version\r\n", "VERSION 0123456789\r\n");
    if (_i % 2 == 0)
        transport.send = move_nothing;
    mc_engine_init(&e, in, sizeof in, out, sizeof out);
    if (_i < 2)
        mc_engine_do(&e, &transport, &op, SCRIPT_DEADLINE);
    else
        mc_engine_run(&e, &transport, &op, 1, SCRIPT_DEADLINE);
    ck_assert_int_eq(op.result, _i % 2 == 0 ? MC_E_SYSTEM : MC_E_LINE);
    ck_assert_int_eq(e.error, op.result);
    script_free(&script);
}
END_TEST

/* Every command is in the list, and says of itself what it is. */
START_TEST(commands)
{
    struct mc_op op = {.command = NULL};
    struct mc_flag flag = {.letter = 'T', .ttl = 1};
    size_t writes = 0, repeatable = 0;
    for (size_t k = 0; k < MC_CATALOG_COUNT; k++) {
        op.command = mc_catalog[k].command;
        writes += mc_engine_writes(&op);
        repeatable += mc_engine_repeatable(&op);
        for (size_t j = 0; j < k; j++)
            ck_assert(op.command != mc_catalog[j].command);
    }
    ck_assert_uint_eq(writes, 18);
    ck_assert_uint_eq(repeatable, 13);
    op.command = &mc_command_mg;
    op.meta_flags = &flag;
    op.meta_count = 1;
    ck_assert(mc_engine_writes(&op) && mc_engine_repeatable(&op));
    flag.letter = 'R';
    ck_assert(mc_engine_writes(&op) && !mc_engine_repeatable(&op));
    flag.letter = 't';
    ck_assert(!mc_engine_writes(&op) && mc_engine_repeatable(&op));
}
END_TEST

// NOLINTNEXTLINE(readability-function-size)
int main(void)
{
    const struct suite_test tests[] = {
        {as_written, COUNT(scenes)},
        {cut_everywhere, COUNT(scenes)},
        {failing_everywhere, COUNT(scenes)},
        {run_together, COUNT(scenes)},
        {do_one_by_one, COUNT(scenes)},
        {do_and_fail, COUNT(scenes)},
        {no_command, 1},
        {busy, 1},
        {early_bytes, COUNT(early)},
        {unexpected_bytes, 1},
        {straight_to_its_place, 1},
        {early_text, 3},
        {text_of_a_kept_line, 4},
        {early_among_others, 1},
        {after_the_end, 1},
        {too_small_a_buffer, 6},
        {no_places, 2},
        {last_keys_refused, 2},
        {refused_in_the_end, 2},
        {losing_lines, COUNT(lost_lines)},
        {losing_a_line_that_began, 2},
        {early_after_others, 1},
        {as_many_keys_as_fit, 4},
        {longest_before_bad, 1},
        {slices, 6},
        {lent_line_of_just_the_size, 1},
        {text_of_a_line_before, 1},
        {value_beside_keys, 1},
        {last_pieces_of_a_line, 1},
        {window_of_keys, 2},
        {busy_with_a_cancelled_operation, 1},
        {cancelled_and_wrong, 4},
        {too_long_a_line, 3},
        {window, 1},
        {window_of_just_the_size, 14},
        {larger_than_the_window, 1},
        {most_in_flight, 1},
        {unread_bytes, 1},
        {smallest_buffer, 1},
        {wider_window, 1},
        {whole_items_to_a_sink, 1},
        {sunk_once, 1},
        {thousand_keys, ORDERS},
        {keys_of_one_text, 1},
        {sinks_in_any_order, 2},
        {many_doubled, 1},
        {nothing_in_no_place, 2},
        {each_doubled, 2},
        {deadlines, 1},
        {cancelling, 7},
        {cancelled_and_read, 2},
        {commands, 1},
        {odd_operations, 2},
        {bad_keys_of_many, 1},
        {lines_in_pieces, 14},
        {refused_after_cancelled, 4},
        {cancelled_values, 2},
        {cancelling_with_the_connection, 3},
        {cancelling_after_others, 1},
        {cancelling_after_a_done_one, 1},
        {cancelling_after_one_that_is_away, 1},
        {cancelling_a_done_one_and_the_next, 1},
        {cancelling_after_a_failure, 2},
        {cancelled_after_a_value, 2},
        {run_again_not_quiet, 1},
        {early_texts_of_all_sizes, 2},
        {lent_beside_requests, 2},
        {losing_beside_one_that_began, 2},
        {losing_after_refused_keys, 2},
        {losing_after_a_line, 1},
        {early_with_the_reply_before, 2},
        {refused_beside_another, 1},
        {values_beside_a_key, 3},
        {cancelling_after_a_refused_one, 1},
        {alone_after_one_that_did_not_fit, 1},
        {dumps_wait, 1},
        {losing_beside_a_line_that_has_gone, 2},
        {done_before_the_batch, 2},
        {quiet_at_the_end_of_the_buffer, 1},
        {line_of_one_key, 1},
        {replies_at_once, 3},
        {text_before_a_kept_error, 1},
        {surplus_in_lent_bytes, 2},
        {one_wrong_byte, 1},
        {transports_that_move_nothing, 4},
        {receives_that_move_nothing, 6},
        {at_every_pace, COUNT(scenes)}, /* the longest: what others find is found before */
    };
    return suite_run("engine", tests, COUNT(tests));
}
