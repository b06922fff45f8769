/* A histogram of durations in fixed memory: the command mcwire latency and the programs of bench/ have
 * it.
 *
 * Log-linear: values below 128 have a bucket each; above, every doubling is cut into 64 buckets of
 * equal width. A bucket stands for its middle, which differs from any value in it by at most 1/128
 * (0.8 %); min, max, mean and count are exact. All of uint64_t fits, in 30 kB. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BITS = 6, HISTOGRAM_BUCKETS = (64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS };

/* Start from {0}. The members may be read. */
struct histogram {
    uint64_t count;
    uint64_t sum;      /* stays at UINT64_MAX when it would pass it: after 584 years */
    uint64_t min, max; /* 0 when count is 0 */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_record(struct histogram *histogram, uint64_t value);

/* Adds what `from` has recorded to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The middle of a bucket. */
uint64_t histogram_value(size_t bucket);

/* The smallest recorded value that so many millionths of all values do not exceed (500000: the
 * median, 999000: p99.9, 1000000: the maximum), at most 0.8 % off. 0 when nothing is recorded. */
uint64_t histogram_percentile(const struct histogram *histogram, uint32_t millionths);

/* The mean, rounded down. 0 when nothing is recorded. */
uint64_t histogram_mean(const struct histogram *histogram);

enum { HISTOGRAM_TEXT_MAX = 16 };

/* A duration of so many ns with three digits and its unit, "12.3 us"; returns text. */
const char *histogram_text(char text[HISTOGRAM_TEXT_MAX], double ns);

#endif
