/* A table of the options, and the reader that it drives. */
#include "arguments.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "proto.h"
#include "rounds.h"
#include "wire.h"
#include "work.h"

enum kind { SWITCH, NUMBER, TEXT, FORMAT, HELP, VERSION };

/* One option; `offset` is that of its member in struct arguments. */
struct option {
    const char *name, *value, *help; /* value: NULL when it takes none; no help: it is internal */
    enum kind kind;
    size_t offset;
    uint32_t max; /* of a NUMBER, which is at least 1 */
};

#define AT(member) offsetof(struct arguments, member)

static const struct option table[] = {
    {"--quick", NULL, "fewer works and rounds: some 30 s", SWITCH, AT(quick), 0},
    {"--html", "FILE", "write the whole report as a page, too", TEXT, AT(html), 0},
    {"--format", "text|json|markdown", "what is printed (text)", FORMAT, 0, 0},
    {"--from", "FILE", "measure nothing: print what a FILE of --format json holds", TEXT, AT(from),
     0},
    {"--works", "LIST", "only these, with commas between them", TEXT, AT(works), 0},
    {"--clients", "LIST", "only these, and the floor and this project's client", TEXT, AT(clients),
     0},
    {"--transport", "tcp|unix", "only this one", TEXT, AT(transport), 0},
    {"--cores", "same|apart", "only with client and server on one processor, or on two", TEXT,
     AT(cores), 0},
    {"--processors", "A,B", "the client's, and the server's when they are apart", TEXT,
     AT(processors), 0},
    {"--rounds", "N", "rounds (51; quick: 21)", NUMBER, AT(rounds), ROUNDS_MAX},
    {"--slice-us", "N", "how long a client is at a work, twice a round (2000)", NUMBER,
     AT(slice_us), 1000000},
    {"--no-counts", NULL, "count neither instructions nor system calls", SWITCH, AT(no_counts), 0},
    {"--instructions", NULL, "nothing but the instructions of the marks, as JSON", SWITCH,
     AT(instructions), 0},
    {"--python", "PROGRAM", "the Python that has the rivals (/usr/bin/python3)", TEXT, AT(python),
     0},
    {"--only", "CLIENT",
     "do --count operations of one --work and nothing besides;\n"
     "CLIENT: floor, client, or wire for proto/ alone",
     TEXT, AT(only), 0},
    {"--work", "WORK", "see --only", TEXT, AT(works), 0},
    {"--count", "N", "see --only (1000)", NUMBER, AT(count), 1000000000},
    {"--server", "ADDRESS", "see --only: IP:PORT or unix:/PATH (a private memcached)", TEXT,
     AT(server), 0},
    {"--worker", "CLIENT", NULL, TEXT, AT(worker), 0},
    {"--help", NULL, "print this", HELP, 0, 0},
    {"--version", NULL, "print the version", VERSION, 0, 0},
};

enum { TABLE_SIZE = sizeof table / sizeof *table, HELP_COLUMN = 32 };

static int fail(const char *option, size_t len, const char *what)
{
    escape_message("overhead", "%.*s: %s", (int)len, option, what);
    return ARGUMENTS_USAGE;
}

/* ---- help ------------------------------------------------------------------------------------ */

static void print_option(const struct option *option)
{
    const char *value = option->value != NULL ? option->value : "";
    int pad = HELP_COLUMN - 3 - (int)strlen(option->name) - (int)strlen(value);

    if (option->help == NULL)
        return;
    printf("  %s %s%*s", option->name, value, pad > 0 ? pad : 0, "");
    for (const char *at = option->help; *at != '\0'; at++) {
        putchar(*at);
        if (*at == '\n')
            printf("%*s", HELP_COLUMN, "");
    }
    putchar('\n');
}

static int print_help(void)
{
    puts("Usage: overhead [OPTION]...\n"
         "What a memcached client costs: this one and others, beside the same bytes over a\n"
         "bare socket (the floor), on private memcacheds.\n");
    for (size_t i = 0; i < TABLE_SIZE; i++)
        print_option(&table[i]);
    fputs("\nWorks:", stdout);
    for (size_t i = 0; i < work_count; i++)
        printf("%s %s", i == 8 ? "\n      " : "", work_table[i].name);
    fputs("\nWith --only wire:", stdout);
    for (size_t i = 0; i < wire_count; i++)
        printf(" %s", wire_table[i].name);
    fputs("\nClients:", stdout);
    for (size_t i = 0; i < roster_count; i++)
        printf(" %s", roster_table[i].name);
    puts("\n\nExit status: 0 all right, 1 the floor or this project's client failed, or\n"
         "output was not written, 2 bad usage, 69 no memcached to be had, 77 --instructions\n"
         "without valgrind, 130 interrupted.");
    return EXIT_SUCCESS;
}

static int print_version(void)
{
    puts("overhead (mcwire) " MCWIRE_VERSION);
    return EXIT_SUCCESS;
}

