/* Each system call of socket.c fails once: what becomes of each errno, and that no descriptor is
 * lost. The sweep of all calls in all programs is check_faults.c. */
#include "faults.h"
#include "peer.h"
#include "suite.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { LONG_MS = 60000, NONE = -1 };

static const struct faults_plan nothing = {.at = NONE};

/* A connection, and the descriptor of the other end. */
struct line {
    struct mc_socket socket;
    int listener, other;
    char port[6];
};

static int connect_line(struct line *line, const struct faults_plan *plan,
                        const struct faults_seen **seen)
{
    mc_deadline deadline = mc_socket_deadline(LONG_MS);
    line->listener = peer_listen(PEER_TCP4, 8, line->port);
    faults_begin(plan);
    int r = mc_socket_connect(&line->socket, "127.0.0.1", line->port, deadline);
    *seen = faults_end();
    return r;
}

static void open_line(struct line *line)
{
    const struct faults_seen *seen;
    ck_assert_int_eq(connect_line(line, &nothing, &seen), 0);
    line->other = accept(line->listener, NULL, NULL);
    ck_assert_int_ge(line->other, 0);
}

static void close_line(struct line *line)
{
    mc_socket_close(&line->socket);
    close(line->other);
    close(line->listener);
}

/* The place of the nth such call among all; fails when there is none. */
static int place_of(const struct faults_seen *seen, enum faults_call call, int nth)
{
    int k = 0;
    for (; k < seen->calls; k++) {
        if (seen->call[k] == call && nth-- == 0)
            break;
    }
    ck_assert_int_lt(k, seen->calls);
    return k;
}

/* The nth such call fails so, and this is the result. */
struct row {
    enum faults_call call;
    int nth, error;
    int result, sys_errno;
};

/* ---- connecting ------------------------------------------------------------------------------ */

static const struct row connecting[] = {
    {FAULTS_GETADDRINFO, 0, EAI_NONAME, MC_E_RESOLVE, 0},
    {FAULTS_GETADDRINFO, 0, EAI_SYSTEM, MC_E_RESOURCES, ENOMEM}, /* as faults.c sets errno */
    {FAULTS_GETADDRINFO, 0, EAI_MEMORY, MC_E_RESOURCES, 0},
    {FAULTS_SOCKET, 0, EMFILE, MC_E_RESOURCES, EMFILE},
    {FAULTS_SOCKET, 0, ENFILE, MC_E_RESOURCES, ENFILE},
    {FAULTS_SOCKET, 0, ENOMEM, MC_E_RESOURCES, ENOMEM},
    {FAULTS_SOCKET, 0, EACCES, MC_E_SYSTEM, EACCES},
    {FAULTS_FCNTL, 0, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_FCNTL, 1, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_FCNTL, 2, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_SETSOCKOPT, 0, ENOBUFS, MC_E_RESOURCES, ENOBUFS},
    {FAULTS_CONNECT, 0, ECONNREFUSED, MC_E_CONNECT, ECONNREFUSED},
    {FAULTS_CONNECT, 0, EADDRNOTAVAIL, MC_E_RESOURCES, EADDRNOTAVAIL},
    {FAULTS_CONNECT, 0, ENETUNREACH, MC_E_CONNECT, ENETUNREACH},
    {FAULTS_CONNECT, 0, EINTR, 0, 0},
    {FAULTS_CONNECT, 0, EINPROGRESS, 0, 0},
    {FAULTS_POLL, 0, EINTR, 0, 0}, /* while it is under way */
    {FAULTS_POLL, 0, 0, 0, 0},     /* woken too early */
    {FAULTS_POLL, 0, ENOMEM, MC_E_RESOURCES, ENOMEM},
    {FAULTS_GETSOCKOPT, 0, EIO, MC_E_CONNECT, EIO},
    {FAULTS_FCNTL, 3, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_FCNTL, 4, EPIPE, MC_E_CLOSED, EPIPE},
};

static void check_connected(const struct line *line, const struct faults_seen *seen, int r)
{
    ck_assert_int_eq(line->socket.open, r == 0);
    ck_assert_int_eq(seen->opened - seen->closed, r == 0);
}

