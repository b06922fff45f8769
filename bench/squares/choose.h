/* Which memcached squares uses. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include <stdbool.h>

/* The answer. The strings last as long as the program. */
struct choose_server {
    const char *address; /* NULL: there is none, as a line on stderr has said */
    const char *source;  /* what it came from, to name in a message: "--server", ... */
    bool own;            /* a private memcached, empty */
};

/* The server to use: `wanted`, unless NULL; a private one, if `own_wanted`; the first entry of the
 * environment's MEMCACHED_SERVERS (between commas or white space); 127.0.0.1:11211, if a memcached
 * answers there; otherwise a private one. */
struct choose_server choose_server(const char *wanted, bool own_wanted);

#endif
