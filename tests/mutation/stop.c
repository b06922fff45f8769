/* In a program of mutants: which of them it is, which of the tests are run, and its end at the first
 * failing assertion. The environment says it:
 *   MUTANT         the number of the mutant; 0: the original
 *   MUTANT_TESTS   "TEST:FROM-TO ..." the tests, by number, and their rounds; not set: all
 *   MUTANT_REACHED a file: after each round of all tests, a line "TEST:ROUND" and the numbers of
 *                  the statements that were reached in it */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATEMENTS_MAX = 4096 };

int mutant_is;
unsigned char mutant_reached[STATEMENTS_MAX];

/* The linker makes these of libcheck's own and of that in suite.c (-Wl,--wrap=NAME). */
void __wrap__ck_assert_failed(const char *file, int line, const char *expression,
                              const char *message, ...);

void __wrap__ck_assert_failed(const char *file, int line, const char *expression,
                              const char *message, ...)
{
    (void)file, (void)line, (void)expression, (void)message;
    _exit(1);
}

__attribute__((constructor)) static void choose(void)
{
    const char *number = getenv("MUTANT");
    mutant_is = number != NULL ? atoi(number) : 0;
}

static void write_reached(FILE *file, size_t test, int round)
{
    fprintf(file, "%zu:%d", test, round);
    for (size_t k = 0; k < STATEMENTS_MAX; k++) {
        if (mutant_reached[k] != 0)
            fprintf(file, " %zu", k);
    }
    fputc('\n', file);
    memset(mutant_reached, 0, sizeof mutant_reached);
}

static int run_all(const struct suite_test *tests, size_t count)
{
    const char *path = getenv("MUTANT_REACHED");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    for (size_t k = 0; k < count; k++) {
        for (int round = 0; round < tests[k].rounds; round++) {
            tests[k].test->fn(round);
            if (file != NULL)
                write_reached(file, k, round);
        }
    }
    return file != NULL ? fclose(file) : 0;
}

static int run_some(const struct suite_test *tests, size_t count, const char *list)
{
    size_t test;
    int from, to, used;
    while (sscanf(list, "%zu:%d-%d%n", &test, &from, &to, &used) == 3) {
        for (int round = from; test < count && round <= to; round++)
            tests[test].test->fn(round);
        list += used;
    }
    return 0;
}

int __wrap_suite_run(const char *name, const struct suite_test *tests, size_t count);

int __wrap_suite_run(const char *name, const struct suite_test *tests, size_t count)
{
    const char *list = getenv("MUTANT_TESTS");
    (void)name;
    return list != NULL ? run_some(tests, count, list) : run_all(tests, count);
}
