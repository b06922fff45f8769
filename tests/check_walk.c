/* A walk over the states of the real engine beside a small server: operations are submitted, bytes
 * are sent and received in pieces of several sizes, the connection fails, an operation is cancelled,
 * the server lies once, all in every order. Everything lies at one address, so that its bytes are its
 * state: each state is looked at once. What comes of each operation is compared with what the server
 * really did:
 * - a value goes to no other question, and without a lie or a failure each result is the server's;
 * - a write is MC_E_UNKNOWN only if the server had all of it, and has no other negative result then;
 * - each operation is done once, in order; when nothing can move, all are done. */
#include "command.h"
#include "reply.h"
#include "suite.h"
#include "tally.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }

enum { OPS = 5, KEYS = 3, IN_CAP = 80, OUT_CAP = 200, WIRE_CAP = 480, LETTERS = 8 };

/* ---- programs -------------------------------------------------------------------------------- */

/* Keys a, b and d have items, "A0" and so on; c has none; e is an error, in the middle of its value
 * if it has one. */
struct step {
    const struct mc_command *command;
    const char *keys; /* a letter each; more than one: an operation of many */
    const char *data;
    const struct mc_flag *flags;
    size_t flag_count;
};

struct program {
    const char *name;
    struct step steps[OPS];
    size_t count, out_cap;
    bool cancels, lies;
};

static const struct mc_flag v[] = {{.letter = 'v'}};
static const struct mc_flag v_q[] = {{.letter = 'v'}, {.letter = 'q'}};
static const struct mc_flag q[] = {{.letter = 'q'}};

#define LONG                                                                                       \
    "E0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890" \
    "1234567890123456789012345678901234567890"

/* clang-format off */
#define ALL_SORTS {{&mc_command_get, "a", 0, 0, 0}, {&mc_command_set, "b", "B7", 0, 0},            \
                   {&mc_command_delete, "a", 0, 0, 0}, {&mc_command_mg, "b", 0, v, 1}}
#define QUIET {{&mc_command_mg, "a", 0, v_q, 2}, {&mc_command_ms, "b", "B7", q, 1},               \
               {&mc_command_md, "c", 0, q, 1}, {&mc_command_get, "b", 0, 0, 0}}
#define SHARED {{&mc_command_get, "a", 0, 0, 0}, {&mc_command_get, "c", 0, 0, 0},                 \
                {&mc_command_gets, "bab", 0, 0, 0}, {&mc_command_get, "d", 0, 0, 0}}
#define ERRORS {{&mc_command_set, "e", LONG, 0, 0}, {&mc_command_set, "b", "B7", 0, 0},           \
                {&mc_command_get, "b", 0, 0, 0}}
#define QUIET_ERRORS {{&mc_command_md, "c", 0, q, 1}, {&mc_command_md, "e", 0, q, 1},             \
                      {&mc_command_mg, "a", 0, v_q, 2}, {&mc_command_mg, "e", 0, v_q, 2}}

static const struct program programs[] = {
    {"all sorts", ALL_SORTS, 4, OUT_CAP, false, false},
    {"all sorts, one cancelled", ALL_SORTS, 4, OUT_CAP, true, false},
    {"all sorts, and a lie", ALL_SORTS, 3, OUT_CAP, false, true},
    {"quiet", QUIET, 4, OUT_CAP, false, false},
    {"quiet, one cancelled", QUIET, 4, OUT_CAP, true, false},
    {"quiet, and a lie", QUIET, 3, OUT_CAP, false, true},
    {"shared lines", SHARED, 4, 33, false, false},
    {"shared lines, one cancelled", SHARED, 4, 33, true, false},
    {"shared lines, and a lie", SHARED, 3, 33, false, true},
    {"an error before a value has gone", ERRORS, 3, OUT_CAP, false, false},
    {"an error before a value has gone, and a lie", ERRORS, 2, OUT_CAP, false, true},
    {"quiet errors", QUIET_ERRORS, 4, OUT_CAP, false, false},
};
/* clang-format on */