START_TEST(connecting_fails)
{
    const struct row *row = &connecting[_i];
    const struct faults_seen *seen;
    struct line line = {.other = NONE};
    struct faults_plan plan = {.at = 0, .error = row->error};
    ck_assert_int_eq(connect_line(&line, &nothing, &seen), 0);
    plan.at = place_of(seen, row->call, row->nth);
    close_line(&line);
    int r = connect_line(&line, &plan, &seen);
    ck_assert_int_eq(seen->hits, 1);
    ck_assert_int_eq(r, row->result);
    ck_assert_int_eq(line.socket.sys_errno, row->sys_errno);
    check_connected(&line, seen, r);
    close_line(&line);
}
END_TEST

/* A Unix socket whose queue is full is asked again; one whose connect was interrupted is waited
 * for. */
START_TEST(connecting_to_a_path_fails_once)
{
    static const int errors[] = {EAGAIN, EINTR};
    static const struct peer_step script[] = {{PEER_END, NULL, 0, 0}};
    const struct faults_seen *seen;
    struct faults_plan plan = {.at = NONE, .error = errors[_i]};
    struct mc_socket socket = {0};
    struct peer peer;
    peer_start(&peer, PEER_UNIX, NULL, script);
    for (int k = 0; k < 2; k++) {
        faults_begin(&plan);
        ck_assert_int_eq(mc_socket_connect_unix(&socket, peer.path, mc_socket_deadline(LONG_MS)),
                         0);
        seen = faults_end();
        plan.at = place_of(seen, FAULTS_CONNECT, 0);
        mc_socket_close(&socket);
    }
    ck_assert_int_eq(seen->hits, 1);
    while (poll(&(struct pollfd){.fd = peer.listener, .events = POLLIN}, 1, 0) > 0)
        close(accept(peer.listener, NULL, NULL));
    peer_end(&peer);
}
END_TEST

/* ---- connecting without waiting -------------------------------------------------------------- */

static int begin_line(struct line *line, const struct faults_plan *plan,
                      const struct faults_seen **seen)
{
    struct mc_address address = {MC_ADDRESS_HOST, "127.0.0.1", ""};
    mc_deadline deadline = mc_socket_deadline(LONG_MS);
    line->listener = peer_listen(PEER_TCP4, 8, line->port);
    memcpy(address.port, line->port, sizeof line->port);
    faults_begin(plan);
    int r = mc_socket_begin(&line->socket, &address, deadline);
    while (r == 0 && line->socket.connecting)
        r = mc_socket_finish(&line->socket);
    *seen = faults_end();
    return r;
}

static const struct row beginning[] = {
    {FAULTS_GETADDRINFO, 0, EAI_NONAME, MC_E_RESOLVE, 0},
    {FAULTS_GETADDRINFO, 0, EAI_MEMORY, MC_E_RESOURCES, 0},
    {FAULTS_SOCKET, 0, EMFILE, MC_E_RESOURCES, EMFILE},
    {FAULTS_FCNTL, 0, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_FCNTL, 1, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_FCNTL, 2, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_SETSOCKOPT, 0, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_CONNECT, 0, ECONNREFUSED, MC_E_CONNECT, ECONNREFUSED},
    {FAULTS_CONNECT, 0, EADDRNOTAVAIL, MC_E_RESOURCES, EADDRNOTAVAIL},
    {FAULTS_CONNECT, 0, EINTR, 0, 0},
    {FAULTS_POLL, 0, EINTR, 0, 0},
    {FAULTS_POLL, 0, 0, 0, 0}, /* not ready yet */
    {FAULTS_POLL, 0, ENOMEM, MC_E_RESOURCES, ENOMEM},
    {FAULTS_POLL, 0, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_GETSOCKOPT, 0, EIO, MC_E_CONNECT, EIO},
};

START_TEST(beginning_fails)
{
    const struct row *row = &beginning[_i];
    const struct faults_seen *seen;
    struct line line = {.other = NONE};
    struct faults_plan plan = {.at = 0, .error = row->error};
    ck_assert_int_eq(begin_line(&line, &nothing, &seen), 0);
    plan.at = place_of(seen, row->call, row->nth);
    close_line(&line);
    int r = begin_line(&line, &plan, &seen);
    ck_assert_int_eq(seen->hits, 1);
    ck_assert_int_eq(r, row->result);
    ck_assert_int_eq(line.socket.sys_errno, row->sys_errno);
    ck_assert(!line.socket.connecting);
    check_connected(&line, seen, r);
    close_line(&line);
}
END_TEST

