/* Makes keys and values, and checks values. */
#include "data.h"

#include <stdlib.h>
#include <string.h>

enum { STARTS = 1 << 20, SIZE_STEP = 7919, PAIRS = 100 };

static char pairs[PAIRS * 2]; /* "00", "01", ... "99" */
static char *text;            /* each value is a piece of it */

size_t data_key_max(const char *prefix)
{
    return strlen(prefix) + sizeof "4294967295" - 1;
}

/* Two digits at a time: half of the divisions. Returns where they end. */
static inline char *put_pair(char *to, uint32_t number)
{
    memcpy(to, &pairs[2 * (size_t)number], 2);
    return to + 2;
}

/* One digit or two. */
static inline char *put_first(char *to, uint32_t number)
{
    *to = (char)('0' + number);
    return number < 10 ? to + 1 : put_pair(to, number);
}

static char *put_number(char *to, uint32_t number)
{
    if (number < 100)
        return put_first(to, number);
    to = number < 10000 ? put_first(to, number / 100) : put_number(to, number / 100);
    return put_pair(to, number % 100);
}

size_t data_key(char *to, size_t prefix_len, uint32_t number)
{
    return (size_t)(put_number(to + prefix_len, number) - to);
}

size_t data_lengthen(char *to, size_t len, uint32_t number, const struct sizes *sizes)
{
    struct dist dist = {.state = number};
    size_t size = sizes_draw(sizes, &dist);

    if (size <= len)
        return len;
    memset(to + len, '-', size - len);
    return size;
}

static void fill_text(size_t size)
{
    uint32_t state = 1;

    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = (char)('a' + (state >> 24) * 26 / 256);
    }
}

bool data_init(size_t size_max)
{
    size_t size = STARTS + size_max;

    for (size_t i = 0; i < PAIRS; i++) {
        pairs[2 * i] = (char)('0' + i / 10);
        pairs[2 * i + 1] = (char)('0' + i % 10);
    }
    text = malloc(size);
    if (text == NULL)
        return false;
    fill_text(size);
    return true;
}

void data_free(void)
{
    free(text);
}

struct mc_bytes data_value(uint32_t number, size_t size)
{
    return (struct mc_bytes){text + (number + size * SIZE_STEP) % STARTS, size};
}

bool data_matches(struct mc_bytes value, size_t offset, struct mc_bytes piece)
{
    return memcmp(value.data + offset, piece.data, piece.len) == 0;
}
