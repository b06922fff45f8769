/* Fuzzes the small memcached: two servers get the same bytes of three clients in the same order, one
 * as they are and one in other pieces, with small buffers for answers. Both have to give the same
 * answers, keep their books, and lose no memory.
 *
 * The input: three sizes of pieces and three of buffers, which are used over and over (0: as large as
 * can be), a byte of options, one that says whether clients have to log in, and what they send. In
 * that, a NUL and a byte below 0x80 change the client (two bits) and let seconds pass (five bits); a
 * NUL and another byte are a NUL. */
#include "input.h"
#include "serve.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER = 8,
    OPTIONS = 6, /* the byte */
    LOGIN = 7,
    CLIENTS = 4,
    MEMORY = 3 << 20,
    NOW = 1700000000,
    LARGE = 1 << 16
};

struct bytes {
    char *data;
    size_t len;
};

struct server {
    struct mc_serve serve;
    void *block;
    const uint8_t *sizes; /* of pieces, and of buffers; NULL: all at once */
    unsigned turn;
    struct mc_serve_client clients[CLIENTS];
    struct bytes in[CLIENTS], said[CLIENTS];
    bool closed[CLIENTS];
};

static void *take_memory(size_t size)
{
    void *data = malloc(size > 0 ? size : 1);
    if (data == NULL)
        fuzz_fail("no memory");
    return data;
}

static void append(struct bytes *to, const char *data, size_t len)
{
    char *larger = realloc(to->data, to->len + len + 1);
    if (larger == NULL)
        fuzz_fail("no memory");
    to->data = larger;
    if (len > 0)
        memcpy(to->data + to->len, data, len);
    to->len += len;
}

static size_t next_size(struct server *s, unsigned first, size_t most)
{
    if (s->sizes == NULL)
        return most;
    size_t size = s->sizes[first + s->turn++ % 3];
    return size == 0 || size > most ? most : size;
}

/* Its input is in memory of just its size. */
static void run_server(struct server *s, unsigned client)
{
    struct bytes *in = &s->in[client];
    char *copy = take_memory(in->len);
    struct mc_bytes left = {copy, in->len};
    int result = MC_E_FULL;
    if (in->len > 0)
        memcpy(copy, in->data, in->len);
    while (result == MC_E_FULL) {
        static char large[LARGE];
        size_t room = next_size(s, 3, LARGE);
        struct mc_out out = {room < LARGE ? take_memory(room) : large, room, 0};
        result = mc_serve_input(&s->serve, &s->clients[client], &left, &out);
        if (out.len > room || (result == MC_E_FULL && out.len < room))
            fuzz_fail("%zu bytes of %zu, and the result is %d", out.len, room, result);
        append(&s->said[client], out.data, out.len);
        if (out.data != large)
            free(out.data);
    }
    s->closed[client] = result == MC_E_CLOSED;
    in->len = 0;
    append(in, left.data, left.len);
    free(copy);
}

static void feed(struct server *s, unsigned client, struct mc_bytes bytes)
{
    while (bytes.len > 0 && !s->closed[client]) {
        size_t n = next_size(s, 0, bytes.len);
        append(&s->in[client], bytes.data, n);
        run_server(s, client);
        bytes.data += n;
        bytes.len -= n;
    }
    for (unsigned k = 0; k < CLIENTS; k++) {
        if (mc_serve_has_lines(&s->serve, &s->clients[k]))
            run_server(s, k);
    }
}

/* The list of items has as many, of as many bytes, as the server counts. */
static void check_books(const struct server *s)
{
    const struct mc_cache *cache = &s->serve.cache;
    uint64_t items = 0, bytes = 0;
    for (uint32_t at = cache->oldest; at != 0; at = cache->slots[at].item.newer) {
        const struct mc_cache_item *item = &cache->slots[at].item;
        items++;
        bytes += mc_cache_total(item->key_len, item->flags, item->size);
        if ((item->marks & MC_CACHE_LINKED) == 0 || item->users == 0)
            fuzz_fail("an item that nobody has");
    }
    if (items != cache->items || bytes != cache->bytes)
        fuzz_fail("%llu items instead of %llu, or their bytes", (unsigned long long)items,
                  (unsigned long long)cache->items);
}

