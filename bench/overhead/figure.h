/* Numbers of the results as text; "-" when they are not known. Each returns its text. */
#ifndef FIGURE_H
#define FIGURE_H

#include "results.h"

enum { FIGURE_SIZE = 32 };

const char *figure_time(char text[FIGURE_SIZE], double ns);               /* 5.41 us */
const char *figure_ratio(char text[FIGURE_SIZE], double ratio);           /* 1.02 */
const char *figure_count(char text[FIGURE_SIZE], double count);           /* 1,234 or 2.5 */
const char *figure_rate(char text[FIGURE_SIZE], double bytes, double ns); /* 1.2 GB/s */

/* What a client is called in a table: its title up to the version. */
const char *figure_label(char text[FIGURE_SIZE], const struct results_client *client);

#endif
