/* Commands to bytes: what each mc_put_ function writes, what it refuses, and that it writes a
 * command whole or not at all. */
#include "guard.h"
#include "proto.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { BIG = 8192 };

/* ---- a call of any put function, as a row of a table --------------------------------------- */

/* clang-format off */
enum put {
    GET, GETS, GAT, GATS, STORE, DELETE, INCR, DECR, TOUCH, /* these take a key */
    MG, MS, MD, MA, ME,                                     /* these too, and flags */
    MN, AUTH, STATS, VERSION, VERBOSITY, FLUSH_ALL, CACHE_MEMLIMIT, SHUTDOWN, QUIT,
    SLABS_REASSIGN, SLABS_AUTOMOVE, AUTOMOVE_RATIO, AUTOMOVE_WINDOW, AUTOMOVE_FREERATIO, EXTSTORE,
    REFRESH_CERTS, LRU_TUNE, LRU_MODE, LRU_TEMP_TTL,
    CRAWLER_ENABLE, CRAWLER_SLEEP, CRAWLER_TOCRAWL, CRAWLER_CRAWL, CRAWLER_METADUMP,
    CRAWLER_MGDUMP, WATCH, BASE64
};
/* clang-format on */

struct call {
    enum put put;
    const char *bytes;     /* what is written, or NULL */
    int refusal;           /* why nothing is */
    struct mc_bytes key;   /* or words, classes, user */
    struct mc_bytes other; /* a second key, or password */
    enum mc_store store;
    bool yes;            /* noreply, graceful, segmented, enable */
    int32_t time, time2; /* exptime, delay, slab classes */
    uint64_t number;     /* delta, size, cas unique, and all unsigned arguments */
    uint64_t bits;       /* client flags */
    bool large;          /* more than 32 of them */
    struct mc_flag flags[20];
    size_t count;
};

static int put_get(struct mc_out *out, const struct call *c)
{
    const struct mc_bytes keys[] = {c->key, c->other};
    size_t count = c->other.data != NULL ? 2 : 1;
    switch (c->put) {
    case GET: return mc_put_get(out, keys, count);
    case GETS: return mc_put_gets(out, keys, count);
    case GAT: return mc_put_gat(out, c->time, keys, count);
    default: return mc_put_gats(out, c->time, keys, count);
    }
}

static int put_store(struct mc_out *out, const struct call *c)
{
    const struct mc_item item = {.key = c->key,
                                 .value = c->other,
                                 .flags = c->bits,
                                 .exptime = c->time,
                                 .cas = c->number,
                                 .large_flags = c->large};
    return mc_put_store(out, c->store, &item, c->yes);
}

static int put_keyed(struct mc_out *out, const struct call *c)
{
    switch (c->put) {
    case STORE: return put_store(out, c);
    case DELETE: return mc_put_delete(out, c->key, c->yes);
    case INCR: return mc_put_incr(out, c->key, c->number, c->yes);
    case DECR: return mc_put_decr(out, c->key, c->number, c->yes);
    case TOUCH: return mc_put_touch(out, c->key, c->time, c->yes);
    case MG: return mc_put_mg(out, c->key, c->flags, c->count);
    case MS: return mc_put_ms(out, c->key, (size_t)c->number, c->flags, c->count);
    case MD: return mc_put_md(out, c->key, c->flags, c->count);
    case MA: return mc_put_ma(out, c->key, c->flags, c->count);
    case ME: return mc_put_me(out, c->key, c->flags, c->count);
    default: return put_get(out, c);
    }
}

static int put_lru(struct mc_out *out, const struct call *c)
{
    uint32_t number = (uint32_t)c->number;
    switch (c->put) {
    case LRU_TUNE:
        return mc_put_lru_tune(out, number, (uint32_t)c->bits, (uint32_t)c->time,
                               (uint32_t)c->time2);
    case LRU_MODE: return mc_put_lru_mode(out, c->yes);
    case LRU_TEMP_TTL: return mc_put_lru_temp_ttl(out, c->time);
    case CRAWLER_ENABLE: return mc_put_lru_crawler_enable(out, c->yes);
    case CRAWLER_SLEEP: return mc_put_lru_crawler_sleep(out, number);
    case CRAWLER_TOCRAWL: return mc_put_lru_crawler_tocrawl(out, number);
    case CRAWLER_CRAWL: return mc_put_lru_crawler_crawl(out, c->key);
    case CRAWLER_METADUMP: return mc_put_lru_crawler_metadump(out, c->key);
    case CRAWLER_MGDUMP: return mc_put_lru_crawler_mgdump(out, c->key);
    case WATCH: return mc_put_watch(out, c->key);
    default: return mc_put_base64(out, c->key);
    }
}

static int put_newer(struct mc_out *out, const struct call *c)
{
    uint32_t number = (uint32_t)c->number;
    switch (c->put) {
    case SLABS_AUTOMOVE: return mc_put_slabs_automove(out, number);
    case AUTOMOVE_RATIO: return mc_put_slabs_automove_ratio(out, number);
    case AUTOMOVE_WINDOW: return mc_put_slabs_automove_window(out, number);
    case AUTOMOVE_FREERATIO: return mc_put_slabs_automove_freeratio(out, number);
    case EXTSTORE: return mc_put_extstore(out, c->key);
    case REFRESH_CERTS: return mc_put_refresh_certs(out);
    default: return put_lru(out, c);
    }
}

