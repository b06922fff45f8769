/* Runs the suite of a test program. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>
#include <stddef.h>

/* A test, and the number of rounds in which it is run; the test has the round as _i. */
struct suite_test {
    const TTest *test;
    int rounds;
};

/* Runs the tests and prints the summary of libcheck. Returns the exit status for main(). */
int suite_run(const char *name, const struct suite_test *tests, size_t count);

/* Memory of just this size, which free() gives back; the test fails when there is none. */
void *suite_allocate(size_t size);

#endif
