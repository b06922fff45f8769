/* The workload's get and set over the smallest part of proto/: put_classic.c, and item.c, which knows the
 * usual answer to a get and nothing else. The answer to a set is one word. Whatever else the server
 * says ends it, and is not understood. */
#include "remote.h"
#include "wire.h"

#include <string.h>

/* True when a whole line is there: more bytes will not make another one of it. */
static bool has_line(void)
{
    size_t i = 0;

    while (i < wire.in.len && wire.in.data[i] != '\n')
        i++;
    return i < wire.in.len;
}

/* Copies the value, if it fits. */
static void copy_value(const struct mc_reply *reply, struct workload_value *value)
{
    value->flags = reply->flags;
    value->len = reply->size;
    if (value->len <= sizeof value->text)
        memcpy(value->text, reply->text.data, value->len);
}

enum workload_found remote_get(void *ctx, const char *key, size_t len, struct workload_value *value)
{
    static const struct mc_reader between_lines;
    struct mc_bytes asked = {key, len};
    struct mc_out out = wire_begin();
    struct mc_reply reply;
    enum workload_found found = WORKLOAD_MISS;

    (void)ctx;
    for (wire_send(mc_put_get(&out, &asked, 1), &out); wire.failure == 0; wire_receive()) {
        if (mc_item_next(&between_lines, &wire.in, asked, &reply) == MC_VALUE) {
            copy_value(&reply, value);
            found = WORKLOAD_HIT;
        }
        if (mc_item_is_end(&between_lines, wire.in))
            return found;
        if (has_line() && wire.in.data[0] != 'V')
            wire_fail(MC_E_PROTOCOL);
    }
    return WORKLOAD_FAILED;
}

int remote_set(void *ctx, const char *key, size_t len, const struct workload_value *value)
{
    static const char stored[] = "STORED\r\n";
    const struct mc_item item = {
        .key = {key, len}, .value = {value->text, value->len}, .flags = value->flags};
    struct mc_out out = wire_begin();

    (void)ctx;
    for (wire_send(wire_put_set(&out, &item), &out); wire.failure == 0; wire_receive()) {
        if (wire.in.len == sizeof stored - 1 && memcmp(wire.in.data, stored, wire.in.len) == 0)
            return 0;
        if (has_line())
            wire_fail(MC_E_PROTOCOL);
    }
    return -1;
}
