/* The command line of a program, described by a table: it is read into a struct, and --help is made
 * of it. A program may have commands with options and arguments of their own, one entry of a second
 * table each. Every program has --help and --version besides its table. */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct option;
struct option_words;

/* Reads a value (NULL for an option without one) into the program's struct. NULL; or what is wrong
 * with the value, to be printed after it: "is not a number". */
typedef const char *option_function(void *options, const struct option *option, const char *text);

struct option {
    const char *name;  /* "--runs"; or "-s, --server", and either can be used */
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

struct option_command {
    const char *name;      /* "touch" */
    const char *arguments; /* as --help shows them: "KEY TTL" */
    const char *about;     /* one line: what it does */
    const char *more;      /* further lines of its own help, or NULL */
    const struct option *table;
    size_t count;
    int min, max; /* how many arguments it takes; max -1: any number */
    int (*run)(void *options, const struct option_words *words);
};

struct option_program {
    const char *name, *about; /* about: what it does, printed after its usage */
    const struct option *table;
    size_t count;
    int column;                            /* where the help of options begins */
    const char *more;                      /* the end of --help */
    const struct option_command *commands; /* NULL: it has none, and takes no arguments */
    size_t commands_count;
};

/* A command and its arguments. */
struct option_words {
    const struct option_program *program;
    const struct option_command *command;
    char **list;
    int count;
    int literal; /* the arguments from this one on came after "--" */
};

enum { OPTION_GO_ON = -1, OPTION_USAGE = 2 };

/* Reads the arguments into the struct, which holds the defaults. Strings stay argv's. OPTION_GO_ON;
 * or the exit status of a program that is done: 0 after --help and --version, 1 when these could not
 * be printed, OPTION_USAGE after one line on stderr that names the option. */
int option_read(const struct option_program *program, void *options, int argc, char **argv);

/* The same for a program with commands; options may stand anywhere, a command's after its name.
 * words: the command and its arguments, for which argv is sorted. */
int option_read_command(const struct option_program *program, void *options, int argc, char **argv,
                        struct option_words *words);

/* Has an option this name ("--server", "-s") among those it has? */
bool option_is_named(const struct option *option, const char *name, size_t len);

/* What every program has: --help and --version. */
extern const struct option option_help, option_version;

/* Reads digits with or without a fraction, and nothing else. */
bool option_read_fraction(const char *text, double *number);

#endif
