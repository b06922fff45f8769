/* A table of the options of squares, and the reader that it drives. */
#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "decimal.h"
#include "escape.h"
#include "proto.h"
#include "server.h"
#include "timing.h"
#include "workload.h"

enum kind { NUMBER, TEXT, FORMAT, OWN, HELP, VERSION };

/* One option: `offset` is that of its member in struct options; min and max are a NUMBER's. */
struct option {
    const char *name, *value, *help; /* value: what --help calls it; NULL: the option takes none */
    size_t offset;
    enum kind kind;
    uint32_t min, max;
};

static const struct option table[] = {
    {"--server", "ADDR",
     "HOST, HOST:PORT, [IPV6]:PORT or unix:/PATH; otherwise\n"
     "the first entry of MEMCACHED_SERVERS, or\n"
     "127.0.0.1:11211, or a private memcached",
     offsetof(struct options, server), TEXT, 0, 0},
    {"--private", NULL, "start a private memcached, whatever servers there are", 0, OWN, 0, 0},
    {"--runs", "N", "successive runs (10)", offsetof(struct options, runs), NUMBER, 1, 10000},
    {"--requests", "N", "requests in a run (2000)", offsetof(struct options, requests), NUMBER, 1,
     1000000000},
    {"--domain", "N", "squares of 0 to N are asked for (5000)", offsetof(struct options, domain),
     NUMBER, 0, UINT32_MAX},
    {"--cost-us", "N", "pretended expense of a miss, in microseconds (1000)",
     offsetof(struct options, cost_us), NUMBER, 0, 60000000},
    {"--seed", "N", "repeat a sequence of requests (random)", offsetof(struct options, seed),
     NUMBER, 0, UINT32_MAX},
    {"--timeout-ms", "N", "longest wait for the server, in milliseconds (1000)",
     offsetof(struct options, timeout_ms), NUMBER, 1, 3600000},
    {"--format", "text|json|csv", "what is printed (text)", 0, FORMAT, 0, 0},
    {"--plot", "FILE", "draw the runs as a picture too, in SVG", offsetof(struct options, plot),
     TEXT, 0, 0},
    {"--help", NULL, "print this", 0, HELP, 0, 0},
    {"--version", NULL, "print the version", 0, VERSION, 0, 0},
};

enum { TABLE_SIZE = sizeof table / sizeof *table, HELP_COLUMN = 26 };

static int fail(const char *option, size_t len, const char *what)
{
    escape_message("squares", "%.*s: %s", (int)len, option, what);
    return OPTIONS_USAGE;
}

/* The texts of more than one line are continued below their first. */
static void print_help_text(const char *help)
{
    for (; *help != '\0'; help++) {
        putchar(*help);
        if (*help == '\n')
            printf("%*s", HELP_COLUMN, "");
    }
    putchar('\n');
}

static int print_help(void)
{
    puts("Usage: squares [OPTION]...\n"
         "Asks for squares of random numbers, computed at some expense unless a memcached\n"
         "has them: successive runs get faster as the cache fills.\n");
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        const char *value = table[i].value != NULL ? table[i].value : "";
        int pad = HELP_COLUMN - 3 - (int)strlen(table[i].name) - (int)strlen(value);
        printf("  %s %s%*s", table[i].name, value, pad > 0 ? pad : 0, "");
        print_help_text(table[i].help);
    }
    puts("\nExit status: 0 all right (the cache may have failed), 1 a wrong answer\n"
         "or output not written, 2 bad usage, 69 no memcached to be had.");
    return 0;
}

static int print_version(void)
{
    puts("squares (mcwire) " MCWIRE_VERSION);
    return 0;
}

static int set_number(struct options *options, const struct option *option, const char *text)
{
    uint64_t number;
    char what[80];

    if (mc_decimal_read(text, 0, strlen(text), option->max, &number) && number >= option->min) {
        uint32_t value = (uint32_t)number;
        memcpy((char *)options + option->offset, &value, sizeof value);
        return OPTIONS_GO_ON;
    }
    snprintf(what, sizeof what, "'%.20s' is not a number from %lu to %lu", text,
             (unsigned long)option->min, (unsigned long)option->max);
    return fail(option->name, strlen(option->name), what);
}

static int set_format(struct options *options, const struct option *option, const char *text)
{
    static const char *const names[] = {
        [OPTIONS_TEXT] = "text", [OPTIONS_JSON] = "json", [OPTIONS_CSV] = "csv"};
    char what[80];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            options->format = (enum options_format)i;
            return OPTIONS_GO_ON;
        }
    }
    snprintf(what, sizeof what, "'%.20s' is not text, json or csv", text);
    return fail(option->name, strlen(option->name), what);
}

static int set(struct options *options, const struct option *option, const char *text)
{
    switch (option->kind) {
    case NUMBER: return set_number(options, option, text);
    case TEXT: memcpy((char *)options + option->offset, &text, sizeof text); return OPTIONS_GO_ON;
    case FORMAT: return set_format(options, option, text);
    case OWN:
        options->own_server = true;
        options->server = NULL; /* of --server and --private, the last one counts */
        return OPTIONS_GO_ON;
    case HELP: return print_help();
    case VERSION: return print_version();
    }
    return OPTIONS_USAGE;
}

static const struct option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < TABLE_SIZE; i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
            return &table[i];
    return NULL;
}

/* Reads the option at argv[*i], and its value there or in the next argument. */
static int read_one(struct options *options, char **argv, int *i)
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
        ++*i;
    }
    return set(options, option, value != NULL ? value : "");
}

/* From the system where it can give one, otherwise from the clock and the process number. */
static uint32_t random_seed(void)
{
    uint32_t seed = (uint32_t)timing_now() ^ ((uint32_t)getpid() << 16);
    FILE *source = fopen("/dev/urandom", "rb");

    if (source == NULL)
        return seed;
    uint32_t better;
    if (fread(&better, sizeof better, 1, source) == 1)
        seed = better;
    fclose(source);
    return seed;
}

int options_read(struct options *options, int argc, char **argv)
{
    int result = OPTIONS_GO_ON;

    *options = (struct options){.runs = 10,
                                .requests = 2000,
                                .domain = WORKLOAD_DOMAIN,
                                .cost_us = 1000,
                                .seed = random_seed(),
                                .timeout_ms = MC_SERVER_TIMEOUT_MS};
    for (int i = 1; i < argc && result == OPTIONS_GO_ON; i++)
        result = read_one(options, argv, &i);
    return result;
}
