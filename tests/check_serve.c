/* Tests the small memcached in memory: transcripts at several cuts, its memory, its clock, and clients
 * that do not take their answers. The argument is the folder of the transcripts. */
#include "served.h"
#include "suite.h"
#include "transcript.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOW = 1700000000,
    ROOM = 4096,
    NAMES_MAX = 32,
    FILES_MAX = 200,
    SMALL = 3 << 20,
    EVERY_CUT = 700, /* the first bytes of a request are all cut at, */
    LARGE = 100000,  /* but of one that is larger than this */
    LARGE_CUT = 40   /* only so many */
};

static const char *folder = "proto/transcripts";
static char *files[FILES_MAX];
static int file_count;

/* Gives it bytes whole, and compares all that it says. */
static void expect(struct served *s, int client, const char *sent, const char *said)
{
    text_clear(&s->said[client]);
    served_feed(s, client, mc_string(sent), SIZE_MAX, ROOM);
    ck_assert_str_eq(text_string(&s->said[client]), said);
}

/* ---- transcripts --------------------------------------------------------------------------- */

struct play {
    struct served served;
    size_t cut; /* the first piece of what is sent; 0: like the others */
    size_t piece, room;
    struct {
        const char *name;
        char bytes[32];
    } bindings[NAMES_MAX];
    size_t count;
};

static const char *find_bound(const struct play *play, const char *name)
{
    for (size_t k = play->count; k > 0; k--) {
        if (name[0] != '\0' && strcmp(play->bindings[k - 1].name, name) == 0)
            return play->bindings[k - 1].bytes;
    }
    return NULL;
}

static void play_sent(struct play *play, const struct transcript_step *step)
{
    struct text bytes = {0};
    for (size_t k = 0; k < step->count; k++) {
        const struct transcript_piece *piece = &step->pieces[k];
        const char *bound = piece->varies ? find_bound(play, piece->name) : NULL;
        text_add(&bytes, bound != NULL ? bound : piece->bytes.data,
                 bound != NULL ? strlen(bound) : piece->bytes.len);
    }
    size_t cut = play->cut < bytes.len ? play->cut : bytes.len;
    const struct mc_bytes first = {bytes.data, cut}, rest = {bytes.data + cut, bytes.len - cut};
    served_feed(&play->served, step->connection, first, SIZE_MAX, play->room);
    served_feed(&play->served, step->connection, rest, play->piece, play->room);
    text_free(&bytes);
}

/* The bytes of the step at the front of what was said: how many, or 0 for others. */
static size_t match_step(struct play *play, const struct transcript_step *step,
                         const struct text *said)
{
    size_t at = 0;
    for (size_t k = 0; k < step->count; k++) {
        const struct transcript_piece *piece = &step->pieces[k];
        size_t n = piece->bytes.len;
        if (piece->varies)
            n = strcspn(said->data + at, " \r\n");
        else if (said->len - at < n || memcmp(said->data + at, piece->bytes.data, n) != 0)
            return 0;
        if (piece->varies && piece->name[0] != '\0') {
            ck_assert(n > 0 && n < sizeof play->bindings[0].bytes && play->count < NAMES_MAX);
            play->bindings[play->count].name = piece->name;
            memcpy(play->bindings[play->count].bytes, said->data + at, n);
            play->bindings[play->count++].bytes[n] = '\0';
        }
        at += n;
    }
    return at;
}

static void play_said(struct play *play, const struct transcript *t,
                      const struct transcript_step *step)
{
    struct text *said = &play->served.said[step->connection];
    bool many = step->kind == TRANSCRIPT_MANY;
    size_t n;
    do {
        text_add(said, "", 0);
        n = match_step(play, step, said);
        if (n == 0 && !many)
            ck_abort_msg("%s:%d, piece %zu: %.300s", t->path, step->line, play->piece, said->data);
        memmove(said->data, said->data + n, said->len - n + 1);
        said->len -= n;
    } while (many && n > 0);
}

/* The size of the longest request. */
static size_t longest_request(const struct transcript *t)
{
    size_t most = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct text bytes = {0};
        if (t->steps[i].kind == TRANSCRIPT_SENT)
            transcript_bytes(&t->steps[i], &bytes);
        most = bytes.len > most ? bytes.len : most;
        text_free(&bytes);
    }
    return most;
}

/* The number after an option of memcached's, or 0. */
static size_t option_number(const char *options, const char *option)
{
    const char *at = strstr(options, option);
    return at == NULL ? 0 : strtoul(at + strlen(option), NULL, 10);
}

static bool has_option(const char *options, const char *option)
{
    return strstr(options, option) != NULL;
}

/* Starts it with the options that the transcript names, in memory of the size that may be needed. */
static void start_as_told(struct served *served, const struct transcript *t)
{
    size_t limit = option_number(t->options, "-m ") << 20, size = limit;
    if (strstr(t->path, "cache-memlimit") != NULL)
        size = 32 << 20;
    served_start(served, size > SERVED_SIZE ? size : SERVED_SIZE, NOW);
    struct mc_serve *serve = &served->serve;
    if (limit > 0)
        ck_assert(mc_serve_limit(serve, limit));
    serve->users = mc_string(t->users);
    serve->cache.keeps_all = has_option(t->options, "-M");
    serve->options = (struct mc_serve_options){
        .most_connections = (uint32_t)option_number(t->options, "-c "),
        .can_shut_down = has_option(t->options, "-A"),
        .no_flush = has_option(t->options, "-F"),
        .no_dumps = has_option(t->options, "-X"),
        .no_watch = has_option(t->options, "-W"),
        .keeps_slabs = has_option(t->options, "no_slab_reassign"),
        .crawls = !has_option(t->options, "no_lru_crawler"),
        .maintains = !has_option(t->options, "no_lru_maintainer"),
        .tracks_sizes = has_option(t->options, "track_sizes"),
    };
}

static void play_transcript(const struct transcript *t, size_t cut, size_t piece, size_t room)
{
    struct play play = {.cut = cut, .piece = piece, .room = room};
    start_as_told(&play.served, t);
    for (size_t i = 0; i < t->count; i++) {
        const struct transcript_step *step = &t->steps[i];
        if (step->kind == TRANSCRIPT_SENT)
            play_sent(&play, step);
        else if (step->kind == TRANSCRIPT_SAID || step->kind == TRANSCRIPT_MANY)
            play_said(&play, t, step);
        else if (step->kind == TRANSCRIPT_CLOSED)
            ck_assert_msg(play.served.closed[step->connection], "%s:%d", t->path, step->line);
    }
    for (int i = 0; i < SERVED_CLIENTS; i++)
        ck_assert_msg(play.served.said[i].len == 0, "%s: more was said", t->path);
    served_end(&play.served);
}

/* In pieces, and with little room for answers. */
static void play_in_pieces(const struct transcript *t)
{
    static const size_t cuts[][2] = {{SIZE_MAX, ROOM}, {1, ROOM}, {7, 5}, {100, 1}, {SIZE_MAX, 1}};
    bool large = longest_request(t) > LARGE;
    for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
        bool slow = cuts[k][0] == 1 || cuts[k][0] == 7;
        if (!(large && slow))
            play_transcript(t, 0, cuts[k][0], cuts[k][1]);
    }
}

/* Each request is cut at each of its bytes, in two. */
static void play_every_cut(const struct transcript *t)
{
    size_t most = longest_request(t), all = most > LARGE ? LARGE_CUT : EVERY_CUT;
    for (size_t cut = 1; cut < most; cut += cut < all ? 1 : 1 + most / 16)
        play_transcript(t, cut, SIZE_MAX, ROOM);
}

