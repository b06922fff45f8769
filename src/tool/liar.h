/* The server of a case on real sockets: it listens, and sends what lie_server.h plans. */
#ifndef LIAR_H
#define LIAR_H

#include <poll.h>

#include "buffer.h"
#include "lie_server.h"
#include "listen.h"

enum { LIAR_LINKS_MAX = 64, LIAR_FILES = 2 };

/* A connection. */
struct liar_link {
    int file;
    struct lie_server_link link;
    struct buffer in;
    struct buffer out, held; /* held: what is late */
    struct lie_plan plan;
    size_t sent, until; /* of out: what has gone, and what may go now */
    int64_t due;        /* not before this time */
    bool silent, blocked, over;
};

struct liar {
    struct lie_server server;
    char address[LISTEN_ADDRESS_MAX];
    int listener;
    int64_t timeout_ms; /* the client's deadline */
    int64_t asked_ms;   /* when the first byte came since liar_mark(); -1: none has */
    size_t cuts;        /* replies that were cut */
    uint64_t *block;
    char *reply;
    size_t count;
    struct liar_link *links[LIAR_LINKS_MAX];
};

/* Listens at an address as listen_open() reads it. 0, or -1 with *problem set. */
int liar_open(struct liar *liar, const char *address, int64_t timeout_ms, const char **problem);

/* Begins a case: closes all connections, and stores its items. */
void liar_begin(struct liar *liar, const struct lie_case *scene);

/* From now on the next byte that comes sets asked_ms. */
void liar_mark(struct liar *liar);

/* Waits until one of these descriptors can be read, a client wants something, or the time `until`,
 * whatever comes first; and then does what the clients want. files[k]: -1 for none. */
void liar_turn(struct liar *liar, struct pollfd files[LIAR_FILES], int64_t until);

void liar_close(struct liar *liar);

#endif
