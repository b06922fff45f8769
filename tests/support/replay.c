/* Plays the client of a transcript to a real server. Bytes that vary are accepted as they come, and
 * sent back where the transcript refers to them by name. */
#include "replay.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    CONNECTIONS = 10,
    NAMES_MAX = 32,
    ANSWER_MS = 20000 /* the longest time for an answer */
};

/* The bytes that the server sent for a name. */
struct binding {
    char name[16];
    struct text bytes;
};

struct replay {
    const struct transcript *transcript;
    const struct transcript_step *step;
    const char *socket_path;
    struct text *problem;
    int fds[CONNECTIONS];           /* by connection; -1 before its first use */
    bool open_end[CONNECTIONS];     /* the last reply is not over, or the server closed */
    struct text heard[CONNECTIONS]; /* received and not compared yet */
    struct binding bindings[NAMES_MAX];
    size_t binding_count;
};

static bool fail(struct replay *r, const char *what)
{
    text_print(r->problem, "%s:%d: %s", r->transcript->path, r->step->line, what);
    return false;
}

/* ---- names --------------------------------------------------------------------------------- */

static struct binding *find_binding(struct replay *r, const char *name)
{
    for (size_t i = 0; i < r->binding_count; i++) {
        if (strcmp(r->bindings[i].name, name) == 0)
            return &r->bindings[i];
    }
    return NULL;
}

static void bind_name(struct replay *r, const char *name, const char *data, size_t len)
{
    struct binding *binding = find_binding(r, name);
    if (name[0] == '\0' || (binding == NULL && r->binding_count == NAMES_MAX))
        return;
    if (binding == NULL) {
        binding = &r->bindings[r->binding_count++];
        snprintf(binding->name, sizeof binding->name, "%s", name);
    }
    text_clear(&binding->bytes);
    text_add(&binding->bytes, data, len);
}

/* ---- comparing ----------------------------------------------------------------------------- */

enum match { MATCHES, DIFFERS, TOO_SHORT };

/* Bytes that vary are a word; where the example is a number, a number. */
static bool may_vary(const struct text *example, char c)
{
    size_t digits = example->len > 0 ? strspn(example->data, "0123456789") : 0;
    if (digits > 0 && digits == example->len)
        return isdigit((unsigned char)c);
    return (unsigned char)c > ' ';
}

static enum match match_varying(const struct transcript_piece *piece, const struct text *heard,
                                size_t start, size_t *end)
{
    size_t i = start;
    while (i < heard->len && may_vary(&piece->bytes, heard->data[i]))
        i++;
    *end = i;
    if (i == heard->len)
        return TOO_SHORT;
    return i > start ? MATCHES : DIFFERS;
}

static enum match match_literal(const struct transcript_piece *piece, const struct text *heard,
                                size_t start, size_t *end)
{
    size_t i = 0;
    while (i < piece->bytes.len && start + i < heard->len &&
           heard->data[start + i] == piece->bytes.data[i])
        i++;
    *end = start + i;
    if (i == piece->bytes.len)
        return MATCHES;
    return start + i == heard->len ? TOO_SHORT : DIFFERS;
}

/* Compares the step with the first bytes received; *end is where it ends. */
static enum match match_step(struct replay *r, const struct text *heard, size_t *end)
{
    *end = 0;
    for (size_t k = 0; k < r->step->count; k++) {
        const struct transcript_piece *piece = &r->step->pieces[k];
        size_t start = *end;
        enum match match = piece->varies ? match_varying(piece, heard, start, end)
                                         : match_literal(piece, heard, start, end);
        if (match != MATCHES)
            return match;
        if (piece->varies)
            bind_name(r, piece->name, heard->data + start, *end - start);
    }
    return MATCHES;
}

static bool report_difference(struct replay *r, const struct text *heard)
{
    fail(r, "the server said: ");
    text_escape(r->problem, heard->data, heard->len < 200 ? heard->len : 200);
    return false;
}

/* ---- the connection ------------------------------------------------------------------------ */

static bool connect_to(struct replay *r, int *fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (*fd >= 0)
        return true;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", r->socket_path);
    *fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (*fd < 0 || connect(*fd, (struct sockaddr *)&address, sizeof address) != 0)
        return fail(r, strerror(errno));
    return true;
}

static bool send_all(struct replay *r, int fd, const struct text *bytes)
{
    for (size_t sent = 0; sent < bytes->len;) {
        ssize_t n = send(fd, bytes->data + sent, bytes->len - sent, MSG_NOSIGNAL);
        if (n < 0)
            return fail(r, strerror(errno));
        sent += (size_t)n;
    }
    return true;
}

