/* This project's client, for mcwire lie: server.h, in its ordinary setting. */
#include "contract.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 2 << 20, SMALL = 256 };

static struct mc_server server;
static char buf[4096], large[LARGEST];

static void fail(int result)
{
    char text[200];
    mc_server_message(&server, result, text, sizeof text);
    contract_error(text);
}

static void get(char **words)
{
    struct mc_value value = {.buf = large, .cap = sizeof large};
    int result = mc_server_get(&server, mc_string(words[0]), &value);
    if (result == MC_HIT)
        contract_hit(large, value.len);
    else if (result == MC_MISS)
        contract_word("MISS");
    else
        fail(result);
}

static void many(char **words, size_t count)
{
    static char texts[CONTRACT_WORDS_MAX][SMALL];
    struct mc_bytes keys[CONTRACT_WORDS_MAX] = {{0}};
    struct mc_value values[CONTRACT_WORDS_MAX] = {{0}};
    for (size_t k = 0; k < count; k++) {
        keys[k] = mc_string(words[k]);
        values[k] = (struct mc_value){.buf = texts[k], .cap = SMALL};
    }
    int result = mc_server_get_many(&server, keys, values, count);
    if (result != 0) {
        fail(result);
        return;
    }
    contract_begin_many();
    for (size_t k = 0; k < count; k++) {
        if (values[k].result == MC_HIT)
            contract_value(texts[k], values[k].len);
        else
            contract_no_value();
    }
    contract_end_many();
}

/* OK for one result, NO for the server's other words. */
static void answer_write(int result, int good)
{
    if (result == good)
        contract_word("OK");
    else if (result == MC_NOT_STORED || result == MC_EXISTS || result == MC_NOT_FOUND)
        contract_word("NO");
    else
        fail(result);
}

static void set(char **words, size_t len)
{
    const struct mc_bytes value = {words[1], len};
    answer_write(mc_server_set(&server, mc_string(words[0]), value, 0), MC_STORED);
}

static void cas(char **words, size_t len)
{
    struct mc_value old = {.buf = large, .cap = sizeof large};
    int result = mc_server_gets(&server, mc_string(words[0]), &old);
    if (result == MC_MISS)
        contract_word("NO");
    else if (result != MC_HIT)
        fail(result);
    else
        answer_write(mc_server_cas(&server, mc_string(words[0]), (struct mc_bytes){words[1], len},
                                   0, old.cas),
                     MC_STORED);
}

static void incr(char **words)
{
    uint64_t number;
    char text[24];
    uint64_t delta = strtoull(words[1], NULL, 10);
    int result = mc_server_incr(&server, mc_string(words[0]), delta, &number);
    if (result == MC_NUMBER) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)number);
        contract_hit(text, strlen(text));
    } else {
        answer_write(result, MC_NUMBER);
    }
}

static void delete_item(char **words)
{
    answer_write(mc_server_delete(&server, mc_string(words[0])), MC_DELETED);
}

int main(int argc, char **argv)
{
    static const struct contract calls = {get, many, set, cas, incr, delete_item};
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("mcwire " MCWIRE_VERSION);
        return 0;
    }
    if (mc_server_init(&server, contract_server(), buf, sizeof buf) != 0)
        return 2;
    server.timeout_ms = contract_timeout_ms();
    contract_run(&calls);
    mc_server_close(&server);
    return 0;
}
