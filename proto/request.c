/* Bytes to commands: reads every request that a client can send. A request is a line of words; a
 * storage command's is followed by a value and CRLF.
 *
 * A line is read word by word once its end is there, so each word is whole. Only a retrieval is
 * read before that: first its command (and exptime), then one key after the other. The first wrong
 * byte of a line is noted; what comes after it is still read, because how long a value is matters
 * more than whether it will be stored. */
#include "request.h"

#include <string.h>

/* The grammar: the words after the command's own, a letter each, which read_word() knows; then how
 * many there may be, and from which on the last one can be noreply (0: it cannot). */
enum { LETTERS = 6 };
struct form {
    char letters[LETTERS];
    uint8_t least, most, noreply;
};

enum { KEYS, TIMED_KEYS, STORE, CAS, LOGIN, DELETE, DELTA, TOUCH, SIZED, KEYED, DELAY, LEVEL };
enum { WORDED = LEVEL + 1, ALONE, FORMS, MANY = UINT8_MAX };

static const struct form forms[FORMS] = {
    [KEYS] = {"", 1, MANY, 0},        /* <command> <key>* */
    [TIMED_KEYS] = {"e", 1, MANY, 0}, /* <command> <exptime> <key>* */
    [STORE] = {"kfes", 4, 5, 4},      /* <command> <key> <flags> <exptime> <bytes> [noreply] */
    [CAS] = {"kfesn", 5, 6, 5},     /* cas <key> <flags> <exptime> <bytes> <cas unique> [noreply] */
    [LOGIN] = {"iiis", 4, MANY, 0}, /* set <any> <any> <any> <bytes> */
    [DELETE] = {"kz", 1, 3, 2},     /* delete <key> [0] [noreply] */
    [DELTA] = {"kn", 2, 3, 2},      /* <command> <key> <value> [noreply] */
    [TOUCH] = {"ke", 2, 3, 2},      /* touch <key> <exptime> [noreply] */
    [SIZED] = {"ksm", 2, MC_TOKENS_MAX - 1, 0}, /* ms <key> <datalen> <flag>* */
    [KEYED] = {"km", 1, MC_TOKENS_MAX - 1, 0},  /* <command> <key> <flag>* */
    [DELAY] = {"d", 0, 2, 1},                   /* flush_all [<delay>] [noreply] */
    [LEVEL] = {"w", 1, 2, 1},                   /* <command> <number> [noreply] */
    [WORDED] = {"t", 0, MANY, 0},               /* <command> <word>* */
    [ALONE] = {"", 0, MANY, 0},                 /* <command> */
};

/* Each command with its event and its form; common ones first. */
#define REQUESTS(R)                                       \
    R("get", MC_REQUEST_GET, KEYS)                        \
    R("set", MC_REQUEST_SET, STORE)                       \
    R("gets", MC_REQUEST_GETS, KEYS)                      \
    R("mg", MC_REQUEST_MG, KEYED)                         \
    R("ms", MC_REQUEST_MS, SIZED)                         \
    R("md", MC_REQUEST_MD, KEYED)                         \
    R("ma", MC_REQUEST_MA, KEYED)                         \
    R("mn", MC_REQUEST_MN, ALONE)                         \
    R("me", MC_REQUEST_ME, KEYED)                         \
    R("delete", MC_REQUEST_DELETE, DELETE)                \
    R("incr", MC_REQUEST_INCR, DELTA)                     \
    R("decr", MC_REQUEST_DECR, DELTA)                     \
    R("add", MC_REQUEST_ADD, STORE)                       \
    R("cas", MC_REQUEST_CAS, CAS)                         \
    R("replace", MC_REQUEST_REPLACE, STORE)               \
    R("append", MC_REQUEST_APPEND, STORE)                 \
    R("prepend", MC_REQUEST_PREPEND, STORE)               \
    R("touch", MC_REQUEST_TOUCH, TOUCH)                   \
    R("gat", MC_REQUEST_GAT, TIMED_KEYS)                  \
    R("gats", MC_REQUEST_GATS, TIMED_KEYS)                \
    R("bget", MC_REQUEST_GET, KEYS)                       \
    R("version", MC_REQUEST_VERSION, ALONE)               \
    R("quit", MC_REQUEST_QUIT, ALONE)                     \
    R("flush_all", MC_REQUEST_FLUSH_ALL, DELAY)           \
    R("verbosity", MC_REQUEST_VERBOSITY, LEVEL)           \
    R("cache_memlimit", MC_REQUEST_CACHE_MEMLIMIT, LEVEL) \
    R("stats", MC_REQUEST_STATS, WORDED)                  \
    R("watch", MC_REQUEST_WATCH, WORDED)                  \
    R("slabs", MC_REQUEST_SLABS, WORDED)                  \
    R("lru", MC_REQUEST_LRU, WORDED)                      \
    R("lru_crawler", MC_REQUEST_LRU_CRAWLER, WORDED)      \
    R("extstore", MC_REQUEST_EXTSTORE, WORDED)            \
    R("refresh_certs", MC_REQUEST_REFRESH_CERTS, WORDED)  \
    R("shutdown", MC_REQUEST_SHUTDOWN, WORDED)

