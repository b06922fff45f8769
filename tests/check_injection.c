/* Nothing can be injected: of each word of a caller's, in each command, every byte at every
 * position of every length is sent in one command line of just that form, or nothing is sent;
 * numbers are their digits; and a real server counts the commands that were asked, not one more.
 *
 * usage: check_injection [full]: all lengths from 0 to 251 for each kind of word, not few. */
#include "live.h"
#include "server.h"
#include "suite.h"
#include "tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { WORD_MAX = 251, LINE_CAP = 4096 };
enum { PUTS, REFUSED, ASKED, TALLIES };
static uint64_t *tallies;
static bool full;

/* ---- the words ------------------------------------------------------------------------------- */

/* KEY2: the second of two keys. The words below CLIENT are put by proto/. */
enum slot {
    GET,
    GETS,
    GAT,
    GATS,
    KEY2,
    SET,
    ADD,
    REPLACE,
    APPEND,
    PREPEND,
    CAS,
    DELETE,
    INCR,
    DECR,
    TOUCH,
    MG,
    MS,
    MD,
    MA,
    ME,
    MG_O,
    MS_O,
    MD_O,
    MA_O,
    MG_P,
    MG_L,
    STATS,
    CRAWL,
    METADUMP,
    MGDUMP,
    WATCH,
    EXTSTORE,
    AUTH_USER,
    AUTH_PASSWORD,
    CLIENT
};

enum kind { KEY, TOKEN, WORDS, PASSWORD };

/* What comes before and after the word; a %zu is the size of user and password. */
static const struct row {
    enum kind kind;
    size_t max;
    const char *before, *after;
} rows[] = {
    [GET] = {KEY, 250, "get ", "\r\n"},
    [GETS] = {KEY, 250, "gets ", "\r\n"},
    [GAT] = {KEY, 250, "gat 60 ", "\r\n"},
    [GATS] = {KEY, 250, "gats 60 ", "\r\n"},
    [KEY2] = {KEY, 250, "get a ", "\r\n"},
    [SET] = {KEY, 250, "set ", " 7 60 5\r\n"},
    [ADD] = {KEY, 250, "add ", " 7 60 5\r\n"},
    [REPLACE] = {KEY, 250, "replace ", " 7 60 5\r\n"},
    [APPEND] = {KEY, 250, "append ", " 7 60 5\r\n"},
    [PREPEND] = {KEY, 250, "prepend ", " 7 60 5\r\n"},
    [CAS] = {KEY, 250, "cas ", " 7 60 5 9\r\n"},
    [DELETE] = {KEY, 250, "delete ", "\r\n"},
    [INCR] = {KEY, 250, "incr ", " 9\r\n"},
    [DECR] = {KEY, 250, "decr ", " 9\r\n"},
    [TOUCH] = {KEY, 250, "touch ", " 60\r\n"},
    [MG] = {KEY, 250, "mg ", " v\r\n"},
    [MS] = {KEY, 250, "ms ", " 5\r\n"},
    [MD] = {KEY, 250, "md ", "\r\n"},
    [MA] = {KEY, 250, "ma ", "\r\n"},
    [ME] = {KEY, 250, "me ", "\r\n"},
    [MG_O] = {TOKEN, 31, "mg a O", "\r\n"},
    [MS_O] = {TOKEN, 31, "ms a 5 O", "\r\n"},
    [MD_O] = {TOKEN, 31, "md a O", "\r\n"},
    [MA_O] = {TOKEN, 31, "ma a O", "\r\n"},
    [MG_P] = {TOKEN, 250, "mg a P", "\r\n"},
    [MG_L] = {TOKEN, 250, "mg a L", "\r\n"},
    [STATS] = {WORDS, 250, "stats ", "\r\n"},
    [CRAWL] = {TOKEN, 250, "lru_crawler crawl ", "\r\n"},
    [METADUMP] = {TOKEN, 250, "lru_crawler metadump ", "\r\n"},
    [MGDUMP] = {TOKEN, 250, "lru_crawler mgdump ", "\r\n"},
    [WATCH] = {WORDS, 250, "watch ", "\r\n"},
    [EXTSTORE] = {WORDS, 250, "extstore ", "\r\n"},
    [AUTH_USER] = {TOKEN, 250, "set auth 0 0 %zu\r\n", " p\r\n"},
    [AUTH_PASSWORD] = {PASSWORD, 250, "set auth 0 0 %zu\r\nu ", "\r\n"},
};

