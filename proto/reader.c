/* Bytes to events: the reader of everything that memcached says.
 *
 * A reply is lines, and a line that begins a value is followed by the value's bytes and CRLF. Each
 * function below takes one piece of a line and leaves the index at the first byte it did not take.
 * When a piece fails, that index tells what to do: at the end of the bytes, more are wanted; anywhere
 * else, it is the byte that is wrong. So a line is read in one pass, and where the network cut it
 * makes no difference. */
#include "decimal.h"
#include "proto.h"

/* Where in a reply the reader stands. TAIL: before the CRLF behind a value. */
enum state { LINE, BODY, TAIL, STREAM, BROKEN };

/* The line being read: b[0..e) is what there is of it, i the next byte. */
struct line {
    const char *b;
    size_t i, e;
    uint8_t fault; /* what a byte that does not fit is reported as */
};

/* What follows the first word of a line. */
enum shape {
    NOTHING,    /* <word>\r\n */
    TEXT,       /* <word>[ <text>]\r\n; after ERROR also <word>: <text>\r\n */
    NAMED,      /* <word> <key>[ <text>]\r\n */
    VALUE,      /* VALUE <key> <flags> <bytes>[ <cas unique>]\r\n<data block>\r\n */
    META_VALUE, /* VA <size>[ <flag>]*\r\n<data block>\r\n */
    META,       /* <word>[ <flag>]*\r\n */
};

/* Every word that a line may begin with, the event it means and its shape; the usual ones first. */
#define WORDS(W)                                \
    W("VALUE", MC_VALUE, VALUE)                 \
    W("END", MC_END, NOTHING)                   \
    W("STORED", MC_STORED, NOTHING)             \
    W("VA", MC_VALUE, META_VALUE)               \
    W("HD", MC_HD, META)                        \
    W("EN", MC_END, META)                       \
    W("NF", MC_NOT_FOUND, META)                 \
    W("NS", MC_NOT_STORED, META)                \
    W("EX", MC_EXISTS, META)                    \
    W("MN", MC_MN, META)                        \
    W("ME", MC_ME, NAMED)                       \
    W("DELETED", MC_DELETED, NOTHING)           \
    W("TOUCHED", MC_TOUCHED, NOTHING)           \
    W("NOT_STORED", MC_NOT_STORED, NOTHING)     \
    W("NOT_FOUND", MC_NOT_FOUND, NOTHING)       \
    W("EXISTS", MC_EXISTS, NOTHING)             \
    W("STAT", MC_STAT, NAMED)                   \
    W("ITEM", MC_ITEM, NAMED)                   \
    W("OK", MC_OK, NOTHING)                     \
    W("RESET", MC_RESET, NOTHING)               \
    W("VERSION", MC_VERSION, TEXT)              \
    W("ERROR", MC_ERROR, TEXT)                  \
    W("Error", MC_ERROR, TEXT)                  \
    W("CLIENT_ERROR", MC_CLIENT_ERROR, TEXT)    \
    W("SERVER_ERROR", MC_SERVER_ERROR, TEXT)    \
    W("BUSY", MC_BUSY, TEXT)                    \
    W("BADCLASS", MC_REFUSED, TEXT)             \
    W("NOSPARE", MC_REFUSED, TEXT)              \
    W("NOTFULL", MC_REFUSED, TEXT)              \
    W("UNSAFE", MC_REFUSED, TEXT)               \
    W("SAME", MC_REFUSED, TEXT)                 \
    W("NOTSTARTED", MC_REFUSED, TEXT)           \
    W("MEMLIMIT_TOO_SMALL", MC_REFUSED, TEXT)   \
    W("MEMLIMIT_ADJUST_FAILED", MC_REFUSED, TEXT) \
    W("WATCHER_TOO_MANY", MC_REFUSED, TEXT)     \
    W("WATCHER_FAILED", MC_REFUSED, TEXT)

struct meaning {
    uint8_t event, shape;
};

#define SPELL(word, event, shape) word " "
#define MEAN(word, event, shape) {event, shape},

/* Not an array of strings, whose addresses a position-independent program would have to write down. */
static const char words[] = WORDS(SPELL);
static const struct meaning meanings[] = {WORDS(MEAN)};
enum { WORD_COUNT = sizeof meanings / sizeof meanings[0] };

static inline bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What keys and other words are made of: any byte but controls, space and 0x7f. */
static inline bool is_token(char c)
{
    return (unsigned char)c > 0x20 && c != 0x7f;
}