/* What the server says once that is not so: in the place of its next reply, or now. */
static const struct {
    const char *text;
    bool now;
} lies[] = {
    {"END\r\n", true},
    {"STORED\r\n", true},
    {"END\r\n", false},
    {"VALUE b 0 2\r\nB0\r\nEND\r\n", false},
    {"VALUE b 0 2 1\r\nB0\r\nEND\r\n", false},
    {"SERVER_ERROR x\r\n", true},
    {"SERVER_ERROR x\r\n", false},
    {"CLIENT_ERROR x\r\n", false},
    {"NF O1\r\n", true},
    {"MN\r\n", true},
};

/* ---- the world ------------------------------------------------------------------------------- */

/* What the server did for an operation: it has all of it, and the results of its keys. */
struct truth {
    bool whole;
    int results[KEYS];
    char values[KEYS][2];
};

struct world {
    struct mc_engine engine;
    struct mc_op ops[OPS];
    struct mc_bytes keys[OPS][KEYS];
    struct mc_value values[OPS][KEYS];
    char places[OPS][KEYS][4];
    char in[IN_CAP], out[OUT_CAP];
    /* The server. */
    char asked[WIRE_CAP], replies[WIRE_CAP]; /* received and not read; sent and not received */
    size_t asked_len, replies_len, swallow;
    char items[LETTERS]; /* their versions; 0: none */
    struct truth truths[OPS];
    size_t next_op, next_key;
    int lie; /* 1 + index of one to be told, or -1: told */
    /* The walker. */
    size_t submitted, done;
    bool failed;
    size_t gone_op; /* 1 + the one that was cancelled, */
    size_t unsent;  /* and the same if it was not sent */
};

static struct world w;
static const struct program *program;

static void start(const struct program *p)
{
    program = p;
    memset(&w, 0, sizeof w);
    mc_engine_init(&w.engine, w.in, sizeof w.in, w.out, p->out_cap);
    w.items['a' - 'a'] = w.items['b' - 'a'] = w.items['d' - 'a'] = '0';
}

static size_t key_count(size_t i)
{
    return strlen(program->steps[i].keys);
}

static void submit(void)
{
    size_t i = w.submitted++;
    const struct step *step = &program->steps[i];
    struct mc_op *op = &w.ops[i];
    *op = (struct mc_op){.command = step->command, .meta_flags = step->flags};
    op->meta_count = step->flag_count;
    if (step->data != NULL)
        op->data = (struct mc_bytes){step->data, strlen(step->data)};
    for (size_t k = 0; k < key_count(i); k++) {
        w.keys[i][k] = (struct mc_bytes){step->keys + k, 1};
        w.values[i][k] = (struct mc_value){.buf = w.places[i][k], .cap = sizeof w.places[i][k]};
    }
    op->key = w.keys[i][0];
    op->value = w.values[i];
    if (key_count(i) > 1) {
        op->value = NULL;
        op->keys = w.keys[i];
        op->values = w.values[i];
        op->count = key_count(i);
    }
    mc_engine_submit(&w.engine, op);
}

enum { DEPTH_MAX = 1000, FEW_STATES = 10000 };

static struct {
    uint64_t *seen; /* hashes; 0: a free place */
    size_t cap, count, edges, depth, deepest;
    size_t most;             /* no more states than these */
    size_t moves[DEPTH_MAX]; /* how the walk came here */
} walk;

/* ---- the server ------------------------------------------------------------------------------ */

static void say(const char *text, size_t len)
{
    ck_assert_uint_le(w.replies_len + len, WIRE_CAP);
    memcpy(w.replies + w.replies_len, text, len);
    w.replies_len += len;
}

static void say_text(const char *text)
{
    say(text, strlen(text));
}

/* The next key of the operations. */
static void do_key(int result, char letter, char version)
{
    if (w.unsent == w.next_op + 1)
        w.next_op++;
    struct truth *truth = &w.truths[w.next_op];
    truth->results[w.next_key] = result;
    truth->values[w.next_key][0] = letter;
    truth->values[w.next_key][1] = version;
    if (++w.next_key < key_count(w.next_op))
        return;
    truth->whole = true;
    w.next_op++;
    w.next_key = 0;
}

