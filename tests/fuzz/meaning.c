/* Works out what a reply means for a command. */
#include "meaning.h"

#include <string.h>

struct answer meaning_next(const struct reference *answers, size_t *at)
{
    struct answer a = {answers->events + *at, 0, false};
    while (*at < answers->count && !a.whole) {
        a.whole = reference_is_final(&answers->events[*at]);
        a.count++;
        (*at)++;
    }
    return a;
}

/* True for a VALUE that may answer the command. */
static bool is_item(const struct question *c, const struct reference_event *e)
{
    bool gets = c->name == QUESTION_GETS || c->name == QUESTION_GATS;
    return e->event == MC_VALUE && !e->meta && (e->has_cas || !gets);
}

/* The slot of an item: the next of its key, or an earlier one that has no answer; or key_count. */
static size_t slot_of(const struct question *c, const struct meaning *m, struct mc_bytes key,
                      size_t next)
{
    for (size_t n = 0; n < c->key_count; n++) {
        size_t k = (next + n) % c->key_count;
        if (m[k].result == MC_MISS && input_same(c->keys[k], key))
            return k;
    }
    return c->key_count;
}

/* All slots of a key have its answer, if it was answered once. */
static void share_answers(const struct question *c, struct meaning *m)
{
    for (size_t k = 0; k < c->key_count; k++) {
        for (size_t n = 0; n < c->key_count && m[k].result == MC_MISS; n++) {
            if (m[n].result == MC_HIT && input_same(c->keys[n], c->keys[k])) {
                m[k] = m[n];
                m[k].copied = true;
            }
        }
    }
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity)
void meaning_of_keys(const struct question *c, const struct answer *a, struct meaning *m)
{
    const struct reference_event *last = &a->events[a->count > 0 ? a->count - 1 : 0];
    bool good = a->whole && (reference_is_error(last) || (last->event == MC_END && !last->meta));
    size_t next = 0;
    for (size_t k = 0; k < c->key_count; k++)
        m[k] = (struct meaning){.result = MC_MISS};
    for (size_t n = 0; good && n + 1 < a->count; n++) {
        const struct reference_event *e = &a->events[n];
        size_t k = is_item(c, e) ? slot_of(c, m, e->key, next) : c->key_count;
        good = k < c->key_count;
        if (good)
            m[k] = (struct meaning){
                .result = MC_HIT, .value = e->body, .flags = e->flags, .cas = e->cas};
        next = k >= next ? k + 1 : next;
    }
    share_answers(c, m);
    for (size_t k = 0; k < c->key_count; k++) {
        if (!good)
            m[k].result = 0;
        else if (reference_is_error(last) && (m[k].result == MC_MISS || c->key_count == 1))
            m[k] = (struct meaning){.result = last->event};
    }
}

/* Does such a line answer the command? With v, VA stands for the HD of mg and ma. */
static bool is_answer(const struct question *c, const struct reference_event *e)
{
    bool shows = question_flag(c, 'v') != NULL && question_is_answered(c, "VA");
    bool unless_same = c->name == QUESTION_MG && question_flag(c, 'C') != NULL;
    if (strcmp(e->word, "HD") == 0 && shows && !unless_same)
        return false;
    if (strcmp(e->word, "VA") == 0 && !shows)
        return false;
    return question_is_answered(c, e->word);
}

/* The key as the server returns it. */
static bool is_own_key(const struct question *c, struct mc_bytes key, bool binary)
{
    char decoded[MC_KEY_MAX];
    struct mc_bytes bytes = key;
    return (!binary || question_decode(key, decoded, &bytes)) && input_same(c->keys[0], bytes);
}

/* The last flag with this letter; one without anything when there is none. */
static struct mc_flag flag_of(const struct mc_flag *flags, size_t count, char letter)
{
    while (count > 0 && flags[count - 1].letter != letter)
        count--;
    return count > 0 ? flags[count - 1] : (struct mc_flag){0};
}

static bool has_flag(const struct mc_flag *flags, size_t count, char letter)
{
    return flag_of(flags, count, letter).letter != '\0';
}

/* As protocol.txt describes them under "Meta Get". */
static struct mc_meta mean_flags(const struct mc_flag *f, size_t count)
{
    return (struct mc_meta){
        .cas = flag_of(f, count, 'c').number,
        .flags = flag_of(f, count, 'f').number,
        .size = (uint32_t)flag_of(f, count, 's').number,
        .last_access = (uint32_t)flag_of(f, count, 'l').number,
        .ttl = flag_of(f, count, 't').ttl,
        .hit_before = flag_of(f, count, 'h').number != 0,
        .won = has_flag(f, count, 'W'),
        .stale = has_flag(f, count, 'X'),
        .already_won = has_flag(f, count, 'Z'),
    };
}

/* Has every flag come that was asked for, as a success returns them, and is a size the value's? */
static bool are_all_there(const struct question *c, const struct reference_event *e,
                          const struct mc_flag *flags, size_t count)
{
    const char *returned = c->name == QUESTION_MG   ? "kOcfhlst"
                           : c->name == QUESTION_MA ? "kOct"
                                                    : "kO";
    for (const char *letter = returned; *letter != '\0'; letter++) {
        if (question_flag(c, *letter) != NULL && !has_flag(flags, count, *letter))
            return false;
    }
    return e->event != MC_VALUE || !has_flag(flags, count, 's') ||
           flag_of(flags, count, 's').number == e->size;
}

/* False when a flag says that the reply is another's, or is malformed. What was asked back has to
 * come with a success. */
static bool are_own_flags(const struct question *c, const struct reference_event *e,
                          struct mc_meta *meta)
{
    static struct mc_flag flags[REFERENCE_FLAGS];
    static bool good[REFERENCE_FLAGS];
    const struct mc_flag *opaque = question_flag(c, 'O');
    size_t count = reference_flags(e->text, flags, good);
    bool own = true, binary = has_flag(flags, count, 'b');
    for (size_t k = 0; k < count; k++) {
        own = own && good[k];
        if (flags[k].letter == 'k')
            own = own && is_own_key(c, flags[k].token, binary);
        if (flags[k].letter == 'O')
            own = own && opaque != NULL && input_same(opaque->token, flags[k].token);
    }
    if (strcmp(e->word, "VA") == 0 || strcmp(e->word, "HD") == 0)
        own = own && are_all_there(c, e, flags, count);
    *meta = mean_flags(flags, count);
    return own;
}

static void mean_meta(const struct question *c, const struct answer *a, struct meaning *m)
{
    const struct reference_event *e = a->events;
    if (!e->meta || !is_answer(c, e) || a->count != (e->event == MC_VALUE ? 2 : 1) ||
        !are_own_flags(c, e, &m->meta))
        return;
    m->value = e->body;
    m->flags = m->meta.flags;
    m->cas = m->meta.cas;
    m->result = e->event;
    if (e->event == MC_VALUE && c->name == QUESTION_MA)
        m->result = reference_number(e->body, UINT64_MAX, &m->meta.number) ? MC_NUMBER : 0;
}

struct meaning meaning_of(const struct question *c, const struct answer *a)
{
    struct meaning m = {0};
    if (!a->whole)
        return m;
    if (c->name <= QUESTION_GATS) {
        meaning_of_keys(c, a, &m);
    } else if (a->count == 1 && reference_is_error(a->events)) {
        m.result = a->events->event;
    } else if (question_is_meta(c)) {
        mean_meta(c, a, &m);
    } else if (a->count == 1 && !a->events->meta && is_answer(c, a->events)) {
        m.result = a->events->event;
        m.number = a->events->number;
    }
    return m;
}
