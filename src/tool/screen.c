/* Lays annotations out in columns. A line of bytes that is too long for the screen is broken
 * between fields; each part of it has its own carets and labels. */
#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS = 80,
    COLUMNS_MAX = 1000,
    INDENT = 13,       /* columns before the bytes: their number, and a sign */
    LONG_VALUE = 256,  /* of a longer piece of a value, the first bytes are shown */
    SIZE_COLUMNS = 24, /* room for how many there are */
    ESCAPE_MAX = 4
};

/* A field in the part that is on the screen now. */
struct label {
    size_t column, width; /* of the bytes */
    const char *name, *text;
    bool placed;
};

struct part {
    const struct screen *screen;
    struct label labels[MC_ANNOTATE_FIELDS];
    size_t count;
};

/* Writes a byte as it is shown, and returns how many columns it takes. */
static size_t escape(unsigned char c, char *to)
{
    if (c == '\r' || c == '\n' || c == '\\') {
        to[0] = '\\';
        to[1] = (char)(c == '\r' ? 'r' : c == '\n' ? 'n' : '\\');
        return 2;
    }
    to[0] = (char)c;
    if (c >= 0x20 && c < 0x7f)
        return 1;
    to[0] = '\\';
    to[1] = 'x';
    to[2] = "0123456789abcdef"[c >> 4];
    to[3] = "0123456789abcdef"[c & 15];
    return ESCAPE_MAX;
}

static size_t columns_of(struct mc_bytes bytes, size_t from, size_t to)
{
    char text[ESCAPE_MAX];
    size_t columns = 0;
    for (size_t k = from; k < to; k++)
        columns += escape((unsigned char)bytes.data[k], text);
    return columns;
}

static void print_bytes(FILE *to, struct mc_bytes bytes, size_t from, size_t end)
{
    char text[ESCAPE_MAX];
    for (size_t k = from; k < end; k++)
        fwrite(text, 1, escape((unsigned char)bytes.data[k], text), to);
}

static void print_spaces(FILE *to, size_t n)
{
    fprintf(to, "%*s", (int)n, "");
}

/* ---- labels ---------------------------------------------------------------------------------- */

static size_t label_width(const struct label *label)
{
    size_t text = strlen(label->text);
    return strlen(label->name) + (text > 0 ? 2 + text : 0);
}

/* Line ends need no caret, nor does a value or a line that is all there is. */
static bool has_label(const struct mc_field *field)
{
    const char *name = field->name;
    bool end = strcmp(name, "line end") == 0 || strcmp(name, "value end") == 0;
    bool all = field->at == 0 && (strcmp(name, "value") == 0 || strcmp(name, "line") == 0);
    return field->text[0] != '\0' || !(end || all);
}

static void print_carets(const struct part *part)
{
    size_t column = 0;
    for (size_t k = 0; k < part->count; k++) {
        const struct label *label = &part->labels[k];
        print_spaces(part->screen->to, label->column - column);
        fputc('^', part->screen->to);
        for (size_t i = 1; i < label->width; i++)
            fputc('-', part->screen->to);
        column = label->column + label->width;
    }
    fputc('\n', part->screen->to);
}

/* Which labels fit into one line, from the right to the left; each needs a space before the next
 * label or bar. Marks them as placed, and returns the first. */
static void choose_labels(struct part *part, bool *chosen)
{
    size_t limit = part->screen->width;
    bool rightmost = true;
    for (size_t k = part->count; k-- > 0;) {
        struct label *label = &part->labels[k];
        chosen[k] = false;
        if (label->placed)
            continue;
        if (rightmost || label->column + label_width(label) <= limit) {
            chosen[k] = label->placed = true;
        }
        rightmost = false;
        limit = label->column > 0 ? label->column - 1 : 0;
    }
}

/* Prints text at column `at`, and breaks it between words where the screen ends; what follows
 * begins at column `left`. */
