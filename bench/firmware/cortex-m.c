/* Takes any Cortex-M from reset to squares(); keeps its clock; prints and exits by the emulator. */
#include "cortex-m.h"

#include "board.h"

#include <string.h>

enum { PAINT = 0xa5 };

/* From cortex-m.ld, as stack_top. The stack lies below all data: one that grows too far faults. */
extern unsigned char stack_low[], data_start[], data_end[], bss_start[], bss_end[];
extern const unsigned char data_image[];

static volatile int64_t now;

/* ---- semihosting: calls to the debugger, which in an emulator is the emulator --------------- */

enum { SEMIHOSTING_WRITE0 = 0x04, SEMIHOSTING_GET_CMDLINE = 0x15, SEMIHOSTING_EXIT = 0x18 };
enum { EXIT_SUCCESS = 0x20026, EXIT_FAILURE = 0x20023 };

static uintptr_t semihosting(uintptr_t operation, uintptr_t argument)
{
    register uintptr_t r0 __asm("r0") = operation;
    register uintptr_t r1 __asm("r1") = argument;

    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void board_print(const char *text)
{
    semihosting(SEMIHOSTING_WRITE0, (uintptr_t)text);
}

size_t semihosting_arguments(char *buf, size_t cap)
{
    struct {
        char *buf;
        size_t size;
    } block = {buf, cap};

    return semihosting(SEMIHOSTING_GET_CMDLINE, (uintptr_t)&block) == 0 ? block.size : 0;
}

static _Noreturn void finish(int status)
{
    for (;;)
        semihosting(SEMIHOSTING_EXIT, status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- the clock ------------------------------------------------------------------------------- */

void tick(void)
{
    now++;
}

void clock_start(uint32_t ticks_per_ms)
{
    *reg(0xe000e014) = ticks_per_ms - 1;
    *reg(0xe000e018) = 0;
    *reg(0xe000e010) = 7; /* SysTick: on, with its interrupt, by the processor's clock */
}

/* Two words, between which a tick may come. */
int64_t machine_now(void)
{
    int64_t first, second = now;

    do {
        first = second;
        second = now;
    } while (first != second);
    return second;
}

/* ---- reset ----------------------------------------------------------------------------------- */

void fault(void)
{
    board_print("squares: a processor fault\n");
    finish(1);
}

static inline unsigned char *stack_pointer(void)
{
    unsigned char *sp;

    __asm volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

static void paint_stack(void)
{
    unsigned char *end = stack_pointer();

    for (unsigned char *p = stack_low; p < end; p++)
        *(volatile unsigned char *)p = PAINT;
}

size_t board_stack_used(void)
{
    const unsigned char *p = stack_low;

    while (p < stack_top && *p == PAINT)
        p++;
    return (size_t)(stack_top - p);
}

void reset(void)
{
    paint_stack();
    memcpy(data_start, data_image, (size_t)(data_end - data_start));
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    finish(squares());
}
