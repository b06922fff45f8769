/* What parts.c looks into: the connection of mcwire_client in its process. */
#ifndef MCWIRE_H
#define MCWIRE_H

#include "client.h"

struct mc_client *mcwire_connection(void);

/* True for an address in the connection's buffer, false in a value's place. */
bool mcwire_is_buffer(const void *at);

#endif