static int put(struct mc_out *out, const struct call *c)
{
    uint32_t number = (uint32_t)c->number;
    if (c->put < MN)
        return put_keyed(out, c);
    switch (c->put) {
    case MN: return mc_put_mn(out);
    case AUTH: return mc_put_auth(out, c->key, c->other);
    case STATS: return mc_put_stats(out, c->key);
    case VERSION: return mc_put_version(out);
    case VERBOSITY: return mc_put_verbosity(out, number, c->yes);
    case FLUSH_ALL: return mc_put_flush_all(out, c->time, c->yes);
    case CACHE_MEMLIMIT: return mc_put_cache_memlimit(out, number, c->yes);
    case SHUTDOWN: return mc_put_shutdown(out, c->yes);
    case QUIT: return mc_put_quit(out);
    case SLABS_REASSIGN: return mc_put_slabs_reassign(out, c->time, c->time2);
    default: return put_newer(out, c);
    }
}

/* ---- the calls ----------------------------------------------------------------------------- */

static const struct call calls[] = {
    {GET, .bytes = "get a\r\n", .key = B("a")},
    {GET, .bytes = "get a b\r\n", .key = B("a"), .other = B("b")},
    {GETS, .bytes = "gets a b\r\n", .key = B("a"), .other = B("b")},
    {GAT, .bytes = "gat 0 a\r\n", .key = B("a")},
    {GAT, .bytes = "gat -2147483648 a b\r\n", .key = B("a"), .other = B("b"), .time = INT32_MIN},
    {GATS, .bytes = "gats 2147483647 a\r\n", .key = B("a"), .time = INT32_MAX},
    {GET, .bytes = "get \x80\xff!~\r\n", .key = B("\x80\xff!~")},
    {GET, .refusal = MC_E_KEY, .key = B("a"), .other = B("b c")},
    {GET, .refusal = MC_E_KEY, .key = B("a"), .other = B("")},

    {STORE, .bytes = "set a 0 0 5\r\n", .store = MC_SET, .key = B("a"), .other = B("hello")},
    {STORE, .bytes = "set a 0 0 0\r\n", .store = MC_SET, .key = B("a")},
    {STORE, .bytes = "add a 1 2 1 noreply\r\n", .store = MC_ADD, .key = B("a"), .other = B("x"),
     .bits = 1, .time = 2, .yes = true},
    {STORE, .bytes = "replace a 4294967295 -1 1\r\n", .store = MC_REPLACE, .key = B("a"),
     .other = B("x"), .bits = UINT32_MAX, .time = -1},
    {STORE, .refusal = MC_E_NUMBER, .store = MC_SET, .key = B("a"), .other = B("x"),
     .bits = (uint64_t)UINT32_MAX + 1},
    {STORE, .bytes = "set a 4294967296 0 1\r\n", .store = MC_SET, .key = B("a"), .other = B("x"),
     .bits = (uint64_t)UINT32_MAX + 1, .large = true},
    {STORE, .bytes = "cas a 18446744073709551615 0 1 7\r\n", .store = MC_CAS, .key = B("a"),
     .other = B("x"), .bits = UINT64_MAX, .number = 7, .large = true},
    {STORE, .bytes = "append a 0 2147483647 1\r\n", .store = MC_APPEND, .key = B("a"),
     .other = B("x"), .time = INT32_MAX},
    {STORE, .bytes = "prepend a 0 -2147483648 1\r\n", .store = MC_PREPEND, .key = B("a"),
     .other = B("x"), .time = INT32_MIN},
    {STORE, .bytes = "cas a 0 0 1 18446744073709551615\r\n", .store = MC_CAS, .key = B("a"),
     .other = B("x"), .number = UINT64_MAX},
    {STORE, .bytes = "cas a 0 0 1 0 noreply\r\n", .store = MC_CAS, .key = B("a"), .other = B("x"),
     .yes = true},
    {STORE, .bytes = "set a 0 0 1073741824\r\n", .key = B("a"), .other = {"", MC_VALUE_MAX}},
    {STORE, .refusal = MC_E_NUMBER, .key = B("a"), .other = {"", (size_t)MC_VALUE_MAX + 1}},
    {STORE, .refusal = MC_E_COMMAND, .key = B("a"), .store = (enum mc_store)(MC_CAS + 1)},

    {DELETE, .bytes = "delete a\r\n", .key = B("a")},
    {DELETE, .bytes = "delete a noreply\r\n", .key = B("a"), .yes = true},
    {INCR, .bytes = "incr a 0\r\n", .key = B("a")},
    {INCR, .bytes = "incr a 18446744073709551615 noreply\r\n", .key = B("a"), .number = UINT64_MAX,
     .yes = true},
    {DECR, .bytes = "decr a 10000000000000000000\r\n", .key = B("a"),
     .number = 10000000000000000000u},
    {DECR, .bytes = "decr a 9999999999 noreply\r\n", .key = B("a"), .number = 9999999999,
     .yes = true},
    {TOUCH, .bytes = "touch a 60\r\n", .key = B("a"), .time = 60},
    {TOUCH, .bytes = "touch a -1 noreply\r\n", .key = B("a"), .time = -1, .yes = true},

    {MG, .bytes = "mg a\r\n", .key = B("a")},
    {MS, .bytes = "ms a 0\r\n", .key = B("a")},
    {MS, .bytes = "ms a 1073741824\r\n", .key = B("a"), .number = MC_VALUE_MAX},
    {MS, .refusal = MC_E_NUMBER, .key = B("a"), .number = (uint64_t)MC_VALUE_MAX + 1},
    {MD, .bytes = "md a\r\n", .key = B("a")},
    {MA, .bytes = "ma a\r\n", .key = B("a")},
    {ME, .bytes = "me a\r\n", .key = B("a")},
    {MN, .bytes = "mn\r\n"},
    {MG, .bytes = "mg Zm9v b v\r\n", .key = B("foo"), .flags = {{.letter = 'b'}, {.letter = 'v'}},
     .count = 2},
    {MG, .bytes = "mg AA== v b\r\n", .key = B("\0"), .flags = {{.letter = 'v'}, {.letter = 'b'}},
     .count = 2},
    {ME, .bytes = "me IA== b\r\n", .key = B(" "), .flags = {{.letter = 'b'}}, .count = 1},
    {MG, .bytes = "mg a N-2147483648 R2147483647 T-1\r\n", .key = B("a"), .count = 3,
     .flags = {{.letter = 'N', .ttl = INT32_MIN},
               {.letter = 'R', .ttl = INT32_MAX},
               {.letter = 'T', .ttl = -1}}},
    {MS, .bytes = "ms a 5 F4294967295 C18446744073709551615 E0\r\n", .key = B("a"), .number = 5,
     .count = 3,
     .flags = {{.letter = 'F', .number = UINT32_MAX},
               {.letter = 'C', .number = UINT64_MAX},
               {.letter = 'E', .number = 0}}},
    {MS, .refusal = MC_E_NUMBER, .key = B("a"), .count = 1,
     .flags = {{.letter = 'F', .number = (uint64_t)UINT32_MAX + 1}}},
    {MS, .bytes = "ms a 5 F18446744073709551615\r\n", .key = B("a"), .number = 5, .count = 1,
     .flags = {{.letter = 'F', .number = UINT64_MAX, .large = true}}},
    {MA, .bytes = "ma a D18446744073709551615 J10 M-\r\n", .key = B("a"), .count = 3,
     .flags = {{.letter = 'D', .number = UINT64_MAX},
               {.letter = 'J', .number = 10},
               {.letter = 'M', .number = '-'}}},
    {MA, .bytes = "ma a J18446744073709551615\r\n", .key = B("a"), .count = 1,
     .flags = {{.letter = 'J', .number = UINT64_MAX}}},
    {MG, .refusal = MC_E_FLAG, .key = B("a"), .flags = {{.letter = 'v'}, {.letter = 'v'}},
     .count = 2},
    {MG, .refusal = MC_E_FLAG, .key = B("a"), .flags = {{.letter = '\0'}}, .count = 1},
    {ME, .refusal = MC_E_FLAG, .key = B("a"), .flags = {{.letter = 'M'}}, .count = 1},
    {MG, .refusal = MC_E_FLAG, .key = B("a"), .count = 3,
     .flags = {{.letter = 'T', .ttl = 1}, {.letter = 'v'}, {.letter = 'T', .ttl = 2}}},

    {AUTH, .bytes = "set auth 0 0 10\r\nann secret\r\n", .key = B("ann"), .other = B("secret")},
    {AUTH, .bytes = "set auth 0 0 7\r\na two w\r\n", .key = B("a"), .other = B("two w")},
    {AUTH, .refusal = MC_E_TOKEN, .key = B("an n"), .other = B("secret")},
    {AUTH, .refusal = MC_E_TOKEN, .key = B("ann\r"), .other = B("secret")},
    {AUTH, .refusal = MC_E_TOKEN, .key = B(""), .other = B("secret")},
    {AUTH, .refusal = MC_E_TOKEN, .key = B("ann"), .other = B("")},
    {AUTH, .refusal = MC_E_TOKEN, .key = B("ann"), .other = B("sec\nret")},

    {STATS, .bytes = "stats\r\n"},
    {STATS, .bytes = "stats items\r\n", .key = B("items")},
    {STATS, .bytes = "stats cachedump 1 100\r\n", .key = B("cachedump 1 100")},
    {STATS, .bytes = "stats x\r\n", .key = B("x")},
    {STATS, .refusal = MC_E_TOKEN, .key = B(" items")},
    {STATS, .refusal = MC_E_TOKEN, .key = B("items ")},
    {STATS, .refusal = MC_E_TOKEN, .key = B("cachedump  1")},
    {STATS, .refusal = MC_E_TOKEN, .key = B(" ")},
    {STATS, .refusal = MC_E_TOKEN, .key = B("items\r\nflush_all")},
    {VERSION, .bytes = "version\r\n"},
    {VERBOSITY, .bytes = "verbosity 0\r\n"},
    {VERBOSITY, .bytes = "verbosity 4294967295 noreply\r\n", .number = UINT32_MAX, .yes = true},
    {FLUSH_ALL, .bytes = "flush_all 0\r\n"},
    {FLUSH_ALL, .bytes = "flush_all 3600 noreply\r\n", .time = 3600, .yes = true},
    {FLUSH_ALL, .bytes = "flush_all -1\r\n", .time = -1},
    {CACHE_MEMLIMIT, .bytes = "cache_memlimit 100\r\n", .number = 100},
    {CACHE_MEMLIMIT, .bytes = "cache_memlimit 4294967295 noreply\r\n", .number = UINT32_MAX,
     .yes = true},
    {SHUTDOWN, .bytes = "shutdown\r\n"},
    {SHUTDOWN, .bytes = "shutdown graceful\r\n", .yes = true},
    {QUIT, .bytes = "quit\r\n"},
    {SLABS_REASSIGN, .bytes = "slabs reassign -1 2\r\n", .time = -1, .time2 = 2},
    {SLABS_REASSIGN, .bytes = "slabs reassign 2147483647 0\r\n", .time = INT32_MAX},
    {SLABS_REASSIGN, .refusal = MC_E_NUMBER, .time = -2, .time2 = 2},
    {SLABS_REASSIGN, .refusal = MC_E_NUMBER, .time = 1, .time2 = -1},
    {SLABS_AUTOMOVE, .bytes = "slabs automove 0\r\n"},
    {SLABS_AUTOMOVE, .bytes = "slabs automove 2\r\n", .number = 2},
    {SLABS_AUTOMOVE, .refusal = MC_E_NUMBER, .number = 3},
    {AUTOMOVE_RATIO, .bytes = "slabs automove ratio 0.800\r\n", .number = 800},
    {AUTOMOVE_WINDOW, .bytes = "slabs automove window 4294967295\r\n", .number = UINT32_MAX},
    {AUTOMOVE_FREERATIO, .bytes = "slabs automove freeratio 0.010\r\n", .number = 10},
    {EXTSTORE, .bytes = "extstore free_memchunks 1 2\r\n", .key = B("free_memchunks 1 2")},
    {EXTSTORE, .refusal = MC_E_TOKEN, .key = B("item_size\r\n")},
    {REFRESH_CERTS, .bytes = "refresh_certs\r\n"},
    {LRU_TUNE, .bytes = "lru tune 10 25 0.100 2.000\r\n", .number = 10, .bits = 25, .time = 100,
     .time2 = 2000},
    {LRU_TUNE, .bytes = "lru tune 100 0 0.000 4.999\r\n", .number = 100, .time2 = 4999},
    {LRU_TUNE, .bytes = "lru tune 0 100 0.001 12.345\r\n", .number = 0, .bits = 100, .time = 1,
     .time2 = 12345},
    {LRU_TUNE, .bytes = "lru tune 1 2 0.999 1.000\r\n", .number = 1, .bits = 2, .time = 999,
     .time2 = 1000},
    {LRU_TUNE, .bytes = "lru tune 1 2 2147483.647 1234.567\r\n", .number = 1, .bits = 2,
     .time = INT32_MAX, .time2 = 1234567},
    {LRU_TUNE, .refusal = MC_E_NUMBER, .number = 101, .bits = 25},
    {LRU_TUNE, .refusal = MC_E_NUMBER, .number = 10, .bits = 101},
    {LRU_MODE, .bytes = "lru mode flat\r\n"},
    {LRU_MODE, .bytes = "lru mode segmented\r\n", .yes = true},
    {LRU_TEMP_TTL, .bytes = "lru temp_ttl -1\r\n", .time = -1},
    {CRAWLER_ENABLE, .bytes = "lru_crawler enable\r\n", .yes = true},
    {CRAWLER_ENABLE, .bytes = "lru_crawler disable\r\n"},
    {CRAWLER_SLEEP, .bytes = "lru_crawler sleep 1000000\r\n", .number = 1000000},
    {CRAWLER_SLEEP, .bytes = "lru_crawler sleep 0\r\n"},
    {CRAWLER_SLEEP, .refusal = MC_E_NUMBER, .number = 1000001},
    {CRAWLER_TOCRAWL, .bytes = "lru_crawler tocrawl 4294967295\r\n", .number = UINT32_MAX},
    {CRAWLER_CRAWL, .bytes = "lru_crawler crawl 1,3,10\r\n", .key = B("1,3,10")},
    {CRAWLER_METADUMP, .bytes = "lru_crawler metadump all\r\n", .key = B("all")},
    {CRAWLER_MGDUMP, .bytes = "lru_crawler mgdump hash\r\n", .key = B("hash")},
    {CRAWLER_CRAWL, .refusal = MC_E_TOKEN, .key = B("")},
    {CRAWLER_CRAWL, .refusal = MC_E_TOKEN, .key = B("1 2")},
    {WATCH, .bytes = "watch\r\n"},
    {WATCH, .bytes = "watch fetchers mutations\r\n", .key = B("fetchers mutations")},
    {WATCH, .refusal = MC_E_TOKEN, .key = B("fetchers\r\n")},

    {BASE64, .bytes = ""},
    {BASE64, .bytes = "Zg==", .key = B("f")},
    {BASE64, .bytes = "Zm8=", .key = B("fo")},
    {BASE64, .bytes = "Zm9v", .key = B("foo")},
    {BASE64, .bytes = "Zm9vYg==", .key = B("foob")},
    {BASE64, .bytes = "Zm9vYmE=", .key = B("fooba")},
    {BASE64, .bytes = "Zm9vYmFy", .key = B("foobar")},
    {BASE64, .bytes = "+/8=", .key = B("\xfb\xff")},
};

