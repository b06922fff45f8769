/* A memcached for one test, without privileges: it is started with options, killed, stopped, and
 * started again. A keeper, a process between the test and the server, ends the server and removes
 * its folder when the test ends, in whatever way. */
#ifndef LIVE_H
#define LIVE_H

#include "folder.h"

#include <stdbool.h>
#include <sys/types.h>

enum live_kind { LIVE_UNIX, LIVE_TCP, LIVE_KINDS };

/* The members above the line may be read. */
struct live {
    char address[112]; /* as mc_server_init() takes it */
    char path[104];    /* LIVE_UNIX */
    char port[6];      /* LIVE_TCP: of 127.0.0.1 */
    pid_t pid;         /* the server's */
    /* ---- */
    enum live_kind kind;
    char folder[FOLDER_SIZE], options[160];
    pid_t keeper;
    int control;
};

/* Starts a server and waits until it takes connections; fails the test when it does not. The
 * options are words with spaces between them, or "". `users`, unless NULL, is the content of the
 * file for -Y. */
void live_start(struct live *live, enum live_kind kind, const char *options, const char *users);

/* What the memcached of these tests says of its version, such as "1.6.18"; "" when it cannot be run. */
const char *live_version(void);

/* Does it have this option, such as "-Z"? What it was built without is not in its help. */
bool live_has_option(const char *option);

/* Kills the server, and starts it again at the same address. */
void live_kill(struct live *live);
void live_again(struct live *live);

/* Stops the server, so that it does not even close a connection, and lets it run again. */
void live_stop(const struct live *live);
void live_go_on(const struct live *live);

/* Ends the server and removes its folder. */
void live_end(struct live *live);

#endif
