/* Conversations on the wire, loaded from files; proto/transcripts/README.md has the format. */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are given, or bytes that vary from server to server. */
struct transcript_piece {
    bool varies;
    char name[16];     /* for bytes that vary; empty when nothing refers to them */
    struct text bytes; /* for bytes that vary, an example */
};

enum transcript_kind {
    TRANSCRIPT_SENT,   /* >  bytes from the client */
    TRANSCRIPT_SAID,   /* <  bytes from the server */
    TRANSCRIPT_MANY,   /* <* the same, of which the server may send any number, even none */
    TRANSCRIPT_EVENT,  /* =  what the reader makes of the server's bytes */
    TRANSCRIPT_STREAM, /* ! stream: the reader is told to expect a stream of free-text lines */
    TRANSCRIPT_CLOSED  /* ! closed: the server closes the connection */
};

/* A line of the file. */
struct transcript_step {
    enum transcript_kind kind;
    int line;       /* its number in the file */
    int connection; /* 1 to 9 */
    struct transcript_piece *pieces;
    size_t count;
};

struct transcript {
    char path[512];
    bool live;            /* a real memcached is compared with it */
    unsigned first, last; /* if its version is one of these: see transcript_version() */
    char needs[8];        /* and it knows this option, unless empty */
    char options[128];    /* with these options */
    char users[128];      /* and -Y with this user:password, unless empty */
    struct transcript_step *steps;
    size_t count;
    struct text problem; /* why the file could not be loaded */
};

/* Loads a file. False, with a text in transcript->problem, when it breaks the format. */
bool transcript_load(struct transcript *transcript, const char *path);

/* The same for a text in memory; `path` is what the problem names. */
bool transcript_parse(struct transcript *transcript, const char *path, struct mc_bytes text);

/* The version of memcached that a text begins with ("1.6.18"), as a number that grows with it; *end
 * is what follows. 0, with *end = text, when there is none. */
unsigned transcript_version(const char *text, const char **end);

/* The byte that a text begins with: \r \n \\ \{ and \xHH are one byte each. *at moves past it. False,
 * with *at as it was: another backslash. */
bool transcript_byte(const char **at, char *byte);

void transcript_free(struct transcript *transcript);

/* The step's bytes, with the examples for what varies. */
void transcript_bytes(const struct transcript_step *step, struct text *bytes);

#endif
