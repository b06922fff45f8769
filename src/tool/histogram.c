/* Finds the bucket of a value, and back. */
#include "histogram.h"

enum { FIRST = 1 << HISTOGRAM_BITS, LINEAR = 2 * FIRST, THOUSAND = 1000 };

static size_t bucket_of(uint64_t value)
{
    unsigned shift = 0;

    while (value >> shift >= LINEAR)
        shift++;
    return ((size_t)shift << HISTOGRAM_BITS) + (size_t)(value >> shift);
}

uint64_t histogram_value(size_t bucket)
{
    if (bucket < LINEAR)
        return bucket;
    unsigned shift = (unsigned)(bucket >> HISTOGRAM_BITS) - 1;
    uint64_t low = (uint64_t)(bucket % FIRST + FIRST) << shift;
    return low + ((UINT64_C(1) << shift) - 1) / 2;
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    histogram->sum += value;
    histogram->buckets[bucket_of(value)]++;
}

/* count * thousandths / 1000, rounded up, without passing 64 bits on the way. */
static uint64_t rank_of(uint64_t count, uint32_t thousandths)
{
    uint64_t rest = count % THOUSAND * thousandths;
    return count / THOUSAND * thousandths + (rest + THOUSAND - 1) / THOUSAND;
}

uint64_t histogram_percentile(const struct histogram *histogram, uint32_t thousandths)
{
    uint64_t rank = rank_of(histogram->count, thousandths), seen = 0;
    size_t bucket = 0;

    if (rank >= histogram->count)
        return histogram->max;
    if (rank <= 1)
        return histogram->min;
    while (seen + histogram->buckets[bucket] < rank)
        seen += histogram->buckets[bucket++];
    uint64_t value = histogram_value(bucket);
    if (value < histogram->min)
        return histogram->min;
    return value < histogram->max ? value : histogram->max;
}
