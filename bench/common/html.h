/* A report as one HTML page that needs no script and no other file: its frame, and charts in SVG.
 * It can be read on a light and on a dark screen, and on paper. */
#ifndef HTML_H
#define HTML_H

#include <stddef.h>
#include <stdio.h>

/* The page up to its contents, with the title as its heading; and its end. */
void html_begin(FILE *out, const char *title);
void html_end(FILE *out);

/* Text, escaped. */
void html_text(FILE *out, const char *text);

/* A row of a table: a name, and a text about it. */
void html_pair(FILE *out, const char *name, const char *text);

/* <h2>title</h2>, and a paragraph if there is one. */
void html_section(FILE *out, const char *title, const char *paragraph);

/* ---- charts ---------------------------------------------------------------------------------- */

enum { HTML_COLOURS = 8 }; /* 0 is grey, for the baseline; 1 stands out */

/* What a number measures, which decides how it is printed. */
enum html_unit { HTML_NS, HTML_RATIO, HTML_COUNT, HTML_PER_SECOND };

/* Where a number lies. HTML_TAIL is for percentiles: the number is the part of all values that lie
 * above, 0.5 for p50, and each further nine takes up the same room. */
enum html_scale { HTML_LINEAR, HTML_LOG, HTML_TAIL };

struct html_axis {
    const char *label;
    enum html_unit unit;
    enum html_scale scale;
    double from, to; /* widened by the chart to hold all its numbers; 0, 0: just those */
};

struct html_chart {
    const char *title;
    struct html_axis x, y;
};

/* One line of a chart, point by point; a point with a negative number is not known and left out. */
struct html_line {
    const char *name;
    unsigned colour;
    const double *x, *y;
    size_t count;
};

/* What the colours of the next charts mean; without colours, what the parts of bars are. */
void html_legend(FILE *out, const char *const *names, const unsigned *colours, size_t count);

/* Charts between these two stand side by side where there is room. */
void html_charts_begin(FILE *out);
void html_charts_end(FILE *out);

void html_lines(FILE *out, const struct html_chart *chart, const struct html_line *lines,
                size_t count);

/* A row of a chart of dots: a value for each of the legend's names, negative where there is none.
 * Colour 1 has its figure written beside it. */
struct html_row {
    const char *label;
    double values[HTML_COLOURS];
};

/* Dots on chart->x, a row below the other; the names' colours are those of the columns. */
void html_dots(FILE *out, const struct html_chart *chart, const struct html_row *rows, size_t count,
               const unsigned *colours, size_t columns);

/* Bars made of parts on chart->x, a row below the other, with their sum beside them. */
void html_bars(FILE *out, const struct html_chart *chart, const struct html_row *rows, size_t count,
               size_t parts);

#endif
