/* The engine, for the page: it is asked what a message of the client asks, is given the answer of a
 * server that may lie, and says what became of each question. */
#include "command.h"
#include "page.h"
#include "request.h"

#include <string.h>

enum { QUESTIONS_MAX = 16, KEYS_MAX = 16, VALUE_MAX = 512, BYTES_MAX = 4096 };

/* A request of the page, as an operation. */
struct question {
    struct mc_op op;
    struct mc_meta meta;
    struct mc_flag flags[MC_TOKENS_MAX];
    struct mc_bytes keys[KEYS_MAX];
    struct mc_value values[KEYS_MAX];
    char places[KEYS_MAX][VALUE_MAX];
    size_t count; /* keys */
    bool done;
};

/* Which command a request is. */
static const struct asked_command {
    int event;
    const struct mc_command *command;
} asked_commands[] = {
    {MC_REQUEST_GET, &mc_command_get},
    {MC_REQUEST_GETS, &mc_command_gets},
    {MC_REQUEST_GAT, &mc_command_gat},
    {MC_REQUEST_GATS, &mc_command_gats},
    {MC_REQUEST_SET, &mc_command_set},
    {MC_REQUEST_ADD, &mc_command_add},
    {MC_REQUEST_REPLACE, &mc_command_replace},
    {MC_REQUEST_APPEND, &mc_command_append},
    {MC_REQUEST_PREPEND, &mc_command_prepend},
    {MC_REQUEST_CAS, &mc_command_cas},
    {MC_REQUEST_MS, &mc_command_ms},
    {MC_REQUEST_DELETE, &mc_command_delete},
    {MC_REQUEST_INCR, &mc_command_incr},
    {MC_REQUEST_DECR, &mc_command_decr},
    {MC_REQUEST_TOUCH, &mc_command_touch},
    {MC_REQUEST_MG, &mc_command_mg},
    {MC_REQUEST_MD, &mc_command_md},
    {MC_REQUEST_MA, &mc_command_ma},
    {MC_REQUEST_ME, &mc_command_me},
    {MC_REQUEST_VERSION, &mc_command_version},
    {MC_REQUEST_FLUSH_ALL, &mc_command_flush_all},
    {MC_REQUEST_VERBOSITY, &mc_command_verbosity},
    {MC_REQUEST_CACHE_MEMLIMIT, &mc_command_cache_memlimit},
    {MC_REQUEST_STATS, &mc_command_stats},
};
enum { ASKED_COMMANDS = sizeof asked_commands / sizeof asked_commands[0] };

static struct mc_engine engine;
static char received[BYTES_MAX], sent[BYTES_MAX];
static struct question questions[QUESTIONS_MAX];
static size_t question_count;
static char asked[BYTES_MAX]; /* the requests' bytes, which the operations point to */
static size_t asked_len;

/* A new connection; the questions stay. */
PAGE_EXPORT void connect_again(void)
{
    mc_engine_init(&engine, received, sizeof received, sent, sizeof sent);
}

/* A new connection, and no question. */
PAGE_EXPORT void forget_questions(void)
{
    connect_again();
    question_count = 0;
    asked_len = 0;
}

static const struct mc_command *command_of(int event)
{
    for (size_t k = 0; k < ASKED_COMMANDS; k++) {
        if (asked_commands[k].event == event)
            return asked_commands[k].command;
    }
    return NULL;
}

/* Copies what the request's first event says. */
static void begin_question(struct question *q, const struct mc_request *request)
{
    struct mc_bytes flags = request->text;
    q->op.key = request->command == MC_REQUEST_STATS ? request->text : request->key;
    q->op.number = request->number;
    q->op.flags = request->flags;
    q->op.large_flags = true;
    q->op.exptime = (int32_t)request->exptime;
    q->op.meta = &q->meta;
    q->op.value = &q->values[0];
    if ((q->op.command->traits & MC_COMMAND_META) == 0)
        return;
    q->op.meta_flags = q->flags;
    while (q->op.meta_count < MC_TOKENS_MAX &&
           mc_argument_flag(&flags, &q->flags[q->op.meta_count]) == 1)
        q->op.meta_count++;
}

/* Adds what a later event of the request says. */
static void extend_question(struct question *q, int event, const struct mc_request *request)
{
    if (event == MC_REQUEST_KEY && q->count < KEYS_MAX)
        q->keys[q->count++] = request->key;
    if (event == MC_REQUEST_DATA)
        q->op.data = request->text;
}

