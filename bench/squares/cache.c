/* Gives the workload its get, set and expense over a mcwire server, and warns when that fails. */
#include "cache.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "escape.h"

enum {
    CALM_NS = 1000000000,  /* an outage is over after that long without a failure */
    LOOK_UP_NS = 100000000 /* how often an expense looks whether it is interrupted */
};

static void warn_of_failure(const struct cache *cache, int result)
{
    char text[512];

    mc_server_message(&cache->server, result, text, sizeof text);
    escape_message("squares", "warning: %s: %s; going on without the cache", cache->address, text);
}

static void note_failure(struct cache *cache, int result)
{
    struct cache_outage *outage = &cache->outage;
    uint64_t now = timing_now();

    if (cache->interrupted)
        return;
    if (!outage->on) {
        *outage = (struct cache_outage){.on = true, .since_ns = now};
        warn_of_failure(cache, result);
    }
    outage->failing = true;
    outage->last_ns = now;
    outage->failures++;
}

static void say_end(const struct cache *cache)
{
    const struct cache_outage *outage = &cache->outage;

    escape_message("squares", "%s: %s: %llu operations failed within %.2f s", cache->address,
                   outage->failing ? "the cache is still failing" : "the cache is back",
                   (unsigned long long)outage->failures,
                   (double)(outage->last_ns - outage->since_ns) / 1e9);
}

static void note_success(struct cache *cache)
{
    struct cache_outage *outage = &cache->outage;

    outage->failing = false;
    if (!outage->on || timing_now() - outage->last_ns < CALM_NS)
        return;
    say_end(cache);
    outage->on = false;
}

static enum workload_found get(void *ctx, const char *key, size_t len, struct workload_value *value)
{
    struct cache *cache = ctx;
    struct mc_value found = {.buf = value->text, .cap = sizeof value->text};

    if (cache->interrupted)
        return WORKLOAD_FAILED;
    uint64_t start = timing_now();
    int result = mc_server_get(&cache->server, (struct mc_bytes){key, len}, &found);
    uint64_t took = timing_now() - start;

    if (result != MC_E_DOWN)
        histogram_record(&cache->gets, took);
    value->len = found.len;
    value->flags = found.flags;
    if (result != MC_HIT && result != MC_MISS && result != MC_E_FULL) {
        note_failure(cache, result);
        return WORKLOAD_FAILED;
    }
    histogram_record(&cache->times.answers, took);
    note_success(cache);
    return result == MC_MISS ? WORKLOAD_MISS : WORKLOAD_HIT;
}

static int set(void *ctx, const char *key, size_t len, const struct workload_value *value)
{
    struct cache *cache = ctx;
    struct mc_item item = {
        .key = {key, len}, .value = {value->text, value->len}, .flags = value->flags};

    if (cache->interrupted)
        return -1;
    uint64_t start = timing_now();
    int result = mc_server_store(&cache->server, &mc_command_set, &item);

    if (result != MC_STORED) {
        note_failure(cache, result);
        return -1;
    }
    histogram_record(&cache->times.sets, timing_now() - start);
    note_success(cache);
    return 0;
}

/* The pretended expense takes its time as exactly as the machine can: until a point in time, not for
 * a duration that each wake-up makes longer. */
static void expense(void *ctx)
{
    struct cache *cache = ctx;
    uint64_t start = timing_now(), now = start, end = now + cache->cost_ns;

    for (; now < end && !cache->interrupted; now = timing_now())
        timing_wait_until(end - now > LOOK_UP_NS ? now + LOOK_UP_NS : end);
    histogram_record(&cache->times.expenses, now - start);
}

int cache_init(struct cache *cache, const char *address, int64_t timeout_ms, uint64_t cost_ns)
{
    *cache =
        (struct cache){.cost_ns = cost_ns, .address = address, .interrupted = cache->interrupted};
    int result = mc_server_init(&cache->server, address, cache->buf, sizeof cache->buf);
    cache->server.timeout_ms = timeout_ms;
    return result;
}

void cache_trace(struct cache *cache)
{
    conversation_start(&cache->conversation, conversation_stderr(), false);
    conversation_watch(&cache->conversation, &cache->server, cache->address);
}

struct workload_cache cache_workload(struct cache *cache)
{
    return (struct workload_cache){.get = get, .set = set, .expense = expense, .ctx = cache};
}

/* An operation that waits for the server finds its connection closed. */
void cache_interrupt(struct cache *cache)
{
    int error = errno;

    cache->interrupted = 1;
    if (cache->server.socket.open)
        shutdown(cache->server.socket.fd, SHUT_RDWR);
    errno = error;
}

bool cache_is_interrupted(const struct cache *cache)
{
    return cache->interrupted != 0;
}

void cache_close(struct cache *cache)
{
    if (cache->outage.on)
        say_end(cache);
    mc_server_close(&cache->server);
}
