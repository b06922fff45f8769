/* Keeps as many lines as there is room for. */
#include "history.h"

#include <string.h>

static bool is_last(const struct history *history, struct mc_bytes line)
{
    if (history->count == 0)
        return false;
    const struct buffer *last = &history->lines[history->count - 1];
    return buffer_same((struct mc_bytes){last->data, last->len}, line);
}

void history_add(struct history *history, struct mc_bytes line)
{
    if (line.len == 0 || is_last(history, line))
        return;
    if (history->count == HISTORY_MAX) {
        struct buffer oldest = history->lines[0];
        memmove(history->lines, history->lines + 1, (HISTORY_MAX - 1) * sizeof *history->lines);
        oldest.len = 0;
        history->lines[--history->count] = oldest;
    }
    buffer_add(&history->lines[history->count++], line);
}

void history_free(struct history *history)
{
    for (size_t k = 0; k < HISTORY_MAX; k++)
        buffer_free(&history->lines[k]);
    history->count = 0;
}