/* ---- what holds for all of them ------------------------------------------------------------ */

static const char before[] = "mn\r\n";
enum { BEFORE = sizeof before - 1 };

static char *guard; /* after the buffer, of which nothing else may be touched */

/* Puts the call after `start` bytes of `before`, into a buffer of just `cap` bytes. */
static int put_into(const struct call *c, size_t start, size_t cap, struct mc_out *out)
{
    *out = (struct mc_out){guard - cap, cap, start};
    memcpy(out->data, before, start);
    int r = put(out, c);
    if (memcmp(out->data, before, start) != 0)
        ck_abort_msg("the bytes before %s were changed", c->bytes);
    return r;
}

static void check_written(const struct call *c, size_t start, size_t cap)
{
    struct mc_out out;
    size_t need = strlen(c->bytes);
    int r = put_into(c, start, cap, &out);
    if (r != 0 || out.len != start + need || memcmp(out.data + start, c->bytes, need) != 0)
        ck_abort_msg("result %d and %.*s instead of %s", r, (int)(out.len - start),
                     out.data + start, c->bytes);
}

static void check_refused(const struct call *c, int refusal, size_t start, size_t cap)
{
    struct mc_out out;
    int r = put_into(c, start, cap, &out);
    if (r != refusal || out.len != start)
        ck_abort_msg("result %d (not %d) and length %zu (not %zu) with %zu bytes for %s", r,
                     refusal, out.len, start, cap, c->bytes != NULL ? c->bytes : "a refusal");
}

