/* Does one operation many times on a warm connection, for check_syscalls.sh to count system calls.
 * usage: warm ADDRESS COUNT client-get|server-get|client-set|server-set|client-put|server-put
 * put is a set whose value is too large to be copied to its line. */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char zeros[MC_ENGINE_COPY_MAX + 1];
static const struct mc_bytes key = {"key", 3}, text = {"value", 5}, large = {zeros, sizeof zeros};

static bool client_get(struct mc_server *server, struct mc_value *value)
{
    mc_deadline deadline = mc_socket_deadline(server->timeout_ms);
    return mc_client_get(&server->client, key, value, deadline) == MC_HIT;
}

static bool server_get(struct mc_server *server, struct mc_value *value)
{
    return mc_server_get(server, key, value) == MC_HIT;
}

static bool client_store(struct mc_server *server, struct mc_bytes data)
{
    const struct mc_item item = {.key = key, .value = data};
    mc_deadline deadline = mc_socket_deadline(server->timeout_ms);
    return mc_client_store(&server->client, &mc_command_set, &item, deadline) == MC_STORED;
}

static bool client_set(struct mc_server *server, struct mc_value *value)
{
    (void)value;
    return client_store(server, text);
}

static bool client_put(struct mc_server *server, struct mc_value *value)
{
    (void)value;
    return client_store(server, large);
}

static bool server_set(struct mc_server *server, struct mc_value *value)
{
    (void)value;
    return mc_server_set(server, key, text, 0) == MC_STORED;
}

static bool server_put(struct mc_server *server, struct mc_value *value)
{
    (void)value;
    return mc_server_set(server, key, large, 0) == MC_STORED;
}

static const struct {
    const char *name;
    bool (*run)(struct mc_server *server, struct mc_value *value);
} operations[] = {{"client-get", client_get}, {"server-get", server_get},
                  {"client-set", client_set}, {"server-set", server_set},
                  {"client-put", client_put}, {"server-put", server_put}};

static bool run(struct mc_server *server, long count, size_t operation)
{
    char buf[16];
    struct mc_value value = {.buf = buf, .cap = sizeof buf};
    server->timeout_ms = 60000;
    bool ok = server_set(server, NULL);
    for (long i = 0; ok && i < count; i++)
        ok = operations[operation].run(server, &value);
    mc_server_close(server);
    return ok;
}

int main(int argc, char **argv)
{
    char buf[2048];
    struct mc_server server;
    size_t k = 0;
    if (argc != 4 || mc_server_init(&server, argv[1], buf, sizeof buf) != 0)
        return 2;
    while (k < sizeof operations / sizeof *operations && strcmp(operations[k].name, argv[3]) != 0)
        k++;
    if (k == sizeof operations / sizeof *operations)
        return 2;
    return run(&server, strtol(argv[2], NULL, 10), k) ? 0 : 1;
}
