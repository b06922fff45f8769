/* Shows both directions of a connection, and knows which replies are to come: the readers of the two
 * directions tell about each event, and requests wait in a ring for their replies. */
#include "conversation.h"

#include <string.h>
#include <unistd.h>

#include "plural.h"
#include "status.h"

enum { QUIET = 0x80, STREAM = 0x40 }; /* in a byte of the ring, beside the command */

/* ---- requests -------------------------------------------------------------------------------- */

static void add_request(struct conversation *c, int command, int bits)
{
    if (c->count == CONVERSATION_ASKED) {
        c->uncounted = true;
        return;
    }
    c->asked[(c->first + c->count) % CONVERSATION_ASKED] = (uint8_t)(command | bits);
    c->count++;
    c->pending += (bits & QUIET) != 0 ? 0 : 1;
}

/* Is the reply to this request a stream of lines of free text? */
static bool asks_for_stream(int event, struct mc_bytes words)
{
    static const char *const dumps[] = {"metadump", "mgdump"};
    static const char detail[] = "detail dump";

    if (event == MC_REQUEST_STATS)
        return words.len >= sizeof detail - 1 && memcmp(words.data, detail, sizeof detail - 1) == 0;
    for (size_t k = 0; event == MC_REQUEST_LRU_CRAWLER && k < 2; k++) {
        size_t len = strlen(dumps[k]);
        if (words.len >= len && memcmp(words.data, dumps[k], len) == 0)
            return true;
    }
    return event == MC_REQUEST_WATCH;
}

static bool has_quiet_flag(struct mc_bytes flags)
{
    struct mc_flag flag;

    while (mc_argument_flag(&flags, &flag) > 0) {
        if (flag.letter == 'q')
            return true;
    }
    return false;
}

static bool is_string(struct mc_bytes word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}

/* Do the words end in noreply? */
static bool end_in_noreply(struct mc_bytes words)
{
    struct mc_bytes word;
    bool last = false;

    while (mc_argument_word(&words, &word))
        last = is_string(word, "noreply");
    return last;
}

static bool is_automove(struct mc_bytes words)
{
    struct mc_bytes word;
    return mc_argument_word(&words, &word) && is_string(word, "automove");
}

/* May the server keep silent about it? A command with a wrong number of words is none to memcached
 * before 1.6.45, so its noreply is not read. */
static bool is_quiet(int event, const struct mc_request *request)
{
    switch (event == MC_REQUEST_WRONG ? request->command : event) {
    case MC_REQUEST_MS:
    case MC_REQUEST_MG:
    case MC_REQUEST_MD:
    case MC_REQUEST_MA: return event != MC_REQUEST_WRONG && has_quiet_flag(request->text);
    case MC_REQUEST_LRU:
    case MC_REQUEST_EXTSTORE: return end_in_noreply(request->text);
    case MC_REQUEST_SLABS: return is_automove(request->text) && end_in_noreply(request->text);
    default: return request->noreply && request->fault != MC_WRONG_COUNT;
    }
}

/* A store whose size cannot be read, so that its value is executed. With noreply, memcached 1.6.18 is
 * silent about the line itself, and 1.6.45 answers. */
static bool lacks_size(int event, const struct mc_request *request)
{
    return event == MC_REQUEST_WRONG && request->noreply && request->fault == MC_WRONG_NUMBER &&
           !request->has_size && request->command >= MC_REQUEST_SET &&
           request->command <= MC_REQUEST_CAS;
}

/* All that came before is on the screen now. */
static void say_warning(struct conversation *c)
{
    if (c->warning != NULL)
        screen_say(&c->screen, '!', c->warning);
    c->warning = NULL;
}

static void note_request(void *ctx, int event, const void *contents)
{
    struct conversation *c = ctx;
    const struct mc_request *request = contents;
    bool goes_on = event >= MC_REQUEST_GET && event <= MC_REQUEST_AUTH;
    bool silent = event == MC_REQUEST_QUIT || event == MC_REQUEST_SHUTDOWN;

    if (goes_on)
        c->quiet = is_quiet(event, request);
    if (!mc_request_is_final(event) || silent)
        return;
    bool streams = asks_for_stream(event, request->text);
    if (streams && c->pending == 0)
        mc_reader_stream(&c->received.reader);
    bool follows = event == MC_REQUEST_END || request->fault == MC_WRONG_VALUE;
    bool named = follows || (event == MC_REQUEST_WRONG && request->command != 0 &&
                             !lacks_size(event, request));
    bool quiet = follows ? c->quiet : is_quiet(event, request);
    add_request(c, named ? request->command : event, (quiet ? QUIET : 0) | (streams ? STREAM : 0));
}

