/* Base64 to bytes, and back, with what proto/ has. */
#include "base64.h"

#include <string.h>

#include "argument.h"

/* Is this how the last bytes of a text are written, with no bit set beyond them? */
static bool is_last_group(const char *group, struct mc_bytes bytes)
{
    char written[4];
    struct mc_out room = {written, sizeof written, 0};

    mc_put_base64(&room, bytes);
    return memcmp(group, written, room.len) == 0;
}

bool base64_read(struct buffer *out, struct mc_bytes text)
{
    buffer_reserve(out, text.len / 4 * 3);
    char *to = out->data + out->len;
    size_t len = mc_argument_base64(text, to), rest = len % 3;
    out->len += len;
    if (len == 0)
        return text.len == 0;
    return is_last_group(text.data + text.len - 4, (struct mc_bytes){to + len - rest, rest});
}

void base64_write(struct buffer *out, struct mc_bytes bytes)
{
    buffer_reserve(out, (bytes.len + 2) / 3 * 4);
    struct mc_out room = {out->data, out->cap, out->len};
    mc_put_base64(&room, bytes);
    out->len = room.len;
}
