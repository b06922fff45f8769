/* A server by its address: when to connect, when to try again, and when to leave it alone. */
#include "server.h"

#include "decimal.h"

#include <string.h>

enum {
    IDLE_MS = 1000,      /* a connection unused for longer is looked at even for a get */
    PATH_MAX_BYTES = 103 /* what every system takes */
};

/* ---- addresses ------------------------------------------------------------------------------- */

static int bad_address(struct mc_server *server, const char *problem)
{
    server->problem = problem;
    server->host[0] = '\0';
    return MC_E_ADDRESS;
}

static int set_path(struct mc_server *server, const char *path)
{
    size_t len = strlen(path);
    if (len > PATH_MAX_BYTES)
        return bad_address(server, "the path of a Unix socket has at most 103 bytes");
    memcpy(server->host, path, len + 1);
    server->port[0] = '\0';
    return 0;
}

static int set_port(struct mc_server *server, const char *port)
{
    uint64_t number;
    size_t len = strlen(port);
    if (!mc_decimal_read(port, 0, len, 65535, &number) || number == 0)
        return bad_address(server, "a port is a number from 1 to 65535");
    memcpy(server->port, port, len + 1);
    return 0;
}

static bool is_host(const char *text, size_t len)
{
    for (size_t k = 0; k < len; k++) {
        if ((unsigned char)text[k] <= 0x20 || text[k] == 0x7f || strchr("/[],@", text[k]) != NULL)
            return false;
    }
    return len > 0;
}

static int set_host(struct mc_server *server, const char *host, size_t len)
{
    if (!is_host(host, len))
        return bad_address(server,
                           "a host is a name or an address, without spaces or any of /[],@");
    if (len >= sizeof server->host)
        return bad_address(server, "the host's name is too long");
    memcpy(server->host, host, len);
    server->host[len] = '\0';
    memcpy(server->port, MC_SERVER_PORT, sizeof MC_SERVER_PORT);
    return 0;
}

/* [IPV6] or [IPV6]:PORT */
static int set_bracketed(struct mc_server *server, const char *address)
{
    const char *end = strchr(address, ']');
    if (end == NULL)
        return bad_address(server, "the [ of an IPv6 address has no ]");
    if (end[1] != '\0' && end[1] != ':')
        return bad_address(server, "after the ] of an IPv6 address comes :PORT or nothing");
    size_t len = (size_t)(end - address - 1);
    int r = set_host(server, address + 1, len);
    if (r == 0 && memchr(address + 1, ':', len) == NULL)
        return bad_address(server, "brackets hold an IPv6 address: [::1]");
    return r == 0 && end[1] == ':' ? set_port(server, end + 2) : r;
}

/* HOST or HOST:PORT */
static int set_named(struct mc_server *server, const char *address)
{
    const char *colon = strchr(address, ':');
    if (colon == NULL)
        return set_host(server, address, strlen(address));
    if (strchr(colon + 1, ':') != NULL)
        return bad_address(server, "an IPv6 address is written in brackets: [::1]:11211");
    int r = set_host(server, address, (size_t)(colon - address));
    return r == 0 ? set_port(server, colon + 1) : r;
}

static int set_address(struct mc_server *server, const char *address)
{
    static const char scheme[] = "unix:";
    if (address[0] == '\0')
        return bad_address(server, "the address is empty");
    if (address[0] == '/')
        return set_path(server, address);
    if (strncmp(address, scheme, sizeof scheme - 1) == 0) {
        if (address[sizeof scheme - 1] != '/')
            return bad_address(server, "a Unix socket is written unix:/PATH");
        return set_path(server, address + sizeof scheme - 1);
    }
    return address[0] == '[' ? set_bracketed(server, address) : set_named(server, address);
}

int mc_server_init(struct mc_server *server, const char *address, void *buf, size_t cap)
{
    *server = (struct mc_server){.timeout_ms = MC_SERVER_TIMEOUT_MS, .buf = buf, .cap = cap};
    return set_address(server, address);
}

/* ---- the connection -------------------------------------------------------------------------- */

void mc_server_close(struct mc_server *server)
{
    mc_socket_close(&server->socket);
}

/* Leaves the server alone for a while, each time in a row for twice as long. */
static void go_down(struct mc_server *server)
{
    int64_t pause = server->pause_ms;
    mc_server_close(server);
    pause = pause > 0 ? pause * 2 : MC_SERVER_PAUSE_MIN_MS;
    server->pause_ms = pause < MC_SERVER_PAUSE_MAX_MS ? pause : MC_SERVER_PAUSE_MAX_MS;
    server->down_until_ms = mc_socket_now() + server->pause_ms;
}

