/* overhead-worker ROLE: what overhead.py measures of this project, and the
 * memcacheds that it measures with. */
#include <stdio.h>
#include <string.h>

#include "lines.h"
#include "memcached.h"
#include "wire.h"
#include "worker.h"

/* `start tcp|unix PROCESSOR`, -1 for any: `ok ADDRESS`; or, after a line on stderr that says why,
 * `bad no memcached`. All are ended and removed with this process. */
static const char *start(void *ctx, const char *argument)
{
    char transport[8];
    struct memcached_settings settings = {.megabytes = "256", .threads = "1"};

    (void)ctx;
    if (sscanf(argument, "%7s %d", transport, &settings.processor) != 2)
        return "bad no such server";
    settings.tcp = strcmp(transport, "tcp") == 0;
    const char *address = memcached_start("overhead", &settings);
    if (address == NULL)
        return "bad no memcached";
    printf("ok %s\n", address);
    return NULL;
}

static int run_memcached(void)
{
    static const struct lines_command commands[] = {{"start", start}};

    return lines_obey(commands, sizeof commands / sizeof *commands, NULL);
}

static const struct {
    const char *name;
    const struct worker_client *client;
    int (*run)(void); /* what is no client */
} roles[] = {{"baseline", &baseline_client, NULL},
             {"mcwire", &mcwire_client, NULL},
             {"server", &server_client, NULL},
             {"wire", NULL, wire_main},
             {"memcached", NULL, run_memcached}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(argv[1], roles[i].name) == 0)
            return roles[i].run != NULL ? roles[i].run() : worker_main(roles[i].client);
    fputs("usage: overhead-worker baseline|mcwire|server|wire|memcached\n", stderr);
    return 2;
}
