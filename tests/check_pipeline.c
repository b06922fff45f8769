/* Pipelines over a scripted transport: many commands in few flights, each with its own result,
 * whatever fails on the way. */
#include "events.h"
#include "pipeline.h"
#include "script.h"
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
    ROWS_MAX = 24,
    UNSET = 77,         /* an op's result before it is run */
    BUFFER = 2048,      /* the client's */
    FLIGHT_MAX = 16384, /* bytes of requests that may be without an answer */
    VALUE_CAP = 16
};

/* ---- scenes -------------------------------------------------------------------------------- */

/* A command (whose key is "k" if it has none), what is to be sent for it, what is answered, and
 * what comes of it. No request: it is refused. An `mn` has no op of its own. */
struct row {
    struct mc_pipeline_op op;
    const char *request, *reply, *outcome;
    bool no_room; /* the value goes to a place of no bytes */
    bool is_mn;
};

struct scene {
    struct row rows[ROWS_MAX];
    size_t count;
    int error;           /* client->error afterwards */
    enum mc_fault fault; /* and reader.fault, when that is MC_E_PROTOCOL */
    bool errors;         /* quiet commands get errors, whose owners show only later */
};

static const struct mc_flag value_flag = {.letter = 'v'};
static const struct mc_flag twice[] = {{.letter = 'v'}, {.letter = 'v'}};
static const struct mc_flag quiet[] = {{.letter = 'q'}};
static const struct mc_flag quiet_value[] = {{.letter = 'v'}, {.letter = 'q'}};
static const struct mc_flag quiet_key[] = {{.letter = 'k'}, {.letter = 'q'}};
static const struct mc_flag too_many[MC_TOKENS_MAX] = {{.letter = 'q'}};
static const struct mc_flag quiet_opaque[] = {{.letter = 'q'}, {.letter = 'O', .token = B("mine")}};

#define OP(name, ...) .op = {.verb = MC_VERB_##name, __VA_ARGS__}
#define QUIET(flags) .meta_flags = (flags), .meta_count = COUNT(flags)
#define MN                                                    \
    {                                                         \
        .is_mn = true, .request = "mn\r\n", .reply = "MN\r\n" \
    }

/* clang-format off */
/* Every verb. */
#define EVERY_VERB                                                                                 \
    {OP(GET, .exptime = 0), "get k\r\n", "VALUE k 7 2\r\nhi\r\nEND\r\n", "VALUE hi flags=7"},      \
    {OP(GETS, .exptime = 0), "gets k\r\n", "VALUE k 7 2 9\r\nhi\r\nEND\r\n",                       \
     "VALUE hi flags=7 cas=9"},                                                                    \
    {OP(GAT, .exptime = 60), "gat 60 k\r\n", "END\r\n", "END"},                                    \
    {OP(GATS, .exptime = -1), "gats -1 k\r\n", "VALUE k 0 0 5\r\n\r\nEND\r\n", "VALUE  cas=5"},    \
    {OP(SET, .data = B("hi"), .flags = 7, .exptime = 60), "set k 7 60 2\r\nhi\r\n",                \
     "STORED\r\n", "STORED"},                                                                      \
    {OP(ADD, .data = B("hi")), "add k 0 0 2\r\nhi\r\n", "NOT_STORED\r\n", "NOT_STORED"},           \
    {OP(REPLACE, .data = B("")), "replace k 0 0 0\r\n\r\n", "STORED\r\n", "STORED"},               \
    {OP(APPEND, .data = B("hi")), "append k 0 0 2\r\nhi\r\n", "STORED\r\n", "STORED"},             \
    {OP(PREPEND, .data = B("hi")), "prepend k 0 0 2\r\nhi\r\n", "NOT_STORED\r\n", "NOT_STORED"},   \
    {OP(CAS, .data = B("hi"), .number = 9), "cas k 0 0 2 9\r\nhi\r\n", "EXISTS\r\n", "EXISTS"},    \
    {OP(DELETE, .exptime = 0), "delete k\r\n", "DELETED\r\n", "DELETED"},                          \
    {OP(INCR, .number = 5), "incr k 5\r\n", "12\r\n", "NUMBER 12"},                                \
    {OP(DECR, .number = 5), "decr k 5\r\n", "NOT_FOUND\r\n", "NOT_FOUND"},                         \
    {OP(TOUCH, .exptime = 60), "touch k 60\r\n", "TOUCHED\r\n", "TOUCHED"},                        \
    {OP(MG, .meta_flags = &value_flag, .meta_count = 1), "mg k v\r\n", "VA 2 f7 W\r\nhi\r\n",      \
     "VALUE hi flags=7 won"},                                                                      \
    {OP(MS, .data = B("hi")), "ms k 2\r\nhi\r\n", "HD\r\n", "HD"},                                 \
    {OP(MD, .exptime = 0), "md k\r\n", "NF\r\n", "NOT_FOUND"},                                     \
    {OP(MA, .meta_flags = &value_flag, .meta_count = 1), "ma k v\r\n", "VA 2\r\n13\r\n",           \
     "NUMBER meta=13"},                                                                            \
    {OP(VERSION, .exptime = 0), "version\r\n", "VERSION 1\r\n", "VERSION"},                        \
    {OP(FLUSH_ALL, .exptime = 60), "flush_all 60\r\n", "OK\r\n", "OK"}

