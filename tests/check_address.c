/* Tests of addresses: what they may be, what is said of those that are wrong, and that what is written
 * is read as the same address. */
#include "address.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define PATH_255 "/" X50 X50 X50 X50 X50 "xxxx"
#define HOST_255 X50 X50 X50 X50 X50 "xxxxx"

static const struct {
    const char *address, *host, *port;
} good_addresses[] = {
    {"localhost", "localhost", "11211"},
    {"localhost:1", "localhost", "1"},
    {"cache-1.example.org.:65535", "cache-1.example.org.", "65535"},
    {"under_score", "under_score", "11211"},
    {"x", "x", "11211"},
    {"!", "!", "11211"},
    {"unix4", "unix4", "11211"},
    {"unix4:80", "unix4", "80"},
    {"127.0.0.1", "127.0.0.1", "11211"},
    {"127.0.0.1:11212", "127.0.0.1", "11212"},
    {"[::1]", "::1", "11211"},
    {"[::1]:11212", "::1", "11212"},
    {"[::]", "::", "11211"},
    {"[fe80::1%eth0]:80", "fe80::1%eth0", "80"},
    {"[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", "80"},
    {"unix:/run/memcached.sock", "/run/memcached.sock", ""},
    {"/run/memcached.sock", "/run/memcached.sock", ""},
    {"/with space:and,[all]@", "/with space:and,[all]@", ""},
    {PATH_255, PATH_255, ""},
    {"unix:" PATH_255, PATH_255, ""},
    {"unix:@memcached", "@memcached", ""},
    {"unix:@,a://[b]", "@,a://[b]", ""},
    {HOST_255, HOST_255, "11211"},
    {HOST_255 ":80", HOST_255, "80"},
};

START_TEST(good_address)
{
    struct mc_address address;
    const char *port = good_addresses[_i].port;
    ck_assert_ptr_null(mc_address_parse(&address, good_addresses[_i].address));
    ck_assert_int_eq(address.kind, port[0] == '\0' ? MC_ADDRESS_UNIX : MC_ADDRESS_HOST);
    ck_assert_str_eq(address.host, good_addresses[_i].host);
    ck_assert_str_eq(address.port, port);
}
END_TEST

static const char empty[] = "the address is empty";
static const char bad_host[] = "a host is a name or an address, without spaces or any of /[],@";
static const char long_host[] = "the host's name is too long";
static const char bad_port[] = "a port is a number from 1 to 65535";
static const char no_bracket[] = "the [ of an IPv6 address has no ]";
static const char after_bracket[] = "after the ] of an IPv6 address comes :PORT or nothing";
static const char bare_v6[] = "an IPv6 address is written in brackets: [::1]:11211";
static const char bad_path[] = "a Unix socket is written unix:/PATH, an abstract one unix:@NAME";
static const char two_slashes[] =
    "a Unix socket is written unix:/PATH, with one slash before the path";
static const char long_path[] = "the path of a Unix socket is too long";
static const char a_list[] = "this is a list: one address is wanted, without a comma";
static const char a_scheme[] = "an address is HOST:PORT, without a scheme such as tcp://";

static const struct {
    const char *address, *problem;
} bad_addresses[] = {
    {"", empty},
    {":", bad_host},
    {":11211", bad_host},
    {" ", bad_host},
    {"local host", bad_host},
    {"localhost ", bad_host},
    {" localhost", bad_host},
    {"localhost\n", bad_host},
    {"localhost\x7f", bad_host},
    {"a,b", a_list},
    {"a:1,b:2", a_list},
    {"[::1],[::2]", a_list},
    {"a,", a_list},
    {"a/b", bad_host},
    {"user@host", bad_host},
    {"host]", bad_host},
    {HOST_255 "x", long_host},
    {HOST_255 "x:80", long_host},
    {HOST_255 "xx", long_host},
    {HOST_255 X50 X50, long_host},
    {"localhost:", bad_port},
    {"localhost:0", bad_port},
    {"localhost:00", bad_port},
    {"localhost:080", bad_port},
    {"localhost:65536", bad_port},
    {"localhost:18446744073709551617", bad_port},
    {"localhost:-1", bad_port},
    {"localhost:+1", bad_port},
    {"localhost:1 ", bad_port},
    {"localhost: 1", bad_port},
    {"localhost:http", bad_port},
    {"localhost:0x50", bad_port},
    {"localhost:80/", bad_port},
    {"[::1]:", bad_port},
    {"[::1]:0", bad_port},
    {"[::1]:65536", bad_port},
    {"[", no_bracket},
    {"[::1", no_bracket},
    {"[::1:80", no_bracket},
    {"[::1]80", after_bracket},
    {"[::1] ", after_bracket},
    {"[::1]]", after_bracket},
    {"[]", bad_host},
    {"[]:80", bad_host},
    {"[::1 ]", bad_host},
    {"[[::1]", bad_host},
    {"::1", bare_v6},
    {"::", bare_v6},
    {"fe80::1:11211", bare_v6},
    {"tcp://localhost", a_scheme},
    {"tcp://a:1", a_scheme},
    {"http://a", a_scheme},
    {"http://[::1]:80/,x", a_scheme},
    {"unix:", bad_path},
    {"unix:socket", bad_path},
    {"unix:./socket", bad_path},
    {"unix:@", bad_path},
    {"unix:///run/socket", two_slashes},
    {"@name", bad_host},
    {PATH_255 "x", long_path},
    {"unix:" PATH_255 "x", long_path},
};

