/* The events that the reader makes of bytes, as lines of text: the `=` lines of the transcripts. */
#ifndef EVENTS_H
#define EVENTS_H

#include "proto.h"
#include "text.h"

/* A reader at work. Start from {0}, or with a reader in the middle of a conversation. */
struct events {
    struct mc_reader reader;
    struct text left;  /* fed, and not read yet */
    struct text lines; /* one for each event; all pieces of a value share one */
    int last;          /* the last event; MC_MORE before the first */
};

/* Gives the reader what is left and the next bytes, in a buffer of exactly that size, so that a
 * sanitizer sees every byte that is read too far. */
void events_feed(struct events *events, const char *data, size_t len);

/* Adds the line MORE when the last reply is not over. */
void events_finish(struct events *events);

void events_free(struct events *events);

/* The events of all of `in`, cut before the bytes `first` and `second`. */
void events_of_cut(struct events *events, struct mc_bytes in, size_t first, size_t second);

/* The name of a result without its MC_, and PROTOCOL for MC_E_PROTOCOL. */
const char *events_name(int event);

#endif