/* ---- replies --------------------------------------------------------------------------------- */

/* True when the server has nothing to say to this quiet request, as the reply is to a later one. A
 * q does not hide errors, and noreply hides all. */
static bool was_silent(const struct conversation *c, int command, int event)
{
    if (event == MC_MN)
        return true;
    switch (command) {
    case MC_REQUEST_MG: return event == MC_END && !c->has_value;
    case MC_REQUEST_MS:
    case MC_REQUEST_MD:
    case MC_REQUEST_MA: return event == MC_HD;
    case MC_REQUEST_WRONG: return event != MC_CLIENT_ERROR;
    default: return true;
    }
}

static bool stores(int command)
{
    return command >= MC_REQUEST_SET && command <= MC_REQUEST_MS;
}

static void answer_request(struct conversation *c, int event)
{
    bool quiet = true;
    int command = 0;

    while (c->count > 0 && quiet) {
        command = c->asked[c->first] & ~(QUIET | STREAM);
        quiet = (c->asked[c->first] & QUIET) != 0;
        bool skipped = quiet && was_silent(c, command, event);
        c->first = (c->first + 1) % CONVERSATION_ASKED;
        c->count--;
        c->pending -= quiet ? 0 : 1;
        if (!skipped)
            break;
        command = 0;
    }
    if (c->uncounted)
        return;
    if (command == 0)
        c->warning = "no request is left that this could be the reply to";
    else if (stores(command) && (event == MC_ERROR || event == MC_CLIENT_ERROR))
        c->warning = "Whether the server reads what follows as a command is not known: a client "
                     "has to close here.";
}

/* A server that asks for a login says so until one has succeeded, with STORED. It may have been started
 * after it was asked whether it does. */
static void note_login_mode(struct conversation *c, int event, struct mc_bytes text)
{
    bool refused = event == MC_CLIENT_ERROR && status_wants_login(text);

    if (refused)
        c->login = CONVERSATION_LOGIN;
    else if (c->login == CONVERSATION_UNKNOWN && event > 0 && !mc_is_error(event) &&
             event != MC_STORED)
        c->login = CONVERSATION_NO_LOGIN;
    c->sent.may_log_in = refused || (c->sent.may_log_in && (event <= 0 || mc_is_error(event)));
}

static void note_reply(void *ctx, int event, const void *contents)
{
    struct conversation *c = ctx;
    const struct mc_reply *reply = contents;

    note_login_mode(c, event, reply->text);
    say_warning(c);
    c->has_value = c->has_value || event == MC_VALUE;
    if (!mc_is_final(event))
        return;
    answer_request(c, event);
    c->has_value = false;
    if (c->count > 0 && (c->asked[c->first] & STREAM) != 0)
        mc_reader_stream(&c->received.reader);
}

/* ---- the trace ------------------------------------------------------------------------------- */

void conversation_say(const struct conversation *conversation, char sign, const char *text)
{
    screen_say(&conversation->screen, sign, text);
    fflush(conversation->screen.to);
}

static void read_piece(struct conversation *c, struct side *side, struct mc_bytes piece)
{
    side_feed(side, &c->screen, piece);
    say_warning(c);
}

/* Says what the reader keeps; of what may be a login, how much. */
static void say_kept(const struct conversation *c, const struct side *side)
{
    const struct mc_bytes kept = {side->kept + side->read, side->kept_len - side->read};
    char text[64];

    snprintf(text, sizeof text, "(%zu byte%s not shown)", kept.len,
             kept.len == 1 ? " that is" : "s that are");
    if (kept.len > 0 && side == &c->sent && !c->trace.open)
        screen_say(&c->screen, '|', text);
    else if (kept.len > 0)
        screen_say_bytes(&c->screen, '|', kept);
}

/* Reads a piece as if it came alone, and says how long it is and what the reader keeps of it. */
static void read_cut(struct conversation *c, struct side *side, struct mc_bytes piece)
{
    char text[64];

    snprintf(text, sizeof text, "%zu byte%s", piece.len, plural_s(piece.len));
    screen_say(&c->screen, '~', text);
    read_piece(c, side, piece);
    say_kept(c, side);
}

