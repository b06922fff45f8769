/* What memcached's bytes mean, read in the plainest way, for a comparison with the reader: all
 * bytes are there at once, each line is seen as a whole, its fields are found first and then
 * judged, and the C library converts the numbers. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "proto.h"

enum { REFERENCE_BYTES = 16384, REFERENCE_FLAGS = 1024 };

struct reference_event {
    int event;        /* enum mc_result; the pieces of a value are no events of their own */
    const char *word; /* that its line begins with; "#" for a number, "" in a stream */
    struct mc_bytes key, text;
    struct mc_bytes body; /* of a VALUE: what there is of it */
    uint64_t cas, number;
    uint64_t flags;
    uint32_t size;
    bool meta, has_cas;
    size_t end; /* after its line; of the END of a VA, after the value's CRLF */
};

struct reference {
    struct reference_event *events; /* of static storage: good until the next is read */
    size_t count;
    int fault; /* enum mc_fault: 0, then more is wanted */
    size_t fault_at;
    size_t taken; /* bytes that are dealt with */
};

/* Reads up to REFERENCE_BYTES bytes. Bit k of `streams`: the k-th reply is a free-text stream. */
struct reference reference_read(struct mc_bytes bytes, unsigned streams);

/* The flags of a meta reply, into up to REFERENCE_FLAGS of flags[] and of good[]: false for one
 * whose number is none. */
size_t reference_flags(struct mc_bytes text, struct mc_flag *flags, bool *good);

/* Does such an event end its reply? Is it an error? */
bool reference_is_final(const struct reference_event *event);
bool reference_is_error(const struct reference_event *event);

/* The digits of a number up to max, and nothing else? */
bool reference_number(struct mc_bytes digits, uint64_t max, uint64_t *number);

/* Is there the word `word` and nothing else? */
bool reference_is(struct mc_bytes bytes, const char *word);

#endif
