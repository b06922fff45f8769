/* Tests of the POSIX transport against scripted peers: connecting, options, deadlines, signals.
 * Times have lower bounds only, so that a busy machine fails no test; what a deadline was overshot
 * by is printed. */
#include "client.h"
#include "names.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LONG_MS = 60000, QUEUE = 8 };

static const struct mc_bytes key = {"k", 1};

/* For a step that must not fail for want of time. */
static mc_deadline later(void)
{
    return mc_socket_deadline(LONG_MS);
}

static void report_overshoot(const char *what, mc_deadline deadline)
{
    printf("%s: the deadline was overshot by %d ms\n", what, (int)(mc_socket_now() - deadline));
}

/* A client that is connected to the peer. */
struct line {
    struct mc_socket socket;
    struct mc_client client;
    char buf[2048];
};

static void open_line(struct line *line, const struct peer *peer)
{
    *line = (struct line){0};
    ck_assert_int_eq(peer_connect(peer, &line->socket, later()), 0);
    mc_client_init(&line->client, mc_socket_transport(&line->socket), line->buf, sizeof line->buf);
}

static int get(struct line *line, mc_deadline deadline)
{
    char buf[16];
    struct mc_value value = {.buf = buf, .cap = sizeof buf};
    int r = mc_client_get(&line->client, key, &value, deadline);
    if (r == MC_HIT) {
        ck_assert_uint_eq(value.len, 2);
        ck_assert_mem_eq(buf, "ok", 2);
    }
    return r;
}

/* The bytes that come next, which must be there already or come soon. */
static void await_bytes(const struct mc_socket *socket)
{
    struct pollfd p = {.fd = socket->fd, .events = POLLIN};
    ck_assert_int_eq(poll(&p, 1, LONG_MS), 1);
}

/* ---- connecting ------------------------------------------------------------------------------ */

START_TEST(connects)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    if (!peer_has((enum peer_family)_i, __func__))
        return;
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    open_line(&line, &peer);
    ck_assert_int_eq(get(&line, later()), MC_HIT);
    mc_socket_close(&line.socket);
    ck_assert(!line.socket.open);
    peer_end(&peer);
}
END_TEST

START_TEST(refused_by_a_port)
{
    struct mc_socket socket = {0};
    char port[6];
    int fd = peer_listen(PEER_TCP4, -1, port);
    ck_assert_int_eq(mc_socket_connect(&socket, "127.0.0.1", port, later()), MC_E_CONNECT);
    ck_assert_int_eq(socket.sys_errno, ECONNREFUSED);
    ck_assert(!socket.open);
    close(fd);
}
END_TEST

START_TEST(refused_by_a_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[FOLDER_SIZE];
    struct mc_socket left = {0};
    folder_make(folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    ck_assert_int_eq(mc_socket_connect_unix(&left, address.sun_path, later()), MC_E_CONNECT);
    ck_assert_int_eq(left.sys_errno, ENOENT);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(mc_socket_connect_unix(&left, address.sun_path, later()), MC_E_CONNECT);
    ck_assert_int_eq(left.sys_errno, ECONNREFUSED);
    ck_assert(!left.open);
    close(fd);
    unlink(address.sun_path);
    rmdir(folder);
}
END_TEST

/* A path of one byte is a path; here is a folder at it. */
START_TEST(shortest_path)
{
    struct mc_socket socket = {0};
    ck_assert_int_eq(mc_socket_connect_unix(&socket, "/", later()), MC_E_CONNECT);
    ck_assert_int_eq(socket.sys_errno, ECONNREFUSED);
}
END_TEST

/* A socket that is open is closed before it connects again: no descriptor is lost, also when the
 * second attempt fails. */
START_TEST(connected_twice)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct mc_socket socket = {0};
    if (!peer_has((enum peer_family)_i, __func__))
        return;
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    ck_assert_int_eq(peer_connect(&peer, &socket, later()), 0);
    int first = socket.fd;
    peer_await(&peer, 1); /* its accept() must not take the descriptor that becomes free */
    ck_assert_int_eq(peer_connect(&peer, &socket, later()), 0);
    peer_await(&peer, 3);
    ck_assert_int_eq(socket.fd, first); /* the lowest that is free */
    ck_assert_int_eq(mc_socket_connect_unix(&socket, "", later()), MC_E_ADDRESS);
    ck_assert(!socket.open);
    ck_assert_int_eq(fcntl(first, F_GETFD), -1);
    peer_end(&peer);
}
END_TEST

/* What the system says; it says nothing of what did not fail. */
START_TEST(reasons)
{
    const struct mc_socket fine = {0}, refused = {.sys_errno = ECONNREFUSED},
                           unknown = {.resolve_code = EAI_NONAME},
                           memory = {.resolve_code = EAI_SYSTEM, .sys_errno = ENOMEM};
    const struct mc_address none = {.kind = MC_ADDRESS_NONE};
    struct mc_socket socket = {0};
    ck_assert_ptr_null(mc_socket_reason(&fine));
    ck_assert_str_eq(mc_socket_reason(&refused), strerror(ECONNREFUSED));
    ck_assert_str_eq(mc_socket_reason(&unknown), gai_strerror(EAI_NONAME));
    ck_assert_str_eq(mc_socket_reason(&memory), strerror(ENOMEM));
    ck_assert_int_eq(mc_socket_dial(&socket, &none, later()), MC_E_ADDRESS);
    ck_assert_int_eq(mc_socket_connect(&socket, "..", "1", later()), MC_E_RESOLVE);
    ck_assert_str_eq(mc_socket_reason(&socket), gai_strerror(socket.resolve_code));
    ck_assert_int_eq(mc_socket_connect_unix(&socket, "/no/such/path", later()), MC_E_CONNECT);
    ck_assert_str_eq(mc_socket_reason(&socket), strerror(ENOENT));
}
END_TEST

/* A path may be as long as the system takes, and no longer. */
START_TEST(path_too_long)
{
    static const size_t lengths[] = {0, sizeof(((struct sockaddr_un *)0)->sun_path), 4000};
    char path[4001] = "/";
    struct mc_socket socket = {0};
    memset(path + 1, 'x', sizeof path - 2);
    path[lengths[_i]] = '\0';
    ck_assert_int_eq(mc_socket_connect_unix(&socket, path, later()), MC_E_ADDRESS);
    ck_assert(!socket.open);
    if (lengths[_i] == 0)
        return;
    path[sizeof(((struct sockaddr_un *)0)->sun_path) - 1] = '\0';
    ck_assert_int_eq(mc_socket_connect_unix(&socket, path, later()), MC_E_CONNECT);
    ck_assert_int_eq(socket.sys_errno, ENOENT);
}
END_TEST

