/* The processors that this process may use, and how it stays on one of them. */
#ifndef PROCESSOR_H
#define PROCESSOR_H

#include <stdbool.h>

enum { PROCESSOR_ANY = -1 }; /* not pinned */

/* Fills the numbers of the allowed processors, in order; returns how many, at most max. 0 where the
 * system cannot say. */
int processor_list(int *numbers, int max);

/* Keeps this process, and what it starts, on a processor. False when that cannot be done. */
bool processor_pin(int number);

#endif
