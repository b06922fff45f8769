/* Uses libmemcached: stores and gets as a program would, and ends with 1 at the first surprise.
 * usage: libmemcached ascii|binary PORT */
#include <libmemcached/memcached.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 100, BIG = 1000000 };

static memcached_st *client;

static void want(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "libmemcached: %s: %s\n", what, memcached_last_error_message(client));
    exit(1);
}

static void set(const char *key, const char *value, size_t len)
{
    want(memcached_set(client, key, strlen(key), value, len, 0, 7) == MEMCACHED_SUCCESS, key);
}

static void get(const char *key, const char *value, size_t len)
{
    memcached_return_t result;
    uint32_t flags;
    size_t found;
    char *got = memcached_get(client, key, strlen(key), &found, &flags, &result);

    want(result == MEMCACHED_SUCCESS && found == len && flags == 7, key);
    want(len == 0 || memcmp(got, value, len) == 0, key);
    free(got);
}

static void use_values(void)
{
    memcached_return_t result;
    size_t found;

    set("a", "value", 5);
    get("a", "value", 5);
    set("empty", "", 0);
    get("empty", "", 0);
    want(memcached_append(client, "a", 1, "+", 1, 0, 7) == MEMCACHED_SUCCESS, "append");
    want(memcached_prepend(client, "a", 1, "\r\n", 2, 0, 7) == MEMCACHED_SUCCESS, "prepend");
    get("a", "\r\nvalue+", 8);
    want(memcached_add(client, "a", 1, "x", 1, 0, 7) != MEMCACHED_SUCCESS, "add");
    want(memcached_replace(client, "a", 1, "x", 1, 0, 7) == MEMCACHED_SUCCESS, "replace");
    want(memcached_touch(client, "a", 1, 1000) == MEMCACHED_SUCCESS, "touch");
    want(memcached_delete(client, "a", 1, 0) == MEMCACHED_SUCCESS, "delete");
    want(memcached_get(client, "a", 1, &found, NULL, &result) == NULL, "get");
    want(result == MEMCACHED_NOTFOUND, "a miss");
}

static void use_numbers(void)
{
    uint64_t number;

    set("n", "10", 2);
    want(memcached_increment(client, "n", 1, 5, &number) == MEMCACHED_SUCCESS, "incr");
    want(number == 15, "the sum");
    want(memcached_decrement(client, "n", 1, 6, &number) == MEMCACHED_SUCCESS, "decr");
    want(number == 9, "the difference");
}

static void use_big(void)
{
    char *value = malloc(BIG);

    want(value != NULL, "memory");
    for (size_t k = 0; k < BIG; k++)
        value[k] = (char)(k * k >> 3);
    set("big", value, BIG);
    get("big", value, BIG);
    free(value);
}

static void use_many(void)
{
    static char text[KEYS][16];
    const char *keys[KEYS];
    size_t lens[KEYS], found = 0;
    memcached_return_t result;
    memcached_result_st *item;

    for (size_t k = 0; k < KEYS; k++) {
        lens[k] = (size_t)snprintf(text[k], sizeof text[k], "many-%zu", k);
        keys[k] = text[k];
        if (k % 2 == 0)
            set(text[k], text[k], lens[k]);
    }
    want(memcached_mget(client, keys, lens, KEYS) == MEMCACHED_SUCCESS, "mget");
    while ((item = memcached_fetch_result(client, NULL, &result)) != NULL) {
        want(memcached_result_length(item) == memcached_result_key_length(item), "an item");
        memcached_result_free(item);
        found++;
    }
    want(found == KEYS / 2, "all of many");
}

static void use_cas(void)
{
    const char *key = "a";
    size_t len = 1;
    memcached_return_t result;

    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_SUPPORT_CAS, 1);
    set(key, "old", 3);
    want(memcached_mget(client, &key, &len, 1) == MEMCACHED_SUCCESS, "gets");
    memcached_result_st *item = memcached_fetch_result(client, NULL, &result);
    want(item != NULL, "gets");
    uint64_t cas = memcached_result_cas(item);
    memcached_result_free(item);
    want(memcached_fetch_result(client, NULL, &result) == NULL, "the end");
    want(memcached_cas(client, key, 1, "new", 3, 0, 7, cas) == MEMCACHED_SUCCESS, "cas");
    want(memcached_cas(client, key, 1, "no", 2, 0, 7, cas) == MEMCACHED_DATA_EXISTS,
         "a second cas");
    get(key, "new", 3);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    client = memcached_create(NULL);
    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_BINARY_PROTOCOL,
                           strcmp(argv[1], "binary") == 0);
    memcached_server_add(client, "127.0.0.1", (in_port_t)strtol(argv[2], NULL, 10));
    use_values();
    use_numbers();
    use_big();
    use_many();
    use_cas();
    memcached_free(client);
    return 0;
}
