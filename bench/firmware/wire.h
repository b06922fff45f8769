/* One request and its reply at a time, over proto/ and a transport: what remote_reader.c and
 * remote_item.c have in common. */
#ifndef WIRE_H
#define WIRE_H

#include "client.h"

enum { WIRE_BUFFER_SIZE = 64 }; /* a request of squares, or the whole reply to a get: 34 bytes */

/* The only one. */
extern struct wire {
    struct mc_transport transport;
    mc_deadline deadline; /* of this operation */
    struct mc_bytes in;   /* what is received and not yet read: a part of buf */
    int failure;          /* 0, or why there are no answers any more */
    char buf[WIRE_BUFFER_SIZE];
} wire;

/* An empty request, in the buffer. */
struct mc_out wire_begin(void);

/* A storage command with its value. What mc_put_store() returns. */
int wire_put_set(struct mc_out *out, const struct mc_item *item);

/* Sends the request, unless r says that it was refused. */
void wire_send(int r, const struct mc_out *out);

/* Receives more, after what is there; or sets wire.failure. */
void wire_receive(void);

/* The first failure stays. A result that is no failure is an answer that nobody asked for. */
void wire_fail(int result);

#endif
