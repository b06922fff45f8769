/* A program that is told what to do, a line at a time, and answers each with a line: `ok` and what
 * was asked for, `no WHY` where there is no such thing, or `bad WHY` where it failed. It ends when
 * its input does, so also when whoever tells it is killed. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

/* What a command returns: NULL when it has printed its answer, or the answer. */
typedef const char *lines_function(void *ctx, const char *argument);

struct lines_command {
    const char *name;
    lines_function *run;
};

/* Obeys standard input until it ends. Returns the exit status. */
int lines_obey(const struct lines_command *commands, size_t count, void *ctx);

/* For a command with nothing to say but that all is well. */
extern const char lines_ok[];

#endif
