/* The results of a run, as text, JSON or CSV. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "live.h"
#include "options.h"
#include "stats.h"
#include "target.h"

struct report {
    const struct options *options;
    const struct targets *targets;
    const struct stats *stats;             /* of all threads */
    const struct stats_of_server *servers; /* one for each target */
    const struct live *live;
    bool interrupted;
    int argc;
    char **argv;
};

/* The percentiles that are reported. */
struct report_percentile {
    const char *name; /* "p99.9" */
    const char *word; /* "p99_9", for JSON and CSV */
    uint32_t millionths;
};

enum { REPORT_PERCENTILES = 5 };

extern const struct report_percentile report_percentiles[REPORT_PERCENTILES];

void report_print(const struct report *report, FILE *out);

/* True when no request failed, no connection was lost or refused, and no value was wrong. */
bool report_is_clean(const struct report *report);

/* "closed loop: ..." or "open loop: ..."; returns text. */
enum { REPORT_LOOP_SIZE = 160 };
const char *report_loop(const struct report *report, char text[REPORT_LOOP_SIZE]);

/* Events in the run per second. */
double report_rate(const struct report *report, uint64_t events);

#endif
