/* Stores a greeting and gets it again: the smallest program. */
#include <mcwire/server.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char buf[4096], greeting[100];
    struct mc_server server;
    struct mc_value value = {.buf = greeting, .cap = sizeof greeting};
    const char *address = argc > 1 ? argv[1] : "localhost:11211"; /* or unix:/run/memcached.sock */

    if (mc_server_init(&server, address, buf, sizeof buf) < 0)
        return fprintf(stderr, "%s: %s\n", address, server.problem), 2;
    int r = mc_server_set(&server, MC_BYTES("greeting"), MC_BYTES("hello, world"), 0);
    if (r == MC_STORED)
        r = mc_server_get(&server, MC_BYTES("greeting"), &value);
    if (r == MC_HIT)
        printf("%.*s\n", (int)value.len, greeting);
    else
        fprintf(stderr, "%s: %s\n", address, mc_text(r));
    mc_server_close(&server);
    return r == MC_HIT ? 0 : 1;
}
