/* Lines that somebody types, or that a script has. */
#ifndef PROMPT_H
#define PROMPT_H

#include <stdbool.h>
#include <termios.h>

#include "edit.h"
#include "hint.h"

enum prompt_result {
    PROMPT_LINE,
    PROMPT_END,       /* there are no more lines */
    PROMPT_ABANDONED, /* Ctrl-C */
    PROMPT_WOKEN      /* there is something to read from `other` */
};

/* What is asked for. */
struct prompt_kind {
    const char *label;
    bool remembered; /* lines like it can be chosen again */
    void (*hint)(const void *ctx, struct mc_bytes line, char to[HINT_SIZE]); /* or NULL */
    const void *ctx;
};

struct prompt {
    int in;
    int other;           /* another descriptor to wait for, or -1 */
    bool terminal;       /* somebody types: labels are shown, on stdout */
    bool grey;           /* so hints are shown */
    const char *problem; /* why the lines of a file could not be read, or NULL */
    /* ---- private ---- */
    bool edits; /* the terminal tells each key, until prompt_free() */
    bool begun; /* a line is being edited */
    struct termios before;
    struct edit edit;
    struct history history;
    struct buffer kept;
    size_t used; /* of kept */
};

/* Begins when `in` and the others are set: at a terminal that is not dumb, lines are edited from now
 * on. */
void prompt_start_editing(struct prompt *prompt);

/* Reads a line, without its end. A last line without an end is a line, too. After PROMPT_WOKEN, call
 * it again: what was typed so far is kept. */
enum prompt_result prompt_read(struct prompt *prompt, const struct prompt_kind *kind,
                               struct buffer *line);

void prompt_free(struct prompt *prompt);

#endif
