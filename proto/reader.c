/* Bytes to events: reads every reply that memcached can send. A reply is one or more lines; a line
 * that announces a value is followed by the value and CRLF. mc_is_final() finds a reply's end.
 *
 * Each match_ and parse_ function reads one piece of a line from index i on and returns the index
 * after it; or 0, after noting where it stopped. Stopped at the end of the input: more bytes are
 * needed. Stopped before: that byte is wrong. So packet boundaries do not matter. The pieces of
 * parse_text(), parse_flags() and parse_cas() are optional: without them, the result is i.
 *
 * Comments that begin with an @ are for a prover (tests/proof/README.md), and can be skipped. */
#include "decimal.h"
#include "proto.h"

/* The grammar: what follows the first word of a line. A letter is a piece that parse_piece() knows;
 * a space, \r and \n stand for themselves. */
enum shape { NOTHING, TEXT, NAMED, VALUE, META_VALUE, META, SHAPES };
enum { PIECES_MAX = 12 };

static const char grammar[SHAPES][PIECES_MAX] = {
    [NOTHING] = "\r\n",       /* <word>\r\n */
    [TEXT] = "t\r\n",         /* <word>[ <text>]\r\n; after ERROR also <word>: <text>\r\n */
    [NAMED] = " nt\r\n",      /* <word> <name>[ <text>]\r\n */
    [VALUE] = " k f sc\r\n",  /* VALUE <key> <flags> <bytes>[ <cas unique>]\r\n<data block>\r\n */
    [META_VALUE] = " sm\r\n", /* VA <size>[ <flag>]*\r\n<data block>\r\n */
    [META] = "m\r\n",         /* <word>[ <flag>]*\r\n */
};

/* Each word that can start a line, with its event and shape; common ones first. "Error" is the
 * answer to refresh_certs when TLS is off. */
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

/* What the reader expects next. TAIL: the CRLF after a value. */
enum state { LINE, BODY, TAIL, STREAM, BROKEN };

/* The line that is being read. It begins at b[0]; b[0..e) has arrived, perhaps with more lines. */
struct line {
    const char *b;
    size_t e;
    size_t at;     /* where reading it stopped */
    uint8_t fault; /* what is wrong with the byte there, if there is one: enum mc_fault */
    uint8_t event; /* what its first word means */
    uint8_t shape; /* what follows the first word: a row of the grammar */
};

struct meaning {
    uint8_t event, shape;
};

#define SPELL(word, event, shape) word " "
#define MEAN(word, event, shape) {event, shape},

/* All words in one string, a space after each. A line's word has to end where one of these does, so
 * END is not taken for EN. (An array of pointers would have to be relocated when it is loaded.) */
static const char words[] = WORDS(SPELL);
static const struct meaning meanings[] = {WORDS(MEAN)};
enum { WORD_COUNT = sizeof meanings / sizeof meanings[0], WORDS_END = sizeof words - 1 };

#ifdef __FRAMAC__
#include "contracts/reader.h"
#endif

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* True for a byte of a key or another word, which ends at the first space or control byte. */
static bool is_token_byte(char c)
{
    return (unsigned char)c > 0x20;
}

/* Notes where reading stopped, and what is wrong with the byte there, if any. Returns 0. */
static size_t note_fault(struct line *l, size_t at, enum mc_fault fault)
{
    l->at = at;
    l->fault = (uint8_t)fault;
    return 0;
}

/* Matches the byte c. */
static size_t match_byte(struct line *l, size_t i, char c, enum mc_fault fault)
{
    return i < l->e && l->b[i] == c ? i + 1 : note_fault(l, i, fault);
}

/* Matches CRLF. */
static size_t match_end(struct line *l, size_t i)
{
    i = match_byte(l, i, '\r', MC_FAULT_END);
    return i > 0 ? match_byte(l, i, '\n', MC_FAULT_END) : 0;
}

/* Checks that a space or the line's end follows the piece that ends at j. Returns j. */
static size_t match_delimiter(struct line *l, size_t j, enum mc_fault fault)
{
    return j < l->e && (l->b[j] == ' ' || l->b[j] == '\r') ? j : note_fault(l, j, fault);
}

/* Parses a word of 1 to max bytes. */
static size_t parse_token(struct line *l, size_t i, size_t max, enum mc_fault fault,
                          struct mc_bytes *token)
{
    size_t limit = l->e - i > max ? i + max + 1 : l->e, j = i;
    /*@ loop invariant i <= j <= limit <= l->e;
        loop assigns j;
        loop variant limit - j; */
    while (j < limit && is_token_byte(l->b[j]))
        j++;
    token->data = l->b + i;
    token->len = j - i;
    if (j - i > max || (j <= i && j < l->e))
        return note_fault(l, i, fault);
    return match_delimiter(l, j, fault);
}

