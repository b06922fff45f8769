/* Words to what they mean: words between spaces, numbers as strtol() reads them, the flags of meta
 * commands, and base64. */
#include "argument.h"
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A copy without a byte after it. */
static struct mc_bytes copy_of(const char *text, size_t len)
{
    char *copy = suite_allocate(len);
    if (len > 0)
        memcpy(copy, text, len);
    return (struct mc_bytes){copy, len};
}

static void free_copy(struct mc_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

/* ---- words ----------------------------------------------------------------------------------- */

static const struct {
    const char *text, *words[4];
} lists[] = {
    {"", {NULL}},
    {"   ", {NULL}},
    {"a", {"a", NULL}},
    {" a  bc ", {"a", "bc", NULL}},
    {"a\tb \n \r", {"a\tb", "\n", "\r", NULL}},
};

START_TEST(every_word)
{
    struct mc_bytes copy = copy_of(lists[_i].text, strlen(lists[_i].text)), left = copy, word;
    const char *const *expected = lists[_i].words;
    for (; *expected != NULL; expected++) {
        ck_assert(mc_argument_word(&left, &word));
        ck_assert_uint_eq(word.len, strlen(*expected));
        ck_assert_mem_eq(word.data, *expected, word.len);
        ck_assert_ptr_eq(word.data + word.len, left.data);
    }
    ck_assert(!mc_argument_word(&left, &word));
    ck_assert_uint_eq(word.len, 0);
    ck_assert_uint_eq(left.len, 0);
    ck_assert_ptr_eq(left.data, copy.data + copy.len);
    free_copy(copy);
}
END_TEST

/* ---- numbers --------------------------------------------------------------------------------- */

enum { GOOD = 1, NEGATIVE = 2, PLAIN = 4 };

static const struct {
    const char *word;
    uint64_t max, size;
    int is;
} numbers[] = {
    {"0", 9, 0, GOOD | PLAIN},
    {"9", 9, 9, GOOD | PLAIN},
    {"10", 9, 0, 0},
    {"-9", 9, 9, GOOD | NEGATIVE | PLAIN},
    {"-10", 9, 0, NEGATIVE},
    {"-0", 9, 0, GOOD | NEGATIVE},
    {"+9", 9, 9, GOOD},
    {"09", 9, 9, GOOD},
    {"000", 9, 0, GOOD},
    {"-09", 9, 9, GOOD | NEGATIVE},
    {"\t9", 9, 9, GOOD},
    {"\n\v\f\r9", 9, 9, GOOD},
    {"\t-9", 9, 9, GOOD | NEGATIVE},
    {"9\t", 9, 9, GOOD},
    {"9\rx", 9, 9, GOOD},
    {"-9\r", 9, 9, GOOD | NEGATIVE},
    {"0\t", 9, 0, GOOD},
    {"00\r", 9, 0, GOOD},
    {"9\x08", 9, 0, 0},
    {"9\x0e", 9, 0, 0},
    {"9/", 9, 0, 0},
    {"9:", 9, 0, 0},
    {"/", 9, 0, 0},
    {":", 9, 0, 0},
    {"0/", 9, 0, 0},
    {"0:", 9, 0, 0},
    {"", 9, 0, 0},
    {"\t", 9, 0, 0},
    {"-", 9, 0, NEGATIVE},
    {"+", 9, 0, 0},
    {"--9", 9, 0, NEGATIVE},
    {"+-9", 9, 0, 0},
    {"-\t9", 9, 0, NEGATIVE},
    {"x", 9, 0, 0},
    {"0x9", 9, 0, 0},
    {"18446744073709551615", UINT64_MAX, UINT64_MAX, GOOD | PLAIN},
    {"18446744073709551616", UINT64_MAX, 0, 0},
    {"000018446744073709551615", UINT64_MAX, UINT64_MAX, GOOD},
    {"-18446744073709551615", UINT64_MAX, UINT64_MAX, GOOD | NEGATIVE | PLAIN},
};

START_TEST(every_number)
{
    struct mc_bytes word = copy_of(numbers[_i].word, strlen(numbers[_i].word));
    struct mc_number n = mc_argument_number(word, numbers[_i].max);
    ck_assert_uint_eq(n.size, numbers[_i].size);
    ck_assert_int_eq((n.good ? GOOD : 0) | (n.negative ? NEGATIVE : 0) | (n.plain ? PLAIN : 0),
                     numbers[_i].is);
    free_copy(word);
}
END_TEST

/* What follows the word is not looked at. */
START_TEST(number_ends_with_its_word)
{
    struct mc_number zeros = mc_argument_number((struct mc_bytes){"007", 2}, 9);
    struct mc_number empty = mc_argument_number((struct mc_bytes){"-7", 0}, 9);
    struct mc_number one = mc_argument_number((struct mc_bytes){"17", 1}, 9);
    ck_assert(zeros.good && zeros.size == 0);
    ck_assert(!empty.good && !empty.negative);
    ck_assert(one.good && one.plain && one.size == 1);
}
END_TEST

/* ---- flags ----------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    int result;
    struct mc_flag flag;
} flags[] = {
    {"v", 1, {.letter = 'v'}},
    {"a", 1, {.letter = 'a'}},
    {"z", 1, {.letter = 'z'}},
    {"Axyz", 1, {.letter = 'A'}},
    {"Z", 1, {.letter = 'Z'}},
    {"@", MC_E_FLAG, {.letter = '@'}},
    {"[", MC_E_FLAG, {.letter = '['}},
    {"`", MC_E_FLAG, {.letter = '`'}},
    {"{", MC_E_FLAG, {.letter = '{'}},
    {"!", MC_E_FLAG, {.letter = '!'}},
    {"\xe1", MC_E_FLAG, {.letter = '\xe1'}},
    {"7", MC_E_FLAG, {.letter = '7'}},
    {"N0", 1, {.letter = 'N'}},
    {"R30", 1, {.letter = 'R', .ttl = 30}},
    {"T-1", 1, {.letter = 'T', .ttl = -1}},
    {"T2147483647", 1, {.letter = 'T', .ttl = INT32_MAX}},
    {"T-2147483648", 1, {.letter = 'T', .ttl = INT32_MIN}},
    {"T2147483648", MC_E_FLAG, {.letter = 'T'}},
    {"T-2147483649", MC_E_FLAG, {.letter = 'T'}},
    {"T", MC_E_FLAG, {.letter = 'T'}},
    {"Tx", MC_E_FLAG, {.letter = 'T'}},
    {"C18446744073709551615", 1, {.letter = 'C', .number = UINT64_MAX}},
    {"D2", 1, {.letter = 'D', .number = 2}},
    {"E5", 1, {.letter = 'E', .number = 5}},
    {"F4294967296", 1, {.letter = 'F', .number = UINT64_C(1) << 32}},
    {"J013", 1, {.letter = 'J', .number = 13}},
    {"C-0", 1, {.letter = 'C'}},
    {"C-1", MC_E_FLAG, {.letter = 'C'}},
    {"C", MC_E_FLAG, {.letter = 'C'}},
    {"D18446744073709551616", MC_E_FLAG, {.letter = 'D'}},
    {"ME", 1, {.letter = 'M', .number = 'E'}},
    {"M+", 1, {.letter = 'M', .number = '+'}},
    {"M\xff", 1, {.letter = 'M', .number = 255}},
    {"M", MC_E_FLAG, {.letter = 'M'}},
    {"MEE", MC_E_FLAG, {.letter = 'M'}},
    {"O", 1, {.letter = 'O'}},
    {"O1234567890123456789012345678901", 1, {.letter = 'O'}},
    {"O12345678901234567890123456789012", MC_E_FLAG, {.letter = 'O'}},
    {"P1234567890123456789012345678901234567890", 1, {.letter = 'P'}},
    {"L/a/b", 1, {.letter = 'L'}},
    {"b5", 1, {.letter = 'b'}},
};

/* The flag alone, and with another one after it. */
START_TEST(every_flag)
{
    for (int more = 0; more < 2; more++) {
        char text[80];
        size_t len = strlen(flags[_i].word);
        snprintf(text, sizeof text, "%s%s", flags[_i].word, more == 1 ? "  q" : "");
        struct mc_bytes copy = copy_of(text, strlen(text)), left = copy;
        struct mc_flag flag;
        ck_assert_int_eq(mc_argument_flag(&left, &flag), flags[_i].result);
        ck_assert_int_eq(flag.letter, flags[_i].flag.letter);
        ck_assert_int_eq(flag.ttl, flags[_i].flag.ttl);
        ck_assert_uint_eq(flag.number, flags[_i].flag.number);
        ck_assert_uint_eq(flag.token.len, len - 1);
        ck_assert_ptr_eq(flag.token.data, copy.data + 1);
        ck_assert(!flag.large);
        ck_assert_ptr_eq(left.data, copy.data + len);
        ck_assert_int_eq(mc_argument_flag(&left, &flag), more);
        ck_assert_int_eq(flag.letter, more == 1 ? 'q' : '\0');
        free_copy(copy);
    }
}
END_TEST

/* ---- base64 ---------------------------------------------------------------------------------- */

/* What mc_put_base64() writes of 1 to 186 bytes, all of them in turn, is decoded again. */
START_TEST(every_length_of_base64)
{
    char bytes[MC_KEY_BINARY_MAX], text[MC_KEY_MAX];
    for (size_t k = 0; k < sizeof bytes; k++)
        bytes[k] = (char)(unsigned char)((size_t)_i * 97 + k * 151 + 1);
    for (size_t len = 1; len <= sizeof bytes; len++) {
        struct mc_out out = {text, sizeof text, 0};
        ck_assert_int_eq(mc_put_base64(&out, (struct mc_bytes){bytes, len}), 0);
        struct mc_bytes copy = copy_of(text, out.len);
        char *decoded = suite_allocate(out.len / 4 * 3);
        ck_assert_uint_eq(mc_argument_base64(copy, decoded), len);
        ck_assert_mem_eq(decoded, bytes, len);
        free(decoded);
        free_copy(copy);
    }
}
END_TEST

/* All digits of RFC 4648, and then each byte in each place of a group: only these are digits. */
START_TEST(every_digit_of_base64)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int byte = 0; byte < 256; byte++) {
        for (size_t place = 0; place < 4; place++) {
            char text[8] = "AAAABBBB", decoded[6];
            text[place] = (char)byte;
            const char *digit = byte != 0 ? strchr(digits, byte) : NULL;
            size_t n = mc_argument_base64((struct mc_bytes){text, sizeof text}, decoded);
            ck_assert_uint_eq(n, digit != NULL ? 6 : 0);
            uint32_t bits = 0;
            for (size_t k = 0; digit != NULL && k < 3; k++)
                bits = bits << 8 | (unsigned char)decoded[k];
            if (digit != NULL)
                ck_assert_uint_eq(bits >> (18 - 6 * place) & 63, (size_t)(digit - digits));
        }
    }
}
END_TEST

