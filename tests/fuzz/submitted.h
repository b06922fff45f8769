/* An operation of the engine: what was submitted, made from the input, and what became of it. */
#ifndef SUBMITTED_H
#define SUBMITTED_H

#include "question.h"
#include "engine.h"

enum { SUBMITTED_SLOTS = 12 };

/* One that was cancelled has no result: before it was put, part of it sent, or all. */
enum submitted_fate {
    SUBMITTED_PENDING,
    SUBMITTED_DONE,
    SUBMITTED_CANCELLED_WAITING,
    SUBMITTED_CANCELLED_SENDING,
    SUBMITTED_CANCELLED_SENT
};

/* What a sink was given of one slot. */
struct submitted_pieces {
    bool begun;
    uint32_t size;
    uint64_t flags, cas;
    char *bytes;
    size_t len;
};

struct submitted {
    struct mc_sink sink;  /* must be the first */
    struct question c;    /* keys[0..slots) */
    struct mc_bytes data; /* what is stored */
    size_t slots;
    bool many;         /* one operation of many keys */
    struct mc_op *op;  /* in space of its own, and overwritten when it is done */
    struct mc_op made; /* as it was made */
    struct mc_bytes *keys;
    struct mc_value *values;
    struct mc_meta *meta;
    struct input *in;
    struct submitted_pieces pieces[SUBMITTED_SLOTS]; /* with a sink */
    size_t lines;                                    /* STAT and ITEM, with a sink */
    enum submitted_fate fate;
    int result; /* these once it is done */
    uint64_t answer;
    struct mc_bytes text;
    bool text_gone; /* others were received after it */
};

/* Makes one; its operation is ready to be submitted. */
void submitted_take(struct input *in, struct submitted *submitted);

/* Its operation is the caller's again: keeps what became of it, and overwrites it. */
void submitted_end(struct submitted *submitted, enum submitted_fate fate);

int submitted_result(const struct submitted *submitted, size_t slot);

bool submitted_is_quiet(const struct submitted *submitted);

/* Can it leave the server changed? As protocol.txt has it: also gat, and mg with N, R, T or E. */
bool submitted_writes(const struct submitted *submitted);

#endif
