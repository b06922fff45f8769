/* What a client's bytes mean, read in the plainest way, for a comparison with the reader of
 * requests: all bytes are there at once, a line is split into an array of words, and the C library
 * converts the numbers as memcached lets it. */
#ifndef ASKED_H
#define ASKED_H

#include "request.h"

enum { ASKED_BYTES = 8192 };

struct asked_event {
    int event; /* the pieces of a value are no events of their own */
    struct mc_request request;
    struct mc_bytes value; /* of a storage command: what there is of it */
    size_t end;            /* of its line or key, or after the value's CRLF */
};

struct asked {
    struct asked_event *events; /* of static storage: good until the next is read */
    size_t count;
    int fault;    /* enum mc_wrong, when the reader is broken */
    size_t taken; /* bytes that are dealt with */
};

/* How the reader is used. */
enum { ASKED_LOGIN = 1, ASKED_SWALLOW = 2 };

/* Reads up to ASKED_BYTES bytes. */
struct asked asked_read(struct mc_bytes bytes, int how);

#endif
