/* Shows what passes on a connection. Until the server has given a good reply, it reads the requests
 * far enough to know where their values are, which may be logins. */
#include "trace.h"

#include <string.h>

/* What the next byte that is sent belongs to. */
enum trace_sending {
    TRACE_LINE,  /* a request line */
    TRACE_VALUE, /* the value after it, as long as the line says */
    TRACE_REST,  /* what follows it, up to the end of its line: CRLF, unless the size was wrong */
    TRACE_LOST   /* nobody knows */
};

/* ---- requests -------------------------------------------------------------------------------- */

/* The commands with a value. The first is that of a login; its size is word 5. */
enum { TRACE_SET, TRACE_STORING = 7, TRACE_SIZE_WORD = 5 };
static const struct {
    char name[8];
    uint8_t len;
} trace_storing[TRACE_STORING] = {{"set", 3},     {"add", 3}, {"replace", 7}, {"append", 6},
                                  {"prepend", 7}, {"cas", 3}, {"ms", 2}};

/* Which of these commands the line has; TRACE_STORING: none of them. */
static size_t storing_of(const struct mc_trace *t)
{
    size_t k = 0;
    while (k < TRACE_STORING && (t->name_len != trace_storing[k].len ||
                                 memcmp(t->name, trace_storing[k].name, t->name_len) != 0))
        k++;
    return k;
}

static void begin_line(struct mc_trace *t)
{
    t->sending = TRACE_LINE;
    t->in_word = t->has_size = false;
    t->words = t->name_len = 0;
    t->size = 0;
}

/* The end of a request line: a value may follow. A server that asks for a login reads that of another
 * command than set as lines, so nobody knows where a login is. */
static void end_line(struct mc_trace *t)
{
    size_t storing = storing_of(t);
    if (storing == TRACE_STORING)
        begin_line(t);
    else if (storing != TRACE_SET || !t->has_size)
        t->sending = TRACE_LOST;
    else
        t->sending = t->size > 0 ? TRACE_VALUE : TRACE_REST;
}

/* A digit of the size. Anything else, and a size that is too large, is not a size. */
static void add_size_digit(struct mc_trace *t, char byte)
{
    t->has_size = byte >= '0' && byte <= '9' && t->size <= MC_VALUE_MAX / 10;
    t->size = t->has_size ? t->size * 10 + (uint32_t)(byte - '0') : UINT32_MAX;
}

/* A byte of a word: the name of the command, perhaps the size, or something else. */
static void read_word_byte(struct mc_trace *t, char byte)
{
    if (!t->in_word && t->words < UINT8_MAX)
        t->words++;
    t->in_word = true;
    if (t->words == 1 && t->name_len < sizeof t->name)
        t->name[t->name_len++] = byte;
    else if (t->words == TRACE_SIZE_WORD)
        add_size_digit(t, byte);
}

static void read_line_byte(struct mc_trace *t, char byte)
{
    if (byte == '\n')
        end_line(t);
    else if (byte == ' ')
        t->in_word = false;
    else if (byte != '\r')
        read_word_byte(t, byte);
}

/* Reads a byte that is sent. True when it is to be hidden. */
static bool read_sent(struct mc_trace *t, char byte)
{
    switch (t->sending) {
    case TRACE_LINE: read_line_byte(t, byte); return false;
    case TRACE_VALUE:
        t->size--;
        t->sending = t->size > 0 ? TRACE_VALUE : TRACE_REST;
        return true;
    case TRACE_REST:
        if (byte == '\n')
            begin_line(t);
        return byte != '\r' && byte != '\n';
    default: return true;
    }
}

/* ---- replies --------------------------------------------------------------------------------- */

/* Can a line that begins so be an error? An empty line says nothing either way. */
static bool may_be_error(const char *line, size_t len)
{
    static const char errors[][13] = {"ERROR", "CLIENT_ERROR", "SERVER_ERROR"};
    for (size_t k = 0; k < sizeof errors / sizeof *errors; k++) {
        size_t n = strlen(errors[k]);
        if (memcmp(line, errors[k], len < n ? len : n) == 0)
            return true;
    }
    return false;
}

