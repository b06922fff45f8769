/* Each system call of a few programs fails, at each position, with each errno, in each weather; a
 * real memcached is asked on another connection what was really done.
 *
 * What may be true of a key is a set of possible worlds: a write that is unknown may have been done
 * or not, one that failed was not done, and what is read must be true in at least one world. */
#include "faults.h"
#include "live.h"
#include "server.h"
#include "suite.h"
#include "tally.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { KEYS = 3, WORLDS_MAX = 64, OPS = 10, ABSENT = -1, LONGEST_MS = 60000 };

/* ---- possible worlds ------------------------------------------------------------------------- */

/* What a key's item may hold (ABSENT: there may be none), and the steps (1 << i) whose outcome is
 * unknown that the server may still do: it may read the end of one connection after the beginning
 * of the next, as newer ones with a single thread are seen to do. */
struct world {
    int64_t number;
    unsigned pending;
};

struct worlds {
    struct world list[WORLDS_MAX];
    size_t count;
};

struct step {
    const struct mc_command *command;
    int key;
    int64_t number;
    bool shows; /* a meta command with v */
};

static const struct step steps[OPS] = {
    {&mc_command_set, 0, 100, false},  {&mc_command_get, 0, 0, false},
    {&mc_command_incr, 0, 5, false},   {&mc_command_add, 1, 2000, false},
    {&mc_command_ms, 2, 30000, false}, {&mc_command_mg, 2, 0, true},
    {&mc_command_delete, 1, 0, false}, {&mc_command_gets, 1, 0, false},
    {&mc_command_ma, 0, 7, true},      {&mc_command_get, 0, 0, false}};

static bool reads(const struct step *step)
{
    const struct mc_command *c = step->command;
    return c == &mc_command_get || c == &mc_command_gets || c == &mc_command_mg;
}

static bool is_one_of(const struct step *step, const struct mc_command *a,
                      const struct mc_command *b)
{
    return step->command == a || step->command == b;
}

/* What a server replies to a step, and what it holds then. */
// NOLINTNEXTLINE(readability-function-cognitive-complexity)
static int serve(const struct step *step, int64_t before, int64_t *after)
{
    bool there = before != ABSENT;
    *after = before;
    if (is_one_of(step, &mc_command_set, &mc_command_ms)) {
        *after = step->number;
        return step->command == &mc_command_ms ? MC_HD : MC_STORED;
    }
    if (step->command == &mc_command_add) {
        *after = there ? before : step->number;
        return there ? MC_NOT_STORED : MC_STORED;
    }
    if (step->command == &mc_command_delete) {
        *after = ABSENT;
        return there ? MC_DELETED : MC_NOT_FOUND;
    }
    if (is_one_of(step, &mc_command_incr, &mc_command_ma)) {
        *after = there ? before + step->number : before;
        return there ? MC_NUMBER : MC_NOT_FOUND;
    }
    return there ? MC_HIT : MC_MISS;
}

static void add_world(struct worlds *worlds, int64_t number, unsigned pending)
{
    for (size_t k = 0; k < worlds->count; k++) {
        if (worlds->list[k].number == number && worlds->list[k].pending == pending)
            return;
    }
    ck_assert_uint_lt(worlds->count, WORLDS_MAX);
    worlds->list[worlds->count++] = (struct world){number, pending};
}

/* Adds the worlds in which the server has done pending steps by now: in their order, each once. */
static void add_late_worlds(struct worlds *worlds)
{
    for (size_t k = 0; k < worlds->count; k++) {
        const struct world world = worlds->list[k];
        for (unsigned i = 0; i < OPS; i++) {
            int64_t after;
            if ((world.pending >> i & 1) == 0)
                continue;
            serve(&steps[i], world.number, &after);
            add_world(worlds, after, world.pending & ~((2u << i) - 1));
        }
    }
}

/* The worlds after a step with this result (and, if it brought one, this number). `bit` is the
 * step's place among those that may be done later. */
static void narrow(struct worlds *worlds, const struct step *step, unsigned bit, int result,
                   int64_t number)
{
    struct worlds next = {.count = 0};
    add_late_worlds(worlds);
    for (size_t k = 0; k < worlds->count; k++) {
        int64_t after, before = worlds->list[k].number;
        unsigned pending = worlds->list[k].pending;
        int reply = serve(step, before, &after);
        if (result == MC_E_UNKNOWN || result == reply) {
            bool brings = result == MC_HIT || result == MC_NUMBER;
            if (!brings || after == number)
                add_world(&next, after, pending);
        }
        if (result < 0)
            add_world(&next, before, result == MC_E_UNKNOWN ? pending | bit : pending);
    }
    *worlds = next;
}

