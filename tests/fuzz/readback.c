/* Compares a command's arguments with what the reader makes of its bytes, one by one. */
#include "readback.h"

#include "reference.h"
#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 8192, VALUE_MOST = 4096 };

/* The event of each command, and the words after the first for those that share it; the numbers of
 * these are printed after that: d a number, x thousandths. */
static const struct {
    int event;
    const char *words, *numbers;
} kinds[COMMANDS] = {
    [QUESTION_GET] = {MC_REQUEST_GET, "", ""},
    [QUESTION_GETS] = {MC_REQUEST_GETS, "", ""},
    [QUESTION_GAT] = {MC_REQUEST_GAT, "", ""},
    [QUESTION_GATS] = {MC_REQUEST_GATS, "", ""},
    [QUESTION_SET] = {MC_REQUEST_SET, "", ""},
    [QUESTION_ADD] = {MC_REQUEST_ADD, "", ""},
    [QUESTION_REPLACE] = {MC_REQUEST_REPLACE, "", ""},
    [QUESTION_APPEND] = {MC_REQUEST_APPEND, "", ""},
    [QUESTION_PREPEND] = {MC_REQUEST_PREPEND, "", ""},
    [QUESTION_CAS] = {MC_REQUEST_CAS, "", ""},
    [QUESTION_DELETE] = {MC_REQUEST_DELETE, "", ""},
    [QUESTION_INCR] = {MC_REQUEST_INCR, "", ""},
    [QUESTION_DECR] = {MC_REQUEST_DECR, "", ""},
    [QUESTION_TOUCH] = {MC_REQUEST_TOUCH, "", ""},
    [QUESTION_MG] = {MC_REQUEST_MG, "", ""},
    [QUESTION_MS] = {MC_REQUEST_MS, "", ""},
    [QUESTION_MD] = {MC_REQUEST_MD, "", ""},
    [QUESTION_MA] = {MC_REQUEST_MA, "", ""},
    [QUESTION_VERSION] = {MC_REQUEST_VERSION, "", ""},
    [QUESTION_FLUSH_ALL] = {MC_REQUEST_FLUSH_ALL, "", ""},
    [QUESTION_ME] = {MC_REQUEST_ME, "", ""},
    [QUESTION_MN] = {MC_REQUEST_MN, "", ""},
    [QUESTION_STATS] = {MC_REQUEST_STATS, "", ""},
    [QUESTION_VERBOSITY] = {MC_REQUEST_VERBOSITY, "", ""},
    [QUESTION_CACHE_MEMLIMIT] = {MC_REQUEST_CACHE_MEMLIMIT, "", ""},
    [QUESTION_SHUTDOWN] = {MC_REQUEST_SHUTDOWN, "", ""},
    [QUESTION_SHUTDOWN_GRACEFUL] = {MC_REQUEST_SHUTDOWN, "graceful", ""},
    [QUESTION_QUIT] = {MC_REQUEST_QUIT, "", ""},
    [QUESTION_SLABS_REASSIGN] = {MC_REQUEST_SLABS, "reassign", "dd"},
    [QUESTION_SLABS_AUTOMOVE] = {MC_REQUEST_SLABS, "automove", "d"},
    [QUESTION_SLABS_AUTOMOVE_RATIO] = {MC_REQUEST_SLABS, "automove ratio", "x"},
    [QUESTION_SLABS_AUTOMOVE_WINDOW] = {MC_REQUEST_SLABS, "automove window", "d"},
    [QUESTION_SLABS_AUTOMOVE_FREERATIO] = {MC_REQUEST_SLABS, "automove freeratio", "x"},
    [QUESTION_EXTSTORE] = {MC_REQUEST_EXTSTORE, "", ""},
    [QUESTION_REFRESH_CERTS] = {MC_REQUEST_REFRESH_CERTS, "", ""},
    [QUESTION_LRU_TUNE] = {MC_REQUEST_LRU, "tune", "ddxx"},
    [QUESTION_LRU_MODE_FLAT] = {MC_REQUEST_LRU, "mode flat", ""},
    [QUESTION_LRU_MODE_SEGMENTED] = {MC_REQUEST_LRU, "mode segmented", ""},
    [QUESTION_LRU_TEMP_TTL] = {MC_REQUEST_LRU, "temp_ttl", "d"},
    [QUESTION_LRU_CRAWLER_ENABLE] = {MC_REQUEST_LRU_CRAWLER, "enable", ""},
    [QUESTION_LRU_CRAWLER_DISABLE] = {MC_REQUEST_LRU_CRAWLER, "disable", ""},
    [QUESTION_LRU_CRAWLER_SLEEP] = {MC_REQUEST_LRU_CRAWLER, "sleep", "d"},
    [QUESTION_LRU_CRAWLER_TOCRAWL] = {MC_REQUEST_LRU_CRAWLER, "tocrawl", "d"},
    [QUESTION_LRU_CRAWLER_CRAWL] = {MC_REQUEST_LRU_CRAWLER, "crawl", ""},
    [QUESTION_LRU_CRAWLER_METADUMP] = {MC_REQUEST_LRU_CRAWLER, "metadump", ""},
    [QUESTION_LRU_CRAWLER_MGDUMP] = {MC_REQUEST_LRU_CRAWLER, "mgdump", ""},
    [QUESTION_WATCH] = {MC_REQUEST_WATCH, "", ""},
    [QUESTION_AUTH] = {MC_REQUEST_AUTH, "", ""},
};

