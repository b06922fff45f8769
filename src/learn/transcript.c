/* Loads transcripts, line by line: prose, the header, and then the steps of the conversation. */
#include "transcript.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSCRIPT_FILE_MAX = 1 << 20 };

/* The line being parsed. */
struct parser {
    struct transcript *transcript;
    const char *at;
    char bytes[4096]; /* the line, where `at` is */
    int line;
    bool has_prose, has_source;
};

static bool fail(struct parser *p, const char *problem)
{
    text_print(&p->transcript->problem, "%s:%d: %s", p->transcript->path, p->line, problem);
    return false;
}

static struct transcript_piece *add_piece(struct transcript_step *step, bool varies)
{
    struct transcript_piece *larger = realloc(step->pieces, (step->count + 1) * sizeof *larger);
    if (larger == NULL)
        abort();
    step->pieces = larger;
    struct transcript_piece *piece = &larger[step->count];
    *piece = (struct transcript_piece){.varies = varies};
    step->count++;
    return piece;
}

static void add_byte(struct transcript_step *step, char c)
{
    struct transcript_piece *last = step->count > 0 ? &step->pieces[step->count - 1] : NULL;
    if (last == NULL || last->varies)
        last = add_piece(step, false);
    text_add(&last->bytes, &c, 1);
}

bool transcript_byte(const char **at, char *byte)
{
    static const char letters[] = "rn\\{", bytes[] = "\r\n\\{";
    const char *b = *at;
    *byte = *b++;
    if (*byte == '\\' && *b == 'x') {
        if (!isxdigit((unsigned char)b[1]) || !isxdigit((unsigned char)b[2]))
            return false;
        const char digits[] = {b[1], b[2], '\0'};
        *byte = (char)strtoul(digits, NULL, 16);
        b += 3;
    } else if (*byte == '\\') {
        const char *known = *b != '\0' ? strchr(letters, *b++) : NULL;
        if (known == NULL)
            return false;
        *byte = bytes[known - letters];
    }
    *at = b;
    return true;
}

static bool parse_byte(struct parser *p, char *c)
{
    return transcript_byte(&p->at, c) ||
           fail(p, p->at[1] == 'x' ? "two hexadecimal digits belong after \\x"
                                   : "a backslash with an unknown letter");
}

enum { REPEAT_MAX = 1 << 21 };

/* {2000*x}: many of one byte */
static bool parse_repeat(struct parser *p, struct transcript_step *step)
{
    char *end, c;
    unsigned long count = strtoul(p->at, &end, 10);
    if (*end != '*')
        return fail(p, "a count is followed by * and the byte to repeat");
    if (count > REPEAT_MAX)
        return fail(p, "a byte is repeated 2097152 times at most");
    p->at = end + 1;
    if (*p->at == '\0')
        return fail(p, "a } is missing");
    if (!parse_byte(p, &c))
        return false;
    for (; count > 0; count--)
        add_byte(step, c);
    return *p->at++ == '}' || fail(p, "a } is missing");
}

/* The last bytes of this name that came with an example. */
static const struct transcript_piece *find_piece(const struct transcript *t, const char *name)
{
    for (size_t i = t->count; i > 0; i--) {
        for (size_t k = 0; k < t->steps[i - 1].count; k++) {
            const struct transcript_piece *piece = &t->steps[i - 1].pieces[k];
            if (piece->varies && piece->bytes.len > 0 && strcmp(piece->name, name) == 0)
                return piece;
        }
    }
    return NULL;
}

/* {name}: the same bytes as before */
static bool copy_example(struct parser *p, struct transcript_piece *piece)
{
    const struct transcript_piece *first = find_piece(p->transcript, piece->name);
    if (piece->name[0] == '\0' || first == NULL)
        return fail(p, "no bytes of this name were said before");
    text_add(&piece->bytes, first->bytes.data, first->bytes.len);
    return true;
}

