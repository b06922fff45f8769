/* Waits until connections are ready: by epoll on Linux, by poll elsewhere.
 *
 * A connection that is watched is reported once for what has come since it was last reported
 * (epoll) or as long as something is there (poll). So read until a receive is shorter than its
 * buffer, and on POLLER_CLOSING until the end is reached: this is right with both. */
#ifndef POLLER_H
#define POLLER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    POLLER_TICK_NS = 50000000,
    POLLER_READABLE = 1,
    POLLER_WRITABLE = 2,
    POLLER_CLOSING = 4 /* the other end has closed, or there is an error */
};

struct poller;

/* For connections 0..count-1. NULL when the system has no room. Call it before the threads
 * that wait are made. */
struct poller *poller_new(uint32_t count);

void poller_free(struct poller *set);

/* Watches the descriptor of a connection: for being readable, and if it is `for_writing`, for being
 * writable as well. False when the system has no room. A closed descriptor is forgotten. */
bool poller_add(struct poller *set, uint32_t connection, int fd, bool for_writing);

/* Changes what a connection that is watched is watched for. */
void poller_change(struct poller *set, uint32_t connection, int fd, bool for_writing);

/* Before a watched descriptor is closed. */
void poller_remove(struct poller *set, uint32_t connection);

/* Waits until connections are ready, but no longer than POLLER_TICK_NS; or than so many
 * nanoseconds, which takes a system call more. How many are ready: 0 after a signal, too. */
uint32_t poller_wait(struct poller *set);
uint32_t poller_wait_ns(struct poller *set, uint64_t timeout_ns);

/* The i-th of those that are ready: its connection, and what it is ready for. */
uint32_t poller_ready(const struct poller *set, uint32_t i, uint32_t *what);

#endif
