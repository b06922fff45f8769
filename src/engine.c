/* The rules of a connection without I/O: what is sent when, which reply is whose, and what is known
 * of each operation when the connection fails. */
#include "engine.h"

#include "decimal.h"
#include "keys.h"
#include "reply.h"

#include <string.h>

enum {
    LINE_KEYS = 16,                               /* neighbours that share a line */
    NAME_MAX = sizeof "gats -2147483648\r\n" - 1, /* of a line of keys, all but these */
    MN_SIZE = sizeof "mn\r\n" - 1,
    PARTS = 8, /* slices of one send */
    ASIDE = 1  /* a line is put, and its value is sent from its place */
};

#ifdef __FRAMAC__
#include "contracts/engine.h"
#endif

void mc_engine_init(struct mc_engine *engine, void *in, size_t in_cap, void *out, size_t out_cap)
{
    *engine = (struct mc_engine){
        .in = in, .in_cap = in_cap, .out = {out, out_cap, 0}, .window = MC_ENGINE_WINDOW};
    if (out == NULL)
        engine->out = (struct mc_out){in, in_cap, 0};
}

/* Is one buffer both, and has requests that have not been sent? */
static bool is_taken(const struct mc_engine *e)
{
    return e->in == e->out.data && e->out.len > 0;
}

/* ---- operations ------------------------------------------------------------------------------ */

/* A list that is too long is refused when it is put, and not looked at. */
static bool has_any_flag(const struct mc_op *op, const char *letters)
{
    if (op->meta_count > MC_TOKENS_MAX)
        return false;
    for (; *letters != '\0'; letters++) {
        for (size_t k = 0; k < op->meta_count; k++) {
            if (op->meta_flags[k].letter == *letters)
                return true;
        }
    }
    return false;
}

bool mc_engine_writes(const struct mc_op *op)
{
    const struct mc_command *command = op->command;
    if ((command->traits & MC_COMMAND_WRITES) != 0)
        return true;
    return (command->traits & MC_COMMAND_SHOWS) != 0 && has_any_flag(op, "TNRE");
}

bool mc_engine_repeatable(const struct mc_op *op)
{
    const struct mc_command *command = op->command;
    if (command == NULL || (command->traits & MC_COMMAND_REPEATABLE) == 0)
        return false;
    return (command->traits & MC_COMMAND_SHOWS) == 0 || !has_any_flag(op, "NRE");
}

static bool is_quiet(const struct mc_op *op)
{
    return (op->command->traits & MC_COMMAND_META) != 0 && has_any_flag(op, "q");
}

/* Is there no command, or none that can be put? */
static inline bool has_no_command(const struct mc_op *op)
{
    return op->command == NULL || op->command->put == NULL;
}

static int put_nothing(struct mc_out *out, const struct mc_op *op, const struct mc_bytes *keys,
                       size_t count)
{
    (void)out, (void)op, (void)keys, (void)count;
    return MC_E_COMMAND;
}

/* The command of an operation that has none. */
static const struct mc_command no_command = {.put = put_nothing};

/* Ends a single operation with this result and nothing else. */
static inline void set_outcome(struct mc_op *op, int result)
{
    op->result = result;
    op->answer = 0;
    op->text = (struct mc_bytes){0};
    if (op->value != NULL)
        mc_reply_clear(op->value, 1, result);
    if (op->meta != NULL)
        *op->meta = (struct mc_meta){0};
}

/* The same for one that may have many keys. */
void mc_engine_refuse(struct mc_op *op, int result)
{
    set_outcome(op, result);
    if (op->keys != NULL && op->values != NULL)
        mc_reply_clear(op->values, op->count, result);
}

/* The result of an operation of many keys. */
static int sum_results(const struct mc_op *op)
{
    for (size_t k = 0; op->values != NULL && k < op->count; k++) {
        int result = op->values[k].result;
        if (result != MC_HIT && result != MC_MISS && result != MC_E_FULL)
            return result;
    }
    return 0;
}

/* Appends it to the list. */
static void link_op(struct mc_engine *e, struct mc_op *op)
{
    op->prev = e->last;
    op->next = NULL;
    if (e->last != NULL)
        e->last->next = op;
    else
        e->first = op;
    e->last = op;
    if (e->waiting.op != NULL || op->state == MC_OP_DONE)
        return;
    e->waiting = (struct mc_slot){op, 0};
    if (e->sending.op == NULL)
        e->sending = e->waiting;
    if (e->asked.op == NULL)
        e->asked = e->waiting;
}

/* The replies that nobody waits for are before its own. */
static void take_tail(struct mc_engine *e, struct mc_op *op)
{
    op->skip = e->tail_skip;
    op->skip_size = e->tail_size;
    e->tail_size = e->tail_skip = 0;
}

void mc_engine_submit(struct mc_engine *engine, struct mc_op *op)
{
    struct mc_engine *e = engine;
    if (has_no_command(op))
        op->command = &no_command;
    int error = e->error;
    op->state = error != 0 ? MC_OP_DONE : MC_OP_WAITING;
    op->marks = is_quiet(op) ? MC_MARK_QUIET : 0;
    op->size = 0; /* as long as it is not put */
    op->skip = 0;
    op->skip_size = 0;
    if (e->tail_skip > 0)
        take_tail(e, op);
    link_op(e, op);
    mc_engine_refuse(op, error);
}

struct mc_op *mc_engine_done(struct mc_engine *engine)
{
    struct mc_op *op = engine->first;
    if (op == NULL || op == engine->asked.op)
        return NULL;
    engine->first = op->next;
    if (op->next != NULL)
        op->next->prev = NULL;
    else
        engine->last = NULL;
    return op;
}

bool mc_engine_is_idle(const struct mc_engine *engine)
{
    return engine->asked.op == NULL && engine->tail_skip == 0;
}

mc_deadline mc_engine_deadline(const struct mc_engine *engine)
{
    mc_deadline first = MC_NEVER;
    for (const struct mc_op *op = engine->asked.op; op != NULL; op = op->next) {
        if (op->state != MC_OP_DONE && op->deadline != 0 && op->deadline < first)
            first = op->deadline;
    }
    return first;
}

/* ---- lines of many keys ---------------------------------------------------------------------- */

/* Until the reply to a line has begun, the first of its values keeps what the engine has to know:
 * len: its keys, flags: its bytes, cas: where it ends in its batch. */

