/* A small memcached for learning and for tests: bytes of clients in, bytes of answers out. It does
 * no I/O, allocates nothing, has no clock and no global state, and needs no more of a C library than
 * memcpy() and its like. It answers as a memcached 1.6.18 does; DIFFERENCES.md lists where it does
 * not. `mcwire serve` is this with sockets (src/tool/host.c).
 *
 * To embed it, compile answer.c, cache.c, serve.c, serve_admin.c, serve_log.c, serve_meta.c and
 * update.c of this folder and all of proto/, with both folders in the path of headers:
 *
 *     static uint64_t block[(4 << 20) / 8];
 *     mc_serve_init(&serve, block, sizeof block, now)     now: Unix time, or any number that grows
 *     per connection: struct mc_serve_client client = {0}, and, if you like, its peer and
 *         mc_serve_enter()
 *     bytes have come, after those that were left: mc_serve_clock(), then
 *         do {
 *             struct mc_out out = {buf, sizeof buf, 0};
 *             result = mc_serve_input(&serve, &client, &in, &out);
 *             send out.data[0..out.len)
 *         } while (result == MC_E_FULL);
 *         MC_MORE: keep in.data[0..in.len) for the next time; MC_E_CLOSED: close
 *     clients that watch the log: as if bytes had come, when mc_serve_has_lines()
 *     the connection is over: mc_serve_leave()
 */
#ifndef MC_SERVE_H
#define MC_SERVE_H

#include "answer.h"
#include "request.h"
#include "update.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MC_SERVE_VERSION "1.6.18-mcwire"

enum {
    MC_SERVE_LOGIN_MAX = 256, /* bytes of a name, a space and a password */
    MC_SERVE_PREFIXES = 32,   /* so many prefixes of keys are counted, */
    MC_SERVE_PREFIX_MAX = 32, /* which may have so many bytes */
    MC_SERVE_WATCHERS = 20,   /* so many clients may watch the log, */
    MC_SERVE_LOG_SIZE = 65536 /* of which so many bytes are kept for those who are slow */
};

/* What the server was started with; in brackets, what memcached calls it. */
struct mc_serve_options {
    uint32_t most_connections; /* [-c] for the statistics */
    bool can_shut_down;        /* [-A] clients may stop it */
    bool no_flush, no_dumps;   /* [-F, -X] */
    bool no_watch;             /* [-W] */
    bool keeps_slabs;          /* [-o no_slab_reassign] */
    bool crawls;               /* [without -o no_lru_crawler] lru_crawler is known */
    bool maintains;            /* [without -o no_lru_maintainer] lru mode and temp_ttl are known */
    bool tracks_sizes;         /* [-o track_sizes] */
};

/* What clients have asked for by the keys up to their first colon. */
struct mc_serve_prefix {
    char name[MC_SERVE_PREFIX_MAX];
    uint8_t len;
    uint64_t gets, hits, sets, deletes;
};

/* Lines of which clients are told that they watch; all members are private. */
struct mc_serve_log {
    struct mc_cache_watcher watcher;
    struct mc_serve *serve;
    struct mc_serve_client *watchers[MC_SERVE_WATCHERS];
    uint8_t kinds; /* that somebody watches */
    uint32_t watching;
    uint32_t file; /* of the client whose requests are answered */
    uint64_t line, sent, missed;
    uint64_t from, to; /* the bytes that are in the ring */
    char ring[MC_SERVE_LOG_SIZE];
};

/* How `lru` has set what memcached does with its lists: nothing follows from it here. */
struct mc_serve_lists {
    uint32_t hot, warm; /* percent of the memory */
    bool is_flat, has_temporary;
    uint32_t temporary_ttl;
};

