/* What the files of a Cortex-M board have in common: registers, interrupts, and the clock. */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stddef.h>
#include <stdint.h>

/* ---- the table of vectors, which each board defines ----------------------------------------- */

typedef void handler(void);

handler reset, fault, tick;
extern unsigned char stack_top[];

/* What the processor finds at address 0: its stack, then where it starts, faults and ticks. The
 * devices' interrupts, from 16 on, follow. */
#define VECTORS __attribute__((section(".vectors"), used)) static handler *const vectors[]
#define VECTORS_OF_ALL (handler *)stack_top, reset, fault, fault, fault, fault, fault, [15] = tick

/* ---- registers and interrupts --------------------------------------------------------------- */

/* A device's register. */
static inline volatile uint32_t *reg(uintptr_t address)
{
    return (volatile uint32_t *)address;
}

static inline void interrupts_off(void)
{
    __asm volatile("cpsid i" ::: "memory");
}

static inline void interrupts_on(void)
{
    __asm volatile("cpsie i" ::: "memory");
}

/* Sleeps until an interrupt is pending, even while interrupts are off: so one that comes between a
 * look at what it would bring and the sleep is not slept through. */
static inline void sleep_until_interrupt(void)
{
    __asm volatile("wfi" ::: "memory");
}

/* Lets this interrupt of a device through. */
static inline void interrupt_enable(unsigned number)
{
    *reg(0xe000e100 + number / 32 * 4) = 1u << number % 32;
}

/* Starts machine_now(), given the processor's speed. */
void clock_start(uint32_t ticks_per_ms);

/* The emulator's arguments for the program, with spaces between them: how many bytes; 0: none. */
size_t semihosting_arguments(char *buf, size_t cap);

#endif