/* Looks for a reply that is not an error. */
static void scan_replies(struct mc_trace *t, struct mc_bytes piece)
{
    for (size_t k = 0; k < piece.len && !t->open; k++) {
        char byte = piece.data[k];
        if (byte == '\n')
            t->reply_len = 0;
        else if (byte != '\r' && t->reply_len < sizeof t->reply)
            t->reply[t->reply_len++] = byte;
        t->open = !may_be_error(t->reply, t->reply_len);
    }
}

/* ---- showing --------------------------------------------------------------------------------- */

static void show_piece(const struct mc_trace *t, enum mc_trace_way way, struct mc_bytes piece)
{
    if (piece.len > 0)
        t->show(t->ctx, way, piece);
}

static void show_hidden(const struct mc_trace *t, size_t len)
{
    static const char stars[] = "****************************************************************";
    for (size_t n; len > 0; len -= n) {
        n = len < sizeof stars - 1 ? len : sizeof stars - 1;
        show_piece(t, MC_TRACE_SENT, (struct mc_bytes){stars, n});
    }
}

/* Shows what is sent, in runs of bytes that are hidden and of others that are not. */
static void show_sent(struct mc_trace *t, struct mc_bytes piece)
{
    bool hidden = false;
    size_t from = 0;
    for (size_t k = 0; k <= piece.len; k++) {
        bool now = k < piece.len ? read_sent(t, piece.data[k]) : !hidden;
        if (now == hidden)
            continue;
        if (hidden)
            show_hidden(t, k - from);
        else
            show_piece(t, MC_TRACE_SENT, (struct mc_bytes){piece.data + from, k - from});
        hidden = now;
        from = k;
    }
}

void mc_trace_begin(struct mc_trace *trace)
{
    trace->open = trace->no_login;
    trace->reply_len = 0;
    begin_line(trace);
}

void mc_trace_sent(struct mc_trace *trace, const struct mc_bytes *parts, size_t count, size_t bytes)
{
    for (size_t k = 0; k < count; k++) {
        struct mc_bytes piece = {parts[k].data, parts[k].len < bytes ? parts[k].len : bytes};
        if (trace->open)
            show_piece(trace, MC_TRACE_SENT, piece);
        else
            show_sent(trace, piece);
        bytes -= piece.len;
    }
}

void mc_trace_received(struct mc_trace *trace, struct mc_bytes piece)
{
    scan_replies(trace, piece);
    show_piece(trace, MC_TRACE_RECEIVED, piece);
}

/* ---- the transport and the dialer ------------------------------------------------------------ */

static ptrdiff_t trace_send(void *ctx, const struct mc_bytes *parts, size_t count,
                            mc_deadline deadline)
{
    struct mc_trace *t = ctx;
    ptrdiff_t n = t->transport.send(t->transport.ctx, parts, count, deadline);
    if (n > 0)
        mc_trace_sent(t, parts, count, (size_t)n);
    return n;
}

static ptrdiff_t trace_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct mc_trace *t = ctx;
    ptrdiff_t n = t->transport.recv(t->transport.ctx, buf, cap, deadline);
    if (n > 0)
        mc_trace_received(t, (struct mc_bytes){buf, (size_t)n});
    return n;
}

struct mc_transport mc_trace_transport(struct mc_trace *trace, struct mc_transport transport)
{
    trace->transport = transport;
    mc_trace_begin(trace);
    return (struct mc_transport){trace_send, trace_recv, trace};
}

static int trace_dial(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                      mc_deadline deadline)
{
    struct mc_trace *t = ctx;
    struct mc_transport below;
    int r = t->dialer.dial(t->dialer.ctx, address, &below, deadline);
    if (r == 0)
        *transport = mc_trace_transport(t, below);
    return r;
}

static int trace_check(void *ctx)
{
    const struct mc_trace *t = ctx;
    return t->dialer.check(t->dialer.ctx);
}

static void trace_close(void *ctx)
{
    const struct mc_trace *t = ctx;
    t->dialer.close(t->dialer.ctx);
}

static int64_t trace_now(void *ctx)
{
    const struct mc_trace *t = ctx;
    return t->dialer.now(t->dialer.ctx);
}

struct mc_dialer mc_trace_dialer(struct mc_trace *trace, struct mc_dialer dialer)
{
    trace->dialer = dialer;
    return (struct mc_dialer){trace_dial, trace_check, trace_close, trace_now, trace};
}
