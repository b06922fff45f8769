/* Edits one line. The keys are those of readline; of UTF-8 a character is moved over as a whole, and
 * what is not text is shown as \xHH. */
#include "edit.h"

#include <string.h>

#include "escape.h"

#define CONTROL(letter) ((letter)-64)

enum { ESCAPE = 27, BACKSPACE = 127, DELETE = 256 /* a key of several bytes, as the arrows are */ };

enum edit_escape {
    ESCAPE_NONE,
    ESCAPE_BEGUN,  /* ESC */
    ESCAPE_NUMBER, /* ESC [, with or without digits */
    ESCAPE_LETTER  /* ESC O */
};

/* ---- characters ------------------------------------------------------------------------------ */

static struct mc_bytes text_of(const struct edit *edit)
{
    return (struct mc_bytes){edit->text.data, edit->text.len};
}

/* The bytes of the character that begins here: more than one if they are UTF-8. */
static size_t length_of(struct mc_bytes text, size_t at)
{
    unsigned char first = (unsigned char)text.data[at];
    size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;

    return len <= text.len - at && escape_is_utf8(text.data + at, len) ? len : 1;
}

/* Where the character before the cursor begins. */
static size_t before_cursor(const struct edit *edit)
{
    size_t at = edit->cursor > 4 ? edit->cursor - 4 : 0;

    while (at < edit->cursor && at + length_of(text_of(edit), at) != edit->cursor)
        at++;
    return at;
}

/* How many columns it takes at most; a letter that is not of ASCII may take two. */
static size_t columns_of(struct mc_bytes text, size_t at)
{
    size_t len = length_of(text, at);
    unsigned char first = (unsigned char)text.data[at];

    if (len == 1)
        return first >= 0x20 && first < 0x7f ? 1 : 4;
    return first == 0xc2 && (unsigned char)text.data[at + 1] < 0xa0 ? 8 : 2;
}

/* ---- changes --------------------------------------------------------------------------------- */

static void erase(struct edit *edit, size_t from, size_t to)
{
    char *data = edit->text.data;

    if (from == to)
        return;
    memmove(data + from, data + to, edit->text.len - to);
    edit->text.len -= to - from;
    edit->cursor = from;
}

static void insert(struct edit *edit, char byte)
{
    buffer_add(&edit->text, (struct mc_bytes){&byte, 1});
    char *at = edit->text.data + edit->cursor;
    memmove(at + 1, at, edit->text.len - 1 - edit->cursor);
    *at = byte;
    edit->cursor++;
}

static void erase_before(struct edit *edit)
{
    if (edit->cursor > 0)
        erase(edit, before_cursor(edit), edit->cursor);
}

static void erase_under(struct edit *edit)
{
    if (edit->cursor < edit->text.len)
        erase(edit, edit->cursor, edit->cursor + length_of(text_of(edit), edit->cursor));
}

static void erase_rest(struct edit *edit)
{
    edit->text.len = edit->cursor;
}

static void erase_front(struct edit *edit)
{
    erase(edit, 0, edit->cursor);
}

static void erase_word(struct edit *edit)
{
    size_t at = edit->cursor;

    while (at > 0 && edit->text.data[at - 1] == ' ')
        at--;
    while (at > 0 && edit->text.data[at - 1] != ' ')
        at--;
    erase(edit, at, edit->cursor);
}

/* ---- moves ----------------------------------------------------------------------------------- */

static void go_home(struct edit *edit)
{
    edit->cursor = 0;
}

static void go_end(struct edit *edit)
{
    edit->cursor = edit->text.len;
}

static void go_left(struct edit *edit)
{
    if (edit->cursor > 0)
        edit->cursor = before_cursor(edit);
}

static void go_right(struct edit *edit)
{
    if (edit->cursor < edit->text.len)
        edit->cursor += length_of(text_of(edit), edit->cursor);
}

static void copy(struct buffer *to, const struct buffer *from)
{
    to->len = 0;
    buffer_add(to, (struct mc_bytes){from->data, from->len});
}

/* Shows another line of the history, or what was typed. */
static void choose(struct edit *edit, size_t chosen)
{
    const struct history *history = edit->history;

    if (edit->chosen == history->count)
        copy(&edit->typed, &edit->text);
    edit->chosen = chosen;
    copy(&edit->text, chosen == history->count ? &edit->typed : &history->lines[chosen]);
    go_end(edit);
}

static void go_up(struct edit *edit)
{
    if (edit->history != NULL && edit->chosen > 0)
        choose(edit, edit->chosen - 1);
}

