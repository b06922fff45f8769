/* Plays the client of a transcript to a real server, and compares what the server answers. */
#ifndef REPLAY_H
#define REPLAY_H

#include "address.h"
#include "text.h"
#include "transcript.h"

#include <stdint.h>

/* The server, and the longest wait for it. */
struct replay_server {
    struct mc_address address;
    int64_t timeout_ms;
};

/* The first thing that was not as the transcript has it. End it with replay_difference_free(). */
struct replay_difference {
    const struct transcript_step *step; /* that it was found at */
    const char *what;                   /* static: "the server said something else" */
    const char *reason;                 /* the system's words, or NULL */
    bool connected;                     /* false: there was no connection */
    struct text asked;                  /* what this connection sent since the last answer */
    struct text expected, said;         /* empty where it is not about bytes */
};

/* Sends what the transcript's client sends, on new connections, and compares each byte of the
 * answers except those that vary. False, with *difference set, when something differs. */
bool replay_live(const struct transcript *transcript, const struct replay_server *server,
                 struct replay_difference *difference);

void replay_difference_free(struct replay_difference *difference);

#endif
