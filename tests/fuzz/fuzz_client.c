/* Fuzzes the whole client over a connection whose other end is made from the input (other_end.h):
 * single calls, runs of many operations, gets of many keys, statistics, logins. After each call its
 * results are compared with the bytes: which requests went out whole, and what the replies to them
 * mean. */
#include "choice.h"
#include "meaning.h"
#include "call.h"
#include "other_end.h"

#include <stdio.h>
#include <string.h>

enum { CALLS = 12, OPS = 12 };

/* One connection, and the call that is made. */
struct scene {
    struct input in;
    struct mc_client client;
    struct other_end other;
    struct call ops[OPS];
    size_t count;
    bool run;
    bool was_dead;            /* before the call */
    size_t begin;             /* bytes that had been received by then */
    size_t request, answer;   /* the next: a request; an event of the replies */
    unsigned ticket;          /* the next opaque of the connection */
    struct reference replies; /* since the call began */
};

/* ---- judging --------------------------------------------------------------------------------- */

static bool is_quiet(const struct call *op)
{
    return question_is_meta(&op->c) && question_flag(&op->c, 'q') != NULL;
}

static bool shows_value(const struct call *op)
{
    return op->c.name <= QUESTION_GATS ||
           (op->c.name == QUESTION_MG && question_flag(&op->c, 'v') != NULL);
}

/* What is wrong with its arguments. A quiet one is given an opaque, so that it may have none. */
static uint32_t wrong_with(const struct call *op)
{
    uint32_t wrong = question_wrong(&op->c);
    bool opaque = question_flag(&op->c, 'O') != NULL;
    return is_quiet(op) && opaque ? wrong | 1u << -MC_E_FLAG : wrong;
}

static bool is_reply(const struct call *op)
{
    return op->out.result > 0 || op->out.result == MC_E_FULL;
}

static bool is_no_meta(const struct mc_meta *m)
{
    return m->cas == 0 && m->number == 0 && m->flags == 0 && m->size == 0 && m->last_access == 0 &&
           m->ttl == 0 && !m->hit_before && !m->won && !m->stale && !m->already_won;
}

/* Outputs that no reply has set are zero, whatever was there before. */
static void check_outputs(const struct call *op)
{
    const struct mc_value *v = op->out.value;
    int r = op->out.result;
    if (v != NULL && op->c.name <= QUESTION_MA && v->result != r && v->result != 77)
        fuzz_fail("%d, and the value has %d", r, v->result);
    if (v != NULL && v->result != 77 && r != MC_HIT && r != MC_E_FULL &&
        (v->len | v->flags | v->cas) != 0)
        fuzz_fail("%d, and a value's length, flags or cas", r);
    if (question_is_meta(&op->c) && op->out.meta != NULL && (!is_reply(op) || r >= MC_ERROR) &&
        !is_no_meta(op->out.meta))
        fuzz_fail("%d, and flags of a meta reply", r);
    bool number = op->c.name == QUESTION_INCR || op->c.name == QUESTION_DECR;
    if (number && op->out.value != NULL && r != MC_NUMBER && op->out.answer != 0)
        fuzz_fail("%d, and a number", r);
}

/* True when the op was refused, as it should be: nothing of it is sent. */
static bool is_refused(const struct scene *s, const struct call *op)
{
    static char scratch[8192];
    struct mc_out out = {scratch, sizeof scratch, 0};
    int r = op->out.result;
    uint32_t wrong = wrong_with(op);
    if (s->was_dead && r != s->client.engine.error)
        fuzz_fail("%d on a dead connection", r);
    if (s->was_dead)
        return true;
    if (wrong != 0) {
        bool told = r == s->client.engine.error || (r < 0 && (wrong >> -r & 1) != 0);
        if (r >= 0 || !(told || r == MC_E_FULL))
            fuzz_fail("%d where wrong was %x", r, (unsigned)wrong);
        return true;
    }
    if (r != MC_E_FULL || (shows_value(op) && op->out.value != NULL && op->out.value->len > 0))
        return false;
    /* A line with the CRLF after its value, a quiet one's opaque and mn. */
    if (question_put(&op->c, &out) != 0 || out.len + 40 <= s->client.engine.in_cap)
        fuzz_fail("there was room");
    return true;
}