/* What the reader expects next. REST: what is left of a retrieval's line after a wrong word. */
enum position { CONNECTION, COMMAND, KEY, REST, DATA, DATA_END };

/* The line that is being read: b[0..e), without its line end. b[from..to) is the word that was read
 * last; from == to when there are no more. */
struct request_line {
    const char *b;
    size_t e, from, to;
    size_t end;  /* after its \n; 0 when that is not there */
    size_t left; /* words after the command */
};

struct naming {
    uint8_t command, form;
};

#define NAME_OF(name, command, form) name " "
#define FORM_OF(name, command, form) {command, form},

static const char names[] = REQUESTS(NAME_OF);
static const struct naming namings[] = {REQUESTS(FORM_OF)};
enum { NAMES = sizeof namings / sizeof namings[0], NAMES_END = sizeof names - 1 };

enum { KEY_SCAN = MC_KEY_MAX + 2 }; /* a key, and \r\n */

#ifdef __FRAMAC__
#include "contracts/request.h"
#endif

/* Notes what is wrong with the byte at this index; only the first time. */
static void note_wrong(struct mc_request *request, size_t at, enum mc_wrong fault)
{
    if (request->fault != MC_WRONG_NOTHING)
        return;
    request->fault = (uint8_t)fault;
    request->at = (uint16_t)at;
}

static void add_note(struct mc_request *request, enum mc_note note)
{
    request->notes = (uint8_t)(request->notes | note);
}

/* The index of the first c in b[i..e), or e. */
static size_t find_byte(const char *b, size_t i, size_t e, char c)
{
    size_t j = i;
    /*@ loop invariant i <= j <= e;
        loop invariant \forall integer n; i <= n < j ==> b[n] != c;
        loop assigns j;
        loop variant e - j; */
    while (j < e && b[j] != c)
        j++;
    return j;
}

/* The index of the first byte of b[i..e) that is not a space, or e. */
static size_t skip_spaces(const char *b, size_t i, size_t e)
{
    size_t j = i;
    /*@ loop invariant i <= j <= e;
        loop assigns j;
        loop variant e - j; */
    while (j < e && b[j] == ' ')
        j++;
    return j;
}

/* Moves to the next word of the line; false when there is none. */
static bool next_request_word(struct request_line *l)
{
    l->from = skip_spaces(l->b, l->to, l->e);
    l->to = find_byte(l->b, l->from, l->e, ' ');
    return l->from < l->to;
}

/* True when b[i..e) is this text. */
static bool is_text(const char *b, size_t i, size_t e, struct mc_bytes text)
{
    return e - i == text.len && memcmp(b + i, text.data, text.len) == 0;
}

