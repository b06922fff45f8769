/* The POSIX transport. Nothing else in the library knows of the operating system.
 *
 * How a deadline stays exact without a system call for it: the kernel is told once to give up a
 * receive after half of the usual time (SO_RCVTIMEO). While clearly more than that is left, a
 * receive is one call; the rest of the time is waited out with poll(), to the millisecond. Whatever
 * ended the wait, bytes that were received after the deadline are not used. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* -std=c11 alone hides what is used here */
#endif

#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* there SO_NOSIGPIPE does it */
#endif

enum {
    PARTS_MAX = 64,
    TIMER_LATE_MS = 40,     /* the kernel counts in ticks: its timer may be as late as this */
    TIMER_MIN_MS = 80,      /* less time is waited out with poll() */
    TIMER_MAX_MS = 86400000 /* a day; of more time it is asked again */
};

/* Reads the clock into *now, and returns that in milliseconds. */
static inline int64_t read_time(struct timespec *now)
{
    (void)clock_gettime(CLOCK_MONOTONIC, now); /* fails for no clock that there is */
    return (int64_t)now->tv_sec * 1000 + (int64_t)((uint32_t)now->tv_nsec / 1000000);
}

int64_t mc_socket_now(void)
{
    struct timespec now;
    return read_time(&now);
}

mc_deadline mc_socket_deadline(int64_t ms)
{
    return ms < MC_NEVER / 2 ? mc_socket_now() + ms : MC_NEVER;
}

/* Milliseconds to the deadline; 0 when it has passed. */
static int64_t time_left(mc_deadline deadline)
{
    if (deadline == MC_NEVER)
        return MC_NEVER;
    int64_t now = mc_socket_now();
    return deadline > now ? deadline - now : 0;
}

/* True for errors that lie with this process or machine, whatever server it asks for. */
static bool lacks_resources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS ||
           error == EADDRNOTAVAIL;
}

/* The result of a call that failed with this errno, or `otherwise`. */
static int failed(struct mc_socket *s, int error, int otherwise)
{
    s->sys_errno = error;
    if (lacks_resources(error))
        return MC_E_RESOURCES;
    return error == ECONNRESET || error == EPIPE ? MC_E_CLOSED : otherwise;
}

/* Waits for up to `ms` until the socket is ready for `events`. 1: it is; 0: not yet; or an error. */
static int poll_once(struct mc_socket *s, short events, int ms)
{
    struct pollfd p = {.fd = s->fd, .events = events};
    int n = poll(&p, 1, ms);
    if (n < 0 && errno != EINTR)
        return failed(s, errno, MC_E_SYSTEM);
    return n > 0 ? 1 : 0;
}

/* Waits until the socket is ready for `events`. 0, MC_E_TIMEOUT or MC_E_SYSTEM. */
static int wait_for(struct mc_socket *s, short events, mc_deadline deadline)
{
    for (;;) {
        int64_t left = time_left(deadline);
        if (left == 0)
            return MC_E_TIMEOUT;
        int r = poll_once(s, events, left < INT_MAX ? (int)left : INT_MAX);
        if (r != 0)
            return r < 0 ? r : 0;
    }
}

/* True when a call would have to wait. */
static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* ---- options --------------------------------------------------------------------------------- */

/* Sets an option of a socket to a number. */
static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* Has the kernel probe a connection that is unused for so many seconds, and end it after three
 * probes without an answer. A system without these options has times of its own. */
static bool set_keepalive(int fd, int seconds)
{
    bool ok = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
    ok = ok && set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
#endif
#ifdef TCP_KEEPINTVL
    ok = ok && set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds < 3 ? 1 : seconds / 3);
#endif
#ifdef TCP_KEEPCNT
    ok = ok && set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
#endif
    return ok;
}

/* A receive on a descriptor that blocks may wait; sends say themselves that they do not. */
static bool set_blocking(int fd, bool blocks)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0;
}

