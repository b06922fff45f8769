/* A connection for the baseline and for the client: made alike, so that nothing else differs. */
#ifndef DIAL_H
#define DIAL_H

#include <stdbool.h>

#include "socket.h"

/* Closes the socket if it is open, and connects it. False when that fails. */
bool dial_server(struct mc_socket *socket, const char *address);

#endif
