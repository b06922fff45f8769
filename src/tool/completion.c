/* The command completion: scripts for shells, made from the table of commands and options. */
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "print.h"
#include "run.h"
#include "status.h"

/* ---- names ----------------------------------------------------------------------------------- */

/* Calls a function for each name of an option: "-s", "--server". */
typedef void name_function(const struct option *option, const char *name, size_t len);

static void each_name(const struct option *option, name_function *call)
{
    for (const char *at = option->name;;) {
        size_t len = strcspn(at, ",");
        call(option, at, len);
        if (at[len] == '\0')
            return;
        at += len + 2;
    }
}

/* The words of "a|b|c"; nothing when it is not of words alone. */
static void print_words(const char *choices, const char *between)
{
    size_t all = strcspn(choices, " ");

    if (memchr(choices, '|', all) == NULL || memchr(choices, '-', all) != NULL)
        return;
    for (size_t i = 0; i < all; i++) {
        if (choices[i] == '|')
            fputs(between, stdout);
        else
            putchar(choices[i]);
    }
}

static bool has_words(const struct option *option)
{
    return strchr(option->value, '|') != NULL && strchr(option->value, '-') == NULL;
}

static bool is_file(const struct option *option)
{
    return strcmp(option->value, "FILE") == 0;
}

/* A help's first line in single quotes; a backslash goes before each byte of `special`. */
static void print_quoted(const char *text, const char *special)
{
    for (size_t i = 0; i < strcspn(text, "\n"); i++) {
        if (text[i] == '\'')
            fputs("'\\'", stdout);
        else if (strchr(special, text[i]) != NULL)
            putchar('\\');
        putchar(text[i]);
    }
}

/* ---- bash ------------------------------------------------------------------------------------ */

static void print_bash_name(const struct option *option, const char *name, size_t len)
{
    (void)option;
    printf(" %.*s", (int)len, name);
}

static void print_bash_table(const struct option *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        each_name(&table[i], print_bash_name);
}

static void print_bash_pattern(const struct option *option, const char *name, size_t len)
{
    printf("%s%.*s", name == option->name ? "    " : " | ", (int)len, name);
}

/* What completes the value of each option that has one. */
static void print_bash_values(const struct option *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].value == NULL)
            continue;
        each_name(&table[i], print_bash_pattern);
        fputs(") words='", stdout);
        if (has_words(&table[i]))
            print_words(table[i].value, " ");
        puts("' ;;");
    }
}

/* The same as one pattern. */
static void print_bash_skips(const struct option *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (const char *at = table[i].name; table[i].value != NULL && at != NULL;) {
            size_t len = strcspn(at, ",");
            printf(" | %.*s", (int)len, at);
            at = at[len] != '\0' ? at + len + 2 : NULL;
        }
}

/* What may follow a command, and before it: the commands. */
static void print_bash_commands(const struct option_program *program)
{
    fputs("    '') words='", stdout);
    for (size_t i = 0; i < program->commands_count; i++)
        printf("%s%s", i > 0 ? " " : "", program->commands[i].name);
    puts("' ;;");
    for (size_t i = 0; i < program->commands_count; i++) {
        const struct option_command *command = &program->commands[i];
        printf("    %s) words='", command->name);
        print_words(command->arguments, " ");
        print_bash_table(command->table, command->count);
        puts("' ;;");
    }
}

static void print_bash(const struct option_program *program)
{
    puts("# Completion of mcwire for bash: source it, or put it where bash-completion looks.\n"
         "_mcwire() {\n"
         "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "    local command='' words='' i\n"
         "    [[ $current != = ]] || current=''\n"
         "    [[ $previous != = ]] || previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in");
    fputs("        ''", stdout);
    print_bash_skips(program->table, program->count);
    puts(") ((i++)) ;;\n"
         "        -*) ;;\n"
         "        *) command=${COMP_WORDS[i]} && break ;;\n"
         "        esac\n"
         "    done\n"
         "    case $command in");
    print_bash_commands(program);
    fputs("    esac\n    words+='", stdout);
    print_bash_table(program->table, program->count);
    print_bash_table(&option_help, 1);
    print_bash_table(&option_version, 1);
    puts("'\n    case $previous in");
    print_bash_values(program->table, program->count);
    for (size_t i = 0; i < program->commands_count; i++)
        print_bash_values(program->commands[i].table, program->commands[i].count);
    puts("    esac\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -o default -F _mcwire mcwire");
}

/* ---- zsh ------------------------------------------------------------------------------------- */

