/* The results of squares, run by run, printed as text, JSON or CSV. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "options.h"
#include "timing.h"
#include "workload.h"

struct report_run {
    uint64_t ns; /* the run's time */
    struct workload_counts counts;
    uint64_t p50_ns, p99_ns; /* of cache->gets; 0 when none was tried */
    double model_ns;         /* the time that the model predicts; report_end() computes it */
};

/* How long things took, in the whole time. */
struct report_times {
    struct histogram answers;  /* gets that were a hit or a miss */
    struct histogram sets;     /* those that were stored */
    struct histogram expenses; /* pretended ones */
};

/* The caller sets options, server, own_server, cache and runs, which all stay its own. */
struct report {
    const struct options *options;
    const char *server; /* its address */
    bool own_server;    /* it was empty at the start */
    const struct report_times *cache;
    struct report_run *runs; /* room for options->runs of them */
    uint32_t count;          /* of those that are done */
    /* ---- by report_end(), for the model ---- */
    uint64_t get_ns, set_ns, expense_ns; /* the means */
    double lacking;    /* the share of the squares that the cache lacked at the start, 0..1 */
    double difference; /* of all runs together, measured to predicted: 0.01 for 1 % more */
    double longest_ns; /* of all runs and predictions */
};

/* Prints what comes before the first run; what is known when a run is done (which it adds to
 * report->runs); and the rest, when all are or when no more will be. */
void report_begin(const struct report *report, FILE *out);
void report_run(struct report *report, FILE *out, const struct report_run *run);
void report_end(struct report *report, FILE *out);

/* "Ten", "Twenty", "21": a number as a sentence begins with it, written to text; returns text. */
const char *report_number_word(char text[16], uint32_t number);

/* The first run's time divided by this one's. */
double report_speed_up(const struct report *report, uint32_t run);

/* Hits per request of a run, 0..1. */
double report_hit_rate(const struct report_run *run);

#endif
