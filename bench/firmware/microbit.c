/* The BBC micro:bit: a Cortex-M0 (nRF51822) with Nordic's UART. */
#include "board.h"
#include "cortex-m.h"
#include "uart.h"

enum {
    UART_INTERRUPT = 2,
    UART_STARTRX = 0x40002000,
    UART_STARTTX = 0x40002008,
    UART_RXDRDY = 0x40002108,
    UART_TXDRDY = 0x4000211c,
    UART_INTENSET = 0x40002304,
    UART_ENABLE = 0x40002500,
    UART_RXD = 0x40002518,
    UART_TXD = 0x4000251c,
    UART_BAUDRATE = 0x40002524,
    TICKS_PER_MS = 16000 /* 16 MHz */
};

VECTORS = {VECTORS_OF_ALL, [16 + UART_INTERRUPT] = uart_interrupt};

static void uart_start(void)
{
    *reg(UART_BAUDRATE) = 0x01d7e000; /* 115,200 */
    *reg(UART_ENABLE) = 4;
    *reg(UART_INTENSET) = 1 << 2; /* RXDRDY */
    *reg(UART_STARTRX) = 1;
    *reg(UART_STARTTX) = 1;
    interrupt_enable(UART_INTERRUPT);
}

void uart_write_byte(char byte)
{
    *reg(UART_TXDRDY) = 0;
    *reg(UART_TXD) = (unsigned char)byte;
    while (*reg(UART_TXDRDY) == 0)
        continue;
}

bool uart_read_byte(char *byte)
{
    if (*reg(UART_RXDRDY) == 0)
        return false;
    *reg(UART_RXDRDY) = 0;
    *byte = (char)*reg(UART_RXD);
    return true;
}

int board_start(void)
{
    clock_start(TICKS_PER_MS);
    uart_start();
    return 0;
}
