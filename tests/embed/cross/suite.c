/* Runs a suite without libcheck: each test in a process of its own, with a time limit. */
#include "suite.h"

#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_S = 300 };

static int run_test(const TTest *test, int round)
{
    pid_t child = fork();
    int status = 1;
    if (child == 0) {
        alarm(TIMEOUT_S);
        test->run(round);
        exit(0);
    }
    if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
        return 0;
    printf("failed: %s, round %d\n", test->name, round);
    return 1;
}

int suite_run(const char *name, const struct suite_test *tests, size_t count)
{
    int checks = 0, failures = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < count; i++) {
        for (int round = 0; round < tests[i].rounds; round++) {
            failures += run_test(tests[i].test, round);
            checks++;
        }
    }
    printf("%s: Checks: %d, Failures: %d\n", name, checks, failures);
    return failures > 0;
}
