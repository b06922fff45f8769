/* The results as tables of text: for a terminal, and in Markdown for a README. */
#ifndef TABLE_H
#define TABLE_H

#include "results.h"

void table_text(const struct results *results, FILE *out);
void table_markdown(const struct results *results, FILE *out);

/* The instructions of the limits, as JSON. */
void table_instructions(const struct results *results, FILE *out);

#endif