/* The first slot of a line at or after s: refused keys are in none. */
static size_t next_line(const struct mc_op *op, size_t s)
{
    while (s < op->count && op->values[s].result != 0)
        s++;
    return s;
}

static bool is_line_gone(const struct mc_engine *e, const struct mc_op *op, size_t s)
{
    return op->state == MC_OP_ASKED || (op == e->sending.op && s < e->sending.slot);
}

/* ---- the cursors ----------------------------------------------------------------------------- */

static void move_on(struct mc_slot *cursor)
{
    cursor->op = cursor->op->next;
    cursor->slot = 0;
}

/* Is there nothing left to ask or to be answered for an operation of many keys? */
static bool is_answered(const struct mc_engine *e, const struct mc_op *op)
{
    return op->keys != NULL && op->state == MC_OP_ASKED && !e->begun &&
           next_line(op, e->asked.slot) >= op->count;
}

/* Moves the cursor of pending replies over what is done. */
static void pass_done(struct mc_engine *e)
{
    struct mc_op *op;
    while ((op = e->asked.op) != NULL && op->skip == 0) {
        if (is_answered(e, op)) {
            op->result = (op->marks & MC_MARK_SPOILT) != 0 ? sum_results(op) : 0;
            op->state = MC_OP_DONE;
        }
        if (op->state != MC_OP_DONE) {
            if (!e->begun)
                op->text.len = 0; /* of a line before; its bytes go */
            return;
        }
        move_on(&e->asked);
        e->begun = false;
    }
}

/* The unit at the front has its results. */
static void finish_unit(struct mc_engine *e)
{
    bool last = false;
    for (struct mc_op *op = e->asked.op; !last; op = op->next) {
        last = (op->marks & MC_MARK_LAST) != 0;
        e->unanswered -= op->size;
        op->state = MC_OP_DONE;
        if (op->value != NULL)
            op->value->result = op->result;
    }
}

/* Moves the cursor of what is being sent over the lines that have gone. True: these are all. */
static bool pass_lines(struct mc_engine *e, const struct mc_op *op)
{
    size_t s = e->sending.slot;
    while ((s = next_line(op, s)) < op->count) {
        if ((op == e->waiting.op && s >= e->waiting.slot) || op->values[s].cas > e->gone)
            return false;
        s += op->values[s].len;
        e->sending.slot = s;
    }
    return op != e->waiting.op;
}

/* Has all of it gone, with the mn that ends its group? */
static bool is_passed(const struct mc_engine *e, const struct mc_op *op)
{
    return op->end <= e->gone && ((op->marks & MC_MARK_MN) == 0 || e->gone == e->batch);
}

/* Moves the cursor of what is being sent over an operation that has gone. */
static bool pass_sent(struct mc_engine *e)
{
    struct mc_op *op = e->sending.op;
    if (op == NULL || op->state == MC_OP_WAITING)
        return false;
    if (op->state == MC_OP_SENDING) {
        if (op->keys != NULL ? !pass_lines(e, op) : !is_passed(e, op))
            return false;
        op->state = MC_OP_ASKED;
    }
    if ((op->marks & MC_MARK_ASIDE) != 0)
        e->aside += (uint32_t)op->data.len;
    move_on(&e->sending);
    if ((op->marks & MC_MARK_KEPT) != 0)
        finish_unit(e);
    return true;
}

/* The same when the whole batch has gone. */
static void pass_batch(struct mc_engine *e)
{
    struct mc_op *op = e->sending.op;
    if (op == e->asked.op && op != NULL && (op->marks & MC_MARK_KEPT) != 0)
        finish_unit(e);
    for (const struct mc_op *end = e->waiting.op; op != NULL && op != end; op = op->next) {
        if (op->state == MC_OP_SENDING)
            op->state = MC_OP_ASKED;
    }
    e->sending = e->waiting;
}

static void pass_all(struct mc_engine *e)
{
    if (e->gone == e->batch)
        pass_batch(e);
    while (pass_sent(e)) {
    }
    pass_done(e);
}

/* ---- failing --------------------------------------------------------------------------------- */

static int fate(const struct mc_op *op, bool gone, int why)
{
    return gone && mc_engine_writes(op) ? MC_E_UNKNOWN : why;
}

/* The keys from s on: of a line that has begun to be answered, of one that was put, or one that was
 * not. Returns the slot after them. */
static size_t lose_line(const struct mc_engine *e, struct mc_op *op, size_t s, int why)
{
    bool begun = e->begun && op == e->asked.op && s == e->asked.slot;
    size_t put = begun ? e->line_end - s : op->values[s].len, count = put > 0 ? put : 1;
    int result = fate(op, put > 0 && is_line_gone(e, op, s), why);
    mc_reply_clear(&op->values[s], count, result);
    return s + count;
}

/* The keys that have no reply. */
static void lose_keys(const struct mc_engine *e, struct mc_op *op, int why)
{
    size_t s = op == e->asked.op ? e->asked.slot : 0;
    if (s < op->count && e->begun && op == e->asked.op)
        s = lose_line(e, op, s, why);
    while ((s = next_line(op, s)) < op->count)
        s = lose_line(e, op, s, why);
    op->result = sum_results(op);
    op->text = (struct mc_bytes){0};
}

static void lose(const struct mc_engine *e, struct mc_op *op, int why)
{
    if (op->state == MC_OP_DONE || (op->marks & MC_MARK_KNOWN) != 0)
        return;
    if (op->keys != NULL && op->values != NULL) {
        lose_keys(e, op, why);
    } else {
        set_outcome(op, fate(op, mc_reply_is_gone(e, op, false), why));
    }
}

/* The connection is over. */
static void end_connection(struct mc_engine *e, int why)
{
    e->error = why;
    e->tail_skip = 0;
    e->out.len = e->at = e->end = 0;
    e->batch = e->gone = 0;
}

