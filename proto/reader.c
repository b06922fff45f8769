/* Bytes to events: the reader of everything that memcached says.
 *
 * A reply is lines, and a line that begins a value is followed by the value's bytes and CRLF. Each
 * take_ function below takes one piece of a line, from index i on, and returns the index behind it;
 * or 0, after noting where it failed. That place tells what to do: at the end of the bytes, more
 * are wanted; anywhere else, it is the byte that is wrong. So a line is read in one pass, and where
 * the network cut it makes no difference. */
#include "decimal.h"
#include "proto.h"

/* Where in a reply the reader stands. TAIL: before the CRLF behind a value. */
enum state { LINE, BODY, TAIL, STREAM, BROKEN };

/* The line being read: b[0..e) is what there is of it. */
struct line {
    const char *b;
    size_t e;
    size_t at;     /* where it failed */
    uint8_t fault; /* what a byte that does not fit there is reported as */
};

/* What follows the first word of a line, piece by piece: a letter for each that take_piece() knows,
 * and bytes that stand for themselves. */
enum shape { NOTHING, TEXT, NAMED, VALUE, META_VALUE, META };

static const char grammar[][12] = {
    [NOTHING] = "\r\n",       /* <word>\r\n */
    [TEXT] = "t\r\n",         /* <word>[ <text>]\r\n; after ERROR also <word>: <text>\r\n */
    [NAMED] = " nt\r\n",      /* <word> <name>[ <text>]\r\n */
    [VALUE] = " k f sc\r\n",  /* VALUE <key> <flags> <bytes>[ <cas unique>]\r\n<data block>\r\n */
    [META_VALUE] = " sm\r\n", /* VA <size>[ <flag>]*\r\n<data block>\r\n */
    [META] = "m\r\n",         /* <word>[ <flag>]*\r\n */
};

/* Every word that a line may begin with, the event it means and its shape; the usual ones first. */
#define WORDS(W)                                  \
    W("VALUE", MC_VALUE, VALUE)                   \
    W("END", MC_END, NOTHING)                     \
    W("STORED", MC_STORED, NOTHING)               \
    W("VA", MC_VALUE, META_VALUE)                 \
    W("HD", MC_HD, META)                          \
    W("EN", MC_END, META)                         \
    W("NF", MC_NOT_FOUND, META)                   \
    W("NS", MC_NOT_STORED, META)                  \
    W("EX", MC_EXISTS, META)                      \
    W("MN", MC_MN, META)                          \
    W("ME", MC_ME, NAMED)                         \
    W("DELETED", MC_DELETED, NOTHING)             \
    W("TOUCHED", MC_TOUCHED, NOTHING)             \
    W("NOT_STORED", MC_NOT_STORED, NOTHING)       \
    W("NOT_FOUND", MC_NOT_FOUND, NOTHING)         \
    W("EXISTS", MC_EXISTS, NOTHING)               \
    W("STAT", MC_STAT, NAMED)                     \
    W("ITEM", MC_ITEM, NAMED)                     \
    W("OK", MC_OK, NOTHING)                       \
    W("RESET", MC_RESET, NOTHING)                 \
    W("VERSION", MC_VERSION, TEXT)                \
    W("ERROR", MC_ERROR, TEXT)                    \
    W("Error", MC_ERROR, TEXT)                    \
    W("CLIENT_ERROR", MC_CLIENT_ERROR, TEXT)      \
    W("SERVER_ERROR", MC_SERVER_ERROR, TEXT)      \
    W("BUSY", MC_BUSY, TEXT)                      \
    W("BADCLASS", MC_REFUSED, TEXT)               \
    W("NOSPARE", MC_REFUSED, TEXT)                \
    W("NOTFULL", MC_REFUSED, TEXT)                \
    W("UNSAFE", MC_REFUSED, TEXT)                 \
    W("SAME", MC_REFUSED, TEXT)                   \
    W("NOTSTARTED", MC_REFUSED, TEXT)             \
    W("MEMLIMIT_TOO_SMALL", MC_REFUSED, TEXT)     \
    W("MEMLIMIT_ADJUST_FAILED", MC_REFUSED, TEXT) \
    W("WATCHER_TOO_MANY", MC_REFUSED, TEXT)       \
    W("WATCHER_FAILED", MC_REFUSED, TEXT)

struct meaning {
    uint8_t event, shape;
};

#define SPELL(word, event, shape) word " "
#define MEAN(word, event, shape) {event, shape},

/* Not an array of strings, whose addresses position-independent programs have to write down. */
static const char words[] = WORDS(SPELL);
static const struct meaning meanings[] = {WORDS(MEAN)};
enum { WORD_COUNT = sizeof meanings / sizeof meanings[0] };

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Keys and other words end at the first space or control byte. */
static bool is_token(char c)
{
    return (unsigned char)c > 0x20;
}

