/* Commands to bytes: everything that can be said to memcached.
 *
 * Each function writes its command behind what is there with a pen, which checks as it writes and
 * remembers the first thing that was wrong, and commits it at the end: whole, or not at all. Keys
 * and words are copied byte by byte under check and numbers are printed from integers, so that
 * nothing a caller passes can end a line or begin another command. */
#include "decimal.h"
#include "proto.h"

struct pen {
    char *b;
    size_t i, cap; /* no room any more once something was wrong */
    int error;     /* 0, or the first thing that was wrong */
};

/*@ ghost size_t line_from; // where the line that is being written begins */

/*@ // No control byte: nothing that ends a line.
    predicate plain_byte(integer c) = !(0 <= c < 0x20) && c != 0x7f;
    predicate plain{L}(char *b, integer i, integer e) =
        \forall integer k; i <= k < e ==> plain_byte(b[k]);

    // No space either: nothing that ends a word.
    predicate word_byte(integer c) = plain_byte(c) && c != 0x20;
    predicate word{L}(char *b, integer i, integer e) =
        \forall integer k; i <= k < e ==> word_byte(b[k]);

    // A line, whose only line end is at its end.
    predicate line{L}(char *b, integer i, integer e) =
        i + 2 <= e && plain(b, i, e - 2) && b[e - 2] == '\r' && b[e - 1] == '\n';

    // No object is larger than PTRDIFF_MAX.
    predicate ready(struct mc_out out) =
        out.cap <= PTRDIFF_MAX && \valid(out.data + (out.len .. out.cap - 1));

    // A slice that can be read, apart from what is written: b[i..e).
    predicate given(struct mc_bytes s, char *b, integer i, integer e) =
        s.len <= PTRDIFF_MAX && \valid_read(s.data + (0 .. s.len - 1)) &&
        \separated(s.data + (0 .. s.len - 1), b + (i .. e - 1));

    // A command is one line behind what was there, or nothing is.
    predicate appended{L}(struct mc_out out, integer len, integer result) =
        result == 0 ? out.len <= out.cap && line(out.data, len, out.len)
                    : result < 0 && out.len == len;

    predicate is_key{L}(struct mc_bytes key) =
        1 <= key.len <= MC_KEY_MAX && word(key.data, 0, key.len);

    // What was written of the line is plain, or it was refused.
    predicate sound{L}(struct pen p) =
        line_from <= p.i <= p.cap && \valid(p.b + (p.i .. p.cap - 1)) &&
        (p.error == 0 && plain(p.b, line_from, p.i) || p.error < 0 && p.i == p.cap);

    // The pen p went on to be q.
    predicate goes_on(struct pen p, struct pen q) =
        q.b == p.b && p.i <= q.i <= q.cap <= p.cap &&
        (p.error != 0 ==> q.error == p.error) && (q.error == 0 ==> q.cap == p.cap);
*/

/*@ requires \valid(out) && ready(*out);
    assigns line_from;
    ensures sound(\result) && line_from == \result.i == out->len && \result.error == 0;
    ensures \result.b == out->data && \result.cap == \max(out->len, out->cap); */
static inline struct pen pen_of(const struct mc_out *out)
{
    struct pen p = {out->data, out->len, out->len < out->cap ? out->cap : out->len, 0};
    //@ ghost line_from = out->len;
    return p;
}

/*@ requires \valid(p) && sound(*p) && error < 0;
    assigns p->cap, p->error;
    ensures sound(*p) && goes_on(\old(*p), *p) && p->i == \old(p->i);
    ensures p->error == (\old(p->error) == 0 ? error : \old(p->error)); */
static void refuse(struct pen *p, int error)
{
    if (p->error == 0)
        p->error = error;
    p->cap = p->i;
}

/* True when n more bytes fit. */
/*@ requires \valid(p) && sound(*p);
    assigns p->cap, p->error;
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures \result ==> *p == \old(*p) && n <= p->cap - p->i;
    ensures !\result ==> p->error != 0 && n > 0; */
static inline bool has_room(struct pen *p, size_t n)
{
    if (n <= p->cap - p->i)
        return true;
    refuse(p, MC_E_FULL);
    return false;
}

/*@ requires \valid(p) && sound(*p) && (p->error == 0 ==> plain_byte(c));
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> p->i == \old(p->i) + 1 && p->b[\old(p->i)] == c; */
static inline void put_char(struct pen *p, char c)
{
    if (!has_room(p, 1))
        return;
    p->b[p->i] = c;
    p->i++;
}

/* A text of ours. */
/*@ requires \valid(p) && sound(*p) && given(text, p->b, p->i, p->cap);
    requires plain(text.data, 0, text.len);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> p->i == \old(p->i) + text.len; */
static inline void put_text(struct pen *p, struct mc_bytes text)
{
    if (!has_room(p, text.len))
        return;
    /*@ loop invariant 0 <= j <= text.len && (p->error == 0 ==> plain(p->b, line_from, p->i + j));
        loop assigns j, p->b[p->i .. p->i + text.len - 1];
        loop variant text.len - j; */
    for (size_t j = 0; j < text.len; j++)
        p->b[p->i + j] = text.data[j];
    p->i += text.len;
}

/*@ assigns \nothing;
    ensures \result ==> word_byte(c); */
static inline bool is_token(char c)
{
    unsigned char byte = (unsigned char)c;
    return (byte > 0x20 && byte < 0x7f) || byte > 0x7f;
}

enum { EIGHT = 8 };

/* Copies eight bytes and counts those that no token has: together, as compilers can do it. */
/*@ requires i + EIGHT <= SIZE_MAX && j + EIGHT <= SIZE_MAX;
    requires \valid(to + (i .. i + EIGHT - 1)) && \valid_read(from + (j .. j + EIGHT - 1));
    requires \separated(to + (i .. i + EIGHT - 1), from + (j .. j + EIGHT - 1));
    assigns to[i .. i + EIGHT - 1];
    ensures \result == 0 ==> word(to, i, i + EIGHT) && word(from, j, j + EIGHT); */