/* Counts the words after the command, notes the spaces between all, and sees whether the last word
 * is noreply. The command's own word stays the one that was read last. */
static void count_words(struct request_line *l, uint8_t form, struct mc_request *request)
{
    struct request_line walk = *l;
    bool last = false;
    if (l->from > 0)
        add_note(request, MC_NOTE_SPACES);
    size_t before = l->to;
    l->left = 0;
    /*@ loop invariant walk.b == l->b && walk.e == l->e && before <= l->e;
        loop invariant walk.from <= walk.to <= l->e && before == walk.to;
        loop assigns walk.from, walk.to, before, last, l->left, request->notes;
        loop variant l->e - walk.to; */
    while (next_request_word(&walk)) {
        if (walk.from - before > 1)
            add_note(request, MC_NOTE_SPACES);
        last = is_text(walk.b, walk.from, walk.to, MC_BYTES("noreply"));
        before = walk.to;
        l->left++;
    }
    if (walk.to > before)
        add_note(request, MC_NOTE_SPACES);
    request->noreply = last && forms[form].noreply > 0 && l->left >= forms[form].noreply;
}

static struct mc_bytes word_of(const struct request_line *l)
{
    struct mc_bytes word = {l->b + l->from, l->to - l->from};
    return word;
}

/* Notes what the line's word is as a number; false when it is not one. */
static bool note_number(const struct request_line *l, struct mc_number n, bool may_be_negative,
                        struct mc_request *request)
{
    bool good = n.good && (may_be_negative || !n.negative || n.size == 0);
    if (!good)
        note_wrong(request, l->from, MC_WRONG_NUMBER);
    else if (!n.plain)
        add_note(request, MC_NOTE_NUMBER);
    return good;
}

/* Reads the line's word as a number up to max that is not negative. */
static uint64_t read_number(const struct request_line *l, uint64_t max, struct mc_request *request)
{
    struct mc_number n = mc_argument_number(word_of(l), max);
    return note_number(l, n, false, request) ? n.size : 0;
}

/* Reads a number of which the server keeps 32 bits. */
static uint64_t read_wide(const struct request_line *l, struct mc_request *request)
{
    uint64_t number = read_number(l, UINT64_MAX, request);
    if (number > UINT32_MAX)
        add_note(request, MC_NOTE_WIDE);
    return number;
}

/* Reads seconds, which may be negative. */
static void read_exptime(const struct request_line *l, struct mc_request *request)
{
    struct mc_number n = mc_argument_number(word_of(l), INT64_MAX);
    request->exptime = n.negative ? -(int64_t)n.size : (int64_t)n.size;
    note_number(l, n, true, request);
    if (request->exptime < INT32_MIN || request->exptime > INT32_MAX)
        add_note(request, MC_NOTE_WIDE);
}

/* Reads the size of a value. */
static void read_size(const struct request_line *l, struct mc_request *request)
{
    struct mc_number n = mc_argument_number(word_of(l), MC_REQUEST_SIZE_MAX);
    request->has_size = note_number(l, n, false, request);
    request->size = request->has_size ? (uint32_t)n.size : 0;
}

/* Notes the bytes of a key that mc_put_*() would refuse. */
static void note_key_bytes(struct mc_bytes key, struct mc_request *request)
{
    size_t j = 0;
    /*@ loop invariant 0 <= j <= key.len;
        loop assigns j;
        loop variant key.len - j; */
    while (j < key.len && (unsigned char)key.data[j] > 0x20 && key.data[j] != 0x7f)
        j++;
    if (j < key.len)
        add_note(request, MC_NOTE_BYTE);
}

/* Reads the line's word as a key. */
static void read_line_key(const struct request_line *l, struct mc_request *request)
{
    request->key = word_of(l);
    if (request->key.len > MC_KEY_MAX)
        note_wrong(request, l->from, MC_WRONG_KEY);
    note_key_bytes(request->key, request);
}

