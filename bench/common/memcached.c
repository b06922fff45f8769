/* Starts memcacheds, and ends them with the program. */
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
#include "scratch.h"
#include "server.h"

enum {
    SERVERS_MAX = 8,
    START_MS = 10000, /* for a server to answer */
    ANSWER_MS = 100,
    LOOK_AGAIN_NS = 1000000, /* while it does not */
    NOT_FOUND = 127          /* the exit status of a child that cannot become memcached */
};

#define INSTALL_HINT                                                                         \
    "no memcached: start one, or install it (apt install memcached, dnf install memcached, " \
    "apk add memcached, pacman -S memcached, brew install memcached)"

#define ADDRESS_PREFIX "unix:"

/* A sockaddr_un has room for 108 bytes, on some systems for 104. */
enum {
    PATH_SIZE = 104,
    NAME_SIZE = sizeof "/memcached-1",
    FOLDER_SIZE = PATH_SIZE - NAME_SIZE + 1
};

struct server {
    pid_t pid;            /* 0: none */
    char path[PATH_SIZE]; /* of its socket, or of the file that it writes its port to */
    char address[sizeof ADDRESS_PREFIX + PATH_SIZE];
};

/* In the file and not on the stack, for the signal handler. */
static struct server servers[SERVERS_MAX];
static size_t server_count;
static char folder[FOLDER_SIZE]; /* empty: there is none */
static pid_t keeper;             /* 0: there is none */
static int to_keeper = -1;

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

enum { ENDING_SIGNALS = sizeof ending_signals / sizeof *ending_signals };

/* ---- the end --------------------------------------------------------------------------------- */

/* By SIGKILL: the server has nothing to save, and one that was stopped would hear nothing else. */
static void end_server(struct server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    server->pid = 0;
    unlink(server->path);
}

/* The keeper goes first: once a server is reaped, its number may be another process's. */
static void end_keeper(void)
{
    if (keeper > 0) {
        kill(keeper, SIGKILL);
        while (waitpid(keeper, NULL, 0) < 0 && errno == EINTR)
            ;
        close(to_keeper);
    }
    keeper = 0;
}

/* Calls async-signal-safe functions only. */
static void clean_up(void)
{
    end_keeper();
    for (size_t i = 0; i < server_count; i++)
        end_server(&servers[i]);
    server_count = 0;
    if (folder[0] != '\0')
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

void memcached_end_all(void)
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

/* A folder for the sockets. It is given to the user nobody if we are root: memcached refuses to be
 * root, and becomes nobody before it makes its socket. */
static bool make_folder(const char *program)
{
    scratch_name(folder, sizeof folder);
    if (mkdtemp(folder) == NULL) {
        escape_message(program, "no folder %s can be made: %s", folder, strerror(errno));
        folder[0] = '\0';
        return false;
    }
    atexit(memcached_end_all);
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL && chown(folder, nobody->pw_uid, nobody->pw_gid) != 0)
        escape_message(program, "%s cannot be given to the user nobody", folder);
    return true;
}

/* In the keeper: reads of each server that is started. The pipe ends with the program, however that
 * ends; then the servers are ended. Ending signals are blocked. */
static void keep(int from)
{
    struct server started;

    setpgid(0, 0);
    while (read(from, &started, sizeof started) == sizeof started)
        servers[server_count++] = started;
    clean_up();
    _exit(0);
}

/* The keeper is a process that cleans up after a program that is killed. */
static bool start_keeper(const char *program)
{
    int ends[2];

    if (pipe(ends) == 0) {
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        keeper = fork();
        if (keeper == 0) {
            close(ends[1]);
            keep(ends[0]);
        }
        close(ends[0]);
        to_keeper = ends[1];
    }
    if (keeper > 0)
        return true;
    escape_message(program, "no process can be started: %s", strerror(errno));
    return false;
}

/* What all servers share is made with the first. */
static bool prepare(const char *program)
{
    return folder[0] != '\0' || (make_folder(program) && start_keeper(program));
}

