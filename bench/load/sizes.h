/* A distribution of sizes: one, a range, or a list of these with weights. */
#ifndef SIZES_H
#define SIZES_H

#include <stdbool.h>

#include "dist.h"

enum { SIZES_MAX = 1000 };

/* Sizes from min to max, each as likely; `end` is the sum of the weights up to here. */
struct sizes_range {
    uint32_t min, max, end;
};

struct sizes {
    const char *text;  /* as it was given */
    uint32_t min, max; /* of all ranges */
    uint32_t count;    /* 0: there is none */
    struct sizes_range list[SIZES_MAX];
};

/* Reads N, MIN-MAX, or several of them with commas between, each with a weight after a colon or
 * without (1): "64:9,100-200:1". "@FILE": the same from a file, where spaces and line ends do for
 * commas, too. NULL; or what is wrong, to be printed after the text. */
const char *sizes_read(struct sizes *sizes, const char *text, uint32_t max);

uint32_t sizes_draw(const struct sizes *sizes, struct dist *dist);

/* Can it be drawn? */
bool sizes_have(const struct sizes *sizes, uint64_t size);

#endif
