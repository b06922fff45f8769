/* Fuzzes the put functions: each command is refused exactly when proto.h says so; otherwise it is
 * one line (two for auth) with exactly these arguments, written whole, or not at all when it does
 * not fit.  The input: the number of bytes before it, the room that is left, and a command. */
#include "question.h"

#include <string.h>

enum { PLENTY = 16384 };

/* Writes one command after `before` bytes, into `room` bytes. Returns the function's result; *put
 * is what it wrote. */
static int put_into(struct input *in, const struct question *c, size_t before, size_t room,
                    struct mc_bytes *put)
{
    struct mc_out out = {input_space(in, before + room), before + room, before};
    memset(out.data, '#', before);
    int r = question_put(c, &out);
    if (r > 0 || (r < 0 && out.len != before) || out.len < before || out.len > out.cap)
        fuzz_fail("command %d: %d with %zu bytes", c->name, r, out.len);
    for (size_t k = 0; k < before; k++) {
        if (out.data[k] != '#')
            fuzz_fail("command %d writes before itself", c->name);
    }
    *put = (struct mc_bytes){out.data + before, out.len - before};
    return r;
}

static void check_refused(const struct question *c, int r, uint32_t wrong)
{
    if (wrong == 0)
        fuzz_fail("command %d: %d, and nothing was wrong", c->name, r);
    if ((wrong >> -r & 1) == 0)
        fuzz_fail("command %d: %d, and wrong was %x", c->name, r, (unsigned)wrong);
}

static void check_base64(struct input *in)
{
    struct mc_bytes bytes = input_bytes(in);
    size_t size = (bytes.len + 2) / 3 * 4, room = (size_t)(input_number(in) % (size + 3));
    struct mc_out out = {input_space(in, room), room, 0};
    int r = mc_put_base64(&out, bytes);
    if (r != (room < size ? MC_E_FULL : 0) || out.len != (room < size ? 0 : size))
        fuzz_fail("base64: %d with %zu bytes", r, out.len);
    /* A short one is read back as a binary key is. */
    struct question c;
    char line[MC_KEY_MAX + 16] = "mg ";
    if (r != 0 || bytes.len < 1 || bytes.len > MC_KEY_BINARY_MAX)
        return;
    memcpy(line + 3, out.data, out.len);
    memcpy(line + 3 + out.len, " b\r\n", 4);
    if (!question_parse((struct mc_bytes){line, 3 + out.len + 4}, &c) ||
        c.keys[0].len != bytes.len || memcmp(c.keys[0].data, bytes.data, bytes.len) != 0)
        fuzz_fail("base64 says something else");
}

static void check_command(struct input *in)
{
    static struct question c, said;
    struct mc_bytes put, again;
    size_t before = input_byte(in) % 8;
    uint64_t room = input_number(in);
    question_take(in, (enum question_name)(input_byte(in) % COMMANDS), &c);
    uint32_t wrong = question_wrong(&c);
    int r = put_into(in, &c, before, PLENTY, &put);
    if (r != 0)
        check_refused(&c, r, wrong);
    else if (wrong != 0)
        fuzz_fail("command %d is not refused, though wrong was %x", c.name, (unsigned)wrong);
    else if (!question_parse(put, &said) || !question_same(&c, &said))
        fuzz_fail("command %d says something else", c.name);
    room %= put.len + 2;
    int tight = put_into(in, &c, before, (size_t)room, &again);
    if (r == 0 && tight != (room < put.len ? MC_E_FULL : 0))
        fuzz_fail("command %d of %zu bytes: %d with room for %zu", c.name, put.len, tight,
                  (size_t)room);
    if (tight == 0 && (again.len != put.len || memcmp(again.data, put.data, put.len) != 0))
        fuzz_fail("command %d is put differently", c.name);
    if (r != 0 && tight != MC_E_FULL)
        check_refused(&c, tight, wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct input in;
    in.data = data;
    in.len = size;
    in.count = 0;
    if (input_byte(&in) == 0)
        check_base64(&in);
    else
        check_command(&in);
    input_free(&in);
    return 0;
}
