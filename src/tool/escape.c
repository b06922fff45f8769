/* Splits text into printable UTF-8 characters and bytes that must not be printed as they are. */
#include "escape.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MESSAGE_SIZE = 4096 };

/* How many bytes the UTF-8 character that begins with this byte has, and the first bits of its
 * code; 0 for a byte that no character begins with. */
static size_t character_length(unsigned char byte, uint32_t *code)
{
    if (byte < 0x80) {
        *code = byte;
        return 1;
    }
    if (byte >= 0xc2 && byte < 0xe0) {
        *code = byte & 0x1f;
        return 2;
    }
    *code = byte & 0x0f;
    if (byte >= 0xe0 && byte < 0xf0)
        return 3;
    return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}

/* The length of the UTF-8 character that the data begins with, and its code; 0 when there is none:
 * surrogates, codes past the last, and codes written in more bytes than they need are none. */
static size_t read_character(const char *data, size_t len, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t count = character_length((unsigned char)data[0], code);

    if (count > len)
        return 0;
    for (size_t i = 1; i < count; i++) {
        unsigned char byte = (unsigned char)data[i];
        if ((byte & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (byte & 0x3f);
    }
    bool ok = *code >= least[count] && (*code < 0xd800 || *code > 0xdfff) && *code <= 0x10ffff;
    return ok ? count : 0;
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* The length of the printable character that the data begins with; 0 when there is none. */
static size_t printable_length(const char *data, size_t len)
{
    uint32_t code;
    size_t count = read_character(data, len, &code);

    return count > 0 && !is_control(code) ? count : 0;
}

bool escape_is_utf8(const char *data, size_t len)
{
    uint32_t code;
    size_t i = 0, count = 1;

    for (; i < len && count > 0; i += count)
        count = read_character(data + i, len - i, &code);
    return count > 0;
}

/* The control character `kept` (0: none) stays as it is; characters in `coded` become &#NN;. */
static void print_escaped(FILE *out, const char *data, size_t len, char kept, const char *coded)
{
    size_t from = 0; /* data[from..i) can be printed as it is */

    for (size_t i = 0; i < len;) {
        size_t count = printable_length(data + i, len - i);
        bool escaped = count == 0 && (kept == '\0' || data[i] != kept);
        bool is_coded = count == 1 && strchr(coded, data[i]) != NULL;
        if (escaped || is_coded) {
            fwrite(data + from, 1, i - from, out);
            from = i + 1;
        }
        if (escaped)
            fprintf(out, "\\x%02x", (unsigned char)data[i]);
        else if (is_coded)
            fprintf(out, "&#%d;", data[i]);
        i += count > 0 ? count : 1;
    }
    if (from < len)
        fwrite(data + from, 1, len - from, out);
}

void escape_text(FILE *out, const char *text)
{
    print_escaped(out, text, strlen(text), '\0', "");
}

void escape_text_of(FILE *out, const char *data, size_t len)
{
    print_escaped(out, data, len, '\0', "");
}

void escape_lines(FILE *out, const char *data, size_t len)
{
    print_escaped(out, data, len, '\n', "");
}

void escape_bytes(FILE *out, const char *data, size_t len)
{
    for (size_t at = 0, end; at < len; at = end + 1) {
        for (end = at; end < len && data[end] != '\r' && data[end] != '\n';)
            end++;
        print_escaped(out, data + at, end - at, '\0', "");
        if (end < len)
            fputs(data[end] == '\r' ? "\\r" : "\\n", out);
    }
}

void escape_field(FILE *out, const char *data, size_t len)
{
    size_t from = 0;

    for (size_t i = 0; i < len; i++) {
        if (data[i] != '\\')
            continue;
        print_escaped(out, data + from, i - from, '\0', "");
        fputs("\\\\", out);
        from = i + 1;
    }
    print_escaped(out, data + from, len - from, '\0', "");
}

void escape_html(FILE *out, const char *text)
{
    print_escaped(out, text, strlen(text), '\0', "&<\"");
}

void escape_json(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7f)
            fprintf(out, "\\u%04x", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

void escape_message(const char *program, const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s: ", program);
    escape_text(stderr, text);
    fputc('\n', stderr);
}
