/* An operation of the client: made from the input, and run by its function. */
#ifndef CALL_H
#define CALL_H

#include "client.h"
#include "question.h"

enum { CALL_UNSET = INT32_MIN };

/* The command, what it stores, and what became of it. */
struct call {
    struct question c;
    struct mc_bytes data;
    struct mc_op out; /* also of calls one at a time; its result is CALL_UNSET before */
    struct mc_value value;
    struct mc_meta meta;
};

/* Mostly right, with few keys. Some have no outputs; not a retrieval that may share its line. */
void call_take(struct input *in, struct call *op, bool alone);

/* Space for a value, and outputs that must not be left as they are. */
void call_take_space(struct input *in, struct call *op);

/* Calls mc_client_...(), with the deadline OTHER_DEADLINE. Returns its result. */
int call_make(struct mc_client *client, struct call *op);

#endif