static inline bool fail(struct line *l, size_t at, enum mc_fault fault)
{
    l->i = at;
    l->fault = (uint8_t)fault;
    return false;
}

/* True when the piece that ends at j is followed by a space or the line's end. */
static inline bool is_delimited(struct line *l, size_t j, enum mc_fault fault)
{
    if (j >= l->e || (l->b[j] != ' ' && l->b[j] != '\r'))
        return fail(l, j, fault);
    return true;
}

static inline bool take(struct line *l, char c, enum mc_fault fault)
{
    if (l->i >= l->e || l->b[l->i] != c)
        return fail(l, l->i, fault);
    l->i++;
    return true;
}

static inline bool take_end(struct line *l)
{
    return take(l, '\r', MC_FAULT_END) && take(l, '\n', MC_FAULT_END);
}

static inline bool take_token(struct line *l, size_t max, enum mc_fault fault, struct mc_bytes *token)
{
    size_t start = l->i, j = start;
    while (j < l->e && j - start <= max && is_token(l->b[j]))
        j++;
    if (j - start > max)
        return fail(l, start, fault);
    if (!is_delimited(l, j, fault))
        return false;
    if (j <= start)
        return fail(l, start, fault);
    token->data = l->b + start;
    token->len = j - start;
    l->i = j;
    return true;
}

static inline bool take_number(struct line *l, uint64_t max, uint64_t *number)
{
    size_t start = l->i, j = start;
    uint32_t sum = 0;
    while (j < l->e && j - start <= MC_DECIMAL_MAX && is_digit(l->b[j])) {
        sum = sum * 10 + (uint32_t)(l->b[j] - '0'); /* of up to nine digits; more are read again */
        j++;
    }
    if (j - start <= MC_DECIMAL_MAX && !is_delimited(l, j, MC_FAULT_NUMBER))
        return false;
    *number = sum;
    bool is_short = j - start == 1 || (j - start <= MC_DECIMAL_SHORT && j > start && l->b[start] != '0');
    if (is_short ? sum > max : !mc_decimal_read(l->b, start, j, max, number))
        return fail(l, start, MC_FAULT_NUMBER);
    l->i = j;
    return true;
}

/* The rest of the line, whatever it says, and its end. */
static bool take_text(struct line *l, struct mc_bytes *text)
{
    size_t start = l->i, j = start;
    while (j < l->e && l->b[j] != '\r' && l->b[j] != '\n' && l->b[j] != '\0')
        j++;
    text->data = l->b + start;
    text->len = j - start;
    l->i = j;
    return take_end(l);
}

/* [ <text>]\r\n */
static bool take_rest(struct line *l, struct mc_bytes *text)
{
    if (l->i < l->e && l->b[l->i] == ' ') {
        l->i++;
        return take_text(l, text);
    }
    return take_end(l);
}

/* [ <flag>]*\r\n */
static bool take_flags(struct line *l, struct mc_bytes *text)
{
    struct mc_bytes token;
    size_t start = l->i + 1;
    while (l->i < l->e && l->b[l->i] == ' ') {
        l->i++;
        if (l->i < l->e && !is_letter(l->b[l->i]))
            return fail(l, l->i, MC_FAULT_FLAG);
        if (!take_token(l, MC_LINE_MAX, MC_FAULT_FLAG, &token))
            return false;
    }
    if (l->i > start) {
        text->data = l->b + start;
        text->len = l->i - start;
    }
    return take_end(l);
}

static inline bool take_size(struct line *l, uint32_t *size)
{
    uint64_t number = 0;
    bool ok = take(l, ' ', MC_FAULT_SPACE) && take_number(l, MC_VALUE_MAX, &number);
    *size = (uint32_t)number;
    return ok;
}

/* <key> <flags> <bytes>[ <cas unique>]\r\n */
static inline bool take_value(struct line *l, struct mc_reply *reply)
{
    uint64_t flags = 0;
    if (!take(l, ' ', MC_FAULT_SPACE) ||
        !take_token(l, MC_KEY_MAX, MC_FAULT_KEY, &reply->key) ||
        !take(l, ' ', MC_FAULT_SPACE) || !take_number(l, UINT32_MAX, &flags) ||
        !take_size(l, &reply->size))
        return false;
    reply->flags = (uint32_t)flags;
    if (l->b[l->i] == ' ') {
        l->i++;
        if (!take_number(l, UINT64_MAX, &reply->cas))
            return false;
    }
    return take_end(l);
}

