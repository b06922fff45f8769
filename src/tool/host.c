/* The command serve: gives the small memcached of src/learn its connections, its memory and its clock.
 * One loop with poll(). In each turn a client has at most one receive, one buffer of answers and one
 * send, so that none waits long for another; nothing is received from one that does not take its
 * answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "buffer.h"
#include "decimal.h"
#include "escape.h"
#include "interrupt.h"
#include "listen.h"
#include "plural.h"
#include "print.h"
#include "run.h"
#include "serve.h"
#include "settings.h"
#include "socket.h"
#include "status.h"

enum {
    PIECE = 16384,
    MEGABYTE = 1 << 20,
    LEAST_BLOCK = 3 * MEGABYTE, /* for the largest item; --memory may allow less */
    MILLION = 1000000,
    LISTENER = 0, /* among the descriptors that are waited for: first these, */
    INTERRUPT,
    CLOCK,
    GUESTS /* then the clients */
};

static const char refusal[] = "ERROR Too many open connections\r\n";

/* A client: what it sent and was not read yet, and what it is still to be sent. */
struct guest {
    int file;
    char in[PIECE], out[PIECE];
    size_t in_len, out_from, out_len;
    bool ready;   /* there is more to read in `in`, or to answer */
    bool ended;   /* nothing more is received */
    bool closing; /* after what is in `out` */
    struct mc_serve_client client;
};

struct host {
    const struct settings *settings;
    struct mc_serve serve;
    void *block;
    char address[LISTEN_ADDRESS_MAX];
    int listener, interrupt;
    bool full; /* no descriptor is left */
    bool ends;
    uint64_t started_us;     /* of the clock that only goes on */
    uint64_t started, moved; /* Unix time; by how much the clock was moved */
    uint64_t accepted, refused;
    size_t count;
    struct guest **guests;
    struct pollfd *files;
    struct buffer lines; /* of the clock */
    struct buffer users;
    struct mc_serve_options options;
};

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Sends what is there, as far as it goes. A client that is gone has no more answers. */
static void send_answers(struct guest *guest)
{
    ssize_t n = send(guest->file, guest->out + guest->out_from, guest->out_len, MSG_NOSIGNAL);
    if (n < 0 && listen_must_wait())
        return;
    if (n < 0) {
        guest->ready = false;
        guest->closing = guest->client.failed = true;
        guest->out_len = 0;
        return;
    }
    guest->out_from += (size_t)n;
    guest->out_len -= (size_t)n;
}

static void receive_requests(struct guest *guest)
{
    ssize_t n = recv(guest->file, guest->in + guest->in_len, PIECE - guest->in_len, 0);
    if (n < 0 && listen_must_wait())
        return;
    guest->ended = n <= 0;
    guest->client.failed = n < 0;
    guest->ready = n > 0;
    guest->in_len += n > 0 ? (size_t)n : 0;
}

/* Fills the buffer for answers. */
static void answer_requests(struct host *host, struct guest *guest)
{
    struct mc_bytes in = {guest->in, guest->in_len};
    struct mc_out out = {guest->out, PIECE, 0};
    int result = mc_serve_input(&host->serve, &guest->client, &in, &out);

    memmove(guest->in, in.data, in.len);
    guest->in_len = in.len;
    guest->out_from = 0;
    guest->out_len = out.len;
    guest->ready = result == MC_E_FULL;
    guest->closing = result == MC_E_CLOSED;
}

/* A turn; `events` are what poll() said. */
static void serve_guest(struct host *host, struct guest *guest, int events)
{
    if (guest->out_len > 0) {
        if ((events & ~POLLIN) != 0)
            send_answers(guest);
        return;
    }
    if (!guest->ready && events != 0)
        receive_requests(guest);
    if (guest->ready || mc_serve_has_lines(&host->serve, &guest->client))
        answer_requests(host, guest);
    if (guest->out_len > 0)
        send_answers(guest);
}

static bool is_over(const struct guest *guest)
{
    return guest->out_len == 0 && !guest->ready && (guest->closing || guest->ended);
}

/* ---- clients --------------------------------------------------------------------------------- */

/* Who it is, for those who watch the log. */
static void note_peer(struct mc_serve_peer *peer, int file)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } from = {.any.sa_family = AF_UNSPEC};
    socklen_t len = sizeof from;

    peer->file = (uint32_t)file;
    if (getpeername(file, &from.any, &len) == 0 && from.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &from.v4.sin_addr, peer->address, sizeof peer->address);
        peer->port = ntohs(from.v4.sin_port);
    } else if (from.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &from.v6.sin6_addr, peer->address, sizeof peer->address);
        peer->port = ntohs(from.v6.sin6_port);
    } else {
        peer->is_local = true;
    }
}

