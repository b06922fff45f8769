/* Pins processors on Linux; on other systems nothing is pinned. */
#ifdef __linux__
#define _GNU_SOURCE /* sched_setaffinity and the macros of cpu_set_t */
#include <sched.h>
#endif

#include "processor.h"

#ifdef __linux__

bool processor_pin(int number)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)number, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

#else

bool processor_pin(int number)
{
    (void)number;
    return false;
}

#endif
