/* The report as one page that needs no other file, with its charts drawn as SVG. */
#ifndef LOAD_PAGE_H
#define LOAD_PAGE_H

#include "report.h"

/* Whether the writing worked is for the caller to ask of ferror(). */
void load_page_print(const struct load_report *report, FILE *out);

#endif