void mc_engine_fail(struct mc_engine *engine, int why)
{
    struct mc_engine *e = engine;
    if (e->error != 0)
        return;
    for (struct mc_op *op = e->asked.op; op != NULL; op = op->next)
        lose(e, op, why);
    for (struct mc_op *op = e->asked.op; op != NULL; op = op->next) {
        if (op->state != MC_OP_DONE && op->value != NULL && op->keys == NULL)
            op->value->result = op->result;
        op->state = MC_OP_DONE;
    }
    e->asked.op = e->sending.op = e->waiting.op = NULL;
    end_connection(e, why);
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static void unlink_op(struct mc_engine *e, struct mc_op *op)
{
    struct mc_slot *cursors[] = {&e->asked, &e->sending, &e->waiting};
    for (size_t k = 0; k < sizeof cursors / sizeof cursors[0]; k++) {
        if (cursors[k]->op == op)
            move_on(cursors[k]);
    }
    if (op->prev != NULL)
        op->prev->next = op->next;
    else
        e->first = op->next;
    if (op->next != NULL)
        op->next->prev = op->prev;
    else
        e->last = op->prev;
}

/* Leaves the replies before an operation, and its own, to the one after it. */
static void leave_replies(struct mc_engine *e, const struct mc_op *op, uint16_t own)
{
    uint16_t skip = (uint16_t)(op->skip + own);
    uint32_t size = op->skip_size + (own > 0 ? op->size : 0);
    if (op->next != NULL) {
        op->next->skip = (uint16_t)(op->next->skip + skip);
        op->next->skip_size += size;
    } else {
        e->tail_skip = (uint16_t)(e->tail_skip + skip);
        e->tail_size += size;
    }
}

/* Has it a reply of its own, which has not begun? */
static bool is_skippable(const struct mc_engine *e, const struct mc_op *op)
{
    bool single = (op->marks & (MC_MARK_LAST | MC_MARK_QUIET)) == MC_MARK_LAST && op->keys == NULL;
    bool first =
        op->prev == NULL || op->prev->state == MC_OP_DONE || (op->prev->marks & MC_MARK_LAST) != 0;
    return op->state == MC_OP_ASKED && single && first && !(op == e->asked.op && e->begun) &&
           (op->command->traits & MC_COMMAND_ALONE) == 0;
}

int mc_engine_cancel(struct mc_engine *engine, struct mc_op *op)
{
    int r = 0;
    if (op->state == MC_OP_WAITING || op->state == MC_OP_DONE) {
        leave_replies(engine, op, 0);
    } else if (is_skippable(engine, op)) {
        leave_replies(engine, op, 1);
    } else {
        mc_engine_fail(engine, MC_E_AMBIGUOUS);
        r = MC_E_AMBIGUOUS;
    }
    unlink_op(engine, op);
    pass_done(engine);
    return r;
}

/* ---- out: putting ---------------------------------------------------------------------------- */

/* The batch that is being put together. */
struct packing {
    struct mc_op *group; /* the last of the quiet commands, which are at its end; or NULL */
    uint32_t tail;       /* bytes that must follow what is put next: those of an mn, or none */
};

/* Adds what was put after out.data[start], and bytes elsewhere, to the batch. Returns how many that
 * are, or 0 when the window is full, and nothing is put. */
static uint32_t add_to_batch(struct mc_engine *e, const struct packing *p, size_t start,
                             size_t aside)
{
    uint32_t bytes = (uint32_t)(e->out.len - start + aside), before = e->unanswered;
    if (before + bytes + p->tail > e->window && before > 0) {
        e->out.len = start;
        e->full = true;
        return 0;
    }
    e->batch += bytes;
    e->unanswered = before + bytes;
    return bytes;
}

/* The operation's value and CRLF: 0; or only that when the value is large, and is sent from its
 * place: ASIDE; or MC_E_FULL. */
static int put_value(struct mc_out *out, struct mc_bytes value)
{
    size_t room = out->cap - out->len;
    bool copy = value.len <= MC_ENGINE_COPY_MAX && value.len + 2 <= room;
    if (room < 2)
        return MC_E_FULL;
    if (copy && value.len > 0) {
        memcpy(out->data + out->len, value.data, value.len);
        out->len += value.len;
    }
    out->data[out->len] = '\r';
    out->data[out->len + 1] = '\n';
    out->len += 2;
    return copy ? 0 : ASIDE;
}

/* A quiet command's opaque, which op->answer holds meanwhile: " O<ticket>" before the CRLF. */
static int put_ticket(struct mc_out *out, const struct mc_op *op)
{
    size_t digits = mc_decimal_digits(op->answer), i = out->len - 2;
    size_t words = op->meta_count + ((op->command->traits & MC_COMMAND_VALUE) != 0 ? 4 : 3);
    if (words > MC_TOKENS_MAX || has_any_flag(op, "O"))
        return MC_E_FLAG;
    if (out->cap - out->len < digits + 2)
        return MC_E_FULL;
    memcpy(out->data + i, " O", 2);
    mc_decimal_write(out->data, i + 2, digits, op->answer);
    memcpy(out->data + i + 2 + digits, "\r\n", 2);
    out->len += digits + 2;
    return 0;
}

static inline void mark_sending(struct mc_engine *e, struct mc_op *op, uint32_t bytes)
{
    op->end = e->batch;
    op->size = bytes;
    op->state = MC_OP_SENDING;
    e->waiting.op = op->next;
}

/* One operation. 0; MC_E_BUSY: the window is full; otherwise why it cannot be put. */
static inline int put_single(struct mc_engine *e, struct packing *p, struct mc_op *op)
{
    size_t start = e->out.len;
    int r = op->command->put(&e->out, op, &op->key, 1);
    if (r == 0 && (op->marks & MC_MARK_QUIET) != 0)
        r = put_ticket(&e->out, op);
    if (r == 0 && (op->command->traits & MC_COMMAND_VALUE) != 0)
        r = put_value(&e->out, op->data);
    if (r < 0) {
        e->out.len = start;
        return r;
    }
    bool aside = r == ASIDE;
    uint32_t bytes = add_to_batch(e, p, start, aside ? op->data.len : 0);
    if (bytes == 0)
        return MC_E_BUSY;
    mark_sending(e, op, bytes);
    op->marks |= aside ? MC_MARK_ASIDE | MC_MARK_LAST : MC_MARK_LAST;
    return 0;
}

/* The same for a quiet command, which leaves room for an mn. */
static int put_quiet(struct mc_engine *e, struct packing *p, struct mc_op *op)
{
    size_t cap = e->out.cap, room = cap - e->out.len;
    e->out.cap -= room < MN_SIZE ? room : MN_SIZE;
    p->tail = MN_SIZE;
    op->answer = e->ticket;
    int r = put_single(e, p, op);
    e->out.cap = cap;
    if (r < 0)
        return r;
    e->ticket++;
    if (p->group != NULL)
        p->group->marks &= (uint8_t)~MC_MARK_LAST;
    p->group = op;
    return 0;
}

static bool is_key(struct mc_bytes key)
{
    size_t k = 0;
    /*@ loop invariant 0 <= k <= key.len && key_bytes(key.data, k);
        loop assigns k;
        loop variant key.len - k; */
    while (k < key.len && (unsigned char)key.data[k] > 0x20 && key.data[k] != 0x7f)
        k++;
    return k >= key.len && key.len > 0 && key.len <= MC_KEY_MAX;
}

/* What is left of a line, and of the buffer, for keys. */
static size_t room_for_keys(const struct mc_out *out)
{
    size_t room = out->cap - out->len;
    room = room < MC_REQUEST_MAX ? room : MC_REQUEST_MAX - 1;
    return room - (room < NAME_MAX ? room : NAME_MAX);
}

/* How many of the keys fit there, but at least one. */
static size_t count_fitting(const struct mc_bytes *keys, size_t count, size_t room)
{
    size_t n = 0;
    for (; n < count && keys[n].len < room; n++)
        room -= 1 + keys[n].len;
    return n > 0 ? n : 1;
}

/* Would all of them fit there if they were as long as the first? */
static bool seem_to_fit(const struct mc_bytes *keys, size_t count, size_t room)
{
    uint32_t bytes = (uint32_t)count * (uint32_t)(1 + keys[0].len);
    return count < MC_REQUEST_MAX && keys[0].len <= MC_KEY_MAX && bytes <= room;
}

/* Puts as many of the keys as fit a line, before the first that is no key; *count says how many. */
static int put_keys_line(struct mc_out *out, const struct mc_op *op, const struct mc_bytes *keys,
                         size_t *count)
{
    size_t room = room_for_keys(out), n = *count;
    int r = seem_to_fit(keys, n, room) ? op->command->put(out, op, keys, n) : MC_E_LONG;
    if (r == MC_E_LONG || r == MC_E_FULL) {
        n = count_fitting(keys, n, room);
        r = op->command->put(out, op, keys, n);
    }
    if (r == MC_E_KEY && n > 1) {
        n = 0;
        while (is_key(keys[n]))
            n++;
        r = n > 0 ? op->command->put(out, op, keys, n) : MC_E_KEY;
    }
    *count = r == 0 ? n : 1;
    return r;
}

/* May its key be in the line of the operation before it? */
static bool may_share_line(const struct mc_op *other, const struct mc_op *op)
{
    return other != NULL && other->command == op->command && other->keys == NULL &&
           other->exptime == op->exptime && other->skip == 0;
}

/* A single key, and those of the same command after it. As put_single(). */
static int put_neighbours(struct mc_engine *e, struct packing *p, struct mc_op *op)
{
    struct mc_bytes keys[LINE_KEYS];
    size_t start = e->out.len, n = 0;
    const struct mc_op *other = op;
    do {
        keys[n] = other->key;
        n++;
        other = other->next;
    } while (n < LINE_KEYS && may_share_line(other, op));
    int r = put_keys_line(&e->out, op, keys, &n);
    if (r < 0)
        return r;
    uint32_t bytes = add_to_batch(e, p, start, 0);
    if (bytes == 0)
        return MC_E_BUSY;
    for (; n > 0 && op != NULL; n--) {
        mark_sending(e, op, bytes);
        bytes = 0;
        op->marks = n > 1 ? 0 : MC_MARK_LAST;
        op = op->next;
    }
    return 0;
}

/* A line of an operation of many keys; a key that cannot be sent is refused alone. As put_single(). */
static int put_next_line(struct mc_engine *e, struct packing *p, struct mc_op *op)
{
    size_t s = e->waiting.slot, start = e->out.len, n = op->count - s;
    if (op->values == NULL && n > 0)
        return MC_E_FULL;
    int r = n > 0 ? put_keys_line(&e->out, op, op->keys + s, &n) : 0;
    if (r == MC_E_FULL && start > 0)
        return r;
    if (r < 0) {
        op->values[s].result = r;
        op->marks |= MC_MARK_SPOILT;
    } else if (n > 0) {
        uint32_t bytes = add_to_batch(e, p, start, 0);
        if (bytes == 0)
            return MC_E_BUSY;
        op->values[s].len = n;
        op->values[s].flags = bytes;
        op->values[s].cas = e->batch;
        op->state = MC_OP_SENDING;
        op->marks |= MC_MARK_LAST;
    }
    e->waiting.slot = s + n;
    if (e->waiting.slot >= op->count) {
        if (op->state == MC_OP_WAITING) { /* nothing was asked: no key was one */
            op->result = sum_results(op);
            op->state = MC_OP_DONE;
        }
        move_on(&e->waiting);
    }
    return 0;
}

/* May the operation be in this batch? Quiet commands end it. */
static bool may_join(const struct packing *p, const struct mc_op *op)
{
    return p->group == NULL || ((op->marks & MC_MARK_QUIET) != 0 && op->skip == 0);
}

static int put_next(struct mc_engine *e, struct packing *p, struct mc_op *op)
{
    const uint16_t traits = op->command->traits;
    if (op->keys != NULL)
        return put_next_line(e, p, op);
    if ((traits & MC_COMMAND_ALONE) != 0 && e->unanswered > 0)
        return MC_E_BUSY;
    if ((traits & MC_COMMAND_KEYS) != 0 && may_share_line(op->next, op))
        return put_neighbours(e, p, op);
    return (op->marks & MC_MARK_QUIET) != 0 ? put_quiet(e, p, op) : put_single(e, p, op);
}

/* Is a command in flight that nothing may follow? */
static bool is_alone(const struct mc_engine *e)
{
    const struct mc_op *op = e->asked.op;
    return op != NULL && op != e->waiting.op && op->state != MC_OP_DONE &&
           (op->command->traits & MC_COMMAND_ALONE) != 0;
}

/* Puts the next operation, or line of it. False when the batch is complete. */
static bool pack_next(struct mc_engine *e, struct packing *p)
{
    struct mc_op *op = e->waiting.op;
    if (op == NULL || !may_join(p, op))
        return false;
    int r = put_next(e, p, op);
    if (r == 0)
        return (op->command->traits & MC_COMMAND_ALONE) == 0;
    if (r == MC_E_BUSY || (r == MC_E_FULL && e->out.len > 0))
        return false;
    mc_engine_refuse(op, r);
    op->state = MC_OP_DONE;
    move_on(&e->waiting);
    return true;
}

/* Puts the next batch, when the last one has gone and the window has room. */
static void put_batch(struct mc_engine *e)
{
    struct packing p = {NULL, 0};
    if (e->full && e->unanswered > e->window / 2)
        return;
    if ((e->in == e->out.data && e->at < e->end) || is_alone(e))
        return;
    e->full = false;
    e->batch = e->gone = e->aside = 0;
    while (pack_next(e, &p)) {
    }
    if (p.group != NULL) {
        p.group->marks |= MC_MARK_MN;
        p.group->size += MN_SIZE;
        memcpy(e->out.data + e->out.len, "mn\r\n", MN_SIZE);
        e->out.len += MN_SIZE;
        e->batch += MN_SIZE;
        e->unanswered += MN_SIZE;
    }
    /* The next, or the last of its keys, could not be put. */
    const struct mc_op *op = e->sending.op;
    if (e->batch == 0 || (op != NULL && (op->state == MC_OP_DONE || op->keys != NULL)))
        pass_all(e);
}

/* ---- out: sending ---------------------------------------------------------------------------- */

static size_t add_slice(struct mc_bytes *parts, size_t n, const char *data, size_t len)
{
    parts[n].data = data;
    parts[n].len = len;
    return n + 1;
}

/* The slices of a batch with values that are not in the buffer. */
static size_t gather_parts(const struct mc_engine *e, struct mc_bytes *parts, size_t max)
{
    size_t n = 0, at = e->gone, aside = e->aside;
    const struct mc_op *op = e->sending.op;
    for (; op != e->waiting.op && n < max; op = op->next) {
        if ((op->marks & MC_MARK_ASIDE) == 0 || op->state != MC_OP_SENDING)
            continue;
        size_t end = op->end - 2, begin = end - op->data.len;
        if (at < begin) {
            n = add_slice(parts, n, e->out.data + (at - aside), begin - at);
            at = begin;
        }
        if (at < end && n < max) {
            n = add_slice(parts, n, op->data.data + (at - begin), end - at);
            at = end;
        }
        aside += op->data.len;
    }
    if (at < e->batch && n < max && op == e->waiting.op)
        n = add_slice(parts, n, e->out.data + (at - aside), e->out.len - (at - aside));
    return n;
}

size_t mc_engine_output(struct mc_engine *engine, struct mc_bytes *parts, size_t max)
{
    struct mc_engine *e = engine;
    if (e->gone == e->batch && e->waiting.op == NULL)
        return 0;
    if (e->gone == e->batch)
        put_batch(e);
    if (e->gone == e->batch || max == 0)
        return 0;
    if (e->out.len < e->batch)
        return gather_parts(e, parts, max);
    return add_slice(parts, 0, e->out.data + e->gone, e->out.len - e->gone);
}

void mc_engine_sent(struct mc_engine *engine, size_t bytes)
{
    if (engine->error != 0)
        return;
    engine->gone += (uint32_t)bytes;
    pass_all(engine);
    if (engine->gone == engine->batch)
        engine->out.len = 0;
}

/* ---- in: replies ----------------------------------------------------------------------------- */

/* Can a reply to this operation, from this slot on, be coming? */
static bool is_pending(const struct mc_engine *e, const struct mc_op *op, size_t slot)
{
    if (op == NULL)
        return e->tail_skip > 0;
    if (op->skip > 0 || op->state == MC_OP_ASKED)
        return true;
    if (op->state == MC_OP_WAITING)
        return false;
    if (op->keys != NULL)
        return (e->begun && op == e->asked.op && slot < e->line_end) ||
               is_line_gone(e, op, next_line(op, slot));
    return (op->marks & MC_MARK_KEPT) == 0 && mc_reply_is_gone(e, op, true);
}

/* Can another reply be coming after the one at the front? */
static bool is_more_pending(const struct mc_engine *e)
{
    const struct mc_op *op = e->asked.op;
    if (op->keys != NULL && next_line(op, e->line_end) < op->count)
        return is_pending(e, op, e->line_end);
    while ((op->marks & MC_MARK_LAST) == 0)
        op = op->next;
    do {
        op = op->next;
    } while (op != NULL && op->state == MC_OP_DONE && op->skip == 0);
    return is_pending(e, op, 0);
}

static void begin_reply(struct mc_engine *e, struct mc_op *op)
{
    e->begun = true;
    e->match.op = NULL;
    e->answered = 0;
    e->named = e->erred = e->current = NULL;
    if ((op->command->traits & MC_COMMAND_TEXT) != 0)
        mc_reader_stream(&e->reader);
    if (op->keys == NULL)
        return;
    size_t s = next_line(op, e->asked.slot);
    struct mc_value *first = &op->values[s];
    e->asked.slot = s;
    e->line_end = s + first->len;
    e->line_size = (uint32_t)first->flags;
    mc_reply_clear(first, 1, 0);
}

/* The texts of those that are done are in the buffer, and are lost there. */
static void forget_texts(const struct mc_engine *e)
{
    for (struct mc_op *op = e->first; op != NULL && op != e->asked.op; op = op->next) {
        uintptr_t at = (uintptr_t)op->text.data - (uintptr_t)e->in;
        if (at < e->end)
            op->text = (struct mc_bytes){0};
    }
}

/* Copies the text of a kept error to where nothing else is received meanwhile, as far as it fits. */
static void keep_text(struct mc_engine *e, struct mc_op *op, struct mc_bytes text)
{
    if (e->in == e->out.data || text.len == 0) /* requests that have not gone are in that buffer */
        return;
    forget_texts(e);
    op->text.data = e->in;
    op->text.len = text.len < e->in_cap ? text.len : e->in_cap;
    memmove(e->in, text.data, op->text.len);
}

/* An error line before all of the value has gone. It is kept until the rest has, if the server reads
 * that. */
static int keep_error(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in)
{
    struct mc_reply reply;
    int event = mc_reply_event(e, in, &reply);
    if (event <= 0)
        return event;
    if (event < MC_ERROR || in->len + e->beyond > 0)
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    op->result = event;
    if (event != MC_SERVER_ERROR) {
        op->text = reply.text;
        return MC_ANSWER_AMBIGUOUS;
    }
    op->marks |= MC_MARK_KEPT;
    keep_text(e, op, reply.text);
    return MC_MORE;
}

/* Has it gone alone, and a reply that may be read by its bytes? */
static inline bool is_usual(const struct mc_op *op)
{
    return op->state == MC_OP_ASKED && op->marks == MC_MARK_LAST && op->skip == 0 &&
           op->keys == NULL && op->command->usual != NULL;
}

/* Reads the usual, whole replies of single operations, as long as those after them are pending. */
static void read_usual(struct mc_engine *e, struct mc_bytes *in)
{
    struct mc_op *op = e->asked.op;
    struct mc_bytes rest = *in;
    while (op != NULL && rest.len > 0 && is_usual(op)) {
        struct mc_op *next = op->next;
        size_t n = op->command->usual(op, rest.data, rest.len);
        if (n == 0)
            break;
        if ((next == NULL || next->state != MC_OP_ASKED) && n < rest.len + e->beyond &&
            !is_more_pending(e)) {
            mc_engine_fail(e, mc_reply_fault(e, MC_FAULT_UNASKED));
            return;
        }
        rest.data += n;
        rest.len -= n;
        e->unanswered -= op->size;
        op->state = MC_OP_DONE;
        if (op->value != NULL)
            op->value->result = op->result;
        op = e->asked.op = next;
    }
    *in = rest;
    pass_done(e);
}

typedef int answer_function(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in);

/* Who reads the reply to the operation at the front. */
static answer_function *find_answer(const struct mc_engine *e, const struct mc_op *op)
{
    const uint16_t traits = op->command->traits;
    if ((traits & MC_COMMAND_VALUE) != 0 && (op->marks & MC_MARK_QUIET) == 0 &&
        !mc_reply_is_gone(e, op, false))
        return keep_error;
    if (op->keys != NULL || ((traits & MC_COMMAND_KEYS) != 0 && (op->marks & MC_MARK_LAST) == 0))
        return mc_keys_answer;
    return op->command->answer;
}

/* What the reply at the front means, with so many bytes after it. */
static void end_reply(struct mc_engine *e, int verdict, size_t left)
{
    struct mc_op *op = e->asked.op;
    if (verdict == MC_ANSWER_DONE && left > 0 && !is_more_pending(e))
        verdict = mc_reply_fault(e, MC_FAULT_UNASKED);
    if (verdict < 0) {
        mc_engine_fail(e, verdict);
        return;
    }
    if (op->keys != NULL) {
        e->unanswered -= e->line_size;
        e->asked.slot = e->line_end;
        e->begun = false;
    } else {
        finish_unit(e);
    }
    pass_done(e);
    if (verdict != MC_ANSWER_DONE)
        mc_engine_fail(e, verdict == MC_ANSWER_AUTH ? MC_E_AUTH : MC_E_AMBIGUOUS);
}

/* Reads a reply that nobody waits for: its last event, or as an answer. */
static int skip_reply(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in)
{
    struct mc_reply reply;
    int event;
    (void)op;
    e->place = NULL;
    e->match.op = NULL;
    do {
        event = mc_reply_event(e, in, &reply);
    } while (event > 0 && !mc_is_final(event));
    return event;
}

static void end_skipped(struct mc_engine *e, struct mc_op *op, int event)
{
    uint16_t *skip = op != NULL ? &op->skip : &e->tail_skip;
    uint32_t *size = op != NULL ? &op->skip_size : &e->tail_size;
    (*skip)--;
    if (*skip == 0) {
        e->unanswered -= *size;
        *size = 0;
    }
    pass_done(e);
    if (event == MC_ERROR || event == MC_CLIENT_ERROR) /* perhaps to a value */
        event = MC_E_AMBIGUOUS;
    if (event < 0)
        mc_engine_fail(e, event);
}

/* Reads what is next in *in. False when more bytes are wanted. */
static bool read_next(struct mc_engine *e, struct mc_bytes *in)
{
    struct mc_op *op = e->asked.op;
    bool skips = op == NULL || op->skip > 0;
    if (!is_pending(e, op, e->asked.slot)) {
        mc_engine_fail(e, mc_reply_fault(e, MC_FAULT_UNASKED));
        return false;
    }
    if (!skips && !e->begun)
        begin_reply(e, op);
    answer_function *answer = skips ? skip_reply : find_answer(e, op);
    int verdict = answer(e, op, in);
    if (verdict == MC_MORE)
        return false;
    if (skips)
        end_skipped(e, op, verdict);
    else
        end_reply(e, verdict, in->len + e->beyond);
    return true;
}

/* Reads as much as it can of *in. */
static void read_all_replies(struct mc_engine *e, struct mc_bytes *in)
{
    bool more = true;
    while (more && in->len > 0 && e->error == 0) {
        if (!e->begun && e->reader.state == 0)
            read_usual(e, in);
        more = in->len > 0 && e->error == 0 && read_next(e, in);
    }
}

/* Is a large value received straight into its place? */
static bool is_direct(const struct mc_engine *e)
{
    return e->reader.body_left > 0 && e->reader.body_left >= e->in_cap && e->place != NULL &&
           e->at == e->end;
}

/* Where to receive, when nothing in the buffer has to be sent first. *cap is 0 when it is full. */
static char *find_room(struct mc_engine *e, size_t *cap)
{
    size_t kept = e->end - e->at;
    if (is_direct(e)) {
        *cap = e->reader.body_left;
        return e->place;
    }
    if (kept > 0 && e->at > 0)
        memmove(e->in, e->in + e->at, kept);
    e->at = 0;
    e->end = kept;
    *cap = e->in_cap - kept;
    return e->in + kept;
}

void *mc_engine_input(struct mc_engine *engine, size_t *cap)
{
    struct mc_engine *e = engine;
    *cap = 0;
    if (e->error != 0 || (is_taken(e) && !is_direct(e)))
        return NULL;
    char *room = find_room(e, cap);
    if (*cap > 0)
        return room;
    mc_engine_fail(e, MC_E_LINE);
    return NULL;
}

/* Counts what has been received. False: it is a value's, and in its place. */
static bool count_received(struct mc_engine *e, size_t bytes)
{
    e->received += bytes;
    if (!is_direct(e)) {
        e->end += bytes;
        return true;
    }
    e->place += bytes;
    mc_reader_took(&e->reader, (uint32_t)bytes);
    return false;
}

/* Reads what is in the buffer; so many bytes follow that are not in it. */
static void read_received(struct mc_engine *e, size_t beyond)
{
    struct mc_bytes in = {e->in + e->at, e->end - e->at};
    e->beyond = beyond;
    read_all_replies(e, &in);
    e->beyond = 0;
    e->at = e->error == 0 ? e->end - in.len : 0;
    e->end = e->error == 0 ? e->end : 0;
}

void mc_engine_received(struct mc_engine *engine, size_t bytes)
{
    if (engine->error == 0 && count_received(engine, bytes))
        read_received(engine, 0);
}

/* Keeps what could not be read yet, after a line that was kept and then read, with its text. */
static void keep_rest(struct mc_engine *e, struct mc_bytes rest)
{
    if (rest.len > e->in_cap || is_taken(e)) {
        mc_engine_fail(e, MC_E_LINE);
        return;
    }
    if (rest.len > e->in_cap - e->end) {
        forget_texts(e);
        e->end = 0;
    }
    memcpy(e->in + e->end, rest.data, rest.len);
    e->at = e->end;
    e->end += rest.len;
}

/* How many of the bytes belong to the line that is kept, as far as there is room. */
static size_t line_rest(struct mc_bytes bytes, size_t room)
{
    size_t n = 0, most = bytes.len < room ? bytes.len : room;
    /*@ loop invariant 0 <= n <= most && no_line_end(bytes.data, n);
        loop assigns n;
        loop variant most - n; */
    while (n < most && bytes.data[n] != '\n')
        n++;
    return n < most ? n + 1 : n;
}

void mc_engine_feed(struct mc_engine *engine, struct mc_bytes bytes)
{
    struct mc_engine *e = engine;
    if (e->at == e->end)
        e->at = e->end = 0;
    while (bytes.len > 0 && e->error == 0) {
        size_t kept = e->end - e->at, cap;
        if (kept == 0) {
            e->received += bytes.len;
            read_all_replies(e, &bytes);
            if (bytes.len > 0 && e->error == 0)
                keep_rest(e, bytes);
            return;
        }
        char *to = mc_engine_input(e, &cap);
        if (to == NULL)
            return;
        size_t n = line_rest(bytes, cap);
        memcpy(to, bytes.data, n);
        bytes.data += n;
        bytes.len -= n;
        e->received += n;
        e->end += n;
        read_received(e, bytes.len);
    }
}

/* ---- with a transport that waits ------------------------------------------------------------- */

/* What a send or receive of the transport says when it moved nothing. */
static int why_not(ptrdiff_t n)
{
    return n < 0 ? (int)n : MC_E_SYSTEM;
}

static void send_parts_now(struct mc_engine *e, const struct mc_transport *t,
                           const struct mc_bytes *parts, size_t count, mc_deadline deadline)
{
    ptrdiff_t n = t->send(t->ctx, parts, count, deadline);
    if (n > 0)
        mc_engine_sent(e, (size_t)n);
    else
        mc_engine_fail(e, why_not(n));
}

static void receive_now(struct mc_engine *e, const struct mc_transport *t, mc_deadline deadline)
{
    size_t cap;
    char *to = mc_engine_input(e, &cap);
    ptrdiff_t n = to != NULL ? t->recv(t->ctx, to, cap, deadline) : e->error;
    if (n > 0)
        mc_engine_received(e, (size_t)n);
    else
        mc_engine_fail(e, why_not(n));
}

/* Takes the operations that are done out of the list; their texts lie where the next bytes go. */
static void drop_done(struct mc_engine *e)
{
    struct mc_op *op;
    while ((op = mc_engine_done(e)) != NULL)
        op->text = (struct mc_bytes){0};
}

/* Moves bytes until all operations are done. */
static void drive(struct mc_engine *e, const struct mc_transport *t, mc_deadline deadline)
{
    struct mc_bytes parts[PARTS];
    while (e->asked.op != NULL) {
        drop_done(e);
        size_t count = mc_engine_output(e, parts, PARTS);
        if (count > 0)
            send_parts_now(e, t, parts, count, deadline);
        else if (e->asked.op != NULL)
            receive_now(e, t, deadline);
    }
}

int mc_engine_run(struct mc_engine *engine, const struct mc_transport *transport, struct mc_op *ops,
                  size_t count, mc_deadline deadline)
{
    if (engine->first != NULL || engine->tail_skip > 0) {
        for (size_t k = 0; k < count; k++)
            mc_engine_refuse(&ops[k], MC_E_BUSY);
        return count > 0 ? MC_E_BUSY : 0;
    }
    for (size_t k = 0; k < count; k++)
        mc_engine_submit(engine, &ops[k]);
    drive(engine, transport, deadline);
    engine->first = engine->last = NULL;
    for (size_t k = 0; k < count; k++) {
        int result = ops[k].result;
        if (result < 0 && result != MC_E_FULL)
            return result;
    }
    return 0;
}

/* ---- one operation alone --------------------------------------------------------------------- */

/* It needs no list: it is put, all of it is sent, and then its reply is read. e->batch, e->gone and
 * e->out.len are as in the queue, of which it uses nothing else, so that a program that runs each
 * operation alone is linked without the queue. */

/* Sends what has not gone: the line, the value if it is not in the line, the CRLF. 0, or why not. */
static int send_alone(struct mc_engine *e, const struct mc_transport *t, const struct mc_op *op,
                      mc_deadline deadline)
{
    size_t line = e->out.len, aside = e->batch - line, skip = e->gone, k = 0;
    struct mc_bytes parts[] = {{e->out.data, aside > 0 ? line - 2 : line},
                               {op->data.data, aside},
                               {e->out.data + line - 2, 2}};
    size_t n = aside > 0 ? 3 : 1;
    for (; k + 1 < n && skip >= parts[k].len; k++)
        skip -= parts[k].len;
    parts[k].data += skip;
    parts[k].len -= skip;
    ptrdiff_t sent = t->send(t->ctx, parts + k, n - k, deadline);
    if (sent <= 0)
        return why_not(sent);
    e->gone += (uint32_t)sent;
    return 0;
}

/* Reads what is in the buffer of the one reply. */
static int read_alone(struct mc_engine *e, struct mc_op *op)
{
    struct mc_bytes in = {e->in + e->at, e->end - e->at};
    int verdict = op->command->answer(e, op, &in);
    e->at = e->end - in.len;
    return verdict == MC_ANSWER_DONE && in.len > 0 ? mc_reply_fault(e, MC_FAULT_UNASKED) : verdict;
}

/* Receives what there is. MC_MORE, or why not. */
static int receive_alone(struct mc_engine *e, const struct mc_transport *t, mc_deadline deadline)
{
    size_t cap;
    char *to = find_room(e, &cap);
    if (cap == 0)
        return MC_E_LINE;
    ptrdiff_t n = t->recv(t->ctx, to, cap, deadline);
    if (n <= 0)
        return why_not(n);
    count_received(e, (size_t)n);
    return MC_MORE;
}

/* The reply has been read, or it will never be: what became of the operation and the connection. */
static int end_alone(struct mc_engine *e, struct mc_op *op, int verdict)
{
    bool gone = e->gone == e->batch;
    if (verdict < 0)
        set_outcome(op, fate(op, gone, verdict));
    if (op->value != NULL)
        op->value->result = op->result;
    end_connection(e, verdict < 0                 ? verdict
                      : verdict == MC_ANSWER_DONE ? 0
                      : verdict == MC_ANSWER_AUTH ? MC_E_AUTH
                                                  : MC_E_AMBIGUOUS);
    return op->result;
}

/* The rest of an operation that is put: so many bytes of its batch have gone, and `why` is negative
 * if no more can be sent; or if these are all, the buffer has what came, or `why` is negative if that
 * is nothing. */
static int finish_alone(struct mc_engine *e, const struct mc_transport *t, struct mc_op *op,
                        ptrdiff_t why, mc_deadline deadline)
{
    int verdict = why > 0 ? MC_MORE : why_not(why);
    set_outcome(op, 0);
    op->marks = 0;
    e->current = NULL;
    if ((op->command->traits & MC_COMMAND_TEXT) != 0)
        mc_reader_stream(&e->reader);
    while (verdict == MC_MORE && e->gone < e->batch)
        verdict = send_alone(e, t, op, deadline);
    if (verdict == MC_MORE && e->end == 0)
        verdict = receive_alone(e, t, deadline);
    while (verdict == MC_MORE) {
        verdict = read_alone(e, op);
        if (verdict == MC_MORE)
            verdict = receive_alone(e, t, deadline);
    }
    return end_alone(e, op, verdict);
}

/* The usual reply has set the result; and of the value, everything else after a hit. */
static inline void end_value(struct mc_value *value, int result)
{
    if (result == MC_HIT) /* as usual */
        value->result = MC_HIT;
    else if (result == MC_E_FULL)
        value->result = MC_E_FULL;
    else
        mc_reply_clear(value, 1, result);
}

/* It cannot be run now: 0; or it cannot be put: `why`. */
static int refuse_alone(const struct mc_engine *e, struct mc_op *op, int why)
{
    if (why == 0)
        why = e->first != NULL || e->tail_skip > 0 ? MC_E_BUSY : MC_E_COMMAND;
    set_outcome(op, e->error != 0 ? e->error : why);
    return op->result;
}

/* Goes on with a value that is not in the line, or refuses what could not be put. */
static int go_on_put(struct mc_engine *e, const struct mc_transport *t, struct mc_op *op, int r,
                     mc_deadline deadline)
{
    if (r < 0) {
        e->out.len = 0;
        return refuse_alone(e, op, r);
    }
    e->batch = (uint32_t)(e->out.len + op->data.len);
    e->gone = 0;
    e->at = e->end = 0;
    return finish_alone(e, t, op, r, deadline);
}

/* Puts the operation and clears its outputs, but for the value. Returns 0, ASIDE, or why not. */
static inline int put_alone(struct mc_engine *e, struct mc_op *op)
{
    op->answer = 0;
    op->text = (struct mc_bytes){0};
    if (op->meta != NULL)
        *op->meta = (struct mc_meta){0};
    int r = op->command->put(&e->out, op, &op->key, 1);
    if (r == 0 && (op->command->traits & MC_COMMAND_VALUE) != 0)
        r = put_value(&e->out, op->data);
    return r;
}

/* 0 when what was received, n bytes, is the usual reply and nothing else; otherwise n, or why the
 * connection is over. */
static inline ptrdiff_t match_usual(struct mc_engine *e, struct mc_op *op, ptrdiff_t n)
{
    if (n <= 0)
        return why_not(n);
    size_t used = op->command->usual != NULL ? op->command->usual(op, e->in, (size_t)n) : 0;
    if (used == (size_t)n)
        return 0;
    return used > 0 ? mc_reply_fault(e, MC_FAULT_UNASKED) : n;
}

/* The line is put: n bytes of it were sent, or n says why not. */
static inline void count_sent(struct mc_engine *e, ptrdiff_t n)
{
    e->batch = (uint32_t)e->out.len;
    e->gone = n > 0 ? (uint32_t)n : 0;
    e->at = e->end = 0;
}

int mc_engine_do_single(struct mc_engine *engine, const struct mc_transport *transport,
                        struct mc_op *op, mc_deadline deadline)
{
    struct mc_engine *e = engine;
    const struct mc_transport *t = transport;
    if (e->error != 0 || e->first != NULL || e->tail_skip > 0 || has_no_command(op))
        return refuse_alone(e, op, 0);
    int r = put_alone(e, op);
    if (r != 0)
        return go_on_put(e, t, op, r, deadline);
    const struct mc_bytes line = {e->out.data, e->out.len};
    ptrdiff_t n = t->send(t->ctx, &line, 1, deadline);
    if (n != (ptrdiff_t)line.len) {
        count_sent(e, n);
        return finish_alone(e, t, op, n, deadline);
    }
    n = t->recv(t->ctx, e->in, e->in_cap, deadline);
    ptrdiff_t rest = match_usual(e, op, n);
    e->received += n > 0 ? (size_t)n : 0;
    if (rest != 0) {
        count_sent(e, (ptrdiff_t)e->out.len);
        e->end = rest > 0 ? (size_t)rest : 0;
        return finish_alone(e, t, op, rest, deadline);
    }
    e->out.len = 0;
    if (op->value != NULL)
        end_value(op->value, op->result);
    return op->result;
}

int mc_engine_do(struct mc_engine *engine, const struct mc_transport *transport, struct mc_op *op,
                 mc_deadline deadline)
{
    if (op->keys == NULL && (has_no_command(op) || !is_quiet(op)))
        return mc_engine_do_single(engine, transport, op, deadline);
    mc_engine_run(engine, transport, op, 1, deadline);
    return op->result;
}
