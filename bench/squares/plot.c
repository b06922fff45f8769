/* Draws a report as SVG: bars of seconds with the model over them, and the hit rate below. */
#include "plot.h"

#include <math.h>

#include "escape.h"

/* Where things are, in pixels from the upper left corner. */
enum {
    WIDTH = 760,
    HEIGHT = 480,
    LEFT = 64,
    RIGHT = WIDTH - 24,
    LEGEND = 88,
    BARS_TOP = 122,
    BARS_BOTTOM = 316,
    RATE_TOP = 352,
    RATE_BOTTOM = 424,
    FOOT = HEIGHT - 14,
    LABELS_MAX = 20, /* runs that get a figure over their bar, and a number below it */
    WIDEST_BAR = 72  /* however few the runs are */
};

static const char style[] =
    "<style>\n"
    "svg{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;"
    "font-size:12px;font-variant-numeric:tabular-nums}\n"
    ".page{fill:#fff}.ink{fill:#1f2328}.dim{fill:#59636e}.grid{stroke:#e1e5ea}"
    ".axis{stroke:#8c959f}\n"
    ".bar{fill:#4c86c6}.model{stroke:#c2570c;stroke-width:2.5}.rate{stroke:#23804f;"
    "stroke-width:2;fill:none}.area{fill:#23804f;fill-opacity:.13}.dot{fill:#23804f}\n"
    ".title{font-size:18px;font-weight:600}.mid{text-anchor:middle}.end{text-anchor:end}\n"
    "@media (prefers-color-scheme:dark){\n"
    ".page{fill:#0d1117}.ink{fill:#e6edf3}.dim{fill:#9198a1}.grid{stroke:#262c36}"
    ".axis{stroke:#656c76}\n"
    ".bar{fill:#3f7cc4}.model{stroke:#f5a524}.rate{stroke:#4fc07f}.area{fill:#4fc07f}"
    ".dot{fill:#4fc07f}}\n"
    "</style>\n";

/* The upper scale: marks at multiples of a round step, the highest at or above the longest run. */
struct scale {
    double step, top; /* seconds */
    int marks, decimals;
};

static struct scale choose_scale(double longest)
{
    static const double round[] = {1, 2, 5, 10};
    double decade = pow(10, floor(log10(longest / 4)));
    struct scale scale = {0};

    for (int i = 0; i < 4 && scale.step * 5 < longest; i++)
        scale.step = round[i] * decade;
    scale.marks = (int)ceil(longest / scale.step);
    scale.top = scale.marks * scale.step;
    scale.decimals = scale.step >= 1 ? 0 : (int)ceil(-log10(scale.step) - 1e-9);
    return scale;
}

static double bar_y(const struct scale *scale, double ns)
{
    return (double)BARS_BOTTOM - (BARS_BOTTOM - BARS_TOP) * (ns / 1e9) / scale->top;
}

static double rate_y(double rate)
{
    return (double)RATE_BOTTOM - (RATE_BOTTOM - RATE_TOP) * rate;
}

/* The room of one run along the x axis, and its middle. */
static double slot_width(const struct report *report)
{
    return (double)(RIGHT - LEFT) / report->count;
}

static double slot_middle(const struct report *report, uint32_t run)
{
    return (double)LEFT + slot_width(report) * (run + 0.5);
}

static void draw_head(const struct report *report, FILE *out)
{
    const struct options *options = report->options;
    char word[16], text[HISTOGRAM_TEXT_MAX];

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" role=\"img\">\n<title>squares: seconds and hit rate per run</title>\n%s"
            "<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, style);
    fprintf(out, "<text class=\"ink title\" x=\"%d\" y=\"34\">%s successive %s of %lu %s</text>\n",
            LEFT, report_number_word(word, report->count), report->count == 1 ? "run" : "runs",
            (unsigned long)options->requests, options->requests == 1 ? "request" : "requests");
    fprintf(out, "<text class=\"dim\" x=\"%d\" y=\"56\">squares of 0 to %lu, %s a miss", LEFT,
            (unsigned long)options->domain, histogram_text(text, (double)options->cost_us * 1000));
    if (report->cache->answers.count > 0)
        fprintf(out, "; mean get %s", histogram_text(text, (double)report->get_ns));
    if (report->count > 1)
        fprintf(out, "; last run %.1f times as fast as the first",
                report_speed_up(report, report->count - 1));
    fputs("</text>\n", out);
}

static void draw_legend(FILE *out)
{
    fprintf(out,
            "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"12\" height=\"12\"/>"
            "<text class=\"ink\" x=\"%d\" y=\"%d\">measured</text>\n",
            LEFT, LEGEND - 10, LEFT + 18, LEGEND);
    fprintf(out,
            "<path class=\"model\" d=\"M%d %dh18\"/><text class=\"ink\" x=\"%d\" y=\"%d\">"
            "predicted: expected misses &#215; (expense + set) + requests &#215; get</text>\n",
            LEFT + 92, LEGEND - 4, LEFT + 116, LEGEND);
}

