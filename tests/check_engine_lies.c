/* A lying server against the engine: every lie in the place of every reply, cut at every byte, read
 * from the engine's buffer, from one that was lent, from one that holds requests, too, and from one
 * so small that values are received straight into their places. The operations are single ones among
 * others, keys that share a line, one of many keys, and quiet groups.
 *
 * What came before the lie is true; the lie and what comes after it are errors, never a success and
 * never a miss; a write is unknown if its last byte had gone, and only then. The engine waits for no
 * more bytes when a reader finds that all replies are over, or broken.
 *
 * Left out, because nobody can see them: see check_lies.c. Also an early END or MN after which the
 * bytes were cut: it is the whole reply then, and what follows breaks the connection. */
#include "catalog.h"
#include "commands.h"
#include "suite.h"
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LARGE "0123456789012345678901234567890123456789012345678901234567890123456789"

enum { FLIGHT = 3, VALUE_CAP = 128, BUFFER = 2048, SMALL = 60 };

enum tallies { CASES, UNSENT, PLACES, TALLIES };
static uint64_t *tallies;

/* check's own assertions are too slow for so many. */
static void expect(bool holds, const char *otherwise)
{
    if (!holds)
        ck_abort_msg("%s", otherwise);
}

/* ---- what is asked --------------------------------------------------------------------------- */

/* In a flight of single operations, with keys that share a line, as one operation of many keys, in a
 * quiet group. */
enum shape { SINGLE, SHARED, MANY, QUIET };

/* Where the lie is: in the reply `at` of `count`; there it is the END of many keys, or the MN. */
struct place {
    const struct command *command;
    enum shape shape;
    size_t at, count;
};

#define REPLY(line, letters, others) .reply = {{line, sizeof(line) - 1}, letters, others}

/* Those that the client's table has not: a value that is sent from its place, one that is received
 * there, a login. */
static const struct command more[] = {
    {.name = "set, large",
     .request = "set key 7 60 140\r\n" LARGE LARGE "\r\n",
     REPLY("STORED\r\n", "w", " STORED NOT_STORED "),
     .result = MC_STORED},
    {.name = "get, large",
     .request = "get key\r\n",
     REPLY("VALUE key 7 70\r\n" LARGE "\r\nEND\r\n", "wkfs", " END "),
     .result = MC_HIT},
    {.name = "mg, large",
     .request = "mg key v k\r\n",
     REPLY("VA 70 kkey\r\n" LARGE "\r\n", "wsk", " EN "),
     .result = MC_HIT,
     .flags = {{.letter = 'v'}, {.letter = 'k'}},
     .count = 2},
    {.name = "auth",
     .request = "set auth 0 0 7\r\nkey pas\r\n",
     REPLY("STORED\r\n", "w", " STORED "),
     .result = MC_OK},
};

static const struct mc_command *find_command(const char *name, size_t len)
{
    for (size_t k = 0; k < MC_CATALOG_COUNT; k++) {
        if (strlen(mc_catalog[k].name) == len && memcmp(mc_catalog[k].name, name, len) == 0)
            return mc_catalog[k].command;
    }
    ck_abort_msg("no command %s", name);
}

/* The command that its request begins with. */
static const struct mc_command *command_of(const struct command *c)
{
    if (strcmp(c->name, "auth") == 0)
        return &mc_command_auth;
    return find_command(c->request, strcspn(c->request, " \r"));
}

static bool is_alone(const struct place *p)
{
    return (command_of(p->command)->traits & MC_COMMAND_ALONE) != 0;
}

/* The text with the place in it, for a #. */
static void add_placed(struct text *text, const char *string, size_t at)
{
    for (; *string != '\0'; string++) {
        char byte = *string;
        if (byte == '#')
            byte = (char)('0' + at);
        text_add(text, &byte, 1);
    }
}

static void add_neighbour_request(struct text *text, const struct place *p, size_t k)
{
    switch (p->shape) {
    case SINGLE: text_print(text, "gat %zu n%zu\r\n", k + 1, k); break;
    case QUIET: text_print(text, "mg n%zu v q O%zu\r\n", k, k); break;
    default: text_print(text, " n%zu", k); break;
    }
}

