/* apr_memcache of apr-util as a client to be measured, in a program of its own: obeys the lines of
 * timed.h. */
#include <apr_general.h>
#include <apr_hash.h>
#include <apr_memcache.h>
#include <apu_version.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timed.h"

static struct {
    apr_pool_t *connection, *result, *scratch;
    apr_memcache_t *client;
    const struct work *work;
    struct work_set set;
} own;

/* IP:PORT; it knows no Unix sockets. */
static bool apr_open(const char *address)
{
    char host[64];
    const char *colon = strrchr(address, ':');
    apr_memcache_server_t *server;

    if (colon == NULL || strncmp(address, "unix:", 5) == 0)
        return false;
    if (own.connection != NULL)
        apr_pool_destroy(own.connection);
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    apr_port_t port = (apr_port_t)strtoul(colon + 1, NULL, 10);
    return apr_pool_create(&own.connection, NULL) == APR_SUCCESS &&
           apr_memcache_create(own.connection, 1, 0, &own.client) == APR_SUCCESS &&
           apr_memcache_server_create(own.connection, host, port, 0, 1, 1, 60000000, &server) ==
               APR_SUCCESS &&
           apr_memcache_add_server(own.client, server) == APR_SUCCESS;
}

static bool get_one(uint32_t k, bool compare)
{
    char *value;
    apr_size_t len;

    apr_pool_clear(own.result);
    return apr_memcache_getp(own.client, own.result, own.set.keys[k], &value, &len, NULL) ==
               APR_SUCCESS &&
           len == own.work->size && (!compare || work_is_value(own.work, k, value, len));
}

static bool is_right(apr_hash_t *values, uint32_t k, bool compare)
{
    const apr_memcache_value_t *value = apr_hash_get(values, own.set.keys[k], APR_HASH_KEY_STRING);

    return value != NULL && value->status == APR_SUCCESS && value->len == own.work->size &&
           (!compare || work_is_value(own.work, k, value->data, value->len));
}

static bool get_all(uint32_t first, bool compare)
{
    uint32_t end = first + own.work->batch;
    apr_hash_t *values = NULL;
    bool right = true;

    apr_pool_clear(own.result);
    for (uint32_t k = first; k < end; k++)
        apr_memcache_add_multget_key(own.result, own.set.keys[k], &values);
    if (apr_memcache_multgetp(own.client, own.scratch, own.result, values) != APR_SUCCESS)
        return false;
    for (uint32_t k = first; k < end; k++)
        right = right && is_right(values, k, compare);
    return right;
}

static bool get(uint32_t i)
{
    return get_one(work_at(own.work, i), false);
}

static bool get_many(uint32_t i)
{
    return get_all(work_at(own.work, i), false);
}

static bool miss(uint32_t i)
{
    char *value;
    apr_size_t len;

    apr_pool_clear(own.result);
    return apr_memcache_getp(own.client, own.result, own.set.keys[work_at(own.work, i)], &value,
                             &len, NULL) == APR_NOTFOUND;
}

static bool set(uint32_t i)
{
    uint32_t k = work_at(own.work, i);

    return apr_memcache_set(own.client, own.set.keys[k],
                            own.set.values + (size_t)k * own.work->size, own.work->size, 0,
                            0) == APR_SUCCESS;
}

static timed_run *apr_prepare(const struct work *work)
{
    static timed_run *const runs[WORK_VERBS] = {
        [WORK_GET] = get, [WORK_MISS] = miss, [WORK_SET] = set};

    own.work = work;
    if (!work_set_make(&own.set, work))
        return NULL;
    return work->verb == WORK_GET && work->batch > 1 ? get_many : runs[work->verb];
}

static bool apr_check(uint32_t i)
{
    uint32_t first = work_at(own.work, i);

    if (own.work->verb == WORK_SET)
        return set(i);
    if (own.work->verb == WORK_MISS)
        return miss(i);
    return own.work->batch > 1 ? get_all(first, true) : get_one(first, true);
}

static const struct timed_client client = {
    .title = "apr-util " APU_VERSION_STRING,
    .settings = "text protocol; one pool for results, cleared before each operation",
    .open = apr_open,
    .prepare = apr_prepare,
    .check = apr_check,
};

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as its users do: it writes to connections that are closed */
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&own.result, NULL) != APR_SUCCESS ||
        apr_pool_create(&own.scratch, NULL) != APR_SUCCESS)
        return EXIT_FAILURE;
    return timed_main(&client);
}
