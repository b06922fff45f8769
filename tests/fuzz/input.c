/* Makes decisions from a fuzzer's bytes. */
#include "input.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t input_byte(struct input *in)
{
    if (in->len == 0)
        return 0;
    in->len--;
    return *in->data++;
}

uint64_t input_number(struct input *in)
{
    uint8_t first = input_byte(in);
    uint64_t number = 0;
    if (first < 0xf8)
        return first;
    for (int k = first & 7; k >= 0; k--)
        number = number << 8 | input_byte(in);
    return number;
}

char *input_space(struct input *in, size_t size)
{
    char *space = in->count < INPUT_BLOCKS ? malloc(size > 0 ? size : 1) : NULL;
    if (space == NULL)
        fuzz_fail("no space for the target itself");
    in->blocks[in->count] = space;
    in->count++;
    return space;
}

struct mc_bytes input_bytes(struct input *in)
{
    size_t size = input_byte(in);
    bool repeated = size >= 128;
    if (repeated)
        size = (size - 127) * 2;
    else if (size > in->len)
        size = in->len;
    char *space = input_space(in, size);
    if (repeated) {
        memset(space, input_byte(in), size);
    } else if (size > 0) {
        memcpy(space, in->data, size);
        in->data += size;
        in->len -= size;
    }
    return (struct mc_bytes){space, size};
}

void input_free(struct input *in)
{
    for (size_t k = 0; k < in->count; k++)
        free(in->blocks[k]);
    in->count = 0;
}

bool input_same(struct mc_bytes a, struct mc_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

void fuzz_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("found: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