/* ends[k]: the bytes up to the end of operation k, or of its line. */
static void make_request(const struct place *p, struct text *heard, size_t ends[FLIGHT])
{
    bool line = p->shape == SHARED || p->shape == MANY;
    if (line)
        text_add_string(heard, p->command->request);
    for (size_t k = 0; k < p->count; k++) {
        if (k != p->at)
            add_neighbour_request(heard, p, k);
        else if (line)
            text_add_string(heard, " key");
        else
            add_placed(heard, p->command->request, k);
        ends[k] = heard->len;
    }
    text_add_string(heard, line ? "\r\n" : p->shape == QUIET ? "mn\r\n" : "");
    for (size_t k = 0; k < p->count && line; k++)
        ends[k] = heard->len;
}

/* ---- what is said ---------------------------------------------------------------------------- */

/* One lie that is told; NULL: the truth. */
struct told {
    const struct lie *lie;
    size_t turn;
};

/* The bytes of a run. */
struct said {
    struct text bytes;
    size_t lie;   /* where the false reply begins */
    size_t whole; /* where an honest reply with all before it would end */
    size_t early; /* where an early END or MN ends; 0: nowhere */
};

static void add_neighbour_reply(struct text *text, const struct place *p, size_t k)
{
    bool cas = strchr(p->command->reply.fields, 'c') != NULL;
    switch (p->shape) {
    case SINGLE: text_print(text, "VALUE n%zu 0 2\r\nv%zu\r\nEND\r\n", k, k); break;
    case QUIET: text_print(text, "VA 2 O%zu\r\nv%zu\r\n", k, k); break;
    default: text_print(text, "VALUE n%zu 0 2%s\r\nv%zu\r\n", k, cas ? " 9" : "", k); break;
    }
}

/* What ends the replies. */
static const struct lies_reply *find_tail(const struct place *p)
{
    static const struct lies_reply tails[] = {[SINGLE] = {{"", 0}, "", ""},
                                              [SHARED] = {{"END\r\n", 5}, "w", " END "},
                                              [MANY] = {{"END\r\n", 5}, "w", " END "},
                                              [QUIET] = {{"MN\r\n", 4}, "w", " MN "}};
    return &tails[p->shape];
}

/* A lie that nobody could see: END twice where a classic retrieval is answered next, which is a
 * miss; silence instead of an answer in a group, or of an item; items in another order. */
static bool is_hidden(const struct lie *lie, const struct place *p)
{
    static const struct lies_reply neighbour = {{"", 0}, "", " END "};
    struct mc_bytes own = p->command->reply.text;
    bool line = p->shape == SHARED || p->shape == MANY;
    if (line && lie->kind == LIES_SWAPPED)
        return p->at + 1 < p->count;
    if (p->shape != SINGLE)
        return p->at < p->count && lie->kind == LIES_INSTEAD && lie->text.len == 0;
    if (p->at + 1 == p->count)
        return false;
    return (lie->kind == LIES_AFTER && lies_is_accepted(&neighbour, lie->text)) ||
           (lie->kind == LIES_DOUBLED && lies_is_accepted(&neighbour, own));
}

/* The lie itself. False when it cannot be told there. */
static bool make_lie(const struct place *p, const struct told *told, struct text *lied)
{
    struct text own = {0};
    struct lies_reply reply = p->at < p->count ? p->command->reply : *find_tail(p);
    bool can = told->lie == NULL || !is_hidden(told->lie, p);
    add_placed(&own, reply.text.data, p->at);
    reply.text = (struct mc_bytes){own.data, own.len};
    if (can && told->lie != NULL && told->lie->kind != LIES_SWAPPED)
        can = command_lie(told->lie, &reply, told->turn, lied);
    else
        text_add(lied, reply.text.data, reply.text.len);
    if (told->lie != NULL && told->lie->kind == LIES_SWAPPED)
        can = can && told->turn == 0 && p->at + 1 < p->count;
    text_free(&own);
    return can;
}

