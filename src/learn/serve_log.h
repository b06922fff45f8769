/* The log of the small memcached, which clients can watch. Private to serve.c, serve_admin.c and
 * serve_meta.c. */
#ifndef MC_SERVE_LOG_H
#define MC_SERVE_LOG_H

#include "serve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the words after watch: which kinds of lines are wanted. False: one is not known. */
bool mc_serve_log_kinds(struct mc_bytes words, uint8_t *kinds);

/* Makes a client one that watches; false when there are too many already. */
bool mc_serve_log_watch(struct mc_serve *serve, struct mc_serve_client *client, uint8_t kinds);

/* Puts the next line into the client's answer; false: there is none yet. */
bool mc_serve_log_more(struct mc_serve *serve, struct mc_serve_client *client);

/* A connection has come, or is over. */
void mc_serve_log_enter(struct mc_serve *serve, const struct mc_serve_client *client);
void mc_serve_log_leave(struct mc_serve *serve, struct mc_serve_client *client);

/* The result of a store; store->item is still held. */
void mc_serve_log_store(struct mc_serve *serve, const struct mc_update_store *store,
                        enum mc_update_result result);

/* There was no item for a value, of which `total` bytes would have been needed. */
void mc_serve_log_no_item(struct mc_serve *serve, struct mc_bytes key, enum mc_update_mode mode,
                          size_t total);

#ifdef __cplusplus
}
#endif

#endif
