/* The exit statuses of mcwire: what each result of the library becomes, and which of two is worse. */
#ifndef STATUS_H
#define STATUS_H

#include <string.h>

#include "proto.h"

enum status {
    STATUS_OK = 0,           /* done, found, stored */
    STATUS_NO = 1,           /* the server said no: a miss, NOT_STORED, EXISTS, NOT_FOUND */
    STATUS_USAGE = 2,        /* usage; a key that cannot be sent */
    STATUS_REFUSED = 65,     /* CLIENT_ERROR, ERROR, an item that is too large */
    STATUS_NO_SERVER = 69,   /* not resolved, not connected, closed */
    STATUS_UNKNOWN = 74,     /* a write was sent and nobody knows what became of it */
    STATUS_OUTPUT = 74,      /* output was not written */
    STATUS_AGAIN = 75,       /* deadline, SERVER_ERROR, BUSY */
    STATUS_PROTOCOL = 76,    /* what came is not a memcached reply */
    STATUS_LOGIN = 77,       /* user or password refused */
    STATUS_INTERRUPTED = 130 /* Ctrl-C */
};

static inline bool status_starts_with(struct mc_bytes text, struct mc_bytes start)
{
    return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

/* Are these the words of a CLIENT_ERROR with which memcached -Y asks for a login? To a get, to a set,
 * and to a set that looks like a login. */
static inline bool status_wants_login(struct mc_bytes text)
{
    return status_starts_with(text, MC_BYTES("unauthenticated")) ||
           status_starts_with(text, MC_BYTES("bad authentication token")) ||
           status_starts_with(text, MC_BYTES("authentication failure"));
}

/* text: the words of an error reply. MC_END is a miss. */
enum status status_of(int result, struct mc_bytes text);

/* 130 2 76 77 74 69 75 65 1 0: the one that stands first. */
enum status status_worse(enum status a, enum status b);

#endif
