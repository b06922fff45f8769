/* Random commands, right and wrong, on several connections: the small memcached has to answer each
 * byte as a real memcached does. Arguments: how many commands, and a seed.
 *
 * Differences that are known, and not generated:
 * - what varies from server to server: the texts of version and stats; seconds that have passed,
 *   which tick at different moments (they are compared without their digits)
 * - the administration of threads that the small one lacks: slabs, lru, lru_crawler, watch, extstore,
 *   and all groups of statistics
 * - cache_memlimit: its memory is fixed
 * - NUL bytes: memcached 1.6.18 ends the line at one
 * - sizes of 2^32 and more: 1.6.18 keeps the low 32 bits of a size; numbers below -2^63, which
 *   strtoul() wraps
 * - base64 with bytes that are none, which 1.6.18 skips, and with bits after the last byte
 * - a key that is too long in a get that follows other commands in one packet: 1.6.18 drops their
 *   answers, too, if they have not been sent
 * - an incr right after a get of the same item in one packet: it depends on how far the answer has
 *   got whether 1.6.18 writes in place and pads. Here, each command waits for its answer
 * - values of 2^63 and more: 1.6.18 takes such a number for a negative one when a minus sign happens
 *   to be in the memory after it
 * - items that one flush_all made invalid may come back in 1.6.18 after another one with a delay, if
 *   nobody has asked for them and no thread has found them. Here, each key is asked for before
 * - which item goes when memory is full, and how much fits
 * Only memcached 1.6.18 is compared: others answer some of these otherwise. */
#include "live.h"
#include "served.h"
#include "suite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 3, COMMANDS = 40000, PATIENCE_MS = 20000 };

static unsigned long commands = COMMANDS;
static uint64_t seed = 1;

struct pair {
    struct live live;
    struct served served;
    int fds[CONNECTIONS];
    struct text heard, sent;
    uint64_t state; /* of the random numbers */
    struct text history;
};

/* ---- random commands ----------------------------------------------------------------------- */

static unsigned below(struct pair *p, unsigned n)
{
    p->state ^= p->state << 13;
    p->state ^= p->state >> 7;
    p->state ^= p->state << 17;
    return (unsigned)(p->state >> 33) % n;
}

#define PICK(p, list) ((list)[below(p, sizeof(list) / sizeof *(list))])

static const char *const keys[] = {"a", "b", "n", "n", "num", "Zm9v", "QUJD", "foo", "\xc3\xa9"};
static const char *const flag_words[] = {"0", "0", "0", "1", "4294967295", "4294967301", "007"};
static const char *const times[] = {"0",    "0",  "0",       "5000",    "7000",      "-1",
                                    "-100", "+0", "2592001", "2592000", "4000000000"};
static const char *const numbers[] = {"1",          "1",   "5", "10", "99", "0", "9007199254740993",
                                      "9999999999", "007", "+3"};
static const char *const odd_words[] = {"x",  "-1", "1x", "18446744073709551616", "noreply",
                                        "\t", "-",  "+",  "99999999999999999999", "1\t"};
static const char *const values[] = {"",     "1", "9",  "99",  "abc",  "10   ", "  7",
                                     "12 x", "-", "-5", "+12", "1\t2", "END",   "9007199254740993"};
static const char *const flags[] = {
    "b",  "N5000", "T5000", "R6000", "l",   "O1",  "P1", "L1", "k",   "s",   "t",
    "c",  "f",     "v",     "v",     "h",   "u",   "q",  "q",  "F5",  "C1",  "MS",
    "ME", "MA",    "MP",    "MR",    "MI",  "MD",  "M+", "M-", "J13", "D2",  "I",
    "N0", "T0",    "T-1",   "R100",  "R-1", "Oab", "F0", "C0", "N-1", "D99", "T4294967296"};
static const char *const odd_flags[] = {
    "S3", "x",   "!",   "Tx",   "Cx",
    "Fx", "F-1", "Jx",  "D",    "M",
    "MX", "Mab", "7",   "\xff", "O12345678901234567890123456789012",
    "N",  "R",   "C-1", "T1x",  "bb",
    "vv", "q1"};

static const char long_key[] =
    "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
    "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
    "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
    "kkkkkkkkkk";

static const char *space(struct pair *p)
{
    return below(p, 50) == 0 ? "  " : " ";
}

