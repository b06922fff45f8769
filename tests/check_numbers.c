/* The numbers of mcload: the histogram against sorted samples, what threads and seconds add up to, its
 * keys and values, and its random numbers against their distributions, with fixed seeds. */
#include "load/data.h"
#include "load/dist.h"
#include "load/hgrm.h"
#include "load/live.h"
#include "load/runs.h"
#include "load/sizes.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { SAMPLES = 20000, DRAWS = 200000, KINDS_MAX = 128, SECOND = 1000000000 };

/* ---- the histogram --------------------------------------------------------------------------- */

/* At most 1/128 off, and exact where each value has a bucket. */
static void expect_near(uint64_t found, uint64_t value)
{
    uint64_t off = found > value ? found - value : value - found;

    ck_assert_msg(value < 128 ? off == 0 : off <= value / 128 + 1, "%llu is not %llu",
                  (unsigned long long)found, (unsigned long long)value);
}

/* The middle one of three, so that neither end stands for it. */
static void expect_recorded(uint64_t value)
{
    static struct histogram histogram;

    memset(&histogram, 0, sizeof histogram);
    histogram_record(&histogram, 0);
    histogram_record(&histogram, value);
    histogram_record(&histogram, UINT64_MAX);
    expect_near(histogram_percentile(&histogram, 500000), value);
}

START_TEST(values_of_every_size)
{
    for (uint64_t value = 1; value < 2000; value++)
        expect_recorded(value);
    for (int bit = 8; bit < 64; bit++)
        for (int64_t near = -1; near <= 1; near++)
            expect_recorded((UINT64_C(1) << bit) + (uint64_t)near);
    expect_recorded(UINT64_MAX - 1);
}
END_TEST

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* From nanoseconds to seconds, each magnitude as often. */
static void draw_samples(uint64_t samples[SAMPLES], uint64_t seed)
{
    struct dist dist;

    dist_init(&dist, seed, 0, 1000000, 0);
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (uint64_t)pow(10, 9.0 * dist_draw(&dist) / 1e6);
}

static void record_all(struct histogram *histogram, const uint64_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        histogram_record(histogram, samples[i]);
}

START_TEST(percentiles_are_those_of_the_samples)
{
    static uint64_t samples[SAMPLES];
    static struct histogram histogram;
    static const uint32_t millionths[] = {1,      10000,  100000, 250000, 499999, 500000, 500001,
                                          900000, 990000, 999000, 999900, 999950, 999951, 999999};
    uint64_t sum = 0;

    draw_samples(samples, 1);
    record_all(&histogram, samples, SAMPLES);
    for (size_t i = 0; i < SAMPLES; i++)
        sum += samples[i];
    qsort(samples, SAMPLES, sizeof *samples, compare);
    for (size_t i = 0; i < COUNT(millionths); i++) {
        size_t rank = (size_t)((SAMPLES * (uint64_t)millionths[i] + 999999) / 1000000);
        expect_near(histogram_percentile(&histogram, millionths[i]), samples[rank - 1]);
    }
    ck_assert_uint_eq(histogram_percentile(&histogram, 0), samples[0]);
    ck_assert_uint_eq(histogram_percentile(&histogram, 1000000), samples[SAMPLES - 1]);
    ck_assert_uint_eq(histogram.min, samples[0]);
    ck_assert_uint_eq(histogram.max, samples[SAMPLES - 1]);
    ck_assert_uint_eq(histogram.count, SAMPLES);
    ck_assert_uint_eq(histogram_mean(&histogram), sum / SAMPLES);
}
END_TEST

/* Few values have exact ranks. */
START_TEST(ranks)
{
    static struct histogram histogram;
    static const struct {
        uint32_t millionths;
        uint64_t value;
    } some[] = {{1, 10}, {200000, 10}, {200001, 20}, {500000, 30}, {800000, 40}, {800001, 50}};

    for (uint64_t value = 50; value > 0; value -= 10)
        histogram_record(&histogram, value);
    for (size_t i = 0; i < COUNT(some); i++)
        ck_assert_uint_eq(histogram_percentile(&histogram, some[i].millionths), some[i].value);
    memset(&histogram, 0, sizeof histogram);
    record_all(&histogram, (const uint64_t[]){1001, 1007}, 2); /* of one bucket */
    ck_assert_uint_eq(histogram_percentile(&histogram, 500000), 1001);
    ck_assert_uint_eq(histogram_percentile(&histogram, 1000000), 1007);
    memset(&histogram, 0, sizeof histogram);
    record_all(&histogram, (const uint64_t[]){1006, 1006, 2000}, 3); /* above a bucket's middle */
    ck_assert_uint_eq(histogram_percentile(&histogram, 500000), 1006);
}
END_TEST

START_TEST(merged_is_as_recorded_together)
{
    static uint64_t samples[SAMPLES];
    static struct histogram whole, parts[2], empty;

    /* Of the round before, where all tests are one process. */
    memset(&whole, 0, sizeof whole);
    memset(parts, 0, sizeof parts);
    memset(&empty, 0, sizeof empty);
    draw_samples(samples, 2);
    record_all(&whole, samples, SAMPLES);
    record_all(&parts[0], samples, 777);
    record_all(&parts[1], samples + 777, SAMPLES - 777);
    histogram_merge(&parts[_i], &parts[1 - _i]);
    ck_assert_mem_eq(&parts[_i], &whole, sizeof whole);
    histogram_merge(&parts[_i], &empty);
    ck_assert_mem_eq(&parts[_i], &whole, sizeof whole);
    histogram_merge(&empty, &parts[_i]);
    ck_assert_mem_eq(&empty, &whole, sizeof whole);
}
END_TEST

