/* Fuzzes the whole client over a connection whose other end is made from the input (other_end.h):
 * single calls, pipelines, gets of many keys, statistics, logins. After each call its results are
 * compared with the bytes: which requests went out whole, and what the replies to them mean. */
#include "argument.h"
#include "meaning.h"
#include "op.h"
#include "other_end.h"

#include <string.h>

enum { CALLS = 12, OPS = 12 };

/* One connection, and the call that is made. */
struct scene {
    struct input in;
    struct mc_client client;
    struct other_end other;
    struct op ops[OPS];
    size_t count;
    bool pipeline;
    bool was_dead;          /* before the call */
    size_t begin;           /* bytes that had been received by then */
    size_t request, answer; /* the next: a request; an event of what was said */
    struct reference said;  /* since the call began */
};

/* ---- judging --------------------------------------------------------------------------------- */

static bool is_quiet(const struct op *op)
{
    return command_is_meta(&op->c) && command_flag(&op->c, 'q') != NULL;
}

static bool shows_value(const struct op *op)
{
    return op->c.name <= COMMAND_GATS ||
           (op->c.name == COMMAND_MG && command_flag(&op->c, 'v') != NULL);
}

/* What is wrong with its arguments. A quiet one needs a pipeline, which adds an opaque. */
static uint32_t wrong_with(const struct scene *s, const struct op *op)
{
    uint32_t wrong = command_wrong(&op->c);
    bool misplaced = !s->pipeline || command_flag(&op->c, 'O') != NULL;
    return is_quiet(op) && misplaced ? wrong | 1u << -MC_E_FLAG : wrong;
}

/* True when the op was refused, as it should be: nothing of it is sent. */
static bool is_refused(const struct scene *s, const struct op *op)
{
    static char scratch[8192];
    struct mc_out out = {scratch, sizeof scratch, 0};
    int r = op->out.result;
    uint32_t wrong = wrong_with(s, op);
    if (s->was_dead && r != s->client.error)
        fuzz_fail("%d on a dead connection", r);
    if (s->was_dead)
        return true;
    if (wrong != 0) {
        bool told = r == s->client.error || (r < 0 && (wrong >> -r & 1) != 0);
        if (r >= 0 || !(told || r == MC_E_FULL))
            fuzz_fail("%d where wrong was %x", r, (unsigned)wrong);
        return true;
    }
    if (r != MC_E_FULL || (shows_value(op) && op->out.value.len > 0))
        return false;
    /* A line with its CRLF behind the value, a quiet one's opaque and mn. */
    if (command_put(&op->c, &out) != 0 || out.len + 40 <= s->client.cap)
        fuzz_fail("there was room");
    return true;
}

