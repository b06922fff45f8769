/* Plays the client of a transcript to a real server. Bytes that vary are accepted as they come, and
 * sent back where the transcript refers to them by name. */
#include "replay.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "socket.h"

enum { CONNECTIONS = 10, NAMES_MAX = 32 };

/* The bytes that the server sent for a name. */
struct binding {
    char name[16];
    struct text bytes;
};

struct connection {
    struct mc_socket socket;
    bool open_end;     /* the last reply is not over, or the server closed */
    struct text heard; /* received and not compared yet */
    struct text asked; /* what was sent since the last answer */
    bool answered;
};

struct replay {
    const struct transcript *transcript;
    const struct transcript_step *step;
    const struct replay_server *server;
    struct replay_difference *difference;
    struct connection connections[CONNECTIONS];
    struct binding bindings[NAMES_MAX];
    size_t binding_count;
};

static struct connection *connection_of(struct replay *r)
{
    return &r->connections[r->step->connection];
}

static bool differs(struct replay *r, const char *what)
{
    struct connection *connection = connection_of(r);
    r->difference->step = r->step;
    r->difference->what = what;
    r->difference->connected = connection->socket.open;
    text_add(&r->difference->asked, connection->asked.data, connection->asked.len);
    return false;
}

/* The same for the bytes that the step has and those that came. */
static bool says_otherwise(struct replay *r, const char *what, bool expects)
{
    const struct text *heard = &connection_of(r)->heard;
    if (expects)
        transcript_bytes(r->step, &r->difference->expected);
    text_add(&r->difference->said, heard->data, heard->len);
    return differs(r, what);
}

