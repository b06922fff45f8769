/* A scripted transport: what the other end answers is given in advance, and so are its whims. It
 * answers only what has been asked, so that a client which waits for too much, or sends too little,
 * is found out. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "client.h"
#include "text.h"

enum { SCRIPT_STEPS = 64, SCRIPT_DEADLINE = 12345 };

/* A request, and the answer that is there when the request is. Borrowed. */
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
    int fault;                 /* and says MC_E_TIMEOUT, MC_E_CLOSED or MC_E_SYSTEM */
    int end;                   /* what a receive says when there is nothing to come; 0: CLOSED */
    /* ---- */
    size_t sends, recvs; /* calls */
    struct text sent;    /* all bytes that went out */
    size_t received;     /* bytes that came back */
    size_t unanswered;   /* the most bytes sent whose answers were not yet received in full */
};

/* The next request, which has to be exactly this, and its answer, which may be empty. */
void script_step(struct script *script, const char *request, const char *answer);

/* Every call has to be made with the deadline SCRIPT_DEADLINE; anything that a client must not do
 * to its transport fails the test. */
struct mc_transport script_transport(struct script *script);

/* Fails unless the requests went out, and nothing else. */
void script_check_sent(const struct script *script);

/* Fails unless what went out is the beginning of the requests. */
void script_check_prefix(const struct script *script);

void script_free(struct script *script);

#endif