/* Nothing waits: the only calls that can are poll(), whose time is up at once, and connect() on a
 * descriptor that does not block. */
START_TEST(begins_without_waiting)
{
    static const enum faults_call calls[] = {FAULTS_GETADDRINFO, FAULTS_SOCKET, FAULTS_FCNTL,
                                             FAULTS_FCNTL,       FAULTS_FCNTL,  FAULTS_SETSOCKOPT,
                                             FAULTS_CONNECT,     FAULTS_POLL};
    const struct faults_seen *seen;
    struct line line = {.other = NONE};
    ck_assert_int_eq(begin_line(&line, &nothing, &seen), 0);
    for (size_t k = 0; k < COUNT(calls); k++)
        ck_assert_int_eq(seen->call[k], calls[k]);
    ck_assert_int_eq(seen->call[seen->calls - 1], FAULTS_GETSOCKOPT);
    close_line(&line);
}
END_TEST

/* ---- adopting -------------------------------------------------------------------------------- */

static const struct row adopting[] = {
    {FAULTS_GETSOCKOPT, 0, ENOTSOCK, MC_E_SYSTEM, ENOTSOCK},
    {FAULTS_GETPEERNAME, 0, ENOTCONN, MC_E_SYSTEM, ENOTCONN},
    {FAULTS_GETPEERNAME, 0, ENOBUFS, MC_E_RESOURCES, ENOBUFS},
    {FAULTS_FCNTL, 0, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_FCNTL, 1, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_FCNTL, 2, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_SETSOCKOPT, 0, ECONNRESET, MC_E_CLOSED, ECONNRESET}, /* TCP_NODELAY */
    {FAULTS_SETSOCKOPT, 1, EIO, MC_E_SYSTEM, EIO},               /* keepalive */
#ifdef __linux__
    {FAULTS_SETSOCKOPT, 2, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_SETSOCKOPT, 3, EIO, MC_E_SYSTEM, EIO},
    {FAULTS_SETSOCKOPT, 4, EIO, MC_E_SYSTEM, EIO},
#endif
};

static int adopt(struct mc_socket *socket, int fd, const struct faults_plan *plan,
                 const struct faults_seen **seen)
{
    *socket = (struct mc_socket){.keepalive_s = 60};
    faults_begin(plan);
    int r = mc_socket_adopt(socket, fd);
    *seen = faults_end();
    return r;
}

/* The descriptor stays the caller's. */
START_TEST(adopting_fails)
{
    const struct row *row = &adopting[_i];
    const struct faults_seen *seen;
    struct mc_socket socket;
    struct line line = {.other = NONE};
    struct faults_plan plan = {.at = 0, .error = row->error};
    open_line(&line);
    int fd = line.socket.fd;
    ck_assert_int_eq(adopt(&socket, fd, &nothing, &seen), 0);
    plan.at = place_of(seen, row->call, row->nth);
    ck_assert_int_eq(adopt(&socket, fd, &plan, &seen), row->result);
    ck_assert_int_eq(seen->hits, 1);
    ck_assert_int_eq(socket.sys_errno, row->sys_errno);
    ck_assert(!socket.open);
    mc_socket_close(&socket);
    ck_assert_int_eq(seen->closed, 0);
    close_line(&line);
}
END_TEST

/* ---- moving bytes ---------------------------------------------------------------------------- */

static ptrdiff_t send_one(struct line *line, mc_deadline deadline)
{
    const struct mc_transport t = mc_socket_transport(&line->socket);
    const struct mc_bytes part = MC_BYTES("hello");
    return t.send(t.ctx, &part, 1, deadline);
}

static ptrdiff_t send_two(struct line *line, mc_deadline deadline)
{
    const struct mc_transport t = mc_socket_transport(&line->socket);
    const struct mc_bytes parts[] = {MC_BYTES("hel"), MC_BYTES("lo")};
    return t.send(t.ctx, parts, 2, deadline);
}