static inline unsigned char copy_eight(char *restrict to, size_t i, const char *restrict from,
                                       size_t j)
{
    unsigned char bad = 0;
    /*@ loop invariant 0 <= n <= EIGHT && bad <= n;
        loop invariant bad == 0 ==> word(to, i, i + n) && word(from, j, j + n);
        loop assigns n, bad, to[i .. i + EIGHT - 1];
        loop variant EIGHT - n; */
    for (size_t n = 0; n < EIGHT; n++) {
        unsigned char c = (unsigned char)from[j + n];
        to[i + n] = from[j + n];
        bad = (unsigned char)(bad + (c < 0x21) + (c == 0x7f));
    }
    return bad;
}

/* Copies a token to to[i..i + len); false when it holds a byte that no token has. */
/*@ requires i + len <= SIZE_MAX && len <= PTRDIFF_MAX;
    requires \valid(to + (i .. i + len - 1)) && \valid_read(from + (0 .. len - 1));
    requires \separated(to + (i .. i + len - 1), from + (0 .. len - 1));
    assigns to[i .. i + len - 1];
    ensures \result ==> word(to, i, i + len) && word(from, 0, len); */
static inline bool copy_token(char *restrict to, size_t i, const char *restrict from, size_t len)
{
    size_t j = 0;
    /*@ loop invariant 0 <= j <= len && word(to, i, i + j) && word(from, 0, j);
        loop assigns j, to[i .. i + len - 1];
        loop variant len - j; */
    for (; len - j >= EIGHT; j += EIGHT) {
        if (copy_eight(to, i + j, from, j) > 0)
            return false;
    }
    /*@ loop invariant 0 <= j <= len && word(to, i, i + j) && word(from, 0, j);
        loop assigns j, to[i .. i + len - 1];
        loop variant len - j; */
    for (; j < len; j++) {
        if (!is_token(from[j]))
            return false;
        to[i + j] = from[j];
    }
    return true;
}

/* A word of the caller's, of 1 to max bytes; `error` when it is none. */
/*@ requires \valid(p) && sound(*p) && given(token, p->b, p->i, p->cap) && error < 0;
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> p->i == \old(p->i) + token.len && word(p->b, \old(p->i), p->i);
    ensures p->error == 0 ==> 1 <= token.len <= max && word(token.data, 0, token.len); */
static void put_token(struct pen *p, struct mc_bytes token, size_t max, int error)
{
    if (token.len < 1 || token.len > max)
        refuse(p, error);
    if (!has_room(p, token.len))
        return;
    if (copy_token(p->b, p->i, token.data, token.len))
        p->i += token.len;
    else
        refuse(p, error);
}

/*@ requires \valid(p) && sound(*p) && given(word, p->b, p->i, p->cap) && error < 0;
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> p->b[\old(p->i)] == ' ' && word(p->b, \old(p->i) + 1, p->i);
    ensures p->error == 0 ==> 1 <= word.len <= max && word(word.data, 0, word.len); */
static void put_word(struct pen *p, struct mc_bytes word, size_t max, int error)
{
    put_char(p, ' ');
    put_token(p, word, max, error);
}

/*@ requires \valid(p) && sound(*p) && given(key, p->b, p->i, p->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> p->b[\old(p->i)] == ' ' && word(p->b, \old(p->i) + 1, p->i);
    ensures p->error == 0 ==> is_key(key); */
static inline void put_key(struct pen *p, struct mc_bytes key)
{
    put_word(p, key, MC_KEY_MAX, MC_E_KEY);
}

/*@ requires \valid(p) && sound(*p);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> \old(p->i) < p->i <= \old(p->i) + MC_DECIMAL_MAX; */
static void put_digits(struct pen *p, uint64_t number)
{
    size_t digits = mc_decimal_digits(number);
    if (!has_room(p, digits))
        return;
    mc_decimal_write(p->b, p->i, digits, number);
    p->i += digits;
}

/*@ requires \valid(p) && sound(*p);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> \old(p->i) < p->i <= \old(p->i) + MC_DECIMAL_MAX + 1; */
static void put_number(struct pen *p, uint64_t number)
{
    put_char(p, ' ');
    put_digits(p, number);
}

/*@ requires \valid(p) && sound(*p);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> \old(p->i) < p->i <= \old(p->i) + MC_DECIMAL_MAX + 1; */
static void put_signed_digits(struct pen *p, int32_t number)
{
    if (number < 0)
        put_char(p, '-');
    put_digits(p, number < 0 ? 0u - (uint32_t)number : (uint32_t)number);
}

/*@ requires \valid(p) && sound(*p);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> \old(p->i) < p->i <= \old(p->i) + MC_DECIMAL_MAX + 2; */
static void put_signed(struct pen *p, int32_t number)
{
    put_char(p, ' ');
    put_signed_digits(p, number);
}

/* Ends the line. */
/*@ requires \valid(p) && sound(*p);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures goes_on(\old(*p), *p);
    ensures p->error == 0 ? line(p->b, line_from, p->i) : p->error < 0 && sound(*p); */
static inline void put_end(struct pen *p)
{
    if (!has_room(p, 2))
        return;
    char *b = p->b;
    size_t i = p->i;
    b[i] = '\r';
    b[i + 1] = '\n';
    p->i = i + 2;
}

/* Ends the line, and makes it part of *out when all of it was right. */
/*@ requires \valid(p) && \valid(out) && sound(*p) && p->b == out->data;
    requires out->len <= line_from && p->cap <= \max(out->len, out->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1], out->len;
    ensures \result == 0 ==> \old(p->error) == 0 && line(out->data, line_from, out->len);
    ensures \result == 0 ==> \old(out->len) < out->len <= out->cap;
    ensures \result != 0 ==> \result < 0 && out->len == \old(out->len); */