static int put_meta(struct mc_out *out, enum slot slot, struct mc_bytes word)
{
    const struct mc_bytes a = MC_BYTES("a");
    const struct mc_flag v = {.letter = 'v'}, o = {.letter = 'O', .token = word};
    const struct mc_flag p = {.letter = 'P', .token = word}, l = {.letter = 'L', .token = word};
    switch (slot) {
    case MG: return mc_put_mg(out, word, &v, 1);
    case MS: return mc_put_ms(out, word, 5, NULL, 0);
    case MD: return mc_put_md(out, word, NULL, 0);
    case MA: return mc_put_ma(out, word, NULL, 0);
    case ME: return mc_put_me(out, word, NULL, 0);
    case MG_O: return mc_put_mg(out, a, &o, 1);
    case MS_O: return mc_put_ms(out, a, 5, &o, 1);
    case MD_O: return mc_put_md(out, a, &o, 1);
    case MA_O: return mc_put_ma(out, a, &o, 1);
    case MG_P: return mc_put_mg(out, a, &p, 1);
    default: return mc_put_mg(out, a, &l, 1);
    }
}

static int put_other(struct mc_out *out, enum slot slot, struct mc_bytes word)
{
    switch (slot) {
    case STATS: return mc_put_stats(out, word);
    case CRAWL: return mc_put_lru_crawler_crawl(out, word);
    case METADUMP: return mc_put_lru_crawler_metadump(out, word);
    case MGDUMP: return mc_put_lru_crawler_mgdump(out, word);
    case WATCH: return mc_put_watch(out, word);
    case EXTSTORE: return mc_put_extstore(out, word);
    case AUTH_USER: return mc_put_auth(out, word, MC_BYTES("p"));
    default: return mc_put_auth(out, MC_BYTES("u"), word);
    }
}

static int put(struct mc_out *out, enum slot slot, struct mc_bytes word)
{
    const struct mc_bytes two[] = {MC_BYTES("a"), word};
    const struct mc_item item = {word, MC_BYTES("hello"), 7, 60, 9, false};
    switch (slot) {
    case GET: return mc_put_get(out, &word, 1);
    case GETS: return mc_put_gets(out, &word, 1);
    case GAT: return mc_put_gat(out, 60, &word, 1);
    case GATS: return mc_put_gats(out, 60, &word, 1);
    case KEY2: return mc_put_get(out, two, 2);
    case DELETE: return mc_put_delete(out, word, false);
    case INCR: return mc_put_incr(out, word, 9, false);
    case DECR: return mc_put_decr(out, word, 9, false);
    case TOUCH: return mc_put_touch(out, word, 60, false);
    default: break;
    }
    if (slot >= SET && slot <= CAS)
        return mc_put_store(out, (enum mc_store)(slot - SET), &item, false);
    return slot <= MG_L ? put_meta(out, slot, word) : put_other(out, slot, word);
}

/* ---- what may be sent ------------------------------------------------------------------------ */

/* In other words than proto/'s. */
static bool is_good(const struct row *row, struct mc_bytes word)
{
    char before = ' ';
    size_t run = 0; /* since the last space; of words, each may be as long as row->max */
    if (word.len == 0 || (word.len > row->max && row->kind != WORDS))
        return word.len == 0 && row->kind == WORDS;
    for (size_t k = 0; k < word.len; before = word.data[k], k++) {
        int c = (unsigned char)word.data[k];
        bool single = before != ' ' && k + 1 < word.len && word.data[k + 1] != ' ';
        if (c == 0x7f || c < 0x20 ||
            (c == ' ' && row->kind != PASSWORD && !(row->kind == WORDS && single)))
            return false;
        run = c == ' ' ? 0 : run + 1;
        if (run > row->max)
            return false;
    }
    return true;
}