/* {name=example}, {=example} or {name} */
static bool parse_varying(struct parser *p, struct transcript_step *step)
{
    const char *end = strchr(p->at, '}');
    size_t name = strcspn(p->at, "=}");
    struct transcript_piece *piece = add_piece(step, true);
    if (end == NULL || name >= sizeof piece->name)
        return fail(p, "a } is missing, or the name is too long");
    memcpy(piece->name, p->at, name);
    const char *example = p->at + name;
    p->at = end + 1;
    if (*example == '}')
        return copy_example(p, piece);
    text_add(&piece->bytes, example + 1, (size_t)(end - example - 1));
    return true;
}

static bool parse_bytes(struct parser *p, struct transcript_step *step)
{
    char c;
    while (*p->at != '\0') {
        if (*p->at == '{') {
            p->at++;
            bool ok =
                isdigit((unsigned char)*p->at) ? parse_repeat(p, step) : parse_varying(p, step);
            if (!ok)
                return false;
        } else if (!parse_byte(p, &c)) {
            return false;
        } else {
            add_byte(step, c);
        }
    }
    return true;
}

/* The signs that a step begins with. */
static const struct {
    const char *sign;
    enum transcript_kind kind;
    bool has_bytes;
} signs[] = {
    {"> ", TRANSCRIPT_SENT, true},          {"< ", TRANSCRIPT_SAID, true},
    {"<* ", TRANSCRIPT_MANY, true},         {"= ", TRANSCRIPT_EVENT, true},
    {"! stream", TRANSCRIPT_STREAM, false}, {"! closed", TRANSCRIPT_CLOSED, false},
};

static struct transcript_step *add_step(struct parser *p)
{
    struct transcript *t = p->transcript;
    struct transcript_step *larger = realloc(t->steps, (t->count + 1) * sizeof *larger);
    if (larger == NULL)
        abort();
    t->steps = larger;
    t->steps[t->count] = (struct transcript_step){.line = p->line, .connection = 1};
    t->count++;
    return &t->steps[t->count - 1];
}

/* [<connection>]<sign> <bytes> */
static bool parse_step(struct parser *p)
{
    struct transcript_step *step = add_step(p);
    if (*p->at >= '1' && *p->at <= '9')
        step->connection = *p->at++ - '0';
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (strncmp(p->at, signs[i].sign, strlen(signs[i].sign)) != 0)
            continue;
        step->kind = signs[i].kind;
        p->at += strlen(signs[i].sign);
        if (signs[i].has_bytes)
            return parse_bytes(p, step);
        return *p->at == '\0' || fail(p, "something follows the word");
    }
    return fail(p, "a line begins with none of: # > < <* = ! and no header is known by this name");
}

/* True when the line is <name>: <value>, copied to `to`. */
static bool parse_header(struct parser *p, const char *name, char *to, size_t cap)
{
    size_t len = strlen(name);
    if (strncmp(p->at, name, len) != 0 || strlen(p->at + len) >= cap)
        return false;
    memcpy(to, p->at + len, strlen(p->at + len) + 1);
    return true;
}

unsigned transcript_version(const char *text, const char **end)
{
    unsigned version = 0;
    const char *at = text;
    for (int parts = 0; parts < 3; parts++) {
        if (!isdigit((unsigned char)*at))
            return *end = text, 0;
        char *after;
        version = version * 1000 + (unsigned)strtoul(at, &after, 10);
        at = *after == '.' && parts < 2 ? after + 1 : after;
    }
    *end = at;
    return version;
}

/* <first>..<last> */
static bool parse_versions(struct parser *p, const char *text, const char **end)
{
    struct transcript *t = p->transcript;
    t->first = transcript_version(text, end);
    if (t->first == 0 || strncmp(*end, "..", 2) != 0)
        return false;
    t->last = transcript_version(*end + 2, end);
    return t->last >= t->first;
}

