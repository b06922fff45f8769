/* Time limits for what takes long in all, such as a dump: they begin again with each piece that
 * comes or goes. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include "server.h"

struct patience {
    struct mc_dialer real;
    struct mc_transport moving;
    int64_t ms;
    bool ended; /* nothing more is received: the connection is as if closed */
};

/* Gives the server this limit for each piece, around the dialer that it has. Both stay where they are. */
void patience_start(struct patience *patience, struct mc_server *server);

/* To be called before each operation: it has no limit in all. */
void patience_begin(struct mc_server *server);

#endif
