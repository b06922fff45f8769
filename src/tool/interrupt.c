/* Remembers that Ctrl-C was pressed. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t came;

static void note_interrupt(int signal)
{
    (void)signal;
    came = 1;
}

void interrupt_catch(void)
{
    const struct sigaction action = {.sa_handler = note_interrupt};

    sigaction(SIGINT, &action, NULL);
}

bool interrupt_came(void)
{
    return came != 0;
}
