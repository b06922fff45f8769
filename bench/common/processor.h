/* How a process stays on one processor. */
#ifndef PROCESSOR_H
#define PROCESSOR_H

#include <stdbool.h>

enum { PROCESSOR_ANY = -1 }; /* not pinned */

/* Keeps this process, and what it starts, on a processor. False when that cannot be done. */
bool processor_pin(int number);

#endif
