/* A program of somebody else's, which stores and fetches with the installed library. */
#include <mcwire/server.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    char buf[2048], text[16];
    struct mc_server server;
    struct mc_value value = {.buf = text, .cap = sizeof text};

    if (argc != 2 || mc_server_init(&server, argv[1], buf, sizeof buf) != 0)
        return 2;
    int stored = mc_server_set(&server, MC_BYTES("installed"), MC_BYTES("yes"), 0);
    int found = mc_server_get(&server, MC_BYTES("installed"), &value);
    mc_server_close(&server);
    printf("%s, %s\n", mc_text(stored), mc_text(found));
    return stored == MC_STORED && found == MC_HIT && value.len == 3 && memcmp(text, "yes", 3) == 0
               ? 0
               : 1;
}
