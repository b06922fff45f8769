/* The replies to meta commands, for command.c. Internal. */
#ifndef MC_META_H
#define MC_META_H

#include "engine.h"

/* Reads what *in has of the reply to a meta command, or of those to a group of quiet ones. */
int mc_meta_answer(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in);

/* The length of a reply without flags at the front of b[0..e), if none were asked for; or 0. */
size_t mc_meta_usual(struct mc_op *op, const char *b, size_t e);

#endif
