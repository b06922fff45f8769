/* The table of commands, and the calls that run them. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

int command_ask_stats(struct mc_server *server)
{
    struct mc_reply reply;
    int r;
    do {
        r = mc_server_open(server);
        if (r == 0)
            r = mc_client_stats(&server->client, (struct mc_bytes){0}, server->deadline);
        while (r >= 0 && !mc_is_final(r))
            r = mc_client_next(&server->client, &reply, server->deadline);
    } while (mc_server_again(server, r, true));
    return r;
}

/* A server that wants a login before it tells its version. */
static int ask_with_password(struct mc_server *server)
{
    server->user = MC_BYTES("ann");
    server->password = MC_BYTES("secret");
    return mc_server_version(server);
}

#define ASKED(n, v, asks) .name = (n), .verb = MC_VERB_##v, .request = asks
#define SAID(says, letters, others, comes) .reply = {says, letters, others}, .result = comes
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
#define HIT SAID("VALUE key 7 5" HELLO "END\r\n", "wkfs", " END ", MC_HIT)
#define HIT_CAS SAID("VALUE key 7 5 99" HELLO "END\r\n", "wkfsc", " END ", MC_HIT)
#define STORED SAID("STORED\r\n", "w", " STORED NOT_STORED ", MC_STORED)
#define ITEM "VALUE key 7 5" HELLO
#define ITEM_CAS "VALUE key 7 5 99" HELLO
#define EVERY_WORD                                                                                \
    " END EN STORED NOT_STORED EXISTS NOT_FOUND DELETED TOUCHED 7 OK RESET VERSION STAT ITEM HD " \
    "NS EX NF MN ME BUSY BADCLASS VALUE VA "
#define CHANGED SAID("13\r\n", "n", " 7 NOT_FOUND ", MC_NUMBER)

const struct command commands[] = {
    {ASKED("get", GET, "get key\r\n"), HIT},
    {ASKED("gets", GETS, "gets key\r\n"), HIT_CAS},
    {ASKED("gat", GAT, "gat 60 key\r\n"), HIT},
    {ASKED("gats", GATS, "gats 60 key\r\n"), HIT_CAS},
    {ASKED("get, missed", GET, "get key\r\n"), SAID("END\r\n", "w", " END ", MC_MISS)},
    {ASKED("set", SET, "set key 7 60 5" HELLO), STORED},
    {ASKED("add", ADD, "add key 7 60 5" HELLO), STORED},
    {ASKED("replace", REPLACE, "replace key 7 60 5" HELLO), STORED},
    {ASKED("append", APPEND, "append key 7 60 5" HELLO), STORED},
    {ASKED("prepend", PREPEND, "prepend key 7 60 5" HELLO), STORED},
    {ASKED("cas", CAS, "cas key 7 60 5 5" HELLO),
     SAID("STORED\r\n", "w", " STORED NOT_STORED EXISTS NOT_FOUND ", MC_STORED)},
    {ASKED("delete", DELETE, "delete key\r\n"),
     SAID("DELETED\r\n", "w", " DELETED NOT_FOUND ", MC_DELETED)},
    {ASKED("incr", INCR, "incr key 5\r\n"), CHANGED},
    {ASKED("decr", DECR, "decr key 5\r\n"), CHANGED},
    {ASKED("touch", TOUCH, "touch key 60\r\n"),
     SAID("TOUCHED\r\n", "w", " TOUCHED NOT_FOUND ", MC_TOUCHED)},
    {ASKED("version", VERSION, "version\r\n"),
     SAID("VERSION 1.6.18\r\n", "w-", " VERSION ", MC_VERSION)},
    {ASKED("flush_all", FLUSH_ALL, "flush_all 60\r\n"), SAID("OK\r\n", "w", " OK ", MC_OK)},
    {ASKED("mg", MG, "mg key v k c O1\r\n"),
     SAID("VA 5 kkey c99 O1" HELLO, "wskcO", " EN ", MC_HIT), FLAGS(4, V, K, C, O)},
    {ASKED("mg of no value", MG, "mg key c\r\n"), SAID("HD c99\r\n", "wc", " HD EN ", MC_HD),
     FLAGS(1, C)},
    {ASKED("ms", MS, "ms key 5 k O1" HELLO), SAID("HD kkey O1\r\n", "wkO", " NS EX NF ", MC_HD),
     FLAGS(2, K, O)},
    {ASKED("md", MD, "md key k O1\r\n"), SAID("HD kkey O1\r\n", "wkO", " NF EX ", MC_HD),
     FLAGS(2, K, O)},
    {ASKED("ma", MA, "ma key v k O1\r\n"),
     SAID("VA 2 kkey O1\r\n13\r\n", "wskO", " NF NS EX ", MC_NUMBER), FLAGS(3, V, K, O)},
    {ASKED("ma of no number", MA, "ma key\r\n"), SAID("HD\r\n", "w", " HD NF NS EX ", MC_HD)},
    {ASKED("quiet mg", MG, "mg key v q k O#\r\n"), SAID("VA 5 kkey O#" HELLO, "wskO", "", MC_HIT),
     FLAGS(3, V, Q, K), .shape = COMMAND_QUIET},
    {ASKED("quiet ms", MS, "ms key 5 q O#" HELLO), SAID("NS O#\r\n", "wO", "", MC_NOT_STORED),
     FLAGS(1, Q), .shape = COMMAND_QUIET},
    {ASKED("quiet md", MD, "md key q O#\r\n"), SAID("EX O#\r\n", "wO", "", MC_EXISTS), FLAGS(1, Q),
     .shape = COMMAND_QUIET},
    {ASKED("quiet ma", MA, "ma key v q O#\r\n"), SAID("VA 2 O#\r\n13\r\n", "wsO", "", MC_NUMBER),
     FLAGS(2, V, Q), .shape = COMMAND_QUIET},
    {ASKED("get of many", GET, "get"), SAID(ITEM, "wkfs", "", MC_HIT), .shape = COMMAND_MANY},
    {ASKED("gets of many", GETS, "gets"), SAID(ITEM_CAS, "wkfsc", "", MC_HIT),
     .shape = COMMAND_MANY},
    {ASKED("gat of many", GAT, "gat 60"), SAID(ITEM, "wkfs", "", MC_HIT), .shape = COMMAND_MANY},
    {ASKED("gats of many", GATS, "gats 60"), SAID(ITEM_CAS, "wkfsc", "", MC_HIT),
     .shape = COMMAND_MANY},
    {ASKED("stats", VERSION, "stats\r\n"), SAID("STAT pid 1\r\nEND\r\n", "w-", EVERY_WORD, MC_END),
     .shape = COMMAND_OTHER, .ask = command_ask_stats},
    {ASKED("auth", VERSION, "set auth 0 0 10\r\nann secret\r\n"),
     SAID("STORED\r\n", "w", " STORED ", MC_VERSION), .shape = COMMAND_OTHER,
     .ask = ask_with_password},
};

