/* Reads clocks, times functions, and keeps durations in a log-linear histogram. */
#include "timing.h"

#include <sys/resource.h>
#include <time.h>

enum {
    SECOND_NS = 1000000000,
    MILLION = 1000000,
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

/* How often the value has to be halved to lie below 128. */
static unsigned halvings(uint64_t value)
{
    uint64_t high = value >> TIMING_BUCKET_BITS;
    unsigned shift = 0;

    for (unsigned step = 32; step > 0; step /= 2) {
        if (high >> step == 0)
            continue;
        high >>= step;
        shift += step;
    }
    return shift;
}

static size_t bucket_of(uint64_t value)
{
    unsigned shift = halvings(value);

    return ((size_t)shift << TIMING_BUCKET_BITS) + (size_t)(value >> shift);
}

/* The middle of a bucket. */
static uint64_t value_of(size_t bucket)
{
    size_t first = (size_t)1 << TIMING_BUCKET_BITS;

    if (bucket < 2 * first)
        return bucket;
    unsigned shift = (unsigned)(bucket >> TIMING_BUCKET_BITS) - 1;
    uint64_t low = (uint64_t)(bucket % first + first) << shift;
    return low + (((uint64_t)1 << shift) - 1) / 2;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void timing_record(struct timing_histogram *histogram, uint64_t value)
{
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    histogram->sum = add_saturated(histogram->sum, value);
    histogram->buckets[bucket_of(value)]++;
}

void timing_merge(struct timing_histogram *into, const struct timing_histogram *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
    into->count += from->count;
    into->sum = add_saturated(into->sum, from->sum);
    for (size_t i = 0; i < TIMING_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
}

/* count * millionths / 1,000,000, rounded up, without passing 64 bits on the way. */
static uint64_t rank_of(uint64_t count, uint32_t millionths)
{
    uint64_t rest = count % MILLION * millionths;

    return count / MILLION * millionths + (rest + MILLION - 1) / MILLION;
}

uint64_t timing_percentile(const struct timing_histogram *histogram, uint32_t millionths)
{
    uint64_t rank = rank_of(histogram->count, millionths < MILLION ? millionths : MILLION);
    uint64_t seen = 0;
    size_t bucket = 0;

    if (rank >= histogram->count)
        return histogram->max;
    if (rank <= 1)
        return histogram->min;
    for (; bucket < TIMING_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen >= rank)
            break;
    }
    uint64_t value = value_of(bucket);
    if (value < histogram->min)
        return histogram->min;
    return value > histogram->max ? histogram->max : value;
}

uint64_t timing_mean(const struct timing_histogram *histogram)
{
    return histogram->count == 0 ? 0 : histogram->sum / histogram->count;
}

const char *timing_text(char text[TIMING_TEXT_MAX], double ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    size_t unit = 0;

    for (; unit < 3 && ns >= 999.5; unit++)
        ns /= 1000;
    int decimals = ns > 0 ? (ns < 99.95) + (ns < 9.995) : 0;
    snprintf(text, TIMING_TEXT_MAX, "%.*f %s", decimals, ns, units[unit]);
    return text;
}

void timing_print_histogram(FILE *out, const char *name, const struct timing_histogram *histogram)
{
    static const struct {
        const char *name;
        uint32_t millionths;
    } columns[] = {{"p50", 500000}, {"p99", 990000}, {"p99.9", 999000}};
    char text[TIMING_TEXT_MAX];

    fprintf(out, "%s: %llu", name, (unsigned long long)histogram->count);
    if (histogram->count == 0) {
        fputc('\n', out);
        return;
    }
    fprintf(out, ", mean %s", timing_text(text, (double)timing_mean(histogram)));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        double ns = (double)timing_percentile(histogram, columns[i].millionths);
        fprintf(out, ", %s %s", columns[i].name, timing_text(text, ns));
    }
    fprintf(out, ", max %s\n", timing_text(text, (double)histogram->max));
}
