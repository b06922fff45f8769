/* The ring of received bytes, and the two functions that mcwire's client calls. */
#include "uart.h"

#include "machine.h"

enum { RING_SIZE = 64 }; /* a power of two up to 128, and at least the longest reply expected */

/* The interrupt writes and moves only `written`, the program reads and moves only `read`. */
static struct {
    volatile char bytes[RING_SIZE];
    volatile uint8_t written, read;
} ring;

/* A byte for which there is no room is lost: the client will notice, and give the connection up. */
void uart_interrupt(void)
{
    char byte;

    while (uart_read_byte(&byte)) {
        if ((uint8_t)(ring.written - ring.read) == RING_SIZE)
            continue;
        ring.bytes[ring.written % RING_SIZE] = byte;
        ring.written++;
    }
}

bool uart_has_input(void)
{
    return ring.read != ring.written;
}

/* Moves at most cap bytes out of the ring; how many. */
static size_t read_ring(char *buf, size_t cap)
{
    size_t n = 0;

    for (; n < cap && uart_has_input(); n++) {
        buf[n] = ring.bytes[ring.read % RING_SIZE];
        ring.read++;
    }
    return n;
}

/* A UART always takes more bytes, whoever listens: no deadline is needed. */
static ptrdiff_t transport_send(void *ctx, const struct mc_bytes *parts, size_t count,
                                mc_deadline deadline)
{
    ptrdiff_t sent = 0;

    (void)ctx, (void)deadline;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < parts[i].len; j++)
            uart_write_byte(parts[i].data[j]);
        sent += (ptrdiff_t)parts[i].len;
    }
    return sent;
}

/* A UART has no end of file: a server that is gone is one that does not answer. */
static ptrdiff_t transport_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    size_t n;

    (void)ctx;
    while ((n = read_ring(buf, cap)) == 0) {
        if (machine_now() >= deadline)
            return MC_E_TIMEOUT;
        machine_wait();
    }
    return (ptrdiff_t)n;
}

struct mc_transport uart_transport(void)
{
    return (struct mc_transport){.send = transport_send, .recv = transport_recv};
}
