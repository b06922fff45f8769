/* The program squares: runs the workload against a memcached several times, times and reports. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "escape.h"
#include "memcached.h"
#include "option.h"
#include "options.h"
#include "plot.h"
#include "report.h"
#include "standard.h"

#define USUAL_ADDRESS "127.0.0.1:" MC_SERVER_PORT

enum {
    PROBE_MS = 300,        /* for the server at the usual port to answer */
    EXIT_NO_SERVER = 69,   /* EX_UNAVAILABLE of sysexits.h */
    EXIT_INTERRUPTED = 130 /* as a shell has it for SIGINT */
};

/* All of the program's state. Its fixed part is large: static in main(), not on the stack. */
struct squares {
    struct options options;
    struct cache cache;
    struct workload workload;
    struct report report;
    FILE *picture; /* NULL: not wanted */
};

/* For the signal handler. */
static struct cache *cache_in_use;

/* The first Ctrl-C ends the run, and what is known is printed; the second ends the program. */
static void on_interrupt(int number)
{
    if (number == SIGALRM || !cache_is_interrupted(cache_in_use)) {
        cache_interrupt(cache_in_use);
        alarm(1); /* as the connection may only just be made */
        return;
    }
    memcached_end();
    signal(number, SIG_DFL);
    raise(number);
}

/* Unless it is ignored, as in a background job. */
static void catch_interrupts(struct cache *cache)
{
    struct sigaction action = {.sa_handler = on_interrupt}, before;

    cache_in_use = cache;
    sigaction(SIGALRM, &action, NULL);
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGINT, &action, NULL);
}

/* ---- the server ------------------------------------------------------------------------------ */

/* The memcached that is used. The strings last as long as the program. */
struct chosen {
    const char *address; /* NULL: there is none, as a line on stderr has said */
    const char *source;  /* what it came from, to name in a message: "--server", ... */
    bool own;            /* a private memcached, empty */
};

static struct chosen start_private(const char *why)
{
    const char *address = memcached_start();

    if (address != NULL)
        escape_message("squares", "%sstarted a private memcached on %s", why, address);
    return (struct chosen){.address = address, .source = "private memcached", .own = true};
}

/* The first entry of MEMCACHED_SERVERS; NULL when it has none. */
static const char *from_environment(void)
{
    static const char separators[] = ", \t\r\n";
    static char entry[512];
    const char *list = getenv("MEMCACHED_SERVERS");

    if (list == NULL)
        return NULL;
    list += strspn(list, separators);
    snprintf(entry, sizeof entry, "%.*s", (int)strcspn(list, separators), list);
    return entry[0] != '\0' ? entry : NULL;
}

/* The server to use: `wanted`, unless NULL; a private one, if `own_wanted`; the first entry of the
 * environment's MEMCACHED_SERVERS (between commas or white space); 127.0.0.1:11211, if a memcached
 * answers there; otherwise a private one. */
static struct chosen choose_server(const char *wanted, bool own_wanted)
{
    if (wanted != NULL)
        return (struct chosen){.address = wanted, .source = "--server"};
    if (own_wanted)
        return start_private("");
    const char *listed = from_environment();
    if (listed != NULL)
        return (struct chosen){.address = listed, .source = "MEMCACHED_SERVERS"};
    if (memcached_answers(USUAL_ADDRESS, PROBE_MS))
        return (struct chosen){.address = USUAL_ADDRESS, .source = USUAL_ADDRESS};
    return start_private("no memcached at " USUAL_ADDRESS ": ");
}

/* ---- the runs -------------------------------------------------------------------------------- */

static int fail(int status, const char *what, const char *why)
{
    escape_message("squares", "%s: %s", what, why);
    return status;
}

/* One request; the ns that the answer took. It is checked outside of that time. An interrupted run
 * has nothing more to do. */
static uint64_t time_request(struct squares *squares)
{
    if (cache_is_interrupted(&squares->cache))
        return 0;
    uint32_t n = workload_draw(&squares->workload);
    uint64_t start = timing_now();
    uint64_t answer = workload_compute_square(&squares->workload, n);
    uint64_t took = timing_now() - start;
    workload_check(&squares->workload, n, answer);
    return took;
}

