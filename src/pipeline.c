/* Pipelines: commands go out in flights, and their replies are dealt out to them in order.
 *
 * A flight is at most FLIGHT_MAX bytes, or one command: less than the other end takes in while it
 * waits for us to read, so that the two never wait for each other. */
#include "pipeline.h"

#include "answer.h"
#include "decimal.h"

enum {
    FLIGHT_MAX = 16384, /* bytes of requests whose replies have not been read */
    PARTS_MAX = 64,     /* slices that one flight is gathered from */
    PENDING = 0         /* result of an op in flight */
};

/* The ops of one flight, and the bytes that they are. */
struct flight {
    struct mc_client *client;
    struct mc_pipeline_op *ops;
    size_t count;
    bool quiet;
    struct mc_out out; /* lines, in the client's buffer */
    size_t cut;        /* out.data[cut..out.len) is in no part yet */
    size_t bytes;      /* lines and values so far */
    size_t pending;    /* ops in it */
    struct mc_bytes parts[PARTS_MAX];
    size_t part_count;
    mc_deadline deadline;
};

static bool is_meta(const struct mc_pipeline_op *op)
{
    return op->verb >= MC_VERB_MG && op->verb <= MC_VERB_MA;
}

static bool is_quiet(const struct mc_pipeline_op *op)
{
    return is_meta(op) && op->meta_count < MC_TOKENS_MAX &&
           mc_answer_flag(op->meta_flags, op->meta_count, 'q') != NULL;
}

/* True when the server may be left changed. */
static bool is_write(const struct mc_pipeline_op *op)
{
    return op->verb > MC_VERB_GATS && op->verb != MC_VERB_MG && op->verb != MC_VERB_VERSION;
}

/* True when a cas unique is asked for. */
static bool is_gets(const struct mc_pipeline_op *op)
{
    return op->verb == MC_VERB_GETS || op->verb == MC_VERB_GATS;
}

static bool has_value(const struct mc_pipeline_op *op)
{
    return (op->verb >= MC_VERB_SET && op->verb <= MC_VERB_CAS) || op->verb == MC_VERB_MS;
}

/* ---- flags ----------------------------------------------------------------------------------- */

/* The flags of a meta command; a quiet one's end in an opaque that is its place in the flight. */
struct flags {
    struct mc_flag list[MC_TOKENS_MAX];
    char opaque[MC_DECIMAL_MAX];
    struct mc_answer_meta asked;
};

static void add_opaque(struct flags *flags, size_t index)
{
    size_t digits = mc_decimal_digits(index);
    mc_decimal_write(flags->opaque, 0, digits, index);
    flags->list[flags->asked.count] =
        (struct mc_flag){.letter = 'O', .token = {flags->opaque, digits}};
    flags->asked.count++;
}

static void make_flags(struct flags *flags, const struct mc_pipeline_op *op, size_t index)
{
    flags->asked = (struct mc_answer_meta){op->key, op->meta_flags, op->meta_count, {0}};
    if (!is_quiet(op))
        return;
    for (size_t k = 0; k < op->meta_count; k++)
        flags->list[k] = op->meta_flags[k];
    flags->asked.flags = flags->list;
    add_opaque(flags, index);
}

/* ---- out ------------------------------------------------------------------------------------- */

static int put_classic(struct mc_out *out, const struct mc_pipeline_op *op)
{
    const struct mc_item item = {op->key,     op->data,   op->flags,
                                 op->exptime, op->number, op->large_flags};
    switch (op->verb) {
    case MC_VERB_GET: return mc_put_get(out, &op->key, 1);
    case MC_VERB_GETS: return mc_put_gets(out, &op->key, 1);
    case MC_VERB_GAT: return mc_put_gat(out, op->exptime, &op->key, 1);
    case MC_VERB_GATS: return mc_put_gats(out, op->exptime, &op->key, 1);
    case MC_VERB_DELETE: return mc_put_delete(out, op->key, false);
    case MC_VERB_INCR: return mc_put_incr(out, op->key, op->number, false);
    case MC_VERB_DECR: return mc_put_decr(out, op->key, op->number, false);
    case MC_VERB_TOUCH: return mc_put_touch(out, op->key, op->exptime, false);
    case MC_VERB_VERSION: return mc_put_version(out);
    case MC_VERB_FLUSH_ALL: return mc_put_flush_all(out, op->exptime, false);
    default: return mc_put_store(out, (enum mc_store)(op->verb - MC_VERB_SET), &item, false);
    }
}

