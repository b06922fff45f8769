/* What the figures were measured on, and with: the facts of a report. */
#ifndef MACHINE_H
#define MACHINE_H

#include "results.h"

/* Processor, memory, system, compiler, load, date and command line. */
void machine_note(struct results *results, int argc, char **argv);

#endif
