/* Reads the lines and values of what a client sent, one after the other. */
#include "asked.h"

#include "reference.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 2048, KEY = 250 };

static const struct {
    const char *name;
    int event;
    size_t least, most; /* words, the name included */
    char kind; /* r retrieval, s storage, m meta, d delete, n number, f flush, w words, - */
} table[] = {
    {"get", MC_REQUEST_GET, 2, 0, 'r'},
    {"gets", MC_REQUEST_GETS, 2, 0, 'r'},
    {"bget", MC_REQUEST_GET, 2, 0, 'r'},
    {"gat", MC_REQUEST_GAT, 3, 0, 'r'},
    {"gats", MC_REQUEST_GATS, 3, 0, 'r'},
    {"set", MC_REQUEST_SET, 5, 6, 's'},
    {"add", MC_REQUEST_ADD, 5, 6, 's'},
    {"replace", MC_REQUEST_REPLACE, 5, 6, 's'},
    {"append", MC_REQUEST_APPEND, 5, 6, 's'},
    {"prepend", MC_REQUEST_PREPEND, 5, 6, 's'},
    {"cas", MC_REQUEST_CAS, 6, 7, 's'},
    {"mg", MC_REQUEST_MG, 2, 20, 'm'},
    {"ms", MC_REQUEST_MS, 3, 20, 'm'},
    {"md", MC_REQUEST_MD, 2, 20, 'm'},
    {"ma", MC_REQUEST_MA, 2, 20, 'm'},
    {"me", MC_REQUEST_ME, 2, 20, 'm'},
    {"delete", MC_REQUEST_DELETE, 2, 4, 'd'},
    {"incr", MC_REQUEST_INCR, 3, 4, 'n'},
    {"decr", MC_REQUEST_DECR, 3, 4, 'n'},
    {"touch", MC_REQUEST_TOUCH, 3, 4, 'n'},
    {"verbosity", MC_REQUEST_VERBOSITY, 2, 3, 'n'},
    {"cache_memlimit", MC_REQUEST_CACHE_MEMLIMIT, 2, 3, 'n'},
    {"flush_all", MC_REQUEST_FLUSH_ALL, 1, 3, 'f'},
    {"mn", MC_REQUEST_MN, 1, 0, '-'},
    {"version", MC_REQUEST_VERSION, 1, 0, '-'},
    {"quit", MC_REQUEST_QUIT, 1, 0, '-'},
    {"stats", MC_REQUEST_STATS, 1, 0, 'w'},
    {"watch", MC_REQUEST_WATCH, 1, 0, 'w'},
    {"slabs", MC_REQUEST_SLABS, 1, 0, 'w'},
    {"lru", MC_REQUEST_LRU, 1, 0, 'w'},
    {"lru_crawler", MC_REQUEST_LRU_CRAWLER, 1, 0, 'w'},
    {"extstore", MC_REQUEST_EXTSTORE, 1, 0, 'w'},
    {"refresh_certs", MC_REQUEST_REFRESH_CERTS, 1, 0, 'w'},
    {"shutdown", MC_REQUEST_SHUTDOWN, 1, 0, 'w'},
};
enum { COMMANDS_KNOWN = sizeof table / sizeof table[0] };

static struct asked_event found[ASKED_BYTES + 8];

/* Where reading stands, and the line at hand. */
struct state {
    struct mc_bytes all;
    size_t at; /* of the line, in all */
    int how;
    struct asked asked;
    struct mc_bytes line, words[ASKED_BYTES]; /* without its line end */
    size_t count, end;                        /* of the line in all; 0: it has not come */
};

static size_t place(const struct state *s, struct mc_bytes word)
{
    return (size_t)(word.data - s->line.data);
}

static void split(struct state *s)
{
    s->count = 0;
    for (size_t i = 0; i < s->line.len;) {
        size_t from = i;
        while (i < s->line.len && s->line.data[i] != ' ')
            i++;
        if (i > from)
            s->words[s->count++] = (struct mc_bytes){s->line.data + from, i - from};
        while (i < s->line.len && s->line.data[i] == ' ')
            i++;
    }
}

static bool spaces_are_odd(const struct state *s)
{
    size_t plain = s->count > 0 ? s->count - 1 : 0;
    for (size_t k = 0; k < s->count; k++)
        plain += s->words[k].len;
    return plain != s->line.len;
}

