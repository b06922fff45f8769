/* The runs of --repeat and --scan: a row of figures each, and what they have in common. */
#ifndef RUNS_H
#define RUNS_H

#include <stdbool.h>
#include <stdio.h>

#include "stats.h"

enum runs_column {
    RUNS_RATE, /* that was due; 0: closed loop */
    RUNS_SECONDS,
    RUNS_REQUESTS,
    RUNS_PER_SECOND,
    RUNS_ERRORS,
    RUNS_UNSENT,
    RUNS_MEAN, /* from here on latencies in us, of all kinds together */
    RUNS_P50,
    RUNS_P99,
    RUNS_P999,
    RUNS_MAX,
    RUNS_COLUMNS
};

/* Start from {0}. */
struct runs {
    double (*rows)[RUNS_COLUMNS];
    uint32_t count;
};

/* Adds a row about a run. False when there is no memory. */
bool runs_add(struct runs *runs, uint64_t rate, const struct stats *stats);
void runs_free(struct runs *runs);

/* The median of a column, the lower of two; and with part 0 or 1 its least and its most. */
double runs_quantile(const struct runs *runs, enum runs_column column, double part);

/* A table; and the median, the least and the most of runs that are alike. */
void runs_print(const struct runs *runs, bool alike, FILE *out);

/* The rows as a list of objects. */
void runs_print_json(const struct runs *runs, FILE *out);

#endif
