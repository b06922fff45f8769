/* A program that is run with its standard input and output in hand, and ended with all that it has
 * started. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "buffer.h"

struct child {
    pid_t pid;            /* also of its process group */
    int to, from;         /* -1: closed */
    struct buffer output; /* what it has written, and nobody has used */
};

/* Starts it. 0, or the errno. */
int child_start(struct child *child, char **command);

/* Writes a line to it. What it does not read is lost. */
void child_write(struct child *child, const char *line);
void child_close_input(struct child *child);

/* Reads what it has written. False: that was all. */
bool child_read(struct child *child);

/* Has it ended? Then *status is its exit status, or the number of the signal that ended it. */
bool child_has_ended(const struct child *child, int *status);

/* Ends its process group, if it has not ended, and forgets it. */
void child_end(struct child *child);

#endif
