/* A socket that others connect to. */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "address.h"

enum { LISTEN_ADDRESS_MAX = MC_ADDRESS_HOST_MAX + 32 }; /* an address as text, with its NUL */

/* Listens at PORT (of 127.0.0.1; 0: any that is free), HOST:PORT, [IPV6]:PORT or unix:/PATH. Returns
 * a descriptor that does not block, or -1 with *problem set. text[0..cap): the address. */
int listen_open(const char *address, char *text, size_t cap, const char **problem);

/* Closes it, and removes the path of a Unix socket. */
void listen_close(int file, const char *text);

/* Accepts a connection: a descriptor that does not block and does not wait to fill segments; -1 with
 * errno. */
int listen_accept(int file);

/* From now on the process may have as many descriptors as the system allows it. */
void listen_raise_limit(void);

/* After a failed call on such a socket: does errno say only that it must be tried again? */
bool listen_must_wait(void);

#endif
