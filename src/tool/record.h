/* What a proxy tells: records, as lines on a screen or as JSON, that are written when whoever reads
 * them has room. Otherwise they are dropped and counted: nobody waits for them. */
#ifndef RECORD_H
#define RECORD_H

#include "conversation.h"

enum { RECORD_ROOM = 1 << 20 /* bytes that can wait for the reader */ };

struct record_output {
    bool json;
    uint64_t dropped; /* records in all */
    /* ---- private ---- */
    int file; /* stdout, or the terminal that it is */
    FILE *to; /* writes to text */
    char *text;
    size_t size; /* as the stream says */
    uint64_t start_ns;
    uint64_t shown;  /* the connection of the last lines */
    uint64_t missed; /* dropped, and not said yet */
    size_t used;     /* of waiting */
    char waiting[RECORD_ROOM];
};

/* One connection's records. */
struct record {
    struct record_output *output;
    uint64_t number;
    struct conversation conversation;
};

/* 0, or -1 with errno. */
int record_open(struct record_output *output, bool json);

/* Begins the records of a connection. */
void record_start(struct record *record, struct record_output *output, uint64_t number,
                  bool may_log_in);

/* These bytes have passed. */
void record_moved(struct record *record, enum mc_trace_way way, struct mc_bytes piece);

void record_say(struct record *record, const char *text);

/* The connection has ended. */
void record_end(struct record *record);

/* Writes what stdout takes without a wait; -1 when it takes nothing any more. */
int record_write(struct record_output *output);

/* Writes all that waits, unless nothing is read for a second. Returns how many bytes are left. */
size_t record_close(struct record_output *output);

#endif