/* Each end comes from the other one of the two. */
START_TEST(merged_has_both_ends)
{
    static struct histogram inner, outer;

    record_all(&inner, (const uint64_t[]){50, 60}, 2);
    record_all(&outer, (const uint64_t[]){7, 999}, 2);
    const struct histogram narrow = inner;
    histogram_merge(&inner, &outer);
    ck_assert_uint_eq(inner.min, 7);
    ck_assert_uint_eq(inner.max, 999);
    histogram_merge(&outer, &narrow);
    ck_assert_uint_eq(outer.min, 7);
    ck_assert_uint_eq(outer.max, 999);
}
END_TEST

/* The middles of the buckets rise, and each is in its own bucket. */
START_TEST(buckets)
{
    static struct histogram histogram;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (i > 0 && histogram_value(i) <= histogram_value(i - 1))
            ck_abort_msg("bucket %zu is not above the one before", i);
        memset(&histogram, 0, sizeof histogram);
        histogram_record(&histogram, histogram_value(i));
        if (histogram.buckets[i] != 1)
            ck_abort_msg("bucket %zu does not have its own middle", i);
    }
}
END_TEST

/* So many of 5 and of 9: the value at these millionths. */
static uint64_t find_of_two(uint64_t fives, uint64_t nines, uint32_t millionths)
{
    static struct histogram histogram;

    memset(&histogram, 0, sizeof histogram);
    histogram.count = fives + nines;
    histogram.buckets[5] = fives;
    histogram.buckets[9] = nines;
    histogram.min = 5;
    histogram.max = 9;
    return histogram_percentile(&histogram, millionths);
}

START_TEST(large_counts)
{
    const uint64_t many = UINT64_C(1000000000000);
    static struct histogram histogram;

    ck_assert_uint_eq(find_of_two(many, many, 500000), 5);
    ck_assert_uint_eq(find_of_two(many - 1, many + 1, 500000), 9);
    ck_assert_uint_eq(find_of_two(1, 1000000, 1), 9);
    memset(&histogram, 0, sizeof histogram);
    histogram.count = UINT64_C(1) << 62;
    histogram.buckets[5] = histogram.buckets[9] = histogram.count / 2;
    histogram.min = 5;
    histogram.max = 9;
    ck_assert_uint_eq(histogram_percentile(&histogram, 500000), 5);
    ck_assert_uint_eq(histogram_percentile(&histogram, 500001), 9);
    memset(&histogram, 0, sizeof histogram);
    ck_assert_uint_eq(histogram_percentile(&histogram, 500000), 0);
    ck_assert_uint_eq(histogram_mean(&histogram), 0);
    record_all(&histogram, (const uint64_t[]){UINT64_MAX, UINT64_MAX}, 2);
    ck_assert_uint_eq(histogram.sum, UINT64_MAX);
}
END_TEST

START_TEST(texts)
{
    static const struct {
        double ns;
        const char *text;
    } some[] = {{0, "0 ns"},          {0.5, "0.50 ns"},  {9.994, "9.99 ns"},  {9.996, "10.0 ns"},
                {99.96, "100 ns"},    {999.4, "999 ns"}, {999.6, "1.00 us"},  {12345, "12.3 us"},
                {2500000, "2.50 ms"}, {7.5e9, "7.50 s"}, {12345e9, "12345 s"}};
    char text[HISTOGRAM_TEXT_MAX];

    for (size_t i = 0; i < COUNT(some); i++)
        ck_assert_str_eq(histogram_text(text, some[i].ns), some[i].text);
}
END_TEST

static void expect_line(const struct histogram *histogram, const char *wanted)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);

    ck_assert_ptr_nonnull(out);
    timing_print_histogram(out, "gets", histogram);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(line, wanted);
    free(line);
}

/* The ranks are those of a million: a millionth more or less is another value, where the values rise
 * at the ranks asked for, and where they rise after them. */
START_TEST(lines_of_histograms)
{
    static const char *const wanted[] = {
        "gets: 1000000, mean 15.0 ns, p50 21.0 ns, p99 33.0 ns, p99.9 41.0 ns, max 50.0 us\n",
        "gets: 1000000, mean 15.0 ns, p50 9.00 ns, p99 21.0 ns, p99.9 33.0 ns, max 50.0 us\n"};
    static struct histogram histogram;
    const uint64_t after = (uint64_t)_i;

    memset(&histogram, 0, sizeof histogram);
    histogram.buckets[9] = 499999 + after;
    histogram.buckets[21] = 490000;
    histogram.buckets[33] = 9000;
    histogram.buckets[41] = 1001 - after;
    histogram.count = 1000000;
    histogram.sum = 15999999;
    histogram.min = 9;
    histogram.max = 50000;
    expect_line(&histogram, wanted[_i]);
}
END_TEST

START_TEST(lines_of_few_values)
{
    static struct histogram histogram;

    memset(&histogram, 0, sizeof histogram);
    expect_line(&histogram, "gets: 0\n");
    histogram_record(&histogram, UINT64_MAX);
    expect_line(&histogram, "gets: 1, mean 18446744074 s, p50 18446744074 s, p99 18446744074 s, "
                            "p99.9 18446744074 s, max 18446744074 s\n");
}
END_TEST

/* ---- percentiles for plotters ----------------------------------------------------------------- */

