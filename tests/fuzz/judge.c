/* Judges an engine: each request is that of the next operations, each result is what the reply to
 * that request means, and an operation without a reply has the fate that its request has. */
#include "judge.h"

#include "meaning.h"

#include <string.h>

/* Where the judge is: the next slot of the operations, the next request, the next event. */
struct walk {
    const struct judge_case *j;
    struct reference said;
    size_t op, slot, request, event;
    uint64_t ticket;
};

/* A slot of an operation. */
struct place {
    const struct submitted *a;
    size_t slot;
};

/* ---- operations that were not sent ----------------------------------------------------------- */

static uint32_t wrong_with(const struct submitted *a, size_t slot)
{
    static struct question one;
    if (a->c.name == QUESTION_STATS)
        return 0;
    one = a->c;
    one.keys[0] = a->c.keys[slot];
    one.key_count = a->c.key_count > 0 ? 1 : 0;
    uint32_t wrong = question_wrong(&one);
    size_t words = a->c.flag_count + (a->c.name == QUESTION_MS ? 4 : 3);
    if (submitted_is_quiet(a) && (question_flag(&a->c, 'O') != NULL || words > 20))
        wrong |= 1u << -MC_E_FLAG;
    return wrong;
}

/* Had its line room, perhaps with the CRLF after a value, a quiet command's opaque and mn? */
static bool had_room(const struct judge_case *j, const struct submitted *a, size_t slot)
{
    static struct question one;
    static char scratch[8192];
    struct mc_out out = {scratch, sizeof scratch, 0};
    one = a->c;
    one.keys[0] = a->c.keys[slot];
    one.key_count = a->c.key_count > 0 ? 1 : 0;
    size_t more = a->c.name <= QUESTION_GATS ? 0 : 40;
    return question_put(&one, &out) == 0 && out.len + more <= j->cap;
}

/* MC_E_FULL is one, of a value or of a doubled key's, unless the line had no room. */
static bool is_reply(const struct judge_case *j, struct place p)
{
    int r = submitted_result(p.a, p.slot);
    if (r != MC_E_FULL)
        return r > 0;
    return (p.a->many || p.a->made.value != NULL) &&
           (p.a->values[p.slot].len > 0 || had_room(j, p.a, p.slot));
}

/* Was nothing of it to be sent, and does it say so? */
static bool is_refused(const struct judge_case *j, struct place p)
{
    int r = submitted_result(p.a, p.slot), error = j->engine->error;
    uint32_t wrong = wrong_with(p.a, p.slot);
    if (p.a->fate == SUBMITTED_CANCELLED_WAITING || (p.a->fate != SUBMITTED_DONE && wrong != 0))
        return true;
    if (p.a->fate != SUBMITTED_DONE)
        return p.a->many ? !had_room(j, p.a, p.slot) : p.a->fate == SUBMITTED_CANCELLED_SENDING;
    if (wrong != 0) {
        bool told = r < 0 && r > -32 && (wrong >> -r & 1) != 0;
        if (r >= 0 || !(told || r == MC_E_FULL || (r == error && error != 0)))
            fuzz_fail("%d where wrong was %x", r, (unsigned)wrong);
        return true;
    }
    return r == MC_E_FULL && !is_reply(j, p);
}

static void step(struct walk *w)
{
    w->slot++;
    if (w->slot < w->j->ops[w->op].slots)
        return;
    w->op++;
    w->slot = 0;
}

/* The next slot that was to be sent; a is NULL when there is none. */
static struct place next_place(struct walk *w)
{
    while (w->op < w->j->count) {
        struct place p = {&w->j->ops[w->op], w->slot};
        if (!is_refused(w->j, p))
            return p;
        step(w);
    }
    return (struct place){NULL, 0};
}

/* ---- results --------------------------------------------------------------------------------- */

static bool same_meta(const struct mc_meta *a, const struct mc_meta *b)
{
    return a->cas == b->cas && a->number == b->number && a->flags == b->flags &&
           a->size == b->size && a->last_access == b->last_access && a->ttl == b->ttl &&
           a->hit_before == b->hit_before && a->won == b->won && a->stale == b->stale &&
           a->already_won == b->already_won;
}

