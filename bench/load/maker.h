/* Makes the next request by the options: of which kind, its keys, the size of its value. */
#ifndef MAKER_H
#define MAKER_H

#include "conn.h"
#include "dist.h"
#include "options.h"

enum { MAKER_FLAGS = 5 };

/* What all operations of a kind have in common. */
struct maker_kind {
    struct mc_op op;
    struct mc_command command; /* with a line for each operation */
    struct mc_flag flags[MAKER_FLAGS];
    int64_t weight, credit; /* credit: how near it is to its turn */
};

struct maker {
    const struct options *options;
    struct conn_shape shape; /* of the connections that it makes requests for */
    struct dist keys, sizes;
    const struct sizes *key_sizes; /* NULL: none */
    struct maker_kind kinds[STATS_KINDS];
    enum stats_kind used[STATS_KINDS]; /* those with a weight */
    uint32_t used_count;
    int64_t weights; /* the sum */
};

/* Each thread has its own stream of random numbers. The values of gets go to the sink; without
 * --verify those alone that a cas needs. The maker stays where it is. */
void maker_init(struct maker *maker, const struct options *options, uint32_t thread,
                struct mc_sink *sink);

/* Adds a request to those that the connection has in flight, and gives its operations to the engine.
 * maker_fill() sets the next key of --fill that is the connection's. */
void maker_add(struct maker *maker, struct conn *conn, uint64_t start_ns);
void maker_fill(struct maker *maker, struct conn *conn, uint64_t start_ns);

#endif
