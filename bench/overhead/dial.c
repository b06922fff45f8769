/* Connects a socket to an address. */
#include "dial.h"

#include "address.h"

enum { CONNECT_MS = 2000 };

bool dial_server(struct mc_socket *socket, const char *text)
{
    struct address address;
    mc_deadline deadline = mc_socket_deadline(CONNECT_MS);

    mc_socket_close(socket);
    if (!address_read(&address, text))
        return false;
    if (address.port[0] == '\0')
        return mc_socket_connect_unix(socket, address.host, deadline) == 0;
    return mc_socket_connect(socket, address.host, address.port, deadline) == 0;
}
