/* A memcached at the other end of a serial line, or of any other descriptor: standard input. Of
 * mcwire it needs the wire and the client; how bytes move is up to the two functions here. */
#define _POSIX_C_SOURCE 200809L
#include <mcwire/client.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static mc_deadline now(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_MONOTONIC, &t), t.tv_sec * (mc_deadline)1000 + t.tv_nsec / 1000000;
}

static ptrdiff_t line_send(void *line, const struct mc_bytes *parts, size_t count, mc_deadline end)
{
    ptrdiff_t n = write(*(int *)line, parts[0].data, parts[0].len);
    return (void)count, (void)end, n > 0 ? n : MC_E_CLOSED;
}

static ptrdiff_t line_recv(void *line, void *buf, size_t cap, mc_deadline end)
{
    mc_deadline left = end - now();
    if (left < 0 || poll(&(struct pollfd){*(int *)line, POLLIN, 0}, 1, (int)left) <= 0)
        return MC_E_TIMEOUT;
    ptrdiff_t n = read(*(int *)line, buf, cap);
    return n > 0 ? n : MC_E_CLOSED;
}

int main(void)
{
    int line = 0;
    char buf[512], text[32];
    struct mc_client client;
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_item item = {.key = MC_BYTES("greeting"), .value = MC_BYTES("hello, world\n")};
    mc_client_init(&client, (struct mc_transport){line_send, line_recv, &line}, buf, sizeof buf);
    bool found = mc_client_store(&client, &mc_command_set, &item, now() + 1000) == MC_STORED &&
                 mc_client_get(&client, item.key, &value, now() + 1000) == MC_HIT;
    return found ? write(STDOUT_FILENO, text, value.len) < 0 : 1;
}
