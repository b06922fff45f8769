/* Sends requests to a server under fire from several threads, and compares each reply with all
 * that may be true. usage: fire ADDRESS SECONDS THREADS SEED. Prints counts; the status is 0 when
 * no reply was wrong. */
#include "server.h"
#include "stamp.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    KEYS = 8,         /* of each thread */
    MAYBE_MAX = 1024, /* writes of a key whose outcome is unknown */
    THREADS_MAX = 16,
    VALUE_MAX = 120000,
    TIMEOUT_MS = 150,
    HANG_MS = 10000 /* longer than any busy machine needs */
};

/* What a key may hold: the last write that was done, or one whose outcome is unknown, which a
 * stopped server may do much later. It may always be missing: the server may have been killed. */
struct item {
    char name[32];
    struct mc_bytes key;
    uint64_t sure, maybe[MAYBE_MAX];
    size_t unknown; /* of which the last MAYBE_MAX are kept */
};

struct worker {
    pthread_t thread;
    unsigned number;
    uint64_t random, sequence;
    struct mc_server server;
    char buf[2048], *value, *other;
    struct item items[KEYS];
    struct item counter;
    uint64_t counted, uncounted; /* increments done since it was added, and unknown */
    uint64_t carried;            /* of the unknown ones, those before it was added */
    long started, ended, hits, misses, writes, unknown, failed, wrong;
    int64_t longest;
};

static const char *address;
static int64_t end_ms;
static volatile sig_atomic_t ended;

#ifdef COUNT_ALLOCATIONS
extern atomic_long allocations;
#else
static atomic_long allocations;
#endif

static uint64_t draw(struct worker *w, uint64_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random % below;
}

static void report_wrong(struct worker *w, const char *what, const struct item *item, uint64_t got)
{
    w->wrong++;
    printf("wrong: %s: %s, %llu, sure is %llu\n", item->name, what, (unsigned long long)got,
           (unsigned long long)item->sure);
}

/* ---- what may be true ------------------------------------------------------------------------ */

static bool may_be(const struct item *item, uint64_t sequence)
{
    size_t count = item->unknown < MAYBE_MAX ? item->unknown : MAYBE_MAX, k = 0;
    while (k < count && item->maybe[k] != sequence)
        k++;
    return k < count || item->sure == sequence;
}

/* The server refuses, too, when connections that were reset without its knowledge hold its
 * memory; the item is lost then. */
static bool failed(int result)
{
    return result == MC_SERVER_ERROR || (result < 0 && result != MC_E_UNKNOWN);
}

static void note_write(struct worker *w, struct item *item, int result, uint64_t sequence)
{
    w->writes += result > 0 ? 1 : 0;
    w->unknown += result == MC_E_UNKNOWN ? 1 : 0;
    w->failed += failed(result) ? 1 : 0;
    if (result == MC_STORED || result == MC_HD)
        item->sure = sequence;
    if (result == MC_E_UNKNOWN) /* the oldest goes: far more than a server's life ago */
        item->maybe[item->unknown++ % MAYBE_MAX] = sequence;
    if (result > 0 && result != MC_STORED && result != MC_HD && !failed(result))
        report_wrong(w, "stored with result", item, (uint64_t)result);
}

static void note_read(struct worker *w, const struct item *item, const struct mc_value *value,
                      int result)
{
    struct stamp stamp = {.key = item->key, .writer = w->number};
    w->hits += result == MC_HIT ? 1 : 0;
    w->misses += result == MC_MISS ? 1 : 0;
    w->failed += failed(result) ? 1 : 0;
    if (result > 0 && result != MC_HIT && result != MC_MISS && !failed(result))
        report_wrong(w, "read with result", item, (uint64_t)result);
    if (result != MC_HIT)
        return;
    if (!stamp_read(&stamp, value->buf, value->len))
        report_wrong(w, "holds what is not its own", item, stamp.sequence);
    else if (!may_be(item, stamp.sequence))
        report_wrong(w, "holds another write", item, stamp.sequence);
}

/* ---- operations ------------------------------------------------------------------------------ */

static struct item *any_item(struct worker *w)
{
    return &w->items[draw(w, KEYS)];
}

static struct mc_bytes new_value(struct worker *w, const struct item *item, char *to, size_t most)
{
    const struct stamp stamp = {item->key, w->number, ++w->sequence};
    size_t size = 100 + draw(w, most - 100);
    stamp_write(&stamp, to, size);
    return (struct mc_bytes){to, size};
}