/* The block stays for the next input. */
static void start_server(struct server *s, const uint8_t *sizes, uint8_t options)
{
    void *block = s->block != NULL ? s->block : take_memory(MEMORY);
    *s = (struct server){.sizes = sizes, .block = block};
    if (!mc_serve_init(&s->serve, s->block, MEMORY, NOW))
        fuzz_fail("too little memory");
    s->serve.cache.keeps_all = (options & 1) != 0;
    s->serve.options = (struct mc_serve_options){
        .can_shut_down = (options & 2) != 0,
        .no_flush = (options & 4) != 0,
        .no_dumps = (options & 8) != 0,
        .keeps_slabs = (options & 16) != 0,
        .crawls = (options & 32) != 0,
        .tracks_sizes = (options & 64) != 0,
        .no_watch = (options & 128) != 0,
        .maintains = (options & 32) != 0,
    };
}

/* When nobody holds an item and all are gone, all memory is there again. */
static void end_server(struct server *s)
{
    struct mc_cache *cache = &s->serve.cache;
    check_books(s);
    for (unsigned k = 0; k < CLIENTS; k++) {
        mc_serve_leave(&s->serve, &s->clients[k]);
        free(s->in[k].data);
        free(s->said[k].data);
    }
    mc_cache_flush(cache, cache->now);
    mc_cache_flush(cache, cache->now);
    if (cache->items != 0 || cache->bytes != 0 || cache->unused_count != cache->slot_count - 1)
        fuzz_fail("%u slots of %u are lost", cache->slot_count - 1 - cache->unused_count,
                  cache->slot_count - 1);
}

/* Was a command refused because of others in the same packet? Then the packets matter. */
static bool has_refused_packet(const struct server *s)
{
    static const char words[] = "ERROR cannot pipeline other commands";
    const size_t len = sizeof words - 1;
    for (unsigned k = 0; k < CLIENTS; k++) {
        const struct bytes *said = &s->said[k];
        for (size_t at = 0; at + len <= said->len; at++) {
            if (memcmp(said->data + at, words, len) == 0)
                return true;
        }
    }
    return false;
}

/* The first of them got all whole. */
static void compare(const struct server *one, const struct server *other)
{
    if (has_refused_packet(one))
        return;
    for (unsigned k = 0; k < CLIENTS; k++) {
        const struct bytes *a = &one->said[k], *b = &other->said[k];
        if (a->len != b->len || (a->len > 0 && memcmp(a->data, b->data, a->len) != 0))
            fuzz_fail("other answers: %.*s\ninstead of: %.*s", (int)b->len, b->data, (int)a->len,
                      a->data);
        if (one->closed[k] != other->closed[k])
            fuzz_fail("client %u is closed in one of both", k);
    }
}

/* What one client sends before the next change: data[at..end). A NUL in it is another one's. */
static size_t find_end(const uint8_t *data, size_t at, size_t size)
{
    while (at < size && data[at] != 0)
        at++;
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct server servers[2];
    uint64_t now = NOW;
    unsigned client = 0;
    if (size < HEADER)
        return 0;
    start_server(&servers[0], NULL, data[OPTIONS]);
    start_server(&servers[1], data, data[OPTIONS]);
    for (int k = 0; k < 2; k++)
        servers[k].serve.users = MC_BYTES("a:b\nann:secret");
    if (data[LOGIN] < 0x80) /* nobody has to */
        servers[0].serve.users.len = servers[1].serve.users.len = 0;
    for (size_t at = HEADER; at < size;) {
        size_t end = find_end(data, at, size);
        struct mc_bytes bytes = {(const char *)data + at, end - at};
        uint8_t change = end + 1 < size ? data[end + 1] : 0;
        if (change >= 0x80)
            bytes.len++; /* with the NUL */
        for (int k = 0; k < 2; k++)
            feed(&servers[k], client, bytes);
        at = end + 2;
        if (change >= 0x80)
            continue;
        client = change & 3;
        now += change >> 2;
        for (int k = 0; k < 2; k++)
            mc_serve_clock(&servers[k].serve, now);
    }
    compare(&servers[0], &servers[1]);
    for (int k = 0; k < 2; k++)
        end_server(&servers[k]);
    return 0;
}
