/* Ctrl-C, for commands that have something to say before they end. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/* From now on Ctrl-C only ends system calls that wait, and is remembered. */
void interrupt_catch(void);

/* The same, and for SIGTERM and SIGHUP as well, with a descriptor that can be read when one of them has
 * come; -1 with errno. */
int interrupt_file(void);

/* Has it come? */
bool interrupt_came(void);

enum interrupt_ready { INTERRUPT_FIRST = 1, INTERRUPT_SECOND = 2, INTERRUPT_CAME = 4 };

/* Waits until one of two descriptors can be read (-1: there is none), Ctrl-C is pressed, which is then
 * forgotten, or `ms` have passed (-1: no limit). Ctrl-C just before the wait ends it, too. Returns
 * enum interrupt_ready, 0 when the time is over, or -1 with errno. */
int interrupt_wait(int first, int second, int64_t ms);

#endif
