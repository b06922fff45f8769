/* Reads lines from a descriptor, and meanwhile waits for another one. */
#include "prompt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interrupt.h"

enum { PIECE = 65536 };

/* Takes a line off the bytes that were read; at the end also one that has no end. */
static bool take_line(struct prompt *prompt, bool at_end, struct buffer *line)
{
    size_t left = prompt->kept.len - prompt->used;
    if (left == 0)
        return false;
    const char *from = prompt->kept.data + prompt->used, *end = memchr(from, '\n', left);
    if (end == NULL && !at_end)
        return false;
    size_t len = end != NULL ? (size_t)(end - from) : left;
    prompt->used += end != NULL ? len + 1 : len;
    if (len > 0 && from[len - 1] == '\r')
        len--;
    buffer_add(line, (struct mc_bytes){from, len});
    return true;
}

/* Drops what has been used, so that memory does not grow with the lines. */
static void drop_used(struct prompt *prompt)
{
    if (prompt->used == 0)
        return;
    prompt->kept.len -= prompt->used;
    memmove(prompt->kept.data, prompt->kept.data + prompt->used, prompt->kept.len);
    prompt->used = 0;
}

/* Waits until there is something to be read: PROMPT_LINE. */
static enum prompt_result wait_for_input(struct prompt *prompt)
{
    int ready = interrupt_wait(prompt->in, prompt->other, -1);

    if (ready < 0)
        return PROMPT_END;
    if ((ready & INTERRUPT_CAME) != 0) {
        prompt->kept.len = prompt->used = 0;
        return PROMPT_ABANDONED;
    }
    return (ready & INTERRUPT_SECOND) != 0 ? PROMPT_WOKEN : PROMPT_LINE;
}

static enum prompt_result read_line(struct prompt *prompt, struct buffer *line)
{
    while (!take_line(prompt, false, line)) {
        enum prompt_result result = wait_for_input(prompt);
        if (result != PROMPT_LINE)
            return result;
        drop_used(prompt);
        ptrdiff_t n = buffer_fill(&prompt->kept, prompt->in, PIECE);
        if (n < 0 && errno != EINTR)
            return PROMPT_END;
        if (n == 0)
            return take_line(prompt, true, line) ? PROMPT_LINE : PROMPT_END;
    }
    return PROMPT_LINE;
}

enum prompt_result prompt_read(struct prompt *prompt, const char *label, struct buffer *line)
{
    line->len = 0;
    if (prompt->terminal)
        fputs(label, stdout);
    fflush(stdout);
    enum prompt_result result = read_line(prompt, line);
    if (result != PROMPT_LINE && prompt->terminal)
        putchar('\n');
    return result;
}

void prompt_free(struct prompt *prompt)
{
    buffer_free(&prompt->kept);
}