/* The first byte that a client sends tells: memcached's text protocol, or another one. */
static bool is_foreign(struct conversation *c, const struct side *side, struct mc_bytes piece)
{
    unsigned char first = (unsigned char)piece.data[0];
    bool begins = side == &c->sent && side->offset == 0 && side->kept_len == 0;

    if (!c->foreign && begins && (first == 0x80 || first == 0x16)) {
        c->foreign = true;
        screen_say(&c->screen, '*',
                   first == 0x80 ? "the binary protocol, which is not explained"
                                 : "TLS, which cannot be read");
        fflush(c->screen.to);
    }
    return c->foreign;
}

/* No more pieces are shown. */
static void break_off(struct conversation *c)
{
    side_flush(&c->sent, &c->screen);
    side_flush(&c->received, &c->screen);
    screen_say(&c->screen, '*', "the rest is not shown");
}

static void show_piece(void *ctx, enum mc_trace_way way, struct mc_bytes piece)
{
    struct conversation *c = ctx;
    struct side *side = way == MC_TRACE_SENT ? &c->sent : &c->received;

    if (c->left == 0 || is_foreign(c, side, piece))
        return;
    c->received.may_log_in = c->sent.requests.login;
    while (c->cut > 0 && piece.len > 0) {
        size_t len = piece.len < c->cut ? piece.len : c->cut;
        read_cut(c, side, (struct mc_bytes){piece.data, len});
        piece.data += len;
        piece.len -= len;
    }
    read_piece(c, side, piece);
    c->sent.requests.login = !c->trace.open || c->sent.may_log_in;
    c->left -= c->left != UINT64_MAX ? 1 : 0;
    if (c->left == 0)
        break_off(c);
    fflush(c->screen.to);
}

FILE *conversation_stderr(void)
{
    FILE *file = fdopen(STDERR_FILENO, "w");
    return file != NULL ? file : stderr;
}

void conversation_start(struct conversation *conversation, FILE *to, bool may_log_in)
{
    memset(conversation, 0, sizeof *conversation);
    conversation->screen = (struct screen){.to = to, .width = screen_columns()};
    conversation->may_log_in = may_log_in;
    conversation->left = UINT64_MAX;
    conversation->trace.show = show_piece;
    conversation->trace.ctx = conversation;
}

struct mc_transport conversation_begin(struct conversation *conversation,
                                       struct mc_transport transport)
{
    struct conversation *c = conversation;

    c->sent = (struct side){.note = note_request, .ctx = c};
    c->received = (struct side){.replies = true, .note = note_reply, .ctx = c};
    c->sent.requests.login = c->may_log_in;
    c->trace.no_login = !c->may_log_in;
    c->first = c->count = c->pending = 0;
    c->uncounted = c->has_value = c->foreign = false;
    c->login = CONVERSATION_UNKNOWN;
    return mc_trace_transport(&c->trace, transport);
}

bool conversation_streams(const struct conversation *conversation)
{
    int last = conversation->received.last;
    return last == MC_OPENED || last == MC_LINE;
}

void conversation_end(struct conversation *conversation)
{
    if (conversation->left == 0)
        return;
    side_end(&conversation->sent, &conversation->screen);
    if (!conversation_streams(conversation))
        side_end(&conversation->received, &conversation->screen);
    fflush(conversation->screen.to);
}

/* ---- around the dialer of a server ----------------------------------------------------------- */

static int watched_dial(void *ctx, const struct mc_address *address, struct mc_transport *transport,
                        mc_deadline deadline)
{
    struct conversation *c = ctx;
    struct mc_transport below;
    int r = c->dialer.dial(c->dialer.ctx, address, &below, deadline);

    if (r != 0)
        return r;
    *transport = conversation_begin(c, below);
    screen_say_bytes(&c->screen, '*', mc_string(c->address));
    fflush(c->screen.to);
    return 0;
}

static int watched_check(void *ctx)
{
    const struct conversation *c = ctx;
    return c->dialer.check(c->dialer.ctx);
}

static void watched_close(void *ctx)
{
    struct conversation *c = ctx;
    conversation_end(c);
    c->dialer.close(c->dialer.ctx);
}

static int64_t watched_now(void *ctx)
{
    const struct conversation *c = ctx;
    return c->dialer.now(c->dialer.ctx);
}

void conversation_watch(struct conversation *conversation, struct mc_server *server,
                        const char *address)
{
    conversation->dialer = mc_socket_dialer(&server->socket);
    conversation->address = address;
    server->dialer =
        (struct mc_dialer){watched_dial, watched_check, watched_close, watched_now, conversation};
}
