/* Computes what has changed within a second, and prints it on one line. */
#include "live.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_SIZE = 160 };

/* Of the terminal that is stderr; 80 where it does not say. */
static int count_columns(void)
{
#ifdef TIOCGWINSZ
    struct winsize size = {0};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
#endif
    return 80;
}

void live_begin(struct live *live)
{
    const char *term = getenv("TERM");

    if (isatty(STDERR_FILENO) && (term == NULL || strcmp(term, "dumb") != 0))
        live->out = stderr;
}

/* What `after` has recorded and `before` had not: percentiles are good, the extremes those of
 * buckets, and the mean is exact. */
static void histogram_since(struct histogram *into, const struct histogram *after,
                            const struct histogram *before)
{
    *into = (struct histogram){.count = after->count - before->count,
                               .sum = after->sum - before->sum,
                               .min = after->min,
                               .max = after->max};
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->buckets[i] = after->buckets[i] - before->buckets[i];
}

static struct live_sample sample_since(const struct stats_of_kind *before,
                                       const struct stats_of_kind *now)
{
    struct histogram latency;

    histogram_since(&latency, &now->latency, &before->latency);
    return (struct live_sample){.requests = latency.count,
                                .errors = now->errors - before->errors,
                                .p50_ns = histogram_percentile(&latency, 500000),
                                .p99_ns = histogram_percentile(&latency, 990000)};
}

static void print_line(const struct live *live, const struct stats_of_kind *now)
{
    const struct live_sample *sample = &live->samples[live->count - 1];
    char p50[HISTOGRAM_TEXT_MAX], p99[HISTOGRAM_TEXT_MAX], line[LINE_SIZE];

    snprintf(line, sizeof line, "%4zu s  %9llu/s  p50 %-7s  p99 %-7s  misses %llu  errors %llu ",
             live->count, (unsigned long long)sample->requests,
             histogram_text(p50, (double)sample->p50_ns),
             histogram_text(p99, (double)sample->p99_ns), (unsigned long long)now->misses,
             (unsigned long long)now->errors);
    fprintf(live->out, "\r%.*s", count_columns() - 1, line);
    fflush(live->out);
}

void live_add(struct live *live, const struct stats_of_kind *now)
{
    size_t size = (live->count + 1) * sizeof *live->samples;
    struct live_sample *larger = realloc(live->samples, size);

    if (larger == NULL)
        return;
    live->samples = larger;
    live->samples[live->count++] = sample_since(&live->last, now);
    live->last = *now;
    if (live->out != NULL)
        print_line(live, now);
}

void live_end(struct live *live)
{
    if (live->out != NULL && live->count > 0)
        fputc('\n', live->out);
}

void live_free(struct live *live)
{
    free(live->samples);
}
