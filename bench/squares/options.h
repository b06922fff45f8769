/* The options of squares, as the command line sets them. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum options_format { OPTIONS_TEXT, OPTIONS_JSON, OPTIONS_CSV };

struct options {
    const char *server; /* NULL: not given */
    bool own_server;    /* a private server, even if there are others */
    uint32_t runs, requests, domain, cost_us, seed, timeout_ms;
    bool trace;
    enum options_format format;
    const char *plot; /* a file name; NULL: no picture */
};

/* Reads the arguments; without --seed the seed is a random one. What option_read() returns. */
int options_read(struct options *options, int argc, char **argv);

#endif
