/* The time that a run of squares should take: what a perfect cache would do with uniform draws. */
#ifndef MODEL_H
#define MODEL_H

#include "report.h"

/* Fills in the report's part that is the model's, and model_ns of its runs:
 *
 *   expected misses x (expense + set) + requests x get
 *
 * where the last three are the means of what they took: the pretended expense, too, takes a little
 * longer than it should. What is left of a difference is chance (in how many misses there are) and
 * what the cache did wrong.
 *
 * A private server started empty. With any other the misses of the first run tell what it held: it
 * is taken to have been empty if they are no fewer than chance allows (four standard deviations).
 * The model is that of a cache without limits which nobody else fills: one that evicts, fails or is
 * shared shows by its distance from it. */
void model_predict(struct report *report);

#endif