START_TEST(answers_the_transcript)
{
    struct transcript t;
    unsigned version = 1006018; /* 1.6.18 */
    ck_assert_msg(transcript_load(&t, files[_i]), "%s", text_string(&t.problem));
    if (t.live && t.first <= version && version <= t.last) {
        play_in_pieces(&t);
        play_every_cut(&t);
    }
    transcript_free(&t);
}
END_TEST

/* ---- the clock ----------------------------------------------------------------------------- */

START_TEST(items_expire_by_the_given_clock)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 0, "set a 0 10 1\r\nx\r\nset b 0 1700000020 1\r\ny\r\n", "STORED\r\nSTORED\r\n");
    mc_serve_clock(&s.serve, NOW + 9);
    expect(&s, 0, "mg a t\r\nmg b t\r\n", "HD t1\r\nHD t11\r\n");
    mc_serve_clock(&s.serve, NOW + 10);
    expect(&s, 0, "get a b\r\n", "VALUE b 0 1\r\ny\r\nEND\r\n");
    expect(&s, 0, "touch b 100\r\n", "TOUCHED\r\n");
    mc_serve_clock(&s.serve, NOW + 109);
    expect(&s, 0, "get b\r\n", "VALUE b 0 1\r\ny\r\nEND\r\n");
    mc_serve_clock(&s.serve, NOW + 110);
    expect(&s, 0, "get b\r\n", "END\r\n");
    served_end(&s);
}
END_TEST

START_TEST(flush_all_waits_for_its_time)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 0, "set a 0 0 1\r\nx\r\nflush_all 5\r\n", "STORED\r\nOK\r\n");
    mc_serve_clock(&s.serve, NOW + 3);
    expect(&s, 0, "get a\r\nset a 0 0 1\r\ny\r\n", "VALUE a 0 1\r\nx\r\nEND\r\nSTORED\r\n");
    mc_serve_clock(&s.serve, NOW + 5);
    expect(&s, 0, "get a\r\nset b 0 0 1\r\nz\r\n", "END\r\nSTORED\r\n");
    mc_serve_clock(&s.serve, NOW + 50);
    expect(&s, 0, "get b\r\nflush_all\r\nflush_all 60\r\nget b\r\n",
           "VALUE b 0 1\r\nz\r\nEND\r\nOK\r\nOK\r\nEND\r\n");
    served_end(&s);
}
END_TEST

START_TEST(time_since_the_last_access)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 0, "set a 0 0 1\r\nx\r\n", "STORED\r\n");
    mc_serve_clock(&s.serve, NOW + 60);
    expect(&s, 0, "mg a l h\r\nmg a l h\r\n", "HD l60 h0\r\nHD l60 h1\r\n");
    mc_serve_clock(&s.serve, NOW + 61);
    expect(&s, 0, "mg a l h\r\nmg a l h\r\n", "HD l61 h1\r\nHD l0 h1\r\n");
    served_end(&s);
}
END_TEST

/* ---- memory -------------------------------------------------------------------------------- */

static void store(struct served *s, int client, unsigned key, size_t size)
{
    struct text line = {0};
    text_print(&line, "set key%u 0 0 %zu\r\n", key, size);
    while (size-- > 0)
        text_add(&line, "v", 1);
    text_add_string(&line, "\r\n");
    expect(s, client, line.data, "STORED\r\n");
    text_free(&line);
}

static bool has(struct served *s, unsigned key)
{
    char line[40];
    snprintf(line, sizeof line, "mg key%u u\r\n", key);
    text_clear(&s->said[9]);
    served_feed(s, 9, mc_string(line), SIZE_MAX, ROOM);
    return strcmp(text_string(&s->said[9]), "HD\r\n") == 0;
}

START_TEST(least_recently_used_go_first)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    for (unsigned k = 0; s.serve.cache.evicted == 0; k++) {
        store(&s, 0, k, 1000);
        expect(&s, 1, "mg key0\r\n", "HD\r\n");
    }
    ck_assert(has(&s, 0));
    ck_assert(!has(&s, 1));
    ck_assert(has(&s, 2));
    ck_assert_uint_eq(s.serve.cache.evicted, 1);
    ck_assert_uint_gt(s.serve.cache.items, 2000);
    served_end(&s);
}
END_TEST

static void get_value(struct served *s, unsigned key, const char *value)
{
    struct text line = {0}, wanted = {0};
    text_print(&line, "get k%u\r\n", key);
    text_print(&wanted, "VALUE k%u 0 %zu\r\n", key, strlen(value));
    text_add_string(&wanted, value);
    text_add_string(&wanted, "\r\nEND\r\n");
    expect(s, 0, line.data, wanted.data);
    text_free(&line);
    text_free(&wanted);
}

/* An item is a chain of slots: none lacks one, whatever the size. */
START_TEST(values_of_every_size)
{
    enum { SIZES = 700 };
    static char value[SIZES + 1];
    struct served s;
    served_start(&s, SMALL, NOW);
    for (unsigned size = 0; size <= SIZES; size++) {
        struct text line = {0};
        memset(value, 'a' + (int)(size % 26), size);
        text_print(&line, "set k%u 0 0 %u\r\n%s\r\n", size, size, value);
        expect(&s, 0, line.data, "STORED\r\n");
        text_free(&line);
    }
    for (unsigned size = 0; size <= SIZES; size++) {
        memset(value, 'a' + (int)(size % 26), size);
        value[size] = '\0';
        get_value(&s, size, value);
    }
    served_end(&s);
}
END_TEST

START_TEST(memory_comes_back)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    uint32_t unused = s.serve.cache.unused_count;
    for (unsigned k = 0; k < 3000; k++)
        store(&s, 0, k % 700, 1 + k * 37 % 9000);
    expect(&s, 0, "append key1 0 0 3\r\nabc\r\nincr key1 1 noreply\r\nset n 0 0 1\r\n9\r\n",
           "STORED\r\nSTORED\r\n");
    expect(&s, 0, "incr n 1\r\nma m N0 J5 v\r\nmg o N0\r\n", "10\r\nVA 1\r\n5\r\nHD W\r\n");
    expect(&s, 0, "flush_all\r\nflush_all\r\n", "OK\r\nOK\r\n");
    ck_assert_uint_eq(s.serve.cache.items, 0);
    ck_assert_uint_eq(s.serve.cache.bytes, 0);
    ck_assert_uint_eq(s.serve.cache.unused_count, unused);
    served_end(&s);
}
END_TEST

/* What clients hold cannot go; when they leave, it comes back. */
START_TEST(held_memory_is_not_evicted)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    uint32_t unused = s.serve.cache.unused_count;
    for (int client = 0; client < 2; client++)
        expect(&s, client, "set a 0 0 1000000\r\nabc", "");
    expect(&s, 2, "set b 0 0 1000000\r\n", "SERVER_ERROR Out of memory during read\r\n");
    for (int client = 0; client < 3; client++)
        served_again(&s, client);
    ck_assert_uint_eq(s.serve.cache.unused_count, unused);
    served_end(&s);
}
END_TEST

/* While a client stores or is sent an item, others that are older and newer go, and it stays. */
START_TEST(an_item_in_use_outlives_others)
{
    struct served s;
    struct mc_bytes in = MC_BYTES("get key0\r\n");
    char out[100];
    struct mc_out space = {out, sizeof out, 0};
    served_start(&s, SMALL, NOW);
    store(&s, 0, 0, 20000);
    ck_assert_int_eq(mc_serve_input(&s.serve, &s.clients[1], &in, &space), MC_E_FULL);
    for (unsigned k = 1; k < 400; k++)
        store(&s, 0, k, 20000);
    ck_assert_uint_gt(s.serve.cache.evicted, 200);
    ck_assert(has(&s, 0));
    served_feed(&s, 1, in, SIZE_MAX, ROOM);
    ck_assert_uint_eq(s.said[1].len + sizeof out,
                      strlen("VALUE key0 0 20000\r\n\r\nEND\r\n") + 20000);
    served_end(&s);
}
END_TEST

