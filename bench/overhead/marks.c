/* The table of marks, and where their figures stand in the results. */
#include "marks.h"

const struct marks_mark marks_table[] = {
    {"instructions of a get", MARKS_INSTRUCTIONS, "get", 1, 400},
    {"instructions a key, get of 100", MARKS_INSTRUCTIONS, "get-100", 100, 250},
    {"system calls of a get", MARKS_SYSCALLS, "get", 1, 2},
    {"time of a get, to the floor's", MARKS_TIME, "get", 1, 1.02},
    {"time of a get of 100 keys, to the floor's", MARKS_TIME, "get-100", 1, 1.10},
    {"time of a get of 1 MB, to the floor's", MARKS_TIME, "get-1m", 1, 1.10},
};

const size_t marks_count = sizeof marks_table / sizeof *marks_table;

static double figure_of(const struct marks_mark *mark, const struct results_cell *cell,
                        const struct results_count *count)
{
    switch (mark->kind) {
    case MARKS_INSTRUCTIONS: return count != NULL ? count->instructions : RESULTS_UNKNOWN;
    case MARKS_SYSCALLS: return count != NULL ? count->syscalls : RESULTS_UNKNOWN;
    case MARKS_TIME: return cell != NULL ? cell->p50_ratio : RESULTS_UNKNOWN;
    }
    return RESULTS_UNKNOWN;
}

double marks_figure(const struct marks_mark *mark, const struct results *results)
{
    double figure = figure_of(mark, results_cell(results, "same", "tcp", mark->work, "client"),
                              results_count(results, mark->work, "client"));

    return figure < 0 ? RESULTS_UNKNOWN : figure / mark->keys;
}