static ptrdiff_t receive(struct line *line, mc_deadline deadline)
{
    const struct mc_transport t = mc_socket_transport(&line->socket);
    char buf[8];
    ptrdiff_t n = t.recv(t.ctx, buf, sizeof buf, deadline);
    if (n > 0)
        ck_assert_mem_eq(buf, "there", (size_t)n);
    return n;
}

/* The second: the kernel's timer is armed by then. */
static ptrdiff_t receive_again(struct line *line, mc_deadline deadline)
{
    ptrdiff_t n = receive(line, deadline);
    ck_assert_int_eq(write(line->other, "there", 5), 5);
    return n > 0 ? receive(line, deadline) : n;
}

static ptrdiff_t look(struct line *line, mc_deadline deadline)
{
    (void)deadline;
    return mc_socket_check(&line->socket);
}

static const struct {
    ptrdiff_t (*move)(struct line *line, mc_deadline deadline);
    struct row row;
} moving[] = {
    {send_one, {FAULTS_SEND, 0, EINTR, 5, 0}},
    {send_one, {FAULTS_SEND, 0, EAGAIN, 5, 0}},
    {send_one, {FAULTS_SEND, 0, ECONNRESET, MC_E_CLOSED, ECONNRESET}},
    {send_one, {FAULTS_SEND, 0, EPIPE, MC_E_CLOSED, EPIPE}},
    {send_one, {FAULTS_SEND, 0, ENOBUFS, MC_E_RESOURCES, ENOBUFS}},
    {send_two, {FAULTS_SENDMSG, 0, EINTR, 5, 0}},
    {send_two, {FAULTS_SENDMSG, 0, EAGAIN, 5, 0}},
    {send_two, {FAULTS_SENDMSG, 0, ECONNRESET, MC_E_CLOSED, ECONNRESET}},
    {send_two, {FAULTS_SENDMSG, 0, EMSGSIZE, MC_E_SYSTEM, EMSGSIZE}},
    {receive, {FAULTS_SETSOCKOPT, 0, EIO, MC_E_SYSTEM, EIO}},
    {receive, {FAULTS_RECV, 0, EINTR, 5, 0}},
    {receive, {FAULTS_RECV, 0, EAGAIN, 5, 0}}, /* as when the kernel's timer has run out */
    {receive, {FAULTS_RECV, 0, 0, MC_E_CLOSED, 0}},
    {receive, {FAULTS_RECV, 0, ECONNRESET, MC_E_CLOSED, ECONNRESET}},
    {receive, {FAULTS_RECV, 0, EIO, MC_E_SYSTEM, EIO}},
    {receive_again, {FAULTS_RECV, 1, EINTR, 5, 0}},
    {receive_again, {FAULTS_RECV, 1, EAGAIN, 5, 0}},
    {receive_again, {FAULTS_RECV, 1, 0, MC_E_CLOSED, 0}},
    {receive_again, {FAULTS_RECV, 1, ECONNRESET, MC_E_CLOSED, ECONNRESET}},
    {receive_again, {FAULTS_RECV, 1, EIO, MC_E_SYSTEM, EIO}},
    {look, {FAULTS_RECV, 0, EINTR, MC_E_PROTOCOL, 0}},
    {look, {FAULTS_RECV, 0, EAGAIN, 0, 0}},
    {look, {FAULTS_RECV, 0, 0, MC_E_CLOSED, 0}},
    {look, {FAULTS_RECV, 0, ECONNRESET, MC_E_CLOSED, ECONNRESET}},
    {look, {FAULTS_RECV, 0, EIO, MC_E_SYSTEM, EIO}},
};

/* One move on a new connection, on which `there` has come. */
static ptrdiff_t move(int index, const struct faults_plan *plan, const struct faults_seen **seen,
                      struct mc_socket *socket)
{
    struct line line = {.other = NONE};
    open_line(&line);
    ck_assert_int_eq(write(line.other, "there", 5), 5);
    faults_begin(plan);
    ptrdiff_t n = moving[index].move(&line, mc_socket_deadline(LONG_MS));
    *seen = faults_end();
    *socket = line.socket;
    close_line(&line);
    return n;
}

