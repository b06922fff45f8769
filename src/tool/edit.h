/* A line that somebody is typing at a terminal: bytes of keys go in, and the line is painted. */
#ifndef EDIT_H
#define EDIT_H

#include <stdio.h>

#include "history.h"

enum edit_result {
    EDIT_MORE,
    EDIT_LINE, /* Enter */
    EDIT_END   /* Ctrl-D, on an empty line */
};

struct edit {
    struct buffer text;
    size_t cursor; /* before text.data[cursor] */
    /* ---- private ---- */
    const struct history *history; /* NULL: none */
    size_t chosen;                 /* a line of it, or its count: what was typed, which is */
    struct buffer typed;           /* here while another one is shown */
    int escape;                    /* how far a sequence of bytes from a key has come */
    unsigned number;               /* in it */
};

/* How it is painted: one line, which is shifted where it is too long for the screen. */
struct edit_look {
    FILE *to;
    const char *label, *hint; /* before it, and after its end */
    bool grey;                /* so the hint is shown; otherwise it is in parentheses */
    size_t columns;
};

/* Begins an empty line. The history stays where it is, and as it is, until the next one begins. */
void edit_start(struct edit *edit, const struct history *history);

/* A byte from the keyboard: of a character, or of a key. */
enum edit_result edit_key(struct edit *edit, char byte);

/* Paints it over the line of the screen in which the cursor is. */
void edit_paint(const struct edit *edit, const struct edit_look *look);

void edit_free(struct edit *edit);

#endif
