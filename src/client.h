/* One connection to memcached, over any transport that moves bytes.
 *
 * The rules of a connection (because of them, no reply goes to the wrong request):
 * - The count of pending replies rises before the first byte of a command is sent.
 * - After a timeout, a close, a malformed or mismatched reply, or ERROR or CLIENT_ERROR to a store
 *   (the server may then read the value as commands), the connection is dead: nothing more is sent
 *   or read on it, and every call returns client->error, until mc_client_init() with a new one.
 * - A write that was sent completely and got no usable reply is MC_E_UNKNOWN; client->error says
 *   why. Any other negative result of a write means that it was not done.
 */
#ifndef MC_CLIENT_H
#define MC_CLIENT_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The buffer holds a request line while it is sent, then reply lines while they are read: 512 bytes
 * are enough for any key and values of any size, 2,048 are faster for many keys. */
struct mc_client {
    struct mc_transport transport;
    char *buf; /* supplied by the caller */
    size_t cap;
    size_t at, end;          /* buf[at..end) is received and not yet read */
    size_t awaited;          /* replies that are still pending */
    size_t sent, to_send;    /* bytes of the last mc_client_send(): sent so far, and in all */
    size_t received;         /* bytes received since the last mc_client_send() */
    struct mc_bytes said;    /* the last error reply's text, until more is sent or received */
    struct mc_reader reader; /* reader.fault and reader.at explain MC_E_PROTOCOL */
    int error;               /* 0, or why the connection is dead */
    bool ends_with_error;    /* private: an error reply will end the connection */
};

/* Starts on a new connection. The buffer remains in use. */
void mc_client_init(struct mc_client *client, struct mc_transport transport, void *buf, size_t cap);

/* Retrieval. MC_HIT; MC_MISS; MC_E_FULL (the connection stays in sync; value->len is the size that
 * value->buf needs, or 0 if the client's buffer is too small for the request); an error reply
 * (MC_ERROR, MC_CLIENT_ERROR or MC_SERVER_ERROR; its text is in client->said); or another negative
 * result. */
int mc_client_get(struct mc_client *client, struct mc_bytes key, struct mc_value *value,
                  mc_deadline deadline);
int mc_client_gets(struct mc_client *client, struct mc_bytes key, struct mc_value *value,
                   mc_deadline deadline);
int mc_client_gat(struct mc_client *client, int32_t exptime, struct mc_bytes key,
                  struct mc_value *value, mc_deadline deadline);
int mc_client_gats(struct mc_client *client, int32_t exptime, struct mc_bytes key,
                   struct mc_value *value, mc_deadline deadline);

/* Retrieval of many keys, in as few request lines as possible. values[i] is for keys[i]; its result
 * is always set. A key may appear more than once. Returns 0 if every key got MC_HIT, MC_MISS or
 * MC_E_FULL, otherwise what stopped it, which is also the result of the remaining keys. After an
 * error reply to a get of several keys the connection is closed (MC_E_STEP): more of the reply may
 * follow. */
int mc_client_get_many(struct mc_client *client, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count, mc_deadline deadline);
int mc_client_gets_many(struct mc_client *client, const struct mc_bytes *keys,
                        struct mc_value *values, size_t count, mc_deadline deadline);
int mc_client_gat_many(struct mc_client *client, int32_t exptime, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count, mc_deadline deadline);
int mc_client_gats_many(struct mc_client *client, int32_t exptime, const struct mc_bytes *keys,
                        struct mc_value *values, size_t count, mc_deadline deadline);

/* Storage. MC_STORED, MC_NOT_STORED, MC_EXISTS, MC_NOT_FOUND, an error reply, or negative. */
int mc_client_store(struct mc_client *client, enum mc_store command, const struct mc_item *item,
                    mc_deadline deadline);

/* MC_DELETED or MC_NOT_FOUND; MC_NUMBER (*number is the new value) or MC_NOT_FOUND; MC_TOUCHED or
 * MC_NOT_FOUND; or an error reply, or negative. */
int mc_client_delete(struct mc_client *client, struct mc_bytes key, mc_deadline deadline);
int mc_client_incr(struct mc_client *client, struct mc_bytes key, uint64_t delta, uint64_t *number,
                   mc_deadline deadline);