static void do_keys(char *line, bool unique)
{
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
        char reply[40], version = w.items[word[0] - 'a'], letter = (char)(word[0] - 'a' + 'A');
        if (version != 0) {
            snprintf(reply, sizeof reply, "VALUE %c 0 2%s\r\n%c%c\r\n", word[0], unique ? " 9" : "",
                     letter, version);
            say_text(reply);
        }
        do_key(version != 0 ? MC_HIT : MC_MISS, letter, version);
    }
    say_text("END\r\n");
}

/* A meta reply, unless q hides it. */
static void say_meta(const char *line, const char *word, bool quiet)
{
    const char *opaque = strstr(line, " O");
    if (quiet && strstr(line, " q") != NULL)
        return;
    say_text(word);
    if (opaque != NULL)
        say_text(opaque);
    say_text("\r\n");
}

static void do_meta(char *line, const char *data)
{
    char letter = line[3], *version = &w.items[letter - 'a'], upper = (char)(letter - 'a' + 'A');
    if (letter == 'e') {
        say_text("SERVER_ERROR no\r\n");
        do_key(MC_SERVER_ERROR, 0, 0);
    } else if (line[1] == 'g') {
        char value[] = {upper, *version, '\r', '\n', 0};
        say_meta(line, *version != 0 ? "VA 2" : "EN", *version == 0);
        say_text(*version != 0 ? value : "");
        do_key(*version != 0 ? MC_HIT : MC_MISS, upper, *version);
    } else if (line[1] == 's') {
        *version = data[1];
        say_meta(line, "HD", true);
        do_key(MC_HD, 0, 0);
    } else {
        say_meta(line, *version != 0 ? "HD" : "NF", *version != 0);
        do_key(*version != 0 ? MC_HD : MC_NOT_FOUND, 0, 0);
        *version = 0;
    }
}

/* One whole command, and its value. */
static void do_command(char *line, const char *data)
{
    const char *space = strchr(line, ' ');
    char letter = 'c';
    if (space != NULL)
        letter = space[1];
    char *version = &w.items[letter - 'a'];
    if (w.lie > 0) {
        say_text(lies[w.lie - 1].text);
        w.lie = -1;
        size_t replies_len = w.replies_len;
        do_command(line, data);
        w.replies_len = replies_len;
    } else if (strncmp(line, "get ", 4) == 0) {
        do_keys(line + 4, false);
    } else if (strncmp(line, "gets ", 5) == 0) {
        do_keys(line + 5, true);
    } else if (strncmp(line, "set ", 4) == 0) {
        *version = data[1];
        say_text("STORED\r\n");
        do_key(MC_STORED, 0, 0);
    } else if (strncmp(line, "delete ", 7) == 0) {
        say_text(*version != 0 ? "DELETED\r\n" : "NOT_FOUND\r\n");
        do_key(*version != 0 ? MC_DELETED : MC_NOT_FOUND, 0, 0);
        *version = 0;
    } else if (strcmp(line, "mn") == 0) {
        say_text("MN\r\n");
    } else {
        do_meta(line, data);
    }
}

static size_t value_size(const char *line)
{
    int size = 0;
    if (sscanf(line, "set %*s %*s %*s %d", &size) < 1 && sscanf(line, "ms %*s %d", &size) < 1)
        return 0;
    return (size_t)size + 2;
}

static void drop_asked(size_t n)
{
    memmove(w.asked, w.asked + n, w.asked_len - n);
    w.asked_len -= n;
    memset(w.asked + w.asked_len, 0, WIRE_CAP - w.asked_len);
}

/* The value of a refused item. */
static bool swallow(void)
{
    size_t n = w.asked_len < w.swallow ? w.asked_len : w.swallow;
    drop_asked(n);
    w.swallow -= n;
    if (n > 0 && w.swallow == 0)
        do_key(MC_SERVER_ERROR, 0, 0);
    return w.swallow == 0;
}