const size_t commands_count = sizeof commands / sizeof commands[0];

bool command_is_write(const struct command *c)
{
    return c->verb > MC_VERB_GATS && c->verb != MC_VERB_MG && c->verb != MC_VERB_VERSION;
}

void command_place(const char *text, size_t place, char placed[COMMANDS_PLACED])
{
    snprintf(placed, COMMANDS_PLACED, "%s", text);
    char *mark = strchr(placed, '#');
    if (mark != NULL)
        *mark = (char)('0' + place);
}

struct mc_pipeline_op command_op(const struct command *c)
{
    return (struct mc_pipeline_op){.verb = c->verb,
                                   .key = MC_BYTES("key"),
                                   .data = MC_BYTES("hello"),
                                   .number = 5,
                                   .flags = 7,
                                   .exptime = 60,
                                   .meta_flags = c->flags,
                                   .meta_count = c->count};
}

int command_ask_client(struct mc_client *c, struct mc_pipeline_op *op, mc_deadline d)
{
    const struct mc_item item = {op->key,     op->data,   op->flags,
                                 op->exptime, op->number, op->large_flags};
    const struct mc_flag *f = op->meta_flags;
    size_t n = op->meta_count;
    switch (op->verb) {
    case MC_VERB_GET: return mc_client_get(c, op->key, &op->value, d);
    case MC_VERB_GETS: return mc_client_gets(c, op->key, &op->value, d);
    case MC_VERB_GAT: return mc_client_gat(c, op->exptime, op->key, &op->value, d);
    case MC_VERB_GATS: return mc_client_gats(c, op->exptime, op->key, &op->value, d);
    case MC_VERB_DELETE: return mc_client_delete(c, op->key, d);
    case MC_VERB_INCR: return mc_client_incr(c, op->key, op->number, &op->number, d);
    case MC_VERB_DECR: return mc_client_decr(c, op->key, op->number, &op->number, d);
    case MC_VERB_TOUCH: return mc_client_touch(c, op->key, op->exptime, d);
    case MC_VERB_VERSION: return mc_client_version(c, d);
    case MC_VERB_FLUSH_ALL: return mc_client_flush_all(c, op->exptime, d);
    case MC_VERB_MG: return mc_client_mg(c, op->key, f, n, &op->value, &op->meta, d);
    case MC_VERB_MS: return mc_client_ms(c, op->key, op->data, f, n, &op->meta, d);
    case MC_VERB_MD: return mc_client_md(c, op->key, f, n, &op->meta, d);
    case MC_VERB_MA: return mc_client_ma(c, op->key, f, n, &op->meta, d);
    default: return mc_client_store(c, (enum mc_store)(op->verb - MC_VERB_SET), &item, d);
    }
}

int command_ask_server(struct mc_server *s, struct mc_pipeline_op *op)
{
    const struct mc_item item = {op->key,     op->data,   op->flags,
                                 op->exptime, op->number, op->large_flags};
    const struct mc_flag *f = op->meta_flags;
    size_t n = op->meta_count;
    switch (op->verb) {
    case MC_VERB_GET: return mc_server_get(s, op->key, &op->value);
    case MC_VERB_GETS: return mc_server_gets(s, op->key, &op->value);
    case MC_VERB_GAT: return mc_server_gat(s, op->exptime, op->key, &op->value);
    case MC_VERB_GATS: mc_server_run(s, op, 1); return op->result;
    case MC_VERB_DELETE: return mc_server_delete(s, op->key);
    case MC_VERB_INCR: return mc_server_incr(s, op->key, op->number, &op->number);
    case MC_VERB_DECR: return mc_server_decr(s, op->key, op->number, &op->number);
    case MC_VERB_TOUCH: return mc_server_touch(s, op->key, op->exptime);
    case MC_VERB_VERSION: return mc_server_version(s);
    case MC_VERB_FLUSH_ALL: return mc_server_flush_all(s, op->exptime);
    case MC_VERB_MG: return mc_server_mg(s, op->key, f, n, &op->value, &op->meta);
    case MC_VERB_MS: return mc_server_ms(s, op->key, op->data, f, n, &op->meta);
    case MC_VERB_MD: return mc_server_md(s, op->key, f, n, &op->meta);
    case MC_VERB_MA: return mc_server_ma(s, op->key, f, n, &op->meta);
    default: return mc_server_store(s, (enum mc_store)(op->verb - MC_VERB_SET), &item);
    }
}
