/* Deadlines: a drip, a stall at every byte of every reply, a queue that is full, a peer that does
 * not read, a server that stands still. The call is back when its deadline is past and not before;
 * by how much it is late is measured and reported, for that is the machine's doing. And a reply
 * that comes late is given to nothing: not on the old connection, nor on the next. */
#include "commands.h"
#include "peer.h"
#include "suite.h"
#include "tally.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { LONGEST_MS = 60000, VALUE_CAP = 64 };

/* ---- how late -------------------------------------------------------------------------------- */

enum { BUCKET_US = 10, BUCKETS = 10000, NOTED_US = 50000 };
enum tallies { CALLS, STALLS, DRIPS, NEXTS, MOST_US, LATE, TALLIES = LATE + BUCKETS };
static uint64_t *tallies;

/* From the deadline until now. */
static int64_t late_us(mc_deadline deadline)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 - deadline * 1000;
}

static void count_call(int64_t late, const char *what)
{
    ck_assert_msg(late >= 0, "%s: back %lld us before the deadline", what, (long long)-late);
    if (late > NOTED_US)
        printf("%s: back %lld us after the deadline\n", what, (long long)late);
    tallies[CALLS]++;
    tallies[LATE + (late / BUCKET_US < BUCKETS ? late / BUCKET_US : BUCKETS - 1)]++;
    if ((uint64_t)late > tallies[MOST_US])
        tallies[MOST_US] = (uint64_t)late;
}

/* That late, or less, was the given part of all calls. */
static uint64_t quantile_us(double part)
{
    uint64_t sum = 0, k = 0;
    while (k < BUCKETS && (double)sum < part * (double)tallies[CALLS])
        sum += tallies[LATE + k++];
    return k * BUCKET_US;
}

/* ---- calls that a peer keeps waiting --------------------------------------------------------- */

/* One call, how much of its reply is sent, and what became of it. */
struct call {
    const struct command *command;
    bool by_server, drips;
    size_t sent; /* bytes, after which nothing comes */
    int drip_ms, deadline_ms;
    int result, error;
    int next; /* the result of another get */
    int64_t late_us;
    char reply[COMMANDS_PLACED], request[COMMANDS_PLACED];
};

enum { LANES = 8, LANE_CALLS = 512, STEPS = 12 };

/* Calls one after the other, and the peer that they are made to. */
struct lane {
    struct call calls[LANE_CALLS];
    size_t count, steps;
    struct peer_step script[LANE_CALLS * STEPS + 1];
    struct peer peer;
    pthread_t thread;
};

static void add_step(struct lane *lane, enum peer_do what, const char *text, size_t len, int ms)
{
    lane->script[lane->steps] = (struct peer_step){what, len > 0 ? text : "", len, ms};
    lane->steps++;
}

static void add_text(struct lane *lane, enum peer_do what, const char *text)
{
    add_step(lane, what, text, strlen(text), 0);
}

/* What the peer does: it sends the rest late, when the client has closed, or (as a client leaves
 * that to its caller) will send no more. */
static void script_call(struct lane *lane, const struct call *call)
{
    size_t len = strlen(call->reply);
    add_text(lane, PEER_ACCEPT, "");
    add_text(lane, PEER_HEAR, call->request);
    add_step(lane, call->drips ? PEER_SLOWLY : PEER_LATE, call->reply, call->sent, call->drip_ms);
    add_text(lane, PEER_SILENT, "");
    add_step(lane, PEER_LATE, call->reply + call->sent, len - call->sent, 0);
    add_text(lane, PEER_CLOSE, "");
    if (!call->by_server)
        return;
    add_text(lane, PEER_ACCEPT, "");
    add_text(lane, PEER_HEAR, "get n1\r\n");
    add_text(lane, PEER_SAY, "VALUE n1 0 2\r\nv1\r\nEND\r\n");
    add_text(lane, PEER_SILENT, "");
    add_text(lane, PEER_CLOSE, "");
}

static struct call *add_call(struct lane lanes[LANES], const struct command *command,
                             bool by_server)
{
    struct lane *lane = &lanes[0];
    for (int k = 1; k < LANES; k++) {
        if (lanes[k].count < lane->count)
            lane = &lanes[k];
    }
    ck_assert_uint_lt(lane->count, LANE_CALLS);
    struct call *call = &lane->calls[lane->count];
    *call = (struct call){.command = command, .by_server = by_server};
    command_place(command->request, 0, call->request);
    command_place(command->reply.text.data, 0, call->reply);
    if (command->shape == COMMAND_QUIET)
        strcat(call->request, "mn\r\n");
    lane->count++;
    return call;
}

