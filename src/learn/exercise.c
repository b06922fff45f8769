/* Exercises: they are loaded, and answers are checked against the reader or the small memcached. */
#include "exercise.h"
#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- loading ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum exercise_kind kind;
} kinds[] = {
    {"conversation", EXERCISE_CONVERSATION},
    {"kept ", EXERCISE_KEPT},
    {"value ", EXERCISE_VALUE},
    {"fault", EXERCISE_FAULT},
    {"words ", EXERCISE_WORDS},
    {"program", EXERCISE_PROGRAM},
};

/* The lines of a check, until they are loaded. */
struct loading {
    struct exercise *exercise;
    const char *name;
    struct text lines;
};

static bool fail(struct exercise *exercise, const char *name, const char *problem)
{
    text_print(&exercise->problem, "%s: %s", name, problem);
    return false;
}

/* The check whose lines are not loaded yet; NULL: none. */
static struct exercise_check *open_check(struct exercise *e)
{
    struct exercise_check *last = e->check_count > 0 ? &e->checks[e->check_count - 1] : NULL;
    bool open = last != NULL && last->kind != EXERCISE_WORDS && last->transcript.count == 0;
    return open ? last : NULL;
}

/* Loads the lines of the last check. A transcript begins with prose that names its source. */
static bool end_check(struct loading *l)
{
    struct exercise_check *check = open_check(l->exercise);
    struct text all = {0};
    bool ok = true;
    if (check != NULL) {
        text_add_string(&all, "# protocol.txt\n");
        text_add(&all, text_string(&l->lines), l->lines.len);
        ok = transcript_parse(&check->transcript, l->name, (struct mc_bytes){all.data, all.len}) ||
             fail(l->exercise, l->name, text_string(&check->transcript.problem));
    }
    text_free(&all);
    text_clear(&l->lines);
    return ok;
}

/* As much as there is room for. */
static void copy_text(char to[EXERCISE_TEXT], const char *from, size_t len)
{
    len = len < EXERCISE_TEXT ? len : EXERCISE_TEXT - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

static bool begin_check(struct loading *l, const char *line)
{
    struct exercise *e = l->exercise;
    if (!end_check(l))
        return false;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        size_t len = strlen(kinds[k].name);
        if (strncmp(line, kinds[k].name, len) != 0 || e->check_count == EXERCISE_CHECKS)
            continue;
        struct exercise_check *check = &e->checks[e->check_count++];
        check->kind = kinds[k].kind;
        check->cut = strtoul(line + len, NULL, 10);
        copy_text(check->words, line + len, strlen(line + len));
        return true;
    }
    return fail(e, l->name, "an unknown check, or too many");
}

/* PATTERN: TEXT */
static bool add_hint(struct loading *l, const char *line)
{
    struct exercise *e = l->exercise;
    const char *colon = strstr(line, ": ");
    if (colon == NULL || e->hint_count == EXERCISE_HINTS)
        return fail(e, l->name, "a hint without a colon, or too many");
    struct exercise_hint *hint = &e->hints[e->hint_count++];
    copy_text(hint->pattern, line, (size_t)(colon - line));
    copy_text(hint->text, colon + 2, strlen(colon + 2));
    return end_check(l);
}

static bool load_line(struct loading *l, const char *line)
{
    if (strncmp(line, "? task ", 7) == 0)
        return text_print(&l->exercise->task, "%s\n", line + 7), true;
    if (strncmp(line, "? check ", 8) == 0)
        return begin_check(l, line + 8);
    if (strncmp(line, "? hint ", 7) == 0)
        return add_hint(l, line + 7);
    if (line[0] == '#' && l->exercise->check_count == 0)
        return text_print(&l->exercise->prose, "%s\n", line[1] == ' ' ? line + 2 : line + 1), true;
    return text_print(&l->lines, "%s\n", line), true;
}

bool exercise_parse(struct exercise *exercise, const char *name, struct mc_bytes text)
{
    struct loading loading = {.exercise = exercise, .name = name};
    bool ok = true;
    *exercise = (struct exercise){0};
    while (ok && text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        struct text line = {0};
        text_add(&line, text.data, len);
        ok = load_line(&loading, text_string(&line));
        text_free(&line);
        size_t gone = end != NULL ? len + 1 : len;
        text.data += gone;
        text.len -= gone;
    }
    ok = ok && end_check(&loading);
    text_free(&loading.lines);
    if (ok && (exercise->task.len == 0 || exercise->check_count == 0 || exercise->hint_count == 0))
        return fail(exercise, name, "a task, a check or a hint is missing");
    return ok;
}