/* All keys in one bucket, or nearly so: only the last byte, or the last slot's, differs. */
START_TEST(keys_that_are_nearly_the_same)
{
    struct served s;
    char line[300], key[MC_KEY_MAX + 1] = {0};
    served_start(&s, SMALL, NOW);
    memset(key, 'k', MC_KEY_MAX);
    s.serve.cache.bucket_count = 1;
    for (int c = 'a'; c <= 'z'; c++) {
        key[MC_KEY_MAX - 1] = (char)c;
        snprintf(line, sizeof line, "set %s 0 0 1\r\n%c\r\n", key, c);
        expect(&s, 0, line, "STORED\r\n");
        snprintf(line, sizeof line, "set %c 0 0 1\r\n%c\r\n", c, c);
        expect(&s, 0, line, "STORED\r\n");
    }
    ck_assert_uint_eq(s.serve.cache.items, 52);
    key[MC_KEY_MAX - 1] = 'a';
    snprintf(line, sizeof line, "mg %s v\r\nmg b v\r\n", key);
    expect(&s, 0, line, "VA 1\r\na\r\nVA 1\r\nb\r\n");
    served_end(&s);
}
END_TEST

/* A stale item that is to be written by one client stays so when an older value comes; once it is
 * made stale again, another is to write it. */
START_TEST(an_older_value_leaves_the_winner)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 0, "ms k 1 c\r\na\r\n", "HD c1\r\n");
    expect(&s, 0, "md k I\r\nmg k c v\r\n", "HD\r\nVA 1 c2 X W\r\na\r\n");
    expect(&s, 0, "ms k 1 I C1\r\nb\r\nmg k v\r\n", "HD\r\nVA 1 Z X\r\nb\r\n");
    expect(&s, 0, "md k I\r\nmg k\r\nmg k\r\n", "HD\r\nHD X W\r\nHD Z X\r\n");
    served_end(&s);
}
END_TEST

START_TEST(too_little_memory)
{
    struct mc_serve serve;
    void *block = suite_allocate(1 << 20);
    ck_assert(!mc_serve_init(&serve, block, 1 << 20, NOW));
    free(block);
}
END_TEST

/* ---- clients ------------------------------------------------------------------------------- */

/* Its answer waits; meanwhile others change the item, and it still gets the old value. */
START_TEST(a_client_that_does_not_read)
{
    static const char sent[] = "get key1\r\nget key1\r\n";
    struct served s;
    char out[100];
    struct mc_bytes in = mc_string(sent);
    struct mc_out space = {out, sizeof out, 0};
    served_start(&s, SMALL, NOW);
    uint32_t unused = s.serve.cache.unused_count;
    store(&s, 1, 1, 100000);
    ck_assert_int_eq(mc_serve_input(&s.serve, &s.clients[0], &in, &space), MC_E_FULL);
    ck_assert_uint_eq(space.len, sizeof out);
    ck_assert_int_eq(mc_serve_input(&s.serve, &s.clients[0], &in, &space), MC_E_FULL);
    for (int round = 0; round < 100; round++)
        expect(&s, 1, "set key1 0 0 2\r\nhi\r\nget key1\r\n",
               "STORED\r\nVALUE key1 0 2\r\nhi\r\nEND\r\n");
    served_feed(&s, 0, in, SIZE_MAX, ROOM);
    ck_assert_uint_eq(s.said[0].len + sizeof out,
                      strlen("VALUE key1 0 100000\r\n") + 100000 +
                          strlen("\r\nEND\r\nVALUE key1 0 2\r\nhi\r\nEND\r\n"));
    ck_assert_ptr_nonnull(strstr(s.said[0].data, "v\r\nEND\r\nVALUE key1 0 2\r\nhi\r\nEND\r\n"));
    expect(&s, 1, "delete key1\r\n", "DELETED\r\n");
    ck_assert_uint_eq(s.serve.cache.unused_count, unused);
    served_end(&s);
}
END_TEST

START_TEST(leaving_with_an_answer)
{
    struct served s;
    char out[10];
    struct mc_bytes in = MC_BYTES("get key1\r\n");
    struct mc_out space = {out, sizeof out, 0};
    served_start(&s, SMALL, NOW);
    uint32_t unused = s.serve.cache.unused_count;
    store(&s, 1, 1, 5000);
    ck_assert_int_eq(mc_serve_input(&s.serve, &s.clients[0], &in, &space), MC_E_FULL);
    expect(&s, 1, "delete key1\r\n", "DELETED\r\n");
    ck_assert_uint_lt(s.serve.cache.unused_count, unused);
    served_again(&s, 0);
    ck_assert_uint_eq(s.serve.cache.unused_count, unused);
    served_end(&s);
}
END_TEST

/* While an answer with the item is being sent, a number is not written over it. */
START_TEST(numbers_that_are_being_sent)
{
    struct served s;
    char out[4];
    struct mc_bytes in = MC_BYTES("get n\r\n");
    struct mc_out space = {out, sizeof out, 0};
    served_start(&s, SMALL, NOW);
    expect(&s, 1, "set n 0 0 2\r\n10\r\n", "STORED\r\n");
    ck_assert_int_eq(mc_serve_input(&s.serve, &s.clients[0], &in, &space), MC_E_FULL);
    expect(&s, 1, "decr n 1\r\nget n\r\n", "9\r\nVALUE n 0 1\r\n9\r\nEND\r\n");
    served_feed(&s, 0, MC_BYTES("\r\nmn\r\n"), SIZE_MAX, ROOM);
    ck_assert_str_eq(text_string(&s.said[0]), "E n 0 2\r\n10\r\nEND\r\nMN\r\n");
    served_end(&s);
}
END_TEST

/* memcached keeps an item of more than half a megabyte in pieces, and does not count with it. */
START_TEST(large_values_are_no_numbers)
{
    enum { LARGEST = 524288 - 60 };
    char *value = suite_allocate(LARGEST + 4);
    struct served s;
    served_start(&s, SMALL, NOW);
    memset(value, ' ', LARGEST + 4);
    value[0] = '1';
    memcpy(value + LARGEST, "\r\n", 3);
    expect(&s, 0, "set n 0 0 524228\r\n", "");
    expect(&s, 0, value, "STORED\r\n");
    expect(&s, 0, "ma n v\r\nma n C1\r\n", "VA 1\r\n2\r\nEX\r\n");
    memcpy(value + LARGEST, " \r\n", 4);
    expect(&s, 0, "set n 0 0 524229\r\n", "");
    expect(&s, 0, value, "STORED\r\n");
    expect(&s, 0, "ma n C1\r\n",
           "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n");
    free(value);
    served_end(&s);
}
END_TEST

START_TEST(fetched_or_not)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 0, "ms k 1\r\na\r\nmg k u\r\nmg k h\r\n", "HD\r\nHD\r\nHD h0\r\n");
    expect(&s, 0, "mg k\r\nmg k h\r\n", "HD\r\nHD h1\r\n");
    expect(&s, 0, "ma k MM\r\n", "CLIENT_ERROR invalid mode for ma M token\r\n");
    served_end(&s);
}
END_TEST

