/* Text that grows: it is added to, compared, and shown with its bytes spelled. */
#ifndef TEXT_H
#define TEXT_H

#include "proto.h"

#include <stdbool.h>
#include <stddef.h>

/* Start from {0}, end with text_free(). data is NUL-terminated once something was added. */
struct text {
    char *data;
    size_t len, cap;
};

void text_add(struct text *text, const char *data, size_t len);
void text_add_string(struct text *text, const char *string);
void text_print(struct text *text, const char *format, ...);

/* Adds bytes in the notation of the transcripts: \r \n \\ \xHH for those that cannot be seen. */
void text_escape(struct text *text, const char *data, size_t len);

/* Never NULL; good until the text is changed. */
const char *text_string(const struct text *text);

bool text_same(const struct text *a, const struct text *b);
void text_clear(struct text *text);

/* Removes the first bytes. */
void text_drop(struct text *text, size_t len);

void text_free(struct text *text);

#endif
