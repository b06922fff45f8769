/* The rules of one connection, without I/O: operations go in, bytes to send come out; received
 * bytes go in, finished operations come out. Whoever calls it moves the bytes.
 *
 *     mc_engine_submit(op)                  at any time, as many as you like
 *     mc_engine_output(parts), send, mc_engine_sent(n)          when bytes can be sent
 *     mc_engine_input(&cap), receive, mc_engine_received(n)     when bytes can be received
 *     mc_engine_fail(why)                   after a timeout, a close, or any other doubt
 *     mc_engine_done() -> op                each operation once, in the order of submission
 *
 * The rules, which are why a reply is never given to another question:
 * - A reply counts only for an operation whose bytes have all been sent. Bytes that come while no
 *   reply is pending break the connection, even when they arrive together with the last pending
 *   reply: the engine looks for them before it ends that operation. Two replies may come early: an
 *   error line while the value of a command is still being sent (it is kept until the rest has been
 *   sent, without its text if one buffer is both), and the reply of a quiet command before the mn
 *   that ends its group has been sent.
 * - After a failure, malformed bytes, or a reply to another question the connection is dead:
 *   engine->error says why, every operation gets a result, and each later one gets that error.
 * - The connection is dead, too, after ERROR or CLIENT_ERROR to a command with a value (the server
 *   may read the value as commands), after an error line in a reply to several keys, and after one
 *   that follows the value in a reply to a single key. Then engine->error is MC_E_AMBIGUOUS, and the
 *   server is not to blame.
 * - A write has the result MC_E_UNKNOWN only if its last byte was sent and it has no reply; any
 *   other negative result of a write means that it was not done.
 * - Replies are matched by key, in whatever order the server gives them. When the server answers a
 *   repeated key only once, each of its places gets the value; a sink gets it once, for one of its
 *   slots, and another operation's sink does not get it (MC_E_FULL).
 * - Quiet meta commands (flag q) are sent in groups, each ended by an mn. The engine gives each
 *   command an opaque that no other command on the connection has (so they may not have an O). Once
 *   MN has come, silence means MC_MISS for mg and MC_HD for the others. An error line belongs to the
 *   silent command that it must be about; where it can be about several, the writes among these are
 *   MC_E_UNKNOWN and the others get the error.
 *
 * However an operation ends, all its outputs have defined values: what a reply says, otherwise zero
 * (with MC_E_FULL, value->len is the size that value->buf should have had).
 *
 * Bounds:
 * - Memory: the engine (at most 240 bytes with pointers of 64 bits), its buffers, and the caller's
 *   operations (at most 200 bytes each); nothing else grows. What is received and not yet read fits
 *   the buffer.
 * - Requests without an answer have at most engine->window bytes, or are a single operation. At first
 *   this is MC_ENGINE_WINDOW, less than the other end accepts while it waits for us to read, so that
 *   two blocking ends never wait for each other. A caller that receives while a send is not complete,
 *   as event loops do, may raise it, up to MC_ENGINE_WINDOW_MAX, before the first operation. Once the
 *   window is full, nothing more is sent until half of it is free. A key takes at least 2 bytes of a
 *   line, so at most 8,192 operations are in flight in the default window.
 * - A key that is answered in its turn, or in reverse, is matched by looking at one or two keys; in
 *   the worst order, by looking at those of its request line, which has fewer than 1,024.
 * - mc_engine_deadline() and mc_engine_fail() look at each operation once; the other functions only
 *   look at those that they send or finish.
 *
 * An engine may be moved while no operation is in it. It may not be shared between threads.
 */
#ifndef MC_ENGINE_H
#define MC_ENGINE_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MC_ENGINE_WINDOW = 16384, /* bytes of requests without an answer, or one operation */
    MC_ENGINE_WINDOW_MAX = 0x40000000,
    MC_ENGINE_COPY_MAX = 128 /* a value up to this is copied after its line: one slice to send */
};

struct mc_engine;
struct mc_op;

/* What a command is like. */
enum {
    MC_COMMAND_WRITES = 1,     /* it can leave the server changed */
    MC_COMMAND_REPEATABLE = 2, /* and doing it twice is the same as once */
    MC_COMMAND_VALUE = 4,      /* op->data goes after its line */
    MC_COMMAND_META = 8,
    MC_COMMAND_KEYS = 16,   /* a retrieval: many keys share a line */
    MC_COMMAND_ALONE = 32,  /* nothing else may be in flight */
    MC_COMMAND_TEXT = 64,   /* its reply is a stream of free-text lines */
    MC_COMMAND_SHOWS = 128, /* mg: the reply has what the flags ask for, of which some write */
    MC_COMMAND_CAS = 256    /* a retrieval: each value has a cas unique */
};

/* A bit for an event. */
#define MC_COMMAND_BIT(event) (UINT32_C(1) << (event))

