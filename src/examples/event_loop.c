/* Gets a greeting with proto/ alone, as an event loop or an interrupt does: nothing here waits for
 * a whole reply. The server is at the other end of standard input. */
#include <mcwire/proto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct mc_reader reader; /* all zero: at the start of a reply */
static char kept[MC_LINE_MAX];  /* a line that has not come whole yet */
static size_t kept_len;

static void on_event(int event, const struct mc_reply *reply)
{
    if (event == MC_BODY) /* a piece of the value: there may be many */
        fwrite(reply->text.data, 1, reply->text.len, stdout);
    else if (event != MC_VALUE && event != MC_END)
        fprintf(stderr, "%s\n", mc_text(event));
}

/* Reads `count` bytes more, which were received at kept + kept_len. False when they are no reply of
 * memcached's: the connection has to be closed then. */
static bool on_bytes(size_t count)
{
    struct mc_bytes in = {kept, kept_len + count};
    struct mc_reply reply;
    int event;

    while ((event = mc_reader_next(&reader, &in, &reply)) > 0)
        on_event(event, &reply);
    memmove(kept, in.data, in.len);
    kept_len = in.len;
    return event == MC_MORE;
}

int main(void)
{
    char request[64];
    struct mc_out out = {request, sizeof request, 0};
    struct mc_bytes key = MC_BYTES("greeting");

    if (mc_put_get(&out, &key, 1) < 0 || mc_put_quit(&out) < 0 || write(0, request, out.len) < 0)
        return 1;
    for (ssize_t n = 0; (n = read(0, kept + kept_len, 7)) > 0;) /* 7 bytes: any number will do */
        if (!on_bytes((size_t)n))
            return 1;
    return 0;
}