static void do_set(struct worker *w)
{
    struct item *item = any_item(w);
    struct mc_bytes value = new_value(w, item, w->value, draw(w, 20) == 0 ? VALUE_MAX : 2000);
    int r = mc_server_set(&w->server, item->key, value, 0);
    note_write(w, item, r, w->sequence);
}

static void do_get(struct worker *w)
{
    const struct item *item = any_item(w);
    struct mc_value value = {.buf = w->value, .cap = VALUE_MAX};
    int r = mc_server_get(&w->server, item->key, &value);
    note_read(w, item, &value, r);
}

static void do_get_many(struct worker *w)
{
    struct mc_bytes keys[KEYS];
    struct mc_value values[KEYS];
    for (size_t k = 0; k < KEYS; k++) {
        keys[k] = w->items[k].key;
        values[k] = (struct mc_value){.buf = w->other + k * VALUE_MAX, .cap = VALUE_MAX};
    }
    w->started += KEYS - 1;
    mc_server_get_many(&w->server, keys, values, KEYS);
    for (size_t k = 0; k < KEYS; k++)
        note_read(w, &w->items[k], &values[k], values[k].result);
    w->ended += KEYS - 1;
}

/* A write and a read of each key, in one batch, all meta or none, quiet or not. */
static void do_batch(struct worker *w)
{
    const struct mc_flag flags[] = {mc_op_flag('q'), mc_op_flag('v')};
    struct mc_op ops[2 * KEYS];
    struct mc_value values[KEYS];
    uint64_t sequence[KEYS];
    bool meta = draw(w, 2) == 0, quiet = draw(w, 2) == 0;
    const struct mc_flags of_write = {flags, quiet ? 1 : 0};
    const struct mc_flags of_read = {quiet ? flags : flags + 1, quiet ? 2 : 1};
    for (size_t k = 0; k < KEYS; k++) {
        struct item *item = &w->items[k];
        struct mc_bytes data = new_value(w, item, w->value + k * 2000, 2000);
        sequence[k] = w->sequence;
        values[k] = (struct mc_value){.buf = w->other + k * VALUE_MAX, .cap = VALUE_MAX};
        ops[2 * k] =
            meta ? mc_op_ms(item->key, data, of_write, NULL) : mc_op_set(item->key, data, 0);
        ops[2 * k + 1] = meta ? mc_op_mg(item->key, of_read, &values[k], NULL)
                              : mc_op_get(item->key, &values[k]);
    }
    w->started += 2 * KEYS - 1;
    mc_server_run(&w->server, ops, (size_t)2 * KEYS);
    for (size_t k = 0; k < KEYS; k++) {
        note_write(w, &w->items[k], ops[2 * k].result, sequence[k]);
        note_read(w, &w->items[k], &values[k], ops[2 * k + 1].result);
    }
    w->ended += 2 * KEYS - 1;
}

/* An increment is sent at most once: the counter never runs ahead of the requests. */
static void do_count(struct worker *w)
{
    uint64_t number;
    int r = mc_server_incr(&w->server, w->counter.key, 1, &number);
    w->counted += r == MC_NUMBER ? 1 : 0;
    w->uncounted += r == MC_E_UNKNOWN ? 1 : 0;
    w->unknown += r == MC_E_UNKNOWN ? 1 : 0;
    w->failed += failed(r) ? 1 : 0;
    w->counter.sure = w->counted;
    if (r == MC_NUMBER && (number < w->counted || number > w->counted + w->uncounted))
        report_wrong(w, "counts", &w->counter, number);
    if (r != MC_NOT_FOUND)
        return;
    const struct mc_item item = {.key = w->counter.key, .value = {"0", 1}};
    /* A slow server may do an unknown increment after the new counter was added, but only once. */
    w->counted = 0;
    w->uncounted -= w->carried;
    w->carried = w->uncounted;
    w->started++;
    r = mc_server_store(&w->server, &mc_command_add, &item);
    w->failed += failed(r) ? 1 : 0;
    w->ended++;
}

static void (*const operations[])(struct worker *) = {do_set,   do_get,   do_get, do_get_many,
                                                      do_batch, do_count, do_get, do_set};

static void operate(struct worker *w)
{
    int64_t start = mc_socket_now();
    w->started++;
    operations[draw(w, sizeof operations / sizeof *operations)](w);
    w->ended++;
    int64_t took = mc_socket_now() - start;
    w->longest = took > w->longest ? took : w->longest;
}

/* ---- threads --------------------------------------------------------------------------------- */

static void name_item(struct item *item, unsigned worker, int k)
{
    snprintf(item->name, sizeof item->name, "fire-%u-%d", worker, k);
    item->key = (struct mc_bytes){item->name, strlen(item->name)};
}

