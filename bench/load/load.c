/* The program mcload: threads with an event loop each put load on memcached; then it reports. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "data.h"
#include "escape.h"
#include "hgrm.h"
#include "loop.h"
#include "option.h"
#include "report.h"
#include "standard.h"

enum { SPARE_DESCRIPTORS = 32, FAILED = 1 };

struct worker {
    struct loop loop;
    struct run *run;
    pthread_t thread;
    struct stats_of_kind published; /* as of its last full second; under the mutex */
};

/* What the thread of each worker does, until it ends. */
typedef void worker_function(struct worker *worker);

/* All of the program's state. */
struct run {
    struct options options;
    struct targets targets;
    struct worker *workers;
    worker_function *function; /* of the threads that run */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t running;         /* threads that have not ended; under the mutex, too */
    uint64_t published;       /* how often threads have published; under the mutex, too */
    struct loop_phase phase;  /* of the next run */
    struct stats stats, one;  /* of all runs, and of one */
    struct stats_of_kind all; /* of all runs */
    struct runs runs;
    struct stats_of_server *servers;
    struct live live;
    FILE *json, *hgrm; /* NULL: not wanted */
};

/* Set by a signal. */
static atomic_bool stop;

/* ---- the threads ----------------------------------------------------------------------------- */

static void *run_function(void *ctx)
{
    struct worker *worker = ctx;

    worker->run->function(worker);
    return NULL;
}

static void start_threads(struct run *run, worker_function *function)
{
    run->function = function;
    assert(run->workers != NULL); /* prepare_run() made them */
    for (uint32_t i = 0; i < run->options.threads; i++) {
        int error = pthread_create(&run->workers[i].thread, NULL, run_function, &run->workers[i]);
        if (error != 0)
            exit(options_fail(FAILED, "--threads", strerror(error)));
    }
}

static void join_threads(struct run *run)
{
    for (uint32_t i = 0; i < run->options.threads; i++)
        pthread_join(run->workers[i].thread, NULL);
}

static void publish_stats(void *ctx)
{
    struct worker *worker = ctx;
    struct run *run = worker->run;

    pthread_mutex_lock(&run->mutex);
    stats_all(&worker->loop.stats, &worker->published);
    run->published++;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->mutex);
}

/* Of what happened before the run, keeps only the errors and the number of keys set. */
static void end_fill(struct worker *worker, bool fill)
{
    struct stats *stats = &worker->loop.stats;
    struct stats_of_kind all;

    stats_all(stats, &all);
    uint64_t errors = stats->earlier_errors + all.errors;
    uint64_t filled = stats->filled + (fill ? stats->kinds[STATS_SET].requests : 0);

    memset(stats, 0, sizeof *stats); /* a struct of that size is too large for some stacks */
    stats->earlier_errors = errors;
    stats->filled = filled;
    for (uint32_t i = 0; i < worker->run->targets.count; i++)
        memset(&worker->loop.servers[i].all, 0, sizeof worker->loop.servers[i].all);
}

static void connect_all(struct worker *worker)
{
    loop_connect(&worker->loop);
}

static void fill(struct worker *worker)
{
    const struct loop_phase phase = {.fill = true, .time_ns = OPTIONS_UNLIMITED};

    if (worker->run->options.fill)
        loop_run(&worker->loop, &phase);
    end_fill(worker, true);
}

static void warm_up(struct worker *worker)
{
    const struct options *o = &worker->run->options;
    const struct loop_phase phase = {.requests = OPTIONS_UNLIMITED,
                                     .time_ns = o->warmup_ns,
                                     .rate = o->rate,
                                     .rate_end = o->rate};

    if (o->warmup_ns > 0)
        loop_run(&worker->loop, &phase);
    end_fill(worker, false);
    worker->loop.on_second = publish_stats;
}

static void run_once(struct worker *worker)
{
    struct run *run = worker->run;

    loop_run(&worker->loop, &run->phase);
    pthread_mutex_lock(&run->mutex);
    run->running--;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->mutex);
}

/* ---- the run --------------------------------------------------------------------------------- */

/* The sum of what the threads have published; the mutex is held. */
static void add_sample(struct run *run)
{
    struct stats_of_kind sum = {0};

    for (uint32_t i = 0; i < run->options.threads; i++)
        stats_add_kind(&sum, &run->workers[i].published);
    live_add(&run->live, &sum);
}

