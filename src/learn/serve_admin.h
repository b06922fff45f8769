/* What those who run a server ask the small memcached: statistics, dumps, settings. Private to
 * serve.c. */
#ifndef MC_SERVE_ADMIN_H
#define MC_SERVE_ADMIN_H

#include "serve_meta.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MC_SERVE_HEAD_START = 62 }; /* memcached's clock shows this when it starts */

/* Answers a request that is about the server and not about an item. */
void mc_serve_admin(const struct mc_serve_call *call, int event);

/* Makes the next line of the dump that the client gets, or its end. */
void mc_serve_admin_more(const struct mc_serve *serve, struct mc_serve_client *client);

/* Answers a flush_all whose delay is wrong. */
void mc_serve_admin_refuse_flush(const struct mc_serve_call *call);

/* Counts a classic request for its key's prefix, if `stats detail` is on. */
void mc_serve_admin_count(const struct mc_serve_call *call, bool hit);

#ifdef __cplusplus
}
#endif

#endif
