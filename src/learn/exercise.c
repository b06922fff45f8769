/* Exercises: they are loaded, and answers are checked against the reader or the small memcached. */
#include "exercise.h"
#include "exercise_talk.h"

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
    {"lie", EXERCISE_LIE},
    {"outcomes", EXERCISE_OUTCOMES},
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
    if (strncmp(line, "? station ", 10) == 0)
        return copy_text(l->exercise->station, line + 10, strlen(line + 10)), true;
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
    bool whole = exercise->task.len > 0 && exercise->station[0] != '\0';
    if (ok && (!whole || exercise->check_count == 0 || exercise->hint_count == 0))
        return fail(exercise, name, "a task, a station, a check or a hint is missing");
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

/* ---- readers and words ------------------------------------------------------------------------ */

/* All that the server says. */
static void said_bytes(const struct transcript *transcript, struct text *said)
{
    for (size_t k = 0; k < transcript->count; k++) {
        if (transcript->steps[k].kind == TRANSCRIPT_SAID)
            exercise_talk_bytes(&transcript->steps[k], "", said);
    }
}

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

/* The one number in the answer, however it is written: "12", or "line 12". SIZE_MAX: there is none,
 * or several. */
static size_t only_number(const char *answer)
{
    static const char digits[] = "0123456789";
    const char *at = answer + strcspn(answer, digits);
    size_t number = strtoul(at, NULL, 10), len = strspn(at, digits);
    return len > 0 && strpbrk(at + len, digits) == NULL ? number : SIZE_MAX;
}

static bool is_what_reader_finds(const struct exercise_check *check, const char *answer)
{
    struct found found = {0};
    struct text given = {0};
    read_found(&check->transcript, check->cut, &found);
    if (check->kind == EXERCISE_FAULT)
        text_print(&given, "%zu", only_number(answer));
    else
        exercise_talk_spelled(&given, answer);
    bool same = text_same(wanted_of(check, &found), &given);
    text_free(&given);
    free_found(&found);
    return same;
}

/* The next word; what separates words is white space, or a sign. */
static bool next_word(const char **text, char *word, size_t size)
{
    static const char between[] = " \t\r\n,;:/";
    size_t len = 0;
    *text += strspn(*text, between);
    for (; **text != '\0' && strchr(between, **text) == NULL; (*text)++) {
        if (len + 1 < size)
            word[len++] = **text;
    }
    word[len] = '\0';
    return len > 0;
}

/* How many words are right, from the first one on; *all: there are no others. A word may be cut
 * short: "m" is a miss. */
static size_t count_right(const char *wanted, const char *answer, bool *all)
{
    char one[EXERCISE_TEXT], other[EXERCISE_TEXT];
    for (size_t count = 0;; count++) {
        bool more = next_word(&wanted, one, sizeof one);
        bool given = next_word(&answer, other, sizeof other);
        *all = !more && !given;
        if (!more || !given || strncasecmp(one, other, strlen(other)) != 0)
            return count;
    }
}

static bool are_words(const char *wanted, const char *answer)
{
    bool all;
    count_right(wanted, answer, &all);
    return all;
}

/* ---- logs --------------------------------------------------------------------------------------- */

/* Adds a step as a line of a log. */
static void add_line(const struct transcript_step *step, struct text *log)
{
    struct text bytes = {0};
    exercise_talk_bytes(step, "", &bytes);
    text_escape(log, text_string(&bytes), bytes.len);
    text_free(&bytes);
}

static bool is_lie_of(const struct transcript *log, const char *answer, struct text *why)
{
    size_t lie = exercise_talk_lie(log), line = only_number(answer);
    if (line == 0 || line > log->count)
        text_add_string(why, "The answer is the number of one line.\n");
    else if (log->steps[line - 1].kind == TRANSCRIPT_SENT)
        text_print(why, "Line %zu is the client's, which may ask what it likes.\n", line);
    else if (line != lie)
        text_print(why, "Line %zu is what memcached answers there.\n", line);
    return line == lie && lie > 0;
}

/* What came of a question, by the bytes that its connection had received at the time limit. */
static const char *outcome_of(const struct transcript *log, int connection)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct text said = {0};
    bool has_value = false;
    int event;
    for (size_t k = 0; k < log->count; k++) {
        if (log->steps[k].connection == connection && log->steps[k].kind == TRANSCRIPT_SAID)
            exercise_talk_bytes(&log->steps[k], "", &said);
    }
    struct mc_bytes in = {text_string(&said), said.len};
    while ((event = mc_reader_next(&reader, &in, &reply)) > MC_MORE && !mc_is_final(event))
        has_value = has_value || event == MC_VALUE;
    text_free(&said);
    return event == MC_MORE ? "timeout" : event != MC_END ? "error" : has_value ? "hit" : "miss";
}

/* A word for each question. */
static void add_outcomes(const struct transcript *log, struct text *words)
{
    for (size_t k = 0; k < log->count; k++) {
        if (log->steps[k].kind == TRANSCRIPT_SENT)
            text_print(words, "%s%s", words->len > 0 ? " " : "",
                       outcome_of(log, log->steps[k].connection));
    }
}