static const struct scene scenes[] = {
    {.count = 20, .rows = {EVERY_VERB}},

    /* some are refused, and the others run */
    {.count = 10,
     .rows = {{OP(GET, .key = B("k y")), .outcome = "E_KEY"},
              {OP(MD, QUIET(too_many)), .outcome = "E_FLAG"},
              {OP(MD, .meta_flags = too_many, .meta_count = MC_TOKENS_MAX - 1), .outcome = "E_FLAG"},
              {OP(SET, .data = B("hi")), "set k 0 0 2\r\nhi\r\n", "STORED\r\n", "STORED"},
              {OP(SET, .data = {"", (size_t)MC_VALUE_MAX + 1}), .outcome = "E_NUMBER"},
              {OP(MD, QUIET(quiet_opaque)), .outcome = "E_FLAG"},
              {OP(MG, .meta_flags = twice, .meta_count = 2), .outcome = "E_FLAG"},
              {.op = {.verb = (enum mc_verb)99}, .outcome = "E_NUMBER"},
              {OP(GET, .exptime = 0), "get k\r\n", "END\r\n", "END"},
              {OP(DELETE, .key = B("")), .outcome = "E_KEY"}}},

    /* error replies that leave the connection in step, and a value that does not fit */
    {.count = 6,
     .rows = {{OP(INCR, .number = 1), "incr k 1\r\n", "CLIENT_ERROR text\r\n", "CLIENT_ERROR"},
              {OP(SET, .data = B("hi")), "set k 0 0 2\r\nhi\r\n", "SERVER_ERROR full\r\n",
               "SERVER_ERROR"},
              {OP(GET, .exptime = 0), "get k\r\n", "SERVER_ERROR full\r\n", "SERVER_ERROR"},
              {OP(GET, .exptime = 0), "get k\r\n", "VALUE k 0 2\r\nhi\r\nEND\r\n", "E_FULL",
               .no_room = true},
              {OP(TOUCH, .exptime = 1), "touch k 1\r\n", "ERROR\r\n", "ERROR"},
              {OP(GET, .exptime = 0), "get k\r\n", "END\r\n", "END"}}},

    /* quiet commands: what they say, and what their silence means */
    {.count = 9,
     .rows = {{OP(MG, QUIET(quiet_value)), "mg k v q O0\r\n", "", "END"},
              {OP(MG, QUIET(quiet_value)), "mg k v q O1\r\n", "VA 2 O1\r\nhi\r\n", "VALUE hi"},
              {OP(MS, .data = B("hi"), QUIET(quiet)), "ms k 2 q O2\r\nhi\r\n", "", "HD"},
              {OP(MS, .data = B("hi"), QUIET(quiet)), "ms k 2 q O3\r\nhi\r\n", "NS O3\r\n",
               "NOT_STORED"},
              {OP(MD, QUIET(quiet_key)), "md k k q O4\r\n", "NF kk O4\r\n", "NOT_FOUND"},
              {OP(MD, QUIET(quiet)), "md k q O5\r\n", "", "HD"},
              {OP(MA, QUIET(quiet)), "ma k q O6\r\n", "NF O6\r\n", "NOT_FOUND"},
              {OP(MA, QUIET(quiet)), "ma k q O7\r\n", "", "HD"},
              MN}},

    /* quiet and others in turn: a flight each */
    {.count = 8,
     .rows = {{OP(GET, .exptime = 0), "get k\r\n", "END\r\n", "END"},
              {OP(MD, QUIET(quiet)), "md k q O0\r\n", "", "HD"},
              {OP(MD, QUIET(quiet)), "md k q O1\r\n", "NF O1\r\n", "NOT_FOUND"},
              MN,
              {OP(GET, .exptime = 0), "get k\r\n", "VALUE k 0 2\r\nhi\r\nEND\r\n", "VALUE hi"},
              {OP(MG, QUIET(quiet)), "mg k q O0\r\n", "", "END"},
              MN,
              {OP(VERSION, .exptime = 0), "version\r\n", "VERSION 1\r\n", "VERSION"}}},

    /* nothing but silence */
    {.count = 3,
     .rows = {{OP(MG, QUIET(quiet)), "mg k q O0\r\n", "", "END"},
              {OP(MD, QUIET(quiet)), "md k q O1\r\n", "", "HD"},
              MN}},

    /* quiet, and one is refused, which leaves its place in the flight */
    {.count = 5,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "", "HD"},
              {OP(MG, .key = B("k y"), QUIET(quiet)), .outcome = "E_KEY"},
              {OP(MG, QUIET(quiet)), "mg k q O2\r\n", "", "END"},
              {OP(MD, QUIET(quiet)), "md k q O3\r\n", "NF O3\r\n", "NOT_FOUND"},
              MN}},

    /* an error to a store: what is behind it may have been done */
    {.count = 4, .error = MC_E_AMBIGUOUS,
     .rows = {{OP(GET, .exptime = 0), "get k\r\n", "END\r\n", "END"},
              {OP(SET, .data = B("hi")), "set k 0 0 2\r\nhi\r\n", "CLIENT_ERROR bad\r\n",
               "CLIENT_ERROR"},
              {OP(GET, .exptime = 0), "get k\r\n", "END\r\n", "E_AMBIGUOUS"},
              {OP(DELETE, .exptime = 0), "delete k\r\n", "DELETED\r\n", "E_UNKNOWN"}}},

    /* an answer to another question */
    {.count = 3, .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .rows = {{OP(GET, .exptime = 0), "get k\r\n", "END\r\n", "END"},
              {OP(DELETE, .exptime = 0), "delete k\r\n", "STORED\r\n", "E_UNKNOWN"},
              {OP(GET, .exptime = 0), "get k\r\n", "END\r\n", "PROTOCOL"}}},
    {.count = 3, .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .rows = {{OP(INCR, .number = 1), "incr k 1\r\n", "5\r\n", "NUMBER 5"},
              {OP(GET, .exptime = 0), "get k\r\n", "VALUE x 0 2\r\nhi\r\nEND\r\n", "PROTOCOL"},
              {OP(INCR, .number = 1), "incr k 1\r\n", "6\r\n", "E_UNKNOWN"}}},

    /* quiet: an opaque that is nobody's, comes again, or out of order */
    {.count = 3, .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "NF O7\r\n", "E_UNKNOWN"},
              {OP(MG, QUIET(quiet)), "mg k q O1\r\n", "", "PROTOCOL"},
              MN}},
    {.count = 3, .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "NF O0\r\nNF O0\r\n", "NOT_FOUND"},
              {OP(MD, QUIET(quiet)), "md k q O1\r\n", "", "E_UNKNOWN"},
              MN}},
    {.count = 3, .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "", "E_UNKNOWN"},
              {OP(MD, QUIET(quiet)), "md k q O1\r\n", "NF O1\r\nNF O0\r\n", "NOT_FOUND"},
              MN}},
    {.count = 2, .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "NF\r\n", "E_UNKNOWN"}, MN}},
    {.count = 2, .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .rows = {{OP(MD, QUIET(quiet_key)), "md k k q O0\r\n", "NF kx O0\r\n", "E_UNKNOWN"}, MN}},

    /* quiet, and an error: that of the only one it can belong to */
    {.count = 4, .errors = true,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
              {OP(MA, QUIET(quiet)), "ma k q O1\r\n", "CLIENT_ERROR text\r\n", "CLIENT_ERROR"},
              {OP(MD, QUIET(quiet)), "md k q O2\r\n", "NF O2\r\n", "NOT_FOUND"},
              MN}},
    {.count = 2, .errors = true,
     .rows = {{OP(MA, QUIET(quiet)), "ma k q O0\r\n", "CLIENT_ERROR text\r\n", "CLIENT_ERROR"},
              MN}},
    {.count = 2, .errors = true,
     .rows = {{OP(MA, QUIET(quiet)), "ma k q O0\r\n", "ERROR\r\n", "ERROR"}, MN}},
    {.count = 2, .errors = true,
     .rows = {{OP(MS, .data = B("hi"), QUIET(quiet)), "ms k 2 q O0\r\nhi\r\n",
               "SERVER_ERROR object too large for cache\r\n", "SERVER_ERROR"},
              MN}},
    /* of one of two, who are both in doubt */
    {.count = 5, .errors = true,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
              {OP(MA, QUIET(quiet)), "ma k q O1\r\n", "CLIENT_ERROR text\r\n", "E_UNKNOWN"},
              {OP(MA, QUIET(quiet)), "ma k q O2\r\n", "", "E_UNKNOWN"},
              {OP(MD, QUIET(quiet)), "md k q O3\r\n", "NF O3\r\n", "NOT_FOUND"},
              MN}},
    /* of nobody */
    {.count = 3, .errors = true, .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "NF O0\r\nSERVER_ERROR oh\r\n", "NOT_FOUND"},
              {OP(MD, QUIET(quiet)), "md k q O1\r\n", "NF O1\r\n", "E_UNKNOWN"},
              MN}},
    {.count = 2, .errors = true, .error = MC_E_PROTOCOL, .fault = MC_FAULT_UNASKED,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "NF O0\r\nSERVER_ERROR oh\r\n", "NOT_FOUND"},
              MN}},
    /* behind a quiet ms: its value may have been executed */
    {.count = 3, .errors = true, .error = MC_E_AMBIGUOUS,
     .rows = {{OP(MS, .data = B("hi"), QUIET(quiet)), "ms k 2 q O0\r\nhi\r\n",
               "CLIENT_ERROR bad\r\n", "E_UNKNOWN"},
              {OP(MG, QUIET(quiet)), "mg k q O1\r\n", "", "E_AMBIGUOUS"},
              MN}},
    {.count = 3, .errors = true, .error = MC_E_AMBIGUOUS,
     .rows = {{OP(MG, QUIET(quiet)), "mg k q O0\r\n", "", "E_AMBIGUOUS"},
              {OP(MS, .data = B("hi"), QUIET(quiet)), "ms k 2 q O1\r\nhi\r\n", "ERROR\r\n",
               "E_UNKNOWN"},
              MN}},

    /* quiet, and one is refused: an answer that names it is nobody's, an error not its own */
    {.count = 4, .error = MC_E_PROTOCOL, .fault = MC_FAULT_WRONG_KEY,
     .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "", "E_UNKNOWN"},
              {OP(MG, .key = B("k y"), QUIET(quiet)), .outcome = "E_KEY"},
              {OP(MD, QUIET(quiet)), "md k q O2\r\n", "NF O1\r\n", "E_UNKNOWN"},
              MN}},
    {.count = 3, .errors = true,
     .rows = {{OP(MA, QUIET(quiet)), "ma k q O0\r\n", "CLIENT_ERROR text\r\n", "CLIENT_ERROR"},
              {OP(MG, .key = B("k y"), QUIET(quiet)), .outcome = "E_KEY"},
              MN}},
    /* only an O names a command, and only a meta command's flags count */
    {.count = 3,
     .rows = {{OP(MG, QUIET(quiet_value)), "mg k v q O0\r\n", "", "END"},
              {OP(MG, QUIET(quiet_value)), "mg k v q O1\r\n", "VA 2 s2 f0 O1\r\nhi\r\n", "VALUE hi"},
              MN}},
    {.count = 3,
     .rows = {{OP(GET, QUIET(quiet), .data = B("ignored")), "get k\r\n", "END\r\n", "END"},
              {OP(SET, .data = B("hi"), QUIET(quiet)), "set k 0 0 2\r\nhi\r\n", "STORED\r\n", "STORED"},
              {OP(DELETE, .data = B("ignored")), "delete k\r\n", "NOT_FOUND\r\n", "NOT_FOUND"}}},
};
/* clang-format on */

