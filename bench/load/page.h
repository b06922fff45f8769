/* The report as one page that needs no other file, with its charts drawn as SVG. */
#ifndef PAGE_H
#define PAGE_H

#include "report.h"

/* Whether the writing worked is for the caller to ask of ferror(). */
void page_print(const struct report *report, FILE *out);

#endif
