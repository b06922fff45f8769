/* Runs a suite without libcheck, with a time limit: each round of a test in a process of its own,
 * or, as libcheck has it too, with CK_FORK=no fewer: one for all rounds of a test. */
#include "suite.h"

#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_S = 300 };

/* The rounds from `first` on, before `end`. The one that fails ends the process. */
static _Noreturn void run_rounds(const TTest *test, int first, int end)
{
    for (int round = first; round < end; round++) {
        alarm(TIMEOUT_S);
        test->run(round);
    }
    exit(0);
}

static int run_test(const TTest *test, int first, int end)
{
    pid_t child = fork();
    int status = 1;
    if (child == 0)
        run_rounds(test, first, end);
    if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
        return 0;
    printf("failed: %s, one of the rounds from %d to %d\n", test->name, first, end - 1);
    return 1;
}

int suite_run(const char *name, const struct suite_test *tests, size_t count)
{
    const char *fork_mode = getenv("CK_FORK");
    bool together = fork_mode != NULL && strcmp(fork_mode, "no") == 0;
    int checks = 0, failures = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < count; i++) {
        int step = together && tests[i].rounds > 0 ? tests[i].rounds : 1;
        for (int round = 0; round < tests[i].rounds; round += step)
            failures += run_test(tests[i].test, round, round + step);
        checks += tests[i].rounds;
    }
    printf("%s: Checks: %d, Failures: %d\n", name, checks, failures);
    return failures > 0;
}

void *suite_allocate(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    ck_assert_ptr_nonnull(memory);
    return memory;
}
