/* Reads arguments by a table of options, and prints the table as help. */
#include "option.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "escape.h"
#include "proto.h"
#include "status.h"

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

const struct option option_help = {.name = "-h, --help", .help = "print this"};
const struct option option_version = {.name = "--version", .help = "print the version"};

static void print_table(const struct option *table, size_t count, int column)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].help != NULL)
            print_option(&table[i], column);
}

static void print_commands(const struct option_program *program)
{
    puts("Commands:");
    for (size_t i = 0; i < program->commands_count; i++) {
        const struct option_command *command = &program->commands[i];
        int pad = program->column - 3 - (int)strlen(command->name);
        printf("  %s%*s %s\n", command->name, pad > 0 ? pad : 0, "", command->about);
    }
    puts("\nOptions:");
}

static void print_help(const struct option_program *program)
{
    const char *words = program->commands != NULL ? " COMMAND [ARGUMENT]..." : "";

    printf("Usage: %s [OPTION]...%s\n%s\n\n", program->name, words, program->about);
    if (program->commands != NULL)
        print_commands(program);
    print_table(program->table, program->count, program->column);
    print_option(&option_help, program->column);
    print_option(&option_version, program->column);
    printf("\n%s\n", program->more);
}

static void print_command_help(const struct option_program *program,
                               const struct option_command *command)
{
    printf("Usage: %s %s%s%s%s\n%s\n", program->name, command->name,
           command->count > 0 ? " [OPTION]..." : "", command->arguments[0] != '\0' ? " " : "",
           command->arguments, command->about);
    if (command->more != NULL)
        printf("\n%s\n", command->more);
    if (command->count > 0)
        putchar('\n');
    print_table(command->table, command->count, program->column);
    printf("\n%s --help lists the options that every command takes.\n", program->name);
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
    const uint64_t ns = (uint64_t)(seconds * 1e9 + 0.5);
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

/* The command line as far as it is read. */
struct line {
    const struct option_program *program;
    const struct option_command *command; /* NULL: none yet */
    void *options;
    char **argv;
    int i;
};

bool option_is_named(const struct option *option, const char *name, size_t len)
{
    const char *at = option->name;

    for (;;) {
        size_t length = strcspn(at, ",");
        if (length == len && memcmp(at, name, len) == 0)
            return true;
        if (at[length] == '\0')
            return false;
        at += length + 2;
    }
}

static const struct option *find_in(const struct option *table, size_t count, const char *name,
                                    size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (option_is_named(&table[i], name, len))
            return &table[i];
    return NULL;
}

static const struct option *find_option(const struct line *line, const char *name, size_t len)
{
    const struct option_program *program = line->program;
    const struct option *found = find_in(program->table, program->count, name, len);

    if (found == NULL && line->command != NULL)
        found = find_in(line->command->table, line->command->count, name, len);
    if (found == NULL && option_is_named(&option_help, name, len))
        found = &option_help;
    if (found == NULL && option_is_named(&option_version, name, len))
        found = &option_version;
    return found;
}

static int fail_argument(const struct option_program *program, const char *argument,
                         const char *what)
{
    int len = (int)strcspn(argument, "=");

    escape_message(program->name, "%.*s: %s", len, argument, what);
    return OPTION_USAGE;
}

static int fail_unknown(const struct line *line, const char *argument)
{
    const struct option_program *program = line->program;
    const struct option_command *command = line->command;
    int len = (int)strcspn(argument, "=");

    if (program->commands == NULL)
        return fail_argument(program, argument, "no such option; --help lists them");
    if (command == NULL)
        escape_message(
            program->name,
            "%.*s: no such option; --help lists them (a command's own go after its name)", len,
            argument);
    else
        escape_message(program->name,
                       "%.*s: no such option; '%s %s -h' lists them (-- ends the options)", len,
                       argument, program->name, command->name);
    return OPTION_USAGE;
}

/* The exit status of a program whose last words were printed, or could not be. */
static int end_output(const struct option_program *program)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_SUCCESS;
    if (errno != EPIPE)
        escape_message(program->name, "standard output: %s", strerror(errno));
    return program->commands != NULL ? STATUS_OUTPUT : EXIT_FAILURE;
}

