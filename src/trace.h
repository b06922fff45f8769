/* A trace: shows what passes on a connection, but not the passwords. */
#ifndef MC_TRACE_H
#define MC_TRACE_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mc_trace_way { MC_TRACE_SENT, MC_TRACE_RECEIVED };

/* A trace of one connection; start from {0}, then set the members above the line. With a client,
 * use mc_trace_transport(); with a server, mc_trace_dialer(); with an engine whose bytes you move
 * yourself, call mc_trace_begin(), and mc_trace_sent() and mc_trace_received() as the bytes pass.
 *
 * Logins are hidden. A login is a `set` like any other, so before the server's first reply other
 * than an error, each `set` may be one: its value is shown as asterisks, as many as it has bytes.
 * After that reply the connection is logged in, or the server asks for no login. Until then, all
 * that follows a command with a value whose size cannot be read, or another one than `set`, is
 * hidden, too: a server that asks for a login reads such a value as commands. */
struct mc_trace {
    /* Called for each piece that has passed: what one call of the transport moved, cut where its
     * slices are and where something is hidden. The bytes are borrowed for the call. */
    void (*show)(void *ctx, enum mc_trace_way way, struct mc_bytes piece);
    void *ctx;
    bool no_login; /* this connection has no login: hide nothing */
    /* ---- private ---- */
    struct mc_transport transport; /* those below */
    struct mc_dialer dialer;
    bool open;        /* a reply has come that is not an error: nothing more is hidden */
    uint8_t sending;  /* what the next byte that is sent belongs to */
    bool in_word;     /* of a line that is sent: within a word; */
    uint8_t words;    /* how many words have begun; */
    uint8_t name_len; /* the first one */
    char name[8];
    uint32_t size; /* of the value: as the line says, then what is left of it */
    bool has_size;
    uint8_t reply_len; /* the first bytes of a line that is received */
    char reply[12];
};

/* A new connection begins. */
void mc_trace_begin(struct mc_trace *trace);

/* The first `bytes` bytes of these slices have been sent. */
void mc_trace_sent(struct mc_trace *trace, const struct mc_bytes *parts, size_t count,
                   size_t bytes);

/* These bytes have been received. */
void mc_trace_received(struct mc_trace *trace, struct mc_bytes piece);

/* Returns a transport that does what `transport`, a new connection, does, and shows what passes.
 * The trace has to stay where it is while the transport is in use. */
struct mc_transport mc_trace_transport(struct mc_trace *trace, struct mc_transport transport);

/* Returns a dialer that does what `dialer` does, and traces each connection. The trace has to stay
 * where it is while the dialer is in use. */
struct mc_dialer mc_trace_dialer(struct mc_trace *trace, struct mc_dialer dialer);

#ifdef __cplusplus
}
#endif

#endif
