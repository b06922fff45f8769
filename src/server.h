/* A memcached server by its address: connects when first used and again when needed. */
#ifndef MC_SERVER_H
#define MC_SERVER_H

#include "address.h"
#include "client.h"
#include "pipeline.h"
#include "socket.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MC_SERVER_PORT MC_ADDRESS_PORT

enum {
    MC_SERVER_TIMEOUT_MS =
        1000, /* for a whole operation, unless server->timeout_ms says otherwise */
    MC_SERVER_PAUSE_MIN_MS = 50, /* the first pause, doubled by each further failure */
    MC_SERVER_PAUSE_MAX_MS = 2000
};

/* When a server is left alone. Only its own faults count: not one item, nor a shortage of this
 * process's (descriptors, memory, the buffer's size).
 * - No connection, a login refused, or a connection that ends before its first reply that is no
 *   error (a server at its connection limit says an error line and closes): a pause, at once.
 * - A timeout or a broken reply: a new connection at once, the first time; a pause from the second
 *   failure in a row.
 * A reply that is no error ends the row. A pause is up to 25 % longer or shorter than it says, by
 * chance, so that many clients do not come back together. */

/* A server. The members above the line may be set between mc_server_init() and the first use, and
 * counted ones read at any time. It may be moved between two calls (with a dialer of your own, if
 * that allows it), but not be copied and used twice, shared between threads without a lock, or used
 * by a child process after fork(): parent and child would get each other's replies. */
struct mc_server {
    int64_t timeout_ms;
    struct mc_bytes user, password; /* for memcached -Y; no user: no authentication. Borrowed */
    uint32_t seed;                  /* of the pauses' chance; 0: from the clock and the address */
    struct mc_dialer dialer;        /* how to connect; zero: by sockets */
    int64_t connect_timeout_ms;     /* of connecting and the login; 0: the operation's */
    int64_t idle_max_ms;         /* a connection unused for longer is not used again; 0: no limit */
    uint64_t connects, failures; /* connections made; operations that failed */
    uint64_t timeouts;           /* of these, those that ended by their deadline */
    uint64_t hits, misses;       /* keys of retrievals */
    const char *problem; /* what is wrong with the address (MC_E_ADDRESS) or login (MC_E_AUTH) */
    /* ---- */
    struct mc_address address;
    struct mc_socket socket; /* of the usual dialer; sys_errno and resolve_code explain a result */
    struct mc_client client;
    char *buf;
    size_t cap;
    int64_t deadline, next_deadline, used_ms, down_until_ms, pause_ms;
    bool failed_before; /* the last operation that says something about the server was a failure */
    bool open;          /* there is a connection */
    bool fresh;         /* no operation has had a reply on this connection yet */
    bool good;          /* it has had a reply that is no error */
    bool doubted;       /* an error reply came instead, after which the server may close */
    bool retried;       /* this operation has had its second try */
};

/* Takes the address: HOST, HOST:PORT, [IPV6], [IPV6]:PORT, unix:/PATH or /PATH; the port is 11211
 * if none is given. Does not connect. The buffer (2 KB or more are good) stays the caller's and in
 * use. 0, or MC_E_ADDRESS with server->problem. */
int mc_server_init(struct mc_server *server, const char *address, void *buf, size_t cap);

/* Ends the connection, if there is one. The server can be used again. */
void mc_server_close(struct mc_server *server);

/* The next operation has this deadline instead of server->timeout_ms. */
void mc_server_set_deadline(struct mc_server *server, mc_deadline deadline);

/* For how many milliseconds more the server is left alone, when operations are MC_E_DOWN; or 0. */
int64_t mc_server_pause_left(struct mc_server *server);

/* Ends a pause: the next operation tries to connect. */
void mc_server_resume(struct mc_server *server);

/* Writes one sentence that says what the last operation's result means here: with the server's words,
 * what the system says, or what is wrong with the reply or the address. Bytes of the server's that
 * are not printable are written as \xHH. text[0..cap) ends in NUL; returns the whole length. */
size_t mc_server_message(const struct mc_server *server, int result, char *text, size_t cap);

/* As the mc_client_ functions of the same name, within server->timeout_ms, on a connection that is
 * made when needed; results also MC_E_RESOLVE, MC_E_CONNECT, MC_E_AUTH, MC_E_DOWN. Nothing is sent
 * on a connection whose login was not accepted; a login that cannot be sent (server->problem says
 * why) is MC_E_AUTH without a connection. When a kept
 * connection turns out to be closed before a byte of the reply, a command that may be repeated (or
 * that did not go out whole) is tried once more on a fresh one. Error texts are in client.said, also
 * those after which the server closed a fresh connection (MC_E_CLOSED).
 *
 * Before a command that may not be repeated, or after a second without use, a kept connection is
 * looked at, by one system call more: it is made anew when the server has closed it or said what
 * nobody asked for. Between gets nobody looks, so that each costs two system calls. They know their
 * answers by the key; but an END that a server says unasked, after the reply before it was read, is
 * taken for a miss, and noticed only at the first answer that has another key. */
int mc_server_get(struct mc_server *server, struct mc_bytes key, struct mc_value *value);
int mc_server_gets(struct mc_server *server, struct mc_bytes key, struct mc_value *value);
int mc_server_gat(struct mc_server *server, int32_t exptime, struct mc_bytes key,
                  struct mc_value *value);
int mc_server_get_many(struct mc_server *server, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count);
int mc_server_store(struct mc_server *server, enum mc_store command, const struct mc_item *item);
int mc_server_set(struct mc_server *server, struct mc_bytes key, struct mc_bytes value,
                  int32_t exptime);
int mc_server_delete(struct mc_server *server, struct mc_bytes key);
int mc_server_incr(struct mc_server *server, struct mc_bytes key, uint64_t delta, uint64_t *number);
int mc_server_decr(struct mc_server *server, struct mc_bytes key, uint64_t delta, uint64_t *number);
int mc_server_touch(struct mc_server *server, struct mc_bytes key, int32_t exptime);
int mc_server_version(struct mc_server *server);
int mc_server_flush_all(struct mc_server *server, int32_t delay_s);
int mc_server_mg(struct mc_server *server, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_value *value, struct mc_meta *meta);
int mc_server_ms(struct mc_server *server, struct mc_bytes key, struct mc_bytes value,
                 const struct mc_flag *flags, size_t count, struct mc_meta *meta);
int mc_server_md(struct mc_server *server, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_meta *meta);
int mc_server_ma(struct mc_server *server, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_meta *meta);

/* Runs a pipeline. Never repeated: see each op->result. */
int mc_server_run(struct mc_server *server, struct mc_pipeline_op *ops, size_t count);

/* For any other operation: a ready connection, and what came of it.
 *     do {
 *         r = mc_server_open(server);
 *         if (r == 0) r = mc_client_...(&server->client, ..., server->deadline);
 *     } while (mc_server_again(server, r, repeatable));
 * mc_server_open(): 0, or why there is no connection. mc_server_again(): true when it is to be
 * tried once more. */
int mc_server_open(struct mc_server *server);
bool mc_server_again(struct mc_server *server, int result, bool repeatable);

#ifdef __cplusplus
}
#endif

#endif
