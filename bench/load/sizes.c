/* Reads distributions of sizes, and draws from them. */
#include "sizes.h"

#include <stdio.h>
#include <string.h>

#include "decimal.h"

enum { FILE_MAX = 32768 };

static const char separators[] = ", \t\r\n";

/* The number at text[*i], which is moved past it; false when there is none, or a larger one than
 * max. */
static bool read_number(const char *text, size_t *i, uint32_t max, uint32_t *number)
{
    size_t digits = strspn(text + *i, "0123456789");
    uint64_t read;

    if (!mc_decimal_read(text, *i, *i + digits, max, &read))
        return false;
    *number = (uint32_t)read;
    *i += digits;
    return true;
}

/* The same after a sign; without that sign there is nothing to read. */
static bool read_after(const char *text, char sign, size_t *i, uint32_t max, uint32_t *number)
{
    if (text[*i] != sign)
        return true;
    ++*i;
    return read_number(text, i, max, number);
}

/* N or MIN-MAX, and perhaps :WEIGHT, of len bytes. */
static const char *add_range(struct sizes *sizes, const char *text, size_t len, uint32_t max)
{
    struct sizes_range *range = &sizes->list[sizes->count];
    uint32_t before = sizes->count > 0 ? range[-1].end : 0, weight = 1;
    size_t i = 0;
    bool good = read_number(text, &i, max, &range->min);

    range->max = range->min;
    if (!good || !read_after(text, '-', &i, max, &range->max) ||
        !read_after(text, ':', &i, UINT32_MAX, &weight) || i != len)
        return "is not N, MIN-MAX, or a list of these with weights (64:9,100-200:1), or has a "
               "number out of bounds";
    if (weight > UINT32_MAX - before)
        return "has weights of more than 4294967295 together";
    if (range->max < range->min)
        return "has a MIN above its MAX";
    if (weight == 0) /* it never comes */
        return NULL;
    range->end = before + weight;
    sizes->min = sizes->count == 0 || range->min < sizes->min ? range->min : sizes->min;
    sizes->max = range->max > sizes->max ? range->max : sizes->max;
    sizes->count++;
    return NULL;
}

static const char *read_list(struct sizes *sizes, const char *text, uint32_t max)
{
    const char *wrong = NULL;

    for (size_t len; wrong == NULL; text += len) {
        text += strspn(text, separators);
        len = strcspn(text, separators);
        if (len == 0)
            return sizes->count > 0 ? NULL : "has no size";
        if (sizes->count == SIZES_MAX)
            return "has more than 1000 sizes";
        wrong = add_range(sizes, text, len, max);
    }
    return wrong;
}

const char *sizes_read(struct sizes *sizes, const char *text, uint32_t max)
{
    char lines[FILE_MAX];

    *sizes = (struct sizes){.text = text};
    if (text[0] != '@')
        return read_list(sizes, text, max);
    FILE *file = fopen(text + 1, "r");
    if (file == NULL)
        return "is a file that cannot be read";
    size_t len = fread(lines, 1, sizeof lines, file);
    bool good = ferror(file) == 0;
    fclose(file);
    if (!good || len == sizeof lines)
        return "is a file that cannot be read, or has more than 32767 bytes";
    lines[len] = '\0';
    return read_list(sizes, lines, max);
}

uint32_t sizes_draw(const struct sizes *sizes, struct dist *dist)
{
    const struct sizes_range *list = sizes->list;
    uint32_t low = 0, high = sizes->count - 1;

    if (high > 0) {
        uint32_t drawn = dist_between(dist, 0, list[high].end - 1);
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (drawn < list[middle].end)
                high = middle;
            else
                low = middle + 1;
        }
    }
    return dist_between(dist, list[low].min, list[low].max);
}

bool sizes_have(const struct sizes *sizes, uint64_t size)
{
    for (uint32_t i = 0; i < sizes->count; i++)
        if (size >= sizes->list[i].min && size <= sizes->list[i].max)
            return true;
    return false;
}