struct mc_command {
    /* Appends the line and returns 0; or appends nothing and returns why. keys[0..count) share it. */
    int (*put)(struct mc_out *out, const struct mc_op *op, const struct mc_bytes *keys,
               size_t count);
    /* Reads what *in has of the reply: see reply.h. */
    int (*answer)(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in);
    /* If a usual, whole reply is at the front of b[0..e), sets the results and returns its length.
     * Otherwise 0: answer() reads it. NULL: answer() reads every reply. */
    size_t (*usual)(struct mc_op *op, const char *b, size_t e);
    uint32_t accepted; /* bits of the events that may end its reply, besides errors */
    uint16_t traits;
};

/* Where a value, or a reply of many lines, goes piece by piece. It is called while bytes are being
 * read and must not call the engine. The event is MC_VALUE when a value begins (reply has its size,
 * flags, cas), MC_BODY for each piece of it (text), or a line: MC_STAT, MC_ITEM, MC_LINE, MC_OPENED.
 * `slot` is the index of the key among the operation's. What it received counts only when the
 * operation is done and its result says so. */
struct mc_sink {
    void (*receive)(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                    const struct mc_reply *reply);
};

/* One operation: a command and its arguments, and what became of it. It belongs to the caller; from
 * mc_engine_submit() until it is done it belongs to the engine, with all that it points to. Start
 * from {0}; it can be run again as it is. */
struct mc_op {
    const struct mc_command *command; /* &mc_command_get, ...: see command.h */
    struct mc_bytes key;              /* also the words of stats, the user of auth, classes */
    struct mc_bytes data;             /* what is stored; the password of auth */
    int32_t exptime;      /* up to MC_EXPTIME_RELATIVE_MAX in seconds from now: see mc_item */
    uint64_t number;      /* delta; cas unique; another number of the command */
    uint64_t flags;       /* of the item; above 2^32-1 only with large_flags: see mc_item */
    mc_deadline deadline; /* for mc_engine_deadline(); 0: none */
    const struct mc_flag *meta_flags; /* of a meta command */
    size_t meta_count;
    /* Outputs; NULL: not wanted. */
    struct mc_value *value; /* set buf and cap */
    struct mc_meta *meta;
    struct mc_sink *sink; /* receives values in pieces, and lines; value->buf is not used then */
    /* A retrieval of many keys: keys[i] has values[i], which must be there. The result is 0 when
     * each got MC_HIT, MC_MISS or MC_E_FULL, otherwise the first other. key and value are not used. */
    const struct mc_bytes *keys;
    struct mc_value *values;
    size_t count;
    uint64_t answer; /* MC_NUMBER: incr, decr, ma with v */
    /* Of an error, a version or a refusal; valid until the next bytes are put, sent or received.
     * Empty for quiet commands. */
    struct mc_bytes text;
    int result;
    bool large_flags; /* an argument: see flags */
    /* ---- private ---- */
    uint8_t state, marks;
    uint16_t skip;      /* replies before its own that nobody waits for, */
    uint32_t skip_size; /* and the bytes that they answer */
    uint32_t end;       /* where it ends among the bytes of its batch */
    uint32_t size;      /* its bytes */
    struct mc_op *next, *prev;
};

/* A key of an operation: slot 0 is op->key unless it has many. */
struct mc_slot {
    struct mc_op *op;
    size_t slot;
};

struct mc_engine {
    struct mc_reader reader; /* reader.fault and reader.at explain MC_E_PROTOCOL */
    int error;               /* 0, or why the connection is dead */
    size_t received;         /* all bytes that have come so far */
    uint32_t window;         /* the most bytes of requests without an answer: see above */
    /* ---- private ---- */
    char *in;
    size_t in_cap;
    struct mc_out out; /* the batch, but for values that are sent from their place */
    size_t at, end;    /* in[at..end) is received and not read */
    size_t beyond;     /* bytes in a lent buffer after these */
    /* The list: first.. are done, asked.. have a reply pending, sending.. are in the batch that is
     * being sent, waiting.. are not put yet. NULL: none. */
    struct mc_op *first, *last;
    struct mc_slot asked, sending, waiting;
    uint32_t batch; /* bytes of the batch: those in out, and values */
    uint32_t gone;  /* of these, sent */
    uint32_t aside; /* of these, in values of operations that have gone */
    uint32_t unanswered;
    uint32_t ticket;    /* of the next quiet command */
    uint32_t tail_size; /* of cancelled operations after the last */
    uint16_t tail_skip;
    bool begun; /* the reply of `asked` has begun */
    bool full;  /* the window: wait until half of it is free */
    /* What the answers of the commands keep (reply.h): of a line of keys, or of meta commands. */
    struct mc_slot match; /* whose value was the last to come; op NULL: nobody's */
    char *place;          /* where its next piece goes; NULL: to a sink, or nowhere */
    union {
        size_t line_end;     /* the slot after those of the line that is being answered */
        struct mc_op *named; /* the last quiet command that was named by a reply */
    };
    union {
        size_t answered;     /* keys of the line */
        struct mc_op *erred; /* the last one since to which an error line was given */
    };
    union {
        uint32_t line_size;    /* bytes of the line */
        struct mc_op *current; /* the meta command whose value is being received */
    };
};

