/* Connects to a server by its address. */
#include "connect.h"

#include "address.h"

enum { CONNECT_MS = 2000 };

bool connect_to(struct mc_socket *socket, const char *address)
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