/* The value of a hit, in its place or with the sink. */
// NOLINTNEXTLINE(readability-function-cognitive-complexity)
static void check_value(struct place p, const struct meaning *m)
{
    const struct mc_value *v = &p.a->values[p.slot];
    const struct submitted_pieces *pieces = &p.a->pieces[p.slot];
    int r = submitted_result(p.a, p.slot);
    bool full = v->len > v->cap, wanted = p.a->made.value != NULL || p.a->many;
    if (m->copied && r == MC_E_FULL && v->len == 0) /* of a slot that did not want it */
        return;
    if (wanted && (v->len != m->value.len || v->flags != m->flags || v->cas != m->cas))
        fuzz_fail("other length, flags or cas");
    if (p.a->made.sink != NULL && pieces->begun) {
        if (r != MC_HIT || pieces->len != m->value.len || pieces->flags != m->flags ||
            pieces->cas != m->cas || memcmp(pieces->bytes, m->value.data, pieces->len) != 0)
            fuzz_fail("the sink is given another value");
        return;
    }
    if (p.a->made.sink != NULL && !m->copied)
        fuzz_fail("a sink is not given the value");
    if (p.a->made.sink == NULL && wanted && !m->copied && (r == MC_E_FULL) != full)
        fuzz_fail("a value fits or not");
    if (r == MC_HIT && p.a->made.sink == NULL && wanted && v->len > 0 &&
        (full || memcmp(v->buf, m->value.data, v->len) != 0))
        fuzz_fail("another value");
}

/* Without a hit nothing is left in the outputs. */
static void check_empty(struct place p)
{
    const struct mc_value *v = &p.a->values[p.slot];
    if ((p.a->made.value != NULL || p.a->many) && (v->len != 0 || v->flags != 0 || v->cas != 0))
        fuzz_fail("a value is left where there was none");
}

/* It reports a reply: this one. */
static void check_reply(struct place p, const struct meaning *m)
{
    int result = submitted_result(p.a, p.slot), r = result == MC_E_FULL ? MC_HIT : result;
    bool meta = question_is_meta(&p.a->c);
    if (r != m->result)
        fuzz_fail("command %d: %d, and the reply says %d", (int)p.a->c.name, result, m->result);
    if (r == MC_HIT)
        check_value(p, m);
    else
        check_empty(p);
    if (r == MC_NUMBER && p.a->answer != (meta ? m->meta.number : m->number))
        fuzz_fail("another number");
    if (meta && p.a->made.meta != NULL && r < MC_ERROR && !same_meta(p.a->meta, &m->meta))
        fuzz_fail("other flags in a meta reply");
}

/* It reports none: was its request out? */
static void check_lost(const struct judge_case *j, struct place p, bool out)
{
    static const struct mc_meta none;
    int r = submitted_result(p.a, p.slot);
    int expected = out && submitted_writes(p.a) ? MC_E_UNKNOWN : j->engine->error;
    if (j->engine->error == 0 || r != expected)
        fuzz_fail("command %d: %d on a connection with %d, %s", (int)p.a->c.name, r,
                  j->engine->error, out ? "sent" : "not sent");
    check_empty(p);
    if (p.a->made.meta != NULL && !same_meta(p.a->meta, &none))
        fuzz_fail("flags are left where there was no reply");
}

/* What an error or a version says. A kept error may have lost it. */
static void check_text(const struct judge_case *j, struct place p, const struct answer *a)
{
    struct mc_bytes text = p.a->text;
    if (p.a->text_gone)
        return;
    bool may_miss = submitted_is_quiet(p.a) || p.a->many || j->hasty || j->lent ||
                    submitted_result(p.a, p.slot) < MC_VERSION;
    if (text.len == 0 ? !may_miss && a->events[a->count - 1].text.len > 0
                      : !input_same(text, a->events[a->count - 1].text))
        fuzz_fail("another text");
}

