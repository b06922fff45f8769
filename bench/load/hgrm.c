/* Prints percentiles for the plotters of HdrHistogram. */
#include "hgrm.h"

#include <math.h>

static const double lines_of_half = 5, ns_of_ms = 1e6;

/* Between the extremes, which are exact. */
static double value_of(const struct histogram *histogram, size_t bucket)
{
    uint64_t value = histogram_value(bucket);

    value = value < histogram->min ? histogram->min : value;
    return (double)(value > histogram->max ? histogram->max : value) / ns_of_ms;
}

static void print_lines(const struct histogram *histogram, FILE *out)
{
    double count = (double)histogram->count, part = 0;
    uint64_t seen = 0;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        while (histogram->buckets[i] > 0 && (double)seen >= part * count &&
               (1 - part) * count >= 1) {
            fprintf(out, "%12.6f %2.12f %10llu %14.2f\n",
                    part > 0 ? value_of(histogram, i) : (double)histogram->min / ns_of_ms, part,
                    (unsigned long long)seen, 1 / (1 - part));
            part += exp2(-floor(-log2(1 - part)) - 1) / lines_of_half;
        }
    }
    fprintf(out, "%12.6f %2.12f %10llu\n", (double)histogram->max / ns_of_ms, 1.0,
            (unsigned long long)histogram->count);
}

void hgrm_print(const struct histogram *histogram, FILE *out)
{
    fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    if (histogram->count > 0)
        print_lines(histogram, out);
    fprintf(out, "#[Mean    = %12.6f, Total count    = %12llu]\n",
            (double)histogram_mean(histogram) / ns_of_ms, (unsigned long long)histogram->count);
}
