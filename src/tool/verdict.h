/* Prints what came of an examination: as text, as JSON and as a page. */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdio.h>

#include "examine.h"

/* A line of text, or a JSON object. */
void verdict_print(const struct examined *examined);
void verdict_print_json(const struct examined *examined);

/* The last line: how many cases have which verdict. */
void verdict_print_sum(const struct examined *list, size_t count);

/* A whole page of HTML, with the command that was examined. */
void verdict_print_page(FILE *out, const struct examined *list, size_t count, char **command);

/* The line of a case in the list of all, as text or as JSON. */
void verdict_print_case(const struct lie_case *scene, bool json);

#endif
