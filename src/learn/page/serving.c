/* The small memcached, for the page: it answers what is typed, on up to nine connections. */
#include "page.h"
#include "serve.h"

#include <string.h>

enum {
    SERVED_MEMORY = 3 << 20,
    SERVED_CLIENTS = 9,
    FIRST_FILE = 20 /* the descriptor that a memcached would have for the first of them */
};

static struct mc_serve serve;
static struct mc_serve_client clients[SERVED_CLIENTS];
static uint64_t block[SERVED_MEMORY / sizeof(uint64_t)];
static char served[PAGE_WINDOW];
static struct mc_out served_out;
static size_t served_taken;

/* An empty server, at this Unix time. */
PAGE_EXPORT void serve_begin(uint32_t now)
{
    memset(clients, 0, sizeof clients);
    mc_serve_init(&serve, block, sizeof block, now);
    serve.connections = SERVED_CLIENTS;
    serve.options.crawls = serve.options.maintains = true;
    for (uint32_t k = 0; k < SERVED_CLIENTS; k++)
        clients[k].peer.file = FIRST_FILE + k;
}

PAGE_EXPORT void serve_clock(uint32_t now)
{
    mc_serve_clock(&serve, now);
}

/* A client, 0 to 8, sends the first `len` bytes of the window: the result of mc_serve_input(). */
PAGE_EXPORT int serve_bytes(size_t client, size_t len)
{
    struct mc_bytes in = {page_window, len};
    served_out = (struct mc_out){served, sizeof served, 0};
    int result = mc_serve_input(&serve, &clients[client], &in, &served_out);
    served_taken = len - in.len;
    return result;
}

/* Does a client, 0 to 8, watch a log that has lines for it? */
PAGE_EXPORT bool serve_has_lines(size_t client)
{
    return mc_serve_has_lines(&serve, &clients[client]);
}

/* How many bytes it has read, and what it answers. */
PAGE_EXPORT size_t serve_read(void)
{
    return served_taken;
}

PAGE_EXPORT const char *answer_at(void)
{
    return served;
}

PAGE_EXPORT size_t answer_len(void)
{
    return served_out.len;
}
