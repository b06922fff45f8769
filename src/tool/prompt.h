/* Lines that somebody types, or that a script has. */
#ifndef PROMPT_H
#define PROMPT_H

#include "buffer.h"

#include <stdbool.h>

enum prompt_result {
    PROMPT_LINE,
    PROMPT_END,       /* there are no more lines */
    PROMPT_ABANDONED, /* Ctrl-C */
    PROMPT_WOKEN      /* there is something to read from `other` */
};

struct prompt {
    int in;
    int other;     /* another descriptor to wait for, or -1 */
    bool terminal; /* somebody types: labels are shown, on stdout */
    struct buffer kept;
    size_t used; /* of kept */
};

/* Reads a line, without its end. A last line without an end is a line, too. After PROMPT_WOKEN, call
 * it again: what was typed so far is kept. */
enum prompt_result prompt_read(struct prompt *prompt, const char *label, struct buffer *line);

void prompt_free(struct prompt *prompt);

#endif