/* ---- the programs ---------------------------------------------------------------------------- */

/* A run: its ops, with their keys and where values go. */
struct run {
    struct mc_op ops[OPS];
    struct mc_value replies[OPS];
    struct mc_meta metas[OPS];
    struct mc_flag flags[OPS][2];
    char keys[KEYS][24], numbers[OPS][24], values[OPS][32];
};

static unsigned runs; /* each has keys of its own */

/* The operation of a step. Its result is one that no run may have. */
static void make_op(struct run *run, size_t i)
{
    const struct step *step = &steps[i];
    struct mc_op *op = &run->ops[i];
    char *number = run->numbers[i];
    snprintf(number, sizeof run->numbers[i], "%lld", (long long)step->number);
    *op = mc_op_make(step->command, mc_string(run->keys[step->key]));
    op->result = MC_E_COMMAND;
    op->data = mc_string(number);
    op->number = (uint64_t)step->number;
    run->replies[i] = (struct mc_value){.buf = run->values[i], .cap = sizeof run->values[i] - 1};
    op->value = &run->replies[i];
    op->meta = &run->metas[i];
    run->flags[i][0] = mc_op_flag('v');
    run->flags[i][1] = mc_op_flag_number('D', op->number);
    op->meta_flags = run->flags[i];
    op->meta_count = !step->shows ? 0 : step->command == &mc_command_ma ? 2 : 1;
}

static void make_run(struct run *run)
{
    memset(run, 0, sizeof *run);
    runs++;
    for (int k = 0; k < KEYS; k++)
        snprintf(run->keys[k], sizeof run->keys[k], "key-%u-%d", runs, k);
    for (size_t i = 0; i < OPS; i++)
        make_op(run, i);
}

/* By the server's function of its name. */
static int run_alone(struct mc_server *s, struct mc_op *op)
{
    const struct mc_item item = {.key = op->key, .value = op->data};
    const struct mc_flags flags = {op->meta_flags, op->meta_count};
    const struct mc_command *c = op->command;
    if (c == &mc_command_get)
        return mc_server_get(s, op->key, op->value);
    if (c == &mc_command_gets)
        return mc_server_gets(s, op->key, op->value);
    if (c == &mc_command_set || c == &mc_command_add)
        return mc_server_store(s, c, &item);
    if (c == &mc_command_delete)
        return mc_server_delete(s, op->key);
    if (c == &mc_command_incr)
        return mc_server_incr(s, op->key, op->number, &op->answer);
    if (c == &mc_command_mg)
        return mc_server_mg(s, op->key, flags, op->value, op->meta);
    if (c == &mc_command_ms)
        return mc_server_ms(s, op->key, op->data, flags, op->meta);
    return mc_server_do(s, op);
}

/* One by one; a server that went down is asked again at once. */
static void run_singly(struct mc_server *server, struct run *run)
{
    for (size_t i = 0; i < OPS; i++) {
        server->down_until_ms = 0;
        run->ops[i].result = run_alone(server, &run->ops[i]);
    }
}

static void run_together(struct mc_server *server, struct run *run)
{
    mc_server_run(server, run->ops, OPS);
}

/* A batch for each half, so that the second may need a new connection. */
static void run_halves(struct mc_server *server, struct run *run)
{
    mc_server_run(server, run->ops, OPS / 2);
    server->down_until_ms = 0;
    mc_server_run(server, run->ops + OPS / 2, OPS - OPS / 2);
}

static const struct way {
    const char *name;
    void (*run)(struct mc_server *, struct run *);
} ways[] = {{"singly", run_singly}, {"together", run_together}, {"in halves", run_halves}};

/* ---- what came of it ------------------------------------------------------------------------- */

static struct live live;
static struct mc_server witness; /* asks on a connection without faults */
static char witness_buf[2048];
static struct {
    long runs, hits, bent, missed, errors, unknown, opened;
    int64_t longest;
} total;

enum tallies { RUNS, HITS, MISSED, UNKNOWN, OPENED, INTERRUPTED, SIGNALS, BROKEN_PIPES, TALLIES };
static uint64_t *tallies;

