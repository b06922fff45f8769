/* Shows progress on stderr. */
#include "progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "timing.h"

enum { TERMINAL_NS = 100000000 };

#define ELSEWHERE_NS 5000000000u

static uint64_t shown_ns; /* 0: nothing yet */

void progress_show(const char *format, ...)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    uint64_t now = timing_now();
    va_list arguments;

    if (shown_ns != 0 && now - shown_ns < (terminal ? TERMINAL_NS : ELSEWHERE_NS))
        return;
    shown_ns = now;
    fputs(terminal ? "\r\033[K" : "overhead: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs(terminal ? "" : "\n", stderr);
    fflush(stderr);
}

void progress_end(void)
{
    if (shown_ns != 0 && isatty(STDERR_FILENO) == 1)
        fputs("\r\033[K", stderr);
    shown_ns = 0;
}
