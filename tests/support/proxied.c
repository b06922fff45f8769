/* Asks a proxy with two backends from several threads, while one of them is killed and started
 * again. usage: proxied ADDRESS SECONDS THREADS. Keys that begin with "one:" are the backend's that
 * stays; those with "two:" are the other's. SIGUSR1 says that it is about to be started again, empty.
 * Prints counts; the status is 0 when no answer was wrong. */
#include "server.h"
#include "stamp.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 4, THREADS_MAX = 16, VALUE_MAX = 3000, MAYBE_MAX = 64, TIMEOUT_MS = 2000 };

/* An item, and what it may hold: the last write that was done, or one whose outcome is unknown. */
struct item {
    char name[32];
    struct mc_bytes key;
    uint64_t sure, maybe[MAYBE_MAX];
    size_t unknown;
    int generation; /* of the backend, before the last write that was done */
};

enum backend { STAYS, KILLED, BACKENDS };

/* By backend: answers to gets, and what went wrong. */
struct counts {
    long hits, misses, stored, failed, failed_among_many, wrong, false_misses;
};

struct worker {
    pthread_t thread;
    unsigned number;
    uint64_t random, sequence;
    struct mc_server server;
    char buf[2048], space[2 * KEYS][VALUE_MAX];
    struct item items[BACKENDS][KEYS];
    struct counts counts[BACKENDS];
};

static const char *address;
static int64_t end_ms;
static atomic_int generation;

static uint64_t draw(struct worker *w, uint64_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random % below;
}

static bool may_be(const struct item *item, uint64_t sequence)
{
    size_t i = 0, count = item->unknown < MAYBE_MAX ? item->unknown : MAYBE_MAX;
    while (i < count && item->maybe[i] != sequence)
        i++;
    return i < count || item->sure == sequence;
}

/* A miss of what was stored is true only after the backend was started again. */
static void note_miss(struct counts *counts, enum backend backend, const struct item *item)
{
    counts->misses++;
    if (item->sure != 0 && (backend == STAYS || item->generation == generation)) {
        counts->false_misses++;
        printf("false miss: %s\n", item->name);
    }
}

static void note_read(struct worker *w, enum backend backend, const struct item *item,
                      const struct mc_value *value, int result, bool alone)
{
    struct counts *counts = &w->counts[backend];
    struct stamp stamp = {.key = item->key, .writer = w->number};
    if (result == MC_MISS) {
        note_miss(counts, backend, item);
    } else if (result != MC_HIT) {
        *(alone ? &counts->failed : &counts->failed_among_many) += 1;
    } else if (stamp_read(&stamp, value->buf, value->len) && may_be(item, stamp.sequence)) {
        counts->hits++;
    } else {
        counts->wrong++;
        printf("wrong: %s\n", item->name);
    }
}

static void do_set(struct worker *w, enum backend backend, struct item *item)
{
    const struct stamp stamp = {item->key, w->number, ++w->sequence};
    size_t size = 100 + draw(w, VALUE_MAX - 100);
    int before = generation;
    stamp_write(&stamp, w->space[0], size);
    int r = mc_server_set(&w->server, item->key, (struct mc_bytes){w->space[0], size}, 0);
    if (r == MC_STORED) {
        w->counts[backend].stored++;
        item->sure = stamp.sequence;
        item->generation = before;
        return;
    }
    w->counts[backend].failed++;
    if (r == MC_E_UNKNOWN || r > 0) /* a proxy does not know, either, what a backend has done */
        item->maybe[item->unknown++ % MAYBE_MAX] = stamp.sequence;
}

static void do_get(struct worker *w, enum backend backend, const struct item *item)
{
    struct mc_value value = {.buf = w->space[0], .cap = VALUE_MAX};
    int r = mc_server_get(&w->server, item->key, &value);
    note_read(w, backend, item, &value, r, true);
}

/* All keys of both backends, by turns. */
static void do_get_many(struct worker *w)
{
    struct mc_bytes keys[BACKENDS * KEYS];
    struct mc_value values[BACKENDS * KEYS];
    for (size_t i = 0; i < (size_t)BACKENDS * KEYS; i++) {
        keys[i] = w->items[i % BACKENDS][i / BACKENDS].key;
        values[i] = (struct mc_value){.buf = w->space[i], .cap = VALUE_MAX};
    }
    mc_server_get_many(&w->server, keys, values, (size_t)BACKENDS * KEYS);
    for (size_t i = 0; i < (size_t)BACKENDS * KEYS; i++)
        note_read(w, (enum backend)(i % BACKENDS), &w->items[i % BACKENDS][i / BACKENDS],
                  &values[i], values[i].result, false);
}

static void *work(void *ctx)
{
    struct worker *w = ctx;
    while (mc_socket_now() < end_ms) {
        enum backend backend = (enum backend)draw(w, BACKENDS);
        struct item *item = &w->items[backend][draw(w, KEYS)];
        uint64_t what = draw(w, 8);
        if (what == 0)
            do_get_many(w);
        else if (what < 3)
            do_set(w, backend, item);
        else
            do_get(w, backend, item);
    }
    mc_server_close(&w->server);
    return NULL;
}

static bool start_worker(struct worker *w, unsigned number)
{
    *w = (struct worker){.number = number, .random = 88172645463325252u + number};
    for (int backend = 0; backend < BACKENDS; backend++) {
        for (int k = 0; k < KEYS; k++) {
            struct item *item = &w->items[backend][k];
            snprintf(item->name, sizeof item->name, "%s:%u:%d", backend == STAYS ? "one" : "two",
                     number, k);
            item->key = (struct mc_bytes){item->name, strlen(item->name)};
        }
    }
    bool ok = mc_server_init(&w->server, address, w->buf, sizeof w->buf) == 0;
    w->server.timeout_ms = TIMEOUT_MS;
    return ok && pthread_create(&w->thread, NULL, work, w) == 0;
}

static void print_counts(enum backend backend, const struct counts *c)
{
    printf("%s hits %ld misses %ld stored %ld failed %ld failed_among_many %ld wrong %ld "
           "false_misses %ld\n",
           backend == STAYS ? "one" : "two", c->hits, c->misses, c->stored, c->failed,
           c->failed_among_many, c->wrong, c->false_misses);
}

static void add_counts(struct counts *sum, const struct counts *c)
{
    sum->hits += c->hits;
    sum->misses += c->misses;
    sum->stored += c->stored;
    sum->failed += c->failed;
    sum->failed_among_many += c->failed_among_many;
    sum->wrong += c->wrong;
    sum->false_misses += c->false_misses;
}

static void next_generation(int number)
{
    (void)number;
    generation++;
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS_MAX];
    struct counts sum[BACKENDS] = {{0}};
    int threads = argc == 4 ? atoi(argv[3]) : 0;
    if (threads < 1 || threads > THREADS_MAX)
        return 2;
    address = argv[1];
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = next_generation}, NULL);
    end_ms = mc_socket_now() + atoll(argv[2]) * 1000;
    for (int t = 0; t < threads; t++) {
        if (!start_worker(&workers[t], (unsigned)t))
            return 2;
    }
    for (int t = 0; t < threads; t++) {
        pthread_join(workers[t].thread, NULL);
        for (int backend = 0; backend < BACKENDS; backend++)
            add_counts(&sum[backend], &workers[t].counts[backend]);
    }
    long bad = 0;
    for (int backend = 0; backend < BACKENDS; backend++) {
        print_counts((enum backend)backend, &sum[backend]);
        bad += sum[backend].wrong + sum[backend].false_misses;
    }
    return bad > 0 ? 1 : 0;
}