static void add_total(void)
{
    tallies[RUNS] += (uint64_t)total.runs;
    tallies[HITS] += (uint64_t)total.hits;
    tallies[MISSED] += (uint64_t)total.missed;
    tallies[UNKNOWN] += (uint64_t)total.unknown;
    tallies[OPENED] += (uint64_t)total.opened;
}

/* The errors that a failing system call may lead to. */
static bool is_named(const struct step *step, int result)
{
    switch (result) {
    case MC_E_TIMEOUT:
    case MC_E_CLOSED:
    case MC_E_SYSTEM:
    case MC_E_RESOLVE:
    case MC_E_CONNECT:
    case MC_E_RESOURCES:
    case MC_E_DOWN: return true;
    case MC_E_UNKNOWN: return !reads(step);
    default: return false;
    }
}

static int64_t number_of(const struct mc_op *op)
{
    char text[33] = {0};
    if (op->result == MC_NUMBER)
        return (int64_t)op->answer;
    if (op->result != MC_HIT)
        return ABSENT;
    memcpy(text, op->value->buf, op->value->len);
    return strtoll(text, NULL, 10);
}

/* What the server holds now has to be true in one of the worlds. */
static void ask_witness(const struct run *run, struct worlds *worlds, const char *what)
{
    static const struct step look = {&mc_command_get, 0, 0, false};
    for (int k = 0; k < KEYS; k++) {
        char buf[32];
        struct mc_value value = {.buf = buf, .cap = sizeof buf};
        struct mc_op op = mc_op_get(mc_string(run->keys[k]), &value);
        op.result = mc_server_get(&witness, op.key, op.value);
        ck_assert_int_gt(op.result, 0);
        narrow(&worlds[k], &look, 0, op.result, number_of(&op));
        ck_assert_msg(worlds[k].count > 0, "%s: the server holds %lld for key %d", what,
                      (long long)number_of(&op), k);
    }
}

/* An operation that failed has no outputs. */
static bool is_clear(const struct mc_op *op)
{
    return op->answer == 0 && op->value->len == 0 && op->value->cas == 0 && op->meta->number == 0;
}

/* Returns how many of the ops failed. */
static int check_run(const struct run *run, const char *what)
{
    struct worlds worlds[KEYS];
    int failed = 0;
    for (int k = 0; k < KEYS; k++)
        worlds[k] = (struct worlds){{{.number = ABSENT}}, 1};
    for (size_t i = 0; i < OPS; i++) {
        const struct mc_op *op = &run->ops[i];
        struct worlds *w = &worlds[steps[i].key];
        ck_assert_msg(op->result > 0 || is_named(&steps[i], op->result), "%s: op %zu: %d", what, i,
                      op->result);
        ck_assert_msg(op->result > 0 || is_clear(op), "%s: op %zu: %d with outputs", what, i,
                      op->result);
        narrow(w, &steps[i], 1u << i, op->result, number_of(op));
        ck_assert_msg(w->count > 0, "%s: op %zu cannot be %d with %lld", what, i, op->result,
                      (long long)number_of(op));
        failed += op->result < 0 ? 1 : 0;
        total.unknown += op->result == MC_E_UNKNOWN ? 1 : 0;
    }
    total.errors += failed;
    ask_witness(run, worlds, what);
    return failed;
}

/* One run under a plan. Returns how many ops failed; *seen is what happened. */
static int play(const struct way *way, const struct faults_plan *plan,
                const struct faults_seen **seen)
{
    char buf[2048], what[120];
    struct run run;
    struct mc_server server;
    snprintf(what, sizeof what, "%s, call %d%s: errno %d, cap %zu, each %dth errno %d", way->name,
             plan->at, plan->on ? " on" : "", plan->error, plan->cap, plan->every,
             plan->every_error);
    make_run(&run);
    ck_assert_int_eq(mc_server_init(&server, live.address, buf, sizeof buf), 0);
    server.timeout_ms = 20000;
    int64_t start = mc_socket_now();
    faults_begin(plan);
    way->run(&server, &run);
    mc_server_close(&server);
    *seen = faults_end();
    int64_t took = mc_socket_now() - start;
    total.longest = took > total.longest ? took : total.longest;
    ck_assert_msg(took < LONGEST_MS, "%s: %lld ms", what, (long long)took);
    ck_assert_msg((*seen)->opened == (*seen)->closed, "%s: %d descriptors opened, %d closed", what,
                  (*seen)->opened, (*seen)->closed);
    total.runs++;
    total.hits += (*seen)->hits;
    total.bent += (*seen)->bent;
    total.opened += (*seen)->opened;
    return check_run(&run, what);
}

