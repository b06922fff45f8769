/* Holds a reply against a question. */
#include "meaning.h"

#include <string.h>

struct answer meaning_next(const struct reference *said, size_t *at)
{
    struct answer a = {said->events + *at, 0, false};
    while (*at < said->count && !a.whole) {
        a.whole = mc_is_final(said->events[*at].event);
        a.count++;
        (*at)++;
    }
    return a;
}

static bool is_error(int event)
{
    return event >= MC_ERROR;
}

/* VALUE and END, END alone, or an error. */
static void mean_retrieval(const struct command *c, const struct answer *a, struct meaning *m)
{
    const struct reference_event *e = a->events, *last = &e[a->count - 1];
    if (a->count == 2 && e->event == MC_VALUE && !e->meta && input_same(e->key, c->keys[0])) {
        m->value = e->body;
        m->flags = e->flags;
        m->cas = e->cas;
        m->result = MC_HIT;
    } else if (a->count == 1) {
        m->result = MC_MISS;
    } else {
        return;
    }
    if (is_error(last->event))
        m->result = last->event;
    else if (last->event != MC_END || last->meta)
        m->result = 0;
}

/* One event that answers such a command. */
static bool answers(enum command_name name, int event)
{
    switch (name) {
    case COMMAND_CAS:
        return event == MC_STORED || event == MC_NOT_STORED || event == MC_EXISTS ||
               event == MC_NOT_FOUND;
    case COMMAND_DELETE: return event == MC_DELETED || event == MC_NOT_FOUND;
    case COMMAND_INCR:
    case COMMAND_DECR: return event == MC_NUMBER || event == MC_NOT_FOUND;
    case COMMAND_TOUCH: return event == MC_TOUCHED || event == MC_NOT_FOUND;
    case COMMAND_VERSION: return event == MC_VERSION;
    case COMMAND_FLUSH_ALL: return event == MC_OK;
    default: return event == MC_STORED || event == MC_NOT_STORED;
    }
}

static bool answers_meta(const struct command *c, int event)
{
    bool shows = command_flag(c, 'v') != NULL;
    if (event == MC_VALUE || event == MC_HD)
        return (c->name == COMMAND_MG || c->name == COMMAND_MA) && shows ? event == MC_VALUE
                                                                         : event == MC_HD;
    if (c->name == COMMAND_MG)
        return event == MC_END;
    return event == MC_NOT_FOUND || event == MC_EXISTS ||
           (event == MC_NOT_STORED && c->name != COMMAND_MD);
}

/* The key as the server returns it. */
static bool is_own_key(const struct command *c, struct mc_bytes key, bool binary)
{
    char base64[MC_KEY_MAX];
    struct mc_out out = {base64, sizeof base64, 0};
    if (!binary)
        return input_same(c->keys[0], key);
    return mc_put_base64(&out, c->keys[0]) == 0 &&
           input_same((struct mc_bytes){base64, out.len}, key);
}

static void mean_flag(const struct mc_flag *flag, struct mc_meta *meta)
{
    switch (flag->letter) {
    case 'c': meta->cas = flag->number; break;
    case 'f': meta->flags = flag->number; break;
    case 's': meta->size = (uint32_t)flag->number; break;
    case 'l': meta->last_access = (uint32_t)flag->number; break;
    case 't': meta->ttl = flag->ttl; break;
    case 'h': meta->hit_before = flag->number != 0; break;
    case 'W': meta->won = true; break;
    case 'X': meta->stale = true; break;
    case 'Z': meta->already_won = true; break;
    default: break;
    }
}

static bool has_flag(const struct mc_flag *flags, size_t count, char letter)
{
    size_t k = 0;
    while (k < count && flags[k].letter != letter)
        k++;
    return k < count;
}

/* False when a flag says that the reply is another's, or is no flag. A key or opaque that was asked
 * back has to come with a success. */
static bool mean_flags(const struct command *c, const struct reference_event *e, struct meaning *m)
{
    static struct mc_flag flags[REFERENCE_FLAGS];
    static bool good[REFERENCE_FLAGS];
    const struct mc_flag *opaque = command_flag(c, 'O');
    size_t count = reference_flags(e->text, flags, good);
    bool own = true, binary = has_flag(flags, count, 'b'), key = false, returned = false;
    for (size_t k = 0; k < count; k++) {
        own = own && good[k];
        key = key || flags[k].letter == 'k';
        returned = returned || flags[k].letter == 'O';
        if (flags[k].letter == 'k')
            own = own && is_own_key(c, flags[k].token, binary);
        if (flags[k].letter == 'O')
            own = own && opaque != NULL && input_same(opaque->token, flags[k].token);
        mean_flag(&flags[k], &m->meta);
    }
    if (e->event == MC_VALUE || e->event == MC_HD)
        own = own && (key || command_flag(c, 'k') == NULL) && (returned || opaque == NULL);
    return own;
}

static void mean_meta(const struct command *c, const struct answer *a, struct meaning *m)
{
    const struct reference_event *e = a->events;
    if (!e->meta || !answers_meta(c, e->event) || a->count != (e->event == MC_VALUE ? 2 : 1) ||
        !mean_flags(c, e, m))
        return;
    m->value = e->body;
    m->flags = m->meta.flags;
    m->cas = m->meta.cas;
    m->result = e->event;
    if (e->event == MC_VALUE && c->name == COMMAND_MA)
        m->result = reference_number(e->body, UINT64_MAX, &m->meta.number) ? MC_NUMBER : 0;
}

struct meaning meaning_of(const struct command *c, const struct answer *a)
{
    struct meaning m = {0};
    if (!a->whole)
        return m;
    if (c->name <= COMMAND_GATS) {
        mean_retrieval(c, a, &m);
    } else if (a->count == 1 && is_error(a->events->event)) {
        m.result = a->events->event;
    } else if (command_is_meta(c)) {
        mean_meta(c, a, &m);
    } else if (a->count == 1 && !a->events->meta && answers(c->name, a->events->event)) {
        m.result = a->events->event;
        m.number = a->events->number;
    }
    return m;
}