/* What hgrm_print() says after its heading; freed by the caller. */
static char *print_for_plotters(const struct histogram *histogram)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    hgrm_print(histogram, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* How many samples are in the buckets up to that of a value. */
static size_t count_up_to(const struct histogram *histogram, uint64_t value)
{
    static struct histogram one;
    size_t count = 0;

    memset(&one, 0, sizeof one);
    histogram_record(&one, value);
    for (size_t i = 0; one.count > 0; i++) {
        one.count -= one.buckets[i];
        count += histogram->buckets[i];
    }
    return count;
}

/* Each line holds against the sorted samples, and counts those that lie no higher; both ends and the
 * mean are exact. */
START_TEST(lines_for_plotters)
{
    static uint64_t samples[SAMPLES];
    static struct histogram histogram;
    double value, part = 0, inverse, mean;
    size_t lines = 0, seen = 0, last = 0;

    memset(&histogram, 0, sizeof histogram);
    draw_samples(samples, 3);
    record_all(&histogram, samples, SAMPLES);
    qsort(samples, SAMPLES, sizeof *samples, compare);
    char *text = print_for_plotters(&histogram), *line = strchr(text, '\n') + 2;
    for (; line[0] != '#'; line = strchr(line, '\n') + 1, lines++) {
        int found = sscanf(line, "%lf %lf %zu %lf", &value, &part, &seen, &inverse);
        ck_assert_int_eq(found, part < 1 ? 4 : 3);
        uint64_t ns = (uint64_t)(value * 1e6 + 0.5);
        size_t rank = part > 0 ? (size_t)ceil(part * (double)SAMPLES) : 1;
        expect_near(ns, samples[rank - 1]);
        ck_assert(part > 0 && part < 1 ? ns <= samples[SAMPLES - 1] : ns == samples[rank - 1]);
        ck_assert(seen >= rank && seen == count_up_to(&histogram, ns));
        ck_assert(part == 1 || fabs(inverse * (1 - part) - 1) < 0.01);
    }
    ck_assert_uint_eq(seen, SAMPLES);
    ck_assert_uint_eq(lines,
                      5 * 14 + 3); /* 2^14 of 20,000 samples, and three parts of what is left */
    ck_assert_int_eq(sscanf(line, "#[Mean = %lf, Total count = %zu]", &mean, &last), 2);
    ck_assert(fabs(mean * 1e6 - (double)histogram_mean(&histogram)) < 0.5);
    ck_assert_uint_eq(last, SAMPLES);
    free(text);
}
END_TEST

static void expect_for_plotters(const uint64_t *values, size_t count, const char *wanted)
{
    static struct histogram histogram;

    memset(&histogram, 0, sizeof histogram);
    record_all(&histogram, values, count);
    char *text = print_for_plotters(&histogram);
    ck_assert_msg(strstr(text, wanted) != NULL, "%s", text);
    free(text);
}

/* A bucket's middle is 1003, but nothing is shown that lies below all values or above them. */
START_TEST(few_lines_for_plotters)
{
    expect_for_plotters(NULL, 0, "\n\n#[Mean    =     0.000000, Total count    =            0]\n");
    expect_for_plotters((const uint64_t[]){1000, 1001}, 2,
                        "\n\n    0.001000 0.000000000000          2           1.00\n"
                        "    0.001001 0.100000000000          2           1.11\n");
    expect_for_plotters((const uint64_t[]){1006, 1007}, 2,
                        "\n\n    0.001006 0.000000000000          2           1.00\n"
                        "    0.001006 0.100000000000          2           1.11\n");
}
END_TEST

/* ---- clocks ---------------------------------------------------------------------------------- */

/* The system's clock, or, while `now_ns` is not 0, one that only goes on by what is done. */
static struct {
    uint64_t now_ns, reading_ns; /* each reading takes so long */
    uint64_t wake_ns;            /* a signal ends each sleep after so long; 0: none does */
    uint64_t slept_ns[4];        /* the sleeps that were asked for */
    size_t sleeps, readings;
} fake;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest);
int __real_getrusage(int who, struct rusage *usage);
int __wrap_getrusage(int who, struct rusage *usage);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (fake.now_ns == 0)
        return __real_clock_gettime(clock, now);
    ck_assert_int_eq(clock, CLOCK_MONOTONIC);
    ck_assert_uint_lt(fake.readings++, 10000); /* else it never ends */
    now->tv_sec = (time_t)(fake.now_ns / SECOND);
    now->tv_nsec = (long)(fake.now_ns % SECOND);
    fake.now_ns += fake.reading_ns;
    return 0;
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest)
{
    uint64_t ns = (uint64_t)pause->tv_sec * SECOND + (uint64_t)pause->tv_nsec;

    ck_assert_ptr_null(rest);
    ck_assert_int_lt(pause->tv_nsec, SECOND);
    ck_assert_uint_lt(fake.sleeps, COUNT(fake.slept_ns));
    fake.slept_ns[fake.sleeps++] = ns;
    fake.now_ns += fake.wake_ns > 0 && fake.wake_ns < ns ? fake.wake_ns : ns;
    return 0;
}

int __wrap_getrusage(int who, struct rusage *usage)
{
    if (fake.now_ns == 0)
        return __real_getrusage(who, usage);
    ck_assert_int_eq(who, RUSAGE_SELF);
    *usage = (struct rusage){.ru_utime = {3, 999999}, .ru_stime = {5, 12}};
    return 0;
}

static void fake_clock(uint64_t reading_ns)
{
    memset(&fake, 0, sizeof fake);
    fake.now_ns = 1000 * (uint64_t)SECOND + 345;
    fake.reading_ns = reading_ns;
}

static void real_clock(void)
{
    fake.now_ns = 0;
}

START_TEST(clocks)
{
    struct timespec before, after;

    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &before), 0);
    uint64_t now = timing_now();
    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &after), 0);
    ck_assert_uint_le((uint64_t)before.tv_sec * SECOND + (uint64_t)before.tv_nsec, now);
    ck_assert_uint_le(now, (uint64_t)after.tv_sec * SECOND + (uint64_t)after.tv_nsec);
    fake_clock(0);
    ck_assert_uint_eq(timing_now(), UINT64_C(1000000000345));
    struct timing_cpu used = timing_cpu();
    real_clock();
    ck_assert_uint_eq(used.user_ns, 3999999000);
    ck_assert_uint_eq(used.system_ns, 5000012000);
}
END_TEST

