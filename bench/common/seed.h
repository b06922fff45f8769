/* A seed for random numbers that differs from run to run. */
#ifndef SEED_H
#define SEED_H

#include <unistd.h>

#include "timing.h"

static inline uint32_t seed_random(void)
{
    return (uint32_t)timing_now() ^ ((uint32_t)getpid() << 16);
}

#endif
