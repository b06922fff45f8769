/* The command line of a program, described by a table: it is read into a struct, and --help is made
 * of it. Every program has --help and --version besides its table. */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct option;

/* Reads a value (NULL for an option without one) into the program's struct. NULL; or what is wrong
 * with the value, to be printed after it: "is not a number". */
typedef const char *option_function(void *options, const struct option *option, const char *text);

struct option {
    const char *name;  /* "--runs" */
    const char *value; /* what --help calls it, "N"; NULL: the option takes none */
    const char *help;  /* lines after the first are indented; NULL: not shown */
    option_function *read;
    size_t offset;     /* of the member that these write: */
    uint64_t min, max; /* of numbers and seconds */
};

option_function option_flag;    /* bool: true */
option_function option_number;  /* uint32_t */
option_function option_long;    /* uint64_t */
option_function option_seconds; /* uint64_t: nanoseconds, from seconds that may have a fraction */
option_function option_text;    /* const char *: the argument itself */
option_function option_choice;  /* uint32_t: which of the words of `value`, which '|' separates */

struct option_program {
    const char *name, *about; /* about: what it does, printed after its usage */
    const struct option *table;
    size_t count;
    int column;               /* where the help of options begins */
    void (*print_more)(void); /* prints the end of --help */
};

enum { OPTION_GO_ON = -1, OPTION_USAGE = 2 };

/* Reads the arguments into the struct, which holds the defaults. Strings stay argv's. OPTION_GO_ON;
 * or the exit status of a program that is done: 0 after --help and --version, OPTION_USAGE after
 * one line on stderr that names the option. */
int option_read(const struct option_program *program, void *options, int argc, char **argv);

/* Reads digits with or without a fraction, and nothing else. */
bool option_read_fraction(const char *text, double *number);

#endif