/* Is the request what was asked? `opaque`: of a quiet command, with one more flag. */
static void check_request(const struct op *op, const struct request *r, bool opaque)
{
    static struct command plain;
    plain = r->command;
    if (command_flag(&r->command, 'b') != NULL)
        plain.keys[0].data = r->command.decoded;
    if (opaque && (plain.flag_count < 1 || plain.flags[plain.flag_count - 1].letter != 'O'))
        fuzz_fail("a quiet command without an opaque");
    plain.flag_count -= opaque ? 1 : 0;
    if (!command_same(&plain, &op->c))
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
static void check_reply(const struct op *op, const struct meaning *m)
{
    const struct mc_pipeline_op *o = &op->out;
    const struct mc_value *v = &o->value;
    int r = o->result == MC_E_FULL ? MC_HIT : o->result;
    if (r != m->result)
        fuzz_fail("verb %d: %d, and the reply says %d", o->verb, o->result, m->result);
    if (r == MC_HIT && (v->len != m->value.len || v->flags != m->flags || v->cas != m->cas))
        fuzz_fail("other length, flags or cas");
    bool full = o->result == MC_E_FULL && !m->copied;
    if (r == MC_HIT && (full || v->len > v->cap) && (o->result == MC_E_FULL) != (v->len > v->cap))
        fuzz_fail("a value fits or not");
    if (o->result == MC_HIT && v->len > 0 && memcmp(v->buf, m->value.data, v->len) != 0)
        fuzz_fail("another value");
    if (r == MC_NUMBER && !command_is_meta(&op->c) && o->number != m->number)
        fuzz_fail("another number");
    if (command_is_meta(&op->c) && r < MC_ERROR && !same_meta(&o->meta, &m->meta))
        fuzz_fail("other flags in a meta reply");
}

/* The op reports no reply: was its request out? */
static void check_lost(const struct scene *s, const struct op *op, bool out)
{
    int expected = out && command_is_write(&op->c) ? MC_E_UNKNOWN : s->client.error;
    if (s->client.error == 0 || op->out.result != expected)
        fuzz_fail("verb %d: %d on a connection with %d, %s", op->out.verb, op->out.result,
                  s->client.error, out ? "sent" : "not sent");
}

static bool is_reply(const struct op *op)
{
    return op->out.result > 0 || op->out.result == MC_E_FULL;
}

/* An error after an item, or in place of several keys' items, leaves open whether more follows. */
static void check_cut_reply(const struct scene *s, const struct command *asked,
                            const struct answer *a)
{
    bool error = a->whole && reference_is_error(&a->events[a->count - 1]);
    if (asked->name <= COMMAND_GATS && error && (a->count > 1 || asked->key_count > 1) &&
        s->client.error == 0)
        fuzz_fail("a connection lives on, and more of a reply may follow");
}

/* An op that has its own reply. */
static void check_loud(struct scene *s, const struct op *op)
{
    bool out = s->request < s->other.count;
    if (out)
        check_request(op, &s->other.requests[s->request], false);
    s->request += out ? 1 : 0;
    struct answer a = meaning_next(&s->said, &s->answer);
    struct meaning m = meaning_of(&op->c, &a);
    if (is_reply(op) && !out)
        fuzz_fail("a result without a request");
    if (is_reply(op))
        check_reply(op, &m);
    else
        check_lost(s, op, out);
    check_cut_reply(s, &op->c, &a);
    bool stores =
        op->c.name == COMMAND_MS || (op->c.name >= COMMAND_SET && op->c.name <= COMMAND_CAS);
    if (stores && (m.result == MC_ERROR || m.result == MC_CLIENT_ERROR) && s->client.error == 0)
        fuzz_fail("a connection lives on after such an error");
    if (!s->pipeline && is_reply(op) && m.result >= MC_VERSION &&
        !input_same(s->client.said, a.events->text))
        fuzz_fail("said something else");
}

/* ---- quiet flights --------------------------------------------------------------------------- */

/* The replies to one flight of quiet commands, up to the mn's. */
struct flight {
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

static void read_flight(struct scene *s, struct flight *f)
{
    *f = (struct flight){.first = s->request, .end = s->request};
    while (f->end < s->other.count && s->other.requests[f->end].command.name != COMMAND_MN)
        f->end++;
    s->request = f->end < s->other.count ? f->end + 1 : f->end;
    while (s->answer < s->said.count && !f->closed && f->count < (size_t)OPS * 4) {
        struct answer a = meaning_next(&s->said, &s->answer);
        f->closed = a.whole && a.events[a.count - 1].event == MC_MN;
        if (a.whole && !f->closed)
            f->answers[f->count++] = a;
    }
}

/* The reply to request r of the flight, or NULL. `*doubtful`: an error may be its reply, too: there
 * is one behind the last reply that is certainly another's, to a command before it. */
static const struct answer *find_answer(const struct scene *s, const struct flight *f, size_t r,
                                        bool *doubtful)
{
    const struct mc_flag *own = command_flag(&s->other.requests[r].command, 'O');
    *doubtful = false;
    for (size_t k = 0; k < f->count; k++) {
        const struct answer *a = &f->answers[k];
        if (has_opaque(a, own->token))
            return a;
        if (a->events[a->count - 1].event >= MC_ERROR) {
            *doubtful = true;
            continue;
        }
        bool later = false;
        for (size_t n = r + 1; n < f->end; n++)
            later = later || has_opaque(a, command_flag(&s->other.requests[n].command, 'O')->token);
        if (later)
            return NULL;
        *doubtful = false;
    }
    return NULL;
}

static void check_quiet(const struct scene *s, const struct flight *f, const struct op *op,
                        size_t r)
{
    bool doubtful;
    const struct command *asked = &s->other.requests[r].command;
    check_request(op, &s->other.requests[r], true);
    const struct answer *a = find_answer(s, f, r, &doubtful);
    int result = op->out.result, silence = op->c.name == COMMAND_MG ? MC_MISS : MC_HD;
    if (a != NULL && is_reply(op)) {
        struct meaning m = meaning_of(asked, a);
        check_reply(op, &m);
    } else if (result >= MC_ERROR) {
        if (!doubtful)
            fuzz_fail("an error of another's");
    } else if (is_reply(op)) {
        bool broken = s->client.error == MC_E_PROTOCOL && s->request == s->other.count &&
                      s->other.parsed == s->other.sent; /* in this flight, the last one */
        if (result != silence || !f->closed || doubtful || broken)
            fuzz_fail("%d without a reply", result);
    } else if (result != MC_E_UNKNOWN || !doubtful) {
        check_lost(s, op, true);
    }
}

/* The quiet ops from k on that flew together. Returns how many. */
static size_t check_flight(struct scene *s, size_t k)
{
    static struct flight f;
    size_t r = s->request, first = k;
    read_flight(s, &f);
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
    s->was_dead = s->client.error != 0;
    s->begin = s->other.delivered;
    s->request = s->other.count;
    s->answer = 0;
}

/* What was said since the call began. */
static void read_said(struct scene *s)
{
    const char *begin = s->other.said_bytes + s->begin;
    s->said = reference_read((struct mc_bytes){begin, s->other.delivered - s->begin}, 0);
}

/* On a connection that is believed in, all is dealt with; and one to an honest end is believed
 * in. */
static void end_call(const struct scene *s)
{
    const struct other_end *o = &s->other;
    int error = s->client.error;
    if (s->request != o->count)
        fuzz_fail("more requests than were asked for");
    if (o->honest && error != 0 && error != MC_E_LINE)
        fuzz_fail("%d, fault %d, with an honest other end", error, s->client.reader.fault);
    if (error != 0)
        return;
    if (s->client.awaited != 0 || o->parsed != o->sent)
        fuzz_fail("half a request, or half a reply");
    if (s->answer != s->said.count || s->said.taken != o->delivered - s->begin)
        fuzz_fail("a reply that nobody asked for is let pass");
    if (o->honest && o->said != o->delivered)
        fuzz_fail("an answer is not read");
}

static void check_ops(struct scene *s)
{
    read_said(s);
    for (size_t k = 0; k < s->count;) {
        const struct op *op = &s->ops[k];
        if (op->out.result == OP_UNSET || op->out.result == 0)
            fuzz_fail("op %zu has no result", k);
        if (is_refused(s, op)) {
            k++;
        } else if (is_quiet(op) && s->request < s->other.count) {
            k += check_flight(s, k);
        } else {
            check_loud(s, op);
            k++;
        }
    }
    end_call(s);
}

static void call_one(struct scene *s)
{
    s->pipeline = false;
    s->count = 1;
    op_take(&s->in, &s->ops[0]);
    begin_call(s);
    s->ops[0].out.result = op_call(&s->client, &s->ops[0].out);
    check_ops(s);
}

static void call_pipeline(struct scene *s)
{
    struct mc_pipeline_op ops[OPS];
    int first = 0;
    s->pipeline = true;
    s->count = 1 + input_byte(&s->in) % OPS;
    for (size_t k = 0; k < s->count; k++)
        op_take(&s->in, &s->ops[k]);
    for (size_t k = 0; k < s->count; k++)
        ops[k] = s->ops[k].out;
    begin_call(s);
    int r = mc_pipeline_run(&s->client, ops, s->count, OTHER_DEADLINE);
    for (size_t k = s->count; k > 0; k--) {
        s->ops[k - 1].out = ops[k - 1];
        first = ops[k - 1].result < 0 ? ops[k - 1].result : first;
    }
    if (r != first)
        fuzz_fail("a pipeline returns %d instead of %d", r, first);
    check_ops(s);
}

/* The keys of one request line. Returns how many. */
static size_t check_line(struct scene *s, size_t k)
{
    const struct command *asked = &s->other.requests[s->request].command;
    struct meaning m[OPS];
    struct answer a = meaning_next(&s->said, &s->answer);
    if (asked->name != s->ops[0].c.name || asked->key_count > s->count - k)
        fuzz_fail("another request than was asked");
    check_cut_reply(s, asked, &a);
    meaning_of_keys(asked, &a, m);
    for (size_t n = 0; n < asked->key_count; n++) {
        const struct op *op = &s->ops[k + n];
        if (!input_same(op->c.keys[0], asked->keys[n]))
            fuzz_fail("another key than was asked");
        if (is_reply(op))
            check_reply(op, &m[n]);
        else
            check_lost(s, op, true);
    }
    s->request++;
    return asked->key_count;
}

static bool was_said(const struct scene *s, int event)
{
    size_t k = 0;
    while (k < s->said.count && s->said.events[k].event != event)
        k++;
    return k < s->said.count;
}

/* The keys that were not sent have what stopped the call. */
static void check_many(struct scene *s, int r)
{
    size_t k = 0;
    bool bad_key = false;
    read_said(s);
    while (s->request < s->other.count)
        k += check_line(s, k);
    for (size_t n = k; n < s->count; n++)
        bad_key = bad_key || command_wrong(&s->ops[n].c) != 0;
    for (; k < s->count; k++) {
        int result = s->ops[k].out.value.result;
        bool known = result == s->client.error || (bad_key && result == MC_E_KEY) ||
                     (result == MC_E_FULL && s->client.cap < MC_KEY_MAX + 40) ||
                     (result >= MC_ERROR && was_said(s, result));
        if (result != r || !known)
            fuzz_fail("a key not sent has %d, and the call %d", result, r);
    }
    end_call(s);
}

static void call_many(struct scene *s)
{
    static int (*const calls[])(struct mc_client *, const struct mc_bytes *, struct mc_value *,
                                size_t, mc_deadline) = {mc_client_get_many, mc_client_gets_many};
    struct mc_bytes keys[OPS];
    struct mc_value values[OPS];
    size_t which = input_byte(&s->in) % 2;
    s->count = 1 + input_byte(&s->in) % OPS;
    for (size_t k = 0; k < s->count; k++) {
        struct op *op = &s->ops[k];
        keys[k] = argument_key(&s->in);
        op->c.name = which == 0 ? COMMAND_GET : COMMAND_GETS;
        op->c.keys[0] = keys[k];
        op->c.key_count = 1;
        op->c.flag_count = op->c.number_count = 0;
        op->out = (struct mc_pipeline_op){.verb = (enum mc_verb)op->c.name};
        argument_space(&s->in, &op->out.value);
        values[k] = op->out.value;
        values[k].result = OP_UNSET;
    }
    begin_call(s);
    int r = calls[which](&s->client, keys, values, s->count, OTHER_DEADLINE);
    for (size_t k = 0; k < s->count; k++) {
        s->ops[k].out.value = values[k];
        s->ops[k].out.result = values[k].result;
    }
    check_many(s, r);
}

/* One reply that is read event by event. */
static void call_stats(struct scene *s)
{
    struct mc_reply reply = {0};
    int event;
    begin_call(s);
    int r = mc_client_stats(&s->client, MC_BYTES("items"), OTHER_DEADLINE);
    do {
        event = r != 0 ? r : mc_client_next(&s->client, &reply, OTHER_DEADLINE);
        if (event < 0 || event == MC_BODY)
            continue;
        read_said(s);
        const struct reference_event *e = &s->said.events[s->answer];
        if (s->answer >= s->said.count || e->event != event || !input_same(e->key, reply.key) ||
            !input_same(e->text, reply.text))
            fuzz_fail("stats: event %d", event);
        s->answer++;
    } while (event >= 0 && !mc_is_final(event));
    if (event < 0 && event != s->client.error && (r != MC_E_FULL || s->client.cap > 16))
        fuzz_fail("stats: %d on a connection with %d", event, s->client.error);
    s->request = s->other.count;
    read_said(s);
    end_call(s);
}

static void call_auth(struct scene *s)
{
    begin_call(s);
    int r = mc_client_auth(&s->client, MC_BYTES("ann"), MC_BYTES("se cret"), OTHER_DEADLINE);
    read_said(s);
    if (s->request < s->other.count) {
        struct answer a = meaning_next(&s->said, &s->answer);
        const struct request *request = &s->other.requests[s->request];
        bool stored = a.whole && a.count == 1 && a.events->event == MC_STORED;
        if (!reference_is(request->value, "ann se cret"))
            fuzz_fail("another user than was asked");
        if ((r == MC_OK) != stored && s->client.error == 0)
            fuzz_fail("auth: %d", r);
        if (r == MC_OK && !stored)
            fuzz_fail("a user is let in that was not");
        s->other.honest = s->other.honest && stored; /* refused: given up */
        s->request++;
    }
    if (r != MC_OK && r != s->client.error && (r != MC_E_FULL || s->client.cap > 40))
        fuzz_fail("auth: %d on a connection with %d", r, s->client.error);
    end_call(s);
}

/* A new connection, with a buffer of its own. */
static void connect(struct scene *s)
{
    static const size_t sizes[] = {2048, 317, 64, 300, 1024, 4096, 20000, 32};
    size_t cap = sizes[input_byte(&s->in) % 8];
    struct mc_transport transport = other_end_open(&s->other, &s->in, &s->client.error);
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
        if (s.client.error != 0 && choice % 4 != 0)
            connect(&s);
        switch (choice >> 2 & 7) {
        case 0:
        case 1:
        case 2: call_one(&s); break;
        case 3: call_many(&s); break;
        case 4: call_stats(&s); break;
        case 5: call_auth(&s); break;
        default: call_pipeline(&s); break;
        }
    }
    input_free(&s.in);
    return 0;
}
