/* The picture of a report: one SVG, readable on a light and on a dark page. */
#ifndef PLOT_H
#define PLOT_H

#include "report.h"

/* Draws the runs: their seconds as bars, the model's prediction over them, the hit rates below.
 * Call report_end() first. Whether the writing worked is for the caller to ask of ferror(). */
void plot_draw(const struct report *report, FILE *out);

#endif