START_TEST(moving_fails)
{
    const struct row *row = &moving[_i].row;
    const struct faults_seen *seen;
    struct faults_plan plan = {.at = 0, .error = row->error};
    struct mc_socket socket = {0};
    ptrdiff_t whole = move(_i, &nothing, &seen, &socket);
    ck_assert_int_eq(whole, moving[_i].move == look ? MC_E_PROTOCOL : 5);
    plan.at = place_of(seen, row->call, row->nth);
    ck_assert_int_eq(move(_i, &plan, &seen, &socket), row->result);
    ck_assert_int_eq(socket.sys_errno, row->sys_errno);
    ck_assert_int_eq(seen->hits, 1);
}
END_TEST

/* After a send that would block, or a receive whose timer has run out, comes a poll(): it fails. */
static const struct {
    ptrdiff_t (*move)(struct line *line, mc_deadline deadline);
    int error, result, sys_errno;
} waiting[] = {
    {send_one, EIO, MC_E_SYSTEM, EIO},
    {send_two, EIO, MC_E_SYSTEM, EIO},
    {receive, EIO, MC_E_SYSTEM, EIO},
};

START_TEST(waiting_fails)
{
    const struct faults_seen *seen;
    struct faults_plan plan = {.at = NONE, .every = 1, .every_error = EAGAIN};
    struct line line = {.other = NONE};
    open_line(&line);
    plan.at = waiting[_i].move == receive ? 2 : 1; /* after the arming of the timer */
    plan.error = waiting[_i].error;
    faults_begin(&plan);
    ptrdiff_t n = waiting[_i].move(&line, mc_socket_deadline(LONG_MS));
    seen = faults_end();
    ck_assert_int_eq(seen->call[plan.at], FAULTS_POLL);
    ck_assert_int_eq(n, waiting[_i].result);
    ck_assert_int_eq(line.socket.sys_errno, waiting[_i].sys_errno);
    close_line(&line);
}
END_TEST

/* What would block again and again, though poll() says that it would not, ends with its deadline. */
START_TEST(would_block_for_ever)
{
    static ptrdiff_t (*const moves[])(struct line *, mc_deadline) = {send_one, send_two, receive};
    const struct faults_plan plan = {.at = NONE, .every = 1, .every_error = EAGAIN};
    struct line line = {.other = NONE};
    open_line(&line);
    ck_assert_int_eq(write(line.other, "there", 5), 5);
    mc_deadline deadline = mc_socket_deadline(_i < 3 ? 20 : 100); /* the latter arms a timer */
    faults_begin(&plan);
    ptrdiff_t n = moves[_i % 3](&line, deadline);
    faults_end();
    ck_assert_int_eq(n, MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    close_line(&line);
}
END_TEST

/* A receive that brings bytes after the deadline, because the machine was busy, brings none: whether
 * poll() or the kernel's timer, which is armed by then, ended the wait. */
START_TEST(received_too_late)
{
    struct faults_plan plan = {.at = NONE};
    struct line line = {.other = NONE};
    open_line(&line);
    ck_assert_int_eq(write(line.other, "there", 5), 5);
    if (_i > 0)
        ck_assert_int_eq(receive_again(&line, mc_socket_deadline(LONG_MS)), 5);
    ck_assert_int_eq(write(line.other, "there", 5), 5);
    mc_deadline deadline = mc_socket_deadline(30);
    if (_i == 2) { /* with a timer that is right for what is left */
        deadline = mc_socket_deadline(100);
        line.socket.watched_from_ms = 1;
        line.socket.watched_ms = MC_NEVER / 2;
    }
    plan.slow_ms = deadline;
    faults_begin(&plan);
    ck_assert_int_eq(receive(&line, deadline), MC_E_TIMEOUT);
    faults_end();
    close_line(&line);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {connecting_fails, COUNT(connecting)},
        {connecting_to_a_path_fails_once, 2},
        {beginning_fails, COUNT(beginning)},
        {begins_without_waiting, 1},
        {adopting_fails, COUNT(adopting)},
        {moving_fails, COUNT(moving)},
        {waiting_fails, COUNT(waiting)},
        {would_block_for_ever, 6},
        {received_too_late, 3},
    };
    return suite_run("calls", tests, COUNT(tests));
}
