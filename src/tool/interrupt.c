/* Remembers that Ctrl-C was pressed. */
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t came, has_pipe;
static int ends[2]; /* of a pipe */

static void note_interrupt(int signal)
{
    int before = errno;

    (void)signal;
    came = 1;
    if (has_pipe != 0 && write(ends[1], "", 1) == 1)
        has_pipe = 0; /* one byte is enough: nobody reads it */
    errno = before;
}

void interrupt_catch(void)
{
    const struct sigaction action = {.sa_handler = note_interrupt};

    sigaction(SIGINT, &action, NULL);
}

int interrupt_file(void)
{
    if (pipe(ends) != 0)
        return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    has_pipe = 1;
    interrupt_catch();
    sigaction(SIGTERM, &(const struct sigaction){.sa_handler = note_interrupt}, NULL);
    return ends[0];
}

bool interrupt_came(void)
{
    return came != 0;
}

static bool take_interrupt(void)
{
    bool was = came != 0;
    came = 0;
    return was;
}

static int select_until_signal(const int files[2], int64_t ms, const sigset_t *mask)
{
    const struct timespec limit = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    int ready = 0, most = files[0] > files[1] ? files[0] : files[1];
    fd_set set;

    FD_ZERO(&set);
    for (int k = 0; k < 2; k++) {
        if (files[k] >= 0)
            FD_SET(files[k], &set);
    }
    int count = pselect(most + 1, &set, NULL, NULL, ms >= 0 ? &limit : NULL, mask);
    if (count <= 0)
        return count;
    for (int k = 0; k < 2; k++)
        ready |= files[k] >= 0 && FD_ISSET(files[k], &set) ? 1 << k : 0;
    return ready;
}

/* The signal is blocked but while pselect() waits, so it cannot come just before that. */
int interrupt_wait(int first, int second, int64_t ms)
{
    const int files[] = {first, second};
    sigset_t ours, before;
    int ready = 0;

    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_BLOCK, &ours, &before);
    do {
        if (!interrupt_came())
            ready = select_until_signal(files, ms, &before);
    } while (ready < 0 && errno == EINTR && !interrupt_came());
    sigprocmask(SIG_SETMASK, &before, NULL);
    return take_interrupt() ? INTERRUPT_CAME : ready;
}
