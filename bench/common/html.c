/* Prints the frame of a page, and draws charts as SVG. */
#include "html.h"

#include <math.h>
#include <stdbool.h>

#include "escape.h"
#include "timing.h"

/* Where things are in a chart, in pixels from its upper left corner. */
enum {
    LINES_WIDTH = 500,
    LINES_HEIGHT = 290,
    ROWS_WIDTH = 1010,
    ROW_HEIGHT = 26,
    LEFT = 62,
    LABELS = 170, /* room for the labels of rows */
    RIGHT = 18,
    TOP = 40,
    BOTTOM = 44,
    FIGURE = 78, /* room for a figure after a row */
    TICKS_MAX = 24,
    NUMBER_SIZE = 24,
    TICKS_DENSE = 7 /* with more, only powers of ten are marked */
};

static const char style[] =
    ":root{--page:#fff;--ink:#1f2328;--dim:#59636e;--rule:#d8dee4;--grid:#e8ecf0;--soft:#f6f8fa;"
    "--c0:#6e7781;--c1:#0969da;--c2:#d1571f;--c3:#8250df;--c4:#1a7f4b;--c5:#a4700a;--c6:#c2377f;"
    "--c7:#0e7c86;--p0:#0969da;--p1:#7cb3ee;--p2:#cfd6dd;--good:#1a7f37;--bad:#b42318}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#e6edf3;--dim:#9198a1;"
    "--rule:#30363d;--grid:#21262d;--soft:#161b22;--c0:#9aa4af;--c1:#58a6ff;--c2:#f0883e;"
    "--c3:#bc8cff;--c4:#4fc07f;--c5:#dcb13c;--c6:#ff7bb5;--c7:#45c8d1;--p0:#58a6ff;--p1:#28629f;"
    "--p2:#3d444d;--good:#3fb950;--bad:#ff7b72}}\n"
    "body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"
    "'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-variant-numeric:tabular-nums}\n"
    "main{max-width:1020px;margin:0 auto;padding:28px 20px 60px}\n"
    "h1{font-size:28px;line-height:1.2;margin:0 0 6px}h2{font-size:20px;margin:40px 0 6px}"
    "h3{font-size:15px;margin:22px 0 4px}p{margin:6px 0 12px;max-width:76ch}.dim{color:var(--dim)}"
    "code{font-size:13px}\n"
    "table{border-collapse:collapse;font-size:13px;margin:8px 0 16px;display:block;overflow-x:auto}"
    "th,td{padding:4px 10px;text-align:right;border-bottom:1px solid var(--grid);"
    "white-space:nowrap}th{font-weight:600;color:var(--dim)}th:first-child,td:first-child,td.text,"
    "th.text{text-align:left}td.text{white-space:normal}td small{color:var(--dim);font-size:12px;"
    "margin-left:4px}td.own,th.own{color:var(--c1);font-weight:600}td.own small{color:inherit}\n"
    "summary{cursor:pointer;margin:8px 0}.cards{display:grid;gap:12px;"
    "grid-template-columns:repeat(auto-fit,minmax(280px,1fr));margin:18px 0}"
    ".card{background:var(--soft);border:1px solid var(--rule);border-radius:8px;padding:12px 14px}"
    ".card b{display:block;font-size:24px;line-height:1.25}.card span{display:block;font-size:13px}"
    ".good{color:var(--good)}.bad{color:var(--bad)}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:10px 0;font-size:13px}"
    ".legend i{display:inline-block;width:12px;height:12px;border-radius:6px;margin-right:6px;"
    "vertical-align:-1px}.charts{display:grid;gap:16px 10px;"
    "grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr))}\n"
    "svg{width:100%;height:auto;display:block}svg text{font-size:12px;fill:var(--dim)}"
    "svg text.title{font-size:14px;font-weight:600;fill:var(--ink)}svg text.ink{fill:var(--ink)}"
    ".mid{text-anchor:middle}.end{text-anchor:end}.grid{stroke:var(--grid)}.axis{stroke:var(--dim)}"
    ".line{fill:none;stroke-width:2;stroke-linejoin:round}.dash{stroke-dasharray:5 4}\n"
    ".s0{stroke:var(--c0)}.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}"
    ".s4{stroke:var(--c4)}.s5{stroke:var(--c5)}.s6{stroke:var(--c6)}.s7{stroke:var(--c7)}"
    ".f0{fill:var(--c0);background:var(--c0)}.f1{fill:var(--c1);background:var(--c1)}"
    ".f2{fill:var(--c2);background:var(--c2)}.f3{fill:var(--c3);background:var(--c3)}"
    ".f4{fill:var(--c4);background:var(--c4)}.f5{fill:var(--c5);background:var(--c5)}"
    ".f6{fill:var(--c6);background:var(--c6)}.f7{fill:var(--c7);background:var(--c7)}"
    ".p0{fill:var(--p0);background:var(--p0)}.p1{fill:var(--p1);background:var(--p1)}"
    ".p2{fill:var(--p2);background:var(--p2)}\n"
    "@media print{details{display:block}main{max-width:none}}\n";

