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
#include "loop.h"
#include "option.h"
#include "report.h"

enum { SPARE_DESCRIPTORS = 32, FAILED = 1 };

/* Where all threads wait for each other. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    uint32_t threads, waiting, times; /* times: how often it has been opened */
};

struct worker {
    struct loop loop;
    struct run *run;
    pthread_t thread;
    struct stats published; /* as of its last full second; under the mutex */
};

/* All of the program's state. */
struct run {
    struct options options;
    struct targets targets;
    struct worker *workers;
    struct gate gate;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t running;      /* threads that have not ended; under the mutex, too */
    uint64_t published;    /* how often threads have published; under the mutex, too */
    struct timing_cpu cpu; /* used before the run */
    struct stats stats;
    struct stats_of_server *servers;
    struct live live;
    FILE *json; /* NULL: not wanted */
};

/* Set by a signal. */
static atomic_bool stop;

/* ---- the threads ----------------------------------------------------------------------------- */

/* Returns when all threads have called it; true to the last one. */
static bool gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    uint32_t times = gate->times;
    bool last = ++gate->waiting == gate->threads;
    if (last) {
        gate->waiting = 0;
        gate->times++;
        pthread_cond_broadcast(&gate->opened);
    }
    while (gate->times == times)
        pthread_cond_wait(&gate->opened, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
    return last;
}

static void publish_stats(void *ctx)
{
    struct worker *worker = ctx;
    struct run *run = worker->run;

    pthread_mutex_lock(&run->mutex);
    worker->published = worker->loop.stats;
    run->published++;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->mutex);
}

/* Of what happened before the run, keeps only the errors and the number of keys set. */
static void end_fill(struct stats *stats, bool fill)
{
    uint64_t errors = stats_total(stats).errors;
    uint64_t filled = fill ? stats->kinds[STATS_SET].requests : 0;

    *stats = (struct stats){.earlier_errors = stats->earlier_errors + errors,
                            .filled = stats->filled + filled};
}

static void run_phases(struct worker *worker)
{
    const struct options *o = &worker->run->options;
    const struct loop_phase fill = {.fill = true, .time_ns = OPTIONS_UNLIMITED};
    const struct loop_phase warmup = {
        .requests = OPTIONS_UNLIMITED, .time_ns = o->warmup_ns, .rate = o->rate};
    const struct loop_phase load = {
        .requests = o->requests, .time_ns = o->time_ns, .rate = o->rate};

    loop_connect(&worker->loop);
    gate_pass(&worker->run->gate);
    if (o->fill)
        loop_run(&worker->loop, &fill);
    end_fill(&worker->loop.stats, true);
    gate_pass(&worker->run->gate);
    if (o->warmup_ns > 0)
        loop_run(&worker->loop, &warmup);
    end_fill(&worker->loop.stats, false);
    if (gate_pass(&worker->run->gate))
        worker->run->cpu = timing_cpu();
    worker->loop.on_second = publish_stats;
    loop_run(&worker->loop, &load);
}

static void *run_worker(void *ctx)
{
    struct worker *worker = ctx;
    struct run *run = worker->run;

    run_phases(worker);
    pthread_mutex_lock(&run->mutex);
    run->running--;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->mutex);
    return NULL;
}

/* ---- the run --------------------------------------------------------------------------------- */

/* The sum of what the threads have published; the mutex is held. */
static void add_sample(struct run *run)
{
    static struct stats sum; /* too large for some stacks */

    sum = (struct stats){0};
    for (uint32_t i = 0; i < run->options.threads; i++)
        stats_add(&sum, &run->workers[i].published);
    live_add(&run->live, &sum);
}

/* Adds a sample each time that every thread has finished a second. */
static void collect_samples(struct run *run)
{
    uint32_t threads = run->options.threads;

    pthread_mutex_lock(&run->mutex);
    for (;;) {
        if (run->published >= (run->live.count + 1) * threads)
            add_sample(run);
        else if (run->running > 0)
            pthread_cond_wait(&run->changed, &run->mutex);
        else
            break;
    }
    pthread_mutex_unlock(&run->mutex);
    live_end(&run->live);
}

static void sum_up(struct run *run)
{
    struct timing_cpu used = timing_cpu();

    for (uint32_t i = 0; i < run->options.threads; i++) {
        stats_add(&run->stats, &run->workers[i].loop.stats);
        for (uint32_t server = 0; server < run->targets.count; server++)
            stats_add_server(&run->servers[server], &run->workers[i].loop.servers[server]);
    }
    run->stats.user_ns = used.user_ns - run->cpu.user_ns;
    run->stats.system_ns = used.system_ns - run->cpu.system_ns;
}

static void run_all(struct run *run)
{
    uint32_t threads = run->options.threads;

    run->running = run->gate.threads = threads;
    live_begin(&run->live);
    assert(run->workers != NULL); /* prepare_run() made them */
    for (uint32_t i = 0; i < threads; i++) {
        int error = pthread_create(&run->workers[i].thread, NULL, run_worker, &run->workers[i]);
        if (error != 0)
            exit(options_fail(FAILED, "--threads", strerror(error)));
    }
    collect_samples(run);
    for (uint32_t i = 0; i < threads; i++)
        pthread_join(run->workers[i].thread, NULL);
    sum_up(run);
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

/* Says why the file of --json could not be written. Returns status. */
static int fail_json(int status, const struct options *options)
{
    escape_message("mcload", "--json: %s: %s", options->json, strerror(errno));
    return status;
}

/* Refuses before the run whatever can be refused. OPTION_GO_ON, or the exit status. */
static int prepare_run(struct run *run)
{
    const struct options *options = &run->options;
    int status = raise_limit(options);

    if (status != OPTION_GO_ON)
        return status;
    if (options->json != NULL) {
        run->json = fopen(options->json, "w");
        if (run->json == NULL)
            return fail_json(OPTION_USAGE, options);
    }
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
                                  .servers = run->servers,
                                  .live = &run->live,
                                  .interrupted = atomic_load(&stop),
                                  .argc = argc,
                                  .argv = argv};
    int status = report_is_clean(&report) ? EXIT_SUCCESS : FAILED;

    report_print(&report, run->options.format, stdout);
    if (run->json != NULL) {
        report_print(&report, OPTIONS_JSON, run->json);
        bool bad = ferror(run->json) != 0;
        if (fclose(run->json) != 0 || bad)
            status = fail_json(FAILED, &run->options);
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
    data_free();
    targets_free(&run->targets);
}

int main(int argc, char **argv)
{
    static struct run run = {
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER}};
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
