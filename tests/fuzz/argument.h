/* The arguments of a client's operations, made from the input. */
#ifndef ARGUMENT_H
#define ARGUMENT_H

#include "command.h"
#include "port.h"

/* One of few, mostly. */
struct mc_bytes argument_key(struct input *in);

/* A value to store. */
struct mc_bytes argument_data(struct input *in);

/* The flags of a meta command. */
void argument_flags(struct input *in, struct command *c);

/* Where a value goes. */
void argument_space(struct input *in, struct mc_value *value);

#endif