START_TEST(bad_address)
{
    struct mc_address address;
    const char *problem = mc_address_parse(&address, bad_addresses[_i].address);
    ck_assert_ptr_nonnull(problem);
    ck_assert_str_eq(problem, bad_addresses[_i].problem);
    ck_assert_int_eq(address.kind, MC_ADDRESS_NONE);
    ck_assert_str_eq(address.host, "");
    ck_assert_str_eq(address.port, "");
}
END_TEST

/* Brackets are for IPv6 addresses, and everything else in them is refused. */
START_TEST(bad_bracketed_host)
{
    static const char *const addresses[] = {"[localhost]", "[127.0.0.1]", "[x]:80"};
    struct mc_address address;
    ck_assert_ptr_nonnull(mc_address_parse(&address, addresses[_i]));
    ck_assert_int_eq(address.kind, MC_ADDRESS_NONE);
}
END_TEST

/* What is written is read as the same, and is one of these texts. */
START_TEST(written_and_read)
{
    static const struct {
        const char *text, *written;
    } cases[] = {{"localhost", "localhost:11211"},
                 {"127.0.0.1:80", "127.0.0.1:80"},
                 {"[::1]", "[::1]:11211"},
                 {"[fe80::1%eth0]:80", "[fe80::1%eth0]:80"},
                 {"/run/memcached.sock", "unix:/run/memcached.sock"},
                 {"unix:/a:b", "unix:/a:b"},
                 {"unix:@a", "unix:@a"}};
    for (size_t k = 0; k < COUNT(cases); k++) {
        char text[300];
        struct mc_address address;
        ck_assert_ptr_null(mc_address_parse(&address, cases[k].text));
        ck_assert_uint_eq(mc_address_format(&address, text, sizeof text), strlen(cases[k].written));
        ck_assert_str_eq(text, cases[k].written);
    }
    for (size_t k = 0; k < COUNT(good_addresses); k++) {
        char text[300];
        struct mc_address first, second;
        ck_assert_ptr_null(mc_address_parse(&first, good_addresses[k].address));
        ck_assert_uint_lt(mc_address_format(&first, text, sizeof text), sizeof text);
        ck_assert_ptr_null(mc_address_parse(&second, text));
        ck_assert_int_eq(first.kind, second.kind);
        ck_assert_str_eq(first.host, second.host);
        ck_assert_str_eq(first.port, second.port);
    }
}
END_TEST

/* Into every size of buffer: cut off, and nothing after it is touched. */
START_TEST(written_where_there_is_no_room)
{
    static const char whole[] = "[::1]:11211";
    struct mc_address address, none = {.kind = MC_ADDRESS_NONE};
    char guarded[sizeof whole + 5] = "#", *text = guarded + 1;
    const size_t room = sizeof whole + 4;
    ck_assert_ptr_null(mc_address_parse(&address, whole));
    for (size_t cap = 0; cap <= sizeof whole + 1; cap++) {
        size_t len = cap == 0 ? 0 : cap < sizeof whole ? cap - 1 : sizeof whole - 1;
        memset(text, '#', room);
        ck_assert_uint_eq(mc_address_format(&address, text, cap), sizeof whole - 1);
        ck_assert_mem_eq(text, whole, len);
        ck_assert(cap == 0 || text[len] == '\0');
        ck_assert_int_eq(text[cap], '#');
        ck_assert_int_eq(guarded[0], '#');
    }
    ck_assert_uint_eq(mc_address_format(&none, text, room), 0);
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {good_address, COUNT(good_addresses)},
        {bad_address, COUNT(bad_addresses)},
        {bad_bracketed_host, 3},
        {written_and_read, 1},
        {written_where_there_is_no_room, 1},
    };
    return suite_run("address", tests, COUNT(tests));
}
