/* The POSIX transport: TCP over IPv4 and IPv6, and Unix sockets. */
#ifndef MC_SOCKET_H
#define MC_SOCKET_H

#include "address.h"
#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct addrinfo;

/* A socket; start from {0}. Connecting closes it first, if it is open (but setting it to {0} while
 * it is open loses the descriptor). Its descriptor is blocking after a call that waits; a receive
 * still ends by its deadline. The struct may be moved in memory between calls; then create its
 * transport and dialer again, for they point to it. A child process must not use it after fork().
 *
 * Keepalive (TCP): when nothing has passed for keepalive_s seconds, the system asks whether the
 * other end is still there; if it is not, the connection ends after about as many seconds more. This
 * also keeps a firewall from forgetting a connection that is seldom used. */
struct mc_socket {
    int32_t keepalive_s; /* yours: set it before connecting. 0: no keepalive */
    int fd;
    bool open;
    bool connecting;  /* mc_socket_begin() has begun, and mc_socket_finish() has to go on */
    mc_deadline due;  /* connecting: call mc_socket_finish() by then, in any case */
    int sys_errno;    /* the errno of the last failed system call; 0: none */
    int resolve_code; /* the result of getaddrinfo() after MC_E_RESOLVE, for gai_strerror() */
    /* private: with from how much time left SO_RCVTIMEO is enough, and how long that range is */
    int64_t watched_from_ms, watched_ms;
    /* private: while connecting, the addresses of the name, and those that were not tried yet */
    mc_deadline deadline;
    struct addrinfo *list, *next;
    void (*free_list)(struct addrinfo *list); /* only a program that resolves names links it */
};

/* The time now, and the time `ms` from now, on the clock of the deadlines (CLOCK_MONOTONIC). Half of
 * MC_NEVER and more is MC_NEVER. */
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

/* Connects without waiting, for an event loop: mc_socket_begin() begins, and while it leaves
 * socket->connecting set, mc_socket_finish() goes on. Call that when socket->fd is writable or
 * socket->due has passed; earlier does no harm. Addresses are tried in turn as above, each on a
 * descriptor of its own: register socket->fd again after each call that leaves `connecting` set.
 *
 *     r = mc_socket_begin(&socket, &address, deadline);
 *     while (r == 0 && socket.connecting) {
 *         (wait until socket.fd is writable, or socket.due has passed)
 *         r = mc_socket_finish(&socket);
 *     }
 *
 * Both return 0, or what mc_socket_dial() returns; the socket is closed then. The descriptor does
 * not block, and stays so. mc_socket_close() ends an attempt at any time.
 *
 * mc_socket_begin() looks up a host name as mc_socket_connect() does, which may block: give it an
 * IP address where it must not. It never waits for a Unix socket: if that one's queue is full, the
 * result is MC_E_CONNECT, and sys_errno is EAGAIN. */
int mc_socket_begin(struct mc_socket *socket, const struct mc_address *address,
                    mc_deadline deadline);
int mc_socket_finish(struct mc_socket *socket);

/* Takes over a descriptor that somebody else has opened: mc_socket_close() closes it (use dup() if
 * another owner will, too). It must be a connected stream socket, on which no reply is pending. It
 * is then like a descriptor opened here: blocking, closed on exec, with TCP_NODELAY and keepalive.
 * mc_socket_adopt(socket, socket->fd) makes a socket block after mc_socket_finish(). Returns 0; or
 * MC_E_SYSTEM, MC_E_CLOSED or MC_E_RESOURCES, and the descriptor stays open and yours: sys_errno is
 * EPROTOTYPE for a socket of another type, ENOTCONN for one that is not connected. */
int mc_socket_adopt(struct mc_socket *socket, int fd);

/* Closes the socket, if it is open. */
void mc_socket_close(struct mc_socket *socket);

/* Returns a transport over a connected socket, which has to stay where it is while the transport is
 * in use. Usually one system call sends a request and one receives its reply (up to two more if the
 * descriptor does not block). Late bytes are discarded. No SIGPIPE is raised; EINTR is retried; a
 * peer that drips bytes cannot extend a deadline. */
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
