/* The workload's get and set over proto/ alone, without a client. Whatever is not just the answer
 * that was asked for ends it. */
#include "remote.h"
#include "wire.h"

#include <string.h>

static struct mc_reader reader;

/* The next event of the reply, or negative. */
static int next(struct mc_reply *reply)
{
    int event = MC_MORE;

    while (wire.failure == 0 && event == MC_MORE) {
        event = mc_reader_next(&reader, &wire.in, reply);
        if (event == MC_MORE)
            wire_receive();
    }
    return wire.failure < 0 ? wire.failure : event;
}

/* Copies the value after MC_VALUE to value->text, as far as it fits. Returns the event after it. */
static int copy_value(struct mc_reply *reply, struct workload_value *value)
{
    size_t got = 0;
    int event;

    value->len = reply->size;
    value->flags = reply->flags;
    while ((event = next(reply)) == MC_BODY) {
        for (size_t i = 0; i < reply->text.len; i++, got++) {
            if (got < sizeof value->text)
                value->text[got] = reply->text.data[i];
        }
    }
    return event;
}

enum workload_found remote_get(void *ctx, const char *key, size_t len, struct workload_value *value)
{
    struct mc_bytes asked = {key, len};
    struct mc_out out = wire_begin();
    struct mc_reply reply;
    enum workload_found found = WORKLOAD_MISS;

    (void)ctx;
    wire_send(mc_put_get(&out, &asked, 1), &out);
    int event = next(&reply);
    if (event == MC_VALUE && reply.key.len == len && memcmp(reply.key.data, key, len) == 0) {
        found = WORKLOAD_HIT;
        event = copy_value(&reply, value);
    }
    if (event == MC_END && wire.in.len == 0)
        return found;
    wire_fail(event);
    return WORKLOAD_FAILED;
}

int remote_set(void *ctx, const char *key, size_t len, const struct workload_value *value)
{
    const struct mc_item item = {
        .key = {key, len}, .value = {value->text, value->len}, .flags = value->flags};
    struct mc_out out = wire_begin();
    struct mc_reply reply;

    (void)ctx;
    wire_send(wire_put_set(&out, &item), &out);
    int event = next(&reply);
    if (event == MC_STORED && wire.in.len == 0)
        return 0;
    wire_fail(event);
    return -1;
}