/* ---- a performance ------------------------------------------------------------------------- */

struct play {
    struct script script;
    struct mc_client client;
    struct mc_pipeline_op *ops; /* of just their number, so that a sanitizer sees one too many */
    char values[ROWS_MAX][VALUE_CAP];
    size_t count;
    char *buf;
    int result;
};

static void add_op(struct play *p, const struct row *row)
{
    struct mc_pipeline_op *ops = realloc(p->ops, (p->count + 1) * sizeof *ops);
    ck_assert(ops != NULL);
    p->ops = ops;
    struct mc_pipeline_op *op = &p->ops[p->count];
    *op = row->op;
    op->result = UNSET;
    if (op->key.data == NULL)
        op->key = MC_BYTES("k");
    op->value.buf = p->values[p->count];
    op->value.cap = row->no_room ? 0 : VALUE_CAP;
    p->count++;
}

/* The script's limits and faults may be set before. Behind it all, the server answers a version. */
static void perform(struct play *p, const struct scene *scene, size_t cap)
{
    for (size_t i = 0; i < scene->count; i++) {
        const struct row *row = &scene->rows[i];
        if (!row->is_mn)
            add_op(p, row);
        if (row->request != NULL)
            script_step(&p->script, row->request, row->reply);
    }
    script_step(&p->script, "version\r\n", "VERSION 1\r\n");
    p->buf = malloc(cap);
    mc_client_init(&p->client, script_transport(&p->script), p->buf, cap);
    p->result = mc_pipeline_run(&p->client, p->ops, p->count, SCRIPT_DEADLINE);
}

