/* The command learn: exercises that check themselves, and a file that remembers which are solved. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "escape.h"
#include "exercise.h"
#include "glob.h"
#include "print.h"
#include "run.h"
#include "settings.h"
#include "status.h"

enum { PATH_SIZE = 4096, ANSWER_SIZE = 65536 };

/* ---- what is solved ---------------------------------------------------------------------------- */

/* The file that has the names of solved exercises, a line each. False: nobody says where. */
static bool find_progress(char path[PATH_SIZE])
{
    const char *named = getenv("MCWIRE_PROGRESS"), *home = getenv("HOME");
    errno = ENOENT; /* nobody names a file, unless its name is too long */
    if (named == NULL && home == NULL)
        return false;
    int len = named != NULL ? snprintf(path, PATH_SIZE, "%s", named)
                            : snprintf(path, PATH_SIZE, "%s/.mcwire-learn", home);
    if (len >= PATH_SIZE)
        errno = ENAMETOOLONG;
    return len > 0 && len < PATH_SIZE;
}

static bool is_solved(const char *name)
{
    char path[PATH_SIZE], line[256];
    bool found = false;
    FILE *file = find_progress(path) ? fopen(path, "r") : NULL;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        found = strcmp(line, name) == 0;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

/* Notes that it is solved, and says where. */
static void note_solved(const char *name)
{
    char path[PATH_SIZE];
    if (is_solved(name))
        return;
    FILE *file = find_progress(path) ? fopen(path, "a") : NULL;
    bool ok = file != NULL && fprintf(file, "%s\n", name) > 0;
    ok = file != NULL && fclose(file) == 0 && ok;
    if (!ok) {
        escape_message("mcwire", "learn: the solution could not be noted: %s", strerror(errno));
        return;
    }
    fputs("Noted in ", stdout);
    escape_text(stdout, path);
    puts(".");
}

/* ---- what is shown ----------------------------------------------------------------------------- */

/* The first line of its prose. */
static int title_len(const struct exercise *exercise)
{
    return (int)strcspn(text_string(&exercise->prose), "\n");
}

/* Loads one; the number begins at 1. False after a message. */
static bool load_exercise(size_t number, struct exercise *exercise)
{
    const struct book_page *page = &exercise_pages[number - 1];
    if (exercise_parse(exercise, page->name, page->text))
        return true;
    escape_message("mcwire", "learn: %s", text_string(&exercise->problem));
    return false;
}

static int list_exercises(void)
{
    struct exercise exercise;
    for (size_t k = 1; k <= exercise_count; k++) {
        if (load_exercise(k, &exercise))
            printf("%2zu %c %.*s  (station %s)\n", k,
                   is_solved(exercise_pages[k - 1].name) ? '*' : '-', title_len(&exercise),
                   text_string(&exercise.prose), exercise.station);
        exercise_free(&exercise);
    }
    puts("\n* is solved. 'mcwire learn N' shows one.");
    return print_end("learn", STATUS_OK);
}

static int show_exercise(size_t number, const struct exercise *exercise)
{
    struct text log = {0};
    exercise_log(exercise, &log);
    printf("%zu. %s\n%s%s%s\nAll you need is in proto/transcripts/README.md, up to station %s.\n"
           "Answer: mcwire learn %zu '...', or - for standard input.\n",
           number, text_string(&exercise->prose), text_string(&exercise->task),
           log.len > 0 ? "\n" : "", text_string(&log), exercise->station, number);
    text_free(&log);
    return print_end("learn", STATUS_OK);
}

static int show_solution(const struct exercise *exercise)
{
    struct text answer = {0};
    exercise_example(exercise, &answer);
    puts(answer.len > 0 ? text_string(&answer)
                        : "The answer is a program, which is yours to write.");
    text_free(&answer);
    return print_end("learn", STATUS_OK);
}

static const char *find_hint(const struct exercise *exercise, const char *answer)
{
    const char *hint = "read the task again.";
    struct text plain = {0};
    exercise_plain(exercise, answer, &plain);
    for (size_t k = exercise->hint_count; k-- > 0;) {
        if (glob_matches(exercise->hints[k].pattern, mc_string(text_string(&plain))))
            hint = exercise->hints[k].text;
    }
    text_free(&plain);
    return hint;
}

static int judge_answer(size_t number, const struct exercise *exercise, const char *answer)
{
    struct text why = {0};
    if (answer == NULL)
        return STATUS_USAGE;
    bool right = exercise_is_right(exercise, answer, &why);
    if (right) {
        puts("Right.");
        note_solved(exercise_pages[number - 1].name);
        if (number < exercise_count)
            printf("Next: mcwire learn %zu\n", number + 1);
    } else {
        printf("Not yet.\n%sHint: %s\n", text_string(&why), find_hint(exercise, answer));
    }
    text_free(&why);
    return print_end("learn", right ? STATUS_OK : STATUS_NO);
}

/* ---- the command ------------------------------------------------------------------------------- */

/* The first that is not solved; the first of all when all are. */
static size_t next_number(void)
{
    for (size_t k = 1; k <= exercise_count; k++) {
        if (!is_solved(exercise_pages[k - 1].name))
            return k;
    }
    return 1;
}

/* 0 when the word is no number of an exercise. */
static size_t read_number(const char *word)
{
    uint64_t number;
    mc_decimal_read(word, 0, strlen(word), exercise_count, &number);
    return (size_t)number; /* 0 when it is none of these */
}

/* The answer: the word, or standard input without its last newline, unless that ends a CRLF. NULL after
 * a message. */
static const char *read_answer(const char *word)
{
    static char answer[ANSWER_SIZE];
    if (strcmp(word, "-") != 0)
        return word;
    size_t len = fread(answer, 1, sizeof answer - 1, stdin);
    if (ferror(stdin)) {
        escape_message("mcwire", "learn: standard input: %s", strerror(errno));
        return NULL;
    }
    if (len == sizeof answer - 1) {
        escape_message("mcwire", "learn: standard input: an answer has less than %d bytes",
                       ANSWER_SIZE - 1);
        return NULL;
    }
    if (len > 0 && answer[len - 1] == '\n' && (len == 1 || answer[len - 2] != '\r'))
        len--;
    answer[len] = '\0';
    return answer;
}

int run_learn(void *options, const struct option_words *words)
{
    const struct settings *settings = options;
    struct exercise exercise;
    if (settings->list)
        return list_exercises();
    size_t number = words->count > 0 ? read_number(words->list[0]) : next_number();
    if (number == 0) {
        escape_message("mcwire", "learn: there are the exercises 1 to %zu", exercise_count);
        return STATUS_USAGE;
    }
    int status = STATUS_USAGE;
    if (load_exercise(number, &exercise))
        status = settings->solution ? show_solution(&exercise)
                 : words->count < 2 ? show_exercise(number, &exercise)
                                    : judge_answer(number, &exercise, read_answer(words->list[1]));
    exercise_free(&exercise);
    return status;
}
