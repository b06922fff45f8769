/* Base64 to bytes, and back with what proto/ has. */
#include "base64.h"

#include <string.h>

/* The value of a digit, or -1. */
static int digit_value(char digit)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = digit != '\0' ? strchr(digits, digit) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* Reads four digits, the last `padding` of which are '='. */
static bool read_group(struct buffer *out, const char *group, size_t padding)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - padding ? digit_value(group[i]) : 0;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    for (size_t i = 0; i < 3 - padding; i++)
        out->data[out->len++] = (char)(bits >> (16 - 8 * i));
    return (bits & ((UINT32_C(1) << 8 * padding) - 1)) == 0;
}

bool base64_read(struct buffer *out, struct mc_bytes text)
{
    size_t padding = 0;

    if (text.len % 4 != 0)
        return false;
    while (padding < 2 && padding < text.len && text.data[text.len - 1 - padding] == '=')
        padding++;
    buffer_reserve(out, text.len / 4 * 3);
    for (size_t i = 0; i < text.len; i += 4)
        if (!read_group(out, text.data + i, i + 4 == text.len ? padding : 0))
            return false;
    return true;
}

void base64_write(struct buffer *out, struct mc_bytes bytes)
{
    buffer_reserve(out, (bytes.len + 2) / 3 * 4);
    struct mc_out room = {out->data, out->cap, out->len};
    mc_put_base64(&room, bytes);
    out->len = room.len;
}
