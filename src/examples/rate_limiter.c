/* A rate limiter: each user may do LIMIT things in a window of time, which begins with the first.
 * usage: rate_limiter [ADDRESS [TIMEOUT_MS]]; four processes try 50 things each for one user. */
#define _POSIX_C_SOURCE 200809L
#include <mcwire/server.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT = 100, WINDOW_S = 300, WORKERS = 4, TRIES = 50 };

/* May the user do this now? Memcached counts, so that processes on all machines share the count:
 *
 *   incr    counts, if there is a counter
 *   add     makes one, which expires with the window and counts this first thing; of several who
 *           find none, memcached lets one make it, and
 *   incr    counts the things of the others
 *
 * When memcached fails, or forgets the counter, this fails open: nobody is locked out, and some may
 * do more than they should. Where that is worse (guessed passwords), return false at the end. */
static bool allow(struct mc_server *server, const char *user)
{
    char name[MC_KEY_MAX + 1];
    int len = snprintf(name, sizeof name, "rate:%s", user);
    const struct mc_bytes key = {name, (size_t)len};
    uint64_t count;
    if (len >= (int)sizeof name)
        return false;
    int r = mc_server_incr(server, key, 1, &count);
    if (r == MC_NOT_FOUND) {
        r = mc_server_add(server, key, MC_BYTES("1"), WINDOW_S);
        if (r == MC_STORED)
            return true;
        if (r == MC_NOT_STORED)
            r = mc_server_incr(server, key, 1, &count);
    }
    if (r == MC_E_KEY) /* or a space in the name would be a way around the limit */
        return false;
    return r == MC_NUMBER ? count <= LIMIT : true;
}

/* A worker's exit status: how often it was allowed to do something. */
static int work(const char *address, int64_t timeout_ms, const char *user)
{
    char buf[2048];
    struct mc_server server; /* each process has its own */
    int allowed = 0;
    if (mc_server_init(&server, address, buf, sizeof buf) < 0)
        return 0;
    server.timeout_ms = timeout_ms;
    for (int k = 0; k < TRIES; k++)
        allowed += allow(&server, user);
    mc_server_close(&server);
    return allowed;
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "localhost";
    int64_t timeout_ms = argc > 2 ? strtol(argv[2], NULL, 10) : MC_SERVER_TIMEOUT_MS;
    char user[32];
    int status, allowed = 0;
    snprintf(user, sizeof user, "user-%ld", (long)getpid());
    for (int k = 0; k < WORKERS; k++) {
        if (fork() == 0)
            _exit(work(address, timeout_ms, user));
    }
    while (wait(&status) > 0)
        allowed += WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    printf("%d of %d were allowed\n", allowed, WORKERS * TRIES);
    return 0;
}
