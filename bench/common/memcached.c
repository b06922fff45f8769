/* Starts a memcached, and ends it with the program. */
#include "memcached.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"
#include "server.h"

enum {
    START_MS = 10000, /* for the server to answer */
    ANSWER_MS = 100,
    LOOK_AGAIN_NS = 1000000, /* while it does not */
    NOT_FOUND = 127          /* the exit status of a keeper that finds no memcached */
};

#define INSTALL_HINT \
    "no memcached: start one, or install it (apt, dnf, apk, pacman or brew install memcached)"

/* The keeper is a shell. It ends memcached when its input ends, and removes the folder. */
static const char keeper_script[] = "command -v memcached >/dev/null || exit 127\n"
                                    "exec 3<&0\n"
                                    "memcached \"$@\" </dev/null 3<&- & server=$!\n"
                                    "exec 2>/dev/null\n"
                                    "{ read -r _ <&3; kill -9 $server; } &\n"
                                    "wait $server\n"
                                    "kill $!\n"
                                    "rm -rf \"$0\"\n";

#define ADDRESS_PREFIX "unix:"
#define SOCKET_NAME "/memcached"

/* A sockaddr_un has room for 108 bytes, on some systems for 104. The folder's name says whose it is, so
 * that others can remove it. */
enum {
    PATH_SIZE = 104,
    FOLDER_SIZE = PATH_SIZE - sizeof SOCKET_NAME + 1,
    NAME_SIZE = sizeof "/mcwire-2147483647-XXXXXX"
};

/* In the file and not on the stack, for the signal handler. */
static char folder[FOLDER_SIZE]; /* empty: there is none */
static char address[sizeof ADDRESS_PREFIX + PATH_SIZE] = ADDRESS_PREFIX;
static char *const path = address + sizeof ADDRESS_PREFIX - 1; /* of its socket */
static pid_t keeper;                                           /* 0: there is none */
static int to_keeper = -1;

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

enum { ENDING_SIGNALS = sizeof ending_signals / sizeof *ending_signals };

/* ---- the end --------------------------------------------------------------------------------- */

/* Calls async-signal-safe functions only. The keeper may have found no rm. */
static void clean_up(void)
{
    close(to_keeper);
    to_keeper = -1;
    while (keeper > 0 && waitpid(keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    keeper = 0;
    if (folder[0] == '\0')
        return;
    unlink(path);
    rmdir(folder);
    folder[0] = '\0';
}

static sigset_t all_ending_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        sigaddset(&set, ending_signals[i]);
    return set;
}

void memcached_end(void)
{
    sigset_t set = all_ending_signals(), before;

    sigprocmask(SIG_BLOCK, &set, &before);
    clean_up();
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Cleans up and lets the signal end the program after all, so that its parent sees it did. */
static void on_signal(int number)
{
    clean_up();
    signal(number, SIG_DFL);
    raise(number);
}

/* Signals that are ignored (nohup, a background job) or handled stay so. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_mask = all_ending_signals()}, before;

    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        if (sigaction(ending_signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(ending_signals[i], &action, NULL);
}

/* ---- the start ------------------------------------------------------------------------------- */

/* A folder for the socket. It is given to the user nobody if we are root: memcached refuses to be
 * root, and becomes nobody before it makes its socket. */
static bool make_folder(const char *program)
{
    const char *below = getenv("TMPDIR");

    if (below == NULL || below[0] != '/' || strlen(below) + NAME_SIZE > sizeof folder)
        below = "/tmp";
    snprintf(folder, sizeof folder, "%s/mcwire-%ld-XXXXXX", below, (long)getpid());
    if (mkdtemp(folder) == NULL) {
        escape_message(program, "no folder %s can be made: %s", folder, strerror(errno));
        folder[0] = '\0';
        return false;
    }
    snprintf(path, PATH_SIZE, "%s" SOCKET_NAME, folder);
    atexit(memcached_end);
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL && chown(folder, nobody->pw_uid, nobody->pw_gid) != 0)
        escape_message(program, "%s cannot be given to the user nobody", folder);
    return true;
}

/* In the child, in a process group of its own, or Ctrl-C would end the server before the program. */
static void become_keeper(int input)
{
    setpgid(0, 0);
    dup2(input, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", keeper_script, folder, "-s", path, "-m", "64", "-U", "0",
          geteuid() == 0 ? "-u" : (char *)NULL, "nobody", (char *)NULL);
    _exit(NOT_FOUND);
}

/* No signal comes between making something and knowing that it has to be cleaned up. */
static bool start_keeper(const char *program)
{
    sigset_t set = all_ending_signals(), before;
    int ends[2];

    sigprocmask(SIG_BLOCK, &set, &before);
    catch_signals();
    bool made = make_folder(program);
    if (made && pipe(ends) == 0) {
        to_keeper = ends[1];
        fcntl(to_keeper, F_SETFD, FD_CLOEXEC);
        keeper = fork();
        if (keeper == 0) {
            sigprocmask(SIG_SETMASK, &before, NULL);
            become_keeper(ends[0]);
        }
        close(ends[0]);
    }
    if (made && keeper <= 0)
        escape_message(program, "no process can be started: %s", strerror(errno));
    sigprocmask(SIG_SETMASK, &before, NULL);
    return keeper > 0;
}

/* ---- waiting for it -------------------------------------------------------------------------- */

bool memcached_answers(const char *at, int timeout_ms)
{
    char buf[MC_LINE_MAX];
    struct mc_server server = {0};

    if (mc_server_init(&server, at, buf, sizeof buf) != 0)
        return false;
    server.timeout_ms = timeout_ms;
    int result = mc_server_version(&server);
    mc_server_close(&server);
    return result == MC_VERSION;
}

/* NULL; or why there is no answer. What the server itself says, if anything, is on stderr. */
static const char *wait_for_answer(void)
{
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
    siginfo_t ended = {0};

    for (int64_t until = mc_socket_deadline(START_MS); mc_socket_now() < until;) {
        if (memcached_answers(address, ANSWER_MS))
            return NULL;
        if (waitid(P_PID, (id_t)keeper, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == keeper)
            return ended.si_status == NOT_FOUND ? INSTALL_HINT : "memcached ended at its start";
        if (nanosleep(&pause, NULL) != 0)
            return "interrupted";
    }
    return "memcached was started and does not answer";
}

const char *memcached_start(const char *program)
{
    if (!start_keeper(program))
        return NULL;
    const char *why = wait_for_answer();
    if (why == NULL)
        return address;
    escape_message(program, "%s", why);
    memcached_end();
    return NULL;
}
