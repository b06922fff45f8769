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

enum { WORD_MAX = sizeof "MEMLIMIT_ADJUST_FAILED" - 1 };

struct meaning {
    uint8_t event, shape;
};

#define SPELL(word, event, shape) word " "
#define MEAN(word, event, shape) {event, shape},

/* Not an array of strings, whose addresses a position-independent program would have to write down. */
static const char words[] = WORDS(SPELL);
static const struct meaning meanings[] = {WORDS(MEAN)};
enum { WORD_COUNT = sizeof meanings / sizeof meanings[0] };

/* The row of the word b[0..n); WORD_COUNT when it is none. */
static size_t find_word(const char *b, size_t n)
{
    size_t row = 0;
    for (size_t k = 0; row < WORD_COUNT; row++) {
        size_t j = 0;
        while (j < n && words[k + j] == b[j])
            j++;
        if (j >= n && words[k + j] == ' ')
            break;
        while (words[k + j] != ' ')
            j++;
        k += j + 1;
    }
    return row;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What keys and other words are made of: any byte but controls, space and 0x7f. */
static bool is_token(char c)
{
    return (unsigned char)c > 0x20 && c != 0x7f;
}

static bool fail(struct line *l, size_t at, enum mc_fault fault)
{
    l->i = at;
    l->fault = (uint8_t)fault;
    return false;
}

/* True when the piece that ends at j is followed by a space or the line's end. */
static bool is_delimited(struct line *l, size_t j, enum mc_fault fault)
{
    if (j >= l->e || (l->b[j] != ' ' && l->b[j] != '\r'))
        return fail(l, j, fault);
    return true;
}

static bool take(struct line *l, char c, enum mc_fault fault)
{
    if (l->i >= l->e || l->b[l->i] != c)
        return fail(l, l->i, fault);
    l->i++;
    return true;
}

static bool take_end(struct line *l)
{
    return take(l, '\r', MC_FAULT_END) && take(l, '\n', MC_FAULT_END);
}

static bool take_token(struct line *l, size_t max, enum mc_fault fault, struct mc_bytes *token)
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

static bool take_number(struct line *l, uint64_t max, uint64_t *number)
{
    size_t start = l->i, j = start;
    while (j < l->e && j - start <= MC_DECIMAL_MAX && is_digit(l->b[j]))
        j++;
    if (j - start <= MC_DECIMAL_MAX && !is_delimited(l, j, MC_FAULT_NUMBER))
        return false;
    if (!mc_decimal_read(l->b, start, j, max, number))
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

static bool take_size(struct line *l, uint32_t *size)
{
    uint64_t number = 0;
    bool ok = take(l, ' ', MC_FAULT_SPACE) && take_number(l, MC_VALUE_MAX, &number);
    *size = (uint32_t)number;
    return ok;
}

/* <key> <flags> <bytes>[ <cas unique>]\r\n */
static bool take_value(struct line *l, struct mc_reply *reply)
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

static bool take_shape(struct line *l, enum shape shape, struct mc_reply *reply)
{
    switch (shape) {
    case VALUE:
        return take_value(l, reply);
    case META_VALUE:
        return take_size(l, &reply->size) && take_flags(l, &reply->text);
    case META:
        return take_flags(l, &reply->text);
    case NAMED:
        return take(l, ' ', MC_FAULT_SPACE) &&
               take_token(l, MC_LINE_MAX, MC_FAULT_KEY, &reply->key) && take_rest(l, &reply->text);
    case TEXT:
        return take_rest(l, &reply->text);
    default:
        return take_end(l);
    }
}

/* The first word; false when it is none, or not whole yet. */
static bool take_word(struct line *l, struct meaning *meaning)
{
    size_t j = 0;
    while (j < l->e && j <= WORD_MAX && is_letter(l->b[j]))
        j++;
    if (j >= l->e && j <= WORD_MAX)
        return fail(l, j, MC_FAULT_WORD);
    size_t row = j <= WORD_MAX ? find_word(l->b, j) : WORD_COUNT;
    if (row >= WORD_COUNT)
        return fail(l, 0, MC_FAULT_WORD);
    *meaning = meanings[row];
    l->i = j;
    return true;
}

/* <word> and what belongs to it. The event, or MC_MORE when the line failed at l->i. */
static int take_line(struct line *l, struct mc_reply *reply)
{
    struct meaning meaning = {0, 0};
    if (!take_word(l, &meaning))
        return MC_MORE;
    if (meaning.event >= MC_ERROR && l->b[l->i] == ':')
        l->i++;
    else if (!is_delimited(l, l->i, MC_FAULT_WORD))
        return MC_MORE;
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

static int read_line(struct mc_reader *reader, const char *b, size_t n, size_t *used,
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
static int read_tail(struct mc_reader *reader, const char *b, size_t n, size_t *used,
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

static int read_state(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                      struct mc_reply *reply)
{
    switch (reader->state) {
    case LINE:
        return read_line(reader, b, n, used, reply);
    case BODY:
        return read_body(reader, b, n, used, reply);
    case TAIL:
        return read_tail(reader, b, n, used, reply);
    case STREAM:
        return read_stream(reader, b, n, used, reply);
    default:
        return MC_E_PROTOCOL;
    }
}

int mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    size_t used = 0;
    *reply = (struct mc_reply){0};
    int event = read_state(reader, in->data, in->len, &used, reply);
    if (event == MC_MORE && used > 0) { /* the CRLF behind a value: the line after it is the event */
        size_t line = 0;
        event = read_line(reader, in->data + used, in->len - used, &line, reply);
        used += line;
    }
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
