/* Writes and reads values that name themselves. */
#include "stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAMP_MAX = 320 };

/* The sequence number comes first: the value to compare with is made from it. */
static size_t print(const struct stamp *stamp, char text[STAMP_MAX])
{
    return (size_t)snprintf(text, STAMP_MAX, "%020llu by %u of %.*s;",
                            (unsigned long long)stamp->sequence, stamp->writer, (int)stamp->key.len,
                            stamp->key.data);
}

void stamp_write(const struct stamp *stamp, char *value, size_t size)
{
    char text[STAMP_MAX];
    size_t len = print(stamp, text);
    for (size_t k = 0; k < size; k += len)
        memcpy(value + k, text, size - k < len ? size - k : len);
}

bool stamp_read(struct stamp *stamp, const char *value, size_t size)
{
    char text[STAMP_MAX], number[21] = {0};
    if (size < 20)
        return false;
    memcpy(number, value, 20);
    stamp->sequence = strtoull(number, NULL, 10);
    size_t len = print(stamp, text);
    for (size_t k = 0; k < size; k += len) {
        if (memcmp(value + k, text, size - k < len ? size - k : len) != 0)
            return false;
    }
    return size >= len;
}
