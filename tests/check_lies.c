/* A lying server: every lie, in the place of every command, in every position, told by a scripted
 * peer on a real socket, which then sends no more and waits for the client to close. What came
 * before the lie is true; the lie and what comes after it are named errors, never a success and
 * never a miss; a write is unknown; the connection is closed.
 *
 * Left out, because no client can see them: a well-formed reply that is not the truth (a miss, or
 * NOT_STORED); an item or the reply to a quiet command left out, which is a miss; END twice where
 * another classic get is next, which is its miss; another free text; items in another order, which
 * are told apart by their keys. All flags of a meta reply that is no success may be missing.
 */
#include "commands.h"
#include "lies.h"
#include "peer.h"
#include "server.h"
#include "suite.h"
#include "tally.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { BATCH = 3, VALUE_CAP = 64, LONGEST_MS = 60000 };

static const char *const neighbours[BATCH] = {"n0", "n1", "n2"};
static const char *const neighbour_values[BATCH] = {"v0", "v1", "v2"};
static const struct mc_flag neighbour_flags[] = {{.letter = 'v'}, {.letter = 'q'}};

/* ---- requests and replies -------------------------------------------------------------------- */

enum tallies { CASES, FLOODS, LIES_TOLD, TALLIES = LIES_TOLD + 512 };
static uint64_t *tallies;

/* Where the lie is: which of `count` replies of one batch. */
struct place {
    const struct command *command;
    size_t at, count;
};

/* One lie that is told. */
struct told {
    const struct lie *lie;
    size_t turn;
};

/* Is this neighbour a gets? A get next to a get would share its line, and so would two gets. */
static bool is_gets(const struct place *p, size_t k)
{
    bool next_to_it = k + 1 == p->at || k == p->at + 1;
    return next_to_it == (p->command->command == &mc_command_get);
}

static void add_neighbour_request(struct text *text, const struct place *p, size_t k)
{
    switch (p->command->shape) {
    case COMMAND_QUIET: text_print(text, "mg n%zu v q O%zu\r\n", k, k); break;
    case COMMAND_MANY: text_print(text, " n%zu", k); break;
    default: text_print(text, "%s n%zu\r\n", is_gets(p, k) ? "gets" : "get", k); break;
    }
}

static void make_request(const struct place *p, struct text *request)
{
    char own[COMMANDS_PLACED];
    enum command_shape shape = p->command->shape;
    command_place(p->command->request, p->at, own);
    if (shape == COMMAND_MANY)
        text_add_string(request, own);
    for (size_t k = 0; k < p->count; k++) {
        if (k == p->at)
            text_add_string(request, shape == COMMAND_MANY ? " key" : own);
        else
            add_neighbour_request(request, p, k);
    }
    text_add_string(request, shape == COMMAND_QUIET  ? "mn\r\n"
                             : shape == COMMAND_MANY ? "\r\n"
                                                     : "");
}

static void add_neighbour_reply(struct text *text, const struct place *p, size_t k)
{
    bool has_cas = strchr(p->command->reply.fields, 'c') != NULL;
    switch (p->command->shape) {
    case COMMAND_QUIET: text_print(text, "VA 2 O%zu\r\nv%zu\r\n", k, k); break;
    case COMMAND_MANY:
        text_print(text, "VALUE n%zu 0 2%s\r\nv%zu\r\n", k, has_cas ? " 9" : "", k);
        break;
    default:
        text_print(text, "VALUE n%zu 0 2%s\r\nv%zu\r\nEND\r\n", k, is_gets(p, k) ? " 9" : "", k);
        break;
    }
}

/* What ends the replies. Of many keys it is a place for lies as well, after the last. */
static const struct lies_reply *find_tail(const struct place *p)
{
    static const struct lies_reply tails[] = {[COMMAND_QUIET] = {{"MN\r\n", 4}, "w", " MN "},
                                              [COMMAND_MANY] = {{"END\r\n", 5}, "w", " END "},
                                              [COMMAND_OTHER] = {{"", 0}, "", ""}};
    return &tails[p->command->shape == COMMAND_PLAIN ? COMMAND_OTHER : p->command->shape];
}