static int count_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count;
}

/* ---- the sweep ------------------------------------------------------------------------------- */

/* What the transfers are like while one call fails. */
static const struct faults_plan weathers[] = {
    {.at = -1},
    {.at = -1, .cap = 100},
    {.at = -1, .cap = 7},
    {.at = -1, .every = 2, .every_error = EAGAIN},
    {.at = -1, .every = 2, .every_error = EINTR},
    {.at = -1, .every = 3, .every_error = EINTR, .cap = 2},
    {.at = -1, .cap = 1},
};
enum { WEATHERS = sizeof weathers / sizeof *weathers, ALL_ERRORS = 3, FEW_WEATHERS = 1 };
enum { HITS_MIN = 5000, FEW_HITS_MIN = 1000 };

static bool few; /* the argument, as where a processor is emulated */

/* Where there are very many positions, the errors that are handled in a way of their own have to do. */
static bool is_tried(int weather, int error)
{
    if (weather < ALL_ERRORS || error == 0 || error == ECONNRESET)
        return true;
    return weathers[weather].cap != 1 && (error == EINTR || error == EAGAIN || error == ENOMEM);
}

/* Errors that mean "again" are not given forever. */
static bool lasts(enum faults_call call, int error)
{
    bool again = error == EAGAIN || error == EINTR || error == EINPROGRESS;
    return !again && !(call == FAULTS_POLL && error == 0);
}

/* A run whose plan has a turn to come. The number of receives varies with what the server sends at
 * one go, so the last calls of a run may need a second try; if they never come, it is counted. */
static int play_until_hit(const struct way *way, const struct faults_plan *plan)
{
    const struct faults_seen *seen;
    for (int tries = 0; tries < 3; tries++) {
        int failed = play(way, plan, &seen);
        if (seen->hits > 0)
            return failed;
    }
    total.missed++;
    return 0;
}

static void fail_call(const struct way *way, int weather, int at, enum faults_call call)
{
    for (const int *error = faults_errors[call]; *error != FAULTS_LAST; error++) {
        struct faults_plan plan = weathers[weather];
        if (!is_tried(weather, *error))
            continue;
        plan.at = at;
        plan.error = *error;
        int failed = play_until_hit(way, &plan);
        ck_assert_msg(way->run != run_singly || failed <= 1, "call %d (%s) errno %d fails %d ops",
                      at, faults_names[call], *error, failed);
        plan.on = true;
        if (weather == 0 && lasts(call, *error))
            play_until_hit(way, &plan);
    }
}

/* Every call of one way, in one weather. */
static void sweep_way(const struct way *way, int weather)
{
    const struct faults_seen *seen;
    unsigned char call[FAULTS_SEEN_MAX];
    ck_assert_msg(play(way, &weathers[weather], &seen) == 0, "%s in weather %d fails", way->name,
                  weather);
    int calls = seen->calls;
    ck_assert_int_lt(calls, FAULTS_SEEN_MAX);
    memcpy(call, seen->call, sizeof call);
    for (int at = 0; at < calls; at++)
        fail_call(way, weather, at, (enum faults_call)call[at]);
}

static void begin(enum live_kind kind)
{
    live_start(&live, kind, "-t 1", NULL);
    ck_assert_int_eq(mc_server_init(&witness, live.address, witness_buf, sizeof witness_buf), 0);
    witness.timeout_ms = 20000;
}

static void end(void)
{
    mc_server_close(&witness);
    live_end(&live);
}

START_TEST(each_call_fails_with_each_errno)
{
    const char *kind = _i == LIVE_UNIX ? "unix" : "tcp";
    int before = count_descriptors();
    memset(&total, 0, sizeof total);
    begin((enum live_kind)_i);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        for (int weather = 0; weather < (few ? FEW_WEATHERS : WEATHERS); weather++)
            sweep_way(&ways[w], weather);
    }
    end();
    ck_assert_int_eq(count_descriptors(), before);
    printf("%s: %ld runs, %ld injections (%ld never happened), %ld transfers cut or put off\n"
           "%s: %ld operations failed by name, %ld of them unknown; longest run %lld ms\n",
           kind, total.runs, total.hits, total.missed, total.bent, kind, total.errors,
           total.unknown, (long long)total.longest);
    fflush(stdout);
    ck_assert_int_lt(total.missed * 50, total.hits);
    ck_assert_int_ge(total.hits, few ? FEW_HITS_MIN : HITS_MIN);
    add_total();
}
END_TEST

