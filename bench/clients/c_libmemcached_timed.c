/* libmemcached as a client to be measured, in a program of its own: obeys the lines of timed.h. */
#include <libmemcached/memcached.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timed.h"

static struct {
    int deadline_ms; /* 0: its defaults */
    memcached_st *client;
    memcached_result_st result; /* used again for each value, so that none is allocated */
    const struct work *work;
    struct work_set set;
    const char *keys[WORK_KEYS_MAX];
    size_t lengths[WORK_KEYS_MAX];
} own;

/* IP:PORT or unix:/PATH, as overhead gives it. */
static bool add_server(const char *address)
{
    static const char prefix[] = "unix:";
    char host[64];
    const char *path = address + sizeof prefix - 1, *colon = strrchr(address, ':');

    if (strncmp(address, prefix, sizeof prefix - 1) == 0)
        return memcached_server_add_unix_socket(own.client, path) == MEMCACHED_SUCCESS;
    if (colon == NULL)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    in_port_t port = (in_port_t)strtoul(colon + 1, NULL, 10);
    return memcached_server_add(own.client, host, port) == MEMCACHED_SUCCESS;
}

static void libmemcached_set_deadline(int ms)
{
    own.deadline_ms = ms;
}

/* Each of its waits is given all of the time: it has no setting for an operation. */
static void limit_waits(void)
{
    uint64_t ms = (uint64_t)own.deadline_ms;

    memcached_behavior_set(own.client, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, ms);
    memcached_behavior_set(own.client, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, ms);
    memcached_behavior_set(own.client, MEMCACHED_BEHAVIOR_SND_TIMEOUT, ms * 1000);
    memcached_behavior_set(own.client, MEMCACHED_BEHAVIOR_RCV_TIMEOUT, ms * 1000);
}

static bool libmemcached_open(const char *address)
{
    if (own.client != NULL) {
        memcached_result_free(&own.result);
        memcached_free(own.client);
    }
    own.client = memcached_create(NULL);
    if (own.client == NULL || memcached_result_create(own.client, &own.result) == NULL)
        return false;
    memcached_behavior_set(own.client, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    if (own.deadline_ms > 0)
        limit_waits();
    return add_server(address);
}

/* The values of a get are taken by fetch_result, and compared if that is asked for. */
static bool fetch(uint32_t first, bool compare)
{
    memcached_return_t rc;
    uint32_t count = 0;

    while (memcached_fetch_result(own.client, &own.result, &rc) != NULL) {
        const char *value = memcached_result_value(&own.result);
        size_t len = memcached_result_length(&own.result);
        if (compare && !work_is_value(own.work, first + count, value, len))
            return false;
        count += len == own.work->size;
    }
    return count == own.work->batch && (rc == MEMCACHED_END || rc == MEMCACHED_NOTFOUND);
}

static bool ask(uint32_t first)
{
    return memcached_mget(own.client, own.keys + first, own.lengths, own.work->batch) ==
           MEMCACHED_SUCCESS;
}

static bool get(uint32_t i)
{
    uint32_t first = work_at(own.work, i);

    return ask(first) && fetch(first, false);
}

static bool miss(uint32_t i)
{
    memcached_return_t rc;

    return ask(work_at(own.work, i)) &&
           memcached_fetch_result(own.client, &own.result, &rc) == NULL &&
           (rc == MEMCACHED_END || rc == MEMCACHED_NOTFOUND);
}

static bool set(uint32_t i)
{
    uint32_t k = work_at(own.work, i);
    size_t size = own.work->size;

    return memcached_set(own.client, own.keys[k], WORK_KEY_LEN, own.set.values + k * size, size, 0,
                         0) == MEMCACHED_SUCCESS;
}

static timed_run *const runs[WORK_VERBS] = {[WORK_GET] = get, [WORK_MISS] = miss, [WORK_SET] = set};

static timed_run *libmemcached_prepare(const struct work *work)
{
    own.work = work;
    if (!work_set_make(&own.set, work))
        return NULL;
    for (uint32_t k = 0; k < work->keys; k++) {
        own.keys[k] = own.set.keys[k];
        own.lengths[k] = WORK_KEY_LEN;
    }
    return runs[work->verb];
}

static bool libmemcached_check(uint32_t i)
{
    uint32_t first = work_at(own.work, i);

    if (own.work->verb == WORK_GET)
        return ask(first) && fetch(first, true);
    return runs[own.work->verb](i);
}

static const struct timed_client client = {
    .title = "libmemcached " LIBMEMCACHED_VERSION_STRING,
    .settings =
        "text protocol, TCP_NODELAY; memcached_mget() and memcached_fetch_result() into one "
        "result, so that no value is allocated; keys not verified, which is its default",
    .set_deadline = libmemcached_set_deadline,
    .open = libmemcached_open,
    .prepare = libmemcached_prepare,
    .check = libmemcached_check,
};

int main(void)
{
    return timed_main(&client);
}
