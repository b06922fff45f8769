/* The wrapped system calls: each is counted, and fails when its turn comes. */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char *const faults_names[FAULTS_CALLS] = {
    "socket",      "fcntl", "setsockopt", "getsockopt", "getpeername", "connect",
    "getaddrinfo", "send",  "sendmsg",    "recv",       "poll",        "close"};

static const int of_socket[] = {EACCES,  EAFNOSUPPORT, EINVAL,          EMFILE,     ENFILE,
                                ENOBUFS, ENOMEM,       EPROTONOSUPPORT, FAULTS_LAST};
static const int of_fcntl[] = {EACCES, EAGAIN, EBADF, EINTR, EINVAL, ENOLCK, EPERM, FAULTS_LAST};
static const int of_option[] = {EBADF,  EDOM,        EFAULT,   EINVAL,
                                ENOMEM, ENOPROTOOPT, ENOTSOCK, FAULTS_LAST};
static const int of_peer[] = {EBADF, EINVAL, ENOBUFS, ENOTCONN, ENOTSOCK, FAULTS_LAST};
static const int of_connect[] = {EACCES,       EPERM,      EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT,
                                 EAGAIN,       EALREADY,   EBADF,      EFAULT,        ECONNREFUSED,
                                 EINPROGRESS,  EINTR,      EISCONN,    ENETUNREACH,   ENOTSOCK,
                                 EHOSTUNREACH, EPROTOTYPE, ETIMEDOUT,  ENOENT,        FAULTS_LAST};
static const int of_names[] = {EAI_AGAIN,  EAI_BADFLAGS, EAI_FAIL,     EAI_FAMILY, EAI_MEMORY,
                               EAI_NONAME, EAI_SERVICE,  EAI_SOCKTYPE, EAI_SYSTEM, FAULTS_LAST};
static const int of_send[] = {
    EACCES, EAGAIN,   EALREADY, EBADF,      ECONNRESET, EDESTADDRREQ, EFAULT,
    EINTR,  EINVAL,   EISCONN,  EMSGSIZE,   ENETDOWN,   ENETUNREACH,  ENOBUFS,
    ENOMEM, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPIPE,      ETIMEDOUT,    FAULTS_LAST};
static const int of_recv[] = {0,        EAGAIN,    EBADF,        ECONNREFUSED, ECONNRESET,
                              EFAULT,   EINTR,     EINVAL,       ENOMEM,       ENOTCONN,
                              ENOTSOCK, ETIMEDOUT, EHOSTUNREACH, FAULTS_LAST};
static const int of_poll[] = {0, EFAULT, EINTR, EINVAL, ENOMEM, FAULTS_LAST};
static const int of_close[] = {EBADF, EINTR, EIO, ENOSPC, EDQUOT, FAULTS_LAST};

const int *const faults_errors[FAULTS_CALLS] = {of_socket, of_fcntl,   of_option, of_option,
                                                of_peer,   of_connect, of_names,  of_send,
                                                of_send,   of_recv,    of_poll,   of_close};

static __thread bool active;
static __thread struct faults_plan plan;
static __thread struct faults_seen seen;
static __thread int first; /* the function that fails at and after plan.at; -1: not reached */
static __thread int transfers;

void faults_begin(const struct faults_plan *next)
{
    plan = *next;
    seen = (struct faults_seen){0};
    first = -1;
    transfers = 0;
    active = true;
}

const struct faults_seen *faults_end(void)
{
    active = false;
    return &seen;
}

/* True for a call that plan.every counts. */
static bool is_bent(enum faults_call call)
{
    bool waits = call == FAULTS_CONNECT || call == FAULTS_POLL;
    bool moves = call == FAULTS_SEND || call == FAULTS_SENDMSG || call == FAULTS_RECV;
    return plan.every != 0 && (moves || (waits && plan.waits));
}

/* Counts a call. True when it has to fail, with *error. */
static bool fails(enum faults_call call, int *error)
{
    if (!active)
        return false;
    int k = seen.calls++;
    if (k < FAULTS_SEEN_MAX)
        seen.call[k] = (unsigned char)call;
    if (k == plan.at)
        first = (int)call;
    if (k == plan.at || (plan.on && first == (int)call)) {
        seen.hits++;
        *error = plan.error;
        return true;
    }
    if (!is_bent(call) || ++transfers % plan.every != 0)
        return false;
    seen.bent++;
    *error = plan.every_error;
    return true;
}

