/* Asks the system for a seed. */
#include "seed.h"

#include <stdio.h>
#include <unistd.h>

#include "timing.h"

/* Where the system cannot give one, it is made of the clock and the process number. */
uint32_t seed_random(void)
{
    uint32_t seed = (uint32_t)timing_now() ^ ((uint32_t)getpid() << 16);
    FILE *source = fopen("/dev/urandom", "rb");

    if (source == NULL)
        return seed;
    uint32_t better;
    if (fread(&better, sizeof better, 1, source) == 1)
        seed = better;
    fclose(source);
    return seed;
}
