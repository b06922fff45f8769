/* The command talk: lines that somebody types are sent as they are, and what passes is explained. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "escape.h"
#include "interrupt.h"
#include "plural.h"
#include "prompt.h"
#include "run.h"
#include "session.h"
#include "terminal.h"

enum { MARGIN = 13, PIECE = 16384, TEXT_SIZE = 1024 };

struct talk {
    struct session session;
    struct prompt prompt;
    struct mc_transport transport;
    struct buffer line, value, answer, out;
    bool closed;  /* the connection */
    bool leaving; /* the server closes after the command that was sent */
};

/* What a typed line asks of the next one. */
struct storing {
    bool has_value;
    uint32_t size;
    size_t size_word; /* which word of the line the size is, from 0 on */
};

/* ---- the connection -------------------------------------------------------------------------- */

static void end_connection(struct talk *talk, int result)
{
    struct conversation *c = &talk->session.conversation;

    talk->closed = true;
    conversation_end(c);
    if (result == MC_E_CLOSED)
        conversation_say(c, '*', "the server has closed the connection");
    if (result == MC_E_PROTOCOL)
        conversation_say(c, '*', "this is not memcached's protocol: nothing more is read");
    if (result != MC_E_CLOSED)
        session_note(&talk->session, status_of(result, (struct mc_bytes){0}));
    else if (!talk->leaving)
        session_note(&talk->session, STATUS_NO_SERVER);
}

/* Waits until the server has sent something: 0, MC_E_TIMEOUT, or MC_E_BUSY after Ctrl-C. */
static int wait_for_server(const struct talk *talk, int64_t ms)
{
    int ready = interrupt_wait(talk->session.server.socket.fd, -1, ms);

    if (ready < 0)
        return MC_E_SYSTEM;
    return (ready & INTERRUPT_CAME) != 0 ? MC_E_BUSY : ready == 0 ? MC_E_TIMEOUT : 0;
}

/* Reads one piece. 0, or why nothing came. */
static int receive_piece(struct talk *talk, int64_t ms)
{
    static char piece[PIECE];
    const struct conversation *c = &talk->session.conversation;
    size_t cap = c->cut > 0 && c->cut < sizeof piece ? c->cut : sizeof piece;
    int result = wait_for_server(talk, ms);

    if (result != 0)
        return result;
    ptrdiff_t n = talk->transport.recv(talk->transport.ctx, piece, cap,
                                       mc_socket_deadline(talk->session.server.timeout_ms));
    return n < 0 ? (int)n : c->received.last < 0 ? MC_E_PROTOCOL : 0;
}

/* Shows what has come by now. */
static void receive_rest(struct talk *talk)
{
    int result = 0;

    while (!talk->closed && result == 0)
        result = receive_piece(talk, 0);
    if (!talk->closed && result != MC_E_TIMEOUT && result != MC_E_BUSY)
        end_connection(talk, result);
}

/* A stream, such as that of watch, goes on until somebody ends it. */
static void report_silence(struct talk *talk)
{
    const struct conversation *c = &talk->session.conversation;
    bool streams = conversation_streams(c);
    char text[TEXT_SIZE];

    if (talk->leaving)
        return;
    snprintf(text, sizeof text,
             "nothing came for %" PRId64 " ms; what comes later is shown with the "
             "next line",
             talk->session.server.timeout_ms);
    conversation_say(c, streams ? '*' : '!', text);
    if (!streams)
        session_note(&talk->session, STATUS_AGAIN);
}

static void print_pending(const struct talk *talk, const char *more)
{
    const struct conversation *c = &talk->session.conversation;

    if (c->uncounted)
        fprintf(c->screen.to, "%*spending: more than can be counted%s\n", MARGIN, "", more);
    else
        fprintf(c->screen.to, "%*spending: %zu%s%s\n", MARGIN, "", c->pending,
                c->pending == 0   ? ""
                : c->pending == 1 ? " reply"
                                  : " replies",
                more);
    fflush(c->screen.to);
}