static bool take_other(struct line *l, enum shape shape, struct mc_reply *reply)
{
    switch (shape) {
    case META_VALUE:
        return take_size(l, &reply->size) && take_flags(l, &reply->text);
    case META:
        return take_flags(l, &reply->text);
    case NAMED:
        return take(l, ' ', MC_FAULT_SPACE) &&
               take_token(l, MC_LINE_MAX, MC_FAULT_KEY, &reply->key) && take_rest(l, &reply->text);
    default:
        return take_rest(l, &reply->text);
    }
}

static inline bool take_shape(struct line *l, enum shape shape, struct mc_reply *reply)
{
    if (shape == VALUE)
        return take_value(l, reply);
    return shape == NOTHING ? take_end(l) : take_other(l, shape, reply);
}

/* How much of the word at words[k..] the line begins with: its index behind them. */
static inline size_t match_word(const struct line *l, size_t k)
{
    size_t j = 0;
    while (j < l->e && words[k + j] != ' ' && words[k + j] == l->b[j])
        j++;
    return j;
}

static inline bool ends_word(char c, struct meaning meaning)
{
    return c == ' ' || c == '\r' || (c == ':' && meaning.event >= MC_ERROR);
}

/* The first word; false when it is none, or not whole yet. */
static inline bool take_word(struct line *l, struct meaning *meaning)
{
    for (size_t row = 0, k = 0; row < WORD_COUNT; row++) {
        size_t j = match_word(l, k);
        if (j >= l->e)
            return fail(l, j, MC_FAULT_WORD);
        if (words[k + j] == ' ' && ends_word(l->b[j], meanings[row])) {
            *meaning = meanings[row];
            l->i = j;
            return true;
        }
        while (words[k + j] != ' ')
            j++;
        k += j + 1;
    }
    return fail(l, 0, MC_FAULT_WORD);
}

/* <word> and what belongs to it. The event, or MC_MORE when the line failed at l->i. */
static inline int take_line(struct line *l, struct mc_reply *reply)
{
    struct meaning meaning = {0, 0};
    if (!take_word(l, &meaning))
        return MC_MORE;
    if (l->b[l->i] == ':')
        l->i++;
    if (meaning.event == MC_REFUSED) {
        reply->key.data = l->b;
        reply->key.len = l->i;
    }
    reply->meta = meaning.shape >= META_VALUE || meaning.event == MC_ME;
    if (!take_shape(l, (enum shape)meaning.shape, reply))
        return MC_MORE;
    return meaning.event;
}

/* The answer to incr and decr, <value>\r\n; protocol.txt: it "MAY be space-padded at the end". */
static int take_bare_number(struct line *l, struct mc_reply *reply)
{
    if (!take_number(l, UINT64_MAX, &reply->number))
        return MC_MORE;
    while (l->i < l->e && l->b[l->i] == ' ')
        l->i++;
    return take_end(l) ? MC_NUMBER : MC_MORE;
}

static int break_at(struct mc_reader *reader, size_t at, enum mc_fault fault)
{
    reader->state = BROKEN;
    reader->fault = (uint8_t)fault;
    reader->at = (uint16_t)at;
    reader->body_left = 0;
    return MC_E_PROTOCOL;
}

/* What a line that failed at l->i comes to. */
static int stop(struct mc_reader *reader, const struct line *l)
{
    if (l->i < l->e)
        return break_at(reader, l->i, (enum mc_fault)l->fault);
    if (l->e >= MC_LINE_MAX)
        return break_at(reader, l->e, MC_FAULT_LONG);
    return MC_MORE;
}

static struct line line_of(const char *b, size_t n)
{
    struct line l = {b, 0, n < MC_LINE_MAX ? n : MC_LINE_MAX, MC_FAULT_NONE};
    return l;
}

static inline int read_line(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                     struct mc_reply *reply)
{
    struct line l = line_of(b, n);
    bool number = n > 0 && is_digit(b[0]);
    int event = number ? take_bare_number(&l, reply) : take_line(&l, reply);
    if (event <= MC_MORE) {
        *reply = (struct mc_reply){0};
        return stop(reader, &l);
    }
    *used = l.i;
    if (event == MC_VALUE) {
        reader->state = reply->size > 0 ? BODY : TAIL;
        reader->body_left = reply->size;
        reader->meta = reply->meta;
    }
    return event;
}

