/* Speaks to a server that need not be memcached: asks what it should know, and prints TAP.
 * usage: speak ADDRESS GROUP...: the groups are listed at the end. */
#include "server.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 20000, LARGE = 200000, MANY = 100 };

static struct mc_server server;
static char buf[2048], sent[LARGE], got[LARGE];
static int cases, failures;

static const struct mc_bytes k = {"speak:k", 7}, n = {"speak:n", 7}, none = {"speak:none", 10};

/* One case: the result that is expected, and the one that came. */
static void expect(const char *name, bool ok, int result)
{
    cases++;
    failures += ok ? 0 : 1;
    printf("%s %d - %s\n", ok ? "ok" : "not ok", cases, name);
    if (!ok)
        printf("# result %d, the server's words: %.*s\n", result, (int)server.client.text.len,
               server.client.text.data);
}

static void expect_store(const char *name, const struct mc_command *command, const char *value,
                         uint64_t cas, int result)
{
    const struct mc_item item = {.key = k, .flags = 7, .cas = cas, .value = mc_string(value)};
    int r = mc_server_store(&server, command, &item);
    expect(name, r == result, r);
}

static void expect_value(const char *name, const char *text)
{
    struct mc_value value = {.buf = got, .cap = sizeof got};
    int r = mc_server_get(&server, k, &value);
    expect(name, r == MC_HIT && value.len == strlen(text) && memcmp(got, text, value.len) == 0, r);
}

/* ---- what every server knows ----------------------------------------------------------------- */

static void ask_storage(void)
{
    struct mc_value value = {.buf = got, .cap = sizeof got};
    expect_store("set", &mc_command_set, "b", 0, MC_STORED);
    expect_store("add of what is there", &mc_command_add, "x", 0, MC_NOT_STORED);
    expect_store("append", &mc_command_append, "c", 0, MC_STORED);
    expect_store("prepend", &mc_command_prepend, "a", 0, MC_STORED);
    expect_value("get", "abc");
    int r = mc_server_gets(&server, k, &value);
    expect("gets", r == MC_HIT && value.cas != 0 && value.flags == 7, r);
    expect_store("cas with another number", &mc_command_cas, "x", value.cas + 1000, MC_EXISTS);
    expect_store("cas", &mc_command_cas, "END\r\n", value.cas, MC_STORED);
    expect_value("a value like an end", "END\r\n");
    expect_store("replace", &mc_command_replace, "", 0, MC_STORED);
    expect_value("an empty value", "");
    r = mc_server_delete(&server, k);
    expect("delete", r == MC_DELETED, r);
    r = mc_server_delete(&server, k);
    expect("delete of what is not there", r == MC_NOT_FOUND, r);
    r = mc_server_get(&server, none, &value);
    expect("a miss", r == MC_MISS, r);
}

static void ask_arithmetic(void)
{
    uint64_t number = 0;
    int r = mc_server_set(&server, n, MC_BYTES("5"), 0);
    expect("set a number", r == MC_STORED, r);
    r = mc_server_incr(&server, n, 10, &number);
    expect("incr", r == MC_NUMBER && number == 15, r);
    r = mc_server_decr(&server, n, 20, &number);
    expect("decr stops at 0", r == MC_NUMBER && number == 0, r);
    r = mc_server_incr(&server, none, 1, &number);
    expect("incr of what is not there", r == MC_NOT_FOUND, r);
    r = mc_server_touch(&server, n, 60);
    expect("touch", r == MC_TOUCHED, r);
    r = mc_server_touch(&server, none, 60);
    expect("touch of what is not there", r == MC_NOT_FOUND, r);
}

static void ask_sizes(void)
{
    static const size_t sizes[] = {1, 1023, 1024, 16384, 65536, LARGE};
    for (size_t i = 0; i < LARGE; i++)
        sent[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mc_value value = {.buf = got, .cap = sizeof got};
        char name[40];
        snprintf(name, sizeof name, "%zu bytes", sizes[i]);
        int r = mc_server_set(&server, k, (struct mc_bytes){sent, sizes[i]}, 0);
        if (r == MC_STORED)
            r = mc_server_get(&server, k, &value);
        expect(name, r == MC_HIT && value.len == sizes[i] && memcmp(sent, got, sizes[i]) == 0, r);
    }
}

