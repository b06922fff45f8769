/* What this project's client promises, held against the results. */
#ifndef LIMIT_H
#define LIMIT_H

#include "results.h"

/* What a limit limits. */
enum limit_kind {
    LIMIT_INSTRUCTIONS, /* of an operation, or a key of it */
    LIMIT_SYSCALLS,     /* of an operation */
    LIMIT_TIME          /* the p50, to the baseline's; TCP, one processor */
};

struct limit {
    const char *text;
    enum limit_kind kind;
    const char *work;
    double keys; /* the figure is divided by so many */
    double most;
};

extern const struct limit limit_table[];
extern const size_t limit_count;

/* The client's figure; unknown when it was not measured. */
double limit_figure(const struct limit *limit, const struct results *results);

#endif