/* Slept until 0.2 ms before the time, again after a signal, and then spun: the last reading is that
 * of the time itself. */
START_TEST(waits)
{
    static const struct {
        uint64_t left_ns, wake_ns, slept_ns[4];
        size_t sleeps;
    } some[] = {{0, 0, {0}, 0},
                {100, 0, {0}, 0},
                {200000, 0, {0}, 0},
                {200001, 0, {1}, 1},
                {3000000, 0, {2800000}, 1},
                {2 * (uint64_t)SECOND + 200000, 0, {2 * (uint64_t)SECOND}, 1},
                {3 * (uint64_t)SECOND - 1, 0, {3 * (uint64_t)SECOND - 200001}, 1},
                {3000000, 1000000, {2800000, 1799900, 799800}, 3}};

    for (size_t i = 0; i < COUNT(some); i++) {
        fake_clock(100);
        uint64_t when = fake.now_ns + some[i].left_ns;
        fake.wake_ns = some[i].wake_ns;
        timing_wait_until(when);
        ck_assert_uint_eq(fake.now_ns, when + 100);
        ck_assert_uint_eq(fake.sleeps, some[i].sleeps);
        ck_assert_mem_eq(fake.slept_ns, some[i].slept_ns, sizeof fake.slept_ns);
    }
    real_clock();
}
END_TEST

struct calls {
    uint64_t count, each_ns;
    uint64_t odd, odd_ns; /* one call that takes another time */
};

static void count_call(void *ctx)
{
    struct calls *calls = ctx;

    calls->count++;
    fake.now_ns += calls->count == calls->odd ? calls->odd_ns : calls->each_ns;
}

/* Of each pair of least time and calls: as many calls as take that time, three times. */
START_TEST(timed_functions)
{
    static const struct {
        uint64_t least_ns, all_calls;
    } some[] = {{0, 1 + 3 * 1},
                {100, 1 + 3 * 1},
                {101, 1 + 2 + 3 * 2},
                {500, 1 + 2 + 5 + 3 * 5},
                {501, 1 + 2 + 5 + 10 + 3 * 10},
                {10000, 1 + 2 + 5 + 10 + 20 + 50 + 100 + 3 * 100}};

    fake_clock(0);
    for (size_t i = 0; i < COUNT(some); i++) {
        struct calls calls = {.each_ns = 100};
        ck_assert(timing_best(count_call, &calls, some[i].least_ns, 3) == 100);
        ck_assert_uint_eq(calls.count, some[i].all_calls);
    }
    struct calls calls = {.each_ns = 100};
    ck_assert_uint_eq(timing_run(count_call, &calls, 7), 700);
    ck_assert_uint_eq(calls.count, 7);
    real_clock();
}
END_TEST

/* The best of three runs is the fast one, whichever of them that is. */
START_TEST(best_runs)
{
    fake_clock(0);
    for (uint64_t odd = 2; odd <= 4; odd++) {
        struct calls slow = {.each_ns = 100, .odd = odd, .odd_ns = 900};
        struct calls fast = {.each_ns = 100, .odd = odd, .odd_ns = 7};
        ck_assert(timing_best(count_call, &slow, 0, 3) == 100);
        ck_assert(timing_best(count_call, &fast, 0, 3) == 7);
    }
    real_clock();
    ck_assert(timing_per_call(7, 2) == 3.5);
    ck_assert(timing_per_call(7, 0) == 0);
    ck_assert(timing_per_call(UINT64_MAX, 1) == 18446744073709551616.0);
    ck_assert(timing_per_call(1, UINT64_MAX) == 1 / 18446744073709551616.0);
}
END_TEST

/* ---- sums of threads ------------------------------------------------------------------------- */

START_TEST(threads_add_up)
{
    static struct stats sum, one;
    uint64_t *numbers[] = {&one.sent_bytes,     &one.received_bytes, &one.unsent,   &one.filled,
                           &one.earlier_errors, &one.user_ns,        &one.system_ns};
    struct stats_of_kind *set = &one.kinds[STATS_SET];
    uint64_t *counts[] = {&set->requests, &set->errors, &set->keys,
                          &set->hits,     &set->misses, &set->wrong};

    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = i + 1;
    for (size_t i = 0; i < COUNT(counts); i++)
        *counts[i] = i + 11;
    histogram_record(&set->latency, 1000);
    stats_add(&sum, &one);
    ck_assert_mem_eq(&sum, &one, sizeof sum);
    stats_add(&sum, &one);
    for (size_t i = 0; i < COUNT(numbers); i++)
        ck_assert_uint_eq(*(uint64_t *)(void *)((char *)&sum + ((char *)numbers[i] - (char *)&one)),
                          2 * (i + 1));
    for (size_t i = 0; i < COUNT(counts); i++)
        ck_assert_uint_eq(*(uint64_t *)(void *)((char *)&sum + ((char *)counts[i] - (char *)&one)),
                          2 * (i + 11));
    ck_assert_uint_eq(sum.kinds[STATS_SET].latency.count, 2);
    ck_assert_uint_eq(sum.kinds[STATS_GET].latency.count, 0);
}
END_TEST