static void finish(struct play *p)
{
    script_free(&p->script);
    free(p->buf);
    free(p->ops);
}

static void show_number(struct text *text, const char *label, uint64_t number)
{
    if (number > 0)
        text_print(text, " %s=%" PRIu64, label, number);
}

/* What came of an op, as text. */
static void show_op(const struct mc_pipeline_op *op, struct text *text)
{
    text_add_string(text, events_name(op->result));
    if (op->result == MC_HIT) {
        text_add_string(text, " ");
        text_add(text, op->value.buf, op->value.len);
        show_number(text, "flags", op->value.flags);
        show_number(text, "cas", op->value.cas);
        if (op->meta.won)
            text_add_string(text, " won");
    } else if (op->result == MC_NUMBER && op->verb == MC_VERB_MA) {
        show_number(text, "meta", op->meta.number);
    } else if (op->result == MC_NUMBER) {
        text_print(text, " %" PRIu64, op->number);
    } else if (op->verb == MC_VERB_INCR || op->verb == MC_VERB_DECR) {
        ck_assert_uint_le(op->number, 5); /* what was given */
        ck_assert_uint_ge(op->number, 1);
    }
}

/* ---- what has to come of it ---------------------------------------------------------------- */

/* Bytes that go out for the rows up to and with this one, and that come back. */
static size_t bytes_until(const struct scene *scene, size_t row, bool replies)
{
    size_t sum = 0;
    for (size_t i = 0; i <= row && i < scene->count; i++) {
        if (scene->rows[i].request != NULL)
            sum += strlen(replies ? scene->rows[i].reply : scene->rows[i].request);
    }
    return sum;
}

/* Bytes of answers after which the row's result is known: its own, or, if it was silent, those up to
 * the mn's. */
static size_t known_after(const struct scene *scene, size_t row)
{
    size_t last = row;
    while (scene->rows[row].reply[0] == '\0' && !scene->rows[last].is_mn)
        last++;
    return bytes_until(scene, last, true);
}

static bool is_write(const struct mc_pipeline_op *op)
{
    return (op->verb >= MC_VERB_SET && op->verb <= MC_VERB_TOUCH) || op->verb == MC_VERB_MS ||
           op->verb == MC_VERB_MD || op->verb == MC_VERB_MA || op->verb == MC_VERB_FLUSH_ALL;
}

/* The outcome of a row when the connection failed at some time. What would have been refused may
 * not have been looked at by then. */
static const char *expected_outcome(const struct play *p, const struct scene *scene, size_t row,
                                    size_t op, int fault)
{
    const struct row *r = &scene->rows[row];
    if (r->request == NULL && p->ops[op].result == fault)
        return events_name(fault);
    if (r->request == NULL || known_after(scene, row) <= p->script.received)
        return r->outcome;
    bool out = bytes_until(scene, row, false) <= p->script.sent.len;
    return events_name(is_write(&r->op) && out ? MC_E_UNKNOWN : fault);
}

static void check_op(const struct play *p, size_t op, const char *expected)
{
    struct text got = {0};
    show_op(&p->ops[op], &got);
    if (strcmp(text_string(&got), expected) != 0)
        ck_abort_msg("op %zu: %s instead of %s; %zu bytes sent, %zu received", op,
                     text_string(&got), expected, p->script.sent.len, p->script.received);
    text_free(&got);
}

/* The first negative result, or 0. */
static int first_negative(const struct play *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->ops[i].result < 0)
            return p->ops[i].result;
    }
    return 0;
}

static void check_after(struct play *p, int error)
{
    size_t calls = p->script.sends + p->script.recvs;
    ck_assert_int_eq(p->result, first_negative(p));
    ck_assert_int_eq(p->client.error, error);
    int r = mc_client_version(&p->client, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, error == 0 ? MC_VERSION : error);
    if (error != 0)
        ck_assert_uint_eq(p->script.sends + p->script.recvs, calls);
    else
        script_check_sent(&p->script);
}

static void check_as_written(struct play *p, const struct scene *scene)
{
    for (size_t i = 0, op = 0; i < scene->count; i++) {
        if (!scene->rows[i].is_mn)
            check_op(p, op++, scene->rows[i].outcome);
    }
    check_after(p, scene->error);
    if (scene->error == MC_E_PROTOCOL)
        ck_assert_int_eq(p->client.reader.fault, scene->fault);
}

static void check_failed(struct play *p, const struct scene *scene, int fault)
{
    for (size_t i = 0, op = 0; i < scene->count; i++) {
        if (scene->rows[i].is_mn)
            continue;
        check_op(p, op, expected_outcome(p, scene, i, op, fault));
        op++;
    }
    script_check_prefix(&p->script);
    check_after(p, fault);
}

/* ---- tests --------------------------------------------------------------------------------- */

START_TEST(as_written)
{
    struct play p = {.result = 0};
    perform(&p, &scenes[_i], BUFFER);
    check_as_written(&p, &scenes[_i]);
    finish(&p);
}
END_TEST

/* Bytes behind the last answer end the connection; what they were behind is known all the same, or
 * not believed. */
