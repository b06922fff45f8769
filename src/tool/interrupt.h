/* Ctrl-C, for commands that have something to say before they end. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* From now on Ctrl-C only ends system calls that wait, and is remembered. */
void interrupt_catch(void);

bool interrupt_came(void);

#endif
