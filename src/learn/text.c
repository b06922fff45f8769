/* Text that grows. When memory runs out, the program ends. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct text *text, size_t more)
{
    size_t wanted = text->len + more + 1;
    if (wanted <= text->cap)
        return;
    text->cap = wanted * 2;
    char *larger = realloc(text->data, text->cap);
    if (larger == NULL)
        abort();
    text->data = larger;
}

void text_add(struct text *text, const char *data, size_t len)
{
    reserve(text, len);
    if (len > 0)
        memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_print(struct text *text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int len = vsnprintf(NULL, 0, format, values);
    va_end(values);
    if (len < 0)
        abort();
    reserve(text, (size_t)len);
    va_start(values, format);
    (void)vsnprintf(text->data + text->len, (size_t)len + 1, format, values);
    va_end(values);
    text->len += (size_t)len;
}

static void escape_byte(struct text *text, char c)
{
    if (c == '\r')
        text_add_string(text, "\\r");
    else if (c == '\n')
        text_add_string(text, "\\n");
    else if (c == '\\')
        text_add_string(text, "\\\\");
    else if (c < ' ' || c > '~')
        text_print(text, "\\x%02x", (unsigned)(unsigned char)c);
    else
        text_add(text, &c, 1);
}

void text_escape(struct text *text, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        escape_byte(text, data[i]);
}

const char *text_string(const struct text *text)
{
    return text->len > 0 ? text->data : "";
}

bool text_same(const struct text *a, const struct text *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

void text_clear(struct text *text)
{
    text->len = 0;
}

void text_drop(struct text *text, size_t len)
{
    if (len == 0)
        return;
    memmove(text->data, text->data + len, text->len - len + 1); /* and the NUL */
    text->len -= len;
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
