/* The cache of squares on a memcached server: it times operations, pays for misses, and warns of a
 * failing server once. */
#ifndef CACHE_H
#define CACHE_H

#include <signal.h>

#include "conversation.h"
#include "report.h"
#include "server.h"
#include "timing.h"
#include "workload.h"

/* A time in which the server fails. It is over when there was no failure for a second, so that a
 * server that comes and goes is one outage too, and not a warning for every request. */
struct cache_outage {
    bool on, failing;           /* failing: the last operation failed */
    uint64_t since_ns, last_ns; /* its first and its last failure, on timing_now()'s clock */
    uint64_t failures;
};

struct cache {
    /* Latencies as the program sees them: every get since the caller last cleared it, the failed
     * ones too, for that is what was waited; but not those that were skipped in the pause after a
     * failure. */
    struct histogram gets;
    struct report_times times;
    uint64_t cost_ns; /* of a miss */
    /* ---- */
    struct mc_server server;
    struct conversation conversation;
    const char *address;
    struct cache_outage outage;
    char buf[4096];
    volatile sig_atomic_t interrupted;
};

/* Takes the server's address (which stays the caller's and in use), the longest time to wait for an
 * operation, and the cost of a miss. Does not connect. 0, or MC_E_ADDRESS with
 * cache->server.problem. */
int cache_init(struct cache *cache, const char *address, int64_t timeout_ms, uint64_t cost_ns);

/* Explains on stderr what passes on the connection from now on; *cache stays where it is. */
void cache_trace(struct cache *cache);

/* The cache as the workload wants it; *cache stays in use. */
struct workload_cache cache_workload(struct cache *cache);

/* In a signal handler: no operation waits any longer, and each fails from now on, without a word. */
void cache_interrupt(struct cache *cache);
bool cache_is_interrupted(const struct cache *cache);

/* Ends the connection, and says how an outage that was warned of ended. */
void cache_close(struct cache *cache);

#endif
