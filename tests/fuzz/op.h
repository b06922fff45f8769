/* An operation of the client: made from the input, and run by its function. */
#ifndef OP_H
#define OP_H

#include "command.h"
#include "pipeline.h"

enum { OP_UNSET = INT32_MIN };

/* The command, what it stores, and what became of it. */
struct op {
    struct command c;
    struct mc_bytes data;
    struct mc_pipeline_op out; /* also of calls one at a time; its result is OP_UNSET before */
};

/* Mostly right, with few keys. */
void op_take(struct input *in, struct op *op);

/* Calls mc_client_...(), with the deadline OTHER_DEADLINE. Returns its result. */
int op_call(struct mc_client *client, struct mc_pipeline_op *o);

#endif