/* ---- one option ------------------------------------------------------------------------------ */

static int set_number(struct arguments *arguments, const struct option *option, const char *text)
{
    char *end, what[80];
    unsigned long number = strtoul(text, &end, 10);

    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && number >= 1 && number <= option->max) {
        uint32_t value = (uint32_t)number;
        memcpy((char *)arguments + option->offset, &value, sizeof value);
        return ARGUMENTS_GO_ON;
    }
    snprintf(what, sizeof what, "'%.20s' is not a number from 1 to %lu", text,
             (unsigned long)option->max);
    return fail(option->name, strlen(option->name), what);
}

static int set_format(struct arguments *arguments, const struct option *option, const char *text)
{
    static const char *const names[] = {
        [ARGUMENTS_TEXT] = "text", [ARGUMENTS_JSON] = "json", [ARGUMENTS_MARKDOWN] = "markdown"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            arguments->format = (enum arguments_format)i;
            return ARGUMENTS_GO_ON;
        }
    }
    return fail(option->name, strlen(option->name), "there is text, json and markdown");
}

static int set(struct arguments *arguments, const struct option *option, const char *text)
{
    char *member = (char *)arguments + option->offset;
    const bool on = true;

    switch (option->kind) {
    case SWITCH: memcpy(member, &on, sizeof on); return ARGUMENTS_GO_ON;
    case NUMBER: return set_number(arguments, option, text);
    case TEXT: memcpy(member, &text, sizeof text); return ARGUMENTS_GO_ON;
    case FORMAT: return set_format(arguments, option, text);
    case HELP: return print_help();
    case VERSION: return print_version();
    }
    return ARGUMENTS_USAGE;
}

static const struct option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < TABLE_SIZE; i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
            return &table[i];
    return NULL;
}

/* Reads the option at argv[*i], and its value there or in the next argument. */
static int read_one(struct arguments *arguments, char **argv, int *i)
{
    const char *argument = argv[*i];
    size_t len = strcspn(argument, "=");
    const char *value = argument[len] == '=' ? argument + len + 1 : NULL;
    const struct option *option = find(argument, len);

    if (option == NULL)
        return fail(argument, len, "no such option; --help lists them");
    if (option->value == NULL && value != NULL)
        return fail(argument, len, "takes no value");
    if (option->value != NULL && value == NULL) {
        value = argv[*i + 1];
        if (value == NULL)
            return fail(argument, len, "a value is missing");
        (*i)++;
    }
    return set(arguments, option, value != NULL ? value : "");
}

/* ---- all of them ----------------------------------------------------------------------------- */

bool arguments_list_has(const char *list, const char *word)
{
    if (list == NULL)
        return true;
    while (*list != '\0') {
        size_t len = strcspn(list, ",");
        if (strlen(word) == len && memcmp(list, word, len) == 0)
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}

static bool is_work(const char *word)
{
    return work_find(word) != NULL || wire_find(word) != NULL;
}

static bool is_client(const char *word)
{
    return roster_find(word) != NULL || strcmp(word, "wire") == 0;
}

static bool is_transport(const char *word)
{
    return strcmp(word, "tcp") == 0 || strcmp(word, "unix") == 0;
}

static bool is_cores(const char *word)
{
    return strcmp(word, "same") == 0 || strcmp(word, "apart") == 0;
}

/* Every word of a list has to be one that is known. */
static int check_list(const char *option, const char *list, bool (*is_known)(const char *))
{
    char word[24], what[80];

    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)len, list);
        if (!is_known(word)) {
            snprintf(what, sizeof what, "there is no '%s'; --help lists them", word);
            return fail(option, strlen(option), what);
        }
        list += len + (list[len] == ',');
    }
    return ARGUMENTS_GO_ON;
}

static int check_lists(const struct arguments *arguments)
{
    const struct {
        const char *option, *list;
        bool (*is_known)(const char *);
    } lists[] = {{"--works", arguments->works, is_work},
                 {"--clients", arguments->clients, is_client},
                 {"--only", arguments->only, is_client},
                 {"--worker", arguments->worker, is_client},
                 {"--transport", arguments->transport, is_transport},
                 {"--cores", arguments->cores, is_cores}};
    int result = ARGUMENTS_GO_ON;

    for (size_t i = 0; i < sizeof lists / sizeof *lists && result == ARGUMENTS_GO_ON; i++)
        result = check_list(lists[i].option, lists[i].list, lists[i].is_known);
    return result;
}

int arguments_read(struct arguments *arguments, int argc, char **argv)
{
    int result = ARGUMENTS_GO_ON;

    *arguments = (struct arguments){.python = "/usr/bin/python3", .count = 1000};
    for (int i = 1; i < argc && result == ARGUMENTS_GO_ON; i++)
        result = read_one(arguments, argv, &i);
    return result == ARGUMENTS_GO_ON ? check_lists(arguments) : result;
}
