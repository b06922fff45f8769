/* Computes the expected misses of uniform draws, and the time that each run should take. */
#include "model.h"

#include <math.h>

/* How many different numbers `draws` uniform draws from 0..domain are expected to meet. Of a cache
 * that starts empty and forgets nothing, it is the number of misses.
 *
 * A number escapes one draw with probability 1 - 1/n, and all of them with its power; so n times
 * the rest is expected to be met. In logarithms, because 1 - 1/n is rounded badly for a large n. */
static double expect_distinct(uint32_t domain, uint64_t draws)
{
    double n = (double)domain + 1;

    return draws == 0 ? 0 : -n * expm1((double)draws * log1p(-1 / n));
}

/* The share of the squares that the cache lacked at the start. The standard deviation is that of
 * independent numbers: a bit more than the true one. */
static double find_lacking(const struct report *report)
{
    double n = (double)report->options->domain + 1;
    double expected = expect_distinct(report->options->domain, report->options->requests);
    double deviation = sqrt(expected * (1 - expected / n));
    double misses = report->runs[0].counts.misses;

    if (report->own_server || misses >= expected - 4 * deviation - 1)
        return 1;
    return misses / expected;
}

void model_predict(struct report *report)
{
    uint32_t domain = report->options->domain;
    uint64_t requests = report->options->requests, draws = 0;
    double measured = 0, predicted = 0;

    report->get_ns = histogram_mean(&report->cache->answers);
    report->set_ns = histogram_mean(&report->cache->sets);
    report->expense_ns = histogram_mean(&report->cache->expenses);
    report->lacking = find_lacking(report);
    report->longest_ns = 1;
    for (uint32_t i = 0; i < report->count; i++, draws += requests) {
        struct report_run *run = &report->runs[i];
        double fresh = expect_distinct(domain, draws + requests) - expect_distinct(domain, draws);
        run->model_ns = report->lacking * fresh * (double)(report->expense_ns + report->set_ns) +
                        (double)requests * (double)report->get_ns;
        measured += (double)run->ns;
        predicted += run->model_ns;
        report->longest_ns = fmax(report->longest_ns, fmax(run->model_ns, (double)run->ns));
    }
    report->difference = predicted > 0 ? measured / predicted - 1 : 0;
}
