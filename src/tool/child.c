/* Starts a program in a process group of its own, so that all of it can be ended. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { READ_MAX = 65536 };

static int open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

/* in: becomes its standard input; out: its standard output. SIGPIPE and SIGINT are for it what they
 * are for any program. */
static int spawn(pid_t *pid, char **command, int in, int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t usual;

    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    int problem = posix_spawnp(pid, command[0], &files, &attributes, command, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return problem;
}

static void close_all(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

int child_start(struct child *child, char **command)
{
    int to[2], from[2];
    int problem = open_pipe(to);

    if (problem != 0)
        return problem;
    problem = open_pipe(from);
    if (problem != 0) {
        close_all(to);
        return problem;
    }
    *child = (struct child){.to = to[1], .from = from[0]};
    problem = spawn(&child->pid, command, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    if (problem != 0) {
        close(to[1]);
        close(from[0]);
    }
    return problem;
}

void child_write(struct child *child, const char *line)
{
    size_t len = strlen(line);

    while (len > 0) {
        ssize_t n = write(child->to, line, len);
        if (n < 0 && errno != EINTR)
            return;
        line += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

void child_close_input(struct child *child)
{
    if (child->to >= 0)
        close(child->to);
    child->to = -1;
}

bool child_read(struct child *child)
{
    ptrdiff_t n = buffer_fill(&child->output, child->from, READ_MAX);

    if (n > 0 || (n < 0 && errno == EINTR))
        return true;
    close(child->from);
    child->from = -1;
    return false;
}

bool child_has_ended(const struct child *child, int *status)
{
    siginfo_t info = {.si_pid = 0};

    if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
        return false;
    *status = info.si_status;
    return true;
}

/* The program itself is there until waitpid(), so its group's number is nobody else's. */
void child_end(struct child *child)
{
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    child_close_input(child);
    if (child->from >= 0)
        close(child->from);
    buffer_free(&child->output);
}
