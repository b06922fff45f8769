/* A seed for random numbers that differs from run to run. */
#ifndef SEED_H
#define SEED_H

#include <stdint.h>

uint32_t seed_random(void);

#endif