/* Reads the second word of a delete: 0, or noreply, which count_words() has seen. */
static void read_hold(struct request_line *l, struct mc_request *request)
{
    size_t extra = l->left - 1 - (request->noreply ? 1 : 0);
    if (extra == 0)
        return;
    next_request_word(l);
    add_note(request, MC_NOTE_WORDS);
    if (extra > 1)
        note_wrong(request, l->from, MC_WRONG_COUNT);
    else if (!is_text(l->b, l->from, l->to, MC_BYTES("0")))
        note_wrong(request, l->from, MC_WRONG_NUMBER);
}

/* Reads a flag, which the letters before it (a bit for each) must not contain. */
static void check_flag(const struct request_line *l, uint32_t *seen, struct mc_request *request)
{
    struct mc_bytes word = word_of(l);
    struct mc_flag flag;
    if (mc_argument_flag(&word, &flag) != 1) {
        note_wrong(request, l->from, MC_WRONG_FLAG);
        return;
    }
    size_t half = flag.letter >= 'a' ? 1 : 0;
    uint32_t bit = UINT32_C(1) << (flag.letter - (half > 0 ? 'a' : 'A'));
    if ((seen[half] & bit) != 0)
        note_wrong(request, l->from, MC_WRONG_FLAG);
    seen[half] |= bit;
}

/* Reads the rest of the line as one text; flags are checked. */
static void read_rest(struct request_line *l, bool flags, struct mc_request *request)
{
    uint32_t seen[2] = {0, 0};
    size_t first = l->to, last = l->to;
    /*@ loop invariant l->from <= l->to <= l->e && first <= last <= l->to;
        loop invariant \at(request->fault, Pre) != 0 ==> request->fault != 0;
        loop assigns l->from, l->to, first, last, seen[0 .. 1], request->fault, request->at;
        loop variant l->e - l->to; */
    while (next_request_word(l)) {
        if (last == first)
            first = l->from;
        last = l->to;
        if (flags)
            check_flag(l, seen, request);
    }
    request->text.data = l->b + first;
    request->text.len = last - first;
}

/* Reads the next word as what a letter of the grammar stands for. */
static void read_word(struct request_line *l, char letter, struct mc_request *request)
{
    next_request_word(l);
    switch (letter) {
    case 'k': read_line_key(l, request); break;
    case 'f': request->flags = read_wide(l, request); break;
    case 'd':
    case 'e': read_exptime(l, request); break;
    case 's': read_size(l, request); break;
    case 'n': request->number = read_number(l, UINT64_MAX, request); break;
    case 'w': request->number = read_wide(l, request); break;
    default: break; /* i: any word */
    }
}

static const char *letters_of(uint8_t form)
{
    return forms[form].letters;
}

/* Reads all words after the command, by the letters of the grammar. */
static void read_words(struct request_line *l, const char *letters, struct mc_request *request)
{
    /*@ loop invariant 0 <= k < LETTERS;
        loop invariant l->from <= l->to <= l->e && asked_inside(*request, l->b, l->e);
        loop invariant \at(request->fault, Pre) != 0 ==> request->fault != 0;
        loop assigns k, l->from, l->to, request->key, request->text, request->flags,
            request->number, request->exptime, request->size, request->has_size, request->fault,
            request->at, request->notes;
        loop variant LETTERS - k; */
    for (size_t k = 0; letters[k] != '\0'; k++) {
        if (letters[k] == 'z')
            read_hold(l, request);
        else if (letters[k] == 'm' || letters[k] == 't')
            read_rest(l, letters[k] == 'm', request);
        else if (letters[k] == 'd' && l->left <= (request->noreply ? 1 : 0))
            continue;
        else
            read_word(l, letters[k], request);
    }
    if (next_request_word(l) && !request->noreply)
        add_note(request, MC_NOTE_WORDS);
}

/* True when the line's word is the name at names[k..end). */
static bool is_name(const struct request_line *l, size_t k, size_t end)
{
    return l->to - l->from == end - k && memcmp(l->b + l->from, names + k, end - k) == 0;
}

