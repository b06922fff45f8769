/* Values that a user gives: as an argument, in a file, or on standard input. */
#ifndef INPUT_H
#define INPUT_H

#include "buffer.h"
#include "session.h"

/* Reads what `text` stands for: standard input for "-", a file for "@FILE", otherwise itself; with
 * literal, always itself. 0, or -1 after a message. */
int input_read(struct session *session, const char *text, bool literal, struct buffer *value);

#endif