/* The run is from the first start to the last end; a thread that did not begin has no start. */
START_TEST(runs_of_threads)
{
    static struct stats sum;
    static const struct {
        uint64_t start, end;
    } threads[] = {{0, 0}, {500, 900}, {400, 950}, {0, 0}, {450, 800}};

    for (size_t i = 0; i < COUNT(threads); i++) {
        static struct stats one;
        one.start_ns = threads[i].start;
        one.end_ns = threads[i].end;
        stats_add(&sum, &one);
    }
    ck_assert_uint_eq(sum.start_ns, 400);
    ck_assert_uint_eq(sum.end_ns, 950);
}
END_TEST

START_TEST(servers_add_up)
{
    struct stats_of_server sum = {.connects = 1}, first = {.connects = 2, .first = "1"},
                           second = {.connects = 3, .first = "second", .all.requests = 5};

    for (int i = 0; i < STATS_TROUBLES; i++)
        first.troubles[i] = second.troubles[i] = (uint64_t)i + 1;
    histogram_record(&first.all.latency, 1000);
    histogram_record(&second.all.latency, 2000);
    stats_add_server(&sum, &first);
    stats_add_server(&sum, &second);
    ck_assert_uint_eq(sum.connects, 6);
    ck_assert_str_eq(sum.first, "1");
    ck_assert_uint_eq(sum.all.requests, 5);
    ck_assert_uint_eq(sum.all.latency.count, 2);
    ck_assert_uint_eq(sum.all.latency.max, 2000);
    for (int i = 0; i < STATS_TROUBLES; i++)
        ck_assert_uint_eq(sum.troubles[i], 2 * ((uint64_t)i + 1));
}
END_TEST

/* Each kind has other numbers, the first and the last among them. */
START_TEST(kinds_add_up)
{
    static struct stats one;
    static struct stats_of_kind total;

    memset(&one, 0, sizeof one);
    for (uint64_t k = 0; k < STATS_KINDS; k++) {
        struct stats_of_kind *kind = &one.kinds[k];
        kind->requests = UINT64_C(1) << k;
        kind->errors = UINT64_C(2) << k;
        kind->misses = UINT64_C(4) << k;
        kind->wrong = UINT64_C(8) << k;
        kind->keys = UINT64_C(16) << k;
        kind->hits = UINT64_C(32) << k;
        histogram_record(&kind->latency, k + 1);
    }
    memset((char *)&one + offsetof(struct stats, sent_bytes), 1, /* which are no kind's */
           sizeof one - offsetof(struct stats, sent_bytes));
    total.requests = total.latency.count = 5; /* which is forgotten */
    stats_all(&one, &total);
    const uint64_t all = (UINT64_C(1) << STATS_KINDS) - 1;
    ck_assert_uint_eq(total.requests, all);
    ck_assert_uint_eq(total.errors, 2 * all);
    ck_assert_uint_eq(total.misses, 4 * all);
    ck_assert_uint_eq(total.wrong, 8 * all);
    ck_assert_uint_eq(total.keys, 16 * all);
    ck_assert_uint_eq(total.hits, 32 * all);
    ck_assert_uint_eq(total.latency.count, STATS_KINDS);
    ck_assert_uint_eq(total.latency.min, 1);
    ck_assert_uint_eq(total.latency.max, STATS_KINDS);
    static struct stats sum;
    memset(&sum, 0, sizeof sum);
    stats_add(&sum, &one);
    ck_assert_mem_eq(&sum, &one, sizeof sum);
}
END_TEST

/* ---- runs ------------------------------------------------------------------------------------ */

/* Of runs with 10, 30 and 20 gets of a millisecond in a second each, and one set of two. */
START_TEST(rows_of_runs)
{
    static const uint64_t gets[] = {10, 30, 20};
    static struct stats one;
    struct runs runs = {0};

    ck_assert(runs_quantile(&runs, RUNS_P50, 0.5) == 0);
    for (size_t i = 0; i < COUNT(gets); i++) {
        memset(&one, 0, sizeof one);
        one.start_ns = 500000000;
        one.end_ns = 1500000000;
        one.unsent = one.kinds[STATS_TOUCH].errors = i;
        for (uint64_t k = 0; k < gets[i]; k++)
            histogram_record(&one.kinds[STATS_GET].latency, 1000000);
        histogram_record(&one.kinds[STATS_SET].latency, 2000000);
        ck_assert(runs_add(&runs, 7 * i, &one));
    }
    const double wanted[] = {7, 1, 31, 31, 1, 1, (31e6 + 1e6) / 31e3, 1000, 2000, 2000, 2000};
    for (int column = 0; column < RUNS_COLUMNS; column++)
        ck_assert_msg(fabs(runs.rows[1][column] - wanted[column]) < wanted[column] / 128,
                      "column %d: %g", column, runs.rows[1][column]);
    ck_assert(runs_quantile(&runs, RUNS_REQUESTS, 0) == 11);
    ck_assert(runs_quantile(&runs, RUNS_REQUESTS, 0.5) == 21);
    ck_assert(runs_quantile(&runs, RUNS_REQUESTS, 1) == 31);
    ck_assert(runs_quantile(&runs, RUNS_P50, 0.5) == runs.rows[0][RUNS_P50]);
    runs.count = 2; /* the lower one */
    ck_assert(runs_quantile(&runs, RUNS_REQUESTS, 0.5) == 11);
    runs_free(&runs);
}
END_TEST

/* ---- seconds --------------------------------------------------------------------------------- */