/* What each socket has: it is closed on exec, raises no signal, and with TCP sends at once. */
static bool set_options(const struct mc_socket *s, int fd, int family)
{
    bool tcp = family == AF_INET || family == AF_INET6;
    bool ok = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
#ifdef SO_NOSIGPIPE
    ok = ok && set_option(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
    ok = ok && (!tcp || set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1));
    return ok && (!tcp || s->keepalive_s <= 0 || set_keepalive(fd, s->keepalive_s));
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* A socket that does not block (yet). -1 on failure. */
static int open_socket(const struct mc_socket *s, const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM, a->ai_protocol);
    if (fd < 0 || (set_blocking(fd, false) && set_options(s, fd, a->ai_family)))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void close_descriptor(struct mc_socket *s)
{
    if (s->open)
        close(s->fd);
    s->open = s->connecting = false;
}

/* Opens a socket and begins to connect it to an address. 0: it is connected, or connecting. */
static int begin_address(struct mc_socket *s, const struct addrinfo *a)
{
    s->sys_errno = 0;
    s->watched_from_ms = s->watched_ms = 0;
    s->fd = open_socket(s, a);
    if (s->fd < 0)
        return failed(s, errno, MC_E_SYSTEM);
    s->open = true;
    int error = connect(s->fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
    s->connecting = error == EINPROGRESS || error == EINTR;
    if (error == 0 || s->connecting)
        return 0;
    close_descriptor(s);
    s->sys_errno = error;
    return lacks_resources(error) ? MC_E_RESOURCES : MC_E_CONNECT;
}

/* How a try that is over went. */
static int read_outcome(struct mc_socket *s)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    s->sys_errno = error;
    return error == 0 ? 0 : MC_E_CONNECT;
}

/* The deadline of the next address: a fair share of the time left for it and those after it. */
static mc_deadline share_of_next(const struct mc_socket *s)
{
    int64_t count = 0, left = time_left(s->deadline);
    for (const struct addrinfo *a = s->next; a != NULL; a = a->ai_next)
        count++;
    return left == MC_NEVER ? MC_NEVER : s->deadline - left + left / count;
}

static void free_addresses(struct mc_socket *s)
{
    if (s->list != NULL)
        s->free_list(s->list);
    s->list = NULL;
    s->next = NULL;
}

/* Ends a try with this result. After a failure, begins with the next address that can be tried. */
static int end_try(struct mc_socket *s, int r)
{
    s->connecting = false;
    while (r < 0 && s->next != NULL) {
        const struct addrinfo *a = s->next;
        close_descriptor(s);
        s->due = share_of_next(s);
        s->next = a->ai_next;
        r = begin_address(s, a);
    }
    if (r < 0)
        close_descriptor(s);
    if (!s->connecting)
        free_addresses(s);
    return r;
}

/* Resolves the name and begins with its first address. */
static int begin_host(struct mc_socket *s, const char *host, const char *port, mc_deadline deadline)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    mc_socket_close(s);
    struct addrinfo *list = NULL;
    int code = getaddrinfo(host, port, &hints, &list);
    s->resolve_code = code;
    s->sys_errno = code == EAI_SYSTEM ? errno : 0;
    if (code != 0)
        return code == EAI_MEMORY || lacks_resources(s->sys_errno) ? MC_E_RESOURCES : MC_E_RESOLVE;
    s->next = s->list = list;
    s->free_list = freeaddrinfo;
    s->deadline = deadline;
    return end_try(s, MC_E_CONNECT);
}

/* Connects to a path, or the name of an abstract socket: that is done or refused at once. */
static int begin_unix(struct mc_socket *s, const char *path, mc_deadline deadline)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct addrinfo a = {
        .ai_family = AF_UNIX, .ai_addr = (struct sockaddr *)&address, .ai_addrlen = sizeof address};
    size_t len = strlen(path);
    mc_socket_close(s);
    s->resolve_code = s->sys_errno = 0;
    if (len < 1 || len >= sizeof address.sun_path)
        return MC_E_ADDRESS;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') { /* the name of an abstract socket begins with NUL, and has its length */
        address.sun_path[0] = '\0';
        a.ai_addrlen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    }
    s->due = deadline;
    return begin_address(s, &a);
}

int mc_socket_begin(struct mc_socket *socket, const struct mc_address *address,
                    mc_deadline deadline)
{
    switch (address->kind) {
    case MC_ADDRESS_HOST: return begin_host(socket, address->host, address->port, deadline);
    case MC_ADDRESS_UNIX: return begin_unix(socket, address->host, deadline);
    default: mc_socket_close(socket); return MC_E_ADDRESS;
    }
}

int mc_socket_finish(struct mc_socket *socket)
{
    if (!socket->connecting)
        return socket->open ? 0 : MC_E_CLOSED;
    int r = poll_once(socket, POLLOUT, 0);
    if (r == 0 && time_left(socket->due) > 0)
        return 0;
    if (r == 0)
        r = MC_E_TIMEOUT;
    return end_try(socket, r > 0 ? read_outcome(socket) : r);
}

/* The rest of a connect that waits: r is how it began. */
static int finish_waiting(struct mc_socket *s, int r)
{
    while (r == 0 && s->connecting) {
        r = wait_for(s, POLLOUT, s->due);
        r = end_try(s, r == 0 ? read_outcome(s) : r);
    }
    if (r < 0 || set_blocking(s->fd, true))
        return r;
    r = failed(s, errno, MC_E_SYSTEM);
    close_descriptor(s);
    return r;
}

