/* Finds the bucket of a value and back, and writes durations. */
#include "histogram.h"

#include <stdio.h>

enum { MILLION = 1000000 };

/* How often the value has to be halved to lie below 128. */
static unsigned halvings(uint64_t value)
{
    uint64_t high = value >> HISTOGRAM_BITS;
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

    return ((size_t)shift << HISTOGRAM_BITS) + (size_t)(value >> shift);
}

uint64_t histogram_value(size_t bucket)
{
    size_t first = (size_t)1 << HISTOGRAM_BITS;

    if (bucket < 2 * first)
        return bucket;
    unsigned shift = (unsigned)(bucket >> HISTOGRAM_BITS) - 1;
    uint64_t low = (uint64_t)(bucket % first + first) << shift;
    return low + (((uint64_t)1 << shift) - 1) / 2;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    histogram->sum = add_saturated(histogram->sum, value);
    histogram->buckets[bucket_of(value)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
    into->count += from->count;
    into->sum = add_saturated(into->sum, from->sum);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
}

/* count * millionths / 1,000,000, rounded up, without passing 64 bits on the way. */
static uint64_t rank_of(uint64_t count, uint32_t millionths)
{
    uint64_t rest = count % MILLION * millionths;

    return count / MILLION * millionths + (rest + MILLION - 1) / MILLION;
}

uint64_t histogram_percentile(const struct histogram *histogram, uint32_t millionths)
{
    uint64_t rank = rank_of(histogram->count, millionths < MILLION ? millionths : MILLION);
    uint64_t seen = 0;
    size_t bucket = 0;

    if (rank >= histogram->count)
        return histogram->max;
    if (rank <= 1)
        return histogram->min;
    for (; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen >= rank)
            break;
    }
    uint64_t value = histogram_value(bucket);
    if (value < histogram->min)
        return histogram->min;
    return value > histogram->max ? histogram->max : value;
}

uint64_t histogram_mean(const struct histogram *histogram)
{
    return histogram->count == 0 ? 0 : histogram->sum / histogram->count;
}

const char *histogram_text(char text[HISTOGRAM_TEXT_MAX], double ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    size_t unit = 0;

    for (; unit < 3 && ns >= 999.5; unit++)
        ns /= 1000;
    int decimals = ns > 0 ? (ns < 99.95) + (ns < 9.995) : 0;
    snprintf(text, HISTOGRAM_TEXT_MAX, "%.*f %s", decimals, ns, units[unit]);
    return text;
}
