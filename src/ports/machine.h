/* What the transports in this folder need from the machine: write these two functions for yours.
 * bench/firmware has them for two boards. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

/* Milliseconds since the start: the clock of all deadlines. */
int64_t machine_now(void);

/* Sleeps until something has happened, or until the next millisecond at the latest. May return at
 * once. */
void machine_wait(void);

#endif
