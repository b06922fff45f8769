/* How the baseline and this project's client connect. */
#ifndef CONNECT_H
#define CONNECT_H

#include <stdbool.h>

#include "socket.h"

/* Connects a socket, closing it first if it is open. False when that fails. */
bool connect_to(struct mc_socket *socket, const char *address);

#endif
