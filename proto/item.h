/* The usual answer to a get, by its bytes alone: for item.c, and for a client that looks at it
 * before it asks the reader.
 *
 * VALUE <key> <flags> <bytes>\r\n<data block>\r\n, and END\r\n; what is not exactly this is left to
 * the reader, which knows what it is. */
#ifndef MC_ITEM_H
#define MC_ITEM_H

#include "decimal.h"
#include "proto.h"

#include <string.h>

/*@ predicate same{L}(char *a, char *b, integer n) =
        \forall integer k; 0 <= k < n ==> a[k] == b[k];

    predicate crlf{L}(char *b, integer i) = b[i] == '\r' && b[i + 1] == '\n';

    predicate value_word{L}(char *b) = b[0] == 'V' && b[1] == 'A' && b[2] == 'L' && b[3] == 'U' &&
                                       b[4] == 'E' && b[5] == ' ';

    predicate end_line{L}(char *b, integer i) =
        b[i] == 'E' && b[i + 1] == 'N' && b[i + 2] == 'D' && crlf(b, i + 3);

    // No object is larger than PTRDIFF_MAX.
    predicate window{L}(char *b, integer e) = e <= PTRDIFF_MAX && \valid_read(b + (0 .. e - 1));
*/

/* What the proofs know of powers of ten: it is in no program. */
/*@ ghost
    /@ requires 1 <= n <= MC_DECIMAL_SHORT;
       assigns \nothing;
       ensures ten_to(n) <= 1000000000; @/
    void mc_item_lemma(size_t n)
    {
        /@ assert ten_to(1) == 10; @/
        /@ assert ten_to(2) == 100; @/
        /@ assert ten_to(3) == 1000; @/
        /@ assert ten_to(4) == 10000; @/
        /@ assert ten_to(5) == 100000; @/
        /@ assert ten_to(6) == 1000000; @/
        /@ assert ten_to(7) == 10000000; @/
        /@ assert ten_to(8) == 100000000; @/
        /@ assert ten_to(9) == 1000000000; @/
        /@ assert n == 1 || n == 2 || n == 3 || n == 4 || n == 5 || n == 6 || n == 7 || n == 8 ||
                  n == 9; @/
    }
*/

/* True when a[0..n) and b[0..n) are the same. */
/*@ requires \valid_read(a + (0 .. n - 1)) && \valid_read(b + (0 .. n - 1));
    assigns \nothing;
    ensures \result ==> same(a, b, n);
    ensures same(a, b, n) ==> \result; */
static inline bool mc_item_same(const char *a, const char *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}

/* The index behind a number of one to nine digits that starts at i, if a byte follows it; or 0.
 * Behind a 0 it ends, and what follows is no space then. */
/*@ requires window(b, e) && i <= e && \valid(number);
    requires \separated(number, b + (0 .. e - 1));
    assigns *number;
    ensures \result == 0 || i < \result < e;
    ensures \result != 0 ==> is_decimal(b, i, \result, 999999999);
    ensures \result != 0 ==> *number == value_of(b, i, \result); */
static inline size_t mc_item_number(const char *b, size_t i, size_t e, uint32_t *number)
{
    if (i >= e || b[i] < '0' || b[i] > '9')
        return 0;
    uint32_t sum = (uint32_t)(b[i] - '0');
    size_t j = i + 1;
    /*@ loop invariant i < j <= e && digits(b, i, j) && (b[i] == '0' ==> j == i + 1);
        loop invariant j - i <= MC_DECIMAL_SHORT ==> sum == value_of(b, i, j) < ten_to(j - i);
        loop assigns j, sum;
        loop variant e - j; */
    for (; sum > 0 && j < e && b[j] >= '0' && b[j] <= '9'; j++) {
        //@ ghost if (j - i < MC_DECIMAL_SHORT) mc_item_lemma(j - i + 1);
        //@ assert j - i < MC_DECIMAL_SHORT ==> value_of(b, i, j + 1) == 10 * sum + (b[j] - '0');
        sum = sum * 10 + (uint32_t)(b[j] - '0');
    }
    //@ ghost if (j - i <= MC_DECIMAL_SHORT) mc_item_lemma(j - i);
    *number = sum;
    return j < e && j - i <= MC_DECIMAL_SHORT ? j : 0;
}

