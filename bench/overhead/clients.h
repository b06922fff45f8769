/* Who takes part, and the process in which each is measured. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"
#include "tested.h"

enum { CLIENTS_ARGV_MAX = 16 };

/* One that takes part. */
struct clients_entry {
    const char *name;
    const struct tested_client *own; /* it is in this program; NULL: in another */
    const char *program; /* beside this program; python_clients.py is run by the Python given */
    const char *hint;    /* why its process may have ended without a word */
};

/* The baseline first, this project's client second. */
extern const struct clients_entry clients_table[];
extern const size_t clients_count;

/* Returns NULL if no client has this name. */
const struct clients_entry *clients_find(const char *name);

/* The programs that the command lines below are made of. */
struct clients_programs {
    const char *self; /* argv[0] */
    const char *python;
};

/* The command line of an entry's process, after `count` words that are already there. The strings
 * last until the next call. */
void clients_command(const struct clients_programs *programs, const struct clients_entry *entry,
                     char *argv[CLIENTS_ARGV_MAX], size_t count);

/* Sends a line and reads the answer: what follows `ok`, or NULL with *problem, which lasts
 * until the next line. `absent` is true when the answer is that there is no such thing. */
struct clients_answer {
    const char *text, *problem;
    bool absent;
};

struct clients_answer clients_ask(struct child *child, const char *format, ...);

/* Tells a process which work is next. */
struct clients_answer clients_set_work(struct child *child, const struct work *work);

#endif