static int commit(struct pen *p, struct mc_out *out)
{
    put_end(p);
    if (p->error == 0)
        out->len = p->i;
    return p->error;
}

/*@ requires \valid(p) && \valid(out) && sound(*p) && p->b == out->data;
    requires out->len <= line_from && p->cap <= \max(out->len, out->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1], out->len;
    ensures \result == 0 ==> \old(p->error) == 0 && line(out->data, line_from, out->len);
    ensures \result == 0 ==> \old(out->len) < out->len <= out->cap;
    ensures \result != 0 ==> \result < 0 && out->len == \old(out->len); */
static int commit_with(struct pen *p, struct mc_out *out, bool noreply)
{
    if (noreply)
        put_text(p, MC_BYTES(" noreply"));
    return commit(p, out);
}

/* <text>\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(text, out->data, out->len, out->cap);
    requires plain(text.data, 0, text.len);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
static int put_line(struct mc_out *out, struct mc_bytes text)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    return commit(&p, out);
}

/* <text> <number>[ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(text, out->data, out->len, out->cap);
    requires plain(text.data, 0, text.len);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
static int put_line_number(struct mc_out *out, struct mc_bytes text, uint64_t number, bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    put_number(&p, number);
    return commit_with(&p, out, noreply);
}

/* <text> <number>[ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(text, out->data, out->len, out->cap);
    requires plain(text.data, 0, text.len);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
static int put_line_signed(struct mc_out *out, struct mc_bytes text, int32_t number, bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    put_signed(&p, number);
    return commit_with(&p, out, noreply);
}

/* <space><key> at b[i]; false when it holds a byte that no key has. */
/*@ requires i + 1 + key.len <= SIZE_MAX && given(key, b, i, i + 1 + key.len);
    requires \valid(b + (i .. i + key.len));
    assigns b[i .. i + key.len];
    ensures \result ==> b[i] == ' ' && word(b, i + 1, i + 1 + key.len);
    ensures \result ==> word(key.data, 0, key.len); */
static inline bool copy_key(char *b, size_t i, struct mc_bytes key)
{
    b[i] = ' ';
    return copy_token(b, i + 1, key.data, key.len);
}

/* [ <key>]*\r\n at i, behind the name of a retrieval command. */
/*@ requires \valid(out) && ready(*out) && out->len < i <= out->cap;
    requires i < out->len + MC_REQUEST_MAX && plain(out->data, out->len, i);
    requires \valid_read(keys + (0 .. count - 1)) && count <= PTRDIFF_MAX;
    requires \forall integer k; 0 <= k < count ==>
            given(keys[k], out->data, i, out->cap);
    assigns out->len, out->data[i .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> count > 0 && \forall integer k; 0 <= k < count ==> is_key(keys[k]);
    ensures \result == 0 ==> out->len - \old(out->len) < MC_REQUEST_MAX; */
static int put_keys(struct mc_out *out, size_t i, const struct mc_bytes *keys, size_t count)
{
    char *b = out->data;
    size_t limit = out->len + MC_REQUEST_MAX - 1; /* a line must not go on behind it */
    size_t end = limit < out->cap ? limit : out->cap;
    if (count < 1)
        return MC_E_KEY;
    /*@ loop invariant 0 <= k <= count && \at(i, Pre) <= i <= end && (k > 0 ==> i + 2 <= end);
        loop invariant plain(b, out->len, i);
        loop invariant \forall integer n; 0 <= n < k ==> is_key(keys[n]);
        loop assigns k, i, b[\at(i, Pre) .. end - 1];
        loop variant count - k; */
    for (size_t k = 0; k < count; k++) {
        size_t len = keys[k].len;
        if (len < 1 || len > MC_KEY_MAX)
            return MC_E_KEY;
        if (end - i < 1 + len + 2)
            return end < out->cap ? MC_E_NUMBER : MC_E_FULL;
        if (!copy_key(b, i, keys[k]))
            return MC_E_KEY;
        //@ assert is_key(keys[k]);
        //@ assert \forall integer n; 0 <= n < k ==> is_key(keys[n]);
        i += 1 + len;
    }
    b[i] = '\r';
    b[i + 1] = '\n';
    //@ assert line(b, out->len, i + 2);
    out->len = i + 2;
    return 0;
}

/* <name>[ <key>]*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(name, out->data, out->len, out->cap);
    requires plain(name.data, 0, name.len);
    requires \valid_read(keys + (0 .. count - 1)) && count <= PTRDIFF_MAX;
    requires \forall integer k; 0 <= k < count ==>
            given(keys[k], out->data, out->len, out->cap);
    requires 1 <= name.len <= 4;
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> count > 0 && \forall integer k; 0 <= k < count ==> is_key(keys[k]);
    ensures \result == 0 ==> out->len - \old(out->len) < MC_REQUEST_MAX; */
static inline int put_get(struct mc_out *out, struct mc_bytes name, const struct mc_bytes *keys,
                          size_t count)
{
    struct pen p = pen_of(out);
    put_text(&p, name);
    return p.error == 0 ? put_keys(out, p.i, keys, count) : p.error;
}

/* <name> <exptime>[ <key>]*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(name, out->data, out->len, out->cap);
    requires plain(name.data, 0, name.len);
    requires \valid_read(keys + (0 .. count - 1)) && count <= PTRDIFF_MAX;
    requires \forall integer k; 0 <= k < count ==>
            given(keys[k], out->data, out->len, out->cap);
    requires 1 <= name.len <= 4;
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> count > 0 && \forall integer k; 0 <= k < count ==> is_key(keys[k]);
    ensures \result == 0 ==> out->len - \old(out->len) < MC_REQUEST_MAX; */