/* An END or MN before the bytes of others. */
static size_t find_early(const struct place *p, const struct lie *lie, const struct said *said,
                         const struct text *lied)
{
    const char *end = find_tail(p)->text.data;
    size_t len = find_tail(p)->text.len;
    if (lie == NULL || p->shape == SINGLE || lie->text.len != len ||
        memcmp(lie->text.data, end, len) != 0)
        return 0;
    for (size_t i = 0; i + len <= lied->len; i++) {
        if (memcmp(lied->data + i, end, len) == 0)
            return said->lie + i + len;
    }
    return 0;
}

/* All that is said, with the lie in its place. False when it cannot be told there. */
static bool make_said(const struct place *p, const struct told *told, struct said *said)
{
    struct text lied = {0}, *bytes = &said->bytes;
    bool swapped = told->lie != NULL && told->lie->kind == LIES_SWAPPED;
    bool can = make_lie(p, told, &lied), cut = false;
    for (size_t k = 0; can && !cut && k <= p->count; k++) {
        size_t place = !swapped || k < p->at || k > p->at + 1 ? k : 2 * p->at + 1 - k;
        if (place == p->at) {
            said->lie = bytes->len;
            said->early = find_early(p, told->lie, said, &lied);
            text_add(bytes, lied.data, lied.len);
        } else if (place < p->count) {
            add_neighbour_reply(bytes, p, place);
        } else {
            text_add_string(bytes, find_tail(p)->text.data);
        }
        cut = place == p->at && told->lie != NULL && told->lie->kind == LIES_CUT;
    }
    said->whole = said->lie + (p->at < p->count ? p->command->reply.text : find_tail(p)->text).len;
    text_free(&lied);
    return can;
}

/* ---- a run ----------------------------------------------------------------------------------- */

/* What a caller sees of an operation, or of a key. */
struct outcome {
    int result;
    size_t len, noted;
    uint64_t flags, cas, answer;
    char value[VALUE_CAP];
};

enum mode { OWN, LENT, ONE, STRAIGHT, MODES };

/* How bytes move. */
struct pace {
    enum mode mode;
    bool sink;
    size_t sent; /* bytes of the requests that go; SIZE_MAX: all */
    size_t cut;  /* what is said comes in two pieces, cut before this byte; 0: in one */
};

struct collector {
    struct mc_sink sink;
    struct outcome *outcomes;
};

struct run {
    const struct place *place;
    struct mc_engine engine;
    struct mc_op ops[FLIGHT];
    struct mc_bytes keys[FLIGHT];
    struct mc_value values[FLIGHT];
    struct mc_meta metas[FLIGHT];
    struct outcome outcomes[FLIGHT];
    struct collector sinks[FLIGHT];
    char places[FLIGHT][VALUE_CAP];
    char in[BUFFER], out[BUFFER];
    size_t done;
    bool split; /* a piece ended with the honest reply */
};

static const char *const neighbours[FLIGHT] = {"n0", "n1", "n2"};
static const struct mc_flag neighbour_flags[] = {{.letter = 'v'}, {.letter = 'q'}};

/* Also reached when the run fails, and says nothing then. */
static void collect(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                    const struct mc_reply *reply)
{
    struct outcome *o = ((struct collector *)sink)->outcomes + slot;
    (void)op;
    if (event != MC_BODY || o->noted + reply->text.len > VALUE_CAP)
        return;
    memcpy(o->value + o->noted, reply->text.data, reply->text.len);
    o->noted += reply->text.len;
}

static void set_own(const struct place *p, struct mc_op *op)
{
    const struct command *c = p->command;
    const char *line_end = strchr(c->request, '\r');
    op->command = command_of(c);
    op->key = MC_BYTES("key");
    if ((op->command->traits & MC_COMMAND_VALUE) != 0 && line_end != NULL)
        op->data = (struct mc_bytes){line_end + 2, strlen(line_end) - 4};
    if (is_alone(p))
        op->data = MC_BYTES("pas");
    op->number = 5;
    op->flags = 7;
    op->exptime = 60;
    op->meta_flags = c->flags;
    op->meta_count = c->count;
}

