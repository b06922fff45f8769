/* Exports the workload's random numbers to the test of the WebAssembly module. */
#include "workload.h"

#define EXPORT __attribute__((visibility("default")))

static struct workload workload;

EXPORT void seed(uint32_t value)
{
    workload.domain = WORKLOAD_DOMAIN;
    workload_seed(&workload, value);
}

EXPORT uint32_t draw(void)
{
    return workload_draw(&workload);
}
