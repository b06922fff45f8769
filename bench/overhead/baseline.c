/* The baseline: the same bytes over a bare socket, by nothing but send and recv. Requests are made
 * ready before the clock runs; a reply is received until it has its known length, and is not looked
 * at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "worker.h"

enum {
    LINE_SIZE = 64, /* a line of a request or reply with one key, at most */
    PAGE = 4096
};

static struct {
    struct mc_socket socket;
    const struct work *work;
    struct work_set set;
    char *requests; /* one after the other, all of request_len bytes */
    char *reply, *expected;
    size_t request_len, reply_len;
} own;

static bool baseline_open(const char *address)
{
    return worker_connect(&own.socket, address);
}

/* ---- the bytes ------------------------------------------------------------------------------- */

/* The bytes that are put together; counts on when there is no room for them. */
struct bytes {
    char *data;
    size_t len;
};

static void add(struct bytes *to, const void *data, size_t len)
{
    if (to->data != NULL)
        memcpy(to->data + to->len, data, len);
    to->len += len;
}

static void add_text(struct bytes *to, const char *text)
{
    add(to, text, strlen(text));
}

static void add_value(struct bytes *to, uint32_t k)
{
    size_t size = own.work->size;

    add(to, own.set.values + k * size, size);
    add_text(to, "\r\n");
}

static void request_get(struct bytes *to, uint32_t first)
{
    add_text(to, "get");
    for (uint32_t k = first; k < first + own.work->batch; k++) {
        add_text(to, " ");
        add_text(to, own.set.keys[k]);
    }
    add_text(to, "\r\n");
}

static void request_set(struct bytes *to, uint32_t k)
{
    char line[LINE_SIZE];

    snprintf(line, sizeof line, "set %s 0 0 %u\r\n", own.set.keys[k], (unsigned)own.work->size);
    add_text(to, line);
    add_value(to, k);
}

static void request_mg(struct bytes *to, uint32_t first)
{
    char line[LINE_SIZE];

    for (uint32_t k = first; k < first + own.work->batch; k++) {
        snprintf(line, sizeof line, "mg %s v\r\n", own.set.keys[k]);
        add_text(to, line);
    }
}

static void reply_get(struct bytes *to, uint32_t first)
{
    char line[LINE_SIZE];

    for (uint32_t k = first; k < first + own.work->batch; k++) {
        snprintf(line, sizeof line, "VALUE %s 0 %u\r\n", own.set.keys[k], (unsigned)own.work->size);
        add_text(to, line);
        add_value(to, k);
    }
    add_text(to, "END\r\n");
}

static void reply_miss(struct bytes *to, uint32_t first)
{
    (void)first;
    add_text(to, "END\r\n");
}

static void reply_set(struct bytes *to, uint32_t first)
{
    (void)first;
    add_text(to, "STORED\r\n");
}

static void reply_mg(struct bytes *to, uint32_t first)
{
    char line[LINE_SIZE];

    for (uint32_t k = first; k < first + own.work->batch; k++) {
        snprintf(line, sizeof line, "VA %u\r\n", (unsigned)own.work->size);
        add_text(to, line);
        add_value(to, k);
    }
}

static const struct {
    void (*request)(struct bytes *to, uint32_t first);
    void (*reply)(struct bytes *to, uint32_t first);
} verbs[] = {
    [WORK_GET] = {request_get, reply_get},
    [WORK_MISS] = {request_get, reply_miss},
    [WORK_SET] = {request_set, reply_set},
    [WORK_META] = {request_mg, reply_mg},
};

/* ---- the operation --------------------------------------------------------------------------- */

static bool exchange(uint32_t i)
{
    size_t request_len = own.request_len, reply_len = own.reply_len;
    const char *request = own.requests + work_at(own.work, i) * request_len;
    int fd = own.socket.fd;

    for (size_t sent = 0; sent < request_len;) {
        ssize_t n = send(fd, request + sent, request_len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    for (size_t got = 0; got < reply_len;) {
        ssize_t n = recv(fd, own.reply + got, reply_len - got, 0);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

/* Room that begins a page: a few bytes after a page's start, the kernel copies a large reply at a
 * third of its speed on some processors, and the baseline is to have the best place. */
static char *make_page_room(size_t len)
{
    return aligned_alloc(PAGE, (len / PAGE + 1) * PAGE);
}

/* Allocates room for all requests and for two replies. */
static bool make_room(const struct work *work)
{
    struct bytes request = {NULL, 0}, reply = {NULL, 0};

    verbs[work->verb].request(&request, 0);
    verbs[work->verb].reply(&reply, 0);
    own.request_len = request.len;
    own.reply_len = reply.len;
    free(own.requests);
    own.requests = malloc(request.len * work->keys);
    free(own.reply);
    own.reply = make_page_room(reply.len);
    free(own.expected);
    own.expected = malloc(reply.len);
    return own.requests != NULL && own.reply != NULL && own.expected != NULL;
}

static worker_run *baseline_prepare(const struct work *work)
{
    own.work = work;
    if (!work_set_make(&own.set, work) || !make_room(work))
        return NULL;
    struct bytes to = {own.requests, 0};
    for (uint32_t first = 0; first + work->batch <= work->keys; first++)
        verbs[work->verb].request(&to, first);
    return exchange;
}

static bool baseline_check(uint32_t i)
{
    struct bytes to = {own.expected, 0};

    verbs[own.work->verb].reply(&to, work_at(own.work, i));
    return exchange(i) && memcmp(own.reply, own.expected, own.reply_len) == 0;
}

const struct worker_client baseline_client = {
    .title = "baseline",
    .settings = "a bare socket: send() of ready-made bytes, recv() of a known length, no checks",
    .open = baseline_open,
    .prepare = baseline_prepare,
    .check = baseline_check,
};
