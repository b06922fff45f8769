/* Where the time of an operation of this project's client goes: a clock is read between its calls. */
#include "parts.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "mcwire.h"
#include "timing.h"
#include "worker.h"

enum { COUNT_MAX = 1000 };

/* The parts, in the order in which they are told. Each takes in one reading of the clock, which is
 * CLOCK. WAIT is a poll(), which the client does without. What is copied is copied once more for COPY,
 * and taken off PARSE. */
enum part { PUT, SEND, WAIT, RECEIVE, PARSE, COPY, CLOCK, PARTS };

static struct {
    struct mc_client *client;
    struct mc_transport inner;
    struct work work;
    worker_run *run;
    bool sent;       /* all before is PUT, and what comes after is PARSE */
    size_t in_place; /* bytes of values that were received where they belong */
    uint64_t last, ns[PARTS];
    char from[WORK_SIZE_MAX], to[WORK_SIZE_MAX];
} own;

/* The time since the last mark was a part's. */
static void mark(enum part part)
{
    uint64_t now = timing_now();

    own.ns[part] += now - own.last;
    own.last = now;
}

static ptrdiff_t send_marked(void *ctx, const struct mc_bytes *parts, size_t count,
                             mc_deadline deadline)
{
    (void)ctx;
    mark(own.sent ? PARSE : PUT);
    ptrdiff_t n = own.inner.send(own.inner.ctx, parts, count, deadline);
    mark(SEND);
    own.sent = true;
    return n;
}

static ptrdiff_t recv_marked(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct pollfd fd = {.fd = ((struct mc_socket *)own.inner.ctx)->fd, .events = POLLIN};

    (void)ctx;
    mark(PARSE);
    poll(&fd, 1, -1);
    mark(WAIT);
    ptrdiff_t n = own.inner.recv(own.inner.ctx, buf, cap, deadline);
    mark(RECEIVE);
    if (n > 0 && !mcwire_is_buffer(buf))
        own.in_place += (size_t)n;
    return n;
}

static void copy_again(void)
{
    size_t size = own.work.verb == WORK_GET ? own.work.size * (size_t)own.work.batch : 0;

    memcpy(own.to, own.from, size > own.in_place ? size - own.in_place : 0);
    mark(COPY);
    mark(CLOCK);
    own.ns[PARSE] -= own.ns[COPY] < own.ns[PARSE] ? own.ns[COPY] : own.ns[PARSE];
}

/* One operation, and its parts. False when its result is wrong. */
static bool time_parts(uint32_t i)
{
    memset(own.ns, 0, sizeof own.ns);
    own.sent = false;
    own.in_place = 0;
    own.last = timing_now();
    bool right = own.run(i);
    mark(PARSE);
    copy_again();
    return right;
}

static const char *open_server(void *ctx, const char *argument)
{
    (void)ctx;
    if (!mcwire_client.open(argument))
        return "bad no connection";
    own.client = mcwire_connection();
    own.inner = own.client->transport;
    own.client->transport.send = send_marked;
    own.client->transport.recv = recv_marked;
    return lines_ok;
}

static const char *set_work(void *ctx, const char *argument)
{
    (void)ctx;
    own.run = NULL;
    if (work_read(&own.work, argument))
        own.run = mcwire_client.prepare(&own.work);
    return own.run != NULL ? lines_ok : "bad no such work";
}

/* `parts COUNT`: the ns of each part of each operation. */
static const char *tell_parts(void *ctx, const char *argument)
{
    static uint64_t told[COUNT_MAX][PARTS];
    unsigned long count = strtoul(argument, NULL, 10);

    (void)ctx;
    if (own.run == NULL || own.client == NULL || count > COUNT_MAX)
        return "bad no work, or too many";
    for (uint32_t i = 0; i < count; i++) {
        if (!time_parts(i))
            return "bad wrong result";
        memcpy(told[i], own.ns, sizeof own.ns);
    }
    fputs("ok", stdout);
    for (uint32_t i = 0; i < count; i++)
        for (int part = 0; part < PARTS; part++)
            printf(" %llu", (unsigned long long)told[i][part]);
    putchar('\n');
    return NULL;
}

int parts_main(void)
{
    static const struct lines_command commands[] = {
        {"open", open_server}, {"work", set_work}, {"parts", tell_parts}};

    return lines_obey(commands, sizeof commands / sizeof *commands, NULL);
}
