/* A client of one memcached server, given its address: connects when needed, and reconnects. */
#ifndef MC_SERVER_H
#define MC_SERVER_H

#include "address.h"
#include "client.h"
#include "socket.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MC_SERVER_PORT MC_ADDRESS_PORT

enum {
    MC_SERVER_TIMEOUT_MS = 1000,  /* the default of server->timeout_ms */
    MC_SERVER_PAUSE_MIN_MS = 50,  /* the first pause; each further one is twice as long, */
    MC_SERVER_PAUSE_MAX_MS = 2000 /* up to this */
};

/* Pauses: after a failure of the server, operations return MC_E_DOWN at once, for a while.
 * - Cannot connect, login refused, or closed before the first good reply (as a full server does,
 *   after an error line): a pause at once.
 * - Timeout, malformed reply, or closed after a good reply: the next operation reconnects. A pause
 *   begins only at the second failure in a row.
 * A good reply is one that is not an error. It resets the count of failures and the length of the
 * next pause. Only the server's own failures count, not a refused item or a shortage here
 * (descriptors, memory, the buffer). Each pause varies at random by up to 25 %, so that clients do
 * not all return at the same moment. */

/* A server. Set the members above the line between mc_server_init() and the first use; read the
 * counters and `problem` at any time. For TCP keepalive set socket.keepalive_s, likewise. The struct
 * may be moved in memory between calls (if your dialer allows it). It must not be copied and used
 * twice, shared between threads without a lock, or used in a child process after fork(): parent and
 * child would get each other's replies. */
struct mc_server {
    int64_t timeout_ms;             /* for a whole operation */
    struct mc_bytes user, password; /* for memcached -Y; borrowed. Both empty: no login */
    uint32_t seed; /* seeds the random pauses; 0: from the clock and the struct's address */
    struct mc_dialer dialer;    /* how to connect; {0}: with mc_socket_dialer() */
    int64_t connect_timeout_ms; /* for connecting and the login; 0: only the operation's limit */
    int64_t idle_max_ms;   /* a connection that was unused for longer is replaced; 0: no limit */
    uint64_t connects;     /* connections made */
    uint64_t failures;     /* operations that failed; not error replies, not refused arguments */
    uint64_t timeouts;     /* how many of the failures were timeouts */
    uint64_t hits, misses; /* keys found and not found */
    const char *problem;   /* why the address is malformed, or the login cannot be sent; or NULL */
    /* ---- */
    struct mc_address address;
    struct mc_socket socket; /* of the default dialer; sys_errno, resolve_code explain failures */
    struct mc_client client;
    char *buf;
    size_t cap;
    int64_t deadline, next_deadline, used_ms, down_until_ms, pause_ms;
    bool failed_before; /* the server has failed since its last good reply */
    bool open;          /* there is a connection */
    bool fresh;         /* no operation has had a good reply on this connection yet */
    bool good;          /* it has had a good reply, perhaps to the login */
    bool doubted;       /* only an error reply has come so far; the server may close next */
    bool retried;       /* this operation is in its second try */
    size_t received;    /* bytes of the connection before this operation */
};

/* Parses the address: HOST, HOST:PORT, [IPV6], [IPV6]:PORT, unix:/PATH, /PATH or unix:@NAME; the
 * default port is 11211. Does not connect. The buffer stays in use as long as the server: 512
 * bytes are enough for any key and values of any size, 2,048 are faster for gets of many
 * keys. Returns 0, or MC_E_ADDRESS (server->problem says what is wrong). */
int mc_server_init(struct mc_server *server, const char *address, void *buf, size_t cap);

/* Connects and logs in, if there is no connection; operations do so by themselves. Returns 0, or why
 * there is no connection. */
int mc_server_open(struct mc_server *server);

/* Closes the connection, if there is one. The next operation makes a new one. */
void mc_server_close(struct mc_server *server);

/* Gives the next operation this deadline, instead of server->timeout_ms from its start. */
void mc_server_set_deadline(struct mc_server *server, mc_deadline deadline);

/* The milliseconds left of a pause, in which operations return MC_E_DOWN; 0: there is no pause. */
int64_t mc_server_pause_left(struct mc_server *server);

/* Ends a pause: the next operation tries to connect. */
void mc_server_resume(struct mc_server *server);

/* Writes one line that explains the last operation's result: with the server's error text, the
 * system's message, or what is wrong with the reply or the address. Unprintable bytes appear as
 * \xHH. text[0..cap) is truncated to fit and NUL-terminated. Returns the whole text's length. */
size_t mc_server_message(const struct mc_server *server, int result, char *text, size_t cap);