static void wrong(struct mc_request *r, int fault, size_t at)
{
    if (r->fault != 0)
        return;
    r->fault = (uint8_t)fault;
    r->at = (uint16_t)at;
}

static void note(struct mc_request *r, bool is, int bit)
{
    r->notes |= (uint8_t)(is ? bit : 0);
}

/* The word as strtoll() reads it; *plain when printf would write it so. False when it is none. */
static bool as_signed(struct mc_bytes word, long long *number, bool *plain)
{
    char text[ASKED_BYTES + 1], again[32], *end;
    memcpy(text, word.data, word.len);
    text[word.len] = '\0';
    errno = 0;
    *number = strtoll(text, &end, 10);
    bool good = errno == 0 && end != text && (*end == '\0' || isspace((unsigned char)*end)) &&
                memchr(text, '\0', (size_t)(end - text)) == NULL;
    snprintf(again, sizeof again, "%lld", *number);
    *plain = reference_is(word, again);
    return good && (*end != '\0' || end == text + word.len);
}

static bool as_unsigned(struct mc_bytes word, unsigned long long *number, bool *plain)
{
    char text[ASKED_BYTES + 1], again[32], *end;
    memcpy(text, word.data, word.len);
    text[word.len] = '\0';
    errno = 0;
    *number = strtoull(text, &end, 10);
    bool good = errno == 0 && end != text && (*end == '\0' || isspace((unsigned char)*end));
    good = good && (memchr(text, '-', (size_t)(end - text)) == NULL || *number == 0);
    snprintf(again, sizeof again, "%llu", *number);
    *plain = reference_is(word, again);
    return good && (*end != '\0' || end == text + word.len);
}

static uint64_t take_unsigned(struct state *s, struct mc_request *r, size_t k, uint64_t max)
{
    unsigned long long number;
    bool plain, good = as_unsigned(s->words[k], &number, &plain) && number <= max;
    note(r, good && !plain, MC_NOTE_NUMBER);
    if (!good)
        wrong(r, MC_WRONG_NUMBER, place(s, s->words[k]));
    return good ? number : 0;
}

static uint64_t take_wide(struct state *s, struct mc_request *r, size_t k)
{
    uint64_t number = take_unsigned(s, r, k, UINT64_MAX);
    note(r, number > UINT32_MAX, MC_NOTE_WIDE);
    return number;
}

static void take_time(struct state *s, struct mc_request *r, size_t k)
{
    long long number;
    bool plain, good = as_signed(s->words[k], &number, &plain) && number != INT64_MIN;
    note(r, good && !plain, MC_NOTE_NUMBER);
    if (!good)
        wrong(r, MC_WRONG_NUMBER, place(s, s->words[k]));
    r->exptime = good ? number : 0;
    note(r, r->exptime != (int32_t)r->exptime, MC_NOTE_WIDE);
}

static void take_size(struct state *s, struct mc_request *r, size_t k)
{
    unsigned long long number;
    bool plain, good = as_unsigned(s->words[k], &number, &plain) && number <= 2147483645;
    r->has_size = good;
    r->size = (uint32_t)take_unsigned(s, r, k, 2147483645);
}

static void note_key(struct mc_request *r, struct mc_bytes key)
{
    for (size_t k = 0; k < key.len; k++) {
        unsigned char c = (unsigned char)key.data[k];
        note(r, c < 0x21 || c == 0x7f, MC_NOTE_BYTE);
    }
}

static void take_key(struct state *s, struct mc_request *r)
{
    r->key = s->words[1];
    if (r->key.len > KEY)
        wrong(r, MC_WRONG_KEY, place(s, r->key));
    note_key(r, r->key);
}

static bool is_good_flag(struct mc_bytes flag)
{
    struct mc_bytes rest = {flag.data + 1, flag.len - 1};
    unsigned long long number;
    long long ttl;
    bool plain;
    if ((unsigned char)flag.data[0] > 127 || !isalpha((unsigned char)flag.data[0]))
        return false;
    if (strchr("NRT", flag.data[0]) != NULL)
        return as_signed(rest, &ttl, &plain) && ttl == (int32_t)ttl;
    if (strchr("CDEFJ", flag.data[0]) != NULL)
        return as_unsigned(rest, &number, &plain);
    if (flag.data[0] == 'M')
        return rest.len == 1;
    return flag.data[0] != 'O' || rest.len <= 31;
}

