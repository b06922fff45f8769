/* The table of cases, and the items of the server. */
#include "lie_case.h"

#include <string.h>

enum { LARGE = 1000000, BINARY = 256, NUMBERED = 100 };

/* ---- the items ------------------------------------------------------------------------------- */

#define TEXT(literal)                \
    {                                \
        literal, sizeof(literal) - 1 \
    }

#define KEY_50 "a-key-of-fifty-bytes-which-is-a-fifth-of-the-most-"
#define LONGEST KEY_50 KEY_50 KEY_50 KEY_50 KEY_50

static char large[LARGE], binary[BINARY];

static const struct {
    struct mc_bytes key, value;
} items[] = {
    {TEXT("key"), TEXT("hello")},
    {TEXT("n1"), TEXT("v1")},
    {TEXT("n2"), TEXT("v2")},
    {TEXT("number"), TEXT("10")},
    {TEXT("empty"), TEXT("")},
    {TEXT("binary"), {binary, BINARY}},
    {TEXT("large"), {large, LARGE}},
    {TEXT("end"), TEXT("one\r\nEND\r\ntwo")},
    {TEXT("reply"), TEXT("\r\nEND\r\nVALUE n1 0 5\r\nwrong\r\nEND\r\n")},
    {TEXT("error"), TEXT("SERVER_ERROR is a value\r\n")},
    {TEXT(LONGEST), TEXT("long")},
};

enum { ITEMS = sizeof items / sizeof items[0] };

/* Items with the keys k00 to k99, of which each third is not there, and the values vk00 to vk99. */
static char numbered[NUMBERED][4];

void lie_case_init(void)
{
    lies_init();
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)('a' + (i * 7 + i / 26) % 26);
    for (size_t i = 0; i < BINARY; i++)
        binary[i] = (char)i;
    for (size_t i = 0; i < NUMBERED; i++) {
        const char text[4] = {'v', 'k', (char)('0' + i / 10), (char)('0' + i % 10)};
        memcpy(numbered[i], text, sizeof text);
    }
}

bool lie_case_item(size_t n, struct mc_bytes *key, struct mc_bytes *value)
{
    if (n < ITEMS) {
        *key = items[n].key;
        *value = items[n].value;
        return true;
    }
    n -= ITEMS;
    n += n / 2; /* 0 1 3 4 6 7 ...: each third is left out */
    if (n >= NUMBERED)
        return false;
    *key = (struct mc_bytes){numbered[n] + 1, 3};
    *value = (struct mc_bytes){numbered[n], 4};
    return true;
}