START_TEST(more_than_asked)
{
    static const struct scene more[] = {
        {.count = 2,
         .error = MC_E_PROTOCOL,
         .fault = MC_FAULT_UNASKED,
         .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "NF O0\r\n", "NOT_FOUND"},
                  {.is_mn = true, .request = "mn\r\n", .reply = "MN\r\nEND\r\n"}}},
        {.count = 3,
         .error = MC_E_PROTOCOL,
         .fault = MC_FAULT_UNASKED,
         .rows = {{OP(MD, QUIET(quiet)), "md k q O0\r\n", "", "E_UNKNOWN"},
                  {OP(MG, QUIET(quiet)), "mg k q O1\r\n", "", "PROTOCOL"},
                  {.is_mn = true, .request = "mn\r\n", .reply = "MN\r\nNF O1\r\n"}}},
        {.count = 1,
         .error = MC_E_PROTOCOL,
         .fault = MC_FAULT_UNASKED,
         .rows = {{OP(DELETE, .exptime = 0), "delete k\r\n", "DELETED\r\nEND\r\n", "E_UNKNOWN"}}},
    };
    struct play p = {.result = 0};
    perform(&p, &more[_i], BUFFER);
    check_as_written(&p, &more[_i]);
    finish(&p);
}
END_TEST

static size_t count_flights(const struct scene *scene)
{
    size_t flights = 0;
    bool before = false, flying = false;
    for (size_t i = 0; i < scene->count; i++) {
        bool now = scene->rows[i].is_mn || scene->rows[i].op.meta_flags == quiet ||
                   scene->rows[i].op.meta_flags == quiet_value ||
                   scene->rows[i].op.meta_flags == quiet_key;
        if (scene->rows[i].request != NULL && (!flying || now != before)) {
            flights++;
            flying = true;
            before = now;
        }
    }
    return flights;
}

/* A flight costs one call to send and, when all answers are there, one to receive. Some commands
 * are refused; those before and behind such a one may go out in flights of their own. */
START_TEST(few_calls)
{
    static const int some[] = {0, 2, 3, 4, 5};
    struct play p = {.result = 0};
    const struct scene *scene = &scenes[some[_i]];
    perform(&p, scene, BUFFER);
    ck_assert_uint_eq(p.script.sends, count_flights(scene));
    ck_assert_uint_eq(p.script.recvs, count_flights(scene));
    finish(&p);
}
END_TEST

static void check_pace(const struct scene *scene, size_t send_max, size_t recv_max)
{
    struct play p = {.script = {.send_max = send_max, .recv_max = recv_max}};
    perform(&p, scene, BUFFER);
    check_as_written(&p, scene);
    finish(&p);
}

START_TEST(at_every_pace)
{
    size_t last = scenes[_i].count - 1;
    size_t out = bytes_until(&scenes[_i], last, false), in = bytes_until(&scenes[_i], last, true);
    for (size_t n = 1; n <= (out > in ? out : in); n++) {
        check_pace(&scenes[_i], n, 0);
        check_pace(&scenes[_i], 0, n);
        check_pace(&scenes[_i], n, n);
    }
}
END_TEST

static const int faults[] = {MC_E_TIMEOUT, MC_E_CLOSED, MC_E_SYSTEM};

static size_t count_calls(const struct scene *scene, size_t pace)
{
    struct play p = {.script = {.send_max = pace, .recv_max = pace}};
    perform(&p, scene, BUFFER);
    size_t calls = p.script.sends + p.script.recvs;
    finish(&p);
    return calls;
}

static void check_fault(const struct scene *scene, size_t pace, size_t at, int fault)
{
    struct play p = {
        .script = {.send_max = pace, .recv_max = pace, .fault_at = at, .fault = fault}};
    perform(&p, scene, BUFFER);
    check_failed(&p, scene, fault);
    finish(&p);
}

/* Every call of the transport fails, in every way: each result is right or says what is lost. */
START_TEST(fault_at_every_call)
{
    static const size_t paces[] = {0, 1, 7, 100};
    const struct scene *scene = &scenes[_i];
    for (size_t i = 0; i < COUNT(paces) && scene->error == 0 && !scene->errors; i++) {
        size_t calls = count_calls(scene, paces[i]);
        for (size_t at = 1; at <= calls; at++) {
            for (size_t f = 0; f < COUNT(faults); f++)
                check_fault(scene, paces[i], at, faults[f]);
        }
    }
}
END_TEST

static void check_cut_short(const struct scene *scene, size_t withheld, int end)
{
    struct play p = {.script = {.withheld = withheld + strlen("VERSION 1\r\n"), .end = end}};
    perform(&p, scene, BUFFER);
    check_failed(&p, scene, end);
    finish(&p);
}

START_TEST(answers_cut_short)
{
    const struct scene *scene = &scenes[_i];
    size_t len = bytes_until(scene, scene->count - 1, true);
    for (size_t withheld = 1; withheld <= len && scene->error == 0 && !scene->errors; withheld++) {
        check_cut_short(scene, withheld, MC_E_CLOSED);
        check_cut_short(scene, withheld, MC_E_TIMEOUT);
    }
}
END_TEST

/* A scene in a smaller buffer: the same results in more flights. */
START_TEST(at_every_capacity)
{
    const struct scene *scene = &scenes[0];
    struct play p = {.result = 0};
    size_t cap = 40 + (size_t)_i; /* each of them fits */
    perform(&p, scene, cap);
    check_as_written(&p, scene);
    ck_assert_uint_le(p.script.unanswered, cap + (size_t)2 * VALUE_CAP);
    finish(&p);
}
END_TEST

START_TEST(does_not_fit_at_all)
{
    static const struct mc_pipeline_op ops[] = {
        {.verb = MC_VERB_GET, .key = B("k"), .result = UNSET},
        {.verb = MC_VERB_DELETE, .key = B("a-rather-long-key-indeed"), .result = UNSET},
        {.verb = MC_VERB_GET, .key = B("k"), .result = UNSET},
    };
    struct play p = {.count = 3};
    char buf[20];
    p.ops = malloc(sizeof ops);
    ck_assert(p.ops != NULL);
    memcpy(p.ops, ops, sizeof ops);
    script_step(&p.script, "get k\r\n", "END\r\n");
    script_step(&p.script, "get k\r\n", "END\r\n");
    mc_client_init(&p.client, script_transport(&p.script), buf, sizeof buf);
    p.result = mc_pipeline_run(&p.client, p.ops, p.count, SCRIPT_DEADLINE);
    ck_assert_int_eq(p.result, MC_E_FULL);
    ck_assert_int_eq(p.ops[0].result, MC_MISS);
    ck_assert_int_eq(p.ops[1].result, MC_E_FULL);
    ck_assert_int_eq(p.ops[2].result, MC_MISS);
    script_check_sent(&p.script);
    finish(&p);
}
END_TEST