/* Parses a decimal number up to max, without leading zeros. */
static size_t parse_number(struct line *l, size_t i, uint64_t max, uint64_t *number)
{
    size_t j = i;
    *number = 0;
    /*@ loop invariant i <= j <= l->e && j <= i + MC_DECIMAL_MAX + 1;
        loop assigns j;
        loop variant l->e - j; */
    while (j < l->e && j - i <= MC_DECIMAL_MAX && is_digit(l->b[j]))
        j++;
    if (j <= i || j - i > MC_DECIMAL_MAX)
        return note_fault(l, i, MC_FAULT_NUMBER);
    if (match_delimiter(l, j, MC_FAULT_NUMBER) == 0)
        return 0;
    return mc_decimal_read(l->b, i, j, max, number) ? j : note_fault(l, i, MC_FAULT_NUMBER);
}

/* Parses [ <text>]: the rest of the line, whatever it is. */
static size_t parse_text(const struct line *l, size_t i, struct mc_bytes *text)
{
    if (i >= l->e || l->b[i] != ' ')
        return i;
    size_t j = i + 1;
    /*@ loop invariant i + 1 <= j <= l->e;
        loop assigns j;
        loop variant l->e - j; */
    while (j < l->e && l->b[j] != '\r' && l->b[j] != '\n' && l->b[j] != '\0')
        j++;
    text->data = l->b + i + 1;
    text->len = j - i - 1;
    return j;
}

/* Parses [ <flag>]*, the flags of a meta reply, as one text. */
static size_t parse_flags(struct line *l, size_t i, struct mc_bytes *text)
{
    struct mc_bytes token;
    size_t start = i + 1;
    /*@ loop invariant start - 1 <= i <= l->e && (i == start - 1 || start < i);
        loop invariant l->at <= l->e && (j == 0 || j == i + 1 <= l->e);
        loop assigns i, j, token, l->at, l->fault;
        loop variant l->e - i; */
    for (size_t j = match_byte(l, i, ' ', MC_FAULT_FLAG); j > 0;
         j = match_byte(l, i, ' ', MC_FAULT_FLAG)) {
        if (j < l->e && !is_letter(l->b[j]))
            return note_fault(l, j, MC_FAULT_FLAG);
        i = parse_token(l, j, MC_LINE_MAX, MC_FAULT_FLAG, &token);
        if (i == 0)
            return 0;
    }
    if (i > start) {
        text->data = l->b + start;
        text->len = i - start;
    }
    return i;
}

/* Parses [ <cas unique>]. */
static size_t parse_cas(struct line *l, size_t i, struct mc_reply *reply)
{
    size_t j = match_byte(l, i, ' ', MC_FAULT_SPACE);
    reply->has_cas = j > 0;
    return j > 0 ? parse_number(l, j, UINT64_MAX, &reply->cas) : i;
}

/* Parses one piece of a line, by its letter in the grammar. */
static size_t parse_piece(struct line *l, size_t i, char piece, struct mc_reply *reply)
{
    uint64_t number = 0;
    switch (piece) {
    case ' ': return match_byte(l, i, ' ', MC_FAULT_SPACE);
    case 'k': return parse_token(l, i, MC_KEY_MAX, MC_FAULT_KEY, &reply->key);
    case 'n': return parse_token(l, i, MC_LINE_MAX, MC_FAULT_KEY, &reply->key);
    case 't': return parse_text(l, i, &reply->text);
    case 'm': return parse_flags(l, i, &reply->text);
    case 'f': return parse_number(l, i, UINT64_MAX, &reply->flags);
    case 's':
        i = parse_number(l, i, MC_VALUE_MAX, &number);
        reply->size = (uint32_t)number;
        return i;
    case 'c': return parse_cas(l, i, reply);
    default: break;
    }
    return match_byte(l, i, piece, MC_FAULT_END);
}

/* Parses everything that follows the first word. */
static size_t parse_pieces(struct line *l, size_t i, const char *pieces, struct mc_reply *reply)
{
    /*@ loop invariant 0 <= k < PIECES_MAX && parsed(*l, \at(i, Pre), i);
        loop invariant slices_inside(*reply, l->b, l->e) && reply->size <= MC_VALUE_MAX;
        loop assigns k, i, l->at, l->fault, *reply;
        loop variant PIECES_MAX - k; */
    for (size_t k = 0; pieces[k] != '\0' && i > 0; k++)
        i = parse_piece(l, i, pieces[k], reply);
    return i;
}

