/* The options of overhead, as a table, and the lists of words that some of them have. */
#include "arguments.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "clients.h"
#include "escape.h"
#include "option.h"
#include "rounds.h"
#include "wire.h"
#include "work.h"

#define AT(member) offsetof(struct arguments, member)

static const struct option table[] = {
    {"--quick", NULL, "fewer works and rounds: about 30 s", option_flag, AT(quick), 0, 0},
    {"--html", "FILE", "write the whole report as a page, too", option_text, AT(html), 0, 0},
    {"--format", "text|json|markdown", "what is printed (text)", option_choice, AT(format), 0, 0},
    {"--from", "FILE", "measure nothing: print what a FILE of --format json holds", option_text,
     AT(from), 0, 0},
    {"--works", "LIST", "only these, with commas between them", option_text, AT(works), 0, 0},
    {"--clients", "LIST", "only these, besides the baseline and this project's client", option_text,
     AT(clients), 0, 0},
    {"--transport", "tcp|unix", "only this one", option_choice, AT(transport), 0, 0},
    {"--cores", "same|apart", "only with client and server on one processor, or on two",
     option_choice, AT(cores), 0, 0},
    {"--processors", "A,B", "the client's, and the server's when they are apart", option_text,
     AT(processors), 0, 0},
    {"--rounds", "N", "rounds (51; quick: 21)", option_number, AT(rounds), 1, ROUNDS_MAX},
    {"--slice-us", "N", "how long each client works, twice a round (2000)", option_number,
     AT(slice_us), 1, 1000000},
    {"--no-counts", NULL, "count neither instructions nor system calls", option_flag, AT(no_counts),
     0, 0},
    {"--instructions", NULL, "only the instruction counts that have a limit, as JSON", option_flag,
     AT(instructions), 0, 0},
    {"--python", "PROGRAM", "the Python that has the modules of its clients (/usr/bin/python3)",
     option_text, AT(python), 0, 0},
    {"--only", "CLIENT",
     "do --count operations of one --work and nothing besides;\n"
     "CLIENT: baseline, client, or wire for proto/ alone",
     option_text, AT(only), 0, 0},
    {"--work", "WORK", "see --only", option_text, AT(works), 0, 0},
    {"--count", "N", "see --only (1000)", option_number, AT(count), 1, 1000000000},
    {"--server", "ADDRESS", "see --only: IP:PORT or unix:/PATH (a private memcached)", option_text,
     AT(server), 0, 0},
    {"--worker", "CLIENT", NULL, option_text, AT(worker), 0, 0}, /* how it starts itself */
};

static void print_more(void)
{
    fputs("Works:", stdout);
    for (size_t i = 0; i < work_count; i++)
        printf("%s %s", i == 8 ? "\n      " : "", work_table[i].name);
    fputs("\nWith --only wire:", stdout);
    for (size_t i = 0; i < wire_count; i++)
        printf(" %s", wire_table[i].name);
    fputs("\nClients:", stdout);
    for (size_t i = 0; i < clients_count; i++)
        printf(" %s", clients_table[i].name);
    puts("\n\nExit status: 0 all right, 1 the baseline or this project's client failed, or\n"
         "output was not written, 2 bad usage, 69 no memcached to be had, 77 --instructions\n"
         "without valgrind, 130 interrupted.");
}

static const struct option_program program = {
    .name = "overhead",
    .about = "What a memcached client costs: this one and others, beside the same bytes over a\n"
             "bare socket (the baseline), on private memcacheds.",
    .table = table,
    .count = sizeof table / sizeof *table,
    .column = 32,
    .print_more = print_more,
};

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
    return clients_find(word) != NULL || strcmp(word, "wire") == 0;
}

/* Every word of a list has to be one that is known. */
static int check_list(const char *option, const char *list, bool (*is_known)(const char *))
{
    char word[24];

    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)len, list);
        if (!is_known(word)) {
            escape_message("overhead", "%s: there is no '%s'; --help lists them", option, word);
            return OPTION_USAGE;
        }
        list += len + (list[len] == ',');
    }
    return OPTION_GO_ON;
}

static int check_lists(const struct arguments *arguments)
{
    const struct {
        const char *option, *list;
        bool (*is_known)(const char *);
    } lists[] = {{"--works", arguments->works, is_work},
                 {"--clients", arguments->clients, is_client},
                 {"--only", arguments->only, is_client},
                 {"--worker", arguments->worker, is_client}};
    int result = OPTION_GO_ON;

    for (size_t i = 0; i < sizeof lists / sizeof *lists && result == OPTION_GO_ON; i++)
        result = check_list(lists[i].option, lists[i].list, lists[i].is_known);
    return result;
}

int arguments_read(struct arguments *arguments, int argc, char **argv)
{
    *arguments = (struct arguments){.python = "/usr/bin/python3",
                                    .count = 1000,
                                    .transport = ARGUMENTS_BOTH,
                                    .cores = ARGUMENTS_BOTH};
    int result = option_read(&program, arguments, argc, argv);
    return result == OPTION_GO_ON ? check_lists(arguments) : result;
}
