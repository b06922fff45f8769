/* Judges what a client under examination answers. Without I/O. */
#ifndef LIE_JUDGE_H
#define LIE_JUDGE_H

#include "lie_case.h"

/* From the best to the worst. */
enum lie_verdict {
    LIE_RIGHT,
    LIE_SKIPPED, /* the client has no such command, or its requests left no place for the lie */
    LIE_REJECTS, /* it rejects a valid reply */
    LIE_FALSE_MISS,
    LIE_HANG, /* it answers later than the deadline that it was told, or never */
    LIE_CRASH,
    LIE_WRONG_VALUE, /* it says what is not true, or what nobody could know */
    LIE_VERDICTS
};

/* "wrong value" */
const char *lie_judge_name(enum lie_verdict verdict);

enum lie_verdict lie_judge_worse(enum lie_verdict a, enum lie_verdict b);

/* The verdict on one answer, a line without its end. LIE_CRASH: it is not an answer at all. */
enum lie_verdict lie_judge_answer(const struct lie_question *question, struct mc_bytes answer);

#endif