static void set_neighbour(const struct place *p, struct mc_op *op, size_t k)
{
    op->command = p->shape == QUIET    ? &mc_command_mg
                  : p->shape == SINGLE ? &mc_command_gat
                                       : command_of(p->command);
    op->key = (struct mc_bytes){neighbours[k], 2};
    op->exptime = p->shape == SINGLE ? (int32_t)k + 1 : 60;
    op->meta_flags = neighbour_flags;
    op->meta_count = p->shape == QUIET ? COUNT(neighbour_flags) : 0;
}

static void set_op(struct run *run, size_t k, bool sink)
{
    struct mc_op *op = &run->ops[k];
    *op = (struct mc_op){0};
    if (k == run->place->at)
        set_own(run->place, op);
    else
        set_neighbour(run->place, op, k);
    run->keys[k] = op->key;
    run->values[k] = (struct mc_value){.buf = run->places[k], .cap = VALUE_CAP};
    op->value = &run->values[k];
    op->meta = &run->metas[k];
    run->sinks[k] = (struct collector){{collect}, &run->outcomes[k]};
    op->sink = sink ? &run->sinks[k].sink : NULL;
}

static void set_up(struct run *run, const struct place *p, const struct pace *pace)
{
    size_t cap = pace->mode == STRAIGHT ? SMALL : BUFFER;
    run->place = p;
    run->done = 0;
    run->split = false;
    memset(run->outcomes, 0, sizeof run->outcomes);
    mc_engine_init(&run->engine, run->in, cap, pace->mode == ONE ? NULL : run->out, BUFFER);
    for (size_t k = 0; k < p->count; k++)
        set_op(run, k, pace->sink);
    if (p->shape == MANY) {
        struct mc_op *op = &run->ops[0];
        op->command = command_of(p->command);
        op->exptime = 60;
        op->keys = run->keys;
        op->values = run->values;
        op->count = p->count;
    }
    for (size_t k = 0; k < (p->shape == MANY ? 1 : p->count); k++)
        mc_engine_submit(&run->engine, &run->ops[k]);
}

static void note_outcome(struct run *run, size_t k, int result, uint64_t answer)
{
    struct outcome *o = &run->outcomes[k];
    const struct mc_value *value = &run->values[k];
    size_t noted = run->ops[0].sink != NULL || result != MC_HIT ? 0 : value->len;
    o->result = result;
    o->len = value->len;
    o->flags = value->flags;
    o->cas = value->cas;
    o->answer = answer;
    memcpy(o->value, run->places[k], noted < VALUE_CAP ? noted : VALUE_CAP);
    if (result != MC_HIT)
        memset(o->value, 0, VALUE_CAP); /* what a sink was given does not count */
    o->noted = 0;
}

/* Each once, in order. */
static void take_done(struct run *run)
{
    struct mc_op *op;
    while ((op = mc_engine_done(&run->engine)) != NULL) {
        expect(op == &run->ops[run->done], "not in order");
        if (run->place->shape == MANY) {
            for (size_t k = 0; k < run->place->count; k++)
                note_outcome(run, k, run->values[k].result, 0);
        } else {
            note_outcome(run, run->done, op->result, op->answer);
        }
        run->done++;
    }
}

/* So many bytes of the requests, which have to be these. */
static void send_bytes(struct run *run, const struct text *heard, size_t count)
{
    struct mc_bytes parts[8];
    size_t sent = 0, some = 1;
    while (some > 0 && sent < count) {
        size_t n = mc_engine_output(&run->engine, parts, COUNT(parts));
        some = 0;
        for (size_t k = 0; k < n && sent + some < count; k++) {
            size_t room = count - sent - some, len = parts[k].len < room ? parts[k].len : room;
            expect(len <= heard->len - sent - some &&
                       memcmp(parts[k].data, heard->data + sent + some, len) == 0,
                   "another request");
            some += len;
        }
        sent += some;
        if (some > 0)
            mc_engine_sent(&run->engine, some);
    }
    expect(sent == (count < heard->len ? count : heard->len), "not all is sent");
}