/* Reads until no reply is pending. */
static void receive_replies(struct talk *talk)
{
    const struct conversation *c = &talk->session.conversation;
    uint64_t start = clock_ns();
    int result = 0;
    char time[64];

    print_pending(talk, "");
    if (side_is_open(&c->sent) && !talk->leaving)
        conversation_say(&talk->session.conversation, '!',
                         "the value is not whole: what is typed next is a part of it");
    if (c->pending == 0 && !talk->leaving)
        return;
    while (result == 0 && (c->pending > 0 || talk->leaving))
        result = receive_piece(talk, talk->session.server.timeout_ms);
    snprintf(time, sizeof time, "%27s%.2f ms", "", (double)(clock_ns() - start) / 1e6);
    if (result == 0)
        print_pending(talk, time);
    else if (result == MC_E_TIMEOUT)
        report_silence(talk);
    else if (result != MC_E_BUSY)
        end_connection(talk, result);
}

/* Sends it, in pieces if the conversation is cut. */
static void send_all(struct talk *talk, struct mc_bytes bytes)
{
    const struct mc_transport *transport = &talk->transport;
    size_t cut = talk->session.conversation.cut;

    while (bytes.len > 0 && !talk->closed) {
        struct mc_bytes part = {bytes.data, cut > 0 && cut < bytes.len ? cut : bytes.len};
        ptrdiff_t n = transport->send(transport->ctx, &part, 1,
                                      mc_socket_deadline(talk->session.server.timeout_ms));
        if (n < 0)
            end_connection(talk, (int)n);
        bytes.data += n > 0 ? n : 0;
        bytes.len -= n > 0 ? (size_t)n : 0;
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Reads what has been typed as the server will. */
static struct storing read_typed(struct talk *talk)
{
    struct mc_request_reader reader = {.login = talk->session.conversation.sent.requests.login};
    struct mc_bytes in = {talk->out.data, talk->out.len};
    struct mc_request request;
    int event = mc_request_next(&reader, &in, &request);

    talk->leaving = event == MC_REQUEST_QUIT || event == MC_REQUEST_SHUTDOWN || event < 0;
    return (struct storing){event >= MC_REQUEST_SET && event <= MC_REQUEST_AUTH, request.size,
                            event == MC_REQUEST_MS ? 2 : 4};
}

/* Writes the line once more, with the size of the value that was typed. */
static void fix_size(struct talk *talk, size_t size_word)
{
    const char *line = talk->line.data;
    size_t len = talk->line.len, at = 0, words = 0;
    char number[24];

    while (at < len && (words < size_word || line[at] == ' ')) {
        words += line[at] == ' ' && at > 0 && line[at - 1] != ' ' ? 1 : 0;
        at++;
    }
    size_t end = at;
    while (end < len && line[end] != ' ')
        end++;
    snprintf(number, sizeof number, "%zu", talk->value.len);
    talk->out.len = 0;
    buffer_add(&talk->out, (struct mc_bytes){line, at});
    buffer_add(&talk->out, mc_string(number));
    buffer_add(&talk->out, (struct mc_bytes){line + end, len - end});
    buffer_add(&talk->out, MC_BYTES("\r\n"));
}

/* The sizes differ: asks what to do about it. A script has said it already. */
static bool settle_size(struct talk *talk, const struct storing *storing)
{
    char said[TEXT_SIZE / 2], question[TEXT_SIZE];
    const struct buffer *answer = &talk->answer;

    snprintf(said, sizeof said, "You said %" PRIu32 " byte%s and typed %zu.", storing->size,
             plural_s(storing->size), talk->value.len);
    if (!talk->prompt.terminal) {
        conversation_say(&talk->session.conversation, '!', said);
        return true;
    }
    snprintf(question, sizeof question, "! %s Send it as typed? [y/N/fix] ", said);
    const struct prompt_kind kind = {.label = question};
    if (prompt_read(&talk->prompt, &kind, &talk->answer) != PROMPT_LINE)
        return false;
    char first = '\0';
    if (answer->len > 0)
        first = answer->data[0];
    if (first == 'f')
        fix_size(talk, storing->size_word);
    if (first != 'f' && first != 'y')
        conversation_say(&talk->session.conversation, '*',
                         "nothing is sent: y sends it as typed, fix with the size that it has");
    return first == 'f' || first == 'y';
}

static void hint_at_value(const void *ctx, struct mc_bytes value, char to[HINT_SIZE])
{
    const struct storing *storing = ctx;
    hint_of_value(value, storing->size, to);
}

/* Reads the value that follows a storage line. False: the line is abandoned. */
static bool read_value(struct talk *talk, const struct storing *storing)
{
    const struct prompt_kind kind = {"  value: ", false, hint_at_value, storing};
    enum prompt_result result = PROMPT_LINE;

    talk->value.len = 0;
    if (storing->size > 0)
        result = prompt_read(&talk->prompt, &kind, &talk->value);
    if (result == PROMPT_END)
        conversation_say(&talk->session.conversation, '!', "there is no value: nothing is sent");
    if (result != PROMPT_LINE)
        return false;
    if (talk->value.len != storing->size && !settle_size(talk, storing))
        return false;
    buffer_add(&talk->out, (struct mc_bytes){talk->value.data, talk->value.len});
    buffer_add(&talk->out, MC_BYTES("\r\n"));
    return true;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void print_help(void)
{
    puts("Type a command, such as: get KEY. All are in protocol.txt of memcached's source.\n"
         "After a storage line (set KEY FLAGS EXPTIME BYTES) its value is asked for.\n"
         "  >  sent    <  received    *  said by mcwire    !  wrong, or tolerated\n"
         "  ~  that many bytes came, and  |  the reader keeps these (--cut)\n"
         "At a terminal the arrow keys, Home, End, Delete, and Ctrl-A, E, K, U and W edit the\n"
         "line; Up and Down bring back earlier ones.\n"
         "Ctrl-C abandons a line and, twice, leaves; so does Ctrl-D.");
}

/* Nothing of the server's may come between a line and its value. */
static void take_line(struct talk *talk)
{
    talk->out.len = 0;
    buffer_add(&talk->out, (struct mc_bytes){talk->line.data, talk->line.len});
    buffer_add(&talk->out, MC_BYTES("\r\n"));
    talk->prompt.other = -1;
    struct storing storing = read_typed(talk);
    bool sends = !storing.has_value || read_value(talk, &storing);
    talk->prompt.other = talk->session.server.socket.fd;
    if (!sends)
        return;
    send_all(talk, (struct mc_bytes){talk->out.data, talk->out.len});
    if (!talk->closed)
        receive_replies(talk);
    receive_rest(talk);
}

static void use_line(struct talk *talk)
{
    if (talk->line.len == 1 && talk->line.data[0] == '?')
        print_help();
    else if (talk->line.len > 0)
        take_line(talk);
}

static void hint_at_line(const void *ctx, struct mc_bytes line, char to[HINT_SIZE])
{
    (void)ctx;
    hint_of_command(line, to);
}

/* Until the lines end, or the connection does. */
static void read_lines(struct talk *talk)
{
    const struct prompt_kind kind = {"> ", true, hint_at_line, NULL};
    int abandoned = 0;

    while (!talk->closed && abandoned < 2) {
        enum prompt_result result = prompt_read(&talk->prompt, &kind, &talk->line);
        if (result == PROMPT_WOKEN)
            receive_rest(talk);
        if (result == PROMPT_END)
            break;
        if (result == PROMPT_LINE)
            use_line(talk);
        abandoned = result == PROMPT_ABANDONED ? abandoned + 1 : 0;
    }
    if (abandoned == 2)
        session_note(&talk->session, STATUS_INTERRUPTED);
}

/* Nothing more is sent, so the server closes when it has answered all. */
static void leave(struct talk *talk)
{
    int result = 0;

    if (talk->closed)
        return;
    shutdown(talk->session.server.socket.fd, SHUT_WR);
    while (result == 0)
        result = receive_piece(talk, talk->session.server.timeout_ms);
    conversation_end(&talk->session.conversation);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void greet(const struct talk *talk, bool may_log_in)
{
    char text[TEXT_SIZE];
    struct mc_bytes version = talk->session.server.client.text;

    if (may_log_in)
        snprintf(text, sizeof text,
                 "%s, which asks for a login: set KEY 0 0 SIZE, and USER PASSWORD",
                 talk->session.address);
    else
        snprintf(text, sizeof text, "%s, memcached %.*s", talk->session.address,
                 (int)(version.len < 100 ? version.len : 100), version.data);
    printf("* ");
    escape_text(stdout, text);
    puts(talk->prompt.terminal ? ".     help: ?   leave: Ctrl-D" : "");
}

/* Connects and asks for the version, which is refused where a login is missing. False: there is no
 * server. */
static bool open_connection(struct talk *talk)
{
    struct session *session = &talk->session;
    struct mc_server *server = &session->server;
    struct conversation *c = &session->conversation;

    server->dialer = (struct mc_dialer){0};
    int result = mc_server_version(server);
    bool may_log_in = result != MC_VERSION && session->settings->user == NULL &&
                      (result >= MC_ERROR || result == MC_E_AUTH || result == MC_E_AMBIGUOUS);
    if (may_log_in) {
        mc_server_close(server);
        mc_server_resume(server);
        result = mc_server_open(server);
    }
    if (result < 0 || (result != MC_VERSION && !may_log_in)) {
        session_judge(session, NULL, result, server->client.text);
        return false;
    }
    greet(talk, may_log_in);
    conversation_start(c, stdout, may_log_in);
    c->cut = session->settings->cut;
    talk->transport = conversation_begin(c, mc_socket_transport(&server->socket));
    return true;
}

static int talk_by(struct talk *talk)
{
    struct terminal terminal = terminal_look(&talk->session);

    talk->prompt.terminal = isatty(talk->prompt.in) == 1 && talk->session.terminal;
    talk->prompt.other = -1;
    talk->prompt.grey = terminal.colors;
    if (open_connection(talk)) {
        interrupt_catch(); /* from here on the terminal is restored at the end */
        if (talk->prompt.terminal && terminal.redraws)
            prompt_start_editing(&talk->prompt);
        talk->prompt.other = talk->session.server.socket.fd;
        read_lines(talk);
        leave(talk);
    }
    prompt_free(&talk->prompt);
    buffer_free(&talk->line);
    buffer_free(&talk->value);
    buffer_free(&talk->answer);
    buffer_free(&talk->out);
    return session_end(&talk->session);
}

int run_talk(void *options, const struct option_words *words)
{
    static struct talk talk;
    const struct settings *settings = options;
    int status = session_start(&talk.session, options, words);

    if (status != 0)
        return status;
    talk.prompt.in = STDIN_FILENO;
    if (settings->script != NULL)
        talk.prompt.in = open(settings->script, O_RDONLY | O_CLOEXEC);
    if (talk.prompt.in < 0) {
        escape_message("mcwire", "%s: %s", settings->script, strerror(errno));
        return STATUS_USAGE;
    }
    status = talk_by(&talk);
    if (settings->script != NULL)
        close(talk.prompt.in);
    if (talk.prompt.problem == NULL)
        return status;
    escape_message("mcwire", "%s: %s",
                   settings->script != NULL ? settings->script : "standard input",
                   talk.prompt.problem);
    return (int)status_worse((enum status)status, STATUS_USAGE);
}
