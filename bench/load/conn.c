/* Connects, sends and closes without ever waiting. */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "command.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* there the program ignores SIGPIPE */
#endif

enum { PARTS = 64 }; /* slices of one send */

static bool allocate(struct conn *conn, const struct conn_shape *shape)
{
    size_t count = (size_t)shape->depth * shape->request_keys;

    conn->in = malloc(MC_LINE_MAX);
    conn->out = malloc(shape->out_size);
    conn->requests = calloc(shape->depth, sizeof *conn->requests);
    conn->ops = calloc((size_t)shape->depth * shape->request_ops, sizeof *conn->ops);
    conn->keys = calloc(count, sizeof *conn->keys);
    conn->numbers = calloc(count, sizeof *conn->numbers);
    conn->values = calloc(count, sizeof *conn->values);
    conn->text = calloc(count, shape->key_max);
    return conn->in != NULL && conn->out != NULL && conn->requests != NULL && conn->ops != NULL &&
           conn->keys != NULL && conn->numbers != NULL && conn->values != NULL &&
           conn->text != NULL;
}

bool conn_init(struct conn *conn, const struct conn_shape *shape)
{
    size_t count = (size_t)shape->depth * shape->request_keys;

    conn->shape = shape;
    if (!allocate(conn, shape))
        return false;
    for (size_t i = 0; i < count; i++) {
        char *text = conn->text + i * shape->key_max;
        memcpy(text, shape->prefix.data, shape->prefix.len);
        conn->keys[i].data = text;
    }
    return true;
}

void conn_free(struct conn *conn)
{
    mc_socket_close(&conn->socket);
    free(conn->in);
    free(conn->out);
    free(conn->requests);
    free(conn->ops);
    free(conn->keys);
    free(conn->numbers);
    free(conn->values);
    free(conn->text);
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* errno of a failed attempt. */
static int fail_connect(const struct mc_socket *socket, int result)
{
    if (result == MC_E_TIMEOUT)
        return ETIMEDOUT;
    return socket->sys_errno != 0 ? socket->sys_errno : EINVAL;
}

int conn_start(struct conn *conn, struct poller *poll, const struct target *target)
{
    int result = mc_socket_begin(&conn->socket, &target->address, MC_NEVER);

    if (result != 0)
        return fail_connect(&conn->socket, result);
    conn->state = CONN_CONNECTING;
    conn->blocked = false;
    mc_engine_init(&conn->engine, conn->in, MC_LINE_MAX, conn->out, conn->shape->out_size);
    if (conn->conversation != NULL)
        conversation_begin(conn->conversation, (struct mc_transport){0});
    conn->engine.window = MC_ENGINE_WINDOW_MAX; /* it receives while a send is not complete */
    return poller_add(poll, conn->number, conn->socket.fd, true) ? 0 : errno;
}

int conn_finish(struct conn *conn, struct poller *poll)
{
    int result = mc_socket_finish(&conn->socket);

    if (result != 0)
        return fail_connect(&conn->socket, result);
    if (conn->socket.connecting)
        return 0;
    conn->state = CONN_UP;
    poller_change(poll, conn->number, conn->socket.fd, false);
    return 0;
}

void conn_log_in(struct conn *conn, const struct login *login)
{
    conn->login = (struct mc_op){
        .command = &mc_command_auth, .key = mc_string(login->user), .data = login->password};
    mc_engine_submit(&conn->engine, &conn->login);
}

void conn_close(struct conn *conn, struct poller *poll)
{
    if (conn->state != CONN_DOWN) {
        poller_remove(poll, conn->number);
        if (conn->conversation != NULL)
            conversation_end(conn->conversation);
    }
    mc_socket_close(&conn->socket);
    conn->state = CONN_DOWN;
    conn->pending = 0;
    conn->logs_in = false;
}

/* ---- sending --------------------------------------------------------------------------------- */

static ptrdiff_t send_many(int fd, const struct mc_bytes *parts, size_t count)
{
    struct iovec vectors[PARTS];
    const struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};

    for (size_t k = 0; k < count; k++)
        vectors[k] = (struct iovec){(void *)(uintptr_t)parts[k].data, parts[k].len};
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* How many bytes the socket took, 0 when it takes none now; or -1 with errno. */
static ptrdiff_t try_send(int fd, const struct mc_bytes *parts, size_t count)
{
    ptrdiff_t n;

    do
        n = count == 1 ? send(fd, parts->data, parts->len, MSG_NOSIGNAL)
                       : send_many(fd, parts, count);
    while (n < 0 && errno == EINTR);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : n;
}

static size_t count_bytes(const struct mc_bytes *parts, size_t count)
{
    size_t bytes = parts->len;

    for (size_t k = 1; k < count; k++)
        bytes += parts[k].len;
    return bytes;
}

int conn_send(struct conn *conn, struct poller *poll, uint64_t *sent)
{
    struct mc_bytes parts[PARTS];
    bool was_blocked = conn->blocked;
    size_t count;

    conn->blocked = false;
    while (!conn->blocked && (count = mc_engine_output(&conn->engine, parts, PARTS)) > 0) {
        ptrdiff_t n = try_send(conn->socket.fd, parts, count);
        if (n < 0)
            return errno;
        conn->blocked = (size_t)n < count_bytes(parts, count);
        *sent += (size_t)n;
        if (conn->conversation != NULL)
            mc_trace_sent(&conn->conversation->trace, parts, count, (size_t)n);
        mc_engine_sent(&conn->engine, (size_t)n);
    }
    if (conn->blocked || was_blocked)
        poller_change(poll, conn->number, conn->socket.fd, conn->blocked);
    return 0;
}
