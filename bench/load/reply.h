/* Counts what became of the requests: hits, misses and errors when the engine is done with their
 * operations, wrong values as these pass; and goes on with those of two operations. */
#ifndef REPLY_H
#define REPLY_H

#include "conn.h"
#include "options.h"

struct reply_check {
    struct mc_sink sink;      /* checks the values of conn; the first member */
    struct conn *conn;        /* the connection whose bytes are being read, */
    struct mc_bytes received; /* and these bytes */
    const struct options *options;
    struct stats *stats;
    struct stats_of_server *servers; /* NULL: there is one, and it is not counted twice */
    uint64_t now_ns; /* when the bytes were received: the end of the requests that they answer */
    uint32_t done;   /* requests that were answered, well or not, since the caller set it to 0 */
    /* After false, and after error replies: what is wrong, in words. */
    enum stats_trouble trouble;
    uint32_t error_replies;
    char problem[192];
};

void reply_init(struct reply_check *check, const struct options *options, struct stats *stats);

/* Looks at what the engine of a connection is done with. False when the connection is of no more
 * use. */
bool reply_collect(struct reply_check *check, struct conn *conn);

#endif
