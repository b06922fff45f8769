/* How items change: the rules of storage commands and of arithmetic, which the classic and the meta
 * commands share. */
#ifndef MC_UPDATE_H
#define MC_UPDATE_H

#include "cache.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mc_update_mode {
    MC_UPDATE_SET,
    MC_UPDATE_ADD,
    MC_UPDATE_REPLACE,
    MC_UPDATE_APPEND,
    MC_UPDATE_PREPEND,
    MC_UPDATE_CAS
};

enum mc_update_result {
    MC_UPDATE_DONE,
    MC_UPDATE_NOT_STORED,
    MC_UPDATE_EXISTS,
    MC_UPDATE_NOT_FOUND,
    MC_UPDATE_NO_NUMBER,
    MC_UPDATE_NO_ROOM
};

/* A storage command whose value has come; item->cas is the cas unique that was asked for, or 0. */
struct mc_update_store {
    struct mc_cache_item *item;
    enum mc_update_mode mode;
    bool stale;   /* CAS: an older cas unique is stored, too, and marked as stale */
    uint64_t cas; /* out: the new cas unique */
    const struct mc_cache_item *stored; /* out: what is in the cache now, or NULL */
};

/* An incr, a decr or an ma. */
struct mc_update_delta {
    uint64_t delta;
    bool down;
    uint64_t cas;    /* the cas unique that was asked for, or 0 */
    uint64_t number; /* out: the new number */
    /* Out: the item whose members are answered; it is the caller's to release. It is no longer
     * in the cache when the number became longer. */
    struct mc_cache_item *item;
};

/* Reads a word as a number that is not negative, as strtoull() and memcached do: what is below -2^63
 * has wrapped around. */
bool mc_update_number(struct mc_bytes word, uint64_t *number);

/* memcached's time for an exptime of the protocol; started: the Unix time of its second 0. */
uint32_t mc_update_expiry(const struct mc_cache *cache, int32_t exptime, uint64_t started);

enum mc_update_result mc_update_put(struct mc_cache *cache, struct mc_update_store *store);

enum mc_update_result mc_update_add(struct mc_cache *cache, struct mc_bytes key,
                                    struct mc_update_delta *delta);

#ifdef __cplusplus
}
#endif

#endif