static bool ends_stream(int event)
{
    return event == MC_END || event >= MC_BUSY;
}

/* One line of a free-text stream, which alone may end in a bare \n. */
static int read_stream(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                       struct mc_reply *reply)
{
    struct line l = line_of(b, n);
    size_t j = 0;
    while (j < l.e && b[j] != '\n')
        j++;
    if (j >= l.e) {
        l.i = l.e;
        return stop(reader, &l);
    }
    l.e = j + 1;
    *used = l.e;
    int event = take_line(&l, reply);
    if (ends_stream(event)) {
        reader->state = LINE;
        return event;
    }
    *reply = (struct mc_reply){0};
    if (event == MC_OK)
        return MC_OPENED;
    reply->text.data = b;
    reply->text.len = j > 0 && b[j - 1] == '\r' ? j - 1 : j;
    return MC_LINE;
}

/* A piece of the value: as much as there is. */
static int read_body(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                     struct mc_reply *reply)
{
    if (n == 0)
        return MC_MORE;
    size_t piece = n < reader->body_left ? n : reader->body_left;
    reply->text.data = b;
    reply->text.len = piece;
    *used = piece;
    mc_reader_took(reader, (uint32_t)piece);
    return MC_BODY;
}

/* The CRLF behind a value, which ends the reply of a meta command. */
static inline int read_tail(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                            struct mc_reply *reply)
{
    if (n > 0 && b[0] != '\r')
        return break_at(reader, 0, MC_FAULT_VALUE);
    if (n > 1 && b[1] != '\n')
        return break_at(reader, 1, MC_FAULT_VALUE);
    if (n < 2)
        return MC_MORE;
    *used = 2;
    reader->state = LINE;
    reply->meta = reader->meta;
    return reader->meta ? MC_END : MC_MORE;
}

static int read_other(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                      struct mc_reply *reply)
{
    if (reader->state == BODY)
        return read_body(reader, b, n, used, reply);
    if (reader->state == STREAM)
        return read_stream(reader, b, n, used, reply);
    return reader->state == BROKEN ? MC_E_PROTOCOL : MC_MORE;
}

int mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    size_t used = 0, more = 0;
    int event = MC_MORE;
    *reply = (struct mc_reply){0};
    if (reader->state == TAIL)
        event = read_tail(reader, in->data, in->len, &used, reply);
    if (event == MC_MORE && used < in->len) {
        if (reader->state == LINE)
            event = read_line(reader, in->data + used, in->len - used, &more, reply);
        else
            event = read_other(reader, in->data, in->len, &more, reply);
    }
    used += more;
    if (used > 0) {
        in->data += used;
        in->len -= used;
    }
    return event;
}

void mc_reader_took(struct mc_reader *reader, uint32_t size)
{
    reader->body_left -= size < reader->body_left ? size : reader->body_left;
    if (reader->state == BODY && reader->body_left == 0)
        reader->state = TAIL;
}

void mc_reader_stream(struct mc_reader *reader)
{
    if (reader->state == LINE)
        reader->state = STREAM;
}

/* The kinds of a reply flag's argument; other letters, known or not, keep their token. */
static bool flag_number(char letter, struct mc_bytes token, struct mc_flag *flag)
{
    bool expires = letter == 't' && token.len > 0 && token.data[0] == '-';
    uint64_t max = letter == 'c' ? UINT64_MAX : letter == 't' ? INT32_MAX : UINT32_MAX;
    if (!mc_decimal_read(token.data, expires ? 1 : 0, token.len, max, &flag->number))
        return false;
    if (letter == 't')
        flag->ttl = expires ? -(int32_t)flag->number : (int32_t)flag->number;
    return true;
}

static bool has_number(char letter)
{
    return letter == 'c' || letter == 'f' || letter == 'h' || letter == 'l' || letter == 's' ||
           letter == 't';
}

int mc_reader_flag(struct mc_bytes *flags, struct mc_flag *flag)
{
    const char *b = flags->data;
    size_t j = 1;
    *flag = (struct mc_flag){0};
    if (flags->len == 0)
        return 0;
    while (j < flags->len && b[j] != ' ')
        j++;
    size_t next = j < flags->len ? j + 1 : j;
    flag->letter = b[0];
    flag->token.data = b + 1;
    flag->token.len = j - 1;
    flags->data = b + next;
    flags->len -= next;
    if (has_number(b[0]) && !flag_number(b[0], flag->token, flag))
        return MC_E_PROTOCOL;
    return 1;
}
