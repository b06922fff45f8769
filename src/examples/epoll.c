/* Many connections on one epoll loop, on the engine alone: each stores an item, gets it back and
 * compares it. usage: epoll PORT CONNECTIONS, of a memcached on 127.0.0.1 */
#include <mcwire/command.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TIMEOUT_MS = 10000, EVENTS = 64, PARTS = 4 };

struct connection {
    int fd;
    bool over, good;
    struct mc_engine engine;
    struct mc_op set, get;
    struct mc_value value;
    char key[32], place[32], in[512], out[512];
};

/* Sends what the connection takes. False when it is lost. */
static bool send_some(struct connection *c)
{
    struct mc_bytes parts[PARTS];
    struct iovec vectors[PARTS];
    struct msghdr message = {.msg_iov = vectors};
    size_t count;
    while ((count = mc_engine_output(&c->engine, parts, PARTS)) > 0) {
        for (size_t k = 0; k < count; k++)
            vectors[k] = (struct iovec){(void *)(uintptr_t)parts[k].data, parts[k].len};
        message.msg_iovlen = count;
        ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN;
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
        ssize_t n = recv(c->fd, to, cap, 0);
        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == ENOTCONN);
        mc_engine_received(&c->engine, (size_t)n);
    }
    return c->engine.error == 0;
}

/* Moves bytes, and looks at what is done. True when the connection has done its work now. */
static bool serve(struct connection *c)
{
    if (c->over)
        return false;
    if (!send_some(c) || !receive_some(c))
        mc_engine_fail(&c->engine, MC_E_CLOSED);
    while (mc_engine_done(&c->engine) != NULL)
        c->over = mc_engine_is_idle(&c->engine);
    c->good = c->set.result == MC_STORED && c->get.result == MC_HIT &&
              c->value.len == strlen(c->key) && memcmp(c->place, c->key, c->value.len) == 0;
    return c->over;
}

static bool start(struct connection *c, int epoll, const struct sockaddr_in *address, size_t number)
{
    snprintf(c->key, sizeof c->key, "epoll:%zu", number);
    const struct mc_bytes key = {c->key, strlen(c->key)};
    c->value = (struct mc_value){.buf = c->place, .cap = sizeof c->place};
    c->set = (struct mc_op){.command = &mc_command_set, .key = key, .data = key, .exptime = 60};
    c->get = (struct mc_op){.command = &mc_command_get, .key = key, .value = &c->value};
    mc_engine_init(&c->engine, c->in, sizeof c->in, c->out, sizeof c->out);
    mc_engine_submit(&c->engine, &c->set);
    mc_engine_submit(&c->engine, &c->get);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return c->fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) == 0 &&
           (connect(c->fd, (const void *)address, sizeof *address) == 0 || errno == EINPROGRESS);
}

int main(int argc, char **argv)
{
    size_t count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, started = 0, over = 0, good = 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct connection *all = count > 0 ? calloc(count, sizeof *all) : NULL;
    struct epoll_event events[EVENTS];
    int epoll = epoll_create1(EPOLL_CLOEXEC), ready = 0;
    if (all == NULL)
        return fputs("usage: epoll PORT CONNECTIONS\n", stderr), 2;
    address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    while (started < count && start(&all[started], epoll, &address, started))
        started++;
    while (over < started && (ready = epoll_wait(epoll, events, EVENTS, TIMEOUT_MS)) > 0) {
        for (int k = 0; k < ready; k++)
            over += serve(events[k].data.ptr);
    }
    for (size_t k = 0; k < started; k++) {
        good += all[k].good;
        close(all[k].fd);
    }
    printf("%zu of %zu connections got what they had stored\n", good, count);
    free(all);
    return good == count ? 0 : 1;
}
