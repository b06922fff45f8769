/* The results of a run, as text, JSON or CSV. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "live.h"
#include "options.h"
#include "stats.h"
#include "target.h"

struct load_report {
    const struct load_options *options;
    const struct load_targets *targets;
    const struct load_stats *stats;          /* of all threads */
    const struct load_server_stats *servers; /* one for each target */
    const struct load_live *live;
    bool interrupted;
    int argc;
    char **argv;
};

/* The percentiles that are reported. */
struct load_percentile {
    const char *name; /* "p99.9" */
    const char *word; /* "p99_9", for JSON and CSV */
    uint32_t millionths;
};

enum { LOAD_PERCENTILES = 5 };

extern const struct load_percentile load_percentiles[LOAD_PERCENTILES];

void load_report_print(const struct load_report *report, FILE *out);

/* True when no request failed, no connection was lost or refused, and no value was wrong. */
bool load_report_is_clean(const struct load_report *report);

/* "closed loop: ..." or "open loop: ..."; returns text. */
enum { LOAD_LOOP_SIZE = 160 };
const char *load_report_loop(const struct load_report *report, char text[LOAD_LOOP_SIZE]);

/* Events in the run per second. */
double load_report_rate(const struct load_report *report, uint64_t events);

#endif
