/* Moves bytes between a test and the small memcached, whose input is always in memory of just its
 * size. */
#include "served.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* A block that the last server left: new memory of this size takes its time with sanitizers. */
static struct {
    void *block;
    size_t size;
} spare;

static void *take_block(size_t size)
{
    void *block = spare.block;
    if (block == NULL || spare.size != size)
        return suite_allocate(size);
    spare.block = NULL;
    return block;
}

static void give_block(void *block, size_t size)
{
    free(spare.block);
    spare.block = block;
    spare.size = size;
}

void served_start(struct served *served, size_t size, uint64_t now)
{
    *served = (struct served){.block = take_block(size), .size = size};
    ck_assert(mc_serve_init(&served->serve, served->block, size, now));
}

void served_again(struct served *served, int client)
{
    mc_serve_leave(&served->serve, &served->clients[client]);
    served->clients[client] = (struct mc_serve_client){.inside = false};
    served->closed[client] = false;
    text_clear(&served->in[client]);
    text_clear(&served->said[client]);
}

void served_end(struct served *served)
{
    for (int i = 0; i < SERVED_CLIENTS; i++) {
        served_again(served, i);
        text_free(&served->in[i]);
        text_free(&served->said[i]);
    }
    give_block(served->block, served->size);
}

/* Lets it read what has come. */
static void run(struct served *served, int client, size_t room)
{
    struct text *in = &served->in[client];
    char *copy = suite_allocate(in->len > 0 ? in->len : 1), *out = suite_allocate(room);
    struct mc_bytes bytes = {copy, in->len};
    if (in->len > 0)
        memcpy(copy, in->data, in->len);
    int result = MC_E_FULL;
    while (result == MC_E_FULL) {
        struct mc_out space = {out, room, 0};
        result = mc_serve_input(&served->serve, &served->clients[client], &bytes, &space);
        text_add(&served->said[client], out, space.len);
    }
    served->closed[client] = result == MC_E_CLOSED;
    text_drop(in, in->len - bytes.len);
    free(copy);
    free(out);
}

void served_feed(struct served *served, int client, struct mc_bytes bytes, size_t piece,
                 size_t room)
{
    for (size_t at = 0; at < bytes.len && !served->closed[client];) {
        size_t n = piece < bytes.len - at ? piece : bytes.len - at;
        text_add(&served->in[client], bytes.data + at, n);
        run(served, client, room);
        at += n;
    }
    for (int other = 0; other < SERVED_CLIENTS; other++) {
        if (mc_serve_has_lines(&served->serve, &served->clients[other]))
            run(served, other, room);
    }
}
