/* The transport over a UART: the two functions that mcwire's client calls. */
#include "board.h"
#include "uart.h"

/* A UART always takes more bytes, whoever listens: no deadline is needed. */
static ptrdiff_t transport_send(void *ctx, const struct mc_bytes *parts, size_t count,
                                mc_deadline deadline)
{
    ptrdiff_t sent = 0;

    (void)ctx, (void)deadline;
    for (size_t i = 0; i < count; i++) {
        uart_write(parts[i].data, parts[i].len);
        sent += (ptrdiff_t)parts[i].len;
    }
    return sent;
}

/* A UART has no end of file: a server that is gone is one that does not answer. */
static ptrdiff_t transport_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    size_t n;

    (void)ctx;
    while ((n = uart_read(buf, cap)) == 0) {
        if (board_now() >= deadline)
            return MC_E_TIMEOUT;
        uart_wait();
    }
    return (ptrdiff_t)n;
}

struct mc_transport board_transport(void)
{
    return (struct mc_transport){.send = transport_send, .recv = transport_recv};
}