/* Another get after the deadline: a dead connection has no reply to it. */
static void call_client(const struct peer *peer, struct call *call)
{
    char buf[2048], text[VALUE_CAP];
    struct mc_socket socket = {0};
    struct mc_client client;
    struct mc_op op = command_op(call->command);
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    op.value = &value;
    op.meta = &meta;
    call->error = peer_connect(peer, &socket, mc_socket_deadline(LONGEST_MS));
    if (call->error < 0)
        return;
    mc_client_init(&client, mc_socket_transport(&socket), buf, sizeof buf);
    mc_deadline deadline = mc_socket_deadline(call->deadline_ms);
    call->result = call->command->by_client(&client, &op, deadline);
    call->late_us = late_us(deadline);
    call->error = client.engine.error;
    shutdown(socket.fd, SHUT_WR); /* the peer sends the rest now */
    poll(&(struct pollfd){.fd = socket.fd, .events = POLLIN}, 1, LONGEST_MS);
    call->next = mc_client_get(&client, MC_BYTES("n1"), &value, mc_socket_deadline(LONGEST_MS));
    mc_socket_close(&socket);
}

/* Another get, on a new connection: it has its own reply. */
static int ask_next(struct mc_server *server)
{
    char text[VALUE_CAP];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    server->timeout_ms = LONGEST_MS;
    server->down_until_ms = 0; /* as if the pause were over */
    server->user = server->password = (struct mc_bytes){0};
    int r = mc_server_get(server, MC_BYTES("n1"), &value);
    return r != MC_HIT || (value.len == 2 && memcmp(text, "v1", 2) == 0) ? r : MC_E_UNKNOWN;
}

static void call_server(const struct peer *peer, struct call *call)
{
    char buf[2048], text[VALUE_CAP];
    struct mc_server server;
    const struct command *command = call->command;
    struct mc_op op = command_op(command);
    struct mc_value value = {.buf = text, .cap = sizeof text};
    struct mc_meta meta;
    op.value = &value;
    op.meta = &meta;
    call->error = mc_server_init(&server, peer->address, buf, sizeof buf);
    if (call->error < 0)
        return;
    server.timeout_ms = call->deadline_ms;
    call->result = command->ask != NULL ? command->ask(&server) : command->by_server(&server, &op);
    call->late_us = late_us(server.deadline);
    call->error = server.client.engine.error;
    call->next = ask_next(&server);
    mc_server_close(&server);
}

static void *make_calls(void *ctx)
{
    struct lane *lane = ctx;
    for (size_t k = 0; k < lane->count; k++) {
        struct call *call = &lane->calls[k];
        if (call->by_server)
            call_server(&lane->peer, call);
        else
            call_client(&lane->peer, call);
    }
    return NULL;
}

static void check_call(const struct call *call)
{
    char what[128];
    snprintf(what, sizeof what, "%s, %s, %s %zu", call->command->name,
             call->by_server ? "server" : "client", call->drips ? "dripped" : "stalled after byte",
             call->sent);
    ck_assert_msg(call->error == MC_E_TIMEOUT, "%s: the error is %d", what, call->error);
    int expected = command_is_write(call->command) ? MC_E_UNKNOWN : MC_E_TIMEOUT;
    ck_assert_msg(call->result == expected, "%s: %d", what, call->result);
    ck_assert_msg(call->next == (call->by_server ? MC_HIT : MC_E_TIMEOUT), "%s: the next is %d",
                  what, call->next);
    count_call(call->late_us, what);
    tallies[call->drips ? DRIPS : STALLS]++;
    tallies[NEXTS]++;
}

/* All lanes at once, because most of the time each of them waits. */
static void run_lanes(struct lane lanes[LANES])
{
    for (int k = 0; k < LANES; k++) {
        for (size_t c = 0; c < lanes[k].count; c++)
            script_call(&lanes[k], &lanes[k].calls[c]);
        peer_start(&lanes[k].peer, PEER_UNIX, NULL, lanes[k].script);
    }
    for (int k = 0; k < LANES; k++)
        ck_assert_int_eq(pthread_create(&lanes[k].thread, NULL, make_calls, &lanes[k]), 0);
    for (int k = 0; k < LANES; k++)
        pthread_join(lanes[k].thread, NULL);
    for (int k = 0; k < LANES; k++) {
        for (size_t c = 0; c < lanes[k].count; c++)
            check_call(&lanes[k].calls[c]);
        peer_end(&lanes[k].peer);
    }
}