static int put_meta(struct mc_out *out, const struct mc_pipeline_op *op, size_t index)
{
    struct flags flags;
    make_flags(&flags, op, index);
    const struct mc_answer_meta *a = &flags.asked;
    switch (op->verb) {
    case MC_VERB_MG: return mc_put_mg(out, a->key, a->flags, a->count);
    case MC_VERB_MS: return mc_put_ms(out, a->key, op->data.len, a->flags, a->count);
    case MC_VERB_MD: return mc_put_md(out, a->key, a->flags, a->count);
    default: return mc_put_ma(out, a->key, a->flags, a->count);
    }
}

static void add_part(struct flight *f, struct mc_bytes part)
{
    f->parts[f->part_count] = part;
    f->part_count++;
}

/* The lines that are in no part yet, of which there always are some, become one. */
static void cut_lines(struct flight *f)
{
    struct mc_bytes lines = {f->out.data + f->cut, f->out.len - f->cut};
    add_part(f, lines);
    f->cut = f->out.len;
}

/* Room for one more command with its value? Kept free: the last lines and an mn. */
static bool has_room(const struct flight *f, size_t line, size_t value)
{
    size_t tail = value > 0 ? 2 : 0;
    if (f->pending > 0 && (value > FLIGHT_MAX || f->bytes + line + value > FLIGHT_MAX))
        return false;
    return f->out.cap - f->out.len >= tail && f->part_count + 4 <= PARTS_MAX;
}

static void add_value(struct flight *f, struct mc_bytes value)
{
    cut_lines(f);
    if (value.len > 0)
        add_part(f, value);
    f->out.data[f->out.len] = '\r';
    f->out.data[f->out.len + 1] = '\n';
    f->out.len += 2;
}

/* Puts the op into the flight. 0; MC_E_FULL when it has to wait for the next; or it is refused. */
static int pack(struct flight *f, struct mc_pipeline_op *op, size_t index)
{
    size_t start = f->out.len, value = has_value(op) ? op->data.len : 0;
    int r = is_meta(op) ? put_meta(&f->out, op, index) : put_classic(&f->out, op);
    if (r < 0)
        return r;
    size_t line = f->out.len - start;
    if (!has_room(f, line, has_value(op) ? value + 2 : 0)) {
        f->out.len = start;
        return MC_E_FULL;
    }
    if (has_value(op))
        add_value(f, op->data);
    f->bytes += value + (f->out.len - start);
    op->sent_at = f->bytes;
    op->result = PENDING;
    f->pending++;
    return 0;
}

/* Packs as many ops as fit; f->count of them are dealt with then, in flight or refused. */
static void pack_ops(struct flight *f, size_t count)
{
    f->quiet = is_quiet(&f->ops[0]);
    if (f->quiet) /* room for the mn */
        f->out.cap = f->out.cap > 4 ? f->out.cap - 4 : 0;
    for (f->count = 0; f->count < count; f->count++) {
        struct mc_pipeline_op *op = &f->ops[f->count];
        if (is_quiet(op) != f->quiet)
            return;
        int r = pack(f, op, f->count);
        if (r == MC_E_FULL && f->pending > 0)
            return;
        if (r < 0)
            op->result = r;
    }
}

static int send_flight(struct flight *f)
{
    if (f->quiet) {
        f->out.cap += 4;
        mc_put_mn(&f->out);
    }
    cut_lines(f);
    size_t replies = f->pending + (f->quiet ? 1 : 0);
    return mc_client_send(f->client, f->parts, f->part_count, replies, f->deadline);
}

/* ---- in -------------------------------------------------------------------------------------- */

static int answer_number(struct flight *f, struct mc_pipeline_op *op, uint32_t accepted)
{
    struct mc_reply reply;
    int r = mc_answer_line(f->client, accepted, &reply, f->deadline);
    if (r == MC_NUMBER)
        op->number = reply.number;
    return r;
}

