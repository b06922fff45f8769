/* A histogram of durations in fixed memory. Values below 64 have a bucket each; above, every doubling
 * is cut into 32 buckets of equal width. A bucket stands for its middle, which differs from any value
 * in it by at most 1/64 (1.6 %). */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BITS = 5, HISTOGRAM_BUCKETS = (64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS };

/* Start from {0}. The members may be read. */
struct histogram {
    uint64_t count, sum;
    uint64_t min, max; /* exact; 0 when count is 0 */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_record(struct histogram *histogram, uint64_t value);

/* The middle of a bucket. */
uint64_t histogram_value(size_t bucket);

/* The least value that so many thousandths of all values do not exceed (500: the median), at most
 * 1.6 % off. 0 when nothing is recorded. */
uint64_t histogram_percentile(const struct histogram *histogram, uint32_t thousandths);

#endif
