/* What the reader makes of bytes, as lines of text: the `=` lines of the transcripts. */
#ifndef EVENTS_H
#define EVENTS_H

#include "proto.h"
#include "text.h"

/* A reader at work. Start from {0}, or with a reader that is in mid-conversation. */
struct events {
    struct mc_reader reader;
    struct text left;  /* fed, and not taken by the reader yet */
    struct text lines; /* a line for each event; the pieces of a value make one */
    int last;          /* the last event; MC_MORE before the first */
};

/* Gives the reader the next bytes behind what is left, in a buffer of just that size, so that a
 * sanitizer sees it when a byte too many is read. */
void events_feed(struct events *events, const char *data, size_t len);

/* Adds the line MORE when the last reply is not over. */
void events_finish(struct events *events);

void events_free(struct events *events);

/* The events of all of `in`, cut in front of the bytes `first` and `second`. */
void events_of_cut(struct events *events, struct mc_bytes in, size_t first, size_t second);

/* The name of a result without its MC_, and PROTOCOL for MC_E_PROTOCOL. */
const char *events_name(int event);

#endif
