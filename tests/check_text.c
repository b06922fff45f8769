/* The words for people: every result and every fault has its own. */
#include "proto.h"
#include "suite.h"

#include <stdbool.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The two functions, and the first and last number that they know. */
static const struct {
    const char *(*text)(int);
    int first, last;
} kinds[] = {
    {mc_text, MC_E_RESOURCES, MC_SERVER_ERROR},
    {mc_text_fault, MC_FAULT_NONE, MC_FAULT_WRONG_KEY},
};

static bool is_known(int kind, int number)
{
    return number >= kinds[kind].first && number <= kinds[kind].last;
}

/* Each text is a text, and no other number has it; unknown numbers share one. */
START_TEST(each_has_its_own)
{
    for (int a = -40; a < 60; a++) {
        ck_assert_ptr_nonnull(kinds[_i].text(a));
        ck_assert_uint_gt(strlen(kinds[_i].text(a)), 1);
        for (int b = a + 1; b < 60; b++) {
            bool same = strcmp(kinds[_i].text(a), kinds[_i].text(b)) == 0;
            bool unknown = !is_known(_i, a) && !is_known(_i, b);
            if (same != unknown)
                ck_abort_msg("%d and %d: %s", a, b, kinds[_i].text(a));
        }
    }
}
END_TEST

START_TEST(no_number_is_too_far)
{
    static const int far[] = {-2147483647 - 1, -2147483647, -1000, 1000, 2147483647};
    for (size_t i = 0; i < COUNT(far); i++)
        ck_assert_str_eq(kinds[_i].text(far[i]), kinds[_i].text(1001));
}
END_TEST

/* What a text says has to fit what its result is. */
START_TEST(says_what_it_is)
{
    static const struct {
        int result;
        const char *word;
    } some[] = {
        {MC_E_KEY, "key"},
        {MC_E_FULL, "buffer"},
        {MC_E_TIMEOUT, "deadline"},
        {MC_E_CLOSED, "closed"},
        {MC_E_UNKNOWN, "may or may not"},
        {MC_E_ADDRESS, "address"},
        {MC_E_RESOLVE, "resolve"},
        {MC_E_AUTH, "password"},
        {MC_E_DOWN, "moment ago"},
        {MC_E_RESOURCES, "no descriptor"},
        {MC_HIT, "hit"},
        {MC_MISS, "miss"},
        {MC_STORED, "stored"},
        {MC_NOT_FOUND, "not found"},
        {MC_DELETED, "deleted"},
        {MC_VERSION, "version"},
        {MC_SERVER_ERROR, "server failed"},
    };
    for (size_t i = 0; i < COUNT(some); i++) {
        if (strstr(mc_text(some[i].result), some[i].word) == NULL)
            ck_abort_msg("%d: %s", some[i].result, mc_text(some[i].result));
    }
    ck_assert_str_eq(mc_text(MC_MORE),
                     "done, or more bytes are wanted"); /* the first of a list, from its start */
    ck_assert_ptr_nonnull(strstr(mc_text_fault(MC_FAULT_LONG), "long"));
    ck_assert_ptr_nonnull(strstr(mc_text_fault(MC_FAULT_WRONG_KEY), "key"));
    ck_assert_ptr_nonnull(strstr(mc_text_fault(MC_FAULT_WORD), "1.6.45"));
    ck_assert_ptr_nonnull(strstr(mc_text_fault(MC_FAULT_FLAG), "1.6.18"));
}
END_TEST

/* The words that belong to all files. */
START_TEST(words_of_all)
{
    static const int errors[] = {MC_E_KEY, MC_E_RESOURCES, MC_ERROR, MC_CLIENT_ERROR,
                                 MC_SERVER_ERROR};
    static const int others[] = {0, MC_HIT, MC_MISS, MC_STORED, MC_VERSION, MC_REFUSED};
    for (size_t k = 0; k < COUNT(errors); k++)
        ck_assert(mc_is_error(errors[k]));
    for (size_t k = 0; k < COUNT(others); k++)
        ck_assert(!mc_is_error(others[k]));
    ck_assert_uint_eq(mc_string("").len, 0);
    ck_assert_uint_eq(mc_string(NULL).len, 0);
    ck_assert_uint_eq(mc_string("four").len, 4);
    ck_assert_mem_eq(mc_string("four").data, MC_BYTES("four").data, MC_BYTES("four").len);
    ck_assert_str_eq(mc_version(), MCWIRE_VERSION);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {each_has_its_own, COUNT(kinds)},
        {no_number_is_too_far, COUNT(kinds)},
        {says_what_it_is, 1},
        {words_of_all, 1},
    };
    return suite_run("text", tests, COUNT(tests));
}
