/* Timing: the monotonic clock, "time this function N times" as Python's timeit does it, a histogram
 * of durations in fixed memory, and a line of report. All durations are nanoseconds. */
#ifndef TIMING_H
#define TIMING_H

#include <stdint.h>
#include <stdio.h>

/* Now, in ns on CLOCK_MONOTONIC. */
uint64_t timing_now(void);

/* Returns at the given time of timing_now(), not before it and, unless the machine is overloaded,
 * no more than a microsecond after it: sleeps for the most part and spins for the rest. */
void timing_wait_until(uint64_t when_ns);

/* The processor time that this process has used. */
struct timing_cpu {
    uint64_t user_ns, system_ns;
};

struct timing_cpu timing_cpu(void);

/* ---- Time this function ---------------------------------------------------------------------- */

/* What is timed. The call itself is part of the time: 1 or 2 ns. */
typedef void timing_function(void *ctx);

/* timeit.timeit(): calls the function `times` times; the ns of all calls together. */
uint64_t timing_run(timing_function *function, void *ctx, uint64_t times);

/* timeit.autorange() and timeit.repeat(): the ns of one call in the best of `runs` runs, the one
 * that other work disturbed least. A run is the first of 1, 2, 5, 10, 20, 50, ... calls that
 * together take least_ns. */
double timing_best(timing_function *function, void *ctx, uint64_t least_ns, uint32_t runs);

/* ns of one call, from the ns of a run: the quotient of two integers, rounded once. */
double timing_per_call(uint64_t total_ns, uint64_t calls);

/* ---- A histogram ----------------------------------------------------------------------------- */

/* Log-linear: values below 128 ns have a bucket each; above, every doubling is cut into 64 buckets
 * of equal width. A bucket reports its middle, which differs from any value in it by at most 1/128
 * (0.8 %) of that value; min, max, mean and count are exact. All of uint64_t fits, in 30 kB. */
enum {
    TIMING_BUCKET_BITS = 6,
    TIMING_BUCKETS = (64 - TIMING_BUCKET_BITS + 1) << TIMING_BUCKET_BITS
};

/* Start from {0}. The members may be read. */
struct timing_histogram {
    uint64_t count;
    uint64_t sum;      /* stays at UINT64_MAX when it would pass it: after 584 years */
    uint64_t min, max; /* 0 when count is 0 */
    uint64_t buckets[TIMING_BUCKETS];
};

void timing_record(struct timing_histogram *histogram, uint64_t value);

/* Adds what `from` has recorded to `into`. */
void timing_merge(struct timing_histogram *into, const struct timing_histogram *from);

/* The smallest recorded value that so many millionths of all values do not exceed (500000: the
 * median, 999000: p99.9, 1000000: the maximum), at most 0.8 % off. 0 when nothing is recorded. */
uint64_t timing_percentile(const struct timing_histogram *histogram, uint32_t millionths);

/* The mean, rounded down. 0 when nothing is recorded. */
uint64_t timing_mean(const struct timing_histogram *histogram);

/* ---- A report -------------------------------------------------------------------------------- */

enum { TIMING_TEXT_MAX = 16 };

/* A duration with three digits and its unit, "12.3 us"; returns text. */
const char *timing_text(char text[TIMING_TEXT_MAX], double ns);

/* One line: "get: 20000, mean 7.1 us, p50 5.5 us, p99 30 us, p99.9 138 us, max 838 us". */
void timing_print_histogram(FILE *out, const char *name, const struct timing_histogram *histogram);

#endif
