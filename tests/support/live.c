/* Starts and ends memcached. The test asks the keeper over a socket, one byte per request, and gets
 * the server's pid or 0 back. */
#include "live.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 40, PATIENCE_MS = 60000 };

/* What the keeper is asked. */
#define START 's'
#define KILL 'k'
#define STOP 'p'
#define LOOK 'l' /* does the server still run? */

static void file_in(const struct live *live, const char *name, char path[FOLDER_SIZE + 16])
{
    snprintf(path, FOLDER_SIZE + 16, "%s/%s", live->folder, name);
}

/* The port that the server chose is in a file by the time that it listens. */
static bool find_port(struct live *live)
{
    char path[FOLDER_SIZE + 16];
    if (live->kind == LIVE_UNIX || live->port[0] != '\0')
        return true;
    file_in(live, "port", path);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    bool found = fscanf(file, "TCP INET: %5[0-9]", live->port) == 1;
    fclose(file);
    return found;
}

/* ---- the keeper's side ----------------------------------------------------------------------- */

/* Splits the options in place, after the words that every memcached gets. */
static void make_words(char *line, char *words[WORDS_MAX])
{
    size_t count = 0;
    for (char *word = strtok(line, " "); word != NULL && count + 1 < WORDS_MAX;
         word = strtok(NULL, " "))
        words[count++] = word;
    words[count] = NULL;
}

static void print_line(const struct live *live, char *line, size_t size)
{
    const char *user = geteuid() == 0 ? " -u nobody" : ""; /* it refuses to run as root */
    if (live->kind == LIVE_UNIX)
        snprintf(line, size, "memcached%s -s socket -U 0 %s", user, live->options);
    else
        snprintf(line, size, "memcached%s -l 127.0.0.1 -U 0 -p %s %s", user,
                 live->port[0] != '\0' ? live->port : "-1", live->options);
}

/* Its output goes to a file in the folder. */
static void redirect(void)
{
    int in = open("/dev/null", O_RDONLY), out = open("log", O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (in < 0 || out < 0)
        _exit(127);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
}

static void run_memcached(const struct live *live)
{
    char line[400], *words[WORDS_MAX];
    sigset_t none;
    print_line(live, line, sizeof line);
    make_words(line, words);
    if (words[0] == NULL)
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(live->folder) == 0 && setenv("MEMCACHED_PORT_FILENAME", "port", 1) == 0) {
        redirect();
        execvp(words[0], words);
        perror(words[0]);
    }
    _exit(127);
}

/* The second time, at the port of the first. */
static pid_t spawn(struct live *live)
{
    find_port(live);
    pid_t pid = fork();
    if (pid == 0)
        run_memcached(live);
    return pid;
}

static pid_t kill_and_wait(pid_t pid)
{
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return 0;
}

/* Returns when all of its threads have stopped. */
static pid_t stop_and_wait(pid_t pid)
{
    kill(pid, SIGSTOP);
    waitpid(pid, NULL, WUNTRACED);
    return pid;
}

static pid_t look(pid_t pid)
{
    return pid > 0 && waitpid(pid, NULL, WNOHANG) == 0 ? pid : 0;
}

static void remove_folder(const struct live *live)
{
    static const char *const names[] = {"socket", "port", "port.lck", "log", "users"};
    char path[FOLDER_SIZE + 16];
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        file_in(live, names[k], path);
        unlink(path);
    }
    rmdir(live->folder);
}

static pid_t serve(struct live *live, char request, pid_t pid)
{
    switch (request) {
    case START: return spawn(live);
    case KILL: return kill_and_wait(pid);
    case STOP: return stop_and_wait(pid);
    default: return look(pid);
    }
}

/* In a session of its own, so that what kills the test leaves it time to clean up. */
static void keep(struct live *live, int control)
{
    char request;
    pid_t pid = 0;
    setsid();
    while (read(control, &request, 1) == 1) {
        pid = serve(live, request, pid);
        if (send(control, &pid, sizeof pid, MSG_NOSIGNAL) != sizeof pid)
            break;
    }
    kill_and_wait(pid);
    remove_folder(live);
    _exit(0);
}