/* Reads one request into a question: 1; 0 when it is not one that the client asks. */
static int read_question(struct question *q, struct mc_bytes *in)
{
    struct mc_request_reader reader = {0};
    struct mc_request request;
    int event = mc_request_next(&reader, in, &request);
    const struct mc_command *command = command_of(event);
    if (command == NULL)
        return 0;
    memset(q, 0, sizeof *q);
    q->op.command = command;
    begin_question(q, &request);
    while (!mc_request_is_final(event) && event > 0) {
        event = mc_request_next(&reader, in, &request);
        extend_question(q, event, &request);
    }
    for (size_t k = 0; k < KEYS_MAX; k++)
        q->values[k] = (struct mc_value){.buf = q->places[k], .cap = VALUE_MAX};
    if (q->count == 1)
        q->op.key = q->keys[0];
    if (q->count > 1) {
        q->op.keys = q->keys;
        q->op.values = q->values;
        q->op.count = q->count;
    }
    return event > 0 && event != MC_REQUEST_WRONG;
}

/* Sends what the engine has to send: 1 when it is these bytes. */
static int send_same(struct mc_bytes bytes)
{
    struct mc_bytes parts[4];
    size_t count = mc_engine_output(&engine, parts, 4), at = 0;
    for (size_t k = 0; k < count; k++) {
        if (bytes.len - at < parts[k].len ||
            memcmp(bytes.data + at, parts[k].data, parts[k].len) != 0)
            return 0;
        at += parts[k].len;
    }
    mc_engine_sent(&engine, at);
    return at == bytes.len;
}

/* Asks what the first `len` bytes of the window ask: 1; 0 when the client would not write these
 * bytes, and then everything is forgotten. */
PAGE_EXPORT int ask(size_t len)
{
    struct mc_bytes in = {asked + asked_len, len};
    if (len > sizeof asked - asked_len) {
        forget_questions();
        return 0;
    }
    memcpy(asked + asked_len, page_window, len);
    asked_len += len;
    while (in.len > 0) {
        struct mc_bytes before = in;
        struct question *q = &questions[question_count];
        if (question_count == QUESTIONS_MAX || !read_question(q, &in)) {
            forget_questions();
            return 0;
        }
        question_count++;
        mc_engine_submit(&engine, &q->op);
        if (!send_same((struct mc_bytes){before.data, before.len - in.len})) {
            forget_questions();
            return 0;
        }
    }
    return 1;
}

static void finish_questions(void)
{
    struct mc_op *op;
    while ((op = mc_engine_done(&engine)) != NULL) {
        for (size_t k = 0; k < question_count; k++)
            questions[k].done = questions[k].done || op == &questions[k].op;
    }
}

/* The server's bytes, the first `len` of the window, have come. */
PAGE_EXPORT void hear(size_t len)
{
    mc_engine_feed(&engine, (struct mc_bytes){page_window, len});
    finish_questions();
}

/* Nothing more comes: a time limit, or the connection is closed. */
PAGE_EXPORT void give_up(int why)
{
    mc_engine_fail(&engine, why);
    finish_questions();
}

PAGE_EXPORT int is_idle(void)
{
    return mc_engine_is_idle(&engine);
}

/* Why the connection is dead; 0: it is good. */
PAGE_EXPORT int connection_error(void)
{
    return engine.error;
}

/* ---- what became of a question ----------------------------------------------------------------- */

PAGE_EXPORT size_t questions_asked(void)
{
    return question_count;
}

PAGE_EXPORT int answer_result(size_t index)
{
    return questions[index].op.result;
}

/* Is it an error, of this client or of the server? */
PAGE_EXPORT int answer_failed(size_t index)
{
    int result = questions[index].op.result;
    return result < 0 || mc_is_error(result);
}

/* The keys of a get; 0 for other commands. */
PAGE_EXPORT size_t answer_keys(size_t index)
{
    return questions[index].count;
}

/* What one of several keys got. */
PAGE_EXPORT int answer_key_result(size_t index, size_t key)
{
    const struct question *q = &questions[index];
    return q->count > 1 ? q->values[key].result : q->op.result;
}

PAGE_EXPORT const void *answer_value_at(size_t index, size_t key)
{
    return questions[index].values[key].buf;
}

PAGE_EXPORT size_t answer_value_len(size_t index, size_t key)
{
    return questions[index].values[key].len;
}

PAGE_EXPORT uint64_t answer_number(size_t index)
{
    return questions[index].op.answer;
}
