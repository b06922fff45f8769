/* The cache of the workload on a server. Four files define it, and a program has one of them:
 * remote_client.c over src/client.c, remote_engine.c over src/engine.c, remote_reader.c over proto/
 * alone, and remote_item.c over the smallest part of it. */
#ifndef REMOTE_H
#define REMOTE_H

#include "client.h"
#include "workload.h"

enum { REMOTE_TIMEOUT_MS = 10000 }; /* of an operation; an emulator may have to wait for its turn */

/* Once board_start() has returned 0. */
void remote_start(void);

enum workload_found remote_get(void *ctx, const char *key, size_t len,
                               struct workload_value *value);
int remote_set(void *ctx, const char *key, size_t len, const struct workload_value *value);

/* Why there are no answers any more; 0 while there are. */
int remote_failure(void);

#endif