/* A sample is of its second alone, of all kinds together. */
START_TEST(seconds_are_apart)
{
    static struct stats_of_kind now;
    struct live live = {0};

    memset(&now, 0, sizeof now);
    for (int i = 0; i < 300; i++)
        histogram_record(&now.latency, 40);
    now.errors = 3;
    live_add(&live, &now);
    histogram_record(&now.latency, 40);
    for (int i = 0; i < 999; i++)
        histogram_record(&now.latency, i < 600 ? 50 : i < 995 ? 70 : 90);
    now.errors = 7;
    live_add(&live, &now);
    live_add(&live, &now);
    ck_assert_uint_eq(live.count, 3);
    const struct live_sample *first = &live.samples[0], *second = &live.samples[1];
    ck_assert_uint_eq(first->requests, 300);
    ck_assert_uint_eq(first->p50_ns, 40);
    ck_assert_uint_eq(first->errors, 3);
    ck_assert_uint_eq(second->requests, 1000);
    ck_assert_uint_eq(second->p50_ns, 50);
    ck_assert_uint_eq(second->p99_ns, 70);
    ck_assert_uint_eq(second->errors, 4);
    ck_assert_uint_eq(live.samples[2].requests, 0);
    live_free(&live);
}
END_TEST

/* What the line on a terminal says: of the last second, and the misses and errors of all. */
START_TEST(line_of_a_second)
{
    static struct stats_of_kind now;
    struct live live = {0};
    char *line = NULL;
    size_t size = 0;

    memset(&now, 0, sizeof now);
    live.out = open_memstream(&line, &size);
    ck_assert_ptr_nonnull(live.out);
    histogram_record(&now.latency, 5);
    live_add(&live, &now);
    for (uint64_t i = 1; i <= 100; i++)
        histogram_record(&now.latency, i);
    now.misses = 3;
    now.errors = 4;
    live_add(&live, &now);
    live_end(&live);
    ck_assert_int_eq(fclose(live.out), 0);
    ck_assert_str_eq(line,
                     "\r   1 s          1/s  p50 5.00 ns  p99 5.00 ns  misses 0  errors 0 "
                     "\r   2 s        100/s  p50 50.0 ns  p99 99.0 ns  misses 3  errors 4 \n");
    free(line);
    live_free(&live);
}
END_TEST

/* ---- distributions --------------------------------------------------------------------------- */

/* Those of another program for splitmix64, which gives the numbers that its author publishes. */
START_TEST(draws_of_a_seed)
{
    static const uint32_t wanted[] = {1750472573, 236071735, 3501405, 94331049};
    struct dist dist;

    dist_init(&dist, 7, 3, UINT32_C(1) << 31, 0);
    for (size_t i = 0; i < COUNT(wanted); i++)
        ck_assert_uint_eq(dist_draw(&dist), wanted[i]);
}
END_TEST

/* Many at once are the same as one after the other, and so is what comes after them. */
START_TEST(draws_of_many)
{
    for (int zipf = 0; zipf < 2; zipf++) {
        struct dist one, many;
        uint32_t numbers[21];
        dist_init(&one, 7, 3, 1000, 0.7 * zipf);
        many = one;
        dist_draw_many(&many, numbers, 20);
        dist_draw_many(&many, numbers + 20, 1);
        for (size_t i = 0; i < COUNT(numbers); i++)
            ck_assert_uint_eq(numbers[i], dist_draw(&one));
        dist_draw_many(&many, numbers, 0);
        ck_assert_uint_eq(many.state, one.state);
    }
}
END_TEST

/* So does a program for rejection inversion draw that always compares with the exact limit. */
START_TEST(zipf_draws_of_a_seed)
{
    static const struct {
        double exponent;
        uint32_t count;
        uint64_t sum;
    } some[] = {{0.3, 1000, UINT64_C(17398744702345212711)},
                {0.99, 1000000, UINT64_C(11886763885281237987)},
                {1, 50, UINT64_C(17936535302447074035)},
                {1.5, 100000, UINT64_C(17705570866130782689)},
                {3, 1000000, UINT64_C(11243890402118782798)}};
    struct dist dist;

    for (size_t i = 0; i < COUNT(some); i++) {
        uint64_t sum = 0;
        dist_init(&dist, 7, 3, some[i].count, some[i].exponent);
        for (int d = 0; d < 10000; d++)
            sum = sum * 31 + dist_draw(&dist);
        ck_assert_uint_eq(sum, some[i].sum);
    }
}
END_TEST

/* The smallest and the largest random number give the last key and the first one, also where the
 * integral is rounded to its limit or beyond. */
START_TEST(ends_of_zipf)
{
    static const struct {
        double exponent;
        uint32_t count;
    } some[] = {{0.3, 1}, {0.99, 1000000}, {1.01, 1009}, {2.5, UINT32_MAX}, {4, 1000000}, {12, 33}};
    struct dist dist;

    for (size_t i = 0; i < COUNT(some); i++) {
        dist_init(&dist, 1, 1, some[i].count, some[i].exponent);
        dist.state = UINT64_C(0x61c8864680b583eb); /* the next random number is 0 */
        ck_assert_uint_eq(dist_draw(&dist), some[i].count - 1);
        dist.state = UINT64_C(0x31628af67b2131ab); /* UINT64_MAX */
        ck_assert_uint_eq(dist_draw(&dist), 0);
    }
}
END_TEST

static double integral_of(double exponent, double x)
{
    return exponent == 1 ? log(x) : (pow(x, 1 - exponent) - 1) / (1 - exponent);
}

/* What is computed once: by the formulas of the paper; and where the exponent is so near to 1 that
 * these lose most digits, by the first terms of their series. */