/* Names that no resolver needs to be asked about, and ports that are no numbers. */
START_TEST(does_not_resolve)
{
    static const struct {
        const char *host, *port;
    } names[] = {{"", "1"}, {"..", "1"}, {"a..b", "1"}, {NAMES_NAME, "1"}, {"127.0.0.1", "http"}};
    struct mc_socket socket = {0};
    int r = mc_socket_connect(&socket, names[_i].host, names[_i].port, later());
    ck_assert_int_eq(r, MC_E_RESOLVE);
    ck_assert_int_ne(socket.resolve_code, 0);
    ck_assert(!socket.open);
}
END_TEST

/* ---- a name with several addresses ----------------------------------------------------------- */

static int refuse(enum peer_family family)
{
    char port[6];
    int fd = peer_listen(family, -1, port);
    names_add(family, port);
    return fd;
}

static const struct peer_step answer_get[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                              {PEER_END, NULL, 0, 0}};

/* Connects without waiting, driven by poll() as an event loop would. */
static int begin_and_finish(struct mc_socket *socket, const struct mc_address *address,
                            mc_deadline deadline)
{
    int r = mc_socket_begin(socket, address, deadline);
    while (r == 0 && socket->connecting) {
        struct pollfd p = {.fd = socket->fd, .events = POLLOUT};
        ck_assert(socket->open && socket->due <= deadline);
        int64_t left = socket->due - mc_socket_now();
        ck_assert_int_ge(poll(&p, 1, left > 0 ? (int)left : 0), 0);
        r = mc_socket_finish(socket);
    }
    ck_assert_int_eq(socket->open, r == 0);
    return r;
}

static const struct mc_address named = {MC_ADDRESS_HOST, NAMES_NAME, "1"};

enum how { WAITING, BEGINNING, HOWS };

static int connect_name(struct line *line, enum how how, mc_deadline deadline)
{
    *line = (struct line){0};
    int r = how == WAITING ? mc_socket_connect(&line->socket, NAMES_NAME, "1", deadline)
                           : begin_and_finish(&line->socket, &named, deadline);
    mc_client_init(&line->client, mc_socket_transport(&line->socket), line->buf, sizeof line->buf);
    ck_assert_uint_eq(names_held(), 0);
    return r;
}

/* Every order of families, the address that refuses first or last: the one that takes the connection
 * is found, and no other is asked after it. */
START_TEST(next_address)
{
    static const enum peer_family orders[][2] = {{PEER_TCP4, PEER_TCP4},
                                                 {PEER_TCP4, PEER_TCP6},
                                                 {PEER_TCP6, PEER_TCP4},
                                                 {PEER_TCP6, PEER_TCP6}};
    const enum peer_family *order = orders[_i % 4];
    enum how how = (enum how)(_i / 8);
    struct peer peer;
    struct line line;
    int refusing = -1;
    if (!peer_has(order[0], __func__) || !peer_has(order[1], __func__))
        return;
    names_clear();
    if (_i % 8 < 4)
        refusing = refuse(order[0]);
    peer_start(&peer, order[1], NULL, answer_get);
    names_add(order[1], peer.port);
    if (_i % 8 >= 4)
        refusing = refuse(order[0]);
    ck_assert_int_eq(connect_name(&line, how, later()), 0);
    ck_assert_int_eq(get(&line, later()), MC_HIT);
    mc_socket_close(&line.socket);
    peer_end(&peer);
    close(refusing);
}
END_TEST

START_TEST(every_address_refuses)
{
    struct line line;
    names_clear();
    int fds[] = {refuse(PEER_TCP4), refuse(PEER_TCP4), refuse(PEER_TCP4)};
    ck_assert_int_eq(connect_name(&line, (enum how)_i, later()), MC_E_CONNECT);
    ck_assert_int_eq(line.socket.sys_errno, ECONNREFUSED);
    ck_assert(!line.socket.open);
    for (size_t k = 0; k < 3; k++)
        close(fds[k]);
}
END_TEST

/* Connections that a listener never accepts, as many as fill its queue. */
static void fill_queue(int family, const struct sockaddr *address, socklen_t size, int fds[QUEUE])
{
    for (int k = 0; k < QUEUE; k++) {
        fds[k] = socket(family, SOCK_STREAM, 0);
        ck_assert_int_ge(fds[k], 0);
        ck_assert_int_eq(fcntl(fds[k], F_SETFL, O_NONBLOCK), 0);
        if (connect(fds[k], address, size) != 0)
            ck_assert(errno == EINPROGRESS || errno == EAGAIN);
    }
}

static int listen_with_full_queue(char port[6], int fds[QUEUE])
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int listener = peer_listen(PEER_TCP4, 0, port);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    fill_queue(AF_INET, (struct sockaddr *)&address, size, fds);
    return listener;
}

/* An address that does not answer gets its share of the time and not all of it. */
START_TEST(next_address_after_silence)
{
    enum { TIME_MS = 4000 };
    struct peer peer;
    struct line line;
    char port[6];
    int fds[QUEUE], listener = listen_with_full_queue(port, fds);
    peer_start(&peer, PEER_TCP4, NULL, answer_get);
    names_clear();
    names_add(PEER_TCP4, port);
    names_add(PEER_TCP4, peer.port);
    mc_deadline half = mc_socket_deadline(TIME_MS / 2);
    ck_assert_int_eq(connect_name(&line, WAITING, half + TIME_MS / 2), 0);
    ck_assert_int_ge(mc_socket_now(), half);
    ck_assert_int_eq(get(&line, later()), MC_HIT);
    mc_socket_close(&line.socket);
    peer_end(&peer);
    close(listener);
}
END_TEST

