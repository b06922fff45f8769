/* The table of limits, and where their figures stand in the results. */
#include "limit.h"

const struct limit limit_table[] = {
    {"instructions of a get", LIMIT_INSTRUCTIONS, "get", 1, 400},
    {"instructions a key, get of 100", LIMIT_INSTRUCTIONS, "get-100", 100, 250},
    {"system calls of a get", LIMIT_SYSCALLS, "get", 1, 2},
    {"time of a get, to the baseline's", LIMIT_TIME, "get", 1, 1.02},
    {"time of a get of 100 keys, to the baseline's", LIMIT_TIME, "get-100", 1, 1.10},
    {"time of a get of 1 MB, to the baseline's", LIMIT_TIME, "get-1m", 1, 1.10},
};

const size_t limit_count = sizeof limit_table / sizeof *limit_table;

static double figure_of(const struct limit *limit, const struct results_cell *cell,
                        const struct results_count *count)
{
    switch (limit->kind) {
    case LIMIT_INSTRUCTIONS: return count != NULL ? count->instructions : RESULTS_UNKNOWN;
    case LIMIT_SYSCALLS: return count != NULL ? count->syscalls : RESULTS_UNKNOWN;
    case LIMIT_TIME: return cell != NULL ? cell->p50_ratio : RESULTS_UNKNOWN;
    }
    return RESULTS_UNKNOWN;
}

double limit_figure(const struct limit *limit, const struct results *results)
{
    double figure = figure_of(limit, results_cell(results, "same", "tcp", limit->work, "client"),
                              results_count(results, limit->work, "client"));

    return figure < 0 ? RESULTS_UNKNOWN : figure / limit->keys;
}