/* Once a client watches, it may not be moved. */
struct mc_serve {
    uint32_t pid, connections;       /* the caller's, for the statistics */
    uint32_t microseconds;           /* the caller's, for the log: of the current second */
    struct mc_serve_options options; /* the caller's; clients can change crawls and tracks_sizes */
    /* The caller's: lines NAME:PASSWORD, as memcached -Y has them; a client has to log in as one of these
     * first, by a set whose value is <name> <password>. Empty: nobody has to. */
    struct mc_bytes users;
    struct mc_cache cache;
    uint64_t started; /* Unix time of the cache's second 0 */
    uint64_t limit;   /* what the items may take: at first, the whole block */
    uint64_t gets, hits, sets, touches, flushes;
    bool is_stopped; /* a client has told it to stop: end it */
    /* private */
    bool has_details;     /* stats detail is on */
    uint64_t sizes_since; /* stats sizes counts the items of this cas unique and later */
    uint32_t automove, crawl_sleep, crawl_most;
    struct mc_serve_lists lists;
    struct mc_serve_log log;
    uint32_t prefix_count;
    struct mc_serve_prefix prefixes[MC_SERVE_PREFIXES];
};

/* What the answer to an ms has to have, in this order. */
struct mc_serve_reflection {
    char letters[4]; /* O k c */
    char opaque[MC_OPAQUE_MAX + 1];
    uint8_t opaque_len;
};

/* An answer of many lines, of which one at a time is made. */
struct mc_serve_dump {
    uint8_t kind;     /* 0: none */
    uint32_t at;      /* the next class, size or prefix */
    uint64_t classes; /* a bit for each that is wanted */
    uint64_t done;    /* so many items or groups are in it already, */
    uint64_t most;    /* of so many at most */
    struct mc_cache_place place;
};

/* Whom a connection is with, for the log. */
struct mc_serve_peer {
    uint32_t file; /* the connection's descriptor, or whatever number it has */
    bool is_local; /* a Unix socket; otherwise: */
    uint16_t port;
    char address[46]; /* as text */
};

/* A connection. Start from {0}; it may not be moved. All members but the first two are private. */
struct mc_serve_client {
    struct mc_serve_peer peer; /* the caller's */
    bool failed; /* the caller may set it: the connection has not ended as it should */
    struct mc_request_reader reader;
    struct mc_answer answer;
    struct mc_update_store store; /* store.item: the value that is being received goes here */
    struct mc_cache_cursor value_at;
    struct mc_serve_reflection reflection;
    struct mc_serve_dump dump;
    uint32_t exptime; /* of a gat */
    bool inside;      /* the request goes on */
    bool meta, noreply, touches, with_cas;
    bool mute;     /* a get with a key that is too long: its values are not sent */
    bool dropping; /* the rest of a line is skipped */
    bool closing;
    bool known;    /* it has logged in */
    bool piped;    /* what it was answered is not sent yet, as memcached would have it */
    bool resumed;  /* the value that it sends comes in pieces */
    bool entered;  /* the log has been told */
    uint8_t kinds; /* of lines of the log that it watches */
    uint64_t log_at, missed;
    uint16_t login_len;
    char login[MC_SERVE_LOGIN_MAX];
};

/* The block is aligned as for uint64_t; 3 MB are enough. `now` is the Unix time. False: too small. */
bool mc_serve_init(struct mc_serve *serve, void *block, size_t size, uint64_t now);

/* Says what time it is. */
void mc_serve_clock(struct mc_serve *serve, uint64_t now);

/* Lets the items take so many bytes; false when the block is smaller. [-m] */
bool mc_serve_limit(struct mc_serve *serve, uint64_t size);

/* Reads requests from the front of *in, moves *in past them, and appends the answers to *out.
 * MC_MORE: keep what is left in *in, append more to it, and call again. There has to be room for
 * MC_REQUEST_MAX bytes.
 * MC_E_FULL: send what is in *out, and call again with what is left in *in.
 * MC_E_CLOSED: send what is in *out, and close. */
int mc_serve_input(struct mc_serve *serve, struct mc_serve_client *client, struct mc_bytes *in,
                   struct mc_out *out);

/* Tells the log of a new connection, whose peer is set. */
void mc_serve_enter(struct mc_serve *serve, struct mc_serve_client *client);

/* True when a client that watches the log has lines of it to come: call mc_serve_input(), with
 * nothing. */
bool mc_serve_has_lines(const struct mc_serve *serve, const struct mc_serve_client *client);

/* Lets go of what the connection holds. */
void mc_serve_leave(struct mc_serve *serve, struct mc_serve_client *client);

#ifdef __cplusplus
}
#endif

#endif