static bool fails(struct replay *r, const char *what)
{
    r->difference->reason = mc_socket_reason(&connection_of(r)->socket);
    return differs(r, what);
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
        memcpy(binding->name, name, strlen(name) + 1);
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

/* ---- the connection ------------------------------------------------------------------------ */

static mc_deadline deadline_of(const struct replay *r)
{
    return mc_socket_deadline(r->server->timeout_ms);
}

static bool open_connection(struct replay *r)
{
    struct mc_socket *socket = &connection_of(r)->socket;
    if (socket->open)
        return true;
    return mc_socket_dial(socket, &r->server->address, deadline_of(r)) == 0 ||
           fails(r, "there is no connection");
}

static bool send_all(struct replay *r, struct mc_bytes bytes)
{
    struct connection *connection = connection_of(r);
    struct mc_transport transport = mc_socket_transport(&connection->socket);
    while (bytes.len > 0) {
        ptrdiff_t n = transport.send(transport.ctx, &bytes, 1, deadline_of(r));
        if (n < 0)
            return fails(r, "the request could not be sent");
        bytes.data += n;
        bytes.len -= (size_t)n;
    }
    return true;
}

/* Receives more. 0, or why there is no more. */
static int hear(struct replay *r)
{
    char data[4096];
    struct connection *connection = connection_of(r);
    struct mc_transport transport = mc_socket_transport(&connection->socket);
    ptrdiff_t n = transport.recv(transport.ctx, data, sizeof data, deadline_of(r));
    if (n < 0)
        return (int)n;
    text_add(&connection->heard, data, (size_t)n);
    return 0;
}

static bool has_closed(struct replay *r)
{
    int result = hear(r);
    return result == MC_E_CLOSED || result == MC_E_SYSTEM;
}

/* ---- steps --------------------------------------------------------------------------------- */

static bool play_sent(struct replay *r)
{
    struct connection *connection = connection_of(r);
    struct text *asked = &connection->asked;
    size_t before = connection->answered ? 0 : asked->len;
    connection->answered = false;
    asked->len = before;
    for (size_t k = 0; k < r->step->count; k++) {
        const struct transcript_piece *piece = &r->step->pieces[k];
        const struct binding *bound = piece->varies ? find_binding(r, piece->name) : NULL;
        const struct text *source = bound != NULL ? &bound->bytes : &piece->bytes;
        text_add(asked, source->data, source->len);
    }
    return send_all(r, (struct mc_bytes){asked->data + before, asked->len - before});
}

/* Receives more; where there is no more, says why. */
static bool hears_more(struct replay *r)
{
    int result = hear(r);
    return result == 0 ||
           says_otherwise(r,
                          result == MC_E_TIMEOUT ? "the server said no more"
                                                 : "the server closed the connection",
                          true);
}

/* Receives and compares until the step is complete; a line that may come any number of times, as
 * often as it comes. */
static bool play_said(struct replay *r)
{
    struct text *heard = &connection_of(r)->heard;
    bool many = r->step->kind == TRANSCRIPT_MANY;
    for (;;) {
        size_t end;
        enum match match = match_step(r, heard, &end);
        if (match == MATCHES)
            text_drop(heard, end);
        if (match == MATCHES && !many)
            return connection_of(r)->answered = true;
        if (match == DIFFERS)
            return many || says_otherwise(r, "the server said something else", true);
        if (match == TOO_SHORT && !hears_more(r))
            return false;
    }
}

static bool play_closed(struct replay *r)
{
    struct connection *connection = connection_of(r);
    if (connection->heard.len > 0 || !has_closed(r))
        return says_otherwise(r, "the server did not close the connection", false);
    connection->open_end = true;
    return true;
}

static bool is_more(const struct transcript_step *step)
{
    return step->count == 1 && strcmp(text_string(&step->pieces[0].bytes), "MORE") == 0;
}

static bool play_step(struct replay *r)
{
    if (!open_connection(r))
        return false;
    switch (r->step->kind) {
    case TRANSCRIPT_SENT: return play_sent(r);
    case TRANSCRIPT_SAID:
    case TRANSCRIPT_MANY: return play_said(r);
    case TRANSCRIPT_CLOSED: return play_closed(r);
    case TRANSCRIPT_EVENT: connection_of(r)->open_end = is_more(r->step); return true;
    default: return true;
    }
}

/* The last step of a connection. NULL: there is none. */
static const struct transcript_step *last_step(const struct transcript *transcript, int connection)
{
    const struct transcript_step *last = NULL;
    for (size_t i = 0; i < transcript->count; i++) {
        if (transcript->steps[i].connection == connection)
            last = &transcript->steps[i];
    }
    return last;
}

/* This end closes first: whatever the server still sends is an error. */
static bool play_end(struct replay *r)
{
    struct connection *connection = connection_of(r);
    if (connection->open_end)
        return true;
    shutdown(connection->socket.fd, SHUT_WR);
    return (connection->heard.len == 0 && has_closed(r)) ||
           says_otherwise(r, "at the end of the connection, the server said more", false);
}

static bool play(struct replay *r)
{
    for (size_t i = 0; i < r->transcript->count; i++) {
        r->step = &r->transcript->steps[i];
        if (!play_step(r))
            return false;
    }
    for (int connection = 0; connection < CONNECTIONS; connection++) {
        r->step = last_step(r->transcript, connection);
        if (r->step != NULL && !play_end(r))
            return false;
    }
    return true;
}

bool replay_live(const struct transcript *transcript, const struct replay_server *server,
                 struct replay_difference *difference)
{
    struct replay r = {.transcript = transcript, .server = server, .difference = difference};
    *difference = (struct replay_difference){0};
    bool same = play(&r);
    for (int i = 0; i < CONNECTIONS; i++) {
        mc_socket_close(&r.connections[i].socket);
        text_free(&r.connections[i].heard);
        text_free(&r.connections[i].asked);
    }
    for (size_t i = 0; i < r.binding_count; i++)
        text_free(&r.bindings[i].bytes);
    return same;
}

void replay_difference_free(struct replay_difference *difference)
{
    text_free(&difference->asked);
    text_free(&difference->expected);
    text_free(&difference->said);
}
