/* Starts memcacheds when they are first asked for, fills them, and looks at what they hold. */
#include "daemon.h"

#include <stdio.h>
#include <stdlib.h>

#include "escape.h"
#include "memcached.h"
#include "server.h"
#include "work.h"

enum { SERVERS_MAX = 8, BUFFER_SIZE = 4096, CONNECT_MS = 2000 };

static struct {
    enum daemon_transport transport;
    int processor;
    const char *address;
} servers[SERVERS_MAX];
static size_t server_count;

const char *daemon_transport_name(enum daemon_transport transport)
{
    return transport == DAEMON_TCP ? "tcp" : "unix";
}

/* ---- filling --------------------------------------------------------------------------------- */

static bool fill_work(struct mc_server *server, const struct work *work)
{
    struct work_set set = {0};
    bool good = work_set_make(&set, work);

    for (uint32_t k = 0; good && k < work->keys; k++) {
        const struct mc_item item = {.key = {set.keys[k], WORK_KEY_LEN},
                                     .value = {set.values + (size_t)k * work->size, work->size}};
        good = mc_server_store(server, &mc_command_set, &item) == MC_STORED;
    }
    free(set.values);
    free(set.room);
    return good;
}

static bool fill(const char *address)
{
    char buffer[BUFFER_SIZE];
    struct mc_server server = {0};
    bool good = mc_server_init(&server, address, buffer, sizeof buffer) == 0;

    for (size_t i = 0; good && i < work_count; i++)
        if (work_table[i].verb == WORK_GET)
            good = fill_work(&server, &work_table[i]);
    mc_server_close(&server);
    if (!good)
        escape_message("overhead", "memcached cannot be filled");
    return good;
}

const char *daemon_address(enum daemon_transport transport, int processor)
{
    const struct memcached_settings settings = {
        .tcp = transport == DAEMON_TCP, .processor = processor, .megabytes = "256", .threads = "1"};

    for (size_t i = 0; i < server_count; i++)
        if (servers[i].transport == transport && servers[i].processor == processor)
            return servers[i].address;
    const char *address =
        server_count < SERVERS_MAX ? memcached_start("overhead", &settings) : NULL;
    if (address == NULL || !fill(address))
        return NULL;
    servers[server_count].transport = transport;
    servers[server_count].processor = processor;
    servers[server_count++].address = address;
    return address;
}

bool daemon_connect(struct mc_socket *socket, const char *address)
{
    struct mc_address parts;
    mc_deadline deadline = mc_socket_deadline(CONNECT_MS);

    mc_socket_close(socket);
    if (mc_address_parse(&parts, address) != NULL)
        return false;
    if (parts.kind == MC_ADDRESS_UNIX)
        return mc_socket_connect_unix(socket, parts.host, deadline) == 0;
    return mc_socket_connect(socket, parts.host, parts.port, deadline) == 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

const char *daemon_version(const char *address)
{
    static char version[32];
    char buffer[BUFFER_SIZE];
    struct mc_server server = {0};

    version[0] = '\0';
    if (mc_server_init(&server, address, buffer, sizeof buffer) == 0 &&
        mc_server_version(&server) == MC_VERSION)
        snprintf(version, sizeof version, "%.*s", (int)server.client.text.len,
                 server.client.text.data);
    mc_server_close(&server);
    return version;
}

/* The value of one key, compared; then it is deleted, so that the next set is seen to work. */
static bool remove_first(struct mc_server *server, const struct work *work, char *room)
{
    char key[WORK_KEY_LEN + 1];
    struct mc_value value = {.buf = room, .cap = work->size};

    work_key(work, 0, key);
    const struct mc_bytes bytes = {key, WORK_KEY_LEN};
    return mc_server_get(server, bytes, &value) == MC_HIT &&
           work_is_value(work, 0, room, value.len) && mc_server_delete(server, bytes) == MC_DELETED;
}

bool daemon_took(const char *address, const struct work *work)
{
    char buffer[BUFFER_SIZE], *room = malloc(work->size);
    struct mc_server server = {0};

    if (room == NULL)
        return false;
    bool good = mc_server_init(&server, address, buffer, sizeof buffer) == 0 &&
                remove_first(&server, work, room);
    mc_server_close(&server);
    free(room);
    return good;
}
