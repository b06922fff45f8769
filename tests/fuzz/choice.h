/* The arguments of a client's operations, made from the input. */
#ifndef CHOICE_H
#define CHOICE_H

#include "question.h"
#include "port.h"

/* One of few, mostly. */
struct mc_bytes choice_key(struct input *in);

/* A value to store. */
struct mc_bytes choice_data(struct input *in);

/* The flags of a meta command. */
void choice_flags(struct input *in, struct question *c);

/* Where a value goes. */
void choice_space(struct input *in, struct mc_value *value);

#endif