/* Is the request what was asked? `ticket`: the one more flag of a quiet command, or NULL. */
static void check_request(const struct call *op, const struct request *r, const char *ticket)
{
    static struct question plain;
    plain = r->command;
    if (question_flag(&r->command, 'b') != NULL)
        plain.keys[0].data = r->command.decoded;
    if (ticket != NULL &&
        (plain.flag_count < 1 || plain.flags[plain.flag_count - 1].letter != 'O' ||
         !reference_is(plain.flags[plain.flag_count - 1].token, ticket)))
        fuzz_fail("a quiet command without its opaque, %s", ticket);
    plain.flag_count -= ticket != NULL ? 1 : 0;
    if (!question_same(&plain, &op->c))
        fuzz_fail("another request than was asked");
    if (!input_same(r->value, op->data))
        fuzz_fail("another value than was asked");
}

static bool same_meta(const struct mc_meta *a, const struct mc_meta *b)
{
    return a->cas == b->cas && a->number == b->number && a->flags == b->flags &&
           a->size == b->size && a->last_access == b->last_access && a->ttl == b->ttl &&
           a->hit_before == b->hit_before && a->won == b->won && a->stale == b->stale &&
           a->already_won == b->already_won;
}

/* The op reports a reply: this one. */
// NOLINTNEXTLINE(readability-function-cognitive-complexity)
static void check_reply(const struct call *op, const struct meaning *m)
{
    const struct mc_op *o = &op->out;
    const struct mc_value *v = o->value;
    int r = o->result == MC_E_FULL ? MC_HIT : o->result;
    if (r != m->result)
        fuzz_fail("command %d: %d, and the reply says %d", op->c.name, o->result, m->result);
    check_outputs(op);
    if (v == NULL && o->result == MC_E_FULL)
        fuzz_fail("a value that is not wanted does not fit");
    if (v == NULL)
        return;
    if (r == MC_HIT && (v->len != m->value.len || v->flags != m->flags || v->cas != m->cas))
        fuzz_fail("other length, flags or cas");
    bool full = o->result == MC_E_FULL && !m->copied;
    if (r == MC_HIT && (full || v->len > v->cap) && (o->result == MC_E_FULL) != (v->len > v->cap))
        fuzz_fail("a value fits or not");
    if (o->result == MC_HIT && v->len > 0 && memcmp(v->buf, m->value.data, v->len) != 0)
        fuzz_fail("another value");
    if (r == MC_NUMBER && o->answer != (question_is_meta(&op->c) ? m->meta.number : m->number))
        fuzz_fail("another number");
    if (question_is_meta(&op->c) && r < MC_ERROR && !same_meta(o->meta, &m->meta))
        fuzz_fail("other flags in a meta reply");
}

/* The op reports no reply: was its request out? */
static void check_lost(const struct scene *s, const struct call *op, bool out)
{
    int expected = out && question_is_write(&op->c) ? MC_E_UNKNOWN : s->client.engine.error;
    if (s->client.engine.error == 0 || op->out.result != expected)
        fuzz_fail("command %d: %d on a connection with %d, %s", op->c.name, op->out.result,
                  s->client.engine.error, out ? "sent" : "not sent");
    check_outputs(op);
}

/* An error after an item, or in place of several keys' items, leaves open whether more follows. */
static void check_cut_reply(const struct scene *s, const struct question *asked,
                            const struct answer *a)
{
    bool error = a->whole && reference_is_error(&a->events[a->count - 1]);
    if (asked->name <= QUESTION_GATS && error && (a->count > 1 || asked->key_count > 1) &&
        s->client.engine.error == 0)
        fuzz_fail("a connection lives on, and more of a reply may follow");
}

/* An op that has its own reply. */
static void check_loud(struct scene *s, const struct call *op)
{
    bool out = s->request < s->other.count;
    if (out)
        check_request(op, &s->other.requests[s->request], NULL);
    s->request += out ? 1 : 0;
    struct answer a = meaning_next(&s->replies, &s->answer);
    struct meaning m = meaning_of(&op->c, &a);
    if (is_reply(op) && !out)
        fuzz_fail("a result without a request");
    if (is_reply(op))
        check_reply(op, &m);
    else
        check_lost(s, op, out);
    check_cut_reply(s, &op->c, &a);
    bool stores =
        op->c.name == QUESTION_MS || (op->c.name >= QUESTION_SET && op->c.name <= QUESTION_CAS);
    if (stores && (m.result == MC_ERROR || m.result == MC_CLIENT_ERROR) &&
        s->client.engine.error == 0)
        fuzz_fail("a connection lives on after such an error");
    if (!s->run && is_reply(op) && m.result >= MC_VERSION &&
        !input_same(s->client.text, a.events[a.count - 1].text))
        fuzz_fail("another text");
}