/* What me says of a value of so many bytes: its class changes with the size of the item. */
static void expect_class(struct served *s, size_t size, const char *said)
{
    struct text line = {0};
    text_print(&line, "set k 0 0 %zu\r\n%*s\r\nme k\r\n", size, (int)size, "");
    text_clear(&s->said[0]);
    served_feed(s, 0, mc_string(line.data), SIZE_MAX, ROOM);
    ck_assert_msg(strstr(text_string(&s->said[0]), said) != NULL, "%s", s->said[0].data);
    text_free(&line);
}

START_TEST(classes_of_sizes)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect_class(&s, 36, " cls=1 size=96\r\n");
    expect_class(&s, 37, " cls=2 size=97\r\n");
    expect_class(&s, 60, " cls=2 size=120\r\n");
    expect_class(&s, 61, " cls=3 size=121\r\n");
    expect_class(&s, 92, " cls=3 size=152\r\n");
    expect_class(&s, 93, " cls=4 size=153\r\n");
    served_end(&s);
}
END_TEST

/* Stores a small item and then a large one with these flags; is that refused, the small one is gone. */
static void store_large(struct served *s, size_t size, const char *flags, bool fits)
{
    char line[80];
    char *value = suite_allocate(size + 3);
    memset(value, 'v', size);
    memcpy(value + size, "\r\n", 3);
    snprintf(line, sizeof line, "ms k 1\r\na\r\nms k %zu%s\r\n", size, flags);
    expect(s, 0, line, fits ? "HD\r\n" : "HD\r\nSERVER_ERROR object too large for cache\r\n");
    expect(s, 0, value, fits ? "HD\r\n" : "");
    expect(s, 0, "mg k\r\n", fits ? "HD\r\n" : "EN\r\n");
    free(value);
}

START_TEST(largest_values_of_ms)
{
    struct served s;
    served_start(&s, SERVED_SIZE, NOW);
    store_large(&s, 1048516, "", true);
    store_large(&s, 1048517, "", false);
    store_large(&s, 1048512, " F1", true);
    store_large(&s, 1048513, " F1", false);
    served_end(&s);
}
END_TEST

START_TEST(lines_without_end)
{
    struct served s;
    struct text line = {0};
    served_start(&s, SMALL, NOW);
    text_add_string(&line, "get");
    for (int k = 0; k < 3000; k++)
        text_add_string(&line, " k");
    expect(&s, 0, line.data, "");
    ck_assert(!s.closed[0]);
    expect(&s, 0, "\r\n", "END\r\n");
    line.data[0] = 's';
    expect(&s, 1, line.data, "");
    ck_assert(s.closed[1]);
    expect(&s, 2, "\x80", "");
    expect(&s, 2, "\r\n", "");
    ck_assert(s.closed[2]);
    text_free(&line);
    served_end(&s);
}
END_TEST

START_TEST(who_may_come)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    s.serve.users = MC_BYTES("bob:b:c\nann:secret");
    expect(&s, 0, "set k 0 0 7\r\nbob b:c\r\nget k\r\n", "STORED\r\nEND\r\n");
    expect(&s, 1, "set k 0 0 10\r\nann secret\r\nset k 0 0 1\r\nx\r\n", "STORED\r\nSTORED\r\n");
    expect(&s, 2, "get k k\r\nmn\r\nset k 0 0\r\n",
           "CLIENT_ERROR unauthenticated\r\n"
           "CLIENT_ERROR unauthenticated\r\nCLIENT_ERROR unauthenticated\r\n");
    expect(&s, 2, "set k 0 0 3\r\nann\r\n", "CLIENT_ERROR bad authentication token format\r\n");
    expect(&s, 2, "set k 0 0 9 noreply\r\nann secre\r\n",
           "CLIENT_ERROR authentication failure\r\n");
    expect(&s, 2, "set k 0 0 5\r\nbob b\r\n", "CLIENT_ERROR authentication failure\r\n");
    expect(&s, 2, "set k 0 0 1\r\nx\r\n", "CLIENT_ERROR bad authentication token format\r\n");
    char *value = suite_allocate(5003);
    memset(value, 'a', 5003);
    memcpy(value + 5000, "\r\n", 3);
    expect(&s, 2, "set k 0 0 5000\r\n", "");
    expect(&s, 2, value, "CLIENT_ERROR bad authentication token format\r\n");
    value[5000] = '\0';
    expect(&s, 2, value, "");
    ck_assert(s.closed[2]);
    free(value);
    served_end(&s);
}
END_TEST

START_TEST(says_what_it_is)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 0, "version\r\n", "VERSION 1.6.18-mcwire\r\n");
    mc_serve_clock(&s.serve, NOW + 7);
    served_feed(&s, 1, MC_BYTES("get a\r\nset a 0 0 1\r\nx\r\ngat 0 a\r\nstats\r\n"), 3, 50);
    const char *said = text_string(&s.said[1]);
    ck_assert_ptr_nonnull(strstr(said, "STAT about mcwire-serve,for-learning-and-tests\r\n"));
    ck_assert_ptr_nonnull(strstr(said, "STAT uptime 7\r\nSTAT time 1700000007\r\n"));
    ck_assert_ptr_nonnull(strstr(said, "STAT cmd_get 2\r\nSTAT cmd_set 1\r\n"));
    ck_assert_ptr_nonnull(strstr(said, "STAT get_hits 1\r\nSTAT get_misses 1\r\n"));
    ck_assert_ptr_nonnull(strstr(said, "STAT curr_items 1\r\n"));
    ck_assert_ptr_nonnull(strstr(said, "STAT limit_maxbytes 3145728\r\nEND\r\n"));
    served_end(&s);
}
END_TEST

/* ---- for those who run a server ------------------------------------------------------------ */

START_TEST(the_limit_is_kept)
{
    struct served s;
    served_start(&s, 20 << 20, NOW);
    ck_assert(!mc_serve_limit(&s.serve, (20 << 20) + 200));
    ck_assert(mc_serve_limit(&s.serve, 8 << 20));
    for (unsigned k = 0; s.serve.cache.evicted == 0; k++)
        store(&s, 0, k, 1000);
    uint64_t few = s.serve.cache.items;
    ck_assert(few * 1000 > 6 << 20 && few * 1000 < 8 << 20);
    expect(&s, 0, "cache_memlimit 16\r\ncache_memlimit 21\r\ncache_memlimit 7\r\n",
           "OK\r\nMEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n"
           "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\n");
    served_feed(&s, 1, MC_BYTES("stats settings\r\n"), SIZE_MAX, ROOM);
    ck_assert_ptr_nonnull(strstr(text_string(&s.said[1]), "STAT maxbytes 16777216\r\n"));
    s.serve.cache.evicted = 0;
    for (unsigned k = 100000; s.serve.cache.evicted == 0; k++)
        store(&s, 0, k, 1000);
    ck_assert(s.serve.cache.items > 19 * few / 10);
    expect(&s, 0, "cache_memlimit 8 noreply\r\nset a 0 0 1\r\nx\r\n", "STORED\r\n");
    ck_assert(s.serve.cache.items <= few + 10);
    served_end(&s);
}
END_TEST

