/* Numbers that the tests of a suite count together, though each runs in its own process. */
#ifndef TALLY_H
#define TALLY_H

#include <stdint.h>

enum { TALLY_SIZE = 32 }; /* a 64-bit number with its commas */

/* Makes `count` numbers, all 0, which processes that are started later share. */
uint64_t *tally_new(unsigned count);

/* The number with commas between its thousands. Returns `text`. */
const char *tally_text(uint64_t number, char text[TALLY_SIZE]);

#endif