/* A lie that nobody could see: END twice where a get has its reply next, which is a miss; silence
 * instead of the reply to a quiet command, or of one of the items; two items in another order. */
static bool is_hidden(const struct lie *lie, const struct place *p)
{
    static const struct lies_reply neighbour = {{"", 0}, "", " END "};
    struct mc_bytes own = p->command->reply.text;
    if (p->command->shape == COMMAND_MANY && lie->kind == LIES_SWAPPED)
        return p->at + 1 < p->count;
    if (p->command->shape != COMMAND_PLAIN)
        return p->at < p->count && p->command->shape != COMMAND_OTHER &&
               lie->kind == LIES_INSTEAD && lie->text.len == 0;
    if (p->at + 1 == p->count)
        return false;
    return (lie->kind == LIES_AFTER && lies_is_accepted(&neighbour, lie->text)) ||
           (lie->kind == LIES_DOUBLED && lies_is_accepted(&neighbour, own));
}

/* The lie itself. False when it cannot be told there. */
static bool make_lie(const struct place *p, const struct told *told, struct text *lied)
{
    char own[COMMANDS_PLACED];
    struct lies_reply reply = p->at < p->count ? p->command->reply : *find_tail(p);
    command_place(reply.text.data, p->at, own);
    reply.text = (struct mc_bytes){own, strlen(own)};
    if (is_hidden(told->lie, p))
        return false;
    if (told->lie->kind != LIES_SWAPPED)
        return command_lie(told->lie, &reply, told->turn, lied);
    text_add_string(lied, own); /* unchanged, but after the next */
    return told->turn == 0 && p->at + 1 < p->count;
}