/* A quiet command needs room for an mn behind it, whatever there is. */
START_TEST(no_room_for_the_mn)
{
    enum { NEED = sizeof "md k q O0\r\nmn\r\n" - 1 };
    struct mc_pipeline_op op = {.verb = MC_VERB_MD, .key = B("k"), QUIET(quiet)};
    struct script script = {0};
    struct mc_client client;
    char *buf = malloc((size_t)_i);
    script_step(&script, "md k q O0\r\nmn\r\n", "MN\r\n");
    mc_client_init(&client, script_transport(&script), buf, (size_t)_i);
    int r = mc_pipeline_run(&client, &op, 1, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, _i < NEED ? MC_E_FULL : 0);
    ck_assert_int_eq(op.result, _i < NEED ? MC_E_FULL : MC_HD);
    ck_assert_uint_eq(script.sent.len, _i < NEED ? 0 : NEED);
    ck_assert_int_eq(client.error, 0);
    script_free(&script);
    free(buf);
}
END_TEST

/* A command and a buffer of just its size. */
START_TEST(room_for_one)
{
    static const struct {
        struct mc_pipeline_op op;
        const char *request, *reply;
        size_t need;
    } ones[] = {{{.verb = MC_VERB_GET, .key = B("k")}, "get k\r\n", "END\r\n", 7},
                {{.verb = MC_VERB_SET, .key = B("k"), .data = B("hi")},
                 "set k 0 0 2\r\nhi\r\n",
                 "STORED\r\n",
                 15},
                {{.verb = MC_VERB_SET, .key = B("k"), .data = B("")},
                 "set k 0 0 0\r\n\r\n",
                 "STORED\r\n",
                 15}};
    for (size_t cap = 0; cap < 20; cap++) {
        struct mc_pipeline_op op = ones[_i].op;
        struct script script = {.recv_max = 1};
        struct mc_client client;
        char *buf = malloc(cap);
        script_step(&script, ones[_i].request, ones[_i].reply);
        mc_client_init(&client, script_transport(&script), buf, cap);
        int r = mc_pipeline_run(&client, &op, 1, SCRIPT_DEADLINE);
        if (cap < ones[_i].need)
            ck_assert_int_eq(r, MC_E_FULL);
        else
            ck_assert(r == 0 || r == MC_E_UNKNOWN || r == MC_E_LINE);
        ck_assert_uint_eq(script.sent.len, cap < ones[_i].need ? 0 : strlen(ones[_i].request));
        script_free(&script);
        free(buf);
    }
}
END_TEST

