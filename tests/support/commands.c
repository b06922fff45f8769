/* The table of commands, and the calls that run them. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

/* ---- the calls of the client ----------------------------------------------------------------- */

static struct mc_item item_of(const struct mc_op *op)
{
    return (struct mc_item){op->key, op->data, op->flags, op->exptime, op->number, op->large_flags};
}

static int client_store(struct mc_client *c, struct mc_op *op, mc_deadline d)
{
    const struct mc_item item = item_of(op);
    return mc_client_store(c, op->command, &item, d);
}

#define BY_CLIENT(name, call)                                                      \
    static int client_##name(struct mc_client *c, struct mc_op *op, mc_deadline d) \
    {                                                                              \
        (void)op;                                                                  \
        return call;                                                               \
    }

BY_CLIENT(get, mc_client_get(c, op->key, op->value, d))
BY_CLIENT(gets, mc_client_gets(c, op->key, op->value, d))
BY_CLIENT(gat, mc_client_gat(c, op->exptime, op->key, op->value, d))
BY_CLIENT(gats, mc_client_gats(c, op->exptime, op->key, op->value, d))
BY_CLIENT(delete, mc_client_delete(c, op->key, d))
BY_CLIENT(incr, mc_client_incr(c, op->key, op->number, &op->answer, d))
BY_CLIENT(decr, mc_client_decr(c, op->key, op->number, &op->answer, d))
BY_CLIENT(touch, mc_client_touch(c, op->key, op->exptime, d))
BY_CLIENT(version, mc_client_version(c, d))
BY_CLIENT(flush_all, mc_client_flush_all(c, op->exptime, d))

/* ---- and of the server ----------------------------------------------------------------------- */

static int server_store(struct mc_server *s, struct mc_op *op)
{
    const struct mc_item item = item_of(op);
    return mc_server_store(s, op->command, &item);
}

static struct mc_flags flags_of(const struct mc_op *op)
{
    return (struct mc_flags){op->meta_flags, op->meta_count};
}

#define BY_SERVER(name, call)                                       \
    static int server_##name(struct mc_server *s, struct mc_op *op) \
    {                                                               \
        (void)op;                                                   \
        return call;                                                \
    }

BY_SERVER(get, mc_server_get(s, op->key, op->value))
BY_SERVER(gets, mc_server_gets(s, op->key, op->value))
BY_SERVER(gat, mc_server_gat(s, op->exptime, op->key, op->value))
BY_SERVER(gats, mc_server_gats(s, op->exptime, op->key, op->value))
BY_SERVER(delete, mc_server_delete(s, op->key))
BY_SERVER(incr, mc_server_incr(s, op->key, op->number, &op->answer))
BY_SERVER(decr, mc_server_decr(s, op->key, op->number, &op->answer))
BY_SERVER(touch, mc_server_touch(s, op->key, op->exptime))
BY_SERVER(version, mc_server_version(s))
BY_SERVER(flush_all, mc_server_flush_all(s, op->exptime))
BY_SERVER(mg, mc_server_mg(s, op->key, flags_of(op), op->value, op->meta))
BY_SERVER(ms, mc_server_ms(s, op->key, op->data, flags_of(op), op->meta))
BY_SERVER(md, mc_server_md(s, op->key, flags_of(op), op->meta))
BY_SERVER(ma, mc_server_ma(s, op->key, flags_of(op), op->meta))
BY_SERVER(stats, mc_server_stats(s, op->key, op->sink))