static void take_flags(struct state *s, struct mc_request *r, size_t first)
{
    bool seen[256] = {false};
    if (first >= s->count)
        return;
    struct mc_bytes last = s->words[s->count - 1];
    r->text.data = s->words[first].data;
    r->text.len = (size_t)(last.data + last.len - r->text.data);
    for (size_t k = first; r->command >= MC_REQUEST_MS && k < s->count; k++) {
        bool *letter = &seen[(unsigned char)s->words[k].data[0]];
        bool meta = r->command == MC_REQUEST_MS ||
                    (r->command >= MC_REQUEST_MG && r->command <= MC_REQUEST_ME);
        if (meta && (!is_good_flag(s->words[k]) || *letter))
            wrong(r, MC_WRONG_FLAG, place(s, s->words[k]));
        *letter = true;
    }
}

static void take_store(struct state *s, struct mc_request *r)
{
    bool login = r->command == MC_REQUEST_AUTH, cas = r->command == MC_REQUEST_CAS;
    if (!login) {
        take_key(s, r);
        r->flags = take_wide(s, r, 2);
        take_time(s, r, 3);
    }
    take_size(s, r, 4);
    if (cas)
        r->number = take_unsigned(s, r, 5, UINT64_MAX);
    note(r, s->count > (cas ? 6 : 5) && !r->noreply, MC_NOTE_WORDS);
}

static void take_delete(struct state *s, struct mc_request *r)
{
    size_t extra = s->count - 2 - (r->noreply ? 1 : 0);
    take_key(s, r);
    note(r, extra > 0, MC_NOTE_WORDS);
    if (extra > 1)
        wrong(r, MC_WRONG_COUNT, place(s, s->words[2]));
    else if (extra == 1 && !reference_is(s->words[2], "0"))
        wrong(r, MC_WRONG_NUMBER, place(s, s->words[2]));
}

static void take_number(struct state *s, struct mc_request *r)
{
    if (r->command == MC_REQUEST_VERBOSITY || r->command == MC_REQUEST_CACHE_MEMLIMIT) {
        r->number = take_wide(s, r, 1);
        note(r, s->count > 2 && !r->noreply, MC_NOTE_WORDS);
        return;
    }
    take_key(s, r);
    if (r->command == MC_REQUEST_TOUCH)
        take_time(s, r, 2);
    else
        r->number = take_unsigned(s, r, 2, UINT64_MAX);
    note(r, s->count > 3 && !r->noreply, MC_NOTE_WORDS);
}

static void take_words(struct state *s, struct mc_request *r, char kind)
{
    switch (kind) {
    case 's': take_store(s, r); break;
    case 'd': take_delete(s, r); break;
    case 'n': take_number(s, r); break;
    case 'f':
        if (s->count > (r->noreply ? 2 : 1))
            take_time(s, r, 1);
        note(r, s->count > 2 && !r->noreply, MC_NOTE_WORDS);
        break;
    case 'm':
        take_key(s, r);
        if (r->command == MC_REQUEST_MS)
            take_size(s, r, 2);
        take_flags(s, r, r->command == MC_REQUEST_MS ? 3 : 2);
        break;
    case 'w': take_flags(s, r, 1); break;
    default: note(r, s->count > 1, MC_NOTE_WORDS); break;
    }
}

static struct asked_event *add(struct state *s, int event, const struct mc_request *r, size_t end)
{
    struct asked_event *e = &found[s->asked.count++];
    *e = (struct asked_event){event, *r, {NULL, 0}, end};
    s->asked.taken = end;
    return e;
}

/* What follows the line of a storage command, as far as it is there. */
static void take_value(struct state *s, struct asked_event *e, int command)
{
    size_t left = s->all.len - e->end, size = e->request.size;
    struct mc_request r = {.command = (uint8_t)command};
    e->value = (struct mc_bytes){s->all.data + e->end, left < size ? left : size};
    s->at = s->asked.taken = e->end + e->value.len;
    if (left < size + 2) {
        s->at = s->all.len;
        return;
    }
    const char *end = e->value.data + size;
    if (end[0] != '\r')
        wrong(&r, MC_WRONG_VALUE, 0);
    else if (end[1] != '\n')
        wrong(&r, MC_WRONG_VALUE, 1);
    s->at += 2;
    add(s, r.fault != 0 ? MC_REQUEST_WRONG : MC_REQUEST_END, &r, s->at);
}

