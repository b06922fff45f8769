/* Child processes: started on one processor, talked to a line at a time, never left over. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Start from {0}. */
struct child {
    pid_t pid;    /* 0: none */
    int to, from; /* its standard input and output */
    char *text;   /* what it has said */
    size_t cap, at, end;
};

/* Children are ended when this program exits, and SIGINT, SIGTERM and SIGHUP make child_hear() give
 * up, so that the program can. Call it once, first. */
void child_begin(void);

/* True when such a signal has come. */
bool child_interrupted(void);

/* Starts a program found on PATH, on a processor; its stderr is ours, or the null device. False
 * when no process can be made. One that cannot be run says nothing and ends with status 127. */
bool child_start(struct child *child, char *const argv[], int processor, bool quiet);

/* False when the child cannot be told. */
bool child_say(struct child *child, const char *format, ...);

/* The next line, without its end, valid until the next call; NULL when none comes in time, the
 * child has ended, or a signal came. */
char *child_hear(struct child *child, int timeout_ms);

/* Closes its input and waits for it, with what it may still say; kills it when the time is over.
 * The exit status, or -1. */
int child_end(struct child *child, int timeout_ms);

/* Ends it at once. */
void child_kill(struct child *child);

#endif
