/* A buffer that ends at a page that nobody may touch: one byte too far ends the test. */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>

/* Makes a buffer of at least `size` bytes and returns its end. */
char *guard_make(size_t size);

#endif
