/* Examines a client: runs its program once for each case, asks it questions, and judges its
 * answers. */
#ifndef EXAMINE_H
#define EXAMINE_H

#include "child.h"
#include "liar.h"
#include "lie_judge.h"

enum { EXAMINE_ANSWER_MAX = 80 };

struct examine {
    struct liar liar;
    char **command;
    int64_t timeout_ms; /* what the client is told */
    int64_t grace_ms;   /* how much later an answer may come */
    int64_t start_ms;   /* how long the program may take to its first request */
    int interrupt;      /* can be read when Ctrl-C was pressed */
};

/* What became of a case. */
struct examined {
    const struct lie_case *scene;
    enum lie_verdict verdict;
    const struct lie_question *question; /* the one that decided it; NULL: none did */
    char answer[EXAMINE_ANSWER_MAX];     /* its beginning, or what happened instead of one */
};

/* Runs a case. 0; an errno when the program cannot be started; or EINTR at Ctrl-C. */
int examine_case(struct examine *examine, const struct lie_case *scene, struct examined *examined);

#endif