static int answer_classic(struct flight *f, struct mc_pipeline_op *op)
{
    struct mc_client *c = f->client;
    switch (op->verb) {
    case MC_VERB_GET:
    case MC_VERB_GETS:
    case MC_VERB_GAT:
    case MC_VERB_GATS:
        mc_answer_get(c, &(struct mc_answer_keys){&op->key, &op->value, 1, is_gets(op)},
                      f->deadline);
        return op->value.result;
    case MC_VERB_DELETE: return answer_number(f, op, MC_ANSWER_DELETE);
    case MC_VERB_INCR:
    case MC_VERB_DECR: return answer_number(f, op, MC_ANSWER_DELTA);
    case MC_VERB_TOUCH: return answer_number(f, op, MC_ANSWER_TOUCH);
    case MC_VERB_VERSION: return answer_number(f, op, MC_ANSWER(MC_VERSION));
    case MC_VERB_FLUSH_ALL: return answer_number(f, op, MC_ANSWER(MC_OK));
    case MC_VERB_CAS: return mc_answer_store(c, MC_ANSWER_CAS, f->deadline);
    default: return mc_answer_store(c, MC_ANSWER_STORE, f->deadline);
    }
}

static int answer_meta(struct flight *f, struct mc_pipeline_op *op, size_t index, int event,
                       struct mc_reply *reply)
{
    struct mc_client *c = f->client;
    struct flags flags;
    make_flags(&flags, op, index);
    const struct mc_answer_meta *a = &flags.asked;
    switch (op->verb) {
    case MC_VERB_MG: return mc_answer_mg(c, event, reply, a, &op->value, &op->meta, f->deadline);
    case MC_VERB_MS: return mc_answer_ms(c, event, reply, a, &op->meta, f->deadline);
    case MC_VERB_MD: return mc_answer_md(c, event, reply, a, &op->meta, f->deadline);
    default: return mc_answer_ma(c, event, reply, a, &op->meta, f->deadline);
    }
}

/* What is known of an op that got no reply before the connection died. */
static int lost(const struct flight *f, const struct mc_pipeline_op *op)
{
    bool out = op->sent_at <= f->client->sent;
    return out && is_write(op) ? MC_E_UNKNOWN : f->client->error;
}

static int answer(struct flight *f, struct mc_pipeline_op *op, size_t index)
{
    struct mc_reply reply;
    int r;
    if (is_meta(op)) {
        int event = mc_client_next(f->client, &reply, f->deadline);
        r = answer_meta(f, op, index, event, &reply);
    } else {
        r = answer_classic(f, op);
    }
    return r < 0 && r != MC_E_FULL ? lost(f, op) : r;
}

/* Each pending op has one reply, in order. */
static void read_replies(struct flight *f)
{
    for (size_t k = 0; k < f->count; k++) {
        struct mc_pipeline_op *op = &f->ops[k];
        if (op->result == PENDING)
            op->result = f->client->error == 0 ? answer(f, op, k) : lost(f, op);
    }
}

/* ---- quiet commands -------------------------------------------------------------------------- */

/* The place in the flight that the reply's opaque names; f->count when there is none. */
static size_t find_op(const struct flight *f, struct mc_bytes flags)
{
    struct mc_flag flag;
    uint64_t index;
    while (mc_reader_flag(&flags, &flag) > 0) {
        if (flag.letter == 'O' &&
            mc_decimal_read(flag.token.data, 0, flag.token.len, UINT64_MAX, &index))
            return index < f->count ? (size_t)index : f->count;
    }
    return f->count;
}

/* The error lines that came since an op was named. */
struct errors {
    size_t count;
    int last; /* MC_ERROR, ... */
};

/* Errors among the pending ops of ops[from..to) do not say whose they are: when there are several
 * ops, of none is known what happened. 0, or MC_E_PROTOCOL when there are more errors than ops. */
static int settle_errors(struct flight *f, size_t from, size_t to, const struct errors *errors)
{
    size_t pending = 0;
    if (errors->count == 0)
        return 0;
    for (size_t k = from; k < to; k++)
        pending += f->ops[k].result == PENDING ? 1 : 0;
    if (pending < errors->count)
        return mc_answer_unasked(f->client, MC_FAULT_UNASKED);
    for (size_t k = from; k < to; k++) {
        if (f->ops[k].result == PENDING)
            f->ops[k].result = pending == 1 ? errors->last : MC_E_UNKNOWN;
    }
    return 0;
}