/* server: none, or server: memcached <first>..<last>[ <options>] */
static bool parse_server(struct parser *p)
{
    struct transcript *t = p->transcript;
    char rest[sizeof t->options];
    const char *end;
    if (parse_header(p, "server: none", t->options, 1))
        return true;
    if (!parse_header(p, "server: memcached ", rest, sizeof rest) ||
        !parse_versions(p, rest, &end) || (*end != '\0' && *end != ' '))
        return false;
    const char *options = *end == ' ' ? end + 1 : end;
    memcpy(t->options, options, strlen(options) + 1);
    t->live = true;
    return true;
}

static bool parse_line(struct parser *p)
{
    struct transcript *t = p->transcript;
    if (*p->at == '#') {
        p->has_prose = true;
        p->has_source = p->has_source || strstr(p->at, "protocol.txt") != NULL;
        return true;
    }
    if (*p->at == '\0' || parse_server(p) ||
        parse_header(p, "users: ", t->users, sizeof t->users) ||
        parse_header(p, "needs: ", t->needs, sizeof t->needs))
        return true;
    return parse_step(p);
}

/* The next line of what is left, without its end. */
static bool next_line(struct parser *p, struct mc_bytes *left)
{
    const char *end = left->len > 0 ? memchr(left->data, '\n', left->len) : NULL;
    size_t len = end != NULL ? (size_t)(end - left->data) : left->len;
    if (len >= sizeof p->bytes)
        return fail(p, "the line is too long");
    memcpy(p->bytes, left->data, len);
    p->bytes[len] = '\0';
    p->at = p->bytes;
    left->data += len + (end != NULL ? 1 : 0);
    left->len -= len + (end != NULL ? 1 : 0);
    return true;
}

bool transcript_parse(struct transcript *transcript, const char *path, struct mc_bytes text)
{
    *transcript = (struct transcript){0};
    struct parser p = {.transcript = transcript};
    strncat(transcript->path, path, sizeof transcript->path - 1);
    while (text.len > 0) {
        p.line++;
        if (!next_line(&p, &text) || !parse_line(&p))
            return false;
    }
    if (!p.has_prose || !p.has_source)
        return fail(&p, "the prose that names the section of protocol.txt is missing");
    return transcript->count > 0 || fail(&p, "nobody says anything");
}

/* NULL, or why not. */
static const char *read_all(FILE *file, struct text *all)
{
    char data[4096];
    size_t n;
    do {
        n = fread(data, 1, sizeof data, file);
        text_add(all, data, n);
    } while (n == sizeof data && all->len <= TRANSCRIPT_FILE_MAX);
    if (ferror(file) != 0)
        return strerror(errno);
    return all->len <= TRANSCRIPT_FILE_MAX ? NULL : "a transcript has at most 1 MiB";
}

bool transcript_load(struct transcript *transcript, const char *path)
{
    struct text all = {0};
    FILE *file = fopen(path, "r");
    *transcript = (struct transcript){0};
    if (file == NULL) {
        text_print(&transcript->problem, "%s: %s", path, strerror(errno));
        return false;
    }
    const char *problem = read_all(file, &all);
    (void)fclose(file);
    if (problem != NULL)
        text_print(&transcript->problem, "%s: %s", path, problem);
    bool ok = problem == NULL &&
              transcript_parse(transcript, path, (struct mc_bytes){text_string(&all), all.len});
    text_free(&all);
    return ok;
}

static void free_step(struct transcript_step *step)
{
    for (size_t k = 0; k < step->count; k++)
        text_free(&step->pieces[k].bytes);
    free(step->pieces);
}

void transcript_free(struct transcript *transcript)
{
    for (size_t i = 0; i < transcript->count; i++)
        free_step(&transcript->steps[i]);
    free(transcript->steps);
    text_free(&transcript->problem);
    *transcript = (struct transcript){0};
}

void transcript_bytes(const struct transcript_step *step, struct text *bytes)
{
    for (size_t k = 0; k < step->count; k++)
        text_add(bytes, step->pieces[k].bytes.data, step->pieces[k].bytes.len);
}