void exercise_free(struct exercise *exercise)
{
    for (size_t k = 0; k < exercise->check_count; k++)
        transcript_free(&exercise->checks[k].transcript);
    text_free(&exercise->prose);
    text_free(&exercise->task);
    text_free(&exercise->problem);
}

/* ---- answers ---------------------------------------------------------------------------------- */

static void add_spelled(struct text *bytes, const char *spelling)
{
    while (*spelling != '\0') {
        char c;
        if (!transcript_byte(&spelling, &c))
            c = *spelling++; /* a backslash that stands for itself */
        text_add(bytes, &c, 1);
    }
}

/* The step's bytes, with the answer in its place. */
static void step_bytes(const struct transcript_step *step, const char *answer, struct text *bytes)
{
    for (size_t k = 0; k < step->count; k++) {
        const struct transcript_piece *piece = &step->pieces[k];
        if (piece->varies && strcmp(piece->name, "answer") == 0)
            add_spelled(bytes, answer);
        else
            text_add(bytes, piece->bytes.data, piece->bytes.len);
    }
}

static void say_bytes(struct text *why, const char *what, const struct text *bytes)
{
    text_add_string(why, what);
    text_escape(why, text_string(bytes), bytes->len);
    text_add_string(why, "\n");
}

/* All that the server says. */
static void said_bytes(const struct transcript *transcript, struct text *said)
{
    for (size_t k = 0; k < transcript->count; k++) {
        if (transcript->steps[k].kind == TRANSCRIPT_SAID)
            step_bytes(&transcript->steps[k], "", said);
    }
}

/* ---- readers and words ------------------------------------------------------------------------ */

/* What a reader makes of the first bytes of all that the server says. */
struct found {
    struct text kept, value, fault;
};

static void read_found(const struct transcript *transcript, size_t cut, struct found *found)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct text said = {0};
    int event;
    said_bytes(transcript, &said);
    struct mc_bytes in = {text_string(&said), cut > 0 && cut < said.len ? cut : said.len};
    while ((event = mc_reader_next(&reader, &in, &reply)) > MC_MORE) {
        if (event == MC_BODY)
            text_add(&found->value, reply.text.data, reply.text.len);
    }
    text_add(&found->kept, in.data, in.len);
    if (event == MC_E_PROTOCOL)
        text_print(&found->fault, "%u", (unsigned)reader.at);
    text_free(&said);
}

static void free_found(struct found *found)
{
    text_free(&found->kept);
    text_free(&found->value);
    text_free(&found->fault);
}

static const struct text *wanted_of(const struct exercise_check *check, const struct found *found)
{
    return check->kind == EXERCISE_KEPT    ? &found->kept
           : check->kind == EXERCISE_VALUE ? &found->value
                                           : &found->fault;
}

static bool is_what_reader_finds(const struct exercise_check *check, const char *answer)
{
    struct found found = {0};
    struct text given = {0};
    read_found(&check->transcript, check->cut, &found);
    add_spelled(&given, answer);
    bool same = text_same(wanted_of(check, &found), &given);
    text_free(&given);
    free_found(&found);
    return same;
}

/* The next word; what separates words is a space or a comma. */
static bool next_word(const char **text, char *word, size_t size)
{
    size_t len = 0;
    *text += strspn(*text, " ,");
    for (; **text != '\0' && strchr(" ,", **text) == NULL; (*text)++) {
        if (len + 1 < size)
            word[len++] = **text;
    }
    word[len] = '\0';
    return len > 0;
}

static bool are_words(const char *wanted, const char *answer)
{
    char one[EXERCISE_TEXT], other[EXERCISE_TEXT];
    bool more;
    do {
        more = next_word(&wanted, one, sizeof one);
        bool more_given = next_word(&answer, other, sizeof other);
        if (more != more_given || strcasecmp(one, other) != 0)
            return false;
    } while (more);
    return true;
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
        say_bytes(why, "The server says: ", heard);
    else
        text_add_string(why, "The server says nothing: it waits for more bytes.\n");
    say_bytes(why, "It should be:    ", expected);
    return false;
}

static bool is_silent(const struct table *table, const struct text *heard, struct text *why)
{
    if (heard->len == 0)
        return true;
    if (table->answered)
        text_add_string(why, "Your answer is right as far as it goes, but the server says more.\n");
    else
        say_bytes(why, "The server also says: ", heard);
    return false;
}

