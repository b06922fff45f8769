/* Plays a peer's script: one function per step, each of which gives up after a minute. */
#include "peer.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 60000, /* for what has to happen at once, on a machine that is busy */
    GULP = 997,          /* what it reads at a time */
    BACKLOG = 16
};

/* ---- the listening socket -------------------------------------------------------------------- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un path;
};

/* The loopback address with any free port. */
static socklen_t loopback(union address *address, enum peer_family family)
{
    *address = (union address){0};
    if (family == PEER_TCP4) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof address->v4;
    }
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_addr = in6addr_loopback;
    return sizeof address->v6;
}

static int bound_socket(const union address *address, socklen_t size)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM, 0);
    if (fd >= 0 && bind(fd, &address->any, size) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool peer_has(enum peer_family family, const char *test)
{
    union address address;
    if (family == PEER_UNIX)
        return true;
    int fd = bound_socket(&address, loopback(&address, family));
    if (fd >= 0)
        close(fd);
    else
        printf("skipped: %s: this machine has no %s\n", test,
               family == PEER_TCP4 ? "127.0.0.1" : "::1");
    return fd >= 0;
}

int peer_listen(enum peer_family family, int backlog, char port[6])
{
    union address address;
    socklen_t size = loopback(&address, family);
    int fd = bound_socket(&address, size);
    ck_assert_msg(fd >= 0, "bind: %s", strerror(errno));
    ck_assert_int_eq(getsockname(fd, &address.any, &size), 0);
    unsigned number = ntohs(family == PEER_TCP4 ? address.v4.sin_port : address.v6.sin6_port);
    snprintf(port, 6, "%u", number & 0xffff);
    if (backlog >= 0)
        ck_assert_int_eq(listen(fd, backlog), 0);
    return fd;
}

static void listen_port(struct peer *peer)
{
    peer->listener = peer_listen(peer->family, BACKLOG, peer->port);
    snprintf(peer->address, sizeof peer->address, "%s:%s",
             peer->family == PEER_TCP4 ? "127.0.0.1" : "[::1]", peer->port);
}

static void listen_path(struct peer *peer, const char *path)
{
    union address address = {.path = {.sun_family = AF_UNIX}};
    if (path == NULL)
        folder_make(peer->folder);
    snprintf(peer->path, sizeof peer->path, "%.80s%s", path == NULL ? peer->folder : path,
             path == NULL ? "/socket" : "");
    memcpy(address.path.sun_path, peer->path, strlen(peer->path) + 1);
    peer->listener = bound_socket(&address, sizeof address.path);
    ck_assert_msg(peer->listener >= 0, "bind %s: %s", peer->path, strerror(errno));
    ck_assert_int_eq(listen(peer->listener, BACKLOG), 0);
    snprintf(peer->address, sizeof peer->address, "unix:%s", peer->path);
}

/* ---- steps: each returns false with peer->problem when it fails ------------------------------ */

static bool report(struct peer *peer, const char *what, const char *text, size_t len)
{
    snprintf(peer->problem, sizeof peer->problem, "step %d: %s%.*s", peer->done, what,
             len < 100 ? (int)len : 100, text);
    return false;
}

static bool report_errno(struct peer *peer, const char *what)
{
    const char *text = strerror(errno);
    return report(peer, what, text, strlen(text));
}

static bool await_input(struct peer *peer, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, PATIENCE_MS) > 0 || report(peer, "nothing came", "", 0);
}

static bool accept_one(struct peer *peer)
{
    if (!await_input(peer, peer->listener))
        return false;
    peer->fd = accept(peer->listener, NULL, NULL);
    return peer->fd >= 0 || report_errno(peer, "accept: ");
}

static bool hear(struct peer *peer, const char *text, size_t len, bool may_close)
{
    char bytes[GULP];
    for (size_t heard = 0; heard < len;) {
        size_t want = len - heard < GULP ? len - heard : GULP;
        if (!await_input(peer, peer->fd))
            return false;
        ssize_t n = recv(peer->fd, bytes, want, 0);
        if (n <= 0)
            return may_close ? false : report(peer, "closed instead of: ", text, len);
        if (memcmp(bytes, text + heard, (size_t)n) != 0)
            return report(peer, "heard another text: ", bytes, (size_t)n);
        heard += (size_t)n;
    }
    return true;
}