/* Calls that wait or move bytes, each k-th interrupted: nobody notices. */
START_TEST(interrupted_at_each_kth_call)
{
    struct faults_plan plan = {.at = -1, .every = 2, .every_error = EINTR, .waits = true};
    const struct faults_seen *seen;
    int before = count_descriptors();
    begin((enum live_kind)_i);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        plan.every = 2;
        do {
            ck_assert_int_eq(play(&ways[w], &plan, &seen), 0);
            tallies[INTERRUPTED] += (uint64_t)seen->bent;
            plan.every++;
        } while (seen->bent > 0);
        ck_assert_int_gt(plan.every, 4);
    }
    end();
    ck_assert_int_eq(count_descriptors(), before);
    add_total();
}
END_TEST

/* ---- signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

/* A signal each `us`, which interrupts what waits; 0: none. */
static void storm(int us)
{
    const struct sigaction action = {.sa_handler = count_signal};
    const struct itimerval time = {{0, us}, {0, us}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &time, NULL);
}

START_TEST(a_storm_of_signals_is_not_seen)
{
    static const struct faults_plan none = {.at = -1};
    const struct faults_seen *seen;
    begin((enum live_kind)_i);
    long rounds = 0;
    storm(1000);
    for (; rounds < 100 || signals < 200; rounds++) {
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
            ck_assert_int_eq(play(&ways[w], &none, &seen), 0);
    }
    storm(0);
    end();
    tallies[SIGNALS] += (uint64_t)signals;
    add_total();
    printf("a signal each ms: %ld rounds, %ld signals\n", rounds, (long)signals);
}
END_TEST

START_TEST(sigpipe_is_not_raised)
{
    char buf[2048];
    struct mc_server server;
    const struct mc_bytes key = {"key", 3}, text = {"1", 1};
    signal(SIGPIPE, SIG_DFL);
    begin((enum live_kind)_i);
    ck_assert_int_eq(mc_server_init(&server, live.address, buf, sizeof buf), 0);
    server.timeout_ms = 60000; /* however slow this machine is */
    for (int k = 0; k < 20; k++) {
        server.down_until_ms = 0;
        ck_assert_int_eq(mc_server_set(&server, key, text, 0), MC_STORED);
        live_kill(&live);
        int r = mc_server_set(&server, key, text, 0);
        ck_assert_msg(r == MC_E_UNKNOWN || r == MC_E_CLOSED || r == MC_E_CONNECT, "%d", r);
        tallies[BROKEN_PIPES]++;
        live_again(&live);
    }
    mc_server_close(&server);
    end();
}
END_TEST

static void print_reached(void)
{
    char hits[TALLY_SIZE], kth[TALLY_SIZE], all[TALLY_SIZE], opened[TALLY_SIZE];
    printf(
        "# reached: 5. every system call | each at every position with every errno, in %d weathers "
        "of short and interrupted transfers; EINTR at each k-th call; a signal each ms; SIGPIPE at "
        "its default | %s injections (%llu did not come) and %s interruptions in %s runs, %llu "
        "signals, %llu broken pipes: each reply right or a named error; %s descriptors opened, 0 "
        "left\n",
        WEATHERS, tally_text(tallies[HITS], hits), (unsigned long long)tallies[MISSED],
        tally_text(tallies[INTERRUPTED], kth), tally_text(tallies[RUNS], all),
        (unsigned long long)tallies[SIGNALS], (unsigned long long)tallies[BROKEN_PIPES],
        tally_text(tallies[OPENED], opened));
}

int main(int argc, char **argv)
{
    few = argc > 1 && strcmp(argv[1], "few") == 0;
    tallies = tally_new(TALLIES);
    const struct suite_test tests[] = {{each_call_fails_with_each_errno, LIVE_KINDS},
                                       {interrupted_at_each_kth_call, LIVE_KINDS},
                                       {a_storm_of_signals_is_not_seen, LIVE_KINDS},
                                       {sigpipe_is_not_raised, LIVE_KINDS}};
    int result = suite_run("faults", tests, sizeof tests / sizeof *tests);
    if (result == 0)
        print_reached();
    return result;
}