static bool was_put;

/* What has been read. */
struct reading {
    const struct question *c;
    struct mc_bytes wire, value;
    size_t taken, keys, data, events;
    bool over;
    const char *difference; /* the first one */
};

static void expect(struct reading *r, bool same, const char *what)
{
    if (!same && r->difference == NULL)
        r->difference = what;
}

static bool is_store(const struct question *c)
{
    return c->name >= QUESTION_SET && c->name <= QUESTION_CAS;
}

/* The words after a command's first one, as they were put. */
static void check_words(struct reading *r, struct mc_bytes text)
{
    const struct question *c = r->c;
    char expected[ROOM];
    int len = snprintf(expected, sizeof expected, "%s", kinds[c->name].words);
    if (kinds[c->name].event < MC_REQUEST_STATS || kinds[c->name].event > MC_REQUEST_SHUTDOWN)
        return;
    for (size_t k = 0; kinds[c->name].numbers[k] != '\0'; k++) {
        int64_t n = (int64_t)c->numbers[k];
        bool milli = kinds[c->name].numbers[k] == 'x';
        len += snprintf(expected + len, sizeof expected - (size_t)len,
                        milli ? " %" PRId64 ".%03d" : " %" PRId64, milli ? n / 1000 : n,
                        (int)(n % 1000));
    }
    if (c->words.len > 0)
        snprintf(expected + len, sizeof expected - (size_t)len, "%s%.*s", len > 0 ? " " : "",
                 (int)c->words.len, c->words.data);
    expect(r, reference_is(text, expected), "words");
}

static void check_flags(struct reading *r, struct mc_bytes text)
{
    for (size_t k = 0; k < r->c->flag_count; k++) {
        const struct mc_flag *put = &r->c->flags[k];
        struct mc_flag flag;
        expect(r, mc_argument_flag(&text, &flag) == 1 && flag.letter == put->letter, "flag");
        expect(r, flag.ttl == put->ttl && flag.number == put->number, "flag's number");
        if (put->letter == 'O' || put->letter == 'P' || put->letter == 'L')
            expect(r, input_same(flag.token, put->token), "flag's token");
    }
    expect(r, text.len == 0, "number of flags");
}

static void check_key(struct reading *r, struct mc_bytes key, size_t k)
{
    char decoded[MC_KEY_MAX];
    if (question_flag(r->c, 'b') != NULL)
        key = (struct mc_bytes){decoded, mc_argument_base64(key, decoded)};
    expect(r, k < r->c->key_count && input_same(key, r->c->keys[k]), "key");
}