/* Does all that has been asked. */
static void serve(void)
{
    char *end, line[WIRE_CAP];
    while (swallow() && (end = memchr(w.asked, '\n', w.asked_len)) != NULL) {
        size_t len = (size_t)(end + 1 - w.asked);
        memcpy(line, w.asked, len);
        line[len - 2] = '\0';
        size_t size = value_size(line);
        if (strncmp(line, "set e", 5) == 0) {
            say_text("SERVER_ERROR large\r\n");
            drop_asked(len);
            w.swallow = size;
        } else if (w.asked_len < len + size) {
            return;
        } else {
            do_command(line, w.asked + len);
            drop_asked(len + size);
        }
    }
}

/* ---- what has to come of it ------------------------------------------------------------------ */

static void wrong(size_t i, const char *what, int result)
{
    struct text path = {0};
    for (size_t k = 0; k < walk.depth; k++)
        text_print(&path, " %zu", walk.moves[k]);
    ck_abort_msg("%s: op %zu: %s: %d; error %d, failed %d, cancelled %zu, lie %d; moves%s",
                 program->name, i, what, result, w.engine.error, w.failed, w.gone_op, w.lie,
                 text_string(&path));
}

/* The result of a key is the server's. */
static bool is_true(size_t i, size_t k, int result)
{
    const struct truth *truth = &w.truths[i];
    if (result == MC_HIT &&
        (w.values[i][k].len != 2 || memcmp(w.places[i][k], truth->values[k], 2) != 0))
        return false;
    return result == truth->results[k];
}

/* Whose value is it? Versions may be old in a lie. */
static void check_value(size_t i, size_t k, int result)
{
    if (result == MC_HIT && w.places[i][k][0] != program->steps[i].keys[k] - 'a' + 'A')
        wrong(i, "the value of another key", w.places[i][k][0]);
}

static bool is_ambiguous(size_t i, int result)
{
    bool quiet = program->steps[i].flags == q || program->steps[i].flags == v_q;
    bool errors = false;
    for (size_t k = 0; k < program->count; k++)
        errors = errors || strcmp(program->steps[k].keys, "e") == 0;
    return quiet && errors && (result == MC_E_UNKNOWN || result == MC_SERVER_ERROR);
}

static void check_result(size_t i, size_t k, int result)
{
    const struct mc_op *op = &w.ops[i];
    bool writes = mc_engine_writes(op);
    bool lied = w.lie != 0, over = w.engine.error != 0;
    check_value(i, k, result);
    if (result == MC_E_UNKNOWN && (!writes || !w.truths[i].whole))
        wrong(i, "unknown", result);
    if (result < 0 && result != MC_E_UNKNOWN && writes && w.truths[i].whole)
        wrong(i, "not done, it says, and done", result);
    if (lied || is_true(i, k, result) || is_ambiguous(i, result))
        return;
    if (!over || result > 0 || (result != MC_E_UNKNOWN && result != w.engine.error))
        wrong(i, "not what the server did", result);
}

static void take_done(void)
{
    struct mc_op *op;
    while ((op = mc_engine_done(&w.engine)) != NULL) {
        if (w.done + 1 == w.gone_op)
            w.done++;
        size_t i = w.done++;
        if (op != &w.ops[i])
            wrong(i, "not in order", (int)(op - w.ops));
        for (size_t k = 0; k < key_count(i); k++)
            check_result(i, k, op->keys != NULL ? w.values[i][k].result : op->result);
        memset(op, 0xee, sizeof *op); /* it is ours again */
    }
    if (w.lie == 0 && w.engine.error != 0 && !w.failed)
        wrong(w.done, "broken without a reason", w.engine.error);
}

/* ---- moves ----------------------------------------------------------------------------------- */

enum { SIZES = 5 };