/* Adds a sample each time that every thread has finished a second of the run. */
static void collect_samples(struct run *run)
{
    uint32_t threads = run->options.threads;

    pthread_mutex_lock(&run->mutex);
    for (uint64_t wanted = threads;;) {
        if (run->published >= wanted) {
            add_sample(run);
            wanted += threads;
        } else if (run->running > 0) {
            pthread_cond_wait(&run->changed, &run->mutex);
        } else {
            break;
        }
    }
    pthread_mutex_unlock(&run->mutex);
}

/* False when it was the last run. */
static bool choose_run(struct run *run)
{
    const struct options *o = &run->options;
    const struct runs *runs = &run->runs;
    uint64_t rate = o->rate;

    if (o->scan_step > 0)
        rate = o->scan_from + runs->count * o->scan_step;
    if (runs->count > 0 && (atomic_load(&stop) ||
                            runs->rows[runs->count - 1][RUNS_P99] * 1000 > (double)o->p99_limit_ns))
        return false;
    run->phase = (struct loop_phase){.requests = o->requests,
                                     .time_ns = o->time_ns,
                                     .rate = rate,
                                     .rate_end = o->rate_end > 0 ? o->rate_end : rate};
    return o->scan_step > 0 ? rate <= o->scan_to : runs->count < o->repeat;
}

static void take_stats(struct worker *worker, struct stats *sum)
{
    stats_add(sum, &worker->loop.stats);
    memset(&worker->loop.stats, 0, sizeof worker->loop.stats);
    memset(&worker->published, 0, sizeof worker->published);
}

/* Adds up what the threads have counted, and lets them begin again. */
static void sum_up(struct run *run, struct timing_cpu before)
{
    struct timing_cpu used = timing_cpu();

    memset(&run->one, 0, sizeof run->one);
    for (uint32_t i = 0; i < run->options.threads; i++)
        take_stats(&run->workers[i], &run->one);
    run->one.user_ns = used.user_ns - before.user_ns;
    run->one.system_ns = used.system_ns - before.system_ns;
    stats_add(&run->stats, &run->one);
    if (!runs_add(&run->runs, (run->phase.rate + run->phase.rate_end) / 2, &run->one))
        exit(options_fail(FAILED, "--repeat", strerror(ENOMEM)));
}

static void do_run(struct run *run)
{
    run->running = run->options.threads;
    run->published = 0;
    memset(&run->live.last, 0, sizeof run->live.last);
    struct timing_cpu before = timing_cpu();
    start_threads(run, run_once);
    collect_samples(run);
    join_threads(run);
    sum_up(run, before);
}

/* One server alone has done all; the loops have not counted that twice. */
static void sum_up_servers(struct run *run)
{
    stats_all(&run->stats, &run->all);
    assert(run->workers != NULL && run->servers != NULL); /* prepare_run() made them */
    for (uint32_t i = 0; i < run->options.threads; i++)
        for (uint32_t server = 0; server < run->targets.count; server++)
            stats_add_server(&run->servers[server], &run->workers[i].loop.servers[server]);
    if (run->targets.count == 1)
        run->servers[0].all = run->all;
}

static void run_all(struct run *run)
{
    static worker_function *const before[] = {connect_all, fill, warm_up};

    live_begin(&run->live);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        start_threads(run, before[i]);
        join_threads(run);
    }
    while (choose_run(run))
        do_run(run);
    live_end(&run->live);
    sum_up_servers(run);
}

/* ---- before and after ------------------------------------------------------------------------ */

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stop, true);
}

/* The first signal ends the run, the second the program. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Each connection is an open file. OPTION_GO_ON, or the exit status. */
static int raise_limit(const struct options *options)
{
    rlim_t needed = (rlim_t)options->connections + options->threads + SPARE_DESCRIPTORS;
    struct rlimit limit;
    char why[120];

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return OPTION_GO_ON;
    const struct rlimit raised = {needed, limit.rlim_max > needed ? limit.rlim_max : needed};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return OPTION_GO_ON;
    snprintf(why, sizeof why, "%lu take %llu open files, and the limit is %llu (ulimit -Hn)",
             (unsigned long)options->connections, (unsigned long long)needed,
             (unsigned long long)limit.rlim_max);
    return options_fail(OPTION_USAGE, "--connections", why);
}

