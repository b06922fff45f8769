/* Connects, sends and closes without ever waiting. */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* there the program ignores SIGPIPE */
#endif

bool conn_init(struct conn *conn, uint32_t depth, uint32_t request_keys, size_t key_max,
               struct mc_bytes prefix)
{
    size_t count = (size_t)depth * request_keys;

    conn->fd = -1;
    conn->depth = depth;
    conn->request_keys = request_keys;
    conn->requests = calloc(depth, sizeof *conn->requests);
    conn->keys = calloc(count, sizeof *conn->keys);
    conn->text = calloc(count, key_max);
    conn->rest = calloc(1, MC_LINE_MAX);
    if (conn->requests == NULL || conn->keys == NULL || conn->text == NULL || conn->rest == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        memcpy(conn->text + i * key_max, prefix.data, prefix.len);
        conn->keys[i].data = conn->text + i * key_max;
    }
    return true;
}

void conn_free(struct conn *conn)
{
    if (conn->fd >= 0)
        close(conn->fd);
    free(conn->requests);
    free(conn->keys);
    free(conn->text);
    free(conn->rest);
    free(conn->backlog);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static bool make_nonblocking(int fd, int family)
{
    int on = 1, flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return false;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (family == AF_UNIX)
        return true;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

int conn_start(struct conn *conn, struct poller *poll, const struct target *target)
{
    const struct sockaddr *address = (const struct sockaddr *)&target->address;

    conn->fd = socket(address->sa_family, SOCK_STREAM, 0);
    if (conn->fd < 0)
        return errno;
    conn->state = CONN_CONNECTING;
    if (!make_nonblocking(conn->fd, address->sa_family))
        return errno;
    if (connect(conn->fd, address, target->address_size) != 0 && errno != EINPROGRESS)
        return errno;
    return poller_add(poll, conn->number, conn->fd, true) ? 0 : errno;
}

int conn_finish(struct conn *conn, struct poller *poll)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return errno;
    if (error != 0)
        return error;
    conn->state = CONN_UP;
    poller_change(poll, conn->number, conn->fd, false);
    return 0;
}

void conn_close(struct conn *conn, struct poller *poll)
{
    if (conn->fd >= 0) {
        poller_remove(poll, conn->number);
        close(conn->fd);
    }
    conn->fd = -1;
    conn->state = CONN_DOWN;
    conn->reader = (struct mc_reader){0};
    conn->pending = 0;
    conn->rest_len = 0;
    conn->backlog_at = conn->backlog_end = 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* How many bytes the socket took; or -1 with errno. */
static ptrdiff_t try_send(const struct conn *conn, struct mc_bytes bytes)
{
    ptrdiff_t n;

    do
        n = send(conn->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : n;
}

/* Makes room for this many bytes of backlog. */
static bool reserve_backlog(struct conn *conn, size_t len)
{
    if (len <= conn->backlog_cap)
        return true;
    char *larger = realloc(conn->backlog, len);
    if (larger == NULL)
        return false;
    conn->backlog = larger;
    conn->backlog_cap = len;
    return true;
}

int conn_send(struct conn *conn, struct poller *poll, struct mc_bytes bytes)
{
    ptrdiff_t n = try_send(conn, bytes);

    if (n < 0)
        return errno;
    if ((size_t)n == bytes.len)
        return 0;
    conn->backlog_at = 0;
    conn->backlog_end = bytes.len - (size_t)n;
    if (!reserve_backlog(conn, conn->backlog_end))
        return ENOMEM;
    memcpy(conn->backlog, bytes.data + n, conn->backlog_end);
    poller_change(poll, conn->number, conn->fd, true);
    return 0;
}

int conn_flush(struct conn *conn, struct poller *poll)
{
    const struct mc_bytes left = {conn->backlog + conn->backlog_at,
                                  conn->backlog_end - conn->backlog_at};
    ptrdiff_t n = try_send(conn, left);

    if (n < 0)
        return errno;
    conn->backlog_at += (size_t)n;
    poller_change(poll, conn->number, conn->fd, !conn_idle(conn));
    return 0;
}
