/* Starts children with fork and exec, and keeps a list of those that live. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "processor.h"
#include "timing.h"

enum { LIVE_MAX = 32, READ_SIZE = 65536, LINE_SIZE = 512, MILLION = 1000000 };

static pid_t live[LIVE_MAX]; /* 0: a free place */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void kill_all(void)
{
    for (size_t i = 0; i < LIVE_MAX; i++) {
        if (live[i] == 0)
            continue;
        kill(live[i], SIGKILL);
        waitpid(live[i], NULL, 0);
    }
}

void child_begin(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaction(ending[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a child that ended early shows when it is told something */
    atexit(kill_all);
}

bool child_interrupted(void)
{
    return interrupted != 0;
}

static void replace(pid_t old, pid_t new)
{
    for (size_t i = 0; i < LIVE_MAX; i++) {
        if (live[i] == old) {
            live[i] = new;
            return;
        }
    }
}

/* In the child. */
static void become(char *const argv[], int processor, bool quiet, int input, int output)
{
    int null = open("/dev/null", O_RDWR);

    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    if (quiet && null >= 0)
        dup2(null, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    if (processor != PROCESSOR_ANY)
        processor_pin(processor);
    execvp(argv[0], argv);
    _exit(127);
}

/* Pipe ends that a later child must not inherit, or this one's input would stay open. */
static bool make_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static void close_pipe(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

bool child_start(struct child *child, char *const argv[], int processor, bool quiet)
{
    int input[2], output[2];

    free(child->text);
    *child = (struct child){0};
    if (!make_pipe(input))
        return false;
    if (!make_pipe(output)) {
        close_pipe(input);
        return false;
    }
    child->pid = fork();
    if (child->pid == 0)
        become(argv, processor, quiet, input[0], output[1]);
    close(input[0]);
    close(output[1]);
    child->to = input[1];
    child->from = output[0];
    if (child->pid > 0)
        replace(0, child->pid);
    else
        child_kill(child);
    return child->pid > 0;
}

bool child_say(struct child *child, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return child->pid > 0 && len > 0 && (size_t)len < sizeof line &&
           write(child->to, line, (size_t)len) == len;
}

/* Reads more, after what is there. False at the end, after the time, or on a signal. */
static bool read_more(struct child *child, uint64_t until_ns)
{
    struct pollfd ready = {.fd = child->from, .events = POLLIN};
    uint64_t now = timing_now();
    int left = now < until_ns ? (int)((until_ns - now) / MILLION) + 1 : 0;

    if (interrupted || poll(&ready, 1, left) <= 0)
        return false;
    if (child->cap - child->end < READ_SIZE) {
        char *larger = realloc(child->text, child->cap + READ_SIZE);
        if (larger == NULL)
            return false;
        child->text = larger;
        child->cap += READ_SIZE;
    }
    ssize_t n = read(child->from, child->text + child->end, child->cap - child->end);
    if (n <= 0)
        return false;
    child->end += (size_t)n;
    return true;
}

char *child_hear(struct child *child, int timeout_ms)
{
    uint64_t until_ns = timing_now() + (uint64_t)timeout_ms * MILLION;

    if (child->pid == 0)
        return NULL;
    if (child->end > child->at)
        memmove(child->text, child->text + child->at, child->end - child->at);
    child->end -= child->at;
    child->at = 0;
    for (size_t looked = 0;;) {
        char *end =
            child->end > looked ? memchr(child->text + looked, '\n', child->end - looked) : NULL;
        if (end != NULL) {
            *end = '\0';
            child->at = (size_t)(end + 1 - child->text);
            return child->text;
        }
        looked = child->end;
        if (!read_more(child, until_ns))
            return NULL;
    }
}

/* Waits for the process and forgets it. */
static int reap(struct child *child)
{
    int status = -1;

    if (child->pid <= 0)
        return -1;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    replace(child->pid, 0);
    child->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void release(struct child *child)
{
    close(child->from);
    free(child->text);
    *child = (struct child){0};
}

int child_end(struct child *child, int timeout_ms)
{
    uint64_t until_ns = timing_now() + (uint64_t)timeout_ms * MILLION;

    if (child->pid == 0)
        return -1;
    close(child->to);
    while (read_more(child, until_ns))
        child->at = child->end = 0;
    if (interrupted || timing_now() >= until_ns)
        kill(child->pid, SIGKILL);
    int status = reap(child);
    release(child);
    return status;
}

void child_kill(struct child *child)
{
    if (child->pid == 0)
        return;
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
    close(child->to);
    reap(child);
    release(child);
}
