/* A lying server: every lie, in the place of every command, in every position, told by a scripted
 * peer on a real socket, which then says no more and waits for the client to close. What came
 * before the lie is true; the lie and what comes after it are named errors, never a success and
 * never a miss; a write is unknown; the connection is closed. */
#include "lies.h"
#include "peer.h"
#include "server.h"
#include "suite.h"
#include "tally.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }

enum { PIPELINE = 3, VALUE_CAP = 64, LONGEST_MS = 60000 };

/* ---- commands -------------------------------------------------------------------------------- */

/* How a command is asked for, and what an honest server says. # is its place in the pipeline. */
struct command {
    const char *name;
    enum mc_verb verb;
    const char *request;
    struct lies_reply reply;
    int result;
    struct mc_flag flags[4];
    size_t count;
    bool quiet;
};

#define ASKED(n, v, asks) .name = n, .verb = MC_VERB_##v, .request = asks
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
#define O                              \
    {                                  \
        .letter = 'O', .token = B("1") \
    }

#define HELLO "\r\nhello\r\n"
#define HIT SAID("VALUE key 7 5" HELLO "END\r\n", "wkfs", " END ", MC_HIT)
#define HIT_CAS SAID("VALUE key 7 5 99" HELLO "END\r\n", "wkfsc", " END ", MC_HIT)
#define STORED SAID("STORED\r\n", "w", " STORED NOT_STORED ", MC_STORED)
#define CHANGED SAID("13\r\n", "n", " 7 NOT_FOUND ", MC_NUMBER)

static const struct command commands[] = {
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
     FLAGS(3, V, Q, K), .quiet = true},
    {ASKED("quiet ms", MS, "ms key 5 q O#" HELLO), SAID("NS O#\r\n", "wO", "", MC_NOT_STORED),
     FLAGS(1, Q), .quiet = true},
    {ASKED("quiet md", MD, "md key q O#\r\n"), SAID("EX O#\r\n", "wO", "", MC_EXISTS), FLAGS(1, Q),
     .quiet = true},
    {ASKED("quiet ma", MA, "ma key v q O#\r\n"), SAID("VA 2 O#\r\n13\r\n", "wsO", "", MC_NUMBER),
     FLAGS(2, V, Q), .quiet = true},
};

static const char *const neighbours[PIPELINE] = {"n0", "n1", "n2"};
static const struct mc_flag neighbour_flags[] = {V, Q};

static bool is_write(const struct command *c)
{
    return c->verb > MC_VERB_GATS && c->verb != MC_VERB_MG && c->verb != MC_VERB_VERSION;
}

/* The text with the place in it. */
static void put_place(const char *text, size_t place, char placed[64])
{
    snprintf(placed, 64, "%s", text);
    char *mark = strchr(placed, '#');
    if (mark != NULL)
        *mark = (char)('0' + place);
}

/* ---- what is said and heard ------------------------------------------------------------------ */

enum tallies { CASES, LIES_TOLD, TALLIES = LIES_TOLD + 512 };
static uint64_t *tallies;

/* Where the lie is: which of `count` replies of one flight. */
struct place {
    const struct command *command;
    size_t at, count;
};

/* One lie that is told. */
struct told {
    const struct lie *lie;
    size_t turn;
};

static void add_neighbour_request(struct text *text, const struct place *p, size_t k)
{
    if (p->command->quiet)
        text_print(text, "mg n%zu v q O%zu\r\n", k, k);
    else
        text_print(text, "get n%zu\r\n", k);
}

static void make_request(const struct place *p, struct text *heard)
{
    char own[64];
    put_place(p->command->request, p->at, own);
    for (size_t k = 0; k < p->count; k++) {
        if (k == p->at)
            text_add_string(heard, own);
        else
            add_neighbour_request(heard, p, k);
    }
    if (p->command->quiet)
        text_add_string(heard, "mn\r\n");
}

static void add_neighbour_reply(struct text *text, const struct place *p, size_t k)
{
    if (p->command->quiet)
        text_print(text, "VA 2 O%zu\r\nv%zu\r\n", k, k);
    else
        text_print(text, "VALUE n%zu 0 2\r\nv%zu\r\nEND\r\n", k, k);
}

/* A lie that nobody could see: END twice where a get is answered next, which is a miss; and silence
 * instead of the answer to a quiet command. */
static bool is_hidden(const struct lie *lie, const struct place *p)
{
    static const struct lies_reply neighbour = {"", "", " END "};
    struct mc_bytes own = {p->command->reply.text, strlen(p->command->reply.text)};
    if (p->command->quiet)
        return lie->kind == LIES_INSTEAD && lie->text.len == 0;
    if (p->at + 1 == p->count)
        return false;
    return (lie->kind == LIES_AFTER && lies_is_accepted(&neighbour, lie->text)) ||
           (lie->kind == LIES_DOUBLED && lies_is_accepted(&neighbour, own));
}