START_TEST(integrals_of_zipf)
{
    static const double exponents[] = {0.3, 0.99, 1, 1.5, 3}, parts[] = {-1e-9, 1e-9};
    struct dist dist;

    for (size_t i = 0; i < COUNT(exponents); i++) {
        const double s = exponents[i], y = integral_of(s, 2.5) - pow(2, -s);
        dist_init(&dist, 1, 1, 40, s);
        ck_assert(fabs(dist.first - (integral_of(s, 1.5) - 1)) < 1e-12);
        ck_assert(fabs(dist.last - integral_of(s, 40.5)) < 1e-11);
        const double x = s == 1 ? exp(y) : pow(1 + y * (1 - s), 1 / (1 - s));
        ck_assert(fabs(dist.sure - (2 - x)) < 1e-12);
    }
    for (size_t i = 0; i < COUNT(parts); i++) {
        const double e = parts[i], log_x = log(40.5), log_5_2 = log(2.5);
        const double y = log_5_2 * (1 + e * log_5_2 / 2) - pow(2, e - 1);
        dist_init(&dist, 1, 1, 40, 1 - e);
        ck_assert(fabs(dist.last - log_x * (1 + e * log_x / 2)) < 1e-14);
        ck_assert(fabs(dist.sure - (2 - exp(y * (1 - e * y / 2)))) < 1e-14);
    }
}
END_TEST

/* Chi-square of the counts of DRAWS draws against parts of 1: within five standard deviations of
 * its mean. It is not so by chance, as the seeds are fixed. */
static void expect_parts(const uint32_t *counts, const double *parts, size_t kinds)
{
    double sum = 0, freedom = (double)kinds - 1;

    for (size_t i = 0; i < kinds; i++) {
        double expected = parts[i] * (double)DRAWS, off = counts[i] - expected;
        sum += off * off / expected;
    }
    ck_assert_msg(sum <= freedom + 5 * sqrt(2 * freedom), "chi-square %g of %zu kinds", sum, kinds);
}

static void expect_distribution(uint32_t kinds, double exponent, uint64_t seed)
{
    uint32_t counts[KINDS_MAX] = {0};
    double parts[KINDS_MAX], all = 0;
    struct dist dist;

    dist_init(&dist, seed, 3, kinds, exponent);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t k = dist_draw(&dist);
        counts[k < KINDS_MAX ? k : KINDS_MAX - 1]++;
    }
    for (uint32_t k = kinds; k < KINDS_MAX; k++)
        ck_assert_uint_eq(counts[k], 0);
    for (uint32_t k = 0; k < kinds; k++)
        all += parts[k] = pow(k + 1.0, -exponent);
    for (uint32_t k = 0; k < kinds; k++)
        parts[k] /= all;
    expect_parts(counts, parts, kinds);
}

START_TEST(keys_are_distributed)
{
    static const double exponents[] = {0, 0.3, 0.99, 1, 1.5, 3};
    static const uint32_t kinds[] = {1, 2, 7, 40};

    for (size_t e = 0; e < COUNT(exponents); e++)
        for (size_t k = 0; k < COUNT(kinds); k++)
            expect_distribution(kinds[k], exponents[e], e * 10 + k);
}
END_TEST

/* Of a million keys, the parts of the first ones are what the sum over all says. */
START_TEST(zipf_of_many_keys)
{
    enum { KEYS = 1000000, FIRST = 20 };
    uint32_t counts[FIRST + 1] = {0};
    double parts[FIRST + 1] = {0}, all = 0, rest = 1;
    struct dist dist;

    dist_init(&dist, 4, 0, KEYS, 0.99);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t k = dist_draw(&dist);
        counts[k < FIRST ? k : FIRST]++;
    }
    for (uint32_t k = 0; k < KEYS; k++)
        all += pow(k + 1.0, -0.99);
    for (uint32_t k = 0; k < FIRST; k++)
        rest -= parts[k] = pow(k + 1.0, -0.99) / all;
    parts[FIRST] = rest;
    expect_parts(counts, parts, FIRST + 1);
}
END_TEST

/* ---- keys and values ------------------------------------------------------------------------- */

START_TEST(keys_and_values)
{
    static const uint32_t numbers[] = {0,   9,    10,   99,    100,   101,
                                       999, 1000, 9999, 10000, 12345, 4294967295u};
    char key[20] = "ab", wanted[20];

    ck_assert(data_init(5000));
    for (size_t i = 0; i < COUNT(numbers); i++) {
        snprintf(wanted, sizeof wanted, "ab%lu", (unsigned long)numbers[i]);
        size_t len = data_key(key, 2, numbers[i]);
        ck_assert_uint_eq(len, strlen(wanted));
        ck_assert_mem_eq(key, wanted, len);
        ck_assert_uint_le(len, data_key_max("ab"));
    }
    for (uint32_t number = 1; number < 2000; number += 13)
        for (size_t size = 12; size < 5000; size += 997) {
            struct mc_bytes value = data_value(number, size);
            ck_assert_uint_eq(value.len, size);
            ck_assert_mem_eq(value.data, data_value(number, size).data, size);
            ck_assert_mem_ne(value.data, data_value(number + 1, size).data, size);
            ck_assert_mem_ne(value.data, data_value(number, size + 1).data, size);
            ck_assert(data_matches(value, 5, (struct mc_bytes){value.data + 5, size - 5}));
            ck_assert(!data_matches(value, 5, (struct mc_bytes){value.data + 4, size - 5}));
        }
    data_free();
}
END_TEST

START_TEST(sizes_are_distributed)
{
    enum { MIN = 10, MAX = 33 };
    uint32_t counts[MAX - MIN + 1] = {0}, outside = 0;
    double parts[MAX - MIN + 1];
    struct dist dist;

    dist_init(&dist, 5, 0, 1, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t size = dist_between(&dist, MIN, MAX);
        if (size < MIN || size > MAX)
            outside++;
        else
            counts[size - MIN]++;
    }
    ck_assert_uint_eq(outside, 0);
    const size_t kinds = COUNT(parts);
    for (size_t i = 0; i < kinds; i++)
        parts[i] = 1.0 / (double)kinds;
    expect_parts(counts, parts, COUNT(parts));
    const uint64_t state = dist.state;
    ck_assert_uint_eq(dist_between(&dist, 7, 7), 7);
    ck_assert_uint_eq(dist.state, state); /* nothing was drawn */
}
END_TEST

