/* The program squares: runs the workload against a memcached several times, times and reports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "choose.h"
#include "escape.h"
#include "option.h"
#include "options.h"
#include "plot.h"
#include "report.h"

enum { EXIT_NO_SERVER = 69 }; /* EX_UNAVAILABLE of sysexits.h */

/* All of the program's state. Its fixed part is large: static in main(), not on the stack. */
struct squares {
    struct options options;
    struct cache cache;
    struct workload workload;
    struct report report;
    FILE *picture; /* NULL: not wanted */
};

static int fail(int status, const char *what, const char *why)
{
    escape_message("squares", "%s: %s", what, why);
    return status;
}

static void request(void *ctx)
{
    workload_request(ctx);
}

/* One run, in the manner of timeit.timeit(request, number=requests). */
static struct report_run time_run(struct squares *squares)
{
    struct report_run result = {0};

    squares->workload.counts = (struct workload_counts){0};
    squares->cache.gets = (struct timing_histogram){0};
    result.ns = timing_run(request, &squares->workload, squares->options.requests);
    result.counts = squares->workload.counts;
    result.p50_ns = timing_percentile(&squares->cache.gets, 500000);
    result.p99_ns = timing_percentile(&squares->cache.gets, 990000);
    return result;
}

/* All the runs. 0; or 1 when an answer was wrong. */
static int run_all(struct squares *squares)
{
    bool wrong = false;

    report_begin(&squares->report, stdout);
    for (uint32_t i = 0; i < squares->options.runs; i++) {
        struct report_run result = time_run(squares);
        report_run(&squares->report, stdout, &result);
        wrong = wrong || result.counts.wrong > 0;
    }
    cache_close(&squares->cache);
    report_end(&squares->report, stdout);
    if (wrong)
        return fail(EXIT_FAILURE, squares->report.server, "some answers were wrong");
    return EXIT_SUCCESS;
}

/* Refuses before the first run whatever can be refused. OPTION_GO_ON, or the exit status. */
static int prepare(struct squares *squares)
{
    struct options *options = &squares->options;

    if (options->plot != NULL) {
        squares->picture = fopen(options->plot, "a");
        if (squares->picture == NULL)
            return fail(OPTION_USAGE, "--plot", strerror(errno));
    }
    squares->report.runs = calloc(options->runs, sizeof *squares->report.runs);
    if (squares->report.runs == NULL)
        return fail(EXIT_FAILURE, "--runs", strerror(errno));
    struct choose_server server = choose_server(options->server, options->own_server);
    if (server.address == NULL)
        return EXIT_NO_SERVER;
    if (cache_init(&squares->cache, server.address, options->timeout_ms,
                   (uint64_t)options->cost_us * 1000) != 0)
        return fail(OPTION_USAGE, server.source, squares->cache.server.problem);
    squares->report.options = options;
    squares->report.server = server.address;
    squares->report.own_server = server.own;
    squares->report.answers = &squares->cache.answers;
    squares->workload.cache = cache_workload(&squares->cache);
    squares->workload.domain = options->domain;
    workload_seed(&squares->workload, options->seed);
    return OPTION_GO_ON;
}

/* Replaces an older picture, which is kept until there is a new one. */
static bool draw(struct squares *squares)
{
    FILE *picture = freopen(squares->options.plot, "w", squares->picture);

    if (picture == NULL)
        return false;
    plot_draw(&squares->report, picture);
    bool good = ferror(picture) == 0;
    return fclose(picture) == 0 && good;
}

/* Fails when the output could not be written, say to a full disk. */
static int finish(struct squares *squares, int status)
{
    if (squares->picture != NULL && !draw(squares))
        status = fail(EXIT_FAILURE, "--plot", "the picture could not be written");
    if (ferror(stdout) || fclose(stdout) != 0)
        status = fail(EXIT_FAILURE, "standard output", "the report could not be written");
    free(squares->report.runs);
    return status;
}

int main(int argc, char **argv)
{
    static struct squares squares;
    int status = options_read(&squares.options, argc, argv);

    if (status == OPTION_GO_ON)
        status = prepare(&squares);
    if (status != OPTION_GO_ON)
        return status;
    return finish(&squares, run_all(&squares));
}