int mc_socket_connect(struct mc_socket *socket, const char *host, const char *port,
                      mc_deadline deadline)
{
    return finish_waiting(socket, begin_host(socket, host, port, deadline));
}

int mc_socket_connect_unix(struct mc_socket *socket, const char *path, mc_deadline deadline)
{
    int r = begin_unix(socket, path, deadline);
    /* A Unix socket whose queue is full cannot be waited for, only asked again. */
    while (r == MC_E_CONNECT && would_block(socket->sys_errno) && time_left(deadline) > 0) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        r = begin_unix(socket, path, deadline);
    }
    if (r == MC_E_CONNECT && would_block(socket->sys_errno))
        return MC_E_TIMEOUT;
    return finish_waiting(socket, r);
}

int mc_socket_dial(struct mc_socket *socket, const struct mc_address *address, mc_deadline deadline)
{
    switch (address->kind) {
    case MC_ADDRESS_HOST: return mc_socket_connect(socket, address->host, address->port, deadline);
    case MC_ADDRESS_UNIX: return mc_socket_connect_unix(socket, address->host, deadline);
    default: mc_socket_close(socket); return MC_E_ADDRESS;
    }
}

/* 0 with the address family, if it is a stream socket that is connected; or why not. */
static int read_family(int fd, sa_family_t *family)
{
    struct sockaddr_storage peer = {0};
    int type = 0;
    socklen_t size = sizeof type, peer_size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        return errno;
    if (type != SOCK_STREAM)
        return EPROTOTYPE;
    if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) != 0)
        return errno;
    *family = peer.ss_family;
    return 0;
}

int mc_socket_adopt(struct mc_socket *socket, int fd)
{
    sa_family_t family = AF_UNSPEC;
    if (socket->fd == fd)
        socket->open = false; /* it is the same connection, which goes on */
    mc_socket_close(socket);
    *socket = (struct mc_socket){.fd = fd, .keepalive_s = socket->keepalive_s};
    int error = read_family(fd, &family);
    if (error == 0 && !(set_options(socket, fd, family) && set_blocking(fd, true)))
        error = errno;
    socket->open = error == 0;
    return error == 0 ? 0 : failed(socket, error, MC_E_SYSTEM);
}

void mc_socket_close(struct mc_socket *socket)
{
    close_descriptor(socket);
    free_addresses(socket);
}

/* ---- moving bytes ---------------------------------------------------------------------------- */

