/* Reads the lines, fields and values of a whole conversation, one after the other. */
#include "reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A line, as far as it is there: with its \n, when that came within MC_LINE_MAX bytes. */
struct line {
    const char *b;
    size_t len;
};

/* What stands between two spaces, or a space and the line's end. */
struct field {
    size_t start, end;
    bool open; /* the bytes end here: it may go on */
};

enum shape { NOTHING, TEXT, NAMED, VALUE, META_VALUE, META };

static const struct {
    const char *word;
    int event;
    enum shape shape;
} words[] = {
    {"VALUE", MC_VALUE, VALUE},
    {"STAT", MC_STAT, NAMED},
    {"ITEM", MC_ITEM, NAMED},
    {"END", MC_END, NOTHING},
    {"STORED", MC_STORED, NOTHING},
    {"NOT_STORED", MC_NOT_STORED, NOTHING},
    {"EXISTS", MC_EXISTS, NOTHING},
    {"NOT_FOUND", MC_NOT_FOUND, NOTHING},
    {"DELETED", MC_DELETED, NOTHING},
    {"TOUCHED", MC_TOUCHED, NOTHING},
    {"OK", MC_OK, NOTHING},
    {"RESET", MC_RESET, NOTHING},
    {"VA", MC_VALUE, META_VALUE},
    {"HD", MC_HD, META},
    {"EN", MC_END, META},
    {"NS", MC_NOT_STORED, META},
    {"EX", MC_EXISTS, META},
    {"NF", MC_NOT_FOUND, META},
    {"MN", MC_MN, META},
    {"ME", MC_ME, NAMED},
    {"VERSION", MC_VERSION, TEXT},
    {"BUSY", MC_BUSY, TEXT},
    {"BADCLASS", MC_REFUSED, TEXT},
    {"NOSPARE", MC_REFUSED, TEXT},
    {"NOTFULL", MC_REFUSED, TEXT},
    {"UNSAFE", MC_REFUSED, TEXT},
    {"SAME", MC_REFUSED, TEXT},
    {"NOTSTARTED", MC_REFUSED, TEXT},
    {"MEMLIMIT_TOO_SMALL", MC_REFUSED, TEXT},
    {"MEMLIMIT_ADJUST_FAILED", MC_REFUSED, TEXT},
    {"WATCHER_TOO_MANY", MC_REFUSED, TEXT},
    {"WATCHER_FAILED", MC_REFUSED, TEXT},
    {"ERROR", MC_ERROR, TEXT},
    {"Error", MC_ERROR, TEXT},
    {"CLIENT_ERROR", MC_CLIENT_ERROR, TEXT},
    {"SERVER_ERROR", MC_SERVER_ERROR, TEXT},
};
enum { WORDS = sizeof words / sizeof words[0] };

/* How a line ends: the first thing that is wrong, or that its rest is missing. */
struct verdict {
    enum { GOOD, WANTING, WRONG } is;
    int fault;
    size_t at;
};

static const struct verdict good = {GOOD, 0, 0}, wanting = {WANTING, 0, 0};

static struct verdict wrong(int fault, size_t at)
{
    return (struct verdict){WRONG, fault, at};
}

bool reference_is(struct mc_bytes bytes, const char *word)
{
    return bytes.len == strlen(word) && memcmp(bytes.data, word, bytes.len) == 0;
}

bool reference_number(struct mc_bytes digits, uint64_t max, uint64_t *number)
{
    char text[24] = "";
    *number = 0;
    if (digits.len < 1 || digits.len > 20)
        return false;
    memcpy(text, digits.data, digits.len);
    if (strspn(text, "0123456789") != digits.len || (text[0] == '0' && digits.len > 1))
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, NULL, 10);
    if (errno != 0 || value > max)
        return false;
    *number = value;
    return true;
}

static bool is_wordlike(char c)
{
    return (unsigned char)c > ' ';
}

static struct mc_bytes slice(const struct line *l, size_t start, size_t end)
{
    return (struct mc_bytes){l->b + start, end - start};
}

static struct field field_from(const struct line *l, size_t start)
{
    struct field f = {start, start, false};
    while (f.end < l->len && is_wordlike(l->b[f.end]))
        f.end++;
    f.open = f.end == l->len;
    return f;
}