/* What is to be replaced goes with a small value, and stays with a large one. */
START_TEST(nothing_goes_to_make_room)
{
    static const char large[] = "set k 0 0 1000000 noreply\r\n";
    char *value = suite_allocate(1000003);
    struct served s;
    served_start(&s, SMALL, NOW);
    s.serve.cache.keeps_all = true;
    memset(value, 'v', 1000000);
    memcpy(value + 1000000, "\r\n", 3);
    expect(&s, 0, "set k 0 0 1\r\nx\r\nset a 0 0 1000000\r\n", "STORED\r\n");
    expect(&s, 0, value, "STORED\r\n");
    for (unsigned k = 0; s.serve.cache.unused_count > 100; k++)
        store(&s, 0, k, 10000);
    expect(&s, 0, large, "");
    expect(&s, 0, value, "");
    expect(&s, 0, "ms k 1000000 q\r\n", "");
    expect(&s, 0, value, "");
    expect(&s, 0, "ms k 1000000\r\n", "SERVER_ERROR Out of memory during read\r\n");
    expect(&s, 0, value, "");
    expect(&s, 0, "get k\r\n", "VALUE k 0 1\r\nx\r\nEND\r\n");
    value[985000] = value[985001] = '\r';
    expect(&s, 1, "watch mutations\r\n", "OK\r\n");
    expect(&s, 0, "set k 0 0 15000\r\n", "SERVER_ERROR out of memory storing object\r\n");
    ck_assert_ptr_nonnull(strstr(text_string(&s.said[1]), " key=k status=no_memory cmd=set "));
    expect(&s, 0, value + 985000, "");
    expect(&s, 0, "get k\r\n", "END\r\n");
    ck_assert_uint_eq(s.serve.cache.evicted, 0);
    free(value);
    served_end(&s);
}
END_TEST

START_TEST(details_by_prefix)
{
    struct served s;
    char line[300];
    served_start(&s, SMALL, NOW);
    expect(&s, 0, "get a:1\r\nstats detail on\r\nget a:1 b\r\nset a:1:2 0 0 1\r\nx\r\n",
           "END\r\nOK\r\nEND\r\nSTORED\r\n");
    expect(&s, 0, "gat 0 a:1:2\r\ntouch a:1 0\r\nmg a:1\r\ndelete :x\r\nstats detail dump\r\n",
           "VALUE a:1:2 0 1\r\nx\r\nEND\r\nNOT_FOUND\r\nEN\r\nNOT_FOUND\r\n"
           "PREFIX a get 2 hit 1 set 1 del 0\r\nPREFIX  get 0 hit 0 set 0 del 1\r\nEND\r\n");
    snprintf(line, sizeof line, "get %033d:x\r\nstats reset\r\nstats detail dump\r\n", 0);
    expect(&s, 0, line, "END\r\nRESET\r\nEND\r\n");
    for (int k = 0; k < MC_SERVE_PREFIXES + 5; k++) {
        snprintf(line, sizeof line, "get %032d:x %032d:y\r\n", k, k);
        expect(&s, 0, line, "END\r\n");
    }
    ck_assert_uint_eq(s.serve.prefix_count, MC_SERVE_PREFIXES);
    expect(&s, 0, "stats detail off\r\nget a:1\r\n", "OK\r\nEND\r\n");
    served_feed(&s, 1, MC_BYTES("stats detail dump\r\n"), SIZE_MAX, 3);
    snprintf(line, sizeof line, "PREFIX %032d get 2 hit 0 set 0 del 0\r\nEND\r\n",
             MC_SERVE_PREFIXES - 1);
    ck_assert_ptr_nonnull(strstr(s.said[1].data, line));
    served_end(&s);
}
END_TEST

static unsigned count_lines(const struct text *said)
{
    unsigned count = 0;
    for (size_t k = 0; k < said->len; k++)
        count += said->data[k] == '\n';
    return count;
}

/* A dump that is longer than an answer, and items that go while it is being sent. */
START_TEST(dumps_of_many_items)
{
    enum { MANY = 500 };
    struct served s;
    struct mc_bytes in = MC_BYTES("lru_crawler metadump all\r\n");
    char out[100];
    struct mc_out space = {out, sizeof out, 0};
    served_start(&s, SMALL, NOW);
    s.serve.options.crawls = true;
    for (unsigned k = 0; k < MANY; k++)
        store(&s, 0, k, k % 2 == 0 ? 1 : 200);
    served_feed(&s, 1, in, 1, 7);
    ck_assert_uint_eq(count_lines(&s.said[1]), MANY + 1);
    text_clear(&s.said[1]);
    served_feed(&s, 1, MC_BYTES("stats cachedump 1 0\r\nstats cachedump 1 20\r\n"), 1, 7);
    ck_assert_uint_eq(count_lines(&s.said[1]), MANY / 2 + 1 + 20 + 1);
    text_clear(&s.said[1]);
    served_feed(&s, 1, MC_BYTES("lru_crawler metadump 2,6\r\n"), SIZE_MAX, ROOM);
    ck_assert_uint_eq(count_lines(&s.said[1]), MANY / 2 + 1);
    ck_assert_int_eq(mc_serve_input(&s.serve, &s.clients[2], &in, &space), MC_E_FULL);
    expect(&s, 0, "flush_all\r\nset a 0 0 1\r\nx\r\n", "OK\r\nSTORED\r\n");
    served_feed(&s, 2, MC_BYTES("mn\r\n"), SIZE_MAX, ROOM);
    ck_assert_ptr_nonnull(strstr(s.said[2].data, "END\r\nMN\r\n"));
    ck_assert_uint_le(count_lines(&s.said[2]), 5);
    served_end(&s);
}
END_TEST

START_TEST(what_dumps_say)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    s.serve.options.crawls = true;
    expect(&s, 0, "ms AAH/ 1 b\r\nx\r\nset a 0 0 1 noreply\r\nx\r\nget a\r\ntouch a 100\r\n",
           "HD\r\nVALUE a 0 1\r\nx\r\nEND\r\nTOUCHED\r\n");
    expect(&s, 0, "stats cachedump 1 0\r\nstats cachedump 0 0\r\nstats cachedump 63 0\r\n",
           "ITEM a [1 b; 1700000100 s]\r\nEND\r\nEND\r\nEND\r\n");
    expect(&s, 0, "delete a\r\nlru_crawler metadump hash\r\n",
           "DELETED\r\nERROR cannot pipeline other commands before metadump\r\n");
    expect(&s, 0, "lru_crawler metadump hash\r\n",
           "key=%00%01%FF exp=-1 la=1700000000 cas=1 fetch=no cls=1 size=63\nEND\r\n");
    expect(&s, 0, "md AAH/ b\r\nset -._~/ 0 9 30 noreply\r\n012345678901234567890123456789\r\n",
           "HD\r\n");
    expect(&s, 0, "get -._~/\r\nlru_crawler metadump all\r\n",
           "VALUE -._~/ 0 30\r\n012345678901234567890123456789\r\nEND\r\n"
           "key=-._~%2F exp=1700000009 la=1700000000 cas=3 fetch=yes cls=1 size=94\nEND\r\n");
    expect(&s, 0, "stats cachedump 1 x\r\nstats cachedump -1 1\r\nstats cachedump 64 1\r\n",
           "CLIENT_ERROR bad command line format\r\nCLIENT_ERROR bad command line format\r\n"
           "CLIENT_ERROR Illegal slab id\r\n");
    expect(&s, 0, "lru_crawler metadump 0\r\n", "BADCLASS invalid class id\r\n");
    expect(&s, 0, "lru_crawler metadump 1,64\r\n", "BADCLASS invalid class id\r\n");
    served_end(&s);
}
END_TEST