static int put_gat(struct mc_out *out, struct mc_bytes name, int32_t exptime,
                   const struct mc_bytes *keys, size_t count)
{
    struct pen p = pen_of(out);
    put_text(&p, name);
    put_signed(&p, exptime);
    return p.error == 0 ? put_keys(out, p.i, keys, count) : p.error;
}

/* get <key>*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires \valid_read(keys + (0 .. count - 1)) && count <= PTRDIFF_MAX;
    requires \forall integer k; 0 <= k < count ==>
            given(keys[k], out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> count > 0 && \forall integer k; 0 <= k < count ==> is_key(keys[k]);
    ensures \result == 0 ==> out->len - \old(out->len) < MC_REQUEST_MAX; */
int mc_put_get(struct mc_out *out, const struct mc_bytes *keys, size_t count)
{
    return put_get(out, MC_BYTES("get"), keys, count);
}

/* gets <key>*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires \valid_read(keys + (0 .. count - 1)) && count <= PTRDIFF_MAX;
    requires \forall integer k; 0 <= k < count ==>
            given(keys[k], out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> count > 0 && \forall integer k; 0 <= k < count ==> is_key(keys[k]);
    ensures \result == 0 ==> out->len - \old(out->len) < MC_REQUEST_MAX; */
int mc_put_gets(struct mc_out *out, const struct mc_bytes *keys, size_t count)
{
    return put_get(out, MC_BYTES("gets"), keys, count);
}

/* gat <exptime> <key>*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires \valid_read(keys + (0 .. count - 1)) && count <= PTRDIFF_MAX;
    requires \forall integer k; 0 <= k < count ==>
            given(keys[k], out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> count > 0 && \forall integer k; 0 <= k < count ==> is_key(keys[k]);
    ensures \result == 0 ==> out->len - \old(out->len) < MC_REQUEST_MAX; */
int mc_put_gat(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count)
{
    return put_gat(out, MC_BYTES("gat"), exptime, keys, count);
}

/* gats <exptime> <key>*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires \valid_read(keys + (0 .. count - 1)) && count <= PTRDIFF_MAX;
    requires \forall integer k; 0 <= k < count ==>
            given(keys[k], out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> count > 0 && \forall integer k; 0 <= k < count ==> is_key(keys[k]);
    ensures \result == 0 ==> out->len - \old(out->len) < MC_REQUEST_MAX; */
int mc_put_gats(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count)
{
    return put_gat(out, MC_BYTES("gats"), exptime, keys, count);
}

/* The name of a storage command. */
/*@ requires \valid(p) && sound(*p) && command <= MC_CAS;
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p); */
static void put_name(struct pen *p, enum mc_store command)
{
    const char *names = "set     add     replace append  prepend cas     ";
    const char *lengths = "\3\3\7\6\7\3";
    struct mc_bytes name = {names + (size_t)command * 8, 0};
    //@ assert plain(names, 0, 48);
    //@ assert name.data == names + 8 * command;
    //@ assert \forall integer k; 0 <= k < 8 ==> name.data[k] == names[8 * command + k];
    //@ assert 3 <= lengths[command] <= 7;
    name.len = (size_t)lengths[command];
    put_text(p, name);
}

/* True when client flags are of the 32 bits that every server keeps, or more are meant. */
/*@ assigns \nothing;
    ensures \result <==> flags <= UINT32_MAX || large; */
static bool fits_flags(uint64_t flags, bool large)
{
    return flags <= UINT32_MAX || large;
}

/* <command name> <key> <flags> <exptime> <bytes>[ <cas unique>][ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(item->key, out->data, out->len, out->cap);
    requires \valid_read(item);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> \old(is_key(item->key)) && item->value.len <= MC_VALUE_MAX;
    ensures \result == 0 ==> item->flags <= UINT32_MAX || item->large_flags; */
int mc_put_store(struct mc_out *out, enum mc_store command, const struct mc_item *item,
                 bool noreply)
{
    struct pen p = pen_of(out);
    if ((unsigned)command > MC_CAS || item->value.len > MC_VALUE_MAX ||
        !fits_flags(item->flags, item->large_flags))
        return MC_E_NUMBER;
    put_name(&p, command);
    put_key(&p, item->key);
    //@ assert p.error == 0 ==> \at(is_key(item->key), Pre);
    put_number(&p, item->flags);
    put_signed(&p, item->exptime);
    put_number(&p, item->value.len);
    if (command == MC_CAS)
        put_number(&p, item->cas);
    return commit_with(&p, out, noreply);
}

/* delete <key>[ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> \old(is_key(key)); */
int mc_put_delete(struct mc_out *out, struct mc_bytes key, bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, MC_BYTES("delete"));
    put_key(&p, key);
    //@ assert p.error == 0 ==> \at(is_key(key), Pre);
    return commit_with(&p, out, noreply);
}

/* <name> <key> <value>[ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(name, out->data, out->len, out->cap);
    requires given(key, out->data, out->len, out->cap);
    requires plain(name.data, 0, name.len);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> \old(is_key(key)); */
static int put_delta(struct mc_out *out, struct mc_bytes name, struct mc_bytes key, uint64_t delta,
                     bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, name);
    put_key(&p, key);
    //@ assert p.error == 0 ==> \at(is_key(key), Pre);
    put_number(&p, delta);
    return commit_with(&p, out, noreply);
}

/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> \old(is_key(key)); */
int mc_put_incr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply)
{
    return put_delta(out, MC_BYTES("incr"), key, delta, noreply);
}

/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> \old(is_key(key)); */
int mc_put_decr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply)
{
    return put_delta(out, MC_BYTES("decr"), key, delta, noreply);
}

