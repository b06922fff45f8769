/* The lines that were typed before, the oldest first. */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>

#include "buffer.h"

enum { HISTORY_MAX = 100 };

/* Start from {0}. */
struct history {
    struct buffer lines[HISTORY_MAX];
    size_t count;
};

/* Adds a line, unless it is the last one again. Of too many the oldest is dropped. */
void history_add(struct history *history, struct mc_bytes line);

void history_free(struct history *history);

#endif
