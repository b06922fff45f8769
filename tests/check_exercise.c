/* Exercises: which files are refused, and what each kind of check makes of an answer. Those of
 * src/learn/exercises are check_learn.py's. */
#include "exercise.h"
#include "suite.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HEAD "# Title.\n? station 1, hello\n? task Do it.\n"
#define HINT "? hint *: try again.\n"
#define CHECKS "? check words a\n? check words a\n? check words a\n? check words a\n"
#define HINTS HINT HINT HINT HINT

static void parse(struct exercise *exercise, const char *text)
{
    ck_assert_msg(exercise_parse(exercise, "x", mc_string(text)), "%s",
                  text_string(&exercise->problem));
}

/* ---- what is refused ------------------------------------------------------------------------- */

static const struct {
    const char *text, *problem;
} refused[] = {
    {"", "x: a task, a station, a check or a hint is missing"},
    {"# T.\n? task T\n? check words a\n" HINT, "is missing"},
    {"# T.\n? station 1, hello\n? check words a\n" HINT, "is missing"},
    {HEAD HINT, "is missing"},
    {HEAD "? check words a\n", "is missing"},
    {HEAD "? check nothing\n" HINT, "x: an unknown check, or too many"},
    {HEAD CHECKS CHECKS "? check words a\n" HINT, "x: an unknown check, or too many"},
    {HEAD "? check words a\n? hint *\n", "x: a hint without a colon, or too many"},
    {HEAD "? check words a\n" HINTS HINTS HINT, "x: a hint without a colon, or too many"},
    {HEAD "? check fault\nEND\n" HINT, "a line begins with none of"},
    {HEAD "? check lie\n> a\\q\n" HINT, "a backslash with an unknown letter"},
};

START_TEST(refuses)
{
    struct exercise exercise;
    ck_assert(!exercise_parse(&exercise, "x", mc_string(refused[_i].text)));
    ck_assert_ptr_nonnull(strstr(text_string(&exercise.problem), refused[_i].problem));
    exercise_free(&exercise);
}
END_TEST

START_TEST(accepts_as_many_as_there_is_room_for)
{
    struct exercise exercise;
    parse(&exercise, HEAD CHECKS CHECKS HINTS HINTS);
    ck_assert_uint_eq(exercise.check_count, EXERCISE_CHECKS);
    ck_assert_uint_eq(exercise.hint_count, EXERCISE_HINTS);
    ck_assert_str_eq(exercise.station, "1, hello");
    ck_assert_str_eq(text_string(&exercise.prose), "Title.\n");
    ck_assert_str_eq(text_string(&exercise.task), "Do it.\n");
    ck_assert_str_eq(exercise.hints[7].pattern, "*");
    ck_assert_str_eq(exercise.hints[7].text, "try again.");
    exercise_free(&exercise);
}
END_TEST

/* ---- answers --------------------------------------------------------------------------------- */

#define VALUE "< VALUE k 0 5\\r\\nhello\\r\\nEND\\r\\n\n"
#define STORE "> set a 0 0 1\\r\\n1\\r\\n\n< STORED\\r\\n\n"
#define LIE "> get a\\r\\n\n< END\\r\\n\n"
#define TRUTH "> get a\\r\\n\n< VALUE a 0 1\\r\\n1\\r\\nEND\\r\\n\n"
#define OUTCOMES                                                                                       \
    "> get a\\r\\n\n< END\\r\\n\n= one\n2> get b\\r\\n\n2< VALUE b 0 1\\r\\nx\\r\\nEND\\r\\n\n= two\n" \
    "3> get c\\r\\n\n4> get d\\r\\n\n4< SERVER_ERROR x\\r\\n\n5> get e\\r\\n\n5< END\\n\n"

static const struct {
    const char *check, *answer;
    bool right;
    const char *why; /* all of it; NULL: whatever */
} answered[] = {
    {"? check kept 9\n" VALUE, "VALUE k 0", true, ""},
    {"? check kept 9\n" VALUE, "VALUE k", false, ""},
    {"? check kept 20\n" VALUE, "\\r\\n", false, ""},
    {"? check value 17\n" VALUE, "hell", true, ""},
    {"? check value 0\n" VALUE, "hello", true, ""},
    {"? check fault\n< VALUE k 0 05\\r\\n\n", "at 10", true, ""},
    {"? check fault\n< VALUE k 0 05\\r\\n\n", "10 10", false, ""},
    {"? check fault\n< XALUE k 0 5\\r\\n\n", "0", true, ""},
    {"? check fault\n< XALUE k 0 5\\r\\n\n", "none", false, ""},
    {"? check words on close\n", " On,CLOSE\n", true, ""},
    {"? check words on close\n", "o c", true, ""},
    {"? check words on close\n", "on", false, ""},
    {"? check words on close\n", "on closed", false, ""},
    {"? check words on close\n", "on close on", false, ""},
    {"? check lie\n" STORE LIE TRUTH, "4", true, ""},
    {"? check lie\n" STORE LIE TRUTH, "6", false, "Line 6 is what memcached answers there.\n"},
    {"? check lie\n" STORE LIE TRUTH, "3", false,
     "Line 3 is the client's, which may ask what it likes.\n"},
    {"? check lie\n" STORE LIE "> mn\\r\\n\n< MN\\r\\n\n", "4", true, ""},
    {"? check lie\n" STORE LIE TRUTH, "0", false, "The answer is the number of one line.\n"},
    {"? check lie\n" STORE LIE TRUTH, "7", false, "The answer is the number of one line.\n"},
    {"? check lie\n" STORE LIE TRUTH, "3 4", false, "The answer is the number of one line.\n"},
    {"? check lie\n" STORE TRUTH, "4", false, NULL},
    {"? check lie\n" STORE TRUTH, "0", false, NULL},
    {"? check lie\n" STORE LIE LIE, "4", false, NULL},
    {"? check lie\n" STORE LIE LIE, "6", false, NULL},
    {"? check outcomes\n" OUTCOMES, "miss hit timeout error error", true, ""},
    {"? check outcomes\n" OUTCOMES, "hit", false, "Your first word is not right.\n"},
    {"? check outcomes\n" OUTCOMES, "miss", false,
     "Your answer is right for 1 word, and no further.\n"},
    {"? check outcomes\n" OUTCOMES, "m;h;t;hit", false,
     "Your answer is right for 3 words, and no further.\n"},
    {"? check conversation\n> {answer=get a\\r\\n}\n< END\\r\\n\n", "get b\\r\\n", true, ""},
    {"? check conversation\n> {answer=get a\\r\\n}\n< END\\r\\n\n", "get b", false,
     "The server says nothing: it waits for more bytes. A line ends in \\r\\n.\n"
     "It should be:    END\\r\\n\n"},
    {"? check conversation\n> {answer=get a\\r\\n}\n< END\\r\\n\n", "mn\\r\\n", false,
     "The server says: MN\\r\\n\nIt should be:    END\\r\\n\n"},
    {"? check conversation\n> {answer=get a\\r\\n}\n< END\\r\\n\n", "get a\\r\\nmn\\r\\n", false,
     "The server also says: MN\\r\\n\n"},
};

