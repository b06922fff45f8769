/* Chooses a server, and says on stderr what went wrong with it. */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"

#define DEFAULT_ADDRESS "127.0.0.1:" MC_SERVER_PORT

enum { LINE_SIZE = 2200 };

/* ---- the address ----------------------------------------------------------------------------- */

static int fail_start(const char *what, const char *why)
{
    escape_message("mcwire", "%s: %s", what, why);
    return STATUS_USAGE;
}

/* The first entry of $MEMCACHED_SERVERS, with a note when it has more; NULL when it has none. */
static const char *first_entry(struct session *session)
{
    static const char separators[] = ", \t\r\n";
    const char *list = getenv("MEMCACHED_SERVERS");

    if (list == NULL)
        return NULL;
    list += strspn(list, separators);
    size_t len = strcspn(list, separators);
    snprintf(session->entry, sizeof session->entry, "%.*s", (int)len, list);
    if (list[len + strspn(list + len, separators)] != '\0')
        escape_message("mcwire", "note: of MEMCACHED_SERVERS only the first server is used: %s",
                       session->entry);
    return session->entry[0] != '\0' ? session->entry : NULL;
}

static int choose_address(struct session *session)
{
    const char *own = getenv("MCWIRE_SERVERS"), *named = session->settings->server;
    const char *where = "-s";

    if (named == NULL && own != NULL && own[0] != '\0') {
        named = own;
        where = "MCWIRE_SERVERS";
    }
    if (named != NULL && strchr(named, ',') != NULL)
        return fail_start(where, "several servers are not supported yet; give one address");
    if (named == NULL)
        named = first_entry(session);
    session->address = named != NULL ? named : DEFAULT_ADDRESS;
    if (mc_server_init(&session->server, session->address, session->buf, sizeof session->buf) == 0)
        return 0;
    return fail_start(session->address, session->server.problem);
}

/* ---- the login ------------------------------------------------------------------------------- */

static int choose_login(struct session *session)
{
    const char *what = NULL, *why;

    session->login =
        (struct login){.user = session->settings->user, .file = session->settings->password_file};
    why = login_read(&session->login, &what);
    if (why != NULL)
        return fail_start(what, why);
    session->server.user = mc_string(session->login.user);
    session->server.password = session->login.password;
    return 0;
}

static void watch(const struct session *session, struct mc_server *server,
                  struct conversation *conversation)
{
    conversation_start(conversation, conversation_stderr(), session->settings->user != NULL);
    conversation_watch(conversation, server, session->address);
}

int session_start(struct session *session, const struct settings *settings,
                  const struct option_words *words)
{
    session->settings = settings;
    session->words = words;
    session->status = STATUS_OK;
    session->said = session->output_failed = false;
    session->terminal = isatty(STDOUT_FILENO) == 1;
    int status = choose_address(session);
    session->server.timeout_ms = (int64_t)settings->timeout_ms;
    if (status == 0)
        status = choose_login(session);
    if (status == 0 && settings->bytes)
        watch(session, &session->server, &session->conversation);
    return status;
}

void session_copy(const struct session *session, struct mc_server *server, char *buf,
                  struct conversation *conversation)
{
    mc_server_init(server, session->address, buf, SESSION_BUFFER);
    server->timeout_ms = session->server.timeout_ms;
    server->user = session->server.user;
    server->password = session->server.password;
    if (session->settings->bytes)
        watch(session, server, conversation);
}

/* Whoever reads stdout may go away: then nothing is said. */
bool session_flush(struct session *session)
{
    if (session->output_failed)
        return false;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (errno != EPIPE)
        escape_message("mcwire", "standard output: %s", strerror(errno));
    session->output_failed = true;
    session_note(session, STATUS_OUTPUT);
    return false;
}

int session_end(struct session *session)
{
    mc_server_close(&session->server);
    session_flush(session);
    return (int)session->status;
}

/* ---- messages -------------------------------------------------------------------------------- */

void session_note(struct session *session, enum status status)
{
    session->status = status_worse(session->status, status);
}

void session_fail(struct session *session, enum status status, const char *what)
{
    escape_message("mcwire", "%s: %s", session->words->command->name, what);
    session_note(session, status);
}

const char *session_word(int result)
{
    switch (result) {
    case MC_HIT: return "HIT";
    case MC_MISS: return "MISS";
    case MC_STORED: return "STORED";
    case MC_NOT_STORED: return "NOT_STORED";
    case MC_EXISTS: return "EXISTS";
    case MC_NOT_FOUND: return "NOT_FOUND";
    case MC_DELETED: return "DELETED";
    case MC_TOUCHED: return "TOUCHED";
    default: return "OK";
    }
}

/* What can be done about it; "" when that is clear. */
static const char *advice_for(const struct session *session, int result, enum status status)
{
    if (status == STATUS_LOGIN && session->settings->user == NULL)
        return " (--user and --password-file log in)";
    switch (result) {
    case MC_E_CONNECT:
    case MC_E_RESOLVE: return " (-s ADDRESS chooses the server)";
    case MC_BUSY: return " (a crawler does one thing at a time: try again)";
    case MC_E_TIMEOUT: return " (--timeout MS allows more)";
    default: return "";
    }
}

/* What keeps the connection from going on concerns all keys, and the server rather than one. */
static void judge(struct session *session, const struct mc_server *server, const char *subject,
                  int result, struct mc_bytes text)
{
    enum status status = status_of(result, text);
    char line[LINE_SIZE];

    session_note(session, status);
    if (status == STATUS_OK)
        return;
    if (status == STATUS_NO) {
        escape_message("mcwire", "%s: %s", subject, session_word(result));
        return;
    }
    bool all = result <= MC_E_PROTOCOL && result != MC_E_UNKNOWN;
    if (all && session->said)
        return;
    session->said = all;
    mc_server_message(server, result, line, sizeof line);
    fprintf(stderr, "mcwire: ");
    escape_text(stderr, subject != NULL && !all ? subject : session->address);
    fprintf(stderr, ": %s%s\n", line, advice_for(session, result, status));
}

void session_judge(struct session *session, const char *subject, int result, struct mc_bytes text)
{
    judge(session, &session->server, subject, result, text);
}

void session_judge_by(struct session *session, const struct mc_server *server, int result)
{
    judge(session, server, NULL, result, server->client.text);
}