/* Items that have expired take memory until somebody asks for them, or they are looked for. */
START_TEST(the_crawler_frees_what_has_expired)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    s.serve.options.crawls = true;
    expect(&s, 0, "set a 0 5 1\r\nx\r\nset b 0 5 1\r\nx\r\n", "STORED\r\nSTORED\r\n");
    store(&s, 0, 1, 1);
    store(&s, 0, 2, 100);
    expect(&s, 0, "touch key2 5\r\n", "TOUCHED\r\n");
    mc_serve_clock(&s.serve, NOW + 9);
    ck_assert_uint_eq(s.serve.cache.items, 4);
    expect(&s, 0, "lru_crawler tocrawl 1\r\nlru_crawler crawl 2,63\r\n", "OK\r\nOK\r\n");
    ck_assert_uint_eq(s.serve.cache.items, 4);
    expect(&s, 0, "lru_crawler crawl 1\r\n", "OK\r\n");
    ck_assert_uint_eq(s.serve.cache.items, 3);
    expect(&s, 0, "lru_crawler tocrawl 0\r\nlru_crawler crawl all noreply\r\n", "OK\r\n");
    expect(&s, 0, "lru_crawler crawl all\r\n", "OK\r\n");
    ck_assert_uint_eq(s.serve.cache.items, 1);
    expect(&s, 0, "lru_crawler disable\r\nlru_crawler disable\r\nlru_crawler crawl all\r\n",
           "OK\r\nOK\r\nCLIENT_ERROR lru crawler disabled\r\n");
    expect(&s, 0, "lru_crawler enable\r\nlru_crawler crawl x\r\nlru_crawler sleep x\r\n",
           "OK\r\nBADCLASS invalid class id\r\nCLIENT_ERROR bad command line format\r\n");
    expect(&s, 0, "lru_crawler sleep 1000000\r\nlru_crawler mgdump all\r\nlru_crawler\r\n",
           "OK\r\nERROR\r\nERROR\r\n");
    expect(&s, 0, "lru_crawler crawl hash\r\n", "ERROR an unknown error happened\r\n");
    served_end(&s);
}
END_TEST

START_TEST(classes_and_sizes_in_use)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    store(&s, 0, 1, 1);
    mc_serve_clock(&s.serve, NOW + 10);
    store(&s, 0, 2, 33);
    store(&s, 0, 3, 40);
    mc_serve_clock(&s.serve, NOW + 30);
    expect(
        &s, 0, "stats items\r\n",
        "STAT items:1:number 2\r\nSTAT items:1:age 30\r\nSTAT items:1:mem_requested 160\r\n"
        "STAT items:2:number 1\r\nSTAT items:2:age 20\r\nSTAT items:2:mem_requested 103\r\nEND\r\n");
    expect(&s, 0, "stats slabs\r\n",
           "STAT 1:chunk_size 96\r\nSTAT 1:used_chunks 2\r\nSTAT 2:chunk_size 120\r\n"
           "STAT 2:used_chunks 1\r\nSTAT active_slabs 2\r\nEND\r\n");
    expect(&s, 0, "stats sizes_enable\r\nset key4 0 0 1\r\nx\r\nstats sizes\r\n",
           "STAT sizes_status enabled\r\nSTORED\r\nSTAT 64 1\r\nEND\r\n");
    store(&s, 0, 5, 1);
    store(&s, 0, 6, 33);
    expect(&s, 0, "stats sizes_enable\r\nstats sizes\r\nstats sizes_disable\r\nstats sizes\r\n",
           "STAT sizes_status enabled\r\nSTAT 64 2\r\nSTAT 96 1\r\nEND\r\n"
           "STAT sizes_status disabled\r\nSTAT sizes_status disabled\r\nEND\r\n");
    served_end(&s);
}
END_TEST

START_TEST(what_the_owner_decides)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    s.serve.options.no_flush = s.serve.options.can_shut_down = true;
    s.serve.options.most_connections = 77;
    expect(&s, 0, "flush_all x\r\nflush_all 5 noreply\r\nflush_all 5\r\n",
           "CLIENT_ERROR flush_all not allowed\r\nCLIENT_ERROR flush_all not allowed\r\n");
    expect(&s, 0, "slabs automove 2 noreply\r\nslabs automove x\r\nslabs automove 3\r\nslabs\r\n",
           "CLIENT_ERROR bad command line format\r\nERROR\r\nERROR\r\n");
    expect(&s, 0, "slabs reassign -1 1\r\nslabs reassign 1 63\r\nslabs reassign x 1\r\n",
           "BADCLASS invalid src or dst class id\r\nBADCLASS invalid src or dst class id\r\n"
           "CLIENT_ERROR bad command line format\r\n");
    expect(&s, 0, "slabs reassign -1 -1\r\nslabs reassign 1 -1\r\nslabs reassign 0 62\r\n",
           "SAME src and dst class are identical\r\nBADCLASS invalid src or dst class id\r\n"
           "NOSPARE source class has no spare pages\r\n");
    served_feed(&s, 1, MC_BYTES("stats settings\r\n"), SIZE_MAX, 1);
    const char *said = text_string(&s.said[1]);
    ck_assert_ptr_nonnull(strstr(said, "STAT maxbytes 3145728\r\nSTAT maxconns 77\r\n"
                                       "STAT evictions on\r\nSTAT shutdown_command yes\r\n"));
    ck_assert_ptr_nonnull(strstr(said, "\r\nSTAT slab_automove 2\r\nSTAT lru_crawler no\r\n"));
    ck_assert_ptr_nonnull(strstr(said, "\r\nSTAT flush_enabled no\r\nSTAT dump_enabled yes\r\n"));
    expect(&s, 0, "shutdown graceful x\r\n", "CLIENT_ERROR invalid shutdown mode\r\n");
    ck_assert(!s.serve.is_stopped);
    expect(&s, 0, "shutdown graceful\r\n", "");
    ck_assert(s.serve.is_stopped && s.closed[0]);
    served_end(&s);
}
END_TEST

START_TEST(lists_that_are_tuned)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 0, "lru mode flat\r\nlru temp_ttl 5\r\nlru tune 50 30 0.1 2\r\n",
           "ERROR\r\nERROR\r\nOK\r\n");
    s.serve.options.maintains = true;
    expect(&s, 0, "lru tune 1 2 +.5e+1 1.\r\nlru tune 3 4 1e-3 1 x y\r\nlru tune 5 6 1\r\n",
           "OK\r\nOK\r\nERROR\r\n");
    expect(&s, 0, "lru tune 50 31 1 1\r\nlru tune 1 x 1 1\r\nlru tune 1 2 0.0 1\r\n",
           "ERROR hot and warm pcts must not exceed 80\r\nERROR\r\n"
           "ERROR hot/warm age factors must be greater than 0\r\n");
    expect(&s, 0, "lru tune 1 2 1 -1\r\nlru tune 1 2 1e 1\r\nlru tune 1 2 . 1\r\n",
           "ERROR hot/warm age factors must be greater than 0\r\nERROR\r\nERROR\r\n");
    expect(&s, 0, "lru tune 1 2 1 1e1x\r\nlru tune 1 2 - 1\r\nlru tune 1 2 1.2.3 1\r\n",
           "ERROR\r\nERROR\r\nERROR\r\n");
    expect(&s, 0, "lru mode flat noreply\r\nlru temp_ttl 7\r\nlru temp_ttl x\r\nlru mode\r\n",
           "OK\r\nERROR\r\nERROR\r\n");
    served_feed(&s, 1, MC_BYTES("stats settings\r\n"), SIZE_MAX, ROOM);
    ck_assert_ptr_nonnull(strstr(text_string(&s.said[1]),
                                 "STAT lru_maintainer_thread yes\r\nSTAT hot_lru_pct 3\r\n"
                                 "STAT warm_lru_pct 4\r\nSTAT lru_segmented no\r\n"
                                 "STAT temp_lru yes\r\nSTAT temporary_ttl 7\r\n"));
    expect(&s, 0, "lru mode segmented\r\nlru temp_ttl -1\r\n", "OK\r\nOK\r\n");
    text_clear(&s.said[1]);
    served_feed(&s, 1, MC_BYTES("stats settings\r\n"), SIZE_MAX, ROOM);
    ck_assert_ptr_nonnull(strstr(text_string(&s.said[1]),
                                 "STAT lru_segmented yes\r\nSTAT temp_lru no\r\n"
                                 "STAT temporary_ttl 7\r\n"));
    served_end(&s);
}
END_TEST