/* ---- the test's side ------------------------------------------------------------------------- */

static void start_keeper(struct live *live)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int k = 0; k < 2; k++)
        fcntl(ends[k], F_SETFD, FD_CLOEXEC);
    fflush(NULL);
    live->keeper = fork();
    ck_assert_int_ge(live->keeper, 0);
    if (live->keeper == 0) {
        close(ends[0]);
        keep(live, ends[1]);
    }
    close(ends[1]);
    live->control = ends[0];
}

static pid_t ask(const struct live *live, char request)
{
    pid_t pid = 0;
    ck_assert_int_eq(send(live->control, &request, 1, MSG_NOSIGNAL), 1);
    ck_assert_int_eq(recv(live->control, &pid, sizeof pid, MSG_WAITALL), sizeof pid);
    return pid;
}

static void read_log(const struct live *live, char *text, size_t size)
{
    char path[FOLDER_SIZE + 16];
    file_in(live, "log", path);
    FILE *file = fopen(path, "r");
    size_t len = file != NULL ? fread(text, 1, size - 1, file) : 0;
    text[len] = '\0';
    if (file != NULL)
        fclose(file);
}

static bool connects(const struct live *live)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET};
    bool is_path = live->kind == LIVE_UNIX;
    memcpy(path.sun_path, live->path, sizeof live->path);
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    port.sin_port = htons((uint16_t)atoi(live->port));
    int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return false;
    int r = is_path ? connect(fd, (const struct sockaddr *)&path, sizeof path)
                    : connect(fd, (const struct sockaddr *)&port, sizeof port);
    close(fd);
    return r == 0;
}

static void await_listening(struct live *live)
{
    char log[512];
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        if (find_port(live) && connects(live))
            return;
        if (ask(live, LOOK) == 0)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    read_log(live, log, sizeof log);
    ck_abort_msg("memcached %s does not come up (is it installed?): %s", live->options, log);
}

void live_again(struct live *live)
{
    live->pid = ask(live, START);
    await_listening(live);
}

static void write_users(const struct live *live, const char *users)
{
    char path[FOLDER_SIZE + 16];
    file_in(live, "users", path);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(users, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0644), 0);
}

void live_start(struct live *live, enum live_kind kind, const char *options, const char *users)
{
    *live = (struct live){.kind = kind};
    folder_make(live->folder);
    snprintf(live->options, sizeof live->options, "%s%s", options, users ? " -Y users" : "");
    if (users != NULL)
        write_users(live, users);
    snprintf(live->path, sizeof live->path, "%s/socket", live->folder);
    start_keeper(live);
    live_again(live);
    if (kind == LIVE_UNIX)
        snprintf(live->address, sizeof live->address, "unix:%s", live->path);
    else
        snprintf(live->address, sizeof live->address, "127.0.0.1:%s", live->port);
}

/* What memcached -h prints, or "". (-V is newer than 1.4.5.) */
static const char *help(void)
{
    static char text[32768];
    FILE *said = NULL;
    if (text[0] == '\0')
        said = popen("memcached -h", "r"); // NOLINT(cert-env33-c): a fixed command
    if (said != NULL) {
        text[fread(text, 1, sizeof text - 1, said)] = '\0';
        pclose(said);
    }
    return text;
}

const char *live_version(void)
{
    static char version[32];
    if (sscanf(help(), "memcached %31s", version) != 1)
        version[0] = '\0';
    return version;
}

bool live_has_option(const char *option)
{
    char line[16];
    snprintf(line, sizeof line, "\n%s", option);
    return strstr(help(), line) != NULL;
}

void live_kill(struct live *live)
{
    live->pid = ask(live, KILL);
}

void live_stop(const struct live *live)
{
    ck_assert_int_eq(ask(live, STOP), live->pid);
}

void live_go_on(const struct live *live)
{
    ck_assert_int_eq(kill(live->pid, SIGCONT), 0);
}

void live_end(struct live *live)
{
    shutdown(live->control, SHUT_RDWR);
    close(live->control);
    waitpid(live->keeper, NULL, 0);
    live->pid = 0;
}
