/* Describes the options of squares as a table. */
#include "options.h"

#include <stddef.h>

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
     "HOST, HOST:PORT, [IPV6]:PORT or unix:/PATH; without it:\n"
     "the first entry of MEMCACHED_SERVERS if there is one, else\n"
     "127.0.0.1:11211 if a memcached answers there, else a\n"
     "private memcached",
     option_text, AT(server), 0, 0},
    {"--private", NULL, "always start a private memcached", set_private, 0, 0, 0},
    {"--runs", "N", "successive runs (10)", option_number, AT(runs), 1, 10000},
    {"--requests", "N", "requests in a run (2000)", option_number, AT(requests), 1, 1000000000},
    {"--domain", "N", "the numbers to square are 0 to N (5000)", option_number, AT(domain), 0,
     UINT32_MAX},
    {"--cost-us", "N", "simulated cost of a miss, in microseconds (1000)", option_number,
     AT(cost_us), 0, 60000000},
    {"--seed", "N", "seed of the random numbers, to repeat them (random)", option_number, AT(seed),
     0, UINT32_MAX},
    {"--timeout-ms", "N", "longest wait for the server, in milliseconds (1000)", option_number,
     AT(timeout_ms), 1, 3600000},
    {"--format", "text|json|csv", "output format (text)", option_choice, AT(format), 0, 0},
    {"--trace", NULL, "print on stderr what passes on the connection", option_flag, AT(trace), 0,
     0},
    {"--plot", "FILE", "also draw the runs as an SVG picture", option_text, AT(plot), 0, 0},
};

static const struct option_program program = {
    .name = "squares",
    .about = "Asks memcached for squares of random numbers, and computes and stores those that\n"
             "it does not have. Successive runs get faster as the cache fills.",
    .table = table,
    .count = sizeof table / sizeof *table,
    .column = 26,
    .more = "Ctrl-C stops early and prints the results so far.\n"
            "Exit status: 0 all squares are correct (even if the cache failed), 1 a square\n"
            "is wrong or output was not written, 2 bad usage, 69 no memcached available,\n"
            "130 interrupted.",
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