static int connect_socket(struct mc_server *server)
{
    if (server->host[0] == '\0')
        return MC_E_ADDRESS;
    if (server->port[0] == '\0')
        return mc_socket_connect_unix(&server->socket, server->host, server->deadline);
    return mc_socket_connect(&server->socket, server->host, server->port, server->deadline);
}

static int connect_server(struct mc_server *server)
{
    server->fresh = true;
    int r = connect_socket(server);
    if (r < 0)
        return r;
    mc_client_init(&server->client, mc_socket_transport(&server->socket), server->buf, server->cap);
    server->connects++;
    if (server->user.len == 0)
        return 0;
    r = mc_client_auth(&server->client, server->user, server->password, server->deadline);
    return r < 0 ? r : 0;
}

/* Closes a kept connection that the server has closed, or said something on, in the meantime. For
 * what may be repeated and knows its answer by the key, that is worth a system call only now and
 * then. */
static void check_kept(struct mc_server *server, int64_t now, bool repeatable)
{
    bool due = !repeatable || now - server->used_ms > IDLE_MS;
    if (server->socket.open && due && mc_socket_check(&server->socket) < 0)
        mc_server_close(server);
}

static int open_for(struct mc_server *server, bool repeatable)
{
    int64_t now = mc_socket_now();
    if (!server->retried)
        server->deadline =
            server->timeout_ms < MC_NEVER - now ? now + server->timeout_ms : MC_NEVER;
    check_kept(server, now, repeatable);
    server->used_ms = now;
    if (server->socket.open && server->client.error == 0)
        return 0;
    mc_server_close(server);
    if (server->pause_ms > 0 && now < server->down_until_ms)
        return MC_E_DOWN;
    return connect_server(server);
}

int mc_server_open(struct mc_server *server)
{
    return open_for(server, true);
}

/* Was the kept connection closed before the command can have been done, or its reply begun? */
static bool was_closed(const struct mc_server *server, int result, bool repeatable)
{
    const struct mc_client *c = &server->client;
    if (server->fresh || c->error != MC_E_CLOSED || c->received > 0)
        return false;
    return repeatable || (result == MC_E_CLOSED && c->sent < c->to_send);
}

/* The connection has proved good. */
static void settle(struct mc_server *server)
{
    if (server->client.received == 0)
        return;
    server->fresh = false;
    server->pause_ms = 0;
}

/* Has the operation failed for a reason that lies with the server? */
static bool is_failure(int result)
{
    return result <= MC_E_PROTOCOL && result != MC_E_DOWN && result != MC_E_STEP &&
           result != MC_E_ADDRESS;
}

bool mc_server_again(struct mc_server *server, int result, bool repeatable)
{
    bool failed = is_failure(result);
    bool again = failed && !server->retried && was_closed(server, result, repeatable);
    server->retried = again;
    bool counts = failed || result == MC_E_DOWN || result == MC_E_ADDRESS;
    server->failures += counts && !again ? 1 : 0;
    bool restarted = !server->fresh && server->client.error == MC_E_CLOSED;
    if (failed && !again && !restarted)
        go_down(server);
    else if (server->client.error != 0) /* also after an error reply that ends the connection */
        mc_server_close(server);
    else if (result >= 0 || result == MC_E_FULL)
        settle(server);
    return again;
}

/* ---- operations ------------------------------------------------------------------------------ */

int mc_server_get(struct mc_server *server, struct mc_bytes key, struct mc_value *value)
{
    int r;
    do {
        r = mc_server_open(server);
        if (r == 0)
            r = mc_client_get(&server->client, key, value, server->deadline);
    } while (mc_server_again(server, r, true));
    return r;
}

static void set_results(struct mc_value *values, size_t count, int result)
{
    for (size_t k = 0; k < count; k++)
        values[k].result = result;
}

int mc_server_get_many(struct mc_server *server, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count)
{
    int r;
    do {
        r = mc_server_open(server);
        if (r == 0)
            r = mc_client_get_many(&server->client, keys, values, count, server->deadline);
        else
            set_results(values, count, r);
    } while (mc_server_again(server, r, true));
    return r;
}

int mc_server_store(struct mc_server *server, enum mc_store command, const struct mc_item *item)
{
    int r;
    do {
        r = open_for(server, false);
        if (r == 0)
            r = mc_client_store(&server->client, command, item, server->deadline);
    } while (mc_server_again(server, r, false));
    return r;
}

