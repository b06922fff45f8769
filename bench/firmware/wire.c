/* Moves requests and replies; whatever goes wrong is final. */
#include "wire.h"

#include "board.h"
#include "remote.h"

#include <string.h>

struct wire wire;

void remote_start(void)
{
    wire.transport = board_transport();
}

int remote_failure(void)
{
    return wire.failure;
}

void wire_fail(int result)
{
    if (wire.failure == 0)
        wire.failure = result < 0 ? result : MC_E_PROTOCOL;
}

struct mc_out wire_begin(void)
{
    return (struct mc_out){wire.buf, sizeof wire.buf, 0};
}

int wire_put_set(struct mc_out *out, const struct mc_item *item)
{
    int r = mc_put_store(out, MC_SET, item, false);

    if (r < 0)
        return r;
    if (out->cap - out->len < item->value.len + 2)
        return MC_E_FULL;
    memcpy(out->data + out->len, item->value.data, item->value.len);
    memcpy(out->data + out->len + item->value.len, "\r\n", 2);
    out->len += item->value.len + 2;
    return 0;
}

void wire_send(int r, const struct mc_out *out)
{
    struct mc_bytes rest = {out->data, out->len};

    if (r < 0)
        wire_fail(r);
    wire.in = (struct mc_bytes){wire.buf, 0};
    wire.deadline = machine_now() + REMOTE_TIMEOUT_MS;
    while (rest.len > 0 && wire.failure == 0) {
        ptrdiff_t n = wire.transport.send(wire.transport.ctx, &rest, 1, wire.deadline);
        if (n <= 0)
            wire_fail((int)n);
        rest.data += n;
        rest.len -= (size_t)n;
    }
}

void wire_receive(void)
{
    size_t kept = wire.in.len;

    memmove(wire.buf, wire.in.data, kept);
    wire.in.data = wire.buf;
    if (kept == sizeof wire.buf) {
        wire_fail(MC_E_LINE);
        return;
    }
    ptrdiff_t n = wire.transport.recv(wire.transport.ctx, wire.buf + kept, sizeof wire.buf - kept,
                                      wire.deadline);
    if (n <= 0)
        wire_fail((int)n);
    else
        wire.in.len += (size_t)n;
}
