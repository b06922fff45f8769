/* The ending of a noun after a number. */
#ifndef PLURAL_H
#define PLURAL_H

#include <stdint.h>

static inline const char *plural_s(uint64_t count)
{
    return count == 1 ? "" : "s";
}

#endif