/* Returns how many it took. */
static size_t receive_some(struct run *run, const char *bytes, size_t len, enum mode mode)
{
    size_t cap;
    char *to;
    if (mode == LENT) {
        char *lent = malloc(len);
        expect(lent != NULL, "no memory");
        memcpy(lent, bytes, len);
        mc_engine_feed(&run->engine, (struct mc_bytes){lent, len});
        take_done(run);
        free(lent);
        return len;
    }
    to = mc_engine_input(&run->engine, &cap);
    if (to == NULL)
        return 0;
    cap = len < cap ? len : cap;
    memcpy(to, bytes, cap);
    mc_engine_received(&run->engine, cap);
    take_done(run);
    return cap;
}

static void receive(struct run *run, const struct said *said, const struct pace *pace)
{
    size_t at = 0, n = 1;
    const struct text *bytes = &said->bytes;
    while (at < bytes->len && n > 0 && run->engine.error == 0) {
        size_t end = at < pace->cut && pace->cut < bytes->len ? pace->cut : bytes->len;
        n = receive_some(run, bytes->data + at, end - at, pace->mode);
        at += n;
        run->split = run->split || at == said->whole;
    }
}

/* ---- the oracle ------------------------------------------------------------------------------ */

/* Have all replies come, as a reader sees it, or are they broken? */
static bool is_over(const struct place *p, const struct said *said)
{
    struct mc_reader reader = {0};
    struct mc_bytes in = {text_string(&said->bytes), said->bytes.len};
    struct mc_reply reply;
    size_t finals = 0;
    int event;
    while ((event = mc_reader_next(&reader, &in, &reply)) > 0) {
        bool ends = p->shape == QUIET ? event == MC_MN : mc_is_final(event);
        finals += ends ? 1 : 0;
    }
    return event < 0 || finals >= (p->shape == SINGLE ? p->count : 1);
}

/* The case, for a message. */
static const char *name_case(const struct place *p, const struct told *told,
                             const struct pace *pace)
{
    static char what[200];
    snprintf(what, sizeof what,
             "%s, shape %d, %zu of %zu: %s, turn %zu; mode %d, sent %zd, cut %zu", p->command->name,
             (int)p->shape, p->at, p->count, told->lie != NULL ? told->lie->name : "the truth",
             told->turn, (int)pace->mode, (ssize_t)pace->sent, pace->cut);
    return what;
}

/* A reply that may be right in spite of the lie: when that is after it, or when it has said whose
 * it is. */
static bool may_be_right(const struct run *run, const struct lie *lie, size_t k)
{
    const struct place *p = run->place;
    bool free_text = strchr(p->command->reply.fields, '-') != NULL && lie->kind == LIES_LAST_EOL;
    bool last = p->shape != QUIET && k + 1 == p->count;
    if (p->shape == SHARED || p->shape == MANY)
        return lie->late && p->at == p->count && run->split;
    if (k == p->at)
        return (lie->late || free_text) && (!last || run->split);
    return p->shape == QUIET && (k < p->at || (lie->kind == LIES_SWAPPED && k == p->at + 1));
}

static bool is_right(const struct run *run, const struct run *honest, size_t k)
{
    const struct outcome *a = &run->outcomes[k], *b = &honest->outcomes[k];
    return a->result == b->result && a->len == b->len && a->noted == b->noted &&
           a->flags == b->flags && a->cas == b->cas && a->answer == b->answer &&
           memcmp(a->value, b->value, sizeof a->value) == 0;
}

static bool is_write(const struct run *run, size_t k)
{
    return mc_engine_writes(&run->ops[run->place->shape == MANY ? 0 : k]);
}

/* All were sent. */
static void judge(const struct run *run, const struct run *honest, const struct told *told,
                  const struct pace *pace)
{
    const struct place *p = run->place;
    int error = run->engine.error;
    if (error != MC_E_PROTOCOL && error != MC_E_LINE && error != MC_E_CLOSED)
        ck_abort_msg("%s: the error is %d", name_case(p, told, pace), error);
    for (size_t k = 0; k < p->count; k++) {
        int result = run->outcomes[k].result, lost = is_write(run, k) ? MC_E_UNKNOWN : error;
        bool right = is_right(run, honest, k), before = p->shape == SINGLE && k < p->at;
        if (before ? !right : !(right && may_be_right(run, told->lie, k)) && result != lost)
            ck_abort_msg("%s: op %zu is %d, the error %d", name_case(p, told, pace), k, result,
                         error);
    }
    tallies[CASES]++;
}