/* ---- the frame ------------------------------------------------------------------------------- */

void html_text(FILE *out, const char *text)
{
    escape_html(out, text);
}

void html_begin(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          out);
    html_text(out, title);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body><main>\n<h1>", style);
    html_text(out, title);
    fputs("</h1>\n", out);
}

void html_end(FILE *out)
{
    fputs("</main></body>\n</html>\n", out);
}

void html_pair(FILE *out, const char *name, const char *text)
{
    fputs("<tr><td>", out);
    html_text(out, name);
    fputs("</td><td class=\"text\">", out);
    html_text(out, text);
    fputs("</td></tr>\n", out);
}

void html_section(FILE *out, const char *title, const char *paragraph)
{
    fputs("<h2>", out);
    html_text(out, title);
    fputs("</h2>\n", out);
    if (paragraph == NULL)
        return;
    fputs("<p>", out);
    html_text(out, paragraph);
    fputs("</p>\n", out);
}

void html_legend(FILE *out, const char *const *names, const unsigned *colours, size_t count)
{
    fputs("<div class=\"legend\">", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "<span><i class=\"%c%u\"></i>", colours != NULL ? 'f' : 'p',
                colours != NULL ? colours[i] % HTML_COLOURS : (unsigned)i);
        html_text(out, names[i]);
        fputs("</span>", out);
    }
    fputs("</div>\n", out);
}

void html_charts_begin(FILE *out)
{
    fputs("<div class=\"charts\">\n", out);
}

void html_charts_end(FILE *out)
{
    fputs("</div>\n", out);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* With three digits and a letter for thousands: "12.3 k". */
static void thousands_text(char text[NUMBER_SIZE], double number, const char *unit)
{
    static const char *const letters[] = {"", " k", " M", " G"};
    size_t i = 0;

    for (; i < 3 && number >= 999.5; i++)
        number /= 1000;
    snprintf(text, NUMBER_SIZE, "%.3g%s%s", number, letters[i], unit);
}

/* A number with its unit, "12.3 us"; returns text. */
static const char *number_text(char text[NUMBER_SIZE], enum html_unit unit, double number)
{
    switch (unit) {
    case HTML_NS: return timing_text(text, number);
    case HTML_RATIO:
        snprintf(text, NUMBER_SIZE, "%.*f&#215;", number < 9.95 ? 2 : 1, number);
        return text;
    case HTML_COUNT: thousands_text(text, number, ""); return text;
    case HTML_PER_SECOND: thousands_text(text, number, "/s"); return text;
    }
    return "";
}

/* The text at a mark of an axis, without superfluous digits. */
static const char *mark_text(char text[NUMBER_SIZE], const struct html_axis *axis, double at)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    size_t unit = 0;

    if (axis->scale == HTML_TAIL) {
        snprintf(text, NUMBER_SIZE, "p%.10g", 100 * (1 - at));
        return text;
    }
    if (axis->unit == HTML_RATIO) {
        snprintf(text, NUMBER_SIZE, "%.3g&#215;", at);
        return text;
    }
    if (axis->unit != HTML_NS)
        return number_text(text, axis->unit, at);
    for (; unit < 3 && at >= 999.5; unit++)
        at /= 1000;
    snprintf(text, NUMBER_SIZE, "%.3g %s", at, at > 0 ? units[unit] : "");
    return text;
}

