/* libmemcached, for mcwire lie. */
#include "contract.h"

#include <libmemcached/memcached.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static memcached_st *client;

static void fail(memcached_return_t result)
{
    contract_error(memcached_strerror(client, result));
}

static void get(char **words)
{
    size_t len;
    uint32_t flags;
    memcached_return_t result;
    char *value = memcached_get(client, words[0], strlen(words[0]), &len, &flags, &result);
    if (result == MEMCACHED_SUCCESS)
        contract_hit(value, len);
    else if (result == MEMCACHED_NOTFOUND)
        contract_word("MISS");
    else
        fail(result);
    free(value);
}

/* What was fetched, for each key. */
static memcached_result_st *results[CONTRACT_WORDS_MAX];

static memcached_return_t fetch_all(char **words, size_t count)
{
    memcached_return_t result;
    memcached_result_st *item;
    while ((item = memcached_fetch_result(client, NULL, &result)) != NULL) {
        size_t len = memcached_result_key_length(item);
        for (size_t k = 0; k < count; k++) {
            if (strlen(words[k]) == len &&
                memcmp(words[k], memcached_result_key_value(item), len) == 0)
                results[k] = item;
        }
    }
    return result;
}

static void answer_many(size_t count)
{
    contract_begin_many();
    for (size_t k = 0; k < count; k++) {
        if (results[k] != NULL)
            contract_value(memcached_result_value(results[k]), memcached_result_length(results[k]));
        else
            contract_no_value();
    }
    contract_end_many();
}

static void many(char **words, size_t count)
{
    size_t lens[CONTRACT_WORDS_MAX];
    memset(results, 0, sizeof results);
    for (size_t k = 0; k < count; k++)
        lens[k] = strlen(words[k]);
    memcached_return_t result = memcached_mget(client, (const char *const *)words, lens, count);
    if (result == MEMCACHED_SUCCESS)
        result = fetch_all(words, count);
    if (result == MEMCACHED_END || result == MEMCACHED_NOTFOUND || result == MEMCACHED_SUCCESS)
        answer_many(count);
    else
        fail(result);
}

static void answer_write(memcached_return_t result)
{
    if (result == MEMCACHED_SUCCESS)
        contract_word("OK");
    else if (result == MEMCACHED_NOTSTORED || result == MEMCACHED_DATA_EXISTS ||
             result == MEMCACHED_NOTFOUND)
        contract_word("NO");
    else
        fail(result);
}

static void set(char **words, size_t len)
{
    answer_write(memcached_set(client, words[0], strlen(words[0]), words[1], len, 0, 0));
}

static void cas(char **words, size_t len)
{
    const char *const keys[] = {words[0]};
    const size_t lens[] = {strlen(words[0])};
    memcached_return_t result = memcached_mget(client, keys, lens, 1);
    memcached_result_st *item = NULL;
    uint64_t unique = 0;
    if (result == MEMCACHED_SUCCESS)
        item = memcached_fetch_result(client, NULL, &result);
    if (item != NULL)
        unique = memcached_result_cas(item);
    while (item != NULL)
        item = memcached_fetch_result(client, NULL, &result);
    if (unique != 0)
        answer_write(memcached_cas(client, words[0], lens[0], words[1], len, 0, 0, unique));
    else
        answer_write(result == MEMCACHED_END ? MEMCACHED_NOTFOUND : result);
}

static void incr(char **words)
{
    uint64_t number;
    char text[24];
    memcached_return_t result = memcached_increment(client, words[0], strlen(words[0]),
                                                    (uint32_t)strtoul(words[1], NULL, 10), &number);
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    if (result == MEMCACHED_SUCCESS)
        contract_hit(text, strlen(text));
    else
        answer_write(result);
}

static void delete_item(char **words)
{
    answer_write(memcached_delete(client, words[0], strlen(words[0]), 0));
}

static void connect_client(void)
{
    char host[256];
    unsigned port;
    uint64_t ms = (uint64_t)contract_timeout_ms();
    client = memcached_create(NULL);
    contract_split_server(host, sizeof host, &port);
    memcached_server_add(client, host, (in_port_t)port);
    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_SUPPORT_CAS, 1);
    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, ms);
    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, ms);
    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_RCV_TIMEOUT, ms * 1000);
    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_SND_TIMEOUT, ms * 1000);
}

int main(int argc, char **argv)
{
    static const struct contract calls = {get, many, set, cas, incr, delete_item};
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("libmemcached %s\n", memcached_lib_version());
        return 0;
    }
    connect_client();
    contract_run(&calls);
    memcached_free(client);
    return 0;
}
