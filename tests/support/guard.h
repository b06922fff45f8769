/* A buffer that ends where a page begins that nobody may touch: a byte too many ends the test. */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>

/* Makes one of at least `size` bytes. Returns its end. */
char *guard_make(size_t size);

#endif
