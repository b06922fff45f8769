/* One connection to memcached over a transport that waits: an engine, and a call for each command.
 *
 * Every call returns when its operation is done, at the deadline at the latest. engine.h has the
 * rules of a connection: after a failure the connection is dead, client->engine.error says why, and
 * every later call returns that error, until mc_client_init() with a new connection.
 *
 * Results, of all calls:
 * - positive: what the server answered; client->text has the words of a version, of an error, or of
 *   a refusal, until the next call;
 * - MC_E_KEY, MC_E_TOKEN, MC_E_NUMBER, MC_E_FLAG, MC_E_LONG: an argument cannot be sent, and nothing
 *   was; MC_E_FULL: the client's buffer is too small for the request, or value->buf for the value;
 * - MC_E_UNKNOWN: a write was sent completely and got no usable reply. Any other negative result of
 *   a write means that it was not done.
 * After every return each output is defined: what the reply says, otherwise zero. Where an output is
 * a pointer, NULL means that it is not wanted.
 *
 * A client may be moved between calls, if its transport may. It may not be shared between threads
 * without a lock, nor used by a parent and a child process after fork().
 */
#ifndef MC_CLIENT_H
#define MC_CLIENT_H

#include "command.h"
#include "engine.h"
#include "op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The buffer holds a request line while it is sent, then reply lines while they are read: 512 bytes
 * are enough for any key and values of any size, 2,048 are faster for many keys. */
struct mc_client {
    struct mc_transport transport;
    struct mc_engine engine; /* engine.error: 0, or why the connection is dead; engine.reader.fault
                                and engine.reader.at explain MC_E_PROTOCOL */
    struct mc_bytes text;    /* the words of the last reply, if it has any */
};

/* Starts on a new connection. The buffer remains in use. */
void mc_client_init(struct mc_client *client, struct mc_transport transport, void *buf, size_t cap);

/* Runs one operation of any command (op.h, command.h). Returns op->result. */
int mc_client_do(struct mc_client *client, struct mc_op *op, mc_deadline deadline);

/* Runs many, in order, in few sends; ops[i].result says what became of each. Returns 0 if each has a
 * reply, otherwise the first negative result that is not MC_E_FULL. client->text is that of the first
 * operation that failed; the text of one that was done before the last bytes came is not kept. */
int mc_client_run(struct mc_client *client, struct mc_op *ops, size_t count, mc_deadline deadline);

/* Retrieval. MC_HIT, MC_MISS, MC_E_FULL (value->len is the size that value->buf needs; 0: the
 * client's buffer is too small for the request), an error reply, or negative. */
int mc_client_get(struct mc_client *client, struct mc_bytes key, struct mc_value *value,
                  mc_deadline deadline);
int mc_client_gets(struct mc_client *client, struct mc_bytes key, struct mc_value *value,
                   mc_deadline deadline);
int mc_client_gat(struct mc_client *client, int32_t exptime, struct mc_bytes key,
                  struct mc_value *value, mc_deadline deadline);
int mc_client_gats(struct mc_client *client, int32_t exptime, struct mc_bytes key,
                   struct mc_value *value, mc_deadline deadline);

/* Retrieval of many keys, in as few request lines as possible. values[i] is for keys[i]; its result
 * is always set. A key that cannot be sent is refused alone. A key may appear more than once.
 * Returns 0 if every key got MC_HIT, MC_MISS or MC_E_FULL, otherwise the first other result. After an
 * error reply to a line of several keys the connection is over (MC_E_AMBIGUOUS): more of the reply
 * may follow. For gat and gats of many keys: mc_client_do() with mc_op_many(). */
int mc_client_get_many(struct mc_client *client, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count, mc_deadline deadline);
int mc_client_gets_many(struct mc_client *client, const struct mc_bytes *keys,
                        struct mc_value *values, size_t count, mc_deadline deadline);

/* Storage. command: &mc_command_set, add, replace, append, prepend or cas. MC_STORED,
 * MC_NOT_STORED, MC_EXISTS, MC_NOT_FOUND, an error reply, or negative. */
int mc_client_store(struct mc_client *client, const struct mc_command *command,
                    const struct mc_item *item, mc_deadline deadline);

/* MC_DELETED or MC_NOT_FOUND; MC_NUMBER (*number is the new value) or MC_NOT_FOUND; MC_TOUCHED or
 * MC_NOT_FOUND; or an error reply, or negative. touch, gat: an exptime up to MC_EXPTIME_RELATIVE_MAX
 * is in seconds from now; 0: never. */
int mc_client_delete(struct mc_client *client, struct mc_bytes key, mc_deadline deadline);
int mc_client_incr(struct mc_client *client, struct mc_bytes key, uint64_t delta, uint64_t *number,
                   mc_deadline deadline);
int mc_client_decr(struct mc_client *client, struct mc_bytes key, uint64_t delta, uint64_t *number,
                   mc_deadline deadline);
int mc_client_touch(struct mc_client *client, struct mc_bytes key, int32_t exptime,
                    mc_deadline deadline);

/* mc_client_version(): MC_VERSION, with the version in client->text; mc_client_flush_all(): MC_OK;
 * both: an error reply, or negative. mc_client_auth(): MC_OK, MC_E_AUTH (the server's words are in
 * client->text), or another negative result. After a login that was refused or cannot be sent,
 * nothing more is sent on the connection. */
int mc_client_version(struct mc_client *client, mc_deadline deadline);
int mc_client_flush_all(struct mc_client *client, int32_t delay_s, mc_deadline deadline);
int mc_client_auth(struct mc_client *client, struct mc_bytes user, struct mc_bytes password,
                   mc_deadline deadline);

#ifdef __cplusplus
}
#endif

#endif