int mc_server_set(struct mc_server *server, struct mc_bytes key, struct mc_bytes value,
                  int32_t exptime)
{
    const struct mc_item item = {.key = key, .value = value, .exptime = exptime};
    return mc_server_store(server, MC_SET, &item);
}

/* Any other command, as a pipeline of one. */
static int run_one(struct mc_server *server, struct mc_op *op, bool repeatable)
{
    int r;
    do {
        r = open_for(server, repeatable);
        if (r == 0) {
            mc_pipeline_run(&server->client, op, 1, server->deadline);
            r = op->result;
        }
    } while (mc_server_again(server, r, repeatable));
    return r;
}

int mc_server_gets(struct mc_server *server, struct mc_bytes key, struct mc_value *value)
{
    struct mc_op op = {.verb = MC_VERB_GETS, .key = key, .value = *value};
    int r = run_one(server, &op, true);
    *value = op.value;
    return r;
}

int mc_server_gat(struct mc_server *server, int32_t exptime, struct mc_bytes key,
                  struct mc_value *value)
{
    struct mc_op op = {.verb = MC_VERB_GAT, .exptime = exptime, .key = key, .value = *value};
    int r = run_one(server, &op, true);
    *value = op.value;
    return r;
}

int mc_server_delete(struct mc_server *server, struct mc_bytes key)
{
    struct mc_op op = {.verb = MC_VERB_DELETE, .key = key};
    return run_one(server, &op, false);
}

int mc_server_incr(struct mc_server *server, struct mc_bytes key, uint64_t delta, uint64_t *number)
{
    struct mc_op op = {.verb = MC_VERB_INCR, .key = key, .number = delta};
    int r = run_one(server, &op, false);
    *number = r == MC_NUMBER ? op.number : 0;
    return r;
}

int mc_server_decr(struct mc_server *server, struct mc_bytes key, uint64_t delta, uint64_t *number)
{
    struct mc_op op = {.verb = MC_VERB_DECR, .key = key, .number = delta};
    int r = run_one(server, &op, false);
    *number = r == MC_NUMBER ? op.number : 0;
    return r;
}

int mc_server_touch(struct mc_server *server, struct mc_bytes key, int32_t exptime)
{
    struct mc_op op = {.verb = MC_VERB_TOUCH, .key = key, .exptime = exptime};
    return run_one(server, &op, false);
}

int mc_server_version(struct mc_server *server)
{
    struct mc_op op = {.verb = MC_VERB_VERSION};
    return run_one(server, &op, true);
}

int mc_server_flush_all(struct mc_server *server, int32_t delay_s)
{
    struct mc_op op = {.verb = MC_VERB_FLUSH_ALL, .exptime = delay_s};
    return run_one(server, &op, false);
}

int mc_server_mg(struct mc_server *server, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_value *value, struct mc_meta *meta)
{
    struct mc_op op = {.verb = MC_VERB_MG, .key = key, .meta_flags = flags, .meta_count = count};
    if (value != NULL)
        op.value = *value;
    int r = run_one(server, &op, true);
    if (value != NULL)
        *value = op.value;
    *meta = op.meta;
    return r;
}

int mc_server_ms(struct mc_server *server, struct mc_bytes key, struct mc_bytes value,
                 const struct mc_flag *flags, size_t count, struct mc_meta *meta)
{
    struct mc_op op = {
        .verb = MC_VERB_MS, .key = key, .data = value, .meta_flags = flags, .meta_count = count};
    int r = run_one(server, &op, false);
    *meta = op.meta;
    return r;
}

int mc_server_md(struct mc_server *server, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_meta *meta)
{
    struct mc_op op = {.verb = MC_VERB_MD, .key = key, .meta_flags = flags, .meta_count = count};
    int r = run_one(server, &op, false);
    *meta = op.meta;
    return r;
}

int mc_server_ma(struct mc_server *server, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_meta *meta)
{
    struct mc_op op = {.verb = MC_VERB_MA, .key = key, .meta_flags = flags, .meta_count = count};
    int r = run_one(server, &op, false);
    *meta = op.meta;
    return r;
}

int mc_server_run(struct mc_server *server, struct mc_op *ops, size_t count)
{
    int r = open_for(server, false);
    if (r < 0) {
        for (size_t k = 0; k < count; k++)
            ops[k].result = r;
        mc_server_again(server, r, false);
        return r;
    }
    r = mc_pipeline_run(&server->client, ops, count, server->deadline);
    server->retried = true; /* some of it may be done: once is enough */
    mc_server_again(server, server->client.error, false);
    return r;
}
