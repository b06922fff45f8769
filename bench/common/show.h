/* Prints a trace on stderr: each piece that passes is a line, ">" before what was sent and "<" before
 * what was received. Line ends are shown as \r\n, and long pieces are cut off. */
#ifndef SHOW_H
#define SHOW_H

#include "trace.h"

/* How many more pieces are printed. */
struct show {
    uint64_t left;
};

/* For struct mc_trace, whose ctx is a struct show. */
void show_piece(void *ctx, enum mc_trace_way way, struct mc_bytes piece);

#endif
