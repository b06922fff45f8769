/* The one strict number parser and printer, against the C library's. */
#include "decimal.h"
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Printed and read back, in the middle of other bytes. */
static void check_value(uint64_t value)
{
    char expected[32], got[32];
    uint64_t back = 1;
    int len = snprintf(expected, sizeof expected, "<%" PRIu64 ">", value);
    size_t digits = mc_decimal_digits(value);
    ck_assert_uint_eq(digits, (size_t)len - 2);
    memset(got, 0, sizeof got);
    got[0] = '<';
    mc_decimal_write(got, 1, digits, value);
    got[1 + digits] = '>';
    ck_assert_str_eq(got, expected);
    ck_assert(mc_decimal_read(got, 1, 1 + digits, UINT64_MAX, &back));
    ck_assert_uint_eq(back, value);
}

/* The largest number that is allowed, and the one after it. */
static void check_max(uint64_t max)
{
    char digits[32];
    uint64_t value;
    int len = snprintf(digits, sizeof digits, "%" PRIu64, max);
    ck_assert(mc_decimal_read(digits, 0, (size_t)len, max, &value));
    ck_assert_uint_eq(value, max);
    if (max == 0)
        return;
    ck_assert(!mc_decimal_read(digits, 0, (size_t)len, max - 1, &value));
}

/* Each power of ten and of two, and its neighbours. */
START_TEST(every_length)
{
    uint64_t ten = 1;
    for (int digits = 0; digits < MC_DECIMAL_MAX; digits++) {
        for (uint64_t k = 0; k < 3; k++) {
            check_value(ten + k - 1);
            check_max(ten + k - 1);
        }
        ten = digits < MC_DECIMAL_MAX - 1 ? ten * 10 : ten;
    }
    for (int bit = 0; bit < 64; bit++) {
        for (uint64_t k = 0; k < 3; k++) {
            check_value((UINT64_C(1) << bit) + k - 1);
            check_max((UINT64_C(1) << bit) + k - 1);
        }
    }
    check_value(UINT64_MAX);
}
END_TEST

START_TEST(every_small_number)
{
    for (uint64_t value = 0; value < 20000; value++)
        check_value(value);
}
END_TEST

/* Numbers all over the range, from a generator that is the same everywhere. */
START_TEST(many_numbers)
{
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        check_value(x >> (i % 64));
    }
}
END_TEST

START_TEST(zeros_in_front)
{
    char got[] = "<<<<<<<<<<<<<<<<<<<<<<";
    mc_decimal_write(got, 1, 4, 7);
    ck_assert_str_eq(got, "<0007<<<<<<<<<<<<<<<<<");
    mc_decimal_write(got, 1, MC_DECIMAL_MAX, 1234567890);
    ck_assert_str_eq(got, "<00000000001234567890<");
}
END_TEST

/* clang-format off */
static const char *const malformed[] = {
    "", "00", "01", "007", "-1", "+1", " 1", "1 ", "1x", "x1", "1.0", "0x1", "1,0",
    "18446744073709551616", "18446744073709551625", "20000000000000000000", "99999999999999999999",
    "100000000000000000000", "000000000000000000001", "1\n", "/", ":",
};
/* clang-format on */

START_TEST(every_malformed_number)
{
    uint64_t value;
    const char *text = malformed[_i];
    ck_assert(!mc_decimal_read(text, 0, strlen(text), UINT64_MAX, &value));
    ck_assert_uint_eq(value, 0);
}
END_TEST

/* No other byte passes for a digit. */
START_TEST(every_byte)
{
    for (int byte = 0; byte < 256; byte++) {
        const char text[] = {'1', (char)byte, '2'};
        uint64_t value;
        bool digit = byte >= '0' && byte <= '9';
        ck_assert_int_eq(mc_decimal_read(text, 0, sizeof text, UINT64_MAX, &value), digit);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {every_length, 1},
        {every_small_number, 1},
        {many_numbers, 1},
        {zeros_in_front, 1},
        {every_malformed_number, COUNT(malformed)},
        {every_byte, 1},
    };
    return suite_run("decimal", tests, COUNT(tests));
}
