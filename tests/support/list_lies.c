/* Prints the lies that can be told about a reply, for the test of the page, which has to have the same:
 * a line for each, with its name and, of a case, its sentence. usage: list_lies REPLY */
#include "lie_case.h"

#include <stdio.h>
#include <string.h>

static bool is_case_of_reply(const struct lie_case *scene)
{
    return !scene->honest && scene->pace == LIE_PACE_WHOLE;
}

static bool can_tell(const struct lie *lie, const struct lies_reply *reply)
{
    struct lies_told told;
    return lies_tell(lie, reply, 0, &told);
}

/* Of cases that do the same, only the first is listed. */
static bool is_listed(size_t k, const struct lies_reply *reply)
{
    const struct lie_case *scene = &lie_cases[k];
    const struct lie *lie = lie_case_lie(scene);
    size_t from, to;
    for (size_t i = 0; i < k; i++) {
        if (is_case_of_reply(&lie_cases[i]) && lie_cases[i].stop == scene->stop &&
            lie_cases[i].place == scene->place && lie_case_lie(&lie_cases[i]) == lie)
            return false;
    }
    return is_case_of_reply(scene) && (lie == NULL || can_tell(lie, reply)) &&
           (scene->place != LIE_IN_VALUE || lies_find_value(reply, &from, &to));
}

static bool has_case(const struct lie *lie)
{
    for (size_t k = 0; k < lie_cases_count; k++) {
        if (is_case_of_reply(&lie_cases[k]) && lie_case_lie(&lie_cases[k]) == lie)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    char fields[LIES_FIELDS_MAX + 1];
    const char *text = argc > 1 ? argv[1] : "";
    const struct lies_reply reply = {{text, strlen(text)}, fields, ""};
    lies_init();
    lies_name_fields(reply.text, fields);
    for (size_t k = 0; k < lie_cases_count; k++) {
        if (is_listed(k, &reply))
            printf("%s\t%s\n", lie_cases[k].name, lie_cases[k].about);
    }
    for (int k = 0; k < lies_count; k++) {
        if (!has_case(&lies[k]) && can_tell(&lies[k], &reply))
            printf("%s\t\n", lies[k].name);
    }
    return 0;
}
