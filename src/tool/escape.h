/* Prints text that came from outside (from a server, a user or a file) so that no byte of it can
 * control a terminal, and every page and message stays valid UTF-8.
 *
 * Printable UTF-8 stays as it is. Control characters (below 0x20, 0x7f, and U+0080 to U+009F) and
 * bytes that are not UTF-8 are shown as \xHH. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void escape_text(FILE *out, const char *text);
void escape_text_of(FILE *out, const char *data, size_t len);

/* Leaves each \n as it is: for text of several lines. */
void escape_lines(FILE *out, const char *data, size_t len);

/* For bytes that a protocol moves: \r and \n are shown as these two letters. */
void escape_bytes(FILE *out, const char *data, size_t len);

/* For a field of a line: a backslash is doubled, so that the bytes can be told from the text. */
void escape_field(FILE *out, const char *data, size_t len);

/* Is it UTF-8, control characters among it? */
bool escape_is_utf8(const char *data, size_t len);

/* Escapes what HTML and XML need escaped, too. */
void escape_html(FILE *out, const char *text);

/* Prints a JSON string. Bytes from 0x7f on are escaped one by one: no encoding is guessed. */
void escape_json(FILE *out, const char *text);

/* Prints one line on stderr: the program's name, a colon and the message, cut off after some 4,000
 * bytes. */
void escape_message(const char *program, const char *format, ...);

#endif
