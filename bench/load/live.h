/* A run while it goes on: a sample each second, and a line of it on a terminal. */
#ifndef LOAD_LIVE_H
#define LOAD_LIVE_H

#include <stdbool.h>
#include <stdio.h>

#include "stats.h"

struct load_sample {
    uint64_t requests, errors; /* in this second */
    uint64_t p50_ns, p99_ns;   /* of its answers, gets and sets together */
};

struct load_live {
    FILE *out; /* NULL: no line is shown */
    struct load_sample *samples;
    size_t count;
    struct load_stats last; /* private: all that the samples so far hold */
};

/* Adds a sample, from the sums so far, a second after the last ones. */
void load_live_add(struct load_live *live, const struct load_stats *now);

/* Ends the line; the samples stay until load_live_free(). */
void load_live_end(struct load_live *live);

void load_live_free(struct load_live *live);

#endif
