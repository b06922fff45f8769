/* The event loop of one thread: it connects, sends what is due, receives what comes, and notices
 * what does not. */
#ifndef LOAD_LOOP_H
#define LOAD_LOOP_H

#include <stdatomic.h>

#include "conn.h"
#include "maker.h"
#include "options.h"
#include "reply.h"

/* What a thread does until it is over. */
struct load_phase {
    bool fill;
    uint64_t requests; /* of all threads together; LOAD_UNLIMITED */
    uint64_t time_ns;  /* LOAD_UNLIMITED */
    uint64_t rate;     /* requests a second of all threads together; 0: closed loop */
};

struct load_loop {
    const struct load_options *options;
    const struct load_targets *targets;
    atomic_bool *stop; /* set from outside: end early */
    uint32_t thread;
    /* Called at each full second of a phase; NULL: not. */
    void (*on_second)(void *ctx);
    void *ctx;
    struct load_stats stats;
    struct load_server_stats *servers; /* one for each target */
    /* ---- private ---- */
    struct load_poller *poll;
    struct load_conn *conns;
    uint32_t count; /* of conns */
    struct load_maker maker;
    struct load_check check;
    struct mc_out out; /* what is about to be sent */
    char *in;          /* what was just received */
    struct load_phase phase;
    uint32_t depth; /* requests in flight on a connection */
    uint64_t now_ns, start_ns, end_ns, tick_ns, second_ns, alive_ns;
    uint64_t left;    /* requests that are still to be started */
    uint64_t started; /* requests that were */
    uint32_t pending; /* requests in flight on all connections */
    uint32_t *free;   /* open loop: a ring of connections that can take a request */
    uint32_t free_at, free_count;
};

/* The caller has set the members before stats, and zeroed the rest. False when there is no memory.
 * Call load_loop_free() in any case. */
bool load_loop_init(struct load_loop *engine);
void load_loop_free(struct load_loop *engine);

/* Tries to make each connection once. */
void load_loop_connect(struct load_loop *engine);

/* Runs a phase until its last answer has come or has been given up. */
void load_loop_run(struct load_loop *engine, const struct load_phase *phase);

#endif