/* What an error said belongs to it alone: when more is received, its words are gone. */
START_TEST(said_before_more_is_received)
{
    const struct mc_pipeline_op both[] = {{.verb = MC_VERB_INCR, .key = B("k"), .number = 1},
                                          {.verb = MC_VERB_GET, .key = B("k")}};
    struct mc_pipeline_op ops[] = {both[0], both[1]};
    struct script script = {.recv_max = strlen("CLIENT_ERROR text\r\n")};
    struct mc_client client;
    char buf[100];
    script_step(&script, "incr k 1\r\n", "CLIENT_ERROR text\r\n");
    script_step(&script, "get k\r\n", "END\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_pipeline_run(&client, ops, 2, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(ops[0].result, MC_CLIENT_ERROR);
    ck_assert_int_eq(ops[1].result, MC_MISS);
    ck_assert_uint_eq(client.said.len, 0);
    script_free(&script);
}
END_TEST

/* What quiet commands came to, with the reply in pieces of so many bytes. */
struct verdict {
    int result, first, second, error, fault;
};

static struct verdict judge_quiet(const char *reply, size_t piece)
{
    static const struct mc_flag q = {.letter = 'q'}, v_and_q[] = {{.letter = 'v'}, {.letter = 'q'}};
    char text[8], buf[400];
    struct mc_pipeline_op ops[] = {
        {.verb = MC_VERB_MS, .key = B("a"), .data = B("x"), .meta_flags = &q, .meta_count = 1},
        {.verb = MC_VERB_MG, .key = B("b"), .meta_flags = v_and_q, .meta_count = 2}};
    struct script script = {.recv_max = piece};
    struct mc_client client;
    ops[1].value = (struct mc_value){.buf = text, .cap = sizeof text};
    script_step(&script, "ms a 1 q O0\r\nx\r\nmg b v q O1\r\nmn\r\n", reply);
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    int r = mc_pipeline_run(&client, ops, 2, SCRIPT_DEADLINE);
    script_free(&script);
    return (struct verdict){r, ops[0].result, ops[1].result, client.error, client.reader.fault};
}

/* More replies than commands before the MN, and just enough: the verdict is the same for every cut. */
START_TEST(as_many_replies_as_quiet_commands)
{
    static const struct {
        const char *reply;
        int first, second, error;
    } cases[] = {
        {"SERVER_ERROR a\r\nSERVER_ERROR b\r\nVA 1 O1\r\ny\r\nMN\r\n", MC_E_UNKNOWN, MC_E_PROTOCOL,
         MC_E_PROTOCOL},
        {"SERVER_ERROR a\r\nSERVER_ERROR b\r\nSERVER_ERROR c\r\nMN\r\n", MC_E_UNKNOWN,
         MC_E_PROTOCOL, MC_E_PROTOCOL},
        {"NS O0\r\nVA 1 O1\r\ny\r\nSERVER_ERROR c\r\nMN\r\n", MC_NOT_STORED, MC_HIT, MC_E_PROTOCOL},
        {"NS O0\r\nVA 1 O1\r\ny\r\nVA 1 O1\r\ny\r\nMN\r\n", MC_NOT_STORED, MC_HIT, MC_E_PROTOCOL},
        {"NS O0\r\nSERVER_ERROR b\r\nSERVER_ERROR c\r\nMN\r\n", MC_NOT_STORED, MC_E_PROTOCOL,
         MC_E_PROTOCOL},
        {"SERVER_ERROR a\r\nSERVER_ERROR b\r\nMN\r\n", MC_E_UNKNOWN, MC_E_UNKNOWN, 0},
        {"SERVER_ERROR a\r\nVA 1 O1\r\ny\r\nMN\r\n", MC_SERVER_ERROR, MC_HIT, 0},
    };
    for (size_t piece = 0; piece <= strlen(cases[_i].reply); piece++) {
        struct verdict v = judge_quiet(cases[_i].reply, piece);
        ck_assert_int_eq(v.first, cases[_i].first);
        ck_assert_int_eq(v.second, cases[_i].second);
        ck_assert_int_eq(v.error, cases[_i].error);
        ck_assert_int_eq(v.fault == MC_FAULT_NONE, v.error == 0);
    }
}
END_TEST

START_TEST(nothing_to_do)
{
    struct play p = {.result = 0};
    mc_client_init(&p.client, script_transport(&p.script), NULL, 0);
    ck_assert_int_eq(mc_pipeline_run(&p.client, NULL, 0, SCRIPT_DEADLINE), 0);
    ck_assert_uint_eq(p.script.sends + p.script.recvs, 0);
}
END_TEST

/* On a connection that is dead, or has answers to come. */
START_TEST(not_begun)
{
    const int expected[] = {MC_E_TIMEOUT, MC_E_BUSY};
    struct play p = {.result = 0};
    char buf[400];
    for (size_t i = 0; i < scenes[0].count; i++)
        add_op(&p, &scenes[0].rows[i]);
    script_step(&p.script, "stats\r\n", "END\r\n");
    mc_client_init(&p.client, script_transport(&p.script), buf, sizeof buf);
    if (_i == 0)
        mc_client_break(&p.client, MC_E_TIMEOUT);
    else
        ck_assert_int_eq(mc_client_stats(&p.client, MC_BYTES(""), SCRIPT_DEADLINE), 0);
    size_t sent = p.script.sent.len;
    ck_assert_int_eq(mc_pipeline_run(&p.client, p.ops, p.count, SCRIPT_DEADLINE), expected[_i]);
    for (size_t i = 0; i < p.count; i++)
        ck_assert_int_eq(p.ops[i].result, expected[_i]);
    ck_assert_uint_eq(p.script.sent.len, sent);
    finish(&p);
}
END_TEST

/* ---- many ---------------------------------------------------------------------------------- */

/* A server that knows a few commands. Keys that end in an even digit are there. */
struct server {
    struct text line, answers;
    size_t taken;
    size_t value_left; /* of a set, with its CRLF */
    size_t open, most; /* bytes that came in since the client last read all answers */
    size_t parts;      /* the most that one send was gathered from */
};

static void answer_quiet(struct server *s, char *line)
{
    char *words[8] = {0};
    size_t count = 0;
    for (char *word = strtok(line, " \r\n"); word != NULL && count < 8;
         word = strtok(NULL, " \r\n"))
        words[count++] = word;
    if (count < 2)
        abort();
    bool there = (words[1][strlen(words[1]) - 1] - '0') % 2 == 0;
    if (strcmp(words[0], "mg") == 0 && there)
        text_print(&s->answers, "VA %zu %s\r\n%s\r\n", strlen(words[1]), words[count - 1],
                   words[1]);
    else if (strcmp(words[0], "md") == 0 && !there)
        text_print(&s->answers, "NF %s\r\n", words[count - 1]);
}

static void answer_line(struct server *s)
{
    char *line = s->line.data;
    if (strcmp(line, "mn\r\n") == 0)
        text_add_string(&s->answers, "MN\r\n");
    else if (strncmp(line, "set ", 4) == 0)
        s->value_left = strtoul(strrchr(line, ' '), NULL, 10) + 2;
    else if (strncmp(line, "get ", 4) == 0)
        text_add_string(&s->answers, "END\r\n");
    else
        answer_quiet(s, line);
    text_clear(&s->line);
}

static void hear_byte(struct server *s, char c)
{
    if (s->value_left > 0) {
        s->value_left--;
        if (s->value_left == 0)
            text_add_string(&s->answers, "STORED\r\n");
        return;
    }
    text_add(&s->line, &c, 1);
    if (c == '\n')
        answer_line(s);
}

static ptrdiff_t server_send(void *ctx, const struct mc_bytes *parts, size_t count,
                             mc_deadline deadline)
{
    struct server *s = ctx;
    size_t sent = 0;
    ck_assert_int_eq(deadline, SCRIPT_DEADLINE);
    s->parts = count > s->parts ? count : s->parts;
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < parts[k].len; i++)
            hear_byte(s, parts[k].data[i]);
        sent += parts[k].len;
    }
    s->open += sent;
    s->most = s->open > s->most ? s->open : s->most;
    return (ptrdiff_t)sent;
}

static ptrdiff_t server_receive(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct server *s = ctx;
    size_t left = s->answers.len - s->taken, n = left < cap ? left : cap;
    ck_assert_int_eq(deadline, SCRIPT_DEADLINE);
    if (n == 0)
        return MC_E_TIMEOUT;
    memcpy(buf, s->answers.data + s->taken, n);
    s->taken += n;
    if (s->taken == s->answers.len)
        s->open = 0;
    return (ptrdiff_t)n;
}

enum { MANY = 1000 };

static char names[MANY][8], places[MANY][8];
static struct mc_pipeline_op many[MANY];

static int run_many(struct server *server, size_t cap, struct mc_client *client)
{
    char *buf = malloc(cap);
    mc_client_init(client, (struct mc_transport){server_send, server_receive, server}, buf, cap);
    int r = mc_pipeline_run(client, many, MANY, SCRIPT_DEADLINE);
    text_free(&server->line);
    text_free(&server->answers);
    free(buf);
    return r;
}

