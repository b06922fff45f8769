/* Runs the suite as one test case, with a time limit that suits the slowest machine. */
#include "suite.h"

#include <stdlib.h>

enum { TIMEOUT_S = 300 };

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
    if (memory == NULL) /* an assertion, even one that holds, is a system call */
        ck_abort_msg("no memory");
    return memory;
}