/* A field ends where a space or the line's end follows; anything else spoils it. */
static struct verdict judge_end(const struct line *l, const struct field *f, int fault)
{
    if (f->open)
        return wanting;
    char next = l->b[f->end];
    return next == ' ' || next == '\r' ? good : wrong(fault, f->end);
}

static struct verdict judge_name(const struct line *l, const struct field *f, size_t max)
{
    if (f->end - f->start > max || (f->end == f->start && !f->open))
        return wrong(MC_FAULT_KEY, f->start);
    return judge_end(l, f, MC_FAULT_KEY);
}

static struct verdict judge_number(const struct line *l, const struct field *f, uint64_t max,
                                   uint64_t *number)
{
    size_t digits = 0;
    while (f->start + digits < f->end && strchr("0123456789", l->b[f->start + digits]) != NULL)
        digits++;
    if (digits > 20 || (digits == 0 && !(f->open && f->start == f->end)))
        return wrong(MC_FAULT_NUMBER, f->start);
    if (f->start + digits < f->end)
        return wrong(MC_FAULT_NUMBER, f->start + digits);
    struct verdict v = judge_end(l, f, MC_FAULT_NUMBER);
    if (v.is == GOOD && !reference_number(slice(l, f->start, f->end), max, number))
        return wrong(MC_FAULT_NUMBER, f->start);
    return v;
}

/* \r\n stands at `at` and nothing else. */
static struct verdict judge_line_end(const struct line *l, size_t at)
{
    for (size_t k = 0; k < 2; k++) {
        if (at + k == l->len)
            return wanting;
        if (l->b[at + k] != "\r\n"[k])
            return wrong(MC_FAULT_END, at + k);
    }
    return good;
}

/* The next field has to follow at `at`, after one space. */
static struct verdict next_field(const struct line *l, size_t at, struct field *f)
{
    if (at < l->len && l->b[at] != ' ')
        return wrong(MC_FAULT_SPACE, at);
    if (at == l->len)
        return wanting;
    *f = field_from(l, at + 1);
    return good;
}

/* A space and text of any kind, or neither; then the line's end. */
static struct verdict judge_text(const struct line *l, size_t at, struct mc_bytes *text)
{
    if (at < l->len && l->b[at] == ' ') {
        size_t start = at + 1;
        for (at = start; at < l->len && memchr("\r\n", l->b[at], 3) == NULL; at++)
            ;
        *text = slice(l, start, at);
    }
    return judge_line_end(l, at);
}

static struct verdict judge_named(const struct line *l, size_t at, struct reference_event *e)
{
    struct field name;
    struct verdict v = next_field(l, at, &name);
    if (v.is == GOOD)
        v = judge_name(l, &name, MC_LINE_MAX);
    if (v.is != GOOD)
        return v;
    e->key = slice(l, name.start, name.end);
    return judge_text(l, name.end, &e->text);
}

/* Fields that begin with a letter; then the line's end. */
static struct verdict judge_flags(const struct line *l, size_t at, struct reference_event *e)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t start = at + 1;
    while (at < l->len && l->b[at] == ' ') {
        struct field f = field_from(l, at + 1);
        bool empty = f.start == f.end;
        if (empty ? !f.open : strchr(letters, l->b[f.start]) == NULL)
            return wrong(MC_FAULT_FLAG, f.start);
        struct verdict v = judge_end(l, &f, MC_FAULT_FLAG);
        if (v.is != GOOD)
            return v;
        at = f.end;
    }
    if (at > start)
        e->text = slice(l, start, at);
    return judge_line_end(l, at);
}

/* A field that is a number, at *at, which moves after it. */
static struct verdict take_number(const struct line *l, size_t *at, uint64_t max, uint64_t *number)
{
    struct field f;
    struct verdict v = next_field(l, *at, &f);
    if (v.is != GOOD)
        return v;
    *at = f.end;
    return judge_number(l, &f, max, number);
}

/* VALUE <key> <flags> <bytes>[ <cas unique>] */
static struct verdict judge_value(const struct line *l, size_t at, struct reference_event *e)
{
    struct field key;
    uint64_t flags = 0, size = 0;
    struct verdict v = next_field(l, at, &key);
    if (v.is == GOOD)
        v = judge_name(l, &key, MC_KEY_MAX);
    if (v.is != GOOD)
        return v;
    e->key = slice(l, key.start, key.end);
    at = key.end;
    v = take_number(l, &at, UINT64_MAX, &flags);
    if (v.is == GOOD)
        v = take_number(l, &at, MC_VALUE_MAX, &size);
    e->has_cas = v.is == GOOD && l->b[at] == ' ';
    if (e->has_cas)
        v = take_number(l, &at, UINT64_MAX, &e->cas);
    e->flags = flags;
    e->size = (uint32_t)size;
    return v.is == GOOD ? judge_line_end(l, at) : v;
}

