/* Makes keys, and values that carry them; and checks values. */
#include "data.h"

#include <string.h>

enum { FILLER = 16384, PAIRS = 100 };

static char filler[FILLER], pairs[PAIRS * 2]; /* pairs: "00", "01", ... "99" */

static size_t count_digits(uint32_t number)
{
    size_t digits = 1;

    for (uint64_t power = 10; number >= power; power *= 10)
        digits++;
    return digits;
}

size_t data_key_max(const char *prefix)
{
    return strlen(prefix) + count_digits(UINT32_MAX);
}

/* Two digits at a time: half of the divisions. */
size_t data_key(char *to, size_t prefix_len, uint32_t number)
{
    size_t end = prefix_len + count_digits(number), i = end;

    for (; number >= 100; number /= 100) {
        i -= 2;
        memcpy(to + i, &pairs[2 * (size_t)(number % 100)], 2);
    }
    if (number >= 10)
        memcpy(to + prefix_len, &pairs[2 * (size_t)number], 2);
    else
        to[prefix_len] = (char)('0' + number);
    return end;
}

void data_init(void)
{
    uint32_t state = 1;

    for (size_t i = 0; i < PAIRS; i++) {
        pairs[2 * i] = (char)('0' + i / 10);
        pairs[2 * i + 1] = (char)('0' + i % 10);
    }
    for (size_t i = 0; i < FILLER; i++) {
        state = state * 1664525 + 1013904223;
        filler[i] = (char)('a' + (state >> 24) % 26);
    }
}

/* Where a key's filler begins: a hash of the key (FNV-1a). */
static size_t filler_start(struct mc_bytes key)
{
    uint32_t hash = 2166136261;

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * 16777619;
    return hash % FILLER;
}

/* What a value has from `offset` on, as far as it lies in one piece. */
static struct mc_bytes piece_at(struct mc_bytes key, size_t size, size_t offset)
{
    size_t head = size < key.len ? size : key.len;

    if (offset < head)
        return (struct mc_bytes){key.data + key.len - head + offset, head - offset};
    size_t at = (filler_start(key) + offset) % FILLER;
    return (struct mc_bytes){filler + at, FILLER - at};
}

void data_put(char *to, struct mc_bytes key, size_t size)
{
    for (size_t offset = 0; offset < size;) {
        struct mc_bytes piece = piece_at(key, size, offset);
        size_t len = piece.len < size - offset ? piece.len : size - offset;
        memcpy(to + offset, piece.data, len);
        offset += len;
    }
}

bool data_matches(struct mc_bytes key, size_t size, size_t offset, struct mc_bytes piece)
{
    for (size_t done = 0; done < piece.len;) {
        struct mc_bytes wanted = piece_at(key, size, offset + done);
        size_t len = wanted.len < piece.len - done ? wanted.len : piece.len - done;
        if (memcmp(piece.data + done, wanted.data, len) != 0)
            return false;
        done += len;
    }
    return true;
}
