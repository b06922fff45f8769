/* A program of somebody else's, which speaks the protocol with the installed wire library alone. */
#include <mcwire/proto.h>

#include <string.h>

int main(void)
{
    static const char answer[] = "VALUE key 7 5\r\nvalue\r\nEND\r\n", asked[] = "get key\r\n";
    char line[64];
    struct mc_out out = {.data = line, .cap = sizeof line};
    const struct mc_bytes key = MC_BYTES("key");
    struct mc_bytes in = {answer, sizeof answer - 1};
    struct mc_reader reader = {0};
    struct mc_reply reply;

    if (mc_put_get(&out, &key, 1) != 0 || out.len != sizeof asked - 1 ||
        memcmp(line, asked, out.len) != 0)
        return 1;
    if (mc_reader_next(&reader, &in, &reply) != MC_VALUE || reply.flags != 7 || reply.size != 5)
        return 1;
    if (mc_reader_next(&reader, &in, &reply) != MC_BODY || memcmp(reply.text.data, "value", 5) != 0)
        return 1;
    return mc_reader_next(&reader, &in, &reply) == MC_END ? 0 : 1;
}
