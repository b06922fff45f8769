/* The LM3S6965 board with its network. The server's port on 10.0.2.2, which is the machine that the
 * emulator runs on, is the program's argument. */
#include "board.h"

#include "cortex-m.h"
#include "decimal.h"
#include "ethernet.h"
#include "lwip.h"

enum {
    SYSTEM_RCC = 0x400fe060,   /* run-mode clock configuration */
    SYSTEM_RCGC2 = 0x400fe108, /* clock gates; bits 28 and 30: Ethernet */
    ETHERNET_INTERRUPT = 42,
    TICKS_PER_MS = 50000, /* 50 MHz: the 200 MHz of the PLL divided by 4 */
    CONNECT_MS = 10000
};

VECTORS = {VECTORS_OF_ALL, [16 + ETHERNET_INTERRUPT] = ethernet_interrupt};

/* The last of the emulator's arguments; 0 when it is no port. */
static uint16_t port_argument(void)
{
    char text[64];
    size_t size = semihosting_arguments(text, sizeof text), start = size;
    uint64_t port;

    while (start > 0 && text[start - 1] != ' ')
        start--;
    return mc_decimal_read(text, start, size, UINT16_MAX, &port) ? (uint16_t)port : 0;
}

int board_start(void)
{
    ip_addr_t server;

    *reg(SYSTEM_RCC) = 3 << 23 | 1 << 22 | 0xe << 6 | 1;
    *reg(SYSTEM_RCGC2) |= 1u << 28 | 1u << 30;
    clock_start(TICKS_PER_MS);
    interrupt_enable(ETHERNET_INTERRUPT);
    ethernet_start();
    IP_ADDR4(&server, 10, 0, 2, 2);
    return lwip_connect_server(&server, port_argument(), machine_now() + CONNECT_MS);
}

void machine_wait(void)
{
    ethernet_wait();
    ethernet_poll();
}

struct mc_transport board_transport(void)
{
    return lwip_transport();
}