/* ---- axes ------------------------------------------------------------------------------------ */

/* An axis as it is drawn: from `low` to `high` on its scale, at pixels `first` to `last`. */
struct ruler {
    const struct html_axis *axis;
    double low, high, first, last;
    double marks[TICKS_MAX];
    size_t count;
};

/* The place of a number on its scale. */
static double on_scale(const struct html_axis *axis, double number)
{
    switch (axis->scale) {
    case HTML_LINEAR: return number;
    case HTML_LOG: return log10(number);
    case HTML_TAIL: return -log10(number);
    }
    return number;
}

static double pixel_of(const struct ruler *ruler, double number)
{
    double part = (on_scale(ruler->axis, number) - ruler->low) / (ruler->high - ruler->low);

    return ruler->first + part * (ruler->last - ruler->first);
}

/* True for a number that can be shown on the axis. */
static bool can_show(const struct html_axis *axis, double number)
{
    return axis->scale == HTML_LINEAR ? number >= 0 : number > 0;
}

static void widen_ruler(struct ruler *ruler, double number)
{
    if (!can_show(ruler->axis, number))
        return;
    double at = on_scale(ruler->axis, number);
    ruler->low = fmin(ruler->low, at);
    ruler->high = fmax(ruler->high, at);
}

static struct ruler start_ruler(const struct html_axis *axis)
{
    struct ruler ruler = {.axis = axis, .low = INFINITY, .high = -INFINITY};

    if (axis->from < axis->to || axis->scale == HTML_TAIL) {
        widen_ruler(&ruler, axis->from);
        widen_ruler(&ruler, axis->to);
    }
    return ruler;
}

static void add_mark(struct ruler *ruler, double number)
{
    double at = on_scale(ruler->axis, number), slack = 1e-9 * fabs(ruler->high);

    if (ruler->count < TICKS_MAX && at >= ruler->low - slack && at <= ruler->high + slack)
        ruler->marks[ruler->count++] = number;
}

static void mark_linear(struct ruler *ruler)
{
    static const double steps[] = {1, 2, 5, 10};
    double decade = pow(10, floor(log10(ruler->high / 5))), step = decade;

    for (size_t i = 0; i < 4 && ruler->high / step > 6; i++)
        step = steps[i] * decade;
    ruler->high = ceil(ruler->high / step - 1e-9) * step;
    for (int i = 0; i * step <= ruler->high * 1.0001; i++)
        add_mark(ruler, i * step);
}

/* At 1, 2 and 5 of each power of ten; or, when that is too dense, at the powers alone. */
static void mark_log(struct ruler *ruler)
{
    static const double steps[] = {1, 2, 5};

    for (int dense = 1; dense >= 0; dense--) {
        ruler->count = 0;
        for (int decade = (int)floor(ruler->low); decade <= ruler->high; decade++)
            for (size_t i = 0; i < (dense ? 3 : 1); i++)
                add_mark(ruler, steps[i] * pow(10, decade));
        if (ruler->count <= TICKS_DENSE)
            return;
    }
}

static void mark_tail(struct ruler *ruler)
{
    add_mark(ruler, 0.5);
    for (int decade = -1; decade >= -6; decade--)
        add_mark(ruler, pow(10, decade));
}

