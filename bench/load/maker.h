/* Makes the next request by the options: a get or a set, its keys, the size of its value. */
#ifndef MAKER_H
#define MAKER_H

#include "conn.h"
#include "dist.h"
#include "options.h"

struct maker {
    const struct options *options;
    struct dist keys, sizes;
    size_t prefix_len;
    uint32_t line_keys; /* how many keys go into one line of a get */
    size_t room;        /* the most bytes that a request has */
    uint64_t mixed;     /* private: how far the mix is from its next set */
};

/* Each thread has its own stream of random numbers. */
void maker_init(struct maker *maker, const struct options *options, uint32_t thread);

/* Adds a request to those that the connection has in flight, and its bytes to *out, which has
 * maker->room left. maker_put_fill() sets the next key of --fill that is the connection's. */
void maker_put(struct maker *maker, struct conn *conn, struct mc_out *out, uint64_t start_ns);
void maker_put_fill(struct maker *maker, struct conn *conn, struct mc_out *out, uint64_t start_ns);

#endif