/* The line of a command, or of a retrieval what comes before its keys. */
static void check_line(struct reading *r, const struct mc_request *request)
{
    const struct question *c = r->c;
    const uint64_t *n = c->numbers;
    bool meta = question_is_meta(c), store = is_store(c), keyed = c->key_count > 0;
    expect(r, r->events == 0 && request->command == kinds[c->name].event, "command");
    expect(r, request->notes == 0, "note");
    expect(r, request->noreply == c->noreply, "noreply");
    if (keyed && c->name > QUESTION_GATS)
        check_key(r, request->key, 0);
    if (meta)
        check_flags(r, request->text);
    else
        check_words(r, request->text);
    if (store) {
        expect(r, request->flags == n[0], "flags");
        expect(r, request->number == (c->name == QUESTION_CAS ? n[3] : 0), "cas unique");
    }
    int64_t time = store ? (int64_t)n[1] : 0;
    if (c->name == QUESTION_GAT || c->name == QUESTION_GATS || c->name == QUESTION_TOUCH ||
        c->name == QUESTION_FLUSH_ALL)
        time = (int64_t)n[0];
    expect(r, request->exptime == time, "exptime");
    if (c->name == QUESTION_INCR || c->name == QUESTION_DECR || c->name == QUESTION_VERBOSITY ||
        c->name == QUESTION_CACHE_MEMLIMIT)
        expect(r, request->number == n[0], "number");
    expect(r, request->size == r->value.len && request->has_size == (r->value.data != NULL),
           "size");
}

static void check_event(struct reading *r, int event, const struct mc_request *request)
{
    if (event == MC_REQUEST_KEY) {
        check_key(r, request->key, r->keys++);
    } else if (event == MC_REQUEST_DATA) {
        struct mc_bytes rest = {r->value.data + r->data, request->text.len};
        expect(r, r->data + rest.len <= r->value.len && input_same(rest, request->text), "value");
        r->data += rest.len;
    } else if (event != MC_REQUEST_END) {
        check_line(r, request);
        expect(r, event == request->command, "event");
    }
    r->over = mc_request_is_final(event);
    r->events++;
}

static void read_all(struct reading *r, size_t piece)
{
    struct mc_request_reader reader = {.login = r->c->name == QUESTION_AUTH};
    size_t arrived = 0;
    while (arrived < r->wire.len && r->difference == NULL) {
        size_t left = r->wire.len - arrived;
        arrived += piece == 0 || piece > left ? left : piece;
        struct mc_bytes in = {r->wire.data + r->taken, arrived - r->taken};
        struct mc_request request;
        int event = MC_MORE;
        do {
            expect(r, !r->over || in.len == 0, "end");
            event = mc_request_next(&reader, &in, &request);
            if (event != MC_MORE)
                check_event(r, event, &request);
        } while (event > 0 && r->difference == NULL);
        r->taken = arrived - in.len;
    }
    expect(r, r->over && r->taken == r->wire.len, "end");
    expect(r, r->keys == (r->c->name <= QUESTION_GATS ? r->c->key_count : 0), "number of keys");
    expect(r, r->data == r->value.len, "length of the value");
}

/* Of values, some bytes are sent; the sizes of others are not small enough. */
static bool value_of(struct question *c, struct mc_bytes *value)
{
    static char bytes[VALUE_MOST];
    uint64_t *size = question_size(c);
    if (size == NULL)
        return true;
    if (*size > MC_VALUE_MAX)
        return false;
    *size %= VALUE_MOST;
    for (size_t k = 0; k < *size; k++)
        bytes[k] = "\r\nEND set a 0 0 9\0"[(k + c->numbers[0]) % 18];
    *value = (struct mc_bytes){bytes, (size_t)*size};
    return true;
}

bool readback_was_put(void)
{
    return was_put;
}

const char *readback(const struct question *given, size_t piece)
{
    static char wire[ROOM];
    static struct question c;
    struct mc_out out = {wire, sizeof wire, 0};
    struct reading r = {.c = &c};
    c = *given;
    was_put = value_of(&c, &r.value) && question_put(&c, &out) == 0;
    if (!was_put)
        return NULL;
    if (c.name == QUESTION_AUTH)
        r.value = (struct mc_bytes){strchr(wire, '\n') + 1, c.words.len + c.password.len + 1};
    if (r.value.data != NULL && c.name != QUESTION_AUTH) {
        memcpy(wire + out.len, r.value.data, r.value.len);
        memcpy(wire + out.len + r.value.len, "\r\n", 2);
        out.len += r.value.len + 2;
    }
    r.wire = (struct mc_bytes){wire, out.len};
    read_all(&r, piece);
    return r.difference;
}
