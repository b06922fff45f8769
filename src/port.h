/* The port through which every connection moves its bytes, and the places that replies are put in:
 * what the client and the engine share. */
#ifndef MC_PORT_H
#define MC_PORT_H

#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A point in time: milliseconds on the transport's clock. */
typedef int64_t mc_deadline;
#define MC_NEVER INT64_MAX

/* The port: how bytes move. Each moves at least one byte and returns how many, waiting no longer
 * than to the deadline, or says why not: MC_E_TIMEOUT, MC_E_CLOSED or MC_E_SYSTEM. What can be sent
 * at once may be sent without a look at the clock; received is nothing any more once the deadline
 * is past. */
struct mc_transport {
    ptrdiff_t (*send)(void *ctx, const struct mc_bytes *parts, size_t count, mc_deadline deadline);
    ptrdiff_t (*recv)(void *ctx, void *buf, size_t cap, mc_deadline deadline);
    void *ctx;
};

/* Where a value goes, and what came with it. */
struct mc_value {
    void *buf; /* the caller's */
    size_t cap;
    size_t len;   /* of the value; with MC_E_FULL, the bytes that buf should have had */
    uint64_t cas; /* gets, gats */
    uint64_t flags;
    int result; /* mc_client_get_many: MC_HIT, MC_MISS, MC_E_FULL or why it is not known */
};

/* What the flags of a meta reply said; members whose flag was not asked for are zero. */
struct mc_meta {
    uint64_t cas;         /* c */
    uint64_t number;      /* ma with v: the new value */
    uint64_t flags;       /* f */
    uint32_t size;        /* s, bytes */
    uint32_t last_access; /* l, seconds ago */
    int32_t ttl;          /* t, seconds; -1 never expires */
    bool hit_before;      /* h */
    bool won;             /* W: this client is to fill the item anew */
    bool stale;           /* X */
    bool already_won;     /* Z: another client has been told so */
};

#ifdef __cplusplus
}
#endif

#endif
