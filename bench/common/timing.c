/* Reads clocks, times functions, and prints a line about a histogram. */
#include "timing.h"

#include <sys/resource.h>
#include <time.h>

enum {
    SECOND_NS = 1000000000,
    /* A sleep ends about 100 us late here (timer slack and waking up), which would make a
     * millisecond 10 % longer. So the last stretch is spun. */
    SPIN_NS = 200000
};

uint64_t timing_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static uint64_t in_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_usec * 1000;
}

struct timing_cpu timing_cpu(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (struct timing_cpu){in_ns(usage.ru_utime), in_ns(usage.ru_stime)};
}

void timing_wait_until(uint64_t when_ns)
{
    for (uint64_t now = timing_now(); now < when_ns; now = timing_now()) {
        uint64_t left = when_ns - now;
        if (left <= SPIN_NS)
            continue;
        left -= SPIN_NS;
        struct timespec pause = {.tv_sec = (time_t)(left / SECOND_NS),
                                 .tv_nsec = (long)(left % SECOND_NS)};
        nanosleep(&pause, NULL); /* a signal ends it early; then the rest is slept */
    }
}

uint64_t timing_run(timing_function *function, void *ctx, uint64_t times)
{
    uint64_t start = timing_now();

    for (uint64_t i = 0; i < times; i++)
        function(ctx);
    return timing_now() - start;
}

static uint64_t autorange(timing_function *function, void *ctx, uint64_t least_ns)
{
    static const uint64_t steps[] = {1, 2, 5};

    for (uint64_t decade = 1;; decade *= 10)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            if (timing_run(function, ctx, steps[i] * decade) >= least_ns)
                return steps[i] * decade;
}

double timing_best(timing_function *function, void *ctx, uint64_t least_ns, uint32_t runs)
{
    uint64_t calls = autorange(function, ctx, least_ns), best = UINT64_MAX;

    for (uint32_t i = 0; i < runs; i++) {
        uint64_t took = timing_run(function, ctx, calls);
        best = took < best ? took : best;
    }
    return timing_per_call(best, calls);
}

double timing_per_call(uint64_t total_ns, uint64_t calls)
{
    return calls == 0 ? 0.0 : (double)total_ns / (double)calls;
}

void timing_print_histogram(FILE *out, const char *name, const struct histogram *histogram)
{
    static const uint32_t millionths[] = {500000, 990000, 999000, 1000000};
    char mean[HISTOGRAM_TEXT_MAX], text[4][HISTOGRAM_TEXT_MAX];

    fprintf(out, "%s: %llu", name, (unsigned long long)histogram->count);
    for (size_t i = 0; i < 4; i++)
        histogram_text(text[i], (double)histogram_percentile(histogram, millionths[i]));
    if (histogram->count > 0)
        fprintf(out, ", mean %s, p50 %s, p99 %s, p99.9 %s, max %s",
                histogram_text(mean, (double)histogram_mean(histogram)), text[0], text[1], text[2],
                text[3]);
    fputc('\n', out);
}
