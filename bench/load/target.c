/* Asks every server for its version, and whether it knows meta commands if they are wanted, on a
 * connection that is closed again. */
#include "target.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "option.h"
#include "options.h"
#include "server.h"

/* The address of the connection that worked, so that no other has to look up a name. */
static int keep_address(struct target *target, const struct mc_server *server)
{
    struct mc_address address = server->address;
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    int failed = 0;

    if (address.kind == MC_ADDRESS_HOST)
        failed = getpeername(server->socket.fd, (struct sockaddr *)&peer, &size) != 0 ||
                 getnameinfo((struct sockaddr *)&peer, size, address.host, sizeof address.host,
                             NULL, 0, NI_NUMERICHOST) != 0;
    target->address = address;
    return failed;
}

/* NULL; or why meta commands cannot be used. Deletes a key that nobody has: up to 1.6.17 that reply
 * has an empty flag, which the later dialect does not have. */
static const char *ask_meta(struct mc_server *server)
{
    const struct mc_flags none = {NULL, 0};
    int result = mc_server_md(server, MC_BYTES("mcload:no:such:key"), none, NULL);

    if (result == MC_NOT_FOUND || result == MC_HD)
        return NULL;
    if (server->client.engine.error == MC_E_TIMEOUT)
        return mc_text(MC_E_TIMEOUT);
    return "it has no meta commands (memcached has them since 1.6.18): use --protocol classic";
}

/* 0, or the exit status. */
static int ask_server(struct target *target, const struct options *options)
{
    char buf[MC_LINE_MAX], why[256];
    struct mc_server server;

    if (mc_server_init(&server, target->name, buf, sizeof buf) != 0)
        return options_fail(OPTION_USAGE, "--server", server.problem);
    server.timeout_ms = options->timeout_ms;
    server.user = mc_string(options->login.user);
    server.password = options->login.password;
    int result = mc_server_version(&server);
    snprintf(target->version, sizeof target->version, "%.*s", (int)server.client.text.len,
             server.client.text.len > 0 ? server.client.text.data : "");
    int kept = result == MC_VERSION ? keep_address(target, &server) : 0;
    const char *no_meta = result == MC_VERSION && options->meta ? ask_meta(&server) : NULL;
    mc_server_message(&server, result, why, sizeof why);
    mc_server_close(&server);
    if (no_meta != NULL)
        return options_fail(TARGET_NO_SERVER, target->name, no_meta);
    if (result != MC_VERSION)
        return options_fail(TARGET_NO_SERVER, target->name, why);
    return kept == 0 ? 0 : options_fail(TARGET_NO_SERVER, target->name, "the connection is lost");
}

/* Copies the next address, which ends at a comma or the end; what follows it. */
static const char *copy_name(struct target *target, const char *addresses)
{
    size_t len = strcspn(addresses, ",");

    *target = (struct target){.name = calloc(1, len + 1)};
    if (target->name != NULL)
        memcpy(target->name, addresses, len);
    return addresses[len] == ',' ? addresses + len + 1 : NULL;
}

int targets_find(struct targets *targets, const struct options *options)
{
    const char *addresses = options->servers;
    uint32_t count = 1;

    for (const char *c = addresses; *c != '\0'; c++)
        count += *c == ',';
    *targets = (struct targets){.list = calloc(count, sizeof *targets->list)};
    for (const char *rest = addresses; rest != NULL && targets->list != NULL;) {
        struct target *target = &targets->list[targets->count++];
        rest = copy_name(target, rest);
        int status = target->name != NULL ? ask_server(target, options) : OPTION_USAGE;
        if (status != 0)
            return status;
    }
    return targets->list != NULL
               ? 0
               : options_fail(OPTION_USAGE, "--server", "there is no memory left");
}

void targets_free(struct targets *targets)
{
    for (uint32_t i = 0; i < targets->count; i++)
        free(targets->list[i].name);
    free(targets->list);
}