/* ---- quiet groups ---------------------------------------------------------------------------- */

/* The replies to one group of quiet commands, up to the mn's. */
struct group {
    size_t first, end; /* requests, before the mn */
    bool closed;       /* there was an mn, and it is answered */
    struct answer answers[OPS * 4];
    size_t count;
};

static bool has_opaque(const struct answer *a, struct mc_bytes opaque)
{
    static struct mc_flag flags[REFERENCE_FLAGS];
    static bool good[REFERENCE_FLAGS];
    size_t count = a->events->meta ? reference_flags(a->events->text, flags, good) : 0;
    for (size_t k = 0; k < count; k++) {
        if (flags[k].letter == 'O' && input_same(flags[k].token, opaque))
            return true;
    }
    return false;
}

static void read_group(struct scene *s, struct group *f)
{
    *f = (struct group){.first = s->request, .end = s->request};
    while (f->end < s->other.count && s->other.requests[f->end].command.name != QUESTION_MN)
        f->end++;
    s->request = f->end < s->other.count ? f->end + 1 : f->end;
    while (s->answer < s->replies.count && !f->closed && f->count < (size_t)OPS * 4) {
        struct answer a = meaning_next(&s->replies, &s->answer);
        f->closed = a.whole && a.events[a.count - 1].event == MC_MN;
        if (a.whole && !f->closed)
            f->answers[f->count++] = a;
    }
}

/* Does the reply name one of the requests from r on? */
static bool names_one(const struct scene *s, const struct answer *a, size_t r, size_t end)
{
    while (r < end && !has_opaque(a, question_flag(&s->other.requests[r].command, 'O')->token))
        r++;
    return r < end;
}

/* The reply to request r of the group, or NULL. `*doubtful`: an error may be its reply, too: there
 * is one after the last reply that is certainly another's, to a command before it. */
static const struct answer *find_answer(const struct scene *s, const struct group *f, size_t r,
                                        bool *doubtful)
{
    const struct mc_flag *own = question_flag(&s->other.requests[r].command, 'O');
    *doubtful = false;
    for (size_t k = 0; k < f->count; k++) {
        const struct answer *a = &f->answers[k];
        if (has_opaque(a, own->token))
            return a;
        if (a->events[a->count - 1].event >= MC_ERROR) {
            *doubtful = true;
            continue;
        }
        if (!names_one(s, a, f->first,
                       r)) /* one after it, or nobody: then the connection is over */
            return NULL;
        *doubtful = false;
    }
    return NULL;
}

static void check_quiet(struct scene *s, const struct group *f, const struct call *op, size_t r)
{
    bool doubtful;
    const struct question *asked = &s->other.requests[r].command;
    char ticket[16];
    snprintf(ticket, sizeof ticket, "%u", s->ticket);
    check_request(op, &s->other.requests[r], ticket);
    s->ticket++;
    const struct answer *a = find_answer(s, f, r, &doubtful);
    int result = op->out.result, silence = op->c.name == QUESTION_MG ? MC_MISS : MC_HD;
    if (a != NULL && is_reply(op)) {
        struct meaning m = meaning_of(asked, a);
        check_reply(op, &m);
    } else if (result >= MC_ERROR) {
        if (!doubtful)
            fuzz_fail("an error of another's");
        check_outputs(op);
    } else if (is_reply(op)) {
        bool broken = s->client.engine.error == MC_E_PROTOCOL && s->request == s->other.count &&
                      s->other.parsed == s->other.sent; /* in this group, the last one */
        if (result != silence || !f->closed || doubtful || broken)
            fuzz_fail("%d without a reply", result);
        check_outputs(op);
    } else if (result != MC_E_UNKNOWN || !doubtful) {
        check_lost(s, op, true);
    }
}

