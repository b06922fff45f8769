/* apr_memcache of apr-util, for mcwire lie. It has no setting for a deadline, and no cas. */
#include "contract.h"

#include <apr_general.h>
#include <apr_hash.h>
#include <apr_memcache.h>
#include <apr_strings.h>
#include <apu_version.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static apr_pool_t *pool;
static apr_memcache_t *client;

static void fail(apr_status_t status)
{
    char text[200];
    contract_error(apr_strerror(status, text, sizeof text));
}

static void get(char **words)
{
    char *value = NULL;
    apr_size_t len = 0;
    apr_status_t status = apr_memcache_getp(client, pool, words[0], &value, &len, NULL);
    if (status == APR_SUCCESS)
        contract_hit(value, len);
    else if (status == APR_NOTFOUND)
        contract_word("MISS");
    else
        fail(status);
}

static void many(char **words, size_t count)
{
    apr_hash_t *values = NULL;
    apr_pool_t *scratch; /* the call may clear it */
    if (apr_pool_create(&scratch, pool) != APR_SUCCESS)
        exit(1);
    for (size_t k = 0; k < count; k++)
        apr_memcache_add_multget_key(pool, words[k], &values);
    apr_status_t status = apr_memcache_multgetp(client, scratch, pool, values);
    if (status != APR_SUCCESS) {
        fail(status);
        return;
    }
    contract_begin_many();
    for (size_t k = 0; k < count; k++) {
        const apr_memcache_value_t *value = apr_hash_get(values, words[k], APR_HASH_KEY_STRING);
        if (value != NULL && value->status == APR_SUCCESS)
            contract_value(value->data, value->len);
        else
            contract_no_value();
    }
    contract_end_many();
}

static void answer_write(apr_status_t status)
{
    if (status == APR_SUCCESS)
        contract_word("OK");
    else if (status == APR_NOTFOUND || status == APR_EEXIST)
        contract_word("NO");
    else
        fail(status);
}

static void set(char **words, size_t len)
{
    answer_write(apr_memcache_set(client, words[0], words[1], len, 0, 0));
}

static void incr(char **words)
{
    apr_uint32_t number = 0;
    char text[24];
    apr_status_t status = apr_memcache_incr(client, words[0], (apr_int32_t)atoi(words[1]), &number);
    snprintf(text, sizeof text, "%u", (unsigned)number);
    if (status == APR_SUCCESS)
        contract_hit(text, strlen(text));
    else
        answer_write(status);
}

static void delete_item(char **words)
{
    answer_write(apr_memcache_delete(client, words[0], 0));
}

int main(int argc, char **argv)
{
    static const struct contract calls = {get, many, set, NULL, incr, delete_item};
    char host[256];
    unsigned port;
    apr_memcache_server_t *server;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("apr-util %s\n", APU_VERSION_STRING);
        return 0;
    }
    contract_split_server(host, sizeof host, &port);
    signal(SIGPIPE, SIG_IGN); /* as its users do: it writes to connections that are closed */
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        apr_memcache_create(pool, 1, 0, &client) != APR_SUCCESS ||
        apr_memcache_server_create(pool, host, (apr_port_t)port, 0, 1, 1, 60000000, &server) !=
            APR_SUCCESS ||
        apr_memcache_add_server(client, server) != APR_SUCCESS)
        return 2;
    contract_run(&calls);
    return 0;
}