static void draw_mark(FILE *out, double y, int decimals, double value, const char *unit)
{
    fprintf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, RIGHT);
    fprintf(out, "<text class=\"dim end\" x=\"%d\" y=\"%.1f\">%.*f%s</text>\n", LEFT - 8, y + 4,
            decimals, value, unit);
}

static void draw_grids(const struct scale *scale, FILE *out)
{
    for (int i = 0; i <= scale->marks; i++)
        draw_mark(out, bar_y(scale, i * scale->step * 1e9), scale->decimals, i * scale->step, "");
    for (int i = 0; i <= 2; i++)
        draw_mark(out, rate_y(i / 2.0), 0, 50.0 * i, " %");
    fprintf(out, "<text class=\"dim\" x=\"%d\" y=\"%d\">seconds</text>\n", 16, BARS_TOP - 12);
    fprintf(out, "<text class=\"dim\" x=\"%d\" y=\"%d\">hits</text>\n", 16, RATE_TOP - 12);
}

/* A bar, and its figure clear of the bar and the prediction. */
static void draw_bar(const struct report *report, const struct scale *scale, uint32_t i, FILE *out)
{
    const struct report_run *run = &report->runs[i];
    double width = fmin(slot_width(report) * 0.62, WIDEST_BAR), line = width * 1.3;
    double x = slot_middle(report, i), y = bar_y(scale, (double)run->ns);
    double predicted = bar_y(scale, run->model_ns);

    fprintf(out, "<rect class=\"bar\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
            x - width / 2, y, width, (double)BARS_BOTTOM - y);
    if (report->count <= LABELS_MAX)
        fprintf(out, "<text class=\"ink mid\" x=\"%.1f\" y=\"%.1f\">%.*f</text>", x,
                fmin(y, predicted) - 7, scale->top < 0.2 ? 3 : 2, (double)run->ns / 1e9);
    fprintf(out, "<path class=\"model\" d=\"M%.2f %.2fh%.2f\"/>\n", x - line / 2, predicted, line);
}

static void draw_rates(const struct report *report, FILE *out)
{
    for (int area = 1; area >= 0; area--) {
        fprintf(out, "<path class=\"%s\" d=\"", area ? "area" : "rate");
        for (uint32_t i = 0; i < report->count; i++)
            fprintf(out, "%c%.2f %.2f", i == 0 ? 'M' : 'L', slot_middle(report, i),
                    rate_y(report_hit_rate(&report->runs[i])));
        if (area)
            fprintf(out, "L%.2f %dL%.2f %dz", slot_middle(report, report->count - 1), RATE_BOTTOM,
                    slot_middle(report, 0), RATE_BOTTOM);
        fputs("\"/>\n", out);
    }
    for (uint32_t i = 0; i < report->count && report->count <= LABELS_MAX; i++)
        fprintf(out, "<circle class=\"dot\" cx=\"%.2f\" cy=\"%.2f\" r=\"3\"/>\n",
                slot_middle(report, i), rate_y(report_hit_rate(&report->runs[i])));
}

static void draw_foot(const struct report *report, FILE *out)
{
    uint32_t every = (report->count + LABELS_MAX - 1) / LABELS_MAX;

    for (uint32_t i = 0; i < report->count; i += every)
        fprintf(out, "<text class=\"dim mid\" x=\"%.1f\" y=\"%d\">%lu</text>\n",
                slot_middle(report, i), RATE_BOTTOM + 18, (unsigned long)i + 1);
    fprintf(out, "<path class=\"axis\" d=\"M%d %dH%d\"/><path class=\"axis\" d=\"M%d %dH%d\"/>\n",
            LEFT, BARS_BOTTOM, RIGHT, LEFT, RATE_BOTTOM, RIGHT);
    fprintf(out, "<text class=\"dim\" x=\"16\" y=\"%d\">run</text>\n", RATE_BOTTOM + 18);
    fprintf(out, "<text class=\"dim\" x=\"%d\" y=\"%d\">", LEFT, FOOT);
    escape_html(out, report->own_server ? "a private memcached" : report->server);
    fprintf(out, ", seed %lu</text>\n", (unsigned long)report->options->seed);
    fputs("</svg>\n", out);
}

void plot_draw(const struct report *report, FILE *out)
{
    struct scale scale = choose_scale(report->longest_ns / 1e9);

    draw_head(report, out);
    draw_legend(out);
    draw_grids(&scale, out);
    for (uint32_t i = 0; i < report->count; i++)
        draw_bar(report, &scale, i, out);
    draw_rates(report, out);
    draw_foot(report, out);
}
