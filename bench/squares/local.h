/* Which memcached squares uses; and a private one, started when there is none. */
#ifndef LOCAL_H
#define LOCAL_H

#include <stdbool.h>

/* The answer. The strings are static or the environment's, and last as long as the program. */
struct local_server {
    const char *address; /* NULL: there is none, and a line on stderr has said so */
    const char *source;  /* what it came from, to name in a message: "--server", ... */
    bool own;            /* a private memcached, empty */
};

/* The server to use: `wanted`, unless NULL; a private one, if `own_wanted`; the first entry of the
 * environment's MEMCACHED_SERVERS (between commas or white space); 127.0.0.1:11211, if a memcached
 * answers there; otherwise a private one.
 *
 * A private server is a memcached found on PATH that listens on a Unix socket in a folder of its
 * own below TMPDIR or /tmp. It is ended and its folder removed when the program exits or is ended
 * by SIGINT, SIGTERM, SIGHUP, SIGQUIT or SIGPIPE. Call this once. */
struct local_server local_find(const char *wanted, bool own_wanted);

#endif