int mc_client_decr(struct mc_client *client, struct mc_bytes key, uint64_t delta, uint64_t *number,
                   mc_deadline deadline);
int mc_client_touch(struct mc_client *client, struct mc_bytes key, int32_t exptime,
                    mc_deadline deadline);

/* mc_client_version(): MC_VERSION, with the version in client->said; mc_client_flush_all(): MC_OK;
 * both: an error reply, or negative. mc_client_auth(): MC_OK, MC_E_AUTH (the server's text is in
 * client->said), or another negative result. After a login that was refused or cannot be sent,
 * nothing more is sent on the connection. */
int mc_client_version(struct mc_client *client, mc_deadline deadline);
int mc_client_flush_all(struct mc_client *client, int32_t delay_s, mc_deadline deadline);
int mc_client_auth(struct mc_client *client, struct mc_bytes user, struct mc_bytes password,
                   mc_deadline deadline);

/* Asks for statistics (words: none, "items", "settings", ...). 0, then call mc_client_next() until
 * the event is final: MC_STAT each, and MC_END; or another final event. To "sizes_enable" and
 * "sizes_disable" memcached sends one STAT and no END: close the connection then. */
int mc_client_stats(struct mc_client *client, struct mc_bytes words, mc_deadline deadline);

/* Meta commands. A flag q is refused (MC_E_FLAG): quiet commands go into a pipeline. A returned key
 * or opaque (flags k, O) is compared with what was sent.
 * mg: MC_HIT (asked with v), MC_HD (without, or asked with C and it matches), MC_MISS. ms: MC_HD,
 * MC_NOT_STORED, MC_EXISTS, MC_NOT_FOUND. md: MC_HD, MC_NOT_FOUND, MC_EXISTS. ma: MC_HD, or
 * MC_NUMBER (asked with v; meta->number), MC_NOT_FOUND, MC_NOT_STORED, MC_EXISTS. Or an error
 * reply, or negative. */
int mc_client_mg(struct mc_client *client, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_value *value, struct mc_meta *meta, mc_deadline deadline);
int mc_client_ms(struct mc_client *client, struct mc_bytes key, struct mc_bytes value,
                 const struct mc_flag *flags, size_t count, struct mc_meta *meta,
                 mc_deadline deadline);
int mc_client_md(struct mc_client *client, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_meta *meta, mc_deadline deadline);
int mc_client_ma(struct mc_client *client, struct mc_bytes key, const struct mc_flag *flags,
                 size_t count, struct mc_meta *meta, mc_deadline deadline);

/* ---- What the above is made of, for commands of your own ------------------------------------- */

/* Lends the client's buffer to put commands into. 0, MC_E_BUSY, or client->error. */
int mc_client_begin(struct mc_client *client, struct mc_out *out);

/* Sends all the parts, which the server will answer with `replies` replies. Returns 0, or why the
 * connection is dead; client->sent of client->to_send bytes were sent. */
int mc_client_send(struct mc_client *client, const struct mc_bytes *parts, size_t count,
                   size_t replies, mc_deadline deadline);

/* Receives once, after the unread bytes, which are moved to the front of the buffer. 0, or
 * why the connection is dead: MC_E_LINE when the buffer was full. */
int mc_client_receive(struct mc_client *client, mc_deadline deadline);

/* The next event, as from mc_reader_next(), receiving when needed. Slices are valid until the next
 * call. MC_E_IDLE: no reply is pending. Bytes after the last pending reply break the connection. */
int mc_client_next(struct mc_client *client, struct mc_reply *reply, mc_deadline deadline);

/* After MC_VALUE: the whole value to value->buf, or, when it does not fit, to nowhere with
 * MC_E_FULL. 0, MC_E_FULL, or why the connection is dead. */
int mc_client_value(struct mc_client *client, const struct mc_reply *reply, struct mc_value *value,
                    mc_deadline deadline);

/* Marks the connection as dead: this call and all further ones return `error`,
 * or the error that it died of earlier. */
int mc_client_break(struct mc_client *client, int error);

#ifdef __cplusplus
}
#endif

#endif