/* touch <key> <exptime>[ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> \old(is_key(key)); */
int mc_put_touch(struct mc_out *out, struct mc_bytes key, int32_t exptime, bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, MC_BYTES("touch"));
    put_key(&p, key);
    //@ assert p.error == 0 ==> \at(is_key(key), Pre);
    put_signed(&p, exptime);
    return commit_with(&p, out, noreply);
}

/* ---- meta commands --------------------------------------------------------------------------- */

/* The flags that a meta command takes, by the kind of their argument. */
struct meta_command {
    char name[3];
    char bare[12];  /* none */
    char ttl[4];    /* a number of seconds, which may be negative */
    char number[6]; /* up to 64 bits */
    char modes[7];  /* the letters of M */
    bool tokens;    /* O P L */
};

static const struct meta_command mg = {"mg", "bcfhklqstuv", "NRT", "CE", "", true};
static const struct meta_command ms = {"ms", "bckqsI", "T", "CEF", "EAPRS", true};
static const struct meta_command md = {"md", "bkqxI", "T", "CE", "", true};
static const struct meta_command ma = {"ma", "bckqtv", "NT", "CDEJ", "I+D-", true};
static const struct meta_command me = {"me", "b", "", "", "", false};

/*@ // At most so many letters, and a NUL behind them.
    predicate letters{L}(char *s, integer max) = \valid_read(s + (0 .. max)) && s[max] == '\0';

    predicate has_letters{L}(struct meta_command *c) =
        \valid_read(c) && letters(&c->bare[0], 11) && letters(&c->ttl[0], 3) &&
        letters(&c->number[0], 5) && letters(&c->modes[0], 6);

    predicate has_name{L}(struct meta_command *c) =
        word_byte(c->name[0]) && word_byte(c->name[1]);

    // Flags that can be read, apart from what is written: b[i..e).
    predicate given_flags{L}(struct mc_flag *flags, integer count, char *b, integer i, integer e) =
        \valid_read(flags + (0 .. count - 1)) &&
        \separated(flags + (0 .. count - 1), b + (i .. e - 1)) &&
        \forall integer k; 0 <= k < count ==> given(flags[k].token, b, i, e);
*/

enum { PADDING = 64 };

/* A digit of RFC 4648, or what fills up the last four. */
/*@ requires six <= PADDING;
    assigns \nothing;
    ensures plain_byte(\result); */
static inline char base64(uint32_t six)
{
    const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    return digits[six];
}

/* Three bytes, of which n count, as four characters of RFC 4648. */
/*@ requires \valid(p) && sound(*p) && 1 <= n <= 3 && i + n <= SIZE_MAX;
    requires \valid_read(b + (i .. i + n - 1));
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> p->i == \old(p->i) + 4; */
static void put_base64_group(struct pen *p, const char *b, size_t i, size_t n)
{
    uint32_t bits = (uint32_t)(unsigned char)b[i] << 16;
    if (n > 1)
        bits |= (uint32_t)(unsigned char)b[i + 1] << 8;
    if (n > 2)
        bits |= (uint32_t)(unsigned char)b[i + 2];
    put_char(p, base64(bits >> 18 & 63));
    put_char(p, base64(bits >> 12 & 63));
    put_char(p, base64(n > 1 ? bits >> 6 & 63 : PADDING));
    put_char(p, base64(n > 2 ? bits & 63 : PADDING));
}

/*@ requires \valid(p) && sound(*p) && given(bytes, p->b, p->i, p->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p); */
static void put_base64(struct pen *p, struct mc_bytes bytes)
{
    /*@ loop invariant 0 <= i <= bytes.len + 2 && sound(*p) && goes_on(\at(*p, Pre), *p);
        loop assigns i, p->i, p->cap, p->error, p->b[\at(p->i, Pre) .. \at(p->cap, Pre) - 1];
        loop variant bytes.len + 2 - i; */
    for (size_t i = 0; i < bytes.len && p->error == 0; i += 3)
        put_base64_group(p, bytes.data, i, bytes.len - i < 3 ? bytes.len - i : 3);
}

/*@ requires \valid(p) && sound(*p) && given(key, p->b, p->i, p->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> 1 <= key.len <= MC_KEY_BINARY_MAX; */
static void put_binary_key(struct pen *p, struct mc_bytes key)
{
    if (key.len < 1 || key.len > MC_KEY_BINARY_MAX)
        refuse(p, MC_E_KEY);
    put_char(p, ' ');
    put_base64(p, key);
}

/*@ requires \valid(out) && ready(*out);
    requires given(bytes, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures \result == 0 ? plain(out->data, \old(out->len), out->len)
                         : \result < 0 && out->len == \old(out->len);
    ensures \result == 0 ==> \old(out->len) <= out->len <= \max(\old(out->len), out->cap); */
int mc_put_base64(struct mc_out *out, struct mc_bytes bytes)
{
    struct pen p = pen_of(out);
    put_base64(&p, bytes);
    if (p.error == 0)
        out->len = p.i;
    return p.error;
}

/*@ requires \exists integer max; 0 <= max <= 11 && letters(letters, max);
    assigns \nothing; */
static bool has_letter(const char *letters, char letter)
{
    size_t j = 0;
    /*@ loop invariant 0 <= j <= 11;
        loop invariant \forall integer max; 0 <= max <= 11 && letters(letters, max) ==> j <= max;
        loop assigns j;
        loop variant 11 - j; */
    while (letters[j] != '\0' && letters[j] != letter)
        j++;
    return letters[j] != '\0';
}

/*@ requires \valid_read(flags + (0 .. count - 1));
    assigns \nothing;
    ensures \result ==> \exists integer k; 0 <= k < count && flags[k].letter == letter;
    ensures !\result ==> \forall integer k; 0 <= k < count ==> flags[k].letter != letter; */
