/* What a reply says to a question, worked out from all its events at once: the result that a client
 * may report, and everything that belongs to it. */
#ifndef MEANING_H
#define MEANING_H

#include "client.h"
#include "command.h"
#include "reference.h"

/* Events up to one that ends a reply, or as far as they are there. */
struct answer {
    const struct reference_event *events;
    size_t count;
    bool whole;
};

struct meaning {
    int result; /* 0: it is not whole, or no answer to this */
    struct mc_bytes value;
    uint64_t flags;
    uint64_t cas, number;
    struct mc_meta meta;
    bool copied; /* of another slot with this key, whose place may be too small */
};

/* The reply that begins at event *at, which moves behind it. */
struct answer meaning_next(const struct reference *said, size_t *at);

/* MC_HIT is said whether the value fits or not. Of retrievals: those of one key. */
struct meaning meaning_of(const struct command *c, const struct answer *a);

/* The same of a retrieval's keys, one meaning for each. */
void meaning_of_keys(const struct command *c, const struct answer *a, struct meaning *m);

#endif
