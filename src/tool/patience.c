/* A dialer around the one for sockets, whose transport has deadlines of its own. */
#include "patience.h"

static ptrdiff_t patient_send(void *ctx, const struct mc_bytes *parts, size_t count,
                              mc_deadline deadline)
{
    const struct patience *patience = ctx;
    const struct mc_transport *moving = &patience->moving;

    (void)deadline;
    return moving->send(moving->ctx, parts, count, mc_socket_deadline(patience->ms));
}

static ptrdiff_t patient_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    const struct patience *patience = ctx;
    const struct mc_transport *moving = &patience->moving;

    (void)deadline;
    if (patience->ended)
        return MC_E_CLOSED;
    return moving->recv(moving->ctx, buf, cap, mc_socket_deadline(patience->ms));
}

static int patient_dial(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                        mc_deadline deadline)
{
    struct patience *patience = ctx;

    *transport = (struct mc_transport){patient_send, patient_recv, patience};
    return patience->real.dial(patience->real.ctx, address, &patience->moving, deadline);
}

static int patient_check(void *ctx)
{
    const struct patience *patience = ctx;
    return patience->real.check(patience->real.ctx);
}

static void patient_close(void *ctx)
{
    const struct patience *patience = ctx;
    patience->real.close(patience->real.ctx);
}

static int64_t patient_now(void *ctx)
{
    const struct patience *patience = ctx;
    return patience->real.now(patience->real.ctx);
}

void patience_start(struct patience *patience, struct mc_server *server)
{
    patience->real =
        server->dialer.dial != NULL ? server->dialer : mc_socket_dialer(&server->socket);
    patience->ms = server->timeout_ms;
    patience->ended = false;
    server->connect_timeout_ms = server->timeout_ms;
    server->dialer =
        (struct mc_dialer){patient_dial, patient_check, patient_close, patient_now, patience};
}

void patience_begin(struct mc_server *server)
{
    mc_server_set_deadline(server, MC_NEVER);
}