/* ---- the log ------------------------------------------------------------------------------- */

/* What a client that watches has been told since the last time. */
static void expect_log(struct served *s, int client, const char *lines)
{
    ck_assert_str_eq(text_string(&s->said[client]), lines);
    text_clear(&s->said[client]);
}

START_TEST(lines_of_the_log)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    s.serve.microseconds = 5;
    s.clients[0].peer.file = 30;
    expect(&s, 1, "watch mutations fetchers\r\n", "OK\r\n");
    text_clear(&s.said[1]);
    expect(&s, 0, "ms ICUg 3 b T9\r\noak\r\n", "HD\r\n");
    expect_log(&s, 1,
               "ts=1700000000.5 gid=2 type=item_get key=%20%25%20 status=not_found clsid=0 cfd=30 "
               "size=0\n"
               "ts=1700000000.5 gid=3 type=item_store key=%20%25%20 status=stored cmd=set ttl=9 "
               "clsid=1 cfd=30 size=3\n");
    mc_serve_clock(&s.serve, NOW + 9);
    expect(&s, 0, "mg ICUg b\r\n", "EN\r\n");
    expect_log(&s, 1,
               "ts=1700000009.5 gid=4 type=item_get key=%20%25%20 status=expired clsid=0 cfd=30 "
               "size=0\n");
    expect(&s, 0, "set k 1 0 1 noreply\r\nx\r\nappend k 1 5 2\r\nyz\r\n", "STORED\r\n");
    expect_log(&s, 1,
               "ts=1700000009.5 gid=5 type=item_get key=k status=not_found clsid=0 cfd=30 size=0\n"
               "ts=1700000009.5 gid=6 type=item_store key=k status=stored cmd=set ttl=0 clsid=1 "
               "cfd=30 size=1\n"
               "ts=1700000009.5 gid=7 type=item_get key=k status=found clsid=1 cfd=30 size=1\n"
               "ts=1700000009.5 gid=8 type=item_store key=k status=stored cmd=append ttl=0 clsid=1 "
               "cfd=30 size=3\n");
    expect(&s, 0, "set big 0 0 1048576\r\n", "SERVER_ERROR object too large for cache\r\n");
    expect_log(&s, 1,
               "ts=1700000009.5 gid=9 type=item_store key=big status=too_large cmd=set ttl=0 "
               "clsid=0 cfd=30 size=0\n"
               "ts=1700000009.5 gid=10 type=item_get key=big status=not_found clsid=0 cfd=30 "
               "size=0\n");
    served_end(&s);
}
END_TEST

/* A key takes three bytes for each of its own; who comes later does not get the lines before. */
START_TEST(long_lines_of_the_log)
{
    struct served s;
    struct text sent = {0}, line = {0};
    served_start(&s, SMALL, NOW);
    expect(&s, 1, "watch\r\n", "OK\r\n");
    text_add_string(&sent, "get ");
    text_add_string(&line, "OK\r\nts=1700000000.0 gid=2 type=item_get key=");
    for (int k = 0; k < MC_KEY_MAX; k++) {
        text_add_string(&sent, "\xff");
        text_add_string(&line, "%FF");
    }
    text_add_string(&sent, "\r\n");
    text_add_string(&line, " status=not_found clsid=0 cfd=0 size=0\n");
    expect(&s, 0, sent.data, "END\r\n");
    expect_log(&s, 1, line.data);
    expect(&s, 2, "watch\r\n", "OK\r\n");
    expect(&s, 0, "get a\r\n", "END\r\n");
    expect_log(&s, 2,
               "OK\r\nts=1700000000.0 gid=4 type=item_get key=a status=not_found clsid=0 cfd=0 "
               "size=0\n");
    text_free(&sent);
    text_free(&line);
    served_end(&s);
}
END_TEST

START_TEST(evictions_in_the_log)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 1, "watch evictions\r\n", "OK\r\n");
    text_clear(&s.said[1]);
    expect(&s, 0, "set a 0 50 3\r\nabc\r\nset b 0 5 1\r\nx\r\nset c 0 0 1\r\ny\r\nget c\r\n",
           "STORED\r\nSTORED\r\nSTORED\r\nVALUE c 0 1\r\ny\r\nEND\r\n");
    mc_serve_clock(&s.serve, NOW + 7);
    for (unsigned k = 0; s.serve.cache.evicted < 2; k++)
        store(&s, 0, k, 10);
    expect_log(&s, 1,
               "ts=1700000007.0 gid=2 type=eviction key=a fetch=no ttl=43 la=7 clsid=1 size=3\n"
               "ts=1700000007.0 gid=3 type=eviction key=c fetch=yes ttl=-1 la=7 clsid=1 size=1\n");
    mc_serve_enter(&s.serve, &s.clients[3]);
    ck_assert_uint_eq(s.serve.log.line, 3);
    served_end(&s);
}
END_TEST

START_TEST(what_nobody_watches_is_not_in_the_log)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 1, "watch connevents\r\n", "OK\r\n");
    for (unsigned k = 0; s.serve.cache.evicted < 2; k++)
        store(&s, 0, k, 10000);
    ck_assert_uint_eq(s.serve.log.line, 1);
    ck_assert_uint_eq(s.serve.log.to, 0);
    served_end(&s);
}
END_TEST

START_TEST(connections_in_the_log)
{
    struct served s;
    served_start(&s, SMALL, NOW);
    expect(&s, 1, "watch connevents\r\n", "OK\r\n");
    text_clear(&s.said[1]);
    s.clients[0].peer = (struct mc_serve_peer){.file = 7, .port = 65535, .address = "::1"};
    mc_serve_enter(&s.serve, &s.clients[0]);
    expect(&s, 0, "quit\r\n", "");
    served_again(&s, 0);
    s.clients[0].peer = (struct mc_serve_peer){.file = 8, .is_local = true};
    mc_serve_enter(&s.serve, &s.clients[0]);
    expect(&s, 0, "PUT / HTTP/1.1\r\n", "");
    served_again(&s, 0);
    served_feed(&s, 2, MC_BYTES("mn\r\n"), SIZE_MAX, ROOM);
    served_again(&s, 2);
    served_feed(&s, 3, MC_BYTES("mn\r\n"), SIZE_MAX, ROOM);
    expect_log(&s, 1,
               "ts=1700000000.0 gid=2 type=conn_new rip=::1 rport=65535 transport=tcp cfd=7\n"
               "ts=1700000000.0 gid=3 type=conn_close rip=::1 rport=65535 transport=tcp "
               "reason=normal cfd=7\n"
               "ts=1700000000.0 gid=4 type=conn_new rip=unix rport=0 transport=local cfd=8\n"
               "ts=1700000000.0 gid=5 type=conn_close rip=unix rport=0 transport=local "
               "reason=error cfd=8\n");
    served_end(&s);
}
END_TEST