static void rest(int ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* A server that is down is left alone for a short while only. */
static void *work(void *ctx)
{
    struct worker *w = ctx;
    while (!ended && mc_socket_now() < end_ms) {
        operate(w);
        if (w->server.pause_ms > 50)
            w->server.pause_ms = 50;
        if (w->server.down_until_ms > mc_socket_now())
            rest(1);
    }
    mc_server_close(&w->server);
    return NULL;
}

static bool make_worker(struct worker *w, unsigned number, uint64_t seed)
{
    *w = (struct worker){.number = number, .random = seed * 2654435761u + number + 1};
    w->value = malloc(VALUE_MAX);
    w->other = malloc((size_t)KEYS * VALUE_MAX);
    for (int k = 0; k < KEYS; k++)
        name_item(&w->items[k], number, k);
    name_item(&w->counter, number, KEYS);
    bool ok = w->value != NULL && w->other != NULL &&
              mc_server_init(&w->server, address, w->buf, sizeof w->buf) == 0;
    if (ok) { /* memory that is touched now does not count as growth later */
        memset(w->value, 1, VALUE_MAX);
        memset(w->other, 1, (size_t)KEYS * VALUE_MAX);
    }
    w->server.timeout_ms = TIMEOUT_MS;
    return ok;
}

/* The number of allocations in a thousand operations of each kind. */
static long count_allocations(struct worker *w)
{
    for (int k = 0; k < 100; k++)
        operate(w);
    long before = allocations;
    for (int k = 0; k < 8000; k++)
        operate(w);
    return allocations - before;
}

static long resident_kb(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int descriptors(void)
{
    int count = -3; /* ., .. and the folder itself */
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count;
}

/* Measures memory and descriptors ten times. True when they do not grow after the first tenth. */
static bool watch(int64_t seconds, int threads, int descriptors_before)
{
    long first = 0, last = 0;
    int most = 0;
    for (int k = 1; k <= 10 && !ended; k++) {
        while (!ended && mc_socket_now() < end_ms - seconds * 100 * (10 - k) - 20)
            rest(10);
        int now = descriptors();
        last = resident_kb();
        first = k == 1 ? last : first;
        most = now > most ? now : most;
        printf("at %d0 %%: %ld kB, %d descriptors\n", k, last, now);
    }
    return ended || (last <= first + 512 && most <= descriptors_before + threads);
}

static void add(struct worker *sum, const struct worker *w)
{
    sum->started += w->started;
    sum->ended += w->ended;
    sum->hits += w->hits;
    sum->misses += w->misses;
    sum->writes += w->writes;
    sum->unknown += w->unknown;
    sum->failed += w->failed;
    sum->wrong += w->wrong;
    sum->server.connects += w->server.connects;
    sum->longest = w->longest > sum->longest ? w->longest : sum->longest;
}

static void print_sum(const struct worker *w)
{
    printf("started %ld ended %ld hits %ld misses %ld writes %ld unknown %ld failed %ld wrong %ld "
           "connects %llu longest_ms %lld\n",
           w->started, w->ended, w->hits, w->misses, w->writes, w->unknown, w->failed, w->wrong,
           (unsigned long long)w->server.connects, (long long)w->longest);
}

static void stop(int number)
{
    (void)number;
    ended = 1;
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS_MAX], sum;
    int threads = argc == 5 ? atoi(argv[3]) : 0;
    if (threads < 1 || threads > THREADS_MAX)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    address = argv[1];
    int64_t seconds = atoll(argv[2]);
    for (int k = 0; k < threads; k++) {
        if (!make_worker(&workers[k], (unsigned)k, strtoull(argv[4], NULL, 10)))
            return 2;
    }
    long warm = count_allocations(&workers[0]);
    printf("warm: 8000 operations, %ld allocations\n", warm);
    int before = descriptors() - 1;
    signal(SIGTERM, stop);
    end_ms = mc_socket_now() + seconds * 1000;
    for (int k = 0; k < threads; k++)
        pthread_create(&workers[k].thread, NULL, work, &workers[k]);
    bool flat = watch(seconds, threads, before);
    for (int k = 0; k < threads; k++) {
        pthread_join(workers[k].thread, NULL);
        add(&sum, &workers[k]);
    }
    int after = descriptors() - before;
    print_sum(&sum);
    bool ok = sum.wrong == 0 && sum.started == sum.ended && sum.longest < HANG_MS && flat &&
              warm == 0 && after == 0;
    printf("%s: flat %d, descriptors left %d\n", ok ? "good" : "bad", flat, after);
    return ok ? 0 : 1;
}