static bool has_flag(const struct mc_flag *flags, size_t count, char letter)
{
    size_t k = 0;
    /*@ loop invariant 0 <= k <= count;
        loop invariant \forall integer n; 0 <= n < k ==> flags[n].letter != letter;
        loop assigns k;
        loop variant count - k; */
    while (k < count && flags[k].letter != letter)
        k++;
    return k < count;
}

/*@ requires \valid(p) && sound(*p);
    requires \exists integer max; 0 <= max <= 11 && letters(modes, max);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p); */
static void put_mode(struct pen *p, const char *modes, uint64_t mode)
{
    if (mode > 0x7f || !is_token((char)mode) || !has_letter(modes, (char)mode))
        refuse(p, MC_E_FLAG);
    put_char(p, (char)mode);
}

/* The most bytes of a flag's token; 0: it takes none. */
/*@ assigns \nothing; */
static size_t token_max(char letter)
{
    if (letter == 'O')
        return MC_OPAQUE_MAX;
    return letter == 'P' || letter == 'L' ? MC_KEY_MAX : 0;
}

/*@ requires \valid(p) && sound(*p) && has_letters(command) && \valid_read(flag);
    requires \separated(command, p->b + (p->i .. p->cap - 1));
    requires given_flags(flag, 1, p->b, p->i, p->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p); */
static void put_flag(struct pen *p, const struct meta_command *command, const struct mc_flag *flag)
{
    char letter = flag->letter;
    size_t most = command->tokens ? token_max(letter) : 0;
    put_char(p, ' ');
    if (!is_token(letter))
        refuse(p, MC_E_FLAG);
    put_char(p, letter);
    //@ assert has_letters(command);
    if (has_letter(command->bare, letter))
        return;
    else if (has_letter(command->ttl, letter))
        put_signed_digits(p, flag->ttl);
    else if (has_letter(command->number, letter) &&
             (letter != 'F' || fits_flags(flag->number, flag->large)))
        put_digits(p, flag->number);
    else if (letter == 'M' && command->modes[0] != '\0')
        put_mode(p, command->modes, flag->number);
    else if (most > 0)
        put_token(p, flag->token, most, MC_E_TOKEN);
    else
        refuse(p, has_letter(command->number, letter) ? MC_E_NUMBER : MC_E_FLAG);
}

/*@ requires \valid(p) && sound(*p) && has_letters(command) && count <= MC_TOKENS_MAX;
    requires \separated(command, p->b + (p->i .. p->cap - 1));
    requires given_flags(flags, count, p->b, p->i, p->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p); */
static void put_flags(struct pen *p, const struct meta_command *command,
                      const struct mc_flag *flags, size_t count)
{
    /*@ loop invariant 0 <= k <= count && sound(*p) && goes_on(\at(*p, Pre), *p);
        loop invariant has_letters(command);
        loop invariant given_flags(flags, count, p->b, \at(p->i, Pre), \at(p->cap, Pre));
        loop assigns k, p->i, p->cap, p->error, p->b[\at(p->i, Pre) .. \at(p->cap, Pre) - 1];
        loop variant count - k; */
    for (size_t k = 0; k < count && p->error == 0; k++) {
        if (has_flag(flags, k, flags[k].letter))
            refuse(p, MC_E_FLAG);
        put_flag(p, command, &flags[k]);
    }
}

/* <name> <key>, with a binary key in base64. */
/*@ requires \valid(p) && sound(*p) && has_letters(command) && has_name(command);
    requires given(key, p->b, p->i, p->cap);
    requires \separated(command, p->b + (p->i .. p->cap - 1));
    requires \valid_read(flags + (0 .. count - 1));
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
static void put_meta_key(struct pen *p, const struct meta_command *command, struct mc_bytes key,
                         const struct mc_flag *flags, size_t count)
{
    struct mc_bytes name = {command->name, 2};
    //@ assert plain(name.data, 0, 2);
    put_text(p, name);
    if (has_flag(flags, count, 'b'))
        put_binary_key(p, key);
    else
        put_key(p, key);
}

/* <name> <key>[ <flag>]*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    requires has_letters(command) && has_name(command);
    requires \separated(command, out->data + (out->len .. out->cap - 1));
    requires given_flags(flags, count, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
static int put_meta(struct mc_out *out, const struct meta_command *command, struct mc_bytes key,
                    const struct mc_flag *flags, size_t count)
{
    struct pen p = pen_of(out);
    if (count > MC_TOKENS_MAX - 2)
        return MC_E_FLAG;
    put_meta_key(&p, command, key, flags, count);
    put_flags(&p, command, flags, count);
    return commit(&p, out);
}

/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    requires \separated(&mg, out->data + (out->len .. out->cap - 1));
    requires given_flags(flags, count, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
int mc_put_mg(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta(out, &mg, key, flags, count);
}

/* <name> <key> <datalen>[ <flag>]*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    requires has_letters(command) && has_name(command);
    requires \separated(command, out->data + (out->len .. out->cap - 1));
    requires given_flags(flags, count, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX && size <= MC_VALUE_MAX; */
static int put_meta_size(struct mc_out *out, const struct meta_command *command,
                         struct mc_bytes key, size_t size, const struct mc_flag *flags,
                         size_t count)
{
    struct pen p = pen_of(out);
    if (count > MC_TOKENS_MAX - 3)
        return MC_E_FLAG;
    if (size > MC_VALUE_MAX)
        return MC_E_NUMBER;
    put_meta_key(&p, command, key, flags, count);
    put_number(&p, size);
    put_flags(&p, command, flags, count);
    return commit(&p, out);
}

