/* One connection of the load: a socket that never blocks, an engine, and the requests in flight with
 * their operations.
 *
 * What is received lies in a buffer of the thread's, and values lie in the text that all share, so
 * that a connection keeps only lines: those that are being sent, and one whose end has not come. */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "conversation.h"
#include "engine.h"
#include "login.h"
#include "poller.h"
#include "socket.h"
#include "stats.h"
#include "target.h"

struct conn_request {
    uint64_t start_ns; /* when it was sent; in an open loop, when it was due */
    enum stats_kind kind;
    uint32_t left; /* of its operations, those that are not done */
    uint32_t hits;
    bool failed; /* part of it was answered with an error */
};

enum conn_state {
    CONN_DOWN,       /* to be connected at when_ns */
    CONN_CONNECTING, /* to be given up at when_ns */
    CONN_UP
};

/* What the connections of a thread have in common. */
struct conn_shape {
    uint32_t depth;        /* requests in flight */
    uint32_t request_keys; /* keys of each */
    uint32_t request_ops;  /* operations of each: one, or one for each key */
    size_t key_max;        /* bytes of a key, which begins with */
    struct mc_bytes prefix;
    size_t out_size; /* bytes of lines that one send takes */
};

struct conn {
    const struct conn_shape *shape;
    uint32_t number; /* within its thread, for the poller */
    uint32_t server; /* index of its target */
    struct mc_socket socket;
    enum conn_state state;
    uint64_t when_ns, pause_ns;
    bool listed;                       /* the loop has it in its list of those that are free */
    bool blocked;                      /* the socket did not take all that there was to send */
    bool logs_in;                      /* it waits for the answer to its login */
    uint64_t may_take;                 /* requests before it is closed, besides those of --fill */
    struct conversation *conversation; /* shows what passes; NULL: nothing does */
    struct mc_engine engine;
    char *in, *out; /* the engine's buffers */
    /* The requests in flight, oldest first: a ring, and what belongs to each. */
    struct conn_request *requests;
    struct mc_op *ops, login;
    struct mc_bytes *keys; /* their text lies in `text` */
    uint32_t *numbers;     /* of the keys */
    struct mc_value *values;
    char *text;
    uint32_t first, pending;
    /* The value that is being received. */
    struct mc_bytes value_due; /* what it should be */
    size_t value_at;           /* how far it is received */
    bool value_wrong;
    enum stats_kind value_kind;
    uint64_t unique; /* its cas unique */
    /* --fill: the keys to set are next_fill, next_fill + fill_step, ... */
    uint64_t next_fill, fill_step;
};

/* Allocates all that it needs. False when there is no memory. The shape stays where it is. */
bool conn_init(struct conn *conn, const struct conn_shape *shape);
void conn_free(struct conn *conn);

/* Begins to connect. 0, or errno. When that is over (writable), conn_finish(): 0, or errno. */
int conn_start(struct conn *conn, struct poller *poll, const struct target *target);
int conn_finish(struct conn *conn, struct poller *poll);

/* Begins to log in. */
void conn_log_in(struct conn *conn, const struct login *login);

/* Closes it and forgets what was in flight, which the caller has counted. */
void conn_close(struct conn *conn, struct poller *poll);

/* Sends what the engine has and the socket takes, and adds how many bytes that are to *sent. 0, or
 * errno. */
int conn_send(struct conn *conn, struct poller *poll, uint64_t *sent);

/* The place in the ring of the i-th request in flight, 0 the oldest; its operations; its keys. */
static inline uint32_t conn_slot(const struct conn *conn, uint32_t i)
{
    uint32_t slot = conn->first + i, depth = conn->shape->depth;

    return slot < depth ? slot : slot - depth;
}

static inline struct mc_op *conn_ops(const struct conn *conn, uint32_t slot)
{
    return conn->ops + (size_t)slot * conn->shape->request_ops;
}

static inline size_t conn_first_key(const struct conn *conn, uint32_t slot)
{
    return (size_t)slot * conn->shape->request_keys;
}

#endif
