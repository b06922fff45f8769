/* What comes in, matched with what was asked: each answer belongs to the oldest request of its
 * connection, an item to one of its keys, in their order. Anything else breaks the connection. */
#ifndef LOAD_REPLY_H
#define LOAD_REPLY_H

#include "conn.h"
#include "options.h"

struct load_check {
    const struct load_options *options;
    uint32_t line_keys; /* as many keys go into one line of a get */
    struct load_stats *stats;
    uint64_t now_ns; /* when the bytes were received: the end of the requests that they answer */
    uint32_t done;   /* requests that were answered, well or not, since the caller set it to 0 */
    /* After false, and after error replies (`said`): what is wrong, in words. */
    enum load_trouble trouble;
    uint32_t said;
    char problem[96];
};

/* Takes whole events off the front of *in. False when the connection is out of step. */
bool load_reply_read(struct load_check *check, struct load_conn *conn, struct mc_bytes *in);

/* Before the first request of a connection, and of each one after another. */
void load_reply_expect(const struct load_check *check, struct load_conn *conn);

#endif
