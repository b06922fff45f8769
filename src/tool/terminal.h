/* What stdout is: how wide and how high, whether it has colours, and whether a picture can be drawn
 * again at its place; and lines of fields, which are broken where it ends. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdio.h>

#include "session.h"

enum terminal_color { TERMINAL_PLAIN, TERMINAL_BOLD, TERMINAL_DIM, TERMINAL_GOOD, TERMINAL_BAD };

struct terminal {
    size_t columns, rows; /* 0: no limit, as it is not a terminal */
    bool colors, redraws;
};

/* Looks at it: it may have another size than before. */
struct terminal terminal_look(const struct session *session);

/* What follows has this colour, up to TERMINAL_PLAIN. */
void terminal_set_color(const struct terminal *terminal, enum terminal_color color);

/* Clears the screen; what is printed next is at its top. */
void terminal_clear(const struct terminal *terminal);

/* A line of fields, which is broken between them where the terminal ends. */
struct terminal_line {
    size_t columns, indent; /* indent: where what does not fit begins */
    size_t at;
    bool begun;  /* the next field needs a space before it */
    FILE *field; /* writes to `text` */
    char *text;
    size_t size;
};

/* 0, or -1 with errno. */
int terminal_open_line(struct terminal_line *line);

/* Begins a line. */
void terminal_begin(struct terminal_line *line, const struct terminal *terminal, size_t indent);

/* Where the next field is written to. */
FILE *terminal_field(struct terminal_line *line);

/* Prints the field that was written, after a space unless it is the first. */
void terminal_add(struct terminal_line *line);

void terminal_close_line(struct terminal_line *line);

/* Prints text from a server as one word: what no terminal may get is escaped, and spaces as well. */
void terminal_escape(FILE *out, struct mc_bytes text);

/* How many columns a text of UTF-8 takes, if each character takes one. */
size_t terminal_width(struct mc_bytes text);

#endif