static const struct {
    const char *text;
    const char *bytes;
} encoded[] = {
    {"Zm9v", "foo"},       {"Zm8=", "fo"},   {"Zg==", "f"},    {"Zm9vZg==", "foof"},
    {"Zm9vZm8=", "foofo"}, {"", ""},         {"Z", ""},        {"Zg", ""},
    {"Zg=", ""},           {"Zg===", ""},    {"Z===", ""},     {"====", ""},
    {"Zg=v", ""},          {"=g==", ""},     {"Zg==Zg==", ""}, {"Zm9vZ", ""},
    {"Zm9v====", ""},      {"Zm9v Zm9", ""}, {"Zm9vZ===", ""},
};

START_TEST(every_padding)
{
    struct mc_bytes copy = copy_of(encoded[_i].text, strlen(encoded[_i].text));
    char *decoded = suite_allocate(copy.len / 4 * 3);
    size_t len = strlen(encoded[_i].bytes);
    ck_assert_uint_eq(mc_argument_base64(copy, decoded), len);
    if (len > 0)
        ck_assert_mem_eq(decoded, encoded[_i].bytes, len);
    free(decoded);
    free_copy(copy);
}
END_TEST

/* Of no text, no padding is looked for. */
START_TEST(no_base64)
{
    static const char padding[] = "====AAAA";
    char decoded[] = "xxx";
    ck_assert_uint_eq(mc_argument_base64((struct mc_bytes){padding + 4, 0}, decoded), 0);
    ck_assert_str_eq(decoded, "xxx");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {number_ends_with_its_word, 1}, {no_base64, 1},
        {every_word, COUNT(lists)},     {every_number, COUNT(numbers)},
        {every_flag, COUNT(flags)},     {every_length_of_base64, 7},
        {every_digit_of_base64, 1},     {every_padding, COUNT(encoded)},
    };
    return suite_run("argument", tests, COUNT(tests));
}
