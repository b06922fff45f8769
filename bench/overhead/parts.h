/* A process that tells where the time of an operation goes: see parts.c. */
#ifndef PARTS_H
#define PARTS_H

/* Obeys `open`, `work` and `parts COUNT` (see lines.h). Returns the exit status. */
int parts_main(void);

#endif