/* The flight is over and in step: who is still pending stayed silent, which is the answer. */
static void settle_silent(struct flight *f)
{
    for (size_t k = 0; k < f->count; k++) {
        struct mc_pipeline_op *op = &f->ops[k];
        if (op->result == PENDING)
            op->result = op->verb == MC_VERB_MG ? MC_MISS : MC_HD;
    }
}

static bool stores_values(const struct flight *f)
{
    size_t k = 0;
    while (k < f->count && !has_value(&f->ops[k]))
        k++;
    return k < f->count;
}

/* The answer of a quiet command, which names its op; errors before it are those of silent ones
 * before the op. 0, or why the connection is dead. */
static int take_named(struct flight *f, size_t *next, struct errors *errors, int event,
                      struct mc_reply *reply)
{
    size_t k = find_op(f, reply->text);
    if (k >= f->count || k < *next || f->ops[k].result != PENDING)
        return mc_answer_unasked(f->client, MC_FAULT_WRONG_KEY);
    int r = settle_errors(f, *next, k, errors);
    if (r < 0)
        return r;
    f->ops[k].result = answer_meta(f, &f->ops[k], k, event, reply);
    *errors = (struct errors){0};
    *next = k + 1;
    return f->client->error;
}

/* An error line to one of the ops. 0, or why the connection is dead: too many came, whose count does
 * not depend on how the network split them, or they leave open what the server reads next. */
static int take_error(struct flight *f, size_t next, struct errors *errors, int event)
{
    if (event != MC_SERVER_ERROR && stores_values(f))
        return mc_client_break(f->client, MC_E_STEP);
    errors->last = event;
    errors->count++;
    return errors->count > f->count - next ? mc_answer_unasked(f->client, MC_FAULT_UNASKED) : 0;
}

/* The answers up to the mn's, of which each command has one at most. 0, or why the connection is
 * dead. */
static int read_until_mn(struct flight *f)
{
    struct errors errors = {0};
    size_t next = 0;
    for (;;) {
        struct mc_reply reply;
        f->client->awaited = 2; /* the mn's, and perhaps one before it */
        int event = mc_client_next(f->client, &reply, f->deadline);
        if (event == MC_MN)
            return settle_errors(f, next, f->count, &errors);
        int r = event;
        if (event >= MC_ERROR)
            r = take_error(f, next, &errors, event);
        else if (event > 0)
            r = take_named(f, &next, &errors, event, &reply);
        if (r < 0)
            return r;
    }
}

static void read_quiet(struct flight *f)
{
    struct mc_client *c = f->client;
    int r = read_until_mn(f);
    if (r == 0 && c->at < c->end) /* behind the mn's answer: then that was none */
        r = mc_answer_unasked(c, MC_FAULT_UNASKED);
    if (r == 0) {
        c->awaited = 0;
        settle_silent(f);
        return;
    }
    for (size_t k = 0; k < f->count; k++) {
        struct mc_pipeline_op *op = &f->ops[k];
        if (op->result == PENDING || op->result == c->error)
            op->result = lost(f, op);
    }
}

/* ---- flights --------------------------------------------------------------------------------- */

/* Flies the first ops. Returns how many are dealt with. */
static size_t fly(struct mc_client *client, struct mc_pipeline_op *ops, size_t count,
                  mc_deadline deadline)
{
    struct flight f = {.client = client, .ops = ops, .deadline = deadline};
    int r = mc_client_begin(client, &f.out);
    if (r < 0) {
        ops[0].result = r;
        return 1;
    }
    pack_ops(&f, count);
    if (f.pending == 0)
        return f.count;
    send_flight(&f);
    if (f.quiet)
        read_quiet(&f);
    else
        read_replies(&f);
    return f.count;
}

int mc_pipeline_run(struct mc_client *client, struct mc_pipeline_op *ops, size_t count,
                    mc_deadline deadline)
{
    for (size_t done = 0; done < count;)
        done += fly(client, ops + done, count - done, deadline);
    for (size_t k = 0; k < count; k++) {
        if (ops[k].result < 0)
            return ops[k].result;
    }
    return 0;
}
