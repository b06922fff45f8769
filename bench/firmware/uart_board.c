/* What the two boards with a UART have in common: their sleep, and their way to the server. */
#include "board.h"
#include "cortex-m.h"
#include "uart.h"

void machine_wait(void)
{
    interrupts_off();
    if (!uart_has_input())
        sleep_until_interrupt();
    interrupts_on();
}

struct mc_transport board_transport(void)
{
    return uart_transport();
}
