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

/* The index behind a number of one to nine digits that starts at i, if a byte follows it; or 0.
 * Behind a 0 it ends, and what follows is no space then. */
static inline size_t mc_item_number(const char *b, size_t i, size_t e, uint32_t *number)
{
    uint32_t sum = i < e ? (uint32_t)(unsigned char)b[i] - '0' : 10;
    size_t j = i + 1;
    if (sum > 9)
        return 0;
    for (; sum > 0 && j < e && b[j] >= '0' && b[j] <= '9'; j++)
        sum = sum * 10 + (uint32_t)(b[j] - '0');
    *number = sum;
    return j < e && j - i <= MC_DECIMAL_SHORT ? j : 0;
}

/* True when CRLF is at b[i], of at least two bytes. */
static inline bool mc_item_crlf(const char *b, size_t i)
{
    return memcmp(b + i, "\r\n", 2) == 0;
}

/* The index behind "VALUE <key> " at the front of b[0..e), or 0. */
static inline size_t mc_item_key(const char *b, size_t e, struct mc_bytes key)
{
    if (e < 7 || key.len > e - 7 || memcmp(b, "VALUE ", 6) != 0 || b[6 + key.len] != ' ' ||
        memcmp(b + 6, key.data, key.len) != 0)
        return 0;
    return 6 + key.len + 1;
}

/* An item for this key at the front of b[0..e), into reply->flags, size and text: the index behind
 * it; or 0. */
static inline size_t mc_item_end(const char *b, size_t e, struct mc_bytes key,
                                 struct mc_reply *reply)
{
    size_t i = mc_item_key(b, e, key);
    reply->flags = reply->size = 0;
    reply->text.data = NULL;
    reply->text.len = 0;
    if (i > 0)
        i = mc_item_number(b, i, e, &reply->flags);
    if (i == 0 || b[i] != ' ')
        return 0;
    i = mc_item_number(b, i + 1, e, &reply->size);
    if (i == 0 || e - i < 4 || e - i - 4 < reply->size || !mc_item_crlf(b, i))
        return 0;
    size_t end = i + 2 + reply->size;
    reply->text.data = b + i + 2;
    reply->text.len = reply->size;
    return mc_item_crlf(b, end) ? end + 2 : 0;
}

/* True when b[i..e) is the END of a retrieval and nothing else. */
static inline bool mc_item_ends(const char *b, size_t i, size_t e)
{
    return e - i == 5 && memcmp(b + i, "END\r\n", 5) == 0;
}

#endif
