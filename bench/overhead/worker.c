/* Obeys the lines of worker.h. */
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

enum {
    WARM_MAX = 200, /* operations before the clock runs: an eighth of those measured, or so many */
    LINE_SIZE = 256
};

struct worker {
    const struct tested_client *client;
    tested_run *run;
    struct work work;
    uint32_t done; /* operations of this work: the next is the done-th */
};

static bool run_some(struct worker *worker, uint32_t count)
{
    tested_run *run = worker->run;
    uint32_t end = worker->done + count;

    for (uint32_t i = worker->done; i != end; i++)
        if (!run(i))
            return false;
    worker->done = end;
    return true;
}

static bool warm_up(struct worker *worker, uint32_t count)
{
    return run_some(worker, count / 8 < WARM_MAX ? count / 8 + 1 : WARM_MAX);
}

/* ---- the commands ---------------------------------------------------------------------------- */

/* What a command prints after `ok` is printed by it; NULL when all went well, or the answer. */
typedef const char *command(struct worker *worker, const char *argument);

static const char wrong[] = "bad wrong result";

static const char *hello(struct worker *worker, const char *argument)
{
    (void)argument;
    printf("ok %s\t%s\n", worker->client->title, worker->client->settings);
    return NULL;
}

static const char *open_server(struct worker *worker, const char *argument)
{
    if (!worker->client->open(argument))
        return "bad no connection";
    puts("ok");
    return NULL;
}

static bool find_verb(const char *name, enum work_verb *verb)
{
    for (*verb = WORK_GET; *verb <= WORK_META; (*verb)++)
        if (strcmp(work_verb_name(*verb), name) == 0)
            return true;
    return false;
}

static const char *take_work(struct worker *worker, const char *argument)
{
    char verb[8];
    unsigned batch, size, first, keys;
    struct work *work = &worker->work;

    if (sscanf(argument, "%7s %u %u %u %u", verb, &batch, &size, &first, &keys) != 5 ||
        batch > WORK_BATCH_MAX || keys > WORK_KEYS_MAX || batch > keys || size > WORK_SIZE_MAX ||
        !find_verb(verb, &work->verb))
        return "bad no such work";
    work->batch = batch;
    work->size = size;
    work->first = first;
    work->keys = keys;
    worker->done = 0;
    worker->run = worker->client->prepare(work);
    if (worker->run == NULL)
        return "no it has no such command";
    puts("ok");
    return NULL;
}

static const char *check(struct worker *worker, const char *argument)
{
    (void)argument;
    if (!worker->client->check(worker->done))
        return wrong;
    puts("ok");
    return NULL;
}

static uint32_t count_of(const char *argument)
{
    return (uint32_t)strtoul(argument, NULL, 10);
}

static const char *run(struct worker *worker, const char *argument)
{
    if (!run_some(worker, count_of(argument)))
        return wrong;
    puts("ok");
    return NULL;
}

static const char *do_round(struct worker *worker, const char *argument)
{
    uint32_t count = count_of(argument);

    if (!warm_up(worker, count))
        return wrong;
    struct timing_cpu before = timing_cpu();
    uint64_t start = timing_now();
    bool right = run_some(worker, count);
    uint64_t end = timing_now();
    struct timing_cpu after = timing_cpu();
    if (!right)
        return wrong;
    printf("ok %llu %llu %llu\n", (unsigned long long)(end - start),
           (unsigned long long)(after.user_ns - before.user_ns),
           (unsigned long long)(after.system_ns - before.system_ns));
    return NULL;
}

/* The clock is read once an operation, and is part of each: some 20 ns, for every client alike. */
static const char *do_each(struct worker *worker, const char *argument)
{
    static uint64_t at[WORKER_EACH_MAX + 1];
    uint32_t count = count_of(argument);

    if (count > WORKER_EACH_MAX)
        return "bad too many";
    if (!warm_up(worker, count))
        return wrong;
    at[0] = timing_now();
    for (uint32_t i = 0; i < count; i++) {
        if (!worker->run(worker->done++))
            return wrong;
        at[i + 1] = timing_now();
    }
    fputs("ok", stdout);
    for (uint32_t i = 0; i < count; i++)
        printf(" %llu", (unsigned long long)(at[i + 1] - at[i]));
    putchar('\n');
    return NULL;
}

static const struct {
    const char *name;
    command *run;
    bool works; /* it needs a work */
} commands[] = {
    {"hello", hello, false}, {"open", open_server, false}, {"work", take_work, false},
    {"check", check, true},  {"run", run, true},           {"round", do_round, true},
    {"each", do_each, true},
};

static const char *obey(struct worker *worker, const char *line)
{
    size_t len = strcspn(line, " ");

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strlen(commands[i].name) != len || memcmp(commands[i].name, line, len) != 0)
            continue;
        if (commands[i].works && worker->run == NULL)
            return "bad no work";
        return commands[i].run(worker, line + len + (line[len] == ' '));
    }
    return "bad no such line";
}

int worker_main(const struct tested_client *client)
{
    static struct worker worker;
    char line[LINE_SIZE];

    worker.client = client;
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *answer = obey(&worker, line);
        if (answer != NULL)
            puts(answer);
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}

int worker_count(const struct tested_client *client, const char *address, const struct work *work,
                 uint32_t count)
{
    struct worker worker = {.client = client, .work = *work};

    if (!client->open(address))
        return EXIT_FAILURE;
    worker.run = client->prepare(&worker.work);
    return worker.run != NULL && run_some(&worker, count) ? EXIT_SUCCESS : EXIT_FAILURE;
}
