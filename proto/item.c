/* The usual answer to a get at one go: the lines that reader.c reads piece by piece, when they lie
 * in the window whole and say what was expected. It saves most of the time that a hit costs;
 * whatever is not quite as expected is left to the reader, which knows what it is. */
#include "decimal.h"
#include "proto.h"

#include <string.h>

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The index behind a number of one to nine digits that starts at i, if a byte follows it; or 0. */
static inline size_t number_end(const char *b, size_t i, size_t e, uint32_t *number)
{
    if (i >= e || !is_digit(b[i]))
        return 0;
    uint32_t sum = (uint32_t)(b[i] - '0');
    size_t j = i + 1;
    for (; j < e && is_digit(b[j]); j++)
        sum = sum * 10 + (uint32_t)(b[j] - '0');
    *number = sum;
    bool canonical = j - i <= MC_DECIMAL_SHORT && (b[i] != '0' || j - i == 1);
    return canonical && j < e ? j : 0;
}

/* The index behind "VALUE <key> " at the front of b[0..e), or 0. */
static inline size_t key_end(const char *b, size_t e, struct mc_bytes key)
{
    if (e < 7 || key.len > e - 7 || memcmp(b, "VALUE ", 6) != 0 || b[6 + key.len] != ' ' ||
        memcmp(b + 6, key.data, key.len) != 0)
        return 0;
    return 6 + key.len + 1;
}

/* VALUE <key> <flags> <bytes>\r\n<data block>\r\n: the index behind it, or 0. */
static inline size_t item_end(const char *b, size_t e, struct mc_bytes key, struct mc_reply *reply)
{
    size_t i = key_end(b, e, key);
    if (i > 0)
        i = number_end(b, i, e, &reply->flags);
    if (i == 0 || b[i] != ' ')
        return 0;
    i = number_end(b, i + 1, e, &reply->size);
    if (i == 0 || e - i < 4 || e - i - 4 < reply->size || b[i] != '\r' || b[i + 1] != '\n')
        return 0;
    size_t end = i + 2 + reply->size;
    reply->text.data = b + i + 2;
    reply->text.len = reply->size;
    return b[end] == '\r' && b[end + 1] == '\n' ? end + 2 : 0;
}

int mc_item_next(const struct mc_reader *reader, struct mc_bytes *in, struct mc_bytes key,
                 struct mc_reply *reply)
{
    size_t end = reader->state == 0 ? item_end(in->data, in->len, key, reply) : 0;
    if (end == 0)
        return MC_MORE;
    in->data += end;
    in->len -= end;
    return MC_VALUE;
}

bool mc_item_is_end(const struct mc_reader *reader, struct mc_bytes in)
{
    const char *b = in.data;
    return reader->state == 0 && in.len == 5 && b[0] == 'E' && b[1] == 'N' && b[2] == 'D' &&
           b[3] == '\r' && b[4] == '\n';
}
