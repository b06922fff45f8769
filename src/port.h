/* What the client's layers share: the I/O functions that you supply, and structs for replies. */
#ifndef MC_PORT_H
#define MC_PORT_H

#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A point in time, in milliseconds on the clock that the I/O functions use. */
typedef int64_t mc_deadline;
#define MC_NEVER INT64_MAX

/* I/O functions. Each moves at least one byte, waits at most until the deadline, and returns the
 * number of bytes moved or an error: MC_E_TIMEOUT, MC_E_CLOSED, MC_E_SYSTEM or MC_E_RESOURCES. If a
 * send need not wait, it may skip checking the clock. A receive must not return bytes that it got
 * after the deadline. */
struct mc_transport {
    ptrdiff_t (*send)(void *ctx, const struct mc_bytes *parts, size_t count, mc_deadline deadline);
    ptrdiff_t (*recv)(void *ctx, void *buf, size_t cap, mc_deadline deadline);
    void *ctx;
};

struct mc_address; /* address.h */

/* The four functions that struct mc_server calls. mc_socket_dialer() supplies them for sockets; you
 * can supply them for TLS, for a network stack without an operating system, or for a test with a
 * simulated clock. */
struct mc_dialer {
    /* Connects to the address, and sets *transport to the functions for the connection. Returns 0.
     * On failure nothing stays open, and the result is MC_E_ADDRESS, MC_E_RESOLVE, MC_E_CONNECT,
     * MC_E_TIMEOUT, MC_E_SYSTEM or MC_E_RESOURCES. */
    int (*dial)(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                mc_deadline deadline);
    /* Checks, without waiting, a connection on which no reply is pending. Returns 0 if it is good,
     * MC_E_CLOSED or MC_E_SYSTEM if it has ended, MC_E_PROTOCOL if bytes have arrived. */
    int (*check)(void *ctx);
    /* Closes the connection. */
    void (*close)(void *ctx);
    /* Returns the time in milliseconds on the clock of the deadlines, which never goes back. */
    int64_t (*now)(void *ctx);
    void *ctx;
};

/* A buffer for a value, and what else the reply contains. */
struct mc_value {
    void *buf; /* set by the caller, with its size in cap */
    size_t cap;
    size_t len;   /* of the value; with MC_E_FULL, the size that buf needs */
    int result;   /* of mc_client_get_many(): MC_HIT, MC_MISS, MC_E_FULL or another error */
    uint64_t cas; /* of gets and gats */
    uint64_t flags;
};

/* The flags of a meta reply. A member is zero if the reply does not have its flag. */
struct mc_meta {
    uint64_t cas;         /* c */
    uint64_t number;      /* ma with v: the new value */
    uint64_t flags;       /* f */
    uint32_t size;        /* s, bytes */
    uint32_t last_access; /* l, seconds ago */
    int32_t ttl;          /* t, seconds; -1 never expires */
    bool hit_before;      /* h */
    bool won;             /* W: this client should recache the item */
    bool stale;           /* X: the item is marked as stale */
    bool already_won;     /* Z: another client already won */
};

#ifdef __cplusplus
}
#endif

#endif