START_TEST(writes_or_refuses)
{
    const struct call *c = &calls[_i];
    for (size_t start = 0; start <= BEFORE; start += BEFORE) {
        if (c->bytes == NULL)
            check_refused(c, c->refusal, start, BIG);
        else
            check_written(c, start, BIG);
    }
}
END_TEST

/* At every capacity from nothing to one byte too few, and at just enough. */
START_TEST(fits_or_is_full)
{
    const struct call *c = &calls[_i];
    size_t need = c->bytes != NULL ? strlen(c->bytes) : 0;
    for (size_t start = 0; c->bytes != NULL && start <= BEFORE; start += BEFORE) {
        for (size_t room = 0; room < need; room++)
            check_refused(c, MC_E_FULL, start, start + room);
        check_written(c, start, start + need);
    }
}
END_TEST

/* ---- keys and words ------------------------------------------------------------------------ */

static int put_behind(const struct call *c, size_t *added)
{
    struct mc_out out;
    int r = put_into(c, BEFORE, BIG, &out);
    *added = out.len - BEFORE;
    if (r != 0 && *added != 0)
        ck_abort_msg("%zu bytes were added to a command that was refused", *added);
    return r;
}

static bool is_forbidden(int c)
{
    return c <= 0x20 || c == 0x7f;
}

