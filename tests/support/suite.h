/* Runs the suite of a test program. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/* A test, and the number of rounds in which it is run; the test has the round as _i. */
struct suite_test {
    const TTest *test;
    int rounds;
};

/* Runs the tests and prints the summary of libcheck. Returns the exit status for main(). */
int suite_run(const char *name, const struct suite_test *tests, size_t count);

#endif
