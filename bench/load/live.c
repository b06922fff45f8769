/* What has changed since a second ago. */
#include "live.h"

#include <stdlib.h>

static uint64_t sum_errors(const struct load_stats *stats)
{
    return stats->kinds[LOAD_GET].errors + stats->kinds[LOAD_SET].errors;
}

static struct load_sample sample_since(const struct load_stats *before,
                                       const struct load_stats *now)
{
    struct timing_histogram kind, all = {0};

    for (int k = 0; k < LOAD_KINDS; k++) {
        load_stats_since(&kind, &now->kinds[k].latency, &before->kinds[k].latency);
        timing_merge(&all, &kind);
    }
    return (struct load_sample){.requests = all.count,
                                .errors = sum_errors(now) - sum_errors(before),
                                .p50_ns = timing_percentile(&all, 500000),
                                .p99_ns = timing_percentile(&all, 990000)};
}

static void print_line(const struct load_live *live, const struct load_stats *now)
{
    const struct load_sample *sample = &live->samples[live->count - 1];
    char p50[TIMING_TEXT_MAX], p99[TIMING_TEXT_MAX];

    fprintf(live->out, "\r%4zu s  %10llu requests/s  p50 %-7s  p99 %-7s  misses %llu  errors %llu ",
            live->count, (unsigned long long)sample->requests,
            timing_text(p50, (double)sample->p50_ns), timing_text(p99, (double)sample->p99_ns),
            (unsigned long long)now->kinds[LOAD_GET].misses, (unsigned long long)sum_errors(now));
    fflush(live->out);
}

void load_live_add(struct load_live *live, const struct load_stats *now)
{
    size_t size = (live->count + 1) * sizeof *live->samples;
    struct load_sample *larger = realloc(live->samples, size);

    if (larger == NULL)
        return;
    live->samples = larger;
    live->samples[live->count++] = sample_since(&live->last, now);
    live->last = *now;
    if (live->out != NULL)
        print_line(live, now);
}

void load_live_end(struct load_live *live)
{
    if (live->out != NULL && live->count > 0)
        fputc('\n', live->out);
}

void load_live_free(struct load_live *live)
{
    free(live->samples);
}