/* Makes the ends round, and finds the marks. */
static void finish_ruler(struct ruler *ruler, double first, double last)
{
    ruler->first = first;
    ruler->last = last;
    if (ruler->low > ruler->high)
        ruler->low = ruler->high = 1;
    switch (ruler->axis->scale) {
    case HTML_LINEAR:
        ruler->low = 0;
        ruler->high = ruler->high > 0 ? ruler->high : 1;
        mark_linear(ruler);
        break;
    case HTML_LOG:
        ruler->low -= 0.04;
        ruler->high += 0.06;
        mark_log(ruler);
        break;
    case HTML_TAIL:
        ruler->high += ruler->high > ruler->low ? 0 : 1;
        mark_tail(ruler);
        break;
    }
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* The area of a chart inside its axes. */
struct area {
    double left, right, top, bottom;
};

static void begin_svg(FILE *out, const struct html_chart *chart, int width, double height)
{
    fprintf(out, "<svg viewBox=\"0 0 %d %.0f\" role=\"img\"><title>", width, height);
    html_text(out, chart->title);
    fputs("</title>", out);
    fprintf(out, "<text class=\"title\" x=\"0\" y=\"16\">");
    html_text(out, chart->title);
    fputs("</text>\n", out);
}

static void draw_x_axis(FILE *out, const struct ruler *x, const struct area *area)
{
    char text[NUMBER_SIZE];

    for (size_t i = 0; i < x->count; i++) {
        double at = pixel_of(x, x->marks[i]);
        fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", at, area->top, area->bottom);
        fprintf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", at, area->bottom + 16,
                mark_text(text, x->axis, x->marks[i]));
    }
    fprintf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%.1f\">", (area->left + area->right) / 2,
            area->bottom + 34);
    html_text(out, x->axis->label);
    fputs("</text>\n", out);
}

