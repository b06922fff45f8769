/* Starts memcacheds in a folder of their own, and fills them. */
#include "daemon.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "dial.h"
#include "escape.h"
#include "work.h"

enum {
    SERVERS_MAX = 8,
    NAME_SIZE = 32,  /* of a file in the folder */
    PATH_SIZE = 100, /* a Unix socket's may have 104 bytes on some systems */
    START_MS = 10000,
    DEADLINE_MS = 2000,
    BUFFER_SIZE = 4096
};

struct server {
    struct child child;
    enum daemon_transport transport;
    int processor;
    char name[NAME_SIZE]; /* of its socket, or of the file that it writes its port to */
    char address[PATH_SIZE + 8];
};

static struct server servers[SERVERS_MAX];
static size_t server_count;
static char folder[PATH_SIZE - NAME_SIZE];

const char *daemon_transport_name(enum daemon_transport transport)
{
    return transport == DAEMON_TCP ? "tcp" : "unix";
}

static bool complain(const char *what)
{
    escape_message("overhead", "%s", what);
    return false;
}

/* ---- starting -------------------------------------------------------------------------------- */

/* A folder that memcached can write to after it has become nobody, which it does when started by
 * root. */
static bool make_folder(void)
{
    const char *below = getenv("TMPDIR");

    if (folder[0] != '\0')
        return true;
    if (below == NULL || below[0] != '/' || strlen(below) > 40)
        below = "/tmp";
    snprintf(folder, sizeof folder, "%s/mcwire-XXXXXX", below);
    if (mkdtemp(folder) == NULL) {
        folder[0] = '\0';
        return complain("no temporary folder can be made");
    }
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL && chown(folder, nobody->pw_uid, nobody->pw_gid) != 0)
        return complain("the temporary folder cannot be given to nobody");
    return true;
}

static void path_of(const struct server *server, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", folder, server->name);
}

static bool spawn(struct server *server)
{
    static char nobody[] = "nobody";
    char path[PATH_SIZE];
    char *argv[] = {"memcached", "-t", "1",  "-m", "256", "-U", "0",
                    NULL,        NULL, NULL, NULL, NULL,  NULL, NULL};
    char **more = argv + 7;

    path_of(server, path);
    if (server->transport == DAEMON_UNIX) {
        *more++ = "-s";
        *more++ = path;
    } else { /* any free port, which it writes into a file */
        setenv("MEMCACHED_PORT_FILENAME", path, 1);
        *more++ = "-l";
        *more++ = "127.0.0.1";
        *more++ = "-p";
        *more++ = "-1";
    }
    if (geteuid() == 0) {
        *more++ = "-u";
        *more++ = nobody;
    }
    return child_start(&server->child, argv, server->processor, true);
}

/* The address of a server that has come so far as to have one. */
static bool find_address(struct server *server)
{
    char path[PATH_SIZE];
    unsigned port;

    path_of(server, path);
    if (server->transport == DAEMON_UNIX) {
        snprintf(server->address, sizeof server->address, "unix:%s", path);
        return true;
    }
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    bool found = fscanf(file, "TCP INET: %u", &port) == 1;
    fclose(file);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%u", found ? port : 0);
    return found;
}

static bool listens(struct server *server)
{
    struct mc_socket socket = {0};
    bool connected = find_address(server) && dial_server(&socket, server->address);

    mc_socket_close(&socket);
    return connected;
}

static bool wait_for_start(struct server *server)
{
    for (int64_t until = mc_socket_deadline(START_MS); mc_socket_now() < until;) {
        if (listens(server))
            return true;
        if (child_interrupted())
            return false;
        if (child_ended(&server->child))
            break;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return complain("memcached does not start; is it installed?");
}

/* ---- filling --------------------------------------------------------------------------------- */

/* A connection for a few operations, which are not measured. */
struct session {
    struct mc_socket socket;
    struct mc_client client;
    char buffer[BUFFER_SIZE];
};

static bool begin(struct session *session, const char *address)
{
    session->socket = (struct mc_socket){0};
    if (!dial_server(&session->socket, address))
        return false;
    mc_client_init(&session->client, mc_socket_transport(&session->socket), session->buffer,
                   sizeof session->buffer);
    return true;
}

static bool fill_work(struct session *session, const struct work *work)
{
    struct work_set set = {0};
    bool good = work_set_make(&set, work);

    for (uint32_t k = 0; good && k < work->keys; k++) {
        const struct mc_item item = {.key = {set.keys[k], WORK_KEY_LEN},
                                     .value = {set.values + (size_t)k * work->size, work->size}};
        good = mc_client_store(&session->client, MC_SET, &item, mc_socket_deadline(DEADLINE_MS)) ==
               MC_STORED;
    }
    free(set.values);
    free(set.room);
    return good;
}

static bool fill(const char *address)
{
    struct session session;
    bool good = begin(&session, address);

    for (size_t i = 0; good && i < work_count; i++)
        if (work_table[i].verb == WORK_GET)
            good = fill_work(&session, &work_table[i]);
    mc_socket_close(&session.socket);
    return good || complain("memcached cannot be filled");
}

const char *daemon_address(enum daemon_transport transport, int processor)
{
    for (size_t i = 0; i < server_count; i++)
        if (servers[i].transport == transport && servers[i].processor == processor)
            return servers[i].address;
    if (server_count == SERVERS_MAX || !make_folder())
        return NULL;
    struct server *server = &servers[server_count++];
    server->transport = transport;
    server->processor = processor;
    snprintf(server->name, sizeof server->name, "%s-%u", daemon_transport_name(transport),
             (unsigned)server_count);
    if (!spawn(server) || !wait_for_start(server) || !fill(server->address)) {
        child_kill(&server->child);
        return NULL;
    }
    return server->address;
}

void daemon_end(void)
{
    char path[PATH_SIZE];

    for (size_t i = 0; i < server_count; i++) {
        child_kill(&servers[i].child);
        path_of(&servers[i], path);
        unlink(path);
    }
    server_count = 0;
    if (folder[0] != '\0')
        rmdir(folder);
    folder[0] = '\0';
}

/* ---- asking ---------------------------------------------------------------------------------- */

const char *daemon_version(const char *address)
{
    static char version[32];
    struct session session;

    version[0] = '\0';
    if (begin(&session, address) &&
        mc_client_version(&session.client, mc_socket_deadline(DEADLINE_MS)) == MC_VERSION)
        snprintf(version, sizeof version, "%.*s", (int)session.client.said.len,
                 session.client.said.data);
    mc_socket_close(&session.socket);
    return version;
}

/* The value of one key, compared; then it is deleted, so that the next set is seen to work. */
static bool take_out(struct session *session, const struct work *work, char *room)
{
    char key[WORK_KEY_LEN + 1];
    struct mc_value value = {.buf = room, .cap = work->size};

    work_key(work, 0, key);
    const struct mc_bytes bytes = {key, WORK_KEY_LEN};
    mc_deadline deadline = mc_socket_deadline(DEADLINE_MS);
    return mc_client_get(&session->client, bytes, &value, deadline) == MC_HIT &&
           work_is_value(work, 0, room, value.len) &&
           mc_client_delete(&session->client, bytes, deadline) == MC_DELETED;
}

bool daemon_took(const char *address, const struct work *work)
{
    struct session session;
    char *room = malloc(work->size);

    if (room == NULL)
        return false;
    bool good = begin(&session, address) && take_out(&session, work, room);

    mc_socket_close(&session.socket);
    free(room);
    return good;
}
