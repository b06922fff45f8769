/* The workload's get and set over a client, which knows all the rules of a connection. */
#include "board.h"
#include "remote.h"

enum { BUFFER_SIZE = 48 }; /* keys are short here: a request of 31 bytes, or a whole hit of 34 */

static struct {
    struct mc_client client;
    int failure; /* of an operation after which the client would go on */
    char buf[BUFFER_SIZE];
} remote;

void remote_start(void)
{
    mc_client_init(&remote.client, board_transport(), remote.buf, sizeof remote.buf);
}

int remote_failure(void)
{
    return remote.client.engine.error != 0 ? remote.client.engine.error : remote.failure;
}

enum workload_found remote_get(void *ctx, const char *key, size_t len, struct workload_value *value)
{
    struct mc_value found = {.buf = value->text, .cap = sizeof value->text};
    int result = mc_client_get(&remote.client, (struct mc_bytes){key, len}, &found,
                               machine_now() + REMOTE_TIMEOUT_MS);

    (void)ctx;
    value->len = found.len;
    value->flags = found.flags;
    if (result == MC_MISS)
        return WORKLOAD_MISS;
    if (result == MC_HIT || result == MC_E_FULL)
        return WORKLOAD_HIT;
    remote.failure = result;
    return WORKLOAD_FAILED;
}

int remote_set(void *ctx, const char *key, size_t len, const struct workload_value *value)
{
    struct mc_item item = {
        .key = {key, len}, .value = {value->text, value->len}, .flags = value->flags};
    int result =
        mc_client_store(&remote.client, &mc_command_set, &item, machine_now() + REMOTE_TIMEOUT_MS);

    (void)ctx;
    if (result == MC_STORED)
        return 0;
    remote.failure = result;
    return -1;
}
