/* Exercises about the protocol. Each is a file in the form of a transcript with lines that begin with
 * "? ": the station, the task, checks, and hints.
 *
 *   ? station N NAME        the part of proto/transcripts/README.md that it belongs to
 *   ? task TEXT             what is asked; the prose before it explains
 *   ? check conversation    the lines that follow are played to the small memcached: what it answers
 *                           has to be the < lines (<* is anything). {answer=EXAMPLE} in one of them is
 *                           the place of the answer, with one that is right
 *   ? check kept N          the answer is what the reader keeps of the first N bytes of the < lines
 *   ? check value N         or what it has passed on of the value
 *   ? check fault           or the index of the byte that it finds wrong in its line
 *   ? check words A B       the answer is these words
 *   ? check lie             the lines that follow are a log, which is shown: of its < lines all but one
 *                           are what the small memcached answers. The answer is that one's number
 *   ? check outcomes        a question on each connection, and the < bytes that had come at the time
 *                           limit. The answer is a word for each, as the reader finds it: hit, miss
 *                           or timeout. The = lines are shown: what a client printed
 *   ? check program         the answer is a command. It reads the < lines, and prints the = lines
 *   ? hint PATTERN: TEXT    for a wrong answer that the pattern matches (see glob.h)
 */
#ifndef EXERCISE_H
#define EXERCISE_H

#include "book.h"
#include "text.h"
#include "transcript.h"

enum { EXERCISE_CHECKS = 8, EXERCISE_HINTS = 8, EXERCISE_TEXT = 240 };

enum exercise_kind {
    EXERCISE_CONVERSATION,
    EXERCISE_KEPT,
    EXERCISE_VALUE,
    EXERCISE_FAULT,
    EXERCISE_WORDS,
    EXERCISE_LIE,
    EXERCISE_OUTCOMES,
    EXERCISE_PROGRAM
};

struct exercise_check {
    enum exercise_kind kind;
    size_t cut;                /* kept, value */
    char words[EXERCISE_TEXT]; /* words */
    struct transcript transcript;
};

struct exercise_hint {
    char pattern[EXERCISE_TEXT], text[EXERCISE_TEXT];
};

struct exercise {
    char station[EXERCISE_TEXT];
    struct text prose, task;
    struct exercise_check checks[EXERCISE_CHECKS];
    size_t check_count;
    struct exercise_hint hints[EXERCISE_HINTS];
    size_t hint_count;
    struct text problem; /* why it could not be loaded */
};

/* All of them; the build makes the source of src/learn/exercises. */
extern const struct book_page exercise_pages[];
extern const size_t exercise_count;

/* Loads the text of one. False, with exercise->problem set, when it breaks the format. */
bool exercise_parse(struct exercise *exercise, const char *name, struct mc_bytes text);

/* Adds the log that the exercise is about; nothing for most. */
void exercise_log(const struct exercise *exercise, struct text *log);

/* Is the answer right? It is spelled as bytes are in transcripts. If it is not, *why says what
 * happened. */
bool exercise_is_right(const struct exercise *exercise, const char *answer, struct text *why);

/* Adds the answer as the patterns of hints have it: if it is words, they are whole, with a space between
 * two. */
void exercise_plain(const struct exercise *exercise, const char *answer, struct text *plain);

/* An answer that is right; empty where it is a program. */
void exercise_example(const struct exercise *exercise, struct text *answer);

void exercise_free(struct exercise *exercise);

#endif
