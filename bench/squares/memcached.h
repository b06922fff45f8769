/* A private memcached: started in a folder of its own, ended and removed with the program.
 *
 * The folder lies below TMPDIR or /tmp. All is cleaned up when the program exits or is ended by
 * SIGINT, SIGTERM, SIGHUP, SIGQUIT or SIGPIPE; and by a process of its own, the keeper, when the
 * program is killed. A signal that is ignored, or that the program handles itself, is left alone. */
#ifndef MEMCACHED_H
#define MEMCACHED_H

#include <stdbool.h>

/* Starts a memcached found on PATH, once, and waits until it answers. Its address, valid until
 * memcached_end(); NULL when that fails, after a line on stderr that says why. */
const char *memcached_start(void);

/* True when a memcached, and not just anything, answers at an address in time. */
bool memcached_answers(const char *address, int timeout_ms);

/* Ends it and removes its folder. A signal handler may call it. */
void memcached_end(void);

#endif