static void check_slot(const struct judge_case *j, struct place p, const struct meaning *m,
                       const struct answer *a)
{
    if (p.a->fate != SUBMITTED_DONE)
        return;
    if (!is_reply(j, p)) {
        check_lost(j, p, true);
        return;
    }
    check_reply(p, m);
    if (!p.a->many)
        check_text(j, p, a);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Is it what was submitted? A quiet one has one flag more, which no other has. */
static void check_request(struct walk *w, const struct submitted *a, const struct request *r)
{
    static struct question plain;
    uint64_t ticket = 0;
    plain = r->command;
    if (question_flag(&r->command, 'b') != NULL)
        plain.keys[0].data = r->command.decoded;
    if (submitted_is_quiet(a)) {
        const struct mc_flag *last = &plain.flags[plain.flag_count > 0 ? plain.flag_count - 1 : 0];
        if (plain.flag_count < 1 || last->letter != 'O' ||
            !reference_number(last->token, UINT32_MAX, &ticket) || ticket < w->ticket)
            fuzz_fail("a quiet command without an opaque of its own");
        w->ticket = ticket + 1;
        plain.flag_count--;
    }
    if (!question_same(&plain, &a->c) || !input_same(r->value, a->data))
        fuzz_fail("another request than was submitted");
}

/* What is meant for a slot. Of a doubled key each may have any of the values. */
static struct meaning choose(struct place p, const struct question *submitted,
                             const struct meaning *m, size_t k)
{
    const struct mc_value *v = &p.a->values[p.slot];
    struct meaning chosen = m[k];
    for (size_t n = 0; n < submitted->key_count; n++) {
        bool same =
            n != k && m[n].result == MC_HIT && input_same(submitted->keys[n], submitted->keys[k]);
        bool fits = same && v->len == m[n].value.len && v->flags == m[n].flags;
        if (fits && v->cas == m[n].cas)
            chosen = m[n];
        chosen.copied = chosen.copied || same;
    }
    return chosen;
}

/* Keys that share a line. An error among the replies to several, or after an item, leaves open what
 * comes next. */
static void judge_line(struct walk *w, const struct request *r)
{
    static struct meaning m[QUESTION_KEYS];
    const struct question *submitted = &r->command;
    struct answer a = meaning_next(&w->said, &w->event);
    meaning_of_keys(submitted, &a, m);
    for (size_t k = 0; k < submitted->key_count; k++) {
        struct place p = next_place(w);
        if (p.a == NULL || p.a->c.name != submitted->name ||
            !input_same(p.a->c.keys[p.slot], submitted->keys[k]) ||
            (submitted->number_count > 0 && submitted->numbers[0] != p.a->c.numbers[0]))
            fuzz_fail("another key than was submitted");
        struct meaning chosen = choose(p, submitted, m, k);
        check_slot(w->j, p, &chosen, &a);
        step(w);
    }
    if (a.whole && (submitted->key_count > 1 || a.count > 1) &&
        reference_is_error(&a.events[a.count - 1]) && w->j->engine->error == 0)
        fuzz_fail("a connection lives on, and more of a reply may follow");
}

static struct meaning mean_stats(const struct answer *a)
{
    struct meaning m = {0};
    const struct reference_event *last = &a->events[a->count > 0 ? a->count - 1 : 0];
    bool good = a->whole && !last->meta;
    for (size_t k = 0; good && k + 1 < a->count; k++)
        good = a->events[k].event == MC_STAT || a->events[k].event == MC_ITEM;
    good = good && (reference_is_error(last) || last->event == MC_END || last->event == MC_RESET ||
                    last->event == MC_OK);
    m.result = good ? last->event : 0;
    return m;
}

/* One request with a reply of its own. */
static void judge_single(struct walk *w, const struct request *r)
{
    struct place p = next_place(w);
    if (p.a == NULL)
        fuzz_fail("a request that nobody submitted for");
    check_request(w, p.a, r);
    struct answer a = meaning_next(&w->said, &w->event);
    bool stats = p.a->c.name == QUESTION_STATS;
    struct meaning m = stats ? mean_stats(&a) : meaning_of(&p.a->c, &a);
    check_slot(w->j, p, &m, &a);
    if (stats && p.a->fate == SUBMITTED_DONE && is_reply(w->j, p) && p.a->lines != a.count - 1)
        fuzz_fail("a sink is given other lines");
    bool error = m.result == MC_ERROR || m.result == MC_CLIENT_ERROR;
    if (question_size(&(struct question){.name = p.a->c.name}) != NULL && error &&
        w->j->engine->error == 0)
        fuzz_fail("a connection lives on after such an error");
    step(w);
}

/* ---- quiet groups ---------------------------------------------------------------------------- */

enum { GROUP_ANSWERS = JUDGE_OPS * 4 };

/* The replies to a group, up to the mn's. */
struct group {
    size_t end;  /* its requests end here: at the mn, or where there are no more */
    bool closed; /* there was an mn, and it is answered */
    bool errors; /* error lines among the replies */
    struct answer answers[GROUP_ANSWERS];
    size_t count;
};

static void read_group(struct walk *w, struct group *g)
{
    *g = (struct group){.end = w->request};
    while (g->end < w->j->other->count && w->j->other->requests[g->end].command.name != QUESTION_MN)
        g->end++;
    while (w->event < w->said.count && !g->closed && g->count < GROUP_ANSWERS) {
        struct answer a = meaning_next(&w->said, &w->event);
        g->closed = a.whole && a.events[a.count - 1].event == MC_MN;
        g->errors = g->errors || (a.whole && reference_is_error(&a.events[a.count - 1]));
        if (a.whole && !g->closed)
            g->answers[g->count++] = a;
    }
}

/* The place among the answers of the one that names this request; count: none does. */
static size_t find_named(const struct walk *w, const struct group *g, size_t request)
{
    static struct mc_flag flags[REFERENCE_FLAGS];
    static bool good[REFERENCE_FLAGS];
    const struct mc_flag *own = question_flag(&w->j->other->requests[request].command, 'O');
    for (size_t k = 0; k < g->count; k++) {
        const struct reference_event *e = g->answers[k].events;
        size_t count = e->meta ? reference_flags(e->text, flags, good) : 0;
        for (size_t n = 0; n < count; n++) {
            if (flags[n].letter == 'O' && input_same(flags[n].token, own->token))
                return k;
        }
    }
    return g->count;
}

/* May an error line be the answer to this request? There is one between the answers that are named by
 * the last request before it and by the first after it. */
static bool may_have_failed(const struct walk *w, const struct group *g, size_t request)
{
    size_t from = 0, to = g->count;
    bool error = false;
    for (size_t r = w->request; r < g->end; r++) {
        size_t k = find_named(w, g, r);
        if (k < g->count && r < request)
            from = k;
        if (k < g->count && r > request && k < to)
            to = k;
    }
    for (size_t k = from; k < to; k++)
        error = error || reference_is_error(&g->answers[k].events[g->answers[k].count - 1]);
    return error;
}

static void judge_quiet(const struct walk *w, const struct group *g, const struct submitted *a,
                        size_t request)
{
    struct place p = {a, 0};
    int r = a->result, silence = a->c.name == QUESTION_MG ? MC_MISS : MC_HD;
    size_t named = find_named(w, g, request);
    bool failed = may_have_failed(w, g, request);
    if (a->text.len > 0)
        fuzz_fail("the text of a quiet command");
    if (!is_reply(w->j, p)) {
        if (r != MC_E_UNKNOWN || !failed || !submitted_writes(a))
            check_lost(w->j, p, true);
    } else if (r >= MC_ERROR) {
        if (!failed)
            fuzz_fail("an error of another's");
        check_empty(p);
    } else if (named < g->count) {
        struct meaning m = meaning_of(&w->j->other->requests[request].command, &g->answers[named]);
        check_reply(p, &m);
    } else if (r != silence || !g->closed || failed) {
        fuzz_fail("%d without a reply", r);
    }
}

/* A group goes out together: it ends with an mn, unless nothing more was sent. */
static void judge_group(struct walk *w)
{
    static struct group g;
    read_group(w, &g);
    for (size_t r = w->request; r < g.end; r++) {
        struct place p = next_place(w);
        if (p.a == NULL || !submitted_is_quiet(p.a))
            fuzz_fail("a request that nobody submitted for");
        check_request(w, p.a, &w->j->other->requests[r]);
        if (p.a->fate == SUBMITTED_DONE)
            judge_quiet(w, &g, p.a, r);
        step(w);
    }
    w->request = g.end + 1;
}

/* An error to the line of a command whose value had not gone. */
static bool is_early_error(const struct walk *w, struct place p)
{
    const struct reference *said = &w->said;
    return w->j->other->early && said->count > 0 && p.a->fate == SUBMITTED_DONE &&
           w->j->engine->error != 0 && submitted_result(p.a, p.slot) >= MC_ERROR &&
           submitted_result(p.a, p.slot) == said->events[said->count - 1].event;
}

/* What was not sent whole. */
static void judge_rest(struct walk *w)
{
    bool first = true;
    for (struct place p = next_place(w); p.a != NULL; p = next_place(w)) {
        if (p.a->fate == SUBMITTED_DONE && !(first && is_early_error(w, p)))
            check_lost(w->j, p, false);
        first = false;
        step(w);
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

void judge(const struct judge_case *judged)
{
    const struct other_end *o = judged->other;
    struct walk w = {.j = judged};
    w.said = reference_read((struct mc_bytes){o->answer_bytes, o->delivered}, 0);
    while (w.request < o->count) {
        const struct request *r = &o->requests[w.request];
        if (r->command.name <= QUESTION_GATS) {
            judge_line(&w, r);
            w.request++;
        } else if (question_is_meta(&r->command) && question_flag(&r->command, 'q') != NULL) {
            judge_group(&w);
        } else {
            judge_single(&w, r);
            w.request++;
        }
    }
    judge_rest(&w);
}