/* Every third key is not there, and the first is asked for again at the end. */
static void ask_many(void)
{
    static char names[MANY][24], texts[MANY][24];
    struct mc_bytes keys[MANY];
    struct mc_value values[MANY];
    bool right = true;
    for (size_t i = 0; i < MANY; i++) {
        size_t number = i == MANY - 1 ? 1 : i;
        snprintf(names[i], sizeof names[i], "speak:%zu", number);
        keys[i] = mc_string(names[i]);
        values[i] = (struct mc_value){.buf = texts[i], .cap = sizeof texts[i]};
        if (number % 3 != 0)
            right = mc_server_set(&server, keys[i], keys[i], 0) == MC_STORED && right;
    }
    int r = mc_server_get_many(&server, keys, values, MANY);
    for (size_t i = 0; i < MANY; i++) {
        bool is_there = i % 3 != 0 || i == MANY - 1;
        right = right && values[i].result == (is_there ? MC_HIT : MC_MISS) &&
                (!is_there ||
                 (values[i].len == keys[i].len && memcmp(texts[i], names[i], keys[i].len) == 0));
    }
    expect("a get of 100 keys, some of them missing, one twice", r == 0 && right, r);
}

static void ask_classic(void)
{
    int r = mc_server_version(&server);
    expect("version", r == MC_VERSION, r);
    ask_storage();
    ask_arithmetic();
    ask_sizes();
    ask_many();
}

/* ---- what some know -------------------------------------------------------------------------- */

static void ask_gat(void)
{
    struct mc_value value = {.buf = got, .cap = sizeof got};
    expect_store("set for gat", &mc_command_set, "v", 0, MC_STORED);
    int r = mc_server_gat(&server, 60, k, &value);
    expect("gat", r == MC_HIT && value.len == 1 && got[0] == 'v', r);
    r = mc_server_gat(&server, 60, none, &value);
    expect("gat of what is not there", r == MC_MISS, r);
}

static void ask_flush(void)
{
    struct mc_value value = {.buf = got, .cap = sizeof got};
    expect_store("set for flush_all", &mc_command_set, "v", 0, MC_STORED);
    int r = mc_server_flush_all(&server, 0);
    expect("flush_all", r == MC_OK, r);
    r = mc_server_get(&server, k, &value);
    expect("nothing is left", r == MC_MISS, r);
}

static const struct mc_flag want_value[] = {{.letter = 'v'}, {.letter = 't'}};

static void ask_meta(void)
{
    struct mc_value value = {.buf = got, .cap = sizeof got};
    static const struct mc_flag ttl[] = {{.letter = 'T', .ttl = 60}};
    static const struct mc_flag add[] = {{.letter = 'v'}, {.letter = 'D', .number = 5}};
    struct mc_meta meta;
    int r = mc_server_ms(&server, n, MC_BYTES("10"), (struct mc_flags){ttl, 1}, &meta);
    expect("ms", r == MC_HD, r);
    r = mc_server_mg(&server, n, (struct mc_flags){want_value, 2}, &value, &meta);
    expect("mg", r == MC_HIT && value.len == 2 && meta.ttl > 0, r);
    r = mc_server_ma(&server, n, (struct mc_flags){add, 2}, &meta);
    expect("ma", r == MC_NUMBER && meta.number == 15, r);
    r = mc_server_md(&server, n, (struct mc_flags){0}, &meta);
    expect("md", r == MC_HD, r);
    r = mc_server_mg(&server, n, (struct mc_flags){want_value, 1}, &value, &meta);
    expect("mg of what is not there", r == MC_MISS, r);
}

/* A server without meta commands replies ERROR or closes: an error with a name, and no miss; classic
 * commands go on. */
static void ask_no_meta(void)
{
    struct mc_value value = {.buf = got, .cap = sizeof got};
    struct mc_meta meta;
    expect_store("set before a meta command", &mc_command_set, "v", 0, MC_STORED);
    int r = mc_server_mg(&server, k, (struct mc_flags){want_value, 1}, &value, &meta);
    expect("mg is refused", r == MC_ERROR || r == MC_E_CLOSED, r);
    r = mc_server_ms(&server, k, MC_BYTES("x"), (struct mc_flags){0}, &meta);
    expect("ms is refused, or not known to be done", r == MC_ERROR || r < 0, r);
    mc_server_resume(&server); /* if it closed, there is a pause */
    expect_value("classic commands go on", "v");
}

static const struct {
    const char *name;
    void (*ask)(void);
} groups[] = {{"classic", ask_classic},
              {"gat", ask_gat},
              {"flush", ask_flush},
              {"meta", ask_meta},
              {"no-meta", ask_no_meta}};

static bool ask(const char *name)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(groups[i].name, name) == 0)
            return groups[i].ask(), true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 3 || mc_server_init(&server, argv[1], buf, sizeof buf) != 0)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    server.timeout_ms = TIMEOUT_MS;
    for (int i = 2; i < argc; i++) {
        if (!ask(argv[i]))
            return 2;
    }
    mc_server_close(&server);
    printf("1..%d\n", cases);
    return failures > 0;
}
