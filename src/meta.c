/* The reply to a meta command, held against what its flags asked for; and the replies to a group of
 * quiet ones, each of which names its command by an opaque. */
#include "meta.h"

#include "item.h"
#include "reply.h"

#include <string.h>

/* A set of letters: a bit for each. */
struct letters {
    uint32_t lower, upper;
};

#define LOWER(letter) (UINT32_C(1) << ((letter) - 'a'))
#define UPPER(letter) (UINT32_C(1) << ((letter) - 'A'))

/* What a reply shows when the command asks for it. */
#define SHOWN (LOWER('c') | LOWER('f') | LOWER('t') | LOWER('s') | LOWER('h') | LOWER('l'))

static void add_letter(struct letters *set, char letter)
{
    if (letter >= 'a' && letter <= 'z')
        set->lower |= LOWER(letter);
    else if (letter >= 'A' && letter <= 'Z')
        set->upper |= UPPER(letter);
}

static struct letters asked_letters(const struct mc_op *op)
{
    struct letters asked = {0, 0};
    for (size_t k = 0; k < op->meta_count; k++)
        add_letter(&asked, op->meta_flags[k].letter);
    return asked;
}

static bool is_same_token(struct mc_bytes a, struct mc_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

#ifdef __FRAMAC__
#include "contracts/meta.h"
#endif

/* Are these bytes the key in base64? */
static bool is_base64_of(struct mc_bytes key, struct mc_bytes token)
{
    size_t i = 0, k = 0;
    /*@ loop invariant 0 <= i <= token.len && i % 4 == 0 && 0 <= k <= key.len;
        loop invariant k <= i / 4 * 3 <= k + 2 && (k < key.len ==> k == i / 4 * 3);
        loop assigns i, k;
        loop variant token.len - i; */
    while (k < key.len && token.len - i >= 4) {
        char digits[4];
        struct mc_out out = {digits, sizeof digits, 0};
        const struct mc_bytes three = {key.data + k, key.len - k < 3 ? key.len - k : 3};
        if (mc_put_base64(&out, three) < 0 || memcmp(token.data + i, digits, sizeof digits) != 0)
            return false;
        k += three.len;
        i += sizeof digits;
    }
    return k == key.len && i == token.len && k <= MC_KEY_BINARY_MAX;
}

static bool is_own_key(const struct mc_op *op, struct mc_bytes key, bool binary)
{
    return binary ? is_base64_of(op->key, key) : is_same_token(op->key, key);
}

static bool is_own_opaque(const struct mc_op *op, struct mc_bytes opaque)
{
    if ((op->marks & MC_MARK_QUIET) != 0) /* that is how it was found */
        return true;
    for (size_t k = 0; k < op->meta_count; k++) {
        if (op->meta_flags[k].letter == 'O')
            return is_same_token(op->meta_flags[k].token, opaque);
    }
    return false;
}

/* ---- one reply ------------------------------------------------------------------------------- */

/* What the flags of a command ask for, what those of its reply say, and who that is for. */
struct reply_flags {
    struct letters asked, seen;
    struct mc_meta meta;
    struct mc_bytes key, opaque;
};

/* Of two that differ, one is another's: then it is nobody's. */
static void read_name(struct mc_bytes *name, struct mc_bytes token)
{
    if (name->data != NULL && !is_same_token(*name, token))
        token.len = 0;
    *name = token;
}

static void read_flag(struct reply_flags *found, const struct mc_flag *flag)
{
    struct mc_meta *meta = &found->meta;
    add_letter(&found->seen, flag->letter);
    switch (flag->letter) {
    case 'k': read_name(&found->key, flag->token); break;
    case 'O': read_name(&found->opaque, flag->token); break;
    case 'c': meta->cas = flag->number; break;
    case 'f': meta->flags = flag->number; break;
    case 's': meta->size = (uint32_t)flag->number; break;
    case 'l': meta->last_access = (uint32_t)flag->number; break;
    case 't': meta->ttl = flag->ttl; break;
    case 'h': meta->hit_before = flag->number != 0; break;
    case 'W': meta->won = true; break;
    case 'X': meta->stale = true; break;
    case 'Z': meta->already_won = true; break;
    default: break; /* newer servers have more */
    }
}

/* Is the reply that of this command? A key or opaque that was asked for may only be missing where
 * nothing was found or done; the other flags of mg and ma must be there, too (those of ms need not:
 * older servers do not return them). The size is that of the value. */
static int match_flags(struct mc_engine *e, const struct mc_op *op, int event,
                       const struct mc_reply *reply, const struct reply_flags *found)
{
    struct letters asked = found->asked;
    const struct letters seen = found->seen;
    bool shows = (op->command->traits & MC_COMMAND_SHOWS) != 0;
    bool returns_all = (op->command->accepted & MC_COMMAND_BIT(MC_VALUE)) != 0;
    bool done = event == MC_VALUE || event == MC_HD;
    if ((op->marks & MC_MARK_QUIET) != 0)
        asked.upper |= UPPER('O');
    if ((seen.lower & LOWER('k')) != 0 &&
        !is_own_key(op, found->key, (seen.lower & LOWER('b')) != 0))
        return mc_reply_fault(e, MC_FAULT_WRONG_KEY);
    if ((seen.upper & UPPER('O')) != 0 && !is_own_opaque(op, found->opaque))
        return mc_reply_fault(e, MC_FAULT_WRONG_KEY);
    struct letters missing = {asked.lower & ~seen.lower, asked.upper & ~seen.upper};
    if (done && ((missing.lower & LOWER('k')) != 0 || (missing.upper & UPPER('O')) != 0))
        return mc_reply_fault(e, MC_FAULT_WRONG_KEY);
    if (done && returns_all && (missing.lower & SHOWN) != 0)
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    if (event == MC_VALUE && shows && (seen.lower & LOWER('s')) != 0 &&
        found->meta.size != reply->size)
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    return 0;
}

/* A hit is a VA when the value was asked for and an HD otherwise, or when an mg asked for it on a
 * condition (C). */
static bool is_accepted(const struct mc_op *op, int event, struct letters asked)
{
    const uint32_t accepted = op->command->accepted;
    bool value = (asked.lower & LOWER('v')) != 0 && (accepted & MC_COMMAND_BIT(MC_VALUE)) != 0;
    bool condition =
        (op->command->traits & MC_COMMAND_SHOWS) != 0 && (asked.upper & UPPER('C')) != 0;
    if (event == MC_VALUE)
        return value;
    return (accepted >> event & 1) != 0 && (event != MC_HD || !value || condition);
}

/* The number of an ma is a value, which is read at its end: op->answer has its size until then. Other
 * values go to their place. */
static int begin_meta_value(struct mc_engine *e, struct mc_op *op, struct mc_reply *reply,
                            const struct mc_meta *meta)
{
    const struct mc_slot slot = {op, 0};
    e->current = op;
    if ((op->command->traits & MC_COMMAND_SHOWS) != 0) {
        reply->flags = meta->flags;
        reply->cas = meta->cas;
        op->result = mc_reply_place(e, slot, op->value, reply);
        return MC_MORE;
    }
    if (reply->size > MC_DECIMAL_MAX)
        return mc_reply_fault(e, MC_FAULT_NUMBER);
    e->place = NULL;
    e->match.op = NULL;
    op->answer = reply->size;
    return MC_MORE;
}

/* The end of a VA, which is before *in, with the whole number of an ma. */
static int end_meta_value(struct mc_engine *e, const struct mc_bytes *in)
{
    struct mc_op *op = e->current;
    size_t size = (size_t)op->answer;
    e->current = NULL;
    if ((op->command->traits & MC_COMMAND_SHOWS) != 0)
        return MC_ANSWER_DONE;
    if (!mc_decimal_read(in->data - 2 - size, 0, size, UINT64_MAX, &op->answer))
        return mc_reply_fault(e, MC_FAULT_NUMBER);
    op->result = MC_NUMBER;
    if (op->meta != NULL)
        op->meta->number = op->answer;
    return MC_ANSWER_DONE;
}

/* meta debug shows its item as text. */
static int answer_debug(struct mc_engine *e, struct mc_op *op, const struct mc_reply *reply)
{
    bool binary = (asked_letters(op).lower & LOWER('b')) != 0;
    if (!is_own_key(op, reply->key, binary))
        return mc_reply_fault(e, MC_FAULT_WRONG_KEY);
    op->result = MC_ME;
    op->text = reply->text;
    return MC_ANSWER_DONE;
}

/* The first event of a reply, but errors. */
static int answer_first_line(struct mc_engine *e, struct mc_op *op, int event,
                             struct mc_reply *reply)
{
    struct reply_flags found = {.asked = asked_letters(op)};
    struct mc_bytes flags = reply->text;
    struct mc_flag flag;
    int r;
    if (!reply->meta || !is_accepted(op, event, found.asked))
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    if (event == MC_ME)
        return answer_debug(e, op, reply);
    while ((r = mc_reader_flag(&flags, &flag)) > 0)
        read_flag(&found, &flag);
    if (r < 0)
        return mc_reply_fault(e, MC_FAULT_FLAG);
    r = match_flags(e, op, event, reply, &found);
    if (r < 0)
        return r;
    if (op->meta != NULL)
        *op->meta = found.meta;
    if (event == MC_VALUE)
        return begin_meta_value(e, op, reply, &found.meta);
    op->result = event;
    return MC_ANSWER_DONE;
}

static int answer_meta_error(struct mc_op *op, int event, const struct mc_reply *reply)
{
    bool value = (op->command->traits & MC_COMMAND_VALUE) != 0;
    op->result = event;
    op->text = reply->text;
    return value && event != MC_SERVER_ERROR ? MC_ANSWER_AMBIGUOUS : MC_ANSWER_DONE;
}

/* An event of a single reply that is not the end of a value. */
static int answer_single(struct mc_engine *e, struct mc_op *op, int event, struct mc_reply *reply)
{
    if (event >= MC_ERROR)
        return answer_meta_error(op, event, reply);
    return answer_first_line(e, op, event, reply);
}

/* ---- quiet groups ---------------------------------------------------------------------------- */

/* The command of the group after this one, or its first; NULL: there is none. Between them may be
 * some that were refused, and are done. */
static struct mc_op *op_after(struct mc_op *first, struct mc_op *op)
{
    if (op == NULL)
        return first;
    do {
        if ((op->marks & MC_MARK_LAST) != 0)
            return NULL;
        op = op->next;
    } while (op->state == MC_OP_DONE);
    return op;
}

/* The command that the reply's one opaque names, after the last one that was named; or NULL. */
static struct mc_op *find_named(const struct mc_engine *e, struct mc_op *first,
                                struct mc_bytes flags)
{
    struct mc_op *op = op_after(first, e->named);
    struct mc_flag flag;
    uint64_t ticket = UINT64_MAX;
    while (mc_reader_flag(&flags, &flag) > 0) {
        if (flag.letter == 'O' &&
            (ticket != UINT64_MAX ||
             !mc_decimal_read(flag.token.data, 0, flag.token.len, UINT32_MAX, &ticket)))
            return NULL;
    }
    while (op != NULL && op->answer != ticket)
        op = op_after(first, op);
    return op;
}

/* The commands after the last one that was named, up to `until` (NULL: the end), stay silent; as
 * many error lines came among them as have one for now. If all have, these are theirs; otherwise of
 * none is known what happened. */
static int assign_errors(struct mc_engine *e, struct mc_op *first, const struct mc_op *until)
{
    size_t count = 0, errors = 0;
    struct mc_op *from = op_after(first, e->named);
    if (e->erred == NULL)
        return 0;
    int error = e->erred->result;
    if (until != NULL && until->result != 0)
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    for (struct mc_op *op = from; op != NULL && op != until; op = op_after(first, op)) {
        count++;
        errors += op->result != 0;
    }
    for (struct mc_op *op = from; op != NULL && op != until; op = op_after(first, op)) {
        if (errors < count)
            op->result = mc_engine_writes(op) ? MC_E_UNKNOWN : error;
        op->marks |= MC_MARK_KNOWN;
        op->answer = 0;
    }
    e->erred = NULL;
    return 0;
}

/* Has one of these commands a value, which the server may read as commands after an error? */
static bool has_values(struct mc_op *first, struct mc_op *op)
{
    while (op != NULL && (op->command->traits & MC_COMMAND_VALUE) == 0)
        op = op_after(first, op);
    return op != NULL;
}

/* An error line is that of a silent command: for now, of the next. */
static int answer_group_error(struct mc_engine *e, struct mc_op *first, int event)
{
    struct mc_op *op = op_after(first, e->erred != NULL ? e->erred : e->named);
    if (op == NULL || !mc_reply_is_gone(e, op, true))
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    op->result = event;
    if (event != MC_SERVER_ERROR && has_values(first, op)) {
        if (op_after(first, op) == NULL && e->erred == NULL) {
            op->marks |= MC_MARK_KNOWN;
            op->answer = 0;
        }
        return MC_E_AMBIGUOUS;
    }
    e->erred = op;
    return MC_MORE;
}

/* MN: who is silent has the answer that this means. */
static int end_group(struct mc_engine *e, struct mc_op *first)
{
    struct mc_op *last = first;
    while ((last->marks & MC_MARK_LAST) == 0)
        last = last->next;
    if (last->state != MC_OP_ASKED)
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    int r = assign_errors(e, first, NULL);
    for (struct mc_op *op = first; r == 0 && op != NULL; op = op_after(first, op)) {
        bool shows = (op->command->traits & MC_COMMAND_SHOWS) != 0;
        if ((op->marks & MC_MARK_KNOWN) != 0)
            continue;
        op->result = shows ? MC_MISS : MC_HD;
        op->answer = 0;
    }
    return r < 0 ? r : MC_ANSWER_DONE;
}

/* The first event of a reply in the group. */
static int answer_group(struct mc_engine *e, struct mc_op *first, int event, struct mc_reply *reply)
{
    if (event == MC_MN)
        return end_group(e, first);
    if (event >= MC_ERROR)
        return answer_group_error(e, first, event);
    struct mc_op *op = reply->meta ? find_named(e, first, reply->text) : NULL;
    if (op == NULL || !mc_reply_is_gone(e, op, false))
        return mc_reply_fault(e, MC_FAULT_WRONG_KEY);
    int r = assign_errors(e, first, op);
    if (r < 0)
        return r;
    e->named = op;
    op->answer = 0;
    return answer_first_line(e, op, event, reply);
}

static int answer_meta_event(struct mc_engine *e, struct mc_op *op, int event,
                             struct mc_reply *reply, const struct mc_bytes *in)
{
    if (e->current != NULL)
        return end_meta_value(e, in);
    if ((op->marks & MC_MARK_QUIET) != 0)
        return answer_group(e, op, event, reply);
    return answer_single(e, op, event, reply);
}

/* Is this reply that of an ma with its number? */
static bool is_of_number(const struct mc_engine *e, struct mc_op *op, const struct mc_reply *reply)
{
    if ((op->marks & MC_MARK_QUIET) != 0)
        op = find_named(e, op, reply->text);
    return op != NULL && (op->command->traits & MC_COMMAND_SHOWS) == 0 &&
           is_accepted(op, MC_VALUE, asked_letters(op));
}

/* MC_MORE when only a part of a number has come, whose line waits for the rest; 1 when all of it has,
 * or this is no number. */
static int await_number(struct mc_engine *e, struct mc_op *op, const struct mc_reply *reply,
                        struct mc_bytes come)
{
    if (reply->size > MC_DECIMAL_MAX || come.len >= reply->size + 2 || !is_of_number(e, op, reply))
        return 1;
    for (size_t k = 0; k < come.len && k < reply->size; k++) {
        if (come.data[k] < '0' || come.data[k] > '9')
            return mc_reply_fault(e, MC_FAULT_NUMBER);
    }
    bool ends = come.len <= reply->size || come.data[reply->size] == '\r';
    return ends ? MC_MORE : mc_reply_fault(e, MC_FAULT_VALUE);
}

/* The next event of the reply. */
static int next_meta_event(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in,
                           struct mc_reply *reply)
{
    const struct mc_bytes start = *in;
    int event = mc_reply_event(e, in, reply);
    int r = event == MC_VALUE ? await_number(e, op, reply, *in) : 1;
    if (r == MC_MORE) {
        *in = start;
        e->reader = (struct mc_reader){0}; /* between lines, as it was */
    }
    return r > 0 ? event : r;
}

int mc_meta_answer(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in)
{
    bool group = (op->marks & MC_MARK_QUIET) != 0;
    struct mc_reply reply;
    for (;;) {
        int event = next_meta_event(engine, op, in, &reply);
        if (event <= 0)
            return event;
        int r = answer_meta_event(engine, op, event, &reply, in);
        if (r < 0 || (r != MC_MORE && (!group || event == MC_MN)))
            return r;
        if (r == MC_ANSWER_DONE)
            engine->named->marks |= MC_MARK_KNOWN;
    }
}

/* ---- the usual reply ------------------------------------------------------------------------- */

/* The flag k at i, " k<key>", of this operation: the index after it, or 0. */
static size_t match_key_flag(const struct mc_op *op, const char *b, size_t i, size_t e)
{
    size_t end = i + 2 + op->key.len;
    if (end > e || b[i] != ' ' || b[i + 1] != 'k' ||
        memcmp(b + i + 2, op->key.data, op->key.len) != 0)
        return 0;
    return end;
}

/* VA <size>\r\n<data block>\r\n, with the flag k if it was asked for: the index after it, or 0. */
static size_t read_plain_value(struct mc_op *op, const char *b, size_t e, bool key)
{
    struct mc_reply item = {.size = 0};
    size_t i = mc_item_number(b, 3, e, &item.size);
    if (i > 0 && key)
        i = match_key_flag(op, b, i, e);
    i = i > 0 ? mc_item_value(b, i, e, &item) : 0;
    if (i > 0)
        op->result = mc_reply_copy(op->value, &item);
    return i;
}

/* HD\r\n, likewise. */
static size_t read_plain_done(struct mc_op *op, const char *b, size_t e, bool key)
{
    size_t i = key ? match_key_flag(op, b, 2, e) : 2;
    if (i == 0 || e - i < 2 || memcmp(b, "HD", 2) != 0 || memcmp(b + i, "\r\n", 2) != 0)
        return 0;
    op->result = MC_HD;
    return i + 2;
}

/* A reply without flags but k, where no others were asked for. */
size_t mc_meta_usual(struct mc_op *op, const char *b, size_t e)
{
    const struct letters asked = asked_letters(op);
    bool shows = (op->command->traits & MC_COMMAND_SHOWS) != 0;
    bool value = (asked.lower & LOWER('v')) != 0;
    bool key = (asked.lower & LOWER('k')) != 0;
    if (e < 4 || op->sink != NULL || (asked.lower & SHOWN) != 0 || (asked.upper & UPPER('O')) != 0)
        return 0;
    if (shows && value && memcmp(b, "VA ", 3) == 0)
        return read_plain_value(op, b, e, key);
    if (shows && memcmp(b, "EN\r\n", 4) == 0) {
        op->result = MC_MISS;
        return 4;
    }
    return value ? 0 : read_plain_done(op, b, e, key);
}
