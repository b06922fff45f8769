/* The squares program without an operating system: ten runs of the workload over board.h's
 * transport, a table of them, and exit status 0 when every answer was right. */
#include "board.h"
#include "decimal.h"
#include "remote.h"

#ifndef SEED
#define SEED 1
#endif

enum {
    RUNS = 10,
    REQUESTS = 2000,
    COST_MS = 1 /* of a miss */
};

static struct workload workload;

static void expense(void *ctx)
{
    int64_t end = machine_now() + COST_MS;

    (void)ctx;
    while (machine_now() < end)
        machine_wait();
}

/* ---- the table ------------------------------------------------------------------------------- */

/* Right-aligned in so many columns. */
static void print_number(uint32_t number, size_t width)
{
    char text[MC_DECIMAL_MAX + 1];
    size_t digits = mc_decimal_digits(number), pad = digits < width ? width - digits : 0;

    for (size_t i = 0; i < pad; i++)
        text[i] = ' ';
    mc_decimal_write(text, pad, digits, number);
    text[pad + digits] = '\0';
    board_print(text);
}

static void print_run(uint32_t run, uint32_t ms)
{
    const struct workload_counts *counts = &workload.counts;

    print_number(run, 4);
    print_number(ms, 8);
    print_number(counts->hits, 7);
    print_number(counts->misses, 8);
    print_number(counts->wrong, 7);
    board_print("\n");
}

static void print_stack(uint32_t size)
{
    if (size == 0)
        return;
    board_print("stack used: ");
    print_number(size, 1);
    board_print(" bytes\n");
}

static const char *failure_text(int result)
{
    switch (result) {
    case MC_E_CONNECT: return "there is no connection";
    case MC_E_TIMEOUT: return "no answer in time";
    case MC_E_CLOSED: return "the connection was closed";
    default: return "an unexpected answer";
    }
}

/* The exit status of a cache that failed. */
static int give_up(int result)
{
    board_print("squares: the server failed: ");
    board_print(failure_text(result));
    board_print("\n");
    return 1;
}

/* ---- the program ----------------------------------------------------------------------------- */

/* 0, or why there are no answers any more. */
static int run(uint32_t number)
{
    int64_t start = machine_now();

    workload.counts = (struct workload_counts){0};
    for (int i = 0; i < REQUESTS && remote_failure() == 0; i++)
        workload_request(&workload);
    if (remote_failure() == 0)
        print_run(number, (uint32_t)(machine_now() - start));
    return remote_failure();
}

static void start(void)
{
    remote_start();
    workload.cache =
        (struct workload_cache){.get = remote_get, .set = remote_set, .expense = expense};
    workload.domain = WORKLOAD_DOMAIN;
    workload_seed(&workload, SEED);
}

static int run_all(void)
{
    uint32_t wrong = 0;

    board_print(" run      ms   hits  misses  wrong\n");
    for (uint32_t i = 1; i <= RUNS; i++) {
        int result = run(i);
        if (result != 0)
            return give_up(result);
        wrong += workload.counts.wrong;
    }
    print_stack((uint32_t)board_stack_used());
    return wrong > 0 ? 1 : 0;
}

int squares(void)
{
    int result = board_start();

    if (result < 0)
        return give_up(result);
    start();
    return run_all();
}
