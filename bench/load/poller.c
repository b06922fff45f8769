/* Waits by epoll, edge-triggered, on Linux; by poll elsewhere. */
#define _GNU_SOURCE /* ppoll, EPOLLRDHUP */
#include "poller.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __linux__

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>

enum { SECOND_NS = 1000000000, READY_MAX = 512 };

/* Stands for the timer where connections have their numbers. */
static const uint32_t ticker = UINT32_MAX;

/* A timer of its own ends a wait, because a timeout is set up and taken down again by each wait
 * that sleeps: a tenth of what a wake-up costs. */
struct poller {
    int fd, timer;
    struct epoll_event ready[READY_MAX];
};

static int control(struct poller *set, int operation, uint32_t connection, int fd, bool for_writing)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u32 = connection};

    if (for_writing)
        event.events |= EPOLLOUT;
    return epoll_ctl(set->fd, operation, fd, &event);
}

static bool start(struct poller *set)
{
    const struct timespec tick = {.tv_nsec = POLLER_TICK_NS};
    const struct itimerspec ticks = {.it_interval = tick, .it_value = tick};

    prctl(PR_SET_TIMERSLACK, 1); /* new threads inherit it; otherwise they wake up to 50 us late */
    set->fd = epoll_create1(EPOLL_CLOEXEC);
    set->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return set->fd >= 0 && set->timer >= 0 && timerfd_settime(set->timer, 0, &ticks, NULL) == 0 &&
           control(set, EPOLL_CTL_ADD, ticker, set->timer, false) == 0;
}

struct poller *poller_new(uint32_t count)
{
    struct poller *set = malloc(sizeof *set);

    (void)count;
    if (set == NULL || start(set))
        return set;
    poller_free(set);
    return NULL;
}

void poller_free(struct poller *set)
{
    if (set == NULL)
        return;
    if (set->fd >= 0)
        close(set->fd);
    if (set->timer >= 0)
        close(set->timer);
    free(set);
}

bool poller_add(struct poller *set, uint32_t connection, int fd, bool for_writing)
{
    return control(set, EPOLL_CTL_ADD, connection, fd, for_writing) == 0;
}

void poller_change(struct poller *set, uint32_t connection, int fd, bool for_writing)
{
    control(set, EPOLL_CTL_MOD, connection, fd, for_writing);
}

void poller_remove(struct poller *set, uint32_t connection)
{
    (void)set; /* closing the descriptor does it */
    (void)connection;
}

/* The timer goes on when it has been read. */
static void read_timer(const struct poller *set)
{
    uint64_t times;
    ssize_t n = read(set->timer, &times, sizeof times);

    (void)n;
}

/* How many are ready, not counting the timer. */
static uint32_t wait_ms(struct poller *set, int timeout_ms)
{
    int n = epoll_wait(set->fd, set->ready, READY_MAX, timeout_ms);

    for (int i = 0; i < n; i++) {
        if (set->ready[i].data.u32 != ticker)
            continue;
        read_timer(set);
        n--;
        set->ready[i] = set->ready[n];
    }
    return n > 0 ? (uint32_t)n : 0;
}

uint32_t poller_wait(struct poller *set)
{
    return wait_ms(set, -1);
}

/* The descriptor of an epoll is itself readable while something is ready. */
uint32_t poller_wait_ns(struct poller *set, uint64_t timeout_ns)
{
    struct pollfd self = {.fd = set->fd, .events = POLLIN};
    const struct timespec time = {.tv_sec = (time_t)(timeout_ns / SECOND_NS),
                                  .tv_nsec = (long)(timeout_ns % SECOND_NS)};

    if (timeout_ns > 0 && ppoll(&self, 1, &time, NULL) <= 0)
        return 0;
    return wait_ms(set, 0);
}

uint32_t poller_ready(const struct poller *set, uint32_t i, uint32_t *what)
{
    uint32_t events = set->ready[i].events;

    *what = ((events & EPOLLIN) != 0 ? POLLER_READABLE : 0) |
            ((events & EPOLLOUT) != 0 ? POLLER_WRITABLE : 0) |
            ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 ? POLLER_CLOSING : 0);
    return set->ready[i].data.u32;
}

#else

enum { MILLISECOND_NS = 1000000 };

struct poller {
    uint32_t count;
    struct pollfd *watched; /* one for each connection; fd -1: not watched */
    uint32_t *ready;        /* the connections that are */
};

struct poller *poller_new(uint32_t count)
{
    struct poller *set = malloc(sizeof *set);

    if (set == NULL)
        return NULL;
    *set = (struct poller){.count = count,
                           .watched = malloc(count * sizeof *set->watched),
                           .ready = malloc(count * sizeof *set->ready)};
    if (set->watched == NULL || set->ready == NULL) {
        poller_free(set);
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        set->watched[i] = (struct pollfd){.fd = -1};
    return set;
}

void poller_free(struct poller *set)
{
    if (set == NULL)
        return;
    free(set->watched);
    free(set->ready);
    free(set);
}

bool poller_add(struct poller *set, uint32_t connection, int fd, bool for_writing)
{
    poller_change(set, connection, fd, for_writing);
    return true;
}

void poller_change(struct poller *set, uint32_t connection, int fd, bool for_writing)
{
    const short events = (short)(for_writing ? POLLIN | POLLOUT : POLLIN);

    set->watched[connection] = (struct pollfd){.fd = fd, .events = events};
}

void poller_remove(struct poller *set, uint32_t connection)
{
    set->watched[connection].fd = -1;
}

static uint32_t collect(struct poller *set, int n)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < set->count && n > 0; i++) {
        if (set->watched[i].fd < 0 || set->watched[i].revents == 0)
            continue;
        set->ready[found++] = i;
        n--;
    }
    return found;
}

uint32_t poller_wait(struct poller *set)
{
    return poller_wait_ns(set, POLLER_TICK_NS);
}

/* Rounded down: what is less than a millisecond is spent asking again. */
uint32_t poller_wait_ns(struct poller *set, uint64_t timeout_ns)
{
    return collect(set, poll(set->watched, set->count, (int)(timeout_ns / MILLISECOND_NS)));
}

uint32_t poller_ready(const struct poller *set, uint32_t i, uint32_t *what)
{
    short events = set->watched[set->ready[i]].revents;

    *what = ((events & POLLIN) != 0 ? POLLER_READABLE : 0u) |
            ((events & POLLOUT) != 0 ? POLLER_WRITABLE : 0u) |
            ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0 ? POLLER_CLOSING : 0u);
    return set->ready[i];
}

#endif
