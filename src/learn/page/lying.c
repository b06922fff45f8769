/* The lies, for the page: the cases of the command lie that change one reply, and after them the rest
 * of the table. A lie is told about the first reply of a message; what follows it stays. */
#include "lie_case.h"
#include "page.h"
#include "proto.h"

#include <string.h>

enum { TOLD_MAX = 2 * PAGE_WINDOW + 8192 }; /* twice, or with the longest line of a lie */

static char told[TOLD_MAX];
static size_t told_size, told_until;

PAGE_EXPORT size_t lies_listed(void)
{
    lies_init();
    return lie_cases_count + (size_t)lies_count;
}

static const struct lie_case *case_at(size_t index)
{
    return index < lie_cases_count ? &lie_cases[index] : NULL;
}

/* Of the table, after the cases. */
static const struct lie *lie_at(size_t index)
{
    return &lies[index - lie_cases_count];
}

/* ---- which are shown --------------------------------------------------------------------------- */

/* Is it a lie about one reply? */
static bool is_about_reply(const struct lie_case *scene)
{
    return !scene->honest && scene->pace == LIE_PACE_WHOLE;
}

static bool is_same(const struct lie_case *a, const struct lie_case *b)
{
    return a->stop == b->stop && a->place == b->place && lie_case_lie(a) == lie_case_lie(b);
}

/* Does another case before this one do the same? */
static bool is_repeated(size_t index)
{
    size_t k = 0;
    while (k < index && !(is_about_reply(&lie_cases[k]) && is_same(&lie_cases[k], case_at(index))))
        k++;
    return k < index;
}

/* Does a case tell it? */
static bool is_in_case(const struct lie *lie)
{
    size_t k = 0;
    while (k < lie_cases_count &&
           !(is_about_reply(&lie_cases[k]) && lie_case_lie(&lie_cases[k]) == lie))
        k++;
    return k < lie_cases_count;
}

static bool is_shown(size_t index)
{
    const struct lie_case *scene = case_at(index);
    return scene != NULL ? is_about_reply(scene) && !is_repeated(index)
                         : !is_in_case(lie_at(index));
}

PAGE_EXPORT const char *lie_name(size_t index)
{
    const struct lie_case *scene = case_at(index);
    return scene != NULL ? scene->name : lie_at(index)->name;
}

/* A sentence about a case; the names of the others say enough. */
PAGE_EXPORT const char *lie_sentence(size_t index)
{
    const struct lie_case *scene = case_at(index);
    return scene != NULL ? scene->about : "";
}

/* Is it told at a byte of the reply that can be chosen? */
PAGE_EXPORT int lie_has_place(size_t index)
{
    return case_at(index) == NULL &&
           (lie_at(index)->kind == LIES_BYTE || lie_at(index)->kind == LIES_CUT);
}

/* enum lie_case_stop */
PAGE_EXPORT int lie_stop(size_t index)
{
    const struct lie_case *scene = case_at(index);
    if (scene != NULL)
        return (int)scene->stop;
    return lie_at(index)->kind == LIES_CUT ? LIE_STOP_CLOSE : LIE_STOP_NEVER;
}

/* ---- the edits --------------------------------------------------------------------------------- */

/* The first reply of these bytes; empty when it is broken, or not whole. */
static struct mc_bytes first_reply(struct mc_bytes all)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes in = all;
    int event = MC_MORE;
    while (in.len > 0 && !mc_is_final(event)) {
        size_t before = in.len;
        event = mc_reader_next(&reader, &in, &reply);
        if (event < 0 || in.len == before)
            return (struct mc_bytes){"", 0};
    }
    return (struct mc_bytes){all.data, mc_is_final(event) ? all.len - in.len : 0};
}

static void add_told(struct mc_bytes bytes)
{
    size_t len = bytes.len < TOLD_MAX - told_size ? bytes.len : TOLD_MAX - told_size;
    memcpy(told + told_size, bytes.data, len);
    told_size += len;
}

static void add_parts(const struct lies_told *edit)
{
    for (size_t k = 0; k < 3; k++)
        add_told(edit->parts[k]);
}

/* A case; false when it does not change such a reply. */
static bool tell_case(const struct lie_case *scene, const struct lies_reply *reply)
{
    const struct lie *lie = lie_case_lie(scene);
    struct lies_told edit = {.parts = {reply->text, {"", 0}, {"", 0}}};
    size_t from, to;
    if (scene->place == LIE_IN_VALUE && !lies_find_value(reply, &from, &to))
        return false;
    if (lie != NULL && !lies_tell(lie, reply, 0, &edit))
        return false;
    add_parts(&edit);
    told_until = scene->place == LIE_AT_END ? told_size : lie_case_stop_at(scene, reply->text);
    return true;
}

/* A lie of the table, at this byte or the next one that it can be told at; or else the last. */
static bool tell_lie(const struct lie *lie, const struct lies_reply *reply, size_t at)
{
    struct lies_told edit, other;
    size_t turn = 0;
    if (!lies_tell(lie, reply, turn++, &edit))
        return false;
    while (edit.parts[0].len < at && lies_tell(lie, reply, turn++, &other))
        memcpy(edit.parts, other.parts, sizeof edit.parts);
    add_parts(&edit);
    told_until = told_size;
    return true;
}

/* Tells a lie about the reply in the first `len` bytes of the window: 1; 0 when it is not shown, or
 * does not change this reply. */
PAGE_EXPORT int tell(size_t index, size_t len, size_t at)
{
    char fields[LIES_FIELDS_MAX + 1];
    const struct mc_bytes all = {page_window, len};
    const struct lies_reply reply = {first_reply(all), fields, ""};
    const struct lie_case *scene = case_at(index);
    told_size = told_until = 0;
    if (reply.text.len == 0 || !is_shown(index))
        return 0;
    lies_name_fields(reply.text, fields);
    if (scene != NULL ? !tell_case(scene, &reply) : !tell_lie(lie_at(index), &reply, at))
        return 0;
    add_told((struct mc_bytes){all.data + reply.text.len, all.len - reply.text.len});
    if (lie_stop(index) == LIE_STOP_NEVER)
        told_until = told_size;
    return 1;
}

PAGE_EXPORT const char *told_at(void)
{
    return told;
}

PAGE_EXPORT size_t told_len(void)
{
    return told_size;
}

/* How many bytes of it go out before the stop. */
PAGE_EXPORT size_t told_before_stop(void)
{
    return told_until;
}