static size_t make_line(const struct row *row, struct mc_bytes word, char *line)
{
    char before[40];
    snprintf(before, sizeof before, row->before, word.len + 2);
    size_t head = strlen(before), tail = strlen(row->after);
    if (word.len == 0) /* words may be none, and their space then as well */
        head--;
    memcpy(line, before, head);
    if (word.len > 0)
        memcpy(line + head, word.data, word.len);
    memcpy(line + head + word.len, row->after, tail);
    return head + word.len + tail;
}

/* The buffer holds a command already. */
static void check_word(enum slot slot, struct mc_bytes word)
{
    static char data[LINE_CAP], line[LINE_CAP];
    struct mc_out out = {data, sizeof data, 4};
    const struct row *row = &rows[slot];
    int result = put(&out, slot, word);
    tallies[PUTS]++;
    if (is_good(row, word)) {
        size_t len = make_line(row, word, line);
        if (result != 0 || out.len != 4 + len || memcmp(data + 4, line, len) != 0)
            ck_abort_msg("%s: a good word of %zu bytes: %d", row->before, word.len, result);
        return;
    }
    tallies[REFUSED]++;
    if (result != (row->kind == KEY ? MC_E_KEY : MC_E_TOKEN) || out.len != 4)
        ck_abort_msg("%s: a bad word of %zu bytes: %d", row->before, word.len, result);
}

static void every_byte(enum slot slot, size_t len)
{
    char bytes[WORD_MAX];
    memset(bytes, 'k', sizeof bytes);
    check_word(slot, (struct mc_bytes){bytes, len});
    for (size_t at = 0; at < len; at++) {
        for (int c = 0; c < 256; c++) {
            bytes[at] = (char)c;
            check_word(slot, (struct mc_bytes){bytes, len});
        }
        bytes[at] = 'k';
    }
}

/* Of each kind of word, one command has all lengths in full; the others go the same way. */
static bool is_swept(enum slot slot, size_t len)
{
    bool whole = slot == GET || slot == SET || slot == STATS || slot == AUTH_PASSWORD;
    if (len <= 4 || len == 31 || len == 32 || len >= WORD_MAX - 1)
        return true;
    return full ? whole || len % 16 == 0 : whole && len <= 40;
}

START_TEST(words)
{
    for (size_t len = 0; len <= WORD_MAX; len++) {
        if (is_swept((enum slot)_i, len))
            every_byte((enum slot)_i, len);
    }
}
END_TEST

/* ---- the client ------------------------------------------------------------------------------ */

struct wire {
    char sent[LINE_CAP];
    size_t len;
};

static ptrdiff_t wire_send(void *ctx, const struct mc_bytes *parts, size_t count,
                           mc_deadline deadline)
{
    struct wire *wire = ctx;
    size_t before = wire->len;
    ck_assert_int_eq(deadline, 1);
    for (size_t k = 0; k < count; k++) {
        memcpy(wire->sent + wire->len, parts[k].data, parts[k].len);
        wire->len += parts[k].len;
    }
    return (ptrdiff_t)(wire->len - before);
}

static ptrdiff_t wire_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    (void)ctx, (void)buf, (void)cap, (void)deadline;
    return MC_E_CLOSED;
}

static const struct mc_command *const stores[] = {&mc_command_set,     &mc_command_add,
                                                  &mc_command_replace, &mc_command_append,
                                                  &mc_command_prepend, &mc_command_cas};

/* A meta command with this word as its key, or as the token of its flag. */
static int call_meta(struct mc_client *c, enum slot slot, struct mc_bytes word)
{
    static const struct mc_command *const of_keys[] = {
        &mc_command_mg, &mc_command_ms, &mc_command_md, &mc_command_ma, &mc_command_me};
    static const struct mc_command *const of_flags[] = {&mc_command_mg, &mc_command_ms,
                                                        &mc_command_md, &mc_command_ma,
                                                        &mc_command_mg, &mc_command_mg};
    bool is_key = slot < MG_O;
    size_t at = is_key ? (size_t)slot - MG : (size_t)slot - MG_O;
    ck_assert_uint_lt(at, is_key ? 5 : 6);
    const struct mc_command *command = is_key ? of_keys[at] : of_flags[at];
    const struct mc_flag v = mc_op_flag('v');
    const struct mc_flag o = mc_op_flag_token((char)(slot == MG_P   ? 'P'
                                                     : slot == MG_L ? 'L'
                                                                    : 'O'),
                                              word);
    struct mc_op op = mc_op_make(command, is_key ? word : MC_BYTES("a"));
    op.meta_flags = is_key ? &v : &o;
    op.meta_count = is_key && slot != MG ? 0 : 1;
    op.data = MC_BYTES("hello");
    return mc_client_do(c, &op, 1);
}

