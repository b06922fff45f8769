/* An operation of the client: made from the input, and run by its function. */
#ifndef OP_H
#define OP_H

#include "client.h"
#include "command.h"

enum { OP_UNSET = INT32_MIN };

/* The command, what it stores, and what became of it. */
struct op {
    struct command c;
    struct mc_bytes data;
    struct mc_op out; /* also of calls one at a time; its result is OP_UNSET before */
    struct mc_value value;
    struct mc_meta meta;
};

/* Mostly right, with few keys. Some have no outputs; not a retrieval that may share its line. */
void op_take(struct input *in, struct op *op, bool alone);

/* Space for a value, and outputs that must not be left as they are. */
void op_take_space(struct input *in, struct op *op);

/* Calls mc_client_...(), with the deadline OTHER_DEADLINE. Returns its result. */
int op_call(struct mc_client *client, struct op *op);

#endif
