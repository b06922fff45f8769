/* Finds a memcached, or starts a private one, which it does not let outlive the program. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"
#include "server.h"

extern char **environ; /* POSIX has it in no header */

enum {
    PROBE_MS = 300,         /* for the server at the usual port to answer */
    START_MS = 5000,        /* for a private server to listen */
    LOOK_AGAIN_NS = 1000000 /* while it does not */
};

#define USUAL_ADDRESS "127.0.0.1:" MC_SERVER_PORT
#define INSTALL_HINT                                                                         \
    "no memcached: start one, or install it (apt install memcached, dnf install memcached, " \
    "apk add memcached, pacman -S memcached, brew install memcached)"

#define FOLDER_NAME "/mcwire-XXXXXX"
#define SOCKET_NAME "/socket"
#define ADDRESS_PREFIX "unix:"

/* A sockaddr_un has room for 108 bytes, on some systems for 104. */
enum { PATH_SIZE = 104, FOLDER_SIZE = PATH_SIZE - sizeof SOCKET_NAME + 1 };

/* The private server. In the file and not on the stack, for the signal handler. */
static struct {
    pid_t pid; /* 0: none */
    char folder[FOLDER_SIZE], path[PATH_SIZE];
    char address[sizeof ADDRESS_PREFIX + PATH_SIZE];
} own;

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

enum { ENDING_SIGNALS = sizeof ending_signals / sizeof *ending_signals };

/* Ends the private server and removes its folder. Calls async-signal-safe functions only. SIGKILL,
 * because the server has nothing to save, and one that was stopped would hear nothing else. */
static void clean_up(void)
{
    if (own.pid > 0) {
        kill(own.pid, SIGKILL);
        while (waitpid(own.pid, NULL, 0) < 0 && errno == EINTR)
            ;
        own.pid = 0;
    }
    if (own.folder[0] != '\0') {
        unlink(own.path);
        rmdir(own.folder);
        own.folder[0] = '\0';
    }
}

static void block_signals(sigset_t *before)
{
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        sigaddset(&blocked, ending_signals[i]);
    sigprocmask(SIG_BLOCK, &blocked, before);
}

static void at_exit(void)
{
    sigset_t before;

    block_signals(&before);
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

/* Signals that are ignored (nohup, a background job) stay so. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}, before;

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        sigaddset(&action.sa_mask, ending_signals[i]);
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        if (sigaction(ending_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(ending_signals[i], &action, NULL);
}

/* A folder for the socket, below TMPDIR if the path is not too long for a socket then. */
static bool make_folder(void)
{
    const char *below = getenv("TMPDIR");

    if (below == NULL || below[0] != '/' || strlen(below) + sizeof FOLDER_NAME > FOLDER_SIZE)
        below = "/tmp";
    snprintf(own.folder, sizeof own.folder, "%s%s", below, FOLDER_NAME);
    if (mkdtemp(own.folder) == NULL) {
        escape_message("squares", "no folder can be made below %s: %s", below, strerror(errno));
        own.folder[0] = '\0';
        return false;
    }
    snprintf(own.path, sizeof own.path, "%s%s", own.folder, SOCKET_NAME);
    snprintf(own.address, sizeof own.address, "%s%s", ADDRESS_PREFIX, own.path);
    return true;
}

/* memcached refuses to be root: it becomes another user before it makes its socket, so the folder
 * has to be that user's. */
static void give_folder_to(const char *name)
{
    const struct passwd *user = getpwnam(name);

    if (user == NULL || chown(own.folder, user->pw_uid, user->pw_gid) != 0)
        escape_message("squares", "%s cannot be given to the user %s", own.folder, name);
}

/* In a process group of its own, or Ctrl-C would end the server before the program. */
static int spawn(char *const arguments[], const sigset_t *mask)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, mask);
    int error = posix_spawnp(&own.pid, arguments[0], &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0)
        own.pid = 0;
    return error;
}

static int spawn_memcached(const sigset_t *mask)
{
    static char nobody[] = "nobody";
    char *arguments[] = {"memcached", "-s", own.path, "-m", "64", "-U", "0", NULL, NULL, NULL};

    if (geteuid() == 0) {
        give_folder_to(nobody);
        arguments[7] = "-u";
        arguments[8] = nobody;
    }
    return spawn(arguments, mask);
}

static bool listens(void)
{
    struct mc_socket socket = {0};
    bool connected = mc_socket_connect_unix(&socket, own.path, mc_socket_deadline(100)) == 0;

    mc_socket_close(&socket);
    return connected;
}

/* False when the server ended or took too long; its own words, if any, are on stderr. */
static bool wait_for_start(void)
{
    struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};

    for (int64_t until = mc_socket_deadline(START_MS); mc_socket_now() < until;) {
        if (listens())
            return true;
        siginfo_t ended = {0};
        if (waitid(P_PID, (id_t)own.pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == own.pid)
            return false;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* No signal comes between making something and knowing that it has to be cleaned up. */
static bool start(void)
{
    sigset_t before;

    block_signals(&before);
    catch_signals();
    atexit(at_exit);
    bool made = make_folder();
    int error = made ? spawn_memcached(&before) : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (!made)
        return false;
    if (error == ENOENT)
        escape_message("squares", "%s", INSTALL_HINT);
    else if (error != 0)
        escape_message("squares", "memcached cannot be started: %s", strerror(error));
    else if (!wait_for_start())
        escape_message("squares", "memcached was started and does not listen on %s", own.address);
    else
        return true;
    return false;
}

static struct local_server private_server(const char *why)
{
    struct local_server server = {.source = "private memcached", .own = true};

    if (!start())
        return server;
    escape_message("squares", "%sstarted a private memcached on %s", why, own.address);
    server.address = own.address;
    return server;
}

/* True when a memcached, and not just anything, answers at the usual port. */
static bool usual_answers(void)
{
    char buf[MC_LINE_MAX];
    struct mc_server server = {0};

    if (mc_server_init(&server, USUAL_ADDRESS, buf, sizeof buf) != 0)
        return false;
    server.timeout_ms = PROBE_MS;
    int result = mc_server_version(&server);
    mc_server_close(&server);
    return result == MC_VERSION;
}

/* The first entry of MEMCACHED_SERVERS; NULL when it has none. */
static const char *from_environment(void)
{
    static const char separators[] = ", \t\r\n";
    static char entry[512];
    const char *list = getenv("MEMCACHED_SERVERS");

    if (list == NULL)
        return NULL;
    list += strspn(list, separators);
    snprintf(entry, sizeof entry, "%.*s", (int)strcspn(list, separators), list);
    return entry[0] != '\0' ? entry : NULL;
}

struct local_server local_find(const char *wanted, bool own_wanted)
{
    if (wanted != NULL)
        return (struct local_server){.address = wanted, .source = "--server"};
    if (own_wanted)
        return private_server("");
    const char *listed = from_environment();
    if (listed != NULL)
        return (struct local_server){.address = listed, .source = "MEMCACHED_SERVERS"};
    if (usual_answers())
        return (struct local_server){.address = USUAL_ADDRESS, .source = USUAL_ADDRESS};
    return private_server("no memcached at " USUAL_ADDRESS ": ");
}