/* Starts on a new connection. in: for reply lines; 317 bytes are enough for any key, 2,048 for any
 * line. out: for request lines, of the same size; NULL: `in` is for both by turns (nothing is
 * received before the requests in it have been sent). */
void mc_engine_init(struct mc_engine *engine, void *in, size_t in_cap, void *out, size_t out_cap);

/* Adds an operation. Its arguments are checked later, when mc_engine_output() puts its line. */
void mc_engine_submit(struct mc_engine *engine, struct mc_op *op);

/* What to send now, as up to `max` slices; returns how many, 0: nothing now. They stay valid, and the
 * same, until mc_engine_sent(). */
size_t mc_engine_output(struct mc_engine *engine, struct mc_bytes *parts, size_t max);

/* The first `bytes` bytes of them have been sent. */
void mc_engine_sent(struct mc_engine *engine, size_t bytes);

/* Where to receive: *cap bytes, in the buffer or directly in the place of a large value. *cap is 0
 * and the result NULL when nothing can be received: the connection is dead (a line did not fit:
 * MC_E_LINE), or with one buffer, requests in it have to be sent first. */
void *mc_engine_input(struct mc_engine *engine, size_t *cap);

/* `bytes` bytes have been received there. */
void mc_engine_received(struct mc_engine *engine, size_t bytes);

/* These bytes have been received, in a buffer of the caller's. An unfinished line at their end is
 * copied to the engine's buffer, and later its rest, too; if there is no room, perhaps because one
 * buffer is both and requests in it have not been sent, the connection is dead: MC_E_LINE. What is
 * copied may overwrite a text (op->text), which is then empty. */
void mc_engine_feed(struct mc_engine *engine, struct mc_bytes bytes);

/* The next finished operation, in the order of submission; NULL: none now. It is the caller's again. */
struct mc_op *mc_engine_done(struct mc_engine *engine);

/* Nothing more will be sent or received: every operation gets a result. A connection that is dead
 * already stays as it is. */
void mc_engine_fail(struct mc_engine *engine, int why);

/* The earliest deadline of the operations that are not done, or MC_NEVER. When it has passed, call
 * mc_engine_fail() with MC_E_TIMEOUT (replies come in order, so none can be skipped), or
 * mc_engine_cancel() with an operation that has not been sent yet. */
mc_deadline mc_engine_deadline(const struct mc_engine *engine);

/* Takes an operation back, without a result. Returns 0 when the others go on: it still waited, was
 * done, or was sent whole and has a reply of its own (to a single key in a line of its own, of one
 * line, or to a store) that has not begun: it will be read and dropped. Otherwise (partly sent, part
 * of a shared line or of a quiet group, many keys, a stream, a reply that has begun) the connection
 * fails with MC_E_AMBIGUOUS, which is returned. */
int mc_engine_cancel(struct mc_engine *engine, struct mc_op *op);

/* True when all its operations are done. */
bool mc_engine_is_idle(const struct mc_engine *engine);

/* Ends an operation that is not in an engine: gives it this result, and all its outputs values. */
void mc_engine_refuse(struct mc_op *op, int result);

/* Can the operation leave the server changed? It depends on its flags: mg with N, R, T or E. */
bool mc_engine_writes(const struct mc_op *op);

/* Is doing it twice the same as doing it once? Of the writes only for gat, gats, and mg with T. */
bool mc_engine_repeatable(const struct mc_op *op);

/* ---- with a transport that waits ------------------------------------------------------------- */

/* Runs one operation. Returns its result. MC_E_BUSY: others are in the engine; MC_E_COMMAND: it has no
 * command. */
int mc_engine_do(struct mc_engine *engine, const struct mc_transport *transport, struct mc_op *op,
                 mc_deadline deadline);

/* The same for an operation that is not quiet and does not have many keys. A program that calls only
 * this one is linked without the queue. */
int mc_engine_do_single(struct mc_engine *engine, const struct mc_transport *transport,
                        struct mc_op *op, mc_deadline deadline);

/* Runs many, in order, in as few sends as fit the window. Returns 0 when each has a reply, otherwise
 * the first negative result that is not MC_E_FULL. Only operations that were done by the last bytes
 * received have a text. */
int mc_engine_run(struct mc_engine *engine, const struct mc_transport *transport, struct mc_op *ops,
                  size_t count, mc_deadline deadline);

#ifdef __cplusplus
}
#endif

#endif
