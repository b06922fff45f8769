/* Random commands, right and wrong, on several connections, while time passes: the small memcached has
 * to answer each byte, and write each line of its log, as memcached 1.6.18 does, which is started with
 * a clock that stands still until it is told (libfaketime). Arguments: how many commands, and a seed. src/learn/DIFFERENCES.md lists
 * what is not generated, and why. */
#include "live.h"
#include "served.h"
#include "suite.h"
#include "tally.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    CONNECTIONS = 4,
    WATCHER = CONNECTIONS, /* the client of the small memcached that watches its log */
    COMMANDS = 10000,
    LOGGED = 200000, /* the commands whose lines in the log are compared: that takes its time */
    BATCH_MAX = 16,
    PATIENCE_MS = 60000,
    LOG_AHEAD = 16384, /* bytes of a log that memcached is still to write: it keeps 64 KiB, and what
                       * finds no room is lost (worker_logbuf_size changes the classes of 1.6.18) */
    NOW = 1767225600
};

static const struct mc_bytes watching = {"watch fetchers mutations\r\n", 26};
static unsigned long commands = COMMANDS;
static uint64_t seed = 1;

/* A connection to both servers. */
struct line {
    int file;
    struct text rest; /* what is still to be sent */
};

struct pair {
    struct live live;
    struct served served;
    struct line lines[CONNECTIONS];
    int control; /* a connection to memcached that stores nothing */
    int watcher; /* one that watches its log */
    struct text log;
    char folder[FOLDER_SIZE];
    uint64_t now;
    struct text heard, sent, batch, history;
    bool reads;     /* the batch has a retrieval */
    uint64_t state; /* of the random numbers */
    unsigned long done, advanced, logged;
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

static const char *const keys[] = {"a",    "b",   "n",        "n",    "num",    "Zm9v",
                                   "QUJD", "foo", "\xc3\xa9", "QUJ=", "Q-Q_F=", "A==="};
static const char *const flag_words[] = {"0", "0", "0", "1", "4294967295", "4294967301", "007"};
static const char *const times[] = {
    "0",       "0",       "0",          "0",          "1",          "2",
    "5",       "60",      "5000",       "-1",         "-100",       "+0",
    "2592001", "2592000", "4000000000", "1767225600", "1767230000", "1767225599"};
static const char *const numbers[] = {"1",          "1",   "5", "10", "99", "0", "9007199254740993",
                                      "9999999999", "007", "+3"};
static const char *const odd_words[] = {"x",  "-1", "1x", "18446744073709551616", "noreply",
                                        "\t", "-",  "+",  "99999999999999999999", "1\t"};
static const char *const values[] = {"",     "1", "9",  "99",  "abc",  "10   ", "  7",
                                     "12 x", "-", "-5", "+12", "1\t2", "END",   "9007199254740993"};
static const char *const flags[] = {
    "b",   "N5000", "T5000", "R6000", "l",   "O1",          "P1",  "L1",   "k",
    "s",   "t",     "c",     "f",     "v",   "v",           "h",   "u",    "q",
    "q",   "F5",    "C1",    "MS",    "ME",  "MA",          "MP",  "MR",   "MI",
    "MD",  "M+",    "M-",    "J13",   "D2",  "I",           "N0",  "N3",   "T0",
    "T2",  "T9",    "T70",   "R5",    "R50", "T1767226000", "T-1", "R100", "R-1",
    "Oab", "F0",    "C0",    "N-1",   "D99", "T4294967296"};
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
    if (below(p, 40) == 0)
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
    static const char *const delays[] = {"0",    "1",  "3",       "70",
                                         "5000", "-1", "2592001", "1767229000"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        text_print(&p->sent, "get %s ABC AB A\x01 %s\r\n", keys[k], long_key);
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
                                          "lru tune 10 20 0.1 2.5",
                                          "lru tune 90 1 1 1",
                                          "lru tune 1 1 1 -1e3 x",
                                          "lru mode flat",
                                          "lru",
                                          "watch birds",
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

static void send_bytes(int fd, struct mc_bytes bytes)
{
    for (size_t sent = 0; sent < bytes.len;) {
        ssize_t n = send(fd, bytes.data + sent, bytes.len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            ck_abort_msg("send: %s", strerror(errno));
        sent += (size_t)n;
    }
}

/* Receives so many bytes, or all that come before the end. */
static void hear(struct pair *p, int fd, size_t size)
{
    static char data[65536];
    text_clear(&p->heard);
    while (p->heard.len < size) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        ssize_t n = poll(&ready, 1, PATIENCE_MS) > 0 ? recv(fd, data, sizeof data, 0) : 0;
        if (n <= 0)
            return;
        text_add(&p->heard, data, (size_t)n);
    }
}

/* Returns when memcached has read what was sent before on the connections that it knows: it has one
 * thread for all of them. */
static void await_reading(struct pair *p, int fd)
{
    send_bytes(fd, MC_BYTES("mn\r\n"));
    hear(p, fd, 4);
    ck_assert_str_eq(text_string(&p->heard), "MN\r\n");
}

static void report(struct pair *p, const struct text *expected)
{
    struct text message = {0};
    text_print(&message, "seed %llu, before command %lu: ", (unsigned long long)seed, p->done);
    text_escape(&message, p->batch.data, p->batch.len < 900 ? p->batch.len : 900);
    text_add_string(&message, "\nmemcached: ");
    text_escape(&message, p->heard.data, p->heard.len < 900 ? p->heard.len : 900);
    text_add_string(&message, "\nserve: ");
    text_escape(&message, expected->data, expected->len < 900 ? expected->len : 900);
    text_add_string(&message, "\nbefore:\n");
    text_add(&message, p->history.data, p->history.len);
    ck_abort_msg("%s", text_string(&message));
}

/* Keeps the latest bytes for a report. */
static void remember(struct pair *p, const char *whose, struct mc_bytes bytes)
{
    if (p->history.len > 2500) {
        memmove(p->history.data, p->history.data + 1200, p->history.len - 1199);
        p->history.len -= 1200;
    }
    text_print(&p->history, "\n%s: ", whose);
    text_escape(&p->history, bytes.data, bytes.len < 600 ? bytes.len : 600);
}

/* ---- time ---------------------------------------------------------------------------------- */

static void name_file(const struct pair *p, const char *name, char path[FOLDER_SIZE + 8])
{
    snprintf(path, FOLDER_SIZE + 8, "%s/%s", p->folder, name);
}

/* Under its name the file is always whole. */
static void write_time(const struct pair *p)
{
    char fresh[FOLDER_SIZE + 8], path[FOLDER_SIZE + 8];
    name_file(p, "fresh", fresh);
    name_file(p, "time", path);
    FILE *file = fopen(fresh, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%llu\n", (unsigned long long)p->now);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(rename(fresh, path), 0);
}

/* A new connection wakes the thread that looks at the clock. */
static bool knows_time(struct pair *p)
{
    char line[40];
    close(connect_to(p->live.path));
    send_bytes(p->control, MC_BYTES("stats\r\n"));
    hear(p, p->control, 1);
    while (strstr(text_string(&p->heard), "END\r\n") == NULL) {
        struct text before = p->heard;
        p->heard = (struct text){0};
        hear(p, p->control, 1);
        text_add(&before, p->heard.data, p->heard.len);
        text_free(&p->heard);
        p->heard = before;
    }
    snprintf(line, sizeof line, "STAT time %llu\r\n", (unsigned long long)p->now);
    return strstr(text_string(&p->heard), line) != NULL;
}

static void advance(struct pair *p)
{
    static const unsigned steps[] = {1, 1, 1, 2, 3, 4, 5, 10, 58, 60, 61, 100, 5000};
    p->now += PICK(p, steps);
    p->advanced++;
    write_time(p);
    mc_serve_clock(&p->served.serve, p->now);
    int tries = 0;
    while (!knows_time(p))
        ck_assert_int_lt(++tries, 100000);
    remember(p, "time passes", MC_BYTES(""));
}

/* What is loaded into memcached to give it another clock, as the command faketime does; "" when that
 * is not installed. */
static void ask_for_clock(char *path, size_t size)
{
    path[0] = '\0';
    // NOLINTNEXTLINE(cert-env33-c): a fixed command
    FILE *said = popen("exec 2>&-; faketime -m -f +0 printenv LD_PRELOAD", "r");
    if (said == NULL)
        return;
    path[fread(path, 1, size - 1, said)] = '\0';
    path[strcspn(path, ": \n")] = '\0';
    if (pclose(said) != 0)
        path[0] = '\0';
}

/* Asks again: a process with the same number may have left a semaphore, at which faketime fails. */
static void find_clock(char *path, size_t size)
{
    path[0] = '\0';
    for (int tries = 0; tries < 5 && path[0] == '\0'; tries++)
        ask_for_clock(path, size);
}

static void start_memcached(struct pair *p, const char *clock)
{
    char path[FOLDER_SIZE + 8];
    folder_make(p->folder);
    name_file(p, "time", path);
    p->now = NOW;
    write_time(p);
    setenv("FAKETIME_TIMESTAMP_FILE", path, 1);
    setenv("FAKETIME_FMT", "%s", 1);
    setenv("FAKETIME_NO_CACHE", "1", 1);
    setenv("LD_PRELOAD", clock, 1);
    live_start(&p->live, LIVE_UNIX,
               "-t 1 -o no_lru_maintainer,no_lru_crawler,watcher_logbuf_size=16384", NULL);
    unsetenv("LD_PRELOAD");
    p->control = connect_to(p->live.path);
    p->watcher = connect_to(p->live.path);
    send_bytes(p->watcher, watching);
    hear(p, p->watcher, 4);
    ck_assert_str_eq(text_string(&p->heard), "OK\r\n");
}

static void end_memcached(struct pair *p)
{
    char path[FOLDER_SIZE + 8];
    close(p->control);
    live_end(&p->live);
    name_file(p, "time", path);
    unlink(path);
    rmdir(p->folder);
}

/* ---- the log ------------------------------------------------------------------------------- */

/* Receives what the log of memcached has, or, if it has to, waits for more. */
static void hear_log(struct pair *p, bool waits)
{
    static char data[65536];
    struct pollfd ready = {.fd = p->watcher, .events = POLLIN};
    if (poll(&ready, 1, waits ? PATIENCE_MS : 0) <= 0) {
        ck_assert(!waits);
        return;
    }
    ssize_t n = recv(p->watcher, data, sizeof data, 0);
    ck_assert_int_gt(n, 0);
    text_add(&p->log, data, (size_t)n);
}

/* memcached may have freed such an item already. */
static void forget_item(char *status)
{
    static const char gone[] = "not_found clsid=0 size=0\n";
    if (strncmp(status, "flushed", 7) == 0 || strncmp(status, "expired", 7) == 0)
        memcpy(status, gone, sizeof gone);
}

/* Takes the first line of a log, without what differs from server to server: the time, the number of
 * the line, the connection, and the class of an item that there is not. */
static bool take_line(struct text *log, struct text *line)
{
    const char *end = log->len > 0 ? memchr(log->data, '\n', log->len) : NULL;
    if (end == NULL)
        return false;
    size_t len = (size_t)(end - log->data) + 1;
    text_clear(line);
    text_add(line, log->data, len);
    text_drop(log, len);
    char *type = strstr(line->data, " type="), *class = strstr(line->data, " clsid=");
    char *file = strstr(line->data, " cfd="), *size = strstr(line->data, " size=");
    ck_assert_msg(type != NULL && class != NULL && file != NULL && size != NULL, "%s", line->data);
    char *rest = strstr(line->data, "status=too_large") != NULL ? class : file;
    memmove(rest, size, strlen(size) + 1);
    memmove(line->data, type, strlen(type) + 1);
    forget_item(strstr(line->data, "status=") + 7);
    line->len = strlen(line->data);
    return true;
}

static void compare_lines(struct pair *p)
{
    struct text *ours = &p->served.said[WATCHER], line = {0}, said = {0};
    while (memchr(text_string(ours), '\n', ours->len) != NULL && take_line(&p->log, &line)) {
        take_line(ours, &said);
        p->logged++;
        if (!text_same(&line, &said))
            ck_abort_msg("seed %llu, command %lu, line %lu of the log\nmemcached:%sserve:%s\n%s",
                         (unsigned long long)seed, p->done, p->logged, line.data, said.data,
                         text_string(&p->history));
    }
    text_free(&line);
    text_free(&said);
}

/* The lines of memcached come later than its answers: until both logs have the same, or nearly so. */
static void compare_logs(struct pair *p, size_t ahead)
{
    hear_log(p, false);
    compare_lines(p);
    while (p->served.said[WATCHER].len > ahead) {
        hear_log(p, true);
        compare_lines(p);
    }
}

static void end_logs(struct pair *p)
{
    compare_logs(p, 0);
    ck_assert_uint_eq(p->log.len, 0);
    close(p->watcher);
    p->watcher = -1;
    served_again(&p->served, WATCHER);
}

/* ---- comparing ----------------------------------------------------------------------------- */

static void open_line(struct pair *p, int connection)
{
    p->lines[connection].file = connect_to(p->live.path);
    await_reading(p, p->lines[connection].file);
}

static void reopen(struct pair *p, int connection)
{
    close(p->lines[connection].file);
    open_line(p, connection);
    served_again(&p->served, connection);
}

/* Gives bytes to both. */
static void give(struct pair *p, int connection, struct mc_bytes bytes)
{
    static const size_t pieces[] = {1, 7, 100, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    char name[] = {(char)('1' + connection), '\0'};
    remember(p, name, bytes);
    size_t piece = bytes.len < 10000 ? PICK(p, pieces) : SIZE_MAX;
    served_feed(&p->served, connection, bytes, piece, below(p, 4) == 0 ? 11 : 65536);
    send_bytes(p->lines[connection].file, bytes);
}

static void compare_answers(struct pair *p, int connection)
{
    struct text *said = &p->served.said[connection];
    bool closes = p->served.closed[connection];
    hear(p, p->lines[connection].file, closes ? SIZE_MAX : said->len);
    if (!text_same(said, &p->heard))
        report(p, said);
    text_clear(said);
    if (closes)
        reopen(p, connection);
}

/* True for a command whose answer depends on what is in the same packet: memcached drops the answers
 * before a get with a key that is too long, and before the line of a browser, writes a number elsewhere
 * while the item is being sent, and refuses watch. */
static bool wants_packet(const struct pair *p)
{
    const char *sent = text_string(&p->sent);
    bool counts = strncmp(sent, "incr", 4) == 0 || strncmp(sent, "decr", 4) == 0 ||
                  strncmp(sent, "ma", 2) == 0;
    return p->sent.len > 1000 || strstr(sent, "kkkkkkkk") != NULL ||
           strstr(sent, "HTTP/") != NULL || strncmp(sent, "watch", 5) == 0 || (counts && p->reads);
}

/* Commands that are sent together. The one that has to be the first of a packet is kept in p->sent
 * for the next one. */
static void make_batch(struct pair *p)
{
    unsigned count = 1 + below(p, BATCH_MAX);
    text_clear(&p->batch);
    p->reads = false;
    do {
        if (p->sent.len == 0)
            put_command(p);
        if (p->batch.len > 0 && wants_packet(p))
            break;
        const char *sent = text_string(&p->sent);
        p->reads = p->reads || sent[0] == 'g' || strncmp(sent, "mg", 2) == 0;
        text_add(&p->batch, p->sent.data, p->sent.len);
        p->done++;
        text_clear(&p->sent);
    } while (--count > 0 && p->batch.len < 8000);
    text_add_string(&p->batch, "mn\r\n");
}

/* Sometimes a client stops in the middle, and others go on; but memcached keeps the answers that
 * precede a value which is not whole, and holds their items. */
static void send_batch(struct pair *p, int connection)
{
    struct line *line = &p->lines[connection];
    const struct mc_bytes all = {p->batch.data, p->batch.len};
    if (all.len > 10000 || p->reads || below(p, 8) != 0) {
        give(p, connection, all);
        compare_answers(p, connection);
        return;
    }
    size_t n = below(p, (unsigned)all.len);
    const struct mc_bytes first = {all.data, n};
    text_add(&line->rest, all.data + n, all.len - n);
    give(p, connection, first);
    await_reading(p, p->control);
    if (p->served.closed[connection]) {
        text_clear(&line->rest);
        compare_answers(p, connection);
    }
}

static void go_on(struct pair *p)
{
    int connection = (int)below(p, CONNECTIONS);
    struct line *line = &p->lines[connection];
    if (below(p, 40) == 0)
        advance(p);
    if (line->rest.len == 0) {
        make_batch(p);
        send_batch(p, connection);
        return;
    }
    const struct mc_bytes rest = {line->rest.data, line->rest.len};
    text_clear(&p->batch);
    text_add(&p->batch, rest.data, rest.len);
    give(p, connection, rest);
    text_clear(&line->rest);
    compare_answers(p, connection);
}

static void tell_reached(const struct pair *p)
{
    char done[TALLY_SIZE], advanced[TALLY_SIZE], logged[TALLY_SIZE];
    printf(
        "# reached: 14. the small memcached | random commands, right and wrong, on %d connections, "
        "while time passes in %s steps: the same bytes as from memcached 1.6.18, and the same %s "
        "lines of the log | %s commands\n",
        CONNECTIONS, tally_text(p->advanced, advanced), tally_text(p->logged, logged),
        tally_text(p->done, done));
}

START_TEST(answers_as_memcached_does)
{
    struct pair p = {.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    char clock[200];
    find_clock(clock, sizeof clock);
    if (strcmp(live_version(), "1.6.18") != 0 || clock[0] == '\0') {
        printf("skipped: memcached %s, %s\n", live_version(),
               clock[0] != '\0' ? "which is another version" : "and libfaketime is missing");
        return;
    }
    start_memcached(&p, clock);
    served_start(&p.served, SERVED_SIZE, p.now);
    for (int i = 0; i < CONNECTIONS; i++)
        open_line(&p, i);
    served_feed(&p.served, WATCHER, watching, SIZE_MAX, LOG_AHEAD);
    text_clear(&p.served.said[WATCHER]);
    while (p.done < commands) {
        go_on(&p);
        if (p.watcher >= 0)
            compare_logs(&p, LOG_AHEAD);
        if (p.watcher >= 0 && p.done >= LOGGED)
            end_logs(&p);
    }
    if (p.watcher >= 0)
        end_logs(&p);
    tell_reached(&p);
    for (int i = 0; i < CONNECTIONS; i++) {
        close(p.lines[i].file);
        text_free(&p.lines[i].rest);
    }
    served_end(&p.served);
    end_memcached(&p);
    text_free(&p.log);
    text_free(&p.heard);
    text_free(&p.sent);
    text_free(&p.batch);
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
