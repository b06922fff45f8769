/* Who takes part, and the process in which each is measured. */
#ifndef ROSTER_H
#define ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"
#include "contestant.h"

enum { ROSTER_ARGV_MAX = 16 };

/* One that takes part. */
struct roster_entry {
    const char *name;
    const struct contestant *own; /* it is in this program; NULL: in another */
    const char *program;          /* beside this program; rivals.py is run by the Python given */
    const char *hint;             /* why its process may have ended without a word */
};

/* The floor first, this project's client second. */
extern const struct roster_entry roster_table[];
extern const size_t roster_count;

/* NULL when there is none of this name. */
const struct roster_entry *roster_find(const char *name);

/* The programs that the command lines below are made of. */
struct roster_programs {
    const char *self; /* argv[0] */
    const char *python;
};

/* The command line of an entry's process, behind `count` words that are there already. The strings
 * last until the next call. */
void roster_command(const struct roster_programs *programs, const struct roster_entry *entry,
                    char *argv[ROSTER_ARGV_MAX], size_t count);

/* Sends a line and takes the answer: what stands behind `ok`, or NULL with *problem, which lasts
 * until the next line. `absent` is true when the answer is that there is no such thing. */
struct roster_answer {
    const char *text, *problem;
    bool absent;
};

struct roster_answer roster_ask(struct child *child, const char *format, ...);

/* Tells a process which work is next. */
struct roster_answer roster_set_work(struct child *child, const struct work *work);

#endif
