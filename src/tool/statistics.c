/* Asks for statistics, and finds them again. */
#include "statistics.h"

#include <string.h>

#include "buffer.h"

struct collector {
    struct mc_sink sink;
    struct buffer *text;
};

static void receive_statistic(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                              const struct mc_reply *reply)
{
    struct buffer *text = ((struct collector *)(void *)sink)->text;

    (void)op, (void)slot;
    buffer_add(text, reply->key);
    buffer_add(text, event == MC_LINE ? MC_BYTES("") : MC_BYTES("\t"));
    buffer_add(text, reply->text);
    buffer_add(text, MC_BYTES("\n"));
}

struct mc_op statistics_ask(struct session *session, const char *group, struct buffer *listing)
{
    struct collector collector = {.sink = {receive_statistic}, .text = listing};
    struct mc_op op = mc_op_stats(mc_string(group), &collector.sink);

    listing->len = 0;
    if (group != NULL && strcmp(group, "detail dump") == 0)
        op.command = &mc_command_stats_text;
    mc_server_do(&session->server, &op);
    op.sink = NULL;
    return op;
}

bool statistics_came(const struct mc_op *op)
{
    return op->result == MC_END || op->result == MC_RESET || op->result == MC_OK;
}

bool statistics_next(struct mc_bytes *text, struct mc_bytes *name, struct mc_bytes *value)
{
    const char *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;

    if (end == NULL)
        return false;
    size_t len = (size_t)(end - text->data);
    const char *tab = memchr(text->data, '\t', len);
    size_t name_len = tab != NULL ? (size_t)(tab - text->data) : len;
    *name = (struct mc_bytes){text->data, name_len};
    *value = (struct mc_bytes){text->data + name_len + 1, tab != NULL ? len - name_len - 1 : 0};
    text->data += len + 1;
    text->len -= len + 1;
    return true;
}

bool statistics_find(struct mc_bytes text, struct mc_bytes name, struct mc_bytes *value)
{
    struct mc_bytes found;

    while (statistics_next(&text, &found, value)) {
        if (buffer_same(found, name))
            return true;
    }
    return false;
}
