/* What each command begins and ends with: the server that it talks to, messages on stderr, and the
 * exit status. */
#ifndef SESSION_H
#define SESSION_H

#include "conversation.h"
#include "login.h"
#include "option.h"
#include "server.h"
#include "settings.h"
#include "status.h"

enum { SESSION_BUFFER = 65536, SESSION_ENTRY_MAX = 320 };

struct session {
    const struct settings *settings;
    const struct option_words *words;
    struct mc_server server;
    const char *address;
    enum status status; /* the worst so far */
    bool terminal;      /* stdout is one */
    bool output_failed;
    bool said;                     /* why there is no connection any more: once is enough */
    char entry[SESSION_ENTRY_MAX]; /* the first of $MEMCACHED_SERVERS */
    struct login login;
    char buf[SESSION_BUFFER];
    struct conversation conversation; /* --bytes */
};

/* Chooses the server: -s, $MCWIRE_SERVERS, the first of $MEMCACHED_SERVERS, 127.0.0.1:11211; and reads
 * the password. Nothing is connected yet. 0, or the exit status after a message. */
int session_start(struct session *session, const struct settings *settings,
                  const struct option_words *words);

/* Another client of the same server, in the same way. The server has its buf[0..SESSION_BUFFER),
 * and the conversation is used with --bytes. */
void session_copy(const struct session *session, struct mc_server *server, char *buf,
                  struct conversation *conversation);

/* Writes what stdout holds. False when it takes no more: then there is no use in going on. */
bool session_flush(struct session *session);

/* Closes the connection, and writes what stdout holds. Returns the exit status. */
int session_end(struct session *session);

/* Takes a status into account. */
void session_note(struct session *session, enum status status);

/* The same for what became of one key or item: a message when it is not good. subject: the key, or
 * NULL. text: the words of an error reply. */
void session_judge(struct session *session, const char *subject, int result, struct mc_bytes text);

/* The same for an operation of another client of this server. */
void session_judge_by(struct session *session, const struct mc_server *server, int result);

/* Prints "mcwire: COMMAND: what", and takes the status into account. */
void session_fail(struct session *session, enum status status, const char *what);

/* How memcached spells an answer: "STORED". */
const char *session_word(int result);

#endif
