/* The rules of one connection, without I/O: operations go in, bytes to send come out; received
 * bytes go in, finished operations come out. Whoever calls it moves the bytes.
 *
 *     mc_engine_submit(op)                  at any time, as many as you like
 *     mc_engine_output(parts), send, mc_engine_sent(n)          when bytes can be sent
 *     mc_engine_input(&cap), receive, mc_engine_received(n)     when it has some
 *     mc_engine_fail(why)                   after a timeout, a close, or any other doubt
 *     mc_engine_done() -> op                each operation once, in the order of submission
 *
 * The rules (they are why a reply is never given to another question):
 * - A reply counts only for an operation whose bytes have all gone. Bytes that come while no reply
 *   is pending break the connection, also when they arrive together with the last pending reply: they
 *   are looked for before its operation is done. Two replies may come early: an error line while the
 *   value of a command is still being sent (it is kept until the rest has gone, without its text if
 *   one buffer is both), and the reply of a quiet command before the mn that ends its group has gone.
 * - After a failure, malformed bytes, or a reply to another question the connection is dead:
 *   engine->error says why, every operation has its fate, and each later one is given that error.
 * - So it is after ERROR or CLIENT_ERROR to a command with a value (the server may read the value as
 *   commands), and after an error line in a reply to several keys, or after a value of a reply to one:
 *   engine->error is MC_E_AMBIGUOUS then, and the server is not to blame.
 * - A write has the result MC_E_UNKNOWN only if its last byte had gone and it has no reply; any
 *   other negative result of a write means that it was not done.
 * - Replies are matched by key, in whatever order the server gives them. Where a doubled key is
 *   answered once, each of its places gets the value; a sink is given it once, for one of its slots,
 *   and another operation's sink not at all (MC_E_FULL).
 * - Quiet meta commands (flag q) go out in groups that an mn ends, each with an opaque of the engine's
 *   (so they may have no O) that no other command of its life has. Once MN has come, silence means
 *   MC_MISS for mg and MC_HD for the others. An error line belongs to the one silent command that it
 *   can mean; where it can mean several, the writes among these are MC_E_UNKNOWN and the others have
 *   the error.
 *
 * After every end all outputs of an operation have defined values: what a reply says, otherwise zero
 * (with MC_E_FULL, value->len is the size that the place should have had).
 *
 * Bounds:
 * - Memory: the engine (at most 320 bytes with pointers of 64 bits), its buffers, and the caller's
 *   operations (224 bytes each); nothing else grows. What is received and not read fits the buffer.
 * - Requests without an answer are at most engine->window bytes, or one operation. At first this is
 *   MC_ENGINE_WINDOW, less than the other end accepts while it waits for us to read, so that two
 *   blocking ends never wait for each other. Whoever receives while a send is not complete, as event
 *   loops do, may set up to MC_ENGINE_WINDOW_MAX before the first operation. When the window was
 *   full, nothing more is sent until half of it is free. A shortest key in a shared line is 2 bytes,
 *   so that at most 8,192 operations are in flight in the first window.
 * - A key that is answered in its turn, or in reverse, is matched by looking at one or two keys; in
 *   the worst order at those of its request line, which are less than 1,024.
 * - mc_engine_deadline() and mc_engine_fail() look at each operation once; all else at those that it
 *   sends or finishes.
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
    MC_ENGINE_COPY_MAX = 128 /* a value up to this is copied to its line: one slice to send */
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
    MC_COMMAND_SHOWS = 128, /* meta: the reply has what the flags ask for */
    MC_COMMAND_CAS = 256    /* a retrieval: each value has a cas unique */
};

/* A bit for an event. */
#define MC_COMMAND_BIT(event) (UINT32_C(1) << (event))

