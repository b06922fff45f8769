/* The table of lies, and the code that applies one to an honest reply. */
#include "lies.h"

#include <string.h>

enum { ENDLESS = 5000, KEY_251 = 251 };

static char endless[ENDLESS], key_251[KEY_251], long_opaque[MC_OPAQUE_MAX + 1];

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define FIELD(letter, what, literal)                \
    {                                               \
        what, LIES_FIELD, letter, false, B(literal) \
    }
#define AFTER_FIELD(letter, what, literal)           \
    {                                                \
        what, LIES_EXTEND, letter, false, B(literal) \
    }
#define NUMBER(letter, name)                                                                      \
    FIELD(letter, name " empty", ""), FIELD(letter, name " with a leading zero", "05"),           \
        FIELD(letter, name " of zeros", "00"), FIELD(letter, name " of 2^64", LIES_2_64 "616"),   \
        FIELD(letter, name " of 2^64+1", LIES_2_64 "617"),                                        \
        FIELD(letter, name " of 2^64+5", LIES_2_64 "621"),                                        \
        FIELD(letter, name " of 21 digits", "100000000000000000005"),                             \
        FIELD(letter, name " of 40 digits", "5000000000000000000000000000000000000005"),          \
        FIELD(letter, name " with a letter after it", "12x"),                                     \
        FIELD(letter, name " with a letter in it", "1x2"), FIELD(letter, name " signed +", "+5"), \
        FIELD(letter, name " signed -", "-5"), FIELD(letter, name " in hex", "0x5"),              \
        FIELD(letter, name " with a point", "5.0"), FIELD(letter, name " with a NUL", "5\0")
#define LIES_2_64 "18446744073709551"

#define EOL(which, what)                                                                         \
    {what " end missing", which, 0, false, B("")}, {what " end half", which, 0, false, B("\r")}, \
        {what " end bare LF", which, 0, false, B("\n")},                                         \
        {what " end reversed", which, 0, false, B("\n\r")},                                      \
        {what " end doubled CR", which, 0, false, B("\r\r\n")},                                  \
    {                                                                                            \
        what " end NUL", which, 0, false, B("\0\r\n")                                            \
    }

/* Replies that fit no command, or another one. */
#define REPLIES(which, what, late)                                                               \
    {what " nothing but CRLF", which, 0, late, B("\r\n")},                                       \
        {what " END", which, 0, late, B("END\r\n")}, {what " EN", which, 0, late, B("EN\r\n")},  \
        {what " STORED", which, 0, late, B("STORED\r\n")},                                       \
        {what " NOT_STORED", which, 0, late, B("NOT_STORED\r\n")},                               \
        {what " EXISTS", which, 0, late, B("EXISTS\r\n")},                                       \
        {what " NOT_FOUND", which, 0, late, B("NOT_FOUND\r\n")},                                 \
        {what " DELETED", which, 0, late, B("DELETED\r\n")},                                     \
        {what " TOUCHED", which, 0, late, B("TOUCHED\r\n")},                                     \
        {what " number", which, 0, late, B("7\r\n")}, {what " OK", which, 0, late, B("OK\r\n")}, \
        {what " RESET", which, 0, late, B("RESET\r\n")},                                         \
        {what " VERSION", which, 0, late, B("VERSION 1.6.18\r\n")},                              \
        {what " STAT", which, 0, late, B("STAT pid 1\r\n")},                                     \
        {what " ITEM", which, 0, late, B("ITEM key [5 b; 0 s]\r\n")},                            \
        {what " HD", which, 0, late, B("HD\r\n")}, {what " NS", which, 0, late, B("NS\r\n")},    \
        {what " EX", which, 0, late, B("EX\r\n")}, {what " NF", which, 0, late, B("NF\r\n")},    \
        {what " MN", which, 0, late, B("MN\r\n")},                                               \
        {what " ME", which, 0, late, B("ME key exp=-1\r\n")},                                    \
        {what " BUSY", which, 0, late, B("BUSY currently processing\r\n")},                      \
        {what " BADCLASS", which, 0, late, B("BADCLASS invalid src\r\n")},                       \
        {what " unexpected VALUE", which, 0, late, B("VALUE other 0 1\r\nx\r\nEND\r\n")},        \
        {what " unexpected VA", which, 0, late, B("VA 1\r\nx\r\n")},                             \
        {what " other opaque", which, 0, late, B("HD O9\r\n")},                                  \
        {what " other key", which, 0, late, B("HD kother O1\r\n")},                              \
        {what " small letters", which, 0, late, B("stored\r\n")},                                \
        {what " longer word", which, 0, late, B("STOREDX\r\n")},                                 \
        {what " shorter word", which, 0, late, B("STORE\r\n")},                                  \
        {what " longer ERROR", which, 0, late, B("ERRORS\r\n")},                                 \
        {what " HTTP", which, 0, late, B("HTTP/1.1 400 Bad Request\r\n\r\n")},                   \
        {what " TLS", which, 0, late, B("\x15\x03\x01\0\x02\x02\x46")},                          \
        {what " binary protocol", which, 0, late, B("\x81\0\0\0\0\0\0\x81\0\0\0\0")},            \
        {what " echoed request", which, 0, late, B("get key\r\n")},                              \
        {what " NULs", which, 0, late, B("\0\0\0\0")},                                           \
    {                                                                                            \
        what " space", which, 0, late, B(" \r\n")                                                \
    }

