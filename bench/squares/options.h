/* The options of squares: read from the command line, with their defaults. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum options_format { OPTIONS_TEXT, OPTIONS_JSON, OPTIONS_CSV };

struct options {
    const char *server; /* NULL: not given */
    bool own_server;    /* a private server, even if there are others */
    uint32_t runs, requests, domain, cost_us, seed, timeout_ms;
    enum options_format format;
    const char *plot; /* a file name; NULL: no picture */
};

enum { OPTIONS_GO_ON = -1, OPTIONS_USAGE = 2 };

/* Reads the arguments; without --seed the seed is a random one. The strings stay argv's.
 * OPTIONS_GO_ON; or the exit status of a program that is done: 0 after --help and --version,
 * OPTIONS_USAGE after one line on stderr that names the option. */
int options_read(struct options *options, int argc, char **argv);

#endif
