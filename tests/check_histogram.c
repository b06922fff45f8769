/* The histogram of the command mcwire latency, against sorted samples. */
#include "histogram.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { SAMPLES = 20000, LINEAR = 64 };

/* At most 1/64 off, and exact where each value has a bucket. */
static void expect_near(uint64_t found, uint64_t value)
{
    uint64_t off = found > value ? found - value : value - found;

    ck_assert_msg(value < LINEAR ? off == 0 : off <= value / LINEAR + 1, "%llu is not %llu",
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
    expect_near(histogram_percentile(&histogram, 500), value);
}

START_TEST(values_of_every_size)
{
    for (uint64_t value = 1; value < 1000; value++)
        expect_recorded(value);
    for (int bit = 7; bit < 64; bit++)
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

/* Numbers of 1 to 40 bits, each length as often. */
static void draw_samples(uint64_t samples[SAMPLES])
{
    uint64_t state = 1;

    for (size_t i = 0; i < SAMPLES; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        samples[i] = state >> 24 >> (state >> 8) % 40;
    }
}

START_TEST(percentiles_are_those_of_the_samples)
{
    static uint64_t samples[SAMPLES];
    static struct histogram histogram;
    static const uint32_t thousandths[] = {1, 10, 250, 499, 500, 501, 900, 990, 998, 999};
    uint64_t sum = 0;

    memset(&histogram, 0, sizeof histogram);
    draw_samples(samples);
    for (size_t i = 0; i < SAMPLES; i++) {
        histogram_record(&histogram, samples[i]);
        sum += samples[i];
    }
    qsort(samples, SAMPLES, sizeof *samples, compare);
    for (size_t i = 0; i < COUNT(thousandths); i++) {
        size_t rank = (size_t)((SAMPLES * (uint64_t)thousandths[i] + 999) / 1000);
        expect_near(histogram_percentile(&histogram, thousandths[i]), samples[rank - 1]);
    }
    ck_assert_uint_eq(histogram_percentile(&histogram, 0), samples[0]);
    ck_assert_uint_eq(histogram_percentile(&histogram, 1000), samples[SAMPLES - 1]);
    ck_assert_uint_eq(histogram.min, samples[0]);
    ck_assert_uint_eq(histogram.max, samples[SAMPLES - 1]);
    ck_assert_uint_eq(histogram.count, SAMPLES);
    ck_assert_uint_eq(histogram.sum, sum);
}
END_TEST

/* Few values have exact ranks; none is beyond the least and the largest. */
START_TEST(ranks)
{
    static struct histogram histogram;
    static const struct {
        uint32_t thousandths;
        uint64_t value;
    } some[] = {{1, 10}, {200, 10}, {201, 20}, {400, 20}, {401, 30}, {800, 40}, {801, 50}};

    memset(&histogram, 0, sizeof histogram);
    ck_assert_uint_eq(histogram_percentile(&histogram, 500), 0);
    for (uint64_t value = 50; value > 0; value -= 10)
        histogram_record(&histogram, value);
    for (size_t i = 0; i < COUNT(some); i++)
        ck_assert_uint_eq(histogram_percentile(&histogram, some[i].thousandths), some[i].value);
    memset(&histogram, 0, sizeof histogram);
    for (int i = 0; i < 3; i++)
        histogram_record(&histogram, 1027); /* not the middle of its bucket */
    ck_assert_uint_eq(histogram_percentile(&histogram, 500), 1027);
    memset(&histogram, 0, sizeof histogram);
    for (int i = 0; i < 3; i++)
        histogram_record(&histogram, 1054);
    ck_assert_uint_eq(histogram_percentile(&histogram, 500), 1054);
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

int main(void)
{
    const struct suite_test tests[] = {
        {values_of_every_size, 1},
        {percentiles_are_those_of_the_samples, 1},
        {ranks, 1},
        {buckets, 1},
    };
    return suite_run("histogram", tests, COUNT(tests));
}
