/* Words to what they mean, as memcached reads them: the words of a command's line, numbers, the flags
 * of meta commands, and base64. */
#include "argument.h"
#include "decimal.h"

/* Kinds of bytes. A blank is what strtol() skips before a number, besides spaces. */
enum kind { SPACE, SOLID, BLANK, DIGIT, LETTER };

/* What follows the letter of a flag. */
enum argument { NO_ARGUMENT, SECONDS, COUNT, ONE_LETTER, OPAQUE };

enum { NO_DIGIT = 64 }; /* no six bits of base64 */

#ifdef __FRAMAC__
#include "contracts/meaning.h"
#endif

static bool is_of_kind(char c, enum kind kind)
{
    if (kind == SPACE)
        return c == ' ';
    if (kind == SOLID)
        return c != ' ';
    if (kind == BLANK)
        return c >= '\t' && c <= '\r';
    if (kind == DIGIT)
        return c >= '0' && c <= '9';
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The index of the first byte of b[i..e) that is not of this kind, or e. */
static size_t skip_kind(const char *b, size_t i, size_t e, enum kind kind)
{
    size_t j = i;
    /*@ loop invariant i <= j <= e;
        loop invariant kind == DIGIT ==> digits(b, i, j);
        loop invariant kind == SOLID ==> \forall integer k; i <= k < j ==> b[k] != ' ';
        loop assigns j;
        loop variant e - j; */
    while (j < e && is_of_kind(b[j], kind))
        j++;
    return j;
}

bool mc_argument_word(struct mc_bytes *words, struct mc_bytes *word)
{
    size_t from = skip_kind(words->data, 0, words->len, SPACE);
    size_t to = skip_kind(words->data, from, words->len, SOLID);
    word->data = words->data + from;
    word->len = to - from;
    words->data += to;
    words->len -= to;
    return word->len > 0;
}

/* The index of the first digit of b[i..e) that counts: of zeros, the last one. */
static size_t skip_zeros(const char *b, size_t i, size_t e)
{
    size_t j = i;
    /*@ loop invariant i <= j <= e;
        loop assigns j;
        loop variant e - j; */
    while (e - j > 1 && b[j] == '0' && is_of_kind(b[j + 1], DIGIT))
        j++;
    return j;
}

struct mc_number mc_argument_number(struct mc_bytes word, uint64_t max)
{
    const char *b = word.data;
    struct mc_number n = {0};
    size_t sign = skip_kind(b, 0, word.len, BLANK), first = sign;
    if (sign < word.len && (b[sign] == '-' || b[sign] == '+'))
        first++;
    n.negative = first > sign && b[sign] == '-';
    first = skip_zeros(b, first, word.len);
    size_t end = skip_kind(b, first, word.len, DIGIT);
    if (end < word.len && !is_of_kind(b[end], BLANK))
        return n;
    n.good = mc_decimal_read(b, first, end, max, &n.size);
    size_t plain_first = n.negative ? 1 : 0;
    bool is_zero = n.negative && n.size == 0; /* "-0" */
    n.plain = n.good && first == plain_first && end >= word.len && !is_zero;
    return n;
}

static enum argument argument_of(char letter)
{
    switch (letter) {
    case 'N':
    case 'R':
    case 'T': return SECONDS;
    case 'C':
    case 'D':
    case 'E':
    case 'F':
    case 'J': return COUNT;
    case 'M': return ONE_LETTER;
    case 'O': return OPAQUE;
    default: return NO_ARGUMENT;
    }
}

/* Reads seconds, which may be negative, in 32 bits. */
static bool read_seconds(struct mc_flag *flag)
{
    struct mc_number n = mc_argument_number(flag->token, (uint64_t)INT32_MAX + 1);
    if (!n.good || (n.size > INT32_MAX && !n.negative))
        return false;
    flag->ttl = (int32_t)(n.negative ? -(int64_t)n.size : (int64_t)n.size);
    return true;
}

/* Reads a number that is not negative. */
static bool read_count(struct mc_flag *flag)
{
    struct mc_number n = mc_argument_number(flag->token, UINT64_MAX);
    if (!n.good || (n.negative && n.size > 0))
        return false;
    flag->number = n.size;
    return true;
}

/* Reads what follows the letter of a flag; false when that is wrong. */
static bool read_argument(struct mc_flag *flag)
{
    switch (argument_of(flag->letter)) {
    case SECONDS: return read_seconds(flag);
    case COUNT: return read_count(flag);
    case ONE_LETTER:
        flag->number = flag->token.len == 1 ? (unsigned char)flag->token.data[0] : 0;
        return flag->token.len == 1;
    case OPAQUE: return flag->token.len <= MC_OPAQUE_MAX;
    default: return true;
    }
}

int mc_argument_flag(struct mc_bytes *flags, struct mc_flag *flag)
{
    struct mc_bytes word;
    *flag = (struct mc_flag){0};
    if (!mc_argument_word(flags, &word))
        return 0;
    flag->letter = word.data[0];
    flag->token.data = word.data + 1;
    flag->token.len = word.len - 1;
    return is_of_kind(flag->letter, LETTER) && read_argument(flag) ? 1 : MC_E_FLAG;
}

/* The six bits of a digit of RFC 4648, or NO_DIGIT. */
static uint32_t sextet_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (is_of_kind(c, DIGIT))
        return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : NO_DIGIT;
}

/* Decodes the n digits of a group, of which the others are padding, into n - 1 bytes; false when
 * one is not a digit. */
static bool decode_group(const char *b, size_t n, char *to)
{
    uint32_t bits = 0;
    /*@ loop invariant 0 <= k <= n;
        loop assigns k, bits;
        loop variant n - k; */
    for (size_t k = 0; k < n; k++) {
        uint32_t six = sextet_of(b[k]);
        if (six >= NO_DIGIT)
            return false;
        bits |= six << (18 - 6 * k);
    }
    /*@ loop invariant 0 <= k <= n - 1;
        loop assigns k, to[0 .. 2];
        loop variant n - 1 - k; */
    for (size_t k = 0; k < n - 1; k++)
        to[k] = (char)(unsigned char)(bits >> (16 - 8 * k) & 0xff);
    return true;
}

size_t mc_argument_base64(struct mc_bytes text, char *to)
{
    size_t digits = text.len, done = 0;
    if (text.len < 4 || text.len % 4 != 0)
        return 0;
    //@ ghost size_t groups = text.len / 4, group = 0;
    /*@ loop invariant text.len - 2 <= digits <= text.len;
        loop assigns digits;
        loop variant digits; */
    while (text.len - digits < 2 && text.data[digits - 1] == '=')
        digits--;
    /*@ loop invariant 0 <= group <= groups && i == 4 * group && done <= 3 * group;
        loop assigns i, group, done, to[0 .. text.len / 4 * 3 - 1];
        loop variant text.len - i; */
    for (size_t i = 0; i < digits; i += 4) {
        size_t n = digits - i < 4 ? digits - i : 4;
        if (!decode_group(text.data + i, n, to + done))
            return 0;
        done += n - 1;
        //@ ghost group++;
    }
    return done;
}