static bool has_client(const struct command *c)
{
    return c->by_client != NULL;
}

/* Below and above what the kernel's own timer is used for. */
static void add_stall(struct lane *lanes, const struct command *command, size_t sent,
                      bool by_server)
{
    struct call *call = add_call(lanes, command, by_server);
    call->sent = sent;
    call->deadline_ms = sent % 8 == 4 ? 60 : 10;
}

START_TEST(stalled_at_every_byte)
{
    struct lane *lanes = calloc(LANES, sizeof *lanes);
    ck_assert_ptr_nonnull(lanes);
    for (size_t c = 0; c < commands_count; c++) {
        const struct command *command = &commands[c];
        if (command->shape == COMMAND_MANY)
            continue;
        for (size_t sent = 0; sent < strlen(command->reply.text.data); sent++) {
            add_stall(lanes, command, sent, true);
            if (has_client(command))
                add_stall(lanes, command, sent, false);
        }
    }
    run_lanes(lanes);
    free(lanes);
}
END_TEST

/* All but the last byte comes, but not in time, though the wait for each is far shorter. */
START_TEST(dripped)
{
    static const int deadlines_ms[] = {20, 30, 100};
    struct lane *lanes = calloc(LANES, sizeof *lanes);
    ck_assert_ptr_nonnull(lanes);
    for (size_t c = 0; c < commands_count; c++) {
        const struct command *command = &commands[c];
        if (command->shape == COMMAND_MANY)
            continue;
        size_t sent = strlen(command->reply.text.data) - 1;
        for (int by_server = has_client(command) ? 0 : 1; by_server <= 1; by_server++) {
            struct call *call = add_call(lanes, command, by_server == 1);
            call->drips = true;
            call->sent = sent;
            call->deadline_ms = deadlines_ms[_i];
            call->drip_ms = deadlines_ms[_i] / (int)sent + 2;
        }
    }
    run_lanes(lanes);
    free(lanes);
}
END_TEST

/* ---- connecting, and sending ----------------------------------------------------------------- */

static const int few_deadlines_ms[] = {1, 10, 30, 60};

static int get(struct mc_server *server)
{
    char text[VALUE_CAP];
    struct mc_value value = {.buf = text, .cap = sizeof text};
    return mc_server_get(server, MC_BYTES("key"), &value);
}

static void init(struct mc_server *server, const struct peer *peer, int ms, char buf[2048])
{
    ck_assert_int_eq(mc_server_init(server, peer->address, buf, 2048), 0);
    server->timeout_ms = ms;
}

/* Nobody accepts: the first wait in the queue and for an answer, the others to get into it. */
START_TEST(full_queue)
{
    enum { TRIES = 5 };
    static const struct peer_step nothing[] = {{PEER_END, NULL, 0, 0}};
    enum peer_family family = (enum peer_family)(_i / (int)COUNT(few_deadlines_ms));
    char buf[2048];
    struct peer peer;
    struct mc_server server;
    if (!peer_has(family, __func__))
        return;
    peer_start(&peer, family, NULL, nothing);
    ck_assert_int_eq(listen(peer.listener, 0), 0);
    init(&server, &peer, few_deadlines_ms[_i % (int)COUNT(few_deadlines_ms)], buf);
    for (int k = 0; k < TRIES; k++) {
        server.down_until_ms = 0;
        ck_assert_int_eq(get(&server), MC_E_TIMEOUT);
        count_call(late_us(server.deadline), "a full queue");
    }
    ck_assert_uint_lt(server.connects, TRIES);
    while (poll(&(struct pollfd){.fd = peer.listener, .events = POLLIN}, 1, 0) > 0)
        close(accept(peer.listener, NULL, NULL));
    peer_end(&peer);
}
END_TEST

/* The value does not go out whole, so that nothing is unknown. */
START_TEST(never_read)
{
    static const struct peer_step script[] = {
        {PEER_ACCEPT, NULL, 0, 0}, {PEER_GATE, NULL, 0, 0}, {PEER_END, NULL, 0, 0}};
    enum { SIZE = 64 << 20 };
    enum peer_family family = (enum peer_family)(_i / (int)COUNT(few_deadlines_ms));
    char buf[2048], *data = calloc(SIZE, 1);
    struct peer peer;
    struct mc_server server;
    ck_assert_ptr_nonnull(data);
    if (peer_has(family, __func__)) {
        peer_start(&peer, family, NULL, script);
        init(&server, &peer, few_deadlines_ms[_i % (int)COUNT(few_deadlines_ms)], buf);
        int r = mc_server_set(&server, MC_BYTES("key"), (struct mc_bytes){data, SIZE}, 0);
        ck_assert_int_eq(r, MC_E_TIMEOUT);
        count_call(late_us(server.deadline), "a peer that does not read");
        peer_open_gate(&peer);
        peer_end(&peer);
    }
    free(data);
}
END_TEST