static void add_key(struct pair *p)
{
    text_add_string(&p->sent, space(p));
    unsigned chance = below(p, 400);
    text_add_string(&p->sent, chance < 2 ? long_key : PICK(p, keys));
    if (chance == 0)
        text_add_string(&p->sent, "k");
}

static void add_word(struct pair *p, const char *usual)
{
    text_add_string(&p->sent, space(p));
    text_add_string(&p->sent, below(p, 60) == 0 ? PICK(p, odd_words) : usual);
}

static void end_line(struct pair *p)
{
    if (below(p, 80) == 0)
        text_add_string(&p->sent, " extra");
    if (below(p, 100) == 0)
        text_add_string(&p->sent, " ");
    text_add_string(&p->sent, below(p, 30) == 0 ? "\n" : "\r\n");
}

static void add_noreply(struct pair *p)
{
    if (below(p, 6) == 0)
        text_add_string(&p->sent, " noreply");
    end_line(p);
}

/* A cas unique that may be right. */
static void add_cas(struct pair *p, const char *before)
{
    uint64_t last = p->served.serve.cache.last_cas, back = below(p, 6);
    text_print(&p->sent, "%s%llu", before, (unsigned long long)(last > back ? last - back : 1));
}

static void add_value(struct pair *p, const char *value, size_t size)
{
    text_add(&p->sent, value, size);
    text_add_string(&p->sent, below(p, 100) == 0 ? "\n\n" : "\r\n");
}

/* About the largest value, rarely. */
static bool is_large(struct pair *p)
{
    return below(p, 3000) == 0;
}

static void add_large(struct pair *p, size_t size)
{
    char *value = suite_allocate(size);
    memset(value, 'v', size);
    add_value(p, value, size);
    free(value);
}

static void put_storage(struct pair *p, const char *command)
{
    const char *value = PICK(p, values);
    char size[24];
    size_t len = is_large(p) ? 1048506 + below(p, 14) : strlen(value);
    snprintf(size, sizeof size, "%zu", below(p, 200) == 0 ? len + 1 : len);
    if (len > 1000) {
        bool cas = strcmp(command, "cas") == 0;
        text_print(&p->sent, "%s a 1 0 %zu%s\r\n", command, len, cas ? " 1" : "");
        add_large(p, len);
        return;
    }
    text_add_string(&p->sent, command);
    add_key(p);
    add_word(p, PICK(p, flag_words));
    add_word(p, PICK(p, times));
    add_word(p, size);
    if (strcmp(command, "cas") == 0)
        add_cas(p, " ");
    add_noreply(p);
    add_value(p, value, len);
}

static void put_get(struct pair *p, const char *command)
{
    text_add_string(&p->sent, command);
    if (command[1] == 'a')
        add_word(p, PICK(p, times));
    for (unsigned n = below(p, 20) == 0 ? below(p, 40) : 1 + below(p, 3); n > 0; n--)
        add_key(p);
    end_line(p);
}

static void put_delete(struct pair *p)
{
    text_add_string(&p->sent, "delete");
    add_key(p);
    if (below(p, 5) == 0)
        add_word(p, "0");
    add_noreply(p);
}

static void put_number(struct pair *p, const char *command)
{
    text_add_string(&p->sent, command);
    add_key(p);
    add_word(p, PICK(p, numbers));
    add_noreply(p);
}

static void put_touch(struct pair *p)
{
    text_add_string(&p->sent, "touch");
    add_key(p);
    add_word(p, PICK(p, times));
    add_noreply(p);
}