/* Some were not sent whole. */
static void judge_unsent(const struct run *run, const struct run *honest, const struct told *told,
                         const struct pace *pace, const size_t ends[FLIGHT])
{
    const struct place *p = run->place;
    int error = run->engine.error;
    for (size_t k = 0; k < p->count; k++) {
        bool gone = ends[k] <= pace->sent;
        int result = run->outcomes[k].result;
        int lost = gone && is_write(run, k) ? MC_E_UNKNOWN : error;
        if (result != lost && !(gone && is_right(run, honest, k)))
            ck_abort_msg("%s: op %zu is %d, the error %d", name_case(p, told, pace), k, result,
                         error);
    }
    tallies[UNSENT]++;
}

/* ---- all lies in one place ------------------------------------------------------------------- */

/* The place with its requests and what comes of an honest server; each case runs over it. */
struct stage {
    struct place place;
    struct text heard;
    size_t ends[FLIGHT];
    struct run honest[2]; /* without sinks, with them */
    struct run run;
};

static void run_case(struct stage *s, struct run *run, const struct told *told,
                     const struct said *said, const struct pace *pace)
{
    set_up(run, &s->place, pace);
    send_bytes(run, &s->heard, pace->sent);
    receive(run, said, pace);
    bool open = run->engine.error == 0;
    if (open && !mc_engine_is_idle(&run->engine) && pace->sent >= s->heard.len &&
        is_over(&s->place, said))
        ck_abort_msg("%s: it waits for more", name_case(&s->place, told, pace));
    mc_engine_fail(&run->engine, MC_E_CLOSED);
    take_done(run);
    expect(run->done == (s->place.shape == MANY ? 1 : s->place.count), "not all are done");
}

/* Each way to cut it leads to the same. */
static void cut_truth(struct stage *s, const struct said *said)
{
    const struct told truth = {NULL, 0};
    for (size_t k = 0; k < said->bytes.len * (size_t)MODES * 2; k++) {
        struct pace pace = {(enum mode)(k % MODES), k / MODES % 2 != 0, SIZE_MAX,
                            k / ((size_t)MODES * 2)};
        run_case(s, &s->run, &truth, said, &pace);
        for (size_t n = 0; n < s->place.count; n++) {
            if (!is_right(&s->run, &s->honest[pace.sink], n))
                ck_abort_msg("%s: op %zu is %d", name_case(&s->place, &truth, &pace), n,
                             s->run.outcomes[n].result);
        }
    }
}

static void run_honest(struct stage *s)
{
    const struct told truth = {NULL, 0};
    struct said said = {{0}, 0, 0, 0};
    ck_assert(make_said(&s->place, &truth, &said));
    for (size_t k = 0; k < 2; k++) {
        const struct pace pace = {OWN, k > 0, SIZE_MAX, 0};
        run_case(s, &s->honest[k], &truth, &said, &pace);
        ck_assert_int_eq(s->honest[k].engine.error, MC_E_CLOSED);
        for (size_t n = 0; n < s->place.count; n++)
            ck_assert_int_eq(s->honest[k].outcomes[n].result,
                             n == s->place.at ? s->place.command->result : MC_HIT);
    }
    cut_truth(s, &said);
    text_free(&said.bytes);
}

enum { CUTS_MAX = 200 };

/* Each cut; in long lies the first and the last. */
static void cut_lie(struct stage *s, const struct told *told, const struct said *said)
{
    size_t len = said->bytes.len;
    for (size_t cut = 0; cut < len || cut == 0; cut++) {
        struct pace pace = {(enum mode)(cut % MODES), cut / MODES % 2 != 0, SIZE_MAX, cut};
        if (said->early > 0 && cut == said->early)
            continue;
        if (cut > CUTS_MAX && cut + 20 < len)
            cut = len - 20;
        run_case(s, &s->run, told, said, &pace);
        judge(&s->run, &s->honest[pace.sink], told, &pace);
    }
}