static bool play_step(struct table *table, const struct transcript_step *step, const char *answer,
                      struct text *why)
{
    struct text bytes = {0}, *heard = &table->heard[step->connection];
    bool ok = true;
    step_bytes(step, answer, &bytes);
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

static bool is_conversation(const struct transcript *transcript, const char *answer,
                            struct text *why)
{
    struct table *table = calloc(1, sizeof *table);
    uint64_t *block = malloc(MEMORY);
    if (table == NULL || block == NULL)
        abort();
    bool ok = mc_serve_init(&table->serve, block, MEMORY, NOW);
    for (size_t k = 0; ok && k < transcript->count; k++)
        ok = play_step(table, &transcript->steps[k], answer, why);
    for (int k = 0; k < CLIENTS; k++) {
        ok = ok && is_silent(table, &table->heard[k], why);
        text_free(&table->heard[k]);
        text_free(&table->left[k]);
    }
    free(block);
    free(table);
    return ok;
}

/* ---- programs ---------------------------------------------------------------------------------- */

/* Writes what the server says to a file of its own. */
static bool write_said(const struct transcript *transcript, char *path)
{
    struct text said = {0};
    int descriptor = mkstemp(path);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
    said_bytes(transcript, &said);
    bool ok = file != NULL && fwrite(text_string(&said), 1, said.len, file) == said.len;
    ok = file != NULL && fclose(file) == 0 && ok;
    text_free(&said);
    return ok;
}

/* What the command prints when it reads this file; it may take 10 seconds of a processor. */
static bool run_program(const char *command, const char *path, struct text *printed)
{
    struct text line = {0};
    char buf[512];
    size_t len;
    text_print(&line, "ulimit -t 10; { %s\n} <'%s'", command, path);
    /* It is the user's own command: NOLINTNEXTLINE(cert-env33-c) */
    FILE *pipe = popen(text_string(&line), "r");
    text_free(&line);
    if (pipe == NULL)
        return false;
    while ((len = fread(buf, 1, sizeof buf, pipe)) > 0)
        text_add(printed, buf, len);
    return pclose(pipe) == 0;
}

static bool is_program(const struct transcript *transcript, const char *command, struct text *why)
{
    char path[] = "/tmp/mcwire-learn-XXXXXX";
    struct text printed = {0}, wanted = {0};
    for (size_t k = 0; k < transcript->count; k++) {
        if (transcript->steps[k].kind == TRANSCRIPT_EVENT) {
            step_bytes(&transcript->steps[k], "", &wanted);
            text_add_string(&wanted, "\n");
        }
    }
    bool written = write_said(transcript, path);
    bool ran = written && run_program(command, path, &printed);
    bool same = ran && text_same(&printed, &wanted);
    if (!ran)
        text_add_string(why, "The program cannot be run, or fails.\n");
    for (size_t k = 0; !same && k < transcript->count; k++) {
        if (transcript->steps[k].kind == TRANSCRIPT_SAID) {
            struct text said = {0};
            step_bytes(&transcript->steps[k], "", &said);
            say_bytes(why, "It reads:         ", &said);
            text_free(&said);
        }
    }
    if (!same) {
        say_bytes(why, "It prints:        ", &printed);
        say_bytes(why, "It should print:  ", &wanted);
    }
    (void)remove(path);
    text_free(&printed);
    text_free(&wanted);
    return same;
}

/* ---- the whole --------------------------------------------------------------------------------- */

bool exercise_is_right(const struct exercise *exercise, const char *answer, struct text *why)
{
    for (size_t k = 0; k < exercise->check_count; k++) {
        const struct exercise_check *check = &exercise->checks[k];
        bool right = check->kind == EXERCISE_CONVERSATION
                         ? is_conversation(&check->transcript, answer, why)
                     : check->kind == EXERCISE_PROGRAM ? is_program(&check->transcript, answer, why)
                     : check->kind == EXERCISE_WORDS   ? are_words(check->words, answer)
                                                       : is_what_reader_finds(check, answer);
        if (!right)
            return false;
    }
    return true;
}

/* The example in a conversation. */
static void add_example(const struct transcript *transcript, struct text *answer)
{
    for (size_t k = 0; k < transcript->count; k++) {
        const struct transcript_step *step = &transcript->steps[k];
        for (size_t i = 0; i < step->count && answer->len == 0; i++) {
            if (strcmp(step->pieces[i].name, "answer") == 0)
                text_add(answer, step->pieces[i].bytes.data, step->pieces[i].bytes.len);
        }
    }
}

void exercise_example(const struct exercise *exercise, struct text *answer)
{
    const struct exercise_check *check = &exercise->checks[0];
    struct found found = {0};
    if (check->kind == EXERCISE_CONVERSATION) {
        add_example(&check->transcript, answer);
    } else if (check->kind == EXERCISE_WORDS) {
        text_add_string(answer, check->words);
    } else if (check->kind != EXERCISE_PROGRAM) {
        read_found(&check->transcript, check->cut, &found);
        const struct text *wanted = wanted_of(check, &found);
        text_escape(answer, text_string(wanted), wanted->len);
    }
    free_found(&found);
}