/* The quiet ops from k on that were sent together. Returns how many. */
static size_t check_group(struct scene *s, size_t k)
{
    static struct group f;
    size_t r = s->request, first = k;
    read_group(s, &f);
    for (; k < s->count && is_quiet(&s->ops[k]); k++) {
        if (is_refused(s, &s->ops[k]))
            continue;
        if (r >= f.end)
            break;
        check_quiet(s, &f, &s->ops[k], r);
        r++;
    }
    if (r != f.end)
        fuzz_fail("a request that nobody asked for");
    return k - first;
}

/* ---- scenes ---------------------------------------------------------------------------------- */

static void begin_call(struct scene *s)
{
    s->was_dead = s->client.engine.error != 0;
    s->begin = s->other.delivered;
    s->request = s->other.count;
    s->answer = 0;
}

/* The replies since the call began. */
static void read_replies(struct scene *s)
{
    const char *begin = s->other.answer_bytes + s->begin;
    s->replies = reference_read((struct mc_bytes){begin, s->other.delivered - s->begin}, 0);
}

/* On a connection that is believed in, all is dealt with; and one to an honest end is believed
 * in. */
static void end_call(const struct scene *s)
{
    const struct other_end *o = &s->other;
    int error = s->client.engine.error;
    if (s->request != o->count)
        fuzz_fail("more requests than were asked for");
    if (o->honest && error != 0 && error != MC_E_LINE)
        fuzz_fail("%d, fault %d, with an honest other end", error, s->client.engine.reader.fault);
    if (error != 0)
        return;
    if (!mc_engine_is_idle(&s->client.engine) || o->parsed != o->sent)
        fuzz_fail("half a request, or half a reply");
    if (s->client.engine.received != o->delivered)
        fuzz_fail("%zu bytes received instead of %zu", s->client.engine.received, o->delivered);
    if (s->answer != s->replies.count || s->replies.taken != o->delivered - s->begin)
        fuzz_fail("a reply that nobody asked for is let pass");
    if (o->honest && o->answered != o->delivered)
        fuzz_fail("an answer is not read");
}

/* The meaning for key n of a line. A key that was asked for more often than it was answered may have
 * any of its answers. */
static struct meaning meaning_at(const struct question *line, const struct meaning *m, size_t n,
                                 const struct mc_value *v)
{
    struct meaning own = m[n];
    for (size_t k = 0; k < line->key_count && own.result == MC_HIT && own.flags != v->flags; k++) {
        if (m[k].flags == v->flags && input_same(line->keys[k], line->keys[n]))
            own = m[k];
    }
    own.copied = true;
    return own;
}

static bool is_short_of_answers(const struct question *line, const struct meaning *m, size_t n)
{
    for (size_t k = 0; k < line->key_count; k++) {
        if (m[k].copied && input_same(line->keys[k], line->keys[n]))
            return true;
    }
    return false;
}

/* The keys of one request line, which are those of the ops from k on that were not refused. Returns
 * how many ops that are. */
static size_t check_line(struct scene *s, size_t k)
{
    const struct request *r = &s->other.requests[s->request];
    const struct question *asked = &r->command;
    struct meaning m[OPS];
    struct answer a = meaning_next(&s->replies, &s->answer);
    static struct question line;
    line = s->ops[k].c;
    line.key_count = asked->key_count;
    if (asked->key_count > s->count - k)
        fuzz_fail("more keys than were asked");
    for (size_t n = 0; n < asked->key_count; n++)
        line.keys[n] = s->ops[k + n].c.keys[0];
    if (!question_same(asked, &line))
        fuzz_fail("another request than was asked");
    check_cut_reply(s, asked, &a);
    meaning_of_keys(asked, &a, m);
    for (size_t n = 0; n < asked->key_count; n++) {
        const struct call *op = &s->ops[k + n];
        if (is_refused(s, op))
            fuzz_fail("a key is sent and refused");
        struct meaning meaning =
            is_short_of_answers(asked, m, n) ? meaning_at(asked, m, n, op->out.value) : m[n];
        if (is_reply(op))
            check_reply(op, &meaning);
        else
            check_lost(s, op, true);
    }
    s->request++;
    return asked->key_count;
}

static bool is_shared(const struct scene *s, const struct call *op)
{
    return s->run && op->c.name <= QUESTION_GATS && s->request < s->other.count &&
           s->other.requests[s->request].command.key_count > 1;
}