/* A function that takes a word, without what would make it another call. */
static const struct {
    enum put put;
    int refusal;
} takers[] = {
    {GET, MC_E_KEY},
    {GETS, MC_E_KEY},
    {GAT, MC_E_KEY},
    {GATS, MC_E_KEY},
    {STORE, MC_E_KEY},
    {DELETE, MC_E_KEY},
    {INCR, MC_E_KEY},
    {DECR, MC_E_KEY},
    {TOUCH, MC_E_KEY},
    {MG, MC_E_KEY},
    {MS, MC_E_KEY},
    {MD, MC_E_KEY},
    {MA, MC_E_KEY},
    {ME, MC_E_KEY},
    {AUTH, MC_E_TOKEN},
    {STATS, MC_E_TOKEN},
    {WATCH, MC_E_TOKEN},
    {CRAWLER_CRAWL, MC_E_TOKEN},
    {CRAWLER_METADUMP, MC_E_TOKEN},
    {CRAWLER_MGDUMP, MC_E_TOKEN},
};

static bool takes_words(enum put put)
{
    return put == STATS || put == WATCH;
}

static struct call taker(int index, const char *word, size_t len)
{
    return (struct call){.put = takers[index].put, .key = {word, len}, .other = B("x")};
}

/* Here `other` is a value or a password, and no second key. */
static struct call one_key(int index, const char *word, size_t len)
{
    struct call c = taker(index, word, len);
    if (c.put <= GATS)
        c.other = (struct mc_bytes){NULL, 0};
    return c;
}

START_TEST(every_byte_of_a_word)
{
    for (int byte = 0; byte < 256; byte++) {
        for (size_t place = 0; place < 3; place++) {
            char word[3] = "abc";
            size_t added;
            word[place] = (char)byte;
            struct call c = one_key(_i, word, sizeof word);
            bool separates = byte == ' ' && place == 1 && takes_words(c.put);
            int expected = is_forbidden(byte) && !separates ? takers[_i].refusal : 0;
            if (put_behind(&c, &added) != expected)
                ck_abort_msg("function %d, byte %d in place %zu", (int)c.put, byte, place);
        }
    }
}
END_TEST

/* Longer words are checked eight bytes at a time: each byte at each place, and two that must not be
 * there at once. */
START_TEST(every_byte_of_a_long_word)
{
    char word[19];
    size_t len = (size_t)_i, added;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t place = 0; place < len; place++) {
            struct call c = {.put = GET, .key = {word, len}};
            memset(word, 'w', sizeof word);
            word[place] = (char)byte;
            int expected = is_forbidden(byte) ? MC_E_KEY : 0;
            ck_assert_int_eq(put_behind(&c, &added), expected);
            word[(place + 1) % len] = '\x7f';
            ck_assert_int_eq(put_behind(&c, &added), MC_E_KEY);
            word[(place + 1) % len] = '\x1f';
            ck_assert_int_eq(put_behind(&c, &added), MC_E_KEY);
        }
    }
}
END_TEST

START_TEST(every_length_of_a_word)
{
    char word[MC_KEY_MAX + 2];
    memset(word, 'k', sizeof word);
    for (size_t len = 0; len <= sizeof word; len++) {
        size_t added;
        struct call c = one_key(_i, word, len);
        bool none = len == 0 && takes_words(c.put);
        int expected = (len < 1 || len > MC_KEY_MAX) && !none ? takers[_i].refusal : 0;
        if (put_behind(&c, &added) != expected)
            ck_abort_msg("function %d, length %zu", (int)c.put, len);
    }
}
END_TEST