/* Counts the bytes that the line has in common with the word at words[k..]. */
static size_t match_word(const struct line *l, size_t k)
{
    size_t j = 0;
    /*@ loop invariant 0 <= j <= l->e && k + j <= WORDS_END;
        loop invariant \forall integer n; 0 <= n < j ==>
            l->b[n] == words[k + n] && words[k + n] > ' ';
        loop assigns j;
        loop variant l->e - j; */
    while (j < l->e && words[k + j] > ' ' && words[k + j] == l->b[j])
        j++;
    return j;
}

/* Returns the index of the word after the one that words[k] is in. */
static size_t next_word(size_t k)
{
    /*@ loop invariant \at(k, Pre) <= k <= WORDS_END;
        loop assigns k;
        loop variant WORDS_END - k; */
    while (words[k] > ' ')
        k++;
    return k + (words[k] == ' ');
}

/* True when the first word of a line can end at c. Some servers write "ERROR: <text>". */
static bool ends_word(char c, uint8_t event)
{
    return c == ' ' || c == '\r' || (c == ':' && event >= MC_ERROR);
}

/* Parses the first word, and looks up what it means. */
static size_t parse_word(struct line *l)
{
    size_t k = 0;
    /*@ loop invariant 0 <= row <= WORD_COUNT && 0 <= k <= WORDS_END;
        loop assigns row, k;
        loop variant WORD_COUNT - row; */
    for (size_t row = 0; row < WORD_COUNT; row++) {
        size_t j = match_word(l, k);
        if (j >= l->e)
            return note_fault(l, j, MC_FAULT_WORD);
        if (words[k + j] == ' ' && ends_word(l->b[j], meanings[row].event)) {
            l->event = meanings[row].event;
            l->shape = meanings[row].shape;
            return j;
        }
        k = next_word(k);
    }
    return note_fault(l, 0, MC_FAULT_WORD);
}

/* Parses a line that starts with a word. */
static size_t parse_worded_line(struct line *l, struct mc_reply *reply)
{
    size_t i = parse_word(l);
    if (i == 0)
        return 0;
    reply->meta = l->shape >= META_VALUE || l->event == MC_ME;
    if (l->event == MC_REFUSED) {
        reply->key.data = l->b;
        reply->key.len = i;
    }
    if (l->b[i] == ':') /* ERROR: <text> */
        i++;
    return parse_pieces(l, i, grammar[l->shape], reply);
}

/* Parses <value>\r\n, the answer to incr and decr, which "MAY be space-padded at the end". */
static size_t parse_bare_number(struct line *l, struct mc_reply *reply)
{
    size_t i = parse_number(l, 0, UINT64_MAX, &reply->number);
    l->event = MC_NUMBER;
    if (i == 0)
        return 0;
    /*@ loop invariant 0 < i <= l->e;
        loop assigns i;
        loop variant l->e - i; */
    while (i < l->e && l->b[i] == ' ')
        i++;
    return match_end(l, i);
}

/* Leaves the reader broken for good. Returns MC_E_PROTOCOL. */
static int break_reader(struct mc_reader *reader, size_t at, enum mc_fault fault)
{
    reader->state = BROKEN;
    reader->fault = (uint8_t)fault;
    reader->at = (uint16_t)at;
    reader->body_left = 0;
    return MC_E_PROTOCOL;
}

/* If the line needs more bytes, returns MC_MORE. If it has a wrong byte, breaks the reader. */
static int unfinished_or_broken(struct mc_reader *reader, const struct line *l)
{
    if (l->at < l->e)
        return break_reader(reader, l->at, (enum mc_fault)l->fault);
    if (l->e >= MC_LINE_MAX)
        return break_reader(reader, l->e, MC_FAULT_LONG);
    return MC_MORE;
}

/* Drops n bytes from the front. */
static void skip_bytes(struct mc_bytes *in, size_t n)
{
    in->data += n;
    in->len -= n;
}

static void clear_reply(struct mc_reply *reply)
{
    const struct mc_bytes none = {NULL, 0};
    reply->key = reply->text = none;
    reply->cas = reply->number = 0;
    reply->flags = reply->size = 0;
    reply->meta = reply->has_cas = false;
}

