/* What is counted in a run: for each kind of request, and for each server. */
#ifndef STATS_H
#define STATS_H

#include <stdint.h>

#include "timing.h"

enum stats_kind {
    STATS_GET,
    STATS_SET,
    STATS_ADD,
    STATS_CAS, /* gets, and then cas with what it brought */
    STATS_GAT,
    STATS_TOUCH,
    STATS_INCR,
    STATS_DELETE,
    STATS_KINDS
};

/* A request is one command, or several when the keys of --multiget need more than one line. Each key
 * of all but a set is a hit; or a miss, when it is not there, of an add when it is there, of a cas
 * also when it has changed. */
struct stats_of_kind {
    uint64_t requests;           /* answered as they should be */
    uint64_t errors;             /* sent, and lost with their connection or refused by the server */
    uint64_t keys, hits, misses; /* keys: of `requests` */
    uint64_t wrong;              /* --verify: values that are not ours */
    struct histogram latency;    /* of `requests` */
};

/* What goes wrong with a server. */
enum stats_trouble {
    STATS_REFUSED,     /* a connection could not be made */
    STATS_CLOSED,      /* the server closed one, or it was reset */
    STATS_TIMED_OUT,   /* an answer or a connection took too long */
    STATS_BROKEN,      /* an answer was malformed, or to nothing that was asked */
    STATS_ERROR_REPLY, /* the server answered with an error */
    STATS_TROUBLES
};

/* Short English texts, for the names of members and for people. */
extern const char *const stats_trouble_names[STATS_TROUBLES];
extern const char *const stats_trouble_texts[STATS_TROUBLES];
extern const char *const stats_kind_names[STATS_KINDS];

struct stats_of_server {
    uint64_t connects; /* connections made */
    uint64_t troubles[STATS_TROUBLES];
    char first[240];          /* the first trouble in words; empty: none */
    struct stats_of_kind all; /* its requests of all kinds, of the run alone */
};

/* What one thread, or all of them, did. */
struct stats {
    struct stats_of_kind kinds[STATS_KINDS];
    uint64_t sent_bytes, received_bytes;
    uint64_t unsent;             /* requests that should have been sent and never were */
    uint64_t filled;             /* by --fill */
    uint64_t earlier_errors;     /* requests that failed during --fill and --warmup */
    uint64_t user_ns, system_ns; /* of the processor, during the run */
    uint64_t start_ns, end_ns; /* of the run, by timing_now(); 0: it has not begun, or not ended */
};

/* Adds `from` to `into`: the earliest start, the latest end, the sum of all else. */
void stats_add(struct stats *into, const struct stats *from);
void stats_add_server(struct stats_of_server *into, const struct stats_of_server *from);

void stats_add_kind(struct stats_of_kind *into, const struct stats_of_kind *from);

/* All kinds together. */
void stats_all(const struct stats *stats, struct stats_of_kind *all);

#endif
