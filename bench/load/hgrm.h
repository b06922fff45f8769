/* Percentiles in the text that HdrHistogram prints and its plotters read (.hgrm). */
#ifndef HGRM_H
#define HGRM_H

#include <stdio.h>

#include "histogram.h"

/* In ms: values, the part of all that they do not exceed, how many these are, and 1 / (1 - part). Each
 * halving of what lies above has five lines, as far as something does. */
void hgrm_print(const struct histogram *histogram, FILE *out);

#endif