bool lie_case_value(struct mc_bytes key, struct mc_bytes *value)
{
    struct mc_bytes other;
    for (size_t n = 0; lie_case_item(n, &other, value); n++) {
        if (key.len == other.len && memcmp(key.data, other.data, key.len) == 0)
            return true;
    }
    *value = (struct mc_bytes){"", 0};
    return false;
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define TEN(tens)                                                                              \
    " k" tens "0 k" tens "1 k" tens "2 k" tens "3 k" tens "4 k" tens "5 k" tens "6 k" tens "7" \
    " k" tens "8 k" tens "9"
#define ALL_NUMBERED \
    TEN("0") TEN("1") TEN("2") TEN("3") TEN("4") TEN("5") TEN("6") TEN("7") TEN("8") TEN("9")

static const struct lie server_error = {"SERVER_ERROR", LIES_INSTEAD, 0, false,
                                        TEXT("SERVER_ERROR out of memory reading request\r\n")};
static const struct lie error = {"ERROR", LIES_INSTEAD, 0, false, TEXT("ERROR\r\n")};
static const struct lie full = {"full", LIES_INSTEAD, 0, false,
                                TEXT("ERROR Too many open connections\r\n")};
static const struct lie old_value = {"old value", LIES_BEFORE, 0, false,
                                     TEXT("VALUE n2 0 2\r\nv2\r\nEND\r\n")};
static const struct lie error_among = {"error among", LIES_MIDDLE, 0, false,
                                       TEXT("SERVER_ERROR out of memory reading request\r\n")};
static const struct lie foreign = {"foreign", LIES_MIDDLE, 0, false,
                                   TEXT("VALUE other 0 1\r\nx\r\n")};

enum {
    TRUE_ONLY = LIE_MAY_TRUTH,
    ERROR_ONLY = LIE_MAY_ERROR,
    TRUE_OR_ERROR = LIE_MAY_TRUTH | LIE_MAY_ERROR,
    ANY_BUT_WRONG = LIE_MAY_TRUTH | LIE_MAY_ERROR | LIE_MAY_MISS
};

/* The neighbour, twice: its reply is true, and it may pay for the lie with an error. */
#define NEIGHBOURS                    \
    {"get n1", NULL, TRUE_OR_ERROR},  \
    {                                 \
        "get n2", NULL, TRUE_OR_ERROR \
    }
#define GET_KEY(allowed) .questions = {{"get key", NULL, allowed}, NEIGHBOURS}
#define ABOUT_KEY .key = "key"

const struct lie_case lie_cases[] = {
    {.name = "plain",
     .about = "Two hits, a miss, and the longest key that there is.",
     .honest = true,
     .questions = {{"get key", NULL, TRUE_ONLY},
                   {"get none", NULL, TRUE_ONLY},
                   {"get n1", NULL, TRUE_ONLY},
                   {"get " LONGEST, NULL, TRUE_ONLY}}},
    {.name = "cuts",
     .about = "The same reply again and again, in two pieces, cut once after each of its bytes.",
     .honest = true,
     .pace = LIE_PACE_CUT,
     .rounds = 30,
     .questions = {{"get key", NULL, TRUE_ONLY}}},
    {.name = "drip",
     .about = "Replies that come a byte at a time, well before the deadline.",
     .honest = true,
     .pace = LIE_PACE_DRIP,
     .questions = {{"get key", NULL, TRUE_ONLY},
                   {"get none", NULL, TRUE_ONLY},
                   {"get n1", NULL, TRUE_ONLY}}},
    {.name = "empty",
     .about = "A value of no bytes, which is a hit.",
     .honest = true,
     .questions = {{"get empty", NULL, TRUE_ONLY}, {"get n1", NULL, TRUE_ONLY}}},
    {.name = "binary",
     .about = "A value that has each of the 256 bytes.",
     .honest = true,
     .questions = {{"get binary", NULL, TRUE_ONLY}, {"get n1", NULL, TRUE_ONLY}}},
    {.name = "large",
     .about = "A value of 1,000,000 bytes.",
     .honest = true,
     .questions = {{"get large", NULL, TRUE_ONLY}, {"get n1", NULL, TRUE_ONLY}}},
    {.name = "like-replies",
     .about = "Values in which END, VALUE and an error stand on lines of their own.",
     .honest = true,
     .questions = {{"get end", NULL, TRUE_ONLY},
                   {"get reply", NULL, TRUE_ONLY},
                   {"get error", NULL, TRUE_ONLY},
                   {"get n1", NULL, TRUE_ONLY}}},
    {.name = "many",
     .about = "100 keys at once, of which 33 have no item.",
     .honest = true,
     .questions = {{"many" ALL_NUMBERED, NULL, TRUE_ONLY}, {"get n1", NULL, TRUE_ONLY}}},
    {.name = "order",
     .about = "The items of several keys, in another order than they were asked for.",
     .honest = true,
     .pace = LIE_PACE_MIXED,
     .questions = {{"many n1 none key n2", NULL, TRUE_ONLY}, {"get n1", NULL, TRUE_ONLY}}},
    {.name = "writes",
     .about = "A set, an incr, a delete, and what is there after each.",
     .honest = true,
     .questions = {{"set fresh hello", "OK", TRUE_ONLY},
                   {"get fresh", "HIT hello", TRUE_ONLY},
                   {"incr number 5", "HIT 15", TRUE_ONLY},
                   {"get number", "HIT 15", TRUE_ONLY},
                   {"delete key", "OK", TRUE_ONLY},
                   {"get key", "MISS", TRUE_ONLY}}},
    {.name = "cas",
     .about = "A value that is replaced by its cas unique, and one that is not there.",
     .honest = true,
     .questions = {{"cas key changed", "OK", TRUE_ONLY},
                   {"get key", "HIT changed", TRUE_ONLY},
                   {"cas none changed", "NO", TRUE_ONLY}}},

    {.name = "other-key",
     .about = "The reply has the value of another key, and that key in its line.",
     ABOUT_KEY,
     .lie = "key of the neighbour",
     GET_KEY(ERROR_ONLY)},
    {.name = "doubled",
     .about = "The reply comes twice.",
     ABOUT_KEY,
     .lie = "doubled",
     GET_KEY(TRUE_OR_ERROR)},
    {.name = "old-value",
     .about = "An old reply, with another key's value, comes before the right one.",
     ABOUT_KEY,
     .own = &old_value,
     GET_KEY(TRUE_OR_ERROR)},
    {.name = "early-end",
     .about = "END, which is a miss, comes before the reply. The next answer has to be true.",
     ABOUT_KEY,
     .lie = "before it: END",
     GET_KEY(ANY_BUT_WRONG)},
    {.name = "late-end",
     .about = "END, which is a miss, comes after the reply: it is nobody's.",
     ABOUT_KEY,
     .lie = "after it: END",
     GET_KEY(TRUE_OR_ERROR)},
    {.name = "size-short",
     .about = "The size is smaller by 1 than the value that follows.",
     ABOUT_KEY,
     .lie = "size smaller by 1",
     GET_KEY(TRUE_OR_ERROR)},
    {.name = "size-long",
     .about = "The size is larger by 1 than the value that follows.",
     ABOUT_KEY,
     .lie = "size larger by 1",
     GET_KEY(TRUE_OR_ERROR)},
    {.name = "size-wraps",
     .about = "The size is 2^32+5, which is 5 in 32 bits.",
     ABOUT_KEY,
     .lie = "size 2^32+5",
     GET_KEY(ERROR_ONLY)},
    {.name = "size-letter",
     .about = "The size is 12x.",
     ABOUT_KEY,
     .lie = "size with a letter after it",
     GET_KEY(TRUE_OR_ERROR)},
    {.name = "value-end",
     .about = "No CRLF comes after the value.",
     ABOUT_KEY,
     .lie = "value end missing",
     GET_KEY(TRUE_OR_ERROR)},
    {.name = "no-end",
     .about = "No END comes after the value.",
     ABOUT_KEY,
     .lie = "END missing",
     GET_KEY(TRUE_OR_ERROR)},
    {.name = "http",
     .about = "The server speaks HTTP.",
     ABOUT_KEY,
     .lie = "instead: HTTP",
     GET_KEY(ERROR_ONLY)},
    {.name = "stored",
     .about = "STORED answers a get.",
     ABOUT_KEY,
     .lie = "instead: STORED",
     GET_KEY(ERROR_ONLY)},
    {.name = "error",
     .about = "ERROR answers a get: no miss.",
     ABOUT_KEY,
     .own = &error,
     GET_KEY(ERROR_ONLY)},
    {.name = "server-error",
     .about = "SERVER_ERROR answers a get: no miss.",
     ABOUT_KEY,
     .own = &server_error,
     GET_KEY(ERROR_ONLY)},
    {.name = "full",
     .about = "A server with too many connections says so, and closes.",
     ABOUT_KEY,
     .own = &full,
     .stop = LIE_STOP_CLOSE,
     GET_KEY(ERROR_ONLY)},
    {.name = "closed",
     .about = "The server closes the connection instead of an answer.",
     ABOUT_KEY,
     .stop = LIE_STOP_CLOSE,
     .place = LIE_AT_START,
     GET_KEY(ERROR_ONLY)},
    {.name = "cut-value",
     .about = "The server closes the connection within the value.",
     ABOUT_KEY,
     .stop = LIE_STOP_CLOSE,
     .place = LIE_IN_VALUE,
     GET_KEY(ERROR_ONLY)},
    {.name = "idle",
     .about = "The server closes the connection after a whole reply.",
     ABOUT_KEY,
     .stop = LIE_STOP_CLOSE,
     GET_KEY(TRUE_ONLY)},
    {.name = "silence",
     .about = "No reply comes.",
     ABOUT_KEY,
     .stop = LIE_STOP_SILENT,
     .place = LIE_AT_START,
     GET_KEY(ERROR_ONLY)},
    {.name = "silent-value",
     .about = "Nothing comes after the first half of the value.",
     ABOUT_KEY,
     .stop = LIE_STOP_SILENT,
     .place = LIE_IN_VALUE,
     GET_KEY(ERROR_ONLY)},
    {.name = "crawl",
     .about = "A right reply, of which a byte comes in each quarter of the deadline.",
     ABOUT_KEY,
     .pace = LIE_PACE_CRAWL,
     GET_KEY(ERROR_ONLY)},
    {.name = "late",
     .about = "The reply comes after the deadline, when the next request is there.",
     ABOUT_KEY,
     .stop = LIE_STOP_LATE,
     .place = LIE_AT_START,
     GET_KEY(ERROR_ONLY)},
    {.name = "endless",
     .about = "The item comes over and over, and no END.",
     ABOUT_KEY,
     .lie = "END missing",
     .pace = LIE_PACE_ENDLESS,
     GET_KEY(ERROR_ONLY)},
    {.name = "many-error",
     .about = "An error line comes among the items of several keys.",
     ABOUT_KEY,
     .own = &error_among,
     .questions = {{"many n1 key n2", NULL, ERROR_ONLY}, NEIGHBOURS}},
    {.name = "many-foreign",
     .about = "An item that nobody asked for comes among those of several keys.",
     ABOUT_KEY,
     .own = &foreign,
     .questions = {{"many n1 key n2", NULL, TRUE_OR_ERROR}, NEIGHBOURS}},
    {.name = "many-cut",
     .about = "The server closes the connection within an item of several keys.",
     ABOUT_KEY,
     .stop = LIE_STOP_CLOSE,
     .place = LIE_IN_VALUE,
     .questions = {{"many n1 key n2", NULL, ERROR_ONLY}, NEIGHBOURS}},
    {.name = "set-closed",
     .about = "The server closes the connection instead of an answer to a set.",
     ABOUT_KEY,
     .stop = LIE_STOP_CLOSE,
     .place = LIE_AT_START,
     .questions = {{"set key changed", "OK", ERROR_ONLY}, NEIGHBOURS}},
    {.name = "incr-wraps",
     .about = "The number that answers an incr is 2^64+5, which is 5 in 64 bits.",
     .key = "number",
     .lie = "number of 2^64+5",
     .questions = {{"incr number 5", "HIT 15", ERROR_ONLY}, NEIGHBOURS}},
};

const size_t lie_cases_count = sizeof lie_cases / sizeof lie_cases[0];

const struct lie_case *lie_case_find(const char *name)
{
    for (size_t k = 0; k < lie_cases_count; k++) {
        if (strcmp(lie_cases[k].name, name) == 0)
            return &lie_cases[k];
    }
    return NULL;
}

const struct lie *lie_case_lie(const struct lie_case *scene)
{
    return scene->lie != NULL ? lies_find(scene->lie) : scene->own;
}

enum { IN_VALUE_MIN = 2 }; /* bytes of a value that go out before a stop within it */

size_t lie_case_stop_at(const struct lie_case *scene, struct mc_bytes reply)
{
    char fields[LIES_FIELDS_MAX + 1];
    const struct lies_reply honest = {reply, fields, ""};
    size_t from, to;
    if (scene->place != LIE_IN_VALUE)
        return scene->place == LIE_AT_START ? 0 : reply.len;
    lies_name_fields(reply, fields);
    if (!lies_find_value(&honest, &from, &to))
        return reply.len / 2;
    size_t half = (to - from) / 2;
    return half > IN_VALUE_MIN ? from + half : from + IN_VALUE_MIN;
}