static void check_ops(struct scene *s)
{
    read_replies(s);
    for (size_t k = 0; k < s->count;) {
        const struct call *op = &s->ops[k];
        if (op->out.result == CALL_UNSET || op->out.result == 0)
            fuzz_fail("op %zu has no result", k);
        if (is_refused(s, op)) {
            check_outputs(op);
            k++;
        } else if (is_quiet(op) && s->request < s->other.count) {
            k += check_group(s, k);
        } else if (is_shared(s, op)) {
            k += check_line(s, k);
        } else {
            check_loud(s, op);
            k++;
        }
    }
    end_call(s);
}

static void call_one(struct scene *s)
{
    s->run = false;
    s->count = 1;
    call_take(&s->in, &s->ops[0], true);
    begin_call(s);
    int r = call_make(&s->client, &s->ops[0]);
    if (r != s->ops[0].out.result)
        fuzz_fail("a call returns %d instead of %d", r, s->ops[0].out.result);
    check_ops(s);
}

/* The first negative result that is not MC_E_FULL, or 0. */
static int first_failure(const struct scene *s)
{
    for (size_t k = 0; k < s->count; k++) {
        int r = s->ops[k].out.result;
        if (r < 0 && r != MC_E_FULL)
            return r;
    }
    return 0;
}

static void call_run(struct scene *s)
{
    struct mc_op ops[OPS];
    s->run = true;
    s->count = 1 + input_byte(&s->in) % OPS;
    for (size_t k = 0; k < s->count; k++)
        call_take(&s->in, &s->ops[k], false);
    for (size_t k = 0; k < s->count; k++)
        ops[k] = s->ops[k].out;
    begin_call(s);
    int r = mc_client_run(&s->client, ops, s->count, OTHER_DEADLINE);
    for (size_t k = 0; k < s->count; k++)
        s->ops[k].out = ops[k];
    if (r != first_failure(s))
        fuzz_fail("a run returns %d instead of %d", r, first_failure(s));
    check_ops(s);
}

/* The first result that is no answer, or 0. */
static int sum_of_keys(const struct scene *s)
{
    for (size_t k = 0; k < s->count; k++) {
        int r = s->ops[k].out.result;
        if (r != MC_HIT && r != MC_MISS && r != MC_E_FULL)
            return r;
    }
    return 0;
}

/* Keys that cannot be sent are refused alone, and those of the other lines have their results. */
static void check_many(struct scene *s, int r)
{
    read_replies(s);
    if (r != sum_of_keys(s))
        fuzz_fail("many keys: %d instead of %d", r, sum_of_keys(s));
    for (size_t k = 0; k < s->count;) {
        const struct call *op = &s->ops[k];
        bool refused = is_refused(s, op);
        if (!refused && s->request < s->other.count) {
            k += check_line(s, k);
            continue;
        }
        if (refused)
            check_outputs(op);
        else
            check_lost(s, op, false);
        k++;
    }
    end_call(s);
}

static int get_many(struct scene *s, const struct mc_bytes *keys, struct mc_value *values)
{
    struct mc_op op = mc_op_many(s->ops[0].out.command, keys, values, s->count);
    op.exptime = s->ops[0].out.exptime;
    switch (s->ops[0].c.name) {
    case QUESTION_GET:
        return mc_client_get_many(&s->client, keys, values, s->count, OTHER_DEADLINE);
    case QUESTION_GETS:
        return mc_client_gets_many(&s->client, keys, values, s->count, OTHER_DEADLINE);
    default: return mc_client_do(&s->client, &op, OTHER_DEADLINE);
    }
}

static void call_many(struct scene *s)
{
    static const struct mc_command *const commands[] = {&mc_command_get, &mc_command_gets,
                                                        &mc_command_gat, &mc_command_gats};
    struct mc_bytes keys[OPS];
    struct mc_value values[OPS];
    size_t which = input_byte(&s->in) % 4;
    s->run = false;
    s->count = 1 + input_byte(&s->in) % OPS;
    for (size_t k = 0; k < s->count; k++) {
        struct call *op = &s->ops[k];
        keys[k] = choice_key(&s->in);
        op->c.name = (enum question_name)(QUESTION_GET + which);
        op->c.keys[0] = keys[k];
        op->c.key_count = 1;
        op->c.flag_count = 0;
        op->c.number_count = which >= 2 ? 1 : 0;
        op->c.numbers[0] = 60;
        op->c.noreply = false;
        op->out = (struct mc_op){.command = commands[which], .value = &op->value, .exptime = 60};
        call_take_space(&s->in, op);
        values[k] = op->value;
        values[k].result = CALL_UNSET;
    }
    begin_call(s);
    int r = get_many(s, keys, values);
    for (size_t k = 0; k < s->count; k++) {
        s->ops[k].value = values[k];
        s->ops[k].out.result = values[k].result;
    }
    check_many(s, r);
}

