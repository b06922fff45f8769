/* overhead-worker baseline|mcwire|wire|memcached: what overhead.py measures of this project, and the
 * memcacheds that it measures with. */
#include <stdio.h>
#include <string.h>

#include "private.h"
#include "wire.h"
#include "worker.h"

static int run_baseline(void)
{
    return worker_main(&baseline_client);
}

static int run_mcwire(void)
{
    return worker_main(&mcwire_client);
}

static const struct {
    const char *name;
    int (*run)(void);
} roles[] = {{"baseline", run_baseline},
             {"mcwire", run_mcwire},
             {"wire", wire_main},
             {"memcached", private_main}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(argv[1], roles[i].name) == 0)
            return roles[i].run();
    fputs("usage: overhead-worker baseline|mcwire|wire|memcached\n", stderr);
    return 2;
}