/* A server that wants a login before it tells its version. */
static int ask_with_password(struct mc_server *server)
{
    server->user = MC_BYTES("ann");
    server->password = MC_BYTES("secret");
    return mc_server_version(server);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define ASKS(n, constant, client, server, line)                                                   \
    .name = (n), .command = &mc_command_##constant, .by_client = (client), .by_server = (server), \
    .request = line
#define ONE(n, line) ASKS(#n, n, client_##n, server_##n, line)
#define STORES(n, line) ASKS(#n, n, client_store, server_store, line)
#define MANY(n, constant, line) \
    .name = (n), .command = &mc_command_##constant, .request = (line), .shape = COMMAND_MANY
#define REPLY(line, letters, others, says) \
    .reply = {{line, sizeof(line) - 1}, letters, others}, .result = says
#define FLAGS(n, ...) .count = n, .flags = {__VA_ARGS__}
#define V             \
    {                 \
        .letter = 'v' \
    }
#define K             \
    {                 \
        .letter = 'k' \
    }
#define C             \
    {                 \
        .letter = 'c' \
    }
#define Q             \
    {                 \
        .letter = 'q' \
    }
#define O                                  \
    {                                      \
        .letter = 'O', .token = { "1", 1 } \
    }

#define HELLO "\r\nhello\r\n"
#define HIT REPLY("VALUE key 7 5" HELLO "END\r\n", "wkfs", " END ", MC_HIT)
#define HIT_CAS REPLY("VALUE key 7 5 99" HELLO "END\r\n", "wkfsc", " END ", MC_HIT)
#define STORED REPLY("STORED\r\n", "w", " STORED NOT_STORED ", MC_STORED)
#define ITEM "VALUE key 7 5" HELLO
#define ITEM_CAS "VALUE key 7 5 99" HELLO
#define CHANGED REPLY("13\r\n", "n", " 7 NOT_FOUND ", MC_NUMBER)

const struct command commands[] = {
    {ONE(get, "get key\r\n"), HIT},
    {ONE(gets, "gets key\r\n"), HIT_CAS},
    {ONE(gat, "gat 60 key\r\n"), HIT},
    {ONE(gats, "gats 60 key\r\n"), HIT_CAS},
    {ASKS("get, missed", get, client_get, server_get, "get key\r\n"),
     REPLY("END\r\n", "w", " END ", MC_MISS)},
    {STORES(set, "set key 7 60 5" HELLO), STORED},
    {STORES(add, "add key 7 60 5" HELLO), STORED},
    {STORES(replace, "replace key 7 60 5" HELLO), STORED},
    {STORES(append, "append key 7 60 5" HELLO), STORED},
    {STORES(prepend, "prepend key 7 60 5" HELLO), STORED},
    {STORES(cas, "cas key 7 60 5 5" HELLO),
     REPLY("STORED\r\n", "w", " STORED NOT_STORED EXISTS NOT_FOUND ", MC_STORED)},
    {ONE(delete, "delete key\r\n"), REPLY("DELETED\r\n", "w", " DELETED NOT_FOUND ", MC_DELETED)},
    {ONE(incr, "incr key 5\r\n"), CHANGED},
    {ONE(decr, "decr key 5\r\n"), CHANGED},
    {ONE(touch, "touch key 60\r\n"), REPLY("TOUCHED\r\n", "w", " TOUCHED NOT_FOUND ", MC_TOUCHED)},
    {ONE(version, "version\r\n"), REPLY("VERSION 1.6.18\r\n", "w-", " VERSION ", MC_VERSION)},
    {ONE(flush_all, "flush_all 60\r\n"), REPLY("OK\r\n", "w", " OK ", MC_OK)},
    {ASKS("stats", stats, mc_client_do, server_stats, "stats key\r\n"),
     REPLY("STAT pid 1\r\nEND\r\n", "w-", " STAT ITEM END RESET OK ", MC_END)},
    {ASKS("me", me, mc_client_do, mc_server_do, "me key\r\n"),
     REPLY("ME key exp=-1\r\n", "wk-", " ME EN ", MC_ME)},
    {ASKS("verbosity", verbosity, mc_client_do, mc_server_do, "verbosity 5\r\n"),
     REPLY("OK\r\n", "w", " OK ", MC_OK)},
    {ASKS("cache_memlimit", cache_memlimit, mc_client_do, mc_server_do, "cache_memlimit 5\r\n"),
     REPLY("OK\r\n", "w", " OK BADCLASS ", MC_OK)},
    {ASKS("mg", mg, mc_client_do, server_mg, "mg key v k c O1\r\n"),
     REPLY("VA 5 kkey c99 O1" HELLO, "wskcO", " EN ", MC_HIT), FLAGS(4, V, K, C, O)},
    {ASKS("mg of no value", mg, mc_client_do, server_mg, "mg key c\r\n"),
     REPLY("HD c99\r\n", "wc", " HD EN ", MC_HD), FLAGS(1, C)},
    {ASKS("ms", ms, mc_client_do, server_ms, "ms key 5 k O1" HELLO),
     REPLY("HD kkey O1\r\n", "wkO", " NS EX NF ", MC_HD), FLAGS(2, K, O)},
    {ASKS("md", md, mc_client_do, server_md, "md key k O1\r\n"),
     REPLY("HD kkey O1\r\n", "wkO", " NF EX ", MC_HD), FLAGS(2, K, O)},
    {ASKS("ma", ma, mc_client_do, server_ma, "ma key v k O1\r\n"),
     REPLY("VA 2 kkey O1\r\n13\r\n", "wskO", " NF NS EX ", MC_NUMBER), FLAGS(3, V, K, O)},
    {ASKS("ma of no number", ma, mc_client_do, server_ma, "ma key\r\n"),
     REPLY("HD\r\n", "w", " HD NF NS EX ", MC_HD)},
    {ASKS("quiet mg", mg, mc_client_do, server_mg, "mg key v q k O#\r\n"),
     REPLY("VA 5 kkey O#" HELLO, "wskO", "", MC_HIT), FLAGS(3, V, Q, K), .shape = COMMAND_QUIET},
    {ASKS("quiet ms", ms, mc_client_do, server_ms, "ms key 5 q O#" HELLO),
     REPLY("NS O#\r\n", "wO", "", MC_NOT_STORED), FLAGS(1, Q), .shape = COMMAND_QUIET},
    {ASKS("quiet md", md, mc_client_do, server_md, "md key q O#\r\n"),
     REPLY("EX O#\r\n", "wO", "", MC_EXISTS), FLAGS(1, Q), .shape = COMMAND_QUIET},
    {ASKS("quiet ma", ma, mc_client_do, server_ma, "ma key v q O#\r\n"),
     REPLY("VA 2 O#\r\n13\r\n", "wsO", "", MC_NUMBER), FLAGS(2, V, Q), .shape = COMMAND_QUIET},
    {MANY("get of many", get, "get"), REPLY(ITEM, "wkfs", "", MC_HIT)},
    {MANY("gets of many", gets, "gets"), REPLY(ITEM_CAS, "wkfsc", "", MC_HIT)},
    {MANY("gat of many", gat, "gat 60"), REPLY(ITEM, "wkfs", "", MC_HIT)},
    {MANY("gats of many", gats, "gats 60"), REPLY(ITEM_CAS, "wkfsc", "", MC_HIT)},
    {.name = "auth",
     .command = &mc_command_auth,
     .request = "set auth 0 0 10\r\nann secret\r\n",
     REPLY("STORED\r\n", "w", " STORED ", MC_VERSION),
     .shape = COMMAND_OTHER,
     .ask = ask_with_password},
};

const size_t commands_count = sizeof commands / sizeof commands[0];

bool command_is_write(const struct command *c)
{
    static const struct mc_command *const reads[] = {
        &mc_command_get,   &mc_command_gets, &mc_command_mg,  &mc_command_version,
        &mc_command_stats, &mc_command_me,   &mc_command_auth};
    size_t k = 0;
    while (k < sizeof reads / sizeof reads[0] && reads[k] != c->command)
        k++;
    return k == sizeof reads / sizeof reads[0];
}

void command_place(const char *text, size_t place, char placed[COMMANDS_PLACED])
{
    snprintf(placed, COMMANDS_PLACED, "%s", text);
    char *mark = strchr(placed, '#');
    if (mark != NULL)
        *mark = (char)('0' + place);
}

bool command_lie(const struct lie *lie, const struct lies_reply *reply, size_t turn,
                 struct text *told)
{
    struct lies_told lied;
    bool can = lies_tell(lie, reply, turn, &lied);
    text_clear(told);
    for (size_t k = 0; can && k < 3; k++)
        text_add(told, lied.parts[k].data, lied.parts[k].len);
    return can;
}

struct mc_op command_op(const struct command *c)
{
    return (struct mc_op){.command = c->command,
                          .key = MC_BYTES("key"),
                          .data = MC_BYTES("hello"),
                          .number = 5,
                          .flags = 7,
                          .exptime = 60,
                          .meta_flags = c->flags,
                          .meta_count = c->count};
}