/* All that is said, with the lie in its place. False when it cannot be told there. */
static bool make_said(const struct place *p, const struct told *told, struct text *said)
{
    char own[64];
    struct lies_reply reply = p->command->reply;
    struct text lied = {0};
    put_place(reply.text, p->at, own);
    reply.text = own;
    bool swapped = told->lie->kind == LIES_SWAPPED && told->turn == 0 && p->at + 1 < p->count;
    bool told_here =
        swapped || (!is_hidden(told->lie, p) && lies_tell(told->lie, &reply, told->turn, &lied));
    if (swapped)
        text_add_string(&lied, own);
    for (size_t k = 0; told_here && k < p->count; k++) {
        size_t place = !swapped || k < p->at || k > p->at + 1 ? k : 2 * p->at + 1 - k;
        if (place != p->at)
            add_neighbour_reply(said, p, place);
        else
            text_add(said, lied.data, lied.len);
        if (place == p->at && told->lie->kind == LIES_CUT)
            break;
    }
    if (told_here && p->command->quiet && told->lie->kind != LIES_CUT)
        text_add_string(said, "MN\r\n");
    text_free(&lied);
    return told_here;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* What is asked with, and where values go. */
struct asked {
    struct mc_op ops[PIPELINE];
    char values[PIPELINE][VALUE_CAP];
};

static void make_ops(const struct place *p, struct asked *asked)
{
    *asked = (struct asked){0};
    for (size_t k = 0; k < p->count; k++) {
        struct mc_op *op = &asked->ops[k];
        const struct command *c = p->command;
        bool own = k == p->at;
        *op = (struct mc_op){.verb = own ? c->verb : c->quiet ? MC_VERB_MG : MC_VERB_GET};
        op->key = own ? MC_BYTES("key") : (struct mc_bytes){neighbours[k], 2};
        op->data = MC_BYTES("hello");
        op->number = 5;
        op->flags = 7;
        op->exptime = 60;
        op->value = (struct mc_value){.buf = asked->values[k], .cap = VALUE_CAP};
        op->meta_flags = own ? c->flags : neighbour_flags;
        op->meta_count = own ? c->count : c->quiet ? COUNT(neighbour_flags) : 0;
    }
}

/* The command alone, by the client's function of its name. */
static int ask_client(struct mc_client *c, struct mc_op *op, mc_deadline d)
{
    const struct mc_item item = {op->key, op->data, op->flags, op->exptime, op->number};
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

/* The same by the server's function, where it has one. */
static int ask_server(struct mc_server *s, struct mc_op *op)
{
    const struct mc_item item = {op->key, op->data, op->flags, op->exptime, op->number};
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

/* Ways to ask: at each place of a pipeline, and alone. */
enum way { FIRST, MIDDLE, LAST, ALONE, CLIENT, SERVER, WAYS };

static void ask(struct mc_server *server, enum way way, struct mc_op *ops, size_t count)
{
    if (way < CLIENT) {
        mc_server_run(server, ops, count);
    } else if (way == SERVER) {
        ops[0].result = ask_server(server, &ops[0]);
    } else {
        int r;
        do {
            r = mc_server_open(server);
            if (r == 0)
                r = ask_client(&server->client, &ops[0], server->deadline);
        } while (mc_server_again(server, r, false));
        ops[0].result = r;
    }
}

/* ---- the oracle ------------------------------------------------------------------------------ */

static void expect_neighbour(const struct mc_op *op, size_t k, const char *what)
{
    ck_assert_msg(op->result == MC_HIT && op->value.len == 2 && ((char *)op->value.buf)[0] == 'v' &&
                      ((char *)op->value.buf)[1] == neighbours[k][1],
                  "%s: the one before it is %d", what, op->result);
}

/* A reply that may be right in spite of the lie: when that is behind it, or when it has said whose
 * it is. */
static bool may_be_right(const struct place *p, const struct lie *lie, size_t k)
{
    bool free_text = p->command->verb == MC_VERB_VERSION && lie->kind == LIES_LAST_EOL;
    bool last = k + 1 == p->count && !p->command->quiet;
    if (k == p->at)
        return (lie->late || free_text) && !last;
    return p->command->quiet && lie->kind == LIES_SWAPPED && k == p->at + 1;
}

static void expect_lied(const struct place *p, const struct lie *lie, const struct mc_op *op,
                        size_t k, const char *what, int error)
{
    int right = k == p->at ? p->command->result : MC_HIT;
    if (op->result > 0 && op->result == right && may_be_right(p, lie, k))
        return;
    bool write = k == p->at && is_write(p->command);
    ck_assert_msg(op->result == (write ? MC_E_UNKNOWN : error), "%s: op %zu is %d, error %d", what,
                  k, op->result, error);
}

static void check_told(const struct place *p, const struct told *told, enum way way,
                       const struct mc_server *server, const struct mc_op *ops)
{
    char what[160];
    int error = server->client.error;
    snprintf(what, sizeof what, "%s, way %d: %s, turn %zu", p->command->name, (int)way,
             told->lie->name, told->turn);
    ck_assert_msg(error == MC_E_PROTOCOL || error == MC_E_LINE || error == MC_E_CLOSED,
                  "%s: the client's error is %d", what, error);
    ck_assert_msg(!server->socket.open, "%s: the connection is open", what);
    for (size_t k = 0; k < p->count; k++) {
        if (k < p->at)
            expect_neighbour(&ops[k], k, what);
        else
            expect_lied(p, told->lie, &ops[k], k, what, error);
    }
    tallies[CASES]++;
    tallies[LIES_TOLD + (told->lie - lies)] = 1;
}

/* ---- a run of all lies in one place ---------------------------------------------------------- */

enum { STEPS = 6, TOLD_MAX = 1024 };

/* What the peer does for each lie, and the texts it needs. */
struct run {
    struct place place;
    struct text heard, said[TOLD_MAX];
    struct told told[TOLD_MAX];
    struct peer_step steps[STEPS * TOLD_MAX + 1];
    size_t count;
};

static bool add_told(struct run *run, const struct told *told)
{
    ck_assert_uint_lt(run->count, TOLD_MAX);
    struct text *said = &run->said[run->count];
    if (!make_said(&run->place, told, said))
        return false;
    const struct peer_step steps[STEPS] = {{PEER_ACCEPT, NULL, 0, 0},
                                           {PEER_HEAR, run->heard.data, run->heard.len, 0},
                                           {PEER_SAY, text_string(said), said->len, 0},
                                           {PEER_SHUT, NULL, 0, 0},
                                           {PEER_SILENT, NULL, 0, 0},
                                           {PEER_CLOSE, NULL, 0, 0}};
    memcpy(run->steps + STEPS * run->count, steps, sizeof steps);
    run->told[run->count] = *told;
    run->count++;
    return true;
}

static struct run *make_run(const struct place *place)
{
    struct run *run = calloc(1, sizeof *run);
    ck_assert_ptr_nonnull(run);
    run->place = *place;
    make_request(place, &run->heard);
    for (int l = 0; l < lies_count; l++) {
        struct told told = {&lies[l], 0};
        while (add_told(run, &told))
            told.turn++;
    }
    return run;
}

static void end_run(struct run *run)
{
    for (size_t k = 0; k < run->count; k++)
        text_free(&run->said[k]);
    text_free(&run->heard);
    free(run);
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count;
}

/* Each lie on a connection, and to a server, of its own. */
static void tell_all(const struct run *run, enum way way)
{
    char buf[2048];
    struct peer peer;
    struct asked asked;
    peer_start(&peer, PEER_UNIX, NULL, run->steps);
    size_t descriptors = count_descriptors();
    for (size_t k = 0; k < run->count; k++) {
        struct mc_server server;
        ck_assert_int_eq(mc_server_init(&server, peer.address, buf, sizeof buf), 0);
        server.timeout_ms = LONGEST_MS;
        make_ops(&run->place, &asked);
        ask(&server, way, asked.ops, run->place.count);
        check_told(&run->place, &run->told[k], way, &server, asked.ops);
    }
    peer_await(&peer, (int)(STEPS * run->count));
    ck_assert_uint_eq(count_descriptors(), descriptors);
    peer_end(&peer);
}

START_TEST(lied_to)
{
    const struct command *command = &commands[_i / WAYS];
    enum way way = (enum way)(_i % WAYS);
    if (command->quiet && way >= CLIENT)
        return;
    const struct place place = {command, way < ALONE ? way : 0, way < ALONE ? PIPELINE : 1};
    struct run *run = make_run(&place);
    tell_all(run, way);
    end_run(run);
}
END_TEST

static void print_reached(void)
{
    char cases[TALLY_SIZE];
    unsigned told = 0;
    for (int l = 0; l < lies_count; l++)
        told += tallies[LIES_TOLD + l] > 0 ? 1 : 0;
    printf(
        "# reached: 2. a lying server | each lie over a Unix socket, at each place of a pipeline "
        "of %d and alone | %u lies x %zu commands x %d positions: %s cases, each a named error\n",
        PIPELINE, told, COUNT(commands), WAYS, tally_text(tallies[CASES], cases));
}

int main(void)
{
    tallies = tally_new(TALLIES);
    lies_init();
    const struct suite_test tests[] = {{lied_to, (int)COUNT(commands) * WAYS}};
    int result = suite_run("lies", tests, COUNT(tests));
    if (result == 0)
        print_reached();
    return result;
}
