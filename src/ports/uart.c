/* The bytes that a UART receives, kept from its interrupt until they are read. */
#include "uart.h"

#include "board.h"
#include "cortex-m.h"

#include <stdint.h>

enum { RING_SIZE = 64 }; /* a power of two, and at least a reply of squares: 34 bytes */

/* The interrupt writes and moves only `written`, the program reads and moves only `taken`. */
static struct {
    volatile uint32_t written, taken;
    volatile char bytes[RING_SIZE];
} ring;

/* A byte for which there is no room is lost; the client will notice, and give the connection up. */
void uart_interrupt(void)
{
    char byte;

    while (uart_take(&byte)) {
        if (ring.written - ring.taken == RING_SIZE)
            continue;
        ring.bytes[ring.written % RING_SIZE] = byte;
        ring.written++;
    }
}

size_t uart_read(char *buf, size_t cap)
{
    size_t n = 0;

    for (; n < cap && ring.taken != ring.written; n++) {
        buf[n] = ring.bytes[ring.taken % RING_SIZE];
        ring.taken++;
    }
    return n;
}

void uart_write(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        uart_put(bytes[i]);
}

void uart_wait(void)
{
    interrupts_off();
    if (ring.taken == ring.written)
        sleep_until_interrupt();
    interrupts_on();
}

void board_wait(void)
{
    uart_wait();
}
