/* Plays conversations of exercises to a small memcached, whose clock stands still, and compares its
 * answers. */
#include "exercise_talk.h"
#include "serve.h"

#include <stdlib.h>
#include <string.h>

/* ---- bytes ------------------------------------------------------------------------------------ */

void exercise_talk_spelled(struct text *bytes, const char *spelling)
{
    while (*spelling != '\0') {
        char c;
        if (!transcript_byte(&spelling, &c))
            c = *spelling++; /* a backslash that stands for itself */
        text_add(bytes, &c, 1);
    }
}

void exercise_talk_bytes(const struct transcript_step *step, const char *answer, struct text *bytes)
{
    for (size_t k = 0; k < step->count; k++) {
        const struct transcript_piece *piece = &step->pieces[k];
        if (piece->varies && strcmp(piece->name, "answer") == 0)
            exercise_talk_spelled(bytes, answer);
        else
            text_add(bytes, piece->bytes.data, piece->bytes.len);
    }
}

void exercise_talk_explain(struct text *why, const char *what, const struct text *bytes)
{
    text_add_string(why, what);
    text_escape(why, text_string(bytes), bytes->len);
    text_add_string(why, "\n");
}

/* ---- conversations ----------------------------------------------------------------------------- */

enum { MEMORY = 3 << 20, OUTPUT = 1 << 16, CLIENTS = 10 };
#define NOW UINT64_C(1700000000)

struct table {
    struct mc_serve serve;
    struct mc_serve_client clients[CLIENTS];
    struct text heard[CLIENTS]; /* said to this client, and not compared yet */
    struct text left[CLIENTS];  /* sent, and not read yet */
    char output[OUTPUT];
    bool answered; /* the answer to the exercise was a reply, and was right so far */
};

/* A client sends bytes, and hears what the server answers. */
static void send_to(struct table *table, int client, const struct text *bytes)
{
    struct text *left = &table->left[client];
    int result = MC_E_FULL;
    text_add(left, text_string(bytes), bytes->len);
    struct mc_bytes in = {text_string(left), left->len};
    while (result == MC_E_FULL) {
        struct mc_out out = {table->output, OUTPUT, 0};
        result = mc_serve_input(&table->serve, &table->clients[client], &in, &out);
        text_add(&table->heard[client], table->output, out.len);
    }
    text_drop(left, left->len - in.len);
}

static bool has_answer(const struct transcript_step *step)
{
    for (size_t k = 0; k < step->count; k++) {
        if (step->pieces[k].varies && strcmp(step->pieces[k].name, "answer") == 0)
            return true;
    }
    return false;
}

/* Is this what the client hears next? Then it is taken away. */
static bool is_heard(struct text *heard, const struct text *expected)
{
    if (expected->len <= heard->len && expected->len > 0 &&
        memcmp(heard->data, expected->data, expected->len) == 0) {
        text_drop(heard, expected->len);
        return true;
    }
    return false;
}

/* An answer that is a reply: how much of it is right, but not how it goes on. */
static void say_how_far(struct text *why, const struct text *heard, const struct text *answer)
{
    size_t same = 0;
    while (same < heard->len && same < answer->len && heard->data[same] == answer->data[same])
        same++;
    if (same == 0)
        text_add_string(why, "Your answer differs from the first byte on.\n");
    else
        text_print(why, "Your answer is right up to its byte %zu, and no further.\n", same);
}

static bool hears(struct table *table, const struct transcript_step *step,
                  const struct text *expected, struct text *why)
{
    struct text *heard = &table->heard[step->connection];
    bool is_answer = has_answer(step), same = is_heard(heard, expected);
    table->answered = is_answer && same;
    if (same)
        return true;
    if (is_answer) {
        say_how_far(why, heard, expected);
        return false;
    }
    if (heard->len > 0)
        exercise_talk_explain(why, "The server says: ", heard);
    else
        text_add_string(
            why, "The server says nothing: it waits for more bytes. A line ends in \\r\\n.\n");
    exercise_talk_explain(why, "It should be:    ", expected);
    return false;
}

static bool is_silent(const struct table *table, const struct text *heard, struct text *why)
{
    if (heard->len == 0)
        return true;
    if (table->answered)
        text_add_string(why, "Your answer is right as far as it goes, but the server says more.\n");
    else
        exercise_talk_explain(why, "The server also says: ", heard);
    return false;
}

static bool play_step(struct table *table, const struct transcript_step *step, const char *answer,
                      struct text *why)
{
    struct text bytes = {0}, *heard = &table->heard[step->connection];
    bool ok = true;
    exercise_talk_bytes(step, answer, &bytes);
    if (step->kind == TRANSCRIPT_SENT) {
        ok = is_silent(table, heard, why);
        send_to(table, step->connection, &bytes);
    } else if (step->kind == TRANSCRIPT_SAID) {
        ok = hears(table, step, &bytes, why);
    } else if (step->kind == TRANSCRIPT_MANY) {
        text_clear(heard);
    }
    text_free(&bytes);
    return ok;
}

static struct table *open_table(uint64_t **block)
{
    struct table *table = calloc(1, sizeof *table);
    *block = malloc(MEMORY);
    if (table == NULL || *block == NULL || !mc_serve_init(&table->serve, *block, MEMORY, NOW))
        abort();
    return table;
}

static void close_table(struct table *table, uint64_t *block)
{
    for (int k = 0; k < CLIENTS; k++) {
        text_free(&table->heard[k]);
        text_free(&table->left[k]);
    }
    free(block);
    free(table);
}

bool exercise_talk_is_right(const struct transcript *transcript, const char *answer,
                            struct text *why)
{
    uint64_t *block;
    struct table *table = open_table(&block);
    bool ok = true;
    for (size_t k = 0; ok && k < transcript->count; k++)
        ok = play_step(table, &transcript->steps[k], answer, why);
    for (int k = 0; k < CLIENTS; k++)
        ok = ok && is_silent(table, &table->heard[k], why);
    close_table(table, block);
    return ok;
}

/* Plays a line of a log. Is it a lie? */
static bool is_lie(struct table *table, const struct transcript_step *step)
{
    struct text bytes = {0}, *heard = &table->heard[step->connection];
    bool lie = false;
    exercise_talk_bytes(step, "", &bytes);
    if (step->kind == TRANSCRIPT_SENT)
        send_to(table, step->connection, &bytes);
    else
        lie = !is_heard(heard, &bytes);
    if (lie)
        text_clear(heard);
    text_free(&bytes);
    return lie;
}

size_t exercise_talk_lie(const struct transcript *transcript)
{
    uint64_t *block;
    struct table *table = open_table(&block);
    size_t line = 0, lies = 0;
    for (size_t k = 0; k < transcript->count; k++) {
        if (is_lie(table, &transcript->steps[k])) {
            line = k + 1;
            lies++;
        }
    }
    close_table(table, block);
    return lies == 1 ? line : 0;
}
