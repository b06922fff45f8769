/* The event loop of one thread: it connects, sends what is due, receives what comes, and notices
 * what does not. */
#ifndef LOOP_H
#define LOOP_H

#include <stdatomic.h>

#include "conn.h"
#include "maker.h"
#include "options.h"
#include "reply.h"

/* What a thread does until it is over. */
struct loop_phase {
    bool fill;
    uint64_t requests; /* of all threads together; OPTIONS_UNLIMITED */
    uint64_t time_ns;  /* OPTIONS_UNLIMITED */
    uint64_t rate;     /* requests a second of all threads together; 0: closed loop */
    uint64_t rate_end; /* what it becomes by the end of time_ns */
};

struct loop {
    const struct options *options;
    const struct targets *targets;
    atomic_bool *stop; /* set from outside: end early */
    uint32_t thread;
    /* Called at each full second of a phase; NULL: not. */
    void (*on_second)(void *ctx);
    void *ctx;
    struct stats stats;
    struct stats_of_server *servers; /* one for each target */
    /* ---- private ---- */
    struct poller *poll;
    struct conn *conns;
    uint32_t count; /* of conns */
    struct maker maker;
    struct reply_check check;
    struct conversation conversation;
    char *in; /* what was just received */
    struct loop_phase phase;
    uint32_t depth; /* requests in flight on a connection */
    uint64_t now_ns, start_ns, end_ns, tick_ns, second_ns, alive_ns;
    uint64_t left;    /* requests that are still to be started */
    uint64_t started; /* requests that were */
    uint32_t pending; /* requests in flight on all connections */
    uint32_t *free;   /* open loop: a ring of connections that can take a request */
    uint32_t free_at, free_count;
};

/* The caller has set the members before stats, and zeroed the rest. False when there is no memory.
 * Call loop_free() in any case. */
bool loop_init(struct loop *engine);
void loop_free(struct loop *engine);

/* Tries to make each connection once. */
void loop_connect(struct loop *engine);

/* Runs a phase until its last answer has come or has been given up. */
void loop_run(struct loop *engine, const struct loop_phase *phase);

#endif