/* OPTION_GO_ON, or the exit status. */
static int make_workers(struct run *run)
{
    uint32_t threads = run->options.threads;

    run->workers = calloc(threads, sizeof *run->workers);
    run->servers = calloc(run->targets.count, sizeof *run->servers);
    if (run->workers == NULL || run->servers == NULL)
        return options_fail(FAILED, "--threads", strerror(ENOMEM));
    for (uint32_t i = 0; i < threads; i++) {
        struct worker *worker = &run->workers[i];
        worker->run = run;
        worker->loop.options = &run->options;
        worker->loop.targets = &run->targets;
        worker->loop.stop = &stop;
        worker->loop.thread = i;
        worker->loop.ctx = worker;
        if (!loop_init(&worker->loop))
            return options_fail(FAILED, "--connections", strerror(errno));
    }
    return OPTION_GO_ON;
}

/* Opens a file that an option names, if it does. OPTION_GO_ON, or the exit status. */
static int open_file(FILE **file, const char *option, const char *name)
{
    if (name == NULL)
        return OPTION_GO_ON;
    *file = fopen(name, "w");
    if (*file != NULL)
        return OPTION_GO_ON;
    escape_message("mcload", "%s: %s: %s", option, name, strerror(errno));
    return OPTION_USAGE;
}

/* status, or FAILED when not all could be written. */
static int close_file(FILE *file, const char *option, const char *name, int status)
{
    bool bad = ferror(file) != 0;

    if (fclose(file) == 0 && !bad)
        return status;
    escape_message("mcload", "%s: %s: %s", option, name, strerror(errno));
    return FAILED;
}

/* Refuses before the run whatever can be refused. OPTION_GO_ON, or the exit status. */
static int prepare_run(struct run *run)
{
    const struct options *options = &run->options;
    int status = raise_limit(options);

    if (status != OPTION_GO_ON)
        return status;
    status = open_file(&run->json, "--json", options->json);
    if (status == OPTION_GO_ON)
        status = open_file(&run->hgrm, "--hgrm", options->hgrm);
    if (status != OPTION_GO_ON)
        return status;
    status = targets_find(&run->targets, options);
    if (status != 0)
        return status;
    if (options->connections < run->targets.count)
        return options_fail(OPTION_USAGE, "--connections",
                            "there are more servers than connections");
    if (!data_init(options->sizes.max))
        return options_fail(FAILED, "--size", strerror(errno));
    return make_workers(run);
}

/* Fails when the output could not be written, say to a full disk. */
static int print_all(struct run *run, int argc, char **argv)
{
    const struct report report = {.options = &run->options,
                                  .targets = &run->targets,
                                  .stats = &run->stats,
                                  .all = &run->all,
                                  .servers = run->servers,
                                  .live = &run->live,
                                  .runs = &run->runs,
                                  .interrupted = atomic_load(&stop),
                                  .argc = argc,
                                  .argv = argv};
    int status = report_is_clean(&report) ? EXIT_SUCCESS : FAILED;

    report_print(&report, run->options.format, stdout);
    if (run->json != NULL) {
        report_print(&report, OPTIONS_JSON, run->json);
        status = close_file(run->json, "--json", run->options.json, status);
    }
    if (run->hgrm != NULL) {
        hgrm_print(&run->all.latency, run->hgrm);
        status = close_file(run->hgrm, "--hgrm", run->options.hgrm, status);
    }
    if (ferror(stdout) || fclose(stdout) != 0)
        status = options_fail(FAILED, "standard output", "the report could not be written");
    return status;
}

static void free_all(struct run *run)
{
    for (uint32_t i = 0; run->workers != NULL && i < run->options.threads; i++)
        loop_free(&run->workers[i].loop);
    free(run->workers);
    free(run->servers);
    live_free(&run->live);
    runs_free(&run->runs);
    data_free();
    targets_free(&run->targets);
}

int main(int argc, char **argv)
{
    static struct run run = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                             .changed = PTHREAD_COND_INITIALIZER};
    if (standard_open() != 0)
        return options_fail(FAILED, "/dev/null", strerror(errno));
    int status = options_read(&run.options, argc, argv);

    if (status != OPTION_GO_ON)
        return status;
    status = prepare_run(&run);
    if (status == OPTION_GO_ON) {
        catch_signals();
        run_all(&run);
        status = print_all(&run, argc, argv);
    }
    free_all(&run);
    return status;
}
