/* Writes numbers as text. */
#include "figure.h"

#include <string.h>

#include "timing.h"

static const char *unknown(char text[FIGURE_SIZE])
{
    snprintf(text, FIGURE_SIZE, "-");
    return text;
}

const char *figure_time(char text[FIGURE_SIZE], double ns)
{
    return ns < 0 ? unknown(text) : timing_text(text, ns);
}

const char *figure_ratio(char text[FIGURE_SIZE], double ratio)
{
    if (ratio < 0)
        return unknown(text);
    snprintf(text, FIGURE_SIZE, "%.*f", (ratio < 99.95) + (ratio < 9.995), ratio);
    return text;
}

const char *figure_count(char text[FIGURE_SIZE], double count)
{
    if (count < 0)
        return unknown(text);
    if (count < 99.95) { /* 2, 2.5 and 0.33, but not 2.00 */
        double rounded = (double)(long)(count * 100 + 0.5) / 100;
        snprintf(text, FIGURE_SIZE, "%.4g", rounded);
        return text;
    }
    unsigned long whole = (unsigned long)(count + 0.5);
    if (whole < 1000)
        snprintf(text, FIGURE_SIZE, "%lu", whole);
    else if (whole < 1000000)
        snprintf(text, FIGURE_SIZE, "%lu,%03lu", whole / 1000, whole % 1000);
    else
        snprintf(text, FIGURE_SIZE, "%lu,%03lu,%03lu", whole / 1000000, whole / 1000 % 1000,
                 whole % 1000);
    return text;
}

const char *figure_rate(char text[FIGURE_SIZE], double bytes, double ns)
{
    if (bytes < 0 || ns <= 0)
        return unknown(text);
    double rate = bytes / ns; /* GB/s */
    if (rate < 0.9995)
        snprintf(text, FIGURE_SIZE, "%.0f MB/s", rate * 1000);
    else
        snprintf(text, FIGURE_SIZE, "%.2f GB/s", rate);
    return text;
}

const char *figure_label(char text[FIGURE_SIZE], const struct results_client *client)
{
    snprintf(text, FIGURE_SIZE, "%.*s", (int)strcspn(client->title, " "), client->title);
    return text;
}
