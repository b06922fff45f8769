/* Starts a memcached, and ends it with the program. */
#include "memcached.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
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

/* The keeper is a shell. It ends memcached when its input ends, and removes the folder, which is $0.
 * It also removes folders whose process and keeper were killed. */
static char keeper_script[] =
    "command -v memcached >/dev/null || exit 127\n"
    "exec 3<&0\n"
    "memcached -s \"$0\"/memcached -m 64 -U 0 $1 </dev/null >&2 3<&- & server=$!\n"
    "exec 2>/dev/null\n"
    "for left in \"${0%/*}\"/mcwire-*-??????; do\n"
    "    pid=${left##*/mcwire-} && pid=${pid%-*}\n"
    "    case $pid in '' | *[!0-9]*) continue ;; esac\n"
    "    [ \"$1\" ] || [ -O \"$left\" ] && ! kill -0 \"$pid\" && rm -rf \"$left\"\n"
    "done\n"
    "{ read -r _ <&3; kill -9 $server; } &\n"
    "wait $server\n"
    "kill -9 $!\n"
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
static struct child keeper = {.to = -1};

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

enum { ENDING_SIGNALS = sizeof ending_signals / sizeof *ending_signals };

/* ---- the end --------------------------------------------------------------------------------- */

/* Calls async-signal-safe functions only. The keeper may have found no rm. */
static void clean_up(void)
{
    child_close_input(&keeper);
    while (keeper.pid > 0 && waitpid(keeper.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    keeper.pid = 0;
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
static bool make_folder(void)
{
    const char *below = getenv("TMPDIR");

    if (below == NULL || below[0] != '/' || strlen(below) + NAME_SIZE > sizeof folder)
        below = "/tmp";
    snprintf(folder, sizeof folder, "%s/mcwire-%ld-XXXXXX", below, (long)getpid());
    if (mkdtemp(folder) == NULL) {
        escape_message("squares", "no folder %s can be made: %s", folder, strerror(errno));
        folder[0] = '\0';
        return false;
    }
    snprintf(path, PATH_SIZE, "%s" SOCKET_NAME, folder);
    atexit(memcached_end);
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL && chown(folder, nobody->pw_uid, nobody->pw_gid) != 0)
        escape_message("squares", "%s cannot be given to the user nobody", folder);
    return true;
}

/* No signal comes between making something and knowing that it has to be cleaned up. The keeper is in a
 * process group of its own, or Ctrl-C would end the server before the program. */
static bool start_keeper(void)
{
    char *user = geteuid() == 0 ? "-u nobody" : "";
    char *command[] = {"/bin/sh", "-c", keeper_script, folder, user, NULL};
    sigset_t set = all_ending_signals(), before;

    sigprocmask(SIG_BLOCK, &set, &before);
    catch_signals();
    int problem = make_folder() ? child_start(&keeper, command) : 0;
    if (problem != 0) {
        escape_message("squares", "no process can be started: %s", strerror(problem));
        keeper = (struct child){.to = -1};
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return keeper.pid > 0;
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
    int status;

    for (int64_t until = mc_socket_deadline(START_MS); mc_socket_now() < until;) {
        if (memcached_answers(address, ANSWER_MS))
            return NULL;
        if (child_has_ended(&keeper, &status))
            return status == NOT_FOUND ? INSTALL_HINT : "memcached ended at its start";
        if (nanosleep(&pause, NULL) != 0)
            return "interrupted";
    }
    return "memcached was started and does not answer";
}

const char *memcached_start(void)
{
    if (!start_keeper())
        return NULL;
    const char *why = wait_for_answer();
    if (why == NULL)
        return address;
    escape_message("squares", "%s", why);
    memcached_end();
    return NULL;
}
