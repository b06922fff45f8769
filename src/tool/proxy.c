/* The command proxy: passes bytes on between clients and a server, and shows the conversations. Each
 * piece is received once and sent once, and then explained. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer.h"
#include "escape.h"
#include "interrupt.h"
#include "listen.h"
#include "plural.h"
#include "record.h"
#include "run.h"
#include "session.h"

enum {
    LINKS_MAX = 4096,
    PIECE = 16384,
    LISTENER = 0, /* among the descriptors that are waited for: first these, */
    INTERRUPT,
    OUTPUT,
    LINKS /* then two of each link */
};

/* One direction: what was received and is not sent yet. */
struct way {
    char buf[PIECE];
    size_t from, len;
    bool ended; /* nothing more is received */
    bool shut;  /* the other end knows that */
};

/* A client and its connection to the server. */
struct link {
    int client;
    struct mc_socket server;
    struct way out, in; /* to the server, to the client */
    struct record record;
    bool failed;
};

struct proxy {
    struct session session;
    struct record_output output;
    char address[LISTEN_ADDRESS_MAX];
    int listener, interrupt;
    bool may_log_in;
    bool full; /* no descriptor is left */
    uint64_t accepted, sent, received;
    size_t unread; /* bytes of records, at the end */
    size_t count;
    struct link *links[LINKS_MAX];
    struct pollfd files[LINKS + 2 * LINKS_MAX];
};

/* ---- logins ---------------------------------------------------------------------------------- */