static const struct lie table[] = {
    NUMBER('s', "size"),
    {"size smaller by 1", LIES_SMALLER, 's', false, B("")},
    {"size larger by 1", LIES_LARGER, 's', false, B("")},
    FIELD('s', "size 1", "1"),
    FIELD('s', "size 0", "0"),
    FIELD('s', "size 2^30", "1073741824"),
    FIELD('s', "size 2^30+1", "1073741825"),
    FIELD('s', "size 2^31-1", "2147483647"),
    FIELD('s', "size 2^31", "2147483648"),
    FIELD('s', "size 2^32-1", "4294967295"),
    FIELD('s', "size 2^32", "4294967296"),
    FIELD('s', "size 2^32+1", "4294967297"),
    FIELD('s', "size 2^32+5", "4294967301"),
    FIELD('s', "size 2^64-1", "18446744073709551615"),
    NUMBER('f', "flags"),
    FIELD('f', "flags 2^64", "18446744073709551616"),
    NUMBER('n', "number"),
    NUMBER('c', "cas unique"),
    FIELD('k', "key wrong", "kez"),
    FIELD('k', "key in large letters", "KEY"),
    {"key shorter", LIES_SHORTEN, 'k', false, B("")},
    AFTER_FIELD('k', "key longer", "y"),
    FIELD('k', "key empty", ""),
    FIELD('k', "key of the neighbour", "n1"),
    FIELD('k', "key with a space", "ke y"),
    FIELD('k', "key with CRLF", "key\r\n"),
    AFTER_FIELD('k', "key with a NUL", "\0"),
    AFTER_FIELD('k', "key with a tab", "\t"),
    AFTER_FIELD('k', "key with DEL", "\x7f"),
    {"key of 251 bytes", LIES_FIELD, 'k', false, {key_251, KEY_251}},
    {"key endless", LIES_FIELD, 'k', false, {endless, ENDLESS}},
    {"size missing", LIES_DROP, 's', false, B("")},
    {"flags missing", LIES_DROP, 'f', false, B("")},
    {"cas unique missing", LIES_DROP, 'c', false, B("")},
    {"key missing", LIES_DROP, 'k', false, B("")},
    FIELD('O', "opaque wrong", "9"),
    AFTER_FIELD('O', "opaque longer", "1"),
    FIELD('O', "opaque with a zero", "01"),
    FIELD('O', "opaque empty", ""),
    {"opaque of 32 bytes", LIES_FIELD, 'O', false, {long_opaque, MC_OPAQUE_MAX + 1}},
    {"opaque missing", LIES_DROP, 'O', false, B("")},
    FIELD('w', "word in small letters", "value"),
    FIELD('w', "word of one letter", "V"),
    AFTER_FIELD('w', "word longer", "S"),
    AFTER_FIELD('w', "word with a NUL", "\0"),
    AFTER_FIELD('w', "word with a tab", "\t"),
    FIELD('w', "word missing", ""),
    {"value shorter", LIES_LESS, 's', false, B("")},
    {"value longer", LIES_MORE, 's', false, B("!")},
    {"value empty", LIES_VALUE, 0, false, B("")},
    {"value of CRLFs", LIES_VALUE, 0, false, B("\r\n\r\n")},
    EOL(LIES_FIRST_EOL, "line"),
    {"line end doubled", LIES_FIRST_EOL, 0, false, B("\r\n\r\n")},
    EOL(LIES_VALUE_EOL, "value"),
    {"value end doubled", LIES_VALUE_EOL, 0, false, B("\r\n\r\n")},
    EOL(LIES_LAST_EOL, "reply"),
    {"reply end doubled", LIES_LAST_EOL, 0, true, B("\r\n\r\n")},
    {"space doubled", LIES_SPACE, 0, false, B("  ")},
    {"space missing", LIES_SPACE, 0, false, B("")},
    {"tab", LIES_SPACE, 0, false, B("\t")},
    {"space in front", LIES_FRONT, 0, false, B(" ")},
    {"LF in front", LIES_FRONT, 0, false, B("\n")},
    {"NUL in front", LIES_FRONT, 0, false, B("\0")},
    {"byte order mark", LIES_FRONT, 0, false, B("\xef\xbb\xbf")},
    {"nothing", LIES_INSTEAD, 0, false, B("")},
    {"endless line", LIES_INSTEAD, 0, false, {endless, ENDLESS}},
    REPLIES(LIES_INSTEAD, "instead:", false),
    REPLIES(LIES_BEFORE, "before it:", false),
    REPLIES(LIES_AFTER, "after it:", true),
    {"after it: endless line", LIES_AFTER, 0, true, {endless, ENDLESS}},
    REPLIES(LIES_MIDDLE, "among values:", false),
    {"among values: the same again", LIES_MIDDLE, 0, false, B("VALUE key 7 5\r\nhello\r\n")},
    {"among values: an endless line", LIES_MIDDLE, 0, false, {endless, ENDLESS}},
    {"END missing", LIES_NO_END, 0, false, B("")},
    {"doubled", LIES_DOUBLED, 0, true, B("")},
    {"swapped", LIES_SWAPPED, 0, false, B("")},
    {"NUL at a byte", LIES_BYTE, 0, false, B("\0")},
    {"LF at a byte", LIES_BYTE, 0, false, B("\n")},
    {"high bit at a byte", LIES_BYTE, 0, false, B("\xff")},
    {"closed after a byte", LIES_CUT, 0, false, B("")},
};

