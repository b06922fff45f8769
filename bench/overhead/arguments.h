/* The command line of the overhead benchmark. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

enum arguments_format { ARGUMENTS_TEXT, ARGUMENTS_JSON, ARGUMENTS_MARKDOWN };

enum { ARGUMENTS_BOTH = 2 };

/* Strings are those of argv. */
struct arguments {
    bool quick, no_counts, instructions;
    uint32_t rounds, slice_us; /* 0: not given */
    uint32_t count;
    uint32_t transport, cores; /* enum daemon_transport; 1: apart; or ARGUMENTS_BOTH */
    const char *works, *clients, *processors;
    const char *html, *from, *python, *only, *worker, *server;
    enum arguments_format format;
};

/* What option_read() returns. */
int arguments_read(struct arguments *arguments, int argc, char **argv);

/* True when a list of words between commas has this word, or is NULL. */
bool arguments_list_has(const char *list, const char *word);

#endif