/* A line at the front of the input, which has at most MC_LINE_MAX bytes. */
static struct line line_in(const struct mc_bytes *in)
{
    struct line l = {.b = in->data, .e = in->len < MC_LINE_MAX ? in->len : MC_LINE_MAX};
    return l;
}

/* Reads a line that starts a reply or continues one. */
static int read_line(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    struct line l = line_in(in);
    size_t end = is_digit(l.b[0]) ? parse_bare_number(&l, reply) : parse_worded_line(&l, reply);
    if (end == 0) {
        clear_reply(reply);
        return unfinished_or_broken(reader, &l);
    }
    skip_bytes(in, end);
    if (l.event == MC_VALUE) {
        reader->state = reply->size > 0 ? BODY : TAIL;
        reader->body_left = reply->size;
        reader->meta = reply->meta;
    }
    return l.event;
}

/* Reads one line of a free-text stream. Only here may a line end in a bare \n. */
static int read_stream(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    struct line l = line_in(in);
    size_t j = 0;
    /*@ loop invariant 0 <= j <= l.e;
        loop assigns j;
        loop variant l.e - j; */
    while (j < l.e && l.b[j] != '\n')
        j++;
    l.at = j;
    if (j >= l.e)
        return unfinished_or_broken(reader, &l);
    l.e = j + 1;
    skip_bytes(in, l.e);
    bool known = parse_worded_line(&l, reply) > 0;
    if (known && (l.event == MC_END || l.event >= MC_BUSY)) {
        reader->state = LINE;
        return l.event;
    }
    clear_reply(reply);
    if (known && l.event == MC_OK)
        return MC_OPENED;
    reply->text.data = l.b;
    reply->text.len = j > 0 && l.b[j - 1] == '\r' ? j - 1 : j;
    return MC_LINE;
}

/* Reads a piece of the value: as much of it as the input has. */
static int read_body(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    size_t piece = in->len < reader->body_left ? in->len : reader->body_left;
    reply->text.data = in->data;
    reply->text.len = piece;
    skip_bytes(in, piece);
    mc_reader_took(reader, (uint32_t)piece);
    return MC_BODY;
}

/* Reads the CRLF after a value, which also ends a meta reply. */
static int read_tail(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    if (in->len > 0 && in->data[0] != '\r')
        return break_reader(reader, 0, MC_FAULT_VALUE);
    if (in->len > 1 && in->data[1] != '\n')
        return break_reader(reader, 1, MC_FAULT_VALUE);
    if (in->len < 2)
        return MC_MORE;
    skip_bytes(in, 2);
    reader->state = LINE;
    reply->meta = reader->meta;
    return reader->meta ? MC_END : MC_MORE;
}

int mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply)
{
    int event = MC_MORE;
    clear_reply(reply);
    if (reader->state == TAIL)
        event = read_tail(reader, in, reply);
    if (reader->state == BROKEN)
        return MC_E_PROTOCOL;
    if (event != MC_MORE || reader->state == TAIL || in->len == 0)
        return event; /* otherwise a line follows, if only after the CRLF of a value */
    if (reader->state == LINE)
        return read_line(reader, in, reply);
    if (reader->state == BODY)
        return read_body(reader, in, reply);
    return read_stream(reader, in, reply);
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

/* Parses a flag's token as a number; false when it is not one. */
static bool parse_flag_number(char letter, struct mc_bytes token, struct mc_flag *flag)
{
    bool negative = letter == 't' && token.len > 0 && token.data[0] == '-';
    bool wide = letter == 'c' || letter == 'f';
    uint64_t max = wide ? UINT64_MAX : letter == 't' ? INT32_MAX : UINT32_MAX;
    if (!mc_decimal_read(token.data, negative ? 1 : 0, token.len, max, &flag->number))
        return false;
    if (letter == 't')
        flag->ttl = negative ? -(int32_t)flag->number : (int32_t)flag->number;
    return true;
}

/* True for the flags of a reply whose token is a number. */
static bool has_flag_number(char letter)
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
    /*@ loop invariant 1 <= j <= flags->len;
        loop assigns j;
        loop variant flags->len - j; */
    while (j < flags->len && b[j] != ' ')
        j++;
    flag->letter = b[0];
    flag->token.data = b + 1;
    flag->token.len = j - 1;
    skip_bytes(flags, j < flags->len ? j + 1 : j);
    if (has_flag_number(b[0]) && !parse_flag_number(b[0], flag->token, flag))
        return MC_E_PROTOCOL;
    return 1;
}