/* In the child, which is in a process group of its own, or Ctrl-C would end the server before the
 * program. */
static void become_memcached(struct server *server, const struct memcached_settings *settings)
{
    char *argv[16] = {"memcached", "-m", settings->megabytes, "-U", "0"};
    size_t n = 5;

    setpgid(0, 0);
    server->pid = getpid();
    if (write(to_keeper, server, sizeof *server) != sizeof *server)
        _exit(NOT_FOUND);
    if (settings->processor != PROCESSOR_ANY)
        processor_pin(settings->processor);
    if (settings->threads != NULL) {
        argv[n++] = "-t";
        argv[n++] = settings->threads;
    }
    argv[n++] = settings->tcp ? "-l" : "-s";
    argv[n++] = settings->tcp ? "127.0.0.1" : server->path;
    if (settings->tcp) { /* any free port, which it writes into a file */
        setenv("MEMCACHED_PORT_FILENAME", server->path, 1);
        argv[n++] = "-p";
        argv[n++] = "-1";
    }
    if (geteuid() == 0) {
        argv[n++] = "-u";
        argv[n++] = "nobody";
    }
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execvp(argv[0], argv);
    _exit(NOT_FOUND);
}

/* No signal comes between making something and knowing that it has to be cleaned up. */
static struct server *spawn_memcached(const char *program,
                                      const struct memcached_settings *settings)
{
    sigset_t set = all_ending_signals(), before;
    struct server *server = NULL;

    sigprocmask(SIG_BLOCK, &set, &before);
    catch_signals();
    if (server_count < SERVERS_MAX && prepare(program)) {
        server = &servers[server_count++]; /* not counted before the keeper is there */
        snprintf(server->path, sizeof server->path, "%s/memcached-%zu", folder, server_count);
        snprintf(server->address, sizeof server->address, ADDRESS_PREFIX "%s/memcached-%zu", folder,
                 server_count);
        server->pid = fork();
        if (server->pid == 0) {
            sigprocmask(SIG_SETMASK, &before, NULL);
            become_memcached(server, settings);
        }
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return server;
}

/* ---- waiting for it -------------------------------------------------------------------------- */

bool memcached_answers(const char *address, int timeout_ms)
{
    char buf[MC_LINE_MAX];
    struct mc_server server = {0};

    if (mc_server_init(&server, address, buf, sizeof buf) != 0)
        return false;
    server.timeout_ms = timeout_ms;
    int result = mc_server_version(&server);
    mc_server_close(&server);
    return result == MC_VERSION;
}

/* Reads the port that a server has written into its file. */
static bool read_port(struct server *server)
{
    unsigned port;
    FILE *file = fopen(server->path, "r");

    if (file == NULL)
        return false;
    bool found = fscanf(file, "TCP INET: %u", &port) == 1;
    fclose(file);
    if (found)
        snprintf(server->address, sizeof server->address, "127.0.0.1:%u", port);
    return found;
}

/* NULL; or why there is no answer. What the server itself says, if anything, is on stderr. */
static const char *wait_for_answer(struct server *server, bool tcp)
{
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
    siginfo_t ended = {0};

    if (server->pid < 0)
        return "memcached cannot be started";
    for (int64_t until = mc_socket_deadline(START_MS); mc_socket_now() < until;) {
        if ((!tcp || read_port(server)) && memcached_answers(server->address, ANSWER_MS))
            return NULL;
        if (waitid(P_PID, (id_t)server->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == server->pid)
            return ended.si_status == NOT_FOUND ? INSTALL_HINT : "memcached ended at its start";
        if (nanosleep(&pause, NULL) != 0)
            return "interrupted";
    }
    return "memcached was started and does not answer";
}

const char *memcached_start(const char *program, const struct memcached_settings *settings)
{
    struct server *server = spawn_memcached(program, settings);

    if (server == NULL)
        return NULL;
    const char *why = wait_for_answer(server, settings->tcp);
    if (why == NULL)
        return server->address;
    escape_message(program, "%s", why);
    end_server(server);
    return NULL;
}
