/* Patterns of keys. */
#ifndef GLOB_H
#define GLOB_H

#include "proto.h"

/* Does the key match the whole pattern? A star stands for any bytes and ? for one; a byte after a
 * backslash stands for itself. */
bool glob_matches(const char *pattern, struct mc_bytes key);

#endif
