/* A scripted transport: the answers of the other end are given in advance, and so are its cuts
 * and failures. It answers only complete requests, so that a client that waits for too much, or
 * sends too little, fails the test. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "client.h"
#include "text.h"

enum { SCRIPT_STEPS = 64, SCRIPT_DEADLINE = 12345 };

/* A request, and the answer that can be received once it was sent. Borrowed. */
struct script_step {
    struct mc_bytes request, answer;
};

/* Start from {0}, then set what is above the line. */
struct script {
    struct script_step steps[SCRIPT_STEPS];
    size_t count;
    size_t send_max, recv_max; /* the most bytes that a call moves; 0: no limit */
    size_t withheld;           /* bytes at the end of all answers that never come */
    size_t fault_at;           /* this call of either kind, counted from 1, fails; 0: none */
    int fault;                 /* with MC_E_TIMEOUT, MC_E_CLOSED or MC_E_SYSTEM */
    int64_t deadline;          /* of each call; 0: SCRIPT_DEADLINE */
    int end;                   /* the result of a receive when nothing is left to come; 0: CLOSED */
    /* ---- */
    size_t sends, recvs; /* calls */
    struct text sent;    /* all bytes that went out */
    size_t received;     /* bytes that came back */
    size_t unanswered;   /* the most bytes sent whose answers were not yet received in full */
};

/* Adds a request, which has to be exactly this one, and its answer, which may be empty. */
void script_step(struct script *script, const char *request, const char *answer);

/* The transport. A call with another deadline than SCRIPT_DEADLINE, or anything else that a client
 * must not do to its transport, fails the test. */
struct mc_transport script_transport(struct script *script);

/* Fails unless the requests went out, and nothing else. */
void script_check_sent(const struct script *script);

/* Fails unless the bytes that went out are the beginning of the requests. */
void script_check_prefix(const struct script *script);

void script_free(struct script *script);

#endif