/* Returns the index of a name in the list, or NAMES. */
static size_t find_name(const struct request_line *l)
{
    size_t k = 0;
    if (l->from >= l->to)
        return NAMES;
    /*@ loop invariant 0 <= row <= NAMES && 0 <= k <= NAMES_END;
        loop assigns row, k;
        loop variant NAMES - row; */
    for (size_t row = 0; row < NAMES; row++) {
        size_t end = find_byte(names, k, NAMES_END, ' ');
        if (is_name(l, k, end))
            return row;
        k = end + (end < NAMES_END);
    }
    return NAMES;
}

/* The command of a line, and its form; 0 and ALONE when memcached has none of this name. */
static struct naming naming_of(const struct mc_request_reader *reader, const struct request_line *l)
{
    const struct naming unknown = {0, ALONE}, login = {MC_REQUEST_AUTH, LOGIN};
    size_t row = find_name(l);
    if (row >= NAMES)
        return unknown;
    if (reader->login && namings[row].command == MC_REQUEST_SET)
        return login;
    return namings[row];
}

/* The front of the input as a line: at most MC_REQUEST_MAX bytes, of which the first word is read. */
static struct request_line request_line_in(const struct mc_bytes *in)
{
    struct request_line l = {.b = in->data};
    size_t max = in->len < MC_REQUEST_MAX ? in->len : MC_REQUEST_MAX;
    l.e = find_byte(l.b, 0, max, '\n');
    if (l.e < max) {
        l.end = l.e + 1;
        if (l.e > 0 && l.b[l.e - 1] == '\r')
            l.e--;
    }
    next_request_word(&l);
    return l;
}

/* Leaves the reader broken for good. Returns MC_E_PROTOCOL. */
static int break_request_reader(struct mc_request_reader *reader, enum mc_wrong fault)
{
    reader->fault = (uint8_t)fault;
    reader->value_left = 0;
    return MC_E_PROTOCOL;
}

/* The line's end has not come yet: more bytes are needed, or it is too long. */
static int wait_for_line(struct mc_request_reader *reader, const struct request_line *l)
{
    return l->e < MC_REQUEST_MAX ? MC_MORE : break_request_reader(reader, MC_WRONG_LONG);
}

/* Drops n bytes from the front. */
static void move_past(struct mc_bytes *in, size_t n)
{
    in->data += n;
    in->len -= n;
}

static void begin_value(struct mc_request_reader *reader, const struct mc_request *request)
{
    reader->state = request->size > 0 ? DATA : DATA_END;
    reader->value_left = request->size;
    reader->command = request->command;
}

/* Reads a line to its end. */
static int read_whole_line(struct mc_request_reader *reader, struct mc_bytes *in,
                           struct request_line *l, uint8_t form, struct mc_request *request)
{
    size_t nul = find_byte(l->b, 0, l->e, '\0');
    if (nul < l->e)
        note_wrong(request, nul, MC_WRONG_BYTE);
    if (request->command == 0)
        note_wrong(request, l->from, MC_WRONG_COMMAND);
    if (l->end - l->e < 2)
        add_note(request, MC_NOTE_LF);
    count_words(l, form, request);
    if (l->left < forms[form].least || (forms[form].most < MANY && l->left > forms[form].most))
        note_wrong(request, l->e, MC_WRONG_COUNT);
    else
        read_words(l, letters_of(form), request);
    move_past(in, l->end);
    if (request->fault != MC_WRONG_NOTHING)
        return MC_REQUEST_WRONG;
    if (request->command <= MC_REQUEST_AUTH) /* and no retrieval */
        begin_value(reader, request);
    return request->command;
}