static int fail(int error)
{
    errno = error;
    return error == 0 ? 0 : -1;
}

/* A send that fails. A connection that is gone brings no more bytes: nobody waits for them. */
static int fail_send(int fd, int error)
{
    if (error == ECONNRESET || error == EPIPE)
        (void)shutdown(fd, SHUT_RDWR);
    return fail(error);
}

/* Lets time pass, as on a machine that does not get to run this. errno stays. */
static void await_time(void)
{
    struct timespec now = {0};
    while (active && plan.slow_ms > now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000)
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
}

static size_t capped(size_t size)
{
    if (!active || plan.cap == 0 || size <= plan.cap)
        return size;
    seen.bent++;
    return plan.cap;
}

/* ---- the wrapped calls ----------------------------------------------------------------------- */

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol)
{
    int error;
    if (fails(FAULTS_SOCKET, &error))
        return fail(error);
    int fd = __real_socket(family, type, protocol);
    seen.opened += fd >= 0 ? 1 : 0;
    return fd;
}

/* The descriptor is closed even when close() fails. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int error, r = __real_close(fd);
    seen.closed += r == 0 ? 1 : 0;
    return fails(FAULTS_CLOSE, &error) ? fail(error) : r;
}

static int control(enum faults_call call, int (*real)(int, int, ...), int fd, int command, long arg)
{
    int error;
    return fails(call, &error) ? fail(error) : real(fd, command, arg);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list list;
    va_start(list, command);
    long arg = command == F_GETFL || command == F_GETFD ? 0 : va_arg(list, int);
    va_end(list);
    return control(FAULTS_FCNTL, __real_fcntl, fd, command, arg);
}

/* The same where offsets of files have 64 bits. */
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...)
{
    va_list list;
    va_start(list, command);
    long arg = command == F_GETFL || command == F_GETFD ? 0 : va_arg(list, int);
    va_end(list);
    return control(FAULTS_FCNTL, __real_fcntl, fd, command, arg);
}

int __real_setsockopt(int fd, int level, int option, const void *value, socklen_t size);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t size);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    int error;
    return fails(FAULTS_SETSOCKOPT, &error) ? fail(error)
                                            : __real_setsockopt(fd, level, option, value, size);
}

int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    int error;
    return fails(FAULTS_GETSOCKOPT, &error) ? fail(error)
                                            : __real_getsockopt(fd, level, option, value, size);
}

int __real_getpeername(int fd, struct sockaddr *address, socklen_t *size);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *size);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
    int error;
    return fails(FAULTS_GETPEERNAME, &error) ? fail(error) : __real_getpeername(fd, address, size);
}

/* An interrupted connect goes on in the background. */
int __real_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int error;
    if (!fails(FAULTS_CONNECT, &error))
        return __real_connect(fd, address, size);
    if (error == EINTR || error == EINPROGRESS)
        (void)__real_connect(fd, address, size);
    return fail(error);
}

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    int error;
    if (!fails(FAULTS_GETADDRINFO, &error))
        return __real_getaddrinfo(host, port, hints, list);
    errno = ENOMEM;
    return error;
}

ssize_t __real_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    int error;
    return fails(FAULTS_SEND, &error) ? fail_send(fd, error)
                                      : __real_send(fd, data, capped(size), flags);
}

/* Cut to the first part that is not empty, when that part is long enough. */
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    int error;
    size_t k = 0;
    if (fails(FAULTS_SENDMSG, &error))
        return fail_send(fd, error);
    while (k + 1 < (size_t)message->msg_iovlen && message->msg_iov[k].iov_len == 0)
        k++;
    const struct iovec *part = &message->msg_iov[k];
    if (!active || plan.cap == 0 || part->iov_len < plan.cap)
        return __real_sendmsg(fd, message, flags);
    return __real_send(fd, part->iov_base, capped(part->iov_len), flags);
}

ssize_t __real_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    int error;
    ssize_t n =
        fails(FAULTS_RECV, &error) ? fail(error) : __real_recv(fd, data, capped(size), flags);
    await_time();
    return n;
}

int __real_poll(struct pollfd *list, nfds_t count, int ms);
int __wrap_poll(struct pollfd *list, nfds_t count, int ms);
int __wrap_poll(struct pollfd *list, nfds_t count, int ms)
{
    int error;
    return fails(FAULTS_POLL, &error) ? fail(error) : __real_poll(list, count, ms);
}