static int call_other(struct mc_client *c, enum slot slot, struct mc_bytes word)
{
    struct mc_op op = mc_op_make(slot == STATS      ? &mc_command_stats
                                 : slot == METADUMP ? &mc_command_metadump
                                 : slot == MGDUMP   ? &mc_command_mgdump
                                                    : &mc_command_watch,
                                 word);
    if (slot == AUTH_USER)
        return mc_client_auth(c, word, MC_BYTES("p"), 1);
    if (slot == AUTH_PASSWORD)
        return mc_client_auth(c, MC_BYTES("u"), word, 1);
    return mc_client_do(c, &op, 1);
}

/* Calls the client with this word: the function of the command's name, if there is one. */
static int call(struct mc_client *c, enum slot slot, struct mc_bytes word)
{
    char buf[8];
    struct mc_value value = {.buf = buf, .cap = sizeof buf};
    const struct mc_item item = {word, MC_BYTES("hello"), 7, 60, 9, false};
    uint64_t number;
    switch (slot) {
    case GET: return mc_client_get(c, word, &value, 1);
    case GETS: return mc_client_gets(c, word, &value, 1);
    case GAT: return mc_client_gat(c, 60, word, &value, 1);
    case GATS: return mc_client_gats(c, 60, word, &value, 1);
    case DELETE: return mc_client_delete(c, word, 1);
    case INCR: return mc_client_incr(c, word, 9, &number, 1);
    case DECR: return mc_client_decr(c, word, 9, &number, 1);
    case TOUCH: return mc_client_touch(c, word, 60, 1);
    default: break;
    }
    if (slot >= SET && slot <= CAS)
        return mc_client_store(c, stores[slot - SET], &item, 1);
    return slot <= MG_L ? call_meta(c, slot, word) : call_other(c, slot, word);
}

/* Commands that no operation sends, and lines of keys, which have tests of their own. */
static bool has_call(enum slot slot)
{
    return slot != KEY2 && slot != CRAWL && slot != EXTSTORE;
}

/* What is sent for a good word: the line, and the value of those that have one. */
static size_t make_request(enum slot slot, struct mc_bytes word, char *request)
{
    size_t len = make_line(&rows[slot], word, request);
    if ((slot < SET || slot > CAS) && slot != MS && slot != MS_O)
        return len;
    memcpy(request + len, "hello\r\n", 7);
    return len + 7;
}

static void init_client(struct mc_client *client, struct wire *wire)
{
    static char buf[2048];
    wire->len = 0;
    mc_client_init(client, (struct mc_transport){wire_send, wire_recv, wire}, buf, sizeof buf);
}

static void call_word(enum slot slot, struct mc_bytes word)
{
    static struct wire wire;
    static char request[LINE_CAP];
    struct mc_client client;
    init_client(&client, &wire);
    int result = call(&client, slot, word);
    tallies[PUTS]++;
    if (is_good(&rows[slot], word)) {
        size_t len = make_request(slot, word, request);
        ck_assert_uint_eq(wire.len, len);
        ck_assert_mem_eq(wire.sent, request, len);
        return;
    }
    tallies[REFUSED]++;
    ck_assert_int_eq(result, rows[slot].kind == KEY ? MC_E_KEY : MC_E_TOKEN);
    ck_assert_uint_eq(wire.len, 0);
    /* nothing else may be sent without a login that was asked for */
    ck_assert_int_eq(client.engine.error,
                     slot == AUTH_USER || slot == AUTH_PASSWORD ? MC_E_AUTH : 0);
}