static void draw_y_axis(FILE *out, const struct ruler *y, const struct area *area)
{
    char text[NUMBER_SIZE];

    for (size_t i = 0; i < y->count; i++) {
        double at = pixel_of(y, y->marks[i]);
        fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", area->left, at, area->right);
        fprintf(out, "<text class=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", area->left - 7,
                at + 4, mark_text(text, y->axis, y->marks[i]));
    }
    fprintf(out, "<text x=\"0\" y=\"%.1f\">", area->top - 7);
    html_text(out, y->axis->label);
    fputs("</text>\n", out);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool has_point(const struct html_chart *chart, const struct html_line *line, size_t i)
{
    return can_show(&chart->x, line->x[i]) && can_show(&chart->y, line->y[i]);
}

static void draw_line(FILE *out, const struct html_chart *chart, const struct html_line *line,
                      const struct ruler *x, const struct ruler *y)
{
    unsigned colour = line->colour % HTML_COLOURS;
    char verb = 'M';

    fprintf(out, "<path class=\"line s%u%s\" d=\"", colour, colour == 0 ? " dash" : "");
    for (size_t i = 0; i < line->count; i++) {
        if (!has_point(chart, line, i))
            continue;
        fprintf(out, "%c%.1f %.1f", verb, pixel_of(x, line->x[i]), pixel_of(y, line->y[i]));
        verb = 'L';
    }
    fputs("\"><title>", out);
    html_text(out, line->name);
    fputs("</title></path>\n", out);
    for (size_t i = 0; line->count <= 8 && i < line->count; i++)
        if (has_point(chart, line, i))
            fprintf(out, "<circle class=\"f%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>", colour,
                    pixel_of(x, line->x[i]), pixel_of(y, line->y[i]));
}

void html_lines(FILE *out, const struct html_chart *chart, const struct html_line *lines,
                size_t count)
{
    const struct area area = {LEFT, LINES_WIDTH - RIGHT, TOP + 4, LINES_HEIGHT - BOTTOM};
    struct ruler x = start_ruler(&chart->x), y = start_ruler(&chart->y);

    for (size_t l = 0; l < count; l++) {
        for (size_t i = 0; i < lines[l].count; i++) {
            if (!has_point(chart, &lines[l], i))
                continue;
            widen_ruler(&x, lines[l].x[i]);
            widen_ruler(&y, lines[l].y[i]);
        }
    }
    finish_ruler(&x, area.left, area.right);
    finish_ruler(&y, area.bottom, area.top);
    begin_svg(out, chart, LINES_WIDTH, LINES_HEIGHT);
    draw_x_axis(out, &x, &area);
    draw_y_axis(out, &y, &area);
    for (size_t l = count; l-- > 0;) /* the first on top */
        draw_line(out, chart, &lines[l], &x, &y);
    fputs("</svg>\n", out);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct area begin_rows(FILE *out, const struct html_chart *chart, size_t count)
{
    double height = (double)(TOP + count * ROW_HEIGHT + BOTTOM);

    begin_svg(out, chart, ROWS_WIDTH, height);
    return (struct area){LABELS, ROWS_WIDTH - RIGHT - FIGURE, TOP, height - (double)BOTTOM};
}

static double row_middle(const struct area *area, size_t row)
{
    return area->top + ((double)row + 0.5) * (double)ROW_HEIGHT;
}

static void draw_label(FILE *out, const char *label, double y)
{
    fprintf(out, "<text class=\"ink end\" x=\"%d\" y=\"%.1f\">", LABELS - 12, y + 4);
    html_text(out, label);
    fputs("</text>", out);
}

static void draw_dots(FILE *out, const struct html_row *row, double y, const struct ruler *x,
                      const unsigned *colours, size_t columns)
{
    char text[NUMBER_SIZE];

    for (size_t i = columns; i-- > 0;) {
        if (!can_show(x->axis, row->values[i]))
            continue;
        number_text(text, x->axis->unit, row->values[i]);
        fprintf(out,
                "<circle class=\"f%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"><title>%s</title>"
                "</circle>",
                colours[i], pixel_of(x, row->values[i]), y, colours[i] == 1 ? 6 : 5, text);
        if (colours[i] == 1)
            fprintf(out, "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\">%s</text>", x->last + 12, y + 4,
                    text);
    }
    fputc('\n', out);
}

void html_dots(FILE *out, const struct html_chart *chart, const struct html_row *rows, size_t count,
               const unsigned *colours, size_t columns)
{
    struct area area = begin_rows(out, chart, count);
    struct ruler x = start_ruler(&chart->x);

    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < columns; i++)
            widen_ruler(&x, rows[r].values[i]);
    finish_ruler(&x, area.left, area.right);
    draw_x_axis(out, &x, &area);
    for (size_t r = 0; r < count; r++) {
        double y = row_middle(&area, r);
        fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", area.left, y, area.right);
        draw_label(out, rows[r].label, y);
        draw_dots(out, &rows[r], y, &x, colours, columns);
    }
    fputs("</svg>\n", out);
}

static double sum_of(const struct html_row *row, size_t parts)
{
    double sum = 0;

    for (size_t i = 0; i < parts; i++)
        sum += row->values[i] > 0 ? row->values[i] : 0;
    return sum;
}

static void draw_bar(FILE *out, const struct html_row *row, double y, const struct ruler *x,
                     size_t parts)
{
    char text[NUMBER_SIZE];
    double from = 0;

    for (size_t i = 0; i < parts; i++) {
        double to = from + (row->values[i] > 0 ? row->values[i] : 0);
        fprintf(out,
                "<rect class=\"p%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\">"
                "<title>%s</title></rect>",
                (unsigned)i, pixel_of(x, from), y - 8, pixel_of(x, to) - pixel_of(x, from),
                number_text(text, x->axis->unit, to - from));
        from = to;
    }
    fprintf(out, "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", pixel_of(x, from) + 8,
            y + 4, number_text(text, x->axis->unit, from));
}

void html_bars(FILE *out, const struct html_chart *chart, const struct html_row *rows, size_t count,
               size_t parts)
{
    struct area area = begin_rows(out, chart, count);
    struct ruler x = start_ruler(&chart->x);

    for (size_t r = 0; r < count; r++)
        widen_ruler(&x, sum_of(&rows[r], parts));
    finish_ruler(&x, area.left, area.right);
    draw_x_axis(out, &x, &area);
    for (size_t r = 0; r < count; r++) {
        double y = row_middle(&area, r);
        draw_label(out, rows[r].label, y);
        draw_bar(out, &rows[r], y, &x, parts);
    }
    fputs("</svg>\n", out);
}