/* True when CRLF is at b[i], of at least two bytes. */
/*@ requires i + 1 <= SIZE_MAX && \valid_read(b + (i .. i + 1));
    assigns \nothing;
    ensures \result ==> crlf(b, i);
    ensures crlf(b, i) ==> \result; */
static inline bool mc_item_crlf(const char *b, size_t i)
{
    return mc_item_same(b + i, "\r\n", 2);
}

/* The index behind "VALUE <key> " at the front of b[0..e), or 0. */
/*@ requires window(b, e) && \valid_read(key.data + (0 .. key.len - 1));
    assigns \nothing;
    ensures \result == 0 || \result == 6 + key.len + 1 <= e;
    ensures \result != 0 ==> value_word(b) && same(b + 6, key.data, key.len) &&
                             b[6 + key.len] == ' '; */
static inline size_t mc_item_key(const char *b, size_t e, struct mc_bytes key)
{
    if (e < 7 || key.len > e - 7 || !mc_item_same(b, "VALUE ", 6) || b[6 + key.len] != ' ' ||
        !mc_item_same(b + 6, key.data, key.len))
        return 0;
    return 6 + key.len + 1;
}

/* CRLF at i, the value of reply->size bytes, which becomes reply->text, and CRLF: the index behind
 * it; or 0. */
/*@ requires window(b, e) && 0 < i <= e && \valid(reply) && \separated(reply, b + (0 .. e - 1));
    assigns reply->text;
    ensures \result != 0 ==> \result == i + 4 + reply->size <= e;
    ensures \result != 0 ==> crlf(b, i) && crlf(b, i + 2 + reply->size);
    ensures \result != 0 ==> reply->text.len == reply->size && reply->text.data == b + (i + 2); */
static inline size_t mc_item_value(const char *b, size_t i, size_t e, struct mc_reply *reply)
{
    if (e - i < 4 || e - i - 4 < reply->size || !mc_item_crlf(b, i))
        return 0;
    size_t end = i + 2 + reply->size;
    reply->text.data = b + i + 2;
    reply->text.len = reply->size;
    return mc_item_crlf(b, end) ? end + 2 : 0;
}

/* An item for this key at the front of b[0..e), into reply->flags, size and text: the index behind
 * it; or 0. */
/*@ requires window(b, e) && \valid_read(key.data + (0 .. key.len - 1)) && \valid(reply);
    requires \separated(reply, b + (0 .. e - 1));
    requires \separated(reply, key.data + (0 .. key.len - 1));
    assigns reply->flags, reply->size, reply->text;
    ensures \result == 0 || 6 + key.len + 1 < \result <= e;
    ensures \result != 0 ==> same(b + 6, key.data, key.len);
    ensures \result != 0 ==> reply->text.len == reply->size &&
                             reply->text.data == b + (\result - 2 - reply->size);
    ensures \result != 0 ==> crlf(b, \result - 2) && crlf(b, \result - 4 - reply->size); */
static inline size_t mc_item_end(const char *b, size_t e, struct mc_bytes key,
                                 struct mc_reply *reply)
{
    size_t i = mc_item_key(b, e, key);
    uint32_t flags = 0;
    reply->flags = reply->size = 0;
    reply->text.data = NULL;
    reply->text.len = 0;
    if (i > 0)
        i = mc_item_number(b, i, e, &flags);
    if (i == 0 || b[i] != ' ')
        return 0;
    reply->flags = flags;
    i = mc_item_number(b, i + 1, e, &reply->size);
    return i > 0 ? mc_item_value(b, i, e, reply) : 0;
}

/* True when b[i..e) is the END of a retrieval and nothing else. */
/*@ requires window(b, e) && i <= e;
    assigns \nothing;
    ensures \result ==> e - i == 5 && end_line(b, i); */
static inline bool mc_item_ends(const char *b, size_t i, size_t e)
{
    return e - i == 5 && mc_item_same(b + i, "END\r\n", 5);
}

#endif