static bool is_end(const struct stage *s, size_t sent)
{
    bool end = false;
    for (size_t k = 0; k < s->place.count; k++)
        end = end || sent == s->ends[k] || sent + 1 == s->ends[k];
    return end;
}

/* What is said when only some of the requests have come: replies to those that have, and the lie. */
static void say_early(const struct stage *s, const struct said *said, size_t sent,
                      struct said *early)
{
    const struct place *p = &s->place;
    text_clear(&early->bytes);
    for (size_t k = 0; k < p->at && k < p->count && p->shape != MANY && p->shape != SHARED; k++) {
        if (s->ends[k] <= sent)
            add_neighbour_reply(&early->bytes, p, k);
    }
    text_add(&early->bytes, said->bytes.data + said->lie, said->bytes.len - said->lie);
}

/* The lie comes while the end of an operation has not gone; all others take each byte in turn. */
static void tell_early(struct stage *s, const struct told *told, const struct said *said)
{
    struct said early = {{0}, 0, 0, 0};
    for (size_t sent = 0; sent < s->heard.len; sent++) {
        struct pace pace = {(enum mode)(sent % MODES), false, sent, 0};
        bool turn = sent % 16 == (size_t)(told->lie - lies) % 16;
        if (!is_end(s, sent) && !turn)
            continue;
        say_early(s, said, sent, &early);
        run_case(s, &s->run, told, &early, &pace);
        judge_unsent(&s->run, &s->honest[0], told, &pace, s->ends);
    }
    text_free(&early.bytes);
}

static void tell_all(struct stage *s)
{
    for (int l = 0; l < lies_count; l++) {
        bool told_one = true;
        for (struct told told = {&lies[l], 0}; told_one; told.turn++) {
            struct said said = {{0}, 0, 0, 0};
            told_one = make_said(&s->place, &told, &said);
            if (told_one) {
                cut_lie(s, &told, &said);
                tell_early(s, &told, &said);
            }
            text_free(&said.bytes);
        }
    }
}

static void lie_at(const struct command *command, enum shape shape, size_t at, size_t count)
{
    struct stage *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    s->place = (struct place){command, shape, at, count};
    make_request(&s->place, &s->heard, s->ends);
    run_honest(s);
    tell_all(s);
    text_free(&s->heard);
    free(s);
    tallies[PLACES]++;
}

static void lie_in_all_places(const struct command *c)
{
    switch (c->shape) {
    case COMMAND_OTHER: break; /* these are in `more`, as the engine runs them */
    case COMMAND_MANY:
        for (size_t at = 0; at <= FLIGHT; at++) {
            lie_at(c, SHARED, at, FLIGHT);
            lie_at(c, MANY, at, FLIGHT);
        }
        break;
    case COMMAND_QUIET:
        for (size_t at = 0; at < FLIGHT || (at == FLIGHT && command_of(c) == &mc_command_mg); at++)
            lie_at(c, QUIET, at, FLIGHT);
        break;
    default:
        lie_at(c, SINGLE, 0, 1);
        for (size_t at = 0; at < FLIGHT && command_of(c) != &mc_command_auth; at++)
            lie_at(c, SINGLE, at, FLIGHT);
        break;
    }
}

START_TEST(lied_to)
{
    size_t i = (size_t)_i;
    lie_in_all_places(i < commands_count ? &commands[i] : &more[i - commands_count]);
}
END_TEST

static void print_reached(void)
{
    char cases[TALLY_SIZE], unsent[TALLY_SIZE];
    printf(
        "# reached: 2. a lying server | each lie against the engine without I/O, cut before each "
        "byte, in %u places of %zu commands; and before all requests were sent | %s cases and %s, "
        "each a named error\n",
        (unsigned)tallies[PLACES], commands_count + COUNT(more), tally_text(tallies[CASES], cases),
        tally_text(tallies[UNSENT], unsent));
}

int main(void)
{
    tallies = tally_new(TALLIES);
    lies_init();
    const struct suite_test tests[] = {{lied_to, (int)(commands_count + COUNT(more))}};
    int result = suite_run("engine_lies", tests, COUNT(tests));
    if (result == 0)
        print_reached();
    return result;
}