static size_t fail(struct line *l, size_t at, enum mc_fault fault)
{
    l->at = at;
    l->fault = (uint8_t)fault;
    return 0;
}

static size_t take(struct line *l, size_t i, char c, enum mc_fault fault)
{
    return i < l->e && l->b[i] == c ? i + 1 : fail(l, i, fault);
}

static size_t take_end(struct line *l, size_t i)
{
    i = take(l, i, '\r', MC_FAULT_END);
    return i > 0 ? take(l, i, '\n', MC_FAULT_END) : 0;
}

/* The piece that ends at j is to be followed by a space or the line's end. */
static size_t delimited(struct line *l, size_t j, enum mc_fault fault)
{
    return j < l->e && (l->b[j] == ' ' || l->b[j] == '\r') ? j : fail(l, j, fault);
}

/* A word of 1 to max bytes. */
static size_t take_token(struct line *l, size_t i, size_t max, enum mc_fault fault,
                         struct mc_bytes *token)
{
    size_t limit = l->e - i > max ? i + max + 1 : l->e, j = i;
    while (j < limit && is_token(l->b[j]))
        j++;
    if (j - i > max)
        return fail(l, i, fault);
    token->data = l->b + i;
    token->len = j - i;
    j = delimited(l, j, fault);
    return j > i ? j : j > 0 ? fail(l, i, fault) : 0;
}

static size_t take_number(struct line *l, size_t i, uint64_t max, uint64_t *number)
{
    size_t j = i;
    while (j < l->e && j - i <= MC_DECIMAL_MAX && is_digit(l->b[j]))
        j++;
    if (j - i <= MC_DECIMAL_MAX && delimited(l, j, MC_FAULT_NUMBER) == 0)
        return 0;
    return mc_decimal_read(l->b, i, j, max, number) ? j : fail(l, i, MC_FAULT_NUMBER);
}

/* [ <text>]: the rest of the line, whatever it says. */
static size_t take_text(struct line *l, size_t i, struct mc_bytes *text)
{
    if (i >= l->e || l->b[i] != ' ')
        return i;
    size_t j = i + 1;
    while (j < l->e && l->b[j] != '\r' && l->b[j] != '\n' && l->b[j] != '\0')
        j++;
    text->data = l->b + i + 1;
    text->len = j - i - 1;
    return j;
}

/* [ <flag>]* */
static size_t take_flags(struct line *l, size_t i, struct mc_bytes *text)
{
    struct mc_bytes token;
    size_t start = i + 1;
    while (i < l->e && l->b[i] == ' ') {
        i++;
        if (i < l->e && !is_letter(l->b[i]))
            return fail(l, i, MC_FAULT_FLAG);
        i = take_token(l, i, MC_LINE_MAX, MC_FAULT_FLAG, &token);
        if (i == 0)
            return 0;
    }
    if (i > start) {
        text->data = l->b + start;
        text->len = i - start;
    }
    return i;
}

/* One piece of a line, by its letter in the grammar. */
static size_t take_piece(struct line *l, size_t i, char piece, struct mc_reply *reply)
{
    uint64_t number = 0;
    switch (piece) {
    case ' ': return take(l, i, ' ', MC_FAULT_SPACE);
    case 'k': return take_token(l, i, MC_KEY_MAX, MC_FAULT_KEY, &reply->key);
    case 'n': return take_token(l, i, MC_LINE_MAX, MC_FAULT_KEY, &reply->key);
    case 't': return take_text(l, i, &reply->text);
    case 'm': return take_flags(l, i, &reply->text);
    case 'f':
        i = take_number(l, i, UINT32_MAX, &number);
        reply->flags = (uint32_t)number;
        return i;
    case 's':
        i = take_number(l, i, MC_VALUE_MAX, &number);
        reply->size = (uint32_t)number;
        return i;
    case 'c':
        return i < l->e && l->b[i] == ' ' ? take_number(l, i + 1, UINT64_MAX, &reply->cas) : i;
    default: return take(l, i, piece, MC_FAULT_END);
    }
}

/* All that follows the first word. */
static size_t take_pieces(struct line *l, size_t i, const char *pieces, struct mc_reply *reply)
{
    for (size_t k = 0; pieces[k] != '\0' && i > 0; k++)
        i = take_piece(l, i, pieces[k], reply);
    return i;
}

/* How many bytes of the word at words[k..] the line begins with. */
static size_t match_word(const struct line *l, size_t k)
{
    size_t j = 0;
    while (j < l->e && words[k + j] != ' ' && words[k + j] == l->b[j])
        j++;
    return j;
}