START_TEST(answers)
{
    struct exercise exercise;
    struct text all = {0}, why = {0};
    text_print(&all, "%s%s%s", HEAD, answered[_i].check, HINT);
    parse(&exercise, text_string(&all));
    ck_assert(exercise_is_right(&exercise, answered[_i].answer, &why) == answered[_i].right);
    if (answered[_i].why != NULL)
        ck_assert_str_eq(text_string(&why), answered[_i].why);
    exercise_free(&exercise);
    text_free(&all);
    text_free(&why);
}
END_TEST

START_TEST(all_checks_have_to_pass)
{
    struct exercise exercise;
    struct text why = {0};
    parse(&exercise, HEAD "? check words ab\n? check words ac\n" HINT);
    ck_assert(!exercise_is_right(&exercise, "ab", &why));
    ck_assert(!exercise_is_right(&exercise, "ac", &why));
    ck_assert(exercise_is_right(&exercise, "a", &why));
    exercise_free(&exercise);
    text_free(&why);
}
END_TEST

/* ---- what is shown --------------------------------------------------------------------------- */

static const struct {
    const char *check, *example, *log;
} shown[] = {
    {"? check kept 9\n" VALUE, "VALUE k 0", ""},
    {"? check value 17\n" VALUE, "hell", ""},
    {"? check fault\n< VALUE k 0 05\\r\\n\n", "10", ""},
    {"? check words on close\n", "on close", ""},
    {"? check conversation\n> {answer=get a\\r\\n}\n< END\\r\\n\n", "get a\\r\\n", ""},
    {"? check program\n< END\\r\\n\n= MISS\n", "", ""},
    {"? check lie\n" STORE LIE, "4",
     "   1 > set a 0 0 1\\r\\n1\\r\\n\n   2 < STORED\\r\\n\n   3 > get a\\r\\n\n   4 < END\\r\\n\n"},
    {"? check outcomes\n> get a\\r\\n\n= nothing\n2> get b\\r\\n\n2< END\\r\\n\n2= none\n",
     "timeout miss", "   1  nothing\n   2  none\n"},
};

START_TEST(shows)
{
    struct exercise exercise;
    struct text all = {0}, example = {0}, log = {0};
    text_print(&all, "%s%s%s", HEAD, shown[_i].check, HINT);
    parse(&exercise, text_string(&all));
    exercise_example(&exercise, &example);
    exercise_log(&exercise, &log);
    ck_assert_str_eq(text_string(&example), shown[_i].example);
    ck_assert_str_eq(text_string(&log), shown[_i].log);
    exercise_free(&exercise);
    text_free(&all);
    text_free(&example);
    text_free(&log);
}
END_TEST

static const struct {
    const char *check, *answer, *plain;
} plains[] = {
    {"? check words on close\n", "O,c; CLO maybe", "on close close maybe"},
    {"? check words on close\n", "", ""},
    {"? check outcomes\n" OUTCOMES, "T/m\n?", "timeout miss ?"},
    {"? check fault\n< VALUE k 0 05\\r\\n\n", "At 3,4", "At 3,4"},
};

START_TEST(hints_see_words)
{
    struct exercise exercise;
    struct text all = {0}, plain = {0};
    text_print(&all, "%s%s%s", HEAD, plains[_i].check, HINT);
    parse(&exercise, text_string(&all));
    exercise_plain(&exercise, plains[_i].answer, &plain);
    ck_assert_str_eq(text_string(&plain), plains[_i].plain);
    exercise_free(&exercise);
    text_free(&all);
    text_free(&plain);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {refuses, COUNT(refused)},  {accepts_as_many_as_there_is_room_for, 1},
        {answers, COUNT(answered)}, {all_checks_have_to_pass, 1},
        {shows, COUNT(shown)},      {hints_see_words, COUNT(plains)}};
    return suite_run("exercise", tests, COUNT(tests));
}