/* A password is a word that may hold spaces. */
START_TEST(every_password)
{
    char word[MC_KEY_MAX + 2];
    size_t added;
    memset(word, 'p', sizeof word);
    for (size_t len = 0; len <= sizeof word; len++) {
        struct call c = {.put = AUTH, .key = B("ann"), .other = {word, len}};
        int expected = len < 1 || len > MC_KEY_MAX ? MC_E_TOKEN : 0;
        ck_assert_int_eq(put_behind(&c, &added), expected);
    }
    for (int byte = 0; byte < 256; byte++) {
        struct call c = {.put = AUTH, .key = B("ann"), .other = {word, 3}};
        word[1] = (char)byte;
        int expected = is_forbidden(byte) && byte != ' ' ? MC_E_TOKEN : 0;
        ck_assert_int_eq(put_behind(&c, &added), expected);
    }
}
END_TEST

/* A command of many words keeps to the limit of a request line. */
START_TEST(words_below_the_limit)
{
    char words[MC_REQUEST_MAX / 2 + 1];
    size_t added;
    for (size_t i = 0; i < sizeof words; i++)
        words[i] = i % 10 == 9 ? ' ' : 'w';
    words[MC_REQUEST_MAX / 2 - 1] = 'w';
    struct call c = {.put = _i == 0 ? STATS : WATCH, .key = {words, sizeof words - 1}};
    ck_assert_int_eq(put_behind(&c, &added), 0);
    c.key.len++;
    ck_assert_int_eq(put_behind(&c, &added), MC_E_TOKEN);
}
END_TEST

START_TEST(too_many_words)
{
    char words[4 * MC_REQUEST_MAX];
    for (size_t i = 0; i < sizeof words; i++)
        words[i] = i % 10 == 9 ? ' ' : 'w';
    for (size_t len = MC_REQUEST_MAX - 1; len < sizeof words; len += 10) {
        size_t added;
        struct call c = {.put = _i == 0 ? STATS : WATCH, .key = {words, len}};
        ck_assert_int_lt(put_behind(&c, &added), 0);
    }
}
END_TEST

/* ---- retrieval lines ----------------------------------------------------------------------- */

typedef int put_keys(struct mc_out *, const struct mc_bytes *, size_t);

static int put_gat(struct mc_out *out, const struct mc_bytes *keys, size_t count)
{
    return mc_put_gat(out, -2147483647, keys, count);
}

static int put_gats(struct mc_out *out, const struct mc_bytes *keys, size_t count)
{
    return mc_put_gats(out, 60, keys, count);
}

static const struct {
    put_keys *put;
    const char *head;
} retrievals[] = {
    {mc_put_get, "get"},
    {mc_put_gets, "gets"},
    {put_gat, "gat -2147483647"},
    {put_gats, "gats 60"},
};

/* The line of this many bytes, of the longest keys and a last one that makes up the length. */
static int put_line_of(int index, size_t length, struct mc_out *out)
{
    char key[MC_KEY_MAX];
    struct mc_bytes keys[16];
    size_t count = 0, left = length - strlen(retrievals[index].head) - 2;
    memset(key, 'k', sizeof key);
    for (; left > 0; count++) {
        size_t len = left - 1 < MC_KEY_MAX ? left - 1 : MC_KEY_MAX;
        if (left - 1 - len == 1) /* no key of no bytes at the end */
            len--;
        keys[count] = (struct mc_bytes){key, len};
        left -= 1 + len;
    }
    return retrievals[index].put(out, keys, count);
}

START_TEST(line_below_the_limit)
{
    static char data[BIG];
    for (size_t length = MC_REQUEST_MAX - 20; length < MC_REQUEST_MAX + 20; length++) {
        struct mc_out out = {data, sizeof data, BEFORE};
        int expected = length < MC_REQUEST_MAX ? 0 : MC_E_LONG;
        ck_assert_int_eq(put_line_of(_i, length, &out), expected);
        ck_assert_uint_eq(out.len, BEFORE + (expected == 0 ? length : 0));
    }
}
END_TEST