/* VA <size>[ <flag>]* */
static struct verdict judge_meta_value(const struct line *l, size_t at, struct reference_event *e)
{
    uint64_t size = 0;
    struct verdict v = take_number(l, &at, MC_VALUE_MAX, &size);
    e->size = (uint32_t)size;
    return v.is == GOOD ? judge_flags(l, at, e) : v;
}

/* The line of this word, whose rest begins at `at`. */
static struct verdict judge_rest(const struct line *l, size_t word, size_t at,
                                 struct reference_event *e)
{
    e->event = words[word].event;
    e->word = words[word].word;
    e->meta = words[word].shape >= META_VALUE || e->event == MC_ME;
    if (e->event == MC_REFUSED)
        e->key = slice(l, 0, at);
    switch (words[word].shape) {
    case NOTHING: return judge_line_end(l, at);
    case TEXT: return judge_text(l, at, &e->text);
    case NAMED: return judge_named(l, at, e);
    case VALUE: return judge_value(l, at, e);
    case META_VALUE: return judge_meta_value(l, at, e);
    default: return judge_flags(l, at, e);
    }
}

/* A line that begins with a word. Those of errors may have a colon after them. */
static struct verdict judge_worded(const struct line *l, struct reference_event *e)
{
    struct field f = field_from(l, 0);
    const char *colon = memchr(l->b, ':', f.end);
    size_t len = colon != NULL ? (size_t)(colon - l->b) : f.end;
    bool begun = false;
    for (size_t k = 0; k < WORDS; k++) {
        if (colon != NULL && words[k].event < MC_ERROR)
            continue;
        bool whole = reference_is(slice(l, 0, len), words[k].word);
        if (colon != NULL && whole)
            return judge_rest(l, k, len + 1, e);
        if (whole && !f.open && (l->b[len] == ' ' || l->b[len] == '\r'))
            return judge_rest(l, k, len, e);
        begun = begun || (colon == NULL && f.open && len <= strlen(words[k].word) &&
                          memcmp(l->b, words[k].word, len) == 0);
    }
    return begun ? wanting : wrong(MC_FAULT_WORD, 0);
}

/* The answer to incr and decr; spaces may follow it. */
static struct verdict judge_bare_number(const struct line *l, struct reference_event *e)
{
    struct field f = field_from(l, 0);
    struct verdict v = judge_number(l, &f, UINT64_MAX, &e->number);
    e->event = MC_NUMBER;
    e->word = "#";
    if (v.is != GOOD)
        return v;
    size_t at = f.end;
    while (at < l->len && l->b[at] == ' ')
        at++;
    return judge_line_end(l, at);
}

/* A line of a free-text stream: its end, or OK, or any text. */
static struct verdict judge_stream_line(const struct line *l, struct reference_event *e)
{
    if (l->len == 0 || l->b[l->len - 1] != '\n')
        return wanting;
    bool known = judge_worded(l, e).is == GOOD;
    if (known && (e->event == MC_END || e->event >= MC_BUSY))
        return good;
    bool ok = known && e->event == MC_OK;
    size_t len = l->len - 1;
    *e = (struct reference_event){.event = ok ? MC_OPENED : MC_LINE, .word = ""};
    if (!ok)
        e->text = slice(l, 0, len > 0 && l->b[len - 1] == '\r' ? len - 1 : len);
    return good;
}

/* Items, statistics and the lines of a stream come in any number. */
bool reference_is_final(const struct reference_event *event)
{
    return event->event != MC_VALUE && event->event != MC_STAT && event->event != MC_ITEM &&
           event->event != MC_LINE && event->event != MC_OPENED;
}

bool reference_is_error(const struct reference_event *event)
{
    return event->event == MC_ERROR || event->event == MC_CLIENT_ERROR ||
           event->event == MC_SERVER_ERROR;
}

/* ---- conversations --------------------------------------------------------------------------- */

static struct reference_event events[REFERENCE_BYTES];