/* Calls `check` with each byte at each position of words of a few lengths. */
static void sweep_words(enum slot slot, void (*check)(enum slot slot, struct mc_bytes word))
{
    static const size_t lengths[] = {0, 1, 2, 250, 251};
    char bytes[WORD_MAX];
    memset(bytes, 'k', sizeof bytes);
    for (size_t k = 0; k < COUNT(lengths); k++) {
        size_t len = lengths[k], pace = full || len < 3 ? 1 : len - 1;
        check(slot, (struct mc_bytes){bytes, len});
        for (size_t at = 0; at < len * 256; at += at % 256 < 255 ? 1 : 1 + 256 * (pace - 1)) {
            bytes[at / 256] = (char)(at % 256);
            check(slot, (struct mc_bytes){bytes, len});
            bytes[at / 256] = 'k';
        }
    }
}

START_TEST(client_words)
{
    if (has_call((enum slot)_i))
        sweep_words((enum slot)_i, call_word);
}
END_TEST

/* Of three keys the one in the middle: it is in the line, or refused alone. */
static void expect_keys(const struct wire *wire, struct mc_bytes word, int result)
{
    char line[LINE_CAP];
    bool good = is_good(&rows[KEY2], word);
    int len = good ? snprintf(line, sizeof line, "get a %.*s b\r\n", (int)word.len, word.data)
                   : snprintf(line, sizeof line, "get a\r\nget b\r\n");
    ck_assert_int_eq(result, good ? MC_E_CLOSED : MC_E_KEY);
    ck_assert_uint_eq(wire->len, (size_t)len);
    ck_assert_mem_eq(wire->sent, line, (size_t)len);
    tallies[PUTS]++;
    tallies[REFUSED] += good ? 0 : 1;
}

/* As the keys of one operation, and as operations that share a line. */
static void call_keys(enum slot slot, struct mc_bytes word)
{
    static struct wire wire;
    const struct mc_bytes keys[] = {MC_BYTES("a"), word, MC_BYTES("b")};
    struct mc_value values[3] = {{0}};
    struct mc_op ops[] = {mc_op_get(keys[0], NULL), mc_op_get(word, NULL),
                          mc_op_get(keys[2], NULL)};
    struct mc_client client;
    (void)slot;
    init_client(&client, &wire);
    mc_client_get_many(&client, keys, values, 3, 1);
    expect_keys(&wire, word, values[1].result);
    init_client(&client, &wire);
    mc_client_run(&client, ops, 3, 1);
    expect_keys(&wire, word, ops[1].result);
}

START_TEST(client_keys)
{
    sweep_words(KEY2, call_keys);
}
END_TEST

/* ---- numbers --------------------------------------------------------------------------------- */

static void check_line(int result, struct mc_out *out, const char *format, ...)
{
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    tallies[PUTS]++;
    if (result != 0 || out->len != (size_t)len || memcmp(out->data, line, out->len) != 0)
        ck_abort_msg("%d, %.*s instead of %s", result, (int)out->len, out->data, line);
    out->len = 0;
}

