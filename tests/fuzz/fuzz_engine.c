/* Fuzzes the engine: operations of all kinds are submitted, sent, received, cancelled and failed in
 * the order that the input says, in pieces of any size, by hand and by the calls that wait. At each
 * step: each operation is done once, in order; what is to be sent stays the same until it has gone;
 * unanswered requests fit the window. In the end all results are judged at once (judge.h), and with
 * an honest other end nothing is left open. */
#include "judge.h"
#include "reference.h"
#include "reply.h"

#include <stdlib.h>
#include <string.h>

enum { MOVES = 400, PARTS = 4, WAITED = 6 };

struct world {
    struct input in;
    bool lent; /* a buffer was */
    struct mc_engine engine;
    struct other_end other;
    struct mc_transport transport;
    struct submitted ops[JUDGE_OPS];
    size_t count, done; /* submitted; of these, the first to be done next */
    size_t cap;
    uint32_t window, largest; /* bytes of an operation, at least */
    bool shared;
};

static struct world world;

/* ---- what holds at each step ----------------------------------------------------------------- */

static void take_done(void)
{
    struct mc_op *op;
    while ((op = mc_engine_done(&world.engine)) != NULL) {
        while (world.done < world.count && world.ops[world.done].fate != SUBMITTED_PENDING)
            world.done++;
        if (world.done == world.count || op != world.ops[world.done].op)
            fuzz_fail("an operation is done twice, or not in order");
        submitted_end(&world.ops[world.done], SUBMITTED_DONE);
    }
}

static bool all_done(void)
{
    size_t k = 0;
    while (k < world.count && world.ops[k].fate != SUBMITTED_PENDING)
        k++;
    return k == world.count;
}

static void check_deadline(void)
{
    mc_deadline first = MC_NEVER;
    for (size_t k = 0; k < world.count; k++) {
        mc_deadline deadline = world.ops[k].made.deadline;
        bool open = world.ops[k].fate == SUBMITTED_PENDING && world.ops[k].op->state != MC_OP_DONE;
        if (open && deadline != 0 && deadline < first)
            first = deadline;
    }
    if (mc_engine_deadline(&world.engine) != first)
        fuzz_fail("another deadline");
}

static void check_step(void)
{
    const struct mc_engine *e = &world.engine;
    uint32_t most = world.window > world.largest ? world.window : world.largest;
    take_done();
    check_deadline();
    if (e->error == 0 && e->unanswered > most)
        fuzz_fail("%u bytes of requests without an answer", (unsigned)e->unanswered);
    if (e->error == 0 && mc_engine_is_idle(e) != (all_done() && e->tail_skip == 0))
        fuzz_fail("idle or not");
    if (e->error == 0 && mc_engine_is_idle(e) && e->unanswered != 0)
        fuzz_fail("%u bytes unanswered when all is done", (unsigned)e->unanswered);
}

/* ---- moves ----------------------------------------------------------------------------------- */

/* The bytes of its longest line, with an opaque and an mn. */
static uint32_t size_of(const struct submitted *a)
{
    size_t size = 120 + a->data.len;
    for (size_t k = 0; k < a->slots; k++)
        size += 2 * a->c.keys[k].len;
    for (size_t k = 0; k < a->c.flag_count; k++)
        size += 24 + a->c.flags[k].token.len;
    return (uint32_t)size;
}

static struct submitted *take_op(void)
{
    if (world.count == JUDGE_OPS)
        return NULL;
    struct submitted *a = &world.ops[world.count++];
    submitted_take(&world.in, a);
    uint32_t size = size_of(a);
    world.largest = size > world.largest ? size : world.largest;
    return a;
}

static void move_submit(size_t count)
{
    for (size_t k = 0; k < count; k++) {
        struct submitted *a = take_op();
        if (a != NULL)
            mc_engine_submit(&world.engine, a->op);
    }
}

