/* The reply to a line of several keys, for engine.c. Internal. */
#ifndef MC_KEYS_H
#define MC_KEYS_H

#include "engine.h"

/* Reads what *in has of the reply to a line of keys, whose first operation is this. */
int mc_keys_answer(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in);

#endif