static void check_number(uint64_t n)
{
    char data[200];
    struct mc_out o = {data, sizeof data, 0};
    const struct mc_bytes a = MC_BYTES("a");
    uint32_t u = (uint32_t)n;
    int32_t s = (int32_t)u;
    const struct mc_item item = {a, {NULL, u % (MC_VALUE_MAX + 1)}, u, s, n, false};
    const struct mc_flag flags[] = {{.letter = 'T', .ttl = s}, {.letter = 'C', .number = n}};
    const struct mc_flag f = {.letter = 'F', .number = u};
    check_line(mc_put_store(&o, MC_CAS, &item, true), &o,
               "cas a %" PRIu32 " %" PRId32 " %zu %" PRIu64 " noreply\r\n", u, s, item.value.len,
               n);
    check_line(mc_put_incr(&o, a, n, false), &o, "incr a %" PRIu64 "\r\n", n);
    check_line(mc_put_decr(&o, a, n, true), &o, "decr a %" PRIu64 " noreply\r\n", n);
    check_line(mc_put_touch(&o, a, s, false), &o, "touch a %" PRId32 "\r\n", s);
    check_line(mc_put_gat(&o, s, &a, 1), &o, "gat %" PRId32 " a\r\n", s);
    check_line(mc_put_gats(&o, s, &a, 1), &o, "gats %" PRId32 " a\r\n", s);
    check_line(mc_put_flush_all(&o, s, false), &o, "flush_all %" PRId32 "\r\n", s);
    check_line(mc_put_verbosity(&o, u, true), &o, "verbosity %" PRIu32 " noreply\r\n", u);
    check_line(mc_put_cache_memlimit(&o, u, false), &o, "cache_memlimit %" PRIu32 "\r\n", u);
    check_line(mc_put_lru_crawler_tocrawl(&o, u), &o, "lru_crawler tocrawl %" PRIu32 "\r\n", u);
    check_line(mc_put_lru_temp_ttl(&o, s), &o, "lru temp_ttl %" PRId32 "\r\n", s);
    check_line(mc_put_mg(&o, a, flags, 1), &o, "mg a T%" PRId32 "\r\n", s);
    check_line(mc_put_md(&o, a, flags, 2), &o, "md a T%" PRId32 " C%" PRIu64 "\r\n", s, n);
    check_line(mc_put_ms(&o, a, 5, &f, 1), &o, "ms a 5 F%" PRIu32 "\r\n", u);
}

/* Those with a range of their own. */
static void check_range(uint64_t n)
{
    char data[200];
    struct mc_out o = {data, sizeof data, 0};
    uint32_t u = (uint32_t)n;
    const struct mc_flag f = {.letter = 'F', .number = n};
    int r = mc_put_ms(&o, MC_BYTES("a"), 5, &f, 1);
    ck_assert_int_eq(r, n > UINT32_MAX ? MC_E_NUMBER : 0);
    ck_assert(r == 0 || o.len == 0);
    o.len = 0;
    r = mc_put_lru_crawler_sleep(&o, u);
    ck_assert_int_eq(r, u > 1000000 ? MC_E_NUMBER : 0);
    ck_assert(r == 0 || o.len == 0);
    o.len = 0;
    r = mc_put_slabs_automove(&o, u);
    ck_assert_int_eq(r, u > 2 ? MC_E_NUMBER : 0);
    ck_assert(r == 0 || o.len == 0);
}

START_TEST(numbers)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t power = UINT64_C(1) << bit;
        for (uint64_t n = power - 2; n != power + 3; n++) {
            check_number(n);
            check_range(n);
        }
    }
    for (uint64_t ten = 1; ten <= UINT64_MAX / 10; ten *= 10) {
        check_number(ten - 1);
        check_number(ten);
    }
}
END_TEST

/* ---- a real server --------------------------------------------------------------------------- */

struct asked {
    uint64_t get, set, touch, incr, del;
};

/* A sink for the number that `stats` gives a name. */
struct found {
    struct mc_sink sink;
    const char *name;
    uint64_t number;
};

static void find_statistic(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                           const struct mc_reply *reply)
{
    struct found *found = (struct found *)sink;
    (void)op, (void)slot;
    ck_assert_int_eq(event, MC_STAT);
    if (reply->key.len == strlen(found->name) &&
        memcmp(reply->key.data, found->name, reply->key.len) == 0)
        found->number = strtoull(reply->text.data, NULL, 10); /* CRLF comes after it */
}

static uint64_t statistic(struct mc_server *server, const char *name)
{
    struct found found = {{find_statistic}, name, UINT64_MAX};
    ck_assert_int_eq(mc_server_stats(server, (struct mc_bytes){0}, &found.sink), MC_END);
    return found.number;
}