static void add_guest(struct host *host, int file)
{
    if (host->count == host->settings->connections) {
        host->refused++;
        (void)!send(file, refusal, sizeof refusal - 1, MSG_NOSIGNAL);
        close(file);
        return;
    }
    struct guest *guest = buffer_array(1, sizeof *guest);
    guest->file = file;
    note_peer(&guest->client.peer, file);
    mc_serve_enter(&host->serve, &guest->client);
    host->guests[host->count++] = guest;
    host->serve.connections++;
    host->accepted++;
}

/* The last one takes its place. */
static void remove_guest(struct host *host, size_t k)
{
    struct guest *guest = host->guests[k];

    mc_serve_leave(&host->serve, &guest->client);
    close(guest->file);
    free(guest);
    host->guests[k] = host->guests[--host->count];
    host->serve.connections--;
    host->full = false;
}

static void accept_guests(struct host *host)
{
    int file;

    errno = 0;
    while ((file = listen_accept(host->listener)) >= 0)
        add_guest(host, file);
    host->full = errno == EMFILE || errno == ENFILE;
}

/* From the last to the first, as the last takes the place of one that is removed. */
static void serve_guests(struct host *host)
{
    for (size_t k = host->count; k-- > 0;) {
        serve_guest(host, host->guests[k], host->files[GUESTS + k].revents);
        if (is_over(host->guests[k]))
            remove_guest(host, k);
    }
}

/* ---- the clock ------------------------------------------------------------------------------- */

static uint64_t microseconds_of(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * MILLION + (uint64_t)now.tv_nsec / 1000;
}

static void tell_time(struct host *host)
{
    uint64_t passed = host->moved * MILLION;
    if (!host->settings->clock)
        passed = microseconds_of(CLOCK_MONOTONIC) - host->started_us;
    host->serve.microseconds = (uint32_t)(passed % MILLION);
    mc_serve_clock(&host->serve, host->started + passed / MILLION);
}

static void move_clock(struct host *host, const char *line, size_t len)
{
    uint64_t seconds;

    if (!mc_decimal_read(line, 0, len, INT32_MAX, &seconds) || host->moved + seconds > INT32_MAX) {
        escape_message("mcwire", "serve: --clock: '%.*s' is not a number of seconds",
                       len < 40 ? (int)len : 40, line);
        return;
    }
    host->moved += seconds;
    tell_time(host);
    printf("%" PRIu64 "\n", host->started + host->moved);
    if (fflush(stdout) != 0)
        host->ends = true;
}

