/* The Stellaris LM3S6965 board: a Cortex-M3 with a PL011 as its first UART. */
#include "board.h"
#include "cortex-m.h"
#include "uart.h"

enum {
    SYSTEM_RCC = 0x400fe060,   /* run-mode clock configuration */
    SYSTEM_RCGC1 = 0x400fe104, /* clock gates; bit 0: UART0 */
    UART_INTERRUPT = 5,
    UART_DR = 0x4000c000,
    UART_FR = 0x4000c018,
    UART_IBRD = 0x4000c024,
    UART_FBRD = 0x4000c028,
    UART_LCRH = 0x4000c02c,
    UART_CR = 0x4000c030,
    UART_IM = 0x4000c038,
    UART_ICR = 0x4000c044,
    TICKS_PER_MS = 50000 /* 50 MHz: the 200 MHz of the PLL divided by 4 */
};

enum { FR_RX_EMPTY = 1 << 4, FR_TX_FULL = 1 << 5, IM_RX = 1 << 4, IM_RX_TIMEOUT = 1 << 6 };

VECTORS = {VECTORS_OF_ALL, [16 + UART_INTERRUPT] = uart_interrupt};

static void uart_start(void)
{
    *reg(SYSTEM_RCGC1) |= 1;
    *reg(UART_IBRD) = 27; /* 50 MHz / (16 * 115,200 baud) = 27 + 8/64 */
    *reg(UART_FBRD) = 8;
    *reg(UART_LCRH) = 0x70; /* 8 bits, FIFO */
    *reg(UART_CR) = 0x301;
    *reg(UART_IM) = IM_RX | IM_RX_TIMEOUT;
    interrupt_enable(UART_INTERRUPT);
}

void uart_write_byte(char byte)
{
    while ((*reg(UART_FR) & FR_TX_FULL) != 0)
        continue;
    *reg(UART_DR) = (unsigned char)byte;
}

bool uart_read_byte(char *byte)
{
    *reg(UART_ICR) = IM_RX | IM_RX_TIMEOUT;
    if ((*reg(UART_FR) & FR_RX_EMPTY) != 0)
        return false;
    *byte = (char)*reg(UART_DR);
    return true;
}

int board_start(void)
{
    *reg(SYSTEM_RCC) = 3 << 23 | 1 << 22 | 0xe << 6 | 1;
    clock_start(TICKS_PER_MS);
    uart_start();
    return 0;
}
