/* A host name whose addresses a test chooses. Programs with names.c are linked with
 * -Wl,--wrap=getaddrinfo,--wrap=freeaddrinfo. */
#ifndef NAMES_H
#define NAMES_H

#include "peer.h"

#define NAMES_NAME "name.of.the.test" /* this one; all others are resolved as usual */

/* The name resolves to the addresses that were added since the last names_clear(), in order. */
void names_clear(void);
void names_add(enum peer_family family, const char port[6]);

/* How often the name was resolved. */
unsigned names_asked(void);

/* How many lists of addresses, for any name, were returned and not freed. */
unsigned names_held(void);

#endif
