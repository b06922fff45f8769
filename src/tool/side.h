/* One direction of a conversation: bytes go in, in any pieces, and their explanation is shown. */
#ifndef SIDE_H
#define SIDE_H

#include "screen.h"

enum { SIDE_KEPT = 4096 }; /* more than any line that a reader waits for */

/* Start from {0}; `replies` tells the direction, and then one of the readers is used. */
struct side {
    bool replies;
    bool may_log_in; /* no value of a request is shown, and no line or reply that is wrong */
    struct mc_reader reader;
    struct mc_request_reader requests;
    int last;                   /* the last event; MC_MORE at first */
    struct mc_annotation shown; /* of kept[0..read), which are not shown yet */
    size_t offset;              /* of kept[0], on the wire */
    size_t kept_len, read;
    size_t value_shown;         /* of the value that is being read */
    size_t skipped, skipped_at; /* what is not shown of it, and the offset of that */
    char kept[SIDE_KEPT];
    /* NULL, or called for each event when those before it are shown, with the struct mc_request or struct mc_reply. */
    void (*note)(void *ctx, int event, const void *contents);
    void *ctx;
};

/* Reads bytes, and shows every event that is complete. */
void side_feed(struct side *side, const struct screen *screen, struct mc_bytes bytes);

/* Shows what has been read and waits for more of the same, such as the value after its line. */
void side_flush(struct side *side, const struct screen *screen);

/* Do the bytes end in the middle of something? */
bool side_is_open(const struct side *side);

/* Says what is missing, if the bytes end in the middle of something. */
void side_end(struct side *side, const struct screen *screen);

#endif
