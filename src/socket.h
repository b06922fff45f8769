/* The POSIX transport: TCP over IPv4 and IPv6, and Unix sockets. */
#ifndef MC_SOCKET_H
#define MC_SOCKET_H

#include "address.h"
#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A socket; start from {0}. Connecting closes it first, if it is open. Its descriptor is blocking,
 * but a receive still ends by its deadline. The struct may be moved in memory between calls; then
 * create its transport and dialer again, for they point to it. A child process must not use it
 * after fork(). */
struct mc_socket {
    int fd;
    bool open;
    int sys_errno;    /* the errno of the last failed system call; 0: none */
    int resolve_code; /* the result of getaddrinfo() after MC_E_RESOLVE, for gai_strerror() */
    /* private: the range of time left in which SO_RCVTIMEO is enough; {0}: none */
    int64_t watched_from_ms, watched_to_ms;
};

/* The time now, and the time `ms` from now, on the clock of the deadlines (CLOCK_MONOTONIC). */
int64_t mc_socket_now(void);
mc_deadline mc_socket_deadline(int64_t ms);

/* Connects to a parsed address with one of the two functions below. For MC_ADDRESS_NONE the result
 * is MC_E_ADDRESS. */
int mc_socket_dial(struct mc_socket *socket, const struct mc_address *address,
                   mc_deadline deadline);

/* Tries the host's addresses in turn until one accepts, each with an equal share of the time left.
 * `port` is a decimal number. Returns 0, MC_E_RESOLVE, MC_E_CONNECT, MC_E_TIMEOUT, MC_E_SYSTEM or
 * MC_E_RESOURCES. getaddrinfo() resolves the name and has no deadline: unless `host` is an IP
 * address, a slow resolver can delay the call past its deadline. */
int mc_socket_connect(struct mc_socket *socket, const char *host, const char *port,
                      mc_deadline deadline);

/* Connects to a Unix socket, given its path, or @NAME for an abstract socket of Linux. Returns 0,
 * MC_E_ADDRESS (the path is empty, or longer than the system allows: 107 bytes on Linux),
 * MC_E_CONNECT, MC_E_TIMEOUT, MC_E_SYSTEM or MC_E_RESOURCES. */
int mc_socket_connect_unix(struct mc_socket *socket, const char *path, mc_deadline deadline);

/* Closes the socket, if it is open. */
void mc_socket_close(struct mc_socket *socket);

/* Returns a transport over a connected socket, which has to stay where it is while the transport is
 * in use. Usually one system call sends a request and one receives its reply. Late bytes are
 * discarded. No SIGPIPE is raised; EINTR is retried; a peer that drips bytes cannot extend a
 * deadline. */
struct mc_transport mc_socket_transport(struct mc_socket *socket);

/* Returns a dialer that connects an mc_server through this socket, which has to stay where it is
 * while the dialer is in use. */
struct mc_dialer mc_socket_dialer(struct mc_socket *socket);

/* The system's message for the last MC_E_RESOLVE, or the last failure with an errno; NULL: none. */
const char *mc_socket_reason(const struct mc_socket *socket);

/* Checks, without waiting, a connection on which no reply is pending. Returns 0 if it is good,
 * MC_E_CLOSED or MC_E_SYSTEM if it has ended, MC_E_PROTOCOL if bytes have arrived. */
int mc_socket_check(struct mc_socket *socket);

#ifdef __cplusplus
}
#endif

#endif
