/* System calls that fail when a test wants them to. Programs with faults.c are linked with
 * -Wl,--wrap= of each call in faults_names. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum faults_call {
    FAULTS_SOCKET,
    FAULTS_FCNTL,
    FAULTS_SETSOCKOPT,
    FAULTS_GETSOCKOPT,
    FAULTS_GETPEERNAME,
    FAULTS_CONNECT,
    FAULTS_GETADDRINFO,
    FAULTS_SEND,
    FAULTS_SENDMSG,
    FAULTS_RECV,
    FAULTS_POLL,
    FAULTS_CLOSE,
    FAULTS_CALLS
};

enum { FAULTS_SEEN_MAX = 4096, FAULTS_LAST = 9999 };

/* Which calls fail. {.at = -1}: none. */
struct faults_plan {
    int at;          /* the call that fails, counted from 0 */
    bool on;         /* and each later call of the same function */
    int error;       /* with this errno, or getaddrinfo's code; 0: recv and poll return 0 */
    size_t cap;      /* the most bytes that a send or a receive moves; 0: all */
    int every;       /* every n-th send and receive fails ... */
    int every_error; /* ... with this errno */
    bool waits;      /* connect and poll are counted, too */
    int64_t slow_ms; /* a receive returns no earlier than this, on the monotonic clock */
};

/* What has happened since faults_begin(). */
struct faults_seen {
    int calls, hits, bent; /* all calls; failed by `at`; failed by `every` or cut by `cap` */
    unsigned char call[FAULTS_SEEN_MAX]; /* which function each was: enum faults_call */
    int opened, closed;                  /* descriptors */
};

extern const char *const faults_names[FAULTS_CALLS];

/* The errors that a call's manual page names (and 0, where that is one), ended by FAULTS_LAST. */
extern const int *const faults_errors[FAULTS_CALLS];

/* Between these two calls, the system calls of this thread follow the plan. */
void faults_begin(const struct faults_plan *plan);
const struct faults_seen *faults_end(void);

#endif