/* Operations. Each connects first if needed, and ends within server->timeout_ms. Results are those
 * of the mc_client_ functions (client.h), and also MC_E_ADDRESS, MC_E_RESOLVE, MC_E_CONNECT,
 * MC_E_AUTH, MC_E_DOWN and MC_E_RESOURCES. client.text has the server's words.
 *
 * When a server answers a new connection with an error line and closes it, as memcached does at its
 * limit of connections, that error is the result of the first operation, whenever the line and the
 * close come. (With a login, the result is MC_E_AUTH.) The pause begins when the close is seen: by
 * this operation, or by the next, whose result is then MC_E_CLOSED.
 *
 * No command is sent before the login succeeds. A login that cannot be sent is MC_E_AUTH
 * (server->problem says why), and no connection is made.
 *
 * If a kept connection closes before the reply starts, a command that is safe to repeat (a
 * retrieval, version, an mg that changes nothing: mc_engine_repeatable()), or a write that was not
 * fully sent, is retried once on a new connection.
 *
 * A kept connection is checked with one extra system call before each command that is not safe to
 * repeat, and before every command after a second without use. It is replaced if the server closed
 * it or sent something unsolicited. Other commands skip the check, so that a get costs two system
 * calls (three after a second without use).
 *
 * The price of skipping it: a get recognizes its reply by the key, but an unsolicited END has none.
 * A get takes it for a miss, and each later get reads the reply to the one before, until a reply
 * has another key and the connection is closed. An mg needs flag k or O to recognize its reply. */

/* Any operation (op.h, command.h). Returns op->result. */
int mc_server_do(struct mc_server *server, struct mc_op *op);

/* Many, in order, in few sends. Nothing is retried: ops[i].result says what became of each. Returns
 * what mc_client_run() does, or why there is no connection. */
int mc_server_run(struct mc_server *server, struct mc_op *ops, size_t count);

/* Retrieval. gat and gats give the item a new exptime, as for a store. */
int mc_server_get(struct mc_server *server, struct mc_bytes key, struct mc_value *value);
int mc_server_gets(struct mc_server *server, struct mc_bytes key, struct mc_value *value);
int mc_server_gat(struct mc_server *server, int32_t exptime, struct mc_bytes key,
                  struct mc_value *value);
int mc_server_gats(struct mc_server *server, int32_t exptime, struct mc_bytes key,
                   struct mc_value *value);
int mc_server_get_many(struct mc_server *server, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count);
int mc_server_gets_many(struct mc_server *server, const struct mc_bytes *keys,
                        struct mc_value *values, size_t count);

/* Storage, with flags 0; mc_server_store() takes flags, and any of these commands. An exptime up to
 * MC_EXPTIME_RELATIVE_MAX is in seconds from now; 0: never. */
int mc_server_set(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                  int32_t exptime);
int mc_server_add(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                  int32_t exptime);
int mc_server_replace(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                      int32_t exptime);
int mc_server_append(struct mc_server *server, struct mc_bytes key, struct mc_bytes data);
int mc_server_prepend(struct mc_server *server, struct mc_bytes key, struct mc_bytes data);
int mc_server_cas(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                  int32_t exptime, uint64_t cas);
int mc_server_store(struct mc_server *server, const struct mc_command *command,
                    const struct mc_item *item);

/* Other writes. */
int mc_server_delete(struct mc_server *server, struct mc_bytes key);
int mc_server_incr(struct mc_server *server, struct mc_bytes key, uint64_t delta, uint64_t *number);
int mc_server_decr(struct mc_server *server, struct mc_bytes key, uint64_t delta, uint64_t *number);
int mc_server_touch(struct mc_server *server, struct mc_bytes key, int32_t exptime);
int mc_server_flush_all(struct mc_server *server, int32_t delay_s);

/* Questions. The version is in client.text. Each statistic goes to the sink: words are none,
 * "items", "settings", ...; the result is MC_END. */
int mc_server_version(struct mc_server *server);
int mc_server_stats(struct mc_server *server, struct mc_bytes words, struct mc_sink *sink);

/* Meta commands. */
int mc_server_mg(struct mc_server *server, struct mc_bytes key, struct mc_flags flags,
                 struct mc_value *value, struct mc_meta *meta);
int mc_server_ms(struct mc_server *server, struct mc_bytes key, struct mc_bytes data,
                 struct mc_flags flags, struct mc_meta *meta);
int mc_server_md(struct mc_server *server, struct mc_bytes key, struct mc_flags flags,
                 struct mc_meta *meta);
int mc_server_ma(struct mc_server *server, struct mc_bytes key, struct mc_flags flags,
                 struct mc_meta *meta);

#ifdef __cplusplus
}
#endif

#endif
