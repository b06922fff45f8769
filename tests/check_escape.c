/* Text from outside as it is printed: printable characters as they are, all other bytes as \xHH. */
#include "escape.h"
#include "suite.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char *printed;
static size_t printed_size;

static void begin(FILE **out)
{
    free(printed);
    printed = NULL;
    *out = open_memstream(&printed, &printed_size);
    ck_assert_ptr_nonnull(*out);
}

static void expect(FILE *out, const char *wanted)
{
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(printed, wanted);
}

/* The UTF-8 of a code, in so many bytes, which may be more than it needs; NUL-terminated. */
static void encode(char text[5], uint32_t code, size_t len)
{
    static const uint32_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = len; i-- > 1; code >>= 6)
        text[i] = (char)(0x80 | (code & 0x3f));
    text[0] = (char)(first[len] | code);
    text[len] = '\0';
}

static void write_hex(char *to, const char *text)
{
    for (; *text != '\0'; text++)
        to += sprintf(to, "\\x%02x", (unsigned char)*text);
}

static size_t length_of(uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static bool is_printable(uint32_t code)
{
    return code >= 0x20 && !(code >= 0x7f && code < 0xa0) && !(code >= 0xd800 && code < 0xe000) &&
           code <= 0x10ffff;
}

/* Codes up to the last that four bytes can hold, in the bytes that they need: every one up to
 * 0x11000, and every 97th of the rest. */
START_TEST(each_code)
{
    char text[5], wanted[20];
    FILE *out;

    begin(&out);
    for (uint32_t code = 1; code < 0x200000; code += code < 0x11000 ? 1 : 97) {
        encode(text, code, length_of(code));
        strcpy(wanted, text);
        if (!is_printable(code))
            write_hex(wanted, text);
        ck_assert_int_eq(fseek(out, 0, SEEK_SET), 0);
        escape_text(out, text);
        ck_assert_int_eq(fflush(out), 0);
        if (printed_size != strlen(wanted) || memcmp(printed, wanted, printed_size) != 0)
            ck_abort_msg("%lx", (unsigned long)code);
    }
    fclose(out);
}
END_TEST

/* In more bytes than needed, a character is none. */
START_TEST(each_code_overlong)
{
    char text[5], wanted[20];

    for (size_t len = 2; len <= 4; len++) {
        uint32_t end = len == 2 ? 0x80 : len == 3 ? 0x800 : 0x10000;
        for (uint32_t code = 1; code < end; code += 13) {
            FILE *out;
            begin(&out);
            encode(text, code, len);
            write_hex(wanted, text);
            escape_text(out, text);
            expect(out, wanted);
        }
    }
}
END_TEST

START_TEST(broken_text)
{
    static const struct {
        const char *text, *wanted;
    } some[] = {
        {"", ""},
        {"a\x1b[31mb", "a\\x1b[31mb"},
        {"\r\n\t", "\\x0d\\x0a\\x09"},
        {"\x80 \xbf \xc0 \xc1 \xf5 \xff", "\\x80 \\xbf \\xc0 \\xc1 \\xf5 \\xff"},
        {"\xc3", "\\xc3"},
        {"\xe2\x82", "\\xe2\\x82"},
        {"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
        {"\xe2\x82x", "\\xe2\\x82x"},
        {"\xe2\xe2\x82\xac", "\\xe2\xe2\x82\xac"},
        {"\xc3\xa9\xc2\x9b", "\xc3\xa9\\xc2\\x9b"},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    };
    for (size_t i = 0; i < COUNT(some); i++) {
        FILE *out;
        begin(&out);
        escape_text(out, some[i].text);
        expect(out, some[i].wanted);
    }
}
END_TEST

START_TEST(pages_and_json)
{
    FILE *out;

    begin(&out);
    escape_lines(out, "a\nb\r\n\x1b", 6);
    expect(out, "a\nb\\x0d\n\\x1b");
    begin(&out);
    escape_field(out, "a\\x\n\0\\", 6);
    expect(out, "a\\\\x\\x0a\\x00\\\\");
    begin(&out);
    escape_html(out, "<a href=\"x\">&\xc3\xa9\x7f\n");
    expect(out, "&#60;a href=&#34;x&#34;>&#38;\xc3\xa9\\x7f\\x0a");
    begin(&out);
    escape_json(out, "\"\\\x1f\x7f\xe9");
    expect(out, "\"\\\"\\\\\\u001f\\u007f\\u00e9\"");
}
END_TEST

START_TEST(bytes)
{
    static const struct {
        const char *data;
        size_t len;
        const char *wanted;
    } some[] = {
        {"", 0, ""},
        {"get a\r\n", 7, "get a\\r\\n"},
        {"\n\n\r", 3, "\\n\\n\\r"},
        {"\0\r\x1b\n\xc3\xa9\xc3", 7, "\\x00\\r\\x1b\\n\xc3\xa9\\xc3"},
    };
    for (size_t i = 0; i < COUNT(some); i++) {
        FILE *out;
        begin(&out);
        escape_bytes(out, some[i].data, some[i].len);
        expect(out, some[i].wanted);
    }
}
END_TEST

START_TEST(encodings)
{
    ck_assert(escape_is_utf8("", 0));
    ck_assert(escape_is_utf8("a\0\x1b\xc2\x9b\xe2\x82\xac", 8));
    ck_assert(!escape_is_utf8("a\xff", 2));
    ck_assert(!escape_is_utf8("\xe2\x82\xac", 2));
    ck_assert(!escape_is_utf8("\xc1\x81", 2));
    ck_assert(!escape_is_utf8("\xed\xa0\x80z", 4));
}
END_TEST

/* On stderr: one line, whatever the message holds, and however long it is. */
START_TEST(messages)
{
    char name[] = "/tmp/mcwire-XXXXXX", line[8192], text[6000];
    int file = mkstemp(name), kept = dup(STDERR_FILENO);

    ck_assert(file >= 0 && kept >= 0);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    dup2(file, STDERR_FILENO);
    escape_message("me", "%s: %d", "two\nlines", 7);
    escape_message("me", "%s", text);
    dup2(kept, STDERR_FILENO);
    close(kept);
    FILE *in = fdopen(file, "r");
    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(fseek(in, 0, SEEK_SET), 0);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
    ck_assert_str_eq(line, "me: two\\x0alines: 7\n");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
    ck_assert_uint_eq(strlen(line), strlen("me: ") + 4095 + 1);
    ck_assert_ptr_null(fgets(line, sizeof line, in));
    fclose(in);
    unlink(name);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {each_code, 1}, {each_code_overlong, 1}, {broken_text, 1}, {pages_and_json, 1},
        {bytes, 1},     {encodings, 1},          {messages, 1}};

    return suite_run("escape", tests, COUNT(tests));
}
