/* The transport over lwIP's raw API: what has come stays in lwIP's own buffers until it is read. */
#include "lwip.h"

#include "machine.h"

#include "lwip/tcp.h"

static struct {
    struct tcp_pcb *pcb;
    struct pbuf *received;
    bool closed;
} connection;

/* Called by lwIP, as is on_error(): more has come, or without data the end. */
static err_t on_receive(void *ctx, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    (void)ctx, (void)pcb, (void)error;
    if (data == NULL)
        connection.closed = true;
    else if (connection.received == NULL)
        connection.received = data;
    else
        pbuf_cat(connection.received, data);
    return ERR_OK;
}

/* lwIP has freed the connection. */
static void on_error(void *ctx, err_t error)
{
    (void)ctx, (void)error;
    connection.closed = true;
    connection.pcb = NULL;
}

/* Lets the network go on. 0, MC_E_CLOSED or MC_E_TIMEOUT. */
static int go_on(mc_deadline deadline)
{
    machine_wait();
    if (connection.closed && connection.received == NULL)
        return MC_E_CLOSED;
    return machine_now() < deadline ? 0 : MC_E_TIMEOUT;
}

/* The first part, or as much of it as there is room for. */
static ptrdiff_t transport_send(void *ctx, const struct mc_bytes *parts, size_t count,
                                mc_deadline deadline)
{
    u8_t flags = count > 1 ? TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE : TCP_WRITE_FLAG_COPY;
    int r = 0;

    (void)ctx;
    for (; r == 0; r = go_on(deadline)) {
        size_t room = connection.pcb != NULL ? tcp_sndbuf(connection.pcb) : 0;
        u16_t n = (u16_t)(parts[0].len < room ? parts[0].len : room);
        if (n == 0 || tcp_write(connection.pcb, parts[0].data, n, flags) != ERR_OK)
            continue;
        if (count == 1)
            tcp_output(connection.pcb);
        return n;
    }
    return r;
}

static ptrdiff_t transport_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    int r = 0;

    (void)ctx;
    while (connection.received == NULL && r == 0)
        r = go_on(deadline);
    if (connection.received == NULL)
        return r;
    u16_t n = pbuf_copy_partial(connection.received, buf, (u16_t)(cap < 0xffff ? cap : 0xffff), 0);
    connection.received = pbuf_free_header(connection.received, n);
    if (connection.pcb != NULL)
        tcp_recved(connection.pcb, n);
    return n;
}

int lwip_connect_server(const ip_addr_t *address, uint16_t port, mc_deadline deadline)
{
    connection.pcb = tcp_new();
    if (connection.pcb == NULL)
        return MC_E_SYSTEM;
    tcp_nagle_disable(connection.pcb);
    tcp_recv(connection.pcb, on_receive);
    tcp_err(connection.pcb, on_error);
    int r = tcp_connect(connection.pcb, address, port, NULL);
    while (r == 0 && connection.pcb->state != ESTABLISHED)
        r = go_on(deadline);
    return r == 0 ? 0 : MC_E_CONNECT;
}

struct mc_transport lwip_transport(void)
{
    return (struct mc_transport){.send = transport_send, .recv = transport_recv};
}
