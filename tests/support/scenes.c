/* The scenes of a client, and how they are performed. */
#include "scenes.h"

#include "events.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }

enum { VALUE_CAP = 64 }; /* where a value goes, unless the scene says otherwise */

static char big_data[SCENES_BIG + 1], big_set[SCENES_BIG + 64];
static char big_reply[SCENES_BIG + 64], big_outcome[SCENES_BIG + 64];

#define FLAGS(...) .flags = {__VA_ARGS__}
#define ALL_FLAGS                                                                                 \
    FLAGS({.letter = 's'}, {.letter = 't'}, {.letter = 'f'}, {.letter = 'c'}, {.letter = 'h'},    \
          {.letter = 'l'}, {.letter = 'k'}, {.letter = 'O', .token = B("123")}, {.letter = 'v'}), \
        .count = 9

/* clang-format off */
static const struct scene table[] = {
    /* retrieval of one key */
    {.what = GET, "get key\r\n", "VALUE key 5 5\r\nhello\r\nEND\r\n", "VALUE hello flags=5"},
    {.what = GET, "get key\r\n", "VALUE key 0 0\r\n\r\nEND\r\n", "VALUE "},
    {.what = GET, "get key\r\n", "END\r\n", "END"},
    {.what = GET, "get key\r\n", "VALUE key 0 5\r\nEND\r\n\r\nEND\r\n", "VALUE END\\r\\n"},
    {.what = GET, "get key\r\n", big_reply, big_outcome},
    {.what = GET, "get key\r\n", "SERVER_ERROR oh\r\n", "SERVER_ERROR text=oh"},
    {.what = GET, "get key\r\n", "ERROR\r\n", "ERROR"},
    {.what = GET, "get key\r\n", "CLIENT_ERROR no\r\n", "CLIENT_ERROR text=no"},
    {.what = GETS, "gets key\r\n", "VALUE key 5 5 77\r\nhello\r\nEND\r\n",
     "VALUE hello flags=5 cas=77"},
    {.what = GETS, "gets key\r\n", "END\r\n", "END"},
    {.what = GAT, "gat 60 key\r\n", "VALUE key 5 5\r\nhello\r\nEND\r\n", "VALUE hello flags=5"},
    {.what = GAT, "gat 60 key\r\n", "END\r\n", "END"},
    {.what = GATS, "gats 60 key\r\n", "VALUE key 5 5 77\r\nhello\r\nEND\r\n",
     "VALUE hello flags=5 cas=77"},
    {.what = GATS, "gats 60 key\r\n", "END\r\n", "END"},
    {.what = GET, "get key\r\n", "VALUE key 5 5\r\nhello\r\nEND\r\n", "E_FULL len=5 flags=5",
     .no_room = true},
    {.what = GET, "get key\r\n", "VALUE key 0 0\r\n\r\nEND\r\n", "VALUE ", .no_room = true},
    {.what = GET, "get key\r\n", big_reply, "E_FULL len=5000", .no_room = true},
    {.what = GET, "get key\r\n", "VALUE kez 5 5\r\nhello\r\nEND\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY},
    {.what = GET, "get key\r\n", "VALUE ke 5 5\r\nhello\r\nEND\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY},
    {.what = GET, "get key\r\n", "VALUE key 5 1\r\nx\r\nVALUE key 5 1\r\nx\r\nEND\r\n", "PROTOCOL",
     MC_E_PROTOCOL, MC_FAULT_WRONG_KEY},
    {.what = GET, "get key\r\n", "VALUE key 5 1\r\nx\r\nSTORED\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_UNASKED},
    {.what = GET, "get key\r\n", "VALUE key 5 1\r\nx\r\nVA 1\r\nx\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_UNASKED},
    /* after an error line within a reply, more of that may follow */
    {.what = GET, "get key\r\n", "VALUE key 5 1\r\nx\r\nSERVER_ERROR oh\r\n",
     "SERVER_ERROR text=oh", MC_E_AMBIGUOUS},
    {.what = GETS, "gets key\r\n", "VALUE key 5 1 7\r\nx\r\nSERVER_ERROR oh\r\nEND\r\n",
     "SERVER_ERROR text=oh", MC_E_AMBIGUOUS},
    {.what = GET, "get key\r\n", "VALUE key 4294967301 1\r\nx\r\nEND\r\n",
     "VALUE x flags=4294967301"},
    {.what = GETS, "gets key\r\n", "VALUE key 5 5\r\nhello\r\nEND\r\n", "PROTOCOL",
     MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {.what = GATS, "gats 60 key\r\n", "VALUE key 5 5\r\nhello\r\nEND\r\n", "E_UNKNOWN",
     MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {.what = GET, "get key\r\n", "VALUE key 5 5\r\nhello!\r\nEND\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_VALUE},
    {.what = GET, "get key\r\n", "EN\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {.what = GET, "", "", "E_KEY", .key = B("k y")},
    {.what = GET, "", "", "E_KEY", .key = B("\r\n")},

    /* retrieval of many keys */
    {.what = GET_MANY, "get a b c\r\n",
     "VALUE a 1 1\r\n1\r\nVALUE b 2 2\r\n22\r\nVALUE c 3 3\r\n333\r\nEND\r\n",
     "MORE a: VALUE 1 flags=1 b: VALUE 22 flags=2 c: VALUE 333 flags=3"},
    {.what = GET_MANY, "get a b c\r\n", "VALUE b 2 2\r\n22\r\nEND\r\n",
     "MORE a: END b: VALUE 22 flags=2 c: END"},
    {.what = GET_MANY, "get a b c\r\n", "END\r\n", "MORE a: END b: END c: END"},
    {.what = GETS_MANY, "gets a b c\r\n", "VALUE a 1 1 7\r\n1\r\nVALUE c 3 3 9\r\n333\r\nEND\r\n",
     "MORE a: VALUE 1 flags=1 cas=7 b: END c: VALUE 333 flags=3 cas=9"},
    {.what = GAT_MANY, "gat 60 a b c\r\n", "VALUE c 3 3\r\n333\r\nEND\r\n",
     "MORE a: END b: END c: VALUE 333 flags=3"},
    {.what = GATS_MANY, "gats 60 a b c\r\n", "VALUE a 0 0 7\r\n\r\nEND\r\n",
     "MORE a: VALUE  cas=7 b: END c: END"},
    {.what = GET_MANY, "get a b c\r\n", "VALUE a 1 1\r\n1\r\nVALUE b 0 0\r\n\r\nEND\r\n",
     "MORE a: E_FULL len=1 flags=1 b: VALUE  c: END", .no_room = true},
    {.what = GET_MANY, "get a b c\r\n", "VALUE b 1 1\r\n1\r\nVALUE a 1 1\r\n1\r\nEND\r\n",
     "MORE a: VALUE 1 flags=1 b: VALUE 1 flags=1 c: END"},
    {.what = GET_MANY, "get a b c\r\n",
     "VALUE c 3 1\r\n3\r\nVALUE a 1 1\r\n1\r\nVALUE b 2 1\r\n2\r\nEND\r\n",
     "MORE a: VALUE 1 flags=1 b: VALUE 2 flags=2 c: VALUE 3 flags=3"},
    {.what = GETS_MANY, "gets a b c\r\n", "VALUE c 3 1 7\r\n3\r\nVALUE b 2 1 8\r\n2\r\nEND\r\n",
     "MORE a: END b: VALUE 2 flags=2 cas=8 c: VALUE 3 flags=3 cas=7"},
    {.what = GETS_MANY, "gets a b c\r\n", "VALUE a 3 1 7\r\n3\r\nVALUE b 2 1\r\n2\r\nEND\r\n",
     "PROTOCOL a: PROTOCOL b: PROTOCOL c: PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED},
    /* a key once more than it was asked for */
    {.what = GET_MANY, "get a b c\r\n",
     "VALUE c 3 1\r\n3\r\nVALUE a 1 1\r\n1\r\nVALUE a 1 1\r\n1\r\nEND\r\n",
     "PROTOCOL a: PROTOCOL b: PROTOCOL c: PROTOCOL", MC_E_PROTOCOL, MC_FAULT_WRONG_KEY},
    /* a key that is asked for twice, and answered twice, once, late or not at all */
    {.what = GET_MANY, "get a b a\r\n",
     "VALUE a 1 1\r\n1\r\nVALUE b 2 1\r\n2\r\nVALUE a 1 1\r\n1\r\nEND\r\n",
     "MORE a: VALUE 1 flags=1 b: VALUE 2 flags=2 a: VALUE 1 flags=1", .doubled = true},
    {.what = GET_MANY, "get a b a\r\n", "VALUE a 1 1\r\n1\r\nVALUE b 2 1\r\n2\r\nEND\r\n",
     "MORE a: VALUE 1 flags=1 b: VALUE 2 flags=2 a: VALUE 1 flags=1", .doubled = true},
    {.what = GETS_MANY, "gets a b a\r\n",
     "VALUE b 2 1 7\r\n2\r\nVALUE a 1 0 9\r\n\r\nEND\r\n",
     "MORE a: VALUE  flags=1 cas=9 b: VALUE 2 flags=2 cas=7 a: VALUE  flags=1 cas=9",
     .doubled = true},
    {.what = GET_MANY, "get a b a\r\n", "VALUE a 1 1\r\n1\r\nEND\r\n",
     "MORE a: E_FULL len=1 flags=1 b: END a: E_FULL len=1 flags=1", .doubled = true,
     .no_room = true},
    {.what = GET_MANY, "get a b a\r\n", "VALUE b 1 1\r\n1\r\nEND\r\n",
     "MORE a: END b: VALUE 1 flags=1 a: END", .doubled = true},
    {.what = GET_MANY, "get a b a\r\n", "VALUE a 1 1\r\n1\r\nSERVER_ERROR oh\r\nEND\r\n",
     "SERVER_ERROR a: VALUE 1 flags=1 b: SERVER_ERROR a: VALUE 1 flags=1 text=oh", MC_E_AMBIGUOUS,
     .doubled = true},
    {.what = GET_MANY, "get a b c\r\n", "VALUE a 1 1\r\n1\r\nVALUE d 1 1\r\n1\r\nEND\r\n",
     "PROTOCOL a: PROTOCOL b: PROTOCOL c: PROTOCOL", MC_E_PROTOCOL, MC_FAULT_WRONG_KEY},
    {.what = GET_MANY, "get a b c\r\n", "VALUE a 1 1\r\n1\r\nSERVER_ERROR oh\r\n",
     "SERVER_ERROR a: VALUE 1 flags=1 b: SERVER_ERROR c: SERVER_ERROR text=oh", MC_E_AMBIGUOUS},
    /* as memcached's proxy says it of a backend that is down */
    {.what = GET_MANY, "get a b c\r\n",
     "VALUE b 1 1\r\n1\r\nSERVER_ERROR backend failure\r\nSERVER_ERROR backend failure\r\nEND\r\n",
     "SERVER_ERROR a: SERVER_ERROR b: VALUE 1 flags=1 c: SERVER_ERROR text=backend failure",
     MC_E_AMBIGUOUS},
    {.what = GET_MANY, "get a b c\r\n", "SERVER_ERROR backend failure\r\nVALUE b 1 1\r\n1\r\nEND\r\n",
     "SERVER_ERROR a: SERVER_ERROR b: SERVER_ERROR c: SERVER_ERROR text=backend failure",
     MC_E_AMBIGUOUS},
    {.what = GET_MANY, "get a b c\r\n", "CLIENT_ERROR no\r\n",
     "CLIENT_ERROR a: CLIENT_ERROR b: CLIENT_ERROR c: CLIENT_ERROR text=no", MC_E_AMBIGUOUS},

    /* storage */
    {.what = STORE, "set key 7 60 5\r\nhello\r\n", "STORED\r\n", "STORED"},
    {.what = STORE, "set key 7 60 5\r\nhello\r\n", "NOT_STORED\r\n", "NOT_STORED"},
    {STORE, big_set, "STORED\r\n", "STORED", .data = {big_data, SCENES_BIG}},
    {.what = STORE, "set key 7 60 0\r\n\r\n", "STORED\r\n", "STORED", .data = B("")},
    {.what = STORE, "add key 7 60 5\r\nhello\r\n", "STORED\r\n", "STORED",
     .store = &mc_command_add},
    {.what = STORE, "add key 7 60 5\r\nhello\r\n", "NOT_STORED\r\n", "NOT_STORED",
     .store = &mc_command_add},
    {.what = STORE, "replace key 7 60 5\r\nhello\r\n", "STORED\r\n", "STORED",
     .store = &mc_command_replace},
    {.what = STORE, "append key 7 60 5\r\nhello\r\n", "NOT_STORED\r\n", "NOT_STORED",
     .store = &mc_command_append},
    {.what = STORE, "prepend key 7 60 5\r\nhello\r\n", "STORED\r\n", "STORED",
     .store = &mc_command_prepend},
    {.what = STORE, "cas key 7 60 5 99\r\nhello\r\n", "STORED\r\n", "STORED",
     .store = &mc_command_cas},
    {.what = STORE, "cas key 7 60 5 99\r\nhello\r\n", "EXISTS\r\n", "EXISTS",
     .store = &mc_command_cas},
    {.what = STORE, "cas key 7 60 5 99\r\nhello\r\n", "NOT_STORED\r\n", "NOT_STORED",
     .store = &mc_command_cas},
    {.what = STORE, "cas key 7 60 5 99\r\nhello\r\n", "NOT_FOUND\r\n", "NOT_FOUND",
     .store = &mc_command_cas},
    {.what = STORE, "set key 7 60 5\r\nhello\r\n", "EXISTS\r\n", "E_UNKNOWN", MC_E_PROTOCOL,
     MC_FAULT_UNASKED},
    {.what = STORE, "set key 7 60 5\r\nhello\r\n", "HD\r\n", "E_UNKNOWN", MC_E_PROTOCOL,
     MC_FAULT_UNASKED},
    {.what = STORE, "set key 7 60 5\r\nhello\r\n", "SERVER_ERROR object too large for cache\r\n",
     "SERVER_ERROR text=object too large for cache"},
    {.what = STORE, "set key 7 60 5\r\nhello\r\n", "CLIENT_ERROR bad data chunk\r\n",
     "CLIENT_ERROR text=bad data chunk", MC_E_AMBIGUOUS},
    {.what = STORE, "set key 7 60 5\r\nhello\r\n", "ERROR\r\n", "ERROR", MC_E_AMBIGUOUS},
    {.what = STORE, "", "", "E_KEY", .key = B("")},
    {.what = STORE, "", "", "E_NUMBER", .data = {"", (size_t)MC_VALUE_MAX + 1}},

    /* other writes */
    {.what = DELETE, "delete key\r\n", "DELETED\r\n", "DELETED"},
    {.what = DELETE, "delete key\r\n", "NOT_FOUND\r\n", "NOT_FOUND"},
    {.what = DELETE, "delete key\r\n", "NF\r\n", "E_UNKNOWN", MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {.what = DELETE, "delete key\r\n", "CLIENT_ERROR no\r\n", "CLIENT_ERROR text=no"},
    {.what = DELETE, "", "", "E_KEY", .key = B("a\nb")},
    {.what = INCR, "incr key 5\r\n", "18446744073709551615\r\n", "NUMBER 18446744073709551615"},
    {.what = INCR, "incr key 5\r\n", "NOT_FOUND\r\n", "NOT_FOUND"},
    {.what = INCR, "incr key 5\r\n", "CLIENT_ERROR text\r\n", "CLIENT_ERROR text=text"},
    {.what = INCR, "incr key 5\r\n", "18446744073709551616\r\n", "E_UNKNOWN", MC_E_PROTOCOL,
     MC_FAULT_NUMBER},
    {.what = DECR, "decr key 5\r\n", "0\r\n", "NUMBER 0"},
    {.what = DECR, "decr key 5\r\n", "NOT_FOUND\r\n", "NOT_FOUND"},
    {.what = TOUCH, "touch key 60\r\n", "TOUCHED\r\n", "TOUCHED"},
    {.what = TOUCH, "touch key 60\r\n", "NOT_FOUND\r\n", "NOT_FOUND"},
    {.what = FLUSH_ALL, "flush_all 60\r\n", "OK\r\n", "OK"},
    {.what = FLUSH_ALL, "flush_all 60\r\n", "CLIENT_ERROR flush_all not allowed\r\n",
     "CLIENT_ERROR text=flush_all not allowed"},

    /* the server */
    {.what = VERSION, "version\r\n", "VERSION 1.6.18\r\n", "VERSION text=1.6.18"},
    {.what = AUTH, "set auth 0 0 10\r\nann secret\r\n", "STORED\r\n", "OK", .key = B("ann"),
     .data = B("secret")},
    {.what = AUTH, "set auth 0 0 10\r\nann secret\r\n", "CLIENT_ERROR authentication failure\r\n",
     "E_AUTH text=authentication failure", MC_E_AUTH, .key = B("ann"), .data = B("secret")},
    {.what = AUTH, "", "", "E_TOKEN", MC_E_AUTH, .key = B("an n"), .data = B("secret")},
    {.what = AUTH, "", "", "E_TOKEN", MC_E_AUTH, .key = B("ann"), .data = B("")},
    {.what = AUTH, "", "", "E_TOKEN", MC_E_AUTH, .key = B("ann"), .data = {big_data, 251}},
    {.what = AUTH, "", "", "E_TOKEN", MC_E_AUTH, .key = B("ann"), .data = B("secret\r\n")},
    {.what = STATS, "stats items\r\n", "STAT a 1\r\nSTAT b two words\r\nEND\r\n",
     "STAT a=1 STAT b=two words END", .data = B("items")},
    {.what = STATS, "stats items\r\n", "END\r\n", "END", .data = B("items")},
    {.what = STATS, "stats reset\r\n", "RESET\r\n", "RESET", .data = B("reset")},
    {.what = STATS, "stats x\r\n", "ERROR\r\n", "ERROR", .data = B("x")},
    {.what = STATS, "", "", "E_TOKEN", .data = B("a  b")},

    /* meta get */
    {.what = MG, "mg key v\r\n", "VA 5\r\nhello\r\n", "VALUE hello", FLAGS({.letter = 'v'}),
     .count = 1},
    {.what = MG, "mg key v\r\n", "VA 0\r\n\r\n", "VALUE ", FLAGS({.letter = 'v'}), .count = 1},
    {.what = MG, "mg key v k\r\n", "VA 5\r\nhello\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY, FLAGS({.letter = 'v'}, {.letter = 'k'}), .count = 2},
    {.what = MG, "mg key k\r\n", "EN\r\n", "END", FLAGS({.letter = 'k'}), .count = 1},
    {.what = MG, "mg key v\r\n", "EN\r\n", "END", FLAGS({.letter = 'v'}), .count = 1},
    {.what = MG, "mg key\r\n", "HD\r\n", "HD"},
    {.what = MG, "mg key\r\n", "EN\r\n", "END"},
    {.what = MG, "mg key v\r\n", "VA 5 f7 c9 X W\r\nhello\r\n",
     "VALUE hello flags=7 cas=9 meta: cas=9 flags=7 won stale", FLAGS({.letter = 'v'}), .count = 1},
    {.what = MG, "mg key v\r\n", "VA 0 Z $\r\n\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_FLAG,
     FLAGS({.letter = 'v'}), .count = 1},
    {.what = MG, "mg key v\r\n", "VA 0 Z qnew\r\n\r\n", "VALUE  meta: already_won",
     FLAGS({.letter = 'v'}),
     .count = 1},
    {.what = MG, "mg key s t f c h l k O123 v\r\n",
     "VA 5 s5 t-1 f7 c9 h1 l3 kkey O123\r\nhello\r\n",
     "VALUE hello flags=7 cas=9 meta: cas=9 flags=7 size=5 last_access=3 ttl=-1 hit_before",
     ALL_FLAGS},
    {.what = MG, "mg key s t f c h l k O123 v\r\n", "EN kkey O123\r\n", "END", ALL_FLAGS},
    {.what = MG, "mg key s t f c h l k O123 v\r\n", "EN kkez O123\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY, ALL_FLAGS},
    {.what = MG, "mg key s t f c h l k O123 v\r\n", "EN kkey O124\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY, ALL_FLAGS},
    {.what = MG, "mg key s t f c h l k O123 v\r\n", "VA 5 kkey O\r\nhello\r\n", "PROTOCOL",
     MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY, ALL_FLAGS},
    {.what = MG, "mg key s t f c h l k O123 v\r\n", "VA 5 c\r\nhello\r\n", "PROTOCOL",
     MC_E_PROTOCOL,
     MC_FAULT_FLAG, ALL_FLAGS},
    {.what = MG, "mg key s t f c h l k O123 v\r\n", "CLIENT_ERROR invalid flag\r\n",
     "CLIENT_ERROR text=invalid flag", ALL_FLAGS},
    {.what = MG, "mg key\r\n", "EN O1\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_WRONG_KEY},
    /* a flag that was asked for has not come back */
    {.what = MG, "mg key s t f c h l k O123 v\r\n",
     "VA 5 s5 t-1 f7 c9 h1 kkey O123\r\nhello\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     ALL_FLAGS},
    {.what = MG, "mg key v c\r\n", "VA 5 f7\r\nhello\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_UNASKED, FLAGS({.letter = 'v'}, {.letter = 'c'}), .count = 2},
    {.what = MG, "mg key c\r\n", "HD\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 'c'}), .count = 1},
    {.what = MG, "mg key f\r\n", "HD c1\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 'f'}), .count = 1},
    {.what = MG, "mg key t\r\n", "HD\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 't'}), .count = 1},
    {.what = MG, "mg key s\r\n", "HD\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 's'}), .count = 1},
    {.what = MG, "mg key h\r\n", "HD\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 'h'}), .count = 1},
    {.what = MG, "mg key l\r\n", "HD\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 'l'}), .count = 1},
    {.what = MG, "mg key c\r\n", "EN\r\n", "END", FLAGS({.letter = 'c'}), .count = 1},
    {.what = MG, "mg key v s\r\n", "VA 5 s4\r\nhello\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_UNASKED, FLAGS({.letter = 'v'}, {.letter = 's'}), .count = 2},
    {.what = MG, "mg key v\r\n", "VA 5 s6\r\nhello\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_UNASKED, FLAGS({.letter = 'v'}), .count = 1},
    {.what = MG, "mg key v\r\n", "VA 5 f18446744073709551615\r\nhello\r\n",
     "VALUE hello flags=18446744073709551615 meta: flags=18446744073709551615",
     FLAGS({.letter = 'v'}), .count = 1},
    /* the value only if the cas unique is another */
    {.what = MG, "mg key v C9\r\n", "HD\r\n", "HD", FLAGS({.letter = 'v'}, {.letter = 'C', .number = 9}),
     .count = 2},
    {.what = MG, "mg key v C9 c\r\n", "HD c9\r\n", "HD meta: cas=9",
     FLAGS({.letter = 'v'}, {.letter = 'C', .number = 9}, {.letter = 'c'}), .count = 3},
    {.what = MG, "mg key v C9\r\n", "VA 5\r\nhello\r\n", "VALUE hello",
     FLAGS({.letter = 'v'}, {.letter = 'C', .number = 9}), .count = 2},
    {.what = MG, "mg key v C9\r\n", "EN\r\n", "END", FLAGS({.letter = 'v'}, {.letter = 'C', .number = 9}),
     .count = 2},
    /* each of what comes back is that and nothing else */
    {.what = MG, "mg key\r\n", "HD s5\r\n", "HD meta: size=5"},
    {.what = MG, "mg key\r\n", "HD l5\r\n", "HD meta: last_access=5"},
    {.what = MG, "mg key\r\n", "HD c5\r\n", "HD meta: cas=5"},
    {.what = MG, "mg key\r\n", "HD f5\r\n", "HD meta: flags=5"},
    {.what = MG, "mg key\r\n", "HD t5\r\n", "HD meta: ttl=5"},
    {.what = MG, "mg key\r\n", "HD h1\r\n", "HD meta: hit_before"},
    {.what = MG, "mg key\r\n", "HD h0\r\n", "HD"},
    {.what = MG, "mg key\r\n", "HD W\r\n", "HD meta: won"},
    {.what = MG, "mg key\r\n", "HD X\r\n", "HD meta: stale"},
    {.what = MG, "mg key\r\n", "HD Z\r\n", "HD meta: already_won"},
    /* the words of an error are no flags */
    {.what = MG, "mg key\r\n", "ERROR Oh no\r\n", "ERROR text=Oh no"},
    {.what = MG, "mg AAEC/w== b k\r\n", "HD kAAEC/w== b\r\n", "HD", .key = B("\0\1\2\xff"),
     FLAGS({.letter = 'b'}, {.letter = 'k'}), .count = 2},
    {.what = MG, "mg AAEC/w== b k\r\n", "HD kAAEC/g== b\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY, .key = B("\0\1\2\xff"), FLAGS({.letter = 'b'}, {.letter = 'k'}),
     .count = 2},
    /* an item that was stored with b is named in base64 even to those who ask without */
    {.what = MG, "mg foo k\r\n", "HD kZm9v b\r\n", "HD", .key = B("foo"), FLAGS({.letter = 'k'}),
     .count = 1},
    {.what = MG, "mg foo k\r\n", "HD kZm9w b\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_WRONG_KEY,
     .key = B("foo"), FLAGS({.letter = 'k'}), .count = 1},
    {.what = MG, "mg key v\r\n", "HD\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 'v'}), .count = 1},
    {.what = MG, "mg key\r\n", "VA 1\r\nx\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {.what = MG, "mg key\r\n", "END\r\n", "PROTOCOL", MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {.what = MG, "mg key v\r\n", "VA 5\r\nhello\r\n", "E_FULL len=5", FLAGS({.letter = 'v'}),
     .count = 1,
     .no_room = true},
    /* quiet: nothing, or a reply that names it, before the MN */
    {.what = MG, "mg key v q O0\r\nmn\r\n", "VA 5 f7 O0\r\nhello\r\nMN\r\n",
     "VALUE hello flags=7 meta: flags=7", FLAGS({.letter = 'v'}, {.letter = 'q'}), .count = 2},
    {.what = MG, "mg key v q O0\r\nmn\r\n", "MN\r\n", "END", FLAGS({.letter = 'v'}, {.letter = 'q'}),
     .count = 2},
    {.what = MG, "mg key q O0\r\nmn\r\n", "EN\r\nMN\r\n", "PROTOCOL", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY, FLAGS({.letter = 'q'}), .count = 1},
    {.what = MG, "", "", "E_FLAG", FLAGS({.letter = 'q'}, {.letter = 'O', .token = B("1")}), .count = 2},
    {.what = MG, "", "", "E_KEY", .key = B("k y")},

    /* meta set, delete, arithmetic */
    {.what = MS, "ms key 5\r\nhello\r\n", "HD\r\n", "HD"},
    {.what = MS, "ms key 5 c k O1\r\nhello\r\n", "HD c9 kkey O1\r\n", "HD meta: cas=9",
     FLAGS({.letter = 'c'}, {.letter = 'k'}, {.letter = 'O', .token = B("1")}), .count = 3},
    {.what = MS, "ms key 5 c k O1\r\nhello\r\n", "HD c9 kkey O2\r\n", "E_UNKNOWN", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY, FLAGS({.letter = 'c'}, {.letter = 'k'}, {.letter = 'O', .token = B("1")}),
     .count = 3},
    {.what = MS, "ms key 5 k O1\r\nhello\r\n", "HD kkey\r\n", "E_UNKNOWN", MC_E_PROTOCOL,
     MC_FAULT_WRONG_KEY, FLAGS({.letter = 'k'}, {.letter = 'O', .token = B("1")}), .count = 2},
    /* 1.6.18 does not return a size, and a cas unique only since then */
    {.what = MS, "ms key 5 s c\r\nhello\r\n", "HD\r\n", "HD", FLAGS({.letter = 's'}, {.letter = 'c'}),
     .count = 2},
    {.what = MS, "ms key 5 k O1\r\nhello\r\n", "NS\r\n", "NOT_STORED",
     FLAGS({.letter = 'k'}, {.letter = 'O', .token = B("1")}), .count = 2},
    {.what = MS, "ms key 0\r\n\r\n", "NS\r\n", "NOT_STORED", .data = B("")},
    {.what = MS, "ms key 5\r\nhello\r\n", "EX\r\n", "EXISTS"},
    {.what = MS, "ms key 5\r\nhello\r\n", "NF\r\n", "NOT_FOUND"},
    {.what = MS, "ms key 5\r\nhello\r\n", "STORED\r\n", "E_UNKNOWN", MC_E_PROTOCOL,
     MC_FAULT_UNASKED},
    {.what = MS, "ms key 5\r\nhello\r\n", "SERVER_ERROR out of memory\r\n",
     "SERVER_ERROR text=out of memory"},
    {.what = MS, "ms key 5\r\nhello\r\n", "CLIENT_ERROR no\r\n", "CLIENT_ERROR text=no", MC_E_AMBIGUOUS},
    {.what = MS, "ms key 5\r\nhello\r\n", "ERROR\r\n", "ERROR", MC_E_AMBIGUOUS},
    {.what = MS, "ms key 5 q O0\r\nhello\r\nmn\r\n", "MN\r\n", "HD", FLAGS({.letter = 'q'}), .count = 1},
    {.what = MS, "ms key 5 q O0\r\nhello\r\nmn\r\n", "NS O0\r\nMN\r\n", "NOT_STORED",
     FLAGS({.letter = 'q'}), .count = 1},
    {.what = MS, "ms key 5 q O0\r\nhello\r\nmn\r\n", "SERVER_ERROR out of memory\r\nMN\r\n",
     "SERVER_ERROR", FLAGS({.letter = 'q'}), .count = 1},
    {.what = MD, "md key q O0\r\nmn\r\n", "MN\r\n", "HD", FLAGS({.letter = 'q'}), .count = 1},
    {.what = MA, "ma key q O0\r\nmn\r\n", "NF O0\r\nMN\r\n", "NOT_FOUND", FLAGS({.letter = 'q'}),
     .count = 1},
    {.what = MD, "md key\r\n", "HD\r\n", "HD"},
    {.what = MD, "md key k\r\n", "NF kkey\r\n", "NOT_FOUND", FLAGS({.letter = 'k'}), .count = 1},
    {.what = MD, "md key k\r\n", "HD kkez\r\n", "E_UNKNOWN", MC_E_PROTOCOL, MC_FAULT_WRONG_KEY,
     FLAGS({.letter = 'k'}), .count = 1},
    {.what = MD, "md key C5\r\n", "EX\r\n", "EXISTS", FLAGS({.letter = 'C', .number = 5}),
     .count = 1},
    {.what = MD, "md key\r\n", "NS\r\n", "E_UNKNOWN", MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {.what = MD, "", "", "E_FLAG", FLAGS({.letter = 'v'}), .count = 1},
    {.what = MA, "ma key\r\n", "HD\r\n", "HD"},
    {.what = MA, "ma key v t\r\n", "VA 2 t-1\r\n13\r\n", "NUMBER meta: number=13 ttl=-1",
     FLAGS({.letter = 'v'}, {.letter = 't'}), .count = 2},
    {.what = MA, "ma key v\r\n", "VA 20\r\n18446744073709551615\r\n",
     "NUMBER meta: number=18446744073709551615", FLAGS({.letter = 'v'}), .count = 1},
    {.what = MA, "ma key v t\r\n", "VA 2\r\n13\r\n", "E_UNKNOWN", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 'v'}, {.letter = 't'}), .count = 2},
    {.what = MA, "ma key c\r\n", "HD t5\r\n", "E_UNKNOWN", MC_E_PROTOCOL, MC_FAULT_UNASKED,
     FLAGS({.letter = 'c'}), .count = 1},
    {.what = MA, "ma key v\r\n", "NF\r\n", "NOT_FOUND", FLAGS({.letter = 'v'}), .count = 1},
    {.what = MA, "ma key\r\n", "NS\r\n", "NOT_STORED"},
    {.what = MA, "ma key\r\n", "EX\r\n", "EXISTS"},
    {.what = MA, "ma key v\r\n", "VA 1\r\nx\r\n", "E_UNKNOWN", MC_E_PROTOCOL, MC_FAULT_NUMBER,
     FLAGS({.letter = 'v'}), .count = 1},
    {.what = MA, "ma key v\r\n", "VA 0\r\n\r\n", "E_UNKNOWN", MC_E_PROTOCOL, MC_FAULT_NUMBER,
     FLAGS({.letter = 'v'}), .count = 1},
    {.what = MA, "ma key v\r\n", "VA 21\r\n111111111111111111111\r\n", "E_UNKNOWN", MC_E_PROTOCOL,
     MC_FAULT_NUMBER, FLAGS({.letter = 'v'}), .count = 1},
    {.what = MA, "ma key\r\n", "VA 1\r\n5\r\n", "E_UNKNOWN", MC_E_PROTOCOL, MC_FAULT_UNASKED},
    {.what = MA, "ma key\r\n", "CLIENT_ERROR text\r\n", "CLIENT_ERROR text=text"},
};
/* clang-format on */

const struct scene *const scenes = table;
const int scene_count = sizeof table / sizeof table[0];

void scenes_init(void)
{
    memset(big_data, 'x', SCENES_BIG);
    memcpy(big_data + 2000, "END\r\n", 5);
    snprintf(big_reply, sizeof big_reply, "VALUE key 0 %d\r\n%s\r\nEND\r\n", SCENES_BIG, big_data);
    snprintf(big_set, sizeof big_set, "set key 7 60 %d\r\n%s\r\n", SCENES_BIG, big_data);
    struct text text = {0};
    text_add_string(&text, "VALUE ");
    text_escape(&text, big_data, SCENES_BIG);
    snprintf(big_outcome, sizeof big_outcome, "%s", text_string(&text));
    text_free(&text);
}

bool scene_is_write(const struct scene *scene)
{
    return scene->what >= GAT;
}

bool scene_is_big(const struct scene *scene)
{
    return scene->reply == big_reply;
}

bool scene_is_refused(const struct scene *scene)
{
    return scene->request[0] == '\0';
}

bool scene_is_many(const struct scene *scene)
{
    return scene->what == GET_MANY || scene->what == GETS_MANY || scene->what == GAT_MANY ||
           scene->what == GATS_MANY;
}

bool scene_is_quiet(const struct scene *scene)
{
    return strstr(scene->request, "mn\r\n") != NULL;
}

/* ---- a performance ------------------------------------------------------------------------- */

static struct mc_bytes key_of(const struct scene *scene)
{
    return scene->key.data != NULL ? scene->key : MC_BYTES("key");
}

static struct mc_bytes data_of(const struct scene *scene)
{
    return scene->data.data != NULL ? scene->data : MC_BYTES("hello");
}

static void show_number(struct play *p, const char *label, uint64_t number)
{
    if (number > 0)
        text_print(&p->outcome, " %s=%" PRIu64, label, number);
}

static void show_text(struct play *p)
{
    if (p->client.text.len == 0)
        return;
    text_add_string(&p->outcome, " text=");
    text_escape(&p->outcome, p->client.text.data, p->client.text.len);
}

static void show_value(struct play *p, int result, const struct mc_value *value)
{
    text_add_string(&p->outcome, events_name(result));
    if (result == MC_HIT) {
        text_add_string(&p->outcome, " ");
        text_escape(&p->outcome, value->buf, value->len);
    } else {
        show_number(p, "len", value->len);
    }
    show_number(p, "flags", value->flags);
    show_number(p, "cas", value->cas);
}

static void show_flag(struct play *p, const char *label, bool set)
{
    if (set)
        text_print(&p->outcome, " %s", label);
}

static bool is_none(const struct mc_meta *m)
{
    return m->cas == 0 && m->number == 0 && m->flags == 0 && m->size == 0 && m->last_access == 0 &&
           m->ttl == 0 && !m->hit_before && !m->won && !m->stale && !m->already_won;
}

static void show_meta(struct play *p)
{
    const struct mc_meta *m = &p->meta;
    if (is_none(m))
        return;
    text_add_string(&p->outcome, " meta:");
    show_number(p, "cas", m->cas);
    show_number(p, "number", m->number);
    show_number(p, "flags", m->flags);
    show_number(p, "size", m->size);
    show_number(p, "last_access", m->last_access);
    if (m->ttl != 0)
        text_print(&p->outcome, " ttl=%" PRId32, m->ttl);
    show_flag(p, "hit_before", m->hit_before);
    show_flag(p, "won", m->won);
    show_flag(p, "stale", m->stale);
    show_flag(p, "already_won", m->already_won);
}

static void run_get(struct play *p, const struct scene *scene)
{
    struct mc_client *c = &p->client;
    struct mc_bytes key = key_of(scene);
    struct mc_value *value = p->unwanted ? NULL : &p->values[0];
    switch (scene->what) {
    case GET: p->result = mc_client_get(c, key, value, SCRIPT_DEADLINE); break;
    case GETS: p->result = mc_client_gets(c, key, value, SCRIPT_DEADLINE); break;
    case GAT: p->result = mc_client_gat(c, 60, key, value, SCRIPT_DEADLINE); break;
    default: p->result = mc_client_gats(c, 60, key, value, SCRIPT_DEADLINE); break;
    }
    ck_assert_int_eq(p->values[1].result, 99); /* a place of one more */
    if (p->unwanted || value == NULL)
        return;
    ck_assert_int_eq(value->result, p->result);
    show_value(p, p->result, value);
    show_text(p);
}

static const struct mc_bytes different_keys[SCENES_KEYS] = {B("a"), B("b"), B("c")};
static const struct mc_bytes doubled_keys[SCENES_KEYS] = {B("a"), B("b"), B("a")};

static void run_many(struct play *p, const struct scene *scene)
{
    struct mc_client *c = &p->client;
    const struct mc_bytes *keys = scene->doubled ? doubled_keys : different_keys;
    const struct mc_command *gat = scene->what == GAT_MANY ? &mc_command_gat : &mc_command_gats;
    struct mc_op op = mc_op_many(gat, keys, p->values, SCENES_KEYS);
    op.exptime = 60;
    switch (scene->what) {
    case GET_MANY:
        p->result = mc_client_get_many(c, keys, p->values, SCENES_KEYS, SCRIPT_DEADLINE);
        break;
    case GETS_MANY:
        p->result = mc_client_gets_many(c, keys, p->values, SCENES_KEYS, SCRIPT_DEADLINE);
        break;
    default: p->result = mc_client_do(c, &op, SCRIPT_DEADLINE); break;
    }
    text_add_string(&p->outcome, events_name(p->result));
    for (size_t k = 0; k < SCENES_KEYS; k++) {
        text_print(&p->outcome, " %c: ", keys[k].data[0]);
        show_value(p, p->values[k].result, &p->values[k]);
    }
    show_text(p);
}

static void run_number(struct play *p, const struct scene *scene)
{
    uint64_t number = 1, *wanted = p->unwanted ? NULL : &number;
    p->result = scene->what == INCR
                    ? mc_client_incr(&p->client, key_of(scene), 5, wanted, SCRIPT_DEADLINE)
                    : mc_client_decr(&p->client, key_of(scene), 5, wanted, SCRIPT_DEADLINE);
    text_add_string(&p->outcome, events_name(p->result));
    if (p->result == MC_NUMBER)
        text_print(&p->outcome, " %" PRIu64, number);
    else if (!p->unwanted)
        ck_assert_uint_eq(number, 0);
    show_text(p);
}

static int call_line(struct mc_client *c, const struct scene *scene)
{
    const struct mc_item item = {key_of(scene), data_of(scene), 7, 60, 99, false};
    const struct mc_command *store = scene->store != NULL ? scene->store : &mc_command_set;
    switch (scene->what) {
    case STORE: return mc_client_store(c, store, &item, SCRIPT_DEADLINE);
    case DELETE: return mc_client_delete(c, key_of(scene), SCRIPT_DEADLINE);
    case TOUCH: return mc_client_touch(c, key_of(scene), 60, SCRIPT_DEADLINE);
    case FLUSH_ALL: return mc_client_flush_all(c, 60, SCRIPT_DEADLINE);
    case VERSION: return mc_client_version(c, SCRIPT_DEADLINE);
    default: return mc_client_auth(c, key_of(scene), data_of(scene), SCRIPT_DEADLINE);
    }
}

static void run_line(struct play *p, const struct scene *scene)
{
    p->result = call_line(&p->client, scene);
    text_add_string(&p->outcome, events_name(p->result));
    show_text(p);
}

/* Writes the statistics to the outcome. */
struct stats_sink {
    struct mc_sink sink;
    struct text *outcome;
};

static void receive_stat(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                         const struct mc_reply *reply)
{
    struct stats_sink *s = (struct stats_sink *)sink;
    (void)op, (void)slot;
    ck_assert_int_eq(event, MC_STAT);
    text_print(s->outcome, "STAT %.*s=%.*s ", (int)reply->key.len, reply->key.data,
               (int)reply->text.len, reply->text.data);
}

static void run_stats(struct play *p, const struct scene *scene)
{
    struct stats_sink sink = {{receive_stat}, &p->outcome};
    struct mc_op op = mc_op_stats(data_of(scene), p->unwanted ? NULL : &sink.sink);
    p->result = mc_client_do(&p->client, &op, SCRIPT_DEADLINE);
    text_add_string(&p->outcome, events_name(p->result));
    show_text(p);
}

static void run_meta(struct play *p, const struct scene *s)
{
    struct mc_flags flags = {s->flags, s->count};
    struct mc_value *value = p->unwanted ? NULL : &p->values[0];
    struct mc_meta *meta = p->unwanted ? NULL : &p->meta;
    struct mc_op op;
    switch (s->what) {
    case MG: op = mc_op_mg(key_of(s), flags, value, meta); break;
    case MS: op = mc_op_ms(key_of(s), data_of(s), flags, meta); break;
    case MD: op = mc_op_md(key_of(s), flags, meta); break;
    default: op = mc_op_ma(key_of(s), flags, meta); break;
    }
    p->result = mc_client_do(&p->client, &op, SCRIPT_DEADLINE);
    if (p->unwanted || meta == NULL)
        return;
    ck_assert_uint_eq(op.answer, meta->number);
    if (s->what == MG)
        show_value(p, p->result, value);
    else
        text_add_string(&p->outcome, events_name(p->result));
    show_meta(p);
    show_text(p);
}

void play_run(struct play *p, const struct scene *scene)
{
    switch (scene->what) {
    case GET:
    case GETS:
    case GAT:
    case GATS: run_get(p, scene); break;
    case GET_MANY:
    case GETS_MANY:
    case GAT_MANY:
    case GATS_MANY: run_many(p, scene); break;
    case INCR:
    case DECR: run_number(p, scene); break;
    case MG:
    case MS:
    case MD:
    case MA: run_meta(p, scene); break;
    case STATS: run_stats(p, scene); break;
    default: run_line(p, scene); break;
    }
}

void play_set_up(struct play *p, const struct scene *scene, size_t cap)
{
    size_t value_cap = scene->no_room ? 0 : scene_is_big(scene) ? SCENES_BIG : VALUE_CAP;
    p->buf = malloc(cap);
    p->value_buf = malloc(SCENES_KEYS * value_cap);
    for (size_t k = 0; k < SCENES_KEYS; k++) {
        p->values[k].buf = p->value_buf + k * value_cap;
        p->values[k].cap = value_cap;
        p->values[k].result = 99;
        p->values[k].flags = 99; /* what was there before does not show */
        p->values[k].cas = 99;
        p->values[k].len = 99;
    }
    memset(&p->meta, 99, sizeof p->meta);
    mc_client_init(&p->client, script_transport(&p->script), p->buf, cap);
    p->client.text = MC_BYTES("of before");
}

void play_perform(struct play *p, const struct scene *scene, size_t cap)
{
    play_set_up(p, scene, cap);
    script_step(&p->script, scene->request, scene->reply);
    script_step(&p->script, "version\r\n", "VERSION 1\r\n");
    play_run(p, scene);
}

void play_finish(struct play *p)
{
    script_free(&p->script);
    text_free(&p->outcome);
    free(p->buf);
    free(p->value_buf);
}