/* Asks everything about a key, and counts what must have reached the server. */
static void ask(struct mc_server *server, struct mc_bytes key, struct asked *asked)
{
    char buf[64];
    struct mc_value value = {.buf = buf, .cap = sizeof buf};
    uint64_t number, good = is_good(&rows[GET], key) ? 1 : 0;
    ck_assert_int_eq(mc_server_set(server, key, MC_BYTES("1"), 0), good ? MC_STORED : MC_E_KEY);
    ck_assert_int_eq(mc_server_get(server, key, &value), good ? MC_HIT : MC_E_KEY);
    ck_assert_int_eq(mc_server_touch(server, key, 0), good ? MC_TOUCHED : MC_E_KEY);
    ck_assert_int_eq(mc_server_incr(server, key, 2, &number), good ? MC_NUMBER : MC_E_KEY);
    ck_assert_int_eq(mc_server_delete(server, key), good ? MC_DELETED : MC_E_KEY);
    asked->set += good;
    asked->get += good;
    asked->touch += good;
    asked->incr += good;
    asked->del += good;
    tallies[ASKED] += 5;
}

static void ask_hostile(struct mc_server *server, struct asked *asked)
{
    static const char *const texts[] = {"a\r\nset b 0 0 1\r\nx\r\n",
                                        "a\r\nflush_all\r\n",
                                        "a\ndelete b\n",
                                        "a b",
                                        "a 0 0 1\r\nx\r\n",
                                        "\r\n",
                                        "a\r\nget a\r\nget a",
                                        "a\r\nincr a 1\r\n",
                                        "a\r\ntouch a 1\r\n",
                                        " ",
                                        "",
                                        "a\r\nmn"};
    char bytes[WORD_MAX];
    for (size_t k = 0; k < COUNT(texts); k++)
        ask(server, (struct mc_bytes){texts[k], strlen(texts[k])}, asked);
    for (size_t k = 0; k < (size_t)3 * 256; k++) {
        memset(bytes, 'k', sizeof bytes);
        bytes[k / 256] = (char)(k % 256);
        ask(server, (struct mc_bytes){bytes, 3}, asked);
    }
    for (size_t len = 248; len <= WORD_MAX; len++)
        ask(server, (struct mc_bytes){bytes, len}, asked);
}

START_TEST(counters)
{
    struct live live;
    struct mc_server server;
    struct asked asked = {0};
    char buf[2048];
    live_start(&live, LIVE_UNIX, "", NULL);
    ck_assert_int_eq(mc_server_init(&server, live.address, buf, sizeof buf), 0);
    server.timeout_ms = 60000;
    ask_hostile(&server, &asked);
    ck_assert_uint_eq(statistic(&server, "cmd_set"), asked.set);
    ck_assert_uint_eq(statistic(&server, "cmd_get"), asked.get);
    ck_assert_uint_eq(statistic(&server, "get_hits"), asked.get);
    ck_assert_uint_eq(statistic(&server, "cmd_touch"), asked.touch);
    ck_assert_uint_eq(statistic(&server, "incr_hits"), asked.incr);
    ck_assert_uint_eq(statistic(&server, "delete_hits"), asked.del);
    ck_assert_uint_eq(statistic(&server, "delete_misses"), 0);
    ck_assert_uint_eq(statistic(&server, "cmd_flush"), 0);
    ck_assert_uint_eq(statistic(&server, "curr_items"), 0);
    mc_server_close(&server);
    live_end(&live);
}
END_TEST

static void print_reached(void)
{
    char puts[TALLY_SIZE], refused[TALLY_SIZE], asked[TALLY_SIZE];
    printf("# reached: 1. nothing can be injected | every byte at every position of %s, %d words "
           "of commands; a real server's counters after %s hostile commands | %s puts, %s refused "
           "with 0 bytes, 0 injected\n",
           full ? "all lengths to 251 of each kind" : "few lengths to 251", CLIENT,
           tally_text(tallies[ASKED], asked), tally_text(tallies[PUTS], puts),
           tally_text(tallies[REFUSED], refused));
}

int main(int argc, char **argv)
{
    full = argc > 1 && strcmp(argv[1], "full") == 0;
    tallies = tally_new(TALLIES);
    const struct suite_test tests[] = {
        {words, CLIENT}, {client_words, CLIENT}, {client_keys, 1}, {numbers, 1}, {counters, 1}};
    int result = suite_run("injection", tests, COUNT(tests));
    if (result == 0)
        print_reached();
    return result;
}