START_TEST(no_keys)
{
    char data[64];
    struct mc_out out = {data, sizeof data, 0};
    ck_assert_int_eq(retrievals[_i].put(&out, NULL, 0), MC_E_KEY);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

/* ---- meta flags ---------------------------------------------------------------------------- */

/* The table of proto.h. */
static const struct {
    enum put put;
    const char *head, *bare, *ttl, *number, *token, *modes;
} metas[] = {
    {MG, "mg a", "bcfhklqstuv", "NRT", "CE", "OPL", ""},
    {MS, "ms a 0", "bckqsI", "NT", "CEF", "OPL", "EAPRS"},
    {MD, "md a", "bkqxI", "T", "CE", "OPL", ""},
    {MA, "ma a", "bckqtv", "NT", "CDEJ", "OPL", "I+D-"},
    {ME, "me a", "b", "", "", "", ""},
};

static bool has(const char *letters, int letter)
{
    return letter != '\0' && strchr(letters, letter) != NULL;
}

/* What stands after the letter; NULL when the command does not take it. */
static const char *argument_of(int meta, int letter)
{
    static char mode[2];
    if (has(metas[meta].bare, letter))
        return "";
    if (has(metas[meta].ttl, letter))
        return "-5";
    if (has(metas[meta].number, letter))
        return "7";
    if (has(metas[meta].token, letter))
        return "tok";
    mode[0] = metas[meta].modes[0];
    return letter == 'M' && mode[0] != '\0' ? mode : NULL;
}

/* The line with this one flag; false when the command does not take it. */
static bool expect_flag(int meta, int letter, char *line, size_t cap)
{
    const char *head = letter == 'b' ? "?? YQ==" : metas[meta].head;
    const char *argument = argument_of(meta, letter);
    snprintf(line, cap, "%s%s %c%s\r\n", head, letter == 'b' && metas[meta].put == MS ? " 0" : "",
             letter, argument != NULL ? argument : "");
    memcpy(line, metas[meta].head, 2);
    return argument != NULL;
}

START_TEST(every_letter_of_a_flag)
{
    for (int letter = 0; letter < 256; letter++) {
        char line[64];
        struct call c = {.put = metas[_i].put, .key = B("a"), .bytes = line, .count = 1};
        c.flags[0] = (struct mc_flag){(char)letter, -5, 7, B("tok"), false};
        if (letter == 'M')
            c.flags[0].number = (uint64_t)metas[_i].modes[0];
        if (expect_flag(_i, letter, line, sizeof line))
            check_written(&c, BEFORE, BIG);
        else
            check_refused(&c, MC_E_FLAG, BEFORE, BIG);
    }
}
END_TEST

START_TEST(every_mode)
{
    for (uint64_t mode = 0; mode < 1024; mode++) {
        char line[64];
        struct call c = {.put = metas[_i].put, .key = B("a"), .bytes = line, .count = 1};
        c.flags[0] = (struct mc_flag){.letter = 'M', .number = mode};
        snprintf(line, sizeof line, "%s M%c\r\n", metas[_i].head, (int)(mode & 0x7f));
        if (mode < 0x80 && has(metas[_i].modes, (int)mode))
            check_written(&c, 0, BIG);
        else
            check_refused(&c, MC_E_FLAG, 0, BIG);
    }
}
END_TEST

/* A number that has a mode's letter in its low bits only is none. */
START_TEST(mode_of_many_bits)
{
    struct call c = {.put = MS, .key = B("a"), .count = 1};
    for (int bit = 8; bit < 64; bit++) {
        c.flags[0] = (struct mc_flag){.letter = 'M', .number = 'E' | UINT64_C(1) << bit};
        check_refused(&c, MC_E_FLAG, 0, BIG);
    }
}
END_TEST

/* All flags that a command takes, each once, as many as `count`. */
static struct call all_flags(int meta, size_t count)
{
    static const char letters[] = "bcfhklqstuvxIDJFNRTCEOPLM";
    struct call c = {.put = metas[meta].put, .key = B("a")};
    char line[64];
    for (size_t i = 0; letters[i] != '\0' && c.count < count; i++) {
        if (!expect_flag(meta, letters[i], line, sizeof line))
            continue;
        c.flags[c.count] = (struct mc_flag){letters[i], -5, 7, B("tok"), false};
        if (letters[i] == 'M')
            c.flags[c.count].number = (uint64_t)metas[meta].modes[0];
        c.count++;
    }
    return c;
}

START_TEST(all_flags_once)
{
    struct call c = all_flags(_i, MC_TOKENS_MAX - 2);
    size_t added;
    ck_assert_int_eq(put_behind(&c, &added), 0);
    for (size_t k = 0; k < c.count; k++) { /* and any of them twice */
        struct call twice = c;
        if (twice.count == MC_TOKENS_MAX - 2)
            twice.count--;
        twice.flags[twice.count] = c.flags[k < twice.count ? k : 0];
        twice.count++;
        ck_assert_int_eq(put_behind(&twice, &added), MC_E_FLAG);
    }
}
END_TEST

/* 20 words are the most: mg, its key and 18 of its 19 flags. */
START_TEST(too_many_flags)
{
    struct call c = all_flags(0, MC_TOKENS_MAX - 1);
    size_t added;
    ck_assert_uint_eq(c.count, MC_TOKENS_MAX - 1);
    ck_assert_int_eq(put_behind(&c, &added), MC_E_FLAG);
    c.count--;
    ck_assert_int_eq(put_behind(&c, &added), 0);
}
END_TEST

static const struct {
    char letter;
    size_t max;
} tokens[] = {{'O', MC_OPAQUE_MAX}, {'P', MC_KEY_MAX}, {'L', MC_KEY_MAX}};

/* Too many is said at once, and no larger buffer asked for. */
START_TEST(too_many_flags_in_no_room)
{
    size_t most = MC_TOKENS_MAX - (metas[_i].put == MS ? 3 : 2);
    struct call c = {.put = metas[_i].put, .key = B("a")};
    for (size_t k = 0; k <= most; k++)
        c.flags[k].letter = 'b';
    for (c.count = 0; c.count <= most + 1; c.count++)
        check_refused(&c, c.count <= most ? MC_E_FULL : MC_E_FLAG, 0, 0);
}
END_TEST

/* A buffer that claims to be fuller than it is has no room. */
START_TEST(fuller_than_full)
{
    char data[] = "mn\r\n";
    struct mc_out out = {data, 3, 4};
    ck_assert_int_eq(mc_put_mn(&out), MC_E_FULL);
    ck_assert_uint_eq(out.len, 4);
    ck_assert_str_eq(data, "mn\r\n");
}
END_TEST

/* Where there is no room for the name of a command, its keys are not looked at. */
START_TEST(bad_key_in_no_room)
{
    struct call c = {.put = (enum put)_i, .key = B("")};
    for (size_t room = 0; room < 3; room++)
        check_refused(&c, MC_E_FULL, 0, room);
    check_refused(&c, MC_E_KEY, 0, BIG);
}
END_TEST

START_TEST(every_length_of_a_flag_token)
{
    char word[MC_KEY_MAX + 1];
    memset(word, 't', sizeof word);
    for (size_t len = 0; len <= sizeof word; len++) {
        struct call c = {.put = MG, .key = B("a"), .count = 1};
        size_t added;
        c.flags[0] = (struct mc_flag){.letter = tokens[_i].letter, .token = {word, len}};
        int expected = len < 1 || len > tokens[_i].max ? MC_E_TOKEN : 0;
        ck_assert_int_eq(put_behind(&c, &added), expected);
        ck_assert_uint_eq(added, expected == 0 ? strlen("mg a O\r\n") + len : 0);
    }
}
END_TEST

START_TEST(every_byte_of_a_flag_token)
{
    for (int byte = 0; byte < 256; byte++) {
        char word[3] = {'a', (char)byte, 'c'};
        struct call c = {.put = MG, .key = B("a"), .count = 1};
        size_t added;
        c.flags[0] = (struct mc_flag){.letter = tokens[_i].letter, .token = {word, sizeof word}};
        ck_assert_int_eq(put_behind(&c, &added), is_forbidden(byte) ? MC_E_TOKEN : 0);
    }
}
END_TEST

/* ---- binary keys --------------------------------------------------------------------------- */

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Decodes up to a space, CR or =; the number of bytes. */
static size_t decode(const char *text, unsigned char *bytes)
{
    unsigned bits = 0;
    size_t held = 0, count = 0;
    for (; base64_digit(*text) >= 0; text++) {
        bits = bits << 6 | (unsigned)base64_digit(*text);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[count++] = (unsigned char)(bits >> held);
            bits &= (1u << held) - 1;
        }
    }
    ck_assert_uint_eq(bits, 0); /* RFC 4648: nothing in the bits that are left */
    return count;
}

