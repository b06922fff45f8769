/* The writer of commands: what writer.h does not inline. */
#include "writer.h"

#include "decimal.h"

enum { EIGHT = 8 };

#ifdef __FRAMAC__
#include "contracts/words.h"
#endif

extern inline struct mc_writer mc_writer_start(const struct mc_out *out, struct mc_bytes text);
extern inline void mc_writer_refuse(struct mc_writer *w, int error);
extern inline bool mc_writer_has_room(struct mc_writer *w, size_t n);
extern inline void mc_writer_char(struct mc_writer *w, char c);
extern inline void mc_writer_text(struct mc_writer *w, struct mc_bytes text);
extern inline bool mc_writer_is_word_byte(char c);
extern inline void mc_writer_key(struct mc_writer *w, struct mc_bytes key);
extern inline void mc_writer_signed(struct mc_writer *w, int32_t number);
extern inline void mc_writer_end(struct mc_writer *w);
extern inline int mc_writer_commit(struct mc_writer *w, struct mc_out *out);
extern inline int mc_writer_commit_noreply(struct mc_writer *w, struct mc_out *out, bool noreply);

/* Copies eight bytes and counts those that are not printable ASCII, in a form that compilers do at
 * once. */
static inline unsigned char copy_eight(char *restrict to, size_t i, const char *restrict from,
                                       size_t j)
{
    unsigned char others = 0;
    /*@ loop invariant 0 <= n <= EIGHT && others <= n;
        loop invariant others == 0 ==> word(to, i, i + n) && word(from, j, j + n);
        loop assigns n, others, to[i .. i + EIGHT - 1];
        loop variant EIGHT - n; */
    for (size_t n = 0; n < EIGHT; n++) {
        unsigned char c = (unsigned char)from[j + n];
        to[i + n] = from[j + n];
        others = (unsigned char)(others + (c < 0x21 || c > 0x7e));
    }
    return others;
}

/* Copies a word to to[i..i + len); false when it holds a byte that no word has. */
static inline bool copy_word(char *restrict to, size_t i, const char *restrict from, size_t len)
{
    size_t j = 0;
    /*@ loop invariant 0 <= j <= len && word(to, i, i + j) && word(from, 0, j);
        loop assigns j, to[i .. i + len - 1];
        loop variant len - j; */
    while (len - j >= EIGHT && copy_eight(to, i + j, from, j) == 0)
        j += EIGHT;
    /*@ loop invariant 0 <= j <= len && word(to, i, i + j) && word(from, 0, j);
        loop assigns j, to[i .. i + len - 1];
        loop variant len - j; */
    for (; j < len; j++) {
        if (!mc_writer_is_word_byte(from[j]))
            return false;
        to[i + j] = from[j];
    }
    return true;
}

/* <space><key> at b[i]; false when it holds a byte that no key has. */
static inline bool copy_key(char *b, size_t i, struct mc_bytes key)
{
    b[i] = ' ';
    return copy_word(b, i + 1, key.data, key.len);
}

void mc_writer_token(struct mc_writer *w, struct mc_bytes token, size_t max, int error)
{
    if (token.len < 1 || token.len > max)
        mc_writer_refuse(w, error);
    if (!mc_writer_has_room(w, token.len))
        return;
    if (copy_word(w->b, w->i, token.data, token.len))
        w->i += token.len;
    else
        mc_writer_refuse(w, error);
}

void mc_writer_word(struct mc_writer *w, struct mc_bytes word, size_t max, int error)
{
    mc_writer_char(w, ' ');
    mc_writer_token(w, word, max, error);
}

void mc_writer_digits(struct mc_writer *w, uint64_t number)
{
    if (number < 10) { /* as most flags and times are */
        mc_writer_char(w, (char)('0' + number));
        return;
    }
    size_t digits = mc_decimal_digits(number);
    if (!mc_writer_has_room(w, digits))
        return;
    mc_decimal_write(w->b, w->i, digits, number);
    w->i += digits;
}

void mc_writer_number(struct mc_writer *w, uint64_t number)
{
    mc_writer_char(w, ' ');
    mc_writer_digits(w, number);
}

void mc_writer_signed_digits(struct mc_writer *w, int32_t number)
{
    if (number < 0)
        mc_writer_char(w, '-');
    mc_writer_digits(w, number < 0 ? 0u - (uint32_t)number : (uint32_t)number);
}

int mc_writer_line(struct mc_out *out, struct mc_bytes text)
{
    struct mc_writer w = mc_writer_start(out, text);
    return mc_writer_commit(&w, out);
}

int mc_writer_keys(struct mc_out *out, const struct mc_bytes *keys, size_t count, size_t i)
{
    char *b = out->data;
    size_t limit = out->len + MC_REQUEST_MAX - 1; /* a line must end before it */
    size_t end = limit < out->cap ? limit : out->cap;
    if (count < 1)
        return MC_E_KEY;
    /*@ loop invariant 0 <= count <= \at(count, Pre) && \at(i, Pre) <= i <= end;
        loop invariant count < \at(count, Pre) ==> i + 2 <= end;
        loop invariant keys == \at(keys, Pre) + (\at(count, Pre) - count);
        loop invariant plain(b, out->len, i);
        loop invariant \forall integer n; 0 <= n < \at(count, Pre) - count ==>
                       is_key(\at(keys, Pre)[n]);
        loop assigns keys, count, i, b[\at(i, Pre) .. end - 1];
        loop variant count; */
    for (; count > 0; count--, keys++) {
        size_t len = keys->len;
        if (len < 1 || len > MC_KEY_MAX)
            return MC_E_KEY;
        if (end - i < 1 + len + 2)
            return end < out->cap ? MC_E_LONG : MC_E_FULL;
        if (!copy_key(b, i, *keys))
            return MC_E_KEY;
        //@ assert is_key(*keys);
        //@ assert is_key(\at(keys, Pre)[\at(count, Pre) - count]);
        i += 1 + len;
    }
    b[i] = '\r';
    b[i + 1] = '\n';
    //@ assert line(b, out->len, i + 2);
    out->len = i + 2;
    return 0;
}
