/* The usual answer to a get at one go: item.c takes what reader.c would take, or nothing. */
#include "events.h"
#include "proto.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct mc_bytes key = {"key", 3};

/* Holds an item that was taken against what the reader says of the same bytes. */
static void check_taken(struct mc_bytes bytes, const struct mc_reply *item)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = bytes;
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_VALUE);
    ck_assert_uint_eq(reply.key.len, key.len);
    ck_assert_mem_eq(reply.key.data, key.data, key.len);
    ck_assert_uint_eq(reply.flags, item->flags);
    ck_assert_uint_eq(reply.size, item->size);
    ck_assert_uint_eq(reply.cas, 0);
    ck_assert_uint_eq(item->text.len, item->size);
    if (item->size > 0) {
        ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_BODY);
        ck_assert_ptr_eq(reply.text.data, item->text.data);
        ck_assert_uint_eq(reply.text.len, item->size);
    }
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_MORE); /* takes the CRLF */
    ck_assert_uint_eq(in.len, 0);
    in = MC_BYTES("MN\r\n");
    ck_assert_int_eq(mc_reader_next(&reader, &in, &reply), MC_MN);
}

/* True when an item is taken. The bytes lie in a buffer of just their size. */
static bool take(const char *data, size_t len)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    char *bytes = malloc(len);
    ck_assert(bytes != NULL);
    if (len > 0)
        memcpy(bytes, data, len);
    struct mc_bytes in = {bytes, len};
    int event = mc_item_next(&reader, &in, key, &reply);
    if (in.data + in.len != bytes + len || (event != MC_VALUE && in.len != len))
        ck_abort_msg("event %d, and %zu of %zu bytes are left", event, in.len, len);
    if (event == MC_VALUE)
        check_taken((struct mc_bytes){bytes, len - in.len}, &reply);
    else
        ck_assert_int_eq(event, MC_MORE);
    free(bytes);
    return event == MC_VALUE;
}

/* ---- what is usual ------------------------------------------------------------------------- */

static const char *const usual[] = {
    "VALUE key 0 1\r\nx\r\n",
    "VALUE key 0 0\r\n\r\n",
    "VALUE key 999999999 2\r\n\r\n\r\n",
    "VALUE key 7 5\r\nEND\r\n\r\n",
    "VALUE key 1 11\r\nhello world\r\n",
    "VALUE key 100 10\r\n0123456789\r\n",
    "VALUE key 900000009 30\r\nabcdefghijklmnopqrstuvwxyz0123\r\n",
};

/* A whole item is taken, alone or with more after it; one that is not whole is not. */
START_TEST(takes_what_is_whole)
{
    size_t len = strlen(usual[_i]);
    char more[64];
    for (size_t cut = 0; cut < len; cut++)
        ck_assert(!take(usual[_i], cut));
    ck_assert(take(usual[_i], len));
    memcpy(more, usual[_i], len);
    memcpy(more + len, "END\r\n", 5);
    ck_assert(take(more, len + 5));
}
END_TEST

static const char *const unusual[] = {
    "",
    "END\r\n",
    "VALUE kez 0 1\r\nx\r\n",
    "VALUE ke 0 1\r\nx\r\n",
    "VALUE keys 0 1\r\nx\r\n",
    "VALUE  key 0 1\r\nx\r\n",
    "VALUE key  0 1\r\nx\r\n",
    "VALUE key 0  1\r\nx\r\n",
    "VALUE key 0 1 \r\nx\r\n",
    "VALUE key 0 1 7\r\nx\r\n",
    "VALUE key 0\r\nx\r\n",
    "VALUE key\r\n",
    "VALUE key 00 1\r\nx\r\n",
    "VALUE key 0 01\r\nx\r\n",
    "VALUE key -1 1\r\nx\r\n",
    "VALUE key 0 +1\r\nx\r\n",
    "VALUE key 0 1\nx\r\n",
    "VALUE key 0 1\r\nx\n\n",
    "VALUE key 0 1\r\nx\r\r",
    "VALUE key 0 1\r\nxy\r\n",
    "VALUE key 0 4294967297\r\nx\r\n",
    "VALUE key 4294967296 1\r\nx\r\n",
    "VALUE key 18446744073709551617 1\r\nx\r\n",
    "VALUE key 0 18446744073709551617\r\nx\r\n",
    "VA 1\r\nx\r\n",
    "value key 0 1\r\nx\r\n",
    "0 1\r\nx\r\n",
    "V0 1\r\nx\r\n",
};

