/* What a run is counted in: for gets and sets apart, and for each server. */
#ifndef LOAD_STATS_H
#define LOAD_STATS_H

#include <stdint.h>

#include "timing.h"

enum load_kind { LOAD_GET, LOAD_SET, LOAD_KINDS };

/* A request is one command, or several when the keys of --multiget need more than one line. Of a
 * get, each key is a hit or a miss. */
struct load_kind_stats {
    uint64_t requests; /* answered as they should be */
    uint64_t errors;   /* sent, and lost with their connection or refused by the server */
    uint64_t hits, misses;
    uint64_t wrong;                  /* --verify: hits whose value is not one of ours */
    struct timing_histogram latency; /* of `requests` */
};

/* What goes wrong with a server. */
enum load_trouble {
    LOAD_REFUSED,     /* a connection could not be made */
    LOAD_CLOSED,      /* the server closed one, or it was reset */
    LOAD_TIMED_OUT,   /* an answer or a connection took too long */
    LOAD_BROKEN,      /* an answer was malformed, or to nothing that was asked */
    LOAD_ERROR_REPLY, /* the server answered with an error */
    LOAD_TROUBLES
};

/* Short English texts, for the names of members and for people. */
extern const char *const load_trouble_names[LOAD_TROUBLES];
extern const char *const load_trouble_texts[LOAD_TROUBLES];
extern const char *const load_kind_names[LOAD_KINDS];

struct load_server_stats {
    uint64_t connects; /* connections made */
    uint64_t troubles[LOAD_TROUBLES];
    char first[120]; /* the first trouble in words; empty: none */
};

/* What one thread, or all of them, did. */
struct load_stats {
    struct load_kind_stats kinds[LOAD_KINDS];
    uint64_t sent_bytes, received_bytes;
    uint64_t unsent;             /* requests that should have been sent and never were */
    uint64_t filled;             /* by --fill */
    uint64_t earlier_errors;     /* requests that failed during --fill and --warmup */
    uint64_t user_ns, system_ns; /* of the processor, during the run */
    uint64_t start_ns, end_ns; /* of the run, by timing_now(); 0: it has not begun, or not ended */
};

/* Adds `from` to `into`: the earliest start, the latest end, the sum of all else. */
void load_stats_add(struct load_stats *into, const struct load_stats *from);
void load_stats_add_server(struct load_server_stats *into, const struct load_server_stats *from);

/* What `after` has recorded and `before` had not: percentiles are good, the extremes those of
 * buckets, and the mean is exact. */
void load_stats_since(struct timing_histogram *into, const struct timing_histogram *after,
                      const struct timing_histogram *before);

#endif
