/* Many connections on one epoll loop, on the engine alone: each connects without waiting, stores an
 * item, gets it back and compares it. usage: epoll ADDRESS CONNECTIONS */
#include <mcwire/command.h>
#include <mcwire/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { TIMEOUT_MS = 10000, TICK_MS = 100, EVENTS = 64 };

struct connection {
    struct mc_socket socket;
    bool up, over, good;
    struct mc_engine engine;
    struct mc_op set, get;
    struct mc_value value;
    char key[32], place[32], in[512], out[512];
};

/* Sends what the connection takes (sendmsg() could send several slices). False when it is lost. */
static bool send_some(struct connection *c)
{
    struct mc_bytes part;
    while (mc_engine_output(&c->engine, &part, 1) > 0) {
        ssize_t n = send(c->socket.fd, part.data, part.len, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN;
        mc_engine_sent(&c->engine, (size_t)n);
    }
    return true;
}

/* Receives what there is. False when the connection is lost. */
static bool receive_some(struct connection *c)
{
    size_t cap;
    void *to;
    while ((to = mc_engine_input(&c->engine, &cap)) != NULL) {
        ssize_t n = recv(c->socket.fd, to, cap, 0);
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        mc_engine_received(&c->engine, (size_t)n);
    }
    return c->engine.error == 0;
}

/* Connects (each address that is tried has its own descriptor), moves bytes, and looks at what is
 * done. True when the connection has done its work now. */
static bool serve(struct connection *c, int epoll)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if (c->over)
        return false;
    bool fine =
        c->up || (mc_socket_finish(&c->socket) == 0 &&
                  (epoll_ctl(epoll, EPOLL_CTL_ADD, c->socket.fd, &event) == 0 || errno == EEXIST));
    c->up = fine && !c->socket.connecting;
    if (!fine || (c->up && (!send_some(c) || !receive_some(c))))
        mc_engine_fail(&c->engine, MC_E_CLOSED);
    while (mc_engine_done(&c->engine) != NULL)
        c->over = mc_engine_is_idle(&c->engine);
    c->good = c->set.result == MC_STORED && c->get.result == MC_HIT &&
              c->value.len == strlen(c->key) && memcmp(c->place, c->key, c->value.len) == 0;
    return c->over;
}

static void start(struct connection *c, const struct mc_address *address, size_t number)
{
    snprintf(c->key, sizeof c->key, "epoll:%zu", number);
    const struct mc_bytes key = {c->key, strlen(c->key)};
    c->value = (struct mc_value){.buf = c->place, .cap = sizeof c->place};
    c->set = (struct mc_op){.command = &mc_command_set, .key = key, .data = key, .exptime = 60};
    c->get = (struct mc_op){.command = &mc_command_get, .key = key, .value = &c->value};
    mc_engine_init(&c->engine, c->in, sizeof c->in, c->out, sizeof c->out);
    mc_engine_submit(&c->engine, &c->set);
    mc_engine_submit(&c->engine, &c->get);
    mc_socket_begin(&c->socket, address, mc_socket_deadline(TIMEOUT_MS));
}

int main(int argc, char **argv)
{
    struct mc_address address;
    bool fine = argc == 3 && mc_address_parse(&address, argv[1]) == NULL;
    size_t count = fine ? strtoul(argv[2], NULL, 10) : 0, over = 0, good = 0, k;
    struct connection *all = count > 0 ? calloc(count, sizeof *all) : NULL;
    struct epoll_event events[EVENTS];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (all == NULL)
        return fputs("usage: epoll ADDRESS CONNECTIONS\n", stderr), 2;
    for (k = 0; k < count; k++) {
        start(&all[k], &address, k);
        over += serve(&all[k], epoll);
    }
    for (mc_deadline end = mc_socket_deadline(TIMEOUT_MS); over < count && mc_socket_now() < end;) {
        int ready = epoll_wait(epoll, events, EVENTS, TICK_MS);
        for (int e = 0; e < ready; e++)
            over += serve(events[e].data.ptr, epoll);
        for (k = 0; ready == 0 && k < count; k++)
            over += serve(&all[k], epoll); /* an address does not answer: the next one's turn */
    }
    for (k = 0; k < count; k++) {
        good += all[k].good;
        mc_socket_close(&all[k].socket);
    }
    printf("%zu of %zu connections got what they had stored\n", good, count);
    free(all);
    return good == count ? 0 : 1;
}