static void go_down(struct edit *edit)
{
    if (edit->history != NULL && edit->chosen < edit->history->count)
        choose(edit, edit->chosen + 1);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static const struct {
    int key;
    void (*act)(struct edit *edit);
} actions[] = {
    {CONTROL('A'), go_home},     {CONTROL('B'), go_left},    {CONTROL('D'), erase_under},
    {CONTROL('E'), go_end},      {CONTROL('F'), go_right},   {CONTROL('H'), erase_before},
    {CONTROL('K'), erase_rest},  {CONTROL('N'), go_down},    {CONTROL('P'), go_up},
    {CONTROL('U'), erase_front}, {CONTROL('W'), erase_word}, {BACKSPACE, erase_before},
    {DELETE, erase_under},
};

/* The key whose sequence ends with this byte; 0: no key that is used here. */
static int key_of(char last, unsigned number)
{
    switch (last) {
    case 'A': return CONTROL('P');
    case 'B': return CONTROL('N');
    case 'C': return CONTROL('F');
    case 'D': return CONTROL('B');
    case 'F': return CONTROL('E');
    case 'H': return CONTROL('A');
    case '~': break;
    default: return 0;
    }
    return number == 1 || number == 7   ? CONTROL('A')
           : number == 4 || number == 8 ? CONTROL('E')
           : number == 3                ? DELETE
                                        : 0;
}

/* Reads a byte of a sequence. Returns the key at its end, and 0 until then. */
static int read_escape(struct edit *edit, char byte)
{
    int begun = edit->escape;

    if (begun == ESCAPE_BEGUN) {
        edit->escape = byte == '[' ? ESCAPE_NUMBER : byte == 'O' ? ESCAPE_LETTER : ESCAPE_NONE;
        edit->number = 0;
        return 0;
    }
    if (begun == ESCAPE_NUMBER && byte >= '0' && byte <= '9')
        edit->number = (edit->number * 10 + (unsigned)(byte - '0')) % 1000;
    if (begun == ESCAPE_NUMBER && byte >= ' ' && byte < '@')
        return 0;
    edit->escape = ESCAPE_NONE;
    return key_of(byte, edit->number);
}

static void use_key(struct edit *edit, int key)
{
    for (size_t k = 0; k < sizeof actions / sizeof *actions; k++) {
        if (actions[k].key == key)
            actions[k].act(edit);
    }
}

enum edit_result edit_key(struct edit *edit, char byte)
{
    unsigned char c = (unsigned char)byte;

    if (edit->escape != ESCAPE_NONE)
        use_key(edit, read_escape(edit, byte));
    else if (c == ESCAPE)
        edit->escape = ESCAPE_BEGUN;
    else if (c == '\n' || c == '\r')
        return EDIT_LINE;
    else if (c == CONTROL('D') && edit->text.len == 0)
        return EDIT_END;
    else if ((c >= ' ' && c != BACKSPACE) || c == '\t')
        insert(edit, byte);
    else
        use_key(edit, c);
    return EDIT_MORE;
}

void edit_start(struct edit *edit, const struct history *history)
{
    edit->text.len = edit->typed.len = 0;
    edit->cursor = 0;
    edit->history = history;
    edit->chosen = history != NULL ? history->count : 0;
    edit->escape = ESCAPE_NONE;
}

void edit_free(struct edit *edit)
{
    buffer_free(&edit->text);
    buffer_free(&edit->typed);
}

/* ---- painting -------------------------------------------------------------------------------- */

/* The first character to be shown, so that the cursor is on the screen. */
static size_t first_shown(const struct edit *edit, size_t room)
{
    struct mc_bytes text = text_of(edit);
    size_t first = 0, columns = 0;

    for (size_t at = 0; at < edit->cursor; at += length_of(text, at))
        columns += columns_of(text, at);
    for (; columns > room; first += length_of(text, first))
        columns -= columns_of(text, first);
    return first;
}

/* Prints text[from..to), or as much of it as there is room for. Returns the columns that are left, 0
 * when something did not fit. */
static size_t print_text(FILE *out, struct mc_bytes text, size_t from, size_t room)
{
    for (size_t at = from, len; at < text.len; at += len) {
        len = length_of(text, at);
        size_t columns = columns_of(text, at);
        if (columns > room)
            return 0;
        escape_text_of(out, text.data + at, len);
        room -= columns;
    }
    return room;
}

static void print_hint(const struct edit_look *look, size_t room)
{
    const char *before = look->grey ? "\033[90m" : " (", *after = look->grey ? "\033[0m" : ")";
    size_t len = strlen(look->hint), most = look->grey ? room : room > 3 ? room - 3 : 0;

    if (len > most)
        len = most;
    if (len > 0)
        fprintf(look->to, "%s%.*s%s", before, (int)len, look->hint, after);
}

/* ESC 7 and ESC 8 keep the cursor's place and return to it, however wide the letters are. */
void edit_paint(const struct edit *edit, const struct edit_look *look)
{
    size_t label = strlen(look->label) + 1;
    size_t room = look->columns > label ? look->columns - label : 1;
    size_t first = first_shown(edit, room);
    struct mc_bytes text = text_of(edit), front = {text.data, edit->cursor};

    fprintf(look->to, "\r%s", look->label);
    room = print_text(look->to, front, first, room);
    fputs("\0337", look->to);
    room = print_text(look->to, text, edit->cursor, room);
    print_hint(look, room);
    fputs("\033[K\0338", look->to);
}
