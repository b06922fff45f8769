/* Obeys the lines of timed.h. */
#include "timed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "timing.h"

enum {
    LINE_SIZE = 256,
    CONNECT_MS = 2000,
    WARM_MAX = 200 /* operations before the clock runs: an eighth of those measured, or so many */
};

struct worker {
    const struct timed_client *client;
    timed_run *run;
    struct work work;
    uint32_t done; /* operations of this work: the next is the done-th */
};

static bool run_some(struct worker *worker, uint32_t count)
{
    timed_run *run = worker->run;
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

static const char ok[] = "ok", wrong[] = "bad wrong result", no_work[] = "bad no work";

static const char *hello(void *ctx, const char *argument)
{
    const struct worker *worker = ctx;

    (void)argument;
    printf("ok %s\t%s\n", worker->client->title, worker->client->settings);
    return NULL;
}

static const char *open_server(void *ctx, const char *argument)
{
    const struct worker *worker = ctx;

    uint64_t start = timing_now();
    if (!worker->client->open(argument))
        return "bad no connection";
    printf("ok %llu\n", (unsigned long long)(timing_now() - start));
    return NULL;
}

static const char *set_work(void *ctx, const char *argument)
{
    struct worker *worker = ctx;

    worker->run = NULL;
    if (!work_read(&worker->work, argument))
        return "bad no such work";
    worker->done = 0;
    worker->run = worker->client->prepare(&worker->work);
    return worker->run != NULL ? ok : "no it has no such command";
}

static const char *check(void *ctx, const char *argument)
{
    const struct worker *worker = ctx;

    (void)argument;
    if (worker->run == NULL)
        return no_work;
    return worker->client->check(worker->done) ? ok : wrong;
}

static uint32_t count_of(const char *argument)
{
    return (uint32_t)strtoul(argument, NULL, 10);
}

static const char *run(void *ctx, const char *argument)
{
    struct worker *worker = ctx;

    if (worker->run == NULL)
        return no_work;
    return run_some(worker, count_of(argument)) ? ok : wrong;
}

static const char *do_round(void *ctx, const char *argument)
{
    struct worker *worker = ctx;
    uint32_t count = count_of(argument);

    if (worker->run == NULL)
        return no_work;
    if (!warm_up(worker, count))
        return wrong;
    struct timing_cpu before = timing_cpu();
    uint64_t start = timing_now();
    bool right = run_some(worker, count);
    uint64_t end = timing_now();
    struct timing_cpu after = timing_cpu();
    if (!right)
        return wrong;
    uint64_t cpu_ns = after.user_ns + after.system_ns - before.user_ns - before.system_ns;
    printf("ok %llu %llu\n", (unsigned long long)(end - start), (unsigned long long)cpu_ns);
    return NULL;
}

/* The clock is read once an operation, and is part of each: some 20 ns, for every client alike. */
static const char *do_each(void *ctx, const char *argument)
{
    static uint64_t at[TIMED_EACH_MAX + 1];
    struct worker *worker = ctx;
    uint32_t count = count_of(argument);

    if (worker->run == NULL)
        return no_work;
    if (count > TIMED_EACH_MAX)
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

static const char *set_deadline(void *ctx, const char *argument)
{
    const struct worker *worker = ctx;

    if (worker->client->set_deadline == NULL)
        return "no it has no deadline";
    worker->client->set_deadline((int)count_of(argument));
    return ok;
}

static const char *try_one(void *ctx, const char *argument)
{
    const struct worker *worker = ctx;

    (void)argument;
    if (worker->run == NULL)
        return no_work;
    uint64_t start = timing_now();
    bool right = worker->run(0);
    printf("ok %llu %s\n", (unsigned long long)(timing_now() - start), right ? "right" : "wrong");
    return NULL;
}

static const char *tell_parts(void *ctx, const char *argument)
{
    static uint64_t ns[TIMED_EACH_MAX / TIMED_PARTS][TIMED_PARTS];
    const struct worker *worker = ctx;
    uint32_t count = count_of(argument);

    if (worker->run == NULL || worker->client->parts == NULL || count > sizeof ns / sizeof *ns)
        return "bad no work, or too many, or nobody can look inside";
    for (uint32_t i = 0; i < count; i++)
        if (!worker->client->parts(i, ns[i]))
            return wrong;
    fputs("ok", stdout);
    for (uint32_t i = 0; i < count * TIMED_PARTS; i++)
        printf(" %llu", (unsigned long long)ns[i / TIMED_PARTS][i % TIMED_PARTS]);
    putchar('\n');
    return NULL;
}

/* ---- the lines ------------------------------------------------------------------------------- */

static const char *obey(const struct timed_command *commands, size_t count, void *ctx,
                        const char *line)
{
    size_t len = strcspn(line, " ");

    for (size_t i = 0; i < count; i++)
        if (strlen(commands[i].name) == len && memcmp(commands[i].name, line, len) == 0)
            return commands[i].run(ctx, line + len + (line[len] == ' '));
    return "bad no such line";
}

int timed_obey(const struct timed_command *commands, size_t count, void *ctx)
{
    char line[LINE_SIZE];

    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *answer = obey(commands, count, ctx, line);
        if (answer != NULL)
            puts(answer);
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}

bool timed_connect(struct mc_socket *socket, const char *address)
{
    struct mc_address parts;
    mc_deadline deadline = mc_socket_deadline(CONNECT_MS);

    mc_socket_close(socket);
    if (mc_address_parse(&parts, address) != NULL)
        return false;
    if (parts.kind == MC_ADDRESS_UNIX)
        return mc_socket_connect_unix(socket, parts.host, deadline) == 0;
    return mc_socket_connect(socket, parts.host, parts.port, deadline) == 0;
}

int timed_main(const struct timed_client *client)
{
    static const struct timed_command commands[] = {
        {"hello", hello}, {"open", open_server}, {"work", set_work}, {"check", check},
        {"run", run},     {"round", do_round},   {"each", do_each},  {"deadline", set_deadline},
        {"try", try_one}, {"parts", tell_parts},
    };
    static struct worker worker;

    worker.client = client;
    return timed_obey(commands, sizeof commands / sizeof *commands, &worker);
}
