/* What this project's client promises, held against the results. */
#ifndef MARKS_H
#define MARKS_H

#include "results.h"

/* What a mark limits. */
enum marks_kind {
    MARKS_INSTRUCTIONS, /* of an operation, or a key of it */
    MARKS_SYSCALLS,     /* of an operation */
    MARKS_TIME          /* the p50, to the floor's; TCP, one processor */
};

struct marks_mark {
    const char *text;
    enum marks_kind kind;
    const char *work;
    double keys; /* the figure is divided by so many */
    double most;
};

extern const struct marks_mark marks_table[];
extern const size_t marks_count;

/* The client's figure; unknown when it was not measured. */
double marks_figure(const struct marks_mark *mark, const struct results *results);

#endif
