/* An operation of the engine: what was asked, made from the input, and what became of it. */
#ifndef ASKED_H
#define ASKED_H

#include "command.h"
#include "engine.h"

enum { ASKED_SLOTS = 12 };

/* One that was cancelled has no result: before it was put, part of it sent, or all. */
enum asked_fate {
    ASKED_PENDING,
    ASKED_DONE,
    ASKED_CANCELLED_WAITING,
    ASKED_CANCELLED_SENDING,
    ASKED_CANCELLED_SENT
};

/* What a sink was given of one slot. */
struct asked_pieces {
    bool begun;
    uint32_t size;
    uint64_t flags, cas;
    char *bytes;
    size_t len;
};

struct asked {
    struct mc_sink sink;  /* must be the first */
    struct command c;     /* keys[0..slots) */
    struct mc_bytes data; /* what is stored */
    size_t slots;
    bool many;         /* one operation of many keys */
    struct mc_op *op;  /* in space of its own, and overwritten when it is done */
    struct mc_op made; /* as it was made */
    struct mc_bytes *keys;
    struct mc_value *values;
    struct mc_meta *meta;
    struct input *in;
    struct asked_pieces pieces[ASKED_SLOTS]; /* with a sink */
    size_t lines;                            /* STAT and ITEM, with a sink */
    enum asked_fate fate;
    int result; /* these once it is done */
    uint64_t answer;
    struct mc_bytes text;
    bool text_gone; /* others were received after it */
};

/* Makes one; its operation is ready to be submitted. */
void asked_take(struct input *in, struct asked *asked);

/* Its operation is the caller's again: keeps what became of it, and overwrites it. */
void asked_end(struct asked *asked, enum asked_fate fate);

int asked_result(const struct asked *asked, size_t slot);

bool asked_is_quiet(const struct asked *asked);

/* Can it leave the server changed? As protocol.txt has it: also gat, and mg with N, R, T or E. */
bool asked_writes(const struct asked *asked);

#endif