static const size_t capacities[] = {64, 100, 200, 500, 2048, 16384, 100000};

static int quiet_result(enum mc_verb verb, bool there)
{
    if (verb == MC_VERB_MD)
        return there ? MC_HD : MC_NOT_FOUND;
    return there ? MC_HIT : MC_MISS;
}

/* A thousand quiet commands, in as many flights as the buffer makes of them. */
START_TEST(many_quiet)
{
    struct server server = {.taken = 0};
    struct mc_client client;
    for (size_t k = 0; k < MANY; k++) {
        snprintf(names[k], sizeof names[k], "k%zu", k * 7 % 1000);
        many[k] = (struct mc_pipeline_op){.verb = k % 3 == 0 ? MC_VERB_MD : MC_VERB_MG,
                                          .key = {names[k], strlen(names[k])},
                                          .meta_flags = k % 3 == 0 ? quiet : quiet_value,
                                          .meta_count = k % 3 == 0 ? 1 : 2,
                                          .value = {.buf = places[k], .cap = sizeof places[k]},
                                          .result = UNSET};
    }
    ck_assert_int_eq(run_many(&server, capacities[_i], &client), 0);
    for (size_t k = 0; k < MANY; k++) {
        int expected = quiet_result(many[k].verb, k * 7 % 2 == 0);
        ck_assert_int_eq(many[k].result, expected);
        if (expected == MC_HIT)
            ck_assert_mem_eq(places[k], names[k], strlen(names[k]));
    }
    ck_assert_uint_le(server.most, capacities[_i]);
}
END_TEST

/* A thousand stores: neither end ever holds more than a flight that the other waits for. */
START_TEST(many_stores)
{
    static char value[3000];
    struct server server = {.taken = 0};
    struct mc_client client;
    memset(value, 'v', sizeof value);
    for (size_t k = 0; k < MANY; k++) {
        many[k] = (struct mc_pipeline_op){.verb = k % 10 == 0 ? MC_VERB_GET : MC_VERB_SET,
                                          .key = B("key"),
                                          .data = {value, k * 37 % sizeof value},
                                          .result = UNSET};
    }
    ck_assert_int_eq(run_many(&server, capacities[_i], &client), 0);
    for (size_t k = 0; k < MANY; k++)
        ck_assert_int_eq(many[k].result, k % 10 == 0 ? MC_MISS : MC_STORED);
    ck_assert_uint_le(server.most, FLIGHT_MAX);
}
END_TEST

/* Two stores go out together when they are FLIGHT_MAX bytes, and one after the other when more. */
START_TEST(flight_of_just_the_size)
{
    static char value[FLIGHT_MAX];
    struct server server = {.taken = 0};
    struct mc_client client;
    char buf[100];
    size_t whole = FLIGHT_MAX - 3 + (size_t)_i, first = strlen("set key 0 0 1\r\nv\r\n");
    size_t rest = whole - first - strlen("set key 0 0 16000\r\n\r\n");
    struct mc_pipeline_op ops[] = {{.verb = MC_VERB_SET, .key = B("key"), .data = B("v")},
                                   {.verb = MC_VERB_SET, .key = B("key"), .data = {value, rest}}};
    mc_client_init(&client, (struct mc_transport){server_send, server_receive, &server}, buf,
                   sizeof buf);
    ck_assert_int_eq(mc_pipeline_run(&client, ops, 2, SCRIPT_DEADLINE), 0);
    ck_assert_uint_eq(server.most, whole <= FLIGHT_MAX ? whole : whole - first);
    text_free(&server.line);
    text_free(&server.answers);
}
END_TEST

/* Values of a byte: a flight ends with its parts, long before its bytes. */
START_TEST(many_small_stores)
{
    struct server server = {.taken = 0};
    struct mc_client client;
    for (size_t k = 0; k < MANY; k++)
        many[k] = (struct mc_pipeline_op){
            .verb = MC_VERB_SET, .key = B("key"), .data = B("v"), .result = UNSET};
    ck_assert_int_eq(run_many(&server, 100000, &client), 0);
    for (size_t k = 0; k < MANY; k++)
        ck_assert_int_eq(many[k].result, MC_STORED);
    ck_assert_uint_le(server.parts, 64);
    ck_assert_uint_ge(server.parts, 60);
}
END_TEST

/* A value that is larger than a flight goes out alone. */
START_TEST(one_large_store)
{
    static char value[100000];
    struct server server = {.taken = 0};
    struct mc_client client;
    for (size_t k = 0; k < MANY; k++)
        many[k] = (struct mc_pipeline_op){.verb = MC_VERB_GET, .key = B("key"), .result = UNSET};
    many[500] = (struct mc_pipeline_op){
        .verb = MC_VERB_SET, .key = B("key"), .data = {value, sizeof value}};
    ck_assert_int_eq(run_many(&server, 2048, &client), 0);
    ck_assert_int_eq(many[500].result, MC_STORED);
    ck_assert_int_eq(many[999].result, MC_MISS);
    ck_assert_uint_eq(server.most, strlen("set key 0 0 100000\r\n") + sizeof value + 2);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {as_written, COUNT(scenes)},
        {more_than_asked, 3},
        {few_calls, 5},
        {at_every_pace, COUNT(scenes)},
        {fault_at_every_call, COUNT(scenes)},
        {answers_cut_short, COUNT(scenes)},
        {at_every_capacity, 200},
        {does_not_fit_at_all, 1},
        {no_room_for_the_mn, 20},
        {room_for_one, 3},
        {said_before_more_is_received, 1},
        {as_many_replies_as_quiet_commands, 7},
        {nothing_to_do, 1},
        {not_begun, 2},
        {many_quiet, COUNT(capacities)},
        {many_stores, COUNT(capacities)},
        {flight_of_just_the_size, 7},
        {many_small_stores, 1},
        {one_large_store, 1},
    };
    return suite_run("pipeline", tests, COUNT(tests));
}
