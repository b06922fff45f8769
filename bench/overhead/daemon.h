/* The private memcacheds: for each processor one on a Unix socket and one on a TCP port, because a
 * memcached does not listen on both. */
#ifndef DAEMON_H
#define DAEMON_H

#include <stdbool.h>

#include "socket.h"

enum daemon_transport { DAEMON_TCP, DAEMON_UNIX };

const char *daemon_transport_name(enum daemon_transport transport);

/* The address of a server on this processor, started and filled with the works' values when it is
 * first asked for; NULL when there is none to be had, and a line on stderr has said why. */
const char *daemon_address(enum daemon_transport transport, int processor);

/* Connects a socket, closing it first if it is open: alike for the baseline and for the client.
 * False when that fails. */
bool daemon_connect(struct mc_socket *socket, const char *address);

/* The version that a server says it is; "" when it does not. */
const char *daemon_version(const char *address);

/* True when a server holds the first value of a work, as it does after a set; it is deleted. */
struct work;
bool daemon_took(const char *address, const struct work *work);

#endif