/* How many lines the log says were left out, and how many it has. Each is the one after the last. */
static uint64_t count_log(const struct text *said, uint64_t *lines)
{
    const char *at = said->data;
    uint64_t skipped = 0, next = 0;
    *lines = 0;
    while (at < said->data + said->len) {
        if (strncmp(at, "skipped=", 8) == 0) {
            uint64_t count = strtoull(at + 8, NULL, 10);
            skipped += count;
            next += count;
        } else {
            uint64_t line = strtoull(strstr(at, "gid=") + 4, NULL, 10);
            ck_assert(next == 0 || line == next);
            next = line + 1;
            (*lines)++;
        }
        at = strchr(at, '\n') + 1;
    }
    return skipped;
}

/* Lets a client take so many bytes of its lines. */
static void take_lines(struct served *s, int client, size_t most)
{
    char out[500];
    int result = MC_E_FULL;
    while (result == MC_E_FULL && most > 0) {
        struct mc_bytes in = {"", 0};
        struct mc_out space = {out, most < sizeof out ? most : sizeof out, 0};
        result = mc_serve_input(&s->serve, &s->clients[client], &in, &space);
        text_add(&s->said[client], out, space.len);
        most -= space.len;
    }
}

/* A client that does not take its lines misses some, and is told how many; what others get is whole. */
START_TEST(a_log_that_is_not_read)
{
    enum { ROUNDS = 3000 };
    struct served s;
    struct mc_bytes in = MC_BYTES("get key\r\n");
    char out[20] = "";
    uint64_t lines;
    served_start(&s, SMALL, NOW);
    expect(&s, 1, "watch fetchers\r\n", "OK\r\n");
    expect(&s, 2, "watch\r\n", "OK\r\n");
    expect(&s, 3, "watch mutations\r\n", "OK\r\n");
    for (int client = 1; client <= 3; client++)
        text_clear(&s.said[client]);
    for (int k = 0; k < ROUNDS; k++) {
        struct mc_bytes left = in;
        struct mc_out space = {out, sizeof out, 0};
        ck_assert_int_eq(mc_serve_input(&s.serve, &s.clients[0], &left, &space), MC_MORE);
        take_lines(&s, 2, SIZE_MAX);
        if (k % 1000 == 700)
            take_lines(&s, 1, 3000);
    }
    ck_assert_uint_eq(count_log(&s.said[2], &lines), 0);
    ck_assert_uint_eq(lines, ROUNDS);
    take_lines(&s, 1, SIZE_MAX);
    uint64_t skipped = count_log(&s.said[1], &lines);
    ck_assert_uint_eq(skipped + lines, ROUNDS);
    ck_assert(lines > 700 && skipped > 700);
    ck_assert_uint_eq(s.serve.log.missed, skipped);
    ck_assert_uint_eq(s.serve.log.sent, lines + ROUNDS);
    ck_assert_uint_eq(s.said[3].len, 0);
    expect(&s, 0, "set key 0 0 1\r\nx\r\n", "STORED\r\n");
    ck_assert_uint_eq(count_lines(&s.said[3]), 1);
    served_end(&s);
}
END_TEST

START_TEST(who_may_watch)
{
    struct served s;
    struct mc_serve_client many[MC_SERVE_WATCHERS] = {{.closing = false}};
    char out[100] = "";
    served_start(&s, SMALL, NOW);
    for (size_t k = 0; k < MC_SERVE_WATCHERS; k++) {
        struct mc_bytes in = MC_BYTES("watch sysevents rawcmds\r\nget a\r\nquit\r\n");
        struct mc_out space = {out, sizeof out, 0};
        ck_assert_int_eq(mc_serve_input(&s.serve, &many[k], &in, &space), MC_MORE);
        ck_assert(in.len == 0 && space.len == 4 && memcmp(out, "OK\r\n", 4) == 0);
    }
    expect(&s, 0, "watch\r\nmn\r\n", "WATCHER_TOO_MANY log watcher limit reached\r\nMN\r\n");
    mc_serve_leave(&s.serve, &many[7]);
    ck_assert_uint_eq(s.serve.log.watching, MC_SERVE_WATCHERS - 1);
    expect(&s, 0, "watch birds\r\nwatch fetchers noreply\r\n", "ERROR\r\n");
    expect(&s, 0, "delete a\r\nwatch\r\n",
           "NOT_FOUND\r\nERROR cannot pipeline other commands before watch\r\n");
    expect(&s, 0, "set a 0 0 1\r\n", "");
    expect(&s, 0, "x\r\nwatch\r\n", "STORED\r\nOK\r\n");
    expect(&s, 1, "set a 0 0 1\r\n", "");
    expect(&s, 1, "x\r\nset a 0 0 1\r\nx\r\nwatch\r\n",
           "STORED\r\nSTORED\r\nERROR cannot pipeline other commands before watch\r\n");
    expect(&s, 1, "set a 0 0 1\r\nx\r\nwatch\r\n",
           "STORED\r\nERROR cannot pipeline other commands before watch\r\n");
    expect(&s, 1, "get b\r\nmn\r\nwatch\r\n",
           "END\r\nMN\r\nWATCHER_TOO_MANY log watcher limit reached\r\n");
    s.serve.options.no_watch = true;
    expect(&s, 1, "watch birds\r\n", "CLIENT_ERROR watch commands not allowed\r\n");
    for (size_t k = 0; k < MC_SERVE_WATCHERS; k++)
        mc_serve_leave(&s.serve, &many[k]);
    served_again(&s, 0);
    ck_assert_ptr_null(s.serve.cache.watcher);
    served_end(&s);
}
END_TEST

static int is_played(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0;
}

static void find_files(void)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_played, alphasort);
    for (int i = 0; i < count && i < FILES_MAX; i++) {
        struct text path = {0};
        text_print(&path, "%s/%s", folder, entries[i]->d_name);
        files[file_count++] = path.data;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

// NOLINTNEXTLINE(readability-function-size)
int main(int argc, char **argv)
{
    if (argc > 1)
        folder = argv[1];
    find_files();
    if (file_count == 0) {
        fprintf(stderr, "no transcripts found; give their folder as the argument\n");
        return 2;
    }
    const struct suite_test tests[] = {
        {answers_the_transcript, file_count},
        {items_expire_by_the_given_clock, 1},
        {flush_all_waits_for_its_time, 1},
        {time_since_the_last_access, 1},
        {least_recently_used_go_first, 1},
        {values_of_every_size, 1},
        {memory_comes_back, 1},
        {held_memory_is_not_evicted, 1},
        {an_item_in_use_outlives_others, 1},
        {keys_that_are_nearly_the_same, 1},
        {an_older_value_leaves_the_winner, 1},
        {too_little_memory, 1},
        {a_client_that_does_not_read, 1},
        {leaving_with_an_answer, 1},
        {numbers_that_are_being_sent, 1},
        {large_values_are_no_numbers, 1},
        {fetched_or_not, 1},
        {classes_of_sizes, 1},
        {largest_values_of_ms, 1},
        {lines_without_end, 1},
        {who_may_come, 1},
        {says_what_it_is, 1},
        {the_limit_is_kept, 1},
        {nothing_goes_to_make_room, 1},
        {details_by_prefix, 1},
        {dumps_of_many_items, 1},
        {what_dumps_say, 1},
        {the_crawler_frees_what_has_expired, 1},
        {classes_and_sizes_in_use, 1},
        {what_the_owner_decides, 1},
        {lists_that_are_tuned, 1},
        {lines_of_the_log, 1},
        {long_lines_of_the_log, 1},
        {evictions_in_the_log, 1},
        {what_nobody_watches_is_not_in_the_log, 1},
        {connections_in_the_log, 1},
        {a_log_that_is_not_read, 1},
        {who_may_watch, 1},
    };
    int result = suite_run("serve", tests, sizeof tests / sizeof tests[0]);
    for (int i = 0; i < file_count; i++)
        free(files[i]);
    return result;
}
