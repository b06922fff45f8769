/* Computes and prints the figures of runs. */
#include "runs.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[RUNS_COLUMNS] = {
    "rate",    "seconds", "requests", "per_second", "errors", "unsent",
    "mean_us", "p50_us",  "p99_us",   "p99_9_us",   "max_us",
};

static double percentile_us(const struct histogram *latency, uint32_t millionths)
{
    return (double)histogram_percentile(latency, millionths) / 1000;
}

static void fill_row(double row[RUNS_COLUMNS], const struct stats *stats)
{
    struct stats_of_kind all;
    const struct histogram *latency = &all.latency;

    stats_all(stats, &all);
    row[RUNS_SECONDS] = (double)(stats->end_ns - stats->start_ns) / 1e9;
    row[RUNS_REQUESTS] = (double)latency->count;
    row[RUNS_PER_SECOND] = row[RUNS_SECONDS] > 0 ? row[RUNS_REQUESTS] / row[RUNS_SECONDS] : 0;
    row[RUNS_ERRORS] = (double)all.errors;
    row[RUNS_UNSENT] = (double)stats->unsent;
    row[RUNS_MEAN] = (double)histogram_mean(latency) / 1000;
    row[RUNS_P50] = percentile_us(latency, 500000);
    row[RUNS_P99] = percentile_us(latency, 990000);
    row[RUNS_P999] = percentile_us(latency, 999000);
    row[RUNS_MAX] = (double)latency->max / 1000;
}

bool runs_add(struct runs *runs, uint64_t rate, const struct stats *stats)
{
    void *larger = realloc(runs->rows, (runs->count + 1) * sizeof *runs->rows);

    if (larger == NULL)
        return false;
    runs->rows = larger;
    double *row = runs->rows[runs->count++];
    row[RUNS_RATE] = (double)rate;
    fill_row(row, stats);
    return true;
}

void runs_free(struct runs *runs)
{
    free(runs->rows);
}

double runs_quantile(const struct runs *runs, enum runs_column column, double part)
{
    uint32_t wanted = (uint32_t)(part * (runs->count - 1));

    for (uint32_t i = 0; i < runs->count; i++) {
        double value = runs->rows[i][column];
        uint32_t less = 0, equal = 0;
        for (uint32_t k = 0; k < runs->count; k++) {
            less += runs->rows[k][column] < value;
            equal += runs->rows[k][column] <= value;
        }
        if (less <= wanted && wanted < equal)
            return value;
    }
    return 0;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_row(const char *name, const double row[RUNS_COLUMNS], FILE *out)
{
    char text[HISTOGRAM_TEXT_MAX];

    fprintf(out, "%-6s ", name);
    if (row[RUNS_RATE] > 0)
        fprintf(out, "%11.0f", row[RUNS_RATE]);
    else
        fprintf(out, "%11s", "-");
    fprintf(out, " %11.0f %8.0f %8.0f", row[RUNS_PER_SECOND], row[RUNS_ERRORS], row[RUNS_UNSENT]);
    for (int column = RUNS_MEAN; column < RUNS_COLUMNS; column++)
        fprintf(out, "  %8s", histogram_text(text, row[column] * 1000));
    fputc('\n', out);
}

void runs_print(const struct runs *runs, bool alike, FILE *out)
{
    static const struct {
        const char *name;
        double part;
    } parts[] = {{"median", 0.5}, {"least", 0}, {"most", 1}};
    char name[16];
    double row[RUNS_COLUMNS];

    fputs(
        "\nrun      due/second  per second   errors   unsent      mean       p50       p99     p99.9"
        "       max\n",
        out);
    for (uint32_t i = 0; i < runs->count; i++) {
        snprintf(name, sizeof name, "%lu", (unsigned long)i + 1);
        print_row(name, runs->rows[i], out);
    }
    for (size_t i = 0; alike && i < sizeof parts / sizeof *parts; i++) {
        for (int column = 0; column < RUNS_COLUMNS; column++)
            row[column] = runs_quantile(runs, (enum runs_column)column, parts[i].part);
        print_row(parts[i].name, row, out);
    }
}

void runs_print_json(const struct runs *runs, FILE *out)
{
    fputc('[', out);
    for (uint32_t i = 0; i < runs->count; i++)
        for (int column = 0; column < RUNS_COLUMNS; column++)
            fprintf(out, "%s\"%s\":%.12g%s",
                    column > 0 ? ","
                    : i > 0    ? ",\n{"
                               : "\n{",
                    names[column], runs->rows[i][column], column == RUNS_MAX ? "}" : "");
    fputc(']', out);
}