const struct lie *const lies = table;
const int lies_count = sizeof table / sizeof table[0];

void lies_init(void)
{
    memset(endless, 'x', sizeof endless);
    memset(key_251, 'k', sizeof key_251);
    memset(long_opaque, '1', sizeof long_opaque);
}

/* ---- the parts of an honest reply ------------------------------------------------------------ */

/* reply->text.data[from..to). */
struct range {
    size_t from, to;
};

/* The first of these bytes from here on, or the end. */
static size_t find_any(struct mc_bytes text, size_t at, const char *bytes)
{
    while (at < text.len && (text.data[at] == '\0' || strchr(bytes, text.data[at]) == NULL))
        at++;
    return at;
}

static struct range first_line(const struct lies_reply *reply)
{
    return (struct range){0, find_any(reply->text, 0, "\r")};
}

static bool begins_with(struct mc_bytes text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.data, word, len) == 0;
}

static bool is_meta(const struct lies_reply *reply)
{
    return find_any(reply->text, 0, " \r") == 2 && reply->fields[0] == 'w' &&
           !begins_with(reply->text, "OK");
}

/* HD, VA and their like, with or without flags. */
static bool is_meta_line(struct mc_bytes text)
{
    return find_any(text, 0, " \r") == 2 && text.data[0] >= 'A' && text.data[0] <= 'Z' &&
           !begins_with(text, "OK") && !begins_with(text, "ME");
}

/* The letters of the words that a reply begins with. */
static const char *known_letters(struct mc_bytes text)
{
    if (text.len > 0 && text.data[0] >= '0' && text.data[0] <= '9')
        return "n";
    if (begins_with(text, "VALUE "))
        return "wkfsc";
    return begins_with(text, "VA ") ? "ws" : "w";
}

/* What stands after its letter in a meta reply. */
static bool is_key_or_token(char letter)
{
    return letter == 'k' || letter == 'c' || letter == 'O';
}

/* The letter of a word of a meta reply. */
static char meta_letter(struct mc_bytes text, size_t at)
{
    if (at < text.len && is_key_or_token(text.data[at]))
        return text.data[at];
    return '.';
}

void lies_name_fields(struct mc_bytes text, char fields[LIES_FIELDS_MAX + 1])
{
    const char *known = known_letters(text);
    bool meta = is_meta_line(text);
    size_t count = 0, at = 0;
    for (bool more = true; more && count < LIES_FIELDS_MAX; count++) {
        if (*known != '\0')
            fields[count] = *known++;
        else if (meta)
            fields[count] = meta_letter(text, at);
        else
            fields[count] = '-';
        at = find_any(text, at, " \r");
        more = at < text.len && text.data[at] == ' ';
        at += more ? 1 : 0;
    }
    fields[count] = '\0';
}

/* The word with this letter; false when there is none. */
static bool find_field(const struct lies_reply *reply, char letter, struct range *word)
{
    size_t at = 0;
    for (const char *f = reply->fields; *f != '\0'; f++) {
        *word = (struct range){at, find_any(reply->text, at, " \r")};
        if (*f == letter) {
            word->from += is_meta(reply) && is_key_or_token(letter) ? 1 : 0;
            return true;
        }
        at = word->to + 1;
    }
    return false;
}

