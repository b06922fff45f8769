/* Judges what an engine made of a conversation, when that is over: from the requests that went out
 * and the bytes that came back, all at once. */
#ifndef JUDGE_H
#define JUDGE_H

#include "submitted.h"
#include "other_end.h"

enum { JUDGE_OPS = 30 };

/* All that was submitted of an engine, in order. Each operation has ended. */
struct judge_case {
    const struct mc_engine *engine;
    const struct other_end *other;
    const struct submitted *ops;
    size_t count;
    size_t cap;  /* of the buffer for requests */
    bool shared; /* it is also that for replies */
    bool hasty;  /* errors may have come before the value of their command */
    bool lent;   /* buffers were lent: what is kept of them may have overwritten a text */
};

void judge(const struct judge_case *judged);

#endif
