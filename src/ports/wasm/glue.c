/* The wire as a WebAssembly module: bytes go in and out through three buffers of the module's
 * memory, and an event's members are asked for one by one. Nothing is imported. */
#include "proto.h"

#define EXPORT __attribute__((visibility("default")))

enum { ARGUMENT_SIZE = 1024, BUFFER_SIZE = 32768 };

/* The page writes keys and values to `argument`, reads requests in `request`, and appends what has
 * come to `received`. */
static char argument[ARGUMENT_SIZE], request[BUFFER_SIZE], received[BUFFER_SIZE];
static struct mc_out out = {request, sizeof request, 0};
static struct mc_reader reader;
static struct mc_bytes in = {received, 0};
static struct mc_reply reply;

EXPORT char *argument_at(void)
{
    return argument;
}

EXPORT size_t argument_room(void)
{
    return sizeof argument;
}

EXPORT char *request_at(void)
{
    return request;
}

/* The bytes of the commands that were put; they are the page's now. */
EXPORT size_t request_take(void)
{
    size_t len = out.len;

    out.len = 0;
    return len;
}

/* Where to write what comes next, after moving what is left to the front; room() says how much. */
EXPORT char *received_at(void)
{
    for (size_t i = 0; i < in.len; i++)
        received[i] = in.data[i];
    in.data = received;
    return received + in.len;
}

EXPORT size_t received_room(void)
{
    return sizeof received - in.len;
}

EXPORT void received_add(size_t size)
{
    in.len += size;
}

/* ---- commands: the key is argument[0..key), and the value lies after it --------------------- */

EXPORT int put_get(size_t key)
{
    const struct mc_bytes bytes = {argument, key};

    return mc_put_get(&out, &bytes, 1);
}

static int append(struct mc_bytes bytes)
{
    if (out.cap - out.len < bytes.len)
        return MC_E_FULL;
    for (size_t i = 0; i < bytes.len; i++)
        out.data[out.len + i] = bytes.data[i];
    out.len += bytes.len;
    return 0;
}

EXPORT int put_set(size_t key, size_t value, uint32_t flags, int32_t exptime)
{
    struct mc_item item = {.flags = flags, .exptime = exptime};
    size_t before = out.len;

    item.key = (struct mc_bytes){argument, key};
    item.value = (struct mc_bytes){argument + key, value};
    int r = mc_put_store(&out, MC_SET, &item, false);
    if (r == 0)
        r = append(item.value);
    if (r == 0)
        r = append(MC_BYTES("\r\n"));
    if (r < 0)
        out.len = before; /* whole, or not at all */
    return r;
}

EXPORT int put_delete(size_t key)
{
    return mc_put_delete(&out, (struct mc_bytes){argument, key}, false);
}

EXPORT int put_incr(size_t key, uint64_t delta)
{
    return mc_put_incr(&out, (struct mc_bytes){argument, key}, delta, false);
}

EXPORT int put_stats(size_t words)
{
    return mc_put_stats(&out, (struct mc_bytes){argument, words});
}

/* ---- events ---------------------------------------------------------------------------------- */

EXPORT int next_event(void)
{
    return mc_reader_next(&reader, &in, &reply);
}

EXPORT int is_final(int event)
{
    return mc_is_final(event);
}

EXPORT const char *key_at(void)
{
    return reply.key.data;
}

EXPORT size_t key_size(void)
{
    return reply.key.len;
}

EXPORT const char *text_at(void)
{
    return reply.text.data;
}

EXPORT size_t text_size(void)
{
    return reply.text.len;
}

EXPORT uint64_t value_flags(void)
{
    return reply.flags;
}

EXPORT uint32_t value_size(void)
{
    return reply.size;
}

EXPORT uint64_t number(void)
{
    return reply.number;
}

/* A NUL-terminated text for any result. */
EXPORT const char *result_text(int result)
{
    return mc_text(result);
}
