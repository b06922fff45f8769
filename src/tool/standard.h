/* The three descriptors that every program expects to be open. */
#ifndef STANDARD_H
#define STANDARD_H

/* Opens those of stdin, stdout and stderr that the caller of the program has closed, so that no
 * connection gets the number of one, and with it what is printed. Reading and writing them still
 * fails. 0, or -1 with errno. */
int standard_open(void);

#endif
