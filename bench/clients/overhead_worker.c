/* overhead-worker ROLE: what overhead.py measures of this project. */
#include <stdio.h>
#include <string.h>

#include "timed.h"

static const struct {
    const char *name;
    const struct timed_client *client;
    int (*run)(void); /* what is no client */
} roles[] = {{"baseline", &baseline_client, NULL},
             {"mcwire", &mcwire_client, NULL},
             {"server", &server_client, NULL},
             {"wire", NULL, wire_main}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(argv[1], roles[i].name) == 0)
            return roles[i].run != NULL ? roles[i].run() : timed_main(roles[i].client);
    fputs("usage: overhead-worker baseline|mcwire|server|wire\n", stderr);
    return 2;
}
