/* Annotations as text for a terminal: the bytes, a caret under each field, and what each is. */
#ifndef SCREEN_H
#define SCREEN_H

#include "annotate.h"

#include <stdio.h>

enum { SCREEN_LEAST = 40 }; /* columns */

struct screen;

/* Another way to show the same: as screen_show() and screen_say(). */
struct screen_printer {
    void (*show)(const struct screen *screen, char sign, size_t offset,
                 const struct mc_annotation *annotation, struct mc_bytes bytes);
    void (*say)(const struct screen *screen, char sign, const char *text);
};

struct screen {
    FILE *to;
    size_t width;                         /* columns, at least SCREEN_LEAST */
    const struct screen_printer *printer; /* NULL: lines and columns */
    void *ctx;                            /* the printer's */
};

/* Shows bytes, of which the first is number `offset` on the wire, and their annotation. The sign is
 * > for what a client sends, < for what a server sends. Nothing from the wire is printed raw. */
void screen_show(const struct screen *screen, char sign, size_t offset,
                 const struct mc_annotation *annotation, struct mc_bytes bytes);

/* Shows a line of the program's own; the bytes are escaped. */
void screen_say(const struct screen *screen, char sign, const char *text);
void screen_say_bytes(const struct screen *screen, char sign, struct mc_bytes bytes);

/* The width of the screen: $COLUMNS, or 80. */
size_t screen_columns(void);

#endif
