/* A command is put, and the reader of requests has to read back what was put. */
#ifndef READBACK_H
#define READBACK_H

#include "question.h"

/* Puts the command and a value, and reads both in pieces of so many bytes (0: whole). Returns what
 * is not the same ("key"); NULL when all is, or when the command is not one that can be put. */
const char *readback(const struct question *c, size_t piece);

/* True when the last command was one that can be put. */
bool readback_was_put(void);

#endif