struct mc_command {
    /* Appends the line: 0, or why not and nothing. keys[0..count) are those that share the line. */
    int (*put)(struct mc_out *out, const struct mc_op *op, const struct mc_bytes *keys,
               size_t count);
    /* Reads what *in has of the reply: see reply.h. */
    int (*answer)(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in);
    /* The length of a usual, whole reply at the front of b[0..e), whose results are set then; 0:
     * leave it to answer(). NULL: always. */
    size_t (*usual)(struct mc_op *op, const char *b, size_t e);
    uint32_t accepted; /* bits of the events that may end its reply, besides errors */
    uint16_t traits;
    char write_flags[5]; /* meta flags that make it a write, */
    char once_flags[4];  /* and those that make it one that must not be repeated */
};

/* Where a value, or a reply of many lines, goes piece by piece. It is called while bytes are being
 * read and must not call the engine. The event is MC_VALUE when a value begins (reply has its size,
 * flags, cas), MC_BODY for each piece of it (text), or a line: MC_STAT, MC_ITEM, MC_LINE, MC_OPENED.
 * `slot` is the index of the key among the operation's. What was given counts only when the
 * operation is done and its result says so. */
struct mc_sink {
    void (*receive)(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                    const struct mc_reply *reply);
};

/* One operation: a command and its arguments, and what became of it. The caller's; the engine's, with
 * all that it points to, from mc_engine_submit() until it is done. Start from {0}; it can be run
 * again as it is. */
struct mc_op {
    const struct mc_command *command; /* &mc_command_get, ...: see command.h */
    struct mc_bytes key;              /* also the words of stats, the user of auth, classes */
    struct mc_bytes data;             /* what is stored; the password of auth */
    uint64_t number;                  /* delta; cas unique; another number of the command */
    uint64_t flags; /* of the item; above 2^32-1 only with large_flags: see mc_item */
    bool large_flags;
    int32_t exptime;                  /* seconds from now up to 30 days, above it Unix time */
    const struct mc_flag *meta_flags; /* of a meta command */
    size_t meta_count;
    mc_deadline deadline; /* for mc_engine_deadline(); 0: none */
    /* Outputs; NULL: not wanted. */
    struct mc_value *value; /* set buf and cap */
    struct mc_meta *meta;
    struct mc_sink
        *sink; /* receives the pieces of values, and lines; value->buf is not used then */
    /* A retrieval of many keys: keys[i] has values[i], which must be there. The result is 0 when
     * each got MC_HIT, MC_MISS or MC_E_FULL, otherwise the first other. key and value are not used. */
    const struct mc_bytes *keys;
    struct mc_value *values;
    size_t count;
    int result;
    uint64_t answer; /* MC_NUMBER: incr, decr, ma with v */
    struct mc_bytes
        text; /* of an error, a version, a refusal; until the next bytes are put, sent or
                             received. Empty for quiet commands */
    /* ---- private ---- */
    struct mc_op *next, *prev;
    uint32_t end;    /* where it ends among the bytes of its batch */
    uint32_t size;   /* its bytes */
    uint32_t ticket; /* a quiet command's opaque */
    uint32_t skip_size;
    uint16_t skip; /* replies before its own that nobody waits for, and the bytes they answer */
    uint8_t state, marks;
};

/* A key of an operation: slot 0 is op->key unless it has many. */
struct mc_slot {
    struct mc_op *op;
    size_t slot;
};

struct mc_engine {
    struct mc_reader reader; /* reader.fault and reader.at explain MC_E_PROTOCOL */
    int error;               /* 0, or why the connection is dead */
    size_t received;         /* bytes that have come in its life */
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
    bool shared; /* one buffer is both */
    bool begun;  /* the reply of `asked` has begun */
    bool full;   /* the window: wait until half of it is free */
    /* What the answers of the commands keep (reply.h). */
    size_t line_end;          /* the slot after those of the line that is being answered */
    uint32_t line_size;       /* its bytes */
    size_t answered;          /* keys of it that are, */
    struct mc_slot match;     /* and the last of them; op NULL: none yet */
    char *place;              /* where the next piece of a value goes; NULL: nowhere */
    const struct mc_op *sunk; /* whose sink receives the pieces; NULL: no sink */
    size_t sunk_slot;
    struct mc_op *named;   /* the last quiet command that was named by a reply */
    struct mc_op *erred;   /* the last one since to which an error line was given */
    struct mc_op *current; /* the meta command whose value is being received */
    char digits[20];       /* the value of an ma */
};

