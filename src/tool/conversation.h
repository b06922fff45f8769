/* The conversation of one connection: what passes is explained on a screen, and the replies that
 * are pending are counted. Logins are hidden. */
#ifndef CONVERSATION_H
#define CONVERSATION_H

#include "server.h"
#include "side.h"
#include "trace.h"

enum { CONVERSATION_ASKED = 4096 }; /* requests that can wait for their replies */

/* Does the server ask for logins, as far as this connection has shown? */
enum conversation_login { CONVERSATION_UNKNOWN, CONVERSATION_LOGIN, CONVERSATION_NO_LOGIN };

struct conversation {
    struct screen screen;
    size_t cut;      /* the readers are given so many bytes at a time; 0: all that came */
    bool may_log_in; /* a set may be a login: its value is hidden until the server accepts one */
    uint64_t left;   /* so many pieces are shown, of all connections; UINT64_MAX: all */
    /* ---- private, but to be read ---- */
    size_t pending; /* replies that have to come; those of quiet commands may come besides */
    bool foreign;   /* another protocol: nothing is read */
    bool uncounted; /* there were too many requests: `pending` means nothing */
    enum conversation_login login;
    struct mc_trace trace;
    struct mc_dialer dialer;
    const char *address;
    struct side sent, received;
    size_t first, count;
    uint8_t asked[CONVERSATION_ASKED]; /* a ring: the commands, with a bit for quiet ones */
    bool quiet, has_value;             /* of the request, and of the reply, that is being read */
    const char *warning;               /* to be said after the bytes that it is about */
};

/* A conversation that is shown in `to`; set `cut` and `left` after it. */
void conversation_start(struct conversation *conversation, FILE *to, bool may_log_in);

/* Another stream to stderr: stderr itself writes each word at once. */
FILE *conversation_stderr(void);

/* Shows the conversation of this server from its next connection on. Both stay where they are. */
void conversation_watch(struct conversation *conversation, struct mc_server *server,
                        const char *address);

/* A new connection begins; returns its transport, which shows what passes. */
struct mc_transport conversation_begin(struct conversation *conversation,
                                       struct mc_transport transport);

/* Is a stream received, which has no end of its own? */
bool conversation_streams(const struct conversation *conversation);

/* The connection has ended: says what was cut off. */
void conversation_end(struct conversation *conversation);

/* Says something between the bytes. */
void conversation_say(const struct conversation *conversation, char sign, const char *text);

#endif
