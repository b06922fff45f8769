/* One connection of the load: a socket that never blocks, the bytes on their way in and out, and
 * the requests that wait for their answers.
 *
 * The large buffers are the thread's. A connection keeps only what they cannot: the beginning of a
 * line whose rest has not come, and the end of a request that the socket did not take. */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "poller.h"
#include "proto.h"
#include "stats.h"
#include "target.h"

struct conn_request {
    uint64_t start_ns; /* when it was sent; in an open loop, when it was due */
    enum stats_kind kind;
    bool failed; /* part of it was answered with an error */
};

enum conn_state {
    CONN_DOWN,       /* to be connected at when_ns */
    CONN_CONNECTING, /* to be given up at when_ns */
    CONN_UP
};

struct conn {
    uint32_t number; /* within its thread, for the poller */
    uint32_t server; /* index of its target */
    int fd;          /* -1: none */
    enum conn_state state;
    uint64_t when_ns, pause_ns;
    bool listed; /* the loop has it in its list of those that are free */
    /* The requests in flight, oldest first: a ring. */
    struct conn_request *requests;
    struct mc_bytes *keys; /* `request_keys` for each; their text lies in `text` */
    char *text;
    uint32_t depth, first, pending;
    uint32_t request_keys;
    /* How far the oldest of them is answered. */
    uint32_t at;       /* the next of its keys that an item may be for */
    uint32_t line_end; /* the end of the keys that its current reply may be about */
    uint32_t hits;
    bool in_value, wrong_value;
    uint32_t value_size;
    struct mc_reader reader;
    char *rest; /* room for MC_LINE_MAX: received, and not a whole line yet */
    size_t rest_len;
    char *backlog;                               /* allocated when first needed */
    size_t backlog_cap, backlog_at, backlog_end; /* [at..end) could not be sent yet */
    /* --fill: the keys to set are next_fill, next_fill + fill_step, ... */
    uint64_t next_fill, fill_step;
};

/* What is in flight is at most `depth` requests of request_keys keys of at most key_max bytes, all
 * of which begin with the prefix. False when there is no memory. */
bool conn_init(struct conn *conn, uint32_t depth, uint32_t request_keys, size_t key_max,
               struct mc_bytes prefix);
void conn_free(struct conn *conn);

/* Begins to connect. 0, or errno. When that is over (writable), conn_finish(): 0, or errno. */
int conn_start(struct conn *conn, struct poller *poll, const struct target *target);
int conn_finish(struct conn *conn, struct poller *poll);

/* Closes it and forgets what was in flight, which the caller has counted. */
void conn_close(struct conn *conn, struct poller *poll);

/* Sends, and keeps what the socket does not take. Not before conn_idle(). 0, or errno. */
int conn_send(struct conn *conn, struct poller *poll, struct mc_bytes bytes);

/* Sends more of what was kept. 0, or errno. */
int conn_flush(struct conn *conn, struct poller *poll);

/* True when nothing is kept that has to go out first. */
static inline bool conn_idle(const struct conn *conn)
{
    return conn->backlog_at == conn->backlog_end;
}

/* The i-th request in flight, 0 the oldest; its keys. */
static inline uint32_t conn_slot(const struct conn *conn, uint32_t i)
{
    uint32_t slot = conn->first + i;

    return slot < conn->depth ? slot : slot - conn->depth;
}

static inline struct mc_bytes *conn_keys(const struct conn *conn, uint32_t slot)
{
    return conn->keys + (size_t)slot * conn->request_keys;
}

#endif
