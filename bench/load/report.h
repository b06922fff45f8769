/* The results of a run, as text, JSON or CSV. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "live.h"
#include "options.h"
#include "runs.h"
#include "stats.h"
#include "target.h"

struct report {
    const struct options *options;
    const struct targets *targets;
    const struct stats *stats;             /* of all threads */
    const struct stats_of_kind *all;       /* and of all kinds together */
    const struct stats_of_server *servers; /* one for each target */
    const struct live *live;
    const struct runs *runs;
    bool interrupted;
    int argc;
    char **argv;
};

void report_print(const struct report *report, enum options_format format, FILE *out);

/* True when no request failed, no connection was lost or refused, and no value was wrong. */
bool report_is_clean(const struct report *report);

#endif