/* False when the other end is not there any more. */
static bool send_all(struct peer *peer, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(peer->fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

static bool wait_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
    return true;
}

/* `bytes` of the text, over and over. */
static bool drip(struct peer *peer, const struct peer_step *step, size_t len, size_t bytes)
{
    struct pollfd gone = {.fd = peer->fd}; /* POLLHUP, which needs no asking */
    for (size_t k = 0; len > 0 && k < bytes && send_all(peer, step->text + k % len, 1); k++)
        poll(&gone, 1, step->ms);
    return true;
}

static bool flood(struct peer *peer, const char *text, size_t len)
{
    while (send_all(peer, text, len))
        continue;
    return true;
}

static bool hear_nothing(struct peer *peer)
{
    char bytes[GULP];
    if (!await_input(peer, peer->fd))
        return false;
    ssize_t n = recv(peer->fd, bytes, sizeof bytes, 0);
    return n <= 0 || report(peer, "heard instead of silence: ", bytes, (size_t)n);
}

static bool close_fd(struct peer *peer, bool reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(peer->fd);
    peer->fd = -1;
    return true;
}

static bool await_gate(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    while (!peer->gate_open)
        pthread_cond_wait(&peer->moved, &peer->lock);
    pthread_mutex_unlock(&peer->lock);
    return true;
}

static bool play(struct peer *peer, const struct peer_step *step)
{
    size_t len = step->len == 0 && step->text != NULL ? strlen(step->text) : step->len;
    switch (step->what) {
    case PEER_PASS: return true;
    case PEER_ACCEPT: return accept_one(peer);
    case PEER_HEAR: return hear(peer, step->text, len, false);
    case PEER_HEAR_OR_END: return hear(peer, step->text, len, true);
    case PEER_SAY: return send_all(peer, step->text, len) || report_errno(peer, "send: ");
    case PEER_LATE: return send_all(peer, step->text, len) || true;
    case PEER_DRIP: return drip(peer, step, len, SIZE_MAX);
    case PEER_SLOWLY: return drip(peer, step, len, len);
    case PEER_FLOOD: return flood(peer, step->text, len);
    case PEER_WAIT: return wait_ms(step->ms);
    case PEER_GATE: return await_gate(peer);
    case PEER_SILENT: return hear_nothing(peer);
    case PEER_SHUT: return shutdown(peer->fd, SHUT_WR) == 0 || report_errno(peer, "shutdown: ");
    case PEER_CLOSE: return close_fd(peer, false);
    case PEER_RESET: return close_fd(peer, true);
    default: return true;
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void move_on(struct peer *peer, bool over)
{
    pthread_mutex_lock(&peer->lock);
    peer->done += over ? 0 : 1;
    peer->over = over;
    pthread_cond_broadcast(&peer->moved);
    pthread_mutex_unlock(&peer->lock);
}

static void *play_all(void *ctx)
{
    struct peer *peer = ctx;
    const struct peer_step *step = peer->script;
    while (step->what != PEER_END && play(peer, step)) {
        step++;
        move_on(peer, false);
    }
    move_on(peer, true);
    return NULL;
}

/* Signals are for the test's own thread. */
static void start_thread(struct peer *peer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ck_assert_int_eq(pthread_create(&peer->thread, NULL, play_all, peer), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void peer_start(struct peer *peer, enum peer_family family, const char *path,
                const struct peer_step *script)
{
    *peer = (struct peer){.family = family, .script = script, .fd = -1};
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->moved, NULL);
    if (family == PEER_UNIX)
        listen_path(peer, path);
    else
        listen_port(peer);
    start_thread(peer);
}

int peer_connect(const struct peer *peer, struct mc_socket *socket, mc_deadline deadline)
{
    if (peer->family == PEER_UNIX)
        return mc_socket_connect_unix(socket, peer->path, deadline);
    const char *host = peer->family == PEER_TCP4 ? "127.0.0.1" : "::1";
    return mc_socket_connect(socket, host, peer->port, deadline);
}

void peer_await(struct peer *peer, int steps)
{
    pthread_mutex_lock(&peer->lock);
    while (peer->done < steps && !peer->over)
        pthread_cond_wait(&peer->moved, &peer->lock);
    bool done = peer->done >= steps;
    pthread_mutex_unlock(&peer->lock);
    ck_assert_msg(done, "the peer's script: %s", peer->problem);
}

void peer_open_gate(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    peer->gate_open = true;
    pthread_cond_broadcast(&peer->moved);
    pthread_mutex_unlock(&peer->lock);
}

static void expect_no_connection(struct peer *peer)
{
    struct pollfd p = {.fd = peer->listener, .events = POLLIN};
    if (peer->problem[0] == '\0' && poll(&p, 1, 0) > 0)
        report(peer, "a connection too many", "", 0);
}

static void remove_path(const struct peer *peer)
{
    if (peer->family == PEER_UNIX)
        unlink(peer->path);
    if (peer->folder[0] != '\0')
        rmdir(peer->folder);
}

void peer_end(struct peer *peer)
{
    ck_assert_int_eq(pthread_join(peer->thread, NULL), 0);
    expect_no_connection(peer);
    if (peer->fd >= 0)
        close(peer->fd);
    close(peer->listener);
    remove_path(peer);
    ck_assert_msg(peer->problem[0] == '\0', "the peer's script: %s", peer->problem);
}