/* What is there of the line that begins at `at`. */
static struct line line_from(struct mc_bytes bytes, size_t at)
{
    struct line l = {bytes.data + at, bytes.len - at};
    if (l.len > MC_LINE_MAX)
        l.len = MC_LINE_MAX;
    const char *end = l.len > 0 ? memchr(l.b, '\n', l.len) : NULL;
    if (end != NULL)
        l.len = (size_t)(end - l.b) + 1;
    return l;
}

/* The value after a VALUE or VA, and its CRLF. False when the conversation ends in it. */
static bool read_value(struct reference *r, struct mc_bytes bytes)
{
    struct reference_event *value = &r->events[r->count - 1];
    size_t left = bytes.len - r->taken;
    value->body = (struct mc_bytes){bytes.data + r->taken, left < value->size ? left : value->size};
    r->taken += value->body.len;
    if (value->body.len < value->size)
        return false;
    const struct line rest = {bytes.data + r->taken, bytes.len - r->taken};
    struct verdict v = judge_line_end(&rest, 0);
    if (v.is == WRONG) {
        r->fault = MC_FAULT_VALUE;
        r->fault_at = v.at;
    }
    if (v.is != GOOD)
        return false;
    r->taken += 2;
    if (value->meta) {
        r->events[r->count] =
            (struct reference_event){.event = MC_END, .word = "", .meta = true, .end = r->taken};
        r->count++;
    }
    return true;
}

/* One line, and its value. False when the conversation ends in it. */
static bool read_one(struct reference *r, struct mc_bytes bytes, bool stream)
{
    struct line l = line_from(bytes, r->taken);
    struct reference_event *e = &r->events[r->count];
    *e = (struct reference_event){0};
    bool number = l.len > 0 && l.b[0] >= '0' && l.b[0] <= '9';
    struct verdict v = stream      ? judge_stream_line(&l, e)
                       : number    ? judge_bare_number(&l, e)
                       : l.len > 0 ? judge_worded(&l, e)
                                   : wanting;
    if (v.is == WANTING && l.len == MC_LINE_MAX)
        v = wrong(MC_FAULT_LONG, MC_LINE_MAX);
    if (v.is == WRONG) {
        r->fault = v.fault;
        r->fault_at = v.at;
    }
    if (v.is != GOOD)
        return false;
    r->count++;
    r->taken += l.len;
    e->end = r->taken;
    return e->event != MC_VALUE || read_value(r, bytes);
}

struct reference reference_read(struct mc_bytes bytes, unsigned streams)
{
    struct reference r = {.events = events};
    unsigned replies = 0;
    bool stream = streams & 1;
    while (r.count + 2 < REFERENCE_BYTES && read_one(&r, bytes, stream)) {
        if (reference_is_final(&events[r.count - 1])) {
            replies++;
            stream = replies < 8 && (streams >> replies & 1) != 0;
        }
    }
    return r;
}

/* ---- flags ----------------------------------------------------------------------------------- */

static bool judge_flag(struct mc_flag *flag)
{
    struct mc_bytes digits = flag->token;
    uint64_t max = flag->letter == 'c' || flag->letter == 'f' ? UINT64_MAX : UINT32_MAX;
    bool minus = false;
    if (flag->letter == '\0' || strchr("cfhlst", flag->letter) == NULL)
        return true;
    if (flag->letter == 't') {
        max = INT32_MAX;
        minus = digits.len > 0 && digits.data[0] == '-';
        digits.data += minus ? 1 : 0;
        digits.len -= minus ? 1 : 0;
    }
    bool is_number = reference_number(digits, max, &flag->number);
    if (is_number && flag->letter == 't')
        flag->ttl = minus ? -(int32_t)flag->number : (int32_t)flag->number;
    return is_number;
}

size_t reference_flags(struct mc_bytes text, struct mc_flag *flags, bool *is_good)
{
    size_t count = 0, at = 0;
    while (at < text.len && count < REFERENCE_FLAGS) {
        const char *space = memchr(text.data + at, ' ', text.len - at);
        size_t end = space != NULL ? (size_t)(space - text.data) : text.len;
        flags[count] = (struct mc_flag){.letter = text.data[at]};
        flags[count].token = (struct mc_bytes){text.data + at + 1, end - at - 1};
        is_good[count] = judge_flag(&flags[count]);
        count++;
        at = end + 1;
    }
    return count;
}