/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    requires \separated(&ms, out->data + (out->len .. out->cap - 1));
    requires given_flags(flags, count, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX && size <= MC_VALUE_MAX; */
int mc_put_ms(struct mc_out *out, struct mc_bytes key, size_t size, const struct mc_flag *flags,
              size_t count)
{
    return put_meta_size(out, &ms, key, size, flags, count);
}

/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    requires \separated(&md, out->data + (out->len .. out->cap - 1));
    requires given_flags(flags, count, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
int mc_put_md(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta(out, &md, key, flags, count);
}

/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    requires \separated(&ma, out->data + (out->len .. out->cap - 1));
    requires given_flags(flags, count, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
int mc_put_ma(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta(out, &ma, key, flags, count);
}

/*@ requires \valid(out) && ready(*out);
    requires given(key, out->data, out->len, out->cap);
    requires \separated(&me, out->data + (out->len .. out->cap - 1));
    requires given_flags(flags, count, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
int mc_put_me(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta(out, &me, key, flags, count);
}

/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_mn(struct mc_out *out)
{
    return put_line(out, MC_BYTES("mn"));
}

/* ---- authentication -------------------------------------------------------------------------- */

/* As a word, but a space is allowed. */
/*@ requires \valid(p) && sound(*p) && given(password, p->b, p->i, p->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> 1 <= password.len <= MC_KEY_MAX; */
static void put_password(struct pen *p, struct mc_bytes password)
{
    if (password.len < 1 || password.len > MC_KEY_MAX)
        refuse(p, MC_E_TOKEN);
    /*@ loop invariant 0 <= j <= password.len && sound(*p) && goes_on(\at(*p, Pre), *p);
        loop invariant p->error == 0 ==> 1 <= password.len <= MC_KEY_MAX;
        loop assigns j, p->i, p->cap, p->error, p->b[\at(p->i, Pre) .. \at(p->cap, Pre) - 1];
        loop variant password.len - j; */
    for (size_t j = 0; j < password.len && p->error == 0; j++) {
        if (password.data[j] != ' ' && !is_token(password.data[j]))
            refuse(p, MC_E_TOKEN);
        put_char(p, password.data[j]);
    }
}

/* <user> <password> */
/*@ requires \valid(p) && sound(*p) && given(user, p->b, p->i, p->cap);
    requires given(password, p->b, p->i, p->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p);
    ensures p->error == 0 ==> 1 <= user.len <= MC_KEY_MAX && 1 <= password.len <= MC_KEY_MAX; */
static void put_user(struct pen *p, struct mc_bytes user, struct mc_bytes password)
{
    put_token(p, user, MC_KEY_MAX, MC_E_TOKEN);
    put_char(p, ' ');
    put_password(p, password);
}

/* set auth 0 0 <bytes>\r\n */
/*@ requires \valid(p) && sound(*p);
    assigns line_from, p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p) && line_from == p->i;
    ensures p->error == 0 ==> line(p->b, \old(line_from), p->i); */
static void put_auth_line(struct pen *p, size_t size)
{
    put_text(p, MC_BYTES("set auth 0 0"));
    put_number(p, size);
    put_end(p);
    //@ ghost line_from = p->i;
}

/* set <key> <flags> <exptime> <bytes>\r\n<user> <password>\r\n; the key, flags and exptime do not
 * count. */
/*@ requires \valid(out) && ready(*out);
    requires given(user, out->data, out->len, out->cap);
    requires given(password, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures \result == 0 ==> line(out->data, \old(out->len), line_from);
    ensures \result == 0 ==> line(out->data, line_from, out->len) && out->len <= out->cap;
    ensures \result != 0 ==> \result < 0 && out->len == \old(out->len);
    ensures \result == 0 ==> 1 <= user.len <= MC_KEY_MAX && 1 <= password.len <= MC_KEY_MAX; */
int mc_put_auth(struct mc_out *out, struct mc_bytes user, struct mc_bytes password)
{
    struct pen p = pen_of(out);
    put_auth_line(&p, user.len + 1 + password.len);
    put_user(&p, user, password);
    //@ assert p.error == 0 ==> line(out->data, out->len, line_from);
    int error = commit(&p, out);
    //@ assert error == 0 ==> line(out->data, \at(out->len, Pre), line_from);
    return error;
}

/* ---- administration -------------------------------------------------------------------------- */

/* [ <word>]*: words with one space between them. */
/*@ requires \valid(p) && sound(*p) && given(words, p->b, p->i, p->cap);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p); */
static void put_words(struct pen *p, struct mc_bytes words)
{
    /*@ loop invariant 0 <= start <= j <= words.len + 1 && start <= words.len + 1;
        loop invariant sound(*p) && goes_on(\at(*p, Pre), *p);
        loop assigns start, j, p->i, p->cap, p->error, p->b[\at(p->i, Pre) .. \at(p->cap, Pre) - 1];
        loop variant words.len + 1 - j; */
    for (size_t start = 0, j = 0; words.len > 0 && j <= words.len && p->error == 0; j++) {
        if (j < words.len && words.data[j] != ' ')
            continue;
        struct mc_bytes word = {words.data + start, j - start};
        put_word(p, word, MC_KEY_MAX, MC_E_TOKEN);
        start = j + 1;
    }
    if (words.len > MC_REQUEST_MAX / 2)
        refuse(p, MC_E_TOKEN);
}

/* <text>[ <word>]*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(text, out->data, out->len, out->cap);
    requires given(words, out->data, out->len, out->cap);
    requires plain(text.data, 0, text.len);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
static int put_line_words(struct mc_out *out, struct mc_bytes text, struct mc_bytes words)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    put_words(&p, words);
    return commit(&p, out);
}

/* stats[ <args>]\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(words, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_stats(struct mc_out *out, struct mc_bytes words)
{
    return put_line_words(out, MC_BYTES("stats"), words);
}

/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_version(struct mc_out *out)
{
    return put_line(out, MC_BYTES("version"));
}

/* verbosity <level>[ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_verbosity(struct mc_out *out, uint32_t level, bool noreply)
{
    return put_line_number(out, MC_BYTES("verbosity"), level, noreply);
}

/* flush_all <delay>[ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_flush_all(struct mc_out *out, int32_t delay_s, bool noreply)
{
    return put_line_signed(out, MC_BYTES("flush_all"), delay_s, noreply);
}

/* cache_memlimit <megabytes>[ noreply]\r\n */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_cache_memlimit(struct mc_out *out, uint32_t megabytes, bool noreply)
{
    return put_line_number(out, MC_BYTES("cache_memlimit"), megabytes, noreply);
}

/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_shutdown(struct mc_out *out, bool graceful)
{
    return put_line(out, graceful ? MC_BYTES("shutdown graceful") : MC_BYTES("shutdown"));
}

/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_quit(struct mc_out *out)
{
    return put_line(out, MC_BYTES("quit"));
}

/* slabs reassign <source class> <dest class>\r\n; source class -1: any */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_slabs_reassign(struct mc_out *out, int32_t source_class, int32_t dest_class)
{
    struct pen p = pen_of(out);
    if (source_class < -1 || dest_class < 0)
        return MC_E_NUMBER;
    put_text(&p, MC_BYTES("slabs reassign"));
    put_signed(&p, source_class);
    put_signed(&p, dest_class);
    return commit(&p, out);
}

/* slabs automove <0|1|2>\r\n */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_slabs_automove(struct mc_out *out, uint32_t mode)
{
    return mode > 2 ? MC_E_NUMBER : put_line_number(out, MC_BYTES("slabs automove"), mode, false);
}

/* A number of thousandths, with a point before its last three digits and at least one digit before
 * that. It is printed one byte further on, and what belongs before the point moved back. */
/*@ requires \valid(p) && sound(*p);
    assigns p->i, p->cap, p->error, p->b[p->i .. p->cap - 1];
    ensures sound(*p) && goes_on(\old(*p), *p); */
static void put_milli(struct pen *p, uint32_t milli)
{
    size_t digits = mc_decimal_digits(milli), whole = digits > 3 ? digits - 3 : 1;
    put_char(p, ' ');
    if (!has_room(p, whole + 4))
        return;
    mc_decimal_write(p->b, p->i + 1, whole + 3, milli);
    /*@ loop invariant 0 <= j <= whole;
        loop invariant plain(p->b, line_from, p->i) && digits(p->b, p->i, p->i + j);
        loop invariant digits(p->b, p->i + j + 1, p->i + whole + 4);
        loop assigns j, p->b[p->i .. p->i + whole - 1];
        loop variant whole - j; */
    for (size_t j = 0; j < whole; j++)
        p->b[p->i + j] = p->b[p->i + j + 1];
    p->b[p->i + whole] = '.';
    p->i += whole + 4;
}

/* lru tune <percent hot> <percent warm> <max hot factor> <max warm age factor>\r\n */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_tune(struct mc_out *out, uint32_t hot_percent, uint32_t warm_percent,
                    uint32_t hot_factor_milli, uint32_t warm_factor_milli)
{
    struct pen p = pen_of(out);
    if (hot_percent > 100 || warm_percent > 100)
        return MC_E_NUMBER;
    put_text(&p, MC_BYTES("lru tune"));
    put_number(&p, hot_percent);
    put_number(&p, warm_percent);
    put_milli(&p, hot_factor_milli);
    put_milli(&p, warm_factor_milli);
    return commit(&p, out);
}

/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_mode(struct mc_out *out, bool segmented)
{
    return put_line(out, segmented ? MC_BYTES("lru mode segmented") : MC_BYTES("lru mode flat"));
}

/* lru temp_ttl <ttl>\r\n */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_temp_ttl(struct mc_out *out, int32_t ttl_s)
{
    return put_line_signed(out, MC_BYTES("lru temp_ttl"), ttl_s, false);
}

/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_crawler_enable(struct mc_out *out, bool enable)
{
    return put_line(out, enable ? MC_BYTES("lru_crawler enable") : MC_BYTES("lru_crawler disable"));
}

/* lru_crawler sleep <microseconds>\r\n */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_crawler_sleep(struct mc_out *out, uint32_t microseconds)
{
    if (microseconds > 1000000)
        return MC_E_NUMBER;
    return put_line_number(out, MC_BYTES("lru_crawler sleep"), microseconds, false);
}

/* lru_crawler tocrawl <32u>\r\n */
/*@ requires \valid(out) && ready(*out);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_crawler_tocrawl(struct mc_out *out, uint32_t items)
{
    return put_line_number(out, MC_BYTES("lru_crawler tocrawl"), items, false);
}

/* <text> <classid,classid,classid|all|hash>\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(text, out->data, out->len, out->cap);
    requires given(classes, out->data, out->len, out->cap);
    requires plain(text.data, 0, text.len);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
static int put_line_classes(struct mc_out *out, struct mc_bytes text, struct mc_bytes classes)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    put_word(&p, classes, MC_KEY_MAX, MC_E_TOKEN);
    return commit(&p, out);
}

/*@ requires \valid(out) && ready(*out);
    requires given(classes, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_crawler_crawl(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler crawl"), classes);
}

/*@ requires \valid(out) && ready(*out);
    requires given(classes, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_crawler_metadump(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler metadump"), classes);
}

/*@ requires \valid(out) && ready(*out);
    requires given(classes, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_lru_crawler_mgdump(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler mgdump"), classes);
}

/* watch[ <fetchers|mutations|evictions|connevents|...>]*\r\n */
/*@ requires \valid(out) && ready(*out);
    requires given(words, out->data, out->len, out->cap);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result); */
int mc_put_watch(struct mc_out *out, struct mc_bytes words)
{
    return put_line_words(out, MC_BYTES("watch"), words);
}
