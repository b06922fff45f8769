/* The baseline: the same bytes over a bare socket, by nothing but send and recv. Requests are made
 * ready before the clock runs; a reply is received until it has its known length, and is not looked
 * at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "timed.h"

enum { NUMBER_SIZE = 16, PAGE = 4096 };

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
    return timed_connect(&own.socket, address);
}

/* ---- the bytes ------------------------------------------------------------------------------- */

/* What is sent and received: a beginning, a piece for each key, an end. In them %K is the key, %S the
 * size of its value, %V that value, and %N the number of a counter. */
struct shape {
    const char *begin, *each, *end;
};

/* None of gets, and so none of all together: the length of the reply is open. */
static const struct {
    struct shape request, reply;
} verbs[WORK_VERBS] = {
    [WORK_GET] = {{"get", " %K", "\r\n"}, {"", "VALUE %K 0 %S\r\n%V\r\n", "END\r\n"}},
    [WORK_MISS] = {{"get", " %K", "\r\n"}, {"", "", "END\r\n"}},
    [WORK_SET] = {{"", "set %K 0 0 %S\r\n%V\r\n", ""}, {"", "", "STORED\r\n"}},
    [WORK_META] = {{"", "mg %K v\r\n", ""}, {"", "VA %S\r\n%V\r\n", ""}},
    [WORK_DELETE] = {{"", "delete %K\r\n", ""}, {"", "NOT_FOUND\r\n", ""}},
    [WORK_TOUCH] = {{"", "touch %K 0\r\n", ""}, {"", "TOUCHED\r\n", ""}},
    [WORK_INCR] = {{"", "incr %K 0\r\n", ""}, {"", "%N\r\n", ""}},
    [WORK_META_SET] = {{"", "ms %K %S\r\n%V\r\n", ""}, {"", "HD\r\n", ""}},
};

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

static void add_text(struct bytes *to, const char *text, uint32_t k)
{
    char number[NUMBER_SIZE];

    for (; *text != '\0'; text++) {
        if (*text != '%') {
            add(to, text, 1);
            continue;
        }
        text++;
        if (*text == 'K')
            add(to, own.set.keys[k], WORK_KEY_LEN);
        else if (*text == 'V')
            add(to, own.set.values + (size_t)k * own.work->size, own.work->size);
        else
            add(to, number,
                (size_t)snprintf(number, sizeof number, "%u",
                                 *text == 'S' ? (unsigned)own.work->size : WORK_NUMBER));
    }
}

static void add_shape(struct bytes *to, const struct shape *shape, uint32_t first)
{
    add_text(to, shape->begin, first);
    for (uint32_t k = first; k < first + own.work->batch; k++)
        add_text(to, shape->each, k);
    add_text(to, shape->end, first);
}

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

    add_shape(&request, &verbs[work->verb].request, 0);
    add_shape(&reply, &verbs[work->verb].reply, 0);
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

static timed_run *baseline_prepare(const struct work *work)
{
    own.work = work;
    if (verbs[work->verb].request.each == NULL || !work_set_make(&own.set, work) ||
        !make_room(work))
        return NULL;
    struct bytes to = {own.requests, 0};
    for (uint32_t first = 0; first + work->batch <= work->keys; first++)
        add_shape(&to, &verbs[work->verb].request, first);
    return exchange;
}

static bool baseline_check(uint32_t i)
{
    struct bytes to = {own.expected, 0};

    add_shape(&to, &verbs[own.work->verb].reply, work_at(own.work, i));
    return exchange(i) && memcmp(own.reply, own.expected, own.reply_len) == 0;
}

const struct timed_client baseline_client = {
    .title = "baseline",
    .settings = "a bare socket: send() of ready-made bytes, recv() of a known length, no checks",
    .open = baseline_open,
    .prepare = baseline_prepare,
    .check = baseline_check,
};