START_TEST(leaves_what_is_unusual)
{
    ck_assert(!take(unusual[_i], strlen(unusual[_i])));
}
END_TEST

/* Of what is not taken, nothing is said that stood in the reply before. */
START_TEST(says_nothing_of_another_key)
{
    struct mc_reader reader = {0};
    struct mc_reply reply = {.text = {"before", 6}, .flags = 1, .size = 6};
    struct mc_bytes in = MC_BYTES("VALUE kez 7 1\r\nx\r\n");
    ck_assert_int_eq(mc_item_next(&reader, &in, key, &reply), MC_MORE);
    ck_assert_uint_eq(reply.flags, 0);
    ck_assert_uint_eq(reply.size, 0);
    ck_assert_ptr_null(reply.text.data);
    ck_assert_uint_eq(reply.text.len, 0);
}
END_TEST

/* Each byte changed to every other: what is taken is what the reader would take. */
START_TEST(agrees_with_the_reader)
{
    size_t len = strlen(usual[_i]), taken = 0;
    char changed[64];
    for (size_t place = 0; place < len; place++) {
        memcpy(changed, usual[_i], len);
        for (int byte = 0; byte < 256; byte++) {
            changed[place] = (char)byte;
            taken += take(changed, len);
        }
    }
    ck_assert_uint_ge(taken, len); /* at least when the byte is the same again */
}
END_TEST

/* In mid-conversation, nothing is taken. */
START_TEST(leaves_a_reader_that_is_busy)
{
    static const char *const before[] = {"VALUE a 0 9\r\n", "VALUE a 0 1\r\nx", "oops\r\n"};
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = {before[_i], strlen(before[_i])};
    while (mc_reader_next(&reader, &in, &reply) > MC_MORE)
        continue;
    in = (struct mc_bytes){usual[0], strlen(usual[0])};
    ck_assert_int_eq(mc_item_next(&reader, &in, key, &reply), MC_MORE);
    ck_assert_uint_eq(in.len, strlen(usual[0]));
    ck_assert(!mc_item_is_end(&reader, MC_BYTES("END\r\n")));
}
END_TEST

START_TEST(leaves_a_stream)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = {usual[0], strlen(usual[0])};
    mc_reader_stream(&reader);
    ck_assert_int_eq(mc_item_next(&reader, &in, key, &reply), MC_MORE);
    ck_assert(!mc_item_is_end(&reader, MC_BYTES("END\r\n")));
}
END_TEST

/* ---- the end ------------------------------------------------------------------------------- */

START_TEST(end_and_nothing_else)
{
    const struct mc_reader reader = {0};
    char bytes[] = "END\r\n";
    ck_assert(mc_item_is_end(&reader, MC_BYTES("END\r\n")));
    ck_assert(!mc_item_is_end(&reader, MC_BYTES("END\r\n\r")));
    for (size_t len = 0; len < 5; len++)
        ck_assert(!mc_item_is_end(&reader, (struct mc_bytes){bytes, len}));
    for (size_t place = 0; place < 5; place++) {
        for (int byte = 1; byte < 256; byte++) {
            memcpy(bytes, "END\r\n", 5);
            bytes[place] = (char)(bytes[place] ^ byte);
            ck_assert(!mc_item_is_end(&reader, (struct mc_bytes){bytes, 5}));
        }
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {takes_what_is_whole, COUNT(usual)}, {leaves_what_is_unusual, COUNT(unusual)},
        {says_nothing_of_another_key, 1},    {agrees_with_the_reader, COUNT(usual)},
        {leaves_a_reader_that_is_busy, 3},   {leaves_a_stream, 1},
        {end_and_nothing_else, 1},
    };
    return suite_run("item", tests, COUNT(tests));
}
