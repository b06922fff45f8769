/* What a reply means for a command, worked out from all its events at once: the result that a
 * client has to report, and everything that belongs to it. */
#ifndef MEANING_H
#define MEANING_H

#include "question.h"
#include "port.h"
#include "reference.h"

/* The events up to the one that ends a reply, or as many as there are. */
struct answer {
    const struct reference_event *events;
    size_t count;
    bool whole;
};

struct meaning {
    int result; /* 0: the reply is incomplete, or no answer to the command */
    struct mc_bytes value;
    uint64_t flags;
    uint64_t cas, number;
    struct mc_meta meta;
    bool copied; /* of another slot with this key, whose place may be too small */
};

/* The reply that begins at event *at, which moves to the next. */
struct answer meaning_next(const struct reference *answers, size_t *at);

/* A value is an MC_HIT whether it fits or not. A retrieval must have one key. */
struct meaning meaning_of(const struct question *c, const struct answer *a);

/* The same of a retrieval's keys, one meaning for each. */
void meaning_of_keys(const struct question *c, const struct answer *a, struct meaning *m);

#endif