static struct report_run time_run(struct squares *squares)
{
    struct report_run result = {0};

    squares->workload.counts = (struct workload_counts){0};
    squares->cache.gets = (struct histogram){0};
    for (uint32_t i = 0; i < squares->options.requests; i++)
        result.ns += time_request(squares);
    result.counts = squares->workload.counts;
    result.p50_ns = histogram_percentile(&squares->cache.gets, 500000);
    result.p99_ns = histogram_percentile(&squares->cache.gets, 990000);
    return result;
}

/* All the runs, up to an interrupted one. The exit status. */
static int run_all(struct squares *squares)
{
    bool wrong = false;

    report_begin(&squares->report, stdout);
    for (uint32_t i = 0; i < squares->options.runs; i++) {
        struct report_run result = time_run(squares);
        if (cache_is_interrupted(&squares->cache))
            break;
        report_run(&squares->report, stdout, &result);
        wrong = wrong || result.counts.wrong > 0;
    }
    cache_close(&squares->cache);
    report_end(&squares->report, stdout);
    if (wrong)
        return fail(EXIT_FAILURE, squares->report.server, "some answers were wrong");
    if (squares->report.count == squares->options.runs)
        return EXIT_SUCCESS;
    escape_message("squares", "interrupted in run %lu of %lu",
                   (unsigned long)squares->report.count + 1, (unsigned long)squares->options.runs);
    return EXIT_INTERRUPTED;
}

/* ---- before and after ------------------------------------------------------------------------ */

/* Says why the picture could not be written. Returns status. */
static int fail_plot(int status, const struct options *options)
{
    escape_message("squares", "--plot: %s: %s", options->plot, strerror(errno));
    return status;
}

/* Refuses before the first run whatever can be refused. OPTION_GO_ON, or the exit status. */
static int prepare(struct squares *squares)
{
    struct options *options = &squares->options;

    if (options->plot != NULL) {
        squares->picture = fopen(options->plot, "a");
        if (squares->picture == NULL)
            return fail_plot(OPTION_USAGE, options);
    }
    squares->report.runs = calloc(options->runs, sizeof *squares->report.runs);
    if (squares->report.runs == NULL)
        return fail(EXIT_FAILURE, "--runs", strerror(errno));
    catch_interrupts(&squares->cache);
    struct chosen server = choose_server(options->server, options->own_server);
    if (server.address == NULL)
        return cache_is_interrupted(&squares->cache) ? EXIT_INTERRUPTED : EXIT_NO_SERVER;
    if (cache_init(&squares->cache, server.address, options->timeout_ms,
                   (uint64_t)options->cost_us * 1000) != 0)
        return fail(OPTION_USAGE, server.source, squares->cache.server.problem);
    if (options->trace)
        cache_trace(&squares->cache);
    squares->report.options = options;
    squares->report.server = server.address;
    squares->report.own_server = server.own;
    squares->report.cache = &squares->cache.times;
    squares->workload.cache = cache_workload(&squares->cache);
    squares->workload.domain = options->domain;
    workload_seed(&squares->workload, options->seed);
    return OPTION_GO_ON;
}

/* Replaces an older picture, which is kept until there is a new one, and while there is no run. */
static bool draw(struct squares *squares)
{
    if (squares->report.count == 0)
        return fclose(squares->picture) == 0;
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
        status = fail_plot(EXIT_FAILURE, &squares->options);
    if (ferror(stdout) || fclose(stdout) != 0)
        status = fail(EXIT_FAILURE, "standard output", "the report could not be written");
    free(squares->report.runs);
    return status;
}

int main(int argc, char **argv)
{
    static struct squares squares;
    if (standard_open() != 0)
        return fail(EXIT_FAILURE, "/dev/null", strerror(errno));
    int status = options_read(&squares.options, argc, argv);
    if (status == OPTION_GO_ON)
        status = prepare(&squares);
    if (status != OPTION_GO_ON)
        return status;
    return finish(&squares, run_all(&squares));
}
