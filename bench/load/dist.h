/* Random numbers: which key comes next, and of what size its value is. */
#ifndef DIST_H
#define DIST_H

#include <stddef.h>
#include <stdint.h>

/* A generator and a distribution over 0..count-1. */
struct dist {
    uint64_t state;
    uint32_t count;
    double exponent;          /* 0: uniform */
    double first, last, sure; /* private, of zipf */
};

/* The same seed and stream give the same draws; streams are independent. count >= 1; exponent 0 is
 * uniform, above it zipf. */
void dist_init(struct dist *dist, uint64_t seed, uint64_t stream, uint32_t count, double exponent);

/* The next of the numbers 0..count-1. With zipf, k is drawn in proportion to 1 / (k + 1)^exponent,
 * exactly, with neither a table nor a sum over all: rejection inversion, W. Hoermann and
 * G. Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions",
 * ACM TOMACS 6 (1996). */
uint32_t dist_draw(struct dist *dist);

/* The next ones. */
void dist_draw_many(struct dist *dist, uint32_t *numbers, size_t count);

/* A number from min to max, each as likely. */
uint32_t dist_between(struct dist *dist, uint32_t min, uint32_t max);

#endif
