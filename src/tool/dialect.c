/* The command meta: a meta command in the words of protocol.txt, and the reply line as it came. */
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "decimal.h"
#include "escape.h"
#include "input.h"
#include "print.h"
#include "reply.h"
#include "run.h"

/* ---- a command that keeps the line that answers it ------------------------------------------- */

/* An operation and the first line of its reply. */
struct dialogue {
    struct mc_op op; /* the first member, which the engine gives back */
    struct mc_sink sink;
    const struct mc_command *real;
    struct mc_command kept; /* the same, with an answer function that keeps the line */
    struct buffer line, value;
};

/* The engine gives lines whole, and none is read twice. */
static int keep_line(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in)
{
    struct dialogue *dialogue = (struct dialogue *)(void *)op;
    const char *end = in->len > 0 ? memchr(in->data, '\n', in->len) : NULL;

    if (dialogue->line.len == 0 && end != NULL) {
        size_t len = (size_t)(end - in->data);
        while (len > 0 && in->data[len - 1] == '\r')
            len--;
        buffer_add(&dialogue->line, (struct mc_bytes){in->data, len});
    }
    return dialogue->real->answer(engine, op, in);
}

static void receive_value(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                          const struct mc_reply *reply)
{
    struct dialogue *dialogue = (struct dialogue *)(void *)(uintptr_t)op;

    (void)sink, (void)slot;
    if (event == MC_BODY)
        buffer_add(&dialogue->value, reply->text);
}

static int put_no_op(struct mc_out *out, const struct mc_op *op, const struct mc_bytes *keys,
                     size_t count)
{
    (void)op, (void)keys, (void)count;
    return mc_put_mn(out);
}

static int answer_no_op(struct mc_engine *engine, struct mc_op *op, struct mc_bytes *in)
{
    struct mc_reply reply;
    int event = mc_reply_event(engine, in, &reply);

    if (event <= 0)
        return event;
    if (event != MC_MN && event < MC_ERROR)
        return mc_reply_fault(engine, MC_FAULT_UNASKED);
    op->result = event;
    op->text = reply.text;
    return MC_ANSWER_DONE;
}

/* The engine sends an mn itself after quiet commands; this is one that stands alone. */
static const struct mc_command no_op = {.put = put_no_op, .answer = answer_no_op};

static const struct mc_command *find_command(const char *name)
{
    static const struct {
        char name[3];
        const struct mc_command *command;
    } table[] = {{"mg", &mc_command_mg}, {"ms", &mc_command_ms}, {"md", &mc_command_md},
                 {"ma", &mc_command_ma}, {"me", &mc_command_me}, {"mn", &no_op}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].command;
    return NULL;
}

/* ---- flags ----------------------------------------------------------------------------------- */

/* Reads a number of seconds as it is. */
static bool read_seconds(const char *text, int32_t *seconds)
{
    bool negative = text[0] == '-';
    uint64_t number;

    if (!mc_decimal_read(text, negative ? 1 : 0, strlen(text), INT32_MAX, &number))
        return false;
    *seconds = negative ? -(int32_t)number : (int32_t)number;
    return true;
}

/* Reads a word such as v, T30 or Oabc. Whether the command has the flag, proto/ knows. */
static bool read_flag_word(const char *word, struct mc_flag *flag)
{
    const char *rest = word + 1;

    *flag = mc_op_flag(word[0]);
    if (strchr("NRT", word[0]) != NULL)
        return read_seconds(rest, &flag->ttl);
    if (strchr("CDEFJ", word[0]) != NULL)
        return mc_decimal_read(rest, 0, strlen(rest), UINT64_MAX, &flag->number);
    if (strchr("OPL", word[0]) != NULL)
        flag->token = mc_string(rest);
    else if (word[0] == 'M' && rest[0] != '\0' && rest[1] == '\0')
        flag->number = (unsigned char)rest[0];
    else
        return rest[0] == '\0' && word[0] != 'M';
    return true;
}

static bool has_flag_word(const struct option_words *words, char letter)
{
    for (int i = 2; i < words->count; i++)
        if (words->list[i][0] == letter)
            return true;
    return false;
}