/* ---- a server that stands still -------------------------------------------------------------- */

/* A child that serves one connection after the other: n1 is there, and all other replies are late. */
static void serve(int listener)
{
    char line[64];
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        while (fd >= 0 && recv(fd, line, sizeof line, 0) > 0) {
            const char *reply = memcmp(line, "get n1", 6) == 0 ? "VALUE n1 0 2\r\nv1\r\nEND\r\n"
                                : line[0] == 'g'               ? "VALUE key 0 2\r\nv0\r\nEND\r\n"
                                                               : "STORED\r\n";
            send(fd, reply, strlen(reply), MSG_NOSIGNAL);
        }
        close(fd);
    }
}

static pid_t start_child(int listener)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        serve(listener);
    return child;
}

static void stop(pid_t child)
{
    int status;
    ck_assert_int_eq(kill(child, SIGSTOP), 0);
    ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
    ck_assert(WIFSTOPPED(status));
}

static int set(struct mc_server *server)
{
    return mc_server_set(server, MC_BYTES("key"), MC_BYTES("hello"), 60);
}

/* A set is unknown if there was a connection to send it on. */
static void expect_no_answer(struct mc_server *server, bool sets, int ms)
{
    uint64_t connects = server->connects;
    bool kept = server->socket.open;
    server->timeout_ms = ms;
    server->down_until_ms = 0;
    int r = sets ? set(server) : get(server);
    bool sent = kept || server->connects > connects;
    ck_assert_int_eq(r, sets && sent ? MC_E_UNKNOWN : MC_E_TIMEOUT);
    count_call(late_us(server->deadline), "a stopped server");
}

/* Stopped in the midst of a connection, it takes new ones and what is sent, and replies to nothing;
 * when it goes on, it replies to all that. */
START_TEST(stopped_server)
{
    static const struct peer_step nothing[] = {{PEER_END, NULL, 0, 0}};
    enum peer_family family = (enum peer_family)(_i / (int)COUNT(few_deadlines_ms));
    char buf[2048];
    struct peer peer;
    struct mc_server server;
    if (!peer_has(family, __func__))
        return;
    peer_start(&peer, family, NULL, nothing);
    pid_t child = start_child(peer.listener);
    init(&server, &peer, LONGEST_MS, buf);
    ck_assert_int_eq(ask_next(&server), MC_HIT);
    stop(child);
    for (int k = 0; k < 6; k++)
        expect_no_answer(&server, k % 2 == 1, few_deadlines_ms[_i % (int)COUNT(few_deadlines_ms)]);
    ck_assert_int_eq(kill(child, SIGCONT), 0);
    ck_assert_int_eq(ask_next(&server), MC_HIT);
    tallies[NEXTS]++;
    mc_server_close(&server);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    peer_end(&peer);
}
END_TEST

/* ---- all of them ----------------------------------------------------------------------------- */

static void print_reached(void)
{
    char calls[TALLY_SIZE];
    printf("# reached: 6. deadlines | %u stalls, one after every byte of every reply, %u drips, a "
           "full queue, a peer that does not read, a stopped server | %s calls, 0 back early, "
           "late by at most %.2f ms, 99 %% by at most %.2f ms; 0 of %u late replies matched\n",
           (unsigned)tallies[STALLS], (unsigned)tallies[DRIPS], tally_text(tallies[CALLS], calls),
           (double)tallies[MOST_US] / 1000, (double)quantile_us(0.99) / 1000,
           (unsigned)tallies[NEXTS]);
}

int main(void)
{
    enum { FEW = COUNT(few_deadlines_ms) * PEER_FAMILIES };
    tallies = tally_new(TALLIES);
    const struct suite_test tests[] = {{stalled_at_every_byte, 1},
                                       {dripped, 3},
                                       {full_queue, FEW},
                                       {never_read, FEW},
                                       {stopped_server, FEW}};
    int result = suite_run("deadlines", tests, COUNT(tests));
    if (result == 0)
        print_reached();
    return result;
}