static void put_flush(struct pair *p)
{
    static const char *const delays[] = {"0", "5000", "-1", "2592001"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        text_print(&p->sent, "get %s ABC %s\r\n", keys[k], long_key);
    text_add_string(&p->sent, "flush_all");
    if (below(p, 2) == 0)
        add_word(p, PICK(p, delays));
    add_noreply(p);
}

/* Different flags, most of the time. */
static void add_flags(struct pair *p)
{
    bool used[128] = {false};
    for (unsigned n = below(p, 60) == 0 ? 30 : below(p, 6); n > 0; n--) {
        const char *flag = below(p, 60) == 0 ? PICK(p, odd_flags) : PICK(p, flags);
        unsigned letter = (unsigned char)flag[0];
        if (letter < 128 && used[letter] && below(p, 60) != 0)
            continue;
        used[letter & 127] = true;
        if (flag[0] == 'C' && below(p, 2) == 0)
            add_cas(p, " C");
        else
            text_print(&p->sent, "%s%s", space(p), flag);
    }
}

static void put_meta(struct pair *p, const char *command)
{
    text_add_string(&p->sent, command);
    if (below(p, 100) != 0)
        add_key(p);
    add_flags(p);
    end_line(p);
}

static void put_ms(struct pair *p)
{
    const char *value = PICK(p, values);
    char size[24];
    size_t len = is_large(p) ? 1048506 + below(p, 14) : strlen(value);
    snprintf(size, sizeof size, "%zu", below(p, 200) == 0 ? len + 1 : len);
    if (len > 1000) {
        text_print(&p->sent, "ms a %zu c\r\n", len);
        add_large(p, len);
        return;
    }
    text_add_string(&p->sent, "ms");
    add_key(p);
    add_word(p, size);
    add_flags(p);
    end_line(p);
    add_value(p, value, len);
}

static const char *const other_lines[] = {"",
                                          "jump",
                                          "GET a",
                                          "mx a",
                                          "m",
                                          "get",
                                          "gets",
                                          "gat",
                                          "gat 5000",
                                          "set a 0 0",
                                          "mg",
                                          "ms",
                                          "ms a",
                                          "md",
                                          "ma",
                                          "me",
                                          "mn",
                                          "mn a b",
                                          "verbosity",
                                          "verbosity 1",
                                          "touch a",
                                          "verbosity x",
                                          "incr a",
                                          "delete",
                                          "delete a 5",
                                          "shutdown",
                                          "delete a 0 0 0",
                                          "stats nothing",
                                          "stats reset",
                                          "goo HTTP/1.1",
                                          "touch",
                                          "incr a 1 2 3",
                                          "flush_all soon",
                                          "quit",
                                          "PUT / HTTP/1.1",
                                          "flush_all 1 2 3",
                                          "cas a 0 0 1",
                                          "verbosity 1 noreply",
                                          "x HTTP/1",
                                          "bget a",
                                          "refresh_certs",
                                          "version HTTP/",
                                          "cache_memlimit 1",
                                          "cache_memlimit x"};

static void put_other(struct pair *p)
{
    text_add_string(&p->sent, PICK(p, other_lines));
    text_add_string(&p->sent, below(p, 20) == 0 ? "\n" : "\r\n");
    if (strncmp(p->sent.data, "version", 7) == 0)
        text_clear(&p->sent);
}

static void put_command(struct pair *p)
{
    static const char *const stores[] = {"set", "set",    "set",     "add",
                                         "cas", "append", "prepend", "replace"};
    static const char *const gets[] = {"get", "get", "gets", "gat", "gats"};
    static const char *const metas[] = {"mg", "mg", "mg", "ma", "ma", "md", "me"};
    static const char *const counts[] = {"incr", "decr"};
    text_clear(&p->sent);
    unsigned kind = below(p, 100);
    if (kind < 22)
        put_storage(p, PICK(p, stores));
    else if (kind < 38)
        put_get(p, PICK(p, gets));
    else if (kind < 48)
        put_number(p, PICK(p, counts));
    else if (kind < 52)
        put_delete(p);
    else if (kind < 56)
        put_touch(p);
    else if (kind < 57)
        put_flush(p);
    else if (kind < 80)
        put_meta(p, PICK(p, metas));
    else if (kind < 95)
        put_ms(p);
    else
        put_other(p);
}

/* ---- both servers -------------------------------------------------------------------------- */

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_bytes(int fd, const struct text *bytes)
{
    for (size_t sent = 0; sent < bytes->len;) {
        ssize_t n = send(fd, bytes->data + sent, bytes->len - sent, MSG_NOSIGNAL);
        ck_assert_int_gt(n, 0);
        sent += (size_t)n;
    }
}

static bool ends_with(const struct text *text, const char *end)
{
    size_t len = strlen(end);
    return text->len >= len && memcmp(text->data + text->len - len, end, len) == 0;
}

/* Removes the digits of seconds: t5000 l3 exp=-5000 la=3. */
static void remove_seconds(const struct text *from, struct text *to)
{
    static const char *const names[] = {" t", " l", " exp=-", " la="};
    text_clear(to);
    for (size_t i = 0; i < from->len;) {
        size_t digits = 0, skip = 0;
        for (size_t k = 0; k < sizeof names / sizeof *names && digits == 0; k++) {
            skip = strlen(names[k]);
            if (from->len - i > skip && memcmp(from->data + i, names[k], skip) == 0)
                digits = strspn(from->data + i + skip, "0123456789");
        }
        size_t n = digits > 0 ? skip : 1;
        text_add(to, from->data + i, n);
        i += n + digits;
    }
}

static bool is_same(const struct text *a, const struct text *b)
{
    struct text one = {0}, two = {0};
    remove_seconds(a, &one);
    remove_seconds(b, &two);
    bool same = text_same(&one, &two);
    text_free(&one);
    text_free(&two);
    return same;
}

/* Seconds that have passed may have a digit less. */
static bool is_whole(const struct pair *p, const struct text *expected)
{
    return p->heard.len >= expected->len ||
           (ends_with(&p->heard, "MN\r\n") && is_same(expected, &p->heard));
}

/* Receives as much as was expected; everything, when the server was to close. */
static void hear(struct pair *p, int connection, const struct text *expected, bool closes)
{
    static char data[65536];
    text_clear(&p->heard);
    while (closes || !is_whole(p, expected)) {
        struct pollfd ready = {.fd = p->fds[connection], .events = POLLIN};
        ssize_t n =
            poll(&ready, 1, PATIENCE_MS) > 0 ? recv(p->fds[connection], data, sizeof data, 0) : 0;
        if (n <= 0)
            return;
        text_add(&p->heard, data, (size_t)n);
    }
}

static void report(struct pair *p, unsigned long number, const struct text *expected)
{
    struct text message = {0};
    text_print(&message, "seed %llu, command %lu: ", (unsigned long long)seed, number);
    text_escape(&message, p->sent.data, p->sent.len < 600 ? p->sent.len : 600);
    text_add_string(&message, "\nmemcached: ");
    text_escape(&message, p->heard.data, p->heard.len < 600 ? p->heard.len : 600);
    text_add_string(&message, "\nserve: ");
    text_escape(&message, expected->data, expected->len < 600 ? expected->len : 600);
    text_add_string(&message, "\nbefore:\n");
    text_escape(&message, p->history.data, p->history.len);
    ck_abort_msg("%s", text_string(&message));
}

/* Keeps the latest commands for a report. */
static void remember(struct pair *p)
{
    if (p->history.len > 1200)
        text_clear(&p->history);
    if (p->sent.len < 600)
        text_add(&p->history, p->sent.data, p->sent.len);
}

static void reopen(struct pair *p, int connection)
{
    close(p->fds[connection]);
    p->fds[connection] = connect_to(p->live.path);
    served_again(&p->served, connection);
}

static void compare_command(struct pair *p, unsigned long number)
{
    static const size_t pieces[] = {1, 7, 100, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    int connection = (int)below(p, CONNECTIONS);
    struct text *said = &p->served.said[connection];
    put_command(p);
    text_add_string(&p->sent, "mn\r\n");
    size_t piece = p->sent.len < 10000 ? PICK(p, pieces) : SIZE_MAX;
    const struct mc_bytes bytes = {p->sent.data, p->sent.len};
    text_clear(said);
    mc_serve_clock(&p->served.serve, (uint64_t)time(NULL));
    served_feed(&p->served, connection, bytes, piece, below(p, 4) == 0 ? 11 : 65536);
    bool closes = p->served.closed[connection];
    send_bytes(p->fds[connection], &p->sent);
    hear(p, connection, said, closes);
    if (!is_same(said, &p->heard))
        report(p, number, said);
    remember(p);
    if (closes)
        reopen(p, connection);
}

START_TEST(answers_as_memcached_does)
{
    struct pair p = {.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    if (strcmp(live_version(), "1.6.18") != 0) {
        printf("not compared: this is memcached %s\n", live_version());
        return;
    }
    live_start(&p.live, LIVE_UNIX, "-o no_lru_maintainer,no_lru_crawler", NULL);
    served_start(&p.served, SERVED_SIZE, (uint64_t)time(NULL));
    for (int i = 0; i < CONNECTIONS; i++)
        p.fds[i] = connect_to(p.live.path);
    for (unsigned long k = 0; k < commands; k++)
        compare_command(&p, k);
    for (int i = 0; i < CONNECTIONS; i++)
        close(p.fds[i]);
    served_end(&p.served);
    live_end(&p.live);
    text_free(&p.heard);
    text_free(&p.sent);
    text_free(&p.history);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        commands = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    const struct suite_test tests[] = {{answers_as_memcached_does, 1}};
    return suite_run("serve_live", tests, 1);
}
