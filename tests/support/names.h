/* Host names whose addresses a test chooses. Programs with names.c are linked with
 * -Wl,--wrap=getaddrinfo,--wrap=freeaddrinfo. */
#ifndef NAMES_H
#define NAMES_H

#include "peer.h"

#define NAMES_NAME "name.of.the.test" /* this one; all others are really resolved */

/* What it resolves to from now on: the addresses added since the last names_clear(), in order. */
void names_clear(void);
void names_add(enum peer_family family, const char port[6]);

/* How often it has been resolved. */
unsigned names_asked(void);

/* How many lists of addresses, of whatever name, have been handed out and not freed. */
unsigned names_held(void);

#endif