/* Reads the beginning of a retrieval, before its first key. */
static int begin_keys(struct mc_request_reader *reader, struct mc_bytes *in, struct request_line *l,
                      uint8_t form, struct mc_request *request)
{
    if (l->from > 0)
        add_note(request, MC_NOTE_SPACES);
    if (form == TIMED_KEYS) {
        size_t before = l->to;
        bool found = next_request_word(l);
        if (l->end == 0 && l->to >= l->e)
            return wait_for_line(reader, l);
        if (!found)
            note_wrong(request, l->e, MC_WRONG_COUNT);
        else
            read_exptime(l, request);
        if (l->from - before > 1)
            add_note(request, MC_NOTE_SPACES);
    }
    move_past(in, l->to);
    reader->command = request->command;
    reader->notes = 0;
    reader->spaced = reader->any_key = false;
    reader->state = request->fault == MC_WRONG_NOTHING ? KEY : REST;
    return request->fault == MC_WRONG_NOTHING ? request->command : MC_REQUEST_WRONG;
}

/* Reads the line of a command, or the beginning of a retrieval. */
static int read_command(struct mc_request_reader *reader, struct mc_bytes *in,
                        struct mc_request *request)
{
    struct request_line l = request_line_in(in);
    if (l.end == 0 && l.to >= l.e)
        return wait_for_line(reader, &l);
    struct naming name = naming_of(reader, &l);
    bool retrieval = name.form <= TIMED_KEYS;
    if (l.end == 0 && !retrieval)
        return wait_for_line(reader, &l);
    request->command = name.command;
    return retrieval ? begin_keys(reader, in, &l, name.form, request)
                     : read_whole_line(reader, in, &l, name.form, request);
}

/* Reads a retrieval's line end, of n bytes. */
static int end_retrieval(struct mc_request_reader *reader, struct mc_bytes *in, size_t n,
                         struct mc_request *request)
{
    if (reader->spaced)
        add_note(request, MC_NOTE_SPACES);
    if (n < 2)
        add_note(request, MC_NOTE_LF);
    if (!reader->any_key && reader->command >= MC_REQUEST_GAT)
        add_note(request, MC_NOTE_NO_KEY);
    else if (!reader->any_key)
        note_wrong(request, 0, MC_WRONG_COUNT);
    move_past(in, n);
    reader->state = COMMAND;
    return request->fault == MC_WRONG_NOTHING ? MC_REQUEST_END : MC_REQUEST_WRONG;
}

/* Says what is wrong with a key, and drops it to that byte. */
static int refuse_key(struct mc_request_reader *reader, struct mc_bytes *in, size_t at,
                      enum mc_wrong fault, struct mc_request *request)
{
    note_wrong(request, at, fault);
    move_past(in, at + 1);
    reader->state = REST;
    return MC_REQUEST_WRONG;
}

/* Reads a key of n bytes. */
static int take_key(struct mc_request_reader *reader, struct mc_bytes *in, size_t n,
                    struct mc_request *request)
{
    size_t nul = find_byte(in->data, 0, n, '\0');
    if (n > MC_KEY_MAX)
        return refuse_key(reader, in, MC_KEY_MAX, MC_WRONG_KEY, request);
    if (nul < n)
        return refuse_key(reader, in, nul, MC_WRONG_BYTE, request);
    request->key.data = in->data;
    request->key.len = n;
    note_key_bytes(request->key, request);
    move_past(in, n);
    reader->spaced = false;
    reader->any_key = true;
    return MC_REQUEST_KEY;
}

/* Drops the spaces before a key or a retrieval's line end. */
static void drop_spaces(struct mc_request_reader *reader, struct mc_bytes *in)
{
    size_t spaces = skip_spaces(in->data, 0, in->len);
    if (spaces > 1 || (spaces > 0 && reader->spaced))
        reader->notes = MC_NOTE_SPACES;
    if (spaces > 0)
        reader->spaced = true;
    move_past(in, spaces);
}

