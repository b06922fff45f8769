/* As much of libcheck as the tests use, for processors for which no libcheck is packaged. A test is
 * run in a process of its own, which ends at the first assertion that does not hold. */
#ifndef CROSS_CHECK_H
#define CROSS_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct TTest {
    const char *name;
    void (*run)(int round);
} TTest;

#define START_TEST(test)                                  \
    static void test##_run(int _i);                       \
    static const TTest test##_test = {#test, test##_run}; \
    static const TTest *const test = &test##_test;        \
    static void test##_run(__attribute__((unused)) int _i)
#define END_TEST

#define ck_abort_msg(...) \
    (printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), putchar('\n'), exit(1))
#define ck_assert_msg(condition, ...) ((condition) ? (void)0 : ck_abort_msg(__VA_ARGS__))
#define ck_assert(condition) ck_assert_msg(condition, "%s", #condition)

#define CHECK_NUMBERS(type, format, a, compare, b)                                              \
    do {                                                                                        \
        type check_a = (a), check_b = (b);                                                      \
        ck_assert_msg(check_a compare check_b, "%s %s %s: %" format ", %" format, #a, #compare, \
                      #b, check_a, check_b);                                                    \
    } while (0)

#define ck_assert_int_eq(a, b) CHECK_NUMBERS(intmax_t, "jd", a, ==, b)
#define ck_assert_int_ne(a, b) CHECK_NUMBERS(intmax_t, "jd", a, !=, b)
#define ck_assert_int_lt(a, b) CHECK_NUMBERS(intmax_t, "jd", a, <, b)
#define ck_assert_int_le(a, b) CHECK_NUMBERS(intmax_t, "jd", a, <=, b)
#define ck_assert_int_gt(a, b) CHECK_NUMBERS(intmax_t, "jd", a, >, b)
#define ck_assert_int_ge(a, b) CHECK_NUMBERS(intmax_t, "jd", a, >=, b)
#define ck_assert_uint_eq(a, b) CHECK_NUMBERS(uintmax_t, "ju", a, ==, b)
#define ck_assert_uint_ne(a, b) CHECK_NUMBERS(uintmax_t, "ju", a, !=, b)
#define ck_assert_uint_lt(a, b) CHECK_NUMBERS(uintmax_t, "ju", a, <, b)
#define ck_assert_uint_le(a, b) CHECK_NUMBERS(uintmax_t, "ju", a, <=, b)
#define ck_assert_uint_gt(a, b) CHECK_NUMBERS(uintmax_t, "ju", a, >, b)
#define ck_assert_uint_ge(a, b) CHECK_NUMBERS(uintmax_t, "ju", a, >=, b)
#define ck_assert_str_eq(a, b) ck_assert_msg(strcmp(a, b) == 0, "%s is %s, not %s", #a, a, b)
#define ck_assert_mem_eq(a, b, size) \
    ck_assert_msg(memcmp(a, b, size) == 0, "%s and %s differ", #a, #b)
#define ck_assert_ptr_eq(a, b) ck_assert_msg((a) == (b), "%s and %s differ", #a, #b)
#define ck_assert_ptr_nonnull(a) ck_assert_msg((a) != NULL, "%s is NULL", #a)
#define ck_assert_ptr_null(a) ck_assert_msg((a) == NULL, "%s is not NULL", #a)

#endif