/* Starts on a fresh connection. in: for reply lines, 317 bytes or more for any key, 2,048 for any
 * line. out: for request lines, as large; NULL: one buffer is both by turns (nothing is received
 * before the requests in it have gone). */
void mc_engine_init(struct mc_engine *engine, void *in, size_t in_cap, void *out, size_t out_cap);

/* Adds an operation. What is wrong with its arguments is found when it is put: mc_engine_output().
 */
void mc_engine_submit(struct mc_engine *engine, struct mc_op *op);

/* What to send now, as up to `max` slices; returns how many, 0: nothing now. They stay valid, and the
 * same, until mc_engine_sent(). */
size_t mc_engine_output(struct mc_engine *engine, struct mc_bytes *parts, size_t max);

/* So many bytes of them have been sent. */
void mc_engine_sent(struct mc_engine *engine, size_t bytes);

/* Where to receive: *cap bytes, in the buffer or straight in the place of a large value. *cap is 0
 * and the result NULL when nothing can be received: the connection is dead (a line did not fit:
 * MC_E_LINE), or with one buffer, requests in it have to be sent first. */
void *mc_engine_input(struct mc_engine *engine, size_t *cap);

/* So many bytes have been received there. */
void mc_engine_received(struct mc_engine *engine, size_t bytes);

/* The same with a buffer of the caller's: these bytes have been received. An unfinished line at their
 * end is copied to the engine's buffer, and what ends it later; if there is no room, also because one
 * buffer is both and requests in it have not gone, the connection is dead: MC_E_LINE. What is kept may
 * take the place of a text (op->text), which is empty then. */
void mc_engine_feed(struct mc_engine *engine, struct mc_bytes bytes);

/* The next finished operation, in the order of submission; NULL: none now. It is the caller's again. */
struct mc_op *mc_engine_done(struct mc_engine *engine);

/* Nothing more will be sent or received: every operation gets its fate. A dead connection stays as
 * it is. */
void mc_engine_fail(struct mc_engine *engine, int why);

/* The earliest deadline of the operations that are not done, or MC_NEVER. When it has passed, fail
 * with MC_E_TIMEOUT (replies come in order, so that none can be left out), or cancel an operation
 * that still waits. */
mc_deadline mc_engine_deadline(const struct mc_engine *engine);

/* The owner of an operation goes away: it is the caller's again, without a result. Returns 0 when the
 * others go on: it still waited, was done, or was sent whole and has a reply of its own (a single
 * key in a line of its own, a line, a stored value; not begun), which is read and given to nobody.
 * Otherwise (partly sent, part of a shared line or of a quiet group, many keys, a stream, a reply
 * begun) the connection fails with MC_E_AMBIGUOUS, which is returned. */
int mc_engine_cancel(struct mc_engine *engine, struct mc_op *op);

/* True when no operation is in it that is not done. */
bool mc_engine_is_idle(const struct mc_engine *engine);

/* Ends an operation that is in no engine: gives it this result, and all its outputs values. */
void mc_engine_refuse(struct mc_op *op, int result);

/* Can the operation leave the server changed? It depends on its flags: mg with N, R, T or E. */
bool mc_engine_writes(const struct mc_op *op);

/* Is it the same to do it twice? Not for writes, but for gat and gats, and mg with T. */
bool mc_engine_repeatable(const struct mc_op *op);

/* ---- with a transport that waits ------------------------------------------------------------- */

/* Runs one operation. Returns its result. MC_E_BUSY: others are in the engine; MC_E_COMMAND: it has no
 * command. */
int mc_engine_do(struct mc_engine *engine, const struct mc_transport *transport, struct mc_op *op,
                 mc_deadline deadline);

/* The same for an operation that has not many keys and is not quiet. A program that calls this alone
 * is linked without the queue. */
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
