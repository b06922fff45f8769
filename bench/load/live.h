/* What happens during a run: a sample each second, and a line about it on a terminal. */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>
#include <stdio.h>

#include "stats.h"

struct live_sample {
    uint64_t requests, errors; /* in this second */
    uint64_t p50_ns, p99_ns;   /* of its answers, gets and sets together */
};

struct live {
    FILE *out; /* private; NULL: no line is shown */
    struct live_sample *samples;
    size_t count;
    struct stats_of_kind last; /* all that the samples so far hold; of a new run: nothing */
};

/* Shows a line if stderr is a terminal that can start one again. */
void live_begin(struct live *live);

/* Adds a sample, from the sums of all kinds so far, a second after the last ones. */
void live_add(struct live *live, const struct stats_of_kind *now);

/* Ends the line; the samples stay until live_free(). */
void live_end(struct live *live);

void live_free(struct live *live);

#endif
