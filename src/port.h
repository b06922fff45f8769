/* The port through which every connection is made and moves its bytes, and the places that replies
 * are put in: what the layers of the client share. */
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

struct mc_address; /* address.h */

/* The four things that a server asks of its system. Sockets provide them (mc_socket_dialer()); so can
 * TLS, a network stack without an operating system, or a test with a clock of its own. Times are
 * milliseconds. */
struct mc_dialer {
    /* Connects to the address, and says in *transport how bytes move then. 0; or MC_E_ADDRESS,
     * MC_E_RESOLVE, MC_E_CONNECT, MC_E_TIMEOUT, MC_E_SYSTEM or MC_E_RESOURCES, and nothing is open. */
    int (*dial)(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                mc_deadline deadline);
    /* Looks at a connection on which no reply is pending, without waiting. 0; MC_E_CLOSED or
     * MC_E_SYSTEM when it has ended; MC_E_PROTOCOL when bytes have come. */
    int (*check)(void *ctx);
    /* Ends the connection. */
    void (*close)(void *ctx);
    /* The time on the clock of the deadlines, which never goes back. */
    int64_t (*now)(void *ctx);
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
