/* Remembers that Ctrl-C was pressed. A pipe makes it known to poll(), also when it comes just before
 * that. */
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t came;
static int ends[2] = {-1, -1}; /* of the pipe */

/* It does not matter when the pipe is full: one byte is enough. */
static void note_interrupt(int signal)
{
    int before = errno;

    (void)signal;
    came = 1;
    (void)!write(ends[1], "", 1);
    errno = before;
}

static int open_pipe(void)
{
    if (ends[0] >= 0)
        return 0;
    if (pipe(ends) != 0)
        return -1;
    for (int k = 0; k < 2; k++) {
        fcntl(ends[k], F_SETFD, FD_CLOEXEC);
        fcntl(ends[k], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

/* A signal that is ignored, as nohup(1) has it, stays so. */
static void catch_signal(int signal)
{
    const struct sigaction action = {.sa_handler = note_interrupt};
    struct sigaction before;

    if (sigaction(signal, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(signal, &action, NULL);
}

/* Without a pipe, which takes descriptors, a Ctrl-C just before a wait does not end it. */
void interrupt_catch(void)
{
    const struct sigaction action = {.sa_handler = note_interrupt};

    open_pipe();
    sigaction(SIGINT, &action, NULL);
}

int interrupt_file(void)
{
    if (open_pipe() != 0)
        return -1;
    interrupt_catch();
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
    return ends[0];
}

bool interrupt_came(void)
{
    return came != 0;
}

/* First the pipe, then the note: of two that come at once, one may be lost, but not both. */
static bool take_interrupt(void)
{
    char bytes[16];

    while (read(ends[0], bytes, sizeof bytes) > 0) {
    }
    bool was = came != 0;
    came = 0;
    return was;
}

/* Which of the first two can be read: enum interrupt_ready. */
static int ready_of(const struct pollfd *files)
{
    int ready = files[0].revents != 0 ? INTERRUPT_FIRST : 0;
    return files[1].revents != 0 ? ready | INTERRUPT_SECOND : ready;
}

/* A byte that is left in the pipe of a Ctrl-C which was taken only makes it wait once more. */
int interrupt_wait(int first, int second, int64_t ms)
{
    struct pollfd files[] = {{first, POLLIN, 0}, {second, POLLIN, 0}, {ends[0], POLLIN, 0}};
    const int limit = ms < INT_MAX ? (int)ms : INT_MAX;
    int count;

    do {
        count = poll(files, 3, limit);
        bool failed = count < 0 && errno != EINTR;
        bool noted = interrupt_came() || files[2].revents != 0;
        if (noted && take_interrupt())
            return INTERRUPT_CAME;
        if (failed)
            return -1;
    } while (count != 0 && (count < 0 || ready_of(files) == 0));
    return count > 0 ? ready_of(files) : 0;
}
