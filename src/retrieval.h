/* The replies to a line of one key, for command.c. Internal. */
#ifndef MC_RETRIEVAL_H
#define MC_RETRIEVAL_H

#include "engine.h"

/* Reads what *in has of the reply to a single key. */
int mc_retrieval_answer(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in);

/* The length of the usual reply at the front of b[0..e), or 0. */
size_t mc_retrieval_usual(struct mc_op *op, const char *b, size_t e);
size_t mc_retrieval_usual_cas(struct mc_op *op, const char *b, size_t e);

#endif