/* From which number of words on the last one can be noreply; 0: it cannot. */
static size_t noreply_from(const struct mc_request *r, char kind)
{
    if (r->command == MC_REQUEST_AUTH)
        return 0;
    return kind == 's' || kind == 'n' ? 2 : kind == 'd' ? 3 : kind == 'f' ? 2 : 0;
}

/* A line that is there whole, and is no retrieval. */
// NOLINTNEXTLINE(readability-function-cognitive-complexity,readability-function-size)
static void take_line(struct state *s, size_t row)
{
    struct mc_request r = {0};
    char kind = '-';
    if (row < COMMANDS_KNOWN)
        kind = table[row].kind;
    bool login =
        row < COMMANDS_KNOWN && table[row].event == MC_REQUEST_SET && (s->how & ASKED_LOGIN) != 0;
    r.command = (uint8_t)(login ? MC_REQUEST_AUTH : row < COMMANDS_KNOWN ? table[row].event : 0);
    const char *nul = memchr(s->line.data, '\0', s->line.len);
    if (nul != NULL)
        wrong(&r, MC_WRONG_BYTE, (size_t)(nul - s->line.data));
    if (r.command == 0)
        wrong(&r, MC_WRONG_COMMAND, s->count > 0 ? place(s, s->words[0]) : s->line.len);
    note(&r, spaces_are_odd(s), MC_NOTE_SPACES);
    note(&r, s->end - s->at - s->line.len < 2, MC_NOTE_LF);
    size_t from = noreply_from(&r, kind), most = login || r.command == 0 ? 0 : table[row].most;
    bool few = r.command != 0 && s->count < table[row].least;
    r.noreply = from > 0 && s->count >= from && reference_is(s->words[s->count - 1], "noreply");
    /* The server looks at the number of words first, and at noreply only if it has enough. */
    if (few)
        r.noreply = false;
    if (few || (most > 0 && s->count > most))
        wrong(&r, MC_WRONG_COUNT, s->line.len);
    else
        take_words(s, &r, kind);
    s->at = s->end;
    int event = r.fault != 0 ? MC_REQUEST_WRONG : r.command;
    struct asked_event *e = add(s, event, &r, s->end);
    bool stores = r.command >= MC_REQUEST_SET && r.command <= MC_REQUEST_AUTH;
    if ((stores && r.fault == 0) || (r.fault != 0 && r.has_size && (s->how & ASKED_SWALLOW) != 0))
        take_value(s, e, r.command);
}

/* After a wrong word: nothing up to the line's end counts. */
static void skip_line(struct state *s)
{
    const char *newline = memchr(s->all.data + s->at, '\n', s->all.len - s->at);
    s->at = newline != NULL ? (size_t)(newline - s->all.data) + 1 : s->all.len;
    s->asked.taken = s->at;
}

/* The keys of a retrieval from word k on; `open`: the last word may go on. */
// NOLINTNEXTLINE(readability-function-cognitive-complexity,readability-function-size)
static void take_keys(struct state *s, int command, size_t k, bool open)
{
    size_t from = (size_t)(s->words[k - 1].data + s->words[k - 1].len - s->all.data);
    bool any = false;
    for (; k < s->count; k++) {
        struct mc_request r = {.command = (uint8_t)command};
        struct mc_bytes key = s->words[k];
        size_t start = (size_t)(key.data - s->all.data);
        if (open && start + key.len == s->all.len && key.len < KEY + 2) {
            s->at = s->all.len;
            s->asked.taken = start;
            return;
        }
        note(&r, start - from > 1, MC_NOTE_SPACES);
        const char *nul = memchr(key.data, '\0', key.len);
        if (key.len > KEY)
            wrong(&r, MC_WRONG_KEY, KEY);
        else if (nul != NULL)
            wrong(&r, MC_WRONG_BYTE, (size_t)(nul - key.data));
        if (r.fault != 0) {
            add(s, MC_REQUEST_WRONG, &r, start + r.at + 1);
            skip_line(s);
            return;
        }
        note_key(&r, key);
        r.key = key;
        from = start + key.len;
        any = true;
        add(s, MC_REQUEST_KEY, &r, from);
    }
    if (open) {
        s->at = s->asked.taken = s->all.len;
        return;
    }
    struct mc_request r = {.command = (uint8_t)command};
    size_t line_end = s->at + s->line.len;
    note(&r, from < line_end, MC_NOTE_SPACES);
    note(&r, s->end - line_end < 2, MC_NOTE_LF);
    bool gat = command == MC_REQUEST_GAT || command == MC_REQUEST_GATS;
    note(&r, !any && gat, MC_NOTE_NO_KEY);
    if (!any && !gat)
        wrong(&r, MC_WRONG_COUNT, 0);
    s->at = s->end;
    add(s, r.fault != 0 ? MC_REQUEST_WRONG : MC_REQUEST_END, &r, s->end);
}