static void print_text(const struct part *part, const char *text, size_t left, size_t at)
{
    FILE *to = part->screen->to;
    for (bool first = true; *text != '\0'; first = false) {
        size_t len = strcspn(text, " ");
        if (!first && at + 1 + len > part->screen->width) {
            fputc('\n', to);
            print_spaces(to, left);
            at = left;
        } else if (!first) {
            fputc(' ', to);
            at++;
        }
        fwrite(text, 1, len, to);
        at += len;
        text += len + (text[len] == ' ' ? 1 : 0);
    }
}

static void print_label(const struct part *part, const struct label *label, size_t column)
{
    fprintf(part->screen->to, "%s%s", label->name, label->text[0] != '\0' ? ": " : "");
    print_text(part, label->text, column, column + strlen(label->name) + 2);
}

/* Where a label begins: under its field, or further left when it does not fit there. */
static size_t column_of(const struct part *part, const struct label *label)
{
    size_t width = label_width(label), room = part->screen->width;
    if (label->column + width <= room)
        return label->column;
    return width + INDENT <= room ? room - width : INDENT;
}

/* One line of labels, with a bar for those that come later. */
static void print_labels(struct part *part)
{
    bool chosen[MC_ANNOTATE_FIELDS], waiting[MC_ANNOTATE_FIELDS];
    size_t column = 0;
    choose_labels(part, chosen);
    for (size_t k = 0; k < part->count; k++) {
        const struct label *label = &part->labels[k];
        waiting[k] = !label->placed;
        size_t start = chosen[k] ? column_of(part, label) : label->column;
        if (!(chosen[k] || waiting[k]))
            continue;
        if (start < column) { /* it has moved to the left, over bars */
            fputc('\n', part->screen->to);
            column = 0;
        }
        print_spaces(part->screen->to, start - column);
        column = start + (chosen[k] ? label_width(label) : 1);
        if (chosen[k])
            print_label(part, label, start);
        else
            fputc('|', part->screen->to);
    }
    fputc('\n', part->screen->to);
}

