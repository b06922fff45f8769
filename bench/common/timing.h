/* Timing: the monotonic clock, "time this function N times" as Python's timeit does it, and a line
 * about a histogram. All durations are nanoseconds. */
#ifndef TIMING_H
#define TIMING_H

#include <stdint.h>
#include <stdio.h>

#include "histogram.h"

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

/* ---- A report ----------------------------------------------------------------------------- */

/* One line: "get: 20000, mean 7.1 us, p50 5.5 us, p99 30 us, p99.9 138 us, max 838 us". */
void timing_print_histogram(FILE *out, const char *name, const struct histogram *histogram);

#endif