/* All that is sent, with the lie in its place. False when it cannot be told there. */
static bool make_replies(const struct place *p, const struct told *told, struct text *replies)
{
    struct text lied = {0};
    bool swapped = told->lie->kind == LIES_SWAPPED, can = make_lie(p, told, &lied), cut = false;
    for (size_t k = 0; can && !cut && k <= p->count; k++) {
        size_t place = !swapped || k < p->at || k > p->at + 1 ? k : 2 * p->at + 1 - k;
        if (place == p->at)
            text_add(replies, lied.data, lied.len);
        else if (place < p->count)
            add_neighbour_reply(replies, p, place);
        else
            text_add_string(replies, find_tail(p)->text.data);
        cut = place == p->at && told->lie->kind == LIES_CUT;
    }
    text_free(&lied);
    return can;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* What is asked with, where values go, and how the connection ended. */
struct asked {
    struct mc_op ops[BATCH];
    struct mc_value values[BATCH];
    struct mc_meta metas[BATCH];
    char data[BATCH][VALUE_CAP], buf[2048];
    int error;
    bool open;
};

static void set_neighbour(struct mc_op *op, const struct place *p, size_t k)
{
    bool quiet = p->command->shape == COMMAND_QUIET, many = p->command->shape == COMMAND_MANY;
    op->key = (struct mc_bytes){neighbours[k], 2};
    if (many)
        return;
    op->command = quiet ? &mc_command_mg : is_gets(p, k) ? &mc_command_gets : &mc_command_get;
    op->meta_flags = neighbour_flags;
    op->meta_count = quiet ? COUNT(neighbour_flags) : 0;
}

static void make_ops(const struct place *p, struct asked *asked)
{
    memset(asked, 0, sizeof *asked);
    for (size_t k = 0; k < p->count; k++) {
        struct mc_op *op = &asked->ops[k];
        asked->values[k] = (struct mc_value){.buf = asked->data[k], .cap = VALUE_CAP};
        *op = command_op(p->command);
        op->value = &asked->values[k];
        op->meta = &asked->metas[k];
        if (k != p->at)
            set_neighbour(op, p, k);
    }
}

/* Ways to ask: at each place of a batch, or of many keys; ALONE: in a batch of one, or, of many
 * keys, lied to in the END; by the client's function and by the server's. Of many keys CLIENT is a
 * batch of operations that share a line, and these two are lied to in the middle. */
enum way { FIRST, MIDDLE, LAST, ALONE, CLIENT, SERVER, WAYS };

static bool has_many(const struct command *c)
{
    return c->command == &mc_command_get || c->command == &mc_command_gets;
}

static bool has_way(const struct command *c, enum way way)
{
    switch (c->shape) {
    case COMMAND_MANY: return way != SERVER || has_many(c);
    case COMMAND_OTHER: return way == SERVER;
    default: return true;
    }
}

static struct place place_of(const struct command *c, enum way way)
{
    if (c->shape == COMMAND_MANY)
        return (struct place){c, way < CLIENT ? way : MIDDLE, BATCH};
    return (struct place){c, way < ALONE ? way : 0, way < ALONE ? BATCH : 1};
}

/* As one operation, or by the server's function. */
static void ask_for_many(struct mc_server *server, const struct place *p, enum way way,
                         struct asked *asked)
{
    struct mc_bytes keys[BATCH];
    const struct mc_command *command = p->command->command;
    struct mc_op op = mc_op_many(command, keys, asked->values, BATCH);
    int r;
    op.exptime = asked->ops[0].exptime;
    for (size_t k = 0; k < BATCH; k++)
        keys[k] = asked->ops[k].key;
    if (way < CLIENT)
        r = mc_server_do(server, &op);
    else if (command == &mc_command_get)
        r = mc_server_get_many(server, keys, asked->values, BATCH);
    else
        r = mc_server_gets_many(server, keys, asked->values, BATCH);
    for (size_t k = 0; k < BATCH; k++) {
        ck_assert_int_eq(asked->values[k].result, r);
        asked->ops[k].result = r;
    }
}

static void ask_server(const struct peer *peer, const struct place *p, enum way way,
                       struct asked *asked)
{
    struct mc_server server;
    struct mc_op *ops = asked->ops;
    bool many = p->command->shape == COMMAND_MANY;
    ck_assert_int_eq(mc_server_init(&server, peer->address, asked->buf, sizeof asked->buf), 0);
    server.timeout_ms = LONGEST_MS;
    if (p->command->ask != NULL)
        ops[0].result = p->command->ask(&server);
    else if (many && way != CLIENT)
        ask_for_many(&server, p, way, asked);
    else if (way == SERVER)
        ops[0].result = p->command->by_server(&server, &ops[0]);
    else
        mc_server_run(&server, ops, p->count);
    asked->error = server.client.engine.error;
    asked->open = server.socket.open;
}

/* A client does not close its connection. */
static void ask_client(const struct peer *peer, const struct place *p, struct asked *asked)
{
    struct mc_socket socket = {0};
    struct mc_client client;
    mc_deadline deadline = mc_socket_deadline(LONGEST_MS);
    ck_assert_int_eq(peer_connect(peer, &socket, deadline), 0);
    mc_client_init(&client, mc_socket_transport(&socket), asked->buf, sizeof asked->buf);
    asked->ops[0].result = p->command->by_client(&client, &asked->ops[0], deadline);
    asked->error = client.engine.error;
    mc_socket_close(&socket);
}

static void ask(const struct peer *peer, const struct place *p, enum way way, struct asked *asked)
{
    make_ops(p, asked);
    if (way == CLIENT && p->command->shape != COMMAND_MANY)
        ask_client(peer, p, asked);
    else
        ask_server(peer, p, way, asked);
}

/* ---- the oracle ------------------------------------------------------------------------------ */

static bool has_value(const struct mc_op *op, const char *text)
{
    const struct mc_value *v = op->value;
    return v->result == MC_HIT && v->len == strlen(text) && memcmp(v->buf, text, v->len) == 0;
}

/* Its reply came before the lie. */
static void expect_neighbour(const struct mc_op *op, size_t k, const char *what)
{
    ck_assert_msg(op->result == MC_HIT && has_value(op, neighbour_values[k]),
                  "%s: the one before it is %d", what, op->result);
}

/* A reply that may be right in spite of the lie: when that comes after it, or when it names its
 * command. */
static bool may_be_right(const struct place *p, const struct lie *lie, size_t k)
{
    const struct mc_command *c = p->command->command;
    bool text = c == &mc_command_version || c == &mc_command_me;
    bool free_text = text && lie->kind == LIES_LAST_EOL;
    bool quiet = p->command->shape == COMMAND_QUIET, last = k + 1 == p->count && !quiet;
    if (p->command->shape == COMMAND_MANY)
        return false;
    if (k == p->at)
        return (lie->late || free_text) && !last;
    return quiet && lie->kind == LIES_SWAPPED && k == p->at + 1;
}

/* The result is right and the reply may be, or it is the error, and no output says anything else. */
static void expect_lied(const struct place *p, const struct lie *lie, const struct mc_op *op,
                        size_t k, const char *what, int error)
{
    int right = k == p->at ? p->command->result : MC_HIT;
    const char *value = k == p->at ? "hello" : neighbour_values[k];
    if (op->result > 0 && op->result == right && may_be_right(p, lie, k)) {
        ck_assert_msg(right != MC_HIT || has_value(op, value), "%s: op %zu has no value", what, k);
        return;
    }
    bool own = k == p->at || p->command->shape == COMMAND_MANY;
    int expected = own && command_is_write(p->command) ? MC_E_UNKNOWN : error;
    ck_assert_msg(op->result == expected, "%s: op %zu is %d, error %d", what, k, op->result, error);
    ck_assert_msg(op->answer == 0 && op->value->len == 0 && op->value->cas == 0 &&
                      op->value->flags == 0 && op->meta->cas == 0 && op->meta->number == 0,
                  "%s: op %zu has outputs after an error", what, k);
}

static void check_told(const struct place *p, const struct told *told, enum way way,
                       const struct asked *asked)
{
    char what[160];
    int error = asked->error;
    snprintf(what, sizeof what, "%s, way %d: %s, turn %zu", p->command->name, (int)way,
             told->lie->name, told->turn);
    ck_assert_msg(error == MC_E_PROTOCOL || error == MC_E_LINE || error == MC_E_CLOSED,
                  "%s: the connection's error is %d", what, error);
    ck_assert_msg(!asked->open, "%s: the connection is open", what);
    for (size_t k = 0; k < p->count; k++) {
        if (k < p->at &&
            p->command->shape != COMMAND_MANY) /* of which none counts before the END */
            expect_neighbour(&asked->ops[k], k, what);
        else
            expect_lied(p, told->lie, &asked->ops[k], k, what, error);
    }
    tallies[CASES]++;
    tallies[LIES_TOLD + (told->lie - lies)] = 1;
}

/* ---- a run of all lies in one place ---------------------------------------------------------- */

enum { STEPS = 6, TOLD_MAX = 1024 };

/* What the peer does for each lie, and the texts it needs. */
struct run {
    struct place place;
    struct text request, replies[TOLD_MAX];
    struct told told[TOLD_MAX];
    struct peer_step steps[STEPS * TOLD_MAX + 1];
    size_t count;
};

static bool add_told(struct run *run, const struct told *told)
{
    ck_assert_uint_lt(run->count, TOLD_MAX);
    struct text *replies = &run->replies[run->count];
    if (!make_replies(&run->place, told, replies))
        return false;
    const struct peer_step steps[STEPS] = {{PEER_ACCEPT, NULL, 0, 0},
                                           {PEER_HEAR, run->request.data, run->request.len, 0},
                                           {PEER_SAY, text_string(replies), replies->len, 0},
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
    make_request(place, &run->request);
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
        text_free(&run->replies[k]);
    text_free(&run->request);
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
    struct peer peer;
    struct asked asked;
    peer_start(&peer, PEER_UNIX, NULL, run->steps);
    size_t descriptors = count_descriptors();
    for (size_t k = 0; k < run->count; k++) {
        ask(&peer, &run->place, way, &asked);
        check_told(&run->place, &run->told[k], way, &asked);
    }
    peer_await(&peer, (int)(STEPS * run->count));
    ck_assert_uint_eq(count_descriptors(), descriptors);
    peer_end(&peer);
}

START_TEST(lied_to)
{
    const struct command *command = &commands[_i / WAYS];
    enum way way = (enum way)(_i % WAYS);
    if (!has_way(command, way))
        return;
    const struct place place = place_of(command, way);
    struct run *run = make_run(&place);
    tell_all(run, way);
    end_run(run);
}
END_TEST

/* ---- lies without an end --------------------------------------------------------------------- */

#define HELLO "\r\nhello\r\n"

enum { FLOOD_MS = 100, GROWTH_KB = 8192, SMALL = 512 };

static int ask_get(struct mc_server *server)
{
    char text[5];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    return mc_server_get(server, MC_BYTES("key"), &value);
}

static int ask_set(struct mc_server *server)
{
    return mc_server_set(server, MC_BYTES("key"), MC_BYTES("hello"), 60);
}

static int ask_incr(struct mc_server *server)
{
    uint64_t number;
    return mc_server_incr(server, MC_BYTES("key"), 5, &number);
}

static int ask_ms(struct mc_server *server)
{
    struct mc_meta meta;
    return mc_server_ms(server, MC_BYTES("key"), MC_BYTES("hello"), (struct mc_flags){0}, &meta);
}

static int ask_mg(struct mc_server *server)
{
    const struct mc_flag flag = mc_op_flag('v');
    char text[5];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    return mc_server_mg(server, MC_BYTES("key"), (struct mc_flags){&flag, 1}, &value, &meta);
}

static int ask_stats(struct mc_server *server)
{
    return mc_server_stats(server, (struct mc_bytes){0}, NULL);
}

/* What is sent once, and what is then sent over and over. MC_E_LINE: when the line fits the longest
 * of memcached's, but not the buffer. */
static const struct flood {
    const char *once, *again;
    int (*ask)(struct mc_server *server);
    int error;
} floods[] = {
    {"", "x", ask_get, MC_E_PROTOCOL},
    {"VALUE ", "k", ask_get, MC_E_PROTOCOL},
    {"VALUE key 7 ", "1", ask_get, MC_E_PROTOCOL},
    {"", "\0", ask_get, MC_E_PROTOCOL},
    {"", "END\r\n", ask_set, MC_E_PROTOCOL},
    {"", "VALUE key 7 5" HELLO, ask_get, MC_E_PROTOCOL},
    {"VALUE key 7 1073741824\r\n", "x", ask_get, MC_E_TIMEOUT},
    {"HD", " c1", ask_ms, MC_E_LINE},
    {"VA 1073741824\r\n", "x", ask_mg, MC_E_TIMEOUT},
    {"", "STAT pid 1\r\n", ask_stats, MC_E_TIMEOUT},
    {"STAT pid ", "1", ask_stats, MC_E_LINE},
    {"", "STORED\r\n", ask_get, MC_E_PROTOCOL},
    {"1", "1", ask_incr, MC_E_PROTOCOL},
    {"VERSION ", "1", mc_server_version, MC_E_LINE},
};

static long peak_kb(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* Sent for as long as the client listens: it ends by itself, and needs no memory for it. */
START_TEST(endless)
{
    const struct flood *f = &floods[_i % (int)COUNT(floods)];
    const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                       {PEER_SAY, f->once, 0, 0},
                                       {PEER_FLOOD, f->again, f->again[0] == '\0' ? 1 : 0, 0},
                                       {PEER_END, NULL, 0, 0}};
    const size_t cap = _i < (int)COUNT(floods) ? SMALL : 2048;
    const int error = f->error == MC_E_LINE && cap == 2048 ? MC_E_PROTOCOL : f->error;
    char buf[2048];
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    ck_assert_int_eq(mc_server_init(&server, peer.address, buf, cap), 0);
    server.timeout_ms = f->error == MC_E_TIMEOUT ? FLOOD_MS : LONGEST_MS;
    long before = peak_kb();
    int r = f->ask(&server);
    bool write = f->ask == ask_set || f->ask == ask_ms || f->ask == ask_incr;
    ck_assert_int_eq(server.client.engine.error, error);
    ck_assert_int_eq(r, write ? MC_E_UNKNOWN : error);
    ck_assert_int_lt(peak_kb() - before, GROWTH_KB);
    ck_assert(!server.socket.open);
    peer_end(&peer);
    tallies[FLOODS]++;
}
END_TEST

/* ---- what a get cannot see ------------------------------------------------------------------- */

static void await_bytes(const struct mc_server *server)
{
    struct pollfd p = {.fd = server->socket.fd, .events = POLLIN};
    ck_assert_int_eq(poll(&p, 1, LONGEST_MS), 1);
}

/* An unexpected END, which came after the reply before it was read, is the next get's miss, as
 * server.h says, if the reply to that is not there with it; but no value goes to another key, and
 * then it is over. */
START_TEST(unexpected_end_between_gets)
{
    static const struct peer_step script[] = {{PEER_ACCEPT, NULL, 0, 0},
                                              {PEER_HEAR, "get key\r\n", 0, 0},
                                              {PEER_SAY, "VALUE key 7 5" HELLO "END\r\n", 0, 0},
                                              {PEER_GATE, NULL, 0, 0},
                                              {PEER_SAY, "END\r\n", 0, 0},
                                              {PEER_HEAR, "get n1\r\nget n2\r\n", 0, 0},
                                              {PEER_SAY, "VALUE n1 0 2\r\nv1\r\nEND\r\n", 0, 0},
                                              {PEER_SILENT, NULL, 0, 0},
                                              {PEER_END, NULL, 0, 0}};
    char buf[2048], text[VALUE_CAP];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct peer peer;
    struct mc_server server;
    peer_start(&peer, PEER_UNIX, NULL, script);
    ck_assert_int_eq(mc_server_init(&server, peer.address, buf, sizeof buf), 0);
    server.timeout_ms = LONGEST_MS;
    ck_assert_int_eq(mc_server_get(&server, MC_BYTES("key"), &value), MC_HIT);
    peer_open_gate(&peer);
    await_bytes(&server);
    ck_assert_int_eq(mc_server_get(&server, MC_BYTES("n1"), &value), MC_MISS);
    ck_assert_int_eq(mc_server_get(&server, MC_BYTES("n2"), &value), MC_E_PROTOCOL);
    peer_end(&peer);
}
END_TEST

static void print_reached(void)
{
    char cases[TALLY_SIZE];
    unsigned told = 0;
    for (int l = 0; l < lies_count; l++)
        told += tallies[LIES_TOLD + l] > 0 ? 1 : 0;
    printf("# reached: 2. a lying server | each lie over a Unix socket, at each place of a batch "
           "of %d or of as many keys, and alone | %u lies x %zu commands x %d positions: %s cases, "
           "each a named error; %u endless ones in no more memory\n",
           BATCH, told, commands_count, WAYS, tally_text(tallies[CASES], cases),
           (unsigned)tallies[FLOODS]);
}

int main(void)
{
    tallies = tally_new(TALLIES);
    lies_init();
    const struct suite_test tests[] = {{lied_to, (int)commands_count * WAYS},
                                       {endless, 2 * COUNT(floods)},
                                       {unexpected_end_between_gets, 1}};
    int result = suite_run("lies", tests, COUNT(tests));
    if (result == 0)
        print_reached();
    return result;
}
