/* The fields of an event, in a line of text. */
#ifndef FIELD_H
#define FIELD_H

#include "proto.h"
#include "text.h"

/* Adds " label=" and the bytes, unless there are none; the number, unless it is 0 and not always to
 * be there. */
void field_slice(struct text *text, const char *label, struct mc_bytes slice);
void field_number(struct text *text, const char *label, uint64_t number, bool always);

#endif