/* How many of so many bytes move. */
static size_t take_piece(size_t all)
{
    uint8_t choice = input_byte(&world.in);
    size_t piece = choice == 0 ? all : choice < 200 ? choice : (size_t)(choice - 199) * 256;
    return piece < all ? piece : all;
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity)
static bool move_out(bool whole)
{
    struct mc_bytes parts[PARTS], again[PARTS];
    size_t max = whole ? PARTS : 1 + input_byte(&world.in) % PARTS, all = 0;
    size_t count = mc_engine_output(&world.engine, parts, max);
    if (count > max || mc_engine_output(&world.engine, again, max) != count ||
        (count > 0 && memcmp(parts, again, count * sizeof *parts) != 0))
        fuzz_fail("other bytes to send");
    for (size_t k = 0; k < count; k++) {
        if (parts[k].len == 0)
            fuzz_fail("a slice of nothing");
        all += parts[k].len;
    }
    if (world.engine.error != 0 && count > 0)
        fuzz_fail("a dead connection is used");
    size_t left = whole || all == 0 ? all : take_piece(all), sent = left;
    for (size_t k = 0; k < count && left > 0; k++) {
        size_t n = parts[k].len < left ? parts[k].len : left;
        other_end_hear(&world.other, (struct mc_bytes){parts[k].data, n});
        left -= n;
    }
    if (sent > 0)
        mc_engine_sent(&world.engine, sent);
    take_done();
    return sent > 0;
}

static void feed(const char *bytes, size_t n)
{
    char *lent = malloc(n); /* exactly, so that an overread shows */
    if (lent == NULL)
        fuzz_fail("no space for the target itself");
    memcpy(lent, bytes, n);
    mc_engine_feed(&world.engine, (struct mc_bytes){lent, n});
    take_done();
    free(lent);
}

/* `lent`: the bytes are in a buffer of the caller's. With one buffer, only when nothing is to be
 * sent. */
static bool move_in(bool whole, bool lent)
{
    size_t there = world.other.answered - world.other.delivered, cap;
    const char *from = world.other.answer_bytes + world.other.delivered;
    char *to;
    if (there == 0 || world.engine.error != 0)
        return false;
    if (lent && world.shared && world.engine.out.len > 0)
        return false;
    size_t n = whole ? there : take_piece(there);
    if (lent) {
        world.other.delivered += n;
        world.lent = true;
        feed(from, n);
        return true;
    }
    to = mc_engine_input(&world.engine, &cap);
    if ((to == NULL) != (cap == 0))
        fuzz_fail("%zu bytes at %p", cap, (void *)to);
    n = n < cap ? n : cap;
    if (n > 0)
        memcpy(to, from, n);
    world.other.delivered += n;
    if (n > 0)
        mc_engine_received(&world.engine, n);
    return n > 0;
}

static void move_cancel(size_t which)
{
    if (world.count == 0 || world.ops[which % world.count].fate != SUBMITTED_PENDING)
        return;
    struct submitted *a = &world.ops[which % world.count];
    uint8_t state = a->op->state; /* private, but what else says how far it got? */
    bool dead = world.engine.error != 0, gone = mc_reply_is_gone(&world.engine, a->op, false);
    int r = mc_engine_cancel(&world.engine, a->op);
    enum submitted_fate fate = state == MC_OP_DONE      ? SUBMITTED_DONE
                               : state == MC_OP_WAITING ? SUBMITTED_CANCELLED_WAITING
                               : !gone || a->many       ? SUBMITTED_CANCELLED_SENDING
                                                        : SUBMITTED_CANCELLED_SENT;
    if (r != 0 && (r != MC_E_AMBIGUOUS || world.engine.error != MC_E_AMBIGUOUS))
        fuzz_fail("cancelled: %d, and the connection has %d", r, world.engine.error);
    if (r == 0 && state == MC_OP_SENDING && !dead)
        fuzz_fail("cancelled while it was being sent");
    world.other.honest = world.other.honest && r == 0;
    submitted_end(a, fate);
}

static void move_fail(void)
{
    static const int errors[] = {MC_E_TIMEOUT, MC_E_CLOSED, MC_E_SYSTEM};
    world.other.honest = false;
    mc_engine_fail(&world.engine, errors[input_byte(&world.in) % 3]);
}

/* By the call that waits. */
static void move_do(void)
{
    struct submitted *a = NULL;
    if (mc_engine_is_idle(&world.engine) && world.engine.error == 0)
        a = take_op();
    if (a == NULL)
        return;
    int r = mc_engine_do(&world.engine, &world.transport, a->op, OTHER_DEADLINE);
    if (r != a->op->result)
        fuzz_fail("%d is returned for %d", r, a->op->result);
    submitted_end(a, SUBMITTED_DONE);
}

