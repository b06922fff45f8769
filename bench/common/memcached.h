/* Private memcacheds: started in a folder of their own, ended and removed with the program.
 *
 * The folder lies below TMPDIR or /tmp. All is cleaned up when the program exits or is ended by
 * SIGINT, SIGTERM, SIGHUP, SIGQUIT or SIGPIPE; and by a process of its own, the keeper, when the
 * program is killed. A signal that is ignored, or that the program handles itself, is left alone. */
#ifndef MEMCACHED_H
#define MEMCACHED_H

#include <stdbool.h>

#include "processor.h"

/* What one is started with. */
struct memcached_settings {
    bool tcp;        /* it listens on a TCP port, and not on a Unix socket */
    int processor;   /* PROCESSOR_ANY, or the one that it stays on */
    char *megabytes; /* of memory */
    char *threads;   /* NULL: its default */
};

/* Starts a memcached found on PATH, and waits until it answers. Its address, valid until
 * memcached_end_all(); NULL when that fails, after a line on stderr that says why. */
const char *memcached_start(const char *program, const struct memcached_settings *settings);

/* True when a memcached, and not just anything, answers at an address in time. */
bool memcached_answers(const char *address, int timeout_ms);

/* Ends all of them and removes their folder. A signal handler may call it. */
void memcached_end_all(void);

#endif