/* Reads the next key of a retrieval, or its line end. */
static int read_key(struct mc_request_reader *reader, struct mc_bytes *in,
                    struct mc_request *request)
{
    drop_spaces(reader, in);
    size_t max = in->len < KEY_SCAN ? in->len : KEY_SCAN;
    size_t newline = find_byte(in->data, 0, max, '\n'), n = find_byte(in->data, 0, newline, ' ');
    if (n >= in->len && n < KEY_SCAN)
        return MC_MORE;
    bool last = newline < max && n >= newline;
    if (last && n > 0 && in->data[n - 1] == '\r')
        n--;
    request->notes = reader->notes;
    reader->notes = 0;
    return last && n == 0 ? end_retrieval(reader, in, newline + 1, request)
                          : take_key(reader, in, n, request);
}

/* Drops what is left of a line in which something was wrong. */
static void drop_rest(struct mc_request_reader *reader, struct mc_bytes *in)
{
    size_t end = find_byte(in->data, 0, in->len, '\n');
    if (end < in->len) {
        reader->state = COMMAND;
        end++;
    }
    move_past(in, end);
}

/* Reads a piece of the value: as much of it as the input has. */
static int read_data(struct mc_request_reader *reader, struct mc_bytes *in,
                     struct mc_request *request)
{
    size_t piece = in->len < reader->value_left ? in->len : reader->value_left;
    request->text.data = in->data;
    request->text.len = piece;
    move_past(in, piece);
    mc_request_took(reader, (uint32_t)piece);
    return MC_REQUEST_DATA;
}

/* Reads the CRLF after a value; the server reads two bytes, whatever they are. */
static int read_data_end(struct mc_request_reader *reader, struct mc_bytes *in,
                         struct mc_request *request)
{
    if (in->len < 2)
        return MC_MORE;
    if (in->data[0] != '\r')
        note_wrong(request, 0, MC_WRONG_VALUE);
    else if (in->data[1] != '\n')
        note_wrong(request, 1, MC_WRONG_VALUE);
    move_past(in, 2);
    reader->state = COMMAND;
    return request->fault == MC_WRONG_NOTHING ? MC_REQUEST_END : MC_REQUEST_WRONG;
}

static void clear_request(struct mc_request *request)
{
    const struct mc_request none = {0};
    *request = none;
}

/* Looks at the connection's first byte, which tells the protocol. */
static void read_first_byte(struct mc_request_reader *reader, char first)
{
    reader->state = COMMAND;
    if ((unsigned char)first == 0x80)
        break_request_reader(reader, MC_WRONG_BINARY);
    else if (first == 0x16)
        break_request_reader(reader, MC_WRONG_TLS);
}

/* Reads what is next; the input is not empty. */
static int read_part(struct mc_request_reader *reader, struct mc_bytes *in,
                     struct mc_request *request)
{
    if (reader->state == COMMAND)
        return read_command(reader, in, request);
    request->command = reader->command;
    if (reader->state == KEY)
        return read_key(reader, in, request);
    if (reader->state == DATA)
        return read_data(reader, in, request);
    return read_data_end(reader, in, request);
}

int mc_request_next(struct mc_request_reader *reader, struct mc_bytes *in,
                    struct mc_request *request)
{
    int event = MC_MORE;
    clear_request(request);
    if (reader->state == REST)
        drop_rest(reader, in);
    if (reader->state == CONNECTION && in->len > 0)
        read_first_byte(reader, in->data[0]);
    if (reader->fault == MC_WRONG_NOTHING && in->len > 0)
        event = read_part(reader, in, request);
    if (event == MC_MORE)
        clear_request(request);
    if (reader->fault == MC_WRONG_NOTHING)
        return event;
    request->fault = reader->fault;
    return MC_E_PROTOCOL;
}

void mc_request_took(struct mc_request_reader *reader, uint32_t size)
{
    reader->value_left -= size < reader->value_left ? size : reader->value_left;
    if (reader->state == DATA && reader->value_left == 0)
        reader->state = DATA_END;
}

void mc_request_swallow(struct mc_request_reader *reader, const struct mc_request *request)
{
    if (reader->state == COMMAND && reader->fault == MC_WRONG_NOTHING && request->has_size)
        begin_value(reader, request);
}