/* Sends slices with one call, as many as it takes. */
static ptrdiff_t send_many(const struct mc_socket *s, const struct mc_bytes *parts, size_t count)
{
    struct iovec vectors[PARTS_MAX];
    uint8_t n = 0; /* fits msg_iovlen, which is a size_t with glibc and an int with musl */
    for (; n < count && n < PARTS_MAX; n++)
        vectors[n] = (struct iovec){(void *)(uintptr_t)parts[n].data, parts[n].len};
    const struct msghdr message = {.msg_iov = vectors, .msg_iovlen = n};
    return sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* After a send that failed with errno: 0 when it is to be repeated, or why not. */
static int wait_to_send(struct mc_socket *s, mc_deadline deadline)
{
    if (errno == EINTR)
        return 0;
    return would_block(errno) ? wait_for(s, POLLOUT, deadline) : failed(s, errno, MC_E_SYSTEM);
}

/* Sends slices, as many bytes as one call takes. */
static ptrdiff_t send_slices(struct mc_socket *s, const struct mc_bytes *parts, size_t count,
                             mc_deadline deadline)
{
    for (;;) {
        ptrdiff_t n = send_many(s, parts, count);
        int r = n < 0 ? wait_to_send(s, deadline) : 0;
        if (n >= 0 || r < 0)
            return n >= 0 ? n : r;
    }
}

/* The send of the transport. */
static ptrdiff_t socket_send(void *ctx, const struct mc_bytes *parts, size_t count,
                             mc_deadline deadline)
{
    struct mc_socket *s = ctx;
    if (count > 1)
        return send_slices(s, parts, count, deadline);
    ptrdiff_t n = send(s->fd, parts[0].data, parts[0].len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
        return n;
    int r = wait_to_send(s, deadline);
    return r == 0 ? send_slices(s, parts, 1, deadline) : r;
}

/* Arms the kernel's timer, which ends a receive, at half of the time left: it is right then for all
 * receives with about as much time, and what is left after it is waited out with poll(). */
static int arm(struct mc_socket *s, int64_t left)
{
    int64_t ms = (left < TIMER_MAX_MS ? left : TIMER_MAX_MS) / 2;
    const struct timeval time = {.tv_sec = (time_t)(ms / 1000),
                                 .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) != 0)
        return failed(s, errno, MC_E_SYSTEM);
    s->watched_from_ms = ms + TIMER_LATE_MS;
    s->watched_ms = left < TIMER_MAX_MS ? 3 * ms : MC_NEVER / 2;
    return 0;
}

/* True when the kernel's timer is sure to end a receive before the deadline, and leaves it enough of
 * the time to be worth the call. Wrapping around, the difference is too large for a deadline that
 * has passed, and for MC_NEVER. */
static inline bool is_watched(const struct mc_socket *s, mc_deadline deadline, int64_t now)
{
    uint64_t left = (uint64_t)deadline - (uint64_t)now;
    return left - (uint64_t)s->watched_from_ms < (uint64_t)s->watched_ms;
}

/* The same, if it is not armed for about as much time. */
static int arm_unless_watched(struct mc_socket *s, int64_t left)
{
    return is_watched(s, left < TIMER_MAX_MS ? left : TIMER_MAX_MS, 0) ? 0 : arm(s, left);
}

/* The result of a receive that brought n bytes: too late, they are none. */
static inline ptrdiff_t in_time(ptrdiff_t n, mc_deadline deadline)
{
    return time_left(deadline) > 0 ? n : MC_E_TIMEOUT;
}

/* A receive took no bytes: negative, why it failed; or 0 when it only ended, by a signal or by the
 * kernel's timer. */
static int nothing_received(struct mc_socket *s, ptrdiff_t n)
{
    if (n == 0)
        return MC_E_CLOSED;
    return errno == EINTR || would_block(errno) ? 0 : failed(s, errno, MC_E_SYSTEM);
}

/* Goes on after a receive that only ended, or when the timer is to be armed. `waited`: the timer has
 * run out. */
static ptrdiff_t recv_later(struct mc_socket *s, void *buf, size_t cap, mc_deadline deadline,
                            bool waited)
{
    for (;;) {
        int64_t left = time_left(deadline);
        bool timer = !waited && left >= TIMER_MIN_MS;
        int r = 0;
        if (!timer)
            r = wait_for(s, POLLIN, deadline);
        else
            r = arm_unless_watched(s, left);
        if (r < 0)
            return r;
        ptrdiff_t n = recv(s->fd, buf, cap, timer ? 0 : MSG_DONTWAIT);
        if (n > 0)
            return in_time(n, deadline);
        waited = waited || (n < 0 && errno != EINTR);
        r = nothing_received(s, n);
        if (r < 0)
            return r;
    }
}

/* The receive of the transport: one call, when the kernel can watch the time. */
static ptrdiff_t socket_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct mc_socket *s = ctx;
    struct timespec before, after;
    if (!is_watched(s, deadline, read_time(&before)))
        return recv_later(s, buf, cap, deadline, false);
    ptrdiff_t n = recv(s->fd, buf, cap, 0);
    if (n > 0)
        return deadline > read_time(&after) ? n : MC_E_TIMEOUT;
    int r = nothing_received(s, n);
    return r < 0 ? r : recv_later(s, buf, cap, deadline, errno != EINTR);
}

struct mc_transport mc_socket_transport(struct mc_socket *socket)
{
    return (struct mc_transport){socket_send, socket_recv, socket};
}

int mc_socket_check(struct mc_socket *socket)
{
    char byte;
    ptrdiff_t n;
    do {
        n = recv(socket->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n > 0)
        return MC_E_PROTOCOL;
    if (n < 0 && would_block(errno))
        return 0;
    return n == 0 ? MC_E_CLOSED : failed(socket, errno, MC_E_SYSTEM);
}

const char *mc_socket_reason(const struct mc_socket *socket)
{
    if (socket->resolve_code != 0 && socket->resolve_code != EAI_SYSTEM)
        return gai_strerror(socket->resolve_code);
    return socket->sys_errno != 0 ? strerror(socket->sys_errno) : NULL;
}

/* ---- for a server ---------------------------------------------------------------------------- */

/* The dialer over sockets. */
static int dial_socket(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                       mc_deadline deadline)
{
    *transport = mc_socket_transport(ctx);
    return mc_socket_dial(ctx, address, deadline);
}

static int check_socket(void *ctx)
{
    return mc_socket_check(ctx);
}

static void close_socket(void *ctx)
{
    mc_socket_close(ctx);
}

static int64_t read_clock(void *ctx)
{
    (void)ctx;
    return mc_socket_now();
}

struct mc_dialer mc_socket_dialer(struct mc_socket *socket)
{
    return (struct mc_dialer){dial_socket, check_socket, close_socket, read_clock, socket};
}