/* Ranges by their weights, and within each all sizes alike; a weight of 0 is none. */
START_TEST(lists_of_sizes)
{
    static const double parts[] = {0.5, 0.1, 0.1, 0.1, 0.2};
    uint32_t counts[COUNT(parts)] = {0};
    struct sizes sizes;
    struct dist dist;

    ck_assert_ptr_null(sizes_read(&sizes, "8:5,1:0,21-23:3,100:2", 100));
    ck_assert_uint_eq(sizes.count, 3);
    ck_assert_uint_eq(sizes.min, 8);
    ck_assert_uint_eq(sizes.max, 100);
    dist_init(&dist, 8, 0, 1, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t size = sizes_draw(&sizes, &dist);
        ck_assert(sizes_have(&sizes, size));
        counts[size == 8 ? 0 : size == 100 ? 4 : size - 20]++;
    }
    expect_parts(counts, parts, COUNT(parts));
    for (uint32_t size = 0; size < 200; size++)
        ck_assert(sizes_have(&sizes, size) ==
                  (size == 8 || (size > 20 && size < 24) || size == 100));
}
END_TEST

START_TEST(texts_of_sizes)
{
    static const char *const wrong[] = {"",      "x",
                                        "5-4",   "5-",
                                        "-5",    "1:",
                                        "1:x",   "1:2:3",
                                        "1-2-3", "101",
                                        "1-101", "1:4294967295,2",
                                        "1:0",   "@/nowhere/at/all"};
    static char many[2 * (SIZES_MAX + 1) + 1];
    struct sizes sizes;

    for (size_t i = 0; i < COUNT(wrong); i++)
        ck_assert_msg(sizes_read(&sizes, wrong[i], 100) != NULL, "%s", wrong[i]);
    ck_assert_ptr_null(sizes_read(&sizes, "100", 100));
    ck_assert_ptr_null(sizes_read(&sizes, "1:4294967294,2", 100));
    for (size_t i = 0; i <= SIZES_MAX; i++)
        memcpy(many + 2 * i, "7,", 2);
    ck_assert_ptr_nonnull(sizes_read(&sizes, many, 100));
    many[2 * SIZES_MAX - 1] = '\0';
    ck_assert_ptr_null(sizes_read(&sizes, many, 100));
    ck_assert_uint_eq(sizes.count, SIZES_MAX);
}
END_TEST

/* Where a range is no divisor of 2^32 by far, the low numbers are not favoured. */
START_TEST(ranges_of_many_bits)
{
    const uint32_t range = UINT32_C(3) << 30; /* without drawing again, a third would come twice */
    const double thirds[] = {1 / 3.0, 1 / 3.0, 1 / 3.0};
    uint32_t rests[3] = {0}, places[3] = {0};
    struct dist dist;

    dist_init(&dist, 6, 0, range, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t k = dist_draw(&dist);
        rests[k % 3]++;
        places[k >> 30]++;
    }
    expect_parts(rests, thirds, 3);
    expect_parts(places, thirds, 3);
}
END_TEST

/* The same seed and stream give the same draws; another seed or stream gives others. */
START_TEST(seeds_and_streams)
{
    static const struct {
        uint64_t seed, stream;
    } others[] = {{7, 0}, {7, 1}, {8, 0}, {8, 1}, {7, 2}};
    uint32_t draws[COUNT(others)][8];
    struct dist dist;

    for (size_t i = 0; i < COUNT(others); i++) {
        dist_init(&dist, others[i].seed, others[i].stream, UINT32_MAX, 0);
        for (size_t d = 0; d < COUNT(draws[0]); d++)
            draws[i][d] = dist_draw(&dist);
        for (size_t other = 0; other < i; other++)
            for (size_t d = 0; d < COUNT(draws[0]); d++)
                ck_assert_uint_ne(draws[i][d], draws[other][d]);
    }
    dist_init(&dist, 7, 1, UINT32_MAX, 0);
    for (size_t d = 0; d < COUNT(draws[0]); d++)
        ck_assert_uint_eq(dist_draw(&dist), draws[1][d]);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {draws_of_a_seed, 1},
        {draws_of_many, 1},
        {zipf_draws_of_a_seed, 1},
        {ends_of_zipf, 1},
        {integrals_of_zipf, 1},
        {values_of_every_size, 1},
        {percentiles_are_those_of_the_samples, 1},
        {ranks, 1},
        {buckets, 1},
        {merged_is_as_recorded_together, 2},
        {merged_has_both_ends, 1},
        {large_counts, 1},
        {texts, 1},
        {lines_of_histograms, 2},
        {lines_of_few_values, 1},
        {lines_for_plotters, 1},
        {few_lines_for_plotters, 1},
        {clocks, 1},
        {waits, 1},
        {timed_functions, 1},
        {best_runs, 1},
        {threads_add_up, 1},
        {runs_of_threads, 1},
        {servers_add_up, 1},
        {kinds_add_up, 1},
        {rows_of_runs, 1},
        {seconds_are_apart, 1},
        {line_of_a_second, 1},
        {keys_and_values, 1},
        {keys_are_distributed, 1},
        {zipf_of_many_keys, 1},
        {sizes_are_distributed, 1},
        {ranges_of_many_bits, 1},
        {lists_of_sizes, 1},
        {texts_of_sizes, 1},
        {seeds_and_streams, 1},
    };
    return suite_run("numbers", tests, COUNT(tests));
}
