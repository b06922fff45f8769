/* Runs the suite as one test case, with a time limit that suits the slowest machine. */
#include "suite.h"

#include <stdlib.h>

enum { TIMEOUT_S = 300 };

/* In the place of libcheck's own (-Wl,--wrap=_mark_point), which makes a system call at each
 * assertion that holds, so that it can tell which was the last before a crash. */
void __wrap__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line)
{
    (void)file, (void)line;
}

int suite_run(const char *name, const struct suite_test *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, TIMEOUT_S);
    for (size_t i = 0; i < count; i++)
        tcase_add_loop_test(all, tests[i].test, 0, tests[i].rounds);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

void *suite_allocate(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    ck_assert_ptr_nonnull(memory);
    return memory;
}