bool lies_find_value(const struct lies_reply *reply, size_t *from, size_t *to)
{
    struct range size;
    size_t len = 0;
    if (!find_field(reply, 's', &size))
        return false;
    for (size_t i = size.from; i < size.to; i++)
        len = 10 * len + (size_t)(reply->text.data[i] - '0');
    *from = first_line(reply).to + 2;
    *to = *from + len;
    return true;
}

static bool find_value(const struct lies_reply *reply, struct range *value)
{
    return lies_find_value(reply, &value->from, &value->to);
}

/* What follows the first value and its CRLF; false when nothing does. */
static bool find_rest(const struct lies_reply *reply, struct range *rest)
{
    struct range value;
    if (!find_value(reply, &value))
        return false;
    *rest = (struct range){value.to + 2, reply->text.len};
    return rest->from < rest->to;
}

/* The last line, where it follows a value. */
static bool find_last_line(const struct lies_reply *reply, struct range *line)
{
    if (!find_rest(reply, line))
        return false;
    line->from = line->to - 1;
    while (reply->text.data[line->from - 1] != '\n')
        line->from--;
    return true;
}

static bool find_eol(const struct lies_reply *reply, enum lies_kind kind, struct range *eol)
{
    struct range line = first_line(reply), value = {0, 0};
    size_t all = reply->text.len;
    bool found = find_value(reply, &value);
    size_t at = kind == LIES_FIRST_EOL ? line.to : kind == LIES_VALUE_EOL ? value.to : all - 2;
    *eol = (struct range){at, at + 2};
    if (kind == LIES_LAST_EOL)
        return all > 0;
    return found && at + 2 < all;
}

/* Free text may be anything: it runs from its first letter to the end of the line. */
static bool is_free(const struct lies_reply *reply, size_t at)
{
    struct range text, value;
    if (find_value(reply, &value) && at >= value.from && at < value.to)
        return true;
    return find_field(reply, '-', &text) && at + 1 >= text.from && at < first_line(reply).to;
}

/* ---- the edits ------------------------------------------------------------------------------- */

static struct mc_bytes slice(const struct lies_reply *reply, size_t from, size_t to)
{
    return (struct mc_bytes){reply->text.data + from, to - from};
}

/* Another text in a place of the reply; false when it is the same. */
static bool put_instead(const struct lies_reply *reply, struct range range, struct mc_bytes text,
                        struct lies_told *told)
{
    told->parts[0] = slice(reply, 0, range.from);
    told->parts[1] = text;
    told->parts[2] = slice(reply, range.to, reply->text.len);
    return text.len != range.to - range.from ||
           memcmp(text.data, reply->text.data + range.from, text.len) != 0;
}

bool lies_is_accepted(const struct lies_reply *reply, struct mc_bytes text)
{
    char word[20] = " ";
    size_t len = find_any(text, 0, " \r");
    if (len > sizeof word - 3)
        len = sizeof word - 3;
    memcpy(word + 1, text.data, len);
    word[len + 1] = ' ';
    bool is_number = len > 0 && text.data[0] >= '0' && text.data[0] <= '9';
    return strstr(reply->accepted, is_number ? " 7 " : word) != NULL;
}

/* The field's number, larger or smaller by 1. False for one smaller than 0. */
static bool tell_step(const struct lies_reply *reply, struct range r, bool larger,
                      struct lies_told *told)
{
    char *n = told->number, carries = larger ? '9' : '0';
    size_t len = r.to - r.from, i = len, zeros = 0;
    if (len == 0 || len >= sizeof told->number)
        return false;
    n[0] = '0';
    memcpy(n + 1, reply->text.data + r.from, len);
    for (; i > 0 && n[i] == carries; i--)
        n[i] = larger ? '0' : '9';
    if (i == 0 && !larger)
        return false;
    n[i] = (char)(larger ? n[i] + 1 : n[i] - 1);
    while (zeros < len && n[zeros] == '0')
        zeros++;
    return put_instead(reply, r, (struct mc_bytes){n + zeros, len + 1 - zeros}, told);
}

/* The bytes of the field, or next to it, that the lie has a text for. */
static bool find_field_place(const struct lie *lie, const struct lies_reply *reply, struct range *r)
{
    if (!find_field(reply, lie->field, r))
        return false;
    if (lie->kind == LIES_DROP) {
        size_t before = is_meta(reply) && is_key_or_token(lie->field) ? 2 : 1;
        r->from -= r->from < before ? r->from : before;
    } else if (lie->kind == LIES_EXTEND) {
        r->from = r->to;
    } else if (lie->kind == LIES_SHORTEN) {
        r->from = r->to > r->from ? r->to - 1 : r->to;
    }
    return true;
}

