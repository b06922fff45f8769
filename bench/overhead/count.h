/* The measurement by counting: user-space instructions (valgrind's callgrind) and system calls
 * (strace) of one operation. Each is the difference of two runs of different lengths, so that what
 * a process does but once is not in it. Counts hardly depend on what else the machine does. */
#ifndef COUNT_H
#define COUNT_H

#include <stdbool.h>

#include "clients.h"
#include "results.h"
#include "work.h"

struct count_plan {
    struct clients_programs programs;
    struct {
        const char *address; /* of a server that is filled, on the processor */
        int processor;
    } places[2];                   /* of the shorter and the longer run, which go on at once */
    char valgrind[48], strace[48]; /* what they say they are; empty: absent */
};

/* Looks for the tools. */
void count_find_tools(struct count_plan *plan);

/* Instructions of one operation; unknown when it cannot be counted. */
double count_instructions(const struct count_plan *plan, const struct clients_entry *entry,
                          const struct work *work);
double count_wire(const struct count_plan *plan, const char *wire_work);

/* System calls of one operation, and their names. */
double count_syscalls(const struct count_plan *plan, const struct clients_entry *entry,
                      const struct work *work, char *names, size_t cap);

#endif
