/* Runs a test program's suite. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/* A test, and in how many rounds (the test's _i) it is run. */
struct suite_test {
    const TTest *test;
    int rounds;
};

/* Runs the tests and prints check's summary. Returns what main() returns. */
int suite_run(const char *name, const struct suite_test *tests, size_t count);

#endif
