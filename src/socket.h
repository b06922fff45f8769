/* The POSIX transport: TCP over IPv4 and IPv6, and Unix sockets. */
#ifndef MC_SOCKET_H
#define MC_SOCKET_H

#include "address.h"
#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A socket; start from {0}. Connecting closes it first, if it is open. Its descriptor blocks; a
 * receive waits no longer than to its deadline all the same. It may be moved between two calls, and
 * not be used by a child process after fork(). */
struct mc_socket {
    int fd;
    bool open;
    int sys_errno;    /* the errno behind the last MC_E_SYSTEM, MC_E_CONNECT or MC_E_CLOSED */
    int resolve_code; /* getaddrinfo()'s behind MC_E_RESOLVE, for gai_strerror() */
    /* private: with so much time left, the kernel's timer ends a receive in time; {0} is never */
    int64_t watched_from_ms, watched_to_ms;
};

/* Now and `ms` from now, on the clock that deadlines are measured on (CLOCK_MONOTONIC). */
int64_t mc_socket_now(void);
mc_deadline mc_socket_deadline(int64_t ms);

/* Connects to a parsed address: as the two functions below. */
int mc_socket_dial(struct mc_socket *socket, const struct mc_address *address,
                   mc_deadline deadline);

/* Connects to the host's addresses one after the other, each given its share of the time left.
 * `port` is a number. 0; or MC_E_RESOLVE, MC_E_CONNECT, MC_E_TIMEOUT, MC_E_SYSTEM. The name is
 * resolved by getaddrinfo(), which knows no deadline: with a name instead of a number, a slow
 * resolver can take longer. */
int mc_socket_connect(struct mc_socket *socket, const char *host, const char *port,
                      mc_deadline deadline);

/* Connects to a Unix socket: a path, or on Linux @NAME, an abstract one. 0, MC_E_ADDRESS (longer than
 * the system takes: 107 bytes on Linux), or as above. */
int mc_socket_connect_unix(struct mc_socket *socket, const char *path, mc_deadline deadline);

/* Closes it, if open. */
void mc_socket_close(struct mc_socket *socket);

/* The transport over a connected socket; the socket stays the caller's and must outlive it.
 * An answer in time costs one system call to send and one to receive. What is received after the
 * deadline is not used. No SIGPIPE is raised, EINTR is not seen, and no peer can stretch a deadline
 * by sending little at a time. */
struct mc_transport mc_socket_transport(struct mc_socket *socket);

/* Connects a server by this socket, which stays the caller's and must outlive it. */
struct mc_dialer mc_socket_dialer(struct mc_socket *socket);

/* What the system says of the last MC_E_RESOLVE, or of a failure with an errno; NULL: nothing. */
const char *mc_socket_reason(const struct mc_socket *socket);

/* Asks, without waiting, whether a connection on which nothing is awaited is still good: 0, or
 * MC_E_CLOSED or MC_E_SYSTEM, or MC_E_PROTOCOL when unasked-for bytes have come. */
int mc_socket_check(struct mc_socket *socket);

#ifdef __cplusplus
}
#endif

#endif