static void move_run(size_t count)
{
    struct mc_op ops[WAITED];
    size_t first = world.count, n = 0;
    int failed = 0;
    if (!mc_engine_is_idle(&world.engine) || world.engine.error != 0)
        return;
    for (struct submitted *a; n < count && (a = take_op()) != NULL; n++) {
        ops[n] = *a->op;
        a->op = &ops[n]; /* they have to be neighbours */
    }
    int r = mc_engine_run(&world.engine, &world.transport, ops, n, OTHER_DEADLINE);
    for (size_t k = n; k > 0; k--) {
        int result = ops[k - 1].result;
        failed = result < 0 && result != MC_E_FULL ? result : failed;
        world.ops[first + k - 1].text_gone = true;
        ops[k - 1].text = (struct mc_bytes){NULL, 0};
        submitted_end(&world.ops[first + k - 1], SUBMITTED_DONE);
    }
    if (r != failed)
        fuzz_fail("%d is returned instead of %d", r, failed);
}

static void move(uint8_t choice)
{
    switch (choice % 16) {
    case 0:
    case 1:
    case 2: move_submit(1); break;
    case 3: move_submit(1 + choice / 16); break;
    case 4:
    case 5:
    case 6: move_out(false); break;
    case 7: move_in(false, false); break;
    case 8: move_in(false, true); break;
    case 9: move_in(true, choice >= 128); break;
    case 10: move_out(true); break;
    case 11: move_cancel(choice / 16); break;
    case 12: move_do(); break;
    case 13: move_run(1 + choice / 16 % WAITED); break;
    case 14: move_in(false, choice >= 128); break;
    default:
        if (choice == 255)
            move_fail();
        break;
    }
    check_step();
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void begin(void)
{
    static const size_t caps[] = {2048, 317, 100, 600, 4096, 1024, 64, 20000};
    static const uint32_t windows[] = {MC_ENGINE_WINDOW, 200, 1000, MC_ENGINE_WINDOW_MAX};
    uint8_t choice = input_byte(&world.in);
    size_t in_cap = caps[choice % 8];
    world.cap = caps[choice / 8 % 8];
    world.shared = choice / 64 % 2 != 0;
    world.cap = world.shared ? in_cap : world.cap;
    mc_engine_init(&world.engine, input_space(&world.in, in_cap), in_cap,
                   world.shared ? NULL : input_space(&world.in, world.cap), world.cap);
    choice = input_byte(&world.in);
    world.window = world.engine.window = windows[choice % 4];
    world.count = world.done = 0;
    world.largest = 0;
    world.lent = false;
    world.transport = other_end_open(&world.other, &world.in, &world.engine.error);
    world.other.sequence = choice;
    world.other.hasty = choice / 4 % 2 != 0;
}

/* Everything that can still move does, and then all is answered, if the other end is honest. */
static void drain(void)
{
    bool moved = true;
    while (moved) {
        moved = move_out(true);
        moved = move_in(true, false) || moved;
        check_step();
    }
    int error = world.engine.error;
    if (!world.other.honest)
        return;
    if (error != 0 && error != MC_E_LINE)
        fuzz_fail("%d, fault %d, with an honest other end", error, world.engine.reader.fault);
    if (error == 0 &&
        (!mc_engine_is_idle(&world.engine) || world.other.answered != world.other.delivered))
        fuzz_fail("it waits for more than was submitted, or an answer is not read");
}

/* On a connection that is believed in, all that has come is dealt with. */
static void check_belief(void)
{
    const struct other_end *o = &world.other;
    if (world.engine.error != 0)
        return;
    struct reference said = reference_read((struct mc_bytes){o->answer_bytes, o->delivered}, 0);
    if (said.fault != 0)
        fuzz_fail("malformed bytes are let pass");
    if (mc_engine_is_idle(&world.engine) && said.taken != o->delivered)
        fuzz_fail("half a reply is let pass");
    if (said.count == 0 || !mc_engine_is_idle(&world.engine))
        return;
    if (!reference_is_final(&said.events[said.count - 1]))
        fuzz_fail("an unfinished reply is let pass");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    world.in.data = data;
    world.in.len = size;
    world.in.count = 0;
    begin();
    for (int k = 0; k < MOVES && world.in.len > 0; k++)
        move(input_byte(&world.in));
    drain();
    check_belief();
    mc_engine_fail(&world.engine, MC_E_CLOSED);
    take_done();
    if (!all_done())
        fuzz_fail("an operation has no end");
    judge(&(struct judge_case){&world.engine, &world.other, world.ops, world.count, world.cap,
                               world.shared, world.other.hasty, world.lent});
    input_free(&world.in);
    return 0;
}