/* What one address has left over of its share is the next ones': all the time is used. */
START_TEST(silence_at_every_address)
{
    struct line line;
    char port[6];
    int fds[QUEUE], listener = listen_with_full_queue(port, fds);
    names_clear();
    int refusing = _i % 2 == 1 ? refuse(PEER_TCP4) : -1;
    names_add(PEER_TCP4, port);
    names_add(PEER_TCP4, port);
    mc_deadline deadline = mc_socket_deadline(200);
    ck_assert_int_eq(connect_name(&line, (enum how)(_i / 2), deadline), MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    ck_assert(!line.socket.open);
    close(listener);
    if (refusing >= 0)
        close(refusing);
}
END_TEST

START_TEST(connecting_has_a_deadline)
{
    struct mc_socket socket = {0};
    char port[6];
    int fds[QUEUE], listener = listen_with_full_queue(port, fds);
    mc_deadline deadline = mc_socket_deadline(200);
    ck_assert_int_eq(mc_socket_connect(&socket, "127.0.0.1", port, deadline), MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    report_overshoot("a port that does not answer", deadline);
    ck_assert(!socket.open);
    close(listener);
}
END_TEST

START_TEST(connecting_to_a_path_has_a_deadline)
{
    static const struct peer_step nothing[] = {{PEER_END, NULL, 0, 0}};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct mc_socket socket = {0};
    struct peer peer;
    int fds[QUEUE];
    peer_start(&peer, PEER_UNIX, NULL, nothing);
    memcpy(address.sun_path, peer.path, sizeof peer.path);
    ck_assert_int_eq(listen(peer.listener, 0), 0);
    fill_queue(AF_UNIX, (struct sockaddr *)&address, sizeof address, fds);
    mc_deadline deadline = mc_socket_deadline(200);
    ck_assert_int_eq(mc_socket_connect_unix(&socket, peer.path, deadline), MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    report_overshoot("a path that does not answer", deadline);
    ck_assert(!socket.open);
    while (poll(&(struct pollfd){.fd = peer.listener, .events = POLLIN}, 1, 0) > 0)
        close(accept(peer.listener, NULL, NULL));
    peer_end(&peer);
}
END_TEST

/* ---- without waiting ------------------------------------------------------------------------- */

static struct mc_address address_of(const struct peer *peer)
{
    struct mc_address address;
    ck_assert_ptr_null(mc_address_parse(&address, peer->address));
    return address;
}

/* The descriptor does not block, on which a transport works all the same; then it does. */
START_TEST(begins_and_finishes)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "END\r\n", 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line = {0};
    if (!peer_has((enum peer_family)_i, __func__))
        return;
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    const struct mc_address address = address_of(&peer);
    ck_assert_int_eq(begin_and_finish(&line.socket, &address, later()), 0);
    ck_assert_int_eq(mc_socket_finish(&line.socket), 0);
    ck_assert_int_eq(fcntl(line.socket.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    mc_client_init(&line.client, mc_socket_transport(&line.socket), line.buf, sizeof line.buf);
    ck_assert_int_eq(get(&line, later()), MC_HIT);
    ck_assert_int_eq(mc_socket_adopt(&line.socket, line.socket.fd), 0);
    ck_assert_int_eq(fcntl(line.socket.fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(get(&line, later()), MC_MISS);
    mc_socket_close(&line.socket);
    ck_assert_int_eq(mc_socket_finish(&line.socket), MC_E_CLOSED);
    peer_end(&peer);
}
END_TEST

/* Where nothing is, and what is no address: whatever was open is closed. */
START_TEST(begins_at_nothing)
{
    static const struct {
        struct mc_address address;
        int result;
    } cases[] = {{{MC_ADDRESS_NONE, "", ""}, MC_E_ADDRESS},
                 {{MC_ADDRESS_UNIX, "", ""}, MC_E_ADDRESS},
                 {{MC_ADDRESS_UNIX, "/no/such/path", ""}, MC_E_CONNECT},
                 {{MC_ADDRESS_HOST, "..", "1"}, MC_E_RESOLVE},
                 {{MC_ADDRESS_HOST, "127.0.0.1", "http"}, MC_E_RESOLVE}};
    struct mc_socket socket = {0};
    for (size_t k = 0; k < 2 * sizeof cases / sizeof *cases; k++) {
        int pair[2], r;
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        ck_assert_int_eq(mc_socket_adopt(&socket, pair[0]), 0);
        r = k % 2 == 0 ? mc_socket_begin(&socket, &cases[k / 2].address, later())
                       : mc_socket_dial(&socket, &cases[k / 2].address, later());
        ck_assert_int_eq(r, cases[k / 2].result);
        ck_assert(!socket.open && !socket.connecting);
        ck_assert_int_eq(fcntl(pair[0], F_GETFD), -1);
        close(pair[1]);
    }
}
END_TEST

/* Begins with a name that has two addresses which do not answer. */
static void begin_in_silence(struct mc_socket *socket, const char port[6], mc_deadline deadline)
{
    names_clear();
    names_add(PEER_TCP4, port);
    names_add(PEER_TCP4, port);
    ck_assert_int_eq(mc_socket_begin(socket, &named, deadline), 0);
    ck_assert(socket->open && socket->connecting);
    ck_assert_uint_eq(names_held(), 1);
}

/* Before an address has had its share of the time, nothing happens; after it, the next one is tried.
 * The test moves `due` instead of waiting for it. */
START_TEST(finishes_early_and_late)
{
    struct mc_socket socket = {0};
    char port[6];
    int fds[QUEUE], listener = listen_with_full_queue(port, fds);
    mc_deadline begin = mc_socket_now(), deadline = later();
    begin_in_silence(&socket, port, deadline);
    ck_assert_int_ge(socket.due, begin + LONG_MS / 2);
    ck_assert_int_lt(socket.due, deadline);
    for (int k = 0; k < 2; k++) {
        mc_deadline due = socket.due;
        int fd = socket.fd;
        ck_assert_int_eq(mc_socket_finish(&socket), 0);
        ck_assert(socket.connecting && socket.fd == fd && socket.due == due);
        socket.due = mc_socket_now();
        ck_assert_int_eq(mc_socket_finish(&socket), k == 0 ? 0 : MC_E_TIMEOUT);
        ck_assert_int_eq(socket.connecting, k == 0);
        if (k == 0) /* the descriptor before it is closed: this is the lowest that is free */
            ck_assert(socket.due == deadline && socket.fd == fd);
    }
    ck_assert(!socket.open);
    ck_assert_uint_eq(names_held(), 0);
    close(listener);
}
END_TEST

/* Closing, beginning again and adopting end an attempt: neither a descriptor nor a list is lost. */
START_TEST(closed_while_connecting)
{
    struct mc_socket socket = {0};
    char port[6];
    int pair[2], fds[QUEUE], listener = listen_with_full_queue(port, fds);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    begin_in_silence(&socket, port, MC_NEVER);
    ck_assert_int_eq(socket.due, MC_NEVER);
    int first = socket.fd;
    if (_i == 0)
        mc_socket_close(&socket);
    else if (_i == 1)
        begin_in_silence(&socket, port, MC_NEVER);
    else
        ck_assert_int_eq(mc_socket_adopt(&socket, pair[0]), 0);
    ck_assert_int_eq(socket.connecting, _i == 1);
    ck_assert_int_eq(fcntl(first, F_GETFD) >= 0, _i == 1); /* it is the lowest that is free */
    mc_socket_close(&socket);
    ck_assert(!socket.open && !socket.connecting);
    ck_assert_int_eq(fcntl(first, F_GETFD), -1);
    ck_assert_uint_eq(names_held(), 0);
    if (_i != 2)
        close(pair[0]);
    close(pair[1]);
    close(listener);
}
END_TEST

START_TEST(begins_at_a_full_queue)
{
    static const struct peer_step nothing[] = {{PEER_END, NULL, 0, 0}};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct mc_socket socket = {0};
    struct peer peer;
    int fds[QUEUE];
    peer_start(&peer, PEER_UNIX, NULL, nothing);
    const struct mc_address to = address_of(&peer);
    memcpy(address.sun_path, peer.path, sizeof peer.path);
    ck_assert_int_eq(listen(peer.listener, 0), 0);
    fill_queue(AF_UNIX, (struct sockaddr *)&address, sizeof address, fds);
    ck_assert_int_eq(mc_socket_begin(&socket, &to, later()), MC_E_CONNECT);
    ck_assert_int_eq(socket.sys_errno, EAGAIN);
    ck_assert(!socket.open && !socket.connecting);
    while (poll(&(struct pollfd){.fd = peer.listener, .events = POLLIN}, 1, 0) > 0)
        close(accept(peer.listener, NULL, NULL));
    peer_end(&peer);
}
END_TEST

/* ---- the socket ------------------------------------------------------------------------------ */

START_TEST(options)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    if (!peer_has((enum peer_family)_i, __func__))
        return;
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    open_line(&line, &peer);
    ck_assert_int_eq(fcntl(line.socket.fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(line.socket.fd, F_GETFL) & O_NONBLOCK, 0);
    if (_i != PEER_UNIX) {
        int on = 0;
        socklen_t size = sizeof on;
        ck_assert_int_eq(getsockopt(line.socket.fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
        ck_assert_int_ne(on, 0);
    }
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

static int option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    ck_assert_int_eq(getsockopt(fd, level, option, &value, &size), 0);
    return value;
}

/* Off unless asked for; a Unix socket has none, and says nothing of it. */
START_TEST(keepalive)
{
    static const int seconds[] = {0, -1, 1, 2, 8, 300}, intervals[] = {0, 0, 1, 1, 2, 100};
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_SILENT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    enum peer_family family = (enum peer_family)(_i % PEER_FAMILIES);
    int asked = seconds[_i / PEER_FAMILIES];
    struct peer peer;
    struct mc_socket socket = {.keepalive_s = asked};
    if (!peer_has(family, __func__))
        return;
    peer_start(&peer, family, NULL, script);
    ck_assert_int_eq(peer_connect(&peer, &socket, later()), 0);
    ck_assert_int_eq(socket.keepalive_s, asked);
    bool on = option_of(socket.fd, SOL_SOCKET, SO_KEEPALIVE) != 0;
    ck_assert_int_eq(on, asked > 0 && family != PEER_UNIX);
#ifdef __linux__
    if (on) {
        ck_assert_int_eq(option_of(socket.fd, IPPROTO_TCP, TCP_KEEPIDLE), asked);
        ck_assert_int_eq(option_of(socket.fd, IPPROTO_TCP, TCP_KEEPINTVL),
                         intervals[_i / PEER_FAMILIES]);
        ck_assert_int_eq(option_of(socket.fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
    }
#endif
    mc_socket_close(&socket);
    peer_end(&peer);
}
END_TEST

/* ---- adopting -------------------------------------------------------------------------------- */

/* A connection of somebody else's, over TCP or not, blocking or not: it becomes like one of ours. */
START_TEST(adopts)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "END\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    bool tcp = _i % 2 == 0, blocks = _i < 2;
    struct peer peer;
    struct line line = {.socket.keepalive_s = 9}, other = {0};
    peer_start(&peer, tcp ? PEER_TCP4 : PEER_UNIX, NULL, script);
    open_line(&other, &peer);
    int fd = other.socket.fd, off = 0;
    other.socket.open = false;
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, blocks ? 0 : O_NONBLOCK), 0);
    if (tcp)
        ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off), 0);
    ck_assert_int_eq(mc_socket_adopt(&line.socket, fd), 0);
    ck_assert_int_eq(line.socket.fd, fd);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    if (tcp) {
        ck_assert_int_ne(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
        ck_assert_int_ne(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    }
    mc_client_init(&line.client, mc_socket_transport(&line.socket), line.buf, sizeof line.buf);
    ck_assert_int_eq(get(&line, later()), MC_MISS);
    mc_socket_close(&line.socket);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    peer_end(&peer);
}
END_TEST

/* What was open is closed. */
START_TEST(adopts_another)
{
    struct mc_socket socket = {0};
    int first[2], second[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
    ck_assert_int_eq(mc_socket_adopt(&socket, first[0]), 0);
    ck_assert_int_eq(mc_socket_adopt(&socket, second[0]), 0);
    ck_assert_int_eq(fcntl(first[0], F_GETFD), -1);
    ck_assert_int_ge(fcntl(second[0], F_GETFD), 0);
    mc_socket_close(&socket);
    ck_assert_int_eq(fcntl(second[0], F_GETFD), -1);
    close(first[1]);
    close(second[1]);
}
END_TEST

START_TEST(adopts_its_own)
{
    struct mc_socket socket = {0};
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    for (int k = 0; k < 3; k++)
        ck_assert_int_eq(mc_socket_adopt(&socket, pair[0]), 0);
    ck_assert(socket.open);
    ck_assert_int_eq(mc_socket_check(&socket), 0);
    mc_socket_close(&socket);
    ck_assert_int_eq(fcntl(pair[0], F_GETFD), -1);
    close(pair[1]);
}
END_TEST

/* What is no connection stays open and the caller's. */
START_TEST(adopts_no_connection)
{
    static const int errors[] = {ENOTSOCK, EPROTOTYPE, ENOTCONN, ENOTCONN, EBADF};
    struct mc_socket socket = {0};
    char port[6];
    int pair[2] = {-1, -1}, fd = -1;
    switch (_i) {
    case 0: fd = open("/dev/null", O_RDONLY); break;
    case 1:
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
        fd = pair[0];
        break;
    case 2: fd = peer_listen(PEER_TCP4, -1, port); break;
    case 3: fd = peer_listen(PEER_TCP4, 1, port); break;
    default: break;
    }
    ck_assert_int_eq(mc_socket_adopt(&socket, fd), MC_E_SYSTEM);
    ck_assert_int_eq(socket.sys_errno, errors[_i]);
    ck_assert(!socket.open);
    mc_socket_close(&socket);
    ck_assert_int_eq(fcntl(fd, F_GETFD) >= 0, _i < 4);
    close(fd);
    close(pair[1]);
}
END_TEST

/* A program without a standard input has 0 for its first socket. */
START_TEST(descriptor_0)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "VALUE k 0 2\r\nok\r\nEND\r\n", 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    int nothing = open("/dev/null", O_RDONLY); /* 0 already, if that was free */
    ck_assert_int_ge(nothing, 0);
    peer_start(&peer, PEER_UNIX, NULL, script);
    close(0);
    open_line(&line, &peer);
    ck_assert_int_eq(line.socket.fd, 0);
    ck_assert_int_eq(fcntl(0, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(get(&line, later()), MC_HIT);
    mc_socket_close(&line.socket);
    ck_assert_int_eq(fcntl(0, F_GETFD), -1);
    if (nothing > 0) {
        ck_assert_int_eq(dup2(nothing, 0), 0);
        close(nothing);
    }
    peer_end(&peer);
}
END_TEST

/* The disposition of SIGPIPE is the usual one: if it were raised, it would end this process. */
START_TEST(no_sigpipe)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_CLOSE, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    const struct mc_bytes parts[] = {{"get ", 4}, {"k\r\n", 3}};
    struct peer peer;
    struct line line;
    ptrdiff_t n;
    if (!peer_has((enum peer_family)(_i / 2), __func__))
        return;
    signal(SIGPIPE, SIG_DFL);
    peer_start(&peer, (enum peer_family)(_i / 2), NULL, script);
    open_line(&line, &peer);
    peer_await(&peer, 2);
    do /* TCP learns from the answer to the first bytes that nobody is there */
        n = line.client.transport.send(&line.socket, parts, (size_t)(_i % 2 + 1), later());
    while (n > 0);
    ck_assert_int_eq(n, MC_E_CLOSED);
    ck_assert(line.socket.sys_errno == EPIPE || line.socket.sys_errno == ECONNRESET);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* Closed or reset, before a byte of the reply or in it: always MC_E_CLOSED. */
START_TEST(closed)
{
    const enum peer_do ends[] = {PEER_CLOSE, PEER_RESET};
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, "get k\r\n", 0, 0},
                                       {PEER_SAY, "VALUE k 0 2\r\no", _i % 4 < 2 ? 0 : 5, 0},
                                       {ends[_i % 2], NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    if (!peer_has((enum peer_family)(_i / 4), __func__))
        return;
    peer_start(&peer, (enum peer_family)(_i / 4), NULL, script);
    open_line(&line, &peer);
    ck_assert_int_eq(get(&line, later()), MC_E_CLOSED);
    ck_assert_int_eq(get(&line, later()), MC_E_CLOSED);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

START_TEST(check_says_good)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_SILENT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    if (!peer_has((enum peer_family)_i, __func__))
        return;
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    open_line(&line, &peer);
    ck_assert_int_eq(mc_socket_check(&line.socket), 0);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* Whatever errno says, which an earlier call has set. */
START_TEST(check_says_closed)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_GATE, NULL, 0, 0},
                                              {PEER_CLOSE, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    static const int earlier[] = {0, EINTR, EAGAIN, ECONNRESET};
    struct peer peer;
    struct line line;
    peer_start(&peer, PEER_UNIX, NULL, script);
    open_line(&line, &peer);
    peer_open_gate(&peer);
    await_bytes(&line.socket);
    errno = earlier[_i];
    ck_assert_int_eq(mc_socket_check(&line.socket), MC_E_CLOSED);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

START_TEST(check_says_bad)
{
    static const struct {
        struct peer_step step;
        int result;
    } cases[] = {{{PEER_CLOSE, NULL, 0, 0}, MC_E_CLOSED},
                 {{PEER_RESET, NULL, 0, 0}, MC_E_CLOSED},
                 {{PEER_SAY, "ERROR too many\r\n", 0, 0}, MC_E_PROTOCOL}};
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_GATE, NULL, 0, 0},
                                       cases[_i % 3].step,
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    if (!peer_has((enum peer_family)(_i / 3), __func__))
        return;
    peer_start(&peer, (enum peer_family)(_i / 3), NULL, script);
    open_line(&line, &peer);
    peer_open_gate(&peer);
    await_bytes(&line.socket);
    ck_assert_int_eq(mc_socket_check(&line.socket), cases[_i % 3].result);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* ---- paths ----------------------------------------------------------------------------------- */

/* A listening socket at these bytes of sun_path. */
static int listen_at(const char *bytes, size_t len)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(address.sun_path, bytes, len);
    ck_assert_int_ge(fd, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

/* A path of as many bytes as the system takes, and not of one more. */
START_TEST(longest_path)
{
    enum { LONGEST = sizeof((struct sockaddr_un *)NULL)->sun_path - 1 };
    char folder[FOLDER_SIZE], path[LONGEST + 2];
    struct mc_socket s = {0};
    folder_make(folder);
    size_t len = strlen(folder);
    memset(path, 'x', sizeof path);
    memcpy(path, folder, len);
    path[len] = '/';
    path[LONGEST] = '\0';
    int listener = listen_at(path, LONGEST + 1);
    ck_assert_int_eq(mc_socket_connect_unix(&s, path, later()), 0);
    mc_socket_close(&s);
    ck_assert_int_eq(unlink(path), 0);
    path[LONGEST] = 'x';
    path[LONGEST + 1] = '\0';
    ck_assert_int_eq(mc_socket_connect_unix(&s, path, later()), MC_E_ADDRESS);
    ck_assert(!s.open);
    close(listener);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

#ifdef __linux__
/* An abstract socket has no file: its name is all of its bytes, and no others. */
START_TEST(abstract_socket)
{
    char name[64];
    struct mc_socket s = {0};
    int len = snprintf(name, sizeof name, "@mcwire-check-socket-%ld", (long)getpid());
    name[0] = '\0';
    int listener = listen_at(name, (size_t)len);
    name[0] = '@';
    ck_assert_int_eq(mc_socket_connect_unix(&s, name, later()), 0);
    mc_socket_close(&s);
    name[len - 1] = '\0';
    ck_assert_int_eq(mc_socket_connect_unix(&s, name, later()), MC_E_CONNECT);
    close(listener);
}
END_TEST
#endif

/* ---- the clock ------------------------------------------------------------------------------- */

/* No time is too long for a deadline, and none of them ends in the past. */
START_TEST(deadline_far_away)
{
    static const int64_t times[] = {INT64_MAX, INT64_MAX / 2, INT64_MAX / 2 - 1, 86400000, 1, 0};
    for (size_t k = 0; k < sizeof times / sizeof *times; k++) {
        int64_t before = mc_socket_now();
        mc_deadline deadline = mc_socket_deadline(times[k]);
        int64_t after = mc_socket_now();
        ck_assert_int_ge(deadline, before);
        if (times[k] >= INT64_MAX / 2)
            ck_assert_int_eq(deadline, MC_NEVER);
        else
            ck_assert(deadline - times[k] >= before && deadline - times[k] <= after);
    }
    ck_assert_int_lt(mc_socket_deadline(-1), mc_socket_now());
    ck_assert_int_lt(mc_socket_deadline(INT64_MIN), 0);
}
END_TEST

/* ---- deadlines ------------------------------------------------------------------------------- */

static const struct peer_step say_nothing[] = {{PEER_ACCEPT, NULL, 0, 0},
                                               {PEER_HEAR, "get k\r\n", 0, 0},
                                               {PEER_SILENT, NULL, 0, 0},
                                               {PEER_END, NULL, 0, 0}};

static void expect_timeout(const char *what, const struct peer_step *script, int64_t ms,
                           enum peer_family family)
{
    struct peer peer;
    struct line line;
    peer_start(&peer, family, NULL, script);
    open_line(&line, &peer);
    mc_deadline deadline = mc_socket_deadline(ms);
    ck_assert_int_eq(get(&line, deadline), MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    report_overshoot(what, deadline);
    ck_assert_int_eq(get(&line, later()), MC_E_TIMEOUT);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}

START_TEST(silent_peer)
{
    static const int times_ms[] = {1, 2, 3, 4, 5, 7, 10, 20, 50, 100, 300};
    char what[32];
    snprintf(what, sizeof what, "silent for %d ms", times_ms[_i]);
    expect_timeout(what, say_nothing, times_ms[_i], PEER_UNIX);
}
END_TEST

/* A byte every 5 ms, of a value that takes seconds, of a line that never ends. */
START_TEST(dripping_peer)
{
    static const struct peer_step heads[] = {{PEER_SAY, "VALUE k 0 1000\r\n", 0, 0},
                                             {PEER_SAY, "SERVER_ERROR ", 0, 0}};
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, "get k\r\n", 0, 0},
                                       heads[_i % 2],
                                       {PEER_DRIP, "x", 0, 5},
                                       {PEER_END, NULL, 0, 0}};
    if (peer_has((enum peer_family)(_i / 2), __func__))
        expect_timeout("dripping", script, 200, (enum peer_family)(_i / 2));
}
END_TEST

/* A sink that counts statistics. */
struct stats {
    struct mc_sink sink;
    size_t count;
};

static void count_stat(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                       const struct mc_reply *reply)
{
    struct stats *stats = (struct stats *)sink; /* its first member */
    (void)op;
    (void)slot;
    ck_assert_int_eq(event, MC_STAT);
    ck_assert_uint_eq(reply->key.len, 1);
    stats->count++;
}

/* Statistics without end, faster than they can be read. */
START_TEST(flooding_peer)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0},
        {PEER_HEAR, "stats\r\n", 0, 0},
        {PEER_FLOOD, "STAT a 1\r\nSTAT b 2\r\nSTAT c 3\r\nSTAT d 4\r\n", 0, 0},
        {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    struct stats stats = {.sink = {count_stat}};
    struct mc_op op = mc_op_stats(MC_BYTES(""), &stats.sink);
    if (!peer_has((enum peer_family)_i, __func__))
        return;
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    open_line(&line, &peer);
    mc_deadline deadline = mc_socket_deadline(200);
    ck_assert_int_eq(mc_client_do(&line.client, &op, deadline), MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    report_overshoot("flooding", deadline);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* A reply that comes after the deadline is not used, although the kernel's timer was armed for a
 * longer one before: whichever ends the wait, and however slow this machine is. */
START_TEST(late_for_an_armed_timer)
{
    enum { ARMED_MS = 100, LATE_MS = 2 };
    const int64_t ms = ARMED_MS / 2 + _i; /* about when the timer ends a receive */
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, "get k\r\n", 0, 0},
                                       {PEER_LATE, "END\r\n", 0, 0},
                                       {PEER_HEAR_OR_END, "get k\r\n", 0, 0},
                                       {PEER_WAIT, NULL, 0, (int)ms + LATE_MS},
                                       {PEER_LATE, "END\r\n", 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    peer_start(&peer, PEER_UNIX, NULL, script);
    open_line(&line, &peer);
    line.socket.watched_from_ms = line.socket.watched_ms = 0;
    int r = get(&line, mc_socket_deadline(ARMED_MS));
    if (r == MC_MISS) /* otherwise this machine was too slow for the first reply */
        ck_assert_int_eq(get(&line, mc_socket_deadline(ms)), MC_E_TIMEOUT);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* Even bytes that lie ready are not taken too late. */
START_TEST(past_deadline_receives_nothing)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_SAY, "END\r\n", 0, 0}, {PEER_END, NULL, 0, 0}};
    static const mc_deadline past[] = {1, 0, -1, INT64_MIN};
    struct peer peer;
    struct line line;
    char buf[8];
    peer_start(&peer, PEER_UNIX, NULL, script);
    open_line(&line, &peer);
    await_bytes(&line.socket);
    line.socket.watched_from_ms = 1; /* as if the kernel watched for as long as can be */
    line.socket.watched_ms = MC_NEVER / 2;
    ptrdiff_t n = line.client.transport.recv(&line.socket, buf, sizeof buf, past[_i]);
    ck_assert_int_eq(n, MC_E_TIMEOUT);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* What can be sent at once is; but no reply is used any more. */
START_TEST(past_deadline_gets_no_answer)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get k\r\n", 0, 0},
                                              {PEER_SAY, "END\r\n", 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    peer_start(&peer, PEER_UNIX, NULL, script);
    open_line(&line, &peer);
    ck_assert_int_eq(get(&line, mc_socket_deadline(-1)), MC_E_TIMEOUT);
    ck_assert_int_eq(get(&line, MC_NEVER), MC_E_TIMEOUT);
    await_bytes(&line.socket);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* A value that came too late is not used either: not by its own get, though its line came in time,
 * nor by a later one. */
START_TEST(late_value_is_not_used)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0},         {PEER_SAY, "VALUE k 0 2\r\n", 0, 0},
        {PEER_HEAR, "get k\r\n", 0, 0},    {PEER_GATE, NULL, 0, 0},
        {PEER_SAY, "ok\r\nEND\r\n", 0, 0}, {PEER_END, NULL, 0, 0}};
    char buf[2];
    struct mc_value value = {.buf = buf, .cap = sizeof buf};
    struct mc_op op = mc_op_get(key, &value);
    struct peer peer;
    struct line line;
    peer_start(&peer, PEER_UNIX, NULL, script);
    open_line(&line, &peer);
    await_bytes(&line.socket); /* the line is there before the get, so that it is in time */
    mc_deadline deadline = mc_socket_deadline(20);
    ck_assert_int_eq(mc_client_do(&line.client, &op, deadline), MC_E_TIMEOUT);
    ck_assert_uint_eq(value.len, 0);
    peer_open_gate(&peer);
    await_bytes(&line.socket);
    if (_i == 0)
        ck_assert_int_eq(mc_client_do(&line.client, &op, later()), MC_E_TIMEOUT);
    else
        ck_assert_int_eq(mc_client_version(&line.client, later()), MC_E_TIMEOUT);
    ck_assert_uint_eq(value.len, 0);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* A deadline of "never", then a short one, then a long one again. */
START_TEST(deadlines_of_every_length)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0},   {PEER_HEAR, "get k\r\n", 0, 0},
        {PEER_SAY, "END\r\n", 0, 0}, {PEER_HEAR, "get k\r\n", 0, 0},
        {PEER_SAY, "END\r\n", 0, 0}, {PEER_HEAR, "get k\r\n", 0, 0},
        {PEER_SAY, "END\r\n", 0, 0}, {PEER_HEAR, "get k\r\n", 0, 0},
        {PEER_SILENT, NULL, 0, 0},   {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    peer_start(&peer, PEER_UNIX, NULL, script);
    open_line(&line, &peer);
    ck_assert_int_eq(get(&line, MC_NEVER), MC_MISS);
    ck_assert_int_eq(get(&line, MC_NEVER - 1), MC_MISS);
    ck_assert_int_eq(get(&line, mc_socket_deadline(MC_NEVER)), MC_MISS);
    mc_deadline deadline = mc_socket_deadline(100);
    ck_assert_int_eq(get(&line, deadline), MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* ---- the kernel's timer ---------------------------------------------------------------------- */

enum { DAY_MS = 86400000, TICK_MS = 10, TIMER_LATE_MS = 40 };

static int64_t kernels_timer_ms(const struct mc_socket *s)
{
    struct timeval time;
    socklen_t size = sizeof time;
    ck_assert_int_eq(getsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &time, &size), 0);
    return (int64_t)time.tv_sec * 1000 + time.tv_usec / 1000;
}

/* Armed for half of the time left, which is less than `ms` by now; or of a day. It may fire late, by
 * which there has to be more time. */
static void expect_armed(const struct mc_socket *s, int64_t ms)
{
    int64_t timer = kernels_timer_ms(s), asked = s->watched_from_ms - TIMER_LATE_MS;
    ck_assert_int_ge(timer, asked);
    ck_assert_int_le(timer, asked + TICK_MS);
    ck_assert_int_le(asked, ms / 2);
    if (ms < DAY_MS) {
        ck_assert_int_eq(s->watched_ms, 3 * asked);
    } else {
        ck_assert_int_eq(asked, DAY_MS / 2);
        ck_assert_int_eq(s->watched_ms, MC_NEVER / 2);
    }
}

/* It is armed when the time left is not between what it was armed for and four times that. */
START_TEST(timer_is_armed_when_needed)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_SAY, "0123456789", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    static const struct {
        int64_t ms;
        bool arms;
    } steps[] = {{60001, true},   {90000, false},    {50000, false},
                 {240000, true},  {LONG_MS, true},   {2 * (int64_t)DAY_MS, true},
                 {DAY_MS, false}, {MC_NEVER, false}, {DAY_MS / 3, true}};
    struct peer peer;
    struct line line;
    peer_start(&peer, PEER_UNIX, NULL, script);
    open_line(&line, &peer);
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        char byte;
        int64_t armed = line.socket.watched_from_ms;
        mc_deadline deadline = mc_socket_deadline(steps[k].ms);
        ck_assert_int_eq(line.client.transport.recv(&line.socket, &byte, 1, deadline), 1);
        ck_assert_int_eq(byte, "0123456789"[k]);
        if (steps[k].arms)
            expect_armed(&line.socket, steps[k].ms);
        else
            ck_assert_int_eq(line.socket.watched_from_ms, armed);
    }
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

/* ---- signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

/* A thousand signals a second, each of which interrupts what it can. */
static void set_storm(long interval_us)
{
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval storm = {{0, interval_us}, {0, interval_us}};
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &storm, NULL), 0);
}

START_TEST(answer_in_a_storm_of_signals)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_HEAR, "get k\r\n", 0, 0},
        {PEER_WAIT, NULL, 0, 100}, {PEER_SAY, "VALUE k 0 ", 0, 0},
        {PEER_WAIT, NULL, 0, 50},  {PEER_SAY, "2\r\nok\r\nEND\r\n", 0, 0},
        {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    if (!peer_has((enum peer_family)_i, __func__))
        return;
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    set_storm(1000);
    open_line(&line, &peer);
    int r = get(&line, later());
    set_storm(0);
    ck_assert_int_eq(r, MC_HIT);
    ck_assert_int_gt(alarms, 0);
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

START_TEST(deadline_in_a_storm_of_signals)
{
    static const int times_ms[] = {3, 30, 300};
    set_storm(1000);
    expect_timeout("silent in a storm of signals", say_nothing, times_ms[_i], PEER_UNIX);
    set_storm(0);
}
END_TEST

/* ---- many bytes ------------------------------------------------------------------------------ */

enum { PARTS = 1000, TEXT_SIZE = 1 << 20 };

/* No two stretches of it are alike. */
static char *make_text(void)
{
    char *text = malloc(TEXT_SIZE);
    uint32_t x = 1;
    ck_assert_ptr_nonnull(text);
    for (size_t k = 0; k < TEXT_SIZE; k++) {
        x = x * 1664525 + 1013904223;
        text[k] = (char)(x >> 24);
    }
    return text;
}

/* Parts of 0 to about 2,000 bytes that make up the text. */
static void cut_text(const char *text, struct mc_bytes parts[PARTS])
{
    size_t at = 0;
    for (size_t k = 0; k < PARTS; k++) {
        size_t len = k == PARTS - 1 ? TEXT_SIZE - at : k * 7919 % 2090;
        parts[k] = (struct mc_bytes){text + at, len};
        at += len;
    }
}

/* A transport that counts what another sends: bytes, and sends that end inside a part. */
struct counter {
    struct mc_transport under;
    size_t bytes, partial;
};

static ptrdiff_t count_send(void *ctx, const struct mc_bytes *parts, size_t count,
                            mc_deadline deadline)
{
    struct counter *counter = ctx;
    ptrdiff_t n = counter->under.send(counter->under.ctx, parts, count, deadline), rest = n;
    for (size_t k = 0; k < count && rest > 0; k++) {
        if (rest < (ptrdiff_t)parts[k].len)
            counter->partial++;
        rest -= (ptrdiff_t)parts[k].len;
    }
    counter->bytes += n > 0 ? (size_t)n : 0;
    return n;
}

static ptrdiff_t pass_receive(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    const struct counter *counter = ctx;
    return counter->under.recv(counter->under.ctx, buf, cap, deadline);
}

/* The line's client sends through the counter from now on. */
static void count_sends(struct line *line, struct counter *counter)
{
    *counter = (struct counter){.under = line->client.transport};
    line->client.transport = (struct mc_transport){count_send, pass_receive, counter};
}

/* Sends all parts, which are used up. */
static void send_all(const struct mc_transport *t, struct mc_bytes *parts, size_t count,
                     mc_deadline deadline)
{
    size_t k = 0;
    while (k < count) {
        ptrdiff_t n = t->send(t->ctx, parts + k, count - k, deadline);
        ck_assert_int_gt(n, 0);
        size_t rest = (size_t)n;
        while (k < count && rest >= parts[k].len)
            rest -= parts[k++].len;
        if (k < count)
            parts[k] = (struct mc_bytes){parts[k].data + rest, parts[k].len - rest};
    }
}

static void shrink(const struct mc_socket *socket)
{
    const int size = 1; /* the kernel rounds it up to its minimum */
    ck_assert_int_eq(setsockopt(socket->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
}

/* No bytes are no failure, whatever errno says. */
START_TEST(sends_nothing)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_SILENT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    static const struct mc_bytes none[] = {{"", 0}, {"", 0}};
    struct peer peer;
    struct line line;
    peer_start(&peer, PEER_UNIX, NULL, script);
    open_line(&line, &peer);
    for (size_t count = 1; count <= 2; count++) {
        errno = EIO;
        ck_assert_int_eq(line.client.transport.send(&line.socket, none, count, later()), 0);
    }
    mc_socket_close(&line.socket);
    peer_end(&peer);
}
END_TEST

START_TEST(gathers_many_parts)
{
    char *text = make_text();
    struct mc_bytes parts[PARTS];
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_HEAR, text, TEXT_SIZE, 0},
                                       {PEER_SILENT, NULL, 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    struct peer peer;
    struct line line;
    struct counter counter;
    enum peer_family family = (enum peer_family)(_i % PEER_FAMILIES);
    mc_deadline deadline = _i < PEER_FAMILIES ? later() : MC_NEVER;
    if (!peer_has(family, __func__)) {
        free(text);
        return;
    }
    cut_text(text, parts);
    peer_start(&peer, family, NULL, script);
    open_line(&line, &peer);
    shrink(&line.socket);
    count_sends(&line, &counter);
    send_all(&line.client.transport, parts, PARTS, deadline);
    ck_assert_uint_eq(counter.bytes, TEXT_SIZE);
    ck_assert_uint_gt(counter.partial, 10);
    mc_socket_close(&line.socket);
    peer_end(&peer);
    free(text);
}
END_TEST

/* The engine, too, goes on where a send has ended. */
START_TEST(large_value_in_many_sends)
{
    char *text = make_text();
    const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0},       {PEER_HEAR, "set k 0 0 1048576\r\n", 0, 0},
        {PEER_HEAR, text, TEXT_SIZE, 0}, {PEER_HEAR, "\r\n", 0, 0},
        {PEER_SAY, "STORED\r\n", 0, 0},  {PEER_SILENT, NULL, 0, 0},
        {PEER_END, NULL, 0, 0}};
    struct mc_op op = mc_op_set(key, (struct mc_bytes){text, TEXT_SIZE}, 0);
    struct peer peer;
    struct line line;
    struct counter counter;
    if (!peer_has((enum peer_family)_i, __func__)) {
        free(text);
        return;
    }
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    open_line(&line, &peer);
    shrink(&line.socket);
    count_sends(&line, &counter);
    ck_assert_int_eq(mc_client_do(&line.client, &op, later()), MC_STORED);
    ck_assert_uint_gt(counter.partial, 10);
    mc_socket_close(&line.socket);
    peer_end(&peer);
    free(text);
}
END_TEST

/* A peer that reads nothing: the value does not go out whole, which is no unknown outcome. */
START_TEST(sending_has_a_deadline)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    enum { SIZE = 64 << 20 };
    struct peer peer;
    struct line line;
    struct counter counter;
    if (!peer_has((enum peer_family)_i, __func__))
        return;
    struct mc_item item = {.key = key, .value = {calloc(SIZE, 1), SIZE}};
    ck_assert_ptr_nonnull(item.value.data);
    peer_start(&peer, (enum peer_family)_i, NULL, script);
    open_line(&line, &peer);
    shrink(&line.socket);
    count_sends(&line, &counter);
    mc_deadline deadline = mc_socket_deadline(100);
    ck_assert_int_eq(mc_client_store(&line.client, &mc_command_set, &item, deadline), MC_E_TIMEOUT);
    ck_assert_int_ge(mc_socket_now(), deadline);
    ck_assert_uint_lt(counter.bytes, SIZE);
    report_overshoot("sending", deadline);
    mc_socket_close(&line.socket);
    peer_end(&peer);
    free((void *)(uintptr_t)item.value.data);
}
END_TEST

/* ---- all of them ----------------------------------------------------------------------------- */

int main(void) // NOLINT(readability-function-size): a table
{
    const struct suite_test tests[] = {
        {connects, PEER_FAMILIES},
        {refused_by_a_port, 1},
        {refused_by_a_path, 1},
        {shortest_path, 1},
        {reasons, 1},
        {connected_twice, PEER_FAMILIES},
        {path_too_long, 3},
        {does_not_resolve, 5},
        {next_address, 8 * HOWS},
        {every_address_refuses, HOWS},
        {next_address_after_silence, 1},
        {silence_at_every_address, 2 * HOWS},
        {connecting_has_a_deadline, 1},
        {connecting_to_a_path_has_a_deadline, 1},
        {begins_and_finishes, PEER_FAMILIES},
        {begins_at_nothing, 1},
        {finishes_early_and_late, 1},
        {closed_while_connecting, 3},
        {begins_at_a_full_queue, 1},
        {options, PEER_FAMILIES},
        {keepalive, 6 * PEER_FAMILIES},
        {adopts, 4},
        {adopts_another, 1},
        {adopts_its_own, 1},
        {adopts_no_connection, 5},
        {descriptor_0, 1},
        {no_sigpipe, 2 * PEER_FAMILIES},
        {closed, 4 * PEER_FAMILIES},
        {check_says_good, PEER_FAMILIES},
        {check_says_closed, 4},
        {check_says_bad, 3 * PEER_FAMILIES},
        {silent_peer, 11},
        {dripping_peer, 2 * PEER_FAMILIES},
        {flooding_peer, PEER_FAMILIES},
        {longest_path, 1},
#ifdef __linux__
        {abstract_socket, 1},
#endif
        {late_for_an_armed_timer, 20},
        {deadline_far_away, 1},
        {past_deadline_receives_nothing, 4},
        {past_deadline_gets_no_answer, 1},
        {late_value_is_not_used, 2},
        {deadlines_of_every_length, 1},
        {timer_is_armed_when_needed, 1},
        {answer_in_a_storm_of_signals, PEER_FAMILIES},
        {deadline_in_a_storm_of_signals, 3},
        {sends_nothing, 1},
        {gathers_many_parts, 2 * PEER_FAMILIES},
        {large_value_in_many_sends, PEER_FAMILIES},
        {sending_has_a_deadline, PEER_FAMILIES},
    };
    return suite_run("socket", tests, sizeof tests / sizeof *tests);
}