static bool are_outcomes(const struct transcript *log, const char *answer, struct text *why)
{
    struct text words = {0};
    bool all;
    add_outcomes(log, &words);
    size_t count = count_right(text_string(&words), answer, &all);
    if (!all && count == 0)
        text_add_string(why, "Your first word is not right.\n");
    else if (!all)
        text_print(why, "Your answer is right for %zu word%s, and no further.\n", count,
                   count == 1 ? "" : "s");
    text_free(&words);
    return all;
}

/* The word of `words` that begins with this one, or this one. */
static void add_whole_word(const char *words, const char *begin, struct text *plain)
{
    char word[EXERCISE_TEXT];
    bool more = true;
    while ((more = next_word(&words, word, sizeof word)) &&
           strncasecmp(word, begin, strlen(begin)) != 0) {
    }
    text_print(plain, "%s%s", plain->len > 0 ? " " : "", more ? word : begin);
}

void exercise_plain(const struct exercise *exercise, const char *answer, struct text *plain)
{
    const struct exercise_check *check = &exercise->checks[0];
    struct text words = {0};
    char word[EXERCISE_TEXT];
    if (check->kind == EXERCISE_WORDS)
        text_add_string(&words, check->words);
    else if (check->kind == EXERCISE_OUTCOMES)
        add_outcomes(&check->transcript, &words);
    while (words.len > 0 && next_word(&answer, word, sizeof word))
        add_whole_word(text_string(&words), word, plain);
    if (words.len == 0)
        text_add_string(plain, answer);
    text_free(&words);
}

void exercise_log(const struct exercise *exercise, struct text *log)
{
    const struct exercise_check *check = &exercise->checks[0];
    const struct transcript *t = &check->transcript;
    for (size_t k = 0; check->kind == EXERCISE_LIE && k < t->count; k++) {
        text_print(log, "%4zu %c ", k + 1, t->steps[k].kind == TRANSCRIPT_SENT ? '>' : '<');
        add_line(&t->steps[k], log);
        text_add_string(log, "\n");
    }
    for (size_t k = 0; check->kind == EXERCISE_OUTCOMES && k < t->count; k++) {
        if (t->steps[k].kind != TRANSCRIPT_EVENT)
            continue;
        text_print(log, "%4d  ", t->steps[k].connection);
        add_line(&t->steps[k], log);
        text_add_string(log, "\n");
    }
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

enum { PRINTED_MAX = 1 << 16 };

/* What the command prints when it reads this file, if it is no more than any answer is; it may take 10
 * seconds of a processor. */
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
    while (printed->len < PRINTED_MAX && (len = fread(buf, 1, sizeof buf, pipe)) > 0)
        text_add(printed, buf, len);
    return pclose(pipe) == 0;
}

static bool is_program(const struct transcript *transcript, const char *command, struct text *why)
{
    char path[] = "/tmp/mcwire-learn-XXXXXX";
    struct text printed = {0}, wanted = {0};
    for (size_t k = 0; k < transcript->count; k++) {
        if (transcript->steps[k].kind == TRANSCRIPT_EVENT) {
            exercise_talk_bytes(&transcript->steps[k], "", &wanted);
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
            exercise_talk_bytes(&transcript->steps[k], "", &said);
            exercise_talk_explain(why, "It reads:         ", &said);
            text_free(&said);
        }
    }
    if (!same) {
        exercise_talk_explain(why, "It prints:        ", &printed);
        exercise_talk_explain(why, "It should print:  ", &wanted);
    }
    (void)remove(path);
    text_free(&printed);
    text_free(&wanted);
    return same;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static bool passes(const struct exercise_check *check, const char *answer, struct text *why)
{
    switch (check->kind) {
    case EXERCISE_CONVERSATION: return exercise_talk_is_right(&check->transcript, answer, why);
    case EXERCISE_PROGRAM: return is_program(&check->transcript, answer, why);
    case EXERCISE_WORDS: return are_words(check->words, answer);
    case EXERCISE_LIE: return is_lie_of(&check->transcript, answer, why);
    case EXERCISE_OUTCOMES: return are_outcomes(&check->transcript, answer, why);
    default: return is_what_reader_finds(check, answer);
    }
}

bool exercise_is_right(const struct exercise *exercise, const char *answer, struct text *why)
{
    for (size_t k = 0; k < exercise->check_count; k++) {
        if (!passes(&exercise->checks[k], answer, why))
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

static void add_found(const struct exercise_check *check, struct text *answer)
{
    struct found found = {0};
    read_found(&check->transcript, check->cut, &found);
    const struct text *wanted = wanted_of(check, &found);
    text_escape(answer, text_string(wanted), wanted->len);
    free_found(&found);
}

void exercise_example(const struct exercise *exercise, struct text *answer)
{
    const struct exercise_check *check = &exercise->checks[0];
    switch (check->kind) {
    case EXERCISE_CONVERSATION: add_example(&check->transcript, answer); break;
    case EXERCISE_WORDS: text_add_string(answer, check->words); break;
    case EXERCISE_LIE: text_print(answer, "%zu", exercise_talk_lie(&check->transcript)); break;
    case EXERCISE_OUTCOMES: add_outcomes(&check->transcript, answer); break;
    case EXERCISE_PROGRAM: break;
    default: add_found(check, answer); break;
    }
}