/* The same for the value. */
static bool find_value_place(const struct lie *lie, const struct lies_reply *reply, struct range *r)
{
    if (!find_value(reply, r))
        return false;
    if (lie->kind == LIES_MORE)
        r->from = r->to;
    else if (lie->kind == LIES_LESS)
        r->from = r->to > r->from ? r->to - 1 : r->to;
    else
        return r->to - r->from != lie->text.len;
    return true;
}

/* The first space of the first line, where no free text begins. */
static bool find_space(const struct lies_reply *reply, struct range *r)
{
    r->from = find_any(reply->text, 0, " \r");
    r->to = r->from + 1;
    return r->from < first_line(reply).to && !is_free(reply, r->from);
}

static bool tell_range(const struct lie *lie, const struct lies_reply *reply,
                       struct lies_told *told)
{
    struct range r = {0, 0};
    bool found = true;
    switch (lie->kind) {
    case LIES_FIELD:
    case LIES_DROP:
    case LIES_EXTEND:
    case LIES_SHORTEN: found = find_field_place(lie, reply, &r); break;
    case LIES_LARGER:
    case LIES_SMALLER:
        return find_field(reply, lie->field, &r) &&
               tell_step(reply, r, lie->kind == LIES_LARGER, told);
    case LIES_VALUE:
    case LIES_MORE:
    case LIES_LESS: found = find_value_place(lie, reply, &r); break;
    case LIES_SPACE: found = find_space(reply, &r); break;
    case LIES_MIDDLE:
        found = find_rest(reply, &r);
        r.to = r.from;
        break;
    case LIES_NO_END: found = find_last_line(reply, &r); break;
    case LIES_FRONT: break;
    default: found = find_eol(reply, lie->kind, &r); break;
    }
    return found && put_instead(reply, r, lie->text, told);
}

/* The lie has a turn for each byte of the reply; some bytes may be anything. */
static bool tell_turn(const struct lie *lie, const struct lies_reply *reply, size_t turn,
                      struct lies_told *told)
{
    size_t at = 0;
    for (; at < reply->text.len; at++) {
        if (lie->kind == LIES_BYTE &&
            (is_free(reply, at) || reply->text.data[at] == lie->text.data[0]))
            continue;
        if (turn == 0)
            break;
        turn--;
    }
    if (at == reply->text.len)
        return false;
    if (lie->kind == LIES_BYTE)
        return put_instead(reply, (struct range){at, at + 1}, lie->text, told);
    told->parts[0] = slice(reply, 0, at);
    return true;
}

/* With these, another reply comes instead of the honest one, or before it. */
static bool may_be_true(enum lies_kind kind)
{
    return kind == LIES_INSTEAD || kind == LIES_BEFORE || kind == LIES_MIDDLE;
}

/* Another reply instead of it, before it or after it. */
static bool tell_whole(const struct lie *lie, const struct lies_reply *reply,
                       struct lies_told *told)
{
    const struct mc_bytes honest = reply->text;
    if (lie->kind == LIES_BEFORE)
        told->parts[0] = lie->text;
    if (lie->kind == LIES_DOUBLED)
        told->parts[0] = honest;
    if (lie->kind != LIES_INSTEAD)
        told->parts[1] = honest;
    if (lie->kind == LIES_INSTEAD || lie->kind == LIES_AFTER)
        told->parts[2] = lie->text;
    return true;
}

bool lies_tell(const struct lie *lie, const struct lies_reply *reply, size_t turn,
               struct lies_told *told)
{
    *told = (struct lies_told){.parts = {{"", 0}, {"", 0}, {"", 0}}};
    if (lie->kind == LIES_BYTE || lie->kind == LIES_CUT)
        return tell_turn(lie, reply, turn, told);
    if (turn > 0 || lie->kind == LIES_SWAPPED)
        return false;
    if (may_be_true(lie->kind) && lies_is_accepted(reply, lie->text))
        return false;
    if (lie->kind < LIES_INSTEAD || lie->kind == LIES_MIDDLE || lie->kind == LIES_NO_END)
        return tell_range(lie, reply, told);
    return tell_whole(lie, reply, told);
}

const struct lie *lies_find(const char *name)
{
    for (int l = 0; l < lies_count; l++) {
        if (strcmp(table[l].name, name) == 0)
            return &table[l];
    }
    return NULL;
}
