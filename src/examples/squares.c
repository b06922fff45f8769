/* Ten runs of 2,000 requests for squares. Memcached keeps the results, so each run is faster. */
#define _POSIX_C_SOURCE 200809L
#include <mcwire/server.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long get_square(struct mc_server *server, long n)
{
    char name[32], text[32] = "";
    struct mc_bytes key = {name, (size_t)snprintf(name, sizeof name, "sq:%ld", n)};
    struct mc_value value = {.buf = text, .cap = sizeof text - 1};

    if (mc_server_get(server, key, &value) == MC_HIT)
        return strtol(text, NULL, 10);
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); /* as if a square were hard work */
    int len = snprintf(text, sizeof text, "%ld", n * n);
    mc_server_set(server, key, (struct mc_bytes){text, (size_t)len}, 0);
    return n * n;
}

int main(int argc, char **argv)
{
    char buf[2048]; /* requests and replies pass through it; mcwire allocates nothing */
    struct mc_server server;

    if (mc_server_init(&server, argc > 1 ? argv[1] : "localhost", buf, sizeof buf) < 0)
        return fprintf(stderr, "%s: %s\n", argv[1], server.problem), 2;
    int r = mc_server_version(&server);
    if (r != MC_VERSION)
        return fprintf(stderr, "squares: %s\n", mc_text(r)), 1;
    for (int run = 0; run < 10; run++) {
        int64_t begin = mc_socket_now(); /* milliseconds */
        for (int i = 0; i < 2000; i++)
            get_square(&server, rand() % 5001);
        printf(" %.2fs", (double)(mc_socket_now() - begin) / 1000);
        fflush(stdout);
    }
    mc_server_close(&server);
    return puts("") < 0;
}
