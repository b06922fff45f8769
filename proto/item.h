/* The usual answer to a get, recognized by its bytes: for item.c, and for a client that tries this
 * before the reader.
 *
 * It is VALUE <key> <flags> <bytes>\r\n<data block>\r\n and END\r\n. Anything else is left to the
 * reader. Each function returns the index after what it recognized, or 0. */
#ifndef MC_ITEM_H
#define MC_ITEM_H

#include "decimal.h"
#include "proto.h"

#include <string.h>

#ifdef __FRAMAC__
#include "contracts/item.h"
#endif

/* True when a[0..n) equals b[0..n). */
static inline bool mc_item_same(const char *a, const char *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}

/* Reads a number of one to nine digits from i on, if two bytes follow the first of them. */
inline size_t mc_item_number(const char *b, size_t i, size_t e, uint32_t *number)
{
    if (i + 2 >= e || b[i] < '0' || b[i] > '9')
        return 0;
    uint32_t sum = (uint32_t)(b[i] - '0');
    size_t j = i + 1;
    if (b[j] >= '0' && b[j] <= '9') {
        if (sum == 0)
            return 0;
        sum = sum * 10 + (uint32_t)(b[j] - '0');
        j++;
        //@ ghost mc_item_lemma(2);
        /*@ loop invariant i + 1 < j < e && j - i <= MC_DECIMAL_SHORT && digits(b, i, j);
            loop invariant sum == value_of(b, i, j) < ten_to(j - i);
            loop assigns j, sum;
            loop variant e - j; */
        while (b[j] >= '0' && b[j] <= '9') {
            //@ ghost if (j - i < MC_DECIMAL_SHORT) mc_item_lemma(j - i + 1);
            /*@ assert j - i < MC_DECIMAL_SHORT ==>
                    value_of(b, i, j + 1) == 10 * sum + (b[j] - '0'); */
            sum = sum * 10 + (uint32_t)(b[j] - '0');
            j++;
            if (j >= e || j - i > MC_DECIMAL_SHORT)
                return 0;
        }
    }
    //@ ghost mc_item_lemma(j - i);
    *number = sum;
    return j;
}

/* True when b[i..i + 2) is CRLF. */
static inline bool mc_item_crlf(const char *b, size_t i)
{
    return mc_item_same(b + i, "\r\n", 2);
}

/* Recognizes "VALUE <key> " at the front of b[0..e), but for the key: only its length. */
static inline size_t mc_item_word(const char *b, size_t e, size_t key)
{
    if (e < 7 || key > e - 7 || !mc_item_same(b, "VALUE ", 6) || b[6 + key] != ' ')
        return 0;
    return 6 + key + 1;
}

/* Recognizes "VALUE <key> " at the front of b[0..e). */
static inline size_t mc_item_key(const char *b, size_t e, struct mc_bytes key)
{
    size_t i = mc_item_word(b, e, key.len);
    return i > 0 && mc_item_same(b + 6, key.data, key.len) ? i : 0;
}

/* Recognizes CRLF at i, a value of reply->size bytes, which becomes reply->text, and CRLF. */
static inline size_t mc_item_value(const char *b, size_t i, size_t e, struct mc_reply *reply)
{
    if (e - i < reply->size + 4 || !mc_item_crlf(b, i))
        return 0;
    size_t end = i + 2 + reply->size;
    reply->text.data = b + i + 2;
    reply->text.len = reply->size;
    return mc_item_crlf(b, end) ? end + 2 : 0;
}

/* Recognizes an item for this key at the front of b[0..e): reply->flags, size and text. */
static inline size_t mc_item_end(const char *b, size_t e, struct mc_bytes key,
                                 struct mc_reply *reply)
{
    size_t i = mc_item_key(b, e, key);
    uint32_t flags = 0;
    reply->flags = reply->size = 0;
    reply->text.data = NULL;
    reply->text.len = 0;
    if (i == 0)
        return 0;
    i = mc_item_number(b, i, e, &flags);
    if (b[i] != ' ') /* b[0] is not a space */
        return 0;
    reply->flags = flags;
    i = mc_item_number(b, i + 1, e, &reply->size);
    return mc_item_value(b, i, e, reply);
}

/* True when b[i..e) is the END of a retrieval and nothing else. */
static inline bool mc_item_ends(const char *b, size_t i, size_t e)
{
    return e - i == 5 && mc_item_same(b + i, "END\r\n", 5);
}

#endif