/* Receives more: the number of bytes, 0 when the server closed, -1 when it sends nothing. */
static int hear(struct replay *r, int connection)
{
    char data[4096];
    struct pollfd ready = {.fd = r->fds[connection], .events = POLLIN};
    if (poll(&ready, 1, ANSWER_MS) <= 0)
        return -1;
    ssize_t n = recv(r->fds[connection], data, sizeof data, 0);
    if (n <= 0)
        return 0;
    text_add(&r->heard[connection], data, (size_t)n);
    return (int)n;
}

static void drop_front(struct text *text, size_t len)
{
    memmove(text->data, text->data + len, text->len - len);
    text->len -= len;
}

/* ---- steps --------------------------------------------------------------------------------- */

static bool play_sent(struct replay *r)
{
    struct text bytes = {0};
    for (size_t k = 0; k < r->step->count; k++) {
        const struct transcript_piece *piece = &r->step->pieces[k];
        const struct binding *bound = piece->varies ? find_binding(r, piece->name) : NULL;
        const struct text *source = bound != NULL ? &bound->bytes : &piece->bytes;
        text_add(&bytes, source->data, source->len);
    }
    bool ok = send_all(r, r->fds[r->step->connection], &bytes);
    text_free(&bytes);
    return ok;
}

/* Receives and compares until the step is complete; a line that may come any number of times, as
 * often as it comes. */
static bool play_said(struct replay *r)
{
    struct text *heard = &r->heard[r->step->connection];
    bool many = r->step->kind == TRANSCRIPT_MANY;
    for (;;) {
        size_t end;
        enum match match = match_step(r, heard, &end);
        if (match == MATCHES)
            drop_front(heard, end);
        if (match == MATCHES && !many)
            return true;
        if (match == DIFFERS)
            return many || report_difference(r, heard);
        if (match == TOO_SHORT && hear(r, r->step->connection) <= 0)
            return fail(r, "the server said no more than: ") || report_difference(r, heard);
    }
}

static bool play_closed(struct replay *r)
{
    int connection = r->step->connection;
    if (r->heard[connection].len > 0 || hear(r, connection) != 0)
        return fail(r, "the server did not close");
    r->open_end[connection] = true;
    return true;
}

static bool is_more(const struct transcript_step *step)
{
    return step->count == 1 && strcmp(text_string(&step->pieces[0].bytes), "MORE") == 0;
}

static bool play_step(struct replay *r)
{
    int connection = r->step->connection;
    if (!connect_to(r, &r->fds[connection]))
        return false;
    switch (r->step->kind) {
    case TRANSCRIPT_SENT: return play_sent(r);
    case TRANSCRIPT_SAID:
    case TRANSCRIPT_MANY: return play_said(r);
    case TRANSCRIPT_CLOSED: return play_closed(r);
    case TRANSCRIPT_EVENT: r->open_end[connection] = is_more(r->step); return true;
    default: return true;
    }
}

/* This end closes first: whatever the server still sends is an error. */
static bool play_end(struct replay *r, int connection)
{
    if (r->fds[connection] < 0 || r->open_end[connection])
        return true;
    shutdown(r->fds[connection], SHUT_WR);
    if (r->heard[connection].len == 0 && hear(r, connection) == 0)
        return true;
    return fail(r, "at its end, more: ") || report_difference(r, &r->heard[connection]);
}

static bool play(struct replay *r)
{
    for (size_t i = 0; i < r->transcript->count; i++) {
        r->step = &r->transcript->steps[i];
        if (!play_step(r))
            return false;
    }
    for (int connection = 0; connection < CONNECTIONS; connection++) {
        if (!play_end(r, connection))
            return false;
    }
    return true;
}

bool replay_live(const struct transcript *transcript, const char *socket_path, struct text *problem)
{
    struct replay r = {.transcript = transcript, .socket_path = socket_path, .problem = problem};
    for (int i = 0; i < CONNECTIONS; i++)
        r.fds[i] = -1;
    bool same = play(&r);
    for (int i = 0; i < CONNECTIONS; i++) {
        if (r.fds[i] >= 0)
            close(r.fds[i]);
        text_free(&r.heard[i]);
    }
    for (size_t i = 0; i < r.binding_count; i++)
        text_free(&r.bindings[i].bytes);
    return same;
}
