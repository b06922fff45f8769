/* mcmc, the C client that memcached's proxy is made of, as a client to be measured: overhead.py builds
 * this program with its public source. Since it has no calls for gets and sets, this does what its example
 * does: requests are put together here, and its parser reads a buffer. It obeys the lines of
 * timed.h. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mcmc.h"
#include "timed.h"

enum { BUFFER_SIZE = 65536, LINE_MAX_SIZE = 64 };

static struct {
    void *client;
    bool connected;
    const struct work *work;
    struct work_set set;
    char *large; /* for a value that the buffer does not hold */
    char request[WORK_BATCH_MAX * LINE_MAX_SIZE];
    size_t at, have; /* buffer[at..have) is unread */
    char buffer[BUFFER_SIZE];
} own;

/* IP:PORT; it knows no Unix sockets. */
static bool mcmc_client_open(const char *address)
{
    char host[64];
    const char *colon = strrchr(address, ':');
    int on = 1;

    if (own.client == NULL)
        own.client = malloc(mcmc_size(MCMC_OPTION_BLANK));
    if (own.connected)
        mcmc_disconnect(own.client);
    own.at = own.have = 0;
    if (own.client == NULL || colon == NULL || strncmp(address, "unix:", 5) == 0)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    char port[8];
    snprintf(port, sizeof port, "%s", colon + 1);
    own.connected = mcmc_connect(own.client, host, port, MCMC_OPTION_BLANK) == MCMC_CONNECTED;
    return own.connected &&
           setsockopt(mcmc_fd(own.client), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

/* ---- replies --------------------------------------------------------------------------------- */

static bool receive_more(void)
{
    memmove(own.buffer, own.buffer + own.at, own.have - own.at);
    own.have -= own.at;
    own.at = 0;
    ssize_t n = recv(mcmc_fd(own.client), own.buffer + own.have, BUFFER_SIZE - own.have, 0);
    own.have += n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* The next reply, whose value may not be whole. */
static bool read_reply(mcmc_resp_t *reply)
{
    for (;;) {
        if (own.have > own.at) {
            mcmc_parse_buf(own.buffer + own.at, own.have - own.at, reply);
            if (reply->code != MCMC_WANT_READ)
                return reply->type != MCMC_RESP_FAIL && reply->type != MCMC_RESP_ERRMSG;
        }
        if (!receive_more())
            return false;
    }
}

/* Moves past a reply. Its value, or NULL. */
static const char *take_value(const mcmc_resp_t *reply)
{
    size_t got = reply->vlen_read;

    own.at += reply->reslen + got;
    if (got == reply->vlen)
        return reply->value;
    memcpy(own.large, reply->value, got);
    while (got < reply->vlen) {
        ssize_t n = recv(mcmc_fd(own.client), own.large + got, reply->vlen - got, 0);
        if (n <= 0)
            return NULL;
        got += (size_t)n;
    }
    return own.large;
}

/* A value of the k-th key. Of an mg the key is not in the reply. */
static bool read_value(uint32_t k, short type, bool compare)
{
    mcmc_resp_t reply;

    if (!read_reply(&reply) || reply.type != type || reply.vlen != own.work->size + 2)
        return false;
    if (type == MCMC_RESP_GET &&
        (reply.klen != WORK_KEY_LEN || memcmp(reply.key, own.set.keys[k], WORK_KEY_LEN) != 0))
        return false;
    const char *value = take_value(&reply);
    return value != NULL && (!compare || work_is_value(own.work, k, value, own.work->size));
}

static bool read_end(void)
{
    mcmc_resp_t reply;

    if (!read_reply(&reply))
        return false;
    own.at += reply.reslen;
    return reply.type == MCMC_RESP_END && own.at == own.have;
}

/* ---- the operations -------------------------------------------------------------------------- */

static bool send_request(size_t len)
{
    int result;

    do
        result = mcmc_send_request(own.client, own.request, (int)len, 1);
    while (result == MCMC_WANT_WRITE);
    return result == MCMC_OK;
}

static size_t put(size_t at, const char *text, size_t len)
{
    memcpy(own.request + at, text, len);
    return at + len;
}

static bool run_get(uint32_t i, bool compare)
{
    uint32_t first = work_at(own.work, i), count = own.work->batch;
    size_t len = put(0, "get", 3);
    bool good = true;

    for (uint32_t k = first; k < first + count; k++)
        len = put(put(len, " ", 1), own.set.keys[k], WORK_KEY_LEN);
    if (!send_request(put(len, "\r\n", 2)))
        return false;
    for (uint32_t k = first; own.work->verb == WORK_GET && good && k < first + count; k++)
        good = read_value(k, MCMC_RESP_GET, compare);
    return good && read_end();
}

static bool run_mg(uint32_t i, bool compare)
{
    uint32_t first = work_at(own.work, i), count = own.work->batch;
    size_t len = 0;
    bool good = true;

    for (uint32_t k = first; k < first + count; k++)
        len = put(put(put(len, "mg ", 3), own.set.keys[k], WORK_KEY_LEN), " v\r\n", 4);
    if (!send_request(len))
        return false;
    for (uint32_t k = first; good && k < first + count; k++)
        good = read_value(k, MCMC_RESP_META, compare);
    return good && own.at == own.have;
}

static bool run_set(uint32_t i, bool compare)
{
    uint32_t k = work_at(own.work, i);
    size_t size = own.work->size;
    int len = snprintf(own.request, LINE_MAX_SIZE, "set %s 0 0 %zu\r\n", own.set.keys[k], size);
    const struct iovec parts[] = {{own.request, (size_t)len},
                                  {own.set.values + k * size, size},
                                  {(char *)(uintptr_t) "\r\n", 2}};
    ssize_t sent;
    mcmc_resp_t reply;

    (void)compare;
    if (mcmc_request_writev(own.client, parts, 3, &sent, 1) != MCMC_OK || !read_reply(&reply))
        return false;
    own.at += reply.reslen;
    return reply.type == MCMC_RESP_GENERIC && reply.code == MCMC_CODE_STORED && own.at == own.have;
}

static bool run_one(uint32_t i, bool compare)
{
    switch (own.work->verb) {
    case WORK_SET: return run_set(i, compare);
    case WORK_META: return run_mg(i, compare);
    default: return run_get(i, compare);
    }
}

static bool run(uint32_t i)
{
    return run_one(i, false);
}

static timed_run *mcmc_client_prepare(const struct work *work)
{
    own.work = work;
    if (work->verb > WORK_META)
        return NULL;
    free(own.large);
    own.large = malloc(work->size + 2);
    return own.large != NULL && work_set_make(&own.set, work) ? run : NULL;
}

static bool mcmc_client_check(uint32_t i)
{
    return run_one(i, true);
}

static const struct timed_client mcmc_client = {
    .title = "mcmc",
    .settings = "mcmc_parse_buf on a buffer of 64 kB, larger values received in place, keys "
                "compared, TCP_NODELAY; it has no deadlines",
    .open = mcmc_client_open,
    .prepare = mcmc_client_prepare,
    .check = mcmc_client_check,
};

int main(void)
{
    return timed_main(&mcmc_client);
}
