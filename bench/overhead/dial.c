/* Connects a socket to an address. */
#include "dial.h"

#include "server.h"

enum { CONNECT_MS = 2000 };

bool dial_server(struct mc_socket *socket, const char *address)
{
    struct mc_server server; /* for its reading of addresses */
    char buf[MC_LINE_MAX];
    mc_deadline deadline = mc_socket_deadline(CONNECT_MS);

    mc_socket_close(socket);
    if (mc_server_init(&server, address, buf, sizeof buf) != 0)
        return false;
    if (server.port[0] == '\0')
        return mc_socket_connect_unix(socket, server.host, deadline) == 0;
    return mc_socket_connect(socket, server.host, server.port, deadline) == 0;
}