static void read_clock(struct host *host)
{
    struct buffer *lines = &host->lines;
    const char *end;

    bool more = buffer_fill(lines, STDIN_FILENO, PIECE) > 0;
    while (!host->ends && lines->len > 0 && (end = memchr(lines->data, '\n', lines->len)) != NULL) {
        size_t len = (size_t)(end - lines->data);
        move_clock(host, lines->data, len);
        lines->len -= len + 1;
        memmove(lines->data, end + 1, lines->len);
    }
    host->ends = host->ends || !more || lines->len > PIECE; /* no line is so long */
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Fills the table for poll(), and returns the longest wait. */
static int watch_guests(struct host *host)
{
    int wait = -1;

    host->files[LISTENER] = (struct pollfd){host->full ? -1 : host->listener, POLLIN, 0};
    host->files[INTERRUPT] = (struct pollfd){host->interrupt, POLLIN, 0};
    host->files[CLOCK] = (struct pollfd){host->settings->clock ? STDIN_FILENO : -1, POLLIN, 0};
    for (size_t k = 0; k < host->count; k++) {
        const struct guest *guest = host->guests[k];
        short events = guest->out_len > 0 ? POLLOUT : POLLIN;
        bool has_lines = mc_serve_has_lines(&host->serve, &guest->client);
        if (guest->out_len == 0 && (guest->ready || has_lines))
            wait = 0;
        host->files[GUESTS + k] = (struct pollfd){guest->file, events, 0};
    }
    return wait;
}

static void run_host(struct host *host)
{
    while (!interrupt_came() && !host->ends && !host->serve.is_stopped) {
        int wait = watch_guests(host);
        if (poll(host->files, (nfds_t)(GUESTS + host->count), wait) < 0 && errno != EINTR)
            return;
        tell_time(host);
        if (host->files[CLOCK].revents != 0)
            read_clock(host);
        serve_guests(host);
        if (host->files[LISTENER].revents != 0)
            accept_guests(host);
    }
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* False after a message. */
static bool read_users(struct host *host)
{
    const char *name = host->settings->users;
    if (name == NULL)
        return true;
    int file = open(name, O_RDONLY | O_CLOEXEC);
    bool good = file >= 0 && buffer_read(&host->users, file, MEGABYTE + 1) == 0;
    if (host->users.len > MEGABYTE) {
        good = false;
        errno = EFBIG;
    }
    if (!good)
        escape_message("mcwire", "--users %s: %s", name, strerror(errno));
    else if (host->users.len == 0)
        escape_message("mcwire", "--users %s: it names no users", name);
    if (file >= 0)
        close(file);
    return good && host->users.len > 0;
}

/* The words of -o. False after a message. */
static bool read_extended(struct mc_serve_options *options, const char *words)
{
    const struct {
        const char *name;
        bool *option, value;
    } known[] = {{"no_lru_crawler", &options->crawls, false},
                 {"no_lru_maintainer", &options->maintains, false},
                 {"no_slab_reassign", &options->keeps_slabs, true},
                 {"track_sizes", &options->tracks_sizes, true}};

    for (const char *word = words; word != NULL; word = strchr(word, ',')) {
        word += *word == ',' ? 1 : 0;
        size_t len = strcspn(word, ","), k = 0;
        while (k < sizeof known / sizeof *known &&
               (strlen(known[k].name) != len || memcmp(known[k].name, word, len) != 0))
            k++;
        if (k == sizeof known / sizeof *known) {
            escape_message("mcwire", "serve: -o: '%.*s' is not known", len < 40 ? (int)len : 40,
                           word);
            return false;
        }
        *known[k].option = known[k].value;
    }
    return true;
}

/* What memcached does without options, and what the options say. */
static bool read_options(struct mc_serve_options *options, const struct settings *settings)
{
    *options = (struct mc_serve_options){.most_connections = settings->connections,
                                         .can_shut_down = settings->can_shut_down,
                                         .no_flush = settings->no_flush,
                                         .no_dumps = settings->no_dumps,
                                         .no_watch = settings->no_watch,
                                         .crawls = true,
                                         .maintains = true};
    return read_extended(options, settings->extended);
}

static int open_host(struct host *host)
{
    const char *where = host->settings->listen, *problem = NULL;

    if (host->settings->server != NULL) {
        escape_message("mcwire", "serve: it is the server: --listen says where");
        return STATUS_USAGE;
    }
    if (!read_options(&host->options, host->settings) || !read_users(host))
        return STATUS_USAGE;
    if (where == NULL)
        where = "127.0.0.1:11211";
    host->listener = listen_open(where, host->address, sizeof host->address, &problem);
    if (host->listener < 0) {
        escape_message("mcwire", "--listen %s: %s", where, problem);
        return STATUS_USAGE;
    }
    host->interrupt = interrupt_file();
    if (host->interrupt >= 0)
        return STATUS_OK;
    escape_message("mcwire", "serve: %s", strerror(errno));
    listen_close(host->listener, host->address);
    return STATUS_AGAIN;
}

static void start_host(struct host *host)
{
    size_t limit = (size_t)host->settings->memory_mb * MEGABYTE, most = host->settings->connections;
    size_t size = limit > LEAST_BLOCK ? limit : LEAST_BLOCK;

    host->block = buffer_array(1, size);
    host->guests = buffer_array(most, sizeof *host->guests);
    host->files = buffer_array(most + GUESTS, sizeof *host->files);
    host->started = (uint64_t)time(NULL);
    host->started_us = microseconds_of(CLOCK_MONOTONIC);
    mc_serve_init(&host->serve, host->block, size, host->started);
    mc_serve_limit(&host->serve, limit);
    host->serve.pid = (uint32_t)getpid();
    host->serve.options = host->options;
    host->serve.cache.keeps_all = host->settings->keeps_all;
    host->serve.users = (struct mc_bytes){host->users.data, host->users.len};
    listen_raise_limit();
}

static void end_host(struct host *host)
{
    while (host->count > 0)
        remove_guest(host, host->count - 1);
    free(host->block);
    free(host->guests);
    free(host->files);
    buffer_free(&host->lines);
    buffer_free(&host->users);
}

static void say_summary(const struct host *host)
{
    const struct mc_serve *serve = &host->serve;
    const struct mc_cache *cache = &serve->cache;

    fprintf(stderr,
            "mcwire: serve: %" PRIu64 " connection%s, %" PRIu64 " key%s asked for, %" PRIu64
            " hit%s, %" PRIu64 " value%s stored, %" PRIu64 " item%s at the end, %" PRIu64
            " evicted",
            host->accepted, plural_s(host->accepted), serve->gets, plural_s(serve->gets),
            serve->hits, plural_s(serve->hits), cache->stored, plural_s(cache->stored),
            (uint64_t)cache->items, plural_s(cache->items), cache->evicted);
    if (host->refused > 0)
        fprintf(stderr, "; %" PRIu64 " connection%s refused", host->refused,
                host->refused == 1 ? " was" : "s were");
    fputc('\n', stderr);
}

int run_serve(void *options, const struct option_words *words)
{
    static struct host host;
    int status;

    (void)words;
    host.settings = options;
    status = open_host(&host);
    if (status != STATUS_OK)
        return status;
    start_host(&host);
    signal(SIGPIPE, SIG_IGN); /* who reads stdout may go away: fflush() says so */
    escape_message("mcwire", "serve: listening at %s, for learning and tests", host.address);
    run_host(&host);
    listen_close(host.listener, host.address);
    say_summary(&host);
    end_host(&host);
    return print_end("serve", STATUS_OK);
}