/* Reads the flags after the command and the key. How many, or -1 after a message. */
static int read_flag_words(struct session *session, struct mc_flag *flags)
{
    const struct option_words *words = session->words;
    int count = 0;

    for (int i = 2; i < words->count; i++) {
        if (count < MC_TOKENS_MAX && words->list[i][0] != '\0' &&
            read_flag_word(words->list[i], &flags[count])) {
            count++;
            continue;
        }
        escape_message("mcwire",
                       "meta: '%.20s' is not a flag: a letter, and after C D E F J N R T "
                       "a number, after M a letter, after O P L a word",
                       words->list[i]);
        session_note(session, STATUS_USAGE);
        return -1;
    }
    return count;
}

/* With the flag b a key is written in base64. */
static bool read_key(struct session *session, struct buffer *key)
{
    const struct option_words *words = session->words;
    const char *text = words->count > 1 ? words->list[1] : "";

    if (!has_flag_word(words, 'b')) {
        buffer_add(key, mc_string(text));
        return true;
    }
    if (base64_read(key, mc_string(text)))
        return true;
    session_fail(session, STATUS_USAGE, "with the flag b the key is in base64");
    return false;
}

/* ---- the conversation ------------------------------------------------------------------------ */

static void print_dialogue(const struct session *session, const struct dialogue *dialogue)
{
    const struct mc_bytes line = {dialogue->line.data, dialogue->line.len};
    const struct mc_bytes value = {dialogue->value.data, dialogue->value.len};
    bool has_value = line.len > 1 && memcmp(line.data, "VA", 2) == 0;

    if (session->settings->json) {
        putchar('{');
        print_json_bytes("reply", "reply_base64", line);
        if (has_value) {
            putchar(',');
            print_json_bytes("text", "base64", value);
        }
        puts("}");
        return;
    }
    escape_text_of(stdout, line.data, line.len);
    putchar('\n');
    if (has_value)
        print_value(session, value);
}

/* The engine has read the value of an ma as a number. */
static void add_number(struct buffer *value, uint64_t number)
{
    size_t digits = mc_decimal_digits(number);

    buffer_reserve(value, digits);
    mc_decimal_write(value->data, value->len, digits, number);
    value->len += digits;
}

static void run_dialogue(struct session *session, struct dialogue *dialogue)
{
    mc_server_do(&session->server, &dialogue->op);
    if (dialogue->op.result == MC_NUMBER)
        add_number(&dialogue->value, dialogue->op.answer);
    int result = dialogue->op.result;
    enum status status = status_of(result, dialogue->op.text);

    if (status > STATUS_NO) {
        const char *subject = session->words->count > 1 ? session->words->list[1] : "meta mn";
        session_judge(session, subject, result, dialogue->op.text);
        return;
    }
    session_note(session, status);
    print_dialogue(session, dialogue);
}

/* Prepares the operation. 0, or -1 after a message. */
static int make_dialogue(struct session *session, struct dialogue *dialogue, struct mc_flag *flags,
                         struct buffer *key, struct buffer *data)
{
    const struct option_words *words = session->words;

    dialogue->real = find_command(words->list[0]);
    if (dialogue->real == NULL || (words->count == 1) != (dialogue->real == &no_op)) {
        session_fail(session, STATUS_USAGE, "give mg, ms, md, ma or me and a key, or mn alone");
        return -1;
    }
    int count = read_flag_words(session, flags);
    if (count < 0 || !read_key(session, key))
        return -1;
    if (dialogue->real == &mc_command_ms &&
        input_read(session, session->settings->value, false, data) != 0)
        return -1;
    dialogue->kept = *dialogue->real;
    dialogue->kept.answer = keep_line;
    dialogue->kept.usual = NULL;
    dialogue->op = mc_op_make(&dialogue->kept, (struct mc_bytes){key->data, key->len});
    dialogue->op.data = (struct mc_bytes){data->data, data->len};
    dialogue->op.meta_flags = flags;
    dialogue->op.meta_count = (size_t)count;
    dialogue->sink.receive = receive_value;
    dialogue->op.sink = &dialogue->sink;
    return 0;
}

int run_meta(void *options, const struct option_words *words)
{
    struct session session;
    struct dialogue dialogue = {.real = NULL};
    struct mc_flag flags[MC_TOKENS_MAX];
    struct buffer key = {0}, data = {0};
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    if (make_dialogue(&session, &dialogue, flags, &key, &data) == 0)
        run_dialogue(&session, &dialogue);
    buffer_free(&key);
    buffer_free(&data);
    buffer_free(&dialogue.line);
    buffer_free(&dialogue.value);
    return session_end(&session);
}
