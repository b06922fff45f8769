/* Counts keys in fixed memory: the Space-Saving algorithm (Metwally, Agrawal and Abbadi, 2005), with
 * weights. A key that has no counter takes over the least one, with its count, which is the error of
 * the new one. So no count is too low, and none is too high by more than its error; all errors are at
 * most total / COUNTERS. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "proto.h"

enum { COUNTERS = 1024, COUNTERS_KEY_MAX = 250, COUNTERS_HEADS = 2048 };

struct counter {
    uint64_t count, error; /* the true count is from count - error to count */
    uint8_t len;
    char key[COUNTERS_KEY_MAX];
    /* ---- private ---- */
    uint32_t hash;
    uint16_t next, place; /* in its chain, in the heap */
};

/* Start from {0}. */
struct counters {
    uint64_t total; /* of all weights */
    size_t used;
    struct counter list[COUNTERS];
    /* ---- private ---- */
    uint16_t heap[COUNTERS];        /* indices of the list; the least count is first */
    uint16_t heads[COUNTERS_HEADS]; /* of chains: an index + 1, or 0 */
};

/* Adds a weight to a key, of which the first COUNTERS_KEY_MAX bytes count. */
void counters_add(struct counters *counters, struct mc_bytes key, uint64_t weight);

/* The most that a key without a counter can have. */
uint64_t counters_least(const struct counters *counters);

/* Sorts pointers to the counters into list[0..COUNTERS), the largest first, and equal ones by their
 * keys. Returns how many there are. */
size_t counters_sort(const struct counters *counters, const struct counter **list);

#endif