static int show_help(const struct line *line)
{
    if (line->command != NULL)
        print_command_help(line->program, line->command);
    else
        print_help(line->program);
    return end_output(line->program);
}

/* Gives an option its value. */
static int set_option(const struct line *line, const struct option *option, const char *value)
{
    const struct option_program *program = line->program;

    if (option == &option_help)
        return show_help(line);
    if (option == &option_version) {
        printf("%s%s" MCWIRE_VERSION "\n", program->name,
               program->commands != NULL ? " " : " (mcwire) ");
        return end_output(program);
    }
    const char *wrong = option->read(line->options, option, value);
    if (wrong == NULL)
        return OPTION_GO_ON;
    escape_message(program->name, "%s: '%.20s' %s", option->name, value, wrong);
    return OPTION_USAGE;
}

/* Reads the option at argv[i], and its value there or in the next argument. */
static int read_one(struct line *line)
{
    const char *argument = line->argv[line->i];
    size_t len = strcspn(argument, "=");
    const char *value = argument[len] == '=' ? argument + len + 1 : NULL;
    const struct option *option = find_option(line, argument, len);

    if (option == NULL && argument[0] == '-' && argument[1] != '-' && argument[1] != '\0') {
        option = find_option(line, argument, 2); /* -sADDRESS */
        value = argument + 2;
        if (option != NULL && option->value == NULL)
            option = NULL;
    }
    if (option == NULL)
        return fail_unknown(line, argument);
    if (option->value == NULL && value != NULL)
        return fail_argument(line->program, argument, "takes no value");
    if (option->value != NULL && value == NULL)
        value = line->argv[++line->i];
    if (option->value != NULL && value == NULL)
        return fail_argument(line->program, argument, "a value is missing");
    return set_option(line, option, value);
}

int option_read(const struct option_program *program, void *options, int argc, char **argv)
{
    struct line line = {.program = program, .options = options, .argv = argv, .i = 1};
    int result = OPTION_GO_ON;

    for (; line.i < argc && result == OPTION_GO_ON; line.i++)
        result = read_one(&line);
    return result;
}

/* ---- commands -------------------------------------------------------------------------------- */

static int choose_command(struct line *line, const char *name)
{
    const struct option_program *program = line->program;

    for (size_t i = 0; i < program->commands_count; i++)
        if (strcmp(program->commands[i].name, name) == 0)
            line->command = &program->commands[i];
    if (line->command != NULL)
        return OPTION_GO_ON;
    return fail_argument(program, name, "no such command; --help lists them");
}

/* Has the command as many arguments as it takes? */
static int check_count(const struct option_words *words)
{
    const struct option_command *command = words->command;
    const char *name = words->program->name;
    const char *space = command->arguments[0] != '\0' ? " " : "";

    if (words->count < command->min)
        escape_message(name, "%s: an argument is missing: %s %s%s%s", command->name, name,
                       command->name, space, command->arguments);
    else if (command->max >= 0 && words->count > command->max)
        escape_message(name,
                       "%s: '%.20s' is one argument too many (quote a value that has "
                       "spaces): %s %s%s%s",
                       command->name, words->list[command->max], name, command->name, space,
                       command->arguments);
    else
        return OPTION_GO_ON;
    return OPTION_USAGE;
}

int option_read_command(const struct option_program *program, void *options, int argc, char **argv,
                        struct option_words *words)
{
    struct line line = {.program = program, .options = options, .argv = argv, .i = 1};
    int result = OPTION_GO_ON;
    bool literal = false;

    *words = (struct option_words){.program = program, .list = argv};
    for (; line.i < argc && result == OPTION_GO_ON; line.i++) {
        char *argument = argv[line.i];
        if (!literal && strcmp(argument, "--") == 0)
            literal = true;
        else if (!literal && argument[0] == '-' && argument[1] != '\0')
            result = read_one(&line);
        else if (line.command == NULL)
            result = choose_command(&line, argument);
        else
            words->list[words->count++] = argument;
        words->literal = literal ? words->literal : words->count;
    }
    words->command = line.command;
    if (result != OPTION_GO_ON)
        return result;
    if (words->command == NULL)
        return fail_argument(program, "a command is missing", "--help lists them");
    return check_count(words);
}
