/* Makes the next request by the options: a get or a set, its keys, the size of its value. */
#ifndef MAKER_H
#define MAKER_H

#include "conn.h"
#include "dist.h"
#include "options.h"

struct maker {
    const struct options *options;
    struct conn_shape shape; /* of the connections that it makes requests for */
    struct dist keys, sizes;
    struct mc_command get_command; /* get, with a line for each operation */
    struct mc_op get, set;         /* what all operations of a kind have in common */
    uint64_t mixed;                /* private: how far the mix is from its next set */
};

/* Each thread has its own stream of random numbers. The values of gets go to the sink; NULL: nobody
 * wants them. The maker stays where it is. */
void maker_init(struct maker *maker, const struct options *options, uint32_t thread,
                struct mc_sink *sink);

/* Adds a request to those that the connection has in flight, and gives its operations to the engine.
 * maker_fill() sets the next key of --fill that is the connection's. */
void maker_add(struct maker *maker, struct conn *conn, uint64_t start_ns);
void maker_fill(struct maker *maker, struct conn *conn, uint64_t start_ns);

#endif