/* No byte after those given is read. */
START_TEST(base64_of_the_last_bytes)
{
    char text[16] = "";
    for (size_t len = 1; len <= 6; len++) {
        struct mc_out out = {text, sizeof text, 0};
        memset(guard - len, 'b', len);
        ck_assert_int_eq(mc_put_base64(&out, (struct mc_bytes){guard - len, len}), 0);
        ck_assert_uint_eq(out.len, (len + 2) / 3 * 4);
    }
}
END_TEST

/* No flag after those given is looked at. */
START_TEST(last_flags)
{
    char text[64] = "";
    const struct mc_flag given[] = {{.letter = 'v'}, {.letter = 'k'}};
    for (size_t count = 0; count <= COUNT(given); count++) {
        char *flags = guard - count * sizeof given[0];
        struct mc_out out = {text, sizeof text, 0};
        memcpy(flags, given, count * sizeof given[0]);
        ck_assert_int_eq(mc_put_mg(&out, MC_BYTES("a"), (const void *)flags, count), 0);
        ck_assert_uint_eq(out.len, strlen("mg a\r\n") + 2 * count);
    }
}
END_TEST

/* A key of each length, and of all byte values. */
START_TEST(every_length_of_a_binary_key)
{
    unsigned char key[256], decoded[256];
    char line[512];
    size_t len = (size_t)_i, digits = (len + 2) / 3 * 4;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)(i * 7 + len);
    const struct mc_flag b = {.letter = 'b'};
    struct mc_out out = {line, sizeof line, 0};
    int r = mc_put_md(&out, (struct mc_bytes){(const char *)key, len}, &b, 1);
    if (len < 1 || len > MC_KEY_BINARY_MAX) {
        ck_assert_int_eq(r, MC_E_KEY);
        ck_assert_uint_eq(out.len, 0);
        return;
    }
    ck_assert_int_eq(r, 0);
    ck_assert_uint_eq(out.len, strlen("md ") + digits + strlen(" b\r\n"));
    ck_assert_mem_eq(line + 3 + digits, " b\r\n", 4);
    ck_assert_uint_eq(decode(line + 3, decoded), len);
    ck_assert_mem_eq(decoded, key, len);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {writes_or_refuses, COUNT(calls)},
        {fits_or_is_full, COUNT(calls)},
        {every_byte_of_a_word, COUNT(takers)},
        {every_byte_of_a_long_word, 20},
        {every_length_of_a_word, COUNT(takers)},
        {every_password, 1},
        {words_below_the_limit, 2},
        {too_many_words, 2},
        {line_below_the_limit, COUNT(retrievals)},
        {no_keys, COUNT(retrievals)},
        {every_letter_of_a_flag, COUNT(metas)},
        {every_mode, COUNT(metas)},
        {mode_of_many_bits, 1},
        {all_flags_once, COUNT(metas)},
        {too_many_flags, 1},
        {too_many_flags_in_no_room, COUNT(metas)},
        {fuller_than_full, 1},
        {bad_key_in_no_room, GATS + 1},
        {every_length_of_a_flag_token, COUNT(tokens)},
        {every_byte_of_a_flag_token, COUNT(tokens)},
        {base64_of_the_last_bytes, 1},
        {last_flags, 1},
        {every_length_of_a_binary_key, MC_KEY_BINARY_MAX + 3},
    };
    guard = guard_make(BIG);
    return suite_run("put", tests, COUNT(tests));
}