static bool ends_word(char c, struct meaning meaning)
{
    return c == ' ' || c == '\r' || (c == ':' && meaning.event >= MC_ERROR);
}

/* The first word, and what it means. */
static size_t take_word(struct line *l, struct meaning *meaning)
{
    for (size_t row = 0, k = 0; row < WORD_COUNT; row++) {
        size_t j = match_word(l, k);
        if (j >= l->e)
            return fail(l, j, MC_FAULT_WORD);
        if (words[k + j] == ' ' && ends_word(l->b[j], meanings[row])) {
            *meaning = meanings[row];
            return j;
        }
        while (words[k + j] != ' ')
            j++;
        k += j + 1;
    }
    return fail(l, 0, MC_FAULT_WORD);
}

/* <word> and what belongs to it. */
static size_t take_worded_line(struct line *l, struct mc_reply *reply, int *event)
{
    struct meaning meaning = {0, 0};
    size_t i = take_word(l, &meaning);
    if (i == 0)
        return 0;
    *event = meaning.event;
    reply->meta = meaning.shape >= META_VALUE || meaning.event == MC_ME;
    if (meaning.event == MC_REFUSED) {
        reply->key.data = l->b;
        reply->key.len = i;
    }
    if (l->b[i] == ':') /* ERROR: <text> */
        i++;
    return take_pieces(l, i, grammar[meaning.shape], reply);
}

/* The answer to incr and decr, <value>\r\n; protocol.txt: it "MAY be space-padded at the end". */
static size_t take_bare_number(struct line *l, struct mc_reply *reply, int *event)
{
    size_t i = take_number(l, 0, UINT64_MAX, &reply->number);
    *event = MC_NUMBER;
    if (i == 0)
        return 0;
    while (i < l->e && l->b[i] == ' ')
        i++;
    return take_end(l, i);
}

/* A line of any kind. */
static size_t take_line(struct line *l, struct mc_reply *reply, int *event)
{
    return is_digit(l->b[0]) ? take_bare_number(l, reply, event)
                             : take_worded_line(l, reply, event);
}

static int break_at(struct mc_reader *reader, size_t at, enum mc_fault fault)
{
    reader->state = BROKEN;
    reader->fault = (uint8_t)fault;
    reader->at = (uint16_t)at;
    reader->body_left = 0;
    return MC_E_PROTOCOL;
}

/* What a line that failed comes to. */
static int stop(struct mc_reader *reader, const struct line *l)
{
    if (l->at < l->e)
        return break_at(reader, l->at, (enum mc_fault)l->fault);
    if (l->e >= MC_LINE_MAX)
        return break_at(reader, l->e, MC_FAULT_LONG);
    return MC_MORE;
}

static struct line line_of(const char *b, size_t n)
{
    struct line l = {b, n < MC_LINE_MAX ? n : MC_LINE_MAX, 0, MC_FAULT_NONE};
    return l;
}

static int read_line(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                     struct mc_reply *reply)
{
    struct line l = line_of(b, n);
    int event = MC_MORE;
    *used = take_line(&l, reply, &event);
    if (*used == 0) {
        *reply = (struct mc_reply){0};
        return stop(reader, &l);
    }
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
    l.at = j;
    if (j >= l.e)
        return stop(reader, &l);
    l.e = j + 1;
    *used = l.e;
    int event = MC_MORE;
    bool known = take_worded_line(&l, reply, &event) > 0;
    if (known && ends_stream(event)) {
        reader->state = LINE;
        return event;
    }
    *reply = (struct mc_reply){0};
    if (known && event == MC_OK)
        return MC_OPENED;
    reply->text.data = b;
    reply->text.len = j > 0 && b[j - 1] == '\r' ? j - 1 : j;
    return MC_LINE;
}

/* A piece of the value: as much as there is. */
static int read_body(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                     struct mc_reply *reply)
{
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

/* From state LINE, BODY or STREAM, with n > 0. */
static int read_next(struct mc_reader *reader, const char *b, size_t n, size_t *used,
                     struct mc_reply *reply)
{
    if (reader->state == LINE)
        return read_line(reader, b, n, used, reply);
    if (reader->state == BODY)
        return read_body(reader, b, n, used, reply);
    return read_stream(reader, b, n, used, reply);
}

int mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    size_t tail = 0, used = 0;
    int event = MC_MORE;
    *reply = (struct mc_reply){0};
    if (reader->state == TAIL)
        event = read_tail(reader, in->data, in->len, &tail, reply);
    if (reader->state == BROKEN)
        return MC_E_PROTOCOL;
    if (event == MC_MORE && reader->state != TAIL && in->len > tail)
        event = read_next(reader, in->data + tail, in->len - tail, &used, reply);
    if (tail + used > 0) {
        in->data += tail + used;
        in->len -= tail + used;
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
