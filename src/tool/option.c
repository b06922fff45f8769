/* Reads arguments by a table of options, and prints the table as help. */
#include "option.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "escape.h"
#include "proto.h"

enum { PROBLEM_SIZE = 120 };

/* ---- help ------------------------------------------------------------------------------------ */

static void print_option(const struct option *option, int column)
{
    const char *value = option->value != NULL ? option->value : "";
    int pad = column - 3 - (int)strlen(option->name) - (int)strlen(value);

    printf("  %s %s", option->name, value);
    if (pad > 0)
        printf("%*s", pad, "");
    else
        printf("\n%*s", column, "");
    for (const char *at = option->help; *at != '\0'; at++) {
        putchar(*at);
        if (*at == '\n')
            printf("%*s", column, "");
    }
    putchar('\n');
}

static const struct option help = {.name = "--help", .help = "print this"};
static const struct option version = {.name = "--version", .help = "print the version"};

static void print_help(const struct option_program *program)
{
    printf("Usage: %s [OPTION]...\n%s\n\n", program->name, program->about);
    for (size_t i = 0; i < program->count; i++)
        if (program->table[i].help != NULL)
            print_option(&program->table[i], program->column);
    print_option(&help, program->column);
    print_option(&version, program->column);
    putchar('\n');
    program->print_more();
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The text of a problem that is put together; it lasts until the next. */
static char problem[PROBLEM_SIZE];

static void write_member(void *options, const struct option *option, const void *value, size_t size)
{
    memcpy((char *)options + option->offset, value, size);
}

static const char *fail_range(const struct option *option, const char *kind)
{
    snprintf(problem, sizeof problem, "is not a number%s from %llu to %llu", kind,
             (unsigned long long)option->min, (unsigned long long)option->max);
    return problem;
}

const char *option_flag(void *options, const struct option *option, const char *text)
{
    const bool on = true;

    (void)text;
    write_member(options, option, &on, sizeof on);
    return NULL;
}

const char *option_long(void *options, const struct option *option, const char *text)
{
    uint64_t number;

    if (!mc_decimal_read(text, 0, strlen(text), option->max, &number) || number < option->min)
        return fail_range(option, "");
    write_member(options, option, &number, sizeof number);
    return NULL;
}

const char *option_number(void *options, const struct option *option, const char *text)
{
    const struct option as_long = {.min = option->min, .max = option->max};
    uint64_t number;
    const char *wrong = option_long(&number, &as_long, text);

    if (wrong != NULL)
        return wrong;
    const uint32_t low = (uint32_t)number;
    write_member(options, option, &low, sizeof low);
    return NULL;
}

bool option_read_fraction(const char *text, double *number)
{
    size_t len = strspn(text, "0123456789.");
    char *end;

    if (len == 0 || text[len] != '\0' || text[0] == '.')
        return false;
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number);
}

const char *option_seconds(void *options, const struct option *option, const char *text)
{
    double seconds;

    if (!option_read_fraction(text, &seconds) || seconds < (double)option->min ||
        seconds > (double)option->max)
        return fail_range(option, " of seconds");
    const uint64_t ns = (uint64_t)(seconds * 1e9);
    write_member(options, option, &ns, sizeof ns);
    return NULL;
}

const char *option_text(void *options, const struct option *option, const char *text)
{
    write_member(options, option, &text, sizeof text);
    return NULL;
}

const char *option_choice(void *options, const struct option *option, const char *text)
{
    const char *word = option->value;

    for (uint32_t i = 0;; i++) {
        size_t len = strcspn(word, "|");
        if (strlen(text) == len && memcmp(text, word, len) == 0) {
            write_member(options, option, &i, sizeof i);
            return NULL;
        }
        if (word[len] == '\0')
            break;
        word += len + 1;
    }
    snprintf(problem, sizeof problem, "is not one of %s", option->value);
    return problem;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static bool is_named(const struct option *option, const char *name, size_t len)
{
    return strlen(option->name) == len && memcmp(option->name, name, len) == 0;
}

static const struct option *find_option(const struct option_program *program, const char *name,
                                        size_t len)
{
    for (size_t i = 0; i < program->count; i++)
        if (is_named(&program->table[i], name, len))
            return &program->table[i];
    if (is_named(&help, name, len))
        return &help;
    return is_named(&version, name, len) ? &version : NULL;
}

static int fail_argument(const struct option_program *program, const char *argument,
                         const char *what)
{
    int len = (int)strcspn(argument, "=");

    escape_message(program->name, "%.*s: %s", len, argument, what);
    return OPTION_USAGE;
}

/* Reads the option at argv[*i], and its value there or in the next argument. */
static int read_one(const struct option_program *program, void *options, char **argv, int *i)
{
    const char *argument = argv[*i];
    size_t len = strcspn(argument, "=");
    const char *value = argument[len] == '=' ? argument + len + 1 : NULL;
    const struct option *option = find_option(program, argument, len);

    if (option == NULL)
        return fail_argument(program, argument, "no such option; --help lists them");
    if (option->value == NULL && value != NULL)
        return fail_argument(program, argument, "takes no value");
    if (option->value != NULL && value == NULL)
        value = argv[++*i];
    if (option->value != NULL && value == NULL)
        return fail_argument(program, argument, "a value is missing");
    if (option == &help) {
        print_help(program);
        return 0;
    }
    if (option == &version) {
        printf("%s (mcwire) " MCWIRE_VERSION "\n", program->name);
        return 0;
    }
    const char *wrong = option->read(options, option, value);
    if (wrong == NULL)
        return OPTION_GO_ON;
    escape_message(program->name, "%s: '%.20s' %s", option->name, value, wrong);
    return OPTION_USAGE;
}

int option_read(const struct option_program *program, void *options, int argc, char **argv)
{
    int result = OPTION_GO_ON;

    for (int i = 1; i < argc && result == OPTION_GO_ON; i++)
        result = read_one(program, options, argv, &i);
    return result;
}
