/* Lists and pins processors on Linux; on other systems nothing is pinned. */
#ifdef __linux__
#define _GNU_SOURCE /* sched_setaffinity and the macros of cpu_set_t */
#include <sched.h>
#endif

#include "processor.h"

#ifdef __linux__

int processor_list(int *numbers, int max)
{
    cpu_set_t set;
    int count = 0;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 0;
    for (size_t i = 0; i < CPU_SETSIZE && count < max; i++)
        if (CPU_ISSET(i, &set))
            numbers[count++] = (int)i;
    return count;
}

bool processor_pin(int number)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)number, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

#else

int processor_list(int *numbers, int max)
{
    (void)numbers;
    (void)max;
    return 0;
}

bool processor_pin(int number)
{
    (void)number;
    return false;
}

#endif