/* What the server sends, and whether it closes before the client does, tells about that. */
static void learn_login(struct proxy *proxy, const struct link *link)
{
    const struct record *record = &link->record;
    bool leaves = link->out.ended || record->conversation.sent.last == MC_REQUEST_QUIT;

    if (record->conversation.login == CONVERSATION_LOGIN || (link->in.ended && !leaves))
        proxy->may_log_in = true;
    else if (record->conversation.login == CONVERSATION_NO_LOGIN)
        proxy->may_log_in = false;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Sends what is there, as far as it goes, and then passes on the end. */
static void send_way(struct link *link, struct way *way, int to)
{
    if (way->len > 0) {
        ssize_t n = send(to, way->buf + way->from, way->len, MSG_NOSIGNAL);
        if (n < 0 && !listen_must_wait())
            link->failed = true;
        way->from += n > 0 ? (size_t)n : 0;
        way->len -= n > 0 ? (size_t)n : 0;
    }
    if (way->len == 0 && way->ended && !way->shut) {
        shutdown(to, SHUT_WR);
        way->shut = true;
    }
}

/* Receives a piece, and passes it on. Returns its size. */
static size_t receive_way(struct link *link, struct way *way, int from, int to)
{
    ssize_t n = recv(from, way->buf, sizeof way->buf, 0);

    if (n < 0) {
        link->failed = !listen_must_wait();
        return 0;
    }
    way->from = 0;
    way->len = (size_t)n;
    way->ended = n == 0;
    send_way(link, way, to);
    return (size_t)n;
}

/* Moves what can be moved; `readable` and `writable` are what poll() said. */
static void move_way(struct proxy *proxy, struct link *link, enum mc_trace_way direction,
                     int readable, int writable)
{
    bool sends = direction == MC_TRACE_SENT;
    struct way *way = sends ? &link->out : &link->in;
    int from = sends ? link->client : link->server.fd, to = sends ? link->server.fd : link->client;

    if (way->len > 0) {
        if (writable != 0)
            send_way(link, way, to);
        return;
    }
    if (readable == 0 || way->ended)
        return;
    size_t n = receive_way(link, way, from, to);
    *(sends ? &proxy->sent : &proxy->received) += n;
    if (n > 0)
        record_moved(&link->record, direction, (struct mc_bytes){way->buf, n});
    if (!sends)
        learn_login(proxy, link);
}

/* ---- links ----------------------------------------------------------------------------------- */

static void say_failure(struct link *link, int result)
{
    const char *reason = mc_socket_reason(&link->server);
    record_say(&link->record, reason != NULL ? reason : mc_text(result));
    link->failed = true;
}

static void add_link(struct proxy *proxy, int client)
{
    struct link *link = buffer_array(1, sizeof *link);
    const struct mc_server *server = &proxy->session.server;

    link->client = client;
    record_start(&link->record, &proxy->output, ++proxy->accepted, proxy->may_log_in);
    record_say(&link->record, "opened");
    proxy->links[proxy->count++] = link;
    int result =
        mc_socket_begin(&link->server, &server->address, mc_socket_deadline(server->timeout_ms));
    if (result != 0)
        say_failure(link, result);
}

/* The last link takes its place. */
static void remove_link(struct proxy *proxy, size_t k)
{
    struct link *link = proxy->links[k];

    if (link->failed)
        proxy->may_log_in = true;
    record_end(&link->record);
    mc_socket_close(&link->server);
    close(link->client);
    free(link);
    proxy->links[k] = proxy->links[--proxy->count];
    proxy->full = false;
}

static void accept_all(struct proxy *proxy)
{
    errno = 0;
    while (proxy->count < LINKS_MAX) {
        int client = listen_accept(proxy->listener);
        if (client < 0)
            break;
        add_link(proxy, client);
    }
    proxy->full = errno == EMFILE || errno == ENFILE;
}

static void go_on(struct proxy *proxy, struct link *link, int client, int server)
{
    if (link->failed)
        return;
    if (link->server.connecting) {
        int result = mc_socket_finish(&link->server);
        if (result != 0)
            say_failure(link, result);
        return;
    }
    move_way(proxy, link, MC_TRACE_SENT, client & ~POLLOUT, server & ~POLLIN);
    if (!link->failed)
        move_way(proxy, link, MC_TRACE_RECEIVED, server & ~POLLOUT, client & ~POLLIN);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static short events_of(const struct way *from, const struct way *to)
{
    bool reads = from->len == 0 && !from->ended;
    return (short)((reads ? POLLIN : 0) | (to->len > 0 ? POLLOUT : 0));
}

/* What a link waits for. Without any event its descriptor is left out: an end that is known would be
 * reported all the time. */
static void watch_link(const struct link *link, struct pollfd *files)
{
    short client = events_of(&link->out, &link->in), server = events_of(&link->in, &link->out);

    if (link->server.connecting) {
        client = 0;
        server = POLLOUT;
    }
    files[0] = (struct pollfd){client != 0 ? link->client : -1, client, 0};
    files[1] = (struct pollfd){server != 0 ? link->server.fd : -1, server, 0};
}

/* Fills the table for poll(), and returns the longest wait. */
static int watch_all(struct proxy *proxy)
{
    bool accepts = proxy->count < LINKS_MAX && !proxy->full;
    int64_t wait = -1, now = mc_socket_now();

    proxy->files[LISTENER] = (struct pollfd){accepts ? proxy->listener : -1, POLLIN, 0};
    proxy->files[INTERRUPT] = (struct pollfd){proxy->interrupt, POLLIN, 0};
    proxy->files[OUTPUT] = (struct pollfd){proxy->output.used > 0 ? STDOUT_FILENO : -1, POLLOUT, 0};
    for (size_t k = 0; k < proxy->count; k++) {
        const struct link *link = proxy->links[k];
        int64_t left = link->server.due > now ? link->server.due - now : 0;
        if (link->failed)
            wait = 0;
        watch_link(link, &proxy->files[LINKS + 2 * k]);
        if (link->server.connecting && (wait < 0 || left < wait))
            wait = left;
    }
    return (int)wait;
}

/* From the last to the first, as the last takes the place of one that is removed. */
static void go_on_all(struct proxy *proxy)
{
    for (size_t k = proxy->count; k-- > 0;) {
        struct link *link = proxy->links[k];
        const struct pollfd *files = &proxy->files[LINKS + 2 * k];
        go_on(proxy, link, files[0].revents, files[1].revents);
        if (link->failed || (link->out.shut && link->in.shut))
            remove_link(proxy, k);
    }
}

/* Until Ctrl-C, or until nobody reads stdout any more. */
static void run_loop(struct proxy *proxy)
{
    while (!interrupt_came()) {
        int wait = watch_all(proxy);
        if (poll(proxy->files, (nfds_t)(LINKS + 2 * proxy->count), wait) < 0 && errno != EINTR)
            return;
        go_on_all(proxy);
        if (proxy->files[LISTENER].revents != 0)
            accept_all(proxy);
        if (record_write(&proxy->output) != 0) {
            if (errno != EPIPE)
                session_fail(&proxy->session, STATUS_OUTPUT, strerror(errno));
            session_note(&proxy->session, STATUS_OUTPUT);
            return;
        }
    }
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* Asks the server for its version: one that wants a login refuses, and then logins are hidden. */
static int try_server(struct proxy *proxy)
{
    struct mc_server *server = &proxy->session.server;
    int result = mc_server_version(server);

    proxy->may_log_in = result != MC_VERSION;
    mc_server_close(server);
    if (result > 0 || result == MC_E_AUTH || result == MC_E_AMBIGUOUS)
        return 0;
    session_judge(&proxy->session, NULL, result, server->client.text);
    return -1;
}

static int start_listening(struct proxy *proxy)
{
    const char *where = proxy->session.settings->listen, *problem = NULL;
    char text[512];

    if (where == NULL) {
        session_fail(&proxy->session, STATUS_USAGE, "an address is missing: --listen PORT");
        return -1;
    }
    if (try_server(proxy) != 0)
        return -1;
    proxy->listener = listen_open(where, proxy->address, sizeof proxy->address, &problem);
    if (proxy->listener >= 0)
        return 0;
    snprintf(text, sizeof text, "--listen %.256s: %.200s", where, problem);
    session_fail(&proxy->session, STATUS_USAGE, text);
    return -1;
}

static void end_links(struct proxy *proxy)
{
    while (proxy->count > 0)
        remove_link(proxy, proxy->count - 1);
    proxy->unread = record_close(&proxy->output);
}

static void report(const struct proxy *proxy)
{
    fprintf(stderr,
            "mcwire: proxy: %" PRIu64 " connection%s, %" PRIu64 " byte%s from clients, %" PRIu64
            " from the server",
            proxy->accepted, plural_s(proxy->accepted), proxy->sent, plural_s(proxy->sent),
            proxy->received);
    if (proxy->output.dropped > 0)
        fprintf(stderr, "; %" PRIu64 " record%s dropped", proxy->output.dropped,
                proxy->output.dropped == 1 ? " was" : "s were");
    if (proxy->unread == 1)
        fputs("; the last byte of records was not read", stderr);
    else if (proxy->unread > 0)
        fprintf(stderr, "; the last %zu bytes of records were not read", proxy->unread);
    fputc('\n', stderr);
}

int run_proxy(void *options, const struct option_words *words)
{
    static struct proxy proxy;
    int status = session_start(&proxy.session, options, words);

    if (status != 0)
        return status;
    proxy.session.server.dialer = (struct mc_dialer){0};
    proxy.session.server.user = proxy.session.server.password = (struct mc_bytes){0};
    if (start_listening(&proxy) != 0)
        return session_end(&proxy.session);
    proxy.interrupt = interrupt_file();
    if (proxy.interrupt < 0 || record_open(&proxy.output, proxy.session.settings->json) != 0) {
        session_fail(&proxy.session, STATUS_AGAIN, strerror(errno));
        listen_close(proxy.listener, proxy.address);
        return session_end(&proxy.session);
    }
    signal(SIGPIPE, SIG_IGN); /* who reads stdout may go away: write() says so */
    listen_raise_limit();
    escape_message("mcwire", "proxy: listening at %s, for %s", proxy.address,
                   proxy.session.address);
    run_loop(&proxy);
    listen_close(proxy.listener, proxy.address);
    end_links(&proxy);
    report(&proxy);
    return session_end(&proxy.session);
}
