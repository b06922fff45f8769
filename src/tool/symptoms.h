/* What can be unusual about a server: a list of symptoms, each with its number and what to do. */
#ifndef SYMPTOMS_H
#define SYMPTOMS_H

#include "buffer.h"

enum symptoms_group {
    SYMPTOMS_GENERAL,
    SYMPTOMS_SETTINGS,
    SYMPTOMS_ITEMS,
    SYMPTOMS_SLABS,
    SYMPTOMS_GROUPS
};

/* What a server says of itself, as statistics.h keeps it; empty: it said nothing. */
struct symptoms_facts {
    struct buffer groups[SYMPTOMS_GROUPS];
};

enum { SYMPTOM_TEXT = 256 };

struct symptom {
    const char *name;
    char text[SYMPTOM_TEXT]; /* what it is, with its number: bytes from the server may be in it */
    const char *advice;
};

extern const size_t symptoms_count;

/* Does the server have symptom number i? Then *found is it. */
bool symptoms_check(const struct symptoms_facts *facts, size_t i, struct symptom *found);

/* A number of a group; false when it has none. */
bool symptoms_number(const struct symptoms_facts *facts, enum symptoms_group group,
                     const char *name, uint64_t *number);

/* A text of a group; its data is NULL when there is none. */
struct mc_bytes symptoms_text(const struct symptoms_facts *facts, enum symptoms_group group,
                              const char *name);

#endif
