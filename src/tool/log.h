/* memcached's log, which the command watch asks for: lines of NAME=VALUE, read as they come. */
#ifndef LOG_H
#define LOG_H

#include "buffer.h"
#include "session.h"

enum { LOG_FIELDS = 24 };

struct log_field {
    struct mc_bytes name, value;
};

/* A line. Its members are slices of it, but the key, which is decoded. */
struct log_line {
    bool timed; /* it has a time: */
    uint64_t seconds, microseconds;
    uint64_t skipped;             /* the server left out so many lines here; then that is all */
    struct mc_bytes type, status; /* empty: it has none */
    bool has_key;
    struct mc_bytes key;
    struct mc_bytes text; /* what is not a field, at the end of the line */
    size_t count;
    struct log_field fields[LOG_FIELDS]; /* all but the time */
};

/* Reads a line. The buffer is the key's. */
void log_parse(struct mc_bytes text, struct buffer *key, struct log_line *line);

/* The number of a field; false when it has none. */
bool log_number(const struct log_line *line, struct mc_bytes name, uint64_t *number);

/* ---- the stream ------------------------------------------------------------------------------ */

struct log {
    struct mc_sink sink;
    void (*receive)(void *ctx, const struct log_line *line); /* is given each line */
    void *ctx;
    uint64_t skipped; /* lines that the server left out */
    /* ---- private ---- */
    struct session *session;
    struct mc_op op;
    struct buffer key;
    bool opened, broken;
};

/* The kinds of lines that memcached knows, NULL after the last. */
extern const char *const log_kinds[];

/* Connects and asks for lines of these kinds, separated by spaces. Ctrl-C is caught from now on.
 * False after a message. `receive` and `ctx` are set by the caller, all else is {0}. */
bool log_open(struct log *log, struct session *session, struct mc_bytes kinds);

enum log_result {
    LOG_LINES,       /* some came, and `receive` has got them */
    LOG_QUIET,       /* the time is over */
    LOG_INTERRUPTED, /* Ctrl-C */
    LOG_ENDED        /* nothing more will come; a message was printed */
};

/* Waits for lines, up to `ms` (-1: no limit). */
enum log_result log_wait(struct log *log, int64_t ms);

/* The connection stays the session's. */
void log_close(struct log *log);

#endif
