/* The results as an HTML page with charts. */
#ifndef PAGE_H
#define PAGE_H

#include "results.h"

void page_write(const struct results *results, FILE *out);

#endif
