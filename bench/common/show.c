/* Prints the pieces of a trace, each with one write, so that nothing else comes in between. */
#include "show.h"

#include <stdio.h>

#include "escape.h"

enum { SHOWN_MAX = 200, LINE_SIZE = 4 * SHOWN_MAX + 64 };

void show_piece(void *ctx, enum mc_trace_way way, struct mc_bytes piece)
{
    struct show *show = ctx;
    char line[LINE_SIZE] = "";
    FILE *out = show->left > 0 ? fmemopen(line, sizeof line, "w") : NULL;

    if (out == NULL)
        return;
    show->left--;
    fputs(way == MC_TRACE_SENT ? "> " : "< ", out);
    escape_bytes(out, piece.data, piece.len < SHOWN_MAX ? piece.len : SHOWN_MAX);
    if (piece.len > SHOWN_MAX)
        fprintf(out, "... (%zu bytes)", piece.len);
    fputc('\n', out);
    fclose(out);
    fputs(line, stderr);
}