/* How much of n bytes moves: 1, half, all but 4, all but 1, all; 0: as another size. */
static size_t piece(size_t n, size_t size)
{
    const size_t pieces[SIZES] = {n, n > 1 ? n - 1 : 0, n > 5 ? n - 4 : 0, n > 3 ? n / 2 : 0,
                                  n > 2 ? 1 : 0};
    return pieces[size];
}

static bool move_out(size_t size)
{
    struct mc_bytes parts[8];
    size_t count = mc_engine_output(&w.engine, parts, 8), all = 0, n;
    for (size_t k = 0; k < count; k++)
        all += parts[k].len;
    n = all > 0 ? piece(all, size) : 0;
    size_t left = n;
    ck_assert_uint_le(w.asked_len + n, WIRE_CAP);
    for (size_t k = 0; k < count && left > 0; k++) {
        size_t some = parts[k].len < left ? parts[k].len : left;
        memcpy(w.asked + w.asked_len, parts[k].data, some);
        w.asked_len += some;
        left -= some;
    }
    if (n > 0)
        mc_engine_sent(&w.engine, n);
    serve();
    return n > 0;
}

static bool move_in(size_t size)
{
    size_t cap, n = w.replies_len > 0 ? piece(w.replies_len, size) : 0;
    char *to = n > 0 ? mc_engine_input(&w.engine, &cap) : NULL;
    if (to == NULL)
        return false;
    n = n < cap ? n : cap;
    memcpy(to, w.replies, n);
    memmove(w.replies, w.replies + n, w.replies_len - n);
    w.replies_len -= n;
    mc_engine_received(&w.engine, n);
    return true;
}

static bool move_lie(size_t k)
{
    if (!program->lies || w.lie != 0 || w.submitted == 0)
        return false;
    w.lie = lies[k].now ? -1 : (int)k + 1;
    if (lies[k].now)
        say_text(lies[k].text);
    return true;
}

static bool move_cancel(size_t i)
{
    if (!program->cancels || w.gone_op > 0 || i >= w.submitted || i < w.done)
        return false;
    w.gone_op = i + 1;
    if (w.ops[i].state == MC_OP_WAITING)
        w.unsent = i + 1;
    w.failed = mc_engine_cancel(&w.engine, &w.ops[i]) < 0;
    memset(&w.ops[i], 0xee, sizeof w.ops[i]);
    memset(&w.values[i], 0xee, sizeof w.values[i]);
    memset(&w.keys[i], 0xee, sizeof w.keys[i]);
    return true;
}

static bool move_fail(void)
{
    if (w.failed || w.engine.error != 0)
        return false;
    w.failed = true;
    mc_engine_fail(&w.engine, MC_E_TIMEOUT);
    return true;
}

/* Bytes that nobody reads any more are no part of the state. */
static void forget_rest(void)
{
    struct mc_engine *e = &w.engine;
    memset(w.replies + w.replies_len, 0, WIRE_CAP - w.replies_len);
    memset(w.in, 0, e->at);
    memset(w.in + e->end, 0, IN_CAP - e->end);
    if (e->gone == e->batch)
        memset(w.out, 0, OUT_CAP);
    e->received = 0;
}

enum {
    MOVE_OUT = 1,
    MOVE_IN = MOVE_OUT + SIZES,
    MOVE_FAIL = MOVE_IN + SIZES,
    MOVE_CANCEL,
    MOVE_LIE = MOVE_CANCEL + OPS,
    MOVES = MOVE_LIE + COUNT(lies)
};

