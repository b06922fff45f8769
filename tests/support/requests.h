/* The events that the reader of requests makes of bytes, as lines of text. */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "request.h"
#include "text.h"

/* A reader at work. Start from {0}, or with a reader in the middle of a conversation. */
struct requests {
    struct mc_request_reader reader;
    struct text left;  /* fed, and not read yet */
    struct text lines; /* one for each event; all pieces of a value share one */
    int last;          /* the last event; MC_MORE before the first */
    bool swallow;      /* the value of a wrong storage command is read as a value */
};

/* Gives the reader what is left and the next bytes, in a buffer of exactly that size, so that a
 * sanitizer sees every byte that is read too far. */
void requests_feed(struct requests *requests, const char *data, size_t len);

/* Adds the line MORE when the last request is not over, or bytes are left. */
void requests_finish(struct requests *requests);

void requests_free(struct requests *requests);

/* The events of all of `in`, cut before the bytes `first` and `second`. */
void requests_of_cut(struct requests *requests, struct mc_bytes in, size_t first, size_t second);

/* The name of an event without its MC_REQUEST_. */
const char *requests_name(int event);

#endif
