/* Asks the system about the terminal, and the environment about colours. */
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "escape.h"

enum { ROWS = 24, ROWS_LEAST = 8 };

/* Is there a terminal that understands escape sequences? */
static bool is_smart(const struct session *session)
{
    const char *term = getenv("TERM");
    return session->terminal && (term == NULL || strcmp(term, "dumb") != 0);
}

struct terminal terminal_look(const struct session *session)
{
    const char *no_color = getenv("NO_COLOR");
    bool smart = is_smart(session), wanted = session->settings->color == COLOR_AUTO;
    struct terminal terminal = {
        .redraws = smart, .colors = smart && wanted && (no_color == NULL || no_color[0] == '\0')};
    struct winsize size = {0};

    if (!session->terminal)
        return terminal;
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    terminal.columns =
        getenv("COLUMNS") == NULL && size.ws_col > 0 ? size.ws_col : screen_columns();
    if (terminal.columns < SCREEN_LEAST)
        terminal.columns = SCREEN_LEAST;
    terminal.rows = size.ws_row > 0 ? size.ws_row : ROWS;
    if (terminal.rows < ROWS_LEAST)
        terminal.rows = ROWS_LEAST;
    return terminal;
}

void terminal_set_color(const struct terminal *terminal, enum terminal_color color)
{
    static const char *const codes[] = {[TERMINAL_PLAIN] = "\033[0m",
                                        [TERMINAL_BOLD] = "\033[1m",
                                        [TERMINAL_DIM] = "\033[2m",
                                        [TERMINAL_GOOD] = "\033[32m",
                                        [TERMINAL_BAD] = "\033[33m"};
    if (terminal->colors)
        fputs(codes[color], stdout);
}

void terminal_clear(const struct terminal *terminal)
{
    if (terminal->redraws)
        fputs("\033[H\033[J", stdout);
}

size_t terminal_width(struct mc_bytes text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.len; i++)
        width += ((unsigned char)text.data[i] & 0xc0) != 0x80 ? 1 : 0;
    return width;
}

void terminal_escape(FILE *out, struct mc_bytes text)
{
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        for (end = at; end < text.len && text.data[end] != ' ';)
            end++;
        escape_field(out, text.data + at, end - at);
        if (end < text.len)
            fputs("\\x20", out);
    }
}

int terminal_open_line(struct terminal_line *line)
{
    *line = (struct terminal_line){0};
    line->field = open_memstream(&line->text, &line->size);
    return line->field != NULL ? 0 : -1;
}

void terminal_begin(struct terminal_line *line, const struct terminal *terminal, size_t indent)
{
    line->columns = terminal->columns;
    line->indent = indent;
    line->at = 0;
    line->begun = false;
}

FILE *terminal_field(struct terminal_line *line)
{
    fseek(line->field, 0, SEEK_SET);
    return line->field;
}

void terminal_add(struct terminal_line *line)
{
    long len = ftell(line->field);

    fflush(line->field);
    const struct mc_bytes field = {line->text, len > 0 ? (size_t)len : 0};
    size_t width = terminal_width(field);
    if (line->begun && line->columns > 0 && line->at + 1 + width > line->columns) {
        printf("\n%*s", (int)line->indent, "");
        line->at = line->indent;
    } else if (line->begun) {
        putchar(' ');
        line->at++;
    }
    fwrite(field.data, 1, field.len, stdout);
    line->at += width;
    line->begun = true;
}

void terminal_close_line(struct terminal_line *line)
{
    fclose(line->field);
    free(line->text);
}
