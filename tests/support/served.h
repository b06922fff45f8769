/* A small memcached in memory, and its clients: tests feed it bytes in pieces. */
#ifndef SERVED_H
#define SERVED_H

#include "serve.h"
#include "text.h"

enum { SERVED_CLIENTS = 10, SERVED_SIZE = 4 << 20 };

struct served {
    struct mc_serve serve;
    void *block;
    size_t size; /* of the block */
    struct mc_serve_client clients[SERVED_CLIENTS];
    struct text in[SERVED_CLIENTS];   /* received and not read */
    struct text said[SERVED_CLIENTS]; /* answers */
    bool closed[SERVED_CLIENTS];
};

void served_start(struct served *served, size_t size, uint64_t now);
void served_end(struct served *served);

/* Another client in this one's place. */
void served_again(struct served *served, int client);

/* Gives it bytes in pieces of `piece` bytes, and takes the answers in pieces of `room` bytes; those
 * who watch its log get their lines. */
void served_feed(struct served *served, int client, struct mc_bytes bytes, size_t piece,
                 size_t room);

#endif