/* Makes a move; false when it cannot be made. */
static bool make_move(size_t move)
{
    bool moved;
    if (move == 0) {
        moved = w.submitted < program->count;
        if (moved)
            submit();
    } else if (move < MOVE_IN) {
        moved = move_out(move - MOVE_OUT);
    } else if (move < MOVE_FAIL) {
        moved = move_in(move - MOVE_IN);
    } else if (move == MOVE_FAIL) {
        moved = move_fail();
    } else if (move < MOVE_LIE) {
        moved = move_cancel(move - MOVE_CANCEL);
    } else {
        moved = move_lie(move - MOVE_LIE);
    }
    if (moved) {
        take_done();
        forget_rest();
    }
    return moved;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static uint64_t hash_world(void)
{
    const char *bytes = (const char *)&w;
    uint64_t hash = UINT64_C(0x9e3779b97f4a7c15), word;
    for (size_t i = 0; i + sizeof word <= sizeof w; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    return hash | 1;
}

static bool add_seen(uint64_t hash)
{
    size_t i = (size_t)(hash >> 1) & (walk.cap - 1);
    while (walk.seen[i] != 0 && walk.seen[i] != hash)
        i = (i + 1) & (walk.cap - 1);
    if (walk.seen[i] == hash)
        return false;
    walk.seen[i] = hash;
    walk.count++;
    return true;
}

static void grow(void)
{
    uint64_t *old = walk.seen;
    size_t cap = walk.cap;
    walk.cap = cap > 0 ? cap * 2 : 1 << 16;
    walk.seen = calloc(walk.cap, sizeof *walk.seen);
    ck_assert(walk.seen != NULL);
    walk.count = 0;
    for (size_t i = 0; i < cap; i++) {
        if (old[i] != 0)
            add_seen(old[i]);
    }
    free(old);
}

static bool is_new(void)
{
    if (walk.count * 2 >= walk.cap)
        grow();
    return add_seen(hash_world());
}

/* Everything that can happen from here. */
static void explore(void) /* NOLINT(misc-no-recursion): as deep as bytes move */
{
    struct world *before = malloc(sizeof *before);
    bool stuck = true;
    ck_assert(before != NULL);
    *before = w;
    walk.depth++;
    ck_assert_uint_le(walk.depth, DEPTH_MAX);
    walk.deepest = walk.depth > walk.deepest ? walk.depth : walk.deepest;
    for (size_t move = 0; move < MOVES; move++) {
        walk.moves[walk.depth - 1] = move;
        if (!make_move(move))
            continue;
        stuck = stuck && move >= MOVE_FAIL;
        walk.edges++;
        if (walk.count < walk.most && is_new())
            explore();
        w = *before;
    }
    size_t all = w.submitted - (w.gone_op > w.done ? 1 : 0);
    if (stuck && w.lie == 0 && w.done < all)
        wrong(w.done, "nothing moves", 0);
    walk.depth--;
    free(before);
}

static bool few; /* the argument, as where the sanitizers make each step slow */

/* Of all walks. */
enum { STATES, STEPS, DEEPEST, TALLIES };
static uint64_t *tallies;

static void tally_walk(void)
{
    tallies[STATES] += walk.count;
    tallies[STEPS] += walk.edges;
    if (tallies[DEEPEST] < walk.deepest)
        tallies[DEEPEST] = walk.deepest;
}

START_TEST(every_order)
{
    memset(&walk, 0, sizeof walk);
    walk.most = few ? FEW_STATES : SIZE_MAX;
    start(&programs[_i]);
    is_new();
    explore();
    printf("%s: %zu states, %zu moves, at most %zu deep\n", program->name, walk.count, walk.edges,
           walk.deepest);
    ck_assert_uint_gt(walk.count, 1000);
    tally_walk();
    free(walk.seen);
}
END_TEST

static void print_reached(void)
{
    char states[TALLY_SIZE], steps[TALLY_SIZE];
    printf(
        "# reached: 3. every order | a walk over the states of the real engine: submit, send, "
        "receive, fail, cancel, a lie, in every order, for %zu sets of operations | %s states, %s "
        "moves, at most %u deep, each result what the server did\n",
        COUNT(programs), tally_text(tallies[STATES], states), tally_text(tallies[STEPS], steps),
        (unsigned)tallies[DEEPEST]);
}

int main(int argc, char **argv)
{
    tallies = tally_new(TALLIES);
    few = argc > 1 && strcmp(argv[1], "few") == 0;
    const struct suite_test tests[] = {{every_order, COUNT(programs)}};
    int result = suite_run("walk", tests, COUNT(tests));
    if (result == 0 && !few)
        print_reached();
    return result;
}
