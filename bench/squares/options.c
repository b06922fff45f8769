/* Describes the options of squares as a table. */
#include "options.h"

#include <stddef.h>
#include <stdio.h>

#include "option.h"
#include "seed.h"
#include "server.h"
#include "workload.h"

/* Of --server and --private, the last one counts. */
static const char *set_private(void *options, const struct option *option, const char *text)
{
    struct options *o = options;

    (void)option, (void)text;
    o->own_server = true;
    o->server = NULL;
    return NULL;
}

#define AT(member) offsetof(struct options, member)

static const struct option table[] = {
    {"--server", "ADDR",
     "HOST, HOST:PORT, [IPV6]:PORT or unix:/PATH; otherwise\n"
     "the first entry of MEMCACHED_SERVERS, or\n"
     "127.0.0.1:11211, or a private memcached",
     option_text, AT(server), 0, 0},
    {"--private", NULL, "start a private memcached, whatever servers there are", set_private, 0, 0,
     0},
    {"--runs", "N", "successive runs (10)", option_number, AT(runs), 1, 10000},
    {"--requests", "N", "requests in a run (2000)", option_number, AT(requests), 1, 1000000000},
    {"--domain", "N", "squares of 0 to N are asked for (5000)", option_number, AT(domain), 0,
     UINT32_MAX},
    {"--cost-us", "N", "pretended expense of a miss, in microseconds (1000)", option_number,
     AT(cost_us), 0, 60000000},
    {"--seed", "N", "repeat a sequence of requests (random)", option_number, AT(seed), 0,
     UINT32_MAX},
    {"--timeout-ms", "N", "longest wait for the server, in milliseconds (1000)", option_number,
     AT(timeout_ms), 1, 3600000},
    {"--format", "text|json|csv", "what is printed (text)", option_choice, AT(format), 0, 0},
    {"--plot", "FILE", "draw the runs as a picture too, in SVG", option_text, AT(plot), 0, 0},
};

static void print_more(void)
{
    puts("Ctrl-C ends it with what is known by then.\n"
         "Exit status: 0 all right (the cache may have failed), 1 a wrong answer\n"
         "or output not written, 2 bad usage, 69 no memcached to be had, 130 interrupted.");
}

static const struct option_program program = {
    .name = "squares",
    .about = "Asks for squares of random numbers, computed at some expense unless a memcached\n"
             "has them: successive runs get faster as the cache fills.",
    .table = table,
    .count = sizeof table / sizeof *table,
    .column = 26,
    .print_more = print_more,
};

int options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){.runs = 10,
                                .requests = 2000,
                                .domain = WORKLOAD_DOMAIN,
                                .cost_us = 1000,
                                .seed = seed_random(),
                                .timeout_ms = MC_SERVER_TIMEOUT_MS};
    return option_read(&program, options, argc, argv);
}