/* A retrieval, whose line may be longer than anything, or not all there. */
static void take_retrieval(struct state *s, size_t row, bool open)
{
    struct mc_request r = {.command = (uint8_t)table[row].event};
    bool gat = table[row].least == 3;
    size_t head = gat ? 2 : 1;
    if (gat && s->count < 2) {
        wrong(&r, MC_WRONG_COUNT, s->line.len);
    } else if (gat) {
        take_time(s, &r, 1);
        note(&r, place(s, s->words[1]) - place(s, s->words[0]) - s->words[0].len > 1,
             MC_NOTE_SPACES);
    }
    if (gat && s->count < 2)
        note(&r, s->line.len - place(s, s->words[0]) - s->words[0].len > 1, MC_NOTE_SPACES);
    note(&r, place(s, s->words[0]) > 0, MC_NOTE_SPACES);
    size_t end = s->count < head
                     ? s->at + s->line.len
                     : (size_t)(s->words[head - 1].data + s->words[head - 1].len - s->all.data);
    add(s, r.fault != 0 ? MC_REQUEST_WRONG : r.command, &r, end);
    if (r.fault != 0) {
        s->at = end;
        skip_line(s);
    } else {
        take_keys(s, r.command, head, open);
    }
}

static size_t row_of(const struct state *s)
{
    size_t row = 0;
    while (row < COMMANDS_KNOWN && (s->count < 1 || !reference_is(s->words[0], table[row].name)))
        row++;
    return row;
}

/* True when the first words are there with what separates them from the next, early enough. */
static bool has_head(const struct state *s, size_t words)
{
    if (s->count < words)
        return false;
    size_t end = place(s, s->words[words - 1]) + s->words[words - 1].len;
    return end < s->line.len && end < LIMIT;
}

static void take_next(struct state *s)
{
    const char *b = s->all.data + s->at, *newline = memchr(b, '\n', s->all.len - s->at);
    bool early = newline != NULL && newline - b < LIMIT;
    s->end = newline != NULL ? (size_t)(newline - s->all.data) + 1 : 0;
    s->line = (struct mc_bytes){b, newline != NULL ? (size_t)(newline - b) : s->all.len - s->at};
    if (newline != NULL && newline > b && newline[-1] == '\r')
        s->line.len--;
    split(s);
    size_t row = row_of(s);
    bool retrieval = row < COMMANDS_KNOWN && table[row].kind == 'r';
    if (retrieval && (early || has_head(s, table[row].least - 1))) {
        take_retrieval(s, row, newline == NULL);
    } else if (early) {
        take_line(s, row);
    } else {
        s->asked.taken = s->at;
        if (s->all.len - s->at >= LIMIT)
            s->asked.fault = MC_WRONG_LONG;
        s->at = s->all.len;
    }
}

struct asked asked_read(struct mc_bytes bytes, int how)
{
    static struct state s;
    s.all = bytes;
    s.at = 0;
    s.how = how;
    s.asked = (struct asked){found, 0, 0, 0};
    if (bytes.len > 0 && ((unsigned char)bytes.data[0] == 0x80 || bytes.data[0] == 0x16)) {
        s.asked.fault = bytes.data[0] == 0x16 ? MC_WRONG_TLS : MC_WRONG_BINARY;
        return s.asked;
    }
    while (s.at < bytes.len && s.asked.fault == 0)
        take_next(&s);
    return s.asked;
}