static void print_zsh_name(const struct option *option, const char *name, size_t len)
{
    printf(" \\\n        '%.*s[", (int)len, name);
    print_quoted(option->help, "\\[]");
    putchar(']');
    if (option->value != NULL) {
        printf(":%s:", has_words(option) ? "which" : option->value);
        if (has_words(option)) {
            putchar('(');
            print_words(option->value, " ");
            putchar(')');
        } else if (is_file(option))
            fputs("_files", stdout);
    }
    putchar('\'');
}

static void print_zsh_table(const struct option *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        each_name(&table[i], print_zsh_name);
}

static void print_zsh_command(const struct option_program *program,
                              const struct option_command *command)
{
    size_t all = strcspn(command->arguments, " ");

    printf("    %s)\n        _arguments", command->name);
    print_zsh_table(command->table, command->count);
    print_zsh_table(program->table, program->count);
    print_zsh_table(&option_help, 1);
    if (memchr(command->arguments, '|', all) != NULL) {
        fputs(" \\\n        '1:which:(", stdout);
        print_words(command->arguments, " ");
        fputs(")'", stdout);
    }
    puts(" \\\n        '*:argument:' ;;");
}

static void print_zsh(const struct option_program *program)
{
    puts("#compdef mcwire\n"
         "# Completion of mcwire for zsh: put it on $fpath as _mcwire.\n"
         "_mcwire() {\n"
         "    local state line\n"
         "    local -a commands\n"
         "    commands=(");
    for (size_t i = 0; i < program->commands_count; i++) {
        printf("        '%s:", program->commands[i].name);
        print_quoted(program->commands[i].about, "\\:");
        puts("'");
    }
    fputs("    )\n    _arguments -C", stdout);
    print_zsh_table(program->table, program->count);
    print_zsh_table(&option_help, 1);
    print_zsh_table(&option_version, 1);
    puts(" \\\n        '1:command:->command' \\\n        '*::argument:->argument'\n"
         "    case $state in\n"
         "    command) _describe command commands && return ;;\n"
         "    esac\n"
         "    [[ $state = argument ]] || return\n"
         "    case $words[1] in");
    for (size_t i = 0; i < program->commands_count; i++)
        print_zsh_command(program, &program->commands[i]);
    puts("    esac\n"
         "}\n"
         "_mcwire \"$@\"");
}

/* ---- fish ------------------------------------------------------------------------------------ */

static void print_fish_name(const struct option *option, const char *name, size_t len)
{
    bool is_long = len > 2;

    (void)option;
    printf(" %s %.*s", is_long ? "-l" : "-s", (int)(len - (is_long ? 2 : 1)),
           name + (is_long ? 2 : 1));
}

static void print_fish_table(const struct option *table, size_t count, const char *command)
{
    for (size_t i = 0; i < count; i++) {
        fputs("complete -c mcwire", stdout);
        if (command != NULL)
            printf(" -n '__fish_seen_subcommand_from %s'", command);
        each_name(&table[i], print_fish_name);
        if (table[i].value != NULL)
            fputs(is_file(&table[i]) ? " -r -F" : " -x", stdout);
        if (table[i].value != NULL && has_words(&table[i])) {
            fputs(" -a '", stdout);
            print_words(table[i].value, " ");
            putchar('\'');
        }
        fputs(" -d '", stdout);
        print_quoted(table[i].help, "\\");
        puts("'");
    }
}

static void print_fish(const struct option_program *program)
{
    puts("# Completion of mcwire for fish: put it into ~/.config/fish/completions/mcwire.fish.\n"
         "complete -c mcwire -f");
    print_fish_table(program->table, program->count, NULL);
    print_fish_table(&option_help, 1, NULL);
    print_fish_table(&option_version, 1, NULL);
    for (size_t i = 0; i < program->commands_count; i++) {
        const struct option_command *command = &program->commands[i];
        printf("complete -c mcwire -n __fish_use_subcommand -a %s -d '", command->name);
        print_quoted(command->about, "\\");
        puts("'");
        if (memchr(command->arguments, '|', strcspn(command->arguments, " ")) != NULL) {
            printf("complete -c mcwire -n '__fish_seen_subcommand_from %s' -a '", command->name);
            print_words(command->arguments, " ");
            puts("'");
        }
        print_fish_table(command->table, command->count, command->name);
    }
}

int run_completion(void *options, const struct option_words *words)
{
    static const struct {
        const char *shell;
        void (*print)(const struct option_program *program);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

    (void)options;
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(words->list[0], shells[i].shell) == 0) {
            shells[i].print(words->program);
            return print_end("completion", STATUS_OK);
        }
    }
    escape_message("mcwire", "completion: '%.20s' is not one of bash|zsh|fish", words->list[0]);
    return STATUS_USAGE;
}
