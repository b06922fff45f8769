/* A store with stampede protection: when a value that is slow to compute is missing or has become
 * old, one of those who ask for it computes it, and the others do not.
 * usage: stampede [ADDRESS [TIMEOUT_MS]]; eight processes ask at once, and again when the value is
 * outdated. */
#define _POSIX_C_SOURCE 200809L
#include <mcwire/server.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TTL_S = 60, EARLY_S = 10, LOCK_S = 30, WAIT_MS = 20, WAITS = 1000, WORKERS = 8 };

#define KEY MC_BYTES("stampede:report")

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* What takes long. */
static void compute(struct mc_value *value)
{
    pause_ms(300);
    value->len = (size_t)snprintf(value->buf, value->cap, "the report");
}

/* Gets the report. True when this process had to compute it. Without memcached everybody has to.
 *
 * Memcached names one winner (W) among those who ask: when the item is missing, for which it makes
 * an empty one that lives LOCK_S (N); when it lives for less than EARLY_S more (R); or when it was
 * marked as stale. If the winner dies, the empty item expires, and the next one who asks wins. */
static bool get_report(struct mc_server *server, struct mc_value *value)
{
    static const struct mc_flag list[] = {{.letter = 'v'},
                                          {.letter = 'c'},
                                          {.letter = 'N', .ttl = LOCK_S},
                                          {.letter = 'R', .ttl = EARLY_S}};
    const struct mc_flags flags = {list, 4};
    struct mc_meta meta;
    int r;
    for (int waits = 0; (r = mc_server_mg(server, KEY, flags, value, &meta)) == MC_HIT; waits++) {
        if (meta.won || waits == WAITS)
            break;
        if (value->len > 0) /* as good as new; or old, and somebody else computes it already */
            return false;
        pause_ms(WAIT_MS); /* empty: the first one is being computed */
    }
    compute(value);
    /* Only in place of what it was computed for (C): what was stored, or marked as stale again, in
     * the meantime is newer. Whether it is stored makes no difference to who has computed it. */
    const struct mc_flag store[] = {{.letter = 'T', .ttl = TTL_S},
                                    {.letter = 'C', .number = meta.cas}};
    if (r == MC_HIT)
        mc_server_ms(server, KEY, (struct mc_bytes){value->buf, value->len},
                     (struct mc_flags){store, 2}, NULL);
    return true;
}

/* A worker's exit status: 0 it got the report, 1 it computed it, 2 it got something else. */
static int work(const char *address, int64_t timeout_ms)
{
    char buf[2048], report[100];
    struct mc_value value = {.buf = report, .cap = sizeof report};
    struct mc_server server; /* each process has its own */
    if (mc_server_init(&server, address, buf, sizeof buf) < 0)
        return 2;
    server.timeout_ms = timeout_ms;
    bool computed = get_report(&server, &value);
    mc_server_close(&server);
    if (value.len != 10 || memcmp(report, "the report", 10) != 0)
        return 2;
    return computed ? 1 : 0;
}

static void let_all_ask(const char *what, const char *address, int64_t timeout_ms)
{
    int status, got = 0, computed = 0;
    fflush(stdout);
    for (int k = 0; k < WORKERS; k++) {
        if (fork() == 0)
            _exit(work(address, timeout_ms));
    }
    while (wait(&status) > 0) {
        got += WIFEXITED(status) && WEXITSTATUS(status) < 2;
        computed += WIFEXITED(status) && WEXITSTATUS(status) == 1;
    }
    printf("%s: %d of %d got it, %d computed it\n", what, got, WORKERS, computed);
}

int main(int argc, char **argv)
{
    static const struct mc_flag stale[] = {{.letter = 'I'}, {.letter = 'T', .ttl = TTL_S}};
    char buf[2048];
    struct mc_server server;
    const char *address = argc > 1 ? argv[1] : "localhost";
    if (mc_server_init(&server, address, buf, sizeof buf) < 0)
        return fprintf(stderr, "%s: %s\n", address, server.problem), 2;
    server.timeout_ms = argc > 2 ? strtol(argv[2], NULL, 10) : MC_SERVER_TIMEOUT_MS;
    mc_server_delete(&server, KEY);
    let_all_ask("missing", address, server.timeout_ms);
    /* outdated: to be shown until there is a new one */
    mc_server_md(&server, KEY, (struct mc_flags){stale, 2}, NULL);
    let_all_ask("stale", address, server.timeout_ms);
    mc_server_close(&server);
    return 0;
}