/* ---- statistics ------------------------------------------------------------------------------ */

/* Compares the lines with the replies as they come. */
struct judge {
    struct mc_sink sink;
    struct scene *s;
};

static void judge_line(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                       const struct mc_reply *reply)
{
    struct scene *s = ((struct judge *)sink)->s;
    (void)op, (void)slot;
    read_replies(s);
    const struct reference_event *e = &s->replies.events[s->answer];
    if (s->answer >= s->replies.count || (event != MC_STAT && event != MC_ITEM) ||
        e->event != event || !input_same(e->key, reply->key) || !input_same(e->text, reply->text))
        fuzz_fail("stats: event %d", event);
    s->answer++;
}

static bool may_end_stats(int event)
{
    return event == MC_END || event == MC_RESET || event == MC_OK || event >= MC_ERROR;
}

static void call_stats(struct scene *s)
{
    struct judge judge = {{judge_line}, s};
    struct mc_op op = mc_op_stats(MC_BYTES("items"), &judge.sink);
    begin_call(s);
    int r = mc_client_do(&s->client, &op, OTHER_DEADLINE);
    read_replies(s);
    if (r > 0) {
        const struct reference_event *e = &s->replies.events[s->answer];
        if (s->answer >= s->replies.count || e->event != r || !may_end_stats(r) || e->meta)
            fuzz_fail("stats: %d", r);
        s->answer++;
    } else if (r != s->client.engine.error && (r != MC_E_FULL || s->client.engine.in_cap > 16)) {
        fuzz_fail("stats: %d on a connection with %d", r, s->client.engine.error);
    }
    s->request = s->other.count;
    end_call(s);
}

static void call_auth(struct scene *s)
{
    begin_call(s);
    int r = mc_client_auth(&s->client, MC_BYTES("ann"), MC_BYTES("se cret"), OTHER_DEADLINE);
    read_replies(s);
    if (s->request < s->other.count) {
        struct answer a = meaning_next(&s->replies, &s->answer);
        const struct request *request = &s->other.requests[s->request];
        bool stored = a.whole && a.count == 1 && a.events->event == MC_STORED;
        if (!reference_is(request->value, "ann se cret"))
            fuzz_fail("another user than was asked");
        if ((r == MC_OK) != stored && s->client.engine.error == 0)
            fuzz_fail("auth: %d", r);
        if (r == MC_OK && !stored)
            fuzz_fail("a user is let in that was not");
        s->other.honest = s->other.honest && stored; /* refused: given up */
        s->request++;
    }
    if (r != MC_OK && r != s->client.engine.error &&
        (r != MC_E_FULL || s->client.engine.in_cap > 40))
        fuzz_fail("auth: %d on a connection with %d", r, s->client.engine.error);
    end_call(s);
}

/* A new connection, with a buffer of its own. */
static void connect(struct scene *s)
{
    static const size_t sizes[] = {2048, 317, 64, 300, 1024, 4096, 20000, 32};
    size_t cap = sizes[input_byte(&s->in) % 8];
    struct mc_transport transport = other_end_open(&s->other, &s->in, &s->client.engine.error);
    s->ticket = 0;
    mc_client_init(&s->client, transport, input_space(&s->in, cap), cap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene s;
    s.in.data = data;
    s.in.len = size;
    s.in.count = 0;
    s.other.sequence = (unsigned)input_number(&s.in);
    connect(&s);
    for (int k = 0; k < CALLS && s.in.len > 0; k++) {
        uint8_t choice = input_byte(&s.in);
        if (s.client.engine.error != 0 && choice % 4 != 0)
            connect(&s);
        switch (choice >> 2 & 7) {
        case 0:
        case 1:
        case 2: call_one(&s); break;
        case 3: call_many(&s); break;
        case 4: call_stats(&s); break;
        case 5: call_auth(&s); break;
        default: call_run(&s); break;
        }
    }
    input_free(&s.in);
    return 0;
}
