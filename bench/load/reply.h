/* Matches replies with requests: a reply belongs to the oldest request of its connection, an item
 * to one of its keys, in their order. Anything else breaks the connection. */
#ifndef REPLY_H
#define REPLY_H

#include "conn.h"
#include "options.h"

struct reply_check {
    const struct options *options;
    uint32_t line_keys; /* how many keys go into one line of a get */
    struct stats *stats;
    uint64_t now_ns; /* when the bytes were received: the end of the requests that they answer */
    uint32_t done;   /* requests that were answered, well or not, since the caller set it to 0 */
    /* After false, and after error replies: what is wrong, in words. */
    enum stats_trouble trouble;
    uint32_t error_replies;
    char problem[96];
};

/* Reads the whole events at the front of *in. False when the connection is out of sync. */
bool reply_read(struct reply_check *check, struct conn *conn, struct mc_bytes *in);

/* To be called before the first request of a connection. */
void reply_expect(const struct reply_check *check, struct conn *conn);

#endif
