/* In a program of mutants: which of them it is, and its end at the first failing assertion. */
#include <stdlib.h>
#include <unistd.h>

int mutant_is;

/* The linker makes this of libcheck's own (-Wl,--wrap=NAME). */
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
