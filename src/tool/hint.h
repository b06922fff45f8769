/* What can still be typed, as a hint after the cursor. */
#ifndef HINT_H
#define HINT_H

#include "proto.h"

enum { HINT_SIZE = 160 };

/* Writes the arguments that this command still wants; "" when nobody knows. */
void hint_of_command(struct mc_bytes line, char to[HINT_SIZE]);

/* Writes how many bytes of a value are missing, or are too many. */
void hint_of_value(struct mc_bytes value, uint32_t size, char to[HINT_SIZE]);

#endif