static bool any_is_left(const struct part *part)
{
    for (size_t k = 0; k < part->count; k++) {
        if (!part->labels[k].placed)
            return true;
    }
    return false;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Prints the title at the right: after the bytes where it fits, or in lines of its own. */
static void print_title(const struct screen *screen, size_t column, const char *title)
{
    const struct part part = {.screen = screen};
    size_t len = strlen(title), left = INDENT;
    if (len > 0 && column + 2 + len > screen->width) {
        fputc('\n', screen->to);
        column = 0;
    }
    if (column + len <= screen->width)
        left = screen->width - len;
    if (len > 0)
        print_spaces(screen->to, left - column);
    print_text(&part, title, left, left);
    fputc('\n', screen->to);
}

/* How many bytes from `from` on fit into one line: whole fields, if at least one does. */
static size_t end_of_part(const struct screen *screen, const struct mc_annotation *a,
                          struct mc_bytes bytes, size_t from)
{
    size_t room = screen->width - INDENT, end = from, best = from;
    while (end < bytes.len && columns_of(bytes, from, end + 1) <= room)
        end++;
    if (end >= bytes.len)
        return end;
    for (size_t k = 0; k < a->count; k++) {
        if (a->fields[k].at > from && a->fields[k].at <= end)
            best = a->fields[k].at;
    }
    return best > from ? best : end > from ? end : from + 1;
}

/* Labels for the fields that begin in bytes[from..end). */
static void add_labels(struct part *part, const struct mc_annotation *a, struct mc_bytes bytes,
                       size_t from, size_t end)
{
    part->count = 0;
    for (size_t k = 0; k < a->count; k++) {
        const struct mc_field *field = &a->fields[k];
        size_t last = field->at + field->len < end ? field->at + field->len : end;
        if (field->at < from || field->at >= end || !has_label(field))
            continue;
        part->labels[part->count++] =
            (struct label){INDENT + columns_of(bytes, from, field->at),
                           columns_of(bytes, field->at, last), field->name, field->text, false};
    }
}

/* Shows bytes line by line, with their labels; the title is right of the first line. */
static void show_parts(const struct screen *screen, const struct mc_annotation *a,
                       struct mc_bytes bytes)
{
    struct part part = {.screen = screen};
    for (size_t from = 0, end; from < bytes.len || from == 0; from = end) {
        end = end_of_part(screen, a, bytes, from);
        if (from > 0)
            print_spaces(screen->to, INDENT);
        print_bytes(screen->to, bytes, from, end);
        if (from == 0)
            print_title(screen, INDENT + columns_of(bytes, from, end), a->title);
        else
            fputc('\n', screen->to);
        add_labels(&part, a, bytes, from, end);
        if (part.count > 0)
            print_carets(&part);
        while (any_is_left(&part))
            print_labels(&part);
        if (end >= bytes.len)
            break;
    }
}

void screen_say(const struct screen *screen, char sign, const char *text)
{
    const struct part part = {.screen = screen};
    if (screen->printer != NULL) {
        screen->printer->say(screen, sign, text);
        return;
    }
    fprintf(screen->to, "%*c ", INDENT - 2, sign);
    print_text(&part, text, INDENT, INDENT);
    fputc('\n', screen->to);
}

/* Breaks the bytes where the screen ends. */
void screen_say_bytes(const struct screen *screen, char sign, struct mc_bytes bytes)
{
    fprintf(screen->to, "%*c ", INDENT - 2, sign);
    for (size_t from = 0, end; from < bytes.len; from = end) {
        end = from + 1;
        while (end < bytes.len && columns_of(bytes, from, end + 1) <= screen->width - INDENT)
            end++;
        if (from > 0)
            print_spaces(screen->to, INDENT);
        print_bytes(screen->to, bytes, from, end);
        fputc('\n', screen->to);
    }
}

size_t screen_columns(void)
{
    const char *text = getenv("COLUMNS");
    struct mc_number n = mc_argument_number(mc_string(text), COLUMNS_MAX);
    return n.good && !n.negative && n.size >= SCREEN_LEAST ? (size_t)n.size : COLUMNS;
}

/* Shows what is wrong, and what memcached tolerates. */
static void show_faults(const struct screen *screen, const struct mc_annotation *a)
{
    char text[256];
    if (a->fault != NULL) {
        snprintf(text, sizeof text, "byte %zu: %s", a->fault_at, a->fault);
        screen_say(screen, '!', text);
    }
    for (int note = 1; note <= a->notes; note <<= 1) {
        if ((a->notes & note) != 0)
            screen_say(screen, '!', mc_annotate_note(note));
    }
}

static void show_lines(const struct screen *screen, char sign, size_t offset,
                       const struct mc_annotation *annotation, struct mc_bytes bytes)
{
    char text[64];
    bool value = annotation->count > 0 && annotation->fields[0].at == 0 &&
                 strcmp(annotation->fields[0].name, "value") == 0;
    fprintf(screen->to, "%*zu %c ", INDENT - 3, offset, sign);
    if (annotation->secret) {
        int len = snprintf(text, sizeof text, "(%zu byte%s not shown)", bytes.len,
                           bytes.len == 1 ? " that is" : "s that are");
        fputs(text, screen->to);
        print_title(screen, INDENT + (size_t)len, annotation->title);
    } else if (value && annotation->fields[0].len > LONG_VALUE) {
        size_t shown = 0, room = screen->width - INDENT - SIZE_COLUMNS;
        while (columns_of(bytes, 0, shown + 1) <= room)
            shown++;
        print_bytes(screen->to, bytes, 0, shown);
        fprintf(screen->to, "... (%zu bytes here)\n", annotation->fields[0].len);
    } else {
        show_parts(screen, annotation, bytes);
    }
    show_faults(screen, annotation);
}

void screen_show(const struct screen *screen, char sign, size_t offset,
                 const struct mc_annotation *annotation, struct mc_bytes bytes)
{
    if (screen->printer != NULL)
        screen->printer->show(screen, sign, offset, annotation, bytes);
    else
        show_lines(screen, sign, offset, annotation, bytes);
}
